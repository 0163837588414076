//! The live protocol: sockets and long polling over one hub. Written down in `docs/dev/live-protocol.md`.

mod frame;
mod hub;
mod mailbox;
mod party;
mod poll;
mod presence;
mod sign;
mod socket;
mod ticket;

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use metrics::gauge;
use serde::Serialize;
use standfast_desk::{AgentCaller, asks_anyhow, asks_of, authenticate, inbox_counts};
use standfast_domain::{AgentId, Permission, RequestId, Time};
use tokio::time::sleep;
use utoipa::ToSchema;

pub(crate) use frame::Viewer;
pub(crate) use hub::Hub;
pub(crate) use ticket::Tickets;

use self::frame::Frame;
use self::hub::{GATHER, MemberId, Who};
use self::mailbox::{Bye, Out};
use crate::app::App;
use crate::credential::{Caller, Token};
use crate::route::{Access, Class, Route};

pub(crate) use poll::__path_poll;
pub(crate) use socket::__path_open;

/// How often sessions behind sockets are looked at again. The desk believes a session for three seconds more.
const REVIEW: Duration = Duration::from_secs(1);
/// Most customers that are told their place in one round: each costs a look at the queue.
const PLACES_PER_ROUND: usize = 256;

/// The routes of the live protocol.
pub(crate) fn routes() -> Vec<Route> {
    let either = Access::Either(Permission::ReadRequests);
    vec![
        Route::post("/api/v1/live/ticket", either, ticket),
        Route::get("/api/v1/live", Access::Public, socket::open),
        Route::get("/api/v1/live/poll", either, poll::poll).counts(Class::Read),
    ]
}

/// A ticket for one socket.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ticket {
    /// Goes into the `hello` frame. Good for one socket.
    ticket: String,
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
}

/// Gives out a ticket with which the caller opens one live socket within 30 seconds.
#[utoipa::path(
    post, path = "/api/v1/live/ticket", tag = "live", operation_id = "live_ticket",
    responses((status = 200, description = "A ticket", body = Ticket))
)]
pub(crate) async fn ticket(State(app): State<App>, caller: Caller) -> Json<Ticket> {
    let (ticket, expires_at) = app.tickets.issue(&app.desk, caller);
    Json(Ticket { ticket, expires_at })
}

/// Looks after the hub for as long as the server runs.
pub(crate) async fn attend(app: App) {
    tokio::join!(gather(&app), watch(&app));
}

/// Tells what was gathered, a moment after something happened.
async fn gather(app: &App) {
    loop {
        app.hub.changed.notified().await;
        sleep(GATHER).await;
        app.hub.flush();
    }
}

/// Looks at sessions, places and presence every second.
async fn watch(app: &App) {
    let mut places = Places::default();
    loop {
        sleep(REVIEW).await;
        app.hub.flush();
        review(app).await;
        places.tell(app).await;
        gauge!("standfast_waiting_requests").set(f64::from(app.desk.board().count()));
    }
}

/// Ends sockets whose session ended, and counts anew for agents after changes.
async fn review(app: &App) {
    let hub = &app.hub;
    let sessions: Vec<(MemberId, Token, AgentCaller)> = {
        let state = hub.state();
        let members = state.agents.iter().filter_map(|id| Some((*id, state.members.get(id)?)));
        let sessions = members.filter_map(|(id, member)| match &member.who {
            Who::Agent { caller, token } => Some((id, token.clone(), caller.clone())),
            Who::Customer(_) => None,
        });
        sessions.collect()
    };
    let stale = hub.stale.swap(false, Ordering::Relaxed);
    let mut agents: BTreeMap<AgentId, AgentCaller> = BTreeMap::new();
    for (id, token, caller) in sessions {
        match authenticate(&app.desk, &token.0).await {
            Ok((now, _)) if now.role.may(Permission::ReadRequests) => {
                agents.insert(caller.id, now);
            }
            // A store that cannot be read for a moment is no reason to send anybody away.
            Err(error) if error.code() != "unauthenticated" => {}
            _ => {
                if let Some(member) = hub.state().members.get(&id) {
                    member.mailbox.end(Bye::Revoked);
                }
            }
        }
    }
    for (id, caller) in agents {
        let was_reserved = hub.state().counts.get(&id).map(|counts| counts.reserved);
        if !stale && was_reserved.is_none_or(|was| was == app.desk.surge().is_reserved(id)) {
            continue;
        }
        match inbox_counts(&app.desk, &caller).await {
            Ok(counts) => hub.tell_counts(id, counts),
            Err(_) => hub.stale.store(true, Ordering::Relaxed),
        }
    }
}

/// Tells customers who wait their place in the queue, when it has moved enough to matter.
#[derive(Default)]
struct Places {
    /// What was handed on when the last whole round began.
    feed: String,
    queue: Vec<(MemberId, RequestId)>,
}

impl Places {
    async fn tell(&mut self, app: &App) {
        let worth = self.worth(app);
        if worth.is_empty() {
            return;
        }
        // How long it takes depends on who asks: it is to be what their receipt and their page say.
        let anyhow = asks_anyhow(&app.desk, app.desk.now());
        let own = asks_of(&app.desk, worth.iter().map(|(_, request)| *request).collect()).await;
        let own = own.unwrap_or_default();
        let mut state = app.hub.state();
        for (id, request) in worth {
            let Some(member) = state.members.get_mut(&id) else { continue };
            let Some((_, told)) = member.requests.iter_mut().find(|(known, _)| *known == request) else {
                continue;
            };
            let waiting = app.desk.board().place(request, own.get(&request).copied().unwrap_or(anyhow));
            let place = waiting.as_ref().map(|(place, _)| *place);
            *told = place;
            let expected = waiting.and_then(|(_, expected)| expected);
            member.mailbox.put(Out::Frame(Frame::Waiting { request, place, expected }.text()));
        }
    }

    /// Of those whose turn it is, whoever is to be told another place.
    fn worth(&mut self, app: &App) -> Vec<(MemberId, RequestId)> {
        let hub = &app.hub;
        let feed = hub.feed();
        let mut state = hub.state();
        if self.queue.is_empty() && (feed != self.feed || state.newly_followed()) {
            self.feed = feed;
            let customers = state.members.iter().filter(|(_, member)| matches!(member.who, Who::Customer(_)));
            let queue =
                customers.flat_map(|(id, member)| member.requests.iter().map(|(request, _)| (*id, *request)));
            self.queue = queue.collect();
        }
        let asks = asks_anyhow(&app.desk, app.desk.now());
        let rest = self.queue.len().saturating_sub(PLACES_PER_ROUND);
        let is_worth = |(id, request): &(MemberId, RequestId)| {
            let requests = state.members.get(id).map(|member| &member.requests)?;
            let (_, told) = requests.iter().find(|(known, _)| known == request)?;
            let place = app.desk.board().place(*request, asks).map(|(place, _)| place);
            Some(worth_telling(*told, place))
        };
        self.queue.drain(rest..).filter(|one| is_worth(one) == Some(true)).collect()
    }
}

/// Near the front every step counts; further back, a twentieth.
fn worth_telling(told: Option<u32>, place: Option<u32>) -> bool {
    match (told, place) {
        (Some(told), Some(place)) => told != place && (place <= 10 || told.abs_diff(place) * 20 >= told),
        (told, place) => told != place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_when_they_matter() {
        for (told, place, worth) in [
            (None, None, false),
            (None, Some(4), true),
            (Some(4), None, true),
            (Some(4), Some(4), false),
            (Some(5), Some(4), true),
            (Some(500), Some(499), false),
            (Some(500), Some(475), true),
            (Some(11), Some(10), true),
        ] {
            assert_eq!(worth_telling(told, place), worth, "{told:?} {place:?}");
        }
    }
}
