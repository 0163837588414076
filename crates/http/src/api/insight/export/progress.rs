//! How far exports are that are being made. A workbook is whole before the first of it is sent, so that whoever waits for
//! one asks here; it is known to the process that makes it alone.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Json as Answer;
use axum::extract::{Path, State};
use parking_lot::Mutex;
use serde::Serialize;
use standfast_domain::AgentId;
use utoipa::ToSchema;

use crate::app::App;
use crate::credential::SignedIn;
use crate::problem::Problem;

type Key = (AgentId, String);

/// Exports that are being made.
#[derive(Clone, Default)]
pub(crate) struct Exports(Arc<Mutex<HashMap<Key, Arc<AtomicUsize>>>>);

/// Counts the rows of one export, for as long as it is made.
pub(super) struct Count {
    key: Key,
    rows: Arc<AtomicUsize>,
    all: Exports,
}

impl Exports {
    /// Counts from nothing.
    pub(super) fn begin(&self, agent: AgentId, id: &str) -> Count {
        let (key, rows) = ((agent, id.to_owned()), Arc::default());
        self.0.lock().insert(key.clone(), Arc::clone(&rows));
        Count { key, rows, all: self.clone() }
    }

    fn rows(&self, key: &Key) -> Option<usize> {
        self.0.lock().get(key).map(|rows| rows.load(Ordering::Relaxed))
    }
}

impl Count {
    pub(super) fn set(&self, rows: usize) {
        self.rows.store(rows, Ordering::Relaxed);
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        let mut all = self.all.0.lock();
        // Somebody who used the id again has a count of their own there.
        if all.get(&self.key).is_some_and(|rows| Arc::ptr_eq(rows, &self.rows)) {
            all.remove(&self.key);
        }
    }
}

/// How far an export is.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExportProgress {
    /// Rows that were read.
    written: usize,
}

/// How many rows of an export have been read so far; not found before it begins and after it is made.
#[utoipa::path(
    get, path = "/api/v1/console/insight/exports/{id}", tag = "insight", operation_id = "insight_export_progress",
    params(("id" = String, Path, description = "What the client called it")),
    responses((status = 200, description = "How far it is", body = ExportProgress))
)]
pub(crate) async fn show(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<String>,
) -> Result<Answer<ExportProgress>, Problem> {
    let written = app.exports.rows(&(agent.caller.id, id)).ok_or(standfast_desk::Error::NotFound)?;
    Ok(Answer(ExportProgress { written }))
}
