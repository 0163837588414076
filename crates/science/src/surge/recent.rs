//! The last hour, minute by minute, with the sums of all windows kept up to date.

use serde::{Deserialize, Serialize};

use super::WINDOWS;

/// Minutes that are kept: the longest window.
pub(super) const MINUTES: usize = 60;

/// Counts and expectations of the last hour.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Recent {
    /// At most [`MINUTES`], the oldest overwritten first.
    minutes: Vec<(u32, f64)>,
    /// Where the next one goes.
    next: usize,
    sums: [(u32, f64); WINDOWS.len()],
}

impl Recent {
    /// Adds a minute and returns the one that leaves.
    pub(super) fn push(&mut self, count: u32, expected: f64) -> (u32, f64) {
        let leaving = WINDOWS.map(|window| self.ago(usize::from(window)));
        for (sum, (left_count, left_expected)) in self.sums.iter_mut().zip(leaving) {
            sum.0 = sum.0.saturating_sub(left_count).saturating_add(count);
            sum.1 += expected - left_expected;
        }
        let left = self.ago(MINUTES);
        match self.minutes.get_mut(self.next) {
            Some(slot) => *slot = (count, expected),
            None => self.minutes.push((count, expected)),
        }
        self.next = (self.next + 1) % MINUTES;
        if self.next == 0 {
            self.sum_anew();
        }
        left
    }

    /// Count and expectation of every window.
    pub(super) fn sums(&self) -> [(u32, f64); WINDOWS.len()] {
        self.sums
    }

    /// The minute that was added `ago` additions ago, 1 the last.
    fn ago(&self, ago: usize) -> (u32, f64) {
        self.minutes.get((self.next + MINUTES - ago) % MINUTES).copied().unwrap_or_default()
    }

    /// Once an hour, so that what is added and taken away again leaves no rounding behind.
    fn sum_anew(&mut self) {
        let sums = WINDOWS.map(|window| {
            let minutes = (1..=usize::from(window)).map(|ago| self.ago(ago));
            minutes.fold((0_u32, 0.0), |sum, minute| (sum.0.saturating_add(minute.0), sum.1 + minute.1))
        });
        self.sums = sums;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_sums_are_those_of_the_last_minutes(minutes in prop::collection::vec((0_u32..50, 0.0_f64..9.0), 1..300)) {
            let mut recent = Recent::default();
            for (index, (count, expected)) in minutes.iter().enumerate() {
                let left = recent.push(*count, *expected);
                prop_assert_eq!(left, index.checked_sub(MINUTES).map_or((0, 0.0), |before| minutes[before]));
            }
            for (window, (count, expected)) in WINDOWS.into_iter().zip(recent.sums()) {
                let last = minutes.iter().rev().take(usize::from(window));
                prop_assert_eq!(count, last.clone().map(|m| m.0).sum::<u32>());
                prop_assert!((expected - last.map(|m| m.1).sum::<f64>()).abs() < 1e-9);
            }
        }
    }
}
