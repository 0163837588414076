use std::collections::BTreeSet;

use standfast_domain::{Entropy, RequestId, RequestNumber, Role, Score, SeededEntropy, Transition};
use standfast_store::testing::TestStore;
use standfast_store::{Store, store_test};

use crate::testing::{TestDesk, answer, intake, tamper, try_tamper, visitor};
use crate::{
    AgentCaller, Answer, Desk, Intake, Join, Rate, Solved, Then, add_team, answer_solved, erase, rate,
    receive, reply, retype, transition, verify, work,
};

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

    async fn whatever_is_done_to_feedback_and_labels_shows(store) {
        let desk = TestDesk::new(&store);
        let (mei, lin) = (desk.agent("mei", Role::Agent).await, desk.agent("lin", Role::Lead).await);
        let other = desk.ask(&visitor(2), "c1", "Another one").await.request_id.to_string();
        let asked = desk.ask(&visitor(1), "c1", "My transfer is pending").await;
        let id = asked.request_id;
        retype(&desk, &mei, id, "pending").await.unwrap();
        solve(&desk, &mei, id, "a1").await;
        desk.pass(60);
        give(&desk, id, "r1", 2, Some("slow"), "It took a week").await.unwrap();
        desk.pass(60);
        give(&desk, id, "r2", 4, None, "").await.unwrap();
        desk.pass(60 * 24 * 4);
        while work(&desk).await.unwrap() > 0 {}
        assert_eq!(found(&desk).await, [].into());
        let key = format!("request_id = {id}");
        let lin = lin.id.to_string();
        let list: &[(&str, &str)] = &[
            ("request_id", &other),
            ("episode", "2"),
            ("state", "'confirmed'"),
            ("agent_id", &lin),
            ("claimed_at", "claimed_at - 1"),
            ("asked_at", "NULL"),
            ("decided_by", "'customer'"),
            ("decided_at", "claimed_at"),
        ];
        names_all(&store, "resolution", list, &[]).await;
        beside(&store, &desk, "resolution", &key, list).await;
        let list: &[(&str, &str)] = &[
            ("request_id", &other),
            ("episode", "2"),
            ("score", "5"),
            ("reason", "'slow'"),
            ("seq", "seq + 1"),
            ("agent_id", &lin),
            ("channel", "'page'"),
            ("created_at", "created_at - 1"),
            ("changed_at", "created_at"),
        ];
        names_all(&store, "rating", list, &[]).await;
        beside(&store, &desk, "rating", &key, list).await;
        let list: &[(&str, &str)] = &[
            ("request_id", &other),
            ("type", "'swap'"),
            ("agent_id", &lin),
            ("created_at", "created_at - 1"),
        ];
        names_all(&store, "label", list, &[]).await;
        beside(&store, &desk, "label", &key, list).await;
        for table in ["rating", "resolution", "label"] {
            tamper(&store, &format!("CREATE TABLE kept AS SELECT * FROM {table}")).await;
            tamper(&store, &format!("DELETE FROM {table}")).await;
            assert_eq!(found(&desk).await.len(), 1, "{table}");
            tamper(&store, &format!("INSERT INTO {table} SELECT * FROM kept")).await;
            tamper(&store, "DROP TABLE kept").await;
        }
        // The words of a rating may be erased, and it stays the rating that was given.
        let seq: i64 = store.read(move |rd| standfast_store::resolution::find_rating(rd, id, 1)).await.unwrap().unwrap().seq;
        let lead = desk.agent("an", Role::Lead).await;
        erase(&desk, &lead, id, seq, "privacy".to_owned()).await.unwrap();
        assert_eq!(found(&desk).await, [].into());
        tamper(&store, "UPDATE rating SET score = 5").await;
        assert_eq!(found(&desk).await, ["rating is not what the record says"].into());
    }

    async fn whatever_people_do_in_whichever_order_fits_the_record(store) {
        let desk = TestDesk::new(&store);
        let agents = [desk.agent("mei", Role::Agent).await, desk.agent("lin", Role::Agent).await];
        let ids = [desk.ask(&visitor(1), "c1", "My transfer is pending").await.request_id, {
            let new = Intake { join: Join::New, ..intake("c2", "And my swap") };
            receive(&desk, &visitor(1), new).await.unwrap().receipt.request_id
        }];
        let chance: std::sync::Arc<dyn Entropy> = SeededEntropy::new(11);
        let below = |n: u8| usize::from(chance.bytes::<1>()[0] % n);
        let mut done = 0;
        for step in 0..240 {
            let (agent, id, name) = (&agents[below(2)], ids[below(2)], format!("s{step}"));
            desk.pass([0, 1, 60, 60 * 24 * 4][below(4)]);
            let number = crate::detail(&desk, agent, id).await.unwrap().0.request.summary.number;
            let worked = match below(12) {
                0..=3 => {
                    let then = [Then::Waiting, Then::Open, Then::OnHold, Then::Solved][below(4)];
                    reply(&desk, agent, id, Answer { then, ..answer(&name, "Please look", 9_999) }).await.is_ok()
                }
                4 | 5 => {
                    let to = [Transition::Solve, Transition::Reopen, Transition::Hold, Transition::Close];
                    transition(&desk, agent, id, to[below(4)], None).await.is_ok()
                }
                6 | 7 => {
                    let more = crate::FollowUp { client_id: name, text: "It is not there".into(), ..Default::default() };
                    crate::follow_up(&desk, &visitor(1), number, more).await.is_ok()
                }
                8 => {
                    let said = Solved { client_id: name, solved: below(3) > 0, text: String::new(), channel: None };
                    answer_solved(&desk, &visitor(1), number, said).await.is_ok()
                }
                9 => {
                    let (score, words) = ([1, 3, 5][below(3)], ["", "Thanks"][below(2)]);
                    give(&desk, id, &name, score, None, words).await.is_ok()
                }
                10 => retype(&desk, agent, id, ["pending", "swap"][below(2)]).await.is_ok(),
                _ => work(&desk).await.is_ok(),
            };
            done += u32::from(worked);
            if step % 20 == 19 {
                let faults = verify(&desk).await.unwrap().faults;
                assert!(faults.is_empty(), "step {step}: {faults:?}");
            }
        }
        assert!(done > 120, "{done} of the deeds were refused");
        tamper(&store, "UPDATE resolution SET decided_by = 'system' WHERE episode = 2").await;
        assert_eq!(found(&desk).await, ["resolution is not what the record says"].into());
    }
}

async fn solve(desk: &TestDesk, agent: &AgentCaller, id: RequestId, client_id: &str) {
    let words = Answer { then: Then::Solved, ..answer(client_id, "The transfer arrived.", 9_999) };
    reply(desk, agent, id, words).await.unwrap();
}

async fn give(
    desk: &TestDesk,
    id: RequestId,
    client_id: &str,
    score: i64,
    reason: Option<&str>,
    comment: &str,
) -> Result<crate::FeedbackReceipt, crate::Error> {
    let find = move |rd: &mut standfast_store::Rd| standfast_store::request::find(rd, id);
    let number = desk.store().read(find).await.unwrap().unwrap().number;
    let given = Rate {
        client_id: client_id.to_owned(),
        score: Score::new(score).unwrap(),
        reason: reason.map(str::to_owned),
        comment: comment.to_owned(),
        channel: None,
    };
    rate(desk, &visitor(1), number, given).await
}

/// As [`alter`], of a table beside the record, whose rows are put back whole.
async fn beside(store: &Store, desk: &Desk, table: &str, key: &str, list: &[(&str, &str)]) {
    tamper(store, &format!("CREATE TABLE kept AS SELECT * FROM {table}")).await;
    for (column, value) in list {
        tamper(store, &format!("UPDATE {table} SET {column} = {value} WHERE {key}")).await;
        let what = format!("{table} is not what the record says");
        assert!(found(desk).await.contains(what.as_str()), "{table}.{column} = {value}");
        tamper(store, &format!("DELETE FROM {table}")).await;
        tamper(store, &format!("INSERT INTO {table} SELECT * FROM kept")).await;
        assert_eq!(found(desk).await, [].into(), "{table}.{column}");
    }
    tamper(store, "DROP TABLE kept").await;
}
