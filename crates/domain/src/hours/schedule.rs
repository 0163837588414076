//! What is written down of opening hours: civil time, as a clock on the wall shows it.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use super::DAY;
use crate::Day;

/// A time of day to the minute, from `00:00` to `24:00`: minutes since midnight.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// So many minutes after midnight, at most 1,440.
    #[must_use]
    pub fn new(minutes: u16) -> Option<Self> {
        (i64::from(minutes) <= DAY).then_some(Self(minutes))
    }

    /// Reads `HH:MM` and nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.split_once(':')?;
        let two = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        if !two(hours) || !two(minutes) {
            return None;
        }
        let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
        if minutes < 60 { Self::new(hours * 60 + minutes) } else { None }
    }

    /// Minutes since midnight.
    #[must_use]
    pub const fn minutes(self) -> i64 {
        self.0 as i64
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// A minute as a clock on the wall shows it: minutes since 1970-01-01T00:00 of that clock. In JSON `2026-11-28T13:00`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CivilMinute(pub i64);

impl CivilMinute {
    /// Reads a date, `T` and a time of day.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (day, time) = text.split_once('T')?;
        Some(Self(Day::parse(day)?.0 * DAY + TimeOfDay::parse(time)?.minutes()))
    }

    /// The date that the clock shows.
    #[must_use]
    pub const fn day(self) -> Day {
        Day(self.0.div_euclid(DAY))
    }
}

impl fmt::Display for CivilMinute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.0.rem_euclid(DAY);
        write!(f, "{}T{:02}:{:02}", self.day(), minutes / 60, minutes % 60)
    }
}

/// A day of the week, from Monday 1 to Sunday 7 (ISO 8601).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Weekday(u8);

impl Weekday {
    /// The day of the week with this number.
    #[must_use]
    pub fn new(number: u8) -> Option<Self> {
        (1..=7).contains(&number).then_some(Self(number))
    }

    /// The day of the week of a date.
    #[must_use]
    pub fn of(day: Day) -> Self {
        // 1970-01-01 was a Thursday.
        Self(u8::try_from((day.0 + 3).rem_euclid(7) + 1).unwrap_or(1))
    }

    /// From 1 to 7.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

macro_rules! texts {
    ($($name:ident, $wrong:literal;)+) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom($wrong))
            }
        }
    )+};
}

texts! {
    TimeOfDay, "not a time of day such as 09:00";
    CivilMinute, "not a date and time such as 2026-11-28T13:00";
}

impl Serialize for Weekday {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.0)
    }
}

impl<'de> Deserialize<'de> for Weekday {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u8::deserialize(deserializer)?;
        Self::new(number).ok_or_else(|| serde::de::Error::custom("not a day of the week from 1 to 7"))
    }
}

/// Somebody is there every week on this day, from one time to the other. A closing time that is not later than the
/// opening time is one of the next day; the whole day is from `00:00` to `24:00`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WeekInterval)]
pub struct Interval {
    /// The day on which it begins, from Monday 1 to Sunday 7.
    #[schema(value_type = u8, minimum = 1, maximum = 7, example = 1)]
    pub weekday: Weekday,
    /// When it begins.
    #[schema(value_type = String, pattern = "^[0-2][0-9]:[0-5][0-9]$", example = "09:00")]
    pub opens: TimeOfDay,
    /// When it is over.
    #[schema(value_type = String, pattern = "^[0-2][0-9]:[0-5][0-9]$", example = "18:00")]
    pub closes: TimeOfDay,
}

impl Interval {
    /// From which to which minute after the midnight before it; the second lies on the next day where it is above 1,440.
    pub(super) fn minutes(self) -> (i64, i64) {
        let (opens, closes) = (self.opens.minutes(), self.closes.minutes());
        (opens, if closes > opens { closes } else { closes + DAY })
    }
}

/// A part of the year with another week.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Season {
    /// What it is called.
    #[schema(max_length = 100, example = "Summer")]
    pub name: String,
    /// Its first day.
    #[schema(value_type = String, format = Date, example = "2026-07-01")]
    pub from: Day,
    /// Its last day.
    #[schema(value_type = String, format = Date, example = "2026-08-31")]
    pub until: Day,
    /// Whether it comes every year between these dates, whatever the year in them. One that does gives way to one that
    /// does not.
    #[serde(default)]
    pub yearly: bool,
    /// Its week.
    #[schema(max_items = 100)]
    pub week: Vec<Interval>,
}

/// What is special about a day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// No interval begins on it.
    Holiday,
    /// It is worked like another day of the week: a make-up working day (调休).
    WorkDay,
}

/// A holiday, or a day that is worked in exchange for one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpecialDay {
    /// The date.
    #[schema(value_type = String, format = Date, example = "2026-10-01")]
    pub date: Day,
    /// What it is.
    pub kind: DayKind,
    /// What it is called.
    #[schema(max_length = 100, example = "国庆节")]
    pub name: String,
    /// Of a make-up working day: whose hours it has; Monday's unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u8>, minimum = 1, maximum = 7)]
    pub like: Option<Weekday>,
}

/// Open or closed against everything else: 'closed this afternoon'.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// When it begins.
    #[schema(value_type = String, example = "2026-11-28T13:00")]
    pub from: CivilMinute,
    /// When it is over.
    #[schema(value_type = String, example = "2026-11-28T18:00")]
    pub until: CivilMinute,
    /// Whether the desk is open then, or closed.
    pub open: bool,
    /// Why.
    #[schema(max_length = 100, example = "Office move")]
    pub reason: String,
}

/// When the desk is open.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
// Reports have schedules, too.
#[schema(as = HoursSchedule)]
pub struct Schedule {
    /// The IANA time zone in which everything else is meant.
    #[schema(max_length = 64, example = "Asia/Shanghai")]
    pub zone: String,
    /// The usual week.
    #[schema(max_items = 100)]
    pub week: Vec<Interval>,
    /// Parts of the year with other weeks.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub seasons: Vec<Season>,
    /// Holidays and make-up working days.
    #[serde(default)]
    #[schema(max_items = 1000)]
    pub days: Vec<SpecialDay>,
    /// What is otherwise once.
    #[serde(default)]
    #[schema(max_items = 1000)]
    pub exceptions: Vec<Exception>,
}

impl Season {
    /// Whether a day lies in it.
    pub(super) fn has(&self, day: Day) -> bool {
        if !self.yearly {
            return (self.from..=self.until).contains(&day);
        }
        let (from, until, day) = (of_year(self.from), of_year(self.until), of_year(day));
        if from <= until { (from..=until).contains(&day) } else { day >= from || day <= until }
    }
}

/// Month and day of a date.
pub(super) fn of_year(day: Day) -> (i8, i8) {
    let date =
        jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(day.0.clamp(-3_000_000, 2_900_000)));
    date.map_or((1, 1), |date| (date.month(), date.day()))
}

impl Schedule {
    /// The week that is used on a day.
    pub(super) fn week_of(&self, day: Day) -> &[Interval] {
        let season =
            |yearly: bool| self.seasons.iter().find(|season| season.yearly == yearly && season.has(day));
        season(false).or_else(|| season(true)).map_or(&self.week, |season| &season.week)
    }

    /// The holiday or make-up working day that a date is.
    #[must_use]
    pub fn special(&self, day: Day) -> Option<&SpecialDay> {
        self.days.iter().find(|special| special.date == day)
    }
}
