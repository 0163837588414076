//! Files in which digits turn out to be a key, because an address that was named beside or after them derives from them.
//!
//! Such a file is screened again with the addresses: outside of a unit, since that takes a while. Its new bytes lie on the disk
//! before the unit that names them commits, and the old ones leave it by a job that the unit puts on the list. What a message
//! proves is looked at before it is written, so that its receipt says so; whatever that leaves is looked at by a job.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use standfast_domain::{AttachmentId, Author, CustomerId, Event, JobId, RequestId, RequestNumber, Time};
use standfast_store::attachment::{self, AttachmentRow};
use standfast_store::job::{self, Claimed, NewJob};
use standfast_store::{Lane, Rd, Tx, customer, entry, request};

use super::{addresses, addresses_of_files, addresses_of_words};
use crate::attachment::{Bound, Text, addresses_in, bind, blob, is_unproven, keep_text, screen_apart};
use crate::caller::{Customer, hex};
use crate::draft::Draft;
use crate::erasure::scrub;
use crate::jobs::LEASE;
use crate::numbers::Known;
use crate::receive::goes_on;
use crate::record::Record;
use crate::screening::Findings;
use crate::triage::note_risk;
use crate::{Desk, Error};

/// The job that looks at files again.
pub(crate) const PROVE: &str = "prove_files";
/// Files that one claim of the job looks at.
const AT_ONCE: i64 = 8;
/// Earlier files that are looked at while a customer waits for the receipt, and their size together with that of new ones.
const WAITED_FOR: i64 = 4;
const WAITED_FOR_BYTES: i64 = 256 << 10;

/// How long all of that may take.
const WAITED_FOR_TIME: Duration = Duration::from_secs(1);

/// A file with a key in it, without the key.
#[derive(Clone, Debug)]
pub(crate) struct Proven {
    /// As it is to be kept.
    file: AttachmentRow,
    /// The hash of what it was.
    was: Vec<u8>,
    /// Of the row that remembers what it was until that has left the disk.
    remains: AttachmentId,
}

/// What a message proves of files that come with it, and of the latest that came before. Nothing of this is in force yet. What is
/// not known in time, or cannot be, keeps no words out: the job looks at it then.
pub(crate) async fn look_before(desk: &Desk, caller: &Customer, words: &Draft) -> Vec<Proven> {
    let mut proven = Vec::new();
    let looked = tokio::time::timeout(WAITED_FOR_TIME, prove_before(desk, caller, words, &mut proven)).await;
    if let Ok(Err(error)) = looked {
        tracing::warn!(code = error.code(), "files were not looked at before the receipt");
    }
    proven
}

async fn prove_before(
    desk: &Desk,
    caller: &Customer,
    words: &Draft,
    proven: &mut Vec<Proven>,
) -> Result<(), Error> {
    let named = words.said.findings.addresses();
    if words.attachments.is_empty() && (named.is_empty() || !has_unproven(desk, caller).await?) {
        return Ok(());
    }
    let (caller, ids) = (caller.clone(), words.attachments.clone());
    let read = desk.store().read(move |rd| files_before(rd, &caller, &ids, named));
    let (files, known) = read.await?;
    // The last space is for words.
    if files.is_empty() || known.is_empty() || standfast_store::is_nearly_full(desk.files()) {
        return Ok(());
    }
    let mut room = WAITED_FOR_BYTES;
    for file in files {
        room -= file.size;
        if room < 0 {
            continue;
        }
        if let Some(Look::Proven(one)) = look_again(desk, file, &known).await? {
            proven.push(one);
        }
    }
    Ok(())
}

/// Whether an address could prove anything in files that came before: for most who name one there are none, and one read tells.
async fn has_unproven(desk: &Desk, caller: &Customer) -> Result<bool, Error> {
    let caller = caller.clone();
    let read = desk.store().read(move |rd| match &caller {
        Customer::Visitor(visitor) => attachment::is_unproven_of_visitor(rd, visitor.subject()),
        Customer::Link(id) => attachment::is_unproven_of_request(rd, *id),
    });
    Ok(read.await?)
}

/// The files that a message may prove something of, and the addresses by which.
fn files_before(
    rd: &mut Rd,
    caller: &Customer,
    ids: &[AttachmentId],
    mut known: Vec<String>,
) -> Result<(Vec<AttachmentRow>, Vec<String>), Error> {
    let mut files = Vec::new();
    for id in ids {
        let own = |row: &AttachmentRow| row.owner == caller.scope() && row.request_id.is_none();
        if let Some(row) = attachment::find(rd, *id)?.filter(own) {
            known.extend(addresses_in(&row));
            files.push(row);
        }
    }
    let customer = match caller {
        Customer::Visitor(visitor) => customer::find_by_identity(rd, "visitor", visitor.subject())?,
        Customer::Link(id) => request::find(rd, *id)?.map(|row| row.customer_id),
    };
    if let Some(customer) = customer {
        let before = known_of(rd, customer)?;
        // By those that were known, files that came before were looked at then.
        if known.iter().any(|address| !before.contains(address)) {
            files.extend(attachment::list_latest_unproven(rd, customer, WAITED_FOR)?);
        }
        known.extend(before);
    }
    files.retain(is_unproven);
    Ok((files, known))
}

/// What a customer has named before, the latest first.
fn known_of(rd: &mut Rd, customer: CustomerId) -> Result<Vec<String>, Error> {
    Ok([addresses_of_words(rd, customer)?, addresses_of_files(rd, customer)?].concat())
}

/// What a look at a file has shown.
enum Look {
    /// A key.
    Proven(Proven),
    /// None, and whether an address could still prove one; with what it names.
    Noted(AttachmentRow),
}

/// Screens a file by these addresses, and writes it without its keys if some are found; nothing where it is gone.
async fn look_again(desk: &Desk, file: AttachmentRow, known: &[String]) -> Result<Option<Look>, Error> {
    let bytes = match tokio::fs::read(blob(desk.files(), &file.sha256)).await {
        Ok(bytes) => bytes,
        // Erased meanwhile.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let text = Text::of(screen_apart(bytes, known.to_vec(), false).await?.screened);
    if !text.findings.iter().any(|found| found.kind.is_exposure()) {
        let addresses = if file.unproven.is_none() { text.addresses()? } else { file.addresses.clone() };
        return Ok(Some(Look::Noted(AttachmentRow { unproven: Some(text.unproven), addresses, ..file })));
    }
    let mut findings = Findings::default();
    findings.add_codes(&file.findings);
    findings.take_file(&text);
    let sha256 = keep_text(desk, &text.bytes).await?;
    let size = i64::try_from(text.bytes.len()).unwrap_or(i64::MAX);
    let (findings, unproven) = (findings.codes(), Some(text.unproven));
    let was = file.sha256.clone();
    let file = AttachmentRow { sha256, size, findings, unproven, ..file };
    Ok(Some(Look::Proven(Proven { file, was, remains: AttachmentId(desk.id()) })))
}

/// The files that a message names, checked as [`bind`] does. Before that, files without their keys are put in the place of those
/// with them: of those that come with the words, and of those that came before, on the request that is held or on another.
pub(crate) fn bring(
    tx: &mut Tx,
    desk: &Desk,
    mut held: Option<&mut Record>,
    caller: &Customer,
    words: &Draft,
    findings: &mut Findings,
) -> Result<Bound, Error> {
    let now = words.now;
    for one in &words.proven {
        // One that is not as it was is left to the job.
        let Some(row) = as_it_was(tx, one)? else { continue };
        let taken = match (row.request_id, held.as_deref_mut()) {
            (None, _) => replace(tx, desk, one, now)?,
            (Some(id), Some(record)) if id == record.row.id => redact(tx, desk, record, one, now)?,
            (Some(id), _) => redact_elsewhere(tx, desk, id, one, now)?,
        };
        if taken {
            findings.add_codes(&one.file.findings);
        }
    }
    bind(tx, &caller.scope(), &words.attachments, findings)
}

/// A file as it is now; nothing where it is not what it was any more.
fn as_it_was(tx: &mut Tx, one: &Proven) -> Result<Option<AttachmentRow>, Error> {
    let row = attachment::find(tx, one.file.id)?;
    let same = |row: &AttachmentRow| {
        row.erased_at.is_none() && row.sha256 == one.was && row.request_id == one.file.request_id
    };
    Ok(row.filter(same))
}

/// Takes a key out of a file of a record that is held, which says so; false where the file was not as it was any more.
fn redact(tx: &mut Tx, desk: &Desk, record: &mut Record, one: &Proven, now: Time) -> Result<bool, Error> {
    let seq = one.file.seq.ok_or(Error::Inconsistent("attachment"))?;
    if !replace(tx, desk, one, now)? {
        return Ok(false);
    }
    let (file, size, sha256) = (one.file.id, one.file.size, hex(&one.file.sha256));
    let event = Event::FileRedacted { seq, file, size, sha256 };
    // The files of notes are none of the customer's.
    if entry::find(tx, record.row.id, seq)?.is_some_and(|entry| entry.visible) {
        record.tell(desk.entropy(), now, Author::System, event)?;
    } else {
        record.tell_desk(desk.entropy(), now, Author::System, event)?;
    }
    Ok(true)
}

/// The same for a request that is not held, which is put first by it, too.
fn redact_elsewhere(tx: &mut Tx, desk: &Desk, id: RequestId, one: &Proven, now: Time) -> Result<bool, Error> {
    let mut record = Record::lock(tx, id)?;
    if !redact(tx, desk, &mut record, one, now)? {
        return Ok(false);
    }
    // Of one that was merged, nobody works on it any more.
    if record.row.merged_into.is_none() {
        note_risk(desk, &mut record, &found_in(one), now)?;
    }
    record.save(tx, desk.keys(), now)?;
    Ok(true)
}

fn found_in(one: &Proven) -> Findings {
    let mut findings = Findings::default();
    findings.add_codes(&one.file.findings);
    findings
}

/// Gives a file its new bytes; the old ones leave the disk by a job. False where it was not as it was any more.
fn replace(tx: &mut Tx, desk: &Desk, one: &Proven, now: Time) -> Result<bool, Error> {
    if !attachment::replace(tx, &one.file, &one.was)? {
        return Ok(false);
    }
    let remains = AttachmentRow {
        id: one.remains,
        owner: String::new(),
        name: String::new(),
        media_type: one.file.media_type.clone(),
        size: 0,
        sha256: one.was.clone(),
        findings: String::new(),
        request_id: None,
        seq: None,
        created_at: now,
        erased_at: Some(now),
        unproven: Some(false),
        addresses: None,
    };
    attachment::insert(tx, &remains)?;
    scrub(tx, JobId(desk.id()), now)?;
    Ok(true)
}

/// What the job is to do.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Order {
    customer: CustomerId,
    /// Where the customer is told.
    request: RequestId,
    /// Files up to this one were looked at.
    after: Option<AttachmentId>,
}

/// Puts on the list that files are looked at again, where a message could prove something of one.
pub(super) fn look_after(
    tx: &mut Tx,
    desk: &Desk,
    record: &Record,
    files: &Bound,
    findings: &Findings,
    now: Time,
) -> Result<(), Error> {
    let customer = record.row.customer_id;
    let names_new = || {
        // By those that the request knows, files that came before were looked at, or will be.
        let known = addresses(&record.row);
        [findings.addresses(), files.addresses()].concat().iter().any(|one| !known.contains(one))
    };
    let wanted = files.are_unproven() || names_new() && is_any_unproven(tx, record)?;
    if !wanted {
        return Ok(());
    }
    enqueue(tx, desk, &Order { customer, request: record.row.id, after: None }, now)
}

/// Whether the customer has sent files before that an address could prove something in.
fn is_any_unproven(tx: &mut Tx, record: &Record) -> Result<bool, Error> {
    let (id, customer) = (record.row.id, record.row.customer_id);
    if record.is_new() {
        return Ok(!attachment::list_unproven(tx, customer, AttachmentId(0), 1)?.is_empty());
    }
    Ok(attachment::is_unproven_beside(tx, id, customer)?)
}

/// The same for files of the desk's own people.
pub(crate) fn look_after_reply(
    tx: &mut Tx,
    desk: &Desk,
    record: &Record,
    files: &Bound,
    now: Time,
) -> Result<(), Error> {
    if files.are_unproven() { look_after(tx, desk, record, files, &Findings::default(), now) } else { Ok(()) }
}

/// The same, where somebody turned out to be a customer who may have named what proves something.
pub(crate) fn look_after_uniting(
    tx: &mut Tx,
    desk: &Desk,
    customer: CustomerId,
    now: Time,
) -> Result<(), Error> {
    let first = attachment::list_unproven(tx, customer, AttachmentId(0), 1)?.pop();
    let Some(request) = first.and_then(|file| file.request_id) else { return Ok(()) };
    enqueue(tx, desk, &Order { customer, request, after: None }, now)
}

/// Puts an order on the list. Of one customer one waits at a time: whatever meets another there begins anew, so that no file is
/// left out.
fn enqueue(tx: &mut Tx, desk: &Desk, order: &Order, now: Time) -> Result<(), Error> {
    let json = |order: &Order| serde_json::to_string(order).map_err(|_| Error::Inconsistent("job payload"));
    let (payload, anew) = (json(order)?, json(&Order { after: None, ..*order })?);
    let key = format!("{PROVE} {}", order.customer);
    let id = JobId(desk.id());
    let job = NewJob { id, kind: PROVE, payload: &payload, run_at: now, dedupe: Some(&key), now };
    job::enqueue_or_change(tx, &job, &anew).map_err(Error::from)
}

/// Does what [`look_after`] has put on the list. Doing it again does no harm.
pub(crate) async fn prove_files(desk: &Desk, claim: &Claimed) -> Result<(), Error> {
    let order: Order =
        serde_json::from_str(&claim.payload).map_err(|_| Error::Inconsistent("job payload"))?;
    let (customer, after) = (order.customer, order.after.unwrap_or(AttachmentId(0)));
    let (files, known) = desk
        .store()
        .read(move |rd| {
            let customer = customer::find_whole(rd, customer)?.unwrap_or(customer);
            let files = attachment::list_unproven(rd, customer, after, AT_ONCE)?;
            let known = if files.is_empty() { Vec::new() } else { known_of(rd, customer)? };
            Ok::<_, Error>((files, known))
        })
        .await?;
    let next = files.last().map(|file| file.id).filter(|_| i64::try_from(files.len()) == Ok(AT_ONCE));
    let mut claim = claim.clone();
    for file in files {
        prove_file(desk, file, &known, order.request).await?;
        let (held, now) = (claim.clone(), desk.now());
        let renewed = desk
            .store()
            .write(Lane::Background, 0, move |tx| job::renew(tx, &held, now, LEASE).map_err(Error::from));
        claim = renewed.await?;
    }
    let (unit_desk, now) = (desk.clone(), desk.now());
    desk.store()
        .write(Lane::Background, 0, move |tx| {
            if next.is_some() {
                enqueue(tx, &unit_desk, &Order { after: next, ..order }, now)?;
            }
            job::complete(tx, &claim).map_err(Error::from)
        })
        .await
}

/// Looks at one file again, and does what that asks for.
async fn prove_file(
    desk: &Desk,
    file: AttachmentRow,
    known: &[String],
    request: RequestId,
) -> Result<(), Error> {
    let was = (file.unproven, file.addresses.clone());
    match look_again(desk, file, known).await? {
        Some(Look::Proven(one)) => {
            let (unit_desk, now) = (desk.clone(), desk.now());
            let told = desk
                .store()
                .write(Lane::AtRisk, request.0, move |tx| redact_after(tx, &unit_desk, &one, request, now));
            if let Some((number, known)) = told.await? {
                desk.numbers().note(number, known.id, known.at_risk);
            }
            Ok(())
        }
        Some(Look::Noted(file)) if was != (file.unproven, file.addresses.clone()) => {
            desk.store()
                .write(Lane::Background, 0, move |tx| attachment::note_look(tx, &file).map_err(Error::from))
                .await
        }
        Some(Look::Noted(_)) | None => Ok(()),
    }
}

/// Takes a key out of a file, and puts the request first whose words proved it: where that goes on, if it was merged meanwhile.
fn redact_after(
    tx: &mut Tx,
    desk: &Desk,
    one: &Proven,
    told: RequestId,
    now: Time,
) -> Result<Option<(RequestNumber, Known)>, Error> {
    let Some(id) = as_it_was(tx, one)?.and_then(|row| row.request_id) else { return Ok(None) };
    let told = Record::lock(tx, told)?;
    let mut told = goes_on(tx, told)?;
    let taken = if id == told.row.id {
        redact(tx, desk, &mut told, one, now)?
    } else {
        redact_elsewhere(tx, desk, id, one, now)?
    };
    if !taken {
        return Ok(None);
    }
    note_risk(desk, &mut told, &found_in(one), now)?;
    let row = told.save(tx, desk.keys(), now)?;
    Ok(Some((row.number, Known { id: row.id, at_risk: row.at_risk })))
}
