//! How many will come, by slot of the week: what staffing is planned on.
//!
//! The forecast is the median of the last eight same slots of the week, which is hard to beat from the second day on, and
//! for the first day its mean with double seasonal exponential smoothing (Taylor 2003), which knows how busy it is just now. How
//! far off it is, is not taken from a formula but from forecasts of the past weeks with the same method ([`backtest`]): counts vary
//! far more than Poisson's, and whole days are busy or not.

mod backtest;
mod profile;
mod smoothing;
mod spread;

use serde::{Deserialize, Serialize};

use crate::real;
pub use backtest::{Score, backtest, naive_error};
use profile::profile;
use smoothing::Smoothing;
pub use spread::Spread;

/// Slots of a weekday; a day has as many as the caller likes, the same number every day.
const DAYS: usize = 7;
/// Weeks of the past that a forecast needs at least: less says nothing of a week's course.
pub const LEAST_WEEKS: usize = 4;

/// What came, slot by slot.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Series {
    /// Slots of a day.
    day: usize,
    /// Of every slot, from the first one of some day on; `None` where it was closed, is not known, or was so unusual that it
    /// says nothing about other days.
    counts: Vec<Option<f64>>,
}

/// What is expected, from the slot after the last one of the series on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Forecast {
    /// How many are expected in each slot; `None` where nobody ever came: closed.
    pub mean: Vec<Option<f64>>,
    /// How far off it can be.
    pub spread: Spread,
}

impl Series {
    /// `None` without slots, or with counts that are none (negative, infinite).
    #[must_use]
    pub fn new(day: usize, counts: Vec<Option<f64>>) -> Option<Self> {
        let is_count = |count: &f64| count.is_finite() && *count >= 0.0;
        (day > 0 && counts.iter().flatten().all(is_count)).then_some(Self { day, counts })
    }

    /// Slots of a week.
    #[must_use]
    pub fn week(&self) -> usize {
        self.day * DAYS
    }

    /// Slots of a day.
    #[must_use]
    pub fn day(&self) -> usize {
        self.day
    }

    /// All counts.
    #[must_use]
    pub fn counts(&self) -> &[Option<f64>] {
        &self.counts
    }

    /// What was known before a slot.
    fn until(&self, slot: usize) -> Self {
        Self { day: self.day, counts: self.counts.iter().take(slot).copied().collect() }
    }
}

/// Forecasts so many slots. `None` when there are less than [`LEAST_WEEKS`] weeks.
pub fn forecast(series: &Series, slots: usize) -> Option<Forecast> {
    let smoothing = Smoothing::fit(series);
    Some(Forecast { mean: expected(series, smoothing.as_ref(), slots)?, spread: Spread::of(series) })
}

/// The means alone. The first day is the mean of the two.
fn expected(series: &Series, smoothing: Option<&Smoothing>, slots: usize) -> Option<Vec<Option<f64>>> {
    if series.counts.len() < LEAST_WEEKS * series.week() {
        return None;
    }
    let mut mean = profile(series, slots);
    if let Some(smoothing) = smoothing {
        for (own, other) in mean.iter_mut().zip(smoothing.ahead(slots.min(series.day))) {
            if let (Some(own), Some(other)) = (own.as_mut(), other) {
                *own = f64::midpoint(*own, other.max(0.0));
            }
        }
    }
    Some(mean)
}

/// The rest of a day, when its first part has been busier or calmer than expected. `learned` are the days of which it is
/// known how they went on: expected and seen of the part until now, expected and seen of the rest. How much of a deviation
/// lasts is learned from them; that all of it does would often make it worse.
pub fn rest_of_day(learned: &[[f64; 4]], until_now: (f64, f64), rest: &[Option<f64>]) -> Vec<Option<f64>> {
    let ratio = |expected: f64, seen: f64| (expected > 0.0).then(|| seen / expected - 1.0);
    let pairs: Vec<(f64, f64)> = learned
        .iter()
        .filter_map(|[expected, seen, later, came]| Some((ratio(*expected, *seen)?, ratio(*later, *came)?)))
        .collect();
    let (xy, xx) = pairs.iter().fold((0.0, 0.0), |(xy, xx), (x, y)| (xy + x * y, xx + x * x));
    let lasts = if xx > 0.0 { (xy / xx).clamp(0.0, 1.0) } else { 0.0 };
    let factor = 1.0 + lasts * ratio(until_now.0, until_now.1).unwrap_or(0.0);
    rest.iter().map(|mean| mean.map(|mean| mean * factor)).collect()
}

/// The mean of the known ones.
fn mean_of(counts: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = counts.fold((0.0, 0), |(sum, n), count| (sum + count, n + 1));
    (n > 0).then(|| sum / real::len(n))
}

#[cfg(test)]
mod tests;
