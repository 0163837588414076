//! Promises: what a customer who begins to wait is told of how long it takes, kept with the receipt and held against what came
//! of it.

use std::time::Duration;

use standfast_domain::{Channel, State, Time, Wait};
use standfast_store::Tx;
use standfast_store::promise::{self, PromiseRow};
use standfast_store::request::RequestRow;

use crate::board::{Asks, MODEL};
use crate::{Desk, Error};

mod figures;

pub use figures::{Length, PromiseCount, PromiseFigures, PromiseGroup, promise_figures};

/// Somebody who asks now how long it takes. This is where it enters that the desk is closed: for them, until it opens.
#[must_use]
pub fn asks(_desk: &Desk, channel: Option<Channel>, now: Time) -> Asks {
    Asks { channel, closed: Duration::ZERO, now }
}

/// The place of a request whose words have just been written, and what is expected; where its customer begins to wait by them,
/// that is a promise, and kept. Nothing for a request that does not wait.
pub(crate) fn make(
    tx: &mut Tx,
    desk: &Desk,
    row: &RequestRow,
    now: Time,
) -> Result<Option<(u32, Option<Wait>)>, Error> {
    if row.state != State::Open {
        return Ok(None);
    }
    let asks = asks(desk, Some(row.channel), now);
    let outlined = desk.board().outlined(row.id, row.at_risk, asks);
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
            closed: i64::try_from(asks.closed.as_secs()).unwrap_or(i64::MAX),
            model: MODEL,
        };
        promise::insert(tx, &promise)?;
    }
    Ok(Some((outlined.place, outlined.said)))
}

#[cfg(test)]
mod tests;
