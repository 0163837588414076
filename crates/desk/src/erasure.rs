//! Erasing what an entry said: a secret, or something that must not be kept. The record still verifies.

use standfast_domain::{Author, Event, JobId, Permission, RequestId, Time};
use standfast_store::entry::EntryRow;
use standfast_store::job::{self, NewJob};
use standfast_store::{Lane, Tx, attachment, entry};

use crate::fold::Fold;
use crate::record::{Record, change};
use crate::{AgentCaller, Desk, Error};

/// What lists show where the first words were erased.
const ERASED_SUBJECT: &str = "…";

/// Erases the words and files of an entry, at the wish of somebody who may.
pub async fn erase(
    desk: &Desk,
    agent: &AgentCaller,
    id: RequestId,
    seq: i64,
    reason: String,
) -> Result<(), Error> {
    agent.require(Permission::EraseTexts)?;
    let reason = check_reason(&reason)?;
    let (unit_desk, author, now) = (desk.clone(), Author::Agent(agent.id), desk.now());
    desk.store()
        .write(Lane::Ordinary, id.0, move |tx| {
            let mut record = Record::lock(tx, id)?;
            erase_entry(tx, &unit_desk, &mut record, seq, &reason, author, now)?;
            record.save(tx, unit_desk.keys(), now)?;
            Ok(())
        })
        .await
}

/// The reason as it may be kept. The customer is told it.
fn check_reason(reason: &str) -> Result<String, Error> {
    let reason = crate::draft::plain(reason);
    if standfast_guard::solicits(&reason).is_some() {
        return Err(Error::AsksForSecret);
    }
    let reason = crate::screening::Findings::default().text(reason.trim());
    if reason.is_empty() {
        return Err(Error::invalid("reason", "missing"));
    }
    if reason.len() > 300 {
        return Err(Error::invalid("reason", "too_long"));
    }
    Ok(reason)
}

/// Erases an entry inside a unit. The bytes leave the files by the job that is enqueued with it.
#[expect(clippy::too_many_arguments, reason = "all of them are what an erasure consists of")]
pub(crate) fn erase_entry(
    tx: &mut Tx,
    desk: &Desk,
    record: &mut Record,
    seq: i64,
    reason: &str,
    author: Author,
    now: Time,
) -> Result<(), Error> {
    let old = entry::find(tx, record.row.id, seq)?.ok_or(Error::NotFound)?;
    if old.text.is_none() && old.attachments.is_none() {
        return if old.erased_at.is_some() { Ok(()) } else { Err(Error::NotFound) };
    }
    destroy(tx, desk, record, &[old], Deed { reason, author, now })
}

/// Why, by whom and when something is erased.
#[derive(Clone, Copy)]
struct Deed<'a> {
    reason: &'a str,
    author: Author,
    now: Time,
}

/// Destroys entries, and what only they gave to the request's row.
fn destroy(
    tx: &mut Tx,
    desk: &Desk,
    record: &mut Record,
    words: &[EntryRow],
    deed: Deed<'_>,
) -> Result<(), Error> {
    let (id, Deed { reason, author, now }) = (record.row.id, deed);
    for EntryRow { seq, attachments, .. } in words {
        entry::erase(tx, id, *seq, now, reason)?;
        if attachments.is_some() {
            for file in attachment::list_of_entry(tx, id, *seq)? {
                attachment::erase(tx, file.id, now)?;
            }
        }
        if *seq == 1 {
            ERASED_SUBJECT.clone_into(&mut record.row.subject);
        }
        record.change(*seq, change::ERASED, String::new());
        record.tell(desk.entropy(), now, author, Event::Erased { seq: *seq, reason: reason.to_owned() })?;
    }
    record.row.last_text = String::new();
    if words.iter().any(|entry| entry.identifiers.is_some() || entry.intake.is_some()) {
        Fold::of_given(&entry::list_given(tx, id)?)?.write(&mut record.row);
    }
    scrub(tx, JobId(desk.id()), now)
}

/// Puts on the list that erased bytes leave the disk.
fn scrub(tx: &mut Tx, id: JobId, now: Time) -> Result<(), Error> {
    let job = NewJob { id, kind: "scrub", payload: "{}", run_at: now, dedupe: Some("scrub"), now };
    job::enqueue(tx, &job).map_err(Error::from)
}

#[cfg(test)]
mod tests;
