//! One connection to PostgreSQL, driven by the thread that owns it, so that statements can be queued and sent
//! together: a queued statement is encoded at once, and the next answer that somebody waits for sends them all.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio_postgres::types::Type;
use tokio_postgres::{AsyncMessage, Client, NoTls, Row, Statement};

use crate::Error;
use crate::exec::Bind;

/// The oldest PostgreSQL that is tested: `pg_current_xact_id` came with 13.
const NEEDED: (i64, &str) = (130_000, "13");
/// Queued statements after which the connection is driven once, so that the server works while we queue.
const KICK: usize = 32;

type Queued = Pin<Box<dyn Future<Output = Result<u64, tokio_postgres::Error>> + Send>>;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Writes: never cancelled, because a cancelled wait for a standby leaves the commit behind.
    Write,
    /// Reads, each statement at most this long.
    Read(Duration),
}

/// One connection.
pub(crate) struct Postgres {
    runtime: Runtime,
    client: Arc<Client>,
    queue: Vec<Queued>,
    /// Prepared statements, keyed by the address of their text.
    statements: HashMap<(usize, usize), Statement>,
    /// Set when the server says that it stopped waiting for its standby.
    unreplicated: Arc<AtomicBool>,
    pub(crate) url: Arc<str>,
    pub(crate) purpose: Purpose,
}

impl Postgres {
    /// Connects and sets the session up.
    pub(crate) fn connect(url: &Arc<str>, purpose: Purpose) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let unreplicated = Arc::new(AtomicBool::new(false));
        let client = runtime.block_on(open(url, Arc::clone(&unreplicated)))?;
        let mut postgres = Self {
            runtime,
            client: Arc::new(client),
            queue: Vec::new(),
            statements: HashMap::new(),
            unreplicated,
            url: Arc::clone(url),
            purpose,
        };
        postgres.set_up()?;
        Ok(postgres)
    }

    fn set_up(&mut self) -> Result<(), Error> {
        let limit = match self.purpose {
            Purpose::Write => 0,
            Purpose::Read(limit) => limit.as_millis(),
        };
        self.batch(&format!(
            "SET application_name = 'standfast'; SET TIME ZONE 'UTC'; SET client_min_messages = warning;
             SET synchronous_commit = on; SET statement_timeout = {limit}; SET lock_timeout = 2000;
             SET idle_in_transaction_session_timeout = 10000; SET default_transaction_isolation = 'read committed'"
        ))?;
        let number = self.show("server_version_num")?;
        if number.parse::<i64>().unwrap_or(0) < NEEDED.0 {
            let found = self.show("server_version")?;
            return Err(Error::Outdated { engine: "PostgreSQL", found, needed: NEEDED.1 });
        }
        for (name, wanted) in [("synchronous_commit", "on"), ("fsync", "on"), ("full_page_writes", "on")] {
            let found = self.show(name)?;
            if found != wanted {
                return Err(Error::Setting { name, wanted: wanted.to_owned(), found });
            }
        }
        Ok(())
    }

    /// A setting of the session, as the server reports it.
    pub(crate) fn show(&self, name: &str) -> Result<String, Error> {
        let row = self.runtime.block_on(self.client.query_one("SELECT current_setting($1)", &[&name]))?;
        Ok(row.try_get(0)?)
    }

    /// Runs statements without parameters, given as one text.
    pub(crate) fn batch(&self, sql: &str) -> Result<(), Error> {
        Ok(self.runtime.block_on(self.client.batch_execute(sql))?)
    }

    /// Whether the connection is known to be gone. Gives the connection a chance to notice first.
    pub(crate) fn is_lost(&self) -> bool {
        self.kick();
        self.client.is_closed()
    }

    /// Lets the connection send and receive what it can without waiting.
    fn kick(&self) {
        self.runtime.block_on(tokio::task::yield_now());
    }

    /// Connects again, with the same settings. Whatever was queued is forgotten: its transaction is gone.
    pub(crate) fn reconnect(&mut self) -> Result<(), Error> {
        // Whatever the server says while it starts, stops or moves: it cannot be reached.
        *self = Self::connect(&self.url, self.purpose).map_err(|error| match error {
            Error::Unavailable(_) => error,
            other => Error::Unavailable(other.to_string()),
        })?;
        Ok(())
    }

    /// Whether the server said since the last call that it stopped waiting for its standby.
    pub(crate) fn take_unreplicated(&self) -> bool {
        self.unreplicated.swap(false, Ordering::AcqRel)
    }

    fn statement(&mut self, sql: &'static str, binds: &[Bind]) -> Result<Statement, Error> {
        let key = (sql.as_ptr() as usize, sql.len());
        if let Some(statement) = self.statements.get(&key) {
            return Ok(statement.clone());
        }
        let types: Vec<Type> = binds.iter().map(Bind::sql_type).collect();
        let client = Arc::clone(&self.client);
        let statement = self.finish(async move { client.prepare_typed(sql, &types).await })?;
        self.statements.insert(key, statement.clone());
        Ok(statement)
    }

    /// Forgets a prepared statement, because the next one of this text answers with other columns.
    pub(crate) fn forget(&mut self, sql: &'static str) {
        self.statements.remove(&(sql.as_ptr() as usize, sql.len()));
    }

    /// Queues a statement. Its failure comes out of the next call that waits.
    pub(crate) fn queue(&mut self, sql: &'static str, binds: Vec<Bind>) -> Result<(), Error> {
        let statement = self.statement(sql, &binds)?;
        let client = Arc::clone(&self.client);
        let mut queued: Queued = Box::pin(async move { client.execute_raw(&statement, binds).await });
        // The first poll encodes the statement and hands it to the connection.
        match queued.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => {
                result?;
            }
            Poll::Pending => self.queue.push(queued),
        }
        if !self.queue.is_empty() && self.queue.len().is_multiple_of(KICK) {
            self.kick();
        }
        Ok(())
    }

    /// Runs everything queued and then this statement, in one round trip; returns the rows affected.
    pub(crate) fn execute(&mut self, sql: &'static str, binds: Vec<Bind>) -> Result<u64, Error> {
        let statement = self.statement(sql, &binds)?;
        let client = Arc::clone(&self.client);
        self.finish(async move { client.execute_raw(&statement, binds).await })
    }

    /// Runs everything queued and then this query, in one round trip.
    pub(crate) fn query(&mut self, sql: &'static str, binds: &[Bind]) -> Result<Vec<Row>, Error> {
        let statement = self.statement(sql, binds)?;
        let client = Arc::clone(&self.client);
        let binds: Vec<&(dyn tokio_postgres::types::ToSql + Sync)> =
            binds.iter().map(|bind| bind as _).collect();
        self.finish(async move { client.query(&statement, &binds).await })
    }

    /// Waits for everything queued.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        if self.queue.is_empty() {
            return Ok(());
        }
        let queue = std::mem::take(&mut self.queue);
        self.runtime.block_on(drain(queue))
    }

    /// Waits for this and for everything queued, which reports first: after a failed statement PostgreSQL refuses all others.
    ///
    /// Nothing may be waited for alone while others are queued: the connection keeps two parts of an answer that nobody
    /// takes, and then reads no further.
    fn finish<T>(
        &mut self,
        last: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Error> {
        let queue = std::mem::take(&mut self.queue);
        self.runtime.block_on(async {
            let mut last = std::pin::pin!(last);
            // Polled once before the others are waited for, so that it travels with them.
            let early = std::future::poll_fn(|context| Poll::Ready(last.as_mut().poll(context))).await;
            let before = drain(queue).await;
            let result = match early {
                Poll::Ready(result) => result,
                Poll::Pending => last.await,
            };
            before?;
            Ok(result?)
        })
    }
}

impl std::fmt::Debug for Postgres {
    /// Without the address, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").field("queued", &self.queue.len()).finish_non_exhaustive()
    }
}

/// Waits for all, and reports the first failure: those after it only say that the transaction has failed.
async fn drain(queue: Vec<Queued>) -> Result<(), Error> {
    let mut first = Ok(());
    for queued in queue {
        if let Err(error) = queued.await
            && first.is_ok()
        {
            first = Err(error.into());
        }
    }
    first
}

/// Connects and leaves a task behind that moves bytes whenever the runtime is driven.
async fn open(url: &str, unreplicated: Arc<AtomicBool>) -> Result<Client, Error> {
    let mut config: tokio_postgres::Config =
        url.parse().map_err(|_| Error::engine("address", "not a PostgreSQL address"))?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(5));
    }
    // A server that vanishes without a word is noticed within 20 seconds, sent to or waited for.
    config.tcp_user_timeout(Duration::from_secs(15));
    config
        .keepalives_idle(Duration::from_secs(5))
        .keepalives_interval(Duration::from_secs(5))
        .keepalives_retries(3);
    let (client, mut connection) = config.connect(NoTls).await?;
    tokio::spawn(async move {
        while let Some(Ok(message)) = std::future::poll_fn(|context| connection.poll_message(context)).await {
            // "canceling wait for synchronous replication": committed here, but perhaps nowhere else.
            if let AsyncMessage::Notice(notice) = message
                && notice.code().code() == "01000"
            {
                unreplicated.store(true, Ordering::Release);
            }
        }
    });
    Ok(client)
}
