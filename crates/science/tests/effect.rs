//! False alarms and power of the before-and-after estimate on series whose truth is known. `examples/effect_evaluation.rs`
//! does the same at length, and on real arrivals.

use standfast_science::effect::{Study, Verdict, before_and_after};

mod simulation;
use simulation::{Process, series};

const SERIES: u32 = 400;

/// The share of series in which an effect is found, 8 weeks before and 4 after.
fn found(process: Process, factor: f64) -> anyhow::Result<f64> {
    let mut hits = 0;
    for seed in 0..SERIES {
        let days = series(process, 84, 56, factor, u64::from(seed))?;
        let study = Study {
            days: &days,
            events: &[],
            disturbed: &[],
            first_after: 56,
            before: 56,
            after: 28,
            ramp: 0,
            worthwhile: 0.15,
        };
        hits += u32::from(matches!(before_and_after(&study)?.verdict, Verdict::Fewer | Verdict::More));
    }
    Ok(f64::from(hits) / f64::from(SERIES))
}

/// Days that resemble their neighbours: autocorrelation .5 of the level, 60 requests a day.
const ALIKE: Process = Process { level: 60.0, autocorrelation: 0.5, deviation: 0.15, size: f64::INFINITY };

#[test]
fn false_alarms_stay_below_nine_percent() {
    let share = found(ALIKE, 1.0).unwrap();
    assert!(share <= 0.09, "{share}");
    let independent =
        found(Process { autocorrelation: 0.0, deviation: 0.0, size: 20.0, ..ALIKE }, 1.0).unwrap();
    assert!(independent <= 0.09, "{independent}");
}

#[test]
fn fifteen_percent_fewer_are_found_more_often_than_not() {
    let share = found(ALIKE, 0.85).unwrap();
    assert!(share >= 0.55, "{share}");
}
