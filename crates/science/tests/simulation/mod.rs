//! Daily counts whose truth is known, from a seed, and series of real arrivals; for the tests and for the examples.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Distribution, Gamma, Normal, Poisson};
use standfast_science::effect::Day;

/// How a series of daily counts comes about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process {
    /// Requests on an average day.
    pub(crate) level: f64,
    /// Autocorrelation of the logarithm of the level, from day to day.
    pub(crate) autocorrelation: f64,
    /// Standard deviation of the logarithm of the level.
    pub(crate) deviation: f64,
    /// Size of a negative binomial count; infinite for Poisson.
    pub(crate) size: f64,
}

/// Monday to Sunday, mean 1.
const WEEK: [f64; 7] = [1.2, 1.1, 1.1, 1.1, 1.05, 0.75, 0.7];

/// `days` days, of which those from `change` on have their mean multiplied by `factor`.
pub(crate) fn series(
    process: Process,
    days: usize,
    change: usize,
    factor: f64,
    seed: u64,
) -> anyhow::Result<Vec<Day>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let noise = Normal::new(0.0, 1.0)?;
    let mut level = noise.sample(&mut rng) * process.deviation;
    let innovation = process.deviation * (1.0 - process.autocorrelation.powi(2)).sqrt();
    let mut series = Vec::with_capacity(days);
    for (index, (weekday, week)) in (0_u8..7).zip(WEEK).cycle().take(days).enumerate() {
        let mut mean = process.level * week * level.exp() * if index < change { 1.0 } else { factor };
        if process.size.is_finite() {
            mean *= Gamma::new(process.size, 1.0 / process.size)?.sample(&mut rng);
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a Poisson count")]
        let count = Poisson::new(mean)?.sample(&mut rng) as u64;
        series.push(Day { weekday, count: Some(count), exposure: 1.0 });
        level = process.autocorrelation * level + innovation * noise.sample(&mut rng);
    }
    Ok(series)
}
