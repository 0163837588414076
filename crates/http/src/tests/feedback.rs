//! Ratings, confirmations and complaints, as customers give them and as the desk hears of them.

use std::time::Duration;

use serde_json::{Value, json};
use standfast_domain::Role;
use standfast_store::store_test;

use crate::testing::{Person, TestServer};

/// Answers a request and calls it solved.
async fn solve(agent: &Person<'_>, receipt: &Value) {
    let id = receipt["request_id"].as_str().unwrap();
    let words =
        json!({"client_id": format!("a{id}"), "text": "已经到账了。", "seen_seq": 1000, "then": "solved"});
    let reply = agent.post(&format!("/api/v1/console/requests/{id}/reply"), &words).await;
    assert!(reply.status.is_success(), "{:?}", reply.body);
}

fn path(receipt: &Value, what: &str) -> String {
    format!("/api/v1/requests/{}/{what}", receipt["number"].as_str().unwrap())
}

store_test! {
    async fn a_customer_confirms_and_rates_and_the_desk_counts(store) {
        let server = TestServer::start(&store).await;
        let (agent, lead) = (server.agent("mei", Role::Agent).await, server.agent("lin", Role::Lead).await);
        let own = server.visitor();
        let receipt = own.ask("a", "转账没有到账").await;
        let rating = json!({"client_id": "r1", "score": 2, "reason": "slow", "comment": "等了很久"});
        own.post(&path(&receipt, "rating"), &rating).await.problem(409, "not_solved");
        solve(&agent, &receipt).await;
        let asked = own.get(&path(&receipt, "feedback")).await.json();
        assert_eq!((&asked["state"], &asked["may_answer"]), (&json!("claimed"), &json!(true)));
        let yes = json!({"client_id": "y1", "solved": true});
        let said = own.post(&path(&receipt, "resolution"), &yes).await;
        assert_eq!((said.status.as_u16(), &said.json()["feedback"]["state"]), (201, &json!("confirmed")));
        assert_eq!(own.post(&path(&receipt, "resolution"), &yes).await.status, 200);
        for (score, reason, field) in [(0, json!(null), "score"), (6, json!(null), "score"), (4, json!("slow"), "reason")] {
            let wrong = json!({"client_id": "r0", "score": score, "reason": reason});
            let problem = own.post(&path(&receipt, "rating"), &wrong).await.problem(422, "invalid");
            assert_eq!(problem["field"], field);
        }
        let given = own.post(&path(&receipt, "rating"), &rating).await;
        assert_eq!((given.status.as_u16(), &given.json()["feedback"]["rating"]["score"]), (201, &json!(2)));
        let id = receipt["request_id"].as_str().unwrap();
        let known = agent.get(&format!("/api/v1/console/requests/{id}/feedback")).await.json();
        assert_eq!(known["items"][0]["rating"]["comment"], "等了很久");
        agent.get("/api/v1/console/feedback/reviews").await.problem(403, "forbidden");
        let found = lead.get("/api/v1/console/feedback/reviews").await.json();
        assert_eq!((&found["open"], &found["items"][0]["cause"]), (&json!(1), &json!("low_rating")));
        let review = found["items"][0]["id"].as_str().unwrap();
        let change = |body: Value| {
            let (server, headers) = (lead.server, lead.headers());
            let path = format!("/api/v1/console/feedback/reviews/{review}");
            async move {
                let headers = [headers, vec![("content-type", "application/json")]].concat();
                server.call(http::Method::PATCH, &path, &headers, body.to_string()).await
            }
        };
        let taken = change(json!({"state": "done", "note": "已致电"})).await.json();
        assert_eq!((&taken["state"], &taken["note"]), (&json!("done"), &json!("已致电")));
        let span = "from=2020-01-01T00:00:00Z&until=2100-01-01T00:00:00Z";
        let counted = lead.get(&format!("/api/v1/console/feedback/summary?{span}")).await.json();
        assert_eq!(counted["total"]["scores"], json!([0, 1, 0, 0, 0]));
        assert_eq!(counted["agents"][0]["confirmed"], 1);
        lead.get("/api/v1/console/feedback/summary?from=yesterday&until=today").await.problem(422, "invalid");
    }

    async fn live_sockets_tell_of_ratings_but_not_of_complaints(store) {
        let server = TestServer::start(&store).await;
        let agent = server.agent("mei", Role::Agent).await;
        let own = server.visitor();
        let receipt = own.ask("a", "转账没有到账").await;
        solve(&agent, &receipt).await;
        let id = receipt["request_id"].as_str().unwrap();
        // From here on: what comes before a socket has looked reaches it from the record, what comes later from the relay.
        let detail = agent.get(&format!("/api/v1/console/requests/{id}")).await.json();
        let seen = detail["request"]["last_seq"].as_i64().unwrap();
        let mut desk = agent.live(json!({"cursors": {id: seen}})).await;
        let mut customer = own.live(json!({"cursors": {id: seen}})).await;
        let words = json!({"client_id": "k1", "text": "让我说了三遍"});
        assert_eq!(own.post(&path(&receipt, "complaint"), &words).await.status, 201);
        assert_eq!(own.post(&path(&receipt, "rating"), &json!({"client_id": "r1", "score": 5})).await.status, 201);
        let hidden = desk.hear_of("entry").await;
        assert_eq!((&hidden["entry"]["event"], &hidden["entry"]["text"]), (&Value::Null, &Value::Null));
        assert_eq!(desk.hear_of("entry").await["entry"]["event"]["score"], 5);
        let rest = desk.rest(Duration::from_millis(300)).await;
        assert!(!json!(rest).to_string().contains("三遍"));
        assert_eq!(customer.hear_of("entry").await["entry"]["text"], "让我说了三遍");
        // What is asked for once more is withheld as well, by poll and by page.
        let polled = agent.get(&format!("/api/v1/live/poll?cursors={id}:0")).await;
        let page = agent.get(&format!("/api/v1/console/requests/{id}")).await;
        for reply in [polled, page] {
            let text = String::from_utf8_lossy(&reply.body).into_owned();
            assert!(text.contains("\"rated\"") && !text.contains("三遍") && !text.contains("complained"), "{text}");
        }
    }
}
