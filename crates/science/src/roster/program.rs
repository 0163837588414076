//! A week as an integer program: a yes or no for every person and shift.

use std::collections::BTreeMap;
use std::time::Duration;

use good_lp::solvers::{WithInitialSolution as _, WithMipGap as _, WithTimeLimit as _};
use good_lp::{
    Expression, ProblemVariables, Solution as _, SolverModel as _, Variable, constraint, microlp,
    solvers::SolutionStatus, variable,
};

use super::cover::{EMPTY, MISSING, steps};
use super::{Given, PAID, Person, Problem, Roster, Span, UNDER, UNFAIR, WEEK, rules};
use crate::real;

/// A plan that is this near to the best one is good enough: what is needed is not known better.
const GAP: f32 = 0.01;

/// What the solver found.
pub(super) struct Answer {
    pub(super) given: Vec<Given>,
    /// What no plan of this week costs less than.
    pub(super) bound: Option<f64>,
}

/// A choice: somebody may be given a shift.
struct Choice {
    given: Given,
    span: Span,
    night: bool,
    weekend: bool,
    chosen: Variable,
}

/// The choices that reach into a slot, and its sets of lanes with what they need and who is there.
type Alike = (Vec<usize>, Vec<(u8, u32, u32)>);

struct Program<'a, 'b> {
    roster: &'b Roster<'a>,
    /// Whether people are whole and need rest.
    is_whole: bool,
    variables: ProblemVariables,
    cost: Expression,
    rows: Vec<(Expression, f64)>,
    choices: Vec<Choice>,
}

/// What a program is about.
pub(super) struct Week<'a> {
    /// The shifts that may be given.
    pub(super) shifts: &'a [usize],
    /// From its start until whoever works last goes home.
    pub(super) span: Span,
    /// Nights and weekends beyond which it is unfair.
    pub(super) fair: [u32; 2],
}

/// The best shifts for these people beside what everybody works already, begun from a plan for them; `None` when the solver finds
/// nothing in time.
pub(super) fn solve(
    roster: &Roster<'_>,
    week: &Week<'_>,
    people: &[usize],
    known: &[Given],
    limit: Duration,
) -> Option<Answer> {
    let program = Program::new(roster, week, people, true);
    program.run(known, limit)
}

/// What no plan of a week can cost less than: people may be cut into parts, and need no rest.
pub(super) fn bound(roster: &Roster<'_>, week: &Week<'_>, limit: Duration) -> Option<f64> {
    let people: Vec<usize> = (0..roster.problem.people.len()).collect();
    let program = Program::new(roster, week, &people, false);
    program.relax(limit)
}

/// How many choices these people have.
pub(super) fn size(roster: &Roster<'_>, week: &Week<'_>) -> usize {
    let people = 0..roster.problem.people.len();
    people
        .map(|person| week.shifts.iter().filter(|at| rules::bar(roster, person, **at).is_none()).count())
        .sum()
}

impl Program<'_, '_> {
    fn new<'a, 'b>(
        roster: &'b Roster<'a>,
        week: &Week<'_>,
        people: &[usize],
        is_whole: bool,
    ) -> Program<'a, 'b> {
        let mut program = Program {
            roster,
            is_whole,
            variables: ProblemVariables::new(),
            cost: Expression::default(),
            rows: Vec::new(),
            choices: Vec::new(),
        };
        program.choose(people, week.shifts);
        program.cover(week.span);
        for (at, person) in roster.problem.people.iter().enumerate() {
            program.keep_rules(at, person, week.span.start);
            program.be_fair(at, week.fair);
        }
        program
    }

    /// Whatever no rule bars already.
    fn choose(&mut self, people: &[usize], shifts: &[usize]) {
        for person in people.iter().copied() {
            for at in shifts {
                let Some(shift) = self.roster.shift(*at) else { continue };
                if rules::bar(self.roster, person, *at).is_some() {
                    continue;
                }
                let choice = if self.is_whole { variable().binary() } else { variable().min(0.0).max(1.0) };
                let chosen = self.variables.add(choice);
                self.cost.add_mul(PAID * Problem::halves(shift.span.minutes()), chosen);
                self.choices.push(Choice {
                    given: Given { person, shift: *at },
                    span: shift.span,
                    night: shift.night,
                    weekend: shift.weekend,
                    chosen,
                });
            }
        }
    }

    fn lanes(&self, choice: &Choice) -> u8 {
        self.roster.problem.people.get(choice.given.person).map_or(0, |person| person.lanes)
    }

    /// A row whose left side is at least the right one.
    fn at_least(&mut self, left: Expression, right: f64) {
        self.rows.push((left, right));
    }

    fn at_most(&mut self, left: Expression, right: f64) {
        self.rows.push((-left, -right));
    }

    /// People for what is needed. Slots in which the same shifts may be worked and that have the same need are one.
    fn cover(&mut self, span: Span) {
        let cover = &self.roster.cover;
        let slots = cover.slots_of(span);
        let mut same: BTreeMap<Alike, f64> = BTreeMap::new();
        let mut at_slot: Vec<Vec<usize>> = vec![Vec::new(); slots.len()];
        for (at, choice) in self.choices.iter().enumerate() {
            for slot in cover.slots_of(choice.span) {
                if let Some(there) = slot.checked_sub(slots.start).and_then(|slot| at_slot.get_mut(slot)) {
                    there.push(at);
                }
            }
        }
        for (slot, choices) in slots.zip(at_slot) {
            if cover.is_needed(slot) {
                *same.entry((choices, cover.sets_of(slot).collect())).or_default() += cover.weight();
            }
        }
        for ((choices, sets), weight) in same {
            self.cover_slots(&choices, &sets, weight);
        }
    }

    fn cover_slots(&mut self, choices: &[usize], sets: &[(u8, u32, u32)], weight: f64) {
        let (sets, ranks) = sets.split_at(self.roster.cover.work().min(sets.len()));
        for (rank, need, there) in ranks.iter().filter(|(_, need, there)| need > there) {
            let people: Vec<usize> = choices.iter().filter(|at| self.serves(**at, *rank)).copied().collect();
            let missing = self.missing(*need, weight);
            self.people_or(&people, &missing, need - there);
        }
        let missing = self.missing(sets.last().map_or(0, |(_, need, _)| *need), weight);
        // Of the sets that the same people serve only the largest says something: it needs most.
        let mut by_people: BTreeMap<Vec<usize>, (u32, u32)> = BTreeMap::new();
        for (set, need, there) in sets {
            let people: Vec<usize> = choices.iter().filter(|at| self.serves(**at, *set)).copied().collect();
            if set.is_power_of_two() && *need > 0 && *there == 0 {
                let nobody = self.variables.add(variable().min(0.0).max(1.0));
                self.cost.add_mul(EMPTY * weight, nobody);
                let row = self.sum(&people) + nobody;
                self.at_least(row, 1.0);
            }
            let most = by_people.entry(people).or_insert((0, 0));
            if need.saturating_sub(*there) > most.0.saturating_sub(most.1) {
                *most = (*need, *there);
            }
        }
        for (people, (need, there)) in by_people {
            if need > there {
                self.people_or(&people, &missing, need - there);
            }
        }
    }

    fn serves(&self, choice: usize, set: u8) -> bool {
        self.choices.get(choice).is_some_and(|choice| self.lanes(choice) & set != 0)
    }

    /// How many of so many are missing, at what that costs.
    fn missing(&mut self, need: u32, weight: f64) -> Vec<Variable> {
        let steps = steps(need).into_iter().zip(MISSING).filter(|(most, _)| *most > 0);
        steps
            .map(|(most, price)| {
                let missing = self.variables.add(variable().min(0.0).max(f64::from(most)));
                self.cost.add_mul(price * weight, missing);
                missing
            })
            .collect()
    }

    /// Of these choices so many are made, or as many are missing.
    fn people_or(&mut self, people: &[usize], missing: &[Variable], number: u32) {
        let mut row = self.sum(people);
        for one in missing {
            row.add_mul(1.0, *one);
        }
        self.at_least(row, f64::from(number));
    }

    fn sum(&self, choices: &[usize]) -> Expression {
        choices.iter().filter_map(|at| self.choices.get(*at)).map(|choice| choice.chosen).sum()
    }

    /// What was agreed with somebody.
    fn keep_rules(&mut self, at: usize, person: &Person, from: i64) {
        let problem = self.roster.problem;
        let mine: Vec<usize> = self
            .choices
            .iter()
            .enumerate()
            .filter(|(_, choice)| choice.given.person == at)
            .map(|(at, _)| at)
            .collect();
        let work = self.roster.work.get(at).map_or(&[] as &[Span], Vec::as_slice);
        let spans: Vec<(usize, Span)> =
            mine.iter().filter_map(|at| Some((*at, self.choices.get(*at)?.span))).collect();
        if self.is_whole {
            for together in rest_rows(&spans, i64::from(person.rest)) {
                let row = self.sum(&together);
                self.at_most(row, 1.0);
            }
        }
        for week in rules::weeks(problem, person, from, from + WEEK) {
            let had = rules::minutes(work, week);
            let mut minutes = Expression::default();
            let mut could = 0;
            for (at, span) in &spans {
                let part = rules::part(*span, week);
                if let Some(choice) = self.choices.get(*at).filter(|_| part > 0) {
                    minutes.add_mul(Problem::halves(part), choice.chosen);
                    could += part;
                }
            }
            if could > 0 && could > i64::from(person.most) - had {
                self.at_most(minutes.clone(), Problem::halves(i64::from(person.most) - had));
            }
            // Shifts are whole: five of eight hours and a half do not fit into forty, whatever their parts do (Chvátal 1973).
            let here = spans.iter().filter(|(_, span)| week.start <= span.start && span.end <= week.end);
            let (together, lengths): (Vec<usize>, Vec<i64>) =
                here.map(|(at, span)| (*at, span.minutes())).unzip();
            if let Some(shortest) = lengths.into_iter().min() {
                let fit = (i64::from(person.most) - had).div_euclid(shortest).max(0);
                let row = self.sum(&together);
                self.at_most(row, Problem::halves(fit * 30));
            }
            let owed = Problem::halves(i64::from(person.least) - had);
            if owed > 0.0 {
                let under = self.variables.add(variable().min(0.0).max(owed));
                self.cost.add_mul(UNDER, under);
                self.at_least(minutes + under, owed);
            }
        }
        self.keep_days(person, work, &spans);
    }

    /// One shift a day, and not too many days in a row.
    fn keep_days(&mut self, person: &Person, work: &[Span], spans: &[(usize, Span)]) {
        let problem = self.roster.problem;
        let mut by_day: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, span) in spans {
            by_day.entry(rules::day(problem, person, span.start)).or_default().push(*at);
        }
        let worked: Vec<usize> = work.iter().map(|span| rules::day(problem, person, span.start)).collect();
        let days: Vec<usize> = by_day.keys().copied().collect();
        for together in by_day.values().filter(|together| together.len() > 1) {
            let row = self.sum(together);
            self.at_most(row, 1.0);
        }
        let length = usize::try_from(person.days_in_row).unwrap_or(usize::MAX).saturating_add(1);
        let (Some(first), Some(last)) = (days.first(), days.last()) else { return };
        if length > 31 {
            return;
        }
        for start in (first + 1).saturating_sub(length)..=*last {
            let window = start..start + length;
            let had = window.clone().filter(|day| worked.contains(day)).count();
            let free: Vec<usize> = window.filter_map(|day| by_day.get(&day)).flatten().copied().collect();
            let could = days.iter().filter(|day| (start..start + length).contains(*day)).count();
            if !free.is_empty() && had + could >= length {
                let row = self.sum(&free);
                self.at_most(row, real::len((length - 1).saturating_sub(had)));
            }
        }
    }

    /// Nights and weekends beyond a fair share cost.
    fn be_fair(&mut self, at: usize, fair: [u32; 2]) {
        let had = self.roster.burden.get(at).copied().unwrap_or_default();
        for ((had, fair), is_night) in had.into_iter().zip(fair).zip([true, false]) {
            let counts = |choice: &&Choice| {
                choice.given.person == at && if is_night { choice.night } else { choice.weekend }
            };
            let row: Vec<Variable> = self.choices.iter().filter(counts).map(|choice| choice.chosen).collect();
            if row.is_empty() {
                continue;
            }
            let beyond = self.variables.add(variable().min(0.0));
            self.cost.add_mul(UNFAIR, beyond);
            let sum: Expression = row.into_iter().sum();
            self.at_least(beyond - sum, f64::from(had) - f64::from(fair.max(had)));
        }
    }

    fn run(self, known: &[Given], limit: Duration) -> Option<Answer> {
        let Self { variables, cost, rows, choices, .. } = self;
        let is_known = |choice: &Choice| f64::from(u8::from(known.contains(&choice.given)));
        let hint: Vec<(Variable, f64)> =
            choices.iter().map(|choice| (choice.chosen, is_known(choice))).collect();
        let mut model = variables
            .minimise(cost)
            .using(microlp)
            .with_time_limit(limit.as_secs_f64())
            .with_mip_gap(GAP)
            .ok()?
            .with_initial_solution(hint);
        for (left, right) in rows {
            model.add_constraint(constraint!(left >= right));
        }
        let solution = model.solve().ok()?;
        let is_chosen = |choice: &&Choice| solution.value(choice.chosen) > 0.5;
        let given = choices.iter().filter(is_chosen).map(|choice| choice.given).collect();
        let solution = solution.into_inner();
        Some(Answer { given, bound: solution.stats().best_bound })
    }

    fn relax(self, limit: Duration) -> Option<f64> {
        let Self { variables, cost, rows, .. } = self;
        let mut model = variables.minimise(cost).using(microlp).with_time_limit(limit.as_secs_f64());
        for (left, right) in rows {
            model.add_constraint(constraint!(left >= right));
        }
        let solution = model.solve().ok()?;
        matches!(solution.status(), SolutionStatus::Optimal).then(|| solution.into_inner().objective())
    }
}

/// The sets of shifts of which somebody can have one only, because of rest: the maximal cliques of an interval graph, which
/// describe it without any fraction (Golumbic 1980, chapter 8).
fn rest_rows(spans: &[(usize, Span)], rest: i64) -> Vec<Vec<usize>> {
    let mut starts: Vec<i64> = spans.iter().map(|(_, span)| span.start).collect();
    starts.sort_unstable();
    starts.dedup();
    let mut rows = Vec::new();
    for (at, start) in starts.iter().enumerate() {
        let here: Vec<&(usize, Span)> =
            spans.iter().filter(|(_, span)| span.start <= *start && *start < span.end + rest).collect();
        // When nobody's rest ends before the next start, the next one holds all of these and more.
        let is_whole =
            starts.get(at + 1).is_none_or(|next| here.iter().any(|(_, span)| span.end + rest <= *next));
        if is_whole && here.len() > 1 {
            rows.push(here.into_iter().map(|(at, _)| *at).collect());
        }
    }
    rows
}
