//! What the pages say: texts of `locales/*/page.json` and of the other catalogues, times and lengths of time.

use std::time::Duration;

use standfast_domain::{Language, Time, Wait};

/// The texts of one language.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    pub(crate) language: Language,
}

const MINUTE: u32 = 60;
const HOUR: u32 = 3_600;
const DAY: u32 = 86_400;
/// Chinese readers are told the time in Beijing, everybody else in UTC: a page without scripts cannot know better.
const BEIJING: Duration = Duration::from_hours(8);
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Words {
    /// The text of a page.
    pub(crate) fn say(self, key: &str) -> String {
        self.of("page", key, &[])
    }

    /// The text of a page with one parameter.
    pub(crate) fn fill(self, key: &str, name: &str, value: impl std::fmt::Display) -> String {
        self.of("page", key, &[(name, &value.to_string())])
    }

    /// The text of a page with parameters.
    pub(crate) fn with(self, key: &str, params: &[(&str, &str)]) -> String {
        self.of("page", key, params)
    }

    /// The form of `key` that fits `count`, which it may show as `{count}`.
    pub(crate) fn count(self, key: &str, count: impl Into<i64>) -> String {
        let count = count.into();
        let form = if count == 1 && self.language == Language::English { "one" } else { "other" };
        self.fill(&format!("{key}_{form}"), "count", count)
    }

    /// A text of another catalogue, such as `problem`.
    pub(crate) fn of(self, catalogue: &str, key: &str, params: &[(&str, &str)]) -> String {
        standfast_desk::words(self.language, &format!("{catalogue}.{key}"), params)
    }

    /// Of a pair in Chinese and in English (as in the catalogue of types) the one in this language.
    pub(crate) fn pick(self, pair: [&'static str; 2]) -> &'static str {
        let [chinese, english] = pair;
        match self.language {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }

    /// A length of time as people say it. Less than a minute counts as one.
    pub(crate) fn duration(self, seconds: u32) -> String {
        let (unit, value) = in_units(seconds);
        self.count(unit, value)
    }

    /// A range of waiting as people say it.
    pub(crate) fn range(self, wait: Wait) -> String {
        standfast_desk::spoken_wait(self.language, wait)
    }

    /// How long ago, for the last day; before that, the exact time.
    pub(crate) fn ago(self, at: Time, now: Time) -> String {
        let seconds = u32::try_from(now.since(at).as_secs()).unwrap_or(u32::MAX);
        if seconds < MINUTE {
            self.say("time.now")
        } else if seconds < DAY {
            self.fill("time.ago", "time", self.duration(seconds))
        } else {
            self.exact(at)
        }
    }

    /// Date and time of day, with the zone.
    pub(crate) fn exact(self, at: Time) -> String {
        let local = if self.language == Language::Chinese { at.plus(BEIJING) } else { at }.to_string();
        let part = |range: std::ops::Range<usize>| local.get(range).unwrap_or_default();
        let plain = |range| part(range).trim_start_matches('0').to_owned();
        let (year, day, clock) = (part(0..4), plain(8..10), part(11..16));
        let month = plain(5..7);
        let name = month.parse::<usize>().ok().and_then(|m| MONTHS.get(m.wrapping_sub(1))).copied();
        let month_name = if self.language == Language::English { name.unwrap_or_default() } else { &month };
        self.with("time.exact", &[("year", year), ("month", month_name), ("day", &day), ("clock", clock)])
    }
}

/// The size of a file, in steps of 1,024 as limits are set.
pub(crate) fn size(bytes: impl TryInto<u64>) -> String {
    let bytes = bytes.try_into().unwrap_or_default();
    let of = |unit: u64| {
        let tenths = (bytes.saturating_mul(10) + unit / 2) / unit;
        if tenths >= 100 || tenths.is_multiple_of(10) {
            (tenths / 10).to_string()
        } else {
            format!("{}.{}", tenths / 10, tenths % 10)
        }
    };
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} kB", of(1_024)),
        _ => format!("{} MB", of(1_048_576)),
    }
}

/// The largest unit that says a length without false precision, and how many of it.
fn in_units(seconds: u32) -> (&'static str, u32) {
    let seconds = seconds.max(MINUTE);
    for (unit, length) in [("time.day", DAY), ("time.hour", HOUR)] {
        if u64::from(seconds) * 20 >= u64::from(length) * 19 {
            return (unit, (seconds + length / 2) / length);
        }
    }
    ("time.minute", (seconds + MINUTE / 2) / MINUTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZH: Words = Words { language: Language::Chinese };
    const EN: Words = Words { language: Language::English };

    #[test]
    fn time_is_said_as_people_say_it() {
        assert_eq!(EN.duration(20), "1 minute");
        assert_eq!(EN.duration(95), "2 minutes");
        assert_eq!(ZH.duration(720), "12 分钟");
        let wait = Wait { low_seconds: 480, high_seconds: 900 };
        assert_eq!((EN.range(wait), ZH.range(wait)), ("8 to 15 minutes".to_owned(), "8–15 分钟".to_owned()));
        let at = Time::parse("2026-11-21T23:40:00Z").unwrap();
        assert_eq!(EN.exact(at), "21 November 2026, 23:40 UTC");
        assert_eq!(ZH.exact(at), "2026年11月22日 07:40（北京时间）");
        assert_eq!(EN.ago(at, at.plus(Duration::from_secs(59))), "just now");
        assert_eq!(ZH.ago(at, at.plus(Duration::from_hours(3))), "3 小时前");
        assert_eq!(EN.ago(at, at.plus(Duration::from_hours(25))), EN.exact(at));
    }

    #[test]
    fn sizes_are_rounded() {
        for (bytes, text) in
            [(0, "0 B"), (999, "999 B"), (1_536, "1.5 kB"), (204_800, "200 kB"), (25 << 20, "25 MB")]
        {
            assert_eq!(size(bytes), text);
        }
    }
}
