//! Types through the API: the model says how good it is, a request what it may be, and what is new stands in groups.

use serde_json::{Value, json};
use standfast_domain::Role;
use standfast_store::store_test;
use tokio::sync::watch;

use crate::testing::{Person, SOON, TestServer};

const TEXTS: [(&str, [&str; 3]); 3] = [
    ("pending", ["转账未确认", "transfer pending", "unconfirmed"]),
    ("swap", ["闪兑滑点", "swap slippage", "兑换少了"]),
    ("app", ["更新闪退", "app crashes", "软件打不开"]),
];
/// A text with made-up words around it, so that each is a story of its own: of nine stories one or two would be examined on, and
/// nobody could say which.
fn story(text: &str, number: usize) -> String {
    const PARTS: [&str; 12] = ["bo", "ke", "lo", "mu", "ri", "sa", "te", "vo", "zi", "nu", "pa", "do"];
    let word = |n: usize| [n, n / 12, n * 7 + n / 144 * 5 + 3].map(|at| PARTS[at % 12]).concat();
    let [a, b, c] = [0, 1, 2].map(|at| word(number * 3 + at));
    format!("hello {a} {b} {text} {c} please")
}

async fn ask(server: &TestServer, client_id: &str, text: &str) -> String {
    let receipt = server.visitor().ask(client_id, text).await;
    receipt["request_id"].as_str().unwrap().to_owned()
}

async fn settle(agent: &Person<'_>, id: &str, code: &str) {
    let reply = agent.post(&format!("/api/v1/console/requests/{id}/type"), &json!({"type": code})).await;
    assert_eq!(reply.status, 204);
}

async fn prediction(agent: &Person<'_>, id: &str) -> Value {
    let until = tokio::time::Instant::now() + SOON;
    loop {
        let page = agent.get(&format!("/api/v1/console/requests/{id}")).await.json();
        if !page["request"]["prediction"].is_null() || tokio::time::Instant::now() > until {
            return page["request"].clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

store_test! {
    async fn what_agents_settle_is_learned_and_shown(store) {
        let server = TestServer::start(&store).await;
        let (agent, lead) = (server.agent("mei", Role::Agent).await, server.agent("lin", Role::Lead).await);
        for (number, (code, texts)) in TEXTS.iter().enumerate() {
            for (at, text) in texts.iter().enumerate() {
                for turn in 0..8 {
                    let text = story(text, number * 24 + at * 8 + turn);
                    let id = ask(&server, &format!("c{number}-{at}-{turn}"), &text).await;
                    settle(&agent, &id, code).await;
                }
            }
        }
        let empty = lead.get("/api/v1/console/types/model").await.json();
        assert!(empty["in_use"].is_null() && empty["tried_at"].is_null(), "{empty}");
        let (stop, stopping) = watch::channel(false);
        let tasks = [
            tokio::spawn(standfast_desk::classify_requests(server.desk.clone(), stopping.clone())),
            tokio::spawn(standfast_desk::run_jobs(server.desk.clone(), stopping)),
        ];
        let sure = ask(&server, "q1", "hello transfer pending please").await;
        let request = prediction(&agent, &sure).await;
        assert_eq!((&request["type"], &request["prediction"]["advice"]), (&json!("pending"), &json!("applied")), "{request}");
        assert_eq!(request["prediction"]["candidates"][0]["type"], "pending");
        let mut strange = Vec::new();
        for number in 0..3 {
            strange.push(ask(&server, &format!("s{number}"), "Wo bekomme ich Aufkleber mit blauem Wal").await);
        }
        for id in &strange {
            let request = prediction(&agent, id).await;
            assert_eq!((&request["type"], &request["prediction"]["advice"]), (&json!("other"), &json!("choose")), "{request}");
        }
        let model = lead.get("/api/v1/console/types/model").await.json();
        assert_eq!((&model["in_use"]["version"], &model["labels"]["agents"]), (&json!(1), &json!(72)), "{model}");
        let accuracy = &model["in_use"]["accuracy"];
        assert!(accuracy["low"].as_f64() < accuracy["share"].as_f64(), "{model}");
        let novel = lead.get("/api/v1/console/types/novel").await.json();
        assert_eq!((&novel["items"][0]["size"], &novel["unsure"]), (&json!(3), &json!(3)), "{novel}");
        assert_eq!(novel["items"][0]["requests"], json!([strange[2], strange[1], strange[0]]));
        agent.get("/api/v1/console/types/novel").await.problem(403, "forbidden");
        // The customer is not told how the desk sorts.
        settle(&agent, &strange[0], "other").await;
        assert_eq!(prediction(&agent, &strange[0]).await["prediction"]["advice"], "none");
        stop.send(true).unwrap();
        for task in tasks {
            task.await.unwrap();
        }
    }
}
