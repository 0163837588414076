//! Since when there is a past: the first day from which requests come regularly. What lies before it is nothing to compare with.
//!
//! One request that was imported with its date of last year does not make a year of days without requests. A day is a beginning
//! when the weeks before it had less than a fortieth of what the weeks from it have; history begins on the latest such day. Growth
//! stays history: nobody's desk grows by forty from one month to the next. So does one day on which everybody writes: of what
//! came from a day on, the busiest day is left out. Nor does a storm of some days: where requests came on several days before, the rise
//! must have lasted two weeks; where they were few, half of the days since. A busy desk that had nothing for four weeks begins anew.
//!
//! What was imported is a past of the desk where it is about as much: requests of one queue of an old system, two a day, are nothing to
//! hold against fifty-seven of a desk that takes in everything. Where the days before the desk's own first had less than a quarter of what
//! its days have, history begins with the desk. A desk that is younger than a week has no other past than what was imported.

use standfast_domain::Time;

use crate::block::Block;
use crate::dimension::Dimension;
use crate::facts::Facts;

/// Dimensions and codes of their values, as a query has them.
type Codes = [(Dimension, Vec<String>)];

/// Seconds of a day.
const DAY: u32 = 86_400;
/// How many days on either side are held against each other: the fewest of these in which enough was to be expected.
const WINDOWS: [usize; 4] = [28, 56, 112, 224];
/// So many requests must have been to be expected before a beginning: of Poisson counts with this mean, one in a million million is
/// zero.
const EXPECTED: u128 = 28;
/// Before a beginning there came less than one in so many of what was to be expected.
const FEWER: u128 = 40;
/// The origin of what was imported.
const IMPORTED: &str = "imported";
/// Imported requests are a past of the desk when there were at least one in so many of what comes since.
const PART: u64 = 4;
/// So many days of the desk's own are needed before that is asked, and so many on either side are looked at.
const OWN: std::ops::RangeInclusive<usize> = 7..=56;
/// Where requests came on at least so many of the days before, as they do once a week, …
const REGULAR: usize = 4;
/// … so many days since must each have had `FEWER` times as many as those before on average; where they came on fewer, half of the
/// days since are enough.
const LASTING: usize = 14;

impl Facts {
    /// When the first request came of the day from which requests come regularly, of whatever kind, with the origins
    /// that a filter lets through and an exception does not: an import has a past of its own. Days are those of UTC. `None` where there are
    /// no such requests.
    #[must_use]
    pub fn history(&self, filter: &Codes, except: &Codes) -> Option<Time> {
        let (first, last) = self.span()?;
        let (first, last) = (first / DAY, last / DAY);
        let passes = |value: u32| {
            let named = |codes: &Vec<String>| {
                codes.iter().any(|code| Dimension::Origin.find(&self.names, code) == Ok(Some(value)))
            };
            let of_origin = |(dimension, _): &&(Dimension, Vec<String>)| *dimension == Dimension::Origin;
            filter.iter().filter(of_origin).all(|(_, codes)| named(codes))
                && !except.iter().filter(of_origin).any(|(_, codes)| named(codes))
        };
        let daily = |passes: &dyn Fn(u32) -> bool| {
            let mut counts = vec![0_u64; usize::try_from(last - first).unwrap_or(0) + 1];
            for block in &self.blocks {
                count(block, first, passes, &mut counts);
            }
            counts
        };
        let counts = daily(&passes);
        let begins = beginning(&counts)?;
        let imported = Dimension::Origin.find(&self.names, IMPORTED).ok().flatten();
        let own = |value| passes(value) && Some(value) != imported;
        let begins = match imported {
            Some(imported) if passes(imported) => own_past(begins, &counts, &daily(&own)),
            _ => begins,
        };
        let day = first + u32::try_from(begins).unwrap_or(0);
        let own = self.blocks.iter().find_map(|block| {
            let place = block.created.partition_point(|second| *second / DAY < day);
            block.created.get(place).copied()
        });
        Some(Time(i64::from(own?) * 1_000_000))
    }
}

/// Where history begins when only a small part of what comes was imported from before: with the desk's `own` requests.
fn own_past(begins: usize, all: &[u64], own: &[u64]) -> usize {
    let Some(first) = beginning(own).filter(|first| *first > begins) else { return begins };
    let (before, since) = (all.get(begins..first).unwrap_or_default(), all.get(first..).unwrap_or_default());
    if since.len() < *OWN.start() {
        return begins;
    }
    let since = since.get(..since.len().min(*OWN.end())).unwrap_or_default();
    let before = before.get(before.len().saturating_sub(*OWN.end())..).unwrap_or_default();
    let sum = |counts: &[u64]| u128::from(counts.iter().sum::<u64>());
    // Both as means: sums times the days of the other.
    let is_part = sum(before) * u128::from(PART) * days(since.len()) < sum(since) * days(before.len());
    if is_part { first } else { begins }
}

/// Adds the rows of a block to the days on which they came.
fn count(block: &Block, first: u32, passes: &dyn Fn(u32) -> bool, counts: &mut [u64]) {
    let origin = Dimension::Origin.of(block);
    let lets: Vec<bool> = origin.values.iter().map(|value| passes(*value)).collect();
    if lets.iter().all(|lets| !lets) {
        return;
    }
    let place = |second: u32| usize::try_from((second / DAY).saturating_sub(first)).unwrap_or(usize::MAX);
    if lets.iter().all(|lets| *lets) {
        // Rows stand in the order of time: where each day ends is enough.
        let mut begin = 0;
        while let Some(second) = block.created.get(begin).copied() {
            let next = (second / DAY + 1) * DAY;
            let end = block.created.partition_point(|other| *other < next).max(begin + 1);
            if let Some(count) = counts.get_mut(place(second)) {
                *count += u64::try_from(end - begin).unwrap_or(0);
            }
            begin = end;
        }
        return;
    }
    for (row, second) in block.created.iter().enumerate() {
        let is_let = lets.get(origin.codes.get(row));
        if is_let.copied().unwrap_or(false)
            && let Some(count) = counts.get_mut(place(*second))
        {
            *count += 1;
        }
    }
}

/// The place of the day on which history begins; none where nothing came.
fn beginning(counts: &[u64]) -> Option<usize> {
    let first = counts.iter().position(|count| *count > 0)?;
    let counts = counts.get(first..).unwrap_or_default();
    let sums: Vec<u64> = std::iter::once(0)
        .chain(counts.iter().scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        }))
        .collect();
    let sum = |from: usize, to: usize| {
        let at = |place: usize| sums.get(place).copied().unwrap_or(0);
        u128::from(at(to) - at(from))
    };
    let lasts = |day: usize, before: usize, after: usize| {
        let is_regular =
            counts.iter().take(day).rev().take(before).filter(|count| **count > 0).nth(REGULAR - 1).is_some();
        let came = sum(day - before, day);
        let high = counts.iter().skip(day).take(after);
        let high = high.filter(|count| u128::from(**count) * days(before) > came * FEWER);
        came == 0 || high.count() >= if is_regular { LASTING } else { LASTING.min(after.div_ceil(2)) }
    };
    let is_beginning = |day: usize| {
        WINDOWS.into_iter().find_map(|window| {
            let (before, after) = (window.min(day), window.min(counts.len() - day));
            let came = sum(day - before, day);
            let busiest = counts.iter().skip(day).take(after).max().filter(|_| came > 0);
            // As many as come from this day on, in as many days as are looked at before it: both sides times `after`.
            let expected = (sum(day, day + after) - u128::from(busiest.copied().unwrap_or(0))) * days(before);
            (expected >= EXPECTED * days(after))
                .then(|| came * FEWER * days(after) < expected && lasts(day, before, after))
        })
    };
    let latest = (1..counts.len()).rev().find(|day| is_beginning(*day) == Some(true));
    let latest = latest.unwrap_or(0);
    let began = counts.iter().skip(latest).position(|count| *count > 0)?;
    Some(first + latest + began)
}

fn days(days: usize) -> u128 {
    u128::try_from(days).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `quiet` days with nothing after a day with `first`, then `days` of `each`.
    fn course(first: u64, quiet: usize, each: u64, days: usize) -> Vec<u64> {
        let mut counts = vec![first];
        counts.resize(quiet + 1, 0);
        counts.resize(quiet + 1 + days, each);
        counts
    }

    #[test]
    fn an_old_request_is_no_past() {
        assert_eq!(beginning(&course(1, 96, 20, 90)), Some(97));
        assert_eq!(beginning(&course(1, 96, 20, 3)), Some(97), "a fresh desk");
        assert_eq!(beginning(&course(4, 9, 20, 30)), Some(10), "and not when it is of last week");
        // Seven within three months.
        let mut sparse = course(1, 90, 20, 60);
        for day in [12, 30, 41, 55, 60, 78] {
            sparse[day] = 1;
        }
        assert_eq!(beginning(&sparse), Some(91));
    }

    #[test]
    fn a_small_import_is_no_past_of_a_large_desk() {
        let course = |imported: u64, days: usize| {
            let mut all = vec![imported; 180];
            all.extend(vec![57; days]);
            let mut own = vec![0; 180];
            own.extend(vec![57; days]);
            own_past(beginning(&all).unwrap(), &all, &own)
        };
        assert_eq!(course(2, 84), 180, "one queue of an old desk");
        assert_eq!(course(14, 84), 180);
        assert_eq!([course(15, 84), course(40, 84), course(300, 84)], [0; 3], "about as much");
        assert_eq!(course(2, 6), 0, "too early to tell");
    }

    #[test]
    fn a_desk_begins_with_its_first_request_and_may_grow() {
        assert_eq!(beginning(&[]), None);
        assert_eq!(beginning(&[0, 0]), None);
        assert_eq!(beginning(&[0, 3]), Some(1));
        assert_eq!(beginning(&[20; 90]), Some(0));
        // From one a day to two hundred within a year, and two weeks without anything.
        let growing: Vec<u64> =
            (0..365).map(|day| if (100..114).contains(&day) { 0 } else { 1 + day * day / 660 }).collect();
        assert_eq!(beginning(&growing), Some(0));
        // One in a week is regular as well, and one old request before it is not.
        let weekly: Vec<u64> = (0..900).map(|day| u64::from(day % 7 == 0)).collect();
        assert_eq!(beginning(&weekly), Some(0));
        let late: Vec<u64> = (0..900).map(|day| u64::from(day == 0 || day >= 400 && day % 7 == 0)).collect();
        assert_eq!(beginning(&late), Some(406));
    }

    #[test]
    fn four_weeks_of_nothing_at_a_busy_desk_are_an_end() {
        let hole = |days: usize| {
            let mut counts = vec![20; 100];
            counts.extend(vec![0; days]);
            counts.extend(vec![20; 100]);
            beginning(&counts)
        };
        assert_eq!((hole(14), hole(30)), (Some(0), Some(130)));
    }

    #[test]
    fn a_day_on_which_everybody_writes_begins_nothing() {
        let mut counts = vec![20; 60];
        counts.push(3_000);
        assert_eq!(beginning(&counts), Some(0), "today");
        counts.push(400);
        assert_eq!(beginning(&counts), Some(0), "the day after");
        counts.extend(vec![20; 20]);
        assert_eq!(beginning(&counts), Some(0));
    }

    #[test]
    fn a_storm_of_some_days_begins_nothing_and_what_lasts_does() {
        let course = |every: usize, storm: usize, after: usize| {
            let mut counts: Vec<u64> = (0..84).map(|day| u64::from(day % every == 0)).collect();
            counts.extend(vec![100; storm]);
            counts.extend(vec![1; after]);
            beginning(&counts)
        };
        for every in [1, 2, 7] {
            for storm in [1, 3, 6, 13] {
                for after in 0..40 {
                    assert_eq!(course(every, storm, after), Some(0), "{every} {storm} {after}");
                }
            }
            assert_eq!(course(every, 14, 0), Some(84), "{every}");
            assert_eq!(course(every, 60, 0), Some(84), "{every}");
        }
    }

    proptest! {
        #[test]
        fn what_comes_evenly_has_its_whole_past(counts in prop::collection::vec(10_u64..60, 1..400)) {
            prop_assert_eq!(beginning(&counts), Some(0));
        }

        #[test]
        fn it_begins_on_a_day_with_requests(counts in prop::collection::vec(0_u64..400, 0..300)) {
            let found = beginning(&counts);
            prop_assert_eq!(found.is_some(), counts.iter().any(|count| *count > 0));
            prop_assert!(found.is_none_or(|day| counts[day] > 0));
        }
    }
}
