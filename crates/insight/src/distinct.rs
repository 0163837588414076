//! Counting customers: each once, however often they ask, and how many ask how often. Exact: one stretch of time after the other
//! where that is all they are asked by, else with one bit a customer where there are few cells, else cell by cell.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use standfast_science::interval;

use crate::axis::Axis;
use crate::block::Block;
use crate::facts::Facts;
use crate::often::together;
use crate::query::Plan;
use crate::scan::{Apart, Sink, at, on_threads, scan, side_by_side};

/// Most bits of all cells together, for each thread.
const MOST_BITS: usize = 1 << 28;

/// The customers of a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Askers {
    /// Rows.
    pub n: u64,
    /// Different customers.
    pub customers: u64,
    /// How often, and how many customers asked so often; only where it was asked for.
    pub often: Vec<(u32, u64)>,
}

impl Askers {
    /// The 95 % interval of requests per customer, where it was asked how often they ask.
    pub(crate) fn mean(&self) -> Option<(f64, f64)> {
        interval::mean(&self.often).map(|interval| (interval.low, interval.high))
    }
}

/// The customers of every cell, and of all rows together.
pub(crate) fn askers(
    facts: &Facts,
    plan: &Plan,
    often: bool,
    threads: usize,
) -> (Vec<Askers>, Askers, Apart) {
    // Each is left to one thread.
    if let Some(ranges) = ranges(plan).filter(|ranges| !often && ranges.len() > threads) {
        return by_range(facts, plan, &ranges, threads);
    }
    let bits = facts.customers.next_multiple_of(64) * plan.cells();
    if often || bits > MOST_BITS {
        by_cell(facts, plan, often, threads)
    } else {
        by_bits(facts, plan, threads)
    }
}

/// The range of each cell where cells are stretches of time and nothing else: first second, and second after the last.
fn ranges(plan: &Plan) -> Option<Vec<(u32, u32)>> {
    let [Axis::Time(line)] = plan.axes.as_slice() else { return None };
    // Hours of the day come in the order of their names, not of time.
    let is_own = line.stretches.iter().zip(0_u32..).all(|((_, group), place)| *group == place);
    if line.clocks.is_some() || !is_own {
        return None;
    }
    let starts = || line.stretches.iter().map(|(start, _)| *start);
    Some(starts().zip(starts().skip(1).chain([plan.until])).collect())
}

/// The customers of rows, one after the other.
struct Listed<'a> {
    customers: &'a [u32],
    list: Vec<u32>,
}

impl<'a> Sink<'a> for Listed<'a> {
    fn begin(&mut self, _: usize, block: &'a Block) {
        self.customers = &block.customers;
    }

    fn take(&mut self, rows: &[u16], _: &[u32]) {
        self.list.extend(rows.iter().map(|row| at(self.customers, *row)));
    }
}

/// Each range by itself: of its customers there are few enough for the nearest caches, however many the desk has.
fn by_range(
    facts: &Facts,
    plan: &Plan,
    ranges: &[(u32, u32)],
    threads: usize,
) -> (Vec<Askers>, Askers, Apart) {
    let (turn, bare) = (AtomicUsize::new(0), Plan { axes: Vec::new(), ..plan.clone() });
    let parts = on_threads(threads.min(ranges.len()), || {
        let mut board = Board::new(facts.customers, false);
        let mut anywhere = vec![0_u64; facts.customers.div_ceil(64)];
        let (mut counted, mut apart) = (Vec::new(), Apart::default());
        loop {
            let cell = turn.fetch_add(1, Ordering::Relaxed);
            let next = ranges.get(cell).copied().filter(|_| facts.is_awaited());
            let Some((from, until)) = next else { return (counted, apart, anywhere) };
            let part = Plan { from, until, rows_from: from, ..bare.clone() };
            let (lists, left) = scan(facts, &part, 1, || Listed { customers: &[], list: Vec::new() });
            apart.add(&left);
            let own: Vec<&[u32]> = lists.iter().map(|listed| listed.list.as_slice()).collect();
            mark(&mut anywhere, own.iter().copied().flatten());
            counted.push((cell, board.count(&own)));
        }
    });
    let (mut all, mut apart) = (vec![Askers::default(); ranges.len()], Apart::default());
    let mut anywhere = vec![0_u64; facts.customers.div_ceil(64)];
    for (counted, left, marked) in parts {
        apart.add(&left);
        for (cell, askers) in counted {
            if let Some(slot) = all.get_mut(cell) {
                *slot = askers;
            }
        }
        for (word, more) in anywhere.iter_mut().zip(marked) {
            *word |= more;
        }
    }
    let n = all.iter().map(|askers| askers.n).sum();
    (all, Askers { n, customers: ones(&anywhere), often: Vec::new() }, apart)
}

fn mark<'a>(bits: &mut [u64], customers: impl Iterator<Item = &'a u32>) {
    for customer in customers {
        if let Some(word) = bits.get_mut(*customer as usize / 64) {
            *word |= 1 << (customer % 64);
        }
    }
}

fn ones(words: &[u64]) -> u64 {
    words.iter().map(|word| u64::from(word.count_ones())).sum()
}

/// A bit for each customer in each cell.
struct Bits<'a> {
    words: usize,
    customers: &'a [u32],
    rows: Vec<u64>,
    marks: Vec<u64>,
}

impl<'a> Sink<'a> for Bits<'a> {
    fn begin(&mut self, _: usize, block: &'a Block) {
        self.customers = &block.customers;
    }

    fn take(&mut self, rows: &[u16], cells: &[u32]) {
        for (row, cell) in rows.iter().zip(cells) {
            let cell = *cell as usize;
            if let Some(sum) = self.rows.get_mut(cell) {
                *sum += 1;
            }
            let customer = at(self.customers, *row);
            if let Some(word) = self.marks.get_mut(cell * self.words + customer as usize / 64) {
                *word |= 1 << (customer % 64);
            }
        }
    }
}

fn by_bits(facts: &Facts, plan: &Plan, threads: usize) -> (Vec<Askers>, Askers, Apart) {
    let (cells, words) = (plan.cells(), facts.customers.div_ceil(64));
    let (parts, apart) = scan(facts, plan, threads, || Bits {
        words,
        customers: &[],
        rows: vec![0; cells],
        marks: vec![0; cells * words],
    });
    let mut all = vec![Askers::default(); cells];
    let mut bits = vec![0_u64; cells * words];
    for part in &parts {
        for (askers, rows) in all.iter_mut().zip(&part.rows) {
            askers.n += rows;
        }
        for (word, more) in bits.iter_mut().zip(&part.marks) {
            *word |= more;
        }
    }
    let mut anywhere = vec![0_u64; words];
    for (askers, own) in all.iter_mut().zip(bits.chunks(words.max(1))) {
        askers.customers = ones(own);
        for (word, more) in anywhere.iter_mut().zip(own) {
            *word |= more;
        }
    }
    let n = all.iter().map(|askers| askers.n).sum();
    (all, Askers { n, customers: ones(&anywhere), often: Vec::new() }, apart)
}

/// Customers with the cells that they are in.
struct Keys<'a> {
    customers: &'a [u32],
    /// Cell and customer, a list for each block: one that grew would be copied again and again.
    pairs: Vec<Vec<(u32, u32)>>,
    rows: Vec<u32>,
}

impl<'a> Sink<'a> for Keys<'a> {
    fn begin(&mut self, _: usize, block: &'a Block) {
        self.customers = &block.customers;
        self.pairs.push(Vec::with_capacity(block.len()));
    }

    fn take(&mut self, rows: &[u16], cells: &[u32]) {
        let Some(pairs) = self.pairs.last_mut() else { return };
        for (row, cell) in rows.iter().zip(cells) {
            if let Some(sum) = self.rows.get_mut(*cell as usize) {
                *sum += 1;
            }
            pairs.push((*cell, at(self.customers, *row)));
        }
    }
}

/// Customers that one thread found, those of a cell together.
struct Found {
    customers: Vec<u32>,
    /// Where those of each cell begin, and where the last ones end.
    starts: Vec<usize>,
}

impl Found {
    fn new(keys: &Keys<'_>) -> Self {
        let mut starts = vec![0];
        starts.extend(keys.rows.iter().scan(0, |sum, rows| {
            *sum += *rows as usize;
            Some(*sum)
        }));
        let mut next = starts.clone();
        let mut customers = vec![0_u32; starts.last().copied().unwrap_or(0)];
        for (cell, customer) in keys.pairs.iter().flatten() {
            if let Some(place) = next.get_mut(*cell as usize)
                && let Some(slot) = customers.get_mut(*place)
            {
                *slot = *customer;
                *place += 1;
            }
        }
        Self { customers, starts }
    }

    fn of(&self, cell: usize) -> &[u32] {
        let ends = self.starts.get(cell).zip(self.starts.get(cell + 1));
        ends.and_then(|(from, to)| self.customers.get(*from..*to)).unwrap_or_default()
    }
}

fn by_cell(facts: &Facts, plan: &Plan, often: bool, threads: usize) -> (Vec<Askers>, Askers, Apart) {
    let cells = plan.cells();
    if often && cells == 1 {
        let (total, apart) = together(facts, plan, threads);
        return (vec![total.clone()], total, apart);
    }
    let (parts, apart) =
        scan(facts, plan, threads, || Keys { customers: &[], pairs: Vec::new(), rows: vec![0; cells] });
    let found = side_by_side(&parts, threads, Found::new);
    drop(parts);
    let total =
        if often { together(facts, plan, threads).0 } else { anywhere(&found, facts.customers, threads) };
    let turn = AtomicUsize::new(0);
    let counted = on_threads(threads.min(cells), || {
        let mut board = Board::new(facts.customers, often);
        let mut counted = Vec::new();
        loop {
            let cell = turn.fetch_add(1, Ordering::Relaxed);
            if cell >= cells {
                return counted;
            }
            let own: Vec<&[u32]> = found.iter().map(|found| found.of(cell)).collect();
            counted.push((cell, board.count(&own)));
        }
    });
    let mut all = vec![Askers::default(); cells];
    for (cell, askers) in counted.into_iter().flatten() {
        if let Some(slot) = all.get_mut(cell) {
            *slot = askers;
        }
    }
    (all, total, apart)
}

/// What is noted of each customer while one cell is counted, and wiped off afterwards.
enum Board {
    Seen(Vec<u64>),
    Often(Vec<u32>),
}

impl Board {
    fn new(customers: usize, often: bool) -> Self {
        if often { Self::Often(vec![0; customers]) } else { Self::Seen(vec![0; customers.div_ceil(64)]) }
    }

    fn count(&mut self, own: &[&[u32]]) -> Askers {
        let n = own.iter().map(|own| own.len() as u64).sum();
        let own = || own.iter().copied().flatten();
        let mut askers = Askers { n, ..Askers::default() };
        match self {
            Self::Seen(bits) => {
                for customer in own() {
                    if let Some(word) = bits.get_mut(*customer as usize / 64) {
                        let bit = 1 << (customer % 64);
                        askers.customers += u64::from(*word & bit == 0);
                        *word |= bit;
                    }
                }
                for customer in own() {
                    if let Some(word) = bits.get_mut(*customer as usize / 64) {
                        *word = 0;
                    }
                }
            }
            Self::Often(counts) => {
                for customer in own() {
                    if let Some(count) = counts.get_mut(*customer as usize) {
                        *count += 1;
                    }
                }
                let mut often = BTreeMap::new();
                for customer in own() {
                    if let Some(count) = counts.get_mut(*customer as usize).filter(|count| **count > 0) {
                        *often.entry(*count).or_insert(0) += 1;
                        askers.customers += 1;
                        *count = 0;
                    }
                }
                askers.often = often.into_iter().collect();
            }
        }
        askers
    }
}

/// Different customers of all rows together.
fn anywhere(found: &[Found], most: usize, threads: usize) -> Askers {
    let marked = side_by_side(found, threads, |found| {
        let mut bits = vec![0_u64; most.div_ceil(64)];
        mark(&mut bits, found.customers.iter());
        bits
    });
    let anywhere = marked.into_iter().reduce(|mut all, part| {
        for (word, more) in all.iter_mut().zip(part) {
            *word |= more;
        }
        all
    });
    let n = found.iter().map(|found| found.customers.len() as u64).sum();
    Askers { n, customers: anywhere.as_deref().map_or(0, ones), often: Vec::new() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use standfast_domain::{CustomerId, State, Time};

    use super::*;
    use crate::calendar::Step;
    use crate::measure::Measure;
    use crate::query::{Grouping, Query};
    use crate::reference::facts_of;

    proptest! {
        #[test]
        fn range_by_range_is_counted_as_all_at_once(
            rows in proptest::collection::vec((0..40_000_i64, 0..30_i64, 0..8_u8), 1..300),
            step in prop_oneof![Just(Step::Hour), Just(Step::Day), Just(Step::Week), Just(Step::Month)],
            from in 0..20_000_i64,
            threads in 1..4_usize,
        ) {
            let mut made: Vec<_> = rows
                .iter()
                .map(|(minute, customer, state)| {
                    let state = if *state == 0 { State::Spam } else { State::Open };
                    let mut row = crate::uses::tests::row(minute * 60, state, "7.1.0", "swap");
                    row.customer_id = CustomerId(*customer);
                    row
                })
                .collect();
            made.sort_by_key(|row| (row.created_at, row.id));
            made.dedup_by_key(|row| row.id);
            let facts = facts_of(&made, 40);
            let time = |minute: i64| Time((1_763_000_000 + minute * 60) * 1_000_000);
            let mut query = Query::new(Measure::Customers, time(40_000));
            (query.from, query.until) = (Some(time(from)), Some(time(39_000)));
            query.zone = crate::query::zone("Asia/Kathmandu").unwrap();
            query.group = vec![Grouping::Step(step)];
            let plan = Plan::new(&facts, &query).unwrap();
            let ranges = ranges(&plan).unwrap();
            let (own, total, apart) = by_range(&facts, &plan, &ranges, threads);
            let (known, all, left) = by_bits(&facts, &plan, threads);
            prop_assert_eq!((own, total), (known, all));
            prop_assert_eq!(apart, left);
        }
    }

    #[test]
    fn hours_that_come_again_are_no_ranges() {
        let mut query = Query::new(Measure::Customers, Time(1_763_100_000_000_000));
        query.from = Some(Time(1_763_000_000_000_000));
        let facts = facts_of(&[crate::uses::tests::row(90_000, State::Open, "7.1.0", "swap")], 40);
        let mut of = |step| {
            query.group = vec![Grouping::Step(step)];
            ranges(&Plan::new(&facts, &query).unwrap())
        };
        assert_eq!(of(Step::HourOfDay), None);
        let hours = of(Step::Hour).unwrap();
        assert!(hours.iter().all(|(from, until)| from < until) && hours.is_sorted());
    }
}
