//! Ten times what the desk can take, for a minute: what still gets through, how those fare whose assets are at risk,
//! and how soon it is over.

use std::time::Duration;

use tokio::time::sleep;

use crate::flood::{Class, PATIENCE, RECOVERED_MS, Stream, Tally, flood, recover};
use crate::intake::{self, Mix};
use crate::latency::rate;
use crate::report::{Limit, Report};
use crate::server::{Place, Server};
use crate::{Options, machine};

const TIMES: f64 = 10.0;
/// Share of the messages that are first requests with assets at risk. With ten times the peak, one in a hundred is a tenth
/// of what the desk can take; with five in a hundred these alone would fill it, and nobody could go before anybody.
const AT_RISK_SHARE: f64 = 0.01;
/// Connections: more than the desk takes messages at once.
const ORDINARY: usize = 4_000;
const AT_RISK: usize = 1_000;

pub(crate) async fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    report.begin(options, "overload", "Overload");
    let server = Place::fresh(options, "overload")?.start().await?;
    // A desk that has taken in more is slower: the peak counts as it is before and after.
    let peak = async || -> anyhow::Result<f64> {
        let (warm, during) = (options.seconds(3, 1), options.seconds(10, 2));
        Ok(intake::run(&server, 512, Mix::Usual, warm, during).await?.per_second)
    };
    let before = peak().await?;
    sleep(options.seconds(5, 1)).await;
    let usual_memory = server.resident();
    let calm = calm(options, &server).await?;

    let during = options.seconds(60, 5);
    let ordinary = Stream::new(Class::Words, before * TIMES * (1.0 - AT_RISK_SHARE), ORDINARY, during);
    let at_risk = Stream::new(Class::AtRisk, before * TIMES * AT_RISK_SHARE, AT_RISK, during);
    let load = machine::load();
    let flood = flood(&server, [ordinary, at_risk], Duration::from_secs(3)).await?;
    let ([ordinary, at_risk], memory, [server_cores, load_cores]) =
        (flood.tallies, flood.memory, flood.cores);
    let (recovery, seen) = recover(&server, calm[0].latencies.spread().p99).await?;
    let after = peak().await?;
    server.stop().await?;

    let (good, calm_spread) =
        (ordinary.latencies.count() + at_risk.latencies.count(), calm[1].latencies.spread());
    let spread = at_risk.all().spread();
    report.say(&format!(
        "Peak, the usual mixture from 512 clients: {before:.0}/s before, {after:.0}/s after. In between {TIMES} times the first is due for {} s, {:.0} % of it first \
         requests with assets at risk, over {ORDINARY} and {AT_RISK} connections; everybody waits at most {} s. Load of the \
         machine: {load}.\n\n- ordinary: {}\n- at risk: {}\n- at risk, accepted ones: {}\n- at risk without load: {}\n- \
         ordinary without load: {}\n- resident memory: {:.1} MB after the peak, at most {:.1} MB during the overload\n- processor \
         meanwhile: server {server_cores:.2}, load {load_cores:.2} cores\n\n\
         Goodput is what was accepted in time, of both kinds, against the mean of both peaks, as a desk that has taken in more is slower; the latency at risk counts everybody whose \
         assets are at risk and who was not refused, also those who gave up \
         after {} s, but not those without a connection. Recovered means: for a whole second every one \
         of 100 ordinary messages is accepted, 99 of them within twice the p99 without load (at least {RECOVERED_MS} ms); \
         the p99 of each second was {seen:.0?} ms.",
        during.as_secs(),
        AT_RISK_SHARE * 100.0,
        PATIENCE.as_secs(),
        ordinary.line(during),
        at_risk.line(during),
        at_risk.latencies.spread(),
        calm_spread,
        calm[0].latencies.spread(),
        usual_memory as f64 / 1e6,
        memory as f64 / 1e6,
        PATIENCE.as_secs(),
    ));
    let goodput = rate(good, during);
    report.figure(
        "overload_goodput",
        goodput,
        "requests/s",
        Some(goodput / f64::midpoint(before, after)),
        Limit::RatioLeast(0.9),
    );
    report.figure(
        "overload_at_risk_p99",
        spread.p99,
        "ms",
        Some(spread.p99 / calm_spread.p99),
        Limit::RatioMost(2.0),
    );
    let ratio = memory as f64 / usual_memory as f64;
    report.figure("overload_rss", memory as f64, "bytes", Some(ratio), Limit::RatioMost(1.5));
    report.figure("overload_recovery_s", recovery.as_secs_f64(), "s", None, Limit::Most(10.0));
    Ok(())
}

/// Both kinds at a rate that troubles nobody.
async fn calm(options: &Options, server: &Server) -> anyhow::Result<[Tally; 2]> {
    let during = options.seconds(10, 3);
    let streams =
        [Stream::new(Class::Words, 100.0, 64, during), Stream::new(Class::AtRisk, 100.0, 64, during)];
    Ok(flood(server, streams, Duration::from_secs(1)).await?.tallies)
}
