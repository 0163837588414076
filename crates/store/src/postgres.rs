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
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{AsyncMessage, Client, NoTls, Row, Statement};

use crate::Error;
use crate::exec::Bind;
use crate::foresight::{Foreseen, Foresight, Read, place};
use crate::waiting::{Group, Waiting, inserting, portions};

/// The oldest PostgreSQL that is tested: `pg_current_xact_id` came with 13.
const NEEDED: (i64, &str) = (130_000, "13");
/// Queued statements after which the connection is driven once, so that the server works while we queue.
const KICK: usize = 32;

type Queued = Pin<Box<dyn Future<Output = Result<u64, tokio_postgres::Error>> + Send>>;

/// A query that was sent: refused at once, or under way.
enum Asked<F> {
    Early(Result<Vec<Row>, tokio_postgres::Error>),
    Under(Pin<Box<F>>),
}

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
    /// Statements that are not sent yet.
    waiting: Waiting,
    /// Statements that are sent, or will be by whatever waits next.
    queue: Vec<Queued>,
    /// Prepared statements, keyed by the address of their text and the rows that they insert.
    statements: HashMap<(usize, usize, usize), Statement>,
    /// Whether a statement inserts one row, keyed as above.
    insertions: HashMap<(usize, usize), bool>,
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
            waiting: Waiting::default(),
            queue: Vec::new(),
            statements: HashMap::new(),
            insertions: HashMap::new(),
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
        self.statement_of(sql, 1, |_| None, binds)
    }

    /// The statement of this text, or of what `text` makes of it for so many rows.
    fn statement_of(
        &mut self,
        sql: &'static str,
        rows: usize,
        text: impl FnOnce(&str) -> Option<String>,
        binds: &[Bind],
    ) -> Result<Statement, Error> {
        let key = (sql.as_ptr() as usize, sql.len(), rows);
        if let Some(statement) = self.statements.get(&key) {
            return Ok(statement.clone());
        }
        let types: Vec<Type> = binds.iter().map(Bind::sql_type).collect();
        let client = Arc::clone(&self.client);
        let text = text(sql);
        let statement =
            self.finish(async move { client.prepare_typed(text.as_deref().unwrap_or(sql), &types).await })?;
        self.statements.insert(key, statement.clone());
        Ok(statement)
    }

    /// Forgets a prepared statement, because the next one of this text answers with other columns.
    pub(crate) fn forget(&mut self, sql: &'static str) {
        self.statements.remove(&(sql.as_ptr() as usize, sql.len(), 1));
    }

    /// What is queued from now on is another unit's.
    pub(crate) fn begin_unit(&mut self) {
        self.waiting.begin_unit();
    }

    /// Queues a statement. Its failure comes out of the next call that waits.
    pub(crate) fn queue(&mut self, sql: &'static str, binds: Vec<Bind>) -> Result<(), Error> {
        if self.is_insertion(sql, binds.len()) {
            return self.queue_apart(sql, binds);
        }
        self.send_waiting()?;
        let statement = self.statement(sql, &binds)?;
        self.send(statement, binds)
    }

    /// Queues a statement that commutes with those of other units: see [`crate::waiting`].
    pub(crate) fn queue_apart(&mut self, sql: &'static str, binds: Vec<Bind>) -> Result<(), Error> {
        self.waiting.add(sql, binds);
        if self.waiting.is_full() { self.send_waiting() } else { Ok(()) }
    }

    /// Forgets the statements that were not sent: their transaction, or what it did since a savepoint, is undone.
    pub(crate) fn drop_waiting(&mut self) {
        self.waiting.take();
    }

    fn is_insertion(&mut self, sql: &'static str, columns: usize) -> bool {
        let key = (sql.as_ptr() as usize, sql.len());
        *self.insertions.entry(key).or_insert_with(|| inserting(sql, columns, 1).is_some())
    }

    fn send_waiting(&mut self) -> Result<(), Error> {
        for Group { sql, rows } in self.waiting.take() {
            let mut rows = rows.into_iter();
            let columns = rows.as_slice().first().map_or(0, Vec::len);
            let counts: Vec<_> = if self.is_insertion(sql, columns) {
                portions(rows.len()).collect()
            } else {
                vec![1; rows.len()]
            };
            for count in counts {
                let binds: Vec<Bind> = rows.by_ref().take(count).flatten().collect();
                let statement =
                    self.statement_of(sql, count, |sql| inserting(sql, columns, count), &binds)?;
                self.send(statement, binds)?;
            }
        }
        Ok(())
    }

    fn send(&mut self, statement: Statement, binds: Vec<Bind>) -> Result<(), Error> {
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
        self.send_waiting()?;
        let statement = self.statement(sql, &binds)?;
        let client = Arc::clone(&self.client);
        self.finish(async move { client.execute_raw(&statement, binds).await })
    }

    /// Runs everything queued and then this query, in one round trip.
    pub(crate) fn query(&mut self, sql: &'static str, binds: &[Bind]) -> Result<Vec<Row>, Error> {
        self.send_waiting()?;
        let statement = self.statement(sql, binds)?;
        let client = Arc::clone(&self.client);
        let binds: Vec<&(dyn ToSql + Sync)> = binds.iter().map(|bind| bind as _).collect();
        self.finish(async move { client.query(&statement, &binds).await })
    }

    /// Runs everything queued and then the reads of every unit that foresees some, in one round trip. Reads of the same kind go
    /// together in one statement.
    pub(crate) fn foresee(
        &mut self,
        units: Vec<Option<Arc<Foresight>>>,
    ) -> Result<Vec<Option<Foreseen>>, Error> {
        self.send_waiting()?;
        let reads: Vec<_> = units.iter().flatten().flat_map(|foresight| foresight.reads()).collect();
        let mut kinds: Vec<(&Read, Vec<usize>)> = Vec::new();
        for (at, read) in reads.iter().enumerate() {
            match kinds.iter_mut().find(|(other, _)| other.sql == read.sql) {
                Some((_, places)) => places.push(at),
                None => kinds.push((read, vec![at])),
            }
        }
        let mut asked = Vec::new();
        let mut asked_for = Vec::new();
        for (kind, places) in &mut kinds {
            // Rows that are held are held in the same order by every process, so that two do not wait for each other.
            places.sort_by_key(|at| reads.get(*at).and_then(|read| read.first_number()));
            let mut places = places.as_slice();
            for count in portions(places.len()) {
                let Some((portion, rest)) = places.split_at_checked(count) else { break };
                places = rest;
                let params = portion.iter().filter_map(|at| reads.get(*at)).flat_map(|read| &read.params);
                let binds: Vec<Bind> = params.map(|value| Bind::of(value)).collect();
                asked.push((self.statement_of(kind.sql, count, |_| kind.together(count), &binds)?, binds));
                asked_for.push(portion.to_vec());
            }
        }
        let mut found: Vec<Vec<Row>> = reads.iter().map(|_| Vec::new()).collect();
        for (rows, places) in self.ask(asked)?.into_iter().zip(asked_for) {
            for row in rows {
                let at = if places.len() == 1 { 0 } else { place(&row)? };
                if let Some(found) = places.get(at).and_then(|at| found.get_mut(*at)) {
                    found.push(row);
                }
            }
        }
        let mut found = found.into_iter();
        let mut take = |foresight: Arc<Foresight>| {
            let rows = found.by_ref().take(foresight.reads().len()).collect();
            Foreseen { foresight, rows }
        };
        Ok(units.into_iter().map(|foresight| foresight.map(&mut take)).collect())
    }

    /// Runs queries in one round trip.
    fn ask(&mut self, queries: Vec<(Statement, Vec<Bind>)>) -> Result<Vec<Vec<Row>>, Error> {
        let mut asked = Vec::with_capacity(queries.len());
        for (statement, binds) in queries {
            let client = Arc::clone(&self.client);
            let mut rows = Box::pin(async move {
                let binds: Vec<&(dyn ToSql + Sync)> = binds.iter().map(|bind| bind as _).collect();
                client.query(&statement, &binds).await
            });
            // The first poll encodes it, so that all travel together.
            asked.push(match rows.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(rows) => Asked::Early(rows),
                Poll::Pending => Asked::Under(rows),
            });
        }
        self.finish(async move {
            let mut found = Ok(Vec::with_capacity(asked.len()));
            // All are taken, also after a failure: the connection keeps no answers.
            for rows in asked {
                let rows = match rows {
                    Asked::Early(rows) => rows,
                    Asked::Under(rows) => rows.await,
                };
                match (rows, &mut found) {
                    (Ok(rows), Ok(found)) => found.push(rows),
                    (Err(error), Ok(_)) => found = Err(error),
                    (_, Err(_)) => {}
                }
            }
            found
        })
    }

    /// Waits for everything queued.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        self.send_waiting()?;
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
