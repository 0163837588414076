//! Random phrases in every list, the layouts that people paste them in, and the shared test data.

use std::path::PathBuf;

use bip39::{Language, Mnemonic};

/// `SplitMix64` (Steele, Lea and Flood, 2014): enough for test data, and the same on every machine.
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}

pub(crate) const COUNTS: [usize; 5] = [12, 15, 18, 21, 24];

/// The words of a valid phrase.
pub(crate) fn phrase(language: Language, count: usize, rng: &mut Rng) -> Vec<String> {
    let mnemonic = Mnemonic::from_entropy_in(language, &rng.bytes(count / 3 * 4)).unwrap();
    mnemonic.words().map(ToOwned::to_owned).collect()
}

pub(crate) fn is_chinese(language: Language) -> bool {
    matches!(language, Language::SimplifiedChinese | Language::TraditionalChinese)
}

/// How a phrase is written; each says by its name what it does.
pub(crate) const LAYOUTS: [&str; 36] = [
    "spaces",
    "lines",
    "crlf",
    "commas",
    "commas and spaces",
    "numbered",
    "numbered lines",
    "numbers glued",
    "parentheses",
    "brackets of json",
    "json objects",
    "upper case",
    "mixed case",
    "capitals",
    "full width",
    "ideographic space",
    "zero width inside",
    "zero width joined",
    "tabs",
    "double spaces",
    "hyphens",
    "pipes",
    "quoted lines",
    "bullets",
    "groups of four lines",
    "in a sentence",
    "in a Chinese sentence",
    "composed",
    "circled numbers",
    "ordinals",
    "labels",
    "numbers in one line",
    "numbers in two columns",
    "html list",
    "semicolons",
    "table",
];

pub(crate) fn lay_out(words: &[String], layout: &str, rng: &mut Rng) -> String {
    let numbered = |before: &dyn Fn(usize) -> String, after: &str| -> String {
        words.iter().enumerate().map(|(at, word)| format!("{}{word}{after}", before(at + 1))).collect()
    };
    match layout {
        "spaces" => words.join(" "),
        "lines" => words.join("\n"),
        "crlf" => words.join("\r\n"),
        "commas" => words.join(","),
        "commas and spaces" => words.join(", "),
        "numbered" => numbered(&|n| format!("{n}. "), " "),
        "numbered lines" => numbered(&|n| format!("{n}) "), "\n"),
        "numbers glued" => numbered(&|n| n.to_string(), " "),
        "parentheses" => numbered(&|n| format!("({n}) "), " "),
        "brackets of json" => format!("[\"{}\"]", words.join("\",\"")),
        "json objects" => {
            let fields = numbered(&|n| format!("{{\"index\":{n},\"word\":\""), "\"},");
            format!("[{}]", fields.trim_end_matches(','))
        }
        "upper case" => words.join(" ").to_uppercase(),
        "mixed case" => words
            .join(" ")
            .chars()
            .map(|c| if rng.below(2) == 0 { c.to_uppercase().to_string() } else { c.to_string() })
            .collect(),
        "capitals" => words.iter().map(|word| capital(word)).collect::<Vec<_>>().join(" "),
        "full width" => words.join(" ").chars().map(full_width).collect(),
        "ideographic space" => words.join("\u{3000}"),
        "zero width inside" => {
            let hide = |word: &String| word.chars().map(|c| format!("{c}\u{200b}")).collect::<String>();
            words.iter().map(hide).collect::<Vec<_>>().join(" ")
        }
        "zero width joined" => words.join(" \u{feff}\u{200d}"),
        "tabs" => words.join("\t"),
        "double spaces" => words.join("   "),
        "hyphens" => words.join("-"),
        "pipes" => words.join(" | "),
        "quoted lines" => numbered(&|_| "> ".to_owned(), "\n"),
        "bullets" => numbered(&|_| "• ".to_owned(), "\n"),
        "groups of four lines" => words.chunks(4).map(|line| line.join(" ")).collect::<Vec<_>>().join("\n"),
        "in a sentence" => format!("Hello, my wallet does not open: {}. Please help!", words.join(" ")),
        "in a Chinese sentence" => format!("你好，钱包打不开了，{}，请帮我看看。", words.join(" ")),
        "composed" => words.join(" ").chars().collect::<String>(),
        "circled numbers" => numbered(
            &|n| char::from_u32(0x245f + u32::try_from(n.min(20)).unwrap()).unwrap().to_string(),
            " ",
        ),
        "ordinals" => {
            numbered(&|n| format!("{n}{} ", ["th", "st", "nd", "rd"][if n < 4 { n } else { 0 }]), ", ")
        }
        "numbers in one line" => numbered(&|n| format!("{n}: "), " "),
        "numbers in two columns" => words
            .chunks(2)
            .enumerate()
            .map(|(row, pair)| match pair {
                [one, other] => format!("{}: {one} {}: {other}\n", 2 * row + 1, 2 * row + 2),
                _ => format!("{}: {}\n", 2 * row + 1, pair.concat()),
            })
            .collect(),
        "labels" => numbered(&|n| format!("word {n}: "), "\n"),
        "html list" => numbered(&|_| "<li>".to_owned(), "</li>"),
        "semicolons" => words.join("; "),
        "table" => words
            .chunks(3)
            .map(|row| row.iter().map(|word| format!("| {word} ")).collect::<String>() + "|\n")
            .collect(),
        _ => panic!("no layout {layout}"),
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

pub(crate) fn full_width(c: char) -> char {
    match c {
        '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap(),
        _ => c,
    }
}

/// One letter mistyped: dropped, doubled, replaced, or swapped with the next.
pub(crate) fn mistype(word: &str, rng: &mut Rng) -> String {
    let mut chars: Vec<char> = word.chars().collect();
    let at = rng.below(chars.len());
    match rng.below(4) {
        0 if chars.len() > 3 => drop(chars.remove(at)),
        1 => chars.insert(at, chars[at]),
        2 if at + 1 < chars.len() => chars.swap(at, at + 1),
        _ if chars[at].is_ascii() => chars[at] = char::from(b'a' + u8::try_from(rng.below(26)).unwrap()),
        _ => chars[at] = *rng.pick(&chars.clone()),
    }
    chars.into_iter().collect()
}

/// Whether three consecutive words of the phrase are still to be read in a screened text.
pub(crate) fn leaks(screened: &str, words: &[String]) -> bool {
    let plain: Vec<String> = screened
        .to_lowercase()
        .split(|c: char| !c.is_alphabetic() && !matches!(c, '\u{300}'..='\u{36f}' | '\u{3099}' | '\u{309a}'))
        .filter(|word| !word.is_empty())
        .map(ToOwned::to_owned)
        .collect();
    words.windows(3).any(|three| plain.windows(3).any(|left| left == three))
        || (words[0].chars().count() == 1
            && words.windows(3).any(|three| screened.contains(three.concat().as_str())))
}

/// How many of a kind of phrase are found, of one list in one layout.
pub(crate) struct Tally {
    name: String,
    tried: u32,
    missed: Vec<String>,
}

impl Tally {
    /// What must be found at the least.
    const RECALL: f64 = 0.999;

    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), tried: 0, missed: Vec::new() }
    }

    pub(crate) fn count(&mut self, found: bool, case: impl FnOnce() -> String) {
        self.tried += 1;
        if !found {
            self.missed.push(case());
        }
    }

    #[track_caller]
    pub(crate) fn finish(self) {
        let found = f64::from(self.tried) - f64::from(u32::try_from(self.missed.len()).unwrap());
        let recall = found / f64::from(self.tried);
        println!("recall, {}: {found} of {} ({:.3} %)", self.name, self.tried, recall * 100.0);
        for missed in self.missed.iter().take(12) {
            println!("  missed {missed}");
        }
        assert!(recall >= Self::RECALL, "{}: {recall}", self.name);
    }
}

/// How often a case is tried: so many times, or as many times that as `STANDFAST_TEST_ROUNDS` says.
#[expect(clippy::disallowed_methods, reason = "a test has no configuration")]
pub(crate) fn rounds(usual: usize) -> usize {
    let more = std::env::var("STANDFAST_TEST_ROUNDS").ok().and_then(|times| times.parse().ok());
    usual * more.unwrap_or(1)
}

/// How many words of a phrase are still to be read in a text.
pub(crate) fn readable(text: &str, words: &[String]) -> usize {
    let narrow = |c: char| match c {
        '！'..='～' => char::from_u32(u32::from(c) - 0xfee0).unwrap(),
        _ => c,
    };
    let mut text = text.to_owned();
    for (place, ..) in standfast_guard::marks(&text.clone()).into_iter().rev() {
        text.replace_range(place, " ");
    }
    let hidden = |c: &char| !matches!(c, '\u{200b}'..='\u{200d}' | '\u{feff}');
    let text: String = text.chars().filter(hidden).map(narrow).collect::<String>().to_lowercase();
    if words[0].chars().count() == 1 {
        return text.chars().filter(|c| words.iter().any(|word| word.starts_with(*c))).count();
    }
    text.split(|c: char| !c.is_alphabetic() && !matches!(c, '\u{300}'..='\u{36f}' | '\u{3099}' | '\u{309a}'))
        .filter(|one| words.iter().any(|word| word == one))
        .count()
}

/// The shared test data, or nothing and a loud word about it.
#[expect(clippy::disallowed_methods, reason = "a test has no configuration")]
pub(crate) fn data(path: &str) -> Option<String> {
    let root = std::env::var("STANDFAST_TEST_DATA").map_or_else(
        |_| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let file = root.join(path);
    let read = std::fs::read_to_string(&file).ok();
    if read.is_none() {
        eprintln!("NOT TESTED: {} is absent; set STANDFAST_TEST_DATA", file.display());
    }
    read
}

/// A file of the texts that `scripts/texts` fetches, or nothing and a loud word about it.
#[expect(clippy::disallowed_methods, reason = "a test has no configuration")]
pub(crate) fn fetched(path: &str) -> Option<String> {
    let root = std::env::var("STANDFAST_TEST_TEXTS")
        .map_or_else(|_| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../.cache/texts"), PathBuf::from);
    let file = root.join(path);
    let read = std::fs::read_to_string(&file).ok();
    if read.is_none() {
        let required = std::env::var_os("STANDFAST_TEST_REQUIRE_TEXTS").is_some();
        assert!(!required, "{} is absent: scripts/tools install fetches it", file.display());
        eprintln!("NOT TESTED: {} is absent; run scripts/tools install", file.display());
    }
    read
}
