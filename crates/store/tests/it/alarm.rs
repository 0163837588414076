//! Alarms and their requests; leases; drafts of incidents.

use standfast_domain::{
    AlarmId, AlarmKind, AlarmState, DismissReason, DriverId, DriverKind, DriverSource, RequestId, Time,
};
use standfast_store::alarm::{self, AlarmRow};
use standfast_store::driver::{self, DriverRow};
use standfast_store::{Error, Lane, Store, lease, store_test};

fn draft(id: i64) -> DriverRow {
    DriverRow {
        id: DriverId(id),
        kind: DriverKind::Incident,
        title: "swap".to_owned(),
        note: String::new(),
        starts_at: Time(100),
        ends_at: None,
        scope: "{}".to_owned(),
        source: DriverSource::Alarm,
        external_id: Some(format!("alarm:{id}")),
        agent_id: None,
        token_id: None,
        created_at: Time(100),
        updated_at: Time(100),
        removed_at: None,
        draft: true,
        version: 1,
    }
}

fn raised(id: i64, at: i64) -> AlarmRow {
    AlarmRow {
        id: AlarmId(id),
        kind: AlarmKind::Surge,
        state: AlarmState::Open,
        segment: r#"{"type":["swap"]}"#.to_owned(),
        within: "{}".to_owned(),
        share: 0.25,
        started_at: Time(at - 10),
        raised_at: Time(at),
        updated_at: Time(at),
        ended_at: None,
        observed: 12,
        expected: 1.5,
        minutes: 15,
        score: 7.25,
        course_at: Time(at - 100),
        course: "[[12,1.5]]".to_owned(),
        driver_id: DriverId(id),
        agent_id: None,
        decided_at: None,
        reason: None,
    }
}

async fn write(store: &Store, id: i64, at: i64) {
    let unit = move |tx: &mut standfast_store::Tx| {
        driver::insert(tx, &draft(id))?;
        alarm::insert(tx, &raised(id, at))
    };
    store.write::<_, Error, _>(Lane::Background, 0, unit).await.unwrap();
}

store_test! {
    async fn an_alarm_goes_on_is_decided_and_is_counted(store) {
        write(&store, 1, 1_000).await;
        write(&store, 2, 2_000).await;
        assert_eq!(store.read(|rd| alarm::find(rd, AlarmId(1))).await.unwrap(), Some(raised(1, 1_000)));
        let unit = |tx: &mut standfast_store::Tx| {
            let mut one = raised(1, 1_000);
            (one.ended_at, one.observed, one.updated_at) = (Some(Time(1_500)), 20, Time(1_500));
            // Whoever writes how it goes on knows nothing of what people decide meanwhile, and the other way round.
            alarm::save_course(tx, &one)?;
            let mut one = raised(1, 1_000);
            (one.state, one.reason) = (AlarmState::Dismissed, Some(DismissReason::FalseAlarm));
            one.decided_at = Some(Time(1_600));
            assert!(alarm::save_decision(tx, &one, AlarmState::Open)?);
            assert!(!alarm::save_decision(tx, &one, AlarmState::Open)?, "somebody was first");
            Ok(())
        };
        store.write::<_, Error, _>(Lane::Background, 0, unit).await.unwrap();
        let one = store.read(|rd| alarm::find(rd, AlarmId(1))).await.unwrap().unwrap();
        assert_eq!((one.observed, one.ended_at, one.state), (20, Some(Time(1_500)), AlarmState::Dismissed));
        let ids = |rows: Vec<AlarmRow>| rows.into_iter().map(|row| row.id.0).collect::<Vec<_>>();
        assert_eq!(ids(store.read(|rd| alarm::list(rd, Time(5_000), 10)).await.unwrap()), [2, 1]);
        assert_eq!(ids(store.read(|rd| alarm::list(rd, Time(2_000), 10)).await.unwrap()), [1]);
        assert_eq!(ids(store.read(|rd| alarm::list_recent(rd, Time(1_400))).await.unwrap()), [2, 1]);
        assert_eq!(ids(store.read(|rd| alarm::list_recent(rd, Time(1_500))).await.unwrap()), [2]);
        assert_eq!(store.read(|rd| alarm::count_since(rd, Time(0))).await.unwrap(), (2, 1));
        assert_eq!(store.read(|rd| alarm::count_since(rd, Time(1_001))).await.unwrap(), (1, 0));
        assert_eq!(store.read(|rd| alarm::find_words(rd, RequestId(7))).await.unwrap(), None);
        assert!(store.read(|rd| alarm::list_requests(rd, AlarmId(1), 9)).await.unwrap().is_empty());
    }

    async fn a_draft_is_in_no_list_until_it_is_confirmed(store) {
        write(&store, 1, 1_000).await;
        let listed = || store.read::<_, Error, _>(|rd| driver::list(rd, Time(0), Time(9_000), 10));
        let incidents = || store.read::<_, Error, _>(|rd| alarm::list_incidents(rd, Time(0)));
        assert!(listed().await.unwrap().is_empty() && incidents().await.unwrap().is_empty());
        let confirmed = DriverRow { draft: false, ..draft(1) };
        store.write::<_, Error, _>(Lane::Ordinary, 0, move |tx| driver::save(tx, &confirmed)).await.unwrap();
        assert_eq!(listed().await.unwrap().len(), 1);
        assert_eq!(incidents().await.unwrap(), [(Time(100), None)]);
    }

    async fn a_lease_is_one_process_s_until_it_ends(store) {
        let hold = |holder: i64, now: i64, until: i64| {
            let unit = move |tx: &mut standfast_store::Tx| lease::hold(tx, "alarms", holder, Time(now), Time(until));
            store.write::<_, Error, _>(Lane::Background, 0, unit)
        };
        assert!(hold(1, 0, 30).await.unwrap());
        assert!(!hold(2, 10, 40).await.unwrap(), "somebody has it");
        assert!(hold(1, 20, 50).await.unwrap(), "it can be prolonged");
        assert!(!hold(2, 49, 80).await.unwrap());
        assert!(hold(2, 50, 80).await.unwrap(), "it has ended");
        assert!(!hold(1, 60, 90).await.unwrap());
        let release = |tx: &mut standfast_store::Tx| lease::release(tx, "alarms", 2);
        store.write::<_, Error, _>(Lane::Background, 0, release).await.unwrap();
        assert!(hold(1, 61, 90).await.unwrap());
    }
}
