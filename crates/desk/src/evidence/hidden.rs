//! Digits that were masked because nobody knew whether they are a key. They are not kept; what their addresses commit to is, under a
//! key of the desk, so that an address which is named later still tells that a key was exposed.

use std::collections::HashSet;

use standfast_guard::Addresses;
use standfast_store::request::RequestRow;

use crate::keys::Keys;
use crate::screening::Findings;
use crate::view::IdentifierView;
use crate::{caller::hex, fold};

/// Bytes of each MAC: that one of a few thousand fits by chance happens once in a quadrillion.
const MAC: usize = 8;

/// Adds what is kept of masked digits to what was recognised in the words.
pub(crate) fn keep_hidden(keys: &Keys, findings: &mut Findings) {
    for digits in &findings.hidden {
        let macs: Vec<String> = digits.commitments().iter().map(|one| mac(keys, one)).collect();
        findings.identifiers.push(IdentifierView::hidden(macs.join(",")));
    }
}

/// MACs of what these addresses commit to.
pub(crate) fn macs_of(keys: &Keys, addresses: &Addresses) -> HashSet<String> {
    addresses.commitments().map(|one| mac(keys, one)).collect()
}

/// Whether digits were masked on this request.
pub(crate) fn hides(row: &RequestRow) -> bool {
    row.identifiers.contains(IdentifierView::HIDDEN)
        && fold::identifiers(row).iter().any(IdentifierView::is_hidden)
}

/// Whether digits that were masked on this request are the key of an address with one of these MACs.
pub(crate) fn hides_key(row: &RequestRow, macs: &HashSet<String>) -> bool {
    let kept = fold::identifiers(row);
    kept.iter().filter(|one| one.is_hidden()).any(|one| one.value.split(',').any(|mac| macs.contains(mac)))
}

fn mac(keys: &Keys, commitment: &[u8]) -> String {
    hex(keys.hidden_mac(commitment).get(..MAC).unwrap_or_default())
}
