use proptest::prelude::*;

use super::*;

/// 84 days of a series made with a weekday pattern, growing active users, a release of four days, autocorrelated noise, and
/// 18 % fewer requests from day 56 on.
const COUNTS: [u64; 84] = [
    63, 60, 55, 44, 32, 62, 56, 76, 62, 54, 48, 40, 92, 74, 63, 57, 61, 39, 25, 42, 38, 43, 44, 56, 42, 45,
    49, 60, 66, 58, 85, 55, 43, 75, 54, 46, 60, 80, 60, 40, 69, 70, 60, 60, 62, 34, 43, 85, 71, 84, 89, 69,
    39, 29, 76, 86, 53, 71, 70, 43, 26, 66, 68, 49, 55, 44, 56, 37, 64, 48, 61, 38, 47, 29, 38, 89, 60, 60,
    44, 69, 49, 27, 84, 68,
];

fn weekday(index: usize) -> u8 {
    u8::try_from((index + 2) % 7).unwrap()
}

fn days(counts: &[u64]) -> Vec<Day> {
    let day =
        |(index, count): (usize, &u64)| Day { weekday: weekday(index), count: Some(*count), exposure: 1.0 };
    counts.iter().enumerate().map(day).collect()
}

fn example() -> Vec<Day> {
    let mut days = days(&COUNTS);
    for (index, day) in days.iter_mut().enumerate() {
        day.exposure = 10_000.0 + 20.0 * real::len(index);
    }
    days
}

fn study(days: &[Day], first_after: usize) -> Study<'_> {
    Study { days, events: &[], disturbed: &[], first_after, before: 56, after: 28, ramp: 0, worthwhile: 0.15 }
}

/// Steady counts with a weekday pattern, `level` before and `changed` after, that vary a little.
fn steady(level: u64, changed: u64, before: usize, after: usize) -> Vec<Day> {
    let wave = [3, 0, 5, 1, 4, 2, 6, 0, 2, 5, 3];
    let count = |index: usize| {
        let level = if index < before { level } else { changed };
        level * [6, 5, 5, 5, 5, 3, 2][usize::from(weekday(index))] / 4 + wave[index % 11] * level / 40
    };
    days(&(0..before + after).map(count).collect::<Vec<_>>())
}

#[test]
fn it_agrees_with_statsmodels() {
    // statsmodels 0.15.0 GLM(Poisson, offset) with weekday dummies, release and step; the rest by its definition in numpy.
    let days = example();
    let release: Vec<f64> = (0..84).map(|day| f64::from(u8::from((30..34).contains(&day)))).collect();
    let study = Study { events: &[&release], ..study(&days, 56) };
    let effect = before_and_after(&study).unwrap();
    let found = effect.estimate.unwrap();
    let table = [
        (found.ratio.value.unwrap().ln(), -0.128_604_211_273_474_13),
        (found.dispersion, 2.248_280_523_113_984),
        (found.autocorrelation, 0.422_598_540_843_823_76),
        (found.effective_days, 34.093_752_507_541_37),
        (found.ratio.low, 0.755_587_867_800_193_9),
        (found.ratio.high.unwrap(), 1.023_318_499_594_341),
        (found.p, 0.093_672_105_529_758_06),
    ];
    for (ours, theirs) in table {
        assert!((ours - theirs).abs() < 1e-8, "{ours} {theirs}");
    }
    assert_eq!(
        effect.verdict,
        Verdict::CannotTell { reason: Doubt::Power, days_needed: Some(50) },
        "49.1 by the same formula"
    );
    assert_eq!((effect.before.days, effect.after.days, effect.placebo), (56, 28, None));
}

#[test]
fn a_clear_change_is_found_either_way() {
    for (changed, verdict) in [(30, Verdict::Fewer), (60, Verdict::More)] {
        let days = steady(40, changed, 100, 28);
        let effect = before_and_after(&study(&days, 100)).unwrap();
        assert_eq!(effect.verdict, verdict);
        let ratio = effect.estimate.unwrap().ratio.value.unwrap();
        assert!((ratio - f64::from(u32::try_from(changed).unwrap()) / 40.0).abs() < 0.05, "{ratio}");
        let placebo = effect.placebo.unwrap();
        assert_eq!(placebo.ratios.len(), 17, "dates 56 to 72 have their whole window before the change");
        assert!(!placebo.inside && placebo.p.is_some_and(|p| (p - 1.0 / 18.0).abs() < 1e-9));
    }
}

#[test]
fn nothing_is_found_where_nothing_happened() {
    let days = steady(40, 40, 56, 28);
    let effect = before_and_after(&study(&days, 56)).unwrap();
    assert_eq!(
        effect.verdict,
        Verdict::CannotTell { reason: Doubt::Small, days_needed: Some(0) },
        "a change of 15 % would have been seen"
    );
}

#[test]
fn an_unquiet_past_overrules_the_interval() {
    // The level jumps up or down every thirty days although nothing was changed; so it does on the day of the change.
    let counts: Vec<u64> = (0..300).map(|day| if day / 30 % 2 == 0 { 60 } else { 40 } + day % 7).collect();
    let days = days(&counts);
    let study = Study { before: 28, ..study(&days, 270) };
    let effect = before_and_after(&study).unwrap();
    assert!(effect.estimate.unwrap().p < 0.05);
    assert!(effect.placebo.unwrap().inside);
    assert_eq!(effect.verdict, Verdict::CannotTell { reason: Doubt::Past, days_needed: None });
}

#[test]
fn an_unquiet_past_does_not_bear_out_that_a_change_is_small() {
    // The same as before, but for the last hundred days, which say by themselves that hardly anything can have changed.
    let mut days = steady(50, 50, 300, 0);
    for (index, day) in days.iter_mut().enumerate().take(200) {
        day.count = Some(if index / 30 % 2 == 0 { 65 } else { 35 });
    }
    let effect = before_and_after(&Study { before: 56, ..study(&days, 272) }).unwrap();
    let ratio = effect.estimate.unwrap().ratio;
    assert!(ratio.low > 0.85 && ratio.high.unwrap() < 1.0 / 0.85, "{ratio:?}");
    assert!(effect.placebo.unwrap().low < 0.85);
    assert_eq!(effect.verdict, Verdict::CannotTell { reason: Doubt::Past, days_needed: None });
}

#[test]
fn exposure_explains_growth() {
    // Twice as many users ask twice as much: no effect.
    let mut days = steady(40, 80, 56, 28);
    assert_eq!(before_and_after(&study(&days, 56)).unwrap().verdict, Verdict::More);
    for (index, day) in days.iter_mut().enumerate() {
        day.exposure = if index < 56 { 5_000.0 } else { 10_000.0 };
    }
    let ratio = before_and_after(&study(&days, 56)).unwrap().estimate.unwrap().ratio.value.unwrap();
    assert!((ratio - 1.0).abs() < 0.05, "{ratio}");
}

#[test]
fn what_cannot_be_told_has_a_name() {
    let verdict = |days: &[Day], first: usize| before_and_after(&study(days, first)).unwrap().verdict;
    assert_eq!(verdict(&steady(40, 40, 10, 3), 10), Verdict::TooShort { before: 4, after: 4 });
    assert_eq!(verdict(&days(&[0; 84]), 56), Verdict::NothingCounted);
    // All closed but for the first days.
    let mut closed = steady(40, 40, 56, 28);
    closed.iter_mut().skip(20).for_each(|day| day.count = None);
    assert_eq!(verdict(&closed, 56), Verdict::TooShort { before: 0, after: 7 });
    // A known event that begins with the change.
    let days = steady(40, 20, 56, 28);
    let event: Vec<f64> = (0..84).map(|day| f64::from(u8::from(day >= 56))).collect();
    let both = Study { events: &[&event], ..study(&days, 56) };
    assert_eq!(before_and_after(&both).unwrap().verdict, Verdict::Inseparable);
}

#[test]
fn all_or_nothing_on_one_side_has_a_bound() {
    let stopped = before_and_after(&study(&steady(40, 0, 56, 28), 56)).unwrap();
    let ratio = stopped.estimate.unwrap().ratio;
    assert_eq!((stopped.verdict, ratio.value, ratio.low), (Verdict::Fewer, Some(0.0), 0.0));
    assert!(ratio.high.unwrap() < 0.05);
    let begun = before_and_after(&study(&steady(0, 40, 56, 28), 56)).unwrap();
    let estimate = begun.estimate.unwrap();
    assert_eq!((begun.verdict, estimate.ratio.value, estimate.ratio.high), (Verdict::More, None, None));
    // One request in eight weeks, none in the next four: that says nothing.
    let mut one = [0; 84];
    one[20] = 1;
    assert!(matches!(before_and_after(&study(&days(&one), 56)).unwrap().verdict, Verdict::CannotTell { .. }));
}

#[test]
fn a_shock_that_hits_all_falls_out_against_a_control() {
    // Both rise by half from the change on (a market day that stays); only the treated one also falls by a third.
    let (treated, control) = (steady(40, 40, 56, 28), steady(400, 600, 56, 28));
    let found = against_control(&study(&treated, 56), &[&control]).unwrap();
    assert_eq!(found.verdict, Verdict::Fewer);
    assert!((found.difference.unwrap().ratio.value.unwrap() - 2.0 / 3.0).abs() < 0.03, "{found:?}");
    let same = against_control(&study(&control, 56), &[&control, &control]).unwrap();
    assert!(matches!(same.verdict, Verdict::CannotTell { .. }), "{same:?}");
    assert_eq!(against_control(&study(&treated, 56), &[&control[1..]]), Err(StudyError::Control));
}

#[test]
fn periods_are_compared_like_for_like() {
    // The later period has more weekends; like for like it has the same level.
    let all = steady(40, 40, 120, 0);
    let effect = compare_periods(&all[..31], &all[60..90], 0.15).unwrap();
    assert!(matches!(effect.verdict, Verdict::CannotTell { .. }), "{effect:?}");
    assert_eq!(effect.before.days, effect.after.days);
    let lower = steady(28, 28, 120, 0);
    assert_eq!(compare_periods(&all[..31], &lower[60..90], 0.15).unwrap().verdict, Verdict::Fewer);
    let short = compare_periods(&all[..5], &all[60..90], 0.15).unwrap();
    assert_eq!(short.verdict, Verdict::TooShort { before: 2, after: 2 });
    // Two plain weeks have too few days for weekdays, and are still compared.
    let weeks = compare_periods(&all[..7], &lower[7..14], 0.15).unwrap();
    assert!(weeks.estimate.is_some(), "{weeks:?}");
}

#[test]
fn wrong_numbers_are_refused_by_name() {
    let good = steady(40, 40, 56, 28);
    let error = |study: Study| before_and_after(&study).unwrap_err();
    assert_eq!(error(study(&good, 0)), StudyError::Outside);
    assert_eq!(error(study(&good, 84)), StudyError::Outside);
    assert_eq!(error(Study { worthwhile: 1.0, ..study(&good, 56) }), StudyError::Worthwhile);
    assert_eq!(error(Study { events: &[&[1.0; 10]], ..study(&good, 56) }), StudyError::Event { day: 10 });
    let mut bad = good.clone();
    bad[40].exposure = 0.0;
    assert_eq!(error(study(&bad, 56)), StudyError::Exposure { day: 40 });
    bad[40].count = None;
    assert!(before_and_after(&study(&bad, 56)).is_ok(), "a closed day needs no users");
    bad[41].weekday = 7;
    assert_eq!(error(study(&bad, 56)), StudyError::Weekday { day: 41 });
}

fn any_day() -> impl Strategy<Value = (Option<u64>, f64, f64)> {
    let count = prop_oneof![
        2 => Just(Some(0)),
        3 => (0_u64..4).prop_map(Some),
        3 => (0_u64..2_000_000).prop_map(Some),
        1 => Just(None)
    ];
    (count, prop_oneof![Just(1.0), 1e-3_f64..1e9], prop_oneof![Just(0.0), Just(1.0), -1e3_f64..1e3])
}

fn sane(estimate: &Estimate) -> bool {
    let ratio = estimate.ratio;
    let ordered = ratio.low >= 0.0
        && ratio.value.is_none_or(|value| ratio.low <= value && value.is_finite())
        && ratio.high.is_none_or(|high| high.is_finite() && ratio.value.is_some_and(|value| value <= high));
    ordered
        && ratio.low.is_finite()
        && (0.0..=1.0).contains(&estimate.p)
        && estimate.dispersion >= 0.0
        && estimate.dispersion.is_finite()
        && (0.0..=0.9).contains(&estimate.autocorrelation)
        && estimate.effective_days.is_finite()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_comes_the_answer_is_sane(
        raw in prop::collection::vec(any_day(), 2..110), first in 0_usize..112, before in 0_usize..70, after in 0_usize..40, ramp in 0_usize..10,
    ) {
        let events: Vec<f64> = raw.iter().map(|(_, _, event)| *event).collect();
        let days: Vec<Day> = raw.iter().enumerate().map(|(i, (count, exposure, _))| Day { weekday: weekday(i), count: *count, exposure: *exposure }).collect();
        let study = Study { days: &days, events: &[&events], disturbed: &[], first_after: first, before, after, ramp, worthwhile: 0.1 };
        if let Ok(effect) = before_and_after(&study) {
            prop_assert!(effect.estimate.as_ref().is_none_or(sane), "{:?}", effect);
            prop_assert!(effect.placebo.is_none_or(|p| p.ratios.iter().all(|r| r.is_finite()) && p.low <= p.high));
        }
        if let Ok(found) = against_control(&study, &[&days]) {
            prop_assert!(found.difference.as_ref().is_none_or(sane), "{:?}", found);
        }
        let half = days.len() / 2;
        if let Ok(effect) = compare_periods(&days[..half], &days[half..], 0.1) {
            prop_assert!(effect.estimate.as_ref().is_none_or(sane), "{:?}", effect);
        }
    }

    #[test]
    fn the_unit_of_exposure_does_not_matter(scale in 1e-3_f64..1e6) {
        let days = example();
        let scaled: Vec<Day> = days.iter().map(|day| Day { exposure: day.exposure * scale, ..*day }).collect();
        let (one, other) = (before_and_after(&study(&days, 56)).unwrap(), before_and_after(&study(&scaled, 56)).unwrap());
        prop_assert!((one.estimate.unwrap().p - other.estimate.unwrap().p).abs() < 1e-7);
        prop_assert_eq!(one.verdict, other.verdict);
    }
}

#[test]
fn what_was_expected_is_what_was_without_the_step() {
    let mut days = steady(40, 30, 56, 28);
    days[10].count = None;
    let study = study(&days, 56);
    let ratio = before_and_after(&study).unwrap().estimate.unwrap().ratio.value.unwrap();
    let expected = expected(&study).unwrap();
    assert_eq!((expected.len(), expected[10].day), (83, 11), "the closed day is left out");
    let sum = |after: bool| -> (f64, f64) {
        let side = expected.iter().filter(|one| (one.day >= 56) == after);
        let pairs = side.map(|one| (one.count, real::count(days[one.day].count.unwrap())));
        pairs.fold((0.0, 0.0), |(e, o), (expected, observed)| (e + expected, o + observed))
    };
    // The equations of Poisson regression: with a term for a side, its fitted counts add up to the observed ones.
    let ((before, seen), (after, seen_after)) = (sum(false), sum(true));
    assert!((before - seen).abs() < 1e-6, "{before} {seen}");
    assert!((after * ratio - seen_after).abs() < 1e-6, "{after} {seen_after}");
    assert!(expected.iter().all(|one| one.low <= one.count && one.count <= one.high && one.low >= 0.0));
    let nothing = steady(0, 0, 56, 28);
    assert!(super::expected(&super::tests::study(&nothing, 56)).unwrap().is_empty());
}

#[test]
fn like_is_compared_with_like() {
    let days = steady(40, 40, 30, 0);
    // Ten days and eight: the later ones' weekdays, once each, and one of them twice.
    let (one, other) = like_for_like(&days[0..10], &days[14..22]);
    assert_eq!((one.len(), other.len()), (8, 8));
    let weekdays = |days: &[Day], places: &[usize]| {
        let mut weekdays: Vec<u8> = places.iter().map(|place| days[*place].weekday).collect();
        weekdays.sort_unstable();
        weekdays
    };
    assert_eq!(weekdays(&days[0..10], &one), weekdays(&days[14..22], &other));
    // Of four weeks the one that is nearest to the week beside them.
    let week = |from: usize| (from..from + 7).collect::<Vec<_>>();
    assert_eq!(like_for_like(&days[0..28], &days[0..7]), (week(21), week(0)));
    assert_eq!(like_for_like(&days[0..7], &days[0..28]), (week(0), week(0)));
}

#[test]
fn chosen_days_are_not_matched_again() {
    // Ten days against the ten that follow: of the weekdays in only one of them, and so of the closed day's partner, none is lost.
    let mut days = steady(40, 40, 40, 0);
    days[3].count = None;
    let (earlier, later) = (&days[..10], &days[10..20]);
    let all = compare_days(earlier, later, 0.15).unwrap();
    let sum = |days: &[Day]| days.iter().filter_map(|day| day.count).sum::<u64>();
    assert_eq!((all.before.days, all.after.days), (9, 10));
    assert_eq!((all.before.count, all.after.count), (sum(earlier), sum(later)));
    let matched = compare_periods(earlier, later, 0.15).unwrap();
    assert!(matched.after.days < 10, "{matched:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn how_much_days_vary_is_told_alone_as_with_the_change(
        counts in proptest::collection::vec(prop_oneof![4 => 0..60_u64, 1 => Just(0)], 8..90),
        split in any::<prop::sample::Index>(),
        closed in 0..90_usize,
        is_silent in any::<bool>(),
    ) {
        let mut days = days(&counts);
        if let Some(day) = days.get_mut(closed) {
            day.count = None;
        }
        let (earlier, later) = days.split_at_mut(split.index(counts.len()));
        for day in later.iter_mut().filter(|_| is_silent) {
            day.count = day.count.map(|_| 0);
        }
        let whole = compare_days(earlier, later, 0.15).unwrap().estimate;
        let alone = inflation_of_days(earlier, later).unwrap();
        prop_assert_eq!(alone, whole.map(|estimate| estimate.inflation()));
    }
}

#[test]
fn no_days_are_needed_only_where_the_interval_is_narrow() {
    // Days enough for a power of 80 %, and an interval from a fall of more than 15 % to no change at all.
    let need = Need { error: 0.055, freedom: 30.0, before: 56, after: 28 };
    assert_eq!(need.days(0.15), Some(0));
    let within = |low: f64, high: f64| need.verdict(Ratio { value: Some(1.0), low, high: Some(high) }, 0.15);
    assert_eq!(within(0.83, 1.02), Verdict::CannotTell { reason: Doubt::Undecided, days_needed: None });
    assert_eq!(within(0.86, 1.17), Verdict::CannotTell { reason: Doubt::Small, days_needed: Some(0) });
    assert_eq!(within(0.99, 1.20), Verdict::CannotTell { reason: Doubt::Undecided, days_needed: None });
    // A difference says how many days it lacks as well.
    let (noisy, control) = (days(&COUNTS), steady(40, 40, 56, 28));
    let found = against_control(&study(&noisy, 56), &[&control]).unwrap();
    let Verdict::CannotTell { reason, days_needed } = found.verdict else { panic!("{found:?}") };
    assert!(reason == Doubt::Power && days_needed.is_some_and(|days| days > 0), "{found:?}");
}

#[test]
fn a_placebo_avoids_dates_on_which_something_else_happened() {
    // An outage brought half as many again on five days.
    let mut days = steady(40, 40, 300, 28);
    days[200..205].iter_mut().for_each(|day| day.count = day.count.map(|count| count * 3 / 2));
    let study = Study { before: 28, ..study(&days, 300) };
    let all = before_and_after(&study).unwrap().placebo.unwrap();
    assert_eq!((all.left_out, all.disturbed, all.ratios.len()), (0, 0, 245));
    let outage: Vec<bool> = (0..328).map(|day| (200..205).contains(&day)).collect();
    let without = before_and_after(&Study { disturbed: &outage, ..study }).unwrap().placebo.unwrap();
    // Windows of 56 days touch one of five days in 60 places.
    assert_eq!((without.left_out, without.disturbed, without.ratios.len()), (60, 0, 185));
    assert!(without.high - without.low < (all.high - all.low) / 2.0, "{} {}", without.high, all.high);
    // Where hardly any other date is left, all of them count.
    let often: Vec<bool> = (0..328).map(|day| day % 20 == 0).collect();
    let strict = before_and_after(&Study { disturbed: &often, ..study }).unwrap().placebo.unwrap();
    assert_eq!((strict.left_out, strict.disturbed, strict.ratios.len()), (0, 245, 245));
}
