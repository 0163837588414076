//! Shifts, and times at which somebody does not work.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{AgentId, Language, ShiftId, Time, TimeOffId, request_type};

/// Shifts begin and end at quarters of an hour, in microseconds: every zone of today is whole quarters from UTC.
pub const SHIFT_STEP: i64 = 15 * 60_000_000;
/// The longest shift, in microseconds: 16 hours.
pub const LONGEST_SHIFT: i64 = 16 * 3_600_000_000;

/// For what a shift is; what is not named is not looked at.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ShiftNeed)]
pub struct Need {
    /// The language that is to be answered.
    #[serde(default)]
    pub language: Option<Language>,
    /// The type of requests that is to be known.
    #[serde(default)]
    #[schema(max_length = 50, example = "withdrawal")]
    pub skill: Option<String>,
}

/// A time at which somebody works, or is to be found who does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shift {
    /// Its id.
    pub id: ShiftId,
    /// Who works; nobody yet where it is open.
    pub agent: Option<AgentId>,
    /// When it begins.
    pub starts_at: Time,
    /// When it is over.
    pub ends_at: Time,
    /// For what it is.
    pub need: Need,
}

/// Why a shift cannot be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct ShiftError {
    /// Which field.
    pub field: &'static str,
    /// A stable word: `before_start`, `out_of_range` for what is longer than [`LONGEST_SHIFT`], `malformed` for what is no
    /// quarter of an hour, `unknown`.
    pub reason: &'static str,
}

impl Shift {
    /// Refuses what makes no sense, naming the first thing that does not.
    pub fn check(&self) -> Result<(), ShiftError> {
        let error = |field, reason| Err(ShiftError { field, reason });
        if self.starts_at.0.rem_euclid(SHIFT_STEP) != 0 {
            return error("starts_at", "malformed");
        }
        if self.ends_at.0.rem_euclid(SHIFT_STEP) != 0 {
            return error("ends_at", "malformed");
        }
        if self.ends_at <= self.starts_at {
            return error("ends_at", "before_start");
        }
        if self.ends_at.0.saturating_sub(self.starts_at.0) > LONGEST_SHIFT {
            return error("ends_at", "out_of_range");
        }
        if self.need.skill.as_deref().is_some_and(|skill| request_type(skill).is_none()) {
            return error("skill", "unknown");
        }
        Ok(())
    }

    /// Whether it goes on at a time.
    #[must_use]
    pub fn covers(&self, at: Time) -> bool {
        self.starts_at <= at && at < self.ends_at
    }
}

/// A time at which somebody does not work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeOff {
    /// Its id.
    pub id: TimeOffId,
    /// Who.
    pub agent: AgentId,
    /// From when.
    pub starts_at: Time,
    /// Until when.
    pub ends_at: Time,
}
