//! Types of requests, learned from labels.

mod calibration;
mod encoder;
mod feature;
mod linear;
mod model;
mod split;
mod training;
mod unit;

pub use calibration::Measured;
pub use model::{Answer, Candidate, KnownType, Label, Model, Prediction};
pub use split::held_back;
pub use training::{MAX_CODE, MAX_LABELS, MAX_TYPES, Options, TrainError, train};
