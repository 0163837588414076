//! Planning, as its callers meet it; what comes of it is tested in `desk`.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use standfast_domain::Role;
use standfast_store::store_test;

use crate::testing::TestServer;

const ROOT: &str = "/api/v1/console/planning";

store_test! {
    async fn leads_plan_and_agents_do_not(store) {
        let server = TestServer::start(&store).await;
        let (lead, agent) = (server.agent("lead", Role::Lead).await, server.agent("agent", Role::Agent).await);
        assert_eq!(agent.get(ROOT).await.status, StatusCode::FORBIDDEN);
        let view = lead.get(ROOT).await.json();
        assert_eq!((&view["version"], &view["settings"]["share"], &view["handling"]["answers"]), (&json!(0), &json!(80), &json!(0)));
        let put = |body: Value| {
            let headers = [lead.headers(), vec![("content-type", "application/json")]].concat();
            let server = &server;
            async move { server.call(Method::PUT, ROOT, &headers, body.to_string()).await }
        };
        let mut settings = view["settings"].clone();
        settings["share"] = json!(90);
        assert_eq!(put(json!({"version": 0, "settings": settings})).await.json()["version"], 1);
        put(json!({"version": 0, "settings": settings})).await.problem(409, "outdated_version");
        settings["length"] = json!(481);
        let wrong = put(json!({"version": 1, "settings": settings})).await;
        assert_eq!((wrong.status, &wrong.json()["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("length")));

        // A desk of which too little is known says so, and plans nothing.
        let forecast = lead.get(&format!("{ROOT}/forecast?channel=widget&type=swap,app")).await.json();
        assert_eq!((&forecast["weeks"], &forecast["needs"], &forecast["today"]), (&json!(0), &json!(4), &Value::Null));
        let need = lead.get(&format!("{ROOT}/need?from=2199-12-30&weeks=1")).await.json();
        assert_eq!((&need["is_known"], need["planned"].as_array().unwrap().len()), (&json!(false), 336));
        assert_eq!((&need["missing"].as_array().unwrap().len(), &need["lanes"], &need["groups"]), (&336, &json!([]), &json!([])));
        let day = lead.get(&format!("{ROOT}/today")).await.json();
        assert_eq!((&day["is_known"], day["halves"].as_array().unwrap().len(), &day["gaps"], &day["spare"]), (&json!(false), 96, &json!([]), &json!([])));
        assert_eq!(agent.get(&format!("{ROOT}/today")).await.status, StatusCode::FORBIDDEN);
        // Groups of types are refused by name, too.
        settings["length"] = json!(480);
        settings["groups"] = json!([{"name": "Security", "types": ["theft", "dance"]}]);
        let wrong = put(json!({"version": 1, "settings": settings})).await.json();
        assert_eq!((&wrong["field"], &wrong["reason"]), (&json!("groups"), &json!("unknown")));
        settings["groups"] = json!([{"name": "Security", "types": ["theft", "leak"]}]);
        assert_eq!(put(json!({"version": 1, "settings": settings})).await.json()["settings"]["groups"][0]["name"], "Security");
        lead.get(&format!("{ROOT}/need?from=2199-12-31")).await.problem(422, "invalid");
        lead.post(&format!("{ROOT}/plan"), &json!({"from": "2199-12-30", "weeks": 1})).await.problem(422, "invalid");
        lead.post(&format!("{ROOT}/what-if"), &json!({"from": "2199-12-30", "people": -3})).await.problem(422, "invalid");
    }
}
