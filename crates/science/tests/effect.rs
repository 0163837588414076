//! False alarms and power of the before-and-after estimate on series whose truth is known. `examples/effect_evaluation.rs`
//! does the same at length, and on real arrivals.

use standfast_science::effect::{Study, Verdict, before_and_after};

mod simulation;
use simulation::{Process, series};

const SERIES: u64 = 400;

/// The share of series in which an effect is found, 8 weeks before and 4 after.
fn found(process: Process, factor: f64) -> f64 {
    let one = |seed: u64| {
        let days = series(process, 84, 56, factor, seed).unwrap();
        let study = Study {
            days: &days,
            events: &[],
            first_after: 56,
            before: 56,
            after: 28,
            ramp: 0,
            worthwhile: 0.15,
        };
        matches!(before_and_after(&study).unwrap().verdict, Verdict::Fewer | Verdict::More)
    };
    let hits = u32::try_from((0..SERIES).filter(|seed| one(*seed)).count()).unwrap();
    f64::from(hits) / f64::from(u32::try_from(SERIES).unwrap())
}

/// Days that resemble their neighbours: autocorrelation .5 of the level, 60 requests a day.
const ALIKE: Process = Process { level: 60.0, autocorrelation: 0.5, deviation: 0.15, size: f64::INFINITY };

#[test]
fn false_alarms_stay_below_nine_percent() {
    let share = found(ALIKE, 1.0);
    assert!(share <= 0.09, "{share}");
    let independent = found(Process { autocorrelation: 0.0, deviation: 0.0, size: 20.0, ..ALIKE }, 1.0);
    assert!(independent <= 0.09, "{independent}");
}

#[test]
fn fifteen_percent_fewer_are_found_more_often_than_not() {
    let share = found(ALIKE, 0.85);
    assert!(share >= 0.55, "{share}");
}
