//! A fresh, migrated database for every test, on both engines.
//!
//! PostgreSQL is the server at `STANDFAST_TEST_POSTGRES` (see `scripts/postgres`). Without it those tests say so loudly
//! and pass, unless `STANDFAST_TEST_REQUIRE_POSTGRES=1`.

#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a test that cannot be set up ends here")]

use std::future::Future;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use standfast_domain::{Clock, SystemClock};
use tokio_postgres::NoTls;

use crate::{Config, Database, Store};

/// Makes two tests of one body: `name::sqlite` and `name::postgres`.
///
/// ```ignore
/// store_test! {
///     async fn keeps_what_it_is_given(store) { store.write(…).await.unwrap(); }
/// }
/// ```
/// `store` is a [`TestStore`](crate::testing::TestStore), which dereferences to [`Store`](crate::Store).
#[macro_export]
macro_rules! store_test {
    ($($(#[$attribute:meta])* async fn $name:ident($store:ident) $body:block)+) => {$(
        $(#[$attribute])*
        mod $name {
            #[allow(unused_imports, clippy::allow_attributes, reason = "a body may need nothing from outside")]
            use super::*;

            async fn body($store: $crate::testing::TestStore) $body

            #[test]
            fn sqlite() {
                $crate::testing::on_sqlite(body);
            }

            #[test]
            fn postgres() {
                $crate::testing::on_postgres(body);
            }
        }
    )+};
}

/// A store with a database of its own, which goes away with it.
#[derive(Debug)]
pub struct TestStore {
    store: Store,
    home: Home,
}

#[derive(Debug)]
enum Home {
    Sqlite(tempfile::TempDir),
    Postgres { server: String, name: String },
}

impl Deref for TestStore {
    type Target = Store;
    fn deref(&self) -> &Store {
        &self.store
    }
}

impl TestStore {
    /// A directory that goes away with the store; none on PostgreSQL.
    pub fn directory(&self) -> Option<&Path> {
        match &self.home {
            Home::Sqlite(directory) => Some(directory.path()),
            Home::Postgres { .. } => None,
        }
    }

    /// Runs statements on PostgreSQL over a connection of the test's own; does nothing on SQLite.
    pub fn on_postgres(&self, statements: &[&str]) {
        if let Database::Postgres { url } = &self.config().database {
            on_server(url, &statements.iter().map(|&s| s.to_owned()).collect::<Vec<_>>());
        }
    }

    /// Names of a table's columns, in order, as the engine reports them.
    pub async fn columns(&self, table: &'static str) -> Vec<String> {
        let columns = self.read(move |rd| crate::schema::columns(rd, table)).await;
        columns.expect("the table's columns")
    }

    /// A second store on the same database. SQLite allows that only after [`Store::close`].
    pub fn reopen(&self) -> Store {
        Store::open(self.config().clone(), Arc::clone(self.clock())).expect("the database opens again")
    }
}

impl Drop for TestStore {
    fn drop(&mut self) {
        if let Home::Postgres { server, name } = &self.home {
            on_server(server, &[format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")]);
        }
    }
}

/// Runs a test on a fresh SQLite file.
pub fn on_sqlite<F: Future<Output = ()>>(body: impl FnOnce(TestStore) -> F) {
    runtime().block_on(async { body(sqlite()).await });
}

/// Runs a test on a fresh PostgreSQL database, if there is a server.
pub fn on_postgres<F: Future<Output = ()>>(body: impl FnOnce(TestStore) -> F) {
    runtime().block_on(async {
        if let Some(store) = postgres() {
            body(store).await;
        }
    });
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

/// A migrated SQLite database in a temporary directory.
pub fn sqlite() -> TestStore {
    static TEMPLATE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let template = TEMPLATE.get_or_init(|| {
        let directory = tempfile::tempdir().expect("a temporary directory");
        migrate(Config::new(Database::Sqlite { path: directory.path().join("desk.db") }));
        directory
    });
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("desk.db");
    std::fs::copy(template.path().join("desk.db"), &path).expect("a copy of the template");
    let store = Store::open(Config::new(Database::Sqlite { path }), clock()).expect("the copy opens");
    TestStore { store, home: Home::Sqlite(directory) }
}

/// A migrated PostgreSQL database, if there is a server.
pub fn postgres() -> Option<TestStore> {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    let server = server()?;
    let template = TEMPLATE.get_or_init(|| template(&server));
    let name = create(&server, &format!("TEMPLATE {template}"));
    let config = Config::new(Database::Postgres { url: database_url(&server, &name) });
    let store = Store::open(config, clock()).expect("the copy opens");
    Some(TestStore { store, home: Home::Postgres { server, name } })
}

/// An empty PostgreSQL database that goes away with the value, if there is a server.
pub fn empty_postgres() -> Option<EmptyDatabase> {
    let server = server()?;
    let name = create(&server, "");
    Some(EmptyDatabase { url: database_url(&server, &name), server, name })
}

/// See [`empty_postgres`].
#[derive(Debug)]
pub struct EmptyDatabase {
    /// Its address.
    pub url: String,
    server: String,
    name: String,
}

impl Drop for EmptyDatabase {
    fn drop(&mut self) {
        on_server(&self.server, &[format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)]);
    }
}

fn create(server: &str, how: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("standfast_test_{}_{count}", std::process::id());
    on_server(
        server,
        &[format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"), format!("CREATE DATABASE {name} {how}")],
    );
    name
}

/// The test server's address.
pub fn server() -> Option<String> {
    let server = variable("STANDFAST_TEST_POSTGRES");
    assert!(
        server.is_some() || variable("STANDFAST_TEST_REQUIRE_POSTGRES").as_deref() != Some("1"),
        "STANDFAST_TEST_POSTGRES is not set, but STANDFAST_TEST_REQUIRE_POSTGRES=1"
    );
    if server.is_none() {
        complain();
    }
    server
}

#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
fn complain() {
    eprintln!("SKIPPED on PostgreSQL: set STANDFAST_TEST_POSTGRES (eval \"$(scripts/postgres env)\")");
}

#[expect(clippy::disallowed_methods, reason = "tests are told by their environment where the server is")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn clock() -> Arc<dyn Clock> {
    SystemClock::shared()
}

/// `postgres://user@host:port/other` for `postgres://user@host:port/postgres`.
pub fn database_url(server: &str, name: &str) -> String {
    let (address, options) = server.split_once('?').map_or((server, None), |(a, o)| (a, Some(o)));
    let base = address.rsplit_once('/').map_or(address, |(base, _)| base);
    options.map_or_else(|| format!("{base}/{name}"), |options| format!("{base}/{name}?{options}"))
}

/// The database that tests are copied from, named by what is in it, so that processes share it.
fn template(server: &str) -> String {
    let name = format!("standfast_template_{}", crate::migration::fingerprint());
    let scratch = format!("standfast_scratch_{}", std::process::id());
    if exists(server, &name) {
        return name;
    }
    on_server(
        server,
        &[format!("DROP DATABASE IF EXISTS {scratch} WITH (FORCE)"), format!("CREATE DATABASE {scratch}")],
    );
    migrate(Config::new(Database::Postgres { url: database_url(server, &scratch) }));
    // Two processes may come this far: the second one keeps the template of the first.
    try_on_server(server, &[format!("ALTER DATABASE {scratch} RENAME TO {name}")]);
    try_on_server(server, &[format!("DROP DATABASE IF EXISTS {scratch} WITH (FORCE)")]);
    assert!(exists(server, &name), "the template {name} could not be made");
    name
}

fn exists(server: &str, name: &str) -> bool {
    let sql = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
    talk(server, move |client| async move {
        client
            .simple_query(&sql)
            .await
            .expect("a list")
            .iter()
            .any(|m| matches!(m, tokio_postgres::SimpleQueryMessage::Row(_)))
    })
}

fn on_server(server: &str, statements: &[String]) {
    assert!(try_on_server(server, statements), "failed on the test server: {statements:?}");
}

fn try_on_server(server: &str, statements: &[String]) -> bool {
    let statements = statements.to_vec();
    talk(server, move |client| async move {
        for statement in statements {
            if client.batch_execute(&statement).await.is_err() {
                return false;
            }
        }
        true
    })
}

/// Speaks to the server on a thread of its own, so that it works inside and outside of a runtime.
fn talk<T, F>(server: &str, say: impl FnOnce(tokio_postgres::Client) -> F + Send + 'static) -> T
where
    T: Send + 'static,
    F: Future<Output = T>,
{
    let server = server.to_owned();
    let spoken = std::thread::spawn(move || {
        runtime().block_on(async {
            let (client, connection) =
                tokio_postgres::connect(&server, NoTls).await.expect("the test server");
            tokio::spawn(connection);
            say(client).await
        })
    });
    spoken.join().expect("the test server answers")
}

fn migrate(config: Config) {
    let migrated = std::thread::spawn(move || {
        runtime().block_on(async {
            let store = Store::open(config, clock()).expect("the template opens");
            store.migrate().await.expect("the template migrates");
            store.close().await;
        });
    });
    migrated.join().expect("the template is made");
}

/// The file of a store on SQLite.
pub fn path_of(store: &Store) -> Option<PathBuf> {
    match &store.config().database {
        Database::Sqlite { path } => Some(path.clone()),
        Database::Postgres { .. } => None,
    }
}
