//! What customers were told of how long they will wait, and what came of it: see `migrations/0011_promise.sql`.

use standfast_domain::{AgentId, Channel, Language, RequestId, Time};

use crate::{Error, Rd, Row, Tx, params};

/// Microseconds of a second, and of the quarter of an hour by which promises are counted: every time zone's hours begin at one.
const SECOND: i64 = 1_000_000;
const SLOT: i64 = 900 * SECOND;

/// A promise.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0011_promise.sql")]
pub struct PromiseRow {
    pub request_id: RequestId,
    pub made_at: Time,
    pub channel: Channel,
    pub at_risk: bool,
    pub place: i64,
    pub present: i64,
    pub p50: Option<i64>,
    pub p80: Option<i64>,
    pub model_p50: Option<f64>,
    pub model_p80: Option<f64>,
    pub closed: i64,
    pub model: i64,
}

/// A promise whose customer was answered: what there is to learn from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kept {
    /// The request.
    pub request_id: RequestId,
    /// Channel of the words that began the wait.
    pub channel: Channel,
    /// Whether assets were at risk.
    pub at_risk: bool,
    /// When it was made.
    pub made_at: Time,
    /// When a person answered.
    pub ended_at: Time,
    /// What the model said for a half.
    pub model_p50: f64,
    /// What the model said for four fifths.
    pub model_p80: f64,
    /// Seconds for which the desk was closed then.
    pub closed: i64,
    /// Which model.
    pub model: i64,
}

/// A wait of the last hours: when it began and ended, and who was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0011_promise.sql")]
pub struct Course {
    pub request_id: RequestId,
    pub made_at: Time,
    pub at_risk: bool,
    pub present: i64,
    pub ended_at: Option<Time>,
}

/// Promises of a quarter of an hour that said the same, counted. What was unknown has no `p80` and is neither kept nor broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The quarter of an hour in which they were made.
    pub slot: Time,
    /// Channel.
    pub channel: Channel,
    /// Whether assets were at risk.
    pub at_risk: bool,
    /// The upper figure that was said, in seconds.
    pub p80: Option<i64>,
    /// How many.
    pub made: i64,
    /// A person answered by the upper figure.
    pub kept: i64,
    /// Nobody had by then, whatever came later.
    pub broken: i64,
    /// A person answered by the lower figure.
    pub kept_half: i64,
    /// Nobody had by then.
    pub broken_half: i64,
}

/// Adds a promise; queued.
pub fn insert(tx: &mut Tx, promise: &PromiseRow) -> Result<(), Error> {
    tx.run(
        "INSERT INTO promise (request_id, made_at, channel, at_risk, place, present, p50, p80, model_p50, model_p80, \
         closed, model) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING",
        params![
            promise.request_id,
            promise.made_at,
            promise.channel.as_str(),
            promise.at_risk,
            promise.place,
            promise.present,
            promise.p50,
            promise.p80,
            promise.model_p50,
            promise.model_p80,
            promise.closed,
            promise.model
        ],
    )
}

/// Notes how the wait of a request that began at `made_at` ended, where something was promised for it; queued.
pub fn end(
    tx: &mut Tx,
    request: RequestId,
    made_at: Time,
    ended_at: Time,
    outcome: &str,
) -> Result<(), Error> {
    tx.run(
        "INSERT INTO promise_outcome (request_id, made_at, ended_at, outcome) \
         SELECT request_id, made_at, CAST($3 AS BIGINT), CAST($4 AS TEXT) FROM promise \
         WHERE request_id = $1 AND made_at = $2 ON CONFLICT DO NOTHING",
        params![request, made_at, ended_at, outcome],
    )
}

/// Carries what was said for a wait over to the request in which it goes on; queued.
pub fn carry(tx: &mut Tx, from: RequestId, made_at: Time, to: RequestId) -> Result<(), Error> {
    tx.run(
        "UPDATE promise SET request_id = $3 WHERE request_id = $1 AND made_at = $2 AND NOT EXISTS \
         (SELECT 1 FROM promise own WHERE own.request_id = $3 AND own.made_at = $2)",
        params![from, made_at, to],
    )
}

/// When a wait ended, and how.
pub type Ending = (Time, String);

/// The promises of a request, oldest first, with when and how each wait ended.
pub fn list_of_request(rd: &mut Rd, request: RequestId) -> Result<Vec<(PromiseRow, Option<Ending>)>, Error> {
    rd.query(
        "SELECT p.request_id, p.made_at, channel, at_risk, place, present, p50, p80, model_p50, model_p80, closed, model, \
         o.ended_at, o.outcome FROM promise p LEFT JOIN promise_outcome o \
         ON o.request_id = p.request_id AND o.made_at = p.made_at WHERE p.request_id = $1 ORDER BY p.made_at",
        params![request],
        |row| {
            let promise = PromiseRow {
                request_id: row.get(0)?,
                made_at: row.get(1)?,
                channel: row.parse(2, Channel::parse)?,
                at_risk: row.get(3)?,
                place: row.get(4)?,
                present: row.get(5)?,
                p50: row.get(6)?,
                p80: row.get(7)?,
                model_p50: row.get(8)?,
                model_p80: row.get(9)?,
                closed: row.get(10)?,
                model: row.get(11)?,
            };
            let ended: Option<Time> = row.get(12)?;
            let outcome: Option<String> = row.get(13)?;
            Ok((promise, ended.zip(outcome)))
        },
    )
}

macro_rules! kept {
    ($rest:literal) => {
        concat!(
            "SELECT p.channel, p.made_at, o.ended_at, p.model_p50, p.model_p80, p.closed, p.model, p.at_risk, p.request_id FROM promise_outcome o ",
            "JOIN promise p ON p.request_id = o.request_id AND p.made_at = o.made_at ",
            "WHERE o.outcome = 'answered' AND p.model_p50 IS NOT NULL AND ",
            $rest
        )
    };
}

fn kept(row: &Row<'_>) -> Result<Kept, Error> {
    Ok(Kept {
        channel: row.parse(0, Channel::parse)?,
        made_at: row.get(1)?,
        ended_at: row.get(2)?,
        model_p50: row.get(3)?,
        model_p80: row.get(4)?,
        closed: row.get(5)?,
        model: row.get(6)?,
        at_risk: row.get(7)?,
        request_id: row.get(8)?,
    })
}

/// The latest answers that there is something to learn from, in their order.
pub fn list_kept(rd: &mut Rd, limit: i64) -> Result<Vec<Kept>, Error> {
    let mut found =
        rd.query(kept!("TRUE ORDER BY o.ended_at DESC, o.request_id DESC LIMIT $1"), params![limit], kept)?;
    found.reverse();
    Ok(found)
}

/// What there is to learn from the answer that a request got at `ended_at`.
pub fn find_kept(rd: &mut Rd, request: RequestId, ended_at: Time) -> Result<Option<Kept>, Error> {
    rd.query_opt(kept!("o.request_id = $1 AND o.ended_at = $2"), params![request, ended_at], kept)
}

/// Waits that began at `since` or later, at most `limit` of the latest, in their order.
pub fn list_courses(rd: &mut Rd, since: Time, limit: i64) -> Result<Vec<Course>, Error> {
    let mut found = rd.query(
        "SELECT p.request_id, p.made_at, p.at_risk, p.present, o.ended_at FROM promise p \
         LEFT JOIN promise_outcome o ON o.request_id = p.request_id AND o.made_at = p.made_at \
         WHERE p.made_at >= $1 ORDER BY p.made_at DESC LIMIT $2",
        params![since, limit],
        |row| {
            Ok(Course {
                request_id: row.get(0)?,
                made_at: row.get(1)?,
                at_risk: row.get(2)?,
                present: row.get(3)?,
                ended_at: row.get(4)?,
            })
        },
    )?;
    found.reverse();
    Ok(found)
}

/// A wait that somebody ended with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// When it began.
    pub made_at: Time,
    /// When the answer was there.
    pub ended_at: Time,
    /// Who gave it.
    pub agent_id: AgentId,
    /// The language of whoever asked.
    pub language: Language,
    /// Code of the type, as it is now.
    pub kind: String,
}

/// Waits that ended with an answer at `since` or later, at most `limit` of the latest, in the order of the answers: when each began
/// and ended, and who answered.
pub fn list_answered(rd: &mut Rd, since: Time, limit: i64) -> Result<Vec<Answered>, Error> {
    let mut found = rd.query(
        "SELECT o.made_at, o.ended_at, e.author_id, r.language, r.type FROM promise_outcome o JOIN entry e \
         ON e.request_id = o.request_id AND e.created_at = o.ended_at AND e.author_kind = 'agent' AND e.visible \
         JOIN request r ON r.id = o.request_id \
         WHERE o.outcome = 'answered' AND o.ended_at >= $1 AND e.author_id IS NOT NULL \
         ORDER BY o.ended_at DESC, o.request_id DESC LIMIT $2",
        params![since, limit],
        |row| {
            Ok(Answered {
                made_at: row.get(0)?,
                ended_at: row.get(1)?,
                agent_id: row.get(2)?,
                language: row.parse(3, Language::parse)?,
                kind: row.get(4)?,
            })
        },
    )?;
    found.reverse();
    Ok(found)
}

/// Promises made from `from` on and before `until`, counted as they stand at `now`.
pub fn tally(rd: &mut Rd, from: Time, until: Time, now: Time) -> Result<Vec<Tally>, Error> {
    // What takes longer than was said is broken from that moment on: an answer, an end without one, or nothing so far.
    rd.query(
        "SELECT slot, channel, at_risk, p80, count(*), \
         CAST(sum(CASE WHEN answered AND waited <= p80 * $4 THEN 1 ELSE 0 END) AS BIGINT), \
         CAST(sum(CASE WHEN waited > p80 * $4 THEN 1 ELSE 0 END) AS BIGINT), \
         CAST(sum(CASE WHEN answered AND waited <= p50 * $4 THEN 1 ELSE 0 END) AS BIGINT), \
         CAST(sum(CASE WHEN waited > p50 * $4 THEN 1 ELSE 0 END) AS BIGINT) \
         FROM (SELECT p.made_at / $5 AS slot, p.channel, p.at_risk, p.p50, p.p80, \
               COALESCE(o.outcome = 'answered', FALSE) AS answered, COALESCE(o.ended_at, $3) - p.made_at AS waited \
               FROM promise p LEFT JOIN promise_outcome o ON o.request_id = p.request_id AND o.made_at = p.made_at \
               WHERE p.made_at >= $1 AND p.made_at < $2) AS waits \
         GROUP BY slot, channel, at_risk, p80 ORDER BY slot, channel, at_risk, p80",
        params![from, until, now, SECOND, SLOT],
        |row| {
            Ok(Tally {
                slot: Time(row.get::<i64>(0)? * SLOT),
                channel: row.parse(1, Channel::parse)?,
                at_risk: row.get(2)?,
                p80: row.get(3)?,
                made: row.get(4)?,
                kept: row.get(5)?,
                broken: row.get(6)?,
                kept_half: row.get(7)?,
                broken_half: row.get(8)?,
            })
        },
    )
}
