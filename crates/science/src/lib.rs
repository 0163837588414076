//! The statistics of request counts: pure functions over plain slices, without I/O, clock or chance. And, of their
//! texts, [the types](classify), learned from labels.
//!
//! Every formula names its source, and a test holds it against published or independently computed values. What cannot be
//! told is an answer of its own: no function returns NaN, and none panics on numbers it does not like.
//!
//! All intervals are 95 % intervals, all tests are two-sided.

pub mod burst;
pub mod classify;
pub mod credibility;
pub mod decomposition;
pub mod effect;
pub mod forecast;
pub mod interval;
pub mod multiplicity;
pub mod peak;
pub mod quantile;
pub mod queue;
pub mod roster;
pub mod surge;
pub mod survival;
pub mod wait;
pub mod whatif;

mod distribution;
mod linear;
mod real;
