//! How long groups of time lasted where each region goes by a clock of its own: when a range begins on a Tuesday in Shanghai, a
//! part of the world still has Monday.

use std::collections::BTreeMap;

use crate::axis::{Axis, Members};
use crate::calendar::{Clocks, Timeline};
use crate::count::counts;
use crate::daily::real;
use crate::dimension::Dimension;
use crate::facts::Facts;
use crate::query::Plan;

impl Plan {
    /// Gives each group of time the length by which to divide what came in it: so long that the quotient is the sum of those of the
    /// clocks, each of which had the group as long as its own stretches of it.
    pub(crate) fn weigh_clocks(&mut self, facts: &Facts) {
        for place in 0..self.axes.len() {
            let Some(Axis::Time(line @ Timeline { clocks: Some(clocks), .. })) = self.axes.get(place) else {
                continue;
            };
            let lasted = lasted(clocks, line.moments.len(), self.until);
            let came = self.came(facts, line, clocks);
            let lengths: Vec<f64> =
                (0..line.moments.len()).map(|group| length(group, &came, &lasted)).collect();
            if let Some(Axis::Time(line)) = self.axes.get_mut(place) {
                for (moment, length) in line.moments.iter_mut().zip(lengths) {
                    moment.seconds = whole(length);
                }
            }
        }
    }

    /// How many rows came in each group of time, of every clock that has some.
    fn came(&self, facts: &Facts, line: &Timeline, clocks: &Clocks) -> BTreeMap<usize, Vec<u64>> {
        let values = self.values(facts, Dimension::Region);
        let regions = Members { dimension: Dimension::Region, values: values.clone(), folded: 0 };
        let axes = vec![Axis::Members(regions), Axis::Time(line.clone())];
        let coming = Self { axes, is_stock: false, rows_from: self.from, ..self.clone() };
        let counted = counts(facts, &coming, 1).0;
        let mut came = BTreeMap::new();
        for (region, own) in values.iter().zip(counted.chunks(line.moments.len().max(1))) {
            let sums = came.entry(clocks.of(*region)).or_insert_with(|| vec![0; own.len()]);
            for (sum, more) in sums.iter_mut().zip(own) {
                *sum += more;
            }
        }
        came
    }
}

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
fn length(group: usize, came: &BTreeMap<usize, Vec<u64>>, lasted: &[Vec<u32>]) -> f64 {
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
    use crate::{Figure, Grouping, Measure, Query, Step, answer, zone};

    /// Four weeks from a Tuesday on in Shanghai: there they have four Monday evenings, in New York, where it is Monday when they
    /// begin, five. In every one of them one request comes.
    #[test]
    fn an_average_is_the_sum_of_what_each_clock_has() {
        let start = 1_793_635_200; // 2026-11-03 00:00 in Shanghai, the day before at 11:00 in New York
        let end = start + 28 * 86_400;
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
        assert!((average - 2.0).abs() < 1e-3, "{n} in {hours} hours");
    }
}
