use standfast_store::{params, store_test};

use super::*;
use crate::testing::{TestDesk, intake, visitor};
use crate::{Fetching, Posting, verify};

/// A desk that is reached from outside: it takes in what is posted, or nobody answers.
#[derive(Debug, Default)]
struct World {
    desk: Mutex<Option<Reached>>,
    posted: Mutex<Vec<String>>,
}

struct Reached(Desk);

impl std::fmt::Debug for Reached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a desk")
    }
}

impl Outside for World {
    fn check(&self, _: &str) -> Result<(), &'static str> {
        Ok(())
    }

    fn post(&self, url: &str, headers: Vec<(&'static str, String)>, body: Vec<u8>) -> Posting {
        assert_eq!(url, "http://desk.test/api/v1/requests");
        self.posted.lock().push(format!("{headers:?}"));
        let desk = self.desk.lock().as_ref().map(|desk| desk.0.clone());
        Box::pin(async move {
            let desk = desk.ok_or("nobody answers at the address")?;
            let value = |name: &str| headers.iter().find(|(known, _)| *known == name).unwrap().1.clone();
            let secret = value("authorization").strip_prefix("Visitor ").unwrap().to_owned();
            let caller = Customer::Visitor(crate::Visitor::new(&secret).unwrap());
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            let words = intake(body["client_id"].as_str().unwrap(), body["text"].as_str().unwrap());
            let taken = take_probe(&desk, &caller, &value(PROBE_MARK), words).await;
            Ok(if taken.is_ok() { 201 } else { 422 })
        })
    }

    fn get(&self, _: &str, _: usize) -> Fetching {
        Box::pin(async { Err("not asked for") })
    }
}

async fn rows(desk: &TestDesk, sql: &'static str) -> i64 {
    desk.store().read(move |rd| rd.query_one(sql, params![], |row| row.get(0))).await.unwrap()
}

store_test! {
    async fn a_test_message_is_taken_in_like_any_other_and_leaves_nothing_but_its_receipt(store) {
        let desk = TestDesk::new(&store);
        let world = World { desk: Mutex::new(Some(Reached(desk.desk.clone()))), ..World::default() };
        let minute = Sample::minute_of(desk.now());
        put_down(&desk, &world, minute, Duration::ZERO).await;
        assert_eq!(desk.shared.probe.of(minute), Some(0), "the clock of tests stands still");
        assert_eq!(rows(&desk, "SELECT count(*) FROM receipt").await, 1);
        for sql in [
            "SELECT count(*) FROM request", "SELECT count(*) FROM entry", "SELECT count(*) FROM customer",
            "SELECT count(*) FROM outbox", "SELECT count(*) FROM job", "SELECT count(*) FROM promise",
        ] {
            assert_eq!(rows(&desk, sql).await, 0, "{sql}");
        }
        assert!(verify(&desk).await.unwrap().faults.is_empty());
        assert_eq!(desk.shared.probe.of(minute + 1), None, "each minute has its own");
    }

    async fn nobody_else_can_mark_a_message(store) {
        let desk = TestDesk::new(&store);
        let minute = Sample::minute_of(desk.now());
        let Customer::Visitor(caller) = visitor(1) else { unreachable!() };
        let Customer::Visitor(other) = visitor(2) else { unreachable!() };
        let bare = |minute: i64, id: &str| desk.keys().probe_mark(minute, &caller, id);
        let mark = |minute: i64, id: &str| format!("{minute}.{}", bare(minute, id));
        let good = i64::try_from(GOOD).unwrap();
        let stranger = Keys::new(&[8; 32]);
        for (wrong, why) in [
            (String::new(), "nothing"),
            (format!("{minute}."), "no mark"),
            (format!("x.{}", bare(minute, "c")), "no minute"),
            (format!("{minute}.{}", stranger.probe_mark(minute, &caller, "c")), "the key of another desk"),
            (mark(minute, "d"), "another message's"),
            (mark(minute - good - 1, "c"), "too old"),
            (mark(minute + good + 1, "c"), "from the future"),
            (format!("{}.{}", minute - 1, bare(minute, "c")), "another minute's"),
            (format!("{}.x", i64::MIN), "no minute that anybody has"),
            (format!("{minute}.{}", desk.keys().probe_mark(minute, &other, "c")), "another visitor's"),
        ] {
            let refused = take_probe(&desk, &visitor(1), &wrong, intake("c", "hello")).await;
            assert!(matches!(refused, Err(Error::Invalid { field: "probe", .. })), "{why}: {refused:?}");
        }
        for minute in [minute - good, minute + good] {
            take_probe(&desk, &visitor(1), &mark(minute, "c"), intake("c", "hello")).await.unwrap();
        }
        assert_eq!(rows(&desk, "SELECT count(*) FROM receipt").await, 1, "once, however often it is sent");
        // It is held to what every message is.
        let empty = take_probe(&desk, &visitor(1), &mark(minute, "e"), intake("e", "")).await;
        assert!(matches!(empty, Err(Error::Invalid { field: "text", .. })), "{empty:?}");
    }
}

#[tokio::test]
async fn what_gets_no_receipt_is_sent_once_more_before_it_counts() {
    let store = standfast_store::testing::sqlite();
    let desk = TestDesk::new(&store);
    let world = World::default();
    let minute = Sample::minute_of(desk.now());
    put_down(&desk, &world, minute, Duration::ZERO).await;
    assert_eq!(desk.shared.probe.of(minute), Some(Sample::NO_RECEIPT));
    let posted = world.posted.lock().clone();
    assert_eq!(posted.len(), 2);
    assert_ne!(posted[0], posted[1], "another visitor, another message");
}

store_test! {
    async fn whoever_has_a_token_for_it_can_mark_a_message(store) {
        let desk = TestDesk::new(&store);
        let admin = desk.agent("admin", standfast_domain::Role::Admin).await;
        let token = async |scope| {
            let new = crate::NewToken { name: "probe".to_owned(), kind: TokenKind::Bearer, scopes: vec![scope] };
            crate::add_token(&desk, &admin, new).await.unwrap()
        };
        let ((view, good), (_, other)) = (token(TokenScope::Probes).await, token(TokenScope::Insight).await);
        let world = World { desk: Mutex::new(Some(Reached(desk.desk.clone()))), ..World::default() };
        let send = async |secret: &str| {
            probe(Marker::Token(secret), "http://desk.test", &world, &**desk.clock(), &**desk.entropy()).await
        };
        assert_eq!(send(&good).await, Ok(Duration::ZERO));
        for wrong in [other.as_str(), "sft_x", ""] {
            assert!(send(wrong).await.is_err(), "{wrong}");
        }
        crate::revoke_token(&desk, &admin, view.id).await.unwrap();
        assert!(send(&good).await.is_err(), "it was taken back");
        assert_eq!(rows(&desk, "SELECT count(*) FROM receipt").await, 1);
    }
}
