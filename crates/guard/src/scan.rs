//! What the detectors write into, and the limits they work under.

use std::ops::Range;

use crate::api::{Context, Finding, Identifier, SecretKind};
use crate::derive::{self, Known};
use crate::identifier::Payload;
use crate::normalise::Mapped;

/// Escapes and encodings are undone this often, one inside the other.
pub(crate) const MAX_DEPTH: u8 = 3;
/// Public keys derived for one text (each costs some 60 µs).
const MAX_DERIVATIONS: u32 = 48;
/// Public keys derived for one file: a log names thousands of transactions, and each of them may be the key.
const MAX_DERIVATIONS_OF_FILE: u32 = 8_192;
/// Mistyped words compared with a whole list, for one text (each costs some 30 µs).
const MAX_TYPO_SEARCHES: u32 = 64;

/// A secret in one layer of a text.
#[derive(Debug, Clone)]
pub(crate) struct Hit {
    pub(crate) finding: Finding,
    /// First and last digits, for unproven hex.
    pub(crate) masked: Option<String>,
}

impl Hit {
    pub(crate) fn new(kind: SecretKind, span: Range<usize>, certain: bool) -> Self {
        Self { finding: Finding { kind, span, words: None, certain }, masked: None }
    }

    pub(crate) fn phrase(kind: SecretKind, span: Range<usize>, words: usize, certain: bool) -> Self {
        let words = u8::try_from(words).unwrap_or(u8::MAX);
        Self { finding: Finding { kind, span, words: Some(words), certain }, masked: None }
    }
}

/// What was found in one layer of a text, by its places in that layer.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) hits: Vec<Hit>,
    pub(crate) identifiers: Vec<Identifier>,
}

impl Found {
    /// Takes over what was found in a text made from this one.
    pub(crate) fn absorb(&mut self, inner: Self, layer: &Mapped<'_>) {
        for mut hit in inner.hits {
            hit.finding.span = layer.source(&hit.finding.span);
            self.hits.push(hit);
        }
        for mut identifier in inner.identifiers {
            identifier.span = layer.source(&identifier.span);
            self.identifiers.push(identifier);
        }
    }

    /// Whether one of the latest hits covers all of `span`: what is beside it may still be told from the whole.
    pub(crate) fn holds(&self, span: &Range<usize>) -> bool {
        let all = |hit: &Hit| hit.finding.span.start <= span.start && span.end <= hit.finding.span.end;
        self.hits.iter().rev().take(64).any(all)
    }

    /// Whether one of the latest hits covers part of `span`. This only saves work: overlapping hits are merged in the
    /// end, and a look at all of them would be quadratic.
    pub(crate) fn covers(&self, span: &Range<usize>) -> bool {
        self.hits
            .iter()
            .rev()
            .take(64)
            .any(|hit| hit.finding.span.start < span.end && span.start < hit.finding.span.end)
    }
}

/// The known context and the work that is left to spend on one text.
#[derive(Debug)]
pub(crate) struct Scan<'a> {
    context: Context<'a>,
    /// Addresses of the context, once read.
    known: Option<Known>,
    /// Addresses met in the text.
    named: Known,
    derivations: u32,
    typo_searches: u32,
    unproven: bool,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(context: Context<'a>) -> Self {
        Self {
            context,
            known: None,
            named: Known::of_text(),
            derivations: MAX_DERIVATIONS,
            typo_searches: MAX_TYPO_SEARCHES,
            unproven: false,
        }
    }

    /// Of a file, which may say much more than a message.
    pub(crate) fn of_file(context: Context<'a>) -> Self {
        Self { derivations: MAX_DERIVATIONS_OF_FILE, ..Self::new(context) }
    }

    /// Remembers an address that the text names.
    pub(crate) fn name(&mut self, address: Payload) {
        self.named.add(address);
    }

    /// Whether 32 bytes are the key of a known address; nothing when there is no more work to spend.
    pub(crate) fn owns(&mut self, key: &[u8; 32]) -> Option<bool> {
        let addresses = self.context.addresses;
        let known = self.known.get_or_insert_with(|| Known::reading(addresses));
        let owns = if known.is_empty() && self.named.is_empty() {
            Some(false)
        } else {
            spend(&mut self.derivations).then(|| derive::owns(key, [known, &self.named]))
        };
        self.unproven |= owns != Some(true);
        owns
    }

    /// Whether something was met that an address which nobody has named yet could prove to be a key.
    pub(crate) fn is_unproven(&self) -> bool {
        self.unproven
    }

    /// Whether one more public key may be derived.
    pub(crate) fn may_derive(&mut self) -> bool {
        spend(&mut self.derivations)
    }

    /// Whether one more word may be compared with a whole list.
    pub(crate) fn may_search_typo(&mut self) -> bool {
        spend(&mut self.typo_searches)
    }
}

fn spend(left: &mut u32) -> bool {
    let may = *left > 0;
    *left = left.saturating_sub(1);
    may
}
