//! What the public is told of an incident, step by step, and the requests that are told the same.

mod delivery;
mod linked;

use std::sync::Arc;

use parking_lot::RwLock;
use serde::Serialize;
use standfast_domain::{DriverId, DriverKind, IncidentPhase, IncidentUpdateId, Language, Permission, Time};
use standfast_store::incident::{self, UpdateRow};
use standfast_store::{Lane, Rd, driver};
use utoipa::ToSchema;

use crate::draft::{asks_for_nothing_in, plain, says_nothing};
use crate::screening::Findings;
use crate::status::open_incidents;
use crate::{AgentCaller, Desk, Error, StatusIncident, StatusNotice, subscription};

pub(crate) use delivery::{KIND as UPDATE, deliver, go_up};
pub use linked::{
    IncidentRequest, IncidentRequests, LinkCommand, link_requests, list_incident_requests, unlink_request,
};

/// Longest text, in characters.
const TEXT: usize = 2_000;
/// Most steps of one incident.
const MOST: i64 = 200;

/// A step as somebody enters it.
#[derive(Clone)]
pub struct IncidentCommand {
    /// How far the desk has come.
    pub phase: IncidentPhase,
    /// What is said in Chinese.
    pub text_zh: String,
    /// What is said in English.
    pub text_en: String,
}

/// A step that the public was told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct IncidentUpdate {
    /// Id.
    #[schema(value_type = String)]
    pub id: IncidentUpdateId,
    /// When it was said.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// How far the desk had come.
    pub phase: IncidentPhase,
    /// What was said in Chinese.
    pub text_zh: String,
    /// What was said in English.
    pub text_en: String,
}

impl IncidentUpdate {
    /// What was said in a language.
    #[must_use]
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.text_zh,
            Language::English => &self.text_en,
        }
    }
}

impl From<UpdateRow> for IncidentUpdate {
    fn from(row: UpdateRow) -> Self {
        Self { id: row.id, at: row.at, phase: row.phase, text_zh: row.text_zh, text_en: row.text_en }
    }
}

/// The incidents that go on, as this process knows them: every page and the widget tell of them.
#[derive(Debug, Default)]
pub(crate) struct Going(RwLock<Arc<[StatusIncident]>>);

/// What the public was told last of what goes on now, by the incident that was spoken of last.
#[must_use]
pub fn incident_now(desk: &Desk) -> Option<IncidentUpdate> {
    desk.shared.incidents.0.read().first().and_then(|incident| incident.updates.first().cloned())
}

/// Other processes write of incidents as well.
pub(crate) async fn refresh(desk: &Desk) -> Result<(), Error> {
    *desk.shared.incidents.0.write() = desk.store().read(open_incidents).await?.into();
    Ok(())
}

/// A text that the public may read: without secrets, and one that asks for none.
fn public_text(text: &str, field: &'static str) -> Result<String, Error> {
    if text.trim().chars().count() > TEXT {
        return Err(Error::invalid(field, "too_long"));
    }
    asks_for_nothing_in(field, text)?;
    let text = Findings::default().text(plain(text).trim());
    if says_nothing(&text) { Err(Error::invalid(field, "missing")) } else { Ok(text) }
}

/// Tells the public of an incident; the first step puts it on the status page. The last one ends it. The requests that belong
/// to it are told by a job.
pub async fn tell_incident(
    desk: &Desk,
    caller: &AgentCaller,
    id: DriverId,
    command: &IncidentCommand,
) -> Result<Vec<IncidentUpdate>, Error> {
    caller.require(Permission::TellIncidents)?;
    let (now, agent_id) = (desk.now(), caller.id);
    let row = UpdateRow {
        id: IncidentUpdateId(desk.id()),
        driver_id: id,
        at: now,
        phase: command.phase,
        text_zh: public_text(&command.text_zh, "text_zh")?,
        text_en: public_text(&command.text_en, "text_en")?,
        agent_id,
    };
    let (due, all) = (delivery::Due::new(desk, now), subscription::Due::new(desk, now));
    let told = desk.store().write(Lane::Ordinary, id.0, move |tx| {
        let incident = driver::find(tx, id)?.filter(|row| row.removed_at.is_none() && !row.draft);
        let incident = incident.ok_or(Error::NotFound)?;
        if incident.kind != DriverKind::Incident {
            return Err(Error::invalid("id", "no_incident"));
        }
        // A click too many, or a call that is repeated.
        let said = |last: &UpdateRow| {
            (last.phase, &last.text_zh, &last.text_en) == (row.phase, &row.text_zh, &row.text_en)
        };
        if incident::list(tx, id, 1)?.first().is_some_and(said) {
            return updates(tx, id);
        }
        incident::insert(tx, &row)?;
        // What is not over has no end, and what is over has one: both lists say the same.
        let is_over = row.phase == IncidentPhase::Resolved;
        if !driver::put_end(tx, id, is_over, now)? {
            return Err(Error::NotFound);
        }
        due.enqueue(tx, row.id)?;
        all.tell(tx, StatusNotice::Incident { update: row.id })?;
        updates(tx, id)
    });
    let told = told.await?;
    desk.shared.status.forget();
    refresh(desk).await?;
    Ok(told)
}

/// What the public was told of an incident, the latest first.
pub async fn list_incident_updates(
    desk: &Desk,
    caller: &AgentCaller,
    id: DriverId,
) -> Result<Vec<IncidentUpdate>, Error> {
    caller.require(Permission::ReadRequests)?;
    desk.store()
        .read(move |rd| {
            driver::find(rd, id)?.filter(|row| row.removed_at.is_none()).ok_or(Error::NotFound)?;
            updates(rd, id)
        })
        .await
}

pub(crate) fn updates(rd: &mut Rd, id: DriverId) -> Result<Vec<IncidentUpdate>, Error> {
    Ok(incident::list(rd, id, MOST)?.into_iter().map(IncidentUpdate::from).collect())
}

#[cfg(test)]
mod tests;
