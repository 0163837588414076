//! The restore drill: a backup is made beside a desk that is written to, the data is destroyed, the backup is restored,
//! and everything that was acknowledged before it is there, byte for byte. A damaged one is refused.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;
use tokio::time::{Duration, sleep};

use crate::ack_log::{Ack, AckLog};
use crate::agent::Agent;
use crate::cluster::Cluster;
use crate::customer::{Command, Customer};
use crate::load::{self, Load};
use crate::server::Server;

const WRITERS: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restore_drill_on_sqlite() {
    let server = Server::new();
    let kept = drill(server, "desk.sqlite", || None).await;
    refused(&kept);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restore_drill_on_postgres() {
    let cluster = Cluster::start();
    let lost = cluster.database("lost");
    let server = Server::on_postgres(&lost);
    drill(server, "desk.pgdump", || {
        cluster.execute(&cluster.address(), "DROP DATABASE lost WITH (FORCE)");
        Some(cluster.database("restored"))
    })
    .await;
}

/// A conversation with files, as its two sides saw it before the disaster.
struct Conversation {
    customer: Customer,
    number: String,
    /// The path of the secret link.
    link: String,
    entries: Vec<Value>,
    files: Vec<(String, Vec<u8>)>,
}

impl Conversation {
    async fn new(server: &Server, agent: &Agent) -> Self {
        let customer = Customer::new(server.client());
        let receipt = customer.open().await;
        let text = |name: &str| receipt[name].as_str().unwrap().to_owned();
        let (number, link) = (text("number"), text("link"));
        let link = link.split_once("/t/").map(|(_, rest)| format!("/t/{rest}")).expect(&link);
        let mut files = Vec::new();
        for (name, kind, bytes) in [
            (
                "日志.txt",
                "text/plain",
                "第一行\nsecond line\n".repeat(fastrand::usize(1..4_000)).into_bytes(),
            ),
            ("screen.png", "image/png", png()),
        ] {
            let upload = customer.upload(name, kind, bytes.clone()).await.unwrap().expect(201).json();
            files.push((upload["id"].as_str().unwrap().to_owned(), bytes));
        }
        let ids: Vec<&String> = files.iter().map(|(id, _)| id).collect();
        let body = serde_json::json!({"client_id": "with-files", "text": "日志和截图", "attachments": ids});
        let path = format!("/api/v1/requests/{number}/messages");
        let seen = customer.post(&path, &body).await.unwrap().expect(201).json()["seq"].as_i64().unwrap();
        agent.reply(&text("request_id"), "收到，我们正在查看。", seen).await.unwrap().expect(201);
        let mut conversation = Self { customer, number, link, entries: Vec::new(), files };
        conversation.entries = conversation.customer.entries(&conversation.number).await;
        assert!(conversation.entries.len() >= 3, "{:?}", conversation.entries);
        conversation.check(server).await;
        conversation
    }

    /// What the customer sees is what was seen before.
    async fn check(&self, server: &Server) {
        let customer = Customer::known(server.client(), &self.customer.secret);
        assert_eq!(customer.entries(&self.number).await, self.entries, "{}", self.number);
        for (id, bytes) in &self.files {
            let file = customer.get(&format!("/api/v1/attachments/{id}")).await.unwrap().expect(200);
            assert!(file.body == *bytes, "{}: file {id} is not what was sent", self.number);
        }
        // Only the desk's own key knows this link.
        let opened = server.client().get(&self.link, &[]).await.unwrap();
        assert!(matches!(opened.status, 200 | 303), "{} {:?}", opened.status, opened.body);
    }
}

/// The smallest picture of one pixel, of a random grey, with some bytes behind its end.
fn png() -> Vec<u8> {
    let mut bytes = vec![0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];
    bytes.extend((0..fastrand::usize(2_000..90_000)).map(|_| fastrand::u8(..)));
    bytes
}

/// What is left for a look at damaged backups.
struct Kept {
    folder: TempDir,
    database: &'static str,
    file: std::path::PathBuf,
}

async fn drill(mut server: Server, database: &'static str, lose: impl FnOnce() -> Option<String>) -> Kept {
    Agent::add(&server);
    server.start().await;
    let (client, folder) = (server.client(), TempDir::new().unwrap());
    let agent = Agent::sign_in(&server).await;
    let mut conversations = Vec::new();
    for _ in 0..8 {
        conversations.push(Conversation::new(&server, &agent).await);
    }
    let before = AckLog::create(&folder.path().join("before"));
    let load = Load::start(&client, &before, WRITERS);
    sleep(Duration::from_millis(400)).await;
    assert_eq!(load.stop().await.len(), 0);
    let before = before.read(0);

    // The backup, while others go on writing.
    let during = AckLog::create(&folder.path().join("during"));
    let load = Load::start(&client, &during, WRITERS);
    sleep(Duration::from_millis(100)).await;
    let target = folder.path().join("backup");
    let mut command = server.command(&["backup", target.to_str().unwrap()]);
    let made = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&made.stdout);
    assert!(made.status.success() && said.contains("all as they were sent"), "{said}{made:?}");
    assert!(said.contains("16 files"), "{said}");
    sleep(Duration::from_millis(50)).await;
    assert_eq!(load.stop().await.len(), 0);
    let during = during.read(0);
    assert!(!target.join("master.key").exists(), "whoever steals a backup has no key");

    // Everything is lost but the backup and the copy of the key.
    server.kill();
    let key = std::fs::read(server.data.join("master.key")).unwrap();
    std::fs::remove_dir_all(&server.data).unwrap();
    server.database = lose();
    let backup = target.to_str().unwrap();
    let (status, said) = server.run(&["restore", backup]);
    assert!(status.success() && said.contains("and 16 files restored"), "{said}");
    assert!(said.contains("16 files read back, all as they were sent") && !said.contains("NOTE"), "{said}");
    // Without its key it is no desk, and gets no other one.
    let (status, said) = server.run(&["verify"]);
    assert!(!status.success() && said.contains("put it back"), "{said}");
    std::fs::write(server.data.join("master.key"), key).unwrap();
    // A restore overwrites nothing.
    let (status, said) = server.run(&["restore", backup]);
    assert!(!status.success() && said.contains("exists already"), "{said}");
    let (status, said) = server.run(&["verify"]);
    assert!(status.success() && said.contains("every record verifies"), "{said}");

    server.start().await;
    let client = server.client();
    assert_eq!(load::check(&client, &before).await, before.len());
    load::check_receipts(&client, &before, 20).await;
    for conversation in &conversations {
        conversation.check(&server).await;
    }
    let there = as_of_one_moment(&server, &during).await;
    let agent = Agent::sign_in(&server).await;
    agent.get("/api/v1/console/inbox?view=all&limit=10").await.unwrap().expect(200);
    // And it goes on.
    conversations[0].customer.send(&Command::new(Some(&conversations[0].number))).await.unwrap().expect(201);
    server.verify();
    println!(
        "{} acknowledged before the backup, all there; {there} of {} written beside it",
        before.len(),
        during.len()
    );
    let file = target.join(database);
    Kept { folder, database, file }
}

/// Of what was written beside the backup there is, of each request, a beginning, and no more: the backup is of one moment.
async fn as_of_one_moment(server: &Server, acks: &[Ack]) -> usize {
    let mut requests: std::collections::BTreeMap<(&str, &str), Vec<&Ack>> = std::collections::BTreeMap::new();
    for ack in acks {
        requests.entry((&ack.secret, ack.receipt["number"].as_str().unwrap())).or_default().push(ack);
    }
    let mut there = 0;
    for ((secret, number), acks) in requests {
        let customer = Customer::known(server.client(), secret);
        let answer = customer.get(&format!("/api/v1/requests/{number}?limit=100")).await.unwrap();
        if answer.status == 404 {
            continue;
        }
        let entries = answer.expect(200).json()["entries"].as_array().unwrap().clone();
        let texts: Vec<&Value> = entries.iter().filter(|entry| entry["kind"] == "text").collect();
        assert!(texts.len() <= acks.len(), "{number}: more than was acknowledged");
        for (entry, ack) in texts.iter().zip(acks) {
            assert_eq!(entry["text"], ack.command.text.as_str(), "{number}");
            assert_eq!(entry["seq"], ack.receipt["seq"], "{number}");
            there += 1;
        }
    }
    assert!(there < acks.len(), "the backup holds what came after it: it was not made beside writing");
    there
}

/// Damaged backups: each is refused in words, and nothing is left that looks like a desk.
fn refused(kept: &Kept) {
    let source = kept.folder.path().join("backup");
    let good = std::fs::read(&kept.file).unwrap();
    let attempt = || {
        let server = Server::new();
        let (status, said) = server.run(&["restore", source.to_str().unwrap()]);
        (status, said, server.data.join("desk.sqlite").exists())
    };
    let mut letter = good.clone();
    let place =
        letter.windows(9).position(|bytes| bytes == "转账一".as_bytes()).expect("a text of a message");
    letter[place..place + 9].copy_from_slice("退款一".as_bytes());
    for bad in [letter, good[..good.len() / 2].to_vec(), Vec::new()] {
        std::fs::write(&kept.file, bad).unwrap();
        let (status, said, made) = attempt();
        assert_eq!(status.code(), Some(1), "{said}");
        assert!(said.contains("is damaged: its checksum is another one") && !made, "{said}");
    }
    std::fs::remove_file(&kept.file).unwrap();
    let (status, said, made) = attempt();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(
        said.contains(&format!("is not a backup for this database: it has no {}", kept.database)),
        "{said}"
    );
    assert!(!made);

    // One file of a customer's is another one, one is gone: these are named, the rest is restored.
    std::fs::write(&kept.file, good).unwrap();
    let mut files = below(&source.join("files"));
    std::fs::write(files.pop().unwrap(), "another text").unwrap();
    std::fs::remove_file(files.pop().unwrap()).unwrap();
    let (status, said, made) = attempt();
    assert_eq!(status.code(), Some(1), "{said}");
    assert_eq!(said.matches("FAULT attachment").count(), 2, "{said}");
    assert!(said.contains("2 OF 16 FILES ARE NOT AS THEY WERE SENT") && made, "{said}");
}

fn below(folder: &Path) -> Vec<std::path::PathBuf> {
    let folders = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    folders.flat_map(|folder| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path())).collect()
}
