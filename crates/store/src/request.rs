//! Requests: the row, and the statements over it.

use standfast_domain::{
    AgentId, Channel, CustomerId, Language, QueueKey, RequestId, RequestNumber, State, TeamId, Time, Turn,
    Urgency,
};

use crate::{Dialect, Error, Foresight, Rd, Row, Tx, Value, params};

/// A request as the store keeps it, with what lists show of its customer. JSON columns are still text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0001_desk.sql")]
pub struct RequestRow {
    pub id: RequestId,
    pub number: RequestNumber,
    pub customer_id: CustomerId,
    pub customer_name: Option<String>,
    pub customer_verified: bool,
    pub state: State,
    pub kind: String,
    pub urgency: Urgency,
    pub at_risk: bool,
    pub channel: Channel,
    pub language: Language,
    pub subject: String,
    pub chain: Option<String>,
    pub fields: String,
    pub context: String,
    pub identifiers: String,
    pub tags: String,
    pub team_id: Option<TeamId>,
    pub assignee_id: Option<AgentId>,
    pub merged_into: Option<RequestId>,
    pub previous_id: Option<RequestId>,
    pub created_at: Time,
    pub updated_at: Time,
    pub waiting_since: Option<Time>,
    pub first_reply_at: Option<Time>,
    pub solved_at: Option<Time>,
    pub closed_at: Option<Time>,
    pub reopen_count: i64,
    pub follow_up_count: i64,
    pub last_seq: i64,
    pub last_text: String,
    pub last_author: String,
    pub customer_read_seq: i64,
    pub link_generation: i64,
    pub head: Vec<u8>,
    pub head_mac: Vec<u8>,
}

impl RequestRow {
    /// When its turn is.
    #[must_use]
    pub fn turn(&self) -> Turn {
        Turn::of(self.at_risk, self.urgency)
    }

    /// Where it stands in every inbox.
    #[must_use]
    pub fn queue_key(&self) -> QueueKey {
        QueueKey::new(self.turn(), self.state, self.waiting_since, self.updated_at)
    }
}

/// The start of every query that reads whole rows; `$rest` names what follows the joined tables.
macro_rules! select {
    ($rest:literal) => {
        select!("", $rest)
    };
    ($more:literal, $rest:literal) => {
        concat!(
            "SELECT r.id, r.number, r.customer_id, c.name, c.verified, r.state, r.type, r.urgency, r.at_risk, ",
            "r.channel, r.language, r.subject, r.chain, r.fields, r.context, r.identifiers, r.tags, r.team_id, ",
            "r.assignee_id, r.merged_into, r.previous_id, r.created_at, r.updated_at, r.waiting_since, ",
            "r.first_reply_at, r.solved_at, r.closed_at, r.reopen_count, r.follow_up_count, r.last_seq, ",
            "r.last_text, r.last_author, r.customer_read_seq, r.link_generation, r.head, r.head_mac",
            $more,
            " FROM request r JOIN customer c ON c.id = r.customer_id ",
            $rest
        )
    };
}

mod shelf;

pub use shelf::{After, Filter, Page, Shelf, count, list};

fn row(row: &Row<'_>) -> Result<RequestRow, Error> {
    Ok(RequestRow {
        id: row.get(0)?,
        number: row.parse(1, |text| text.parse().ok())?,
        customer_id: row.get(2)?,
        customer_name: row.get(3)?,
        customer_verified: row.get(4)?,
        state: row.parse(5, State::parse)?,
        kind: row.get(6)?,
        urgency: Urgency(row.get(7)?),
        at_risk: row.get(8)?,
        channel: row.parse(9, Channel::parse)?,
        language: row.parse(10, Language::parse)?,
        subject: row.get(11)?,
        chain: row.get(12)?,
        fields: row.get(13)?,
        context: row.get(14)?,
        identifiers: row.get(15)?,
        tags: row.get(16)?,
        team_id: row.get(17)?,
        assignee_id: row.get(18)?,
        merged_into: row.get(19)?,
        previous_id: row.get(20)?,
        created_at: row.get(21)?,
        updated_at: row.get(22)?,
        waiting_since: row.get(23)?,
        first_reply_at: row.get(24)?,
        solved_at: row.get(25)?,
        closed_at: row.get(26)?,
        reopen_count: row.get(27)?,
        follow_up_count: row.get(28)?,
        last_seq: row.get(29)?,
        last_text: row.get(30)?,
        last_author: row.get(31)?,
        customer_read_seq: row.get(32)?,
        link_generation: row.get(33)?,
        head: row.get(34)?,
        head_mac: row.get(35)?,
    })
}

/// Writes a new request.
pub fn insert(tx: &mut Tx, r: &RequestRow) -> Result<(), Error> {
    tx.run(
        "INSERT INTO request (id, number, customer_id, state, active, queue_key, type, urgency, at_risk, channel, \
         language, subject, chain, fields, context, identifiers, tags, team_id, assignee_id, merged_into, \
         previous_id, created_at, updated_at, waiting_since, first_reply_at, solved_at, closed_at, reopen_count, \
         follow_up_count, last_seq, last_text, last_author, customer_read_seq, link_generation, head, head_mac) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, \
         $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36)",
        params![
            r.id,
            r.number.as_str(),
            r.customer_id,
            r.state.as_str(),
            r.state.is_active(),
            r.queue_key().0,
            r.kind,
            r.urgency.0,
            r.at_risk,
            r.channel.as_str(),
            r.language.as_str(),
            r.subject,
            r.chain,
            r.fields,
            r.context,
            r.identifiers,
            r.tags,
            r.team_id,
            r.assignee_id,
            r.merged_into,
            r.previous_id,
            r.created_at,
            r.updated_at,
            r.waiting_since,
            r.first_reply_at,
            r.solved_at,
            r.closed_at,
            r.reopen_count,
            r.follow_up_count,
            r.last_seq,
            r.last_text,
            r.last_author,
            r.customer_read_seq,
            r.link_generation,
            r.head,
            r.head_mac
        ],
    )
}

/// Writes back everything of a request that can change. The row must have been read by [`lock`] or [`hold_for`] in the
/// same unit.
pub fn save(tx: &mut Tx, r: &RequestRow) -> Result<(), Error> {
    advance(tx, r)?;
    tx.run(
        "UPDATE request SET customer_id = $2, active = $3, queue_key = $4, team_id = $5, assignee_id = $6, \
         merged_into = $7 WHERE id = $1",
        params![
            r.id,
            r.customer_id,
            r.state.is_active(),
            r.queue_key().0,
            r.team_id,
            r.assignee_id,
            r.merged_into
        ],
    )
}

/// As [`save`] for a request that stays where it is: whose it is, who looks after it and its place in every list. Most
/// messages leave these alone, and their indexes and references are most of what an update costs.
pub fn advance(tx: &mut Tx, r: &RequestRow) -> Result<(), Error> {
    tx.touch(params![r.customer_id]);
    tx.run_on_held(
        "UPDATE request SET state = $2, type = $3, urgency = $4, at_risk = $5, subject = $6, chain = $7, fields = $8, \
         context = $9, identifiers = $10, tags = $11, updated_at = $12, waiting_since = $13, first_reply_at = $14, \
         solved_at = $15, closed_at = $16, reopen_count = $17, follow_up_count = $18, last_seq = $19, \
         last_text = $20, last_author = $21, customer_read_seq = $22, link_generation = $23, head = $24, \
         head_mac = $25 WHERE id = $1",
        params![
            r.id,
            r.state.as_str(),
            r.kind,
            r.urgency.0,
            r.at_risk,
            r.subject,
            r.chain,
            r.fields,
            r.context,
            r.identifiers,
            r.tags,
            r.updated_at,
            r.waiting_since,
            r.first_reply_at,
            r.solved_at,
            r.closed_at,
            r.reopen_count,
            r.follow_up_count,
            r.last_seq,
            r.last_text,
            r.last_author,
            r.customer_read_seq,
            r.link_generation,
            r.head,
            r.head_mac
        ],
    )
}

/// The request with this id.
pub fn find(rd: &mut Rd, id: RequestId) -> Result<Option<RequestRow>, Error> {
    rd.query_opt(select!("WHERE r.id = $1"), params![id], row)
}

/// The request with this id, held until the end of the unit, so that nobody else changes it meanwhile.
pub fn lock(tx: &mut Tx, id: RequestId) -> Result<Option<RequestRow>, Error> {
    let sql = match tx.dialect() {
        // SQLite has one writer, so that everything a unit reads is held anyway.
        Dialect::Sqlite => select!("WHERE r.id = $1"),
        Dialect::Postgres => select!("WHERE r.id = $1 FOR UPDATE OF r"),
    };
    held(tx, sql, params![id], row)
}

/// Runs a query that locks one request. Whoever waited for the lock on PostgreSQL gets the row as it is now, but joined
/// with the customer of before, and so no row when the request changed its customer meanwhile. Asked again behind the
/// lock, the answer is right.
fn held<T>(
    tx: &mut Tx,
    sql: &'static str,
    params: &[Value<'_>],
    mut row: impl FnMut(&Row<'_>) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    // What it reads of the customer beside the request is only shown.
    let found = tx.query_foreseen(sql, params, params, &mut row)?.into_iter().next();
    if found.is_some() || tx.dialect() == Dialect::Sqlite {
        return Ok(found);
    }
    tx.query_opt(sql, params, row)
}

/// A request held for somebody's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The request.
    pub row: RequestRow,
    /// The answer that was given under the key already.
    pub answer: Option<String>,
    /// The customer behind the visitor, as committed when the statement began: another unit that joins two customers
    /// may just have changed it.
    pub visitor: Option<CustomerId>,
}

/// What [`hold_for`] asks PostgreSQL.
const HOLD_FOR: &str = select!(
    ", COALESCE((SELECT body FROM receipt WHERE key = $2), (SELECT body FROM receipt WHERE key = $4)), \
     (SELECT customer_id FROM identity WHERE kind = 'visitor' AND subject = $3)",
    "WHERE r.id = $1 FOR UPDATE OF r"
);

/// What a message to a request needs, in one statement: the request, held as by [`lock`]; the answer under one of these
/// keys; the customer behind the visitor with this subject.
pub fn hold_for(
    tx: &mut Tx,
    id: RequestId,
    keys: [&[u8]; 2],
    subject: Option<&str>,
) -> Result<Option<Held>, Error> {
    let sql = match tx.dialect() {
        Dialect::Sqlite => select!(
            ", COALESCE((SELECT body FROM receipt WHERE key = $2), (SELECT body FROM receipt WHERE key = $4)), \
             (SELECT customer_id FROM identity WHERE kind = 'visitor' AND subject = $3)",
            "WHERE r.id = $1"
        ),
        Dialect::Postgres => HOLD_FOR,
    };
    let [key, other] = keys;
    held(tx, sql, params![id, key, subject, other], |columns| {
        Ok(Held { row: row(columns)?, answer: columns.get(36)?, visitor: columns.get(37)? })
    })
}

/// Foresees [`hold_for`].
pub fn foresee_hold_for(foresight: &mut Foresight, id: RequestId, keys: [&[u8]; 2], subject: Option<&str>) {
    let [key, other] = keys;
    foresight.add(HOLD_FOR, params![id, key, subject, other]);
}

/// The request with this number.
pub fn find_by_number(rd: &mut Rd, number: RequestNumber) -> Result<Option<RequestRow>, Error> {
    rd.query_opt(select!("WHERE r.number = $1"), params![number.as_str()], row)
}

/// The latest requests of a customer, newest first.
pub fn list_of_customer(rd: &mut Rd, customer: CustomerId, limit: i64) -> Result<Vec<RequestRow>, Error> {
    rd.query(select!("WHERE r.customer_id = $1 ORDER BY r.id DESC LIMIT $2"), params![customer, limit], row)
}

/// What [`list_beside`] asks.
const BESIDE: &str = select!(
    "WHERE r.customer_id = (SELECT customer_id FROM request WHERE id = $1) ORDER BY r.id DESC LIMIT $2"
);

/// As [`list_of_customer`], of the customer of this request, which the unit holds.
pub fn list_beside(
    rd: &mut Rd,
    id: RequestId,
    customer: CustomerId,
    limit: i64,
) -> Result<Vec<RequestRow>, Error> {
    rd.query_foreseen(BESIDE, params![id, limit], params![id, customer], row)
}

/// Foresees [`list_beside`].
pub fn foresee_beside(foresight: &mut Foresight, id: RequestId, limit: i64) {
    foresight.add(BESIDE, params![id, limit]);
}

/// A request that waits: its number, its turn, and since when.
pub type Waiting = (RequestId, RequestNumber, Turn, Option<Time>);

/// Everybody who waits for the desk, in the order of the queue.
pub fn list_waiting(rd: &mut Rd) -> Result<Vec<Waiting>, Error> {
    rd.query(
        "SELECT id, number, at_risk, urgency, waiting_since FROM request WHERE active AND state = 'open' \
         ORDER BY queue_key, id",
        params![],
        |row| {
            let turn = Turn::of(row.get(2)?, Urgency(row.get(3)?));
            Ok((row.get(0)?, row.parse(1, |text| text.parse().ok())?, turn, row.get(4)?))
        },
    )
}

/// Those who wait in a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Whether assets are at risk.
    pub at_risk: bool,
    /// How many.
    pub count: i64,
    /// Since when the one that waits longest does.
    pub since: Option<Time>,
}

/// How many wait for the desk in each lane, and since when.
pub fn count_waiting(rd: &mut Rd) -> Result<Vec<Lane>, Error> {
    rd.query(
        "SELECT at_risk, count(*), min(waiting_since) FROM request WHERE active AND state = 'open' GROUP BY at_risk",
        params![],
        |row| Ok(Lane { at_risk: row.get(0)?, count: row.get(1)?, since: row.get(2)? }),
    )
}

/// The next requests by id, for going through all of them.
pub fn list_by_id(rd: &mut Rd, after: RequestId, limit: i64) -> Result<Vec<RequestRow>, Error> {
    rd.query(select!("WHERE r.id > $1 ORDER BY r.id LIMIT $2"), params![after, limit], row)
}

/// A request, and the columns by which lists find it, which are made of the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The request.
    pub row: RequestRow,
    /// As the column says, whatever the row does.
    pub active: bool,
    /// As the column says, whatever the row does.
    pub queue_key: i64,
}

/// As [`list_by_id`], with what is stored beside the rows.
pub fn list_with_places(rd: &mut Rd, after: RequestId, limit: i64) -> Result<Vec<Listed>, Error> {
    rd.query(
        select!(", r.active, r.queue_key", "WHERE r.id > $1 ORDER BY r.id LIMIT $2"),
        params![after, limit],
        |columns| Ok(Listed { row: row(columns)?, active: columns.get(36)?, queue_key: columns.get(37)? }),
    )
}

/// Ids from `from` up to, but without, `before`, in their order.
pub fn list_ids(
    rd: &mut Rd,
    from: RequestId,
    before: RequestId,
    limit: i64,
) -> Result<Vec<RequestId>, Error> {
    rd.query(
        "SELECT id FROM request WHERE id >= $1 AND id < $2 ORDER BY id LIMIT $3",
        params![from, before, limit],
        |row| row.get(0),
    )
}

/// All requests of a customer, oldest first.
pub fn list_ids_of_customer(rd: &mut Rd, customer: CustomerId) -> Result<Vec<RequestId>, Error> {
    rd.query("SELECT id FROM request WHERE customer_id = $1 ORDER BY id", params![customer], |row| row.get(0))
}

/// Notes how far the customer has read. The row must have been read by [`lock`] in the same unit. The one column that is
/// written without the row's seal, which leaves it out.
pub fn mark_read(tx: &mut Tx, id: RequestId, seq: i64) -> Result<(), Error> {
    tx.run("UPDATE request SET customer_read_seq = $2 WHERE id = $1", params![id, seq])
}
