//! Recovery phrases in the eight lists that are written with separate words.
//!
//! A phrase is found by the density of list words, not by its checksum: in real English text eleven list words among
//! twelve consecutive words practically do not occur (figures in the crate's `tests/it/false_marks.rs`), while a phrase
//! with a mistyped word, in the wrong order, or with another wallet's checksum is a secret all the same. The checksum
//! decides only how certain a finding is.

mod extent;

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use bip39::Language;

use crate::api::SecretKind;
use crate::keyword::Words;
use crate::scan::{Found, Hit, Scan};
use crate::token::{Gap, Token, look_up, span};
use crate::wordlist::{LENGTHS, List, checksum_holds};

/// Consecutive words that are looked at together.
const WINDOW: usize = 12;
/// How many of them must be list words.
const WINDOW_HITS: usize = 11;
/// A shorter run is a part of a phrase when the layout or the wording says so.
const PARTIAL: usize = 8;
/// List words in a window below which splitting and joining words cannot reach [`WINDOW_HITS`].
const WORTH_A_LOOK: usize = 9;

/// A token as one list sees it; a mistyped space is repaired.
#[derive(Debug, Clone, Copy)]
struct Piece {
    index: Option<u16>,
    start: usize,
    end: usize,
    gap: Gap,
}

/// Finds phrases and parts of phrases among the words of a folded text.
pub(crate) fn find(
    folded: &str,
    tokens: &[Token],
    words: &Words<'_>,
    scan: &mut Scan<'_>,
    found: &mut Found,
) {
    let mut counts = [0_usize; List::COUNT];
    for token in tokens.iter().filter(|token| !token.han) {
        let mut lists = token.entry.lists();
        while lists != 0 {
            if let Some(count) = counts.get_mut(lists.trailing_zeros() as usize) {
                *count += 1;
            }
            lists &= lists - 1;
        }
    }
    let mut unlabelled = None;
    for (list, count) in List::all().zip(counts) {
        if list.is_chinese() {
            continue;
        }
        // Abbreviated words are in no list.
        let abbreviated = list.language() == Language::English
            && words.speak_of_phrases()
            && tokens.iter().filter(|token| abbreviates(token.text(folded), list)).count() >= PARTIAL;
        if count < PARTIAL && !abbreviated {
            continue;
        }
        let before = found.hits.len();
        // The names of fields are list words, too, and would be taken for words of the phrase.
        let unlabelled = unlabelled.get_or_insert_with(|| without_labels(folded, tokens));
        if let Some(tokens) = unlabelled
            && worth_a_look(tokens, list)
        {
            judge(folded, tokens, list, words, scan, found);
        }
        let told = unlabelled
            .as_ref()
            .is_some_and(|rest| List::all().any(|list| !list.is_chinese() && worth_a_look(rest, list)));
        if found.hits.len() > before || told {
            continue;
        }
        let named = without_names(folded, tokens);
        let tokens = named.as_deref().unwrap_or(tokens);
        if worth_a_look(tokens, list) || words.speak_of_phrases() {
            judge(folded, tokens, list, words, scan, found);
        }
    }
}

/// Whether the densest window, or the longest run, can lead to a finding.
fn worth_a_look(tokens: &[Token], list: List) -> bool {
    let (mut run, mut recent) = (0_usize, 0_u32);
    for token in tokens {
        if token.han || token.gap == Gap::Barrier {
            (run, recent) = (0, 0);
        }
        let hit = !token.han && token.entry.lists() & list.bit() != 0;
        run = if hit { run + 1 } else { 0 };
        recent = (recent << 1 | u32::from(hit)) & ((1 << WINDOW) - 1);
        if run >= PARTIAL || recent.count_ones() as usize >= WORTH_A_LOOK {
            return true;
        }
    }
    false
}

/// Drops the names of fields, if there are some and they are too few different ones to be a phrase themselves.
fn without_names(folded: &str, tokens: &[Token]) -> Option<Vec<Token>> {
    let names = tokens.iter().filter(|token| token.is_label(folded));
    let names: HashSet<&str> = names.map(|name| name.text(folded)).collect();
    let few = !names.is_empty() && names.len() < PARTIAL;
    few.then(|| tokens.iter().filter(|token| !token.is_label(folded)).copied().collect())
}

/// Drops labels, and words that recur at a fixed distance ("word 1 …, word 2 …"), if there are any.
fn without_labels(folded: &str, tokens: &[Token]) -> Option<Vec<Token>> {
    let text = |token: &Token| token.text(folded);
    let mut labels: Vec<&str> = Vec::new();
    for distance in 2..=4 {
        let pairs = tokens.iter().zip(tokens.iter().skip(distance));
        let mut same: Vec<&str> =
            pairs.filter(|(a, b)| text(a).eq_ignore_ascii_case(text(b))).map(|(a, _)| text(a)).collect();
        same.sort_unstable();
        labels.extend(
            same.chunk_by(|a, b| a == b).filter(|equal| equal.len() >= PARTIAL - 1).filter_map(|e| e.first()),
        );
    }
    let unlabelled = |token: &&Token| {
        !token.is_label(folded) && !labels.iter().any(|label| label.eq_ignore_ascii_case(text(token)))
    };
    let rest: Vec<Token> = tokens.iter().filter(unlabelled).copied().collect();
    (rest.len() < tokens.len()).then_some(rest)
}

fn judge(
    folded: &str,
    tokens: &[Token],
    list: List,
    words: &Words<'_>,
    scan: &mut Scan<'_>,
    found: &mut Found,
) {
    for stretch in tokens.chunk_by(|_, next| !next.han && next.gap != Gap::Barrier) {
        let stretch = match stretch.split_first() {
            Some((first, rest)) if first.han => rest,
            _ => stretch,
        };
        let pieces = pieces(folded, stretch, list);
        let mut covered = 0;
        for region in dense_regions(&pieces) {
            let region = settle_ends(folded, &pieces, region, list, scan);
            if region.start < covered {
                continue;
            }
            covered = region.end;
            found.hits.extend(pieces.get(region).and_then(|region| verdict(folded, region, list, scan)));
        }
        if words.speak_of_phrases() {
            for run in announced(folded, stretch, list, scan) {
                let hit = Hit::phrase(SecretKind::RecoveryPhrase, span(run), run.len(), false);
                if !found.covers(&hit.finding.span) {
                    found.hits.push(hit);
                }
            }
        }
        for run in runs(&pieces) {
            let Some(run) = pieces.get(run).filter(|run| distinct(run) >= PARTIAL) else { continue };
            let hit = partial(run.get(extent::of_run(folded, run, list)).unwrap_or(run));
            if !found.covers(&hit.finding.span) && (listed(run) || words.speak_of_phrases()) {
                found.hits.push(hit);
            }
        }
    }
}

/// Runs as long as a phrase, beside words that announce one, of list words, their first four letters (which tell English
/// ones apart, and are what metal plates carry) and mistyped ones.
fn announced<'t>(folded: &str, stretch: &'t [Token], list: List, scan: &mut Scan<'_>) -> Vec<&'t [Token]> {
    let told = |token: &Token| token.entry.index(list).is_some() || abbreviates(token.text(folded), list);
    if stretch.iter().filter(|token| told(token)).count() < PARTIAL {
        return Vec::new();
    }
    let belongs: Vec<bool> = stretch
        .iter()
        .map(|token| {
            let word = token.text(folded);
            told(token) || (word.len() >= LONG_ENOUGH && mistyped(word, list, scan))
        })
        .collect();
    let mut runs = Vec::new();
    let mut start = 0;
    for run in belongs.chunk_by(|a, b| a == b) {
        let end = start + run.len();
        if run.len() >= WINDOW && run.first() == Some(&true) {
            runs.extend(stretch.get(start..end));
        }
        start = end;
    }
    runs
}

/// A shorter word is one letter away from too many others.
const LONG_ENOUGH: usize = 4;

/// Whether a word is the first four letters of an English list word.
fn abbreviates(word: &str, list: List) -> bool {
    static BEGINNINGS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
        let english = List::all().find(|list| list.language() == Language::English);
        english
            .into_iter()
            .flat_map(|list| (0..2048).map(move |index| list.word(index)))
            .filter_map(|word| word.get(..4))
            .collect()
    });
    word.len() == 4
        && list.language() == Language::English
        && BEGINNINGS.contains(word.to_ascii_lowercase().as_str())
}

/// Reads the tokens by one list; two words that make one list word, and one that makes two, are repaired.
fn pieces(folded: &str, tokens: &[Token], list: List) -> Vec<Piece> {
    let index_of =
        |start: usize, end: usize| folded.get(start..end).and_then(|word| look_up(word).index(list));
    let mut out: Vec<Piece> = Vec::with_capacity(tokens.len());
    let mut rest = tokens.iter().peekable();
    while let Some(token) = rest.next() {
        if token.gap == Gap::None
            && token.entry.index(list).is_none()
            && let Some(last) = out.last_mut().filter(|last| last.index.is_none())
        {
            // A letter of another script in the middle of a word.
            last.end = token.end();
            continue;
        }
        let mut piece =
            Piece { index: token.entry.index(list), start: token.start(), end: token.end(), gap: token.gap };
        if piece.index.is_none() {
            if let Some(next) = rest.peek().filter(|next| next.entry.index(list).is_none() && !next.han) {
                let joined = [token.text(folded), next.text(folded)].concat();
                if let Some(index) = look_up(&joined).index(list) {
                    piece.index = Some(index);
                    piece.end = next.end();
                    rest.next();
                }
            }
            if piece.index.is_none()
                && let Some(at) = split(folded, token, list)
            {
                let head = Piece { index: index_of(piece.start, at), end: at, ..piece };
                out.push(head);
                piece = Piece { index: index_of(at, piece.end), start: at, gap: Gap::None, ..piece };
            }
        }
        out.push(piece);
    }
    out
}

/// Where a word falls into two list words.
fn split(folded: &str, token: &Token, list: List) -> Option<usize> {
    let word = token.text(folded);
    if !(6..=2 * crate::wordlist::MAX_WORD).contains(&word.len()) {
        return None;
    }
    word.char_indices().map(|(at, _)| at).filter(|&at| at >= 3).find_map(|at| {
        let (head, tail) = word.split_at_checked(at)?;
        look_up(head).index(list)?;
        look_up(tail).index(list)?;
        Some(token.start() + at)
    })
}

/// The unions of the windows that are dense enough.
fn dense_regions(pieces: &[Piece]) -> Vec<Range<usize>> {
    let mut regions: Vec<Range<usize>> = Vec::new();
    let mut hits = 0;
    for (at, piece) in pieces.iter().enumerate() {
        hits += usize::from(piece.index.is_some());
        if at >= WINDOW {
            hits -= usize::from(pieces.get(at - WINDOW).is_some_and(|left| left.index.is_some()));
        }
        if hits < WINDOW_HITS || at + 1 < WINDOW {
            continue;
        }
        let window = at + 1 - WINDOW..at + 1;
        match regions.last_mut() {
            Some(last) if last.end >= window.start => last.end = window.end,
            _ => regions.push(window),
        }
    }
    regions
}

/// Widens a region over list words just outside it, and drops a last word that is no list word, not even mistyped.
fn settle_ends(
    folded: &str,
    pieces: &[Piece],
    mut region: Range<usize>,
    list: List,
    scan: &mut Scan<'_>,
) -> Range<usize> {
    let hits = |range: Range<usize>| {
        pieces.get(range).map_or(0, |part| part.iter().filter(|piece| piece.index.is_some()).count())
    };
    while region.end < pieces.len() && hits(region.end..(region.end + 4).min(pieces.len())) >= 3 {
        region.end += 1;
    }
    while region.start > 0 && hits(region.start.saturating_sub(4)..region.start) >= 3 {
        region.start -= 1;
    }
    let hit = |at: usize| pieces.get(at).is_some_and(|piece| piece.index.is_some());
    while hit(region.end) {
        region.end += 1;
    }
    while region.start > 0 && hit(region.start - 1) {
        region.start -= 1;
    }
    let mut stray = |at: usize| {
        pieces.get(at).is_none_or(|piece| {
            piece.index.is_none()
                && !folded.get(piece.start..piece.end).is_some_and(|word| mistyped(word, list, scan))
        })
    };
    if region.end > region.start && stray(region.end - 1) {
        region.end -= 1;
    }
    if region.end > region.start && stray(region.start) {
        region.start += 1;
    }
    region
}

/// What a dense region is: proven by a checksum, or as likely as its length says.
fn verdict(folded: &str, region: &[Piece], list: List, scan: &mut Scan<'_>) -> Option<Hit> {
    let (own, proven) = extent::of(folded, region, list, scan);
    let own = region.get(own)?;
    let covered = own.first()?.start..own.last()?.end;
    if let Some(words) = proven {
        return Some(Hit::phrase(SecretKind::RecoveryPhrase, covered, words, true));
    }
    if !listed(region) && reads_like_english(region, list) {
        return None;
    }
    let words = LENGTHS.into_iter().find(|&length| length <= own.len()).unwrap_or(own.len());
    Some(Hit::phrase(SecretKind::RecoveryPhrase, covered, words, false))
}

/// Whether a third of the words are everyday ones. Twelve list words stand together by chance in a sentence now and then,
/// and it has such words; of twelve random words four are everyday ones in one phrase of two thousand. This is asked only
/// of words that neither a checksum nor their layout makes a phrase.
fn reads_like_english(region: &[Piece], list: List) -> bool {
    if list.language() != Language::English {
        return false;
    }
    let words = region.iter().filter_map(|piece| Some(list.word(piece.index?)));
    let everyday = words.filter(|word| is_everyday(word)).count();
    everyday * 3 >= region.len()
}

/// Whether an English list word is common in talk.
pub(crate) fn is_everyday(word: &str) -> bool {
    EVERYDAY.binary_search(&word).is_ok()
}

/// The list words that are common in English talk, sorted.
#[rustfmt::skip]
const EVERYDAY: [&str; 69] = [
    "able", "about", "all", "already", "another", "any", "before", "can", "cancel", "change", "charge",
    "come", "find", "have", "help", "hold", "into", "item", "just", "know", "like", "long", "make", "more",
    "much", "name", "need", "now", "number", "one", "only", "order", "other", "over", "people", "phone",
    "please", "possible", "receive", "return", "right", "same", "someone", "still", "such", "sure",
    "system", "tell", "that", "then", "there", "they", "this", "time", "today", "try", "update", "use",
    "used", "way", "what", "when", "where", "will", "work", "write", "wrong", "year", "you",
];

/// The length of the longest phrase with a valid checksum among consecutive words.
pub(crate) fn checked(indexes: &[u16]) -> Option<usize> {
    LENGTHS.into_iter().find(|&length| indexes.windows(length).any(checksum_holds))
}

/// Runs of list words long enough to be a part of a phrase.
fn runs(pieces: &[Piece]) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut start = 0;
    for run in pieces.chunk_by(|a, b| a.index.is_some() == b.index.is_some()) {
        if run.len() >= PARTIAL && run.first().is_some_and(|piece| piece.index.is_some()) {
            out.push(start..start + run.len());
        }
        start += run.len();
    }
    out
}

/// How many different words there are: the names of fields are the same again and again.
fn distinct(run: &[Piece]) -> usize {
    run.iter().filter_map(|piece| piece.index).collect::<HashSet<_>>().len()
}

fn partial(run: &[Piece]) -> Hit {
    let span = run.first().map_or(0, |piece| piece.start)..run.last().map_or(0, |piece| piece.end);
    Hit::phrase(SecretKind::PartialPhrase, span, run.len(), false)
}

/// Whether words are numbered, separated by commas, or one a line, as no sentence is.
fn listed(run: &[Piece]) -> bool {
    let gaps = run.len().saturating_sub(1);
    let separated = run.iter().skip(1).filter(|piece| piece.gap == Gap::List).count();
    separated * 10 >= gaps * 9
}

/// Whether a word is one edit away from a word of the list.
pub(crate) fn mistyped(word: &str, list: List, scan: &mut Scan<'_>) -> bool {
    if word.len() < 3 || word.len() > 2 * crate::wordlist::MAX_WORD || !scan.may_search_typo() {
        return false;
    }
    let word: Vec<char> = word.to_lowercase().chars().collect();
    (0..2048).any(|index| one_edit(&word, list.word(index)))
}

/// Whether one insertion, deletion, substitution or swap of neighbours turns `a` into `b`.
fn one_edit(a: &[char], b: &str) -> bool {
    let mut expected = b.chars();
    let same = a.iter().zip(&mut expected).take_while(|(a, b)| **a == *b).count();
    let a = a.get(same..).unwrap_or_default();
    let b: Vec<char> = b.chars().skip(same).collect();
    let b = b.as_slice();
    match (a, b) {
        ([], []) => true,
        ([a1, a2, a_rest @ ..], [b1, b2, b_rest @ ..]) if a1 == b2 && a2 == b1 && a_rest == b_rest => true,
        ([_, a_rest @ ..], [_, b_rest @ ..]) if a_rest == b_rest => true,
        ([_, a_rest @ ..], _) if a_rest == b => true,
        (_, [_, b_rest @ ..]) if a == b_rest => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyday_words_are_sorted_and_in_the_list() {
        assert!(EVERYDAY.is_sorted());
        let english = List::all().find(|list| list.language() == Language::English).unwrap();
        for word in EVERYDAY {
            assert!(look_up(word).index(english).is_some(), "{word}");
        }
    }

    #[test]
    fn one_edit_apart() {
        let edit = |a: &str, b: &str| one_edit(&a.chars().collect::<Vec<_>>(), b);
        for near in ["abandon", "abanodn", "abandn", "abbandon", "abandom", "bandon"] {
            assert!(edit(near, "abandon"), "{near}");
        }
        for far in ["about", "abanodm", "abdn", "noabandon"] {
            assert!(!edit(far, "abandon"), "{far}");
        }
    }
}
