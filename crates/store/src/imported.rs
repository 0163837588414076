//! Requests whose history comes from another system: see `migrations/0010_reporting.sql`.

use standfast_domain::{RequestId, Time};

use crate::{Error, Rd, Tx, params};

/// What the history of an imported request does not say, as a set of bits. A measure that needs it leaves such requests out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Untold(pub i64);

impl Untold {
    /// When, and whether, it was first answered.
    pub const ANSWER: Self = Self(1);
    /// How often each side wrote.
    pub const WORDS: Self = Self(2);
    /// When, and whether, it was solved.
    pub const SOLUTION: Self = Self(4);
    /// How often it was taken up again.
    pub const REOPENS: Self = Self(8);

    /// With these, too.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether these are among it.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Whether this was imported before.
pub fn find(rd: &mut Rd, external_key: &[u8]) -> Result<Option<RequestId>, Error> {
    rd.query_opt("SELECT request_id FROM imported WHERE external_key = $1", params![external_key], |row| {
        row.get(0)
    })
}

/// Notes where a request comes from, and when a bot of that system first answered, if one did; queued.
pub fn insert(
    tx: &mut Tx,
    request: RequestId,
    (source, external_key): (&str, &[u8]),
    (untold, bot_reply_at): (Untold, Option<Time>),
    now: Time,
) -> Result<(), Error> {
    tx.run(
        "INSERT INTO imported (request_id, source, external_key, untold, bot_reply_at, imported_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![request, source, external_key, untold.0, bot_reply_at, now],
    )
}

/// When which of the requests after `after` up to `until` were imported.
pub fn list_between(
    rd: &mut Rd,
    after: RequestId,
    until: RequestId,
) -> Result<Vec<(RequestId, Time)>, Error> {
    rd.query(
        "SELECT request_id, imported_at FROM imported WHERE request_id > $1 AND request_id <= $2 ORDER BY request_id",
        params![after, until],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// What the store has of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stock {
    /// How many requests.
    pub requests: i64,
    /// When the first of them came.
    pub first: Option<Time>,
    /// When the last of them came.
    pub last: Option<Time>,
}

/// Counts what the store has of a source, from the requests themselves.
pub fn count(rd: &mut Rd, source: &str) -> Result<Stock, Error> {
    rd.query_one(
        "SELECT count(*), min(r.created_at), max(r.created_at) FROM imported i JOIN request r ON r.id = i.request_id \
         WHERE i.source = $1",
        params![source],
        |row| Ok(Stock { requests: row.get(0)?, first: row.get(1)?, last: row.get(2)? }),
    )
}
