//! How far exports are. A workbook is whole before the first of it is sent, so that whoever waits for one asks here; it is known to the
//! process that makes it alone, and for a while after it was made.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::Json as Answer;
use axum::extract::{Path, State};
use parking_lot::Mutex;
use serde::Serialize;
use standfast_domain::AgentId;
use utoipa::ToSchema;

use crate::app::App;
use crate::credential::SignedIn;
use crate::problem::Problem;

/// Exports that are over and still known; the oldest is forgotten first.
const KEPT: usize = 1_000;

type Key = (AgentId, String);

/// Exports that are being made, and those that were made last.
#[derive(Clone, Default)]
pub(crate) struct Exports(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    all: HashMap<Key, Arc<Course>>,
    /// Those that are over, in the order in which they were.
    over: VecDeque<(Key, Arc<Course>)>,
}

/// How far one export is.
#[derive(Default)]
struct Course {
    rows: AtomicUsize,
    is_whole: AtomicBool,
    is_over: AtomicBool,
}

/// Counts the rows of one export, for as long as it is made.
pub(super) struct Count {
    key: Key,
    course: Arc<Course>,
    all: Exports,
}

impl Exports {
    /// Counts from nothing.
    pub(super) fn begin(&self, agent: AgentId, id: &str) -> Count {
        let (key, course) = ((agent, id.to_owned()), Arc::<Course>::default());
        self.0.lock().all.insert(key.clone(), Arc::clone(&course));
        Count { key, course, all: self.clone() }
    }

    fn progress(&self, key: &Key) -> Option<ExportProgress> {
        let known = self.0.lock();
        let course = known.all.get(key)?;
        let is = |flag: &AtomicBool| flag.load(Ordering::Acquire);
        let state = match (is(&course.is_over), is(&course.is_whole)) {
            (false, _) => ExportState::Running,
            (true, true) => ExportState::Done,
            (true, false) => ExportState::Broken,
        };
        Some(ExportProgress { written: course.rows.load(Ordering::Relaxed), state })
    }
}

impl Count {
    pub(super) fn set(&self, rows: usize) {
        self.course.rows.store(rows, Ordering::Relaxed);
    }

    /// All rows are in it.
    pub(super) fn finish(&self) {
        self.course.is_whole.store(true, Ordering::Release);
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        self.course.is_over.store(true, Ordering::Release);
        let mut known = self.all.0.lock();
        known.over.push_back((self.key.clone(), Arc::clone(&self.course)));
        while known.over.len() > KEPT {
            let Some((key, course)) = known.over.pop_front() else { break };
            // Somebody who used the id again has a course of their own there.
            if known.all.get(&key).is_some_and(|other| Arc::ptr_eq(other, &course)) {
                known.all.remove(&key);
            }
        }
    }
}

/// What became of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ExportState {
    /// Rows are being read.
    Running,
    /// It was made whole; its file went to whoever asked for it.
    Done,
    /// It broke off: the caller went away, or the desk could not read on.
    Broken,
}

/// How far an export is.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ExportProgress {
    /// Rows that were read.
    written: usize,
    /// Whether it goes on.
    state: ExportState,
}

/// How many rows of an export have been read so far, and whether it is over. The last thousand that are over are known, to the process
/// that made them; what is not is not found.
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
    let found = app.exports.progress(&(agent.caller.id, id));
    Ok(Answer(found.ok_or(standfast_desk::Error::NotFound)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_is_known_for_a_while() {
        let exports = Exports::default();
        let state = |agent: i64, id: &str| {
            exports.progress(&(AgentId(agent), id.to_owned())).map(|one| (one.written, one.state))
        };
        let count = exports.begin(AgentId(1), "a");
        count.set(7);
        assert_eq!(state(1, "a"), Some((7, ExportState::Running)));
        assert_eq!((state(2, "a"), state(1, "b")), (None, None), "one's own alone");
        count.finish();
        drop(count);
        assert_eq!(state(1, "a"), Some((7, ExportState::Done)));
        drop(exports.begin(AgentId(1), "b"));
        assert_eq!(state(1, "b"), Some((0, ExportState::Broken)));
        // The same id again, and a thousand others.
        let again = exports.begin(AgentId(1), "a");
        for number in 0..KEPT {
            drop(exports.begin(AgentId(1), &number.to_string()));
        }
        assert_eq!(state(1, "a"), Some((0, ExportState::Running)));
        assert_eq!((state(1, "b"), state(1, "0").is_some()), (None, true));
        drop(again);
    }
}
