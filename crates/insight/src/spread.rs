//! Distributions of durations: exact percentiles, by the one rule of [`standfast_science::quantile`]: always a value that
//! was observed. They are found in [`crate::bins`], without sorting.

use std::borrow::Cow;
use std::sync::OnceLock;

use standfast_science::quantile;

use crate::bins::{Bins, by_bins};
use crate::block::Block;
use crate::fact::NEVER;
use crate::facts::Facts;
use crate::measure::{Duration, Lapse};
use crate::open::OpenTime;
use crate::query::Plan;
use crate::scan::{Apart, Sink, at, scan};

/// The percentiles that are told.
pub const PERCENTS: [u8; 4] = [50, 75, 90, 95];

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

/// The durations of every block, each worked out when it is first asked for and kept for the next scan.
pub(crate) struct Columns<'a, 'b> {
    duration: Duration,
    lapse: Lapse,
    open: &'b OpenTime,
    blocks: Vec<OnceLock<Cow<'a, [u32]>>>,
}

impl<'a, 'b> Columns<'a, 'b> {
    pub(crate) fn new(facts: &Facts, plan: &'b Plan, (duration, lapse): (Duration, Lapse)) -> Self {
        let blocks = facts.blocks.iter().map(|_| OnceLock::new()).collect();
        Self { duration, lapse, open: &plan.open, blocks }
    }

    pub(crate) fn of(&self, number: usize, block: &'a Block) -> &[u32] {
        let column = || column(block, self.duration, self.lapse, self.open);
        self.blocks.get(number).map_or(&[], |own| own.get_or_init(column))
    }
}

/// Values with the cells that they are in.
struct Values<'a, 'b> {
    columns: &'b Columns<'a, 'b>,
    column: &'b [u32],
    /// Cell and value; a list for each block: one that grew would be copied again and again.
    keys: Vec<Vec<u64>>,
}

impl<'a> Sink<'a> for Values<'a, '_> {
    fn begin(&mut self, number: usize, block: &'a Block) {
        self.column = self.columns.of(number, block);
        self.keys.push(Vec::with_capacity(block.len()));
    }

    fn take(&mut self, rows: &[u16], cells: &[u32]) {
        let Some(keys) = self.keys.last_mut() else { return };
        let values = rows.iter().zip(cells);
        keys.extend(values.map(|(row, cell)| u64::from(*cell) << 32 | u64::from(at(self.column, *row))));
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
    /// Where one of its percentiles belongs: those of [`PERCENTS`], then both ends of the median's interval.
    pub(crate) fn slot(&mut self, place: usize) -> Option<&mut u32> {
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
    what: (Duration, Lapse),
    threads: usize,
) -> (Vec<Spread>, Spread, Apart) {
    let cells = plan.cells();
    let columns = Columns::new(facts, plan, what);
    match Bins::new(cells) {
        Some(bins) => by_bins(facts, plan, &columns, bins, threads),
        None => by_order(facts, plan, &columns, threads),
    }
}

/// Cell and value of a key.
fn split(key: u64) -> (usize, u32) {
    ((key >> 32) as usize, u32::try_from(key & u64::from(u32::MAX)).unwrap_or(u32::MAX))
}

/// The place of a percentile among so many values in their order, from 0.
pub(crate) fn rank(percent: u8, values: usize) -> usize {
    quantile::rank(values, f64::from(percent) / 100.0).unwrap_or(0)
}

/// For so many cells that bins would take more memory than the values themselves.
pub(crate) fn by_order<'a>(
    facts: &'a Facts,
    plan: &Plan,
    columns: &Columns<'a, '_>,
    threads: usize,
) -> (Vec<Spread>, Spread, Apart) {
    let (parts, apart) = scan(facts, plan, threads, || Values { columns, column: &[], keys: Vec::new() });
    let mut keys: Vec<u64> = parts.into_iter().flat_map(|part| part.keys).flatten().collect();
    keys.sort_unstable();
    let mut spreads = vec![Spread::default(); plan.cells()];
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
    let total = Spread::of(&all);
    (spreads, total, apart)
}

#[cfg(test)]
pub(crate) mod tests {
    use standfast_domain::{State, Time};

    use super::*;
    use crate::measure::Measure;
    use crate::query::{Grouping, Query};
    use crate::reference::facts_of;

    /// When each came, in thousands of seconds, and after how many seconds it was answered, if it was; of five versions in turns.
    pub(crate) fn answered(values: &[(i64, Option<i64>)], block: usize) -> Facts {
        let mut made: Vec<_> = (0..)
            .zip(values)
            .map(|(number, (came, seconds))| {
                let version = format!("7.{}.0", number % 5);
                let mut row = crate::uses::tests::row(came * 1_000 + number, State::Open, &version, "swap");
                row.first_reply_at = seconds.map(|seconds| Time(row.created_at.0 + seconds * 1_000_000));
                row
            })
            .collect();
        made.sort_by_key(|row| (row.created_at, row.id));
        facts_of(&made, block)
    }

    pub(crate) fn first_responses(group: Vec<Grouping>) -> Query {
        let measure = Measure::FirstResponse;
        let mut query = Query::new(measure, Time(1_790_000_000_000_000));
        (query.from, query.group) = (Some(Time(1_763_000_000_000_000)), group);
        query
    }

    #[test]
    fn two_peaks_show_which_rule_it_is() {
        // The same values as in `science::quantile`: there is one rule, everywhere.
        let values: Vec<_> = [1; 5].into_iter().chain([100; 5]).map(|seconds| (0, Some(seconds))).collect();
        let facts = answered(&values, 40);
        let plan = Plan::new(&facts, &first_responses(Vec::new())).unwrap();
        let (_, total, _) = spreads(&facts, &plan, (Duration::FirstResponse, Lapse::Calendar), 1);
        assert_eq!(total.percentiles, Some([1, 100, 100, 100]));
        let mut values = [1, 1, 1, 1, 1, 100, 100, 100, 100, 100];
        let told = total.percentiles.map(|[median, ..]| median);
        assert_eq!(told, quantile::quantile(&mut values, 0.5));
    }
}
