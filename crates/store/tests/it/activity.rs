//! Active users: what several sources tell, and pings of several processes.

use standfast_domain::{ActivitySource, Day, Time};
use standfast_store::activity::{self, ActiveRow};
use standfast_store::ping::{self, PingKey};
use standfast_store::{Error, Lane, Store, store_test};

fn users(day: i64, version: &str, users: i64) -> ActiveRow {
    let text = |text: &str| text.to_owned();
    ActiveRow { day: Day(day), app_version: text(version), region: text("SG"), platform: text(""), users }
}

async fn put(store: &Store, source: ActivitySource, row: ActiveRow) {
    store
        .write::<_, Error, _>(Lane::Ordinary, 0, move |tx| activity::put(tx, source, &row, Time(5)))
        .await
        .unwrap();
}

async fn list(store: &Store, from: i64, until: i64) -> Vec<ActiveRow> {
    store.read(move |rd| activity::list(rd, Day(from), Day(until))).await.unwrap()
}

store_test! {
    async fn one_source_is_believed_for_a_day(store) {
        for (source, row) in [
            (ActivitySource::Ping, users(10, "7.1", 900)),
            (ActivitySource::Ping, users(10, "7.2", 80)),
            (ActivitySource::Csv, users(10, "7.1", 1_000)),
            (ActivitySource::Ping, users(11, "7.1", 910)),
            (ActivitySource::Csv, users(12, "7.1", 1_100)),
            (ActivitySource::Api, users(12, "7.2", 1_200)),
            (ActivitySource::Api, users(13, "7.2", 1_300)),
        ] {
            put(&store, source, row).await;
        }
        assert_eq!(
            list(&store, 10, 12).await,
            [users(10, "7.1", 1_000), users(11, "7.1", 910), users(12, "7.2", 1_200)],
            "the other sources' users of a day are not added"
        );
        assert_eq!(list(&store, 13, 20).await, [users(13, "7.2", 1_300)]);
        assert_eq!(list(&store, 14, 20).await, []);
        let totals = store.read(|rd| activity::list_totals(rd, Day(10), Day(10))).await.unwrap();
        let mut sums: Vec<_> = totals.iter().map(|total| (total.source, total.users, total.rows)).collect();
        sums.sort_unstable();
        assert_eq!(sums, [(ActivitySource::Csv, 1_000, 1), (ActivitySource::Ping, 980, 2)]);
    }

    async fn rows_are_set_raised_and_taken_away(store) {
        put(&store, ActivitySource::Csv, users(1, "1", 10)).await;
        put(&store, ActivitySource::Csv, users(1, "1", 8)).await;
        assert_eq!(list(&store, 1, 1).await, [users(1, "1", 8)]);
        let steps = move |tx: &mut standfast_store::Tx| {
            for estimate in [7, 9, 5] {
                activity::raise(tx, ActivitySource::Ping, &users(2, "1", estimate), Time(6))?;
            }
            activity::remove(tx, ActivitySource::Csv, &users(1, "1", 0))
        };
        store.write::<_, Error, _>(Lane::Ordinary, 0, steps).await.unwrap();
        assert_eq!(list(&store, 1, 2).await, [users(2, "1", 9)], "an estimate only grows");
    }

    async fn a_sketch_is_held_and_forgotten_with_its_key(store) {
        let key = PingKey { day: Day(3), app_version: "1".into(), region: String::new(), platform: String::new() };
        let units: Vec<_> = (1..=8_u8)
            .map(|node| {
                let key = key.clone();
                store.write::<_, Error, _>(Lane::Ordinary, i64::from(node), move |tx| {
                    let salt = ping::salt(tx, Day(3), &[node; 32])?;
                    let mut sketch = ping::hold(tx, &key, &[])?;
                    sketch.push(node);
                    ping::save(tx, &key, &sketch)?;
                    Ok(salt)
                })
            })
            .collect();
        let mut salts = Vec::new();
        for unit in units {
            salts.push(unit.await.unwrap());
        }
        assert!(salts.windows(2).all(|two| two[0] == two[1]), "all processes hash under one key");
        let held = key.clone();
        let mut nodes =
            store.write::<_, Error, _>(Lane::Ordinary, 0, move |tx| ping::hold(tx, &held, &[])).await.unwrap();
        nodes.sort_unstable();
        assert_eq!(nodes, [1, 2, 3, 4, 5, 6, 7, 8], "nobody's pings are written over");

        let kept = |day| store.read::<_, Error, _>(move |rd| ping::is_kept_before(rd, Day(day)));
        assert!(!kept(3).await.unwrap() && kept(4).await.unwrap());
        store.write::<_, Error, _>(Lane::Ordinary, 0, |tx| ping::forget_before(tx, Day(4))).await.unwrap();
        assert!(!kept(99).await.unwrap());
    }
}
