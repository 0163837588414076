//! Who is told by mail that their request was answered, and which addresses never are again.

use standfast_domain::{CustomerId, Language, RequestId, Time};

use crate::{Error, Rd, Row, Tx, params};

/// An address that is told, as the store keeps it.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0029_answer_mail.sql")]
pub struct AnswerMailRow {
    pub request_id: RequestId,
    pub customer_id: CustomerId,
    pub address: String,
    pub mark: Vec<u8>,
    pub language: Language,
    pub asked_at: Time,
    pub told_seq: i64,
    pub refused_at: Option<Time>,
}

/// Without the address.
impl std::fmt::Debug for AnswerMailRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "mail about request {}", self.request_id)
    }
}

fn row(row: &Row<'_>) -> Result<AnswerMailRow, Error> {
    Ok(AnswerMailRow {
        request_id: row.get(0)?,
        customer_id: row.get(1)?,
        address: row.get(2)?,
        mark: row.get(3)?,
        language: row.parse(4, Language::parse)?,
        asked_at: row.get(5)?,
        told_seq: row.get(6)?,
        refused_at: row.get(7)?,
    })
}

/// Which address is told about a request.
pub fn find(rd: &mut Rd, request: RequestId) -> Result<Option<AnswerMailRow>, Error> {
    rd.query_opt(
        "SELECT request_id, customer_id, address, mark, language, asked_at, told_seq, refused_at FROM answer_mail \
         WHERE request_id = $1",
        params![request],
        row,
    )
}

/// Tells this address about a request from now on, in place of another one; which answer was told last stays. Queued.
pub fn put(tx: &mut Tx, new: &AnswerMailRow) -> Result<(), Error> {
    tx.run(
        "INSERT INTO answer_mail (request_id, customer_id, address, mark, language, asked_at, told_seq, refused_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (request_id) DO UPDATE SET customer_id = $2, address = $3, \
         mark = $4, language = $5, asked_at = $6, refused_at = $8",
        params![
            new.request_id,
            new.customer_id,
            new.address,
            new.mark,
            new.language.as_str(),
            new.asked_at,
            new.told_seq,
            new.refused_at,
        ],
    )
}

/// Tells nobody about a request any more; queued.
pub fn remove(tx: &mut Tx, request: RequestId) -> Result<(), Error> {
    tx.run("DELETE FROM answer_mail WHERE request_id = $1", params![request])
}

/// Forgets every address that a customer gave; queued.
pub fn erase(tx: &mut Tx, customer: CustomerId) -> Result<(), Error> {
    tx.run("DELETE FROM answer_mail WHERE customer_id = $1", params![customer])
}

/// Carries the address over to the request in which one goes on, unless that has its own; queued.
pub fn carry(tx: &mut Tx, from: RequestId, to: RequestId) -> Result<(), Error> {
    tx.run(
        "UPDATE answer_mail SET request_id = $2, told_seq = 0 WHERE request_id = $1 AND NOT EXISTS \
         (SELECT 1 FROM answer_mail own WHERE own.request_id = $2)",
        params![from, to],
    )?;
    remove(tx, from)
}

/// Notes that an answer was told; queued.
pub fn told(tx: &mut Tx, request: RequestId, seq: i64) -> Result<(), Error> {
    tx.run("UPDATE answer_mail SET told_seq = $2 WHERE request_id = $1", params![request, seq])
}

/// Notes that there is no such address, if it is still the one that is told; queued.
pub fn refused(tx: &mut Tx, request: RequestId, mark: &[u8], now: Time) -> Result<(), Error> {
    tx.run(
        "UPDATE answer_mail SET refused_at = $3 WHERE request_id = $1 AND mark = $2",
        params![request, mark, now],
    )
}

/// Notes that whoever has an address wants no such mail, for good, and forgets it wherever it was given.
pub fn stop(tx: &mut Tx, mark: &[u8], now: Time) -> Result<(), Error> {
    tx.run(
        "INSERT INTO answer_mail_stop (mark, stopped_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        params![mark, now],
    )?;
    tx.run("DELETE FROM answer_mail WHERE mark = $1", params![mark])
}

/// Whether whoever has an address wants no such mail.
pub fn is_stopped(rd: &mut Rd, mark: &[u8]) -> Result<bool, Error> {
    rd.query_one("SELECT EXISTS (SELECT 1 FROM answer_mail_stop WHERE mark = $1)", params![mark], |row| {
        row.get(0)
    })
}

/// Counts one more mail to an address on a day, unless there were `most` already: false then.
pub fn count(tx: &mut Tx, mark: &[u8], day: i64, most: i64) -> Result<bool, Error> {
    let counted = tx.execute(
        "INSERT INTO answer_mail_day (mark, day, mails) VALUES ($1, $2, 1) ON CONFLICT (mark, day) \
         DO UPDATE SET mails = answer_mail_day.mails + 1 WHERE answer_mail_day.mails < $3",
        params![mark, day, most],
    )?;
    Ok(counted == 1)
}

/// Forgets how many there were on days before this one.
pub fn trim(tx: &mut Tx, day: i64) -> Result<u64, Error> {
    tx.execute("DELETE FROM answer_mail_day WHERE day < $1", params![day])
}

/// The last text of the desk's people after `seq`, and the customer's last one; 0 where there is none.
pub fn last_texts(rd: &mut Rd, request: RequestId, seq: i64) -> Result<(i64, i64), Error> {
    rd.query_one(
        "SELECT COALESCE(max(CASE WHEN author_kind = 'agent' THEN seq END), 0), \
         COALESCE(max(CASE WHEN author_kind = 'customer' THEN seq END), 0) FROM entry \
         WHERE request_id = $1 AND seq > $2 AND kind = 'text' AND visible",
        params![request, seq],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
