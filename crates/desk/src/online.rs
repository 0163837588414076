//! The ledger of minutes: was somebody there who could answer? And the online rate that it comes to.
//!
//! ```text
//! people, lines, channels -> sample, once a minute -> online_minute (only added to, sealed) -> course -> rate, by opening hours
//! test messages that other places sent           -> online_probe (only added to, sealed)  -> course
//! ```
//!
//! Each row is sealed over the seal before it, under a key that is not in the database, and the engine refuses to change or
//! remove one. Rows at the end could be cut off by whoever owns the database; those minutes are then minutes in which nobody
//! could be reached.

mod channels;
mod line;
mod places;
mod view;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use standfast_domain::{AgentId, Channel, Course, Language, Queued, Sample, Service, Services, Time};
use standfast_store::online::{self, OnlineRow};
use standfast_store::{Lane, Rd, Tx, maintenance, shift};
use tokio::sync::watch;

use crate::keys::same;
use crate::roster::speakers;
use crate::{Desk, Error, Keys, timetable};

pub(crate) use channels::Channels;
pub use channels::note_refused;
pub(crate) use line::line;
pub use places::{ProbeWord, ProbesTold, tell_probes};
pub use view::{OnlineDay, OnlinePart, OnlinePlace, OnlineSchedule, OnlineView, Win, online};
pub(crate) use view::{days_kept, kept_today, services_kept};

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
    /// The place of the last row that was read, and of the last one about a test message from elsewhere.
    seq: i64,
    probe: i64,
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
    let mut minutes = Minutes::new(&desk);
    while !*stop.borrow() {
        minutes.look(&desk).await;
        let _ = tokio::time::timeout(LOOK, stop.changed()).await;
    }
}

/// The minutes that a start of a process puts down.
#[derive(Clone, Copy, Debug)]
pub struct Minutes {
    boot: i64,
    began: Duration,
    written: Option<i64>,
}

impl Minutes {
    /// Those from now on.
    #[must_use]
    pub fn new(desk: &Desk) -> Self {
        Self { boot: desk.id(), began: desk.clock().monotonic(), written: None }
    }

    /// Looks at the clock: puts down the minute that goes on, unless that was done, and reads what others did.
    pub async fn look(&mut self, desk: &Desk) {
        let minute = Sample::minute_of(desk.now());
        let up = desk.clock().monotonic().saturating_sub(self.began);
        if self.written != Some(minute) && up >= SETTLED {
            match put_down(desk, self.boot, i64::try_from(up.as_secs()).unwrap_or(i64::MAX)).await {
                Ok(true) => self.written = Some(minute),
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "a minute could not be put down"),
            }
        }
        if let Err(error) = load_online(desk).await {
            tracing::warn!(%error, "the ledger of minutes could not be read");
        }
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
        services: Some(services(desk)),
    };
    let table = timetable(desk);
    // Beside the writer: in a storm thousands wait.
    let (lines, _) = desk.store().read(move |rd| line::lines(rd, &table, now)).await?;
    let sample = with_lines(sample, &lines);
    for _ in 0..TRIES {
        let own = desk.clone();
        if desk.store().write(Lane::Background, 0, move |tx| add(tx, &own, sample, now)).await? {
            desk.shared.channels.begin();
            return Ok(true);
        }
    }
    Err(Error::Inconsistent("places of the ledger are taken again and again"))
}

/// Who is there for each language, and which channels do not work.
fn services(desk: &Desk) -> Services {
    let mut services = Services::default();
    let count = |count: u32| u16::try_from(count).unwrap_or(u16::MAX);
    for (language, present, free) in speakers(desk) {
        if let Some(spoken) = services.spoken_mut(language) {
            (spoken.present, spoken.free) = (count(present), count(free));
        }
    }
    for channel in desk.shared.channels.broken(desk.clock().monotonic()) {
        services.set_broken(channel);
    }
    services
}

/// With those who wait.
fn with_lines(sample: Sample, lines: &[(Language, Channel, online::Line)]) -> Sample {
    let count = |count: i64| u16::try_from(count.max(0)).unwrap_or(u16::MAX);
    let mut sample = sample;
    for (language, channel, line) in lines {
        sample.waiting += line.waiting;
        sample.late += line.late;
        if let Some(services) = &mut sample.services {
            let queued = Queued { waiting: count(line.waiting), late: count(line.late) };
            services.add(Service::of(*language, *channel), queued);
        }
    }
    sample
}

/// With those who were to be there by the roster: whoever has a shift for a language was to be there for that one.
fn with_roster(tx: &mut Tx, desk: &Desk, sample: Sample, now: Time) -> Result<Sample, Error> {
    let mut sample = Sample { rostered: shift::count_at(tx, now)?, ..sample };
    let (Some(_), Some(services)) = (sample.rostered, &mut sample.services) else { return Ok(sample) };
    let mut shifts = shift::list_between(tx, now, Time(now.0 + 1))?;
    shifts.retain(|shift| shift.published_at.is_some());
    for language in Language::ALL {
        let knows = |agent: AgentId| desk.shared.capacity.knows(agent, language);
        let own = shifts.iter().filter_map(|shift| Some((shift.agent_id?, shift.language)));
        let own = own.filter(|(agent, shift)| shift.map_or_else(|| knows(*agent), |shift| shift == language));
        let people: BTreeSet<AgentId> = own.map(|(agent, _)| agent).collect();
        if let Some(spoken) = services.spoken_mut(language) {
            spoken.rostered = u16::try_from(people.len()).unwrap_or(u16::MAX);
        }
    }
    Ok(sample)
}

/// False when another process took the place first: then the next one is to be tried.
fn add(tx: &mut Tx, desk: &Desk, sample: Sample, now: Time) -> Result<bool, Error> {
    if online::has(tx, sample.minute, sample.node)? {
        // It stays as it was put down.
        return Ok(true);
    }
    let (keys, sample) = (desk.keys(), with_roster(tx, desk, sample, now)?);
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
/// before there were rosters, those without a probe, and those from before services were told apart are shorter, so that none can
/// pass for one of the others.
fn seal(keys: &Keys, before: &[u8], seq: i64, sample: &Sample) -> [u8; 32] {
    let Sample { minute, node, boot, up, present, waiting, late, rostered, probe, services } = sample;
    let numbers = [seq, *minute, *node, *boot, *up, *present, *waiting, *late];
    let mut bytes = before.to_vec();
    bytes.extend(numbers.into_iter().flat_map(i64::to_be_bytes));
    let more = match (services, rostered, probe) {
        (None, rostered, None) => rostered.iter().copied().collect(),
        // No roster has so many people, and no receipt took so long.
        (_, rostered, probe) => vec![rostered.unwrap_or(-1), probe.unwrap_or(i64::MIN)],
    };
    bytes.extend(more.into_iter().flat_map(i64::to_be_bytes));
    let text = services.map(|services| services.text());
    bytes.extend(text.into_iter().flat_map(String::into_bytes));
    keys.minute_mac(&bytes)
}

/// Reads the minutes of the last ninety days, or what was put down since they were read.
pub async fn load_online(desk: &Desk) -> Result<(), Error> {
    let oldest = Sample::minute_of(desk.now()) - DAYS * MINUTES_A_DAY;
    loop {
        let known = desk.shared.online.0.read().seq;
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
        let Some(last) = rows.last().map(|row| row.seq) else { break };
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
    places::load(desk, oldest).await
}

/// What a check of the ledger found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerCheck {
    /// Minutes checked.
    pub minutes: u64,
    /// Places of rows that were altered, or that follow one that was taken away.
    pub faults: Vec<i64>,
    /// Test messages from elsewhere that were checked, and places of those rows that do not fit.
    pub probes: u64,
    /// See `probes`.
    pub probe_faults: Vec<i64>,
}

/// Checks every seal of the ledger.
pub(crate) async fn verify_ledger(desk: &Desk) -> Result<LedgerCheck, Error> {
    let mut found = LedgerCheck::default();
    let (mut seq, mut before) = (0, Vec::new());
    loop {
        let from = seq;
        let rows = desk.store().read(move |rd: &mut Rd| online::list_after(rd, from, PAGE)).await?;
        if rows.is_empty() {
            break;
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
    places::verify(desk, &mut found).await?;
    Ok(found)
}

#[cfg(test)]
mod tests;
