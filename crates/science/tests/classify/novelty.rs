//! Groups of alike among requests that fit no type.

use standfast_science::classify::{Grouping, Recent, group};

use crate::wallet::SENTENCES;

/// A new kind of trouble in each language, and things that have nothing to do with each other.
const STAKING: [&str; 6] = [
    "质押的收益没有发放",
    "我的质押收益昨天开始没有了",
    "质押收益少了一半，为什么",
    "请问质押收益什么时候发",
    "查不到质押收益记录",
    "这个月质押收益不对",
];
const PASSKEY: [&str; 5] = [
    "Cannot log in with my passkey after the update",
    "passkey login shows an error since this morning",
    "The passkey is not accepted any more",
    "I lost access, the passkey prompt never appears",
    "Login by passkey fails on my new phone",
];
const OTHERS: [&str; 4] =
    ["今天天气不错", "Who is your founder?", "招聘客服吗", "Do you sponsor football clubs in Brazil"];

fn recent() -> Vec<Recent<'static>> {
    let texts = STAKING.iter().zip(1..).map(|(text, at)| (*text, at * 10));
    let texts = texts.chain(PASSKEY.iter().zip(1..).map(|(text, at)| (*text, at * 10 + 1)));
    let texts = texts.chain(OTHERS.iter().zip(1..).map(|(text, at)| (*text, at * 10 + 2)));
    texts.map(|(text, at)| Recent { request: 1_000 + at, at, text }).collect()
}

fn background() -> Vec<&'static str> {
    SENTENCES.iter().flat_map(|(_, sentences)| sentences.iter().copied()).collect()
}

#[test]
fn alike_ones_are_found_and_named() {
    let groups = group(&recent(), &background(), &Grouping { similarity: 0.15, ..Grouping::default() });
    assert_eq!(groups.len(), 2, "{groups:?}");
    let [staking, passkey] = &groups[..] else { unreachable!() };
    assert_eq!(staking.requests, [1_010, 1_020, 1_030, 1_040, 1_050, 1_060]);
    assert_eq!((staking.first, staking.last), (10, 60));
    assert_eq!(staking.words[0], "质押收益", "{:?}", staking.words);
    assert!(passkey.requests.len() >= 4 && passkey.requests.iter().all(|id| id % 10 == 1), "{passkey:?}");
    assert_eq!(passkey.words[0], "passkey", "{:?}", passkey.words);
}

#[test]
fn a_word_that_always_follows_a_particle_is_shown_without_it() {
    let texts = [
        "群里的红包打不开",
        "抢到的红包没到账",
        "昨天发的红包不见了",
        "朋友的红包领取失败",
        "我的红包去哪了",
        "刚领的红包显示过期",
    ];
    let recent: Vec<Recent<'_>> =
        (0..).zip(texts).map(|(at, text)| Recent { request: at, at, text }).collect();
    let groups = group(&recent, &background(), &Grouping { similarity: 0.1, ..Grouping::default() });
    assert_eq!(groups.len(), 1, "{groups:?}");
    assert_eq!(groups[0].words[0], "红包", "{:?}", groups[0].words);
}

#[test]
fn what_everybody_writes_is_not_typical() {
    let groups = group(&recent(), &background(), &Grouping { similarity: 0.15, ..Grouping::default() });
    for word in groups.iter().flat_map(|group| &group.words) {
        assert!(!["the", "my", "没有", "with", "i"].contains(&word.as_str()), "{word}");
    }
}

#[test]
fn no_digits_marks_or_lone_words_are_shown() {
    let secret = "hunter2correcthorse";
    let texts: Vec<String> = (0..8)
        .map(|at| {
            let own = if at == 3 { secret } else { "" };
            format!("passkey 49531234{at} ⟦redacted:private_key⟧ 0x52908400098527886E0F7030069857D2E4169EE7 pin12345 login {own}")
        })
        .collect();
    let recent: Vec<Recent<'_>> =
        (0..).zip(&texts).map(|(at, text)| Recent { request: at, at, text }).collect();
    let groups = group(&recent, &background(), &Grouping::default());
    assert_eq!(groups.len(), 1);
    assert!(!groups[0].words.is_empty());
    for word in &groups[0].words {
        assert!(!word.contains(['<', '⟦', '4', '5']) && !word.contains(secret), "{word}");
    }
}

#[test]
fn it_is_bounded_and_repeatable() {
    let texts: Vec<String> =
        (0..600).map(|at| format!("word{} word{} other{}", at % 40, (at * 7) % 40, at)).collect();
    let recent: Vec<Recent<'_>> =
        (0..).zip(&texts).map(|(at, text)| Recent { request: at, at, text }).collect();
    let grouping = Grouping { capacity: 200, ..Grouping::default() };
    let groups = group(&recent, &[], &grouping);
    assert!(groups.iter().flat_map(|group| &group.requests).all(|id| *id >= 400), "the latest only");
    assert!(groups.iter().all(|group| group.words.len() <= grouping.words));
    let mut reversed = recent.clone();
    reversed.reverse();
    assert_eq!(group(&reversed, &[], &grouping), groups);
    assert!(group(&[], &background(), &grouping).is_empty());
    let empty = [Recent { request: 1, at: 1, text: "" }; 5];
    assert!(group(&empty, &[], &grouping).is_empty());
}
