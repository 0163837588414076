//! The ids of a block's rows, beside the seconds in which they were created: ids carry their time, so that what is left
//! is small. Whatever does not fit into two bytes is kept in four, and whatever does not fit into those as it is.

use standfast_domain::{Ids, Time};

/// Bits of an id below its milliseconds: the node and its counter.
const LOW_BITS: u32 = 21;
/// Bits for the milliseconds of a second in the narrow form; the others tell which of the block's nodes and counters.
const MS_BITS: u32 = 10;
const MOST_LOWS: usize = 1 << (16 - MS_BITS);

/// The ids of a block's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stamps {
    /// Milliseconds, and which of the lower parts.
    Narrow(Vec<u16>, Vec<u32>),
    /// The id less the lowest id of the second.
    Wide(Vec<u32>),
    /// The id.
    Whole(Vec<i64>),
}

/// The lowest id of a second.
fn floor(second: u32) -> i64 {
    Ids::floor(Time(i64::from(second) * 1_000_000))
}

/// The lower part of a narrow stamp.
const LOW_MASK: u32 = (1 << LOW_BITS) - 1;

fn narrow(offset: u32, lows: &mut Vec<u32>) -> Option<u16> {
    let ms = u16::try_from(offset >> LOW_BITS).ok().filter(|ms| *ms < 1 << MS_BITS)?;
    let low = offset & LOW_MASK;
    let known = lows.iter().position(|known| *known == low).unwrap_or_else(|| {
        lows.push(low);
        lows.len() - 1
    });
    let code = u16::try_from(known).ok().filter(|_| known < MOST_LOWS)?;
    Some(code << MS_BITS | ms)
}

impl Stamps {
    /// Puts ids into the narrowest form; `seconds` are those in which the rows were created.
    pub(crate) fn new(ids: &[i64], seconds: &[u32]) -> Self {
        let offset = |(id, second): (&i64, &u32)| u32::try_from(id - floor(*second)).ok();
        let offsets: Option<Vec<u32>> = ids.iter().zip(seconds).map(offset).collect();
        let Some(offsets) = offsets else { return Self::Whole(ids.to_vec()) };
        let mut lows = Vec::new();
        let stamps: Option<Vec<u16>> = offsets.iter().map(|offset| narrow(*offset, &mut lows)).collect();
        match stamps {
            Some(stamps) => Self::Narrow(stamps, lows),
            None => Self::Wide(offsets),
        }
    }

    /// The id of a row that was created in this second.
    pub(crate) fn id(&self, row: usize, second: u32) -> Option<i64> {
        match self {
            Self::Narrow(stamps, lows) => {
                let stamp = stamps.get(row)?;
                let low = lows.get(usize::from(stamp >> MS_BITS))?;
                let ms = i64::from(stamp & ((1 << MS_BITS) - 1));
                Some(floor(second) + (ms << LOW_BITS) + i64::from(*low))
            }
            Self::Wide(offsets) => Some(floor(second) + i64::from(*offsets.get(row)?)),
            Self::Whole(ids) => ids.get(row).copied(),
        }
    }

    /// Puts an id in front of a row. `seconds` are those of the rows that are there.
    pub(crate) fn insert(&mut self, row: usize, id: i64, second: u32, seconds: &[u32]) {
        let offset = u32::try_from(id - floor(second)).ok();
        match self {
            Self::Narrow(stamps, lows) => {
                if let Some(stamp) = offset.and_then(|offset| narrow(offset, lows)) {
                    return stamps.insert(row.min(stamps.len()), stamp);
                }
            }
            Self::Wide(offsets) => {
                if let Some(offset) = offset {
                    return offsets.insert(row.min(offsets.len()), offset);
                }
            }
            Self::Whole(ids) => return ids.insert(row.min(ids.len()), id),
        }
        let (mut ids, mut all) = (self.ids(seconds), seconds.to_vec());
        let row = row.min(ids.len());
        ids.insert(row, id);
        all.insert(row, second);
        *self = Self::new(&ids, &all);
    }

    /// Every id.
    pub(crate) fn ids(&self, seconds: &[u32]) -> Vec<i64> {
        seconds.iter().enumerate().filter_map(|(row, second)| self.id(row, *second)).collect()
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Narrow(stamps, _) => stamps.len(),
            Self::Wide(offsets) => offsets.len(),
            Self::Whole(ids) => ids.len(),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Narrow(stamps, lows) => stamps.capacity() * 2 + lows.capacity() * 4,
            Self::Wide(offsets) => offsets.capacity() * 4,
            Self::Whole(ids) => ids.capacity() * 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use standfast_domain::FrozenClock;

    use super::*;

    const START: u32 = 1_763_000_000;

    #[test]
    fn usual_ids_take_two_bytes() {
        let clock = FrozenClock::at(Time(i64::from(START) * 1_000_000));
        let nodes = [1, 2].map(|node| Ids::new(clock.clone() as Arc<dyn standfast_domain::Clock>, node));
        let (mut ids, mut seconds) = (Vec::new(), Vec::new());
        for step in 0..2_000_u64 {
            clock.advance(std::time::Duration::from_micros(step * 777));
            ids.push(nodes[usize::try_from(step % 2).unwrap()].next());
            seconds.push(u32::try_from(standfast_domain::Clock::now(&*clock).0 / 1_000_000).unwrap());
        }
        let stamps = Stamps::new(&ids, &seconds);
        assert!(matches!(stamps, Stamps::Narrow(..)));
        assert_eq!(stamps.ids(&seconds), ids);
    }

    proptest! {
        #[test]
        fn every_id_comes_back(
            rows in proptest::collection::vec((0..100_u32, -3_000..3_000_i64, 0..2_097_152_i64, 0..40_u8), 1..60),
            late in proptest::collection::vec((0..60_usize, 0..100_u32, any::<i64>()), 0..4),
        ) {
            let id = |(second, ms, low, odd): &(u32, i64, i64, u8)| match odd {
                0 => *low,
                1 => floor(START + second) + (ms << LOW_BITS) + low,
                _ => floor(START + second) + ((ms.rem_euclid(1_000)) << LOW_BITS) + low % 3,
            };
            let mut ids: Vec<i64> = rows.iter().map(id).collect();
            let mut seconds: Vec<u32> = rows.iter().map(|row| START + row.0).collect();
            let mut stamps = Stamps::new(&ids, &seconds);
            for (row, second, id) in late {
                let (row, id) = (row % (ids.len() + 1), id >> 1 & i64::MAX);
                stamps.insert(row, id, START + second, &seconds);
                ids.insert(row, id);
                seconds.insert(row, START + second);
            }
            prop_assert_eq!(stamps.ids(&seconds), ids);
        }
    }
}
