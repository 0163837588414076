//! Distributions of durations: exact percentiles, and the pairs that a survival curve is made of.
//!
//! Percentiles are by the one rule of [`standfast_science::quantile`]: always a value that was observed. They are found
//! without sorting: values are counted in bins that grow with them, and only those that share a bin with a percentile are
//! looked at one by one.

use std::borrow::Cow;

use parking_lot::Mutex;
use standfast_science::quantile;

use crate::block::Block;
use crate::fact::NEVER;
use crate::facts::Facts;
use crate::measure::{Duration, Lapse};
use crate::open::OpenTime;
use crate::query::Plan;
use crate::scan::{Apart, Sink, at, scan, side_by_side};

/// The percentiles that are told.
pub const PERCENTS: [u8; 4] = [50, 75, 90, 95];

/// Most bins of all cells together.
const MOST_BINS: usize = 1 << 20;

/// The durations of every row.
pub(crate) fn column<'a>(
    block: &'a Block,
    duration: Duration,
    lapse: Lapse,
    open: &OpenTime,
) -> Cow<'a, [u32]> {
    let column = block.durations(duration);
    match lapse {
        Lapse::Calendar => column,
        Lapse::Open => Cow::Owned(open.within(block, &column)),
    }
}

/// Values with the cells that they are in.
struct Values<'a, 'b> {
    duration: Duration,
    lapse: Lapse,
    open: &'b OpenTime,
    bins: Option<Bins>,
    column: Cow<'a, [u32]>,
    /// Slot, or cell where there are no bins, and value; a list for each block: one that grew would be copied again and again.
    keys: Vec<Vec<u64>>,
    /// How many values each slot has.
    counts: Vec<u32>,
}

impl<'a> Sink<'a> for Values<'a, '_> {
    fn begin(&mut self, block: &'a Block) {
        self.column = column(block, self.duration, self.lapse, self.open);
        self.keys.push(Vec::with_capacity(block.len()));
    }

    fn take(&mut self, rows: &[u16], cells: &[u32]) {
        let Some(keys) = self.keys.last_mut() else { return };
        let (column, values) = (&*self.column, rows.iter().zip(cells));
        let Some(bins) = self.bins else {
            keys.extend(values.map(|(row, cell)| u64::from(*cell) << 32 | u64::from(at(column, *row))));
            return;
        };
        let counts = self.counts.as_mut_slice();
        keys.extend(values.map(|(row, cell)| {
            let value = at(column, *row);
            let slot = bins.slot(*cell, value);
            if let Some(count) = counts.get_mut(slot as usize) {
                *count += 1;
            }
            u64::from(slot) << 32 | u64::from(value)
        }));
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
    /// The 95 % interval of the median, by order statistics ([`quantile::median_ranks`]); none of fewer than six values.
    pub median: Option<(u32, u32)>,
}

impl Spread {
    /// Where a value that was looked for belongs: see [`Sought`].
    fn slot(&mut self, place: usize) -> Option<&mut u32> {
        if place < PERCENTS.len() {
            return self.percentiles.as_mut()?.get_mut(place);
        }
        let (low, high) = self.median.as_mut()?;
        Some(if place == PERCENTS.len() { low } else { high })
    }

    /// Of values in their order, [`NEVER`] last.
    fn of(values: &[u32]) -> Self {
        let (values, pending) = values.split_at(values.partition_point(|value| *value < NEVER));
        let at = |rank: usize| values.get(rank).copied().unwrap_or_default();
        Self {
            n: values.len() as u64,
            pending: pending.len() as u64,
            percentiles: (!values.is_empty())
                .then(|| PERCENTS.map(|percent| at(rank(percent, values.len())))),
            median: quantile::median_ranks(values.len()).map(|(low, high)| (at(low), at(high))),
        }
    }
}

/// The spread of every cell, and of all rows together.
pub(crate) fn spreads(
    facts: &Facts,
    plan: &Plan,
    (duration, lapse): (Duration, Lapse),
    threads: usize,
) -> (Vec<Spread>, Spread, Apart) {
    let cells = plan.cells();
    let bins = Bins::new(cells);
    let slots = bins.map_or(0, Bins::width) * cells;
    let (parts, apart) = scan(facts, plan, threads, || Values {
        duration,
        lapse,
        open: &plan.open,
        bins,
        column: Cow::Borrowed(&[]),
        keys: Vec::new(),
        counts: vec![0; slots],
    });
    let mut counts = vec![0_u32; slots];
    let mut keys = Vec::new();
    for part in parts {
        for (sum, more) in counts.iter_mut().zip(&part.counts) {
            *sum += more;
        }
        keys.extend(part.keys);
    }
    let (spreads, total) = match bins {
        Some(bins) => by_bins(bins, &counts, &keys, threads),
        None => by_order(cells, &keys),
    };
    (spreads, total, apart)
}

/// Bins: below `2^bits` one for each value, above so many for each doubling; and one for what has no value yet. A slot is a bin
/// of a cell.
#[derive(Clone, Copy)]
struct Bins {
    bits: u32,
}

impl Bins {
    /// As fine as memory allows for so many cells; none when there are too many of them.
    fn new(cells: usize) -> Option<Self> {
        let fits = |bits: &Self| bits.width() * cells <= MOST_BINS;
        (0..=7).rev().map(|bits| Self { bits }).find(fits)
    }

    /// The bins of values.
    const fn count(self) -> usize {
        ((32 - self.bits as usize) + 1) << self.bits
    }

    /// All of them; the last one is of [`NEVER`].
    const fn width(self) -> usize {
        self.count() + 1
    }

    const fn of(self, value: u32) -> u32 {
        let doubling = (value | 1 << self.bits).ilog2() - self.bits;
        (doubling << self.bits) + (value >> doubling)
    }

    /// Where a value of a cell is counted. There are at most [`MOST_BINS`].
    fn slot(self, cell: u32, value: u32) -> u32 {
        let width = u32::try_from(self.width()).unwrap_or(u32::MAX);
        // NEVER is in the last bin of values, if it were one.
        cell * width + self.of(value) + u32::from(value == NEVER)
    }
}

/// Slot or cell, and value of a key.
fn split(key: u64) -> (usize, u32) {
    ((key >> 32) as usize, u32::try_from(key & u64::from(u32::MAX)).unwrap_or(u32::MAX))
}

/// The place of a percentile among so many values in their order, from 0.
fn rank(percent: u8, values: usize) -> usize {
    quantile::rank(values, f64::from(percent) / 100.0).unwrap_or(0)
}

/// A percentile that is looked for.
struct Sought {
    /// Whose it is, and which: those of [`PERCENTS`], then both ends of the median's interval.
    spread: usize,
    place: usize,
    /// The list of values that it is in, and its place among them in their order.
    list: usize,
    rank: u64,
}

/// The values of bins in which there are percentiles.
struct Search {
    /// The list of each bin that has one, and [`Search::NONE`] for the others.
    lists: Vec<u32>,
    count: usize,
    sought: Vec<Sought>,
}

impl Search {
    const NONE: u32 = u32::MAX;

    /// Looks for the percentiles of one spread in its bins, of which the first has this number.
    fn seek(&mut self, number: usize, first: usize, counts: &[u32]) -> Spread {
        let (pending, counts) = counts.split_last().unwrap_or((&0, &[]));
        let pending = u64::from(*pending);
        let n = counts.iter().map(|count| u64::from(*count)).sum();
        if n == 0 {
            return Spread { pending, ..Spread::default() };
        }
        let values = usize::try_from(n).unwrap_or(usize::MAX);
        let ends = quantile::median_ranks(values);
        let percentiles = PERCENTS.into_iter().map(|percent| rank(percent, values));
        for (place, rank) in
            percentiles.chain(ends.into_iter().flat_map(|(low, high)| [low, high])).enumerate()
        {
            let mut rank = rank as u64;
            for (bin, count) in counts.iter().enumerate() {
                if rank < u64::from(*count) {
                    let list = self.list(first + bin);
                    self.sought.push(Sought { spread: number, place, list, rank });
                    break;
                }
                rank -= u64::from(*count);
            }
        }
        Spread { n, pending, percentiles: Some([0; PERCENTS.len()]), median: ends.map(|_| (0, 0)) }
    }

    fn list(&mut self, bin: usize) -> usize {
        let Some(list) = self.lists.get_mut(bin) else { return 0 };
        if *list == Self::NONE {
            *list = u32::try_from(self.count).unwrap_or(Self::NONE);
            self.count += 1;
        }
        *list as usize
    }
}

/// The spread of every cell, and of all together, which stands behind them as if it were one more.
fn by_bins(bins: Bins, counts: &[u32], keys: &[Vec<u64>], threads: usize) -> (Vec<Spread>, Spread) {
    let width = bins.width();
    let cells = counts.len() / width;
    let mut all = vec![0_u32; width];
    for own in counts.chunks(width) {
        for (sum, more) in all.iter_mut().zip(own) {
            *sum += more;
        }
    }
    let mut search = Search { lists: vec![Search::NONE; width * (cells + 1)], count: 0, sought: Vec::new() };
    let mut spreads = Vec::with_capacity(cells + 1);
    for (number, own) in counts.chunks(width).chain([&*all]).enumerate() {
        spreads.push(search.seek(number, number * width, own));
    }
    let (own, together) = search.lists.split_at(width * cells);
    // Of most slots nothing is looked for.
    let is_sought: Vec<bool> = own
        .iter()
        .zip(together.iter().cycle())
        .map(|(own, together)| *own != Search::NONE || *together != Search::NONE)
        .collect();
    let shares: Vec<&[Vec<u64>]> = keys.chunks(keys.len().div_ceil(threads.max(1)).max(1)).collect();
    let found = side_by_side(&shares, threads, |keys| {
        let mut lists = vec![Vec::new(); search.count];
        for key in keys.iter().flatten() {
            let (slot, value) = split(*key);
            if !is_sought.get(slot).copied().unwrap_or(false) {
                continue;
            }
            for list in [own.get(slot), together.get(slot % width)].into_iter().flatten() {
                if let Some(list) = lists.get_mut(*list as usize) {
                    list.push(value);
                }
            }
        }
        lists
    });
    let mut lists = vec![Vec::new(); search.count];
    for part in found {
        for (list, mut more) in lists.iter_mut().zip(part) {
            list.append(&mut more);
        }
    }
    for Sought { spread, place, list, rank } in search.sought {
        let list = lists.get_mut(list).map(Vec::as_mut_slice).unwrap_or_default();
        let rank = usize::try_from(rank).unwrap_or(usize::MAX);
        let value = if rank < list.len() { *list.select_nth_unstable(rank).1 } else { 0 };
        if let Some(slot) = spreads.get_mut(spread).and_then(|spread: &mut Spread| spread.slot(place)) {
            *slot = value;
        }
    }
    let total = spreads.pop().unwrap_or_default();
    (spreads, total)
}

/// The same for so many cells that bins would take more memory than the values themselves.
fn by_order(cells: usize, keys: &[Vec<u64>]) -> (Vec<Spread>, Spread) {
    let mut keys = keys.concat();
    keys.sort_unstable();
    let mut spreads = vec![Spread::default(); cells];
    let mut all: Vec<u32> = keys.iter().map(|key| split(*key).1).collect();
    let mut from = 0;
    for own in keys.chunk_by(|one, other| split(*one).0 == split(*other).0) {
        let to = from + own.len();
        let cell = own.first().map_or(0, |key| split(*key).0);
        if let Some((slot, values)) = spreads.get_mut(cell).zip(all.get(from..to)) {
            *slot = Spread::of(values);
        }
        from = to;
    }
    all.sort_unstable();
    (spreads, Spread::of(&all))
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
struct Pairs<'a, 'b> {
    duration: Duration,
    open: &'b OpenTime,
    now: u32,
    column: Cow<'a, [u32]>,
    block: Option<&'a Block>,
    /// See [`seen`].
    seen: Vec<u64>,
}

/// Cell, whether it ended, and seconds in one number, in this order.
fn seen(cell: u32, ended: bool, seconds: u32) -> u64 {
    u64::from(cell) << 33 | u64::from(ended) << 32 | u64::from(seconds)
}

impl<'a> Sink<'a> for Pairs<'a, '_> {
    fn begin(&mut self, block: &'a Block) {
        self.column = column(block, self.duration, Lapse::Calendar, self.open);
        self.block = Some(block);
    }

    fn take(&mut self, rows: &[u16], cells: &[u32]) {
        let Some(block) = self.block else { return };
        for (row, cell) in rows.iter().zip(cells) {
            let value = at(&self.column, *row);
            let waited = self.now.saturating_sub(at(&block.created, *row)).min(at(&block.ends, *row));
            self.seen.push(seen(*cell, value != NEVER, if value == NEVER { waited } else { value }));
        }
    }
}

/// The pairs of every cell.
pub(crate) fn survivals(facts: &Facts, plan: &Plan, duration: Duration, threads: usize) -> Vec<Survival> {
    let (parts, _) = scan(facts, plan, threads, || Pairs {
        duration,
        open: &plan.open,
        now: plan.now,
        column: Cow::Borrowed(&[]),
        block: None,
        seen: Vec::new(),
    });
    // Each thread puts its own in order; then there are few, because many wait equally long.
    let parts: Vec<_> = parts.into_iter().map(|part| Mutex::new(part.seen)).collect();
    let ordered = side_by_side(&parts, threads, |seen| {
        let mut seen = seen.lock();
        seen.sort_unstable();
        let same = seen.chunk_by(|one, other| one == other);
        same.filter_map(|same| Some((*same.first()?, same.len() as u64))).collect::<Vec<_>>()
    });
    let mut counted = ordered.concat();
    counted.sort_unstable_by_key(|(seen, _)| *seen);
    let mut survivals = vec![Survival::default(); plan.cells()];
    for same in counted.chunk_by(|one, other| one.0 == other.0) {
        let Some((seen, _)) = same.first() else { continue };
        let (place, seconds) = split(*seen);
        let Some(survival) = survivals.get_mut(place >> 1) else { continue };
        let list = if place & 1 == 1 { &mut survival.events } else { &mut survival.censored };
        list.push((seconds, same.iter().map(|(_, count)| count).sum()));
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
            prop_assert!((bins.of(high) as usize) < bins.count());
            prop_assert!((bins.slot(3, NEVER) as usize) < bins.width() * 4);
            prop_assert_eq!(bins.slot(3, high) as usize + 1 == bins.width() * 4, high == NEVER);
            let near = low.saturating_add(low >> 9);
            prop_assert!(bins.of(near) <= bins.of(low) + 1, "a bin is not wider than its share");
        }
    }

    proptest! {
        #[test]
        fn percentiles_are_those_of_the_sorted_values(
            values in proptest::collection::vec((0..5_u32, prop_oneof![0..100_u32, 0..1_000_000_u32, any::<u32>(), Just(NEVER)]), 0..300),
            bits in proptest::option::of(0..=7_u32),
            parts in 1..4_usize,
        ) {
            let bins = bits.map(|bits| Bins { bits });
            let slot = |cell: u32, value| bins.map_or(cell, |bins| bins.slot(cell, value));
            let key = |(cell, value): &(u32, u32)| u64::from(slot(*cell, *value)) << 32 | u64::from(*value);
            let keys: Vec<u64> = values.iter().map(key).collect();
            let parts: Vec<Vec<u64>> = keys.chunks(keys.len() / parts + 1).map(<[u64]>::to_vec).collect();
            let (found, total) = match bins {
                Some(bins) => {
                    let mut counts = vec![0; bins.width() * 5];
                    for key in &keys {
                        counts[split(*key).0] += 1;
                    }
                    by_bins(bins, &counts, &parts, 2)
                }
                None => by_order(5, &parts),
            };
            let expected = |mut own: Vec<u32>| {
                let all = own.len();
                own.retain(|value| *value != NEVER);
                own.sort_unstable();
                let value = |percent: u8| own[(own.len() - 1) * usize::from(percent) / 100];
                let percentiles = (!own.is_empty()).then(|| PERCENTS.map(value));
                let median = quantile::median_ranks(own.len()).map(|(low, high)| (own[low], own[high]));
                Spread { n: own.len() as u64, pending: (all - own.len()) as u64, percentiles, median }
            };
            for (cell, found) in (0..).zip(&found) {
                let own = values.iter().filter(|(c, _)| *c == cell).map(|(_, v)| *v).collect();
                prop_assert_eq!(found, &expected(own));
            }
            prop_assert_eq!(total, expected(values.iter().map(|(_, v)| *v).collect()));
        }
    }

    #[test]
    fn two_peaks_show_which_rule_it_is() {
        // The same values as in `science::quantile`: there is one rule, everywhere.
        let keys: Vec<u64> = [1_u64; 5].into_iter().chain([100; 5]).collect();
        let (_, total) = by_order(1, &[keys]);
        assert_eq!(total.percentiles, Some([1, 100, 100, 100]));
        let mut values = [1, 1, 1, 1, 1, 100, 100, 100, 100, 100];
        let told = total.percentiles.map(|[median, ..]| median);
        assert_eq!(told, quantile::quantile(&mut values, 0.5));
    }

    #[test]
    fn bins_take_no_more_memory_than_they_may() {
        for cells in [1, 13, 365, 1_300, 10_000, 30_000] {
            let bins = Bins::new(cells).unwrap();
            assert!(bins.width() * cells <= MOST_BINS, "{cells}");
        }
        // 33 of values, and one of what has none.
        assert!(Bins::new(MOST_BINS / 34).is_some() && Bins::new(MOST_BINS / 34 + 1).is_none());
        assert!(Bins::new(100_000).is_none());
    }
}
