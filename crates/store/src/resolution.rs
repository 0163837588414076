//! What became of requests that were called solved, and what their customers thought of the help.

use standfast_domain::{AgentId, Channel, RequestId, Resolution, Score, Time};

use crate::{Error, Rd, Row, Tx, params};

/// A resolution as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0002_feedback.sql")]
pub struct ResolutionRow {
    pub request_id: RequestId,
    pub episode: i64,
    pub state: Resolution,
    pub agent_id: AgentId,
    pub claimed_at: Time,
    pub asked_at: Option<Time>,
    pub decided_by: Option<String>,
    pub decided_at: Option<Time>,
}

/// A rating as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0002_feedback.sql")]
pub struct RatingRow {
    pub request_id: RequestId,
    pub episode: i64,
    pub score: Score,
    pub reason: Option<String>,
    pub seq: i64,
    pub agent_id: AgentId,
    pub channel: Channel,
    pub created_at: Time,
    pub changed_at: Time,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT request_id, episode, state, agent_id, claimed_at, asked_at, decided_by, decided_at FROM resolution ",
            $rest
        )
    };
}

fn row(row: &Row<'_>) -> Result<ResolutionRow, Error> {
    Ok(ResolutionRow {
        request_id: row.get(0)?,
        episode: row.get(1)?,
        state: row.parse(2, Resolution::parse)?,
        agent_id: row.get(3)?,
        claimed_at: row.get(4)?,
        asked_at: row.get(5)?,
        decided_by: row.get(6)?,
        decided_at: row.get(7)?,
    })
}

fn score(row: &Row<'_>, index: usize) -> Result<Score, Error> {
    let known = Score::new(row.get(index)?);
    known.ok_or(Error::Decode { index, expected: "a score", found: "another number" })
}

/// The latest resolution of a request.
pub fn find_last(rd: &mut Rd, request: RequestId) -> Result<Option<ResolutionRow>, Error> {
    rd.query_opt(select!("WHERE request_id = $1 ORDER BY episode DESC LIMIT 1"), params![request], row)
}

/// The resolutions of a request, latest first.
pub fn list_of_request(rd: &mut Rd, request: RequestId, limit: i64) -> Result<Vec<ResolutionRow>, Error> {
    rd.query(select!("WHERE request_id = $1 ORDER BY episode DESC LIMIT $2"), params![request, limit], row)
}

/// The resolutions of the requests after `after` up to `until`, by request and episode.
pub fn list_between(rd: &mut Rd, after: RequestId, until: RequestId) -> Result<Vec<ResolutionRow>, Error> {
    rd.query(
        select!("WHERE request_id > $1 AND request_id <= $2 ORDER BY request_id, episode"),
        params![after, until],
        row,
    )
}

/// Writes a resolution, or what became of it; queued. Whoever writes one holds its request.
pub fn put(tx: &mut Tx, r: &ResolutionRow) -> Result<(), Error> {
    tx.run(
        "INSERT INTO resolution (request_id, episode, state, agent_id, claimed_at, asked_at, decided_by, decided_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (request_id, episode) DO UPDATE SET \
         state = excluded.state, agent_id = excluded.agent_id, claimed_at = excluded.claimed_at, \
         asked_at = excluded.asked_at, decided_by = excluded.decided_by, decided_at = excluded.decided_at",
        params![
            r.request_id,
            r.episode,
            r.state.as_str(),
            r.agent_id,
            r.claimed_at,
            r.asked_at,
            r.decided_by,
            r.decided_at
        ],
    )
}

/// Notes that the customer has written again: whatever was known of the latest resolution, it was none. Queued, so that
/// taking in words waits for no answer.
pub fn repudiate_last(tx: &mut Tx, request: RequestId, now: Time) -> Result<(), Error> {
    tx.run(
        "UPDATE resolution SET state = 'repudiated', decided_by = 'customer', decided_at = $2 WHERE request_id = $1 \
         AND state <> 'repudiated' AND episode = (SELECT max(episode) FROM resolution WHERE request_id = $1)",
        params![request, now],
    )
}

fn rating(row: &Row<'_>) -> Result<RatingRow, Error> {
    Ok(RatingRow {
        request_id: row.get(0)?,
        episode: row.get(1)?,
        score: score(row, 2)?,
        reason: row.get(3)?,
        seq: row.get(4)?,
        agent_id: row.get(5)?,
        channel: row.parse(6, Channel::parse)?,
        created_at: row.get(7)?,
        changed_at: row.get(8)?,
    })
}

/// The rating of an episode.
pub fn find_rating(rd: &mut Rd, request: RequestId, episode: i64) -> Result<Option<RatingRow>, Error> {
    rd.query_opt(
        "SELECT request_id, episode, score, reason, seq, agent_id, channel, created_at, changed_at FROM rating \
         WHERE request_id = $1 AND episode = $2",
        params![request, episode],
        rating,
    )
}

/// The ratings of the requests after `after` up to `until`, by request and episode.
pub fn list_ratings_between(
    rd: &mut Rd,
    after: RequestId,
    until: RequestId,
) -> Result<Vec<RatingRow>, Error> {
    rd.query(
        "SELECT request_id, episode, score, reason, seq, agent_id, channel, created_at, changed_at FROM rating \
         WHERE request_id > $1 AND request_id <= $2 ORDER BY request_id, episode",
        params![after, until],
        rating,
    )
}

/// Writes a rating, or the correction of one; queued. When and about whom it was first given stays.
pub fn put_rating(tx: &mut Tx, r: &RatingRow) -> Result<(), Error> {
    tx.run(
        "INSERT INTO rating (request_id, episode, score, reason, seq, agent_id, channel, created_at, changed_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (request_id, episode) DO UPDATE SET \
         score = excluded.score, reason = excluded.reason, seq = excluded.seq, channel = excluded.channel, \
         changed_at = excluded.changed_at",
        params![
            r.request_id,
            r.episode,
            r.score.get(),
            r.reason,
            r.seq,
            r.agent_id,
            r.channel.as_str(),
            r.created_at,
            r.changed_at
        ],
    )
}

/// How many resolutions are alike in all of this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Whom they are about.
    pub agent_id: AgentId,
    /// Type of their requests.
    pub kind: String,
    /// What is known of them.
    pub state: Resolution,
    /// Who said so.
    pub decided_by: Option<String>,
    /// How they were rated.
    pub score: Option<Score>,
    /// How many.
    pub count: i64,
}

/// Counts what was called solved from `from` on and before `until`. Requests that went on in another one, and spam, were
/// asked nothing.
pub fn tally(rd: &mut Rd, from: Time, until: Time) -> Result<Vec<Tally>, Error> {
    rd.query(
        "SELECT s.agent_id, q.type, s.state, s.decided_by, v.score, count(*) FROM resolution s \
         JOIN request q ON q.id = s.request_id \
         LEFT JOIN rating v ON v.request_id = s.request_id AND v.episode = s.episode \
         WHERE s.claimed_at >= $1 AND s.claimed_at < $2 AND q.state <> 'merged' AND q.state <> 'spam' \
         GROUP BY s.agent_id, q.type, s.state, s.decided_by, v.score",
        params![from, until],
        |row| {
            Ok(Tally {
                agent_id: row.get(0)?,
                kind: row.get(1)?,
                state: row.parse(2, Resolution::parse)?,
                decided_by: row.get(3)?,
                score: row.get::<Option<i64>>(4)?.and_then(Score::new),
                count: row.get(5)?,
            })
        },
    )
}
