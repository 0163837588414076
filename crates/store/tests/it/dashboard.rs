//! Views of Insight that people kept.

use standfast_domain::{AgentId, DashboardId, Language, Role, Time};
use standfast_store::agent::{self, AgentRow};
use standfast_store::dashboard::{self, DashboardRow};
use standfast_store::{Error, Lane, Store, store_test};

fn kept(id: i64, agent: i64, shared: bool) -> DashboardRow {
    DashboardRow {
        id: DashboardId(id),
        agent_id: AgentId(agent),
        client_id: format!("c{id}"),
        name: format!("看板 {id}"),
        page: "satisfaction".to_owned(),
        search: "period=7d&where=type%2Cswap".to_owned(),
        shared,
        version: 1,
        created_at: Time(1),
        changed_at: Time(1),
    }
}

async fn people(store: &Store) {
    let row = |id: i64| AgentRow {
        id: AgentId(id),
        email: format!("a{id}@desk.test"),
        name: format!("a{id}"),
        role: Role::Analyst,
        password_hash: String::new(),
        language: Language::Chinese,
        created_at: Time(1),
        disabled_at: None,
    };
    store
        .write::<_, Error, _>(Lane::Ordinary, 0, move |tx| {
            agent::insert(tx, &row(1))?;
            agent::insert(tx, &row(2)).map(drop)
        })
        .await
        .unwrap();
}

async fn insert(store: &Store, row: DashboardRow) -> bool {
    store.write::<_, Error, _>(Lane::Ordinary, 0, move |tx| dashboard::insert(tx, &row)).await.unwrap()
}

async fn seen(store: &Store, agent: i64) -> Vec<i64> {
    let rows = store.read(move |rd| dashboard::list_seen_by(rd, AgentId(agent), 100)).await.unwrap();
    rows.into_iter().map(|row| row.id.0).collect()
}

async fn start(store: &Store, agent: i64) -> Option<i64> {
    store.read(move |rd| dashboard::find_start(rd, AgentId(agent))).await.unwrap().map(|id| id.0)
}

async fn begin_with(store: &Store, agent: i64, id: Option<i64>) {
    store
        .write::<_, Error, _>(Lane::Ordinary, 0, move |tx| {
            dashboard::set_start(tx, AgentId(agent), id.map(DashboardId))
        })
        .await
        .unwrap();
}

store_test! {
    async fn own_and_shared_ones_are_seen(store) {
        people(&store).await;
        for row in [kept(3, 1, true), kept(1, 1, false), kept(2, 2, false)] {
            assert!(insert(&store, row).await);
        }
        let again = DashboardRow { id: DashboardId(9), ..kept(1, 1, false) };
        assert!(!insert(&store, again).await, "the same command makes one");
        let made = store.read(|rd| dashboard::find_made_by(rd, AgentId(1), "c1")).await.unwrap();
        assert_eq!(made, Some(kept(1, 1, false)));
        assert_eq!((seen(&store, 1).await, seen(&store, 2).await), (vec![1, 3], vec![2, 3]));
        assert_eq!(store.read(|rd| dashboard::count_of(rd, AgentId(1))).await.unwrap(), 2);
        let changed = |tx: &mut standfast_store::Tx| {
            let mut row = dashboard::find(tx, DashboardId(3))?.ok_or(Error::NotFound)?;
            (row.shared, row.version, row.name) = (false, row.version + 1, "只给自己".to_owned());
            dashboard::save(tx, &row)
        };
        assert!(store.write::<_, Error, _>(Lane::Ordinary, 0, changed).await.unwrap());
        assert_eq!(seen(&store, 2).await, [2]);
        let late = DashboardRow { version: 2, name: "迟了".to_owned(), ..kept(3, 1, true) };
        let late = store.write::<_, Error, _>(Lane::Ordinary, 0, move |tx| dashboard::save(tx, &late));
        assert!(!late.await.unwrap(), "somebody else was first");
        let row = store.read(|rd| dashboard::find(rd, DashboardId(3))).await.unwrap().unwrap();
        assert_eq!((row.name.as_str(), row.version), ("只给自己", 2));
    }

    async fn a_beginning_lasts_as_long_as_it_is_seen(store) {
        people(&store).await;
        assert!(insert(&store, kept(1, 1, true)).await);
        assert!(insert(&store, kept(2, 2, false)).await);
        assert_eq!(start(&store, 2).await, None);
        begin_with(&store, 2, Some(2)).await;
        begin_with(&store, 2, Some(1)).await;
        begin_with(&store, 1, Some(1)).await;
        assert_eq!((start(&store, 1).await, start(&store, 2).await), (Some(1), Some(1)));
        let mut row = kept(1, 1, false);
        row.version = 2;
        let saved = store.write::<_, Error, _>(Lane::Ordinary, 0, move |tx| dashboard::save(tx, &row));
        assert!(saved.await.unwrap());
        assert_eq!((start(&store, 1).await, start(&store, 2).await), (Some(1), None), "no longer shared");
        store.write::<_, Error, _>(Lane::Ordinary, 0, |tx| dashboard::delete(tx, DashboardId(1))).await.unwrap();
        assert_eq!((start(&store, 1).await, seen(&store, 1).await), (None, vec![]));
        begin_with(&store, 2, Some(2)).await;
        begin_with(&store, 2, None).await;
        assert_eq!(start(&store, 2).await, None);
    }
}
