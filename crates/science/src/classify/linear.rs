//! The learner: one linear support vector machine per type against the rest, all of them at once.
//!
//! Dual coordinate descent for the squared hinge loss (Hsieh, Chang, Lin, Keerthi and Sundararajan, "A dual coordinate
//! descent method for large-scale linear SVM", ICML 2008, algorithm 1 without shrinking). The machines visit the texts
//! in the same order, so their weights for a feature stand side by side: a visit reads and writes whole rows, which a
//! processor does many times faster than it would train one machine after another.

use super::encoder::{Encoder, Vector};

/// A text that teaches: its vector and the place of its type.
#[derive(Debug, Clone)]
pub(super) struct Example {
    pub(super) vector: Vector,
    pub(super) class: usize,
}

/// How hard to learn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    /// The price of a violated margin (`C`).
    pub(super) cost: f32,
    /// At most so many rounds over all texts.
    pub(super) rounds: u32,
    /// Enough when no multiplier wants to move by more than this.
    pub(super) tolerance: f32,
}

/// Weights of all types: one row a column of the encoder, one number in it for each type.
#[derive(Debug, Clone)]
pub(super) struct Weights {
    pub(super) classes: usize,
    pub(super) rows: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl Weights {
    /// Learns from examples; the same seed gives the same weights.
    pub(super) fn learn(
        encoder: &Encoder,
        classes: usize,
        examples: &[Example],
        effort: Effort,
        seed: u64,
    ) -> Self {
        let rows = vec![0.0; encoder.columns() * classes];
        let mut weights = Self { classes, rows, bias: vec![0.0; classes] };
        let mut multipliers = vec![0.0_f32; examples.len() * classes];
        let mut order: Vec<usize> = (0..examples.len()).collect();
        let mut chance = Chance(seed);
        let mut step = Step::new(classes, effort.cost);
        for _ in 0..effort.rounds {
            chance.shuffle(&mut order);
            step.largest = 0.0;
            for at in &order {
                let here = multipliers.get_mut(at * classes..(at + 1) * classes);
                if let (Some(example), Some(multipliers)) = (examples.get(*at), here) {
                    step.visit(&mut weights, example, multipliers);
                }
            }
            if step.largest <= effort.tolerance {
                break;
            }
        }
        weights
    }

    /// The distance of a text from the border of each type, in margins.
    pub(super) fn scores(&self, vector: &Vector, into: &mut Vec<f32>) {
        into.clear();
        into.extend_from_slice(&self.bias);
        for (column, value) in &vector.values {
            let row = self.rows.get(self.range(*column)).unwrap_or_default();
            for (score, weight) in into.iter_mut().zip(row) {
                *score += value * weight;
            }
        }
    }

    fn range(&self, column: u32) -> std::ops::Range<usize> {
        let start = column as usize * self.classes;
        start..start + self.classes
    }

    fn add(&mut self, vector: &Vector, changes: &[f32]) {
        for (column, value) in &vector.values {
            let range = self.range(*column);
            let row = self.rows.get_mut(range).unwrap_or_default();
            for (weight, change) in row.iter_mut().zip(changes) {
                *weight += value * change;
            }
        }
        for (bias, change) in self.bias.iter_mut().zip(changes) {
            *bias += change;
        }
    }
}

/// One visit to a text, and the room that it needs.
struct Step {
    /// The diagonal that the squared hinge adds: `1 / 2C`.
    diagonal: f32,
    scores: Vec<f32>,
    changes: Vec<f32>,
    /// The largest projected gradient of this round.
    largest: f32,
}

impl Step {
    fn new(classes: usize, cost: f32) -> Self {
        Self { diagonal: 0.5 / cost, scores: Vec::new(), changes: vec![0.0; classes], largest: 0.0 }
    }

    fn visit(&mut self, weights: &mut Weights, example: &Example, multipliers: &mut [f32]) {
        weights.scores(&example.vector, &mut self.scores);
        // The bias is a feature that is always one.
        let square = example.vector.values.iter().map(|(_, value)| value * value).sum::<f32>();
        let curvature = square + 1.0 + self.diagonal;
        let machines = self.changes.iter_mut().zip(&self.scores).zip(multipliers).enumerate();
        for (class, ((change, score), multiplier)) in machines {
            let sign = if class == example.class { 1.0 } else { -1.0 };
            let gradient = sign * score - 1.0 + self.diagonal * *multiplier;
            let projected = if *multiplier == 0.0 { gradient.min(0.0) } else { gradient };
            self.largest = self.largest.max(projected.abs());
            let next = (*multiplier - gradient / curvature).max(0.0);
            *change = sign * (next - *multiplier);
            *multiplier = next;
        }
        weights.add(&example.vector, &self.changes);
    }
}

/// `SplitMix64` (Steele, Lea and Flood, OOPSLA 2014): chance that a seed repeats.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    /// Fisher and Yates.
    fn shuffle(&mut self, order: &mut [usize]) {
        for last in (1..order.len()).rev() {
            let choices = u64::try_from(last).unwrap_or(u64::MAX) + 1;
            order.swap(last, usize::try_from(self.next() % choices).unwrap_or(0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_the_published_one() {
        // The first values of SplitMix64 from seed 1234567, as the reference implementation by Vigna prints them.
        let mut chance = Chance(1_234_567);
        assert_eq!([chance.next(), chance.next()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
        let mut order: Vec<usize> = (0..50).collect();
        chance.shuffle(&mut order);
        assert_ne!(order, (0..50).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..50).collect::<Vec<_>>());
    }
}
