//! What is open on average at hours of the day, days of the week, or any other groups of time that a backlog at one instant does not
//! fit: what was open at the end of each hour of the range (of each day where no grouping tells hours apart), averaged over the
//! hours that are in the group. So the figure of 14:00 is the average of what a chart by hour shows there.

use std::collections::BTreeMap;

use crate::axis::Axis;
use crate::block::Block;
use crate::calendar::{Moment, Timeline};
use crate::error::Error;
use crate::facts::Facts;
use crate::query::{Grouping, Plan, Query};
use crate::rate::pieces;
use crate::scan::{Sink, scan};
use crate::stock::stock;

/// What was open in one cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Requests that were open at one of the ends or more.
    pub n: u64,
    /// Sum of what was open at each of the ends.
    pub open: u64,
    /// How many ends there are.
    pub times: u64,
}

/// Whether the groups of time of a question are not one row of instants, so that each has many backlogs.
pub(crate) fn has_many(group: &[Grouping]) -> bool {
    let mut steps = group.iter().filter_map(|grouping| match grouping {
        Grouping::Step(step) => Some(*step),
        Grouping::By(_) => None,
    });
    let Some(first) = steps.next() else { return false };
    !first.is_linear() || steps.next().is_some()
}

/// The hours or days of a range whose ends are looked at, each with how far its cells are from those of the first groups.
struct Ends {
    line: Timeline,
    offsets: Vec<usize>,
}

impl Ends {
    fn new(plan: &Plan, query: &Query) -> Result<Self, Error> {
        let line = Timeline::new(pieces(&query.group), &query.zone, plan.from, plan.until)?;
        let offset = |moment: &Moment| {
            let axes = plan.axes.iter().enumerate();
            let place = axes.map(|(number, axis)| match axis {
                Axis::Time(line) => line.place(moment.from) * plan.stride(number),
                Axis::Members(_) => 0,
            });
            place.sum()
        };
        Ok(Self { offsets: line.moments.iter().map(offset).collect(), line })
    }
}

/// What was open in every cell of a plan.
pub(crate) fn levels(facts: &Facts, plan: &Plan, query: &Query, threads: usize) -> Result<Vec<Level>, Error> {
    let ends = Ends::new(plan, query)?;
    // By the dimensions, and by end.
    let mut fine = plan.clone();
    fine.axes.retain(|axis| matches!(axis, Axis::Members(_)));
    fine.axes.push(Axis::Time(ends.line.clone()));
    let (stock, _) = stock(facts, &fine, threads);
    let seen = seen(facts, plan, &ends, threads);
    let mut cells: Vec<Level> = seen.into_iter().map(|n| Level { n, ..Level::default() }).collect();
    for (number, flows) in stock.cells.chunks(ends.offsets.len().max(1)).enumerate() {
        let base = base(plan, &fine, number * ends.offsets.len());
        for (offset, flow) in ends.offsets.iter().zip(flows) {
            if let Some(cell) = cells.get_mut(base + offset) {
                cell.open += flow.after;
                cell.times += 1;
            }
        }
    }
    Ok(cells)
}

/// How many requests were open at one of the ends of each cell or more.
fn seen(facts: &Facts, plan: &Plan, ends: &Ends, threads: usize) -> Vec<u64> {
    let known = Known::new(ends);
    let (parts, _) =
        scan(facts, plan, threads, || Seen { block: None, known: &known, counts: vec![0; plan.cells()] });
    let mut counts = vec![0; plan.cells()];
    for part in parts {
        for (count, more) in counts.iter_mut().zip(part.counts) {
            *count += more;
        }
    }
    counts
}

/// Ends in their order.
struct Known {
    /// When each is, the group of time that it is in, and the place after the last end before it of that group.
    ends: Vec<(u32, usize, usize)>,
    groups: usize,
}

impl Known {
    fn new(ends: &Ends) -> Self {
        let mut last = BTreeMap::new();
        let end = |(place, (moment, offset)): (usize, (&Moment, &usize))| {
            (moment.until, *offset, last.insert(*offset, place + 1).unwrap_or(0))
        };
        let ends = ends.line.moments.iter().zip(&ends.offsets).enumerate().map(end).collect();
        Self { ends, groups: last.len() }
    }
}

struct Seen<'a> {
    block: Option<&'a Block>,
    known: &'a Known,
    counts: Vec<u64>,
}

impl<'a> Sink<'a> for Seen<'a> {
    fn begin(&mut self, _: usize, block: &'a Block) {
        self.block = Some(block);
    }

    fn take(&mut self, rows: &[u16], cells: &[u32]) {
        let (Some(block), Known { ends, groups }) = (self.block, self.known) else { return };
        for (row, cell) in rows.iter().zip(cells) {
            let (created, ended) = block.stay(*row);
            let first = ends.partition_point(|(end, ..)| *end <= created);
            let own = ends.iter().skip(first).take_while(|(end, ..)| *end <= ended);
            // Each group once, and no further than until all were met.
            let new = own.filter(|(_, _, after)| *after <= first).take(*groups);
            for (_, offset, _) in new {
                if let Some(count) = self.counts.get_mut(*cell as usize + offset) {
                    *count += 1;
                }
            }
        }
    }
}

/// The first cell of a plan with the dimensions of a cell of the finer one.
fn base(plan: &Plan, fine: &Plan, cell: usize) -> usize {
    let members = plan.axes.iter().enumerate().filter(|(_, axis)| matches!(axis, Axis::Members(_)));
    let places = members.enumerate().map(|(number, (own, axis))| {
        let place = cell / fine.stride(number).max(1) % axis.len().max(1);
        place * plan.stride(own)
    });
    places.sum()
}

/// The rows behind a cell: those that were open at one of its ends or more.
pub(crate) struct Opened {
    /// The cell of its dimensions, in the first groups of time.
    pub(crate) base: usize,
    /// In their order.
    ends: Vec<u32>,
}

impl Opened {
    pub(crate) fn new(plan: &Plan, query: &Query, cell: usize) -> Result<Self, Error> {
        let ends = Ends::new(plan, query)?;
        let time = plan.axes.iter().enumerate().map(|(number, axis)| match axis {
            Axis::Time(line) => {
                cell / plan.stride(number).max(1) % line.moments.len().max(1) * plan.stride(number)
            }
            Axis::Members(_) => 0,
        });
        let time: usize = time.sum();
        let own = ends.line.moments.iter().zip(&ends.offsets).filter(|(_, offset)| **offset == time);
        Ok(Self { base: cell - time, ends: own.map(|(moment, _)| moment.until).collect() })
    }

    pub(crate) fn has(&self, block: &Block, row: u16) -> bool {
        let (created, ended) = block.stay(row);
        let next = self.ends.partition_point(|end| *end <= created);
        self.ends.get(next).is_some_and(|end| ended >= *end)
    }
}
