//! Opening hours: every version of every schedule.

use standfast_domain::{AgentId, ScheduleId, Time};

use crate::{Dialect, Error, Rd, Tx, params};

/// A version of a schedule. Coverage and definition are still JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0009_hours.sql")]
pub struct ScheduleRow {
    pub schedule_id: ScheduleId,
    pub version: i64,
    pub valid_from: Time,
    pub name: String,
    pub coverage: String,
    pub definition: Option<String>,
    pub agent_id: Option<AgentId>,
    pub created_at: Time,
}

/// Every version, those of a schedule in their order.
pub fn list(rd: &mut Rd) -> Result<Vec<ScheduleRow>, Error> {
    rd.query(
        "SELECT schedule_id, version, valid_from, name, coverage, definition, agent_id, created_at \
         FROM schedule_version ORDER BY schedule_id, version",
        params![],
        |row| {
            Ok(ScheduleRow {
                schedule_id: row.get(0)?,
                version: row.get(1)?,
                valid_from: row.get(2)?,
                name: row.get(3)?,
                coverage: row.get(4)?,
                definition: row.get(5)?,
                agent_id: row.get(6)?,
                created_at: row.get(7)?,
            })
        },
    )
}

/// How many versions there are. As none is ever changed, the same number is the same hours.
pub fn count(rd: &mut Rd) -> Result<i64, Error> {
    let count = rd.query_opt("SELECT count(*) FROM schedule_version", params![], |row| row.get(0))?;
    Ok(count.unwrap_or(0))
}

/// Lets nobody else write a version until the unit ends: whether two schedules are rivals can be told only one after the other.
/// On SQLite there is one writer anyway.
pub fn hold(tx: &mut Tx) -> Result<(), Error> {
    match tx.dialect() {
        Dialect::Sqlite => Ok(()),
        Dialect::Postgres => {
            tx.execute("LOCK TABLE schedule_version IN SHARE ROW EXCLUSIVE MODE", params![]).map(drop)
        }
    }
}

/// Writes a version. False when there is one with its number already: somebody else was first.
pub fn insert(tx: &mut Tx, row: &ScheduleRow) -> Result<bool, Error> {
    let written = tx.execute(
        "INSERT INTO schedule_version (schedule_id, version, valid_from, name, coverage, definition, agent_id, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        params![
            row.schedule_id,
            row.version,
            row.valid_from,
            row.name,
            row.coverage,
            row.definition,
            row.agent_id,
            row.created_at
        ],
    )?;
    Ok(written == 1)
}
