//! The types that agents settled, and what requests teach about types.

use standfast_domain::{AgentId, RequestId, State, Time};

use crate::{Error, Rd, Tx, params};

/// Notes the type that an agent settled; the latest word counts. Queued.
pub fn put(tx: &mut Tx, request: RequestId, kind: &str, agent: AgentId, now: Time) -> Result<(), Error> {
    tx.run(
        "INSERT INTO label (request_id, type, agent_id, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (request_id) DO UPDATE SET type = excluded.type, agent_id = excluded.agent_id, \
         created_at = excluded.created_at",
        params![request, kind, agent, now],
    )
}

/// The type that an agent settled for a request.
pub fn find(rd: &mut Rd, request: RequestId) -> Result<Option<String>, Error> {
    rd.query_opt("SELECT type FROM label WHERE request_id = $1", params![request], |row| row.get(0))
}

/// A label as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0005_types.sql")]
pub struct LabelRow {
    pub request_id: RequestId,
    pub kind: String,
    pub agent_id: AgentId,
    pub created_at: Time,
}

/// The labels of the requests after `after` up to `until`, by request.
pub fn list_between(rd: &mut Rd, after: RequestId, until: RequestId) -> Result<Vec<LabelRow>, Error> {
    rd.query(
        "SELECT request_id, type, agent_id, created_at FROM label WHERE request_id > $1 AND request_id <= $2 \
         ORDER BY request_id",
        params![after, until],
        |row| {
            Ok(LabelRow {
                request_id: row.get(0)?,
                kind: row.get(1)?,
                agent_id: row.get(2)?,
                created_at: row.get(3)?,
            })
        },
    )
}

/// How many labels were given after `since`; counted up to `most`.
pub fn count_since(rd: &mut Rd, since: Time, most: i64) -> Result<i64, Error> {
    rd.query_one(
        "SELECT count(*) FROM (SELECT 1 FROM label WHERE created_at > $1 LIMIT $2) AS latest",
        params![since, most],
        |row| row.get(0),
    )
}

/// What decides what a request teaches.
#[derive(Clone, PartialEq, Eq)]
pub struct LessonRow {
    /// The request.
    pub request_id: RequestId,
    /// Its type.
    pub kind: String,
    /// Its state.
    pub state: State,
    /// Whether an agent has replied.
    pub answered: bool,
    /// The type that an agent settled.
    pub label: Option<String>,
    /// Whether the desk gave it its type, by a prediction.
    pub applied: bool,
    /// The customer's first words; nothing where they were erased.
    pub text: Option<String>,
}

/// Says which request it is, never what was said.
impl std::fmt::Debug for LessonRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "lesson of request {} ({}, {:?})", self.request_id, self.kind, self.label)
    }
}

/// The latest requests before `before`, the latest first, with what they teach.
pub fn list_lessons(rd: &mut Rd, before: RequestId, limit: i64) -> Result<Vec<LessonRow>, Error> {
    rd.query(
        "SELECT r.id, r.type, r.state, r.first_reply_at IS NOT NULL, l.type, COALESCE(p.applied, FALSE), e.text \
         FROM request r LEFT JOIN label l ON l.request_id = r.id LEFT JOIN prediction p ON p.request_id = r.id \
         LEFT JOIN entry e ON e.request_id = r.id AND e.seq = 1 AND e.author_kind = 'customer' AND e.kind = 'text' \
         WHERE r.id < $1 ORDER BY r.id DESC LIMIT $2",
        params![before, limit],
        |row| {
            Ok(LessonRow {
                request_id: row.get(0)?,
                kind: row.get(1)?,
                state: row.parse(2, State::parse)?,
                answered: row.get(3)?,
                label: row.get(4)?,
                applied: row.get(5)?,
                text: row.get(6)?,
            })
        },
    )
}
