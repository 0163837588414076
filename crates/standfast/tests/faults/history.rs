//! kill -9 in the middle of an import, beside a desk that serves: run again, every request is there once, and all verify.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::sleep;

use crate::cluster::Cluster;
use crate::server::Server;

const ROWS: usize = 6_000;
const MAP: &str =
    "source = \"past\"\n[columns]\nid = \"id\"\ncreated = \"created\"\ntext = \"text\"\ncustomer = \"who\"\n";

/// A table with a row of each kind that can be rejected among the others.
fn files(folder: &Path) -> (PathBuf, PathBuf) {
    let (table, map) = (folder.join("past.csv"), folder.join("map.toml"));
    let mut text = "id,created,who,text\n".to_owned();
    for number in 0..ROWS {
        let created = if number % 1_000 == 999 { "never" } else { "2019-05-01T08:00:00Z" };
        writeln!(text, "{number},{created},user-{},question {number}", number % 700).unwrap();
    }
    std::fs::write(&table, text).unwrap();
    std::fs::write(&map, MAP).unwrap();
    (table, map)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn import_killed_on_sqlite() {
    survive(Server::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn import_killed_on_postgres() {
    let cluster = Cluster::start();
    survive(Server::on_postgres(&cluster.database("history"))).await;
}

async fn survive(mut server: Server) {
    let folder = TempDir::new().unwrap();
    let (table, map) = files(folder.path());
    let rejects = folder.path().join("rejects.csv");
    let [table, map, rejected] = [&table, &map, &rejects].map(|path| path.to_str().unwrap());
    let plain = ["import", "csv", table, "--map", map, "--rejects", rejected];
    server.start().await;
    let mut kills = 0;
    for _ in 0..4 {
        let mut import = server
            .command(&plain)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        sleep(Duration::from_millis(fastrand::u64(500..5_000))).await;
        kills += usize::from(import.try_wait().unwrap().is_none());
        let _ = import.kill();
        import.wait().unwrap();
    }
    let (status, said) = server.run(&[&plain[..], &["--resume"]].concat());
    assert_eq!(status.code(), Some(2), "{said}");
    let whole = ROWS - ROWS / 1_000;
    assert!(said.contains(&format!("{ROWS} read")), "{said}");
    assert!(said.contains(&format!("{whole} on the desk from past")), "{said}");
    let told = std::fs::read_to_string(&rejects).unwrap();
    assert_eq!(told.lines().count(), 1 + ROWS / 1_000, "each once: {told}");
    let (status, said) = server.run(&plain);
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(said.contains("0 imported") && said.contains(&format!("{whole} already there")), "{said}");
    assert!(server.is_running(), "the desk serves on");
    server.verify();
    println!("{kills} kills in an import of {ROWS} rows");
}
