use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::{AgentId, Interval, Language, ShiftId, Time, TimeOfDay, TimeOffId, Weekday};

const ANN: AgentId = AgentId(1);

fn time(text: &str) -> Time {
    Time::parse(&format!("2026-{text}:00Z")).unwrap()
}

fn shift(id: i64, from: &str, until: &str) -> Shift {
    Shift {
        id: ShiftId(id),
        agent: Some(ANN),
        starts_at: time(from),
        ends_at: time(until),
        need: Need::default(),
    }
}

fn contract() -> Contract {
    Contract {
        zone: "UTC".to_owned(),
        least_week: 0,
        most_week: 40 * 60,
        most_stretch: 10 * 60,
        least_rest: 11 * 60,
        most_days: 5,
        available: Vec::new(),
    }
}

fn ann(contract: Contract) -> Person {
    Person { id: ANN, profile: Profile::default(), contract: Some(contract) }
}

/// Shift, rule, other shift, what was found.
type Found = (i64, Rule, Option<i64>, Option<u32>);

fn found(person: &Person, shifts: &[Shift]) -> Vec<Found> {
    let found = violations(person, shifts, &[]);
    found.into_iter().map(|one| (one.shift_id.0, one.rule, one.other_id.map(|id| id.0), one.found)).collect()
}

fn window(day: u8, opens: &str, closes: &str) -> Interval {
    Interval {
        weekday: Weekday::new(day).unwrap(),
        opens: TimeOfDay::parse(opens).unwrap(),
        closes: TimeOfDay::parse(closes).unwrap(),
    }
}

#[test]
fn a_week_that_was_agreed_breaks_nothing() {
    let week: Vec<_> =
        (2..7).map(|day| shift(day, &format!("03-0{day}T09:00"), &format!("03-0{day}T17:00"))).collect();
    assert_eq!(found(&ann(contract()), &week), []);
}

#[test]
fn nobody_works_in_two_places_at_a_time() {
    let shifts = [
        shift(1, "03-02T08:00", "03-02T16:00"),
        shift(2, "03-02T10:00", "03-02T11:00"),
        shift(3, "03-02T15:30", "03-02T17:00"),
        shift(4, "03-02T17:00", "03-02T18:00"),
    ];
    let nothing_agreed = Person { contract: None, ..ann(contract()) };
    // The third is held against the first, which ends last; the fourth only touches.
    let overlaps = vec![(2, Rule::Overlap, Some(1), Some(60)), (3, Rule::Overlap, Some(1), Some(30))];
    assert_eq!(found(&nothing_agreed, &shifts), overlaps);
    let others: Vec<_> =
        shifts.iter().map(|shift| Shift { agent: Some(AgentId(shift.id.0)), ..shift.clone() }).collect();
    assert_eq!(
        found(&nothing_agreed, &others),
        [],
        "other people's shifts, and open ones, are nothing to her"
    );
}

#[test]
fn rest_lies_between_stretches_and_touching_shifts_are_one() {
    let person = ann(contract());
    let late_and_early = [shift(1, "03-02T14:00", "03-02T22:00"), shift(2, "03-03T08:45", "03-03T16:00")];
    assert_eq!(found(&person, &late_and_early), [(2, Rule::Rest, Some(1), Some(645))]);
    let enough = [shift(1, "03-02T14:00", "03-02T22:00"), shift(2, "03-03T09:00", "03-03T16:00")];
    assert_eq!(found(&person, &enough), []);
    let touching = [shift(1, "03-02T08:00", "03-02T14:00"), shift(2, "03-02T14:00", "03-02T19:00")];
    assert_eq!(found(&person, &touching), [(2, Rule::Stretch, None, Some(660))]);
}

#[test]
fn a_week_goes_from_monday_to_sunday_on_their_clock() {
    let days = |person: &Person, from: i64| {
        let shifts: Vec<_> = (0..6)
            .map(|day| Shift {
                starts_at: Time(time("03-02T00:00").0 + (from + day * 24) * 3_600_000_000),
                ends_at: Time(time("03-02T00:00").0 + (from + day * 24 + 8) * 3_600_000_000),
                ..shift(day, "03-02T00:00", "03-02T01:00")
            })
            .collect();
        found(person, &shifts)
    };
    let six_days = Contract { most_days: 6, ..contract() };
    assert_eq!(days(&ann(six_days.clone()), 9), [(5, Rule::Week, None, Some(2_880))]);
    // From Sunday 20:00 on: four hours of the first shift lie in the week before.
    assert_eq!(days(&ann(six_days.clone()), -4), [(5, Rule::Week, None, Some(2_640))]);
    // In Auckland that Sunday evening is Monday.
    let auckland = Contract { zone: "Pacific/Auckland".to_owned(), ..six_days };
    assert_eq!(days(&ann(auckland), -4), [(5, Rule::Week, None, Some(2_880))]);
}

#[test]
fn a_night_in_which_clocks_change_is_as_long_as_it_is() {
    let zone = "Europe/Berlin".to_owned();
    // 22:00 to 06:00 on the wall: nine hours in autumn, seven in spring.
    let person = ann(Contract { zone, most_week: 8 * 60, ..contract() });
    assert_eq!(found(&person, &[shift(1, "03-28T21:00", "03-29T04:00")]), []);
    let autumn = found(&person, &[shift(1, "10-24T20:00", "10-25T05:00")]);
    assert_eq!(autumn, [(1, Rule::Week, None, Some(540))]);
}

#[test]
fn one_day_too_many_in_a_row_is_named() {
    let person = ann(Contract { most_days: 3, ..contract() });
    let work = |days: &[i64]| {
        let of = |day: &i64| shift(*day, &format!("03-{day:02}T09:00"), &format!("03-{day:02}T13:00"));
        found(&person, &days.iter().map(of).collect::<Vec<_>>())
    };
    assert_eq!(work(&[2, 3, 4, 6, 7, 8]), []);
    assert_eq!(work(&[2, 3, 4, 5, 6]), [(5, Rule::Days, None, Some(4)), (6, Rule::Days, None, Some(5))]);
}

#[test]
fn what_gets_less_bad_is_nothing_new() {
    let person = ann(Contract { most_days: 6, ..contract() });
    let week = |hours: [u8; 6]| -> Vec<Shift> {
        let of = |(day, hours): (i64, u8)| {
            shift(day, &format!("03-0{day}T08:00"), &format!("03-0{day}T{:02}:00", 8 + hours))
        };
        (2..).zip(hours).filter(|(_, hours)| *hours > 0).map(of).collect()
    };
    let new = |before: &[Shift], after: &[Shift]| {
        let new = newly_broken(&person, before, after, &[]);
        new.into_iter().map(|one| (one.shift_id.0, one.rule, one.found)).collect::<Vec<_>>()
    };
    let long = week([8; 6]);
    assert_eq!(new(&week([8, 8, 8, 8, 8, 0]), &long), [(7, Rule::Week, Some(2_880))]);
    assert_eq!(new(&long, &week([8, 8, 8, 8, 7, 8])), [], "an hour less");
    assert_eq!(new(&long, &week([10, 10, 10, 10, 0, 7])), [], "another shift is the one too many");
    assert_eq!(new(&long, &week([8, 8, 8, 8, 9, 8])), [(7, Rule::Week, Some(2_940))], "an hour more");
    // The next week is another one.
    let both = |hours| {
        let next = Time(24 * 7 * 3_600_000_000);
        let later = |one: Shift| Shift {
            id: ShiftId(one.id.0 + 10),
            starts_at: Time(one.starts_at.0 + next.0),
            ends_at: Time(one.ends_at.0 + next.0),
            ..one
        };
        long.iter().cloned().chain(week(hours).into_iter().map(later)).collect::<Vec<_>>()
    };
    assert_eq!(new(&both([8, 8, 8, 8, 8, 0]), &both([8; 6])), [(17, Rule::Week, Some(2_880))]);
    // A rest that grows is no new one, also after another shift; one that shrinks is.
    let nights = |until: &str| {
        [
            shift(1, "03-02T08:00", "03-02T12:00"),
            shift(2, "03-02T13:00", until),
            shift(3, "03-03T04:00", "03-03T12:00"),
        ]
    };
    let [first, second, third] = nights("03-02T20:00");
    assert_eq!(new(&[first.clone(), second.clone(), third.clone()], &nights("03-02T19:00")), []);
    assert_eq!(
        new(&[first.clone(), second.clone(), third.clone()], &nights("03-02T21:00")),
        [(3, Rule::Rest, Some(420))]
    );
    assert_eq!(new(&[first.clone(), second, third.clone()], &[first.clone(), third.clone()]), []);
    // Taking the middle of a stretch away breaks one.
    let touching =
        [first.clone(), shift(2, "03-02T12:00", "03-02T15:00"), shift(4, "03-02T15:00", "03-02T18:00")];
    let [one, _, last] = touching.clone();
    assert_eq!(new(&touching, &[one, last]), [(4, Rule::Rest, Some(180))]);
}

#[test]
fn work_lies_where_they_can_work() {
    let nights = vec![window(5, "22:00", "06:00"), window(6, "00:00", "24:00")];
    let person = ann(Contract { zone: "Asia/Shanghai".to_owned(), available: nights, ..contract() });
    // Friday 22:00 to Saturday 07:00 in Shanghai: from one window into the other.
    assert_eq!(found(&person, &[shift(1, "03-06T14:00", "03-06T23:00")]), []);
    assert_eq!(
        found(&person, &[shift(1, "03-06T13:30", "03-06T20:00")]),
        [(1, Rule::Available, None, Some(30))]
    );
}

#[test]
fn time_off_language_and_skill_are_held_to() {
    let profile = Profile {
        languages: vec![Language::English],
        skills: vec!["withdrawal".to_owned()],
        ..Profile::default()
    };
    let person = Person { profile, ..ann(contract()) };
    let chinese = Need { language: Some(Language::Chinese), skill: Some("stolen_funds".to_owned()) };
    let shifts = [
        Shift { need: chinese, ..shift(1, "03-02T09:00", "03-02T17:00") },
        Shift {
            need: Need { language: Some(Language::English), skill: Some("withdrawal".to_owned()) },
            ..shift(2, "03-03T09:00", "03-03T17:00")
        },
    ];
    let off = TimeOff {
        id: TimeOffId(9),
        agent: ANN,
        starts_at: time("03-03T17:00"),
        ends_at: time("03-04T00:00"),
    };
    let rules = |off| {
        violations(&person, &shifts, &[off]).iter().map(|one| (one.shift_id.0, one.rule)).collect::<Vec<_>>()
    };
    assert_eq!(rules(off), [(1, Rule::Language), (1, Rule::Skill)]);
    let longer = TimeOff { starts_at: time("03-03T16:45"), ..off };
    assert_eq!(rules(longer), [(1, Rule::Language), (1, Rule::Skill), (2, Rule::TimeOff)]);
    assert_eq!(rules(TimeOff { agent: AgentId(2), ..longer }).len(), 2, "somebody else's");
}

#[test]
fn what_makes_no_sense_is_refused_with_a_reason() {
    let refused = |change: &dyn Fn(&mut Contract)| {
        let mut contract = contract();
        change(&mut contract);
        contract.check().map_err(|wrong| (wrong.field, wrong.reason))
    };
    assert_eq!(refused(&|_| ()), Ok(()));
    assert_eq!(refused(&|one| one.zone = "Mars/Olympus".to_owned()), Err(("zone", "unknown")));
    assert_eq!(refused(&|one| one.most_week = 10_081), Err(("most_week", "out_of_range")));
    assert_eq!(refused(&|one| one.least_week = 2_401), Err(("least_week", "out_of_range")));
    assert_eq!(refused(&|one| one.most_stretch = 961), Err(("most_stretch", "out_of_range")));
    assert_eq!(refused(&|one| one.least_rest = 2_881), Err(("least_rest", "out_of_range")));
    assert_eq!(refused(&|one| one.most_days = 0), Err(("most_days", "out_of_range")));
    let twice = vec![window(1, "09:00", "12:00"), window(1, "11:00", "13:00")];
    assert_eq!(refused(&|one| one.available.clone_from(&twice)), Err(("available", "overlap")));
    let profile = |change: &dyn Fn(&mut Profile)| {
        let mut profile = Profile::default();
        change(&mut profile);
        profile.check().map_err(|wrong| (wrong.field, wrong.reason))
    };
    assert_eq!(profile(&|_| ()), Ok(()));
    assert_eq!(profile(&|one| one.languages.clear()), Err(("languages", "missing")));
    assert_eq!(profile(&|one| one.languages.push(Language::English)), Err(("languages", "twice")));
    assert_eq!(profile(&|one| one.skills = vec!["juggling".to_owned()]), Err(("skills", "unknown")));
    assert_eq!(profile(&|one| one.tier = 4), Err(("tier", "out_of_range")));
    assert_eq!(profile(&|one| one.at_once = 0), Err(("at_once", "out_of_range")));
    let wrong =
        |from: &str, until: &str| shift(1, from, until).check().map_err(|wrong| (wrong.field, wrong.reason));
    assert_eq!(wrong("03-02T09:00", "03-03T01:00"), Ok(()));
    assert_eq!(wrong("03-02T09:00", "03-02T09:00"), Err(("ends_at", "before_start")));
    assert_eq!(wrong("03-02T09:00", "03-03T01:15"), Err(("ends_at", "out_of_range")));
    assert_eq!(wrong("03-02T09:10", "03-02T12:00"), Err(("starts_at", "malformed")));
}

#[test]
fn wishes_go_one_way() {
    use Step::{Accept, Approve, Decline, Withdraw};
    for state in SwapState::ALL {
        let steps: Vec<_> = Step::ALL.into_iter().filter(|step| state.after(*step).is_some()).collect();
        let expected: &[Step] = match state {
            SwapState::Asked => &[Accept, Decline, Withdraw],
            SwapState::Accepted => &[Approve, Decline, Withdraw],
            _ => &[],
        };
        assert_eq!((steps.as_slice(), state.is_open()), (expected, !expected.is_empty()), "{state:?}");
        assert_eq!(SwapState::parse(state.as_str()), Some(*state));
    }
    for state in TimeOffState::ALL {
        let steps: Vec<_> = Step::ALL.into_iter().filter(|step| state.after(*step).is_some()).collect();
        let expected: &[Step] = match state {
            TimeOffState::Asked => &[Approve, Decline, Withdraw],
            TimeOffState::Approved => &[Withdraw],
            _ => &[],
        };
        assert_eq!(steps, expected, "{state:?}");
    }
}

/// Shifts of quarters of an hour within two weeks: where each begins, and how long it is.
fn drawn() -> impl Strategy<Value = Vec<(i64, i64)>> {
    prop::collection::vec((0..14 * 96_i64, 1..64_i64), 0..14)
}

fn made(drawn: &[(i64, i64)]) -> Vec<Shift> {
    let monday = time("03-02T00:00").0;
    let of = |(id, (at, length)): (i64, &(i64, i64))| Shift {
        id: ShiftId(id),
        agent: Some(ANN),
        starts_at: Time(monday + at * SHIFT_STEP),
        ends_at: Time(monday + (at + length) * SHIFT_STEP),
        need: Need::default(),
    };
    (0..).zip(drawn).map(of).collect()
}

proptest! {
    /// Held against a slow model that looks at every quarter of an hour.
    #[test]
    fn rules_are_those_of_a_slow_model(drawn in drawn(), most_week in 1..60_u32, rest in 0..20_u32, row in 1..7_u8) {
        let agreed = Contract { most_week: most_week * 60, least_rest: rest * 60, most_days: row, most_stretch: 960, ..contract() };
        let found = violations(&ann(agreed), &made(&drawn), &[]);
        let has = |rule| found.iter().any(|one| one.rule == rule);
        let quarters = (14 + 2) * 96;
        let at_work: Vec<i64> = (0..quarters)
            .map(|quarter| i64::try_from(drawn.iter().filter(|(at, length)| (*at..at + length).contains(&quarter)).count()).unwrap())
            .collect();
        prop_assert_eq!(has(Rule::Overlap), at_work.iter().any(|count| *count > 1));
        let weeks = at_work.chunks(7 * 96).map(|week| week.iter().sum::<i64>() * 15);
        prop_assert_eq!(has(Rule::Week), weeks.max().unwrap_or(0) > i64::from(most_week) * 60);
        let mut gaps = at_work.chunk_by(|one, next| (*one == 0) == (*next == 0)).collect::<Vec<_>>();
        // Before the first and after the last there is rest enough.
        if gaps.first().is_some_and(|gap| gap[0] == 0) { gaps.remove(0); }
        if gaps.last().is_some_and(|gap| gap[0] == 0) { gaps.pop(); }
        let short = gaps.iter().any(|gap| gap[0] == 0 && i64::try_from(gap.len()).unwrap() < i64::from(rest) * 4);
        prop_assert_eq!(has(Rule::Rest), short);
        let long = gaps.iter().any(|gap| gap[0] > 0 && gap.len() > 64);
        prop_assert_eq!(has(Rule::Stretch), long);
        let days: BTreeSet<i64> = drawn.iter().map(|(at, _)| at / 96).collect();
        let longest = days.iter().map(|day| (0..20).take_while(|next| days.contains(&(day + next))).count()).max().unwrap_or(0);
        prop_assert_eq!(has(Rule::Days), longest > usize::from(row));
    }

    /// The order in which shifts are told is nothing to the rules, and no shift of somebody else is.
    #[test]
    fn order_and_others_change_nothing(drawn in drawn(), others in drawn_others()) {
        let person = ann(contract());
        let mut shifts = made(&drawn);
        let expected = violations(&person, &shifts, &[]);
        shifts.reverse();
        shifts.extend(made(&others).into_iter().map(|shift| Shift { agent: None, id: ShiftId(shift.id.0 + 100), ..shift }));
        prop_assert_eq!(violations(&person, &shifts, &[]), expected);
    }

    /// Whoever can work always is asked nothing about when.
    #[test]
    fn availability_of_the_whole_week_is_always(drawn in drawn()) {
        let always = (1..=7).map(|day| window(day, "00:00", "24:00")).collect();
        let person = ann(Contract { available: always, zone: "Europe/Berlin".to_owned(), ..contract() });
        prop_assert!(violations(&person, &made(&drawn), &[]).iter().all(|one| one.rule != Rule::Available));
    }
}

fn drawn_others() -> impl Strategy<Value = Vec<(i64, i64)>> {
    drawn()
}

#[test]
fn a_shift_covers_its_first_moment_and_not_its_last() {
    let shift = shift(1, "03-02T09:00", "03-02T17:00");
    assert!(shift.covers(shift.starts_at) && !shift.covers(shift.ends_at));
    assert!(shift.covers(shift.ends_at.minus(Duration::from_micros(1))));
}
