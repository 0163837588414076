//! Drafts, publishing them, and changes of what was published.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use standfast_domain::roster::{Need, Violation};
use standfast_domain::{AgentId, Permission, ShiftId, Time};
use standfast_store::shift::{self, ShiftRow};
use standfast_store::{Lane, Rd, Tx};
use utoipa::ToSchema;

use super::notice::tell;
use super::{
    Decision, ShiftView, broken_without, check_range, known, known_one, newly_broken, pure, reason,
    take_turns,
};
use crate::{AgentCaller, Desk, Error};

/// Most shifts that one call makes.
const MOST: usize = 5_000;

/// A shift as whoever plans enters it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShiftWish {
    /// Who works; nobody yet where it is open.
    pub agent: Option<AgentId>,
    /// When it begins.
    pub starts_at: Time,
    /// When it is over.
    pub ends_at: Time,
    /// For what it is.
    pub need: Need,
}

impl ShiftWish {
    /// A draft of it.
    fn draft(self, id: ShiftId, by: AgentId, now: Time) -> Result<ShiftRow, Error> {
        let row = ShiftRow {
            id,
            agent_id: self.agent,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            language: self.need.language,
            skill: self.need.skill,
            version: 1,
            published_at: None,
            removed_at: None,
            changed_at: now,
            changed_by: by,
        };
        pure(&row).check()?;
        // What is over was as it was.
        if row.ends_at <= now { Err(Error::invalid("ends_at", "out_of_range")) } else { Ok(row) }
    }
}

fn drafts(desk: &Desk, caller: &AgentCaller, wishes: Vec<ShiftWish>) -> Result<Vec<ShiftRow>, Error> {
    if wishes.len() > MOST {
        return Err(Error::invalid("shifts", "too_many"));
    }
    let now = desk.now();
    wishes.into_iter().map(|wish| wish.draft(ShiftId(desk.id()), caller.id, now)).collect()
}

fn insert(tx: &mut Tx, rows: &[ShiftRow], now: Time) -> Result<(), Error> {
    let agents: Vec<AgentId> = rows.iter().filter_map(|row| row.agent_id).collect();
    all_known(tx, &agents)?;
    take_turns(tx, agents.clone(), now)?;
    // Somebody may have stopped answering meanwhile, and has no shifts from then on, drafts neither.
    all_known(tx, &agents)?;
    for row in rows {
        shift::insert(tx, row)?;
    }
    Ok(())
}

fn all_known(rd: &mut Rd, agents: &[AgentId]) -> Result<(), Error> {
    let people: BTreeSet<AgentId> = known(rd)?.into_iter().map(|known| known.person.id).collect();
    let are_known = agents.iter().all(|agent| people.contains(agent));
    if are_known { Ok(()) } else { Err(Error::invalid("agent_id", "unknown")) }
}

/// Adds drafts. They may break every rule: nobody goes by them.
pub async fn add_shifts(
    desk: &Desk,
    caller: &AgentCaller,
    wishes: Vec<ShiftWish>,
) -> Result<Vec<ShiftView>, Error> {
    caller.require(Permission::ManageRoster)?;
    let rows = drafts(desk, caller, wishes)?;
    let (added, now) = (rows.iter().map(ShiftView::from).collect(), desk.now());
    desk.store().write(Lane::Ordinary, 0, move |tx| insert(tx, &rows, now)).await?;
    Ok(added)
}

/// Puts drafts in place of all that begin between two times.
pub async fn replace_drafts(
    desk: &Desk,
    caller: &AgentCaller,
    (from, until): (Time, Time),
    wishes: Vec<ShiftWish>,
) -> Result<Vec<ShiftView>, Error> {
    caller.require(Permission::ManageRoster)?;
    check_range(from, until)?;
    if wishes.iter().any(|wish| wish.starts_at < from || wish.starts_at >= until) {
        return Err(Error::invalid("starts_at", "out_of_range"));
    }
    let rows = drafts(desk, caller, wishes)?;
    let (added, now) = (rows.iter().map(ShiftView::from).collect(), desk.now());
    let written = desk.store().write(Lane::Ordinary, 0, move |tx| {
        shift::delete_drafts(tx, from, until)?;
        insert(tx, &rows, now)
    });
    written.await?;
    Ok(added)
}

/// The shift as the caller has seen it, if it can still be changed.
fn seen(rd: &mut Rd, id: ShiftId, version: i64, now: Time) -> Result<ShiftRow, Error> {
    let row = shift::find(rd, id)?.filter(|row| row.removed_at.is_none()).ok_or(Error::NotFound)?;
    if row.version != version {
        return Err(Error::OutdatedVersion { version: row.version });
    }
    if row.published_at.is_some() && row.ends_at <= now {
        return Err(Error::invalid("ends_at", "out_of_range"));
    }
    Ok(row)
}

/// Makes a shift what the wish says. Of one that was published the change holds at once, and so it may break no rule that is not
/// broken already, unless there is a reason.
pub async fn change_shift(
    desk: &Desk,
    caller: &AgentCaller,
    id: ShiftId,
    version: i64,
    wish: ShiftWish,
    why: Option<&str>,
) -> Result<ShiftView, Error> {
    caller.require(Permission::ManageRoster)?;
    let (now, by, why, exception) = (desk.now(), caller.id, reason(why)?, desk.id());
    let row = wish.draft(id, by, now)?;
    let telling = desk.clone();
    let written = desk.store().write(Lane::Ordinary, id.0, move |tx| {
        let before = seen(tx, id, version, now)?;
        let after = ShiftRow { version: version + 1, published_at: before.published_at, ..row.clone() };
        after.agent_id.map(|agent| known_one(tx, agent)).transpose()?;
        take_turns(tx, before.agent_id.into_iter().chain(after.agent_id).collect(), now)?;
        // Again: somebody may have stopped answering meanwhile.
        let person = after.agent_id.map(|agent| known_one(tx, agent)).transpose()?;
        if after.published_at.is_some() {
            let (put, taken) = (std::slice::from_ref(&after), std::slice::from_ref(&before));
            let mut broken = match &person {
                Some(known) => newly_broken(tx, &known.person, put, taken)?,
                None => Vec::new(),
            };
            if let Some(loser) = before.agent_id.filter(|agent| after.agent_id != Some(*agent)) {
                broken.extend(broken_without(tx, loser, taken)?);
            }
            Decision { id: exception, at: now, by, reason: why.as_deref() }.permit(tx, broken)?;
        }
        if !shift::save(tx, &after)? {
            return Err(Error::ChangedMeanwhile);
        }
        if after.published_at.is_some() {
            let concerned: BTreeSet<AgentId> = before.agent_id.into_iter().chain(after.agent_id).collect();
            tell(&telling, tx, concerned, now)?;
        }
        Ok(after)
    });
    Ok(ShiftView::from(&written.await?))
}

/// Takes a shift away; one that was published is called off. Without it a rest may be too short between those around it: then there
/// is a reason.
pub async fn remove_shift(
    desk: &Desk,
    caller: &AgentCaller,
    id: ShiftId,
    version: i64,
    why: Option<&str>,
) -> Result<(), Error> {
    caller.require(Permission::ManageRoster)?;
    let (now, by, why, exception, telling) = (desk.now(), caller.id, reason(why)?, desk.id(), desk.clone());
    let written = desk.store().write(Lane::Ordinary, id.0, move |tx| {
        let row = seen(tx, id, version, now)?;
        let is_gone = if row.published_at.is_none() {
            shift::delete_draft(tx, id, version)?
        } else {
            take_turns(tx, row.agent_id.into_iter().collect(), now)?;
            if let Some(loser) = row.agent_id {
                let broken = broken_without(tx, loser, std::slice::from_ref(&row))?;
                Decision { id: exception, at: now, by, reason: why.as_deref() }.permit(tx, broken)?;
            }
            tell(&telling, tx, row.agent_id, now)?;
            let gone = ShiftRow {
                version: version + 1,
                removed_at: Some(now),
                changed_at: now,
                changed_by: by,
                ..row
            };
            shift::save(tx, &gone)?
        };
        if is_gone { Ok(()) } else { Err(Error::ChangedMeanwhile) }
    });
    written.await
}

/// What publishing came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Published {
    /// How many shifts everybody sees now that were drafts.
    pub count: usize,
    /// The rules that they break, for the reason that was given.
    pub violations: Vec<Violation>,
}

/// Publishes the drafts that begin between two times, all or none. Those that are over already stay drafts.
///
/// Refused with [`Error::AgainstRules`] where they break rules that were not broken before, unless there is a reason; where somebody
/// would be in two places at a time no reason is good enough.
pub async fn publish_shifts(
    desk: &Desk,
    caller: &AgentCaller,
    (from, until): (Time, Time),
    why: Option<&str>,
) -> Result<Published, Error> {
    caller.require(Permission::ManageRoster)?;
    check_range(from, until)?;
    let (now, by, why, exception) = (desk.now(), caller.id, reason(why)?, desk.id());
    let telling = desk.clone();
    let written = desk.store().write(Lane::Ordinary, 0, move |tx| {
        let agents: Vec<AgentId> =
            open_drafts(tx, from, until, now)?.iter().filter_map(|row| row.agent_id).collect();
        take_turns(tx, agents.clone(), now)?;
        let mut rows = open_drafts(tx, from, until, now)?;
        if rows.iter().filter_map(|row| row.agent_id).any(|agent| !agents.contains(&agent)) {
            return Err(Error::ChangedMeanwhile);
        }
        for row in &mut rows {
            (row.version, row.published_at) = (row.version + 1, Some(now));
            (row.changed_at, row.changed_by) = (now, by);
        }
        let mut of: BTreeMap<AgentId, Vec<ShiftRow>> = BTreeMap::new();
        for row in &rows {
            if let Some(agent) = row.agent_id {
                of.entry(agent).or_default().push(row.clone());
            }
        }
        let mut broken = Vec::new();
        for (agent, put) in of {
            let known = known_one(tx, agent)?;
            broken.extend(newly_broken(tx, &known.person, &put, &[])?);
        }
        let decision = Decision { id: exception, at: now, by, reason: why.as_deref() };
        let violations = decision.permit(tx, broken)?;
        for row in &rows {
            if !shift::save(tx, row)? {
                return Err(Error::ChangedMeanwhile);
            }
        }
        tell(&telling, tx, agents.into_iter().collect::<BTreeSet<_>>(), now)?;
        Ok(Published { count: rows.len(), violations })
    });
    written.await
}

/// Makes open what somebody has who is to answer no more: shifts that are not over, also drafts.
pub(crate) fn open_shifts_of(tx: &mut Tx, agent: AgentId, by: AgentId, now: Time) -> Result<(), Error> {
    take_turns(tx, vec![agent], now)?;
    for row in shift::list_of(tx, agent, now, Time(i64::MAX))? {
        let version = row.version + 1;
        let open = ShiftRow { agent_id: None, version, changed_at: now, changed_by: by, ..row };
        if !shift::save(tx, &open)? {
            return Err(Error::ChangedMeanwhile);
        }
    }
    Ok(())
}

fn open_drafts(rd: &mut Rd, from: Time, until: Time, now: Time) -> Result<Vec<ShiftRow>, Error> {
    let mut rows = shift::list_between(rd, from, until)?;
    rows.retain(|row| row.published_at.is_none() && row.starts_at >= from && row.ends_at > now);
    Ok(rows)
}
