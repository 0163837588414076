//! Keeping the facts: loaded once, from the snapshot or from SQL, then changed as the outbox tells.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration as Wait;

use parking_lot::RwLock;
use standfast_domain::{CustomerId, Entropy, RequestId, Time};
use standfast_store::fact::{ContactRow, FactRow};
use standfast_store::outbox::Cursor;
use standfast_store::{Error as StoreError, Lane, Store, fact, outbox, setting};
use tokio::sync::{Semaphore, watch};
use tokio::task::spawn_blocking;

use crate::anew::{Rebuilt, Rounds};
use crate::answer::{Answer, answer, survival};
use crate::column::MOST_ROWS;
use crate::comparison::{Comparison, compare};
use crate::contact::{Contact, link};
use crate::customers::Customers;
use crate::decomposition::{Change, ChangeWish, decompose};
use crate::dimension::Dimension;
use crate::drill::{Page, Selection, behind};
use crate::effect::{EffectWish, Finding, effect};
use crate::error::Error;
use crate::export::{COLUMNS, Datum, data};
use crate::exposure::Exposure;
use crate::fact::{Fact, second};
use crate::facts::Facts;
use crate::load::{Loaded, load};
use crate::measure::Duration;
use crate::movement::{MovementWish, Movements, movements};
use crate::query::Query;
use crate::snapshot;
use crate::survival::Survival;

/// Most events of one reading.
const BATCH: u32 = 2_048;
/// Other processes write too: without a hint, the outbox is looked at this often.
const POLL: Wait = Wait::from_secs(1);
/// Readings are at least this far apart, so that what happens together is put in together.
const PAUSE: Wait = Wait::from_millis(200);
/// After a failure.
const RECOVER: Wait = Wait::from_secs(1);
/// Setting by which a snapshot knows its database.
const DATABASE: &str = "facts.database";
/// What the outbox says of reading, which changes no fact, and of erasing (`desk::record`).
const READ: &str = "read";
const ERASED: &str = "erased";

/// How facts are kept.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The snapshot's file; none is kept without.
    pub snapshot: Option<PathBuf>,
    /// How often it is written.
    pub every: Wait,
    /// Threads of one question.
    pub threads: usize,
    /// Questions answered at the same time; others wait for their turn.
    pub at_once: usize,
}

struct Shared {
    store: Store,
    entropy: Arc<dyn Entropy>,
    settings: Settings,
    state: RwLock<State>,
    turns: Arc<Semaphore>,
    exposure: RwLock<Option<Arc<dyn Exposure>>>,
    rounds: Rounds,
}

struct State {
    facts: Facts,
    /// How far loading has come; questions are answered at 100.
    percent: u8,
}

/// The facts of a desk. Cheap to clone.
#[derive(Clone)]
pub struct Insight(Arc<Shared>);

impl std::fmt::Debug for Insight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Insight").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl Insight {
    /// Facts of a store; empty until [`Insight::keep`] has loaded them.
    #[must_use]
    pub fn new(store: Store, entropy: Arc<dyn Entropy>, settings: Settings) -> Self {
        let state = RwLock::new(State { facts: Facts::new(MOST_ROWS), percent: 0 });
        let turns = Arc::new(Semaphore::new(settings.at_once.max(1)));
        let exposure = RwLock::new(None);
        Self(Arc::new(Shared { store, entropy, settings, state, turns, exposure, rounds: Rounds::new() }))
    }

    /// Tells from whom it is known how many people use the app.
    pub fn set_exposure(&self, exposure: Arc<dyn Exposure>) {
        *self.0.exposure.write() = Some(exposure);
    }

    /// Who knows how many people use the app.
    pub(crate) fn exposure(&self) -> Option<Arc<dyn Exposure>> {
        self.0.exposure.read().clone()
    }

    /// The facts as they are now: one state of everything, which does not change.
    pub fn facts(&self) -> Result<Facts, Error> {
        let state = self.0.state.read();
        if state.percent < 100 {
            return Err(Error::Loading { percent: state.percent });
        }
        Ok(state.facts.clone())
    }

    /// Answers a question.
    pub async fn answer(&self, query: Query) -> Result<Answer, Error> {
        let exposure = self.0.exposure.read().clone();
        self.work(move |facts, threads| answer(facts, &query, exposure.as_deref(), threads)).await
    }

    /// Answers a question for its own period and for another one: see [`compare`].
    pub async fn compare(&self, query: Query, earlier: (Time, Time)) -> Result<Comparison, Error> {
        let exposure = self.0.exposure.read().clone();
        self.work(move |facts, threads| compare(facts, &query, earlier, exposure.as_deref(), threads)).await
    }

    /// The requests behind a figure: see [`behind`].
    pub async fn behind(&self, query: Query, selection: Selection) -> Result<Page, Error> {
        let exposure = self.0.exposure.read().clone();
        self.work(move |facts, _| behind(facts, &query, exposure.as_deref(), &selection)).await
    }

    /// Everything that is counted of these requests, by their ids; of those that are not there nothing.
    pub async fn rows(
        &self,
        ids: Vec<RequestId>,
    ) -> Result<HashMap<RequestId, [Datum; COLUMNS.len()]>, Error> {
        let rows = self.0.store.read(move |rd| fact::list(rd, &ids)).await?;
        let facts = self.facts()?;
        let of = |row: FactRow| {
            let known = facts.find((second(row.created_at), row.id.0));
            (row.id, data(row, known.is_none_or(|known| known.course.is_first)))
        };
        Ok(rows.into_iter().map(of).collect())
    }

    /// Since when there is a past of what a question lets through: see [`Facts::history`].
    pub async fn history(&self, query: Query) -> Result<Option<Time>, Error> {
        self.work(move |facts, _| Ok(facts.history(&query.filter, &query.except))).await
    }

    /// Pairs for survival curves: see [`survival`].
    pub async fn survival(
        &self,
        query: Query,
        duration: Duration,
    ) -> Result<Vec<(Vec<String>, Survival)>, Error> {
        self.work(move |facts, threads| survival(facts, &query, duration, threads)).await
    }

    /// Before and after: see [`effect`].
    pub async fn effect(&self, wish: EffectWish) -> Result<Finding, Error> {
        let exposure = self.0.exposure.read().clone();
        self.work(move |facts, threads| effect(facts, &wish, exposure.as_deref(), threads)).await
    }

    /// What a change between two periods is made of: see [`decompose`].
    pub async fn decompose(&self, wish: ChangeWish) -> Result<Change, Error> {
        let exposure = self.0.exposure.read().clone();
        self.work(move |facts, threads| decompose(facts, &wish, exposure.as_deref(), threads)).await
    }

    /// What moved between two periods: see [`movements`].
    pub async fn movements(&self, wish: MovementWish) -> Result<Movements, Error> {
        self.work(move |facts, threads| movements(facts, &wish, threads)).await
    }

    /// The codes of every value of every dimension; where there are more than `most`, of those that most requests have.
    pub async fn values(&self, most: usize) -> Result<Vec<(Dimension, Vec<String>)>, Error> {
        let values = move |facts: &Facts, _| {
            Ok(Dimension::ALL.map(|dimension| (dimension, facts.values(dimension, most))).to_vec())
        };
        self.work(values).await
    }

    /// Works on the facts on threads of its own, a few at a time, so that those who ask for figures take no processor
    /// from those who ask for help. The turn belongs to the work, not to whoever waits for it: who goes away leaves work
    /// that stops at the next block, and only then is the next one's turn.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Facts, usize) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let turn = self.0.turns.clone().acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let asker = Arc::new(());
        let (facts, threads) = (self.facts()?.asked_by(&asker), self.0.settings.threads.max(1));
        let worked = spawn_blocking(move || {
            let _turn = turn;
            work(&facts, threads)
        });
        let result = worked.await.map_err(|_| StoreError::Closed)?;
        drop(asker);
        result
    }

    /// Has [`Insight::keep`] throw the facts and their snapshot away and read every request anew; returns when both are made,
    /// with the number of requests. Meanwhile the facts load, as they do after a start. Several who ask at once are each told of
    /// what was read after they asked. An error means that it failed several times, and is tried on; or, where the store is
    /// closed, that nobody keeps the facts any more.
    pub async fn rebuild(&self) -> Result<Rebuilt, Error> {
        self.0.rounds.ask().await
    }

    /// Loads the facts and keeps them current until `stopping` is true; then writes the snapshot.
    pub async fn keep(&self, stopping: watch::Receiver<bool>) {
        self.0.rounds.set_over(false);
        self.keep_on(stopping).await;
        self.0.rounds.set_over(true);
    }

    async fn keep_on(&self, mut stopping: watch::Receiver<bool>) {
        let mut may_use_snapshot = true;
        while !*stopping.borrow() {
            let begun = self.0.store.clock().monotonic();
            let round = self.0.rounds.wanted();
            if round > 0
                && let Some(path) = &self.0.settings.snapshot
            {
                // Should the new one fail to be written, the next start is not to find the old one.
                let _ = std::fs::remove_file(path);
            }
            let loaded = tokio::select! {
                loaded = self.begin(may_use_snapshot && round == 0) => loaded,
                _ = stopping.wait_for(|stop| *stop) => return,
            };
            match loaded {
                Ok(keeper) => {
                    let took = self.0.store.clock().monotonic().saturating_sub(begun);
                    tracing::info!(rows = self.0.state.read().facts.len(), ?took, "facts loaded");
                    match keeper.follow(&mut stopping, round).await {
                        End::Stopped => return,
                        End::Lost => {
                            tracing::warn!("the place in the outbox is lost: the facts are loaded anew");
                        }
                        End::Anew => tracing::info!("the facts are made anew, as was asked for"),
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "the facts could not be loaded yet");
                    self.0.rounds.failed(error);
                    let _ = tokio::time::timeout(RECOVER, stopping.wait_for(|stop| *stop)).await;
                }
            }
            may_use_snapshot = false;
            // Before the new ones take as much memory again.
            *self.0.state.write() = State { facts: Facts::new(MOST_ROWS), percent: 0 };
        }
    }

    async fn begin(&self, may_use_snapshot: bool) -> Result<Keeper, Error> {
        let mark = format!("{:032x}", u128::from_be_bytes(self.0.entropy.bytes::<16>()));
        let keep = move |tx: &mut standfast_store::Tx| setting::put_first(tx, DATABASE, &mark);
        let database = self.0.store.write(Lane::Background, 0, keep).await?;
        let snapshot = self.0.settings.snapshot.clone().filter(|_| may_use_snapshot);
        let opened = match snapshot {
            Some(path) => {
                let database = database.clone();
                let open = spawn_blocking(move || snapshot::open(&path, &database));
                match open.await.map_err(|_| StoreError::Closed)? {
                    Ok(loaded) => Some(loaded),
                    Err(Error::Io(std::io::ErrorKind::NotFound)) => None,
                    Err(error) => {
                        tracing::warn!(%error, "the facts are read from the database");
                        None
                    }
                }
            }
            None => None,
        };
        let is_saved = opened.is_some();
        let Loaded { facts, customers, cursor } = match opened {
            Some(loaded) => loaded,
            None => load(&self.0.store, |percent| self.0.state.write().percent = percent).await?,
        };
        *self.0.state.write() = State { facts, percent: 99 };
        let saved = is_saved.then_some(cursor);
        Ok(Keeper { insight: self.clone(), customers, cursor, saved, database })
    }
}

/// Why following the outbox ended.
enum End {
    Stopped,
    Lost,
    Anew,
}

/// Whoever changes the facts.
struct Keeper {
    insight: Insight,
    customers: Customers,
    cursor: Cursor,
    /// The place of the last snapshot; none when the one that lies there, if any, did not fit.
    saved: Option<Cursor>,
    database: String,
}

/// A batch of the outbox.
struct Batch {
    facts: Vec<Fact>,
    next: Cursor,
    is_full: bool,
    has_erased: bool,
    oldest: Option<Time>,
}

impl Keeper {
    async fn follow(mut self, stopping: &mut watch::Receiver<bool>, round: u64) -> End {
        let shared = self.insight.0.clone();
        let mut wanted = shared.rounds.subscribe();
        let mut committed = shared.store.committed();
        let mut saved_at = shared.store.clock().monotonic();
        loop {
            committed.mark_unchanged();
            let is_full = match self.step().await {
                Ok(is_full) => is_full,
                Err(Error::Store(StoreError::CursorLost)) => return End::Lost,
                Err(error) => {
                    tracing::warn!(%error, "the facts could not be brought up to date");
                    if shared.rounds.is_due(round) {
                        shared.rounds.failed(error);
                    }
                    let _ = tokio::time::timeout(RECOVER, stopping.wait_for(|stop| *stop)).await;
                    false
                }
            };
            if shared.rounds.is_due(round) && shared.state.read().percent == 100 {
                self.save().await;
                let (requests, is_saved) = (shared.state.read().facts.len(), self.saved == Some(self.cursor));
                shared.rounds.made(round, Rebuilt { requests, is_saved });
            }
            if !is_full {
                tokio::select! {
                    _ = tokio::time::timeout(POLL, committed.changed()) => {}
                    _ = wanted.wait_for(|wanted| *wanted > round) => return End::Anew,
                    _ = stopping.wait_for(|stop| *stop) => {}
                }
                if !*stopping.borrow() {
                    tokio::time::sleep(PAUSE).await;
                }
            }
            let now = shared.store.clock().monotonic();
            let is_due = now.saturating_sub(saved_at) >= shared.settings.every;
            if *stopping.borrow() || is_due {
                saved_at = now;
                self.save().await;
            }
            if *stopping.borrow() {
                return End::Stopped;
            }
        }
    }

    /// Puts in the next batch; whether there may be more at once.
    async fn step(&mut self) -> Result<bool, Error> {
        let shared = self.insight.0.clone();
        let cursor = self.cursor;
        let batch = shared.store.read(move |rd| {
            let (events, next) = outbox::read_after(rd, &cursor, BATCH)?;
            let is_full = events.len() >= BATCH as usize;
            let has_erased = events.iter().any(|event| event.kind == ERASED);
            let oldest = match events.first() {
                Some(event) => Some(event.created_at),
                // What is held back by a transaction that still writes is late, too.
                None => outbox::oldest_after(rd, &cursor)?,
            };
            // What a customer has read decides whether they came back for their answer; what an agent has read, nothing.
            let told = events.iter().filter(|event| event.kind != READ || event.data.is_empty());
            let ids: BTreeSet<RequestId> = told.map(|event| event.request_id).collect();
            let rows = fact::list(rd, &ids.into_iter().collect::<Vec<_>>())?;
            let facts = rows.into_iter().map(Fact::from).collect();
            Ok::<_, StoreError>(Batch { facts, next, is_full, has_erased, oldest })
        });
        let Batch { facts, next, is_full, has_erased, oldest } = batch.await?;
        let facts_are_old = facts.is_empty() && shared.state.read().percent == 100;
        if !facts.is_empty() {
            let askers = self.askers(&facts);
            let contacts = shared.store.read(move |rd| {
                askers.into_iter().map(|id| fact::list_contacts(rd, id)).collect::<Result<Vec<_>, _>>()
            });
            let contacts: Vec<Vec<ContactRow>> = contacts.await?;
            let mut state = shared.state.write();
            for fact in &facts {
                put(&mut state.facts, &mut self.customers, fact);
            }
            for contacts in contacts {
                link_again(&mut state.facts, contacts);
            }
        }
        if has_erased {
            self.forget().await?;
        }
        self.cursor = next;
        if !is_full {
            shared.state.write().percent = 100;
        }
        let lag = oldest.map_or(0.0, |oldest| shared.store.clock().now().since(oldest).as_secs_f64());
        metrics::gauge!("standfast_facts_lag_seconds").set(lag);
        if !facts_are_old {
            let state = shared.state.read();
            metrics::gauge!("standfast_facts_rows").set(float(state.facts.len()));
            metrics::gauge!("standfast_facts_bytes").set(float(state.facts.bytes() + self.customers.bytes()));
        }
        Ok(is_full)
    }

    /// The customers whose requests must be linked again, because one came, changed its customer or its type, or counts
    /// in another way.
    fn askers(&self, facts: &[Fact]) -> BTreeSet<CustomerId> {
        let state = self.insight.0.state.read();
        let names = &state.facts.names;
        let mut askers = BTreeSet::new();
        for fact in facts {
            let old = state.facts.find((fact.created, fact.id.0));
            let old_customer = old.and_then(|old| self.customers.id(old.customer)).map(CustomerId);
            let same = old.is_some_and(|old| {
                old_customer == Some(fact.customer)
                    && old.course.counting == fact.course.counting
                    && names.kinds.find(&fact.kind) == Some(old.matter.kind)
            });
            if !same {
                askers.insert(fact.customer);
                askers.extend(old_customer);
            }
        }
        askers
    }

    /// Forgets values that no request has any more. Nobody else changes the facts meanwhile.
    async fn forget(&mut self) -> Result<(), Error> {
        let facts = self.insight.0.state.read().facts.clone();
        let unused = spawn_blocking(move || facts.unused()).await.map_err(|_| StoreError::Closed)?;
        if !unused.is_empty() {
            self.insight.0.state.write().facts.forget(&unused);
        }
        Ok(())
    }

    /// Writes the snapshot, unless nothing has happened since the last one.
    async fn save(&mut self) {
        let shared = self.insight.0.clone();
        let is_current = shared.state.read().percent == 100;
        let Some(path) = shared
            .settings
            .snapshot
            .clone()
            .filter(|path| is_current && (self.saved != Some(self.cursor) || !path.exists()))
        else {
            return;
        };
        if let Err(error) = self.forget().await {
            return tracing::error!(%error, "what no request has any more could not be forgotten");
        }
        let facts = shared.state.read().facts.clone();
        let (customers, cursor, database) =
            (self.customers.ids().to_vec(), self.cursor, self.database.clone());
        let save = spawn_blocking(move || snapshot::save(&path, &facts, &customers, cursor, &database));
        match save.await {
            Ok(Ok(())) => self.saved = Some(self.cursor),
            Ok(Err(error)) => tracing::warn!(%error, "the snapshot of the facts could not be written"),
            Err(error) => tracing::error!(%error, "writing the snapshot of the facts failed"),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for reading")]
const fn float(number: usize) -> f64 {
    number as f64
}

/// Writes a fact; its links stay until they are made again.
fn put(facts: &mut Facts, customers: &mut Customers, fact: &Fact) {
    let customer = customers.number(fact.customer.0);
    facts.customers = facts.customers.max(customers.ids().len());
    let mut row = facts.row_of(fact, customer);
    if let Some(old) = facts.find(row.key()) {
        (row.course.is_first, row.course.next) = (old.course.is_first, old.course.next);
    }
    facts.put(&row);
}

/// Links a customer's requests. Those that are not known here yet will be told by the outbox, and link again.
fn link_again(facts: &mut Facts, mut contacts: Vec<ContactRow>) {
    contacts.sort_by_key(|one| (second(one.created_at), one.id));
    let kind = |code: &String| facts.names.kinds.find(code).unwrap_or(u32::MAX);
    let links: Vec<Contact> = contacts.iter().map(|one| Contact::new(one, kind(&one.kind))).collect();
    let mut changes = Vec::with_capacity(links.len());
    link(&links, |place, link| changes.push((place, link)));
    for (place, link) in changes {
        if let Some(one) = contacts.get(place) {
            facts.recourse((second(one.created_at), one.id.0), |course| link.put(course));
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
