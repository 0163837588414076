//! SIGTERM: what is under way ends well, sockets are told when to come back, and the process ends by itself.

use std::time::Duration;

use futures_util::future::join_all;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::ack_log::AckLog;
use crate::customer::{Command, Customer};
use crate::load::{self, Load};
use crate::server::Server;
use crate::socket::Socket;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_drains() {
    let mut server = Server::new();
    server.start().await;
    let client = server.client();
    let folder = TempDir::new().unwrap();
    let log = AckLog::create(&folder.path().join("acks"));
    let customers: Vec<_> = (0..50).map(|_| Customer::new(client.clone())).collect();
    let mut sockets = join_all(customers.iter().map(|customer| Socket::of(server.port, customer, &[]))).await;
    let load = Load::start(&client, &log, 16);
    sleep(Duration::from_millis(300)).await;

    // A call whose body is half sent when the signal comes.
    let customer = Customer::new(client.clone());
    let command = Command::new(None);
    let body =
        serde_json::json!({"client_id": command.client_id, "text": command.text, "join": "new"}).to_string();
    let (first, rest) = body.split_at(20);
    let mut half = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    let head = format!(
        "POST /api/v1/requests HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{first}",
        customer.authorization(),
        body.len()
    );
    half.write_all(head.as_bytes()).await.unwrap();
    sleep(Duration::from_millis(100)).await;

    server.terminate();
    sleep(Duration::from_millis(200)).await;
    half.write_all(rest.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    half.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.starts_with("HTTP/1.1 201"), "a call under way was dropped: {answer:?}");

    for socket in &mut sockets {
        let (bye, ended) = socket.until_closed().await;
        let bye = bye.expect("a goodbye");
        assert_eq!(bye["reason"], "drain");
        assert!(bye["retry_after_ms"].as_u64().is_some(), "{bye}");
        assert!(matches!(ended.code, Some(1001 | 1012 | 1013)), "{ended:?}");
    }
    let status = server.ended(Duration::from_secs(15)).await;
    assert!(status.success(), "{status}");
    let unanswered = load.stop().await;

    server.start().await;
    load::repeat(&client, &log, unanswered).await;
    let acks = log.read(0);
    assert_eq!(load::check(&client, &acks).await, acks.len());
    let receipt = customer.send(&command).await.unwrap().expect(200).json();
    assert_eq!(customer.entries(receipt["number"].as_str().unwrap()).await.len(), 1);
    println!("{} acknowledged around the signal, none lost", acks.len());
}
