//! Lost connections and full disks.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use standfast_domain::SystemClock;
use standfast_store::{Config, Database, Error, Lane, Store, params, testing};

use crate::unit::{audit, log, tables};

async fn keep_writing(store: Store, client: i64, stop: Arc<AtomicBool>) -> Vec<(i64, (i64, i64))> {
    let mut kept = Vec::new();
    let mut round = 0;
    while !stop.load(Ordering::SeqCst) {
        let (token, shard) = (client * 100_000 + round, (client + round) % 16);
        round += 1;
        // Asks again with the same key until it is told, as every client does.
        loop {
            match store.write(Lane::Ordinary, shard, move |tx| log(tx, shard, token)).await {
                Ok(n) => break kept.push((token, (shard, n))),
                Err(error) => assert!(error.is_retryable(), "{error:?}"),
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    kept
}

#[test]
fn killed_connections_lose_and_double_nothing() {
    testing::on_postgres(|store| async move {
        tables(&store).await;
        let stop = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..32)
            .map(|client| tokio::spawn(keep_writing(Store::clone(&store), client, Arc::clone(&stop))))
            .collect();
        for _ in 0..15 {
            tokio::time::sleep(Duration::from_millis(70)).await;
            store.on_postgres(&["SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND application_name = 'standfast'"]);
        }
        stop.store(true, Ordering::SeqCst);
        let mut acknowledged = BTreeMap::new();
        for client in clients {
            acknowledged.extend(client.await.unwrap());
        }
        assert!(acknowledged.len() > 200, "{}", acknowledged.len());
        audit(&store, &acknowledged).await;
        assert!(store.stats().repeats > 0);
    });
}

/// The answer of the statement that is queued comes in many parts while the next one is being prepared.
#[test]
fn a_long_answer_that_nobody_takes_holds_nobody_up() {
    testing::on_postgres(|store| async move {
        tables(&store).await;
        let unit = store.write(Lane::Ordinary, 1, |tx| {
            tx.run("SELECT repeat('x', 100000) FROM generate_series(1, 50)", params![])?;
            tx.query_one("SELECT 7::int8", params![], |row| row.get::<i64>(0))
        });
        let answer = tokio::time::timeout(Duration::from_secs(20), unit).await;
        assert_eq!(answer.expect("the connection reads no further").unwrap(), 7);
    });
}

#[test]
fn a_server_that_refuses_for_a_while_is_waited_for() {
    testing::on_postgres(|store| async move {
        tables(&store).await;
        let Database::Postgres { url } = store.config().database.clone() else { return };
        let name = url.rsplit('/').next().unwrap().to_owned();
        let server = testing::server().unwrap();
        let (client, connection) = tokio_postgres::connect(&server, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client
            .batch_execute(&format!(
                "ALTER DATABASE {name} ALLOW_CONNECTIONS false;
                 SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            ))
            .await
            .unwrap();
        let writing = store.write(Lane::Ordinary, 1, |tx| log(tx, 1, 1));
        tokio::time::sleep(Duration::from_millis(700)).await;
        client.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await.unwrap();
        let result = writing.await;
        // Refused at once when the loss was seen before the unit began; then it works a moment later.
        if let Err(error) = result {
            assert!(error.is_retryable(), "{error:?}");
            tokio::time::sleep(Duration::from_millis(600)).await;
            store.write(Lane::Ordinary, 1, |tx| log(tx, 1, 1)).await.unwrap();
        }
        audit(&store, &BTreeMap::from([(1, (1, 1))])).await;
    });
}

#[test]
fn deadlocks_are_repeated() {
    testing::on_postgres(|store| async move {
        tables(&store).await;
        let clients: Vec<_> = (0..16_i64)
            .map(|client| {
                let store = Store::clone(&store);
                tokio::spawn(async move {
                    for _ in 0..8 {
                        // Against the rule: units of different shards take the same rows, in opposite order.
                        let (first, second) = if client % 2 == 0 { (1_i64, 2_i64) } else { (2, 1) };
                        store
                            .write::<_, Error, _>(Lane::Ordinary, client, move |tx| {
                                tx.execute("UPDATE tally SET n = n + 1 WHERE shard = $1", params![first])?;
                                tx.run("UPDATE tally SET n = n + 1 WHERE shard = $1", params![second])
                            })
                            .await
                            .unwrap();
                    }
                })
            })
            .collect();
        for client in clients {
            client.await.unwrap();
        }
        let counts = store
            .read::<_, Error, _>(|rd| {
                rd.query("SELECT n FROM tally WHERE shard IN (1, 2)", params![], |row| row.get::<i64>(0))
            })
            .await
            .unwrap();
        assert_eq!(counts, [128, 128]);
    });
}

/// Fills the database until it says so, makes room, and goes on.
async fn fill_and_heal(store: &Store, make_room: impl AsyncFnOnce()) {
    tables(store).await;
    let mut acknowledged = BTreeMap::new();
    let mut full = 0;
    for round in 0..200_i64 {
        let answers: Vec<_> = (0..20_i64)
            .map(|one| {
                let token = round * 20 + one;
                store.write::<_, Error, _>(Lane::Ordinary, token % 16, move |tx| {
                    let n = log(tx, token % 16, token)?;
                    tx.run(
                        "INSERT INTO setting (name, value) VALUES ($1, $2)",
                        params![format!("{token}"), "x".repeat(4_000)],
                    )?;
                    Ok((token, (token % 16, n)))
                })
            })
            .collect();
        for answer in answers {
            match answer.await {
                Ok((token, place)) => drop(acknowledged.insert(token, place)),
                Err(Error::DiskFull) => full += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
        if full > 60 {
            break;
        }
    }
    assert!(full > 60 && acknowledged.len() > 100, "{full} full, {} kept", acknowledged.len());
    // Nothing half-written: the log and the counters agree with what was acknowledged, and reads go on.
    audit(store, &acknowledged).await;
    make_room().await;
    let n = store.write(Lane::Ordinary, 3, |tx| log(tx, 3, 1_000_003)).await.unwrap();
    acknowledged.insert(1_000_003, (3, n));
    audit(store, &acknowledged).await;
}

#[test]
fn a_full_database_refuses_cleanly_and_heals() {
    testing::on_sqlite(|store| async move {
        let limit = async |sql: &'static str| {
            store
                .write::<i64, Error, _>(Lane::Ordinary, 0, move |tx| {
                    tx.query_one(sql, params![], |row| row.get(0))
                })
                .await
                .unwrap();
        };
        limit("PRAGMA max_page_count = 1500").await;
        fill_and_heal(&store, async || limit("PRAGMA max_page_count = 1000000").await).await;
    });
}

const NEEDS: &str = "this test mounts a small file system to fill it. It needs root, or user namespaces for ordinary users \
    (sysctl kernel.unprivileged_userns_clone=1; with AppArmor kernel.apparmor_restrict_unprivileged_userns=0)";

/// A file system of a few megabytes.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(path: &'a Path, size: &str) -> Self {
        let options = format!("size={size}");
        let mut mount = Command::new("mount");
        let done = mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(path).output().unwrap();
        assert!(done.status.success(), "{NEEDS}: {}", String::from_utf8_lossy(&done.stderr));
        Self(path)
    }
}

/// Runs one test again as an ordinary user who is root in a namespace of its own.
fn as_root_of_a_namespace(test: &str) {
    let mut again = Command::new("unshare");
    again.args(["--user", "--map-root-user", "--mount"]).arg(std::env::current_exe().unwrap());
    let done =
        again.args(["--exact", test]).output().unwrap_or_else(|error| panic!("{NEEDS}: unshare: {error}"));
    let said = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    assert!(done.status.success() && said.contains("1 passed"), "{NEEDS}:\n{said}");
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_refuses_cleanly_and_heals() {
    if Command::new("id").arg("-u").output().unwrap().stdout != b"0\n" {
        return as_root_of_a_namespace("fault::a_full_disk_refuses_cleanly_and_heals");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let directory = tempfile::tempdir().unwrap();
        let _disk = SmallDisk::mount(directory.path(), "64m");
        let ballast = directory.path().join("ballast");
        std::fs::write(&ballast, vec![0; 56 << 20]).unwrap();
        let path = directory.path().join("desk.db");
        let store = Store::open(Config::new(Database::Sqlite { path }), SystemClock::shared()).unwrap();
        store.migrate().await.unwrap();
        fill_and_heal(&store, async || std::fs::remove_file(&ballast).unwrap()).await;
        store.close().await;
    });
}
