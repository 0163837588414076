//! Which texts of an agent are stopped because they ask for a secret.
//!
//! The sentences in `asking/` were written in three lots, each before the rules were changed with a view to it; of the
//! first lot every second sentence was kept unseen in the same way. What was right at the first look at unseen ones, and
//! what the rules before this set of lots made of the same:
//! - advice that must pass: 40 of 43, 37 of 40, 25 of 26 (before: 34, 31, 21);
//! - requests that must be stopped: 38 of 44, 30 of 40, 18 of 26 (before: 35, 23, 16).
//!
//! So of requests in words that nobody has thought of, about four in five are stopped. All of them are below now, and
//! must stay right.

use std::path::{Path, PathBuf};

use standfast_guard::solicits;

use crate::support::data;

/// One text a line; `\n` stands for the end of a line inside a text.
const ADVICE: &str = include_str!("asking/advice.txt");
const REQUESTS: &str = include_str!("asking/requests.txt");

fn texts(lines: &str) -> impl Iterator<Item = String> {
    lines.lines().map(|line| line.replace("\\n", "\n"))
}

#[test]
fn advice_passes() {
    let stopped: Vec<String> = texts(ADVICE).filter(|text| solicits(text).is_some()).collect();
    assert!(stopped.is_empty(), "{stopped:#?}");
}

#[test]
fn requests_are_stopped() {
    let passed: Vec<String> = texts(REQUESTS).filter(|text| solicits(text).is_none()).collect();
    assert!(passed.is_empty(), "{passed:#?}");
}

/// A request stays one whatever stands before it, and however it is disguised.
#[test]
fn disguises() {
    let wide = |text: &str| text.chars().map(crate::support::full_width).collect::<String>();
    let hidden = |text: &str| text.chars().map(|c| format!("{c}\u{200b}")).collect::<String>();
    let alike = |text: &str| text.replace('e', "е").replace('o', "ο").replace('a', "а");
    let apart = |text: &str| text.replace("助记词", "助 记 词").replace("私钥", "私*钥");
    let after_advice = |text: &str| format!("Never share your seed phrase with strangers. {text}");
    let after_chinese = |text: &str| format!("请不要把助记词告诉别人。{text}");
    let mut passed = Vec::new();
    for text in texts(REQUESTS) {
        let mut ways =
            vec![hidden(&text), alike(&text), apart(&text), after_advice(&text), after_chinese(&text)];
        if !text.contains("://") {
            ways.push(wide(&text));
        }
        passed.extend(ways.into_iter().filter(|text| solicits(text).is_none()));
    }
    assert!(passed.is_empty(), "{passed:#?}");
}

/// Everything that the product itself says: the interface, and the desk in the demonstration.
#[test]
fn what_the_product_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (mut said, mut stopped) = (0, Vec::new());
    let mut hear = |text: &str| {
        said += 1;
        if solicits(text).is_some() {
            stopped.push(text.to_owned());
        }
    };
    for file in ["en", "zh-CN"].into_iter().flat_map(|language| files(&root.join("locales").join(language))) {
        strings(&read(&file), &mut hear);
    }
    for file in files(&root.join("crates/standfast/src/demo/stories")) {
        for story in read(&file).as_array().unwrap() {
            for step in story["steps"].as_array().unwrap() {
                if let Some(text) = step.get("agent").or_else(|| step.get("note")) {
                    strings(text, &mut hear);
                }
            }
        }
    }
    assert!(said > 1000, "{said}");
    assert!(stopped.is_empty(), "{stopped:#?}");
}

/// Help pages of a wallet, which tell their readers to type passwords and words into it.
#[test]
fn help_pages() {
    let Some(file) = data("wallet-help/wasabi_faq.jsonl") else { return };
    let mut stopped = Vec::new();
    for line in file.lines() {
        strings(&serde_json::from_str(line).unwrap(), &mut |text| {
            if solicits(text).is_some() {
                stopped.push(text.to_owned());
            }
        });
    }
    assert!(stopped.is_empty(), "{stopped:#?}");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files
}

fn read(file: &Path) -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn strings(value: &serde_json::Value, hear: &mut impl FnMut(&str)) {
    match value {
        serde_json::Value::String(text) => hear(text),
        serde_json::Value::Array(values) => values.iter().for_each(|value| strings(value, hear)),
        serde_json::Value::Object(values) => values.values().for_each(|value| strings(value, hear)),
        _ => {}
    }
}
