//! Who wants to hear of the state of the desk.

use standfast_domain::{Language, SubscriptionId, SubscriptionKind, Time};

use crate::{Error, Rd, Row, Tx, params};

/// A subscription as the store keeps it.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0018_status.sql")]
pub struct SubscriptionRow {
    pub id: SubscriptionId,
    pub kind: SubscriptionKind,
    pub address: String,
    pub language: Language,
    pub asked_at: Time,
    pub confirmed_at: Option<Time>,
    pub failing_since: Option<Time>,
    pub off_at: Option<Time>,
}

/// Without the address.
impl std::fmt::Debug for SubscriptionRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} subscription {}", self.kind.as_str(), self.id)
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, address, language, asked_at, confirmed_at, failing_since, off_at FROM status_subscription ",
            $rest
        )
    };
}

fn row(row: &Row<'_>) -> Result<SubscriptionRow, Error> {
    Ok(SubscriptionRow {
        id: row.get(0)?,
        kind: row.parse(1, SubscriptionKind::parse)?,
        address: row.get(2)?,
        language: row.parse(3, Language::parse)?,
        asked_at: row.get(4)?,
        confirmed_at: row.get(5)?,
        failing_since: row.get(6)?,
        off_at: row.get(7)?,
    })
}

/// Writes a subscription that nobody has confirmed; false when there is one of this address.
pub fn insert(tx: &mut Tx, s: &SubscriptionRow) -> Result<bool, Error> {
    let written = tx.execute(
        "INSERT INTO status_subscription (id, kind, address, language, asked_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT DO NOTHING",
        params![s.id, s.kind.as_str(), s.address, s.language.as_str(), s.asked_at],
    )?;
    Ok(written == 1)
}

/// The subscription with this id.
pub fn find(rd: &mut Rd, id: SubscriptionId) -> Result<Option<SubscriptionRow>, Error> {
    rd.query_opt(select!("WHERE id = $1"), params![id], row)
}

/// The subscription of an address.
pub fn find_of(rd: &mut Rd, kind: SubscriptionKind, address: &str) -> Result<Option<SubscriptionRow>, Error> {
    rd.query_opt(select!("WHERE kind = $1 AND address = $2"), params![kind.as_str(), address], row)
}

/// Notes that it was asked for once more, in a language.
pub fn ask_again(tx: &mut Tx, id: SubscriptionId, language: Language, now: Time) -> Result<(), Error> {
    tx.run(
        "UPDATE status_subscription SET asked_at = $2, language = $3 WHERE id = $1",
        params![id, now, language.as_str()],
    )
}

/// Notes that whoever has the address wants it, also once more after the desk gave up; false when there is none.
pub fn confirm(tx: &mut Tx, id: SubscriptionId, now: Time) -> Result<bool, Error> {
    let written = tx.execute(
        "UPDATE status_subscription SET confirmed_at = COALESCE(confirmed_at, $2), failing_since = NULL, off_at = NULL \
         WHERE id = $1",
        params![id, now],
    )?;
    Ok(written == 1)
}

/// Removes a subscription, with the address; false when there is none.
pub fn remove(tx: &mut Tx, id: SubscriptionId) -> Result<bool, Error> {
    Ok(tx.execute("DELETE FROM status_subscription WHERE id = $1", params![id])? == 1)
}

/// Removes what was asked for before `before` and never confirmed.
pub fn trim(tx: &mut Tx, before: Time) -> Result<u64, Error> {
    tx.execute(
        "DELETE FROM status_subscription WHERE confirmed_at IS NULL AND asked_at < $1",
        params![before],
    )
}

/// Those who are told, in the order of their ids after `after`.
pub fn list_told(rd: &mut Rd, after: SubscriptionId, limit: i64) -> Result<Vec<SubscriptionRow>, Error> {
    rd.query(
        select!("WHERE id > $1 AND confirmed_at IS NOT NULL AND off_at IS NULL ORDER BY id LIMIT $2"),
        params![after, limit],
        row,
    )
}

/// How many of a kind were confirmed and are told.
pub fn count_told(rd: &mut Rd, kind: SubscriptionKind) -> Result<i64, Error> {
    rd.query_one(
        "SELECT count(*) FROM status_subscription WHERE kind = $1 AND confirmed_at IS NOT NULL AND off_at IS NULL",
        params![kind.as_str()],
        |row| row.get(0),
    )
}

/// Those of a kind that nobody has confirmed, the oldest first.
pub fn list_unconfirmed(
    rd: &mut Rd,
    kind: SubscriptionKind,
    limit: i64,
) -> Result<Vec<SubscriptionRow>, Error> {
    rd.query(
        select!("WHERE kind = $1 AND confirmed_at IS NULL ORDER BY asked_at, id LIMIT $2"),
        params![kind.as_str(), limit],
        row,
    )
}

/// How many there are of a kind, confirmed or not.
pub fn count(rd: &mut Rd, kind: SubscriptionKind) -> Result<i64, Error> {
    rd.query_one("SELECT count(*) FROM status_subscription WHERE kind = $1", params![kind.as_str()], |row| {
        row.get(0)
    })
}

/// Notes that something arrived; queued.
pub fn arrived(tx: &mut Tx, id: SubscriptionId) -> Result<(), Error> {
    tx.run("UPDATE status_subscription SET failing_since = NULL WHERE id = $1", params![id])
}

/// Notes that nothing arrives; the desk gives up what has failed since `off_before`. Queued.
pub fn failed(tx: &mut Tx, id: SubscriptionId, off_before: Time, now: Time) -> Result<(), Error> {
    tx.run(
        "UPDATE status_subscription SET failing_since = COALESCE(failing_since, $2), \
         off_at = CASE WHEN failing_since < $3 THEN CAST($2 AS BIGINT) ELSE off_at END WHERE id = $1",
        params![id, now, off_before],
    )
}
