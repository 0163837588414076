//! Reports through the API, and the requests behind a figure as CSV.

use serde_json::{Value, json};
use standfast_domain::Role;
use standfast_report::Reports;
use standfast_store::store_test;

use crate::testing::TestServer;

const REPORTS: &str = "/api/v1/console/reports";
const EXPORT: &str = "/api/v1/console/insight/export";

fn definition() -> Value {
    json!({
        "sections": [{"kind": "overview", "measures": ["requests"]}, {"kind": "week"}], "period": "last_week",
        "zone": "Asia/Shanghai", "language": "zh-CN", "recipients": ["lead@wallet.example"], "attached": ["xlsx"],
        "schedule": {"every": "week", "weekday": 1, "at": "08:30"},
    })
}

store_test! {
    async fn a_report_is_entered_made_and_downloaded(store) {
        let server = TestServer::start(&store).await;
        let (lead, agent) = (server.agent("mei", Role::Lead).await, server.agent("lin", Role::Agent).await);
        server.until_facts(standfast_insight::Facts::is_empty).await;
        agent.get(REPORTS).await.problem(403, "forbidden");
        let wish = json!({"name": "周一报告", "definition": definition()});
        let report = lead.post(REPORTS, &wish).await;
        assert_eq!(report.status, 201, "{}", String::from_utf8_lossy(&report.body));
        let report = report.json();
        assert_eq!(report["definition"]["schedule"], wish["definition"]["schedule"]);
        let mut other = wish.clone();
        other["definition"]["language"] = json!("en");
        lead.post(REPORTS, &other).await.problem(409, "report_name_taken");
        other["definition"]["recipients"] = json!(["lead@wallet.example\r\nBcc: x@y.example"]);
        assert_eq!(lead.post(REPORTS, &other).await.problem(422, "invalid")["field"], "recipients");
        other["definition"]["attached"] = json!(["pdf"]);
        other["definition"]["recipients"] = json!([]);
        lead.post(REPORTS, &other).await.problem(422, "report_format");
        other["definition"]["mood"] = json!(1);
        lead.post(REPORTS, &other).await.problem(422, "invalid");

        // Of lists and types only what there is can be filtered by; a version may come out tomorrow.
        let mut filtered = wish.clone();
        filtered["name"] = json!("another");
        for (dimension, value) in [("type", "nonsense"), ("state", "half open"), ("urgency", "9")] {
            filtered["definition"]["filter"] = json!({dimension: [value]});
            let problem = lead.post(REPORTS, &filtered).await.problem(422, "unknown_value");
            assert_eq!((&problem["dimension"], &problem["value"]), (&json!(dimension), &json!(value)));
        }
        filtered["definition"]["filter"] = json!({"type": ["swap"], "app_version": ["9.9.9"]});
        assert_eq!(lead.post(REPORTS, &filtered).await.status, 201);

        let path = format!("{REPORTS}/{}", report["id"].as_str().unwrap());
        let change = json!({"version": 1, "report": wish});
        assert_eq!(lead.put(&path, &change).await.json()["version"], 2);
        lead.put(&path, &change).await.problem(409, "changed_meanwhile");

        let preview = lead.post("/api/v1/console/report-preview", &wish).await;
        assert_eq!(preview.headers["content-type"], "text/html; charset=utf-8");
        assert!(preview.headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
        assert!(String::from_utf8_lossy(&preview.body).contains("<h1>周一报告</h1>"));

        let runs = format!("{REPORTS}/{}/runs", report["id"].as_str().unwrap());
        let run = lead.post(&runs, &json!({"client_id": "c1", "period": "2026-W40"})).await;
        assert_eq!(run.status, 202, "{}", String::from_utf8_lossy(&run.body));
        let reports = Reports::new(server.desk.clone(), server.insight.clone());
        while reports.work(None).await.unwrap() > 0 {}
        let listed = lead.get(&runs).await.json();
        assert_eq!((listed["items"].as_array().unwrap().len(), &listed["items"][0]["period"]), (1, &json!("2026-W40")));
        assert!(listed["items"][0]["made_at"].is_string(), "{listed}");
        let file = format!("/api/v1/console/report-runs/{}/file?format=csv", run.json()["id"].as_str().unwrap());
        let csv = lead.get(&file).await;
        assert_eq!(csv.status, 200);
        assert!(csv.headers["content-disposition"].to_str().unwrap().starts_with("attachment;"));
        agent.get(&file).await.problem(403, "forbidden");
        let listed = lead.get(REPORTS).await.json();
        assert_eq!((&listed["can_send"], &listed["formats"]), (&json!(true), &json!(["html", "xlsx", "csv"])));
    }

    async fn rows_leave_the_desk_for_a_password_alone(store) {
        let server = TestServer::start(&store).await;
        let analyst = server.agent("an", Role::Analyst).await;
        for number in 0..7 {
            let words = json!({"client_id": format!("c{number}"), "text": format!("问题 {number}"), "type": "pending"});
            assert_eq!(server.visitor().post("/api/v1/requests", &words).await.status, 201);
        }
        server.until_facts(|facts| facts.len() == 7).await;
        let wish = |password: &str| json!({"query": {"measure": "requests"}, "password": password});
        analyst.post(EXPORT, &wish("wrong")).await.problem(403, "password_refused");
        let reply = analyst.post(EXPORT, &wish("correct horse battery")).await;
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        let text = String::from_utf8(reply.body.to_vec()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("\u{FEFF}id,number,customer_id,created_at,type,"), "{}", lines[0]);
        for name in ["app_version", "region", "platform", "chain", "response_seconds", "full_resolution_seconds", "score", "contact"] {
            assert!(lines[0].split(',').any(|column| column == name), "{name}");
        }
        assert_eq!(lines.len(), 8);
        assert!(lines[1..].iter().all(|line| line.contains("\"pending\"") && !line.contains("问题")), "no words of customers");
        let mut book = wish("correct horse battery");
        (book["format"], book["id"]) = (json!("xlsx"), json!("e1"));
        let reply = analyst.post(EXPORT, &book).await;
        let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        assert_eq!((reply.status.as_u16(), reply.headers["content-type"].to_str().unwrap()), (200, kind));
        assert_eq!(reply.headers["content-disposition"], "attachment; filename=\"requests.xlsx\"");
        assert!(reply.body.starts_with(b"PK") && reply.body.len() > 4_000, "{} bytes", reply.body.len());
        let made = analyst.get("/api/v1/console/insight/exports/e1").await.json();
        assert_eq!(made, json!({"written": 7, "state": "done"}));
        analyst.get("/api/v1/console/insight/exports/e2").await.problem(404, "not_found");
        book["password"] = json!("wrong");
        analyst.post(EXPORT, &book).await.problem(403, "password_refused");
        let agent = server.agent("lin", Role::Agent).await;
        agent.post(EXPORT, &wish("correct horse battery")).await.problem(403, "forbidden");
        let mut wrong = wish("correct horse battery");
        wrong["query"]["group"] = json!(["mood"]);
        analyst.post(EXPORT, &wrong).await.problem(422, "invalid");
    }
}
