use standfast_domain::Role;
use standfast_store::{Error as StoreError, Lane, Store, params, store_test};

use crate::testing::{TestDesk, answer, visitor};
use crate::{reply, verify};

async fn tamper(store: &Store, sql: &'static str) {
    store
        .write(Lane::Ordinary, 0, move |tx| tx.execute(sql, params![]).map(drop))
        .await
        .unwrap_or_else(|error: StoreError| panic!("{sql}: {error}"));
}

store_test! {
    async fn whatever_is_done_to_a_record_shows(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let receipt = desk.ask(&visitor(1), "c1", "They promised me a refund").await;
        reply(&desk, &agent, receipt.request_id, answer("a1", "We did not.", 1)).await.unwrap();
        desk.ask(&visitor(1), "c2", "You did").await;
        assert!(verify(&desk).await.unwrap().faults.is_empty());
        for (sql, undo, what) in [
            ("UPDATE entry SET text = 'We did.' WHERE seq = 2", "UPDATE entry SET text = 'We did not.' WHERE seq = 2", "words were altered"),
            ("UPDATE entry SET created_at = created_at + 1 WHERE seq = 2", "UPDATE entry SET created_at = created_at - 1 WHERE seq = 2", "entry was altered"),
            ("UPDATE entry SET author_kind = 'system', author_id = NULL WHERE seq = 3", "", "entry was altered"),
        ] {
            tamper(&store, sql).await;
            let faults = verify(&desk).await.unwrap().faults;
            assert!(faults.iter().any(|f| f.what == what), "{sql}: {faults:?}");
            if !undo.is_empty() {
                tamper(&store, undo).await;
                assert!(verify(&desk).await.unwrap().faults.is_empty());
            }
        }
    }

    async fn cutting_the_end_off_shows(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let receipt = desk.ask(&visitor(1), "c1", "They promised me a refund").await;
        reply(&desk, &agent, receipt.request_id, answer("a1", "We did not.", 1)).await.unwrap();
        tamper(&store, "DELETE FROM entry WHERE seq > 1").await;
        assert!(verify(&desk).await.unwrap().faults.iter().any(|f| f.what == "record was cut"));
        // Somebody who knows how the chain works, but has only the database, cannot mend the seal.
        tamper(&store, "UPDATE request SET last_seq = 1, head = (SELECT chain FROM entry WHERE seq = 1)").await;
        let faults = verify(&desk).await.unwrap().faults;
        assert_eq!(faults.iter().map(|f| f.what).collect::<Vec<_>>(), ["seal does not fit"]);
    }

    async fn blanking_a_text_without_a_trace_shows(store) {
        let desk = TestDesk::new(&store);
        desk.ask(&visitor(1), "c1", "They promised me a refund").await;
        tamper(&store, "UPDATE entry SET text = NULL, salt = NULL, erased_at = 1, erased_reason = 'privacy'").await;
        let faults = verify(&desk).await.unwrap().faults;
        assert_eq!(faults.iter().map(|f| f.what).collect::<Vec<_>>(), ["words were removed without a trace in the record"]);
    }
}
