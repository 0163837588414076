//! Sixty-four hexadecimal digits: a private key, a transaction hash, or one of many other things.
//!
//! Nothing in the value tells. The order of the evidence is fixed: an address derived from it is proof; then the words
//! and the URL around it; and what is left, with `0x` or without, is unproven and is masked. No value is ever looked up
//! anywhere: were it a key, the look-up would be the leak.

use std::ops::Range;

use crate::api::{Chain, Checksum, Identifier, IdentifierKind, SecretKind};
use crate::key::key_pair;
use crate::keyword::{Says, Words};
use crate::mark;
use crate::scan::{Found, Hit, Scan};

/// Digits of a private key, and of most hashes.
const KEY_DIGITS: usize = 64;
/// Digits of a BIP-32 seed, a signature, an Ed25519 key pair.
const PAIR_DIGITS: usize = 128;
/// A key that lost a digit, or gained one, is a key to anybody who tries.
const ALMOST: std::ops::RangeInclusive<usize> = 60..=67;

/// Decodes an even number of digits.
pub(crate) fn decode(digits: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| char::from(b).to_digit(16);
    let (pairs, odd) = digits.as_bytes().as_chunks::<2>();
    if !odd.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()).collect()
}

/// Judges every run of digits in a folded text, written together or in groups.
pub(crate) fn find(folded: &str, words: &Words<'_>, scan: &mut Scan<'_>, found: &mut Found) {
    let bytes = folded.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes.iter().skip(at).take_while(|b| b.is_ascii_hexdigit()).count();
        if length >= 32 {
            let digits = at..at + length;
            let whole = with_prefix(bytes, digits.clone());
            if !found.covers(&whole) {
                Judge { folded, words, scan, found }.run(&digits, whole);
            }
        }
        at += length.max(1);
    }
}

/// Judges digits written in equal groups ("4c08 83a6 …"), which a key copied from paper has.
pub(crate) fn find_grouped(folded: &str, words: &Words<'_>, scan: &mut Scan<'_>, found: &mut Found) {
    for (span, digits) in groups(folded) {
        let Some(value) = decode(&digits).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()) else {
            continue;
        };
        if found.covers(&span) {
            continue;
        }
        let mut judge = Judge { folded, words, scan, found };
        if judge.derives(&value) == Some(true) {
            judge.secret(SecretKind::PrivateKey, span, true);
            continue;
        }
        match words.say_of(span.start, span.end) {
            Some(Says::Transaction | Says::Digest) => {}
            Some(Says::Key) => judge.secret(SecretKind::PrivateKey, span, false),
            Some(Says::Seed) => judge.secret(SecretKind::Seed, span, false),
            None => judge.ambiguous(&digits, span),
        }
    }
}

fn with_prefix(bytes: &[u8], digits: Range<usize>) -> Range<usize> {
    let prefixed =
        bytes.get(..digits.start).is_some_and(|head| head.ends_with(b"0x") || head.ends_with(b"0X"));
    if prefixed { digits.start - 2..digits.end } else { digits }
}

struct Judge<'f, 'c, 't> {
    folded: &'f str,
    words: &'f Words<'t>,
    scan: &'f mut Scan<'c>,
    found: &'f mut Found,
}

impl Judge<'_, '_, '_> {
    /// `digits` are the digits alone, `span` has their `0x`.
    fn run(&mut self, digits: &Range<usize>, span: Range<usize>) {
        let text = self.folded.get(digits.clone()).unwrap_or_default();
        match text.len() {
            KEY_DIGITS => self.key_sized(text, span),
            PAIR_DIGITS => self.pair_sized(text, span),
            32 if self.says(&span) == Some(Says::Seed) => self.secret(SecretKind::Seed, span, false),
            length
                if ALMOST.contains(&length) && !public_key(text) && self.says(&span) == Some(Says::Key) =>
            {
                self.secret(SecretKind::PrivateKey, span, false);
            }
            _ => {}
        }
    }

    fn key_sized(&mut self, text: &str, span: Range<usize>) {
        let Some(value) = decode(text).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()) else { return };
        let derived = self.derives(&value);
        if derived == Some(true) {
            return self.secret(SecretKind::PrivateKey, span, true);
        }
        if self.folded.get(..span.start).is_some_and(|head| head.ends_with("0:") || head.ends_with("-1:")) {
            return self.public(IdentifierKind::Address, Chain::Ton, span);
        }
        let prefixed = span.len() > KEY_DIGITS;
        match self.says(&span) {
            Some(Says::Key) => self.secret(SecretKind::PrivateKey, span, false),
            Some(Says::Seed) => self.secret(SecretKind::Seed, span, false),
            Some(Says::Transaction) => {
                let chain = self.chain_of(&span, prefixed);
                self.public(IdentifierKind::Transaction, chain, span);
            }
            Some(Says::Digest) => self.public(IdentifierKind::Digest, Chain::Unknown, span),
            // `0x` stands before keys as before hashes, and nothing is ever looked up.
            None => self.ambiguous(text, span),
        }
    }

    fn pair_sized(&mut self, text: &str, span: Range<usize>) {
        if self.scan.may_derive() && decode(text).is_some_and(|bytes| key_pair(&bytes)) {
            return self.secret(SecretKind::PrivateKey, span, true);
        }
        match self.says(&span) {
            Some(Says::Seed) => self.secret(SecretKind::Seed, span, false),
            Some(Says::Key) => self.secret(SecretKind::PrivateKey, span, false),
            _ => {}
        }
    }

    /// Whether the key derives a known address; nothing when there is no more work to spend.
    fn derives(&mut self, value: &[u8; 32]) -> Option<bool> {
        self.scan.owns(value)
    }

    fn says(&self, span: &Range<usize>) -> Option<Says> {
        self.words.say_of(span.start, span.end)
    }

    fn secret(&mut self, kind: SecretKind, span: Range<usize>, certain: bool) {
        self.found.hits.push(Hit::new(kind, span, certain));
    }

    fn public(&mut self, kind: IdentifierKind, chain: Chain, span: Range<usize>) {
        let value = self.folded.get(span.clone()).unwrap_or_default().to_owned();
        self.found.identifiers.push(Identifier {
            kind,
            chain,
            value,
            checksum: Checksum::Unchecked,
            span,
            key: None,
        });
    }

    fn ambiguous(&mut self, digits: &str, span: Range<usize>) {
        let masked = masked(digits);
        self.found.identifiers.push(Identifier {
            kind: IdentifierKind::AmbiguousHex,
            chain: Chain::Unknown,
            value: masked.clone(),
            checksum: Checksum::Unchecked,
            span: span.clone(),
            key: decode(digits).and_then(|bytes| bytes.try_into().ok()),
        });
        let mut hit = Hit::new(SecretKind::UnprovenHex, span, false);
        hit.masked = Some(mark::hex_mark(&masked));
        self.found.hits.push(hit);
    }

    fn chain_of(&self, span: &Range<usize>, prefixed: bool) -> Chain {
        if prefixed {
            return Chain::Evm;
        }
        let before = self.folded.get(..span.start).unwrap_or_default();
        let url = before.rsplit(|c: char| c.is_whitespace() || c == '"').next().unwrap_or_default();
        if url.len() > MAX_URL {
            return Chain::Unknown;
        }
        let url = url.to_ascii_lowercase();
        match names_chain(&url) {
            Chain::Unknown => self.words.names_chain(),
            named => named,
        }
    }
}

/// Longer words are no URL with a hash in it.
const MAX_URL: usize = 200;

/// The chain that a lower-case text names, of those whose hashes are written without `0x`.
pub(crate) fn names_chain(lower: &str) -> Chain {
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if says(&["tron", "trc20", "trc-20", "波场", "波場"]) {
        Chain::Tron
    } else if says(&["bitcoin", "btc", "mempool.space", "blockstream", "比特币", "比特幣"]) {
        Chain::Bitcoin
    } else {
        Chain::Unknown
    }
}

/// The first and last four digits.
fn masked(digits: &str) -> String {
    let head = digits.get(..4).unwrap_or_default();
    let tail = digits.get(digits.len().saturating_sub(4)..).unwrap_or_default();
    format!("{head}…{tail}")
}

/// A compressed public key on secp256k1, which also has 66 digits.
fn public_key(text: &str) -> bool {
    text.len() == 66 && (text.starts_with("02") || text.starts_with("03"))
}

/// Stretches of equal groups of digits that add up to a key: where they stand, and their digits.
fn groups(folded: &str) -> Vec<(Range<usize>, String)> {
    let mut out = Vec::new();
    let mut stretch: Vec<Range<usize>> = Vec::new();
    let separator = |c: char| !c.is_ascii_alphanumeric();
    let mut at = 0;
    for word in folded.split(separator) {
        let span = at..at + word.len();
        at = span.end + folded.get(span.end..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        if word.is_empty() {
            continue;
        }
        let digits = word.strip_prefix("0x").map_or(span.clone(), |_| span.start + 2..span.end);
        let hex = folded
            .get(digits.clone())
            .is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_hexdigit()));
        if hex && digits.len() <= KEY_DIGITS / 2 {
            stretch.push(digits);
        } else {
            settle(folded, &stretch, &mut out);
            stretch.clear();
        }
    }
    settle(folded, &stretch, &mut out);
    out
}

fn settle(folded: &str, stretch: &[Range<usize>], out: &mut Vec<(Range<usize>, String)>) {
    let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else { return };
    if stretch.len() > KEY_DIGITS / 2 {
        return;
    }
    let equal =
        stretch.iter().rev().skip(1).all(|group| group.len() == first.len()) && last.len() <= first.len();
    if stretch.len() < 2 || first.len() < 2 || !equal {
        return;
    }
    let digits: String = stretch.iter().filter_map(|group| folded.get(group.clone())).collect();
    let letters = digits.bytes().filter(u8::is_ascii_alphabetic).count();
    if digits.len() == KEY_DIGITS && (8..=56).contains(&letters) {
        out.push((first.start..last.end, digits));
    }
}
