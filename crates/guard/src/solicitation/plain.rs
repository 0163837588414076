//! Undoing what hides a word: look-alike letters, spaced letters, signs inside words.

use std::ops::Range;

use crate::confusable::skeleton;
use crate::normalise::{Mapped, Mapper, fold};

/// The readings of a text that are tried: as it is written, and with digits read as the letters they look like.
pub(super) fn layers(text: &str) -> impl Iterator<Item = Mapped<'static>> {
    let digits = fold(text).text.contains(disguised);
    [false, true].into_iter().filter(move |leet| digits || !leet).map(|leet| plain(text, leet))
}

fn plain(text: &str, leet: bool) -> Mapped<'static> {
    let folded = fold(text);
    let chars: Vec<(usize, char)> = folded
        .text
        .char_indices()
        .map(|(at, c)| (at, if c.is_ascii() { c.to_ascii_lowercase() } else { look(c) }))
        .collect();
    let mut out = Mapper::with_capacity(text.len());
    let char_at = |index: usize| chars.get(index).map(|(_, c)| *c);
    let source = |at: usize| folded.source(&(at..at + 1)).start;
    for (index, &(at, c)) in chars.iter().enumerate() {
        let before = index.checked_sub(1).and_then(char_at);
        let after = char_at(index + 1);
        // "12 个 单 词"
        if c == ' ' && before.is_some_and(|c| c.is_ascii_digit()) && matches!(after, Some('个' | '個')) {
            continue;
        }
        if hides(c) && before.is_some_and(char::is_alphabetic) {
            let next = (index + 1..index + 4).filter_map(char_at).find(|c| !hides(*c));
            let han = before.is_some_and(is_han) && next.is_some_and(is_han);
            let in_word = !matches!(c, ' ' | '.') && after.is_some_and(|c| c.is_ascii_alphabetic());
            if han || in_word || spaced(&chars, index) {
                continue;
            }
        }
        let between = before.is_some_and(|c| c.is_ascii_alphabetic() || disguised(c))
            && after.is_some_and(|c| c.is_ascii_alphabetic() || disguised(c));
        let c = if leet && disguised(c) && between { skeleton(c) } else { c };
        out.push(c, source(at));
    }
    out.finish(text.len())
}

/// A letter of another script as the Latin one that it looks like.
fn look(c: char) -> char {
    let lower = c.to_lowercase().next().unwrap_or(c);
    skeleton(lower)
}

fn disguised(c: char) -> bool {
    matches!(c, '0' | '1' | '3' | '4' | '5' | '7' | '@' | '$' | '!' | '|')
}

/// Signs that can stand inside a word without ending it for a reader.
fn hides(c: char) -> bool {
    matches!(
        c,
        ' ' | '.'
            | '-'
            | '_'
            | '*'
            | '·'
            | '~'
            | '^'
            | '`'
            | '\''
            | '"'
            | '\u{2019}'
            | '/'
            | '+'
            | '|'
            | '\\'
            | '•'
    )
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}')
}

/// Whether the sign at `index` stands between single letters, as in "s e e d": at least three of them in a row.
fn spaced(chars: &[(usize, char)], index: usize) -> bool {
    let at = |index: Option<usize>| index.and_then(|index| chars.get(index)).map(|(_, c)| *c);
    let sign = at(Some(index));
    let letter = |place: Option<usize>| at(place).is_some_and(|c| c.is_ascii_alphabetic());
    let lone = |place: Option<usize>| {
        letter(place)
            && !letter(place.and_then(|place| place.checked_sub(1)))
            && !letter(place.map(|place| place + 1))
    };
    let (left, right) = (index.checked_sub(1), Some(index + 1));
    let further = |place: Option<usize>, sign_at: Option<usize>| lone(place) && at(sign_at) == sign;
    lone(left)
        && lone(right)
        && (further(index.checked_sub(3), index.checked_sub(2)) || further(Some(index + 3), Some(index + 2)))
}

/// The sentences of a plain text, without what ends them.
pub(super) fn sentences(plain: &str) -> Vec<Range<usize>> {
    let ends = |at: usize, c: char| match c {
        '。' | '!' | '?' | ';' | '\n' => true,
        // A full stop inside a number or an address of a page ends nothing.
        '.' => plain.get(at + 1..).is_none_or(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric())),
        _ => false,
    };
    cut(plain, &(0..plain.len()), ends)
}

/// Nobody reads a longer clause as one; what is judged word against word must have an end.
const MAX_CLAUSE: usize = 1200;

/// The clauses of a sentence.
pub(super) fn clauses(plain: &str, sentence: &Range<usize>) -> Vec<Range<usize>> {
    let ends = |at: usize, c: char| {
        matches!(c, ',' | '、' | '(' | ')' | '…' | '—')
            || (c == ':' && plain.get(at..).is_some_and(|rest| !rest.starts_with("://")))
            || begins_with_just(plain, at)
            || plain.get(at..).is_some_and(|rest| {
                [" but ", " so ", " therefore ", "但是", "但请", "只要", "只需", "而是", "所以", "因此"]
                    .iter()
                    .any(|word| rest.starts_with(word))
            })
    };
    let mut out = Vec::new();
    for clause in cut(plain, sentence, ends) {
        if clause.len() <= MAX_CLAUSE {
            out.push(clause);
            continue;
        }
        let mut from = clause.start;
        for (at, c) in plain.get(clause.clone()).unwrap_or_default().char_indices() {
            let at = clause.start + at;
            if at - from >= MAX_CLAUSE && (c == ' ' || !c.is_ascii()) {
                out.push(from..at);
                from = at;
            }
        }
        out.push(from..clause.end);
    }
    out
}

/// Whether " just …" begins an imperative here: not in "I just need …".
fn begins_with_just(plain: &str, at: usize) -> bool {
    let subject = |before: &str| {
        let word = before.rsplit(|c: char| !c.is_ascii_alphabetic()).next();
        word.is_some_and(|word| ["i", "we", "you", "they", "it", "can", "will"].contains(&word))
    };
    plain.get(at..).is_some_and(|rest| rest.starts_with(" just ")) && !plain.get(..at).is_some_and(subject)
}

/// What a sentence quotes, with the signs around it.
pub(super) fn quotations(plain: &str, sentence: &Range<usize>) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut open: Option<(usize, char)> = None;
    for (at, c) in plain.get(sentence.clone()).unwrap_or_default().char_indices() {
        let at = sentence.start + at;
        match (open, c) {
            (Some((from, close)), _) if c == close => {
                out.push(from..at + c.len_utf8());
                open = None;
            }
            (None, '“' | '”') => open = Some((at, '”')),
            (None, '「') => open = Some((at, '」')),
            (None, '"') => open = Some((at, '"')),
            _ => {}
        }
    }
    out
}

fn cut(plain: &str, range: &Range<usize>, ends: impl Fn(usize, char) -> bool) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut from = range.start;
    for (at, c) in plain.get(range.clone()).unwrap_or_default().char_indices() {
        let at = range.start + at;
        if ends(at, c) {
            out.push(from..at);
            from = at + if c.is_alphanumeric() || c == ' ' { 0 } else { c.len_utf8() };
        }
    }
    out.push(from..range.end);
    out
}
