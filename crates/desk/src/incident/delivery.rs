//! One step of an incident reaches every request that belongs to it: as a message of the desk, in a unit of its own each, once.
//!
//! The job `incident_update` may end anywhere and begin again: what was written is noted in the unit that writes it. The last
//! step asks instead of ending anything: a request is called solved, as by an agent's answer, so that its customer is asked,
//! asked again, and can say that it is not.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use standfast_domain::{
    Author, Channel, EntryKind, Event, IncidentPhase, IncidentUpdateId, JobId, RequestId, State, Time,
    Transition, Urgency,
};
use standfast_store::incident::linked;
use standfast_store::incident::{self, UpdateRow};
use standfast_store::job::{self, Claimed, NewJob};
use standfast_store::{Lane, Rd, Tx, driver, resolution};

use super::IncidentUpdate;
use super::linked::takes_news;
use crate::feedback::{Claim, claim, withdraw};
use crate::receive::goes_on;
use crate::record::{NewEntry, Record};
use crate::work::schedule_close;
use crate::{Desk, Error, words};

/// The kind of the job.
pub(crate) const KIND: &str = "incident_update";
/// Requests between two prolongations of the lease.
const AT_ONCE: i64 = 50;
/// How long the job is this worker's.
const LEASE: Duration = Duration::from_mins(2);

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Payload {
    update: IncidentUpdateId,
}

/// A job that a unit of work is to put on the list: made before it, because the unit may run twice.
#[derive(Clone, Copy)]
pub(super) struct Due {
    id: JobId,
    now: Time,
}

impl Due {
    pub(super) fn new(desk: &Desk, now: Time) -> Self {
        Self { id: JobId(desk.id()), now }
    }

    pub(super) fn enqueue(self, tx: &mut Tx, update: IncidentUpdateId) -> Result<(), Error> {
        let payload = serde_json::to_string(&Payload { update }).map_err(|_| Error::Inconsistent("json"))?;
        let dedupe = format!("{KIND}:{update}");
        let Self { id, now } = self;
        let job = NewJob { id, kind: KIND, payload: &payload, run_at: now, dedupe: Some(&dedupe), now };
        job::enqueue(tx, &job).map_err(Error::from)
    }
}

/// Does the job.
pub(crate) async fn deliver(desk: &Desk, claim: &Claimed) -> Result<(), Error> {
    let Payload { update } =
        serde_json::from_str(&claim.payload).map_err(|_| Error::Inconsistent("job payload"))?;
    let row = desk.store().read(move |rd| incident::find(rd, update).map_err(Error::from)).await?;
    let row = row.ok_or(Error::Inconsistent("an update of no incident"))?;
    let (mut claim, mut after, mut failed) = (claim.clone(), RequestId(0), None);
    loop {
        let driver = row.driver_id;
        let some = desk
            .store()
            .read(move |rd| linked::list_untold(rd, driver, update, after, AT_ONCE).map_err(Error::from))
            .await?;
        let Some(last) = some.last() else { break };
        after = *last;
        for request in some {
            // One that cannot be told keeps nobody else waiting; the job tries it again.
            if let Err(error) = tell(desk, &row, request).await {
                tracing::warn!(request.id = %request, code = error.code(), "an incident's update was not written");
                failed = Some(error);
            }
        }
        let (held, now) = (claim.clone(), desk.now());
        claim = desk
            .store()
            .write(Lane::Background, 0, move |tx| job::renew(tx, &held, now, LEASE).map_err(Error::from))
            .await?;
    }
    if let Some(error) = failed {
        return Err(error);
    }
    let write = move |tx: &mut Tx| job::complete(tx, &claim).map_err(Error::from);
    desk.store().write(Lane::Background, 0, write).await
}

/// Tells one request of an update.
pub(super) async fn tell(desk: &Desk, update: &UpdateRow, id: RequestId) -> Result<(), Error> {
    let (unit_desk, update, now) = (desk.clone(), update.clone(), desk.now());
    let write = move |tx: &mut Tx| write(tx, &unit_desk, &update, id, now);
    desk.store().write(Lane::Background, id.0, write).await
}

/// Writes an update into one request, unless it was, or is to be told to nobody there.
fn write(tx: &mut Tx, desk: &Desk, update: &UpdateRow, id: RequestId, now: Time) -> Result<(), Error> {
    let first = Record::lock(tx, id)?;
    if !is_due(tx, update, id)? {
        return Ok(());
    }
    let mut record = goes_on(tx, first)?;
    let goes_on_in = record.row.id;
    if goes_on_in != id {
        // What was merged hears of it where it goes on, and there once.
        linked::tell(tx, update.id, id, 0)?;
        linked::link(tx, update.driver_id, goes_on_in, update.agent_id, false, now)?;
    }
    if !takes_news(record.row.state) {
        linked::tell(tx, update.id, goes_on_in, 0)?;
        return Ok(());
    }
    let seq = record.row.last_seq + 1;
    if !linked::tell(tx, update.id, goes_on_in, seq)? {
        return Ok(());
    }
    let is_over = update.phase == IncidentPhase::Resolved;
    let asks = is_over && !record.row.at_risk && record.row.state.is_active();
    let key = match (is_over, asks) {
        (false, _) => "page.incident.message",
        (true, true) => "page.incident.asks",
        (true, false) => "page.incident.over",
    };
    let said = IncidentUpdate::from(update.clone());
    let language = record.row.language;
    let text = words(language, key, &[("text", said.text(language))]);
    let entry = NewEntry {
        kind: EntryKind::Text,
        author: Author::System,
        channel: Channel::Console,
        text: Some(text),
        event: None,
        attachments: None,
        identifiers: None,
        client_id: None,
        intake: None,
    };
    record.append(desk.entropy(), now, entry)?;
    if asks {
        ask(tx, desk, update, &mut record, now)?;
    } else if !is_over {
        take_back(tx, desk, update, &mut record, now)?;
    }
    record.save(tx, desk.keys(), now)?;
    Ok(())
}

/// Whether an update is still what is to be said: the latest one, of an incident that is there, to a request that belongs to it.
fn is_due(rd: &mut Rd, update: &UpdateRow, id: RequestId) -> Result<bool, Error> {
    let is_latest = incident::list(rd, update.driver_id, 1)?.first().is_some_and(|last| last.id == update.id);
    let is_there = driver::find(rd, update.driver_id)?.is_some_and(|row| row.removed_at.is_none());
    Ok(is_latest && is_there && linked::is_linked(rd, update.driver_id, id)?)
}

/// Calls a request solved because the incident is over: its customer is asked.
fn ask(tx: &mut Tx, desk: &Desk, update: &UpdateRow, record: &mut Record, now: Time) -> Result<(), Error> {
    let (id, by) = (record.row.id, Author::Agent(update.agent_id));
    let since = record.row.waiting_since.unwrap_or(record.row.created_at);
    let from = record.step(Transition::Solve, now)?;
    schedule_close(tx, desk, id, now)?;
    claim(tx, desk, &record.row, &Claim { from, by, replied: false, now })?;
    if let Some(last) = resolution::find_last(tx, id)? {
        linked::asked(tx, update.driver_id, id, last.episode, since)?;
    }
    record.tell(desk.entropy(), now, by, Event::State { from, to: State::Solved }).map(drop)
}

/// It is not over after all: what it called solved, and nobody confirmed, waits again.
fn take_back(
    tx: &mut Tx,
    desk: &Desk,
    update: &UpdateRow,
    record: &mut Record,
    now: Time,
) -> Result<(), Error> {
    let id = record.row.id;
    let last = resolution::find_last(tx, id)?;
    let asked = linked::episode(tx, update.driver_id, id)?;
    let is_its_own = last.is_some_and(|last| {
        Some(last.episode) == asked && last.state != standfast_domain::Resolution::Confirmed
    });
    if record.row.state != State::Solved || !is_its_own {
        return Ok(());
    }
    let from = record.step(Transition::Reopen, now)?;
    go_up(tx, record)?;
    withdraw(tx, id, now)?;
    let by = Author::Agent(update.agent_id);
    record.tell(desk.entropy(), now, by, Event::State { from, to: State::Open }).map(drop)
}

/// Puts a request that is open again where it would be had nobody called it solved, and one step more urgent: for one that was
/// called solved because an incident was over. Any other is left as it is.
pub(crate) fn go_up(rd: &mut Rd, record: &mut Record) -> Result<(), Error> {
    let Some(since) = linked::waited_since(rd, record.row.id)? else { return Ok(()) };
    if record.row.state == State::Open {
        record.row.waiting_since = record.row.waiting_since.map(|own| own.min(since));
        if !record.row.at_risk {
            let up = Urgency(record.row.urgency.0.saturating_sub(1).max(1));
            record.row.urgency = record.row.urgency.min(up);
        }
    }
    Ok(())
}
