//! Erasing what an entry said: a secret, or something that must not be kept. The record still verifies.

use standfast_domain::{Author, Event, JobId, Permission, RequestId, Time};
use standfast_store::job::{self, NewJob};
use standfast_store::{Lane, Tx, attachment, entry};

use crate::record::{Record, change};
use crate::view::IdentifierView;
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
    let reason = crate::draft::plain(&reason);
    // The customer is told the reason.
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
    let id = record.row.id;
    let old = entry::find(tx, id, seq)?.ok_or(Error::NotFound)?;
    if old.text.is_none() && old.attachments.is_none() {
        return if old.erased_at.is_some() { Ok(()) } else { Err(Error::NotFound) };
    }
    entry::erase(tx, id, seq, now, reason)?;
    for file in attachment::list_of_entry(tx, id, seq)? {
        attachment::erase(tx, file.id, now)?;
    }
    if seq == 1 {
        ERASED_SUBJECT.clone_into(&mut record.row.subject);
    }
    record.row.last_text = String::new();
    forget_identifiers(tx, record, old.identifiers.as_deref())?;
    record.change(seq, change::ERASED, String::new());
    record.tell(desk.entropy(), now, author, Event::Erased { seq, reason: reason.to_owned() })?;
    job::enqueue(
        tx,
        &NewJob {
            id: JobId(desk.id()),
            kind: "scrub",
            payload: "{}",
            run_at: now,
            dedupe: Some("scrub"),
            now,
        },
    )?;
    Ok(())
}

/// Takes what was recognised in the erased words off the request, unless other words of it say the same.
fn forget_identifiers(tx: &mut Tx, record: &mut Record, erased: Option<&str>) -> Result<(), Error> {
    let read = |text: &str| serde_json::from_str::<Vec<IdentifierView>>(text).unwrap_or_default();
    let erased = erased.map(read).unwrap_or_default();
    if erased.is_empty() {
        return Ok(());
    }
    let others = entry::list_after(tx, record.row.id, 0, false, i64::MAX)?;
    let others: Vec<_> =
        others.iter().filter_map(|entry| entry.identifiers.as_deref()).flat_map(read).collect();
    let mut known = read(&record.row.identifiers);
    known.retain(|one| {
        erased.iter().all(|gone| gone.value != one.value) || others.iter().any(|o| o.value == one.value)
    });
    record.row.identifiers = serde_json::to_string(&known).map_err(|_| Error::Inconsistent("json"))?;
    Ok(())
}
