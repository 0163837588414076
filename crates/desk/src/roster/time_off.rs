//! Wishes for time off: somebody asks, a lead decides.

use std::time::Duration;

use serde::Serialize;
use standfast_domain::roster::{Person, Rule, Step, TimeOff, TimeOffState, Violation, violations};
use standfast_domain::{AgentId, Permission, ShiftId, Time, TimeOffId};
use standfast_store::shift::{self, ShiftRow};
use standfast_store::time_off::{self as offs, TimeOffRow};
use standfast_store::{Lane, Rd};
use utoipa::ToSchema;

use super::notice::tell;
use super::{Decision, broken_without, known_one, pure, pure_off, reason, take_turns, words};
use crate::{AgentCaller, Desk, Error};

/// The longest that one wish may last, and how far ahead it may begin.
const LONGEST: Duration = Duration::from_hours(24 * 366);
/// How long ago a wish may be over and still be listed.
const LISTED: Duration = Duration::from_hours(24 * 90);
/// Most wishes that are listed.
const MOST: i64 = 500;

/// A wish for time off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeOffWish {
    /// For whom: for oneself where nobody is named. Whoever plans may enter it for others, and it is agreed with that.
    pub agent: Option<AgentId>,
    /// From when.
    pub starts_at: Time,
    /// Until when.
    pub ends_at: Time,
    /// What those are to know who decide; may be empty.
    pub note: String,
    /// Of what is entered for somebody whose shifts lie in it: why.
    pub reason: Option<String>,
}

/// A step of somebody about a wish for time off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeOffStep {
    /// Which one.
    pub step: Step,
    /// The version that was seen.
    pub version: i64,
    /// Of an approval: whether the shifts of that time become open.
    pub release: bool,
    /// Of an approval that breaks rules, as one that leaves shifts in that time does: why.
    pub reason: Option<String>,
}

/// A wish for time off, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TimeOffView {
    /// Id.
    #[schema(value_type = String)]
    pub id: TimeOffId,
    /// Whose.
    #[schema(value_type = String)]
    pub agent_id: AgentId,
    /// From when.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Time,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Time,
    /// What they say about it.
    pub note: String,
    /// What became of it.
    pub state: TimeOffState,
    /// Goes up with every step. Whoever takes one says which version they have seen.
    pub version: i64,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub asked_at: Time,
    /// Published shifts of theirs that lie in it.
    #[schema(value_type = Vec<String>)]
    pub shifts: Vec<ShiftId>,
}

/// Somebody's published shifts that go on between two times.
fn shifts_in(rd: &mut Rd, row: &TimeOffRow) -> Result<Vec<ShiftRow>, Error> {
    let mut shifts = shift::list_of(rd, row.agent_id, row.starts_at, row.ends_at)?;
    shifts.retain(|shift| shift.published_at.is_some());
    Ok(shifts)
}

fn view(rd: &mut Rd, row: TimeOffRow) -> Result<TimeOffView, Error> {
    Ok(TimeOffView {
        shifts: shifts_in(rd, &row)?.iter().map(|shift| shift.id).collect(),
        id: row.id,
        agent_id: row.agent_id,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        note: row.note,
        state: row.state,
        version: row.version,
        asked_at: row.asked_at,
    })
}

/// Asks for time off; or enters it for somebody else, which agrees to it. Their shifts in it stay until somebody sees to them, and
/// break a rule: for that there is a reason.
pub async fn ask_time_off(
    desk: &Desk,
    caller: &AgentCaller,
    wish: TimeOffWish,
) -> Result<TimeOffView, Error> {
    caller.require(Permission::WorkRequests)?;
    let others = wish.agent.filter(|agent| *agent != caller.id);
    if others.is_some() {
        caller.require(Permission::ManageRoster)?;
    }
    let (now, by, why, exception) = (desk.now(), caller.id, reason(wish.reason.as_deref())?, desk.id());
    if wish.ends_at <= wish.starts_at {
        return Err(Error::invalid("ends_at", "before_start"));
    }
    let is_far = wish.ends_at.since(wish.starts_at) > LONGEST || wish.starts_at > now.plus(LONGEST);
    if wish.ends_at <= now || is_far {
        return Err(Error::invalid("ends_at", "out_of_range"));
    }
    let row = TimeOffRow {
        id: TimeOffId(desk.id()),
        agent_id: others.unwrap_or(by),
        starts_at: wish.starts_at,
        ends_at: wish.ends_at,
        note: words("note", &wish.note)?,
        state: if others.is_some() { TimeOffState::Approved } else { TimeOffState::Asked },
        version: 1,
        asked_at: now,
        decided_at: others.map(|_| now),
        decided_by: others.map(|_| by),
    };
    let written = desk.store().write(Lane::Ordinary, row.id.0, move |tx| {
        let person = known_one(tx, row.agent_id)?.person;
        take_turns(tx, vec![row.agent_id], now)?;
        let wishes = offs::list_of(tx, row.agent_id, row.starts_at, MOST)?;
        let is_open = |state| matches!(state, TimeOffState::Asked | TimeOffState::Approved);
        if wishes.iter().any(|other| is_open(other.state) && other.starts_at < row.ends_at) {
            return Err(Error::invalid("starts_at", "overlap"));
        }
        if row.state == TimeOffState::Approved {
            let mut shifts = shifts_in(tx, &row)?;
            shifts.retain(|shift| shift.ends_at > now);
            let broken = in_time_off(&person, &shifts, pure_off(&row));
            Decision { id: exception, at: now, by, reason: why.as_deref() }.permit(tx, broken)?;
        }
        offs::insert(tx, &row)?;
        view(tx, row.clone())
    });
    written.await
}

/// Wishes for time off: those that are to be decided on for whoever plans, and one's own.
pub async fn list_time_off(desk: &Desk, caller: &AgentCaller) -> Result<Vec<TimeOffView>, Error> {
    caller.require(Permission::ReadRequests)?;
    let (caller, now) = (caller.clone(), desk.now());
    desk.store()
        .read(move |rd| {
            let mut rows = offs::list_of(rd, caller.id, now.minus(LISTED), MOST)?;
            if caller.role.may(Permission::ManageRoster) {
                let asked = offs::list_asked(rd, now, MOST)?;
                rows.extend(asked.into_iter().filter(|row| row.agent_id != caller.id));
            }
            rows.into_iter().map(|row| view(rd, row)).collect()
        })
        .await
}

/// Takes a step about a wish for time off: a lead approves or declines, whoever asked withdraws, also what was approved.
pub async fn step_time_off(
    desk: &Desk,
    caller: &AgentCaller,
    id: TimeOffId,
    step: TimeOffStep,
) -> Result<TimeOffView, Error> {
    caller.require(Permission::WorkRequests)?;
    let (caller, now, why) = (caller.clone(), desk.now(), reason(step.reason.as_deref())?);
    let (exception, telling) = (desk.id(), desk.clone());
    let written = desk.store().write(Lane::Ordinary, id.0, move |tx| {
        let plans = caller.role.may(Permission::ManageRoster);
        let known = offs::find(tx, id)?.filter(|row| plans || row.agent_id == caller.id);
        let mut row = known.ok_or(Error::NotFound)?;
        let may = match step.step {
            Step::Withdraw => true,
            _ => plans,
        };
        if !may {
            return Err(Error::Forbidden);
        }
        if row.version != step.version {
            return Err(Error::OutdatedVersion { version: row.version });
        }
        // What was asked for in vain can still be ended, and what was agreed stays as it was.
        let is_late = row.ends_at <= now && (step.step == Step::Approve || row.state != TimeOffState::Asked);
        let state = row.state.after(step.step).filter(|_| !is_late);
        row.state = state.ok_or(Error::invalid("step", "out_of_range"))?;
        (row.version, row.decided_at, row.decided_by) = (row.version + 1, Some(now), Some(caller.id));
        take_turns(tx, vec![row.agent_id], now)?;
        if step.step == Step::Approve {
            let mut shifts = shifts_in(tx, &row)?;
            shifts.retain(|shift| shift.ends_at > now);
            let decision = Decision { id: exception, at: now, by: caller.id, reason: why.as_deref() };
            if step.release {
                let broken = broken_without(tx, row.agent_id, &shifts)?;
                decision.permit(tx, broken)?;
                for shift in shifts {
                    let version = shift.version + 1;
                    let open =
                        ShiftRow { agent_id: None, version, changed_at: now, changed_by: caller.id, ..shift };
                    if !shift::save(tx, &open)? {
                        return Err(Error::ChangedMeanwhile);
                    }
                }
                tell(&telling, tx, [row.agent_id], now)?;
            } else {
                let Ok(known) = known_one(tx, row.agent_id) else { return Err(Error::NotFound) };
                let broken = in_time_off(&known.person, &shifts, pure_off(&row));
                decision.permit(tx, broken)?;
            }
        }
        if !offs::save(tx, &row)? {
            return Err(Error::ChangedMeanwhile);
        }
        view(tx, row)
    });
    written.await
}

/// The shifts that would lie in time off, as broken rules.
fn in_time_off(person: &Person, shifts: &[ShiftRow], off: TimeOff) -> Vec<Violation> {
    let shifts: Vec<_> = shifts.iter().map(pure).collect();
    let mut broken = violations(&Person { contract: None, ..person.clone() }, &shifts, &[off]);
    broken.retain(|one| one.rule == Rule::TimeOff);
    broken
}
