//! How good the forecast is on the files of real arrivals that are named: the next day from every midnight on, and two weeks from
//! every Monday on, with at least eight weeks known before.
//!
//! `cargo run --release -p standfast-science --example forecast_evaluation -- FILE…`

#![expect(clippy::print_stdout, reason = "the report of a command")]

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use standfast_science::forecast::{Score, Series, backtest, naive_error};

mod arrivals;

const DAY: usize = 48;
const WEEK: usize = 7 * DAY;

fn main() -> anyhow::Result<()> {
    println!("{:28} {:>12} {:>7}  WAPE    MASE   floor  covered  pinball", "file", "ahead", "origins");
    for path in std::env::args_os().skip(1).map(PathBuf::from) {
        evaluate(&path)?;
    }
    Ok(())
}

fn evaluate(path: &Path) -> anyhow::Result<()> {
    let series = read(path)?;
    let naive = naive_error(&series).context("too short")?;
    let weeks = series.counts().len() / WEEK;
    let origins =
        |step: usize| -> Vec<usize> { (8 * WEEK..weeks.saturating_sub(1) * WEEK).step_by(step).collect() };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    for (ahead, from, until, step) in
        [("day 1", 0, DAY, DAY), ("week 2", WEEK, 2 * WEEK, WEEK), ("both weeks", 0, 2 * WEEK, WEEK)]
    {
        let origins = origins(step);
        let Some(score) = backtest(&series, &origins, from, until) else { continue };
        let Score { wape, error, floor, covered, pinball, .. } = score;
        println!(
            "{name:28} {ahead:>12} {:>7}  {:>5.2} % {:.3} {:>6.2} % {covered:>7.2} {:>6.2} %",
            origins.len(),
            wape * 100.0,
            error / naive,
            floor * 100.0,
            pinball * 100.0
        );
    }
    Ok(())
}

/// From the first Monday on; what is not in the file was closed.
fn read(path: &Path) -> anyhow::Result<Series> {
    let halves = arrivals::read(path)?;
    let number = |half: &arrivals::HalfHour| arrivals::day_number(half.start.date());
    let first = halves.first().map(number).context("empty")?;
    // 1970-01-01 was a Thursday.
    let monday = first + (4 - first).rem_euclid(7);
    let slot = |half: &arrivals::HalfHour| {
        let day = usize::try_from(number(half) - monday).ok()?;
        Some(
            day * DAY + usize::try_from(half.start.hour()).ok()? * 2 + usize::from(half.start.minute() >= 30),
        )
    };
    let last = halves.last().and_then(slot).context("shorter than a week")?;
    let mut counts = vec![None; last / DAY * DAY + DAY];
    for half in &halves {
        #[expect(clippy::cast_precision_loss, reason = "counts of half hours")]
        let count = half.count as f64;
        if let Some(place) = slot(half).and_then(|slot| counts.get_mut(slot)) {
            *place = Some(count);
        }
    }
    Series::new(DAY, counts).context("no counts")
}
