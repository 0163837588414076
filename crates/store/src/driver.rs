//! Events that may explain how many requests there are.

use standfast_domain::{AgentId, DriverId, DriverKind, DriverSource, Time, TokenId};

use crate::{Error, Rd, Row, Tx, params};

/// An event as the store keeps it. The scope is still JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the columns are explained in migrations/0003_drivers.sql, 0008_alarms.sql and 0020_versions.sql"
)]
pub struct DriverRow {
    pub id: DriverId,
    pub kind: DriverKind,
    pub title: String,
    pub note: String,
    pub starts_at: Time,
    pub ends_at: Option<Time>,
    pub scope: String,
    pub source: DriverSource,
    pub external_id: Option<String>,
    pub agent_id: Option<AgentId>,
    pub token_id: Option<TokenId>,
    pub created_at: Time,
    pub updated_at: Time,
    pub removed_at: Option<Time>,
    pub draft: bool,
    pub version: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, title, note, starts_at, ends_at, scope, source, external_id, agent_id, token_id, ",
            "created_at, updated_at, removed_at, draft, version FROM driver ",
            $rest
        )
    };
}

fn row(row: &Row<'_>) -> Result<DriverRow, Error> {
    Ok(DriverRow {
        id: row.get(0)?,
        kind: row.parse(1, DriverKind::parse)?,
        title: row.get(2)?,
        note: row.get(3)?,
        starts_at: row.get(4)?,
        ends_at: row.get(5)?,
        scope: row.get(6)?,
        source: row.parse(7, DriverSource::parse)?,
        external_id: row.get(8)?,
        agent_id: row.get(9)?,
        token_id: row.get(10)?,
        created_at: row.get(11)?,
        updated_at: row.get(12)?,
        removed_at: row.get(13)?,
        draft: row.get(14)?,
        version: row.get(15)?,
    })
}

/// Events that touch the time from `from` up to, but without, `until`, the latest first; those that were removed, and
/// drafts, are left out. An incident without an end is not over; any other event without one touches the moment of its start alone.
pub fn list(rd: &mut Rd, from: Time, until: Time, limit: i64) -> Result<Vec<DriverRow>, Error> {
    rd.query(
        select!(
            "WHERE removed_at IS NULL AND NOT draft AND starts_at < $2 \
             AND (COALESCE(ends_at, starts_at) >= $1 OR (ends_at IS NULL AND kind = 'incident')) \
             ORDER BY starts_at DESC, id DESC LIMIT $3"
        ),
        params![from, until, limit],
        row,
    )
}

/// Events that begin at `from` or later, or go on then, and begin before `until`, the next one first; those that were removed, and
/// drafts, are left out.
pub fn list_next(rd: &mut Rd, from: Time, until: Time, limit: i64) -> Result<Vec<DriverRow>, Error> {
    rd.query(
        select!(
            "WHERE removed_at IS NULL AND NOT draft AND starts_at < $2 AND COALESCE(ends_at, starts_at) >= $1 \
             ORDER BY starts_at, id LIMIT $3"
        ),
        params![from, until, limit],
        row,
    )
}

/// The event with this id, removed ones too.
pub fn find(rd: &mut Rd, id: DriverId) -> Result<Option<DriverRow>, Error> {
    rd.query_opt(select!("WHERE id = $1"), params![id], row)
}

/// The event that a source names so, removed ones too.
pub fn find_external(
    rd: &mut Rd,
    source: DriverSource,
    external_id: &str,
) -> Result<Option<DriverRow>, Error> {
    rd.query_opt(
        select!("WHERE source = $1 AND external_id = $2"),
        params![source.as_str(), external_id],
        row,
    )
}

/// Names of events by calendars as they were until 2026-11, `<agent>:ics-<name>`, with who has them: what was removed comes last.
pub fn list_calendar_names(rd: &mut Rd) -> Result<Vec<(String, DriverId)>, Error> {
    rd.query(
        "SELECT external_id, id FROM driver WHERE source = $1 AND external_id LIKE '%:ics-%' \
         ORDER BY CASE WHEN removed_at IS NULL THEN 0 ELSE 1 END, id",
        params![DriverSource::Person.as_str()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Gives an event another name, unless its source calls another one so.
pub fn rename(tx: &mut Tx, id: DriverId, external_id: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE driver SET external_id = $2 WHERE id = $1 \
         AND NOT EXISTS (SELECT 1 FROM driver named WHERE named.source = driver.source AND named.external_id = $2)",
        params![id, external_id],
    )?;
    Ok(())
}

/// Writes a new event. False when the source has told of one with this external id already: another process was first.
pub fn insert(tx: &mut Tx, d: &DriverRow) -> Result<bool, Error> {
    let written = tx.execute(
        "INSERT INTO driver (id, kind, title, note, starts_at, ends_at, scope, source, external_id, agent_id, \
         token_id, created_at, updated_at, removed_at, draft) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING",
        params![
            d.id,
            d.kind.as_str(),
            d.title,
            d.note,
            d.starts_at,
            d.ends_at,
            d.scope,
            d.source.as_str(),
            d.external_id,
            d.agent_id,
            d.token_id,
            d.created_at,
            d.updated_at,
            d.removed_at,
            d.draft
        ],
    )?;
    Ok(written == 1)
}

macro_rules! update {
    ($rest:literal) => {
        concat!(
            "UPDATE driver SET kind = $2, title = $3, note = $4, starts_at = $5, ends_at = $6, scope = $7, ",
            "token_id = $8, updated_at = $9, removed_at = $10, draft = $11, agent_id = $12, version = version + 1 ",
            $rest
        )
    };
}

/// Writes back everything of an event that can change, over the version that the row has. False when somebody else has
/// changed it since.
pub fn change(tx: &mut Tx, d: &DriverRow) -> Result<bool, Error> {
    let written = tx.execute(
        update!("WHERE id = $1 AND version = $13"),
        params![
            d.id,
            d.kind.as_str(),
            d.title,
            d.note,
            d.starts_at,
            d.ends_at,
            d.scope,
            d.token_id,
            d.updated_at,
            d.removed_at,
            d.draft,
            d.agent_id,
            d.version
        ],
    )?;
    Ok(written == 1)
}

/// Notes that an event is over, unless it was already, or that it goes on; whatever else somebody makes of it meanwhile stays.
/// False when it was removed.
pub fn put_end(tx: &mut Tx, id: DriverId, is_over: bool, now: Time) -> Result<bool, Error> {
    let written = tx.execute(
        "UPDATE driver SET ends_at = CASE WHEN $2 THEN COALESCE(ends_at, CASE WHEN starts_at > $3 THEN starts_at ELSE $3 END) END, \
         updated_at = $3, version = version + 1 WHERE id = $1 AND removed_at IS NULL AND NOT draft",
        params![id, is_over, now],
    )?;
    Ok(written == 1)
}

/// Takes an event away; whatever else somebody makes of it meanwhile stays. False when it was removed already.
pub fn remove(tx: &mut Tx, id: DriverId, now: Time) -> Result<bool, Error> {
    let written = tx.execute(
        "UPDATE driver SET removed_at = $2, updated_at = $2, version = version + 1 WHERE id = $1 AND removed_at IS NULL",
        params![id, now],
    )?;
    Ok(written == 1)
}

/// Writes back everything of an event that can change, whatever its version; queued.
pub fn save(tx: &mut Tx, d: &DriverRow) -> Result<(), Error> {
    tx.run(
        update!("WHERE id = $1"),
        params![
            d.id,
            d.kind.as_str(),
            d.title,
            d.note,
            d.starts_at,
            d.ends_at,
            d.scope,
            d.token_id,
            d.updated_at,
            d.removed_at,
            d.draft,
            d.agent_id
        ],
    )
}
