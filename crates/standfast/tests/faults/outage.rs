//! The database goes away under load and comes back.

use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::ack_log::AckLog;
use crate::cluster::Cluster;
use crate::customer::{Command, Customer};
use crate::load::{self, Load};
use crate::server::Server;

/// How soon after the database is back intake has to be.
const BACK: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_stopped_and_restarted_under_load() {
    let cluster = Cluster::start();
    let mut server = Server::on_postgres(&cluster.database("outage"));
    server.start().await;
    let folder = TempDir::new().unwrap();
    let log = AckLog::create(&folder.path().join("acks"));
    let client = server.client();
    let mut longest = Duration::ZERO;
    for round in 0..3 {
        let load = Load::start(&client, &log, 24);
        sleep(Duration::from_millis(fastrand::u64(400..1_200))).await;
        cluster.stop_immediately();
        sleep(Duration::from_millis(300)).await;
        // While it is away the desk says so, rather than hang or crash.
        let asked = Instant::now();
        let answer = Customer::new(client.clone()).send(&Command::new(None)).await.unwrap();
        assert!(matches!(answer.status, 503), "{} {:?}", answer.status, answer.body);
        let _ = answer.code();
        assert!(asked.elapsed() < Duration::from_secs(15), "refused only after {:?}", asked.elapsed());
        assert_eq!(client.get("/readyz", &[]).await.unwrap().status, 503);
        assert_eq!(client.get("/healthz", &[]).await.unwrap().status, 200, "alive, though not ready");
        sleep(Duration::from_millis(1_000 * round)).await;

        cluster.resume();
        let back = Instant::now();
        let customer = Customer::new(client.clone());
        let command = Command::new(None);
        while customer.send(&command).await.map_or(0, |answer| answer.status) != 201 {
            assert!(back.elapsed() < BACK, "no intake {:?} after the database was back", back.elapsed());
            sleep(Duration::from_millis(50)).await;
        }
        longest = longest.max(back.elapsed());
        sleep(Duration::from_millis(400)).await;
        let unanswered = load.stop().await;
        load::repeat(&client, &log, unanswered).await;
    }
    let acks = log.read(0);
    let seen = load::check(&client, &acks).await;
    load::check_receipts(&client, &acks, 20).await;
    assert_eq!(seen, acks.len());
    assert!(server.is_running(), "the server crashed");
    server.verify();
    println!("{seen} acknowledged over 3 outages, intake back after at most {longest:?}");
}
