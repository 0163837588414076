//! The ledger of minutes: what each process of the desk saw of each, and what came of test messages from elsewhere.

use standfast_domain::{Channel, Language, RequestId, Sample, Services, Time, TokenId};

use crate::{Error, Rd, Row, Tx, params};

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnlineRow {
    /// Its place, from 1.
    pub seq: i64,
    /// What was seen.
    pub sample: Sample,
    /// The MAC over the seal before it and this row.
    pub seal: Vec<u8>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT seq, minute, node, boot, up, present, waiting, late, seal, rostered, probe_ms, services FROM online_minute ",
            $rest
        )
    };
}

fn row(row: &Row<'_>) -> Result<OnlineRow, Error> {
    Ok(OnlineRow {
        seq: row.get(0)?,
        sample: Sample {
            minute: row.get(1)?,
            node: row.get(2)?,
            boot: row.get(3)?,
            up: row.get(4)?,
            present: row.get(5)?,
            waiting: row.get(6)?,
            late: row.get(7)?,
            rostered: row.get(9)?,
            probe: row.get(10)?,
            // One that cannot be read does not fit its seal.
            services: row.get::<Option<String>>(11)?.as_deref().and_then(Services::parse),
        },
        seal: row.get(8)?,
    })
}

/// Whether a process has put a minute down.
pub fn has(rd: &mut Rd, minute: i64, node: i64) -> Result<bool, Error> {
    let found = rd.query_opt(
        "SELECT 1 FROM online_minute WHERE minute = $1 AND node = $2",
        params![minute, node],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// The last row.
pub fn last(rd: &mut Rd) -> Result<Option<OnlineRow>, Error> {
    rd.query_opt(select!("ORDER BY seq DESC LIMIT 1"), params![], row)
}

/// Rows after a place, in their order.
pub fn list_after(rd: &mut Rd, seq: i64, limit: i64) -> Result<Vec<OnlineRow>, Error> {
    rd.query(select!("WHERE seq > $1 ORDER BY seq LIMIT $2"), params![seq, limit], row)
}

/// The place of the first row of a minute, or of the first one after it; nothing where there is none.
pub fn place_of(rd: &mut Rd, minute: i64) -> Result<Option<i64>, Error> {
    rd.query_opt(
        "SELECT seq FROM online_minute WHERE minute >= $1 ORDER BY minute, node LIMIT 1",
        params![minute],
        |row| row.get(0),
    )
}

/// Requests that wait for the desk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// How many.
    pub waiting: i64,
    /// Of those, how many wait longer than they were promised.
    pub late: i64,
    /// Of those that wait, how many were promised nothing: it was unknown.
    pub unpromised: i64,
    /// Since when the one of these that waits longest does.
    pub unpromised_since: Option<Time>,
}

/// Requests that wait for the desk, held against what they were promised, by language and channel.
pub fn lines(rd: &mut Rd, now: Time) -> Result<Vec<(Language, Channel, Line)>, Error> {
    rd.query(
        "SELECT count(*), count(CASE WHEN p.made_at + p.p80 * 1000000 < $1 THEN 1 END), \
         count(CASE WHEN p.p80 IS NULL THEN 1 END), min(CASE WHEN p.p80 IS NULL THEN r.waiting_since END), \
         r.language, r.channel \
         FROM request r LEFT JOIN promise p ON p.request_id = r.id AND p.made_at = r.waiting_since \
         WHERE r.active AND r.state = 'open' AND r.waiting_since IS NOT NULL GROUP BY r.language, r.channel",
        params![now],
        |row| {
            let line = Line {
                waiting: row.get(0)?,
                late: row.get(1)?,
                unpromised: row.get(2)?,
                unpromised_since: row.get(3)?,
            };
            Ok((row.parse(4, Language::parse)?, row.parse(5, Channel::parse)?, line))
        },
    )
}

/// Somebody who waits and was promised nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpromised {
    /// Key of the queue, and the request.
    pub place: (i64, RequestId),
    /// Since when.
    pub since: Time,
    /// In which language they write.
    pub language: Language,
    /// By which way they came.
    pub channel: Channel,
    /// What the host's app told of them.
    pub context: String,
}

/// Those who wait since a time or longer and were promised nothing, in pages: a storm brings thousands. At most `limit` of those
/// behind a place in the queue, in its order.
pub fn list_unpromised(
    rd: &mut Rd,
    since: Time,
    behind: (i64, RequestId),
    limit: i64,
) -> Result<Vec<Unpromised>, Error> {
    rd.query(
        "SELECT r.waiting_since, r.language, r.channel, r.context, r.queue_key, r.id FROM request r \
         LEFT JOIN promise p ON p.request_id = r.id AND p.made_at = r.waiting_since \
         WHERE r.active AND r.state = 'open' AND r.waiting_since <= $1 AND p.p80 IS NULL \
         AND (r.queue_key, r.id) > ($2, $3) ORDER BY r.queue_key, r.id LIMIT $4",
        params![since, behind.0, behind.1, limit],
        |row| {
            Ok(Unpromised {
                place: (row.get(4)?, row.get(5)?),
                since: row.get(0)?,
                language: row.parse(1, Language::parse)?,
                channel: row.parse(2, Channel::parse)?,
                context: row.get(3)?,
            })
        },
    )
}

/// Writes a row. False when its place is taken, or its process has put that minute down already.
pub fn insert(tx: &mut Tx, row: &OnlineRow) -> Result<bool, Error> {
    let s = &row.sample;
    let written = tx.execute(
        "INSERT INTO online_minute (seq, minute, node, boot, up, present, waiting, late, seal, rostered, probe_ms, \
         services) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING",
        params![
            row.seq,
            s.minute,
            s.node,
            s.boot,
            s.up,
            s.present,
            s.waiting,
            s.late,
            row.seal.clone(),
            s.rostered,
            s.probe,
            s.services.map(|services| services.text())
        ],
    )?;
    Ok(written == 1)
}

/// What came of a test message from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0026_services.sql")]
pub struct ProbeRow {
    pub seq: i64,
    pub place: String,
    pub minute: i64,
    pub found: i64,
    pub token_id: TokenId,
    pub told_at: Time,
    pub seal: Vec<u8>,
}

macro_rules! select_probe {
    ($rest:literal) => {
        concat!("SELECT seq, place, minute, probe_ms, token_id, told_at, seal FROM online_probe ", $rest)
    };
}

fn probe_row(row: &Row<'_>) -> Result<ProbeRow, Error> {
    Ok(ProbeRow {
        seq: row.get(0)?,
        place: row.get(1)?,
        minute: row.get(2)?,
        found: row.get(3)?,
        token_id: row.get(4)?,
        told_at: row.get(5)?,
        seal: row.get(6)?,
    })
}

/// Whether a place has told of a minute.
pub fn has_probe(rd: &mut Rd, place: &str, minute: i64) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM online_probe WHERE minute = $1 AND place = $2";
    Ok(rd.query_opt(sql, params![minute, place], |_| Ok(()))?.is_some())
}

/// The place for which a token has told; nothing where it has told of none.
pub fn place_of_token(rd: &mut Rd, token: TokenId) -> Result<Option<String>, Error> {
    let sql = "SELECT place FROM online_probe WHERE token_id = $1 LIMIT 1";
    rd.query_opt(sql, params![token], |row| row.get(0))
}

/// The last row about a test message.
pub fn last_probe(rd: &mut Rd) -> Result<Option<ProbeRow>, Error> {
    rd.query_opt(select_probe!("ORDER BY seq DESC LIMIT 1"), params![], probe_row)
}

/// The place of the first row about a test message of a minute or later; nothing where there is none.
pub fn place_of_probe(rd: &mut Rd, minute: i64) -> Result<Option<i64>, Error> {
    rd.query_one("SELECT min(seq) FROM online_probe WHERE minute >= $1", params![minute], |row| row.get(0))
}

/// Rows about test messages after a place, in their order.
pub fn list_probes_after(rd: &mut Rd, seq: i64, limit: i64) -> Result<Vec<ProbeRow>, Error> {
    rd.query(select_probe!("WHERE seq > $1 ORDER BY seq LIMIT $2"), params![seq, limit], probe_row)
}

/// The latest that each place has told, by its minutes: the place, that minute, and how many were told since a minute and how many of
/// them got no receipt.
pub fn list_probe_places(rd: &mut Rd, since: i64) -> Result<Vec<(String, i64, i64, i64)>, Error> {
    rd.query(
        "SELECT place, max(minute), count(*), count(CASE WHEN probe_ms < 0 THEN 1 END) FROM online_probe \
         WHERE minute >= $1 GROUP BY place ORDER BY place",
        params![since],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )
}

/// Writes a row about a test message. False when its place is taken, or the place has told of that minute already.
pub fn insert_probe(tx: &mut Tx, row: &ProbeRow) -> Result<bool, Error> {
    let written = tx.execute(
        "INSERT INTO online_probe (seq, place, minute, probe_ms, token_id, told_at, seal) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        params![
            row.seq,
            row.place.clone(),
            row.minute,
            row.found,
            row.token_id,
            row.told_at,
            row.seal.clone()
        ],
    )?;
    Ok(written == 1)
}
