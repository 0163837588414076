use std::time::Duration;

use standfast_domain::{Role, State};
use standfast_guard::{Context, screen};
use standfast_store::{customer, entry, fact, imported::Untold, outbox, request, store_test};

use super::*;
use crate::testing::TestDesk;
use crate::verify;

fn at(text: &str) -> Time {
    Time::parse(text).unwrap()
}

fn message(time: &str, by: Speaker, text: &str) -> PastMessage {
    PastMessage { at: at(time), by, public: true, text: text.to_owned() }
}

/// A mail of 2019, answered and solved, that was rated.
fn mail(id: &str) -> PastRequest {
    let mei = || Speaker::Agent(Some("Mei".to_owned()));
    PastRequest {
        answered_at: Some(at("2019-03-04T10:05:00Z")),
        solved_at: Some(at("2019-03-05T09:00:00Z")),
        kind: "pending".to_owned(),
        channel: Channel::Mail,
        customer: Some("u-17".to_owned()),
        customer_name: Some("Wen".to_owned()),
        agent: Some("Mei".to_owned()),
        context: BTreeMap::from([("region".to_owned(), "SG".to_owned())]),
        tags: vec!["VIP".to_owned()],
        subject: "Transfer".to_owned(),
        messages: vec![
            message("2019-03-04T10:05:00Z", mei(), "We look into it."),
            message("2019-03-04T10:00:00Z", Speaker::Customer, "Where is my transfer?"),
            message("2019-03-04T10:00:20Z", Speaker::Bot, "Which chain is it?"),
            message("2019-03-04T12:00:00Z", Speaker::Customer, "It is still not there."),
            PastMessage { public: false, ..message("2019-03-04T12:30:00Z", mei(), "chain was busy") },
            message("2019-03-04T13:00:00Z", mei(), "It arrived."),
        ],
        reopen_count: Some(1),
        rating: Some(PastRating {
            score: Score::new(5).unwrap(),
            comment: "Fast".to_owned(),
            at: Some(at("2019-03-06T08:00:00Z")),
        }),
        told: Told { answer: true, solution: true, words: true },
        ..PastRequest::new(id.to_owned(), at("2019-03-04T10:00:00Z"))
    }
}

async fn importer(desk: &TestDesk) -> Arc<Importer> {
    let agents = BTreeMap::from([("Mei".to_owned(), "Mei@desk.test".to_owned())]);
    Arc::new(begin_import(desk, "old-desk", &agents, false).await.unwrap())
}

async fn only(desk: &TestDesk) -> request::RequestRow {
    let rows = desk.store().read(|rd| request::list_by_id(rd, standfast_domain::RequestId(0), 9)).await;
    let mut rows: Vec<_> = rows.map_err(|error: standfast_store::Error| error).unwrap();
    assert_eq!(rows.len(), 1);
    rows.pop().unwrap()
}

store_test! {
    async fn a_past_request_is_over_sealed_and_counted_when_it_was(store) {
        let desk = TestDesk::new(&store);
        let mei = desk.agent("mei", Role::Agent).await;
        let importer = importer(&desk).await;
        assert_eq!(import_request(&desk, &importer, &mail("7")).await.unwrap(), Outcome::Imported);
        let row = only(&desk).await;
        assert_eq!((row.state, row.kind.as_str(), row.channel), (State::Closed, "pending", Channel::Mail));
        assert_eq!(row.created_at, at("2019-03-04T10:00:00Z"));
        assert_eq!(row.first_reply_at, Some(at("2019-03-04T10:05:00Z")));
        assert_eq!(row.solved_at, Some(at("2019-03-05T09:00:00Z")));
        assert_eq!((row.follow_up_count, row.reopen_count, row.assignee_id), (1, 1, Some(mei.id)));
        assert_eq!((row.subject.as_str(), row.tags.as_str()), ("Transfer Where is my transfer?", "[\"vip\"]"));
        assert!(Ids::time(row.id.0) >= desk.now(), "counted in the census of today");
        let id = row.id;
        let (entries, fact, stock) = store
            .read(move |rd| {
                let entries = entry::list_after(rd, id, 0, false, 99)?;
                Ok::<_, standfast_store::Error>((entries, fact::list(rd, &[id])?, imported::count(rd, "old-desk")?))
            })
            .await
            .unwrap();
        let told = || async {
            let read = store.read(move |rd| {
                let tail = outbox::tail(rd)?;
                outbox::read_after(rd, &tail, 99)
            });
            let events = read.await.unwrap().0;
            events.iter().filter(|event| event.request_id == id).count()
        };
        // PostgreSQL shows an event only when no older transaction is open, in other databases of the server neither.
        for _ in 0..500 {
            if told().await > 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let kinds: Vec<&str> = entries.iter().map(|entry| entry.author.kind()).collect();
        assert_eq!(kinds, ["customer", "system", "agent", "system", "customer", "agent", "agent", "agent", "system", "customer"]);
        assert!(entries.is_sorted_by_key(|entry| entry.created_at));
        assert_eq!(told().await, 1, "one word to the facts, none to people");
        assert_eq!((fact[0].reply_count, fact[0].first_agent_id, fact[0].untold), (2, Some(mei.id), Some(0)));
        assert_eq!(fact[0].bot_reply_at, Some(at("2019-03-04T10:00:20Z")));
        assert_eq!((stock.requests, stock.first), (1, Some(row.created_at)));
        assert!(crate::inbox_counts(&desk, &mei).await.unwrap().unassigned == 0);
        let waiting = store.read(request::list_waiting).await.unwrap();
        assert!(waiting.is_empty());
        while crate::work(&desk).await.unwrap() > 0 {}
        assert!(crate::dead_jobs(&desk, &desk.agent("admin", Role::Admin).await).await.unwrap().is_empty());
        assert_eq!(verify(&desk).await.unwrap().faults, []);
    }

    async fn the_same_is_imported_once(store) {
        let desk = TestDesk::new(&store);
        desk.agent("mei", Role::Agent).await;
        let importer = importer(&desk).await;
        assert_eq!(check_import(&desk, &importer, &mail("7")).await.unwrap(), Outcome::Imported);
        let both = tokio::join!(
            async { import_request(&desk, &importer, &mail("7")).await.unwrap() },
            async { import_request(&desk, &importer, &mail("7")).await.unwrap() },
        );
        assert!(both == (Outcome::Imported, Outcome::AlreadyThere) || both == (Outcome::AlreadyThere, Outcome::Imported));
        assert_eq!(check_import(&desk, &importer, &mail("7")).await.unwrap(), Outcome::AlreadyThere);
        // The same id of another source is another request.
        let other = Arc::new(begin_import(&desk, "mails", &BTreeMap::new(), false).await.unwrap());
        assert_eq!(import_request(&desk, &other, &mail("7")).await.unwrap(), Outcome::Imported);
        assert_eq!(imported_stock(&desk, "old-desk").await.unwrap().requests, 1);
        // The stand-in is made once.
        assert_eq!(begin_import(&desk, "mails", &BTreeMap::new(), false).await.unwrap().stand_in, other.stand_in);
    }

    async fn customers_are_known_again(store) {
        let desk = TestDesk::new(&store);
        desk.agent("mei", Role::Agent).await;
        let importer = importer(&desk).await;
        let earlier = PastRequest { customer: Some("u-17".to_owned()), ..PastRequest::new("6".to_owned(), at("2018-01-01T00:00:00Z")) };
        let nobody = |id: &str| PastRequest::new(id.to_owned(), at("2018-02-01T00:00:00Z"));
        for past in [&mail("7"), &earlier, &nobody("8"), &nobody("9")] {
            assert_eq!(import_request(&desk, &importer, past).await.unwrap(), Outcome::Imported);
        }
        let rows = store.read(|rd| request::list_by_id(rd, standfast_domain::RequestId(0), 9)).await.unwrap();
        let customers: Vec<_> = rows.iter().map(|row| row.customer_id).collect();
        assert_eq!(customers[0], customers[1]);
        assert!(customers[2] != customers[0] && customers[3] != customers[2]);
        let first = customers[0];
        let known = store.read(move |rd| customer::find(rd, first)).await.unwrap().unwrap();
        assert_eq!(known.first_seen_at, at("2018-01-01T00:00:00Z"));
        let told: Vec<_> = rows.iter().map(|row| row.id).collect();
        let facts = store.read(move |rd| fact::list(rd, &told)).await.unwrap();
        let all = Untold::ANSWER.and(Untold::WORDS).and(Untold::SOLUTION).and(Untold::REOPENS);
        assert_eq!(facts.iter().filter(|fact| fact.untold == Some(all.0)).count(), 3);
    }

    async fn of_a_few_messages_nobody_knows_which_was_the_first_of_a_bot(store) {
        let desk = TestDesk::new(&store);
        desk.agent("mei", Role::Agent).await;
        let importer = importer(&desk).await;
        let some = PastRequest { told: Told { words: false, ..mail("7").told }, ..mail("7") };
        let said = PastRequest { bot_answered_at: Some(at("2019-03-04T10:00:09Z")), ..mail("8") };
        for past in [&some, &said] {
            assert_eq!(import_request(&desk, &importer, past).await.unwrap(), Outcome::Imported);
        }
        let rows = store.read(|rd| request::list_by_id(rd, standfast_domain::RequestId(0), 9)).await.unwrap();
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let mut facts = store.read(move |rd| fact::list(rd, &ids)).await.unwrap();
        facts.sort_by_key(|fact| fact.id);
        let told: Vec<_> = facts.iter().map(|fact| fact.bot_reply_at).collect();
        assert_eq!(told, [None, said.bot_answered_at]);
    }

    async fn secrets_of_the_past_are_not_stored(store) {
        let desk = TestDesk::new(&store);
        desk.agent("mei", Role::Agent).await;
        let importer = importer(&desk).await;
        let phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow";
        let (head, tail) = phrase.split_at(37);
        let mut past = mail("7");
        past.messages = vec![
            message("2019-03-04T10:00:00Z", Speaker::Customer, head),
            message("2019-03-04T10:01:00Z", Speaker::Customer, tail),
            message("2019-03-04T10:02:00Z", Speaker::Agent(None), phrase),
        ];
        past.subject = phrase.to_owned();
        past.customer_name = Some(phrase.to_owned());
        past.context.insert("screen".to_owned(), phrase.to_owned());
        past.external_id = phrase.to_owned();
        past.rating = past.rating.map(|rating| PastRating { comment: phrase.to_owned(), ..rating });
        import_request(&desk, &importer, &past).await.unwrap();
        let row = only(&desk).await;
        assert!(row.at_risk);
        let (id, owner) = (row.id, row.customer_id);
        let (entries, customer) = store
            .read(move |rd| {
                let customer = customer::find(rd, owner)?;
                Ok::<_, standfast_store::Error>((entry::list_after(rd, id, 0, false, 99)?, customer.unwrap()))
            })
            .await
            .unwrap();
        let mut all = format!("{} {} {} {:?}", row.subject, row.context, row.last_text, customer.name);
        for entry in &entries {
            all.push_str(entry.text.as_deref().unwrap_or_default());
            all.push_str(entry.intake.as_deref().unwrap_or_default());
        }
        for word in ["winner", "sausage", "yellow"] {
            assert!(!all.contains(word), "{word} in {all}");
        }
        assert!(screen(&all, &Context::default()).findings.is_empty());
        assert_eq!(verify(&desk).await.unwrap().faults, []);
    }

    async fn what_cannot_have_been_is_refused(store) {
        let desk = TestDesk::new(&store);
        desk.agent("mei", Role::Agent).await;
        let importer = importer(&desk).await;
        let early = Some(at("2019-03-04T09:59:59Z"));
        let cases: Vec<(PastRequest, &str, &str)> = vec![
            (PastRequest { answered_at: early, ..mail("1") }, "answered", "before_start"),
            (PastRequest { solved_at: early, ..mail("1") }, "solved", "before_start"),
            (PastRequest { closed_at: Some(at("2031-01-01T00:00:00Z")), ..mail("1") }, "closed", "out_of_range"),
            (PastRequest::new("1".to_owned(), at("1969-12-31T00:00:00Z")), "created", "out_of_range"),
            (PastRequest { kind: "x".to_owned(), ..mail("1") }, "type", "unknown"),
            (PastRequest { external_id: String::new(), ..mail("1") }, "id", "missing"),
            (PastRequest { external_id: "x".repeat(600), ..mail("1") }, "id", "too_long"),
            (PastRequest { tags: vec!["a\u{7}".to_owned()], ..mail("1") }, "tags", "malformed"),
            (
                PastRequest { messages: vec![message("2019-03-04T10:00:00Z", Speaker::Customer, &"x".repeat(70_000))], ..mail("1") },
                "text",
                "too_long",
            ),
        ];
        for (past, field, reason) in cases {
            for found in [check_import(&desk, &importer, &past).await, import_request(&desk, &importer, &past).await] {
                match found {
                    Err(Error::Invalid { field: f, reason: r }) => assert_eq!((f, r), (field, reason)),
                    other => panic!("{field}: {other:?}"),
                }
            }
        }
        for (source, agents) in [("", BTreeMap::new()), ("Old Desk", BTreeMap::new()), ("old", BTreeMap::from([("x".to_owned(), "nobody@desk.test".to_owned())]))] {
            assert!(begin_import(&desk, source, &agents, false).await.is_err(), "{source}");
        }
        assert_eq!(imported_stock(&desk, "old-desk").await.unwrap().requests, 0);
    }
}
