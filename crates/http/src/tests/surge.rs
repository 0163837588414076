//! The level through the API and on pages: what a lead chooses and holds is what customers read.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use standfast_domain::Role;
use standfast_store::store_test;

use crate::testing::TestServer;

store_test! {
    async fn what_a_lead_holds_is_what_customers_read_everywhere(store) {
        let server = TestServer::start(&store).await;
        let (lead, agent, analyst) = (
            server.agent("lin", Role::Lead).await,
            server.agent("mei", Role::Agent).await,
            server.agent("ana", Role::Analyst).await,
        );
        let path = "/api/v1/console/surge";
        let view = agent.get(path).await.json();
        assert_eq!((&view["level"], &view["version"]), (&json!("normal"), &json!(0)));
        let mut plan = view["plan"].clone();
        plan["storm"] = json!({
            "banner": {"zh-CN": "咨询量很大。", "en": "We are overrun."},
            "answer": {"zh-CN": "升级期间请勿重复转账。", "en": "Do not send again during the upgrade."},
            "help_first": true, "promise_hours": 6,
        });
        let wish = json!({"version": 0, "plan": plan});
        for (method_refused, status) in [(&agent, StatusCode::FORBIDDEN), (&analyst, StatusCode::FORBIDDEN)] {
            assert_eq!(method_refused.put(&format!("{path}/plan"), &wish).await.status, status);
        }
        let shown = lead.post(&format!("{path}/preview"), &json!({"plan": plan, "level": "storm"})).await.json();
        assert_eq!(shown["notice"]["en"], "We are overrun.");
        assert!(shown["receipt"]["zh-CN"].as_str().unwrap().contains("在 6 小时内回复"), "{shown}");
        assert_eq!(lead.put(&format!("{path}/plan"), &wish).await.json()["version"], 1);
        lead.put(&format!("{path}/plan"), &wish).await.problem(409, "outdated_version");

        let until = server.desk.now().plus(Duration::from_hours(1));
        let hold = json!({"level": "storm", "until": until, "reason": "The fork is at noon."});
        assert_eq!(agent.post(&format!("{path}/hold"), &hold).await.status, StatusCode::FORBIDDEN);
        lead.post(&format!("{path}/hold"), &json!({"level": "storm", "until": until, "reason": ""})).await.problem(422, "invalid");
        let held = lead.post(&format!("{path}/hold"), &hold).await.json();
        assert_eq!((&held["level"], &held["seen"]), (&json!("storm"), &json!("normal")));

        for (language, banner, answer) in [("en", "We are overrun.", "Do not send again"), ("zh-CN", "咨询量很大。", "请勿重复转账")] {
            for (page, has_answer) in [("/", false), ("/contact", true), ("/contact?type=pending", true), ("/contact?type=theft", false), ("/status", false), ("/t", false)] {
                let page_ = server.get(page, &[("accept-language", language)]).await;
                let text = String::from_utf8_lossy(&page_.body).into_owned();
                assert!(page_.status == StatusCode::OK && text.contains(banner), "{page}: {text}");
                assert_eq!(text.contains(answer), has_answer, "{page}");
            }
        }
        let desk = server.get("/api/v1/desk", &[]).await.json();
        assert_eq!(desk["notice"]["en"], "We are overrun. Do not send again during the upgrade.");
        assert_eq!(server.get("/status.json", &[]).await.json()["level"], "storm");
        let asked = server.visitor().post("/api/v1/requests", &json!({"client_id": "c1", "text": "转账没有到账"})).await;
        assert_eq!(asked.json()["next"]["code"], "surge");

        let released = lead.post(&format!("{path}/release"), &json!({"reason": "It is over."})).await.json();
        assert_eq!(released["level"], "normal");
        assert_eq!(released["changes"][0]["reason"], "It is over.");
        assert_eq!(server.get("/api/v1/desk", &[]).await.json()["notice"], json!(null));
    }
}
