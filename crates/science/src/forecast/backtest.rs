//! What the forecast would have said in the past, against what came.

use serde::{Deserialize, Serialize};

use super::{Forecast, Series, forecast};
use crate::real;

/// Chances whose quantiles are scored: .05 to .95.
const CHANCES: [f64; 19] =
    [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];

/// How good forecasts were.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Score {
    /// Slots that were scored.
    pub slots: u64,
    /// Sum of absolute errors over the sum of counts.
    pub wape: f64,
    /// Mean absolute error.
    pub error: f64,
    /// The same as `wape` of somebody who knows the true mean of Poisson counts: no forecast can be better.
    pub floor: f64,
    /// The share of counts in the interval from the 10 % to the 90 % quantile.
    pub covered: f64,
    /// Pinball loss over quantiles from 5 to 95 %, twice its mean, over the mean count.
    pub pinball: f64,
}

/// Forecasts from each of these slots, and scores slots `from..until` ahead. `None` where nothing could be scored.
pub fn backtest(series: &Series, origins: &[usize], from: usize, until: usize) -> Option<Score> {
    backtest_days(series, origins, from, until, |_| true)
}

/// The same, of some days alone, counted from the first one of the series on.
pub fn backtest_days(
    series: &Series,
    origins: &[usize],
    from: usize,
    until: usize,
    scored: impl Fn(usize) -> bool,
) -> Option<Score> {
    let mut sums = Sums::default();
    for origin in origins {
        let Some(mut forecast) = forecast(&series.until(*origin), until) else { continue };
        for (slot, mean) in forecast.mean.iter_mut().enumerate() {
            *mean = mean.filter(|_| scored((origin + slot) / series.day));
        }
        sums.add(&forecast, series.counts.get(*origin..).unwrap_or_default(), from);
    }
    sums.score()
}

/// Mean absolute error of taking the same slot of the week before, over all of the series: what errors are divided by for
/// MASE (Hyndman & Koehler 2006).
pub fn naive_error(series: &Series) -> Option<f64> {
    let later = series.counts.iter().skip(series.week());
    super::mean_of(series.counts.iter().zip(later).filter_map(|(a, b)| Some(((*a)? - (*b)?).abs())))
}

/// By how much a Poisson count is off its mean on average, by the normal approximation where it is not small.
#[must_use]
pub fn poisson_error(count: f64) -> f64 {
    (2.0 * count.max(0.0) / std::f64::consts::PI).sqrt()
}

#[derive(Default)]
struct Sums {
    slots: usize,
    off: f64,
    counts: f64,
    chance: f64,
    covered: usize,
    pinball: f64,
}

impl Sums {
    fn add(&mut self, forecast: &Forecast, seen: &[Option<f64>], from: usize) {
        for (mean, count) in forecast.mean.iter().zip(seen).skip(from) {
            let (Some(mean), Some(count)) = (mean, count) else { continue };
            self.slots += 1;
            self.off += (count - mean).abs();
            self.counts += count;
            self.chance += poisson_error(*count);
            let quantile = |chance| forecast.spread.quantile(*mean, chance);
            self.covered += usize::from((quantile(0.1)..=quantile(0.9)).contains(count));
            for chance in CHANCES {
                let off = count - quantile(chance);
                self.pinball += 2.0 * if off >= 0.0 { chance * off } else { (chance - 1.0) * off };
            }
        }
    }

    fn score(self) -> Option<Score> {
        if self.slots == 0 || self.counts <= 0.0 {
            return None;
        }
        let slots = real::len(self.slots);
        Some(Score {
            slots: u64::try_from(self.slots).unwrap_or(u64::MAX),
            wape: self.off / self.counts,
            error: self.off / slots,
            floor: self.chance / self.counts,
            covered: real::len(self.covered) / slots,
            pinball: self.pinball / real::len(CHANCES.len()) / self.counts,
        })
    }
}
