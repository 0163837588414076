//! Bursts: several people write nearly the same within two hours. For a type that comes twice an hour no count can show that
//! early; the words can.
//!
//! Texts are compared by MinHash signatures ([`signature`]). Of the texts like the new one, those of the last two hours are
//! held against what the rest of the memory leads one to expect: with `m` older ones in the time `t`, the rate has the gamma
//! posterior of shape `m + 1/2` and rate `t` (Jeffreys' prior), and the number of others within the window is negative
//! binomial. A question that is always asked is no burst; a new one is. Memory holds signatures, no words, and is bounded.

use std::collections::VecDeque;

use crate::distribution::negative_binomial_tail;
use crate::real;

mod signature;

pub use signature::Signature;

/// Minutes within which a burst happens.
pub const WINDOW: i64 = 120;
/// Different people who write alike, at the least.
pub const LEAST_AUTHORS: usize = 3;
/// Texts with at least this part of their shingles in common are alike.
pub const ALIKE: f64 = 0.5;
/// `-log10` of the probability of so many others, from which on it is a burst, unless said otherwise: one text in ten
/// thousand.
pub const THRESHOLD: f64 = 4.0;
/// Minutes after which a text is forgotten.
const MEMORY: i64 = 28 * 24 * 60;
/// Announced bursts that are remembered.
const MOST_ANNOUNCED: usize = 64;

/// Several people wrote alike.
#[derive(Clone, PartialEq, Debug)]
pub struct Burst {
    /// How many different people, within [`WINDOW`].
    pub authors: usize,
    /// How many others were to be expected besides this one.
    pub expected: f64,
    /// `-log10` of the probability of so many.
    pub score: f64,
    /// The minute of the first of them.
    pub since: i64,
    /// The requests that are alike, within the window, this one last.
    pub requests: Vec<i64>,
    /// Whether one like it was announced within [`WINDOW`]: it goes on.
    pub goes_on: bool,
}

#[derive(Clone, Debug)]
struct Seen {
    minute: i64,
    author: u64,
    request: i64,
    signature: Signature,
}

/// A text that somebody wrote.
#[derive(Clone, Copy)]
pub struct Written<'a> {
    /// When; any count of minutes.
    pub minute: i64,
    /// Any number that stands for a person.
    pub author: u64,
    /// Any number that stands for the request.
    pub request: i64,
    /// The words.
    pub text: &'a str,
}

/// The texts of the last weeks, as far as they find room: 290 bytes each.
#[derive(Clone, Debug)]
pub struct Bursts {
    capacity: usize,
    threshold: f64,
    seen: VecDeque<Seen>,
    announced: VecDeque<(i64, Signature)>,
}

impl Bursts {
    /// A memory for `capacity` texts; 4096 take a megabyte, and a new text is compared with all of them in well below a
    /// millisecond. From a score of `threshold` on, at the least [`THRESHOLD`], something is a burst.
    pub fn new(capacity: usize, threshold: f64) -> Self {
        let threshold = if threshold.is_finite() { threshold.max(THRESHOLD) } else { THRESHOLD };
        Self { capacity: capacity.max(1), threshold, seen: VecDeque::new(), announced: VecDeque::new() }
    }

    /// Takes a text; minutes come in order. A burst is announced once; what comes within two hours of the last of its texts is told as one
    /// that goes on. Texts too short to be recognised are passed over.
    pub fn observe(&mut self, written: Written<'_>) -> Option<Burst> {
        let Written { minute, author, request, text } = written;
        let signature = Signature::of(text)?;
        let minute = self.seen.back().map_or(minute, |last| minute.max(last.minute));
        self.forget(minute);
        let burst = self.judge(minute, author, request, &signature);
        self.seen.push_back(Seen { minute, author, request, signature: signature.clone() });
        let burst = burst?;
        self.announced.retain(|(at, _)| minute - at < WINDOW);
        if let Some((at, _)) =
            self.announced.iter_mut().find(|(_, known)| known.likeness(&signature) >= ALIKE)
        {
            *at = minute;
            return Some(Burst { goes_on: true, ..burst });
        }
        if self.announced.len() == MOST_ANNOUNCED {
            self.announced.pop_front();
        }
        self.announced.push_back((minute, signature));
        Some(burst)
    }

    fn forget(&mut self, minute: i64) {
        while self.seen.front().is_some_and(|oldest| minute - oldest.minute > MEMORY)
            || self.seen.len() >= self.capacity
        {
            self.seen.pop_front();
        }
    }

    fn judge(&self, minute: i64, author: u64, request: i64, signature: &Signature) -> Option<Burst> {
        let (mut authors, mut requests, mut older, mut since) = (vec![author], Vec::new(), 0, minute);
        for seen in self.seen.iter().filter(|seen| seen.signature.likeness(signature) >= ALIKE) {
            if minute - seen.minute < WINDOW {
                authors.push(seen.author);
                requests.push(seen.request);
                since = since.min(seen.minute);
            } else {
                older += 1;
            }
        }
        authors.sort_unstable();
        authors.dedup();
        if authors.len() < LEAST_AUTHORS {
            return None;
        }
        // A memory that reaches back less than a window knows of no rate: then the half request of the prior fills a window.
        let reach = self.seen.front().map_or(0, |oldest| minute - WINDOW - oldest.minute).max(WINDOW);
        let size = real::len(older) + 0.5;
        let expected = size * minutes(WINDOW) / minutes(reach);
        let others = u32::try_from(authors.len() - 1).unwrap_or(u32::MAX);
        let score = -negative_binomial_tail(others, expected, size).max(f64::MIN_POSITIVE).log10();
        requests.push(request);
        (score >= self.threshold).then_some(Burst {
            authors: authors.len(),
            expected,
            score,
            since,
            requests,
            goes_on: false,
        })
    }
}

fn minutes(minutes: i64) -> f64 {
    f64::from(i32::try_from(minutes).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: i64 = 1440;

    fn at(minute: i64, author: u64, text: &str) -> Written<'_> {
        Written { minute, author, request: minute * 10 + i64::try_from(author % 10).unwrap(), text }
    }

    /// Three weeks of other questions, one in two hours.
    fn quiet() -> Bursts {
        let topics = [
            "How do I change the language of the app?",
            "Where can I see the fee before I send?",
            "我想把钱包换到新手机上,应该怎么操作?",
            "Is there a way to hide small balances?",
            "请问怎么修改交易密码,我忘记了原来的",
            "My hardware wallet is not recognised over Bluetooth on Android",
            "质押的收益什么时候发放,在哪里可以看到明细?",
        ];
        let mut bursts = Bursts::new(4096, THRESHOLD);
        for turn in 0..21 * 12_i64 {
            let index = usize::try_from(turn).unwrap();
            let author = u64::try_from(turn).unwrap() + 1000;
            assert_eq!(bursts.observe(at(turn * 120, author, topics[index * 5 % topics.len()])), None);
        }
        bursts
    }

    #[test]
    fn a_new_question_of_several_people_is_a_burst_once() {
        let mut bursts = quiet();
        let start = 21 * DAY;
        let texts = [
            (1, "App crashes when I open the swap page after the update"),
            (2, "the app crashes when i open the swap page since the update!!"),
            (2, "App crashes when I open the swap page after update"),
            (3, "Hi, app crashes when I open swap page after the update 7.2"),
            (4, "App crashes when I open the swap page after the update, help"),
        ];
        let found: Vec<Option<Burst>> = texts
            .iter()
            .zip(0..)
            .map(|((author, text), i)| bursts.observe(at(start + i * 10, *author, text)))
            .collect();
        let told: Vec<Option<bool>> =
            found.iter().map(|burst| burst.as_ref().map(|burst| burst.goes_on)).collect();
        assert_eq!(told, [None, None, None, Some(false), Some(true)], "announced once, and then it goes on");
        assert_eq!(found[4].as_ref().unwrap().requests.len(), 5);
        let burst = found[3].clone().unwrap();
        assert_eq!((burst.authors, burst.since, burst.requests.len()), (3, start, 3));
        assert_eq!(burst.requests[2], (start + 30) * 10 + 3);
    }

    #[test]
    fn it_reads_chinese() {
        let mut bursts = quiet();
        let texts = [
            "更新以后打开兑换页面就闪退,怎么办?",
            "更新以后一打开兑换页面就闪退",
            "你好,更新以后打开兑换页面就闪退了",
            "昨天更新以后打开兑换页面就闪退!!",
        ];
        let found = texts
            .iter()
            .zip(0..)
            .filter_map(|(text, i)| bursts.observe(at(21 * DAY + i, u64::try_from(i).unwrap(), text)));
        assert_eq!(found.map(|burst| burst.goes_on).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn what_goes_on_for_hours_is_announced_once() {
        let mut bursts = quiet();
        let new = (0..40).filter_map(|turn| {
            let text = "App crashes when I open the swap page after the update";
            bursts.observe(at(21 * DAY + turn * 9, u64::try_from(turn).unwrap(), text))
        });
        assert_eq!(new.filter(|burst| !burst.goes_on).count(), 1);
    }

    #[test]
    fn what_is_always_asked_is_no_burst() {
        // `quiet` has each of its questions every fourteen hours: three within two hours are nothing new.
        let mut bursts = quiet();
        for author in 0..3 {
            assert_eq!(
                bursts.observe(at(21 * DAY, author, "How do I change the language of the app?")),
                None
            );
        }
        // Nor is one person who writes the same ten times.
        for i in 0..10 {
            assert_eq!(
                bursts.observe(at(
                    21 * DAY + i,
                    7,
                    "A text that nobody has ever written before to this desk"
                )),
                None
            );
        }
        // An empty memory knows nothing.
        let mut young = Bursts::new(100, THRESHOLD);
        for author in 0..3 {
            assert_eq!(young.observe(at(0, author, "App crashes when I open the swap page")), None);
        }
    }

    proptest! {
        #[test]
        fn memory_is_bounded_whatever_is_written(texts in prop::collection::vec((".{0,200}", 0_u64..4, 0_i64..100_000), 0..60), capacity in 0_usize..20) {
            let mut bursts = Bursts::new(capacity, THRESHOLD);
            for (text, author, minute) in texts {
                let found = bursts.observe(at(minute, author, &text));
                prop_assert!(found.is_none_or(|burst| burst.score.is_finite() && burst.authors >= LEAST_AUTHORS));
                prop_assert!(bursts.seen.len() <= capacity.max(1) && bursts.announced.len() <= MOST_ANNOUNCED);
            }
        }
    }
}
