//! Wishes to hand over a shift, to exchange two, or to take an open one: whoever has it asks, a colleague says yes, a lead agrees.
//! The rules are looked at with each of these steps, because what was possible when somebody asked may not be any more.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;
use standfast_domain::roster::{Step, SwapState, Violation};
use standfast_domain::{AgentId, Permission, ShiftId, SwapId, Time};
use standfast_store::shift::{self, ShiftRow};
use standfast_store::swap::{self as swaps, SwapRow};
use standfast_store::{Lane, Rd, Tx};
use utoipa::ToSchema;

use super::notice::tell;
use super::{Decision, ShiftView, broken_without, known_one, newly_broken, reason, take_turns};
use crate::{AgentCaller, Desk, Error};

/// How long ago a wish may have been asked for and still be listed when it is decided.
const LISTED: Duration = Duration::from_hours(24 * 30);
/// Most wishes that are listed.
const MOST: i64 = 500;

/// A wish about a shift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwapWish {
    /// The shift: one's own, which is to be handed over, or an open one, which is to be taken. And its version that was seen.
    pub shift: (ShiftId, i64),
    /// Who is to work; nobody in particular where none is named.
    pub to: Option<AgentId>,
    /// A shift of theirs that is taken in return.
    pub in_return: Option<(ShiftId, i64)>,
}

/// A step of somebody about a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwapStep {
    /// Which one.
    pub step: Step,
    /// The version that was seen.
    pub version: i64,
    /// Of an approval that breaks rules: why.
    pub reason: Option<String>,
}

/// A wish about a shift, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SwapView {
    /// Id.
    #[schema(value_type = String)]
    pub id: SwapId,
    /// Who asks.
    #[schema(value_type = String)]
    pub agent_id: AgentId,
    /// Who is to work; null for whoever says yes first.
    #[schema(value_type = Option<String>)]
    pub to_agent_id: Option<AgentId>,
    /// The shift, as it is now.
    pub shift: ShiftView,
    /// The shift that is taken in return.
    pub in_return: Option<ShiftView>,
    /// What became of it.
    pub state: SwapState,
    /// Goes up with every step. Whoever takes one says which version they have seen.
    pub version: i64,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub asked_at: Time,
    /// Rules that would be broken by it, for those who plan.
    pub violations: Vec<Violation>,
}

/// The shifts of a wish as they are now, and whether they are still those that it was about.
struct Stake {
    shift: ShiftRow,
    in_return: Option<ShiftRow>,
    is_there: bool,
}

fn stake(rd: &mut Rd, swap: &SwapRow, now: Time) -> Result<Stake, Error> {
    let missing = Error::Inconsistent("a swap without a shift");
    let shift = shift::find(rd, swap.shift_id)?.ok_or(missing)?;
    let in_return = swap.return_shift_id.map(|id| shift::find(rd, id)).transpose()?.flatten();
    let holds = |row: &ShiftRow, version: i64| {
        row.version == version && row.removed_at.is_none() && row.starts_at > now
    };
    let is_there = holds(&shift, swap.shift_version)
        && match (&in_return, swap.return_version) {
            (Some(row), Some(version)) => holds(row, version),
            (None, None) => true,
            _ => false,
        };
    Ok(Stake { shift, in_return, is_there })
}

impl Stake {
    /// Which rules would be broken once it has changed hands: by the one who is to work, and by the one who had the shift.
    fn broken(&self, rd: &mut Rd, to: AgentId) -> Result<[Vec<Violation>; 2], Error> {
        let (given, taken) = self.handed(to);
        let person = known_one(rd, to)?.person;
        let first = newly_broken(rd, &person, std::slice::from_ref(&given), self.in_return.as_slice())?;
        let lost = std::slice::from_ref(&self.shift);
        let second = match (taken, self.shift.agent_id) {
            (Some(taken), Some(by)) => {
                let person = known_one(rd, by)?.person;
                newly_broken(rd, &person, std::slice::from_ref(&taken), lost)?
            }
            (None, Some(by)) => broken_without(rd, by, lost)?,
            (_, None) => Vec::new(),
        };
        Ok([first, second])
    }

    /// The shifts with the hands changed.
    fn handed(&self, to: AgentId) -> (ShiftRow, Option<ShiftRow>) {
        let given = ShiftRow { agent_id: Some(to), ..self.shift.clone() };
        let taken = self.in_return.clone().map(|row| ShiftRow { agent_id: self.shift.agent_id, ..row });
        (given, taken)
    }
}

fn view(rd: &mut Rd, row: &SwapRow, plans: bool, now: Time) -> Result<SwapView, Error> {
    let shifts = stake(rd, row, now)?;
    let mut state = row.state;
    if state.is_open() && !shifts.is_there {
        state = SwapState::Lapsed;
    }
    let asks = row.to_agent_id.filter(|_| plans && state.is_open());
    let broken = match asks.map(|to| shifts.broken(rd, to)).transpose() {
        // Somebody who cannot be rostered any more breaks no rule: the step says so.
        Err(Error::Invalid { .. }) => None,
        other => other?,
    };
    Ok(SwapView {
        violations: broken.map(|both| both.concat()).unwrap_or_default(),
        id: row.id,
        agent_id: row.agent_id,
        to_agent_id: row.to_agent_id,
        shift: ShiftView::from(&shifts.shift),
        in_return: shifts.in_return.as_ref().map(ShiftView::from),
        state,
        version: row.version,
        asked_at: row.asked_at,
    })
}

/// The published shift as it was seen, before it begins.
fn ahead(rd: &mut Rd, (id, version): (ShiftId, i64), now: Time) -> Result<ShiftRow, Error> {
    let there = |row: &ShiftRow| row.published_at.is_some() && row.removed_at.is_none();
    let row = shift::find(rd, id)?.filter(there).ok_or(Error::invalid("shift_id", "unknown"))?;
    if row.version != version {
        return Err(Error::OutdatedVersion { version: row.version });
    }
    if row.starts_at <= now { Err(Error::invalid("shift_id", "out_of_range")) } else { Ok(row) }
}

/// Asks that a shift of one's own is taken by somebody, or to take an open one. The rules of those who are named must allow it.
pub async fn ask_swap(desk: &Desk, caller: &AgentCaller, wish: SwapWish) -> Result<SwapView, Error> {
    caller.require(Permission::WorkRequests)?;
    let (caller, now, id) = (caller.clone(), desk.now(), SwapId(desk.id()));
    let written = desk.store().write(Lane::Ordinary, id.0, move |tx| {
        let shift = ahead(tx, wish.shift, now)?;
        let in_return = wish.in_return.map(|seen| ahead(tx, seen, now)).transpose()?;
        let to = match shift.agent_id {
            // An open one: whoever asks takes it.
            None if in_return.is_none() => Some(caller.id),
            Some(agent) if agent == caller.id => wish.to,
            _ => return Err(Error::Forbidden),
        };
        if shift.agent_id.is_some() && to == Some(caller.id) {
            return Err(Error::invalid("to_agent_id", "own"));
        }
        if in_return.as_ref().is_some_and(|row| row.agent_id != to || to.is_none()) {
            return Err(Error::invalid("return_shift_id", "unknown"));
        }
        take_turns(tx, [Some(caller.id), to].into_iter().flatten().collect(), now)?;
        let is_same = |other: &SwapRow| other.shift_id == shift.id && other.agent_id == caller.id;
        if swaps::list_open(tx, now, MOST)?.iter().any(is_same) {
            return Err(Error::invalid("shift_id", "asked"));
        }
        let state = if shift.agent_id.is_none() { SwapState::Accepted } else { SwapState::Asked };
        let row = SwapRow {
            id,
            agent_id: caller.id,
            shift_id: shift.id,
            shift_version: shift.version,
            to_agent_id: to,
            return_shift_id: in_return.as_ref().map(|row| row.id),
            return_version: in_return.as_ref().map(|row| row.version),
            state,
            version: 1,
            asked_at: now,
            decided_at: None,
            decided_by: None,
        };
        if let Some(to) = to {
            possible(tx, &row, to, caller.id, now)?;
        }
        swaps::insert(tx, &row)?;
        view(tx, &row, caller.role.may(Permission::ManageRoster), now)
    });
    written.await
}

/// Refuses what breaks rules: those who ask and accept cannot say why that would be right. What was agreed with the other one is
/// not told: only that it cannot be.
fn possible(rd: &mut Rd, swap: &SwapRow, to: AgentId, caller: AgentId, now: Time) -> Result<(), Error> {
    let [first, second] = stake(rd, swap, now)?.broken(rd, to)?;
    let (own, other) = if to == caller { (first, second) } else { (second, first) };
    if !own.is_empty() {
        return Err(Error::AgainstRules(own));
    }
    if other.is_empty() { Ok(()) } else { Err(Error::invalid("to_agent_id", "against_rules")) }
}

/// Wishes about shifts: all on which somebody is to decide for those who plan; one's own, those that one is asked about, and those
/// that anybody may take, for everybody.
pub async fn list_swaps(desk: &Desk, caller: &AgentCaller) -> Result<Vec<SwapView>, Error> {
    caller.require(Permission::ReadRequests)?;
    let (caller, now) = (caller.clone(), desk.now());
    desk.store()
        .read(move |rd| {
            let plans = caller.role.may(Permission::ManageRoster);
            let mut rows = swaps::list_open(rd, now, MOST)?;
            let concerns =
                |row: &SwapRow| row.agent_id == caller.id || row.to_agent_id.is_none_or(|to| to == caller.id);
            rows.retain(|row| plans || concerns(row));
            // What is decided, or lapsed, is told to those whom it concerns.
            let mut own = swaps::list_of(rd, caller.id, now.minus(LISTED), MOST)?;
            own.retain(|row| rows.iter().all(|open| open.id != row.id));
            rows.extend(own);
            rows.into_iter().map(|row| view(rd, &row, plans, now)).collect()
        })
        .await
}

/// Takes a step about a wish: a colleague accepts or declines, a lead approves or declines, whoever asked withdraws. What was asked
/// for and is not there any more lapses, whatever the step.
pub async fn step_swap(
    desk: &Desk,
    caller: &AgentCaller,
    id: SwapId,
    step: SwapStep,
) -> Result<SwapView, Error> {
    caller.require(Permission::WorkRequests)?;
    let (caller, now, why) = (caller.clone(), desk.now(), reason(step.reason.as_deref())?);
    let (exception, telling) = (desk.id(), desk.clone());
    let written = desk.store().write(Lane::Ordinary, id.0, move |tx| {
        let plans = caller.role.may(Permission::ManageRoster);
        let mut row = swaps::find(tx, id)?.ok_or(Error::NotFound)?;
        may_step(&row, &caller, step.step)?;
        if row.version != step.version {
            return Err(Error::OutdatedVersion { version: row.version });
        }
        let next = row.state.after(step.step).ok_or(Error::invalid("step", "out_of_range"))?;
        if step.step == Step::Accept {
            row.to_agent_id = Some(caller.id);
        }
        take_turns(tx, [Some(row.agent_id), row.to_agent_id].into_iter().flatten().collect(), now)?;
        let stake = stake(tx, &row, now)?;
        row.state = if stake.is_there { next } else { SwapState::Lapsed };
        (row.version, row.decided_at, row.decided_by) = (row.version + 1, Some(now), Some(caller.id));
        match (row.state, row.to_agent_id) {
            (SwapState::Accepted, Some(to)) => possible(tx, &row, to, caller.id, now)?,
            (SwapState::Approved, Some(to)) => {
                let broken = stake.broken(tx, to)?.concat();
                let decision = Decision { id: exception, at: now, by: caller.id, reason: why.as_deref() };
                decision.permit(tx, broken)?;
                hand_over(tx, &stake, to, caller.id, now)?;
                tell(&telling, tx, BTreeSet::from([row.agent_id, to]), now)?;
            }
            _ => {}
        }
        if !swaps::save(tx, &row)? {
            return Err(Error::ChangedMeanwhile);
        }
        view(tx, &row, plans, now)
    });
    written.await
}

/// Refuses a step that is somebody else's; to whom the wish is nothing at all, it is not there.
fn may_step(row: &SwapRow, caller: &AgentCaller, step: Step) -> Result<(), Error> {
    let plans = caller.role.may(Permission::ManageRoster);
    let (asked, is_asked) = (row.agent_id == caller.id, row.to_agent_id == Some(caller.id));
    let anybody = row.to_agent_id.is_none() && !asked;
    if !(plans || asked || is_asked || anybody) {
        return Err(Error::NotFound);
    }
    let may = match step {
        Step::Accept => anybody || is_asked && !asked,
        Step::Approve => plans,
        Step::Decline => plans || is_asked && !asked,
        Step::Withdraw => asked,
    };
    if may { Ok(()) } else { Err(Error::Forbidden) }
}

/// The shifts change hands.
fn hand_over(tx: &mut Tx, stake: &Stake, to: AgentId, by: AgentId, now: Time) -> Result<(), Error> {
    let (given, taken) = stake.handed(to);
    for row in [Some(given), taken].into_iter().flatten() {
        let row = ShiftRow { version: row.version + 1, changed_at: now, changed_by: by, ..row };
        if !shift::save(tx, &row)? {
            return Err(Error::ChangedMeanwhile);
        }
    }
    Ok(())
}
