use std::collections::BTreeSet;

use standfast_domain::{RequestId, Time};
use standfast_store::{Config, Database, Store, backup, store_test};

use super::{Census, HOURS, take_census};
use crate::testing::{TestDesk, intake, tamper, visitor};
use crate::{Desk, Intake, Join, receive, verify, work};

fn time(text: &str) -> Time {
    Time::parse(&format!("2026-11-{text}:00Z")).unwrap()
}

/// Asks something new at a time.
async fn ask_at(desk: &TestDesk, at: &str) -> RequestId {
    desk.clock.set(time(at));
    let words = Intake { join: Join::New, ..intake(&at.replace([':', 'T'], "-"), "Where is it?") };
    receive(desk, &visitor(1), words).await.unwrap().receipt.request_id
}

async fn do_jobs(desk: &TestDesk) {
    while work(desk).await.unwrap() > 0 {}
}

async fn census(desk: &Desk) -> Census {
    let found = verify(desk).await.unwrap();
    assert_eq!(found.faults, []);
    found.census
}

/// What does not fit, by hour.
async fn found(desk: &Desk) -> BTreeSet<(Time, &'static str)> {
    census(desk).await.faults.into_iter().map(|fault| (fault.hour, fault.what)).collect()
}

async fn remove(store: &Store, id: RequestId) {
    tamper(store, &format!("DELETE FROM entry WHERE request_id = {id}")).await;
    tamper(store, &format!("DELETE FROM request WHERE id = {id}")).await;
}

store_test! {
    async fn an_hour_is_counted_when_it_has_been_over_for_an_hour(store) {
        let desk = TestDesk::new(&store);
        assert_eq!(census(&desk).await, Census::default());
        for at in ["21T12:10", "21T12:50", "21T13:00", "21T16:20"] {
            ask_at(&desk, at).await;
        }
        for (now, hours, until) in [
            ("21T13:59", 0, None),
            ("21T14:00", 1, Some(time("21T13:00"))),
            ("21T14:59", 1, Some(time("21T13:00"))),
            ("21T15:15", 2, Some(time("21T14:00"))),
            ("21T17:59", 2, Some(time("21T14:00"))),
            ("21T18:15", 3, Some(time("21T17:00"))),
        ] {
            desk.clock.set(time(now));
            do_jobs(&desk).await;
            let found = census(&desk).await;
            assert_eq!((found.hours, found.until, found.late, found.faults), (hours, until, 0, vec![]), "{now}");
        }
    }

    async fn a_request_that_is_taken_away_leaves_a_gap(store) {
        let desk = TestDesk::new(&store);
        ask_at(&desk, "21T12:10").await;
        let (gone, alone) = (ask_at(&desk, "21T12:20").await, ask_at(&desk, "21T14:00").await);
        let last = ask_at(&desk, "21T15:30").await;
        desk.clock.set(time("21T17:10"));
        do_jobs(&desk).await;
        assert_eq!(found(&desk).await, [].into());
        remove(&store, gone).await;
        let (noon, two, three) = (time("21T12:00"), time("21T14:00"), time("21T15:00"));
        assert_eq!(found(&desk).await, [(noon, "requests are missing")].into());
        remove(&store, alone).await;
        remove(&store, last).await;
        let missing = [(noon, "requests are missing"), (two, "requests are missing"), (three, "requests are missing")];
        assert_eq!(found(&desk).await, missing.into());
        // What is added later does not fill the gap, nor does counting again. Ids of one process always grow: another
        // one makes it.
        ask_at(&TestDesk::node(&store, 1), "21T12:25").await;
        desk.clock.set(time("21T19:10"));
        do_jobs(&desk).await;
        let exchanged = [(noon, "requests were exchanged"), (two, missing[1].1), (three, missing[2].1)];
        assert_eq!(found(&desk).await, exchanged.into());
    }

    async fn a_request_that_is_slipped_in_shows(store) {
        let desk = TestDesk::new(&store);
        for at in ["21T12:10", "21T15:10"] {
            ask_at(&desk, at).await;
        }
        desk.clock.set(time("21T18:00"));
        do_jobs(&desk).await;
        let late = TestDesk::node(&store, 1);
        for (at, hour) in [("21T10:00", "21T10:00"), ("21T12:40", "21T12:00"), ("21T14:40", "21T14:00")] {
            let id = ask_at(&late, at).await;
            assert_eq!(found(&desk).await, [(time(hour), "requests were added")].into());
            remove(&store, id).await;
        }
        assert_eq!(found(&desk).await, [].into());
    }

    async fn the_census_itself_is_sealed(store) {
        let desk = TestDesk::new(&store);
        for at in ["21T12:10", "21T13:10", "21T14:10"] {
            ask_at(&desk, at).await;
        }
        desk.clock.set(time("21T16:10"));
        do_jobs(&desk).await;
        tamper(&store, "CREATE TABLE kept AS SELECT * FROM census").await;
        let key = format!("hour = {}", time("21T13:00").0);
        let mut columns: BTreeSet<String> = store.columns("census").await.into_iter().collect();
        for (column, value) in [
            ("hour", "hour + 60000000"),
            ("previous", "previous - 1"),
            ("requests", "requests - 1"),
            ("digest", "mac"),
            ("counted_at", "counted_at - 1"),
            ("mac", "digest"),
        ] {
            assert!(columns.remove(column));
            tamper(&store, &format!("UPDATE census SET {column} = {value} WHERE {key}")).await;
            assert!(found(&desk).await.iter().any(|(_, what)| *what == "census row was altered"), "{column}");
            tamper(&store, "DELETE FROM census").await;
            tamper(&store, "INSERT INTO census SELECT * FROM kept").await;
            assert_eq!(found(&desk).await, [].into(), "{column}");
        }
        assert_eq!(columns, [].into());
        tamper(&store, &format!("DELETE FROM census WHERE {key}")).await;
        assert_eq!(found(&desk).await, [(time("21T13:00"), "census row is missing")].into());
        tamper(&store, "DELETE FROM census").await;
        assert_eq!(census(&desk).await, Census::default());
    }

    async fn an_end_that_is_cut_off_is_counted_late(store) {
        let desk = TestDesk::new(&store);
        ask_at(&desk, "21T12:10").await;
        let gone = ask_at(&desk, "21T13:10").await;
        ask_at(&desk, "21T13:20").await;
        desk.clock.set(time("21T15:10"));
        do_jobs(&desk).await;
        let before = census(&desk).await;
        assert_eq!((before.hours, before.late), (2, 0));
        remove(&store, gone).await;
        tamper(&store, &format!("DELETE FROM census WHERE hour = {}", time("21T13:00").0)).await;
        assert_eq!(census(&desk).await.until, Some(time("21T13:00")));
        desk.clock.set(time("22T09:00"));
        do_jobs(&desk).await;
        let after = census(&desk).await;
        assert_eq!((after.late, after.last_late), (1, Some((time("21T13:00"), time("22T09:00")))));
        assert_ne!(before.head, after.head);
    }

    async fn many_hours_are_caught_up_by_several_at_once(store) {
        let desks = [TestDesk::new(&store), TestDesk::node(&store, 1), TestDesk::node(&store, 2)];
        let mut asked = 0;
        for day in 12..18 {
            for hour in 0..24 {
                ask_at(&desks[0], &format!("{day}T{hour:02}:30")).await;
                asked += 1;
            }
        }
        assert!(asked > HOURS);
        for desk in &desks {
            desk.clock.set(time("20T00:00"));
        }
        let [one, two, three] = &desks;
        for _ in 0..4 {
            let (one, two, three) = tokio::join!(take_census(one), take_census(two), take_census(three));
            one.and(two).and(three).unwrap();
        }
        let found = census(one).await;
        assert_eq!((found.hours, found.until, found.faults), (144, Some(time("18T00:00")), vec![]));
    }

    async fn a_backup_keeps_it(store) {
        let desk = TestDesk::new(&store);
        for at in ["21T12:10", "21T14:10"] {
            ask_at(&desk, at).await;
        }
        desk.clock.set(time("21T16:10"));
        do_jobs(&desk).await;
        let before = census(&desk).await;
        let folder = desk.settings().files.clone();
        std::fs::create_dir_all(&folder).unwrap();
        let (source, copy) = (store.config().database.clone(), folder.join("backup"));
        let empty = standfast_store::testing::empty_postgres();
        let target = match &source {
            Database::Sqlite { .. } => Database::Sqlite { path: folder.join("desk.db") },
            Database::Postgres { .. } => Database::Postgres { url: empty.as_ref().unwrap().url.clone() },
        };
        let now = desk.now();
        let restored = tokio::task::spawn_blocking(move || {
            backup::backup(&source, &copy).unwrap();
            backup::restore(&copy, &target, now).unwrap();
            target
        });
        let restored = Store::open(Config::new(restored.await.unwrap()), store.clock().clone()).unwrap();
        let again = TestDesk::new(&restored);
        again.clock.set(time("21T16:10"));
        assert_eq!((before.hours, census(&again).await), (2, before.clone()));
        ask_at(&again, "21T18:00").await;
        again.clock.set(time("21T20:00"));
        do_jobs(&again).await;
        let after = census(&again).await;
        assert_eq!((after.hours, after.faults), (3, vec![]));
        restored.close().await;
    }
}
