//! Mail that the desk sends. Rows are written in the unit that decides about it; a job of the kind `mail` sends them.

use standfast_domain::{MailId, ReportRunId, Time};

use crate::{Error, Rd, Row, Tx, params};

/// A mail to one recipient as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0006_reports.sql and 0012_mail.sql")]
pub struct MailRow {
    pub id: MailId,
    pub dedupe: String,
    pub recipient: String,
    pub subject: String,
    pub body_text: String,
    pub body_html: String,
    pub run_id: Option<ReportRunId>,
    pub follows: Option<MailId>,
    /// Formats of the run's files that are attached, separated by commas.
    pub formats: String,
    pub created_at: Time,
    pub sent_at: Option<Time>,
    pub problem: Option<String>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, dedupe, recipient, subject, body_text, body_html, run_id, formats, created_at, sent_at, ",
            "problem, follows FROM mail ",
            $rest
        )
    };
}

fn row(row: &Row<'_>) -> Result<MailRow, Error> {
    Ok(MailRow {
        id: row.get(0)?,
        dedupe: row.get(1)?,
        recipient: row.get(2)?,
        subject: row.get(3)?,
        body_text: row.get(4)?,
        body_html: row.get(5)?,
        run_id: row.get(6)?,
        formats: row.get(7)?,
        created_at: row.get(8)?,
        sent_at: row.get(9)?,
        problem: row.get(10)?,
        follows: row.get(11)?,
    })
}

/// Writes a mail to be sent. False when one with this key is there already.
pub fn insert(tx: &mut Tx, m: &MailRow) -> Result<bool, Error> {
    let written = tx.execute(
        "INSERT INTO mail (id, dedupe, recipient, subject, body_text, body_html, run_id, formats, created_at, sent_at, \
         problem, follows) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING",
        params![
            m.id,
            m.dedupe,
            m.recipient,
            m.subject,
            m.body_text,
            m.body_html,
            m.run_id,
            m.formats,
            m.created_at,
            m.sent_at,
            m.problem,
            m.follows
        ],
    )?;
    Ok(written == 1)
}

/// The mail with this id.
pub fn find(rd: &mut Rd, id: MailId) -> Result<Option<MailRow>, Error> {
    rd.query_opt(select!("WHERE id = $1"), params![id], row)
}

/// The mail with this key.
pub fn find_keyed(rd: &mut Rd, dedupe: &str) -> Result<Option<MailRow>, Error> {
    rd.query_opt(select!("WHERE dedupe = $1"), params![dedupe], row)
}

/// The mails of the run with this id, by recipient.
pub fn list_of(rd: &mut Rd, run: ReportRunId) -> Result<Vec<MailRow>, Error> {
    rd.query(select!("WHERE run_id = $1 ORDER BY recipient, id"), params![run], row)
}

/// Notes that a server took it, or what it answered; queued.
pub fn save(tx: &mut Tx, id: MailId, sent_at: Option<Time>, problem: Option<&str>) -> Result<(), Error> {
    tx.run("UPDATE mail SET sent_at = $2, problem = $3 WHERE id = $1", params![id, sent_at, problem])
}

/// Empties the bodies of mails older than `before`: that something was sent to whom, and when, stays.
pub fn trim_bodies(tx: &mut Tx, before: Time) -> Result<u64, Error> {
    tx.execute(
        "UPDATE mail SET body_text = '', body_html = '' WHERE created_at < $1 AND body_text <> ''",
        params![before],
    )
}
