//! Latencies, all of them: percentiles are exact, nothing is sorted into buckets.

use std::time::Duration;

use tokio::time::Instant;

/// What was measured, in microseconds.
#[derive(Debug, Default, Clone)]
pub(crate) struct Latencies(Vec<u32>);

impl Latencies {
    /// Notes the time since `due`.
    pub(crate) fn note(&mut self, due: Instant) {
        self.0.push(u32::try_from(due.elapsed().as_micros()).unwrap_or(u32::MAX));
    }

    /// Notes so many milliseconds.
    pub(crate) fn put(&mut self, ms: f64) {
        self.0.push((ms * 1e3) as u32);
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    pub(crate) const fn count(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn spread(&self) -> Spread {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        // The smallest value that at least this share of all values does not exceed.
        let at = |share: f64| {
            let rank = (sorted.len() as f64 * share).ceil() as usize;
            f64::from(sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()) / 1e3
        };
        Spread { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1.0) }
    }
}

/// Percentiles in milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Spread {
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "p50 {:.2}, p90 {:.2}, p99 {:.2}, max {:.1} ms", self.p50, self.p90, self.p99, self.max)
    }
}

/// So many a second.
pub(crate) fn rate(count: usize, during: Duration) -> f64 {
    count as f64 / during.as_secs_f64()
}
