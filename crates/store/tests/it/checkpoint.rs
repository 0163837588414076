//! SQLite's log stays short however much is written, beside readers too, and is empty at the end.

use std::path::Path;

use standfast_store::testing::on_sqlite;
use standfast_store::{Error, Lane, Store, params};

/// Bytes of a row: with its page, each unit adds about eight pages to the log.
const ROW: usize = 24 << 10;

async fn write(store: &Store, from: i64, count: i64) {
    for id in from..from + count {
        let text = "x".repeat(ROW);
        let unit = move |tx: &mut standfast_store::Tx| {
            tx.run("INSERT INTO ballast (id, text) VALUES ($1, $2)", params![id, text])
        };
        store.write(Lane::Ordinary, 0, unit).await.unwrap();
    }
}

fn log_bytes(directory: &Path) -> u64 {
    let logs = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap());
    let logs = logs.filter(|file| file.file_name().to_string_lossy().ends_with("-wal"));
    logs.map(|file| file.metadata().unwrap().len()).sum()
}

#[test]
fn the_log_stays_short() {
    on_sqlite(|store| async move {
        let directory = store.directory().unwrap().to_owned();
        let table = "CREATE TABLE ballast (id BIGINT NOT NULL PRIMARY KEY, text TEXT NOT NULL)";
        store.write::<_, Error, _>(Lane::Ordinary, 0, move |tx| tx.run(table, params![])).await.unwrap();
        write(&store, 0, 4_000).await;
        // 4,000 rows are 96 MB; a log that is never copied would hold all of them.
        let bytes = log_bytes(&directory);
        assert!((1 << 20..48 << 20).contains(&bytes), "{bytes} bytes");
        let count = |rd: &mut standfast_store::Rd| {
            rd.query_one("SELECT count(*) FROM ballast", params![], |row| row.get::<i64>(0))
        };
        assert_eq!(store.read(count).await, Ok(4_000));
        store.close().await;
        assert_eq!(log_bytes(&directory), 0);
    });
}

#[test]
fn readers_that_never_leave_the_log_alone_do_not_let_it_grow_for_ever() {
    on_sqlite(|store| async move {
        let directory = store.directory().unwrap().to_owned();
        let table = "CREATE TABLE ballast (id BIGINT NOT NULL PRIMARY KEY, text TEXT NOT NULL)";
        store.write::<_, Error, _>(Lane::Ordinary, 0, move |tx| tx.run(table, params![])).await.unwrap();
        let (stop, stopped) = tokio::sync::watch::channel(false);
        // Three at a time, each for 30 ms: there is always one.
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let (store, stopped) = (Store::clone(&store), stopped.clone());
                tokio::spawn(async move {
                    while !*stopped.borrow() {
                        let read = |rd: &mut standfast_store::Rd| {
                            rd.query_one("SELECT count(*) FROM ballast", params![], |row| row.get::<i64>(0))?;
                            std::thread::sleep(std::time::Duration::from_millis(30));
                            Ok::<_, Error>(())
                        };
                        store.read(read).await.unwrap();
                    }
                })
            })
            .collect();
        write(&store, 0, 8_000).await;
        stop.send(true).unwrap();
        for reader in readers {
            reader.await.unwrap();
        }
        // 8,000 rows are 195 MB.
        assert!(log_bytes(&directory) < 112 << 20, "{}", log_bytes(&directory));
    });
}

#[test]
fn a_long_reader_delays_the_copying_and_nothing_else() {
    on_sqlite(|store| async move {
        let directory = store.directory().unwrap().to_owned();
        let table = "CREATE TABLE ballast (id BIGINT NOT NULL PRIMARY KEY, text TEXT NOT NULL)";
        store.write::<_, Error, _>(Lane::Ordinary, 0, move |tx| tx.run(table, params![])).await.unwrap();
        write(&store, 0, 10).await;
        let (tell, told) = tokio::sync::oneshot::channel();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let reader = store.read::<_, Error, _>(move |rd| {
            let count = |rd: &mut standfast_store::Rd| {
                rd.query_one("SELECT count(*) FROM ballast", params![], |r| r.get(0))
            };
            let first: i64 = count(rd)?;
            let _ = tell.send(());
            let _ = ended.recv();
            Ok((first, count(rd)?))
        });
        let reader = tokio::spawn(reader);
        told.await.unwrap();
        write(&store, 10, 3_000).await;
        assert!(log_bytes(&directory) > 64 << 20, "the reader's state must not be overwritten");
        end.send(()).unwrap();
        assert_eq!(reader.await.unwrap(), Ok((10, 10)));
        write(&store, 3_010, 3_000).await;
        assert!(log_bytes(&directory) <= 64 << 20, "cut when it began anew");
    });
}
