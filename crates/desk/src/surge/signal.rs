//! Figures of other systems: a price feed, the congestion of a chain, the wallet's own back end. Of each the latest is kept.

use std::time::Duration;

use serde::Serialize;
use standfast_domain::{Level, Time, TokenScope};
use standfast_guard::{Context, screen};
use standfast_store::surge::{self as stored, SignalRow};
use standfast_store::{Lane, Rd, Tx};
use utoipa::ToSchema;

use super::plan::SurgePlan;
use crate::machine::MachineCaller;
use crate::{Desk, Error};

/// Most figures that are looked at, and that are kept.
pub(super) const MOST_SIGNALS: usize = 50;
const MOST_KEPT: i64 = 200;
/// Longest name.
const SOURCE: usize = 100;
/// A figure may be from so far ahead: clocks differ.
const AHEAD: Duration = Duration::from_mins(5);

/// A figure of another system.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalCommand {
    /// What it is called there.
    pub source: String,
    /// The figure.
    pub value: f64,
    /// When it was that; now when missing.
    pub at: Option<Time>,
}

/// The latest that is known of a figure.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SignalView {
    /// What it is called.
    pub source: String,
    /// The figure.
    pub value: f64,
    /// When it was that.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
}

impl From<SignalRow> for SignalView {
    fn from(row: SignalRow) -> Self {
        Self { source: row.source, value: row.value, at: row.at }
    }
}

/// Letters, digits and `. _ : -`, at most a hundred, and no secret in disguise.
pub(super) fn check_source(source: &str) -> Result<(), Error> {
    if source.is_empty() {
        return Err(Error::invalid("source", "missing"));
    }
    if source.len() > SOURCE {
        return Err(Error::invalid("source", "too_long"));
    }
    let fits = source.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'-'));
    if !fits || !screen(source, &Context::default()).findings.is_empty() {
        return Err(Error::invalid("source", "malformed"));
    }
    Ok(())
}

/// Takes in a figure of another system. One that is older than what is known changes nothing, so that repeating a call, or calls
/// that overtake each other, do no harm. What is known then comes back.
pub async fn tell_signal(
    desk: &Desk,
    caller: &MachineCaller,
    command: SignalCommand,
) -> Result<SignalView, Error> {
    caller.require(TokenScope::Signals)?;
    check_source(&command.source)?;
    let now = desk.now();
    let at = command.at.unwrap_or(now);
    if !command.value.is_finite() {
        return Err(Error::invalid("value", "malformed"));
    }
    if at > now.plus(AHEAD) {
        return Err(Error::invalid("at", "out_of_range"));
    }
    let row = SignalRow { source: command.source, value: command.value, at, token_id: caller.token };
    let unit = move |tx: &mut Tx| {
        if stored::find_signal(tx, &row.source)?.is_none() && stored::count_signals(tx)? >= MOST_KEPT {
            return Err(Error::invalid("source", "too_many"));
        }
        stored::put_signal(tx, &row)?;
        stored::find_signal(tx, &row.source)?.ok_or(Error::Inconsistent("signal"))
    };
    Ok(desk.store().write(Lane::Background, 0, unit).await?.into())
}

/// The highest level that a figure speaks for now.
pub(super) fn level(rd: &mut Rd, plan: &SurgePlan, now: Time) -> Result<Option<Level>, Error> {
    if plan.signals.is_empty() {
        return Ok(None);
    }
    let known = stored::list_signals(rd, MOST_KEPT)?;
    let speaking = plan.signals.iter().filter(|signal| {
        let is_fresh = |at: Time| now < at.plus(Duration::from_mins(u64::from(signal.minutes)));
        known.iter().any(|row| row.source == signal.source && is_fresh(row.at) && signal.speaks(row.value))
    });
    Ok(speaking.map(|signal| signal.level).max())
}

/// The latest of every figure.
pub(super) fn list(rd: &mut Rd) -> Result<Vec<SignalView>, Error> {
    Ok(stored::list_signals(rd, MOST_KEPT)?.into_iter().map(SignalView::from).collect())
}
