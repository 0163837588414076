//! Public identifiers: what a customer may well give, with the chain it belongs to.

mod bitcoin;
mod evm;
mod solana;
mod ton;
mod tron;

use std::ops::Range;

use crate::api::{Chain, Checksum, Identifier, IdentifierKind};
use crate::key::{self, Secret};
use crate::scan::{Found, Hit, Scan};

/// An identifier as read, with the bytes that a derived key is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recognised {
    pub(crate) kind: IdentifierKind,
    pub(crate) chain: Chain,
    pub(crate) checksum: Checksum,
    pub(crate) payload: Payload,
}

/// What an address commits to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payload {
    /// Nothing that a key can be compared with.
    None,
    /// The hash of a public key or script.
    Hash([u8; 20]),
    /// A public key, or a longer hash.
    Key([u8; 32]),
}

impl Recognised {
    fn address(chain: Chain, checksum: Checksum, payload: Payload) -> Self {
        Self { kind: IdentifierKind::Address, chain, checksum, payload }
    }

    pub(crate) fn at(&self, text: &str, span: Range<usize>) -> Identifier {
        let value = text.get(span.clone()).unwrap_or_default().to_owned();
        Identifier { kind: self.kind, chain: self.chain, value, checksum: self.checksum, span, key: None }
    }
}

/// Reads one word: letters and digits, and for TON `-` and `_`.
pub(crate) fn recognise(word: &str) -> Option<Recognised> {
    if word.len() < 25 || word.len() > 128 {
        return None;
    }
    evm::address(word)
        .or_else(|| tron::hex_address(word))
        .or_else(|| ton::address(word))
        .or_else(|| bitcoin::segwit(word))
        .or_else(|| base58(word))
}

fn base58(word: &str) -> Option<Recognised> {
    let bytes = key::base58(word)?;
    if let Some(payload) = key::checked(&bytes) {
        return tron::address(payload)
            .or_else(|| bitcoin::address(payload))
            .or_else(|| key::extended_public(payload));
    }
    solana::recognise(word, &bytes)
}

/// What a word is, if anything: the secrets that can be read alone, and the public identifiers.
#[derive(Debug)]
pub(crate) enum Reading {
    Secret(Secret),
    Public(Recognised),
}

/// Reads a word of letters and digits once, for both purposes.
pub(crate) fn read(word: &str) -> Option<Reading> {
    key::read(word).map(Reading::Secret).or_else(|| recognise(word).map(Reading::Public))
}

/// The shortest word that can be an address.
const MIN_WORD: usize = 25;

/// Reads every long word of a folded text; addresses are remembered for keys that may derive them.
pub(crate) fn find(folded: &str, scan: &mut Scan<'_>, found: &mut Found) {
    let mut at = 0;
    // TON writes `-` and `_` inside an address.
    for word in folded.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))) {
        let start = at;
        at += word.len();
        if word.len() < MIN_WORD {
            continue;
        }
        let whole = word.trim_end_matches(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
        if let Some(address) = ton::address(whole) {
            scan.name(address.payload);
            found.identifiers.push(address.at(folded, start..start + whole.len()));
            continue;
        }
        let mut next = start;
        for part in whole.split(['-', '_']) {
            let place = next..next + part.len();
            next = place.end + 1;
            // Pairs of keys cost a derivation each.
            if part.len() < MIN_WORD || (part.len() >= 86 && !scan.may_derive()) {
                continue;
            }
            match read(part) {
                Some(Reading::Secret(secret)) => {
                    found.hits.push(Hit::new(secret.kind, place, secret.certain));
                }
                Some(Reading::Public(public)) => {
                    scan.name(public.payload);
                    found.identifiers.push(public.at(folded, place));
                }
                None => {}
            }
        }
    }
}
