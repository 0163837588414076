//! Telling others of an alarm, after the commit: the job `alarm_notice`. The console is told by the outbox; this is the place
//! from which everything else is told, so far a webhook.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use standfast_domain::{AlarmId, JobId, Time};
use standfast_store::job::{self, Claimed, NewJob};
use standfast_store::{Lane, Tx, alarm};

use super::view::AlarmView;
use crate::machine::sign;
use crate::{Desk, Error};

/// The kind of the job.
pub(crate) const KIND: &str = "alarm_notice";

/// A call that is made: nothing but the status comes back.
pub type Posting = Pin<Box<dyn Future<Output = Result<u16, &'static str>> + Send>>;

/// Whoever can call other systems by HTTP.
pub trait Post: Send + Sync + fmt::Debug {
    /// Posts JSON with these headers, without following where the answer leads. The error says what failed.
    fn post(&self, url: &str, headers: Vec<(&'static str, String)>, body: Vec<u8>) -> Posting;
}

/// A system that is told of alarms.
#[derive(Clone)]
pub struct Webhook {
    /// Where.
    pub url: String,
    /// The key with which it is signed (Standard Webhooks 1.0).
    pub key: Vec<u8>,
    /// Who calls it.
    pub by: Arc<dyn Post>,
}

/// Neither the key nor what an address may carry.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Webhook")
    }
}

/// What happened to an alarm.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Happened {
    Raised,
    Ended,
    Decided,
}

impl Happened {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Ended => "ended",
            Self::Decided => "decided",
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Payload {
    alarm: AlarmId,
    what: Happened,
}

/// What a webhook is told.
#[derive(Serialize)]
struct Message<'a> {
    r#type: String,
    timestamp: Time,
    data: &'a AlarmView,
}

/// Enqueues the notice in the unit that makes it true.
pub(super) fn enqueue(
    tx: &mut Tx,
    id: JobId,
    alarm: AlarmId,
    what: Happened,
    now: Time,
) -> Result<(), Error> {
    let payload = serde_json::to_string(&Payload { alarm, what }).map_err(|_| Error::Inconsistent("json"))?;
    let job = NewJob { id, kind: KIND, payload: &payload, run_at: now, dedupe: None, now };
    job::enqueue(tx, &job).map_err(Error::from)
}

/// Does the job. A webhook that does not take it is tried again, with the same id, as every job is.
pub(crate) async fn give_notice(desk: &Desk, claim: &Claimed) -> Result<(), Error> {
    let Payload { alarm: id, what } =
        serde_json::from_str(&claim.payload).map_err(|_| Error::Inconsistent("job payload"))?;
    let row = desk.store().read(move |rd| alarm::find(rd, id).map_err(Error::from)).await?;
    if let (Some(row), Some(webhook)) = (row, &desk.settings().alarms.webhook) {
        let view = super::view::of(desk, row).await?;
        let now = desk.now();
        let message = Message { r#type: format!("alarm.{}", what.as_str()), timestamp: now, data: &view };
        let body = serde_json::to_vec(&message).map_err(|_| Error::Inconsistent("json"))?;
        let message = format!("alarm_{id}_{}", what.as_str());
        let timestamp = (now.millis() / 1_000).to_string();
        let mac = STANDARD.encode(sign(&webhook.key, &message, &timestamp, &body));
        let headers = vec![
            ("webhook-id", message),
            ("webhook-timestamp", timestamp),
            ("webhook-signature", format!("v1,{mac}")),
        ];
        match webhook.by.post(&webhook.url, headers, body).await {
            Ok(status) if (200..300).contains(&status) => {}
            Ok(status) => {
                tracing::warn!(status, "the webhook of alarms was refused");
                return Err(Error::Inconsistent("the webhook was refused"));
            }
            Err(what) => return Err(Error::Inconsistent(what)),
        }
    }
    let claim = claim.clone();
    desk.store().write(Lane::Background, 0, move |tx| job::complete(tx, &claim).map_err(Error::from)).await
}
