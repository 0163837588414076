//! Who works when, as its callers meet it.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use standfast_domain::roster::SHIFT_STEP;
use standfast_domain::{Role, Time};
use standfast_store::store_test;

use crate::testing::{Person, Reply, TestServer};

const ROOT: &str = "/api/v1/console/roster";

async fn send(person: &Person<'_>, method: Method, path: &str, body: &Value) -> Reply {
    let headers = [person.headers(), vec![("content-type", "application/json")]].concat();
    person.server.call(method, &format!("{ROOT}{path}"), &headers, body.to_string()).await
}

/// A quarter of an hour so many hours from now.
fn ahead(server: &TestServer, hours: u64) -> Time {
    let at = server.desk.now().plus(Duration::from_hours(hours));
    Time(at.0.div_euclid(SHIFT_STEP) * SHIFT_STEP)
}

fn shift(server: &TestServer, agent: &Value, from: u64, until: u64) -> Value {
    json!({"agent_id": agent, "starts_at": ahead(server, from), "ends_at": ahead(server, until)})
}

async fn id_of(person: &Person<'_>) -> Value {
    person.get("/api/v1/session").await.json()["agent"]["id"].clone()
}

store_test! {
    async fn a_week_is_planned_published_and_changed_within_the_rules(store) {
        let server = TestServer::start(&store).await;
        let (lead, mei) = (server.agent("lead", Role::Lead).await, server.agent("mei", Role::Agent).await);
        let id = id_of(&mei).await;
        let contract = json!({
            "zone": "UTC", "least_week": 0, "most_week": 2400, "most_stretch": 600, "least_rest": 660, "most_days": 5,
        });
        let profile = json!({"languages": ["zh-CN", "en"], "tier": 2, "at_once": 3});
        let person = json!({"version": 0, "profile": profile, "contract": contract});
        let path = format!("/people/{}", id.as_str().unwrap());
        assert_eq!(send(&lead, Method::PUT, &path, &person).await.json()["version"], 1);
        send(&mei, Method::PUT, &path, &person).await.problem(403, "forbidden");
        send(&lead, Method::PUT, &path, &person).await.problem(409, "outdated_version");
        let wrong = json!({"version": 1, "profile": {"languages": [], "tier": 2, "at_once": 3}});
        send(&lead, Method::PUT, &path, &wrong).await.problem(422, "invalid");

        let shifts = json!({"shifts": [shift(&server, &id, 24, 32), shift(&server, &id, 38, 44)]});
        let added = send(&lead, Method::POST, "/shifts", &shifts).await;
        assert_eq!(added.status, StatusCode::CREATED, "{}", added.json());
        let range = json!({"from": ahead(&server, 0), "until": ahead(&server, 96)});
        let query = format!("?from={}&until={}", ahead(&server, 0), ahead(&server, 96));
        let week = format!("{ROOT}{query}");
        let planned = lead.get(&week).await.json();
        assert_eq!((planned["shifts"].as_array().unwrap().len(), &planned["violations"][0]["rule"]), (2, &json!("rest")));
        assert_eq!(mei.get(&week).await.json()["shifts"], json!([]));
        let refused = send(&lead, Method::POST, "/publish", &range).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert_eq!((&refused.json()["code"], &refused.json()["violations"][0]["found"]), (&json!("against_rules"), &json!(360)));
        let reasoned = json!({"from": range["from"], "until": range["until"], "reason": "She asked for it"});
        assert_eq!(send(&lead, Method::POST, "/publish", &reasoned).await.json()["count"], 2);
        let own = mei.get(&week).await.json();
        assert_eq!((own["shifts"].as_array().unwrap().len(), &own["violations"]), (2, &json!([])));
        let first = &added.json()["items"][0]["id"];
        let moved = json!({"version": 2, "shift": shift(&server, &id, 25, 32)});
        let path = format!("/shifts/{}", first.as_str().unwrap());
        assert_eq!(send(&lead, Method::PUT, &path, &moved).await.json()["version"], 3);
        assert_eq!(send(&lead, Method::DELETE, &format!("{path}?version=3"), &json!({})).await.status, StatusCode::NO_CONTENT);
        // A plan in place of drafts.
        let plan = json!({"from": range["from"], "until": range["until"], "shifts": [shift(&server, &json!(null), 50, 58)]});
        assert_eq!(send(&lead, Method::PUT, "/drafts", &plan).await.json()["items"][0]["agent_id"], Value::Null);

        let now = lead.get(&format!("{ROOT}/now")).await.json();
        assert_eq!((&now["has_roster"], &now["people"]), (&json!(true), &json!([])));
        let adherence = lead.get(&format!("{ROOT}/adherence?days=7&zone=Asia/Shanghai")).await.json();
        assert_eq!((adherence["week"].as_array().unwrap().len(), &adherence["all"]["rostered"]), (336, &json!(0)));
        lead.get(&format!("{ROOT}/adherence?zone=Mars")).await.problem(422, "invalid");
    }

    async fn people_ask_and_leads_decide(store) {
        let server = TestServer::start(&store).await;
        let (lead, mei, bo) = (server.agent("lead", Role::Lead).await, server.agent("mei", Role::Agent).await, server.agent("bo", Role::Agent).await);
        let (mei_id, bo_id) = (id_of(&mei).await, id_of(&bo).await);
        let shifts = json!({"shifts": [shift(&server, &mei_id, 24, 32)]});
        let id = send(&lead, Method::POST, "/shifts", &shifts).await.json()["items"][0]["id"].clone();
        let range = json!({"from": ahead(&server, 0), "until": ahead(&server, 96)});
        assert_eq!(send(&lead, Method::POST, "/publish", &range).await.json()["count"], 1);
        let swap = json!({"shift_id": id, "shift_version": 2, "to_agent_id": bo_id});
        let asked = send(&mei, Method::POST, "/swaps", &swap).await;
        assert_eq!(asked.status, StatusCode::CREATED, "{}", asked.json());
        let path = format!("/swaps/{}/step", asked.json()["id"].as_str().unwrap());
        send(&mei, Method::POST, &path, &json!({"step": "accept", "version": 1})).await.problem(403, "forbidden");
        assert_eq!(send(&bo, Method::POST, &path, &json!({"step": "accept", "version": 1})).await.json()["state"], "accepted");
        assert_eq!(lead.get(&format!("{ROOT}/swaps")).await.json()["items"].as_array().unwrap().len(), 1);
        let done = send(&lead, Method::POST, &path, &json!({"step": "approve", "version": 2})).await.json();
        assert_eq!((&done["state"], &done["shift"]["agent_id"]), (&json!("approved"), &bo_id));

        let off = json!({"starts_at": ahead(&server, 20), "ends_at": ahead(&server, 44), "note": "搬家"});
        let asked = send(&bo, Method::POST, "/time-off", &off).await.json();
        let path = format!("/time-off/{}/step", asked["id"].as_str().unwrap());
        send(&lead, Method::POST, &path, &json!({"step": "approve", "version": 1})).await.problem(409, "against_rules");
        let done = send(&lead, Method::POST, &path, &json!({"step": "approve", "version": 1, "release": true})).await.json();
        assert_eq!((&done["state"], &done["shifts"]), (&json!("approved"), &json!([])));
        assert_eq!(bo.get(&format!("{ROOT}/time-off")).await.json()["items"].as_array().unwrap().len(), 1);
    }

    async fn people_say_whether_they_are_written_to(store) {
        let server = TestServer::start(&store).await;
        let (mei, analyst) = (server.agent("mei", Role::Agent).await, server.agent("noa", Role::Analyst).await);
        let path = format!("{ROOT}/mail");
        assert_eq!(mei.get(&path).await.json()["enabled"], true);
        assert_eq!(send(&mei, Method::PUT, "/mail", &json!({"enabled": false})).await.json()["enabled"], false);
        assert_eq!(mei.get(&path).await.json()["enabled"], false);
        send(&mei, Method::PUT, "/mail", &json!({"enabled": "no"})).await.problem(422, "invalid");
        assert_eq!(analyst.get(&path).await.status, StatusCode::FORBIDDEN);
    }

    async fn a_calendar_is_for_whoever_has_its_address(store) {
        let server = TestServer::start(&store).await;
        let mei = server.agent("mei", Role::Agent).await;
        let address = mei.get(&format!("{ROOT}/calendar")).await.json()["url"].as_str().unwrap().to_owned();
        let path = address.strip_prefix("http://desk.test").unwrap().to_owned();
        let reply = server.get(&path, &[]).await;
        assert_eq!((reply.status, reply.headers["content-type"].to_str().unwrap()), (StatusCode::OK, "text/calendar; charset=utf-8"));
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.ends_with("END:VCALENDAR\r\n"), "{text}");
        let other = send(&mei, Method::POST, "/calendar", &json!({})).await.json()["url"].as_str().unwrap().to_owned();
        assert_ne!(other, address);
        server.get(&path, &[]).await.problem(404, "not_found");
        server.get(path.strip_suffix(".ics").unwrap(), &[]).await.problem(404, "not_found");
    }
}
