//! The pairs that survival curves are made of: how long things took, and how long those have waited that have not ended.

use std::borrow::Cow;

use crate::block::Block;
use crate::fact::NEVER;
use crate::facts::Facts;
use crate::measure::{Duration, Lapse};
use crate::open::OpenTime;
use crate::query::Plan;
use crate::scan::{Sink, at, scan};
use crate::spread::column;

/// Most durations that are counted second by second, those of all cells together.
const MOST_SECONDS: usize = 1 << 20;

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
    /// Durations below so many seconds are counted second by second: of those pending and of those that ended of each cell.
    short: u32,
    counts: Vec<u32>,
    /// The others: see [`seen`].
    long: Vec<u64>,
}

/// Cell, whether it ended, and seconds in one number, in this order.
fn seen(cell: u32, ended: bool, seconds: u32) -> u64 {
    u64::from(cell) << 33 | u64::from(ended) << 32 | u64::from(seconds)
}

impl<'a> Sink<'a> for Pairs<'a, '_> {
    fn begin(&mut self, _: usize, block: &'a Block) {
        self.column = column(block, self.duration, Lapse::Calendar, self.open);
        self.block = Some(block);
    }

    fn take(&mut self, rows: &[u16], cells: &[u32]) {
        let Some(block) = self.block else { return };
        for (row, cell) in rows.iter().zip(cells) {
            let value = at(&self.column, *row);
            let waited = self.now.saturating_sub(at(&block.created, *row)).min(at(&block.ends, *row));
            let ended = value != NEVER;
            let seconds = if ended { value } else { waited };
            if seconds >= self.short {
                self.long.push(seen(*cell, ended, seconds));
            } else if let Some(count) =
                self.counts.get_mut(((cell * 2 + u32::from(ended)) * self.short + seconds) as usize)
            {
                *count += 1;
            }
        }
    }
}

/// The pairs of every cell.
pub(crate) fn survivals(facts: &Facts, plan: &Plan, duration: Duration, threads: usize) -> Vec<Survival> {
    let short = MOST_SECONDS / (2 * plan.cells()).max(1);
    let (parts, _) = scan(facts, plan, threads, || Pairs {
        duration,
        open: &plan.open,
        now: plan.now,
        column: Cow::Borrowed(&[]),
        block: None,
        short: u32::try_from(short).unwrap_or(0),
        counts: vec![0; short * 2 * plan.cells()],
        long: Vec::new(),
    });
    let mut counts = vec![0_u32; short * 2 * plan.cells()];
    let mut long = Vec::new();
    for part in parts {
        for (sum, more) in counts.iter_mut().zip(part.counts) {
            *sum += more;
        }
        long.extend(part.long);
    }
    long.sort_unstable();
    let mut survivals = vec![Survival::default(); plan.cells()];
    if short > 0 {
        for (own, survival) in counts.chunks(2 * short).zip(&mut survivals) {
            let (pending, ended) = own.split_at(short);
            (survival.censored, survival.events) = (told(pending), told(ended));
        }
    }
    for same in long.chunk_by(|one, other| one == other) {
        let Some(seen) = same.first() else { continue };
        let seconds = u32::try_from(seen & u64::from(u32::MAX)).unwrap_or(u32::MAX);
        let Some(survival) = survivals.get_mut((seen >> 33) as usize) else { continue };
        let list = if seen >> 32 & 1 == 1 { &mut survival.events } else { &mut survival.censored };
        list.push((seconds, same.len() as u64));
    }
    survivals
}

/// Seconds and how many, of those that there are.
fn told(counts: &[u32]) -> Vec<(u32, u64)> {
    let each = (0..).zip(counts).filter(|(_, count)| **count > 0);
    each.map(|(seconds, count)| (seconds, u64::from(*count))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::spread::tests::{answered, first_responses};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Those longer than is counted second by second are among the values.
        #[test]
        fn survivals_are_the_pairs_of_all_rows(
            values in proptest::collection::vec(
                (0..40_i64, proptest::option::of(prop_oneof![0..100_i64, 0..10_000_000_i64])), 1..100),
            threads in 1..4_usize,
        ) {
            let facts = answered(&values, 40);
            let plan = Plan::new(&facts, &first_responses(Vec::new())).unwrap();
            let found = survivals(&facts, &plan, Duration::FirstResponse, threads);
            let mut events = std::collections::BTreeMap::new();
            for seconds in values.iter().filter_map(|(_, seconds)| *seconds) {
                *events.entry(u32::try_from(seconds).unwrap()).or_insert(0_u64) += 1;
            }
            let censored: u64 = found[0].censored.iter().map(|(_, count)| count).sum();
            prop_assert_eq!(censored, values.iter().filter(|(_, seconds)| seconds.is_none()).count() as u64);
            prop_assert!(found[0].censored.is_sorted());
            prop_assert_eq!(&found[0].events, &events.into_iter().collect::<Vec<_>>());
        }
    }
}
