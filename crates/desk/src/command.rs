//! The commands that use cases take: what a caller wants, free of any wire format.
//!
//! What holds words that were not screened yet has no `Debug`: it cannot be printed or logged by mistake.

use std::collections::BTreeMap;

use standfast_domain::{AttachmentId, Channel, Language, State};

/// Whether the words may join a request that is open already.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Join {
    /// Join the open request about the same matter, if there is one.
    #[default]
    Auto,
    /// Start a request of its own in any case.
    New,
}

/// Words with which a customer asks for help.
#[derive(Clone, Default)]
pub struct Intake {
    /// Made by the client; the same id gets the same receipt and makes no second message.
    pub client_id: String,
    /// The customer's words.
    pub text: String,
    /// The type's code, if the customer chose one.
    pub kind: Option<String>,
    /// The language of receipts, if the client said it; else that of the text.
    pub language: Option<Language>,
    /// By which way it came.
    pub channel: Option<Channel>,
    /// Answers to the intake form: field code to value.
    pub fields: BTreeMap<String, String>,
    /// What the host app passes along.
    pub context: BTreeMap<String, String>,
    /// Files uploaded before.
    pub attachments: Vec<AttachmentId>,
    /// The name that the customer gives.
    pub name: Option<String>,
    /// The address that the customer gives.
    pub email: Option<String>,
    /// Whether to join an open request.
    pub join: Join,
    /// Kinds of secrets that were taken out of these words before they came here, as codes with commas between them: a form that was
    /// given back with something to mend comes again without them.
    pub taken_out: String,
}

/// Further words of a customer on a request.
#[derive(Clone, Default)]
pub struct FollowUp {
    /// Made by the client; the same id gets the same receipt and makes no second message.
    pub client_id: String,
    /// The customer's words.
    pub text: String,
    /// By which way they came.
    pub channel: Option<Channel>,
    /// Files uploaded before.
    pub attachments: Vec<AttachmentId>,
    /// As [`Intake::taken_out`].
    pub taken_out: String,
}

/// What becomes of the request after a reply.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Then {
    /// Wait for the user.
    #[default]
    Waiting,
    /// It stays with the desk.
    Open,
    /// Wait for something outside.
    OnHold,
    /// Solved by this.
    Solved,
}

impl Then {
    /// The state that follows.
    #[must_use]
    pub const fn state(self) -> State {
        match self {
            Self::Waiting => State::Waiting,
            Self::Open => State::Open,
            Self::OnHold => State::OnHold,
            Self::Solved => State::Solved,
        }
    }
}

/// An agent's reply or note.
#[derive(Clone, Default)]
pub struct Answer {
    /// Made by the client; the same id makes no second entry.
    pub client_id: String,
    /// The agent's words.
    pub text: String,
    /// The last sequence number that the agent had seen; replies only.
    pub seen_seq: i64,
    /// Files uploaded before.
    pub attachments: Vec<AttachmentId>,
    /// What becomes of the request; replies only.
    pub then: Then,
    /// Seconds that the agent had the request in hand for this, where the client tells.
    pub worked: Option<u32>,
}

/// A file on its way in.
#[derive(Clone)]
pub struct UploadCommand {
    /// Made by the client; the same id gets the same upload.
    pub client_id: String,
    /// The file's name.
    pub name: String,
    /// What the client says it is; believed only where the content agrees.
    pub media_type: String,
}
