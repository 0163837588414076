//! Alarms, and the requests that belong to them.

use standfast_domain::{
    AgentId, AlarmId, AlarmKind, AlarmState, CustomerId, DismissReason, DriverId, RequestId, Time,
};

use crate::{Error, Rd, Row, Tx, params};

/// An alarm as the store keeps it. Scopes and the course are still JSON.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0008_alarms.sql")]
pub struct AlarmRow {
    pub id: AlarmId,
    pub kind: AlarmKind,
    pub state: AlarmState,
    pub segment: String,
    pub within: String,
    pub share: f64,
    pub started_at: Time,
    pub raised_at: Time,
    pub updated_at: Time,
    pub ended_at: Option<Time>,
    pub observed: i64,
    pub expected: f64,
    pub minutes: i64,
    pub score: f64,
    pub course_at: Time,
    pub course: String,
    pub driver_id: DriverId,
    pub agent_id: Option<AgentId>,
    pub decided_at: Option<Time>,
    pub reason: Option<DismissReason>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, state, segment, within, share, started_at, raised_at, updated_at, ended_at, observed, ",
            "expected, minutes, score, course_at, course, driver_id, agent_id, decided_at, reason FROM alarm ",
            $rest
        )
    };
}

fn row(row: &Row<'_>) -> Result<AlarmRow, Error> {
    Ok(AlarmRow {
        id: row.get(0)?,
        kind: row.parse(1, AlarmKind::parse)?,
        state: row.parse(2, AlarmState::parse)?,
        segment: row.get(3)?,
        within: row.get(4)?,
        share: row.get(5)?,
        started_at: row.get(6)?,
        raised_at: row.get(7)?,
        updated_at: row.get(8)?,
        ended_at: row.get(9)?,
        observed: row.get(10)?,
        expected: row.get(11)?,
        minutes: row.get(12)?,
        score: row.get(13)?,
        course_at: row.get(14)?,
        course: row.get(15)?,
        driver_id: row.get(16)?,
        agent_id: row.get(17)?,
        decided_at: row.get(18)?,
        reason: row.get::<Option<String>>(19)?.as_deref().and_then(DismissReason::parse),
    })
}

/// Writes a new alarm.
pub fn insert(tx: &mut Tx, a: &AlarmRow) -> Result<(), Error> {
    tx.run(
        "INSERT INTO alarm (id, kind, state, segment, within, share, started_at, raised_at, updated_at, ended_at, \
         observed, expected, minutes, score, course_at, course, driver_id, agent_id, decided_at, reason) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
        params![
            a.id,
            a.kind.as_str(),
            a.state.as_str(),
            a.segment,
            a.within,
            a.share,
            a.started_at,
            a.raised_at,
            a.updated_at,
            a.ended_at,
            a.observed,
            a.expected,
            a.minutes,
            a.score,
            a.course_at,
            a.course,
            a.driver_id,
            a.agent_id,
            a.decided_at,
            a.reason.map(DismissReason::as_str)
        ],
    )
}

/// Writes back how it goes on; what people decide is not touched.
pub fn save_course(tx: &mut Tx, a: &AlarmRow) -> Result<(), Error> {
    tx.run(
        "UPDATE alarm SET updated_at = $2, ended_at = $3, observed = $4, expected = $5, course_at = $6, course = $7 \
         WHERE id = $1",
        params![a.id, a.updated_at, a.ended_at, a.observed, a.expected, a.course_at, a.course],
    )
}

/// Writes back which requests it is; those that belong to it are to be attached anew.
pub fn save_segment(tx: &mut Tx, a: &AlarmRow) -> Result<(), Error> {
    tx.run(
        "UPDATE alarm SET segment = $2, share = $3, within = $4, started_at = $5 WHERE id = $1",
        params![a.id, a.segment, a.share, a.within, a.started_at],
    )?;
    tx.run("DELETE FROM alarm_request WHERE alarm_id = $1", params![a.id])
}

/// Writes back what people decided; false when it is not in the state `from` any more: somebody else was first.
pub fn save_decision(tx: &mut Tx, a: &AlarmRow, from: AlarmState) -> Result<bool, Error> {
    let written = tx.execute(
        "UPDATE alarm SET state = $2, agent_id = $3, decided_at = $4, reason = $5 WHERE id = $1 AND state = $6",
        params![
            a.id,
            a.state.as_str(),
            a.agent_id,
            a.decided_at,
            a.reason.map(DismissReason::as_str),
            from.as_str()
        ],
    )?;
    Ok(written == 1)
}

/// The alarm with this id.
pub fn find(rd: &mut Rd, id: AlarmId) -> Result<Option<AlarmRow>, Error> {
    rd.query_opt(select!("WHERE id = $1"), params![id], row)
}

/// Alarms raised before `before`, the latest first.
pub fn list(rd: &mut Rd, before: Time, limit: i64) -> Result<Vec<AlarmRow>, Error> {
    rd.query(
        select!("WHERE raised_at < $1 ORDER BY raised_at DESC, id DESC LIMIT $2"),
        params![before, limit],
        row,
    )
}

/// Alarms that are not over, or were over after `since`, the latest first.
pub fn list_recent(rd: &mut Rd, since: Time) -> Result<Vec<AlarmRow>, Error> {
    rd.query(
        select!("WHERE ended_at IS NULL OR ended_at > $1 ORDER BY raised_at DESC, id DESC LIMIT 200"),
        params![since],
        row,
    )
}

/// Alarms raised since `since`: how many, and how many of them were dismissed as false alarms.
pub fn count_since(rd: &mut Rd, since: Time) -> Result<(i64, i64), Error> {
    rd.query_one(
        "SELECT count(*), CAST(COALESCE(sum(CASE WHEN reason = 'false_alarm' THEN 1 ELSE 0 END), 0) AS BIGINT) \
         FROM alarm WHERE raised_at >= $1",
        params![since],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Times of alarms that became incidents, from `since` on: begin and end, as far as it is known.
pub fn list_incidents(rd: &mut Rd, since: Time) -> Result<Vec<(Time, Option<Time>)>, Error> {
    rd.query(
        "SELECT starts_at, ends_at FROM driver WHERE kind = 'incident' AND removed_at IS NULL AND NOT draft \
         AND starts_at >= $1",
        params![since],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Lets a request belong to an alarm; nothing happens when it does already.
pub fn attach(tx: &mut Tx, alarm: AlarmId, request: RequestId) -> Result<(), Error> {
    tx.run(
        "INSERT INTO alarm_request (alarm_id, request_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        params![alarm, request],
    )
}

/// The requests of an alarm, the latest first.
pub fn list_requests(rd: &mut Rd, alarm: AlarmId, limit: i64) -> Result<Vec<RequestId>, Error> {
    rd.query(
        "SELECT request_id FROM alarm_request WHERE alarm_id = $1 ORDER BY request_id DESC LIMIT $2",
        params![alarm, limit],
        |row| row.get(0),
    )
}

/// What somebody wrote first.
#[derive(Clone, PartialEq, Eq)]
pub struct FirstWords {
    /// The request.
    pub request_id: RequestId,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// The words.
    pub text: String,
}

/// Says which request it is, never what was said.
impl std::fmt::Debug for FirstWords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "first words of request {}", self.request_id)
    }
}

/// The first words of a request, unless they were erased.
pub fn find_words(rd: &mut Rd, request: RequestId) -> Result<Option<FirstWords>, Error> {
    rd.query_opt(
        "SELECT r.id, r.customer_id, e.text FROM request r JOIN entry e ON e.request_id = r.id AND e.seq = 1 \
         WHERE r.id = $1 AND e.kind = 'text' AND e.text IS NOT NULL",
        params![request],
        |row| Ok(FirstWords { request_id: row.get(0)?, customer_id: row.get(1)?, text: row.get(2)? }),
    )
}
