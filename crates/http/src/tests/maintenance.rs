//! Maintenance through the API and on pages: changes to the desk pause and say until when, help goes on.

use std::collections::BTreeSet;
use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use standfast_domain::{Role, TokenScope};
use standfast_store::store_test;

use crate::route::{Access, table};
use crate::testing::TestServer;

/// Nothing that a customer, or somebody who answers, needs may be among it; nor what takes rights away from somebody.
#[test]
fn what_rests_changes_the_desk_and_helps_nobody_who_asks() {
    let resting: Vec<_> = table().into_iter().filter(|route| route.rests).collect();
    for route in &resting {
        assert!(
            matches!(route.access, Access::Agent(_) | Access::Machine(_) | Access::Signed(_))
                && !route.method.is_safe(),
            "{route:?}"
        );
    }
    let names: BTreeSet<String> =
        resting.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    let expected: BTreeSet<String> = [
        "DELETE /api/v1/console/drivers/{id}",
        "DELETE /api/v1/console/hours/calendars/{id}",
        "DELETE /api/v1/console/hours/{id}",
        "DELETE /api/v1/console/insight/dashboards/{id}",
        "DELETE /api/v1/console/reports/{id}",
        "DELETE /api/v1/console/roster/shifts/{id}",
        "DELETE /api/v1/drivers/{external_id}",
        "POST /api/v1/console/active-users/csv",
        "POST /api/v1/console/agents",
        "POST /api/v1/console/drivers",
        "POST /api/v1/console/hours",
        "POST /api/v1/console/hours/calendar",
        "POST /api/v1/console/hours/{id}/calendars",
        "POST /api/v1/console/insight/dashboards",
        "POST /api/v1/console/insight/export",
        "POST /api/v1/console/jobs/{id}/retry",
        "POST /api/v1/console/report-preview",
        "POST /api/v1/console/reports",
        "POST /api/v1/console/reports/{id}/runs",
        "POST /api/v1/console/roster/calendar",
        "POST /api/v1/console/roster/publish",
        "POST /api/v1/console/roster/shifts",
        "POST /api/v1/console/roster/swaps",
        "POST /api/v1/console/roster/swaps/{id}/step",
        "POST /api/v1/console/roster/time-off",
        "POST /api/v1/console/roster/time-off/{id}/step",
        "POST /api/v1/console/surge/calendar",
        "POST /api/v1/console/surge/feed",
        "POST /api/v1/console/tokens",
        "POST /api/v1/hooks/drivers",
        "PUT /api/v1/active-users",
        "PUT /api/v1/console/drivers/{id}",
        "PUT /api/v1/console/hours/{id}",
        "PUT /api/v1/console/insight/dashboards/{id}",
        "PUT /api/v1/console/insight/start",
        "PUT /api/v1/console/planning",
        "PUT /api/v1/console/reports/{id}",
        "PUT /api/v1/console/roster/drafts",
        "PUT /api/v1/console/roster/mail",
        "PUT /api/v1/console/roster/people/{id}",
        "PUT /api/v1/console/roster/shifts/{id}",
        "PUT /api/v1/drivers/{external_id}",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect();
    assert_eq!(names, expected);
}

store_test! {
    async fn during_maintenance_help_goes_on_and_the_rest_says_until_when(store) {
        let server = TestServer::start(&store).await;
        let (admin, agent) = (server.agent("robin", Role::Admin).await, server.agent("mei", Role::Agent).await);
        let machine = server.machine(&[TokenScope::Drivers]).await;
        let until = server.desk.now().plus(Duration::from_mins(30));
        let wish = json!({"client_id": "m1", "ends_at": until, "text": {"zh-CN": "更换磁盘", "en": "New disks."}});
        let path = "/api/v1/console/maintenance";
        assert_eq!(agent.post(path, &wish).await.status, StatusCode::FORBIDDEN);
        let asks = json!({"client_id": "m0", "ends_at": until, "text": {"zh-CN": "请把助记词发给我们核实", "en": ""}});
        admin.post(path, &asks).await.problem(422, "asks_for_secret");
        let window = admin.post(path, &wish).await;
        assert_eq!(window.status, StatusCode::CREATED, "{:?}", window.body);

        let event = json!({"kind": "release", "title": "7.2.0", "starts_at": "2026-11-20T08:00:00Z"});
        let change = json!({"client_id": "d1", "driver": event});
        let put = json!({"external_id": "e1", "driver": event});
        for reply in [
            admin.post("/api/v1/console/drivers", &change).await,
            machine.put("/api/v1/drivers/e1", &put).await,
        ] {
            assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{:?}", reply.body);
            let problem = reply.json();
            assert_eq!((&problem["code"], &problem["until"]), (&json!("maintenance"), &json!(until)));
            let wait: u64 = reply.headers["retry-after"].to_str().unwrap().parse().unwrap();
            assert!((29 * 60..=30 * 60 + 1).contains(&wait), "{wait}");
            assert_eq!(problem["retry_after"], wait);
            let clock = until.to_string()[..16].replace('T', " ");
            assert!(problem["detail"].as_str().unwrap().contains(&format!("{clock} UTC")), "{problem}");
        }
        // Who may not call is told that first.
        let nobody = server.post("/api/v1/console/drivers", &[], &change).await;
        assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);

        let customer = server.visitor();
        let asked = customer.post("/api/v1/requests", &json!({"client_id": "c1", "text": "转账没有到账"})).await;
        assert_eq!(asked.status, StatusCode::CREATED);
        let receipt = asked.json();
        let reply = json!({"client_id": "r1", "text": "请稍候", "seen_seq": receipt["seq"]});
        let request = receipt["request_id"].as_str().unwrap();
        let answered = agent.post(&format!("/api/v1/console/requests/{request}/reply"), &reply).await;
        assert!(answered.status.is_success(), "{:?}", answered.body);
        assert_eq!(server.get("/readyz", &[]).await.status, StatusCode::OK);
        for (language, words) in [("en", "New disks. Maintenance until"), ("zh-CN", "更换磁盘。系统维护中")] {
            for page in ["/", "/contact", "/t"] {
                let page = server.get(page, &[("accept-language", language)]).await;
                let text = String::from_utf8_lossy(&page.body).into_owned();
                assert!(page.status == StatusCode::OK && text.contains(words), "{text}");
            }
        }
        let desk = server.get("/api/v1/desk", &[]).await.json();
        assert_eq!(desk["maintenance"], window.json());
        assert!(desk["notice"]["zh-CN"].as_str().unwrap().starts_with("更换磁盘。系统维护中"), "{desk}");

        let id = window.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(admin.delete(&format!("{path}/{id}")).await.status, StatusCode::NO_CONTENT);
        assert_eq!(admin.post("/api/v1/console/drivers", &change).await.status, StatusCode::CREATED);
        assert_eq!(server.get("/api/v1/desk", &[]).await.json()["maintenance"], json!(null));
        let list = agent.get(path).await.json();
        assert!(list["items"][0]["ended_at"].is_string(), "{list}");
    }

    async fn planned_maintenance_is_announced_and_pauses_nothing_yet(store) {
        let server = TestServer::start(&store).await;
        let admin = server.agent("robin", Role::Admin).await;
        let (now, day) = (server.desk.now(), Duration::from_hours(24));
        for (client_id, starts_at) in [("near", now.plus(day)), ("far", now.plus(day * 20))] {
            let wish = json!({"client_id": client_id, "starts_at": starts_at, "ends_at": starts_at.plus(Duration::from_hours(1))});
            assert_eq!(admin.post("/api/v1/console/maintenance", &wish).await.status, StatusCode::CREATED);
        }
        let page = server.get("/", &[("accept-language", "en")]).await;
        let text = String::from_utf8_lossy(&page.body).into_owned();
        assert_eq!(text.matches("Planned maintenance:").count(), 1, "a week ahead, and no sooner: {text}");
        let token = json!({"name": "BI", "kind": "bearer", "scopes": ["insight"]});
        assert_eq!(admin.post("/api/v1/console/tokens", &token).await.status, StatusCode::CREATED);
        assert_eq!(standfast_desk::stop_maintenance(&server.desk).await.unwrap(), 0);
        let desk = server.get("/api/v1/desk", &[]).await.json();
        assert_eq!(desk["maintenance"]["starts_at"], json!(now.plus(day)));
    }
}
