//! Events that may explain how many requests there are.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What kind of event it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DriverKind {
    /// A version of the app came out.
    Release,
    /// Something did not work.
    Incident,
    /// Marketing: an airdrop, a competition, an advertisement.
    Campaign,
    /// A token was listed or taken off.
    Listing,
    /// A chain splits, or what it pays is halved.
    Fork,
    /// A network is upgraded.
    Upgrade,
    /// Locked tokens can be sold from now on.
    Unlock,
    /// The price of an asset moved far.
    Price,
    /// An article of the help centre was published or changed.
    Article,
    /// A webinar or a lecture.
    Webinar,
    /// Anything else.
    Other,
}

impl DriverKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Release,
        Self::Incident,
        Self::Campaign,
        Self::Listing,
        Self::Fork,
        Self::Upgrade,
        Self::Unlock,
        Self::Price,
        Self::Article,
        Self::Webinar,
        Self::Other,
    ];

    /// Whether one without an end is not over yet. Of other kinds, it was a moment.
    #[must_use]
    pub const fn lasts(self) -> bool {
        matches!(self, Self::Incident)
    }

    /// The word in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Incident => "incident",
            Self::Campaign => "campaign",
            Self::Listing => "listing",
            Self::Fork => "fork",
            Self::Upgrade => "upgrade",
            Self::Unlock => "unlock",
            Self::Price => "price",
            Self::Article => "article",
            Self::Webinar => "webinar",
            Self::Other => "other",
        }
    }

    /// Reads the word in SQL and JSON.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// By which way an event came.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DriverSource {
    /// Entered in the console.
    Person,
    /// By the API, with a machine token.
    Api,
    /// By a signed webhook.
    Webhook,
    /// From an alarm of the desk's own, confirmed by a person.
    Alarm,
}

impl DriverSource {
    /// Every source.
    pub const ALL: [Self; 4] = [Self::Person, Self::Api, Self::Webhook, Self::Alarm];

    /// The word in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Api => "api",
            Self::Webhook => "webhook",
            Self::Alarm => "alarm",
        }
    }

    /// Reads the word in SQL and JSON.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == text)
    }
}

/// How far the desk has come with an incident, as the public is told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IncidentPhase {
    /// It is being looked into.
    Investigating,
    /// The cause is known.
    Identified,
    /// It is mended, and watched.
    Monitoring,
    /// It is over.
    Resolved,
}

impl IncidentPhase {
    /// Every phase, in its order.
    pub const ALL: [Self; 4] = [Self::Investigating, Self::Identified, Self::Monitoring, Self::Resolved];

    /// The word in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Investigating => "investigating",
            Self::Identified => "identified",
            Self::Monitoring => "monitoring",
            Self::Resolved => "resolved",
        }
    }

    /// Reads the word in SQL and JSON.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.as_str() == text)
    }
}
