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

/// What is wrong with the code of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodFault {
    /// It has none of the forms.
    Malformed,
    /// There is no such day or week.
    NoSuchDay,
    /// It ends before it begins.
    Reversed,
    /// It has more than two years.
    TooLong,
}

impl PeriodFault {
    /// Its name among the reasons for which values are refused.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed_period",
            Self::NoSuchDay => "no_such_day",
            Self::Reversed => "before_start",
            Self::TooLong => "period_too_long",
        }
    }
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
    pub fn parse(text: &str, zone: &TimeZone, now: Time) -> Result<Self, PeriodFault> {
        let last = match text {
            "last-day" => Some(LastPeriod::LastDay),
            "last-week" => Some(LastPeriod::LastWeek),
            "last-month" => Some(LastPeriod::LastMonth),
            _ => None,
        };
        if let Some(last) = last {
            return Ok(Self::last(last, zone, now));
        }
        if let Some((first, last)) = text.split_once("..") {
            let (first, last) = (read_date(first)?, read_date(last)?);
            let end = last.tomorrow().map_err(|_| PeriodFault::NoSuchDay)?;
            return match first.until(end).map_or(i32::MAX, |span| span.get_days()) {
                ..1 => Err(PeriodFault::Reversed),
                1..=LONGEST => Ok(Self { kind: Kind::Range, first, end }),
                _ => Err(PeriodFault::TooLong),
            };
        }
        if let Some((year, week)) = text.split_once("-W") {
            let (year, week) = digits(year, 4).zip(digits(week, 2)).ok_or(PeriodFault::Malformed)?;
            let week = i8::try_from(week).map_err(|_| PeriodFault::NoSuchDay)?;
            let monday = ISOWeekDate::new(year, week, Weekday::Monday);
            return monday.map(|monday| Self::week(monday.date())).map_err(|_| PeriodFault::NoSuchDay);
        }
        match text.len() {
            10 => read_date(text).map(Self::day),
            7 => read_date(&format!("{text}-01")).map(Self::month),
            _ => Err(PeriodFault::Malformed),
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
fn read_date(text: &str) -> Result<Date, PeriodFault> {
    let mut parts = text.splitn(3, '-').zip([4, 2, 2]).map(|(part, count)| digits(part, count));
    let mut next = || parts.next().flatten().ok_or(PeriodFault::Malformed);
    let (year, month, day) = (next()?, next()?, next()?);
    let small = |number| i8::try_from(number).unwrap_or(i8::MAX);
    Date::new(year, small(month), small(day)).map_err(|_| PeriodFault::NoSuchDay)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn parse(text: &str) -> Result<Period, PeriodFault> {
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
            let period = parse(text).unwrap_or_else(|fault| panic!("{text} {fault:?}"));
            assert_eq!(period.to_string(), code);
            assert_eq!(period.dates(), (first.to_owned(), last.to_owned()));
            assert_eq!(period.before().to_string(), before);
            assert_eq!(parse(code), Ok(period));
        }
        for (bad, fault) in [
            ("", PeriodFault::Malformed),
            ("last-year", PeriodFault::Malformed),
            ("2026-W54", PeriodFault::NoSuchDay),
            ("2026-W1", PeriodFault::Malformed),
            ("2026-13", PeriodFault::NoSuchDay),
            ("2026-02-30", PeriodFault::NoSuchDay),
            ("2026-11-01..2026-11-31", PeriodFault::NoSuchDay),
            ("2026-11-15..2026-11-01", PeriodFault::Reversed),
            ("2020-01-01..2026-01-01", PeriodFault::TooLong),
            ("2026-1-1", PeriodFault::Malformed),
            ("2026-11-15-x", PeriodFault::Malformed),
            ("..", PeriodFault::Malformed),
            ("２０２６-01", PeriodFault::Malformed),
        ] {
            assert_eq!(parse(bad), Err(fault), "{bad}");
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
            prop_assert_eq!(parse(&period.to_string()), Ok(period));
        }
    }
}
