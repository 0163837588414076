//! Calendars at an address, from which schedules take their holidays.

use standfast_domain::{AgentId, CalendarId, ScheduleId, Time};

use crate::{Error, Rd, Row, Tx, params};

/// A calendar as the store keeps it. The days are still JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0018_status.sql")]
pub struct CalendarRow {
    pub id: CalendarId,
    pub schedule_id: ScheduleId,
    pub url: String,
    pub agent_id: AgentId,
    pub days: String,
    pub fetched_at: Time,
    pub tried_at: Time,
    pub problem: Option<String>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, schedule_id, url, agent_id, days, fetched_at, tried_at, problem FROM calendar ",
            $rest
        )
    };
}

fn row(row: &Row<'_>) -> Result<CalendarRow, Error> {
    Ok(CalendarRow {
        id: row.get(0)?,
        schedule_id: row.get(1)?,
        url: row.get(2)?,
        agent_id: row.get(3)?,
        days: row.get(4)?,
        fetched_at: row.get(5)?,
        tried_at: row.get(6)?,
        problem: row.get(7)?,
    })
}

/// Enters a calendar with its first copy; false when the schedule has this one already.
pub fn insert(tx: &mut Tx, c: &CalendarRow) -> Result<bool, Error> {
    let written = tx.execute(
        "INSERT INTO calendar (id, schedule_id, url, agent_id, days, fetched_at, tried_at, problem) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        params![c.id, c.schedule_id, c.url, c.agent_id, c.days, c.fetched_at, c.tried_at, c.problem],
    )?;
    Ok(written == 1)
}

/// The calendar with this id.
pub fn find(rd: &mut Rd, id: CalendarId) -> Result<Option<CalendarRow>, Error> {
    rd.query_opt(select!("WHERE id = $1"), params![id], row)
}

/// Every calendar, by schedule and id.
pub fn list(rd: &mut Rd) -> Result<Vec<CalendarRow>, Error> {
    rd.query(select!("ORDER BY schedule_id, id"), params![], row)
}

/// Calendars that were tried last before `before`, or before `again` and in vain.
pub fn list_due(rd: &mut Rd, before: Time, again: Time) -> Result<Vec<CalendarId>, Error> {
    rd.query(
        "SELECT id FROM calendar WHERE tried_at < $1 OR problem IS NOT NULL AND tried_at < $2 ORDER BY id LIMIT 500",
        params![before, again],
        |row| row.get(0),
    )
}

/// Keeps a good copy; queued.
pub fn save_copy(tx: &mut Tx, id: CalendarId, days: &str, now: Time) -> Result<(), Error> {
    tx.run(
        "UPDATE calendar SET days = $2, fetched_at = $3, tried_at = $3, problem = NULL WHERE id = $1",
        params![id, days, now],
    )
}

/// Notes why there is no newer copy; the last good one stays. Queued.
pub fn save_problem(tx: &mut Tx, id: CalendarId, problem: &str, now: Time) -> Result<(), Error> {
    tx.run("UPDATE calendar SET tried_at = $3, problem = $2 WHERE id = $1", params![id, problem, now])
}

/// Takes a calendar away; false when there is none.
pub fn remove(tx: &mut Tx, id: CalendarId) -> Result<bool, Error> {
    Ok(tx.execute("DELETE FROM calendar WHERE id = $1", params![id])? == 1)
}
