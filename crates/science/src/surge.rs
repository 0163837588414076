//! Surges: more requests within minutes than this hour of this weekday explains.
//!
//! One [`Detector`] for each key (a type, a language, an app version) is told the count of every minute. It compares the sums of
//! the last 5, 10, 15, 30 and 60 minutes with what the same slots of the last six such weekdays had ([`baseline`]), times a
//! factor for today: gamma distributed around 1 with a prior worth `prior` requests, and updated by the day so far but for the
//! last hour, which must not explain itself away. A count given such a factor is negative binomial; the score is `-log10` of
//! the probability of that many or more, the largest of the five windows. Rules of the kind "mean and three standard
//! deviations of the last day" fail on every daily cycle.
//!
//! The threshold is not a matter of taste: [`calibrate`] takes the lowest that would have kept to a stated number of alarms a
//! week over the past. A minute costs the same whatever came before it: one step for each window. A
//! detector takes about 17 kB.
//!
//! A [`Panel`] watches many keys under one such promise, and [`narrow`] says which requests it is that surge.

use serde::{Deserialize, Serialize};

mod baseline;
mod calibration;
mod cause;
mod panel;
mod recent;

pub use calibration::{Calibration, calibrate};
pub use cause::{Cause, Codes, DIMENSIONS, Segment, Usual, is_spread_as_usual, narrow, stands_out};
pub use panel::Panel;

use crate::distribution::negative_binomial_tail;
use baseline::{Baseline, SLOT_MINUTES};
use recent::Recent;

/// The windows, in minutes.
pub const WINDOWS: [u16; 5] = [5, 10, 15, 30, 60];
/// Fewer requests than this in a window are no surge, however unusual.
pub const LEAST_REQUESTS: u32 = 3;
/// Minutes after an alarm in which there is no other.
pub const REFRACTORY: u32 = 120;
/// What the prior of the day's factor is worth, in requests: little, so that an ordinary busy day is soon taken for one.
pub const PRIOR: f64 = 20.0;
/// The threshold before there is enough history to calibrate: one in a million.
pub const UNCALIBRATED: f64 = 6.0;
/// A score has this value at the most.
const LARGEST_SCORE: f64 = 300.0;
const MINUTES_A_DAY: i64 = 1440;

/// What came in a minute.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Minute {
    /// Local day, counted from any day on: days with the same remainder by 7 are the same weekday.
    pub day: i32,
    /// Local minute of the day, 0 to 1439.
    pub minute: u16,
    /// The desk was there. When it was not, counts are neither judged nor remembered.
    pub open: bool,
    /// Set when the day is not like others of its weekday, a holiday for example: how many days later the weekday is that it
    /// may be like instead, 0 when there is none. It is judged by whichever of the two weekdays expects more, as nobody knows
    /// which of them customers keep to, and not remembered.
    pub like: Option<u8>,
    /// How many came.
    pub count: u32,
}

/// How unusual the last minutes are.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Reading {
    /// `-log10` of the probability of so many requests, in the window in which it is largest; 0 when nothing is unusual.
    pub score: f64,
    /// That window, in minutes.
    pub window: u16,
    /// How many came within it.
    pub count: u32,
    /// How many were to be expected.
    pub expected: f64,
    /// How many were to be expected in this minute alone.
    pub minute: f64,
    /// Size of the negative binomial distribution that the score was taken from; see [`unusual`].
    pub size: f64,
    /// The score has reached the threshold, and the last alarm is over.
    pub alarm: bool,
}

/// The state for one key; serialise it to go on after a restart.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Detector {
    prior: f64,
    threshold: f64,
    baseline: Baseline,
    recent: Recent,
    today: Today,
    /// Minutes until another alarm may be given.
    quiet: u32,
}

/// The day so far, without the last hour.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
struct Today {
    /// The last minute seen, counted from minute 0 of day 0.
    last: Option<i64>,
    /// Minutes of today that have been seen.
    minutes: u32,
    count: f64,
    expected: f64,
}

impl Detector {
    /// A detector without history. It learns three weeks before it says anything; see [`calibrate`]. A prior or a threshold
    /// that is not above zero is replaced by [`PRIOR`] and [`UNCALIBRATED`].
    pub fn new(prior: f64, threshold: f64) -> Self {
        let positive = |x: f64, otherwise: f64| if x.is_finite() && x > 0.0 { x } else { otherwise };
        Self {
            prior: positive(prior, PRIOR),
            threshold: positive(threshold, UNCALIBRATED),
            baseline: Baseline::default(),
            recent: Recent::default(),
            today: Today::default(),
            quiet: 0,
        }
    }

    /// The score from which on there is an alarm.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// Takes the count of a minute; to be called for every minute in order, also with a count of zero. Minutes left out count
    /// as closed. `None` when closed, or while the baseline is not known yet.
    pub fn observe(&mut self, minute: Minute) -> Option<Reading> {
        self.pass_to(minute);
        let slot = usize::from(minute.minute / SLOT_MINUTES);
        let expected = self.baseline.expected(slot, minute.like.unwrap_or(0)).filter(|_| minute.open);
        if minute.open && minute.like.is_none() {
            self.baseline.remember(slot, minute.count);
        }
        self.push(if expected.is_some() { minute.count } else { 0 }, expected.unwrap_or(0.0));
        let mut reading = self.read(expected?);
        if reading.score >= self.threshold && self.quiet == 0 {
            reading.alarm = true;
            self.quiet = REFRACTORY;
        }
        Some(reading)
    }

    /// Lets the time since the last minute pass.
    fn pass_to(&mut self, minute: Minute) {
        let now = i64::from(minute.day) * MINUTES_A_DAY + i64::from(minute.minute.min(1439));
        // An hour that comes twice, at the end of summer time, is two hours.
        let passed = self.today.last.map_or(1, |last| (now - last).max(1));
        let skipped = usize::try_from(passed - 1).unwrap_or(usize::MAX);
        for _ in 0..skipped.min(recent::MINUTES) {
            self.push(0, 0.0);
        }
        self.quiet = self.quiet.saturating_sub(u32::try_from(passed).unwrap_or(u32::MAX));
        let new_day =
            self.today.last.is_none_or(|last| last.div_euclid(MINUTES_A_DAY) != i64::from(minute.day));
        if new_day {
            self.baseline.begin_day(minute.day);
            self.today = Today::default();
        }
        self.today.last = Some(now);
    }

    fn push(&mut self, count: u32, expected: f64) {
        let (left_count, left_expected) = self.recent.push(count, expected);
        self.today.minutes = self.today.minutes.saturating_add(1);
        if usize::try_from(self.today.minutes).is_ok_and(|minutes| minutes > recent::MINUTES) {
            self.today.count += f64::from(left_count);
            self.today.expected += left_expected;
        }
    }

    fn read(&self, minute: f64) -> Reading {
        let size = self.prior + self.today.count;
        let factor = size / (self.prior + self.today.expected);
        let minute = minute * factor;
        let mut most =
            Reading { score: 0.0, window: WINDOWS[0], count: 0, expected: 0.0, minute, size, alarm: false };
        for (window, (count, expected)) in WINDOWS.into_iter().zip(self.recent.sums()) {
            let mean = expected.max(0.0) * factor;
            let score = unusual(count, mean, size);
            if score > most.score {
                most = Reading { score, window, count, expected: mean, ..most };
            }
        }
        most
    }
}

/// How unusual a count is: `-log10` of the probability of so many or more, of a negative binomial distribution with this
/// mean and size; 0 for what is no surge.
pub fn unusual(count: u32, expected: f64, size: f64) -> f64 {
    if count < LEAST_REQUESTS || f64::from(count) <= expected {
        return 0.0;
    }
    let tail = negative_binomial_tail(count, expected, size);
    if tail > 0.0 { (-tail.log10()).min(LARGEST_SCORE) } else { LARGEST_SCORE }
}

#[cfg(test)]
mod tests;
