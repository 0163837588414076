//! How soon the surge detector finds surges, and how often it cries wolf, on files of real arrivals.
//!
//! The arrivals are thinned to 25 an hour and spread over the minutes of their half hour. The first half of the days calibrates
//! the threshold to one alarm a week; into the second half a surge of an hour is put every third open day, at a minute
//! drawn at random. False alarms are counted in the second half without surges.
//!
//! `cargo run -p standfast-science --example surge_evaluation -- [--days] FILE…`; with `--days` also on which days of the second
//! half there were alarms without surges, and with how many of the seeds.

#![expect(clippy::print_stdout, reason = "the report of a command")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::ToSpan as _;
use jiff::civil::Date;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use rand_distr::{Binomial, Distribution as _, Poisson};
use standfast_science::quantile;
use standfast_science::surge::{Calibration, Detector, Minute, PRIOR, calibrate};

mod arrivals;

const AN_HOUR: f64 = 25.0;
const ALARMS_A_WEEK: f64 = 1.0;
const SURGE: usize = 60;
/// None of them was used for choosing anything.
const SEEDS: std::ops::Range<u64> = 200..220;

fn main() -> anyhow::Result<()> {
    println!(
        "{AN_HOUR} an hour, threshold for {ALARMS_A_WEEK} alarm a week on the first half, {} seeds, mean (least to most)",
        SEEDS.end - SEEDS.start
    );
    let heads = ["file", "prior", "surge", "false/week", "in 15 min", "in 60 min", "median min", "threshold"];
    println!(
        "{:22} {:>5} {:>5} {:>18} {:>18} {:>10} {:>10} {:>9}",
        heads[0], heads[1], heads[2], heads[3], heads[4], heads[5], heads[6], heads[7]
    );
    let (flags, paths): (Vec<_>, Vec<_>) = std::env::args_os().skip(1).partition(|word| word == "--days");
    for path in paths.into_iter().map(PathBuf::from) {
        let half_hours = arrivals::read(&path)?;
        for factor in [2.0, 3.0, 5.0] {
            let runs = SEEDS.map(|seed| run(&half_hours, PRIOR, factor, seed));
            let runs = runs.collect::<anyhow::Result<Vec<_>>>()?;
            report(&path, PRIOR, factor, &runs);
            if !flags.is_empty() && factor < 2.5 {
                report_days(&runs)?;
            }
        }
    }
    Ok(())
}

/// What one seed gave.
struct Run {
    calibration: Calibration,
    false_a_week: f64,
    /// Days with an alarm where there was no surge, and the minute of the first.
    alarmed: BTreeMap<i32, u16>,
    surges: usize,
    /// Minutes until each surge that was found within its hour.
    delays: Vec<u32>,
}

impl Run {
    fn found_within(&self, minutes: u32) -> f64 {
        let found = self.delays.iter().filter(|delay| **delay <= minutes).count();
        share(found, self.surges)
    }
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// The minutes of all days, and the rate of each, for surges to be drawn from.
struct Spread {
    minutes: Vec<Minute>,
    rates: Vec<f64>,
}

/// Every minute of every day of the calendar; half hours without a line are closed.
fn spread(half_hours: &[arrivals::HalfHour], rng: &mut ChaCha8Rng) -> anyhow::Result<Spread> {
    let first = arrivals::day_number(half_hours.first().context("no arrivals")?.start.date());
    let last = arrivals::day_number(half_hours.last().context("no arrivals")?.start.date());
    let total: u64 = half_hours.iter().map(|half_hour| half_hour.count).sum();
    #[expect(clippy::cast_precision_loss, reason = "counts below 2^53")]
    let kept = AN_HOUR / 2.0 * half_hours.len() as f64 / total as f64;
    let mut minutes = Vec::new();
    for day in first..=last {
        minutes.extend((0..1440).map(|minute| Minute { day, minute, open: false, like: None, count: 0 }));
    }
    let mut rates = vec![0.0; minutes.len()];
    for half_hour in half_hours {
        let day = usize::try_from(arrivals::day_number(half_hour.start.date()) - first)?;
        let start = day * 1440
            + usize::try_from(half_hour.start.hour())? * 60
            + usize::try_from(half_hour.start.minute())?;
        #[expect(clippy::cast_precision_loss, reason = "counts below 2^53")]
        let rate = half_hour.count as f64 * kept / 30.0;
        for (minute, slot) in minutes.iter_mut().zip(&mut rates).skip(start).take(30) {
            (minute.open, *slot) = (true, rate);
        }
        for _ in 0..Binomial::new(half_hour.count, kept)?.sample(rng) {
            if let Some(minute) = minutes.get_mut(start + rng.random_range(0..30)) {
                minute.count += 1;
            }
        }
    }
    Ok(Spread { minutes, rates })
}

fn run(half_hours: &[arrivals::HalfHour], prior: f64, factor: f64, seed: u64) -> anyhow::Result<Run> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let Spread { mut minutes, rates } = spread(half_hours, &mut rng)?;
    let half = minutes.len() / 2 / 1440 * 1440;
    let (detector, calibration) = calibrate(prior, ALARMS_A_WEEK, minutes.iter().take(half).copied());
    let weeks = share(minutes.len() - half, 7 * 1440);
    let quiet = alarms(detector.clone(), minutes.iter().skip(half));
    let starts = surges(&minutes, half, &mut rng);
    for start in &starts {
        for (minute, rate) in minutes.iter_mut().zip(&rates).skip(*start).take(SURGE) {
            let more = rate * (factor - 1.0);
            if more > 0.0 {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a small Poisson count"
                )]
                let more = Poisson::new(more)?.sample(&mut rng) as u32;
                minute.count += more;
            }
        }
    }
    let alarms = alarms(detector, minutes.iter().skip(half));
    let mut delays = Vec::new();
    for start in &starts {
        let alarm =
            alarms.iter().map(|alarm| alarm + half).find(|alarm| (*start..start + SURGE).contains(alarm));
        if let Some(alarm) = alarm {
            delays.push(u32::try_from(alarm - start + 1)?);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    let false_a_week = quiet.len() as f64 / weeks;
    let mut alarmed = BTreeMap::new();
    for minute in quiet.iter().filter_map(|index| minutes.get(half + index)) {
        alarmed.entry(minute.day).or_insert(minute.minute);
    }
    Ok(Run { calibration, false_a_week, alarmed, surges: starts.len(), delays })
}

/// The indices of the minutes with an alarm.
fn alarms<'a>(mut detector: Detector, minutes: impl Iterator<Item = &'a Minute>) -> Vec<usize> {
    let alarm = |minute: &Minute| detector.observe(*minute).is_some_and(|reading| reading.alarm);
    minutes.map(alarm).enumerate().filter(|(_, alarm)| *alarm).map(|(index, _)| index).collect()
}

/// Where surges begin: every third open day from `half` on, at any minute from which the desk is open for the hour.
fn surges(minutes: &[Minute], half: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    let days = (half..minutes.len()).step_by(1440);
    let starts = |day: usize| -> Vec<usize> {
        let open = |start: usize| minutes.iter().skip(start).take(SURGE).all(|minute| minute.open);
        (day..(day + 1440 - SURGE).min(minutes.len())).filter(|start| open(*start)).collect()
    };
    let open_days: Vec<Vec<usize>> = days.map(starts).filter(|starts| !starts.is_empty()).collect();
    let third = open_days.into_iter().skip(1).step_by(3);
    third.filter_map(|starts| starts.get(rng.random_range(0..starts.len())).copied()).collect()
}

/// On which days there were alarms without surges, and with how many seeds.
fn report_days(runs: &[Run]) -> anyhow::Result<()> {
    let mut days: BTreeMap<i32, Vec<u16>> = BTreeMap::new();
    for (day, minute) in runs.iter().flat_map(|run| &run.alarmed) {
        days.entry(*day).or_default().push(*minute);
    }
    for (day, mut minutes) in days {
        let date = Date::constant(1970, 1, 1).checked_add(i64::from(day).days())?;
        let seeds = minutes.len();
        let first = quantile::quantile(&mut minutes, 0.5).unwrap_or_default();
        println!(
            "  {date} {}: {seeds} of {}, the first at {:02}:{:02} by the median",
            date.strftime("%a"),
            runs.len(),
            first / 60,
            first % 60
        );
    }
    Ok(())
}

fn report(path: &Path, prior: f64, factor: f64, runs: &[Run]) {
    let spread = |of: &dyn Fn(&Run) -> f64| {
        let values: Vec<f64> = runs.iter().map(of).collect();
        let mean = values.iter().sum::<f64>() / share(values.len(), 1);
        let (least, most) = values.iter().fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(*v), b.max(*v)));
        (mean, format!("{mean:.2} ({least:.2} to {most:.2})"))
    };
    let mut delays: Vec<u32> = runs.iter().flat_map(|run| run.delays.iter().copied()).collect();
    let missed: usize = runs.iter().map(|run| run.surges - run.delays.len()).sum();
    delays.extend(std::iter::repeat_n(u32::MAX, missed));
    let median = quantile::quantile(&mut delays, 0.5).filter(|median| *median < u32::MAX);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    println!(
        "{name:22} {prior:>5} {:>5} {:>18} {:>18} {:>10.2} {:>10} {:>9.2}",
        format!("x{factor}"),
        spread(&|run| run.false_a_week).1,
        spread(&|run| run.found_within(15)).1,
        spread(&|run| run.found_within(60)).0,
        median.map_or_else(|| "-".to_owned(), |median| median.to_string()),
        spread(&|run| run.calibration.threshold).0,
    );
}
