//! What was committed, in order. Everything derived reads it by cursor and so misses nothing, also after a crash.
//!
//! On SQLite the order is the position: there is one writer. On PostgreSQL transactions commit in another order than
//! they number their rows, so "position > last" would skip a late commit. There the order is (transaction, position),
//! and a reader sees only transactions below the oldest one that still runs: whatever commits later comes later. A long
//! *writing* transaction anywhere on the server therefore holds the feed back (see the lag in the metrics); reads and
//! dumps do not. Events of one request come in the order of `seq` as long as one node writes it; with several nodes the
//! order within a page is that of writing, and `seq` is the truth.

use standfast_domain::{RequestId, Time};

use crate::{Dialect, Error, Rd, Tx, Value, params};

/// Setting that changes with every restore: a cursor from before must not be used after.
pub(crate) const INCARNATION: &str = "outbox.incarnation";
/// Setting that holds the last place that was trimmed away.
const TRIMMED: &str = "outbox.trimmed";

/// A place in the feed. As text it is opaque, and can be kept outside of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Cursor {
    incarnation: i64,
    xid: i64,
    position: i64,
}

/// One committed event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Number of the row; unique, but see the module for the order.
    pub position: i64,
    /// The request that it is about.
    pub request_id: RequestId,
    /// The request's sequence number after the event.
    pub seq: i64,
    /// What happened.
    pub kind: String,
    /// JSON.
    pub data: String,
    /// When it was written.
    pub created_at: Time,
}

impl Cursor {
    /// Reads what [`Cursor`]'s `Display` wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| i64::from_str_radix(part, 36).ok());
        let cursor = Self { incarnation: parts.next()??, xid: parts.next()??, position: parts.next()?? };
        parts.next().is_none().then_some(cursor)
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", base36(self.incarnation), base36(self.xid), base36(self.position))
    }
}

fn base36(number: i64) -> String {
    let mut rest = number.unsigned_abs();
    let mut digits = Vec::new();
    loop {
        digits.push(char::from_digit((rest % 36) as u32, 36).unwrap_or('0'));
        rest /= 36;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        digits.push('-');
    }
    digits.into_iter().rev().collect()
}

/// Adds an event to the unit; queued.
pub fn append(
    tx: &mut Tx,
    request_id: RequestId,
    seq: i64,
    kind: &str,
    data: &str,
    now: Time,
) -> Result<(), Error> {
    tx.run(
        "INSERT INTO outbox (request_id, seq, kind, data, created_at) VALUES ($1, $2, $3, $4, $5)",
        params![request_id, seq, kind, data, now],
    )
}

/// At most `limit` events after the cursor, and the cursor after them. [`Error::CursorLost`] when the cursor is from
/// before a restore, or events after it were trimmed away: the reader must then rebuild what it derives, from
/// [`head`].
pub fn read_after(rd: &mut Rd, cursor: &Cursor, limit: u32) -> Result<(Vec<Event>, Cursor), Error> {
    let (incarnation, trimmed) = bounds(rd)?;
    let fresh = *cursor == Cursor::default();
    if (!fresh && cursor.incarnation != incarnation) || (cursor.xid, cursor.position) < trimmed {
        return Err(Error::CursorLost);
    }
    let sql = match rd.dialect() {
        Dialect::Sqlite => {
            "SELECT position, request_id, seq, kind, data, created_at, xid FROM outbox
             WHERE xid >= $1 AND position > $2 ORDER BY position LIMIT $3"
        }
        Dialect::Postgres => {
            "SELECT position, request_id, seq, kind, data, created_at, xid FROM outbox
             WHERE (xid, position) > ($1, $2) AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
             ORDER BY xid, position LIMIT $3"
        }
    };
    let mut next = Cursor { incarnation, ..*cursor };
    let mut events = rd.query(sql, params![cursor.xid, cursor.position, limit], |row| {
        next.xid = row.get(6)?;
        next.position = row.get(0)?;
        Ok(Event {
            position: row.get(0)?,
            request_id: row.get(1)?,
            seq: row.get(2)?,
            kind: row.get(3)?,
            data: row.get(4)?,
            created_at: row.get(5)?,
        })
    })?;
    events.sort_unstable_by_key(|event| event.position);
    Ok((events, next))
}

/// The end of the feed: everything that is not visible yet comes after it.
pub fn head(rd: &mut Rd) -> Result<Cursor, Error> {
    let (incarnation, _) = bounds(rd)?;
    let sql = match rd.dialect() {
        Dialect::Sqlite => "SELECT 0, COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0)",
        Dialect::Postgres => {
            "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1, 9223372036854775807"
        }
    };
    rd.query_one(sql, params![], |row| Ok(Cursor { incarnation, xid: row.get(0)?, position: row.get(1)? }))
}

/// The beginning of what was not trimmed away: whoever lost the place, and may be told a thing twice, goes on here.
pub fn tail(rd: &mut Rd) -> Result<Cursor, Error> {
    let (incarnation, (xid, position)) = bounds(rd)?;
    Ok(Cursor { incarnation, xid, position })
}

/// When the oldest committed event after the cursor was written: the feed's lag. Also when it cannot be read yet, because a
/// transaction that began earlier still writes.
pub fn oldest_after(rd: &mut Rd, cursor: &Cursor) -> Result<Option<Time>, Error> {
    let sql = match rd.dialect() {
        Dialect::Sqlite => {
            "SELECT created_at FROM outbox WHERE xid >= $1 AND position > $2 ORDER BY position LIMIT 1"
        }
        Dialect::Postgres => {
            "SELECT created_at FROM outbox WHERE (xid, position) > ($1, $2) ORDER BY xid, position LIMIT 1"
        }
    };
    Ok(rd.query(sql, params![cursor.xid, cursor.position], |row| row.get(0))?.first().copied())
}

/// The latest answers to customers who waited (kind `answered`) since `since`, oldest first.
pub fn list_answered(rd: &mut Rd, since: Time, limit: u32) -> Result<Vec<Event>, Error> {
    let mut events = rd.query(
        "SELECT position, request_id, seq, kind, data, created_at FROM outbox
         WHERE kind = 'answered' AND created_at > $1 ORDER BY created_at DESC LIMIT $2",
        params![since, limit],
        |row| {
            Ok(Event {
                position: row.get(0)?,
                request_id: row.get(1)?,
                seq: row.get(2)?,
                kind: row.get(3)?,
                data: row.get(4)?,
                created_at: row.get(5)?,
            })
        },
    )?;
    events.reverse();
    Ok(events)
}

/// Removes at most 5,000 events written before `before`, the oldest first, and returns how many. Readers that have not
/// come that far lose their cursor.
pub fn trim(tx: &mut Tx, before: Time) -> Result<u64, Error> {
    let (oldest, delete) = match tx.dialect() {
        Dialect::Sqlite => (
            "SELECT xid, position, created_at FROM outbox ORDER BY position LIMIT 5000",
            "DELETE FROM outbox WHERE xid <= $1 AND position <= $2",
        ),
        Dialect::Postgres => (
            "SELECT xid, position, created_at FROM outbox
             WHERE xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint ORDER BY xid, position LIMIT 5000",
            "DELETE FROM outbox WHERE (xid, position) <= ($1, $2)",
        ),
    };
    let oldest = tx.query(oldest, params![], |row| {
        Ok(((row.get::<i64>(0)?, row.get::<i64>(1)?), row.get::<Time>(2)?))
    })?;
    let old = oldest.iter().take_while(|(_, created)| *created < before);
    let Some(((xid, position), _)) = old.last() else { return Ok(0) };
    let removed = tx.execute(delete, params![*xid, *position])?;
    set(tx, TRIMMED, &format!("{xid} {position}"))?;
    Ok(removed)
}

/// Starts a new incarnation: every cursor that exists is lost. After a restore.
pub(crate) fn begin_incarnation(tx: &mut Tx, now: Time) -> Result<(), Error> {
    // Transactions of another server say nothing about this one's.
    tx.run("UPDATE outbox SET xid = 0", params![])?;
    tx.run("DELETE FROM setting WHERE name = $1", params![TRIMMED])?;
    set(tx, INCARNATION, &now.0.to_string())
}

fn set(tx: &mut Tx, name: &str, value: &str) -> Result<(), Error> {
    tx.run(
        "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        params![name, value],
    )
}

/// The incarnation, and the last place that was trimmed.
fn bounds(rd: &mut Rd) -> Result<(i64, (i64, i64)), Error> {
    let mut found = (0, (0, 0));
    rd.query(
        "SELECT name, value FROM setting WHERE name IN ($1, $2)",
        params![INCARNATION, TRIMMED],
        |row| {
            let value: String = row.get(1)?;
            if row.value(0)? == Value::Text(INCARNATION.into()) {
                found.0 = value.parse().unwrap_or(0);
            } else if let Some((xid, position)) = value.split_once(' ') {
                found.1 = (xid.parse().unwrap_or(0), position.parse().unwrap_or(0));
            }
            Ok(())
        },
    )?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_being_text() {
        for cursor in [
            Cursor::default(),
            Cursor { incarnation: 1_763_000_000_000_000, xid: 35, position: i64::MAX },
            Cursor { incarnation: 0, xid: -1, position: 36 },
        ] {
            assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        }
        for bad in ["", "1", "1.2", "1.2.3.4", "1..2", "x!.1.2"] {
            assert_eq!(Cursor::parse(bad), None, "{bad}");
        }
    }
}
