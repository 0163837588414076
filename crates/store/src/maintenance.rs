//! Times at which something of the desk pauses.

use standfast_domain::{AgentId, MaintenanceId, Time};

use crate::{Error, Rd, Row, Tx, params};

/// A window of maintenance as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0013_maintenance.sql")]
pub struct MaintenanceRow {
    pub id: MaintenanceId,
    pub client_id: String,
    pub starts_at: Time,
    pub ends_at: Time,
    pub text_zh: String,
    pub text_en: String,
    pub agent_id: Option<AgentId>,
    pub created_at: Time,
    pub ended_at: Option<Time>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, client_id, starts_at, ends_at, text_zh, text_en, agent_id, created_at, ended_at FROM maintenance ",
            $rest
        )
    };
}

fn row(row: &Row<'_>) -> Result<MaintenanceRow, Error> {
    Ok(MaintenanceRow {
        id: row.get(0)?,
        client_id: row.get(1)?,
        starts_at: row.get(2)?,
        ends_at: row.get(3)?,
        text_zh: row.get(4)?,
        text_en: row.get(5)?,
        agent_id: row.get(6)?,
        created_at: row.get(7)?,
        ended_at: row.get(8)?,
    })
}

/// Those that go on at `now` or lie ahead, the earliest first.
pub fn list_ahead(rd: &mut Rd, now: Time, limit: i64) -> Result<Vec<MaintenanceRow>, Error> {
    rd.query(
        select!("WHERE ended_at IS NULL AND ends_at > $1 ORDER BY starts_at, id LIMIT $2"),
        params![now, limit],
        row,
    )
}

/// All of them, the latest first.
pub fn list(rd: &mut Rd, limit: i64) -> Result<Vec<MaintenanceRow>, Error> {
    rd.query(select!("ORDER BY starts_at DESC, id DESC LIMIT $1"), params![limit], row)
}

/// The one with this id.
pub fn find(rd: &mut Rd, id: MaintenanceId) -> Result<Option<MaintenanceRow>, Error> {
    rd.query_opt(select!("WHERE id = $1"), params![id], row)
}

/// The one that a client's command made.
pub fn find_made_by(rd: &mut Rd, client_id: &str) -> Result<Option<MaintenanceRow>, Error> {
    rd.query_opt(select!("WHERE client_id = $1"), params![client_id], row)
}

/// Writes a new one. False when the same command has made it already.
pub fn insert(tx: &mut Tx, m: &MaintenanceRow) -> Result<bool, Error> {
    let written = tx.execute(
        "INSERT INTO maintenance (id, client_id, starts_at, ends_at, text_zh, text_en, agent_id, created_at, ended_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
        params![
            m.id,
            m.client_id,
            m.starts_at,
            m.ends_at,
            m.text_zh,
            m.text_en,
            m.agent_id,
            m.created_at,
            m.ended_at
        ],
    )?;
    Ok(written == 1)
}

/// Ends one, or calls it off. What was ended stays as it was.
pub fn end(tx: &mut Tx, id: MaintenanceId, at: Time) -> Result<(), Error> {
    let sql = "UPDATE maintenance SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL AND ends_at > $1";
    tx.run(sql, params![at, id])
}
