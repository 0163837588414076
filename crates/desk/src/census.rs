//! The census: how many requests began in each hour, and which, sealed and chained, so that a request that is removed
//! whole leaves a gap.
//!
//! The hour is that of the request's id, which never changes. An hour is counted once, when it has been over for an
//! hour: a unit of work that holds an id of that hour waits for seconds at most. Every row names the one before it and
//! covers its MAC, so that hours without requests need no row and no row can be taken out of the middle. Rows at the
//! end can: they are counted anew then, which the time of counting tells, as it tells that a desk stood still. The last
//! MAC is logged, for whoever keeps the log elsewhere.

use std::time::Duration;

use sha2::{Digest, Sha256};
use standfast_domain::{Ids, RequestId, Time};
use standfast_store::census::{self, CensusRow};
use standfast_store::{Lane, Rd, request};

use crate::caller::hex;
use crate::keys::same;
use crate::{Desk, Error, Keys};

const HOUR: Duration = Duration::from_hours(1);
/// An hour is counted when it has been over for this long.
const SETTLED: Duration = Duration::from_hours(1);
/// An hour that was counted longer than this after its end was counted late.
const LATE: Duration = Duration::from_hours(3);
/// Hours of one unit, and of one reading.
const HOURS: i64 = 100;
/// Requests after which a reading ends with the hour.
const ENOUGH: i64 = 100_000;
/// Ids of one statement.
const PAGE: i64 = 10_000;

/// What does not fit in an hour of the census.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HourFault {
    /// The beginning of the hour.
    pub hour: Time,
    /// What does not fit.
    pub what: &'static str,
}

/// What the census says, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Hours that were counted.
    pub hours: u64,
    /// Up to when requests are counted; none are when this is `None`.
    pub until: Option<Time>,
    /// How many hours were counted late, for whatever reason.
    pub late: u64,
    /// The last hour that was counted late, and when that was.
    pub last_late: Option<(Time, Time)>,
    /// The MAC of the last hour, as hexadecimal digits.
    pub head: String,
    /// What does not fit.
    pub faults: Vec<HourFault>,
}

/// Requests of an hour.
#[derive(Default)]
struct Tally {
    requests: i64,
    hash: Sha256,
}

impl Tally {
    fn of(rd: &mut Rd, hour: Time) -> Result<Self, Error> {
        let mut tally = Self::default();
        walk(rd, first(hour), first(hour.plus(HOUR)), |id| {
            tally.requests += 1;
            tally.hash.update(id.0.to_be_bytes());
        })?;
        Ok(tally)
    }
}

/// The lowest id of an hour.
fn first(hour: Time) -> RequestId {
    RequestId(Ids::floor(hour))
}

/// The hour that a time lies in.
fn hour_of(time: Time) -> Time {
    let hour = i64::try_from(HOUR.as_micros()).unwrap_or(i64::MAX);
    Time(time.0.div_euclid(hour).saturating_mul(hour))
}

/// Visits the ids from `from` up to, but without, `before`.
fn walk(
    rd: &mut Rd,
    mut from: RequestId,
    before: RequestId,
    mut visit: impl FnMut(RequestId),
) -> Result<(), Error> {
    loop {
        let ids = request::list_ids(rd, from, before, PAGE)?;
        let Some(last) = ids.last() else { return Ok(()) };
        from = RequestId(last.0.saturating_add(1));
        ids.into_iter().for_each(&mut visit);
    }
}

fn mac(keys: &Keys, row: &CensusRow, previous: &[u8]) -> [u8; 32] {
    let mut bytes = b"standfast census 1".to_vec();
    for number in [row.hour.0, row.previous.0, row.requests, row.counted_at.0] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    for part in [&row.digest[..], previous] {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    keys.census_mac(&bytes)
}

/// Counts the hours that can be counted by now. Several processes may do it at once: the first one writes.
pub(crate) async fn take_census(desk: &Desk) -> Result<(), Error> {
    loop {
        let (keys, now) = (desk.keys().clone(), desk.now());
        let rows = desk.store().read(move |rd| count(rd, &keys, now)).await?;
        let Some(last) = rows.last().cloned() else { return Ok(()) };
        let write = desk.store().write(Lane::Background, 0, move |tx| {
            for row in &rows {
                // What follows is chained to what this process counted, not to what another one did.
                if !census::insert(tx, row)? {
                    return Ok::<_, Error>(false);
                }
            }
            Ok(true)
        });
        if !write.await? {
            return Ok(());
        }
        tracing::info!(census.hour = %last.hour, census.mac = hex(&last.mac), "requests are counted");
    }
}

/// The next hours to be written.
fn count(rd: &mut Rd, keys: &Keys, now: Time) -> Result<Vec<CensusRow>, Error> {
    let before = first(hour_of(now.minus(SETTLED)));
    let last = census::find_last(rd)?;
    let (mut previous, mut seal) = last.map_or((Time(0), Vec::new()), |last| (last.hour, last.mac));
    let mut from = if previous == Time(0) { RequestId(0) } else { first(previous.plus(HOUR)) };
    let (mut rows, mut seen) = (Vec::new(), 0);
    for _ in 0..HOURS {
        let Some(next) = request::list_ids(rd, from, before, 1)?.pop() else { break };
        let hour = hour_of(Ids::time(next.0));
        let tally = Tally::of(rd, hour)?;
        seen += tally.requests;
        let (digest, requests) = (tally.hash.finalize().to_vec(), tally.requests);
        let mut row = CensusRow { hour, previous, requests, digest, counted_at: now, mac: Vec::new() };
        row.mac = mac(keys, &row, &seal).to_vec();
        (previous, from) = (hour, first(hour.plus(HOUR)));
        seal.clone_from(&row.mac);
        rows.push(row);
        if seen > ENOUGH {
            break;
        }
    }
    Ok(rows)
}

/// Counts every hour again and compares.
pub(crate) async fn verify_census(desk: &Desk) -> Result<Census, Error> {
    let (mut found, mut last) = (Census::default(), None);
    loop {
        let keys = desk.keys().clone();
        let (part, rows) = desk.store().read(move |rd| page(rd, &keys, found, last)).await?;
        (found, last) = (part, rows);
        if last.is_none() {
            return Ok(found);
        }
    }
}

/// The next hours; the last one of them, if there was any.
fn page(
    rd: &mut Rd,
    keys: &Keys,
    mut found: Census,
    mut last: Option<CensusRow>,
) -> Result<(Census, Option<CensusRow>), Error> {
    let rows = census::list_after(rd, last.as_ref().map_or(Time(i64::MIN), |row| row.hour), HOURS)?;
    if rows.is_empty() {
        return Ok((found, None));
    }
    let mut seen = 0;
    for row in rows {
        seen += row.requests;
        found.faults.extend(judge(rd, keys, last.as_ref(), &row)?);
        let end = row.hour.plus(HOUR);
        found.hours += 1;
        found.until = Some(end);
        found.head = hex(&row.mac);
        if row.counted_at.since(end) > LATE {
            found.late += 1;
            found.last_late = Some((row.hour, row.counted_at));
        }
        last = Some(row);
        if seen > ENOUGH {
            break;
        }
    }
    Ok((found, last))
}

/// What does not fit in an hour, and in those without requests before it.
fn judge(
    rd: &mut Rd,
    keys: &Keys,
    last: Option<&CensusRow>,
    row: &CensusRow,
) -> Result<Vec<HourFault>, Error> {
    let fault = |hour, what| HourFault { hour, what };
    let (previous, seal) = last.map_or((Time(0), &[][..]), |last| (last.hour, &last.mac));
    let mut faults = Vec::new();
    if row.previous > previous {
        // Without its neighbour, this row's own MAC cannot be made again.
        faults.push(fault(row.previous, "census row is missing"));
    } else if row.previous < previous || !same(&mac(keys, row, seal), &row.mac) {
        return Ok(vec![fault(row.hour, "census row was altered")]);
    }
    let from = if row.previous == Time(0) { RequestId(0) } else { first(row.previous.plus(HOUR)) };
    let mut empty = None;
    walk(rd, from, first(row.hour), |id| {
        let hour = hour_of(Ids::time(id.0));
        if empty.replace(hour) != Some(hour) {
            faults.push(fault(hour, "requests were added"));
        }
    })?;
    let tally = Tally::of(rd, row.hour)?;
    match tally.requests.cmp(&row.requests) {
        std::cmp::Ordering::Less => faults.push(fault(row.hour, "requests are missing")),
        std::cmp::Ordering::Greater => faults.push(fault(row.hour, "requests were added")),
        std::cmp::Ordering::Equal if tally.hash.finalize()[..] != row.digest[..] => {
            faults.push(fault(row.hour, "requests were exchanged"));
        }
        std::cmp::Ordering::Equal => {}
    }
    Ok(faults)
}

#[cfg(test)]
mod tests;
