//! What came and what ended at hours of the day, days of the week, or wherever groups of time are not one row of stretches: each
//! request where it came, and once more where it ended. What is open at their many ends is another question (`level.rs`).

use crate::axis::Axis;
use crate::block::Block;
use crate::calendar::Timeline;
use crate::column::Codes;
use crate::facts::Facts;
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

/// The clocks of a block's rows ([`Clocks::of_rows`]); all go by the first one where there are none.
pub(crate) type RowClocks<'a> = Option<(&'a Codes, Vec<usize>)>;

impl Lines {
    /// Seconds are looked up in at most so many pieces of all lines together; else they are searched.
    pub(crate) fn new(plan: &Plan, most: u32) -> Self {
        let times = || {
            plan.axes.iter().enumerate().filter_map(|(place, axis)| match axis {
                Axis::Time(time) => Some((plan.stride(place), time)),
                Axis::Members(_) => None,
            })
        };
        let axes = times().map(|(stride, time)| {
            let clocks = time.clocks.as_ref().map_or(std::slice::from_ref(&time.stretches), |own| &own.lines);
            let count = u32::try_from(clocks.len() * times().count()).unwrap_or(u32::MAX);
            let line =
                |own: &Vec<_>| Line::of(own.clone(), Vec::new(), stride).in_pieces(plan, most / count.max(1));
            clocks.iter().map(line).collect()
        });
        Self(axes.collect())
    }

    /// The clocks of a block's rows.
    pub(crate) fn clocks<'a>(plan: &Plan, block: &'a Block) -> RowClocks<'a> {
        plan.axes.iter().find_map(|axis| match axis {
            Axis::Time(Timeline { clocks: Some(clocks), .. }) => Some(clocks.of_rows(block)),
            _ => None,
        })
    }

    /// How far the cells of a second's groups, by the clock of a row, are from those of the first groups.
    pub(crate) fn reach(&self, clocks: &RowClocks<'_>, row: u16, second: u32) -> usize {
        let clock = clocks
            .as_ref()
            .map_or(0, |(codes, clock)| clock.get(codes.get(usize::from(row))).copied().unwrap_or_default());
        // An axis whose groups follow each other has one line for all.
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
            let (created, ended) = block.stay(*row);
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
    let lines = Lines::new(plan, MOST_PIECES);
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

#[cfg(test)]
mod tests {
    use standfast_domain::{State, Time};

    use super::*;
    use crate::answer::{Figure, answer};
    use crate::calendar::Step;
    use crate::measure::Measure;
    use crate::query::{Grouping, Query, zone};
    use crate::reference::facts_of;

    const HOUR: i64 = 3_600;
    /// 2026-11-02 00:00 UTC, a Monday.
    const MONDAY: i64 = 1_793_577_600;

    /// What came and ended by hour of the day, in UTC, of requests with their hours from Monday on: when each came, when it ended,
    /// and its region. Of the hours of Monday alone.
    fn of_monday(requests: &[(f64, Option<f64>, &str)], own_clocks: bool) -> Vec<(String, u64, u64)> {
        #[expect(clippy::cast_possible_truncation, reason = "hours of a week")]
        let at = |hours: f64| MONDAY + (hours * 3_600.0) as i64;
        let mut rows: Vec<_> = requests
            .iter()
            .zip(0..)
            .map(|((came, ended, region), number)| {
                let state = if ended.is_some() { State::Closed } else { State::Open };
                let mut row = crate::uses::tests::row(number, state, "7.1.0", "swap");
                row.created_at = Time(at(*came) * 1_000_000);
                row.updated_at = Time(at(ended.unwrap_or(*came)) * 1_000_000);
                row.context = format!("{{\"region\":\"{region}\"}}");
                row
            })
            .collect();
        rows.sort_by_key(|row| (row.created_at, row.id));
        let mut query = Query::new(Measure::Flow, Time((MONDAY + 48 * HOUR) * 1_000_000));
        (query.from, query.until) =
            (Some(Time(MONDAY * 1_000_000)), Some(Time((MONDAY + 24 * HOUR) * 1_000_000)));
        query.zone = zone("UTC").unwrap();
        (query.group, query.own_clocks) = (vec![Grouping::Step(Step::HourOfDay)], own_clocks);
        let found = answer(&facts_of(&rows, 10), &query, None, 1).unwrap();
        let told = |cell: &crate::Cell| {
            let Figure::Turnover(Turnover { opened, closed }) = cell.figure else { panic!("{cell:?}") };
            (found.axes[0].1[cell.at[0]].code.clone(), opened, closed)
        };
        found.cells.iter().map(told).collect()
    }

    #[test]
    fn each_request_counts_where_it_came_and_where_it_ended_within_the_range() {
        let told = of_monday(
            &[
                // Before the range, and ended in it.
                (-5.0, Some(3.5), ""),
                // The same, ended in its first second, and just before it.
                (-4.0, Some(0.0), ""),
                (-3.0, Some(-0.5), ""),
                // In the range, and ended in its first second after it, or never.
                (5.0, Some(24.0), ""),
                (5.5, None, ""),
                // In the second in which it came.
                (7.0, Some(7.0), ""),
                // In its last hour, and after it.
                (23.9, Some(23.95), ""),
                (24.5, Some(25.0), ""),
            ],
            false,
        );
        let hour = |hour: u32, opened, closed| (hour.to_string(), opened, closed);
        assert_eq!(told, [hour(0, 0, 1), hour(3, 0, 1), hour(5, 2, 0), hour(7, 1, 1), hour(23, 1, 1)]);
    }

    /// Shanghai is eight hours ahead; of a region that nobody knows the clock of, the zone's is taken.
    #[test]
    fn both_are_told_by_the_clock_of_the_region() {
        let requests = [(2.0, Some(4.0), "CN"), (2.0, Some(4.0), "ZZ"), (20.0, Some(21.0), "CN")];
        let hour = |hour: u32, opened, closed| (hour.to_string(), opened, closed);
        assert_eq!(
            of_monday(&requests, false),
            [hour(2, 2, 0), hour(4, 0, 2), hour(20, 1, 0), hour(21, 0, 1)]
        );
        let own = of_monday(&requests, true);
        let expected = [hour(2, 1, 0), hour(4, 1, 1), hour(5, 0, 1), hour(10, 1, 0), hour(12, 0, 1)];
        assert_eq!(own, expected);
    }
}
