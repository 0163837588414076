//! Training: from labels to a model.

use std::collections::BTreeMap;

use super::calibration::{Calibration, Outcome};
use super::encoder::Encoder;
use super::linear::{Effort, Example, Weights};
use super::model::{KnownType, Label, Model, compress};
use super::split::{Dealt, folds};
use super::unit::Units;

/// The most types that a model can know.
pub const MAX_TYPES: usize = 1_000;
/// The most labels that are used; with more, those of the latest requests (ids grow with time).
pub const MAX_LABELS: usize = 50_000;
/// The longest code of a type, in bytes.
pub const MAX_CODE: usize = 64;
/// The most columns of a model, and the most weights.
pub(super) const MAX_COLUMNS: usize = 1 << 17;
pub(super) const MAX_WEIGHTS: usize = 1 << 24;

/// What the trainer is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// The number of the model to be.
    pub version: u32,
    /// The time of training, microseconds since 1970.
    pub trained_at: i64,
    /// Types with fewer labels are not learned, and never named.
    pub min_labels: usize,
    /// The share of right ones that the named types must have, between 0.5 and 1 (exclusive); what cannot keep this is
    /// answered by "unsure".
    pub precision: f64,
    /// The price of a violated margin, `C` of the machines. Larger fits the labels more closely.
    pub cost: f32,
    /// Into how many parts the labels are dealt for calibration: each is scored by a machine that learned from the others.
    pub folds: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { version: 1, trained_at: 0, min_labels: 5, precision: 0.9, cost: 2.0, folds: 5 }
    }
}

/// Why no model came of it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TrainError {
    /// Nobody has labelled anything.
    #[error("there are no labels to learn from")]
    NoLabels,
    /// A model needs two types to choose between.
    #[error("{found} types have {min_labels} labels or more; a model needs two of them")]
    TooFewTypes {
        /// Types with enough labels.
        found: usize,
        /// Labels that a type needs.
        min_labels: usize,
    },
    /// More than [`MAX_TYPES`].
    #[error("{found} types are more than the {MAX_TYPES} that a model can know")]
    TooManyTypes {
        /// Types with enough labels.
        found: usize,
    },
    /// A code that is empty or longer than [`MAX_CODE`].
    #[error("the code of a type has 1 to {MAX_CODE} bytes, not {found}")]
    Code {
        /// Its length in bytes.
        found: usize,
    },
    /// An option outside of its bounds.
    #[error("the option {0} is out of its bounds")]
    Option(&'static str),
}

/// Trains a model. The same labels, options and seed give the same model, to the byte, in whatever order they come.
pub fn train(labels: &[Label<'_>], options: &Options, seed: u64) -> Result<Model, TrainError> {
    check(options)?;
    let (types, known) = select(labels, options.min_labels)?;
    let texts: Vec<Units> = known.iter().map(|(_, label)| Units::read(label.text)).collect();
    let all: Vec<(usize, &Units)> = known.iter().map(|(class, _)| *class).zip(&texts).collect();
    let lesson = Lesson { classes: types.len(), cost: options.cost, seed };
    let dealt = folds(&known, options.folds, seed);
    let mut outcomes = Vec::with_capacity(all.len());
    for fold in 0..options.folds {
        lesson.examine(&all, &dealt, fold, &mut outcomes);
    }
    let (calibration, measured) = Calibration::learn(&outcomes, options.precision);
    let (encoder, weights) = lesson.learn(&all);
    let (rows, scales) = compress(&weights);
    let (version, trained_at, bias) = (options.version, options.trained_at, weights.bias);
    Ok(Model { version, trained_at, types, encoder, rows, scales, bias, calibration, measured })
}

fn check(options: &Options) -> Result<(), TrainError> {
    let bounds = [
        ("precision", (0.5..1.0).contains(&options.precision)),
        ("cost", (0.001..=1_000.0).contains(&options.cost)),
        ("folds", (2..=20).contains(&options.folds)),
        ("min_labels", options.min_labels >= 2),
    ];
    bounds.iter().find(|(_, holds)| !holds).map_or(Ok(()), |(name, _)| Err(TrainError::Option(name)))
}

type Known<'l, 'a> = Vec<(usize, &'l Label<'a>)>;

/// The types with enough labels, and their labels in an order that does not depend on how they came.
fn select<'l, 'a>(
    labels: &'l [Label<'a>],
    min_labels: usize,
) -> Result<(Vec<KnownType>, Known<'l, 'a>), TrainError> {
    if labels.is_empty() {
        return Err(TrainError::NoLabels);
    }
    let mut latest: Vec<&Label<'_>> = labels.iter().collect();
    latest.sort_unstable_by_key(|label| (std::cmp::Reverse(label.request), label.code, label.text));
    latest.truncate(MAX_LABELS);
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for label in &latest {
        if label.code.is_empty() || label.code.len() > MAX_CODE {
            return Err(TrainError::Code { found: label.code.len() });
        }
        *counts.entry(label.code).or_default() += 1;
    }
    counts.retain(|_, count| usize::try_from(*count).is_ok_and(|count| count >= min_labels));
    match counts.len() {
        found @ 0..=1 => return Err(TrainError::TooFewTypes { found, min_labels }),
        found if found > MAX_TYPES => return Err(TrainError::TooManyTypes { found }),
        _ => {}
    }
    let places: BTreeMap<&str, usize> = counts.keys().enumerate().map(|(at, code)| (*code, at)).collect();
    let known = latest.into_iter().filter_map(|label| Some((*places.get(label.code)?, label))).collect();
    let types = counts.into_iter().map(|(code, labels)| KnownType { code: code.to_owned(), labels });
    Ok((types.collect(), known))
}

/// What stays the same from one set of labels to the next.
struct Lesson {
    classes: usize,
    cost: f32,
    seed: u64,
}

impl Lesson {
    /// Rounds over all texts, and what is exact enough.
    const ROUNDS: u32 = 30;
    const TOLERANCE: f32 = 0.1;
    /// From so many texts on a feature must occur in two of them: those of one text cost room and teach little.
    const MANY: usize = 500;

    fn learn(&self, texts: &[(usize, &Units)]) -> (Encoder, Weights) {
        let at_most = MAX_COLUMNS.min(MAX_WEIGHTS / self.classes.max(1));
        let at_least = if texts.len() >= Self::MANY { 2 } else { 1 };
        let encoder = Encoder::learn(texts.iter().map(|(_, text)| *text), at_least, at_most);
        let examples: Vec<Example> = texts
            .iter()
            .map(|(class, text)| Example { class: *class, vector: encoder.encode(text) })
            .collect();
        let effort = Effort { cost: self.cost, rounds: Self::ROUNDS, tolerance: Self::TOLERANCE };
        let weights = Weights::learn(&encoder, self.classes, &examples, effort, self.seed);
        (encoder, weights)
    }

    /// Scores one fold by what the others teach.
    fn examine(&self, all: &[(usize, &Units)], dealt: &[Dealt], fold: usize, outcomes: &mut Vec<Outcome>) {
        let part =
            |inside: bool| all.iter().zip(dealt).filter(move |(_, dealt)| (dealt.fold == fold) == inside);
        let others: Vec<(usize, &Units)> = part(false).map(|(text, _)| *text).collect();
        if others.is_empty() {
            return;
        }
        let (encoder, weights) = self.learn(&others);
        for ((class, text), dealt) in part(true) {
            let mut scores = Vec::new();
            let vector = encoder.encode(text);
            weights.scores(&vector, &mut scores);
            outcomes.push(Outcome { class: *class, scores, known: vector.known, weight: dealt.weight });
        }
    }
}
