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
    /// First second of every stretch and its group.
    stretches: Vec<(u32, u32)>,
    /// Second after the last one of every group.
    ends: Vec<u32>,
    stride: usize,
    /// The stretch in which each piece of the range begins; pieces are so short that few have two.
    pieces: Vec<u32>,
    /// How long a piece is: two to this power.
    length: u32,
}

impl Line {
    pub(crate) fn new(plan: &Plan) -> Self {
        for (place, axis) in plan.axes.iter().enumerate() {
            if let Axis::Time(line) = axis {
                let ends = line.moments.iter().map(|moment| moment.until).collect();
                return Self::of(line.stretches.clone(), ends, plan.stride(place), plan.until);
            }
        }
        Self::of(vec![(plan.from, 0)], vec![plan.until], 0, plan.until)
    }

    fn of(stretches: Vec<(u32, u32)>, ends: Vec<u32>, stride: usize, until: u32) -> Self {
        let from = stretches.first().map_or(0, |(start, _)| *start);
        let span = until.saturating_sub(from).max(1);
        let wanted = u32::try_from(stretches.len()).unwrap_or(u32::MAX).saturating_mul(4);
        let length = (span / wanted.max(1)).max(1).ilog2();
        let mut pieces = Vec::new();
        let mut stretch = 0;
        for piece in 0..=(span >> length) {
            let second = from.saturating_add(piece << length);
            while stretches.get(stretch + 1).is_some_and(|(start, _)| *start <= second) {
                stretch += 1;
            }
            pieces.push(u32::try_from(stretch).unwrap_or(u32::MAX));
        }
        Self { stretches, ends, stride, pieces, length }
    }

    /// The group of a second within the range.
    pub(crate) fn group(&self, second: u32) -> usize {
        self.stretch(second).group
    }

    /// The stretch in which a second of the range lies.
    fn stretch(&self, second: u32) -> Stretch {
        let from = self.stretches.first().map_or(0, |(start, _)| *start);
        let piece = (second.saturating_sub(from) >> self.length) as usize;
        let mut place = self.pieces.get(piece).copied().unwrap_or(0) as usize;
        while self.stretches.get(place + 1).is_some_and(|(start, _)| *start <= second) {
            place += 1;
        }
        let (from, group) = self.stretches.get(place).copied().unwrap_or_default();
        let next = self.stretches.get(place + 1).map_or(u32::MAX, |(start, _)| *start);
        Stretch { from, length: next.saturating_sub(from), group: group as usize }
    }
}

/// A stretch of time that is in one group. Rows stand in the order of time, and most end soon after they came: the next one
/// is nearly always in the stretch of the last.
#[derive(Clone, Copy, Default)]
struct Stretch {
    from: u32,
    length: u32,
    group: usize,
}

impl Stretch {
    /// How far the cells of a second's group are from those of the first one; this is its stretch from then on.
    fn reach(&mut self, second: u32, line: &Line) -> usize {
        if second.wrapping_sub(self.from) >= self.length {
            *self = line.stretch(second);
        }
        self.group * line.stride
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
        let (mut came, mut ended) = (Stretch::default(), Stretch::default());
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
                add(&mut self.opened, far + came.reach(created, self.line));
            }
            if end < self.until {
                add(&mut self.closed, far + ended.reach(end, self.line));
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
    let (mut ages, starts) = ages_of(parts, &after);
    let mut by_cell = vec![None; cells];
    for (slot, own) in by_cell.iter_mut().zip(starts.windows(2)) {
        let own = own.first().zip(own.last()).and_then(|(from, to)| ages.get_mut(*from..*to));
        *slot = own.and_then(percentiles);
    }
    let total = Flow {
        before: before.iter().sum(),
        opened: opened.iter().sum(),
        closed: closed.iter().sum(),
        after: after.iter().sum(),
    };
    let total_ages = percentiles(&mut ages);
    let flows = line.flows(&before, &opened, &closed, &after);
    (Stock { cells: flows, total, ages: by_cell, total_ages }, apart)
}

/// The ages of what is open at the end, those of a cell together, and where each cell begins; `after` says how many it has. Put in
/// their places at once; within a cell in no order.
fn ages_of(parts: Vec<Rows<'_>>, after: &[u64]) -> (Vec<u32>, Vec<usize>) {
    let mut starts = vec![0];
    starts.extend(after.iter().scan(0, |sum, count| {
        *sum += usize::try_from(*count).unwrap_or(usize::MAX);
        Some(*sum)
    }));
    let mut next = starts.clone();
    let mut ages = vec![0; starts.last().copied().unwrap_or(0)];
    for (cell, age) in parts.into_iter().flat_map(|part| part.ages) {
        if let Some(place) = next.get_mut(cell as usize) {
            if let Some(slot) = ages.get_mut(*place) {
                *slot = age;
            }
            *place += 1;
        }
    }
    (ages, starts)
}

fn percentiles(ages: &mut [u32]) -> Option<[u32; PERCENTS.len()]> {
    let found = quantile::quantiles(ages, &PERCENTS.map(|percent| f64::from(percent) / 100.0))?;
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
