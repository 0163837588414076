//! The ledger of minutes: was somebody there who could answer? And the online rate that it comes to.
//!
//! ```text
//! board (people, line) -> sample, once a minute -> online_minute (only added to, sealed) -> course -> rate, by opening hours
//! ```
//!
//! Each row is sealed over the seal before it, under a key that is not in the database, and the engine refuses to change or
//! remove one. Rows at the end could be cut off by whoever owns the database; those minutes are then minutes in which nobody
//! could be reached.

mod line;
mod view;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use standfast_domain::{Course, Sample, Time};
use standfast_store::online::{self, OnlineRow};
use standfast_store::{Lane, Rd, Tx, maintenance, shift};
use tokio::sync::watch;

use crate::keys::same;
use crate::{Desk, Error, Keys, timetable};

pub(crate) use line::line;
pub(crate) use view::days_kept;
pub use view::{OnlineDay, OnlineSchedule, OnlineView, Win, online};

/// Between two looks at the clock.
const LOOK: Duration = Duration::from_secs(5);
/// After a start, those who were there come back within so long: what is seen before says nothing.
const SETTLED: Duration = Duration::from_secs(30);
/// How often the next place is tried when another process was first.
const TRIES: usize = 20;
/// Days that are kept in memory: as many as are shown, and one for zones that are behind.
const DAYS: i64 = 91;
/// Rows of one reading.
const PAGE: i64 = 10_000;
/// The latest windows of maintenance that are looked at.
const MOST_WINDOWS: i64 = 200;
const MINUTES_A_DAY: i64 = 24 * 60;

/// The minutes as this process knows them.
#[derive(Debug, Default)]
pub(crate) struct Ledger(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    /// The place of the last row that was read.
    seq: i64,
    course: Arc<Course>,
}

impl Ledger {
    /// The minutes of the last ninety days.
    pub(crate) fn course(&self) -> Arc<Course> {
        self.0.read().course.clone()
    }
}

/// Puts down each minute, until `stop` changes.
pub async fn keep_online(desk: Desk, mut stop: watch::Receiver<bool>) {
    let (boot, began) = (desk.id(), desk.clock().monotonic());
    let mut written = None;
    while !*stop.borrow() {
        let minute = Sample::minute_of(desk.now());
        let up = desk.clock().monotonic().saturating_sub(began);
        if written != Some(minute) && up >= SETTLED {
            match put_down(&desk, boot, i64::try_from(up.as_secs()).unwrap_or(i64::MAX)).await {
                Ok(true) => written = Some(minute),
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "a minute could not be put down"),
            }
        }
        if let Err(error) = load_online(&desk).await {
            tracing::warn!(%error, "the ledger of minutes could not be read");
        }
        let _ = tokio::time::timeout(LOOK, stop.changed()).await;
    }
}

/// Puts down this minute, unless this process has done so. False while the test message is awaited that belongs to it.
async fn put_down(desk: &Desk, boot: i64, up: i64) -> Result<bool, Error> {
    let now = desk.now();
    if desk.shared.probe.is_awaited(now) {
        return Ok(false);
    }
    let sample = Sample {
        minute: Sample::minute_of(now),
        node: desk.node(),
        boot,
        up,
        present: i64::from(desk.board().present()),
        waiting: 0,
        late: 0,
        rostered: None,
        probe: desk.shared.probe.of(Sample::minute_of(now)),
    };
    let (keys, table) = (desk.keys().clone(), timetable(desk));
    // Beside the writer: in a storm thousands wait.
    let (seen, _) = desk.store().read(move |rd| line(rd, &table, now)).await?;
    let sample = Sample { waiting: seen.waiting, late: seen.late, ..sample };
    for _ in 0..TRIES {
        let (keys, sample) = (keys.clone(), sample);
        if desk.store().write(Lane::Background, 0, move |tx| add(tx, &keys, sample, now)).await? {
            return Ok(true);
        }
    }
    Err(Error::Inconsistent("places of the ledger are taken again and again"))
}

/// False when another process took the place first: then the next one is to be tried.
fn add(tx: &mut Tx, keys: &Keys, sample: Sample, now: Time) -> Result<bool, Error> {
    if online::has(tx, sample.minute, sample.node)? {
        // It stays as it was put down.
        return Ok(true);
    }
    let sample = Sample { rostered: shift::count_at(tx, now)?, ..sample };
    let last = online::last(tx)?;
    let (seq, before) = last.map_or((1, Vec::new()), |row| (row.seq + 1, row.seal));
    let seal = seal(keys, &before, seq, &sample);
    Ok(online::insert(tx, &OnlineRow { seq, sample, seal: seal.to_vec() })?)
}

/// Puts down minutes that were seen before this desk had a ledger, in their order: those of a desk that is filled for a
/// demonstration. Refused once there is a ledger.
pub async fn put_down_past(desk: &Desk, samples: Vec<Sample>) -> Result<(), Error> {
    let (keys, samples) = (desk.keys().clone(), Arc::<[Sample]>::from(samples));
    let begun = desk.store().write(Lane::Background, 0, move |tx| {
        let is_new = online::last(tx)?.is_none();
        let mut before = Vec::new();
        for (seq, sample) in (1..).zip(samples.iter()).filter(|_| is_new) {
            before = seal(&keys, &before, seq, sample).to_vec();
            online::insert(tx, &OnlineRow { seq, sample: *sample, seal: before.clone() })?;
        }
        Ok::<_, Error>(is_new)
    });
    if begun.await? { Ok(()) } else { Err(Error::Inconsistent("there is a ledger of minutes already")) }
}

/// The MAC over the seal of the row before and a row. Names every member: a new one does not compile until it is sealed. Rows from
/// before there were rosters, and those without a probe, are shorter, so that none can pass for one of the others.
fn seal(keys: &Keys, before: &[u8], seq: i64, sample: &Sample) -> [u8; 32] {
    let Sample { minute, node, boot, up, present, waiting, late, rostered, probe } = *sample;
    let numbers = [seq, minute, node, boot, up, present, waiting, late];
    let mut bytes = before.to_vec();
    bytes.extend(numbers.into_iter().flat_map(i64::to_be_bytes));
    let more = match (rostered, probe) {
        (rostered, None) => rostered.into_iter().collect(),
        // No roster has so many people.
        (rostered, Some(probe)) => vec![rostered.unwrap_or(-1), probe],
    };
    bytes.extend(more.into_iter().flat_map(i64::to_be_bytes));
    keys.minute_mac(&bytes)
}

/// Reads the minutes of the last ninety days, or what was put down since they were read.
pub async fn load_online(desk: &Desk) -> Result<(), Error> {
    loop {
        let known = desk.shared.online.0.read().seq;
        let oldest = Sample::minute_of(desk.now()) - DAYS * MINUTES_A_DAY;
        let rows = desk
            .store()
            .read(move |rd| {
                let from = if known == 0 {
                    online::place_of(rd, oldest)?.map_or(0, |place| place - 1)
                } else {
                    known
                };
                online::list_after(rd, from, PAGE).map_err(Error::from)
            })
            .await?;
        let Some(last) = rows.last().map(|row| row.seq) else { return Ok(()) };
        let windows =
            desk.store().read(|rd| maintenance::list(rd, MOST_WINDOWS).map_err(Error::from)).await?;
        let samples: Vec<_> = rows.iter().map(|row| row.sample).collect();
        let mut state = desk.shared.online.0.write();
        let course = Arc::make_mut(&mut state.course);
        course.extend(&samples);
        course.forget(oldest);
        for window in &windows {
            // What was entered afterwards was not announced.
            let from = window.starts_at.max(window.created_at);
            course.excuse(from, window.ended_at.map_or(window.ends_at, |ended| ended.min(window.ends_at)));
        }
        state.seq = last;
    }
}

/// What a check of the ledger found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerCheck {
    /// Minutes checked.
    pub minutes: u64,
    /// Places of rows that were altered, or that follow one that was taken away.
    pub faults: Vec<i64>,
}

/// Checks every seal of the ledger.
pub(crate) async fn verify_ledger(desk: &Desk) -> Result<LedgerCheck, Error> {
    let mut found = LedgerCheck::default();
    let (mut seq, mut before) = (0, Vec::new());
    loop {
        let from = seq;
        let rows = desk.store().read(move |rd: &mut Rd| online::list_after(rd, from, PAGE)).await?;
        if rows.is_empty() {
            return Ok(found);
        }
        for row in rows {
            let expected = seal(desk.keys(), &before, row.seq, &row.sample);
            if row.seq != seq + 1 || !same(&expected, &row.seal) {
                found.faults.push(row.seq);
            }
            found.minutes += 1;
            (seq, before) = (row.seq, row.seal);
        }
    }
}

#[cfg(test)]
mod tests;
