//! A storm: for ten minutes ten times what the desk can do, in three classes: assets at risk, other words, and reading.
//!
//! The classes cost the desk differently, so that its capacity is measured for each alone. A rate is a share of that
//! capacity; shares add up, and all of them together are one when the desk is full of work that somebody waits for.

use std::time::Duration;

use anyhow::bail;
use tokio::time::sleep;

use crate::flood::{Class, PATIENCE, RECOVERED_MS, Stream, flood, recover};
use crate::intake::{self, Mix};
use crate::latency::rate;
use crate::report::{Limit, Report};
use crate::server::{Place, Server};
use crate::{Options, machine};

/// What is due of each class, in shares of what the desk can do of it alone, and over how many connections. At risk is a
/// tenth of the capacity: if it alone filled the desk, nobody could go before anybody.
const DUE: [(&str, Class, Mix, f64, usize); 3] = [
    ("at risk", Class::AtRisk, Mix::AtRisk, 0.1, 1_000),
    ("words", Class::Words, Mix::Usual, 5.0, 2_500),
    ("reading", Class::Reading, Mix::Reading, 4.9, 2_500),
];
/// Calls of each class a second when nothing else happens.
const CALM: f64 = 100.0;

pub(crate) async fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    report.begin(options, "storm", "Storm");
    let server = Place::fresh(options, "storm")?.start().await?;
    let before = peaks(options, &server).await?;
    sleep(options.seconds(5, 1)).await;
    let usual_memory = server.resident();
    let calm_during = options.seconds(10, 3);
    let calm = DUE.map(|(_, class, ..)| Stream::new(class, CALM, 64, calm_during));
    let calm = flood(&server, calm, Duration::from_secs(1)).await?.tallies;

    let during = options.seconds(600, 10);
    let load = machine::load();
    let mut due = before.iter().zip(DUE).map(|(peak, (_, class, _, share, connections))| {
        Stream::new(class, peak * share, connections, during)
    });
    let streams = [due.next(), due.next(), due.next()];
    let [Some(at_risk), Some(words), Some(reading)] = streams else { bail!("three classes") };
    let storm = flood(&server, [at_risk, words, reading], Duration::from_secs(3)).await?;
    let [calm_at_risk, calm_words, _] = calm.each_ref().map(|tally| tally.latencies.spread());
    let (recovery, seen) = recover(&server, calm_words.p99).await?;
    let after = peaks(options, &server).await?;
    server.stop().await?;

    let mut goodput = 0.0;
    let (mut sent, mut soon) = (0, 0);
    let mut lines = Vec::new();
    let all = storm.tallies.iter().zip(before.iter().zip(after)).zip(DUE);
    for ((tally, (before, after)), (name, _, _, share, connections)) in all {
        goodput += rate(tally.latencies.count(), during) / f64::midpoint(*before, after);
        sent += tally.sent;
        soon += tally.soon;
        lines.push(format!(
            "- {name}: alone {before:.0}/s before, {after:.0}/s after; {share} times the first due over {connections} \
             connections: {}\n",
            tally.line(during)
        ));
    }
    let lines = lines.concat();
    let [server_cores, load_cores] = storm.cores;
    report.say(&format!(
        "What the desk does of each class alone, from 512 clients; then ten times its capacity for {} s in all, in three \
         classes: first requests with assets at risk, the usual mixture of other words, and visitors who read their \
         request. Everybody waits at most {} s, and whoever is told to come back does so at once. Load of the machine: \
         {load}.\n\n{lines}- at risk without load: {calm_at_risk}\n- resident memory: {:.1} MB after the peaks, at most \
         {:.1} MB during the storm\n- processor meanwhile: server {server_cores:.2}, load {load_cores:.2} cores\n\nGoodput \
         is the sum of the shares of its capacity (the mean of before and after, as a desk that has taken in more is slower) \
         that each class was served in time; answered within a second counts \
         answers of any kind, also refusals, to everything that was sent. Recovered as above: a whole second in which 100 \
         messages are accepted, 99 of them within twice the p99 without load (at least {RECOVERED_MS} ms); the p99 of each \
         second was {seen:.0?} ms.",
        during.as_secs(),
        PATIENCE.as_secs(),
        usual_memory as f64 / 1e6,
        storm.memory as f64 / 1e6,
    ));
    report.figure("storm_goodput", goodput, "of capacity", Some(goodput), Limit::RatioLeast(0.9));
    let [at_risk, ..] = &storm.tallies;
    let at_risk = at_risk.all().spread().p99;
    let ratio = Some(at_risk / calm_at_risk.p99);
    report.figure("storm_at_risk_p99", at_risk, "ms", ratio, Limit::RatioMost(2.0));
    let share = soon as f64 / sent.max(1) as f64;
    report.figure("storm_answered_within_1s", share, "of calls", None, Limit::Least(0.999));
    let ratio = Some(storm.memory as f64 / usual_memory as f64);
    report.figure("storm_rss", storm.memory as f64, "bytes", ratio, Limit::RatioMost(1.5));
    report.figure("storm_recovery_s", recovery.as_secs_f64(), "s", None, Limit::Most(10.0));
    Ok(())
}

/// What the desk does of each class alone, a second.
async fn peaks(options: &Options, server: &Server) -> anyhow::Result<[f64; 3]> {
    let mut peaks = [0.0; 3];
    for (peak, (_, _, mix, _, _)) in peaks.iter_mut().zip(DUE) {
        *peak =
            intake::run(server, 512, mix, options.seconds(3, 1), options.seconds(10, 2)).await?.per_second;
    }
    Ok(peaks)
}
