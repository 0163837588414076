//! Answers already given, by caller and client id.

use standfast_domain::{CustomerId, RequestId, Time};

use crate::{Error, Foresight, Rd, Tx, params};

/// What [`find_with_visitor`] asks.
const WITH_VISITOR: &str = "SELECT (SELECT body FROM receipt WHERE key = $1), \
     (SELECT customer_id FROM identity WHERE kind = 'visitor' AND subject = $2)";

/// The answer given under this key, if one was: a JSON text.
pub fn find(rd: &mut Rd, key: &[u8]) -> Result<Option<String>, Error> {
    rd.query_opt("SELECT body FROM receipt WHERE key = $1", params![key], |row| row.get(0))
}

/// What a visitor's first words need, in one statement: the answer given under this key, and the customer behind the
/// visitor with this subject. The customer is not held; see [`crate::customer::hold_identity`].
pub fn find_with_visitor(
    rd: &mut Rd,
    key: &[u8],
    subject: &str,
) -> Result<(Option<String>, Option<CustomerId>), Error> {
    let keys = params![key, subject];
    let found = rd.query_foreseen(WITH_VISITOR, keys, keys, |row| Ok((row.get(0)?, row.get(1)?)))?;
    found.into_iter().next().ok_or(Error::NotFound)
}

/// Foresees [`find_with_visitor`].
pub fn foresee_with_visitor(foresight: &mut Foresight, key: &[u8], subject: &str) {
    foresight.add(WITH_VISITOR, params![key, subject]);
}

/// Remembers an answer.
pub fn insert(
    tx: &mut Tx,
    key: &[u8],
    request: RequestId,
    seq: i64,
    body: &str,
    now: Time,
) -> Result<(), Error> {
    tx.run(
        "INSERT INTO receipt (key, request_id, seq, body, created_at) VALUES ($1, $2, $3, $4, $5)",
        params![key, request, seq, body, now],
    )
}

/// Forgets answers older than `before`; at most `limit` of them, so that no commit grows long.
pub fn trim(tx: &mut Tx, before: Time, limit: i64) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM receipt WHERE key IN (SELECT key FROM receipt WHERE created_at < $1 LIMIT $2)",
        params![before, limit],
    )
}
