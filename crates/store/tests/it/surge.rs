//! The plan, the level and what is written of it, on both engines.

use standfast_domain::{AgentId, Language, Level, Role, SurgeChangeId, SurgeId, Time};
use standfast_store::agent::{self, AgentRow};
use standfast_store::surge::{self, ChangeRow, PlanRow, SurgeRow};
use standfast_store::{Error, Lane, store_test};

fn change(id: i64, surge: Option<i64>, at: i64) -> ChangeRow {
    ChangeRow {
        id: SurgeChangeId(id),
        surge_id: surge.map(SurgeId),
        at: Time(at),
        kind: "moved".to_owned(),
        from: Level::Normal,
        to: Level::Surge,
        causes: "load,alarm".to_owned(),
        load: Some(2.5),
        waiting: 40,
        present: 3,
        agent_id: None,
        reason: String::new(),
        until: None,
    }
}

store_test! {
    async fn a_plan_has_versions_and_each_number_is_given_once(store) {
        let lead = AgentRow {
            id: AgentId(7), email: "lead@desk.test".into(), name: "Lin".into(), role: Role::Lead, password_hash: "x".into(),
            language: Language::Chinese, created_at: Time(1), disabled_at: None,
        };
        let plan = |version, text: &str| PlanRow { version, plan: text.to_owned(), agent_id: AgentId(7), created_at: Time(9) };
        store.write::<_, Error, _>(Lane::Ordinary, 0, move |tx| agent::insert(tx, &lead)).await.unwrap();
        assert_eq!(store.read(surge::find_plan).await.unwrap(), None);
        for (row, is_new) in [(plan(1, "{}"), true), (plan(1, "[]"), false), (plan(2, "[2]"), true)] {
            let written = store.write::<_, Error, _>(Lane::Ordinary, 0, move |tx| surge::insert_plan(tx, &row)).await;
            assert_eq!(written.unwrap(), is_new);
        }
        assert_eq!(store.read(surge::find_plan).await.unwrap(), Some(plan(2, "[2]")));
    }

    async fn the_level_is_written_back_only_as_it_was_read(store) {
        let save = |version, text: &'static str| store.write::<_, Error, _>(Lane::Ordinary, 0, move |tx| surge::save_state(tx, version, text));
        assert_eq!(store.read(surge::find_state).await.unwrap(), (0, String::new()));
        assert!(save(0, "a").await.unwrap());
        assert!(!save(0, "b").await.unwrap(), "somebody was first");
        assert!(save(1, "c").await.unwrap());
        assert!(!save(1, "d").await.unwrap());
        assert_eq!(store.read(surge::find_state).await.unwrap(), (2, "c".to_owned()));
    }

    async fn a_surge_and_its_changes_are_read_as_they_were_written(store) {
        let going = SurgeRow { id: SurgeId(5), started_at: Time(100), ended_at: None, peak: Level::Busy };
        let over = SurgeRow { ended_at: Some(Time(900)), peak: Level::Storm, ..going.clone() };
        let held = ChangeRow { reason: "launch".into(), until: Some(Time(700)), load: None, kind: "held".into(), ..change(3, None, 50) };
        let (rows, other) = ([change(1, Some(5), 100), held.clone(), change(2, Some(5), 300)], going.clone());
        store.write::<_, Error, _>(Lane::Ordinary, 0, move |tx| {
            surge::insert(tx, &other)?;
            rows.iter().try_for_each(|row| surge::add_change(tx, row))
        }).await.unwrap();
        assert_eq!(store.read(|rd| surge::find(rd, SurgeId(5))).await.unwrap(), Some(going));
        let saved = over.clone();
        store.write::<_, Error, _>(Lane::Ordinary, 0, move |tx| surge::save(tx, &saved)).await.unwrap();
        assert_eq!(store.read(|rd| surge::list(rd, 10)).await.unwrap(), [over]);
        assert_eq!(store.read(|rd| surge::list_changes(rd, 2)).await.unwrap(), [held, change(2, Some(5), 300)]);
        let of = store.read(|rd| surge::list_changes_of(rd, SurgeId(5), 10)).await.unwrap();
        assert_eq!(of, [change(1, Some(5), 100), change(2, Some(5), 300)]);
    }
}
