//! A connection's bytes with a time for everything: the first byte, the head of a call, the pause between calls, and
//! a peer that does not take its answer. axum and hyper set no such times by themselves.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

use crate::server::Seat;

/// Until the first byte of a fresh connection.
const FIRST_BYTE: Duration = Duration::from_secs(5);
/// From the first byte of a call to the end of its head.
const HEAD: Duration = Duration::from_secs(10);
/// Between two calls.
const IDLE: Duration = Duration::from_secs(75);
/// How long, and how much, is still read of a body that nobody wants, so that the peer gets to read why: closing at
/// once would reset the connection under the answer.
const LINGER: Duration = Duration::from_secs(5);
const LINGER_BYTES: u64 = 64 << 20;
/// How long a peer may take no byte of what is to be sent.
const STALLED: Duration = Duration::from_secs(30);
/// Without a byte for so long, a connection between two calls is closed when connections are to end.
const QUIET: Duration = Duration::from_millis(300);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Fresh,
    Head,
    Answering,
    Idle,
    Lingering,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    since: Instant,
    /// Since when the peer has taken nothing, while there is something to send.
    stalled: Option<Instant>,
    /// Whether a body was left unread.
    unread: bool,
    /// Whether nothing more is to be read between two calls: another process does.
    moves: bool,
    /// Whether its bytes are those of a socket: no call follows.
    socket: bool,
}

/// Where a connection is and since when; shared by its bytes, its calls and its task.
#[derive(Clone, Debug)]
pub(crate) struct Pace(Arc<Mutex<State>>);

impl Pace {
    /// That of a connection just made.
    pub(crate) fn fresh() -> Self {
        Self::begin(Phase::Fresh)
    }

    /// That of a connection that another process had before, between two calls.
    pub(crate) fn taken_over() -> Self {
        Self::begin(Phase::Idle)
    }

    fn begin(phase: Phase) -> Self {
        let since = Instant::now();
        let state = State { phase, since, stalled: None, unread: false, moves: false, socket: false };
        Self(Arc::new(Mutex::new(state)))
    }

    /// From now on nothing is read between two calls. What has come by then, or comes, is left to whoever goes on.
    pub(crate) fn move_on(&self) {
        self.0.lock().moves = true;
    }

    /// Whether the next call is another process's: none is being read or answered here, all of the last one was read, and all of
    /// its answer was sent.
    fn is_moved(&self) -> bool {
        let state = self.0.lock();
        let is_between = !state.unread && !state.socket && state.stalled.is_none();
        state.moves && is_between && matches!(state.phase, Phase::Fresh | Phase::Idle)
    }

    fn enter(&self, phase: Phase) {
        let mut state = self.0.lock();
        state.phase = phase;
        state.since = Instant::now();
    }

    /// The head of a call is complete. The call lasts until what comes back is dropped.
    pub(crate) fn answer(&self) -> Answering {
        self.enter(Phase::Answering);
        Answering { pace: self.clone(), body: () }
    }

    fn read_something(&self) {
        let phase = self.0.lock().phase;
        if matches!(phase, Phase::Fresh | Phase::Idle) {
            self.enter(Phase::Head);
        }
    }

    /// Whether to read on after the end. Notes that it has begun.
    fn lingers(&self) -> bool {
        let mut state = self.0.lock();
        if state.unread && state.phase != Phase::Lingering {
            state.phase = Phase::Lingering;
            state.since = Instant::now();
        }
        state.unread
    }

    fn wrote(&self, pending: bool) {
        let mut state = self.0.lock();
        if !pending {
            state.stalled = None;
        } else if state.stalled.is_none() {
            state.stalled = Some(Instant::now());
        }
    }

    /// Ready when the connection has been between two calls for a moment, so that none is on its way.
    pub(crate) async fn quiet(&self) {
        loop {
            let since = {
                let state = self.0.lock();
                matches!(state.phase, Phase::Fresh | Phase::Idle).then_some(state.since)
            };
            let now = Instant::now();
            match since.map(|since| since + QUIET) {
                Some(quiet) if quiet <= now => return,
                Some(quiet) => sleep_until(quiet).await,
                None => sleep_until(now + QUIET).await,
            }
        }
    }

    /// When this becomes ready, the peer has taken too long over what it names.
    ///
    /// It looks at least every [`FIRST_BYTE`], the shortest of the limits, so that it finds every one in time
    /// without being told of each change.
    pub(crate) async fn overdue(&self) -> &'static str {
        loop {
            let now = Instant::now();
            let next = match self.0.lock().deadline() {
                Some((deadline, name)) if deadline <= now => return name,
                Some((deadline, _)) => deadline.min(now + FIRST_BYTE),
                None => now + FIRST_BYTE,
            };
            sleep_until(next).await;
        }
    }
}

impl State {
    /// When the present phase must be over, and its name.
    fn deadline(&self) -> Option<(Instant, &'static str)> {
        let phase = match self.phase {
            Phase::Fresh => Some((self.since + FIRST_BYTE, "first_byte")),
            Phase::Head => Some((self.since + HEAD, "head")),
            Phase::Idle => Some((self.since + IDLE, "idle")),
            Phase::Lingering => Some((self.since + LINGER, "linger")),
            Phase::Answering => None,
        };
        let stalled = self.stalled.map(|since| (since + STALLED, "stalled"));
        phase.into_iter().chain(stalled).min_by_key(|(deadline, _)| *deadline)
    }
}

/// A call being answered: ends when the answer's body has been sent or given up.
#[derive(Debug)]
pub(crate) struct Answering<B = ()> {
    pace: Pace,
    body: B,
}

impl Answering {
    /// Whether the call is answered before all of its body was read: no other call can follow on its connection.
    pub(crate) fn left_unread(&self) -> bool {
        self.pace.0.lock().unread
    }

    /// What follows on the connection is no call.
    pub(crate) fn becomes_a_socket(&self) {
        self.pace.0.lock().socket = true;
    }

    /// Ties the call's end to that of its answer.
    pub(crate) fn with<B>(self, body: B) -> Answering<B> {
        let pace = self.pace.clone();
        // The new one takes over; the old one's end is overwritten by it.
        drop(self);
        pace.enter(Phase::Answering);
        Answering { pace, body }
    }
}

impl<B> Drop for Answering<B> {
    fn drop(&mut self) {
        self.pace.enter(Phase::Idle);
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Answering<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of a call, which notes when it is left unread.
#[derive(Debug)]
pub(crate) struct Incoming {
    inner: hyper::body::Incoming,
    pace: Pace,
    /// Read to its end, which `is_end_stream` does not tell of a body in chunks.
    ended: bool,
}

impl Incoming {
    pub(crate) fn new(inner: hyper::body::Incoming, pace: Pace) -> Self {
        Self { inner, pace, ended: false }
    }
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        self.ended |= matches!(polled, Poll::Ready(None));
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.ended && !self.inner.is_end_stream() {
            self.pace.0.lock().unread = true;
        }
    }
}

/// The bytes of a connection. Its place among the connections is held until these are closed.
#[derive(Debug)]
pub(crate) struct Line {
    stream: TcpStream,
    pace: Pace,
    lingered: u64,
    /// Ended here, and open: another process goes on with it.
    moved: bool,
    _seat: Seat,
}

impl Line {
    pub(crate) fn new(stream: TcpStream, pace: Pace, seat: Seat) -> Self {
        Self { stream, pace, lingered: 0, moved: false, _seat: seat }
    }

    /// The connection, if it goes on elsewhere.
    pub(crate) fn into_moved(self) -> Option<TcpStream> {
        self.moved.then_some(self.stream)
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        if self.pace.is_moved() {
            // As if the peer had ended: nothing else makes hyper let go of a connection without closing it.
            self.moved = true;
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.pace.read_something();
        }
        polled
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.pace.wrote(polled.is_pending());
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.pace.wrote(polled.is_pending());
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        let this = &mut *self;
        if this.moved {
            return Poll::Ready(Ok(()));
        }
        std::task::ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
        while this.pace.lingers() && this.lingered < LINGER_BYTES {
            let mut bytes = [0; 4_096];
            let mut buffer = ReadBuf::new(&mut bytes);
            match std::task::ready!(Pin::new(&mut this.stream).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => this.lingered += buffer.filled().len() as u64,
                _ => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}
