//! Alarms through the API and the socket, and calls to other systems over a real connection.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use standfast_desk::{Customer, Intake, Post as _, Visitor, receive};
use standfast_domain::{FrozenClock, Ids, Role, Time};
use standfast_store::store_test;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::outgoing::Outgoing;
use crate::testing::TestServer;

/// Somebody asks about a type at a time.
async fn ask_at(server: &TestServer, number: u32, at: Time, kind: &str) {
    let clock = FrozenClock::at(at.plus(Duration::from_millis(u64::from(number))));
    let desk = server.desk.at(clock.clone(), Arc::new(Ids::new(clock, 31)));
    let mut secret = [7; 32];
    secret[..4].copy_from_slice(&number.to_be_bytes());
    let who = Customer::Visitor(Visitor::new(&URL_SAFE_NO_PAD.encode(secret)).unwrap());
    let command = Intake {
        client_id: format!("c{number}"),
        text: format!("Question number {number}"),
        kind: Some(kind.to_owned()),
        context: BTreeMap::from([("region".to_owned(), "SG".to_owned())]),
        ..Intake::default()
    };
    receive(&desk, &who, command).await.unwrap();
}

store_test! {
    async fn an_alarm_is_told_looked_at_and_dismissed_once(store) {
        let server = TestServer::start(&store).await;
        let (agent, lead) = (server.agent("mei", Role::Agent).await, server.agent("lin", Role::Lead).await);
        let now = server.desk.now();
        let mut count = 0;
        for back in (1..=35 * 12_u64).rev() {
            count += 1;
            let kind = ["pending", "swap", "app"][usize::try_from(back % 3).unwrap()];
            ask_at(&server, count, now.minus(Duration::from_mins(back * 120)), kind).await;
        }
        for back in (3..=14_u64).rev() {
            count += 1;
            ask_at(&server, count, now.minus(Duration::from_mins(back)), "swap").await;
        }
        let count = usize::try_from(count).unwrap();
        server.until_facts(|facts| facts.len() == count).await;
        let feed = agent.get("/api/v1/console/inbox").await.json()["feed"].clone();
        let mut socket = agent.live(json!({"feed": feed})).await;
        let (stop, stopping) = watch::channel(false);
        let watching = standfast_desk::watch_alarms(server.desk.clone(), server.insight.clone(), stopping);
        let watching = tokio::spawn(watching);
        let told = tokio::time::timeout(Duration::from_mins(2), socket.hear_of("alarm")).await.unwrap();
        let list = agent.get("/api/v1/console/alarms").await.json();
        let alarm = &list["items"][0];
        assert_eq!((list["items"].as_array().unwrap().len(), &list["waiting"]), (1, &json!(1)), "{list}");
        assert_eq!((&alarm["id"], &alarm["state"], &alarm["kind"]), (&told["alarm"], &json!("open"), &json!("surge")));
        assert_eq!(alarm["segment"], json!({"type": ["swap"]}));
        assert_eq!(list["watch"]["state"], "watching");
        let id = alarm["id"].as_str().unwrap();
        let path = |rest: &str| format!("/api/v1/console/alarms/{id}{rest}");
        let detail = agent.get(&path("")).await.json();
        assert!(detail["requests"].as_array().unwrap().len() >= 8, "{detail}");
        agent.post(&path("/dismiss"), &json!({"reason": "known"})).await.problem(403, "forbidden");
        lead.post(&path("/dismiss"), &json!({"reason": "boring"})).await.problem(422, "invalid");
        let seen = agent.post(&path("/acknowledge"), &json!({})).await;
        assert_eq!((seen.status.as_u16(), &seen.json()["state"]), (200, &json!("acknowledged")));
        let gone = lead.post(&path("/dismiss"), &json!({"reason": "false_alarm"})).await.json();
        assert_eq!((&gone["state"], &gone["reason"], &gone["incident"]), (&json!("dismissed"), &json!("false_alarm"), &json!(null)));
        lead.post(&path("/dismiss"), &json!({"reason": "known"})).await.problem(409, "alarm_decided");
        let incident = json!({"kind": "incident", "title": "兑换失败", "starts_at": alarm["started_at"]});
        lead.post(&path("/incident"), &incident).await.problem(409, "alarm_decided");
        lead.get("/api/v1/console/alarms/77").await.problem(404, "not_found");
        let after = lead.get("/api/v1/console/alarms").await.json();
        assert_eq!((&after["waiting"], &after["watch"]["false_alarms"]), (&json!(0), &json!(1)));
        stop.send(true).unwrap();
        watching.await.unwrap();
    }
}

#[tokio::test]
async fn other_systems_are_called_once_and_not_where_they_lead() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = Vec::new();
        while !heard.ends_with(b"{\"a\":1}") {
            let mut some = [0; 1_024];
            let read = stream.read(&mut some).await.unwrap();
            assert!(read > 0, "the call ended early");
            heard.extend_from_slice(&some[..read]);
        }
        let away = "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(away.as_bytes()).await.unwrap();
        String::from_utf8(heard).unwrap()
    });
    let outgoing = Outgoing::default();
    let headers = vec![("webhook-id", "alarm_1_raised".to_owned())];
    let status = outgoing.post(&format!("http://{address}/hook"), headers, b"{\"a\":1}".to_vec()).await;
    assert_eq!(status, Ok(307), "told as it is, and not followed");
    let heard = served.await.unwrap();
    assert!(heard.starts_with("POST /hook HTTP/1.1\r\n"), "{heard}");
    assert!(
        heard.contains("webhook-id: alarm_1_raised") && heard.contains("content-type: application/json"),
        "{heard}"
    );
    let closed = outgoing.post(&format!("http://{address}/hook"), Vec::new(), Vec::new()).await;
    assert!(closed.is_err());
    assert!(outgoing.post("nonsense", Vec::new(), Vec::new()).await.is_err());
}
