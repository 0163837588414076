//! Attachments: what the store knows of files; the bytes lie beside the database under their SHA-256.

use standfast_domain::{AttachmentId, RequestId, Time};

use crate::{Error, Rd, Row, Tx, params};

/// An attachment as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0001_desk.sql")]
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
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, owner, name, media_type, size, sha256, findings, request_id, seq, created_at, erased_at ",
            "FROM attachment ",
            $rest
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
    })
}

/// Writes a new attachment.
pub fn insert(tx: &mut Tx, a: &AttachmentRow) -> Result<(), Error> {
    tx.run(
        "INSERT INTO attachment (id, owner, name, media_type, size, sha256, findings, request_id, seq, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
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
            a.created_at
        ],
    )
}

/// The attachment with this id.
pub fn find(rd: &mut Rd, id: AttachmentId) -> Result<Option<AttachmentRow>, Error> {
    rd.query_opt(select!("WHERE id = $1"), params![id], row)
}

/// Makes an attachment part of an entry.
pub fn bind(tx: &mut Tx, id: AttachmentId, request: RequestId, seq: i64) -> Result<(), Error> {
    tx.run("UPDATE attachment SET request_id = $2, seq = $3 WHERE id = $1", params![id, request, seq])
}

/// The files of an entry.
pub fn list_of_entry(rd: &mut Rd, request: RequestId, seq: i64) -> Result<Vec<AttachmentRow>, Error> {
    rd.query(select!("WHERE request_id = $1 AND seq = $2 ORDER BY id"), params![request, seq], row)
}

/// Marks a file as erased; its name goes too.
pub fn erase(tx: &mut Tx, id: AttachmentId, now: Time) -> Result<(), Error> {
    tx.run("UPDATE attachment SET erased_at = $2, name = '' WHERE id = $1", params![id, now])
}

/// Files that were uploaded before `before` and never sent.
pub fn list_loose(rd: &mut Rd, before: Time, limit: i64) -> Result<Vec<AttachmentRow>, Error> {
    rd.query(
        select!("WHERE request_id IS NULL AND created_at < $1 ORDER BY created_at LIMIT $2"),
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
    rd.query(select!("WHERE id > $1 ORDER BY id LIMIT $2"), params![after, limit], row)
}

/// Hashes of files that were erased since `after`.
pub fn list_erased(rd: &mut Rd, after: Time, limit: i64) -> Result<Vec<Vec<u8>>, Error> {
    rd.query(
        "SELECT sha256 FROM attachment WHERE erased_at IS NOT NULL AND erased_at > $1 ORDER BY erased_at LIMIT $2",
        params![after, limit],
        |row| row.get(0),
    )
}
