//! Going through the rows of a plan: blocks are shared out among threads; in each, rows are taken in portions that stay
//! in the nearest cache, and worked on column by column.

use std::borrow::Cow;
use std::cell::Cell;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::axis::Axis;
use crate::block::Block;
use crate::column::Codes;
use crate::dimension::{Dimension, Lookup};
use crate::fact::COUNTINGS;
use crate::facts::Facts;
use crate::measure::Condition;
use crate::open::OpenTime;
use crate::query::Plan;

/// All rows are taken, so many at once.
pub(crate) const ALL: (usize, usize) = (4_096, 4_096);
/// One row in sixteen is.
pub(crate) const SAMPLED: (usize, usize) = (64, 1_024);

/// What becomes of rows. One for each thread.
pub(crate) trait Sink<'a>: Send {
    /// The rows that follow stand in this block, the one of this number among the facts'.
    fn begin(&mut self, number: usize, block: &'a Block);
    /// Rows of the population, and the cell of each.
    fn take(&mut self, rows: &[u16], cells: &[u32]);
}

/// Rows that are not in the population.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Apart {
    /// Rows that pass the filter but whose counting is not let through, by it.
    pub(crate) countings: [u64; COUNTINGS.len()],
    /// Rows that count but do not meet the measure's own condition.
    pub(crate) left_out: u64,
}

impl Apart {
    pub(crate) fn add(&mut self, other: &Self) {
        for (sum, more) in self.countings.iter_mut().zip(other.countings) {
            *sum += more;
        }
        self.left_out += other.left_out;
    }
}

/// A condition on the rows of one block.
pub(crate) enum Bound<'a> {
    /// The row's code must be allowed.
    Coded(&'a Codes, Vec<bool>),
    /// The row's value must not be above this.
    AtMost(Cow<'a, [u32]>, u32),
    /// The row itself must be allowed.
    Rows(Vec<bool>),
}

impl<'a> Bound<'a> {
    pub(crate) fn new(condition: Condition, block: &'a Block, (now, open): (u32, &OpenTime)) -> Self {
        match condition {
            Condition::HasHours => Self::Rows(open.covered(block)),
            Condition::Course(test) => {
                Self::Coded(block.course.codes(), block.course.values().iter().map(test).collect())
            }
            Condition::Tally(test) => {
                Self::Coded(block.tally.codes(), block.tally.values().iter().map(test).collect())
            }
            Condition::Feedback(test) => {
                Self::Coded(block.feedback.codes(), block.feedback.values().iter().map(test).collect())
            }
            Condition::AtRisk => {
                Self::Coded(block.matter.codes(), block.matter.values().iter().map(|v| v.at_risk).collect())
            }
            Condition::AnsweredWithin(seconds) => Self::AtMost(Cow::Borrowed(&block.responses), seconds),
            Condition::OlderThan(seconds) => match now.checked_sub(seconds) {
                Some(latest) => Self::AtMost(Cow::Borrowed(&block.created), latest),
                None => Self::Coded(block.course.codes(), Vec::new()),
            },
            Condition::SolvedFor(seconds) => match now.checked_sub(seconds) {
                Some(latest) => Self::AtMost(Cow::Owned(block.solved()), latest),
                None => Self::Coded(block.course.codes(), Vec::new()),
            },
            Condition::AnsweredFor(seconds) => match now.checked_sub(seconds) {
                Some(latest) => Self::AtMost(Cow::Owned(block.answered()), latest),
                None => Self::Coded(block.course.codes(), Vec::new()),
            },
            Condition::HasHandling => {
                Self::Coded(block.worked.codes(), block.worked.values().iter().map(|v| *v > 0).collect())
            }
        }
    }

    /// Keeps the rows that meet it.
    fn keep(&self, rows: &mut Vec<u16>) {
        match self {
            Self::Coded(Codes::Same(_), allowed) => {
                if !is(allowed, 0) {
                    rows.clear();
                }
            }
            Self::Coded(Codes::Bytes(codes), allowed) => {
                keep(rows, |row| is(allowed, usize::from(at(codes, row))));
            }
            Self::Coded(Codes::Words(codes), allowed) => {
                keep(rows, |row| is(allowed, usize::from(at(codes, row))));
            }
            Self::AtMost(values, most) => keep(rows, |row| at(values, row) <= *most),
            Self::Rows(allowed) => keep(rows, |row| is(allowed, usize::from(row))),
        }
    }

    /// Takes the mark away from rows that do not meet it.
    pub(crate) fn mark(&self, rows: &[u16], marks: &mut [bool]) {
        let mut marks = marks.iter_mut();
        let mut next = |met: bool| {
            if let Some(mark) = marks.next() {
                *mark &= met;
            }
        };
        match self {
            Self::Coded(codes, allowed) => codes.each(rows, |code| next(is(allowed, code))),
            Self::AtMost(values, most) => rows.iter().for_each(|row| next(at(values, *row) <= *most)),
            Self::Rows(allowed) => rows.iter().for_each(|row| next(is(allowed, usize::from(*row)))),
        }
    }
}

fn is(allowed: &[bool], code: usize) -> bool {
    allowed.get(code).copied().unwrap_or(false)
}

/// The value of a row.
pub(crate) fn at<T: Copy + Default>(values: &[T], row: u16) -> T {
    values.get(usize::from(row)).copied().unwrap_or_default()
}

/// Moves those that are kept to the front, without a branch that the processor would have to guess.
fn keep(rows: &mut Vec<u16>, mut test: impl FnMut(u16) -> bool) {
    let all = Cell::from_mut(rows.as_mut_slice()).as_slice_of_cells();
    let mut kept = 0;
    for row in all {
        let row = row.get();
        if let Some(slot) = all.get(kept) {
            slot.set(row);
        }
        kept += usize::from(test(row));
    }
    rows.truncate(kept);
}

/// How the groups of an axis are found in one block.
enum Place<'a> {
    /// By the row's code; what lies behind is the group's distance from the first cell.
    Coded(&'a Codes, Vec<u32>),
    /// By where the row stands: first row of every stretch, and the distance.
    Stretches(Vec<(usize, u32)>),
    /// The same by the clock of the row's region: of each code the clock, and the stretches of every clock.
    Clocks(&'a Codes, Vec<usize>, Vec<Vec<(usize, u32)>>),
}

/// What a thread works with.
#[derive(Default)]
pub(crate) struct Scratch {
    rows: Vec<u16>,
    cells: Vec<u32>,
}

/// Hands every row of the population to one of the sinks, and returns them with what is not in the population. Stops at
/// the next block when nobody waits any more; what it returns then is seen by nobody.
pub(crate) fn scan<'a, S: Sink<'a>>(
    facts: &'a Facts,
    plan: &Plan,
    threads: usize,
    new: impl Fn() -> S + Sync,
) -> (Vec<S>, Apart) {
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut sink, mut apart, mut scratch) = (new(), Apart::default(), Scratch::default());
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(block) = facts.blocks.get(number) else { break };
            if !facts.is_awaited() {
                break;
            }
            if plan.has_rows(block) {
                one((number, block), plan, &mut sink, &mut apart, &mut scratch);
            }
        }
        (sink, apart)
    };
    let busy = facts.blocks.iter().filter(|block| plan.has_rows(block)).count();
    let mut apart = Apart::default();
    let mut sinks = Vec::new();
    for (sink, part) in on_threads(threads.min(busy), work) {
        apart.add(&part);
        sinks.push(sink);
    }
    (sinks, apart)
}

/// Does the same on so many threads, this one among them.
pub(crate) fn on_threads<T: Send>(threads: usize, work: impl Fn() -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads.max(1)).map(|_| scope.spawn(&work)).collect();
        let mut results = vec![work()];
        for other in others {
            match other.join() {
                Ok(result) => results.push(result),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    })
}

/// Works on the parts, so many at the same time; in the order of the parts.
pub(crate) fn side_by_side<P: Sync, T: Send>(
    parts: &[P],
    threads: usize,
    work: impl Fn(&P) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done = on_threads(threads.min(parts.len()), || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = parts.get(place) else { return done };
            done.push((place, work(part)));
        }
    });
    let mut done: Vec<(usize, T)> = done.into_iter().flatten().collect();
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The rows of one block.
pub(crate) fn one<'a, S: Sink<'a>>(
    (number, block): (usize, &'a Block),
    plan: &Plan,
    sink: &mut S,
    apart: &mut Apart,
    scratch: &mut Scratch,
) {
    let mut tests = Vec::with_capacity(plan.tests.len());
    for test in &plan.tests {
        let Lookup { codes, values: own } = test.dimension.of(block);
        let allowed: Vec<bool> = own.iter().map(|value| test.passes(*value)).collect();
        if !allowed.contains(&true) {
            return;
        }
        if allowed.contains(&false) {
            tests.push(Bound::Coded(codes, allowed));
        }
    }
    let mut population: Vec<Bound<'_>> = plan
        .population
        .iter()
        .map(|condition| Bound::new(*condition, block, (plan.now, &plan.open)))
        .collect();
    let mut fates = Fates::new(block, plan);
    population.retain(|condition| !fates.include(condition));
    let places: Vec<Place<'_>> = (0..plan.axes.len()).filter_map(|axis| place(block, plan, axis)).collect();
    sink.begin(number, block);
    let from = block.created.partition_point(|created| *created < plan.rows_from);
    let until = block.created.partition_point(|created| *created < plan.until);
    let ((portion, step), mut start) = (plan.portion, from);
    while start < until {
        let end = (start + portion).min(until);
        let Scratch { rows, cells } = scratch;
        let is_before = plan.is_stock && at(&block.created, row(start)) < plan.from;
        if tests.is_empty() && !is_before {
            fates.select(start..end, rows, apart);
        } else {
            rows.clear();
            // A block has no more rows than this can number.
            rows.extend(row(start)..row(end));
            if is_before {
                // Most have ended long before, and are in no cell; who takes stock relies on it.
                keep(rows, |row| at(&block.created, row).saturating_add(at(&block.ends, row)) >= plan.from);
            }
            for test in &tests {
                test.keep(rows);
            }
            fates.keep(rows, apart);
        }
        let counted = rows.len();
        for condition in &population {
            condition.keep(rows);
        }
        apart.left_out += (counted - rows.len()) as u64;
        cells.clear();
        cells.resize(rows.len(), 0);
        for place in &places {
            place.add(rows, cells);
        }
        if !rows.is_empty() {
            sink.take(rows, cells);
        }
        start += step;
    }
}

fn row(place: usize) -> u16 {
    u16::try_from(place).unwrap_or(u16::MAX)
}

/// What becomes of rows by their course alone: most of what a question asks of them is told by it, so that one look at the
/// row's code tells all of that.
struct Fates<'a> {
    codes: &'a Codes,
    /// Whether the rows of each code are kept.
    kept: Vec<bool>,
    /// A one in the lane of the counting by which the rows of a code are not let through; nothing for others.
    refused: Vec<u64>,
}

/// Bits for each of [`COUNTINGS`] in a number: more than the rows of a portion need.
const LANE: u32 = 16;
const _: () = assert!(
    COUNTINGS.len() as u64 * LANE as u64 <= 64 && ALL.0 < 1 << LANE,
    "a lane can count the rows of a portion"
);

impl<'a> Fates<'a> {
    fn new(block: &'a Block, plan: &Plan) -> Self {
        let Lookup { codes, values } = Dimension::Counting.of(block);
        let is_let_through = |value: &u32| plan.countings.get(*value as usize).copied().unwrap_or(false);
        let refused = |value: &u32| if is_let_through(value) { 0 } else { 1 << (LANE * value) };
        Self {
            codes,
            kept: values.iter().map(is_let_through).collect(),
            refused: values.iter().map(refused).collect(),
        }
    }

    /// Takes a condition on, if it is one on the course.
    fn include(&mut self, condition: &Bound<'_>) -> bool {
        let Bound::Coded(codes, allowed) = condition else { return false };
        if !std::ptr::eq(*codes, self.codes) {
            return false;
        }
        for (code, kept) in self.kept.iter_mut().enumerate() {
            *kept &= is(allowed, code);
        }
        true
    }

    /// The rows of a portion that are kept, in place of those that were there.
    fn select(&self, range: Range<usize>, rows: &mut Vec<u16>, apart: &mut Apart) {
        rows.clear();
        rows.resize(range.len(), 0);
        // Codes go first: behind the last row there may be no further number.
        let places = row(range.start)..;
        match self.codes {
            Codes::Same(_) => self.pick(std::iter::repeat_n(0, range.len()).zip(places), rows, apart),
            Codes::Bytes(codes) => {
                let codes = codes.get(range).unwrap_or_default().iter();
                self.pick(codes.map(|code| usize::from(*code)).zip(places), rows, apart);
            }
            Codes::Words(codes) => {
                let codes = codes.get(range).unwrap_or_default().iter();
                self.pick(codes.map(|code| usize::from(*code)).zip(places), rows, apart);
            }
        }
    }

    /// Writes those that are kept one behind the other, without a branch that the processor would have to guess.
    fn pick(&self, each: impl Iterator<Item = (usize, u16)>, rows: &mut Vec<u16>, apart: &mut Apart) {
        let (mut kept, mut refused) = (0, 0);
        for (code, place) in each {
            if let Some(slot) = rows.get_mut(kept) {
                *slot = place;
            }
            kept += usize::from(is(&self.kept, code));
            refused += self.refused.get(code).copied().unwrap_or_default();
        }
        tell(rows.len() - kept, refused, apart);
        rows.truncate(kept);
    }

    /// Of these rows, which are of one portion, those that are kept.
    fn keep(&self, rows: &mut Vec<u16>, apart: &mut Apart) {
        let (all, mut refused) = (rows.len(), 0);
        let mut test = |code: usize| {
            refused += self.refused.get(code).copied().unwrap_or_default();
            is(&self.kept, code)
        };
        match self.codes {
            Codes::Same(_) => keep(rows, |_| test(0)),
            Codes::Bytes(codes) => keep(rows, |row| test(usize::from(at(codes, row)))),
            Codes::Words(codes) => keep(rows, |row| test(usize::from(at(codes, row)))),
        }
        tell(all - rows.len(), refused, apart);
    }
}

/// Of so many rows that are not kept those that are not let through by their counting, a lane for each; the others count, but do not
/// meet the measure's own condition.
fn tell(others: usize, refused: u64, apart: &mut Apart) {
    apart.left_out += others as u64;
    for (place, sum) in (0..).zip(&mut apart.countings) {
        let own = refused >> (LANE * place) & ((1 << LANE) - 1);
        *sum += own;
        apart.left_out -= own;
    }
}

/// Where the groups of an axis stand in a block; nothing where the axis is one of time and the rows are not grouped by
/// when they came.
fn place<'a>(block: &'a Block, plan: &Plan, axis: usize) -> Option<Place<'a>> {
    let stride = u32::try_from(plan.stride(axis)).unwrap_or(0);
    match plan.axes.get(axis)? {
        Axis::Members(members) => {
            let Lookup { codes, values: own } = members.dimension.of(block);
            let far = own.iter().map(|value| u32::try_from(members.place(*value)).unwrap_or(0) * stride);
            Some(Place::Coded(codes, far.collect()))
        }
        Axis::Time(_) if plan.is_stock => None,
        Axis::Time(line) => {
            let first = block.created.first().copied().unwrap_or(0);
            let last = block.created.last().copied().unwrap_or(0);
            let row = |start: u32| block.created.partition_point(|created| *created < start);
            let within = |stretches: &Vec<(u32, u32)>| {
                let begin = stretches.partition_point(|(start, _)| *start <= first).saturating_sub(1);
                let within = stretches.iter().skip(begin).take_while(|(start, _)| *start <= last);
                within.map(|(start, group)| (row(*start), group * stride)).collect()
            };
            let Some(clocks) = &line.clocks else { return Some(Place::Stretches(within(&line.stretches))) };
            let (codes, clock) = clocks.of_rows(block);
            Some(Place::Clocks(codes, clock, clocks.lines.iter().map(within).collect()))
        }
    }
}

impl Place<'_> {
    /// Adds each row's distance to its cell.
    fn add(&self, rows: &[u16], cells: &mut [u32]) {
        match self {
            Self::Coded(codes, far) => {
                let mut cells = cells.iter_mut();
                codes.each(rows, |code| {
                    if let Some(cell) = cells.next() {
                        *cell += far.get(code).copied().unwrap_or(0);
                    }
                });
            }
            Self::Clocks(codes, clock, lines) => {
                for (row, cell) in rows.iter().map(|row| usize::from(*row)).zip(cells) {
                    let own = clock.get(codes.get(row)).and_then(|clock| lines.get(*clock));
                    let far = own.and_then(|stretches| {
                        let next = stretches.partition_point(|(start, _)| *start <= row);
                        stretches.get(next.checked_sub(1)?)
                    });
                    *cell += far.map_or(0, |(_, far)| *far);
                }
            }
            Self::Stretches(stretches) => {
                let (mut rows, mut cells) = (rows, cells);
                while let Some(first) = rows.first().copied().map(usize::from) {
                    let next = stretches.partition_point(|(start, _)| *start <= first);
                    let far =
                        next.checked_sub(1).and_then(|own| stretches.get(own)).map_or(0, |(_, far)| *far);
                    let end = stretches.get(next).map_or(usize::MAX, |(start, _)| *start);
                    let count = rows.partition_point(|row| usize::from(*row) < end);
                    let (own, rest) = cells.split_at_mut(count.min(cells.len()));
                    for cell in own.iter_mut() {
                        *cell += far;
                    }
                    cells = rest;
                    rows = rows.get(count..).unwrap_or_default();
                }
            }
        }
    }
}
