//! Mail to people about their own shifts, when they are published or changed.
//!
//! Whoever changes one often changes several, so that it is waited a little and said once. What is said is how things stand when the
//! mail is written (`report`), not what was done: nobody reads of a shift that was taken back again.

use std::time::Duration;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use standfast_domain::{AgentId, JobId, Language, Permission, Time};
use standfast_store::job::{self, NewJob};
use standfast_store::shift::{self, ShiftRow};
use standfast_store::{Lane, Tx, agent, person};
use utoipa::ToSchema;

use super::{answers, known_as, take_turns};
use crate::{AgentCaller, Desk, Error};

/// The job that writes such a mail; `report` does it.
pub const ROSTER_MAIL: &str = "roster_mail";
/// How long it is waited for further changes.
const SETTLES: Duration = Duration::from_mins(5);
/// Shifts that are told: those of the next four weeks, …
const AHEAD: Duration = Duration::from_hours(24 * 28);
/// … and what is new about later ones, within a year.
const LATER: Duration = Duration::from_hours(24 * 366);

/// Who is to be told: the payload of the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterNotice {
    /// Whose shifts were published or changed.
    pub agent: AgentId,
    /// Since when.
    pub since: Time,
}

/// What is new about a shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShiftNews {
    /// It was known before.
    Known,
    /// It is new.
    New,
    /// It is another time, or for something else.
    Changed,
    /// It was called off.
    CalledOff,
}

/// What somebody is told of their shifts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterLetter {
    /// Where it goes.
    pub address: String,
    /// Their language.
    pub language: Language,
    /// The zone of their contract; without one, that of the opening hours.
    pub zone: String,
    /// Published shifts of the next four weeks, and later ones of which something is new, by their beginning.
    pub shifts: Vec<(Time, Time, ShiftNews)>,
}

/// Whether somebody is written to about their shifts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RosterMail {
    /// Whether they want it.
    pub enabled: bool,
    /// Whether the desk has a mail server at all.
    pub possible: bool,
}

/// Puts on the way what people are told, in the unit that makes it true. A desk without a mail server tells nobody.
pub(super) fn tell(
    desk: &Desk,
    tx: &mut Tx,
    agents: impl IntoIterator<Item = AgentId>,
    now: Time,
) -> Result<(), Error> {
    if !desk.settings().mail {
        return Ok(());
    }
    for agent in agents {
        let payload = serde_json::to_string(&RosterNotice { agent, since: now });
        let payload = payload.map_err(|_| Error::Inconsistent("json"))?;
        let dedupe = format!("{ROSTER_MAIL}:{agent}");
        let new = NewJob {
            // How many are told is known in the unit alone; of one that runs again the first numbers are not used.
            id: JobId(desk.id()),
            kind: ROSTER_MAIL,
            payload: &payload,
            run_at: now.plus(SETTLES),
            dedupe: Some(&dedupe),
            now,
        };
        job::enqueue(tx, &new)?;
    }
    Ok(())
}

/// What somebody is told; nothing where they do not want it, or are not on the desk any more.
pub async fn roster_letter(desk: &Desk, notice: RosterNotice) -> Result<Option<RosterLetter>, Error> {
    let (now, zone) = (desk.now(), crate::planning::zone_of_hours(desk));
    desk.store()
        .read(move |rd| {
            let Some(agent) = agent::find(rd, notice.agent)?.filter(answers) else { return Ok(None) };
            let row = person::find(rd, notice.agent)?;
            if row.as_ref().is_some_and(|row| !row.mail) {
                return Ok(None);
            }
            let known = known_as(&agent, row.as_ref())?;
            let zone = known.person.contract.map(|contract| contract.zone).or(zone);
            let zone = zone.filter(|zone| TimeZone::get(zone).is_ok()).unwrap_or_else(|| "UTC".to_owned());
            let mut shifts = shift::list_told(rd, notice.agent, now, now.plus(LATER))?;
            // What was called off is told once.
            shifts.retain(|row| row.removed_at.is_none_or(|at| at >= notice.since));
            let is_near = |row: &ShiftRow| row.starts_at < now.plus(AHEAD);
            shifts.retain(|row| is_near(row) || news(row, notice.since) != ShiftNews::Known);
            let told = |row: &ShiftRow| (row.starts_at, row.ends_at, news(row, notice.since));
            let shifts = shifts.iter().map(told).collect();
            Ok(Some(RosterLetter { address: agent.email, language: agent.language, zone, shifts }))
        })
        .await
}

fn news(row: &ShiftRow, since: Time) -> ShiftNews {
    if row.removed_at.is_some() {
        ShiftNews::CalledOff
    } else if row.published_at.is_some_and(|at| at >= since) {
        ShiftNews::New
    } else if row.changed_at >= since {
        ShiftNews::Changed
    } else {
        ShiftNews::Known
    }
}

/// Whether the caller is written to about their shifts.
pub async fn roster_mail(desk: &Desk, caller: &AgentCaller) -> Result<RosterMail, Error> {
    caller.require(Permission::WorkRequests)?;
    let id = caller.id;
    let row = desk.store().read(move |rd| person::find(rd, id)).await?;
    Ok(RosterMail { enabled: row.is_none_or(|row| row.mail), possible: desk.settings().mail })
}

/// Decides whether the caller is written to about their shifts.
pub async fn change_roster_mail(
    desk: &Desk,
    caller: &AgentCaller,
    enabled: bool,
) -> Result<RosterMail, Error> {
    caller.require(Permission::WorkRequests)?;
    let (id, now) = (caller.id, desk.now());
    let written = desk.store().write(Lane::Ordinary, id.0, move |tx| {
        take_turns(tx, vec![id], now)?;
        let mut row = person::find(tx, id)?.ok_or(Error::Inconsistent("a person without a row"))?;
        row.mail = enabled;
        person::save(tx, &row).map_err(Error::from)
    });
    written.await?;
    Ok(RosterMail { enabled, possible: desk.settings().mail })
}
