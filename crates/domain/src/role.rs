//! Who may do what.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody on the desk is there for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers requests.
    Agent,
    /// Answers, and looks after those who do.
    Lead,
    /// Reads and counts; writes what explains the count, and nothing to anybody who asks.
    Analyst,
    /// Runs the desk.
    Admin,
}

/// Something that not everybody may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// See requests, customers and attachments.
    ReadRequests,
    /// Reply, note, assign, type, tag, and change the state of requests.
    WorkRequests,
    /// Erase a text from a record.
    EraseTexts,
    /// Add, change and disable agents.
    ManageAgents,
    /// See and retry work that failed for good.
    ManageJobs,
    /// See figures over all requests, customers and agents, and the requests behind them.
    ReadInsight,
    /// Enter events that may explain the count, and active users.
    ManageDrivers,
    /// Give other systems credentials, and take them back.
    ManageTokens,
    /// See complaints and low ratings, and follow them up.
    ReviewFeedback,
    /// Change when the desk is open.
    ManageHours,
    /// Announce maintenance, begin it and end it.
    ManageMaintenance,
    /// Tell the public of incidents.
    TellIncidents,
    /// Say who works when, see what was agreed with whom, and decide about time off and swaps.
    ManageRoster,
    /// Change what the desk does when more ask than it can answer, and hold a level.
    ManageSurge,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Agent, Self::Lead, Self::Analyst, Self::Admin];

    /// Whether this role may.
    #[must_use]
    pub const fn may(self, permission: Permission) -> bool {
        use Permission::{
            EraseTexts, ManageAgents, ManageDrivers, ManageHours, ManageJobs, ManageMaintenance,
            ManageRoster, ManageSurge, ManageTokens, ReadInsight, ReadRequests, ReviewFeedback,
            TellIncidents, WorkRequests,
        };
        match (self, permission) {
            (_, ReadRequests) | (Self::Admin, _) | (Self::Analyst, ReadInsight | ManageDrivers) => true,
            (Self::Agent, permission) => matches!(permission, WorkRequests),
            (Self::Lead, permission) => {
                matches!(
                    permission,
                    WorkRequests
                        | EraseTexts
                        | ReadInsight
                        | ManageDrivers
                        | ReviewFeedback
                        | ManageHours
                        | ManageRoster
                        | TellIncidents
                        | ManageSurge
                )
            }
            (
                Self::Analyst,
                EraseTexts | ManageAgents | ManageHours | ManageJobs | ManageMaintenance | ManageRoster
                | ManageSurge | ManageTokens | ReviewFeedback | TellIncidents | WorkRequests,
            ) => false,
        }
    }

    /// The word in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Lead => "lead",
            Self::Analyst => "analyst",
            Self::Admin => "admin",
        }
    }

    /// Reads the word in SQL and JSON.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// What a machine token is good for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenScope {
    /// Tell of events that may explain the count.
    Drivers,
    /// Tell how many people used the app.
    ActiveUsers,
    /// Ask for figures; no words and no names of customers are among them.
    Insight,
    /// Tell figures of its own, such as a price, that announce many requests.
    Signals,
    /// Send test messages to the desk, and tell what came of them.
    Probes,
}

impl TokenScope {
    /// Every scope.
    pub const ALL: [Self; 5] = [Self::Drivers, Self::ActiveUsers, Self::Insight, Self::Signals, Self::Probes];

    /// The word in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Drivers => "drivers",
            Self::ActiveUsers => "active_users",
            Self::Insight => "insight",
            Self::Signals => "signals",
            Self::Probes => "probes",
        }
    }

    /// Reads the word in SQL and JSON.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// How another system proves who it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// It sends a token with each call.
    Bearer,
    /// It signs each call (Standard Webhooks).
    Webhook,
}

impl TokenKind {
    /// The word in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Webhook => "webhook",
        }
    }

    /// Reads the word in SQL and JSON.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Bearer, Self::Webhook].into_iter().find(|kind| kind.as_str() == text)
    }
}
