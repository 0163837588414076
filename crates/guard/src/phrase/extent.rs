//! How far a phrase reaches among the words around it.
//!
//! English sentences are half list words ("please check this wallet phrase: …"), so a dense stretch of words takes some
//! of the sentence along. Words that stay out of the mark are kept for the agent, and lost words of a phrase are not: a
//! word is left out only where a checksum says where the phrase begins, or where a label, the end of a sentence or a new
//! line of a log parts it from what reads like talk.

use std::ops::Range;

use super::{PARTIAL, Piece, WINDOW, WINDOW_HITS, is_everyday, mistyped};
use crate::scan::Scan;
use crate::wordlist::{LENGTHS, List, checksum_holds};

/// A sign that occurs more often than this in a stretch separates the words of a list.
const MAX_BOUNDARIES: usize = 2;

/// Words that announce a phrase, and small words that are one letter away from a list word.
const TALK: [&str; 32] = [
    "account", "and", "are", "backup", "but", "code", "for", "from", "has", "import", "its", "key", "keys",
    "mnemonic", "my", "not", "our", "phrase", "phrases", "pls", "private", "recovery", "restore", "secret",
    "seed", "start", "the", "thx", "wallet", "was", "word", "words",
];

/// The pieces of a dense region that are the phrase, and its length if a checksum holds.
pub(super) fn of(
    folded: &str,
    region: &[Piece],
    list: List,
    scan: &mut Scan<'_>,
) -> (Range<usize>, Option<usize>) {
    let boundaries = boundaries(folded, region);
    let crosses = |window: &Range<usize>| boundaries.iter().any(|at| window.start < *at && *at < window.end);
    let proven = proven(region, |window| !crosses(window)).or_else(|| proven(region, |_| true));
    let mut own = 0..region.len();
    let kept = |own: &Range<usize>| {
        if let Some((window, _)) = &proven {
            return own.start <= window.start && window.end <= own.end;
        }
        let words = region.get(own.clone()).unwrap_or_default();
        let hits = words.iter().filter(|piece| piece.index.is_some()).count();
        words.len() >= WINDOW && hits * WINDOW >= words.len() * WINDOW_HITS
    };
    trim(folded, region, list, &boundaries, &mut own, kept);
    let Some((window, length)) = proven else { return (own, None) };
    let next_length = LENGTHS.into_iter().rev().find(|&longer| longer > length);
    let exact = next_length.is_none_or(|next| own.len() < next) && !crosses(&window);
    // A longer phrase with a mistyped word has a shorter window that holds by chance every now and then: so every
    // stretch that touches the window must read like talk.
    let mut before = (own.start..window.start).rev();
    if exact || all_talk(folded, region, &mut before, list, scan) {
        own.start = window.start;
    }
    if exact || all_talk(folded, region, &mut (window.end..own.end), list, scan) {
        own.end = window.end;
    }
    (own, Some(length))
}

/// The pieces of a run of list words that are a part of a phrase.
pub(super) fn of_run(folded: &str, run: &[Piece], list: List) -> Range<usize> {
    let mut own = 0..run.len();
    trim(folded, run, list, &boundaries(folded, run), &mut own, |own| own.len() >= PARTIAL);
    own
}

/// Drops what stands before and after the boundaries, as long as `kept` agrees and no phrase is dropped.
fn trim(
    folded: &str,
    region: &[Piece],
    list: List,
    boundaries: &[usize],
    own: &mut Range<usize>,
    kept: impl Fn(&Range<usize>) -> bool,
) {
    for &at in boundaries {
        let rest = at..own.end;
        if talk(folded, region, own.start..at, list) && kept(&rest) {
            *own = rest;
        }
    }
    for &at in boundaries.iter().rev() {
        let rest = own.start..at;
        if at > own.start && talk(folded, region, at..own.end, list) && kept(&rest) {
            *own = rest;
        }
    }
}

/// The longest length with a valid checksum, and all windows of it: one in sixteen is valid by chance, so the first need
/// not be the phrase.
fn proven(region: &[Piece], accept: impl Fn(&Range<usize>) -> bool) -> Option<(Range<usize>, usize)> {
    let mut best: Option<(Range<usize>, usize)> = None;
    let mut from = 0;
    for run in region.chunk_by(|a, b| a.index.is_some() && b.index.is_some()) {
        let indexes: Vec<u16> = run.iter().filter_map(|piece| piece.index).collect();
        let longest = best.as_ref().map_or(0, |(_, length)| *length);
        for length in LENGTHS.into_iter().take_while(|length| *length >= longest) {
            let mut valid = indexes
                .windows(length)
                .enumerate()
                .filter(|(_, window)| checksum_holds(window))
                .map(|(at, _)| from + at)
                .filter(|start| accept(&(*start..start + length)));
            let Some(first) = valid.next() else { continue };
            let last = valid.next_back().unwrap_or(first);
            let start = best.as_ref().filter(|_| length == longest).map_or(first, |(window, _)| window.start);
            best = Some((start..last + length, length));
            break;
        }
        from += run.len();
    }
    best
}

/// Whether words read like talk however many of them are taken: more than half are everyday words, labels, or no list
/// words, not even mistyped ones.
fn all_talk(
    folded: &str,
    region: &[Piece],
    places: &mut dyn Iterator<Item = usize>,
    list: List,
    scan: &mut Scan<'_>,
) -> bool {
    let mut balance = 0_i32;
    places.filter_map(|at| region.get(at)).all(|piece| {
        let word = folded.get(piece.start..piece.end).unwrap_or_default();
        let listed = piece.index.is_some() || is_talk(word);
        let says = speaks(folded, piece, list) && (listed || !mistyped(word, list, scan));
        balance += if says { 1 } else { -1 };
        balance > 0
    })
}

/// Whether a few words read like a sentence or a label: half of them are no list words, everyday words, or labels.
fn talk(folded: &str, region: &[Piece], part: Range<usize>, list: List) -> bool {
    let words = region.get(part).unwrap_or_default();
    let listed = words.iter().filter(|piece| piece.index.is_some()).count();
    listed < PARTIAL && words.iter().filter(|piece| speaks(folded, piece, list)).count() * 2 >= words.len()
}

fn speaks(folded: &str, piece: &Piece, list: List) -> bool {
    let word = folded.get(piece.start..piece.end).unwrap_or_default();
    piece.index.is_none_or(|index| is_everyday(list.word(index))) || is_talk(word)
}

fn is_talk(word: &str) -> bool {
    TALK.iter().any(|talk| talk.eq_ignore_ascii_case(word))
}

/// What can part a phrase from its surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Colon,
    SentenceEnd,
    /// A new line that begins with a time or a date.
    LogLine,
    EmptyLine,
}

/// The places in a region at which one of the signs stands before the piece, unless the sign separates a list.
fn boundaries(folded: &str, region: &[Piece]) -> Vec<usize> {
    let signs: Vec<(usize, Sign)> = region
        .windows(2)
        .enumerate()
        .filter_map(|(at, pair)| {
            let [before, after] = pair else { return None };
            Some((at + 1, sign(folded.get(before.end..after.start)?)?))
        })
        .collect();
    let count = |sign: Sign| signs.iter().filter(|(_, other)| *other == sign).count();
    signs.iter().filter(|(_, sign)| count(*sign) <= MAX_BOUNDARIES).map(|(at, _)| *at).collect()
}

fn sign(gap: &str) -> Option<Sign> {
    let last_line = gap.rsplit_once('\n').map(|(_, line)| line.trim_start_matches(['[', ' ', '(']));
    if last_line.is_some_and(begins_with_time) {
        return Some(Sign::LogLine);
    }
    // "1. ", "1: " number the next word.
    let numbered = gap.contains(|c: char| c.is_ascii_digit());
    if numbered {
        return None;
    }
    if gap.contains("\n\n") || gap.contains("\n\r\n") {
        return Some(Sign::EmptyLine);
    }
    if gap.contains(':') {
        return Some(Sign::Colon);
    }
    let ends = gap.contains(['。', '!', '?']) || gap.contains(". ") || gap.contains(".\n");
    ends.then_some(Sign::SentenceEnd)
}

/// "12:01", "2026-11-22", "11/22".
fn begins_with_time(line: &str) -> bool {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = line.get(digits..).unwrap_or_default();
    matches!(digits, 1 | 2 | 4)
        && rest.starts_with([':', '-', '/'])
        && rest.get(1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}
