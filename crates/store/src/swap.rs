//! Wishes to hand over, exchange or take shifts, and what became of them.

use standfast_domain::roster::SwapState;
use standfast_domain::{AgentId, ShiftId, SwapId, Time};

use crate::{Error, Rd, Row, Tx, params};

/// A swap as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0015_roster.sql")]
pub struct SwapRow {
    pub id: SwapId,
    pub agent_id: AgentId,
    pub shift_id: ShiftId,
    pub shift_version: i64,
    pub to_agent_id: Option<AgentId>,
    pub return_shift_id: Option<ShiftId>,
    pub return_version: Option<i64>,
    pub state: SwapState,
    pub version: i64,
    pub asked_at: Time,
    pub decided_at: Option<Time>,
    pub decided_by: Option<AgentId>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, agent_id, shift_id, shift_version, to_agent_id, return_shift_id, return_version, state, version, \
             asked_at, decided_at, decided_by FROM swap ",
            $rest
        )
    };
}

fn row(row: &Row<'_>) -> Result<SwapRow, Error> {
    Ok(SwapRow {
        id: row.get(0)?,
        agent_id: row.get(1)?,
        shift_id: row.get(2)?,
        shift_version: row.get(3)?,
        to_agent_id: row.get(4)?,
        return_shift_id: row.get(5)?,
        return_version: row.get(6)?,
        state: row.parse(7, SwapState::parse)?,
        version: row.get(8)?,
        asked_at: row.get(9)?,
        decided_at: row.get(10)?,
        decided_by: row.get(11)?,
    })
}

/// Those on which somebody can still decide, the oldest first: their shifts are those that were seen, and have not begun.
pub fn list_open(rd: &mut Rd, now: Time, limit: i64) -> Result<Vec<SwapRow>, Error> {
    rd.query(
        select!(
            "WHERE state IN ('asked', 'accepted') AND EXISTS (SELECT 1 FROM shift s WHERE s.id = swap.shift_id \
             AND s.version = swap.shift_version AND s.removed_at IS NULL AND s.starts_at > $1) \
             AND (return_shift_id IS NULL OR EXISTS (SELECT 1 FROM shift r WHERE r.id = swap.return_shift_id \
             AND r.version = swap.return_version AND r.removed_at IS NULL AND r.starts_at > $1)) \
             ORDER BY asked_at, id LIMIT $2"
        ),
        params![now, limit],
        row,
    )
}

/// Those that somebody asked for, or was asked about, since a time; the latest first.
pub fn list_of(rd: &mut Rd, agent: AgentId, since: Time, limit: i64) -> Result<Vec<SwapRow>, Error> {
    rd.query(
        select!("WHERE (agent_id = $1 OR to_agent_id = $1) AND asked_at > $2 ORDER BY asked_at DESC, id DESC LIMIT $3"),
        params![agent, since, limit],
        row,
    )
}

/// The one with this id.
pub fn find(rd: &mut Rd, id: SwapId) -> Result<Option<SwapRow>, Error> {
    rd.query_opt(select!("WHERE id = $1"), params![id], row)
}

/// Writes a new one; queued.
pub fn insert(tx: &mut Tx, s: &SwapRow) -> Result<(), Error> {
    tx.run(
        "INSERT INTO swap (id, agent_id, shift_id, shift_version, to_agent_id, return_shift_id, return_version, state, \
         version, asked_at, decided_at, decided_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        params![
            s.id,
            s.agent_id,
            s.shift_id,
            s.shift_version,
            s.to_agent_id,
            s.return_shift_id,
            s.return_version,
            s.state.as_str(),
            s.version,
            s.asked_at,
            s.decided_at,
            s.decided_by
        ],
    )
}

/// Writes back what became of one of which the version before was seen. False when somebody else was first.
pub fn save(tx: &mut Tx, s: &SwapRow) -> Result<bool, Error> {
    let written = tx.execute(
        "UPDATE swap SET to_agent_id = $2, state = $3, version = $4, decided_at = $5, decided_by = $6 \
         WHERE id = $1 AND version = $4 - 1",
        params![s.id, s.to_agent_id, s.state.as_str(), s.version, s.decided_at, s.decided_by],
    )?;
    Ok(written == 1)
}
