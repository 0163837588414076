//! Phrases without anything between the words ("abandonabilityable…"), and with a space between all letters.
//!
//! Zero-width characters are a separator that folding drops, so this is also how they are found as one.

use std::ops::Range;

use crate::api::SecretKind;
use crate::scan::{Found, Hit};
use crate::token::{Token, look_up};
use crate::wordlist::{LENGTHS, List};

/// Words without a gap that are no chance.
const MIN_WORDS: u8 = 12;
/// Twelve words of three letters.
const MIN_LETTERS: usize = 36;
/// Lengths, in characters, of the words that are looked for: those of the Latin and Japanese lists.
const WORD: Range<usize> = 3..10;

/// The most words of one list that end at a place, and where the first of them starts.
#[derive(Clone, Copy, Default)]
struct Chain {
    words: u8,
    start: u32,
}

/// Finds phrases in long words.
pub(crate) fn find(folded: &str, found: &mut Found) {
    let mut at = 0;
    for word in folded.split_inclusive(|c: char| !is_letter(c)) {
        let start = at;
        at += word.len();
        if word.len() < MIN_LETTERS {
            continue;
        }
        let letters: Vec<(usize, char)> = word.char_indices().filter(|(_, c)| is_letter(*c)).collect();
        if let Some((span, words)) = chain(&letters) {
            push(start + span.start..start + span.end, words, found);
        }
    }
}

/// Finds phrases in stretches of single letters.
pub(crate) fn find_spaced(folded: &str, tokens: &[Token], found: &mut Found) {
    for stretch in tokens.chunk_by(|a, b| a.len() == 1 && b.len() == 1) {
        if stretch.len() < MIN_LETTERS {
            continue;
        }
        let letters: Vec<(usize, char)> = stretch
            .iter()
            .filter_map(|token| Some((token.start(), token.text(folded).chars().next()?)))
            .collect();
        if let Some((span, words)) = chain(&letters) {
            push(span, words, found);
        }
    }
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '\u{3041}'..='\u{309a}' | '\u{1100}'..='\u{11ff}')
}

fn push(span: Range<usize>, words: u8, found: &mut Found) {
    let words = usize::from(words);
    let words = LENGTHS.into_iter().find(|&length| length <= words).unwrap_or(words);
    found.hits.push(Hit::phrase(SecretKind::RecoveryPhrase, span, words, false));
}

/// The longest chain of words of one list without a gap, by dynamic programming over all lists at once.
fn chain(letters: &[(usize, char)]) -> Option<(Range<usize>, u8)> {
    let text: String = letters.iter().map(|(_, c)| c.to_ascii_lowercase()).collect();
    let mut places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    places.push(text.len());
    let mut best: Vec<[Chain; List::COUNT]> = vec![Default::default(); letters.len() + 1];
    let mut longest: Option<(Range<usize>, u8)> = None;
    for end in WORD.start..=letters.len() {
        for length in WORD.filter(|&length| length <= end) {
            let start = end - length;
            let (Some(&from), Some(&to)) = (places.get(start), places.get(end)) else { continue };
            let mut lists = text.get(from..to).map_or(0, |word| look_up(word).lists());
            while lists != 0 {
                let list = lists.trailing_zeros() as usize;
                lists &= lists - 1;
                let before = best.get(start).and_then(|row| row.get(list)).copied().unwrap_or_default();
                let first = if before.words == 0 { u32::try_from(start).unwrap_or(0) } else { before.start };
                let chain = Chain { words: before.words.saturating_add(1), start: first };
                let Some(cell) = best.get_mut(end).and_then(|row| row.get_mut(list)) else { continue };
                // The earliest start covers the most.
                if cell.words == 0 || chain.start < cell.start {
                    *cell = chain;
                    let covers = |span: &Range<usize>| end - chain.start as usize > span.end - span.start;
                    if chain.words >= MIN_WORDS && longest.as_ref().is_none_or(|(span, _)| covers(span)) {
                        longest = Some((chain.start as usize..end, chain.words));
                    }
                }
            }
        }
    }
    let (span, words) = longest?;
    let first = letters.get(span.start)?.0;
    let (last, c) = *letters.get(span.end.checked_sub(1)?)?;
    Some((first..last + c.len_utf8(), words))
}
