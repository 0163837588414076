//! The probe from outside: a test message through the desk's public address, and how long its receipt takes.
//!
//! ```text
//! keep_probing: one process, by lease, each minute -> public address -> the way of every message: proxy, limits, door, guard,
//!                                                     durable commit -> receipt -> ledger of minutes (online), metrics
//! standfast probe: the same once, on the desk's own machine
//! standfast probe --url: the same from elsewhere, and what came of it is told (online::places)
//! ```
//!
//! A test message is marked by a MAC under a key of the desk, or under the hash of a token that is good for it, so that no stranger
//! can mark one. It goes the way of every message up
//! to the commit, and what is committed is its receipt alone. So it is no request: it stands in no line, list, figure, seal or
//! census, teaches no types and raises no alarm, and it is forgotten when receipts are.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use standfast_domain::{Clock, Entropy, RequestId, Sample, Time, TokenKind, TokenScope};
use standfast_store::{Lane, Tx, lease, receipt as answers, token};
use tokio::sync::watch;
use utoipa::ToSchema;

use crate::caller::{Customer, Visitor, hex};
use crate::command::Intake;
use crate::draft::Draft;
use crate::keys::{hmac, same};
use crate::receipt::{ReceiptKey, visitor_shard};
use crate::{Desk, Error, Keys, Outside};

/// The header that carries the mark.
pub const PROBE_MARK: &str = "standfast-probe";
/// Minutes for which a mark is good, before and after: clocks differ.
const GOOD: u64 = 5;
/// Between two tries, and between two looks at the clock.
const PAUSE: Duration = Duration::from_secs(5);
/// For how much of its minute a probe is awaited: two tries that each end in time and the pause between them take no longer.
const AWAITED: Duration = Duration::from_secs(45);
/// The lease, and how long a process that has stopped may keep it.
const LEASE: (&str, Duration) = ("probe", Duration::from_secs(150));

/// The last probe, as this process knows it: the minute of which it is, and what it came to once it has ended.
#[derive(Debug, Default)]
pub(crate) struct Last(Mutex<Option<(i64, Option<i64>)>>);

impl Last {
    pub(crate) fn begin(&self, minute: i64) {
        *self.0.lock() = Some((minute, None));
    }

    pub(crate) fn end(&self, minute: i64, found: i64) {
        *self.0.lock() = Some((minute, Some(found)));
    }

    /// Milliseconds to the receipt in that minute, or [`Sample::NO_RECEIPT`]; nothing where this process sent none in it.
    pub(crate) fn of(&self, minute: i64) -> Option<i64> {
        self.0.lock().filter(|(sent, _)| *sent == minute)?.1
    }

    /// Whether a probe of the minute that goes on is still to end: it is under way, or whoever sent that of the minute before is
    /// about to send it.
    pub(crate) fn is_awaited(&self, now: Time) -> bool {
        let minute = Sample::minute_of(now);
        let is_to_come = self.0.lock().is_some_and(|(sent, found)| match sent {
            _ if sent == minute => found.is_none(),
            _ => sent == minute - 1,
        });
        is_to_come && Sample::minute_of(now.minus(AWAITED)) < minute
    }
}

/// That a test message was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProbeReceipt {
    /// When the desk received it.
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Time,
}

/// Takes in a test message: as a customer's words, up to the commit. A mark that is not the desk's is refused.
pub async fn take_probe(
    desk: &Desk,
    caller: &Customer,
    mark: &str,
    intake: Intake,
) -> Result<ProbeReceipt, Error> {
    let refused = Error::invalid("probe", "malformed");
    let Customer::Visitor(visitor) = caller else { return Err(refused) };
    let Some((minute, mark)) = mark.split_once('.') else { return Err(refused) };
    let Ok(minute) = minute.parse::<i64>() else { return Err(refused) };
    if Sample::minute_of(desk.now()).abs_diff(minute) > GOOD {
        return Err(refused);
    }
    let is_own = desk.keys().is_probe_mark(minute, visitor, &intake.client_id, mark);
    if !is_own
        && !is_of_token(desk, |hash| token_mark(hash, minute, visitor, &intake.client_id), mark).await?
    {
        return Err(refused);
    }
    let words = Draft::check(desk, caller, &intake)?;
    let key = ReceiptKey::new(None, &caller.scope(), &words.client_id);
    let (shard, now) = (visitor_shard(visitor), words.now);
    let unit = move |tx: &mut Tx| {
        if answers::find(tx, key.as_bytes())?.is_none() {
            answers::insert(tx, key.as_bytes(), RequestId(0), 0, "{}", now)?;
        }
        Ok::<_, Error>(())
    };
    desk.store().write(Lane::Ordinary, shard, unit).await?;
    Ok(ProbeReceipt { received_at: now })
}

/// Whether a mark is that of a token that is good for it.
async fn is_of_token(desk: &Desk, make: impl Fn(&[u8; 32]) -> String, mark: &str) -> Result<bool, Error> {
    let rows = desk.store().read(|rd| token::list_valid(rd, TokenKind::Bearer).map_err(Error::from)).await?;
    let good = rows.iter().filter(|row| {
        row.scopes.split(',').any(|scope| TokenScope::parse(scope) == Some(TokenScope::Probes))
    });
    let mut hashes = good.filter_map(|row| row.token_hash.as_ref()?.first_chunk::<32>());
    Ok(hashes.any(|hash| same(make(hash).as_bytes(), mark.as_bytes())))
}

/// As [`Keys::probe_mark`], under the hash of a token.
fn token_mark(hash: &[u8; 32], minute: i64, visitor: &Visitor, client_id: &str) -> String {
    let subject = visitor.subject().as_bytes();
    let mac = hmac(hash, &[b"standfast probe", &minute.to_be_bytes(), subject, client_id.as_bytes()]);
    URL_SAFE_NO_PAD.encode(mac.first_chunk::<16>().unwrap_or(&[0; 16]))
}

/// What a test message is marked with.
#[derive(Clone, Copy, Debug)]
pub enum Marker<'a> {
    /// The keys of the desk.
    Keys(&'a Keys),
    /// A token that is good for it.
    Token(&'a str),
}

impl Marker<'_> {
    fn mark(self, minute: i64, visitor: &Visitor, client_id: &str) -> String {
        match self {
            Self::Keys(keys) => keys.probe_mark(minute, visitor, client_id),
            Self::Token(token) => token_mark(&Sha256::digest(token).into(), minute, visitor, client_id),
        }
    }
}

/// What is said where the desk was there and did not take the test message: a clock far off, a token that is not good, an address of
/// something else. That says nothing of whether it can be reached.
pub const REFUSED: &str =
    "the address refused the test message: look at the clock, the token and the address";

/// Sends one test message, and says how long its receipt took.
pub async fn probe(
    marker: Marker<'_>,
    public_url: &str,
    outside: &dyn Outside,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<Duration, &'static str> {
    let mut bytes = [0; 48];
    entropy.fill(&mut bytes);
    let (secret, id) = bytes.split_at(32);
    let client_id = format!("probe-{}", hex(id));
    let minute = Sample::minute_of(clock.now());
    let secret = URL_SAFE_NO_PAD.encode(secret);
    let visitor = Visitor::new(&secret).map_err(|_| "no visitor could be made")?;
    let headers = vec![
        ("authorization", format!("Visitor {secret}")),
        (PROBE_MARK, format!("{minute}.{}", marker.mark(minute, &visitor, &client_id))),
    ];
    let body = format!("{{\"client_id\":\"{client_id}\",\"text\":\"Test message of the desk\"}}");
    let begun = clock.monotonic();
    let url = format!("{}/api/v1/requests", public_url.trim_end_matches('/'));
    match outside.post(&url, headers, body.into_bytes()).await? {
        201 => Ok(clock.monotonic().saturating_sub(begun)),
        400..=499 => Err(REFUSED),
        _ => Err("the address gave no receipt"),
    }
}

/// Sends a test message each minute, until `stop` changes. One that gets no receipt is sent once more before it counts.
pub async fn keep_probing(desk: Desk, outside: Arc<dyn Outside>, mut stop: watch::Receiver<bool>) {
    let holder = desk.id();
    let mut probed = None;
    while !*stop.borrow() {
        let minute = Sample::minute_of(desk.now());
        if probed != Some(minute) {
            probed = Some(minute);
            match hold(&desk, holder).await {
                Ok(true) => put_down(&desk, &*outside, minute, PAUSE).await,
                Ok(false) => *desk.shared.probe.0.lock() = None,
                Err(error) => tracing::warn!(%error, "it is not known who is to send test messages"),
            }
        }
        let _ = tokio::time::timeout(PAUSE, stop.changed()).await;
    }
    let released =
        desk.store().write(Lane::Background, 0, move |tx| lease::release(tx, LEASE.0, holder)).await;
    if let Err(error) = released as Result<(), standfast_store::Error> {
        tracing::debug!(%error, "the lease of test messages was not given up");
    }
}

async fn hold(desk: &Desk, holder: i64) -> Result<bool, Error> {
    let now = desk.now();
    let unit = move |tx: &mut Tx| lease::hold(tx, LEASE.0, holder, now, now.plus(LEASE.1));
    Ok(desk.store().write(Lane::Background, 0, unit).await?)
}

async fn put_down(desk: &Desk, outside: &dyn Outside, minute: i64, pause: Duration) {
    desk.shared.probe.begin(minute);
    let send = || {
        probe(
            Marker::Keys(desk.keys()),
            &desk.settings().public_url,
            outside,
            &**desk.clock(),
            &**desk.entropy(),
        )
    };
    let mut found = send().await;
    if found.is_err() {
        tokio::time::sleep(pause).await;
        found = send().await;
    }
    let milliseconds = match found {
        Ok(took) => {
            metrics::histogram!("standfast_probe_seconds").record(took.as_secs_f64());
            i64::try_from(took.as_millis()).unwrap_or(i64::MAX)
        }
        Err(why) => {
            tracing::warn!(why, "a test message through the public address got no receipt");
            metrics::counter!("standfast_probe_failures_total").increment(1);
            Sample::NO_RECEIPT
        }
    };
    metrics::gauge!("standfast_probe_up").set(if milliseconds < 0 { 0.0 } else { 1.0 });
    desk.shared.probe.end(minute, milliseconds);
}

#[cfg(test)]
mod tests;
