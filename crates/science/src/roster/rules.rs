//! What was agreed with people, twice: as a question before somebody is given a shift, and as a check of a whole plan, which
//! shares no code with it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Given, Person, Problem, Roster, Span};

/// A rule that holds for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Nobody is at two places, nor twice on a day.
    Overlap,
    /// There is rest between two shifts.
    Rest,
    /// A week has no more than the most minutes.
    Week,
    /// There are no more days in a row.
    DaysInRow,
    /// No shift is longer than was agreed.
    TooLong,
    /// Nobody works in their time off.
    Off,
    /// Nobody works at hours that were not agreed.
    Unavailable,
}

/// Somebody's rule is broken, and by when it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Broken {
    /// Who.
    pub person: usize,
    /// Which.
    pub rule: Rule,
    /// The start of the shift, of the week, or of the day.
    pub at: i64,
}

/// The day of theirs on which a moment is: its place in their calendar.
pub(super) fn day(problem: &Problem, person: &Person, moment: i64) -> usize {
    let days = problem.calendars.get(person.calendar).map_or(&[] as &[i64], Vec::as_slice);
    days.partition_point(|day| *day <= moment).saturating_sub(1)
}

/// The weeks of theirs that overlap a time.
pub(super) fn weeks<'a>(
    problem: &'a Problem,
    person: &Person,
    from: i64,
    until: i64,
) -> impl Iterator<Item = Span> + use<'a> {
    let days = problem.calendars.get(person.calendar).map_or(&[] as &[i64], Vec::as_slice);
    let ends = days.iter().skip(7).step_by(7).copied().chain([i64::MAX]);
    let weeks = days.iter().step_by(7).zip(ends).map(|(start, end)| Span { start: *start, end });
    weeks.filter(move |week| week.start < until && from < week.end)
}

/// Minutes of a week: of a shift over its end each part counts in its own week.
pub(super) fn minutes(work: &[Span], week: Span) -> i64 {
    work.iter().map(|span| part(*span, week)).sum()
}

/// Minutes of a shift that lie in a week.
pub(super) fn part(span: Span, week: Span) -> i64 {
    (span.end.min(week.end) - span.start.max(week.start)).max(0)
}

/// What each person works, in order.
pub(super) fn work(problem: &Problem, given: &[Given]) -> Vec<Vec<Span>> {
    let mut work: Vec<Vec<Span>> = problem.people.iter().map(|person| person.fixed.clone()).collect();
    for given in given {
        if let (Some(work), Some(shift)) = (work.get_mut(given.person), problem.shifts.get(given.shift)) {
            work.push(shift.span);
        }
    }
    for own in &mut work {
        own.sort_unstable();
    }
    work
}

/// Why somebody cannot be given a shift beside what they work; the rule that no other plan could change first.
pub(super) fn bar(roster: &Roster<'_>, at: usize, shift: usize) -> Option<Rule> {
    let problem = roster.problem;
    let (person, span) = (problem.people.get(at)?, problem.shifts.get(shift)?.span);
    let work = roster.work.get(at)?;
    let away = |off: bool| person.away.iter().any(|away| away.off == off && away.span.overlaps(span));
    if away(true) {
        return Some(Rule::Off);
    }
    if away(false) {
        return Some(Rule::Unavailable);
    }
    if span.minutes() > i64::from(person.longest) {
        return Some(Rule::TooLong);
    }
    let today = day(problem, person, span.start);
    if work.iter().any(|other| other.overlaps(span) || day(problem, person, other.start) == today) {
        return Some(Rule::Overlap);
    }
    let rest = i64::from(person.rest);
    if work.iter().any(|other| other.start < span.end + rest && span.start < other.end + rest) {
        return Some(Rule::Rest);
    }
    let mut weeks = weeks(problem, person, span.start, span.end);
    if weeks.any(|week| minutes(work, week) + part(span, week) > i64::from(person.most)) {
        return Some(Rule::Week);
    }
    let works = |other: usize| work.iter().any(|span| day(problem, person, span.start) == other);
    let before = (0..today).rev().take_while(|other| works(*other)).count();
    let after = (today + 1..=today + work.len()).take_while(|other| works(*other)).count();
    let row = u32::try_from(before + 1 + after).unwrap_or(u32::MAX);
    (row > person.days_in_row).then_some(Rule::DaysInRow)
}

/// Every rule that a plan breaks. What was fixed may break rules among itself, which is no fault of the plan: only what has a
/// given shift in it counts.
#[must_use]
pub fn broken(problem: &Problem, given: &[Given]) -> Vec<Broken> {
    let mut all = BTreeSet::new();
    for (at, person) in problem.people.iter().enumerate() {
        let mine = |given: &&Given| given.person == at;
        let span = |given: &Given| problem.shifts.get(given.shift).map(|shift| (shift.span, true));
        let mut work: Vec<(Span, bool)> = given.iter().filter(mine).filter_map(span).collect();
        work.extend(person.fixed.iter().map(|span| (*span, false)));
        work.sort_unstable();
        let mut tell = |rule, moment| {
            all.insert(Broken { person: at, rule, at: moment });
        };
        check_neighbours(problem, person, &work, &mut tell);
        check_sums(problem, person, &work, &mut tell);
        for (span, _) in work.iter().filter(|(_, is_given)| *is_given) {
            if span.minutes() > i64::from(person.longest) {
                tell(Rule::TooLong, span.start);
            }
            for away in person.away.iter().filter(|away| away.span.overlaps(*span)) {
                tell(if away.off { Rule::Off } else { Rule::Unavailable }, span.start);
            }
        }
    }
    all.into_iter().collect()
}

/// Of a day of somebody's, in whole days: what `day` finds by searching, from counting.
fn count_of_day(problem: &Problem, person: &Person, moment: i64) -> usize {
    problem.calendars.get(person.calendar).map_or(0, |days| days.iter().filter(|day| **day <= moment).count())
}

/// Whoever comes next is not there yet, and has slept.
fn check_neighbours(
    problem: &Problem,
    person: &Person,
    work: &[(Span, bool)],
    tell: &mut impl FnMut(Rule, i64),
) {
    let pairs =
        work.iter().enumerate().flat_map(|(at, one)| work.iter().skip(at + 1).map(move |other| (one, other)));
    for ((one, is_given), (other, other_is)) in pairs {
        if !is_given && !other_is {
            continue;
        }
        let pause = other.start - one.end;
        let is_same_day =
            count_of_day(problem, person, one.start) == count_of_day(problem, person, other.start);
        if pause < 0 || is_same_day {
            tell(Rule::Overlap, other.start);
        } else if pause < i64::from(person.rest) {
            tell(Rule::Rest, other.start);
        }
    }
}

/// Weeks and rows of days.
fn check_sums(problem: &Problem, person: &Person, work: &[(Span, bool)], tell: &mut impl FnMut(Rule, i64)) {
    let days = problem.calendars.get(person.calendar).map_or(&[] as &[i64], Vec::as_slice);
    for (at, start) in days.iter().enumerate().step_by(7) {
        let end = days.get(at + 7).copied().unwrap_or(i64::MAX);
        let (mut all, mut is_new) = (0, false);
        for (span, is_given) in work.iter().filter(|(span, _)| *start < span.end && span.start < end) {
            all += span.end.min(end) - span.start.max(*start);
            is_new |= is_given;
        }
        if is_new && all > i64::from(person.most) {
            tell(Rule::Week, *start);
        }
    }
    let mut row: Vec<bool> = Vec::new();
    for (at, start) in days.iter().enumerate() {
        let end = days.get(at + 1).copied().unwrap_or(i64::MAX);
        let mut today = work.iter().filter(|(span, _)| *start <= span.start && span.start < end).peekable();
        if today.peek().is_none() {
            row.clear();
            continue;
        }
        row.push(today.any(|(_, is_given)| *is_given));
        let is_too_long = u32::try_from(row.len()).unwrap_or(u32::MAX) > person.days_in_row;
        if is_too_long && row.iter().any(|is_given| *is_given) {
            tell(Rule::DaysInRow, *start);
        }
    }
}
