//! What is derived from the database can be lost, damaged or wrong at any time: it costs time, never data, and there is a
//! command that makes it anew.

use std::collections::BTreeMap;

use serde_json::json;
use tokio::time::{Duration, Instant, sleep};

use crate::agent::Agent;
use crate::cluster::Cluster;
use crate::customer::Customer;
use crate::server::Server;

const REQUESTS: i64 = 12;
/// What is logged of a snapshot that does not fit.
const UNFIT: &str = "the facts are read from the database";

/// Requests by type.
type Figures = BTreeMap<String, i64>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_are_made_anew_on_sqlite() {
    let mut server = Server::new();
    let first = begin(&mut server).await;
    damaged(&mut server, &first).await;
    anew(server, &first, || false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_are_made_anew_on_postgres() {
    let cluster = Cluster::start();
    let url = cluster.database("derived");
    // Past the desk, which hears nothing of it.
    let falsify = || {
        cluster.execute(&url, "UPDATE request SET type = 'swap' WHERE type = 'pending'");
        true
    };
    let mut server = Server::on_postgres(&url);
    let first = begin(&mut server).await;
    anew(server, &first, falsify).await;
}

/// The requests of each type, as Insight counts them.
async fn figures(server: &Server) -> Figures {
    let agent = Agent::sign_in(server).await;
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let query = json!({"measure": "requests", "group": ["type"]});
        let answer = agent.post("/api/v1/console/insight/query", &query).await.unwrap();
        if answer.status == 200 {
            let answer = answer.json();
            let members = answer["axes"][0]["members"].as_array().unwrap();
            let cells = answer["cells"].as_array().unwrap().iter();
            let figures: Figures = cells
                .map(|cell| {
                    let at = usize::try_from(cell["at"][0].as_u64().unwrap()).unwrap();
                    (members[at]["code"].as_str().unwrap().to_owned(), cell["figure"]["n"].as_i64().unwrap())
                })
                .collect();
            if figures.values().sum::<i64>() == REQUESTS {
                return figures;
            }
        }
        assert!(Instant::now() < until, "no figures: {} {:?}", answer.status, answer.body);
        sleep(Duration::from_millis(50)).await;
    }
}

async fn stop(server: &mut Server) {
    server.terminate();
    assert!(server.ended(Duration::from_secs(15)).await.success());
}

/// Fills a desk, and stops it; what it counts.
async fn begin(server: &mut Server) -> Figures {
    Agent::add(server);
    server.start().await;
    let customer = Customer::new(server.client());
    for number in 0..REQUESTS {
        let kind = if number % 3 == 1 { "swap" } else { "pending" };
        let body = json!({"client_id": format!("c{number}"), "text": "问题", "type": kind, "join": "new"});
        customer.post("/api/v1/requests", &body).await.unwrap().expect(201);
    }
    let first = figures(server).await;
    assert_eq!(first, BTreeMap::from([("pending".to_owned(), 8), ("swap".to_owned(), 4)]));
    stop(server).await;
    first
}

/// Lost; cut; another file. Each time the figures are the same, and there is a whole snapshot afterwards.
async fn damaged(server: &mut Server, first: &Figures) {
    let snapshot = server.data.join("facts.snapshot");
    let good = std::fs::read(&snapshot).unwrap();
    let bad: [Option<&[u8]>; 3] = [None, Some(&good[..good.len() / 2]), Some(b"something else altogether")];
    for bad in bad {
        match bad {
            None => std::fs::remove_file(&snapshot).unwrap(),
            Some(bytes) => std::fs::write(&snapshot, bytes).unwrap(),
        }
        server.start().await;
        assert_eq!(figures(server).await, *first);
        stop(server).await;
        assert!(is_whole(&std::fs::read(&snapshot).unwrap()), "no snapshot after {bad:?}");
    }
    let log = String::from_utf8_lossy(&server.log()).into_owned();
    assert_eq!(log.matches(UNFIT).count(), 2, "one that was cut, one that was none");
}

async fn anew(mut server: Server, first: &Figures, falsify: impl Fn() -> bool) {
    // Without a desk that serves: for the next start.
    let snapshot = server.data.join("facts.snapshot");
    std::fs::write(&snapshot, "something else altogether").unwrap();
    let (status, said) = server.run(&["rebuild"]);
    assert!(
        status.success() && said.contains(&format!("anew of {REQUESTS} requests, for the next")),
        "{said}"
    );
    assert!(is_whole(&std::fs::read(&snapshot).unwrap()));
    let unfit = |server: &Server| String::from_utf8_lossy(&server.log()).matches(UNFIT).count();
    let before = unfit(&server);
    server.start().await;
    assert_eq!(figures(&server).await, *first);
    assert_eq!(unfit(&server), before, "what was made is what is read");

    // Beside one: it reads every request anew.
    let falsified = falsify();
    assert_eq!(figures(&server).await, *first, "it has not heard of it");
    std::fs::write(&snapshot, "something else altogether").unwrap();
    let (status, said) = server.run(&["rebuild"]);
    assert!(status.success() && said.contains(&format!("made anew of {REQUESTS} requests")), "{said}");
    assert!(is_whole(&std::fs::read(&snapshot).unwrap()));
    assert_eq!(figures(&server).await == *first, !falsified, "it counts what the database says");
    // Several at once are each told of what was read for them.
    let said = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..3).map(|_| scope.spawn(|| server.run(&["rebuild"]))).collect();
        asked.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });
    for (status, said) in said {
        assert!(status.success() && said.contains(&format!("made anew of {REQUESTS} requests")), "{said}");
    }
    Customer::new(server.client()).open().await;
    // What cannot be written down is said, and is no success where nothing but that is wanted.
    std::fs::remove_file(&snapshot).unwrap();
    std::fs::create_dir(&snapshot).unwrap();
    let (status, said) = server.run(&["rebuild"]);
    assert!(status.success() && said.contains("could not be written"), "{said}");
    stop(&mut server).await;
    let (status, said) = server.run(&["rebuild"]);
    assert!(!status.success() && said.contains("could not be written"), "{said}");
}

fn is_whole(snapshot: &[u8]) -> bool {
    snapshot.starts_with(b"SF-FACTS") && snapshot.len() > 200
}
