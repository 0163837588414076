//! Counting rows, those of them that meet conditions, and numbers on them.

use crate::block::Block;
use crate::column::Codes;
use crate::facts::Facts;
use crate::measure::{Amount, Condition};
use crate::query::Plan;
use crate::scan::{Apart, Bound, Sink, scan};

/// The rows of every cell.
struct Counts(Vec<u64>);

impl Sink<'_> for Counts {
    fn begin(&mut self, _: usize, _: &Block) {}

    fn take(&mut self, _: &[u16], cells: &[u32]) {
        for cell in cells {
            add(&mut self.0, *cell, 1);
        }
    }
}

fn add(sums: &mut [u64], cell: u32, more: u64) {
    if let Some(sum) = sums.get_mut(cell as usize) {
        *sum += more;
    }
}

fn merge(mut all: Vec<u64>, part: &[u64]) -> Vec<u64> {
    for (sum, more) in all.iter_mut().zip(part) {
        *sum += more;
    }
    all
}

/// How many rows each cell has.
pub(crate) fn counts(facts: &Facts, plan: &Plan, threads: usize) -> (Vec<u64>, Apart) {
    let cells = plan.cells();
    let (parts, apart) = scan(facts, plan, threads, || Counts(vec![0; cells]));
    (parts.iter().fold(vec![0; cells], |all, part| merge(all, &part.0)), apart)
}

/// The rows of every cell, and those that meet conditions.
struct Hits<'a, 'b> {
    conditions: &'b [Condition],
    plan: &'b Plan,
    bound: Vec<Bound<'a>>,
    marks: Vec<bool>,
    rows: Vec<u64>,
    met: Vec<u64>,
}

impl<'a> Sink<'a> for Hits<'a, '_> {
    fn begin(&mut self, _: usize, block: &'a Block) {
        self.bound = self
            .conditions
            .iter()
            .map(|one| Bound::new(*one, block, (self.plan.now, &self.plan.open)))
            .collect();
    }

    fn take(&mut self, rows: &[u16], cells: &[u32]) {
        self.marks.clear();
        self.marks.resize(rows.len(), true);
        for condition in &self.bound {
            condition.mark(rows, &mut self.marks);
        }
        for (cell, met) in cells.iter().zip(&self.marks) {
            add(&mut self.rows, *cell, 1);
            add(&mut self.met, *cell, u64::from(*met));
        }
    }
}

/// How many rows each cell has, and how many of them meet the conditions.
pub(crate) fn hits(
    facts: &Facts,
    plan: &Plan,
    conditions: &[Condition],
    threads: usize,
) -> (Vec<u64>, Vec<u64>, Apart) {
    let cells = plan.cells();
    let (parts, apart) = scan(facts, plan, threads, || Hits {
        conditions,
        plan,
        bound: Vec::new(),
        marks: Vec::new(),
        rows: vec![0; cells],
        met: vec![0; cells],
    });
    let none = (vec![0; cells], vec![0; cells]);
    let (rows, hits) =
        parts.iter().fold(none, |(rows, hits), part| (merge(rows, &part.rows), merge(hits, &part.met)));
    (rows, hits, apart)
}

/// The rows of every cell, and a number on them added up.
struct Sums<'a> {
    amount: Amount,
    codes: Option<&'a Codes>,
    amounts: Vec<u16>,
    rows: Vec<u64>,
    totals: Vec<u64>,
}

impl<'a> Sink<'a> for Sums<'a> {
    fn begin(&mut self, _: usize, block: &'a Block) {
        (self.codes, self.amounts) = match self.amount {
            Amount::Tally(of) => (Some(block.tally.codes()), block.tally.values().iter().map(of).collect()),
            Amount::Course(of) => {
                let amounts = block.course.values().iter().map(|course| of(course).into());
                (Some(block.course.codes()), amounts.collect())
            }
        };
    }

    fn take(&mut self, rows: &[u16], cells: &[u32]) {
        let Some(codes) = self.codes else { return };
        let mut cells = cells.iter();
        codes.each(rows, |code| {
            let Some(cell) = cells.next() else { return };
            add(&mut self.rows, *cell, 1);
            add(&mut self.totals, *cell, self.amounts.get(code).copied().unwrap_or(0).into());
        });
    }
}

/// How many rows each cell has, and the sum of a number on them.
pub(crate) fn sums(
    facts: &Facts,
    plan: &Plan,
    amount: Amount,
    threads: usize,
) -> (Vec<u64>, Vec<u64>, Apart) {
    let cells = plan.cells();
    let (parts, apart) = scan(facts, plan, threads, || Sums {
        amount,
        codes: None,
        amounts: Vec::new(),
        rows: vec![0; cells],
        totals: vec![0; cells],
    });
    let none = (vec![0; cells], vec![0; cells]);
    let (rows, sums) =
        parts.iter().fold(none, |(rows, sums), part| (merge(rows, &part.rows), merge(sums, &part.totals)));
    (rows, sums, apart)
}
