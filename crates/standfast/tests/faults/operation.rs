//! What watches a desk from outside: its figures move with what happens, and its log can be read by a program.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::agent::Agent;
use crate::cluster::Cluster;
use crate::customer::{Command, Customer};
use crate::http::Client;
use crate::server::Server;
use crate::socket::Socket;

const SOCKETS: &str = "standfast_live_sockets{who=\"customer\"}";
const WAITS: &str = "standfast_queue_age_seconds{at_risk=\"no\"}";
const COMMITS: &str = "standfast_store_commits";
const LAG: &str = "standfast_outbox_lag_seconds";
const FACTS_LAG: &str = "standfast_facts_lag_seconds";

/// A figure of `/metrics`, by its name with labels; nothing when it was never set.
async fn figure(client: &Client, name: &str) -> Option<f64> {
    let page = client.get("/metrics", &[]).await.unwrap().expect(200);
    let text = String::from_utf8(page.body.to_vec()).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map(|value| value.parse().unwrap())
}

/// Waits until a figure fits.
async fn until(client: &Client, name: &str, fits: impl Fn(f64) -> bool) -> f64 {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let found = figure(client, name).await;
        if let Some(found) = found.filter(|found| fits(*found)) {
            return found;
        }
        assert!(Instant::now() < end, "{name} stays {found:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_move_and_the_log_is_json() {
    let mut server = Server::new();
    server.environment.push(("STANDFAST_LOG_FORMAT".to_owned(), "json".to_owned()));
    Agent::add(&server);
    server.start().await;
    let client = server.client();

    // Sockets come and go.
    let customers: Vec<_> = (0..3).map(|_| Customer::new(client.clone())).collect();
    let mut sockets = Vec::new();
    for customer in &customers {
        sockets.push(Socket::of(server.port, customer, &[]).await);
    }
    until(&client, SOCKETS, |open| (2.5..3.5).contains(&open)).await;
    sockets.pop().unwrap().cut();
    until(&client, SOCKETS, |open| (1.5..2.5).contains(&open)).await;
    drop(sockets);
    until(&client, SOCKETS, |open| open == 0.0).await;

    // Somebody waits, and is answered; commits are counted and measured.
    assert_eq!(figure(&client, WAITS).await, Some(0.0));
    let before = figure(&client, COMMITS).await.unwrap();
    let asked = Instant::now();
    let receipt = customers[0].open().await;
    let age = until(&client, WAITS, |age| age >= 1.0).await;
    assert!(age <= asked.elapsed().as_secs_f64() + 0.1, "{age} s after {:?}", asked.elapsed());
    assert!(figure(&client, COMMITS).await.unwrap() > before);
    let p50 = figure(&client, "standfast_store_commit_p50_seconds").await.unwrap();
    let p99 = figure(&client, "standfast_store_commit_p99_seconds").await.unwrap();
    assert!(p50 > 0.0 && p50 <= p99 && p99 < 30.0, "{p50} {p99}");
    let agent = Agent::sign_in(&server).await;
    let seen = receipt["seq"].as_i64().unwrap();
    agent.reply(receipt["request_id"].as_str().unwrap(), "收到，请稍候。", seen).await.unwrap().expect(201);
    until(&client, WAITS, |age| age == 0.0).await;
    until(&client, LAG, |lag| lag < 1.0).await;

    // A call that fails can be found in the log by the id that its caller was given.
    let lost = client.get("/api/v1/requests/222-222-2222", &[]).await.unwrap().expect(401);
    let id = lost.headers["x-request-id"].to_str().unwrap().to_owned();
    server.terminate();
    assert!(server.ended(Duration::from_secs(15)).await.success());
    let calls = read_log(&server.log());
    let call = calls.iter().find(|fields| fields["id"] == id.as_str()).expect("the call that failed");
    assert_eq!(call["route"], "/api/v1/requests/{number}");
    assert_eq!((&call["method"], &call["status"]), (&Value::from("GET"), &Value::from(401)));
    assert!(call["ms"].as_f64().unwrap() > 0.0);
}

/// The fields of each call. Every line of the log has to be a JSON document with time, level and target.
fn read_log(log: &[u8]) -> Vec<Value> {
    let mut calls = Vec::new();
    let mut ids = BTreeSet::new();
    for line in std::str::from_utf8(log).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let time = line["timestamp"].as_str().unwrap();
        assert!(time.ends_with('Z') && time.len() >= 20, "{time}");
        assert!(matches!(line["level"].as_str(), Some("ERROR" | "WARN" | "INFO" | "DEBUG")), "{line}");
        assert!(!line["target"].as_str().unwrap().is_empty() && line["fields"].is_object(), "{line}");
        if line["target"] == "standfast::http" && line["fields"]["message"] == "call" {
            let fields = line["fields"].clone();
            for name in ["method", "route", "status", "ms", "id"] {
                assert!(!fields[name].is_null(), "{name} in {line}");
            }
            assert!(ids.insert(fields["id"].as_str().unwrap().to_owned()), "twice: {line}");
            calls.push(fields);
        }
    }
    assert!(calls.len() > 20, "{} calls", calls.len());
    calls
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_outbox_lags_while_a_transaction_holds_it_back() {
    let cluster = Cluster::start();
    let url = cluster.database("lag");
    let mut server = Server::on_postgres(&url);
    server.start().await;
    let client = server.client();
    let customer = Customer::new(client.clone());
    let number = customer.open().await["number"].as_str().unwrap().to_owned();
    until(&client, LAG, |lag| lag == 0.0).await;

    // What is committed while it runs cannot be handed on yet.
    let mut held = cluster
        .session(&url)
        .args(["-c", "BEGIN", "-c", "INSERT INTO setting (name, value) VALUES ('held', '')"])
        .args(["-c", "SELECT pg_sleep(60)"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let holds = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND state = 'active'";
    let end = Instant::now() + Duration::from_secs(10);
    while cluster.ask(&url, &format!("{holds} AND pid <> pg_backend_pid()")) != "1" {
        assert!(Instant::now() < end, "no transaction that holds");
        sleep(Duration::from_millis(50)).await;
    }
    customer.send(&Command::new(Some(&number))).await.unwrap().expect(201);
    until(&client, LAG, |lag| lag >= 1.0).await;
    until(&client, FACTS_LAG, |lag| lag > 0.5).await;
    held.kill().unwrap();
    held.wait().unwrap();
    cluster.ask(&url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND pid <> pg_backend_pid()");
    until(&client, LAG, |lag| lag == 0.0).await;
    until(&client, FACTS_LAG, |lag| lag == 0.0).await;
}
