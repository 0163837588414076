//! Promises: what a customer who begins to wait is told of how long it takes, kept with the receipt and held against what came
//! of it.

use std::collections::HashMap;
use std::time::Duration;

use standfast_domain::{Asker, Channel, Language, RequestId, State, Time, Wait};
use standfast_store::promise::{self, PromiseRow};
use standfast_store::request::{self, RequestRow};
use standfast_store::{Rd, Tx};

use crate::board::{Asks, MODEL};
use crate::hours::opening_for;
use crate::{Desk, Error, Opening, opening};

mod figures;

pub(crate) use figures::count_promises;
pub use figures::{Length, PromiseCount, PromiseFigures, PromiseGroup, promise_figures};

/// Somebody who asks now how long it takes.
#[must_use]
pub fn asks(desk: &Desk, asker: &Asker<'_>, now: Time) -> Asks {
    Asks::of(asker.channel, asker.language, opening(desk, asker, now).as_ref(), now)
}

/// Somebody of whom nothing is known. While the desk is closed for some, or nobody is there who knows their language, nobody can tell
/// how long it takes for them.
#[must_use]
pub fn asks_anyhow(desk: &Desk, now: Time) -> Asks {
    let is_open = |asker: &Asker<'_>| opening(desk, asker, now).is_none_or(|opening| opening.is_open);
    let open_for = |language| {
        Channel::ALL.iter().all(|channel| is_open(&Asker { language, region: "", channel: *channel }))
    };
    let is_one = Language::ALL.into_iter().all(open_for) && desk.board().is_one_language();
    Asks { channel: None, language: None, closed: is_one.then_some(Duration::ZERO), now }
}

/// The same for the customers of these requests, each by the hours that are meant for them.
pub async fn asks_of(desk: &Desk, requests: Vec<RequestId>) -> Result<HashMap<RequestId, Asks>, Error> {
    let (unit_desk, now) = (desk.clone(), desk.now());
    let read = move |rd: &mut Rd| {
        let mut found = HashMap::with_capacity(requests.len());
        for id in requests {
            if let Some(row) = request::find(rd, id)? {
                let opening = opening_for(&unit_desk, &row, now);
                found.insert(id, Asks::of(row.channel, row.language, opening.as_ref(), now));
            }
        }
        Ok(found)
    };
    desk.store().read(read).await
}

/// The place of a request whose words have just been written, and what is expected; where its customer begins to wait by them,
/// that is a promise, and kept. Nothing for a request that does not wait.
pub(crate) fn make(
    tx: &mut Tx,
    desk: &Desk,
    row: &RequestRow,
    opening: Option<&Opening>,
    now: Time,
) -> Result<Option<(u32, Option<Wait>)>, Error> {
    if row.state != State::Open {
        return Ok(None);
    }
    let asks = Asks::of(row.channel, row.language, opening, now);
    let outlined = desk.board().outlined(row.id, row.turn(), asks);
    if row.waiting_since == Some(now) {
        let seconds = |wait: fn(Wait) -> u32| outlined.said.map(|said| i64::from(wait(said)));
        let promise = PromiseRow {
            request_id: row.id,
            made_at: now,
            channel: row.channel,
            at_risk: row.at_risk,
            place: i64::from(outlined.place),
            present: i64::from(outlined.present),
            p50: seconds(|wait| wait.low_seconds),
            p80: seconds(|wait| wait.high_seconds),
            model_p50: outlined.model.map(|model| model.p50),
            model_p80: outlined.model.map(|model| model.p80),
            closed: i64::try_from(asks.closed.unwrap_or_default().as_secs()).unwrap_or(i64::MAX),
            model: MODEL,
        };
        promise::insert(tx, &promise)?;
    }
    Ok(Some((outlined.place, outlined.said)))
}

#[cfg(test)]
mod tests;
