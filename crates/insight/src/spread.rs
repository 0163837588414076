//! Distributions of durations: exact percentiles, and the pairs that a survival curve is made of.
//!
//! Percentiles are nearest-rank: the smallest value that at least so many of all values do not exceed. They are found
//! without sorting: values are counted in bins that grow with them, and only those that share a bin with a percentile are
//! looked at one by one.

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::block::Block;
use crate::fact::NEVER;
use crate::facts::Facts;
use crate::measure::Duration;
use crate::query::Plan;
use crate::scan::{Apart, Sink, at, on_threads, scan};

/// The percentiles that are told.
pub const PERCENTS: [u8; 4] = [50, 75, 90, 95];

/// Most bins of all cells together.
const MOST_BINS: usize = 1 << 22;

/// The durations of every row.
fn column(block: &Block, duration: Duration) -> Cow<'_, [u32]> {
    match duration {
        Duration::FirstResponse => Cow::Borrowed(&block.responses),
        Duration::FirstResolution => Cow::Owned(block.first_resolutions()),
        Duration::FullResolution => Cow::Owned(block.full_resolutions()),
    }
}

/// Values with the cells that they are in.
struct Values<'a> {
    duration: Duration,
    column: Cow<'a, [u32]>,
    rows: Vec<u64>,
    /// Cell and value.
    keys: Vec<u64>,
}

impl<'a> Sink<'a> for Values<'a> {
    fn begin(&mut self, block: &'a Block) {
        self.column = column(block, self.duration);
    }

    fn take(&mut self, rows: &[u16], cells: &[u32]) {
        for (row, cell) in rows.iter().zip(cells) {
            if let Some(sum) = self.rows.get_mut(*cell as usize) {
                *sum += 1;
            }
            let value = at(&self.column, *row);
            if value != NEVER {
                self.keys.push(u64::from(*cell) << 32 | u64::from(value));
            }
        }
    }
}

/// How the values of a cell are spread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// How many rows have a value.
    pub n: u64,
    /// How many have none yet.
    pub pending: u64,
    /// The values at [`PERCENTS`]; none where there is no value.
    pub percentiles: Option<[u32; PERCENTS.len()]>,
}

/// The spread of every cell, and of all rows together.
pub(crate) fn spreads(
    facts: &Facts,
    plan: &Plan,
    duration: Duration,
    threads: usize,
) -> (Vec<Spread>, Spread, Apart) {
    let cells = plan.cells();
    let (parts, apart) = scan(facts, plan, threads, || Values {
        duration,
        column: Cow::Borrowed(&[]),
        rows: vec![0; cells],
        keys: Vec::new(),
    });
    let mut rows = vec![0; cells];
    let mut keys = Vec::with_capacity(parts.len());
    for part in parts {
        for (sum, more) in rows.iter_mut().zip(&part.rows) {
            *sum += more;
        }
        keys.push(part.keys);
    }
    let mut spreads = percentiles(&keys, cells, |key| (key >> 32) as usize);
    let mut total = percentiles(&keys, 1, |_| 0).pop().unwrap_or_default();
    for (spread, rows) in spreads.iter_mut().zip(&rows) {
        spread.pending = rows - spread.n;
    }
    total.pending = rows.iter().sum::<u64>() - total.n;
    (spreads, total, apart)
}

/// Bins: below `2^bits` one for each value, above so many for each doubling.
#[derive(Clone, Copy)]
struct Bins {
    bits: u32,
}

impl Bins {
    /// As fine as memory allows for so many cells.
    fn new(cells: usize) -> Self {
        let fits = |bits: &u32| Self { bits: *bits }.count() * cells <= MOST_BINS;
        Self { bits: (0..=7).rev().find(fits).unwrap_or(0) }
    }

    const fn count(self) -> usize {
        ((32 - self.bits as usize) + 1) << self.bits
    }

    const fn of(self, value: u32) -> usize {
        if value >> self.bits == 0 {
            return value as usize;
        }
        let doubling = value.ilog2() - self.bits;
        (((doubling as usize) + 1) << self.bits) + ((value >> doubling) as usize & ((1 << self.bits) - 1))
    }
}

/// The value of a key.
fn value(key: u64) -> u32 {
    u32::try_from(key & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}

/// A percentile that is looked for.
struct Sought {
    cell: usize,
    place: usize,
    /// How many smaller values of its bin come before it.
    rank: u64,
}

fn percentiles(keys: &[Vec<u64>], cells: usize, cell: impl Fn(u64) -> usize + Sync) -> Vec<Spread> {
    let bins = Bins::new(cells);
    let width = bins.count();
    let counts = on_parts(keys, |keys| {
        let mut counts = vec![0_u32; width * cells];
        for key in keys {
            if let Some(count) = counts.get_mut(cell(*key) * width + bins.of(value(*key))) {
                *count += 1;
            }
        }
        counts
    });
    let mut all = vec![0_u32; width * cells];
    for part in &counts {
        for (sum, more) in all.iter_mut().zip(part) {
            *sum += more;
        }
    }
    drop(counts);
    let mut spreads = vec![Spread::default(); cells];
    // The percentiles in each bin that has some; bins without are told apart by a mark.
    let mut sought: std::collections::BTreeMap<usize, Vec<Sought>> = std::collections::BTreeMap::new();
    for ((cell, spread), counts) in spreads.iter_mut().enumerate().zip(all.chunks(width)) {
        spread.n = counts.iter().map(|count| u64::from(*count)).sum();
        if spread.n == 0 {
            continue;
        }
        spread.percentiles = Some([0; PERCENTS.len()]);
        for (place, percent) in PERCENTS.into_iter().enumerate() {
            let mut rank = (spread.n * u64::from(percent)).div_ceil(100).max(1) - 1;
            for (bin, count) in counts.iter().enumerate() {
                if rank < u64::from(*count) {
                    sought.entry(cell * width + bin).or_default().push(Sought { cell, place, rank });
                    break;
                }
                rank -= u64::from(*count);
            }
        }
    }
    let mut marked = vec![false; width * cells];
    for bin in sought.keys() {
        if let Some(mark) = marked.get_mut(*bin) {
            *mark = true;
        }
    }
    let found = on_parts(keys, |keys| {
        let bin = |key: &u64| cell(*key) * width + bins.of(value(*key));
        let near = keys.iter().map(|key| (bin(key), value(*key)));
        near.filter(|(bin, _)| marked.get(*bin).copied().unwrap_or(false)).collect::<Vec<_>>()
    });
    let mut found = found.concat();
    found.sort_unstable();
    for (bin, percentiles) in sought {
        let first = found.partition_point(|(other, _)| *other < bin);
        for Sought { cell, place, rank } in percentiles {
            let value =
                usize::try_from(rank).ok().and_then(|rank| found.get(first + rank)).map(|(_, value)| *value);
            let slot = spreads.get_mut(cell).and_then(|spread| spread.percentiles.as_mut());
            if let Some(slot) = slot.and_then(|percentiles| percentiles.get_mut(place)) {
                *slot = value.unwrap_or_default();
            }
        }
    }
    spreads
}

/// Works on each part on a thread of its own.
fn on_parts<T: Send>(parts: &[Vec<u64>], work: impl Fn(&[u64]) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let results = on_threads(parts.len(), || {
        let mut results = Vec::new();
        while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
            results.push(work(part));
        }
        results
    });
    results.into_iter().flatten().collect()
}

/// The pairs of one cell from which a survival curve is made: how long it took, and how long those have waited that are
/// pending, or had waited when they ended in another way. Seconds and how many, the shortest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survival {
    /// Durations that ended.
    pub events: Vec<(u32, u64)>,
    /// Durations that had not ended when they were last seen.
    pub censored: Vec<(u32, u64)>,
}

/// Values of every row, pending ones too.
struct Pairs<'a> {
    duration: Duration,
    now: u32,
    column: Cow<'a, [u32]>,
    block: Option<&'a Block>,
    /// Cell, whether it ended, and seconds.
    seen: Vec<(u32, bool, u32)>,
}

impl<'a> Sink<'a> for Pairs<'a> {
    fn begin(&mut self, block: &'a Block) {
        self.column = column(block, self.duration);
        self.block = Some(block);
    }

    fn take(&mut self, rows: &[u16], cells: &[u32]) {
        let Some(block) = self.block else { return };
        for (row, cell) in rows.iter().zip(cells) {
            let value = at(&self.column, *row);
            let waited = self.now.saturating_sub(at(&block.created, *row)).min(at(&block.ends, *row));
            self.seen.push((*cell, value != NEVER, if value == NEVER { waited } else { value }));
        }
    }
}

/// The pairs of every cell.
pub(crate) fn survivals(facts: &Facts, plan: &Plan, duration: Duration, threads: usize) -> Vec<Survival> {
    let (parts, _) = scan(facts, plan, threads, || Pairs {
        duration,
        now: plan.now,
        column: Cow::Borrowed(&[]),
        block: None,
        seen: Vec::new(),
    });
    let mut pairs: Vec<_> = parts.into_iter().flat_map(|part| part.seen).collect();
    pairs.sort_unstable();
    let mut survivals = vec![Survival::default(); plan.cells()];
    for same in pairs.chunk_by(|one, other| one == other) {
        let Some((cell, ended, seconds)) = same.first() else { continue };
        let Some(survival) = survivals.get_mut(*cell as usize) else { continue };
        let list = if *ended { &mut survival.events } else { &mut survival.censored };
        list.push((*seconds, same.len() as u64));
    }
    survivals
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bins_keep_the_order(bits in 0..=7_u32, one in any::<u32>(), other in any::<u32>()) {
            let bins = Bins { bits };
            let (low, high) = (one.min(other), one.max(other));
            prop_assert!(bins.of(low) <= bins.of(high));
            prop_assert!(bins.of(high) < bins.count());
            let near = low.saturating_add(low >> 9);
            prop_assert!(bins.of(near) <= bins.of(low) + 1, "a bin is not wider than its share");
        }
    }

    proptest! {
        // With many cells there are millions of bins.
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn percentiles_are_those_of_the_sorted_values(
            values in proptest::collection::vec((0..5_u64, prop_oneof![0..100_u32, 0..1_000_000_u32, any::<u32>()]), 0..300),
            cells in prop_oneof![Just(5_usize), Just(100_000)],
            parts in 1..4_usize,
        ) {
            let keys: Vec<u64> = values.iter().map(|(cell, value)| cell << 32 | u64::from(*value)).collect();
            let parts: Vec<Vec<u64>> = keys.chunks(keys.len() / parts + 1).map(<[u64]>::to_vec).collect();
            let found = percentiles(&parts, cells, |key| (key >> 32) as usize);
            for cell in 0..5 {
                let mut own: Vec<u32> = values.iter().filter(|(c, _)| *c == cell).map(|(_, v)| *v).collect();
                own.sort_unstable();
                let expected = PERCENTS.map(|percent| {
                    let rank = (own.len() * usize::from(percent)).div_ceil(100).max(1);
                    own.get(rank - 1).copied()
                });
                let spread = &found[usize::try_from(cell).unwrap()];
                prop_assert_eq!(spread.n, own.len() as u64);
                prop_assert_eq!(spread.percentiles.map(|found| found.map(Some)), (!own.is_empty()).then_some(expected));
            }
        }
    }
}
