//! How long groups of time lasted where each region goes by a clock of its own: when a range begins on a Tuesday in Shanghai, a
//! part of the world still has Monday.

use std::collections::BTreeMap;

use crate::axis::{Axis, Members};
use crate::block::Block;
use crate::calendar::{Clocks, Timeline};
use crate::column::Codes;
use crate::count::counts;
use crate::daily::real;
use crate::dimension::{Dimension, Lookup};
use crate::facts::Facts;
use crate::query::Plan;
use crate::turnover::turnover;

impl Plan {
    /// Gives each group of time the length by which to divide what came in it, and what ended: so long that the quotient is the sum
    /// of those of the clocks, each of which had the group as long as its own stretches of it.
    pub(crate) fn weigh_clocks(&mut self, facts: &Facts) {
        for place in 0..self.axes.len() {
            let Some(Axis::Time(line @ Timeline { clocks: Some(clocks), .. })) = self.axes.get(place) else {
                continue;
            };
            let lasted = lasted(clocks, line.moments.len(), self.until);
            let (came, ended) = self.by_clock(facts, line, clocks);
            let length = |group: usize, rows: &ByClock| whole(length(group, rows, &lasted));
            let lengths =
                |group: usize| (length(group, &came), ended.as_ref().map(|rows| length(group, rows)));
            let lengths: Vec<_> = (0..line.moments.len()).map(lengths).collect();
            if let Some(Axis::Time(line)) = self.axes.get_mut(place) {
                for (moment, lengths) in line.moments.iter_mut().zip(lengths) {
                    (moment.seconds, moment.closed_seconds) = lengths;
                }
            }
        }
    }

    /// How many rows came in each group of time, of every clock that has some; where it is asked what flows, how many ended too.
    fn by_clock(&self, facts: &Facts, line: &Timeline, clocks: &Clocks) -> (ByClock, Option<ByClock>) {
        let values = self.values(facts, Dimension::Region);
        let regions = Members { dimension: Dimension::Region, values: values.clone(), folded: 0 };
        let axes = vec![Axis::Members(regions), Axis::Time(line.clone())];
        let plan = Self { axes, ..self.clone() };
        let add_up = |counted: Vec<u64>| {
            let mut rows = ByClock::new();
            for (region, own) in values.iter().zip(counted.chunks(line.moments.len().max(1))) {
                let sums = rows.entry(clocks.of(*region)).or_insert_with(|| vec![0; own.len()]);
                for (sum, more) in sums.iter_mut().zip(own) {
                    *sum += more;
                }
            }
            rows
        };
        if !self.is_stock {
            return (add_up(counts(facts, &plan, 1).0), None);
        }
        let (opened, closed) =
            turnover(facts, &plan, 1).into_iter().map(|cell| (cell.opened, cell.closed)).unzip();
        (add_up(opened), Some(add_up(closed)))
    }
}

impl Clocks {
    /// By which clock the rows of a block go: the code of each row, and of each code the clock.
    pub(crate) fn of_rows<'a>(&self, block: &'a Block) -> (&'a Codes, Vec<usize>) {
        let Lookup { codes, values } = Dimension::Region.of(block);
        (codes, values.into_iter().map(|region| self.of(region)).collect())
    }
}

/// Rows in each group of time, by clock.
type ByClock = BTreeMap<usize, Vec<u64>>;

/// Seconds of each group, by clock.
fn lasted(clocks: &Clocks, groups: usize, until: u32) -> Vec<Vec<u32>> {
    let own = |stretches: &Vec<(u32, u32)>| {
        let mut seconds = vec![0; groups];
        let ends = stretches.iter().skip(1).map(|(start, _)| *start).chain([until]);
        for ((start, group), end) in stretches.iter().zip(ends) {
            if let Some(sum) = seconds.get_mut(*group as usize) {
                *sum += end.saturating_sub(*start);
            }
        }
        seconds
    };
    clocks.lines.iter().map(own).collect()
}

/// The length of a group: of one in which nothing came, the mean of the clocks, by how much came of each at all.
fn length(group: usize, came: &ByClock, lasted: &[Vec<u32>]) -> f64 {
    let seconds =
        |clock: usize| lasted.get(clock).and_then(|own| own.get(group)).map_or(0.0, |own| f64::from(*own));
    let here = |own: &Vec<u64>| own.get(group).map_or(0.0, |n| real(*n));
    let (mut n, mut quotients) = (0.0, 0.0);
    for (clock, own) in came.iter().filter(|(clock, _)| seconds(**clock) > 0.0) {
        n += here(own);
        quotients += here(own) / seconds(*clock);
    }
    if quotients > 0.0 {
        return n / quotients;
    }
    let all = |own: &Vec<u64>| real(own.iter().sum());
    let total: f64 = came.values().map(all).sum();
    if total > 0.0 {
        return came.iter().map(|(clock, own)| all(own) / total * seconds(*clock)).sum();
    }
    seconds(0)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a range of u32")]
fn whole(length: f64) -> u32 {
    length.round().clamp(0.0, f64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use standfast_domain::{State, Time};

    use crate::reference::facts_of;
    use crate::{Figure, Grouping, Measure, Query, Step, Turnover, answer, zone};

    /// 2026-11-03 00:00 in Shanghai, the day before at 11:00 in New York.
    const START: i64 = 1_793_635_200;
    /// Four weeks and twelve hours later. Shanghai has had four Monday evenings; New York, where it was Monday when they began and is
    /// Monday night when they end, five.
    const END: i64 = START + 28 * 86_400 + 12 * 3_600;

    /// In every Monday evening one request comes.
    #[test]
    fn an_average_is_the_sum_of_what_each_clock_has() {
        let (start, end) = (START, END);
        let mut rows = Vec::new();
        for week in 0..5 {
            // Mondays at 21:00: in New York, and thirteen hours earlier in Shanghai.
            let evening = start + 10 * 3_600 + week * 7 * 86_400;
            for (at, region) in [(evening, "US"), (evening - 13 * 3_600, "CN")] {
                if (start..end).contains(&at) {
                    let mut row = crate::uses::tests::row(at - 1_763_000_000, State::Open, "7.1.0", "swap");
                    row.context = format!("{{\"region\":\"{region}\"}}");
                    rows.push(row);
                }
            }
        }
        let facts = facts_of(&rows, 10);
        let mut query = Query::new(Measure::Requests, Time(end * 1_000_000));
        (query.from, query.until) = (Some(Time(start * 1_000_000)), Some(Time(end * 1_000_000)));
        query.zone = zone("Asia/Shanghai").unwrap();
        (query.group, query.own_clocks) = (vec![Grouping::Step(Step::HourOfWeek)], true);
        let found = answer(&facts, &query, None, 1).unwrap();
        let members = &found.axes[0].1;
        let cell = found.cells.iter().find(|cell| members[cell.at[0]].code == "1-21").unwrap();
        let Figure::Count { n } = cell.figure else { panic!("{:?}", cell.figure) };
        let hours = f64::from(members[cell.at[0]].span.unwrap().seconds) / 3_600.0;
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let average = n as f64 / hours;
        assert_eq!(n, 9);
        assert!((average - 2.0).abs() < 1e-3, "{n} in {hours} hours");
    }

    /// What comes on Monday evenings comes in Shanghai, what ends then ends in New York.
    #[test]
    fn what_ended_is_divided_by_the_clocks_of_what_ended() {
        let (start, end) = (START, END);
        let row = |came: i64, ended: Option<i64>, region: &str| {
            let state = if ended.is_some() { State::Closed } else { State::Open };
            let mut row = crate::uses::tests::row(came - 1_763_000_000, state, "7.1.0", "swap");
            row.updated_at = Time(ended.unwrap_or(came) * 1_000_000);
            row.context = format!("{{\"region\":\"{region}\"}}");
            row
        };
        // 21:00 of the first Monday there, with hours between: rows have ids of their own.
        let (shanghai, new_york) = (start + 6 * 86_400 + 21 * 3_600, start + 10 * 3_600);
        let mut rows = vec![row(shanghai, None, "CN"), row(start + 3_600, Some(new_york), "US")];
        rows.sort_by_key(|row| (row.created_at, row.id));
        let facts = facts_of(&rows, 10);
        let mut query = Query::new(Measure::Flow, Time(end * 1_000_000));
        (query.from, query.until) = (Some(Time(start * 1_000_000)), Some(Time(end * 1_000_000)));
        query.zone = zone("Asia/Shanghai").unwrap();
        (query.group, query.own_clocks) = (vec![Grouping::Step(Step::HourOfWeek)], true);
        let found = answer(&facts, &query, None, 1).unwrap();
        let (members, code) = (&found.axes[0].1, "1-21");
        let cell = found.cells.iter().find(|cell| members[cell.at[0]].code == code).unwrap();
        assert_eq!(cell.figure, Figure::Turnover(Turnover { opened: 1, closed: 1 }));
        let span = members[cell.at[0]].span.unwrap();
        assert_eq!((span.seconds, span.closed_seconds), (4 * 3_600, Some(5 * 3_600)));
        // By one clock both have the same hours.
        query.own_clocks = false;
        let spans = answer(&facts, &query, None, 1).unwrap().axes.remove(0).1;
        assert!(spans.iter().all(|member| member.span.unwrap().closed_seconds.is_none()));
    }
}
