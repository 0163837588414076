//! Watching: one process of a desk, by lease, looks once a minute.

use std::time::Duration;

use standfast_domain::{AlarmKind, AlarmState, Evidence, Level, Sample, SurgeCause, Time, load};
use standfast_store::alarm::AlarmRow;
use standfast_store::{Lane, Rd, Tx, alarm, lease};
use tokio::sync::watch;

use super::level::{Marks, Measured, Why, read, read_plan, write};
use super::plan::SurgePlan;
use super::{peak, refresh, signal};
use crate::roster::usual_at_once;
use crate::{Desk, Error, timetable};

/// Between two looks at the clock.
const PAUSE: Duration = Duration::from_secs(5);
/// Name and length of the lease: longer than from one look to the next, so that it stays where it is.
const LEASE: (&str, Duration) = ("surge", Duration::from_secs(150));
/// The most by which clocks of processes may differ.
const SKEW: Duration = Duration::from_mins(2);
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
    if let Some(last) = held.standing.measured.filter(|last| minute(last.at) >= minute(now)) {
        if last.at <= now.plus(SKEW) {
            // Another process has looked in this minute, before the lease came here.
            return Ok(());
        }
        // Whatever it was, it was seen by a clock that ran ahead, and must not stop the watch until then.
        tracing::warn!(seen_at = %last.at, "the load was looked at by a clock that ran ahead");
    }
    let floors = floors(tx, plan, now)?;
    let seen = Evidence { load: measured.load, floors: &floors };
    let step = held.standing.course.look(&plan.rules, &seen);
    held.standing.measured = Some(measured);
    let causes = step.map(|step| step.causes).unwrap_or_default();
    // Where a person was faster, that is read at the next look.
    write(tx, held, plan, &Why::Seen(causes), measured, marks).and_then(kept)
}

/// What speaks for a level whatever the load: alarms, events that go on, figures of other systems.
fn floors(rd: &mut Rd, plan: &SurgePlan, now: Time) -> Result<Vec<(SurgeCause, Level)>, Error> {
    let mut floors = Vec::new();
    if alarm::list_recent(rd, now)?.iter().any(speaks) {
        floors.push((SurgeCause::Alarm, plan.alarm));
    }
    if peak::goes_on(rd, plan, now)? {
        floors.push((SurgeCause::Expected, plan.expected.level));
    }
    if let Some(level) = signal::level(rd, plan, now)? {
        floors.push((SurgeCause::Signal, level));
    }
    Ok(floors)
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
pub(super) fn measure(desk: &Desk, plan: &SurgePlan, now: Time) -> Measured {
    let (waiting, at_once, handling) = desk.board().at_work(now);
    let present = desk.present_anywhere(now);
    // Of those at other processes it is known how many they are, and not who.
    let own = desk.board().present().min(present);
    let capacity = own.saturating_mul(at_once) + (present - own).saturating_mul(usual_at_once(desk));
    let is_attended = present > 0 || timetable(desk).is_open(None, now);
    let within = Duration::from_mins(u64::from(plan.within_minutes));
    let load = match handling {
        _ if waiting == 0 || !is_attended => Some(0.0),
        Some(handling) => Some(load(waiting, handling, capacity, within)),
        None => None,
    };
    Measured { at: now, load, waiting, present, handling_seconds: handling.map(|time| time.as_secs_f64()) }
}
