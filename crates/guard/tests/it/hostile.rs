//! Input that nobody would write: it must be answered quickly, whole, and the same way twice.

use std::time::{Duration, Instant};

use bip39::Language;
use proptest::prelude::*;
use standfast_guard::{Context, marks, may_be_piece, screen, screen_bytes, screen_file_name, solicits};

use crate::recall::{base64, encodings};
use crate::support::{LAYOUTS, Rng, lay_out, phrase};
use crate::vectors::published;

/// What holds for every text whatever it is.
fn check(text: &str) {
    let screened = screen(text, &Context::default());
    let mut end = 0;
    for finding in &screened.findings {
        assert!(finding.span.start >= end && finding.span.end > finding.span.start, "{text:?}");
        assert!(text.get(finding.span.clone()).is_some(), "no characters at {:?} of {text:?}", finding.span);
        end = finding.span.end;
    }
    for identifier in &screened.identifiers {
        assert!(text.get(identifier.span.clone()).is_some(), "{text:?}");
    }
    if screened.findings.is_empty() {
        assert_eq!(screened.text, text);
    }
    let typed = marks(text).len();
    let marked = marks(&screened.text).len();
    assert!(marked + typed >= screened.findings.len(), "{marked} marks: {text:?} -> {:?}", screened.text);
    let again = screen(&screened.text, &Context::default());
    assert!(
        again.findings.is_empty(),
        "{:?} in {text:?}\n-> {:?}\n-> {:?}",
        again.findings,
        screened.text,
        again.text
    );
    if let Some(solicitation) = solicits(text) {
        assert!(text.get(solicitation.span).is_some(), "{text:?}");
    }
    may_be_piece(text);
    screen_file_name(text);
}

/// What holds for every file, and for every conversation.
fn check_bytes(bytes: &[u8]) {
    let screened = screen_bytes(bytes, &Context::default());
    if screened.findings.is_empty() && !screened.quarantine {
        assert_eq!(screened.bytes, bytes);
    }
    let again = screen_bytes(&screened.bytes, &Context::default());
    assert_eq!(
        again.bytes, screened.bytes,
        "{bytes:?} read as {:?}, then {:?}",
        screened.encoding, again.encoding
    );
}

/// A text as a customer's machine may have written it.
fn in_some_encoding(text: &str, rng: &mut Rng) -> Vec<u8> {
    let wide = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect();
    let (low, high): (Vec<u8>, Vec<u8>) = (wide(u16::to_le_bytes), wide(u16::to_be_bytes));
    match rng.below(7) {
        0 => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        1 => low,
        2 => high,
        3 => [b"\xff\xfe".as_slice(), &low].concat(),
        4 => [b"\xfe\xff".as_slice(), &high].concat(),
        5 => encoding_rs::GB18030.encode(text).0.into_owned(),
        _ => text.as_bytes().to_vec(),
    }
}

fn check_conversation(texts: &[String]) {
    let mut stored: Vec<String> = Vec::new();
    for text in texts {
        let earlier: Vec<&str> = stored.iter().map(String::as_str).collect();
        let screened = screen(text, &Context { earlier: &earlier, addresses: &earlier });
        assert!(screened.earlier_hits.iter().all(|index| *index < stored.len()), "{texts:?}");
        assert!(screened.earlier_hits.is_empty() || !screened.findings.is_empty(), "{texts:?}");
        for index in screened.earlier_hits {
            "⟦redacted:partial_phrase⟧".clone_into(&mut stored[index]);
        }
        stored.push(screened.text);
    }
}

/// Bytes changed, lost, doubled and moved.
fn damage(bytes: &mut Vec<u8>, rng: &mut Rng) {
    for _ in 0..=rng.below(4) {
        if bytes.is_empty() {
            return;
        }
        let at = rng.below(bytes.len());
        let end = (at + 1 + rng.below(16)).min(bytes.len());
        match rng.below(5) {
            0 => bytes[at] ^= 1 << rng.below(8),
            1 => drop(bytes.drain(at..end)),
            2 => bytes.extend_from_within(at..end),
            3 => bytes.truncate(end),
            _ => bytes.rotate_left(at),
        }
    }
}

/// Pieces that mean something to the detectors, to be put together at random.
fn fragments(rng: &mut Rng) -> Vec<String> {
    let mut out: Vec<String> = [
        "private key",
        "私钥",
        "助记词",
        "tx",
        "hash",
        "0x",
        "wc:",
        "@2?symKey=",
        "⟦redacted:",
        "⟦redacted:recovery_phrase:12⟧",
        "⟧",
        "{",
        "}",
        "\"crypto\":",
        "\"ciphertext\":",
        "%",
        "%25",
        "\\u",
        "\\",
        "&#",
        "&amp;",
        "=",
        "==",
        "\n",
        " ",
        "，",
        "。",
        "\u{200b}",
        "\u{301}",
        "\u{202e}",
        "ﬃ",
        "ﷺ",
        "İ",
        "ß",
        "가",
        "が",
        "1. ",
        "[1,2,3",
        "-----BEGIN PRIVATE KEY-----",
        "send me your seed phrase",
        "never",
        "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318",
        "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23",
        "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn",
        "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb",
        "abandon",
        "about",
        "的",
        "一",
        "😀",
        "\0",
    ]
    .map(ToOwned::to_owned)
    .to_vec();
    out.extend(published().map(ToOwned::to_owned));
    for language in Language::ALL {
        let words = phrase(*language, 12, rng);
        let layout = rng.pick(&LAYOUTS);
        let text = lay_out(&words, layout, rng);
        out.extend(encodings(&words.join(" ")).into_iter().map(|(_, text)| text));
        out.push(text);
    }
    out
}

/// A few seconds and always the same texts, or as many seconds, and other texts, as `STANDFAST_FUZZ_SECONDS` says.
#[expect(clippy::disallowed_methods, reason = "a test has no configuration")]
fn time_to_spend() -> (u64, u64) {
    let asked = std::env::var("STANDFAST_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    asked.map_or((3, 47), |seconds: u64| (seconds, seconds))
}

/// A deterministic fuzzer, a few seconds long: texts put together from fragments, then mutated.
#[test]
#[expect(clippy::disallowed_methods, reason = "it stops after some real seconds")]
fn mutated_texts() {
    let (seconds, seed) = time_to_spend();
    let mut rng = Rng(seed);
    let mut fragments_now = fragments(&mut rng);
    let start = Instant::now();
    let mut tried = 0;
    while start.elapsed() < Duration::from_secs(seconds) {
        if tried % 2000 == 1999 {
            fragments_now = fragments(&mut rng);
        }
        let fragments = &fragments_now;
        let mut text: String = (0..=rng.below(5)).map(|_| rng.pick(fragments).as_str()).collect();
        for _ in 0..rng.below(4) {
            let mut chars: Vec<char> = text.chars().collect();
            let at = rng.below(chars.len());
            match rng.below(4) {
                0 if !chars.is_empty() => drop(chars.remove(at)),
                1 => chars.insert(at, rng.pick(fragments).chars().next().unwrap_or('x')),
                2 => chars.truncate(at),
                _ => chars.extend(rng.pick(fragments).chars()),
            }
            text = chars.into_iter().collect();
        }
        let one = Instant::now();
        check(&text);
        let mut bytes = in_some_encoding(&text, &mut rng);
        damage(&mut bytes, &mut rng);
        check_bytes(&bytes);
        let cut: Vec<String> = text.split_inclusive([' ', '\n', '，']).map(ToOwned::to_owned).collect();
        let size = 1 + rng.below(8);
        check_conversation(&cut.chunks(size).take(12).map(<[String]>::concat).collect::<Vec<_>>());
        // Generous, for a debug build on a busy machine: quadratic work on such texts takes minutes.
        assert!(one.elapsed() < Duration::from_secs(10), "{:?} for {text:?}", one.elapsed());
        tried += 1;
    }
    println!("{tried} mutated texts");
    assert!(tried > 50, "{tried} texts are too few to tell anything");
}

/// 64 kB of what costs most. The bound is generous, for a debug build on a busy machine: quadratic work takes minutes.
#[test]
#[expect(clippy::disallowed_methods, reason = "it measures real time")]
#[expect(clippy::too_many_lines, reason = "a table")]
fn worst_cases() {
    const SIZE: usize = 64 * 1024;
    let mut rng = Rng(48);
    let list = Language::English.word_list();
    let chinese = Language::SimplifiedChinese.word_list();
    let fill = |mut next: Box<dyn FnMut(&mut Rng) -> String>, rng: &mut Rng| -> String {
        let mut text = String::new();
        while text.len() < SIZE {
            text.push_str(&next(rng));
        }
        text
    };
    let hex = |rng: &mut Rng, count: usize| -> String {
        rng.bytes(count).iter().map(|b| format!("{b:02x}")).collect()
    };
    let addresses = ["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"];
    let mut nested = "%".to_owned();
    while nested.len() < SIZE {
        nested = nested.replace('%', "%25");
    }
    let mut base = "legal winner thank year wave sausage worth useful legal winner thank yellow ".repeat(100);
    while base.len() < SIZE {
        base = base64(base.as_bytes());
    }
    let cases: Vec<(&str, String)> = vec![
        ("list words", fill(Box::new(|rng| format!("{} ", rng.pick(list))), &mut rng)),
        ("list words, every twelfth mistyped", {
            let mut at = 0;
            fill(
                Box::new(move |rng| {
                    at += 1;
                    format!("{}{} ", rng.pick(list), if at % 12 == 0 { "x" } else { "" })
                }),
                &mut rng,
            )
        }),
        (
            "list words in pairs",
            fill(Box::new(|rng| format!("{} {} xx xx ", rng.pick(list), rng.pick(list))), &mut rng),
        ),
        ("list words glued", fill(Box::new(|rng| (*rng.pick(list)).to_owned()), &mut rng)),
        ("Chinese list characters", fill(Box::new(|rng| (*rng.pick(chinese)).to_owned()), &mut rng)),
        ("announced Chinese", fill(Box::new(|rng| format!("助记词{}", rng.pick(chinese))), &mut rng)),
        ("separated Chinese", fill(Box::new(|rng| format!("{} ", rng.pick(chinese))), &mut rng)),
        ("keys", fill(Box::new(move |rng| format!("{} ", hex(rng, 32))), &mut rng)),
        (
            "key words and keys",
            fill(Box::new(move |rng| format!("private key {} tx ", hex(rng, 32))), &mut rng),
        ),
        ("words of asking", format!("seed never {}", "send ".repeat(SIZE / 5))),
        ("advice in quotes", format!("seed {}", "“never send your seed phrase” ".repeat(SIZE / 34))),
        ("one run of hex", hex(&mut rng, SIZE / 2)),
        ("grouped hex", fill(Box::new(move |rng| format!("{} ", hex(rng, 2))), &mut rng)),
        ("one run of base58", "5KJvsngHeMpm884wtkJNzQGaCErckhHJBGFsvd3VyK5qMZXj3hS".repeat(SIZE / 51)),
        ("words of base58", "5KJvsngHeMpm884wtkJNzQGaCErckhHJBGFsvd3VyK5qMZXj3hS ".repeat(SIZE / 52)),
        (
            "key pairs",
            "49W385L4rePHy6PAaQUovbD2aacgN4HsKXSMeUzRg4fmwXszN91JuMFrQRj3vMDpZuRF3ZknQBuRBoWQJEfXstMw "
                .repeat(SIZE / 89),
        ),
        ("braces", "{".repeat(SIZE)),
        ("keystore fields", "{\"crypto\":{\"kdf\":".repeat(SIZE / 18)),
        ("numbers", "12,".repeat(SIZE / 3)),
        ("wallet connect", "wc:".repeat(SIZE / 3)),
        ("PEM", "-----BEGIN PRIVATE KEY".repeat(SIZE / 22)),
        ("marks", "⟦redacted:recovery_phrase:12⟧".repeat(SIZE / 33)),
        ("open marks", "⟦redacted:".repeat(SIZE / 13)),
        ("nested percent", nested),
        ("nested base64", base),
        ("entities", "&#x6c;".repeat(SIZE / 6)),
        ("backslashes", "\\u".repeat(SIZE / 2)),
        ("accents", format!("a{}", "\u{301}".repeat(SIZE / 2))),
        ("expanding", "ﷺ".repeat(SIZE / 3)),
        ("spaced letters", "a b c ".repeat(SIZE / 6)),
        ("solicitation", "send me seed ".repeat(SIZE / 13)),
        ("solicitation, spaced", "s e n d ".repeat(SIZE / 8)),
        ("Korean", "가격".repeat(SIZE / 6)),
        ("Japanese", "あいこくしん".repeat(SIZE / 18)),
    ];
    for (name, text) in cases {
        let start = Instant::now();
        let screened = screen(&text, &Context { earlier: &[], addresses: &addresses });
        let screening = start.elapsed();
        let start = Instant::now();
        solicits(&text);
        screen_bytes(text.as_bytes(), &Context::default());
        let other = start.elapsed();
        println!("{name:36} {:>9.1?} {:>9.1?} {} findings", screening, other, screened.findings.len());
        assert!(screening < Duration::from_secs(5), "{name}: {screening:?}");
        assert!(other < Duration::from_secs(10), "{name}: {other:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text(text in "\\PC{0,300}") {
        check(&text);
    }

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let screened = screen_bytes(&bytes, &Context::default());
        if screened.findings.is_empty() {
            prop_assert_eq!(screened.bytes, bytes);
        }
    }

    #[test]
    fn damaged_files_come_back_the_same_twice(
        seed in any::<u64>(), list in 0..10_usize, layout in 0..LAYOUTS.len(),
        before in "[a-z ,.0-9的一我é]{0,60}", after in "[a-z ,.0-9的一我\u{fffd}]{0,60}",
    ) {
        let mut rng = Rng(seed);
        let secret = match rng.below(3) {
            0 => lay_out(&phrase(Language::ALL[list], 12, &mut rng), LAYOUTS[layout], &mut rng),
            1 => (*rng.pick(&published().collect::<Vec<_>>())).to_owned(),
            _ => "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318".to_owned(),
        };
        let mut bytes = in_some_encoding(&format!("{before}\n{secret}\n{after}"), &mut rng);
        for _ in 0..=rng.below(3) {
            damage(&mut bytes, &mut rng);
        }
        check_bytes(&bytes);
    }

    #[test]
    fn any_phrase_in_any_company(
        seed in any::<u64>(), layout in 0..LAYOUTS.len(), list in 0..10_usize,
        before in "[a-z ,.0-9的一我]{0,40}", after in "[a-z ,.0-9的一我]{0,40}",
    ) {
        let mut rng = Rng(seed);
        let count = crate::support::COUNTS[rng.below(5)];
        let words = phrase(Language::ALL[list], count, &mut rng);
        let text = format!("{before}\n{}\n{after}", lay_out(&words, LAYOUTS[layout], &mut rng));
        let screened = screen(&text, &Context::default());
        prop_assert!(!screened.findings.is_empty(), "{}", text);
        prop_assert!(!crate::support::leaks(&screened.text, &words), "{} -> {}", text, screened.text);
        check(&text);
    }

    #[test]
    fn any_pieces(texts in proptest::collection::vec("\\PC{0,60}", 1..6)) {
        let earlier: Vec<&str> = texts.iter().map(String::as_str).collect();
        let screened = screen(&texts[0], &Context { earlier: &earlier, addresses: &earlier });
        prop_assert!(screened.earlier_hits.iter().all(|index| *index < earlier.len()));
    }
}
