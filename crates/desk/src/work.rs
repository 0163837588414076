//! What agents do with a request besides answering it: assign, retype, tag, move on, merge.

use standfast_domain::{
    Actor, AgentId, Author, Event, JobId, Permission, RequestId, RequestNumber, RequestType, State, TeamId,
    Time, Transition, Turn, Urgency, request_type,
};
use standfast_store::job::{self, NewJob};
use standfast_store::request::RequestRow;
use standfast_store::{Lane, Tx, agent, answer_mail, false_claim, label, promise, request};

use crate::feedback::{Claim, claim, withdraw};
use crate::record::Record;
use crate::triage::{is_ahead, let_next_ahead};
use crate::{AgentCaller, Desk, Error};

/// A solved request ends when nobody has written for this long.
const CLOSE_AFTER: std::time::Duration = std::time::Duration::from_hours(24 * 7);
/// Most tags of a request.
const MOST_TAGS: usize = 20;

/// Who is to look after a request; what is `None` stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// An agent, or nobody.
    pub agent: Option<Option<AgentId>>,
    /// A team, or none.
    pub team: Option<Option<TeamId>>,
}

/// Runs a change of one request in a unit: hold it, change it, save it. Gives its row as it was committed.
pub(crate) async fn change(
    desk: &Desk,
    caller: &AgentCaller,
    id: RequestId,
    decide: impl Fn(&mut Tx, &Desk, &mut Record, Author, Time) -> Result<(), Error> + Send + Sync + 'static,
) -> Result<RequestRow, Error> {
    caller.require(Permission::WorkRequests)?;
    let (unit_desk, author, now) = (desk.clone(), Author::Agent(caller.id), desk.now());
    desk.store()
        .write(Lane::Ordinary, id.0, move |tx| {
            let mut record = Record::lock(tx, id)?;
            let was_ahead = is_ahead(&record.row);
            decide(tx, &unit_desk, &mut record, author, now)?;
            let row = record.save(tx, unit_desk.keys(), now)?;
            if was_ahead {
                let_next_ahead(tx, &unit_desk, &row, now)?;
            }
            Ok(row)
        })
        .await
}

/// Gives a request to an agent, a team, or nobody.
pub async fn assign(desk: &Desk, caller: &AgentCaller, id: RequestId, to: Assignment) -> Result<(), Error> {
    change(desk, caller, id, move |tx, desk, record, author, now| {
        if let Some(Some(agent_id)) = to.agent {
            let known = agent::find(tx, agent_id)?.filter(|a| a.disabled_at.is_none());
            if known.is_none_or(|a| !a.role.may(Permission::WorkRequests)) {
                return Err(Error::invalid("agent_id", "unknown"));
            }
        }
        if let Some(Some(team_id)) = to.team
            && !agent::list_teams(tx)?.iter().any(|(id, _)| *id == team_id)
        {
            return Err(Error::invalid("team_id", "unknown"));
        }
        let before = (record.row.assignee_id, record.row.team_id);
        if let Some(Some(agent_id)) = to.agent
            && !record.row.at_risk
            && before.0 != Some(agent_id)
            && desk.surge().is_reserved(agent_id)
        {
            return Err(Error::invalid("agent_id", "reserved"));
        }
        record.row.assignee_id = to.agent.unwrap_or(before.0);
        record.row.team_id = to.team.unwrap_or(before.1);
        if before == (record.row.assignee_id, record.row.team_id) {
            return Ok(());
        }
        let event = Event::Assigned { agent_id: record.row.assignee_id, team_id: record.row.team_id };
        record.tell(desk.entropy(), now, author, event).map(drop)
    })
    .await
    .map(drop)
}

/// Corrects or confirms the type: both settle it, and are labels to learn from. Urgency follows; a request once marked as
/// at risk stays so.
pub async fn retype(desk: &Desk, caller: &AgentCaller, id: RequestId, code: &str) -> Result<(), Error> {
    let kind = request_type(code).ok_or(Error::invalid("type", "unknown"))?;
    let by = caller.id;
    change(desk, caller, id, move |tx, desk, record, author, now| {
        label::put(tx, id, kind.code, by, now)?;
        let was_at_risk = record.row.at_risk;
        enter_type(desk, record, kind, author, now)?;
        if record.row.at_risk && !was_at_risk {
            false_claim::take_back(tx, id, by, now)?;
        }
        Ok(())
    })
    .await
    .map(drop)
}

/// Gives a request a type, and says so in its record unless it has it already.
pub(crate) fn enter_type(
    desk: &Desk,
    record: &mut Record,
    kind: &RequestType,
    author: Author,
    now: Time,
) -> Result<(), Error> {
    if record.row.kind == kind.code {
        return Ok(());
    }
    let from = std::mem::replace(&mut record.row.kind, kind.code.to_owned());
    record.row.at_risk |= kind.at_risk;
    record.row.urgency = match record.row.turn() {
        // Who is doubted is so until a person puts it first: another type is no word about the claim.
        Turn::Doubted => record.row.urgency,
        Turn::AtRisk => record.row.urgency.min(kind.urgency),
        Turn::Ordinary => kind.urgency,
    };
    record.tell(desk.entropy(), now, author, Event::Retyped { from, to: kind.code.to_owned() }).map(drop)
}

/// Adds and removes tags.
pub async fn tag(
    desk: &Desk,
    caller: &AgentCaller,
    id: RequestId,
    add: Vec<String>,
    remove: Vec<String>,
) -> Result<(), Error> {
    let mut added = Vec::with_capacity(add.len());
    for tag in add {
        let tag = tag.trim().to_lowercase();
        let found = standfast_guard::screen(&tag, &standfast_guard::Context::default());
        if tag.is_empty() || tag.len() > 48 || tag.contains(char::is_control) || !found.findings.is_empty() {
            return Err(Error::invalid("tags", "malformed"));
        }
        added.push(tag);
    }
    change(desk, caller, id, move |_, desk, record, author, now| {
        let mut tags: Vec<String> = serde_json::from_str(&record.row.tags).unwrap_or_default();
        let before = tags.clone();
        tags.retain(|tag| !remove.contains(tag));
        for tag in &added {
            if !tags.contains(tag) {
                tags.push(tag.clone());
            }
        }
        if tags.len() > MOST_TAGS {
            return Err(Error::invalid("tags", "too_many"));
        }
        if tags == before {
            return Ok(());
        }
        let event = Event::Tagged {
            added: tags.iter().filter(|tag| !before.contains(tag)).cloned().collect(),
            removed: before.iter().filter(|tag| !tags.contains(tag)).cloned().collect(),
        };
        record.row.tags = serde_json::to_string(&tags).map_err(|_| Error::Inconsistent("json"))?;
        record.tell(desk.entropy(), now, author, event).map(drop)
    })
    .await
    .map(drop)
}

/// Moves a request on: solve, close, reopen, hold, spam or not. `worked` are the seconds that the agent had it in hand for
/// this, where that is known.
pub async fn transition(
    desk: &Desk,
    caller: &AgentCaller,
    id: RequestId,
    transition: Transition,
    worked: Option<u32>,
) -> Result<(), Error> {
    // Writing, replying and merging have use cases of their own, which do more than change the state.
    if !transition.allowed_to(Actor::Agent) || matches!(transition, Transition::Reply | Transition::Merge) {
        return Err(Error::invalid("transition", "unknown"));
    }
    change(desk, caller, id, move |tx, desk, record, author, now| {
        let from = record.step(transition, now)?;
        record.worked(worked);
        let to = record.row.state;
        if to == State::Solved {
            schedule_close(tx, desk, record.row.id, now)?;
            claim(tx, desk, &record.row, &Claim { from, by: author, replied: false, now })?;
        } else if to == State::Open {
            withdraw(tx, record.row.id, now)?;
        }
        record.tell(desk.entropy(), now, author, Event::State { from, to }).map(drop)
    })
    .await
    .map(drop)
}

/// Puts on the list that a request which is solved now ends when it stays silent.
pub(crate) fn schedule_close(tx: &mut Tx, desk: &Desk, id: RequestId, now: Time) -> Result<(), Error> {
    let job = NewJob {
        id: JobId(desk.id()),
        kind: "close",
        payload: &format!("{{\"request\":\"{id}\"}}"),
        run_at: now.plus(CLOSE_AFTER),
        dedupe: None,
        now,
    };
    job::enqueue(tx, &job).map_err(Error::from)
}

/// Ends a request that was solved and has been silent since; anything else is left as it is.
pub(crate) fn close_silent(tx: &mut Tx, desk: &Desk, id: RequestId, now: Time) -> Result<(), Error> {
    let mut record = Record::lock(tx, id)?;
    let silent = record.row.solved_at.is_some_and(|solved| now.since(solved) >= CLOSE_AFTER);
    if record.row.state != State::Solved || !silent {
        return Ok(());
    }
    let from = record.step(Transition::Close, now)?;
    record.tell(desk.entropy(), now, Author::System, Event::State { from, to: State::Closed })?;
    record.save(tx, desk.keys(), now)?;
    Ok(())
}

/// Makes a request part of another one of the same customer, where it goes on. Both records say so and stay whole.
pub async fn merge(
    desk: &Desk,
    caller: &AgentCaller,
    id: RequestId,
    into: RequestNumber,
) -> Result<(), Error> {
    caller.require(Permission::WorkRequests)?;
    let (unit_desk, author, now) = (desk.clone(), Author::Agent(caller.id), desk.now());
    desk.store()
        .write(Lane::Ordinary, id.0, move |tx| {
            let target = request::find_by_number(tx, into)?.ok_or(Error::NotFound)?.id;
            if target == id {
                return Err(Error::CannotMerge);
            }
            // Always the older one first, so that two merges at once cannot wait for each other.
            let (mut source, mut target) = if id < target {
                let source = Record::lock(tx, id)?;
                (source, Record::lock(tx, target)?)
            } else {
                let target = Record::lock(tx, target)?;
                (Record::lock(tx, id)?, target)
            };
            if source.row.customer_id != target.row.customer_id
                || matches!(target.row.state, State::Merged | State::Spam | State::Closed)
            {
                return Err(Error::CannotMerge);
            }
            let was_ahead = is_ahead(&source.row);
            join(tx, &unit_desk, &mut source, &mut target, author, now)?;
            let merged = source.save(tx, unit_desk.keys(), now)?;
            target.save(tx, unit_desk.keys(), now)?;
            if was_ahead {
                let_next_ahead(tx, &unit_desk, &merged, now)?;
            }
            Ok(())
        })
        .await
}

fn join(
    tx: &mut Tx,
    desk: &Desk,
    source: &mut Record,
    target: &mut Record,
    author: Author,
    now: Time,
) -> Result<(), Error> {
    let waited = source.row.waiting_since.filter(|_| source.row.state == State::Open);
    source.step(Transition::Merge, now)?;
    source.row.merged_into = Some(target.row.id);
    source.tell(desk.entropy(), now, author, Event::MergedInto { number: target.row.number })?;
    target.tell(desk.entropy(), now, author, Event::MergedFrom { number: source.row.number })?;
    answer_mail::carry(tx, source.row.id, target.row.id)?;
    let turn = target.row.turn().min(source.row.turn());
    target.row.at_risk |= source.row.at_risk;
    target.row.urgency = match turn {
        Turn::Doubted => Urgency::DOUBTED,
        Turn::AtRisk | Turn::Ordinary => target.row.urgency.min(source.row.urgency),
    };
    // Who waited in the one waits on in the other, since then.
    if let Some(since) = waited {
        if target.row.state != State::Open {
            let from = target.row.state;
            target.enter(State::Open, now);
            target.tell(desk.entropy(), now, author, Event::State { from, to: State::Open })?;
            withdraw(tx, target.row.id, now)?;
        }
        if target.row.waiting_since.is_none_or(|own| since < own) {
            target.row.waiting_since = Some(since);
            promise::carry(tx, source.row.id, since, target.row.id)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
