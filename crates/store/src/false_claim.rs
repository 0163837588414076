//! Claims that assets are at risk which somebody found to be false.

use standfast_domain::{AgentId, CustomerId, FalseClaim, RequestId, Time};

use crate::{Error, Rd, Tx, params};

/// A request that was moved out of the lane of assets at risk, once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0022_lane.sql")]
pub struct FalseClaimRow {
    pub request_id: RequestId,
    pub seq: i64,
    pub agent_id: AgentId,
    pub reason: FalseClaim,
    pub at: Time,
    pub restored_at: Option<Time>,
}

/// Notes that a request was moved out. Queued.
pub fn insert(tx: &mut Tx, row: &FalseClaimRow) -> Result<(), Error> {
    tx.run(
        "INSERT INTO false_claim (request_id, seq, agent_id, reason, at, restored_at) VALUES ($1, $2, $3, $4, $5, $6)",
        params![row.request_id, row.seq, row.agent_id, row.reason.as_str(), row.at, row.restored_at],
    )
}

/// Notes that a request is back in the lane, if it had been moved out of it. Queued.
pub fn restore(tx: &mut Tx, request: RequestId, now: Time) -> Result<(), Error> {
    tx.run(
        "UPDATE false_claim SET restored_at = $2 WHERE request_id = $1 AND restored_at IS NULL",
        params![request, now],
    )
}

/// How many requests of a customer, but for one, were moved out since a time and are out still.
pub fn count_of_customer(
    rd: &mut Rd,
    customer: CustomerId,
    but: RequestId,
    since: Time,
) -> Result<i64, Error> {
    rd.query_one(
        "SELECT count(*) FROM false_claim f JOIN request r ON r.id = f.request_id \
         WHERE r.customer_id = $1 AND f.request_id <> $2 AND f.at >= $3 AND f.restored_at IS NULL",
        params![customer, but, since],
        |row| row.get(0),
    )
}

/// What was moved out of the requests after `after` up to `until`, by request and entry.
pub fn list_between(rd: &mut Rd, after: RequestId, until: RequestId) -> Result<Vec<FalseClaimRow>, Error> {
    rd.query(
        "SELECT request_id, seq, agent_id, reason, at, restored_at FROM false_claim \
         WHERE request_id > $1 AND request_id <= $2 ORDER BY request_id, seq",
        params![after, until],
        |row| {
            Ok(FalseClaimRow {
                request_id: row.get(0)?,
                seq: row.get(1)?,
                agent_id: row.get(2)?,
                reason: row.parse(3, FalseClaim::parse)?,
                at: row.get(4)?,
                restored_at: row.get(5)?,
            })
        },
    )
}

/// Requests that came in within a range of time and have been in the lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// All of them: those that are in it, and those that were moved out.
    pub claimed: i64,
    /// Moved out, and not back.
    pub moved_out: i64,
    /// Moved out, and back.
    pub moved_back: i64,
}

/// Counts the requests from `from` on that have been in the lane and came in at `since` or later: no tests, no spam, and nothing
/// that goes on in another request.
pub fn count_claims(rd: &mut Rd, from: RequestId, since: Time) -> Result<Claims, Error> {
    rd.query_one(
        "SELECT count(*), COALESCE(sum(CASE WHEN r.at_risk THEN 0 ELSE 1 END), 0), \
         COALESCE(sum(CASE WHEN r.at_risk AND f.request_id IS NOT NULL THEN 1 ELSE 0 END), 0) FROM request r \
         LEFT JOIN (SELECT DISTINCT request_id FROM false_claim WHERE at >= $2) f ON f.request_id = r.id \
         WHERE r.id >= $1 AND r.created_at >= $2 AND (r.at_risk OR f.request_id IS NOT NULL) \
         AND r.state NOT IN ('spam', 'merged') AND r.tags NOT LIKE '%\"test\"%'",
        params![from, since],
        |row| Ok(Claims { claimed: row.get(0)?, moved_out: row.get(1)?, moved_back: row.get(2)? }),
    )
}

/// How often each reason was given for requests that were moved out since a time and are out still; the most frequent first.
pub fn count_reasons(rd: &mut Rd, since: Time) -> Result<Vec<(FalseClaim, i64)>, Error> {
    rd.query(
        "SELECT f.reason, count(*) FROM false_claim f JOIN request r ON r.id = f.request_id \
         WHERE f.at >= $1 AND r.created_at >= $1 AND f.restored_at IS NULL \
         AND r.state NOT IN ('spam', 'merged') AND r.tags NOT LIKE '%\"test\"%' \
         GROUP BY f.reason ORDER BY count(*) DESC, f.reason",
        params![since],
        |row| Ok((row.parse(0, FalseClaim::parse)?, row.get(1)?)),
    )
}
