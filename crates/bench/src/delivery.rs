//! From a user's message to the agent's screen, with a house full of idle sockets; what such a socket costs, and how
//! many there can be.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::draw::Draw;
use crate::latency::{Latencies, rate};
use crate::library::add_agents;
use crate::line::{Line, member, post, visitor};
use crate::pages::Agent;
use crate::report::{Limit, Report};
use crate::server::{Place, Server};
use crate::socket::{Heard, Socket, ticket};
use crate::{Options, machine};

const AGENTS: usize = 8;
/// Customers who write. A socket may say 20 things a second.
const WRITERS: usize = 200;
const PER_SECOND: usize = 1_000;
/// Connections over which customers are made and tickets fetched.
const HANDS: usize = 32;
/// Files that a process needs beside its sockets.
const OTHER_FILES: usize = 200;

/// A customer with a request.
#[derive(Debug, Clone)]
pub(crate) struct Customer {
    pub(crate) who: String,
    pub(crate) request: String,
}

pub(crate) async fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let idle = options.count(10_000, 1_000);
    report.begin(options, "delivery", "Live sockets");
    report.say(&format!(
        "{idle} customers with a request each, connected, following it, and silent; {WRITERS} more of them write \
         {PER_SECOND} messages a second in all over their sockets; {AGENTS} agents follow those requests, each a share, and \
         get the inbox's changes too. Delivery is from the moment at which a message was due to the arrival of its entry \
         at the agent's socket, durable before it is sent on. SQLite. The cost of an idle socket is the growth of the \
         server's resident memory, without the kernel's buffers."
    ));
    let place = Place::fresh(options, "delivery")?;
    add_agents(&place, AGENTS)?;
    let server = place.start().await?;
    let customers = settle(&server, idle + WRITERS).await?;
    let (writers, silent) = customers.split_at_checked(WRITERS).context("no customers")?;
    sleep(options.seconds(5, 2)).await;

    let before = server.resident();
    let mut house = House::default();
    house.fill(&server, silent, idle).await?;
    sleep(options.seconds(10, 2)).await;
    let (after, open) = (server.resident(), house.open());
    deliver(options, report, &server, writers, &house).await?;
    report.say(&format!(
        "Resident memory before and after the {open} idle sockets: {:.1} and {:.1} MB.",
        before as f64 / 1e6,
        after as f64 / 1e6
    ));
    let bytes = after.saturating_sub(before) as f64 / open.max(1) as f64;
    report.figure("idle_socket_bytes", bytes, "bytes", None, Limit::Most(12_288.0));

    let most = options.count(machine::file_limit().saturating_sub(OTHER_FILES), 2_000);
    let refused = house.fill(&server, silent, most).await.err();
    sleep(options.seconds(30, 3)).await;
    let held = house.open();
    let found = match refused {
        Some(error) => format!("then: {error:#}"),
        None => "none was refused or lost; the load's own limit of files ends it".to_owned(),
    };
    report.say(&format!(
        "Sockets opened one after the other until {most} (this machine allows {} files a process), then left for thirty \
         seconds, in which each is pinged at least once: {held} held; {found}. Resident memory: {:.1} MB.",
        machine::file_limit(),
        server.resident() as f64 / 1e6
    ));
    report.figure("sockets_held", held as f64, "sockets", None, Limit::None);
    drop(house);
    server.stop().await
}

/// Makes customers with a request each.
pub(crate) async fn settle(server: &Server, count: usize) -> anyhow::Result<Vec<Customer>> {
    let host = server.address;
    let mut hands = JoinSet::new();
    for hand in 0..HANDS {
        hands.spawn(async move {
            let mut line = Line::open(host, Ipv4Addr::LOCALHOST).await?;
            let mut draw = Draw::new(hand as u64 ^ 0x005E_771E);
            let mut request = Vec::new();
            let mut made = Vec::new();
            for _ in (hand..count).step_by(HANDS) {
                let who = visitor(&draw.secret());
                let body = format!(r#"{{"client_id":"{}","text":"{}"}}"#, draw.client_id(), draw.text());
                post(&mut request, "/api/v1/requests", host, &who, &body);
                let reply = line.call(&request).await?;
                let id = member(reply.body, r#""request_id":""#).map(str::to_owned);
                made.push(Customer {
                    who,
                    request: id.with_context(|| format!("no request: {}", reply.status))?,
                });
            }
            anyhow::Ok(made)
        });
    }
    let mut customers = Vec::with_capacity(count);
    while let Some(made) = hands.join_next().await {
        customers.extend(made??);
    }
    Ok(customers)
}

/// The silent ones.
#[derive(Debug, Default)]
struct House {
    sockets: JoinSet<()>,
    open: Arc<AtomicUsize>,
    opened: usize,
}

impl House {
    fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }
}

impl House {
    /// Opens sockets until there are `most`. They come from several addresses of the loopback network.
    async fn fill(&mut self, server: &Server, customers: &[Customer], most: usize) -> anyhow::Result<()> {
        let mut line = Line::open(server.address, Ipv4Addr::LOCALHOST).await?;
        while self.opened < most {
            let customer = customers.get(self.opened % customers.len().max(1)).context("no customers")?;
            let from = Ipv4Addr::new(127, 0, 0, 2 + (self.opened % 8) as u8);
            let ticket = ticket(&mut line, server.address, &customer.who).await?;
            let cursors = format!(r#""{}":1"#, customer.request);
            let socket = Socket::open(server.address, from, &ticket, &cursors).await?;
            let open = Arc::clone(&self.open);
            open.fetch_add(1, Ordering::Relaxed);
            self.opened += 1;
            self.sockets.spawn(async move {
                let mut socket = socket;
                while socket.hear().await.is_ok() {}
                open.fetch_sub(1, Ordering::Relaxed);
            });
        }
        Ok(())
    }
}

/// Sends at the given rate and notes when each message reaches its agent.
async fn deliver(
    options: &Options,
    report: &mut Report,
    server: &Server,
    writers: &[Customer],
    house: &House,
) -> anyhow::Result<()> {
    let during = options.seconds(20, 3);
    let messages = PER_SECOND * during.as_secs() as usize;
    let interval = Duration::from_secs(1) / PER_SECOND as u32;
    let start = Instant::now() + Duration::from_secs(3);
    let mut agents = JoinSet::new();
    for number in 0..AGENTS {
        let share: Vec<_> =
            writers.iter().skip(number).step_by(AGENTS).map(|c| format!(r#""{}":1"#, c.request)).collect();
        let agent = Agent::sign_in(server, &format!("agent{number}@bench.example")).await?;
        let socket = agent.socket(server, &share.join(",")).await?;
        agents.spawn(watch(socket, start, interval, start + during + Duration::from_secs(5)));
    }
    let mut lines = Vec::new();
    let mut talkers = JoinSet::new();
    let mut line = Line::open(server.address, Ipv4Addr::LOCALHOST).await?;
    for customer in writers {
        let ticket = ticket(&mut line, server.address, &customer.who).await?;
        let socket = Socket::open(server.address, Ipv4Addr::LOCALHOST, &ticket, "").await?;
        let (sender, receiver) = mpsc::unbounded_channel();
        lines.push(sender);
        talkers.spawn(talk(socket, customer.request.clone(), receiver));
    }
    let load = machine::load();
    let spent = [server.processor(), machine::processor(std::process::id())];
    for number in 0..messages {
        sleep_until(start + interval * number as u32).await;
        let line = lines.get(number % lines.len().max(1)).context("no writers")?;
        // A writer that is gone shows as messages that did not arrive.
        let _ = line.send(number);
    }
    let spent = [server.processor() - spent[0], machine::processor(std::process::id()) - spent[1]];
    let mut latencies = Latencies::default();
    while let Some(seen) = agents.join_next().await {
        latencies.extend(&seen??);
    }
    talkers.shutdown().await;
    let spread = latencies.spread();
    report.say(&format!(
        "{} of {messages} messages delivered ({:.0}/s), {spread}; {} idle sockets stayed. Processor time meanwhile, of one \
         core: server {:.0} %, load {:.0} %. Load of the machine: {load}.",
        latencies.count(),
        rate(latencies.count(), during),
        house.open(),
        spent[0] / during.as_secs_f64() * 100.0,
        spent[1] / during.as_secs_f64() * 100.0,
    ));
    report.figure("delivery_p99_ms", spread.p99, "ms", None, Limit::Most(50.0));
    Ok(())
}

/// Says what the channel brings; hears and forgets everything that comes back.
async fn talk(
    socket: Socket,
    request: String,
    mut due: mpsc::UnboundedReceiver<usize>,
) -> anyhow::Result<()> {
    let (mut reader, mut writer) = socket.split();
    let mut draw = Draw::new(request.len() as u64);
    loop {
        tokio::select! {
            number = due.recv() => {
                let Some(number) = number else { return Ok(()) };
                let text = draw.text();
                writer
                    .say(&format!(r#"{{"t":"send","client_id":"d-{number}","request":"{request}","text":"{text}"}}"#))
                    .await?;
            }
            heard = reader.hear() => {
                if let Heard::Ping(body) = heard? {
                    writer.pong(&body).await?;
                }
            }
        }
    }
}

/// Notes when entries arrive; their client ids say when they were due.
async fn watch(
    mut socket: Socket,
    start: Instant,
    interval: Duration,
    end: Instant,
) -> anyhow::Result<Latencies> {
    let mut latencies = Latencies::default();
    loop {
        let Ok(text) = timeout(end.saturating_duration_since(Instant::now()), socket.hear()).await else {
            return Ok(latencies);
        };
        let text = text?;
        if !text.starts_with(br#"{"t":"entry""#) {
            continue;
        }
        let Some(number) = member(text, r#""client_id":"d-"#) else { continue };
        let number: u32 = number.parse()?;
        latencies.note(start + interval * number);
    }
}

impl Agent {
    /// Opens the agent's live socket.
    async fn socket(mut self, server: &Server, cursors: &str) -> anyhow::Result<Socket> {
        let ticket = ticket(&mut self.line, server.address, &self.who).await?;
        Socket::open(server.address, Ipv4Addr::LOCALHOST, &ticket, cursors).await
    }
}
