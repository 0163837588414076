//! How long somebody waits who stands in line now, as a range: what a desk promises.
//!
//! [`Pace`] watches what happens at the desk and knows how it works at present. From that a [`Curve`] says for every place in
//! line by when half and four fifths of those who wait there are answered. What a model leaves out (breaks, the end of a
//! shift, a type that takes longer than others) [`Correction`] learns from what came of earlier promises. [`Outlook`] is all three.
//!
//! [`crate::queue`] answers another question: how it goes on average over hours in which demand hardly changes. Here the line
//! is seen, and it is the line that decides.
//!
//! Times are in seconds. The method, its sources and its limits: `docs/dev/waiting-time.md`.

mod correction;
mod curve;
mod later;
mod outlook;
mod pace;

pub use correction::Correction;
pub use curve::{Curve, Floor};
pub use later::{Later, Staffing};
pub use outlook::{Asks, Expected, Outlook, Standing};
pub use pace::Pace;

/// The share of waits that end before the lower and before the upper figure.
pub const SHARES: [f64; 2] = [0.5, 0.8];

/// Half of those who wait like this are answered by the first, four fifths by the second figure, in seconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Range {
    /// Until half of them are answered.
    pub p50: f64,
    /// Until four fifths of them are answered.
    pub p80: f64,
}

/// What somebody loses who is told `quantile` of a wait that takes `wait`: the loss whose mean is least at the quantile for
/// `share` (Koenker & Bassett 1978).
#[must_use]
pub fn pinball(share: f64, quantile: f64, wait: f64) -> f64 {
    if wait > quantile { share * (wait - quantile) } else { (1.0 - share) * (quantile - wait) }
}
