//! Who hears of the state of the desk.

use standfast_domain::{Language, SubscriptionId, SubscriptionKind, Time};
use standfast_store::subscription::{self, SubscriptionRow};
use standfast_store::{Error, Lane, store_test};

fn row(id: i64, address: &str) -> SubscriptionRow {
    SubscriptionRow {
        id: SubscriptionId(id),
        kind: SubscriptionKind::Mail,
        address: address.to_owned(),
        language: Language::Chinese,
        asked_at: Time(1_000),
        confirmed_at: None,
        failing_since: None,
        off_at: None,
    }
}

store_test! {
    async fn only_who_said_yes_is_told_until_nothing_arrives_for_long(store) {
        let told = async || {
            let read = |rd: &mut _| subscription::list_told(rd, SubscriptionId(0), 10);
            let rows = store.read::<_, Error, _>(read).await.unwrap();
            rows.into_iter().map(|row| row.id.0).collect::<Vec<_>>()
        };
        let written = store
            .write::<_, Error, _>(Lane::Ordinary, 0, |tx| {
                let once = subscription::insert(tx, &row(1, "a@b.example"))?;
                let twice = subscription::insert(tx, &row(2, "a@b.example"))?;
                subscription::insert(tx, &row(3, "c@b.example"))?;
                Ok((once, twice, subscription::confirm(tx, SubscriptionId(1), Time(2_000))?, subscription::confirm(tx, SubscriptionId(9), Time(1))?))
            })
            .await
            .unwrap();
        assert_eq!(written, (true, false, true, false));
        assert_eq!(told().await, [1]);
        // Failing since 5,000; given up once that is before the time that is passed.
        let fail = async |at: i64, off_before: i64| {
            store
                .write::<_, Error, _>(Lane::Ordinary, 0, move |tx| subscription::failed(tx, SubscriptionId(1), Time(off_before), Time(at)))
                .await
                .unwrap();
        };
        fail(5_000, 0).await;
        fail(6_000, 5_000).await;
        assert_eq!(told().await, [1]);
        fail(7_000, 5_001).await;
        assert_eq!(told().await, Vec::<i64>::new());
        let trimmed = store.write::<_, Error, _>(Lane::Ordinary, 0, |tx| subscription::trim(tx, Time(1_001))).await.unwrap();
        assert_eq!(trimmed, 1, "what was confirmed stays");
    }
}
