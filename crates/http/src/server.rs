//! The accept loop: connections with a time for everything, counted, and let go in good order at the end.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use http::header::CONNECTION;
use http::{HeaderValue, Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service as _;
use hyper_util::rt::TokioIo;
use metrics::{counter, gauge};
use parking_lot::Mutex;
use standfast_desk::{Audience, Desk};
use standfast_domain::RequestId;
use standfast_insight::Insight;
use standfast_store::outbox;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::app::App;
use crate::config::Config;
use crate::line::{Answering, Line, Pace};
use crate::network::{Network, Peer, warn_of_unknown_proxy};
use crate::{line, live, metric, route};

pub use crate::passage::{SMALL_BODY, TABLE_BODY};

/// The longest head of a call, in bytes.
const MOST_HEADER_BYTES: usize = 16 << 10;
const MOST_HEADERS: usize = 64;
/// What is buffered of one connection, in bytes.
const BUFFER: usize = 64 << 10;
/// Signals from the relay on their way to the sockets.
const SIGNALS: usize = 1_024;
/// How long sockets may take to say goodbye before another process goes on; calls are answered meanwhile.
const GOODBYES: Duration = Duration::from_secs(3);
/// How long callers are told that their connection ends, before a process goes on that takes none over.
const LEAD_OVER: Duration = Duration::from_secs(1);
/// How often a connection that is to move is looked at: hyper does not read again by itself once it has answered.
const LOOK: Duration = Duration::from_millis(10);

/// Why serving ended before it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The listener has no address: it is not open.
    #[error("the listener is not open: {0}")]
    Listener(#[from] std::io::Error),
}

/// How serving ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// Nobody goes on: no connection is taken from now on.
    Stop,
    /// Another process goes on with the same socket: no call may be refused.
    HandOver {
        /// Also with the connections that are between two calls, so that none meets a closed one. Otherwise callers are led
        /// away from theirs.
        connections: bool,
    },
}

/// How connections end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Leaving {
    Stays,
    Closes,
    Moves,
}

/// Where calls come in.
#[derive(Debug)]
pub struct Lines {
    /// New connections.
    pub listener: std::net::TcpListener,
    /// Those that another process had before, between two calls.
    pub connections: Vec<std::net::TcpStream>,
}

/// Serves the desk and its figures on `lines` until `shutdown` is ready; then running calls end, sockets are told to come back,
/// and what takes longer than the configured drain is cut off. Returns the connections with which another process goes on, as
/// [`Lines::connections`].
///
/// Connections that are between two calls are not closed for a process that goes on: what a caller sends at that moment would be
/// lost, and the caller could not know whether it was (RFC 9112, section 9.3.1). Only who sends a part of a call before the last one
/// was answered, or has asked in vain for another protocol on it, loses the connection.
pub async fn serve(
    lines: Lines,
    desk: Desk,
    insight: Insight,
    config: Config,
    shutdown: impl Future<Output = Ending> + Send,
) -> Result<Vec<std::net::TcpStream>, ServeError> {
    let Lines { listener, connections } = lines;
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let address = listener.local_addr()?;
    let app = App::new(desk, insight, config);
    let router = route::router(app.clone());
    let mut tasks = JoinSet::new();
    tasks.spawn(metric::upkeep(app.metrics.clone()));
    tasks.spawn(live::attend(app.clone()));
    tasks.spawn(standfast_desk::follow_maintenance(app.desk.clone()));
    tasks.spawn(standfast_desk::follow_surge(app.desk.clone()));
    tokio::pin!(shutdown);
    // Before the first connection: whoever reads after this place was noted is told of everything that comes after it.
    let place = tokio::select! {
        _ = &mut shutdown => return Ok(connections),
        place = place(&app) => place,
    };
    tasks.spawn(relay(app.clone(), place));
    tracing::info!(%address, "serving");

    let (leave, leaving) = watch::channel(Leaving::Stays);
    let mut door = Door {
        listener,
        router,
        app: app.clone(),
        leaving,
        seats: Seats::default(),
        connections: JoinSet::new(),
    };
    for connection in connections {
        door.take_over(connection);
    }
    let ending = door.open(shutdown).await;
    tracing::info!(?ending, "draining");
    app.hub.drain();
    // Nobody may be left to hear it.
    let leave = |how| {
        let _ = leave.send(how);
    };
    match ending {
        Ending::Stop => leave(Leaving::Closes),
        Ending::HandOver { connections: true } => {
            door.open(goodbyes(&app)).await;
            leave(Leaving::Moves);
        }
        Ending::HandOver { connections: false } => {
            leave(Leaving::Closes);
            door.open(tokio::time::sleep(LEAD_OVER)).await;
            door.open(goodbyes(&app)).await;
        }
    }
    let Door { mut connections, listener, .. } = door;
    drop(listener);
    let mut moved = Vec::new();
    let drain = async {
        while let Some(ended) = connections.join_next().await {
            moved.extend(ended.ok().flatten());
        }
        while app.hub.sockets() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    if tokio::time::timeout(Duration::from_secs(app.config.drain_seconds), drain).await.is_err() {
        tracing::warn!(connections = connections.len(), sockets = app.hub.sockets(), "cut off");
    }
    connections.shutdown().await;
    tasks.shutdown().await;
    tracing::info!(moved = moved.len(), "stopped");
    let unwatched = moved.into_iter().map(TcpStream::into_std).filter_map(|stream| {
        stream.inspect_err(|error| tracing::warn!(%error, "a connection cannot go over")).ok()
    });
    Ok(unwatched.collect())
}

/// Ready when sockets have said goodbye.
async fn goodbyes(app: &App) {
    let sockets = async {
        while app.hub.sockets() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let _ = tokio::time::timeout(GOODBYES, sockets).await;
}

/// Where connections come in.
struct Door {
    listener: TcpListener,
    router: Router,
    app: App,
    /// How connections are to end.
    leaving: watch::Receiver<Leaving>,
    seats: Seats,
    /// What remains of each: the connection itself, if it goes on elsewhere.
    connections: JoinSet<Option<TcpStream>>,
}

impl Door {
    /// Takes connections until `until` is ready.
    async fn open<T>(&mut self, until: impl Future<Output = T>) -> T {
        tokio::pin!(until);
        loop {
            let (stream, from) = tokio::select! {
                done = &mut until => return done,
                Some(_) = self.connections.join_next(), if !self.connections.is_empty() => continue,
                accepted = self.listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        // Out of file descriptors, or the peer is gone already: the next one may do.
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                },
            };
            match self.seats.take(&self.app.config, from) {
                Ok(seat) => self.serve(stream, from, Pace::fresh(), seat),
                Err(limit) => refuse(&stream, limit),
            }
        }
    }

    /// Goes on with a connection. One that is broken by now, or cannot be watched, is closed.
    fn take_over(&mut self, connection: std::net::TcpStream) {
        let watched = connection.set_nonblocking(true).and_then(|()| TcpStream::from_std(connection));
        let known = watched.and_then(|stream| Ok((stream.peer_addr()?, stream)));
        if let Ok((from, stream)) = known {
            // Where there is no place for it any more it is closed without a word: none was asked for.
            if let Ok(seat) = self.seats.take(&self.app.config, from) {
                self.serve(stream, from, Pace::taken_over(), seat);
            }
        }
    }

    fn serve(&mut self, stream: TcpStream, from: SocketAddr, pace: Pace, seat: Seat) {
        let leaving = self.leaving.clone();
        let connection = Connection { router: self.router.clone(), app: self.app.clone(), from, leaving };
        self.connections.spawn(connection.serve(stream, pace, seat));
    }
}

/// The place in the feed from which the relay begins.
async fn place(app: &App) -> outbox::Cursor {
    loop {
        match app.desk.store().read(outbox::head).await {
            Ok(head) => {
                app.hub.begin(head.to_string());
                return head;
            }
            Err(error) => tracing::warn!(%error, "the outbox cannot be read yet"),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Hands the relay's signals to the hub. A relay that ends is started again; those who listened meanwhile may have
/// missed something, so that they come back and read it.
async fn relay(app: App, mut from: outbox::Cursor) {
    loop {
        let (sender, mut signals) = mpsc::channel(SIGNALS);
        let audience = Arc::new(Listeners(app.clone()));
        let relay = tokio::spawn(standfast_desk::relay(app.desk.clone(), audience, from, sender));
        let _abort = AbortOnDrop(relay.abort_handle());
        app.hub.set_fed(true);
        while let Some(signal) = signals.recv().await {
            app.hub.take(&signal);
        }
        app.hub.set_fed(false);
        tracing::error!("the relay ended; it is started again");
        tokio::time::sleep(Duration::from_secs(1)).await;
        from = place(&app).await;
        app.hub.send_back();
    }
}

/// Those whom the hub knows.
struct Listeners(App);

impl Audience for Listeners {
    fn wants(&self, request: RequestId) -> bool {
        self.0.hub.wants(request)
    }
}

/// A task that ends with whoever holds this.
struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Says no without starting a task for it.
fn refuse(stream: &TcpStream, limit: &'static str) {
    counter!("standfast_http_connections_refused_total", "limit" => limit).increment(1);
    let answer = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    // A peer that does not even take these bytes learns it from the closed connection.
    let _ = stream.try_write(answer);
}

/// The connections there are.
#[derive(Debug, Default)]
struct Count {
    all: usize,
    by_network: HashMap<Network, usize>,
}

#[derive(Debug, Default)]
struct Seats(Arc<Mutex<Count>>);

/// One connection's place, held until the connection is closed, sockets included.
#[derive(Debug)]
pub(crate) struct Seat {
    count: Arc<Mutex<Count>>,
    network: Option<Network>,
}

impl Seats {
    /// A place for a connection; the name of the limit when there is none. Trusted proxies bring many people.
    fn take(&self, config: &Config, from: SocketAddr) -> Result<Seat, &'static str> {
        let address = from.ip().to_canonical();
        let trusted = config.trusted_proxies.iter().any(|range| range.contains(address));
        let network = (!trusted).then(|| Network::of(address));
        let mut count = self.0.lock();
        if count.all >= config.connections {
            return Err("all");
        }
        if let Some(network) = network {
            let of_network = count.by_network.entry(network).or_insert(0);
            if *of_network >= config.connections_per_network {
                return Err("network");
            }
            *of_network += 1;
        }
        count.all += 1;
        gauge!("standfast_http_connections").increment(1.0);
        Ok(Seat { count: self.0.clone(), network })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        gauge!("standfast_http_connections").decrement(1.0);
        let mut count = self.count.lock();
        count.all -= 1;
        let Some(network) = self.network else { return };
        if let Some(of_network) = count.by_network.get_mut(&network) {
            *of_network -= 1;
            if *of_network == 0 {
                count.by_network.remove(&network);
            }
        }
    }
}

/// What a connection's task needs.
struct Connection {
    router: Router,
    app: App,
    from: SocketAddr,
    leaving: watch::Receiver<Leaving>,
}

impl Connection {
    /// Answers until the connection ends. Returns it when it goes on elsewhere.
    async fn serve(self, stream: TcpStream, pace: Pace, seat: Seat) -> Option<TcpStream> {
        // Small answers are waited for: without this they wait for the peer's delayed acknowledgement.
        let _ = stream.set_nodelay(true);
        let mut leaving = self.leaving.clone();
        let line = Line::new(stream, pace.clone(), seat);
        let service = hyper::service::service_fn({
            let pace = pace.clone();
            move |request: Request<Incoming>| {
                let answering = pace.answer();
                self.call(request.map(|body| line::Incoming::new(body, pace.clone())), answering)
            }
        });
        let mut connection = http1::Builder::new()
            .header_read_timeout(None)
            .max_headers(MOST_HEADERS)
            .max_header_size(MOST_HEADER_BYTES)
            .max_buf_size(BUFFER)
            .serve_connection(TokioIo::new(line), service)
            .with_upgrades();
        // A call that is already on its way would meet a closed connection: only a quiet one is closed, the others end with
        // their next answer.
        let leave = async {
            let how = leaving.wait_for(|leaving| *leaving != Leaving::Stays).await.map(|how| *how);
            match how {
                Ok(Leaving::Moves) => pace.move_on(),
                _ => pace.quiet().await,
            }
            how
        };
        tokio::pin!(leave);
        let (mut told, mut moves) = (false, false);
        loop {
            tokio::select! {
                // Broken connections are the peer's affair.
                _ = &mut connection => break,
                phase = pace.overdue() => {
                    counter!("standfast_http_connections_slow_total", "phase" => phase).increment(1);
                    return None;
                }
                how = leave.as_mut(), if !told => {
                    told = true;
                    moves = matches!(how, Ok(Leaving::Moves));
                    if !moves {
                        std::pin::Pin::new(&mut connection).graceful_shutdown();
                    }
                }
                () = tokio::time::sleep(LOOK), if moves => {}
            }
        }
        // A socket has its bytes elsewhere; what was read without being understood cannot be given on.
        let parts = connection.into_parts().filter(|parts| parts.read_buf.is_empty())?;
        parts.io.into_inner().into_moved()
    }

    fn call(
        &self,
        mut request: Request<line::Incoming>,
        answering: Answering,
    ) -> impl Future<Output = Result<http::Response<Answering<axum::body::Body>>, std::convert::Infallible>> + use<>
    {
        let peer = Peer::of(self.from, request.headers(), &self.app.config.trusted_proxies);
        warn_of_unknown_proxy(self.from, request.headers(), &self.app.config.trusted_proxies);
        request.extensions_mut().insert(peer);
        let router = hyper_util::service::TowerToHyperService::new(self.router.clone());
        let answer = router.call(request.map(axum::body::Body::new));
        let leaving = self.leaving.clone();
        async move {
            let mut response = answer.await?;
            let becomes_a_socket = response.status() == StatusCode::SWITCHING_PROTOCOLS;
            if becomes_a_socket {
                answering.becomes_a_socket();
            }
            let ends = *leaving.borrow() == Leaving::Closes && !becomes_a_socket;
            if ends || answering.left_unread() {
                // Said, so that the peer does not send its next call into a connection that is being closed.
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response.map(|body| answering.with(body)))
        }
    }
}
