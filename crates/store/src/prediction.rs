//! What a model said of a request when it came in.

use standfast_domain::{RequestId, State, Time};

use crate::{Error, Rd, Row, Tx, params};

/// A prediction. The runners-up are still JSON.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0005_types.sql")]
pub struct PredictionRow {
    pub request_id: RequestId,
    pub kind: String,
    pub confidence: f64,
    pub runners_up: String,
    pub unsure: bool,
    pub applied: bool,
    pub model_version: i64,
    pub created_at: Time,
}

fn row(row: &Row<'_>) -> Result<PredictionRow, Error> {
    Ok(PredictionRow {
        request_id: row.get(0)?,
        kind: row.get(1)?,
        confidence: row.get(2)?,
        runners_up: row.get(3)?,
        unsure: row.get(4)?,
        applied: row.get(5)?,
        model_version: row.get(6)?,
        created_at: row.get(7)?,
    })
}

/// Writes a prediction; false when the request has one already.
pub fn insert(tx: &mut Tx, p: &PredictionRow) -> Result<bool, Error> {
    let written = tx.execute(
        "INSERT INTO prediction (request_id, type, confidence, runners_up, unsure, applied, model_version, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (request_id) DO NOTHING",
        params![
            p.request_id,
            p.kind,
            p.confidence,
            p.runners_up,
            p.unsure,
            p.applied,
            p.model_version,
            p.created_at
        ],
    )?;
    Ok(written == 1)
}

/// The prediction of a request.
pub fn find(rd: &mut Rd, request: RequestId) -> Result<Option<PredictionRow>, Error> {
    rd.query_opt(
        "SELECT request_id, type, confidence, runners_up, unsure, applied, model_version, created_at \
         FROM prediction WHERE request_id = $1",
        params![request],
        row,
    )
}

/// A request to be classified.
#[derive(Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The request.
    pub request_id: RequestId,
    /// The type that it came with.
    pub kind: String,
    /// The customer's first words; nothing where they were erased.
    pub text: Option<String>,
}

/// Says which request it is, never what was said.
impl std::fmt::Debug for Arrival {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "arrival of request {} ({})", self.request_id, self.kind)
    }
}

/// A request, unless it was classified or an agent settled its type.
pub fn find_arrival(rd: &mut Rd, request: RequestId) -> Result<Option<Arrival>, Error> {
    rd.query_opt(
        "SELECT r.id, r.type, e.text FROM request r JOIN entry e ON e.request_id = r.id AND e.seq = 1 \
         AND e.author_kind = 'customer' AND e.kind = 'text' WHERE r.id = $1 \
         AND NOT EXISTS (SELECT 1 FROM prediction p WHERE p.request_id = r.id) \
         AND NOT EXISTS (SELECT 1 FROM label l WHERE l.request_id = r.id)",
        params![request],
        |row| Ok(Arrival { request_id: row.get(0)?, kind: row.get(1)?, text: row.get(2)? }),
    )
}

/// A request that no model could name.
#[derive(Clone, PartialEq, Eq)]
pub struct Unsure {
    /// The request.
    pub request_id: RequestId,
    /// When it came.
    pub created_at: Time,
    /// The customer's first words.
    pub text: String,
}

/// Says which request it is, never what was said.
impl std::fmt::Debug for Unsure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "unsure request {}", self.request_id)
    }
}

/// Requests since `since` that no model could name and that still have no type, the latest first. What an agent has settled
/// has one, also when it is `other`. Spam, what goes on in another request, tests of the desk, and what was erased is left
/// out.
pub fn list_unsure(rd: &mut Rd, since: Time, limit: i64) -> Result<Vec<Unsure>, Error> {
    rd.query(
        "SELECT r.id, r.created_at, e.text FROM prediction p JOIN request r ON r.id = p.request_id \
         JOIN entry e ON e.request_id = r.id AND e.seq = 1 WHERE p.unsure AND p.created_at >= $1 \
         AND r.created_at >= $1 AND r.type = 'other' AND r.state NOT IN ($3, $4) AND r.tags NOT LIKE '%\"test\"%' \
         AND NOT EXISTS (SELECT 1 FROM label l WHERE l.request_id = r.id) AND e.text IS NOT NULL \
         ORDER BY p.created_at DESC LIMIT $2",
        params![since, limit, State::Spam.as_str(), State::Merged.as_str()],
        |row| Ok(Unsure { request_id: row.get(0)?, created_at: row.get(1)?, text: row.get(2)? }),
    )
}
