//! The desk: everything that use cases share.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use standfast_domain::{AgentId, Clock, Entropy, Ids, RequestNumber, Sample, Time};
use standfast_store::Store;

use crate::Error;
use crate::activity::Pings;
use crate::agents::Directory;
use crate::alarm::AlarmSettings;
use crate::board::Board;
use crate::hours::InForce;
use crate::identity::HostKey;
use crate::keys::Keys;
use crate::maintenance::Maintenance;
use crate::numbers::Numbers;
use crate::online::Ledger;
use crate::roster::Capacity;
use crate::session::SessionCache;
use crate::surge::Surge;
use crate::types::Types;

/// Passwords hashed at the same time.
const HASHING: usize = 2;
const PLANNING: usize = 2;

/// Sizes beyond which input is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest text of a message, in bytes of UTF-8.
    pub text_bytes: usize,
    /// Largest file, in bytes.
    pub upload_bytes: u64,
    /// Largest text file, in bytes: these are screened whole, in memory.
    pub text_upload_bytes: u64,
    /// Most files of one message.
    pub uploads_per_message: usize,
    /// Longest answer to a question of the intake form, in bytes.
    pub field_bytes: usize,
    /// Most that the host app may pass along, in bytes.
    pub context_bytes: usize,
}

impl Limits {
    /// Refuses a text that is too long. Use cases do so themselves; whoever lets words wait asks before.
    pub fn check_text(&self, text: &str) -> Result<(), Error> {
        if text.len() > self.text_bytes { Err(Error::invalid("text", "too_long")) } else { Ok(()) }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text_bytes: 16_384,
            upload_bytes: 25 << 20,
            text_upload_bytes: 5 << 20,
            uploads_per_message: 5,
            field_bytes: 512,
            context_bytes: 2_048,
        }
    }
}

/// When customers are asked whether a request is really solved, and what their silence means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedbackTimes {
    /// Who has said nothing is asked once more after this.
    pub ask_again: Duration,
    /// Whoever says nothing for so long after that is taken to be content.
    pub assume: Duration,
    /// A rating may be corrected for so long.
    pub correct: Duration,
}

impl Default for FeedbackTimes {
    fn default() -> Self {
        Self {
            ask_again: Duration::from_hours(72),
            assume: Duration::from_hours(24 * 7),
            correct: Duration::from_hours(24),
        }
    }
}

/// What the operator decides.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The name of the wallet, as customers know it.
    pub name: String,
    /// Where customers reach the desk, without a slash at the end.
    pub public_url: String,
    /// Folder for attachments.
    pub files: PathBuf,
    /// Sizes.
    pub limits: Limits,
    /// Times of asking whether it is solved.
    pub feedback: FeedbackTimes,
    /// Keys with which the wallet's backend signs who its users are.
    pub host_keys: Vec<HostKey>,
    /// Whether the app may tell by a ping that somebody uses it.
    pub ping: bool,
    /// How the desk watches for more requests than are to be expected.
    pub alarms: AlarmSettings,
    /// Whether a mail server is set.
    pub mail: bool,
    /// Who reaches systems of others; nobody where none is to be reached.
    pub outside: Option<Arc<dyn crate::Outside>>,
    /// The browser that prints reports as PDF; none where there is none.
    pub browser: Option<PathBuf>,
    /// Whether this is a demonstration: marked as such on every page.
    pub demo: bool,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) keys: Keys,
    pub(crate) settings: Settings,
    pub(crate) board: Board,
    pub(crate) directory: Directory,
    pub(crate) numbers: Numbers,
    /// How far the relay has come.
    pub(crate) relayed: Mutex<Option<standfast_store::outbox::Cursor>>,
    /// Sizes of the inbox's shelves when they were last counted.
    pub(crate) counted: Mutex<Option<crate::inbox::Shared>>,
    pub(crate) sessions: SessionCache,
    /// Pings that are not in the database yet.
    pub(crate) pings: Pings,
    /// What pauses, and when.
    pub(crate) maintenance: Maintenance,
    /// Incidents that go on.
    pub(crate) incidents: crate::incident::Going,
    /// The level, and what is done at it.
    pub(crate) surge: Surge,
    /// The model of types, and what is new.
    pub(crate) types: Types,
    /// When the desk is open.
    pub(crate) hours: InForce,
    /// What people can do.
    pub(crate) capacity: Capacity,
    /// When somebody could answer.
    pub(crate) online: Ledger,
    /// Whether words get through.
    pub(crate) channels: crate::online::Channels,
    /// What the last test message came to.
    pub(crate) probe: crate::probe::Last,
    /// What anybody was told last of the state of the desk.
    pub(crate) status: crate::status::Last,
    /// Hashing a password takes a core and 19 MiB: so many at a time, whoever knocks.
    pub(crate) hashing: tokio::sync::Semaphore,
    /// A question of planning takes a core for seconds: so many at a time.
    pub(crate) planning: Arc<tokio::sync::Semaphore>,
}

/// The desk. Cheap to clone; every use case takes one.
#[derive(Clone)]
pub struct Desk {
    pub(crate) shared: Arc<Shared>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    ids: Arc<Ids>,
}

impl Desk {
    /// A desk over a migrated store. `node` (0–31) tells processes on one database apart.
    #[must_use]
    pub fn new(
        store: Store,
        keys: Keys,
        settings: Settings,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        node: u8,
    ) -> Self {
        let shared = Shared {
            store,
            keys,
            settings,
            board: Board::default(),
            directory: Directory::default(),
            numbers: Numbers::default(),
            relayed: Mutex::default(),
            counted: Mutex::default(),
            sessions: SessionCache::default(),
            pings: Pings::default(),
            maintenance: Maintenance::default(),
            incidents: crate::incident::Going::default(),
            surge: Surge::default(),
            types: Types::default(),
            hours: InForce::default(),
            capacity: Capacity::default(),
            online: Ledger::default(),
            channels: crate::online::Channels::default(),
            probe: crate::probe::Last::default(),
            status: crate::status::Last::default(),
            hashing: tokio::sync::Semaphore::new(HASHING),
            planning: Arc::new(tokio::sync::Semaphore::new(PLANNING)),
        };
        Self { shared: Arc::new(shared), ids: Arc::new(Ids::new(clock.clone(), node)), clock, entropy }
    }

    /// The same desk at another time: the demo writes its past with it. Its ids come from `ids`, so that desks with
    /// different clocks share one source and never make the same id twice.
    #[must_use]
    pub fn at(&self, clock: Arc<dyn Clock>, ids: Arc<Ids>) -> Self {
        Self { shared: self.shared.clone(), entropy: self.entropy.clone(), clock, ids }
    }

    /// Where the time comes from.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Where chance comes from.
    #[must_use]
    pub fn entropy(&self) -> &Arc<dyn Entropy> {
        &self.entropy
    }

    /// The desk's keys.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.shared.keys
    }

    /// The system of record.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// What the operator decided.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// The queue and what is expected of it.
    #[must_use]
    pub fn board(&self) -> &Board {
        &self.shared.board
    }

    /// What pauses, and when, as this process knows it.
    #[must_use]
    pub fn maintenance(&self) -> &Maintenance {
        &self.shared.maintenance
    }

    /// How far the desk is from its ordinary course, and what is done about it, as this process knows it.
    #[must_use]
    pub fn surge(&self) -> &Surge {
        &self.shared.surge
    }

    /// How many people are there to answer, in this process and, as they were seen within two minutes, in others.
    pub(crate) fn present_anywhere(&self, now: Time) -> u32 {
        let minute = Sample::minute_of(now) - 2;
        let elsewhere = self.shared.online.course().present_elsewhere(self.node(), minute);
        self.board().present().saturating_add(u32::try_from(elsewhere).unwrap_or(0))
    }

    /// Which request a number means.
    pub(crate) fn numbers(&self) -> &Numbers {
        &self.shared.numbers
    }

    /// Whether assets are at risk in the request with this number, as far as this process remembers: asked before the
    /// desk is, to let urgent words in first.
    #[must_use]
    pub fn is_at_risk(&self, number: RequestNumber) -> bool {
        self.numbers().get(number).is_some_and(|known| known.at_risk || self.board().is_at_risk(known.id))
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// Which process of the desk this is.
    pub(crate) fn node(&self) -> i64 {
        self.ids.node()
    }

    /// A fresh id.
    #[must_use]
    pub fn id(&self) -> i64 {
        self.ids.next()
    }

    /// The name under which customers know an agent.
    pub(crate) fn agent_name(&self, id: AgentId) -> Option<String> {
        self.shared.directory.name(id)
    }

    /// The folder for attachments.
    pub(crate) fn files(&self) -> &Path {
        &self.shared.settings.files
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("name", &self.settings().name).finish_non_exhaustive()
    }
}
