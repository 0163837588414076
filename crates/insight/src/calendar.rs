//! Time as people in a place count it. Rows are in the order of time, so that a range is cut once into stretches that
//! belong to one day, week or hour of the clock there, and no row has to be asked for its date.
//!
//! A request belongs to the date and hour that the clocks of the zone showed when it came. Where clocks go back, an hour
//! comes twice: as steps the two are apart, told apart by their offsets; as hours of the day they are one.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::error::Error;

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
/// Most stretches of a range: ten years of hours.
const MOST: usize = 100_000;

/// How time is grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Hours one after the other.
    Hour,
    /// Days.
    Day,
    /// Weeks, which begin on Monday.
    Week,
    /// Months.
    Month,
    /// Quarters of a year.
    Quarter,
    /// The hour of the day, whichever day.
    HourOfDay,
    /// The day of the week, from 1 (Monday) to 7.
    Weekday,
    /// The hour of the week.
    HourOfWeek,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 8] = [
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::HourOfDay,
        Self::Weekday,
        Self::HourOfWeek,
    ];

    /// The name in JSON and in `locales`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::HourOfDay => "hour_of_day",
            Self::Weekday => "weekday",
            Self::HourOfWeek => "hour_of_week",
        }
    }

    /// The step with this name.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.code() == code)
    }

    /// Whether what it makes follows each other, rather than coming again and again.
    #[must_use]
    pub const fn is_linear(self) -> bool {
        matches!(self, Self::Hour | Self::Day | Self::Week | Self::Month | Self::Quarter)
    }

    /// Seconds of local time after which the group may change.
    const fn grain(self) -> i64 {
        match self {
            Self::Hour | Self::HourOfDay | Self::HourOfWeek => HOUR,
            Self::Day | Self::Week | Self::Month | Self::Quarter | Self::Weekday => DAY,
        }
    }

    /// What tells the group of a local time: seconds since 1970 by the zone's clocks, and its offset from UTC.
    fn key(self, local: i64, offset: i64) -> Key {
        let days = local.div_euclid(DAY);
        let hour = local.rem_euclid(DAY) / HOUR;
        // 1970-01-01 was a Thursday.
        let weekday = (days + 3).rem_euclid(7);
        match self {
            Self::Hour => (local.div_euclid(HOUR), offset),
            Self::Day => (days, 0),
            Self::Week => (days - weekday, 0),
            Self::Month => (month(days), 0),
            Self::Quarter => (month(days).div_euclid(3), 0),
            Self::HourOfDay => (hour, 0),
            Self::Weekday => (weekday, 0),
            Self::HourOfWeek => (weekday * 24 + hour, 0),
        }
    }

    /// The code of a group.
    fn name(self, (key, offset): Key) -> String {
        match self {
            Self::Hour => {
                let (hours, minutes) = (offset.abs() / HOUR, offset.abs() % HOUR / 60);
                let sign = if offset < 0 { '-' } else { '+' };
                let hour = key.rem_euclid(24);
                format!("{}T{hour:02}:00{sign}{hours:02}:{minutes:02}", date(key.div_euclid(24)))
            }
            Self::Day | Self::Week => date(key).to_string(),
            Self::Month => format!("{:04}-{:02}", key.div_euclid(12), key.rem_euclid(12) + 1),
            Self::Quarter => format!("{:04}-Q{}", key.div_euclid(4), key.rem_euclid(4) + 1),
            Self::HourOfDay => key.to_string(),
            Self::Weekday => (key + 1).to_string(),
            Self::HourOfWeek => format!("{}-{}", key / 24 + 1, key % 24),
        }
    }
}

/// The date so many days after 1970-01-01. Days beyond the calendar are its ends.
pub(crate) fn date(days: i64) -> Date {
    // Beyond what a span of days can hold, and what a date can.
    let days = days.clamp(-4_000_000, 2_940_000);
    jiff::civil::date(1970, 1, 1).saturating_add(days.days())
}

/// Months since the year 0.
fn month(days: i64) -> i64 {
    let date = date(days);
    i64::from(date.year()) * 12 + i64::from(date.month()) - 1
}

/// A group of time, as far as the range reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Its code, such as `2026-11-21`.
    pub(crate) code: String,
    /// Its first second, and the second after its last.
    pub(crate) from: u32,
    pub(crate) until: u32,
    /// How many seconds of it are in the range: less than from beginning to end where it comes again and again.
    pub(crate) seconds: u32,
    /// Of what came and what ended, by the clocks of regions: the length by which to divide what ended.
    pub(crate) closed_seconds: Option<u32>,
    /// Whether the range cuts something of it off.
    pub(crate) is_cut: bool,
}

/// A range, cut into stretches.
#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    /// First second of every stretch, and the group that it belongs to.
    pub(crate) stretches: Vec<(u32, u32)>,
    /// Groups in the order of their first stretch, or of their keys where they come again and again.
    pub(crate) moments: Vec<Moment>,
    /// Where each region has a clock of its own: the stretches of those clocks.
    pub(crate) clocks: Option<Clocks>,
}

/// The clocks of regions.
#[derive(Clone, Debug)]
pub(crate) struct Clocks {
    /// As [`Timeline::stretches`], a list for each clock; the first is that of whoever asks.
    pub(crate) lines: Vec<Vec<(u32, u32)>>,
    /// The numbers of regions with the clocks they go by, in the order of numbers; all others go by the first.
    pub(crate) regions: Vec<(u32, usize)>,
}

impl Clocks {
    /// The clock of a region.
    pub(crate) fn of(&self, region: u32) -> usize {
        let found = self.regions.binary_search_by_key(&region, |(region, _)| *region).ok();
        found.and_then(|place| self.regions.get(place)).map_or(0, |(_, clock)| *clock)
    }
}

impl Timeline {
    /// Cuts the seconds from `from` up to, but without, `until`.
    pub(crate) fn new(step: Step, zone: &TimeZone, from: u32, until: u32) -> Result<Self, Error> {
        let (mut line, _) = Self::of(step, &[keys(step, zone, from, until)?], until);
        if step.is_linear() {
            line.note_cuts(step, zone, from, until);
        }
        Ok(line)
    }

    /// As [`Timeline::new`], for a step that comes again and again: each of these regions by the clock of its zone.
    pub(crate) fn by_region(
        step: Step,
        zone: &TimeZone,
        regions: &[(u32, TimeZone)],
        (from, until): (u32, u32),
    ) -> Result<Self, Error> {
        let mut zones = vec![zone];
        let mut clock_of = Vec::with_capacity(regions.len());
        for (region, zone) in regions {
            let known = zones.iter().position(|known| *known == zone);
            clock_of.push((*region, known.unwrap_or(zones.len())));
            if known.is_none() {
                zones.push(zone);
            }
        }
        clock_of.sort_unstable();
        let keys: Result<Vec<_>, _> = zones.into_iter().map(|zone| keys(step, zone, from, until)).collect();
        let (mut line, lines) = Self::of(step, &keys?, until);
        line.clocks = Some(Clocks { lines, regions: clock_of });
        Ok(line)
    }

    /// From the keys of several clocks, with the stretches of each: the timeline is that of the first.
    fn of(step: Step, lines: &[Vec<(u32, Key)>], until: u32) -> (Self, Vec<Vec<(u32, u32)>>) {
        let mut numbers = std::collections::BTreeMap::new();
        let mut order = Vec::new();
        for (_, key) in lines.iter().flatten() {
            numbers.entry(*key).or_insert_with(|| {
                order.push(*key);
                0_u32
            });
        }
        if !step.is_linear() {
            order.sort_unstable();
        }
        for (number, key) in (0..).zip(&order) {
            numbers.insert(*key, number);
        }
        let blank = |key: &Key| Moment {
            code: step.name(*key),
            from: u32::MAX,
            until: 0,
            seconds: 0,
            closed_seconds: None,
            is_cut: false,
        };
        let mut moments: Vec<Moment> = order.iter().map(blank).collect();
        let number = |key: &Key| numbers.get(key).copied().unwrap_or(0);
        let numbered =
            |keys: &Vec<(u32, Key)>| keys.iter().map(|(start, key)| (*start, number(key))).collect();
        let lines: Vec<Vec<(u32, u32)>> = lines.iter().map(numbered).collect();
        let stretches = lines.first().cloned().unwrap_or_default();
        let ends = stretches.iter().skip(1).map(|(start, _)| *start).chain([until]);
        for ((start, number), end) in stretches.iter().zip(ends) {
            if let Some(moment) = moments.get_mut(*number as usize) {
                moment.from = moment.from.min(*start);
                moment.until = moment.until.max(end);
                moment.seconds += end - start;
            }
        }
        (Self { stretches, moments, clocks: None }, lines)
    }

    /// The place of the group to which a second of the range belongs.
    pub(crate) fn place(&self, second: u32) -> usize {
        let stretch = self.stretches.partition_point(|(start, _)| *start <= second).checked_sub(1);
        stretch.and_then(|stretch| self.stretches.get(stretch)).map_or(0, |(_, group)| *group as usize)
    }

    /// Marks the first and the last group where the range begins or ends within them.
    fn note_cuts(&mut self, step: Step, zone: &TimeZone, from: u32, until: u32) {
        let key = |second: i64| {
            let offset = offset(zone, second);
            step.key(second + offset, offset)
        };
        let (from, until) = (i64::from(from), i64::from(until));
        if let Some(first) = self.moments.first_mut() {
            first.is_cut |= key(from - 1) == key(from);
        }
        if let Some(last) = self.moments.last_mut() {
            last.is_cut |= key(until - 1) == key(until);
        }
    }
}

fn offset(zone: &TimeZone, second: i64) -> i64 {
    Timestamp::from_second(second).map_or(0, |time| i64::from(zone.to_offset(time).seconds()))
}

/// What tells a group: see [`Step::key`].
type Key = (i64, i64);

/// Stretches with the keys of their groups; two that follow each other have different ones.
fn keys(step: Step, zone: &TimeZone, from: u32, until: u32) -> Result<Vec<(u32, Key)>, Error> {
    let malformed = || Error::invalid("from", "malformed");
    let (start, end) = (i64::from(from), i64::from(until));
    let begin = Timestamp::from_second(start).map_err(|_| malformed())?;
    let mut changes: Vec<i64> = zone
        .following(begin)
        .map(|change| change.timestamp().as_second())
        .take_while(|change| *change < end)
        .take(MOST)
        .collect();
    changes.push(end);
    let mut keys: Vec<(u32, Key)> = Vec::new();
    let mut now = start;
    for change in changes {
        let offset = offset(zone, now);
        while now < change {
            let local = now + offset;
            let key = step.key(local, offset);
            if keys.last().is_none_or(|(_, last)| *last != key) {
                keys.push((u32::try_from(now).map_err(|_| malformed())?, key));
            }
            if keys.len() > MOST {
                return Err(Error::invalid("group", "too_many"));
            }
            now = (now + step.grain() - local.rem_euclid(step.grain())).min(change);
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ZONES: &[&str] = &[
        "UTC",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "America/St_Johns",
        "Asia/Shanghai",
        "Europe/Berlin",
        "Pacific/Apia",
        "Asia/Kathmandu",
        "America/Havana",
    ];

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn second(text: &str) -> u32 {
        u32::try_from(text.parse::<Timestamp>().unwrap().as_second()).unwrap()
    }

    fn codes(step: Step, name: &str, from: &str, until: &str) -> Vec<(String, u32)> {
        let line = Timeline::new(step, &zone(name), second(from), second(until)).unwrap();
        line.moments.into_iter().map(|moment| (moment.code, moment.seconds / 60)).collect()
    }

    #[test]
    fn days_are_those_of_the_place() {
        // Clocks in Berlin went back on 2026-10-25 and forward on 2026-03-29.
        let day = |code: &str, minutes| (code.to_owned(), minutes);
        assert_eq!(
            codes(Step::Day, "Europe/Berlin", "2026-10-23T22:00:00Z", "2026-10-26T23:00:00Z"),
            [day("2026-10-24", 1_440), day("2026-10-25", 1_500), day("2026-10-26", 1_440)]
        );
        assert_eq!(
            codes(Step::Day, "Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
            [day("2026-03-29", 1_380)]
        );
        // Samoa went without 2011-12-30.
        assert_eq!(
            codes(Step::Day, "Pacific/Apia", "2011-12-29T10:00:00Z", "2011-12-31T10:00:00Z"),
            [day("2011-12-29", 1_440), day("2011-12-31", 1_440)]
        );
        // Half an hour of daylight saving.
        assert_eq!(
            codes(Step::Hour, "Australia/Lord_Howe", "2026-04-04T14:00:00Z", "2026-04-04T16:30:00Z"),
            [
                day("2026-04-05T01:00+11:00", 60),
                day("2026-04-05T01:00+10:30", 30),
                day("2026-04-05T02:00+10:30", 60)
            ]
        );
    }

    #[test]
    fn weeks_begin_on_monday_and_quarters_have_three_months() {
        let first =
            |step, from: &str| codes(step, "Asia/Shanghai", from, "2027-01-01T16:00:00Z")[0].0.clone();
        assert_eq!(first(Step::Week, "2026-11-22T15:59:59Z"), "2026-11-16");
        assert_eq!(first(Step::Week, "2026-11-22T16:00:00Z"), "2026-11-23");
        assert_eq!(first(Step::Month, "2026-11-30T16:00:00Z"), "2026-12");
        assert_eq!(first(Step::Quarter, "2026-09-30T16:00:00Z"), "2026-Q4");
        let days = codes(Step::Weekday, "Asia/Shanghai", "2026-11-21T00:00:00Z", "2026-11-28T00:00:00Z");
        assert_eq!(
            days.iter().map(|day| day.0.as_str()).collect::<Vec<_>>(),
            ["1", "2", "3", "4", "5", "6", "7"]
        );
    }

    #[test]
    fn what_the_range_cuts_off_is_marked() {
        let line = |from, until| {
            Timeline::new(Step::Day, &zone("Asia/Kolkata"), second(from), second(until)).unwrap().moments
        };
        let cut = |moments: Vec<Moment>| moments.iter().map(|moment| moment.is_cut).collect::<Vec<_>>();
        assert_eq!(cut(line("2026-11-20T18:30:00Z", "2026-11-22T18:30:00Z")), [false, false]);
        assert_eq!(cut(line("2026-11-20T18:30:01Z", "2026-11-22T18:29:59Z")), [true, true]);
    }

    #[test]
    fn a_range_of_too_many_hours_is_refused() {
        let refused = Timeline::new(Step::Hour, &zone("UTC"), 0, u32::MAX);
        assert_eq!(refused.unwrap_err(), Error::invalid("group", "too_many"));
    }

    /// The group that jiff's own calendar gives.
    fn expected(step: Step, zone: &TimeZone, second: u32) -> String {
        let time = Timestamp::from_second(second.into()).unwrap().to_zoned(zone.clone());
        let date = time.date();
        let monday = i64::from(date.weekday().to_monday_zero_offset());
        match step {
            Step::Hour => time.strftime("%Y-%m-%dT%H:00%:z").to_string(),
            Step::Day => date.to_string(),
            Step::Week => date.checked_sub(monday.days()).unwrap().to_string(),
            Step::Month => time.strftime("%Y-%m").to_string(),
            Step::Quarter => format!("{}-Q{}", date.year(), (date.month() + 2) / 3),
            Step::HourOfDay => time.hour().to_string(),
            Step::Weekday => (monday + 1).to_string(),
            Step::HourOfWeek => format!("{}-{}", monday + 1, time.hour()),
        }
    }

    proptest! {
        #[test]
        fn every_second_is_where_the_clocks_say(
            name in proptest::sample::select(ZONES),
            step in proptest::sample::select(&Step::ALL[..]),
            from in second("2005-01-01T00:00:00Z")..second("2030-01-01T00:00:00Z"),
            length in 1..60 * 86_400_u32,
            inside in proptest::collection::vec(any::<proptest::sample::Index>(), 1..20),
        ) {
            let zone = zone(name);
            let line = Timeline::new(step, &zone, from, from + length).unwrap();
            prop_assert_eq!(line.stretches[0].0, from);
            prop_assert!(line.stretches.windows(2).all(|two| two[0].0 < two[1].0));
            prop_assert_eq!(line.moments.iter().map(|moment| moment.seconds).sum::<u32>(), length);
            for index in inside {
                let second = from + u32::try_from(index.index(length as usize)).unwrap();
                let stretch = line.stretches.partition_point(|(start, _)| *start <= second) - 1;
                let moment = &line.moments[line.stretches[stretch].1 as usize];
                prop_assert_eq!(&moment.code, &expected(step, &zone, second));
                prop_assert!(moment.from <= second && second < moment.until);
            }
        }
    }
}
