//! The threshold that keeps to a number of alarms a week.

use serde::{Deserialize, Serialize};

use super::{Detector, Minute, Panel, REFRACTORY};

/// History with fewer weeks than this calibrates nothing.
const LEAST_WEEKS: f64 = 2.0;
/// No threshold goes below: one in a thousand happens twice a day.
pub(super) const LOWEST: f64 = 3.0;
/// The part of the bearable number that the past may fill. The lowest threshold that a past bears was chosen by the chance
/// of that past and keeps to less in the future; `docs/dev/science.md` has the figures.
const MARGIN: f64 = 0.85;

/// How a threshold came about.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Calibration {
    /// The threshold.
    pub threshold: f64,
    /// Weeks of history that it was chosen on; below two, the threshold is [`UNCALIBRATED`].
    pub weeks: f64,
    /// Alarms that it would have given in them.
    pub alarms: u32,
}

/// A detector that has seen `history` and whose threshold is the lowest that would have kept to `alarms_a_week` in it, with a
/// margin. Whatever surges the history has count as false alarms. For several keys see [`Panel`].
pub fn calibrate(
    prior: f64,
    alarms_a_week: f64,
    history: impl IntoIterator<Item = Minute>,
) -> (Detector, Calibration) {
    let mut panel = Panel::new(1, prior);
    for minute in history {
        panel.observe(&[minute]);
    }
    let calibration = panel.calibrate(alarms_a_week, |_| false);
    (panel.into_first(prior), calibration)
}

/// The threshold over scores of minutes that are in order, seen over so many weeks; `uncalibrated` while those are too few.
pub(super) fn choose(
    scores: &[(i64, f64)],
    weeks: f64,
    alarms_a_week: f64,
    uncalibrated: f64,
) -> Calibration {
    let threshold = if weeks < LEAST_WEEKS {
        uncalibrated
    } else {
        lowest(scores, MARGIN * alarms_a_week * weeks, uncalibrated)
    };
    Calibration { threshold, weeks, alarms: alarms(scores, threshold) }
}

/// Alarms at a threshold.
fn alarms(scores: &[(i64, f64)], threshold: f64) -> u32 {
    let (mut alarms, mut quiet_until) = (0, i64::MIN);
    for (at, score) in scores {
        if *score >= threshold && *at >= quiet_until {
            alarms += 1;
            quiet_until = at + i64::from(REFRACTORY);
        }
    }
    alarms
}

/// The lowest threshold with at most so many alarms, a little above the score that would be one too many.
fn lowest(scores: &[(i64, f64)], most: f64, otherwise: f64) -> f64 {
    let mut candidates: Vec<f64> = scores.iter().map(|(_, score)| score * (1.0 + 1e-9)).collect();
    candidates.push(LOWEST);
    candidates.sort_unstable_by(f64::total_cmp);
    let bearable = |threshold: f64| f64::from(alarms(scores, threshold)) <= most;
    let first = candidates.partition_point(|threshold| !bearable(*threshold));
    // Raising a threshold moves the two quiet hours, and may bring out an alarm that they hid.
    candidates.into_iter().skip(first).find(|threshold| bearable(*threshold)).unwrap_or(otherwise)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::surge::UNCALIBRATED;

    #[test]
    fn the_lowest_that_is_bearable() {
        let scores = [(0, 4.0), (10, 9.0), (500, 5.0), (900, 3.5), (2000, 7.0)];
        assert_eq!(alarms(&scores, 3.0), 4, "the second falls into the quiet hours of the first");
        let threshold = lowest(&scores, 2.0, UNCALIBRATED);
        assert!(threshold > 5.0 && threshold < 5.001 && alarms(&scores, threshold) == 2);
        assert!((lowest(&scores, 4.0, UNCALIBRATED) - LOWEST).abs() < 1e-12);
        assert!(lowest(&scores, 0.0, UNCALIBRATED) > 9.0);
    }

    proptest! {
        #[test]
        fn it_never_gives_more_than_the_budget(gaps in prop::collection::vec((1_i64..300, 3.0_f64..20.0), 0..80), most in 0.0_f64..20.0) {
            let mut at = 0;
            let scores: Vec<(i64, f64)> = gaps.iter().map(|(gap, score)| { at += gap; (at, *score) }).collect();
            prop_assert!(f64::from(alarms(&scores, lowest(&scores, most, UNCALIBRATED))) <= most);
        }
    }
}
