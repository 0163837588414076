//! Whether a new model is better than the one in use.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::real::len;

use super::calibration::calibration_error;
use super::model::{Label, Model};

/// Two models on the same labels, none of which either has learned from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// How many labels were compared.
    pub labels: usize,
    /// The model in use.
    pub old: Quality,
    /// The one that would replace it.
    pub new: Quality,
    /// Both for each type that occurs, by code.
    pub types: Vec<TypeComparison>,
    /// Labels that only the old one named rightly.
    pub only_old: usize,
    /// Labels that only the new one named rightly.
    pub only_new: usize,
    /// The probability of a difference at least as large between equally good models: `McNemar`'s test (Psychometrika
    /// 1947) in its exact form, two-sided.
    pub p_value: f64,
}

/// How good one model is. What counts is the most probable type, whether or not it would be named.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quality {
    /// Share of right ones.
    pub accuracy: f64,
    /// The mean of the F1 of every type that occurs: rare types count as much as frequent ones.
    pub macro_f1: f64,
    /// Share that would be named rather than answered by "unsure".
    pub answered: f64,
    /// Share of right ones among the named ones; zero when there are none.
    pub precision: f64,
    /// By how much probabilities are off on average: see [`Measured`](super::Measured::calibration_error).
    pub calibration_error: f64,
}

/// One type in a comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TypeComparison {
    /// Its code.
    pub code: String,
    /// Labels of this type.
    pub labels: usize,
    /// F1 of the old model.
    pub old_f1: f64,
    /// F1 of the new model.
    pub new_f1: f64,
}

impl Comparison {
    /// The rule for taking over: the new model replaces the old one when it names no fewer labels rightly and, if it
    /// names as many, does not treat the types less evenly. Without labels to compare, the old one stays.
    pub fn new_takes_over(&self) -> bool {
        const SAME: f64 = 1e-9;
        self.labels > 0
            && (self.only_new > self.only_old
                || (self.only_new == self.only_old && self.new.macro_f1 + SAME >= self.old.macro_f1))
    }
}

/// Compares two models on labels that neither has learned from (see [`held_back`](super::held_back)).
pub fn compare(old: &Model, new: &Model, held_back: &[Label<'_>]) -> Comparison {
    let (old, new) = (Sheet::of(old, held_back), Sheet::of(new, held_back));
    let (mut only_old, mut only_new) = (0, 0);
    for (old, new) in old.right.iter().zip(&new.right) {
        only_old += usize::from(*old && !new);
        only_new += usize::from(*new && !old);
    }
    let types = held_back.iter().fold(BTreeMap::<&str, usize>::new(), |mut counts, label| {
        *counts.entry(label.code).or_default() += 1;
        counts
    });
    let types: Vec<TypeComparison> = types
        .into_iter()
        .map(|(code, labels)| TypeComparison {
            code: code.to_owned(),
            labels,
            old_f1: old.f1(code),
            new_f1: new.f1(code),
        })
        .collect();
    Comparison {
        labels: held_back.len(),
        old: old.quality(types.iter().map(|of| of.old_f1)),
        new: new.quality(types.iter().map(|of| of.new_f1)),
        types,
        only_old,
        only_new,
        p_value: mcnemar(only_old, only_new),
    }
}

/// How good one model is on labels that it has not learned from.
pub fn evaluate(model: &Model, held_back: &[Label<'_>]) -> Quality {
    compare(model, model, held_back).new
}

/// What one model answered.
struct Sheet<'a> {
    right: Vec<bool>,
    named: Vec<bool>,
    probability: Vec<f32>,
    /// For each type: how often it was meant, said, and both.
    counts: BTreeMap<&'a str, [usize; 3]>,
}

impl<'a> Sheet<'a> {
    fn of(model: &'a Model, labels: &[Label<'a>]) -> Self {
        let (right, named, probability) = (Vec::new(), Vec::new(), Vec::new());
        let mut sheet = Self { right, named, probability, counts: BTreeMap::new() };
        for label in labels {
            let prediction = model.predict(label.text);
            let said = prediction.top.first().map(|best| best.code);
            let right = said == Some(label.code);
            sheet.right.push(right);
            sheet.probability.push(prediction.top.first().map_or(0.0, |best| best.probability));
            sheet.named.push(prediction.answer != super::Answer::Unsure);
            for (code, place) in std::iter::once((label.code, 0)).chain(said.map(|code| (code, 1))) {
                if let Some(count) = sheet.counts.entry(code).or_default().get_mut(place) {
                    *count += 1;
                }
            }
            if let Some(counts) = sheet.counts.get_mut(label.code).filter(|_| right) {
                counts[2] += 1;
            }
        }
        sheet
    }

    /// The harmonic mean of precision and recall.
    fn f1(&self, code: &str) -> f64 {
        let [meant, said, both] = self.counts.get(code).copied().unwrap_or_default();
        share(2 * both, meant + said)
    }

    fn quality(&self, f1: impl ExactSizeIterator<Item = f64>) -> Quality {
        let count = |of: &[bool]| of.iter().filter(|holds| **holds).count();
        let named_right =
            self.right.iter().zip(&self.named).filter(|(right, named)| **right && **named).count();
        let types = f1.len();
        Quality {
            accuracy: share(count(&self.right), self.right.len()),
            macro_f1: f1.sum::<f64>() / len(types.max(1)),
            answered: share(count(&self.named), self.named.len()),
            precision: share(named_right, count(&self.named)),
            calibration_error: f64::from(calibration_error(
                self.probability
                    .iter()
                    .zip(&self.right)
                    .map(|(probability, right)| (*probability, *right, 1.0)),
            )),
        }
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { len(part) / len(whole) }
}

/// The two-sided exact test: of the labels that only one model got right, each model should have half.
fn mcnemar(only_old: usize, only_new: usize) -> f64 {
    let (count, fewer) = (only_old + only_new, only_old.min(only_new));
    // Binomial coefficients by their logarithm, from one to the next.
    let mut log = -len(count) * std::f64::consts::LN_2;
    let mut tail = 0.0;
    for k in 0..=fewer {
        tail += log.exp();
        log += (len(count - k) / len(k + 1)).ln();
    }
    (2.0 * tail).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checked against R's `binom.test(b, b + c)$p.value`, which for small numbers can be added up by hand:
    /// 2 · (1 + 10 + 45) / 1024 and so on.
    #[test]
    fn mcnemar_is_the_binomial_test() {
        for (b, c, p) in
            [(2, 8, 112.0 / 1024.0), (0, 5, 2.0 / 32.0), (1, 9, 22.0 / 1024.0), (3, 3, 1.0), (0, 0, 1.0)]
        {
            assert!((mcnemar(b, c) - p).abs() < 1e-12, "{b} {c}");
            assert!((mcnemar(c, b) - p).abs() < 1e-12, "{b} {c}");
        }
        // Agresti, Categorical Data Analysis, the two ratings of a prime minister: 86 and 150 changed their mind, z² = 17.36, p < 0.0001.
        let p = mcnemar(86, 150);
        assert!(p > 1e-5 && p < 1e-4, "{p}");
    }
}
