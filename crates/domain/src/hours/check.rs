//! Whether what is written down makes sense.

use std::collections::BTreeSet;

use super::schedule::of_year;
use super::{DAY, Interval, Schedule, Season};
use crate::Day;

const MOST_INTERVALS: usize = 100;
const MOST_SEASONS: usize = 20;
const MOST_DAYS: usize = 1_000;
/// Longest name and longest reason, in characters.
const LONGEST: usize = 100;
/// The earliest and the latest day of anything: 2009-01-01, before which there was no wallet, and the end of 2099.
const DAYS: std::ops::RangeInclusive<i64> = 14_245..=47_481;

/// Why a schedule cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{part} {place}: {reason}")]
pub struct ScheduleError {
    /// Which part: `zone`, `week`, `seasons`, `days`, `exceptions`.
    pub part: &'static str,
    /// Which of the part's items, from 0.
    pub place: usize,
    /// A stable word: `unknown`, `too_many`, `too_long`, `out_of_range`, `before_start`; `empty` for what ends when it
    /// begins; `overlap` for what meets another; `twice` for a date that is there already.
    pub reason: &'static str,
}

impl Schedule {
    /// Refuses what makes no sense, naming the first thing that does not.
    pub fn check(&self) -> Result<(), ScheduleError> {
        let error = |part, place, reason| Err(ScheduleError { part, place, reason });
        if jiff::tz::TimeZone::get(&self.zone).is_err() || self.zone.len() > 64 {
            return error("zone", 0, "unknown");
        }
        check_week("week", &self.week)?;
        self.check_seasons()?;
        if self.days.len() > MOST_DAYS {
            return error("days", MOST_DAYS, "too_many");
        }
        let mut dates = BTreeSet::new();
        for (place, day) in self.days.iter().enumerate() {
            check_name("days", place, &day.name)?;
            check_range("days", place, day.date)?;
            if !dates.insert(day.date) {
                return error("days", place, "twice");
            }
        }
        self.check_exceptions()
    }

    fn check_seasons(&self) -> Result<(), ScheduleError> {
        let error = |place, reason| Err(ScheduleError { part: "seasons", place, reason });
        if self.seasons.len() > MOST_SEASONS {
            return error(MOST_SEASONS, "too_many");
        }
        for (place, season) in self.seasons.iter().enumerate() {
            check_name("seasons", place, &season.name)?;
            check_range("seasons", place, season.from)?;
            check_range("seasons", place, season.until)?;
            if !season.yearly && season.until < season.from {
                return error(place, "before_start");
            }
            check_week("seasons", &season.week).map_err(|wrong| ScheduleError { place, ..wrong })?;
            if self.seasons.iter().take(place).any(|other| meet(other, season)) {
                return error(place, "overlap");
            }
        }
        Ok(())
    }

    fn check_exceptions(&self) -> Result<(), ScheduleError> {
        let error = |place, reason| Err(ScheduleError { part: "exceptions", place, reason });
        if self.exceptions.len() > MOST_DAYS {
            return error(MOST_DAYS, "too_many");
        }
        let mut order = Vec::with_capacity(self.exceptions.len());
        for (place, exception) in self.exceptions.iter().enumerate() {
            check_name("exceptions", place, &exception.reason)?;
            check_range("exceptions", place, exception.from.day())?;
            check_range("exceptions", place, exception.until.day())?;
            if exception.until == exception.from {
                return error(place, "empty");
            }
            if exception.until < exception.from {
                return error(place, "before_start");
            }
            order.push((exception.from, exception.until, place));
        }
        order.sort_unstable();
        for (one, next) in order.iter().zip(order.iter().skip(1)) {
            if next.0 < one.1 {
                return error(next.2, "overlap");
            }
        }
        Ok(())
    }
}

fn check_name(part: &'static str, place: usize, name: &str) -> Result<(), ScheduleError> {
    let is_long = name.chars().count() > LONGEST;
    if is_long { Err(ScheduleError { part, place, reason: "too_long" }) } else { Ok(()) }
}

fn check_range(part: &'static str, place: usize, day: Day) -> Result<(), ScheduleError> {
    if DAYS.contains(&day.0) { Ok(()) } else { Err(ScheduleError { part, place, reason: "out_of_range" }) }
}

/// Intervals may touch, and go round the end of the week, but not overlap.
fn check_week(part: &'static str, week: &[Interval]) -> Result<(), ScheduleError> {
    let error = |place, reason| Err(ScheduleError { part, place, reason });
    if week.len() > MOST_INTERVALS {
        return error(MOST_INTERVALS, "too_many");
    }
    let mut order = Vec::with_capacity(week.len());
    for (place, interval) in week.iter().enumerate() {
        if interval.opens == interval.closes {
            return error(place, "empty");
        }
        if interval.opens.minutes() == DAY {
            return error(place, "out_of_range");
        }
        let (opens, closes) = interval.minutes();
        let midnight = i64::from(interval.weekday.number() - 1) * DAY;
        order.push((midnight + opens, midnight + closes, place));
    }
    order.sort_unstable();
    for (one, next) in order.iter().zip(order.iter().skip(1)) {
        if next.0 < one.1 {
            return error(next.2, "overlap");
        }
    }
    // The last one of the week may go on into the first.
    match (order.first(), order.last()) {
        (Some(first), Some(last)) if last.1 > first.0 + 7 * DAY => error(last.2, "overlap"),
        _ => Ok(()),
    }
}

/// Whether there is a day on which both would be used: one that comes every year gives way to one that does not.
fn meet(one: &Season, other: &Season) -> bool {
    match (one.yearly, other.yearly) {
        (false, false) => one.from <= other.until && other.from <= one.until,
        // The edges of either: two ranges on a circle meet only if an edge of one lies in the other.
        (true, true) => {
            one.has(other.from) || other.has(one.from) || of_year(one.from) == of_year(other.from)
        }
        _ => false,
    }
}
