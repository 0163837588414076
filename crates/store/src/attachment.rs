//! Attachments: what the store knows of files; the bytes lie beside the database under their SHA-256.

use standfast_domain::{AttachmentId, CustomerId, RequestId, Time};

use crate::{Error, Foresight, Rd, Row, Tx, params};

/// An attachment as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0001_desk.sql and 0027_proof.sql")]
pub struct AttachmentRow {
    pub id: AttachmentId,
    pub owner: String,
    pub name: String,
    pub media_type: String,
    pub size: i64,
    pub sha256: Vec<u8>,
    pub findings: String,
    pub request_id: Option<RequestId>,
    pub seq: Option<i64>,
    pub created_at: Time,
    pub erased_at: Option<Time>,
    pub unproven: Option<bool>,
    pub addresses: Option<String>,
}

macro_rules! select {
    ($($rest:expr),+) => {
        concat!(
            "SELECT a.id, a.owner, a.name, a.media_type, a.size, a.sha256, a.findings, a.request_id, a.seq, ",
            "a.created_at, a.erased_at, a.unproven, a.addresses FROM attachment a ",
            $($rest),+
        )
    };
}

fn row(row: &Row<'_>) -> Result<AttachmentRow, Error> {
    Ok(AttachmentRow {
        id: row.get(0)?,
        owner: row.get(1)?,
        name: row.get(2)?,
        media_type: row.get(3)?,
        size: row.get(4)?,
        sha256: row.get(5)?,
        findings: row.get(6)?,
        request_id: row.get(7)?,
        seq: row.get(8)?,
        created_at: row.get(9)?,
        erased_at: row.get(10)?,
        unproven: row.get(11)?,
        addresses: row.get(12)?,
    })
}

/// Writes a new attachment.
pub fn insert(tx: &mut Tx, a: &AttachmentRow) -> Result<(), Error> {
    tx.run(
        "INSERT INTO attachment (id, owner, name, media_type, size, sha256, findings, request_id, seq, created_at, \
         erased_at, unproven, addresses) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        params![
            a.id,
            a.owner,
            a.name,
            a.media_type,
            a.size,
            a.sha256,
            a.findings,
            a.request_id,
            a.seq,
            a.created_at,
            a.erased_at,
            a.unproven,
            a.addresses
        ],
    )
}

/// The attachment with this id.
pub fn find(rd: &mut Rd, id: AttachmentId) -> Result<Option<AttachmentRow>, Error> {
    rd.query_opt(select!("WHERE a.id = $1"), params![id], row)
}

/// Makes an attachment part of an entry.
pub fn bind(tx: &mut Tx, id: AttachmentId, request: RequestId, seq: i64) -> Result<(), Error> {
    tx.run("UPDATE attachment SET request_id = $2, seq = $3 WHERE id = $1", params![id, request, seq])
}

/// The files of an entry.
pub fn list_of_entry(rd: &mut Rd, request: RequestId, seq: i64) -> Result<Vec<AttachmentRow>, Error> {
    rd.query(select!("WHERE a.request_id = $1 AND a.seq = $2 ORDER BY a.id"), params![request, seq], row)
}

/// Marks a file as erased; its name and what it names go too.
pub fn erase(tx: &mut Tx, id: AttachmentId, now: Time) -> Result<(), Error> {
    tx.run(
        "UPDATE attachment SET erased_at = $2, name = '', unproven = FALSE, addresses = NULL WHERE id = $1",
        params![id, now],
    )
}

/// Gives a file other bytes, and what is known of them; false where it has not those of `was` any more, or is erased, or went elsewhere.
pub fn replace(tx: &mut Tx, a: &AttachmentRow, was: &[u8]) -> Result<bool, Error> {
    let done = tx.execute(
        "UPDATE attachment SET size = $2, sha256 = $3, findings = $4, unproven = $5 WHERE id = $1 AND sha256 = $6 \
         AND erased_at IS NULL AND request_id IS NOT DISTINCT FROM $7",
        params![a.id, a.size, a.sha256, a.findings, a.unproven, was, a.request_id],
    )?;
    Ok(done == 1)
}

/// Notes what a look at a file has shown, where it is still the one that was looked at.
pub fn note_look(tx: &mut Tx, a: &AttachmentRow) -> Result<(), Error> {
    tx.run(
        "UPDATE attachment SET unproven = $3, addresses = $4 WHERE id = $1 AND sha256 = $2 AND erased_at IS NULL",
        params![a.id, a.sha256, a.unproven, a.addresses],
    )
}

/// Text files on the requests of a customer that an address could still prove to hold a key.
macro_rules! unproven {
    ($customer:literal) => {
        concat!(
            "JOIN request r ON r.id = a.request_id WHERE r.customer_id = ",
            $customer,
            " AND a.erased_at IS NULL AND (a.unproven OR a.unproven IS NULL AND a.media_type NOT LIKE 'image/%')"
        )
    };
}

macro_rules! exists {
    ($customer:literal) => {
        concat!("SELECT EXISTS (SELECT 1 FROM attachment a ", unproven!($customer), ")")
    };
}

/// Text files on the requests of a customer that an address could still prove to hold a key, after `after` by id.
pub fn list_unproven(
    rd: &mut Rd,
    customer: CustomerId,
    after: AttachmentId,
    limit: i64,
) -> Result<Vec<AttachmentRow>, Error> {
    let sql = select!(unproven!("$1"), " AND a.id > $2 ORDER BY a.id LIMIT $3");
    rd.query(sql, params![customer, after, limit], row)
}

/// The latest of them.
pub fn list_latest_unproven(
    rd: &mut Rd,
    customer: CustomerId,
    limit: i64,
) -> Result<Vec<AttachmentRow>, Error> {
    rd.query(select!(unproven!("$1"), " ORDER BY a.id DESC LIMIT $2"), params![customer, limit], row)
}

/// Whether [`list_unproven`] finds any for the customer behind the visitor with this subject.
pub fn is_unproven_of_visitor(rd: &mut Rd, subject: &str) -> Result<bool, Error> {
    let sql = exists!("(SELECT customer_id FROM identity WHERE kind = 'visitor' AND subject = $1)");
    rd.query_one(sql, params![subject], |row| row.get(0))
}

/// The same for the customer of this request.
pub fn is_unproven_of_request(rd: &mut Rd, id: RequestId) -> Result<bool, Error> {
    rd.query_one(UNPROVEN_BESIDE, params![id], |row| row.get(0))
}

/// Whether [`list_unproven`] finds any for the customer of this request. Can be foreseen; a unit holds the request.
pub fn is_unproven_beside(rd: &mut Rd, id: RequestId, customer: CustomerId) -> Result<bool, Error> {
    let found = rd.query_foreseen(UNPROVEN_BESIDE, params![id], params![id, customer], |row| row.get(0))?;
    found.into_iter().next().ok_or(Error::NotFound)
}

/// Foresees [`is_unproven_beside`].
pub fn foresee_unproven_beside(foresight: &mut Foresight, id: RequestId) {
    foresight.add(UNPROVEN_BESIDE, params![id]);
}

/// What [`is_unproven_beside`] asks.
const UNPROVEN_BESIDE: &str = exists!("(SELECT customer_id FROM request WHERE id = $1)");

/// Addresses that files on the requests of a customer name, each as a JSON list, the latest first.
pub fn list_addresses(rd: &mut Rd, customer: CustomerId, limit: i64) -> Result<Vec<String>, Error> {
    rd.query(
        "SELECT a.addresses FROM attachment a JOIN request r ON r.id = a.request_id \
         WHERE r.customer_id = $1 AND a.addresses IS NOT NULL ORDER BY a.id DESC LIMIT $2",
        params![customer, limit],
        |row| row.get(0),
    )
}

/// Files that were uploaded before `before` and never sent.
pub fn list_loose(rd: &mut Rd, before: Time, limit: i64) -> Result<Vec<AttachmentRow>, Error> {
    rd.query(
        select!("WHERE a.request_id IS NULL AND a.created_at < $1 ORDER BY a.created_at LIMIT $2"),
        params![before, limit],
        row,
    )
}

/// Forgets a file that was never sent.
pub fn delete_loose(tx: &mut Tx, id: AttachmentId) -> Result<u64, Error> {
    tx.execute("DELETE FROM attachment WHERE id = $1 AND request_id IS NULL", params![id])
}

/// Whether anything that is not erased still has these bytes.
pub fn is_kept(rd: &mut Rd, sha256: &[u8]) -> Result<bool, Error> {
    rd.query_opt(
        "SELECT 1 FROM attachment WHERE sha256 = $1 AND erased_at IS NULL LIMIT 1",
        params![sha256],
        |row| row.get::<i64>(0),
    )
    .map(|found| found.is_some())
}

/// The next attachments by id, for going through all of them.
pub fn list_by_id(rd: &mut Rd, after: AttachmentId, limit: i64) -> Result<Vec<AttachmentRow>, Error> {
    rd.query(select!("WHERE a.id > $1 ORDER BY a.id LIMIT $2"), params![after, limit], row)
}

/// Hashes of files that were erased since `after`.
pub fn list_erased(rd: &mut Rd, after: Time, limit: i64) -> Result<Vec<Vec<u8>>, Error> {
    rd.query(
        "SELECT sha256 FROM attachment WHERE erased_at IS NOT NULL AND erased_at > $1 ORDER BY erased_at LIMIT $2",
        params![after, limit],
        |row| row.get(0),
    )
}
