//! Calls and frames that are too large, broken or not text: clear problems, and nobody else is hurt.

use hyper::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::customer::{Command, Customer};
use crate::server::Server;
use crate::socket::Socket;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_calls_get_clear_problems() {
    let mut server = Server::new();
    server.start().await;
    let client = server.client();
    let customer = Customer::new(client.clone());
    let secret = customer.authorization();
    let headers = [("authorization", secret.as_str()), ("content-type", "application/json")];
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let long = json!({"client_id": "long", "text": "长".repeat(200_000)}).to_string();
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("half an object", b"{\"client_id\": \"x\", \"te".to_vec()),
        ("not an object", b"[]".to_vec()),
        ("a number for a text", b"{\"client_id\": \"x\", \"text\": 5}".to_vec()),
        ("no text", b"{\"client_id\": \"x\"}".to_vec()),
        ("an empty text", b"{\"client_id\": \"x\", \"text\": \"  \"}".to_vec()),
        ("no client id", b"{\"text\": \"hello\"}".to_vec()),
        (
            "a client id that is too long",
            json!({"client_id": "x".repeat(65), "text": "hello"}).to_string().into_bytes(),
        ),
        ("broken UTF-8", b"{\"client_id\": \"x\", \"text\": \"\xff\xfe\xc3(\"}".to_vec()),
        ("UTF-16", "{\"client_id\":\"x\"}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("half a surrogate pair", b"{\"client_id\": \"x\", \"text\": \"\\ud800\"}".to_vec()),
        ("a deep nest", deep.into_bytes()),
        ("a long text", long.into_bytes()),
        ("an unknown type", b"{\"client_id\": \"x\", \"text\": \"hello\", \"type\": \"nonsense\"}".to_vec()),
        (
            "a stranger's file",
            b"{\"client_id\": \"x\", \"text\": \"hello\", \"attachments\": [\"1\"]}".to_vec(),
        ),
    ];
    for (what, body) in bodies {
        let answer = client.send(Method::POST, "/api/v1/requests", &headers, body).await.unwrap();
        assert!(
            matches!(answer.status, 400 | 404 | 413 | 415 | 422),
            "{what}: {} {:?}",
            answer.status,
            answer.body
        );
        assert!(!answer.code().is_empty(), "{what}");
    }
    for (what, authorization) in
        [("none", ""), ("short", "Visitor abc"), ("other", "Bearer abc"), ("odd", "Visitor ====")]
    {
        let headers = [("authorization", authorization)];
        let answer = client.get("/api/v1/requests", &headers).await.unwrap();
        assert!(matches!(answer.status, 400 | 401 | 403), "{what}: {}", answer.status);
        let _ = answer.code();
    }
    customer.open().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn oversized_uploads_are_refused_early() {
    let mut server = Server::new();
    server.start().await;
    let customer = Customer::new(server.client());
    let desk = customer.get("/api/v1/desk").await.unwrap().expect(200).json();
    let limit = usize::try_from(desk["limits"]["upload_bytes"].as_u64().unwrap()).unwrap();
    customer.upload("small.txt", "text/plain", "hello").await.unwrap().expect(201);

    // Announced: refused before the bytes are sent.
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    let head = format!(
        "POST /api/v1/uploads?name=big.txt&client_id=big HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {}\r\n\
         Content-Type: text/plain\r\nContent-Length: 99999999999\r\n\r\n",
        customer.authorization()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0_u8; 64];
    let read = stream.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");

    // Not announced: cut off at the limit, long before it is all in.
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    let head = format!(
        "POST /api/v1/uploads?name=big.txt&client_id=big2 HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {}\r\n\
         Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n",
        customer.authorization()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(65_536));
    let mut sent = 0;
    while sent < limit * 8 && stream.write_all(chunk.as_bytes()).await.is_ok() {
        sent += 65_536;
    }
    assert!(sent < limit * 8, "it swallowed {sent} bytes");

    let refused = customer
        .upload("program.exe", "application/x-msdownload", &b"MZ\x90\x00\x03\x00\x00\x00\xff\xff"[..])
        .await
        .unwrap();
    assert!(matches!(refused.status, 415 | 422), "{}", refused.status);
    let _ = refused.code();
    customer.open().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_frames_end_their_own_socket_only() {
    let mut server = Server::new();
    server.start().await;
    let customer = Customer::new(server.client());
    let receipt = customer.open().await;
    let request = receipt["request_id"].as_str().unwrap().to_owned();
    let mut bystander = Socket::of(server.port, &customer, &[(&request, 1)]).await;

    let broken: Vec<(&str, Message)> = vec![
        ("not JSON", Message::text("hello")),
        ("half an object", Message::text("{\"t\": \"se")),
        ("no type", Message::text("{}")),
        ("an unknown type", Message::text("{\"t\": \"nonsense\"}")),
        ("bytes", Message::binary(vec![0, 159, 146, 150])),
        ("a second hello", Message::text("{\"t\":\"hello\",\"v\":1,\"ticket\":\"x\"}")),
        ("fields of wrong types", Message::text("{\"t\": \"subscribe\", \"request\": {}, \"after\": \"x\"}")),
        ("a large frame", Message::text("x".repeat(1_000_000))),
        ("somebody else's request", Message::text("{\"t\":\"subscribe\",\"request\":\"1\",\"after\":0}")),
        (
            "an agent's frame",
            Message::text("{\"t\":\"note\",\"client_id\":\"a\",\"request\":\"1\",\"text\":\"x\"}"),
        ),
    ];
    for (what, message) in broken {
        let mut socket = Socket::of(server.port, &customer, &[]).await;
        if socket.send_message(message).await.is_ok() {
            let _ = socket.send(&json!({"t": "ping"})).await;
            // Refused in words, ignored, or closed; never an entry, never silence.
            match socket.next().await {
                Ok(frame) => {
                    assert!(matches!(frame["t"].as_str(), Some("nack" | "bye" | "pong")), "{what}: {frame}");
                }
                Err(ended) => assert!(matches!(ended.code, None | Some(1002..=1013)), "{what}: {ended:?}"),
            }
        }
    }
    // No ticket, a false one, nothing at all.
    for first in
        [json!({"t": "hello", "v": 1}), json!({"t": "hello", "v": 1, "ticket": "x"}), json!({"t": "ping"})]
    {
        let mut socket = Socket::connect(server.port, None).await;
        socket.send(&first).await.unwrap();
        let (_, ended) = socket.until_closed().await;
        assert!(matches!(ended.code, None | Some(1002..=4999)), "{first}: {ended:?}");
    }
    let mut silent = Socket::connect(server.port, None).await;
    silent.until_closed().await;

    // Raw bytes that are no frame: an unmasked one, a reserved operation code, broken UTF-8 in a text frame.
    for bytes in
        [&b"\x81\x05hello"[..], &b"\x83\x80\x00\x00\x00\x00"[..], &b"\x81\x82\x00\x00\x00\x00\xff\xfe"[..]]
    {
        raw(server.port, bytes).await;
    }
    let number = receipt["number"].as_str().unwrap();
    customer.send(&Command::new(Some(number))).await.unwrap().expect(201);
    assert_eq!(bystander.next_of("entry").await.unwrap()["entry"]["seq"], 2, "the bystander's socket lives");
    assert!(server.is_running());
}

/// Opens a socket by hand, sends `bytes`, and waits until the server ends it.
async fn raw(port: u16, bytes: &[u8]) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let head = format!(
        "GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0_u8; 2_048];
    let read = stream.read(&mut answer).await.unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&answer[..read]));
    stream.write_all(bytes).await.unwrap();
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(10), stream.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "a broken frame keeps the socket open");
}
