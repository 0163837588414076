//! Numbers, times and changes as people read them: the same forms as the console's (`web/console/src/plots/figure.ts`).

use jiff::Timestamp;
use jiff::tz::TimeZone;
use standfast_desk::words;
use standfast_domain::report::Period;
use standfast_domain::{Language, Time};
use standfast_insight::{Difference, Unit};

/// Says things in a language.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Say(pub(crate) Language);

const MINUS: char = '−';
/// Length in seconds, the English and the Chinese word.
const UNITS: [(f64, &str, &str); 4] =
    [(86_400.0, "d", "天"), (3_600.0, "h", "小时"), (60.0, "min", "分"), (1.0, "s", "秒")];

impl Say {
    /// The text under `report.{key}`.
    pub(crate) fn text(self, key: &str, values: &[(&str, &str)]) -> String {
        words(self.0, &format!("report.{key}"), values)
    }

    #[expect(clippy::unused_self, reason = "both languages write numbers alike, for now")]
    pub(crate) fn count(self, count: u64) -> String {
        grouped(&count.to_string())
    }

    pub(crate) fn counted(self, count: i64) -> String {
        self.count(u64::try_from(count).unwrap_or(0))
    }

    #[expect(clippy::unused_self, reason = "both languages write numbers alike, for now")]
    pub(crate) fn share(self, share: f64) -> String {
        let percent = share * 100.0;
        format!("{}%", trimmed(percent, if percent.abs() < 10.0 { 2 } else { 1 }))
    }

    /// Two units at most: 42 s · 12 min · 3 h 5 min · 2 d 4 h.
    pub(crate) fn seconds(self, seconds: f64) -> String {
        let chinese = self.0 == Language::Chinese;
        let size = seconds.abs().round();
        let found = UNITS.iter().position(|(length, ..)| size >= *length);
        let Some(at) = found else { return if chinese { "0秒".to_owned() } else { "0 s".to_owned() } };
        let unit = |at: usize| UNITS.get(at).copied().unwrap_or((1.0, "s", "秒"));
        let (length, english, word) = unit(at);
        let has_rest = at < 2;
        let small = if has_rest { unit(at + 1).0 } else { length };
        let rounded = (size / small).round() * small;
        if at > 0 && rounded >= unit(at - 1).0 {
            return self.seconds(unit(at - 1).0);
        }
        let whole = (rounded / length).floor();
        let rest = if has_rest { ((rounded - whole * length) / small).round() } else { 0.0 };
        let word = if chinese && word == "分" && rest < 1.0 { "分钟" } else { word };
        let first = if chinese { format!("{whole:.0}{word}") } else { format!("{whole:.0} {english}") };
        if rest < 1.0 {
            return first;
        }
        let (_, english, word) = unit(at + 1);
        if chinese { format!("{first}{rest:.0}{word}") } else { format!("{first} {rest:.0} {english}") }
    }

    /// A number of this kind.
    pub(crate) fn number(self, value: f64, unit: Unit) -> String {
        match unit {
            Unit::Share => self.share(value),
            Unit::Seconds | Unit::OpenSeconds => self.seconds(value),
            Unit::Requests | Unit::Customers | Unit::Messages | Unit::Transfers => {
                grouped(&trimmed(value, 1))
            }
            Unit::RequestsPerCustomer | Unit::PerThousandUserDays => grouped(&significant(value)),
        }
    }

    /// A change with its sign; of shares in percentage points.
    pub(crate) fn change(self, change: f64, unit: Unit) -> String {
        let points = unit == Unit::Share;
        let percent = change * 100.0;
        let places = usize::from(percent.abs() < 10.0);
        let text = trimmed(percent, places);
        let sign = if text == "0" {
            String::new()
        } else if percent < 0.0 {
            MINUS.to_string()
        } else {
            "+".to_owned()
        };
        let size = grouped(text.trim_start_matches(MINUS));
        if points { format!("{sign}{size}{}", self.text("points", &[])) } else { format!("{sign}{size}%") }
    }

    /// A number of requests more or fewer.
    pub(crate) fn signed(number: f64) -> String {
        let text = grouped(&trimmed(number, usize::from(number.abs() < 10.0)));
        if number > 0.0 && text != "0" { format!("+{text}") } else { text }
    }

    /// A change, its interval and, where the interval holds zero, that nothing is clear.
    pub(crate) fn difference(self, difference: Option<Difference>, unit: Unit) -> String {
        let Some(difference) = difference else { return self.text("change.none", &[]) };
        let value = self.change(difference.value, unit);
        match difference.interval {
            None => self.text("change.untold", &[("value", &value)]),
            Some((low, high)) => {
                let (low, high) = (self.change(low, unit), self.change(high, unit));
                let key = match (difference.is_clear(), difference.leaves_out_zero()) {
                    (true, _) => "change.clear",
                    (false, true) => "change.many",
                    (false, false) => "change.unclear",
                };
                self.text(key, &[("value", &value), ("low", &low), ("high", &high)])
            }
        }
    }

    /// A period in words: its name and its dates.
    pub(crate) fn period(self, period: &Period) -> String {
        let (first, last) = period.dates();
        let dates = if first == last {
            self.date(&first)
        } else {
            self.text("dates", &[("first", &self.date(&first)), ("last", &self.date(&last))])
        };
        let code = period.to_string();
        if let Some((year, week)) = code.split_once("-W") {
            let week = week.trim_start_matches('0');
            return self.text("period.week", &[("week", week), ("year", year), ("dates", &dates)]);
        }
        match code.split('-').collect::<Vec<_>>().as_slice() {
            [year, month] if code.len() == 7 => {
                let name = self.text(&format!("month.{month}"), &[]);
                self.text("period.month", &[("month", &name), ("year", year)])
            }
            _ => dates,
        }
    }

    /// 2026-11-21 as people write it.
    pub(crate) fn date(self, date: &str) -> String {
        let mut parts = date.splitn(3, '-');
        let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else {
            return date.to_owned();
        };
        let name = self.text(&format!("month.short.{month}"), &[]);
        self.text("date", &[("year", year), ("month", &name), ("day", day.trim_start_matches('0'))])
    }

    /// Date and time as the clocks of a zone show it; of UTC where there is no such zone.
    pub(crate) fn clock(self, time: Time, zone: &str) -> String {
        let zone = standfast_insight::zone(zone).unwrap_or(TimeZone::UTC);
        let at = Timestamp::from_microsecond(time.0).unwrap_or_default().to_zoned(zone);
        format!("{} {:02}:{:02}", self.date(&at.date().to_string()), at.hour(), at.minute())
    }

    /// The same without its year, for axes.
    pub(crate) fn short_date(self, date: &str) -> String {
        let mut parts = date.splitn(3, '-').skip(1);
        let (Some(month), Some(day)) = (parts.next(), parts.next()) else { return date.to_owned() };
        let month = self.text(&format!("month.short.{month}"), &[]);
        self.text("date.short", &[("month", &month), ("day", day.trim_start_matches('0'))])
    }
}

/// Rounded to so many places, without zeros at the end.
fn trimmed(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let text = if text == "-0" { "0" } else { text };
    text.replace('-', &MINUS.to_string())
}

/// Three digits that count.
fn significant(value: f64) -> String {
    let size = value.abs();
    let places = if size >= 100.0 {
        0
    } else if size >= 10.0 {
        1
    } else if size >= 1.0 {
        2
    } else {
        3
    };
    trimmed(value, places)
}

/// With commas between thousands.
fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_once('.').map_or((number, None), |(whole, rest)| (whole, Some(rest)));
    let (sign, digits) = whole.strip_prefix(MINUS).map_or(("", whole), |digits| ("−", digits));
    let mut text = String::from(sign);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(rest) = rest {
        text.push('.');
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: Say = Say(Language::English);
    const CHINESE: Say = Say(Language::Chinese);

    #[test]
    fn numbers_read_as_in_the_console() {
        assert_eq!(ENGLISH.count(1_234_567), "1,234,567");
        assert_eq!((ENGLISH.share(0.1234), ENGLISH.share(0.0567)), ("12.3%".to_owned(), "5.67%".to_owned()));
        for (seconds, english, chinese) in [
            (0.0, "0 s", "0秒"),
            (42.0, "42 s", "42秒"),
            (720.0, "12 min", "12分钟"),
            (11_100.0, "3 h 5 min", "3小时5分"),
            (3_599.0, "1 h", "1小时"),
            (187_200.0, "2 d 4 h", "2天4小时"),
        ] {
            assert_eq!(
                (ENGLISH.seconds(seconds).as_str(), CHINESE.seconds(seconds).as_str()),
                (english, chinese)
            );
        }
        assert_eq!(ENGLISH.change(-0.034, Unit::Requests), "−3.4%");
        assert_eq!(ENGLISH.change(0.12, Unit::Share), "+12 pp");
        assert_eq!(ENGLISH.number(0.4567, Unit::PerThousandUserDays), "0.457");
    }

    #[test]
    fn periods_read_as_people_say_them() {
        let utc = standfast_insight::zone("UTC").unwrap();
        let now = Time::parse("2026-11-28T12:00:00Z").unwrap();
        for (code, english, chinese) in [
            (
                "2026-W47",
                "Week 47 of 2026, 16 Nov 2026 – 22 Nov 2026",
                "2026年第47周（2026年11月16日至2026年11月22日）",
            ),
            ("2026-10", "October 2026", "2026年10月"),
            ("2026-11-21", "21 Nov 2026", "2026年11月21日"),
        ] {
            let period = Period::parse(code, &utc, now).unwrap();
            assert_eq!(
                (ENGLISH.period(&period).as_str(), CHINESE.period(&period).as_str()),
                (english, chinese)
            );
        }
    }
}
