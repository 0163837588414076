//! Erasing what was said: an entry that holds a secret or something that must not be kept, or all that a customer told.
//! The records still verify.

use serde::{Deserialize, Serialize};
use standfast_domain::{AgentId, Author, CustomerId, Event, JobId, Permission, RequestId, Time};
use standfast_store::entry::EntryRow;
use standfast_store::job::{self, Claimed, NewJob};
use standfast_store::{Lane, Tx, answer_mail, attachment, customer, entry, outbox, request};

use crate::fold::Fold;
use crate::record::{Record, change};
use crate::{AgentCaller, Desk, Error};

/// What lists show where the first words were erased.
const ERASED_SUBJECT: &str = "…";
/// Longest reason, in characters.
const REASON: usize = 300;
/// Most entries that one unit erases.
const AT_ONCE: i64 = 200;

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
    if reason.chars().count() > REASON {
        return Err(Error::invalid("reason", "too_long"));
    }
    Ok(reason)
}

/// What is left to do of the erasure of a customer.
#[derive(Serialize, Deserialize)]
struct Order {
    customer: CustomerId,
    agent: AgentId,
    reason: String,
    /// What is written after this was not meant.
    before: i64,
}

/// Erases a customer: name and address now, and then, by a job that survives a restart, all that the customer has
/// written so far, with its files and what came with it. Doing it again does no harm. What agents wrote stays.
pub async fn erase_customer(
    desk: &Desk,
    agent: &AgentCaller,
    id: CustomerId,
    reason: String,
) -> Result<(), Error> {
    agent.require(Permission::EraseTexts)?;
    let (now, job, scrubbing) = (desk.now(), JobId(desk.id()), JobId(desk.id()));
    let order = Order { customer: id, agent: agent.id, reason: check_reason(&reason)?, before: now.0 };
    let payload = serde_json::to_string(&order).map_err(|_| Error::Inconsistent("job payload"))?;
    desk.store()
        .write(Lane::Ordinary, id.0, move |tx| {
            customer::find(tx, id)?.ok_or(Error::NotFound)?;
            for part in customer::list_parts(tx, id)? {
                customer::erase(tx, part)?;
                answer_mail::erase(tx, part)?;
            }
            let kind = "erase_customer";
            job::enqueue(tx, &NewJob { id: job, kind, payload: &payload, run_at: now, dedupe: None, now })?;
            scrub(tx, scrubbing, now)
        })
        .await
}

/// Does what [`erase_customer`] has put on the list: request by request, each in short units.
pub(crate) async fn carry_out(desk: &Desk, claim: &Claimed) -> Result<(), Error> {
    let order: Order =
        serde_json::from_str(&claim.payload).map_err(|_| Error::Inconsistent("job payload"))?;
    let order = std::sync::Arc::new(order);
    let id = order.customer;
    // Whoever became part of another customer since then wrote what is now among that customer's requests.
    let (authors, requests) = desk
        .store()
        .read(move |rd| {
            let whole = customer::find_whole(rd, id)?.ok_or(Error::Inconsistent("customer"))?;
            Ok::<_, Error>((customer::list_parts(rd, id)?, request::list_ids_of_customer(rd, whole)?))
        })
        .await?;
    let authors = std::sync::Arc::new(authors);
    for request in requests {
        // Until nothing is left.
        while {
            let (desk, order, authors) = (desk.clone(), order.clone(), authors.clone());
            let store = desk.store().clone();
            let now = desk.now();
            let unit = move |tx: &mut Tx| erase_some(tx, &desk, request, &authors, &order, now);
            store.write(Lane::Background, request.0, unit).await?
        } {}
    }
    Ok(())
}

/// Erases the next words of these customers on a request; false when none were left.
fn erase_some(
    tx: &mut Tx,
    desk: &Desk,
    id: RequestId,
    authors: &[CustomerId],
    order: &Order,
    now: Time,
) -> Result<bool, Error> {
    let mut record = Record::lock(tx, id)?;
    let mut words = Vec::new();
    for author in authors {
        words.extend(entry::list_words(tx, id, *author, Time(order.before), AT_ONCE)?);
    }
    if words.is_empty() {
        // Whoever has the request open still sees the name.
        outbox::append(tx, id, record.row.last_seq, change::ROW, "", now)?;
        return Ok(false);
    }
    words.sort_unstable_by_key(|entry| entry.seq);
    words.truncate(usize::try_from(AT_ONCE).unwrap_or(usize::MAX));
    let deed = Deed { reason: &order.reason, author: Author::Agent(order.agent), now };
    destroy(tx, desk, &mut record, &words, deed)?;
    record.save(tx, desk.keys(), now)?;
    Ok(true)
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
pub(crate) fn scrub(tx: &mut Tx, id: JobId, now: Time) -> Result<(), Error> {
    let job = NewJob { id, kind: "scrub", payload: "{}", run_at: now, dedupe: Some("scrub"), now };
    job::enqueue(tx, &job).map_err(Error::from)
}

#[cfg(test)]
mod tests;
