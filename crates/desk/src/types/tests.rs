use standfast_domain::{RequestId, Role, State, Transition};
use standfast_store::{Error as StoreError, Store, label, model, outbox, prediction, setting, store_test};

use super::view::Advice;
use super::*;
use crate::testing::{TestDesk, answer, intake, tamper, visitor};
use crate::{AgentCaller, Intake, detail, erase, receive, reply, retype, transition, verify, work};

/// Words of four types; `{n}` makes each text another one.
const WORDS: [(&str, [&str; 4]); 4] = [
    (
        "pending",
        [
            "我的转账一直未确认，已经等了 {n} 分钟",
            "transfer still pending after {n} hours",
            "转出去 {n} 小时还在等待确认",
            "my transaction is stuck unconfirmed, number {n}",
        ],
    ),
    (
        "swap",
        [
            "闪兑的时候滑点太高，少了 {n} 个币",
            "the swap gave me {n} less because of slippage",
            "兑换失败提示滑点 {n}",
            "swap failed with slippage error {n}",
        ],
    ),
    (
        "app",
        [
            "更新以后 App 闪退 {n} 次",
            "the app crashes {n} times after the update",
            "打开软件就闪退，版本 {n}",
            "app closes itself after update {n}",
        ],
    ),
    (
        "theft",
        [
            "钱包里的 {n} 个币被盗了，不是我转的",
            "somebody stole {n} coins from my wallet",
            "资产被人转走了 {n} 次",
            "my funds were stolen, {n} transfers I did not make",
        ],
    ),
];

/// Made-up words that come with a text and tell nothing of its type, others with each: so each is a story of its own, as what
/// people write is.
fn chatter(number: usize) -> String {
    const PARTS: [&str; 12] = ["bo", "ke", "lo", "mu", "ri", "sa", "te", "vo", "zi", "nu", "pa", "do"];
    let word = |n: usize| [n, n / 12, n * 7 + n / 144 * 5 + 3].map(|at| PARTS[at % 12]).concat();
    (0..7).map(|at| word(number * 7 + at)).collect::<Vec<_>>().join(" ")
}

/// Asks with each of the words and lets an agent settle what it is: 4 types, `rounds` × 4 texts each.
async fn teach(desk: &TestDesk, agent: &AgentCaller, rounds: usize) {
    for round in 0..rounds {
        for (number, (code, texts)) in WORDS.iter().enumerate() {
            for (at, text) in texts.iter().enumerate() {
                let customer = u8::try_from((round * 16 + number * 4 + at) % 190).unwrap();
                let serial = round * 16 + number * 4 + at;
                let text =
                    format!("{} {}", text.replace("{n}", &(round * 7 + 3).to_string()), chatter(serial));
                let new =
                    Intake { join: crate::Join::New, ..intake(&format!("t{round}-{number}-{at}"), &text) };
                let id = receive(desk, &visitor(customer), new).await.unwrap().receipt.request_id;
                retype(desk, agent, id, code).await.unwrap();
                desk.pass(1);
            }
        }
    }
}

/// Trains as a serving process does, and takes the model into use.
async fn train(desk: &TestDesk) {
    schedule_training(desk).await.unwrap();
    while work(desk).await.unwrap() > 0 {}
    load_model(desk).await.unwrap();
}

async fn ask(desk: &TestDesk, customer: u8, kind: Option<&str>, text: &str) -> RequestId {
    let new = Intake {
        kind: kind.map(str::to_owned),
        join: crate::Join::New,
        ..intake(&format!("q{customer}"), text)
    };
    receive(desk, &visitor(customer), new).await.unwrap().receipt.request_id
}

/// Classifies until nothing is left; other tests' transactions on the same server hold the feed back.
async fn classify_until(desk: &TestDesk, id: RequestId) -> prediction::PredictionRow {
    for _ in 0..2_000 {
        while arrival::classify(desk).await.unwrap() {}
        if let Some(row) = desk.store().read(move |rd| prediction::find(rd, id)).await.unwrap() {
            return row;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{id} was not classified");
}

async fn retypings(store: &Store, id: RequestId) -> i64 {
    let found = store.read::<_, StoreError, _>(move |rd| {
        let rows = standfast_store::entry::list_after(rd, id, 0, false, 200)?;
        Ok(rows.iter().filter(|row| row.event.as_deref().is_some_and(|e| e.contains("retyped"))).count())
    });
    i64::try_from(found.await.unwrap()).unwrap()
}

store_test! {
    async fn new_requests_get_their_type_from_what_agents_settled(store) {
        let desk = TestDesk::new(&store);
        let (agent, lead) = (desk.agent("mei", Role::Agent).await, desk.agent("lin", Role::Lead).await);
        train(&desk).await;
        let none = type_model(&desk, &lead).await.unwrap();
        assert_eq!((none.in_use, none.labels, none.labels_needed), (None, LabelCount::default(), 50));
        assert!(type_model(&desk, &agent).await.is_err());
        let early = ask(&desk, 200, None, "兑换的时候滑点太高").await;
        assert!(!arrival::classify(&desk).await.unwrap(), "without a model nothing is judged");

        teach(&desk, &agent, 6).await;
        train(&desk).await;
        let view = type_model(&desk, &lead).await.unwrap();
        let model = view.in_use.unwrap();
        assert_eq!((model.version, view.labels.agents, model.metrics.types.len()), (1, 96, 4));
        assert!(model.metrics.accuracy.unwrap().share > 0.8, "{:?}", model.metrics);
        assert!(model.metrics.threshold.is_some());

        // What came while there was no model is judged too.
        let row = classify_until(&desk, early).await;
        assert!(row.applied, "{row:?} {:?}", model.metrics);
        let sure = ask(&desk, 201, None, "transfer still pending after 24 hours").await;
        let row = classify_until(&desk, sure).await;
        assert_eq!((row.kind.as_str(), row.unsure, row.applied), ("pending", false, true), "{row:?}");
        let (talk, _) = detail(&desk, &agent, sure).await.unwrap();
        assert_eq!((talk.request.summary.kind.as_str(), talk.request.summary.urgency.0), ("pending", 2));
        assert_eq!(talk.request.prediction.unwrap().advice, Advice::Applied);
        // A confirmation is a label and no event.
        retype(&desk, &agent, sure, "pending").await.unwrap();
        let (talk, _) = detail(&desk, &agent, sure).await.unwrap();
        assert_eq!(talk.request.prediction.unwrap().advice, Advice::None);
        assert_eq!(retypings(&store, sure).await, 1);
        let settled = store.read(move |rd| label::find(rd, sure)).await.unwrap();
        assert_eq!(settled.as_deref(), Some("pending"));

        // What the customer chose stays; the agent is told when the model sees something else.
        let chosen = ask(&desk, 202, Some("swap"), "the app crashes 24 times after the update").await;
        let row = classify_until(&desk, chosen).await;
        assert!(!row.applied);
        let (talk, _) = detail(&desk, &agent, chosen).await.unwrap();
        assert_eq!(talk.request.summary.kind, "swap");
        let expected = if row.confidence >= STRONG && !row.unsure { Advice::Suggest } else { Advice::None };
        assert_eq!(talk.request.prediction.unwrap().advice, expected);

        let strange = ask(&desk, 203, None, "Grüße aus Köln, wo kann ich Aufkleber kaufen?").await;
        assert!(classify_until(&desk, strange).await.unsure);
        let (talk, _) = detail(&desk, &agent, strange).await.unwrap();
        assert_eq!(talk.request.summary.kind, "other");
        assert_eq!(talk.request.prediction.unwrap().advice, Advice::Choose);
        let checked = verify(&desk).await.unwrap();
        assert!(checked.faults.is_empty(), "{:?}", checked.faults);
    }

    async fn a_process_that_ends_in_between_goes_on_without_doing_anything_twice(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        teach(&desk, &agent, 6).await;
        train(&desk).await;
        let first = ask(&desk, 210, None, "the app crashes 24 times after the update").await;
        let row = classify_until(&desk, first).await;
        assert!(row.applied, "{row:?}");
        // It ended after the units and before it had noted its place: everything is read again.
        tamper(&store, "DELETE FROM setting WHERE name = 'types.place'").await;
        let missed = ask(&desk, 211, None, "swap failed with slippage error 24").await;
        let next = TestDesk::node(&store, 1);
        load_model(&next).await.unwrap();
        next.clock.advance(Duration::from_hours(1));
        let row = classify_until(&next, missed).await;
        assert!(row.applied, "{row:?}");
        assert_eq!(retypings(&store, first).await, 1);
        // Two processes at once: each reads the same page.
        let both = ask(&desk, 212, None, "my transaction is stuck unconfirmed, number 24").await;
        let (one, two) = tokio::join!(classify_until(&desk, both), classify_until(&next, both));
        assert_eq!(one, two);
        assert_eq!(retypings(&store, both).await, 1);
        // A place from before a restore is lost: it goes on with what is there.
        tamper(&store, "UPDATE setting SET value = '1.1.1' WHERE name = 'types.place'").await;
        let later = ask(&desk, 213, None, "更新以后 App 闪退 24 次").await;
        let row = classify_until(&next, later).await;
        assert!(row.applied, "{row:?}");
        let place = store.read(|rd| setting::get(rd, "types.place")).await.unwrap().unwrap();
        assert!(outbox::Cursor::parse(&place).is_some());
    }

    async fn an_agent_who_was_faster_is_not_overruled(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        teach(&desk, &agent, 6).await;
        train(&desk).await;
        let id = ask(&desk, 220, None, "transfer still pending after 24 hours").await;
        retype(&desk, &agent, id, "feedback").await.unwrap();
        let after = ask(&desk, 221, None, "transfer still pending after 24 hours").await;
        classify_until(&desk, after).await;
        let (talk, _) = detail(&desk, &agent, id).await.unwrap();
        assert_eq!((talk.request.summary.kind.as_str(), talk.request.prediction), ("feedback", None));
        // One that is over keeps its type.
        let over = ask(&desk, 222, None, "transfer still pending after 24 hours").await;
        transition(&desk, &agent, over, Transition::Solve, None).await.unwrap();
        assert!(!classify_until(&desk, over).await.applied);
        assert_eq!(detail(&desk, &agent, over).await.unwrap().0.request.summary.kind, "other");
    }

    async fn erased_words_are_neither_learned_nor_judged_nor_grouped(store) {
        let desk = TestDesk::new(&store);
        let (agent, lead) = (desk.agent("mei", Role::Agent).await, desk.agent("lin", Role::Lead).await);
        teach(&desk, &agent, 6).await;
        let settled = store.read::<_, StoreError, _>(|rd| label::list_lessons(rd, RequestId(i64::MAX), 1)).await.unwrap();
        erase(&desk, &lead, settled[0].request_id, 1, "privacy".to_owned()).await.unwrap();
        let gone = ask(&desk, 230, None, "Aufkleber mit blauem Wal bestellen").await;
        erase(&desk, &lead, gone, 1, "privacy".to_owned()).await.unwrap();
        train(&desk).await;
        assert_eq!(type_model(&desk, &lead).await.unwrap().labels.agents, 95);
        let mut ids = Vec::new();
        for customer in 231..235 {
            ids.push(ask(&desk, customer, None, &format!("Aufkleber mit blauem Wal bestellen, bitte, Nummer {customer}")).await);
        }
        for id in &ids {
            assert!(classify_until(&desk, *id).await.unsure);
        }
        assert_eq!(store.read(move |rd| prediction::find(rd, gone)).await.unwrap(), None);
        let found = novel_requests(&desk, &lead).await.unwrap();
        assert_eq!((found.items.len(), found.items[0].size, found.unsure), (1, 4, 4), "{found:?}");
        assert!(found.items[0].words.iter().any(|word| word.contains("wal")), "{found:?}");
        assert_eq!(found.items[0].requests[0], ids[3], "the latest first");
        assert!(novel_requests(&desk, &agent).await.is_err());
        erase(&desk, &lead, ids[0], 1, "privacy".to_owned()).await.unwrap();
        desk.pass(2);
        assert_eq!(novel_requests(&desk, &lead).await.unwrap().items[0].size, 3);
    }

    async fn what_the_desk_set_by_itself_teaches_nothing(store) {
        let desk = TestDesk::new(&store);
        let (agent, lead) = (desk.agent("mei", Role::Agent).await, desk.agent("lin", Role::Lead).await);
        teach(&desk, &agent, 6).await;
        train(&desk).await;
        let applied = ask(&desk, 240, None, "transfer still pending after 24 hours").await;
        let row = classify_until(&desk, applied).await;
        assert!(row.applied, "{row:?}");
        let chosen = ask(&desk, 241, Some("pending"), "transfer still pending after 24 hours").await;
        let open = ask(&desk, 242, Some("pending"), "transfer still pending after 24 hours").await;
        for (id, at) in [(applied, "a1"), (chosen, "a2")] {
            let seen = detail(&desk, &agent, id).await.unwrap().0.request.summary.last_seq;
            reply(&desk, &agent, id, answer(at, "It is confirmed now.", seen)).await.unwrap();
            transition(&desk, &agent, id, Transition::Solve, None).await.unwrap();
        }
        assert_eq!(detail(&desk, &agent, open).await.unwrap().0.request.summary.state, State::Open);
        desk.pass(60 * 25);
        train(&desk).await;
        let view = type_model(&desk, &lead).await.unwrap();
        assert_eq!(view.labels, LabelCount { agents: 96, customers: 1 });
        let latest = view.rejected.or(view.in_use).unwrap();
        let comparison = latest.metrics.comparison.unwrap();
        assert_eq!((latest.version, comparison.previous), (2, 1));
        assert_eq!(comparison.labels, latest.metrics.held_back);
    }

    async fn training_is_due_daily_and_after_many_labels(store) {
        let desk = TestDesk::new(&store);
        let agent = desk.agent("mei", Role::Agent).await;
        let waits = async || {
            schedule_training(&desk).await.unwrap();
            schedule_training(&desk).await.unwrap();
            let jobs = store.read::<_, StoreError, _>(|rd| {
                Ok(standfast_store::job::next_due(rd)?.is_some())
            });
            let before = jobs.await.unwrap();
            while work(&desk).await.unwrap() > 0 {}
            before
        };
        while work(&desk).await.unwrap() > 0 {}
        assert!(waits().await, "never tried");
        desk.pass(5);
        assert!(!waits().await);
        teach(&desk, &agent, 2).await;
        assert!(waits().await, "32 labels since, in 32 minutes");
        desk.pass(60 * 23);
        while work(&desk).await.unwrap() > 0 {}
        assert!(!waits().await);
        desk.pass(61);
        assert!(waits().await);
    }

    async fn what_is_under_way_is_not_done_twice(store) {
        let desk = TestDesk::new(&store);
        let listed = async || {
            store.read::<_, StoreError, _>(|rd| {
                rd.query_one(
                    "SELECT count(*) FROM job WHERE kind = 'train_types'",
                    standfast_store::params![],
                    |row| row.get::<i64>(0),
                )
            }).await.unwrap()
        };
        while work(&desk).await.unwrap() > 0 {}
        schedule_training(&desk).await.unwrap();
        let now = desk.now();
        let claimed = store.write::<_, StoreError, _>(standfast_store::Lane::Background, 0, move |tx| {
            standfast_store::job::claim(tx, standfast_store::job::Crew::Desk, now, Duration::from_mins(2), 10)
        }).await.unwrap();
        // A minute later it is asked again, while the first one still trains.
        desk.pass(1);
        schedule_training(&desk).await.unwrap();
        assert_eq!(listed().await, 1);
        let claim = claimed.iter().find(|claim| claim.kind == "train_types").unwrap();
        train_types(&desk, claim).await.unwrap();
        assert_eq!(listed().await, 0);
        // Two processes that asked at the same time: the second one finds that it is done.
        let attempt = store.read(|rd| standfast_store::setting::get(rd, "types.attempt")).await.unwrap();
        desk.pass(5);
        let (id, now) = (standfast_domain::JobId(desk.id()), desk.now());
        let second = store.write::<_, StoreError, _>(standfast_store::Lane::Background, 0, move |tx| {
            let new = standfast_store::job::NewJob { id, kind: "train_types", payload: "{}", run_at: now, dedupe: None, now };
            standfast_store::job::enqueue(tx, &new)?;
            standfast_store::job::claim(tx, standfast_store::job::Crew::Desk, now, Duration::from_mins(2), 10)
        }).await.unwrap();
        train_types(&desk, &second[0]).await.unwrap();
        assert_eq!(listed().await, 0);
        let again = store.read(|rd| standfast_store::setting::get(rd, "types.attempt")).await.unwrap();
        assert_eq!(again, attempt, "nothing was trained");
    }

    async fn five_models_are_kept_and_the_one_in_use(store) {
        for version in 1..=8 {
            let row = model::ModelRow { version, made_at: Time(version), accepted: version <= 2, metrics: "{}".into() };
            store.write::<_, StoreError, _>(standfast_store::Lane::Background, 0, move |tx| {
                assert!(model::insert(tx, &row, &[7; 9])?);
                assert!(!model::insert(tx, &row, &[8; 9])?, "another process was first");
                model::trim(tx, 5)
            }).await.unwrap();
        }
        let kept = store.read(model::list).await.unwrap();
        assert_eq!(kept.iter().map(|row| row.version).collect::<Vec<_>>(), [8, 7, 6, 5, 4, 2]);
        assert_eq!(store.read(model::version_in_use).await.unwrap(), Some(2));
        assert_eq!(store.read(|rd| model::bytes(rd, 2)).await.unwrap(), Some(vec![7; 9]));
        // Bytes that are no model: nothing is classified, and the desk goes on.
        let desk = TestDesk::new(&store);
        load_model(&desk).await.unwrap();
        assert!(!arrival::classify(&desk).await.unwrap());
    }
}

#[test]
fn what_a_prediction_may_do() {
    let row = |kind: &str, confidence, unsure, applied| prediction::PredictionRow {
        request_id: RequestId(1),
        kind: kind.to_owned(),
        confidence,
        runners_up: "[]".to_owned(),
        unsure,
        applied,
        model_version: 1,
        created_at: Time(0),
    };
    for (kind, predicted, confidence, unsure, sets, asks) in [
        // Nobody has chosen: the desk sets it, or asks.
        ("other", "pending", 0.92, false, true, Advice::Suggest),
        ("other", "pending", 0.60, true, false, Advice::Choose),
        ("other", "other", 0.97, false, false, Advice::Choose),
        // What goes first is set by itself only when it is very sure.
        ("other", "theft", 0.93, false, false, Advice::Suggest),
        ("other", "theft", 0.96, false, true, Advice::Suggest),
        // The customer has chosen: never set.
        ("swap", "pending", 0.99, false, false, Advice::Suggest),
        ("swap", "pending", 0.89, false, false, Advice::None),
        ("swap", "pending", 0.95, true, false, Advice::None),
        ("swap", "swap", 0.99, false, false, Advice::None),
        ("swap", "other", 0.99, false, false, Advice::None),
        // A type that there is no more.
        ("other", "gone", 0.99, false, false, Advice::Choose),
    ] {
        let found = settable(kind, predicted, confidence, unsure);
        assert_eq!(found.is_some(), sets, "{kind} {predicted} {confidence}");
        assert_eq!(
            view::advice(kind, false, &row(predicted, confidence, unsure, false)),
            asks,
            "{kind} {predicted}"
        );
        assert_eq!(view::advice(kind, true, &row(predicted, confidence, unsure, false)), Advice::None);
    }
    assert_eq!(view::advice("pending", false, &row("pending", 0.9, false, true)), Advice::Applied);
    // A greeting fits nowhere: there is nothing to choose from, so nothing is asked.
    let runners_up = r#"[{"type":"swap","confidence":0.001}]"#.to_owned();
    let greeting = prediction::PredictionRow { runners_up, ..row("other", 0.99, false, false) };
    let seen = PredictionView::new(&greeting, "other", false);
    assert_eq!((seen.candidates, seen.advice), (vec![], Advice::None));
}
