//! Before and after: the daily counts around a change, with the days of the past, put to `standfast_science`.

use std::cmp::Reverse;

use standfast_domain::Day;
use standfast_science::effect::{
    Difference, Doubt, Effect, Expected, LEAST_AFTER, LEAST_BEFORE, Study, StudyError, Verdict,
    against_control, before_and_after, expected,
};
use standfast_science::{effect as science, multiplicity::benjamini_hochberg};

use crate::daily::{Daily, Days, days_of, length};
use crate::dimension::Dimension;
use crate::error::Error;
use crate::exposure::{Exposure, has_users};
use crate::facts::Facts;
use crate::measure::Measure;
use crate::query::Query;

/// Longest window on either side, in days.
const MOST_DAYS: u32 = 366;
/// Days of the past before the window at which the same is tried: more say no more, and take more time.
pub const HISTORY_DAYS: i64 = 400;
/// Values of a dimension that are looked at, those with most requests: each of them has its own past.
const MOST_GROUPS: usize = 12;
/// Most other events that are accounted for: each takes days from what can be told.
const MOST_EVENTS: usize = 10;
/// The smallest change worth knowing, of which the days still needed are told.
const WORTHWHILE: f64 = 0.15;
/// What is called found among several: one in twenty of it is not.
const FOUND: f64 = 0.05;

/// What is asked.
#[derive(Clone, Debug)]
pub struct EffectWish {
    /// The measure ([`Measure::Requests`], or [`Measure::ContactRate`] for requests by active users), the filter, the zone
    /// and the time; nothing else of it matters.
    pub query: Query,
    /// The first day on which the change was in force.
    pub first_after: Day,
    /// Days of the window before it: 14 to 366.
    pub before: u32,
    /// Days of the window from it on: 7 to 366.
    pub after: u32,
    /// A dimension of whose values each is judged by itself, corrected for looking at several.
    pub group: Option<Dimension>,
    /// Requests that the change cannot have touched; empty for none. Shares no request with the filter.
    pub control: Vec<(Dimension, Vec<String>)>,
    /// Other events to account for, by their first and their last day.
    pub events: Vec<(Day, Day)>,
    /// Events that are known and not accounted for, by their first and their last day: dates of the past near them are no measure
    /// of what happens without any.
    pub known: Vec<(Day, Day)>,
}

/// A day of the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DayFigure {
    /// The day.
    pub day: Day,
    /// Requests; `None` when the desk was closed, or users are asked for and not known.
    pub observed: Option<u64>,
    /// Users, when they are asked for and known.
    pub users: Option<u64>,
    /// What the day would have been like without the change, if that can be told.
    pub expected: Option<Expected>,
}

/// One value of the dimension.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupFinding {
    /// Its code.
    pub code: String,
    /// What is found of it; its verdict is corrected.
    pub effect: Effect,
    /// The test, corrected (Benjamini & Hochberg); `None` where there is none.
    pub q: Option<f64>,
}

/// What is found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The first and the last day of the window that are over.
    pub window: Option<(Day, Day)>,
    /// What can be said of all together.
    pub effect: Effect,
    /// The days of the window.
    pub series: Vec<DayFigure>,
    /// The values of the dimension, those with most requests first.
    pub groups: Vec<GroupFinding>,
    /// Values of the dimension that are not looked at.
    pub groups_left_out: usize,
    /// Beside what the change cannot have touched.
    pub difference: Option<Difference>,
}

impl EffectWish {
    fn check(&self, today: Day) -> Result<(), Error> {
        if !matches!(self.query.measure, Measure::Requests | Measure::ContactRate) {
            return Err(Error::invalid("measure", "unknown"));
        }
        for (field, days, least) in
            [("before_days", self.before, LEAST_BEFORE), ("after_days", self.after, LEAST_AFTER)]
        {
            if days < least {
                return Err(Error::invalid(field, "too_short"));
            }
            if days > MOST_DAYS {
                return Err(Error::invalid(field, "out_of_range"));
            }
        }
        if self.first_after > today {
            return Err(Error::invalid("date", "in_future"));
        }
        // A new version takes its requests from the one before: that it was adopted is no effect of anything on anybody.
        if !self.by_users() && self.group.is_some_and(is_adopted) {
            return Err(Error::invalid("group", "needs_users"));
        }
        if self.by_users() && self.group.is_some_and(|group| !has_users(group)) {
            return Err(Error::invalid("group", "unknown"));
        }
        if self.events.len() > MOST_EVENTS {
            return Err(Error::invalid("events", "too_many"));
        }
        // What is in both would be compared with itself.
        let is_apart = |(dimension, codes): &(Dimension, Vec<String>)| {
            let own = self.query.filter.iter().filter(|(own, _)| own == dimension);
            own.into_iter().any(|(_, own)| own.iter().all(|code| !codes.contains(code)))
        };
        if !self.control.is_empty() && !self.control.iter().any(is_apart) {
            return Err(Error::invalid("controls", "overlaps"));
        }
        Ok(())
    }

    fn by_users(&self) -> bool {
        self.query.measure == Measure::ContactRate
    }

    /// The window and the past before it, as far as there are facts and days are over.
    fn days(&self, daily: &Daily) -> Option<Days> {
        let until = self.first_after.plus(self.after.into()).min(daily.today());
        let from = daily.first()?.max(self.first_after.plus(-i64::from(self.before) - HISTORY_DAYS));
        (from < until).then_some((from, until))
    }
}

/// Whether its values follow one another, so that requests of the next are those of the one before.
const fn is_adopted(dimension: Dimension) -> bool {
    matches!(dimension, Dimension::AppVersion | Dimension::Cohort)
}

/// Answers it. Days that the desk was closed, and today, which is not over, are left out.
pub fn effect(
    facts: &Facts,
    wish: &EffectWish,
    exposure: Option<&dyn Exposure>,
    threads: usize,
) -> Result<Finding, Error> {
    let daily = Daily { facts, query: &wish.query, exposure, threads };
    wish.check(daily.today())?;
    let Some(days) = wish.days(&daily) else { return Ok(nothing()) };
    let comparison = Comparison::new(wish, &daily, days)?;
    let own = comparison.days(&wish.query.filter, None)?;
    let own = own.first().map(|(_, days)| days.as_slice()).unwrap_or_default();
    let (groups, groups_left_out) = comparison.groups()?;
    Ok(Finding {
        window: comparison.window(),
        effect: comparison.judge(own)?,
        series: comparison.series(own)?,
        groups,
        groups_left_out,
        difference: comparison.difference(own)?,
    })
}

/// There are no facts of these days.
fn nothing() -> Finding {
    let verdict = Verdict::TooShort { before: LEAST_BEFORE, after: LEAST_AFTER };
    let (before, after) = <(science::Side, science::Side)>::default();
    let effect = Effect { verdict, estimate: None, before, after, placebo: None };
    Finding {
        window: None,
        effect,
        series: Vec::new(),
        groups: Vec::new(),
        groups_left_out: 0,
        difference: None,
    }
}

/// The days on which all comparisons of one question stand.
struct Comparison<'a> {
    wish: &'a EffectWish,
    daily: &'a Daily<'a>,
    days: Days,
    open: Vec<bool>,
    /// 1 on the days of each event.
    events: Vec<Vec<f64>>,
    disturbed: Vec<bool>,
    first_after: i64,
}

/// The days of each value of a dimension.
type ByValue = Vec<(String, Vec<science::Day>)>;

impl<'a> Comparison<'a> {
    fn new(wish: &'a EffectWish, daily: &'a Daily<'a>, days: Days) -> Result<Self, Error> {
        let on = |(from, until): &(Day, Day)| {
            let is = |day: i64| f64::from(u8::from((from.0..=until.0).contains(&day)));
            (days.0.0..days.1.0).map(is).collect()
        };
        let is_disturbed =
            |day: i64| wish.known.iter().any(|(from, until)| (from.0..=until.0).contains(&day));
        Ok(Self {
            disturbed: (days.0.0..days.1.0).map(is_disturbed).collect(),
            wish,
            daily,
            days,
            open: daily.open(days)?,
            events: wish.events.iter().map(on).collect(),
            first_after: wish.first_after.0 - days.0.0,
        })
    }

    /// The days of requests that a filter lets through, by value.
    fn days(&self, filter: &[(Dimension, Vec<String>)], group: Option<Dimension>) -> Result<ByValue, Error> {
        let counts = self.daily.counts(self.days, filter, group)?;
        let days = |(code, counts): (String, Vec<u64>)| {
            let value = group.map(|group| (group, code.as_str()));
            let users = self.wish.by_users().then(|| self.daily.users(self.days, filter, value));
            let days = days_of(self.days.0, &counts, &self.open, users.as_deref());
            (code, days)
        };
        Ok(counts.into_iter().map(days).collect())
    }

    fn window(&self) -> Option<(Day, Day)> {
        let from = self.days.0.max(self.wish.first_after.plus(-i64::from(self.wish.before)));
        let last = self.days.1.plus(-1);
        (from <= last).then_some((from, last))
    }

    /// Works on a study of these days, if they reach to both sides of the change.
    fn study<T>(
        &self,
        days: &[science::Day],
        work: impl FnOnce(&Study) -> Result<T, StudyError>,
    ) -> Result<Option<T>, Error> {
        let first_after = usize::try_from(self.first_after).unwrap_or(0);
        if first_after == 0 || first_after >= days.len() {
            return Ok(None);
        }
        let events: Vec<&[f64]> = self.events.iter().map(Vec::as_slice).collect();
        let study = Study {
            days,
            events: &events,
            disturbed: &self.disturbed,
            first_after,
            before: self.wish.before as usize,
            // What is tried at dates of the past is what can be told of this one: so many days after it, and no more.
            after: (self.wish.after as usize).min(days.len() - first_after),
            ramp: 0,
            worthwhile: WORTHWHILE,
        };
        // Days come from here: what is wrong with them is no one's mistake but ours.
        work(&study).map(Some).map_err(|_| Error::invalid("date", "out_of_range"))
    }

    fn judge(&self, days: &[science::Day]) -> Result<Effect, Error> {
        Ok(self.study(days, before_and_after)?.unwrap_or_else(|| self.one_sided(days)))
    }

    /// All days are before the change, or after it.
    fn one_sided(&self, days: &[science::Day]) -> Effect {
        let window = days.iter().filter(|_| self.first_after > 0).rev().take(self.wish.before as usize);
        let mut before = science::Side::default();
        for (count, exposure) in window.filter_map(|day| Some((day.count?, day.exposure))) {
            before.days += 1;
            before.count += count;
            before.exposure += exposure;
        }
        let verdict = Verdict::TooShort {
            before: LEAST_BEFORE.saturating_sub(before.days),
            after: if self.first_after > 0 { LEAST_AFTER } else { 0 },
        };
        Effect { verdict, estimate: None, before, after: science::Side::default(), placebo: None }
    }

    fn series(&self, days: &[science::Day]) -> Result<Vec<DayFigure>, Error> {
        let expected = self.study(days, expected)?.unwrap_or_default();
        let from = self.window().map_or(0, |window| length((self.days.0, window.0)));
        let by_users = self.wish.by_users();
        let users = by_users.then(|| self.daily.users(self.days, &self.wish.query.filter, None));
        let figure = |(index, day): (usize, &science::Day)| DayFigure {
            day: self.days.0.plus(i64::try_from(index).unwrap_or(0)),
            observed: day.count,
            users: users.as_ref().and_then(|users| users.get(index).copied().flatten()),
            expected: expected.iter().find(|one| one.day == index).copied(),
        };
        Ok(days.iter().enumerate().skip(from).map(figure).collect())
    }

    fn groups(&self) -> Result<(Vec<GroupFinding>, usize), Error> {
        let Some(group) = self.wish.group else { return Ok((Vec::new(), 0)) };
        let mut values = self.days(&self.wish.query.filter, Some(group))?;
        let from = self.window().map_or(0, |window| length((self.days.0, window.0)));
        let in_window =
            |days: &[science::Day]| -> u64 { days.iter().skip(from).filter_map(|day| day.count).sum() };
        values.retain(|(_, days)| in_window(days) > 0);
        values.sort_by_key(|(_, days)| Reverse(in_window(days)));
        let left_out = values.len().saturating_sub(MOST_GROUPS);
        values.truncate(MOST_GROUPS);
        let mut groups = Vec::with_capacity(values.len());
        for (code, days) in values {
            groups.push(GroupFinding { code, effect: self.judge(&days)?, q: None });
        }
        correct(groups.iter_mut().map(|group| (&mut group.effect, &mut group.q)));
        Ok((groups, left_out))
    }

    fn difference(&self, own: &[science::Day]) -> Result<Option<Difference>, Error> {
        if self.wish.control.is_empty() {
            return Ok(None);
        }
        let control = self.days(&self.wish.control, None)?;
        let control: Vec<&[science::Day]> = control.iter().map(|(_, days)| days.as_slice()).collect();
        self.study(own, |study| against_control(study, &control))
    }
}

/// Puts the corrected test to every effect that has one; what it does not bear out is not called found.
pub(crate) fn correct<'a>(several: impl Iterator<Item = (&'a mut Effect, &'a mut Option<f64>)>) {
    let mut tested: Vec<_> =
        several.filter_map(|(effect, q)| Some((effect.estimate?.p, effect, q))).collect();
    let p: Vec<f64> = tested.iter().map(|(p, ..)| *p).collect();
    for ((_, effect, slot), q) in tested.iter_mut().zip(benjamini_hochberg(&p)) {
        **slot = Some(q);
        if q > FOUND && matches!(effect.verdict, Verdict::Fewer | Verdict::More) {
            effect.verdict = Verdict::CannotTell { reason: Doubt::Multiplicity, days_needed: None };
        }
    }
}
