//! Phrases that arrive in pieces, one message after another.
//!
//! A piece is a message that is nothing but list words, or that announces some at its end ("the first six: …"). Pieces
//! that follow each other, with at most a few other messages between, are read as one.

use std::ops::Range;

use bip39::Language;

use crate::api::{Context, SecretKind};
use crate::chinese::Reading;
use crate::keyword::Words;
use crate::mark::marks;
use crate::normalise::fold;
use crate::phrase::{checked, is_everyday};
use crate::scan::{Found, Hit};
use crate::token::{Gap, Token, span, tokens};
use crate::wordlist::{Entry, LENGTHS, List, checksum_holds};

mod talk;

use talk::{ends_as_talk, is_small_word, tells, without_talk};

/// The fewest words that a phrase has.
const PHRASE: usize = 12;
/// The most words that a phrase has.
const LONGEST: usize = 24;
/// A longer text is not a piece: two dozen words with numbers and an introduction are shorter.
const MAX_PIECE: usize = 700;
/// Other messages that may stand between two pieces ("ok", "next").
const MAX_BETWEEN: usize = 2;
/// How far back pieces are looked for: a phrase of 24 words sent word by word, with as much talk.
const MAX_EARLIER: usize = 72;
/// The fewest words at the end of a message that says more than the words.
const ANNOUNCED: usize = 3;
/// A shorter word that is in no list is not taken for a mistyped one.
const SHORTEST: usize = 2;
/// What parts a clause of nothing but such words from the others.
const CLAUSE_ENDS: [char; 6] = ['.', '!', '?', ':', '\n', '。'];

/// The words of a message that may be a part of a phrase.
struct Piece {
    /// The lists that hold all of the words.
    lists: u16,
    entries: Vec<Entry>,
    /// Where the words stand in the given text.
    span: Range<usize>,
    /// Whether something stands between all of them; always so in lists other than Chinese.
    separated: bool,
    /// Whether one of the words is in no list: mistyped.
    mistyped: bool,
    /// Words that a mark stands for: a part that was redacted when it came.
    redacted: usize,
}

/// Whether a text could be a piece of a phrase that is spread over several messages: if so, the caller loads the
/// customer's recent texts into [`Context::earlier`] before screening.
pub fn may_be_piece(text: &str) -> bool {
    Piece::of(text).is_some_and(|piece| piece.redacted == 0 && (piece.separated || piece.is_like_parts()))
}

impl Piece {
    fn of(text: &str) -> Option<Self> {
        if text.len() > MAX_PIECE {
            return None;
        }
        if let Some(redacted) = redacted_words(text) {
            let none = Self {
                lists: 0,
                entries: Vec::new(),
                span: 0..0,
                separated: true,
                mistyped: false,
                redacted,
            };
            return Some(none);
        }
        if ends_as_talk(text) { None } else { Self::read(text).or_else(|| Self::clause(text)) }
    }

    /// The piece that a text without marks is.
    fn read(text: &str) -> Option<Self> {
        let folded = fold(text);
        let mut tokens = tokens(&folded.text);
        drop_labels(&folded.text, &mut tokens);
        without_talk(&folded.text, &mut tokens);
        let last = tokens.last()?;
        let mut piece =
            if last.han { Self::chinese(&folded.text, &tokens) } else { Self::words(&folded.text, &tokens) }?;
        piece.span = folded.source(&piece.span);
        Some(piece)
    }

    /// Words to the end of the message; what stands before them must announce them.
    fn words(folded: &str, tokens: &[Token]) -> Option<Self> {
        let chinese = chinese_lists();
        let mut lists = !chinese;
        let mut run = 0;
        for token in tokens.iter().rev() {
            let both = lists & token.entry.lists();
            if both == 0 || token.han || run >= LONGEST {
                break;
            }
            lists = both;
            run += 1;
        }
        let rest = || Some(Self::from(tokens.get(tokens.len() - run..)?, lists, true));
        if run > 0 && (run == tokens.len() || introduces(folded, tokens, run)) {
            return rest();
        }
        let rest = || if run > 0 && announces(folded, tokens, run) { rest() } else { None };
        Self::mistyped(folded, tokens, !chinese).or_else(rest)
    }

    /// A message of nothing but words of a list and one that is none.
    fn mistyped(folded: &str, tokens: &[Token], among: u16) -> Option<Self> {
        if !(ANNOUNCED..=LONGEST).contains(&tokens.len())
            || tokens.iter().skip(1).any(|token| token.gap == Gap::None)
        {
            return None;
        }
        let all_but_one = |list: &List| {
            let mut others = tokens.iter().filter(|token| token.entry.lists() & list.bit() == 0);
            let is_word = |word: &str| word.len() >= SHORTEST && !is_small_word(word);
            let other = others.next().filter(|other| other.han || is_word(other.text(folded)));
            other.is_some() && others.next().is_none()
        };
        let lists = List::all().filter(|list| among & list.bit() != 0).filter(all_but_one);
        let lists = lists.fold(0, |bits, list| bits | list.bit());
        (lists != 0).then(|| Self { mistyped: true, ..Self::from(tokens, lists, true) })
    }

    /// Words that are a whole clause of a message that says more: "the next are: one two three. Thank you!"
    fn clause(text: &str) -> Option<Self> {
        let folded = fold(text);
        let tokens = tokens(&folded.text);
        let ends = |a: &Token, b: &Token| match (a.han, b.han) {
            (true, true) => b.gap == Gap::None,
            (false, false) => {
                folded.text.get(a.end()..b.start()).is_some_and(|between| between.contains(CLAUSE_ENDS))
            }
            _ => true,
        };
        let mut longest: Option<Self> = None;
        let mut from = 0;
        for clause in tokens.chunk_by(|a, b| !ends(a, b)) {
            from += clause.len();
            let glued = |next: Option<&Token>| next.is_some_and(|next| next.han && next.gap == Gap::None);
            // A first or last character that belongs to a word outside.
            let core =
                usize::from(glued(clause.first()))..clause.len() - usize::from(glued(tokens.get(from)));
            let Some(words) = clause.get(core) else { continue };
            let lists = words.iter().fold(!0, |lists, token| lists & token.entry.lists());
            let length = longest.as_ref().map_or(ANNOUNCED - 1, |longest| longest.entries.len());
            if lists != 0 && (length + 1..=LONGEST).contains(&words.len()) {
                longest = Some(Self::from(words, lists, true));
            }
        }
        let mut piece = longest?;
        piece.span = folded.source(&piece.span);
        Some(piece)
    }

    /// Characters that each stand apart, at the end of the message; or a message of a few characters unlike language.
    fn chinese(folded: &str, tokens: &[Token]) -> Option<Self> {
        let mut group = tokens.chunk_by(|a, next| next.gap != Gap::None && next.han && a.han).next_back()?;
        if group.len() < tokens.len()
            && let Some((first, rest)) = group.split_first()
            && first.gap == Gap::None
        {
            group = rest;
        }
        let separated =
            group.len() == tokens.len() || group.len() >= ANNOUNCED || announces(folded, tokens, group.len());
        let words = if separated { group } else { tokens };
        let lists = words.iter().fold(chinese_lists(), |lists, token| lists & token.entry.lists());
        if lists == 0 || words.is_empty() || words.len() > LONGEST {
            return Self::mistyped(folded, tokens, chinese_lists());
        }
        let piece = Self::from(words, lists, separated);
        (separated || piece.is_random()).then_some(piece)
    }

    fn from(tokens: &[Token], lists: u16, separated: bool) -> Self {
        let entries = tokens.iter().map(|token| token.entry).collect();
        Self { lists, entries, span: span(tokens), separated, mistyped: false, redacted: 0 }
    }

    fn is_random(&self) -> bool {
        self.reads(Reading::may_be_random)
    }

    /// Asked of what may be the last piece alone: what stands before it is then read whatever it is like.
    fn is_like_parts(&self) -> bool {
        self.reads(Reading::is_like_parts)
    }

    /// Whether it reads so in one of the Chinese lists.
    fn reads(&self, so: fn(&Reading) -> bool) -> bool {
        List::all().filter(|list| list.is_chinese() && self.lists & list.bit() != 0).any(|list| {
            let indexes: Vec<u16> = self.entries.iter().filter_map(|entry| entry.index(list)).collect();
            so(&Reading::of(&indexes, list))
        })
    }
}

/// Drops what is no word of a person, unless nothing else is left.
fn drop_labels(folded: &str, tokens: &mut Vec<Token>) {
    if !tokens.iter().all(|token| token.is_label(folded)) {
        tokens.retain(|token| !token.is_label(folded));
    }
}

fn chinese_lists() -> u16 {
    List::all().filter(|list| list.is_chinese()).fold(0, |bits, list| bits | list.bit())
}

/// How many words the marks of a text stand for, if nothing much else is there.
fn redacted_words(text: &str) -> Option<usize> {
    let phrases = marks(text)
        .into_iter()
        .filter(|(_, kind, _)| matches!(kind, SecretKind::PartialPhrase | SecretKind::RecoveryPhrase));
    phrases.map(|(_, _, words)| usize::from(words.unwrap_or(1))).reduce(|a, b| a + b)
}

/// What is said before the next words of a phrase.
const ANNOUNCEMENTS: [&str; 13] = [
    "word",
    "words",
    "first",
    "next",
    "last",
    "rest",
    "half",
    "part",
    "remain",
    "remaining",
    "more",
    "then",
    "and",
];

/// Whether the part of a message before its last words ends in a colon, a line break or the like.
fn introduces(folded: &str, tokens: &[Token], run: usize) -> bool {
    let Some(first) = tokens.get(tokens.len() - run) else { return false };
    let before = folded.get(..first.start()).unwrap_or_default();
    before.trim_end_matches([' ', '"', '\'']).ends_with([':', '\n', '-', '=', '.', ')'])
        && (run >= ANNOUNCED || tokens.len() <= run + ANNOUNCED)
}

/// Whether the part of a message before its last words says that they are words: by the sign before them, or by name.
fn announces(folded: &str, tokens: &[Token], run: usize) -> bool {
    let Some(first) = tokens.get(tokens.len() - run) else { return false };
    let before = folded.get(..first.start()).unwrap_or_default();
    let named = || {
        let said = tokens.iter().take(tokens.len() - run).map(|token| token.text(folded).to_lowercase());
        said.into_iter().any(|word| ANNOUNCEMENTS.contains(&&*word)) || Words::new(before).speak_of_phrases()
    };
    introduces(folded, tokens, run) || run >= ANNOUNCED && named()
}

/// Reads the text together with the earlier ones. Adds what is found in the text, and returns the earlier texts that
/// are pieces of the same phrase.
pub(crate) fn join(text: &str, context: &Context<'_>, found: &mut Found) -> Vec<usize> {
    if context.earlier.is_empty() {
        return Vec::new();
    }
    let Some(current) = Piece::of(text).filter(|piece| piece.redacted == 0) else { return Vec::new() };
    let mut pieces = earlier_pieces(context);
    let Some(best) = List::all()
        .filter(|list| current.lists & list.bit() != 0)
        .filter_map(|list| whole(&pieces, &current, list))
        .min_by_key(|whole| (!whole.certain, whole.first))
    else {
        return Vec::new();
    };
    let kind = if best.complete { SecretKind::RecoveryPhrase } else { SecretKind::PartialPhrase };
    let words = if best.complete { best.words } else { current.entries.len() };
    found.hits.push(Hit::phrase(kind, current.span, words, best.certain));
    // A window can be valid by chance before the phrase is whole, so what led up to it goes too.
    let from = if best.complete { 0 } else { best.first };
    let mut hits: Vec<usize> = pieces
        .drain(from..)
        .filter(|(_, piece)| piece.redacted == 0 && piece.lists & kin(best.list) != 0)
        .map(|(index, _)| index)
        .collect();
    hits.sort_unstable();
    hits
}

/// The lists that pieces of a phrase of this list can seem to be of: most Chinese characters are in both of the two, and
/// the checksum can hold by chance for those of the wrong one.
fn kin(list: List) -> u16 {
    if list.is_chinese() { chinese_lists() } else { list.bit() }
}

/// The pieces among the earlier texts that lead up to the current one, oldest first.
fn earlier_pieces(context: &Context<'_>) -> Vec<(usize, Piece)> {
    let mut pieces = Vec::new();
    let mut between = 0;
    for (index, text) in context.earlier.iter().enumerate().rev().take(MAX_EARLIER) {
        match Piece::of(text) {
            Some(piece) => {
                pieces.push((index, piece));
                between = 0;
            }
            None => between += 1,
        }
        if between > MAX_BETWEEN {
            break;
        }
    }
    pieces.reverse();
    pieces
}

/// A phrase that ends with the current text.
struct Whole {
    list: List,
    /// The first of the pieces.
    first: usize,
    words: usize,
    certain: bool,
    /// Whether all the words are there, rather than a rest after a part that was redacted.
    complete: bool,
}

fn whole(pieces: &[(usize, Piece)], current: &Piece, list: List) -> Option<Whole> {
    let mut entries = current.entries.clone();
    let apart = |piece: &Piece| {
        let telling = piece.separated && (piece.entries.len() > 1 || !list.is_chinese());
        if telling { piece.entries.len() } else { 0 }
    };
    let mut separate = apart(current);
    let mut mistyped = usize::from(current.mistyped);
    let mut best = None;
    let mut redacted = 0;
    for (first, (_, piece)) in pieces.iter().enumerate().rev() {
        if piece.redacted > 0 {
            redacted += piece.redacted;
            continue;
        }
        if redacted > 0 {
            break;
        }
        // One word at most is mistyped: another such message is talk that stands between.
        if piece.lists & list.bit() == 0 || piece.mistyped && mistyped > 0 {
            continue;
        }
        entries.splice(0..0, piece.entries.iter().copied());
        separate += apart(piece);
        mistyped += usize::from(piece.mistyped);
        // A last character may be left over.
        let separated = separate + 1 >= entries.len();
        let all: Vec<u16> = entries.iter().filter_map(|entry| entry.index(list)).collect();
        let indexes = without_recurring(&all);
        let repeated = is_monotonous(&indexes);
        let proven = if let Some(words) = test_vector(&all, list) {
            Some(words)
        } else if repeated {
            None
        } else if list.is_chinese() {
            let reads = || separated || Reading::of(&indexes, list).is_random();
            (checksum_holds(&indexes) && reads()).then_some(indexes.len())
        } else {
            // In talk, a window is valid by chance every now and then.
            checked(&indexes).filter(|_| everyday(&indexes, list) * 2 <= indexes.len())
        };
        if let Some(words) = proven {
            best = Some(Whole { list, first, words, certain: true, complete: true });
        } else if indexes.len() + mistyped >= PHRASE
            && separated
            && !repeated
            && everyday(&indexes, list) * 3 < indexes.len()
        {
            let certain = best.as_ref().is_some_and(|best: &Whole| best.certain);
            let words = LENGTHS.into_iter().find(|&length| length <= indexes.len()).unwrap_or(PHRASE);
            best = Some(Whole { list, first, words, certain, complete: true });
        }
        if entries.len() >= 48 {
            break;
        }
    }
    let rest = redacted > 0 && is_rest(pieces, current, list);
    best.or_else(|| {
        // What stands between parts of a phrase is no answer either.
        let after =
            pieces.iter().rposition(|(_, piece)| piece.redacted > 0).map_or(pieces.len(), |at| at + 1);
        rest.then_some(Whole { list, first: after, words: 0, certain: false, complete: false })
    })
}

/// How many of the words are common in English talk: of random ones one in thirty is.
fn everyday(indexes: &[u16], list: List) -> usize {
    let english = list.language() == Language::English;
    indexes.iter().filter(|index| english && is_everyday(list.word(**index))).count()
}

/// The most often that a word of a phrase can be there: sent again, and once more beside it.
const MOST_ALIKE: usize = 3;
/// Fewer different words are no phrase.
const FEWEST_DIFFERENT: usize = 9;

/// Without words that come again and again: what is written before each piece ("next abandon", "next ability"), or all the
/// time ("more", "第 3 条").
fn without_recurring(indexes: &[u16]) -> Vec<u16> {
    let count = |index: &u16| indexes.iter().filter(|other| *other == index).count();
    indexes.iter().filter(|index| count(index) <= MOST_ALIKE).copied().collect()
}

/// Whether too few of the words are different for a phrase.
fn is_monotonous(indexes: &[u16]) -> bool {
    let mut sorted = indexes.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.len() < FEWEST_DIFFERENT
}

/// The length of a phrase that is one word again and again and a last one that makes the checksum hold: what
/// people try a wallet with ("zoo zoo … wrong"). One in sixteen is valid by chance, so everyday words do not count.
fn test_vector(indexes: &[u16], list: List) -> Option<usize> {
    let is_one = |window: &&[u16]| match window.split_last() {
        Some((end, [first, rest @ ..])) => {
            end != first && rest.iter().all(|word| word == first) && !is_everyday(list.word(*first))
        }
        _ => false,
    };
    LENGTHS.into_iter().find(|&length| indexes.windows(length).filter(is_one).any(checksum_holds))
}

/// Whether a message goes on with a phrase whose beginning was found when it came: some words, or, directly after that
/// beginning, one or two that nobody would answer with.
fn is_rest(pieces: &[(usize, Piece)], current: &Piece, list: List) -> bool {
    let directly = pieces.iter().rev().take(1 + MAX_BETWEEN).any(|(_, piece)| piece.redacted > 0);
    if current.separated {
        let said: Vec<&str> = current
            .entries
            .iter()
            .filter_map(|entry| entry.index(list))
            .map(|index| list.word(index))
            .collect();
        return (directly || current.entries.len() >= ANNOUNCED) && tells(&said, list);
    }
    let indexes: Vec<u16> = current.entries.iter().filter_map(|entry| entry.index(list)).collect();
    directly && Reading::of(&indexes, list).is_no_answer()
}
