//! Writer threads: many units of work, one commit, and only then the answers.
//!
//! A batch runs bare, without savepoints. When a unit fails after it has written, or the engine refuses a statement,
//! the batch is rolled back and repeated with a savepoint around each unit, so that a bad unit harms nobody else.
//! Deadlocks and serialisation failures repeat the batch after a short pause; after two deadlocks without another writer of
//! this process beside it, so that two that hinder each other do not do so for ever. When the connection is lost, also during
//! COMMIT, it is not known whether the batch was committed: it is repeated all the same. Units are made for that: whoever
//! needs "exactly once" finds the receipt that the first run left behind and answers with it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use parking_lot::RwLock;
use tokio::sync::oneshot;

use crate::error::Error;
use crate::exec::{Engine, Rd, Tx};
use crate::foresight::{Foreseen, Foresight, Written};
use crate::lane::Lanes;
use crate::stats::Meter;

/// Most units in one commit.
pub(crate) const BATCH: usize = 256;
/// How often a unit runs again after a conflict.
const CONFLICTS: u32 = 6;
/// What PostgreSQL calls it when transactions wait for each other (appendix A of its manual).
const DEADLOCK: &str = "40P01";
/// Deadlocks after which a batch runs while no other writer of this process does.
const ALONE: u32 = 2;
/// How often a batch is repeated after it lost its connection, before each unit is tried alone.
const LOSSES: u32 = 3;
/// How long a batch waits for a lost database before its units are answered with [`Error::Unavailable`].
const PATIENCE: Duration = Duration::from_secs(10);
/// Units that fail for want of space before the rest of a batch is not tried any more.
const FULL: usize = 3;

/// What a unit made of its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It wants to be committed.
    Kept,
    /// It returned an error or panicked: what it wrote must not stay.
    Refused,
}

/// A unit of work with its types erased.
pub(crate) trait Work: Send {
    /// Nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;
    /// What it will read.
    fn foresight(&self) -> Option<Arc<Foresight>> {
        None
    }
    /// Runs the unit and keeps its result for [`Work::answer`].
    fn run(&mut self, tx: &mut Tx) -> Outcome;
    /// Replaces the result.
    fn refuse(&mut self, error: Error);
    /// Tells the caller.
    fn answer(self: Box<Self>);
}

/// A unit with its types.
pub(crate) struct Task<T, E, F> {
    pub(crate) unit: F,
    pub(crate) foresight: Option<Arc<Foresight>>,
    pub(crate) result: Option<Result<T, E>>,
    pub(crate) caller: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Work for Task<T, E, F>
where
    T: Send,
    E: From<Error> + Send,
    F: Fn(&mut Tx) -> Result<T, E> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.caller.is_closed()
    }

    fn foresight(&self) -> Option<Arc<Foresight>> {
        self.foresight.clone()
    }

    fn run(&mut self, tx: &mut Tx) -> Outcome {
        tx.begin_unit();
        let result = catch_unwind(AssertUnwindSafe(|| (self.unit)(tx)));
        let result = result.unwrap_or_else(|_| Err(Error::Panicked.into()));
        let outcome = if result.is_ok() { Outcome::Kept } else { Outcome::Refused };
        self.result = Some(result);
        outcome
    }

    fn refuse(&mut self, error: Error) {
        self.result = Some(Err(error.into()));
    }

    fn answer(self: Box<Self>) {
        let result = self.result.unwrap_or_else(|| Err(Error::Closed.into()));
        // The caller may have left meanwhile; what is committed stays.
        let _ = self.caller.send(result);
    }
}

pub(crate) type Batch = Vec<Box<dyn Work>>;

/// How an attempt at a batch ended.
enum End {
    /// Committed, or every unit has its final result.
    Done,
    /// A unit failed after it had written: repeat with savepoints.
    Suspect,
    /// Lost against another writer; `mutual` when each waited for the other.
    Conflict { mutual: bool },
    /// The connection is gone; the outcome of the COMMIT, if there was one, is not known.
    Lost(Error),
    /// No space.
    Full,
    /// The store must not go on.
    Broken(Error),
}

/// One writer: its connection, its queue.
pub(crate) struct Writer {
    pub(crate) tx: Tx,
    pub(crate) lanes: Arc<Lanes>,
    pub(crate) meter: Arc<Meter>,
    /// Held by every attempt of any writer of this process: shared, or alone after conflicts.
    pub(crate) floor: Arc<RwLock<()>>,
}

impl Writer {
    /// Works until the queue is closed and empty.
    pub(crate) fn work(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        while self.lanes.take(&mut batch, BATCH) {
            while let Some(errand) = self.lanes.errand() {
                // The errand sends its own answer; a panic drops the sender, which the caller sees.
                let _ = catch_unwind(AssertUnwindSafe(|| errand(&mut self.tx)));
            }
            batch.retain(|unit| !unit.is_abandoned());
            if batch.is_empty() {
                continue;
            }
            self.commit_batch(&mut batch);
            for unit in batch.drain(..) {
                unit.answer();
            }
            if let Engine::Sqlite(sqlite) = &mut self.tx.engine {
                sqlite.checkpoint();
            }
        }
        if let Engine::Sqlite(sqlite) = &mut self.tx.engine {
            // Leaves a file that stands alone; the last reader to close would not always do it.
            sqlite.end_checkpointer();
            sqlite.truncate_log();
        }
    }

    /// Brings every unit of the batch to its final result.
    fn commit_batch(&mut self, batch: &mut Batch) {
        if let Some(error) = self.meter.broken() {
            return refuse_all(batch, &error);
        }
        if let Err(error) = self.ensure_connected(Duration::ZERO) {
            return refuse_all(batch, &error);
        }
        let mut savepoints = false;
        let mut repeated = false;
        let (mut conflicts, mut deadlocks, mut losses) = (0, 0, 0);
        let mut alone_next = false;
        loop {
            let end = {
                let floor = Arc::clone(&self.floor);
                // A lock that is waited for in vain may be held by another process: that stops nobody else here.
                let alone = alone_next.then(|| floor.write());
                let _beside = alone.is_none().then(|| floor.read());
                self.attempt(batch, savepoints, repeated, conflicts)
            };
            if let Engine::Postgres(postgres) = &self.tx.engine
                && postgres.take_unreplicated()
                && matches!(end, End::Done)
            {
                // Committed here, but the standby has not confirmed: ask for a confirmed commit of the same.
                repeated = true;
                continue;
            }
            if !matches!(end, End::Done) {
                self.meter.repeated();
            }
            match end {
                End::Done => return self.meter.committed(batch.len()),
                // The COMMIT itself was refused, or a unit keeps ending the connection: find it.
                End::Suspect if savepoints => return self.commit_singly(batch),
                End::Conflict { .. } if conflicts > 2 * CONFLICTS => return self.commit_singly(batch),
                End::Suspect => savepoints = true,
                End::Conflict { mutual } => {
                    savepoints = true;
                    conflicts += 1;
                    deadlocks += u32::from(mutual);
                    alone_next = mutual && deadlocks >= ALONE;
                    thread::sleep(pause(conflicts));
                }
                End::Lost(_) => {
                    repeated = true;
                    losses += 1;
                    if let Err(error) = self.ensure_connected(PATIENCE) {
                        return refuse_all(batch, &error);
                    }
                    if losses >= LOSSES {
                        return self.commit_singly(batch);
                    }
                }
                End::Full => return self.commit_singly(batch),
                End::Broken(error) => {
                    self.meter.break_down(&error);
                    return refuse_all(batch, &error);
                }
            }
        }
    }

    /// One attempt at the batch; what did not end well is rolled back.
    fn attempt(&mut self, batch: &mut Batch, savepoints: bool, repeated: bool, conflicts: u32) -> End {
        let end = if savepoints {
            self.attempt_apart(batch, repeated, conflicts)
        } else {
            self.attempt_bare(batch, repeated)
        };
        self.tx.foreseen = None;
        self.tx.written = None;
        if !matches!(end, End::Done) {
            self.roll_back();
        }
        end
    }

    /// All units in one transaction, without savepoints.
    fn attempt_bare(&mut self, batch: &mut Batch, repeated: bool) -> End {
        if let Err(error) = self.begin(repeated) {
            return end_of(error);
        }
        let alone = batch.len() == 1;
        let mut wrote = false;
        let foreseen = match self.foresee(batch) {
            Ok(foreseen) => foreseen,
            Err(error) => return end_of_fault(error),
        };
        let mut foreseen = foreseen.into_iter();
        for unit in batch.iter_mut() {
            self.tx.foreseen = foreseen.next().flatten();
            let is_foreseen = self.tx.foreseen.is_some();
            let outcome = unit.run(&mut self.tx);
            if !is_foreseen
                && self.tx.wrote
                && let Some(written) = &mut self.tx.written
            {
                written.note_everything();
            }
            if let Some(fault) = self.tx.fault.take() {
                return end_of_fault(fault);
            }
            if outcome == Outcome::Refused && self.tx.wrote {
                if alone {
                    self.roll_back();
                    return End::Done;
                }
                return End::Suspect;
            }
            wrote |= self.tx.wrote;
        }
        self.commit(wrote)
    }

    /// Reads what the units of the batch foresee, in one round trip.
    fn foresee(&mut self, batch: &Batch) -> Result<Vec<Option<Foreseen>>, Error> {
        let Rd { engine, written, .. } = &mut *self.tx;
        let Engine::Postgres(postgres) = engine else { return Ok(Vec::new()) };
        let units: Vec<_> = batch.iter().map(|unit| unit.foresight()).collect();
        // One read costs as much in its place.
        if units.iter().flatten().flat_map(|foresight| foresight.reads()).nth(1).is_none() {
            return Ok(Vec::new());
        }
        *written = Some(Written::default());
        postgres.foresee(units)
    }

    /// All units in one transaction, each in a savepoint.
    fn attempt_apart(&mut self, batch: &mut Batch, repeated: bool, conflicts: u32) -> End {
        if let Err(error) = self.begin(repeated) {
            return end_of(error);
        }
        for unit in batch.iter_mut() {
            if let Err(error) = self.tx.control("SAVEPOINT unit") {
                return end_of(error);
            }
            let outcome = unit.run(&mut self.tx);
            let mut fault = self.tx.fault.take();
            if fault.is_none() && outcome == Outcome::Kept {
                // Waits, so that a queued statement that is refused is counted against its own unit.
                fault = self.tx.control_now("RELEASE SAVEPOINT unit").err();
                if fault.is_none() {
                    continue;
                }
            }
            if let Some(fault) = fault {
                let last = conflicts >= CONFLICTS;
                match end_of_fault(fault.clone()) {
                    End::Suspect => {}
                    End::Conflict { .. } if last => {}
                    end => return end,
                }
                if outcome == Outcome::Kept {
                    unit.refuse(fault);
                }
            }
            if let Err(error) = self.undo_savepoint() {
                return end_of(error);
            }
        }
        self.commit(true)
    }

    fn undo_savepoint(&mut self) -> Result<(), Error> {
        if let Engine::Postgres(postgres) = &mut self.tx.engine {
            // What was queued after the refusal is refused too.
            postgres.drop_waiting();
            let _ = postgres.flush();
        }
        self.tx.control_now("ROLLBACK TO SAVEPOINT unit")?;
        self.tx.control("RELEASE SAVEPOINT unit")
    }

    /// Each unit in a transaction of its own: when space is short, small ones may still fit; when one of them ends the
    /// connection, the others live.
    fn commit_singly(&mut self, batch: &mut Batch) {
        let mut full = 0;
        let mut stop = None;
        for unit in batch.iter_mut() {
            if let Some(error) = &stop {
                unit.refuse(Error::clone(error));
                continue;
            }
            let floor = Arc::clone(&self.floor);
            let beside = floor.read();
            let end = self.attempt_one(unit.as_mut());
            self.roll_back();
            drop(beside);
            match end {
                End::Done | End::Suspect => full = 0,
                End::Full => {
                    full += 1;
                    unit.refuse(Error::DiskFull);
                    stop = (full >= FULL).then_some(Error::DiskFull);
                }
                End::Conflict { .. } => unit.refuse(Error::Conflict("alone".to_owned())),
                End::Lost(error) => {
                    unit.refuse(error);
                    stop = self.ensure_connected(PATIENCE).err();
                }
                End::Broken(error) => {
                    self.meter.break_down(&error);
                    unit.refuse(error.clone());
                    stop = Some(error);
                }
            }
        }
        self.meter.committed(batch.len());
    }

    fn attempt_one(&mut self, unit: &mut dyn Work) -> End {
        if let Err(error) = self.begin(true) {
            return end_of(error);
        }
        let outcome = unit.run(&mut self.tx);
        if let Some(fault) = self.tx.fault.take() {
            if outcome == Outcome::Kept {
                unit.refuse(fault.clone());
            }
            return end_of_fault(fault);
        }
        if outcome == Outcome::Refused {
            return End::Done;
        }
        match self.commit(self.tx.wrote) {
            End::Suspect => {
                unit.refuse(Error::engine("commit", "refused"));
                End::Suspect
            }
            end => end,
        }
    }

    fn begin(&mut self, repeated: bool) -> Result<(), Error> {
        match &mut self.tx.engine {
            Engine::Sqlite(_) => self.tx.control("BEGIN IMMEDIATE"),
            Engine::Postgres(_) if repeated => {
                self.tx.control("BEGIN")?;
                // A unit that finds its receipt writes nothing, and a commit without writes waits for no standby: this
                // record makes the commit wait, so that the answer never vouches for an unreplicated row.
                self.tx.control("SELECT pg_logical_emit_message(true, 'standfast', 'repeat')")
            }
            Engine::Postgres(_) => self.tx.control("BEGIN"),
        }
    }

    fn commit(&mut self, wrote: bool) -> End {
        let begun = self.meter.clock();
        match self.tx.control_now("COMMIT") {
            Ok(()) => {
                if wrote {
                    self.meter.latency(self.meter.clock().saturating_sub(begun));
                }
                End::Done
            }
            Err(error) => end_of_fault(error),
        }
    }

    /// Ends whatever transaction is open. A failure here shows again in the next BEGIN.
    fn roll_back(&mut self) {
        match &mut self.tx.engine {
            Engine::Sqlite(sqlite) => {
                if sqlite.in_transaction() {
                    let _ = self.tx.control("ROLLBACK");
                }
            }
            Engine::Postgres(postgres) => {
                postgres.drop_waiting();
                let _ = postgres.flush();
                let _ = postgres.execute("ROLLBACK", Vec::new());
            }
        }
    }

    /// Replaces a lost connection; tries for at most `patience`, at least once.
    fn ensure_connected(&mut self, patience: Duration) -> Result<(), Error> {
        let Engine::Postgres(postgres) = &mut self.tx.engine else { return Ok(()) };
        let mut waited = Duration::ZERO;
        let mut tries = 0;
        while postgres.is_lost() {
            match postgres.reconnect() {
                Ok(()) => tracing::info!("connected to PostgreSQL again"),
                Err(error) if waited >= patience => return Err(error),
                Err(_) => {
                    tries += 1;
                    let pause = pause(tries);
                    thread::sleep(pause);
                    waited += pause;
                }
            }
        }
        Ok(())
    }
}

fn refuse_all(batch: &mut Batch, error: &Error) {
    for unit in batch.iter_mut() {
        unit.refuse(error.clone());
    }
}

/// What a refusal of the store's own statements means.
fn end_of(error: Error) -> End {
    match end_of_fault(error) {
        // BEGIN and SAVEPOINT are never refused for a unit's sake.
        End::Suspect => End::Broken(Error::engine("transaction", "BEGIN or SAVEPOINT refused")),
        end => end,
    }
}

/// What a refusal of a statement of a unit, or of the COMMIT, means.
fn end_of_fault(error: Error) -> End {
    match error {
        Error::Conflict(code) => End::Conflict { mutual: code == DEADLOCK },
        Error::Unavailable(_) => End::Lost(error),
        Error::DiskFull => End::Full,
        Error::Storage(_) => End::Broken(error),
        _ => End::Suspect,
    }
}

/// 10 ms, doubling, at most half a second.
fn pause(tries: u32) -> Duration {
    Duration::from_millis(10 << tries.clamp(1, 6).saturating_sub(1)).min(Duration::from_millis(500))
}

/// A connection that can be given to a writer.
pub(crate) const fn transaction(engine: Engine) -> Tx {
    Tx(Rd::new(engine))
}
