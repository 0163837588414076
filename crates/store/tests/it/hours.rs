//! Opening hours are kept version by version.

use standfast_domain::{ScheduleId, Time};
use standfast_store::hours::{self, ScheduleRow};
use standfast_store::{Error, Lane, store_test};

fn row(id: i64, version: i64) -> ScheduleRow {
    ScheduleRow {
        schedule_id: ScheduleId(id),
        version,
        valid_from: Time(version * 1_000_000),
        name: "中文 24/7".to_owned(),
        coverage: r#"{"languages":["zh-CN"]}"#.to_owned(),
        definition: (version < 3).then(|| r#"{"zone":"Asia/Shanghai","week":[]}"#.to_owned()),
        agent_id: None,
        created_at: Time(version * 1_000_000),
    }
}

store_test! {
    async fn versions_are_added_and_never_changed(store) {
        let written = store
            .write::<_, Error, _>(Lane::Ordinary, 0, |tx| {
                let rows = [row(7, 1), row(7, 2), row(3, 1), row(7, 3)];
                let new = rows.iter().map(|row| hours::insert(tx, row)).collect::<Result<Vec<_>, _>>()?;
                let other = ScheduleRow { name: "Other".to_owned(), ..row(7, 2) };
                Ok((new, hours::insert(tx, &other)?))
            })
            .await
            .unwrap();
        assert_eq!(written, (vec![true; 4], false), "a version that is there stays");
        let read = store.read::<_, Error, _>(|rd| Ok((hours::list(rd)?, hours::count(rd)?))).await.unwrap();
        assert_eq!(read, (vec![row(3, 1), row(7, 1), row(7, 2), row(7, 3)], 4));
    }
}
