//! By which way somebody hears of the state of the desk.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// By which way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionKind {
    /// By mail.
    Mail,
    /// By a call to another system (Standard Webhooks).
    Webhook,
}

impl SubscriptionKind {
    /// The word in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
        }
    }

    /// Reads the word in SQL and JSON.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Mail, Self::Webhook].into_iter().find(|kind| kind.as_str() == text)
    }
}
