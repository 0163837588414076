//! What is open on average at hours of the day, days of the week, or any other groups of time that a backlog at one instant does not
//! fit: what was open at the end of each hour of the range (of each day where no grouping tells hours apart), averaged over the
//! hours that are in the group. So the figure of 14:00 is the average of what a chart by hour shows there.

use crate::axis::Axis;
use crate::block::Block;
use crate::calendar::{Moment, Timeline};
use crate::error::Error;
use crate::fact::NEVER;
use crate::facts::Facts;
use crate::query::{Grouping, Plan, Query};
use crate::rate::pieces;
use crate::scan::at;
use crate::stock::stock;

/// What was open in one cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
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
pub(crate) fn levels(
    facts: &Facts,
    plan: &Plan,
    query: &Query,
    threads: usize,
) -> Result<Vec<Level>, Error> {
    let ends = Ends::new(plan, query)?;
    // By the dimensions, and by end.
    let mut fine = plan.clone();
    fine.axes.retain(|axis| matches!(axis, Axis::Members(_)));
    fine.axes.push(Axis::Time(ends.line.clone()));
    let (stock, _) = stock(facts, &fine, threads);
    let mut cells = vec![Level::default(); plan.cells()];
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
            Axis::Time(line) => cell / plan.stride(number).max(1) % line.moments.len().max(1) * plan.stride(number),
            Axis::Members(_) => 0,
        });
        let time: usize = time.sum();
        let own = ends.line.moments.iter().zip(&ends.offsets).filter(|(_, offset)| **offset == time);
        Ok(Self { base: cell - time, ends: own.map(|(moment, _)| moment.until).collect() })
    }

    pub(crate) fn has(&self, block: &Block, row: u16) -> bool {
        let created = at(&block.created, row);
        let ended = match at(&block.ends, row) {
            NEVER => u32::MAX,
            seconds => created.saturating_add(seconds),
        };
        let next = self.ends.partition_point(|end| *end <= created);
        self.ends.get(next).is_some_and(|end| ended >= *end)
    }
}
