//! Views of Insight that people kept under a name.

use standfast_domain::{AgentId, DashboardId, Time};

use crate::{Error, Rd, Row, Tx, params};

/// A dashboard as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0007_dashboards.sql")]
pub struct DashboardRow {
    pub id: DashboardId,
    pub agent_id: AgentId,
    pub client_id: String,
    pub name: String,
    pub page: String,
    pub search: String,
    pub shared: bool,
    pub version: i64,
    pub created_at: Time,
    pub changed_at: Time,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, agent_id, client_id, name, page, search, shared, version, created_at, changed_at FROM dashboard ",
            $rest
        )
    };
}

fn row(row: &Row<'_>) -> Result<DashboardRow, Error> {
    Ok(DashboardRow {
        id: row.get(0)?,
        agent_id: row.get(1)?,
        client_id: row.get(2)?,
        name: row.get(3)?,
        page: row.get(4)?,
        search: row.get(5)?,
        shared: row.get(6)?,
        version: row.get(7)?,
        created_at: row.get(8)?,
        changed_at: row.get(9)?,
    })
}

/// Those that somebody sees: own ones and shared ones, the oldest first.
pub fn list_seen_by(rd: &mut Rd, agent: AgentId, limit: i64) -> Result<Vec<DashboardRow>, Error> {
    rd.query(select!("WHERE agent_id = $1 OR shared ORDER BY id LIMIT $2"), params![agent, limit], row)
}

/// How many somebody has.
pub fn count_of(rd: &mut Rd, agent: AgentId) -> Result<i64, Error> {
    rd.query_one("SELECT count(*) FROM dashboard WHERE agent_id = $1", params![agent], |row| row.get(0))
}

/// The one with this id.
pub fn find(rd: &mut Rd, id: DashboardId) -> Result<Option<DashboardRow>, Error> {
    rd.query_opt(select!("WHERE id = $1"), params![id], row)
}

/// The one that a client's command made.
pub fn find_made_by(rd: &mut Rd, agent: AgentId, client_id: &str) -> Result<Option<DashboardRow>, Error> {
    rd.query_opt(select!("WHERE agent_id = $1 AND client_id = $2"), params![agent, client_id], row)
}

/// Writes a new one. False when the same command has made it already.
pub fn insert(tx: &mut Tx, d: &DashboardRow) -> Result<bool, Error> {
    let written = tx.execute(
        "INSERT INTO dashboard (id, agent_id, client_id, name, page, search, shared, version, created_at, \
         changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
        params![
            d.id,
            d.agent_id,
            d.client_id,
            d.name,
            d.page,
            d.search,
            d.shared,
            d.version,
            d.created_at,
            d.changed_at
        ],
    )?;
    Ok(written == 1)
}

/// Writes back what can change, over the version before. False when somebody else has changed it, or taken it away.
pub fn save(tx: &mut Tx, d: &DashboardRow) -> Result<bool, Error> {
    let written = tx.execute(
        "UPDATE dashboard SET name = $2, page = $3, search = $4, shared = $5, version = $6, changed_at = $7 \
         WHERE id = $1 AND version = $8",
        params![d.id, d.name, d.page, d.search, d.shared, d.version, d.changed_at, d.version - 1],
    )?;
    Ok(written == 1)
}

/// Takes one away, also as a beginning; queued.
pub fn delete(tx: &mut Tx, id: DashboardId) -> Result<(), Error> {
    tx.run("DELETE FROM dashboard_start WHERE dashboard_id = $1", params![id])?;
    tx.run("DELETE FROM dashboard WHERE id = $1", params![id])
}

/// With which one Insight begins for somebody, as long as it is seen.
pub fn find_start(rd: &mut Rd, agent: AgentId) -> Result<Option<DashboardId>, Error> {
    rd.query_opt(
        "SELECT d.id FROM dashboard_start s JOIN dashboard d ON d.id = s.dashboard_id \
         WHERE s.agent_id = $1 AND (d.agent_id = $1 OR d.shared)",
        params![agent],
        |row| row.get(0),
    )
}

/// Sets or takes away with which one Insight begins for somebody; queued.
pub fn set_start(tx: &mut Tx, agent: AgentId, start: Option<DashboardId>) -> Result<(), Error> {
    let Some(id) = start else {
        return tx.run("DELETE FROM dashboard_start WHERE agent_id = $1", params![agent]);
    };
    tx.run(
        "INSERT INTO dashboard_start (agent_id, dashboard_id) VALUES ($1, $2) \
         ON CONFLICT (agent_id) DO UPDATE SET dashboard_id = excluded.dashboard_id",
        params![agent, id],
    )
}
