use super::*;

/// 2026-01-05, a Monday, in minutes.
const START: i64 = 20_458 * DAY;

/// A request with a type, a chain, a version and no region.
fn arrival(at: i64, id: i64, codes: [u32; 3]) -> Arrival {
    let [kind, chain, version] = codes.map(Some);
    Arrival {
        id: RequestId(id),
        second: u32::try_from(at * 60).unwrap(),
        codes: [kind, chain, version, None],
    }
}

/// Every twelve minutes somebody, in turn of four types, three chains and two versions.
fn ordinary(from: i64, to: i64) -> Vec<Arrival> {
    let one = |at: i64| {
        let turn = u32::try_from((at - START) / 12).unwrap();
        arrival(at, at * 10, [10 + turn % 4, 20 + turn % 3, 30 + turn / 4 % 2])
    };
    (from..to).step_by(12).map(one).collect()
}

fn with(mut rows: Vec<Arrival>, more: impl IntoIterator<Item = Arrival>) -> Vec<Arrival> {
    rows.extend(more);
    rows.sort_by_key(|row| (row.second, row.id));
    rows
}

fn surge(from: i64, n: i64, codes: [u32; 3]) -> impl Iterator<Item = Arrival> {
    (0..n).map(move |turn| arrival(from + turn, (from + turn) * 10 + 1 + i64::from(codes[0] % 7), codes))
}

/// Any type, chain and version, by chance that can be had again.
fn any(seed: u32, turn: i64) -> [u32; 3] {
    let mut bits = u64::from(seed) << 32 | u64::try_from(turn).unwrap();
    let mut next = |below: u64| {
        bits = (bits ^ bits >> 30).wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        u32::try_from((bits >> 33) % below).unwrap()
    };
    [10 + next(4), 20 + next(3), 30 + next(2)]
}

fn known_of(finding: &Finding) -> Known {
    Known {
        segment: finding.segment,
        started: finding.started,
        ended: None,
        requests: None,
        is_decided: true,
    }
}

#[test]
fn one_cause_is_one_finding_and_two_causes_are_two() {
    let end = START + 5 * WEEK + 700;
    let rows = with(ordinary(START, end), surge(end - 25, 20, [11, 20, 31]));
    let (series, risen) = Series::learn(&rows, end, 1.0, &[], Vec::new());
    assert!(!series.is_learning() && series.len() == 10, "{}", series.len());
    assert!(
        risen.iter().map(|one| one.series).collect::<BTreeSet<_>>().len() >= 3,
        "total, type, version: {risen:?}"
    );
    let finding = risen.iter().find_map(|one| series.judge(one, &rows, &[])).unwrap();
    assert_eq!(finding.segment, Segment([Some(11), Some(20), Some(31), None]));
    assert!(finding.requests.len() >= 18 && finding.expected < 1.0, "{finding:?}");
    let explained = [known_of(&finding)];
    assert!(risen.iter().all(|one| series.judge(one, &rows, &explained).is_none()), "it explains the others");

    // Something else at the same time is not explained by it.
    let both = with(rows, surge(end - 25, 20, [12, 21, 30]));
    let (series, risen) = Series::learn(&both, end, 1.0, &[], Vec::new());
    let other: Vec<Finding> = risen.iter().filter_map(|one| series.judge(one, &both, &explained)).collect();
    assert!(!other.is_empty() && other.iter().all(|one| one.segment.0[0] == Some(12)), "{other:?}");
}

#[test]
fn a_fault_that_comes_back_the_next_day_is_not_usual() {
    let end = START + 5 * WEEK + 700;
    let yesterday = (end - DAY - 300, end - DAY);
    let rows = with(ordinary(START, end), surge(yesterday.0, 300, [11, 20, 31]));
    let rows = with(rows, surge(end - 25, 20, [11, 20, 31]));
    let fault = Segment([Some(11), Some(20), Some(31), None]);
    let (mut series, risen) = Series::learn(&rows, end, 1.0, &[yesterday], Vec::new());
    let named = |series: &Series| {
        risen.iter().find_map(|one| series.judge(one, &rows, &[])).map(|finding| finding.segment)
    };
    assert!(named(&series).is_some_and(|segment| segment != fault), "most of the last days were of it");
    let (started, ended) = (yesterday.0, Some(yesterday.1));
    series.past = vec![Known { segment: fault, started, ended, requests: None, is_decided: true }];
    assert_eq!(named(&series), Some(fault));
}

#[test]
fn an_alarm_is_not_raised_again_for_what_came_before_it() {
    let end = START + 5 * WEEK + 700;
    let rows = with(ordinary(START, end), surge(end - 25, 20, [11, 20, 31]));
    let (series, risen) = Series::learn(&rows, end, 1.0, &[], Vec::new());
    let finding = risen.iter().find_map(|one| series.judge(one, &rows, &[])).unwrap();
    // Seen in a short window; longer ones hold requests of the same cause from before.
    let open = Known { started: finding.started + 10, is_decided: false, ..known_of(&finding) };
    let again: Vec<_> =
        risen.iter().filter_map(|one| series.judge(one, &rows, std::slice::from_ref(&open))).collect();
    assert!(again.iter().all(|one| one.segment != finding.segment), "{again:?}");
}

/// What one look after another makes of it, every two minutes from `begin` on, as the watcher does: the alarms that are open in
/// the end.
fn watched(rows: &[Arrival], begin: i64, end: i64) -> Vec<Known> {
    let until = |at: i64| rows.partition_point(|row| minute_of(row.second) < at);
    let (mut series, _) = Series::learn(&rows[..until(begin)], begin, 1.0, &[], Vec::new());
    let mut open: Vec<(Known, (Segment, f64))> = Vec::new();
    for at in (begin..end).step_by(2) {
        let rows = &rows[..until(at)];
        let risen = series.replay(rows, at);
        for _ in 0..risen.len() {
            let known: Vec<Known> = open.iter().map(|(known, _)| known.clone()).collect();
            let found = risen.iter().filter_map(|one| series.judge(one, rows, &known));
            let Some(found) = found.max_by(|a, b| a.excess().total_cmp(&b.excess())) else { break };
            let parts = open.extract_if(.., |(known, _)| found.contains(known));
            let started =
                parts.map(|(part, _)| part.started).min().unwrap_or(found.started).min(found.started);
            let alarm = Known { started, is_decided: false, ..known_of(&found) };
            open.push((alarm, (found.within, found.share)));
        }
        for place in 0..open.len() {
            let others = open.iter().enumerate().filter(|(other, _)| *other != place);
            let others: Vec<Known> = others.map(|(_, (known, _))| known.clone()).collect();
            let (alarm, expectation) = open[place].clone();
            if let Some(cause) = series.narrower(rows, &alarm, expectation, &others) {
                open[place] = (Known { segment: cause.segment, ..alarm }, (expectation.0, cause.share));
            }
        }
    }
    open.into_iter().map(|(known, _)| known).collect()
}

#[test]
fn what_comes_elsewhere_widens_no_name_and_raises_no_whole() {
    let (mut kept, mut whole, mut many) = (0, 0, 0);
    for seed in 0..24_u32 {
        // A surge of one type and, some minutes later, some of another.
        let begin = START + 5 * WEEK + 400 + i64::from(seed) * 37;
        let (first, other) = (10 + seed % 4, 10 + (seed + 1 + seed / 4 % 3) % 4);
        let (late, n) = (begin + 12 + i64::from(seed % 9), 4 + i64::from(seed % 8));
        let code = |turn: i64, of: u32| u32::try_from(turn).unwrap() * (1 + seed % 2) % of;
        let own = (0..16).map(|turn| {
            arrival(
                begin + turn,
                (begin + turn) * 10 + 1,
                [first, 20 + code(turn, 3), 30 + code(turn / 3, 2)],
            )
        });
        let elsewhere = (0..n).map(|turn| {
            arrival(late + turn, (late + turn) * 10 + 2, [other, 20 + code(turn, 3), 30 + code(turn / 3, 2)])
        });
        let rows = with(with(ordinary(START, begin + 60), own), elsewhere);
        let open = watched(&rows, begin - 2, begin + 40);
        kept += u32::from(open.iter().any(|alarm| alarm.segment.0[0] == Some(first)));
        whole += u32::from(open.iter().any(|alarm| alarm.segment == Segment::default()));
        many += u32::from(open.len() > 2);
    }
    assert!(
        kept >= 23 && whole == 0 && many == 0,
        "named {kept} of 24, the whole {whole}, more than two {many}"
    );
}

#[test]
fn a_rise_of_everything_is_told_beside_a_part_that_stands_out() {
    let (mut kept, mut whole, mut many) = (0, 0, 0);
    for seed in 0..24_u32 {
        let begin = START + 5 * WEEK + 400 + i64::from(seed) * 37;
        let first = 10 + seed % 4;
        let own = (0..20).map(|turn| {
            let [_, chain, version] = any(seed, turn);
            arrival(begin + turn, (begin + turn) * 10 + 1, [first, chain, version])
        });
        // Some minutes later ten times as many as usual of everything.
        let late = begin + 10 + i64::from(seed % 9);
        let all = (0..30).map(|turn| arrival(late + turn, (late + turn) * 10 + 2, any(seed + 100, turn)));
        let rows = with(with(ordinary(START, begin + 60), own), all);
        let open = watched(&rows, begin - 2, begin + 45);
        kept += u32::from(open.iter().any(|alarm| alarm.segment.0[0] == Some(first)));
        whole += u32::from(open.iter().any(|alarm| alarm.segment == Segment::default()));
        many += u32::from(open.len() > 2);
    }
    println!("named {kept} of 24, the whole {whole}, more than two {many}");
    assert!(kept >= 22 && whole >= 22 && many == 0, "named {kept}, the whole {whole}, more than two {many}");
}

#[test]
fn a_surge_of_everything_that_was_seen_as_a_part_becomes_the_whole() {
    let begin = START + 5 * WEEK + 700;
    let all = (0..40).map(|turn| arrival(begin + 2 + turn / 2, (begin + turn) * 100 + 7, any(5, turn)));
    // By chance the first are of one type.
    let first = (0..6).map(|turn| {
        let [_, chain, version] = any(6, turn);
        arrival(begin + turn / 2, (begin + turn) * 100 + 8, [11, chain, version])
    });
    let rows = with(with(ordinary(START, begin + 60), first), all);
    let open = watched(&rows, begin - 2, begin + 40);
    assert_eq!(open.iter().map(|alarm| alarm.segment).collect::<Vec<_>>(), [Segment::default()]);
}

#[test]
fn it_ends_after_an_hour_of_what_is_usual_and_not_in_a_pause() {
    let end = START + 5 * WEEK + 700;
    let begin = end - 25;
    let alarm = Known {
        segment: Segment([Some(11), None, None, None]),
        started: begin,
        ended: None,
        requests: None,
        is_decided: true,
    };
    let within = (Segment::default(), 0.25);
    let calm = |rows: Vec<Arrival>, until: i64| {
        let (mut series, _) = Series::learn(&rows, end, 1.0, &[], Vec::new());
        series.replay(&rows, until);
        series.calm_since(&rows, (&alarm, &[]), within, 15)
    };
    let once = |until: i64| with(ordinary(START, until), surge(begin, 20, [11, 20, 31]));
    assert_eq!(calm(once(end + 40), end + 40), None, "not an hour yet");
    assert_eq!(calm(once(end + 70), end + 70), Some(end + 10));
    // It goes on in fits and starts: half an hour of quiet is not its end.
    let again = with(once(end + 70), surge(end + 45, 8, [11, 20, 31]));
    assert_eq!(calm(again, end + 70), None);
    // What lasts for hours becomes usual.
    let steady = with(
        ordinary(START, end + COURSE),
        (begin..end + COURSE).map(|at| arrival(at, at * 10 + 3, [11, 20, 31])),
    );
    assert!(calm(steady, end + COURSE).is_some());
}

#[test]
fn a_time_in_which_the_desk_was_not_there_is_not_learned_from() {
    let end = START + 5 * WEEK;
    let (from, to) = (START + 3 * WEEK + 600, START + 3 * WEEK + 600 + 2 * DAY);
    let rows: Vec<Arrival> =
        ordinary(START, end).into_iter().filter(|row| !(from..to).contains(&minute_of(row.second))).collect();
    let holes = holes(&rows, end);
    assert_eq!(holes.len(), 1, "{holes:?}");
    assert!((from - 12..=from).contains(&holes[0].0) && (to..to + 12).contains(&holes[0].1), "{holes:?}");
    assert!(super::holes(&ordinary(START, end), end).is_empty());
    assert!(super::holes(&[], end).is_empty());
}

#[test]
fn a_young_or_empty_desk_learns() {
    for weeks in [0, 1, 2] {
        let end = START + weeks * WEEK;
        let rows = with(ordinary(START, end), surge(end - 20, 20, [11, 20, 31]).filter(|_| weeks > 0));
        let (series, risen) = Series::learn(&rows, end, 1.0, &[], Vec::new());
        assert!(series.is_learning() && risen.is_empty(), "{weeks}");
    }
}

#[test]
fn a_holiday_is_not_learned_from() {
    // 2026-01-05 and the days after it, six weeks; the last four Mondays were holidays on which few came.
    let end = START + 6 * WEEK + 700;
    let is_holiday =
        |at: i64| (START + 2 * WEEK..START + 6 * WEEK).contains(&at) && (at - START) % WEEK < DAY;
    let mut rows = ordinary(START, end);
    rows.retain(|row| !is_holiday(minute_of(row.second)) || minute_of(row.second) % 48 == 0);
    let time = |minute: i64| Time(minute * 60_000_000);
    let holidays = |weeks: std::ops::Range<i64>| -> Vec<Unlike> {
        let from = weeks.map(|week| START + week * WEEK);
        from.map(|from| Unlike { from: time(from), until: time(from + DAY), like: 6 }).collect()
    };
    let expected = |unlike| {
        let (series, _) = Series::learn(&rows, end, 1.0, &[], unlike);
        series.expected_at(Segment::default(), 1.0, end - 1)
    };
    // One in twelve minutes.
    assert!(expected(Vec::new()) < 0.06, "{}", expected(Vec::new()));
    // Two Mondays are no baseline.
    assert!(expected(holidays(2..6)).abs() < 1e-12, "{}", expected(holidays(2..6)));
    // Of a Monday that is one, too, Sundays are.
    let all = expected(holidays(2..7));
    assert!((all - 1.0 / 12.0).abs() < 0.02, "{all}");
    assert_eq!(Series::learn(&rows, end, 1.0, &[], holidays(2..7)).0.like(end), Some(6));
}
