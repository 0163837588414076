//! What came and what ended at hours of the day, days of the week, or any other groups of time that do not follow each other: each
//! request where it came, and once more where it ended. What is open at their many ends is another question (`level.rs`).

use crate::axis::Axis;
use crate::block::Block;
use crate::column::Codes;
use crate::dimension::{Dimension, Lookup};
use crate::facts::Facts;
use crate::level::stay;
use crate::query::Plan;
use crate::scan::{Sink, scan};
use crate::stock::{Line, MOST_PIECES};

/// What came and ended in one cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turnover {
    /// Came in it.
    pub opened: u64,
    /// Ended in it.
    pub closed: u64,
}

/// The groups of time of a plan: for each of its axes of time a line of that axis, or one for each clock.
pub(crate) struct Lines(Vec<Vec<Line>>);

/// By which clock the rows of a block go: the code of each row, and of each code the clock. All go by the first one where there is none.
pub(crate) type RowClocks<'a> = Option<(&'a Codes, Vec<usize>)>;

impl Lines {
    pub(crate) fn new(plan: &Plan) -> Self {
        let axes = plan.axes.iter().enumerate().filter_map(|(place, axis)| {
            let Axis::Time(time) = axis else { return None };
            let stretches = match &time.clocks {
                Some(clocks) => clocks.lines.clone(),
                None => vec![time.stretches.clone()],
            };
            let most = MOST_PIECES / u32::try_from(stretches.len()).unwrap_or(u32::MAX).max(1);
            let ends: Vec<u32> = time.moments.iter().map(|moment| moment.until).collect();
            let line =
                |stretches| Line::of(stretches, ends.clone(), plan.stride(place)).in_pieces(plan, most);
            Some(stretches.into_iter().map(line).collect())
        });
        Self(axes.collect())
    }

    /// The clocks of a block's rows.
    pub(crate) fn clocks<'a>(plan: &Plan, block: &'a Block) -> RowClocks<'a> {
        let known = plan.axes.iter().find_map(|axis| match axis {
            Axis::Time(time) => time.clocks.as_ref(),
            Axis::Members(_) => None,
        })?;
        let Lookup { codes, values } = Dimension::Region.of(block);
        Some((codes, values.into_iter().map(|region| known.of(region)).collect()))
    }

    /// How far the cells of a second's groups, by the clock of a row, are from those of the first groups.
    pub(crate) fn reach(&self, clocks: &RowClocks<'_>, row: u16, second: u32) -> usize {
        let clock = clocks
            .as_ref()
            .map_or(0, |(codes, clock)| clock.get(codes.get(usize::from(row))).copied().unwrap_or_default());
        let line = |own: &Vec<Line>| own.get(clock).or(own.first()).map_or(0, |line| line.reach(second));
        self.0.iter().map(line).sum()
    }
}

struct Rows<'a, 'b> {
    plan: &'b Plan,
    lines: &'b Lines,
    block: Option<(&'a Block, RowClocks<'a>)>,
    cells: Vec<Turnover>,
}

impl<'a> Sink<'a> for Rows<'a, '_> {
    fn begin(&mut self, _: usize, block: &'a Block) {
        self.block = Some((block, Lines::clocks(self.plan, block)));
    }

    fn take(&mut self, rows: &[u16], cells: &[u32]) {
        let Some((block, clocks)) = &self.block else { return };
        for (row, cell) in rows.iter().zip(cells) {
            let cell_at = |second| *cell as usize + self.lines.reach(clocks, *row, second);
            let (created, ended) = stay(block, *row);
            if created >= self.plan.from
                && let Some(cell) = self.cells.get_mut(cell_at(created))
            {
                cell.opened += 1;
            }
            if (self.plan.from..self.plan.until).contains(&ended)
                && let Some(cell) = self.cells.get_mut(cell_at(ended))
            {
                cell.closed += 1;
            }
        }
    }
}

/// What came and ended in every cell of a plan.
pub(crate) fn turnover(facts: &Facts, plan: &Plan, threads: usize) -> Vec<Turnover> {
    let lines = Lines::new(plan);
    let cells = plan.cells();
    let rows = || Rows { plan, lines: &lines, block: None, cells: vec![Turnover::default(); cells] };
    let (parts, _) = scan(facts, plan, threads, rows);
    let mut sums = vec![Turnover::default(); cells];
    for part in parts {
        for (sum, more) in sums.iter_mut().zip(part.cells) {
            sum.opened += more.opened;
            sum.closed += more.closed;
        }
    }
    sums
}
