//! Why people are missing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Given, Problem, Roster, Rule, Span, rules};

/// Why somebody who could serve is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// They could come; a whole shift for what is missing costs more than it helps.
    NotWorthIt,
    /// They work at another time of the day.
    OtherShift,
    /// They have to rest after a shift or before the next.
    Rest,
    /// Their week is full.
    Week,
    /// They have worked as many days in a row as they may.
    DaysInRow,
    /// Every shift at that time is longer than was agreed with them.
    TooLong,
    /// They were never to work at these hours.
    Unavailable,
    /// They have time off.
    Off,
    /// No shift that may be given is at that time.
    NoShift,
}

/// People are missing for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Short {
    /// When.
    pub span: Span,
    /// How many are missing.
    pub missing: u32,
    /// Lanes that need more people than are there, a bit each: those of the smallest set that misses so many. Or the rank of which too
    /// few are there.
    pub lanes: u8,
    /// How many could serve these lanes at all.
    pub able: u32,
    /// Why those who could are not there, and how many each.
    pub why: BTreeMap<Reason, u32>,
}

/// Where people are missing in a plan; neighbouring slots that say the same are one.
pub(super) fn short(problem: &Problem, given: &[Given]) -> Vec<Short> {
    let mut roster = Roster::new(problem);
    roster.give_all(given);
    let ranks = (0..problem.ranks.len()).map(|rank| Some(roster.cover.work() + rank));
    let mut all: Vec<Short> = std::iter::once(None).chain(ranks).flat_map(|rank| of(&roster, rank)).collect();
    all.sort_by_key(|short| short.span);
    all
}

/// Where people are missing for the work, or of a rank, by its place among the sets.
fn of(roster: &Roster<'_>, rank: Option<usize>) -> Vec<Short> {
    let mut all: Vec<Short> = Vec::new();
    for slot in 0..roster.problem.needs.len() {
        let Some(now) = at(roster, slot, rank) else { continue };
        match all.last_mut() {
            Some(last)
                if last.span.end == now.span.start
                    && (last.missing, last.lanes, last.able, &last.why)
                        == (now.missing, now.lanes, now.able, &now.why) =>
            {
                last.span.end = now.span.end;
            }
            _ => all.push(now),
        }
    }
    all
}

fn at(roster: &Roster<'_>, slot: usize, rank: Option<usize>) -> Option<Short> {
    let mut sets = roster.cover.sets_of(slot);
    let (lanes, missing) = if let Some(place) = rank {
        let (lanes, need, there) = sets.nth(place)?;
        (lanes, need.saturating_sub(there))
    } else {
        let missing = roster.cover.missing(slot, 0);
        let is_it = |(_, need, there): &(u8, u32, u32)| need.saturating_sub(*there) == missing;
        let work = sets.take(roster.cover.work());
        (work.filter(is_it).min_by_key(|(set, ..)| set.count_ones())?.0, missing)
    };
    if missing == 0 {
        return None;
    }
    let length = i64::from(roster.problem.slot);
    let start = i64::try_from(slot).ok()? * length;
    let span = Span { start, end: start + length };
    let mut why: BTreeMap<Reason, u32> = BTreeMap::new();
    let mut able = 0;
    for (person, _) in
        roster.problem.people.iter().enumerate().filter(|(_, person)| person.lanes & lanes != 0)
    {
        able += 1;
        if let Some(reason) = reason(roster, person, span) {
            *why.entry(reason).or_default() += 1;
        }
    }
    Some(Short { span, missing, lanes, able, why })
}

/// Why somebody is not there; `None` when they are.
fn reason(roster: &Roster<'_>, person: usize, span: Span) -> Option<Reason> {
    let covers = |work: &Span| work.start <= span.start && span.end <= work.end;
    if roster.work.get(person).is_some_and(|work| work.iter().any(covers)) {
        return None;
    }
    let shifts = roster.problem.shifts.iter().enumerate().filter(|(_, shift)| covers(&shift.span));
    // Of several shifts that would do, the one that least stands against.
    let why = shifts.map(|(at, _)| match rules::bar(roster, person, at) {
        None => Reason::NotWorthIt,
        Some(Rule::Overlap) => Reason::OtherShift,
        Some(Rule::Rest) => Reason::Rest,
        Some(Rule::Week) => Reason::Week,
        Some(Rule::DaysInRow) => Reason::DaysInRow,
        Some(Rule::TooLong) => Reason::TooLong,
        Some(Rule::Unavailable) => Reason::Unavailable,
        Some(Rule::Off) => Reason::Off,
    });
    Some(why.min().unwrap_or(Reason::NoShift))
}
