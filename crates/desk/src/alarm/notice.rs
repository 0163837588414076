//! Telling others of an alarm, after the commit. The console is told by the outbox; a webhook by the job `alarm_notice`, here;
//! people by mail, by the job `alarm_mail`, which the crate `report` does, because it is the one that sends any.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use standfast_domain::{AlarmId, JobId, Language, Time};
use standfast_store::job::{self, Claimed, NewJob};
use standfast_store::{Lane, Tx, alarm};

use super::view::AlarmView;
use crate::machine::sign;
use crate::{Desk, Error};

/// The kind of the job that calls the webhook.
pub(crate) const KIND: &str = "alarm_notice";
/// The kind of the job that writes mails.
pub const ALARM_MAIL: &str = "alarm_mail";

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

/// Somebody who is told of alarms by mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The address.
    pub address: String,
    /// The language of the mail.
    pub language: Language,
    /// Name of the time zone whose clocks it shows.
    pub zone: String,
}

/// What happened to an alarm.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// It was raised.
    Raised,
    /// It was over.
    Ended,
    /// Somebody said what to make of it.
    Decided,
}

impl Happened {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Ended => "ended",
            Self::Decided => "decided",
        }
    }
}

/// What somebody is to be told: the payload of both jobs.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Notice {
    /// Of which alarm.
    pub alarm: AlarmId,
    /// What happened to it.
    pub what: Happened,
}

impl Notice {
    /// The alarm as it is now.
    pub async fn alarm(&self, desk: &Desk) -> Result<Option<AlarmView>, Error> {
        let id = self.alarm;
        let row = desk.store().read(move |rd| alarm::find(rd, id).map_err(Error::from)).await?;
        match row {
            Some(row) => super::view::of(desk, row).await.map(Some),
            None => Ok(None),
        }
    }
}

/// A notice that a unit of work is to give: made before it, because the unit may run twice.
#[derive(Clone, Copy)]
pub(super) struct Due {
    what: Happened,
    webhook: JobId,
    /// Nobody is written to about what people did themselves.
    mail: Option<JobId>,
    now: Time,
}

impl Due {
    pub(super) fn new(desk: &Desk, what: Happened, now: Time) -> Self {
        let is_mailed = what != Happened::Decided && !desk.settings().alarms.recipients.is_empty();
        Self { what, webhook: JobId(desk.id()), mail: is_mailed.then(|| JobId(desk.id())), now }
    }

    /// Enqueues it, in the unit that makes it true.
    pub(super) fn enqueue(self, tx: &mut Tx, alarm: AlarmId) -> Result<(), Error> {
        let payload = serde_json::to_string(&Notice { alarm, what: self.what });
        let payload = payload.map_err(|_| Error::Inconsistent("json"))?;
        for (kind, id) in [(KIND, Some(self.webhook)), (ALARM_MAIL, self.mail)] {
            let Some(id) = id else { continue };
            let job = NewJob { id, kind, payload: &payload, run_at: self.now, dedupe: None, now: self.now };
            job::enqueue(tx, &job)?;
        }
        Ok(())
    }
}

/// What a webhook is told.
#[derive(Serialize)]
struct Message<'a> {
    r#type: String,
    timestamp: Time,
    data: &'a AlarmView,
}

/// Does the job. A webhook that does not take it is tried again, with the same id, as every job is.
pub(crate) async fn give_notice(desk: &Desk, claim: &Claimed) -> Result<(), Error> {
    let notice: Notice =
        serde_json::from_str(&claim.payload).map_err(|_| Error::Inconsistent("job payload"))?;
    let Notice { alarm: id, what } = notice;
    if let (Some(webhook), Some(view)) = (&desk.settings().alarms.webhook, notice.alarm(desk).await?) {
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
