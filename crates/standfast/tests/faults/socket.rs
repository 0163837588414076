//! A live socket, as in docs/dev/live-protocol.md.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::customer::Customer;

/// How long a frame may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open socket.
pub(crate) struct Socket {
    stream: WebSocketStream<TcpStream>,
}

/// Why a socket ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The close code, when the server said goodbye.
    pub(crate) code: Option<u16>,
}

impl Socket {
    /// Connects without saying anything. `receive_buffer` in bytes makes the kernel hold little.
    pub(crate) async fn connect(port: u16, receive_buffer: Option<u32>) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        if let Some(bytes) = receive_buffer {
            socket.set_recv_buffer_size(bytes).unwrap();
        }
        let tcp = socket.connect(([127, 0, 0, 1], port).into()).await.unwrap();
        tcp.set_nodelay(true).unwrap();
        let mut request = format!("ws://127.0.0.1:{port}/api/v1/live").into_client_request().unwrap();
        request.headers_mut().insert("origin", format!("http://127.0.0.1:{port}").parse().unwrap());
        let (stream, _) = client_async(request, tcp).await.expect("a socket");
        Self { stream }
    }

    /// Connects as a customer who has seen `cursors` of their requests, and waits for `ready`.
    pub(crate) async fn of(port: u16, customer: &Customer, cursors: &[(&str, i64)]) -> Self {
        let mut socket = Self::connect(port, None).await;
        socket.hello(customer, cursors).await;
        let ready = socket.next().await.unwrap();
        assert_eq!(ready["t"], "ready", "{ready}");
        socket
    }

    /// Gets a ticket and sends `hello`.
    pub(crate) async fn hello(&mut self, customer: &Customer, cursors: &[(&str, i64)]) {
        let ticket = customer.post("/api/v1/live/ticket", &json!({})).await.unwrap();
        assert!(matches!(ticket.status, 200 | 201), "{} {:?}", ticket.status, ticket.body);
        let cursors: Value = cursors.iter().map(|(id, seq)| ((*id).to_owned(), json!(seq))).collect();
        let hello = json!({"t": "hello", "v": 1, "ticket": ticket.json()["ticket"], "cursors": cursors});
        self.send(&hello).await.unwrap();
    }

    pub(crate) async fn send(&mut self, frame: &Value) -> Result<(), Ended> {
        self.send_message(Message::text(frame.to_string())).await
    }

    pub(crate) async fn send_message(&mut self, message: Message) -> Result<(), Ended> {
        self.stream.send(message).await.map_err(|_| Ended { code: None })
    }

    /// The next frame of the server; pings and pongs are left out.
    pub(crate) async fn next(&mut self) -> Result<Value, Ended> {
        loop {
            match timeout(PATIENCE, self.stream.next()).await.expect("a frame within 10 s") {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => return Err(Ended { code: frame.map(|f| f.code.into()) }),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(Ended { code: None }),
            }
        }
    }

    /// The next frame of a type.
    pub(crate) async fn next_of(&mut self, kind: &str) -> Result<Value, Ended> {
        loop {
            let frame = self.next().await?;
            if frame["t"] == kind {
                return Ok(frame);
            }
        }
    }

    /// Reads until the server closes; returns the last `bye` and how it ended.
    pub(crate) async fn until_closed(&mut self) -> (Option<Value>, Ended) {
        let mut bye = None;
        loop {
            match self.next().await {
                Ok(frame) if frame["t"] == "bye" => bye = Some(frame),
                Ok(_) => {}
                Err(ended) => return (bye, ended),
            }
        }
    }

    /// Cuts the connection, without a goodbye.
    pub(crate) fn cut(self) {
        let tcp = self.stream.into_inner();
        // A reset rather than a polite end.
        let _ = tcp.set_zero_linger();
    }
}
