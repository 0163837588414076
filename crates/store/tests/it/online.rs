//! The ledger of minutes is only added to.

use standfast_domain::Sample;
use standfast_store::online::{self, OnlineRow};
use standfast_store::{Error, Lane, params, store_test};

fn row(seq: i64, minute: i64, node: i64) -> OnlineRow {
    let sample = Sample {
        minute,
        node,
        boot: 5,
        up: minute * 60,
        present: 2,
        waiting: 3,
        late: 1,
        rostered: (minute > 10).then_some(4),
        probe: (minute > 11).then_some(30),
    };
    OnlineRow { seq, sample, seal: vec![7; 32] }
}

store_test! {
    async fn minutes_are_put_down_once(store) {
        let written = store
            .write::<_, Error, _>(Lane::Ordinary, 0, |tx| {
                [row(1, 10, 1), row(2, 10, 2), row(3, 10, 1), row(2, 11, 1), row(3, 12, 1)]
                    .iter()
                    .map(|row| online::insert(tx, row))
                    .collect::<Result<Vec<_>, _>>()
            })
            .await
            .unwrap();
        assert_eq!(written, [true, true, false, false, true], "neither a minute nor a place twice");
        let read = store
            .read::<_, Error, _>(|rd| {
                let places = [0, 10, 11, 13].map(|minute| online::place_of(rd, minute));
                let places = places.into_iter().collect::<Result<Vec<_>, _>>()?;
                Ok((online::list_after(rd, 1, 10)?, online::last(rd)?, places))
            })
            .await
            .unwrap();
        let rows = vec![row(2, 10, 2), row(3, 12, 1)];
        assert_eq!(read, (rows, Some(row(3, 12, 1)), vec![Some(1), Some(1), Some(3), None]));
    }

    async fn a_minute_can_neither_be_changed_nor_taken_away(store) {
        store
            .write::<_, Error, _>(Lane::Ordinary, 0, |tx| online::insert(tx, &row(1, 10, 1)))
            .await
            .unwrap();
        for statement in ["UPDATE online_minute SET present = 9", "DELETE FROM online_minute"] {
            let done = store
                .write::<_, Error, _>(Lane::Ordinary, 0, move |tx| tx.execute(statement, params![]))
                .await;
            assert!(done.is_err(), "{statement}");
        }
        let rows = store.read::<_, Error, _>(|rd| online::list_after(rd, 0, 10)).await.unwrap();
        assert_eq!(rows, [row(1, 10, 1)]);
    }
}
