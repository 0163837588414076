//! The pure part of the desk: what a request is, what may happen to it, who may do it, and in which order
//! requests are answered. No I/O and no ambient clock or chance: [`Clock`], [`Entropy`] and [`Ids`] are passed in.

mod catalogue;
mod chance;
mod entry;
mod id;
mod language;
mod matter;
mod number;
mod queue;
mod role;
mod state;
mod time;
mod wait;

pub use catalogue::{FIELDS, Field, FieldKind, RequestType, TYPES, Urgency, field, request_type};
pub use chance::{Entropy, OsEntropy, SeededEntropy};
pub use entry::{Author, Channel, EntryKind, Event};
pub use id::{AgentId, AttachmentId, CustomerId, Ids, JobId, ParseIdError, RequestId, TeamId};
pub use language::Language;
pub use matter::{Matter, same_matter};
pub use number::{NumberError, RequestNumber};
pub use queue::{Line, QueueKey};
pub use role::{Permission, Role};
pub use state::{Actor, State, Transition, TransitionError};
pub use time::{Clock, FrozenClock, SystemClock, Time};
pub use wait::{Throughput, Wait};
