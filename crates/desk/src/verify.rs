//! Going through all records and checking that nothing was altered, moved, cut or taken away.

mod beside;

use std::path::Path;

use sha2::{Digest, Sha256};
use standfast_domain::{AttachmentId, Author, Event, RequestId, RequestNumber, Time};
use standfast_store::entry::{self, EntryRow};
use standfast_store::request::{self, Listed};
use standfast_store::{Rd, Store, attachment};

use self::beside::Beside;
use crate::attachment::{Redaction, are_committed, blob};
use crate::census::{Census, verify_census};
use crate::fold::Fold;
use crate::online::{LedgerCheck, verify_ledger};
use crate::seal::Sealed;
use crate::{Desk, Error, Keys, chain};

/// Requests of one reading.
const PAGE: i64 = 200;

/// Something in a record that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The request.
    pub number: RequestNumber,
    /// The entry, where it is one.
    pub seq: Option<i64>,
    /// What does not fit.
    pub what: &'static str,
}

/// What was checked, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Requests checked.
    pub requests: u64,
    /// Entries checked.
    pub entries: u64,
    /// Entries whose words are erased.
    pub erased: u64,
    /// Files checked.
    pub files: u64,
    /// Files whose bytes are missing or altered.
    pub bad_files: Vec<AttachmentId>,
    /// What does not fit.
    pub faults: Vec<Fault>,
    /// Requests whose claims and ratings could not be compared with their records, because these fit too many courses of events.
    /// The records themselves were checked.
    pub uncompared: Vec<RequestNumber>,
    /// Whether requests are missing.
    pub census: Census,
    /// Whether the ledger of minutes was altered.
    pub ledger: LedgerCheck,
}

impl Verification {
    /// Whether everything fits.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let records = self.faults.is_empty() && self.bad_files.is_empty();
        records
            && self.census.faults.is_empty()
            && self.ledger.faults.is_empty()
            && self.ledger.probe_faults.is_empty()
    }
}

/// Checks every record, and every file against its hash.
pub async fn verify(desk: &Desk) -> Result<Verification, Error> {
    let mut found = Verification::default();
    let mut after = RequestId(0);
    loop {
        let (keys, from) = (desk.keys().clone(), after);
        let (part, last) = desk.store().read(move |rd| page(rd, &keys, from)).await?;
        found.requests += part.requests;
        found.entries += part.entries;
        found.erased += part.erased;
        found.faults.extend(part.faults);
        found.uncompared.extend(part.uncompared);
        let Some(last) = last else { break };
        after = last;
    }
    (found.files, found.bad_files) = check_files(desk.store(), desk.files(), None).await?;
    found.census = verify_census(desk).await?;
    found.ledger = verify_ledger(desk).await?;
    Ok(found)
}

fn page(rd: &mut Rd, keys: &Keys, after: RequestId) -> Result<(Verification, Option<RequestId>), Error> {
    let mut found = Verification::default();
    let rows = request::list_with_places(rd, after, PAGE)?;
    let beside = Beside::read(rd, after, rows.last().map_or(after, |listed| listed.row.id))?;
    for listed in &rows {
        let row = &listed.row;
        let entries = entry::list_after(rd, row.id, i64::MIN, false, i64::MAX)?;
        found.requests += 1;
        found.entries += entries.len() as u64;
        found.erased += entries.iter().filter(|e| e.erased_at.is_some()).count() as u64;
        let redacted: Vec<Redaction> = entries.iter().filter_map(redaction).collect();
        for entry in &entries {
            let Some(files) = &entry.attachments else { continue };
            if !are_committed(&attachment::list_of_entry(rd, row.id, entry.seq)?, files, &redacted) {
                let what = "files are not those that were sent";
                found.faults.push(Fault { number: row.number, seq: Some(entry.seq), what });
            }
        }
        let mut faults = check(keys, listed, &entries)?;
        // What stands beside a record is compared with it; a record that is not whole proves nothing.
        if faults.is_empty() {
            let (beside, is_compared) = beside.check(row, &entries);
            faults.extend(beside.into_iter().map(|what| (None, what)));
            if !is_compared {
                found.uncompared.push(row.number);
            }
        }
        let fault = |(seq, what)| Fault { number: row.number, seq, what };
        found.faults.extend(faults.into_iter().map(fault));
    }
    Ok((found, rows.last().map(|listed| listed.row.id)))
}

/// What an entry says of a key that was taken out of a file.
fn redaction(entry: &EntryRow) -> Option<Redaction> {
    match serde_json::from_str(entry.event.as_deref()?) {
        Ok(Event::FileRedacted { seq, file, size, sha256 }) => Some(Redaction { seq, file, size, sha256 }),
        _ => None,
    }
}

/// What does not fit, and in which entry.
type Found = Vec<(Option<i64>, &'static str)>;

/// Checks one record.
fn check(keys: &Keys, listed: &Listed, entries: &[EntryRow]) -> Result<Found, Error> {
    let mut faults = Found::new();
    let head = check_entries(entries, &mut faults);
    let row = &listed.row;
    let count = i64::try_from(entries.len()).unwrap_or(i64::MAX);
    if head.is_some_and(|head| count != row.last_seq || head != row.head) {
        faults.push((None, "record was cut"));
    }
    // Somebody who cuts a record and makes the row's head fit has altered the row, too.
    let derived = (row.state.is_active(), row.queue_key().0);
    if !Sealed::of(row).fits(keys) || derived != (listed.active, listed.queue_key) {
        faults.push((None, "row was altered"));
    }
    let given = entries.iter().filter(|entry| matches!(entry.author, Author::Customer(_)));
    if !Fold::of(given.map(|e| (e.identifiers.as_deref(), e.intake.as_deref())))?.fits(row) {
        faults.push((None, "row does not say what its entries give"));
    }
    Ok(faults)
}

/// Checks the chain of entries, and returns its head; none where one is missing.
fn check_entries(entries: &[EntryRow], faults: &mut Found) -> Option<Vec<u8>> {
    let mut head = chain::START.to_vec();
    let told: Vec<(i64, String, Time)> = entries
        .iter()
        .filter_map(|e| match serde_json::from_str(e.event.as_deref()?) {
            Ok(Event::Erased { seq, reason }) => Some((seq, reason, e.created_at)),
            _ => None,
        })
        .collect();
    for (expected, entry) in (1..).zip(entries) {
        if entry.seq != expected {
            faults.push((Some(expected), "entry is missing"));
            return None;
        }
        if chain::link(&head, entry)[..] != entry.chain[..] {
            faults.push((Some(entry.seq), "entry was altered"));
        }
        match (&entry.salt, entry.erased_at, &entry.erased_reason) {
            (Some(salt), None, None) => {
                if chain::commitment(salt, entry)[..] != entry.commitment[..] {
                    faults.push((Some(entry.seq), "words were altered"));
                }
            }
            (None, Some(at), Some(reason)) if is_empty(entry) => {
                if !told.contains(&(entry.seq, reason.clone(), at)) {
                    faults.push((Some(entry.seq), "words were removed without a trace in the record"));
                }
            }
            _ => faults.push((Some(entry.seq), "words were removed without a trace in the record")),
        }
        head.clone_from(&entry.chain);
    }
    Some(head)
}

/// Whether nothing is left of what an entry said.
fn is_empty(entry: &EntryRow) -> bool {
    let words = [&entry.text, &entry.attachments, &entry.identifiers, &entry.client_id, &entry.intake];
    words.into_iter().all(Option::is_none)
}

/// Checks every file that a database names (those that were there before `before`, if it is given) against its hash, in
/// `folder`: how many there are, and those whose bytes are missing or altered.
pub async fn check_files(
    store: &Store,
    folder: &Path,
    before: Option<Time>,
) -> Result<(u64, Vec<AttachmentId>), Error> {
    let (mut files, mut bad) = (0, Vec::new());
    let mut after = AttachmentId(0);
    loop {
        let from = after;
        let rows = store.read(move |rd| attachment::list_by_id(rd, from, PAGE).map_err(Error::from)).await?;
        let Some(last) = rows.last() else { return Ok((files, bad)) };
        after = last.id;
        let wanted = |row: &attachment::AttachmentRow| {
            row.erased_at.is_none() && before.is_none_or(|before| row.created_at < before)
        };
        for row in rows.into_iter().filter(wanted) {
            files += 1;
            let path = blob(folder, &row.sha256);
            let fits = tokio::task::spawn_blocking(move || -> std::io::Result<bool> {
                let (mut file, mut hash) = (std::fs::File::open(path)?, Sha256::new());
                let mut part = vec![0; 64 << 10];
                loop {
                    let read = std::io::Read::read(&mut file, &mut part)?;
                    if read == 0 {
                        return Ok(hash.finalize()[..] == row.sha256[..]);
                    }
                    hash.update(part.get(..read).unwrap_or_default());
                }
            });
            if !matches!(fits.await, Ok(Ok(true))) {
                bad.push(row.id);
            }
        }
    }
}

#[cfg(test)]
mod tests;
