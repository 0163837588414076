//! Events that may explain the count, and the tokens by which other systems tell of them.

use standfast_domain::{
    AgentId, DriverId, DriverKind, DriverSource, Language, Role, Time, TokenId, TokenKind,
};
use standfast_store::agent::{self, AgentRow};
use standfast_store::driver::{self, DriverRow};
use standfast_store::token::{self, TokenRow};
use standfast_store::{Error, Lane, Store, store_test};

fn event(id: i64, starts_at: i64, ends_at: Option<i64>) -> DriverRow {
    DriverRow {
        id: DriverId(id),
        kind: DriverKind::Release,
        title: format!("第 {id} 版"),
        note: String::new(),
        starts_at: Time(starts_at),
        ends_at: ends_at.map(Time),
        scope: "{}".to_owned(),
        source: DriverSource::Webhook,
        external_id: Some(format!("e{id}")),
        agent_id: None,
        token_id: None,
        created_at: Time(1),
        updated_at: Time(1),
        removed_at: None,
        draft: false,
        version: 1,
    }
}

async fn insert(store: &Store, row: DriverRow) -> bool {
    store.write::<_, Error, _>(Lane::Ordinary, 0, move |tx| driver::insert(tx, &row)).await.unwrap()
}

async fn ids(store: &Store, from: i64, until: i64) -> Vec<i64> {
    let rows = store.read(move |rd| driver::list(rd, Time(from), Time(until), 100)).await.unwrap();
    rows.into_iter().map(|row| row.id.0).collect()
}

store_test! {
    async fn events_are_found_by_the_time_they_touch(store) {
        for row in [event(1, 100, None), event(2, 200, Some(400)), event(3, 300, Some(300))] {
            assert!(insert(&store, row).await);
        }
        assert_eq!(ids(&store, 0, 1_000).await, [3, 2, 1], "the latest first");
        assert_eq!(ids(&store, 100, 200).await, [1], "until is not included, from is");
        assert_eq!(ids(&store, 350, 360).await, [2], "what began before and goes on");
        assert_eq!(ids(&store, 401, 1_000).await, [0_i64; 0]);
        let removed = |tx: &mut standfast_store::Tx| {
            let mut row = driver::find(tx, DriverId(2))?.ok_or(Error::NotFound)?;
            row.removed_at = Some(Time(9));
            driver::save(tx, &row)
        };
        store.write::<_, Error, _>(Lane::Ordinary, 0, removed).await.unwrap();
        assert_eq!(ids(&store, 0, 1_000).await, [3, 1]);
    }

    async fn of_what_lies_ahead_the_next_is_first(store) {
        for row in [event(1, 100, Some(900)), event(2, 300, None), event(3, 400, None), event(4, 90, None)] {
            assert!(insert(&store, row).await);
        }
        let endless = DriverRow { kind: DriverKind::Incident, ..event(5, 10, None) };
        assert!(insert(&store, endless).await);
        let rows = store.read(|rd| driver::list_next(rd, Time(200), Time(1_000), 2)).await.unwrap();
        assert_eq!(rows.into_iter().map(|row| row.id.0).collect::<Vec<_>>(), [1, 2]);
    }

    async fn an_end_and_a_removal_undo_nothing_that_somebody_else_writes(store) {
        assert!(insert(&store, event(1, 100, None)).await);
        let changed = DriverRow { title: "第 1.1 版".to_owned(), ..event(1, 100, None) };
        assert!(store.write::<_, Error, _>(Lane::Ordinary, 0, move |tx| driver::change(tx, &changed)).await.unwrap());
        let end = async |is_over, now| {
            store.write::<_, Error, _>(Lane::Ordinary, 0, move |tx| driver::put_end(tx, DriverId(1), is_over, Time(now))).await.unwrap()
        };
        let found = async || store.read::<_, Error, _>(|rd| driver::find(rd, DriverId(1))).await.unwrap().unwrap();
        for (is_over, now, ends_at) in [(true, 50, Some(100)), (true, 300, Some(100)), (false, 310, None), (true, 320, Some(320))] {
            assert!(end(is_over, now).await);
            assert_eq!(found().await.ends_at, ends_at.map(Time), "{now}");
        }
        assert_eq!((found().await.title.as_str(), found().await.version), ("第 1.1 版", 6));
        let remove = || store.write::<_, Error, _>(Lane::Ordinary, 0, |tx| driver::remove(tx, DriverId(1), Time(400)));
        assert!(remove().await.unwrap());
        assert!(!end(false, 500).await && !remove().await.unwrap());
        let gone = found().await;
        assert_eq!((gone.removed_at, gone.ends_at, gone.updated_at), (Some(Time(400)), Some(Time(320)), Time(400)));
    }

    async fn an_external_id_is_one_event_of_its_source(store) {
        assert!(insert(&store, event(1, 100, None)).await);
        let again = DriverRow { id: DriverId(2), ..event(1, 500, None) };
        assert!(!insert(&store, again.clone()).await, "the same event is not there twice");
        assert!(insert(&store, DriverRow { source: DriverSource::Api, ..again }).await, "another source's own");
        for id in [3, 4] {
            let entered = DriverRow { source: DriverSource::Person, external_id: None, ..event(id, 1, None) };
            assert!(insert(&store, entered).await, "what people enter has no such id");
        }
        let found = store.read::<_, Error, _>(|rd| driver::find_external(rd, DriverSource::Webhook, "e1"));
        assert_eq!(found.await.unwrap(), Some(event(1, 100, None)));
    }

    async fn tokens_are_good_until_they_are_taken_back(store) {
        let row = TokenRow {
            id: TokenId(5),
            kind: TokenKind::Bearer,
            name: "release pipeline".to_owned(),
            token_hash: Some(vec![7; 32]),
            scopes: "drivers".to_owned(),
            created_by: AgentId(1),
            created_at: Time(1),
            used_at: None,
            revoked_at: None,
        };
        let admin = AgentRow {
            id: AgentId(1),
            email: "a@desk.test".to_owned(),
            name: "A".to_owned(),
            role: Role::Admin,
            password_hash: String::new(),
            language: Language::English,
            created_at: Time(1),
            disabled_at: None,
        };
        let written = row.clone();
        store
            .write::<_, Error, _>(Lane::Ordinary, 0, move |tx| {
                agent::insert(tx, &admin)?;
                token::insert(tx, &written)?;
                // Keys of webhooks are not stored, so that there may be any number without a hash.
                for id in [6, 7] {
                    let hook = TokenRow { id: TokenId(id), kind: TokenKind::Webhook, token_hash: None, ..written.clone() };
                    token::insert(tx, &hook)?;
                }
                token::touch(tx, TokenId(5), Time(8))
            })
            .await
            .unwrap();
        let find = || store.read::<_, Error, _>(|rd| token::find_valid(rd, &[7; 32]));
        assert_eq!(find().await.unwrap(), Some(TokenRow { used_at: Some(Time(8)), ..row }));
        let revoke = || store.write::<_, Error, _>(Lane::Ordinary, 0, |tx| token::revoke(tx, TokenId(5), Time(9)));
        assert!(revoke().await.unwrap());
        assert!(!revoke().await.unwrap());
        assert_eq!(find().await.unwrap(), None);
        let (hooks, all) = store
            .read::<_, Error, _>(|rd| Ok((token::list_valid(rd, TokenKind::Webhook)?.len(), token::list(rd)?.len())))
            .await
            .unwrap();
        assert_eq!((hooks, all), (2, 3));
    }
}
