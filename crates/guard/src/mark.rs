//! The typed mark that stands where a secret stood.
//!
//! Format, stable: `⟦redacted:KIND⟧`, `⟦redacted:KIND:WORDS⟧` for phrases (`⟦redacted:recovery_phrase:12⟧`), and
//! `⟦redacted:unproven_hex:4c08…2318⟧` for hexadecimal digits that may be a key or a hash. `KIND` is
//! [`SecretKind::as_str`]. The brackets are U+27E6 and U+27E7, which no keyboard has and no word list needs.
//!
//! A mark carries no authority. Anybody can type one: it then reads as what it is, a fixed label, it is not a
//! [`Finding`](crate::Finding), and nothing is skipped because of it. Count findings, never marks.

use std::ops::Range;

use crate::api::SecretKind;

const OPEN: &str = "⟦redacted:";
const CLOSE: char = '⟧';
/// `unproven_hex:` with four digits, an ellipsis and four digits is the longest.
const MAX_INNER: usize = 40;

/// The mark for a secret of this kind; `words` is shown for phrases.
pub fn mark(kind: SecretKind, words: Option<u8>) -> String {
    match words {
        Some(words) => format!("{OPEN}{kind}:{words}{CLOSE}"),
        None => format!("{OPEN}{kind}{CLOSE}"),
    }
}

/// The mark for unproven hex, which shows the first and last four digits.
pub(crate) fn hex_mark(masked: &str) -> String {
    format!("{OPEN}{}:{masked}{CLOSE}", SecretKind::UnprovenHex)
}

/// Every well-formed mark in `text`: its bytes, its kind, its word count.
pub fn marks(text: &str) -> Vec<(Range<usize>, SecretKind, Option<u8>)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(OPEN)) {
        let start = from + at;
        let inner_start = start + OPEN.len();
        let inner = text.get(inner_start..).unwrap_or_default();
        let length = inner.char_indices().take(MAX_INNER).find(|(_, c)| *c == CLOSE).map(|(at, _)| at);
        if let Some(length) = length
            && let Some((kind, words)) = inner.get(..length).and_then(parse)
        {
            let end = inner_start + length + CLOSE.len_utf8();
            found.push((start..end, kind, words));
            from = end;
        } else {
            from = inner_start;
        }
    }
    found
}

fn parse(inner: &str) -> Option<(SecretKind, Option<u8>)> {
    let Some((code, detail)) = inner.split_once(':') else {
        return Some((SecretKind::from_code(inner)?, None));
    };
    let kind = SecretKind::from_code(code)?;
    if kind == SecretKind::UnprovenHex {
        let (head, tail) = detail.split_once('…')?;
        let four = |part: &str| part.len() == 4 && part.bytes().all(|b| b.is_ascii_hexdigit());
        return (four(head) && four(tail)).then_some((kind, None));
    }
    let digits = detail.len() <= 3 && detail.bytes().all(|b| b.is_ascii_digit());
    Some((kind, Some(detail.parse().ok().filter(|_| digits)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_reads_back() {
        for kind in SecretKind::ALL {
            for words in [None, Some(12), Some(255)] {
                if kind == SecretKind::UnprovenHex && words.is_some() {
                    continue;
                }
                let text = format!("a {} b", mark(kind, words));
                let found = marks(&text);
                assert_eq!(found.len(), 1, "{text}");
                assert_eq!((found[0].1, found[0].2), (kind, words));
                assert_eq!(&text[found[0].0.clone()], mark(kind, words));
            }
        }
        assert_eq!(marks(&hex_mark("4c08…2318")).len(), 1);
    }

    #[test]
    fn what_only_looks_like_a_mark_is_none() {
        for text in [
            "⟦redacted:⟧",
            "⟦redacted:anything⟧",
            "⟦redacted:private_key:abc⟧",
            "⟦redacted:private_key:1000⟧",
            "⟦redacted:recovery_phrase:12",
            "[redacted:recovery_phrase:12]",
            "⟦redacted:unproven_hex:4c0883a69102⟧",
            "⟦redacted:⟦redacted:",
        ] {
            assert!(marks(text).is_empty(), "{text}");
        }
    }
}
