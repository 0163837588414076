//! Shifts: drafts, and those that were published.

use standfast_domain::roster::LONGEST_SHIFT;
use standfast_domain::{AgentId, Language, ShiftId, Time};

use crate::{Error, Rd, Row, Tx, params};

/// A shift as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0015_roster.sql")]
pub struct ShiftRow {
    pub id: ShiftId,
    pub agent_id: Option<AgentId>,
    pub starts_at: Time,
    pub ends_at: Time,
    pub language: Option<Language>,
    pub skill: Option<String>,
    pub version: i64,
    pub published_at: Option<Time>,
    pub removed_at: Option<Time>,
    pub changed_at: Time,
    pub changed_by: AgentId,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, agent_id, starts_at, ends_at, language, skill, version, published_at, removed_at, changed_at, \
             changed_by FROM shift ",
            $rest
        )
    };
}

fn row(row: &Row<'_>) -> Result<ShiftRow, Error> {
    let language = |code: Option<String>| match code {
        None => Ok(None),
        Some(_) => row.parse(4, Language::parse).map(Some),
    };
    Ok(ShiftRow {
        id: row.get(0)?,
        agent_id: row.get(1)?,
        starts_at: row.get(2)?,
        ends_at: row.get(3)?,
        language: language(row.get(4)?)?,
        skill: row.get(5)?,
        version: row.get(6)?,
        published_at: row.get(7)?,
        removed_at: row.get(8)?,
        changed_at: row.get(9)?,
        changed_by: row.get(10)?,
    })
}

/// Those that go on between two times and were not called off, in their order.
pub fn list_between(rd: &mut Rd, from: Time, until: Time) -> Result<Vec<ShiftRow>, Error> {
    // None is longer than the longest: the index on the beginning finds all of them.
    rd.query(
        select!(
            "WHERE starts_at < $2 AND starts_at > $3 AND ends_at > $1 AND removed_at IS NULL ORDER BY starts_at, id"
        ),
        params![from, until, Time(from.0.saturating_sub(LONGEST_SHIFT))],
        row,
    )
}

/// Those of somebody.
pub fn list_of(rd: &mut Rd, agent: AgentId, from: Time, until: Time) -> Result<Vec<ShiftRow>, Error> {
    rd.query(
        select!(
            "WHERE agent_id = $4 AND starts_at < $2 AND starts_at > $3 AND ends_at > $1 AND removed_at IS NULL \
             ORDER BY starts_at, id"
        ),
        params![from, until, Time(from.0.saturating_sub(LONGEST_SHIFT)), agent],
        row,
    )
}

/// Published ones of somebody that are not over at `from`, with those that were called off: what they, or a calendar, are to be told.
pub fn list_told(rd: &mut Rd, agent: AgentId, from: Time, until: Time) -> Result<Vec<ShiftRow>, Error> {
    rd.query(
        select!(
            "WHERE agent_id = $4 AND starts_at < $2 AND starts_at > $3 AND ends_at > $1 AND published_at IS NOT NULL \
             ORDER BY starts_at, id"
        ),
        params![from, until, Time(from.0.saturating_sub(LONGEST_SHIFT)), agent],
        row,
    )
}

/// The one with this id.
pub fn find(rd: &mut Rd, id: ShiftId) -> Result<Option<ShiftRow>, Error> {
    rd.query_opt(select!("WHERE id = $1"), params![id], row)
}

/// How many people are to be there at a time, by what was published; nothing when no shift was published for the week
/// before or after it, so that there is no roster.
pub fn count_at(rd: &mut Rd, at: Time) -> Result<Option<i64>, Error> {
    const WEEK: i64 = 7 * 86_400_000_000;
    let (begin, from, until) = (Time(at.0 - LONGEST_SHIFT), Time(at.0 - WEEK), Time(at.0 + WEEK));
    let sql = "SELECT count(*), count(DISTINCT CASE WHEN starts_at <= $1 AND starts_at > $2 AND ends_at > $1 THEN agent_id END) \
               FROM shift WHERE starts_at > $3 AND starts_at < $4 AND published_at IS NOT NULL AND removed_at IS NULL";
    let found = rd.query_opt(sql, params![at, begin, from, until], |row| {
        Ok((row.get::<i64>(0)?, row.get::<i64>(1)?))
    })?;
    Ok(found.filter(|(all, _)| *all > 0).map(|(_, there)| there))
}

/// Writes a new one; queued.
pub fn insert(tx: &mut Tx, s: &ShiftRow) -> Result<(), Error> {
    tx.run(
        "INSERT INTO shift (id, agent_id, starts_at, ends_at, language, skill, version, published_at, removed_at, \
         changed_at, changed_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        params![
            s.id,
            s.agent_id,
            s.starts_at,
            s.ends_at,
            s.language.map(Language::as_str),
            s.skill,
            s.version,
            s.published_at,
            s.removed_at,
            s.changed_at,
            s.changed_by
        ],
    )
}

/// Writes back one of which the version before was seen. False when somebody else has changed it.
pub fn save(tx: &mut Tx, s: &ShiftRow) -> Result<bool, Error> {
    let written = tx.execute(
        "UPDATE shift SET agent_id = $2, starts_at = $3, ends_at = $4, language = $5, skill = $6, version = $7, \
         published_at = $8, removed_at = $9, changed_at = $10, changed_by = $11 WHERE id = $1 AND version = $7 - 1",
        params![
            s.id,
            s.agent_id,
            s.starts_at,
            s.ends_at,
            s.language.map(Language::as_str),
            s.skill,
            s.version,
            s.published_at,
            s.removed_at,
            s.changed_at,
            s.changed_by
        ],
    )?;
    Ok(written == 1)
}

/// Takes away a draft. False when it is none of that version any more.
pub fn delete_draft(tx: &mut Tx, id: ShiftId, version: i64) -> Result<bool, Error> {
    let sql = "DELETE FROM shift WHERE id = $1 AND version = $2 AND published_at IS NULL";
    Ok(tx.execute(sql, params![id, version])? == 1)
}

/// Takes away all drafts that begin between two times; queued.
pub fn delete_drafts(tx: &mut Tx, from: Time, until: Time) -> Result<(), Error> {
    tx.run(
        "DELETE FROM shift WHERE published_at IS NULL AND starts_at >= $1 AND starts_at < $2",
        params![from, until],
    )
}

/// Notes that rules were broken on purpose: by whom, why, and which; queued.
pub fn insert_exception(
    tx: &mut Tx,
    id: i64,
    at: Time,
    by: AgentId,
    reason: &str,
    violations: &str,
) -> Result<(), Error> {
    tx.run(
        "INSERT INTO rule_exception (id, at, agent_id, reason, violations) VALUES ($1, $2, $3, $4, $5)",
        params![id, at, by, reason, violations],
    )
}

/// Why rules were broken on purpose: when, by whom, the reason and which, the latest first.
pub fn list_exceptions(rd: &mut Rd, limit: i64) -> Result<Vec<(Time, AgentId, String, String)>, Error> {
    rd.query(
        "SELECT at, agent_id, reason, violations FROM rule_exception ORDER BY id DESC LIMIT $1",
        params![limit],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )
}
