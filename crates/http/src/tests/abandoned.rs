//! Work whose caller has gone is dropped: it stands in nobody's way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use serde_json::json;
use standfast_store::{Error as StoreError, Lane, Store, params, store_test};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Config;
use crate::testing::{TestServer, wide};

const CALLERS: u8 = 20;
const IN_FLIGHT: u8 = 8;
/// More than there are writers of the store, wherever chance puts them.
const BLOCKS: i64 = 64;

/// Keeps every writer of the store busy until `stuck` is false.
fn block(
    store: &Store,
    stuck: &Arc<AtomicBool>,
) -> Vec<impl Future<Output = Result<(), StoreError>> + use<>> {
    let unit = |shard| {
        let stuck = Arc::clone(stuck);
        store.write(Lane::AtRisk, shard, move |_| {
            while stuck.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(2));
            }
            Ok(())
        })
    };
    (0..BLOCKS).map(unit).collect()
}

/// Sends a message whole; the answer is not waited for.
async fn send(server: &TestServer, round: u8, number: u8) -> TcpStream {
    let (mut secret, text) = ([round; 32], "转账没有到账");
    secret[0] = number;
    let body = json!({"client_id": format!("r{round}c{number}"), "text": text}).to_string();
    let head = format!(
        "POST /api/v1/requests HTTP/1.1\r\nHost: desk.test\r\nAuthorization: Visitor {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        URL_SAFE_NO_PAD.encode(secret),
        body.len()
    );
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

async fn requests(store: &Store) -> i64 {
    store.read(|rd| rd.query_one("SELECT count(*) FROM request", params![], |row| row.get(0))).await.unwrap()
}

store_test! {
    async fn words_of_callers_who_have_gone_are_not_taken_in(store) {
        // A few in flight, the others in line: both are left.
        let config = Config { intake_in_flight: IN_FLIGHT.into(), intake_waiting: 64, ..wide() };
        let server = TestServer::with(&store, config, "http://desk.test").await;
        for (round, stays) in [(1, true), (2, false)] {
            let stuck = Arc::new(AtomicBool::new(true));
            let blocks = block(&store, &stuck);
            let calls = join_all((0..CALLERS).map(|number| send(&server, round, number))).await;
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert_eq!(requests(&store).await, if stays { 0 } else { i64::from(CALLERS) });
            if stays {
                stuck.store(false, Ordering::Relaxed);
                for mut call in calls {
                    let mut answer = [0; 12];
                    call.read_exact(&mut answer).await.unwrap();
                    assert_eq!(&answer, b"HTTP/1.1 201");
                }
            } else {
                drop(calls);
                tokio::time::sleep(Duration::from_millis(500)).await;
                stuck.store(false, Ordering::Relaxed);
            }
            join_all(blocks).await;
        }
        // Behind all of them somebody who waits for the answer.
        let mut last = send(&server, 3, 0).await;
        let mut answer = [0; 12];
        last.read_exact(&mut answer).await.unwrap();
        // What a writer had begun is done; whatever stood in line is not, and rarely is anything else.
        let taken = requests(&store).await - i64::from(CALLERS) - 1;
        assert!((0..=i64::from(IN_FLIGHT)).contains(&taken), "{taken} of {CALLERS} that nobody waits for");
    }
}
