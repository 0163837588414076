//! What the engine says is what the reference says.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use proptest::prelude::*;
use standfast_store::fact::FactRow;

use super::random::{asked, rows};
use super::stock::{compare_levels, compare_stock, compare_turnover};
use super::{Crowd, Reference, counting, ended, facts_of, order, sec};
use crate::facts::Facts;
use crate::{
    Answer, Dimension, Exposure as _, Figure, Grouping, Measure, Part, Query, Selection, Step, Users, answer,
    behind, survival,
};

/// The cells of an answer by their codes.
pub(super) fn by_codes(answer: &Answer) -> BTreeMap<Vec<String>, Figure> {
    let code = |(place, axis): (&usize, &(Grouping, Vec<crate::Member>))| axis.1[*place].code.clone();
    answer
        .cells
        .iter()
        .map(|cell| (cell.at.iter().zip(&answer.axes).map(code).collect(), cell.figure.clone()))
        .collect()
}

/// Every request behind a cell, page by page.
pub(super) fn all_behind(facts: &Facts, query: &Query, codes: &[String], part: Part) -> Vec<i64> {
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let selection = Selection { cell: codes.to_vec(), part, after, limit: 7 };
        let page = behind(facts, query, Some(&Crowd), &selection).unwrap();
        ids.extend(page.rows.iter().map(|row| row.id.0));
        after = page.next;
        if after.is_none() {
            return ids;
        }
    }
}

pub(super) fn ids_of(mut rows: Vec<&FactRow>) -> Vec<i64> {
    rows.sort_by_key(|row| order(row));
    rows.iter().map(|row| row.id.0).collect()
}

/// Compares the engine with the reference for measures of what came.
fn compare_flows_in(facts: &Facts, all: &Reference<'_>, got: &Answer) -> Result<(), TestCaseError> {
    let cells = all.cells();
    let grouped = !all.query.group.is_empty();
    let expected: BTreeMap<_, _> =
        cells.iter().filter(|_| grouped).map(|(codes, rows)| (codes.clone(), all.figure(rows))).collect();
    prop_assert_eq!(by_codes(got), expected);
    let everything: Vec<&FactRow> = cells.values().flatten().copied().collect();
    prop_assert_eq!(&got.total, &all.figure(&everything));
    let counted = all.rows.iter().filter(|row| all.is_in_range(row) && all.counts(row)).count();
    prop_assert_eq!(got.left_out, (counted - everything.len()) as u64);
    prop_assert_eq!(all_behind(facts, all.query, &[], Part::All), ids_of(everything.clone()));
    for (codes, rows) in cells.iter().filter(|_| grouped).take(5) {
        prop_assert_eq!(all_behind(facts, all.query, codes, Part::All), ids_of(rows.clone()));
        if let Figure::Share { .. } = got.total {
            let (met, unmet): (Vec<&FactRow>, Vec<_>) = rows.iter().partition(|row| all.is_met(row));
            prop_assert_eq!(all_behind(facts, all.query, codes, Part::Met), ids_of(met));
            prop_assert_eq!(all_behind(facts, all.query, codes, Part::Unmet), ids_of(unmet));
        }
        if let Figure::Spread(_) = got.total {
            let (met, unmet): (Vec<&FactRow>, Vec<_>) =
                rows.iter().partition(|row| all.duration(row).is_some());
            prop_assert_eq!(all_behind(facts, all.query, codes, Part::Met), ids_of(met));
            prop_assert_eq!(all_behind(facts, all.query, codes, Part::Unmet), ids_of(unmet));
        }
    }
    Ok(())
}

/// A day of the range: its first second there, and whether the range holds it whole.
type Days = BTreeMap<Date, (i64, bool)>;

impl Reference<'_> {
    fn date(&self, second: i64) -> Date {
        Timestamp::from_second(second).unwrap().to_zoned(self.query.zone.clone()).date()
    }

    fn days(&self) -> Days {
        let mut days = Days::new();
        // Days begin at whole quarters of an hour.
        let quarters = (self.from() / 900 + 1..).map(|quarter| quarter * 900);
        for second in [self.from()].into_iter().chain(quarters).take_while(|second| *second < self.until()) {
            days.entry(self.date(second)).or_insert((second, true));
        }
        for (inside, outside) in [(self.from(), self.from() - 1), (self.until() - 1, self.until())] {
            if self.date(inside) == self.date(outside) {
                days.get_mut(&self.date(inside)).unwrap().1 = false;
            }
        }
        days
    }

    /// The groups of an instant on the axes of time.
    pub(super) fn steps(&self, second: i64) -> Vec<String> {
        let step = |grouping: &Grouping| match grouping {
            Grouping::Step(step) => Some(self.moment(*step, second)),
            Grouping::By(_) => None,
        };
        self.query.group.iter().filter_map(step).collect()
    }

    /// The groups of time of a row, by the clock that it is told by.
    fn steps_of(&self, row: &FactRow) -> Vec<String> {
        let step = |grouping: &Grouping| match grouping {
            Grouping::Step(step) => Some(Self::moment_in(self.clock(*step, row), *step, sec(row.created_at))),
            Grouping::By(_) => None,
        };
        self.query.group.iter().filter_map(step).collect()
    }

    /// All groups of time in which something of a day is.
    fn moments_of(&self, days: &Days) -> BTreeMap<Date, BTreeSet<Vec<String>>> {
        let of = |(day, (first, _)): (&Date, &(i64, bool))| {
            let quarters = (0..).map(|quarter| first + quarter * 900);
            let own = quarters.take_while(|second| *second < self.until() && self.date(*second) == *day);
            (*day, own.map(|second| self.steps(second)).collect())
        };
        days.iter().map(of).collect()
    }

    /// How many people of a group used the app on a day, if that is known and the day is whole.
    fn users(&self, day: Date, is_whole: bool, group: &[(Dimension, String)]) -> Option<u64> {
        let named = |list: &[(Dimension, Vec<String>)], dimension| {
            let own = list.iter().find(|(known, _)| *known == dimension);
            own.map(|(_, codes)| codes.iter().cloned().collect::<BTreeSet<_>>())
        };
        // Values, each with whether it is added or taken off.
        let values = |dimension| -> Vec<(Option<String>, i64)> {
            let except = named(&self.query.except, dimension).unwrap_or_default();
            if let Some((_, code)) = group.iter().find(|(known, _)| *known == dimension) {
                return vec![(Some(code.clone()), 1)];
            }
            match named(&self.query.filter, dimension) {
                Some(only) => only.difference(&except).map(|code| (Some(code.clone()), 1)).collect(),
                None => {
                    [(None, 1)].into_iter().chain(except.into_iter().map(|code| (Some(code), -1))).collect()
                }
            }
        };
        let [versions, regions, platforms] =
            [Dimension::AppVersion, Dimension::Region, Dimension::Platform].map(values);
        let mut sum = 0;
        for (version, one) in &versions {
            for (region, two) in &regions {
                for (platform, three) in &platforms {
                    let users = Users {
                        version: version.as_deref(),
                        region: region.as_deref(),
                        platform: platform.as_deref(),
                    };
                    let all = Crowd.user_days(day, day.tomorrow().unwrap(), users).filter(|_| is_whole)?;
                    sum += one * two * three * i64::try_from(all).unwrap();
                }
            }
        }
        Some(u64::try_from(sum.max(0)).unwrap())
    }
}

/// Requests, people where they are known, and the rows.
type Asked<'a> = (u64, Option<u64>, Vec<&'a FactRow>);

/// Compares the contact rate: requests and people of whole days of which the people are known.
fn compare_rate(facts: &Facts, all: &Reference<'_>, got: &Answer) -> Result<(), TestCaseError> {
    let days = all.days();
    let moments = all.moments_of(&days);
    let population: Vec<&FactRow> =
        all.rows.iter().filter(|row| all.is_in_range(row) && all.counts(row)).collect();
    let dimensions = || {
        all.query.group.iter().filter_map(|grouping| match grouping {
            Grouping::By(dimension) => Some(*dimension),
            Grouping::Step(_) => None,
        })
    };
    let mut groups: BTreeMap<Vec<String>, Vec<&FactRow>> = BTreeMap::new();
    for row in &population {
        groups
            .entry(dimensions().map(|dimension| all.value(dimension, row)).collect())
            .or_default()
            .push(row);
    }
    let mut expected: BTreeMap<Vec<String>, Asked<'_>> = BTreeMap::new();
    for (values, rows) in groups.iter().filter(|_| !all.query.group.is_empty()) {
        let group: Vec<_> = dimensions().zip(values.iter().cloned()).collect();
        for (day, (_, is_whole)) in &days {
            let Some(users) = all.users(*day, *is_whole, &group) else { continue };
            let mut own: BTreeMap<Vec<String>, Vec<&FactRow>> = BTreeMap::new();
            for row in rows.iter().filter(|row| all.date(sec(row.created_at)) == *day) {
                own.entry(all.steps_of(row)).or_default().push(row);
            }
            // Whatever of the day is in a cell, all of its people are, once; the clock of a region may tell another cell.
            let people = moments[day].iter().map(|steps| (steps.clone(), Some(users), Vec::new()));
            let came = own.into_iter().map(|(steps, rows)| (steps, None, rows));
            for (steps, users, rows) in people.chain(came) {
                let (mut values, mut steps_of) = (values.iter(), steps.iter());
                let code = |grouping: &Grouping| match grouping {
                    Grouping::By(_) => values.next().unwrap().clone(),
                    Grouping::Step(_) => steps_of.next().unwrap().clone(),
                };
                let cell = expected.entry(all.query.group.iter().map(code).collect()).or_default();
                if let Some(users) = users {
                    *cell.1.get_or_insert(0) += users;
                }
                cell.0 += rows.len() as u64;
                cell.2.extend(rows);
            }
        }
    }
    let figures = expected
        .iter()
        .map(|(codes, (n, users, _))| (codes.clone(), Figure::Rate { n: *n, user_days: *users }));
    prop_assert_eq!(by_codes(got), figures.collect());
    let known = |row: &&&FactRow| {
        let day = all.date(sec(row.created_at));
        all.users(day, days[&day].1, &[]).is_some()
    };
    let total: Vec<&FactRow> = population.iter().filter(known).copied().collect();
    let users = days
        .iter()
        .filter_map(|(day, (_, is_whole))| all.users(*day, *is_whole, &[]))
        .reduce(|one, more| one + more);
    prop_assert_eq!(&got.total, &Figure::Rate { n: total.len() as u64, user_days: users });
    prop_assert_eq!(got.left_out, (population.len() - total.len()) as u64);
    prop_assert_eq!(all_behind(facts, all.query, &[], Part::All), ids_of(total));
    for (codes, (_, _, rows)) in expected.into_iter().take(5) {
        prop_assert_eq!(all_behind(facts, all.query, &codes, Part::All), ids_of(rows));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_engine_says_what_the_reference_says(rows in rows(), asked in asked(), threads in 1..4_usize, most in 2..60_usize) {
        let query = asked.query(&rows);
        let facts = facts_of(&rows, most);
        let all = Reference { rows: &rows, query: &query };
        let got = match answer(&facts, &query, Some(&Crowd), threads) {
            Ok(got) => got,
            Err(crate::Error::Invalid { field: "clock", reason: "one_clock" }) => {
                prop_assert!(query.measure == Measure::Backlog && query.own_clocks && all.has_many());
                return Ok(());
            }
            Err(crate::Error::Invalid { field: "group", reason: "too_many" }) => {
                let hours = query.group.iter().filter(|one| **one == Grouping::Step(Step::Hour)).count();
                let steps = query.group.iter().filter(|one| matches!(one, Grouping::Step(_))).count();
                prop_assert!(hours > 0 && steps == 2, "{:?}", query.group);
                return Ok(());
            }
            Err(crate::Error::Invalid { field: "from", .. }) => {
                prop_assert!(query.from.is_some_and(|from| sec(from) >= all.until()));
                return Ok(());
            }
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        for (code, n) in &got.excluded {
            let expected = rows.iter().filter(|row| all.is_in_range(row) && all.passes(row) && counting(row) == *code);
            prop_assert_eq!(*n, expected.count() as u64, "{}", code);
        }
        match query.measure {
            Measure::Backlog if all.has_many() => compare_levels(&facts, &all, &got)?,
            Measure::Flow if all.has_many() => compare_turnover(&facts, &all, &got)?,
            Measure::Backlog | Measure::Flow => compare_stock(&facts, &all, &got)?,
            Measure::ContactRate => compare_rate(&facts, &all, &got)?,
            _ => compare_flows_in(&facts, &all, &got)?,
        }
    }

    /// Rows that come one by one, in any order and several times, make the same facts as those that are loaded.
    #[test]
    fn the_order_in_which_rows_come_does_not_matter(
        rows in rows(),
        order in proptest::collection::vec(any::<proptest::sample::Index>(), 0..300),
        most in 2..40_usize,
    ) {
        let loaded = facts_of(&rows, usize::MAX / 4);
        let all: Vec<_> = loaded.blocks.iter().flat_map(|block| (0..block.len()).filter_map(|place| block.row(place))).collect();
        let mut facts = Facts::new(most);
        let some = order.iter().filter(|_| !all.is_empty()).map(|index| *index.get(&all));
        for row in some.chain(all.iter().copied()) {
            facts.put(&row);
            prop_assert_eq!(facts.find(row.key()), Some(row));
        }
        prop_assert!(facts.blocks.iter().all(|block| (1..=most).contains(&block.len())));
        let rows: Vec<_> = facts.blocks.iter().flat_map(|block| (0..block.len()).filter_map(|place| block.row(place))).collect();
        prop_assert_eq!(&rows, &all);
        prop_assert_eq!(facts.len(), all.len());
    }

    #[test]
    fn survival_pairs_are_every_row_once(rows in rows(), asked in asked(), most in 2..60_usize) {
        let query = Query { measure: Measure::FirstResponse, ..asked.query(&rows) };
        let facts = facts_of(&rows, most);
        let all = Reference { rows: &rows, query: &query };
        let Ok(found) = survival(&facts, &query, crate::Duration::FirstResponse, 2) else {
            return Err(TestCaseError::reject("the range is empty, or has too many hours"));
        };
        let found: BTreeMap<_, _> = found.into_iter().collect();
        let cells = all.cells();
        prop_assert_eq!(found.keys().collect::<Vec<_>>(), cells.keys().collect::<Vec<_>>());
        for (codes, rows) in cells {
            let (mut events, mut censored) = (BTreeMap::new(), BTreeMap::new());
            for row in rows {
                let waited = (all.now() - sec(row.created_at)).max(0);
                let end = ended(row).map_or(i64::MAX, |end| (sec(end) - sec(row.created_at)).max(0));
                match all.duration(row) {
                    Some(seconds) => *events.entry(seconds).or_insert(0_u64) += 1,
                    None => *censored.entry(u32::try_from(waited.min(end)).unwrap()).or_insert(0_u64) += 1,
                }
            }
            let pairs = &found[&codes];
            prop_assert_eq!(&pairs.events, &events.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(&pairs.censored, &censored.into_iter().collect::<Vec<_>>());
        }
    }
}
