//! What people are told of how long it takes, wherever they ask; and whether it came true.

use serde_json::json;
use standfast_domain::Role;
use standfast_store::store_test;

use crate::testing::TestServer;

store_test! {
    async fn what_is_said_is_the_same_everywhere_and_is_held_against_what_came(store) {
        let server = TestServer::start(&store).await;
        let (agent, lead) = (server.agent("mei", Role::Agent).await, server.agent("li", Role::Lead).await);
        let from = server.desk.now();
        let count = |wanted: u32| server.until("/api/v1/desk", move |reply| reply.json()["waiting"]["count"] == wanted);
        let mut receipts = Vec::new();
        for number in 0..7 {
            // Whoever is there is told by sockets, of which there are none here.
            server.desk.board().set_present(1, 1, server.desk.now());
            let receipt = server.visitor().ask(&format!("c{number}"), "转账没有到账").await;
            let id = receipt["request_id"].as_str().unwrap().to_owned();
            receipts.push(receipt);
            count(1).await;
            let words = json!({"client_id": format!("a{id}"), "text": "已经到账了。", "seen_seq": 1000, "then": "waiting"});
            assert!(agent.post(&format!("/api/v1/console/requests/{id}/reply"), &words).await.status.is_success());
            count(0).await;
        }
        assert!(receipts[4]["expected"].is_null(), "four answers say nothing");
        let minute = json!({"low_seconds": 60, "high_seconds": 60});
        assert_eq!(receipts[6]["expected"], minute);
        assert!(receipts[6]["next"]["text"].as_str().unwrap().contains("预计约 1 分钟后回复。"), "{}", receipts[6]["next"]);
        assert_eq!(server.get("/api/v1/desk", &[]).await.json()["waiting"]["expected"], minute);
        // The same to whoever looks elsewhere, by the hours that are meant for them.
        let week: Vec<_> = (1..=7).map(|day| json!({"weekday": day, "opens": "00:00", "closes": "24:00"})).collect();
        let hours = json!({"name": "所有人", "coverage": {}, "schedule": {"zone": "Asia/Shanghai", "week": week}});
        lead.post("/api/v1/console/hours", &hours).await;
        server.until("/api/v1/status", |reply| reply.json()["hours"][0]["opening"]["is_open"] == true).await;
        let desk = server.get("/api/v1/desk", &[]).await.json();
        let told = server.get("/status.json", &[]).await.json();
        let board = lead.get("/api/v1/console/wallboard").await.json();
        assert_eq!(told["expected"], minute);
        for (place, language) in ["zh-CN", "en"].into_iter().enumerate() {
            assert_eq!((&desk["waits"][language]["expected"], &desk["waits"][language]["agents_present"]), (&minute, &json!(1)));
            let wait = json!({"language": language, "people": 1, "expected": minute});
            assert_eq!(told["hours"][0]["waits"][place], wait, "{told}");
            assert_eq!(board["waits"][place], json!({"language": language, "is_open": true, "expected": minute}));
        }
        for (path, words) in [
            ("/contact", "大约 1 分钟后回复"),
            ("/status", "大约 1 分钟后回复"),
            ("/status", "1 名客服在线。大约 1 分钟后回复。"),
            ("/status.svg?lang=zh-CN", "客服在线 · 1 分钟"),
        ] {
            let page = server.get(path, &[("accept-language", "zh-CN")]).await.text();
            assert!(page.contains(words), "{path}: {page}");
        }
        // Those who were told that it is unknown do not wait any more, and none of them is late.
        assert_eq!((&board["late"], &board["unpromised"]["waiting"], &board["within_minutes"]), (&json!(0), &json!(0), &json!(60)));

        let span = format!("from={from}&until={}", server.desk.now());
        let found = lead.get(&format!("/api/v1/console/insight/promises?{span}&zone=Asia/Shanghai")).await;
        assert_eq!(found.status, 200, "{}", String::from_utf8_lossy(&found.body));
        let found = found.json();
        let total = &found["total"];
        let counts = ["made", "unknown", "kept", "broken", "undecided"].map(|name| total[name].as_i64().unwrap());
        assert_eq!(counts, [7, 5, 2, 0, 0], "{total}");
        assert_eq!((&total["share"], &total["half"], &total["small"]), (&json!(1.0), &json!(1.0), &json!(true)));
        assert_eq!((&found["channels"][0]["code"], &found["lengths"][0]["until_seconds"]), (&json!("api"), &json!(300)));
        assert!(!found.to_string().contains("agent"), "nobody is watched");

        assert_eq!(agent.get(&format!("/api/v1/console/insight/promises?{span}")).await.status, 403);
        for wrong in ["", &format!("{span}&zone=Mars"), &format!("{span}&agent=1"), "from=2026-11-02T00:00:00Z&until=2026-11-01T00:00:00Z"] {
            let refused = lead.get(&format!("/api/v1/console/insight/promises?{wrong}")).await;
            assert!(refused.status.is_client_error(), "{wrong}: {}", refused.status);
        }
    }
}
