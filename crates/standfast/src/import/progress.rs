//! How far an import has come.

use anyhow::ensure;
use serde::{Deserialize, Serialize};

use super::BATCH;
use super::rejects::Kept;

/// What an import has done so far, kept in the database after every batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// Which files with which map.
    pub(super) file: String,
    /// Requests that the desk had of the source before.
    pub(super) before: i64,
    pub(super) read: u64,
    pub(super) imported: u64,
    pub(super) there: u64,
    /// Rows whose id an earlier row of the file has.
    #[serde(default)]
    pub(super) twice: u64,
    pub(super) rejected: u64,
    /// The list of rejected rows.
    #[serde(default)]
    pub(super) rejects: Kept,
    pub(super) finished: bool,
}

impl Progress {
    /// Of a batch that was cut short some requests were written, and nothing was noted: they were there before what comes now.
    pub(super) fn take_over(&mut self, stock: i64) -> anyhow::Result<()> {
        if !self.finished {
            let unnoted = stock - self.before - i64::try_from(self.imported)?;
            ensure!(
                (0..=i64::try_from(BATCH)?).contains(&unnoted),
                "the desk has {stock} requests of this source, which is not what the import had come to: run it without --resume"
            );
            self.before += unnoted;
        }
        Ok(())
    }
}

/// Name of the setting that holds how far an import has come.
pub(super) fn place_of(source: &str) -> String {
    format!("import.{source}")
}
