//! The lane of assets at risk: what puts a request into it, and how a person moves it out when the claim is false.
//!
//! What is claimed stays in the lane until somebody has looked: nothing here happens by itself but that words which claim a theft,
//! or hold a secret, bring a request back. Whoever claimed falsely again and again is still in the lane, behind those
//! who never did; so are further claims of somebody who has a few that wait already.

use std::time::Duration;

use serde::Serialize;
use standfast_domain::{
    Author, Event, FalseClaim, Ids, MOST_AHEAD, Permission, RequestId, State, Time, Urgency, is_doubted,
    request_type,
};
use standfast_science::interval::share;
use standfast_store::false_claim::{self, FalseClaimRow};
use standfast_store::request::RequestRow;
use standfast_store::{Rd, Tx, entry};
use utoipa::ToSchema;

use crate::record::Record;
use crate::screening::Findings;
use crate::work::change;
use crate::{AgentCaller, Desk, Error};

/// For how long a false claim is held against its customer.
const HELD_AGAINST: Duration = Duration::from_hours(24 * 90);
/// Most other requests of a customer that are looked at for claims.
const MOST_LOOKED_AT: i64 = 16;
/// How far back claims are counted.
const COUNTED: Duration = Duration::from_hours(24 * 28);

/// Moves a request out of the lane of assets at risk. One that is not there is left as it is. It is held against the customer only
/// where their claim had brought it there.
pub async fn dismiss_claim(
    desk: &Desk,
    caller: &AgentCaller,
    id: RequestId,
    reason: FalseClaim,
) -> Result<(), Error> {
    let agent_id = caller.id;
    let row = change(desk, caller, id, move |tx, desk, record, author, now| {
        if !record.row.at_risk {
            return Ok(());
        }
        record.row.at_risk = false;
        let by_type = request_type(&record.row.kind).map_or(Urgency::NO_RISK, |kind| kind.urgency);
        record.row.urgency = by_type.max(Urgency::NO_RISK);
        let seq = record.tell(desk.entropy(), now, author, Event::NotAtRisk { reason })?;
        let events = events_of(tx, id)?;
        if is_by_claim(first_kind(&record.row.kind, &events), &events) {
            let (at, restored_at, restored_by) = (now, None, None);
            let row = FalseClaimRow { request_id: id, seq, agent_id, reason, at, restored_at, restored_by };
            false_claim::insert(tx, &row)?;
        }
        Ok(())
    })
    .await?;
    desk.numbers().note(row.number, id, row.at_risk);
    Ok(())
}

/// Takes back that a request was moved out of the lane: it stands there again where it stood, behind the others where its customer was
/// doubted. One that is there, or that nobody has moved out, is left as it is.
pub async fn undo_dismissal(desk: &Desk, caller: &AgentCaller, id: RequestId) -> Result<(), Error> {
    let agent_id = caller.id;
    let row = change(desk, caller, id, move |tx, desk, record, author, now| {
        let events = events_of(tx, id)?;
        let out = events.iter().rposition(|(_, event)| matches!(event, Event::NotAtRisk { .. }));
        let Some(out) = out.filter(|_| !record.row.at_risk) else { return Ok(()) };
        let before = events.get(..out).unwrap_or_default();
        let was_claimed = is_by_claim(first_kind(&record.row.kind, &events), before);
        record.row.at_risk = true;
        record.row.urgency = urgency_of(&record.row.kind);
        record.tell(desk.entropy(), now, author, Event::AtRisk { secret: None })?;
        // Only what was a claim left a row when it was moved out. What was claimed falsely before stays so.
        if was_claimed {
            false_claim::undo(tx, id, agent_id, now)?;
            doubt(tx, &mut record.row, now)?;
        }
        Ok(())
    })
    .await?;
    desk.numbers().note(row.number, id, row.at_risk);
    Ok(())
}

/// What happened to a request, in order.
fn events_of(rd: &mut Rd, id: RequestId) -> Result<Vec<(Author, Event)>, Error> {
    let events = entry::list_events(rd, id)?.into_iter();
    Ok(events.filter_map(|(author, event)| Some((author, serde_json::from_str(&event).ok()?))).collect())
}

/// The type with which a request came in that has this one now.
pub(crate) fn first_kind<'a>(kind: &'a str, events: &'a [(Author, Event)]) -> &'a str {
    let mut before = events.iter().filter_map(|(_, event)| match event {
        Event::Retyped { from, .. } => Some(from),
        _ => None,
    });
    before.next().map_or(kind, String::as_str)
}

/// Whether a request that came in with this type is, after these events, in the lane because its customer claimed it: by the type
/// or by words. What a secret, somebody on the desk, the model or another request brought there was claimed by nobody.
pub(crate) fn is_by_claim(first_kind: &str, events: &[(Author, Event)]) -> bool {
    let is_at_risk = |kind: &str| request_type(kind).is_some_and(|kind| kind.at_risk);
    // What brought it there: a claim or not; nothing where it is not known to be there.
    let begun = is_at_risk(first_kind).then_some(true);
    let cause = events.iter().fold(begun, |cause, (author, event)| match event {
        Event::AtRisk { secret } => Some(secret.is_none() && *author == Author::System),
        Event::NotAtRisk { .. } => None,
        Event::Retyped { to, .. } if cause.is_none() && is_at_risk(to) => Some(false),
        _ => cause,
    });
    cause == Some(true)
}

/// Puts a request into the lane of assets at risk, or back into it: a person has looked, so it goes behind nobody there.
pub async fn put_at_risk(desk: &Desk, caller: &AgentCaller, id: RequestId) -> Result<(), Error> {
    let agent_id = caller.id;
    let row = change(desk, caller, id, move |tx, desk, record, author, now| {
        if record.row.at_risk && record.row.urgency != Urgency::DOUBTED {
            return Ok(());
        }
        record.row.at_risk = true;
        record.row.urgency = Urgency(0);
        record.tell(desk.entropy(), now, author, Event::AtRisk { secret: None })?;
        false_claim::take_back(tx, id, agent_id, now)?;
        Ok(())
    })
    .await?;
    desk.numbers().note(row.number, id, row.at_risk);
    Ok(())
}

/// Puts a request first when a secret was found in it, and says so in its record. That is no claim, and nobody doubts it.
pub(crate) fn note_risk(
    desk: &Desk,
    record: &mut Record,
    findings: &Findings,
    now: Time,
) -> Result<(), Error> {
    let secret = findings.first_code();
    if secret.is_none() {
        return Ok(());
    }
    record.row.at_risk = true;
    record.row.urgency = Urgency(0);
    record.tell(desk.entropy(), now, Author::System, Event::AtRisk { secret })?;
    Ok(())
}

/// The kind of the secret by which a request stands in the lane, the latest found; nothing where none was.
pub async fn exposed(desk: &Desk, id: RequestId) -> Result<Option<String>, Error> {
    let events = desk.store().read(move |rd| events_of(rd, id)).await?;
    Ok(events.into_iter().rev().find_map(|(_, event)| match event {
        Event::AtRisk { secret } => secret,
        _ => None,
    }))
}

/// Puts a request first whose customer says that something was taken, whatever it is called, and says so in its record.
pub(crate) fn note_claim(tx: &mut Tx, desk: &Desk, record: &mut Record, now: Time) -> Result<(), Error> {
    if record.row.at_risk {
        return Ok(());
    }
    record.row.at_risk = true;
    record.row.urgency = Urgency(0);
    doubt(tx, &mut record.row, now)?;
    record.tell(desk.entropy(), now, Author::System, Event::AtRisk { secret: None })?;
    Ok(())
}

/// Puts a request that is in the lane by claim behind the others there when its customer has made too many false claims of late,
/// or has many that wait there already. What somebody had moved out comes back by what is known to be false alone: it may have been
/// the desk's mistake.
pub(crate) fn doubt(rd: &mut Rd, row: &mut RequestRow, now: Time) -> Result<(), Error> {
    if !row.at_risk {
        return Ok(());
    }
    let since = now.minus(HELD_AGAINST);
    let known = false_claim::of_customer(rd, row.customer_id, row.id, since)?;
    let false_claims = u32::try_from(known.false_claims).unwrap_or(u32::MAX);
    let ahead = if known.was_out { 0 } else { claims_ahead(rd, row)? };
    if is_doubted(false_claims, ahead) {
        row.urgency = Urgency::DOUBTED;
    }
    Ok(())
}

/// How many other requests of the customer stand in the lane by claim and wait for the first look.
fn claims_ahead(rd: &mut Rd, row: &RequestRow) -> Result<u32, Error> {
    let others = false_claim::list_ahead(rd, row.customer_id, row.id, MOST_LOOKED_AT)?;
    if others.len() < MOST_AHEAD as usize {
        return Ok(0);
    }
    let mut claims = 0;
    for (id, kind) in others {
        let events = events_of(rd, id)?;
        claims += u32::from(is_by_claim(first_kind(&kind, &events), &events));
    }
    Ok(claims)
}

/// Whether a request stands in the lane, doubted by nobody, and waits for the first look.
pub(crate) fn is_ahead(row: &RequestRow) -> bool {
    row.at_risk && row.urgency != Urgency::DOUBTED && row.state == State::Open && row.first_reply_at.is_none()
}

/// After somebody has looked at a request that stood ahead: the customer's next one that stands behind others only because so
/// many of theirs waited gets its place.
pub(crate) fn let_next_ahead(
    tx: &mut Tx,
    desk: &Desk,
    looked_at: &RequestRow,
    now: Time,
) -> Result<(), Error> {
    // What was found to be false makes room for nothing.
    if !looked_at.at_risk || is_ahead(looked_at) {
        return Ok(());
    }
    let Some(next) = false_claim::find_doubted(tx, looked_at.customer_id)? else { return Ok(()) };
    let mut next = Record::lock(tx, next)?;
    next.row.urgency = urgency_of(&next.row.kind);
    doubt(tx, &mut next.row, now)?;
    if next.row.urgency != Urgency::DOUBTED {
        next.save(tx, desk.keys(), now)?;
    }
    Ok(())
}

/// How urgent a request of this type is in the lane.
fn urgency_of(kind: &str) -> Urgency {
    request_type(kind).filter(|kind| kind.at_risk).map_or(Urgency(0), |kind| kind.urgency)
}

/// How often a reason was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReasonCount {
    /// The reason.
    pub reason: FalseClaim,
    /// Requests that are out of the lane by it.
    pub count: i64,
}

/// What became of claims that assets are at risk.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ClaimsView {
    /// From when on requests are counted.
    #[schema(value_type = String, format = DateTime)]
    pub since: Time,
    /// Requests that came in since then and have been in the lane: what `moved_out` is a share of. Without tests, spam and what goes
    /// on in another request.
    pub claimed: i64,
    /// Moved out by somebody, and not back: false claims.
    pub moved_out: i64,
    /// Moved out and back.
    pub moved_back: i64,
    /// `moved_out` over `claimed`; null where nothing was claimed.
    pub share: Option<f64>,
    /// 95 % interval of the share (Wilson 1927).
    pub interval: Option<[f64; 2]>,
    /// Why, the most frequent first.
    pub reasons: Vec<ReasonCount>,
}

/// Counts the claims of the last four weeks.
pub async fn claims(desk: &Desk, caller: &AgentCaller) -> Result<ClaimsView, Error> {
    caller.require(Permission::ReadRequests)?;
    let since = desk.now().minus(COUNTED);
    let read = desk.store().read(move |rd| {
        let claims = false_claim::count_claims(rd, RequestId(Ids::floor(since)), since)?;
        Ok::<_, Error>((claims, false_claim::count_reasons(rd, since)?))
    });
    let (claims, reasons) = read.await?;
    let known = share(count(claims.moved_out), count(claims.claimed));
    Ok(ClaimsView {
        since,
        claimed: claims.claimed,
        moved_out: claims.moved_out,
        moved_back: claims.moved_back,
        share: known.map(|known| known.share),
        interval: known.map(|known| [known.interval.low, known.interval.high]),
        reasons: reasons.into_iter().map(|(reason, count)| ReasonCount { reason, count }).collect(),
    })
}

fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or_default()
}

#[cfg(test)]
mod ahead;
#[cfg(test)]
mod flood;
#[cfg(test)]
mod tests;
