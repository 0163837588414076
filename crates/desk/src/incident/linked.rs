//! Which requests belong to an incident: named one by one, taken from its alarm, or in bulk from a view of the inbox.

use std::time::Duration;

use serde::Serialize;
use standfast_domain::{DriverId, DriverKind, Permission, RequestId, RequestNumber, Resolution, State};
use standfast_store::incident::linked::{self, Linked};
use standfast_store::request::{Filter, Page, Shelf};
use standfast_store::{Lane, Rd, driver, incident, request};
use utoipa::ToSchema;

use super::delivery;
use crate::inbox::{InboxQuery, View};
use crate::view::RequestSummary;
use crate::{AgentCaller, Desk, Error};

/// Most requests that are linked by one call.
const MOST: i64 = 2_000;
/// Links of one unit.
const AT_ONCE: usize = 200;
/// Most requests that are named, and that are shown.
const MOST_NAMED: usize = 50;
const SHOWN: i64 = 100;
/// How long a view is searched.
const SEARCH: Duration = Duration::from_secs(2);

/// Which requests are to belong to an incident.
#[derive(Clone, Debug)]
pub enum LinkCommand {
    /// Those with these numbers.
    Named(Vec<RequestNumber>),
    /// Those of the alarm that it was confirmed from.
    OfAlarm,
    /// All of a view, at most 2,000; its place and length are of no account.
    View(InboxQuery),
}

/// A request of an incident.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IncidentRequest {
    /// The request.
    pub request: RequestSummary,
    /// What its customer says since the incident is over; null where nothing was asked.
    pub resolution: Option<Resolution>,
}

/// The requests of an incident.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IncidentRequests {
    /// How many there are.
    pub linked: i64,
    /// Of those, how many were told the latest step.
    pub told: i64,
    /// How many were asked whether their own problem is solved, too.
    pub asked: i64,
    /// How many said yes.
    pub solved: i64,
    /// How many said no: they are open again.
    pub not_solved: i64,
    /// Requests of its alarm that could be added.
    pub of_alarm: i64,
    /// The first hundred: those that are not solved before the others, then the latest.
    pub items: Vec<IncidentRequest>,
}

fn view(rd: &mut Rd, id: DriverId) -> Result<IncidentRequests, Error> {
    let latest = incident::list(rd, id, 1)?.first().map(|update| update.id);
    let counts = linked::count(rd, id, latest)?;
    let of_alarm = linked::list_of_alarm(rd, id, MOST)?.len();
    let item = |one: Linked| IncidentRequest {
        request: RequestSummary::new(&one.request),
        resolution: one.resolution,
    };
    Ok(IncidentRequests {
        linked: counts.linked,
        told: counts.told,
        asked: counts.asked,
        solved: counts.solved,
        not_solved: counts.not_solved,
        of_alarm: i64::try_from(of_alarm).unwrap_or(MOST),
        items: linked::list(rd, id, SHOWN)?.into_iter().map(item).collect(),
    })
}

/// An incident that people know of.
fn is_incident(rd: &mut Rd, id: DriverId) -> Result<(), Error> {
    let incident = driver::find(rd, id)?.filter(|row| row.removed_at.is_none() && !row.draft);
    match incident.ok_or(Error::NotFound)?.kind {
        DriverKind::Incident => Ok(()),
        _ => Err(Error::invalid("id", "no_incident")),
    }
}

/// The requests of an incident, and what their customers say.
pub async fn list_incident_requests(
    desk: &Desk,
    caller: &AgentCaller,
    id: DriverId,
) -> Result<IncidentRequests, Error> {
    caller.require(Permission::ReadRequests)?;
    desk.store()
        .read(move |rd| {
            is_incident(rd, id)?;
            view(rd, id)
        })
        .await
}

/// Lets requests belong to an incident. They are told the latest step that the public was told, and every one after it.
pub async fn link_requests(
    desk: &Desk,
    caller: &AgentCaller,
    id: DriverId,
    command: &LinkCommand,
) -> Result<IncidentRequests, Error> {
    caller.require(Permission::WorkRequests)?;
    // A message to many is a message to the public.
    if !matches!(command, LinkCommand::Named(_)) {
        caller.require(Permission::TellIncidents)?;
    }
    let chosen = choose(desk, caller, id, command).await?;
    let is_named = matches!(command, LinkCommand::Named(_));
    let (now, agent) = (desk.now(), caller.id);
    for some in chosen.chunks(AT_ONCE) {
        let some = some.to_vec();
        let job = delivery::Due::new(desk, now);
        desk.store()
            .write(Lane::Background, id.0, move |tx| {
                let mut added = 0;
                for request in &some {
                    added += u32::from(linked::link(tx, id, *request, agent, is_named, now)?);
                }
                match incident::list(tx, id, 1)?.first() {
                    Some(latest) if added > 0 => job.enqueue(tx, latest.id),
                    _ => Ok(()),
                }
            })
            .await?;
    }
    desk.store().read(move |rd| view(rd, id)).await
}

/// The requests that a command means. None of them is over in a way that nobody reads on.
async fn choose(
    desk: &Desk,
    caller: &AgentCaller,
    id: DriverId,
    command: &LinkCommand,
) -> Result<Vec<RequestId>, Error> {
    let (command, me, clock) = (command.clone(), caller.id, desk.clock().clone());
    desk.store()
        .read(move |rd| {
            is_incident(rd, id)?;
            match command {
                LinkCommand::Named(numbers) => {
                    if numbers.is_empty() {
                        return Err(Error::invalid("numbers", "missing"));
                    }
                    if numbers.len() > MOST_NAMED {
                        return Err(Error::invalid("numbers", "too_many"));
                    }
                    numbers
                        .into_iter()
                        .map(|number| match request::find_by_number(rd, number)? {
                            Some(row) if takes_news(row.state) => Ok(row.id),
                            Some(_) => Err(Error::RequestClosed),
                            None => Err(Error::NotFound),
                        })
                        .collect()
                }
                LinkCommand::OfAlarm => linked::list_of_alarm(rd, id, MOST).map_err(Error::from),
                LinkCommand::View(query) => {
                    let shelf = match query.view {
                        View::Unassigned => Shelf::Unassigned,
                        View::Mine => Shelf::Of(me),
                        View::All => Shelf::Active,
                        View::AtRisk => Shelf::AtRisk,
                        View::Done => return Err(Error::invalid("view", "unknown")),
                    };
                    let filter = Filter { team: query.team, kind: query.kind, text: query.text };
                    let begun = clock.monotonic();
                    let has_time = || clock.monotonic().saturating_sub(begun) < SEARCH;
                    let Page { rows, .. } = request::list(rd, shelf, &filter, None, MOST, has_time)?;
                    Ok(rows.into_iter().map(|row| row.id).collect())
                }
            }
        })
        .await
}

/// Whether a customer still looks into a request in this state.
pub(super) const fn takes_news(state: State) -> bool {
    matches!(state, State::Open | State::Waiting | State::OnHold | State::Solved)
}

/// Says that a request does not belong to an incident: it is told nothing more of it. What was told stands.
pub async fn unlink_request(
    desk: &Desk,
    caller: &AgentCaller,
    id: DriverId,
    request: RequestId,
) -> Result<(), Error> {
    caller.require(Permission::WorkRequests)?;
    let now = desk.now();
    let found = desk
        .store()
        .write(Lane::Ordinary, id.0, move |tx| linked::unlink(tx, id, request, now).map_err(Error::from))
        .await?;
    if found { Ok(()) } else { Err(Error::NotFound) }
}
