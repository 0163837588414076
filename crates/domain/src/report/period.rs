//! Days, weeks and months that a report is about, as the clocks of a zone have them.

use std::fmt;

use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Time;

/// Longest period in days: two years and a day.
const LONGEST: i32 = 732;

/// The last whole day, week (from Monday) or month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LastPeriod {
    /// Yesterday.
    LastDay,
    /// The last week that is over.
    LastWeek,
    /// The last month that is over.
    LastMonth,
}

/// What a period is one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Day,
    Week,
    Month,
    Range,
}

/// Whole days in a row. Its text is its code: `2026-11-21`, `2026-W47`, `2026-10` or `2026-11-01..2026-11-15`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    kind: Kind,
    first: Date,
    /// The first day that is not part of it.
    end: Date,
}

impl Period {
    /// The last whole period before the date that the clocks of `zone` show at `now`.
    #[must_use]
    pub fn last(last: LastPeriod, zone: &TimeZone, now: Time) -> Self {
        let today = date_in(zone, now);
        match last {
            LastPeriod::LastDay => Self::day(back(today, 1)),
            LastPeriod::LastWeek => Self::week(back(today, 7)),
            LastPeriod::LastMonth => Self::month(back(today.first_of_month(), 1)),
        }
    }

    /// The period with this code, or `last-day`, `last-week`, `last-month`. Both days of a range are part of it.
    #[must_use]
    pub fn parse(text: &str, zone: &TimeZone, now: Time) -> Option<Self> {
        let last = match text {
            "last-day" => Some(LastPeriod::LastDay),
            "last-week" => Some(LastPeriod::LastWeek),
            "last-month" => Some(LastPeriod::LastMonth),
            _ => None,
        };
        if let Some(last) = last {
            return Some(Self::last(last, zone, now));
        }
        if let Some((first, last)) = text.split_once("..") {
            let (first, last) = (read_date(first)?, read_date(last)?);
            let end = last.tomorrow().ok()?;
            let days = first.until(end).ok()?.get_days();
            return (1..=LONGEST).contains(&days).then_some(Self { kind: Kind::Range, first, end });
        }
        if let Some((year, week)) = text.split_once("-W") {
            let (year, week) = (digits(year, 4)?, digits(week, 2)?);
            let monday = ISOWeekDate::new(year, i8::try_from(week).ok()?, Weekday::Monday).ok()?;
            return Some(Self::week(monday.date()));
        }
        match text.len() {
            10 => read_date(text).map(Self::day),
            7 => read_date(&format!("{text}-01")).map(Self::month),
            _ => None,
        }
    }

    fn day(date: Date) -> Self {
        Self { kind: Kind::Day, first: date, end: date.saturating_add(1.day()) }
    }

    /// The week that has this date in it.
    fn week(date: Date) -> Self {
        let first = back(date, i32::from(date.weekday().to_monday_zero_offset()));
        Self { kind: Kind::Week, first, end: first.saturating_add(7.days()) }
    }

    /// The month that has this date in it.
    fn month(date: Date) -> Self {
        let first = date.first_of_month();
        Self { kind: Kind::Month, first, end: first.saturating_add(1.month()) }
    }

    /// The period directly before: of a month the month before, of anything else as many days.
    #[must_use]
    pub fn before(&self) -> Self {
        match self.kind {
            Kind::Month => Self::month(back(self.first, 1)),
            _ => Self { first: back(self.first, self.days()), end: self.first, ..*self },
        }
    }

    /// How many days it has.
    #[must_use]
    pub fn days(&self) -> i32 {
        self.first.until(self.end).map_or(1, |span| span.get_days())
    }

    /// The first date, and the last one, which is part of it.
    #[must_use]
    pub fn dates(&self) -> (String, String) {
        (self.first.to_string(), back(self.end, 1).to_string())
    }

    /// Its beginning by the clocks of a zone, and its end, which is not part of it.
    #[must_use]
    pub fn bounds(&self, zone: &TimeZone) -> (Time, Time) {
        let start = |date: Date| {
            date.to_zoned(zone.clone()).map_or(Time(0), |at| Time(at.timestamp().as_microsecond()))
        };
        (start(self.first), start(self.end))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.first;
        match self.kind {
            Kind::Day => write!(f, "{first}"),
            Kind::Week => {
                let week = first.iso_week_date();
                write!(f, "{:04}-W{:02}", week.year(), week.week())
            }
            Kind::Month => write!(f, "{:04}-{:02}", first.year(), first.month()),
            Kind::Range => write!(f, "{first}..{}", back(self.end, 1)),
        }
    }
}

/// The date that the clocks of a zone show.
pub(super) fn date_in(zone: &TimeZone, time: Time) -> Date {
    Timestamp::from_microsecond(time.0).unwrap_or_default().to_zoned(zone.clone()).date()
}

pub(super) fn back(date: Date, days: i32) -> Date {
    date.saturating_sub(days.days())
}

fn digits(text: &str, count: usize) -> Option<i16> {
    let is_number = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

/// A date written in full: `2026-11-21`.
fn read_date(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) =
        (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn parse(text: &str) -> Option<Period> {
        // A Saturday; in Shanghai it is Sunday already.
        Period::parse(text, &zone("Asia/Shanghai"), Time::parse("2026-11-28T18:30:00Z").unwrap())
    }

    #[test]
    fn periods_are_read_and_printed() {
        for (text, code, first, last, before) in [
            ("last-week", "2026-W47", "2026-11-16", "2026-11-22", "2026-W46"),
            ("last-day", "2026-11-28", "2026-11-28", "2026-11-28", "2026-11-27"),
            ("last-month", "2026-10", "2026-10-01", "2026-10-31", "2026-09"),
            ("2026-W01", "2026-W01", "2025-12-29", "2026-01-04", "2025-W52"),
            ("2026-03", "2026-03", "2026-03-01", "2026-03-31", "2026-02"),
            ("2024-02-29", "2024-02-29", "2024-02-29", "2024-02-29", "2024-02-28"),
            (
                "2026-11-01..2026-11-15",
                "2026-11-01..2026-11-15",
                "2026-11-01",
                "2026-11-15",
                "2026-10-17..2026-10-31",
            ),
        ] {
            let period = parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(period.to_string(), code);
            assert_eq!(period.dates(), (first.to_owned(), last.to_owned()));
            assert_eq!(period.before().to_string(), before);
            assert_eq!(parse(code), Some(period));
        }
        for bad in [
            "",
            "last-year",
            "2026-W54",
            "2026-W1",
            "2026-13",
            "2026-02-30",
            "2026-11-15..2026-11-01",
            "2020-01-01..2026-01-01",
            "2026-1-1",
            "..",
            "２０２６-01",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn days_begin_where_the_clocks_have_it() {
        let week = parse("2026-W44").unwrap();
        let hours = |name: &str| {
            let (from, until) = week.bounds(&zone(name));
            until.since(from).as_secs() / 3_600
        };
        // Clocks in New York go back on Sunday, 2026-11-01, which is in this week.
        assert_eq!((hours("Asia/Shanghai"), hours("America/New_York")), (168, 169));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,30}") {
            let _ = parse(&text);
        }

        #[test]
        fn the_period_before_ends_where_this_one_begins(days in 0_i32..20_000, which in 0_usize..3) {
            let date = jiff::civil::date(1990, 1, 1).saturating_add(days.days());
            let period = [Period::day(date), Period::week(date), Period::month(date)][which];
            prop_assert_eq!(period.before().end, period.first);
            prop_assert_eq!(parse(&period.to_string()), Some(period));
        }
    }
}
