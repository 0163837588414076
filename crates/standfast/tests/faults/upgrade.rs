//! `standfast upgrade`: one process takes over from another under load. No call fails, nothing is lost or doubled, sockets
//! resume; and a process that cannot serve takes nothing over.

use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use parking_lot::Mutex;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::ack_log::AckLog;
use crate::cluster::Cluster;
use crate::customer::Customer;
use crate::load::{self, Load};
use crate::server::{Server, signal};
use crate::socket::Socket;

const UPGRADES: usize = 3;
const WRITERS: usize = 12;
const SOCKETS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_upgrades_under_load_on_sqlite() {
    three_upgrades(Server::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_upgrades_under_load_on_postgres() {
    let cluster = Cluster::start();
    three_upgrades(Server::on_postgres(&cluster.database("upgrade"))).await;
}

async fn three_upgrades(mut server: Server) {
    server.start().await;
    let client = server.client();
    let folder = TempDir::new().unwrap();
    let log = AckLog::create(&folder.path().join("acks"));
    let stop = Arc::new(AtomicBool::new(false));
    let ready = Arc::new(AtomicUsize::new(0));
    let followers: Vec<_> = (0..SOCKETS)
        .map(|_| {
            let (customer, ready) = (Customer::new(client.clone()), Arc::clone(&ready));
            tokio::spawn(follow(server.port, customer, ready, Arc::clone(&stop)))
        })
        .collect();
    let all_back = async |times: usize| {
        let until = Instant::now() + Duration::from_secs(20);
        while ready.load(Ordering::Relaxed) < SOCKETS * times {
            assert!(Instant::now() < until, "the sockets do not come back");
            sleep(Duration::from_millis(20)).await;
        }
    };
    let load = Load::start(&client, &log, WRITERS);
    for round in 1..=UPGRADES {
        all_back(round).await;
        sleep(Duration::from_millis(300)).await;
        let started = Instant::now();
        let (status, said) = server.upgrade().await;
        assert!(status.success(), "{said}");
        println!("upgraded in {:?}: {said}", started.elapsed());
    }
    all_back(UPGRADES + 1).await;
    let failed = load.stop().await;
    stop.store(true, Ordering::Relaxed);
    let followed: Vec<Followed> = join_all(followers).await.into_iter().map(Result::unwrap).collect();

    let acks = log.read(0);
    let failed: Vec<&str> = failed.iter().map(|one| one.why.as_str()).collect();
    assert!(failed.is_empty(), "calls failed beside {} that did not: {failed:?}", acks.len());
    assert_eq!(load::check(&client, &acks).await, acks.len());
    load::check_receipts(&client, &acks, 50).await;
    let shown: usize = followed.iter().map(|one| one.shown).sum();
    let returns: usize = followed.iter().map(|one| one.returns).sum();
    assert!(returns >= SOCKETS * UPGRADES, "{returns} returns: the sockets were not led over");
    println!(
        "{UPGRADES} upgrades: {} acknowledged, 0 failed, 0 lost, 0 doubled; {SOCKETS} sockets came back {returns} times and \
         showed {shown} entries, each once",
        acks.len()
    );
    server.verify();
}

/// What a customer saw over a socket.
struct Followed {
    shown: usize,
    returns: usize,
}

/// Writes on a request of its own and follows it over a socket that comes back when it is told to, until all was shown.
async fn follow(port: u16, customer: Customer, ready: Arc<AtomicUsize>, stop: Arc<AtomicBool>) -> Followed {
    let receipt = customer.open().await;
    let (number, request) = (receipt["number"].as_str().unwrap(), receipt["request_id"].as_str().unwrap());
    let written = Arc::new(Mutex::new(vec![receipt["seq"].as_i64().unwrap()]));
    let writer = tokio::spawn({
        let (customer, number, written) = (customer.clone(), number.to_owned(), Arc::clone(&written));
        async move {
            while !stop.load(Ordering::Relaxed) {
                let receipt = customer.say(&number, "还在吗？").await;
                written.lock().push(receipt["seq"].as_i64().unwrap());
                sleep(Duration::from_millis(60)).await;
            }
        }
    });
    let (mut shown, mut connections): (Vec<i64>, usize) = (Vec::new(), 0);
    let mut over: Option<Instant> = None;
    while !(writer.is_finished() && shown.last() == written.lock().last()) {
        let mut socket = Socket::connect(port, None).await;
        socket.hello(&customer, &[(request, shown.last().copied().unwrap_or(0))]).await;
        let mut wait = Duration::from_millis(100);
        while !(writer.is_finished() && shown.last() == written.lock().last()) {
            // The writer may end without a further entry: looked at now and again.
            let Ok(next) = tokio::time::timeout(Duration::from_millis(200), socket.next()).await else {
                if writer.is_finished() {
                    let since = *over.get_or_insert_with(Instant::now);
                    assert!(since.elapsed() < Duration::from_secs(10), "{number}: entries are not shown");
                }
                continue;
            };
            let Ok(frame) = next else { break };
            match frame["t"].as_str() {
                Some("ready") => {
                    connections += 1;
                    ready.fetch_add(1, Ordering::Relaxed);
                }
                Some("entry") => shown.push(frame["entry"]["seq"].as_i64().unwrap()),
                Some("bye") => {
                    wait = Duration::from_millis(frame["retry_after_ms"].as_u64().unwrap_or(100).min(1_500));
                }
                _ => {}
            }
        }
        sleep(wait).await;
    }
    writer.await.unwrap();
    assert_eq!(shown, *written.lock(), "{number}: missed, doubled or out of order");
    Followed { shown: shown.len(), returns: connections - 1 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_serve_takes_nothing_over() {
    let mut server = Server::new();
    server.start().await;
    let client = server.client();
    let customer = Customer::new(client.clone());
    let number = customer.open().await["number"].as_str().unwrap().to_owned();
    let folder = TempDir::new().unwrap();
    let log = AckLog::create(&folder.path().join("acks"));
    let load = Load::start(&client, &log, 4);

    // Another master key.
    let key = server.data.join("master.key");
    let own = std::fs::read(&key).unwrap();
    std::fs::write(&key, "0a".repeat(32)).unwrap();
    refused(&mut server, "not the one that this desk's records are sealed with").await;
    std::fs::write(&key, own).unwrap();

    // A configuration with a mistake: the operator's command sees it first, and the new process when that reads another.
    let settings = std::fs::read_to_string(&server.settings).unwrap();
    std::fs::write(&server.settings, format!("lisen = 1\n{settings}")).unwrap();
    let (status, said) = server.upgrade().await;
    assert!(status.code() == Some(1) && said.contains("lisen"), "{status} {said}");
    let sound = server.settings.with_file_name("sound.toml");
    std::fs::write(&sound, &settings).unwrap();
    let broken = std::mem::replace(&mut server.settings, sound);
    refused(&mut server, "lisen").await;
    std::fs::write(&broken, &settings).unwrap();
    server.settings = broken;
    customer.say(&number, "还在吗？").await;

    // It dies when the old process has begun to let go.
    let mut command = server.command(&["upgrade"]);
    let asked = tokio::task::spawn_blocking(move || command.output());
    signal("-KILL", successor(&server, "ready to take over").await);
    let out = asked.await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.code() == Some(1) && said.contains("goes on"), "{said}");
    customer.say(&number, "还在吗？").await;

    // And after all that it works.
    let (status, said) = server.upgrade().await;
    assert!(status.success(), "{said}");
    let failed = load.stop().await;
    let acks = log.read(0);
    let failed: Vec<&str> = failed.iter().map(|one| one.why.as_str()).collect();
    assert!(failed.is_empty(), "calls failed beside {} that did not: {failed:?}", acks.len());
    assert_eq!(load::check(&client, &acks).await, acks.len());

    server.kill();
    let (status, said) = server.upgrade().await;
    assert!(status.code() == Some(3) && said.contains("no desk serves"), "{status} {said}");
}

/// A connection of which nobody knows when the next call comes: a proxy's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_between_two_calls_goes_over() {
    let mut server = Server::new();
    server.start().await;
    let mut line = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    ask(&mut line).await;

    // The new process dies once the old one has let go: this one goes on, on the same connection.
    let mut command = server.command(&["upgrade"]);
    let asked = tokio::task::spawn_blocking(move || command.output());
    let process = successor(&server, "ready to take over").await;
    signal("-STOP", process);
    logged(&server, "moved=").await;
    signal("-KILL", process);
    let out = asked.await.unwrap().unwrap();
    assert_eq!(out.status.code(), Some(1), "{}", String::from_utf8_lossy(&out.stdout));
    ask(&mut line).await;

    // One that is made and not used yet; and a call that is answered here, whose caller then falls silent: nobody waits for the next one.
    let mut fresh = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    let mut busy = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    let (head, rest) = call();
    busy.write_all(&head).await.unwrap();
    let mut command = server.command(&["upgrade"]);
    let asked = tokio::task::spawn_blocking(move || command.output());
    logged_times(&server, "draining", 2).await;
    sleep(Duration::from_millis(100)).await;
    busy.write_all(&rest).await.unwrap();
    answered(&mut busy, "201").await;
    let began = Instant::now();
    logged_times(&server, "moved=", 2).await;
    let took = began.elapsed();
    assert!(took < Duration::from_millis(2_500), "{took:?}: it was waited for a call that nobody made");
    let (status, said) = server.upgraded(asked.await.unwrap().unwrap()).await;
    assert!(status.success(), "{said}");
    for line in [&mut line, &mut fresh, &mut busy] {
        ask(line).await;
    }
}

/// A new request, in two parts: all but its last byte, and that.
fn call() -> (Vec<u8>, Vec<u8>) {
    let visitor = Customer::new(crate::http::Client::new(1)).authorization();
    let body =
        serde_json::json!({"client_id": "upgrade-0000000001", "text": "转账一直没有到账", "join": "new"})
            .to_string();
    let head = format!(
        "POST /api/v1/requests HTTP/1.1\r\nhost: desk\r\nauthorization: {visitor}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut all = [head.as_bytes(), body.as_bytes()].concat();
    let rest = all.split_off(all.len() - 1);
    (all, rest)
}

async fn ask(line: &mut TcpStream) {
    line.write_all(b"GET /healthz HTTP/1.1\r\nhost: desk\r\n\r\n").await.unwrap();
    answered(line, "200").await;
}

async fn answered(line: &mut TcpStream, status: &str) {
    let mut bytes = vec![0; 16_384];
    let read = tokio::time::timeout(Duration::from_secs(10), line.read(&mut bytes));
    let count = read.await.expect("an answer in time").unwrap();
    let answer = String::from_utf8_lossy(&bytes[..count]);
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status}")) && !answer.contains("connection: close"),
        "{answer:?}"
    );
}

/// The number of the new process, once the log says so of it.
async fn successor(server: &Server, done: &str) -> u32 {
    let said = logged(server, done).await;
    let line = said.lines().rfind(|line| line.contains("looks around")).unwrap();
    line.rsplit_once("process=").unwrap().1.split_whitespace().next().unwrap().parse().unwrap()
}

/// The log, once something stands in it.
async fn logged(server: &Server, what: &str) -> String {
    logged_times(server, what, 1).await
}

async fn logged_times(server: &Server, what: &str, times: usize) -> String {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let log = String::from_utf8_lossy(&server.log()).into_owned();
        if log.matches(what).count() >= times {
            return log;
        }
        assert!(Instant::now() < until, "the log does not say: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

async fn refused(server: &mut Server, because: &str) {
    let (status, said) = server.upgrade().await;
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains(because) && said.contains("the process that served goes on"), "{said}");
    assert!(server.is_running());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_a_newer_program_is_left_to_it() {
    let cluster = Cluster::start();
    let url = cluster.database("newer");
    let mut server = Server::on_postgres(&url);
    server.start().await;
    let newer = "INSERT INTO schema_migration (name, checksum, applied_at) VALUES ('9999_later', 'x', 0)";
    cluster.execute(&url, newer);
    refused(&mut server, "9999_later is newer than this program").await;
    Customer::new(server.client()).open().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_manager_is_told_which_process_serves() {
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let hear = || {
        let mut said = [0; 256];
        let length = manager.recv(&mut said).unwrap();
        String::from_utf8_lossy(&said[..length]).into_owned()
    };
    let mut server = Server::new();
    server.environment.push(("NOTIFY_SOCKET".to_owned(), socket.to_str().unwrap().to_owned()));
    server.start().await;
    assert_eq!(hear(), "READY=1");
    let (status, said) = server.upgrade().await;
    assert!(status.success(), "{said}");
    // Two processes say these, each by itself: nothing orders them.
    let mut heard = [hear(), hear()];
    heard.sort();
    assert_eq!(heard, [format!("MAINPID={}", server.heir().unwrap()), "READY=1".to_owned()]);
}
