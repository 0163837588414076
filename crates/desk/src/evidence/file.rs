//! Files in which digits turn out to be a key, because an address that was named beside or after them derives from them.
//!
//! Such a file is screened again with the addresses: outside of a unit, since that takes a while. Its new bytes lie on the disk
//! before the unit that names them commits, and the old ones leave it by a job that the unit puts on the list. What a message
//! proves is looked at before it is written, so that its receipt says so; whatever that leaves is looked at by a job.

use serde::{Deserialize, Serialize};
use standfast_domain::{AttachmentId, Author, CustomerId, Event, JobId, RequestId, RequestNumber, Time};
use standfast_store::attachment::{self, AttachmentRow};
use standfast_store::job::{self, Claimed, NewJob};
use standfast_store::{Lane, Rd, Tx, customer, request};

use super::{addresses_of_files, addresses_of_words};
use crate::attachment::{
    Bound, Text, addresses_in, bind, blob, is_unproven, keep_text, screen_apart, screen_soon,
};
use crate::caller::{Customer, hex};
use crate::draft::Draft;
use crate::erasure::scrub;
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

/// What a message proves of files that come with it, and of the latest that came before. Nothing of this is in force yet.
pub(crate) async fn look_before(desk: &Desk, caller: &Customer, words: &Draft) -> Result<Vec<Proven>, Error> {
    let named = words.said.findings.addresses();
    if words.attachments.is_empty() && (named.is_empty() || !has_unproven(desk, caller).await?) {
        return Ok(Vec::new());
    }
    let (caller, ids) = (caller.clone(), words.attachments.clone());
    let read = desk.store().read(move |rd| files_before(rd, &caller, &ids, named));
    let (mut files, known) = read.await?;
    let mut room = WAITED_FOR_BYTES;
    files.retain(|file| {
        room -= file.size;
        room >= 0
    });
    look_again(desk, files, &known, false).await
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
        if !known.is_empty() {
            files.extend(attachment::list_unproven(rd, customer, AttachmentId(0), WAITED_FOR)?);
        }
        if files.iter().any(is_unproven) {
            known.extend(addresses_of_words(rd, customer)?);
            known.extend(addresses_of_files(rd, customer)?);
        }
    }
    files.retain(is_unproven);
    Ok((files, known))
}

/// Screens files by these addresses, and writes those without their keys in which some are found. Who waits for a
/// receipt leaves out what others are in the way of.
async fn look_again(
    desk: &Desk,
    files: Vec<AttachmentRow>,
    known: &[String],
    waits: bool,
) -> Result<Vec<Proven>, Error> {
    let mut proven = Vec::new();
    if known.is_empty() {
        return Ok(proven);
    }
    for file in files {
        let bytes = match tokio::fs::read(blob(desk.files(), &file.sha256)).await {
            Ok(bytes) => bytes,
            // Erased meanwhile.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error.into()),
        };
        let read = if waits {
            Some(screen_apart(bytes, known.to_vec(), false).await?)
        } else {
            screen_soon(bytes, known.to_vec()).await?
        };
        let Some(text) = read.map(|read| Text::of(read.screened)) else { continue };
        if !text.findings.iter().any(|found| found.kind.is_exposure()) {
            continue;
        }
        let mut findings = Findings::default();
        findings.add_codes(&file.findings);
        findings.take_file(&text);
        let sha256 = keep_text(desk, &text.bytes).await?;
        let size = i64::try_from(text.bytes.len()).unwrap_or(i64::MAX);
        let (findings, unproven) = (findings.codes(), Some(text.unproven));
        let was = file.sha256.clone();
        let file = AttachmentRow { sha256, size, findings, unproven, ..file };
        proven.push(Proven { file, was, remains: AttachmentId(desk.id()) });
    }
    Ok(proven)
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
        match (row.request_id, held.as_deref_mut()) {
            (None, _) => replace(tx, desk, one, now)?,
            (Some(id), Some(record)) if id == record.row.id => redact(tx, desk, record, one, now)?,
            (Some(id), _) => {
                let mut other = Record::lock(tx, id)?;
                redact(tx, desk, &mut other, one, now)?;
                other.save(tx, desk.keys(), now)?;
            }
        }
        findings.add_codes(&one.file.findings);
    }
    bind(tx, &caller.scope(), &words.attachments, findings)
}

/// A file as it is now; nothing where it is not what it was any more.
fn as_it_was(tx: &mut Tx, one: &Proven) -> Result<Option<AttachmentRow>, Error> {
    let row = attachment::find(tx, one.file.id)?;
    Ok(row.filter(|row| row.erased_at.is_none() && row.sha256 == one.was))
}

/// Takes a key out of a file of a record, which says so.
fn redact(tx: &mut Tx, desk: &Desk, record: &mut Record, one: &Proven, now: Time) -> Result<(), Error> {
    let seq = one.file.seq.ok_or(Error::Inconsistent("attachment"))?;
    replace(tx, desk, one, now)?;
    let (file, size, sha256) = (one.file.id, one.file.size, hex(&one.file.sha256));
    let event = Event::FileRedacted { seq, file, size, sha256 };
    record.tell(desk.entropy(), now, Author::System, event)?;
    Ok(())
}

/// Gives a file its new bytes; the old ones leave the disk by a job.
fn replace(tx: &mut Tx, desk: &Desk, one: &Proven, now: Time) -> Result<(), Error> {
    attachment::replace(tx, &one.file)?;
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
    scrub(tx, JobId(desk.id()), now)
}

/// What the job is to do.
#[derive(Serialize, Deserialize)]
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
    let names = || !findings.addresses().is_empty() || !files.addresses().is_empty();
    let wanted = files.are_unproven() || names() && is_any_unproven(tx, record)?;
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

fn enqueue(tx: &mut Tx, desk: &Desk, order: &Order, now: Time) -> Result<(), Error> {
    let payload = serde_json::to_string(order).map_err(|_| Error::Inconsistent("job payload"))?;
    let key = format!("{PROVE} {}", order.customer);
    // What goes on must not keep what begins anew from the list.
    let dedupe = order.after.is_none().then_some(&*key);
    let id = JobId(desk.id());
    job::enqueue(tx, &NewJob { id, kind: PROVE, payload: &payload, run_at: now, dedupe, now })
        .map_err(Error::from)
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
            let known = if files.is_empty() {
                Vec::new()
            } else {
                [addresses_of_words(rd, customer)?, addresses_of_files(rd, customer)?].concat()
            };
            Ok::<_, Error>((files, known))
        })
        .await?;
    let next = files.last().map(|file| file.id).filter(|_| i64::try_from(files.len()) == Ok(AT_ONCE));
    for one in look_again(desk, files, &known, true).await? {
        let (unit_desk, request, now) = (desk.clone(), order.request, desk.now());
        let told = desk
            .store()
            .write(Lane::AtRisk, request.0, move |tx| redact_after(tx, &unit_desk, &one, request, now));
        if let Some((number, known)) = told.await? {
            desk.numbers().note(number, known.id, known.at_risk);
        }
    }
    let (unit_desk, claim, now) = (desk.clone(), claim.clone(), desk.now());
    desk.store()
        .write(Lane::Background, 0, move |tx| {
            if next.is_some() {
                enqueue(tx, &unit_desk, &Order { after: next, ..order }, now)?;
            }
            job::complete(tx, &claim).map_err(Error::from)
        })
        .await
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
    if id == told.row.id {
        redact(tx, desk, &mut told, one, now)?;
    } else {
        let mut other = Record::lock(tx, id)?;
        redact(tx, desk, &mut other, one, now)?;
        other.save(tx, desk.keys(), now)?;
    }
    let mut findings = Findings::default();
    findings.add_codes(&one.file.findings);
    note_risk(desk, &mut told, &findings, now)?;
    let row = told.save(tx, desk.keys(), now)?;
    Ok(Some((row.number, Known { id: row.id, at_risk: row.at_risk })))
}
