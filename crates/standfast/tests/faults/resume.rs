//! Five hundred sockets drop at once and resume with every message that they missed, in order, once.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::sleep;

use crate::cluster::Cluster;
use crate::customer::Customer;
use crate::server::Server;
use crate::socket::Socket;

const SOCKETS: usize = 500;

/// A customer with one request, what was written to it, and what the socket has shown of it.
struct Watcher {
    customer: Customer,
    request: String,
    number: String,
    written: Vec<i64>,
    shown: Vec<i64>,
}

impl Watcher {
    async fn new(customer: Customer) -> Self {
        let receipt = customer.open().await;
        let text = |name: &str| receipt[name].as_str().unwrap().to_owned();
        let seq = receipt["seq"].as_i64().unwrap();
        Self {
            customer,
            request: text("request_id"),
            number: text("number"),
            written: vec![seq],
            shown: Vec::new(),
        }
    }

    async fn connect(&self, port: u16) -> Socket {
        let seen = self.shown.last().copied().unwrap_or(0);
        Socket::of(port, &self.customer, &[(&self.request, seen)]).await
    }

    async fn write(&mut self, messages: usize) {
        for _ in 0..messages {
            let receipt = self.customer.say(&self.number, "还在吗？").await;
            self.written.push(receipt["seq"].as_i64().unwrap());
        }
    }

    /// Reads entries until everything written has been shown.
    async fn catch_up(&mut self, socket: &mut Socket) {
        while self.shown.last() < self.written.last() {
            let frame = socket.next_of("entry").await.expect("the socket stays open");
            assert_eq!(frame["request"], self.request.as_str(), "an entry of somebody else's request");
            self.shown.push(frame["entry"]["seq"].as_i64().unwrap());
        }
        assert_eq!(self.shown, self.written, "{}: missed, doubled or out of order", self.number);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_sockets_drop_and_resume_on_sqlite() {
    drop_and_resume(Server::new(), true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_sockets_drop_and_resume_on_postgres() {
    let cluster = Cluster::start();
    // What a kill does to it `crash` shows.
    drop_and_resume(Server::on_postgres(&cluster.database("resume")), false).await;
}

async fn drop_and_resume(mut server: Server, kill: bool) {
    server.start().await;
    let port = server.port;
    let mut watchers = join_all((0..SOCKETS).map(|_| Watcher::new(Customer::new(server.client())))).await;

    let mut sockets = join_all(watchers.iter().map(|watcher| watcher.connect(port))).await;
    everybody_catches_up(&mut watchers, &mut sockets).await;

    // The network drops them all; people go on writing meanwhile.
    sockets.into_iter().for_each(Socket::cut);
    join_all(watchers.iter_mut().map(|watcher| watcher.write(3))).await;
    let mut sockets = join_all(watchers.iter().map(|watcher| watcher.connect(port))).await;
    // More arrives while the missed ones are being sent.
    join_all(watchers.iter_mut().map(|watcher| watcher.write(1))).await;
    everybody_catches_up(&mut watchers, &mut sockets).await;

    // The same when it is the server that dies.
    if kill {
        server.kill();
        drop(sockets);
        server.start().await;
        join_all(watchers.iter_mut().map(|watcher| watcher.write(2))).await;
        sockets = join_all(watchers.iter().map(|watcher| watcher.connect(port))).await;
        everybody_catches_up(&mut watchers, &mut sockets).await;
    }

    // Nothing comes twice afterwards either.
    sleep(Duration::from_millis(500)).await;
    join_all(watchers.iter_mut().map(|watcher| watcher.write(1))).await;
    everybody_catches_up(&mut watchers, &mut sockets).await;
    let shown: usize = watchers.iter().map(|watcher| watcher.shown.len()).sum();
    println!("{SOCKETS} sockets, {shown} entries, each shown once and in order");
}

async fn everybody_catches_up(watchers: &mut [Watcher], sockets: &mut [Socket]) {
    join_all(watchers.iter_mut().zip(sockets).map(|(watcher, socket)| watcher.catch_up(socket))).await;
}
