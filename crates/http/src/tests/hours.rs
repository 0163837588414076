//! Opening hours, as their callers meet them.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use standfast_domain::Role;
use standfast_store::store_test;

use crate::testing::TestServer;

const ALL: &str = "/api/v1/console/hours";

fn hours(name: &str, languages: &Value, opens: &str, closes: &str) -> Value {
    let week: Vec<Value> =
        (1..=7).map(|day| json!({"weekday": day, "opens": opens, "closes": closes})).collect();
    json!({
        "name": name, "coverage": {"languages": languages},
        "schedule": {"zone": "Asia/Shanghai", "week": week, "days": [
            {"date": "2026-10-10", "kind": "work_day", "name": "国庆节（班）", "like": 3},
        ]},
    })
}

store_test! {
    async fn leads_change_hours_and_agents_read_them(store) {
        let server = TestServer::start(&store).await;
        let (lead, agent) = (server.agent("lead", Role::Lead).await, server.agent("agent", Role::Agent).await);
        assert_eq!(lead.get(ALL).await.json(), json!({"items": [], "gaps": []}));
        let reply = lead.post(ALL, &hours("中文", &json!(["zh-CN"]), "00:00", "24:00")).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.json());
        let one = reply.json();
        assert_eq!(one["version"], 1);
        assert_eq!(one["schedule"]["days"][0]["like"], 3);
        let id = one["id"].as_str().unwrap().to_owned();
        let refused = agent.post(ALL, &hours("English", &json!(["en"]), "09:00", "18:00")).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        let read = agent.get(ALL).await.json();
        assert_eq!(read["items"][0]["name"], "中文");
        assert_eq!(read["gaps"][0]["schedule_id"], Value::Null, "nobody knows when English is answered");

        let later = json!({"version": 1, "hours": hours("中文客服", &json!(["zh-CN"]), "08:00", "02:00")});
        let put = |body: Value| {
            let path = format!("{ALL}/{id}");
            let headers = lead.headers();
            let server = &server;
            async move { server.call(Method::PUT, &path, &[headers, vec![("content-type", "application/json"), ("accept-language", "zh-CN")]].concat(), body.to_string()).await }
        };
        assert_eq!(put(later.clone()).await.json()["version"], 2);
        let late = put(later).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert_eq!((&late.json()["code"], &late.json()["version"]), (&json!("outdated_version"), &json!(2)));
        assert_eq!(late.json()["title"], "内容已被他人修改");

        let wrong = put(json!({"version": 2, "hours": hours("中文", &json!([]), "09:00", "09:00")})).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!((&wrong.json()["field"], &wrong.json()["reason"], &wrong.json()["place"]), (&json!("week"), &json!("empty"), &json!(0)));
        assert!(wrong.json()["detail"].as_str().unwrap().contains("00:00 至 24:00"));

        let draft = json!({"id": id, "hours": hours("中文", &json!(["zh-CN"]), "22:00", "06:00")});
        let preview = agent.post(&format!("{ALL}/preview"), &draft).await.json();
        assert_eq!(preview["days"].as_array().unwrap().len(), 28);
        assert_eq!(preview["days"][3]["spans"], json!([["00:00", "06:00"], ["22:00", "24:00"]]));
        let gone = server.call(Method::DELETE, &format!("{ALL}/{id}?version=2"), &lead.headers(), "").await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT);
        assert_eq!(lead.get(ALL).await.json()["items"], json!([]));
    }

    async fn a_calendar_is_read_and_not_kept(store) {
        let server = TestServer::start(&store).await;
        let lead = server.agent("lead", Role::Lead).await;
        let year = standfast_domain::Day::of(server.desk.now()).to_string()[..4].to_owned();
        let file = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:{year}1231\r\nSUMMARY:元旦 补班\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let path = format!("{ALL}/calendar");
        let headers = [lead.headers(), vec![("content-type", "text/calendar; charset=utf-8")]].concat();
        let read = server.call(Method::POST, &path, &headers, file).await;
        assert_eq!(read.json()["items"], json!([{"date": format!("{year}-12-31"), "kind": "work_day", "name": "元旦 补班"}]));
        let wrong = server.call(Method::POST, &path, &headers, "<html>").await;
        assert_eq!((wrong.status, &wrong.json()["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("calendar")));
        assert_eq!(lead.get(ALL).await.json()["items"], json!([]));
    }

    async fn everybody_is_told_whether_somebody_is_there(store) {
        let server = TestServer::start(&store).await;
        let lead = server.agent("lead", Role::Lead).await;
        let page = |language: &'static str| {
            let server = &server;
            async move { String::from_utf8(server.get("/contact", &[("accept-language", language)]).await.body.to_vec()).unwrap() }
        };
        assert_eq!(server.get("/api/v1/desk", &[]).await.json()["opening"], json!({"zh-CN": null, "en": null}));
        assert!(!page("en").await.contains("We are closed"));
        // Open around the clock in Chinese, never in English.
        lead.post(ALL, &hours("中文", &json!(["zh-CN"]), "00:00", "24:00")).await;
        let never = json!({"name": "English", "coverage": {"languages": ["en"]}, "schedule": {"zone": "UTC", "week": []}});
        lead.post(ALL, &never).await;
        let opening = server.get("/api/v1/desk", &[]).await.json()["opening"].clone();
        assert_eq!((&opening["zh-CN"]["is_open"], &opening["zh-CN"]["text"]), (&json!(true), &json!("客服全天值守。")));
        assert_eq!((&opening["en"]["is_open"], &opening["en"]["text"]), (&json!(false), &json!("We are closed now.")));
        assert!(page("en").await.contains("We are closed now."));
        assert!(!page("zh-CN").await.contains("休息时间"));
        // Above hours that are open the status page does not say that all is closed.
        let status = async |language| {
            String::from_utf8(server.get("/status", &[("accept-language", language)]).await.body.to_vec()).unwrap()
        };
        let english = status("en").await;
        assert!(english.contains("Closed at the moment for those who write in English. Open now: 中文."), "{english}");
        assert!(!english.contains("We are closed at the moment."));
        assert!(!status("zh-CN").await.contains("现在是休息时间。</strong>"));
    }

    async fn a_closed_desk_blames_the_language_only_where_that_makes_the_difference(store) {
        let server = TestServer::start(&store).await;
        let lead = server.agent("lead", Role::Lead).await;
        let all_day = json!((1..=7).map(|weekday| json!({"weekday": weekday, "opens": "00:00", "closes": "24:00"})).collect::<Vec<_>>());
        let of = |name: &str, coverage: serde_json::Value, week: &serde_json::Value| {
            json!({"name": name, "coverage": coverage, "schedule": {"zone": "UTC", "week": week}})
        };
        lead.post(ALL, &of("English", json!({"languages": ["en"]}), &json!([]))).await;
        lead.post(ALL, &of("English – SG", json!({"languages": ["en"], "regions": ["SG"]}), &all_day)).await;
        // The same again serves nobody.
        lead.post(ALL, &of("English – SG, again", json!({"languages": ["en"], "regions": ["SG"]}), &all_day)).await;
        let status = String::from_utf8(server.get("/status", &[("accept-language", "en")]).await.body.to_vec()).unwrap();
        let (_, verdict) = status.split_once("<strong>").unwrap();
        assert_eq!(verdict.split_once('<').unwrap().0, "Closed here at the moment. Open now: English – SG.");
    }
}
