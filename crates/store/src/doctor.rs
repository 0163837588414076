//! What the store really guarantees, read back from the engine and measured, not taken from the configuration.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::exec::Engine;
use crate::stats::percentile;
use crate::{Database, Dialect, Error, Lane, Rd, Store, params};

/// Free space below which the doctor warns.
const LITTLE_SPACE: u64 = 1 << 30;
/// Log size above which the doctor warns: a reader may be stuck.
const LONG_LOG: u64 = 256 << 20;
/// File systems whose locks and flushes SQLite cannot trust: NFS, SMB, CIFS, 9p; and those that forget: tmpfs, ramfs.
const UNSAFE_FILE_SYSTEMS: &[(u64, &str)] = &[
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB2"),
    (0x0102_1997, "9p"),
    (0x0102_1994, "tmpfs, which forgets"),
    (0x8584_58f6, "ramfs, which forgets"),
];

/// What is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guarantee {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// The engine's version.
    pub version: String,
    /// SQLite's `journal_mode`; PostgreSQL's `wal_level`.
    pub journal_mode: String,
    /// SQLite's `synchronous`; PostgreSQL's `synchronous_commit`.
    pub synchronous: String,
    /// The file of SQLite.
    pub path: Option<PathBuf>,
    /// Free bytes on the file's disk; not known for a server.
    pub free_bytes: Option<u64>,
    /// Size of SQLite's log; not known for a server.
    pub wal_bytes: Option<u64>,
    /// Median of the measured commits, from call to answer.
    pub commit_p50: Duration,
    /// 99th percentile of the same.
    pub commit_p99: Duration,
    /// Where an acknowledged write is: `local` (this disk) or `replicated` (a standby's disk too).
    pub durable: &'static str,
    /// What an operator should look at.
    pub warnings: Vec<String>,
}

impl Store {
    /// Reads back what is in force, and makes `commits` real commits, one after the other, to see how long they take.
    pub async fn inspect(&self, commits: usize) -> Result<Guarantee, Error> {
        let mut latencies = Vec::with_capacity(commits);
        for round in 0..commits {
            let begun = self.clock().monotonic();
            self.write::<_, Error, _>(Lane::Background, 0, move |tx| {
                tx.run(
                    "INSERT INTO setting (name, value) VALUES ('doctor', $1)
                     ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    params![round.to_string()],
                )
            })
            .await?;
            latencies.push(self.clock().monotonic().saturating_sub(begun));
        }
        latencies.sort_unstable();
        let mut guarantee = match &self.config().database {
            // Through the writer: its connection is the one that must be durable.
            Database::Sqlite { path } => {
                let path = path.clone();
                self.write(Lane::Background, 0, move |tx| sqlite(tx, &path)).await?
            }
            Database::Postgres { .. } => self.write(Lane::Background, 0, |tx| postgres(tx)).await?,
        };
        guarantee.commit_p50 = percentile(&latencies, 50);
        guarantee.commit_p99 = percentile(&latencies, 99);
        Ok(guarantee)
    }

    /// Makes what was erased leave the files. SQLite overwrites it at once (`secure_delete`), and the log is emptied
    /// here. PostgreSQL's tables are vacuumed, after which no query can reach the old versions; their bytes stay in free
    /// space, in the server's log and in its backups until those are used again (`VACUUM FULL` rewrites a table at once,
    /// but locks it). Returns false when a reader was in the way: try again later.
    pub async fn scrub(&self, tables: &'static [&'static str]) -> Result<bool, Error> {
        match self.dialect() {
            Dialect::Sqlite => {
                self.errand(|rd| match &mut rd.engine {
                    Engine::Sqlite(sqlite) => Ok(sqlite.truncate_log()),
                    Engine::Postgres(_) => Ok(false),
                })
                .await
            }
            Dialect::Postgres => {
                // A vacuum takes long and cannot be part of a transaction: it gets a connection of its own.
                self.apart(move |postgres| {
                    tables.iter().try_for_each(|table| postgres.batch(&format!("VACUUM {table}")))?;
                    Ok(true)
                })
                .await
            }
        }
    }
}

/// Whether so little is left on the disk of a folder that only words may still be written: less than a gigabyte, or
/// less than a twentieth of a small disk. Files are the first to be refused, so that they never cost anybody words.
pub fn is_nearly_full(folder: &Path) -> bool {
    rustix::fs::statvfs(folder).is_ok_and(|disk| {
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        bytes(disk.f_bavail) < LITTLE_SPACE.min(bytes(disk.f_blocks) / 20)
    })
}

fn sqlite(rd: &mut Rd, path: &Path) -> Result<Guarantee, Error> {
    let text = |rd: &mut Rd, sql| rd.query_one(sql, params![], |row| row.get::<String>(0));
    let number = |rd: &mut Rd, sql| rd.query_one(sql, params![], |row| row.get::<i64>(0));
    let version = text(rd, "SELECT sqlite_version()")?;
    let journal_mode = text(rd, "PRAGMA journal_mode")?;
    let synchronous = number(rd, "PRAGMA synchronous")?;
    let secure_delete = number(rd, "PRAGMA secure_delete")?;
    let mut warnings = Vec::new();
    if journal_mode != "wal" || synchronous < 2 {
        warnings.push("acknowledged writes can be lost when the power fails".to_owned());
    }
    if secure_delete != 1 {
        warnings.push("erased texts stay in free pages (secure_delete is off)".to_owned());
    }
    let disk = rustix::fs::statvfs(path).ok();
    let free_bytes = disk.as_ref().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    if free_bytes.is_some_and(|bytes| bytes < LITTLE_SPACE) {
        warnings.push("less than 1 GB is free".to_owned());
    }
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let wal_bytes = std::fs::metadata(PathBuf::from(log)).map_or(0, |data| data.len());
    if wal_bytes > LONG_LOG {
        warnings.push("the log is larger than 256 MB: a reader may be stuck".to_owned());
    }
    if let Some(name) = unsafe_file_system(path) {
        warnings.push(format!("the file is on {name}"));
    }
    Ok(Guarantee {
        engine: "sqlite",
        version,
        journal_mode,
        synchronous: match synchronous {
            0 => "OFF".to_owned(),
            1 => "NORMAL".to_owned(),
            2 => "FULL".to_owned(),
            3 => "EXTRA".to_owned(),
            other => other.to_string(),
        },
        path: Some(path.to_owned()),
        free_bytes,
        wal_bytes: Some(wal_bytes),
        commit_p50: Duration::ZERO,
        commit_p99: Duration::ZERO,
        durable: "local",
        warnings,
    })
}

fn unsafe_file_system(path: &Path) -> Option<&'static str> {
    let kind = rustix::fs::statfs(path).ok()?.f_type.cast_unsigned();
    UNSAFE_FILE_SYSTEMS.iter().find(|(known, _)| *known == kind).map(|(_, name)| *name)
}

fn postgres(rd: &mut Rd) -> Result<Guarantee, Error> {
    let setting = |rd: &mut Rd, name: &str| {
        rd.query_one("SELECT current_setting($1)", params![name], |row| row.get::<String>(0))
    };
    let version = setting(rd, "server_version")?;
    let synchronous = setting(rd, "synchronous_commit")?;
    let mut warnings = Vec::new();
    for (name, wanted, harm) in [
        ("fsync", "on", "acknowledged writes can be lost, and the database damaged, when the power fails"),
        ("full_page_writes", "on", "the database can be damaged when the power fails"),
        ("synchronous_commit", "on", "acknowledged writes can be lost when the power fails"),
        ("data_checksums", "on", "damage on the disk goes unseen"),
        ("autovacuum", "on", "tables grow without end"),
        ("data_sync_retry", "off", "a failed flush is tried again and believed"),
    ] {
        let found = setting(rd, name)?;
        // Stronger than `on`: the standby has applied it, too.
        if found != wanted && !(name == "synchronous_commit" && found == "remote_apply") {
            warnings.push(format!("{name} is {found}: {harm}"));
        }
    }
    let standbys = setting(rd, "synchronous_standby_names")?;
    let replicated = !standbys.is_empty() && synchronous != "local" && synchronous != "off";
    if replicated {
        let connected = rd.query_one(
            "SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')",
            params![],
            |row| row.get::<i64>(0),
        )?;
        if connected == 0 {
            warnings.push("no synchronous standby is connected (or this user may not see it)".to_owned());
        }
    }
    Ok(Guarantee {
        engine: "postgres",
        version,
        journal_mode: setting(rd, "wal_level")?,
        synchronous,
        path: None,
        free_bytes: None,
        wal_bytes: None,
        commit_p50: Duration::ZERO,
        commit_p99: Duration::ZERO,
        durable: if replicated { "replicated" } else { "local" },
        warnings,
    })
}
