//! What the rest of a conversation tells about words: which of them are pieces of a phrase, and which digits are a key, because an
//! address that was named before or after derives from them.

use std::borrow::Cow;

use standfast_domain::{Author, Time};
use standfast_guard::{Context, SecretKind, mark, screen};
use standfast_store::request::RequestRow;
use standfast_store::{Tx, entry};

use crate::draft::{Draft, Said, plain};
use crate::erasure::erase_entry;
use crate::record::Record;
use crate::screening::Findings;
use crate::view::IdentifierView;
use crate::{Desk, Error, fold};

/// How many earlier texts are looked at for pieces of a phrase.
const EARLIER: i64 = 32;

/// Looks at the words together with the customer's earlier ones, and erases those that turn out to be pieces of a
/// phrase. What comes back may be stored.
pub(crate) fn screen_with_earlier(
    tx: &mut Tx,
    desk: &Desk,
    raw: &str,
    record: &mut Record,
    findings: &mut Findings,
    now: Time,
) -> Result<String, Error> {
    let earlier = entry::recent_texts(tx, record.row.id, EARLIER)?;
    // To the guard, a piece that was erased says that the rest of a phrase may still be coming.
    let piece = mark(SecretKind::PartialPhrase, None);
    let texts: Vec<&str> = earlier.iter().map(|(_, text)| text.as_deref().unwrap_or(&piece)).collect();
    // Also those that came beside the words: what they proved before must not be undone here.
    let known = [addresses(&record.row), findings.addresses()].concat();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let screened = screen(&plain(raw), &Context { earlier: &texts, addresses: &known });
    findings.take(&screened);
    for (seq, _) in screened.earlier_hits.iter().filter_map(|at| earlier.get(*at)) {
        erase_entry(tx, desk, record, *seq, "secret", Author::System, now)?;
    }
    Ok(screened.text)
}

/// Words as they may be stored on a request that names addresses already.
pub(crate) fn said_to<'a>(words: &'a Draft, row: &RequestRow) -> Result<Cow<'a, Said>, Error> {
    if !words.said.findings.names_hash() {
        return Ok(Cow::Borrowed(&words.said));
    }
    let known = addresses(row);
    if known.is_empty() { Ok(Cow::Borrowed(&words.said)) } else { words.raw.screen(&known).map(Cow::Owned) }
}

/// Erases earlier entries with digits that were taken for the hash of a transaction, and are the key of an address that is named
/// only now.
pub(crate) fn erase_proven_keys(
    tx: &mut Tx,
    desk: &Desk,
    record: &mut Record,
    findings: &mut Findings,
    now: Time,
) -> Result<(), Error> {
    let named = findings.addresses();
    if named.is_empty() {
        return Ok(());
    }
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    let keys: Vec<String> = fold::identifiers(&record.row)
        .into_iter()
        .filter(|one| one.is_hash() && is_key_of(&one.value, &named))
        .map(|one| one.value)
        .collect();
    if keys.is_empty() {
        return Ok(());
    }
    findings.add_key();
    for (seq, identifiers) in entry::list_identifiers(tx, record.row.id)? {
        let held: Vec<IdentifierView> = serde_json::from_str(&identifiers).unwrap_or_default();
        if held.iter().any(|one| keys.contains(&one.value)) {
            erase_entry(tx, desk, record, seq, "secret", Author::System, now)?;
        }
    }
    Ok(())
}

/// Whether one of the addresses derives from the digits.
fn is_key_of(digits: &str, addresses: &[&str]) -> bool {
    let context = Context { earlier: &[], addresses };
    screen(&format!("transaction hash: {digits}"), &context).findings.iter().any(|found| found.certain)
}

fn addresses(row: &RequestRow) -> Vec<String> {
    fold::identifiers(row).into_iter().filter(IdentifierView::is_address).map(|one| one.value).collect()
}
