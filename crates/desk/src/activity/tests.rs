use standfast_domain::{Role, TokenKind};
use standfast_store::{Store, store_test};

use super::*;
use crate::machine::{NewToken, add_token, authenticate_machine};
use crate::testing::TestDesk;

fn told(day: &str, version: &str, users: i64) -> ActiveUsers {
    ActiveUsers {
        day: day.to_owned(),
        app_version: version.to_owned(),
        region: String::new(),
        platform: String::new(),
        users,
    }
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

async fn desk(store: &Store) -> (TestDesk, AgentCaller, MachineCaller) {
    let desk = TestDesk::new(store);
    let admin = desk.agent("admin", Role::Admin).await;
    let new =
        NewToken { name: "BI".to_owned(), kind: TokenKind::Bearer, scopes: vec![TokenScope::ActiveUsers] };
    let (_, secret) = add_token(&desk, &admin, new).await.unwrap();
    let machine = authenticate_machine(&desk, &secret).await.unwrap();
    let analyst = desk.agent("ana", Role::Analyst).await;
    (desk, analyst, machine)
}

store_test! {
    async fn a_table_is_tried_then_taken_whole(store) {
        let (desk, analyst, _) = desk(&store).await;
        let table = |text: &str| text.as_bytes().to_vec();
        let first = "day,app_version,users\n2026-11-19,7.1,900\n2026-11-20,7.1,800\n2026-11-20,7.2,100\n";
        let tried = upload_active_users(&desk, &analyst, table(first), true).await.unwrap();
        assert_eq!((tried.rows, tried.days, tried.added, tried.changed), (3, 2, 3, 0));
        assert_eq!((tried.from, tried.until), (Some(day("2026-11-19")), Some(day("2026-11-20"))));
        assert!(active_users(&desk, &analyst, day("2026-11-20")).await.unwrap().is_empty(), "only tried");
        let done = upload_active_users(&desk, &analyst, table(first), false).await.unwrap();
        assert_eq!(done, tried, "it does what it said");

        let second = "day,app_version,users\n2026-11-20,7.1,800\n2026-11-20,7.2.0,120\n";
        let change = upload_active_users(&desk, &analyst, table(second), false).await.unwrap();
        assert_eq!((change.added, change.changed, change.removed, change.unchanged), (1, 0, 1, 1));
        let shown: Vec<_> = change.changes.iter().map(|c| (c.app_version.as_str(), c.before, c.after)).collect();
        assert_eq!(shown, [("7.2.0", None, Some(120)), ("7.2", Some(100), None)]);
        let rows = active_users(&desk, &analyst, day("2026-11-20")).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.users).collect::<Vec<_>>(), [800, 120], "the mistaken version is gone");
        assert_eq!(active_users(&desk, &analyst, day("2026-11-19")).await.unwrap()[0].users, 900, "other days stay");

        let broken = "day,app_version,users\n2026-11-19,7.1,1\n2026-11-20,7.1,many\n";
        let refused = upload_active_users(&desk, &analyst, table(broken), false).await;
        assert!(matches!(&refused, Err(Error::Table(faults)) if faults[0].row == 3), "{refused:?}");
        assert_eq!(active_users(&desk, &analyst, day("2026-11-19")).await.unwrap()[0].users, 900, "all or nothing");
    }

    async fn the_backend_is_believed_before_tables_and_nothing_is_added(store) {
        let (desk, analyst, machine) = desk(&store).await;
        let text = "day,users\n2026-11-19,500\n2026-11-20,600\n";
        upload_active_users(&desk, &analyst, text.as_bytes().to_vec(), false).await.unwrap();
        put_active_users(&desk, &machine, vec![told("2026-11-20", "7.1", 650), told("2026-11-20", "7.2", 10)]).await.unwrap();
        let days = active_days(&desk, &analyst, Some(day("2026-11-18")), Some(day("2026-11-20"))).await.unwrap();
        let seen: Vec<_> = days
            .iter()
            .map(|day| (day.counted.as_ref().map(|c| (c.source, c.users, c.rows)), day.left_out.len()))
            .collect();
        assert_eq!(seen, [
            (None, 0),
            (Some((ActivitySource::Csv, 500, 1)), 0),
            (Some((ActivitySource::Api, 660, 2)), 1),
        ]);
        assert_eq!(active_days(&desk, &analyst, None, None).await.unwrap().len(), 90);
    }

    async fn who_may_and_what_is_refused(store) {
        let (desk, analyst, machine) = desk(&store).await;
        let agent = desk.agent("lin", Role::Agent).await;
        let refused = upload_active_users(&desk, &agent, b"day,users\n2026-11-19,5\n".to_vec(), true).await;
        assert!(matches!(refused, Err(Error::Forbidden)));
        for (rows, fault) in [
            (vec![], (0, None, "missing")),
            (vec![told("2026-11-19", "", 1), told("19.11.2026", "", 1)], (2, Some("day"), "malformed")),
            (vec![told("2026-11-19", "", -1)], (1, Some("users"), "out_of_range")),
        ] {
            let refused = put_active_users(&desk, &machine, rows).await;
            let Err(Error::Table(faults)) = refused else { panic!("{refused:?}") };
            assert_eq!((faults[0].row, faults[0].column, faults[0].reason), fault);
        }
        let backwards = active_days(&desk, &analyst, Some(day("2026-11-20")), Some(day("2026-11-19"))).await;
        assert!(matches!(backwards, Err(Error::Invalid { reason: "before_start", .. })));
        let ages = active_days(&desk, &analyst, Some(Day(0)), None).await;
        assert!(matches!(ages, Err(Error::Invalid { reason: "too_many", .. })));
    }
}
