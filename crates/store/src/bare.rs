//! The bare shared-commit loop: how fast units of work are when nothing else is done. Benches measure it in the same run
//! as what they compare with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::stats::percentile;
use crate::{Error, Lane, Store, Tx, params};

/// Customers whose counters the units raise.
const CUSTOMERS: i64 = 1_000;
/// Bytes of a message.
const MESSAGE: usize = 300;

const TABLES: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS bare_customer (id BIGINT NOT NULL PRIMARY KEY, messages BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS bare_request (id BIGINT NOT NULL PRIMARY KEY, customer_id BIGINT NOT NULL,
       state TEXT NOT NULL, created_at BIGINT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS bare_request_customer ON bare_request (customer_id, id)",
    "CREATE INDEX IF NOT EXISTS bare_request_state ON bare_request (state, created_at)",
    "CREATE TABLE IF NOT EXISTS bare_message (id BIGINT NOT NULL PRIMARY KEY, request_id BIGINT NOT NULL,
       text TEXT NOT NULL, created_at BIGINT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS bare_message_request ON bare_message (request_id, id)",
    "CREATE TABLE IF NOT EXISTS bare_outbox (id BIGINT NOT NULL PRIMARY KEY, request_id BIGINT NOT NULL,
       kind TEXT NOT NULL)",
];

/// What the loop reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// Units acknowledged per second.
    pub per_second: f64,
    /// Median time from call to answer.
    pub p50: Duration,
    /// 99th percentile of the same.
    pub p99: Duration,
    /// Units in one commit, on average.
    pub per_commit: f64,
}

/// Runs the loop with so many client tasks for so long, after a fifth of that to warm up. The tables are the loop's own
/// (`bare_…`) and stay.
pub async fn bare_loop(store: &Store, clients: usize, duration: Duration) -> Result<Figures, Error> {
    prepare(store).await?;
    let next = Arc::new(AtomicI64::new(last_id(store).await?));
    let start = store.clock().monotonic() + duration / 5;
    let running: Vec<_> = (0..clients)
        .map(|_| tokio::spawn(one_client(store.clone(), Arc::clone(&next), start, start + duration)))
        .collect();
    let mut latencies = Vec::new();
    let mut before = None;
    for client in running {
        let (mine, stats) = client.await.map_err(|_| Error::Panicked)??;
        latencies.extend(mine);
        before = before.or(stats);
    }
    let after = store.stats();
    let (commits, units) =
        before.map_or((1, 0), |(commits, units)| (after.commits - commits, after.units - units));
    latencies.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "counts of a few million")]
    Ok(Figures {
        per_second: latencies.len() as f64 / duration.as_secs_f64(),
        p50: percentile(&latencies, 50),
        p99: percentile(&latencies, 99),
        per_commit: units as f64 / commits.max(1) as f64,
    })
}

/// Latencies of the measured units, and the store's counts when the first of them was sent.
type Measured = (Vec<Duration>, Option<(u64, u64)>);

async fn one_client(
    store: Store,
    next: Arc<AtomicI64>,
    start: Duration,
    end: Duration,
) -> Result<Measured, Error> {
    let mut latencies = Vec::new();
    let mut before = None;
    loop {
        let sent = store.clock().monotonic();
        if sent >= end {
            return Ok((latencies, before));
        }
        if sent >= start && before.is_none() {
            let stats = store.stats();
            before = Some((stats.commits, stats.units));
        }
        let id = next.fetch_add(1, Ordering::Relaxed) + 1;
        let customer = id % CUSTOMERS;
        let text = "a".repeat(MESSAGE);
        store.write(Lane::Ordinary, customer, move |tx| unit(tx, id, customer, &text)).await?;
        if sent >= start {
            latencies.push(store.clock().monotonic().saturating_sub(sent));
        }
    }
}

fn unit(tx: &mut Tx, id: i64, customer: i64, text: &str) -> Result<(), Error> {
    tx.run(
        "INSERT INTO bare_request (id, customer_id, state, created_at) VALUES ($1, $2, 'open', $3)",
        params![id, customer, id],
    )?;
    tx.run(
        "INSERT INTO bare_message (id, request_id, text, created_at) VALUES ($1, $2, $3, $4)",
        params![id, id, text, id],
    )?;
    tx.run("UPDATE bare_customer SET messages = messages + 1 WHERE id = $1", params![customer])?;
    tx.run("INSERT INTO bare_outbox (id, request_id, kind) VALUES ($1, $2, 'entry')", params![id, id])
}

async fn prepare(store: &Store) -> Result<(), Error> {
    store
        .write(Lane::Ordinary, 0, |tx| {
            for table in TABLES {
                tx.run(table, params![])?;
            }
            for id in 0..CUSTOMERS {
                tx.run(
                    "INSERT INTO bare_customer (id, messages) VALUES ($1, 0) ON CONFLICT (id) DO NOTHING",
                    params![id],
                )?;
            }
            Ok(())
        })
        .await
}

async fn last_id(store: &Store) -> Result<i64, Error> {
    store
        .read(|rd| rd.query_one("SELECT COALESCE(max(id), 0) FROM bare_request", params![], |row| row.get(0)))
        .await
}
