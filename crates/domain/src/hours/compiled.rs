//! Opening hours worked out: instants at which the desk opens and closes, one after the other.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use serde::Serialize;
use utoipa::ToSchema;

use super::{DAY, DayKind, Interval, Schedule, ScheduleError, SpecialDay, TimeOfDay, Weekday};
use crate::{Day, Time};

const SECOND: i64 = 1_000_000;

/// When a desk is open within a stretch of years, as instants. Outside of the stretch it is closed.
///
/// Twelve bytes for each time that the desk opens; every question is one binary search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours {
    /// Seconds since 1970 at which it opens, and at which it closes.
    opens: Vec<u32>,
    closes: Vec<u32>,
    /// Seconds that it was open before each opening.
    before: Vec<u32>,
}

/// A second since 1970 as it is kept here: until 2106.
fn second(second: i64) -> u32 {
    u32::try_from(second.max(0)).unwrap_or(u32::MAX)
}

fn time(second: u32) -> Time {
    Time(i64::from(second) * SECOND)
}

impl Hours {
    /// Works out a schedule for the civil days from `from` up to, but without, `until`.
    pub fn new(schedule: &Schedule, from: Day, until: Day) -> Result<Self, ScheduleError> {
        let unknown = ScheduleError { part: "zone", place: 0, reason: "unknown" };
        let zone = TimeZone::get(&schedule.zone).map_err(|_| unknown)?;
        let civil = civil_spans(schedule, from, until);
        let mut hours = Self::default();
        // Stretches of one offset: within each, civil time is the instant and a constant.
        let first = Timestamp::from_second((from.0 - 1) * DAY * 60).map_err(|_| unknown)?;
        let end = (until.0 + 1) * DAY * 60;
        let mut stretch = (first.as_second(), i64::from(zone.to_offset(first).seconds()));
        let changes = zone.following(first).take_while(|change| change.timestamp().as_second() < end);
        let changes =
            changes.map(|change| (change.timestamp().as_second(), i64::from(change.offset().seconds())));
        for next in changes.chain(std::iter::once((end, 0))) {
            let (begin, offset) = stretch;
            let shown = (begin + offset, next.0 + offset);
            let skip = civil.partition_point(|(_, closes)| closes * 60 <= shown.0);
            for (opens, closes) in civil.iter().skip(skip).take_while(|(opens, _)| opens * 60 < shown.1) {
                let (opens, closes) = ((opens * 60).max(shown.0), (closes * 60).min(shown.1));
                hours.push(second(opens - offset), second(closes - offset));
            }
            stretch = next;
        }
        Ok(hours)
    }

    /// Adds a span that begins when the last one is over, or later.
    fn push(&mut self, opens: u32, closes: u32) {
        if opens >= closes {
            return;
        }
        match self.closes.last_mut() {
            Some(last) if *last >= opens => *last = closes.max(*last),
            _ => {
                self.before.push(self.open_seconds());
                self.opens.push(opens);
                self.closes.push(closes);
            }
        }
    }

    /// Seconds of all spans.
    fn open_seconds(&self) -> u32 {
        let last = self.opens.last().zip(self.closes.last()).zip(self.before.last());
        last.map_or(0, |((opens, closes), before)| before + (closes - opens))
    }

    /// Goes on with the spans of other hours from an instant on, in place of its own.
    pub(super) fn continue_with(&mut self, other: &Self, from: Time) {
        let from = second(from.0.div_euclid(SECOND));
        let keep = self.opens.partition_point(|opens| *opens < from);
        self.opens.truncate(keep);
        self.closes.truncate(keep);
        self.before.truncate(keep);
        if let Some(last) = self.closes.last_mut() {
            *last = (*last).min(from);
        }
        for (opens, closes) in other.opens.iter().zip(&other.closes) {
            self.push((*opens).max(from), *closes);
        }
    }

    /// How many openings lie at or before an instant.
    fn begun(&self, at: Time) -> usize {
        let at = at.0.div_euclid(SECOND);
        self.opens.partition_point(|opens| i64::from(*opens) <= at)
    }

    /// The span in which an instant lies, or else the first one after it: when it opens and when it closes.
    fn span(&self, at: Time) -> Option<(Time, Time)> {
        let begun = self.begun(at);
        let place = match begun.checked_sub(1) {
            Some(last) if self.closes.get(last).is_some_and(|closes| at < time(*closes)) => last,
            _ => begun,
        };
        Some((time(*self.opens.get(place)?), time(*self.closes.get(place)?)))
    }

    /// Whether the desk is open at an instant. It is at that of opening, and is not at that of closing.
    #[must_use]
    pub fn is_open(&self, at: Time) -> bool {
        let last = self.begun(at).checked_sub(1).and_then(|last| self.closes.get(last));
        last.is_some_and(|closes| at < time(*closes))
    }

    /// The first instant from `at` on at which it is open: `at` itself where it is. `None` when it never is.
    #[must_use]
    pub fn next_open(&self, at: Time) -> Option<Time> {
        self.span(at).map(|(opens, _)| opens.max(at))
    }

    /// The first instant from `at` on at which it is closed: `at` itself where it is.
    #[must_use]
    pub fn next_close(&self, at: Time) -> Time {
        self.span(at).filter(|(opens, _)| *opens <= at).map_or(at, |(_, closes)| closes)
    }

    /// Microseconds that it was open before an instant.
    fn open_before(&self, at: Time) -> i64 {
        let Some(last) = self.begun(at).checked_sub(1) else { return 0 };
        let value = |column: &[u32]| i64::from(column.get(last).copied().unwrap_or(0)) * SECOND;
        value(&self.before) + (at.0.min(value(&self.closes)) - value(&self.opens))
    }

    /// How long it was open between two instants; nothing when the second is not the later one.
    #[must_use]
    pub fn business_time_between(&self, from: Time, until: Time) -> Duration {
        let micros = self.open_before(until.max(from)) - self.open_before(from);
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }

    /// When it opens and closes between two instants, cut off at them.
    #[must_use]
    pub fn open_between(&self, from: Time, until: Time) -> Vec<(Time, Time)> {
        let mut spans = Vec::new();
        let mut at = from;
        while at < until
            && let Some((opens, closes)) = self.span(at).filter(|(opens, _)| *opens < until)
        {
            spans.push((opens.max(from), closes.min(until)));
            at = closes;
        }
        spans
    }

    /// From when to when nobody is there between two instants.
    #[must_use]
    pub fn gaps(&self, from: Time, until: Time) -> Vec<(Time, Time)> {
        let mut gaps = Vec::new();
        let mut at = from;
        for (opens, closes) in self.open_between(from, until) {
            if at < opens {
                gaps.push((at, opens));
            }
            at = closes;
        }
        if at < until {
            gaps.push((at, until));
        }
        gaps
    }

    /// How often it opens.
    #[cfg(test)]
    pub(super) const fn opens_count(&self) -> usize {
        self.opens.len()
    }

    /// Bytes that it takes.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        (self.opens.capacity() + self.closes.capacity() + self.before.capacity()) * size_of::<u32>()
    }
}

/// When the desk is open by the clock on the wall: minutes, in order, none touching the next.
fn civil_spans(schedule: &Schedule, from: Day, until: Day) -> Vec<(i64, i64)> {
    let special: std::collections::BTreeMap<Day, _> =
        schedule.days.iter().rev().map(|day| (day.date, day)).collect();
    let mut spans = Vec::new();
    // One that began on the day before may go on into the first.
    for day in (from.0 - 1..until.0).map(Day) {
        let mut add = |weekday: Weekday| {
            let own = |interval: &&Interval| interval.weekday == weekday;
            for (opens, closes) in schedule.week_of(day).iter().filter(own).copied().map(Interval::minutes) {
                spans.push((day.0 * DAY + opens, day.0 * DAY + closes));
            }
        };
        match special.get(&day).map(|special| (special.kind, special.like)) {
            Some((DayKind::Holiday, _)) => {}
            Some((DayKind::WorkDay, like)) => {
                if let Some(weekday) = like.or(Weekday::new(1)) {
                    add(weekday);
                }
            }
            None => add(Weekday::of(day)),
        }
    }
    let exceptions = |open: bool| schedule.exceptions.iter().filter(move |one| one.open == open);
    spans.extend(exceptions(true).map(|one| (one.from.0, one.until.0)));
    let mut closed: Vec<_> = exceptions(false).map(|one| (one.from.0, one.until.0)).collect();
    closed.push((i64::MIN, from.0 * DAY));
    closed.push((until.0 * DAY, i64::MAX));
    closed.sort_unstable();
    without(&united(spans), &closed)
}

/// A stretch of the week in which nobody is there, week after week.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct WeekGap {
    /// On which day, from Monday 1 to Sunday 7.
    #[schema(value_type = u8, minimum = 1, maximum = 7)]
    pub weekday: Weekday,
    /// From when.
    #[schema(value_type = String, example = "02:00")]
    pub from: TimeOfDay,
    /// Until when, on the same day.
    #[schema(value_type = String, example = "09:00")]
    pub until: TimeOfDay,
}

/// When the desk is open on a day, by the clock on the wall.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Opened {
    /// The date.
    #[schema(value_type = String, format = Date)]
    pub date: Day,
    /// From when to when, within the day.
    #[schema(value_type = Vec<Vec<String>>, example = json!([["09:00", "18:00"]]))]
    pub spans: Vec<(TimeOfDay, TimeOfDay)>,
    /// The holiday or make-up working day that it is.
    pub special: Option<SpecialDay>,
}

/// Weeks that are looked at for gaps.
const WEEKS: i64 = 4;

impl Schedule {
    /// When it is open on so many days, by the clock on the wall, whether or not clocks change.
    #[must_use]
    pub fn opened(&self, from: Day, days: i64) -> Vec<Opened> {
        let spans = civil_spans(self, from, from.plus(days));
        let day = |day: Day| {
            let (begin, end) = (day.0 * DAY, (day.0 + 1) * DAY);
            let within = spans.iter().filter(|(opens, closes)| *opens < end && *closes > begin);
            let time =
                |minute: i64| TimeOfDay::new(u16::try_from(minute.clamp(begin, end) - begin).unwrap_or(0));
            Opened {
                date: day,
                spans: within.filter_map(|(opens, closes)| Some((time(*opens)?, time(*closes)?))).collect(),
                special: self.special(day).cloned(),
            }
        };
        (from.0..from.0 + days).map(|number| day(Day(number))).collect()
    }

    /// When nobody is there in any of the four weeks from a day on: what a holiday closes once is no gap of the week.
    #[must_use]
    pub fn week_gaps(&self, from: Day) -> Vec<WeekGap> {
        let mut gaps = Vec::new();
        let days = self.opened(from, 7 * WEEKS);
        for number in 1..=7 {
            let Some(weekday) = Weekday::new(number) else { continue };
            let own = days.iter().filter(|day| Weekday::of(day.date) == weekday);
            let spans = own.flat_map(|day| &day.spans);
            let open = united(spans.map(|(opens, closes)| (opens.minutes(), closes.minutes())).collect());
            for (begin, end) in without(&[(0, DAY)], &open) {
                let time = |minute: i64| TimeOfDay::new(u16::try_from(minute).unwrap_or(0));
                if let (Some(from), Some(until)) = (time(begin), time(end)) {
                    gaps.push(WeekGap { weekday, from, until });
                }
            }
        }
        gaps
    }
}

fn united(mut spans: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    spans.sort_unstable();
    let mut united: Vec<(i64, i64)> = Vec::with_capacity(spans.len());
    for (opens, closes) in spans {
        match united.last_mut() {
            Some(last) if last.1 >= opens => last.1 = last.1.max(closes),
            _ => united.push((opens, closes)),
        }
    }
    united
}

/// Spans without those times; both in order.
fn without(spans: &[(i64, i64)], closed: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut rest = Vec::with_capacity(spans.len());
    let mut first = 0;
    for (opens, closes) in spans {
        let mut at = *opens;
        while closed.get(first).is_some_and(|(_, until)| *until <= *opens) {
            first += 1;
        }
        for (from, until) in closed.iter().skip(first).take_while(|(from, _)| from < closes) {
            if at < *from {
                rest.push((at, *from));
            }
            at = at.max(*until);
        }
        if at < *closes {
            rest.push((at, *closes));
        }
    }
    rest
}
