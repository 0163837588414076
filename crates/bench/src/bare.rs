//! The yardstick of durable intake: the plainest program that commits many units at once. It shares no code with the
//! desk's store: rusqlite or the synchronous PostgreSQL client as they come, prepared statements, WAL and a durable
//! commit before any answer, each unit in a savepoint so that a bad one harms nobody.
//!
//! A unit inserts a request, inserts a message of 300 bytes, raises the counter of one of a thousand customers, and inserts
//! into an outbox; there are three indexes beside the primary keys.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::anyhow;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::latency::{Latencies, Spread, rate};

/// Customers whose counters the units raise.
const CUSTOMERS: i64 = 1_000;
/// Most units in one commit.
const BATCH: usize = 1_024;
/// Writer connections to PostgreSQL; units of one customer go to one of them.
const WRITERS: usize = 4;

const TABLES: &str = "
  CREATE TABLE bare_customer (id BIGINT NOT NULL PRIMARY KEY, messages BIGINT NOT NULL);
  CREATE TABLE bare_request (id BIGINT NOT NULL PRIMARY KEY, customer_id BIGINT NOT NULL, state TEXT NOT NULL,
    created_at BIGINT NOT NULL);
  CREATE INDEX bare_request_customer ON bare_request (customer_id, id);
  CREATE INDEX bare_request_state ON bare_request (state, created_at);
  CREATE TABLE bare_message (id BIGINT NOT NULL PRIMARY KEY, request_id BIGINT NOT NULL, text TEXT NOT NULL,
    created_at BIGINT NOT NULL);
  CREATE INDEX bare_message_request ON bare_message (request_id, id);
  CREATE TABLE bare_outbox (id BIGINT NOT NULL PRIMARY KEY, request_id BIGINT NOT NULL, kind TEXT NOT NULL);
";
const REQUEST: &str =
    "INSERT INTO bare_request (id, customer_id, state, created_at) VALUES ($1, $2, 'open', $1)";
const MESSAGE: &str = "INSERT INTO bare_message (id, request_id, text, created_at) VALUES ($1, $1, $2, $1)";
const COUNTER: &str = "UPDATE bare_customer SET messages = messages + 1 WHERE id = $1";
const OUTBOX: &str = "INSERT INTO bare_outbox (id, request_id, kind) VALUES ($1, $1, 'entry')";

/// What the loop reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    /// Units acknowledged in a second.
    pub(crate) per_second: f64,
    pub(crate) spread: Spread,
}

struct Unit {
    id: i64,
    text: String,
    done: oneshot::Sender<()>,
}

/// Takes what waits: at least one unit, until all senders are gone.
fn next(units: &mut mpsc::Receiver<Unit>, batch: &mut Vec<Unit>) -> bool {
    batch.clear();
    units.blocking_recv_many(batch, BATCH) > 0
}

fn acknowledge(batch: &mut Vec<Unit>) {
    for unit in batch.drain(..) {
        // The client may have ended meanwhile.
        let _ = unit.done.send(());
    }
}

type Writer = (mpsc::Sender<Unit>, JoinHandle<anyhow::Result<()>>);

/// Runs the loop on a fresh SQLite file.
pub(crate) fn sqlite(path: &Path, clients: usize, during: Duration) -> anyhow::Result<Figures> {
    let mut connection = rusqlite::Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(TABLES)?;
    for id in 0..CUSTOMERS {
        connection.execute("INSERT INTO bare_customer VALUES (?1, 0)", [id])?;
    }
    let (sender, mut units) = mpsc::channel(8_192);
    let writer = thread::spawn(move || {
        let mut batch = Vec::new();
        while next(&mut units, &mut batch) {
            let transaction =
                connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            for unit in &batch {
                transaction.prepare_cached("SAVEPOINT unit")?.execute([])?;
                let customer = unit.id % CUSTOMERS;
                transaction.prepare_cached(REQUEST)?.execute([unit.id, customer])?;
                transaction.prepare_cached(MESSAGE)?.execute(rusqlite::params![unit.id, unit.text])?;
                transaction.prepare_cached(COUNTER)?.execute([customer])?;
                transaction.prepare_cached(OUTBOX)?.execute([unit.id])?;
                transaction.prepare_cached("RELEASE unit")?.execute([])?;
            }
            transaction.commit()?;
            acknowledge(&mut batch);
        }
        anyhow::Ok(())
    });
    load(vec![(sender, writer)], clients, during)
}

/// Runs the loop on an empty PostgreSQL database.
pub(crate) fn postgres(url: &str, clients: usize, during: Duration) -> anyhow::Result<Figures> {
    let mut connection = postgres::Client::connect(url, postgres::NoTls)?;
    connection.batch_execute(TABLES)?;
    let customers = connection.prepare("INSERT INTO bare_customer VALUES ($1, 0)")?;
    for id in 0..CUSTOMERS {
        connection.execute(&customers, &[&id])?;
    }
    let writers = (0..WRITERS).map(|_| {
        let connection = postgres::Client::connect(url, postgres::NoTls)?;
        let (sender, units) = mpsc::channel(8_192);
        Ok((sender, thread::spawn(move || write_postgres(connection, units))))
    });
    load(writers.collect::<anyhow::Result<_>>()?, clients, during)
}

fn write_postgres(mut connection: postgres::Client, mut units: mpsc::Receiver<Unit>) -> anyhow::Result<()> {
    let [begin, savepoint, request, message, counter, outbox, release, commit] =
        ["BEGIN", "SAVEPOINT unit", REQUEST, MESSAGE, COUNTER, OUTBOX, "RELEASE SAVEPOINT unit", "COMMIT"]
            .map(|sql| connection.prepare(sql));
    let (begin, savepoint, request, message) = (begin?, savepoint?, request?, message?);
    let (counter, outbox, release, commit) = (counter?, outbox?, release?, commit?);
    let mut batch = Vec::new();
    while next(&mut units, &mut batch) {
        connection.execute(&begin, &[])?;
        for unit in &batch {
            let customer = unit.id % CUSTOMERS;
            connection.execute(&savepoint, &[])?;
            connection.execute(&request, &[&unit.id, &customer])?;
            connection.execute(&message, &[&unit.id, &unit.text])?;
            connection.execute(&counter, &[&customer])?;
            connection.execute(&outbox, &[&unit.id])?;
            connection.execute(&release, &[])?;
        }
        connection.execute(&commit, &[])?;
        acknowledge(&mut batch);
    }
    Ok(())
}

/// Loads the writers with so many clients, each of which waits for its answer before it goes on; a fifth of the time
/// is for warming up.
fn load(writers: Vec<Writer>, clients: usize, during: Duration) -> anyhow::Result<Figures> {
    let (senders, threads): (Vec<_>, Vec<_>) = writers.into_iter().unzip();
    let senders: Arc<[mpsc::Sender<Unit>]> = senders.into();
    let ids = Arc::new(AtomicI64::new(0));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let latencies = runtime.block_on(async {
        let start = Instant::now() + during / 5;
        let running: Vec<_> = (0..clients)
            .map(|_| tokio::spawn(client(senders.clone(), ids.clone(), start, start + during)))
            .collect();
        let mut all = Latencies::default();
        for client in running {
            all.extend(&client.await?);
        }
        anyhow::Ok(all)
    })?;
    drop(senders);
    for thread in threads {
        thread.join().map_err(|_| anyhow!("a writer panicked"))??;
    }
    Ok(Figures { per_second: rate(latencies.count(), during), spread: latencies.spread() })
}

async fn client(
    writers: Arc<[mpsc::Sender<Unit>]>,
    ids: Arc<AtomicI64>,
    start: Instant,
    end: Instant,
) -> Latencies {
    let mut latencies = Latencies::default();
    loop {
        let sent = Instant::now();
        if sent >= end {
            return latencies;
        }
        let id = ids.fetch_add(1, Ordering::Relaxed);
        let (done, answer) = oneshot::channel();
        let unit = Unit { id, text: "a".repeat(300), done };
        let writer = usize::try_from(id % CUSTOMERS).unwrap_or(0) % writers.len();
        // A writer that is gone has failed, which is told when it is joined.
        let Some(writer) = writers.get(writer) else { return latencies };
        if writer.send(unit).await.is_err() || answer.await.is_err() {
            return latencies;
        }
        if sent >= start {
            latencies.note(sent);
        }
    }
}
