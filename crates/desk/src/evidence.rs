//! What the rest of a conversation tells about words: which of them are pieces of a phrase, and which digits are a key, because an
//! address that was named before or after derives from them.

use std::borrow::Cow;
use std::collections::HashSet;

use standfast_domain::{Author, CustomerId, RequestId, Time};
use standfast_guard::{Addresses, Context, SecretKind, mark, screen};
use standfast_store::request::RequestRow;
use standfast_store::{Foresight, Rd, Tx, attachment, customer, entry, request};

use crate::attachment::{Bound, addresses_in};
use crate::draft::{Draft, Said, plain};
use crate::erasure::erase_entry;
use crate::record::Record;
use crate::screening::Findings;
use crate::view::IdentifierView;
use crate::{Desk, Error, fold};

use file::look_after;
pub(crate) use file::{PROVE, Proven, bring, look_after_reply, look_after_uniting, look_before, prove_files};
pub(crate) use hidden::keep_hidden;
use hidden::{hides, hides_key, macs_of};

mod file;
mod hidden;

/// How many earlier texts are looked at for pieces of a phrase.
const EARLIER: i64 = 32;
/// How many of a customer's requests are looked at for addresses and for keys of them.
const REQUESTS: i64 = 8;
/// How many of a customer's files are looked at for addresses.
const FILES: i64 = 32;

/// Looks at the words together with the customer's earlier ones, and erases those that turn out to be pieces of a
/// phrase. What comes back may be stored. `words` are the words as they came, and the addresses by which they were screened.
pub(crate) fn screen_with_earlier(
    tx: &mut Tx,
    desk: &Desk,
    words: (&str, &[String]),
    record: &mut Record,
    findings: &mut Findings,
    now: Time,
) -> Result<String, Error> {
    let (raw, known) = words;
    let earlier = entry::recent_texts(tx, record.row.id, EARLIER)?;
    // To the guard, a piece that was erased says that the rest of a phrase may still be coming.
    let piece = mark(SecretKind::PartialPhrase, None);
    let texts: Vec<&str> = earlier.iter().map(|(_, text)| text.as_deref().unwrap_or(&piece)).collect();
    // Also those that came beside the words, and all that proved anything before: that must not be undone here.
    let known = [known, &addresses(&record.row), &findings.addresses()].concat();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let screened = screen(&plain(raw), &Context { earlier: &texts, addresses: &known });
    findings.take(&screened);
    for (seq, _) in screened.earlier_hits.iter().filter_map(|at| earlier.get(*at)) {
        erase_entry(tx, desk, record, *seq, "secret", Author::System, now)?;
    }
    Ok(screened.text)
}

/// The customer's latest requests, found by the one that words are `on`, if there is one.
fn requests_of(
    rd: &mut Rd,
    customer: CustomerId,
    on: Option<RequestId>,
) -> Result<Vec<RequestRow>, standfast_store::Error> {
    match on {
        Some(id) => request::list_beside(rd, id, customer, REQUESTS),
        None => request::list_of_customer(rd, customer, REQUESTS),
    }
}

/// Foresees what will be read for words on this request.
pub(crate) fn foresee(foresight: &mut Foresight, id: RequestId, words: &Draft) {
    if words.may_be_piece {
        entry::foresee_recent_texts(foresight, id, EARLIER);
    }
    if words.said.findings.may_hold_key() || !words.said.findings.addresses().is_empty() {
        request::foresee_beside(foresight, id, REQUESTS);
        attachment::foresee_unproven_beside(foresight, id);
    }
}

/// Words as they may be stored of a customer who has named addresses already, on the request that they go to or on another; and
/// these addresses, where they were looked at.
pub(crate) fn said_by<'a>(
    rd: &mut Rd,
    words: &'a Draft,
    customer: CustomerId,
    row: Option<&RequestRow>,
) -> Result<(Cow<'a, Said>, Vec<String>), Error> {
    if !words.said.findings.may_hold_key() {
        return Ok((Cow::Borrowed(&words.said), Vec::new()));
    }
    let mut known = addresses_of(rd, customer, row.map(|row| row.id))?;
    known.extend(row.map(addresses).unwrap_or_default());
    for id in &words.attachments {
        known.extend(attachment::find(rd, *id)?.iter().flat_map(addresses_in));
    }
    let said =
        if known.is_empty() { Cow::Borrowed(&words.said) } else { Cow::Owned(words.raw.screen(&known)?) };
    Ok((said, known))
}

/// The addresses that whoever keeps files under this scope has named.
pub(crate) async fn addresses_of_scope(desk: &Desk, scope: &str) -> Result<Vec<String>, Error> {
    let scope = scope.to_owned();
    desk.store()
        .read(move |rd| match scope.split_once(':') {
            Some(("v", subject)) => match customer::find_by_identity(rd, "visitor", subject)? {
                Some(customer) => addresses_of(rd, customer, None),
                None => Ok(Vec::new()),
            },
            Some(("l", id)) => match id.parse().ok().map(|id| request::find(rd, id)).transpose()?.flatten() {
                Some(row) => addresses_of(rd, row.customer_id, None),
                None => Ok(Vec::new()),
            },
            _ => Ok(Vec::new()),
        })
        .await
}

/// Does what words and their files say of earlier ones: their keys are erased, or put on the list to be, and those of files.
pub(crate) fn look_back(
    tx: &mut Tx,
    desk: &Desk,
    record: &mut Record,
    files: &Bound,
    findings: &mut Findings,
    now: Time,
) -> Result<(), Error> {
    erase_proven_keys(tx, desk, record, files, findings, now)?;
    look_after(tx, desk, record, files, findings, now)
}

/// Erases earlier entries of the customer with digits that were taken for the hash of a transaction, and are the key of an address
/// that is named only now, by the words or by one of the files: on this request, and on the others.
fn erase_proven_keys(
    tx: &mut Tx,
    desk: &Desk,
    record: &mut Record,
    files: &Bound,
    findings: &mut Findings,
    now: Time,
) -> Result<(), Error> {
    let named = [findings.addresses(), files.addresses()].concat();
    if named.is_empty() {
        return Ok(());
    }
    let on = Some(record.row.id).filter(|_| !record.is_new());
    let mut rows = requests_of(tx, record.row.customer_id, on)?;
    rows.retain(|row| row.id != record.row.id);
    let mut found = proves_hidden(tx, desk, record, &rows, &named)?;
    let named = Addresses::read(&named.iter().map(String::as_str).collect::<Vec<_>>());
    found |= erase_keys_of(tx, desk, record, &named, now)?;
    for row in rows {
        if proven(&row, &named).is_empty() {
            continue;
        }
        let mut other = Record::lock(tx, row.id)?;
        found |= erase_keys_of(tx, desk, &mut other, &named, now)?;
        other.save(tx, desk.keys(), now)?;
    }
    if found {
        findings.add_key();
    }
    Ok(())
}

/// Whether digits that were masked on this request or on the customer's others are the key of an address that nobody has named there
/// before. The digits are gone already: it is told once.
fn proves_hidden(
    rd: &mut Rd,
    desk: &Desk,
    record: &Record,
    rows: &[RequestRow],
    named: &[String],
) -> Result<bool, Error> {
    let all = || rows.iter().chain([&record.row]);
    if !all().any(hides) {
        return Ok(false);
    }
    let mut before: HashSet<String> = all().flat_map(addresses).collect();
    before.extend(addresses_of_files(rd, record.row.customer_id)?);
    let fresh: Vec<&str> = named.iter().filter(|one| !before.contains(*one)).map(String::as_str).collect();
    let fresh = macs_of(desk.keys(), &Addresses::read(&fresh));
    Ok(all().any(|row| hides_key(row, &fresh)))
}

/// Erases what a record holds of keys of these addresses; false when there was nothing.
fn erase_keys_of(
    tx: &mut Tx,
    desk: &Desk,
    record: &mut Record,
    named: &Addresses,
    now: Time,
) -> Result<bool, Error> {
    let keys = proven(&record.row, named);
    if keys.is_empty() {
        return Ok(false);
    }
    for (seq, identifiers) in entry::list_identifiers(tx, record.row.id)? {
        let held: Vec<IdentifierView> = serde_json::from_str(&identifiers).unwrap_or_default();
        if held.iter().any(|one| keys.contains(&one.value)) {
            erase_entry(tx, desk, record, seq, "secret", Author::System, now)?;
        }
    }
    Ok(true)
}

/// What a request took for hashes and is the key of one of these addresses.
fn proven(row: &RequestRow, named: &Addresses) -> Vec<String> {
    let hashes = fold::identifiers(row).into_iter().filter(IdentifierView::is_hash).map(|one| one.value);
    hashes.filter(|digits| named.derive_from(digits)).collect()
}

fn addresses(row: &RequestRow) -> Vec<String> {
    fold::identifiers(row).into_iter().filter(IdentifierView::is_address).map(|one| one.value).collect()
}

/// What the customer named in the latest requests, and what the latest files name.
fn addresses_of(rd: &mut Rd, customer: CustomerId, on: Option<RequestId>) -> Result<Vec<String>, Error> {
    let rows = requests_of(rd, customer, on)?;
    let mut known: Vec<String> = rows.iter().flat_map(addresses).collect();
    known.extend(addresses_of_files(rd, customer)?);
    Ok(known)
}

/// What the customer named in words of the latest requests, each of them once, the latest first: a request's row keeps only so many.
fn addresses_of_words(rd: &mut Rd, customer: CustomerId) -> Result<Vec<String>, Error> {
    let mut named = Vec::new();
    let mut seen = HashSet::new();
    for row in request::list_of_customer(rd, customer, REQUESTS)? {
        for (_, identifiers) in entry::list_identifiers(rd, row.id)?.into_iter().rev() {
            let held: Vec<IdentifierView> = serde_json::from_str(&identifiers).unwrap_or_default();
            let addresses = held.into_iter().filter(IdentifierView::is_address).map(|one| one.value);
            named.extend(addresses.filter(|one| seen.insert(one.clone())));
        }
    }
    Ok(named)
}

/// What the customer's latest files name.
fn addresses_of_files(rd: &mut Rd, customer: CustomerId) -> Result<Vec<String>, Error> {
    let lists = attachment::list_addresses(rd, customer, FILES)?;
    let named = lists.iter().map(|list| serde_json::from_str::<Vec<String>>(list).unwrap_or_default());
    Ok(named.flatten().collect())
}

#[cfg(test)]
mod tests;
