//! Events, active users and the tokens of other systems, as their callers meet them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;
use standfast_domain::{Role, SystemClock, TokenKind, TokenScope};
use standfast_store::store_test;

use crate::testing::{Person, Reply, TestServer};

fn event(title: &str) -> Value {
    json!({
        "kind": "release", "title": title, "starts_at": "2026-11-10T08:00:00Z",
        "scope": {"app_version": ["v7.2.0"], "chain": ["TRX"]},
    })
}

async fn upload(person: &Person<'_>, table: impl Into<Bytes>, dry_run: bool) -> Reply {
    let path = format!("/api/v1/console/active-users/csv?dry_run={dry_run}");
    let headers = [person.headers(), vec![("content-type", "text/csv; charset=utf-8")]].concat();
    person.server.call(Method::POST, &path, &headers, table).await
}

/// A webhook as Standard Webhooks has it.
async fn hook(server: &TestServer, secret: &str, id: &str, age: i64, body: &Value) -> Reply {
    signed(server, "/api/v1/hooks/drivers", secret, id, age, body).await
}

/// The same to another address.
pub(super) async fn signed(
    server: &TestServer,
    path: &str,
    secret: &str,
    id: &str,
    age: i64,
    body: &Value,
) -> Reply {
    let sent = (SystemClock::shared().now().millis() / 1_000 - age).to_string();
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{sent}.{body}").as_bytes());
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    let headers = [("webhook-id", id), ("webhook-timestamp", &sent), ("webhook-signature", &signature)];
    server.post(path, &headers, body).await
}

async fn titles(person: &Person<'_>) -> Vec<String> {
    let reply = person.get("/api/v1/console/drivers").await;
    let items = reply.json()["items"].clone();
    items.as_array().unwrap().iter().map(|event| event["title"].as_str().unwrap().to_owned()).collect()
}

store_test! {
    async fn events_are_entered_listed_changed_and_removed(store) {
        let server = TestServer::start(&store).await;
        let analyst = server.agent("ana", Role::Analyst).await;
        let wish = json!({"client_id": "c1", "driver": event("7.2.0")});
        let added = analyst.post("/api/v1/console/drivers", &wish).await;
        assert_eq!(added.status, StatusCode::CREATED, "{added:?}");
        let added = added.json();
        assert_eq!(added["scope"], json!({"app_version": ["7.2.0"], "chain": ["tron"]}));
        assert_eq!((&added["source"], &added["external_id"]), (&json!("person"), &Value::Null));
        for (dimension, value) in [("chain", "nonsense"), ("region", "nowhere"), ("platform", "symbian")] {
            let mut wrong = event("7.2.1");
            wrong["scope"] = json!({dimension: [value]});
            let wish = json!({"client_id": "c2", "driver": wrong});
            analyst.post("/api/v1/console/drivers", &wish).await.problem(422, "unknown_value");
        }
        let path = format!("/api/v1/console/drivers/{}", added["id"].as_str().unwrap());
        let mut changed = event("7.2.0, staged");
        changed["ends_at"] = "2026-11-12T00:00:00+08:00".into();
        let reply = analyst.put(&path, &json!({"version": 1, "driver": changed})).await;
        analyst.put(&path, &json!({"version": 1, "driver": changed})).await.problem(409, "changed_meanwhile");
        assert_eq!(reply.json()["ends_at"], "2026-11-11T16:00:00.000Z");
        let within = "/api/v1/console/drivers?from=2026-11-11T00:00:00Z&until=2026-11-12T00:00:00Z";
        assert_eq!(analyst.get(within).await.json()["items"].as_array().unwrap().len(), 1);
        changed["ends_at"] = "2026-11-01T00:00:00Z".into();
        let refused = analyst.put(&path, &json!({"version": 2, "driver": changed})).await.problem(422, "invalid");
        assert_eq!((&refused["field"], &refused["reason"]), (&json!("ends_at"), &json!("before_start")));
        let strange = json!({"client_id": "c2", "driver": event("x"), "more": 1});
        analyst.post("/api/v1/console/drivers", &strange).await.problem(422, "invalid");
        assert_eq!(analyst.delete(&path).await.status, StatusCode::NO_CONTENT);
        assert!(titles(&analyst).await.is_empty());
    }

    async fn a_table_is_previewed_corrected_and_taken(store) {
        let server = TestServer::start(&store).await;
        let analyst = server.agent("ana", Role::Analyst).await;
        let broken = upload(&analyst, "day,users\n2026-11-19,500\n2026-11-20,many\n", true).await;
        let document = broken.problem(422, "invalid_table");
        assert_eq!(document["faults"], json!([{"row": 3, "column": "users", "reason": "malformed"}]));
        assert!(!document["detail"].as_str().unwrap().contains('{'), "{document}");
        let good = "day,users\n2026-11-19,500\n2026-11-20,510\n";
        assert_eq!(upload(&analyst, good, true).await.json()["added"], 2);
        let days = "/api/v1/console/active-users?from=2026-11-19&until=2026-11-21";
        assert_eq!(analyst.get(days).await.json()["items"][0]["counted"], Value::Null, "only tried");
        assert_eq!(upload(&analyst, good, false).await.json()["changes"][0]["after"], 500);
        let items = analyst.get(days).await.json()["items"].clone();
        assert_eq!((&items[1]["day"], &items[1]["counted"]["users"]), (&json!("2026-11-20"), &json!(510)));
        assert_eq!(items[2]["counted"], Value::Null);
        let day = analyst.get("/api/v1/console/active-users/2026-11-20").await.json();
        assert_eq!(day["items"][0]["users"], 510);
        assert_eq!(analyst.get("/api/v1/console/active-users/20-11-2026").await.status, 404);
        let headers = [analyst.headers(), vec![("content-type", "application/json")]].concat();
        let path = "/api/v1/console/active-users/csv";
        server.call(Method::POST, path, &headers, good).await.problem(415, "unsupported_media_type");
        upload(&analyst, vec![b'x'; (4 << 20) + 1], true).await.problem(413, "too_large");
    }

    async fn the_backend_tells_with_its_token(store) {
        let server = TestServer::start(&store).await;
        let machine = server.machine(&[TokenScope::ActiveUsers]).await;
        let rows = json!({"rows": [
            {"day": "2026-11-20", "app_version": "7.2.0", "region": "sg", "platform": "iOS", "users": 9},
            {"day": "2026-11-20", "users": 5},
        ]});
        let told = machine.put("/api/v1/active-users", &rows).await;
        assert_eq!((told.status, &told.json()["added"]), (StatusCode::OK, &json!(2)));
        assert_eq!(machine.put("/api/v1/active-users", &rows).await.json()["unchanged"], 2, "repeating changes nothing");
        let bad = json!({"rows": [{"day": "tomorrow", "users": 5}]});
        let faults = machine.put("/api/v1/active-users", &bad).await.problem(422, "invalid_table")["faults"].clone();
        assert_eq!(faults, json!([{"row": 1, "column": "day", "reason": "malformed"}]));
        machine.put("/api/v1/drivers/release:7.2.0", &event("x")).await.problem(403, "forbidden");
        machine.get("/api/v1/console/drivers").await.problem(401, "unauthenticated");

        let pipeline = server.machine(&[TokenScope::Drivers]).await;
        let analyst = server.agent("ana", Role::Analyst).await;
        for title in ["7.2.0", "7.2.0 again"] {
            let told = pipeline.put("/api/v1/drivers/release:7.2.0", &event(title)).await;
            assert_eq!(told.json()["external_id"], "release:7.2.0");
        }
        assert_eq!(titles(&analyst).await, ["7.2.0 again"]);
        assert_eq!(pipeline.delete("/api/v1/drivers/release:7.2.0").await.status, StatusCode::NO_CONTENT);
        pipeline.delete("/api/v1/drivers/release:7.2.0").await.problem(404, "not_found");
    }

    async fn webhooks_are_signed_and_taken_once(store) {
        let server = TestServer::start(&store).await;
        let analyst = server.agent("ana", Role::Analyst).await;
        let secret = server.token(TokenKind::Webhook, &[TokenScope::Drivers]).await;
        let told = |title: &str| json!({"external_id": "inc-7", "driver": event(title)});
        for (message, title) in [("m1", "begun"), ("m2", "over"), ("m1", "begun")] {
            let reply = hook(&server, &secret, message, 0, &told(title)).await;
            assert_eq!((reply.status, &reply.json()["source"]), (StatusCode::OK, &json!("webhook")));
        }
        assert_eq!(titles(&analyst).await, ["over"]);
        hook(&server, &secret, "m3", 301, &told("late")).await.problem(401, "webhook_signature");
        let other = format!("whsec_{}", STANDARD.encode([1; 32]));
        let refused = hook(&server, &other, "m3", 0, &told("forged")).await.problem(401, "webhook_signature");
        assert!(refused["detail"].as_str().unwrap().contains("no valid key"), "{refused}");
        server.post("/api/v1/hooks/drivers", &[], &told("bare")).await.problem(401, "webhook_signature");
        hook(&server, &secret, "m4", 0, &json!({"external_id": "x"})).await.problem(422, "invalid");
        assert_eq!(titles(&analyst).await, ["over"]);
    }

    async fn admins_issue_tokens_and_take_them_back(store) {
        let server = TestServer::start(&store).await;
        let admin = server.agent("root", Role::Admin).await;
        let wish = json!({"name": "Pipeline", "kind": "bearer", "scopes": ["drivers"]});
        let issued = admin.post("/api/v1/console/tokens", &wish).await;
        assert_eq!(issued.status, StatusCode::CREATED);
        let issued = issued.json();
        let secret = issued["secret"].as_str().unwrap();
        let listed = admin.get("/api/v1/console/tokens").await;
        assert!(!String::from_utf8_lossy(&listed.body).contains(secret));
        let bearer = ("authorization".to_owned(), format!("Bearer {secret}"));
        let machine = Person { server: &server, headers: vec![bearer] };
        assert_eq!(machine.put("/api/v1/drivers/a", &event("a")).await.status, 200);
        let path = format!("/api/v1/console/tokens/{}", issued["token"]["id"].as_str().unwrap());
        assert_eq!(admin.delete(&path).await.status, StatusCode::NO_CONTENT);
        machine.put("/api/v1/drivers/a", &event("a")).await.problem(401, "unauthenticated");
    }

    async fn pings_are_counted_when_the_operator_wants_it(store) {
        let server = TestServer::start(&store).await;
        let lead = server.agent("lead", Role::Lead).await;
        for user in ["a", "b", "a"] {
            let body = json!({"user": user.repeat(32), "version": "v7.2.0", "platform": "iOS"});
            let reply = server.post("/api/v1/ping", &[("origin", "https://wallet.example")], &body).await;
            assert_eq!(reply.status, StatusCode::ACCEPTED, "{reply:?}");
            assert_eq!(reply.headers["access-control-allow-origin"], "*", "host pages may ping");
        }
        standfast_desk::flush_pings(&server.desk).await.unwrap();
        let days = lead.get("/api/v1/console/active-users").await.json();
        let today = days["items"].as_array().unwrap().last().unwrap();
        assert_eq!((&today["counted"]["source"], &today["counted"]["users"]), (&json!("ping"), &json!(2)));
        server.post("/api/v1/ping", &[], &json!({"user": "me@mail.example"})).await.problem(422, "invalid");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_setting_there_is_no_ping() {
    use standfast_desk::{Desk, Error, Keys, Ping, Settings, ping};
    let store = standfast_store::testing::sqlite();
    let entropy = standfast_domain::OsEntropy::shared();
    let desk = Desk::new(
        (*store).clone(),
        Keys::new(&[9; 32]),
        Settings::default(),
        SystemClock::shared(),
        entropy,
        0,
    );
    let told = Ping { user: "0123456789abcdef".to_owned(), ..Ping::default() };
    assert!(matches!(ping(&desk, told).await, Err(Error::NotFound)));
}
