//! The facts: how long they take to load, how much memory a row takes, what it costs to keep them current, and how long a
//! dashboard waits, beside what others take for the same questions. In this process, without a server: what is measured
//! is the engine.

mod current;
mod desk;
mod engines;
mod question;
mod sql;
mod table;

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use standfast_domain::{OsEntropy, SystemClock, Time};
use standfast_insight::{ActiveUsers, Facts, Insight, Settings};
use standfast_store::{Config, Database, Store, testing};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::intake::apart;
use crate::latency::{Latencies, Spread};
use crate::report::{Limit, Report};
use crate::{Options, machine};
use engines::{All, same};
use question::{Numbers, QUESTIONS};

/// Threads of a question: as many as the machine has cores here.
const THREADS: usize = 2;
/// The size of desk from which on others are asked, and facts are kept current.
const MIDDLE: usize = 1_000_000;
const LARGE: usize = 10_000_000;

pub(crate) async fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    report.begin(options, "facts", "Facts and dashboards");
    report.say(&format!(
        "Desks on SQLite with requests spread over a year, written straight into the store and kept for the next run: \
         types, chains, regions, versions, screens, agents and teams as a large desk has them, a third of the customers \
         coming back, three solutions in ten judged by their customers. Loaded from SQL by two readers, and from the \
         snapshot; then {} questions as the pages of the console ask them, one after the other in turns, on {THREADS} \
         threads of this process. Latencies are those of all questions together. Users are known of every day, by 48 \
         versions, 22 regions and 3 platforms. Opening hours are in no question.",
        QUESTIONS.len()
    ));
    let sizes: &[usize] = if options.quick { &[100_000, MIDDLE] } else { &[100_000, MIDDLE, LARGE] };
    let mut growth = Vec::new();
    for requests in sizes {
        let found = size(options, report, *requests).await?;
        growth.push((short(*requests), found));
    }
    grow(report, &growth);
    Ok(())
}

/// What it costs to keep the facts current, at each size.
pub(crate) async fn measure_current(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    report.begin(options, "current", "Facts kept current");
    let sizes: &[usize] = if options.quick { &[MIDDLE] } else { &[MIDDLE, LARGE] };
    for requests in sizes {
        let made = desk::open(options, *requests).await?;
        current::measure(options, report, &made, &short(*requests)).await?;
    }
    Ok(())
}

/// What a size came to.
struct Found {
    from_sql: Duration,
    from_snapshot: Duration,
    all: Spread,
}

/// How cost grows from the first size to the last.
fn grow(report: &mut Report, sizes: &[(String, Found)]) {
    let [(first, small), .., (last, large)] = sizes else { return };
    let times = |large: f64, small: f64| large / small;
    report.say(&format!(
        "From {first} to {last} requests, loading from SQL takes {:.0} times as long, from the snapshot {:.0} times, a \
         question {:.0} times by the median and {:.0} times by the p99.",
        times(large.from_sql.as_secs_f64(), small.from_sql.as_secs_f64()),
        times(large.from_snapshot.as_secs_f64(), small.from_snapshot.as_secs_f64()),
        times(large.all.p50, small.all.p50),
        times(large.all.p99, small.all.p99)
    ));
}

/// A short name for so many.
fn short(requests: usize) -> String {
    match requests {
        100_000 => "100k".to_owned(),
        many => format!("{}m", many / 1_000_000),
    }
}

async fn size(options: &Options, report: &mut Report, requests: usize) -> anyhow::Result<Found> {
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
        "**{requests} requests** of {} customers: from SQL in {:.2} s, from a snapshot of {:.1} MB in {:.3} s; {:.1} MB of \
         columns, {bytes:.1} bytes a row. Load of the machine: {}.",
        facts.customers(),
        from_sql.as_secs_f64(),
        file as f64 / 1e6,
        from_snapshot.as_secs_f64(),
        facts.bytes() as f64 / 1e6,
        machine::load()
    ));
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    report.figure(&format!("facts_load_sql_ms_{short}"), ms(from_sql), "ms", None, Limit::None);
    report.figure(&format!("facts_load_snapshot_ms_{short}"), ms(from_snapshot), "ms", None, Limit::None);
    if Some(&requests) == [LARGE, MIDDLE].iter().find(|size| !options.quick || **size <= MIDDLE) {
        report.figure("facts_bytes_per_row", bytes, "bytes", None, Limit::Most(32.0));
    }
    let rounds = options.count(if requests > MIDDLE { 20 } else { 60 }, 10);
    let asked = ask(&facts, &desk::active_users(made.maker.now), made.maker.now, rounds)?;
    let all = asked.tell(report);
    let limit = match requests {
        LARGE => Limit::Most(100.0),
        MIDDLE => Limit::Most(15.0),
        _ => Limit::None,
    };
    report.figure(&format!("facts_query_p99_ms_{short}"), all.p99, "ms", None, limit);
    drop(facts);
    if requests >= MIDDLE {
        compare(options, report, &made, &asked, rounds)?;
    }
    Ok(Found { from_sql, from_snapshot, all })
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

/// How long each question took, and what was answered.
struct Asked(Vec<(Latencies, Vec<Numbers>)>);

/// Asks every question in turns.
fn ask(facts: &Facts, users: &ActiveUsers, now: Time, rounds: usize) -> anyhow::Result<Asked> {
    let mut each = vec![(Latencies::default(), Vec::new()); QUESTIONS.len()];
    for round in 0..=rounds {
        for (question, (latencies, rows)) in QUESTIONS.iter().zip(&mut each) {
            let asked = Instant::now();
            *rows = question.answer(facts, users, now, THREADS)?;
            // The first round warms caches.
            if round > 0 {
                latencies.note(asked);
            }
        }
    }
    Ok(Asked(each))
}

impl Asked {
    fn tell(&self, report: &mut Report) -> Spread {
        let mut all = Latencies::default();
        for (latencies, _) in &self.0 {
            all.extend(latencies);
        }
        let mut slowest: Vec<_> =
            QUESTIONS.iter().zip(&self.0).map(|(one, (own, _))| (own.spread(), one.name)).collect();
        slowest.sort_by(|(one, _), (other, _)| other.p50.total_cmp(&one.p50));
        let told = slowest.iter().take(5).map(|(spread, name)| format!("{name} {:.1}", spread.p50));
        let all = all.spread();
        report.say(&format!(
            "{all}; the slowest by their medians in ms: {}.",
            told.collect::<Vec<_>>().join("; ")
        ));
        all
    }
}

/// Asks other engines the same: DuckDB so many rounds, the two that take longest a few.
fn ask_others(
    report: &mut Report,
    made: &desk::Desk,
    rounds: usize,
    few: usize,
) -> anyhow::Result<Vec<(String, All)>> {
    let now = made.maker.now;
    let folder = made.path.parent().context("the desk's folder")?;
    let mut others: Vec<(String, All)> = Vec::new();
    if engines::has_duckdb() {
        let rows = || table::write(made.maker, folder);
        let (version, all) = engines::duckdb(&folder.join("table.duckdb"), rows, now, rounds)?;
        others.push((format!("DuckDB {version}"), all));
    } else {
        report.say("DuckDB was not measured: its Python package is not there (`scripts/bench` installs it).");
    }
    let files = table::write(made.maker, folder)?;
    let path = folder.join("table.sqlite");
    others.push(("SQLite".to_owned(), engines::sqlite(&path, &files, now, few)?));
    std::fs::remove_file(&path)?;
    if let Some(database) = testing::empty_postgres() {
        let all = apart(|| engines::postgres(&database.url, &files, now, few))?;
        others.push(("PostgreSQL".to_owned(), all));
    } else {
        report.say("PostgreSQL was not measured: STANDFAST_TEST_POSTGRES is not set.");
    }
    files.iter().try_for_each(std::fs::remove_file)?;
    Ok(others)
}

/// Asks others the same, and says who was faster.
fn compare(
    options: &Options,
    report: &mut Report,
    made: &desk::Desk,
    asked: &Asked,
    rounds: usize,
) -> anyhow::Result<()> {
    let few = options.count(if made.maker.requests > MIDDLE { 2 } else { 3 }, 2);
    let others = ask_others(report, made, rounds, few)?;
    let mut text = format!("| on {} requests, ms: median (p99) | facts |", made.maker.requests);
    for (name, _) in &others {
        let _ = write!(text, " {name} |");
    }
    text += "\n|---|---:|";
    text += &"---:|".repeat(others.len());
    for (place, (question, (own, rows))) in QUESTIONS.iter().zip(&asked.0).enumerate() {
        let own = own.spread();
        let _ = write!(text, "\n| {} | {:.1} ({:.1}) |", question.name, own.p50, own.p99);
        for (_, all) in &others {
            let Some(told) = all.get(place).and_then(Option::as_ref) else {
                text += " – |";
                continue;
            };
            let spread = told.latencies.spread();
            let (mark, differs) = (
                if spread.p50 < own.p50 { "**" } else { "" },
                if same(rows, &told.rows) { "" } else { ", **differs**" },
            );
            let _ = write!(text, " {mark}{:.1}{mark} ({:.1}){differs} |", spread.p50, spread.p99);
        }
    }
    report.say(&format!(
        "The same questions of others, on one table with a row for each request, in the order of time, with what the \
         questions need and nothing else; on SQLite and PostgreSQL with an index on when requests came, in SQLite's cache, \
         {THREADS} processes of PostgreSQL, {THREADS} threads of DuckDB, read into a client of each; SQLite and PostgreSQL {few} times, \
         after once that does not count, so that what stands in brackets is the longest. **Bold** is a median \
         that is better than that of the facts. A dash is what one statement over one table does not say. Answers are the same \
         unless it says that they differ: every number, but for percentiles, which each takes by its own rule, within 5 %, and of fewer than 500 \
         values the median alone. \
         The table is a copy: what it costs to make it, and to keep it current, is not in these figures. Load of the \
         machine: {}.",
        machine::load()
    ));
    report.say(&text);
    tell_sides(report, &short(made.maker.requests), asked, &others);
    Ok(())
}

/// How many questions the facts answer faster than each other engine, by their medians, and by how much.
fn tell_sides(report: &mut Report, short: &str, asked: &Asked, others: &[(String, All)]) {
    for (name, all) in others {
        let both = asked.0.iter().zip(all).filter_map(|(own, told)| Some((own, told.as_ref()?)));
        let mut ratios = Vec::new();
        let mut differ = 0;
        for ((own, rows), told) in both {
            ratios.push(told.latencies.spread().p50 / own.spread().p50);
            differ += usize::from(!same(rows, &told.rows));
        }
        ratios.sort_by(f64::total_cmp);
        let faster = ratios.iter().filter(|ratio| **ratio >= 1.0).count();
        let median = ratios.get(ratios.len() / 2).copied().unwrap_or_default();
        report.say(&format!(
            "Against {name}: the facts are faster in {faster} of {} questions, slower in {}; half of them are answered at \
             least {median:.1} times as fast (from {:.1} to {:.1} times). {differ} answers differ.",
            ratios.len(),
            ratios.len() - faster,
            ratios.first().copied().unwrap_or_default(),
            ratios.last().copied().unwrap_or_default()
        ));
        let key = name.split(' ').next().unwrap_or_default().to_lowercase();
        report.figure(
            &format!("facts_faster_than_{key}_{short}"),
            faster as f64,
            "questions",
            Some(median),
            Limit::None,
        );
    }
}
