//! What the desk does when more ask than it can answer: the plan, the level, and every change of it.

use standfast_domain::{AgentId, Ids, Level, RequestId, SurgeChangeId, SurgeId, Time, TokenId};

use crate::{Error, Rd, Row, Tx, params};

/// The name of the one row of `surge_state`.
const STATE: &str = "level";

/// A version of the plan, still JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0017_surge.sql")]
pub struct PlanRow {
    pub version: i64,
    pub plan: String,
    pub agent_id: AgentId,
    pub created_at: Time,
}

/// A surge.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0017_surge.sql")]
pub struct SurgeRow {
    pub id: SurgeId,
    pub started_at: Time,
    pub ended_at: Option<Time>,
    pub peak: Level,
}

/// A change of the level, or of what a person decided about it.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0017_surge.sql")]
pub struct ChangeRow {
    pub id: SurgeChangeId,
    pub surge_id: Option<SurgeId>,
    pub at: Time,
    pub kind: String,
    pub from: Level,
    pub to: Level,
    pub causes: String,
    pub load: Option<f64>,
    pub waiting: i64,
    pub present: i64,
    pub agent_id: Option<AgentId>,
    pub reason: String,
    pub until: Option<Time>,
}

/// The plan in force; nothing while nobody has chosen one.
pub fn find_plan(rd: &mut Rd) -> Result<Option<PlanRow>, Error> {
    rd.query_opt(
        "SELECT version, plan, agent_id, created_at FROM surge_plan ORDER BY version DESC LIMIT 1",
        params![],
        |row| {
            Ok(PlanRow {
                version: row.get(0)?,
                plan: row.get(1)?,
                agent_id: row.get(2)?,
                created_at: row.get(3)?,
            })
        },
    )
}

/// Adds a version of the plan. False when there is one of this number: somebody else was first.
pub fn insert_plan(tx: &mut Tx, plan: &PlanRow) -> Result<bool, Error> {
    let written = tx.execute(
        "INSERT INTO surge_plan (version, plan, agent_id, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        params![plan.version, plan.plan.clone(), plan.agent_id, plan.created_at],
    )?;
    Ok(written == 1)
}

/// The level as it stands, with its version; version 0 and no text where nothing has been written yet.
pub fn find_state(rd: &mut Rd) -> Result<(i64, String), Error> {
    let found =
        rd.query_opt("SELECT version, state FROM surge_state WHERE name = $1", params![STATE], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(found.unwrap_or_default())
}

/// Writes the level back. False when it is not the version that was read any more.
pub fn save_state(tx: &mut Tx, version: i64, state: &str) -> Result<bool, Error> {
    let written = tx.execute(
        "INSERT INTO surge_state (name, version, state) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE \
         SET version = excluded.version, state = excluded.state WHERE surge_state.version = $4",
        params![STATE, version + 1, state, version],
    )?;
    Ok(written == 1)
}

fn surge(row: &Row<'_>) -> Result<SurgeRow, Error> {
    Ok(SurgeRow {
        id: row.get(0)?,
        started_at: row.get(1)?,
        ended_at: row.get(2)?,
        peak: row.parse(3, Level::parse)?,
    })
}

/// Begins a surge; queued.
pub fn insert(tx: &mut Tx, surge: &SurgeRow) -> Result<(), Error> {
    tx.run(
        "INSERT INTO surge (id, started_at, ended_at, peak) VALUES ($1, $2, $3, $4)",
        params![surge.id, surge.started_at, surge.ended_at, surge.peak.as_str()],
    )
}

/// Writes back how high it went and when it ended; queued.
pub fn save(tx: &mut Tx, surge: &SurgeRow) -> Result<(), Error> {
    tx.run(
        "UPDATE surge SET ended_at = $2, peak = $3 WHERE id = $1",
        params![surge.id, surge.ended_at, surge.peak.as_str()],
    )
}

/// The surge with this id.
pub fn find(rd: &mut Rd, id: SurgeId) -> Result<Option<SurgeRow>, Error> {
    rd.query_opt("SELECT id, started_at, ended_at, peak FROM surge WHERE id = $1", params![id], surge)
}

/// Surges, the latest first.
pub fn list(rd: &mut Rd, limit: i64) -> Result<Vec<SurgeRow>, Error> {
    rd.query(
        "SELECT id, started_at, ended_at, peak FROM surge ORDER BY started_at DESC, id DESC LIMIT $1",
        params![limit],
        surge,
    )
}

/// Adds a change; queued.
pub fn add_change(tx: &mut Tx, change: &ChangeRow) -> Result<(), Error> {
    tx.run(
        "INSERT INTO surge_change (id, surge_id, at, kind, from_level, to_level, causes, load, waiting, present, agent_id, \
         reason, until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        params![
            change.id,
            change.surge_id,
            change.at,
            change.kind,
            change.from.as_str(),
            change.to.as_str(),
            change.causes,
            change.load,
            change.waiting,
            change.present,
            change.agent_id,
            change.reason,
            change.until
        ],
    )
}

macro_rules! changes {
    ($rest:literal) => {
        concat!(
            "SELECT id, surge_id, at, kind, from_level, to_level, causes, load, waiting, present, agent_id, reason, until ",
            "FROM surge_change ",
            $rest
        )
    };
}

fn change(row: &Row<'_>) -> Result<ChangeRow, Error> {
    Ok(ChangeRow {
        id: row.get(0)?,
        surge_id: row.get(1)?,
        at: row.get(2)?,
        kind: row.get(3)?,
        from: row.parse(4, Level::parse)?,
        to: row.parse(5, Level::parse)?,
        causes: row.get(6)?,
        load: row.get(7)?,
        waiting: row.get(8)?,
        present: row.get(9)?,
        agent_id: row.get(10)?,
        reason: row.get(11)?,
        until: row.get(12)?,
    })
}

/// The latest changes, the latest first.
pub fn list_changes(rd: &mut Rd, limit: i64) -> Result<Vec<ChangeRow>, Error> {
    rd.query(changes!("ORDER BY id DESC LIMIT $1"), params![limit], change)
}

/// The changes of a surge, in their order.
pub fn list_changes_of(rd: &mut Rd, surge: SurgeId, limit: i64) -> Result<Vec<ChangeRow>, Error> {
    rd.query(changes!("WHERE surge_id = $1 ORDER BY id LIMIT $2"), params![surge, limit], change)
}

/// Promises an answer by a time, for words that came at `made_at`; queued.
pub fn promise(tx: &mut Tx, request: RequestId, made_at: Time, due_at: Time) -> Result<(), Error> {
    tx.run(
        "INSERT INTO surge_promise (request_id, made_at, due_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        params![request, made_at, due_at],
    )
}

/// The latest promise of a request: by when.
pub fn find_promise(rd: &mut Rd, request: RequestId, made_at: Time) -> Result<Option<Time>, Error> {
    rd.query_opt(
        "SELECT due_at FROM surge_promise WHERE request_id = $1 AND made_at = $2",
        params![request, made_at],
        |row| row.get(0),
    )
}

/// What came of a type in a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Came {
    /// Code of the type.
    pub kind: String,
    /// Whether assets were at risk.
    pub at_risk: bool,
    /// How many requests.
    pub count: i64,
    /// How many of them a person has answered by now.
    pub answered: i64,
}

/// Requests that came from `from` on and before `until`, by type, the most frequent first. Ids carry the time; imported requests
/// have ids of another one.
pub fn list_came(rd: &mut Rd, from: Time, until: Time) -> Result<Vec<Came>, Error> {
    rd.query(
        "SELECT type, at_risk, count(*), count(first_reply_at) FROM request \
         WHERE id >= $1 AND id < $2 AND created_at >= $3 AND created_at < $4 AND state NOT IN ('spam', 'merged') \
         GROUP BY type, at_risk ORDER BY count(*) DESC, type, at_risk",
        params![Ids::floor(from), Ids::floor(until), from, until],
        |row| Ok(Came { kind: row.get(0)?, at_risk: row.get(1)?, count: row.get(2)?, answered: row.get(3)? }),
    )
}

/// Since when there has been a desk: when its first request was written, whatever time an imported one is of.
pub fn find_first(rd: &mut Rd) -> Result<Option<Time>, Error> {
    let first: Option<i64> = rd.query_one("SELECT min(id) FROM request", params![], |row| row.get(0))?;
    Ok(first.map(Ids::time))
}

/// What was seen of a minute: when it began, how many waited, how many of them longer than promised, and how many people were
/// there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minute {
    /// Minutes since 1970.
    pub minute: i64,
    /// Requests that waited.
    pub waiting: i64,
    /// Longer than they were promised.
    pub late: i64,
    /// People, of all processes.
    pub present: i64,
}

/// The minutes from one on and before another, in their order.
pub fn list_minutes(rd: &mut Rd, from: i64, until: i64) -> Result<Vec<Minute>, Error> {
    rd.query(
        "SELECT minute, max(waiting), max(late), CAST(sum(present) AS BIGINT) FROM online_minute \
         WHERE minute >= $1 AND minute < $2 GROUP BY minute ORDER BY minute",
        params![from, until],
        |row| {
            Ok(Minute { minute: row.get(0)?, waiting: row.get(1)?, late: row.get(2)?, present: row.get(3)? })
        },
    )
}

/// Answers that were promised by a time: how many, and what came of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appointments {
    /// How many were promised.
    pub made: i64,
    /// A person answered in time.
    pub kept: i64,
    /// Nobody had by then, whatever came later.
    pub broken: i64,
}

/// Answers promised from `from` on and before `until`, as they stand at `now`.
pub fn count_promises(rd: &mut Rd, from: Time, until: Time, now: Time) -> Result<Appointments, Error> {
    rd.query_one(
        "SELECT count(*), \
         CAST(COALESCE(sum(CASE WHEN o.outcome = 'answered' AND o.ended_at <= s.due_at THEN 1 ELSE 0 END), 0) AS BIGINT), \
         CAST(COALESCE(sum(CASE WHEN COALESCE(o.ended_at, $3) > s.due_at THEN 1 ELSE 0 END), 0) AS BIGINT) \
         FROM surge_promise s LEFT JOIN promise_outcome o ON o.request_id = s.request_id AND o.made_at = s.made_at \
         WHERE s.made_at >= $1 AND s.made_at < $2",
        params![from, until, now],
        |row| Ok(Appointments { made: row.get(0)?, kept: row.get(1)?, broken: row.get(2)? }),
    )
}

/// The latest figure of another system.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0017_surge.sql")]
pub struct SignalRow {
    pub source: String,
    pub value: f64,
    pub at: Time,
    pub token_id: TokenId,
}

fn signal(row: &Row<'_>) -> Result<SignalRow, Error> {
    Ok(SignalRow { source: row.get(0)?, value: row.get(1)?, at: row.get(2)?, token_id: row.get(3)? })
}

/// Takes a figure over, unless what is known is later; queued.
pub fn put_signal(tx: &mut Tx, signal: &SignalRow) -> Result<(), Error> {
    tx.run(
        "INSERT INTO surge_signal (source, value, at, token_id) VALUES ($1, $2, $3, $4) ON CONFLICT (source) DO UPDATE \
         SET value = excluded.value, at = excluded.at, token_id = excluded.token_id WHERE surge_signal.at <= excluded.at",
        params![signal.source, signal.value, signal.at, signal.token_id],
    )
}

/// What is known of a figure.
pub fn find_signal(rd: &mut Rd, source: &str) -> Result<Option<SignalRow>, Error> {
    rd.query_opt(
        "SELECT source, value, at, token_id FROM surge_signal WHERE source = $1",
        params![source],
        signal,
    )
}

/// How many figures are known.
pub fn count_signals(rd: &mut Rd) -> Result<i64, Error> {
    rd.query_one("SELECT count(*) FROM surge_signal", params![], |row| row.get(0))
}

/// All figures, by name.
pub fn list_signals(rd: &mut Rd, limit: i64) -> Result<Vec<SignalRow>, Error> {
    rd.query(
        "SELECT source, value, at, token_id FROM surge_signal ORDER BY source LIMIT $1",
        params![limit],
        signal,
    )
}
