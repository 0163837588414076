//! Watching: one process of a desk, by lease, looks once a minute.

use std::time::Duration;

use standfast_domain::{
    AlarmKind, AlarmState, Asker, Channel, Evidence, Language, Sample, SurgeCause, Time, load,
};
use standfast_store::alarm::AlarmRow;
use standfast_store::{Lane, Tx, alarm, lease};
use tokio::sync::watch;

use super::level::{Marks, Measured, Why, read, read_plan, write};
use super::plan::SurgePlan;
use super::refresh;
use crate::{Desk, Error, opening};

/// Between two looks at the clock.
const PAUSE: Duration = Duration::from_secs(5);
/// Name and length of the lease.
const LEASE: (&str, Duration) = ("surge", Duration::from_mins(1));
/// After a start, those who were there come back within so long: what is seen before says nothing.
const SETTLED: Duration = Duration::from_secs(30);

/// Watches for as long as the desk runs, until `stop` changes.
pub async fn watch_surge(desk: Desk, mut stop: watch::Receiver<bool>) {
    let (holder, began) = (desk.id(), desk.clock().monotonic());
    let mut looked = None;
    while !*stop.borrow() {
        let minute = Sample::minute_of(desk.now());
        let is_settled = desk.clock().monotonic().saturating_sub(began) >= SETTLED;
        if is_settled && looked != Some(minute) {
            match look(&desk, holder).await {
                Ok(()) => looked = Some(minute),
                Err(error) => tracing::warn!(%error, "the load could not be looked at"),
            }
        }
        let _ = tokio::time::timeout(PAUSE, stop.changed()).await;
    }
    let released =
        desk.store().write(Lane::Background, 0, move |tx| lease::release(tx, LEASE.0, holder)).await;
    if let Err(error) = released as Result<(), standfast_store::Error> {
        tracing::debug!(%error, "the lease of the level was not given up");
    }
}

/// One look: what is seen now, and what is to be done about it. Only whoever has the lease looks, and only once a minute.
pub(super) async fn look(desk: &Desk, holder: i64) -> Result<(), Error> {
    let now = desk.now();
    let (_, plan) = desk.store().read(read_plan).await?;
    let measured = measure(desk, &plan, now);
    let marks = Marks::new(desk);
    let written = desk.store().write(Lane::Background, 0, move |tx| {
        if !lease::hold(tx, LEASE.0, holder, now, now.plus(LEASE.1))? {
            return Ok(());
        }
        unit(tx, &plan, measured, marks, now)
    });
    written.await?;
    refresh(desk).await
}

fn unit(tx: &mut Tx, plan: &SurgePlan, measured: Measured, marks: Marks, now: Time) -> Result<(), Error> {
    let mut held = read(tx)?;
    let minute = |at: Time| Sample::minute_of(at);
    if held.standing.measured.is_some_and(|last| minute(last.at) >= minute(now)) {
        // Another process has looked in this minute, before the lease came here.
        return Ok(());
    }
    let going: Vec<_> = alarm::list_recent(tx, now)?.into_iter().filter(speaks).collect();
    let floors: &[_] = if going.is_empty() { &[] } else { &[(SurgeCause::Alarm, plan.alarm)] };
    let seen = Evidence { load: measured.load, floors };
    let step = held.standing.course.look(&plan.rules, &seen);
    held.standing.measured = Some(measured);
    let causes = step.map(|step| step.causes).unwrap_or_default();
    // Where a person was faster, that is read at the next look.
    write(tx, held, plan, &Why::Seen(causes), marks, now).and_then(kept)
}

/// A unit that somebody else was faster than is undone.
pub(super) fn kept(is_written: bool) -> Result<(), Error> {
    if is_written { Ok(()) } else { Err(Error::OutdatedVersion { version: 0 }) }
}

/// Whether an alarm speaks for more than the usual: it goes on, and nobody has said that there is nothing to it.
fn speaks(alarm: &AlarmRow) -> bool {
    alarm.kind == AlarmKind::Surge && alarm.state != AlarmState::Dismissed && alarm.ended_at.is_none()
}

/// The line against what the people present can do. While nobody is to be there, nothing is too much.
fn measure(desk: &Desk, plan: &SurgePlan, now: Time) -> Measured {
    let (waiting, here, handling) = desk.board().at_work(now);
    let elsewhere =
        desk.shared.online.course().present_elsewhere(desk.node(), Sample::minute_of(now) - 2).max(0);
    let present = here.saturating_add(u32::try_from(elsewhere).unwrap_or(u32::MAX));
    let is_open_for = |language| {
        let is_open = |asker: &Asker<'_>| opening(desk, asker, now).is_none_or(|opening| opening.is_open);
        Channel::ALL.iter().any(|channel| is_open(&Asker { language, region: "", channel: *channel }))
    };
    let is_attended = present > 0 || Language::ALL.into_iter().any(is_open_for);
    let within = Duration::from_mins(u64::from(plan.within_minutes));
    let load = match handling {
        _ if waiting == 0 || !is_attended => Some(0.0),
        Some(handling) => Some(load(waiting, handling, present, within)),
        None => None,
    };
    Measured { at: now, load, waiting, present, handling_seconds: handling.map(|time| time.as_secs_f64()) }
}
