//! What becomes of a wish for time off, and of a wish to hand a shift to somebody else.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody does about a wish.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
// Requests have steps, too.
#[schema(as = RosterStep)]
pub enum Step {
    /// The colleague takes the shift.
    Accept,
    /// A lead agrees.
    Approve,
    /// The colleague or a lead does not.
    Decline,
    /// Whoever asked asks no more.
    Withdraw,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 4] = [Self::Accept, Self::Approve, Self::Decline, Self::Withdraw];
}

macro_rules! words {
    ($name:ident: $($state:ident = $word:literal),+) => {
        impl $name {
            /// Every state.
            pub const ALL: &'static [Self] = &[$(Self::$state),+];

            /// The word in SQL and JSON.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$state => $word),+
                }
            }

            /// Reads the word in SQL and JSON.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|state| state.as_str() == text)
            }
        }
    };
}

/// What became of a wish for time off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeOffState {
    /// A lead is to decide.
    Asked,
    /// It is so.
    Approved,
    /// It is not.
    Declined,
    /// Whoever asked does not want it any more.
    Withdrawn,
}

words!(TimeOffState: Asked = "asked", Approved = "approved", Declined = "declined", Withdrawn = "withdrawn");

impl TimeOffState {
    /// What a step makes of it; nothing where the step cannot be.
    #[must_use]
    pub const fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Asked, Step::Approve) => Some(Self::Approved),
            (Self::Asked, Step::Decline) => Some(Self::Declined),
            (Self::Asked | Self::Approved, Step::Withdraw) => Some(Self::Withdrawn),
            _ => None,
        }
    }
}

/// What became of a wish to hand over, exchange or take a shift.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SwapState {
    /// A colleague is to say yes or no.
    Asked,
    /// The colleague said yes; a lead is to decide.
    Accepted,
    /// The shifts have changed hands.
    Approved,
    /// The colleague or a lead said no.
    Declined,
    /// Whoever asked does not want it any more.
    Withdrawn,
    /// A shift was changed meanwhile, or has begun: what was asked for is not there any more.
    Lapsed,
}

words!(SwapState: Asked = "asked", Accepted = "accepted", Approved = "approved", Declined = "declined", Withdrawn = "withdrawn", Lapsed = "lapsed");

impl SwapState {
    /// Whether somebody still has to decide.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Asked | Self::Accepted)
    }

    /// What a step makes of it; nothing where the step cannot be.
    #[must_use]
    pub const fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Asked, Step::Accept) => Some(Self::Accepted),
            (Self::Accepted, Step::Approve) => Some(Self::Approved),
            (Self::Asked | Self::Accepted, Step::Decline) => Some(Self::Declined),
            (Self::Asked | Self::Accepted, Step::Withdraw) => Some(Self::Withdrawn),
            _ => None,
        }
    }
}
