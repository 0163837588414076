//! Labels, what requests teach, predictions and the groups' texts.

use standfast_domain::{AgentId, Author, Channel, CustomerId, EntryKind, RequestId, State, Time};
use standfast_store::entry::{self, EntryRow};
use standfast_store::prediction::{self, PredictionRow};
use standfast_store::request;
use standfast_store::{Dialect, Error, Lane, Store, label, outbox, params, store_test};

use crate::fact::{NOW, fill};

/// The first words of a request.
fn words(request: i64) -> EntryRow {
    EntryRow {
        request_id: RequestId(request),
        seq: 1,
        kind: EntryKind::Text,
        author: Author::Customer(CustomerId(1)),
        visible: true,
        channel: Channel::Widget,
        text: Some(format!("words {request}")),
        event: None,
        attachments: None,
        identifiers: None,
        client_id: None,
        intake: None,
        created_at: NOW,
        salt: None,
        commitment: vec![1; 32],
        chain: vec![1; 32],
        erased_at: None,
        erased_reason: None,
    }
}

fn prediction(request: i64, unsure: bool) -> PredictionRow {
    PredictionRow {
        request_id: RequestId(request),
        kind: "pending".to_owned(),
        confidence: 0.625,
        runners_up: "[]".to_owned(),
        unsure,
        applied: !unsure,
        model_version: 3,
        created_at: Time(NOW.0 + request),
    }
}

async fn write(
    store: &Store,
    unit: impl Fn(&mut standfast_store::Tx) -> Result<(), Error> + Send + Sync + 'static,
) {
    store.write::<_, Error, _>(Lane::Ordinary, 0, unit).await.unwrap();
}

store_test! {
    async fn a_request_teaches_what_an_agent_settled_last(store) {
        fill(&store, 8).await;
        write(&store, |tx| (1..=3).try_for_each(|id| entry::insert(tx, &words(id)))).await;
        write(&store, |tx| {
            label::put(tx, RequestId(2), "swap", AgentId(5), Time(10))?;
            label::put(tx, RequestId(2), "theft", AgentId(6), Time(20))?;
            label::put(tx, RequestId(3), "app", AgentId(6), Time(30))?;
            entry::erase(tx, RequestId(3), 1, NOW, "privacy")
        }).await;
        assert_eq!(store.read(|rd| label::find(rd, RequestId(2))).await.unwrap().as_deref(), Some("theft"));
        let count = |since, most| store.read(move |rd| label::count_since(rd, Time(since), most));
        assert_eq!((count(0, 9).await, count(20, 9).await, count(0, 1).await), (Ok(2), Ok(1), Ok(1)));
        let rows = store.read(|rd| label::list_lessons(rd, RequestId(4), 2)).await.unwrap();
        let seen: Vec<_> = rows.iter().map(|row| (row.request_id.0, row.label.as_deref(), row.text.as_deref())).collect();
        assert_eq!(seen, [(3, Some("app"), None), (2, Some("theft"), Some("words 2"))]);
        assert_eq!((rows[0].state, rows[0].answered, rows[0].applied), (State::Open, false, false));
        assert!(!format!("{rows:?}").contains("words"));
    }

    async fn a_request_is_judged_once(store) {
        fill(&store, 8).await;
        write(&store, |tx| (1..=4).try_for_each(|id| entry::insert(tx, &words(id)))).await;
        let arrival = |id| store.read(move |rd| prediction::find_arrival(rd, RequestId(id)));
        let found = arrival(1).await.unwrap().unwrap();
        assert_eq!((found.kind.as_str(), found.text.as_deref()), ("pending", Some("words 1")));
        assert_eq!(arrival(9).await.unwrap(), None);
        write(&store, |tx| {
            assert!(prediction::insert(tx, &prediction(1, false))?);
            let other = PredictionRow { kind: "swap".to_owned(), ..prediction(1, true) };
            assert!(!prediction::insert(tx, &other)?, "the first word stays");
            label::put(tx, RequestId(2), "swap", AgentId(5), NOW)
        }).await;
        assert_eq!(store.read(|rd| prediction::find(rd, RequestId(1))).await.unwrap(), Some(prediction(1, false)));
        assert_eq!((arrival(1).await.unwrap(), arrival(2).await.unwrap()), (None, None), "judged, and settled");
    }

    async fn groups_are_made_of_what_was_unsure_lately(store) {
        fill(&store, 12).await;
        write(&store, |tx| (1..=10).try_for_each(|id| entry::insert(tx, &words(id)))).await;
        write(&store, |tx| {
            for id in 1..=10 {
                prediction::insert(tx, &prediction(id, id != 3))?;
                let mut row = request::lock(tx, RequestId(id))?.ok_or(Error::NotFound)?;
                match id {
                    5 => row.state = State::Spam,
                    6 => row.state = State::Merged,
                    7 => r#"["vip","test"]"#.clone_into(&mut row.tags),
                    _ => {}
                }
                // The customer named the eighth after all; an agent has settled that the ninth is really something else.
                if id == 8 { "swap" } else { "other" }.clone_into(&mut row.kind);
                request::save(tx, &row)?;
            }
            label::put(tx, RequestId(9), "other", AgentId(5), NOW)?;
            entry::erase(tx, RequestId(4), 1, NOW, "privacy")?;
            entry::erase(tx, RequestId(10), 1, NOW, "privacy")
        }).await;
        let unsure = |since, limit| store.read(move |rd| prediction::list_unsure(rd, Time(NOW.0 + since), limit));
        let ids = |rows: Vec<prediction::Unsure>| rows.iter().map(|row| row.request_id.0).collect::<Vec<_>>();
        assert_eq!(ids(unsure(0, 9).await.unwrap()), [2, 1]);
        assert_eq!(ids(unsure(2, 9).await.unwrap()), [2]);
        assert_eq!(ids(unsure(0, 1).await.unwrap()), [2]);
    }

    async fn whoever_lost_the_place_goes_on_with_what_is_there(store) {
        write(&store, |tx| {
            (1..=4).try_for_each(|seq| outbox::append(tx, RequestId(1), seq, "entry", "", Time(seq)))
        }).await;
        let trimmed = async || {
            store.write::<_, Error, _>(Lane::Background, 0, |tx| outbox::trim(tx, Time(3))).await.unwrap()
        };
        // Other tests' transactions on the same server hold the feed back.
        let mut removed = 0;
        for _ in 0..2_000 {
            removed += trimmed().await;
            if removed == 2 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let lost = store.read(|rd| outbox::read_after(rd, &outbox::Cursor::default(), 9)).await;
        assert_eq!(lost, Err(Error::CursorLost));
        let tail = store.read(outbox::tail).await.unwrap();
        let (events, _) = store.read(move |rd| outbox::read_after(rd, &tail, 9)).await.unwrap();
        assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [3, 4]);
    }

    async fn corrections_from_before_are_labels(store) {
        fill(&store, 8).await;
        write(&store, |tx| {
            let event = |request, seq, author, event: &str| EntryRow {
                seq,
                kind: EntryKind::Event,
                author,
                text: None,
                event: Some(event.to_owned()),
                ..words(request)
            };
            let agent = Author::Agent(AgentId(5));
            for entry in [
                event(1, 1, agent, r#"{"type":"retyped","from":"other","to":"swap"}"#),
                event(1, 2, agent, r#"{"type":"retyped","from":"swap","to":"theft"}"#),
                event(2, 1, Author::System, r#"{"type":"retyped","from":"other","to":"swap"}"#),
                event(3, 1, agent, r#"{"type":"tagged","added":["x"],"removed":[]}"#),
            ] {
                entry::insert(tx, &entry)?;
            }
            Ok(())
        }).await;
        let text = include_str!("../../migrations/0005_types.sql");
        let (_, rest) = text.split_once("before there were labels.\n").unwrap();
        let (insert, _) = rest.split_once(';').unwrap();
        let member = match store.dialect() {
            Dialect::Sqlite => "json_extract(event, '$.to')",
            Dialect::Postgres => "(event::json ->> 'to')",
        };
        let insert: &'static str = Box::leak(insert.replace("{event.to}", member).into_boxed_str());
        write(&store, move |tx| tx.execute(insert, params![]).map(drop)).await;
        let labels = store.read::<_, Error, _>(|rd| (1..=3).map(|id| label::find(rd, RequestId(id))).collect::<Result<Vec<_>, _>>());
        assert_eq!(labels.await.unwrap(), [Some("theft".to_owned()), None, None]);
    }
}
