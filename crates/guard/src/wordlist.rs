//! The ten BIP-39 word lists as one table: a folded word gives every list that holds it, with its index there.
//!
//! The words come from the `bip39` crate, which proves its lists against the files of the BIP by SHA-256.

use std::sync::LazyLock;

use bip39::Language;
use sha2::{Digest, Sha256};

use crate::normalise::fold;

/// Words in each list.
pub(crate) const LIST_SIZE: usize = 2048;
/// How many words a phrase may have, longest first: a phrase of 24 words holds others that pass by chance.
pub(crate) const LENGTHS: [usize; 5] = [24, 21, 18, 15, 12];
/// The longest folded word of any list, in bytes (Korean, decomposed).
pub(crate) const MAX_WORD: usize = 33;

/// One of the ten lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct List(u8);

impl List {
    /// The number of lists.
    pub(crate) const COUNT: usize = 10;

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..10).map(Self)
    }

    pub(crate) fn bit(self) -> u16 {
        1 << self.0
    }

    pub(crate) fn language(self) -> Language {
        Language::ALL.get(usize::from(self.0)).copied().unwrap_or(Language::English)
    }

    /// Whether the words of the list are single Chinese characters.
    pub(crate) fn is_chinese(self) -> bool {
        matches!(self.language(), Language::SimplifiedChinese | Language::TraditionalChinese)
    }

    /// The folded word at an index.
    pub(crate) fn word(self, index: u16) -> &'static str {
        let place = usize::from(self.0) * LIST_SIZE + usize::from(index);
        TABLE.words.get(place).map_or("", |word| &**word)
    }
}

/// Which lists hold a word. The empty entry is a word of no list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    lists: u16,
    /// Where its indexes start, one for each set bit of `lists`, in the order of the bits.
    at: u16,
}

impl Entry {
    pub(crate) fn lists(self) -> u16 {
        self.lists
    }

    /// The word's index in `list`.
    pub(crate) fn index(self, list: List) -> Option<u16> {
        if self.lists & list.bit() == 0 {
            return None;
        }
        let before = (self.lists & (list.bit() - 1)).count_ones() as usize;
        TABLE.indexes.get(usize::from(self.at) + before).copied()
    }
}

/// Looks a folded, lower-case word up.
pub(crate) fn find(word: &str) -> Entry {
    if word.len() > MAX_WORD {
        return Entry::default();
    }
    let table = &*TABLE;
    let hash = hash(word.as_bytes());
    let mut place = hash as usize;
    while let Some(slot) = table.slots.get(place & SLOT_MASK).filter(|slot| slot.word != EMPTY) {
        // Most words are in no list, and the tag tells without a look at the word itself.
        if slot.tag == tag(hash)
            && table.words.get(usize::from(slot.word)).is_some_and(|known| **known == *word)
        {
            return slot.entry;
        }
        place += 1;
    }
    Entry::default()
}

/// Looks a Chinese character up.
pub(crate) fn find_han(c: char) -> Entry {
    let place = (c as usize).checked_sub(HAN_FIRST as usize);
    place.and_then(|place| TABLE.han.get(place)).copied().unwrap_or_default()
}

/// The characters of the Chinese lists are between these.
const HAN_FIRST: char = '\u{4e00}';
const HAN_LAST: char = '\u{9fff}';

/// Four times the number of words, so that most look-ups of other words end at the first slot.
const SLOTS: usize = 1 << 16;
const SLOT_MASK: usize = SLOTS - 1;
const EMPTY: u16 = u16::MAX;

struct Table {
    /// Every list's folded words, list after list.
    words: Vec<Box<str>>,
    /// Indexes within lists, grouped by word.
    indexes: Vec<u16>,
    /// Open addressing.
    slots: Vec<Slot>,
    /// The entries of single Chinese characters, from [`HAN_FIRST`] on.
    han: Vec<Entry>,
}

#[derive(Clone, Copy)]
struct Slot {
    /// The first place of the word in `words`.
    word: u16,
    tag: u16,
    entry: Entry,
}

/// Fowler, Noll and Vo's hash (FNV-1a), enough for a table that no input can change.
fn hash(bytes: &[u8]) -> u32 {
    let mixed = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (mixed >> 32) as u32 ^ (mixed & 0xffff_ffff) as u32
}

/// The bits of a hash that do not choose the slot.
fn tag(hash: u32) -> u16 {
    (hash >> 16) as u16
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let words: Vec<Box<str>> = List::all()
        .flat_map(|list| list.language().word_list())
        .map(|word| fold(word).text.to_lowercase().into_boxed_str())
        .collect();
    let mut order: Vec<usize> = (0..words.len()).collect();
    order.sort_by_key(|&place| (words.get(place), place));
    let empty = Slot { word: EMPTY, tag: 0, entry: Entry::default() };
    let han = vec![Entry::default(); HAN_LAST as usize - HAN_FIRST as usize + 1];
    let mut table = Table { words, indexes: Vec::new(), slots: vec![empty; SLOTS], han };
    let same = |a: &usize, b: &usize| table.words.get(*a) == table.words.get(*b);
    for places in order.chunk_by(same) {
        let at = u16::try_from(table.indexes.len()).unwrap_or(EMPTY);
        let mut lists = 0;
        for &place in places {
            lists |= 1 << (place / LIST_SIZE);
            table.indexes.push(u16::try_from(place % LIST_SIZE).unwrap_or(0));
        }
        let first = places.first().copied().unwrap_or_default();
        let Some(word) = table.words.get(first) else { continue };
        let hash = hash(word.as_bytes());
        let mut place = hash as usize;
        while table.slots.get(place & SLOT_MASK).is_some_and(|taken| taken.word != EMPTY) {
            place += 1;
        }
        let entry = Entry { lists, at };
        if let Some(free) = table.slots.get_mut(place & SLOT_MASK) {
            *free = Slot { word: u16::try_from(first).unwrap_or(EMPTY), tag: tag(hash), entry };
        }
        let mut characters = word.chars();
        if let (Some(only), None) = (characters.next(), characters.next())
            && let Some(place) = (only as usize).checked_sub(HAN_FIRST as usize)
            && let Some(known) = table.han.get_mut(place)
        {
            *known = entry;
        }
    }
    table
});

/// Whether the checksum of a phrase holds: the last `len / 3` bits are the first bits of the SHA-256 of the others.
pub(crate) fn checksum_holds(indexes: &[u16]) -> bool {
    if !LENGTHS.contains(&indexes.len()) {
        return false;
    }
    let mut bytes = [0_u8; 33];
    let mut pending = 0_u32;
    let mut bits = 0;
    let mut out = bytes.iter_mut();
    for &index in indexes {
        pending = (pending << 11) | u32::from(index & 0x7ff);
        bits += 11;
        while bits >= 8 {
            bits -= 8;
            if let Some(byte) = out.next() {
                *byte = ((pending >> bits) & 0xff) as u8;
            }
        }
        pending &= (1 << bits) - 1;
    }
    if bits > 0
        && let Some(byte) = out.next()
    {
        *byte = ((pending << (8 - bits)) & 0xff) as u8;
    }
    let check_bits = indexes.len() / 3;
    let entropy = check_bits * 4;
    let (Some(data), Some(&check)) = (bytes.get(..entropy), bytes.get(entropy)) else { return false };
    let digest = Sha256::digest(data);
    digest.first().is_some_and(|&first| (first ^ check) >> (8 - check_bits) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_in_its_list() {
        for list in List::all() {
            for (index, word) in list.language().word_list().iter().enumerate() {
                let folded = fold(word).text.to_lowercase();
                assert!(folded.len() <= MAX_WORD);
                assert_eq!(find(&folded).index(list), u16::try_from(index).ok(), "{word}");
                assert_eq!(list.word(u16::try_from(index).unwrap()), folded);
            }
        }
        assert_eq!(find("standfast"), Entry::default());
    }

    #[test]
    fn characters_are_looked_up_as_words_are() {
        for c in ('\u{3400}'..='\u{9fff}').chain(['a', '０', '\u{f900}']) {
            assert_eq!(find_han(c), find(c.encode_utf8(&mut [0; 4])), "{c}");
        }
    }

    /// BIP-39's remarks on its lists say that 100 words are both English and French, and that the two Chinese lists
    /// share 1275 characters. Without accents 23 more French words are English.
    #[test]
    fn lists_overlap() {
        let shared = |a: u8, b: u8| {
            let (a, b) = (List(a), List(b));
            (0..2048).filter(|&index| find(a.word(index)).index(b).is_some()).count()
        };
        assert_eq!(shared(0, 4), 123, "English and French");
        assert_eq!(shared(1, 2), 1275, "the two Chinese lists");
    }

    #[test]
    fn checksum_of_published_phrases() {
        let indexes = |text: &str| -> Vec<u16> {
            text.split(' ').map(|word| find(word).index(List(0)).unwrap()).collect()
        };
        // BIP-39 test vectors (trezor/python-mnemonic, vectors.json).
        for phrase in [
            "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
            "legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful \
             legal will",
            "void come effort suffer camp survey warrior heavy shoot primary clutch crush open amazing screen patrol \
             group space point ten exist slush involve unfold",
        ] {
            assert!(checksum_holds(&indexes(phrase)), "{phrase}");
        }
        assert!(!checksum_holds(&indexes(
            "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon able"
        )));
        assert!(!checksum_holds(&[0; 13]));
    }
}
