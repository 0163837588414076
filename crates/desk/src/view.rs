//! What callers see: the shapes of the API and of live frames, made from rows in one place.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use standfast_domain::{
    AgentId, AttachmentId, Channel, CustomerId, EntryKind, Event, JobId, Language, RequestId, RequestNumber,
    Role, State, TeamId, Time, Turn, Urgency, Wait,
};
use standfast_guard::{Chain, Checksum, IdentifierKind};
use utoipa::ToSchema;

use crate::types::PredictionView;

/// Who a request is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CustomerView {
    /// Id.
    #[schema(value_type = String)]
    pub id: CustomerId,
    /// The name given, if any.
    pub name: Option<String>,
    /// Whether the wallet's backend vouches for who this is.
    pub verified: bool,
}

/// The last words of a request, for lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LastEntry {
    /// Sequence number of the request's last entry.
    pub seq: i64,
    /// Who wrote the text.
    #[schema(value_type = AuthorKind)]
    pub author_kind: String,
    /// Beginning of the last text, at most 140 characters.
    pub text: String,
}

/// A request as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RequestSummary {
    /// Id.
    #[schema(value_type = String)]
    pub id: RequestId,
    /// The number that the customer knows it by.
    #[schema(value_type = String, example = "K7M-39Q-X24J")]
    pub number: RequestNumber,
    /// Beginning of the first text.
    pub subject: String,
    /// Where it stands.
    pub state: State,
    /// Code of the type.
    #[serde(rename = "type")]
    pub kind: String,
    /// 0 (minutes) to 4 (later).
    pub urgency: Urgency,
    /// Assets at risk: goes first.
    pub at_risk: bool,
    /// The way it came in.
    pub channel: Channel,
    /// The customer's language.
    pub language: Language,
    /// Who it is from.
    pub customer: CustomerView,
    /// The team that looks after it.
    #[schema(value_type = Option<String>)]
    pub team_id: Option<TeamId>,
    /// The agent who looks after it.
    #[schema(value_type = Option<String>)]
    pub assignee_id: Option<AgentId>,
    /// The chain it is about.
    pub chain: Option<String>,
    /// When it came in.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
    /// When anything last happened.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Time,
    /// Since when the customer waits for the desk; null when not waiting.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub waiting_since: Option<Time>,
    /// Sequence number of the last entry.
    pub last_seq: i64,
    /// The last words.
    pub last_entry: Option<LastEntry>,
    /// Tags.
    pub tags: Vec<String>,
    /// Visible entries that the customer has not read; in the customer's own view only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<i64>,
}

/// A request with everything known of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RequestDetail {
    /// As lists show it.
    #[serde(flatten)]
    pub summary: RequestSummary,
    /// Answers to the intake form.
    pub fields: BTreeMap<String, String>,
    /// What the host app passed along.
    pub context: BTreeMap<String, String>,
    /// Public identifiers found in the texts.
    pub identifiers: Vec<IdentifierView>,
    /// The request in which this one goes on.
    #[schema(value_type = Option<String>)]
    pub merged_into: Option<RequestNumber>,
    /// When the desk first replied.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub first_reply_at: Option<Time>,
    /// Which tier of the desk it reached: the first, the second after going to another team once, the third after more. Whoever is
    /// of it or above is offered it first.
    #[schema(minimum = 1, maximum = 3)]
    pub tier: u8,
    /// How often it was opened again after being solved.
    pub reopen_count: i64,
    /// How many further messages the customer sent.
    pub follow_up_count: i64,
    /// Path of the tracking page without its secret.
    pub link: String,
    /// Last sequence number that the customer has read.
    pub read_seq_customer: i64,
    /// Last sequence number that each agent has read.
    #[schema(value_type = BTreeMap<String, i64>)]
    pub read_seq_agents: BTreeMap<String, i64>,
    /// What the model of types said of it; null while there is no model.
    pub prediction: Option<PredictionView>,
}

/// What the author of an entry is to the request; for the API's description, as the record holds it as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthorKind {
    /// Who asks for help.
    Customer,
    /// Somebody of the desk.
    Agent,
    /// The desk itself.
    System,
}

/// Who made an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuthorView {
    /// What they are to the request.
    #[schema(value_type = AuthorKind)]
    pub kind: String,
    /// Id; customers do not see those of agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Name, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// That and why a text is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Erasure {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// `secret`, `privacy`, or an agent's words.
    pub reason: String,
}

/// A file of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttachmentView {
    /// Id; the bytes are at `/api/v1/attachments/{id}`.
    #[schema(value_type = String)]
    pub id: AttachmentId,
    /// File name, free of secrets.
    pub name: String,
    /// Checked media type.
    pub media_type: String,
    /// Size in bytes.
    pub size: i64,
    /// Whether it is a picture that may be shown.
    pub picture: bool,
}

/// A public identifier found in a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IdentifierView {
    /// `address`, `transaction`, …
    pub kind: String,
    /// `evm`, `bitcoin`, `tron`, …
    pub chain: String,
    /// The identifier.
    pub value: String,
    /// `valid`, `unchecked` or `wrong`.
    pub checksum: String,
}

/// What people see of what was recognised.
fn shown(mut identifiers: Vec<IdentifierView>) -> Vec<IdentifierView> {
    identifiers.retain(|one| !one.is_hidden());
    identifiers
}

impl IdentifierView {
    /// The kind of what is kept of masked digits ([`crate::evidence`]).
    pub(crate) const HIDDEN: &str = "hidden";

    pub(crate) fn is_address(&self) -> bool {
        self.kind == IdentifierKind::Address.as_str()
    }

    /// What is kept of masked digits; shown to nobody.
    pub(crate) fn hidden(macs: String) -> Self {
        Self {
            kind: Self::HIDDEN.to_owned(),
            chain: Chain::Unknown.as_str().to_owned(),
            value: macs,
            checksum: Checksum::Unchecked.as_str().to_owned(),
        }
    }

    pub(crate) fn is_hidden(&self) -> bool {
        self.kind == Self::HIDDEN
    }

    /// Of a transaction or of anything else: a private key has as many digits.
    pub(crate) fn is_hash(&self) -> bool {
        [IdentifierKind::Transaction, IdentifierKind::Digest].iter().any(|kind| self.kind == kind.as_str())
    }
}

/// One entry of a request's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EntryView {
    /// Place in the record, from 1 without gaps (customers do not see all of them).
    pub seq: i64,
    /// What kind of entry.
    pub kind: EntryKind,
    /// Who made it.
    pub author: AuthorView,
    /// The words; null for events and where erased.
    pub text: Option<String>,
    /// Set where the text was erased.
    pub erased: Option<Erasure>,
    /// What happened, for events; null where the caller may not see it.
    pub event: Option<Event>,
    /// Files.
    pub attachments: Vec<AttachmentView>,
    /// Public identifiers in the text.
    pub identifiers: Vec<IdentifierView>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
    /// The id that the client gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
}

/// A request with a stretch of its record.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Conversation<R> {
    /// The request.
    pub request: R,
    /// Entries, oldest first.
    pub entries: Vec<EntryView>,
    /// Whether there are more in the direction that was asked.
    pub more: bool,
    /// Whether the desk is open for the customer, and when next; for customers alone, and where hours are set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opening: Option<crate::Opening>,
}

/// What happens next, in words for the customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NextStep {
    /// Stable code of the sentence.
    pub code: String,
    /// The sentence in the customer's language.
    pub text: String,
}

/// What to do right now to keep the funds safe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SafetySteps {
    /// What has happened, in one sentence.
    pub title: String,
    /// The steps, in order.
    pub items: Vec<String>,
}

/// That secrets were found and removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecretNotice {
    /// Kinds of secrets found.
    pub kinds: Vec<String>,
    /// What to do now.
    pub steps: SafetySteps,
}

/// The answer to every accepted message. The same client id gets the same receipt, for at least 30 days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// Id of the request.
    #[schema(value_type = String)]
    pub request_id: RequestId,
    /// Its number.
    #[schema(value_type = String, example = "K7M-39Q-X24J")]
    pub number: RequestNumber,
    /// Sequence number of the message in the request.
    pub seq: i64,
    /// Path of the tracking page with its secret.
    pub link: String,
    /// Whether the message joined a request that was open already.
    pub joined: bool,
    /// The state after the message.
    pub state: State,
    /// Whether it goes first.
    pub at_risk: bool,
    /// Place in the queue; null when not waiting.
    pub place: Option<u32>,
    /// Expected time until an answer; null when unknown.
    pub expected: Option<Wait>,
    /// Whether somebody is there now, and when next; null when no hours are set.
    #[serde(default)]
    pub opening: Option<crate::Opening>,
    /// What happens next.
    pub next: NextStep,
    /// Set when secrets were found and removed.
    pub secret: Option<SecretNotice>,
    /// Head of the record's chain after this message, as hexadecimal digits.
    pub head: String,
    /// When the desk received it.
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Time,
}

/// How many requests each view holds; counted up to 1,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct InboxCounts {
    /// Nobody looks after them.
    pub unassigned: i64,
    /// The caller does.
    pub mine: i64,
    /// All that are active.
    pub all: i64,
    /// Assets at risk.
    pub at_risk: i64,
    /// Whether the caller is kept for assets at risk now: then other requests are in no view but theirs and what is done.
    pub reserved: bool,
}

/// One page of an inbox.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Inbox {
    /// The requests, in the view's order.
    pub items: Vec<RequestSummary>,
    /// Where the next page starts, also where a search stopped for want of time before the page was full; null at the
    /// end.
    pub next: Option<String>,
    /// Sizes of the views.
    pub counts: InboxCounts,
    /// Cursor of the live feed at the time of the page.
    pub feed: String,
}

/// Somebody on the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AgentView {
    /// Id.
    #[schema(value_type = String)]
    pub id: AgentId,
    /// Name that customers see.
    pub name: String,
    /// Sign-in address.
    pub email: String,
    /// Role.
    pub role: Role,
    /// Language of the console.
    pub language: Language,
    /// Teams.
    #[schema(value_type = Vec<String>)]
    pub teams: Vec<TeamId>,
    /// Their tier: 1, the first line, where nobody has entered another one.
    #[schema(minimum = 1, maximum = 3)]
    pub tier: u8,
    /// Whether the agent may sign in.
    pub disabled: bool,
}

/// A team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TeamView {
    /// Id.
    #[schema(value_type = String)]
    pub id: TeamId,
    /// Name.
    pub name: String,
}

/// A customer with earlier requests, beside a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CustomerPanel {
    /// Who.
    #[serde(flatten)]
    pub customer: CustomerView,
    /// Address given.
    pub email: Option<String>,
    /// Language.
    pub language: Language,
    /// First seen.
    #[schema(value_type = String, format = DateTime)]
    pub first_seen_at: Time,
    /// Latest requests, newest first, at most 20.
    pub requests: Vec<RequestSummary>,
}

/// A file that was taken in and waits for its message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct UploadView {
    /// The file.
    #[serde(flatten)]
    pub attachment: AttachmentView,
    /// Set when secrets were found in it and removed.
    pub secret: Option<SecretNotice>,
}

/// A job that failed for good and needs a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeadJob {
    /// Id.
    #[schema(value_type = String)]
    pub id: JobId,
    /// What it was to do.
    pub kind: String,
    /// How often it was tried.
    pub attempts: i64,
    /// Why it failed last.
    pub error: String,
    /// When it was to run.
    #[schema(value_type = String, format = DateTime)]
    pub run_at: Time,
}

impl RequestSummary {
    /// When its turn is.
    #[must_use]
    pub fn turn(&self) -> Turn {
        Turn::of(self.at_risk, self.urgency)
    }

    /// From its row.
    pub(crate) fn new(row: &standfast_store::request::RequestRow) -> Self {
        let last = LastEntry {
            seq: row.last_seq,
            author_kind: row.last_author.clone(),
            text: row.last_text.clone(),
        };
        Self {
            id: row.id,
            number: row.number,
            subject: row.subject.clone(),
            state: row.state,
            kind: row.kind.clone(),
            urgency: row.urgency,
            at_risk: row.at_risk,
            channel: row.channel,
            language: row.language,
            customer: CustomerView {
                id: row.customer_id,
                name: row.customer_name.clone(),
                verified: row.customer_verified,
            },
            team_id: row.team_id,
            assignee_id: row.assignee_id,
            chain: row.chain.clone(),
            created_at: row.created_at,
            updated_at: row.updated_at,
            waiting_since: row.waiting_since.filter(|_| row.state == State::Open),
            last_seq: row.last_seq,
            last_entry: Some(last).filter(|last| !last.author_kind.is_empty()),
            tags: serde_json::from_str(&row.tags).unwrap_or_default(),
            unread: None,
        }
    }

    /// What the customer may see of it: not how the desk sorts and assigns.
    #[must_use]
    pub fn for_customer(mut self) -> Self {
        self.assignee_id = None;
        self.team_id = None;
        self.tags = Vec::new();
        self
    }
}

impl RequestDetail {
    /// From its row and what stands beside it.
    pub(crate) fn new(
        row: &standfast_store::request::RequestRow,
        merged_into: Option<RequestNumber>,
        read_seq_agents: BTreeMap<String, i64>,
        prediction: Option<PredictionView>,
        tier: u8,
    ) -> Result<Self, crate::Error> {
        let broken = |_| crate::Error::Inconsistent("json");
        Ok(Self {
            summary: RequestSummary::new(row),
            fields: serde_json::from_str(&row.fields).map_err(broken)?,
            context: serde_json::from_str(&row.context).map_err(broken)?,
            identifiers: shown(serde_json::from_str(&row.identifiers).map_err(broken)?),
            merged_into,
            first_reply_at: row.first_reply_at,
            tier,
            reopen_count: row.reopen_count,
            follow_up_count: row.follow_up_count,
            link: format!("/t/{}", row.number),
            read_seq_customer: row.customer_read_seq,
            read_seq_agents,
            prediction,
        })
    }
}

impl EntryView {
    /// From its row; `customer` is the customer's name.
    pub(crate) fn new(
        desk: &crate::Desk,
        row: &standfast_store::entry::EntryRow,
        customer: Option<&str>,
    ) -> Self {
        fn list<T: serde::de::DeserializeOwned>(text: Option<&String>) -> Vec<T> {
            text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
        }
        let name = match row.author {
            standfast_domain::Author::Customer(_) => customer.map(str::to_owned),
            standfast_domain::Author::Agent(id) => desk.agent_name(id),
            standfast_domain::Author::System => None,
        };
        Self {
            seq: row.seq,
            kind: row.kind,
            author: AuthorView {
                kind: row.author.kind().to_owned(),
                id: row.author.id().map(|id| id.to_string()),
                name,
            },
            text: row.text.clone(),
            erased: row
                .erased_at
                .map(|at| Erasure { at, reason: row.erased_reason.clone().unwrap_or_default() }),
            event: row.event.as_ref().and_then(|event| serde_json::from_str(event).ok()),
            attachments: list(row.attachments.as_ref()),
            identifiers: shown(list(row.identifiers.as_ref())),
            created_at: row.created_at,
            client_id: row.client_id.clone(),
        }
    }

    /// Whether it is a complaint about how the request was handled.
    #[must_use]
    pub fn is_complaint(&self) -> bool {
        self.event == Some(Event::Complained)
    }

    /// What everybody on the desk may see of it: that there is a complaint, and what it says, is told only to those who
    /// review feedback ([`crate::Reviews`]). What is left keeps the place in the record.
    #[must_use]
    pub fn for_whole_desk(self) -> Self {
        if !self.is_complaint() {
            return self;
        }
        Self {
            author: AuthorView { kind: "system".to_owned(), id: None, name: None },
            text: None,
            erased: None,
            event: None,
            client_id: None,
            ..self
        }
    }

    /// What the customer may see of it: names of agents, not their ids.
    #[must_use]
    pub fn for_customer(mut self) -> Self {
        if self.author.kind == "agent" {
            self.author.id = None;
            self.client_id = None;
        }
        self
    }
}
