//! Before and after, and what changed between two periods, on requests that were made to change, and to stay as they were.

use std::fmt::Write as _;

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use standfast_domain::{
    Channel, CustomerId, Day, Ids, Language, RequestId, RequestNumber, Role, SeededEntropy, State,
    SystemClock, Time, Urgency,
};
use standfast_store::customer::{self, CustomerRow};
use standfast_store::request::{self, RequestRow};
use standfast_store::{Error as StoreError, Lane, Store, store_test};

use crate::testing::{Person, TestServer};

const EFFECT: &str = "/api/v1/console/insight/effect";
const CHANGE: &str = "/api/v1/console/insight/decomposition";
const MOVEMENTS: &str = "/api/v1/console/insight/movements";
/// Whole days of requests before today, and how many of them come after the change.
const DAYS: i64 = 170;
const AFTER: i64 = 28;

fn today() -> Day {
    Day::of(SystemClock::shared().now())
}

fn row(created: Time, kind: &str, version: &str) -> RequestRow {
    let id = Ids::floor(created) | 1;
    RequestRow {
        id: RequestId(id),
        number: RequestNumber::random(&*SeededEntropy::new(id.unsigned_abs())),
        customer_id: CustomerId(1),
        customer_name: None,
        customer_verified: false,
        state: State::Open,
        kind: kind.to_owned(),
        urgency: Urgency(2),
        at_risk: false,
        channel: Channel::Widget,
        language: Language::English,
        subject: String::new(),
        chain: None,
        fields: "{}".to_owned(),
        context: json!({ "app_version": version }).to_string(),
        identifiers: "[]".to_owned(),
        tags: "[]".to_owned(),
        team_id: None,
        assignee_id: None,
        merged_into: None,
        previous_id: None,
        created_at: created,
        updated_at: created,
        waiting_since: Some(created),
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

/// Twenty requests a day and more of `swap`, all the time; of `pending` as many, and from the change on 45 % fewer.
fn requests() -> Vec<RequestRow> {
    // Numbers that look random, from 0 to 8.
    let mut dice = 0x9e37_79b9_7f4a_7c15_u64;
    let mut roll = || {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        (dice >> 11) % 9
    };
    let mut rows = Vec::new();
    for day in 0..DAYS {
        let midnight = today().plus(day - DAYS).start();
        let is_after = day >= DAYS - AFTER;
        let pending = if is_after { 11 + roll() / 2 } else { 20 + roll() };
        for (kind, count, hour) in [("pending", pending, 1), ("swap", 20 + roll(), 12)] {
            for minute in 0..count {
                let version = if minute % 2 == 0 { "7.1.0" } else { "7.2.0" };
                let minute = i64::try_from(minute).unwrap() * 60_000_000;
                rows.push(row(Time(midnight.0 + hour * 3_600_000_000 + minute), kind, version));
            }
        }
    }
    rows
}

async fn seed(store: &Store) {
    write(store, requests()).await;
}

async fn write(store: &Store, rows: Vec<RequestRow>) {
    let write = store.write(Lane::Ordinary, 0, move |tx| {
        let first_seen_at = today().plus(-DAYS).start();
        let (language, name, email) = (Language::English, None, None);
        customer::insert(
            tx,
            &CustomerRow { id: CustomerId(1), name, email, language, verified: false, first_seen_at },
        )?;
        rows.iter().try_for_each(|row| request::insert(tx, row))
    });
    write.await.map_err(|error: StoreError| error.to_string()).unwrap();
}

async fn ask(person: &Person<'_>, path: &str, question: &Value) -> Value {
    let reply = person.post(path, question).await;
    assert_eq!(reply.status, 200, "{question}: {}", String::from_utf8_lossy(&reply.body));
    reply.json()
}

fn changed_on() -> String {
    today().plus(-AFTER).to_string()
}

/// Eight weeks before the change, and four weeks from it on.
fn periods() -> (Value, Value) {
    let period = |from: i64, until: i64| json!({"from": today().plus(from), "until": today().plus(until)});
    (period(-2 * AFTER, -AFTER - 1), period(-AFTER, -1))
}

/// Twice as many users of 7.2.0 since the change, as many of 7.1.0 as ever, and some of a version of which nobody asks.
async fn tell_users(server: &TestServer, analyst: &Person<'_>, days: std::ops::Range<i64>) {
    let mut table = "day,app_version,users\n".to_owned();
    for day in days {
        let date = today().plus(day - DAYS);
        let newer = if day >= DAYS - AFTER { 2_000 } else { 1_000 };
        for (version, users) in [("7.1.0", 1000), ("7.2.0", newer), ("6.0.0", 100)] {
            writeln!(table, "{date},{version},{users}").unwrap();
        }
    }
    let headers = [analyst.headers(), vec![("content-type", "text/csv")]].concat();
    let path = "/api/v1/console/active-users/csv?dry_run=false";
    let reply = server.call(Method::POST, path, &headers, Bytes::from(table)).await;
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
}

store_test! {
    async fn a_change_is_found_where_there_is_one_and_nowhere_else(store) {
        seed(&store).await;
        let server = TestServer::start(&store).await;
        let analyst = server.agent("an", Role::Analyst).await;
        let question = |kind: &str| json!({"date": changed_on(), "filter": {"type": [kind]}});

        let found = ask(&analyst, EFFECT, &question("pending")).await;
        assert_eq!(found["verdict"]["code"], "fewer", "{found}");
        let ratio = &found["estimate"]["ratio"];
        let (low, high) = (ratio["low"].as_f64().unwrap(), ratio["high"].as_f64().unwrap());
        // 11 to 15 instead of 20 to 28.
        assert!(low < 13.0 / 24.0 && 13.0 / 24.0 < high && high < 0.7, "{ratio}");
        assert_eq!((&found["before"]["days"], &found["after"]["days"]), (&json!(56), &json!(28)));
        let placebo = &found["placebo"];
        assert_eq!((&placebo["inside"], placebo["dates"].as_u64().unwrap() >= 20), (&json!(false), true));
        let series = found["series"].as_array().unwrap();
        assert_eq!((series.len(), &series[56]["day"]), (84, &json!(changed_on())));
        let below = series[56..].iter().filter(|day| day["observed"].as_f64() < day["low"].as_f64()).count();
        assert!(below > 14, "most days lie below what was expected: {below}");

        let nothing = ask(&analyst, EFFECT, &question("swap")).await;
        assert_eq!(nothing["verdict"]["code"], "cannot_tell", "{nothing}");
        assert_eq!(nothing["verdict"]["days_needed"], 0, "a change of 15 % would have been seen");
        assert_eq!(nothing["verdict"]["reason"], "small");

        let mut apart = question("pending");
        apart["controls"] = json!({"type": ["swap"]});
        let apart = ask(&analyst, EFFECT, &apart).await;
        assert_eq!(apart["difference"]["verdict"]["code"], "fewer");
        assert!(apart["difference"]["difference"]["ratio"]["high"].as_f64().unwrap() < 0.75);

        let groups = ask(&analyst, EFFECT, &json!({"date": changed_on(), "group": "type"})).await["groups"].clone();
        let verdict = |code: &str| {
            let group = groups.as_array().unwrap().iter().find(|group| group["code"] == code).unwrap();
            (group["verdict"]["code"].as_str().unwrap().to_owned(), group["q"].as_f64().unwrap())
        };
        assert!(matches!(verdict("pending"), (code, q) if code == "fewer" && q < 0.001));
        assert!(matches!(verdict("swap"), (code, q) if code == "cannot_tell" && q > 0.05));
    }

    async fn one_old_request_is_no_past(store) {
        seed(&store).await;
        let server = TestServer::start(&store).await;
        let analyst = server.agent("an", Role::Analyst).await;
        let question = json!({"date": changed_on(), "filter": {"type": ["pending"]}});
        let found = ask(&analyst, EFFECT, &question).await;
        let catalogue = "/api/v1/console/insight/catalogue";
        let began = analyst.get(catalogue).await.json()["history"].clone();
        assert_eq!(began["all"], json!(today().plus(-DAYS).start().plus(std::time::Duration::from_hours(1))));
        assert_eq!((&began["desk"], &began["imported"]), (&began["all"], &Value::Null));
        drop(server);

        let old = row(today().plus(-400).start(), "pending", "7.1.0");
        let written = store.write(Lane::Ordinary, 0, move |tx| request::insert(tx, &old)).await;
        written.map_err(|error: StoreError| error.to_string()).unwrap();
        let server = TestServer::start(&store).await;
        let analyst = server.agent("ana", Role::Analyst).await;
        assert_eq!(analyst.get(catalogue).await.json()["history"], began);
        let again = ask(&analyst, EFFECT, &question).await;
        assert_eq!(again["placebo"], found["placebo"], "the same dates of the same past");
        assert_eq!(again["estimate"], found["estimate"]);
    }

    async fn an_event_gives_the_date_and_others_stand_beside_it(store) {
        seed(&store).await;
        let server = TestServer::start(&store).await;
        let analyst = server.agent("an", Role::Analyst).await;
        let mut ids = Vec::new();
        for (title, from, until) in [("7.2.0", -AFTER, None), ("Outage", -AFTER - 5, Some(-AFTER - 4))] {
            let at = |day: i64| today().plus(day).start();
            let driver = json!({"kind": "release", "title": title, "starts_at": at(from), "ends_at": until.map(at)});
            let reply = analyst.post("/api/v1/console/drivers", &json!({"client_id": format!("c{}", ids.len()), "driver": driver})).await;
            assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
            ids.push(reply.json()["id"].clone());
        }
        let question = json!({"event": ids[0], "events": [ids[1]], "filter": {"type": ["pending"]}});
        let found = ask(&analyst, EFFECT, &question).await;
        assert_eq!((&found["date"], &found["verdict"]["code"]), (&json!(changed_on()), &json!("fewer")));
        let flags: Vec<_> = found["events"].as_array().unwrap().iter()
            .map(|event| (event["event"]["title"].as_str().unwrap(), event["is_change"] == true, event["is_accounted"] == true))
            .collect();
        assert_eq!(flags, [("7.2.0", true, false), ("Outage", false, true)]);
        let problem = analyst.post(EFFECT, &json!({"event": "77"})).await.problem(422, "invalid");
        assert_eq!((&problem["field"], &problem["reason"]), (&json!("event"), &json!("unknown")));
    }

    async fn a_change_is_split_when_users_are_known_and_compared_when_not(store) {
        seed(&store).await;
        let server = TestServer::start(&store).await;
        let analyst = server.agent("an", Role::Analyst).await;
        let (earlier, later) = periods();
        let by = |dimension: &str| json!({"dimension": dimension, "earlier": earlier, "later": later});
        let counts = ask(&analyst, CHANGE, &by("type")).await;
        assert_eq!((&counts["has_users"], &counts["parts"], &counts["days"]), (&json!(false), &Value::Null, &json!(28)));
        assert_eq!((&counts["segments"][0]["code"], &counts["segments"][0]["small"]), (&json!("pending"), &json!(false)));
        assert!(counts["segments"][0]["q"].as_f64().unwrap() < 0.001 && counts["segments"][1]["q"].as_f64().unwrap() > 0.05);
        assert_eq!(counts["verdict"]["code"], "fewer");

        // Those of the last two days come late.
        tell_users(&server, &analyst, 0..DAYS - 2).await;
        // It looks at once, and then now and again.
        let count = || {
            let (stop, stopping) = tokio::sync::watch::channel(false);
            let (insight, store) = (server.insight.clone(), (*store).clone());
            tokio::spawn(async move { insight.count_users(store, stopping).await });
            stop
        };
        let counting = count();
        let split_when = async |left_out: u64| {
            for _ in 0..200 {
                let split = ask(&analyst, CHANGE, &by("app_version")).await;
                if split["has_users"] == true && split["days_left_out"] == left_out {
                    return split;
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            panic!("no change is split with {left_out} days left out");
        };
        let most = split_when(2).await;
        assert_eq!((&most["days"], &most["verdict"]), (&json!(26), &counts["verdict"]), "the verdict is of all days");
        assert_eq!((&most["all_before"], &most["all_after"]), (&counts["before"], &counts["after"]));
        assert!(most["before"].as_u64() < counts["before"].as_u64() && most["after"].as_u64() < counts["after"].as_u64());
        tell_users(&server, &analyst, DAYS - 2..DAYS).await;
        drop(counting);
        let _counting = count();
        let split = split_when(0).await;
        assert_eq!((&split["days"], &split["before"], &split["after"]), (&json!(28), &counts["before"], &counts["after"]));
        let part = |of: &Value, name: &str| of["parts"][name].as_f64().unwrap();
        let sum = |of: &Value| ["users", "mix", "rate", "unattributed"].iter().map(|name| part(of, name)).sum::<f64>();
        let change = split["after"].as_f64().unwrap() - split["before"].as_f64().unwrap();
        assert!((sum(&split) - change).abs() < 1e-6, "{split}");
        let each: f64 = split["segments"].as_array().unwrap().iter().map(sum).sum();
        assert!((each - change).abs() < 1e-6);
        assert!(part(&split, "users") > 0.0 && part(&split, "rate") < 0.0, "more users who each ask less: {split}");
        // 2,100 users and then 3,100: the same factor for every segment, those of whom nobody asks included.
        let newer = split["segments"].as_array().unwrap().iter().find(|one| one["code"] == "7.2.0").unwrap();
        let (before, after) = (newer["before"].as_f64().unwrap(), newer["after"].as_f64().unwrap());
        let expected = (after - before) / (after / before).ln() * (3_100.0_f64 / 2_100.0).ln();
        assert!((part(newer, "users") - expected).abs() < 1e-6, "{newer}");

        let problem = analyst.post(EFFECT, &json!({"date": changed_on(), "group": "app_version"})).await.problem(422, "invalid");
        assert_eq!(problem["reason"], "needs_users", "without users, 7.2.0 would only be adopted");
        let rate = json!({"measure": "contact_rate", "date": changed_on(), "group": "app_version"});
        let rate = ask(&analyst, EFFECT, &rate).await;
        assert_eq!((&rate["verdict"]["code"], &rate["series"][83]["users"]), (&json!("fewer"), &json!(3_100)));
        let ratio = rate["estimate"]["ratio"]["value"].as_f64().unwrap();
        assert!((0.45..0.6).contains(&ratio), "0.77 times the requests of 1.48 times the users: {ratio}");
    }

    async fn known_events_are_no_dates_without_a_change(store) {
        seed(&store).await;
        let server = TestServer::start(&store).await;
        let analyst = server.agent("an", Role::Analyst).await;
        let at = |day: i64| today().plus(day).start();
        let mut ids = Vec::new();
        for (kind, title, from, until, of) in [
            // One day: its end is the first moment without it.
            ("campaign", "Airdrop", -100, Some(-99), "pending"),
            ("campaign", "Of others", -120, Some(-110), "swap"),
            ("incident", "Slow node", -AFTER, None, "pending"),
            ("incident", "Old", -160, None, "swap"),
        ] {
            let driver = json!({"kind": kind, "title": title, "starts_at": at(from), "ends_at": until.map(at), "scope": {"type": [of]}});
            let new = json!({"client_id": format!("c{}", ids.len()), "driver": driver});
            let reply = analyst.post("/api/v1/console/drivers", &new).await;
            assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
            assert_eq!(reply.json()["is_ongoing"], json!(kind == "incident"));
            ids.push(reply.json()["id"].clone());
        }
        let mut question = json!({
            "date": changed_on(), "before_days": 14, "after_days": 7, "filter": {"type": ["pending"]},
        });
        let found = ask(&analyst, EFFECT, &question).await;
        // Of 121 dates, 21 have that one day within the 14 days before or the 7 after.
        let placebo = &found["placebo"];
        assert_eq!((&placebo["left_out"], &placebo["with_events"]), (&json!(21), &json!(0)));
        // Of a few windows of three weeks no step can be estimated.
        assert!((90..=100).contains(&placebo["dates"].as_u64().unwrap()), "{placebo}");
        let titles: Vec<_> = found["events"].as_array().unwrap().iter().map(|event| &event["event"]["title"]).collect();
        assert_eq!(titles, ["Slow node", "Old"], "what is not over touches every later window");
        // It goes on, so it covers all days since the change, and not the first alone.
        question["events"] = json!([ids[2]]);
        assert_eq!(ask(&analyst, EFFECT, &question).await["verdict"]["code"], "inseparable");
    }

    async fn what_moved_is_found_among_what_did_not(store) {
        // One request a day was about phishing, until four weeks ago.
        let mut rows = requests();
        let phishing = |day: i64| row(Time(today().plus(day).start().0 + 7_200_000_000), "phishing", "7.1.0");
        rows.extend((-2 * AFTER..-AFTER).map(phishing));
        write(&store, rows).await;
        let server = TestServer::start(&store).await;
        let analyst = server.agent("an", Role::Analyst).await;
        let (earlier, later) = periods();
        let question = json!({"dimensions": ["type", "app_version"], "earlier": earlier, "later": later});
        let found = ask(&analyst, MOVEMENTS, &question).await;
        let total = &found["total"]["change"];
        assert!(total["high"].as_f64().unwrap() < 0.0, "{total}");
        let of = |code: &str| found["values"].as_array().unwrap().iter().find(|value| value["code"] == code).unwrap();
        assert_eq!(found["values"][0]["code"], "pending", "what moved most stands first");
        assert!(of("pending")["found"] == true && of("pending")["q"].as_f64().unwrap() < 0.001);
        assert_eq!(of("swap")["found"], false);
        // What is gone has no group in the later period, and is told of all the same.
        let gone = &of("phishing")["movement"];
        assert_eq!((&gone["before"], &gone["after"]), (&json!(28), &json!(0)));
        // The tile of all requests says the same.
        let times = |period: &Value| json!({
            "from": Day::parse(period["from"].as_str().unwrap()).unwrap().start(),
            "until": Day::parse(period["until"].as_str().unwrap()).unwrap().plus(1).start(),
        });
        let (now, against) = (times(&later), times(&earlier));
        let tile = ask(&analyst, "/api/v1/console/insight/query", &json!({
            "measure": "requests", "from": now["from"], "until": now["until"], "against": against,
        })).await;
        assert_eq!(&tile["change"], total, "one test for both");

        // Two days are held against the eight weeks before, which tell how much days vary.
        let day = |from: i64, until: i64| json!({"from": today().plus(from), "until": today().plus(until)});
        let short = json!({"dimensions": ["type"], "earlier": day(-4, -3), "later": day(-2, -1)});
        let short = ask(&analyst, MOVEMENTS, &short).await;
        let change = &short["total"]["change"];
        assert!(change["low"].as_f64().unwrap() < 0.0 && change["high"].as_f64().unwrap() > 0.0, "{change}");
        // Before the first request nothing is known.
        let young = json!({"earlier": day(-DAYS - 28, -DAYS - 1), "later": day(-DAYS, -DAYS + 28)});
        assert_eq!(ask(&analyst, MOVEMENTS, &young).await["total"]["change"], Value::Null);

        for (question, field, reason) in [
            (json!({"earlier": later, "later": earlier}), "later", "overlaps"),
            (json!({"earlier": earlier, "later": day(-2, 0)}), "later", "in_future"),
            (json!({"earlier": day(-900, -400), "later": later}), "earlier", "out_of_range"),
            (json!({"earlier": earlier, "later": later, "dimensions": ["moon"]}), "dimensions", "unknown"),
        ] {
            let problem = analyst.post(MOVEMENTS, &question).await.problem(422, "invalid");
            assert_eq!((&problem["field"], &problem["reason"]), (&json!(field), &json!(reason)), "{question}: {problem}");
        }
    }

    async fn a_day_that_was_closed_counts_on_neither_side(store) {
        let closed = today().plus(-10);
        let mut rows = requests();
        rows.retain(|row| Day::of(row.created_at) != closed);
        write(&store, rows).await;
        let server = TestServer::start(&store).await;
        let analyst = server.agent("an", Role::Analyst).await;
        let (earlier, later) = periods();
        let question = json!({"dimension": "type", "earlier": earlier, "later": later, "like_for_like": false});
        let found = ask(&analyst, CHANGE, &question).await;
        assert_eq!((&found["days"], &found["verdict"]["code"]), (&json!(27), &json!("fewer")));
        // Its counterpart four weeks before is not among the requests compared: 20 to 28 of each of two types a day.
        let before = found["before"].as_u64().unwrap();
        assert!((27 * 40..=27 * 56).contains(&before), "{before}");
        let all = ask(&analyst, "/api/v1/console/insight/query", &json!({
            "measure": "requests", "from": today().plus(-2 * AFTER).start(), "until": today().plus(-AFTER).start(),
        })).await["total"]["n"].as_u64().unwrap();
        assert!(before < all, "{before} of {all}");
    }

    async fn mistakes_in_comparisons_are_named(store) {
        seed(&store).await;
        let server = TestServer::start(&store).await;
        let lead = server.agent("lin", Role::Lead).await;
        let date = changed_on();
        let overlap = json!({"date": date, "filter": {"type": ["pending"]}, "controls": {"type": ["pending", "swap"]}});
        for (question, field, reason) in [
            (json!({}), "date", "missing"),
            (json!({"date": today().plus(2)}), "date", "in_future"),
            (json!({"date": date, "before_days": 13}), "before_days", "too_short"),
            (json!({"date": date, "after_days": 6}), "after_days", "too_short"),
            (json!({"date": date, "after_days": 367}), "after_days", "out_of_range"),
            (json!({"date": date, "group": "moon"}), "group", "unknown"),
            (json!({"date": date, "group": "cohort"}), "group", "needs_users"),
            (json!({"date": date, "measure": "contact_rate", "group": "type"}), "group", "unknown"),
            (json!({"date": date, "filter": {"mood": ["bad"]}}), "filter", "unknown"),
            (json!({"date": date, "events": ["5"]}), "events", "unknown"),
            (json!({"date": date, "zone": "Mars/Olympus"}), "zone", "unknown"),
            (overlap, "controls", "overlaps"),
        ] {
            let problem = lead.post(EFFECT, &question).await.problem(422, "invalid");
            assert_eq!((&problem["field"], &problem["reason"]), (&json!(field), &json!(reason)), "{question}: {problem}");
            assert!(!problem["detail"].as_str().unwrap().contains("problem."), "{problem}");
        }
        let early = ask(&lead, EFFECT, &json!({"date": today().plus(-DAYS + 5)})).await;
        assert_eq!((&early["verdict"]["code"], &early["verdict"]["missing_before"]), (&json!("too_short"), &json!(10)));
        let fresh = ask(&lead, EFFECT, &json!({"date": today()})).await;
        assert_eq!((&fresh["verdict"]["code"], &fresh["verdict"]["missing_after"]), (&json!("too_short"), &json!(7)));

        let period = |from: i64, until: i64| json!({"from": today().plus(from), "until": today().plus(until)});
        let of = |earlier: Value, later: Value| json!({"dimension": "type", "earlier": earlier, "later": later});
        let mut unequal = of(period(-30, -20), period(-14, -1));
        unequal["like_for_like"] = false.into();
        for (question, field, reason) in [
            (of(period(-20, -15), period(-14, -1)), "earlier", "too_short"),
            (of(period(-20, -12), period(-14, -1)), "later", "overlaps"),
            (of(period(-20, -12), period(-9, 0)), "later", "in_future"),
            (of(period(-12, -20), period(-9, -1)), "earlier", "before_start"),
            (of(period(-400, -300), period(-9, -1)), "earlier", "before_history"),
            (unequal, "later", "lengths_differ"),
        ] {
            let problem = lead.post(CHANGE, &question).await.problem(422, "invalid");
            assert_eq!((&problem["field"], &problem["reason"]), (&json!(field), &json!(reason)), "{question}: {problem}");
        }
        // Of three weeks the one that is nearest to the week beside them.
        let part = |from: i64, until: i64, left: &[(i64, i64)]| {
            let days = |(from, until): &(i64, i64)| json!({"from": today().plus(*from), "until": today().plus(*until)});
            let left: Vec<Value> = left.iter().map(days).collect();
            json!({"from": today().plus(from), "until": today().plus(until), "without_partner": left})
        };
        let late = ask(&lead, CHANGE, &of(period(-28, -8), period(-7, -1))).await;
        assert_eq!((&late["days"], &late["earlier"], &late["later"]), (&json!(7), &part(-14, -8, &[(-28, -15)]), &part(-7, -1, &[])));
        let early = ask(&lead, CHANGE, &of(period(-28, -22), period(-21, -1))).await;
        assert_eq!((&early["earlier"], &early["later"]), (&part(-28, -22, &[]), &part(-21, -15, &[(-14, -1)])));
    }
}
