//! The bare shared-commit loop on both engines: `cargo bench -p standfast-store --features testing`.
//!
//! `STANDFAST_TEST_POSTGRES` says where PostgreSQL is (`scripts/postgres start`); without it only SQLite is measured.
//! Arguments: seconds a run (default 5), then the number of PostgreSQL writers (default 4).

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::expect_used, reason = "a bench that cannot run says so and stops")]

use std::sync::Arc;
use std::time::Duration;

use standfast_store::bare::bare_loop;
use standfast_store::{Store, testing};

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let duration = Duration::from_secs(arguments.next().unwrap_or(5));
    let writers = arguments.next().unwrap_or(4);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let sqlite = testing::sqlite();
        measure("sqlite", &sqlite, duration).await;
        if let Some(postgres) = testing::postgres() {
            let mut config = postgres.config().clone();
            config.writers = usize::try_from(writers).unwrap_or(4);
            let store = Store::open(config, Arc::clone(postgres.clock())).expect("the database opens");
            measure(&format!("postgres, {writers} writers"), &store, duration).await;
            store.close().await;
        }
    });
}

async fn measure(name: &str, store: &Store, duration: Duration) {
    for clients in [64, 512] {
        let figures = bare_loop(store, clients, duration).await.expect("the loop runs");
        println!(
            "{name}, {clients} clients: {:.0}/s, p50 {:.1} ms, p99 {:.1} ms, {:.0} units a commit",
            figures.per_second,
            figures.p50.as_secs_f64() * 1e3,
            figures.p99.as_secs_f64() * 1e3,
            figures.per_commit,
        );
    }
}
