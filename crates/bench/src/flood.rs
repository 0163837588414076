//! More than a desk can take: messages that are due at a fixed rate, whatever the desk does.
//!
//! Each needs a connection for itself; when all are busy it is turned away, as by a proxy that has no more of them. Latency
//! counts from when it was due.

use std::cell::Cell;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::{JoinSet, LocalSet};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::draw::Draw;
use crate::intake::{AT_RISK, message};
use crate::latency::{Latencies, rate};
use crate::line::{Line, get, member, post, visitor};
use crate::machine;
use crate::server::Server;

/// How long anybody waits, from when the message was due.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// How late a free connection may come: the load itself is not always in time.
const FREE_WITHIN: Duration = Duration::from_millis(100);
/// Within this everybody should have an answer, and be it a refusal.
const SOON: Duration = Duration::from_secs(1);
/// Answers within this count as recovered in any case.
pub(crate) const RECOVERED_MS: f64 = 50.0;
const MOST_RECOVERY: Duration = Duration::from_mins(1);
/// Visitors so far: no two are the same, or their messages would be answered as known.
static VISITORS: AtomicU64 = AtomicU64::new(0);

/// What is asked of the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// First requests of new visitors with assets at risk.
    AtRisk,
    /// The usual mixture of first requests and further messages.
    Words,
    /// Visitors who read their request.
    Reading,
}

/// Calls that are due one after the other.
#[derive(Debug)]
pub(crate) struct Stream {
    class: Class,
    interval: Duration,
    connections: usize,
    during: Duration,
}

impl Stream {
    pub(crate) fn new(class: Class, per_second: f64, connections: usize, during: Duration) -> Self {
        Self { class, interval: Duration::from_secs_f64(1.0 / per_second.max(1.0)), connections, during }
    }
}

/// What came of a stream.
#[derive(Debug, Default, Clone)]
pub(crate) struct Tally {
    /// Of those that were accepted in time.
    pub(crate) latencies: Latencies,
    /// Of those that gave up.
    pub(crate) given_up: Latencies,
    /// Messages for which there was no connection in time.
    unsent: usize,
    pub(crate) sent: usize,
    pub(crate) refused: usize,
    pub(crate) broken: usize,
    /// Answers of any kind that came within a second.
    pub(crate) soon: usize,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.latencies.extend(&other.latencies);
        self.given_up.extend(&other.given_up);
        self.unsent += other.unsent;
        self.sent += other.sent;
        self.refused += other.refused;
        self.broken += other.broken;
        self.soon += other.soon;
    }

    /// Of everybody who was not refused.
    pub(crate) fn all(&self) -> Latencies {
        let mut all = self.latencies.clone();
        all.extend(&self.given_up);
        all
    }

    pub(crate) fn line(&self, during: Duration) -> String {
        let per_second = |count| rate(count, during);
        format!(
            "{:.0}/s due, {:.0}/s sent, {:.0}/s accepted ({}), {:.0}/s refused, {:.0}/s given up while waiting for the \
             answer, {:.0}/s without a connection, {} broken",
            per_second(self.sent + self.unsent),
            per_second(self.sent),
            per_second(self.latencies.count()),
            self.latencies.spread(),
            per_second(self.refused),
            per_second(self.given_up.count()),
            per_second(self.unsent),
            self.broken,
        )
    }
}

/// What a flood left behind.
pub(crate) struct Flood<const N: usize> {
    pub(crate) tallies: [Tally; N],
    /// The most resident memory that the desk had meanwhile, in bytes.
    pub(crate) memory: u64,
    /// Processor time of the server and of the load meanwhile, in cores.
    pub(crate) cores: [f64; 2],
}

/// Runs the streams side by side, `lead` from now, when all connections should be there.
pub(crate) async fn flood<const N: usize>(
    server: &Server,
    streams: [Stream; N],
    lead: Duration,
) -> anyhow::Result<Flood<N>> {
    let local = LocalSet::new();
    let start = Instant::now() + lead;
    let mut running: [JoinSet<Tally>; N] = std::array::from_fn(|_| JoinSet::new());
    for (stream, running) in streams.iter().zip(&mut running) {
        let next = Rc::new(Cell::new(0));
        for _ in 0..stream.connections {
            let seed = VISITORS.fetch_add(1, Ordering::Relaxed);
            let guest = Guest {
                host: server.address,
                line: None,
                draw: Draw::new(seed ^ 0x0F10_0D00_0000),
                class: stream.class,
                who: String::new(),
                path: None,
                left: 0,
                request: Vec::new(),
                body: String::new(),
            };
            let due =
                Due { start, end: start + stream.during, interval: stream.interval, next: Rc::clone(&next) };
            running.spawn_local_on(guest.work(due), &local);
        }
    }
    let end = streams.iter().map(|stream| start + stream.during).max().unwrap_or(start);
    let (memory, cores) = local
        .run_until(async {
            sleep_until(start).await;
            let processor = || (server.processor(), machine::processor(std::process::id()));
            let (before, began) = (processor(), Instant::now());
            let mut most = 0;
            while Instant::now() < end {
                most = most.max(server.resident());
                sleep(Duration::from_millis(250)).await;
            }
            let (after, took) = (processor(), began.elapsed().as_secs_f64());
            (most, [(after.0 - before.0) / took, (after.1 - before.1) / took])
        })
        .await;
    let mut tallies: [Tally; N] = std::array::from_fn(|_| Tally::default());
    for (tally, running) in tallies.iter_mut().zip(&mut running) {
        local
            .run_until(async {
                while let Some(Ok(one)) = running.join_next().await {
                    tally.add(&one);
                }
            })
            .await;
    }
    Ok(Flood { tallies, memory, cores })
}

/// The messages of a stream that are not taken yet.
struct Due {
    start: Instant,
    end: Instant,
    interval: Duration,
    next: Rc<Cell<u64>>,
}

impl Due {
    /// Takes the next message; those for which no connection was free when they were due are turned away.
    fn take(&self, tally: &mut Tally) -> Option<Instant> {
        loop {
            let number = self.next.get();
            let due = self.start + self.interval.mul_f64(number as f64);
            if due >= self.end {
                return None;
            }
            self.next.set(number + 1);
            if due.elapsed() < FREE_WITHIN {
                return Some(due);
            }
            tally.unsent += 1;
        }
    }
}

/// A connection, and the visitor who uses it.
struct Guest {
    host: SocketAddr,
    line: Option<Line>,
    draw: Draw,
    class: Class,
    who: String,
    path: Option<String>,
    left: u32,
    request: Vec<u8>,
    body: String,
}

impl Guest {
    async fn work(mut self, due: Due) -> Tally {
        let mut tally = Tally::default();
        // Connected before it begins, as people who have the page open are.
        self.line = Line::open(self.host, Ipv4Addr::LOCALHOST).await.ok();
        if self.class == Class::Reading {
            // What is read is there before.
            tally.broken += usize::from(!matches!(self.send().await, Ok(201)));
        }
        while let Some(due) = due.take(&mut tally) {
            sleep_until(due).await;
            tally.sent += 1;
            let answer = timeout(PATIENCE.saturating_sub(due.elapsed()), self.send()).await;
            tally.soon += usize::from(matches!(answer, Ok(Ok(_))) && due.elapsed() <= SOON);
            match answer {
                Ok(Ok(200 | 201)) => tally.latencies.note(due),
                Ok(Ok(_)) => tally.refused += 1,
                Ok(Err(_)) => {
                    tally.broken += 1;
                    self.line = None;
                }
                Err(_) => {
                    tally.given_up.note(due);
                    self.line = None;
                }
            }
        }
        tally
    }

    /// Sends the visitor's next call and returns the status of the answer.
    async fn send(&mut self) -> anyhow::Result<u16> {
        if self.left == 0 {
            self.path = None;
        }
        if self.path.is_none() {
            self.who = visitor(&self.draw.secret());
        }
        match &self.path {
            Some(path) if self.class == Class::Reading => get(&mut self.request, path, self.host, &self.who),
            path => {
                let kind = if self.class == Class::AtRisk { AT_RISK } else { "" };
                message(&mut self.body, &mut self.draw, kind);
                let path = path.as_deref().unwrap_or("/api/v1/requests");
                post(&mut self.request, path, self.host, &self.who, &self.body);
            }
        }
        let line = match &mut self.line {
            Some(line) => line,
            None => self.line.insert(Line::open(self.host, Ipv4Addr::LOCALHOST).await?),
        };
        let reply = line.call(&self.request).await?;
        let status = reply.status;
        if status == 201 && self.path.is_none() {
            let number = member(reply.body, r#""number":""#);
            (self.path, self.left) = match self.class {
                Class::AtRisk => (None, 0),
                Class::Words => (number.map(|number| format!("/api/v1/requests/{number}/messages")), 5),
                Class::Reading => (number.map(|number| format!("/api/v1/requests/{number}")), u32::MAX),
            };
        }
        self.left = self.left.saturating_sub(1);
        Ok(status)
    }
}

/// Waits until the desk is itself again; returns how long that took, and the p99 of every second until then.
pub(crate) async fn recover(server: &Server, calm_p99: f64) -> anyhow::Result<(Duration, Vec<f64>)> {
    let ended = Instant::now();
    let mut seen = Vec::new();
    while ended.elapsed() < MOST_RECOVERY {
        let began = ended.elapsed();
        let second = Duration::from_secs(1);
        let probe = Stream::new(Class::Words, 100.0, 64, second);
        let [tally] = flood(server, [probe], Duration::from_millis(50)).await?.tallies;
        let p99 = tally.all().spread().p99;
        seen.push(p99);
        if tally.refused + tally.broken + tally.given_up.count() == 0
            && p99 <= (calm_p99 * 2.0).max(RECOVERED_MS)
        {
            return Ok((began, seen));
        }
    }
    Ok((ended.elapsed(), seen))
}
