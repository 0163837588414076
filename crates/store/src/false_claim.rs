//! Claims that assets are at risk which somebody found to be false.

use standfast_domain::{AgentId, CustomerId, FalseClaim, RequestId, Time, Urgency};

use crate::{Error, Rd, Tx, params};

/// A request that was moved out of the lane of assets at risk, once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the columns are explained in migrations/0022_lane.sql and 0024_false_claim.sql"
)]
pub struct FalseClaimRow {
    pub request_id: RequestId,
    pub seq: i64,
    pub agent_id: AgentId,
    pub reason: FalseClaim,
    pub at: Time,
    pub restored_at: Option<Time>,
    pub restored_by: Option<AgentId>,
}

/// Notes that a request was moved out. Queued.
pub fn insert(tx: &mut Tx, row: &FalseClaimRow) -> Result<(), Error> {
    tx.run(
        "INSERT INTO false_claim (request_id, seq, agent_id, reason, at, restored_at, restored_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            row.request_id,
            row.seq,
            row.agent_id,
            row.reason.as_str(),
            row.at,
            row.restored_at,
            row.restored_by,
        ],
    )
}

/// Notes that a request is back in the lane, if it had been moved out of it. That alone takes nothing back. Queued.
pub fn restore(tx: &mut Tx, request: RequestId, now: Time) -> Result<(), Error> {
    tx.run(
        "UPDATE false_claim SET restored_at = $2 WHERE request_id = $1 AND restored_at IS NULL",
        params![request, now],
    )
}

/// Notes that somebody looked and put a request back: what it claimed was never false. Queued.
pub fn take_back(tx: &mut Tx, request: RequestId, by: AgentId, now: Time) -> Result<(), Error> {
    tx.run(
        "UPDATE false_claim SET restored_at = COALESCE(restored_at, $2), restored_by = $3 \
         WHERE request_id = $1 AND restored_by IS NULL",
        params![request, now, by],
    )
}

/// Notes that a request was last moved out by mistake, as somebody on the desk says: that alone is held against nobody. Queued.
pub fn undo(tx: &mut Tx, request: RequestId, by: AgentId, now: Time) -> Result<(), Error> {
    tx.run(
        "UPDATE false_claim SET restored_at = COALESCE(restored_at, $2), restored_by = $3 WHERE request_id = $1 \
         AND seq = (SELECT max(last.seq) FROM false_claim last WHERE last.request_id = $1)",
        params![request, now, by],
    )
}

/// What is known of whoever claims that assets are at risk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Claims that were found to be false since a time, and nobody has taken that back. That the customer's words brought a
    /// request back does not.
    pub false_claims: i64,
    /// Whether somebody had moved this very request out before.
    pub was_out: bool,
}

/// What is known of the customer who claims it in a request.
pub fn of_customer(
    rd: &mut Rd,
    customer: CustomerId,
    claimed: RequestId,
    since: Time,
) -> Result<Known, Error> {
    rd.query_one(
        "SELECT (SELECT count(*) FROM false_claim f JOIN request r ON r.id = f.request_id \
         WHERE r.customer_id = $1 AND f.at >= $2 AND f.restored_by IS NULL), \
         EXISTS (SELECT 1 FROM false_claim WHERE request_id = $3)",
        params![customer, since, claimed],
        |row| Ok(Known { false_claims: row.get(0)?, was_out: row.get(1)? }),
    )
}

/// Other requests of the customer that wait in the lane, that nobody doubts and nobody has answered yet, with their types; the
/// latest first.
pub fn list_ahead(
    rd: &mut Rd,
    customer: CustomerId,
    claimed: RequestId,
    limit: i64,
) -> Result<Vec<(RequestId, String)>, Error> {
    rd.query(
        "SELECT id, type FROM request WHERE customer_id = $1 AND id <> $2 AND at_risk AND urgency <> $3 \
         AND state = 'open' AND first_reply_at IS NULL ORDER BY id DESC LIMIT $4",
        params![customer, claimed, Urgency::DOUBTED.0, limit],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// The customer's oldest request that waits in the lane behind the others and that nobody has answered yet.
pub fn find_doubted(rd: &mut Rd, customer: CustomerId) -> Result<Option<RequestId>, Error> {
    rd.query_opt(
        "SELECT id FROM request WHERE customer_id = $1 AND at_risk AND urgency = $2 AND state = 'open' \
         AND first_reply_at IS NULL ORDER BY id LIMIT 1",
        params![customer, Urgency::DOUBTED.0],
        |row| row.get(0),
    )
}

/// What was moved out of the requests after `after` up to `until`, by request and entry.
pub fn list_between(rd: &mut Rd, after: RequestId, until: RequestId) -> Result<Vec<FalseClaimRow>, Error> {
    rd.query(
        "SELECT request_id, seq, agent_id, reason, at, restored_at, restored_by FROM false_claim \
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
                restored_by: row.get(6)?,
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

/// First the requests in the lane and those that were moved out of it, by an index of each; then what is wanted of them.
const COUNT_CLAIMS: &str = "SELECT count(*), COALESCE(sum(CASE WHEN r.at_risk THEN 0 ELSE 1 END), 0), \
     COALESCE(sum(CASE WHEN r.at_risk AND f.request_id IS NOT NULL THEN 1 ELSE 0 END), 0) FROM request r \
     LEFT JOIN (SELECT DISTINCT request_id FROM false_claim WHERE at >= $2) f ON f.request_id = r.id \
     WHERE r.id IN (SELECT id FROM request WHERE at_risk AND id >= $1 \
     UNION SELECT request_id FROM false_claim WHERE at >= $2 AND request_id >= $1) \
     AND r.created_at >= $2 AND r.state NOT IN ('spam', 'merged') AND r.tags NOT LIKE '%\"test\"%'";

/// Counts the requests from `from` on that have been in the lane and came in at `since` or later: no tests, no spam, and nothing
/// that goes on in another request.
pub fn count_claims(rd: &mut Rd, from: RequestId, since: Time) -> Result<Claims, Error> {
    rd.query_one(COUNT_CLAIMS, params![from, since], |row| {
        Ok(Claims { claimed: row.get(0)?, moved_out: row.get(1)?, moved_back: row.get(2)? })
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::sqlite;

    #[tokio::test]
    async fn claims_are_counted_without_a_walk_over_all_requests() {
        let store = sqlite();
        let plan = store.read(|rd| {
            let explained = format!("EXPLAIN QUERY PLAN {COUNT_CLAIMS}").leak();
            rd.query(explained, params![RequestId(1), Time(0)], |row| row.get::<String>(3))
        });
        let plan = plan.await.unwrap();
        assert!(plan.iter().any(|step| step.contains("INDEX request_at_risk (")), "{plan:#?}");
        let rows: Vec<_> = plan.iter().filter(|step| step.contains(" r ")).collect();
        assert!(rows.len() == 1 && rows[0].ends_with("(id=?)"), "one by one, and of no range: {plan:#?}");
    }
}
