//! What a request's record consists of.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{AgentId, AttachmentId, CustomerId, FalseClaim, RequestNumber, Resolution, Score, State};

/// What kind of entry a record holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// Words between the customer and the desk.
    Text,
    /// Words among the agents; the customer never sees them.
    Note,
    /// Something that happened: see [`Event`].
    Event,
}

impl EntryKind {
    /// The word in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Note => "note",
            Self::Event => "event",
        }
    }

    /// Reads the word in SQL and JSON.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Text, Self::Note, Self::Event].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Who made an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Author {
    /// The customer.
    Customer(CustomerId),
    /// Somebody on the desk.
    Agent(AgentId),
    /// The desk itself.
    System,
}

impl Author {
    /// The word in SQL and JSON for what kind of author this is.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Customer(_) => "customer",
            Self::Agent(_) => "agent",
            Self::System => "system",
        }
    }

    /// The author's id, if it is somebody.
    #[must_use]
    pub const fn id(self) -> Option<i64> {
        match self {
            Self::Customer(CustomerId(id)) | Self::Agent(AgentId(id)) => Some(id),
            Self::System => None,
        }
    }

    /// Reads the two columns of an entry.
    #[must_use]
    pub fn parse(kind: &str, id: Option<i64>) -> Option<Self> {
        match (kind, id) {
            ("customer", Some(id)) => Some(Self::Customer(CustomerId(id))),
            ("agent", Some(id)) => Some(Self::Agent(AgentId(id))),
            ("system", None) => Some(Self::System),
            _ => None,
        }
    }
}

/// By which way words came in or went out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The chat in the wallet or on its website.
    Widget,
    /// A form or the tracking page on the desk's own site.
    Page,
    /// Another program through the API.
    Api,
    /// The agents' console.
    Console,
    /// E-mail; so far of imported histories alone, as the following.
    Mail,
    /// A telephone call.
    Phone,
    /// A chat in another system.
    Chat,
    /// A social network or messenger.
    Social,
    /// Another system, which does not say by which way it came there.
    Import,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 9] = [
        Self::Widget,
        Self::Page,
        Self::Api,
        Self::Console,
        Self::Mail,
        Self::Phone,
        Self::Chat,
        Self::Social,
        Self::Import,
    ];

    /// The word in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Widget => "widget",
            Self::Page => "page",
            Self::Api => "api",
            Self::Console => "console",
            Self::Mail => "mail",
            Self::Phone => "phone",
            Self::Chat => "chat",
            Self::Social => "social",
            Self::Import => "import",
        }
    }

    /// Reads the word in SQL and JSON.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.as_str() == text)
    }
}

/// Something that happened to a request, as its record tells it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The state changed.
    State {
        /// The state before.
        from: State,
        /// The state after.
        to: State,
    },
    /// Somebody, or a team, or nobody, now looks after it.
    Assigned {
        /// The agent, if any.
        #[schema(value_type = Option<String>)]
        agent_id: Option<AgentId>,
        /// The team, if any.
        #[schema(value_type = Option<String>)]
        team_id: Option<crate::TeamId>,
    },
    /// The type was corrected.
    Retyped {
        /// The type before.
        from: String,
        /// The type after.
        to: String,
    },
    /// Tags were added or removed.
    Tagged {
        /// Added tags.
        added: Vec<String>,
        /// Removed tags.
        removed: Vec<String>,
    },
    /// It was marked as a case of assets at risk.
    AtRisk {
        /// The kind of secret that was found, if that was the reason.
        secret: Option<String>,
    },
    /// Somebody looked at the claim that assets are at risk, and found that they are not.
    NotAtRisk {
        /// Why.
        reason: FalseClaim,
    },
    /// A text of this record was erased; the rest still verifies.
    Erased {
        /// The sequence number of the erased entry.
        seq: i64,
        /// Why: `secret`, `privacy` or an agent's words.
        reason: String,
    },
    /// Digits in a file of this record turned out to be a private key, by an address that was named beside or after them, and
    /// were taken out of the file.
    FileRedacted {
        /// The sequence number of the entry that the file came with.
        seq: i64,
        /// The file.
        #[schema(value_type = String)]
        file: AttachmentId,
        /// How many bytes it has since then.
        size: i64,
        /// SHA-256 of these bytes, in hexadecimal.
        sha256: String,
    },
    /// This request goes on in another one.
    MergedInto {
        /// That request's number.
        #[schema(value_type = String)]
        number: RequestNumber,
    },
    /// Another request became part of this one.
    MergedFrom {
        /// That request's number.
        #[schema(value_type = String)]
        number: RequestNumber,
    },
    /// It takes up a closed request.
    Continues {
        /// That request's number.
        #[schema(value_type = String)]
        number: RequestNumber,
    },
    /// A mail server took the mail that tells the customer of an answer.
    ToldByMail {
        /// The sequence number of the answer.
        seq: i64,
    },
    /// The visitor turned out to be a known customer.
    Identified,
    /// It became known whether the request was really solved.
    Resolution {
        /// Which time it was called solved: 1 first.
        episode: i64,
        /// What is known now.
        state: Resolution,
    },
    /// Nobody had answered whether it is solved, so the desk asked once more.
    AskedAgain {
        /// Which time it was called solved.
        episode: i64,
    },
    /// The customer rated the help; the comment is the entry's text.
    Rated {
        /// Which time it was called solved.
        episode: i64,
        /// From 1 to 5.
        #[schema(value_type = i64, minimum = 1, maximum = 5)]
        score: Score,
        /// Code of the reason, if one was given.
        reason: Option<String>,
    },
    /// The customer complained about how this was handled; the words are the entry's text. Agents do not see it.
    Complained,
}

impl Event {
    /// Whether the customer sees it in the conversation.
    #[must_use]
    pub const fn is_visible(&self) -> bool {
        match self {
            Self::State { to, .. } => {
                matches!(to, State::Solved | State::Closed | State::Open | State::OnHold)
            }
            Self::Erased { .. }
            | Self::FileRedacted { .. }
            | Self::MergedInto { .. }
            | Self::MergedFrom { .. }
            | Self::Continues { .. }
            | Self::AskedAgain { .. }
            | Self::Rated { .. }
            | Self::Complained => true,
            // What silence is taken for is no news to whoever was silent.
            Self::Resolution { state, .. } => matches!(state, Resolution::Confirmed | Resolution::Repudiated),
            Self::Assigned { .. }
            | Self::Retyped { .. }
            | Self::Tagged { .. }
            | Self::AtRisk { .. }
            | Self::NotAtRisk { .. }
            | Self::ToldByMail { .. }
            | Self::Identified => false,
        }
    }
}
