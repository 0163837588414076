//! Who works when: named people are given shifts so that every half hour has as many as it needs, and nobody's contract is
//! broken.
//!
//! An integer program (people × shifts; Ernst, Jiang, Krishnamoorthy & Sier 2004, "Staff scheduling and rostering", EJOR 153,
//! names the family), one week after the other, each with the weeks before it as they were planned: rest, days in a row and the
//! share of nights and weekends reach over the end of a week. A greedy plan is the first answer, which turns of single people and the
//! program for a few at a time (fix and optimise; Pochet & Wolsey 2006, chapter 3) make better; how much better it could be at most,
//! the relaxed program says. What comes out is checked once more by [`broken`], which shares nothing with the
//! program, so that no rule is broken whatever the solver does.
//!
//! What is needed may be told apart by *lanes* (languages, skills). Somebody may serve several, at any moment one of them. Of
//! every set of lanes it is said how many people it takes who serve one of them: so many are missing as the deficiency form of
//! Hall's theorem says (Ore 1955), the most that any set needs beyond the people who serve one of its lanes. Of lanes that
//! nobody serves together a set needs the sum of them ([`apart`]); of lanes that share people it needs fewer, because people who
//! serve all of them wait for the next one together (Erlang's economies of scale).
//!
//! Beside what they do people may have a *rank* (a tier), of which so many are to be there whatever comes. Whoever is of it does the
//! work as everybody does; what is missing of a rank costs as much as people who are missing for the work, in addition to them, so
//! that a rank of which there is nobody takes nothing from the rest of the plan.
//!
//! Times are in minutes from the start of the first slot.

mod course;
mod cover;
mod explain;
mod greedy;
mod program;
mod rules;
mod turn;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::real;
pub use course::{AtWork, Gap, Part, Spare, gaps, spare};
use cover::Cover;
pub use explain::{Reason, Short};
pub use rules::{Broken, Rule, broken};

/// Lanes that are told apart at most: all their sets are looked at.
pub const MOST_LANES: usize = 6;
/// Ranks that are told apart at most, beside the lanes.
pub const MOST_RANKS: usize = 2;
/// People that are planned at most.
pub const MOST_PEOPLE: usize = 500;
/// Weeks that are planned at most.
pub const MOST_WEEKS: usize = 8;
/// Shifts a week that are chosen from at most.
pub const MOST_SHIFTS: usize = 400;
/// Minutes of a week.
const WEEK: i64 = 7 * 24 * 60;

/// What is to be planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// Minutes of a slot.
    pub slot: u32,
    /// Lanes that are told apart, at least one.
    pub lanes: usize,
    /// Of every slot, of every set of lanes (number `bits - 1`, a bit a lane): how many people who serve one of them it needs. A
    /// larger set never needs fewer.
    pub needs: Vec<Vec<u32>>,
    /// Of every rank, of every slot: how many people of it are to be there, whatever else they do.
    pub ranks: Vec<Vec<u32>>,
    /// The shifts that anybody may be given.
    pub shifts: Vec<Shift>,
    /// Midnights where people live, in order, from a Monday before everything else on.
    pub calendars: Vec<Vec<i64>>,
    /// Who there is.
    pub people: Vec<Person>,
}

/// From when to when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// The first minute.
    pub start: i64,
    /// The minute after the last one.
    pub end: i64,
}

/// A shift that somebody may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// When.
    pub span: Span,
    /// Whether it takes somebody's night.
    pub night: bool,
    /// Whether it takes somebody's weekend.
    pub weekend: bool,
}

/// Somebody who can be given shifts, and what was agreed with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The lanes that they serve, a bit each, and after these the ranks that they have.
    pub lanes: u8,
    /// Where their days begin: which of [`Problem::calendars`].
    pub calendar: usize,
    /// Minutes of work a week that they may have at most.
    pub most: u32,
    /// Minutes a week that they are to have; what is missing is told, and not a broken rule.
    pub least: u32,
    /// Minutes of a shift at most.
    pub longest: u32,
    /// Minutes between the end of a shift and the start of the next, at least.
    pub rest: u32,
    /// Days in a row that they may work at most.
    pub days_in_row: u32,
    /// When they cannot work.
    pub away: Vec<Away>,
    /// Shifts that they have already, of before as well.
    pub fixed: Vec<Span>,
    /// How many nights they had of late.
    pub nights: u32,
    /// How many shifts at weekends they had of late.
    pub weekends: u32,
}

/// A time at which somebody cannot work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    /// When.
    pub span: Span,
    /// Time off, rather than hours that were never agreed.
    pub off: bool,
}

/// Somebody works a shift: places in [`Problem::people`] and [`Problem::shifts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Given {
    /// Who.
    pub person: usize,
    /// Which.
    pub shift: usize,
}

/// A plan that breaks no rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Who works when, beside what was fixed.
    pub given: Vec<Given>,
    /// Where people are missing, and why.
    pub short: Vec<Short>,
    /// Who has less than was agreed.
    pub under: Vec<Under>,
    /// How each week was solved.
    pub weeks: Vec<Week>,
}

impl Plan {
    /// Takes shifts out that somebody else has something against: who is missing then is told anew, and how good it is is not known
    /// any more.
    pub fn leave_out(&mut self, problem: &Problem, is_left_out: impl Fn(&Given) -> bool) {
        let before = self.given.len();
        self.given.retain(|given| !is_left_out(given));
        if self.given.len() < before {
            self.short = explain::short(problem, &self.given);
            self.under = under(problem, &self.given);
            for week in &mut self.weeks {
                week.gap = None;
            }
        }
    }
}

/// Somebody has less than was agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Under {
    /// Who.
    pub person: usize,
    /// The start of their week.
    pub week: i64,
    /// Minutes that are missing.
    pub minutes: u32,
}

/// How a week was solved. Costs are half hours of one person missing, as the program weighs them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Week {
    /// What the greedy plan costs.
    pub greedy: f64,
    /// What this plan costs.
    pub cost: f64,
    /// By which share of its cost it can be improved at most, given the weeks before it. `None` when the solver proved nothing.
    pub gap: Option<f64>,
}

/// What is wrong with a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// No slots, or slots that do not divide a day.
    #[error("slots have to divide a day, and there has to be one")]
    Slots,
    /// A slot names other sets of lanes, or there are no lanes or too many; or too many ranks, or one that is not told of every slot.
    #[error(
        "every slot needs all sets of the same lanes, of which there are between 1 and {MOST_LANES}, and at most {MOST_RANKS} ranks"
    )]
    Lanes,
    /// Nobody, or too many.
    #[error("between 1 and {MOST_PEOPLE} people can be planned")]
    People,
    /// Too many shifts, or one that ends before it starts, lasts longer than a day or begins outside of what is planned.
    #[error("shifts have to begin in the time that is planned and last at most a day, {MOST_SHIFTS} a week")]
    Shifts,
    /// More weeks than are planned at a time.
    #[error("at most {MOST_WEEKS} weeks can be planned at a time")]
    Weeks,
    /// A calendar that is not there, does not begin before everything that is fixed, or ends too early.
    #[error("days have to be known from before the first shift until after the last")]
    Calendar,
}

impl Span {
    /// Minutes.
    #[must_use]
    pub const fn minutes(self) -> i64 {
        self.end - self.start
    }

    /// Whether a moment is in both.
    #[must_use]
    pub const fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

impl Problem {
    /// Whether it can be planned at all.
    pub fn check(&self) -> Result<(), Flaw> {
        if self.slot == 0 || 1_440 % self.slot != 0 || self.needs.is_empty() {
            return Err(Flaw::Slots);
        }
        let lanes = 1..=MOST_LANES;
        if !lanes.contains(&self.lanes)
            || self.needs.iter().any(|need| need.len() != usize::from(all(self.lanes)))
            || self.ranks.len() > MOST_RANKS
            || self.ranks.iter().any(|need| need.len() != self.needs.len())
        {
            return Err(Flaw::Lanes);
        }
        if self.people.is_empty() || self.people.len() > MOST_PEOPLE {
            return Err(Flaw::People);
        }
        if self.weeks() > MOST_WEEKS {
            return Err(Flaw::Weeks);
        }
        let (end, most) = (self.end(), MOST_SHIFTS * self.weeks());
        let fits = |shift: &Shift| {
            (1..=1_440).contains(&shift.span.minutes()) && (0..end).contains(&shift.span.start)
        };
        if self.shifts.len() > most || !self.shifts.iter().all(fits) {
            return Err(Flaw::Shifts);
        }
        let is_known = |person: &Person| {
            let days = self.calendars.get(person.calendar);
            let first = person.fixed.iter().map(|span| span.start).min().unwrap_or(0).min(0);
            days.is_some_and(|days| {
                days.is_sorted_by(|a, b| a < b)
                    && days.first().is_some_and(|day| *day <= first)
                    && days.last().is_some_and(|day| *day >= end)
            })
        };
        if self.people.iter().all(is_known) { Ok(()) } else { Err(Flaw::Calendar) }
    }

    /// Where the last slot ends.
    fn end(&self) -> i64 {
        i64::from(self.slot) * i64::try_from(self.needs.len()).unwrap_or(i64::MAX / 1_440)
    }

    fn weeks(&self) -> usize {
        usize::try_from((self.end() + WEEK - 1) / WEEK).unwrap_or(usize::MAX)
    }

    /// How many half hours a time is.
    fn halves(minutes: i64) -> f64 {
        real::count(u64::try_from(minutes).unwrap_or(0)) / 30.0
    }
}

/// The set of all of so many lanes: the last one.
fn all(lanes: usize) -> u8 {
    if lanes >= 8 { u8::MAX } else { (1 << lanes) - 1 }
}

/// What every set of lanes needs when nothing is gained by serving them together: the sum of what each needs.
#[must_use]
pub fn apart(lanes: &[u32]) -> Vec<u32> {
    let of = |set: u8| {
        let own = lanes.iter().enumerate().filter(|(lane, _)| set >> lane & 1 == 1);
        own.fold(0_u32, |sum, (_, need)| sum.saturating_add(*need))
    };
    (1..=all(lanes.len())).map(of).collect()
}

/// What every set of lanes needs when ranks are added as further lanes, of each of which so many people are to be there: a set needs
/// what its lanes need, and as many as the most that one of its ranks asks for. So many are missing then as would have to come, if
/// each of them could do all of it.
#[must_use]
pub fn beside(sets: &[u32], ranks: &[u32]) -> Vec<u32> {
    let own = sets.len() + 1;
    let of = |set: usize| {
        let work = (set % own).checked_sub(1).and_then(|place| sets.get(place)).copied().unwrap_or(0);
        let asked = ranks.iter().enumerate().filter(|(rank, _)| (set / own) >> rank & 1 == 1);
        asked.fold(work, |most, (_, least)| most.max(*least))
    };
    (1..own << ranks.len()).map(of).collect()
}

/// How many are missing for what the sets of lanes need, when these people, each serving the lanes of their bits, do what they can.
#[must_use]
pub fn missing(needs: &[u32], people: &[u8]) -> u32 {
    let of = |(set, need): (u8, &u32)| {
        let there = people.iter().filter(|lanes| *lanes & set != 0).count();
        need.saturating_sub(u32::try_from(there).unwrap_or(u32::MAX))
    };
    (1..=u8::MAX).zip(needs).map(of).max().unwrap_or(0)
}

/// Whether some set of lanes misses more of these people than of those: whoever is there no more is missed, though elsewhere more
/// are missing.
#[must_use]
pub fn misses_more(needs: &[u32], of: &[u8], than: &[u8]) -> bool {
    let short = |people: &[u8], set: u8, need: u32| {
        let there = people.iter().filter(|lanes| *lanes & set != 0).count();
        need.saturating_sub(u32::try_from(there).unwrap_or(u32::MAX))
    };
    (1..=u8::MAX).zip(needs).any(|(set, need)| short(of, set, *need) > short(than, set, *need))
}

/// Plans, in about as much time as is given at most. The same problem gives the same plan wherever the solver ends before that.
pub fn plan(problem: &Problem, limit: Duration) -> Result<Plan, Flaw> {
    problem.check()?;
    let weeks = problem.weeks();
    let each = limit / u32::try_from(weeks).unwrap_or(u32::MAX).max(1);
    let mut roster = Roster::new(problem);
    let mut solved = Vec::with_capacity(weeks);
    for week in 0..weeks {
        let from = WEEK * i64::try_from(week).unwrap_or(0);
        solved.push(roster.plan_week(from, each));
    }
    let given = roster.given;
    let short = explain::short(problem, &given);
    let under = under(problem, &given);
    Ok(Plan { given, short, under, weeks: solved })
}

/// A plan as far as it has come.
#[derive(Clone)]
struct Roster<'a> {
    problem: &'a Problem,
    given: Vec<Given>,
    /// What each person works, in order: what was fixed, and what was given.
    work: Vec<Vec<Span>>,
    cover: Cover,
    /// Nights and shifts at weekends of each.
    burden: Vec<[u32; 2]>,
}

impl<'a> Roster<'a> {
    fn new(problem: &'a Problem) -> Self {
        let mut cover = Cover::new(problem);
        let mut work = Vec::with_capacity(problem.people.len());
        for person in &problem.people {
            let mut spans = person.fixed.clone();
            spans.sort_unstable();
            for span in &spans {
                cover.add(person.lanes, *span);
            }
            work.push(spans);
        }
        let burden = problem.people.iter().map(|person| [person.nights, person.weekends]).collect();
        Self { problem, given: Vec::new(), work, cover, burden }
    }

    /// Plans the shifts that begin in the week from there on.
    fn plan_week(&mut self, from: i64, limit: Duration) -> Week {
        let shifts: Vec<usize> = (0..self.problem.shifts.len())
            .filter(|at| self.shift(*at).is_some_and(|shift| (from..from + WEEK).contains(&shift.span.start)))
            .collect();
        let greedy = greedy::fill(self, &shifts);
        let fair = self.fair(&shifts, &greedy);
        // Whoever begins on the last evening works on in the next week.
        let ends = shifts.iter().filter_map(|at| Some(self.shift(*at)?.span.end));
        let span = Span { start: from, end: ends.max().unwrap_or(0).max(from + WEEK) };
        let week = program::Week { shifts: &shifts, span, fair };
        let first = self.cost(&greedy, span, fair);
        let (best, bound) = self.solve(&week, greedy, limit);
        let cost = self.cost(&best, span, fair);
        self.give_all(&best);
        let gap = bound.map(|bound| if cost > 0.0 { ((cost - bound) / cost).clamp(0.0, 1.0) } else { 0.0 });
        Week { greedy: first, cost, gap }
    }

    /// The best plan that is found in time, and what none costs less than. A small week is solved as it is. In a large one
    /// everybody has turns, and a few people at a time are planned anew together while the others keep what they have.
    fn solve(
        &self,
        week: &program::Week<'_>,
        greedy: Vec<Given>,
        limit: Duration,
    ) -> (Vec<Given>, Option<f64>) {
        let better = |old: Vec<Given>, new: Vec<Given>| {
            let [was, is] = [&old, &new].map(|given| self.cost(given, week.span, week.fair));
            if is < was - 1e-6 && self.is_allowed(&new) { new } else { old }
        };
        if limit.is_zero() {
            return (greedy, None);
        }
        let everybody: Vec<usize> = (0..self.problem.people.len()).collect();
        let mut best = turn::improve(self, week.shifts, week.span, week.fair, greedy);
        if program::size(self, week) <= SMALL {
            return match program::solve(self, week, &everybody, &best, limit) {
                Some(answer) => (better(best, answer.given), answer.bound),
                None => (best, None),
            };
        }
        let bound = program::bound(self, week, limit / 4);
        let groups = groups(self.problem);
        let each = limit / 4 / u32::try_from(groups.len()).unwrap_or(u32::MAX).max(1);
        for group in &groups {
            let (own, others): (Vec<Given>, Vec<Given>) =
                best.iter().copied().partition(|given| group.contains(&given.person));
            let mut with = self.clone();
            with.give_all(&others);
            if let Some(answer) = program::solve(&with, week, group, &own, each) {
                let mut new = others;
                new.extend(answer.given);
                best = better(best, new);
            }
        }
        (turn::improve(self, week.shifts, week.span, week.fair, best), bound)
    }

    fn shift(&self, at: usize) -> Option<&'a Shift> {
        self.problem.shifts.get(at)
    }

    /// Writes down a shift of somebody.
    fn give(&mut self, given: Given) {
        let (Some(shift), Some(person)) = (self.shift(given.shift), self.problem.people.get(given.person))
        else {
            return;
        };
        let Some(work) = self.work.get_mut(given.person) else { return };
        let place = work.partition_point(|span| *span < shift.span);
        work.insert(place, shift.span);
        self.cover.add(person.lanes, shift.span);
        if let Some([nights, weekends]) = self.burden.get_mut(given.person) {
            *nights += u32::from(shift.night);
            *weekends += u32::from(shift.weekend);
        }
        self.given.push(given);
    }

    /// Writes down all of these.
    fn give_all(&mut self, given: &[Given]) {
        for one in given {
            self.give(*one);
        }
    }

    /// Whether nothing is broken by what is planned and these together that was not broken by what was fixed.
    fn is_allowed(&self, more: &[Given]) -> bool {
        let all: Vec<Given> = self.given.iter().chain(more).copied().collect();
        broken(self.problem, &all).is_empty()
    }

    /// Nights and weekends that each would have, were they spread evenly over those who can have any.
    fn fair(&self, shifts: &[usize], greedy: &[Given]) -> [u32; 2] {
        let is = [|shift: &Shift| shift.night, |shift: &Shift| shift.weekend];
        let mut kind = 0;
        is.map(|is| {
            let wanted = greedy.iter().filter(|given| self.shift(given.shift).is_some_and(is)).count();
            let able = |person: &usize| {
                shifts
                    .iter()
                    .any(|at| self.shift(*at).is_some_and(is) && rules::bar(self, *person, *at).is_none())
            };
            let able: Vec<usize> = (0..self.problem.people.len()).filter(able).collect();
            let had = |person: &usize| self.burden.get(*person).and_then(|burden| burden.get(kind)).copied();
            let had: u32 = able.iter().filter_map(had).sum();
            kind += 1;
            let all = had.saturating_add(u32::try_from(wanted).unwrap_or(u32::MAX));
            all.div_ceil(u32::try_from(able.len()).unwrap_or(u32::MAX).max(1))
        })
    }

    /// What these shifts and a time with them cost: what the program makes as small as it can.
    fn cost(&self, given: &[Given], span: Span, fair: [u32; 2]) -> f64 {
        let mut with = self.clone();
        with.give_all(given);
        let paid = given.iter().filter_map(|given| self.shift(given.shift)).map(|shift| shift.span.minutes());
        let unfair = self.burden.iter().zip(&with.burden).flat_map(|(had, have)| {
            let pairs = had.iter().zip(have).zip(fair);
            pairs.map(|((had, have), fair)| have.saturating_sub(fair.max(*had)))
        });
        let under = |(person, work): (&Person, &Vec<Span>)| {
            rules::weeks(self.problem, person, span.start, span.start + WEEK)
                .map(|week| i64::from(person.least) - rules::minutes(work, week))
                .map(|missing| Problem::halves(missing.max(0)))
                .sum::<f64>()
        };
        PAID * Problem::halves(paid.sum())
            + UNFAIR * f64::from(unfair.sum::<u32>())
            + UNDER * self.problem.people.iter().zip(&with.work).map(under).sum::<f64>()
            + with.cover.slots_of(span).map(|slot| with.cover.cost(slot)).sum::<f64>()
    }
}

/// Who has less than was agreed, in the weeks of theirs that lie in the plan as a whole.
fn under(problem: &Problem, given: &[Given]) -> Vec<Under> {
    let work = rules::work(problem, given);
    let mut all = Vec::new();
    for ((at, person), work) in problem.people.iter().enumerate().zip(&work) {
        for week in rules::weeks(problem, person, 0, problem.end()).filter(|week| week.end <= problem.end()) {
            let missing = i64::from(person.least) - rules::minutes(work, week);
            if let Ok(minutes @ 1..) = u32::try_from(missing) {
                all.push(Under { person: at, week: week.start, minutes });
            }
        }
    }
    all
}

/// People who are planned anew together: a few who can stand in for each other, each of them once.
fn groups(problem: &Problem) -> Vec<Vec<usize>> {
    let mut people: Vec<usize> = (0..problem.people.len()).collect();
    people.sort_by_key(|person| problem.people.get(*person).map(|person| person.lanes));
    people.chunks(TOGETHER).map(<[usize]>::to_vec).collect()
}

/// Choices up to which a week is solved as it is.
const SMALL: usize = 300;
/// How many people are planned anew together.
const TOGETHER: usize = 4;
/// What half an hour of work costs: somebody is called for a shift that fills more than this share of it.
const PAID: f64 = 0.1;
/// What half an hour costs that was agreed and is not given.
const UNDER: f64 = 0.3;
/// What a night or a weekend costs beyond a fair share.
const UNFAIR: f64 = 0.5;

#[cfg(test)]
mod tests;
