//! A real server on a loopback port over a fresh store, and callers who talk to it as browsers and programs do.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use standfast_desk::{AgentCaller, Desk, HostKey, Keys, NewAgent, NewToken, Settings, add_agent, add_token};
use standfast_domain::{OsEntropy, Role, SystemClock, TokenKind, TokenScope};
use standfast_insight::Insight;
use standfast_store::Store;
use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::{Config, Ending, Lines, ServeError, serve};

/// Long enough for anything that is to happen, on a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// A server.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) desk: Desk,
    pub(crate) insight: Insight,
    /// Ends with the server, and with it the keeping of facts.
    _keeping: watch::Sender<bool>,
    stop: Option<oneshot::Sender<()>>,
    pub(crate) served: Option<JoinHandle<Result<Vec<std::net::TcpStream>, ServeError>>>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("{error}: {} {}", self.status, String::from_utf8_lossy(&self.body))
        })
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The document, of a problem with this code.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status.as_u16(), status, "{text}");
        assert_eq!(self.headers["content-type"], "application/problem+json", "{text}");
        let document = self.json();
        assert_eq!(document["code"], code);
        assert_eq!(document["status"], status);
        document
    }
}

/// Limits that no test meets by accident.
pub(crate) fn wide() -> Config {
    let none = crate::Rate::new(1, 0);
    Config {
        rates: crate::Rates {
            intake: none,
            intake_at_risk: none,
            intake_network: none,
            intake_at_risk_network: none,
            upload: none,
            upload_network: none,
            read: none,
            read_network: none,
            sign_in: none,
            sign_in_network: none,
            ping_network: none,
        },
        drain_seconds: 5,
        ..Config::default()
    }
}

pub(crate) const HOST_KEY: [u8; 32] = [7; 32];

impl TestServer {
    pub(crate) async fn start(store: &Store) -> Self {
        Self::with(store, wide(), "http://desk.test").await
    }

    pub(crate) async fn with(store: &Store, config: Config, public_url: &str) -> Self {
        let entropy = OsEntropy::shared();
        let folder = u64::from_be_bytes(entropy.bytes::<8>());
        let settings = Settings {
            name: "Harbor Wallet".to_owned(),
            public_url: public_url.to_owned(),
            files: std::env::temp_dir().join(format!("standfast-http-test-{folder:016x}")),
            host_keys: vec![HostKey { issuer: "wallet".to_owned(), secret: HOST_KEY.to_vec() }],
            ping: true,
            mail: true,
            outside: Some(Arc::new(crate::PublicOnly::new(true))),
            demo: true,
            ..Settings::default()
        };
        let desk = Desk::new(store.clone(), Keys::new(&[9; 32]), settings, SystemClock::shared(), entropy, 0);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async {
            let _ = stopped.await;
            Ending::Stop
        };
        let insight = Insight::new(
            store.clone(),
            desk.entropy().clone(),
            standfast_insight::Settings { snapshot: None, every: Duration::MAX, threads: 2, at_once: 2 },
        );
        let (keeping, stopping) = watch::channel(false);
        let kept = insight.clone();
        tokio::spawn(async move { kept.keep(stopping).await });
        let task = tokio::spawn(serve(
            Lines { listener, connections: Vec::new() },
            desk.clone(),
            insight.clone(),
            config,
            shutdown,
        ));
        let server = Self { address, desk, insight, _keeping: keeping, stop: Some(stop), served: Some(task) };
        server.until("/readyz", |reply| reply.status == StatusCode::OK).await;
        server.until_facts(|_| true).await;
        server
    }

    /// Waits until the facts are as they should be.
    pub(crate) async fn until_facts(&self, fits: impl Fn(&standfast_insight::Facts) -> bool) {
        let all = async {
            while !self.insight.facts().is_ok_and(|facts| fits(&facts)) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(SOON, all).await.expect("facts");
    }

    /// Asks the server to stop.
    pub(crate) fn stop(&mut self) {
        self.stop.take().map(|stop| stop.send(()));
    }

    /// Repeats a call until its answer fits.
    pub(crate) async fn until(&self, path: &str, fits: impl Fn(&Reply) -> bool) -> Reply {
        let all = async {
            loop {
                let reply = self.get(path, &[]).await;
                if fits(&reply) {
                    return reply;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(SOON, all).await.expect(path)
    }

    /// One call over a connection of its own.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Reply {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        let driver = tokio::spawn(connection);
        let mut request = Request::builder().method(method).uri(path).header("host", "desk.test");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = sender.send_request(request.body(Full::new(body.into())).unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        driver.abort();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.call(Method::GET, path, headers, Bytes::new()).await
    }

    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
        let mut all = vec![("content-type", "application/json")];
        all.extend(headers);
        self.call(Method::POST, path, &all, body.to_string()).await
    }

    /// A visitor whom nobody has met.
    pub(crate) fn visitor(&self) -> Person<'_> {
        let secret = URL_SAFE_NO_PAD.encode(self.desk.entropy().bytes::<32>());
        Person { server: self, headers: vec![("authorization".to_owned(), format!("Visitor {secret}"))] }
    }

    /// Somebody on the desk, signed in.
    pub(crate) async fn agent(&self, name: &str, role: Role) -> Person<'_> {
        let email = format!("{name}@desk.test");
        let new = NewAgent {
            email: email.clone(),
            name: name.to_owned(),
            role: Some(role),
            password: "correct horse battery".to_owned(),
            ..NewAgent::default()
        };
        add_agent(&self.desk, None, new).await.unwrap();
        self.sign_in(&email).await
    }

    pub(crate) async fn sign_in(&self, email: &str) -> Person<'_> {
        let credentials = json!({"email": email, "password": "correct horse battery"});
        let reply = self.post("/api/v1/session", &[("origin", "http://desk.test")], &credentials).await;
        assert_eq!(reply.status, StatusCode::OK, "{:?}", reply.body);
        let cookie = reply.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let headers =
            vec![("cookie".to_owned(), cookie), ("origin".to_owned(), "http://desk.test".to_owned())];
        Person { server: self, headers }
    }

    /// Another system with a token for these scopes.
    pub(crate) async fn machine(&self, scopes: &[TokenScope]) -> Person<'_> {
        let secret = self.token(TokenKind::Bearer, scopes).await;
        Person { server: self, headers: vec![("authorization".to_owned(), format!("Bearer {secret}"))] }
    }

    /// The secret of a fresh machine token.
    pub(crate) async fn token(&self, kind: TokenKind, scopes: &[TokenScope]) -> String {
        let new = NewAgent {
            email: format!(
                "{}@desk.test",
                self.desk.entropy().bytes::<4>().map(|b| format!("{b:02x}")).concat()
            ),
            name: "Issuer".to_owned(),
            role: Some(Role::Admin),
            password: "correct horse battery".to_owned(),
            ..NewAgent::default()
        };
        let view = add_agent(&self.desk, None, new).await.unwrap();
        let admin = AgentCaller { id: view.id, name: view.name, role: view.role };
        let new = NewToken { name: "Pipeline".to_owned(), kind, scopes: scopes.to_vec() };
        add_token(&self.desk, &admin, new).await.unwrap().1
    }

    /// A bare connection.
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// A socket that has said nothing yet.
    pub(crate) async fn socket(&self, headers: &[(&str, &str)]) -> Socket {
        let mut request = Request::builder()
            .uri(format!("ws://{}/api/v1/live", self.address))
            .header("host", "desk.test")
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let stream = self.connect().await;
        let (inner, _) = tokio_tungstenite::client_async(request.body(()).unwrap(), stream).await.unwrap();
        Socket { inner, ended: None }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.desk.settings().files);
    }
}

/// Somebody with a credential.
#[derive(Clone)]
pub(crate) struct Person<'a> {
    pub(crate) server: &'a TestServer,
    pub(crate) headers: Vec<(String, String)>,
}

impl Person<'_> {
    pub(crate) fn headers(&self) -> Vec<(&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.server.get(path, &self.headers()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.server.post(path, &self.headers(), body).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Reply {
        let mut all = vec![("content-type", "application/json")];
        all.extend(self.headers());
        self.server.call(Method::PUT, path, &all, body.to_string()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.server.call(Method::DELETE, path, &self.headers(), Bytes::new()).await
    }

    /// Asks for help; returns the receipt.
    pub(crate) async fn ask(&self, client_id: &str, text: &str) -> Value {
        let body = json!({"client_id": client_id, "text": text, "join": "new"});
        let reply = self.post("/api/v1/requests", &body).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{:?}", reply.body);
        reply.json()
    }

    /// Writes more on a request.
    pub(crate) async fn write(&self, receipt: &Value, client_id: &str, text: &str) -> Value {
        let path = format!("/api/v1/requests/{}/messages", receipt["number"].as_str().unwrap());
        let reply = self.post(&path, &json!({"client_id": client_id, "text": text})).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{:?}", reply.body);
        reply.json()
    }

    pub(crate) async fn ticket(&self) -> String {
        let reply = self.post("/api/v1/live/ticket", &json!({})).await;
        assert_eq!(reply.status, StatusCode::OK, "{:?}", reply.body);
        reply.json()["ticket"].as_str().unwrap().to_owned()
    }

    /// A greeted socket, with the given cursors and feed.
    pub(crate) async fn live(&self, hello: Value) -> Socket {
        let mut socket = self.server.socket(&[]).await;
        let mut first = json!({"t": "hello", "v": 1, "ticket": self.ticket().await});
        first.as_object_mut().unwrap().extend(hello.as_object().cloned().unwrap_or_default());
        socket.say(&first).await;
        let ready = socket.hear().await;
        assert_eq!(ready["t"], "ready", "{ready}");
        socket
    }
}

/// A client's end of a socket.
pub(crate) struct Socket {
    pub(crate) inner: WebSocketStream<TcpStream>,
    /// The close code, when it was closed.
    pub(crate) ended: Option<u16>,
}

impl Socket {
    pub(crate) async fn say(&mut self, frame: &Value) {
        self.inner.send(Message::text(frame.to_string())).await.unwrap();
    }

    /// The next frame; `Null` when the socket ended.
    pub(crate) async fn hear(&mut self) -> Value {
        tokio::time::timeout(SOON, self.next()).await.expect("a frame")
    }

    async fn next(&mut self) -> Value {
        loop {
            match self.inner.next().await {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Close(frame))) => self.ended = frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Value::Null,
            }
        }
    }

    /// The next frame of this type; others are passed over.
    pub(crate) async fn hear_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.hear().await;
            assert!(!frame.is_null(), "ended with {:?} before {kind}", self.ended);
            if frame["t"] == kind {
                return frame;
            }
        }
    }

    /// Frames until nothing comes for a while.
    pub(crate) async fn rest(&mut self, quiet: Duration) -> Vec<Value> {
        let mut frames = Vec::new();
        while let Ok(frame) = tokio::time::timeout(quiet, self.next()).await {
            if frame.is_null() {
                break;
            }
            frames.push(frame);
        }
        frames
    }
}

/// Several answers at once.
pub(crate) async fn all<T: Send + 'static>(tasks: Vec<JoinHandle<T>>) -> Vec<T> {
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

/// A server that several tasks share.
pub(crate) type Shared = Arc<TestServer>;
