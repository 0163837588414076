//! Work after the commit: closing silent requests, asking again whether they are solved, erasing customers, taking proven keys
//! out of files, making erased content leave the files, counting requests, and housekeeping.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use standfast_domain::{JobId, Permission, RequestId};
use standfast_store::job::{self, Claimed, Crew, NewJob};
use standfast_store::{Lane, agent, attachment, outbox, receipt, subscription};

use crate::alarm::{NOTICE, give_notice};
use crate::answer_mail::forget_days;
use crate::attachment::blob;
use crate::caller::unhex;
use crate::census::take_census;
use crate::erasure::carry_out;
use crate::evidence::{PROVE, prove_files};
use crate::feedback::{Pursuit, pursue};
use crate::hours::schedule_calendars;
use crate::incident::{UPDATE, deliver};
use crate::subscription::UNCONFIRMED;
use crate::types::train_types;
use crate::view::DeadJob;
use crate::work::close_silent;
use crate::{AgentCaller, Desk, Error};

/// How long a worker may take before somebody else may try.
pub(crate) const LEASE: Duration = Duration::from_mins(2);
/// Most jobs of one claim.
const CLAIM: u32 = 16;
/// Without anything due, the list is looked at this often.
const IDLE: Duration = Duration::from_secs(2);
/// Housekeeping is done, and the census looks for an hour to count, this often.
const HOUSEKEEPING: Duration = Duration::from_mins(15);
/// Receipts are kept this long.
const RECEIPTS: Duration = Duration::from_hours(24 * 32);
/// The outbox is kept this long.
const OUTBOX: Duration = Duration::from_hours(24 * 7);
/// Files that were uploaded and never sent go after this: whoever was offline for a day still finds them.
const LOOSE: Duration = Duration::from_hours(26);
/// Beginnings of files that nobody is writing any more go after this.
const CUT_OFF: Duration = Duration::from_hours(1);
/// Bytes without a row go after this: whoever writes them writes the row soon, or never.
const ORPHANED: Duration = Duration::from_hours(24);
/// The folders of files by the first two digits of their names, and how many of them housekeeping sweeps at a time.
const FOLDERS: i64 = 256;
const SWEPT: i64 = 16;

/// Works on jobs until `stop` changes.
pub async fn run_jobs(desk: Desk, mut stop: tokio::sync::watch::Receiver<bool>) {
    while !*stop.borrow() {
        let pause = match work(&desk).await {
            Ok(0) => IDLE,
            Ok(_) => Duration::ZERO,
            Err(error) => {
                tracing::warn!(%error, "jobs could not be claimed");
                IDLE
            }
        };
        let _ = tokio::time::timeout(pause, stop.changed()).await;
    }
}

/// Claims and does the jobs that are due; returns how many.
pub async fn work(desk: &Desk) -> Result<usize, Error> {
    schedule_housekeeping(desk).await?;
    let now = desk.now();
    let claimed = desk
        .store()
        .write(Lane::Background, 0, move |tx| {
            job::claim(tx, Crew::Desk, now, LEASE, CLAIM).map_err(Error::from)
        })
        .await?;
    for claim in &claimed {
        let done = perform(desk, claim).await;
        if let Err(error) = done {
            tracing::warn!(job.id = %claim.id, job.kind = claim.kind, code = error.code(), "a job failed");
            metrics::counter!("standfast_jobs_failed_total").increment(1);
            let (claim, text, now) = (claim.clone(), error.to_string(), desk.now());
            desk.store()
                .write(Lane::Background, 0, move |tx| job::fail(tx, &claim, &text, now).map_err(Error::from))
                .await?;
        }
    }
    Ok(claimed.len())
}

/// Makes sure that housekeeping and the census are on the list, each under one key.
async fn schedule_housekeeping(desk: &Desk) -> Result<(), Error> {
    let (ids, now) = ([JobId(desk.id()), JobId(desk.id())], desk.now());
    let slot = now.0 / i64::try_from(HOUSEKEEPING.as_micros()).unwrap_or(i64::MAX);
    if !desk.shared.board.begins(slot) {
        return Ok(());
    }
    desk.store()
        .write(Lane::Background, 0, move |tx| {
            for (id, kind) in ids.into_iter().zip(["housekeeping", "census"]) {
                let job = NewJob { id, kind, payload: "{}", run_at: now, dedupe: Some(kind), now };
                job::enqueue(tx, &job)?;
            }
            Ok(())
        })
        .await
}

#[derive(Deserialize)]
struct ClosePayload {
    request: RequestId,
}

async fn perform(desk: &Desk, claim: &Claimed) -> Result<(), Error> {
    match claim.kind.as_str() {
        "close" => {
            let payload: ClosePayload =
                serde_json::from_str(&claim.payload).map_err(|_| Error::Inconsistent("job payload"))?;
            let (unit_desk, claim, now) = (desk.clone(), claim.clone(), desk.now());
            desk.store()
                .write(Lane::Background, payload.request.0, move |tx| {
                    close_silent(tx, &unit_desk, payload.request, now)?;
                    job::complete(tx, &claim).map_err(Error::from)
                })
                .await
        }
        "resolution" => {
            let payload: Pursuit =
                serde_json::from_str(&claim.payload).map_err(|_| Error::Inconsistent("job payload"))?;
            let (unit_desk, claim, now) = (desk.clone(), claim.clone(), desk.now());
            desk.store()
                .write(Lane::Background, payload.request.0, move |tx| {
                    pursue(tx, &unit_desk, payload, now)?;
                    job::complete(tx, &claim).map_err(Error::from)
                })
                .await
        }
        "erase_customer" => {
            carry_out(desk, claim).await?;
            complete(desk, claim).await
        }
        "census" => {
            take_census(desk).await?;
            complete(desk, claim).await
        }
        "train_types" => train_types(desk, claim).await,
        PROVE => prove_files(desk, claim).await,
        UPDATE => deliver(desk, claim).await,
        NOTICE => give_notice(desk, claim).await,
        "scrub" => {
            remove_erased_files(desk).await?;
            if !desk.store().scrub(&["entry", "request", "attachment", "customer", "answer_mail"]).await? {
                return Err(Error::Inconsistent("a reader keeps the log from being emptied"));
            }
            complete(desk, claim).await
        }
        "housekeeping" => {
            keep_house(desk).await?;
            complete(desk, claim).await
        }
        _ => Err(Error::Inconsistent("unknown kind of job")),
    }
}

async fn complete(desk: &Desk, claim: &Claimed) -> Result<(), Error> {
    let claim = claim.clone();
    desk.store().write(Lane::Background, 0, move |tx| job::complete(tx, &claim).map_err(Error::from)).await
}

/// Removes the bytes of erased files, unless somebody else sent the same bytes.
async fn remove_erased_files(desk: &Desk) -> Result<(), Error> {
    let after = desk.now().minus(Duration::from_hours(24));
    let gone = desk
        .store()
        .read(move |rd| {
            let mut gone = Vec::new();
            for sha256 in attachment::list_erased(rd, after, 10_000)? {
                if !attachment::is_kept(rd, &sha256)? {
                    gone.push(sha256);
                }
            }
            Ok::<_, Error>(gone)
        })
        .await?;
    for sha256 in gone {
        remove(desk, &sha256).await?;
    }
    Ok(())
}

async fn remove(desk: &Desk, sha256: &[u8]) -> Result<(), Error> {
    match tokio::fs::remove_file(blob(desk.files(), sha256)).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Forgets what is no longer needed. Each unit is short, so that intake never waits for it.
async fn keep_house(desk: &Desk) -> Result<(), Error> {
    let now = desk.now();
    let store = desk.store();
    while store
        .write(Lane::Background, 0, move |tx| outbox::trim(tx, now.minus(OUTBOX)).map_err(Error::from))
        .await?
        > 0
    {}
    while store
        .write(Lane::Background, 0, move |tx| {
            receipt::trim(tx, now.minus(RECEIPTS), 1_000).map_err(Error::from)
        })
        .await?
        > 0
    {}
    store.write(Lane::Background, 0, move |tx| agent::trim_sessions(tx, now).map_err(Error::from)).await?;
    schedule_calendars(desk).await?;
    let unconfirmed = now.minus(UNCONFIRMED);
    store
        .write(Lane::Background, 0, move |tx| subscription::trim(tx, unconfirmed).map_err(Error::from))
        .await?;
    forget_days(desk).await?;
    let loose = store
        .read(move |rd| attachment::list_loose(rd, now.minus(LOOSE), 1_000).map_err(Error::from))
        .await?;
    for row in loose {
        let id = row.id;
        let forgotten = store
            .write(Lane::Background, 0, move |tx| attachment::delete_loose(tx, id).map_err(Error::from))
            .await?;
        let sha256 = row.sha256.clone();
        let kept = store.read(move |rd| attachment::is_kept(rd, &sha256).map_err(Error::from)).await?;
        if forgotten > 0 && !kept {
            remove(desk, &row.sha256).await?;
        }
    }
    sweep(desk).await?;
    remove_stale_uploads(desk).await
}

/// Removes bytes that no row names: of a unit that did not come about, or did not use them. Each time some of the folders, so that
/// no time is long.
async fn sweep(desk: &Desk) -> Result<(), Error> {
    let slot = desk.now().0 / i64::try_from(HOUSEKEEPING.as_micros()).unwrap_or(i64::MAX);
    let first = slot.rem_euclid(FOLDERS / SWEPT) * SWEPT;
    for folder in first..first + SWEPT {
        sweep_folder(desk, &desk.files().join(format!("{folder:02x}"))).await?;
    }
    Ok(())
}

async fn sweep_folder(desk: &Desk, path: &Path) -> Result<(), Error> {
    let mut folder = match tokio::fs::read_dir(path).await {
        Ok(folder) => folder,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    while let Some(file) = folder.next_entry().await? {
        let Some(sha256) = file.file_name().to_str().and_then(unhex) else { continue };
        if age(desk, &file).await? <= ORPHANED {
            continue;
        }
        let kept = desk.store().read(move |rd| attachment::is_kept(rd, &sha256).map_err(Error::from)).await?;
        // Somebody may have sent the same bytes just now.
        if !kept && age(desk, &file).await? > ORPHANED {
            tokio::fs::remove_file(file.path()).await?;
        }
    }
    Ok(())
}

/// How long ago a file was written.
async fn age(desk: &Desk, file: &tokio::fs::DirEntry) -> Result<Duration, Error> {
    let written = match tokio::fs::metadata(file.path()).await {
        Ok(data) => data.modified()?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Duration::ZERO),
        Err(error) => return Err(error.into()),
    };
    let written = written.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok(Duration::from_micros(desk.now().0.max(0).cast_unsigned()).saturating_sub(written))
}

/// Uploads that were cut off leave their beginnings behind when the process is killed.
async fn remove_stale_uploads(desk: &Desk) -> Result<(), Error> {
    let mut folder = match tokio::fs::read_dir(desk.files().join("incoming")).await {
        Ok(folder) => folder,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    while let Some(file) = folder.next_entry().await? {
        if age(desk, &file).await? > CUT_OFF {
            tokio::fs::remove_file(file.path()).await?;
        }
    }
    Ok(())
}

/// Jobs that failed for good.
pub async fn dead_jobs(desk: &Desk, caller: &AgentCaller) -> Result<Vec<DeadJob>, Error> {
    caller.require(Permission::ManageJobs)?;
    let dead = desk.store().read(|rd| job::list_dead(rd, 200).map_err(Error::from)).await?;
    Ok(dead
        .into_iter()
        .map(|job| DeadJob {
            id: job.id,
            kind: job.kind,
            attempts: job.attempts,
            error: job.last_error,
            run_at: job.created_at,
        })
        .collect())
}

/// Tries a dead job again.
pub async fn retry_job(desk: &Desk, caller: &AgentCaller, id: JobId) -> Result<(), Error> {
    caller.require(Permission::ManageJobs)?;
    let now = desk.now();
    let found = desk
        .store()
        .write(Lane::Background, 0, move |tx| job::retry(tx, id, now).map_err(Error::from))
        .await?;
    if found { Ok(()) } else { Err(Error::NotFound) }
}
