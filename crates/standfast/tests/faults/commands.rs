//! What an operator runs beside serving: `doctor` tells what is really in force, `migrate` brings a database to this version.

use std::time::Duration;

use tempfile::TempDir;

use crate::cluster::Cluster;
use crate::customer::Customer;
use crate::server::Server;

/// What stands behind a name on the doctor's page.
fn line<'a>(page: &'a str, name: &str) -> &'a str {
    let found = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    found.unwrap_or_else(|| panic!("no {name} in\n{page}")).trim()
}

fn warnings(page: &str) -> Vec<&str> {
    page.lines().filter_map(|line| line.strip_prefix("warning ")).map(str::trim).collect()
}

/// A duration as it is printed: 1.5ms.
fn duration(text: &str) -> Duration {
    let digits = text.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap();
    let number: f64 = text[..digits].parse().unwrap();
    let unit = match &text[digits..] {
        "s" => 1.0,
        "ms" => 1e-3,
        "µs" => 1e-6,
        other => panic!("{other} in {text}"),
    };
    Duration::from_secs_f64(number * unit)
}

/// Whether the measured commits are as long as a flushed one can be.
fn is_measured(page: &str) -> bool {
    let said = line(page, "commit").strip_suffix(" of 100, one after the other").unwrap();
    let (p50, p99) = said.strip_prefix("p50 ").unwrap().split_once(", p99 ").unwrap();
    let (p50, p99) = (duration(p50), duration(p99));
    !p50.is_zero() && p50 <= p99 && p99 < Duration::from_secs(10)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_tells_what_is_in_force_on_sqlite() {
    // On a disk: in memory the doctor has something to say.
    let place = TempDir::new_in("/var/tmp").unwrap();
    let mut server = Server::in_folder(&place.path().join("data"));
    let (status, said) = server.run(&["doctor"]);
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("there is no desk at"), "{said}");
    assert!(!server.data.join("desk.sqlite").exists(), "whoever looks makes nothing");

    server.start().await;
    // Beside the desk, which goes on.
    let (status, page) = server.run(&["doctor"]);
    let version = line(&page, "engine").strip_prefix("sqlite ").expect("the engine");
    let numbers: Vec<u32> = version.split('.').map(|part| part.parse().unwrap()).collect();
    assert!(numbers >= vec![3, 51, 3], "{version}");
    assert_eq!(line(&page, "file"), server.data.join("desk.sqlite").to_str().unwrap());
    assert_eq!(line(&page, "journal mode"), "wal");
    assert_eq!(line(&page, "synchronous"), "FULL");
    assert_eq!(line(&page, "acknowledged"), "durable, local");
    let free: u64 = line(&page, "free space").strip_suffix(" MiB").unwrap().parse().unwrap();
    assert!(free > 0 && is_measured(&page), "{page}");
    // A machine may be short of space, or have its disk elsewhere; of durability there is nothing to warn about.
    let warned = warnings(&page);
    assert!(warned.iter().all(|one| one.contains("GB is free") || one.contains("the file is on")), "{page}");
    assert_eq!(status.code(), Some(if warned.is_empty() { 0 } else { 2 }), "{page}");
    Customer::new(server.client()).open().await;

    // A folder that forgets when the machine stops.
    let forgetful = TempDir::new_in("/dev/shm").unwrap();
    let server = Server::in_folder(&forgetful.path().join("data"));
    assert!(server.run(&["migrate"]).0.success());
    let (status, page) = server.run(&["doctor"]);
    assert!(warnings(&page).contains(&"the file is on tmpfs, which forgets"), "{page}");
    assert_eq!(status.code(), Some(2), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_is_migrated_once_on_sqlite() {
    migrate(Server::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_and_migrate_on_postgres() {
    let cluster = Cluster::start();
    let url = cluster.database("migrated");
    migrate(Server::on_postgres(&url)).await;

    let server = Server::on_postgres(&url);
    let (status, page) = server.run(&["doctor"]);
    assert!(line(&page, "engine").starts_with("postgres 1"), "{page}");
    assert_eq!(line(&page, "synchronous"), "on");
    assert_eq!(line(&page, "acknowledged"), "durable, local");
    assert_eq!(line(&page, "free space"), "not known");
    assert!(line(&page, "journal mode") == "replica" && is_measured(&page), "{page}");
    // Older versions make clusters without checksums, unless they are asked for.
    let unseen = "data_checksums is off: damage on the disk goes unseen";
    let expected: Vec<&str> = if cluster.has_checksums() { vec![] } else { vec![unseen] };
    assert_eq!(warnings(&page), expected, "{page}");
    assert_eq!(status.code(), Some(if expected.is_empty() { 0 } else { 2 }), "{page}");

    // What an operator can get wrong: that which costs data is refused outright, the rest is said.
    cluster.set("autovacuum", "off");
    let (status, page) = server.run(&["doctor"]);
    assert!(warnings(&page).contains(&"autovacuum is off: tables grow without end"), "{page}");
    assert_eq!(status.code(), Some(2), "{page}");
    cluster.set("fsync", "off");
    let (status, said) = server.run(&["doctor"]);
    assert!(said.contains("fsync is off, but must be on"), "{said}");
    assert_eq!(status.code(), Some(1), "{said}");
    let (status, said) = server.run(&["serve"]);
    assert!(!status.success() && said.contains("fsync is off, but must be on"), "{said}");
}

/// Brings an empty database to this version, then again, then serves it.
async fn migrate(mut server: Server) {
    const DONE: &str = "The database is at the version of this program.";
    let applied = |said: &str| said.lines().filter(|line| line.contains("migrated")).count();
    let (status, said) = server.run(&["migrate"]);
    assert!(status.success() && said.contains(DONE), "{said}");
    assert!(applied(&said) > 10, "an empty database takes all of them: {said}");
    let (status, said) = server.run(&["migrate"]);
    assert!(status.success() && said.contains(DONE), "{said}");
    assert_eq!(applied(&said), 0, "{said}");
    server.start().await;
    assert_eq!(applied(&String::from_utf8_lossy(&server.log())), 0, "nothing is left for the start");
    let customer = Customer::new(server.client());
    let number = customer.open().await["number"].as_str().unwrap().to_owned();
    server.kill();
    // What is in it stays.
    let (status, said) = server.run(&["migrate"]);
    assert!(status.success() && applied(&said) == 0, "{said}");
    server.start().await;
    assert_eq!(customer.entries(&number).await.len(), 1);
    server.verify();
}
