//! What the public is told of incidents, and the requests that belong to them.

pub mod linked;

use standfast_domain::{AgentId, DriverId, IncidentPhase, IncidentUpdateId, Time};

use crate::{Error, Rd, Row, Tx, params};

/// Something that was said of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0014_online.sql")]
pub struct UpdateRow {
    pub id: IncidentUpdateId,
    pub driver_id: DriverId,
    pub at: Time,
    pub phase: IncidentPhase,
    pub text_zh: String,
    pub text_en: String,
    pub agent_id: AgentId,
}

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT id, driver_id, at, phase, text_zh, text_en, agent_id FROM incident_update ", $rest)
    };
}

fn row(row: &Row<'_>) -> Result<UpdateRow, Error> {
    Ok(UpdateRow {
        id: row.get(0)?,
        driver_id: row.get(1)?,
        at: row.get(2)?,
        phase: row.parse(3, IncidentPhase::parse)?,
        text_zh: row.get(4)?,
        text_en: row.get(5)?,
        agent_id: row.get(6)?,
    })
}

/// Says something. False when it was said before, under the same id.
pub fn insert(tx: &mut Tx, u: &UpdateRow) -> Result<bool, Error> {
    let written = tx.execute(
        "INSERT INTO incident_update (id, driver_id, at, phase, text_zh, text_en, agent_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        params![u.id, u.driver_id, u.at, u.phase.as_str(), u.text_zh.clone(), u.text_en.clone(), u.agent_id],
    )?;
    Ok(written == 1)
}

/// The update with this id.
pub fn find(rd: &mut Rd, id: IncidentUpdateId) -> Result<Option<UpdateRow>, Error> {
    rd.query_opt(select!("WHERE id = $1"), params![id], row)
}

/// What was said of an incident, the latest first.
pub fn list(rd: &mut Rd, driver: DriverId, limit: i64) -> Result<Vec<UpdateRow>, Error> {
    rd.query(select!("WHERE driver_id = $1 ORDER BY id DESC LIMIT $2"), params![driver, limit], row)
}

/// Incidents of which something was said at `since` or later, the one that was spoken of last first.
pub fn list_told(rd: &mut Rd, since: Time, limit: i64) -> Result<Vec<DriverId>, Error> {
    rd.query(
        "SELECT driver_id FROM incident_update WHERE at >= $1 GROUP BY driver_id ORDER BY max(id) DESC LIMIT $2",
        params![since, limit],
        |row| row.get(0),
    )
}

/// Incidents that were told and are not resolved, the one that was spoken of last first.
pub fn list_open(rd: &mut Rd, limit: i64) -> Result<Vec<DriverId>, Error> {
    rd.query(
        "SELECT u.driver_id FROM incident_update u JOIN driver d ON d.id = u.driver_id \
         WHERE d.removed_at IS NULL AND u.phase <> 'resolved' \
         AND NOT EXISTS (SELECT 1 FROM incident_update later WHERE later.driver_id = u.driver_id AND later.id > u.id) \
         ORDER BY u.id DESC LIMIT $1",
        params![limit],
        |row| row.get(0),
    )
}
