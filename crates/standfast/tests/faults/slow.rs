//! Clients that are too slow: a socket that is not read, a header that never ends, a body that trickles.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::customer::Customer;
use crate::server::Server;
use crate::socket::Socket;

/// How long a trickling call may hold a connection.
const CUT_WITHIN: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_that_is_not_read_is_closed_and_resumes() {
    let mut server = Server::new();
    server.start().await;
    let customer = Customer::new(server.client());
    let receipt = customer.open().await;
    let (request, number) = (receipt["request_id"].as_str().unwrap(), receipt["number"].as_str().unwrap());
    let mut stuck = Socket::connect(server.port, Some(256 << 10)).await;
    stuck.hello(&customer, &[(request, 0)]).await;
    let mut reading = Socket::of(server.port, &customer, &[(request, 1)]).await;

    // More than what lies in the kernel's buffers (some megabytes) and the server's own queue together.
    let limits = customer.get("/api/v1/desk").await.unwrap().expect(200).json();
    let size = usize::try_from(limits["limits"]["text_bytes"].as_u64().unwrap()).unwrap();
    let messages = 9_000_000 / size + 1;
    let sentence = "The transfer is still pending, and nothing else has changed since. ";
    let text = sentence.repeat(size / sentence.len());
    let mut written = Vec::new();
    let mut slowest = Duration::ZERO;
    for _ in 0..messages {
        let sent = Instant::now();
        written.push(customer.say(number, &text).await["seq"].as_i64().unwrap());
        let frame = reading
            .next_of("entry")
            .await
            .unwrap_or_else(|e| panic!("others are affected at {}: {e:?}", written.len()));
        assert_eq!(frame["entry"]["seq"].as_i64(), written.last().copied());
        assert_eq!(frame["entry"]["text"].as_str().map(str::len), Some(text.len()));
        slowest = slowest.max(sent.elapsed());
    }
    assert!(slowest < Duration::from_secs(2), "others waited {slowest:?}");

    // It ends: by the goodbye when that still fitted, else by a plain close.
    let (bye, ended) = stuck.until_closed().await;
    if let Some(bye) = bye {
        assert_eq!(bye["reason"], "slow", "{bye}");
    }
    assert!(matches!(ended.code, None | Some(1013)), "{ended:?}");
    let (seen, missed) = written.split_at(written.len() - 5);
    let mut again = Socket::of(server.port, &customer, &[(request, seen[seen.len() - 1])]).await;
    for expected in missed {
        assert_eq!(again.next_of("entry").await.unwrap()["entry"]["seq"], *expected);
    }
    println!("{messages} messages of {size} bytes; the others waited at most {slowest:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_headers_and_bodies_are_cut() {
    let mut server = Server::new();
    server.start().await;
    let port = server.port;
    let header = "POST /api/v1/requests HTTP/1.1\r\nHost: 127.0.0.1\r\n";
    let secret = Customer::new(server.client()).authorization();
    let body = format!(
        "{header}Authorization: {secret}\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{{"
    );
    let silent = (0..20).map(move |_| trickle(port, String::new(), ""));
    let headers = (0..60).map(move |_| trickle(port, header.to_owned(), "X-A: b\r\n"));
    let bodies = (0..60).map(move |_| trickle(port, body.clone(), " "));
    let attack =
        tokio::spawn(
            async move { (join_all(headers).await, join_all(bodies).await, join_all(silent).await) },
        );

    // Meanwhile people write.
    let customer = Customer::new(server.client());
    let mut slowest = Duration::ZERO;
    for _ in 0..60 {
        let asked = Instant::now();
        customer.open().await;
        slowest = slowest.max(asked.elapsed());
        sleep(Duration::from_millis(100)).await;
    }
    assert!(slowest < Duration::from_secs(1), "intake took {slowest:?} meanwhile");
    let (headers, bodies, silent) = attack.await.unwrap();
    for held in headers.iter().chain(&bodies) {
        assert!(*held <= CUT_WITHIN, "a connection was held for {held:?}");
    }
    // A connection without a word may idle a little longer.
    assert!(silent.iter().all(|held| *held <= Duration::from_mins(1)), "{silent:?}");
    println!(
        "cut after at most {:?}, intake at most {slowest:?}",
        headers.iter().chain(&bodies).max().unwrap()
    );
}

/// Sends `start`, then `drop` twice a second, until the server ends it; returns how long that took.
async fn trickle(port: u16, start: String, drop: &'static str) -> Duration {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let started = Instant::now();
    let _ = stream.write_all(start.as_bytes()).await;
    let mut answer = [0_u8; 1_024];
    while started.elapsed() < Duration::from_secs(70) {
        match timeout(Duration::from_millis(500), stream.read(&mut answer)).await {
            Ok(Ok(0) | Err(_)) => break,
            // An answer (408) comes before the end of the connection.
            Ok(Ok(_)) => {}
            Err(_) => {
                if stream.write_all(drop.as_bytes()).await.is_err() {
                    break;
                }
            }
        }
    }
    started.elapsed()
}
