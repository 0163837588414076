//! Figures through the API: the catalogue says what everything is, an answer opens its rows, and mistakes are named.

use serde_json::{Value, json};
use standfast_domain::{Role, TokenScope};
use standfast_store::store_test;

use crate::testing::{Person, TestServer};

const QUERY: &str = "/api/v1/console/insight/query";
const ROWS: &str = "/api/v1/console/insight/rows";

async fn ask(person: &Person<'_>, query: &Value) -> Value {
    let reply = person.post(QUERY, query).await;
    assert_eq!(reply.status, 200, "{query}: {}", String::from_utf8_lossy(&reply.body));
    reply.json()
}

/// Ids behind a cell, page by page.
async fn behind(person: &Person<'_>, query: &Value, cell: &Value, part: &str) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let wish = json!({"query": query, "cell": cell, "part": part, "cursor": cursor, "limit": 2});
        let reply = person.post(ROWS, &wish).await;
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        let page = reply.json();
        ids.extend(
            page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        cursor = page["next"].clone();
        if cursor.is_null() {
            return ids;
        }
    }
}

store_test! {
    async fn other_systems_ask_the_same_and_see_no_requests(store) {
        let server = TestServer::start(&store).await;
        let analyst = server.agent("an", Role::Analyst).await;
        for number in 0..3 {
            server.visitor().ask(&format!("c{number}"), "转账没有到账").await;
        }
        server.until_facts(|facts| facts.len() == 3).await;
        let machine = server.machine(&[TokenScope::Insight]).await;
        for query in [
            json!({"measure": "requests", "group": ["type", "day"], "zone": "Asia/Shanghai"}),
            json!({"measure": "service_level", "within": 60, "group": ["origin"]}),
            json!({"measure": "flow"}),
        ] {
            let told = machine.post("/api/v1/insight/query", &query).await;
            assert_eq!(told.status, 200, "{query}");
            let (mut told, mut own) = (told.json(), ask(&analyst, &query).await);
            // Until when was counted is the moment of asking.
            for answer in [&mut told, &mut own] {
                (answer["until"], answer["as_of"]) = (Value::Null, Value::Null);
                answer["axes"].as_array_mut().unwrap().iter_mut().for_each(|axis| axis["members"] = Value::Null);
            }
            assert_eq!(told, own, "{query}");
        }
        machine.post("/api/v1/insight/query", &json!({"measure": "mean"})).await.problem(422, "invalid");
        for (dimension, value) in [("type", "nonsense"), ("chain", "nonsense"), ("origin", "elsewhere")] {
            let unknown = json!({"measure": "requests", "filter": {dimension: [value]}});
            machine.post("/api/v1/insight/query", &unknown).await.problem(422, "unknown_value");
            let excepted = json!({"measure": "requests", "except": {dimension: [value]}});
            machine.post("/api/v1/insight/query", &excepted).await.problem(422, "unknown_value");
        }
        let later = json!({"measure": "requests", "filter": {"app_version": ["99.0.1"]}});
        assert_eq!(machine.post("/api/v1/insight/query", &later).await.status, 200, "it may come out tomorrow");
        let catalogue = machine.get("/api/v1/insight/catalogue").await.json();
        assert!(catalogue["measures"].as_array().unwrap().len() > 10);
        // Neither more than figures, nor without the scope.
        assert_eq!(machine.post(ROWS, &json!({"query": {"measure": "requests"}})).await.status, 401);
        let pipeline = server.machine(&[TokenScope::Drivers]).await;
        assert_eq!(pipeline.post("/api/v1/insight/query", &json!({"measure": "requests"})).await.status, 403);
        assert_eq!(pipeline.get("/api/v1/insight/catalogue").await.status, 403);
    }

    async fn figures_open_their_rows(store) {
        let server = TestServer::start(&store).await;
        let analyst = server.agent("an", Role::Analyst).await;
        let agent = server.agent("mei", Role::Agent).await;
        for (number, kind) in ["pending", "swap", "pending", "pending", "swap"].into_iter().enumerate() {
            let words = json!({"client_id": format!("c{number}"), "text": format!("问题 {number}"), "type": kind,
                "join": "new", "context": {"region": "cn", "app_version": "2.1.0 (7)"}});
            let receipt = server.visitor().post("/api/v1/requests", &words).await;
            assert_eq!(receipt.status, 201, "{}", String::from_utf8_lossy(&receipt.body));
            if number < 2 {
                let path = format!("/api/v1/console/requests/{}/reply", receipt.json()["request_id"].as_str().unwrap());
                let text = json!({"client_id": format!("r{number}"), "text": "已经处理好了", "seen_seq": 9, "then": "solved"});
                assert!(agent.post(&path, &text).await.status.is_success());
            }
        }
        server.until_facts(|facts| facts.len() == 5).await;
        let by_type = json!({"measure": "requests", "group": ["type"], "zone": "Asia/Shanghai"});
        // Replies are told after the requests: until they are there, too.
        for _ in 0..100 {
            let solved = ask(&analyst, &json!({"measure": "first_resolution"})).await;
            if solved["total"]["pending"] == 3 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }

        let answer = ask(&analyst, &by_type).await;
        assert_eq!((&answer["total"]["n"], &answer["total"]["small"]), (&json!(5), &json!(true)));
        assert_eq!(answer["excluded"], json!({"spam": 0, "merged": 0, "test": 0}));
        let codes: Vec<&str> = answer["axes"][0]["members"].as_array().unwrap().iter().map(|m| m["code"].as_str().unwrap()).collect();
        assert_eq!(codes.len(), 2);
        for cell in answer["cells"].as_array().unwrap() {
            let code = codes[usize::try_from(cell["at"][0].as_u64().unwrap()).unwrap()];
            let expected = if code == "pending" { 3 } else { 2 };
            assert_eq!(cell["figure"]["n"], expected);
            let rows = behind(&analyst, &by_type, &json!([code]), "all").await;
            assert_eq!(rows.len(), expected);
            assert!(rows.is_sorted());
        }
        let solved = json!({"measure": "first_resolution", "filter": {"region": ["CN"], "app_version": ["2.1.0"]}});
        assert_eq!(ask(&analyst, &solved).await["total"]["n"], 5);
        assert_eq!(behind(&analyst, &solved, &json!([]), "met").await.len(), 2);
        for measure in ["one_contact", "reopened"] {
            let young = ask(&analyst, &json!({"measure": measure})).await;
            assert_eq!((&young["total"]["denominator"], &young["left_out"]), (&json!(0), &json!(5)), "{measure}");
        }
        let at_risk = ask(&analyst, &json!({"measure": "at_risk", "except": {"type": ["swap"], "region": ["US"]}})).await;
        assert_eq!((&at_risk["total"]["numerator"], &at_risk["total"]["denominator"]), (&json!(0), &json!(3)));

        let response = ask(&analyst, &json!({"measure": "first_response", "group": ["day", "first_agent"]})).await;
        assert_eq!(response["total"]["pending"], 3);
        assert!(response["total"]["percentiles"]["p90"].is_u64());
        assert!(response["axes"][0]["members"][0]["from"].is_string());
        let flow = ask(&analyst, &json!({"measure": "flow"})).await["total"]["flow"].clone();
        assert_eq!(flow, json!({"before": 0, "opened": 5, "closed": 2, "after": 3}));
        let by_weekday = json!({"measure": "flow", "group": ["type", "weekday"], "zone": "Asia/Shanghai"});
        let answer = ask(&analyst, &by_weekday).await;
        let cells = answer["cells"].as_array().unwrap();
        // Midnight may lie between the first and the last.
        let sum = |side: &str| cells.iter().map(|cell| cell["figure"]["flow"][side].as_u64().unwrap()).sum::<u64>();
        assert_eq!((sum("opened"), sum("closed")), (5, 2), "{answer}");
        assert!(cells.iter().all(|cell| cell["figure"]["flow"].get("after").is_none()), "there are many ends");
        let cell = json!([answer["axes"][0]["members"][0]["code"], answer["axes"][1]["members"][0]["code"]]);
        let wish = json!({"query": by_weekday, "cell": cell, "part": "unmet"});
        let problem = analyst.post(ROWS, &wish).await.problem(422, "invalid");
        assert_eq!((&problem["field"], &problem["reason"]), (&json!("part"), &json!("many_ends")));
        let rate = ask(&analyst, &json!({"measure": "contact_rate"})).await;
        assert_eq!((&rate["total"]["n"], &rate["total"]["value"]), (&json!(0), &Value::Null), "nobody knows how many users there are");
        assert_eq!(rate["left_out"], 5);
    }

    async fn the_rows_are_those_that_the_figure_counted(store) {
        let server = TestServer::start(&store).await;
        let analyst = server.agent("an", Role::Analyst).await;
        let write = async |id: &str| {
            let words = json!({"client_id": id, "text": "转账没有到账", "join": "new"});
            assert_eq!(server.visitor().post("/api/v1/requests", &words).await.status, 201);
        };
        for id in ["a", "b"] {
            write(id).await;
        }
        server.until_facts(|facts| facts.len() == 2).await;
        let asked = json!({"measure": "requests", "until": "2999-01-01T00:00:00Z"});
        let answer = ask(&analyst, &asked).await;
        assert_eq!(answer["total"]["n"], 2);
        // Instants are seconds to whoever counts.
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        write("c").await;
        server.until_facts(|facts| facts.len() == 3).await;
        let mut same = asked.clone();
        same["as_of"] = answer["as_of"].clone();
        assert_eq!(behind(&analyst, &same, &json!([]), "all").await.len(), 2);
        assert_eq!(ask(&analyst, &same).await["total"]["n"], 2);
        assert_eq!(behind(&analyst, &asked, &json!([]), "all").await.len(), 3);
        // What is to come is not known yet.
        same["as_of"] = json!("2998-01-01T00:00:00Z");
        let now = ask(&analyst, &same).await;
        assert_eq!(now["total"]["n"], 3);
        assert!(now["as_of"].as_str().unwrap() < "2998");
    }

    async fn the_catalogue_defines_everything_in_both_languages(store) {
        let server = TestServer::start(&store).await;
        server.visitor().ask("c", "转账没有到账").await;
        server.until_facts(|facts| facts.len() == 1).await;
        let lead = server.agent("lin", Role::Lead).await;
        let headers = lead.headers();
        let catalogue = server.get("/api/v1/console/insight/catalogue", &headers).await.json();
        let mut texts = 0;
        let mut check = |texts_of: &Value, of: &str| {
            for language in ["zh-CN", "en"] {
                let text = texts_of[language].as_str().unwrap();
                assert!(!text.is_empty() && !text.starts_with("figure."), "{of}: {text}");
                texts += 1;
            }
        };
        for measure in catalogue["measures"].as_array().unwrap() {
            for part in ["name", "formula", "leaves_out"] {
                check(&measure[part], measure["code"].as_str().unwrap());
            }
        }
        for list in ["dimensions", "steps"] {
            for one in catalogue[list].as_array().unwrap() {
                check(&one["name"], one["code"].as_str().unwrap());
            }
        }
        // What nobody wrote himself has a name.
        for dimension in catalogue["dimensions"].as_array().unwrap() {
            for value in dimension["values"].as_array().unwrap() {
                check(&value["name"], &format!("{} {}", dimension["code"], value["code"]));
            }
        }
        assert!(texts > 200, "{texts}");
        assert_eq!(catalogue["requests"], 1);
    }

    async fn mistakes_in_questions_are_named(store) {
        let server = TestServer::start(&store).await;
        let admin = server.agent("root", Role::Admin).await;
        for (query, field) in [
            (json!({"measure": "mean"}), "measure"),
            (json!({"measure": "service_level", "within": 0}), "within"),
            (json!({"measure": "repeat_contact", "days": 8}), "days"),
            (json!({"measure": "requests", "zone": "Mars/Olympus"}), "zone"),
            (json!({"measure": "requests", "group": ["day", "type", "channel"]}), "group"),
            (json!({"measure": "requests", "group": ["moon"]}), "group"),
            (json!({"measure": "backlog", "group": ["weekday"], "clock": "region"}), "clock"),
            (json!({"measure": "requests", "filter": {"platform": ["amiga"]}}), "filter"),
            (json!({"measure": "requests", "filter": {"mood": ["bad"]}}), "filter"),
            (json!({"measure": "requests", "except": {"platform": ["amiga"]}}), "except"),
            (json!({"measure": "reopened", "days": 2}), "days"),
            (json!({"measure": "requests", "from": "2026-11-21T00:00:00Z", "until": "2026-11-20T00:00:00Z"}), "from"),
            (json!({"measure": "requests", "from": "2999-01-01T00:00:00Z"}), "from"),
            (json!({"measure": "requests", "colour": "red"}), "colour"),
        ] {
            let problem = admin.post(QUERY, &query).await.problem(422, "invalid");
            assert_eq!(problem["field"], field, "{query}: {problem}");
        }
        let query = json!({"measure": "requests", "group": ["type"]});
        for (wish, field) in [
            (json!({"query": query, "cell": ["pending", "x"]}), "cell"),
            (json!({"query": query, "cell": ["pending"]}), "cell"),
            (json!({"query": query, "cursor": "x"}), "cursor"),
            (json!({"query": query, "limit": 0}), "limit"),
        ] {
            let problem = admin.post(ROWS, &wish).await.problem(422, "invalid");
            assert_eq!(problem["field"], field, "{wish}: {problem}");
        }
    }
}
