//! Percentiles without sorting: values are counted in bins that grow with them, and only those that share a bin with a
//! percentile are looked at one by one. In which bins that will be is guessed from one row in sixteen, so that one scan mostly
//! tells it all (`LazySelect`: Motwani & Raghavan, Randomized Algorithms, 1995, 3.3); where the guess was wrong, another one does.

use standfast_science::quantile;

use crate::block::Block;
use crate::fact::NEVER;
use crate::facts::Facts;
use crate::query::Plan;
use crate::scan::{Apart, SAMPLED, Sink, at, scan};
use crate::spread::{Columns, PERCENTS, Spread, rank};

/// Most bins of all cells together.
const MOST_BINS: usize = 1 << 20;
/// How far from its place in a sample a percentile is looked for, in standard deviations of that place. Rows come in bunches and are
/// no independent draws, and the ends of the median's interval are another half of one away.
const DOUBT: f64 = 5.5;

/// Bins: below `2^bits` one for each value, above so many for each doubling; and one for what has no value yet. A slot is a bin
/// of a cell.
#[derive(Clone, Copy)]
pub(crate) struct Bins {
    bits: u32,
}

impl Bins {
    /// As fine as memory allows for so many cells; none when there are too many of them.
    pub(crate) fn new(cells: usize) -> Option<Self> {
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

/// A bit for each slot.
#[derive(Default)]
struct Marks(Vec<u64>);

impl Marks {
    fn new(slots: usize) -> Self {
        Self(vec![0; slots.div_ceil(64)])
    }

    fn set(&mut self, slot: usize) {
        if let Some(word) = self.0.get_mut(slot / 64) {
            *word |= 1 << (slot % 64);
        }
    }

    fn has(&self, slot: usize) -> bool {
        self.0.get(slot / 64).is_some_and(|word| word >> (slot % 64) & 1 == 1)
    }

    fn has_all(&self, others: &Self) -> bool {
        let own = self.0.iter().copied().chain(std::iter::repeat(0));
        own.zip(&others.0).all(|(own, other)| other & !own == 0)
    }
}

/// A slot, and a value that is counted in it.
type Picked = (u32, u32);

/// How many values each slot has, and the values of those that are marked.
struct Counted<'a, 'b> {
    columns: &'b Columns<'a, 'b>,
    bins: Bins,
    column: &'b [u32],
    counts: Vec<u32>,
    marks: &'b Marks,
    picked: Vec<Picked>,
}

impl<'a> Sink<'a> for Counted<'a, '_> {
    fn begin(&mut self, number: usize, block: &'a Block) {
        self.column = self.columns.of(number, block);
    }

    fn take(&mut self, rows: &[u16], cells: &[u32]) {
        let (bins, column, counts) = (self.bins, self.column, self.counts.as_mut_slice());
        // Which are picked the processor could not guess: they are put down without a branch.
        let mut end = self.picked.len();
        self.picked.resize(end + rows.len(), (0, 0));
        for (row, cell) in rows.iter().zip(cells) {
            let value = at(column, *row);
            let slot = bins.slot(*cell, value);
            if let Some(count) = counts.get_mut(slot as usize) {
                *count += 1;
            }
            if let Some(place) = self.picked.get_mut(end) {
                *place = (slot, value);
            }
            end += usize::from(self.marks.has(slot as usize));
        }
        self.picked.truncate(end);
    }
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

/// The bins in which there are percentiles. Those of all cells together stand behind the last cell's, as if it were one more.
struct Search {
    /// The list of each bin that has one, and [`Search::NONE`] for the others.
    lists: Vec<u32>,
    count: usize,
    sought: Vec<Sought>,
    /// The slots among whose values anything is looked for, by their own cell or by all: of most slots nothing is.
    slots: Marks,
}

impl Search {
    const NONE: u32 = u32::MAX;

    /// What to look for among values that are so many in each slot, and the spreads into which it belongs.
    fn new(counts: &[u32], bins: Bins) -> (Self, Vec<Spread>) {
        let width = bins.width();
        let all = together(counts, width);
        let lists = vec![Self::NONE; counts.len() + width];
        let mut search = Self { lists, count: 0, sought: Vec::new(), slots: Marks::default() };
        let mut spreads = Vec::with_capacity(counts.len() / width + 1);
        for (number, own) in counts.chunks(width).chain([&*all]).enumerate() {
            spreads.push(search.seek(number, number * width, own));
        }
        let (own, together) = search.lists.split_at(counts.len());
        let either = own.iter().zip(together.iter().cycle());
        let mut slots = Marks::new(counts.len());
        for (slot, _) in
            either.enumerate().filter(|(_, (own, together))| **own != Self::NONE || **together != Self::NONE)
        {
            slots.set(slot);
        }
        search.slots = slots;
        (search, spreads)
    }

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

    /// The lists in which the values of a slot belong: its own, and that of all cells together.
    fn lists_of(&self, slot: usize, bins: Bins) -> impl Iterator<Item = u32> {
        let width = bins.width();
        let together = self.lists.len().saturating_sub(width) + slot % width;
        let lists = [slot, together].map(|place| self.lists.get(place).copied());
        lists.into_iter().flatten().filter(|list| *list != Self::NONE)
    }

    /// Puts what was looked for where it belongs: from slots and values, those of [`Search::slots`] among them.
    fn fill(self, picked: &[Vec<Picked>], bins: Bins, spreads: &mut [Spread]) {
        let mut lists = vec![Vec::new(); self.count];
        for (slot, value) in picked.iter().flatten().filter(|(slot, _)| self.slots.has(*slot as usize)) {
            for list in self.lists_of(*slot as usize, bins) {
                if let Some(list) = lists.get_mut(list as usize) {
                    list.push(*value);
                }
            }
        }
        for Sought { spread, place, list, rank } in self.sought {
            let list = lists.get_mut(list).map(Vec::as_mut_slice).unwrap_or_default();
            let rank = usize::try_from(rank).unwrap_or(usize::MAX);
            let value = if rank < list.len() { *list.select_nth_unstable(rank).1 } else { 0 };
            if let Some(slot) = spreads.get_mut(spread).and_then(|spread| spread.slot(place)) {
                *slot = value;
            }
        }
    }
}

/// How many values each bin has in all cells together.
fn together(counts: &[u32], width: usize) -> Vec<u32> {
    let mut all = vec![0; width];
    for own in counts.chunks(width) {
        for (sum, more) in all.iter_mut().zip(own) {
            *sum += more;
        }
    }
    all
}

/// The slots in which the percentiles will be, of each cell and of all together, by what a sample has in each slot: all of a
/// cell's, where the sample has nothing of it.
fn guess(sample: &[u32], bins: Bins) -> Marks {
    let width = bins.width();
    let mut marks = Marks::new(sample.len());
    let of_all = likely(&together(sample, width));
    for (cell, own) in sample.chunks(width).enumerate() {
        for (bin, _) in likely(own).iter().zip(&of_all).enumerate().filter(|(_, (own, all))| **own || **all) {
            marks.set(cell * width + bin);
        }
    }
    marks
}

/// The bins in which a percentile of all may be, by what a sample has in each.
fn likely(sample: &[u32]) -> Vec<bool> {
    let (_, sample) = sample.split_last().unwrap_or((&0, &[]));
    let n = f64::from(sample.iter().sum::<u32>());
    let reach = PERCENTS.map(|percent| {
        let share = f64::from(percent) / 100.0;
        let far = DOUBT * (n * share * (1.0 - share)).sqrt() + 1.0;
        (n * share - far, n * share + far)
    });
    let mut before = 0.0;
    let is_likely = sample.iter().map(|count| {
        let after = before + f64::from(*count);
        let is_likely = reach.iter().any(|(low, high)| after >= *low && before <= *high);
        before = after;
        is_likely
    });
    is_likely.collect()
}

/// Counts values in bins, and looks at those of the bins in which there is a percentile.
pub(crate) fn by_bins<'a>(
    facts: &'a Facts,
    plan: &Plan,
    columns: &Columns<'a, '_>,
    bins: Bins,
    threads: usize,
) -> (Vec<Spread>, Spread, Apart) {
    let sample = Plan { portion: SAMPLED, ..plan.clone() };
    let (sampled, ..) = counted(facts, &sample, (columns, bins, &Marks::default()), threads);
    found(facts, plan, (columns, bins), &guess(&sampled, bins), threads)
}

/// The same by a guess.
fn found<'a>(
    facts: &'a Facts,
    plan: &Plan,
    (columns, bins): (&Columns<'a, '_>, Bins),
    guess: &Marks,
    threads: usize,
) -> (Vec<Spread>, Spread, Apart) {
    let (counts, mut picked, apart) = counted(facts, plan, (columns, bins, guess), threads);
    let (search, mut spreads) = Search::new(&counts, bins);
    if !guess.has_all(&search.slots) {
        (_, picked, _) = counted(facts, plan, (columns, bins, &search.slots), threads);
    }
    search.fill(&picked, bins, &mut spreads);
    let total = spreads.pop().unwrap_or_default();
    (spreads, total, apart)
}

/// How many values each slot has, and slot and value of those that are marked.
fn counted<'a>(
    facts: &'a Facts,
    plan: &Plan,
    (columns, bins, marks): (&Columns<'a, '_>, Bins, &Marks),
    threads: usize,
) -> (Vec<u32>, Vec<Vec<Picked>>, Apart) {
    let slots = bins.width() * plan.cells();
    let new = || Counted { columns, bins, column: &[], counts: vec![0; slots], marks, picked: Vec::new() };
    let (parts, apart) = scan(facts, plan, threads, new);
    let (mut counts, mut picked) = (vec![0_u32; slots], Vec::new());
    for part in parts {
        for (sum, more) in counts.iter_mut().zip(part.counts) {
            *sum += more;
        }
        picked.push(part.picked);
    }
    (counts, picked, apart)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dimension::Dimension;
    use crate::measure::{Duration, Lapse};
    use crate::query::Grouping;
    use crate::spread::by_order;
    use crate::spread::tests::{answered, first_responses};

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
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn percentiles_are_those_of_the_sorted_values(
            values in proptest::collection::vec(
                (0..40_i64, proptest::option::of(prop_oneof![0..100_i64, 0..1_000_000_i64, 0..10_000_000_i64])), 1..200),
            bits in 0..=7_u32,
            threads in 1..4_usize,
        ) {
            let facts = answered(&values, 40);
            let plan = Plan::new(&facts, &first_responses(vec![Grouping::By(Dimension::AppVersion)])).unwrap();
            let columns = Columns::new(&facts, &plan, (Duration::FirstResponse, Lapse::Calendar));
            let found = by_bins(&facts, &plan, &columns, Bins { bits }, threads);
            prop_assert_eq!(&found, &by_order(&facts, &plan, &columns, threads));
            let wrong = super::found(&facts, &plan, (&columns, Bins { bits }), &Marks::new(0), threads);
            prop_assert_eq!(&found, &wrong, "where nothing was guessed");
            let expected = |mut own: Vec<Option<i64>>| {
                let all = own.len();
                own.retain(Option::is_some);
                own.sort_unstable();
                let at = |place: usize| u32::try_from(own[place].unwrap()).unwrap();
                let value = |percent: u8| at((own.len() - 1) * usize::from(percent) / 100);
                let percentiles = (!own.is_empty()).then(|| PERCENTS.map(value));
                let median = quantile::median_ranks(own.len()).map(|(low, high)| (at(low), at(high)));
                Spread { n: own.len() as u64, pending: (all - own.len()) as u64, percentiles, median }
            };
            let mut own: Vec<Spread> = (0..5)
                .map(|version| expected(values.iter().skip(version).step_by(5).map(|(_, value)| *value).collect()))
                .collect();
            let (mut cells, total, _) = found;
            let order = |spread: &Spread| (spread.n, spread.pending, spread.percentiles, spread.median);
            cells.retain(|spread| spread.n + spread.pending > 0);
            own.retain(|spread| spread.n + spread.pending > 0);
            cells.sort_by_key(order);
            own.sort_by_key(order);
            prop_assert_eq!(cells, own);
            prop_assert_eq!(total, expected(values.iter().map(|(_, value)| *value).collect()));
        }
    }

    #[test]
    fn a_sample_mostly_tells_where_percentiles_are() {
        // Of a hundred that come one after the other, twenty wait ten times as long.
        let values: Vec<_> = (0..100_000_i64)
            .map(|number| {
                let long = if number % 100 < 20 { 10 } else { 1 };
                (number / 1_000, Some((number * 7_919 % 3_600 + 60) * long))
            })
            .collect();
        let facts = answered(&values, 20_000);
        let plan = Plan::new(&facts, &first_responses(vec![Grouping::By(Dimension::AppVersion)])).unwrap();
        let columns = Columns::new(&facts, &plan, (Duration::FirstResponse, Lapse::Calendar));
        let bins = Bins::new(plan.cells()).unwrap();
        let sample = Plan { portion: SAMPLED, ..plan.clone() };
        let (sampled, ..) = counted(&facts, &sample, (&columns, bins, &Marks::default()), 2);
        let rows: u32 = sampled.iter().sum();
        assert!((6_000..6_500).contains(&rows), "one in sixteen: {rows}");
        let guess = guess(&sampled, bins);
        let (counts, picked, _) = counted(&facts, &plan, (&columns, bins, &guess), 2);
        assert!(guess.has_all(&Search::new(&counts, bins).0.slots), "the guess is right");
        let picked: usize = picked.iter().map(Vec::len).sum();
        assert!(picked < 60_000, "most need not be looked at: {picked}");
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
