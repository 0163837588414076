//! What real people wrote must stay as it is: reviews by customers in Chinese; reviews, editorials and short messages in
//! English. `scripts/texts` fetches them; nobody here has chosen among them.
//!
//! Of the Chinese sentences every other one was seen when the pairs in `chinese_pairs.txt` were counted, which are but the most
//! common of all. Measured beside that on texts that no rule has seen: see `false_marks.rs`.

use std::collections::HashSet;

use standfast_guard::{Context, may_be_piece, screen, screen_bytes, screen_file_name, solicits};

use crate::support::fetched;

/// How many different sentences there must be at the least.
const ENOUGH: usize = 10_000;
/// How many earlier texts the desk loads.
const EARLIER: usize = 32;

const CHINESE: [&str; 2] = ["zh/neg.txt", "zh/pos.txt"];
const ENGLISH: [&str; 4] = [
    "en/amazonReviewSnippets.txt",
    "en/movieReviewSnippets.txt",
    "en/nytEditorialSnippets.txt",
    "en/tweets.txt",
];

/// The different sentences of files, in their order.
fn sentences(files: &[&str]) -> Option<Vec<String>> {
    let mut known = HashSet::new();
    let mut all = Vec::new();
    for file in files {
        let text = fetched(file)?;
        for sentence in text.split(['\n', '。', '！', '？', '；', '!', '?']) {
            // Fewer than four characters are no sentence.
            let sentence = sentence.trim();
            if sentence.chars().count() >= 4 && known.insert(sentence.to_owned()) {
                all.push(sentence.to_owned());
            }
        }
    }
    assert!(all.len() >= ENOUGH, "{} different sentences", all.len());
    Some(all)
}

/// At most one in ten thousand is marked.
#[track_caller]
fn at_most_one_in_ten_thousand(what: &str, tried: usize, marked: &[String]) {
    println!("{what}: {} of {tried}", marked.len());
    for text in marked {
        println!("  {text}");
    }
    assert!(marked.len() * 10_000 <= tried, "{what}: {marked:#?}");
}

fn every_way_in(name: &str, files: &[&str]) {
    let Some(sentences) = sentences(files) else { return };
    let n = sentences.len();
    let marked = |found: &dyn Fn(&str) -> bool| -> Vec<String> {
        sentences.iter().filter(|sentence| found(sentence)).cloned().collect()
    };
    let screened = marked(&|text| !screen(text, &Context::default()).findings.is_empty());
    at_most_one_in_ten_thousand(&format!("{name}, as a message"), n, &screened);
    let named = marked(&|text| !screen_file_name(text).findings.is_empty());
    at_most_one_in_ten_thousand(&format!("{name}, as a file name"), n, &named);
    // Agents write such sentences, too: none of them asks for a secret.
    let refused = marked(&|text| solicits(text).is_some());
    at_most_one_in_ten_thousand(&format!("{name}, taken for a request for a secret"), n, &refused);

    // One conversation after another, each of as many messages as are looked at together.
    let mut together = Vec::new();
    for conversation in sentences.chunks(EARLIER) {
        let texts: Vec<&str> = conversation.iter().map(String::as_str).collect();
        for (at, text) in texts.iter().enumerate() {
            let earlier = if may_be_piece(text) { &texts[..at] } else { &[] };
            let screened = screen(text, &Context { earlier, addresses: &[] });
            if !screened.findings.is_empty() || !screened.earlier_hits.is_empty() {
                together.push((*text).to_owned());
            }
        }
    }
    at_most_one_in_ten_thousand(&format!("{name}, in conversations"), n, &together);

    // Files of a few hundred sentences, one a line.
    let mut files = Vec::new();
    for lines in sentences.chunks(200) {
        let file = lines.join("\n");
        let screened = screen_bytes(file.as_bytes(), &Context::default());
        files.extend(screened.findings.iter().map(|found| file[found.span.clone()].to_owned()));
    }
    // The lines around a sentence speak of other things, which counts: measured 4 of 38,036 in Chinese, 2 of 24,683 in English.
    println!("{name}, in files: {} of {n}", files.len());
    assert!(files.len() * 5_000 <= n, "{files:#?}");
}

#[test]
fn chinese_sentences() {
    every_way_in("Chinese", &CHINESE);
}

#[test]
fn english_sentences() {
    every_way_in("English", &ENGLISH);
}

/// What customers write in short messages: each part of a sentence by itself.
#[test]
fn parts_of_sentences() {
    // In hundreds, how many of them may be pieces: each costs a look at what was said before. Measured 16.6 and 3.1.
    for (name, files, most) in [("Chinese", &CHINESE[..], 17), ("English", &ENGLISH[..], 4)] {
        let Some(sentences) = sentences(files) else { return };
        let parts: Vec<&str> = sentences
            .iter()
            .flat_map(|sentence| sentence.split([',', '，', '、', ':', '：', ';']))
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect();
        let mut marked = Vec::new();
        let mut pieces = 0;
        for conversation in parts.chunks(EARLIER) {
            for (at, text) in conversation.iter().enumerate() {
                let is_piece = may_be_piece(text);
                pieces += usize::from(is_piece);
                let earlier = if is_piece { &conversation[..at] } else { &[] };
                let screened = screen(text, &Context { earlier, addresses: &[] });
                if !screened.findings.is_empty() || !screened.earlier_hits.is_empty() {
                    marked.push((*text).to_owned());
                }
            }
        }
        println!("{name}: {pieces} of {} parts may be pieces", parts.len());
        assert!(pieces * 100 <= parts.len() * most, "{name}: {pieces} of {}", parts.len());
        at_most_one_in_ten_thousand(
            &format!("{name}, parts of sentences in conversations"),
            parts.len(),
            &marked,
        );
    }
}
