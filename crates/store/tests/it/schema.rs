//! The two migrated schemas are the same one, and every id has 64 bits.

use std::collections::{BTreeMap, BTreeSet};

use standfast_store::{Dialect, Error, Rd, Store, params, store_test, testing};

/// A column as both engines can tell it: type class and whether it may be NULL.
type Columns = Vec<(String, &'static str, bool)>;

#[derive(Debug, PartialEq, Eq, Default)]
struct Table {
    columns: Columns,
    /// Unique, partial, columns.
    indexes: BTreeSet<(bool, bool, Vec<String>)>,
    /// Column, target table, target column.
    references: BTreeSet<(String, String, String)>,
}

/// A type as both engines mean it. SQLite's declared names and PostgreSQL's real ones.
fn class(declared: &str) -> &'static str {
    match declared.to_ascii_uppercase().as_str() {
        // A primary key that SQLite numbers must be declared so; it has 64 bits.
        "BIGINT" | "INTEGER PRIMARY KEY" => "bigint",
        "TEXT" => "text",
        "BOOLEAN" => "boolean",
        "BLOB" | "BYTEA" => "bytes",
        "DOUBLE PRECISION" => "double",
        other => panic!("the type {other} does not mean the same on both engines"),
    }
}

fn names(rd: &mut Rd) -> Result<Vec<String>, Error> {
    let sql = match rd.dialect() {
        Dialect::Sqlite => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_'"
        }
        Dialect::Postgres => "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    };
    rd.query(sql, params![], |row| row.get(0))
}

fn columns(rd: &mut Rd, table: &str) -> Result<Columns, Error> {
    let sql = match rd.dialect() {
        Dialect::Sqlite => {
            "SELECT name, CASE WHEN pk = 1 AND type = 'INTEGER' THEN 'INTEGER PRIMARY KEY' ELSE type END,
             \"notnull\" = 0 FROM pragma_table_info($1) ORDER BY cid"
        }
        Dialect::Postgres => {
            "SELECT column_name::text, data_type::text, is_nullable = 'YES' FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position"
        }
    };
    rd.query(sql, params![table], |row| Ok((row.get(0)?, class(&row.get::<String>(1)?), row.get(2)?)))
}

fn indexes(rd: &mut Rd, table: &str) -> Result<BTreeSet<(bool, bool, Vec<String>)>, Error> {
    let sql = match rd.dialect() {
        Dialect::Sqlite => {
            "SELECT l.\"unique\", l.partial, (SELECT group_concat(name) FROM
                (SELECT name FROM pragma_index_info(l.name) ORDER BY seqno))
             FROM pragma_index_list($1) l"
        }
        Dialect::Postgres => {
            "SELECT i.indisunique, i.indpred IS NOT NULL,
                (SELECT string_agg(a.attname, ',' ORDER BY k.place)
                 FROM unnest(i.indkey) WITH ORDINALITY AS k(number, place)
                 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number)
             FROM pg_index i WHERE i.indrelid = to_regclass($1)"
        }
    };
    let list = rd.query(sql, params![table], |row| {
        let columns = row.get::<String>(2)?.split(',').map(str::to_owned).collect();
        Ok((row.get(0)?, row.get(1)?, columns))
    })?;
    Ok(list.into_iter().collect())
}

fn references(rd: &mut Rd, table: &str) -> Result<BTreeSet<(String, String, String)>, Error> {
    let sql = match rd.dialect() {
        Dialect::Sqlite => "SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list($1)",
        Dialect::Postgres => {
            "SELECT a.attname::text, t.relname::text, b.attname::text FROM pg_constraint c
             JOIN pg_class t ON t.oid = c.confrelid
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
             JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1]
             WHERE c.contype = 'f' AND c.conrelid = to_regclass($1)"
        }
    };
    Ok(rd
        .query(sql, params![table], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .into_iter()
        .collect())
}

async fn schema(store: &Store) -> BTreeMap<String, Table> {
    store
        .read::<_, Error, _>(|rd| {
            names(rd)?
                .into_iter()
                .map(|name| {
                    let table = Table {
                        columns: columns(rd, &name)?,
                        indexes: indexes(rd, &name)?,
                        references: references(rd, &name)?,
                    };
                    Ok((name, table))
                })
                .collect()
        })
        .await
        .unwrap()
}

#[test]
fn both_engines_have_the_same_schema() {
    testing::on_postgres(|postgres| async move {
        let sqlite = testing::sqlite();
        let (mut left, mut right) = (schema(&sqlite).await, schema(&postgres).await);
        // The one difference that is meant: the key in the order of the feed (see `outbox`). SQLite's is the row's own
        // number, which needs no index.
        let feed = right.get_mut("outbox").unwrap();
        assert!(feed.indexes.remove(&(true, false, vec!["xid".to_owned(), "position".to_owned()])));
        assert_eq!(left.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>());
        for (name, table) in &mut left {
            assert_eq!(Some(&*table), right.get(name), "{name}");
        }
    });
}

store_test! {
    async fn ids_and_references_have_64_bits(store) {
        let tables = schema(&store).await;
        let mut checked = 0;
        for (name, table) in &tables {
            for (column, class, _) in &table.columns {
                let counted = matches!(column.as_str(), "id" | "position" | "seq" | "xid") || column.ends_with("_id") || column.ends_with("_seq");
                // Given by the client or by another system, not by us.
                if counted && column != "client_id" && column != "external_id" {
                    assert_eq!(*class, "bigint", "{name}.{column}");
                    checked += 1;
                }
            }
            for (column, _, _) in &table.references {
                let class = table.columns.iter().find(|(known, _, _)| known == column).unwrap().1;
                assert_eq!(class, "bigint", "{name}.{column}");
            }
        }
        assert!(checked > 20, "{checked}");
    }

    async fn every_reference_of_a_growing_table_has_an_index(store) {
        // A reference without an index makes every change of its target read the whole table.
        let small = ["team_member", "agent_read", "request", "customer", "driver", "machine_token", "alarm", "report", "report_run", "schedule_version", "maintenance", "person"];
        for (name, table) in schema(&store).await {
            for (column, _, _) in &table.references {
                let indexed = table.indexes.iter().any(|(_, _, columns)| columns.first() == Some(column));
                assert!(indexed || small.contains(&name.as_str()), "{name}.{column}");
            }
        }
    }

    async fn migrating_again_does_nothing(store) {
        assert_eq!(store.migrate().await, Ok(vec![]));
        assert_eq!(store.unapplied().await, Ok(vec![]));
    }

    async fn a_changed_or_unknown_migration_is_refused(store) {
        let write = |sql: &'static str| store.write::<_, Error, _>(standfast_store::Lane::Ordinary, 0, move |tx| tx.execute(sql, params![]));
        write("INSERT INTO schema_migration (name, checksum, applied_at) VALUES ('9999_later', '', 0)").await.unwrap();
        assert!(matches!(store.migrate().await, Err(Error::Migration(text)) if text.contains("newer")));
        write("DELETE FROM schema_migration WHERE name = '9999_later'").await.unwrap();
        write("UPDATE schema_migration SET checksum = 'other' WHERE name = '0001_desk'").await.unwrap();
        assert!(matches!(store.migrate().await, Err(Error::Migration(text)) if text.contains("changed")));
    }
}

#[test]
fn nodes_that_migrate_at_once_do_it_once() {
    let Some(database) = testing::empty_postgres() else { return };
    let config =
        standfast_store::Config::new(standfast_store::Database::Postgres { url: database.url.clone() });
    let nodes: Vec<_> = (0..4)
        .map(|_| {
            let config = config.clone();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let store = Store::open(config, standfast_domain::SystemClock::shared()).unwrap();
                runtime.block_on(store.migrate()).unwrap().len()
            })
        })
        .collect();
    let applied: usize = nodes.into_iter().map(|node| node.join().unwrap()).sum();
    let migrations = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap().count();
    assert_eq!(applied, migrations);
}

/// Statements that differ between the engines, by file. A new one needs a good reason, and a line here.
#[test]
fn forks_between_the_engines_are_counted() {
    let allowed = BTreeMap::from([
        ("customer.rs", 1),
        ("doctor.rs", 1),
        ("hours.rs", 1),
        ("job.rs", 1),
        ("migration.rs", 2),
        ("outbox.rs", 4),
        ("request.rs", 3),
        ("review.rs", 1),
        ("schema.rs", 3),
        ("store.rs", 1),
        ("exec.rs", 1),
        ("foresight.rs", 1),
    ]);
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    let within = |folder| std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let (folders, mut files): (Vec<_>, Vec<_>) = within(source).partition(|file| file.path().is_dir());
    files.extend(folders.iter().flat_map(|folder| within(folder.path())));
    for file in files {
        let text = std::fs::read_to_string(file.path()).unwrap();
        let forks = text.matches("Dialect::Sqlite").count();
        if forks > 0 {
            found.insert(file.file_name().into_string().unwrap(), forks);
        }
    }
    for (file, forks) in found {
        assert_eq!(Some(&forks), allowed.get(file.as_str()), "{file} has {forks} forks");
    }
}
