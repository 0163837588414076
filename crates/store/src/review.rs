//! What customers found wrong, until somebody has looked at it.

use standfast_domain::{AgentId, RequestId, ReviewId, Time};

use crate::{Dialect, Error, Rd, Row, Tx, params};

/// A review as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0002_feedback.sql")]
pub struct ReviewRow {
    pub id: ReviewId,
    pub cause: String,
    pub request_id: RequestId,
    pub episode: Option<i64>,
    pub seq: i64,
    pub agent_id: Option<AgentId>,
    pub state: String,
    pub taken_by: Option<AgentId>,
    pub note: Option<String>,
    pub created_at: Time,
    pub changed_at: Time,
}

/// Somebody who looks at reviews.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// Who.
    pub agent: AgentId,
    /// The roles that may look at them, each between commas: `,lead,admin,`.
    pub roles: String,
}

macro_rules! select {
    ($($rest:tt)+) => {
        concat!(
            "SELECT id, cause, request_id, episode, seq, agent_id, state, taken_by, note, created_at, changed_at ",
            "FROM review ",
            $($rest)+
        )
    };
}

/// Nobody judges about themselves, unless nobody else could: the viewer ($1) had not written to the customer before, or
/// everybody with one of the roles ($2) had.
macro_rules! is_seen {
    () => {
        "(NOT EXISTS (SELECT 1 FROM entry e WHERE e.request_id = review.request_id AND e.seq < review.seq \
         AND e.kind = 'text' AND e.author_kind = 'agent' AND e.author_id = $1) \
         OR NOT EXISTS (SELECT 1 FROM agent a WHERE a.disabled_at IS NULL AND $2 LIKE '%,' || a.role || ',%' \
         AND NOT EXISTS (SELECT 1 FROM entry e WHERE e.request_id = review.request_id AND e.seq < review.seq \
         AND e.kind = 'text' AND e.author_kind = 'agent' AND e.author_id = a.id))) "
    };
}

fn row(row: &Row<'_>) -> Result<ReviewRow, Error> {
    Ok(ReviewRow {
        id: row.get(0)?,
        cause: row.get(1)?,
        request_id: row.get(2)?,
        episode: row.get(3)?,
        seq: row.get(4)?,
        agent_id: row.get(5)?,
        state: row.get(6)?,
        taken_by: row.get(7)?,
        note: row.get(8)?,
        created_at: row.get(9)?,
        changed_at: row.get(10)?,
    })
}

/// Writes a review, or what became of it; queued.
pub fn put(tx: &mut Tx, r: &ReviewRow) -> Result<(), Error> {
    tx.run(
        "INSERT INTO review (id, cause, request_id, episode, seq, agent_id, state, taken_by, note, created_at, \
         changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO UPDATE SET \
         seq = excluded.seq, agent_id = excluded.agent_id, state = excluded.state, taken_by = excluded.taken_by, note = excluded.note, \
         changed_at = excluded.changed_at",
        params![
            r.id,
            r.cause,
            r.request_id,
            r.episode,
            r.seq,
            r.agent_id,
            r.state,
            r.taken_by,
            r.note,
            r.created_at,
            r.changed_at
        ],
    )
}

/// The review with this id, held until the end of the unit.
pub fn lock(tx: &mut Tx, id: ReviewId) -> Result<Option<ReviewRow>, Error> {
    let sql = match tx.dialect() {
        Dialect::Sqlite => select!("WHERE id = $1"),
        Dialect::Postgres => select!("WHERE id = $1 FOR UPDATE"),
    };
    tx.query_opt(sql, params![id], row)
}

/// The review of an episode's low rating.
pub fn find_of_rating(rd: &mut Rd, request: RequestId, episode: i64) -> Result<Option<ReviewRow>, Error> {
    rd.query_opt(
        select!("WHERE request_id = $1 AND episode = $2 AND cause = 'low_rating'"),
        params![request, episode],
        row,
    )
}

/// The review with this id.
pub fn find(rd: &mut Rd, id: ReviewId) -> Result<Option<ReviewRow>, Error> {
    rd.query_opt(select!("WHERE id = $1"), params![id], row)
}

/// The complaint of a request that nobody has finished looking at, held until the end of the unit that holds the request.
pub fn find_open_complaint(rd: &mut Rd, request: RequestId) -> Result<Option<ReviewRow>, Error> {
    rd.query_opt(
        select!("WHERE request_id = $1 AND cause = 'complaint' AND state <> 'done' ORDER BY id LIMIT 1"),
        params![request],
        row,
    )
}

/// The last words of the complaint about a request before the one whose last words are these; 0 without one.
pub fn last_before(rd: &mut Rd, request: RequestId, seq: i64) -> Result<i64, Error> {
    let sql =
        "SELECT COALESCE(MAX(seq), 0) FROM review WHERE request_id = $1 AND cause = 'complaint' AND seq < $2";
    Ok(rd.query_opt(sql, params![request, seq], |row| row.get(0))?.unwrap_or(0))
}

/// Takes away a review that nobody has taken: its customer thinks better of it. Queued.
pub fn delete_open(tx: &mut Tx, id: ReviewId) -> Result<(), Error> {
    tx.run("DELETE FROM review WHERE id = $1 AND state = 'open'", params![id])
}

/// What the viewer is still to look at, complaints first and each oldest first, after the one with this cause and id.
pub fn list_open(
    rd: &mut Rd,
    viewer: &Viewer,
    (cause, id): (&str, ReviewId),
    limit: i64,
) -> Result<Vec<ReviewRow>, Error> {
    // `complaint` stands before `low_rating` in the alphabet.
    rd.query(
        select!(
            "WHERE state <> 'done' AND (cause > $3 OR (cause = $3 AND id > $4)) AND ",
            is_seen!(),
            "ORDER BY cause, id LIMIT $5"
        ),
        params![viewer.agent, viewer.roles, cause, id, limit],
        row,
    )
}

/// How much of what the viewer is still to look at there is, counted up to a limit.
pub fn count_open(rd: &mut Rd, viewer: &Viewer, limit: i64) -> Result<i64, Error> {
    let sql = concat!(
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM review WHERE state <> 'done' AND ",
        is_seen!(),
        "LIMIT $3) AS waiting"
    );
    Ok(rd.query_opt(sql, params![viewer.agent, viewer.roles, limit], |row| row.get(0))?.unwrap_or(0))
}

/// What the viewer may see of what was looked at, newest first, before the one with this id.
pub fn list_done(
    rd: &mut Rd,
    viewer: &Viewer,
    before: ReviewId,
    limit: i64,
) -> Result<Vec<ReviewRow>, Error> {
    rd.query(
        select!("WHERE state = 'done' AND id < $3 AND ", is_seen!(), "ORDER BY id DESC LIMIT $4"),
        params![viewer.agent, viewer.roles, before, limit],
        row,
    )
}

/// Who had written to the customer of a request before this entry.
pub fn list_involved(rd: &mut Rd, request: RequestId, seq: i64) -> Result<Vec<AgentId>, Error> {
    rd.query(
        "SELECT DISTINCT author_id FROM entry WHERE request_id = $1 AND seq < $2 AND kind = 'text' \
         AND author_kind = 'agent'",
        params![request, seq],
        |row| row.get(0),
    )
}
