//! Folding a text to the form that the detectors read, without losing the way back.
//!
//! BIP-39 compares words in NFKD; people paste full-width letters, composed and decomposed accents, and whatever
//! invisible characters a chat application left behind. Folding takes the compatibility decomposition, drops the
//! combining marks of Latin letters (no list has two words that differ by an accent only) and drops characters that
//! show nothing. Case is kept: Base58 needs it.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::char::decompose_compatible;

/// A text made from another, with the place in the other of each of its bytes.
#[derive(Debug, Default)]
pub(crate) struct Mapped<'a> {
    pub(crate) text: Cow<'a, str>,
    /// For each byte of `text` and for its end, the byte of the source it came from. Empty when nothing was changed.
    map: Vec<u32>,
}

impl<'a> Mapped<'a> {
    /// A text that maps to itself.
    pub(crate) fn same(text: &'a str) -> Self {
        Self { text: Cow::Borrowed(text), map: Vec::new() }
    }

    /// The source bytes that `range` of the text came from.
    pub(crate) fn source(&self, range: &Range<usize>) -> Range<usize> {
        if self.map.is_empty() {
            return range.clone();
        }
        let at = |index: usize| self.map.get(index).map_or(0, |&at| at as usize);
        let start = at(range.start);
        let last = at(range.end.saturating_sub(1));
        // One source character can become several: its end is the next place that differs.
        let end = (range.end..self.map.len()).map(at).find(|&place| place > last);
        start..end.unwrap_or_else(|| at(self.map.len().saturating_sub(1))).max(start)
    }
}

/// Writes a [`Mapped`] text.
#[derive(Debug, Default)]
pub(crate) struct Mapper {
    text: String,
    map: Vec<u32>,
}

impl Mapper {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), map: Vec::with_capacity(bytes + 1) }
    }

    /// Adds a character that came from byte `from` of the source.
    pub(crate) fn push(&mut self, c: char, from: usize) {
        self.text.push(c);
        self.mark(from);
    }

    /// Adds a part that was copied, unchanged, from byte `from` of the source on.
    pub(crate) fn copy(&mut self, part: &str, from: usize) {
        self.text.push_str(part);
        self.map.extend((from..from + part.len()).map(place));
    }

    /// Adds a part all of which came from byte `from` of the source.
    pub(crate) fn replace(&mut self, part: &str, from: usize) {
        self.text.push_str(part);
        self.mark(from);
    }

    fn mark(&mut self, from: usize) {
        self.map.resize(self.text.len(), place(from));
    }

    pub(crate) fn finish(mut self, source_len: usize) -> Mapped<'static> {
        self.map.push(place(source_len));
        Mapped { text: Cow::Owned(self.text), map: self.map }
    }
}

/// Places beyond 4 GiB do not occur: a caller refuses such a body long before.
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Folds a text; plain ASCII is borrowed.
pub(crate) fn fold(text: &str) -> Mapped<'_> {
    if text.is_ascii() {
        return Mapped::same(text);
    }
    let mut out = Mapper::with_capacity(text.len() + text.len() / 8);
    for (at, c) in text.char_indices() {
        if keeps(c) {
            out.push(c, at);
        } else if !invisible(c) {
            decompose_compatible(c, |part| {
                if !accent(part) && !invisible(part) {
                    out.push(part, at);
                }
            });
        }
    }
    out.finish(text.len())
}

/// Whether folding leaves this character as it is, told without a table: ASCII, Han, common Chinese
/// punctuation, and what marks are made of.
fn keeps(c: char) -> bool {
    c.is_ascii() || matches!(c, '\u{3400}'..='\u{9fff}' | '\u{3001}'..='\u{3011}' | '⟦' | '⟧' | '…')
}

/// The combining marks of Latin, Greek and Cyrillic. The Japanese voicing marks (U+3099, U+309A) tell words apart.
fn accent(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036f}')
}

/// Characters that show nothing: zero-width, joiners, soft hyphen, bidirectional controls, variation selectors, tags.
pub(crate) fn invisible(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_to_what_the_lists_are_written_in() {
        for (given, expect) in [
            ("plain", "plain"),
            ("ＡＢＡＮＤＯＮ　ａｂｌｅ", "ABANDON able"),
            ("ca\u{301}lculo cálculo", "calculo calculo"),
            ("a\u{200b}ban\u{ad}don\u{feff}", "abandon"),
            ("①②", "12"),
            ("\u{1d41a}\u{1d41b}", "ab"),
            ("助记词：的，一", "助记词:的,一"),
            ("⼀", "一"),
        ] {
            assert_eq!(fold(given).text, expect, "{given}");
        }
        // Korean and Japanese words are in decomposed form in the lists of the `bip39` crate.
        assert_eq!(fold("가격").text, "\u{1100}\u{1161}\u{1100}\u{1167}\u{11a8}");
        assert_eq!(fold("が").text, "か\u{3099}");
    }

    #[test]
    fn spans_lead_back() {
        let text = "x：ａ\u{200b}ｂ。";
        let folded = fold(text);
        let at = folded.text.find("ab").unwrap();
        assert_eq!(&text[folded.source(&(at..at + 2))], "ａ\u{200b}ｂ");
        let whole = folded.source(&(0..folded.text.len()));
        assert_eq!(whole, 0..text.len());
        // A part of an expanded character is the whole character.
        let ligature = fold("oﬃce");
        assert_eq!(ligature.text, "office");
        assert_eq!(ligature.source(&(1..2)), 1..4);
    }
}
