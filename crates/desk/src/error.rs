//! What a use case refuses, with a stable code for each reason.

use standfast_domain::roster::{ContractError, ShiftError, Violation};
use standfast_domain::{NumberError, TransitionError};

use crate::activity::TableFault;
use crate::view::EntryView;

/// Why a use case did not do what it was asked. Nothing was written when one of these comes back.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or the caller may not know of it.
    #[error("not found")]
    NotFound,
    /// The caller is not signed in, or the credential is no longer valid.
    #[error("not signed in")]
    Unauthenticated,
    /// The caller may not do this.
    #[error("not allowed")]
    Forbidden,
    /// Somebody who is signed in was asked for the password once more, and it was not theirs.
    #[error("not the password of the account")]
    PasswordRefused,
    /// E-mail and password do not fit an agent.
    #[error("e-mail or password wrong")]
    WrongPassword,
    /// A field of the command is not acceptable.
    #[error("{field}: {reason}")]
    Invalid {
        /// Name of the field.
        field: &'static str,
        /// A stable word: `missing`, `too_long`, `unknown`, `malformed`, `too_many`, `out_of_range`, `before_start`,
        /// `overlap`, `taken`, `asked`, `own`, `against_rules`.
        reason: &'static str,
    },
    /// What an event touches is nothing that a request can have.
    #[error("there is no {dimension} called {value}")]
    UnknownValue {
        /// Code of the dimension.
        dimension: &'static str,
        /// What was named.
        value: String,
    },
    /// The number has a mistake in it.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// The state does not allow the transition.
    #[error(transparent)]
    Transition(#[from] TransitionError),
    /// The answer was written without having seen what came in since.
    #[error("the view was outdated")]
    OutdatedView {
        /// What was missed, oldest first.
        missed: Vec<EntryView>,
        /// The last sequence number now.
        last_seq: i64,
    },
    /// The text asks for a recovery phrase, a key or a password. No role may send it.
    #[error("the text asks for a secret")]
    AsksForSecret,
    /// The same of one of several texts: which, as a path within what was sent.
    #[error("a text asks for a secret: {0}")]
    AsksForSecretIn(String),
    /// The request takes no more messages; it goes on elsewhere or a new one is needed.
    #[error("the request is over")]
    RequestClosed,
    /// Nobody called the request solved, or it is open again: there is nothing to say of a solution.
    #[error("the request is not called solved")]
    NotSolved,
    /// The time for answering or correcting is over.
    #[error("the time for this is over")]
    FeedbackOver,
    /// Opening hours that make no sense.
    #[error(transparent)]
    Schedule(#[from] standfast_domain::ScheduleError),
    /// Shifts would break rules that they do not break yet, and there is no reason that is good enough.
    #[error("against the rules of working time")]
    AgainstRules(Vec<Violation>),
    /// Somebody else has changed it since it was read.
    #[error("changed meanwhile; it is version {version} now")]
    OutdatedVersion {
        /// The version now.
        version: i64,
    },
    /// Somebody else holds a level, and whoever decides now has not seen that.
    #[error("somebody else holds a level")]
    HeldByOther(Box<crate::SurgeHold>),
    /// A request cannot be merged into itself, into a merged one, or into another customer's.
    #[error("cannot be merged into that request")]
    CannotMerge,
    /// Somebody has decided what to make of the alarm.
    #[error("the alarm was decided")]
    AlarmDecided,
    /// The file is larger than allowed.
    #[error("the file is larger than {limit} bytes")]
    UploadTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The file is none of the kinds that are taken.
    #[error("this kind of file is not taken")]
    MediaType,
    /// The identity token is not acceptable; the word says why and is safe to show.
    #[error("identity token: {0}")]
    IdentityToken(&'static str),
    /// The signature of a webhook is not acceptable; the word says why and is safe to show.
    #[error("webhook signature: {0}")]
    WebhookSignature(&'static str),
    /// A table has faults, and nothing of it was taken.
    #[error("the table has faults")]
    Table(Vec<TableFault>),
    /// Somebody else has changed it since the caller saw it.
    #[error("it was changed meanwhile")]
    ChangedMeanwhile,
    /// Somebody has this e-mail address already.
    #[error("this e-mail address is taken")]
    EmailTaken,
    /// The desk cannot write now. The same call with the same client id may be repeated.
    #[error(transparent)]
    Store(#[from] standfast_store::Error),
    /// A file could not be read or written.
    #[error("files: {0}")]
    Files(#[from] std::io::Error),
    /// The desk contradicts itself: a fault of the program or of the data.
    #[error("inconsistent: {0}")]
    Inconsistent(&'static str),
}

impl Error {
    /// The stable machine code, which also names the explanation in every language.
    #[must_use]
    pub fn code(&self) -> &'static str {
        use standfast_store::Error as Store;
        match self {
            Self::NotFound => "not_found",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::PasswordRefused => "password_refused",
            Self::WrongPassword => "wrong_password",
            Self::Invalid { .. } | Self::Schedule(_) => "invalid",
            Self::UnknownValue { .. } => "unknown_value",
            Self::AgainstRules(_) => "against_rules",
            Self::OutdatedVersion { .. } => "outdated_version",
            Self::HeldByOther(_) => "held_by_other",
            Self::Number(_) => "invalid_number",
            Self::Transition(_) => "transition_not_allowed",
            Self::OutdatedView { .. } => "outdated_view",
            Self::AsksForSecret | Self::AsksForSecretIn(_) => "asks_for_secret",
            Self::RequestClosed => "request_closed",
            Self::NotSolved => "not_solved",
            Self::FeedbackOver => "feedback_over",
            Self::CannotMerge => "cannot_merge",
            Self::AlarmDecided => "alarm_decided",
            Self::UploadTooLarge { .. } => "upload_too_large",
            Self::MediaType => "media_type",
            Self::IdentityToken(_) => "identity_token",
            Self::WebhookSignature(_) => "webhook_signature",
            Self::Table(_) => "invalid_table",
            Self::ChangedMeanwhile => "changed_meanwhile",
            Self::EmailTaken => "email_taken",
            Self::Store(Store::DiskFull) => "disk_full",
            Self::Store(Store::Busy(_)) => "busy",
            Self::Store(Store::Unavailable(_) | Store::Timeout | Store::Conflict(_) | Store::Closed) => {
                "unavailable"
            }
            Self::Files(error) if error.kind() == std::io::ErrorKind::StorageFull => "disk_full",
            Self::Store(_) | Self::Files(_) | Self::Inconsistent(_) => "internal",
        }
    }

    /// Shorthand for [`Error::Invalid`].
    #[must_use]
    pub const fn invalid(field: &'static str, reason: &'static str) -> Self {
        Self::Invalid { field, reason }
    }
}

impl From<ContractError> for Error {
    fn from(wrong: ContractError) -> Self {
        Self::Invalid { field: wrong.field, reason: wrong.reason }
    }
}

impl From<standfast_domain::planning::SettingsError> for Error {
    fn from(wrong: standfast_domain::planning::SettingsError) -> Self {
        Self::Invalid { field: wrong.field, reason: wrong.reason }
    }
}

impl From<ShiftError> for Error {
    fn from(wrong: ShiftError) -> Self {
        Self::Invalid { field: wrong.field, reason: wrong.reason }
    }
}
