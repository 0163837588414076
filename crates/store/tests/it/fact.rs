//! The facts of requests: by ranges of ids, by lists of them, and a customer's contacts.

use standfast_domain::{
    AgentId, Author, Channel, CustomerId, EntryKind, Language, RequestId, RequestNumber, SeededEntropy,
    State, Time, Urgency,
};
use standfast_store::customer::{self, CustomerRow};
use standfast_store::entry::{self, EntryRow};
use standfast_store::fact::{self, FactRow};
use standfast_store::handling::{self, Handled};
use standfast_store::request::{self, RequestRow};
use standfast_store::{Error, Lane, Store, store_test};

pub(crate) const NOW: Time = Time(1_700_000_000_000_000);

/// A request with this id and the customer 1 or 2.
fn row(id: i64) -> RequestRow {
    RequestRow {
        id: RequestId(id),
        number: RequestNumber::random(&*SeededEntropy::new(id.unsigned_abs())),
        customer_id: CustomerId(1 + id % 2),
        customer_name: None,
        customer_verified: false,
        state: State::Open,
        kind: "pending".to_owned(),
        urgency: Urgency(2),
        at_risk: id == 7,
        channel: Channel::Widget,
        language: Language::Chinese,
        subject: "转账没有到账".to_owned(),
        chain: Some("tron".to_owned()),
        fields: "{}".to_owned(),
        context: "{\"region\":\"CN\"}".to_owned(),
        identifiers: "[]".to_owned(),
        tags: "[]".to_owned(),
        team_id: None,
        assignee_id: None,
        merged_into: None,
        previous_id: None,
        created_at: Time(NOW.0 + id),
        updated_at: Time(NOW.0 + id),
        waiting_since: Some(NOW),
        first_reply_at: None,
        solved_at: None,
        closed_at: None,
        reopen_count: 0,
        follow_up_count: 0,
        last_seq: 1,
        last_text: String::new(),
        last_author: "customer".to_owned(),
        customer_read_seq: 0,
        link_generation: 0,
        head: vec![1; 32],
        head_mac: vec![2; 32],
    }
}

pub(crate) async fn fill(store: &Store, requests: i64) {
    store
        .write::<_, Error, _>(Lane::Ordinary, 0, move |tx| {
            for id in 1..=2 {
                let customer = CustomerRow {
                    id: CustomerId(id),
                    name: None,
                    email: None,
                    language: Language::Chinese,
                    verified: false,
                    first_seen_at: Time(NOW.0 - id),
                };
                customer::insert(tx, &customer)?;
            }
            (1..=requests).try_for_each(|id| request::insert(tx, &row(id)))?;
            let handled = Handled {
                request_id: RequestId(7),
                replies: 1,
                replied_by: Some(AgentId(5)),
                solved_at: None,
                agent_id: Some(AgentId(5)),
                team_id: None,
                reply_seq: Some(2),
                worked_s: None,
            };
            handling::add(tx, &handled)?;
            handling::add(
                tx,
                &Handled {
                    agent_id: Some(AgentId(6)),
                    solved_at: Some(NOW),
                    reply_seq: Some(3),
                    worked_s: Some(60),
                    ..handled
                },
            )?;
            handling::add(
                tx,
                &Handled { replies: 0, replied_by: None, agent_id: None, worked_s: Some(5), ..handled },
            )
        })
        .await
        .unwrap();
}

fn ids(facts: &[FactRow]) -> Vec<i64> {
    facts.iter().map(|fact| fact.id.0).collect()
}

store_test! {
    async fn ranges_and_lists_of_ids_give_the_same_facts(store) {
        assert_eq!(store.read(fact::bounds).await.unwrap(), None);
        fill(&store, 80).await;
        assert_eq!(store.read(fact::bounds).await.unwrap(), Some((RequestId(1), RequestId(80))));
        let range = |from, before, limit| store.read(move |rd| fact::list_between(rd, RequestId(from), RequestId(before), limit));
        assert_eq!(ids(&range(1, 8, 100).await.unwrap()), (1..8).collect::<Vec<_>>());
        assert_eq!(ids(&range(8, 80, 2).await.unwrap()), [8, 9]);
        let all = range(1, 81, 100).await.unwrap();
        // More than one statement's worth, with one that does not exist and one twice.
        let wanted: Vec<_> = (1..=80).chain([7, 99]).map(RequestId).collect();
        let mut listed = store.read(move |rd| fact::list(rd, &wanted)).await.unwrap();
        listed.sort_by_key(|fact| fact.id);
        listed.dedup_by_key(|fact| fact.id);
        assert_eq!(listed, all);
        assert_eq!(store.read(|rd| fact::list(rd, &[])).await.unwrap(), []);

        let seven = &all[6];
        assert_eq!((seven.customer_id, seven.customer_first_seen_at), (CustomerId(2), Time(NOW.0 - 2)));
        assert_eq!((seven.reply_count, seven.first_agent_id, seven.first_solved_at), (2, Some(AgentId(5)), Some(NOW)));
        assert_eq!((seven.transfer_count, seven.escalation_count, seven.at_risk), (1, 0, true));
        assert_eq!((seven.worked_s, seven.unread, all[7].worked_s, all[7].unread), (Some(65), true, None, false));
        assert_eq!((all[7].reply_count, all[7].first_agent_id), (0, None), "nobody did anything to the eighth");
    }

    async fn what_was_taken_up_again_says_when_for_the_first_time(store) {
        fill(&store, 8).await;
        let event = |request, seq, event: &str| EntryRow {
            request_id: RequestId(request),
            seq,
            kind: EntryKind::Event,
            author: Author::System,
            visible: true,
            channel: Channel::Console,
            text: None,
            event: Some(event.to_owned()),
            attachments: None,
            identifiers: None,
            client_id: None,
            intake: None,
            created_at: Time(NOW.0 + seq),
            salt: None,
            commitment: vec![1; 32],
            chain: vec![1; 32],
            erased_at: None,
            erased_reason: None,
        };
        // As the desk writes them; a test there sees that it does.
        let state = |from: &str, to: &str| format!(r#"{{"type":"state","from":"{from}","to":"{to}"}}"#);
        let (solved, again) = (state("open", "solved"), state("solved", "open"));
        let (closed, spam) = (state("closed", "open"), state("spam", "open"));
        store.write::<_, Error, _>(Lane::Ordinary, 0, move |tx| {
            for (request, events) in [(1, [&solved, &again, &again]), (2, [&spam, &closed, &again]), (3, [&solved, &spam, &spam])] {
                for (seq, text) in (2..).zip(events) {
                    entry::insert(tx, &event(request, seq, text))?;
                }
                let mut row = request::lock(tx, RequestId(request))?.ok_or(Error::NotFound)?;
                row.reopen_count = 3 - request;
                request::save(tx, &row)?;
            }
            Ok(())
        }).await.unwrap();
        let rows = store.read(|rd| fact::list_between(rd, RequestId(1), RequestId(9), 10)).await.unwrap();
        let at: Vec<_> = rows.iter().take(4).map(|row| row.reopened_at.map(|at| at.0 - NOW.0)).collect();
        assert_eq!(at, [Some(3), Some(3), None, None]);
    }

    async fn a_customers_contacts_come_in_their_order(store) {
        fill(&store, 8).await;
        let contacts = store.read(|rd| fact::list_contacts(rd, CustomerId(2))).await.unwrap();
        assert_eq!(contacts.iter().map(|one| one.id.0).collect::<Vec<_>>(), [1, 3, 5, 7]);
        assert_eq!((contacts[1].created_at, contacts[1].state), (Time(NOW.0 + 3), State::Open));
    }
}
