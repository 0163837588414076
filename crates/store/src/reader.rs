//! Reader threads: every read sees one state of the database, and none waits for a writer.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use parking_lot::{Condvar, Mutex};
use standfast_domain::Clock;

use crate::Error;
use crate::exec::{Engine, Rd};

/// A read with its types erased. It is given the connection, or the reason why there is none.
pub(crate) type Read = Box<dyn FnOnce(Result<&mut Rd, Error>) + Send>;

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

#[derive(Default)]
struct Waiting {
    reads: VecDeque<Read>,
    closed: bool,
}

/// The queue before all readers.
pub(crate) struct Reads {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    limit: usize,
}

impl Reads {
    pub(crate) fn new(limit: usize) -> Self {
        Self { waiting: Mutex::default(), arrived: Condvar::new(), limit }
    }

    pub(crate) fn put(&self, read: Read) -> Result<(), (Read, Error)> {
        let mut waiting = self.waiting.lock();
        if waiting.closed {
            return Err((read, Error::Closed));
        }
        if waiting.reads.len() >= self.limit {
            return Err((read, Error::Busy(self.limit)));
        }
        waiting.reads.push_back(read);
        drop(waiting);
        self.arrived.notify_one();
        Ok(())
    }

    fn take(&self) -> Option<Read> {
        let mut waiting = self.waiting.lock();
        loop {
            if let Some(read) = waiting.reads.pop_front() {
                return Some(read);
            }
            if waiting.closed {
                return None;
            }
            self.arrived.wait(&mut waiting);
        }
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.lock().reads.len()
    }

    pub(crate) fn close(&self) {
        self.waiting.lock().closed = true;
        self.arrived.notify_all();
    }
}

/// Works until the queue is closed and empty.
pub(crate) fn work(mut rd: Rd, reads: &Reads, clock: &dyn Clock) {
    while let Some(read) = reads.take() {
        match begin(&mut rd, clock) {
            Ok(()) => {
                // The read sends its own answer; a panic drops the sender, which the caller sees.
                let _ = catch_unwind(AssertUnwindSafe(|| read(Ok(&mut rd))));
                end(&mut rd);
            }
            Err(error) => read(Err(error)),
        }
    }
}

fn begin(rd: &mut Rd, clock: &dyn Clock) -> Result<(), Error> {
    rd.begin_unit();
    match &mut rd.engine {
        Engine::Sqlite(sqlite) => {
            sqlite.begin_read(clock);
            rd.control("BEGIN DEFERRED")
        }
        Engine::Postgres(postgres) => {
            if postgres.is_lost() || postgres.queue(BEGIN, Vec::new()).is_err() {
                postgres.reconnect()?;
                postgres.queue(BEGIN, Vec::new())?;
            }
            rd.fresh = Some(BEGIN);
            Ok(())
        }
    }
}

/// Ends the transaction after the answer has been sent. A failure shows again in the next BEGIN.
fn end(rd: &mut Rd) {
    rd.fresh = None;
    let _ = rd.control_now("ROLLBACK");
}
