use proptest::prelude::*;

use super::*;

const DAY: i64 = 1_440;

/// Midnights from two weeks before on.
fn calendar(weeks: i64) -> Vec<i64> {
    (-14..=weeks * 7 + 7).map(|day| day * DAY).collect()
}

fn span(day: i64, from: i64, hours: i64) -> Span {
    Span { start: day * DAY + from * 60, end: day * DAY + (from + hours) * 60 }
}

/// Shifts of eight hours that begin at these hours of every day.
fn shifts(weeks: i64, hours: &[i64]) -> Vec<Shift> {
    let of = |day: i64| {
        hours.iter().map(move |hour| Shift {
            span: span(day, *hour, 8),
            night: *hour >= 20,
            weekend: day.rem_euclid(7) >= 5,
        })
    };
    (0..weeks * 7).flat_map(of).collect()
}

fn person() -> Person {
    Person {
        lanes: 1,
        calendar: 0,
        most: 40 * 60,
        least: 0,
        longest: 600,
        rest: 11 * 60,
        days_in_row: 6,
        away: Vec::new(),
        fixed: Vec::new(),
        nights: 0,
        weekends: 0,
    }
}

/// So many are needed at these hours of every day.
fn need(weeks: usize, at: impl Fn(usize, usize) -> Vec<u32>) -> Vec<Vec<u32>> {
    (0..weeks * 7)
        .flat_map(|day| (0..48).map(move |half| (day, half / 2)))
        .map(|(day, hour)| at(day, hour))
        .collect()
}

fn problem(people: Vec<Person>, needs: Vec<Vec<u32>>, hours: &[i64]) -> Problem {
    let weeks = i64::try_from(needs.len() / 336).unwrap();
    let lanes = needs[0].len();
    let needs = needs.into_iter().map(|need| apart(&need)).collect();
    let calendars = vec![calendar(weeks)];
    Problem { slot: 30, lanes, needs, ranks: Vec::new(), shifts: shifts(weeks, hours), calendars, people }
}

fn solve(problem: &Problem) -> Plan {
    plan(problem, Duration::from_secs(20)).unwrap()
}

#[test]
fn whatever_can_be_filled_is_filled_with_as_few_as_it_takes() {
    // Two at a time for sixteen hours of seven days are 28 shifts: five each for six people, less two.
    let two = need(1, |_, hour| vec![if (6..22).contains(&hour) { 2 } else { 0 }]);
    let plan = solve(&problem(vec![person(); 6], two, &[6, 10, 14]));
    assert_eq!(plan.short, []);
    assert_eq!(plan.given.len(), 28);
}

#[test]
fn what_was_agreed_is_given_and_spread_evenly() {
    let night = |day: usize, hour: usize| vec![u32::from(hour >= 20 || day > 0 && hour < 4)];
    let one = need(4, night);
    let people = vec![Person { least: 8 * 60, ..person() }; 7];
    let plan = solve(&problem(people, one, &[20]));
    assert_eq!((&plan.short, &plan.under), (&vec![], &vec![]));
    let of = |who: usize| plan.given.iter().filter(|given| given.person == who).count();
    // 28 nights of seven people; one more where a night of Sunday is half of the next week's.
    assert!((0..7).all(|who| (4..=5).contains(&of(who))), "{:?}", (0..7).map(of).collect::<Vec<_>>());
    // Whoever had their nights already has fewer.
    let mut tired = problem(vec![person(); 4], need(1, night), &[20]);
    tired.people[0].nights = 6;
    let given = solve(&tired).given;
    assert_eq!((given.len(), given.iter().filter(|given| given.person == 0).count()), (7, 0));
}

#[test]
fn lanes_are_served_by_whoever_speaks_them_one_at_a_time() {
    // One for each of two languages, all day; one person speaks both, and cannot be two.
    let both = need(1, |day, hour| if day == 0 && (8..16).contains(&hour) { vec![1, 1] } else { vec![0, 0] });
    let speaks = |lanes| Person { lanes, ..person() };
    let alone = solve(&problem(vec![speaks(3)], both.clone(), &[8]));
    assert_eq!(alone.short.len(), 1);
    let short = &alone.short[0];
    assert_eq!((short.missing, short.lanes, short.able, short.span), (1, 3, 1, span(0, 8, 8)));
    assert_eq!(solve(&problem(vec![speaks(3), speaks(2)], both.clone(), &[8])).short, []);
    let same = solve(&problem(vec![speaks(2), speaks(2)], both, &[8]));
    assert_eq!((same.short[0].missing, same.short[0].lanes, same.short[0].able), (1, 1, 0));
    assert_eq!(same.given.len(), 1);
}

#[test]
fn whoever_knows_all_groups_is_counted_once() {
    // Three know one group, three the other; five who know both are as good, because they wait for either together.
    let needs = [3, 3, 5];
    let short = |people: &[u8]| missing(&needs, people);
    assert_eq!((short(&[3; 5]), short(&[1, 1, 1, 2, 2, 2])), (0, 0));
    assert_eq!((short(&[1, 1, 1, 3, 3]), short(&[1, 1, 1, 1, 1]), short(&[3; 4]), short(&[])), (1, 3, 1, 5));
    let day = need(1, |day, hour| vec![u32::from(day == 0 && (8..16).contains(&hour)); 2]);
    let mut problem = problem(vec![Person { lanes: 3, ..person() }; 6], day, &[8]);
    for need in problem.needs.iter_mut().filter(|need| need[2] > 0) {
        *need = needs.to_vec();
    }
    let plan = solve(&problem);
    assert_eq!((plan.given.len(), plan.short.len()), (5, 0));
}

#[test]
fn somebody_of_a_rank_is_there_beside_what_they_do() {
    // Two are needed by day and one in the evening, and at both times somebody of the rank, who does the work as well.
    let asked = |hour: usize| if (8..16).contains(&hour) { 2 } else { u32::from(hour >= 16) };
    let of = |lanes| Person { lanes, ..person() };
    let with = |people: Vec<Person>| {
        let problem = problem(people, need(1, |_, hour| vec![asked(hour)]), &[8, 16]);
        let ranks = vec![problem.needs.iter().map(|need| need[0].min(1)).collect()];
        Problem { ranks, ..problem }
    };
    // 21 shifts, at 14 times; everybody has five.
    let enough = solve(&with(vec![of(3), of(3), of(3), of(1), of(1)]));
    assert_eq!((&enough.short, enough.given.len()), (&vec![], 21));
    // Where nobody is of it, that is said, and the rest is planned as it would be.
    let none = solve(&with(vec![of(1); 5]));
    assert_eq!(none.given.len(), 21);
    assert!(none.short.iter().all(|short| (short.lanes, short.missing, short.able) == (2, 1, 0)));
    assert_eq!(none.short.iter().map(|short| short.span.minutes()).sum::<i64>(), 7 * 16 * 60);
    // One is, and has a week as everybody.
    let one = solve(&with([vec![of(3)], vec![of(1); 5]].concat()));
    let short: i64 = one.short.iter().map(|short| short.span.minutes()).sum();
    assert_eq!(short, 7 * 16 * 60 - 40 * 60, "{:?}", one.short);
    assert!(one.short.iter().all(|short| (short.lanes, short.able) == (2, 1) && !short.why.is_empty()));
    let nowhere = Problem { ranks: vec![vec![1; 3]], ..with(vec![of(1)]) };
    assert_eq!(nowhere.check(), Err(Flaw::Lanes), "of a rank every slot is told");
}

#[test]
fn sets_with_more_lanes_need_what_their_parts_do() {
    assert_eq!(beside(&[1, 2, 3], &[]), [1, 2, 3]);
    assert_eq!(beside(&[1, 2, 3], &[2]), [1, 2, 3, 2, 2, 2, 3]);
    assert_eq!(beside(&[1], &[1, 2]), [1, 1, 1, 2, 2, 2, 2]);
    assert_eq!(beside(&apart(&[1; MOST_LANES]), &[4; MOST_RANKS]).len(), usize::from(u8::MAX));
}

#[test]
fn why_somebody_is_missing_is_said() {
    let one = need(1, |day, hour| vec![u32::from(day < 3 && (8..16).contains(&hour))]);
    let off = Away { span: span(0, 0, 24), off: true };
    let never = Away { span: span(0, 0, 48), off: false };
    let worked: Vec<Span> = (-6..0).map(|day| span(day, 8, 8)).collect();
    let people = vec![
        Person { away: vec![off], most: 8 * 60, ..person() },
        Person { away: vec![never, Away { span: span(2, 0, 24), off: true }], ..person() },
        Person { fixed: worked, most: 16 * 60, ..person() },
    ];
    let plan = solve(&problem(people, one, &[8]));
    let why: Vec<_> = plan.short.iter().map(|short| (short.span.start / DAY, short.why.clone())).collect();
    assert_eq!(
        why,
        [(0, [(Reason::Off, 1), (Reason::Unavailable, 1), (Reason::DaysInRow, 1)].into_iter().collect())],
        "{plan:?}"
    );
    // No shift is at the time; a shift for half an hour is not worth it.
    let odd = need(1, |day, hour| vec![u32::from(day == 0 && (hour == 2 || hour == 8))]);
    let mut odd = problem(vec![person()], odd, &[8]);
    odd.needs[17] = vec![0];
    for need in &mut odd.needs {
        for lane in need {
            *lane *= 3;
        }
    }
    odd.people = vec![person(); 4];
    let plan = solve(&odd);
    let reasons: Vec<_> = plan.short.iter().map(|short| (short.missing, short.why.clone())).collect();
    assert_eq!(reasons[0], (3, [(Reason::NoShift, 4)].into_iter().collect()));
    assert!(reasons.len() == 1 || reasons[1].1.contains_key(&Reason::NotWorthIt), "{reasons:?}");
}

#[test]
fn the_end_of_a_week_is_no_end_of_rest() {
    // A late shift on Sunday, an early one on Monday: two people, or nobody.
    let need = need(2, |day, hour| {
        vec![u32::from(day == 6 && (14..22).contains(&hour)) + u32::from(day == 7 && (6..14).contains(&hour))]
    });
    let plan = solve(&problem(vec![person()], need.clone(), &[6, 14]));
    assert_eq!(plan.given.len(), 1, "{plan:?}");
    assert_eq!(solve(&problem(vec![person(); 2], need, &[6, 14])).short, []);
}

#[test]
fn of_a_shift_over_the_end_of_a_week_each_part_counts_in_its_own() {
    // Sunday from 20 to 4 is four hours of either week; with most of eight, one more shift fits into neither.
    let need = need(2, |day, hour| {
        let late = (day == 6 && hour >= 20) || (day == 7 && hour < 4);
        let other = (day == 2 || day == 10) && (8..16).contains(&hour);
        vec![u32::from(late || other)]
    });
    let whole = problem(vec![Person { most: 12 * 60, ..person() }], need.clone(), &[8, 20]);
    assert_eq!(solve(&whole).short, []);
    let half = problem(vec![Person { most: 11 * 60, ..person() }], need, &[8, 20]);
    assert_eq!(solve(&half).given.len(), 2);
    let all: Vec<Given> = solve(&whole).given;
    let weeks: Vec<i64> = broken(&half, &all).iter().map(|one| one.at).collect();
    assert_eq!(weeks, [0, 7 * DAY]);
}

#[test]
fn what_cannot_be_planned_is_said() {
    type Change = fn(&mut Problem);
    let good = problem(vec![person()], need(1, |_, _| vec![1]), &[8]);
    assert_eq!(good.check(), Ok(()));
    let flaws: [(Change, Flaw); 7] = [
        (|p| p.slot = 0, Flaw::Slots),
        (|p| p.needs.clear(), Flaw::Slots),
        (|p| p.needs[5] = vec![1, 1], Flaw::Lanes),
        (|p| p.people.clear(), Flaw::People),
        (|p| p.shifts[0].span.end = p.shifts[0].span.start, Flaw::Shifts),
        (|p| p.calendars[0].truncate(10), Flaw::Calendar),
        (|p| p.needs = vec![vec![0]; 9 * 336], Flaw::Weeks),
    ];
    for (change, flaw) in flaws {
        let mut bad = good.clone();
        change(&mut bad);
        assert_eq!(plan(&bad, Duration::from_secs(1)).unwrap_err(), flaw);
    }
}

#[test]
fn without_time_the_greedy_plan_is_the_answer() {
    let two = need(1, |_, hour| vec![if (6..22).contains(&hour) { 3 } else { 1 }]);
    let problem = problem(vec![person(); 12], two, &[0, 6, 10, 14, 16]);
    let plan = plan(&problem, Duration::ZERO).unwrap();
    assert!(!plan.given.is_empty());
    assert_eq!(broken(&problem, &plan.given), []);
    assert_eq!(plan.weeks[0].gap, None);
    let better = solve(&problem);
    assert!(better.weeks[0].cost <= plan.weeks[0].cost + 1e-9);
}

/// Every plan of one day, by trying all of them.
fn cheapest(problem: &Problem) -> f64 {
    let roster = Roster::new(problem);
    let span = Span { start: 0, end: WEEK + DAY };
    let choices = problem.shifts.len() + 1;
    let all = choices.pow(u32::try_from(problem.people.len()).unwrap());
    let cost = |mut code: usize| {
        let mut given = Vec::new();
        for person in 0..problem.people.len() {
            if let Some(shift) = (code % choices).checked_sub(1) {
                given.push(Given { person, shift });
            }
            code /= choices;
        }
        broken(problem, &given).is_empty().then(|| roster.cost(&given, span, [9, 9]))
    };
    (0..all).filter_map(cost).fold(f64::INFINITY, f64::min)
}

fn any_person() -> impl Strategy<Value = Person> {
    let away = prop::collection::vec((0..14_i64, 0..24_i64, 4..40_i64, any::<bool>()), 0..3);
    let fixed = prop::collection::vec((-6..14_i64, 0..24_i64), 0..3);
    ((1..4_u8, 16..48_u32, 0..30_u32), (8..16_u32, 1..7_u32, 0..4_u32), away, fixed).prop_map(
        |((lanes, most, least), (rest, days_in_row, nights), away, fixed)| Person {
            lanes,
            most: most * 60,
            least: least * 60,
            rest: rest * 60,
            days_in_row,
            nights,
            away: away
                .into_iter()
                .map(|(day, hour, long, off)| Away { span: span(day, hour, long), off })
                .collect(),
            fixed: fixed.into_iter().map(|(day, hour)| span(day, hour, 8)).collect(),
            ..person()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whoever they are and whatever is needed: no rule is broken, nobody is planned beyond the need without reason, and it is no
    /// worse than the greedy plan.
    #[test]
    fn no_rule_is_ever_broken(
        people in prop::collection::vec(any_person(), 1..9),
        levels in prop::collection::vec((0..4_u32, 0..3_u32), 28),
    ) {
        let needs = need(2, |day, hour| { let (a, b) = levels[day * 2 + hour / 12]; vec![a, b] });
        let problem = problem(people, needs, &[0, 7, 9, 14, 22]);
        let plan = plan(&problem, Duration::from_millis(400)).unwrap();
        prop_assert_eq!(broken(&problem, &plan.given), vec![]);
        for week in &plan.weeks {
            prop_assert!(week.cost <= week.greedy + 1e-9);
        }
        // Every slot that misses somebody is told, no other is.
        let mut roster = Roster::new(&problem);
        roster.give_all(&plan.given);
        for slot in 0..problem.needs.len() {
            let at = i64::try_from(slot).unwrap() * 30;
            let told = plan.short.iter().find(|short| (short.span.start..short.span.end).contains(&at));
            prop_assert_eq!(told.map_or(0, |short| short.missing), roster.cover.missing(slot, 0));
            if let Some(short) = told {
                let there: u32 = problem.people.iter().zip(&roster.work)
                    .filter(|(person, work)| person.lanes & short.lanes != 0
                        && work.iter().any(|span| span.start <= at && at + 30 <= span.end))
                    .map(|_| 1).sum();
                prop_assert_eq!(short.why.values().sum::<u32>() + there, short.able);
            }
        }
    }

    /// Sets that say nothing new are left out, and as many are missing.
    #[test]
    fn as_many_are_missing_as_the_worst_set_says(
        own in prop::collection::vec(0..6_u32, 7),
        people in prop::collection::vec(1..8_u8, 0..9),
    ) {
        // A larger set needs no fewer than its parts.
        let most = |set: usize| (1..=set).filter(|part| part & set == *part).map(|part| own[part - 1]).max().unwrap();
        let needs: Vec<u32> = (1..=7).map(most).collect();
        let mut problem = problem(vec![person()], need(1, |_, _| vec![0; 3]), &[8]);
        problem.needs[16] = needs.clone();
        let mut cover = Cover::new(&problem);
        for lanes in &people {
            cover.add(*lanes, span(0, 8, 8));
        }
        prop_assert_eq!(cover.missing(16, 0), missing(&needs, &people));
        prop_assert_eq!(cover.missing(16, 5), missing(&needs, &[people, vec![5]].concat()));
    }

    /// On problems small enough to try everything it is within the gap of the best there is.
    #[test]
    fn it_is_the_best_there_is(
        people in prop::collection::vec(any_person(), 1..4),
        levels in prop::collection::vec((0..3_u32, 0..3_u32), 6),
    ) {
        let needs = need(1, |day, hour| {
            if day > 0 { return vec![0, 0]; }
            let (a, b) = levels[hour / 4];
            vec![a, b]
        });
        let mut problem = problem(people, needs, &[0, 4, 8, 12, 16]);
        problem.shifts.truncate(5);
        for person in &mut problem.people {
            person.nights = 0;
        }
        let roster = Roster::new(&problem);
        let plan = plan(&problem, Duration::from_secs(4)).unwrap();
        let cost = roster.cost(&plan.given, Span { start: 0, end: WEEK + DAY }, [9, 9]);
        let best = cheapest(&problem);
        prop_assert!(cost <= best + 0.011 * best.abs() + 1e-6, "{cost}, not {best}");
    }
}
