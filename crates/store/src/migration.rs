//! One list of migrations for both engines, each in a transaction of its own.

use sha2::{Digest, Sha256};

use crate::{Dialect, Error, Lane, Rd, Store, Tx, params};

/// Name and text of every migration, oldest first. A released one is never changed.
const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_desk", include_str!("../migrations/0001_desk.sql")),
    ("0002_feedback", include_str!("../migrations/0002_feedback.sql")),
    ("0003_drivers", include_str!("../migrations/0003_drivers.sql")),
    ("0004_handling", include_str!("../migrations/0004_handling.sql")),
    ("0005_types", include_str!("../migrations/0005_types.sql")),
    ("0006_reports", include_str!("../migrations/0006_reports.sql")),
    ("0007_dashboards", include_str!("../migrations/0007_dashboards.sql")),
    ("0008_alarms", include_str!("../migrations/0008_alarms.sql")),
    ("0009_hours", include_str!("../migrations/0009_hours.sql")),
    ("0010_reporting", include_str!("../migrations/0010_reporting.sql")),
    ("0011_promise", include_str!("../migrations/0011_promise.sql")),
    ("0012_mail", include_str!("../migrations/0012_mail.sql")),
    ("0013_maintenance", include_str!("../migrations/0013_maintenance.sql")),
    ("0014_online", include_str!("../migrations/0014_online.sql")),
    ("0015_roster", include_str!("../migrations/0015_roster.sql")),
    ("0017_surge", include_str!("../migrations/0017_surge.sql")),
    ("0018_status", include_str!("../migrations/0018_status.sql")),
    ("0019_measures", include_str!("../migrations/0019_measures.sql")),
    ("0020_versions", include_str!("../migrations/0020_versions.sql")),
    ("0022_lane", include_str!("../migrations/0022_lane.sql")),
    ("0023_roster_mail", include_str!("../migrations/0023_roster_mail.sql")),
    ("0024_false_claim", include_str!("../migrations/0024_false_claim.sql")),
    ("0025_bot", include_str!("../migrations/0025_bot.sql")),
    ("0026_services", include_str!("../migrations/0026_services.sql")),
    ("0027_proof", include_str!("../migrations/0027_proof.sql")),
    ("0029_answer_mail", include_str!("../migrations/0029_answer_mail.sql")),
];

/// What the placeholders of a migration stand for: (placeholder, SQLite, PostgreSQL).
const PLACEHOLDERS: &[(&str, &str, &str)] = &[
    ("{bytes}", "BLOB", "BYTEA"),
    // A table of short rows kept in the order of its key alone.
    ("{clustered}", "WITHOUT ROWID", ""),
    // Members of an event.
    ("{event.agent_id}", "json_extract(event, '$.agent_id')", "(event::json ->> 'agent_id')"),
    ("{event.team_id}", "json_extract(event, '$.team_id')", "(event::json ->> 'team_id')"),
    ("{event.to}", "json_extract(event, '$.to')", "(event::json ->> 'to')"),
    // A table of which no row is ever changed or removed.
    (
        "{only_added.online_minute}",
        "CREATE TRIGGER online_minute_kept BEFORE UPDATE ON online_minute \
         BEGIN SELECT RAISE(ABORT, 'rows are only added'); END; \
         CREATE TRIGGER online_minute_left BEFORE DELETE ON online_minute \
         BEGIN SELECT RAISE(ABORT, 'rows are only added'); END;",
        "CREATE FUNCTION only_added() RETURNS trigger LANGUAGE plpgsql \
         AS $$ BEGIN RAISE EXCEPTION 'rows are only added'; END $$; \
         CREATE TRIGGER online_minute_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON online_minute \
         FOR EACH STATEMENT EXECUTE FUNCTION only_added();",
    ),
    (
        "{only_added.online_probe}",
        "CREATE TRIGGER online_probe_kept BEFORE UPDATE ON online_probe \
         BEGIN SELECT RAISE(ABORT, 'rows are only added'); END; \
         CREATE TRIGGER online_probe_left BEFORE DELETE ON online_probe \
         BEGIN SELECT RAISE(ABORT, 'rows are only added'); END;",
        "CREATE TRIGGER online_probe_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON online_probe \
         FOR EACH STATEMENT EXECUTE FUNCTION only_added();",
    ),
    ("{position}", "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT", "BIGINT GENERATED ALWAYS AS IDENTITY"),
    // Views for tools that read SQL.
    ("{reporting}", "", include_str!("reporting.sql")),
    (
        "{reporting.handling}",
        "",
        "CREATE VIEW reporting.handling AS SELECT request_id, worked_s AS worked_seconds, CASE WHEN escalation_count = 0 \
         THEN 'first' WHEN escalation_count = 1 THEN 'second' ELSE 'third' END AS tier FROM public.handling;",
    ),
    (
        "{reporting.bot_reply}",
        "",
        "CREATE VIEW reporting.bot_reply AS SELECT i.request_id, to_timestamp(i.bot_reply_at / 1000000) AS replied_at, \
         GREATEST(i.bot_reply_at / 1000000 - r.created_at / 1000000, 0) AS response_seconds \
         FROM public.imported i JOIN public.request r ON r.id = i.request_id WHERE i.bot_reply_at IS NOT NULL;",
    ),
    // The transaction that wrote the row, and on PostgreSQL the key in the feed's order (see `outbox`).
    (
        "{xid}",
        "BIGINT NOT NULL DEFAULT 0",
        "BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint), PRIMARY KEY (xid, position)",
    ),
];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
  name       TEXT   NOT NULL PRIMARY KEY,
  checksum   TEXT   NOT NULL,
  applied_at BIGINT NOT NULL
)";

/// A migration that was applied now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its name, for example `0001_desk`.
    pub name: &'static str,
}

impl Store {
    /// Applies what is missing, and checks that nothing that was applied has changed since. Two nodes may do this at
    /// the same time.
    pub async fn migrate(&self) -> Result<Vec<Applied>, Error> {
        let mut applied = Vec::new();
        let mut tries = 0;
        while let Err(error) = self.write(Lane::AtRisk, 0, prepare).await {
            // Two nodes that create the table at once: PostgreSQL refuses one of them.
            tries += 1;
            if tries > 3 {
                return Err(error);
            }
        }
        for (name, text) in MIGRATIONS {
            let now = self.clock().now();
            let done = self.write(Lane::AtRisk, 0, move |tx| apply(tx, name, text, now.0)).await?;
            if done {
                tracing::info!(migration = name, "applied");
                applied.push(Applied { name });
            }
        }
        Ok(applied)
    }

    /// Names of migrations that are not applied yet. Like [`Store::migrate`] it refuses a database that is newer than this
    /// program; it changes nothing.
    pub async fn unapplied(&self) -> Result<Vec<&'static str>, Error> {
        self.read(|rd| {
            let known = crate::schema::tables(rd)?.iter().any(|table| table == "schema_migration");
            let applied = if known { applied(rd)? } else { Vec::new() };
            Ok(MIGRATIONS
                .iter()
                .map(|(name, _)| *name)
                .filter(|name| !applied.iter().any(|a| a == name))
                .collect())
        })
        .await
    }
}

/// The text of a migration for an engine.
fn text_for(dialect: Dialect, text: &str) -> String {
    PLACEHOLDERS.iter().fold(text.to_owned(), |text, (placeholder, sqlite, postgres)| {
        text.replace(placeholder, if dialect == Dialect::Sqlite { sqlite } else { postgres })
    })
}

fn checksum(text: &str) -> String {
    hex(&Sha256::digest(text))
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Makes the table, and refuses a database that is newer than this program or was made with another text.
fn prepare(tx: &mut Tx) -> Result<(), Error> {
    tx.execute(TABLE, params![])?;
    lock(tx)?;
    applied(tx).map(drop)
}

/// Names of the migrations that were applied; refuses those that this program does not know, or knows with another text.
fn applied(rd: &mut Rd) -> Result<Vec<String>, Error> {
    let found = rd.query("SELECT name, checksum FROM schema_migration ORDER BY name", params![], |row| {
        Ok((row.get::<String>(0)?, row.get::<String>(1)?))
    })?;
    let mut names = Vec::with_capacity(found.len());
    for (name, sum) in found {
        match MIGRATIONS.iter().find(|(known, _)| *known == name) {
            None => return Err(Error::Migration(format!("{name} is newer than this program"))),
            Some((_, text)) if checksum(text) != sum => {
                return Err(Error::Migration(format!("{name} was changed after it had been applied")));
            }
            Some(_) => names.push(name),
        }
    }
    Ok(names)
}

/// One node at a time, by a lock that ends with the transaction.
fn lock(tx: &mut Tx) -> Result<(), Error> {
    match tx.dialect() {
        Dialect::Sqlite => Ok(()),
        Dialect::Postgres => {
            tx.execute("LOCK TABLE schema_migration IN EXCLUSIVE MODE", params![]).map(|_| ())
        }
    }
}

fn apply(tx: &mut Tx, name: &'static str, text: &str, now: i64) -> Result<bool, Error> {
    lock(tx)?;
    let known =
        tx.query_opt("SELECT 1 FROM schema_migration WHERE name = $1", params![name], |_| Ok(()))?.is_some();
    if known {
        return Ok(false);
    }
    tx.wrote = true;
    let script = text_for(tx.dialect(), text);
    tx.script(&script)?;
    tx.execute(
        "INSERT INTO schema_migration (name, checksum, applied_at) VALUES ($1, $2, $3)",
        params![name, checksum(text), now],
    )?;
    Ok(true)
}

/// A short name for the whole list, as it is in this program.
#[cfg(feature = "testing")]
pub(crate) fn fingerprint() -> String {
    let all: String = MIGRATIONS.iter().flat_map(|(name, text)| [*name, "\n", *text, "\n"]).collect();
    checksum(&format!("{all}{PLACEHOLDERS:?}")).chars().take(16).collect()
}
