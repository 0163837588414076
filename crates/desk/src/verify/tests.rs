use std::collections::BTreeSet;

use standfast_domain::{RequestNumber, Role};
use standfast_store::testing::TestStore;
use standfast_store::{Store, store_test};

use crate::testing::{TestDesk, answer, intake, tamper, try_tamper, visitor};
use crate::{Desk, Intake, Join, add_team, erase, receive, reply, verify};

/// What does not fit, without where.
async fn found(desk: &Desk) -> BTreeSet<&'static str> {
    verify(desk).await.unwrap().faults.iter().map(|fault| fault.what).collect()
}

/// Does to a table what the list says, one column after the other, each time looks whether that is found, and undoes
/// it from the copy `kept`.
async fn alter(store: &Store, desk: &Desk, (table, key): (&str, &str), list: &[(&str, &str)]) {
    let whole = if table == "entry" { "1 = 1" } else { key };
    tamper(store, &format!("CREATE TABLE kept AS SELECT * FROM {table} WHERE {whole}")).await;
    for (column, value) in list {
        tamper(store, &format!("UPDATE {table} SET {column} = {value} WHERE {key}")).await;
        assert!(!found(desk).await.is_empty(), "{table}.{column} = {value}");
        if table == "entry" {
            // Nothing refers to entries; one that was moved is no longer where it was.
            tamper(store, "DELETE FROM entry").await;
            tamper(store, "INSERT INTO entry SELECT * FROM kept").await;
        } else {
            tamper(store, &format!("UPDATE {table} SET {column} = (SELECT {column} FROM kept) WHERE {key}"))
                .await;
        }
        assert_eq!(found(desk).await, [].into(), "{table}.{column}");
    }
    tamper(store, "DROP TABLE kept").await;
}

/// Every column that the engine reports must be on the list, or among those that are left out for a reason.
async fn names_all(store: &TestStore, table: &'static str, list: &[(&str, &str)], left_out: &[&str]) {
    let columns: BTreeSet<String> = store.columns(table).await.into_iter().collect();
    let named = list.iter().map(|(column, _)| *column).chain(left_out.iter().copied());
    assert_eq!(columns, named.map(str::to_owned).collect(), "a column is forgotten");
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
        assert_eq!(faults.iter().map(|f| f.what).collect::<Vec<_>>(), ["row was altered"]);
    }

    async fn blanking_a_text_without_a_trace_shows(store) {
        let desk = TestDesk::new(&store);
        desk.ask(&visitor(1), "c1", "They promised me a refund").await;
        tamper(&store, "UPDATE entry SET text = NULL, salt = NULL, erased_at = 1, erased_reason = 'privacy'").await;
        let faults = verify(&desk).await.unwrap().faults;
        assert_eq!(faults.iter().map(|f| f.what).collect::<Vec<_>>(), ["words were removed without a trace in the record"]);
    }

    async fn every_column_of_a_request_is_sealed(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        add_team(&desk, "Swaps".to_owned()).await.unwrap();
        let other = desk.ask(&visitor(2), "c1", "Another one").await;
        let rich = Intake {
            fields: [("error".to_owned(), "E12".to_owned())].into(),
            context: [("device".to_owned(), "phone".to_owned())].into(),
            ..intake("c1", "From 0x52908400098527886E0F7030069857D2E4169EE7")
        };
        let receipt = receive(&desk, &visitor(1), rich).await.unwrap().receipt;
        reply(&desk, &agent, receipt.request_id, answer("a1", "We look.", 1)).await.unwrap();
        let id = receipt.request_id;
        assert_eq!(found(&desk).await, [].into());
        let (number, other) = (format!("'{}'", RequestNumber::random(&**desk.entropy()).as_str()), other.request_id);
        let other_id = other.to_string();
        let list: &[(&str, &str)] = &[
            ("number", &number),
            ("customer_id", &format!("(SELECT customer_id FROM request WHERE id = {other})")),
            ("state", "'solved'"),
            ("active", "NOT active"),
            ("queue_key", "queue_key + 1"),
            ("type", "'pending'"),
            ("urgency", "urgency + 1"),
            ("at_risk", "NOT at_risk"),
            ("channel", "'page'"),
            ("language", "CASE language WHEN 'en' THEN 'zh-CN' ELSE 'en' END"),
            ("subject", "'We promised a refund'"),
            ("chain", "'bitcoin'"),
            ("fields", "'{\"error\":\"E13\"}'"),
            ("context", "'not even JSON'"),
            ("identifiers", "'[]'"),
            ("tags", "'[\"vip\"]'"),
            ("team_id", "(SELECT id FROM team)"),
            ("assignee_id", "NULL"),
            ("merged_into", &other_id),
            ("previous_id", &other_id),
            ("created_at", "created_at - 1"),
            ("updated_at", "updated_at + 1"),
            ("waiting_since", "1"),
            ("first_reply_at", "first_reply_at - 1"),
            ("solved_at", "1"),
            ("closed_at", "1"),
            ("reopen_count", "reopen_count + 1"),
            ("follow_up_count", "follow_up_count + 1"),
            ("last_seq", "last_seq + 1"),
            ("last_text", "'We promised a refund'"),
            ("last_author", "'customer'"),
            ("link_generation", "link_generation + 1"),
            ("head", "head_mac"),
            ("head_mac", "head"),
        ];
        // Entries refer to a request by its id: the engine refuses to change it.
        let moved = try_tamper(&store, &format!("UPDATE request SET id = id + 1 WHERE id = {id}")).await;
        assert!(moved.is_err());
        // How far the customer has read is noted past the record: it says nothing of what was written.
        tamper(&store, "UPDATE request SET customer_read_seq = customer_read_seq + 1").await;
        assert_eq!(found(&desk).await, [].into());
        names_all(&store, "request", list, &["id", "customer_read_seq"]).await;
        alter(&store, &desk, ("request", &format!("id = {id}")), list).await;
    }

    async fn every_column_of_an_entry_is_sealed(store) {
        let desk = TestDesk::new(&store);
        let lead = desk.agent("lin", Role::Lead).await;
        let other = desk.ask(&visitor(2), "c1", "Another one").await.request_id;
        let id = desk.ask(&visitor(1), "c1", "A first one").await.request_id;
        let rich = Intake {
            fields: [("error".to_owned(), "E12".to_owned())].into(),
            ..intake("c2", "From 0x52908400098527886E0F7030069857D2E4169EE7")
        };
        assert_eq!(receive(&desk, &visitor(1), rich).await.unwrap().receipt.seq, 2);
        assert_eq!(found(&desk).await, [].into());
        let key = format!("request_id = {id} AND seq = 2");
        let other = other.to_string();
        let list: &[(&str, &str)] = &[
            ("request_id", &other),
            ("seq", "3"),
            ("kind", "'note'"),
            ("author_kind", "'agent'"),
            ("author_id", "author_id + 1"),
            ("visible", "NOT visible"),
            ("channel", "'page'"),
            ("text", "'We promised a refund'"),
            ("event", "'{\"type\":\"identified\"}'"),
            ("attachments", "'[]'"),
            ("identifiers", "'[]'"),
            ("client_id", "'c3'"),
            ("intake", "'{\"fields\":{\"error\":\"E13\"},\"context\":{}}'"),
            ("created_at", "created_at + 1"),
            ("salt", "chain"),
            ("commitment", "chain"),
            ("chain", "commitment"),
            ("erased_at", "created_at"),
            ("erased_reason", "'privacy'"),
        ];
        names_all(&store, "entry", list, &[]).await;
        alter(&store, &desk, ("entry", &key), list).await;
        erase(&desk, &lead, id, 2, "privacy".to_owned()).await.unwrap();
        let list: &[(&str, &str)] = &[
            ("text", "'We promised a refund'"),
            ("attachments", "'[]'"),
            ("identifiers", "'[]'"),
            ("client_id", "'c2'"),
            ("intake", "'{}'"),
            ("salt", "chain"),
            ("erased_at", "erased_at + 1"),
            ("erased_reason", "'secret'"),
        ];
        alter(&store, &desk, ("entry", &key), list).await;
    }

    async fn taking_an_entry_out_of_the_middle_shows(store) {
        let desk = TestDesk::new(&store);
        desk.ask(&visitor(1), "c1", "They promised me a refund").await;
        desk.ask(&visitor(1), "c2", "They did not").await;
        desk.ask(&visitor(1), "c3", "They did").await;
        tamper(&store, "DELETE FROM entry WHERE seq = 2").await;
        let faults = verify(&desk).await.unwrap().faults;
        assert!(faults.iter().any(|f| f.seq == Some(2) && f.what == "entry is missing"), "{faults:?}");
    }

    async fn the_next_words_do_not_mend_an_altered_row(store) {
        let desk = TestDesk::new(&store);
        desk.ask(&visitor(1), "c1", "They promised me a refund").await;
        let other = Intake { join: Join::New, ..intake("c2", "Something else") };
        receive(&desk, &visitor(1), other).await.unwrap();
        tamper(&store, "UPDATE request SET urgency = 9 WHERE id = (SELECT min(id) FROM request)").await;
        assert_eq!(found(&desk).await, ["row was altered"].into());
        let receipt = crate::own_requests(&desk, &visitor(1)).await.unwrap().pop().unwrap();
        let more = crate::FollowUp { client_id: "c3".into(), text: "And now?".into(), ..crate::FollowUp::default() };
        crate::follow_up(&desk, &visitor(1), receipt.number, more).await.unwrap();
        let faults = verify(&desk).await.unwrap().faults;
        assert_eq!(faults.iter().map(|f| (f.number, f.what)).collect::<Vec<_>>(), [(receipt.number, "row was altered")]);
    }
}
