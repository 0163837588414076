//! Models of request types, each with how good it is.

use standfast_domain::Time;

use crate::{Error, Rd, Row, Tx, params};

/// A model without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0005_types.sql")]
pub struct ModelRow {
    pub version: i64,
    pub made_at: Time,
    pub accepted: bool,
    pub metrics: String,
}

fn row(row: &Row<'_>) -> Result<ModelRow, Error> {
    Ok(ModelRow { version: row.get(0)?, made_at: row.get(1)?, accepted: row.get(2)?, metrics: row.get(3)? })
}

/// The version of the model in use.
pub fn version_in_use(rd: &mut Rd) -> Result<Option<i64>, Error> {
    rd.query_one("SELECT max(version) FROM model WHERE accepted", params![], |row| row.get(0))
}

/// The bytes of a model.
pub fn bytes(rd: &mut Rd, version: i64) -> Result<Option<Vec<u8>>, Error> {
    rd.query_opt("SELECT bytes FROM model WHERE version = $1", params![version], |row| row.get(0))
}

/// All models that are kept, the latest first.
pub fn list(rd: &mut Rd) -> Result<Vec<ModelRow>, Error> {
    rd.query("SELECT version, made_at, accepted, metrics FROM model ORDER BY version DESC", params![], row)
}

/// Writes a new model; false when another process has made one of this version.
pub fn insert(tx: &mut Tx, model: &ModelRow, bytes: &[u8]) -> Result<bool, Error> {
    let written = tx.execute(
        "INSERT INTO model (version, made_at, accepted, bytes, metrics) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (version) DO NOTHING",
        params![model.version, model.made_at, model.accepted, bytes, model.metrics],
    )?;
    Ok(written == 1)
}

/// Removes all but the latest `keep` and the one in use; queued.
pub fn trim(tx: &mut Tx, keep: i64) -> Result<(), Error> {
    tx.run(
        "DELETE FROM model WHERE version NOT IN (SELECT version FROM model ORDER BY version DESC LIMIT $1) \
         AND version <> (SELECT COALESCE(max(version), 0) FROM model WHERE accepted)",
        params![keep],
    )
}
