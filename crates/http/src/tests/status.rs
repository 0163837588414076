//! The state of the desk, as anybody meets it, and incidents, as leads tell of them.

use http::StatusCode;
use serde_json::{Value, json};
use standfast_domain::Role;
use standfast_store::store_test;

use crate::testing::TestServer;

fn always(name: &str) -> Value {
    let week: Vec<Value> =
        (1..=7).map(|day| json!({"weekday": day, "opens": "00:00", "closes": "24:00"})).collect();
    json!({"name": name, "coverage": {}, "schedule": {"zone": "Asia/Shanghai", "week": week}})
}

store_test! {
    async fn anybody_may_see_whether_somebody_is_there(store) {
        let server = TestServer::start(&store).await;
        let lead = server.agent("lead", Role::Lead).await;
        let first = server.get("/api/v1/status", &[]).await.json();
        assert_eq!((&first["hours"], &first["is_attended"], &first["incidents"]), (&json!([]), &json!(false), &json!([])));
        lead.post("/api/v1/console/hours", &always("请把助记词发给我们核实")).await.problem(422, "asks_for_secret");
        lead.post("/api/v1/console/hours", &always("所有人")).await;
        server.until("/api/v1/status", |reply| reply.json()["hours"][0]["opening"]["is_open"] == true).await;
        let page = server.get("/status", &[("accept-language", "zh-CN")]).await;
        assert!(page.headers["cache-control"].to_str().unwrap().contains("max-age=15"));
        let text = page.text();
        assert!(text.contains("现在本该有客服，但没有人在线") && text.contains("所有人"), "{text}");
        assert!(text.contains("现在没有客服在线。"), "by its hours, too: {text}");
        server.desk.board().set_present(2, 2, server.desk.now());
        let text = server.get("/status", &[("accept-language", "en")]).await.text();
        assert!(text.contains("2 people are there. How long an answer takes is not known right now."), "{text}");
        let waits = server.get("/status.json", &[]).await.json()["hours"][0]["waits"].clone();
        assert_eq!(waits[1], json!({"language": "en", "people": 2, "expected": null}));
        server.desk.board().set_present(0, 0, server.desk.now());
        for (path, kind, expected) in [
            ("/status.svg?lang=zh-CN", "image/svg+xml", "无人在线"),
            ("/status.svg", "image/svg+xml", "nobody there"),
            ("/status.atom?lang=en", "application/atom+xml; charset=utf-8", "Service status"),
            ("/status.rss?lang=zh-CN", "application/rss+xml; charset=utf-8", "<language>zh-CN</language>"),
            ("/status.json", "application/json", "所有人"),
        ] {
            let reply = server.get(path, &[]).await;
            assert_eq!((reply.status, reply.headers["content-type"].to_str().unwrap()), (StatusCode::OK, kind), "{path}");
            assert!(reply.text().contains(expected), "{path}: {}", reply.text());
        }
        let other = server.get("/status.json", &[("origin", "https://wallet.example")]).await;
        assert_eq!(other.headers["access-control-allow-origin"], "*");
    }

    async fn an_incident_is_told_step_by_step(store) {
        let server = TestServer::start(&store).await;
        let (lead, agent) = (server.agent("lead", Role::Lead).await, server.agent("agent", Role::Agent).await);
        let event = |kind: &str| json!({"client_id": kind, "driver": {"kind": kind, "title": "internal <title>", "starts_at": "2026-11-20T08:00:00Z"}});
        let incident = lead.post("/api/v1/console/drivers", &event("incident")).await.json();
        let release = lead.post("/api/v1/console/drivers", &event("release")).await.json();
        let updates = |event: &Value| format!("/api/v1/console/drivers/{}/updates", event["id"].as_str().unwrap());
        let say = |phase: &str, zh: &str, en: &str| json!({"phase": phase, "text_zh": zh, "text_en": en});
        let state = || async { server.get("/api/v1/status", &[]).await.json()["incidents"].clone() };
        assert_eq!(state().await, json!([]), "what nobody told of is the desk's own affair");
        assert_eq!(agent.post(&updates(&incident), &say("investigating", "排查中", "Looking")).await.status, StatusCode::FORBIDDEN);
        let told = lead.post(&updates(&incident), &say("investigating", "TRON 转账延迟 <b>", "TRON is late <b>")).await;
        assert_eq!(told.status, StatusCode::CREATED, "{}", told.json());
        let seen = state().await;
        assert_eq!((&seen[0]["phase"], &seen[0]["ends_at"]), (&json!("investigating"), &Value::Null));
        assert!(!server.get("/status", &[]).await.text().contains("internal"), "the event's own title is not told");
        let page = server.get("/status", &[("accept-language", "en")]).await.text();
        assert!(page.contains("TRON is late &#60;b&#62;") || page.contains("TRON is late &lt;b&gt;"), "{page}");
        assert!(server.get("/status.svg", &[]).await.text().contains("incident"));
        for path in ["/status.atom", "/status.rss"] {
            assert!(server.get(path, &[]).await.text().contains(": TRON is late &lt;b&gt;</title>"), "{path}");
        }
        let over = lead.post(&updates(&incident), &say("resolved", "已恢复", "It works again")).await.json();
        assert_eq!(over["items"].as_array().unwrap().len(), 2);
        let again = lead.post(&updates(&incident), &say("resolved", "已恢复", "It works again")).await.json();
        assert_eq!(again, over, "said twice is said once");
        let seen = state().await;
        assert_eq!(seen[0]["phase"], "resolved");
        assert!(seen[0]["ends_at"].is_string());
        // It comes back: it is not over.
        lead.post(&updates(&incident), &say("identified", "又出现了", "It is back")).await;
        assert_eq!(state().await[0]["ends_at"], Value::Null);

        lead.post(&updates(&release), &say("resolved", "好", "Good")).await.problem(422, "invalid");
        lead.post(&updates(&incident), &say("monitoring", "", "Good")).await.problem(422, "invalid");
        lead.post(&updates(&incident), &say("monitoring", "请把助记词发给我们核实", "Good")).await.problem(422, "asks_for_secret");
        let phrase = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
        lead.post(&updates(&incident), &say("monitoring", "好", phrase)).await;
        assert!(!agent.get(&updates(&incident)).await.text().contains("abandon"));
    }
}
