//! The statements over requests that a message needs.

use standfast_domain::{
    AgentId, Channel, CustomerId, Language, RequestId, RequestNumber, SeededEntropy, State, Time, Urgency,
};
use standfast_store::customer::{self, CustomerRow};
use standfast_store::request::{self, Filter, RequestRow, Shelf};
use standfast_store::{Error, Lane, Store, receipt, store_test};

pub(crate) const NOW: Time = Time(1_700_000_000_000_000);

fn row(id: i64, customer: CustomerId) -> RequestRow {
    RequestRow {
        id: RequestId(id),
        number: RequestNumber::random(&*SeededEntropy::new(7)),
        customer_id: customer,
        customer_name: None,
        customer_verified: false,
        state: State::Open,
        kind: "pending".to_owned(),
        urgency: Urgency(2),
        at_risk: false,
        channel: Channel::Api,
        language: Language::Chinese,
        subject: "转账没有到账".to_owned(),
        chain: None,
        fields: "{}".to_owned(),
        context: "{}".to_owned(),
        identifiers: "[]".to_owned(),
        tags: "[]".to_owned(),
        team_id: None,
        assignee_id: None,
        merged_into: None,
        previous_id: None,
        created_at: NOW,
        updated_at: NOW,
        waiting_since: Some(NOW),
        first_reply_at: None,
        solved_at: None,
        closed_at: None,
        reopen_count: 0,
        follow_up_count: 0,
        last_seq: 1,
        last_text: "转账没有到账".to_owned(),
        last_author: "customer".to_owned(),
        customer_read_seq: 0,
        link_generation: 0,
        head: vec![1; 32],
        head_mac: vec![2; 32],
    }
}

pub(crate) async fn one_request(store: &Store) -> RequestRow {
    let row = row(7, CustomerId(3));
    let customer = CustomerRow {
        id: CustomerId(3),
        name: None,
        email: None,
        language: Language::Chinese,
        verified: false,
        first_seen_at: NOW,
    };
    let written = row.clone();
    store
        .write::<_, Error, _>(Lane::Ordinary, 7, move |tx| {
            customer::insert(tx, &customer)?;
            customer::add_identity(tx, "visitor", "somebody", customer.id, NOW)?;
            customer::add_identity(tx, "host", "somebody else", customer.id, NOW)?;
            request::insert(tx, &written)?;
            receipt::insert(tx, b"key", written.id, 1, "{\"seq\":1}", NOW)
        })
        .await
        .unwrap();
    row
}

/// A page without a limit of time, and one that may look at one stretch only, continued until the shelf's end.
async fn found(store: &Store, shelf: Shelf, filter: &Filter, limit: i64) -> [Vec<RequestId>; 2] {
    let ids = |rows: &[RequestRow]| rows.iter().map(|row| row.id).collect::<Vec<_>>();
    let page = async |after, has_time: bool| {
        let filter = filter.clone();
        store
            .read::<_, Error, _>(move |rd| request::list(rd, shelf, &filter, after, limit, || has_time))
            .await
            .unwrap()
    };
    let whole = page(None, true).await;
    assert_eq!(whole.stopped, None);
    let (mut pieces, mut after, mut stops) = (Vec::new(), None, 0);
    loop {
        let piece = page(after, false).await;
        pieces.extend(ids(&piece.rows));
        after = piece.stopped;
        stops += 1;
        if after.is_none() {
            break;
        }
    }
    assert!(stops >= 2 || shelf == Shelf::AtRisk, "the shelf is longer than a stretch, but for an empty one");
    [ids(&whole.rows), pieces]
}

store_test! {
    async fn a_search_goes_on_where_it_stopped(store) {
        let first = one_request(&store).await;
        for part in 0..5 {
            let first = first.clone();
            store
                .write::<_, Error, _>(Lane::Ordinary, 7, move |tx| {
                    for n in 0..1_000_i64 {
                        let id = 100 + part * 1_000 + n;
                        let state = if n % 2 == 0 { State::Open } else { State::Solved };
                        let kind = if id % 1_700 == 0 { "rare" } else { "usual" };
                        let at = Time(NOW.0 + id % 97);
                        request::insert(tx, &RequestRow {
                            id: RequestId(id),
                            number: RequestNumber::random(&*SeededEntropy::new(id.unsigned_abs())),
                            state,
                            kind: kind.to_owned(),
                            waiting_since: state.is_active().then_some(at),
                            updated_at: at,
                            ..first.clone()
                        })?;
                    }
                    Ok(())
                })
                .await
                .unwrap();
        }
        let rare = Filter { kind: Some("rare".to_owned()), ..Filter::default() };
        for (shelf, filter, count) in [
            (Shelf::Active, &rare, 2),
            (Shelf::Unassigned, &rare, 2),
            (Shelf::AtRisk, &rare, 0),
            (Shelf::Active, &Filter { text: Some("没有到".to_owned()), ..Filter::default() }, 2_501),
            (Shelf::Done, &Filter { text: Some("没有到".to_owned()), ..Filter::default() }, 2_500),
            (Shelf::Done, &Filter { text: Some("nothing of the kind".to_owned()), ..Filter::default() }, 0),
        ] {
            let [whole, pieces] = found(&store, shelf, filter, 10_000).await;
            assert_eq!(whole.len(), count, "{shelf:?}");
            assert_eq!(whole, pieces, "{shelf:?}");
        }
    }

    async fn a_message_finds_request_answer_and_visitor_at_once(store) {
        let row = one_request(&store).await;
        let hold = |key: &'static [u8], subject: Option<&'static str>| {
            store.write::<_, Error, _>(Lane::Ordinary, 7, move |tx| {
                request::hold_for(tx, RequestId(7), [b"elsewhere", key], subject)
            })
        };
        let held = hold(b"key", Some("somebody")).await.unwrap().unwrap();
        assert_eq!(held.row, row);
        assert_eq!(held.answer.as_deref(), Some("{\"seq\":1}"));
        assert_eq!(held.visitor, Some(CustomerId(3)));
        for (key, subject) in [(b"other", Some("somebody else")), (b"other", None)] {
            let held = hold(key, subject).await.unwrap().unwrap();
            assert_eq!((held.answer, held.visitor), (None, None), "{subject:?}");
        }
        let none = store.write::<_, Error, _>(Lane::Ordinary, 8, |tx| {
            request::hold_for(tx, RequestId(8), [b"key", b"elsewhere"], Some("somebody"))
        });
        assert_eq!(none.await, Ok(None));
        let first_words = |key: &'static [u8], subject: &'static str| {
            store.read::<_, Error, _>(move |rd| receipt::find_with_visitor(rd, key, subject))
        };
        assert_eq!(
            first_words(b"key", "somebody").await,
            Ok((Some("{\"seq\":1}".to_owned()), Some(CustomerId(3))))
        );
        assert_eq!(first_words(b"other", "nobody").await, Ok((None, None)));
    }

    async fn a_request_is_found_while_it_changes_its_customer(store) {
        let row = one_request(&store).await;
        let other = CustomerRow {
            id: CustomerId(4),
            name: None,
            email: None,
            language: Language::Chinese,
            verified: true,
            first_seen_at: NOW,
        };
        store.write::<_, Error, _>(Lane::Ordinary, 7, move |tx| customer::insert(tx, &other)).await.unwrap();
        let mover = row.clone();
        let (moved, seen) = std::sync::mpsc::channel();
        let moving = store.write::<_, Error, _>(Lane::Ordinary, 7, move |tx| {
            request::lock(tx, mover.id)?;
            request::save(tx, &RequestRow { customer_id: CustomerId(4), ..mover.clone() })?;
            // Written, not committed: the others wait for it.
            request::find(tx, mover.id)?;
            let _ = moved.send(());
            std::thread::sleep(std::time::Duration::from_millis(300));
            Ok(())
        });
        let moving = tokio::spawn(moving);
        tokio::task::spawn_blocking(move || seen.recv()).await.unwrap().unwrap();
        // Several shards: some have another writer.
        let others: Vec<_> = (0..8_i64)
            .map(|shard| {
                store.write::<_, Error, _>(Lane::Ordinary, shard, move |tx| {
                    let locked = request::lock(tx, RequestId(7))?.map(|row| row.customer_id);
                    let held = request::hold_for(tx, RequestId(7), [b"key", b"elsewhere"], None)?.map(|held| held.row.customer_id);
                    Ok((locked, held))
                })
            })
            .collect();
        for other in others {
            assert_eq!(other.await, Ok((Some(CustomerId(4)), Some(CustomerId(4)))));
        }
        moving.await.unwrap().unwrap();
    }

    async fn a_name_that_is_erased_does_not_come_back(store) {
        one_request(&store).await;
        let change = |step: u8| {
            store.write::<_, Error, _>(Lane::Ordinary, 3, move |tx| {
                match step {
                    0 => customer::fill(tx, CustomerId(3), Some("Ada"), None)?,
                    1 => customer::erase(tx, CustomerId(3))?,
                    2 => customer::fill(tx, CustomerId(3), None, Some("ada@example.org"))?,
                    3 => customer::vouch(tx, CustomerId(3), Some("Ada L."), None)?,
                    _ => customer::fill(tx, CustomerId(3), Some("Eve"), Some("eve@example.org"))?,
                }
                let row = customer::find(tx, CustomerId(3))?.ok_or(Error::NotFound)?;
                Ok((row.name, row.email, row.verified))
            })
        };
        let told = |name: Option<&str>, email: Option<&str>, verified| {
            Ok((name.map(str::to_owned), email.map(str::to_owned), verified))
        };
        assert_eq!(change(0).await, told(Some("Ada"), None, false));
        assert_eq!(change(1).await, told(None, None, false));
        assert_eq!(change(2).await, told(None, Some("ada@example.org"), false));
        assert_eq!(change(3).await, told(Some("Ada L."), Some("ada@example.org"), true));
        assert_eq!(change(4).await, told(Some("Ada L."), Some("ada@example.org"), true), "what is vouched for stays");
    }

    async fn what_advances_keeps_its_place_and_what_is_saved_moves(store) {
        let row = one_request(&store).await;
        let changed = RequestRow {
            state: State::Solved,
            kind: "swap".to_owned(),
            urgency: Urgency(0),
            at_risk: true,
            subject: "…".to_owned(),
            chain: Some("tron".to_owned()),
            fields: "{\"a\":\"b\"}".to_owned(),
            context: "{\"c\":\"d\"}".to_owned(),
            identifiers: "[1]".to_owned(),
            tags: "[2]".to_owned(),
            updated_at: Time(NOW.0 + 1),
            waiting_since: None,
            first_reply_at: Some(Time(NOW.0 + 2)),
            solved_at: Some(Time(NOW.0 + 3)),
            closed_at: Some(Time(NOW.0 + 4)),
            reopen_count: 5,
            follow_up_count: 6,
            last_seq: 7,
            last_text: "谢谢".to_owned(),
            last_author: "agent".to_owned(),
            customer_read_seq: 8,
            link_generation: 9,
            head: vec![3; 32],
            head_mac: vec![4; 32],
            merged_into: Some(RequestId(7)),
            ..row.clone()
        };
        let write = |row: RequestRow, all: bool| {
            store.write::<_, Error, _>(Lane::Ordinary, 7, move |tx| {
                if all { request::save(tx, &row)? } else { request::advance(tx, &row)? }
                request::find(tx, row.id)
            })
        };
        let advanced = write(changed.clone(), false).await.unwrap().unwrap();
        assert_eq!(advanced, RequestRow { merged_into: None, ..changed.clone() });
        let in_list = |shelf| {
            store.read::<_, Error, _>(move |rd| request::count(rd, shelf, 10))
        };
        assert_eq!(in_list(Shelf::Active).await, Ok(1), "still in the list where it stood");
        assert_eq!(write(changed.clone(), true).await, Ok(Some(changed)));
        assert_eq!(in_list(Shelf::Active).await, Ok(0));
        assert_eq!(in_list(Shelf::Done).await, Ok(1));
        assert_eq!(in_list(Shelf::Of(AgentId(1))).await, Ok(0));
    }
}
