//! Wishes for time off, and what became of them.

use standfast_domain::roster::TimeOffState;
use standfast_domain::{AgentId, Time, TimeOffId};

use crate::{Error, Rd, Row, Tx, params};

/// A wish for time off as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0015_roster.sql")]
pub struct TimeOffRow {
    pub id: TimeOffId,
    pub agent_id: AgentId,
    pub starts_at: Time,
    pub ends_at: Time,
    pub note: String,
    pub state: TimeOffState,
    pub version: i64,
    pub asked_at: Time,
    pub decided_at: Option<Time>,
    pub decided_by: Option<AgentId>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, agent_id, starts_at, ends_at, note, state, version, asked_at, decided_at, decided_by FROM time_off ",
            $rest
        )
    };
}

fn row(row: &Row<'_>) -> Result<TimeOffRow, Error> {
    Ok(TimeOffRow {
        id: row.get(0)?,
        agent_id: row.get(1)?,
        starts_at: row.get(2)?,
        ends_at: row.get(3)?,
        note: row.get(4)?,
        state: row.parse(5, TimeOffState::parse)?,
        version: row.get(6)?,
        asked_at: row.get(7)?,
        decided_at: row.get(8)?,
        decided_by: row.get(9)?,
    })
}

/// What was agreed between two times, of everybody.
pub fn list_approved(rd: &mut Rd, from: Time, until: Time) -> Result<Vec<TimeOffRow>, Error> {
    rd.query(
        select!("WHERE state = 'approved' AND starts_at < $2 AND ends_at > $1 ORDER BY starts_at, id"),
        params![from, until],
        row,
    )
}

/// Those on which somebody is to decide and which are not over, the one that begins first before the others.
pub fn list_asked(rd: &mut Rd, now: Time, limit: i64) -> Result<Vec<TimeOffRow>, Error> {
    rd.query(
        select!("WHERE state = 'asked' AND ends_at > $1 ORDER BY starts_at, id LIMIT $2"),
        params![now, limit],
        row,
    )
}

/// Those of somebody that are not over before a time, the latest first.
pub fn list_of(rd: &mut Rd, agent: AgentId, since: Time, limit: i64) -> Result<Vec<TimeOffRow>, Error> {
    rd.query(
        select!("WHERE agent_id = $1 AND ends_at > $2 ORDER BY starts_at DESC, id DESC LIMIT $3"),
        params![agent, since, limit],
        row,
    )
}

/// The one with this id.
pub fn find(rd: &mut Rd, id: TimeOffId) -> Result<Option<TimeOffRow>, Error> {
    rd.query_opt(select!("WHERE id = $1"), params![id], row)
}

/// Writes a new one; queued.
pub fn insert(tx: &mut Tx, t: &TimeOffRow) -> Result<(), Error> {
    tx.run(
        "INSERT INTO time_off (id, agent_id, starts_at, ends_at, note, state, version, asked_at, decided_at, decided_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![
            t.id,
            t.agent_id,
            t.starts_at,
            t.ends_at,
            t.note,
            t.state.as_str(),
            t.version,
            t.asked_at,
            t.decided_at,
            t.decided_by
        ],
    )
}

/// Writes back what became of one of which the version before was seen. False when somebody else was first.
pub fn save(tx: &mut Tx, t: &TimeOffRow) -> Result<bool, Error> {
    let written = tx.execute(
        "UPDATE time_off SET state = $2, version = $3, decided_at = $4, decided_by = $5 WHERE id = $1 AND version = $3 - 1",
        params![t.id, t.state.as_str(), t.version, t.decided_at, t.decided_by],
    )?;
    Ok(written == 1)
}
