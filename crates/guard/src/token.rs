//! Words and characters that could be words of a list, with what stands between them.

use std::ops::Range;

use crate::mark::marks;
use crate::wordlist::{self, Entry, MAX_WORD};

/// What stands between a token and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gap {
    /// Nothing: two Chinese characters side by side.
    None,
    /// Spaces only.
    Space,
    /// A comma, a number, a line break: what lists are made of.
    List,
    /// A mark, or the start of the text: no phrase reaches over it.
    Barrier,
}

/// A word, or one Chinese character.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    start: u32,
    end: u32,
    pub(crate) entry: Entry,
    pub(crate) gap: Gap,
    /// Whether this is a single Chinese character.
    pub(crate) han: bool,
}

impl Token {
    pub(crate) fn start(&self) -> usize {
        self.start as usize
    }

    pub(crate) fn end(&self) -> usize {
        self.end as usize
    }

    /// The same token, with something else before it.
    pub(crate) fn after(mut self, gap: Gap) -> Self {
        self.gap = gap;
        self
    }

    pub(crate) fn len(&self) -> usize {
        self.end().saturating_sub(self.start())
    }

    /// Whether it is no word of a person: a tag (`<li>`), the name of a field (`"word":`) or, where a line or an item begins, of
    /// that (`word 3:`). In "1: one 2: two" it is the numbers that name.
    pub(crate) fn is_label(&self, folded: &str) -> bool {
        let before = folded.get(..self.start()).unwrap_or_default();
        let after = folded.get(self.end()..).unwrap_or_default();
        if before.ends_with(['<', '/']) {
            return after.starts_with('>');
        }
        let number = after.trim_start_matches(' ').trim_start_matches(|c: char| c.is_ascii_digit());
        let lead = before.trim_end_matches(' ');
        let begins =
            || lead.is_empty() || lead.ends_with(['\n', ',', ';', '(', '{', '\'', '"', '>', '|', '，', '；']);
        after.starts_with("\":") || number.len() + 1 < after.len() && number.starts_with(':') && begins()
    }

    /// The token's text, in the case it was written in.
    pub(crate) fn text<'a>(&self, folded: &'a str) -> &'a str {
        folded.get(self.start()..self.end()).unwrap_or_default()
    }
}

/// The bytes that a stretch of tokens covers.
pub(crate) fn span(tokens: &[Token]) -> Range<usize> {
    match (tokens.first(), tokens.last()) {
        (Some(first), Some(last)) => first.start()..last.end(),
        _ => 0..0,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// A letter, with its script: words do not go over from one to another.
    Letter(Script),
    Han,
    Digit,
    Space,
    Other,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Kana,
    Hangul,
    Other,
}

fn class(c: char) -> Class {
    match c {
        'a'..='z' | 'A'..='Z' => Class::Letter(Script::Latin),
        '0'..='9' => Class::Digit,
        ' ' | '\t' => Class::Space,
        '\0'..='\u{7f}' => Class::Other,
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' => Class::Han,
        // With the combining voicing marks, which belong to the kana before them.
        '\u{3041}'..='\u{309a}' | '\u{309d}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' => {
            Class::Letter(Script::Kana)
        }
        '\u{1100}'..='\u{11ff}' => Class::Letter(Script::Hangul),
        '\u{c0}'..='\u{24f}' if c.is_alphabetic() => Class::Letter(Script::Latin),
        _ if c.is_alphabetic() => Class::Letter(Script::Other),
        _ if c.is_whitespace() && c != '\u{2028}' && c != '\u{2029}' => Class::Space,
        _ => Class::Other,
    }
}

/// The character that starts at a byte.
fn char_at(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

/// Where the word ends that has a letter of this script before `at`.
fn end_of_word(folded: &str, mut at: usize, script: Script) -> usize {
    loop {
        if script == Script::Latin {
            let rest = folded.as_bytes().get(at..).unwrap_or_default();
            at += rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        }
        match char_at(folded, at) {
            Some(c) if class(c) == Class::Letter(script) => at += c.len_utf8(),
            _ => return at,
        }
    }
}

/// Cuts a folded text into tokens. Numbering ("1st", "a)", "no. 3") leaves no token behind.
pub(crate) fn tokens(folded: &str) -> Vec<Token> {
    let barriers = if folded.contains('⟦') { marks(folded) } else { Vec::new() };
    let mut barriers = barriers.iter().map(|found| found.0.clone()).peekable();
    let mut out: Vec<Token> = Vec::with_capacity(folded.len() / 5 + 1);
    let mut gap = Gap::Barrier;
    let mut before = Class::Other;
    let mut at = 0;
    while let Some(c) = char_at(folded, at) {
        if let Some(barrier) = barriers.next_if(|barrier| barrier.start <= at) {
            at = barrier.end.max(at + c.len_utf8());
            gap = Gap::Barrier;
            continue;
        }
        let class_here = class(c);
        let mut end = at + c.len_utf8();
        match class_here {
            Class::Letter(script) => {
                end = end_of_word(folded, end, script);
                let word = folded.get(at..end).unwrap_or_default();
                if numbering(word, before, char_at(folded, end)) {
                    gap = gap.max(Gap::List);
                } else {
                    out.push(token(at, end, look_up(word), gap, false));
                    gap = Gap::None;
                }
            }
            Class::Han => {
                out.push(token(at, end, wordlist::find_han(c), gap, true));
                gap = Gap::None;
            }
            Class::Space => gap = gap.max(Gap::Space),
            Class::Digit | Class::Other => gap = gap.max(Gap::List),
        }
        before = class_here;
        at = end;
    }
    out
}

impl Gap {
    fn rank(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Space => 1,
            Self::List => 2,
            Self::Barrier => 3,
        }
    }

    /// The wider of two gaps.
    pub(crate) fn max(self, other: Self) -> Self {
        if self.rank() >= other.rank() { self } else { other }
    }
}

fn token(start: usize, end: usize, entry: Entry, gap: Gap, han: bool) -> Token {
    let at = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
    Token { start: at(start), end: at(end), entry, gap, han }
}

/// Whether a word only numbers the next one: "1st", "2nd", "a)", "b:".
fn numbering(word: &str, before: Class, after: Option<char>) -> bool {
    match word.len() {
        1 => before == Class::Digit || matches!(after, Some(')' | ':' | '.' | '#')),
        2 => before == Class::Digit && matches!(word, "st" | "nd" | "rd" | "th"),
        _ => false,
    }
}

/// Looks a word up in lower case.
pub(crate) fn look_up(word: &str) -> Entry {
    if word.len() > MAX_WORD {
        return Entry::default();
    }
    if word.bytes().all(|b| b.is_ascii_lowercase() || !b.is_ascii()) {
        return wordlist::find(word);
    }
    let mut lower = [0_u8; MAX_WORD];
    for (to, from) in lower.iter_mut().zip(word.bytes()) {
        *to = from.to_ascii_lowercase();
    }
    lower
        .get(..word.len())
        .and_then(|bytes| str::from_utf8(bytes).ok())
        .map(wordlist::find)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        tokens(text).iter().map(|token| token.text(text)).collect()
    }

    #[test]
    fn layouts_leave_only_the_words() {
        for text in [
            "abandon ability able",
            "1. abandon 2. ability 3. able",
            "1abandon2ability3able",
            "1st abandon\n2nd ability\n3rd able",
            "a) abandon b) ability c) able",
            "[\"abandon\",\"ability\",\"able\"]",
            "abandon-ability_able",
            "<li>abandon</li>".strip_prefix("<li>").unwrap().strip_suffix("</li>").unwrap(),
        ] {
            let found = words(text);
            assert_eq!(found, ["abandon", "ability", "able"][..found.len()], "{text}");
        }
        assert_eq!(words("的一 abandon是"), ["的", "一", "abandon", "是"]);
    }

    #[test]
    fn marks_are_barriers_and_hold_no_words() {
        let found = tokens("able ⟦redacted:recovery_phrase:12⟧ about");
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].gap, Gap::Barrier);
    }

    #[test]
    fn case_does_not_matter() {
        assert_eq!(look_up("AbanDON"), look_up("abandon"));
        assert_ne!(look_up("abandon"), Entry::default());
    }
}
