//! What it costs to keep the facts current while a desk changes a thousand times a second, how far behind they are, and
//! how long dashboards wait meanwhile. Each change is a unit of its own, as the desk writes them: three in ten are new
//! requests, the others are replies, solutions, and new types of requests of the last days, one in ten of any age.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use parking_lot::Mutex;
use standfast_domain::{AgentId, OsEntropy, State, SystemClock, TYPES, Time};
use standfast_insight::{Duration as Waited, Insight, Settings};
use standfast_store::handling::{self, Handled};
use standfast_store::request;
use standfast_store::{Config, Database, Error, Lane, Store, Tx, outbox};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::desk::{Desk, Maker};
use super::question::{Ask, QUESTIONS};
use super::{THREADS, desk};
use crate::draw::Draw;
use crate::latency::Latencies;
use crate::report::{Limit, Report};
use crate::{Options, machine};

const PER_SECOND: usize = 1_000;
/// Changes come in so many portions a second.
const PORTIONS: usize = 100;
/// How often it is looked whether a new request is counted.
const LOOK: Duration = Duration::from_millis(5);
/// Between two questions of a dashboard.
const PAUSE: Duration = Duration::from_millis(20);

/// A desk that changes.
struct Changing {
    store: Store,
    maker: Maker,
    /// How many changes there were, and how many new requests among them.
    done: AtomicUsize,
    new: AtomicUsize,
    /// When each new request was committed that is not counted yet.
    committed: Mutex<VecDeque<Instant>>,
}

/// What was seen in one stretch of time.
struct Seen {
    /// Processor time of this process, as a share of one core.
    processor: f64,
    per_second: f64,
}

pub(crate) async fn measure(
    options: &Options,
    report: &mut Report,
    made: &Desk,
    short: &str,
) -> anyhow::Result<()> {
    let path = options.home.join("facts-current.sqlite");
    remove(&path)?;
    std::fs::copy(&made.path, &path)?;
    let store = Store::open(Config::new(Database::Sqlite { path: path.clone() }), SystemClock::shared())?;
    let desk = Arc::new(Changing {
        store: store.clone(),
        maker: made.maker,
        done: AtomicUsize::new(0),
        new: AtomicUsize::new(0),
        committed: Mutex::default(),
    });
    let during = options.seconds(12, 4);
    let alone = change(&desk, during).await?;
    desk.committed.lock().clear();

    let settings = Settings { snapshot: None, every: Duration::from_hours(1), threads: THREADS, at_once: 2 };
    let insight = Insight::new(store.clone(), OsEntropy::shared(), settings);
    insight.set_exposure(Arc::new(desk::active_users(made.maker.now)));
    let (stop, stopping) = watch::channel(false);
    let keeping = tokio::spawn({
        let (insight, stopping) = (insight.clone(), stopping.clone());
        async move { insight.keep(stopping).await }
    });
    while insight.facts().is_err() {
        sleep(LOOK).await;
    }
    let watching = tokio::spawn(watch_lag(desk.clone(), insight.clone(), stopping.clone()));
    let kept = change(&desk, during).await?;
    let asking = tokio::spawn(ask(insight.clone(), made.maker.now, stopping));
    let asked = change(&desk, during).await?;
    stop.send(true).context("the facts are not kept")?;
    keeping.await?;
    let (lags, waits) = (watching.await?.spread(), asking.await??.spread());
    store.close().await;
    remove(&path)?;

    let cost = (kept.processor - alone.processor).max(0.0) * 100.0;
    report.say(&format!(
        "Kept current on {} requests while the desk changes {:.0} times a second, each change a unit of its own (three new \
         requests in ten, else replies, solutions and new types of the last week's, one in ten of any age), written by \
         this process: the store and the load take {:.0} % of one core without facts, {:.0} % with them, {:.0} % while a \
         dashboard asks the {} questions with 20 ms between. New requests are counted after their commit: {lags}, the \
         pause of 200 ms for what happens together among it. The questions meanwhile: {waits} ({:.0} changes a second). \
         Machine: {}.",
        made.maker.requests,
        kept.per_second,
        alone.processor * 100.0,
        kept.processor * 100.0,
        asked.processor * 100.0,
        QUESTIONS.len(),
        asked.per_second,
        machine::load()
    ));
    let processor = format!("facts_current_processor_percent_{short}");
    report.figure(&processor, cost, "% of a core", None, Limit::None);
    report.figure(&format!("facts_current_lag_p99_ms_{short}"), lags.p99, "ms", None, Limit::None);
    report.figure(&format!("facts_current_query_p99_ms_{short}"), waits.p99, "ms", None, Limit::None);
    Ok(())
}

fn remove(path: &Path) -> anyhow::Result<()> {
    for end in ["", "-wal", "-shm", ".lock"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        let path = Path::new(&name);
        if path.exists() {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Changes the desk so many times a second.
async fn change(desk: &Arc<Changing>, during: Duration) -> anyhow::Result<Seen> {
    let mut ticks = interval(Duration::from_secs(1) / PORTIONS as u32);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut units = JoinSet::new();
    let (begun, spent) = (Instant::now(), machine::processor(std::process::id()));
    let mut count = 0;
    while begun.elapsed() < during {
        ticks.tick().await;
        for _ in 0..PER_SECOND / PORTIONS {
            units.spawn(one(desk.clone()));
            count += 1;
        }
        while let Some(done) = units.try_join_next() {
            done??;
        }
    }
    while let Some(done) = units.join_next().await {
        done??;
    }
    let took = begun.elapsed().as_secs_f64();
    let spent = machine::processor(std::process::id()) - spent;
    Ok(Seen { processor: spent / took, per_second: f64::from(count) / took })
}

/// One change, and when it was committed.
async fn one(desk: Arc<Changing>) -> Result<(), Error> {
    let number = desk.done.fetch_add(1, Ordering::Relaxed);
    let (maker, now) = (desk.maker, desk.store.clock().now());
    if number % 10 < 3 {
        let number = maker.requests + desk.new.fetch_add(1, Ordering::Relaxed);
        desk.store.write(Lane::Ordinary, 0, move |tx| come(tx, &maker, number, now)).await?;
        desk.committed.lock().push_back(Instant::now());
        return Ok(());
    }
    desk.store.write(Lane::Ordinary, 0, move |tx| go_on(tx, &maker, number, now)).await
}

/// A new request.
fn come(tx: &mut Tx, maker: &Maker, number: usize, now: Time) -> Result<(), Error> {
    let made = maker.request(number);
    made.insert(tx)?;
    outbox::append(tx, made.request.id, 1, "created", "{}", now)
}

/// Something happens to a request that is there.
fn go_on(tx: &mut Tx, maker: &Maker, number: usize, now: Time) -> Result<(), Error> {
    let mut draw = Draw::new(number as u64 ^ 0xC4A6_0000);
    let span = if number % 10 == 9 { maker.requests } else { maker.requests / 52 };
    let of = maker.request(maker.requests - 1 - draw.below(span)).request.id;
    let Some(mut row) = request::lock(tx, of)? else { return Ok(()) };
    let mut done = Handled {
        request_id: of,
        replies: 0,
        replied_by: None,
        solved_at: None,
        agent_id: row.assignee_id,
        team_id: row.team_id,
        reply_seq: None,
        worked_s: None,
    };
    match number % 3 {
        0 => {
            row.first_reply_at = row.first_reply_at.or(Some(now));
            (done.replies, done.replied_by) = (1, row.assignee_id.or(Some(AgentId(1))));
            handling::add(tx, &done)?;
        }
        1 => {
            (row.state, row.solved_at) = (State::Solved, Some(now));
            done.solved_at = Some(now);
            handling::add(tx, &done)?;
        }
        _ => TYPES.get(draw.below(TYPES.len())).map_or("other", |kind| kind.code).clone_into(&mut row.kind),
    }
    (row.updated_at, row.last_seq) = (now, row.last_seq + 1);
    request::save(tx, &row)?;
    outbox::append(tx, of, row.last_seq, "row", "{}", now)
}

/// How long after their commit new requests are counted.
async fn watch_lag(desk: Arc<Changing>, insight: Insight, stopping: watch::Receiver<bool>) -> Latencies {
    let mut lags = Latencies::default();
    // Those of before are counted already.
    let mut counted = desk.new.load(Ordering::Relaxed);
    while !*stopping.borrow() {
        let there = insight.facts().map_or(0, |facts| facts.len()).saturating_sub(desk.maker.requests);
        {
            let mut committed = desk.committed.lock();
            while counted < there
                && let Some(at) = committed.pop_front()
            {
                lags.note(at);
                counted += 1;
            }
        }
        sleep(LOOK).await;
    }
    lags
}

/// A dashboard that is looked at.
async fn ask(insight: Insight, now: Time, stopping: watch::Receiver<bool>) -> anyhow::Result<Latencies> {
    let mut waits = Latencies::default();
    while !*stopping.borrow() {
        for question in &QUESTIONS {
            let query = question.query(now)?;
            let asked = Instant::now();
            match question.ask {
                Ask::Of(_) => drop(insight.answer(query).await?),
                Ask::Moved => drop(insight.movements(question.movement(now)?).await?),
                Ask::Waits => drop(insight.survival(query, Waited::FirstResponse).await?),
            }
            waits.note(asked);
            sleep(PAUSE).await;
        }
    }
    Ok(waits)
}
