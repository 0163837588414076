//! What a text is made of, in 256 bytes: MinHash (Broder 1997) over character shingles, 16 bits of each minimum (Li & König
//! 2010). Two signatures agree in about as many places as the texts have shingles in common.

use crate::real;

/// Minima in a signature; the standard error of a likeness is 0.04 at the most.
const MINIMA: usize = 128;
/// Characters of a text that are looked at.
const MOST_CHARACTERS: usize = 2000;
/// Texts with fewer shingles than this are alike by chance.
const LEAST_SHINGLES: usize = 5;
/// Characters of a shingle, in scripts whose signs are letters …
const LETTERS: usize = 4;
/// … and in those whose signs are syllables or words.
const SIGNS: usize = 2;
/// A word of this many characters with a digit in it is an address or a hash, which everybody has another of.
const IDENTIFIER: usize = 16;

/// The signature of a text. The words cannot be read back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature(Box<[u16; MINIMA]>);

impl Signature {
    /// The signature of a text; `None` when it is too short to be recognised. Case, width, punctuation, numbers and
    /// identifiers make no difference.
    pub fn of(text: &str) -> Option<Self> {
        let shingles = shingles(text);
        if shingles.len() < LEAST_SHINGLES {
            return None;
        }
        let mut minima = Box::new([0_u16; MINIMA]);
        for (index, slot) in (0_u64..).zip(minima.iter_mut()) {
            let seed = mix(index);
            let least = shingles.iter().map(|shingle| mix(shingle ^ seed)).min()?;
            *slot = u16::try_from(least & 0xffff).unwrap_or(u16::MAX);
        }
        Some(Self(minima))
    }

    /// Four minima at a time: texts that are alike have some of these in common.
    pub(crate) fn bands(&self) -> impl Iterator<Item = u64> {
        let joined = |four: &[u16]| four.iter().fold(0, |all, one| (all << 16) | u64::from(*one));
        self.0.chunks_exact(4).map(joined)
    }

    /// The part of their shingles that both texts share, 0 to 1 (Jaccard), estimated.
    pub fn likeness(&self, other: &Self) -> f64 {
        let equal = self.0.iter().zip(other.0.iter()).filter(|(a, b)| a == b).count();
        real::len(equal) / real::len(MINIMA)
    }
}

/// Hashes of the different shingles of a text.
fn shingles(text: &str) -> Vec<u64> {
    let mut hashes = Vec::new();
    for (run, size) in runs(text) {
        if run.len() < size {
            hashes.push(hash(&run));
        } else {
            hashes.extend(run.windows(size).map(hash));
        }
    }
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// Characters of one kind of script, and how many make a shingle.
type Run = (Vec<char>, usize);

/// Stretches of one kind of script, with the size of their shingles. Words of letters stay together, a space between them;
/// signs stand without.
fn runs(text: &str) -> Vec<Run> {
    let (mut runs, mut letters, mut signs) = (Vec::new(), Vec::new(), Vec::new());
    let characters = || text.chars().take(MOST_CHARACTERS).map(narrow).flat_map(char::to_lowercase);
    let cleaned: String = characters().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    for word in cleaned.split_whitespace() {
        for stretch in stretches(word) {
            if stretch.chars().next().is_some_and(is_sign) {
                close(&mut runs, &mut letters, LETTERS);
                signs.extend(stretch.chars());
            } else {
                close(&mut runs, &mut signs, SIGNS);
                if !letters.is_empty() {
                    letters.push(' ');
                }
                letters.extend(masked(stretch));
            }
        }
    }
    close(&mut runs, &mut letters, LETTERS);
    close(&mut runs, &mut signs, SIGNS);
    runs
}

fn close(runs: &mut Vec<Run>, run: &mut Vec<char>, size: usize) {
    if !run.is_empty() {
        runs.push((std::mem::take(run), size));
    }
}

/// A word cut where signs and letters meet.
fn stretches(word: &str) -> Vec<&str> {
    let (mut stretches, mut rest) = (Vec::new(), word);
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| is_sign(c) != is_sign(first)).unwrap_or(rest.len());
        let (stretch, after) = rest.split_at(end);
        stretches.push(stretch);
        rest = after;
    }
    stretches
}

/// An identifier as `#`, a number as `0`.
fn masked(word: &str) -> Vec<char> {
    let digit = |c: char| c.is_numeric();
    if word.chars().count() >= IDENTIFIER && word.contains(digit) {
        return vec!['#'];
    }
    let mut masked: Vec<char> = word.chars().map(|c| if digit(c) { '0' } else { c }).collect();
    masked.dedup_by(|a, b| *a == '0' && *b == '0');
    masked
}

/// Chinese, Japanese and Korean.
fn is_sign(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Full-width forms as their ordinary ones.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => u32::from(c).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(c),
        _ => c,
    }
}

/// FNV-1a over characters.
fn hash(shingle: &[char]) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325_u64;
    mix(shingle.iter().fold(start, |hash, c| (hash ^ u64::from(*c)).wrapping_mul(0x0100_0000_01b3)))
}

/// The finaliser of `splitmix64` (Steele, Lea & Flood 2014).
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn likeness(a: &str, b: &str) -> f64 {
        Signature::of(a).unwrap().likeness(&Signature::of(b).unwrap())
    }

    fn exact(a: &str, b: &str) -> f64 {
        let (a, b) = (shingles(a), shingles(b));
        let both = a.iter().filter(|hash| b.binary_search(hash).is_ok()).count();
        real::len(both) / real::len(a.len() + b.len() - both)
    }

    #[test]
    fn what_makes_no_difference() {
        let same = [
            ("My transfer of 35 USDT is still pending", "my transfer of 9000 usdt: is still pending!!"),
            ("转账一直没有到账,怎么办?", "转账 一直没有到账 怎么办"),
            ("WALLET will not open today", "Wallet will not open today"),
            (
                "sent to 0x52908400098527886E0F7030069857D2E4169EE7 but nothing came",
                "sent to TJRabPrwbZy45sbavfcjinPJC18kjpRTv8 but nothing came",
            ),
        ];
        for (a, b) in same {
            assert!((likeness(a, b) - 1.0).abs() < 1e-12, "{a} / {b}");
        }
        assert!(
            Signature::of("hi").is_none() && Signature::of("你好").is_none() && Signature::of("").is_none()
        );
        assert!(
            Signature::of("0x52908400098527886E0F7030069857D2E4169EE7").is_none(),
            "an address is no text"
        );
    }

    #[test]
    fn mixed_scripts_are_cut_where_they_meet() {
        let runs = runs("我的USDT转账 hash不见了 ok 12");
        let texts: Vec<String> = runs.iter().map(|(run, _)| run.iter().collect()).collect();
        assert_eq!(texts, ["我的", "usdt", "转账", "hash", "不见了", "ok 0"]);
    }

    #[test]
    fn other_questions_are_not_alike() {
        assert!(likeness("How do I change my password?", "How do I change my email address?") < 0.7);
        assert!(likeness("我的转账一直没到账", "我想修改登录密码") < 0.1);
        assert!(likeness("Where is my transfer?", "The app crashes on start") < 0.1);
    }

    proptest! {
        #[test]
        fn the_estimate_is_near_the_truth(words in prop::collection::vec("[a-z]{3,9}", 8..40), dropped in 0_usize..8) {
            let (all, some) = (words.join(" "), words[dropped..].join(" "));
            prop_assume!(Signature::of(&all).is_some() && Signature::of(&some).is_some());
            // Five standard errors.
            prop_assert!((likeness(&all, &some) - exact(&all, &some)).abs() < 0.22);
        }

        #[test]
        fn any_text_has_a_signature_or_none(text in "\\PC{0,300}") {
            if let Some(signature) = Signature::of(&text) {
                prop_assert!((signature.likeness(&signature) - 1.0).abs() < 1e-12);
            }
        }
    }
}
