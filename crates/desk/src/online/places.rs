//! Test messages that other places sent to the desk, and what came of them.
//!
//! A place tells of each minute once; what it said first holds. It may tell long afterwards: while the desk could not be reached it
//! keeps what it found, which is what there is to know of that time.

use std::sync::Arc;

use serde::Serialize;
use standfast_domain::{Sample, Time, TokenScope};
use standfast_guard::{Context, screen};
use standfast_store::online::{self, ProbeRow};
use standfast_store::{Lane, Rd, Tx};
use utoipa::ToSchema;

use super::{LedgerCheck, MINUTES_A_DAY, PAGE, TRIES};
use crate::keys::same;
use crate::machine::MachineCaller;
use crate::{Desk, Error, Keys};

/// Most that can be told at once.
const MOST: usize = 500;
/// Longest name of a place.
const PLACE: usize = 60;
/// A minute may be so far behind: places keep what they found for two weeks.
const BEHIND: i64 = 15 * MINUTES_A_DAY;
/// A minute may be so far ahead: clocks differ.
const AHEAD: i64 = 5;
/// The longest time to a receipt that anybody waits for.
const LONGEST: i64 = 600_000;

/// What came of a test message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeWord {
    /// When it was sent.
    pub at: Time,
    /// Milliseconds to its receipt; nothing where none came.
    pub took: Option<i64>,
}

/// What became of what a place told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProbesTold {
    /// Minutes of which nothing was known from there, and that are in the ledger now.
    pub added: u32,
    /// Minutes of which something was known from there, which stays as it is.
    pub known: u32,
    /// What was left out: of a time that is to come, or more than fifteen days ago.
    pub left_out: u32,
}

/// Takes in what came of test messages that were sent from a place. Repeating a call does no harm.
pub async fn tell_probes(
    desk: &Desk,
    caller: &MachineCaller,
    place: &str,
    words: &[ProbeWord],
) -> Result<ProbesTold, Error> {
    caller.require(TokenScope::Probes)?;
    check_place(place)?;
    if words.len() > MOST {
        return Err(Error::invalid("probes", "too_many"));
    }
    if words.iter().filter_map(|word| word.took).any(|took| !(0..=LONGEST).contains(&took)) {
        return Err(Error::invalid("took_ms", "out_of_range"));
    }
    let now = Sample::minute_of(desk.now());
    let known = now - BEHIND..=now + AHEAD;
    let row = |word: &ProbeWord| ProbeRow {
        seq: 0,
        place: place.to_owned(),
        minute: Sample::minute_of(word.at),
        found: word.took.unwrap_or(Sample::NO_RECEIPT),
        token_id: caller.token,
        told_at: desk.now(),
        seal: Vec::new(),
    };
    let rows: Vec<_> = words.iter().map(row).filter(|row| known.contains(&row.minute)).collect();
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let left_out = count(words.len() - rows.len());
    let (all, rows) = (count(rows.len()), Arc::<[ProbeRow]>::from(rows));
    for _ in 0..TRIES {
        let (keys, rows) = (desk.keys().clone(), rows.clone());
        match desk.store().write(Lane::Background, 0, move |tx| put_down(tx, &keys, &rows)).await {
            // Another process took the place.
            Err(Error::ChangedMeanwhile) => {}
            Err(error) => return Err(error),
            Ok(added) => return Ok(ProbesTold { added, known: all - added, left_out }),
        }
    }
    Err(Error::Inconsistent("places of the ledger are taken again and again"))
}

/// Letters, digits and `. _ -`, and no secret in disguise.
fn check_place(place: &str) -> Result<(), Error> {
    let fits = place.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    match place.len() {
        0 => Err(Error::invalid("place", "missing")),
        PLACE.. => Err(Error::invalid("place", "too_long")),
        _ if !fits || !screen(place, &Context::default()).findings.is_empty() => {
            Err(Error::invalid("place", "malformed"))
        }
        _ => Ok(()),
    }
}

/// Writes rows behind the last one, but those of which something was known. How many.
fn put_down(tx: &mut Tx, keys: &Keys, rows: &[ProbeRow]) -> Result<u32, Error> {
    // A token is good for one place: nobody speaks for many.
    if let Some(first) = rows.first()
        && online::place_of_token(tx, first.token_id)?.is_some_and(|place| place != first.place)
    {
        return Err(Error::invalid("place", "taken"));
    }
    let last = online::last_probe(tx)?;
    let (mut seq, mut before) = last.map_or((0, Vec::new()), |row| (row.seq, row.seal));
    let mut added = 0;
    for row in rows {
        if online::has_probe(tx, &row.place, row.minute)? {
            continue;
        }
        let mut row = ProbeRow { seq: seq + 1, ..row.clone() };
        row.seal = seal(keys, &before, &row).to_vec();
        if !online::insert_probe(tx, &row)? {
            return Err(Error::ChangedMeanwhile);
        }
        (seq, before) = (row.seq, row.seal);
        added += 1;
    }
    Ok(added)
}

/// The MAC over the seal of the row before and a row. Names every member: a new one does not compile until it is sealed.
fn seal(keys: &Keys, before: &[u8], row: &ProbeRow) -> [u8; 32] {
    let ProbeRow { seq, place, minute, found, token_id, told_at, seal: _ } = row;
    let mut bytes = b"a test message from elsewhere".to_vec();
    bytes.extend(before);
    bytes.extend([*seq, *minute, *found, token_id.0, told_at.0].into_iter().flat_map(i64::to_be_bytes));
    bytes.extend(place.as_bytes());
    keys.minute_mac(&bytes)
}

/// Reads what was told since it was read.
pub(super) async fn load(desk: &Desk, oldest: i64) -> Result<(), Error> {
    loop {
        let known = desk.shared.online.0.read().probe;
        let read = move |rd: &mut Rd| {
            let from =
                if known == 0 { online::place_of_probe(rd, oldest)?.map_or(0, |seq| seq - 1) } else { known };
            online::list_probes_after(rd, from, PAGE)
        };
        let rows = desk.store().read(read).await?;
        let Some(last) = rows.last().map(|row| row.seq) else { return Ok(()) };
        let mut state = desk.shared.online.0.write();
        // Somebody may have read them meanwhile.
        if state.probe != known {
            continue;
        }
        let course = Arc::make_mut(&mut state.course);
        for row in &rows {
            course.probed(row.minute, row.found);
        }
        state.probe = last;
    }
}

/// Checks every seal.
pub(super) async fn verify(desk: &Desk, found: &mut LedgerCheck) -> Result<(), Error> {
    let (mut seq, mut before) = (0, Vec::new());
    loop {
        let from = seq;
        let rows = desk.store().read(move |rd: &mut Rd| online::list_probes_after(rd, from, PAGE)).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            if row.seq != seq + 1 || !same(&seal(desk.keys(), &before, &row), &row.seal) {
                found.probe_faults.push(row.seq);
            }
            found.probes += 1;
            (seq, before) = (row.seq, row.seal);
        }
    }
}
