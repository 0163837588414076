//! A key in a file that an address proves later is taken out of it, whatever happens to the desk between.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::cluster::Cluster;
use crate::customer::{Command, Customer};
use crate::net::files;
use crate::secret;
use crate::server::Server;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_leaves_a_file_across_a_crash_with_sqlite() {
    crash(Server::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_leaves_a_file_across_a_crash_with_postgres() {
    let cluster = Cluster::start();
    crash(Server::on_postgres(&cluster.database("proof"))).await;
}

async fn crash(mut server: Server) {
    let (key, address) = secret::key_with_address();
    server.start().await;
    let customer = Customer::new(server.client());
    // Larger than what is looked at while the customer waits.
    let log =
        format!("12:01 transaction hash: 0x{}\n{}", key.text, "12:04 nothing happened\n".repeat(12_000));
    let id = customer.upload("app.log", "text/plain", log).await.unwrap().expect(201).json()["id"].clone();
    let body = json!({"client_id": Command::new(None).client_id, "text": "文件在这里", "attachments": [id]});
    let first = customer.post("/api/v1/requests", &body).await.unwrap().expect(201).json();
    let number = first["number"].as_str().unwrap();
    customer.say(number, &format!("it went to {address}")).await;
    server.kill();
    assert!(keys_on_disk(&server, &key.text) >= 1, "nothing was done yet, or this shows nothing");
    server.start().await;
    // At the worst somebody had begun: then the work is due again when the lease of who was killed ends.
    let until = Instant::now() + Duration::from_secs(150);
    while keys_on_disk(&server, &key.text) > 0 {
        assert!(Instant::now() < until, "the key is still on the disk");
        sleep(Duration::from_millis(100)).await;
    }
    let customer = Customer::known(server.client(), &customer.secret);
    let path = format!("/api/v1/attachments/{}", id.as_str().unwrap());
    let file = customer.get(&path).await.unwrap().expect(200);
    let text = String::from_utf8_lossy(&file.body).into_owned();
    assert!(
        text.starts_with("12:01 transaction hash: ⟦redacted:private_key⟧\n12:04 nothing"),
        "{:.80}",
        text
    );
    let told = customer.entries(number).await;
    assert_eq!(told.iter().filter(|entry| entry["event"]["type"] == "file_redacted").count(), 1, "{told:?}");
    server.verify();
}

/// How many files of the desk have the digits.
fn keys_on_disk(server: &Server, digits: &str) -> usize {
    let holds = |file: &std::path::PathBuf| {
        let bytes = std::fs::read(file).unwrap_or_default();
        bytes.windows(digits.len()).any(|window| window == digits.as_bytes())
    };
    files(&server.data).iter().filter(|file| holds(file)).count()
}
