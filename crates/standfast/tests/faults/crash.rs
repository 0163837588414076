//! kill -9 at random moments: nothing acknowledged is lost, nothing appears twice, and the desk is back at once.

use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::ack_log::AckLog;
use crate::cluster::Cluster;
use crate::load::{self, Load};
use crate::server::Server;

const READY: Duration = Duration::from_secs(3);
const WRITERS: usize = 24;

/// How long to go on: a number of kills, or a time (`make soak`).
struct Length {
    cycles: usize,
    until: Option<Instant>,
}

impl Length {
    #[expect(clippy::disallowed_methods, reason = "set by scripts/soak")]
    fn of(usual: usize) -> Self {
        let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a whole number"));
        let cycles = number("STANDFAST_SOAK_CYCLES");
        // Two engines share the time.
        let until = number("STANDFAST_SOAK_MINUTES")
            .map(|minutes| Instant::now() + Duration::from_secs(minutes * 30));
        let endless = if until.is_some() { usize::MAX } else { usual };
        Self { cycles: cycles.map_or(endless, |cycles| usize::try_from(cycles).unwrap()), until }
    }

    fn is_over(&self, done: usize) -> bool {
        done >= self.cycles || self.until.is_some_and(|until| Instant::now() >= until)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_on_sqlite() {
    survive(Server::new(), &Length::of(30)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_on_postgres() {
    let cluster = Cluster::start();
    survive(Server::on_postgres(&cluster.database("crash")), &Length::of(8)).await;
}

async fn survive(mut server: Server, length: &Length) {
    let folder = TempDir::new().unwrap();
    let log = AckLog::create(&folder.path().join("acks"));
    let client = server.client();
    let mut known = 0;
    let mut slowest = Duration::ZERO;
    let mut uncertain = 0;
    let mut cycle = 0;
    server.start().await;
    while !length.is_over(cycle) {
        let load = Load::start(&client, &log, WRITERS);
        sleep(Duration::from_millis(fastrand::u64(80..900))).await;
        server.kill();
        let unanswered = load.stop().await;
        uncertain += unanswered.len();
        if cycle % 4 == 3 {
            // Also while it is starting and putting its files in order.
            server.spawn();
            sleep(Duration::from_millis(fastrand::u64(0..150))).await;
            server.kill();
        }
        let ready = server.start().await;
        slowest = slowest.max(ready);
        assert!(ready <= READY, "ready after {ready:?}");
        load::repeat(&client, &log, unanswered).await;
        let acks = log.read(known);
        known += acks.len();
        load::check(&client, &acks).await;
        load::check_receipts(&client, &acks, 5).await;
        cycle += 1;
    }
    let acks = log.read(0);
    let seen = load::check(&client, &acks).await;
    assert_eq!(seen, acks.len());
    assert!(seen > cycle * 10, "hardly any load: {seen} in {cycle} cycles");
    server.verify();
    println!("{cycle} kills, {seen} acknowledged, {uncertain} calls cut off, slowest start {slowest:?}");
}
