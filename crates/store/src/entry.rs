//! Entries of requests' records.

use standfast_domain::{AgentId, Author, Channel, CustomerId, EntryKind, RequestId, Time};

use crate::{Error, Foresight, Rd, Row, Tx, params};

/// An entry as the store keeps it. JSON columns are still text.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0001_desk.sql")]
pub struct EntryRow {
    pub request_id: RequestId,
    pub seq: i64,
    pub kind: EntryKind,
    pub author: Author,
    pub visible: bool,
    pub channel: Channel,
    pub text: Option<String>,
    pub event: Option<String>,
    pub attachments: Option<String>,
    pub identifiers: Option<String>,
    pub client_id: Option<String>,
    pub intake: Option<String>,
    pub created_at: Time,
    pub salt: Option<Vec<u8>>,
    pub commitment: Vec<u8>,
    pub chain: Vec<u8>,
    pub erased_at: Option<Time>,
    pub erased_reason: Option<String>,
}

/// Says which entry it is, never what it says.
impl std::fmt::Debug for EntryRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "entry {} of request {} ({:?})", self.seq, self.request_id, self.kind)
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT request_id, seq, kind, author_kind, author_id, visible, channel, text, event, attachments, ",
            "identifiers, client_id, intake, created_at, salt, commitment, chain, erased_at, erased_reason FROM entry ",
            $rest
        )
    };
}

fn row(row: &Row<'_>) -> Result<EntryRow, Error> {
    let author_id: Option<i64> = row.get(4)?;
    Ok(EntryRow {
        request_id: row.get(0)?,
        seq: row.get(1)?,
        kind: row.parse(2, EntryKind::parse)?,
        author: row.parse(3, |kind| Author::parse(kind, author_id))?,
        visible: row.get(5)?,
        channel: row.parse(6, Channel::parse)?,
        text: row.get(7)?,
        event: row.get(8)?,
        attachments: row.get(9)?,
        identifiers: row.get(10)?,
        client_id: row.get(11)?,
        intake: row.get(12)?,
        created_at: row.get(13)?,
        salt: row.get(14)?,
        commitment: row.get(15)?,
        chain: row.get(16)?,
        erased_at: row.get(17)?,
        erased_reason: row.get(18)?,
    })
}

/// Writes a new entry.
pub fn insert(tx: &mut Tx, e: &EntryRow) -> Result<(), Error> {
    tx.run(
        "INSERT INTO entry (request_id, seq, kind, author_kind, author_id, visible, channel, text, event, \
         attachments, identifiers, client_id, intake, created_at, salt, commitment, chain) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        params![
            e.request_id,
            e.seq,
            e.kind.as_str(),
            e.author.kind(),
            e.author.id(),
            e.visible,
            e.channel.as_str(),
            e.text,
            e.event,
            e.attachments,
            e.identifiers,
            e.client_id,
            e.intake,
            e.created_at,
            e.salt,
            e.commitment,
            e.chain
        ],
    )
}

/// One entry.
pub fn find(rd: &mut Rd, request: RequestId, seq: i64) -> Result<Option<EntryRow>, Error> {
    rd.query_opt(select!("WHERE request_id = $1 AND seq = $2"), params![request, seq], row)
}

/// Entries after `seq`, oldest first; `customer` leaves out those that the customer may not see.
pub fn list_after(
    rd: &mut Rd,
    request: RequestId,
    seq: i64,
    customer: bool,
    limit: i64,
) -> Result<Vec<EntryRow>, Error> {
    rd.query(
        select!("WHERE request_id = $1 AND seq > $2 AND (visible OR NOT $3) ORDER BY seq LIMIT $4"),
        params![request, seq, customer, limit],
        row,
    )
}

/// Entries before `seq`, oldest first.
pub fn list_before(rd: &mut Rd, request: RequestId, seq: i64, limit: i64) -> Result<Vec<EntryRow>, Error> {
    let mut rows = rd.query(
        select!("WHERE request_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3"),
        params![request, seq, limit],
        row,
    )?;
    rows.reverse();
    Ok(rows)
}

/// What the customer lately wrote on a request, comments too, oldest first: sequence number, and the text unless a secret in it was
/// erased.
pub fn recent_texts(
    rd: &mut Rd,
    request: RequestId,
    limit: i64,
) -> Result<Vec<(i64, Option<String>)>, Error> {
    let mut rows = rd.query_foreseen(RECENT_TEXTS, params![request, limit], params![request], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    rows.reverse();
    Ok(rows)
}

/// Foresees [`recent_texts`].
pub fn foresee_recent_texts(foresight: &mut Foresight, request: RequestId, limit: i64) {
    foresight.add(RECENT_TEXTS, params![request, limit]);
}

/// What [`recent_texts`] asks.
const RECENT_TEXTS: &str = "SELECT seq, text FROM entry WHERE request_id = $1 AND author_kind = 'customer' \
     AND (text IS NOT NULL OR erased_reason = 'secret') ORDER BY seq DESC LIMIT $2";

/// Who of the desk wrote last to the customer.
pub fn find_last_replier(rd: &mut Rd, request: RequestId) -> Result<Option<AgentId>, Error> {
    rd.query_opt(
        "SELECT author_id FROM entry WHERE request_id = $1 AND kind = 'text' AND author_kind = 'agent' \
         ORDER BY seq DESC LIMIT 1",
        params![request],
        |row| row.get(0),
    )
}

/// How many visible entries of the desk's agents lie after `seq`.
pub fn count_unread(rd: &mut Rd, request: RequestId, seq: i64) -> Result<i64, Error> {
    rd.query_one(
        "SELECT count(*) FROM entry WHERE request_id = $1 AND seq > $2 AND visible AND author_kind = 'agent'",
        params![request, seq],
        |row| row.get(0),
    )
}

/// What the customer's entries give to the row of their request, oldest first.
#[derive(Clone, PartialEq, Eq)]
pub struct Given {
    /// What was recognised in the words, as JSON.
    pub identifiers: Option<String>,
    /// What came with them, as JSON.
    pub intake: Option<String>,
}

/// See [`Given`]; entries that give nothing are left out.
pub fn list_given(rd: &mut Rd, request: RequestId) -> Result<Vec<Given>, Error> {
    rd.query(
        "SELECT identifiers, intake FROM entry WHERE request_id = $1 AND author_kind = 'customer' \
         AND (identifiers IS NOT NULL OR intake IS NOT NULL) ORDER BY seq",
        params![request],
        |row| Ok(Given { identifiers: row.get(0)?, intake: row.get(1)? }),
    )
}

/// What was recognised in the customer's words, with the sequence numbers, oldest first.
pub fn list_identifiers(rd: &mut Rd, request: RequestId) -> Result<Vec<(i64, String)>, Error> {
    rd.query(
        "SELECT seq, identifiers FROM entry WHERE request_id = $1 AND author_kind = 'customer' \
         AND identifiers IS NOT NULL ORDER BY seq",
        params![request],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// What a customer wrote on a request until `before` and still stands there, oldest first.
pub fn list_words(
    rd: &mut Rd,
    request: RequestId,
    author: CustomerId,
    before: Time,
    limit: i64,
) -> Result<Vec<EntryRow>, Error> {
    rd.query(
        select!(
            "WHERE request_id = $1 AND author_kind = 'customer' AND author_id = $2 AND created_at <= $3 \
             AND erased_at IS NULL AND text IS NOT NULL ORDER BY seq LIMIT $4"
        ),
        params![request, author, before, limit],
        row,
    )
}

/// The words of the last events of one kind after one sequence number and up to another, in their order; an erased one has none.
pub fn list_event_words(
    rd: &mut Rd,
    request: RequestId,
    event: &str,
    (after, until): (i64, i64),
    limit: i64,
) -> Result<Vec<Option<String>>, Error> {
    let mut words = rd.query(
        "SELECT text FROM entry WHERE request_id = $1 AND seq > $2 AND seq <= $3 AND event = $4 \
         ORDER BY seq DESC LIMIT $5",
        params![request, after, until, event, limit],
        |row| row.get(0),
    )?;
    words.reverse();
    Ok(words)
}

/// The events of a request's record with who caused them, as JSON, oldest first.
pub fn list_events(rd: &mut Rd, request: RequestId) -> Result<Vec<(Author, String)>, Error> {
    rd.query(
        "SELECT author_kind, author_id, event FROM entry WHERE request_id = $1 AND event IS NOT NULL ORDER BY seq",
        params![request],
        |row| {
            let author_id: Option<i64> = row.get(1)?;
            Ok((row.parse(0, |kind| Author::parse(kind, author_id))?, row.get(2)?))
        },
    )
}

/// Destroys what an entry said; its commitment and the chain stay.
pub fn erase(tx: &mut Tx, request: RequestId, seq: i64, at: Time, reason: &str) -> Result<(), Error> {
    tx.run(
        "UPDATE entry SET text = NULL, attachments = NULL, identifiers = NULL, client_id = NULL, intake = NULL, \
         salt = NULL, erased_at = $3, erased_reason = $4 WHERE request_id = $1 AND seq = $2",
        params![request, seq, at, reason],
    )
}

/// Whether a customer wrote this request's entries under this id (after identities were joined, ids differ).
pub fn authors(rd: &mut Rd, request: RequestId) -> Result<Vec<CustomerId>, Error> {
    rd.query(
        "SELECT DISTINCT author_id FROM entry WHERE request_id = $1 AND author_kind = 'customer'",
        params![request],
        |row| row.get(0),
    )
}
