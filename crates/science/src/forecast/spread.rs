//! How far off a forecast can be. Counts of a slot are taken as negative binomial around it, with the dispersion that the
//! forecasts of the last weeks showed; and whole days are busier or calmer than expected by a factor of their own.

use serde::{Deserialize, Serialize};
use statrs::distribution::{DiscreteCDF, NegativeBinomial, Poisson};

use super::{Series, days, mean_of};
use crate::real;

/// Days of the past that are forecast to learn it.
const DAYS: usize = 28;

/// Variance of a slot: `mean + slot * mean²`; and, of that, what days have as a whole.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Spread {
    /// Squared variation of a slot beyond chance, the days' own included.
    pub slot: f64,
    /// Squared variation of whole days beyond chance.
    pub day: f64,
}

impl Spread {
    /// From the forecasts of each of the last days by what was known before it.
    pub(super) fn of(series: &Series) -> Self {
        let mut slots = Vec::new();
        let mut totals = Vec::new();
        for day in days(series, DAYS) {
            let pairs: Vec<(f64, f64)> =
                day.into_iter().filter_map(|(mean, count)| Some((mean?, count?))).collect();
            totals.push(pairs.iter().fold((0.0, 0.0), |(mean, count), pair| (mean + pair.0, count + pair.1)));
            slots.extend(pairs);
        }
        let slot = beyond_chance(&slots);
        Self { slot, day: beyond_chance(&totals).min(slot) }
    }

    /// The count that a slot with this mean stays below with this chance.
    #[must_use]
    pub fn quantile(&self, mean: f64, chance: f64) -> f64 {
        if mean <= 0.0 || !mean.is_finite() || !(0.0..1.0).contains(&chance) {
            return 0.0;
        }
        // Where counts hardly vary beyond chance, the size is too large to compute with: Poisson's.
        let size = 1.0 / self.slot;
        let quantile = if self.slot > 1e-6 {
            NegativeBinomial::new(size, size / (size + mean)).map(|counts| counts.inverse_cdf(chance)).ok()
        } else {
            Poisson::new(mean).map(|counts| counts.inverse_cdf(chance)).ok()
        };
        quantile.map_or(mean, real::count)
    }

    /// How busy days can be, as factors of the forecast with equal chance each: what staffing is worked out for.
    #[must_use]
    pub fn days(&self) -> [f64; 9] {
        // Gamma with mean 1, by its quantiles; the normal approximation of Wilson & Hilferty (1931) suffices for its shape.
        let ninth = self.day / 9.0;
        let factor = |z: f64| (1.0 - ninth + z * ninth.sqrt()).powi(3).max(0.0);
        let factors = [-1.593, -0.967, -0.589, -0.282, 0.0, 0.282, 0.589, 0.967, 1.593].map(factor);
        let mean = mean_of(factors.into_iter()).unwrap_or(1.0);
        factors.map(|factor| factor / mean)
    }
}

/// By the method of moments, of forecasts and counts: the excess of squared errors over Poisson's.
fn beyond_chance(pairs: &[(f64, f64)]) -> f64 {
    let (excess, squares) = pairs.iter().fold((0.0, 0.0), |(excess, squares), (mean, count)| {
        let off = count - mean;
        (excess + off * off - mean, squares + mean * mean)
    });
    if squares > 0.0 { (excess / squares).max(0.0) } else { 0.0 }
}
