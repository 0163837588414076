//! What is open, what came and what ended: the engine says what the reference says.

use std::collections::BTreeMap;

use proptest::prelude::*;
use standfast_store::fact::FactRow;

use super::compare::{all_behind, by_codes, ids_of};
use super::{Crowd, Reference, ended, order, percentiles, sec};
use crate::facts::Facts;
use crate::{Answer, Figure, Flow, Grouping, Level, Measure, Part, Selection, Step, Turnover, behind};

/// A group of time: its code, its first second, and the second after its last.
type Moment = (String, i64, i64);

/// When a row ended, if it did; never before it came.
fn end(row: &FactRow) -> Option<i64> {
    ended(row).map(|end| sec(end).max(sec(row.created_at)))
}

impl Reference<'_> {
    /// Rows that count and came in the range.
    fn came(&self) -> impl Iterator<Item = &FactRow> {
        self.rows.iter().filter(|row| self.counts(row) && self.is_in_range(row))
    }

    /// Rows that count and ended in the range.
    fn went(&self) -> impl Iterator<Item = &FactRow> {
        let ended = |row: &&FactRow| end(row).is_some_and(|end| (self.from()..self.until()).contains(&end));
        self.rows.iter().filter(|row| self.counts(row) && sec(row.created_at) < self.until()).filter(ended)
    }

    /// Which grouping is one of time.
    fn step(&self) -> Option<usize> {
        self.query.group.iter().position(|grouping| matches!(grouping, Grouping::Step(_)))
    }

    /// The groups of time of an answer, or the range as one.
    fn moments(&self, got: &Answer) -> Vec<Moment> {
        let Some(step) = self.step() else { return vec![(String::new(), self.from(), self.until())] };
        let moment = |member: &crate::Member| {
            let span = member.span.unwrap();
            (member.code.clone(), sec(span.from), sec(span.until))
        };
        got.axes[step].1.iter().map(moment).collect()
    }

    /// What flows in every cell.
    fn flows(&self, got: &Answer) -> BTreeMap<Vec<String>, Flow> {
        let mut flows: BTreeMap<Vec<String>, Flow> = BTreeMap::new();
        let mut note = |codes: Vec<String>, add: fn(&mut Flow)| add(flows.entry(codes).or_default());
        self.came().for_each(|row| note(self.codes(row, sec(row.created_at)), |flow| flow.opened += 1));
        self.went().for_each(|row| note(self.codes(row, end(row).unwrap()), |flow| flow.closed += 1));
        for (code, begin, close) in self.moments(got) {
            let put = |mut codes: Vec<String>| {
                if let Some(step) = self.step() {
                    codes[step].clone_from(&code);
                }
                codes
            };
            for row in self.open(begin) {
                note(put(self.codes(row, begin)), |flow| flow.before += 1);
            }
            for row in self.open(close) {
                note(put(self.codes(row, begin)), |flow| flow.after += 1);
            }
        }
        flows
    }
}

/// Compares the engine with the reference for measures of what is open.
pub(super) fn compare_stock(facts: &Facts, all: &Reference<'_>, got: &Answer) -> Result<(), TestCaseError> {
    let expected = all.flows(got);
    let is_backlog = all.query.measure == Measure::Backlog;
    let found = by_codes(got);
    for (codes, flow) in expected.iter().filter(|_| !all.query.group.is_empty()) {
        match found.get(codes) {
            Some(Figure::Flow(found)) => prop_assert_eq!(found, flow, "{:?}", codes),
            Some(Figure::Backlog { n, .. }) => prop_assert_eq!(*n, flow.after, "{:?}", codes),
            Some(other) => prop_assert!(false, "{:?}", other),
            None => prop_assert!(is_backlog && flow.after == 0, "{:?} is missing: {:?}", codes, flow),
        }
        prop_assert_eq!(flow.before + flow.opened, flow.closed + flow.after, "{:?}", codes);
    }
    prop_assert!(found.keys().all(|codes| expected.contains_key(codes)));
    let open = all.open(all.until());
    match &got.total {
        Figure::Flow(total) => {
            prop_assert_eq!(total.opened, all.came().count() as u64);
            prop_assert_eq!(total.closed, all.went().count() as u64);
            prop_assert_eq!(total.after, open.len() as u64);
            prop_assert_eq!(total.before + total.opened, total.closed + total.after);
        }
        Figure::Backlog { n, ages } => {
            let mut seconds: Vec<u32> =
                open.iter().map(|row| u32::try_from(all.until() - sec(row.created_at)).unwrap()).collect();
            prop_assert_eq!((*n, *ages), (open.len() as u64, percentiles(&mut seconds)));
            prop_assert_eq!(all_behind(facts, all.query, &[], Part::All), ids_of(open));
        }
        other => prop_assert!(false, "{:?}", other),
    }
    found.keys().take(4).try_for_each(|codes| compare_rows_of_stock(facts, all, got, codes))
}

impl Reference<'_> {
    /// Whether groups of time come again and again, or there are two.
    pub(super) fn has_many(&self) -> bool {
        let steps = || {
            self.query.group.iter().filter_map(|grouping| match grouping {
                Grouping::Step(step) => Some(*step),
                Grouping::By(_) => None,
            })
        };
        steps().count() > 1 || steps().any(|step| !step.is_linear())
    }

    /// The ends of all hours of the range, or of its days, with the groups of time that each is in.
    fn ends(&self) -> Vec<(Vec<String>, i64)> {
        let hourly = [Step::Hour, Step::HourOfDay, Step::HourOfWeek].map(Grouping::Step);
        let step =
            if self.query.group.iter().any(|one| hourly.contains(one)) { Step::Hour } else { Step::Day };
        let quarters = (0..).map(|quarter| self.from() + quarter * 900 - self.from().rem_euclid(900));
        let quarters: Vec<i64> = quarters.take_while(|second| *second < self.until()).collect();
        let mut ends: Vec<(Vec<String>, i64)> = Vec::new();
        let mut last = None;
        for second in quarters {
            let second = second.max(self.from());
            let own = self.moment(step, second);
            if last.as_ref() != Some(&own) {
                if let Some((_, end)) = ends.last_mut() {
                    *end = second;
                }
                ends.push((self.steps(second), self.until()));
                last = Some(own);
            }
        }
        ends
    }
}

/// Compares what is open on average with what is open at the end of each hour or day.
pub(super) fn compare_levels(facts: &Facts, all: &Reference<'_>, got: &Answer) -> Result<(), TestCaseError> {
    let mut expected: BTreeMap<Vec<String>, Level> = BTreeMap::new();
    let mut behind: BTreeMap<Vec<String>, BTreeMap<(i64, i64), &FactRow>> = BTreeMap::new();
    let ends = all.ends();
    let codes = |row: &FactRow, steps: &[String]| {
        let mut steps = steps.iter();
        let code = |grouping: &Grouping| match grouping {
            Grouping::By(dimension) => all.value(*dimension, row),
            Grouping::Step(_) => steps.next().unwrap().clone(),
        };
        all.query.group.iter().map(code).collect::<Vec<_>>()
    };
    for (steps, end) in &ends {
        for row in all.open(*end) {
            let cell = codes(row, steps);
            let times = ends.iter().filter(|(other, _)| other == steps).count() as u64;
            let level = expected.entry(cell.clone()).or_default();
            let rows = behind.entry(cell).or_default();
            rows.insert(order(row), row);
            *level = Level { n: rows.len() as u64, open: level.open + 1, times };
        }
    }
    let expected: BTreeMap<_, _> =
        expected.into_iter().map(|(cell, level)| (cell, Figure::Level(level))).collect();
    prop_assert_eq!(by_codes(got), expected);
    let open = all.open(all.until());
    prop_assert_eq!(got.total.n(), open.len() as u64);
    for (cell, rows) in behind.into_iter().take(4) {
        prop_assert_eq!(all_behind(facts, all.query, &cell, Part::All), ids_of(rows.into_values().collect()));
    }
    Ok(())
}

/// Compares what came and what ended at times that come again and again, each by the clock that the row is told by.
pub(super) fn compare_turnover(
    facts: &Facts,
    all: &Reference<'_>,
    got: &Answer,
) -> Result<(), TestCaseError> {
    let mut expected: BTreeMap<Vec<String>, [Vec<&FactRow>; 2]> = BTreeMap::new();
    for row in all.came() {
        expected.entry(all.codes(row, sec(row.created_at))).or_default()[0].push(row);
    }
    for row in all.went() {
        expected.entry(all.codes(row, end(row).unwrap())).or_default()[1].push(row);
    }
    let figure = |[came, went]: &[Vec<&FactRow>; 2]| {
        Figure::Turnover(Turnover { opened: came.len() as u64, closed: went.len() as u64 })
    };
    let figures = expected.iter().map(|(codes, rows)| (codes.clone(), figure(rows)));
    prop_assert_eq!(by_codes(got), figures.collect());
    let total = Flow {
        before: all.open(all.from()).len() as u64,
        opened: all.came().count() as u64,
        closed: all.went().count() as u64,
        after: all.open(all.until()).len() as u64,
    };
    prop_assert_eq!(&got.total, &Figure::Flow(total));
    for (codes, [came, went]) in expected.into_iter().take(5) {
        prop_assert_eq!(all_behind(facts, all.query, &codes, Part::All), ids_of(came));
        prop_assert_eq!(all_behind(facts, all.query, &codes, Part::Met), ids_of(went));
        let selection = Selection { cell: codes, part: Part::Unmet, after: None, limit: 7 };
        prop_assert!(behind(facts, all.query, Some(&Crowd), &selection).is_err());
    }
    Ok(())
}

/// Compares the rows behind a cell: those that came, those that ended, and those that were open at its end.
fn compare_rows_of_stock(
    facts: &Facts,
    all: &Reference<'_>,
    got: &Answer,
    codes: &[String],
) -> Result<(), TestCaseError> {
    let is_here = |row: &FactRow, second: i64| all.codes(row, second) == codes;
    if all.query.measure == Measure::Flow {
        let came = all.came().filter(|row| is_here(row, sec(row.created_at))).collect();
        prop_assert_eq!(all_behind(facts, all.query, codes, Part::All), ids_of(came));
        let went = all.went().filter(|row| is_here(row, end(row).unwrap())).collect();
        prop_assert_eq!(all_behind(facts, all.query, codes, Part::Met), ids_of(went));
    }
    let moments = all.moments(got);
    let mut own = moments.iter().filter(|(code, ..)| all.step().is_none_or(|step| codes[step] == *code));
    let (_, begin, close) = own.next().unwrap();
    let open = all.open(*close).into_iter().filter(|row| is_here(row, *begin)).collect();
    prop_assert_eq!(all_behind(facts, all.query, codes, Part::Unmet), ids_of(open));
    Ok(())
}
