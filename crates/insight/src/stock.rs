//! What is open at instants, and what came and ended between them. A request is open from when it came until it ended; one
//! that was taken up again was open all the time, so that what had been told of the past changes with it.

use crate::block::Block;
use crate::fact::NEVER;
use crate::facts::Facts;
use standfast_science::quantile;

use crate::axis::Axis;
use crate::query::Plan;
use crate::scan::{Apart, Sink, at, scan};
use crate::spread::PERCENTS;

/// What came and ended in one cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Open at its beginning.
    pub before: u64,
    /// Came in it.
    pub opened: u64,
    /// Ended in it.
    pub closed: u64,
    /// Open at its end. Counted by itself: before, and what opened, less what closed.
    pub after: u64,
}

/// The stock of every cell; of all rows together over the whole range; and how long what is open at the end of the range
/// has been open, at [`PERCENTS`], for each group that is none of time, and for all.
pub(crate) struct Stock {
    pub(crate) cells: Vec<Flow>,
    pub(crate) total: Flow,
    pub(crate) ages: Vec<Option<[u32; PERCENTS.len()]>>,
    pub(crate) total_ages: Option<[u32; PERCENTS.len()]>,
}

/// The groups of time: those of the plan's one step, or the range as one.
pub(crate) struct Line {
    from: u32,
    /// First second of every stretch but the first, and one that never comes.
    later: Vec<u32>,
    /// The group of every stretch.
    groups: Vec<u32>,
    /// Second after the last one of every group.
    ends: Vec<u32>,
    stride: usize,
    /// The stretch in which each piece of the range begins. Pieces are so short that they have two at most, where that does
    /// not take too many.
    pieces: Vec<u32>,
    /// How long a piece is: two to this power.
    length: u32,
}

/// Most pieces: as many as the processor keeps near.
const PIECES: u32 = 1 << 15;

impl Line {
    pub(crate) fn new(plan: &Plan) -> Self {
        for (place, axis) in plan.axes.iter().enumerate() {
            if let Axis::Time(line) = axis {
                let ends = line.moments.iter().map(|moment| moment.until).collect();
                return Self::of(&line.stretches, ends, plan.stride(place), plan.until);
            }
        }
        Self::of(&[(plan.from, 0)], vec![plan.until], 0, plan.until)
    }

    fn of(stretches: &[(u32, u32)], ends: Vec<u32>, stride: usize, until: u32) -> Self {
        let from = stretches.first().map_or(0, |(start, _)| *start);
        let span = until.saturating_sub(from).max(1);
        let mut later: Vec<u32> = stretches.iter().skip(1).map(|(start, _)| *start).collect();
        let apart = later.windows(2).filter_map(|two| two.get(1)?.checked_sub(*two.first()?));
        let shortest = apart.min().unwrap_or(span).max(1);
        let length = shortest.ilog2().max((span / PIECES).max(1).ilog2() + 1).min(31);
        let mut pieces = Vec::new();
        let mut stretch = 0;
        for piece in 0..=(span >> length) {
            let second = from.saturating_add(piece << length);
            while later.get(stretch).is_some_and(|start| *start <= second) {
                stretch += 1;
            }
            pieces.push(u32::try_from(stretch).unwrap_or(u32::MAX));
        }
        later.push(u32::MAX);
        let groups = stretches.iter().map(|(_, group)| *group).collect();
        Self { from, later, groups, ends, stride, pieces, length }
    }

    /// The group of a second within the range.
    pub(crate) fn group(&self, second: u32) -> usize {
        let second = second.min(u32::MAX - 1);
        let piece = (second.saturating_sub(self.from) >> self.length) as usize;
        let begins = self.pieces.get(piece).copied().unwrap_or(0) as usize;
        let next = |stretch: usize| self.later.get(stretch).copied().unwrap_or(u32::MAX);
        // Added, not asked: when something ends, the processor cannot guess.
        let mut stretch = begins + usize::from(next(begins) <= second);
        while next(stretch) <= second {
            stretch += 1;
        }
        self.groups.get(stretch).copied().unwrap_or(0) as usize
    }

    /// How far the cells of a second's group are from those of the first one.
    fn reach(&self, second: u32) -> usize {
        self.group(second) * self.stride
    }
}

/// Rows by the cell of their dimensions.
struct Rows<'a> {
    block: Option<&'a Block>,
    line: &'a Line,
    from: u32,
    until: u32,
    /// Open when the range begins, and when it ends.
    before: Vec<u64>,
    after: Vec<u64>,
    /// By cell of time and dimensions.
    opened: Vec<u64>,
    closed: Vec<u64>,
    /// Cell of the dimensions, and seconds since it came, of what is open when the range ends.
    ages: Vec<(u32, u32)>,
}

fn add(sums: &mut [u64], cell: usize) {
    if let Some(sum) = sums.get_mut(cell) {
        *sum += 1;
    }
}

impl<'a> Sink<'a> for Rows<'a> {
    fn begin(&mut self, block: &'a Block) {
        self.block = Some(block);
    }

    fn take(&mut self, rows: &[u16], cells: &[u32]) {
        let Some(block) = self.block.filter(|block| block.last_end >= self.from) else { return };
        for (row, cell) in rows.iter().zip(cells) {
            let created = at(&block.created, *row);
            let end = match at(&block.ends, *row) {
                NEVER => u32::MAX,
                seconds => created.saturating_add(seconds),
            };
            if end < self.from {
                continue;
            }
            let far = *cell as usize;
            if created < self.from {
                add(&mut self.before, far);
            } else {
                add(&mut self.opened, far + self.line.reach(created));
            }
            if end < self.until {
                add(&mut self.closed, far + self.line.reach(end));
            } else {
                add(&mut self.after, far);
                self.ages.push((*cell, self.until - created));
            }
        }
    }
}

/// What is open and what flows, for every cell of the plan.
pub(crate) fn stock(facts: &Facts, plan: &Plan, threads: usize) -> (Stock, Apart) {
    let cells = plan.cells();
    let line = Line::new(plan);
    let (parts, apart) = scan(facts, plan, threads, || Rows {
        block: None,
        line: &line,
        from: plan.from,
        until: plan.until,
        before: vec![0; cells],
        after: vec![0; cells],
        opened: vec![0; cells],
        closed: vec![0; cells],
        ages: Vec::new(),
    });
    let sum = |column: for<'b> fn(&'b Rows<'_>) -> &'b Vec<u64>| {
        let mut sums = vec![0_u64; cells];
        for part in &parts {
            for (sum, more) in sums.iter_mut().zip(column(part)) {
                *sum += more;
            }
        }
        sums
    };
    let (before, after) = (sum(|part| &part.before), sum(|part| &part.after));
    let (opened, closed) = (sum(|part| &part.opened), sum(|part| &part.closed));
    let mut ages: Vec<(u32, u32)> = parts.into_iter().flat_map(|part| part.ages).collect();
    ages.sort_unstable();
    let mut by_cell = vec![None; cells];
    for own in ages.chunk_by(|one, other| one.0 == other.0) {
        let cell = own.first().map_or(0, |(cell, _)| *cell as usize);
        if let Some(slot) = by_cell.get_mut(cell) {
            *slot = percentiles(own.iter().map(|(_, age)| *age).collect());
        }
    }
    let total = Flow {
        before: before.iter().sum(),
        opened: opened.iter().sum(),
        closed: closed.iter().sum(),
        after: after.iter().sum(),
    };
    let total_ages = percentiles(ages.iter().map(|(_, age)| *age).collect());
    let flows = line.flows(&before, &opened, &closed, &after);
    (Stock { cells: flows, total, ages: by_cell, total_ages }, apart)
}

fn percentiles(mut ages: Vec<u32>) -> Option<[u32; PERCENTS.len()]> {
    let found = quantile::quantiles(&mut ages, &PERCENTS.map(|percent| f64::from(percent) / 100.0))?;
    found.try_into().ok()
}

impl Line {
    /// The group of a cell, the cell of its dimensions, and the second after the group's last.
    pub(crate) fn split(&self, cell: usize) -> (usize, usize, u32) {
        let group = cell.checked_div(self.stride).map_or(0, |cell| cell % self.ends.len().max(1));
        (group, cell - group * self.stride, self.ends.get(group).copied().unwrap_or(0))
    }

    /// Cell by cell, what was open is carried on from one group of time to the next.
    fn flows(&self, before: &[u64], opened: &[u64], closed: &[u64], after: &[u64]) -> Vec<Flow> {
        let get = |sums: &[u64], cell: usize| sums.get(cell).copied().unwrap_or(0);
        let mut flows = vec![Flow::default(); opened.len()];
        if self.stride == 0 {
            for (cell, flow) in flows.iter_mut().enumerate() {
                *flow = Flow {
                    before: get(before, cell),
                    opened: get(opened, cell),
                    closed: get(closed, cell),
                    after: get(after, cell),
                };
            }
            return flows;
        }
        // Cells of the first group of time are those of the dimensions alone.
        let groups = self.ends.len().max(1);
        for first in (0..flows.len()).filter(|cell| (cell / self.stride).is_multiple_of(groups)) {
            let mut open = get(before, first);
            for group in 0..self.ends.len() {
                let cell = first + group * self.stride;
                let flow = Flow {
                    before: open,
                    opened: get(opened, cell),
                    closed: get(closed, cell),
                    after: (open + get(opened, cell)).saturating_sub(get(closed, cell)),
                };
                open = flow.after;
                if let Some(slot) = flows.get_mut(cell) {
                    *slot = flow;
                }
            }
        }
        flows
    }
}
