//! Every command arrives one to five times at once: one entry, one receipt.

use futures_util::future::join_all;

use crate::cluster::Cluster;
use crate::customer::{Command, Customer};
use crate::server::Server;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replayed_on_sqlite() {
    replay(Server::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replayed_on_postgres() {
    let cluster = Cluster::start();
    replay(Server::on_postgres(&cluster.database("replay"))).await;
}

async fn replay(mut server: Server) {
    server.start().await;
    let customers = (0..40).map(|_| conversation(Customer::new(server.client())));
    let sent: usize = join_all(customers).await.into_iter().sum();
    println!("{sent} commands, each sent one to five times at once");
    server.verify();
}

/// One customer's conversation of ten commands; returns how many.
async fn conversation(customer: Customer) -> usize {
    let mut number: Option<String> = None;
    for sent in 1..=10 {
        let command = Command::new(number.as_deref());
        let copies = (0..fastrand::usize(1..=5)).map(|_| customer.send(&command));
        let answers: Vec<_> = join_all(copies).await.into_iter().map(Result::unwrap).collect();
        let created = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(created, 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
        assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 201)));
        let receipt = answers[0].json();
        assert!(answers.iter().all(|answer| answer.json() == receipt), "receipts differ");
        let request = number.get_or_insert_with(|| receipt["number"].as_str().unwrap().to_owned());
        let texts = customer.entries(request).await;
        assert_eq!(texts.iter().filter(|entry| entry["kind"] == "text").count(), sent);
    }
    10
}
