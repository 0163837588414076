//! Words and phrases that are typical of some texts among others, without a dictionary.
//!
//! A term is a word, two neighbouring words, or a piece of a run of Chinese characters. Which are typical is decided by log-odds
//! with an informative Dirichlet prior (Monroe, Colaresi and Quinn, "Fightin' Words", Political Analysis 2008, equations
//! 15, 16, 19 to 22), counting texts, so that nobody makes a word typical by repeating it. Which pieces of Chinese are words is decided as
//! in new-word discovery: the characters cling to each other (pointwise mutual information at the weakest joint), and
//! what stands before and after them varies (Luo and Sun, SIGHAN 2003, use both criteria).

use std::collections::{BTreeMap, BTreeSet};

use crate::real::len;

use super::unit::{Kind, Units};

/// Pieces of Chinese have 2 to 6 characters.
const LENGTHS: std::ops::RangeInclusive<usize> = 2..=6;
/// The prior weighs as much as so many texts.
const PRIOR: f64 = 10.0;
/// The z-score from which on a term counts as typical: about one chance in forty on one side.
const TYPICAL: f64 = 1.96;
/// Characters cling when they meet so many times more often than by chance.
const CLINGS: f64 = 4.0;
/// A longer term replaces a shorter one within it that seldom stands without it.
const SWALLOWS: f64 = 0.7;
/// Words longer than this are no words.
const MAX_WORD: usize = 24;

/// English words that stand in every text and say nothing of its topic: articles, pronouns, prepositions, conjunctions and auxiliaries,
/// which are closed classes.
const FUNCTION: &str = "a about after all also am an and any are as at be because been before being but by can cannot could did do \
    does doing down during each few for from further get got had has have having he her here hers him his how i if in into \
    is it its just let like may me might more most must my no nor not now of off on once only or other our out over own per \
    please she should since so some still such than thanks that the their them then there these they this those through to \
    too under until up us very via was we were what when where which while who whom whose why will with within without \
    would you your yours dont doesnt cant isnt im ive don't doesn't can't isn't i'm i've hi hello";
/// Chinese pieces of the same kind.
const FUNCTION_ZH: &str = "请问 怎么 怎么办 怎样 为什么 什么 如何 是否 可以 我们 你们 他们 这个 那个 这样 一个 一下 现在 已经 \
    还是 就是 因为 所以 但是 如果 没有 不能 不会 能不能 是不是 有没有 谢谢 您好 你好 麻烦 一直 然后 时候 到底";

/// Chinese particles: what begins with one of these or ends in one is a word and what stood beside it, but for [`WITH_PARTICLES`].
const PARTICLES: &str = "的吗呢吧呀啊嘛";
/// Words that have such a character of their own.
const WITH_PARTICLES: &str = "标的 目的 的确 的士 网吧 贴吧 酒吧 吧台";

/// Whether a piece is cut off beside a particle, or a term has nothing but words that say nothing; of two words, whether either end is one.
fn is_function(term: &str) -> bool {
    static WORDS: std::sync::LazyLock<BTreeSet<&str>> = std::sync::LazyLock::new(|| {
        FUNCTION.split_whitespace().chain(FUNCTION_ZH.split_whitespace()).collect()
    });
    is_cut(term) || term.split(' ').any(|word| WORDS.contains(word))
}

/// Whether a piece has a particle at an end.
fn is_cut(piece: &str) -> bool {
    let is_own = |at_edge: fn(&str, &str) -> bool| WITH_PARTICLES.split(' ').any(|word| at_edge(piece, word));
    (piece.starts_with(is_particle) && !is_own(|piece, word| piece.starts_with(word)))
        || (piece.ends_with(is_particle) && !is_own(|piece, word| piece.ends_with(word)))
}

fn is_particle(character: char) -> bool {
    PARTICLES.contains(character)
}

/// Every term of some texts, and in how many of them it stands.
pub(super) struct Corpus {
    texts: usize,
    counts: BTreeMap<String, u32>,
    /// How often each piece of Chinese, of 1 to 6 characters, occurs, and how many characters there are.
    pieces: BTreeMap<String, u32>,
    characters: usize,
}

impl Corpus {
    pub(super) fn new(texts: &[&Units]) -> Self {
        let counts = count(texts);
        let (mut pieces, mut characters) = (BTreeMap::new(), 0);
        for run in texts.iter().flat_map(|text| text.han_runs()) {
            characters += run.chars().count();
            each_piece(run, 1, |piece, _, _| *pieces.entry(piece.to_owned()).or_default() += 1);
        }
        Self { texts: texts.len(), counts, pieces, characters }
    }

    /// The terms that are typical of `texts`, which are part of the corpus, the most typical first.
    pub(super) fn typical(&self, texts: &[&Units], most: usize) -> Vec<String> {
        let needed = u32::try_from(texts.len().div_ceil(5)).unwrap_or(u32::MAX).max(2);
        let free = free_pieces(texts);
        let mut terms: Vec<(f64, u32, String)> = count(texts)
            .into_iter()
            .filter(|(term, inside)| *inside >= needed && !is_function(term))
            .filter(|(term, _)| !is_piece(term) || (free.contains(term) && self.clings(term)))
            .map(|(term, inside)| (self.z_score(&term, inside, texts.len()), inside, term))
            .filter(|(z, _, _)| *z >= TYPICAL)
            .collect();
        // A longer term says more than a part of it that stands nearly as often.
        let all = terms.clone();
        terms.retain(|(_, count, term)| {
            !all.iter().any(|(_, longer_count, longer)| {
                longer.len() > term.len()
                    && contains(longer, term)
                    && f64::from(*longer_count) >= SWALLOWS * f64::from(*count)
            })
        });
        terms.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.2.cmp(&b.2)));
        let mut chosen: Vec<String> = Vec::new();
        for (_, _, term) in terms {
            if chosen.len() < most
                && !chosen.iter().any(|better| contains(better, &term) || contains(&term, better))
            {
                chosen.push(term);
            }
        }
        chosen
    }

    /// How far the log-odds of a term within some texts are from those in the others, in standard errors.
    fn z_score(&self, term: &str, inside: u32, texts: usize) -> f64 {
        let all = f64::from(self.counts.get(term).copied().unwrap_or(inside));
        let (inside, within) = (f64::from(inside), len(texts));
        let (outside, without) = (all - inside, len(self.texts.saturating_sub(texts)));
        let prior = PRIOR * all / len(self.texts.max(1));
        let log_odds = |count: f64, of: f64| ((count + prior) / (of + PRIOR - count - prior).max(0.5)).ln();
        let difference = log_odds(inside, within) - log_odds(outside, without);
        difference / (1.0 / (inside + prior) + 1.0 / (outside + prior)).sqrt()
    }

    /// Whether the characters of a piece meet more often than by chance, wherever one parts it.
    fn clings(&self, piece: &str) -> bool {
        let share =
            |part: &str| f64::from(self.pieces.get(part).copied().unwrap_or(0)) / len(self.characters.max(1));
        piece.char_indices().skip(1).all(|(at, _)| {
            let (left, right) = piece.split_at(at);
            share(piece) > CLINGS * share(left) * share(right)
        })
    }
}

/// In how many of the texts each term stands.
fn count(texts: &[&Units]) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for text in texts {
        for term in terms(text) {
            *counts.entry(term).or_default() += 1;
        }
    }
    counts
}

/// The terms of one text.
fn terms(text: &Units) -> BTreeSet<String> {
    let mut terms = BTreeSet::new();
    let mut previous: Option<&str> = None;
    for (kind, letters) in text.iter() {
        let word = (kind == Kind::Word && is_sayable(letters)).then_some(letters);
        if let Some(word) = word {
            terms.insert(word.to_owned());
            terms.extend(previous.map(|previous| format!("{previous} {word}")));
        }
        previous = word;
    }
    for run in text.han_runs() {
        each_piece(run, *LENGTHS.start(), |piece, _, _| {
            terms.insert(piece.to_owned());
        });
    }
    terms
}

/// Whether a word may be shown: it has letters, few digits, and a length that words have.
fn is_sayable(word: &str) -> bool {
    let digits = word.chars().filter(|c| c.is_numeric()).count();
    let letters = word.chars().count() - digits;
    letters >= 2 && digits <= 3 && letters + digits <= MAX_WORD
}

/// Every piece of a run from `shortest` to six characters, with the characters before and after it.
fn each_piece(run: &str, shortest: usize, mut see: impl FnMut(&str, Option<char>, Option<char>)) {
    let mut before = None;
    for (start, first) in run.char_indices() {
        let rest = run.get(start..).unwrap_or_default();
        for (length, (at, last)) in rest.char_indices().enumerate().take(*LENGTHS.end()) {
            if length + 1 >= shortest {
                let (piece, tail) = rest.split_at(at + last.len_utf8());
                see(piece, before, tail.chars().next());
            }
        }
        before = Some(first);
    }
}

/// Pieces whose neighbours vary on both sides; the border of a run varies by itself, and a particle is one.
fn free_pieces(texts: &[&Units]) -> BTreeSet<String> {
    #[derive(Default)]
    struct Sides {
        before: BTreeSet<char>,
        after: BTreeSet<char>,
        borders: [u32; 2],
    }
    let mut sides: BTreeMap<String, Sides> = BTreeMap::new();
    for run in texts.iter().flat_map(|text| text.han_runs()) {
        each_piece(run, *LENGTHS.start(), |piece, before, after| {
            let sides = sides.entry(piece.to_owned()).or_default();
            let [before, after] = [before, after].map(|next| next.filter(|next| !is_particle(*next)));
            sides.before.extend(before);
            sides.after.extend(after);
            sides.borders[0] += u32::from(before.is_none());
            sides.borders[1] += u32::from(after.is_none());
        });
    }
    let varies = |seen: &BTreeSet<char>, border: u32| seen.len() >= 2 || border > 0;
    let free = sides.into_iter().filter(|(_, sides)| {
        varies(&sides.before, sides.borders[0]) && varies(&sides.after, sides.borders[1])
    });
    free.map(|(piece, _)| piece).collect()
}

fn is_piece(term: &str) -> bool {
    term.chars().next().is_some_and(super::unit::is_han)
}

/// Whether a term is part of another: pieces of Chinese anywhere, words as whole words.
fn contains(longer: &str, term: &str) -> bool {
    if is_piece(term) {
        longer.contains(term)
    } else {
        longer.split(' ').any(|word| word == term) || longer == term
    }
}

#[cfg(test)]
mod tests {
    use super::is_cut;

    #[test]
    fn a_piece_with_a_particle_at_an_end_is_cut_but_for_words_that_have_one() {
        for cut in ["的红包", "红包的", "到账了吗", "我的"] {
            assert!(is_cut(cut), "{cut}");
        }
        for whole in ["红包", "标的", "合约标的", "目的地", "passkey"] {
            assert!(!is_cut(whole), "{whole}");
        }
    }
}
