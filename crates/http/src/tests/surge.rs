//! The level through the API and on pages: what a lead chooses and holds is what customers read.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::json;
use standfast_domain::{Role, TokenKind, TokenScope};
use standfast_store::store_test;

use super::drivers::signed;
use crate::testing::{Person, TestServer};

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
        assert_eq!(desk["notice"]["en"], "Do not send again during the upgrade. We are overrun.");
        assert_eq!(server.get("/status.json", &[]).await.json()["level"], "storm");
        let asked = server.visitor().post("/api/v1/requests", &json!({"client_id": "c1", "text": "转账没有到账"})).await;
        assert_eq!(asked.json()["next"]["code"], "surge");

        let released = lead.post(&format!("{path}/release"), &json!({"reason": "It is over."})).await.json();
        assert_eq!(released["level"], "normal");
        assert_eq!(released["changes"][0]["reason"], "It is over.");
        assert_eq!(server.get("/api/v1/desk", &[]).await.json()["notice"], json!(null));
    }

    async fn figures_of_other_systems_come_signed_and_calendars_by_a_secret_address(store) {
        let server = TestServer::start(&store).await;
        let (lead, agent) = (server.agent("lin", Role::Lead).await, server.agent("mei", Role::Agent).await);
        let secret = server.token(TokenKind::Webhook, &[TokenScope::Signals]).await;
        let path = "/api/v1/hooks/signals";
        let told = |value: f64| json!({"source": "price:BTC:1h", "value": value});
        assert_eq!(signed(&server, path, &secret, "m1", 0, &told(-8.5)).await.json()["value"], -8.5);
        signed(&server, path, &secret, "m2", 301, &told(1.0)).await.problem(401, "webhook_signature");
        signed(&server, path, &secret, "m3", 0, &json!({"source": "a b", "value": 1})).await.problem(422, "invalid");
        let other = server.token(TokenKind::Webhook, &[TokenScope::Drivers]).await;
        assert_eq!(signed(&server, path, &other, "m4", 0, &told(1.0)).await.status, StatusCode::FORBIDDEN);
        let view = agent.get("/api/v1/console/surge").await.json();
        assert_eq!((&view["signals"][0]["source"], &view["signals"][0]["value"]), (&json!("price:BTC:1h"), &json!(-8.5)));

        let starts = server.desk.now().plus(Duration::from_hours(30)).to_string();
        let stamp: String = starts.chars().take(19).filter(|c| !matches!(c, '-' | ':')).collect();
        let file = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{stamp}Z\r\nSUMMARY:Hard fork\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
        let upload = async |person: &Person<'_>, kind: &str| {
            let headers = [person.headers(), vec![("content-type", kind)]].concat();
            server.call(Method::POST, "/api/v1/console/surge/calendar", &headers, file.clone()).await
        };
        assert_eq!(upload(&agent, "text/calendar").await.status, StatusCode::FORBIDDEN);
        upload(&lead, "text/plain").await.problem(415, "unsupported_media_type");
        assert_eq!(upload(&lead, "text/calendar; charset=utf-8").await.json()["added"], 1);
        let peaks = lead.get("/api/v1/console/surge/peaks").await.json();
        assert_eq!((&peaks["ahead"][0]["title"], &peaks["ahead"][0]["kind"]), (&json!("Hard fork"), &json!("fork")));
        let wall = lead.get("/api/v1/console/wallboard").await.json();
        assert_eq!((&wall["next"]["title"], &wall["level"]), (&json!("Hard fork"), &json!("normal")));
        let address = lead.get("/api/v1/console/surge/feed").await.json()["address"].as_str().unwrap().to_owned();
        let feed = &address[address.find("/api/").unwrap()..];
        let given = server.get(feed, &[]).await;
        assert!(given.headers["content-type"].to_str().unwrap().starts_with("text/calendar"));
        assert!(String::from_utf8_lossy(&given.body).contains("SUMMARY:Hard fork"));
        lead.post("/api/v1/console/surge/feed", &json!({})).await;
        server.get(feed, &[]).await.problem(404, "not_found");
    }
}
