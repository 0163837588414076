//! Calling the webhooks of those who want it, signed as Standard Webhooks 1.0 has it. Their addresses are hostile until shown
//! otherwise: only public ones are called ([`Outside`]), nothing of the answer is read, and whoever takes nothing for three days
//! is called no more.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use standfast_domain::{JobId, SubscriptionId, SubscriptionKind, Time};
use standfast_store::job::{self, Claimed, Crew, NewJob};
use standfast_store::subscription::{self, SubscriptionRow};
use standfast_store::{Lane, Tx};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{StatusNotice, StatusTold, UNREACHED, subscription_link};
use crate::hours::{CALENDAR, fetch_calendar};
use crate::machine::sign;
use crate::{Desk, Error, Outside};

/// The kind of the job, and of one that asks whether somebody wants to be called: anybody may cause these, so they wait for all
/// others (`store::job`).
pub const CALL: &str = "status_call";
const ASK: &str = "status_ask";
/// Calls at the same time.
const AT_ONCE: usize = 8;
/// How long one may take, with what is written of it.
const LEASE: Duration = Duration::from_mins(2);
/// Without anything due, the list is looked at this often.
const IDLE: Duration = Duration::from_secs(3);

#[derive(Serialize, Deserialize)]
struct Payload {
    subscription: SubscriptionId,
    /// Nothing: whether they want it is asked.
    notice: Option<StatusNotice>,
}

/// Puts a call on the list.
pub fn enqueue(
    tx: &mut Tx,
    id: JobId,
    subscription: SubscriptionId,
    notice: Option<StatusNotice>,
    now: Time,
) -> Result<(), Error> {
    let payload = serde_json::to_string(&Payload { subscription, notice });
    let payload = payload.map_err(|_| Error::Inconsistent("json"))?;
    let kind = if notice.is_some() { CALL } else { ASK };
    let job = NewJob { id, kind, payload: &payload, run_at: now, dedupe: None, now };
    job::enqueue(tx, &job).map_err(Error::from)
}

fn outside(desk: &Desk) -> Result<&dyn Outside, Error> {
    desk.settings().outside.as_deref().ok_or(Error::invalid("kind", "unknown"))
}

/// An address that may be called, as it is kept.
pub(super) fn checked(desk: &Desk, address: &str) -> Result<String, Error> {
    let address = address.trim();
    outside(desk)?.check(address).map_err(|_| Error::invalid("address", "malformed"))?;
    Ok(address.to_owned())
}

/// Calls systems of others until `stop` changes.
pub async fn run_calls(desk: Desk, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let pause = match make_calls(&desk, || *stop.borrow()).await {
            Ok(0) => IDLE,
            Ok(_) => Duration::ZERO,
            Err(error) => {
                tracing::warn!(%error, "calls could not be looked at");
                IDLE
            }
        };
        let _ = tokio::time::timeout(pause, stop.changed()).await;
    }
}

/// Makes the calls that are due, several at once, until there is none or it is to stop; how many. One that hangs keeps nobody
/// waiting but its own place, and one that fails none of the others; nor does a list that cannot be read: what runs comes to its end.
pub(crate) async fn make_calls(desk: &Desk, is_stopping: impl Fn() -> bool) -> Result<usize, Error> {
    let (mut calls, mut count, mut failed) = (JoinSet::new(), 0, None);
    loop {
        let free = AT_ONCE.saturating_sub(calls.len());
        let mut claimed = Vec::new();
        if free > 0 && failed.is_none() && !is_stopping() {
            match claim(desk, free).await {
                Ok(due) => claimed = due,
                Err(error) => failed = Some(error),
            }
        }
        count += claimed.len();
        for claim in claimed {
            let desk = desk.clone();
            calls.spawn(async move { perform(&desk, &claim).await });
        }
        match tokio::time::timeout(IDLE, calls.join_next()).await {
            Ok(None) => return failed.map_or(Ok(count), Err),
            Ok(Some(Ok(Ok(())))) | Err(_) => {}
            Ok(Some(Ok(Err(error)))) => tracing::warn!(%error, "what came of a call could not be written"),
            Ok(Some(Err(_))) => tracing::warn!("a call ended badly"),
        }
    }
}

async fn claim(desk: &Desk, free: usize) -> Result<Vec<Claimed>, Error> {
    let (now, most) = (desk.now(), u32::try_from(free).unwrap_or(1));
    let unit = move |tx: &mut Tx| job::claim(tx, Crew::Calls, now, LEASE, most).map_err(Error::from);
    desk.store().write(Lane::Background, 0, unit).await
}

async fn perform(desk: &Desk, claim: &Claimed) -> Result<(), Error> {
    let done = match claim.kind.as_str() {
        CALENDAR => fetch_calendar(desk, claim).await,
        _ => call(desk, claim).await,
    };
    let Err(error) = done else { return Ok(()) };
    tracing::warn!(job.id = %claim.id, job.kind = claim.kind, code = error.code(), "a job failed");
    metrics::counter!("standfast_jobs_failed_total").increment(1);
    let (claim, text, now) = (claim.clone(), error.to_string(), desk.now());
    let unit = move |tx: &mut Tx| job::fail(tx, &claim, &text, now).map_err(Error::from);
    desk.store().write(Lane::Background, 0, unit).await
}

async fn call(desk: &Desk, claim: &Claimed) -> Result<(), Error> {
    let Payload { subscription: id, notice } =
        serde_json::from_str(&claim.payload).map_err(|_| Error::Inconsistent("job payload"))?;
    let row = desk.store().read(move |rd| subscription::find(rd, id).map_err(Error::from)).await?;
    let is_called = |row: &SubscriptionRow| {
        row.kind == SubscriptionKind::Webhook
            && row.off_at.is_none()
            && row.confirmed_at.is_some() == notice.is_some()
    };
    let Some(row) = row.filter(is_called) else { return end(desk, claim, |_| Ok(())).await };
    let Some(message) = message(desk, id, notice).await? else { return end(desk, claim, |_| Ok(())).await };
    let now = desk.now();
    match post(desk, &row, notice, &message).await {
        Ok(()) => end(desk, claim, move |tx| subscription::arrived(tx, id)).await,
        // Later again, with the same id; the last time it is given up, and with it in the end whoever takes nothing.
        Err(what) if claim.attempt < job::ATTEMPTS => {
            tracing::debug!(subscription.id = %id, what, "a webhook did not take a notice");
            let note = move |tx: &mut Tx| subscription::failed(tx, id, now.minus(UNREACHED), now);
            let claim = claim.clone();
            let unit = move |tx: &mut Tx| {
                note(tx)?;
                job::fail(tx, &claim, what, now).map_err(Error::from)
            };
            desk.store().write(Lane::Background, 0, unit).await
        }
        Err(what) => {
            tracing::info!(subscription.id = %id, what, "a webhook did not take a notice; it is given up");
            end(desk, claim, move |tx| subscription::failed(tx, id, now.minus(UNREACHED), now)).await
        }
    }
}

/// Ends the job, in one unit with what came of it.
async fn end(
    desk: &Desk,
    claim: &Claimed,
    note: impl Fn(&mut Tx) -> Result<(), standfast_store::Error> + Send + Sync + 'static,
) -> Result<(), Error> {
    let claim = claim.clone();
    let unit = move |tx: &mut Tx| {
        note(tx)?;
        job::complete(tx, &claim).map_err(Error::from)
    };
    desk.store().write(Lane::Background, 0, unit).await
}

/// What a webhook is told; nothing when what it was about was taken away.
async fn message(
    desk: &Desk,
    id: SubscriptionId,
    notice: Option<StatusNotice>,
) -> Result<Option<Value>, Error> {
    let Some(notice) = notice else {
        let data = json!({ "link": subscription_link(desk, id) });
        return Ok(Some(json!({ "type": "subscription.asked", "timestamp": desk.now(), "data": data })));
    };
    let Some(told) = notice.told(desk).await? else { return Ok(None) };
    let kind = match notice {
        StatusNotice::Incident { .. } => "incident.updated",
        StatusNotice::Announced { .. } => "maintenance.announced",
        StatusNotice::CalledOff { .. } => "maintenance.called_off",
    };
    let data = match told {
        StatusTold::Incident(incident, _) => serde_json::to_value(incident),
        StatusTold::Maintenance(window) => serde_json::to_value(window),
    };
    let data = data.map_err(|_| Error::Inconsistent("json"))?;
    Ok(Some(json!({ "type": kind, "timestamp": desk.now(), "data": data })))
}

async fn post(
    desk: &Desk,
    row: &SubscriptionRow,
    notice: Option<StatusNotice>,
    message: &Value,
) -> Result<(), &'static str> {
    let outside = desk.settings().outside.as_deref().ok_or("nobody calls")?;
    let body = serde_json::to_vec(message).map_err(|_| "json")?;
    let name = notice.map_or_else(|| format!("asked-{}", row.asked_at.0), |notice| notice.key());
    let id = format!("status-{}-{name}", row.id);
    let timestamp = (desk.now().millis() / 1_000).to_string();
    let mac = STANDARD.encode(sign(&desk.keys().subscription_key(row.id), &id, &timestamp, &body));
    let headers = vec![
        ("webhook-id", id),
        ("webhook-timestamp", timestamp),
        ("webhook-signature", format!("v1,{mac}")),
    ];
    match outside.post(&row.address, headers, body).await {
        Ok(status) if (200..300).contains(&status) => Ok(()),
        Ok(_) => Err("the webhook was refused"),
        Err(what) => Err(what),
    }
}
