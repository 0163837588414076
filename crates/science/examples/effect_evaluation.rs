//! How often the before-and-after estimate finds what is not there, and what is: on series whose truth is known, and on the
//! files of real arrivals that are named, in which nothing was changed at any date.
//!
//! `cargo run -p standfast-science --example effect_evaluation -- FILE…`

#![expect(clippy::print_stdout, reason = "the report of a command")]

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use standfast_science::effect::{Day, Effect, Study, before_and_after};
use standfast_science::interval::{Rate, rate_ratio};
use standfast_science::quantile;

mod arrivals;
#[path = "../tests/simulation/mod.rs"]
mod simulation;

use simulation::{Process, series};

const BEFORE: usize = 56;
const AFTER: usize = 28;
const SERIES: u64 = 2000;

fn main() -> anyhow::Result<()> {
    simulated()?;
    println!("\nreal arrivals, every date with 8 weeks before and 4 after: share called significant at 5 %");
    println!(
        "{:28} {:>5}  {:>7} {:>7} {:>9}  95 % of the ratios",
        "file", "dates", "Poisson", "quasi", "estimate"
    );
    for path in std::env::args_os().skip(1).map(PathBuf::from) {
        real(&path)?;
    }
    Ok(())
}

/// What three methods call significant.
#[derive(Clone, Copy, Default)]
struct Found {
    studies: u32,
    poisson: u32,
    quasi: u32,
    estimate: u32,
}

impl Found {
    fn add(&mut self, effect: &Effect) {
        let Some(estimate) = effect.estimate else { return };
        let rate =
            |side: standfast_science::effect::Side| Rate { count: side.count, exposure: side.exposure };
        let plain = |dispersion| {
            rate_ratio(rate(effect.before), rate(effect.after), dispersion).is_some_and(|r| r.p < 0.05)
        };
        self.studies += 1;
        self.poisson += u32::from(plain(1.0));
        self.quasi += u32::from(plain(estimate.dispersion));
        self.estimate += u32::from(estimate.p < 0.05);
    }

    fn share(self, count: u32) -> f64 {
        f64::from(count) / f64::from(self.studies.max(1))
    }
}

fn study(days: &[Day]) -> Study<'_> {
    Study {
        days,
        events: &[],
        disturbed: &[],
        first_after: BEFORE,
        before: BEFORE,
        after: AFTER,
        ramp: 0,
        worthwhile: 0.15,
    }
}

fn simulated() -> anyhow::Result<()> {
    let infinite = f64::INFINITY;
    let process =
        |level, autocorrelation, deviation, size| Process { level, autocorrelation, deviation, size };
    let table = [
        ("negative binomial, size 20, 60 a day", process(60.0, 0.0, 0.0, 20.0)),
        ("autocorrelation .5, 60 a day", process(60.0, 0.5, 0.15, infinite)),
        ("the same, deviation .22", process(60.0, 0.5, 0.22, infinite)),
        ("autocorrelation .8, 60 a day", process(60.0, 0.8, 0.15, infinite)),
        ("autocorrelation .5, 8 a day", process(8.0, 0.5, 0.15, infinite)),
        ("autocorrelation .5, 800 a day", process(800.0, 0.5, 0.15, infinite)),
    ];
    println!("{SERIES} simulated series each, 8 weeks before and 4 after: share called significant at 5 %");
    println!("{:38} {:^25} {:^25}", "", "nothing changed", "15 % fewer");
    println!(
        "{:38} {:>7} {:>7} {:>9} {:>7} {:>7} {:>9}",
        "", "Poisson", "quasi", "estimate", "Poisson", "quasi", "estimate"
    );
    for (name, process) in table {
        print!("{name:38}");
        for factor in [1.0, 0.85] {
            let mut found = Found::default();
            for seed in 0..SERIES {
                let days = series(process, BEFORE + AFTER, BEFORE, factor, 1_000_000 + seed)?;
                found.add(&before_and_after(&study(&days))?);
            }
            let shares = [found.poisson, found.quasi, found.estimate].map(|count| found.share(count));
            print!(" {:>7.3} {:>7.3} {:>9.3}", shares[0], shares[1], shares[2]);
        }
        println!();
    }
    Ok(())
}

/// Sums of days, every day of the calendar from the first to the last; a day without a line was closed.
fn daily(path: &Path) -> anyhow::Result<Vec<Day>> {
    let half_hours = arrivals::read(path)?;
    let first = half_hours.first().context("no arrivals")?.start.date();
    let mut days: Vec<Day> = Vec::new();
    for half_hour in &half_hours {
        let index =
            usize::try_from(arrivals::day_number(half_hour.start.date()) - arrivals::day_number(first))?;
        while days.len() <= index {
            let weekday = u8::try_from(days.len() % 7)?;
            days.push(Day { weekday, count: None, exposure: 1.0 });
        }
        if let Some(day) = days.get_mut(index) {
            day.count = Some(day.count.unwrap_or(0) + half_hour.count);
        }
    }
    Ok(days)
}

fn real(path: &Path) -> anyhow::Result<()> {
    let days = daily(path)?;
    let (mut found, mut ratios) = (Found::default(), Vec::new());
    for window in days.windows(BEFORE + AFTER) {
        let effect = before_and_after(&study(window))?;
        found.add(&effect);
        ratios.extend(effect.estimate.and_then(|estimate| estimate.ratio.value));
    }
    let low = quantile::quantile_f64(&mut ratios, 0.025).unwrap_or(f64::NAN);
    let high = quantile::quantile_f64(&mut ratios, 0.975).unwrap_or(f64::NAN);
    let shares = [found.poisson, found.quasi, found.estimate].map(|count| found.share(count));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    println!(
        "{name:28} {:>5}  {:>7.3} {:>7.3} {:>9.3}  {low:.2} to {high:.2}",
        found.studies, shares[0], shares[1], shares[2]
    );
    Ok(())
}
