//! When a report is made by itself: at a time of the clocks of a zone, every day, week or month.

use jiff::ToSpan as _;
use jiff::civil::{Date, Time as Clock};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::period::{back, date_in};
use crate::Time;

/// So many days around a date hold a day of every schedule.
const AROUND: i32 = 62;

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "every", rename_all = "snake_case", deny_unknown_fields)]
pub enum Every {
    /// Each day.
    Day {},
    /// Each week.
    Week {
        /// From 1 (Monday) to 7.
        #[schema(minimum = 1, maximum = 7)]
        weekday: u8,
    },
    /// Each month.
    Month {
        /// From 1 to 31; in shorter months the last day.
        #[schema(minimum = 1, maximum = 31)]
        day: u8,
    },
}

/// When: so often, at this time of the clocks there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Schedule {
    /// How often.
    #[serde(flatten)]
    pub every: Every,
    /// Hour and minute, such as `08:30`. Where clocks skip it, as much later; where it comes twice, the first time.
    #[schema(example = "08:30")]
    pub at: String,
}

impl Schedule {
    /// Whether its numbers and its time are ones that exist.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let day_exists = match self.every {
            Every::Day {} => true,
            Every::Week { weekday } => (1..=7).contains(&weekday),
            Every::Month { day } => (1..=31).contains(&day),
        };
        day_exists && self.clock().is_some()
    }

    /// The first time after `now`.
    #[must_use]
    pub fn next(&self, zone: &TimeZone, now: Time) -> Option<Time> {
        let today = date_in(zone, now);
        let days = (-1..=AROUND).map(|days| today.saturating_add(days.days()));
        days.filter(|date| self.is_on(*date)).filter_map(|date| self.on(date, zone)).find(|at| *at > now)
    }

    /// The last time until `now`, which may be that time itself.
    #[must_use]
    pub fn latest(&self, zone: &TimeZone, now: Time) -> Option<Time> {
        let today = date_in(zone, now);
        let days = (-1..=AROUND).map(|days| back(today, days));
        days.filter(|date| self.is_on(*date)).filter_map(|date| self.on(date, zone)).find(|at| *at <= now)
    }

    fn clock(&self) -> Option<Clock> {
        let (hour, minute) = self.at.split_once(':')?;
        let number = |text: &str| {
            let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            if is_number { text.parse::<i8>().ok() } else { None }
        };
        Clock::new(number(hour)?, number(minute)?, 0, 0).ok()
    }

    fn is_on(&self, date: Date) -> bool {
        match self.every {
            Every::Day {} => true,
            Every::Week { weekday } => i64::from(date.weekday().to_monday_one_offset()) == i64::from(weekday),
            Every::Month { day } => {
                i64::from(date.day()) == i64::from(day).min(i64::from(date.days_in_month()))
            }
        }
    }

    fn on(&self, date: Date, zone: &TimeZone) -> Option<Time> {
        let at = date.to_datetime(self.clock()?).to_zoned(zone.clone()).ok()?;
        Some(Time(at.timestamp().as_microsecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        Time::parse(text).unwrap()
    }

    fn schedule(every: Every, at: &str) -> Schedule {
        Schedule { every, at: at.to_owned() }
    }

    #[test]
    fn a_schedule_follows_the_clocks_of_its_zone() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let monday = schedule(Every::Week { weekday: 1 }, "08:00");
        // Clocks go back on 2026-10-25: eight o'clock is an hour later in UTC from then on.
        for (now, next) in [
            ("2026-10-17T00:00:00Z", "2026-10-19T06:00:00.000Z"),
            ("2026-10-19T06:00:00Z", "2026-10-26T07:00:00.000Z"),
            ("2026-10-26T06:59:59Z", "2026-10-26T07:00:00.000Z"),
        ] {
            assert_eq!(monday.next(&berlin, at(now)).unwrap().to_string(), next);
        }
        assert_eq!(monday.latest(&berlin, at("2026-11-20T00:00:00Z")), Some(at("2026-11-16T07:00:00Z")));
        assert_eq!(monday.latest(&berlin, at("2026-11-16T07:00:00Z")), Some(at("2026-11-16T07:00:00Z")));
        // 02:30 does not exist on 2026-03-29 and comes twice on 2026-10-25.
        let daily = schedule(Every::Day {}, "02:30");
        assert_eq!(daily.next(&berlin, at("2026-03-28T23:00:00Z")), Some(at("2026-03-29T01:30:00Z")));
        assert_eq!(daily.next(&berlin, at("2026-10-24T23:00:00Z")), Some(at("2026-10-25T00:30:00Z")));
        assert_eq!(daily.next(&berlin, at("2026-10-25T00:30:00Z")), Some(at("2026-10-26T01:30:00Z")));
    }

    #[test]
    fn a_month_without_the_day_has_its_last() {
        let utc = TimeZone::UTC;
        let monthly = schedule(Every::Month { day: 31 }, "00:00");
        let mut now = at("2026-01-31T00:00:00Z");
        for next in ["2026-02-28", "2026-03-31", "2026-04-30"] {
            now = monthly.next(&utc, now).unwrap();
            assert!(now.to_string().starts_with(next), "{now}");
        }
    }

    #[test]
    fn what_does_not_exist_is_refused() {
        for (every, time) in [
            (Every::Week { weekday: 0 }, "08:00"),
            (Every::Week { weekday: 8 }, "08:00"),
            (Every::Month { day: 32 }, "08:00"),
            (Every::Day {}, "24:00"),
            (Every::Day {}, "8:00"),
            (Every::Day {}, "08:60"),
            (Every::Day {}, ""),
        ] {
            assert!(!schedule(every, time).is_valid(), "{every:?} {time}");
        }
        assert!(schedule(Every::Month { day: 1 }, "23:59").is_valid());
    }
}
