//! A question asked of two periods: how far each figure moved, and how far chance alone may have moved it.
//!
//! Counts of days vary more than Poisson's and resemble each other, so that two sums say nothing of it. How much more is
//! learned from the days themselves: those of the later period and of the eight weeks before, with a step between the two, as
//! [`standfast_science::effect`] has it. The interval of a ratio of counts is that of
//! [`standfast_science::interval::rate_ratio`] with this dispersion. So a week can be compared with the week before, which by
//! themselves are too short for it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use standfast_domain::{Day, Time};
use standfast_science::effect::{self, compare_days};
use standfast_science::multiplicity::benjamini_hochberg;

use crate::answer::{Answer, Figure, answer};
use crate::calendar::Step;
use crate::daily::{Daily, day_in, day_start, real, weekday};
use crate::difference::{Difference, FOUND, correct};
use crate::dimension::Dimension;
use crate::error::Error;
use crate::exposure::Exposure;
use crate::facts::Facts;
use crate::measure::{Measure, Recipe};
use crate::query::{Grouping, Query};
use crate::scan::side_by_side;

/// Days of the past that tell how much days vary.
const PAST: i64 = 56;
/// The least that is looked at as later.
const LEAST: i64 = 7;
/// Has no part in it; a study wants one.
const WORTHWHILE: f64 = 0.15;

/// Of so few requests in both periods together nothing is told.
const FEWEST: u64 = 10;
/// Most values of one dimension, those with most requests: whoever writes a thousand versions hides none of the others.
const MOST_VALUES: usize = 100;

/// Two periods of a question.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What is measured.
    pub measure: Measure,
    /// In the question's own period.
    pub now: Answer,
    /// In the one that it is compared with.
    pub before: Answer,
    /// The change of all together; none where there is nothing to compare.
    pub change: Option<Difference>,
    /// The changes of the cells of `now`, in their order; none where they are groups of time.
    pub changes: Vec<Option<Difference>>,
    /// The figures before of the cells of `now`.
    pub were: Vec<Option<Figure>>,
}

/// Answers a question for its own period and for another one.
pub fn compare(
    facts: &Facts,
    query: &Query,
    earlier: (Time, Time),
    exposure: Option<&dyn Exposure>,
    threads: usize,
) -> Result<Comparison, Error> {
    let now = answer(facts, query, exposure, threads)?;
    let past = Query { from: Some(earlier.0), until: Some(earlier.1), ..query.clone() };
    let before = answer(facts, &past, exposure, threads)?;
    if !is_past(facts, query, earlier.0) {
        // Before requests came regularly there is no period to compare with, whatever came in it.
        let none = vec![None; now.cells.len()];
        let were = vec![None; now.cells.len()];
        return Ok(Comparison { measure: query.measure, now, before, change: None, changes: none, were });
    }
    let days = Variation { facts, query, exposure, threads, until: now.until, from: now.from };
    let total = days.dispersions(None)?.remove("");
    let change = Difference::between(query.measure, &now.total, &before.total, total);
    let (changes, were) = match query.group.as_slice() {
        [Grouping::By(dimension)] => days.changes(*dimension, &now, &before)?,
        _ => (vec![None; now.cells.len()], vec![None; now.cells.len()]),
    };
    Ok(Comparison { measure: query.measure, now, before, change, changes, were })
}

/// Whether a period that begins then lies within the past ([`Facts::history`]), of whose first day it is not known how much there was.
pub(crate) fn is_past(facts: &Facts, query: &Query, from: Time) -> bool {
    let first = Daily { facts, query, exposure: None, threads: 1 }.first();
    first.is_some_and(|first| from >= day_start(first, &query.zone))
}

/// How the count of one value of a dimension moved.
#[derive(Clone, Debug, PartialEq)]
pub struct Mover {
    /// The dimension.
    pub dimension: Dimension,
    /// The value's code.
    pub code: String,
    /// Requests of the period.
    pub now: u64,
    /// Requests of the one before.
    pub before: u64,
    /// The change; none of what is new.
    pub change: Option<Difference>,
    /// The test, corrected for all values that were looked at (Benjamini & Hochberg); `None` where there is none.
    pub q: Option<f64>,
}

/// What moved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Movers {
    /// The values of either period that were looked at: those found to have moved first, then those that are new or gone, and
    /// of these those that moved by most requests.
    pub values: Vec<Mover>,
    /// How many were tested.
    pub tested: usize,
    /// Values with fewer than ten requests in both periods together, and those beyond the hundred most frequent of a dimension.
    pub left_out: usize,
}

impl Mover {
    /// Found to have moved, among all that were looked at.
    #[must_use]
    pub fn is_found(&self) -> bool {
        self.q.is_some_and(|q| q <= FOUND)
    }
}

/// Of which values of some dimensions the number of requests moved by more than their days do anyhow.
pub(crate) fn movers(
    facts: &Facts,
    query: &Query,
    earlier: (Time, Time),
    dimensions: &[Dimension],
    threads: usize,
) -> Result<Movers, Error> {
    let mut found = Movers::default();
    if !is_past(facts, query, earlier.0) {
        return Ok(found);
    }
    // What is counted is little: each dimension is left to one thread, and several go on at the same time.
    let parts = side_by_side(dimensions, threads, |dimension| {
        let query = Query { group: vec![Grouping::By(*dimension)], ..query.clone() };
        let past = Query { from: Some(earlier.0), until: Some(earlier.1), ..query.clone() };
        let (now, before) = (answer(facts, &query, None, 1)?, answer(facts, &past, None, 1)?);
        let days =
            Variation { facts, query: &query, exposure: None, threads: 1, until: now.until, from: now.from };
        let (changes, _) = days.changes(*dimension, &now, &before)?;
        Ok::<_, Error>((now, before, changes))
    });
    for (dimension, part) in dimensions.iter().zip(parts) {
        let (now, before, changes) = part?;
        let mut gone: BTreeMap<&str, u64> = coded(&before).map(|(code, figure)| (code, figure.n())).collect();
        let now = coded(&now).zip(&changes).map(|((code, figure), change)| {
            let before = gone.remove(code).unwrap_or(0);
            let change = *change;
            Mover { dimension: *dimension, code: code.to_owned(), now: figure.n(), before, change, q: None }
        });
        let mut values: Vec<_> = now.collect();
        values.extend(gone.into_iter().map(|(code, before)| Mover {
            dimension: *dimension,
            code: code.to_owned(),
            now: 0,
            before,
            change: None,
            q: None,
        }));
        let looked_at = values.len();
        values.retain(|value| value.now + value.before >= FEWEST);
        values.sort_by_key(|value| Reverse(value.now + value.before));
        values.truncate(MOST_VALUES);
        found.left_out += looked_at - values.len();
        found.values.append(&mut values);
    }
    let tests = |value: &Mover| value.change.and_then(|change| change.p);
    let p: Vec<f64> = found.values.iter().filter_map(tests).collect();
    found.tested = p.len();
    let mut corrected = benjamini_hochberg(&p).into_iter();
    for value in found.values.iter_mut().filter(|value| tests(value).is_some()) {
        value.q = corrected.next();
        if let Some(change) = &mut value.change {
            change.q = value.q;
        }
    }
    found.values.sort_by_key(|value| {
        let is_new = value.now == 0 || value.before == 0;
        (!value.is_found(), !is_new, Reverse(value.now.abs_diff(value.before)))
    });
    Ok(found)
}

/// The cells of an answer with one axis, by their codes.
fn coded(answer: &Answer) -> impl Iterator<Item = (&str, &Figure)> {
    answer.cells.iter().map(|cell| {
        let member = answer.axes.first().zip(cell.at.first()).and_then(|((_, members), at)| members.get(*at));
        (member.map_or("", |member| member.code.as_str()), &cell.figure)
    })
}

/// How much the days of a measure vary.
struct Variation<'a> {
    facts: &'a Facts,
    query: &'a Query,
    exposure: Option<&'a dyn Exposure>,
    threads: usize,
    from: Time,
    until: Time,
}

/// The changes of an answer's cells, and what they were.
type Changes = (Vec<Option<Difference>>, Vec<Option<Figure>>);

impl Variation<'_> {
    /// How far each value of a dimension moved.
    fn changes(&self, dimension: Dimension, now: &Answer, before: &Answer) -> Result<Changes, Error> {
        let dispersions = self.dispersions(Some(Grouping::By(dimension)))?;
        let known: BTreeMap<&str, &Figure> = coded(before).collect();
        let (mut changes, mut were) = (vec![None; now.cells.len()], vec![None; now.cells.len()]);
        for (((code, figure), change), was) in coded(now).zip(&mut changes).zip(&mut were) {
            *was = known.get(code).map(|figure| (*figure).clone());
            let dispersion = dispersions.get(code).copied();
            *change =
                was.as_ref().and_then(|was| Difference::between(self.query.measure, figure, was, dispersion));
        }
        correct(changes.iter_mut().flatten());
        Ok((changes, were))
    }

    /// How many times more than Poisson's the counts of days vary, their likeness included, for each value of a dimension or
    /// of all together. Nothing of what is no count, and of what has too few days.
    fn dispersions(&self, by: Option<Grouping>) -> Result<BTreeMap<String, f64>, Error> {
        let mut found = BTreeMap::new();
        let is_count = matches!(
            self.query.measure.recipe(),
            Recipe::Count | Recipe::Sum(_) | Recipe::Rate | Recipe::Customers { often: false }
        );
        let zone = &self.query.zone;
        let daily =
            Daily { facts: self.facts, query: self.query, exposure: self.exposure, threads: self.threads };
        // The last day is not over where the period ends within it.
        let end = day_in(self.until, zone).min(daily.today());
        let length = (end.0 - day_in(self.from, zone).0).max(LEAST);
        let step = end.plus(-length);
        let Some(first) = daily.first().map(|first| first.max(step.plus(-PAST))) else { return Ok(found) };
        if !is_count || first >= step {
            return Ok(found);
        }
        let open = daily.open((first, end))?;
        for (code, counts) in self.counts(by, first, end)? {
            let day = |(place, (count, open)): (usize, (&Counted, &bool))| effect::Day {
                weekday: weekday(first.plus(i64::try_from(place).unwrap_or(0))),
                count: count.map(|(n, _)| n).filter(|_| *open),
                exposure: count.map_or(1.0, |(_, users)| real(users.max(1))),
            };
            let days: Vec<_> = counts.iter().zip(&open).enumerate().map(day).collect();
            let (earlier, later) =
                days.split_at(usize::try_from(step.0 - first.0).unwrap_or(0).min(days.len()));
            let effect = compare_days(earlier, later, WORTHWHILE);
            if let Some(estimate) = effect.ok().and_then(|effect| effect.estimate) {
                found.insert(code, estimate.inflation());
            }
        }
        Ok(found)
    }

    /// The counts of each day, and what they are of.
    fn counts(
        &self,
        by: Option<Grouping>,
        first: Day,
        end: Day,
    ) -> Result<BTreeMap<String, Vec<Counted>>, Error> {
        let query = Query {
            from: Some(day_start(first, &self.query.zone)),
            until: Some(day_start(end, &self.query.zone)),
            group: [Grouping::Step(Step::Day)].into_iter().chain(by).collect(),
            ..self.query.clone()
        };
        let answer = answer(self.facts, &query, self.exposure, self.threads)?;
        let length = usize::try_from(end.0 - first.0).unwrap_or(0);
        // No request on a day is a count of none, but of users who are not known no rate.
        let none = if query.measure == Measure::ContactRate { None } else { Some((0, 1)) };
        let mut counts = BTreeMap::new();
        for cell in &answer.cells {
            let code = |axis: usize| {
                let members = &answer.axes.get(axis)?.1;
                members.get(*cell.at.get(axis)?).map(|member| member.code.as_str())
            };
            let Some(day) = code(0).and_then(Day::parse) else { continue };
            let own =
                counts.entry(code(1).unwrap_or_default().to_owned()).or_insert_with(|| vec![none; length]);
            let place = usize::try_from(day.0 - first.0).ok();
            if let Some(slot) = place.and_then(|place| own.get_mut(place)) {
                *slot = match &cell.figure {
                    Figure::Count { n } => Some((*n, 1)),
                    Figure::Sum { sum, .. } => Some((*sum, 1)),
                    Figure::Customers(askers) => Some((askers.customers, 1)),
                    Figure::Rate { n, user_days } => {
                        user_days.filter(|days| *days > 0).map(|days| (*n, days))
                    }
                    _ => None,
                };
            }
        }
        Ok(counts)
    }
}

/// A count and what it is divided by; none where that is not known.
type Counted = Option<(u64, u64)>;

#[cfg(test)]
mod tests {
    use standfast_domain::State;

    use super::*;
    use crate::reference::facts_of;

    const DAY: i64 = 86_400;
    /// The first second of a Monday.
    const BEGIN: i64 = 1_763_337_600;

    /// Chance that can be had again.
    struct Dice(u64);

    impl Dice {
        fn share(&mut self) -> f64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            f64::from(u32::try_from(self.0 >> 33).unwrap()) / f64::from(1_u32 << 31)
        }
    }

    /// Ten weeks of a desk whose days vary twice as much as Poisson's would, the last one with so many times as many
    /// requests.
    fn desk(dice: &mut Dice, factor: f64) -> (Facts, Time) {
        let mut rows = Vec::new();
        for day in 0..70 {
            let level = 20.0 * (0.55 + 0.9 * dice.share()) * if day >= 63 { factor } else { 1.0 };
            for second in (0..DAY).step_by(600) {
                if dice.share() < level / 144.0 {
                    let at = BEGIN - 1_763_000_000 + day * DAY + second;
                    rows.push(crate::uses::tests::row(at, State::Open, "7.1.0", "swap"));
                }
            }
        }
        (facts_of(&rows, 10_000), Time((BEGIN + 70 * DAY) * 1_000_000))
    }

    /// The last days, compared with as many before them.
    fn compared(facts: &Facts, now: Time, days: i64) -> Option<Difference> {
        let back = |days: i64| Time(now.0 - days * DAY * 1_000_000);
        let mut query = Query::new(Measure::Requests, now);
        (query.from, query.until) = (Some(back(days)), Some(now));
        compare(facts, &query, (back(2 * days), back(days)), None, 1).unwrap().change
    }

    /// Nothing happened in any of a hundred desks, and half as many came in a hundred others.
    #[test]
    fn a_week_is_compared_with_the_week_before() {
        let mut dice = Dice(7);
        let mut clear = |factor| {
            let tried = (0..100).map(|_| {
                let (facts, now) = desk(&mut dice, factor);
                compared(&facts, now, 7).unwrap()
            });
            tried.filter(Difference::is_clear).count()
        };
        let (false_alarms, found) = (clear(1.0), clear(0.5));
        assert!(false_alarms <= 9, "{false_alarms} of 100");
        // Measured: 90.
        assert!(found >= 85, "{found} of 100");
    }

    #[test]
    fn what_moved_is_named_and_what_did_not_is_not() {
        let mut dice = Dice(3);
        let mut rows = Vec::new();
        for day in 0..70 {
            for (kind, level) in
                [("swap", 12.0), ("deposit", 12.0), ("fee", if day >= 63 { 40.0 } else { 8.0 })]
            {
                for second in (0..DAY).step_by(600) {
                    if dice.share() < level / 144.0 {
                        let at = BEGIN - 1_763_000_000 + day * DAY + second;
                        rows.push(crate::uses::tests::row(at, State::Open, "7.1.0", kind));
                    }
                }
            }
        }
        let (facts, now) = (facts_of(&rows, 10_000), Time((BEGIN + 70 * DAY) * 1_000_000));
        let back = |days: i64| Time(now.0 - days * DAY * 1_000_000);
        let mut query = Query::new(Measure::Requests, now);
        (query.from, query.until) = (Some(back(7)), Some(now));
        let found = movers(&facts, &query, (back(14), back(7)), &[Dimension::Screen], 1).unwrap();
        let moved: Vec<_> =
            found.values.iter().filter(|value| value.is_found()).map(|value| value.code.as_str()).collect();
        assert_eq!((moved, found.tested), (vec!["fee"], 3));
        query.group = vec![Grouping::By(Dimension::Screen)];
        let ranked = compare(&facts, &query, (back(14), back(7)), None, 1).unwrap();
        let clear: Vec<_> = coded(&ranked.now)
            .zip(&ranked.changes)
            .filter(|(_, change)| change.is_some_and(|change| change.is_clear()))
            .map(|((code, _), _)| code)
            .collect();
        assert_eq!(clear, ["fee"]);
        assert!(
            ranked.changes.iter().flatten().all(|change| change.q.zip(change.p).is_some_and(|(q, p)| q >= p))
        );
    }

    #[test]
    fn too_few_days_leave_counts_without_interval() {
        let rows: Vec<_> = (0..40_i64)
            .map(|n| {
                crate::uses::tests::row(BEGIN - 1_763_000_000 + n * 20_000, State::Open, "7.1.0", "swap")
            })
            .collect();
        let now = Time((BEGIN + 10 * DAY) * 1_000_000);
        let facts = facts_of(&rows, 100);
        let change = compared(&facts, now, 4).unwrap();
        assert_eq!((change.interval, change.p), (None, None));
        assert!(compared(&facts, now, 7).is_none(), "the week before began before the desk");
    }
}
