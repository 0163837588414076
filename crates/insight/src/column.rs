//! A column of a block: every value is written once, and each row has the code of its value. A block has fewer rows than
//! two bytes can tell apart, so that codes never run out and nothing is ever cut off.

use std::collections::HashMap;
use std::hash::Hash;

/// Most rows of a block: one less than there are codes, so that a row can always get a value that no other row has.
pub(crate) const MOST_ROWS: usize = 65_535;

/// Values that one byte can tell apart.
const NARROW: usize = 256;

/// The code of every row, as narrow as it can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Codes {
    /// All of so many rows have the code 0.
    Same(usize),
    /// At most 256 values.
    Bytes(Vec<u8>),
    /// More.
    Words(Vec<u16>),
}

impl Codes {
    /// Puts codes of so many values into the narrowest form.
    fn of(codes: Vec<u16>, values: usize) -> Self {
        if values <= 1 {
            Self::Same(codes.len())
        } else if values <= NARROW {
            Self::Bytes(codes.into_iter().map(low).collect())
        } else {
            Self::Words(codes)
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Same(len) => *len,
            Self::Bytes(codes) => codes.len(),
            Self::Words(codes) => codes.len(),
        }
    }

    /// The code of a row; 0 for a row that is not there.
    pub(crate) fn get(&self, row: usize) -> usize {
        match self {
            Self::Same(_) => 0,
            Self::Bytes(codes) => usize::from(codes.get(row).copied().unwrap_or(0)),
            Self::Words(codes) => usize::from(codes.get(row).copied().unwrap_or(0)),
        }
    }

    /// Hands each of these rows' codes to `take`, in the order of the rows.
    pub(crate) fn each(&self, rows: &[u16], mut take: impl FnMut(usize)) {
        match self {
            Self::Same(_) => rows.iter().for_each(|_| take(0)),
            Self::Bytes(codes) => {
                for row in rows {
                    take(usize::from(codes.get(usize::from(*row)).copied().unwrap_or(0)));
                }
            }
            Self::Words(codes) => {
                for row in rows {
                    take(usize::from(codes.get(usize::from(*row)).copied().unwrap_or(0)));
                }
            }
        }
    }

    /// Which of so many codes a row has.
    pub(crate) fn used(&self, values: usize) -> Vec<bool> {
        let mut used = vec![false; values];
        let mut mark = |code: usize| {
            if let Some(used) = used.get_mut(code) {
                *used = true;
            }
        };
        match self {
            Self::Same(0) => {}
            Self::Same(_) => mark(0),
            Self::Bytes(codes) => codes.iter().for_each(|code| mark(usize::from(*code))),
            Self::Words(codes) => codes.iter().for_each(|code| mark(usize::from(*code))),
        }
        used
    }

    fn set(&mut self, row: usize, code: u16) {
        match self {
            Self::Same(_) => {}
            Self::Bytes(codes) => {
                if let Some(place) = codes.get_mut(row) {
                    *place = low(code);
                }
            }
            Self::Words(codes) => {
                if let Some(place) = codes.get_mut(row) {
                    *place = code;
                }
            }
        }
    }

    fn insert(&mut self, row: usize, code: u16) {
        match self {
            Self::Same(len) => *len += 1,
            Self::Bytes(codes) => codes.insert(row.min(codes.len()), low(code)),
            Self::Words(codes) => codes.insert(row.min(codes.len()), code),
        }
    }

    /// Makes room for one value more than there are.
    fn widen(&mut self, values: usize) {
        match self {
            Self::Same(len) if values > 1 => *self = Self::Bytes(vec![0; *len]),
            Self::Bytes(codes) if values > NARROW => {
                *self = Self::Words(codes.iter().map(|code| u16::from(*code)).collect());
            }
            _ => {}
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Same(_) => 0,
            Self::Bytes(codes) => codes.capacity(),
            Self::Words(codes) => codes.capacity() * 2,
        }
    }
}

/// The one byte of a code that needs no more.
fn low(code: u16) -> u8 {
    let [low, _] = code.to_le_bytes();
    low
}

/// A column: its values, and the code of every row.
#[derive(Clone, Debug)]
pub(crate) struct Coded<V> {
    values: Vec<V>,
    codes: Codes,
}

impl<V: Copy + Eq + Hash> Coded<V> {
    pub(crate) fn new(rows: impl Iterator<Item = V>) -> Self {
        let mut known = HashMap::new();
        let mut values = Vec::new();
        let codes = rows.map(|value| {
            *known.entry(value).or_insert_with(|| {
                values.push(value);
                // Blocks have at most [`MOST_ROWS`] rows, and so no more values.
                u16::try_from(values.len() - 1).unwrap_or(u16::MAX)
            })
        });
        let codes = codes.collect();
        values.shrink_to_fit();
        Self { codes: Codes::of(codes, values.len()), values }
    }

    /// Takes what a snapshot holds, unless a code has no value.
    pub(crate) fn from_parts(values: Vec<V>, codes: Codes) -> Option<Self> {
        let most = match &codes {
            Codes::Same(0) => return Some(Self { values, codes }),
            Codes::Same(_) => 0,
            Codes::Bytes(codes) => codes.iter().max().copied().map_or(0, usize::from),
            Codes::Words(codes) => codes.iter().max().copied().map_or(0, usize::from),
        };
        (most < values.len()).then_some(Self { values, codes })
    }

    /// Every value that a row has; there may be some that no row has any more.
    pub(crate) fn values(&self) -> &[V] {
        &self.values
    }

    pub(crate) fn codes(&self) -> &Codes {
        &self.codes
    }

    pub(crate) fn get(&self, row: usize) -> Option<V> {
        if row < self.codes.len() { self.values.get(self.codes.get(row)).copied() } else { None }
    }

    pub(crate) fn set(&mut self, row: usize, value: V) {
        if self.get(row) != Some(value) {
            let code = self.code(value);
            self.codes.set(row, code);
        }
    }

    /// Puts another value in the place of each.
    pub(crate) fn change(&mut self, change: impl Fn(V) -> V) {
        let rows = (0..self.codes.len()).filter_map(|row| self.get(row)).map(change);
        *self = Self::new(rows.collect::<Vec<_>>().into_iter());
    }

    pub(crate) fn insert(&mut self, row: usize, value: V) {
        let code = self.code(value);
        self.codes.insert(row, code);
    }

    /// The code of a value, a new one if need be.
    fn code(&mut self, value: V) -> u16 {
        if let Some(known) = self.values.iter().position(|known| *known == value) {
            return u16::try_from(known).unwrap_or(u16::MAX);
        }
        if self.values.len() > MOST_ROWS {
            // Some that are left over from changes: without them there is room.
            let rows: Vec<V> = (0..self.codes.len()).filter_map(|row| self.get(row)).collect();
            *self = Self::new(rows.into_iter());
        }
        self.values.push(value);
        self.codes.widen(self.values.len());
        u16::try_from(self.values.len() - 1).unwrap_or(u16::MAX)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.codes.bytes() + self.values.capacity() * size_of::<V>()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(column: &Coded<u32>) -> Vec<u32> {
        (0..column.codes.len()).map(|row| column.get(row).unwrap()).collect()
    }

    proptest! {
        #[test]
        fn a_column_is_a_list(
            start in proptest::collection::vec(0..400_u32, 0..600),
            changes in proptest::collection::vec((any::<bool>(), 0..700_usize, 0..500_u32), 0..60),
        ) {
            let mut list = start.clone();
            let mut column = Coded::new(start.into_iter());
            for (insert, row, value) in changes {
                if insert || list.is_empty() {
                    let row = row % (list.len() + 1);
                    list.insert(row, value);
                    column.insert(row, value);
                } else {
                    let row = row % list.len();
                    list[row] = value;
                    column.set(row, value);
                }
            }
            prop_assert_eq!(&rows(&column), &list);
        }
    }

    #[test]
    fn codes_are_as_narrow_as_they_can_be_and_never_run_out() {
        let mut column = Coded::new([7, 7, 7].into_iter());
        assert_eq!(*column.codes(), Codes::Same(3));
        column.set(1, 8);
        assert_eq!(*column.codes(), Codes::Bytes(vec![0, 1, 0]));
        let mut column = Coded::new(0..u32::try_from(MOST_ROWS).unwrap());
        assert!(matches!(column.codes(), Codes::Words(_)));
        // Every row has a value of its own, and still any row can get another one, again and again.
        for round in 0..3 {
            column.set(5, 1_000_000 + round);
            column.set(MOST_ROWS - 1, 2_000_000 + round);
        }
        assert_eq!((column.get(5), column.get(6)), (Some(1_000_002), Some(6)));
        assert_eq!(column.get(MOST_ROWS - 1), Some(2_000_002));
    }
}
