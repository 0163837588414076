//! How long somebody waits, as it is said. "Unknown" is an answer; a figure that nobody can know is none.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const MINUTE: u32 = 60;
const HOUR: u32 = 3_600;
/// What people say of a wait, in minutes and in hours: with finer steps the words would know more than the desk does.
const MINUTES: [u32; 18] = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 90];
const HOURS: [u32; 11] = [2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24];

/// Up to an hour and a half a later wait is said in minutes, from then on in hours.
const LATER_IN_MINUTES: u32 = 90 * MINUTE;
/// What takes longer, in seconds, is unknown: nobody can tell what the day after tomorrow is like.
pub const LONGEST_WAIT: u32 = 24 * HOUR;

/// An expected waiting time: half of those who wait like this are answered by the lower, four fifths by the upper figure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Wait {
    /// Seconds until half of them are answered.
    pub low_seconds: u32,
    /// Seconds until four fifths of them are answered.
    pub high_seconds: u32,
}

impl Wait {
    /// The range between two waits in seconds, each rounded as people say it.
    #[must_use]
    pub fn between(low: f64, high: f64) -> Self {
        let (low_seconds, high_seconds) = (said(low), said(high));
        Self { low_seconds: low_seconds.min(high_seconds), high_seconds }
    }

    /// The range of somebody for whom the desk is closed for `closed` seconds, and who then waits from `low` to `high`. It is rounded
    /// up, because what would be due before somebody is there could not be kept, and is never made narrower. Nothing where it
    /// comes to more than [`LONGEST_WAIT`].
    #[must_use]
    pub fn later(closed: u32, low: f64, high: f64) -> Option<Self> {
        let [low, high] = [low, high].map(|wait| closed.saturating_add(whole(wait)));
        let step = |wait: u32| if wait <= LATER_IN_MINUTES { 5 * MINUTE } else { HOUR };
        let up = |wait: u32, step: u32| wait.div_ceil(step).saturating_mul(step);
        let low_seconds = up(low, step(low));
        let width = up(high.saturating_sub(low), step(high));
        let high_seconds = up(high, step(high)).max(low_seconds.saturating_add(width));
        (high_seconds <= LONGEST_WAIT).then_some(Self { low_seconds, high_seconds })
    }
}

/// Whole seconds, rounded up.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and a number that fits"
)]
fn whole(seconds: f64) -> u32 {
    seconds.ceil().clamp(0.0, f64::from(u32::MAX)) as u32
}

/// A wait as people say it: the nearest of the steps, by ratio, so that as many are rounded up as down. Longer ones than a day
/// are said in days.
#[must_use]
pub fn said(seconds: f64) -> u32 {
    let steps = MINUTES.iter().map(|n| n * MINUTE).chain(HOURS.iter().map(|n| n * HOUR));
    let days = (2..=60).map(|n| n * 24 * HOUR);
    let distance = |step: u32| (seconds.max(1.0) / f64::from(step)).ln().abs();
    let nearer = |best: u32, step: u32| if distance(step) < distance(best) { step } else { best };
    steps.chain(days).fold(MINUTE, nearer)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits_are_said_in_steps() {
        for (seconds, minutes) in [
            (-5.0, 1),
            (0.0, 1),
            (80.0, 1),
            (95.0, 2),
            (700.0, 12),
            (1_630.0, 25),
            (3_300.0, 60),
            (7_000.0, 120),
        ] {
            assert_eq!(said(seconds), minutes * 60, "{seconds}");
        }
        assert_eq!(said(f64::NAN), 60);
        assert_eq!(said(100_000.0), 24 * HOUR);
        assert_eq!(said(200_000.0), 48 * HOUR);
        let wait = Wait::between(580.0, 1_250.0);
        assert_eq!(wait, Wait { low_seconds: 600, high_seconds: 1_200 });
    }

    #[test]
    fn what_comes_after_closing_time_is_rounded_up_and_not_narrowed() {
        let later = |closed: u32, low: f64, high: f64| {
            Wait::later(closed, low, high).map(|wait| (wait.low_seconds, wait.high_seconds))
        };
        assert_eq!(later(33 * MINUTE, 580.0, 1_250.0), Some((45 * MINUTE, 60 * MINUTE)));
        // Half an hour and a quarter of an hour more do not become a point.
        assert_eq!(later(17 * HOUR, 1_800.0, 2_700.0), Some((18 * HOUR, 19 * HOUR)));
        // 22.6 and 24.6 hours: not 24.
        assert_eq!(later(64_036, 17_181.0, 24_507.0), None);
        assert_eq!(later(64_036, 9_000.0, 19_000.0), Some((21 * HOUR, 24 * HOUR)));
        assert_eq!(later(LONGEST_WAIT, 60.0, 60.0), None);
        assert_eq!(later(HOUR, f64::NAN, f64::INFINITY), None);
    }

    proptest! {
        #[test]
        fn nothing_is_due_before_the_desk_opens(low in 0.0..86_400.0_f64, more in 0.0..86_400.0_f64, closed in 0..100_000_u32) {
            match Wait::later(closed, low, low + more) {
                Some(wait) => {
                    prop_assert!(f64::from(closed) + low <= f64::from(wait.low_seconds));
                    prop_assert!(f64::from(closed) + low + more <= f64::from(wait.high_seconds));
                    prop_assert!(f64::from(wait.high_seconds - wait.low_seconds) >= more - 1.0);
                    prop_assert!(wait.high_seconds <= LONGEST_WAIT);
                }
                // Two steps of an hour are lost by rounding at most.
                None => prop_assert!(f64::from(closed) + low + more + 7_202.0 > f64::from(LONGEST_WAIT)),
            }
        }

        #[test]
        fn rounding_moves_an_hour_by_a_quarter_at_most(low in 60.0..86_400.0_f64, ratio in 1.0..4.0_f64) {
            let wait = Wait::between(low, low * ratio);
            prop_assert!(wait.low_seconds <= wait.high_seconds);
            let moved = f64::from(said(low)) / low;
            prop_assert!((0.70..1.42).contains(&moved), "{moved}");
            if low < 5_000.0 {
                prop_assert!((0.79..1.26).contains(&moved) || low < 130.0, "{moved}");
            }
        }
    }
}
