//! Requests of each day of a place, and who could have asked on it: what comparisons of days are made of.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use standfast_domain::{Day, Time};
use standfast_science::effect;

use crate::answer::answer;
use crate::calendar::{Step, date};
use crate::dimension::Dimension;
use crate::error::Error;
use crate::exposure::{Exposure, Filter, People, Users};
use crate::facts::Facts;
use crate::measure::Measure;
use crate::query::{Grouping, Query};

/// A day without any request at all was closed, or was not recorded, at a desk that has at least so many on its other days:
/// of Poisson counts with this mean, one in 22,000 is zero.
const BUSY: u64 = 10;

/// Days in a row, from the first up to, but without, the second.
pub(crate) type Days = (Day, Day);

/// What is counted in days.
pub(crate) struct Daily<'a> {
    pub(crate) facts: &'a Facts,
    /// Its zone, its time and its filter; what it measures and groups by does not matter.
    pub(crate) query: &'a Query,
    pub(crate) exposure: Option<&'a dyn Exposure>,
    pub(crate) threads: usize,
}

/// The first moment of a day by the clocks of a zone.
#[must_use]
pub fn day_start(day: Day, zone: &TimeZone) -> Time {
    date(day.0).to_zoned(zone.clone()).map_or(Time(0), |at| Time(at.timestamp().as_microsecond()))
}

/// The day on which a time falls by the clocks of a zone.
#[must_use]
pub fn day_in(time: Time, zone: &TimeZone) -> Day {
    let at = Timestamp::from_microsecond(time.0).unwrap_or_default().to_zoned(zone.clone());
    Day::parse(&at.date().to_string()).unwrap_or(Day(0))
}

/// 0 for Monday.
pub(crate) fn weekday(day: Day) -> u8 {
    // 1970-01-01 was a Thursday.
    u8::try_from((day.0 + 3).rem_euclid(7)).unwrap_or(0)
}

pub(crate) fn length((from, until): Days) -> usize {
    usize::try_from(until.0 - from.0).unwrap_or(0)
}

impl Daily<'_> {
    /// Today, which is not over.
    pub(crate) fn today(&self) -> Day {
        day_in(self.query.now, &self.query.zone)
    }

    /// The first whole day of the past ([`Facts::history`]): the one after that on which it begins.
    pub(crate) fn first(&self) -> Option<Day> {
        let begins = self.facts.history(&self.query.filter, &self.query.except)?;
        Some(day_in(begins, &self.query.zone).plus(1))
    }

    /// How many requests came on each day, by value of a dimension; without one, of the value `""`. Every value has as many
    /// numbers as there are days.
    pub(crate) fn counts(
        &self,
        days: Days,
        filter: &[(Dimension, Vec<String>)],
        group: Option<Dimension>,
    ) -> Result<BTreeMap<String, Vec<u64>>, Error> {
        let length = length(days);
        let mut counts = BTreeMap::new();
        if group.is_none() {
            counts.insert(String::new(), vec![0; length]);
        }
        if length == 0 {
            return Ok(counts);
        }
        let query = Query {
            measure: Measure::Requests,
            filter: filter.to_vec(),
            from: Some(day_start(days.0, &self.query.zone)),
            until: Some(day_start(days.1, &self.query.zone)),
            group: [Grouping::Step(Step::Day)].into_iter().chain(group.map(Grouping::By)).collect(),
            ..self.query.clone()
        };
        let answer = answer(self.facts, &query, None, self.threads)?;
        let code = |axis: usize, at: &[usize]| {
            let members = &answer.axes.get(axis)?.1;
            members.get(*at.get(axis)?).map(|member| member.code.as_str())
        };
        for cell in &answer.cells {
            let Some(day) = code(0, &cell.at).and_then(Day::parse) else { continue };
            let value = code(1, &cell.at).unwrap_or_default();
            let numbers = counts.entry(value.to_owned()).or_insert_with(|| vec![0; length]);
            let place = usize::try_from(day.0 - days.0.0).ok();
            if let Some(number) = place.and_then(|place| numbers.get_mut(place)) {
                *number = cell.figure.n();
            }
        }
        Ok(counts)
    }

    /// On which days the desk took requests. A small desk has days on which nobody asks: it counts as always open.
    pub(crate) fn open(&self, days: Days) -> Result<Vec<bool>, Error> {
        let counts = self.counts(days, &[], None)?.remove("").unwrap_or_default();
        let full = counts.iter().filter(|count| **count > 0);
        let (open, sum) = full.fold((0, 0), |(open, sum), count| (open + 1, sum + count));
        let is_busy = sum >= BUSY * open;
        Ok(counts.into_iter().map(|count| count > 0 || !is_busy).collect())
    }

    /// How many people could have asked on each day: of the versions, regions and platforms that the filter lets through, and of this
    /// value where it is one of those. `None` where that is not known. A day takes the users of the day in UTC with its date.
    pub(crate) fn users(
        &self,
        days: Days,
        filter: &[(Dimension, Vec<String>)],
        value: Option<(Dimension, &str)>,
    ) -> Vec<Option<u64>> {
        let named = |wanted| value.filter(|(dimension, _)| *dimension == wanted).map(|(_, code)| code);
        let users = Users {
            version: named(Dimension::AppVersion),
            region: named(Dimension::Region),
            platform: named(Dimension::Platform),
        };
        let filter = Filter { only: filter, except: &self.query.except };
        let people = self.exposure.map(|exposure| People::new(exposure, filter, users));
        (days.0.0..days.1.0).map(|day| people.as_ref()?.on(date(day))).collect()
    }
}

/// Days as the statistics take them. Closed days have no count; nor have those whose users are asked for and not known.
pub(crate) fn days_of(
    first: Day,
    counts: &[u64],
    open: &[bool],
    users: Option<&[Option<u64>]>,
) -> Vec<effect::Day> {
    let day = |(index, (count, open)): (usize, (&u64, &bool))| {
        let weekday = weekday(first.plus(i64::try_from(index).unwrap_or(0)));
        let users = match users {
            Some(users) => users.get(index).copied().flatten().filter(|users| *users > 0),
            None => Some(1),
        };
        let count = users.filter(|_| *open).map(|_| *count);
        effect::Day { weekday, count, exposure: real(users.unwrap_or(1)) }
    };
    counts.iter().zip(open).enumerate().map(day).collect()
}

/// A count as a real number.
#[expect(clippy::cast_precision_loss, reason = "counts of requests and users stay far below 2^53")]
pub(crate) fn real(count: u64) -> f64 {
    count as f64
}
