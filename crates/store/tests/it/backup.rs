//! The restore drill: a backup taken under load comes back whole, at one point in time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use standfast_domain::{RequestId, SystemClock, Time};
use standfast_store::testing::{self, TestStore};
use standfast_store::{Config, Database, Error, Lane, Store, backup, outbox, params};

use crate::unit::{log, tables};

/// Writes until told to stop; returns how many units were acknowledged.
async fn load(store: Store, stop: Arc<AtomicBool>, acknowledged: Arc<AtomicI64>) {
    while !stop.load(Ordering::SeqCst) {
        let token = acknowledged.load(Ordering::SeqCst) + 1;
        store
            .write::<_, Error, _>(Lane::Ordinary, token % 16, move |tx| {
                log(tx, token % 16, token)?;
                outbox::append(tx, RequestId(token), 1, "entry", "{}", Time(0))
            })
            .await
            .unwrap();
        acknowledged.fetch_add(1, Ordering::SeqCst);
    }
}

async fn drill(store: TestStore, target: Database, directory: &std::path::Path) {
    tables(&store).await;
    let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicI64::new(0)));
    let writing = tokio::spawn(load(Store::clone(&store), Arc::clone(&stop), Arc::clone(&acknowledged)));
    while acknowledged.load(Ordering::SeqCst) < 100 {
        assert!(!writing.is_finished());
        tokio::task::yield_now().await;
    }
    let before = acknowledged.load(Ordering::SeqCst);
    let file = directory.join("desk.backup");
    let made = {
        let (database, file) = (store.config().database.clone(), file.clone());
        tokio::task::spawn_blocking(move || backup::backup(&database, &file)).await.unwrap().unwrap()
    };
    stop.store(true, Ordering::SeqCst);
    writing.await.unwrap();
    let after = acknowledged.load(Ordering::SeqCst);
    assert!(made.bytes > 0);

    let restored = {
        let (target, file) = (target.clone(), file.clone());
        tokio::task::spawn_blocking(move || {
            let restored = backup::restore(&file, &target, Time(77)).unwrap();
            let twice = backup::restore(&file, &target, Time(78));
            assert!(matches!(twice, Err(Error::Backup(_))), "{twice:?}");
            restored
        })
        .await
        .unwrap()
    };
    if !made.tables.is_empty() {
        assert_eq!(restored.tables, made.tables);
    }
    let copy = Store::open(Config::new(target), SystemClock::shared()).unwrap();
    assert_eq!(copy.migrate().await, Ok(vec![]));
    let (logged, last, counted, events) = copy
        .read::<_, Error, _>(|rd| {
            let one =
                |rd: &mut standfast_store::Rd, sql| rd.query_one(sql, params![], |row| row.get::<i64>(0));
            Ok((
                one(rd, "SELECT count(*) FROM log")?,
                one(rd, "SELECT max(token) FROM log")?,
                one(rd, "SELECT CAST(sum(n) AS BIGINT) FROM tally")?,
                one(rd, "SELECT count(*) FROM outbox")?,
            ))
        })
        .await
        .unwrap();
    // One point in time: what belongs together is together, and everything acknowledged before the backup is there.
    assert_eq!((logged, counted, events), (last, last, last));
    assert!((before..=after).contains(&last), "{before} <= {last} <= {after}");
    // A cursor from before the restore does not work on the restored feed; a new one reads all of it.
    let old = store.read::<_, Error, _>(outbox::head).await.unwrap();
    assert_eq!(copy.read(move |rd| outbox::read_after(rd, &old, 1)).await, Err(Error::CursorLost));
    let all = copy
        .read::<_, Error, _>(|rd| outbox::read_after(rd, &outbox::Cursor::default(), 100_000))
        .await
        .unwrap()
        .0;
    assert_eq!(i64::try_from(all.len()).unwrap(), last);
    copy.write::<_, Error, _>(Lane::Ordinary, 0, |tx| {
        outbox::append(tx, RequestId(1), 2, "entry", "{}", Time(0))
    })
    .await
    .unwrap();
    copy.close().await;
}

#[test]
fn restore_drill_sqlite() {
    testing::on_sqlite(|store| async move {
        let directory = tempfile::tempdir().unwrap();
        let target = Database::Sqlite { path: directory.path().join("restored.db") };
        drill(store, target, directory.path()).await;
    });
}

#[test]
fn restore_drill_postgres() {
    testing::on_postgres(|store| async move {
        let directory = tempfile::tempdir().unwrap();
        let empty = testing::empty_postgres().unwrap();
        drill(store, Database::Postgres { url: empty.url.clone() }, directory.path()).await;
    });
}

#[test]
fn a_damaged_backup_is_refused() {
    testing::on_sqlite(|store| async move {
        tables(&store).await;
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("desk.backup");
        backup::backup(&store.config().database, &file).unwrap();
        assert!(matches!(backup::backup(&store.config().database, &file), Err(Error::Backup(_))));
        let good = std::fs::read(&file).unwrap();
        for place in (0..good.len()).step_by(4_096 * 3) {
            let mut bad = good.clone();
            for byte in &mut bad[place..place + 512] {
                *byte ^= 0x5a;
            }
            let (damaged, path) = (directory.path().join("damaged"), directory.path().join("restored.db"));
            std::fs::write(&damaged, bad).unwrap();
            let refused = backup::restore(&damaged, &Database::Sqlite { path: path.clone() }, Time(1));
            // Damage in free space of a page may be harmless; then what comes back must be what was saved.
            if let Ok(contents) = refused {
                assert_eq!(
                    contents.tables,
                    backup::restore(
                        &file,
                        &Database::Sqlite { path: directory.path().join(format!("good{place}")) },
                        Time(1)
                    )
                    .unwrap()
                    .tables
                );
                std::fs::remove_file(&path).unwrap();
            } else {
                assert!(!path.exists());
            }
        }
    });
}

#[test]
fn a_backup_with_one_changed_letter_is_refused() {
    testing::on_sqlite(|store| async move {
        tables(&store).await;
        store
            .write::<_, Error, _>(Lane::Ordinary, 0, |tx| {
                outbox::append(tx, RequestId(1), 1, "entry", "{\"canary\":1}", Time(0))
            })
            .await
            .unwrap();
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("desk.backup");
        backup::backup(&store.config().database, &file).unwrap();
        let noted = std::fs::read_to_string(backup::checksum_place(&file)).unwrap();
        assert!(noted.ends_with("  desk.backup\n"), "{noted}");
        let mut bytes = std::fs::read(&file).unwrap();
        let place = bytes.windows(6).position(|window| window == b"canary").unwrap();
        bytes[place] = b'C';
        std::fs::write(&file, bytes).unwrap();
        let target = Database::Sqlite { path: directory.path().join("restored.db") };
        let refused = backup::restore(&file, &target, Time(1));
        assert!(matches!(&refused, Err(Error::Backup(why)) if why.contains("is damaged")), "{refused:?}");
        assert!(!directory.path().join("restored.db").exists());
        // Neither engine knows: without the checksum it is taken.
        std::fs::remove_file(backup::checksum_place(&file)).unwrap();
        backup::restore(&file, &target, Time(1)).unwrap();
    });
}
