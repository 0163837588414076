//! The frames of the live protocol, as `docs/dev/live-protocol.md` writes them down.

use std::collections::{BTreeMap, HashMap};

use axum::extract::ws::Utf8Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use standfast_desk::{CustomerView, EntryView, InboxCounts, Receipt, RequestSummary};
use standfast_domain::{AgentId, AlarmId, AttachmentId, RequestId, Time, Wait};

/// What a client says.
#[derive(Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub(crate) enum Said {
    Hello(Hello),
    Subscribe {
        request: RequestId,
        #[serde(default)]
        after: i64,
    },
    Unsubscribe {
        request: RequestId,
    },
    Send(Send),
    Reply(Answering),
    Note(Answering),
    Typing {
        request: RequestId,
        on: bool,
    },
    Read {
        request: RequestId,
        seq: i64,
    },
    Viewing {
        request: Option<RequestId>,
    },
    Status {
        status: Status,
    },
    Ping,
    /// Something that a later version says; not for us.
    #[serde(other)]
    Unknown,
}

/// The first frame.
#[derive(Debug, Deserialize)]
pub(crate) struct Hello {
    pub(crate) v: u32,
    pub(crate) ticket: String,
    #[serde(default)]
    pub(crate) language: Option<String>,
    #[serde(default)]
    pub(crate) feed: Option<String>,
    #[serde(default)]
    pub(crate) cursors: HashMap<RequestId, i64>,
}

/// Words of a customer.
#[derive(Deserialize)]
pub(crate) struct Send {
    pub(crate) client_id: String,
    #[serde(default)]
    pub(crate) request: Option<RequestId>,
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) attachments: Vec<AttachmentId>,
    #[serde(default, rename = "type")]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) context: BTreeMap<String, Value>,
    #[serde(default)]
    pub(crate) language: Option<String>,
    #[serde(default)]
    pub(crate) join: crate::api::JoinWish,
}

/// Words of an agent.
#[derive(Debug, Deserialize)]
pub(crate) struct Answering {
    pub(crate) client_id: String,
    pub(crate) request: RequestId,
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) seen_seq: i64,
    #[serde(default)]
    pub(crate) attachments: Vec<AttachmentId>,
    #[serde(default)]
    pub(crate) then: crate::api::ThenWish,
    #[serde(default)]
    pub(crate) worked_seconds: Option<u32>,
}

/// Whether an agent is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Online,
    Away,
}

/// Who types.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Typist {
    pub(crate) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

/// An agent who looks at a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct Viewer {
    /// Id.
    #[schema(value_type = String)]
    pub(crate) id: AgentId,
    /// Name.
    pub(crate) name: String,
    /// Whether the agent types.
    pub(crate) typing: bool,
}

/// An agent and whether he is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Present {
    pub(crate) id: AgentId,
    pub(crate) status: Status,
}

/// An agent as the agent's own socket is greeted.
#[derive(Debug, Serialize)]
pub(crate) struct Greeted<'a> {
    pub(crate) id: AgentId,
    pub(crate) name: &'a str,
}

/// What the server says.
#[derive(Debug, Serialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub(crate) enum Frame<'a> {
    Ready {
        session: String,
        now: Time,
        heartbeat_s: u64,
        return_ms: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        customer: Option<&'a CustomerView>,
        #[serde(skip_serializing_if = "Option::is_none")]
        agent: Option<Greeted<'a>>,
    },
    Entry {
        request: RequestId,
        entry: &'a EntryView,
    },
    Erased {
        request: RequestId,
        seq: i64,
        entry: &'a EntryView,
    },
    Request {
        request: &'a RequestSummary,
    },
    Inbox {
        feed: &'a str,
        items: &'a [&'a RequestSummary],
        counts: &'a InboxCounts,
    },
    InboxReset {
        feed: &'a str,
    },
    Ack {
        client_id: &'a str,
        receipt: &'a Value,
    },
    Nack {
        client_id: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        request: Option<RequestId>,
        problem: Value,
    },
    Typing {
        request: RequestId,
        author: &'a Typist,
        on: bool,
    },
    Read {
        request: RequestId,
        by: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        agent: Option<AgentId>,
        seq: i64,
    },
    Viewers {
        request: RequestId,
        agents: &'a [Viewer],
    },
    Presence {
        agents: &'a [Present],
    },
    Alarm {
        alarm: AlarmId,
    },
    Waiting {
        request: RequestId,
        place: Option<u32>,
        expected: Option<Wait>,
    },
    Pong {
        return_ms: u64,
    },
    Bye {
        reason: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
}

impl Frame<'_> {
    /// The frame as text.
    pub(crate) fn text(&self) -> Utf8Bytes {
        serde_json::to_string(self).unwrap_or_default().into()
    }
}

/// A receipt as a value, for an acknowledgement.
pub(crate) fn receipt(receipt: &Receipt) -> Value {
    serde_json::to_value(receipt).unwrap_or_default()
}
