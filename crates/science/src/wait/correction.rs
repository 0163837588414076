//! What was promised against what came of it: the factor by which a model is wrong, learned as answers come.

use std::collections::HashMap;

use super::{Range, SHARES};

/// The step of a figure that everybody shares, once it has settled.
const STEP: f64 = 0.006;
/// The step of what a group differs by.
const GROUP_STEP: f64 = 0.003;
/// The first answers count for more: the step is this over the square root of their number.
const FIRST: f64 = 0.08;
/// A model that is wrong by more than e² is not to be corrected but thrown away.
const MOST: f64 = 2.0;

/// The logarithms of the two factors, and how many answers they were learned from.
#[derive(Clone, Copy, Debug, Default)]
struct Factor {
    log: [f64; 2],
    answers: u32,
}

impl Factor {
    fn step(&mut self, missed: [bool; 2], smallest: f64) {
        self.answers = self.answers.saturating_add(1);
        let step = (FIRST / f64::from(self.answers).sqrt() * smallest / STEP)
            .clamp(smallest, FIRST * smallest / STEP);
        for ((log, missed), share) in self.log.iter_mut().zip(missed).zip(SHARES) {
            // Gradient of the pinball loss: as far up for each that was missed as the many that were kept pull down.
            let gradient = if missed { share } else { share - 1.0 };
            *log = (*log + step * gradient).clamp(-MOST, MOST);
        }
    }
}

/// Corrects a model's quantiles by tracking them (Angelopoulos, Candès & Tibshirani 2023, "Conformal PID control for time
/// series", eq. 3; after Gibbs & Candès 2021): whatever the model, and however the desk changes, the share of waits inside
/// what is said tends to what it should be. On the logarithm, so that a wait of minutes and one of hours teach each other.
///
/// One factor is shared by all; each group has what it differs by, learned in smaller steps, so that few answers move it
/// little.
#[derive(Clone, Debug, Default)]
pub struct Correction {
    all: Factor,
    groups: HashMap<u16, Factor>,
}

impl Correction {
    /// Nothing was learned yet: the model is believed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What to say instead of what the model says, to a group or to somebody of whom it is not known.
    #[must_use]
    pub fn apply(&self, model: Range, group: Option<u16>) -> Range {
        let own = group.and_then(|group| self.groups.get(&group)).map_or([0.0; 2], |factor| factor.log);
        let [first, second] = self.all.log;
        let [own_first, own_second] = own;
        let p50 = model.p50 * (first + own_first).exp();
        Range { p50, p80: (model.p80 * (second + own_second).exp()).max(p50) }
    }

    /// Learns from a wait that is over. `said` makes what people are told of a figure: what is corrected is that.
    pub fn learn(&mut self, model: Range, group: u16, wait: f64, said: impl Fn(f64) -> f64) {
        let told = self.apply(model, Some(group));
        let missed = [told.p50, told.p80].map(|told| wait > said(told));
        self.all.step(missed, STEP);
        self.groups.entry(group).or_default().step(missed, GROUP_STEP);
    }

    /// From how many answers it was learned.
    #[must_use]
    pub const fn answers(&self) -> u32 {
        self.all.answers
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;

    /// Exponential waits with the means that `mean` says, against a model that always says the same.
    fn coverage(mean: impl Fn(usize) -> f64, group: impl Fn(usize) -> u16) -> [f64; 2] {
        let (mut correction, mut rng) = (Correction::new(), Rng::with_seed(5));
        let model = Range { p50: 60.0, p80: 100.0 };
        let (mut inside, mut count) = ([0.0; 2], 0.0);
        for at in 0..6_000 {
            let wait = -(1.0 - rng.f64()).ln() * mean(at);
            let told = correction.apply(model, Some(group(at)));
            if at > 500 {
                count += 1.0;
                inside[0] += f64::from(u8::from(wait <= told.p50));
                inside[1] += f64::from(u8::from(wait <= told.p80));
            }
            correction.learn(model, group(at), wait, |time| time);
        }
        inside.map(|inside| inside / count)
    }

    #[test]
    fn a_wrong_model_comes_to_keep_its_promise() {
        for mean in [30.0, 62.0, 200.0] {
            let [half, most] = coverage(|_| mean, |_| 0);
            assert!((half - 0.5).abs() < 0.02 && (most - 0.8).abs() < 0.02, "{mean}: {half} {most}");
        }
        // A desk that becomes slower and slower, four times in all.
        let [half, most] =
            coverage(|at| 50.0 * 4.0_f64.powf(f64::from(u32::try_from(at).unwrap()) / 6_000.0), |_| 0);
        assert!((half - 0.5).abs() < 0.03 && (most - 0.8).abs() < 0.03, "{half} {most}");
    }

    #[test]
    fn groups_are_told_apart() {
        let mut correction = Correction::new();
        let (model, mut rng) = (Range { p50: 60.0, p80: 100.0 }, Rng::with_seed(6));
        for at in 0..20_000_u16 {
            let (group, mean) = if at % 2 == 0 { (1, 40.0) } else { (2, 160.0) };
            correction.learn(model, group, -(1.0 - rng.f64()).ln() * mean, |time| time);
        }
        for (group, mean) in [(1, 40.0_f64), (2, 160.0)] {
            let told = correction.apply(model, Some(group));
            let (half, most) = (mean * 2.0_f64.ln(), mean * 5.0_f64.ln());
            assert!(
                (told.p50 / half - 1.0).abs() < 0.3 && (told.p80 / most - 1.0).abs() < 0.3,
                "{told:?} {half} {most}"
            );
        }
        assert!(correction.apply(model, None).p80 > correction.apply(model, Some(1)).p80);
    }

    #[test]
    fn learning_again_gives_the_same_and_nothing_makes_it_leave_its_bounds() {
        let learn = || {
            let mut correction = Correction::new();
            for wait in [10.0, 1e9, f64::INFINITY, 0.0, 500.0] {
                correction.learn(Range { p50: 60.0, p80: 100.0 }, 3, wait, |time| time);
            }
            correction.apply(Range { p50: 60.0, p80: 100.0 }, Some(3))
        };
        assert_eq!(learn(), learn());
        let mut correction = Correction::new();
        for _ in 0..100_000 {
            correction.learn(Range { p50: 1.0, p80: 1.0 }, 0, 1e12, |time| time);
        }
        let told = correction.apply(Range { p50: 1.0, p80: 1.0 }, Some(0));
        assert!(told.p80 <= (2.0 * MOST).exp() + 1e-9 && told.p50 <= told.p80);
    }
}
