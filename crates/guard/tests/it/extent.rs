//! What a mark takes of the words around a phrase.

use bip39::Language;
use standfast_guard::{Context, screen};

use crate::support::{COUNTS, Rng, leaks, mistype, phrase};

/// The texts have `{}` where the phrase stands.
#[track_caller]
fn keeps(text: &str, phrase: &str, mark: &str) {
    let screened = screen(&text.replace("{}", phrase), &Context::default());
    assert_eq!(screened.text, text.replace("{}", mark));
}

const VALID: &str = "legal winner thank year wave sausage worth useful legal winner thank yellow";
/// Its last word makes the checksum wrong.
const WRONG: &str = "legal winner thank year wave sausage worth useful legal winner thank zebra";
const ZOO: &str = "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong";
const LONG: &str = "letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor \
                    acoustic avoid letter always";

#[test]
fn the_words_around_stay() {
    for text in [
        "can u check pls. phrase: {}",
        "12:00 start\n12:01 mnemonic: {}",
        "12:00 start\n12:01 mnemonic: {}\n12:02 sync error",
        "[2026-11-21 12:00:01] start update\n[2026-11-21 12:00:02] mnemonic: {}\n[2026-11-21 12:00:03] stop",
        "phrase: {}. please help, thank you",
        "please check this wallet. phrase: {}",
        "Help! My wallet: {}! Please fix.",
        "助记词：{}，谢谢",
        "seed words: {}\n\nthank you",
    ] {
        keeps(text, VALID, "⟦redacted:recovery_phrase:12⟧");
        keeps(text, ZOO, "⟦redacted:recovery_phrase:12⟧");
        keeps(text, LONG, "⟦redacted:recovery_phrase:18⟧");
    }
    for text in ["please check this wallet phrase {} now", "my seed is {} and the wallet is empty"] {
        keeps(text, VALID, "⟦redacted:recovery_phrase:12⟧");
        keeps(text, LONG, "⟦redacted:recovery_phrase:18⟧");
    }
    for text in ["can u check pls. phrase: {}. help!", "seed words: {}", "12:00 start\n12:01 mnemonic: {}"] {
        keeps(text, WRONG, "⟦redacted:recovery_phrase:12⟧");
    }
}

#[test]
fn a_sign_inside_a_phrase_does_not_cut_it() {
    for phrase in [
        "legal winner thank year. wave sausage worth useful. legal winner thank yellow",
        "legal winner thank year: wave sausage worth useful! legal winner thank zebra",
        "legal winner thank year wave sausage. worth useful legal winner thank zebra. letter advice cage absurd amount doctor",
    ] {
        let screened = screen(phrase, &Context::default());
        assert_eq!(screened.findings.len(), 1, "{}", screened.text);
        assert!(!screened.text.contains(' '), "{}", screened.text);
    }
}

/// Trimming must not leave words of a damaged phrase outside, where a checksum that holds by chance says it ends.
#[test]
fn damaged_phrases_between_words_are_covered() {
    const BEFORE: [&str; 8] = [
        "",
        "please help me with this wallet ",
        "can u check pls. phrase: ",
        "12:00 start\n12:01 mnemonic: ",
        "my words: ",
        "Hello! I need to find my account. ",
        "recovery phrase\n\n",
        "this is all I can find: ",
    ];
    const AFTER: [&str; 6] =
        ["", ". please help", " that is all", "\n12:02 error", "\n\nthank you very much", "! Thanks."];
    let mut rng = Rng(51);
    let (mut tried, mut missed, mut tight) = (0, Vec::new(), 0);
    for count in COUNTS {
        for before in BEFORE {
            for after in AFTER {
                for damage in 0..30 {
                    let mut words = phrase(Language::English, count, &mut rng);
                    let at = rng.below(count - 1);
                    match damage % 3 {
                        0 => words[at] = mistype(&words[at], &mut rng),
                        1 => words.swap(at, at + 1),
                        _ => {}
                    }
                    let text = format!("{before}{}{after}", words.join(" "));
                    let screened = screen(&text, &Context::default());
                    tried += 1;
                    if screened.findings.is_empty() || leaks(&screened.text, &words) {
                        missed.push(format!("{text:?} -> {:?}", screened.text));
                    }
                    tight += u32::from(screened.text.starts_with(before) && screened.text.ends_with(after));
                }
            }
        }
    }
    println!(
        "damaged phrases between words: {} of {tried} covered, {tight} and nothing else",
        tried - missed.len()
    );
    for missed in missed.iter().take(8) {
        println!("  missed {missed}");
    }
    assert!(missed.len() * 1000 <= tried);
}
