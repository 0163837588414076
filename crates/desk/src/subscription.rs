//! Who hears of the state of the desk: by mail, or by a call to a system of theirs. Nobody is told anything before whoever has
//! the address said yes, and everybody can leave by a link that is signed.
//!
//! ```text
//! a step of an incident, a window of maintenance ─> job "status_mail" (crate `report`): a mail to each, a job to each webhook
//!                                                                    └─> job "status_call", here
//! ```

mod call;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use standfast_domain::{
    IncidentUpdateId, JobId, Language, MaintenanceId, SubscriptionId, SubscriptionKind, Time,
};
use standfast_store::job::{self, NewJob};
use standfast_store::subscription::{self, SubscriptionRow};
use standfast_store::{Lane, Rd, Tx, incident, maintenance};

pub use call::{CALL, run_calls};

use crate::status::{StatusIncident, incident_view};
use crate::{Desk, Error, IncidentUpdate, MaintenanceView};

/// The kind of the job that writes mails and finds whom to call.
pub const STATUS_MAIL: &str = "status_mail";
/// Most webhooks: each is called at every step.
const MOST_WEBHOOKS: i64 = 200;
/// Most webhooks that nobody has confirmed, of all hosts and of one. Anybody may ask: they keep nobody else from asking.
const MOST_ASKED: usize = 500;
const MOST_ASKED_OF_HOST: usize = 5;
/// How many of these are looked at, more than there are.
const LOOKED_AT: i64 = 1_000;
/// Most subscriptions by mail.
const MOST_MAILS: i64 = 200_000;
/// Longest address of a webhook.
const LONGEST: usize = 500;
/// Whoever asks again within this time gets no second mail.
const PAUSE: Duration = Duration::from_mins(10);
/// What nobody confirmed is forgotten after this.
pub(crate) const UNCONFIRMED: Duration = Duration::from_hours(48);
/// Where nothing arrives for so long, nothing is sent any more.
pub const UNREACHED: Duration = Duration::from_hours(24 * 3);
/// What the key of a webhook begins with.
const KEY: &str = "whsec_";

/// Somebody wants to hear of the state of the desk.
#[derive(Clone)]
pub struct SubscribeCommand {
    /// By which way.
    pub kind: SubscriptionKind,
    /// The address: of a mail, checked by whoever sends it, or of a webhook.
    pub address: String,
    /// The language.
    pub language: Language,
}

/// What is said to whoever has the link of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionView {
    /// By which way.
    pub kind: SubscriptionKind,
    /// The address.
    pub address: String,
    /// The language.
    pub language: Language,
    /// Whether it was confirmed.
    pub is_confirmed: bool,
    /// Whether the desk gave up, because nothing arrived.
    pub is_off: bool,
}

/// What somebody is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum StatusNotice {
    /// A step of an incident.
    Incident {
        /// Which.
        update: IncidentUpdateId,
    },
    /// Maintenance was announced.
    Announced {
        /// Which window.
        window: MaintenanceId,
    },
    /// Maintenance was called off, or is over before its time.
    CalledOff {
        /// Which window.
        window: MaintenanceId,
    },
}

/// Work on subscriptions: the payload of the job [`STATUS_MAIL`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum StatusMail {
    /// Asks whoever has an address whether they want it.
    Confirm {
        /// Whose.
        subscription: SubscriptionId,
    },
    /// Tells everybody after `after`, in the order of their ids.
    Tell {
        /// Of what.
        notice: StatusNotice,
        /// After whom; nothing: from the first on.
        after: Option<SubscriptionId>,
    },
}

/// What a notice is about, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusTold {
    /// An incident, and which of its steps.
    Incident(StatusIncident, IncidentUpdate),
    /// A window of maintenance.
    Maintenance(MaintenanceView),
}

impl StatusNotice {
    /// A short name for it: the same thing is told once.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Incident { update } => format!("incident-{update}"),
            Self::Announced { window } => format!("announced-{window}"),
            Self::CalledOff { window } => format!("off-{window}"),
        }
    }

    /// What it is about; nothing when that was taken away.
    pub async fn told(&self, desk: &Desk) -> Result<Option<StatusTold>, Error> {
        let notice = *self;
        desk.store().read(move |rd| notice.read(rd)).await
    }

    fn read(self, rd: &mut Rd) -> Result<Option<StatusTold>, Error> {
        match self {
            Self::Incident { update } => {
                let Some(row) = incident::find(rd, update)? else { return Ok(None) };
                let view = incident_view(rd, row.driver_id)?;
                Ok(view.map(|view| StatusTold::Incident(view, row.into())))
            }
            Self::Announced { window } | Self::CalledOff { window } => {
                Ok(maintenance::find(rd, window)?.map(|row| StatusTold::Maintenance(row.into())))
            }
        }
    }
}

/// Work that a unit puts on the list: made before it, because the unit may run twice.
#[derive(Clone, Copy)]
pub(crate) struct Due {
    id: JobId,
    now: Time,
}

impl Due {
    pub(crate) fn new(desk: &Desk, now: Time) -> Self {
        Self { id: JobId(desk.id()), now }
    }

    /// Everybody is to be told of this.
    pub(crate) fn tell(self, tx: &mut Tx, notice: StatusNotice) -> Result<(), Error> {
        self.enqueue(tx, StatusMail::Tell { notice, after: None })
    }

    fn enqueue(self, tx: &mut Tx, work: StatusMail) -> Result<(), Error> {
        enqueue_mail(tx, self.id, work, self.now)
    }
}

/// Puts work for [`STATUS_MAIL`] on the list.
pub fn enqueue_mail(tx: &mut Tx, id: JobId, work: StatusMail, now: Time) -> Result<(), Error> {
    let payload = serde_json::to_string(&work).map_err(|_| Error::Inconsistent("json"))?;
    let job = NewJob { id, kind: STATUS_MAIL, payload: &payload, run_at: now, dedupe: None, now };
    job::enqueue(tx, &job).map_err(Error::from)
}

/// Asks for a subscription. Whoever has the address is asked whether they want it. For a webhook the key comes back with which
/// its calls are signed: it is shown once.
pub async fn subscribe(desk: &Desk, command: SubscribeCommand) -> Result<Option<String>, Error> {
    let SubscribeCommand { kind, address, language } = command;
    let address = match kind {
        SubscriptionKind::Mail if !desk.settings().mail => return Err(Error::invalid("kind", "unknown")),
        SubscriptionKind::Mail => address,
        SubscriptionKind::Webhook => call::checked(desk, &address)?,
    };
    let screened = standfast_guard::screen(&address, &standfast_guard::Context::default());
    if address.is_empty() || address.len() > LONGEST || !screened.findings.is_empty() {
        return Err(Error::invalid("address", "malformed"));
    }
    let now = desk.now();
    let row = SubscriptionRow {
        id: SubscriptionId(desk.id()),
        kind,
        address,
        language,
        asked_at: now,
        confirmed_at: None,
        failing_since: None,
        off_at: None,
    };
    let (id, due, job) = (row.id, Due::new(desk, now), JobId(desk.id()));
    let unit = move |tx: &mut Tx| match row.kind {
        SubscriptionKind::Mail => ask_by_mail(tx, &row, due),
        SubscriptionKind::Webhook => ask_by_call(tx, &row, job),
    };
    desk.store().write(Lane::Background, id.0, unit).await?;
    Ok((kind == SubscriptionKind::Webhook).then(|| webhook_key(desk, id)))
}

/// Nobody is told by this whether an address is known: what comes back is the same.
fn ask_by_mail(tx: &mut Tx, row: &SubscriptionRow, due: Due) -> Result<(), Error> {
    let id = match subscription::find_of(tx, row.kind, &row.address)? {
        Some(known) if known.confirmed_at.is_some() && known.off_at.is_none() => return Ok(()),
        Some(known) if row.asked_at.since(known.asked_at) < PAUSE => return Ok(()),
        Some(known) => {
            subscription::ask_again(tx, known.id, row.language, row.asked_at)?;
            known.id
        }
        None => {
            if subscription::count(tx, row.kind)? >= MOST_MAILS {
                return Err(Error::invalid("address", "too_many"));
            }
            subscription::insert(tx, row)?;
            row.id
        }
    };
    due.enqueue(tx, StatusMail::Confirm { subscription: id })
}

/// A key that somebody was shown and nobody confirmed is worth nothing: whoever asks again gets another.
fn ask_by_call(tx: &mut Tx, row: &SubscriptionRow, job: JobId) -> Result<(), Error> {
    match subscription::find_of(tx, row.kind, &row.address)? {
        Some(known) if known.confirmed_at.is_some() && known.off_at.is_none() => {
            return Err(Error::invalid("address", "taken"));
        }
        Some(known) if row.asked_at.since(known.asked_at) < PAUSE => {
            return Err(Error::invalid("address", "taken"));
        }
        // Also one that was given up: whoever has the address is asked anew.
        Some(known) => drop(subscription::remove(tx, known.id)?),
        None => {}
    }
    check_room(tx, row.kind)?;
    let asked = subscription::list_unconfirmed(tx, row.kind, LOOKED_AT)?;
    if asked.iter().filter(|one| host(&one.address) == host(&row.address)).count() >= MOST_ASKED_OF_HOST {
        return Err(Error::invalid("address", "too_many"));
    }
    // Whoever means it confirms within moments: what was asked for long ago gives way.
    for old in asked.iter().take((asked.len() + 1).saturating_sub(MOST_ASKED)) {
        subscription::remove(tx, old.id)?;
    }
    subscription::insert(tx, row)?;
    call::enqueue(tx, job, row.id, None, row.asked_at)
}

/// Refuses another webhook where there are as many as are told.
fn check_room(rd: &mut Rd, kind: SubscriptionKind) -> Result<(), Error> {
    if kind == SubscriptionKind::Webhook && subscription::count_told(rd, kind)? >= MOST_WEBHOOKS {
        return Err(Error::invalid("address", "too_many"));
    }
    Ok(())
}

/// The host of an address, without its port.
fn host(address: &str) -> String {
    let authority = address.split('/').nth(2).unwrap_or_default();
    let named = authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    named.map_or(authority, |(host, _)| host).to_ascii_lowercase()
}

/// The key with which calls to a webhook are signed.
fn webhook_key(desk: &Desk, id: SubscriptionId) -> String {
    format!("{KEY}{}", STANDARD.encode(desk.keys().subscription_key(id)))
}

/// The address at which a subscription is confirmed or ended.
#[must_use]
pub fn subscription_link(desk: &Desk, id: SubscriptionId) -> String {
    let token = desk.keys().subscription_token(id);
    format!("{}/status/subscriptions/{id}/{token}", desk.settings().public_url)
}

fn check(desk: &Desk, id: SubscriptionId, token: &str) -> Result<(), Error> {
    if desk.keys().is_subscription_token(id, token) { Ok(()) } else { Err(Error::NotFound) }
}

/// The subscription that a link is of.
pub async fn find_subscription(
    desk: &Desk,
    id: SubscriptionId,
    token: &str,
) -> Result<SubscriptionView, Error> {
    check(desk, id, token)?;
    let row = desk.store().read(move |rd| subscription::find(rd, id).map_err(Error::from)).await?;
    let row = row.ok_or(Error::NotFound)?;
    Ok(SubscriptionView {
        kind: row.kind,
        address: row.address,
        language: row.language,
        is_confirmed: row.confirmed_at.is_some(),
        is_off: row.off_at.is_some(),
    })
}

/// Whoever has the address wants it.
pub async fn confirm_subscription(desk: &Desk, id: SubscriptionId, token: &str) -> Result<(), Error> {
    check(desk, id, token)?;
    let now = desk.now();
    let write = move |tx: &mut Tx| {
        let row = subscription::find(tx, id)?;
        if let Some(row) = row.filter(|row| row.confirmed_at.is_none() || row.off_at.is_some()) {
            check_room(tx, row.kind)?;
        }
        subscription::confirm(tx, id, now).map_err(Error::from)
    };
    let found = desk.store().write(Lane::Background, id.0, write).await?;
    if found { Ok(()) } else { Err(Error::NotFound) }
}

/// Whoever has the address does not want it, or not any more. It is forgotten.
pub async fn end_subscription(desk: &Desk, id: SubscriptionId, token: &str) -> Result<(), Error> {
    check(desk, id, token)?;
    let write = move |tx: &mut Tx| subscription::remove(tx, id).map_err(Error::from);
    desk.store().write(Lane::Background, id.0, write).await.map(drop)
}

/// The subscriptions that are told next, in the order of their ids.
pub async fn next_subscriptions(
    desk: &Desk,
    after: Option<SubscriptionId>,
    limit: i64,
) -> Result<Vec<SubscriptionRow>, Error> {
    let after = after.unwrap_or(SubscriptionId(0));
    desk.store().read(move |rd| subscription::list_told(rd, after, limit).map_err(Error::from)).await
}

pub use call::enqueue as enqueue_call;
#[cfg(test)]
pub(crate) use call::make_calls;

#[cfg(test)]
mod tests;
