use standfast_domain::{Role, TokenKind};
use standfast_store::{Store, store_test};

use super::*;
use crate::machine::{NewToken, add_token, authenticate_machine, revoke_token};
use crate::testing::TestDesk;

fn at(text: &str) -> Time {
    Time::parse(text).unwrap()
}

fn command(title: &str) -> DriverCommand {
    DriverCommand {
        kind: DriverKind::Release,
        title: title.to_owned(),
        note: String::new(),
        starts_at: at("2026-11-01T08:00:00Z"),
        ends_at: None,
        scope: BTreeMap::new(),
    }
}

fn scope(dimension: &str, values: &[&str]) -> BTreeMap<String, Vec<String>> {
    BTreeMap::from([(dimension.to_owned(), values.iter().map(|value| (*value).to_owned()).collect())])
}

async fn machine(desk: &TestDesk, admin: &AgentCaller) -> MachineCaller {
    let new = NewToken { name: "CI".to_owned(), kind: TokenKind::Bearer, scopes: vec![TokenScope::Drivers] };
    let (_, secret) = add_token(desk, admin, new).await.unwrap();
    authenticate_machine(desk, &secret).await.unwrap()
}

async fn titles(desk: &TestDesk, caller: &AgentCaller) -> Vec<String> {
    let all = list_drivers(desk, caller, None, None).await.unwrap();
    all.into_iter().map(|event| event.title).collect()
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> (&'static str, &'static str) {
    match result {
        Err(Error::Invalid { field, reason }) => (field, reason),
        other => panic!("{other:?}"),
    }
}

async fn desk(store: &Store) -> (TestDesk, AgentCaller) {
    let desk = TestDesk::new(store);
    let analyst = desk.agent("ana", Role::Analyst).await;
    (desk, analyst)
}

store_test! {
    async fn people_enter_change_and_remove_events(store) {
        let (desk, analyst) = desk(&store).await;
        let agent = desk.agent("lin", Role::Agent).await;
        assert!(matches!(add_driver(&desk, &agent, "c1", &command("x")).await, Err(Error::Forbidden)));
        let mut wish = command("  7.2.0 发布 ");
        wish.scope = scope("app_version", &["v7.2.0", "7.2.0"]);
        let event = add_driver(&desk, &analyst, "c1", &wish).await.unwrap();
        assert_eq!((event.title.as_str(), event.source, event.agent_id), ("7.2.0 发布", DriverSource::Person, Some(analyst.id)));
        assert_eq!(serde_json::to_string(&event.scope).unwrap(), r#"{"app_version":["7.2.0"]}"#);
        let again = add_driver(&desk, &analyst, "c1", &wish).await.unwrap();
        assert_eq!(again, event, "a double click enters it once");

        desk.pass(5);
        let mut wish = command("7.2.1 发布");
        wish.ends_at = Some(at("2026-11-02T00:00:00Z"));
        let changed = change_driver(&desk, &analyst, event.id, 1, &wish).await.unwrap();
        assert_eq!(changed.version, 2);
        let late = change_driver(&desk, &analyst, event.id, 1, &wish).await;
        assert!(matches!(late, Err(Error::ChangedMeanwhile)), "somebody else was first");
        assert_eq!(changed.ends_at, wish.ends_at);
        assert!(changed.updated_at > changed.created_at && changed.scope == Scope::default());
        assert_eq!(titles(&desk, &agent).await, ["7.2.1 发布"], "everybody on the desk may read");

        assert!(matches!(remove_driver(&desk, &agent, event.id).await, Err(Error::Forbidden)));
        remove_driver(&desk, &analyst, event.id).await.unwrap();
        assert!(matches!(remove_driver(&desk, &analyst, event.id).await, Err(Error::NotFound)));
        assert!(matches!(change_driver(&desk, &analyst, event.id, 2, &wish).await, Err(Error::NotFound)));
        assert!(titles(&desk, &analyst).await.is_empty());
    }

    async fn what_cannot_be_an_event_is_refused_with_a_reason(store) {
        let (desk, analyst) = desk(&store).await;
        let wishes: [(fn(&mut DriverCommand), _); 10] = [
            (|c| c.title = " \u{200B}".to_owned(), ("title", "missing")),
            (|c| c.title = "长".repeat(201), ("title", "too_long")),
            (|c| c.note = "x".repeat(2_001), ("note", "too_long")),
            (|c| c.starts_at = at("2008-12-31T00:00:00Z"), ("starts_at", "out_of_range")),
            (|c| c.starts_at = at("2040-01-01T00:00:00Z"), ("starts_at", "out_of_range")),
            (|c| c.ends_at = Some(Time(i64::MAX)), ("ends_at", "out_of_range")),
            (|c| c.ends_at = Some(at("2026-11-01T07:59:59Z")), ("ends_at", "before_start")),
            (|c| c.scope = scope("colour", &["red"]), ("scope", "unknown")),
            (|c| c.scope = scope("type", &["no-such-type"]), ("scope", "malformed")),
            (|c| c.scope = scope("region", &["SG"; 51]), ("scope", "too_many")),
        ];
        for (spoil, reason) in wishes {
            let mut wish = command("x");
            spoil(&mut wish);
            assert_eq!(refused(add_driver(&desk, &analyst, "c", &wish).await), reason);
        }
        let mut wish = command("x");
        wish.scope = scope("chain", &[]);
        let event = add_driver(&desk, &analyst, "c", &wish).await.unwrap();
        assert_eq!(event.scope, Scope::default(), "no values are no limit, not nothing at all");
    }

    async fn no_secret_gets_into_an_event(store) {
        let (desk, analyst) = desk(&store).await;
        let phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow";
        let key = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
        let mut wish = command(&format!("leak: {phrase}"));
        wish.note = format!("private key {key}");
        let event = add_driver(&desk, &analyst, "c", &wish).await.unwrap();
        assert!(!event.title.contains("sausage") && !event.note.contains(key), "{event:?}");
        let mut wish = command("x");
        wish.scope = scope("region", &["L5oLkpV3aqBjhki6LmvChTCV6odsp4SXM6FfU2Gppt5kFLaHLuZ9"]);
        assert_eq!(refused(add_driver(&desk, &analyst, "d", &wish).await), ("scope", "malformed"));
    }

    async fn another_system_names_its_events(store) {
        let (desk, analyst) = desk(&store).await;
        let admin = desk.agent("admin", Role::Admin).await;
        let machine = machine(&desk, &admin).await;
        let first = put_driver(&desk, &machine, "v7.2.0", None, &command("7.2.0")).await.unwrap();
        let again = put_driver(&desk, &machine, "v7.2.0", None, &command("7.2.0")).await.unwrap();
        assert_eq!((again.version, again.updated_at), (first.version, first.updated_at));
        let second = put_driver(&desk, &machine, "v7.2.0", None, &command("7.2.0, staged")).await.unwrap();
        assert_eq!((first.id, second.title.as_str()), (second.id, "7.2.0, staged"));
        assert_eq!(second.external_id.as_deref(), Some("v7.2.0"));
        assert_eq!(titles(&desk, &analyst).await, ["7.2.0, staged"]);
        withdraw_driver(&desk, &machine, "v7.2.0").await.unwrap();
        assert!(matches!(withdraw_driver(&desk, &machine, "v7.2.0").await, Err(Error::NotFound)));
        assert!(titles(&desk, &analyst).await.is_empty());
        put_driver(&desk, &machine, "v7.2.0", None, &command("7.2.0 again")).await.unwrap();
        assert_eq!(titles(&desk, &analyst).await, ["7.2.0 again"]);
        for (id, reason) in [("", "missing"), ("a b", "malformed"), ("a/b", "malformed"), (&"x".repeat(101), "too_long")] {
            assert_eq!(refused(put_driver(&desk, &machine, id, None, &command("x")).await), ("external_id", reason));
        }
    }

    async fn one_system_does_not_touch_the_events_of_another(store) {
        let (desk, analyst) = desk(&store).await;
        let admin = desk.agent("admin", Role::Admin).await;
        let (one, other) = (machine(&desk, &admin).await, machine(&desk, &admin).await);
        let first = put_driver(&desk, &one, "v7.2.0", None, &command("7.2.0")).await.unwrap();
        assert_eq!(refused(put_driver(&desk, &other, "v7.2.0", None, &command("mine")).await), ("external_id", "taken"));
        assert!(matches!(withdraw_driver(&desk, &other, "v7.2.0").await, Err(Error::NotFound)));
        assert_eq!(titles(&desk, &analyst).await, ["7.2.0"]);
        // A system that got a new token, and whose old one was taken back, goes on with its events.
        revoke_token(&desk, &admin, one.token).await.unwrap();
        let second = put_driver(&desk, &other, "v7.2.0", None, &command("7.2.0, staged")).await.unwrap();
        assert_eq!(second.id, first.id);
        withdraw_driver(&desk, &other, "v7.2.0").await.unwrap();
        assert!(titles(&desk, &analyst).await.is_empty());
    }

    async fn a_copy_of_an_older_message_undoes_nothing(store) {
        let (desk, analyst) = desk(&store).await;
        let admin = desk.agent("admin", Role::Admin).await;
        let machine = machine(&desk, &admin).await;
        for (message, title) in [("m1", "begun"), ("m2", "over"), ("m1", "begun")] {
            put_driver(&desk, &machine, "inc-7", Some(message), &command(title)).await.unwrap();
        }
        assert_eq!(titles(&desk, &analyst).await, ["over"]);
    }
}
