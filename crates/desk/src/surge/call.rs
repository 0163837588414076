//! Calling people out when a level begins: a job that the crate `report` does, because it is the one that sends mail.

use serde::{Deserialize, Serialize};
use standfast_domain::{AgentId, JobId, Level, SurgeId, Time};
use standfast_store::Tx;
use standfast_store::job::{self, NewJob};

use super::plan::SurgePlan;
use crate::{Desk, Error};

/// The kind of the job that writes the mails.
pub const SURGE_MAIL: &str = "surge_mail";

/// Who is to be written to, and what about: the payload of the job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallOut {
    /// In which surge: whoever was written to in it is not written to again.
    pub surge: SurgeId,
    /// The level that begins.
    pub level: Level,
    /// When it began.
    pub at: Time,
    /// Who.
    pub agents: Vec<AgentId>,
}

/// A job that a unit may put on the list, made before it.
#[derive(Clone, Copy)]
pub(super) struct Call(JobId);

impl Call {
    pub(super) fn new(desk: &Desk) -> Self {
        Self(JobId(desk.id()))
    }

    /// Calls those out whom the plan names for a level or for one below it, which may have been jumped over.
    pub(super) fn enqueue(
        self,
        tx: &mut Tx,
        plan: &SurgePlan,
        surge: SurgeId,
        level: Level,
        now: Time,
    ) -> Result<(), Error> {
        let reached = Level::ALL.into_iter().filter(|each| *each <= level);
        let mut agents: Vec<AgentId> =
            reached.filter_map(|each| plan.at(each)).flat_map(|actions| actions.call_out.clone()).collect();
        agents.sort_unstable();
        agents.dedup();
        if agents.is_empty() {
            return Ok(());
        }
        let payload = serde_json::to_string(&CallOut { surge, level, at: now, agents })
            .map_err(|_| Error::Inconsistent("json"))?;
        let job = NewJob { id: self.0, kind: SURGE_MAIL, payload: &payload, run_at: now, dedupe: None, now };
        job::enqueue(tx, &job).map_err(Error::from)
    }
}
