//! What people say beside the pieces of a phrase, and between them.

use super::{ANNOUNCED, CLAUSE_ENDS, LONGEST, chinese_lists};
use crate::token::{Token, look_up};
use crate::wordlist::List;

/// Whether the end of a message alone says that it is no piece, which spares most messages the whole look: it ends in
/// two plain words that are in no list, or in the middle of more Chinese characters than a phrase has.
pub(super) fn ends_as_talk(text: &str) -> bool {
    // Tags, and what is announced in the middle, are not told by the end.
    if text.contains([':', '：', '\n']) || text.ends_with('>') {
        return false;
    }
    let said = text.trim_end_matches(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric() || c == '。');
    let (head, word) = last_word(said);
    if word.len() > 2 {
        let other = |head: &str, word: &str| {
            head.chars().next_back().is_none_or(|c| c.is_ascii())
                && look_up(word).lists() & !chinese_lists() == 0
        };
        // One alone may be mistyped.
        let head = head.trim_end_matches([' ', ',']);
        let (head_before, before) = last_word(head);
        let talk =
            if before.len() > 2 { other(head_before, before) } else { head.is_ascii() && before.is_empty() };
        return talk && other(head, word);
    }
    let is_han = |c: &char| matches!(c, '\u{4e00}'..='\u{9fff}');
    said.chars().rev().take(2).filter(is_han).count() == 2
        && said.chars().filter(is_han).nth(LONGEST).is_some()
}

/// A text up to its last plain word, and that word; empty if the text ends in something else.
fn last_word(text: &str) -> (&str, &str) {
    text.split_at(text.len() - text.bytes().rev().take_while(u8::is_ascii_alphabetic).count())
}

/// Drops what is said before or after the words of a phrase in a clause of its own ("… useful legal. Please call"), so that
/// it stays. One word alone could be the last of them.
pub(super) fn without_talk(folded: &str, tokens: &mut Vec<Token>) {
    let clauses: Vec<usize> = tokens
        .chunk_by(|a, b| !folded.get(a.end()..b.start()).is_some_and(|gap| gap.contains(CLAUSE_ENDS)))
        .map(<[Token]>::len)
        .collect();
    let (Some(first), Some(last)) = (clauses.first(), clauses.last()) else { return };
    let is_talk = |clause: Option<&[Token]>| {
        clause.is_some_and(|clause| {
            clause.len() > 1 && clause.iter().all(|word| is_said(word, folded, clause.len()))
        })
    };
    let mut room = tokens.len().saturating_sub(ANNOUNCED);
    let end = tokens.len() - last;
    if *last <= room && is_talk(tokens.get(end..)) {
        room -= last;
        tokens.truncate(end);
    }
    if *first <= room && is_talk(tokens.get(..*first)) {
        tokens.drain(..first);
    }
}

fn is_said(token: &Token, folded: &str, among: usize) -> bool {
    let word = token.text(folded).to_ascii_lowercase();
    !token.han && (is_answer(&word, among) || is_small_word(&word))
}

/// Whether list words beside a piece are more than talk: whether one of them is not said by itself, or, where there are several,
/// together with another. Two random words are both so in one case of two thousand.
pub(super) fn tells(words: &[&str], list: List) -> bool {
    if list.is_chinese() {
        return words.len() > 1 || words.iter().any(|word| !CHINESE_ANSWERS.contains(word));
    }
    words.iter().any(|word| !is_answer(word, words.len()))
}

/// Whether people say a list word in a message of so many.
fn is_answer(word: &str, among: usize) -> bool {
    ANSWERS.contains(&word) || among >= 2 && SAID_TOGETHER.contains(&word)
}

/// Whether a word is so short and common that nobody mistyped one of a list.
pub(super) fn is_small_word(word: &str) -> bool {
    word.len() == 2 && SMALL_WORDS.contains(&&*word.to_ascii_lowercase())
}

const SMALL_WORDS: [&str; 23] = [
    "am", "as", "at", "be", "by", "do", "go", "he", "hi", "if", "in", "is", "it", "me", "my", "no", "of",
    "ok", "on", "or", "so", "to", "us",
];

/// Characters that are answers by themselves.
const CHINESE_ANSWERS: [&str; 20] = [
    "好", "是", "对", "對", "行", "有", "没", "沒", "不", "在", "会", "會", "能", "可", "要", "来", "來",
    "了", "一", "二",
];
/// List words that are answers together with another.
const SAID_TOGETHER: [&str; 18] = [
    "any", "answer", "assist", "can", "check", "hurry", "just", "know", "morning", "news", "next", "now",
    "tell", "there", "today", "try", "way", "will",
];

/// List words that are answers by themselves.
const ANSWERS: [&str; 28] = [
    "again", "call", "correct", "done", "exact", "good", "help", "hello", "like", "more", "nice", "now",
    "okay", "one", "only", "please", "problem", "right", "same", "still", "sure", "thank", "this", "two",
    "wait", "what", "when", "you",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Piece;
    use super::*;

    fn part() -> impl Strategy<Value = String> {
        let word = (0..10_u8, 0..2048_u16).prop_map(|(list, index)| {
            List::all().nth(usize::from(list)).map_or("", |list| list.word(index)).to_owned()
        });
        prop_oneof![
            4 => word,
            2 => "[a-z]{1,6}",
            1 => "[0-9]{1,2}|st|nd|1st",
            3 => r"[ ,.:;!?\n。，：、）)(-]{1,2}",
            1 => r"\PC",
        ]
    }

    proptest! {
        #[test]
        fn what_ends_as_talk_is_no_piece(parts in prop::collection::vec(part(), 1..40)) {
            let text = parts.concat();
            if ends_as_talk(&text) {
                prop_assert!(Piece::read(&text).is_none(), "{text}");
            }
        }
    }
}
