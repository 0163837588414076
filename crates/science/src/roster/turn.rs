//! One person after the other gets the best week that the others leave them, until nobody's gets better.
//!
//! What a shift is worth does not depend on the other shifts of the same person, because nobody is at two places at once. So the
//! best week of one person is the longest way through days, with what rest, hours and days in a row need to know of the
//! way (dynamic programming; as the pricing problem of Gamache, Soumis, Marquis & Desrosiers 1999 for crews).

use std::collections::BTreeMap;

use super::{Given, PAID, Problem, Roster, Span, UNDER, UNFAIR, rules};

/// Times that everybody has a turn at most.
const TURNS: usize = 12;

/// What of a way matters for what comes after it: the end of the last shift, days in a row, and minutes in the week.
type State = (i64, u32, i64);
/// What it is worth, and its shifts.
type Way = (f64, Vec<usize>);

/// Improves a plan of these shifts until nobody's turn changes anything.
pub(super) fn improve(
    base: &Roster<'_>,
    shifts: &[usize],
    span: Span,
    fair: [u32; 2],
    given: Vec<Given>,
) -> Vec<Given> {
    let mut given = given;
    let mut cost = base.cost(&given, span, fair);
    let people = base.problem.people.len();
    // Whoever has had a turn since the plan changed last.
    let mut settled = 0;
    for turn in 0..TURNS * people {
        let person = turn % people;
        let others: Vec<Given> = given.iter().filter(|given| given.person != person).copied().collect();
        let mut with = base.clone();
        with.give_all(&others);
        let mut all = others;
        all.extend(best_week(&with, shifts, person, fair).into_iter().map(|shift| Given { person, shift }));
        let found = base.cost(&all, span, fair);
        settled += 1;
        if found < cost - 1e-6 && base.is_allowed(&all) {
            (given, cost, settled) = (all, found, 0);
        }
        if settled >= people {
            break;
        }
    }
    given
}

/// The best shifts for somebody, beside what everybody works already.
fn best_week(roster: &Roster<'_>, shifts: &[usize], at: usize, fair: [u32; 2]) -> Vec<usize> {
    let problem = roster.problem;
    let (Some(person), Some(work)) = (problem.people.get(at), roster.work.get(at)) else { return Vec::new() };
    let mut by_day: BTreeMap<usize, Vec<(usize, Span, f64)>> = BTreeMap::new();
    for shift in shifts {
        let Some(one) = roster.shift(*shift) else { continue };
        if rules::bar(roster, at, *shift).is_none() {
            let worth = worth(roster, at, *shift, fair);
            let day = rules::day(problem, person, one.span.start);
            by_day.entry(day).or_default().push((*shift, one.span, worth));
        }
    }
    let (Some(first), Some(last)) = (by_day.keys().next().copied(), by_day.keys().last().copied()) else {
        return Vec::new();
    };
    let worked: Vec<usize> = work.iter().map(|span| rules::day(problem, person, span.start)).collect();
    let before = (0..first).rev().take_while(|day| worked.contains(day)).count();
    let before = u32::try_from(before).unwrap_or(u32::MAX);
    let mut ways: BTreeMap<State, Way> = BTreeMap::from([((i64::MIN / 2, before, 0), (0.0, Vec::new()))]);
    for day in first..=last {
        if day % 7 == 0 {
            // A new week of theirs.
            ways = merged(ways.into_iter().map(|((end, row, _), way)| ((end, row, 0), way)));
        }
        let week = week_of(problem, person, day);
        let had = rules::minutes(work, week);
        let options = by_day.get(&day).map_or(&[] as &[_], Vec::as_slice);
        let next = ways.into_iter().flat_map(|((end, row, minutes), (value, chosen))| {
            let is_fixed = worked.contains(&day);
            let stay = ((end, if is_fixed { row + 1 } else { 0 }, minutes), (value, chosen.clone()));
            let go = options.iter().filter(move |(_, span, _)| {
                span.start - end >= i64::from(person.rest)
                    && row < person.days_in_row
                    && had + minutes + rules::part(*span, week) <= i64::from(person.most)
            });
            let go = go.map(move |(shift, span, worth)| {
                let part = rules::part(*span, week);
                let owed = (i64::from(person.least) - had - minutes).clamp(0, part);
                let mut chosen = chosen.clone();
                chosen.push(*shift);
                let value = value + worth + UNDER * Problem::halves(owed);
                ((span.end, row + 1, minutes + part), (value, chosen))
            });
            std::iter::once(stay).chain(go)
        });
        ways = merged(next);
    }
    let best = ways.into_values().max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, chosen)| chosen).unwrap_or_default()
}

/// Of ways that end alike the best.
fn merged(ways: impl Iterator<Item = (State, Way)>) -> BTreeMap<State, Way> {
    let mut best: BTreeMap<State, Way> = BTreeMap::new();
    for (state, way) in ways {
        match best.get_mut(&state) {
            Some(known) if known.0 >= way.0 => {}
            Some(known) => *known = way,
            None => {
                best.insert(state, way);
            }
        }
    }
    best
}

/// The week of a day of theirs.
fn week_of(problem: &Problem, person: &super::Person, day: usize) -> Span {
    let days = problem.calendars.get(person.calendar).map_or(&[] as &[i64], Vec::as_slice);
    let start = days.get(day).copied().unwrap_or(i64::MAX - 1);
    let mut weeks = rules::weeks(problem, person, start, start + 1);
    weeks.next().unwrap_or(Span { start: i64::MAX - 1, end: i64::MAX })
}

/// What a shift is worth beside the others, but for the hours that somebody is owed. That a second night is worse than a first is
/// left to the comparison of whole plans.
fn worth(roster: &Roster<'_>, at: usize, shift: usize, fair: [u32; 2]) -> f64 {
    let (Some(person), Some(shift)) = (roster.problem.people.get(at), roster.shift(shift)) else {
        return 0.0;
    };
    let slots = roster.cover.slots_of(shift.span);
    let gain: f64 =
        slots.map(|slot| roster.cover.cost(slot) - roster.cover.cost_with(slot, person.lanes)).sum();
    let had = roster.burden.get(at).copied().unwrap_or_default();
    let burdens = [shift.night, shift.weekend].into_iter().zip(had.into_iter().zip(fair));
    let unfair = burdens.filter(|(is, (had, fair))| *is && had >= fair).count();
    gain - PAID * Problem::halves(shift.span.minutes()) - UNFAIR * crate::real::len(unfair)
}
