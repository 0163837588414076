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
use standfast_science::effect::{self, inflation_of_days};
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
use crate::query::{Grouping, Plan, Query};
use crate::scan::side_by_side;

/// Days of the past that tell how much days vary.
const PAST: i64 = 56;
/// The least that is looked at as later.
const LEAST: i64 = 7;

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
    let window = Window::of(facts, query, earlier.0, threads)?;
    compare_in(window.as_ref(), facts, query, earlier, exposure, threads)
}

/// The same where it is known already which days tell how much days vary; none where there is no past to compare with.
pub(crate) fn compare_in(
    window: Option<&Window>,
    facts: &Facts,
    query: &Query,
    earlier: (Time, Time),
    exposure: Option<&dyn Exposure>,
    threads: usize,
) -> Result<Comparison, Error> {
    let now = answer(facts, query, exposure, threads)?;
    let past = Query { from: Some(earlier.0), until: Some(earlier.1), ..query.clone() };
    let before = answer(facts, &past, exposure, threads)?;
    let Some(window) = window else {
        // Before requests came regularly there is no period to compare with, whatever came in it.
        let none = vec![None; now.cells.len()];
        let were = vec![None; now.cells.len()];
        return Ok(Comparison { measure: query.measure, now, before, change: None, changes: none, were });
    };
    let days = Variation { facts, query, exposure, threads, window };
    let total = days.dispersions(None, |_| true)?.remove("");
    let change = Difference::between(query.measure, &now.total, &before.total, total);
    let (mut changes, were) = match query.group.as_slice() {
        [Grouping::By(dimension)] => days.changes(*dimension, &now, &before, 0)?,
        _ => (vec![None; now.cells.len()], vec![None; now.cells.len()]),
    };
    correct(changes.iter_mut().flatten());
    Ok(Comparison { measure: query.measure, now, before, change, changes, were })
}

/// Whether a period that begins then lies within the past: see [`first_day`].
pub(crate) fn is_past(facts: &Facts, query: &Query, from: Time) -> bool {
    first_day(facts, query, from).is_some()
}

/// The first whole day of the past ([`Facts::history`]), where a period that begins then lies within it: of the day on which the past
/// begins it is not known how much there was.
fn first_day(facts: &Facts, query: &Query, from: Time) -> Option<Day> {
    let first = Daily { facts, query, exposure: None, threads: 1 }.first();
    first.filter(|first| from >= day_start(*first, &query.zone))
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
    let window = Window::of(facts, query, earlier.0, threads)?;
    movers_in(window.as_ref(), facts, query, earlier, dimensions, threads)
}

/// The same where it is known already which days tell how much days vary; none where there is no past to compare with.
pub(crate) fn movers_in(
    window: Option<&Window>,
    facts: &Facts,
    query: &Query,
    earlier: (Time, Time),
    dimensions: &[Dimension],
    threads: usize,
) -> Result<Movers, Error> {
    let mut found = Movers::default();
    let Some(window) = window else { return Ok(found) };
    // What is counted is little: each dimension is left to one thread, and several go on at the same time.
    let parts = side_by_side(dimensions, threads, |dimension| {
        let query = Query { group: vec![Grouping::By(*dimension)], ..query.clone() };
        let past = Query { from: Some(earlier.0), until: Some(earlier.1), ..query.clone() };
        let (now, before) = (answer(facts, &query, None, 1)?, answer(facts, &past, None, 1)?);
        let days = Variation { facts, query: &query, exposure: None, threads: 1, window };
        let (changes, _) = days.changes(*dimension, &now, &before, FEWEST)?;
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

/// The days that tell how much days vary: those of a period, a week at least, and those before it.
pub(crate) struct Window {
    /// The first day, the first one of the period or of its week, and the one after its last.
    first: Day,
    step: Day,
    end: Day,
    /// On which of them the desk took requests; none where there are too few of them, or where the measure is no count.
    open: Vec<bool>,
}

impl Window {
    /// Those of a question that is compared with a period from `earlier` on; none where that is not in the past.
    pub(crate) fn of(
        facts: &Facts,
        query: &Query,
        earlier: Time,
        threads: usize,
    ) -> Result<Option<Self>, Error> {
        let Some(past) = first_day(facts, query, earlier) else { return Ok(None) };
        let plan = Plan::new(facts, &Query { group: Vec::new(), ..query.clone() })?;
        let [from, until] = [plan.from, plan.until].map(|second| Time(i64::from(second) * 1_000_000));
        let daily = Daily { facts, query, exposure: None, threads };
        // The last day is not over where the period ends within it.
        let end = day_in(until, &query.zone).min(daily.today());
        let length = (end.0 - day_in(from, &query.zone).0).max(LEAST);
        let step = end.plus(-length);
        let first = past.max(step.plus(-PAST));
        let is_known = is_counted(query.measure) && first < step;
        let open = if is_known { daily.open((first, end))? } else { Vec::new() };
        Ok(Some(Self { first, step, end, open }))
    }
}

/// Whether a measure is a count, or one divided by something that is known.
fn is_counted(measure: Measure) -> bool {
    matches!(
        measure.recipe(),
        Recipe::Count | Recipe::Sum(_) | Recipe::Rate | Recipe::Customers { often: false }
    )
}

/// How much the days of a measure vary.
struct Variation<'a> {
    facts: &'a Facts,
    query: &'a Query,
    exposure: Option<&'a dyn Exposure>,
    threads: usize,
    window: &'a Window,
}

/// The changes of an answer's cells, and what they were.
type Changes = (Vec<Option<Difference>>, Vec<Option<Figure>>);

impl Variation<'_> {
    /// How far each value of a dimension moved that has at least so many requests in both periods together; not corrected.
    fn changes(
        &self,
        dimension: Dimension,
        now: &Answer,
        before: &Answer,
        fewest: u64,
    ) -> Result<Changes, Error> {
        let known: BTreeMap<&str, &Figure> = coded(before).collect();
        let pair = |(code, figure): (_, &Figure)| {
            let was = *known.get(code)?;
            (figure.n() + was.n() >= fewest).then_some((code, was))
        };
        let compared: BTreeMap<&str, &Figure> = coded(now).filter_map(pair).collect();
        let dispersions =
            self.dispersions(Some(Grouping::By(dimension)), |code| compared.contains_key(code))?;
        let (mut changes, mut were) = (Vec::new(), Vec::new());
        for (code, figure) in coded(now) {
            let dispersion = dispersions.get(code).copied();
            let was = compared.get(code);
            let between = |was| Difference::between(self.query.measure, figure, was, dispersion);
            changes.push(was.and_then(|was| between(was)));
            were.push(known.get(code).map(|figure| (*figure).clone()));
        }
        Ok((changes, were))
    }

    /// How many times more than Poisson's the counts of days vary, their likeness included, for each wanted value of a dimension or
    /// for all together. Nothing of what is no count, and of what has too few days.
    fn dispersions(
        &self,
        by: Option<Grouping>,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<BTreeMap<String, f64>, Error> {
        let mut found = BTreeMap::new();
        let Window { first, step, end, open } = self.window;
        if open.is_empty() {
            return Ok(found);
        }
        for (code, counts) in self.counts(by, *first, *end, is_wanted)? {
            let day = |(place, (count, open)): (usize, (&Counted, &bool))| effect::Day {
                weekday: weekday(first.plus(i64::try_from(place).unwrap_or(0))),
                count: count.map(|(n, _)| n).filter(|_| *open),
                exposure: count.map_or(1.0, |(_, users)| real(users.max(1))),
            };
            let days: Vec<_> = counts.iter().zip(open).enumerate().map(day).collect();
            let (earlier, later) =
                days.split_at(usize::try_from(step.0 - first.0).unwrap_or(0).min(days.len()));
            if let Ok(Some(inflation)) = inflation_of_days(earlier, later) {
                found.insert(code, inflation);
            }
        }
        Ok(found)
    }

    /// The counts of each day, and what they are of, of what is wanted.
    fn counts(
        &self,
        by: Option<Grouping>,
        first: Day,
        end: Day,
        is_wanted: impl Fn(&str) -> bool,
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
        let members = |axis: usize| {
            answer.axes.get(axis).map(|(_, members)| members.iter().map(|own| own.code.as_str()))
        };
        let places: Vec<Option<usize>> = members(0)
            .into_iter()
            .flatten()
            .map(|code| usize::try_from(Day::parse(code)?.0 - first.0).ok())
            .collect();
        let codes: Vec<&str> = members(1).map_or_else(|| vec![""], Iterator::collect);
        let mut counts: Vec<Option<Vec<Counted>>> =
            codes.iter().map(|code| is_wanted(code).then(|| vec![none; length])).collect();
        for cell in &answer.cells {
            let at = |axis: usize| cell.at.get(axis).copied();
            let place = at(0).and_then(|day| places.get(day).copied().flatten());
            let own = counts.get_mut(at(1).unwrap_or(0)).and_then(Option::as_mut);
            if let Some(slot) = own.zip(place).and_then(|(own, place)| own.get_mut(place)) {
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
        let known = codes.into_iter().map(str::to_owned).zip(counts);
        Ok(known.filter_map(|(code, counts)| Some((code, counts?))).collect())
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
