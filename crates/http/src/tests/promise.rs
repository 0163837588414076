//! What people are told of how long it takes, wherever they ask; and whether it came true.

use std::time::Duration;

use serde_json::json;
use standfast_domain::Role;
use standfast_store::store_test;

use crate::testing::TestServer;

store_test! {
    async fn what_is_said_is_the_same_everywhere_and_is_held_against_what_came(store) {
        let server = TestServer::start(&store).await;
        let (agent, lead) = (server.agent("mei", Role::Agent).await, server.agent("li", Role::Lead).await);
        let from = server.clock.now();
        server.app.desk.board().set_present(1, from);
        let mut receipts = Vec::new();
        for number in 0..7 {
            let own = server.visitor();
            let receipt = own.ask(&format!("c{number}"), "转账没有到账").await;
            let id = receipt["request_id"].as_str().unwrap().to_owned();
            server.until("/api/v1/desk", |reply| reply.json()["waiting"]["count"] == 1).await;
            receipts.push(receipt);
            server.clock.advance(Duration::from_mins(if number == 6 { 25 } else { 6 }));
            let words = json!({"client_id": format!("a{id}"), "text": "已经到账了。", "seen_seq": 1000, "then": "waiting"});
            assert!(agent.post(&format!("/api/v1/console/requests/{id}/reply"), &words).await.status.is_success());
            server.until("/api/v1/desk", |reply| reply.json()["waiting"]["count"] == 0).await;
        }
        assert!(receipts[4]["expected"].is_null(), "four answers say nothing");
        assert_eq!(receipts[6]["expected"], json!({"low_seconds": 360, "high_seconds": 360}));
        assert!(receipts[6]["next"]["text"].as_str().unwrap().ends_with("预计约 6 分钟后回复。"), "{}", receipts[6]["next"]);
        let desk = server.get("/api/v1/desk").await.json();
        assert!(desk["waiting"]["expected"]["high_seconds"].as_u64().unwrap() > 360, "{}", desk["waiting"]);

        let span = format!("from={from}&until={}", server.clock.now());
        let found = lead.get(&format!("/api/v1/console/insight/promises?{span}&zone=Asia/Shanghai")).await;
        assert_eq!(found.status, 200, "{}", String::from_utf8_lossy(&found.body));
        let found = found.json();
        let total = &found["total"];
        let counts = ["made", "unknown", "kept", "broken", "undecided"].map(|name| total[name].as_i64().unwrap());
        assert_eq!(counts, [7, 5, 1, 1, 0], "{total}");
        assert_eq!((&total["share"], &total["small"]), (&json!(0.5), &json!(true)));
        assert_eq!(found["hours"][0]["code"], "20");
        assert_eq!(found["channels"][0]["code"], "api");
        assert!(!found.to_string().contains("agent"), "nobody is watched");

        assert_eq!(agent.get(&format!("/api/v1/console/insight/promises?{span}")).await.status, 403);
        for wrong in ["", &format!("{span}&zone=Mars"), &format!("{span}&agent=1"), "from=2026-11-02T00:00:00Z&until=2026-11-01T00:00:00Z"] {
            let refused = lead.get(&format!("/api/v1/console/insight/promises?{wrong}")).await;
            assert!(refused.status.is_client_error(), "{wrong}: {}", refused.status);
        }
    }
}
