//! What agents did to a request, added up: see `migrations/0004_handling.sql` and `0019_measures.sql`.

use standfast_domain::{AgentId, RequestId, TeamId, Time};

use crate::{Error, Rd, Row, Tx, params};

/// What one unit of work did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handled {
    /// The request.
    pub request_id: RequestId,
    /// Texts of agents that the customer sees.
    pub replies: i64,
    /// Who wrote them.
    pub replied_by: Option<AgentId>,
    /// When it was called solved, if it was.
    pub solved_at: Option<Time>,
    /// The agent who has it now; nobody also when that did not change.
    pub agent_id: Option<AgentId>,
    /// The team that has it now.
    pub team_id: Option<TeamId>,
    /// The place of the first of the texts.
    pub reply_seq: Option<i64>,
    /// Seconds that somebody had it in hand for this, where that was told.
    pub worked_s: Option<i64>,
}

/// What was done to a request so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the columns are explained in migrations/0004_handling.sql and 0019_measures.sql"
)]
pub struct HandlingRow {
    pub reply_count: i64,
    pub first_agent_id: Option<AgentId>,
    pub solved_count: i64,
    pub first_solved_at: Option<Time>,
    pub agent_id: Option<AgentId>,
    pub team_id: Option<TeamId>,
    pub transfer_count: i64,
    pub escalation_count: i64,
    pub first_reply_seq: Option<i64>,
    pub worked_s: Option<i64>,
}

fn row(row: &Row<'_>) -> Result<HandlingRow, Error> {
    Ok(HandlingRow {
        reply_count: row.get(0)?,
        first_agent_id: row.get(1)?,
        solved_count: row.get(2)?,
        first_solved_at: row.get(3)?,
        agent_id: row.get(4)?,
        team_id: row.get(5)?,
        transfer_count: row.get(6)?,
        escalation_count: row.get(7)?,
        first_reply_seq: row.get(8)?,
        worked_s: row.get(9)?,
    })
}

/// Adds what a unit did; queued. A comparison with nobody is neither true nor false, so that going to a first agent or
/// team, and going back to nobody, is no transfer.
pub fn add(tx: &mut Tx, done: &Handled) -> Result<(), Error> {
    tx.run(
        "INSERT INTO handling (request_id, reply_count, first_agent_id, solved_count, first_solved_at, agent_id, \
         team_id, transfer_count, escalation_count, first_reply_seq, worked_s) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8, $9) \
         ON CONFLICT (request_id) DO UPDATE SET \
         reply_count = handling.reply_count + excluded.reply_count, \
         first_agent_id = COALESCE(handling.first_agent_id, excluded.first_agent_id), \
         solved_count = handling.solved_count + excluded.solved_count, \
         first_solved_at = COALESCE(handling.first_solved_at, excluded.first_solved_at), \
         agent_id = COALESCE(excluded.agent_id, handling.agent_id), \
         team_id = COALESCE(excluded.team_id, handling.team_id), \
         transfer_count = handling.transfer_count + CASE WHEN handling.agent_id <> excluded.agent_id \
         OR handling.team_id <> excluded.team_id THEN 1 ELSE 0 END, \
         escalation_count = handling.escalation_count + CASE WHEN handling.team_id <> excluded.team_id \
         THEN 1 ELSE 0 END, \
         first_reply_seq = COALESCE(handling.first_reply_seq, excluded.first_reply_seq), \
         worked_s = CASE WHEN excluded.worked_s IS NULL THEN handling.worked_s \
         ELSE COALESCE(handling.worked_s, 0) + excluded.worked_s END",
        params![
            done.request_id,
            done.replies,
            done.replied_by,
            i64::from(done.solved_at.is_some()),
            done.solved_at,
            done.agent_id,
            done.team_id,
            done.reply_seq,
            done.worked_s
        ],
    )
}

/// What was done to a request, if anything.
pub fn find(rd: &mut Rd, request: RequestId) -> Result<Option<HandlingRow>, Error> {
    rd.query_opt(
        "SELECT reply_count, first_agent_id, solved_count, first_solved_at, agent_id, team_id, transfer_count, \
         escalation_count, first_reply_seq, worked_s FROM handling WHERE request_id = $1",
        params![request],
        row,
    )
}
