//! The level as it stands: what the machine makes of what is seen, what a person holds, and one way to write both back.

use serde::{Deserialize, Serialize};
use standfast_domain::{AgentId, Level, SurgeCause, SurgeChangeId, SurgeCourse, SurgeId, Time};
use standfast_store::surge::{self, ChangeRow, SurgeRow};
use standfast_store::{Rd, Tx};
use utoipa::ToSchema;

use super::call::Call;
use super::plan::SurgePlan;
use crate::{Desk, Error};

/// A level that somebody holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SurgeHold {
    /// The level.
    pub level: Level,
    /// Until when; then it is again what is seen.
    #[schema(value_type = String, format = DateTime)]
    pub until: Time,
    /// Who holds it.
    #[schema(value_type = String)]
    pub agent_id: AgentId,
    /// Why.
    pub reason: String,
}

/// What is seen of the line and the people, or was at the last look.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Measured {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// The line against what the people present can answer within the promise; null when unknown.
    pub load: Option<f64>,
    /// How many wait.
    pub waiting: u32,
    /// How many people are there to answer.
    pub present: u32,
    /// Seconds that an answer takes at present; null when unknown.
    pub handling_seconds: Option<f64>,
}

/// The level as it stands, as every process reads it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Standing {
    pub(crate) course: SurgeCourse,
    pub(crate) hold: Option<SurgeHold>,
    /// The level that is acted on.
    pub(crate) level: Level,
    pub(crate) since: Option<Time>,
    /// The surge that goes on.
    pub(crate) surge: Option<SurgeId>,
    pub(crate) measured: Option<Measured>,
}

impl Standing {
    /// What the level is to be at a time.
    fn due(&self, now: Time) -> Level {
        let held = self.hold.as_ref().filter(|hold| now < hold.until);
        held.map_or(self.course.level(), |hold| hold.level)
    }

    /// What somebody else than this person holds at a time.
    pub(super) fn held_by_other(&self, person: Option<AgentId>, now: Time) -> Option<&SurgeHold> {
        self.hold.as_ref().filter(|hold| now < hold.until && Some(hold.agent_id) != person)
    }
}

/// A standing that was read, to be written back by its version.
pub(crate) struct Held {
    version: i64,
    pub(crate) standing: Standing,
}

/// Reads the level.
pub(crate) fn read(rd: &mut Rd) -> Result<Held, Error> {
    let (version, text) = surge::find_state(rd)?;
    let standing = if text.is_empty() {
        Standing::default()
    } else {
        serde_json::from_str(&text).map_err(|_| Error::Inconsistent("the level"))?
    };
    Ok(Held { version, standing })
}

/// Reads the plan in force, with its version: 0 and the one that desks begin with where nobody has chosen.
pub(crate) fn read_plan(rd: &mut Rd) -> Result<(i64, SurgePlan), Error> {
    let Some(row) = surge::find_plan(rd)? else { return Ok((0, SurgePlan::default())) };
    let plan = serde_json::from_str(&row.plan).map_err(|_| Error::Inconsistent("surge plan"))?;
    Ok((row.version, plan))
}

/// Why the level is looked at, and what is to be said of it.
#[derive(Clone, Debug)]
pub(crate) enum Why {
    /// By what was seen.
    Seen(Vec<SurgeCause>),
    /// Somebody holds a level.
    Held(SurgeHold),
    /// Somebody lets go of it.
    Released(AgentId, String),
}

impl Why {
    /// Who decides.
    pub(super) const fn person(&self) -> Option<AgentId> {
        match self {
            Self::Seen(_) => None,
            Self::Held(hold) => Some(hold.agent_id),
            Self::Released(agent, _) => Some(*agent),
        }
    }
}

/// Ids for what a unit may write, made before it: it may run again.
#[derive(Clone, Copy)]
pub(crate) struct Marks {
    surge: SurgeId,
    changes: [SurgeChangeId; 2],
    call: Call,
}

impl Marks {
    pub(crate) fn new(desk: &Desk) -> Self {
        let changes = [SurgeChangeId(desk.id()), SurgeChangeId(desk.id())];
        Self { surge: SurgeId(desk.id()), changes, call: Call::new(desk) }
    }
}

/// Takes over what happened and writes it back, with the change of the level, if it is one, and what it begins. False when
/// somebody else has written meanwhile: then nothing is to be kept of the unit.
pub(crate) fn write(
    tx: &mut Tx,
    held: Held,
    plan: &SurgePlan,
    why: &Why,
    seen: Measured,
    marks: Marks,
) -> Result<bool, Error> {
    let now = seen.at;
    let Held { version, mut standing } = held;
    let before = standing.level;
    let mut notes = Vec::new();
    match why {
        Why::Held(wish) => standing.hold = Some(wish.clone()),
        Why::Released(..) => standing.hold = None,
        Why::Seen(_) => {
            if standing.hold.as_ref().is_some_and(|hold| now >= hold.until) {
                standing.hold = None;
                notes.push("expired");
            }
        }
    }
    let level = standing.due(now);
    let begins = level > Level::Normal && standing.surge.is_none();
    if begins {
        surge::insert(tx, &SurgeRow { id: marks.surge, started_at: now, ended_at: None, peak: level })?;
        standing.surge = Some(marks.surge);
    }
    let of = standing.surge;
    if level != before {
        standing.level = level;
        standing.since = Some(now);
        if let Some(mut row) = of.map(|id| surge::find(tx, id)).transpose()?.flatten() {
            row.peak = row.peak.max(level);
            row.ended_at = (level == Level::Normal).then_some(now);
            surge::save(tx, &row)?;
        }
        if level == Level::Normal {
            standing.surge = None;
        }
    }
    match why {
        Why::Held(_) => notes.push("held"),
        Why::Released(..) => notes.push("released"),
        Why::Seen(_) if level != before && notes.is_empty() => notes.push("moved"),
        Why::Seen(_) => {}
    }
    for (id, kind) in marks.changes.into_iter().zip(notes) {
        surge::add_change(tx, &change(id, kind, of, [before, level], seen, why))?;
    }
    if level > before
        && let Some(id) = of
    {
        marks.call.enqueue(tx, plan, id, level, now)?;
    }
    let text = serde_json::to_string(&standing).map_err(|_| Error::Inconsistent("json"))?;
    Ok(surge::save_state(tx, version, &text)?)
}

fn change(
    id: SurgeChangeId,
    kind: &str,
    surge: Option<SurgeId>,
    [from, to]: [Level; 2],
    seen: Measured,
    why: &Why,
) -> ChangeRow {
    let person = [SurgeCause::Person];
    let (causes, agent_id, reason, until) = match why {
        Why::Seen(causes) => (causes.as_slice(), None, "", None),
        Why::Held(hold) => (person.as_slice(), Some(hold.agent_id), hold.reason.as_str(), Some(hold.until)),
        Why::Released(agent, reason) => (person.as_slice(), Some(*agent), reason.as_str(), None),
    };
    ChangeRow {
        id,
        surge_id: surge,
        at: seen.at,
        kind: kind.to_owned(),
        from,
        to,
        causes: causes.iter().map(|cause| cause.as_str()).collect::<Vec<_>>().join(","),
        load: seen.load,
        waiting: i64::from(seen.waiting),
        present: i64::from(seen.present),
        agent_id,
        reason: reason.to_owned(),
        until,
    }
}
