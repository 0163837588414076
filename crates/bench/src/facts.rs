//! The facts: how long they take to load, how much memory a row takes, and how long a dashboard waits. In this process,
//! without a server: what is measured is the engine.

mod desk;
mod question;

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use standfast_domain::{OsEntropy, SystemClock, Time};
use standfast_insight::{Exposure, Facts, Insight, Settings, answer};
use standfast_store::{Config, Database, Store};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::Options;
use crate::latency::Latencies;
use crate::report::{Limit, Report};
use question::QUESTIONS;

/// Threads of a question: as many as the machine has cores here.
const THREADS: usize = 2;

pub(crate) async fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    report.begin(options, "facts", "Facts and dashboards");
    report.say(&format!(
        "Desks on SQLite with requests spread over a year, written straight into the store and kept for the next run: \
         types, chains, regions, versions, screens, agents and teams as a large desk has them, a third of the customers \
         coming back. Loaded from SQL by two readers, and from the snapshot; then {} questions as dashboards ask them, \
         one after the other in turns, on {THREADS} threads of this process. Latencies are those of all questions \
         together. Users are known of every day, by 48 versions, 22 regions and 3 platforms.",
        QUESTIONS.len()
    ));
    let sizes: &[usize] =
        if options.quick { &[100_000, 1_000_000] } else { &[100_000, 1_000_000, 10_000_000] };
    for requests in sizes {
        size(options, report, *requests).await?;
    }
    Ok(())
}

/// A short name for so many.
fn short(requests: usize) -> String {
    match requests {
        100_000 => "100k".to_owned(),
        many => format!("{}m", many / 1_000_000),
    }
}

async fn size(options: &Options, report: &mut Report, requests: usize) -> anyhow::Result<()> {
    let made = desk::open(options, requests).await?;
    let snapshot = made.path.with_extension("facts");
    if snapshot.exists() {
        std::fs::remove_file(&snapshot)?;
    }
    let database = Database::Sqlite { path: made.path.clone() };
    let store = Store::open(Config::new(database), SystemClock::shared())?;
    let (from_sql, _) = load(&store, &snapshot).await?;
    let (from_snapshot, facts) = load(&store, &snapshot).await?;
    store.close().await;

    let short = short(requests);
    let file = std::fs::metadata(&snapshot)?.len();
    let bytes = facts.bytes() as f64 / facts.len() as f64;
    report.say(&format!(
        "{requests} requests of {} customers: from SQL in {:.2} s, from a snapshot of {:.1} MB in {:.3} s; {:.1} MB of \
         columns, {bytes:.1} bytes a row.",
        facts.customers(),
        from_sql.as_secs_f64(),
        file as f64 / 1e6,
        from_snapshot.as_secs_f64(),
        facts.bytes() as f64 / 1e6,
    ));
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    report.figure(&format!("facts_load_sql_ms_{short}"), ms(from_sql), "ms", None, Limit::None);
    report.figure(&format!("facts_load_snapshot_ms_{short}"), ms(from_snapshot), "ms", None, Limit::None);
    if Some(&requests) == [10_000_000, 1_000_000].iter().find(|size| !options.quick || **size < 10_000_000) {
        report.figure("facts_bytes_per_row", bytes, "bytes", None, Limit::Most(32.0));
    }
    let limit = match requests {
        10_000_000 => Limit::Most(100.0),
        1_000_000 => Limit::Most(15.0),
        _ => Limit::None,
    };
    let rounds = options.count(if requests > 1_000_000 { 20 } else { 60 }, 10);
    let p99 = ask(report, &facts, &desk::active_users(made.now), made.now, rounds)?;
    report.figure(&format!("facts_query_p99_ms_{short}"), p99, "ms", None, limit);
    Ok(())
}

/// Loads facts as a desk does when it starts; how long it took until the first answer could be given.
async fn load(store: &Store, snapshot: &Path) -> anyhow::Result<(Duration, Facts)> {
    let settings = Settings {
        snapshot: Some(snapshot.to_owned()),
        every: Duration::from_hours(1),
        threads: THREADS,
        at_once: 1,
    };
    let insight = Insight::new(store.clone(), OsEntropy::shared(), settings);
    let (stop, stopping) = watch::channel(false);
    let begun = Instant::now();
    let keeping = tokio::spawn({
        let insight = insight.clone();
        async move { insight.keep(stopping).await }
    });
    let facts = loop {
        if let Ok(facts) = insight.facts() {
            break facts;
        }
        sleep(Duration::from_millis(1)).await;
    };
    let took = begun.elapsed();
    stop.send(true).context("the facts are not kept")?;
    keeping.await?;
    Ok((took, facts))
}

/// Asks every question in turns; the p99 of all answers in milliseconds.
fn ask(
    report: &mut Report,
    facts: &Facts,
    users: &dyn Exposure,
    now: Time,
    rounds: usize,
) -> anyhow::Result<f64> {
    let mut all = Latencies::default();
    let mut each = vec![Latencies::default(); QUESTIONS.len()];
    for round in 0..=rounds {
        for (question, own) in QUESTIONS.iter().zip(&mut each) {
            let query = question.query(now)?;
            let asked = Instant::now();
            let answer = answer(facts, &query, Some(users), THREADS)?;
            // The first round warms caches.
            if round > 0 {
                own.note(asked);
                all.note(asked);
            }
            anyhow::ensure!(answer.total.n() > 0, "{}: nothing was counted", question.name);
        }
    }
    let mut slowest: Vec<_> =
        QUESTIONS.iter().zip(&each).map(|(one, own)| (own.spread(), one.name)).collect();
    slowest.sort_by(|(one, _), (other, _)| other.p50.total_cmp(&one.p50));
    let told = slowest.iter().take(6).map(|(spread, name)| format!("{name} {:.1}", spread.p50));
    let all = all.spread();
    report
        .say(&format!("{all}; the slowest by their medians in ms: {}.", told.collect::<Vec<_>>().join(", ")));
    Ok(all.p99)
}
