//! A probe from elsewhere: what it finds is kept while the desk is out of reach and told when it is there again, once, whoever else
//! probes beside it and whatever became of its file.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use standfast_domain::{SystemClock, Time};
use tokio::time::sleep;

use crate::agent::Agent;
use crate::server::Server;

const TOKEN: &str = "DESK_PROBE_TOKEN";

/// How a probe ended, and what it said.
struct Said(bool, String);

impl Said {
    fn of(out: &Output) -> Self {
        Self(
            out.status.success(),
            String::from_utf8_lossy(&[&*out.stdout, &*out.stderr].concat()).into_owned(),
        )
    }

    #[track_caller]
    fn is(&self, success: bool, parts: &[&str]) {
        assert_eq!(self.0, success, "{}", self.1);
        for part in parts {
            assert!(self.1.contains(part), "{part} is not in {}", self.1);
        }
    }
}

/// A probe of this desk that keeps what it finds in `kept`.
fn probe(server: &Server, token: Option<&str>, kept: &Path) -> std::process::Command {
    let url = format!("http://127.0.0.1:{}", server.port);
    let mut command =
        server.command(&["probe", "--url", &url, "--place", "sg", "--kept", kept.to_str().unwrap()]);
    command.env_remove(TOKEN).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.envs(token.map(|token| (TOKEN, token)));
    command
}

async fn ended(mut command: std::process::Command) -> Said {
    Said::of(&tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap())
}

fn words(kept: &Path) -> Vec<Value> {
    serde_json::from_slice(&std::fs::read(kept).unwrap()).unwrap()
}

/// What `standfast verify` says of the test messages from elsewhere that the ledger has: nothing where there are none.
fn in_ledger(server: &mut Server) -> Option<usize> {
    server.terminate();
    server.kill();
    let (status, said) = server.run(&["verify"]);
    assert!(status.success() && said.contains("every record verifies"), "{said}");
    let line =
        said.lines().find_map(|line| line.trim().strip_suffix(" test messages from elsewhere checked"));
    line.map(|count| count.parse().unwrap())
}

const MINUTE: i64 = 60_000_000;

/// The minute it is, with enough of it left for a probe.
async fn minute() -> i64 {
    let now = || SystemClock::shared().now().0;
    let left = MINUTE - now() % MINUTE;
    if left < MINUTE / 3 {
        sleep(Duration::from_micros(left.unsigned_abs())).await;
    }
    now() / MINUTE
}

/// A minute in which nothing was found yet.
async fn another_minute(found: &BTreeSet<i64>) -> i64 {
    loop {
        let minute = minute().await;
        if !found.contains(&minute) {
            return minute;
        }
        sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_from_elsewhere_keeps_what_the_desk_cannot_be_told() {
    let mut server = Server::new();
    Agent::add(&server);
    server.start().await;
    let agent = Agent::sign_in(&server).await;
    let new = json!({"name": "Probe in Singapore", "kind": "bearer", "scopes": ["probes"]});
    let made = agent.post("/api/v1/console/tokens", &new).await.unwrap().json();
    let token = made["secret"].as_str().unwrap().to_owned();
    let kept = server.home().join("found.json");

    // Nobody is there: that is what was found, and it is kept.
    server.kill();
    ended(probe(&server, Some(&token), &kept)).await.is(false, &["no receipt", "still to be told: 1 ("]);
    let found = words(&kept);
    assert_eq!((found.len(), &found[0]["took_ms"]), (1, &Value::Null));
    let mut minutes = BTreeSet::from([Time::parse(found[0]["at"].as_str().unwrap()).unwrap().0 / MINUTE]);

    // A token that is not good tells nothing, loses nothing, and says nothing of whether the desk can be reached.
    server.start().await;
    let wrong = ended(probe(&server, Some("sft_no_such_token"), &kept)).await;
    wrong
        .is(false, &["refused the test message", "still to be told: 1 (the desk does not take the token in"]);
    ended(probe(&server, None, &kept)).await.is(false, &["DESK_PROBE_TOKEN is not set"]);
    assert_eq!(words(&kept), found);
    assert_eq!(in_ledger(&mut server), None);

    // Another probe is at it: this one waits for its turn.
    server.start().await;
    let lock = std::fs::File::create(kept.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    let mut waits = probe(&server, Some(&token), &kept).spawn().unwrap();
    sleep(Duration::from_secs(2)).await;
    assert!(waits.try_wait().unwrap().is_none(), "it does not wait");
    assert_eq!(words(&kept), found);
    minutes.insert(minute().await);
    drop(lock);
    // The desk is there, and is told what was found while it was not.
    Said::of(&tokio::task::spawn_blocking(move || waits.wait_with_output()).await.unwrap().unwrap())
        .is(true, &["gave a receipt after"]);
    assert_eq!(words(&kept), Vec::<Value>::new());
    assert_eq!(in_ledger(&mut server), Some(minutes.len()), "each minute of {minutes:?} once");

    // What cannot be read is set aside, and stops nothing.
    server.start().await;
    std::fs::write(&kept, "no JSON").unwrap();
    let last = another_minute(&minutes).await;
    minutes.insert(last);
    ended(probe(&server, Some(&token), &kept)).await.is(true, &["gave a receipt after"]);
    assert_eq!(std::fs::read(kept.with_extension("unreadable")).unwrap(), b"no JSON");
    assert_eq!(words(&kept), Vec::<Value>::new());
    assert_eq!(in_ledger(&mut server), Some(minutes.len()), "each minute of {minutes:?} once");
}
