//! A socket from its opening to its end: one task, one small buffer, one mailbox.
//!
//! Order without gaps comes from the shape of the task: whoever may hear of a request follows it in the hub, then reads what was
//! missed from SQL and sends it, and only then goes on with its mailbox, where everything committed since has been
//! waiting. Each entry is compared with the last place that was sent: what was sent already is skipped, and where one
//! is missing in between, SQL is read again.

use std::pin::Pin;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use http::HeaderMap;
use http::header::{HOST, ORIGIN};
use standfast_domain::{Language, RequestId};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::frame::{Frame, Greeted, Hello, Said};
use super::hub::{Membership, closed};
use super::mailbox::{Bye, Out};
use super::party::{MOST_FOLLOWED, Party, Work};
use crate::app::App;
use crate::credential::{self, Caller};
use crate::network::{Network, Peer};
use crate::problem::{Problem, Tongue};

/// Longest message and longest frame that is read, in bytes.
const MOST_MESSAGE: usize = 64 << 10;
const MOST_FRAME: usize = 32 << 10;
/// What is read at once. tungstenite's default would hold 128 KiB for every idle socket.
const READ_BUFFER: usize = 4 << 10;
/// What tungstenite may hold of frames on their way out: one catch-up frame, and the farewell.
const WRITE_BUFFER: usize = 512 << 10;
const HELLO: Duration = Duration::from_secs(5);
pub(super) const HEARTBEAT: Duration = Duration::from_secs(25);
/// Silence after which a peer counts as gone.
const SILENCE: Duration = Duration::from_mins(1);
/// How long a peer may take no byte.
const STALL: Duration = Duration::from_secs(20);
const FAREWELL: Duration = Duration::from_secs(1);
/// Frames at once, and a second from then on.
const FRAME_BURST: u32 = 60;
const FRAMES_PER_SECOND: u32 = 20;

/// What the opening call told.
#[derive(Clone, Copy)]
struct Opening {
    language: Language,
    network: Option<Network>,
    /// Whether the page is one of the desk's own, or no page at all.
    own: bool,
}

/// Opens a socket. Who it is for is decided by the ticket in its first frame.
#[utoipa::path(
    get, path = "/api/v1/live", tag = "live", operation_id = "live_socket",
    responses((status = 101, description = "The live protocol, see docs/dev/live-protocol.md."))
)]
pub(crate) async fn open(
    State(app): State<App>,
    peer: Peer,
    Tongue(language): Tongue,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let upgrade = upgrade.map_err(|_| Problem::new("upgrade_required"))?;
    let origin = headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or("null"));
    let own = origin.is_none_or(|origin| credential::is_own(&app, origin, headers.get(HOST)));
    let hosts = &app.config.widget_origins;
    if !own && !hosts.is_empty() && !hosts.iter().any(|host| Some(host.as_str()) == origin) {
        return Err(Problem::new("foreign_origin"));
    }
    let opening = Opening { language, network: peer.network, own };
    Ok(upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER)
        .max_message_size(MOST_MESSAGE)
        .max_frame_size(MOST_FRAME)
        .on_upgrade(move |socket| run(socket, app, opening)))
}

/// The whole life of a socket. The parts that are over soon are boxed, so that an idle socket does not hold room for
/// them.
async fn run(mut socket: WebSocket, app: App, opening: Opening) {
    let (party, hello) = match Box::pin(greet(&mut socket, &app, opening)).await {
        Ok(greeted) => greeted,
        Err(bye) => return Box::pin(farewell(&mut socket, bye)).await,
    };
    let hub_app = app.clone();
    let mut line = Box::new(Line { socket, party, places: Vec::new(), work: None, budget: Budget::new() });
    let membership = match Box::pin(line.enter(&hub_app, hello)).await {
        Ok(membership) => membership,
        Err(bye) => return Box::pin(farewell(&mut line.socket, bye)).await,
    };
    let Some(bye) = line.attend(&membership).await else { return };
    drop(membership);
    Box::pin(farewell(&mut line.socket, bye)).await;
}

/// Waits for the first frame and finds out who it is.
async fn greet(socket: &mut WebSocket, app: &App, opening: Opening) -> Result<(Party, Hello), Bye> {
    let first = timeout(HELLO, async {
        loop {
            match socket.recv().await {
                Some(Ok(Message::Text(text))) => return Ok(text),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                _ => return Err(Bye::Protocol),
            }
        }
    });
    let text = first.await.unwrap_or(Err(Bye::Protocol))?;
    let Ok(Said::Hello(hello)) = serde_json::from_str(&text) else { return Err(Bye::Protocol) };
    if hello.v != 1 || hello.cursors.len() > MOST_FOLLOWED {
        return Err(Bye::Protocol);
    }
    let caller = app.tickets.redeem(app.desk.keys(), &hello.ticket).ok_or(Bye::Revoked)?;
    if matches!(caller, Caller::Agent(_)) && !opening.own {
        return Err(Bye::Revoked);
    }
    let language = hello.language.as_deref().and_then(Language::parse).unwrap_or(opening.language);
    Ok((Party::new(app.clone(), caller, language, opening.network), hello))
}

/// Says why it ends, as far as the peer still listens.
async fn farewell(socket: &mut WebSocket, bye: Bye) {
    closed(bye);
    let frame = Frame::Bye { reason: bye.reason(), retry_after_ms: bye.retry_after_ms() }.text();
    let close = CloseFrame { code: bye.close_code(), reason: Utf8Bytes::from_static(bye.reason()) };
    let _ = timeout(FAREWELL, async {
        socket.send(Message::Text(frame)).await?;
        socket.send(Message::Close(Some(close))).await?;
        // The peer's answer to the close; without it, its last frames could be met by a reset.
        while let Some(Ok(_)) = socket.recv().await {}
        Ok::<(), axum::Error>(())
    })
    .await;
}

/// How many frames a peer may still send.
struct Budget {
    left: u32,
    since: Instant,
}

impl Budget {
    fn new() -> Self {
        Self { left: FRAME_BURST, since: Instant::now() }
    }

    fn take(&mut self) -> bool {
        let earned = self.since.elapsed().as_millis() * u128::from(FRAMES_PER_SECOND) / 1_000;
        if let Ok(earned @ 1..) = u32::try_from(earned) {
            self.left = (self.left + earned).min(FRAME_BURST);
            self.since = Instant::now();
        }
        self.left = match self.left.checked_sub(1) {
            Some(left) => left,
            None => return false,
        };
        true
    }
}

/// A greeted socket.
struct Line {
    socket: WebSocket,
    party: Party,
    /// Followed requests with the last place that was sent of each.
    places: Vec<(RequestId, i64)>,
    /// A command being carried out; the next one is read when it is done.
    work: Option<Work>,
    budget: Budget,
}

impl Line {
    /// Joins the hub, says `ready`, and sends what was missed.
    async fn enter<'a>(&mut self, app: &'a App, hello: Hello) -> Result<Membership<'a>, Bye> {
        let gone = |_| Bye::Drain(1_000);
        let own = self.party.own().await.map_err(gone)?;
        let membership = app.hub.join(self.party.who(&own), true);
        let agent = match &self.party.caller {
            Caller::Agent(agent) => Some(Greeted { id: agent.caller.id, name: &agent.caller.name }),
            Caller::Customer(_) => None,
        };
        let ready = Frame::Ready {
            session: membership.id.to_string(),
            now: app.desk.clock().now(),
            heartbeat_s: HEARTBEAT.as_secs(),
            return_ms: app.hub.return_window_ms(),
            customer: own.first().map(|request| &request.customer),
            agent,
        };
        let text = ready.text();
        self.say(&membership, text).await?;
        if let Caller::Agent(agent) = &self.party.caller {
            if let Ok(counts) = standfast_desk::inbox_counts(&app.desk, &agent.caller).await {
                membership.put_counts(agent.caller.id, counts);
            }
            if let Some(feed) = &hello.feed
                && let Some((frame, _, _)) = self.party.inbox(feed).await.map_err(gone)?
            {
                self.say(&membership, frame).await?;
            }
        }
        for (request, after) in hello.cursors {
            self.subscribe(&membership, request, after).await?;
        }
        Ok(membership)
    }

    /// Goes on until the socket ends. `None` when the peer is gone, so that nothing is left to say.
    async fn attend(&mut self, membership: &Membership<'_>) -> Option<Bye> {
        let mut beat = interval(HEARTBEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beat.reset();
        let mut heard = Instant::now();
        loop {
            let step = tokio::select! {
                () = membership.mailbox.changed() => self.deliver(membership).await,
                done = finished(&mut self.work) => {
                    self.work = None;
                    if let Some((request, number)) = done.learned {
                        self.party.learn(request, number);
                    }
                    if let Some(customer) = done.became {
                        membership.is_customer(customer);
                    }
                    self.say_all(membership, done.frames).await
                }
                message = self.socket.recv(), if self.work.is_none() => {
                    heard = Instant::now();
                    match message {
                        Some(Ok(message)) => Box::pin(self.hear(membership, message)).await,
                        Some(Err(error)) => Err(fault(&error)),
                        None => return None,
                    }
                }
                _ = beat.tick() => {
                    if heard.elapsed() > SILENCE && self.work.is_none() {
                        return None;
                    }
                    self.write(membership, Message::Ping(bytes::Bytes::new())).await
                }
            };
            match step {
                Ok(()) => {}
                Err(Step::Gone) => return None,
                Err(Step::Bye(bye)) => return Some(bye),
            }
        }
    }

    /// Writes everything that waits in the mailbox.
    async fn deliver(&mut self, membership: &Membership<'_>) -> Result<(), Step> {
        while let Some(out) = membership.mailbox.take()? {
            match out {
                Out::Frame(frame) => self.write(membership, Message::Text(frame)).await?,
                Out::Entry { request, seq, frame } => {
                    let Some(place) = self.places.iter_mut().find(|(id, _)| *id == request) else { continue };
                    if seq <= place.1 {
                        continue;
                    }
                    if seq > place.1 + 1 {
                        let after = place.1;
                        Box::pin(self.catch_up(membership, request, after)).await?;
                        continue;
                    }
                    place.1 = seq;
                    if let Some(frame) = frame {
                        self.write(membership, Message::Text(frame)).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Follows a request: first in the hub, then what was missed from SQL, so that nothing falls in between.
    async fn subscribe(
        &mut self,
        membership: &Membership<'_>,
        request: RequestId,
        after: i64,
    ) -> Result<(), Bye> {
        if self.places.len() >= MOST_FOLLOWED && !self.places.iter().any(|(id, _)| *id == request) {
            return Err(Bye::Protocol);
        }
        let followed = match self.party.may_follow(request).await {
            Ok(()) => {
                membership.follow(request);
                self.places.retain(|(id, _)| *id != request);
                self.places.push((request, after));
                self.catch_up(membership, request, after).await
            }
            Err(error) => self.let_go(membership, request, error).await,
        };
        match followed {
            Ok(()) => Ok(()),
            Err(Step::Bye(bye)) => Err(bye),
            Err(Step::Gone) => Err(Bye::Slow),
        }
    }

    /// Sends everything after `after` from SQL. What cannot be followed is let go of, and said so.
    async fn catch_up(
        &mut self,
        membership: &Membership<'_>,
        request: RequestId,
        after: i64,
    ) -> Result<(), Step> {
        let mut after = after;
        loop {
            let missed = match self.party.missed(request, after).await {
                Ok(missed) => missed,
                Err(error) => return self.let_go(membership, request, error).await,
            };
            self.say_all(membership, missed.frames).await?;
            after = missed.seen;
            if let Some(place) = self.places.iter_mut().find(|(id, _)| *id == request) {
                place.1 = after;
            }
            if !missed.more {
                return Ok(());
            }
        }
    }

    /// Follows a request no more, because it cannot be read, and says so.
    async fn let_go(
        &mut self,
        membership: &Membership<'_>,
        request: RequestId,
        error: standfast_desk::Error,
    ) -> Result<(), Step> {
        let problem = Problem::from(error);
        if problem.status().is_server_error() {
            // It cannot be read now, but it is not lost: the client resumes.
            return Err(Step::Bye(Bye::Drain(problem.wait().unwrap_or(2) * 1_000)));
        }
        membership.unfollow(request);
        self.places.retain(|(id, _)| *id != request);
        let problem = problem.document(self.party.language);
        let frame = Frame::Nack { client_id: "", request: Some(request), problem }.text();
        self.write(membership, Message::Text(frame)).await
    }

    /// Takes what the peer says.
    async fn hear(&mut self, membership: &Membership<'_>, message: Message) -> Result<(), Step> {
        if !self.budget.take() {
            return Err(Step::Bye(Bye::Protocol));
        }
        let text = match message {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(Step::Gone),
            Message::Binary(_) => return Err(Step::Bye(Bye::Protocol)),
        };
        let Ok(said) = serde_json::from_str::<Said>(&text) else { return Err(Step::Bye(Bye::Protocol)) };
        match said {
            Said::Hello(_) => return Err(Step::Bye(Bye::Protocol)),
            Said::Subscribe { request, after } => self.subscribe(membership, request, after).await?,
            Said::Unsubscribe { request } => {
                membership.unfollow(request);
                self.places.retain(|(id, _)| *id != request);
            }
            Said::Send(send) => self.work = Some(self.party.send(send)),
            Said::Reply(answering) => self.work = Some(self.party.answer(answering, false)),
            Said::Note(answering) => self.work = Some(self.party.answer(answering, true)),
            Said::Read { request, seq } => self.work = Some(self.party.read(request, seq)),
            Said::Typing { request, on } if self.places.iter().any(|(id, _)| *id == request) => {
                membership.types(request, on);
            }
            Said::Viewing { request } => membership.views(request),
            Said::Status { status } => membership.is(status),
            Said::Ping => {
                let pong = Frame::Pong { return_ms: membership.hub().return_window_ms() };
                self.write(membership, Message::Text(pong.text())).await?;
            }
            Said::Typing { .. } | Said::Unknown => {}
        }
        Ok(())
    }

    async fn say(&mut self, membership: &Membership<'_>, frame: Utf8Bytes) -> Result<(), Bye> {
        self.write(membership, Message::Text(frame)).await.map_err(|step| match step {
            Step::Bye(bye) => bye,
            Step::Gone => Bye::Slow,
        })
    }

    async fn say_all(&mut self, membership: &Membership<'_>, frames: Vec<Utf8Bytes>) -> Result<(), Step> {
        for frame in frames {
            self.write(membership, Message::Text(frame)).await?;
        }
        Ok(())
    }

    /// Writes one message. A peer that takes nothing is given up when too much waits for it, or after a while.
    async fn write(&mut self, membership: &Membership<'_>, message: Message) -> Result<(), Step> {
        tokio::select! {
            biased;
            sent = timeout(STALL, self.socket.send(message)) => match sent {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) => Err(Step::Gone),
                Err(_) => Err(Step::Bye(Bye::Slow)),
            },
            bye = membership.mailbox.ended() => Err(Step::Bye(bye)),
        }
    }
}

/// Why a socket does not go on.
enum Step {
    /// The peer is gone.
    Gone,
    /// The server ends it.
    Bye(Bye),
}

impl From<Bye> for Step {
    fn from(bye: Bye) -> Self {
        Self::Bye(bye)
    }
}

/// What a failed read means: a broken protocol is answered, a broken connection is not.
fn fault(error: &axum::Error) -> Step {
    let text = error.to_string();
    if text.contains("Connection") || text.contains("IO error") || text.contains("reset") {
        Step::Gone
    } else {
        Step::Bye(Bye::Protocol)
    }
}

/// The end of the command being carried out; never, when there is none.
async fn finished(work: &mut Option<Work>) -> super::party::Done {
    match work {
        Some(work) => Pin::new(work).await,
        None => std::future::pending().await,
    }
}
