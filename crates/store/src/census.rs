//! How many requests began in each hour.

use standfast_domain::Time;

use crate::{Error, Rd, Row, Tx, params};

/// An hour as it was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0001_desk.sql")]
pub struct CensusRow {
    pub hour: Time,
    pub previous: Time,
    pub requests: i64,
    pub digest: Vec<u8>,
    pub counted_at: Time,
    pub mac: Vec<u8>,
}

fn row(row: &Row<'_>) -> Result<CensusRow, Error> {
    Ok(CensusRow {
        hour: row.get(0)?,
        previous: row.get(1)?,
        requests: row.get(2)?,
        digest: row.get(3)?,
        counted_at: row.get(4)?,
        mac: row.get(5)?,
    })
}

/// Writes an hour, unless another process has written it, or one that follows the same hour: then it is false.
pub fn insert(tx: &mut Tx, c: &CensusRow) -> Result<bool, Error> {
    let written = tx.execute(
        "INSERT INTO census (hour, previous, requests, digest, counted_at, mac) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        params![c.hour, c.previous, c.requests, c.digest, c.counted_at, c.mac],
    )?;
    Ok(written == 1)
}

/// The latest hour.
pub fn find_last(rd: &mut Rd) -> Result<Option<CensusRow>, Error> {
    rd.query_opt(
        "SELECT hour, previous, requests, digest, counted_at, mac FROM census ORDER BY hour DESC LIMIT 1",
        params![],
        row,
    )
}

/// The next hours after `hour`, in their order.
pub fn list_after(rd: &mut Rd, hour: Time, limit: i64) -> Result<Vec<CensusRow>, Error> {
    rd.query(
        "SELECT hour, previous, requests, digest, counted_at, mac FROM census WHERE hour > $1 \
         ORDER BY hour LIMIT $2",
        params![hour, limit],
        row,
    )
}
