//! How long somebody waits, as it is said. "Unknown" is an answer; a figure that nobody can know is none.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const MINUTE: u32 = 60;
const HOUR: u32 = 3_600;
/// What people say of a wait, in minutes and in hours: with finer steps the words would know more than the desk does.
const MINUTES: [u32; 18] = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 90];
const HOURS: [u32; 11] = [2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24];

/// Up to an hour and a half a later wait is said in minutes, up to two days in hours.
const LATER_IN_MINUTES: u32 = 90 * MINUTE;
const LATER_IN_HOURS: u32 = 48 * HOUR;

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

    /// The same range after `seconds` in which nobody can answer: rounded up to whole hours, or to days, because what would be due
    /// before somebody is there could not be kept.
    #[must_use]
    pub fn after(self, seconds: u32) -> Self {
        let later = |wait: u32| match wait.saturating_add(seconds) {
            short @ ..=LATER_IN_MINUTES => short.next_multiple_of(5 * MINUTE),
            long @ ..=LATER_IN_HOURS => long.next_multiple_of(HOUR),
            days => days.div_ceil(24 * HOUR).saturating_mul(24 * HOUR),
        };
        Self { low_seconds: later(self.low_seconds), high_seconds: later(self.high_seconds) }
    }
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
        assert_eq!(wait.after(13 * HOUR), Wait { low_seconds: 14 * HOUR, high_seconds: 14 * HOUR });
        assert_eq!(wait.after(33 * MINUTE), Wait { low_seconds: 45 * MINUTE, high_seconds: 55 * MINUTE });
        assert_eq!(wait.after(50 * HOUR), Wait { low_seconds: 72 * HOUR, high_seconds: 72 * HOUR });
    }

    proptest! {
        #[test]
        fn nothing_is_due_before_the_desk_opens(low in 0..86_400_u32, more in 0..86_400_u32, closed in 0..5_000_000_u32) {
            let wait = Wait { low_seconds: low, high_seconds: low + more }.after(closed);
            prop_assert!(closed + low <= wait.low_seconds && wait.low_seconds <= wait.high_seconds);
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
