//! From a text to its units: words, Chinese characters, and classes of things that no two requests share.
//!
//! An address says *that* there is an address and nothing else, so it becomes the class `<address>`; the same goes for
//! hashes, links, mail addresses, amounts, versions and the marks of the guard. What is left is lower case, after NFKC
//! (Unicode Standard Annex 15), so that full-width and half-width forms are one.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;

/// Only so many characters of a text are read. What a request is about stands at its beginning; the rest is logs.
const MAX_CHARS: usize = 4_000;
/// Only so many units of a text are kept.
const MAX_UNITS: usize = 1_000;
/// Longer words are cut: they are no words.
const MAX_WORD_BYTES: usize = 48;

/// What stands before the @ of a mail address is no longer than this (RFC 5321, 4.5.3.1.1).
const MAX_NAME: usize = 64;

/// What a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word of a script that separates words.
    Word,
    /// One character of a script that does not: Chinese, and Japanese kana.
    Han,
    /// A class such as `<address>`.
    Class,
}

/// One unit: its kind and where its letters stand in [`Units::text`].
#[derive(Debug, Clone)]
struct Unit {
    kind: Kind,
    range: Range<usize>,
    /// Whether nothing stood between it and the unit before (two Chinese characters of one run).
    joined: bool,
}

/// The units of a text, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Units {
    text: String,
    units: Vec<Unit>,
}

impl Units {
    /// Reads a text. Any text: hostile ones cost no more than long ones, and long ones are cut.
    pub(super) fn read(text: &str) -> Self {
        let composed: Vec<char> = text.chars().take(MAX_CHARS).nfkc().take(2 * MAX_CHARS).collect();
        let mut units = Self::default();
        let mut rest = composed.as_slice();
        let mut before = ' ';
        while let Some(&first) = rest.first() {
            if units.units.len() >= MAX_UNITS {
                break;
            }
            let taken = units.step(rest, before).max(1);
            let (read, left) = rest.split_at(taken.min(rest.len()));
            before = read.last().copied().unwrap_or(first);
            rest = left;
        }
        units
    }

    /// Kind and letters of every unit.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (Kind, &str)> + Clone {
        self.units.iter().map(|unit| (unit.kind, self.text.get(unit.range.clone()).unwrap_or_default()))
    }

    /// The runs of Chinese characters that nothing interrupts.
    pub(super) fn han_runs(&self) -> impl Iterator<Item = &str> {
        self.units.chunk_by(|_, next| next.joined).filter_map(|run| {
            let (first, last) = (run.first()?, run.last()?);
            (first.kind == Kind::Han).then(|| self.text.get(first.range.start..last.range.end))?
        })
    }

    fn push(&mut self, kind: Kind, letters: impl Iterator<Item = char>, joined: bool) {
        let start = self.text.len();
        for letter in letters {
            if self.text.len() - start >= MAX_WORD_BYTES {
                break;
            }
            self.text.push(letter);
        }
        if self.text.len() > start {
            self.units.push(Unit { kind, range: start..self.text.len(), joined });
        }
    }

    fn class(&mut self, name: &str) {
        self.push(Kind::Class, name.chars(), false);
    }

    /// Reads what `rest` begins with and returns the number of characters read.
    fn step(&mut self, rest: &[char], before: char) -> usize {
        let Some(&first) = rest.first() else { return 0 };
        if let Some((kind, length)) = mark(rest) {
            self.push(Kind::Class, "<".chars().chain(kind.chars()).chain(">".chars()), false);
            return length;
        }
        if is_han(first) {
            self.push(Kind::Han, std::iter::once(first), is_han(before));
            return 1;
        }
        if matches!(first, '?' | '!') {
            self.class(if first == '?' { "<?>" } else { "<!>" });
            return 1;
        }
        if !first.is_alphanumeric() {
            return 1;
        }
        if let Some((class, length)) = located(rest) {
            self.class(class);
            return length;
        }
        self.run(rest, before)
    }

    /// A run of letters and digits.
    fn run(&mut self, rest: &[char], before: char) -> usize {
        let length = rest.iter().take_while(|c| c.is_alphanumeric() && !is_han(**c)).count();
        let run = rest.get(..length).unwrap_or_default();
        if let Some(class) = opaque(run) {
            self.class(class);
            return length;
        }
        if let Some((class, length)) = numeral(rest, before) {
            self.class(class);
            return length;
        }
        // "can't", "don’t": one word without the apostrophe, as people also write it.
        let tail = rest.get(length..).unwrap_or_default();
        let tail = match tail {
            ['\'' | '\u{2019}', letter, ..] if letter.is_alphabetic() && !is_han(*letter) => {
                let more = tail.iter().skip(1).take_while(|c| c.is_alphanumeric() && !is_han(**c)).count();
                tail.get(1..=more).unwrap_or_default()
            }
            _ => &[],
        };
        self.push(Kind::Word, run.iter().chain(tail).flat_map(|c| c.to_lowercase()), false);
        length + if tail.is_empty() { 0 } else { tail.len() + 1 }
    }
}

/// Whether words of this character's script are not separated.
pub(super) fn is_han(c: char) -> bool {
    matches!(u32::from(c),
        0x3005..=0x3007 | 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF)
}

/// A mark of the guard, `⟦redacted:KIND…⟧`: its kind and its length.
fn mark(rest: &[char]) -> Option<(String, usize)> {
    const OPEN: [char; 10] = ['⟦', 'r', 'e', 'd', 'a', 'c', 't', 'e', 'd', ':'];
    const LONGEST: usize = 48;
    let inner = rest.strip_prefix(&OPEN)?;
    let close = inner.iter().take(LONGEST).position(|c| *c == '⟧')?;
    let kind = inner.iter().take(close).take_while(|c| c.is_ascii_lowercase() || **c == '_').collect();
    Some((kind, OPEN.len() + close + 1))
}

/// A link or a mail address: its class and its length.
fn located(rest: &[char]) -> Option<(&'static str, usize)> {
    let solid = || rest.iter().take_while(|c| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>')).count();
    let begins = |with: &str| {
        let mut letters = rest.iter();
        with.chars().all(|c| letters.next().is_some_and(|l| l.to_ascii_lowercase() == c))
    };
    if begins("http://") || begins("https://") || begins("www.") {
        return Some(("<link>", solid()));
    }
    let name = rest
        .iter()
        .take(MAX_NAME)
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-'))
        .count();
    let host = rest.get(name..)?.strip_prefix(&['@'])?;
    let length = host.iter().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')).count();
    host.get(..length)?.contains(&'.').then_some(("<mail>", name + 1 + length))
}

/// The class of a run that is no word: an address or a hash.
fn opaque(run: &[char]) -> Option<&'static str> {
    const ADDRESS: &str = "<address>";
    const HASH: &str = "<hash>";
    if !run.iter().all(char::is_ascii_alphanumeric) {
        return None;
    }
    if let ['0', 'x' | 'X', digits @ ..] = run
        && digits.len() >= 2
        && digits.iter().all(char::is_ascii_hexdigit)
    {
        return Some(if digits.len() > 42 { HASH } else { ADDRESS });
    }
    let digits = run.iter().filter(|c| c.is_ascii_digit()).count();
    if run.len() >= 16 && digits > 0 && run.iter().all(char::is_ascii_hexdigit) {
        return Some(if run.len() == 40 { ADDRESS } else { HASH });
    }
    // Base58 and bech32 addresses have 25 to 62 characters; Solana signatures, which are longer, count as hashes.
    (run.len() >= 25 && digits > 0).then_some(if run.len() > 62 { HASH } else { ADDRESS })
}

/// An amount or a version: its class and its length. Whole numbers below a thousand stay words ("24 hours").
fn numeral(rest: &[char], before: char) -> Option<(&'static str, usize)> {
    let prefixed = matches!(rest, ['v' | 'V', digit, ..] if digit.is_ascii_digit());
    let body = if prefixed { rest.get(1..)? } else { rest };
    let (mut length, mut digits, mut dots, mut commas) = (0, 0, 0, 0);
    for (at, c) in body.iter().enumerate() {
        let digit_follows = body.get(at + 1).is_some_and(char::is_ascii_digit);
        match c {
            '0'..='9' => digits += 1,
            '.' if digit_follows => dots += 1,
            ',' if digit_follows => commas += 1,
            _ => break,
        }
        length = at + 1;
    }
    if digits == 0 {
        return None;
    }
    if dots >= 2 || prefixed {
        return Some(("<version>", length + usize::from(prefixed)));
    }
    let money = matches!(before, '$' | '€' | '£' | '¥' | '₿');
    // "2fa", "24h", "404" are words; "100usdt" is an amount and its unit.
    let glued = body.get(length).is_some_and(|c| c.is_alphabetic());
    let plain = dots + commas == 0 && digits < if glued { 3 } else { 4 };
    (money || !plain).then_some(("<amount>", length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str) -> Vec<String> {
        Units::read(text).iter().map(|(_, letters)| letters.to_owned()).collect()
    }

    #[test]
    fn words_and_characters_are_units() {
        assert_eq!(units("My ＵＳＤＴ can't arrive"), ["my", "usdt", "cant", "arrive"]);
        assert_eq!(units("提币没到账 USDT"), ["提", "币", "没", "到", "账", "usdt"]);
        assert_eq!(units("为什么?"), ["为", "什", "么", "<?>"]);
        assert!(units("  …—\n").is_empty());
    }

    #[test]
    fn what_no_two_requests_share_becomes_a_class() {
        for (text, class) in [
            ("0x52908400098527886E0F7030069857D2E4169EE7", "<address>"),
            ("TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC", "<address>"),
            ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "<address>"),
            ("0x88df016429689c079f3b2f6ad39fa052532c56795b733da78a91ebe6a713944b", "<hash>"),
            ("88df016429689c079f3b2f6ad39fa052532c56795b733da78a91ebe6a713944b", "<hash>"),
            ("https://example.org/a?b=c", "<link>"),
            ("Someone@example.org", "<mail>"),
            ("1,250.75", "<amount>"),
            ("$5", "<amount>"),
            ("100000", "<amount>"),
            ("v2.3", "<version>"),
            ("10.2.1", "<version>"),
            ("⟦redacted:recovery_phrase:12⟧", "<recovery_phrase>"),
            ("⟦redacted:unproven_hex:4c08…2318⟧", "<unproven_hex>"),
        ] {
            assert_eq!(units(text), [class], "{text}");
        }
        assert_eq!(units("100USDT"), ["<amount>", "usdt"]);
        assert_eq!(units("2FA trc20 24 hours 404"), ["2fa", "trc20", "24", "hours", "404"]);
        assert_eq!(
            units("转到0x52908400098527886E0F7030069857D2E4169EE7了"),
            ["转", "到", "<address>", "了"]
        );
    }

    #[test]
    fn runs_of_chinese_end_at_anything_else() {
        let units = Units::read("提币没到账，USDT 还在链上ok吗");
        assert_eq!(units.han_runs().collect::<Vec<_>>(), ["提币没到账", "还在链上", "吗"]);
    }

    #[test]
    fn a_text_is_read_up_to_a_limit() {
        assert_eq!(units(&"a ".repeat(9_000)).len(), MAX_UNITS);
        assert_eq!(units(&"b".repeat(9_000)).len(), 1);
        assert!(units(&"\u{fdfa}".repeat(9_000)).iter().all(|unit| unit.len() <= MAX_WORD_BYTES + 3));
    }
}
