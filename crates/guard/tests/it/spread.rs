//! Phrases over several messages.

use bip39::Language;
use standfast_guard::{Context, may_be_piece, screen};

use crate::support::{COUNTS, Rng, is_chinese, phrase};

/// Sends the texts one after another as a caller does: earlier ones are loaded only when asked for, and those that are
/// hit are erased. Returns what is stored at the end.
fn send(texts: &[String]) -> Vec<String> {
    let mut stored: Vec<String> = Vec::new();
    for text in texts {
        let earlier: Vec<&str> =
            if may_be_piece(text) { stored.iter().map(String::as_str).collect() } else { Vec::new() };
        let screened = screen(text, &Context { earlier: &earlier, addresses: &[] });
        for index in screened.earlier_hits {
            "⟦redacted:partial_phrase⟧".clone_into(&mut stored[index]);
        }
        stored.push(screened.text);
    }
    stored
}

#[test]
fn pieces_are_found_when_the_phrase_is_whole() {
    let mut rng = Rng(44);
    let (mut tried, mut missed) = (0, Vec::new());
    for language in Language::ALL {
        for count in COUNTS {
            for size in [1, 3, 4, 6] {
                for style in 0..4 {
                    if style == 3 && size < 3 {
                        continue;
                    }
                    let words = phrase(*language, count, &mut rng);
                    let mut texts: Vec<String> = Vec::new();
                    for (part, chunk) in words.chunks(size).enumerate() {
                        let first = part * size + 1;
                        texts.push(match style {
                            0 => chunk.join(" "),
                            1 => chunk
                                .iter()
                                .enumerate()
                                .map(|(at, word)| format!("{}. {word}\n", first + at))
                                .collect(),
                            2 => chunk.join(", "),
                            _ => format!("words {first} to {}: {}", first + chunk.len() - 1, chunk.join(" ")),
                        });
                        if part == 1 {
                            texts.push("等一下".to_owned());
                        }
                    }
                    let stored = send(&texts);
                    tried += 1;
                    let left: usize = stored
                        .iter()
                        .filter(|text| words.windows(2).any(|two| text.contains(&two.join(" "))))
                        .count();
                    let whole: Vec<&String> =
                        words.iter().filter(|word| stored.iter().any(|text| text == *word)).collect();
                    if left > 0 || whole.len() > 3 {
                        missed.push(format!("{language:?} {count} by {size}, style {style}: {stored:?}"));
                    }
                }
            }
        }
    }
    println!("spread: {} of {tried} found", tried - missed.len());
    for missed in missed.iter().take(10) {
        println!("  missed {missed}");
    }
    assert!(missed.len() * 1000 <= tried);
}

#[test]
fn unseparated_chinese_pieces() {
    let mut rng = Rng(45);
    let (mut tried, mut missed) = (0, 0);
    for language in Language::ALL.iter().filter(|language| is_chinese(**language)) {
        for _ in 0..200 {
            let words = phrase(*language, 12, &mut rng);
            let texts: Vec<String> = words.chunks(6).map(<[String]>::concat).collect();
            let stored = send(&texts);
            tried += 1;
            missed += usize::from(stored.iter().any(|text| texts.contains(text)));
        }
    }
    println!("spread, Chinese without separators, two halves: {} of {tried} found", tried - missed);
    assert!(missed * 100 <= tried);
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
