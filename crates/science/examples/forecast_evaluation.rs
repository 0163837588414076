//! How good the forecast is on the files of real arrivals that are named: the next day from every midnight on, and two weeks from
//! every Monday on, with at least eight weeks known before. Once as they are, and once told of the public holidays of the United
//! States and of the days after them; these days alone as well.
//!
//! `cargo run --release -p standfast-science --example forecast_evaluation -- FILE…`

#![expect(clippy::print_stdout, reason = "the report of a command")]

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use standfast_science::forecast::{Score, Special, backtest, backtest_days, naive_error};

mod arrivals;
#[path = "arrivals/series.rs"]
mod series;

use series::{DAY, WEEK, read};

fn main() -> anyhow::Result<()> {
    println!(
        "{:24} {:>10} {:>20} {:>7} {:>7}  WAPE    MASE   floor  covered  pinball",
        "file", "ahead", "", "origins", "slots"
    );
    for path in std::env::args_os().skip(1).map(PathBuf::from) {
        evaluate(&path)?;
    }
    Ok(())
}

fn evaluate(path: &Path) -> anyhow::Result<()> {
    let (plain, monday) = read(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let naive = naive_error(&plain).context("too short")?;
    let special = holidays(monday, plain.counts().len() / DAY + 14);
    let weeks = plain.counts().len() / WEEK;
    let origins =
        |step: usize| -> Vec<usize> { (8 * WEEK..weeks.saturating_sub(1) * WEEK).step_by(step).collect() };
    let told = plain.clone().knowing(special.clone());
    for (ahead, from, until, step) in
        [("day 1", 0, DAY, DAY), ("week 2", WEEK, 2 * WEEK, WEEK), ("both weeks", 0, 2 * WEEK, WEEK)]
    {
        let origins = origins(step);
        let print = |what: &str, score: Option<Score>| {
            let Some(Score { slots, wape, error, floor, covered, pinball, .. }) = score else { return };
            println!(
                "{name:24} {ahead:>10} {what:>20} {:>7} {slots:>7}  {:>5.2} % {:.3} {:>6.2} % {covered:>7.2} {:>6.2} %",
                origins.len(),
                wape * 100.0,
                error / naive,
                floor * 100.0,
                pinball * 100.0
            );
        };
        print("", backtest(&plain, &origins, from, until));
        print("told of holidays", backtest(&told, &origins, from, until));
        let is_special = |day: usize| special.iter().any(|special| special.day == day);
        print("holidays alone", backtest_days(&plain, &origins, from, until, is_special));
        print("the same, told", backtest_days(&told, &origins, from, until, is_special));
    }
    Ok(())
}

/// Kinds of special days.
const HOLIDAY: u16 = 0;
const DAY_AFTER: u16 = 1;

/// The public holidays of the United States (5 U.S.C. 6103, those of the years of the files), and the days after them.
fn holidays(monday: i32, days: usize) -> Vec<Special> {
    let mut all = Vec::new();
    for day in 0..days {
        let number = i64::from(monday) + i64::try_from(day).unwrap_or(0);
        let date = jiff::civil::date(1970, 1, 1) + jiff::ToSpan::days(number);
        if is_holiday(date) {
            all.push(Special { day, kind: HOLIDAY });
        } else if date.yesterday().is_ok_and(is_holiday) {
            all.push(Special { day, kind: DAY_AFTER });
        }
    }
    all
}

fn is_holiday(date: jiff::civil::Date) -> bool {
    use jiff::civil::Weekday;
    let nth = |weekday: Weekday, nth: i8| date.weekday() == weekday && (date.day() - 1) / 7 + 1 == nth;
    match date.month() {
        1 => date.day() == 1 || nth(Weekday::Monday, 3),
        2 => nth(Weekday::Monday, 3),
        5 => date.weekday() == Weekday::Monday && date.day() > 24,
        7 => date.day() == 4,
        9 => nth(Weekday::Monday, 1),
        10 => nth(Weekday::Monday, 2),
        11 => date.day() == 11 || nth(Weekday::Thursday, 4),
        12 => date.day() == 25,
        _ => false,
    }
}
