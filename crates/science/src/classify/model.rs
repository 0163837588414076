//! The model: what it learned, and what it says about a text.

use serde::Serialize;

use super::calibration::{Calibration, Measured};
use super::encoder::{Encoder, Vector, single};
use super::linear::Weights;
use super::unit::Units;

/// A request whose type somebody settled.
#[derive(Debug, Clone, Copy)]
pub struct Label<'a> {
    /// The id of the request.
    pub request: i64,
    /// Its text, screened.
    pub text: &'a str,
    /// The code of its type.
    pub code: &'a str,
}

/// A type that a model knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KnownType {
    /// Its code.
    pub code: String,
    /// How many labels taught it.
    pub labels: u32,
}

/// What a model says about a text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prediction<'m> {
    /// The answer.
    pub answer: Answer<'m>,
    /// The most probable types, at most three, the most probable first.
    pub top: Vec<Candidate<'m>>,
}

/// The answer about a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer<'m> {
    /// It is of this type, with the precision that the model was trained for.
    Type(&'m str),
    /// Nothing is probable enough.
    Unsure,
}

/// A type that a text may be of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Candidate<'m> {
    /// The code of the type.
    pub code: &'m str,
    /// How probable it is, calibrated; those of all types are one together.
    pub probability: f32,
}

/// A trained model. It keeps no text and no word of the labels, only weights of hashed features.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub(super) version: u32,
    pub(super) trained_at: i64,
    pub(super) types: Vec<KnownType>,
    pub(super) encoder: Encoder,
    /// One row a column, one byte in it for each type, in units of `scales`.
    pub(super) rows: Vec<i8>,
    pub(super) scales: Vec<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) calibration: Calibration,
    pub(super) measured: Measured,
}

/// How many types a prediction lists.
const TOP: usize = 3;
/// The largest weight in a byte.
const FULL: f32 = 127.0;

impl Model {
    /// The number that the trainer was given.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// When it was trained: microseconds since 1970, as the trainer was told.
    pub fn trained_at(&self) -> i64 {
        self.trained_at
    }

    /// The types that it can name, by code in ascending order.
    pub fn types(&self) -> &[KnownType] {
        &self.types
    }

    /// What cross-validation measured when it was trained.
    pub fn measured(&self) -> Measured {
        self.measured
    }

    /// From which probability on a type is named; `None` when the labels were too few or too unlike for the promised
    /// precision, so that every answer is "unsure".
    pub fn threshold(&self) -> Option<f32> {
        Some(self.calibration.threshold).filter(|threshold| *threshold <= 1.0)
    }

    /// The bytes that weights and columns take in memory.
    pub fn bytes(&self) -> usize {
        let (bitmap, idf) = self.encoder.parts();
        size_of_val(bitmap) * 3 / 2 + size_of_val(idf) + self.rows.len()
    }

    /// What a text is about.
    pub fn predict(&self, text: &str) -> Prediction<'_> {
        let vector = self.encoder.encode(&Units::read(text));
        let probabilities = self.probabilities(&vector);
        let mut top: Vec<Candidate<'_>> = Vec::with_capacity(TOP + 1);
        for (known, probability) in self.types.iter().zip(probabilities) {
            let place = top.iter().take_while(|candidate| candidate.probability >= probability).count();
            if place < TOP {
                top.insert(place, Candidate { code: &known.code, probability });
                top.truncate(TOP);
            }
        }
        // Without a single known feature there is nothing to go by but how frequent types are.
        let answer = match top.first() {
            Some(best)
                if best.probability >= self.calibration.threshold
                    && vector.known >= self.calibration.familiar
                    && !vector.values.is_empty() =>
            {
                Answer::Type(best.code)
            }
            _ => Answer::Unsure,
        };
        Prediction { answer, top }
    }

    /// The probability of each of [`types`](Self::types).
    pub fn distribution(&self, text: &str) -> Vec<f32> {
        self.probabilities(&self.encoder.encode(&Units::read(text)))
    }

    fn probabilities(&self, vector: &Vector) -> Vec<f32> {
        let mut scores = vec![0.0_f32; self.types.len()];
        for (column, value) in &vector.values {
            let start = *column as usize * self.types.len();
            let row = self.rows.get(start..start + self.types.len()).unwrap_or_default();
            for (score, weight) in scores.iter_mut().zip(row) {
                *score += value * f32::from(*weight);
            }
        }
        for ((score, scale), bias) in scores.iter_mut().zip(&self.scales).zip(&self.bias) {
            *score = *score * scale + bias;
        }
        self.calibration.probabilities(&mut scores, vector.known);
        scores
    }
}

/// Weights in a byte each and, for each type, what the byte is a multiple of.
pub(super) fn compress(weights: &Weights) -> (Vec<i8>, Vec<f32>) {
    let mut largest = vec![0.0_f32; weights.classes];
    for row in weights.rows.chunks_exact(weights.classes.max(1)) {
        for (most, weight) in largest.iter_mut().zip(row) {
            *most = most.max(weight.abs());
        }
    }
    let scales: Vec<f32> = largest.into_iter().map(|most| (most / FULL).max(f32::MIN_POSITIVE)).collect();
    let rows = weights.rows.iter().zip(scales.iter().cycle());
    (rows.map(|(weight, scale)| byte(f64::from(weight / scale))).collect(), scales)
}

#[expect(clippy::cast_possible_truncation, reason = "rounded and within -127 to 127")]
fn byte(value: f64) -> i8 {
    f64::from(single(value)).round().clamp(-127.0, 127.0) as i8
}
