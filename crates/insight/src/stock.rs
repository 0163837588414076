//! What is open at instants, and what came and ended between them. A request is open from when it came until it ended; one
//! that was taken up again was open all the time, so that what had been told of the past changes with it.

use crate::block::Block;
use crate::facts::Facts;
use standfast_science::quantile;

use crate::axis::Axis;
use crate::measure::Recipe;
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
    /// The range in pieces of the same length, so short that in none of them more than one stretch begins; none where they would
    /// be too many.
    pieces: Vec<Piece>,
    /// How long a piece is: two to this power.
    length: u32,
    /// There is no other axis than this one, and its stretches are long.
    is_alone: bool,
}

/// A piece of the range, and where its groups' cells are: so far from those of the first group.
#[derive(Clone, Copy, Default)]
struct Piece {
    /// The second from which it is in another group than before.
    turn: u32,
    before: u32,
    after: u32,
}

/// Most pieces: 24 MB of them.
pub(crate) const MOST_PIECES: u32 = 1 << 21;
/// Pieces of long stretches are so long: two to this power, nine hours.
const LONG: u32 = 15;
/// In so many long stretches most of what came in the first one has ended.
const FEW_STRETCHES: usize = 6;

impl Line {
    pub(crate) fn new(plan: &Plan) -> Self {
        for (place, axis) in plan.axes.iter().enumerate() {
            if let Axis::Time(line) = axis {
                let ends = line.moments.iter().map(|moment| moment.until).collect();
                return Self::of(line.stretches.clone(), ends, plan.stride(place));
            }
        }
        Self::of(vec![(plan.from, 0)], vec![plan.until], 0)
    }

    pub(crate) const fn of(stretches: Vec<(u32, u32)>, ends: Vec<u32>, stride: usize) -> Self {
        Self { stretches, ends, stride, pieces: Vec::new(), length: 0, is_alone: false }
    }

    /// The same for many seconds: they are looked up, not searched, unless that takes more than so many pieces.
    pub(crate) fn in_pieces(mut self, plan: &Plan, most: u32) -> Self {
        let Some(from) = self.stretches.first().map(|(start, _)| *start) else { return self };
        // The first one may be cut short by where the range begins: in its piece only the second one begins.
        let starts = || self.stretches.iter().skip(1).map(|(start, _)| *start);
        let shortest = starts().zip(starts().skip(1)).map(|(start, next)| next - start).min();
        let span = plan.until.saturating_sub(from).max(1);
        self.length = shortest.unwrap_or(span).max(1).ilog2();
        let is_by_time = plan.axes.iter().all(|axis| matches!(axis, Axis::Time(_)));
        self.is_alone = plan.axes.len() <= 1 && is_by_time && self.length >= LONG;
        if span >> self.length >= most {
            return self;
        }
        let far = |stretch: usize| {
            let group = self.stretches.get(stretch).map_or(0, |(_, group)| *group as usize);
            u32::try_from(group * self.stride).unwrap_or(u32::MAX)
        };
        let mut stretch = 0;
        let mut pieces = Vec::new();
        for piece in 0..=(span >> self.length) {
            let first = from.saturating_add(piece << self.length);
            while self.stretches.get(stretch + 1).is_some_and(|(start, _)| *start <= first) {
                stretch += 1;
            }
            let turn = self.stretches.get(stretch + 1).map_or(u32::MAX, |(start, _)| *start);
            pieces.push(Piece { turn, before: far(stretch), after: far(stretch + 1) });
        }
        self.pieces = pieces;
        self
    }

    /// The group of a second within the range.
    pub(crate) fn group(&self, second: u32) -> usize {
        self.stretch(second)
            .map_or(0, |stretch| self.stretches.get(stretch).map_or(0, |(_, group)| *group as usize))
    }

    /// The last stretch that begins at a second or before it.
    fn stretch(&self, second: u32) -> Option<usize> {
        self.stretches.partition_point(|(start, _)| *start <= second).checked_sub(1)
    }

    /// How far the cells of a second's group are from those of the first one.
    pub(crate) fn reach(&self, second: u32) -> usize {
        let from = self.stretches.first().map_or(0, |(start, _)| *start);
        let Some(piece) = self.pieces.get((second.saturating_sub(from) >> self.length) as usize) else {
            return self.group(second) * self.stride;
        };
        // Without a branch that the processor would have to guess.
        let turned = u32::from(second >= piece.turn).wrapping_neg();
        (piece.before ^ ((piece.before ^ piece.after) & turned)) as usize
    }

    /// The second in which another stretch begins than that of this second.
    fn end(&self, second: u32) -> u32 {
        let next = self.stretches.partition_point(|(start, _)| *start <= second);
        self.stretches.get(next).map_or(u32::MAX, |(start, _)| *start)
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
    /// Whether it is asked for how long what is open has been.
    is_aged: bool,
    /// Cell of the dimensions, and seconds since it came, of what is open when the range ends.
    ages: Vec<(u32, u32)>,
    /// The second in which each of the rows at hand ended.
    ends: Vec<u32>,
}

fn add(sums: &mut [u64], cell: usize) {
    if let Some(sum) = sums.get_mut(cell) {
        *sum += 1;
    }
}

impl<'a> Sink<'a> for Rows<'a> {
    fn begin(&mut self, _: usize, block: &'a Block) {
        self.block = Some(block);
    }

    /// None of the rows ended before the range: [`scan`] leaves those out.
    fn take(&mut self, rows: &[u16], cells: &[u32]) {
        let Some(block) = self.block.filter(|block| block.last_end >= self.from) else { return };
        self.ends.clear();
        // What has not ended has the last second of all.
        self.ends
            .extend(rows.iter().map(|row| at(&block.created, *row).saturating_add(at(&block.ends, *row))));
        debug_assert!(self.ends.iter().all(|end| *end >= self.from), "scan leaves out what had ended");
        self.come(block, rows, cells);
        match rows.first().map(|row| at(&block.created, *row)) {
            Some(first) if self.line.is_alone => self.end_alone(first.max(self.from)),
            _ => self.end(self.from, cells),
        }
        for ((end, cell), row) in self.ends.iter().zip(cells).zip(rows) {
            if *end >= self.until {
                add(&mut self.after, *cell as usize);
                if self.is_aged {
                    self.ages.push((*cell, self.until - at(&block.created, *row)));
                }
            }
        }
    }
}

impl Rows<'_> {
    /// Rows stand in the order of time: those that came in one stretch stand together.
    fn come(&mut self, block: &Block, rows: &[u16], cells: &[u32]) {
        let (mut rows, mut cells) = (rows, cells);
        while let Some(first) = rows.first().map(|row| at(&block.created, *row)) {
            let (came, far, end) = if first < self.from {
                (&mut self.before, 0, self.from)
            } else {
                (&mut self.opened, self.line.reach(first), self.line.end(first))
            };
            let count = rows.partition_point(|row| at(&block.created, *row) < end).max(1);
            let (own, later) = cells.split_at(count.min(cells.len()));
            if self.line.is_alone {
                // All are in one cell.
                if let Some(sum) = came.get_mut(far) {
                    *sum += own.len() as u64;
                }
            } else {
                for cell in own {
                    add(came, *cell as usize + far);
                }
            }
            (rows, cells) = (rows.get(count..).unwrap_or_default(), later);
        }
    }

    /// What ended in this second or later.
    fn end(&mut self, from: u32, cells: &[u32]) {
        let (closed, line, until) = (self.closed.as_mut_slice(), self.line, self.until);
        for (end, cell) in self.ends.iter().zip(cells) {
            if *end >= from && *end < until {
                add(closed, *cell as usize + line.reach(*end));
            }
        }
    }

    /// The same where all rows are in one cell and none ended before this second: most ended in this stretch or in one of the next
    /// few, and to compare all with where a stretch ends is many times as fast as to look up where each belongs.
    fn end_alone(&mut self, first: u32) {
        let counted = |end: u32| self.ends.iter().map(|own| u32::from(*own < end)).sum::<u32>();
        let all = counted(self.until);
        let (mut second, mut before) = (first, 0);
        for _ in 0..FEW_STRETCHES {
            let end = self.line.end(second).min(self.until);
            let until_end = counted(end);
            if let Some(sum) = self.closed.get_mut(self.line.reach(second)) {
                *sum += u64::from(until_end - before);
            }
            if until_end == all {
                return;
            }
            (second, before) = (end, until_end);
        }
        let cells = vec![0; self.ends.len()];
        self.end(second, &cells);
    }
}

/// What is open and what flows, for every cell of the plan.
pub(crate) fn stock(facts: &Facts, plan: &Plan, threads: usize) -> (Stock, Apart) {
    let cells = plan.cells();
    let line = Line::new(plan).in_pieces(plan, MOST_PIECES);
    let (parts, apart) = scan(facts, plan, threads, || Rows {
        block: None,
        line: &line,
        from: plan.from,
        until: plan.until,
        before: vec![0; cells],
        after: vec![0; cells],
        opened: vec![0; cells],
        closed: vec![0; cells],
        is_aged: matches!(plan.measure.recipe(), Recipe::Backlog),
        ages: Vec::new(),
        ends: Vec::new(),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use standfast_domain::{State, Time};

    use super::*;
    use crate::calendar::Step;
    use crate::measure::Measure;
    use crate::query::{Grouping, Query};
    use crate::reference::facts_of;

    const HOUR: i64 = 3_600;
    const BEGIN: i64 = 1_763_164_800;

    proptest! {
        /// A quarter of a day is what times are made of, so that many requests end where a day does; some take longer than the days
        /// that are compared at once.
        #[test]
        fn days_are_told_as_their_hours_are(
            rows in proptest::collection::vec((0..160_i64, 0..80_i64, any::<bool>()), 1..200),
            from in 0..100_i64,
        ) {
            let time = |quarters: i64| Time((BEGIN + quarters * 6 * HOUR) * 1_000_000);
            let mut made: Vec<_> = rows
                .iter()
                .zip(0..)
                .map(|((came, took, is_closed), number)| {
                    let state = if *is_closed { State::Closed } else { State::Open };
                    let mut row = crate::uses::tests::row(number, state, "7.1.0", "swap");
                    (row.created_at, row.updated_at) = (time(*came), time(came + took));
                    row
                })
                .collect();
            made.sort_by_key(|row| (row.created_at, row.id));
            let facts = facts_of(&made, 64);
            let flows = |step| {
                let mut query = Query::new(Measure::Flow, time(200));
                (query.from, query.until) = (Some(time(from)), Some(time(180)));
                query.group = vec![Grouping::Step(step)];
                let plan = Plan::new(&facts, &query).unwrap();
                (Line::new(&plan).in_pieces(&plan, MOST_PIECES).is_alone, stock(&facts, &plan, 1).0)
            };
            let ((days_alone, days), (hours_alone, hours)) = (flows(Step::Day), flows(Step::Hour));
            prop_assert!(days_alone && !hours_alone);
            prop_assert_eq!(days.total, hours.total);
            let first = usize::try_from(4 - from.rem_euclid(4)).unwrap() % 4 * 6;
            let (start, rest) = hours.cells.split_at(first);
            let own = [start].into_iter().filter(|own| !own.is_empty()).chain(rest.chunks(24));
            for (day, own) in days.cells.iter().zip(own) {
                let sum = |of: fn(&Flow) -> u64| own.iter().map(of).sum::<u64>();
                prop_assert_eq!((day.opened, day.closed), (sum(|flow| flow.opened), sum(|flow| flow.closed)));
                prop_assert_eq!(Some(day.before), own.first().map(|flow| flow.before));
                prop_assert_eq!(Some(day.after), own.last().map(|flow| flow.after));
            }
        }

        /// By clocks that are changed at odd times, by odd lengths, in the first minutes of a day; in ranges so long that there would
        /// be too many pieces.
        #[test]
        fn a_second_is_looked_up_where_it_is_found(
            (zone, long) in prop_oneof![
                Just(("UTC", 400)), Just(("Australia/Lord_Howe", 400)), Just(("America/St_Johns", 1_500)), Just(("Asia/Kathmandu", 90)),
            ],
            step in prop_oneof![Just(Step::Hour), Just(Step::Day), Just(Step::Week), Just(Step::Month)],
            from in 0..86_400_i64,
            places in proptest::collection::vec(any::<prop::sample::Index>(), 1..100),
        ) {
            // From 2006 on, when Newfoundland's clocks changed a minute after midnight.
            let begin = 1_136_073_600 + from;
            let mut query = Query::new(Measure::Flow, Time((begin + long * 24 * HOUR) * 1_000_000));
            (query.from, query.until) = (Some(Time(begin * 1_000_000)), Some(query.now));
            query.zone = crate::query::zone(zone).unwrap();
            query.group = vec![Grouping::Step(if long > 1_000 { Step::Day } else { step })];
            let plan = Plan::new(&facts_of(&[], 64), &query).unwrap();
            let line = Line::new(&plan).in_pieces(&plan, MOST_PIECES);
            prop_assert_eq!(line.pieces.is_empty(), long > 1_000);
            let seconds: Vec<u32> = (plan.from..plan.until).step_by(61).collect();
            let chosen = places.iter().map(|place| *place.get(&seconds));
            let edges = line.stretches.iter().flat_map(|(start, _)| [*start, (*start).max(plan.from + 1) - 1]);
            for second in chosen.chain(edges).filter(|second| *second < plan.until) {
                prop_assert_eq!(line.reach(second), line.group(second) * line.stride);
            }
        }
    }
}
