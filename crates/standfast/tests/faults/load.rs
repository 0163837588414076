//! Customers who write as fast as they get receipts, and the check that nothing of it was lost or doubled.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::ack_log::{Ack, AckLog};
use crate::customer::{Command, Customer};
use crate::http::{Client, NoAnswer};

/// What got no answer, and may or may not have arrived.
pub(crate) struct Unanswered {
    pub(crate) secret: String,
    pub(crate) command: Command,
    /// What came instead.
    pub(crate) why: String,
}

/// A running load.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    writers: Vec<JoinHandle<Vec<Unanswered>>>,
}

impl Load {
    /// Starts `writers` customers, each with one call under way at any time.
    pub(crate) fn start(client: &Client, log: &AckLog, writers: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let writers = (0..writers)
            .map(|_| tokio::spawn(write(Customer::new(client.clone()), log.clone(), Arc::clone(&stop))))
            .collect();
        Self { stop, writers }
    }

    /// Lets the calls under way end, and returns those without an answer.
    pub(crate) async fn stop(self) -> Vec<Unanswered> {
        self.stop.store(true, Ordering::Relaxed);
        join_all(self.writers).await.into_iter().flat_map(Result::unwrap).collect()
    }
}

async fn write(customer: Customer, log: AckLog, stop: Arc<AtomicBool>) -> Vec<Unanswered> {
    let mut unanswered = Vec::new();
    let mut numbers: Vec<String> = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        // A third are new requests, the others go on with one of the customer's own.
        let number = if fastrand::u8(..3) == 0 { None } else { fastrand::choice(&numbers) };
        let command = Command::new(number.map(String::as_str));
        match customer.send(&command).await {
            Ok(answer) if answer.status == 201 => {
                let receipt = answer.json();
                log.record(&customer.secret, &command, &receipt).await;
                if command.number.is_none() {
                    numbers.push(receipt["number"].as_str().unwrap().to_owned());
                }
            }
            Ok(answer) => {
                // Saturation and an engine that is away are said so, in the form that clients can read.
                assert!(matches!(answer.status, 429 | 503 | 507), "{} {:?}", answer.status, answer.body);
                let why = format!("{} {}", answer.status, answer.code());
                // When the database went away during the commit, nobody can know: the client asks again later.
                unanswered.push(Unanswered { secret: customer.secret.clone(), command, why });
                sleep(Duration::from_millis(20)).await;
            }
            Err(NoAnswer(why)) => {
                unanswered.push(Unanswered { secret: customer.secret.clone(), command, why });
                sleep(Duration::from_millis(20)).await;
            }
        }
    }
    unanswered
}

/// Sends again what got no answer, until it gets one, and writes it into the book.
pub(crate) async fn repeat(client: &Client, log: &AckLog, unanswered: Vec<Unanswered>) {
    for Unanswered { secret, command, .. } in unanswered {
        let customer = Customer::known(client.clone(), &secret);
        let until = Instant::now() + Duration::from_secs(15);
        loop {
            match customer.send(&command).await {
                Ok(answer) if matches!(answer.status, 200 | 201) => {
                    log.record(&secret, &command, &answer.json()).await;
                    break;
                }
                other => assert!(Instant::now() < until, "{other:?}"),
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Checks that every acknowledged command is there exactly once, at the place that its receipt names, and that the
/// customer sees nothing that was not sent. Returns the number of entries seen.
pub(crate) async fn check(client: &Client, acks: &[Ack]) -> usize {
    let mut requests: BTreeMap<(String, String), Vec<&Ack>> = BTreeMap::new();
    for ack in acks {
        let number = ack.receipt["number"].as_str().unwrap().to_owned();
        if let Some(asked) = &ack.command.number {
            assert_eq!(*asked, number, "it went to another request");
        }
        requests.entry((ack.secret.clone(), number)).or_default().push(ack);
    }
    let mut seen = 0;
    for ((secret, number), acks) in requests {
        let customer = Customer::known(client.clone(), &secret);
        let entries = customer.entries(&number).await;
        let seqs: Vec<i64> = entries.iter().map(|entry| entry["seq"].as_i64().unwrap()).collect();
        assert!(seqs.is_sorted_by(|a, b| a < b), "{number}: {seqs:?}");
        let mut places: HashMap<&str, Vec<i64>> = HashMap::new();
        for entry in entries.iter().filter(|entry| entry["kind"] == "text") {
            let text = entry["text"].as_str().unwrap();
            places.entry(text).or_default().push(entry["seq"].as_i64().unwrap());
        }
        for (text, places) in &places {
            assert_eq!(places.len(), 1, "{number}: shown twice, at {places:?}: {text}");
        }
        for ack in &acks {
            let place = places.get(ack.command.text.as_str());
            assert_eq!(
                place,
                Some(&vec![ack.receipt["seq"].as_i64().unwrap()]),
                "{number}: lost {:?}",
                ack.command
            );
        }
        assert_eq!(places.len(), acks.len(), "{number}: an entry that nobody has a receipt for");
        seen += places.len();
    }
    seen
}

/// Sends some acknowledged commands again: the same receipt, to the letter, and no new entry.
pub(crate) async fn check_receipts(client: &Client, acks: &[Ack], samples: usize) {
    for _ in 0..samples.min(acks.len()) {
        let ack = &acks[fastrand::usize(..acks.len())];
        let again =
            Customer::known(client.clone(), &ack.secret).send(&ack.command).await.unwrap().expect(200).json();
        assert_eq!(again, ack.receipt, "another receipt for the same message");
    }
}
