//! What can go wrong in the store.

use std::fmt;

/// Which rule of the schema a statement broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A primary key or unique index.
    Unique,
    /// A reference to a row that is not there, or from one that would be left over.
    ForeignKey,
    /// NULL in a NOT NULL column.
    NotNull,
    /// A CHECK constraint.
    Check,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unique => "unique",
            Self::ForeignKey => "foreign key",
            Self::NotNull => "not null",
            Self::Check => "check",
        })
    }
}

/// What can go wrong in the store. No variant carries a value of a row or a parameter: errors are logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A statement broke a rule of the schema. `name` is `table(column,column)` on both engines; SQLite does not
    /// say which foreign key it was, so that `name` is empty there.
    #[error("{rule} constraint {name}")]
    Constraint {
        /// The kind of rule.
        rule: Rule,
        /// Table and columns.
        name: String,
    },
    /// Too many units or reads wait already. Nothing was done; try again later.
    #[error("the store is busy: {0} wait already")]
    Busy(usize),
    /// `query_one` found no row.
    #[error("no row")]
    NotFound,
    /// A column or parameter did not have the type that the code expects.
    #[error("column or parameter {index}: expected {expected}, found {found}")]
    Decode {
        /// Number of the column, from 0.
        index: usize,
        /// What the code expects.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// The unit lost against others (deadlock, serialisation, lock wait) more often than it is repeated.
    #[error("gave up after repeated conflicts ({0})")]
    Conflict(String),
    /// The database cannot be reached. Whether anything was done is not known; repeat with the same key.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// A statement took longer than it may.
    #[error("the statement took too long")]
    Timeout,
    /// The disk is full. Nothing was written; the store recovers by itself when there is space again.
    #[error("the disk is full")]
    DiskFull,
    /// The unit or read panicked; it was rolled back.
    #[error("the unit panicked")]
    Panicked,
    /// The job's lease has ended and somebody else may have it: nothing of this unit may stay.
    #[error("the lease of the job has ended")]
    Fenced,
    /// The cursor is from before a restore, or what follows it was trimmed away: start again from the head.
    #[error("the cursor is too old")]
    CursorLost,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The engine is older than the oldest that is safe.
    #[error("{engine} {found} is too old: {needed} or newer is needed")]
    Outdated {
        /// SQLite or PostgreSQL.
        engine: &'static str,
        /// The version that was found.
        found: String,
        /// The oldest one that is accepted.
        needed: &'static str,
    },
    /// A setting that durability needs could not be had.
    #[error("{name} is {found}, but must be {wanted}")]
    Setting {
        /// Name of the pragma or parameter.
        name: &'static str,
        /// What it must be.
        wanted: String,
        /// What was read back.
        found: String,
    },
    /// Another process has this database open.
    #[error("{0} is in use by another process")]
    Locked(String),
    /// The disk failed or the file is damaged: the process must end, so that the next start recovers from the log.
    #[error("storage failed: {0}")]
    Storage(String),
    /// A migration is missing, changed or newer than this program.
    #[error("migration {0}")]
    Migration(String),
    /// A backup or restore could not be made or did not verify.
    #[error("backup: {0}")]
    Backup(String),
    /// Anything else an engine says: its code, and text only where it cannot quote data.
    #[error("{code}: {text}")]
    Engine {
        /// SQLSTATE or SQLite's extended result code.
        code: String,
        /// What the engine says.
        text: String,
    },
}

impl Error {
    /// Whether the same call may succeed later without any change.
    pub const fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::Busy(_) | Self::Conflict(_) | Self::Unavailable(_) | Self::Timeout | Self::DiskFull
        )
    }

    /// Whether a unique rule on these columns was broken, for example `request(number)`.
    pub fn is_unique(&self, columns: &str) -> bool {
        matches!(self, Self::Constraint { rule: Rule::Unique, name } if name == columns)
    }

    /// Whether the engine refused a statement, so that its transaction cannot be committed any more.
    /// (Reading the answer wrongly, or finding nothing, leaves the transaction as it was.)
    pub(crate) const fn spoils(&self) -> bool {
        !matches!(self, Self::NotFound | Self::Decode { .. } | Self::Fenced | Self::CursorLost)
    }

    pub(crate) fn engine(code: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Engine { code: code.into(), text: text.into() }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, text) = error else {
            return other_sqlite(&error);
        };
        let text = text.unwrap_or_default();
        match failure.extended_code {
            1555 | 2067 | 2579 => sqlite_constraint(Rule::Unique, &text),
            787 => sqlite_constraint(Rule::ForeignKey, ""),
            1299 => sqlite_constraint(Rule::NotNull, &text),
            275 => sqlite_constraint(Rule::Check, &text),
            // SQLITE_FULL, and no room for the shared memory file of the log.
            13 | 4874 => Self::DiskFull,
            9 => Self::Timeout,
            code if matches!(code & 0xff, 5 | 6) => Self::Conflict(format!("sqlite {code}")),
            // I/O, damage, not a database.
            code if matches!(code & 0xff, 10 | 11 | 26) => Self::Storage(format!("sqlite {code}")),
            // The text of the generic code 1 names tables and columns of our own statements only.
            code => Self::engine(format!("sqlite {code}"), text),
        }
    }
}

fn other_sqlite(error: &rusqlite::Error) -> Error {
    match error {
        rusqlite::Error::QueryReturnedNoRows => Error::NotFound,
        rusqlite::Error::InvalidColumnIndex(index) => {
            Error::Decode { index: *index, expected: "a column", found: "none" }
        }
        rusqlite::Error::SqlInputError { msg, .. } => Error::engine("sqlite 1", msg.clone()),
        rusqlite::Error::InvalidParameterCount(given, wanted) => {
            Error::engine("parameters", format!("{given} given, {wanted} wanted"))
        }
        rusqlite::Error::ExecuteReturnedResults => {
            Error::engine("rows", "the statement returns rows: use query")
        }
        _ => Error::engine("rusqlite", "unexpected answer"),
    }
}

/// `UNIQUE constraint failed: entry.request_id, entry.seq` becomes `entry(request_id,seq)`.
fn sqlite_constraint(rule: Rule, text: &str) -> Error {
    let list = text.split_once(": ").map_or("", |(_, list)| list);
    let mut table = "";
    let columns: Vec<&str> = list
        .split(", ")
        .filter_map(|column| column.split_once('.'))
        .map(|(owner, column)| {
            table = owner;
            column
        })
        .collect();
    let name = if columns.is_empty() { list.to_owned() } else { format!("{table}({})", columns.join(",")) };
    Error::Constraint { rule, name }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(refused) = error.as_db_error() else {
            // Everything without an answer of the server is a lost connection, except values that do not fit.
            let text = error.to_string();
            return if text.contains("serializing parameter") || text.contains("expected") {
                Self::engine("parameters", text)
            } else {
                Self::Unavailable(text)
            };
        };
        let code = refused.code().code();
        match code {
            "23505" => postgres_constraint(Rule::Unique, refused),
            "23503" => postgres_constraint(Rule::ForeignKey, refused),
            "23502" => postgres_constraint(Rule::NotNull, refused),
            "23514" => postgres_constraint(Rule::Check, refused),
            "40001" | "40P01" | "55P03" => Self::Conflict(code.to_owned()),
            "57014" => Self::Timeout,
            "53100" => Self::DiskFull,
            // Read-only: the address points to a standby during a failover.
            "25006" | "53300" | "57P01" | "57P02" | "57P03" | "57P04" | "57P05" => {
                Self::Unavailable(code.to_owned())
            }
            _ if code.starts_with("08") => Self::Unavailable(code.to_owned()),
            "58030" | "XX001" | "XX002" => Self::Storage(format!("postgres {code}")),
            // Class 42 speaks of our own statements; all others may quote data.
            _ if code.starts_with("42") || code.starts_with("3D") || code.starts_with("28") => {
                Self::engine(code, refused.message())
            }
            _ => Self::engine(code, ""),
        }
    }
}

/// Table and columns from the detail `Key (request_id, seq)=(…) …`, whatever language the server speaks.
fn postgres_constraint(rule: Rule, refused: &tokio_postgres::error::DbError) -> Error {
    let table = refused.table().unwrap_or_default();
    let columns = match (refused.column(), refused.detail()) {
        (Some(column), _) => Some(column.to_owned()),
        (None, Some(detail)) => detail
            .split_once(")=(")
            .and_then(|(before, _)| before.split_once('('))
            .map(|(_, columns)| columns.replace(", ", ",")),
        (None, None) => None,
    };
    let name = match columns {
        Some(columns) => format!("{table}({columns})"),
        None => refused.constraint().unwrap_or_default().to_owned(),
    };
    Error::Constraint { rule, name }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::StorageFull {
            Self::DiskFull
        } else {
            Self::Storage(error.to_string())
        }
    }
}
