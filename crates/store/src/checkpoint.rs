//! Copying SQLite's log back into its file.
//!
//! The copying itself takes a tenth of a second and more when much was written, so that a thread of its own does it
//! while the writer goes on. What was written meanwhile the writer copies itself, between two batches: only then is
//! everything copied, and the log begins anew instead of growing.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;

use crate::Error;
use crate::sqlite::Sqlite;

/// Pages by which the log has to grow before it is copied: 16 MB.
const STEP: u32 = 4_096;
/// Pages of a log that did not begin anew, because there was always a reader: 64 MB. Then the readers are waited for.
const LONG: u32 = 16_384;
/// The longest that anybody waits for the copying to end.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the writer has to do between two batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing.
    Nothing,
    /// Copy the rest of the log.
    Copy,
    /// Copy it and wait a moment for readers, so that it begins anew.
    Cut,
}

/// Keeps the writer's log short.
#[derive(Debug)]
pub(crate) struct Checkpointer {
    /// Pages in the log after the last commit.
    pages: Arc<AtomicU32>,
    /// Pages at which the last copying was asked for.
    asked: u32,
    /// Whether a copying was asked for whose rest is not copied yet.
    pending: bool,
    idle: Arc<AtomicBool>,
    /// Dropped before the thread is waited for, which ends it.
    ask: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts the thread for the log of `writer`, a connection to the same file.
    pub(crate) fn start(path: &Path, writer: &mut Connection) -> Result<Self, Error> {
        let pages = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&pages);
        writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, count| {
            counted.store(u32::try_from(count).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        let sqlite = Sqlite::copier(path)?;
        let (ask, asked) = sync_channel(1);
        let idle = Arc::new(AtomicBool::new(true));
        let done = Arc::clone(&idle);
        let thread = thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || work(&sqlite, &asked, &done))?;
        Ok(Self { pages, asked: 0, pending: false, idle, ask: Some(ask), thread: Some(thread) })
    }

    /// Between two batches: has the log copied when it has grown, and says when the rest is to be copied. A failure (a
    /// full disk, a long reader) leaves the log as it is, until it has grown further.
    pub(crate) fn step(&mut self) -> Due {
        let pages = self.pages.load(Ordering::Relaxed);
        if pages < self.asked {
            self.asked = 0;
        }
        if !self.idle.load(Ordering::Acquire) {
            return Due::Nothing;
        }
        if self.pending {
            self.pending = false;
            return if pages > LONG { Due::Cut } else { Due::Copy };
        }
        if pages >= self.asked.saturating_add(STEP) {
            self.asked = pages;
            self.pending = true;
            self.idle.store(false, Ordering::Release);
            if self.ask.as_ref().is_none_or(|ask| ask.try_send(()).is_err()) {
                self.idle.store(true, Ordering::Release);
            }
        }
        Due::Nothing
    }

    /// Waits until nothing is being copied: SQLite refuses two at once.
    pub(crate) fn settle(&self) {
        let mut waited = Duration::ZERO;
        while !self.idle.load(Ordering::Acquire) && waited < PATIENCE {
            let pause = Duration::from_millis(5);
            thread::sleep(pause);
            waited += pause;
        }
    }
}

fn work(sqlite: &Sqlite, asked: &Receiver<()>, idle: &AtomicBool) {
    while asked.recv().is_ok() {
        sqlite.copy_log();
        idle.store(true, Ordering::Release);
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.ask = None;
        if let Some(thread) = self.thread.take() {
            // It does not panic; if it did, there is nothing left to end.
            let _ = thread.join();
        }
    }
}
