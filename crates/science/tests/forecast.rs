//! How far forecasts are off on real arrivals, held to the bars that they were to keep: the next day from every midnight on, and two
//! weeks from every Monday on, with at least eight weeks known before, nothing told of holidays. `docs/dev/science.md` has the figures;
//! `examples/forecast_evaluation.rs` does the same at length.
//!
//! The files are those of the shared test data, `STANDFAST_TEST_DATA`.

use std::path::PathBuf;

use anyhow::Context as _;
use standfast_science::forecast::{backtest, naive_error};

#[path = "../examples/arrivals/mod.rs"]
mod arrivals;
#[path = "../examples/arrivals/series.rs"]
mod series;

use series::{DAY, WEEK, read};

/// A file, and the most that forecasts may be off on it: on the next day, and over two weeks.
const BARS: [(&str, [f64; 2]); 2] =
    [("bank2003_30min.csv", [0.058, 0.069]), ("nyctaxi2014_30min.csv", [0.092, 0.103])];
/// How many counts the interval of eight out of ten may hold.
const COVERED: std::ops::RangeInclusive<f64> = 0.75..=0.88;

/// The file, or nothing and a loud word about it.
#[expect(clippy::disallowed_methods, reason = "a test has no configuration")]
fn data(name: &str) -> Option<PathBuf> {
    let root = std::env::var("STANDFAST_TEST_DATA").map_or_else(
        |_| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let file = root.join("arrivals").join(name);
    if file.is_file() {
        return Some(file);
    }
    eprintln!("NOT TESTED: {} is absent; set STANDFAST_TEST_DATA", file.display());
    None
}

#[test]
fn forecasts_keep_their_bars_on_real_arrivals() -> anyhow::Result<()> {
    for (name, bars) in BARS {
        let Some(path) = data(name) else { continue };
        let (series, _) = read(&path)?;
        let naive = naive_error(&series).context("too short")?;
        let weeks = series.counts().len() / WEEK;
        for (ahead, until, step, bar) in
            [("next day", DAY, DAY, bars[0]), ("two weeks", 2 * WEEK, WEEK, bars[1])]
        {
            let origins: Vec<usize> = (8 * WEEK..(weeks - 1) * WEEK).step_by(step).collect();
            let score = backtest(&series, &origins, 0, until).context("nothing to score")?;
            println!(
                "{name} {ahead}: {} origins, {} half hours; WAPE {:.2} %, MASE {:.3}, pinball {:.2} %, Poisson floor {:.2} %, \
                 in the 80 % interval {:.3}",
                origins.len(),
                score.slots,
                score.wape * 100.0,
                score.error / naive,
                score.pinball * 100.0,
                score.floor * 100.0,
                score.covered
            );
            assert!(origins.len() >= 15 && score.slots > 3_000, "{name}: too little to tell");
            assert!(score.wape <= bar, "{name} {ahead}: {} is more than {bar}", score.wape);
            assert!(score.wape > score.floor, "{name} {ahead}: nobody is better than {}", score.floor);
            assert!(COVERED.contains(&score.covered), "{name} {ahead}: {} in the interval", score.covered);
        }
    }
    Ok(())
}
