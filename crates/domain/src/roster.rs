//! Who works when: what people can do, what was agreed about their time, their shifts, and the rules between them.
//!
//! Rules look at one person at a time ([`violations`]). Lengths are real minutes, so that a night in which clocks change is as
//! long as it is; days and weeks are those of the contract's zone, and a shift belongs to the day on which it begins.

mod ask;
mod person;
mod rules;
mod shift;

pub use ask::{Step, SwapState, TimeOffState};
pub use person::{Contract, ContractError, HIGHEST_TIER, Person, Profile, tier_reached};
pub use rules::{Rule, Violation, minutes_of_week, newly_broken, violations};
pub use shift::{LONGEST_SHIFT, Need, SHIFT_STEP, Shift, ShiftError, TimeOff};

#[cfg(test)]
mod tests;
