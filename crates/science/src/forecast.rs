//! How many will come, by slot of the week: what staffing is planned on.
//!
//! The forecast is the median of the last eight same slots of the week, which is hard to beat from the second day on, and
//! for the first day its mean with double seasonal exponential smoothing (Taylor 2003), which knows how busy it is just now. How
//! far off it is, is not taken from a formula but from forecasts of the past weeks with the same method ([`backtest`]): counts vary
//! far more than Poisson's, and whole days are busy or not.
//!
//! Days that are known to be unlike others (holidays, events) are told with their kind ([`Series::knowing`]). What they had more or less
//! is no part of what is usual, and is what the next day of their kind is expected to have ([`Effect`]).

mod backtest;
mod profile;
mod smoothing;
mod special;
mod spread;

use serde::{Deserialize, Serialize};

use crate::real;
pub use backtest::{Score, backtest, backtest_days, naive_error, poisson_error};
use profile::profile;
use smoothing::Smoothing;
pub use special::{Effect, Special, effects};
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
    /// Days that are known to be unlike others, those to come among them.
    #[serde(default)]
    special: Vec<Special>,
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
        (day > 0 && counts.iter().flatten().all(is_count)).then_some(Self {
            day,
            counts,
            special: Vec::new(),
        })
    }

    /// The same with days that are known to be unlike others, of the past and to come.
    #[must_use]
    pub fn knowing(self, special: Vec<Special>) -> Self {
        Self { special, ..self }
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
        Self {
            day: self.day,
            counts: self.counts.iter().take(slot).copied().collect(),
            special: self.special.clone(),
        }
    }
}

/// Forecasts so many slots. `None` when there are less than [`LEAST_WEEKS`] weeks.
pub fn forecast(series: &Series, slots: usize) -> Option<Forecast> {
    let usual = special::usual(series);
    let smoothing = Smoothing::fit(&usual);
    let mut mean = expected(&usual, smoothing.as_ref(), slots)?;
    special::apply(&effects(series), series, &mut mean);
    Some(Forecast { mean, spread: Spread::of(series) })
}

/// What would have been expected of each of the last days, on the evening before, and what came: `None` where it is not known.
/// From the last whole day backwards.
pub fn days(series: &Series, days: usize) -> Vec<Vec<(Option<f64>, Option<f64>)>> {
    let usual = special::usual(series);
    let last = usual.counts.len() / usual.day;
    let first = last.saturating_sub(days);
    // The weights of then, and on from there: nothing that came later is used.
    let mut smoothing = Smoothing::fit(&usual.until(first * usual.day));
    let mut all = Vec::with_capacity(last - first);
    for day in first..last {
        let slots = day * usual.day..(day + 1) * usual.day;
        let means = expected(&usual.until(slots.start), smoothing.as_ref(), usual.day);
        if let Some(smoothing) = &mut smoothing {
            smoothing.run(usual.counts.get(slots.clone()).unwrap_or_default());
        }
        let Some(mut means) = means else { continue };
        if series.special.iter().any(|special| special.day == day) {
            let known = series.until(slots.start);
            special::apply(&effects(&known), &known, &mut means);
        }
        let seen = series.counts.get(slots).unwrap_or_default();
        all.push(means.into_iter().zip(seen.iter().copied()).collect());
    }
    all.reverse();
    all
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
