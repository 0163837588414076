//! The embedded engine: one file, one process, full durability, and every setting read back.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use standfast_domain::Clock;

use crate::Error;
use crate::checkpoint::{Checkpointer, Due};

/// The oldest SQLite whose log cannot be damaged by a checkpoint beside a writer (sqlite.org/wal.html#walresetbug).
const NEEDED: (i32, &str) = (3_051_003, "3.51.3");
/// Prepared statements kept per connection.
const STATEMENTS: usize = 512;
/// Size in bytes to which the log's file is cut when it begins anew.
const LOG_BYTES: i64 = 64 << 20;

/// The writer's page cache in KiB, as SQLite wants it (negative), on files below and above [`LOCK_PAGE_BYTES`].
///
/// When SQLite balances a tree it numbers pages as the one at that place for a moment, and cuts its cache to the file's
/// length after the commit: below that length it looks through the whole cache at each commit for it
/// (`pcache1TruncateUnsafe`), with 32 MB for longer than everything else takes.
const SMALL_CACHE: i32 = -4_096;
const LARGE_CACHE: i32 = -32_768;
/// Of each reader.
const READER_CACHE: i32 = -2_048;
/// Where the lock bytes of SQLite are (<https://sqlite.org/fileformat2.html#the_lock_byte_page>).
const LOCK_PAGE_BYTES: u64 = 1 << 30;

/// Settings of every connection: name, wanted value, value read back.
const PRAGMAS: &[(&str, &str, &str)] = &[
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", "2"),
    ("foreign_keys", "ON", "1"),
    ("secure_delete", "ON", "1"),
    ("mmap_size", "0", "0"),
    ("temp_store", "MEMORY", "2"),
    ("trusted_schema", "OFF", "0"),
    ("cell_size_check", "ON", "1"),
    // See `checkpoint`.
    ("wal_autocheckpoint", "0", "0"),
];

/// One connection, with the statements as SQLite wants them.
#[derive(Debug)]
pub(crate) struct Sqlite {
    pub(crate) connection: Connection,
    /// `$1` is a name to SQLite, numbered by first appearance; `?1` is the number itself. Keyed by address.
    translated: HashMap<(usize, usize), Arc<str>>,
    /// Keeps the log short; only the writer's does.
    checkpointer: Option<Checkpointer>,
    /// Whether the writer's cache is the large one.
    is_large: bool,
    /// When the present read began, in microseconds of the monotonic clock.
    begun: Arc<AtomicU64>,
}

fn micros(clock: &dyn Clock) -> u64 {
    u64::try_from(clock.monotonic().as_micros()).unwrap_or(u64::MAX)
}

/// Refuses an SQLite that is not safe.
pub(crate) fn check_version() -> Result<(), Error> {
    check_version_number(rusqlite::version_number(), rusqlite::version())
}

fn check_version_number(number: i32, text: &str) -> Result<(), Error> {
    if number < NEEDED.0 {
        return Err(Error::Outdated { engine: "SQLite", found: text.to_owned(), needed: NEEDED.1 });
    }
    Ok(())
}

/// Makes sure that one process has the database: SQLite's own locks allow several writers, ours does not.
pub(crate) fn lock(path: &Path) -> Result<File, Error> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(PathBuf::from(name))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::Locked(path.display().to_string())),
        Err(std::fs::TryLockError::Error(error)) => Err(error.into()),
    }
}

impl Sqlite {
    /// The connection that writes. Creates the file when it is not there.
    pub(crate) fn writer(path: &Path) -> Result<Self, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let sqlite = Self::open(path, flags)?;
        sqlite.connection.pragma_update(None, "cache_size", SMALL_CACHE)?;
        sqlite.connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
        expect(&sqlite.connection, "journal_size_limit", &LOG_BYTES.to_string())?;
        Ok(sqlite)
    }

    /// The same connection with a thread beside it that copies its log.
    pub(crate) fn with_checkpointer(mut self, path: &Path) -> Result<Self, Error> {
        self.checkpointer = Some(Checkpointer::start(path, &mut self.connection)?);
        Ok(self)
    }

    /// The connection that copies the log back.
    pub(crate) fn copier(path: &Path) -> Result<Self, Error> {
        Self::open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
    }

    /// A connection that only reads, and ends a statement after `limit`.
    pub(crate) fn reader(path: &Path, clock: Arc<dyn Clock>, limit: Duration) -> Result<Self, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut sqlite = Self::open(path, flags)?;
        sqlite.connection.pragma_update(None, "query_only", "ON")?;
        expect(&sqlite.connection, "query_only", "1")?;
        // The file lies in the cache of the system as well: four readers would hold four times what they have in common.
        sqlite.connection.pragma_update(None, "cache_size", READER_CACHE)?;
        let begun = Arc::clone(&sqlite.begun);
        let limit = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX);
        sqlite.connection.progress_handler(
            20_000,
            Some(move || micros(clock.as_ref()).saturating_sub(begun.load(Ordering::Relaxed)) > limit),
        )?;
        Ok(sqlite)
    }

    /// A file that nobody else has open, to be read as it is: a backup.
    pub(crate) fn unchanged(path: &Path) -> Result<Self, Error> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        Ok(Self::new(connection))
    }

    fn new(connection: Connection) -> Self {
        Self {
            connection,
            translated: HashMap::new(),
            checkpointer: None,
            is_large: false,
            begun: Arc::default(),
        }
    }

    fn open(path: &Path, flags: OpenFlags) -> Result<Self, Error> {
        check_version()?;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // The bundled SQLite plans by the values bound (STAT4), and so would parse and plan cached statements over partial
        // indexes anew at every use: most of the cost of a message. Plans here never depend on values.
        connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        for (name, wanted, read) in PRAGMAS {
            connection.pragma_update(None, name, wanted)?;
            expect(&connection, name, read)?;
        }
        Ok(Self::new(connection))
    }

    /// Starts the time that a read may take.
    pub(crate) fn begin_read(&self, clock: &dyn Clock) {
        self.begun.store(micros(clock), Ordering::Relaxed);
    }

    /// The statement with `?1` for `$1`; made once per text.
    pub(crate) fn translate(&mut self, sql: &'static str) -> Arc<str> {
        let key = (sql.as_ptr() as usize, sql.len());
        Arc::clone(self.translated.entry(key).or_insert_with(|| numbered(sql).into()))
    }

    /// Keeps the log short; between two batches.
    pub(crate) fn checkpoint(&mut self) {
        match self.checkpointer.as_mut().map_or(Due::Nothing, Checkpointer::step) {
            Due::Nothing => {}
            Due::Copy => {
                self.copy_log();
                self.fit_cache();
            }
            Due::Cut => {
                self.truncate_log();
            }
        }
    }

    /// Takes the large cache once the file is long enough for it.
    fn fit_cache(&mut self) {
        if self.is_large {
            return;
        }
        let length =
            self.connection.path().and_then(|path| std::fs::metadata(path).ok()).map(|file| file.len());
        if length.is_some_and(|length| length > LOCK_PAGE_BYTES) {
            // Refused, the small one goes on.
            self.is_large = self.connection.pragma_update(None, "cache_size", LARGE_CACHE).is_ok();
        }
    }

    /// Copies what the log holds into the file, without waiting for anybody.
    pub(crate) fn copy_log(&self) {
        self.pragma("PRAGMA wal_checkpoint(PASSIVE)");
    }

    /// Ends the thread that copies the log beside this connection.
    pub(crate) fn end_checkpointer(&mut self) {
        self.checkpointer = None;
    }

    /// Empties the log: what was erased in the file is then nowhere. Returns whether readers allowed it.
    pub(crate) fn truncate_log(&self) -> bool {
        if let Some(checkpointer) = &self.checkpointer {
            checkpointer.settle();
        }
        // Waits only briefly: writers stand still meanwhile.
        let _ = self.connection.busy_timeout(Duration::from_millis(100));
        let done = self.pragma("PRAGMA wal_checkpoint(TRUNCATE)");
        let _ = self.connection.busy_timeout(Duration::from_secs(5));
        done
    }

    fn pragma(&self, sql: &str) -> bool {
        let busy = self.connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        if let Err(error) = &busy {
            tracing::warn!(error = %error.sqlite_error_code().map_or("", |_| "refused"), "checkpoint");
        }
        busy == Ok(0)
    }

    /// Whether a transaction is open; some errors end it behind our back.
    pub(crate) fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }
}

/// Reads a setting back.
fn expect(connection: &Connection, name: &'static str, wanted: &str) -> Result<(), Error> {
    let found = read_pragma(connection, name)?;
    if found == wanted {
        return Ok(());
    }
    Err(Error::Setting { name, wanted: wanted.to_owned(), found })
}

/// A pragma's value as text.
pub(crate) fn read_pragma(connection: &Connection, name: &str) -> Result<String, Error> {
    let value: rusqlite::types::Value = connection.pragma_query_value(None, name, |row| row.get(0))?;
    Ok(match value {
        rusqlite::types::Value::Integer(number) => number.to_string(),
        rusqlite::types::Value::Text(text) => text,
        other => format!("{:?}", other.data_type()),
    })
}

/// `$1` becomes `?1`, outside of quotes.
fn numbered(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut quote = None;
    let mut characters = sql.chars().peekable();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            (None, '$') if characters.peek().is_some_and(char::is_ascii_digit) => {
                out.push('?');
                continue;
            }
            _ => {}
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_replace_names_outside_of_quotes() {
        assert_eq!(numbered("SELECT '$1', \"$2\", $2, $10 || $x"), "SELECT '$1', \"$2\", ?2, ?10 || $x");
    }

    #[test]
    fn an_unsafe_version_is_refused() {
        assert!(matches!(check_version_number(3_051_002, "3.51.2"), Err(Error::Outdated { .. })));
        assert_eq!(check_version_number(3_051_003, "3.51.3"), Ok(()));
        assert_eq!(check_version(), Ok(()));
    }

    #[test]
    fn one_process_only() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("desk.db");
        let held = lock(&path).unwrap();
        assert!(matches!(lock(&path), Err(Error::Locked(_))));
        drop(held);
        assert!(lock(&path).is_ok());
    }
}
