//! Online backups that were read back before they are called backups, and restores that never overwrite anything.
//!
//! SQLite: `VACUUM INTO` a file beside the target, flushed, checked and then renamed. PostgreSQL: `pg_dump` in its custom
//! format, flushed, read back in full by `pg_restore`, and then renamed. Both may run while the desk works. Attachments
//! are files of their own and are not part of this. Beside the file lies its SHA-256, as `sha256sum` writes it: neither engine
//! notices a changed byte in the middle of a text.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};
use standfast_domain::Time;

use crate::exec::{Engine, Rd, Tx};
use crate::postgres::{Postgres, Purpose};
use crate::sqlite::{self, Sqlite};
use crate::value::Value;
use crate::{Database, Error, outbox, schema};

/// What a backup or a restored database holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Bytes of the backup file; zero for a database.
    pub bytes: u64,
    /// Every table with its rows; empty for a PostgreSQL backup, which only a restore can count.
    pub tables: Vec<Table>,
}

/// A table's rows and a digest over them, in the order of the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256 over all values, in hexadecimal.
    pub digest: String,
}

/// Makes a verified backup at `target`, which must not exist. Blocks; works beside a running desk.
pub fn backup(database: &Database, target: &Path) -> Result<Contents, Error> {
    if target.exists() {
        return Err(Error::Backup(format!("{} exists already", target.display())));
    }
    let partial = beside(target, ".partial");
    let _ = std::fs::remove_file(&partial);
    let made = match database {
        Database::Sqlite { path } => backup_sqlite(path, &partial),
        Database::Postgres { url } => backup_postgres(url, &partial),
    };
    let noted = made.and_then(|contents| {
        // First the checksum: a backup without one passes for an old one.
        note_checksum(&partial, target)?;
        Ok(contents)
    });
    let contents = noted.inspect_err(|_| {
        let _ = std::fs::remove_file(&partial);
    })?;
    publish(&partial, target)?;
    Ok(contents)
}

/// Where the checksum of a backup lies. Those of earlier versions have none.
#[must_use]
pub fn checksum_place(backup: &Path) -> PathBuf {
    beside(backup, ".sha256")
}

fn checksum(path: &Path) -> Result<String, Error> {
    let mut file = BufReader::with_capacity(1 << 18, File::open(path)?);
    let mut hasher = Sha256::new();
    loop {
        let bytes = file.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        hasher.update(bytes);
        let length = bytes.len();
        file.consume(length);
    }
    Ok(crate::migration::hex(&hasher.finalize()))
}

fn note_checksum(partial: &Path, target: &Path) -> Result<(), Error> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let (place, line) = (checksum_place(target), format!("{}  {name}\n", checksum(partial)?));
    let fresh = beside(&place, ".partial");
    std::fs::write(&fresh, line)?;
    publish(&fresh, &place)
}

/// Refuses a backup that is not, to the byte, what was made.
fn compare_checksum(source: &Path) -> Result<(), Error> {
    let noted = match std::fs::read_to_string(checksum_place(source)) {
        Ok(noted) => noted,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if noted.split_whitespace().next() == Some(&checksum(source)?) {
        return Ok(());
    }
    Err(Error::Backup(format!("{} is damaged: its checksum is another one", source.display())))
}

/// Restores a backup into an empty place and verifies it. `now` marks the new life of the database: cursors of the outbox
/// from before it are lost on purpose. Refuses to overwrite anything. Blocks.
pub fn restore(source: &Path, database: &Database, now: Time) -> Result<Contents, Error> {
    compare_checksum(source)?;
    match database {
        Database::Sqlite { path } => restore_sqlite(source, path, now),
        Database::Postgres { url } => restore_postgres(source, url, now),
    }
}

/// Counts and digests every table in one snapshot.
pub fn contents(rd: &mut Rd) -> Result<Vec<Table>, Error> {
    schema::tables(rd)?.into_iter().map(|name| digest(rd, name)).collect()
}

fn digest(rd: &mut Rd, name: String) -> Result<Table, Error> {
    let key = schema::key(rd, &name)?.join(", ");
    let order = if key.is_empty() { String::new() } else { format!(" ORDER BY {key}") };
    let columns = schema::columns(rd, &name)?.join(", ");
    let mut hasher = Sha256::new();
    let mut rows = 0;
    rd.query_text(&format!("SELECT {columns} FROM {name}{order}"), |row| {
        rows += 1;
        for index in 0..row.width() {
            feed(&mut hasher, &row.value(index)?);
        }
        Ok(())
    })?;
    Ok(Table { name, rows, digest: crate::migration::hex(&hasher.finalize()) })
}

/// Feeds a value to a digest, with its length, so that no two rows look the same. Booleans are numbers on SQLite.
fn feed(hasher: &mut Sha256, value: &Value<'_>) {
    let (kind, bytes): (u8, &[u8]) = match value {
        Value::Null | Value::Missing(_) => (0, &[]),
        Value::Bool(value) => return feed(hasher, &Value::Int(i64::from(*value))),
        Value::Int(value) => (1, &value.to_be_bytes()),
        Value::Float(value) => (2, &value.to_be_bytes()),
        Value::Text(value) => (3, value.as_bytes()),
        Value::Bytes(value) => (4, value),
    };
    hasher.update([kind]);
    hasher.update((bytes.len() as u64).to_be_bytes());
    hasher.update(bytes);
}

fn backup_sqlite(path: &Path, partial: &Path) -> Result<Contents, Error> {
    sqlite::check_version()?;
    if !path.exists() {
        return Err(Error::Backup(format!("{} does not exist", path.display())));
    }
    // Made by us, closed to others, before SQLite writes the first byte into it.
    private(partial)?;
    let source = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    source.busy_timeout(std::time::Duration::from_secs(30))?;
    let name = partial.to_str().ok_or_else(|| Error::Backup("the target is not UTF-8".to_owned()))?;
    source.execute("VACUUM INTO ?1", [name])?;
    drop(source);
    flush(partial)?;
    verify_sqlite(partial)
}

fn verify_sqlite(path: &Path) -> Result<Contents, Error> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(Error::Backup("the integrity check failed".to_owned()));
    }
    if connection.prepare("PRAGMA foreign_key_check")?.exists([])? {
        return Err(Error::Backup("a reference points nowhere".to_owned()));
    }
    drop(connection);
    let mut rd = Rd::new(Engine::Sqlite(Sqlite::unchanged(path)?));
    rd.control("BEGIN DEFERRED")?;
    let tables = contents(&mut rd)?;
    if !tables.iter().any(|table| table.name == "schema_migration") {
        return Err(Error::Backup("this is not a desk's database".to_owned()));
    }
    Ok(Contents { bytes: std::fs::metadata(path)?.len(), tables })
}

fn restore_sqlite(source: &Path, path: &Path, now: Time) -> Result<Contents, Error> {
    let _held = sqlite::lock(path)?;
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let there = beside(path, suffix);
        if there.exists() {
            return Err(Error::Backup(format!("{} exists already", there.display())));
        }
    }
    let partial = beside(path, ".partial");
    let _ = std::fs::remove_file(&partial);
    private(&partial)?;
    std::fs::copy(source, &partial)?;
    flush(&partial)?;
    let checked = verify_sqlite(&partial).and_then(|contents| {
        let mut tx = Tx(Rd::new(Engine::Sqlite(Sqlite::writer(&partial)?)));
        tx.control("BEGIN IMMEDIATE")?;
        outbox::begin_incarnation(&mut tx, now)?;
        tx.control_now("COMMIT")?;
        Ok(contents)
    });
    let contents = checked.inspect_err(|_| {
        let _ = std::fs::remove_file(&partial);
    })?;
    // Closing the last connection has emptied the log into the file and removed it.
    if beside(&partial, "-wal").exists() {
        return Err(Error::Backup("the restored file still has a log".to_owned()));
    }
    publish(&partial, path)?;
    Ok(contents)
}

fn backup_postgres(url: &str, partial: &Path) -> Result<Contents, Error> {
    private(partial)?;
    let mut dump = postgres_program("pg_dump", url)?;
    dump.args(["--format=custom", "--no-owner", "--no-privileges", "--file"]).arg(partial);
    run(dump)?;
    flush(partial)?;
    // Reads and unpacks all of it.
    let mut list = Command::new(program("pg_restore"));
    list.arg("--file=/dev/null").arg(partial);
    run(list)?;
    Ok(Contents { bytes: std::fs::metadata(partial)?.len(), tables: Vec::new() })
}

fn restore_postgres(source: &Path, url: &str, now: Time) -> Result<Contents, Error> {
    let address: Arc<str> = url.into();
    let mut rd = Rd::new(Engine::Postgres(Postgres::connect(&address, Purpose::Write)?));
    if !schema::tables(&mut rd)?.is_empty() {
        return Err(Error::Backup("the database is not empty".to_owned()));
    }
    let mut fill = postgres_program("pg_restore", url)?;
    fill.args(["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]).arg(source);
    run(fill)?;
    rd.control("BEGIN ISOLATION LEVEL REPEATABLE READ")?;
    let tables = contents(&mut rd)?;
    if !tables.iter().any(|table| table.name == "schema_migration") {
        return Err(Error::Backup("this is not a desk's database".to_owned()));
    }
    let mut tx = Tx(rd);
    outbox::begin_incarnation(&mut tx, now)?;
    tx.control_now("COMMIT")?;
    Ok(Contents { bytes: std::fs::metadata(source)?.len(), tables })
}

/// One of PostgreSQL's programs, told where the database is. The password travels in the environment: the command line
/// is seen by everybody on the machine.
fn postgres_program(name: &str, url: &str) -> Result<Command, Error> {
    use tokio_postgres::config::Host;
    let config: tokio_postgres::Config =
        url.parse().map_err(|_| Error::engine("address", "not a PostgreSQL address"))?;
    let mut command = Command::new(program(name));
    match config.get_hosts().first() {
        Some(Host::Tcp(host)) => drop(command.arg("--host").arg(host)),
        Some(Host::Unix(path)) => drop(command.arg("--host").arg(path)),
        None => {}
    }
    if let Some(port) = config.get_ports().first() {
        command.arg(format!("--port={port}"));
    }
    if let Some(user) = config.get_user() {
        command.arg("--username").arg(user);
    }
    if let Some(database) = config.get_dbname() {
        command.arg("--dbname").arg(database);
    }
    if let Some(password) = config.get_password() {
        command.env("PGPASSWORD", String::from_utf8_lossy(password).as_ref());
    }
    command.arg("--no-password");
    Ok(command)
}

/// The newest version that Debian installed, or whatever the path has.
fn program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin").join(name)))
        })
        .filter(|(_, path)| path.exists())
        .collect();
    found.sort();
    found.pop().map_or_else(|| PathBuf::from(name), |(_, path)| path)
}

fn run(mut command: Command) -> Result<(), Error> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Error::Backup(format!("{name} could not be started: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    // The first line says what is wrong; those after it may quote rows.
    let text = String::from_utf8_lossy(&output.stderr);
    Err(Error::Backup(format!("{name}: {}", text.lines().next().unwrap_or("no reason given"))))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Creates an empty file that only its owner may read.
fn private(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    Ok(())
}

fn flush(path: &Path) -> Result<(), Error> {
    Ok(OpenOptions::new().write(true).open(path)?.sync_all()?)
}

/// Gives a finished file its name, so that a crash leaves either all of it or nothing.
fn publish(partial: &Path, target: &Path) -> Result<(), Error> {
    flush(partial)?;
    std::fs::rename(partial, target)?;
    let directory = target.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or_else(|| Path::new(".")))?.sync_all()?;
    Ok(())
}
