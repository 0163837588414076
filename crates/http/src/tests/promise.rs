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
        assert!(receipts[6]["next"]["text"].as_str().unwrap().ends_with("预计约 1 分钟后回复。"), "{}", receipts[6]["next"]);
        assert_eq!(server.get("/api/v1/desk", &[]).await.json()["waiting"]["expected"], minute);
        let page = server.get("/contact", &[("accept-language", "zh-CN")]).await;
        assert!(String::from_utf8_lossy(&page.body).contains("大约 1 分钟后回复"));

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
