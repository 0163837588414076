//! Durable intake through HTTP, beside the bare shared-commit loop of the same engine with as many clients.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use standfast_domain::SystemClock;
use standfast_store::bare::bare_loop;
use standfast_store::{Config, Database, Store, testing};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::bare;
use crate::draw::Draw;
use crate::latency::{Latencies, Spread, rate};
use crate::line::{Line, get, member, post, visitor};
use crate::report::{Limit, Report};
use crate::server::{Place, Server};
use crate::{Options, machine};

/// Clients so far: no two write the same, or their messages would be answered as known.
static CLIENTS: AtomicU64 = AtomicU64::new(0);

/// What clients send, each its next message as soon as the last one is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mix {
    /// Every visitor writes one new request and then four messages to it.
    Usual,
    /// Only first requests of new visitors.
    New,
    /// Only messages to requests that are there.
    FollowUps,
    /// Only first requests of new visitors whose assets are at risk.
    AtRisk,
    /// Every visitor writes a request and reads it from then on; only reading counts.
    Reading,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) latencies: Latencies,
    /// Answers other than 201, by status.
    pub(crate) others: BTreeMap<u16, usize>,
    pub(crate) per_second: f64,
    /// Processor time of the server and of the load for each message, in microseconds.
    server_micros: f64,
    load_micros: f64,
}

impl Outcome {
    fn line(&self, spread: Spread) -> String {
        let others =
            if self.others.is_empty() { String::new() } else { format!(", refused {:?}", self.others) };
        format!(
            "{:.0}/s, {spread}; processor time of a message: server {:.0} µs, load {:.0} µs{others}",
            self.per_second, self.server_micros, self.load_micros
        )
    }
}

pub(crate) async fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    report.begin(options, "intake", "Durable intake");
    report.say(
        "`POST /api/v1/requests` and `POST …/{number}/messages` over kept connections, texts of 300 bytes in Chinese and \
         English, a quarter with an identifier in them; every answer comes after the fsync. The named figure is the \
         mixture *one new request of a new visitor, then four messages to it*; the two extremes stand beside it. The \
         ratio is to the bare shared-commit loop, measured before and after and averaged: a program of its own on rusqlite \
         or the synchronous PostgreSQL client, with as many waiting clients, that commits many units at once, each in a \
         savepoint, and does nothing else (four statements a unit: a request, a message of 300 bytes, a counter, the \
         outbox; three further indexes; no HTTP, no screening, no chain, no receipts). The store's own threads with the \
         same units, without savepoints and with statements sent ahead, stand beside it.",
    );
    for clients in [512, 64].into_iter().filter(|clients| options.wants_case("sqlite", *clients)) {
        sqlite(options, report, clients).await?;
    }
    if testing::server().is_none() {
        report.say("PostgreSQL was not measured: STANDFAST_TEST_POSTGRES is not set.");
        return Ok(());
    }
    for clients in [512, 64].into_iter().filter(|clients| options.wants_case("postgres", *clients)) {
        postgres(options, report, clients).await?;
    }
    Ok(())
}

async fn sqlite(options: &Options, report: &mut Report, clients: usize) -> anyhow::Result<()> {
    let path = options.home.join("bare.sqlite");
    let references = || {
        let during = options.seconds(5, 2);
        remove(&path)?;
        let bare = apart(|| bare::sqlite(&path, clients, during))?;
        remove(&path)?;
        let store = apart(|| stores_own(Database::Sqlite { path: path.clone() }, clients, during))?;
        remove(&path)?;
        anyhow::Ok(References { bare, store })
    };
    let before = references()?;
    let server = Place::fresh(options, &format!("intake-{clients}"))?.start().await?;
    let outcomes = all(options, &server, clients).await?;
    server.stop().await?;
    let after = references()?;
    tell(report, "sqlite", clients, &outcomes, [before, after]);
    Ok(())
}

async fn postgres(options: &Options, report: &mut Report, clients: usize) -> anyhow::Result<()> {
    let references = || {
        let during = options.seconds(5, 2);
        let database = || testing::empty_postgres().context("a database for the bare loop");
        let bare = database()?;
        let bare = apart(|| bare::postgres(&bare.url, clients, during))?;
        let store = database()?;
        let store = apart(|| stores_own(Database::Postgres { url: store.url.clone() }, clients, during))?;
        anyhow::Ok(References { bare, store })
    };
    let before = references()?;
    let database = testing::empty_postgres().context("a database for the desk")?;
    let place = Place::fresh(options, &format!("intake-{clients}-postgres"))?.on_postgres(&database.url);
    let server = place.start().await?;
    let outcomes = all(options, &server, clients).await?;
    server.stop().await?;
    drop(database);
    let after = references()?;
    tell(report, "postgres", clients, &outcomes, [before, after]);
    Ok(())
}

/// What the desk is compared with.
struct References {
    bare: bare::Figures,
    /// Units a second on the threads of the desk's store.
    store: f64,
}

/// Runs something that has a runtime of its own, on a thread of its own.
pub(crate) fn apart<T: Send>(run: impl FnOnce() -> anyhow::Result<T> + Send) -> anyhow::Result<T> {
    std::thread::scope(|scope| scope.spawn(run).join()).map_err(|_| anyhow!("the bare loop panicked"))?
}

fn stores_own(database: Database, clients: usize, during: Duration) -> anyhow::Result<f64> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let store = Store::open(Config::new(database), SystemClock::shared())?;
        let figures = bare_loop(&store, clients, during).await?;
        store.close().await;
        anyhow::Ok(figures.per_second)
    })
}

/// The three mixtures on one desk, one after the other.
async fn all(options: &Options, server: &Server, clients: usize) -> anyhow::Result<[Outcome; 3]> {
    let warm = options.seconds(3, 1);
    let (long, short) = (options.seconds(10, 2), options.seconds(5, 2));
    Ok([
        run(server, clients, Mix::Usual, warm, long).await?,
        run(server, clients, Mix::New, warm, short).await?,
        run(server, clients, Mix::FollowUps, warm, short).await?,
    ])
}

fn tell(
    report: &mut Report,
    engine: &str,
    clients: usize,
    outcomes: &[Outcome; 3],
    references: [References; 2],
) {
    let [usual, new, follow_ups] = outcomes;
    let [before, after] = references;
    let spread = usual.latencies.spread();
    let reference = f64::midpoint(before.bare.per_second, after.bare.per_second);
    let store = f64::midpoint(before.store, after.store);
    report.say(&format!(
        "**{engine}, {clients} clients**\n\n- mixture: {}\n- only new requests: {}\n- only messages: {}\n- bare loop: \
         {:.0}/s before (p99 {:.1} ms), {:.0}/s after (p99 {:.1} ms)\n- the store's threads with the same units: \
         {store:.0}/s, of which the mixture is {:.2}",
        usual.line(spread),
        new.line(new.latencies.spread()),
        follow_ups.line(follow_ups.latencies.spread()),
        before.bare.per_second,
        before.bare.spread.p99,
        after.bare.per_second,
        after.bare.spread.p99,
        usual.per_second / store,
    ));
    let ratio = Some(usual.per_second / reference);
    report.figure(
        &format!("intake_{engine}_{clients}"),
        usual.per_second,
        "requests/s",
        ratio,
        Limit::RatioLeast(0.6),
    );
    let ratio = Some(spread.p99 / f64::midpoint(before.bare.spread.p99, after.bare.spread.p99));
    report.figure(&format!("ack_p99_ms_{engine}_{clients}"), spread.p99, "ms", ratio, Limit::Most(100.0));
}

fn remove(path: &Path) -> anyhow::Result<()> {
    for end in ["", "-wal", "-shm", ".lock"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        match std::fs::remove_file(name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

/// Loads a desk with so many clients, each of which waits for its answer before it goes on.
pub(crate) async fn run(
    server: &Server,
    clients: usize,
    mix: Mix,
    warm: Duration,
    during: Duration,
) -> anyhow::Result<Outcome> {
    let mut ready = Vec::with_capacity(clients);
    for _ in 0..clients {
        ready.push(Client::open(server.address, CLIENTS.fetch_add(1, Ordering::Relaxed)).await?);
    }
    let start = Instant::now() + warm;
    let end = start + during;
    let mut running = JoinSet::new();
    for client in ready {
        running.spawn(client.work(mix, start, end));
    }
    tokio::time::sleep_until(start).await;
    let before = [server.processor(), machine::processor(std::process::id())];
    tokio::time::sleep_until(end).await;
    let after = [server.processor(), machine::processor(std::process::id())];
    let mut outcome = Outcome::default();
    while let Some(client) = running.join_next().await {
        let client = client??;
        outcome.latencies.extend(&client.latencies);
        for (status, count) in client.others {
            *outcome.others.entry(status).or_default() += count;
        }
    }
    outcome.per_second = rate(outcome.latencies.count(), during);
    let messages = outcome.latencies.count().max(1) as f64;
    let [server_micros, load_micros] = [0, 1].map(|n: usize| {
        let spent = after.get(n).zip(before.get(n)).map_or(0.0, |(after, before)| after - before);
        spent * 1e6 / messages
    });
    Ok(Outcome { server_micros, load_micros, ..outcome })
}

/// The type of a request with assets at risk, as a member of its body.
pub(crate) const AT_RISK: &str = r#","type":"theft""#;

/// Writes the body of a message; `kind` is a further member of it.
pub(crate) fn message(body: &mut String, draw: &mut Draw, kind: &str) {
    use std::fmt::Write as _;
    body.clear();
    // Writing to memory does not fail.
    let _ = write!(body, r#"{{"client_id":"{}","text":"{}"{kind}}}"#, draw.client_id(), draw.text());
}

/// One client: a connection, and the visitor it plays at the moment.
struct Client {
    line: Line,
    host: SocketAddr,
    draw: Draw,
    who: String,
    request: Vec<u8>,
    body: String,
    latencies: Latencies,
    others: BTreeMap<u16, usize>,
}

impl Client {
    async fn open(host: SocketAddr, seed: u64) -> anyhow::Result<Self> {
        Ok(Self {
            line: Line::open(host, Ipv4Addr::LOCALHOST).await?,
            host,
            draw: Draw::new(seed),
            who: String::new(),
            request: Vec::new(),
            body: String::new(),
            latencies: Latencies::default(),
            others: BTreeMap::new(),
        })
    }

    async fn work(mut self, mix: Mix, start: Instant, end: Instant) -> anyhow::Result<Self> {
        let messages = match mix {
            Mix::Usual => 4,
            Mix::New | Mix::AtRisk => 0,
            Mix::FollowUps | Mix::Reading => usize::MAX,
        };
        let first_counts = !matches!(mix, Mix::FollowUps | Mix::Reading);
        let kind = if mix == Mix::AtRisk { AT_RISK } else { "" };
        while Instant::now() < end {
            self.who = visitor(&self.draw.secret());
            let Some(request) = self.send("/api/v1/requests", kind, first_counts.then_some(start)).await?
            else {
                continue;
            };
            let messages_of = format!("{request}/messages");
            for _ in 0..messages {
                if Instant::now() >= end {
                    break;
                }
                if mix == Mix::Reading {
                    self.read(&request, start).await?;
                } else {
                    self.send(&messages_of, "", Some(start)).await?;
                }
            }
        }
        Ok(self)
    }

    /// Sends a message; returns its request's path. Its latency counts when it is sent after `start`, if there is one.
    async fn send(
        &mut self,
        path: &str,
        kind: &str,
        start: Option<Instant>,
    ) -> anyhow::Result<Option<String>> {
        message(&mut self.body, &mut self.draw, kind);
        post(&mut self.request, path, self.host, &self.who, &self.body);
        let sent = Instant::now();
        let reply = self.line.call(&self.request).await?;
        if reply.status != 201 {
            *self.others.entry(reply.status).or_default() += 1;
            return Ok(None);
        }
        if start.is_some_and(|start| sent >= start) {
            self.latencies.note(sent);
        }
        Ok(member(reply.body, r#""number":""#).map(|number| format!("/api/v1/requests/{number}")))
    }

    /// Reads a request.
    async fn read(&mut self, path: &str, start: Instant) -> anyhow::Result<()> {
        get(&mut self.request, path, self.host, &self.who);
        let sent = Instant::now();
        let reply = self.line.call(&self.request).await?;
        if reply.status != 200 {
            *self.others.entry(reply.status).or_default() += 1;
        } else if sent >= start {
            self.latencies.note(sent);
        }
        Ok(())
    }
}
