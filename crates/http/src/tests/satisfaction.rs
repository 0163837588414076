//! What customers said, as figures: ratings, what is known of "solved", and how long people wait; and dashboards.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use standfast_domain::Role;
use standfast_store::store_test;

use crate::testing::{Person, Reply, TestServer};

async fn ask(person: &Person<'_>, query: Value) -> Value {
    let reply = person.post("/api/v1/console/insight/query", &query).await;
    assert_eq!(reply.status, 200, "{query}: {}", String::from_utf8_lossy(&reply.body));
    reply.json()
}

async fn ids(person: &Person<'_>, query: Value, cell: Value, part: &str) -> Vec<String> {
    let wish = json!({"query": query, "cell": cell, "part": part, "limit": 50});
    let page = person.post("/api/v1/console/insight/rows", &wish).await.json();
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

async fn send(person: &Person<'_>, method: Method, path: &str, body: &Value) -> Reply {
    let headers = [person.headers(), vec![("content-type", "application/json")]].concat();
    person.server.call(method, path, &headers, body.to_string()).await
}

store_test! {
    async fn what_customers_say_is_counted_and_opens_its_requests(store) {
        let server = TestServer::start(&store).await;
        let (agent, analyst) = (server.agent("mei", Role::Agent).await, server.agent("an", Role::Analyst).await);
        let mut asked = Vec::new();
        for number in 0..5 {
            let own = server.visitor();
            let receipt = own.ask(&format!("c{number}"), "转账没有到账").await;
            let id = receipt["request_id"].as_str().unwrap().to_owned();
            if number < 4 {
                let words = json!({"client_id": format!("a{id}"), "text": "已经到账了。", "seen_seq": 1000, "then": "solved"});
                assert!(agent.post(&format!("/api/v1/console/requests/{id}/reply"), &words).await.status.is_success());
            }
            let path = format!("/api/v1/requests/{}", receipt["number"].as_str().unwrap());
            if number < 2 {
                let (score, reason) = if number == 0 { (5, "fast") } else { (2, "slow") };
                let rating = json!({"client_id": "r", "score": score, "reason": reason});
                assert_eq!(own.post(&format!("{path}/rating"), &rating).await.status, 201);
            }
            if number == 0 || number == 2 {
                let answer = json!({"client_id": "y", "solved": number == 0});
                assert_eq!(own.post(&format!("{path}/resolution"), &answer).await.status, 201);
            }
            asked.push(id);
        }
        server.until_facts(|facts| facts.len() == 5).await;
        // Facts follow what is said a moment later.
        for _ in 0..600 {
            let repudiated = ask(&analyst, json!({"measure": "repudiated"})).await;
            if repudiated["total"]["numerator"] == 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        for (measure, met, n, left_out) in
            [("satisfied", 1, 2, 3), ("response_rate", 2, 4, 1), ("confirmed", 1, 4, 1), ("repudiated", 1, 4, 1)]
        {
            let answer = ask(&analyst, json!({"measure": measure})).await;
            let total = &answer["total"];
            assert_eq!((&total["numerator"], &total["denominator"]), (&json!(met), &json!(n)), "{measure}");
            assert_eq!((&answer["left_out"], &total["small"]), (&json!(left_out), &json!(true)), "{measure}");
            assert!(total["low"].as_f64().unwrap() < total["value"].as_f64().unwrap());
        }
        assert_eq!(ids(&analyst, json!({"measure": "satisfied"}), json!([]), "met").await, asked[..1]);
        assert_eq!(ids(&analyst, json!({"measure": "satisfied"}), json!([]), "unmet").await, asked[1..2]);
        let states = json!({"measure": "called_solved", "group": ["resolution"]});
        for (state, of) in [("confirmed", &asked[..1]), ("claimed", &asked[1..2]), ("repudiated", &asked[2..3])] {
            let found = ids(&analyst, states.clone(), json!([state]), "all").await;
            assert!(of.iter().all(|id| found.contains(id)), "{state}: {found:?}");
        }
        assert_eq!(ids(&analyst, json!({"measure": "rated", "group": ["reason"]}), json!(["slow"]), "all").await, asked[1..2]);
        let by = ask(&analyst, json!({"measure": "rated", "group": ["score", "solved_by"]})).await;
        let scores: Vec<&str> = by["axes"][0]["members"].as_array().unwrap().iter().map(|m| m["code"].as_str().unwrap()).collect();
        assert_eq!(scores, ["2", "5"]);
        assert_ne!(by["axes"][1]["members"][0]["code"], "none", "who had answered is known");
        let repeat = ask(&analyst, json!({"measure": "repeat_contact", "days": 30})).await;
        assert_eq!((&repeat["total"]["n"], &repeat["left_out"]), (&json!(0), &json!(5)), "all are too young to tell");
    }

    async fn waits_are_told_with_those_who_still_wait(store) {
        let server = TestServer::start(&store).await;
        let (agent, lead) = (server.agent("mei", Role::Agent).await, server.agent("lin", Role::Lead).await);
        for number in 0..3 {
            let receipt = server.visitor().ask(&format!("c{number}"), "转账没有到账").await;
            if number == 0 {
                let id = receipt["request_id"].as_str().unwrap();
                let words = json!({"client_id": "a", "text": "已经到账了。", "seen_seq": 1000, "then": "waiting"});
                assert!(agent.post(&format!("/api/v1/console/requests/{id}/reply"), &words).await.status.is_success());
            }
        }
        server.until_facts(|facts| facts.len() == 3).await;
        let path = "/api/v1/console/insight/survival";
        let mut curve = Value::Null;
        for _ in 0..600 {
            let told = lead.post(path, &json!({"duration": "first_response", "group": "language"})).await.json();
            curve = told["curves"][0].clone();
            if curve["over"] == 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!((&curve["code"], &curve["n"], &curve["over"], &curve["censored"]), (&json!("zh-CN"), &json!(3), &json!(1), &json!(2)));
        assert_eq!(curve["median"]["seconds"], Value::Null, "two of three still wait");
        assert_eq!(curve["steps"].as_array().unwrap().len(), 1);
        let solved = lead.post(path, &json!({"duration": "full_resolution"})).await.json();
        assert_eq!((&solved["curves"][0]["code"], &solved["curves"][0]["over"]), (&Value::Null, &json!(0)));
        for (wrong, field) in [
            (json!({"duration": "first_response", "group": "moon"}), "group"),
            (json!({"duration": "first_response", "zone": "Mars/Olympus"}), "zone"),
            (json!({"duration": "first_response", "from": "2100-01-01T00:00:00Z"}), "from"),
        ] {
            assert_eq!(lead.post(path, &wrong).await.problem(422, "invalid")["field"], field, "{wrong}");
        }
        agent.post(path, &json!({"duration": "first_response"})).await.problem(403, "forbidden");
    }

    async fn dashboards_are_kept_and_shared(store) {
        let server = TestServer::start(&store).await;
        let (lead, analyst) = (server.agent("lin", Role::Lead).await, server.agent("an", Role::Analyst).await);
        let path = "/api/v1/console/insight/dashboards";
        let view = json!({"name": "兑换一周", "page": "satisfaction", "search": "period=7d&where=type%2Cswap", "shared": true});
        let made = lead.post(path, &json!({"client_id": "b1", "dashboard": view})).await;
        assert_eq!(made.status, 201);
        let made = made.json();
        let own = lead.post(path, &json!({"client_id": "b2", "dashboard": {"name": "自己看", "page": "types"}})).await.json();
        let seen = analyst.get(path).await.json();
        assert_eq!(seen["items"].as_array().unwrap().len(), 1);
        assert_eq!((&seen["items"][0]["search"], &seen["items"][0]["may_change"]), (&view["search"], &json!(false)));
        let one = format!("{path}/{}", made["id"].as_str().unwrap());
        let change = json!({"version": 1, "dashboard": {"name": "兑换", "page": "satisfaction", "search": "", "shared": true}});
        send(&analyst, Method::PUT, &one, &change).await.problem(403, "forbidden");
        let changed = send(&lead, Method::PUT, &one, &change).await.json();
        assert_eq!((&changed["name"], &changed["version"]), (&json!("兑换"), &json!(2)));
        send(&lead, Method::PUT, &one, &change).await.problem(409, "changed_meanwhile");
        let hidden = format!("{path}/{}", own["id"].as_str().unwrap());
        send(&analyst, Method::DELETE, &hidden, &json!({})).await.problem(404, "not_found");
        let start = "/api/v1/console/insight/start";
        assert_eq!(send(&analyst, Method::PUT, start, &json!({"id": made["id"]})).await.status, 204);
        assert_eq!(analyst.get(path).await.json()["start"], made["id"]);
        send(&analyst, Method::PUT, start, &json!({"id": own["id"]})).await.problem(404, "not_found");
        assert_eq!(send(&lead, Method::DELETE, &one, &json!({})).await.status, 204);
        let gone = analyst.get(path).await.json();
        assert_eq!((&gone["items"], &gone["start"]), (&json!([]), &Value::Null));
        let phrase = ["abandon"; 11].join("%20");
        let secret = json!({"name": "x", "page": "types", "search": format!("where=type,{phrase}%20about")});
        let refused = lead.post(path, &json!({"client_id": "b3", "dashboard": secret})).await.problem(422, "invalid");
        assert_eq!(refused["field"], "search");
    }
}
