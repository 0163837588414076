//! Chance that can be repeated: the same seed fills the same desk.

use std::sync::Arc;
use std::time::Duration;

use standfast_domain::{Entropy, SeededEntropy};

/// Draws from a seed.
#[derive(Clone, Debug)]
pub(super) struct Draw(Arc<SeededEntropy>);

impl Draw {
    pub(super) fn new(seed: u64) -> Self {
        Self(SeededEntropy::new(seed))
    }

    /// A source of its own for one part, so that a change in one leaves the others as they were.
    pub(super) fn part(&self) -> Self {
        Self::new(self.0.next_u64())
    }

    /// At least 0 and less than 1.
    pub(super) fn unit(&self) -> f64 {
        f64::from(u32::try_from(self.0.next_u64() >> 32).unwrap_or(u32::MAX)) / 4_294_967_296.0
    }

    /// At least 0 and less than `end`; 0 when that is 0.
    pub(super) fn below(&self, end: u64) -> u64 {
        self.0.next_u64().checked_rem(end).unwrap_or(0)
    }

    /// From `low` to `high`, both included.
    pub(super) fn between(&self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True in so many of a hundred cases.
    pub(super) fn percent(&self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of them; `None` when there is none.
    pub(super) fn pick<'a, T>(&self, all: &'a [T]) -> Option<&'a T> {
        let at = self.below(u64::try_from(all.len()).unwrap_or(u64::MAX));
        all.get(usize::try_from(at).unwrap_or_default())
    }

    /// The place of one of the weights, each as likely as it is heavy.
    pub(super) fn weighed(&self, weights: impl Iterator<Item = f64> + Clone) -> usize {
        let mut left = self.unit() * weights.clone().sum::<f64>();
        let mut last = 0;
        for (at, weight) in weights.enumerate() {
            last = at;
            left -= weight;
            if left < 0.0 {
                break;
            }
        }
        last
    }

    /// From `low` to `high` on a logarithmic scale: half of the draws lie below the geometric mean.
    pub(super) fn scale(&self, low: f64, high: f64) -> f64 {
        low * (high / low).powf(self.unit())
    }

    /// A number of minutes from `low` to `high` on a logarithmic scale, with seconds and parts of them.
    pub(super) fn minutes(&self, low: f64, high: f64) -> Duration {
        Duration::try_from_secs_f64(self.scale(low, high) * 60.0).unwrap_or_default()
    }

    /// Fresh bytes.
    pub(super) fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_stay_within_their_bounds_and_repeat() {
        let (one, two) = (Draw::new(5), Draw::new(5));
        for _ in 0..2_000 {
            assert_eq!(one.unit().to_bits(), two.unit().to_bits());
            assert!((3..=7).contains(&one.between(3, 7)) && (3..=7).contains(&two.between(3, 7)));
            assert_eq!(one.weighed([0.0, 2.0, 0.0].into_iter()), 1);
            assert_eq!(two.weighed([0.0, 2.0, 0.0].into_iter()), 1);
            assert!((2.0..=800.0).contains(&one.scale(2.0, 800.0)) && two.scale(2.0, 800.0) >= 2.0);
        }
        assert_eq!(one.pick::<u8>(&[]), None);
        assert_eq!(one.below(0), 0);
    }
}
