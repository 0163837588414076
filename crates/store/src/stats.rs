//! What the store measures of itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use standfast_domain::Clock;
use tokio::sync::watch;

use crate::Error;

/// Commit latencies kept for the percentiles.
const KEPT: usize = 1_024;

/// Figures since the start, and the latency of the last commits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Commits that wrote something.
    pub commits: u64,
    /// Units that were answered after a commit.
    pub units: u64,
    /// Batches that were repeated.
    pub repeats: u64,
    /// Units that wait for a writer.
    pub waiting_units: usize,
    /// Reads that wait for a reader.
    pub waiting_reads: usize,
    /// Median duration of the last thousand commits (the COMMIT alone).
    pub commit_p50: Duration,
    /// 99th percentile of the same.
    pub commit_p99: Duration,
}

/// Shared by writers and store.
pub(crate) struct Meter {
    clock: Arc<dyn Clock>,
    commits: AtomicU64,
    units: AtomicU64,
    repeats: AtomicU64,
    latencies: Mutex<Vec<Duration>>,
    pub(crate) committed: watch::Sender<u64>,
    pub(crate) broken: watch::Sender<Option<Error>>,
}

impl Meter {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            commits: AtomicU64::new(0),
            units: AtomicU64::new(0),
            repeats: AtomicU64::new(0),
            latencies: Mutex::new(Vec::with_capacity(KEPT)),
            committed: watch::Sender::new(0),
            broken: watch::Sender::new(None),
        }
    }

    pub(crate) fn clock(&self) -> Duration {
        self.clock.monotonic()
    }

    pub(crate) fn latency(&self, duration: Duration) {
        let count = self.commits.fetch_add(1, Ordering::Relaxed);
        let mut latencies = self.latencies.lock();
        let place = usize::try_from(count).unwrap_or(0) % KEPT;
        match latencies.get_mut(place) {
            Some(slot) => *slot = duration,
            None => latencies.push(duration),
        }
    }

    pub(crate) fn committed(&self, units: usize) {
        self.units.fetch_add(units as u64, Ordering::Relaxed);
        self.committed.send_modify(|count| *count += 1);
    }

    pub(crate) fn repeated(&self) {
        self.repeats.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn break_down(&self, error: &Error) {
        tracing::error!(%error, "the store stops writing; the process must be restarted");
        self.broken.send_replace(Some(error.clone()));
    }

    pub(crate) fn broken(&self) -> Option<Error> {
        self.broken.borrow().clone()
    }

    pub(crate) fn stats(&self, waiting_units: usize, waiting_reads: usize) -> Stats {
        let mut sorted = self.latencies.lock().clone();
        sorted.sort_unstable();
        Stats {
            commits: self.commits.load(Ordering::Relaxed),
            units: self.units.load(Ordering::Relaxed),
            repeats: self.repeats.load(Ordering::Relaxed),
            waiting_units,
            waiting_reads,
            commit_p50: percentile(&sorted, 50),
            commit_p99: percentile(&sorted, 99),
        }
    }
}

/// The value below which `percent` of the sorted values lie; zero when there are none.
pub(crate) fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(place).copied().unwrap_or_default()
}
