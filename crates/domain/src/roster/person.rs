//! What people can do, and what was agreed about their time.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{AgentId, Interval, Language, Schedule, ScheduleError, request_type};

/// Minutes of a week.
const WEEK: u32 = 7 * 24 * 60;
/// Most minutes of a stretch of work.
const LONGEST_STRETCH: u32 = 16 * 60;
/// Longest rest that can be agreed, in minutes.
const LONGEST_REST: u32 = 48 * 60;
/// Most days in a row that can be agreed.
const MOST_DAYS: u8 = 14;
/// Most that anybody has in hand at a time.
const MOST_AT_ONCE: u8 = 8;
/// The highest tier.
pub const HIGHEST_TIER: u8 = 3;

/// Which tier a request has reached that went so often from one team to another.
#[must_use]
pub fn tier_reached(moves: i64) -> u8 {
    u8::try_from(moves.max(0)).unwrap_or(u8::MAX).saturating_add(1).min(HIGHEST_TIER)
}

/// What somebody can do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The languages in which they answer, at least one.
    #[schema(min_items = 1)]
    pub languages: Vec<Language>,
    /// Types of requests that they know; empty where they know every type.
    #[serde(default)]
    #[schema(max_items = 50, example = json!(["withdrawal"]))]
    pub skills: Vec<String>,
    /// From 1, the first line, to 3, the specialists.
    #[schema(minimum = 1, maximum = 3)]
    pub tier: u8,
    /// How many conversations they have in hand at a time.
    #[schema(minimum = 1, maximum = 8)]
    pub at_once: u8,
}

impl Default for Profile {
    /// Somebody of whom nothing is known: every language and every type, one after the other.
    fn default() -> Self {
        Self { languages: Language::ALL.to_vec(), skills: Vec::new(), tier: 1, at_once: 1 }
    }
}

/// What was agreed about somebody's time. Lengths are minutes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// The IANA time zone in which they live: days, weeks and availability are meant in it.
    #[schema(max_length = 64, example = "Asia/Shanghai")]
    pub zone: String,
    /// Least work of a week, from Monday on. A plan aims at it; less breaks no rule.
    #[schema(maximum = 10080)]
    pub least_week: u32,
    /// Most work of a week, from Monday on.
    #[schema(maximum = 10080, example = 2400)]
    pub most_week: u32,
    /// Most work without a rest: of a shift, and of shifts that follow each other without a gap.
    #[schema(minimum = 15, maximum = 960, example = 600)]
    pub most_stretch: u32,
    /// Least rest between stretches of work.
    #[schema(maximum = 2880, example = 660)]
    pub least_rest: u32,
    /// Most days in a row on which work begins.
    #[schema(minimum = 1, maximum = 14, example = 5)]
    pub most_days: u8,
    /// When they can work, week after week; empty for always.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub available: Vec<Interval>,
}

/// Somebody who can be rostered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// Who.
    pub id: AgentId,
    /// What they can do.
    pub profile: Profile,
    /// What was agreed; nothing where nothing was.
    pub contract: Option<Contract>,
}

/// Why a profile or a contract cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct ContractError {
    /// Which field.
    pub field: &'static str,
    /// A stable word: `missing`, `unknown`, `twice`, `out_of_range`, `before_start`; of availability those of
    /// [`ScheduleError`].
    pub reason: &'static str,
}

const fn error(field: &'static str, reason: &'static str) -> Result<(), ContractError> {
    Err(ContractError { field, reason })
}

impl Profile {
    /// Refuses what makes no sense, naming the first thing that does not.
    pub fn check(&self) -> Result<(), ContractError> {
        if self.languages.is_empty() {
            return error("languages", "missing");
        }
        if has_twice(&self.languages) {
            return error("languages", "twice");
        }
        if self.skills.iter().any(|skill| request_type(skill).is_none()) {
            return error("skills", "unknown");
        }
        if has_twice(&self.skills) {
            return error("skills", "twice");
        }
        if !(1..=HIGHEST_TIER).contains(&self.tier) {
            return error("tier", "out_of_range");
        }
        if !(1..=MOST_AT_ONCE).contains(&self.at_once) {
            return error("at_once", "out_of_range");
        }
        Ok(())
    }

    /// Whether they know a type of requests.
    #[must_use]
    pub fn knows(&self, kind: &str) -> bool {
        self.skills.is_empty() || self.skills.iter().any(|skill| skill == kind)
    }
}

fn has_twice<T: PartialEq>(items: &[T]) -> bool {
    items.iter().enumerate().any(|(place, item)| items.iter().take(place).any(|other| other == item))
}

impl Contract {
    /// Refuses what makes no sense, naming the first thing that does not.
    pub fn check(&self) -> Result<(), ContractError> {
        if let Err(ScheduleError { part, reason, .. }) = self.availability().check() {
            return error(if part == "zone" { "zone" } else { "available" }, reason);
        }
        if self.most_week > WEEK {
            return error("most_week", "out_of_range");
        }
        if self.least_week > self.most_week {
            return error("least_week", "out_of_range");
        }
        if !(15..=LONGEST_STRETCH).contains(&self.most_stretch) {
            return error("most_stretch", "out_of_range");
        }
        if self.least_rest > LONGEST_REST {
            return error("least_rest", "out_of_range");
        }
        if !(1..=MOST_DAYS).contains(&self.most_days) {
            return error("most_days", "out_of_range");
        }
        Ok(())
    }

    /// When they can work, as hours are written down.
    #[must_use]
    pub fn availability(&self) -> Schedule {
        Schedule {
            zone: self.zone.clone(),
            week: self.available.clone(),
            seasons: Vec::new(),
            days: Vec::new(),
            exceptions: Vec::new(),
        }
    }
}
