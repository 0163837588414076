//! Types of requests, learned from labels; and what is new among those that fit no type.
//!
//! A desk's agents settle the type of each request. From some hundreds of these labels, or from five of a type, a model
//! is trained within the process: no file from elsewhere, no service, Chinese and English and both in one sentence.
//!
//! # How a text is judged
//! 1. `unit`: NFKC, lower case, words and Chinese characters; addresses, hashes, amounts, versions, links and marks
//!    of the guard become classes.
//! 2. `feature`, `encoder`: three views (words and neighbours, pairs at a distance, shapes of words) hashed into 2^20
//!    buckets; tf-idf over those that were seen often enough, each view of the same length; a text of unknown words is short.
//! 3. `linear`: a support vector machine for each type.
//! 4. `calibration`: the scores become probabilities by a temperature, and below a threshold the answer is
//!    [`Answer::Unsure`]. Both are learned by cross-validation, from stories that the scored machine had not seen; with fewer than
//!    [`FEWEST_STORIES`] above a threshold there is none, and every answer is "unsure".
//!
//! # How a model is replaced
//! Labels are [held back](split) in groups of texts that resemble each other, by the hash of the oldest request of each. A new model is [compared](compare) with the old
//! one on the oldest of each, and [takes over](Comparison::new_takes_over) only when it is not worse.
//!
//! # What is new
//! [`group`] puts requests that got "unsure" together by likeness and says which words are typical of each group.
//!
//! `docs/dev/types.md` has what was measured. Everything is a function of what is passed in: the same labels, options and seed give the same model to the byte.

mod alike;
mod calibration;
mod codec;
mod comparison;
mod encoder;
mod feature;
mod linear;
mod model;
mod novelty;
mod phrase;
mod split;
mod training;
mod unit;

pub use calibration::{FEWEST_STORIES, Measured};
pub use codec::ModelError;
pub use comparison::{Comparison, Quality, TypeComparison, compare, evaluate};
pub use model::{Answer, Candidate, KnownType, Label, Model, Prediction};
pub use novelty::{Group, Grouping, Recent, group};
pub use split::{Split, held_back, split, stories};
pub use training::{MAX_CODE, MAX_LABELS, MAX_TYPES, Options, TrainError, train};
