//! The feed: nothing skipped, nothing twice, also when commits come late.

use std::collections::BTreeSet;
use std::time::Duration;

use standfast_domain::{RequestId, Time};
use standfast_store::outbox::{self, Cursor, Event};
use standfast_store::testing::TestStore;
use standfast_store::{Error, Lane, Store, store_test};

async fn append(store: &Store, seq: i64) {
    store
        .write::<_, Error, _>(Lane::Ordinary, seq, move |tx| {
            outbox::append(tx, RequestId(1), seq, "entry", "{}", Time(seq))
        })
        .await
        .unwrap();
}

async fn read(store: &Store, cursor: Cursor, limit: u32) -> Result<(Vec<Event>, Cursor), Error> {
    store.read(move |rd| outbox::read_after(rd, &cursor, limit)).await
}

/// Reads until so many events have come; other tests' transactions on the same server hold the feed back.
async fn read_until(store: &Store, mut cursor: Cursor, count: usize) -> (Vec<i64>, Cursor) {
    let mut seen = Vec::new();
    for _ in 0..2_000 {
        let (events, next) = read(store, cursor, 7).await.unwrap();
        cursor = next;
        seen.extend(events.iter().map(|event| event.seq));
        if seen.len() >= count {
            return (seen, cursor);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("only {} of {count} events came", seen.len());
}

async fn head_after(store: &TestStore, count: usize) -> Cursor {
    read_until(store, Cursor::default(), count).await.1
}

store_test! {
    async fn events_come_in_order_and_once(store) {
        for seq in 1..=20 {
            append(&store, seq).await;
        }
        let (seen, cursor) = read_until(&store, Cursor::default(), 20).await;
        assert_eq!(seen, (1..=20).collect::<Vec<_>>());
        let (none, same) = read(&store, cursor, 10).await.unwrap();
        assert_eq!((none.len(), same), (0, cursor));
        append(&store, 21).await;
        let kept = Cursor::parse(&cursor.to_string()).unwrap();
        assert_eq!(read_until(&store, kept, 1).await.0, [21]);
    }

    async fn the_head_is_before_what_comes_later(store) {
        append(&store, 1).await;
        head_after(&store, 1).await;
        let head = store.read::<_, Error, _>(outbox::head).await.unwrap();
        append(&store, 2).await;
        let (seen, _) = read_until(&store, head, 1).await;
        assert_eq!(seen.last(), Some(&2));
    }

    async fn a_trimmed_cursor_is_told(store) {
        for seq in 1..=10 {
            append(&store, seq).await;
        }
        let (_, early) = read_until(&store, Cursor::default(), 1).await;
        let end = head_after(&store, 10).await;
        assert_eq!(store.write::<_, Error, _>(Lane::Background, 0, |tx| outbox::trim(tx, Time(9))).await, Ok(8));
        assert_eq!(read(&store, Cursor::default(), 10).await, Err(Error::CursorLost));
        if early < end {
            assert_eq!(read(&store, early, 10).await.unwrap_err(), Error::CursorLost);
        }
        assert_eq!(read(&store, end, 10).await.unwrap().0, []);
        let head = store.read::<_, Error, _>(outbox::head).await.unwrap();
        assert_eq!(read(&store, head, 10).await.unwrap().0, []);
        assert_eq!(store.write::<_, Error, _>(Lane::Background, 0, |tx| outbox::trim(tx, Time(1_000))).await, Ok(2));
        append(&store, 11).await;
        let (seen, _) = read_until(&store, head, 1).await;
        assert_eq!(seen, [11]);
    }

    async fn concurrent_writers_lose_no_event(store) {
        let writers: Vec<_> = (0..8_i64)
            .map(|writer| {
                let store = Store::clone(&store);
                tokio::spawn(async move {
                    for round in 0..40 {
                        let seq = writer * 1_000 + round;
                        store
                            .write::<_, Error, _>(Lane::Ordinary, writer, move |tx| {
                                outbox::append(tx, RequestId(writer), seq, "entry", "{}", Time(0))?;
                                // Holds the commit back now and then.
                                if round % 9 == writer % 9 {
                                    std::thread::sleep(Duration::from_millis(7));
                                }
                                Ok(())
                            })
                            .await
                            .unwrap();
                    }
                })
            })
            .collect();
        let (seen, _) = read_until(&store, Cursor::default(), 320).await;
        for writer in writers {
            writer.await.unwrap();
        }
        let expected: BTreeSet<i64> = (0..8).flat_map(|writer| (0..40).map(move |round| writer * 1_000 + round)).collect();
        assert_eq!(seen.iter().copied().collect::<BTreeSet<_>>(), expected);
        assert_eq!(seen.len(), 320);
        for writer in 0..8 {
            let mine: Vec<_> = seen.iter().filter(|seq| *seq / 1_000 == writer).collect();
            assert!(mine.is_sorted(), "{mine:?}");
        }
    }
}

/// The trap itself: the first transaction to number a row is the last to commit.
#[test]
fn a_late_commit_is_not_skipped() {
    standfast_store::testing::on_postgres(|store| async move {
        let standfast_store::Database::Postgres { url } = store.config().database.clone() else { return };
        let (late, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        late.batch_execute(
            "BEGIN; INSERT INTO outbox (request_id, seq, kind, data, created_at) VALUES (1, 1, 'entry', '{}', 0)",
        )
        .await
        .unwrap();
        append(&store, 2).await;
        let (early, cursor) = read(&store, Cursor::default(), 10).await.unwrap();
        assert_eq!(early, [], "what was numbered after the open transaction waits for it");
        let head = store.read::<_, Error, _>(outbox::head).await.unwrap();
        late.batch_execute("COMMIT").await.unwrap();
        assert_eq!(read_until(&store, cursor, 2).await.0, [1, 2]);
        assert_eq!(read_until(&store, head, 2).await.0, [1, 2]);
    });
}
