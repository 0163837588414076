//! The words around a value that say what it is.

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::LazyLock;

use crate::api::Chain;
use crate::hex;
use crate::mark::marks;
use crate::matcher::Matcher;
use crate::normalise::fold;

/// A folded text with the words in it that matter, looked for only when a detector asks.
#[derive(Debug)]
pub(crate) struct Words<'a> {
    folded: &'a str,
    lower: OnceCell<String>,
    phrases: OnceCell<bool>,
    labels: OnceCell<Vec<Label>>,
    chain: OnceCell<Chain>,
}

/// What a word says of the value beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    /// It is a private key.
    Key,
    /// It is a seed.
    Seed,
    /// It is a transaction.
    Transaction,
    /// It is some other digest.
    Digest,
}

#[derive(Debug, Clone, Copy)]
struct Label {
    start: usize,
    end: usize,
    says: Says,
    only_before: bool,
}

/// Words that announce a recovery phrase, in the languages of the lists and in Russian. Accents are folded away.
const PHRASE_WORDS: [&str; 40] = [
    "seed",
    "mnemonic",
    "recovery",
    "secret phrase",
    "backup phrase",
    "12 words",
    "24 words",
    "twelve words",
    "srp",
    "助记",
    "助記",
    "恢复词",
    "恢復詞",
    "恢复短语",
    "私钥",
    "私鑰",
    "种子",
    "種子",
    "备份词",
    "備份詞",
    "密语",
    "注记词",
    "zhujici",
    "单词",
    "單詞",
    "ニーモニック",
    "リカバリー",
    "シード",
    "フレーズ",
    "復元",
    "니모닉",
    "시드",
    "복구",
    "semilla",
    "frase",
    "phrase de",
    "phrase secrete",
    "obnov",
    "мнемо",
    "сид",
];

/// Words that name a private key.
const KEY_WORDS: [&str; 42] = [
    "private key",
    "privatekey",
    "private_key",
    "private-key",
    "priv key",
    "privkey",
    "priv_key",
    "prvkey",
    "pkey",
    "secret key",
    "secretkey",
    "secret_key",
    "secret-key",
    "secret",
    "signing key",
    "wallet key",
    "hex key",
    "import",
    "sk:",
    "sk=",
    "pk:",
    "私钥",
    "私鑰",
    "私匙",
    "密钥",
    "密鑰",
    "秘钥",
    "秘鑰",
    "秘密鍵",
    "秘密键",
    "导入",
    "導入",
    "siyao",
    "개인키",
    "개인 키",
    "비밀키",
    "clave privada",
    "cle privee",
    "chiave privata",
    "chave privada",
    "soukromy klic",
    "приватн",
];

/// Common words that name a private key when one follows.
const LIKELY_KEY_WORDS: [&str; 9] =
    ["key", "keys", "keystore", "export", "exported", "imported", "importing", "导出", "導出"];

const SEED_WORDS: [&str; 5] = ["seed", "entropy", "种子", "種子", "master secret"];

/// Words that name a transaction. The short ones must stand alone.
const TRANSACTION_WORDS: [&str; 34] = [
    "txid",
    "tx_id",
    "tx id",
    "txhash",
    "tx_hash",
    "tx hash",
    "txn",
    "tx",
    "txs",
    "transaction",
    "transactions",
    "transactionhash",
    "hash",
    "hashes",
    "哈希",
    "交易",
    "转账",
    "轉帳",
    "轉賬",
    "提币",
    "提幣",
    "充值",
    "流水号",
    "etherscan",
    "bscscan",
    "tronscan",
    "blockchair",
    "mempool",
    "explorer",
    "浏览器",
    "瀏覽器",
    "transaccion",
    "トランザクション",
    "해시",
];

const DIGEST_WORDS: [&str; 26] = [
    "public key",
    "publickey",
    "public_key",
    "pubkey",
    "pub key",
    "公钥",
    "公鑰",
    "sha256",
    "sha-256",
    "sha 256",
    "checksum",
    "digest",
    "block hash",
    "blockhash",
    "parenthash",
    "topic",
    "topics",
    "校验",
    "校驗",
    "区块",
    "區塊",
    "apk",
    "merkle",
    // Places in the storage of a contract, as nodes list them (ERC-2930).
    "storagekey",
    "storagekeys",
    // What a permission of TRON allows, as nodes list it.
    "\"operations\"",
];

/// The words above as a folded text has them: Korean and voiced Japanese letters are decomposed there.
struct Vocabulary {
    phrases: Matcher<()>,
    /// What each says, and whether only of a value after it.
    labels: Matcher<(Says, bool)>,
}

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let folded = |word: &&str| fold(word).text.into_owned();
    let labels = [
        (KEY_WORDS.as_slice(), (Says::Key, false)),
        (LIKELY_KEY_WORDS.as_slice(), (Says::Key, true)),
        (SEED_WORDS.as_slice(), (Says::Seed, false)),
        (TRANSACTION_WORDS.as_slice(), (Says::Transaction, false)),
        (DIGEST_WORDS.as_slice(), (Says::Digest, false)),
    ];
    Vocabulary {
        phrases: Matcher::new(PHRASE_WORDS.iter().map(|word| (folded(word), ()))),
        labels: Matcher::new(
            labels.into_iter().flat_map(|(words, says)| words.iter().map(move |word| (folded(word), says))),
        ),
    }
});

impl<'a> Words<'a> {
    pub(crate) fn new(folded: &'a str) -> Self {
        Self {
            folded,
            lower: OnceCell::new(),
            phrases: OnceCell::new(),
            labels: OnceCell::new(),
            chain: OnceCell::new(),
        }
    }

    /// The folded text in lower case, byte for byte as long as the text.
    pub(crate) fn lower(&self) -> &str {
        self.lower.get_or_init(|| self.folded.to_ascii_lowercase())
    }

    /// Whether the text speaks of recovery phrases. What a mark says does not count.
    pub(crate) fn speak_of_phrases(&self) -> bool {
        *self.phrases.get_or_init(|| {
            let outside = self.outside_marks();
            VOCABULARY.phrases.find(self.lower(), |start, _| outside(start)).next().is_some()
        })
    }

    /// Whether a place is in no mark.
    fn outside_marks(&self) -> impl Fn(usize) -> bool + use<> {
        let marks: Vec<Range<usize>> = marks(self.folded).into_iter().map(|(span, _, _)| span).collect();
        move |at| {
            let next = marks.partition_point(|mark| mark.end <= at);
            marks.get(next).is_none_or(|mark| at < mark.start)
        }
    }

    /// The chain that the text names anywhere.
    pub(crate) fn names_chain(&self) -> Chain {
        *self.chain.get_or_init(|| hex::names_chain(self.lower()))
    }

    /// What the words around a value say of it: those before count more than those after, the nearest most.
    pub(crate) fn say_of(&self, start: usize, end: usize) -> Option<Says> {
        let labels = self.labels.get_or_init(|| self.find_labels());
        let next = labels.partition_point(|label| label.start < start);
        let before = next.checked_sub(1).and_then(|at| labels.get(at)).filter(|label| label.end <= start);
        let after = labels.get(next..)?.iter().find(|label| label.start >= end && !label.only_before);
        let gap = |from: usize, to: usize| self.distance(from, to);
        match (before, after) {
            (Some(before), Some(after)) => {
                let near = gap(before.end, start);
                let far = gap(end, after.start).saturating_mul(2).saturating_add(16);
                Some(if near <= far { before.says } else { after.says })
            }
            (Some(only), None) => Some(only.says),
            (None, Some(only)) => (gap(end, only.start) <= 120).then_some(only.says),
            (None, None) => None,
        }
    }

    /// How far apart two places are; a line break keeps a word to its own line.
    fn distance(&self, from: usize, to: usize) -> usize {
        let between = self.folded.get(from..to).unwrap_or_default();
        if between.len() > 4096 {
            return between.len();
        }
        between.len() + 20 * between.bytes().filter(|b| *b == b'\n').count()
    }

    fn find_labels(&self) -> Vec<Label> {
        let lower = self.lower();
        let outside = self.outside_marks();
        let alone = |start, end| {
            !lower.get(start..end).is_some_and(str::is_ascii) || stands_alone(self.folded, start, end)
        };
        let mut labels: Vec<Label> = VOCABULARY
            .labels
            .find(lower, |start, end| alone(start, end) && outside(start))
            .map(|(start, end, (says, only_before))| Label { start, end, says, only_before })
            .collect();
        // A label inside a longer one ("hash" in "block hash") must not speak for itself.
        labels.sort_by_key(|label| (label.start, std::cmp::Reverse(label.end)));
        let mut reach = 0;
        labels.retain(|label| {
            let inside = label.end <= reach;
            reach = reach.max(label.end);
            !inside
        });
        labels
    }
}

/// Whether a Latin word is not a part of a longer one; `privateKey` and `txHash` do count as two words.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).and_then(|head| head.bytes().next_back());
    let first = text.as_bytes().get(start);
    let after = text.as_bytes().get(end);
    let joined_before = before.is_some_and(|b| b.is_ascii_lowercase())
        && first.is_some_and(u8::is_ascii_lowercase)
        || before.is_some_and(|b| b.is_ascii_uppercase()) && first.is_some_and(u8::is_ascii_uppercase);
    let joined_after = after.is_some_and(u8::is_ascii_lowercase)
        && text.get(end..end + 2).is_none_or(|two| two != "s " && two != "s:");
    !joined_before && !joined_after
}
