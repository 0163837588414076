//! Going through all records and checking that nothing was altered, moved or cut.

use sha2::{Digest, Sha256};
use standfast_domain::{AttachmentId, Event, RequestId, RequestNumber};
use standfast_store::entry::{self, EntryRow};
use standfast_store::request::{self, RequestRow};
use standfast_store::{Rd, attachment};

use crate::attachment::blob;
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
        let Some(last) = last else { break };
        after = last;
    }
    verify_files(desk, &mut found).await?;
    Ok(found)
}

fn page(rd: &mut Rd, keys: &Keys, after: RequestId) -> Result<(Verification, Option<RequestId>), Error> {
    let mut found = Verification::default();
    let rows = request::list_by_id(rd, after, PAGE)?;
    for row in &rows {
        let entries = entry::list_after(rd, row.id, 0, false, i64::MAX)?;
        found.requests += 1;
        found.entries += entries.len() as u64;
        found.erased += entries.iter().filter(|e| e.erased_at.is_some()).count() as u64;
        found.faults.extend(check(keys, row, &entries).into_iter().map(|(seq, what)| Fault {
            number: row.number,
            seq,
            what,
        }));
    }
    Ok((found, rows.last().map(|row| row.id)))
}

/// Checks one record.
fn check(keys: &Keys, row: &RequestRow, entries: &[EntryRow]) -> Vec<(Option<i64>, &'static str)> {
    let mut faults = Vec::new();
    let mut head = chain::START.to_vec();
    let told: Vec<i64> = entries
        .iter()
        .filter_map(|e| match serde_json::from_str(e.event.as_deref()?) {
            Ok(Event::Erased { seq, .. }) => Some(seq),
            _ => None,
        })
        .collect();
    for (expected, entry) in (1..).zip(entries) {
        if entry.seq != expected {
            faults.push((Some(expected), "entry is missing"));
            return faults;
        }
        if chain::link(&head, entry)[..] != entry.chain[..] {
            faults.push((Some(entry.seq), "entry was altered"));
        }
        match (&entry.salt, entry.erased_at) {
            (Some(salt), None) => {
                let words = chain::commitment(salt, entry.text.as_deref(), entry.attachments.as_deref());
                if words[..] != entry.commitment[..] {
                    faults.push((Some(entry.seq), "words were altered"));
                }
            }
            (None, Some(_)) if told.contains(&entry.seq) && entry.text.is_none() => {}
            _ => faults.push((Some(entry.seq), "words were removed without a trace in the record")),
        }
        head.clone_from(&entry.chain);
    }
    let count = i64::try_from(entries.len()).unwrap_or(i64::MAX);
    if count != row.last_seq || head != row.head {
        faults.push((None, "record was cut"));
    }
    if !crate::keys::same(&keys.head_mac(row.id, row.last_seq, &row.head), &row.head_mac) {
        faults.push((None, "seal does not fit"));
    }
    faults
}

async fn verify_files(desk: &Desk, found: &mut Verification) -> Result<(), Error> {
    let mut after = AttachmentId(0);
    loop {
        let from = after;
        let rows =
            desk.store().read(move |rd| attachment::list_by_id(rd, from, PAGE).map_err(Error::from)).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        for row in rows.into_iter().filter(|row| row.erased_at.is_none()) {
            found.files += 1;
            let path = blob(desk.files(), &row.sha256);
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
                found.bad_files.push(row.id);
            }
        }
    }
}

#[cfg(test)]
mod tests;
