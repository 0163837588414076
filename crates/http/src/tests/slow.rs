//! Peers that are slow, silent or too many, and the end of the server.

use std::time::{Duration, Instant};

use serde_json::json;
use standfast_store::store_test;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Config;
use crate::testing::{SOON, TestServer, wide};

/// Reads until the server closes; returns what came and how long it took.
#[expect(clippy::disallowed_methods, reason = "the test measures real time")]
async fn until_closed(mut stream: TcpStream, drip: Option<&'static [u8]>) -> (String, Duration) {
    let (started, mut text) = (Instant::now(), Vec::new());
    let mut buffer = [0; 1_024];
    loop {
        match tokio::time::timeout(Duration::from_millis(500), stream.read(&mut buffer)).await {
            Ok(Ok(0) | Err(_)) => break,
            Ok(Ok(read)) => text.extend_from_slice(&buffer[..read]),
            Err(_) => {
                if let Some(drip) = drip {
                    let _ = stream.write_all(drip).await;
                }
            }
        }
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "still open: {}",
            String::from_utf8_lossy(&text)
        );
    }
    (String::from_utf8_lossy(&text).into_owned(), started.elapsed())
}

store_test! {
    async fn slow_peers_are_let_go(store) {
        let server = TestServer::start(&store).await;
        let auth = server.visitor().headers[0].1.clone();
        let silent = tokio::spawn(until_closed(server.connect().await, None));
        let mut stream = server.connect().await;
        stream.write_all(b"GET /api/v1/desk HTTP/1.1\r\nhost: a\r\n").await.unwrap();
        let head = tokio::spawn(until_closed(stream, Some(b"x-a: b\r\n")));
        let mut stream = server.connect().await;
        let call = format!(
            "POST /api/v1/requests HTTP/1.1\r\nhost: a\r\nauthorization: {auth}\r\ncontent-type: application/json\r\n\
             content-length: 9000\r\n\r\n{{"
        );
        stream.write_all(call.as_bytes()).await.unwrap();
        let body = tokio::spawn(until_closed(stream, Some(b" ")));
        // Meanwhile everybody else is served.
        for n in 0..5 {
            server.visitor().ask(&format!("{n}"), "转账没有到账").await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let (text, took) = silent.await.unwrap();
        assert!(text.is_empty() && (4.5..8.0).contains(&took.as_secs_f64()), "{took:?} {text}");
        let (text, took) = head.await.unwrap();
        assert!(text.is_empty() && (9.0..14.0).contains(&took.as_secs_f64()), "{took:?} {text}");
        let (text, took) = body.await.unwrap();
        assert!(text.starts_with("HTTP/1.1 408") && text.contains("request_timeout"), "{text}");
        assert!((9.0..16.0).contains(&took.as_secs_f64()), "{took:?}");
    }

    async fn heads_are_bounded(store) {
        let server = TestServer::start(&store).await;
        for head in [
            format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "a".repeat(70_000)),
            format!("GET / HTTP/1.1\r\nhost: a\r\n{}\r\n", "x: y\r\n".repeat(200)),
            format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(100_000)),
            "\0\0\0\0\r\n\r\n".to_owned(),
        ] {
            let mut stream = server.connect().await;
            let _ = stream.write_all(head.as_bytes()).await;
            let (text, took) = until_closed(stream, None).await;
            assert!(took < Duration::from_secs(8));
            assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{text}");
        }
    }

    async fn connections_are_counted(store) {
        let config = Config { connections: 8, ..wide() };
        let server = TestServer::with(&store, config, "http://desk.test").await;
        let mut held = Vec::new();
        for _ in 0..8 {
            held.push(server.connect().await);
        }
        let refused = async {
            loop {
                let (text, _) = until_closed(server.connect().await, None).await;
                if text.starts_with("HTTP/1.1 503") && text.contains("retry-after") {
                    return;
                }
                // On a machine that stood still those that are silent have been let go.
                for _ in 0..8 {
                    held.push(server.connect().await);
                }
            }
        };
        tokio::time::timeout(SOON, refused).await.unwrap();
        drop(held);
        let served = async {
            loop {
                let mut stream = server.connect().await;
                let call = b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
                let _ = stream.write_all(call).await;
                if until_closed(stream, None).await.0.starts_with("HTTP/1.1 200") {
                    return;
                }
            }
        };
        tokio::time::timeout(SOON, served).await.unwrap();
    }

    async fn the_end_is_in_good_order(store) {
        let mut server = TestServer::start(&store).await;
        let visitor = server.visitor();
        let receipt = visitor.ask("1", "求助").await;
        let mut socket = visitor.live(json!({"cursors": {receipt["request_id"].as_str().unwrap(): 0}})).await;
        let mut idle = server.connect().await;
        idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let headers = visitor.headers.clone();
        let address = server.address;
        let slow = tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let body = json!({"client_id": "2", "text": "正在写的话"}).to_string();
            let call = format!(
                "POST /api/v1/requests HTTP/1.1\r\nhost: a\r\n{}: {}\r\ncontent-type: application/json\r\n\
                 content-length: {}\r\n\r\n",
                headers[0].0, headers[0].1, body.len()
            );
            stream.write_all(call.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(700)).await;
            stream.write_all(body.as_bytes()).await.unwrap();
            until_closed(stream, None).await.0
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.stop();
        let bye = socket.hear_of("bye").await;
        assert_eq!(bye["reason"], "drain");
        assert!(bye["retry_after_ms"].as_u64().unwrap() >= 500);
        assert!(socket.hear().await.is_null());
        assert_eq!(socket.ended, Some(1001));
        let answer = slow.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "a call in flight ends well: {answer}");
        let ended = tokio::time::timeout(Duration::from_secs(8), server.served.take().unwrap()).await;
        ended.expect("in time").unwrap().unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }
}
