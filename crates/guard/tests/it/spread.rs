//! Phrases over several messages.

use bip39::Language;
use standfast_guard::{Context, may_be_piece, screen};

use crate::support::{COUNTS, LAYOUTS, Rng, Tally, is_chinese, lay_out, mistype, phrase, readable, rounds};

/// How many earlier texts the desk loads.
const EARLIER: usize = 32;

/// Sends the texts one after another as a caller does: earlier ones are loaded only when asked for, and those that are
/// hit are erased. Returns what is stored at the end.
fn send(texts: &[String]) -> Vec<String> {
    let mut stored: Vec<String> = Vec::new();
    for text in texts {
        let from = stored.len().saturating_sub(EARLIER);
        let earlier: Vec<&str> =
            if may_be_piece(text) { stored[from..].iter().map(String::as_str).collect() } else { Vec::new() };
        let screened = screen(text, &Context { earlier: &earlier, addresses: &[] });
        for index in screened.earlier_hits {
            "⟦redacted:partial_phrase⟧".clone_into(&mut stored[from + index]);
        }
        stored.push(screened.text);
    }
    stored
}

/// Cuts a phrase into messages, of which each is laid out, with some talk between.
fn pieces(words: &[String], size: usize, layout: &str, rng: &mut Rng) -> Vec<String> {
    let mut texts = Vec::new();
    for (part, chunk) in words.chunks(size).enumerate() {
        let first = part * size + 1;
        texts.push(match layout {
            "announced" => format!("words {first} to {}: {}", first + chunk.len() - 1, chunk.join(" ")),
            "numbered on" => {
                chunk.iter().enumerate().map(|(at, word)| format!("{}. {word}\n", first + at)).collect()
            }
            _ => lay_out(chunk, layout, rng),
        });
        if part == 1 {
            texts.push("嗯嗯".to_owned());
        }
    }
    texts
}

/// A phrase that has none of the words which the layout has anyway ("word 3: …").
fn other_phrase(language: Language, count: usize, layout: &str, rng: &mut Rng) -> Vec<String> {
    let blank = ["\u{e000}".to_owned()];
    loop {
        let words = phrase(language, count, rng);
        let own =
            if LAYOUTS.contains(&layout) { lay_out(&blank, layout, rng) } else { "words to".to_owned() };
        if readable(&own, &words) == 0 {
            return words;
        }
    }
}

/// How many words of the phrase can be read in what is stored.
fn left(stored: &[String], words: &[String]) -> usize {
    stored.iter().map(|text| readable(text, words)).sum()
}

/// A word that is an answer by itself ("wait", "二") is left when it comes alone as the last of all: one word at the most.
const MAY_BE_LEFT: usize = 1;

#[test]
fn pieces_in_every_list_and_layout() {
    let mut rng = Rng(44);
    for layout in LAYOUTS.into_iter().chain(["announced", "numbered on"]) {
        // Among other words, a piece of one or two words is an ordinary sentence: that is not found.
        let sizes: &[usize] = if layout.starts_with("in a ") { &[3, 6, 12] } else { &[1, 2, 3, 4, 6, 8, 12] };
        for language in Language::ALL {
            let mut tally = Tally::new(format!("in pieces, {layout}, {language:?}"));
            for round in 0..rounds(3) {
                for count in COUNTS {
                    for &size in sizes.iter().filter(|size| **size < count) {
                        let words = other_phrase(*language, count, layout, &mut rng);
                        let texts = pieces(&words, size, layout, &mut rng);
                        let stored = send(&texts);
                        let left = left(&stored, &words);
                        tally.count(left <= MAY_BE_LEFT, || {
                            format!("{count} by {size}, round {round}, {left} left: {texts:?} -> {stored:?}")
                        });
                    }
                }
            }
            tally.finish();
        }
    }
}

/// With one word mistyped, which then is in no list. Pieces of one or two words are no pieces with it, and are left.
#[test]
fn pieces_with_a_mistyped_word() {
    let mut rng = Rng(46);
    for language in Language::ALL {
        let mut tally = Tally::new(format!("in pieces, one word mistyped, {language:?}"));
        for _ in 0..rounds(30) {
            for count in COUNTS {
                for size in [3, 4, 6] {
                    let mut words = phrase(*language, count, &mut rng);
                    // A last piece of one or two words is too short for it.
                    let at = rng.below(count / size * size);
                    words[at] =
                        if is_chinese(*language) { "鑫".to_owned() } else { mistype(&words[at], &mut rng) };
                    let texts = pieces(&words, size, "spaces", &mut rng);
                    let stored = send(&texts);
                    let left = left(&stored, &words);
                    tally.count(left <= MAY_BE_LEFT, || {
                        format!("{count} by {size}, {left} left: {texts:?} -> {stored:?}")
                    });
                }
            }
        }
        tally.finish();
    }
}

#[test]
fn unseparated_chinese_pieces() {
    let mut rng = Rng(45);
    for language in Language::ALL.iter().filter(|language| is_chinese(**language)) {
        for size in [3, 4, 6, 12] {
            let mut tally = Tally::new(format!("in unseparated pieces of {size}, {language:?}"));
            for _ in 0..rounds(200) {
                for count in COUNTS.into_iter().filter(|count| *count > size) {
                    let words = phrase(*language, count, &mut rng);
                    let texts: Vec<String> = words.chunks(size).map(<[String]>::concat).collect();
                    let stored = send(&texts);
                    let left = left(&stored, &words);
                    tally.count(left <= MAY_BE_LEFT, || {
                        format!("{count} by {size}, {left} left: {texts:?} -> {stored:?}")
                    });
                }
            }
            tally.finish();
        }
    }
}

#[test]
fn ordinary_messages_are_not_pieces_of_anything() {
    let talk = [
        "hello",
        "help me please",
        "is there anybody here",
        "my coin is lost",
        "yes",
        "what can I do now",
        "ok",
        "sure",
        "thank you",
        "still nothing",
        "are you there",
        "please help",
        "any news",
        "wait",
        "this is very slow",
        "你好",
        "在吗",
        "我的钱没有到",
        "好的",
        "可以",
        "谢谢",
        "还是不行",
        "什么时候能到",
        "有人吗",
        "快一点",
    ];
    let stored = send(&talk.map(ToOwned::to_owned));
    assert_eq!(stored, talk);
}

#[test]
fn one_word_again_and_again_is_no_phrase() {
    // The last two have a valid checksum as twelve equal words.
    for word in ["more", "help", "please", "wait", "好", "action", "beef"] {
        let talk = vec![word.to_owned(); 26];
        assert_eq!(send(&talk), talk);
    }
    let mut talk = vec!["more".to_owned(); 14];
    talk.extend(["help", "more", "please", "more"].map(ToOwned::to_owned));
    assert_eq!(send(&talk), talk);
    for (word, last) in [("zoo", "wrong"), ("abandon", "about")] {
        let mut vector = vec![word.to_owned(); 11];
        vector.push(last.to_owned());
        let stored = send(&vector);
        assert!(stored.iter().all(|text| text != word && text != last), "{stored:?}");
    }
}

/// What people write in a chat while they wait: short messages, most of them list words from beginning to end.
const SMALL_TALK: [&str; 120] = [
    "你好",
    "在吗",
    "请问",
    "有人吗",
    "人呢",
    "在线等",
    "急",
    "很急",
    "快点",
    "太慢",
    "多久",
    "要多久",
    "谢谢",
    "好的",
    "好",
    "嗯",
    "嗯嗯",
    "行",
    "可以",
    "不行",
    "对",
    "不对",
    "是的",
    "不是",
    "没有",
    "还没有",
    "有",
    "有的",
    "收到",
    "明白",
    "知道了",
    "等等",
    "等一下",
    "马上",
    "现在",
    "今天",
    "昨天",
    "刚才",
    "转账",
    "转了",
    "没到",
    "没到账",
    "到了",
    "提币",
    "充值",
    "钱包",
    "余额",
    "没了",
    "不见了",
    "怎么办",
    "怎么回事",
    "为什么",
    "哪里",
    "在哪",
    "看不到",
    "打不开",
    "更新了",
    "重启了",
    "还是不行",
    "一样",
    "同样",
    "再见",
    "辛苦了",
    "第一次",
    "第二次",
    "两次",
    "三个小时",
    "我的",
    "我的钱",
    "你们",
    "他们",
    "公司",
    "平台",
    "交易所",
    "手机",
    "电脑",
    "主网",
    "合约",
    "地址",
    "对的",
    "发了",
    "给你",
    "看一下",
    "查一下",
    "帮忙",
    "能不能",
    "会不会",
    "大概",
    "大家",
    "问题",
    "这个",
    "那个",
    "什么时候",
    "明天",
    "几点",
    "下午",
    "上午",
    "工作",
    "时间",
    "金额",
    "ok",
    "yes",
    "no",
    "done",
    "wait",
    "thanks",
    "hello",
    "please help",
    "not yet",
    "same problem",
    "still waiting",
    "what now",
    "how long",
    "more time",
    "again",
    "nothing",
    "all good",
    "right",
    "one minute",
    "sure",
];

/// What stands between or before the pieces hides none of them.
#[test]
fn talk_around_pieces_hides_nothing() {
    let mut rng = Rng(62);
    let mut tally = Tally::new("talk around pieces");
    for _ in 0..rounds(40) {
        let words = other_phrase(Language::English, 12, "announced", &mut rng);
        if words.iter().any(|word| matches!(word.as_str(), "next" | "one")) {
            continue;
        }
        let between: Vec<String> =
            words.chunks(4).flat_map(|chunk| [chunk.join(" "), "the next one".to_owned()]).take(5).collect();
        let before: Vec<String> = words.iter().map(|word| format!("next {word}")).collect();
        let twice: Vec<String> = words.iter().flat_map(|word| [word.clone(), word.clone()]).collect();
        for texts in [between, before, twice] {
            // Sent twice, an answer is left twice.
            tally.count(left(&send(&texts), &words) <= 2 * MAY_BE_LEFT, || texts.join(" | "));
        }
    }
    tally.finish();
}

/// What is said beside a piece of a phrase, or directly after one that was redacted, is no piece.
#[test]
fn ordinary_words_beside_a_piece_stay() {
    const WHOLE: &str = "legal winner thank year wave sausage worth useful legal winner thank yellow";
    const HALVES: [&str; 2] =
        ["legal winner thank year wave sausage", "worth useful legal winner thank yellow"];
    for talk in [
        "Please call",
        "Please call me",
        "Please call us now",
        "please call back",
        "can you help",
        "What next?",
        "any news",
        "hello there",
        "is this safe",
        "Please check.",
        "Good morning!",
    ] {
        for before in [&[WHOLE][..], &HALVES] {
            let mut texts: Vec<String> = before.iter().map(|text| (*text).to_owned()).collect();
            texts.push(talk.to_owned());
            let stored = send(&texts);
            assert_eq!(stored.last().map(String::as_str), Some(talk));
            assert!(stored.iter().rev().skip(1).all(|text| text.starts_with("⟦redacted:")), "{stored:?}");
        }
    }
    for (said, kept) in [
        ("{}. Please call", "⟦redacted:recovery_phrase:12⟧. Please call"),
        ("{}\nthank you", "⟦redacted:recovery_phrase:12⟧\nthank you"),
        ("Please help! {}", "Please help! ⟦redacted:recovery_phrase:12⟧"),
        ("Hello there. {}. Please call me", "Hello there. ⟦redacted:recovery_phrase:12⟧. Please call me"),
    ] {
        let texts = [HALVES[0].to_owned(), said.replace("{}", HALVES[1])];
        assert_eq!(send(&texts), ["⟦redacted:partial_phrase⟧", kept]);
    }
}

#[test]
fn small_talk_is_no_phrase() {
    let mut rng = Rng(61);
    let (mut marked, mut n) = (Vec::new(), 0);
    for _ in 0..700 {
        let texts: Vec<String> =
            (0..EARLIER).map(|_| SMALL_TALK[rng.below(SMALL_TALK.len())].to_owned()).collect();
        n += texts.len();
        let stored = send(&texts);
        marked.extend(texts.into_iter().zip(stored).filter(|(said, kept)| said != kept));
    }
    println!("small talk: {} of {n} marked", marked.len());
    assert!(marked.len() * 10_000 <= n, "{:#?}", &marked[..marked.len().min(40)]);
    // The same few words again and again are no phrase either, whatever numbers stand between.
    for unit in [
        "第 {n} 条",
        "第{n}条",
        "转账 {n} 次",
        "第 {n} 笔 没 到",
        "step {n} done",
        "try {n} again",
        "order {n} pending",
    ] {
        let texts: Vec<String> = (1..=60).map(|n| unit.replace("{n}", &n.to_string())).collect();
        assert_eq!(send(&texts), texts, "{unit}");
    }
}
