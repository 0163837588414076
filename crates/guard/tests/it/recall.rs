//! How many generated phrases are found. The figures are printed: `cargo test -p standfast-guard recall -- --nocapture`.

use bip39::Language;
use standfast_guard::{Context, SecretKind, marks, screen};

use crate::support::{
    COUNTS, LAYOUTS, Rng, Tally, fetched, is_chinese, lay_out, leaks, mistype, phrase, readable, rounds,
};

impl Tally {
    /// Screens a text: all the words must be gone, and nothing be found in what is left.
    fn add(&mut self, text: &str, words: &[String], case: impl FnOnce() -> String) {
        let screened = screen(text, &Context::default());
        let found = screened
            .findings
            .iter()
            .any(|finding| matches!(finding.kind, SecretKind::RecoveryPhrase | SecretKind::PartialPhrase));
        self.count(found && !leaks(&screened.text, words), || {
            format!("{}: {text:?} -> {:?}", case(), screened.text)
        });
        let again = screen(&screened.text, &Context::default());
        assert!(again.findings.is_empty(), "found again in {:?}: {:?}", screened.text, again.findings);
    }
}

/// For every list one tally.
fn by_list(name: &str, mut each: impl FnMut(Language, &mut Tally)) {
    for language in Language::ALL {
        let mut tally = Tally::new(format!("{name}, {language:?}"));
        each(*language, &mut tally);
        tally.finish();
    }
}

#[test]
fn every_list_length_and_layout() {
    let mut rng = Rng(39);
    for layout in LAYOUTS {
        by_list(layout, |language, tally| {
            let around = lay_out(&["\u{e000}".to_owned()], layout, &mut rng);
            for _ in 0..rounds(6) {
                for count in COUNTS {
                    let words = phrase(language, count, &mut rng);
                    let text = lay_out(&words, layout, &mut rng);
                    tally.add(&text, &words, || format!("{count}"));
                    let screened = screen(&text, &Context::default()).text;
                    let left = readable(&screened, &words).saturating_sub(readable(&around, &words));
                    tally
                        .count(left == 0, || format!("{count}, {left} words left: {text:?} -> {screened:?}"));
                }
            }
        });
    }
}

#[test]
fn one_word_mistyped() {
    let mut rng = Rng(40);
    by_list("one word mistyped", |language, tally| {
        for count in COUNTS {
            for layout in ["spaces", "lines", "numbered", "commas and spaces", "in a sentence"] {
                for _ in 0..rounds(20) {
                    let mut words = phrase(language, count, &mut rng);
                    let at = rng.below(count);
                    words[at] =
                        if is_chinese(language) { "鑫".to_owned() } else { mistype(&words[at], &mut rng) };
                    let text = lay_out(&words, layout, &mut rng);
                    tally.add(&text, &words, || format!("{count} {layout}, word {}", at + 1));
                }
            }
        }
    });
}

#[test]
fn wrong_order() {
    let mut rng = Rng(41);
    by_list("words in the wrong order", |language, tally| {
        for count in COUNTS {
            for _ in 0..rounds(20) {
                let mut words = phrase(language, count, &mut rng);
                let at = rng.below(count - 1);
                words.swap(at, at + 1);
                tally.add(&words.join(" "), &words, || format!("{count}"));
            }
        }
    });
}

#[test]
fn unseparated() {
    let mut rng = Rng(42);
    for language in Language::ALL.iter().filter(|language| is_chinese(**language)) {
        let mut tally =
            Tally::new(format!("without separators, as the whole message or announced, {language:?}"));
        for count in COUNTS {
            for round in 0..400 {
                let words = phrase(*language, count, &mut rng);
                let joined = words.concat();
                let text = match round % 8 {
                    0 => joined,
                    1 => format!("我的助记词：{joined}"),
                    2 => format!("助记词是{joined}，请帮我恢复钱包"),
                    3 => format!("助記詞 {joined} 怎麼導入"),
                    4 => format!("{joined}。"),
                    5 => words.chunks(3).map(<[String]>::concat).collect::<Vec<_>>().join(" "),
                    6 => format!("你好，我想恢复钱包。\n助记词：\n{joined}\n谢谢"),
                    _ => format!("“{joined}”"),
                };
                tally.add(&text, &words, || format!("{count} {}", round % 8));
            }
        }
        tally.finish();
    }
    for language in
        [Language::English, Language::Spanish, Language::Italian, Language::Czech, Language::Japanese]
    {
        let mut glued = Tally::new(format!("without separators, {language:?}"));
        for count in COUNTS {
            for _ in 0..20 {
                let words = phrase(language, count, &mut rng);
                glued.add(&words.concat(), &words, || format!("{language:?} {count}"));
                let spaced: Vec<String> = words.concat().chars().map(|c| format!("{c}")).collect();
                if language == Language::English {
                    glued.add(&spaced.join(" "), &words, || format!("{language:?} {count} spaced"));
                    glued.add(&words.join("\u{200b}"), &words, || format!("{language:?} {count} zero width"));
                }
            }
        }
        glued.finish();
    }
}

#[test]
fn encoded() {
    let mut rng = Rng(43);
    by_list("encoded", |language, tally| {
        for count in [12, 24] {
            for _ in 0..rounds(10) {
                let words = phrase(language, count, &mut rng);
                let text = words.join(" ");
                for (name, encoded) in encodings(&text) {
                    tally.add(&encoded, &words, || format!("{count} {name}"));
                }
            }
        }
    });
}

/// The text in every encoding, alone and one inside the other.
pub(crate) fn encodings(text: &str) -> Vec<(&'static str, String)> {
    let percent: String = text.bytes().map(|b| format!("%{b:02X}")).collect();
    let hex: String = text.bytes().map(|b| format!("{b:02x}")).collect();
    let base64 = base64(text.as_bytes());
    let wrapped = base64
        .as_bytes()
        .chunks(76)
        .map(|line| str::from_utf8(line).unwrap())
        .collect::<Vec<_>>()
        .join("\r\n");
    let quoted: String =
        text.bytes().map(|b| if b == b' ' { " ".to_owned() } else { format!("={b:02X}") }).collect();
    vec![
        ("percent", percent.clone()),
        (
            "form",
            text.bytes().map(|b| if b == b' ' { "+".to_owned() } else { format!("%{b:02x}") }).collect(),
        ),
        ("hex", hex.clone()),
        ("0x", format!("0x{hex}")),
        ("base64", base64.clone()),
        ("base64 in a sentence", format!("my backup is {base64}, what now?")),
        ("base64url", base64.replace('+', "-").replace('/', "_").trim_end_matches('=').to_owned()),
        ("base64 wrapped", wrapped),
        ("entities", text.chars().map(|c| format!("&#{};", u32::from(c))).collect()),
        ("hex entities", text.chars().map(|c| format!("&#x{:X};", u32::from(c))).collect()),
        ("json", text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()),
        ("backslash x", text.bytes().map(|b| format!("\\x{b:02x}")).collect()),
        ("braces", text.chars().map(|c| format!("\\u{{{:x}}}", u32::from(c))).collect()),
        ("percent u", text.encode_utf16().map(|unit| format!("%u{unit:04X}")).collect()),
        ("quoted-printable", quoted),
        ("percent twice", percent.replace('%', "%25")),
        ("base64 of base64", self::base64(base64.as_bytes())),
        ("base64 of percent", self::base64(percent.as_bytes())),
        ("utf-16 base64", self::base64(&text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>())),
    ]
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let value =
            chunk.iter().fold(0_u32, |value, byte| value << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let letter = LETTERS[usize::try_from(value >> (18 - 6 * at) & 63).unwrap()];
            out.push(if at <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

/// Every published vector (trezor/python-mnemonic 0.21, `vectors.json`) of the ten lists of the BIP.
#[test]
fn published_vectors() {
    let Some(file) = fetched("vectors.json") else { return };
    let vectors: serde_json::Value = serde_json::from_str(&file).unwrap();
    let mut tried = 0;
    for (language, vectors) in vectors.as_object().unwrap() {
        if matches!(language.as_str(), "russian" | "turkish") {
            continue;
        }
        for vector in vectors.as_array().unwrap() {
            let text = vector[1].as_str().unwrap();
            let screened = screen(text, &Context::default());
            assert_eq!(screened.findings.len(), 1, "{language}: {text} -> {}", screened.text);
            let finding = &screened.findings[0];
            let words = u8::try_from(text.split_whitespace().count()).unwrap();
            assert_eq!(
                (finding.kind, finding.words, finding.certain),
                (SecretKind::RecoveryPhrase, Some(words), true)
            );
            assert_eq!(marks(&screened.text).len(), 1);
            tried += 1;
        }
    }
    println!("{tried} published vectors, all found");
}
