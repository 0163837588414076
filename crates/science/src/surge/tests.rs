use proptest::prelude::*;

use super::*;

/// Requests in a minute: a daily cycle of which every minute has its turn, without chance; 20 an hour at the peak.
fn usual(day: i32, minute: u16) -> u32 {
    let open = (480..1320).contains(&minute);
    let turn = (u32::from(minute) + u32::try_from(day).unwrap() * 7) % 6;
    u32::from(open && turn == 0) + u32::from(open && turn == 3 && minute < 900)
}

fn minutes(days: std::ops::Range<i32>) -> impl Iterator<Item = Minute> {
    let of = |day| {
        (0..1440).map(move |minute| Minute {
            day,
            minute,
            open: (480..1320).contains(&minute),
            like: None,
            count: usual(day, minute),
        })
    };
    days.flat_map(of)
}

fn trained(weeks: i32) -> Detector {
    let mut detector = Detector::new(PRIOR, 5.0);
    minutes(0..7 * weeks).for_each(|minute| {
        detector.observe(minute);
    });
    detector
}

#[test]
fn it_says_nothing_before_it_knows_three_such_days() {
    let mut detector = Detector::new(PRIOR, 5.0);
    let first = minutes(0..28).find_map(|minute| detector.observe(minute).map(|_| minute)).unwrap();
    assert_eq!((first.day, first.minute), (21, 480));
}

#[test]
fn an_ordinary_day_gives_no_alarm_and_a_threefold_hour_does_once() {
    let mut detector = trained(6);
    assert!(minutes(42..49).all(|minute| detector.observe(minute).is_none_or(|reading| !reading.alarm)));
    let mut alarms = Vec::new();
    for mut minute in minutes(49..50) {
        if (700..760).contains(&minute.minute) {
            minute.count *= 4;
        }
        alarms.extend(detector.observe(minute).filter(|r| r.alarm).map(|reading| (minute.minute, reading)));
    }
    assert_eq!(alarms.len(), 1, "{alarms:?}");
    let (at, reading) = alarms[0];
    assert!((700..730).contains(&at) && f64::from(reading.count) > 2.0 * reading.expected, "{alarms:?}");
}

#[test]
fn a_busy_day_is_soon_taken_for_one() {
    // Twice the usual from the first minute on: after some hours that is what is expected of this day.
    let mut detector = trained(6);
    let expected = minutes(42..43).filter_map(|mut minute| {
        minute.count *= 2;
        detector.observe(minute).filter(|r| r.window == 60).map(|reading| (minute.minute, reading.expected))
    });
    assert!(expected.filter(|(minute, _)| *minute > 840).all(|(_, expected)| expected > 15.0));
}

#[test]
fn closed_minutes_are_neither_judged_nor_remembered() {
    let mut detector = trained(6);
    let mut before = detector.baseline.clone();
    for mut minute in minutes(42..43) {
        (minute.open, minute.count) = (false, 50);
        assert_eq!(detector.observe(minute), None);
    }
    detector.observe(Minute { day: 43, minute: 0, open: false, like: None, count: 0 });
    let mut after = detector.baseline.clone();
    after.begin_day(42);
    assert_eq!(before.expected(20, 0), after.expected(20, 0));
    // A wild night does not leak into the first window of the morning.
    let morning =
        detector.observe(Minute { day: 43, minute: 480, open: true, like: None, count: 1 }).unwrap();
    assert!(morning.score < 1.0 && morning.count <= 1, "{morning:?}");
}

/// Weekdays as usual, Saturdays and Sundays a quarter of it.
fn calm_weekends(days: std::ops::Range<i32>) -> impl Iterator<Item = Minute> {
    minutes(days).map(|minute| calm(minute, minute.day % 7 >= 5))
}

fn calm(minute: Minute, is_calm: bool) -> Minute {
    let keeps = !is_calm || (minute.minute / 6).is_multiple_of(4);
    Minute { count: if keeps { minute.count } else { 0 }, ..minute }
}

/// The day 42, a Monday, is a holiday.
fn holiday(minute: Minute) -> Minute {
    Minute { like: Some(6), ..minute }
}

/// The highest score of a day.
fn highest(detector: &Detector, day: impl Iterator<Item = Minute>) -> f64 {
    let mut detector = detector.clone();
    day.filter_map(|minute| detector.observe(minute)).map(|reading| reading.score).fold(0.0, f64::max)
}

#[test]
fn a_holiday_is_judged_by_its_weekday_or_sundays() {
    let mut detector = Detector::new(PRIOR, UNCALIBRATED);
    calm_weekends(0..42).for_each(|minute| {
        detector.observe(minute);
    });
    let usual = highest(&detector, minutes(42..43));
    let monday = || minutes(42..43).map(holiday);
    let calm = || monday().map(|minute| calm(minute, true));
    assert!((highest(&detector, monday()) - usual).abs() < 1e-9, "as many as on Mondays");
    assert!(highest(&detector, calm()) <= usual, "as few as on Sundays");
    let surge = calm().map(|minute| {
        let more = u32::from((900..960).contains(&minute.minute) && minute.minute.is_multiple_of(3));
        Minute { count: minute.count + more, ..minute }
    });
    assert!(highest(&detector, surge) > usual + 2.0, "a surge of a calm holiday");
    calm_weekends(42..47).for_each(|minute| {
        detector.observe(minute);
    });
    let worked = |like| highest(&detector, minutes(47..48).map(move |minute| Minute { like, ..minute }));
    assert!(worked(Some(2)) < 2.0, "a Saturday that is worked like a Monday: {}", worked(Some(2)));
    assert!(worked(None) > 3.0, "one of which nobody told: {}", worked(None));
}

#[test]
fn holidays_do_not_make_later_weekdays_look_busy() {
    // Four of the last six Mondays were holidays with few requests.
    let expected = |is_told: bool| {
        let mut detector = Detector::new(PRIOR, 5.0);
        for minute in minutes(0..63) {
            let is_holiday = (35..63).contains(&minute.day) && minute.day % 7 == 0;
            let minute = calm(minute, is_holiday);
            detector.observe(if is_holiday && is_told { holiday(minute) } else { minute });
        }
        let mut day = minutes(63..64).filter_map(|minute| detector.observe(minute));
        day.next().unwrap().minute
    };
    let usual = trained(9).baseline.expected(16, 0).unwrap();
    assert!((expected(true) - usual).abs() < 0.15 * usual, "{} {usual}", expected(true));
    assert!(expected(false) < 0.7 * usual, "{} {usual}", expected(false));
}

#[test]
fn a_restart_changes_nothing() {
    let mut one = trained(5);
    let mut other: Detector = serde_json::from_str(&serde_json::to_string(&one).unwrap()).unwrap();
    for minute in minutes(35..37) {
        assert_eq!(one.observe(minute), other.observe(minute));
    }
    assert_eq!(one, other);
}

#[test]
fn a_gap_is_a_closed_time() {
    let mut detector = trained(6);
    let at = |minute| Minute { day: 42, minute, open: true, like: None, count: 1 };
    for minute in 600..660 {
        detector.observe(at(minute));
    }
    let later = detector.observe(at(900)).unwrap();
    assert!(later.count <= 1, "{later:?}");
}

#[test]
fn calibration_keeps_to_its_budget() {
    // Every Tuesday at noon eight at once, which is usual by no baseline of half hours but comes every week.
    let history = || {
        minutes(0..7 * 12).map(|mut minute| {
            if minute.day % 7 == 2 && minute.minute == 720 + u16::try_from(minute.day % 5).unwrap() * 40 {
                minute.count += 8;
            }
            minute
        })
    };
    let (detector, strict) = calibrate(PRIOR, 0.2, history());
    assert!(strict.weeks > 8.0 && f64::from(strict.alarms) <= 0.2 * strict.weeks, "{strict:?}");
    assert!((detector.threshold() - strict.threshold).abs() < 1e-12);
    let (_, generous) = calibrate(PRIOR, 3.0, history());
    assert!(
        generous.threshold < strict.threshold && generous.alarms > strict.alarms,
        "{generous:?} {strict:?}"
    );
    let (_, short) = calibrate(PRIOR, 1.0, minutes(0..30));
    assert!((short.threshold - UNCALIBRATED).abs() < 1e-12, "a week of readings calibrates nothing");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_minutes_give_sane_readings(
        raw in prop::collection::vec((-3_i32..60, 0_u16..2000, any::<bool>(), prop::option::of(any::<u8>()), prop_oneof![0_u32..4, any::<u32>()]), 0..400), prior in -1.0_f64..50.0,
    ) {
        let mut detector = Detector::new(prior, 4.0);
        minutes(0..28).for_each(|minute| {
            detector.observe(minute);
        });
        for (day, minute, open, like, count) in raw {
            if let Some(reading) = detector.observe(Minute { day: 28 + day, minute, open, like, count }) {
                prop_assert!((0.0..=LARGEST_SCORE).contains(&reading.score));
                prop_assert!(reading.expected.is_finite() && reading.expected >= 0.0);
                prop_assert!(reading.score == 0.0 || (reading.count >= LEAST_REQUESTS && f64::from(reading.count) > reading.expected));
            }
        }
    }
}
