//! Recovery phrases in the two Chinese lists, whose words are single, and very common, characters.
//!
//! Characters with something between each of them are as telling as words are. Written together, ordinary sentences
//! consist of list characters and pass the checksum by chance: one question in some six hundred is such a sentence as a
//! whole. So a stretch of characters counts only where a phrase would stand, as the whole message or beside words that
//! announce one, only when the checksum holds, and only when it does not read like language.
//!
//! The lists are in the order of frequency, which is all the language model that is needed: random words have random
//! ranks, and sentences are made of low ranks and of pairs that everybody uses.

use std::ops::Range;
use std::sync::LazyLock;

use crate::api::SecretKind;
use crate::keyword::Words;
use crate::phrase::checked;
use crate::scan::{Found, Hit};
use crate::token::{Gap, Token, span};
use crate::wordlist::{LENGTHS, List, checksum_holds};

/// Consecutive characters, of which all but one are in the list, when each stands apart.
const SEPARATED: usize = 12;
/// Above this a stretch reads like language. Set between the two distributions (see `tests/chinese.rs`).
const LANGUAGE: f32 = 0.0;
/// The bound where less speaks for a phrase: not at a place where one would start and end.
const STRICT: f32 = -6.0;

/// Finds phrases among the Chinese characters of a folded text.
pub(crate) fn find(folded: &str, tokens: &[Token], words: &Words<'_>, found: &mut Found) {
    if tokens.iter().filter(|token| token.han).count() < SEPARATED - 1 {
        return;
    }
    for list in List::all().filter(|list| list.is_chinese()) {
        for stretch in tokens.chunk_by(|a, b| a.han && b.han && b.gap != Gap::Barrier) {
            if stretch.len() < SEPARATED {
                continue;
            }
            separated(stretch, list, found);
            let whole = stretch.len() == tokens.len();
            dense(folded, stretch, list, whole, words, found);
        }
    }
}

/// Characters that each stand apart.
fn separated(stretch: &[Token], list: List, found: &mut Found) {
    let mut from = 0;
    for group in stretch.chunk_by(|_, next| next.gap != Gap::None) {
        let place = from..from + group.len();
        from = place.end;
        if group.len() < SEPARATED {
            continue;
        }
        let glued_after = stretch.get(place.end).is_some();
        let glued_before = group.first().is_some_and(|first| place.start > 0 && first.gap == Gap::None);
        // A first or last character that belongs to a word outside is dropped, unless the phrase needs it.
        let core = usize::from(glued_before)..group.len() - usize::from(glued_after);
        let hit = group.get(core).and_then(|core| apart(core, list)).or_else(|| apart(group, list));
        found.hits.extend(hit);
    }
}

fn apart(group: &[Token], list: List) -> Option<Hit> {
    let indexes: Vec<Option<u16>> = group.iter().map(|token| token.entry.index(list)).collect();
    let dense: Vec<usize> = indexes
        .windows(SEPARATED)
        .enumerate()
        .filter(|(_, window)| window.iter().filter(|index| index.is_none()).count() <= 1)
        .map(|(at, _)| at)
        .collect();
    let region = group.get(*dense.first()?..*dense.last()? + SEPARATED)?;
    let proven = indexes
        .chunk_by(|a, b| a.is_some() && b.is_some())
        .find_map(|run| checked(&run.iter().copied().flatten().collect::<Vec<_>>()));
    let words =
        proven.or_else(|| LENGTHS.into_iter().find(|&length| length <= region.len())).unwrap_or(region.len());
    Some(Hit::phrase(SecretKind::RecoveryPhrase, span(region), words, proven.is_some()))
}

/// Characters written together, or in groups.
fn dense(folded: &str, stretch: &[Token], list: List, whole: bool, words: &Words<'_>, found: &mut Found) {
    let mut from = 0;
    for run in
        stretch.chunk_by(|a, b| (a.entry.lists() & list.bit() != 0) == (b.entry.lists() & list.bit() != 0))
    {
        let place = from..from + run.len();
        from = place.end;
        let indexes: Vec<u16> = run.iter().filter_map(|token| token.entry.index(list)).collect();
        if indexes.len() < SEPARATED {
            continue;
        }
        let reading = Reading::of(folded, run, &indexes);
        if whole && run.len() == stretch.len() && LENGTHS.contains(&run.len()) {
            let holds = checksum_holds(&indexes);
            if reading.score(0..run.len()) < if holds { LANGUAGE } else { STRICT } {
                found.hits.push(Hit::phrase(SecretKind::RecoveryPhrase, span(run), run.len(), holds));
                continue;
            }
        }
        for window in windows(&indexes, &reading) {
            let bound = if starts_one(folded, stretch, place.start + window.start)
                || ends_one(stretch, place.start + window.end)
            {
                LANGUAGE
            } else {
                STRICT
            };
            if reading.score(window.clone()) < bound && words.speak_of_phrases() {
                let hit = run.get(window.clone()).map(span);
                found
                    .hits
                    .extend(hit.map(|hit| Hit::phrase(SecretKind::RecoveryPhrase, hit, window.len(), true)));
            }
        }
    }
}

/// The windows whose checksum holds and that do not read like language.
fn windows(indexes: &[u16], reading: &Reading) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    for length in LENGTHS {
        for (start, window) in indexes.windows(length).enumerate() {
            let place = start..start + length;
            if reading.score(place.clone()) < LANGUAGE && checksum_holds(window) {
                out.push(place);
            }
        }
    }
    out
}

/// Whether a phrase would start here: at the start, after punctuation, after the word that announces it.
fn starts_one(folded: &str, stretch: &[Token], at: usize) -> bool {
    let Some(token) = stretch.get(at) else { return false };
    token.gap != Gap::None
        || folded.get(..token.start()).is_some_and(|head| {
            ["是", "为", "為", "下", "词", "詞", "语", "語", "钥", "鑰"].iter().any(|end| head.ends_with(end))
        })
}

/// Whether a phrase would end before this character.
fn ends_one(stretch: &[Token], at: usize) -> bool {
    stretch.get(at).is_none_or(|next| next.gap != Gap::None)
}

/// How much a run of characters reads like language, for every stretch of it.
struct Reading {
    /// Sums of the evidence up to each character.
    sums: Vec<f32>,
}

impl Reading {
    fn of(folded: &str, run: &[Token], indexes: &[u16]) -> Self {
        let mut sum = 0.0;
        let mut sums = vec![0.0];
        let mut before: Option<&Token> = None;
        for (token, &index) in run.iter().zip(indexes) {
            sum += rank_evidence(index);
            let pair = before.and_then(|before| folded.get(before.start()..token.end()));
            if pair.is_some_and(|pair| PAIRS.binary_search(&pair).is_ok()) {
                sum += PAIR_EVIDENCE;
            }
            sums.push(sum);
            before = Some(token);
        }
        Self { sums }
    }

    /// The log-likelihood ratio of language against chance.
    fn score(&self, place: Range<usize>) -> f32 {
        let at = |at: usize| self.sums.get(at).copied().unwrap_or_default();
        at(place.end) - at(place.start)
    }
}

/// What a pair of characters adds that everybody uses: some three hundred of four million pairs.
const PAIR_EVIDENCE: f32 = 4.0;

/// The logarithm of how much more often a character of this rank is met in language than in a random phrase, by
/// Zipf's law with Mandelbrot's shift.
fn rank_evidence(index: u16) -> f32 {
    const SHIFT: f32 = 12.0;
    static SCALE: LazyLock<f32> = LazyLock::new(|| 2048.0 / ((2048.0 + SHIFT) / SHIFT).ln());
    (*SCALE / (f32::from(index) + SHIFT)).ln()
}

/// Pairs of characters that make up ordinary language, sorted.
static PAIRS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut pairs: Vec<&str> = COMMON.split_ascii_whitespace().collect();
    pairs.sort_unstable();
    pairs
});

const COMMON: &str = "\
    什么 怎么 为什 没有 可以 不能 我的 你的 他的 这个 那个 一个 我们 你们 他们 自己 现在 时候 已经 还是 但是 因为 所以 如果 \
    就是 不是 也是 都是 知道 觉得 出来 起来 一下 一点 一样 这样 那样 有点 多少 几个 问题 东西 地方 今天 明天 昨天 时间 \
    不要 不会 不了 不到 不用 不好 不错 很好 非常 比较 还有 只有 只是 可能 应该 需要 想要 希望 喜欢 感觉 服务 公司 手机 \
    收到 看到 找到 得到 到了 来了 去了 完了 好了 有了 了吗 的吗 是吗 了解 发现 开始 使用 方便 朋友 先生 小姐 大家 人家 \
    中国 国家 世界 社会 经济 政府 发展 工作 生活 学习 学生 老师 孩子 父母 女人 男人 电话 电脑 网络 信息 数据 系统 \
    通过 进行 方面 情况 关系 作为 成为 由于 对于 关于 以及 或者 而且 然后 之后 以后 以前 之前 里面 上面 下面 后来 \
    一直 一起 一定 一些 有些 这些 那些 每天 每个 所有 其他 其实 特别 最后 最近 第一 第二 主要 重要 必须 能够 不同 \
    转账 钱包 交易 到账 提现 余额 账户 密码 登录 客服 退款 支付 充值 银行 地址 帮我 请问 谢谢 您好 你好 麻烦 处理";
