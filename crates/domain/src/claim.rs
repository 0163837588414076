//! Words by which people say that something was taken from them. Whoever says so goes first, whatever else is known or believed of
//! the request: a claim that was none costs a minute, one that waits may cost everything that is left.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// English words that claim it.
const TAKEN: [&str; 17] = [
    "stole",
    "stolen",
    "steal",
    "stealing",
    "thief",
    "thieves",
    "theft",
    "hacked",
    "hacker",
    "hackers",
    "drained",
    "robbed",
    "siphoned",
    "scammed",
    "phished",
    "unauthorized",
    "unauthorised",
];
/// What follows "without my", wherever something was moved so.
const LEAVE: [&str; 5] = ["permission", "consent", "knowledge", "authorization", "approval"];
/// English words shortly before a claim that make it a question of how to be safe …
const PREVENTS: [&str; 9] = [
    "prevent",
    "preventing",
    "avoid",
    "avoiding",
    "protect",
    "protects",
    "protecting",
    "protection",
    "insurance",
];
/// … and how many words before it they stand at the most.
const SHORTLY: usize = 5;
/// What takes the word next to it back.
const DENIES: [&str; 8] = ["not", "never", "isn't", "wasn't", "weren't", "hasn't", "haven't", "nothing"];
/// What is drained without anybody's doing.
const BATTERY: [&str; 2] = ["battery", "power"];

/// Chinese words that claim it, simplified and traditional.
const TAKEN_ZH: [&str; 33] = [
    "被盗",
    "盗走",
    "盗取",
    "盗币",
    "盗刷",
    "被偷",
    "偷走",
    "偷了",
    "被转走",
    "转走了",
    "被黑",
    "黑客",
    "被骗",
    "骗走",
    "被清空",
    "被卷走",
    "不是我转",
    "非本人",
    "不是我操作",
    "不是本人",
    "被盜",
    "盜走",
    "盜取",
    "盜幣",
    "盜刷",
    "被轉走",
    "轉走了",
    "駭客",
    "被駭",
    "被騙",
    "騙走",
    "不是我轉",
    "遭盗",
];
/// Chinese words shortly before a claim that make it a question of how to be safe …
const PREVENTS_ZH: [&str; 8] = ["防止", "避免", "防范", "预防", "怎么防", "如何防", "預防", "防範"];
/// … and how many characters before it they stand at the most.
const SHORTLY_ZH: usize = 10;
/// Directly before a claim, these take it back.
const DENIES_ZH: [&str; 5] = ["没有", "没", "沒有", "不会", "防"];

/// What no claim is without: most texts have none of it, and one pass tells. Without it (it is always made) every text is
/// looked at closely.
static HINTS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let hints = TAKEN.into_iter().chain(["without"]).chain(TAKEN_ZH);
    AhoCorasick::builder().ascii_case_insensitive(true).build(hints).ok()
});

/// Whether a text claims that assets were taken: in English or Chinese, by its words alone.
///
/// ```
/// use standfast_domain::claims_theft;
/// assert!(claims_theft("someone stole all my USDT last night"));
/// assert!(claims_theft("我的钱包被盗了"));
/// assert!(!claims_theft("how do I avoid being hacked?"));
/// ```
#[must_use]
pub fn claims_theft(text: &str) -> bool {
    let is_hopeless = |text: &str| HINTS.as_ref().is_some_and(|hints| !hints.is_match(text));
    // Most texts are so written that their hints show as they stand.
    if text.chars().all(keeps_hints) && is_hopeless(text) {
        return false;
    }
    let text: String = text.chars().map(narrow).flat_map(char::to_lowercase).collect();
    if is_hopeless(&text) {
        return false;
    }
    text.split(is_end).any(|clause| claims_in_english(clause) || claims_in_chinese(clause))
}

fn claims_in_english(clause: &str) -> bool {
    let words: Vec<&str> =
        clause.split(|c: char| !(c.is_ascii_alphanumeric() || c == '\'')).filter(|w| !w.is_empty()).collect();
    let moved_so = words.windows(3).any(|three| match three {
        ["without", "my", leave] => LEAVE.contains(leave),
        _ => false,
    });
    moved_so
        || words.iter().enumerate().filter(|(_, word)| TAKEN.contains(word)).any(|(place, word)| {
            let before = words.get(..place).unwrap_or_default();
            let last = |most: usize| before.get(place.saturating_sub(most)..).unwrap_or_default();
            let is_battery = *word == "drained" && words.iter().any(|other| BATTERY.contains(other));
            let is_feared = last(SHORTLY).iter().any(|other| PREVENTS.contains(other));
            !is_battery && !is_feared && !last(2).iter().any(|other| DENIES.contains(other))
        })
}

fn claims_in_chinese(clause: &str) -> bool {
    TAKEN_ZH.iter().any(|taken| {
        clause.match_indices(taken).any(|(place, _)| {
            let before = clause.get(..place).unwrap_or_default();
            let start = before.char_indices().rev().nth(SHORTLY_ZH - 1).map_or(0, |(at, _)| at);
            let last = before.get(start..).unwrap_or_default();
            !DENIES_ZH.iter().any(|denied| before.ends_with(denied))
                && !PREVENTS_ZH.iter().any(|feared| last.contains(feared))
        })
    })
}

/// Ends of clauses.
const fn is_end(c: char) -> bool {
    matches!(
        c,
        '.' | ',' | ';' | ':' | '!' | '?' | '\n' | '，' | '。' | '；' | '：' | '！' | '？' | '、' | '…'
    )
}

/// Whether folding makes no letter of a hint of this character: ASCII, punctuation, and all from the radicals of Han on
/// but full-width letters.
const fn keeps_hints(c: char) -> bool {
    c.is_ascii()
        || matches!(c, '\u{2010}'..='\u{203f}')
        || (c >= '\u{2e80}' && !matches!(c, '\u{ff21}'..='\u{ff5a}'))
}

/// Full-width forms as their ordinary ones, and one apostrophe.
fn narrow(c: char) -> char {
    match c {
        '\u{2019}' => '\'',
        '\u{ff01}'..='\u{ff5e}' => u32::from(c).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn who_says_that_it_was_taken_is_heard() {
        for text in [
            "someone stole all my USDT last night",
            "My wallet was HACKED!!",
            "all funds drained after I signed something",
            "I don't know how, but my coins are stolen",
            "I tried to protect my phrase, still somebody has stolen everything",
            "there is an unauthorized transfer of 200 TRX",
            "they moved my tokens without my permission",
            "don’t know if I was hacked",
            "I got ｓｃａｍｍｅｄ",
            "我的USDT被盗了",
            "币被人转走了,怎么办",
            "昨晚钱包里的币全部被转走",
            "这笔转账不是我操作的",
            "錢包被盜",
            "没有授权就被转走了",
            "我担心死了币都被盗了",
            "我不会操作但是币被盗",
            "please protect my remaining funds I was hacked an hour ago",
            "黑客把我的 ETH 拿走了",
        ] {
            assert!(claims_theft(text), "{text}");
        }
    }

    #[test]
    fn who_asks_how_to_be_safe_or_of_something_else_is_not() {
        for text in [
            "",
            "how do I avoid being hacked?",
            "How can I protect my wallet from hackers",
            "is there insurance against theft",
            "nothing was stolen, I only want to change my password",
            "my coins were not stolen",
            "the app drained my battery",
            "transfer to Binance has not arrived",
            "怎么防止被盗?",
            "钱包会不会被盗",
            "如何预防盗币",
            "没有被盗,只是想改密码",
            "提币到币安没到账",
        ] {
            assert!(!claims_theft(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn words_around_a_claim_in_other_clauses_do_not_matter(before in "[a-zA-Z ,.!?的了吗，。]{0,60}", after in "[a-zA-Z ,.!?的了吗，。]{0,60}") {
            let text = format!("{before}. someone stole my coins. {after}");
            let text_zh = format!("{before}。我的币被盗了。{after}");
            prop_assert!(claims_theft(&text) && claims_theft(&text_zh));
        }

        #[test]
        fn no_hint_is_overlooked(words in prop::collection::vec("stole|STOLEN|hacked|without my consent|被盗|转走了|battery|not|防止|[a-z]{1,6}|ｓｔｏｌｅ|ＳＴＯＬＥ|hac\u{212a}ed|“|，|’", 0..6)) {
            let text = words.join(" ");
            let close: String = text.chars().map(narrow).flat_map(char::to_lowercase).collect();
            let closely = close.split(is_end).any(|clause| claims_in_english(clause) || claims_in_chinese(clause));
            prop_assert_eq!(claims_theft(&text), closely);
        }

        #[test]
        fn what_keeps_its_hints_folds_to_no_other_letter(c in any::<char>()) {
            let folded: String = narrow(c).to_lowercase().collect();
            let is_letter = folded.bytes().any(|byte| byte.is_ascii_alphabetic());
            prop_assert!(!keeps_hints(c) || c.is_ascii() || !is_letter, "{c:?}");
        }

        #[test]
        fn any_text_is_read(text in "\\PC{0,200}") {
            let _ = claims_theft(&text);
        }
    }
}
