//! Canaries: secrets are sent by every way in, then everything that the desk has written is searched for them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::agent::Agent;
use crate::cluster::Cluster;
use crate::net::{Net, files, total_size};
use crate::secret;
use crate::sender::{Sender, Sent};
use crate::server::Server;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_written_with_sqlite() {
    let server = Server::new();
    let data = server.data.clone();
    search(server, &[data]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_written_with_postgres() {
    let cluster = Cluster::start();
    let server = Server::on_postgres(&cluster.database("canary"));
    let data = server.data.clone();
    search(server, &[data, cluster.data()]).await;
}

async fn search(mut server: Server, folders: &[PathBuf]) {
    Agent::add(&server);
    server.start().await;
    let sender = Sender {
        server_port: server.port,
        client: server.client(),
        each: secret::one_of_each,
        one: secret::english_phrase,
        secret: true,
    };
    let mut sent = Sent::new();
    sender.as_texts(&mut sent).await;
    sender.as_complaints(&mut sent).await;
    sender.as_fields_and_names(&mut sent).await;
    sender.as_files(&mut sent).await;
    sender.through_the_form(&mut sent).await;
    sender.through_the_socket(&mut sent).await;
    sender.encoded(&mut sent).await;
    sender.as_transaction(&mut sent).await;
    sender.in_a_file_before().await;
    sender.bare(&mut sent).await;
    let erased = sender.in_pieces(&mut sent).await;
    sender.by_an_agent(&server, &mut sent).await;
    sender.in_broken_calls(&mut sent).await;

    // What others are shown: metrics, lists, whole records.
    let mut shown: Vec<(String, Vec<u8>)> = Vec::new();
    let metrics = server.client().get("/metrics", &[]).await.unwrap().expect(200);
    shown.push(("metrics".into(), metrics.body.to_vec()));
    let agent = Agent::sign_in(&server).await;
    let inbox = agent.get("/api/v1/console/inbox?view=all&limit=100").await.unwrap().expect(200);
    for request in inbox.json()["items"].as_array().unwrap() {
        let path = format!("/api/v1/console/requests/{}", request["id"].as_str().unwrap());
        shown.push((path.clone(), agent.get(&path).await.unwrap().expect(200).body.to_vec()));
    }
    shown.push(("inbox".into(), inbox.body.to_vec()));

    // What has been written: while it runs, by a backup, and after a crash. Bytes that were taken out leave the disk a moment later.
    let key = secret::key_with_address().0.text;
    let until = Instant::now() + Duration::from_secs(20);
    while files(&server.data).iter().any(|file| holds(file, key.as_bytes())) {
        assert!(Instant::now() < until, "the key is still on the disk");
        sleep(Duration::from_millis(50)).await;
    }
    let mut net = Net::new(&sent);
    net.bytes("a control", [b"before ", sent[0].1.traces[0].as_slice(), b" after"].concat().as_slice());
    assert_eq!(net.found.len(), 1, "the net holds");
    net.found.clear();
    let size = total_size(folders);
    assert!(size > 100_000, "there is something to search: {size} bytes");
    net.folders(folders, "running");
    let copy = TempDir::new().unwrap();
    let target = copy.path().join("backup");
    let (status, said) = server.run(&["backup", target.to_str().unwrap()]);
    assert!(status.success(), "{said}");
    net.folders(&[copy.path().to_owned()], "backup");
    // What is being worked on when it breaks down is in its memory, and nowhere else.
    let texts: Vec<_> = (0..4).flat_map(|_| secret::one_of_each()).collect();
    let at_work = sender.at_once(texts.iter().map(|secret| secret.text.clone()));
    server.abort(Duration::from_millis(30)).await;
    at_work.abort();
    let sent_last: Sent = texts.into_iter().map(|secret| ("crash", secret)).collect();
    let mut crash = Net::new(&sent_last);
    let log = server.log();
    assert!(!log.is_empty(), "the log at debug level says something");
    let cores = files(&server.home()).into_iter().filter(|file| is_core(file)).collect::<Vec<_>>();
    assert!(cores.is_empty(), "{cores:?}");
    for net in [&mut net, &mut crash] {
        net.folders(folders, "aborted");
        net.bytes("log", &log);
    }
    // What was erased is in no answer, no log and no copy either.
    let mut pieces = Net::new(&erased);
    pieces.bytes("log", &log);
    pieces.folders(&[copy.path().to_owned()], "backup");
    for (name, bytes) in shown {
        net.bytes(&name, &bytes);
        pieces.bytes(&name, &bytes);
    }
    let found: Vec<_> = [net.found, crash.found, pieces.found].into_iter().flatten().collect();
    assert!(found.is_empty(), "{} traces of {} secrets:\n{}", found.len(), sent.len(), found.join("\n"));
    let (status, said) = server.run(&["verify"]);
    assert!(status.success(), "{said}");
    println!("{} secrets sent, none found", sent.len());
}

fn holds(file: &Path, part: &[u8]) -> bool {
    std::fs::read(file).unwrap_or_default().windows(part.len()).any(|window| window == part)
}

/// Whether a file is the memory of a process that broke down.
fn is_core(file: &Path) -> bool {
    file.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("core"))
}

/// What is no secret is nobody else's business either: the words of customers and agents are in no line of the log, not even
/// when it says everything, and in no figure.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_text_is_in_logs_or_metrics() {
    let mut server = Server::new();
    server.environment.push(("STANDFAST_LOG".into(), "trace".into()));
    Agent::add(&server);
    server.start().await;
    let sender = Sender {
        server_port: server.port,
        client: server.client(),
        each: secret::ordinary_texts,
        one: secret::ordinary_text,
        secret: false,
    };
    let mut sent = Sent::new();
    sender.as_texts(&mut sent).await;
    sender.as_complaints(&mut sent).await;
    sender.as_fields_and_names(&mut sent).await;
    sender.as_files(&mut sent).await;
    sender.through_the_form(&mut sent).await;
    sender.through_the_socket(&mut sent).await;
    sender.by_an_agent(&server, &mut sent).await;
    sender.in_broken_calls(&mut sent).await;
    let metrics = server.client().get("/metrics", &[]).await.unwrap().expect(200);
    server.kill();
    let mut net = Net::new(&sent);
    net.folders(&[server.data.clone()], "stored");
    assert!(net.found.len() > 10, "what is stored holds them: {:?}", net.found);
    net.found.clear();
    let log = server.log();
    assert!(log.windows(5).any(|five| five == b"DEBUG"), "the log says everything that it may");
    net.bytes("log", &log);
    net.bytes("metrics", &metrics.body);
    assert!(net.found.is_empty(), "{:#?}", net.found);
    println!("{} texts sent, none found in {} bytes of log", sent.len(), log.len());
}
