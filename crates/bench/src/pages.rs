//! What agents wait for most, the inbox and a conversation, on a small and on a large desk; and how such a desk starts.

use std::net::Ipv4Addr;

use anyhow::{Context as _, bail};
use tokio::time::{Instant, sleep};

use crate::draw::Draw;
use crate::latency::{Latencies, Spread};
use crate::library::{self, EMAIL, Library, PASSWORD};
use crate::line::{Line, get, member, post};
use crate::report::{Limit, Report};
use crate::server::{Place, Server};
use crate::{Options, machine};

const VIEWS: [&str; 5] = ["unassigned", "mine", "all", "at_risk", "solved"];
/// Even an empty inbox has more bytes than this.
const LEAST_BYTES: usize = 80;

pub(crate) async fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let (few, many) = (options.count(10_000, 2_000), options.count(1_000_000, 20_000));
    let small = library::open(options, few).await?;
    let large = library::open(options, many).await?;
    report.begin(options, "pages", "Pages and start");
    report.say(&format!(
        "Desks of {few} and {many} requests on SQLite, spread over a year: one request in a hundred active, four entries \
         each on average, thirty per cent of the customers coming back, receipts of 30 days and an outbox of one day. They \
         are written straight into the store, {}; the seals of their records are made up. One client asks for one page \
         after the other, taking turns through the views (with the second page of those that have one) and through \
         conversations drawn evenly from all requests, once the desk has come to rest after its start. The files are \
         read just before, so that they are in the page cache.",
        "hundreds of requests to a commit, and kept in `.cache/bench` for the next run"
    ));
    let rounds = options.count(400, 50);
    let few_pages = look(&small, rounds, report).await?;
    let many_pages = look(&large, rounds, report).await?;
    let again = look(&small, rounds, report).await?;
    for (name, large, before, after) in [
        ("inbox_p99_ms_1m", many_pages.inbox, few_pages.inbox, again.inbox),
        ("conversation_p99_ms_1m", many_pages.conversation, few_pages.conversation, again.conversation),
    ] {
        let ratio = large.p99 / f64::midpoint(before.p99, after.p99);
        report.figure(name, large.p99, "ms", Some(ratio), Limit::RatioMost(1.5));
    }
    start(options, report, &large).await
}

struct Pages {
    inbox: Spread,
    conversation: Spread,
}

/// Starts a desk and looks at its pages.
async fn look(library: &Library, rounds: usize, report: &mut Report) -> anyhow::Result<Pages> {
    let server = library.place.start().await?;
    server.rest().await?;
    library.warm()?;
    let mut agent = Agent::sign_in(&server, EMAIL).await?;
    let mut draw = Draw::new(5);
    let (mut inbox, mut conversation) = (Latencies::default(), Latencies::default());
    for round in 0..rounds * 2 {
        // The first half warms caches.
        let counts = round >= rounds;
        for view in VIEWS {
            let path = format!("/api/v1/console/inbox?view={view}");
            let cursor = agent.page(&path, counts.then_some(&mut inbox)).await?;
            if let Some(cursor) = cursor {
                agent.page(&format!("{path}&cursor={cursor}"), counts.then_some(&mut inbox)).await?;
            }
            let id = library.request(draw.below(library.requests));
            let path = format!("/api/v1/console/requests/{id}");
            agent.page(&path, counts.then_some(&mut conversation)).await?;
        }
    }
    server.stop().await?;
    let pages = Pages { inbox: inbox.spread(), conversation: conversation.spread() };
    report.say(&format!(
        "{} requests: inbox {} ({} pages); conversation {} ({} pages)",
        library.requests,
        pages.inbox,
        inbox.count(),
        pages.conversation,
        conversation.count()
    ));
    Ok(pages)
}

/// Somebody who is signed in, with a connection.
pub(crate) struct Agent {
    pub(crate) line: Line,
    /// Cookie and origin, as the lines of a head.
    pub(crate) who: String,
    host: std::net::SocketAddr,
}

impl Agent {
    pub(crate) async fn sign_in(server: &Server, email: &str) -> anyhow::Result<Self> {
        let host = server.address;
        let mut line = Line::open(host, Ipv4Addr::LOCALHOST).await?;
        let mut request = Vec::new();
        let origin = format!("origin: http://{host}\r\n");
        let body = format!(r#"{{"email":"{email}","password":"{PASSWORD}"}}"#);
        post(&mut request, "/api/v1/session", host, &origin, &body);
        let reply = line.call(&request).await?;
        if reply.status != 200 {
            bail!("signing in: {}", reply.status);
        }
        let head = String::from_utf8_lossy(reply.head);
        let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next());
        let who = format!("cookie: {}\r\n{origin}", cookie.context("no cookie")?);
        Ok(Self { line, who, host })
    }

    /// Reads a page; returns the cursor of the next one.
    async fn page(
        &mut self,
        path: &str,
        latencies: Option<&mut Latencies>,
    ) -> anyhow::Result<Option<String>> {
        let mut request = Vec::new();
        get(&mut request, path, self.host, &self.who);
        let asked = Instant::now();
        let reply = self.line.call(&request).await?;
        if reply.status != 200 || reply.body.len() < LEAST_BYTES {
            bail!("{path}: {} with {} bytes", reply.status, reply.body.len());
        }
        if let Some(latencies) = latencies {
            latencies.note(asked);
        }
        Ok(member(reply.body, r#""next":""#).map(str::to_owned))
    }
}

/// Starting on the large desk, and what it then holds.
async fn start(options: &Options, report: &mut Report, large: &Library) -> anyhow::Result<()> {
    let mut times = Vec::new();
    for _ in 0..options.count(5, 2) {
        let server = large.place.start().await?;
        times.push(server.ready_after.as_secs_f64() * 1e3);
        server.stop().await?;
    }
    times.sort_unstable_by(f64::total_cmp);
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    report.say(&format!(
        "Start of the process to the first good answer of `/readyz` on {} requests, the files in the page cache: \
         {times:.0?} ms; the median counts.",
        large.requests
    ));
    report.figure("ready_ms_1m", median, "ms", None, Limit::Most(1_000.0));
    let empty = Place::fresh(options, "empty")?.start().await?;
    let server = large.place.start().await?;
    server.rest().await?;
    sleep(options.seconds(10, 2)).await;
    let (idle, bare) = (server.resident(), empty.resident());
    report.say(&format!(
        "Resident memory ten seconds after it has come to rest, without a connection: {:.1} MB on {} requests, {:.1} MB on an \
         empty desk. Machine: {}.",
        idle as f64 / 1e6,
        large.requests,
        bare as f64 / 1e6,
        machine::load()
    ));
    report.figure("idle_rss_bytes", idle as f64, "bytes", None, Limit::Most(100_000_000.0));
    server.stop().await?;
    empty.stop().await
}
