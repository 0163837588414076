//! From features to a vector: the columns that were worth keeping, tf-idf, and a length of one.

use crate::real::len;

use super::feature::{self, BUCKETS, View};
use super::unit::{Kind, Units};

const WORDS: usize = (BUCKETS / 64) as usize;

/// Which buckets are columns, and how rare each is.
///
/// A bitmap with counts per word of 64 bits finds a column in one step and is the form that is stored.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Encoder {
    bitmap: Vec<u64>,
    /// Columns before each word of the bitmap.
    before: Vec<u32>,
    /// Inverse document frequency of each column: `ln((1 + n) / (1 + df)) + 1`.
    idf: Vec<f32>,
}

/// A sparse vector no longer than one: columns in ascending order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Vector {
    pub(super) values: Vec<(u32, f32)>,
    /// How much of the text was known, from zero to one.
    pub(super) known: f32,
}

impl Encoder {
    /// Learns columns and rarity from texts: buckets that occur in at least `at_least` of them, the most frequent
    /// first if there are more than `at_most`.
    pub(super) fn learn<'t>(
        texts: impl ExactSizeIterator<Item = &'t Units>,
        at_least: u32,
        at_most: usize,
    ) -> Self {
        let all = 1.0 + len(texts.len());
        let mut frequency = vec![0_u32; BUCKETS as usize];
        let mut seen = Vec::new();
        for text in texts {
            seen.clear();
            feature::buckets(text, |bucket| seen.push(bucket));
            seen.sort_unstable();
            seen.dedup();
            for bucket in &seen {
                if let Some(count) = frequency.get_mut(*bucket as usize) {
                    *count += 1;
                }
            }
        }
        let mut kept: Vec<(u32, u32)> =
            (0..).zip(frequency).filter(|(_, count)| *count >= at_least.max(1)).collect();
        kept.sort_unstable_by_key(|(bucket, count)| (std::cmp::Reverse(*count), *bucket));
        kept.truncate(at_most);
        kept.sort_unstable();
        let mut bitmap = vec![0_u64; WORDS];
        for (bucket, _) in &kept {
            if let Some(word) = bitmap.get_mut((bucket / 64) as usize) {
                *word |= 1 << (bucket % 64);
            }
        }
        let idf = kept.iter().map(|(_, count)| (all / (1.0 + f64::from(*count))).ln() + 1.0);
        Self { before: ranks(&bitmap), bitmap, idf: idf.map(single).collect() }
    }

    /// Puts a stored encoder together; `None` when the parts do not fit.
    pub(super) fn from_parts(bitmap: Vec<u64>, idf: Vec<f32>) -> Option<Self> {
        let columns: usize = bitmap.iter().map(|word| word.count_ones() as usize).sum();
        let sound = idf.iter().all(|value| value.is_finite() && *value > 0.0);
        (bitmap.len() == WORDS && columns == idf.len() && sound).then(|| Self {
            before: ranks(&bitmap),
            bitmap,
            idf,
        })
    }

    /// The stored parts.
    pub(super) fn parts(&self) -> (&[u64], &[f32]) {
        (&self.bitmap, &self.idf)
    }

    /// The number of columns.
    pub(super) fn columns(&self) -> usize {
        self.idf.len()
    }

    /// The number of words in the bitmap of any encoder.
    pub(super) const fn bitmap_words() -> usize {
        WORDS
    }

    fn column(&self, bucket: u32) -> Option<u32> {
        let at = (bucket / 64) as usize;
        let (word, bit) = (self.bitmap.get(at)?, 1_u64 << (bucket % 64));
        (word & bit != 0).then(|| self.before.get(at).map(|rank| rank + (word & (bit - 1)).count_ones()))?
    }

    /// The columns of a text by view, and how much of it is known: of a word the share of its shapes, so that a misspelt
    /// one is known in part; of a Chinese character or a class whether it is a column.
    fn look_up(&self, text: &Units) -> ([Vec<u32>; 3], f32) {
        let mut views: [Vec<u32>; 3] = Default::default();
        let mut reader = feature::Reader::default();
        let mut sum = 0.0;
        for (kind, letters) in text.iter() {
            let (mut known, mut all) = (0, 0);
            reader.unit(kind, letters, &mut |bucket| {
                let (view, column) = (View::of(bucket), self.column(bucket));
                let tells = if kind == Kind::Word { view == View::Shapes } else { all == 0 };
                if tells {
                    known += usize::from(column.is_some());
                    all += 1;
                }
                if let (Some(column), Some(columns)) = (column, views.get_mut(view as usize)) {
                    columns.push(column);
                }
            });
            sum += len(known) / len(all.max(1));
        }
        (views, single(sum / len(text.iter().len().max(1))))
    }

    /// The vector of a text: `1 + ln(tf)` times idf, every view brought to the same length, then the whole to the share
    /// of the text that is known: of a text in a strange language, the little that seems familiar must not decide.
    pub(super) fn encode(&self, text: &Units) -> Vector {
        let (views, known) = self.look_up(text);
        let mut vector = Vec::with_capacity(views.iter().map(Vec::len).sum());
        for mut view in views {
            view.sort_unstable();
            let start = vector.len();
            for same in view.chunk_by(|a, b| a == b) {
                let Some(column) = same.first() else { continue };
                let idf = self.idf.get(*column as usize).copied().unwrap_or(0.0);
                let frequency = if same.len() == 1 { 1.0 } else { 1.0 + single(len(same.len()).ln()) };
                vector.push((*column, frequency * idf));
            }
            normalise(vector.get_mut(start..).unwrap_or_default());
        }
        normalise(&mut vector);
        for (_, value) in &mut vector {
            *value *= known;
        }
        vector.retain(|(_, value)| *value > 0.0);
        Vector { values: vector, known }
    }
}

fn ranks(bitmap: &[u64]) -> Vec<u32> {
    let counted = bitmap.iter().scan(0, |sum, word| {
        let before = *sum;
        *sum += word.count_ones();
        Some(before)
    });
    counted.collect()
}

/// Brings a vector to length one; one without any length stays as it is.
fn normalise(vector: &mut [(u32, f32)]) {
    let norm = vector.iter().map(|(_, value)| value * value).sum::<f32>().sqrt();
    if norm > 0.0 {
        for (_, value) in vector {
            *value /= norm;
        }
    }
}

/// A number in single precision, in which vectors and weights are kept.
#[expect(clippy::cast_possible_truncation, reason = "single precision is meant")]
pub(super) fn single(value: f64) -> f32 {
    value as f32
}
