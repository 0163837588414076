//! How many people used the app on a day, and from whom that is known.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use crate::Time;

const DAY_MICROS: i64 = 86_400_000_000;

/// A day in UTC: days since 1970-01-01. In JSON a date, such as `2026-11-28`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Day(pub i64);

impl Day {
    /// The day on which a time falls.
    #[must_use]
    pub const fn of(time: Time) -> Self {
        Self(time.0.div_euclid(DAY_MICROS))
    }

    /// Its first moment.
    #[must_use]
    pub const fn start(self) -> Time {
        Time(self.0.saturating_mul(DAY_MICROS))
    }

    /// The day so many days later, or earlier.
    #[must_use]
    pub const fn plus(self, days: i64) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// Reads a date as ISO 8601 writes it, and in no other way: `2026-11-28`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !plain {
            return None;
        }
        let date: jiff::civil::Date = text.parse().ok()?;
        let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
        Some(Self::of(Time(midnight.as_microsecond())))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.start().0) {
            Ok(timestamp) => timestamp.to_zoned(jiff::tz::TimeZone::UTC).date().fmt(f),
            Err(_) => f.write_str("out of range"),
        }
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a date"))
    }
}

/// From whom the active users of a day are known. In the order in which they are believed: where several tell of one
/// day, the first of them is taken for the whole day and the others are left out, so that nobody is counted twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActivitySource {
    /// The wallet's own count, by the API.
    Api,
    /// A table that somebody uploaded.
    Csv,
    /// The app's ping, counted here.
    Ping,
}

impl ActivitySource {
    /// Every source, the most believed first.
    pub const ALL: [Self; 3] = [Self::Api, Self::Csv, Self::Ping];

    /// The word in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Csv => "csv",
            Self::Ping => "ping",
        }
    }

    /// Reads the word in SQL and JSON.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn days_are_dates_in_utc() {
        let day = Day::parse("2026-11-28").unwrap();
        assert_eq!(day.start(), Time::parse("2026-11-28T00:00:00Z").unwrap());
        assert_eq!(Day::of(Time::parse("2026-11-28T23:59:59.999Z").unwrap()), day);
        assert_eq!(day.plus(-28).to_string(), "2026-10-31");
        assert_eq!(serde_json::to_string(&day).unwrap(), "\"2026-11-28\"");
        for bad in
            ["2026-02-29", "2026-1-2", "20261128", "2026/11/28", "2026-11-28T00", "-026-11-28", "２０２６-11"]
        {
            assert_eq!(Day::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_can_be_read(day in -200_000..200_000_i64) {
            let text = Day(day).to_string();
            prop_assume!(text.len() == 10);
            prop_assert_eq!(Day::parse(&text), Some(Day(day)));
        }

        #[test]
        fn reading_never_panics(text in ".{0,12}") {
            let _ = Day::parse(&text);
        }
    }
}
