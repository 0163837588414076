//! Ten times what the desk can take, for a minute: what still gets through, how those fare whose assets are at risk,
//! and how soon it is over.
//!
//! Messages are due at a fixed rate, whatever the desk does. Each needs a connection for itself; when all are busy it is
//! turned away, as by a proxy that has no more of them. Latency counts from when it was due.

use std::cell::Cell;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::{JoinSet, LocalSet};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::draw::Draw;
use crate::intake::{self, Mix};
use crate::latency::{Latencies, rate};
use crate::line::{Line, member, post, visitor};
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
/// How long anybody waits, from when the message was due.
const PATIENCE: Duration = Duration::from_secs(5);
/// How late a free connection may come: the load itself is not always in time.
const FREE_WITHIN: Duration = Duration::from_millis(100);
/// Answers within this count as recovered in any case.
const RECOVERED_MS: f64 = 50.0;
const MOST_RECOVERY: Duration = Duration::from_mins(1);
/// Visitors so far: no two are the same, or their messages would be answered as known.
static VISITORS: AtomicU64 = AtomicU64::new(0);

pub(crate) async fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    report.begin(options, "overload", "Overload");
    let server = Place::fresh(options, "overload")?.start().await?;
    let peak = intake::run(&server, 512, Mix::Usual, options.seconds(3, 1), options.seconds(10, 2))
        .await?
        .per_second;
    sleep(options.seconds(5, 1)).await;
    let usual_memory = server.resident();
    let calm = calm(options, &server).await?;

    let during = options.seconds(60, 5);
    let ordinary = Stream::new(peak * TIMES * (1.0 - AT_RISK_SHARE), ORDINARY, false, during);
    let at_risk = Stream::new(peak * TIMES * AT_RISK_SHARE, AT_RISK, true, during);
    let load = machine::load();
    let (flood, memory) = flood(&server, &[ordinary, at_risk], Duration::from_secs(3)).await?;
    let [ordinary, at_risk] = flood;
    let (recovery, seen) = recover(&server, calm[0].latencies.spread().p99).await?;
    server.stop().await?;

    let (good, calm_spread) =
        (ordinary.latencies.count() + at_risk.latencies.count(), calm[1].latencies.spread());
    let spread = at_risk.all().spread();
    report.say(&format!(
        "Peak, the usual mixture from 512 clients: {peak:.0}/s. Then {TIMES} times that is due for {} s, {:.0} % of it first \
         requests with assets at risk, over {ORDINARY} and {AT_RISK} connections; everybody waits at most {} s. Load of the \
         machine: {load}.\n\n- ordinary: {}\n- at risk: {}\n- at risk, accepted ones: {}\n- at risk without load: {}\n- \
         ordinary without load: {}\n- resident memory: {:.1} MB after the peak, at most {:.1} MB during the overload\n\n\
         Goodput is what was accepted in time, of both kinds, against the peak; the latency at risk counts everybody whose \
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
    report.figure("overload_goodput", goodput, "requests/s", Some(goodput / peak), Limit::RatioLeast(0.9));
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
    let streams = [Stream::new(100.0, 64, false, during), Stream::new(100.0, 64, true, during)];
    Ok(flood(server, &streams, Duration::from_secs(1)).await?.0)
}

/// Messages that are due one after the other.
#[derive(Debug)]
struct Stream {
    interval: Duration,
    connections: usize,
    at_risk: bool,
    during: Duration,
}

impl Stream {
    fn new(per_second: f64, connections: usize, at_risk: bool, during: Duration) -> Self {
        Self { interval: Duration::from_secs_f64(1.0 / per_second.max(1.0)), connections, at_risk, during }
    }
}

/// What came of a stream.
#[derive(Debug, Default, Clone)]
struct Tally {
    /// Of those that were accepted in time.
    latencies: Latencies,
    /// Of those that gave up.
    given_up: Latencies,
    /// Messages for which there was no connection in time.
    unsent: usize,
    sent: usize,
    refused: usize,
    broken: usize,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.latencies.extend(&other.latencies);
        self.given_up.extend(&other.given_up);
        self.unsent += other.unsent;
        self.sent += other.sent;
        self.refused += other.refused;
        self.broken += other.broken;
    }

    /// Of everybody who was not refused.
    fn all(&self) -> Latencies {
        let mut all = self.latencies.clone();
        all.extend(&self.given_up);
        all
    }

    fn line(&self, during: Duration) -> String {
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

/// Runs the streams side by side, `lead` from now, when all connections should be there; also returns the most memory
/// that the desk held meanwhile.
async fn flood(server: &Server, streams: &[Stream; 2], lead: Duration) -> anyhow::Result<([Tally; 2], u64)> {
    let local = LocalSet::new();
    let start = Instant::now() + lead;
    let mut running: [JoinSet<Tally>; 2] = Default::default();
    for (stream, running) in streams.iter().zip(&mut running) {
        let next = Rc::new(Cell::new(0));
        for _ in 0..stream.connections {
            let seed = VISITORS.fetch_add(1, Ordering::Relaxed);
            let guest = Guest {
                host: server.address,
                line: None,
                draw: Draw::new(seed ^ 0x0F10_0D00_0000),
                at_risk: stream.at_risk,
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
    let memory = local
        .run_until(async {
            let mut most = 0;
            while Instant::now() < end {
                most = most.max(server.resident());
                sleep(Duration::from_millis(250)).await;
            }
            most
        })
        .await;
    let mut tallies: [Tally; 2] = Default::default();
    for (tally, running) in tallies.iter_mut().zip(&mut running) {
        local
            .run_until(async {
                while let Some(Ok(one)) = running.join_next().await {
                    tally.add(&one);
                }
            })
            .await;
    }
    Ok((tallies, memory))
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
    at_risk: bool,
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
        while let Some(due) = due.take(&mut tally) {
            sleep_until(due).await;
            tally.sent += 1;
            match timeout(PATIENCE.saturating_sub(due.elapsed()), self.send()).await {
                Ok(Ok(201)) => tally.latencies.note(due),
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

    /// Sends the visitor's next message and returns the status of the answer.
    async fn send(&mut self) -> anyhow::Result<u16> {
        use std::fmt::Write as _;
        if self.left == 0 {
            self.path = None;
        }
        if self.path.is_none() {
            self.who = visitor(&self.draw.secret());
        }
        self.body.clear();
        let kind = if self.at_risk { r#","type":"theft""# } else { "" };
        // Writing to memory does not fail.
        let _ = write!(
            self.body,
            r#"{{"client_id":"{}","text":"{}"{kind}}}"#,
            self.draw.client_id(),
            self.draw.text()
        );
        let path = self.path.as_deref().unwrap_or("/api/v1/requests");
        post(&mut self.request, path, self.host, &self.who, &self.body);
        let line = match &mut self.line {
            Some(line) => line,
            None => self.line.insert(Line::open(self.host, Ipv4Addr::LOCALHOST).await?),
        };
        let reply = line.call(&self.request).await?;
        let status = reply.status;
        if status == 201 && !self.at_risk {
            if self.path.is_none() {
                let number = member(reply.body, r#""number":""#);
                self.path = number.map(|number| format!("/api/v1/requests/{number}/messages"));
                self.left = 5;
            }
            self.left -= 1;
        }
        Ok(status)
    }
}

/// Waits until the desk is itself again; returns how long that took, and the p99 of every second until then.
async fn recover(server: &Server, calm_p99: f64) -> anyhow::Result<(Duration, Vec<f64>)> {
    let ended = Instant::now();
    let mut seen = Vec::new();
    while ended.elapsed() < MOST_RECOVERY {
        let began = ended.elapsed();
        let second = Duration::from_secs(1);
        let probe = Stream::new(100.0, 64, false, second);
        let nobody = Stream::new(1.0, 0, true, second);
        let ([tally, _], _) = flood(server, &[probe, nobody], Duration::from_millis(50)).await?;
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
