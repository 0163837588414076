//! From units to hashed features, in three views that see a text differently.
//!
//! - *words*: single units and neighbours in order. A Chinese character is a unit, so these are its uni- and bigrams.
//! - *pairs*: any two units that stand near each other, in either order ("card … not … arrived").
//! - *shapes*: character n-grams of 2 to 5 inside a word with its borders, which forgive spelling and inflection; for
//!   Chinese, trigrams.
//!
//! Features are hashed into a fixed space (Weinberger et al., "Feature hashing for large scale multitask learning",
//! ICML 2009), so that no table of strings is kept: a model cannot tell what anybody wrote.

use std::collections::VecDeque;

use super::unit::{Kind, Units};

/// The size of the space: 2^20 buckets.
pub(super) const BUCKETS: u32 = 1 << 20;
/// Two units this far apart are still a pair.
const PAIR_WINDOW: usize = 10;
/// The shortest and the longest n-gram of characters in a word.
const SHAPES: std::ops::RangeInclusive<usize> = 2..=5;

/// A way to look at a text, in the order of their buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Words,
    Shapes,
    Pairs,
}

impl View {
    /// The view that owns a bucket.
    pub(super) const fn of(bucket: u32) -> Self {
        match bucket >> 18 {
            0 => Self::Words,
            1 => Self::Shapes,
            _ => Self::Pairs,
        }
    }

    /// First bucket and number of bits: a quarter of the space for words, a quarter for shapes, half for pairs.
    const fn place(self) -> (u32, u32) {
        match self {
            Self::Words => (0, 18),
            Self::Shapes => (1 << 18, 18),
            Self::Pairs => (1 << 19, 19),
        }
    }

    fn bucket(self, hash: Hash) -> u32 {
        let (first, bits) = self.place();
        first | hash.bits(bits)
    }
}

/// FNV-1a (Fowler, Noll, Vo), finished by the mixer of `MurmurHash3`. The standard library's hashers promise no fixed
/// values, and a model that was written to disk needs them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hash(u64);

impl Hash {
    /// The hash of nothing.
    pub(super) const EMPTY: Self = Self(0xcbf2_9ce4_8422_2325);

    /// With more bytes.
    #[must_use]
    pub(super) fn with(self, bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(self.0, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)))
    }

    /// All bits, well mixed.
    pub(super) const fn finish(self) -> u64 {
        let mut hash = self.0;
        hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        hash ^ (hash >> 33)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the shift leaves at most 32 bits")]
    const fn bits(self, bits: u32) -> u32 {
        (self.finish() >> (64 - bits)) as u32
    }
}

/// Calls `see` with the bucket of every feature of a text, as often as it occurs.
pub(super) fn buckets(units: &Units, mut see: impl FnMut(u32)) {
    let mut reader = Reader::default();
    for (kind, letters) in units.iter() {
        reader.unit(kind, letters, &mut see);
    }
}

/// Reads units one after another and remembers what stood before.
#[derive(Default)]
pub(super) struct Reader {
    /// The hashes of the last units.
    recent: VecDeque<u64>,
    han: HanTail,
}

impl Reader {
    /// Calls `see` with the bucket of every feature that ends with this unit, first with that of the unit itself.
    pub(super) fn unit(&mut self, kind: Kind, letters: &str, see: &mut impl FnMut(u32)) {
        let hash = Hash::EMPTY.with(letters.as_bytes());
        let unit = hash.finish();
        see(View::Words.bucket(hash));
        if let Some(previous) = self.recent.back() {
            see(View::Words.bucket(Hash(*previous).with(&unit.to_le_bytes())));
        }
        see(View::Pairs.bucket(hash));
        for other in &self.recent {
            // The sum forgets the order.
            see(View::Pairs.bucket(Hash(other.wrapping_add(unit))));
        }
        match kind {
            Kind::Word => shapes(letters, see),
            Kind::Class => see(View::Shapes.bucket(hash)),
            Kind::Han => {}
        }
        if kind == Kind::Han {
            self.han.push(letters, see);
        } else {
            self.han = HanTail::default();
        }
        if self.recent.len() == PAIR_WINDOW {
            self.recent.pop_front();
        }
        self.recent.push_back(unit);
    }
}

/// The character n-grams of one word with a border on both sides.
fn shapes(word: &str, see: &mut impl FnMut(u32)) {
    // Where each character of " word " begins, and where the last one ends.
    let mut bordered = String::with_capacity(word.len() + 2);
    bordered.push(' ');
    bordered.push_str(word);
    bordered.push(' ');
    let ends: Vec<usize> = bordered.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
    let bytes = bordered.as_bytes();
    let mut start = 0;
    for (first, end) in ends.iter().enumerate() {
        let mut hash = Hash::EMPTY;
        let mut from = start;
        for (length, to) in ends.iter().skip(first).take(*SHAPES.end()).enumerate() {
            hash = hash.with(bytes.get(from..*to).unwrap_or_default());
            from = *to;
            if SHAPES.contains(&(length + 1)) {
                see(View::Shapes.bucket(hash));
            }
        }
        start = *end;
    }
}

/// The last Chinese characters of a run: up to three, as hashes of the runs that end here.
#[derive(Default)]
struct HanTail {
    one: Option<Hash>,
    two: Option<Hash>,
}

impl HanTail {
    fn push(&mut self, character: &str, see: &mut impl FnMut(u32)) {
        let bytes = character.as_bytes();
        let two = self.one.map(|hash| hash.with(bytes));
        let three = self.two.map(|hash| hash.with(bytes));
        for hash in [two, three].into_iter().flatten() {
            see(View::Shapes.bucket(hash));
        }
        *self = Self { one: Some(Hash::EMPTY.with(bytes)), two };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEWS: [View; 3] = [View::Words, View::Pairs, View::Shapes];

    fn of(text: &str) -> Vec<u32> {
        let mut seen = Vec::new();
        buckets(&Units::read(text), |bucket| seen.push(bucket));
        seen
    }

    fn count(text: &str, view: View) -> usize {
        of(text).iter().filter(|bucket| View::of(**bucket) == view).count()
    }

    #[test]
    fn every_view_has_its_part_of_the_space() {
        // Two words, one bigram; two singles and one pair; " ab " and " cd ": 3 + 2 + 1 n-grams each.
        assert_eq!(VIEWS.map(|view| count("ab cd", view)), [3, 3, 12]);
        // Four characters, three bigrams; 4 + 6 pairs; three bigrams and two trigrams.
        assert_eq!(VIEWS.map(|view| count("提币没到", view)), [7, 10, 5]);
        assert!(of("transfer 提币没到 <address> 1.2.3").iter().all(|bucket| *bucket < BUCKETS));
    }

    #[test]
    fn pairs_forget_the_order_and_words_keep_it() {
        let only = |text: &str, view| {
            let mut seen = of(text);
            seen.retain(|bucket| View::of(*bucket) == view);
            seen.sort_unstable();
            seen
        };
        assert_eq!(only("card top", View::Pairs), only("top card", View::Pairs));
        assert_ne!(only("card top", View::Words), only("top card", View::Words));
    }

    /// The values are part of the format of a model: when they change, its version must.
    #[test]
    fn hashes_stay_what_they_are() {
        assert_eq!(Hash::EMPTY.with(b"foobar").0, 0x8594_4171_f739_67e8, "Noll's own test vector of FNV-1a");
        assert_eq!(of("提"), of("提"));
        assert_eq!(of("a b").first(), of("a").first());
    }
}
