//! A first answer: shift by shift whatever helps most, to whom it burdens least.

use super::{Given, PAID, Problem, Roster, UNDER, UNFAIR, rules};

/// Fills the need by these shifts, then the hours that were agreed.
pub(super) fn fill(roster: &Roster<'_>, shifts: &[usize]) -> Vec<Given> {
    let mut with = roster.clone();
    with.given.clear();
    while let Some(given) = best(&with, shifts) {
        with.give(given);
    }
    with.given
}

/// The shift and the person that lower the cost most; none when none lowers it.
fn best(roster: &Roster<'_>, shifts: &[usize]) -> Option<Given> {
    let people = &roster.problem.people;
    let mut kinds: Vec<u8> = people.iter().map(|person| person.lanes).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut worth: Vec<(f64, usize, u8)> = Vec::new();
    for at in shifts {
        let Some(shift) = roster.shift(*at) else { continue };
        let paid = PAID * Problem::halves(shift.span.minutes());
        for kind in &kinds {
            let slots = roster.cover.slots_of(shift.span);
            let gain: f64 =
                slots.map(|slot| roster.cover.cost(slot) - roster.cover.cost_with(slot, *kind)).sum();
            worth.push((gain - paid, *at, *kind));
        }
    }
    worth.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    // The hours that were agreed are worth something, too: at most this for a shift.
    let owed = |minutes: i64| UNDER * Problem::halves(minutes);
    let mut found: Option<(f64, Given)> = None;
    for (gain, at, kind) in worth {
        let shift = roster.shift(at)?;
        if found.is_some_and(|(best, _)| best >= gain + owed(shift.span.minutes())) {
            break;
        }
        for (person, _) in people.iter().enumerate().filter(|(_, person)| person.lanes == kind) {
            let value = gain + for_person(roster, person, at);
            let is_better = value > 1e-9 && found.is_none_or(|(best, _)| value > best + 1e-9);
            if is_better && rules::bar(roster, person, at).is_none() {
                found = Some((value, Given { person, shift: at }));
            }
        }
    }
    found.map(|(_, given)| given)
}

/// What a shift is worth to somebody: hours that they are owed, less the nights and weekends that they have had.
fn for_person(roster: &Roster<'_>, at: usize, shift: usize) -> f64 {
    let problem = roster.problem;
    let (Some(person), Some(shift)) = (problem.people.get(at), problem.shifts.get(shift)) else { return 0.0 };
    let work = roster.work.get(at).map_or(&[] as &[_], Vec::as_slice);
    let owed: i64 = rules::weeks(problem, person, shift.span.start, shift.span.end)
        .map(|week| {
            (i64::from(person.least) - rules::minutes(work, week)).clamp(0, rules::part(shift.span, week))
        })
        .sum();
    let [nights, weekends] = roster.burden.get(at).copied().unwrap_or_default();
    // Only between people: whoever has had fewer goes first.
    let had = f64::from(u32::from(shift.night) * nights + u32::from(shift.weekend) * weekends);
    UNDER * Problem::halves(owed) - UNFAIR * had / (had + 10.0)
}
