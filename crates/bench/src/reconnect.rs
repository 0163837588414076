//! Ten thousand sockets lost at once, and a new process that takes over: how soon everybody is back, what those who write
//! meanwhile feel of it, and whether a call fails.

use std::cell::{Cell, RefCell};
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use memchr::memmem;
use tokio::sync::watch;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::delivery::{Customer, settle};
use crate::draw::Draw;
use crate::latency::{Latencies, Spread};
use crate::line::{Line, number, post, visitor};
use crate::report::{Limit, Report};
use crate::server::{Place, Server};
use crate::socket::{Socket, ticket};
use crate::{Options, machine};

/// Messages that are due in a second, each a new request, before and during the storm.
const PER_SECOND: u32 = 200;
/// Connections over which they are sent.
const WRITERS: usize = 32;
/// As the desk's own client waits: a random part of this, doubled with every attempt that failed.
const FIRST_WAIT_MS: f64 = 500.0;
const LONGEST_WAIT_MS: f64 = 30_000.0;
/// Longest that a socket may take to be greeted.
const HANDSHAKE: Duration = Duration::from_secs(15);
/// Longest that everybody is waited for.
const PATIENCE: Duration = Duration::from_mins(2);
const UPGRADES: usize = 3;
/// No two draw alike: their messages would be answered as known.
static WRITERS_SO_FAR: AtomicU64 = AtomicU64::new(0);

pub(crate) async fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    LocalSet::new().run_until(run(options, report)).await
}

async fn run(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let count = options.count(10_000, 500);
    report.begin(options, "reconnect", "Sockets that come back");
    report.say(&format!(
        "{count} customers with a request each follow it over sockets; {PER_SECOND} further ones ask something every second, \
         each a new request on one of {WRITERS} kept connections, timed from when it was due. First the sockets are all cut \
         at the same moment without a word, as by a proxy that starts anew. Their clients do what the desk's own client \
         does: the first wait is a random part of what the desk last asked for (`return_ms`), then of {FIRST_WAIT_MS} ms, \
         doubled with each failure; they get a ticket, open a socket, and resume behind the entry that they have seen. Then \
         `standfast upgrade` hands over to a new process {UPGRADES} times, the sockets led over and the writers going on."
    ));
    let server = Place::fresh(options, "reconnect")?.start().await?;
    let crowd = Crowd::gather(&server, settle(&server, count).await?).await?;
    let during = options.seconds(20, 3);
    let calm = write(&server, during).await;

    let load = machine::load();
    let begun = Instant::now();
    crowd.cut();
    let (storm, back) = tokio::join!(write(&server, options.seconds(30, 5)), crowd.is_back(begun));
    let back = back.context("not everybody came back")?;
    report.say(&format!(
        "Cut at once: all {count} back after {:.1} s ({} attempts failed). Intake before: {}, {} failed; meanwhile: {}, {} \
         failed. Load of the machine: {load}.",
        back.as_secs_f64(),
        crowd.state.failures.get(),
        calm.spread,
        calm.failed,
        storm.spread,
        storm.failed,
    ));
    report.figure("reconnect_all_s", back.as_secs_f64(), "s", None, Limit::Most(60.0));
    let ratio = Some(storm.spread.p99 / calm.spread.p99);
    report.figure("reconnect_intake_p99", storm.spread.p99, "ms", ratio, Limit::RatioMost(2.0));
    upgrade(options, report, server, &crowd).await
}

async fn upgrade(
    options: &Options,
    report: &mut Report,
    mut server: Server,
    crowd: &Crowd,
) -> anyhow::Result<()> {
    let (mut failed, mut told) = (0, Vec::new());
    for _ in 0..UPGRADES {
        let greeted = crowd.state.greeted.get();
        let writing = tokio::task::spawn_local(write_to(server.address, options.seconds(20, 5)));
        sleep(Duration::from_secs(1)).await;
        let begun = Instant::now();
        server.upgrade().await?;
        let taken = begun.elapsed();
        let back = crowd.is_greeted(greeted + crowd.count, begun).await.context("not everybody came back")?;
        let wrote = writing.await?;
        failed += wrote.failed;
        told.push(format!(
            "- taken over after {:.2} s, all sockets on the new process after {:.1} s; intake {}, {} failed",
            taken.as_secs_f64(),
            back.as_secs_f64(),
            wrote.spread,
            wrote.failed
        ));
    }
    report.say(&format!("Upgrades:\n\n{}", told.join("\n")));
    report.figure("upgrade_failed_requests", failed as f64, "requests", None, Limit::Most(0.0));
    server.stop().await
}

/// What came of the messages.
struct Written {
    spread: Spread,
    failed: usize,
}

async fn write(server: &Server, during: Duration) -> Written {
    write_to(server.address, during).await
}

/// Sends new requests at a fixed rate. A writer who is told that the connection ends opens another and goes on.
async fn write_to(host: std::net::SocketAddr, during: Duration) -> Written {
    let start = Instant::now() + Duration::from_millis(200);
    let next = Rc::new(Cell::new(0_u32));
    let most = PER_SECOND * during.as_secs() as u32;
    let found = Rc::new(RefCell::new((Latencies::default(), 0_usize)));
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let (next, found) = (Rc::clone(&next), Rc::clone(&found));
            tokio::task::spawn_local(async move {
                let mut draw = Draw::new(WRITERS_SO_FAR.fetch_add(1, Ordering::Relaxed) ^ 0x0A5C_0000);
                let mut line = None;
                while next.get() < most {
                    let due = start + Duration::from_secs(1) * next.get() / PER_SECOND;
                    next.set(next.get() + 1);
                    sleep_until(due).await;
                    match ask(&mut line, host, &mut draw).await {
                        Ok(201) => found.borrow_mut().0.note(due),
                        _ => found.borrow_mut().1 += 1,
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        // A writer that panicked is missing in the count of those that were sent.
        let _ = writer.await;
    }
    let (latencies, failed) = found.take();
    let missing = most as usize - latencies.count() - failed;
    Written { spread: latencies.spread(), failed: failed + missing }
}

/// One new request; a connection that the desk has closed between two calls is opened anew, as browsers do.
async fn ask(line: &mut Option<Line>, host: std::net::SocketAddr, draw: &mut Draw) -> anyhow::Result<u16> {
    let mut request = Vec::new();
    let body = format!(r#"{{"client_id":"{}","text":"{}"}}"#, draw.client_id(), draw.text());
    post(&mut request, "/api/v1/requests", host, &visitor(&draw.secret()), &body);
    if let Some(kept) = line {
        if let Ok(reply) = kept.call(&request).await {
            let (status, ends) = (reply.status, memmem::find(reply.head, b"connection: close").is_some());
            if ends {
                *line = None;
            }
            return Ok(status);
        }
        *line = None;
    }
    let mut fresh = Line::open(host, Ipv4Addr::LOCALHOST).await?;
    let status = fresh.call(&request).await?.status;
    *line = Some(fresh);
    Ok(status)
}

/// Customers whose sockets come back by themselves.
struct Crowd {
    count: usize,
    cut: watch::Sender<u32>,
    state: Rc<State>,
}

#[derive(Default)]
struct State {
    /// Sockets that are open now.
    open: Cell<usize>,
    /// Greetings so far.
    greeted: Cell<usize>,
    failures: Cell<usize>,
    /// When the last one was greeted.
    last: Cell<Option<Instant>>,
}

impl Crowd {
    async fn gather(server: &Server, customers: Vec<Customer>) -> anyhow::Result<Self> {
        let state = Rc::new(State::default());
        let (cut, _) = watch::channel(0);
        let count = customers.len();
        for (number, customer) in customers.into_iter().enumerate() {
            let guest = Guest {
                host: server.address,
                from: Ipv4Addr::new(127, 0, 0, 2 + (number % 8) as u8),
                customer,
                draw: Draw::new(number as u64 ^ 0x5EED_BACC),
                window: 0.0,
                state: Rc::clone(&state),
                cut: cut.subscribe(),
            };
            tokio::task::spawn_local(guest.stay());
            while number + 1 > state.open.get() + 64 {
                sleep(Duration::from_millis(1)).await;
            }
        }
        let crowd = Self { count, cut, state };
        crowd.is_greeted(count, Instant::now()).await.context("not everybody was greeted")?;
        // Whoever came early has heard of few others; a heartbeat tells everybody how many there are.
        sleep(Duration::from_secs(30)).await;
        Ok(crowd)
    }

    /// Cuts every socket, now.
    fn cut(&self) {
        self.cut.send_modify(|times| *times += 1);
    }

    /// When, after `begun`, everybody was back; nobody was when it began.
    async fn is_back(&self, begun: Instant) -> Option<Duration> {
        let greeted = self.state.greeted.get();
        self.is_greeted(greeted + self.count, begun).await
    }

    async fn is_greeted(&self, greetings: usize, begun: Instant) -> Option<Duration> {
        while begun.elapsed() < PATIENCE {
            if self.state.greeted.get() >= greetings && self.state.open.get() == self.count {
                return Some(self.state.last.get()? - begun);
            }
            sleep(Duration::from_millis(50)).await;
        }
        None
    }
}

/// A customer with a page open.
struct Guest {
    host: std::net::SocketAddr,
    from: Ipv4Addr,
    customer: Customer,
    draw: Draw,
    /// What the desk last asked for, in milliseconds.
    window: f64,
    state: Rc<State>,
    cut: watch::Receiver<u32>,
}

impl Guest {
    async fn stay(mut self) {
        let mut attempts = 0_i32;
        loop {
            let wait = if let Ok(Ok(socket)) = timeout(HANDSHAKE, self.enter()).await {
                attempts = 0;
                self.state.open.set(self.state.open.get() + 1);
                self.state.greeted.set(self.state.greeted.get() + 1);
                self.state.last.set(Some(Instant::now()));
                let asked = self.listen(socket).await;
                self.state.open.set(self.state.open.get() - 1);
                asked
            } else {
                self.state.failures.set(self.state.failures.get() + 1);
                None
            };
            let chance = self.draw.below(1 << 20) as f64 / f64::from(1 << 20);
            let wait = wait.map_or_else(
                || {
                    let ceiling = FIRST_WAIT_MS * 2_f64.powi(attempts.min(16));
                    chance * ceiling.max(self.window).min(LONGEST_WAIT_MS)
                },
                |asked| asked * (0.75 + chance / 2.0),
            );
            attempts += 1;
            sleep(Duration::from_secs_f64(wait / 1_000.0)).await;
        }
    }

    async fn enter(&mut self) -> anyhow::Result<Socket> {
        let mut line = Line::open(self.host, self.from).await?;
        let ticket = ticket(&mut line, self.host, &self.customer.who).await?;
        let cursors = format!(r#""{}":1"#, self.customer.request);
        let (socket, window) = Socket::greeted(self.host, self.from, &ticket, &cursors).await?;
        self.window = window;
        Ok(socket)
    }

    /// Until the socket ends; returns when the desk asked us to come back. Pings as the desk's own client does.
    async fn listen(&mut self, mut socket: Socket) -> Option<f64> {
        self.cut.mark_unchanged();
        let mut beat = Box::pin(sleep(Duration::from_secs(25)));
        loop {
            tokio::select! {
                _ = self.cut.changed() => return None,
                () = &mut beat => {
                    if socket.say(r#"{"t":"ping"}"#).await.is_err() { return None; }
                    beat.set(sleep(Duration::from_secs(25)));
                }
                heard = socket.hear() => {
                    let Ok(text) = heard else { return None };
                    if memmem::find(text, br#""t":"bye""#).is_some() {
                        return number(text, br#""retry_after_ms":"#);
                    }
                    if let Some(window) = number(text, br#""return_ms":"#) {
                        self.window = window;
                    }
                }
            }
        }
    }
}
