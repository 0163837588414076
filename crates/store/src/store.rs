//! The handle that everybody else holds.

use std::fs::File;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc as std_mpsc;
use std::thread;
use std::time::Duration;

use parking_lot::RwLock;
use standfast_domain::Clock;
use tokio::sync::{mpsc, oneshot, watch};

use crate::error::Error;
use crate::exec::{Dialect, Engine, Rd, Tx};
use crate::foresight::Foresight;
use crate::lane::{Lane, Lanes};
use crate::postgres::{Postgres, Purpose};
use crate::reader::{self, Reads};
use crate::sqlite::{self, Sqlite};
use crate::stats::{Meter, Stats};
use crate::writer::{Task, Writer, transaction};

/// Where the data is.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// A file on a local disk, used by this process alone.
    Sqlite {
        /// The database file; `-wal`, `-shm` and `.lock` stand beside it.
        path: PathBuf,
    },
    /// A PostgreSQL server.
    Postgres {
        /// `postgres://user:password@host:port/database`.
        url: String,
    },
}

impl std::fmt::Debug for Database {
    /// Without the address, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite { path } => write!(f, "Sqlite {{ path: {} }}", path.display()),
            Self::Postgres { .. } => f.write_str("Postgres"),
        }
    }
}

/// How to open a store.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the data is.
    pub database: Database,
    /// Writer threads on PostgreSQL (SQLite always has one).
    pub writers: usize,
    /// Reader threads.
    pub readers: usize,
    /// Most units that wait in one lane before a writer, and most reads that wait, before [`Error::Busy`].
    pub queue: usize,
    /// Longest time that a read may take.
    pub read_timeout: Duration,
    /// Opens SQLite's file beside the process that serves it: for short commands of the operator. Whoever serves holds
    /// the file alone.
    pub beside: bool,
}

impl Config {
    /// The usual settings.
    pub const fn new(database: Database) -> Self {
        Self {
            database,
            writers: 4,
            readers: 4,
            queue: 8_192,
            read_timeout: Duration::from_secs(10),
            beside: false,
        }
    }
}

/// The database: cheap to clone, closed when the last clone is dropped.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    config: Config,
    clock: Arc<dyn Clock>,
    lanes: Vec<Arc<Lanes>>,
    reads: Arc<Reads>,
    meter: Arc<Meter>,
    /// See [`Writer`].
    floor: Arc<RwLock<()>>,
    /// Closes when the last thread has ended.
    ended: tokio::sync::Mutex<mpsc::Receiver<()>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

impl Inner {
    fn close(&self) {
        self.reads.close();
        for lanes in &self.lanes {
            lanes.close();
        }
    }
}

impl Store {
    /// Opens the database, sets every connection up and reads the settings back. Creates the file of SQLite, but no
    /// tables: see [`Store::migrate`]. Blocks for as long as connecting takes.
    pub fn open(config: Config, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let held = match &config.database {
            Database::Sqlite { path } => {
                sqlite::check_version()?;
                if config.beside { None } else { Some(Arc::new(sqlite::lock(path)?)) }
            }
            Database::Postgres { .. } => None,
        };
        let writers = match &config.database {
            Database::Sqlite { .. } => 1,
            Database::Postgres { .. } => config.writers.max(1),
        };
        let meter = Arc::new(Meter::new(Arc::clone(&clock)));
        let reads = Arc::new(Reads::new(config.queue));
        let lanes: Vec<_> = (0..writers).map(|_| Arc::new(Lanes::new(config.queue))).collect();
        let (alive, ended) = mpsc::channel(1);
        let ended = tokio::sync::Mutex::new(ended);
        let inner = Inner { config, clock, lanes, reads, meter, floor: Arc::default(), ended };
        for number in 0..writers {
            inner.start_writer(number, held.as_ref(), &alive)?;
        }
        for number in 0..inner.config.readers.max(1) {
            inner.start_reader(number, held.as_ref(), &alive)?;
        }
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Runs a unit of work and returns after its commit. The unit is queued by the call itself, so that units of one
    /// shard and lane run in the order of the calls. It is rolled back as a whole when it returns an error after it has
    /// written. It may run several times. When the future is dropped before the unit has begun, it does not run.
    pub fn write<T, E, F>(
        &self,
        lane: Lane,
        shard: i64,
        unit: F,
    ) -> impl Future<Output = Result<T, E>> + Send + use<T, E, F>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: Fn(&mut Tx) -> Result<T, E> + Send + 'static,
    {
        self.write_foreseen(lane, shard, None, unit)
    }

    /// As [`Store::write`], for a unit of which is known what it will read.
    pub fn write_foreseen<T, E, F>(
        &self,
        lane: Lane,
        shard: i64,
        foresight: Option<Arc<Foresight>>,
        unit: F,
    ) -> impl Future<Output = Result<T, E>> + Send + use<T, E, F>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: Fn(&mut Tx) -> Result<T, E> + Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let task = Box::new(Task { unit, foresight, result: None, caller });
        if let Some(lanes) = self.inner.lanes_of(shard)
            && let Err((mut refused, error)) = lanes.put(lane, task)
        {
            refused.refuse(error);
            refused.answer();
        }
        async move { answer.await.unwrap_or_else(|_| Err(Error::Closed.into())) }
    }

    /// Runs a read in one snapshot of what was committed when its first statement ran.
    pub fn read<T, E, F>(&self, read: F) -> impl Future<Output = Result<T, E>> + Send + use<T, E, F>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnOnce(&mut Rd) -> Result<T, E> + Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let queued = self.inner.reads.put(Box::new(move |rd| {
            if caller.is_closed() {
                return;
            }
            let result = match rd {
                Ok(rd) => catch_unwind(AssertUnwindSafe(|| read(rd)))
                    .unwrap_or_else(|_| Err(Error::Panicked.into())),
                Err(error) => Err(error.into()),
            };
            let _ = caller.send(result);
        }));
        if let Err((refused, error)) = queued {
            refused(Err(error));
        }
        async move { answer.await.unwrap_or_else(|_| Err(Error::Closed.into())) }
    }

    /// Has the first writer do something between two batches, outside of any transaction.
    pub(crate) async fn errand<T: Send + 'static>(
        &self,
        errand: impl FnOnce(&mut Rd) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (caller, answer) = oneshot::channel();
        let errand = Box::new(move |rd: &mut Rd| {
            let _ = caller.send(errand(rd));
        });
        if let Some(lanes) = self.inner.lanes.first() {
            lanes.send(errand);
        }
        answer.await.unwrap_or(Err(Error::Closed))
    }

    /// Does something with a PostgreSQL connection of its own, on a thread of its own.
    pub(crate) async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Postgres) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let Database::Postgres { url } = self.inner.config.database.clone() else {
            return Err(Error::Closed);
        };
        let (caller, answer) = oneshot::channel();
        thread::Builder::new().name("store-apart".to_owned()).spawn(move || {
            let result =
                Postgres::connect(&url.into(), Purpose::Write).and_then(|mut postgres| work(&mut postgres));
            let _ = caller.send(result);
        })?;
        answer.await.unwrap_or(Err(Error::Panicked))
    }

    /// Changes after every shared commit: a hint to look at the outbox.
    pub fn committed(&self) -> watch::Receiver<u64> {
        self.inner.meter.committed.subscribe()
    }

    /// Becomes an error when the disk fails: the process must then end, and recover from the log when it starts again.
    pub fn broken(&self) -> watch::Receiver<Option<Error>> {
        self.inner.meter.broken.subscribe()
    }

    /// Figures since the start.
    pub fn stats(&self) -> Stats {
        let waiting = self.inner.lanes.iter().map(|lanes| lanes.waiting()).sum();
        self.inner.meter.stats(waiting, self.inner.reads.waiting())
    }

    /// The engine.
    pub fn dialect(&self) -> Dialect {
        match self.inner.config.database {
            Database::Sqlite { .. } => Dialect::Sqlite,
            Database::Postgres { .. } => Dialect::Postgres,
        }
    }

    /// How the store was opened.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// The clock that the store was given.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    /// Takes no more work, finishes what waits, and returns when all connections and the lock are given back.
    pub async fn close(&self) {
        self.inner.close();
        while self.inner.ended.lock().await.recv().await.is_some() {}
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("config", &self.inner.config).finish_non_exhaustive()
    }
}

impl Inner {
    fn lanes_of(&self, shard: i64) -> Option<&Arc<Lanes>> {
        // Ids of one source differ in few bits: spread them.
        let spread = shard.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let count = self.lanes.len().max(1) as u64;
        self.lanes.get(usize::try_from(spread % count).unwrap_or(0))
    }

    fn start_writer(
        &self,
        number: usize,
        held: Option<&Arc<File>>,
        alive: &mpsc::Sender<()>,
    ) -> Result<(), Error> {
        let Some(lanes) = self.lanes.get(number).map(Arc::clone) else { return Ok(()) };
        let database = self.config.database.clone();
        let (meter, floor) = (Arc::clone(&self.meter), Arc::clone(&self.floor));
        let (held, alive) = (held.cloned(), alive.clone());
        spawn(format!("store-write-{number}"), move |opened| {
            let engine = match database {
                Database::Sqlite { path } => Sqlite::writer(&path)
                    .and_then(|sqlite| sqlite.with_checkpointer(&path))
                    .map(Engine::Sqlite),
                Database::Postgres { url } => {
                    Postgres::connect(&url.into(), Purpose::Write).map(Engine::Postgres)
                }
            };
            if let Some(engine) = opened.tell(engine) {
                Writer { tx: transaction(engine), lanes, meter, floor }.work();
            }
            drop((held, alive));
        })
    }

    fn start_reader(
        &self,
        number: usize,
        held: Option<&Arc<File>>,
        alive: &mpsc::Sender<()>,
    ) -> Result<(), Error> {
        let Config { database, read_timeout, .. } = self.config.clone();
        let (reads, clock) = (Arc::clone(&self.reads), Arc::clone(&self.clock));
        let (held, alive) = (held.cloned(), alive.clone());
        spawn(format!("store-read-{number}"), move |opened| {
            let engine = match database {
                Database::Sqlite { path } => {
                    Sqlite::reader(&path, Arc::clone(&clock), read_timeout).map(Engine::Sqlite)
                }
                Database::Postgres { url } => {
                    Postgres::connect(&url.into(), Purpose::Read(read_timeout)).map(Engine::Postgres)
                }
            };
            if let Some(engine) = opened.tell(engine) {
                reader::work(Rd::new(engine), &reads, clock.as_ref());
            }
            drop((held, alive));
        })
    }
}

/// Tells whoever started a thread how opening its connection went.
struct Opened(std_mpsc::Sender<Result<(), Error>>);

impl Opened {
    fn tell(self, engine: Result<Engine, Error>) -> Option<Engine> {
        let (told, engine) = match engine {
            Ok(engine) => (Ok(()), Some(engine)),
            Err(error) => (Err(error), None),
        };
        let _ = self.0.send(told);
        engine
    }
}

/// Starts a thread and waits until its connection is open.
fn spawn(name: String, work: impl FnOnce(Opened) + Send + 'static) -> Result<(), Error> {
    let (told, opened) = std_mpsc::channel();
    thread::Builder::new().name(name).spawn(move || work(Opened(told)))?;
    opened.recv().unwrap_or(Err(Error::Closed))
}
