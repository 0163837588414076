//! Work that happens after the commit: enqueued in the unit's transaction, claimed with a lease, retried, and in the end
//! put on a list that a person sees.
//!
//! A claimed job stays `ready`, but due only when its lease ends: a worker that dies needs nobody to clean up after it.
//! Every claim raises the job's fence; whoever comes back with an old fence after its lease has ended is refused with
//! [`Error::Fenced`], and what it wrote in the same unit is rolled back.

use std::time::Duration;

use standfast_domain::{JobId, Time};

use crate::{Dialect, Error, Rd, Tx, params};

/// How often a job is tried before it is dead.
pub const ATTEMPTS: i64 = 5;
/// Pause after the first failure; each further one takes four times as long.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// Most characters of an error that are kept.
const ERROR_CHARACTERS: usize = 500;

/// Who works on a job. What talks to mail servers or to systems of others may take minutes and must keep nobody waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crew {
    /// Everything else.
    Desk,
    /// Reports, and all mail.
    Reports,
    /// Calls to systems of others, whose addresses the operator has not set.
    Calls,
}

impl Crew {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Desk => "desk",
            Self::Reports => "reports",
            Self::Calls => "calls",
        }
    }
}

/// The crew of a job, by its kind.
macro_rules! crew {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "CASE WHEN kind IN ('report', 'mail', 'alarm_mail', 'status_mail', 'surge_mail', 'roster_mail', 'answer_mail') THEN 'reports' ",
            "WHEN kind IN ('status_call', 'status_ask', 'calendar') THEN 'calls' ELSE 'desk' END",
            $after
        )
    };
}

/// A job to be enqueued.
#[derive(Debug, Clone, Copy)]
pub struct NewJob<'a> {
    /// Made by the application, before the unit.
    pub id: JobId,
    /// What is to be done.
    pub kind: &'a str,
    /// JSON; never words of a customer.
    pub payload: &'a str,
    /// When it is due.
    pub run_at: Time,
    /// While a job with this key waits to be claimed, no second one is enqueued.
    pub dedupe: Option<&'a str>,
    /// The time now.
    pub now: Time,
}

/// A job that this worker may work on until its lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The job.
    pub id: JobId,
    /// What is to be done.
    pub kind: String,
    /// JSON.
    pub payload: String,
    /// Which attempt this is, from 1.
    pub attempt: i64,
    /// Proves that the lease is still ours.
    pub fence: i64,
    /// When the lease ends.
    pub lease_until: Time,
}

/// A job that has failed too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dead {
    /// The job.
    pub id: JobId,
    /// What was to be done.
    pub kind: String,
    /// JSON.
    pub payload: String,
    /// How often it was tried.
    pub attempts: i64,
    /// Why the last attempt failed.
    pub last_error: String,
    /// When it was enqueued.
    pub created_at: Time,
}

/// Enqueues a job, unless one with the same key waits already; queued.
pub fn enqueue(tx: &mut Tx, job: &NewJob<'_>) -> Result<(), Error> {
    tx.run(
        "INSERT INTO job (id, kind, payload, dedupe, state, run_at, attempts, lease_until, fence, last_error, created_at)
         VALUES ($1, $2, $3, $4, 'ready', $5, 0, NULL, 0, NULL, $6) ON CONFLICT (dedupe) DO NOTHING",
        params![job.id, job.kind, job.payload, job.dedupe, job.run_at, job.now],
    )
}

/// Enqueues a job; one with the same key that waits already gets the payload `instead`, and no second one is enqueued; queued.
pub fn enqueue_or_change(tx: &mut Tx, job: &NewJob<'_>, instead: &str) -> Result<(), Error> {
    tx.run(
        "INSERT INTO job (id, kind, payload, dedupe, state, run_at, attempts, lease_until, fence, last_error, created_at)
         VALUES ($1, $2, $3, $4, 'ready', $5, 0, NULL, 0, NULL, $6) ON CONFLICT (dedupe) DO UPDATE SET payload = $7",
        params![job.id, job.kind, job.payload, job.dedupe, job.run_at, job.now, instead],
    )
}

/// Whether a job of a kind waits or is being worked on.
pub fn is_listed(rd: &mut Rd, kind: &str) -> Result<bool, Error> {
    rd.query_one(
        "SELECT EXISTS (SELECT 1 FROM job WHERE kind = $1 AND state = 'ready')",
        params![kind],
        |row| row.get(0),
    )
}

/// Claims at most `limit` due jobs for `lease`; those that anybody may have caused wait for all others. Call it in [`Lane::Background`](crate::Lane::Background); no work is
/// done in the unit that claims.
pub fn claim(tx: &mut Tx, crew: Crew, now: Time, lease: Duration, limit: u32) -> Result<Vec<Claimed>, Error> {
    // Whoever claimed these for the last time never came back: probably the job ends its process.
    tx.run(
        crew!(
            "UPDATE job SET state = 'dead', lease_until = NULL, last_error = 'the worker did not come back'
             WHERE state = 'ready' AND run_at <= $1 AND attempts >= $2 AND ",
            " = $3"
        ),
        params![now, ATTEMPTS, crew.as_str()],
    )?;
    let sql = match tx.dialect() {
        Dialect::Sqlite => {
            crew!(
                "UPDATE job SET run_at = $2, lease_until = $2, fence = fence + 1, attempts = attempts + 1, dedupe = NULL
                 WHERE id IN (SELECT id FROM job WHERE state = 'ready' AND run_at <= $1 AND ",
                " = $4 ORDER BY CASE WHEN kind = 'status_ask' THEN 1 ELSE 0 END, run_at, id LIMIT $3) RETURNING id, kind, payload, attempts, fence"
            )
        }
        Dialect::Postgres => {
            crew!(
                "UPDATE job SET run_at = $2, lease_until = $2, fence = fence + 1, attempts = attempts + 1, dedupe = NULL
                 WHERE id IN (SELECT id FROM job WHERE state = 'ready' AND run_at <= $1 AND ",
                " = $4 ORDER BY CASE WHEN kind = 'status_ask' THEN 1 ELSE 0 END, run_at, id LIMIT $3 FOR UPDATE SKIP LOCKED)
                 RETURNING id, kind, payload, attempts, fence"
            )
        }
    };
    let lease_until = now.plus(lease);
    let mut claimed = tx.query(sql, params![now, lease_until, limit, crew.as_str()], |row| {
        Ok(Claimed {
            id: row.get(0)?,
            kind: row.get(1)?,
            payload: row.get(2)?,
            attempt: row.get(3)?,
            fence: row.get(4)?,
            lease_until,
        })
    })?;
    claimed.sort_unstable_by_key(|job| job.id);
    Ok(claimed)
}

/// Prolongs the lease of a job that takes long; returns it with its new end.
pub fn renew(tx: &mut Tx, job: &Claimed, now: Time, lease: Duration) -> Result<Claimed, Error> {
    let lease_until = now.plus(lease);
    let done = tx.execute(
        "UPDATE job SET run_at = $3, lease_until = $3 WHERE id = $1 AND fence = $2 AND lease_until IS NOT NULL",
        params![job.id, job.fence, lease_until],
    )?;
    fenced(done)?;
    Ok(Claimed { lease_until, ..job.clone() })
}

/// Ends a job. Call it in the unit that writes the job's results: either both stay or none.
pub fn complete(tx: &mut Tx, job: &Claimed) -> Result<(), Error> {
    let done = tx.execute(
        "DELETE FROM job WHERE id = $1 AND fence = $2 AND lease_until IS NOT NULL",
        params![job.id, job.fence],
    )?;
    fenced(done)
}

/// Puts a job that failed back, later each time; the last time it is dead. `error` must not quote a user's text.
pub fn fail(tx: &mut Tx, job: &Claimed, error: &str, now: Time) -> Result<(), Error> {
    let state = if job.attempt >= ATTEMPTS { "dead" } else { "ready" };
    put_back(tx, job, state, error, now)
}

/// A job that failed for good: it is dead at once. `error` must not quote a user's text.
pub fn give_up(tx: &mut Tx, job: &Claimed, error: &str, now: Time) -> Result<(), Error> {
    put_back(tx, job, "dead", error, now)
}

fn put_back(tx: &mut Tx, job: &Claimed, state: &str, error: &str, now: Time) -> Result<(), Error> {
    let error: String = error.chars().filter(|character| *character != '\0').take(ERROR_CHARACTERS).collect();
    let done = tx.execute(
        "UPDATE job SET state = $3, run_at = $4, lease_until = NULL, last_error = $5
         WHERE id = $1 AND fence = $2 AND lease_until IS NOT NULL",
        params![job.id, job.fence, state, now.plus(pause(job.attempt)), error],
    )?;
    fenced(done)
}

/// Dead jobs, the newest first.
pub fn list_dead(rd: &mut Rd, limit: u32) -> Result<Vec<Dead>, Error> {
    rd.query(
        "SELECT id, kind, payload, attempts, last_error, created_at FROM job
         WHERE state = 'dead' ORDER BY id DESC LIMIT $1",
        params![limit],
        |row| {
            Ok(Dead {
                id: row.get(0)?,
                kind: row.get(1)?,
                payload: row.get(2)?,
                attempts: row.get(3)?,
                last_error: row.get::<Option<String>>(4)?.unwrap_or_default(),
                created_at: row.get(5)?,
            })
        },
    )
}

/// Gives a dead job all its attempts again; false when there is no such dead job.
pub fn retry(tx: &mut Tx, id: JobId, now: Time) -> Result<bool, Error> {
    let done = tx.execute(
        "UPDATE job SET state = 'ready', run_at = $2, attempts = 0 WHERE id = $1 AND state = 'dead'",
        params![id, now],
    )?;
    Ok(done == 1)
}

/// Since when the longest waiting job is due, if one is due: the queue's age.
pub fn oldest_due(rd: &mut Rd, now: Time) -> Result<Option<Time>, Error> {
    rd.query_opt(
        "SELECT run_at FROM job WHERE state = 'ready' AND run_at <= $1 ORDER BY run_at, id LIMIT 1",
        params![now],
        |row| row.get(0),
    )
}

/// When the next job is due, if there is one.
pub fn next_due(rd: &mut Rd) -> Result<Option<Time>, Error> {
    rd.query_opt(
        "SELECT run_at FROM job WHERE state = 'ready' ORDER BY run_at, id LIMIT 1",
        params![],
        |row| row.get(0),
    )
}

const fn fenced(rows: u64) -> Result<(), Error> {
    if rows == 1 { Ok(()) } else { Err(Error::Fenced) }
}

fn pause(attempt: i64) -> Duration {
    let exponent = u32::try_from(attempt.saturating_sub(1)).unwrap_or(0).min(10);
    FIRST_PAUSE.saturating_mul(4_u32.saturating_pow(exponent)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour() {
        let seconds: Vec<u64> = [0, 1, 2, 3, 4, 5, 6, 99].map(|attempt| pause(attempt).as_secs()).to_vec();
        assert_eq!(seconds, [5, 5, 20, 80, 320, 1_280, 3_600, 3_600]);
    }
}
