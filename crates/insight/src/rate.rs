//! The contact rate: requests and the people who could have asked, day by day. Both are of the same days: whole ones, of
//! which the number of people is known. Requests of other days are left out and said to be.
//!
//! By what people are known (version, region, platform), a group is divided by its own people; by anything else by all who
//! could have asked about it. An hour is divided by the people of its whole day, so that the hours of a day add up to it.
//!
//! By the clocks of regions, requests are put to the hours and weekdays that these showed, and divided by the people of the dates
//! whose hours and weekdays these are: of how many people use the app the date is known, and no clock.

use jiff::civil::Date;

use crate::axis::Axis;
use crate::calendar::{Moment, Step, Timeline};
use crate::count::counts;
use crate::dimension::Dimension;
use crate::error::Error;
use crate::exposure::{Exposure, Filter, People, Users, has_users};
use crate::facts::Facts;
use crate::query::{Grouping, Plan, Query};
use crate::scan::Apart;

/// Requests and people of one cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) n: u64,
    /// None while there was no day of which it is known.
    pub(crate) user_days: Option<u64>,
}

impl Rate {
    fn add(&mut self, n: u64, users: u64) {
        self.n += n;
        self.user_days = Some(self.user_days.unwrap_or(0) + users);
    }
}

/// The pieces of time of which a rate is made: hours where a question groups by them, else days.
pub(crate) fn pieces(group: &[Grouping]) -> Step {
    let is_hourly = |grouping: &Grouping| {
        matches!(grouping, Grouping::Step(Step::Hour | Step::HourOfDay | Step::HourOfWeek))
    };
    if group.iter().any(is_hourly) { Step::Hour } else { Step::Day }
}

/// Whether groups of time are told by the clocks of regions.
pub(crate) fn has_own_clocks(query: &Query) -> bool {
    let is_told = |grouping: &Grouping| matches!(grouping, Grouping::Step(step) if !step.is_linear());
    query.own_clocks && query.group.iter().any(is_told)
}

/// The rate of every cell, and of all.
pub(crate) fn rate(
    facts: &Facts,
    plan: &Plan,
    query: &Query,
    exposure: Option<&dyn Exposure>,
    threads: usize,
) -> Result<(Vec<Rate>, Rate, Apart), Error> {
    let days = Days::new(plan, query, exposure)?;
    // By the dimensions, and by piece of time.
    let mut fine = plan.clone();
    fine.axes.retain(|axis| matches!(axis, Axis::Members(_)));
    fine.axes.push(Axis::Time(days.line.clone()));
    let (counts, mut apart) = counts(facts, &fine, threads);
    let mut cells = vec![Rate::default(); plan.cells()];
    let mut all = vec![0; days.pieces.len()];
    for (number, counts) in counts.chunks(all.len().max(1)).enumerate() {
        // A version that nobody asked from is not there, however many people use it.
        if counts.iter().all(|n| *n == 0) {
            continue;
        }
        let place = |axis: usize| number * days.pieces.len() / fine.stride(axis).max(1) % length(&fine, axis);
        let group = Group::new(facts, plan, &(0..fine.axes.len() - 1).map(place).collect::<Vec<_>>());
        let mut once = Once::new(days.users(group.users()));
        for ((piece, n), all) in days.pieces.iter().zip(counts).zip(&mut all) {
            *all += n;
            let cell = group.base + piece.offset;
            let Some(users) = once.users(piece.day, cell) else { continue };
            if let Some(cell) = cells.get_mut(cell) {
                cell.add(*n, users);
            }
        }
    }
    if has_own_clocks(query) {
        tell_by_own_clocks(facts, plan, &days, &mut cells, threads);
    }
    let mut total = Rate::default();
    let mut once = Once::new(days.users(Some(Users::default())));
    for (piece, n) in days.pieces.iter().zip(all) {
        match once.users(piece.day, 0) {
            Some(users) => total.add(n, users),
            None => apart.left_out += n,
        }
    }
    Ok((cells, total, apart))
}

/// Puts the requests of known days to the groups that the clocks of their regions tell; the people of a group of time stay those
/// of its dates.
fn tell_by_own_clocks(facts: &Facts, plan: &Plan, days: &Days<'_>, cells: &mut [Rate], threads: usize) {
    // By the dimensions, by day, and by the groups of time.
    let mut fine = plan.clone();
    fine.axes.retain(|axis| matches!(axis, Axis::Members(_)));
    let members = fine.axes.len();
    fine.axes.push(Axis::Time(days.whole.clone()));
    let of_time = |axis: &usize| matches!(plan.axes.get(*axis), Some(Axis::Time(_)));
    let times: Vec<usize> = (0..plan.axes.len()).filter(of_time).collect();
    fine.axes.extend(times.iter().filter_map(|axis| plan.axes.get(*axis)).cloned());
    let (counts, _) = counts(facts, &fine, threads);
    for cell in cells.iter_mut() {
        cell.n = 0;
    }
    let of_day = fine.stride(members).max(1);
    let offset = |cell: usize| {
        let place = |(number, axis): (usize, &usize)| {
            let own = members + 1 + number;
            cell / fine.stride(own).max(1) % length(&fine, own) * plan.stride(*axis)
        };
        times.iter().enumerate().map(place).sum::<usize>()
    };
    let of_group = (of_day * days.dates.len()).max(1);
    for (number, counts) in counts.chunks(of_group).enumerate() {
        if counts.iter().all(|n| *n == 0) {
            continue;
        }
        let place = |axis: usize| number * of_group / fine.stride(axis).max(1) % length(&fine, axis);
        let group = Group::new(facts, plan, &(0..members).map(place).collect::<Vec<_>>());
        let known = days.users(group.users()).into_iter().map(|users| users.is_some());
        for (own, _) in counts.chunks(of_day).zip(known).filter(|(_, is_known)| *is_known) {
            for (place, n) in own.iter().enumerate() {
                if let Some(cell) = cells.get_mut(group.base + offset(place)) {
                    cell.n += n;
                }
            }
        }
    }
}

fn length(plan: &Plan, axis: usize) -> usize {
    plan.axes.get(axis).map_or(1, Axis::len).max(1)
}

/// The stretches of a cell's days that its rate is of, as seconds.
pub(crate) fn known(
    facts: &Facts,
    plan: &Plan,
    query: &Query,
    exposure: Option<&dyn Exposure>,
    cell: usize,
) -> Result<Vec<(u32, u32)>, Error> {
    let days = Days::new(plan, query, exposure)?;
    let is_dimension = |axis: &usize| matches!(plan.axes.get(*axis), Some(Axis::Members(_)));
    let axes = (0..plan.axes.len()).filter(is_dimension);
    let places = axes.map(|axis| cell / plan.stride(axis).max(1) % length(plan, axis));
    let group = Group::new(facts, plan, &places.collect::<Vec<_>>());
    let users = days.users(group.users());
    let is_known = |piece: &&Piece| users.get(piece.day).is_some_and(Option::is_some);
    let own = days.line.moments.iter().zip(&days.pieces).filter(|(_, piece)| is_known(piece));
    Ok(own.map(|(moment, _)| (moment.from, moment.until)).collect())
}

/// The people of days: those of a day are in a cell once, however many of its hours are.
struct Once {
    users: Vec<Option<u64>>,
    /// Cells that have those of this day.
    day: usize,
    cells: Vec<usize>,
}

impl Once {
    const fn new(users: Vec<Option<u64>>) -> Self {
        Self { users, day: 0, cells: Vec::new() }
    }

    /// How many people a piece of a day adds to a cell, if that is known. Pieces come in the order of time.
    fn users(&mut self, day: usize, cell: usize) -> Option<u64> {
        let users = self.users.get(day).copied().flatten()?;
        if day != self.day {
            (self.day, self.cells) = (day, Vec::new());
        }
        if self.cells.contains(&cell) {
            return Some(0);
        }
        self.cells.push(cell);
        Some(users)
    }
}

/// The values of a cell's dimensions.
struct Group {
    /// What the cells of the plan with these values have in common.
    base: usize,
    values: Vec<(Dimension, String)>,
    /// Whether one of them stands for many, whose people are not added up.
    is_folded: bool,
}

impl Group {
    /// By the places of the values on the axes of dimensions, in their order.
    fn new(facts: &Facts, plan: &Plan, places: &[usize]) -> Self {
        let (mut base, mut values, mut is_folded) = (0, Vec::new(), false);
        let mut places = places.iter();
        for (number, axis) in plan.axes.iter().enumerate() {
            let Axis::Members(members) = axis else { continue };
            let place = places.next().copied().unwrap_or(0);
            base += place * plan.stride(number);
            is_folded |= members.is_folded(place) && has_users(members.dimension);
            let code = |value: &u32| (members.dimension, members.dimension.value(&facts.names, *value));
            values.extend(members.values.get(place).map(code));
        }
        Self { base, values, is_folded }
    }

    fn users(&self) -> Option<Users<'_>> {
        let value = |wanted: Dimension| {
            let own = self.values.iter().find(|(dimension, _)| *dimension == wanted);
            own.map(|(_, value)| value.as_str())
        };
        (!self.is_folded).then(|| Users {
            version: value(Dimension::AppVersion),
            region: value(Dimension::Region),
            platform: value(Dimension::Platform),
        })
    }
}

/// A piece of time of a range.
struct Piece {
    /// The place of its day.
    day: usize,
    /// How far its cells are from those of the first group of every time that the question groups by.
    offset: usize,
}

/// The days of a range in pieces, and who could have asked on each.
struct Days<'a> {
    whole: Timeline,
    line: Timeline,
    /// As many as the line has moments.
    pieces: Vec<Piece>,
    /// Of each day; none of one that is not whole.
    dates: Vec<Option<Date>>,
    query: &'a Query,
    exposure: Option<&'a dyn Exposure>,
}

impl<'a> Days<'a> {
    fn new(plan: &Plan, query: &'a Query, exposure: Option<&'a dyn Exposure>) -> Result<Self, Error> {
        let whole = Timeline::new(Step::Day, &query.zone, plan.from, plan.until)?;
        let line = match pieces(&query.group) {
            Step::Day => whole.clone(),
            step => Timeline::new(step, &query.zone, plan.from, plan.until)?,
        };
        let piece = |moment: &Moment| Piece {
            day: whole.place(moment.from),
            offset: plan
                .axes
                .iter()
                .enumerate()
                .map(|(number, axis)| match axis {
                    Axis::Time(line) => line.place(moment.from) * plan.stride(number),
                    Axis::Members(_) => 0,
                })
                .sum(),
        };
        let date = |day: &Moment| day.code.parse().ok().filter(|_| !day.is_cut);
        let dates = whole.moments.iter().map(date).collect();
        let pieces = line.moments.iter().map(piece).collect();
        Ok(Self { whole, line, pieces, dates, query, exposure })
    }

    /// How many of a group the filter lets through used the app on each day, where that is known.
    fn users(&self, group: Option<Users<'_>>) -> Vec<Option<u64>> {
        let filter = Filter { only: &self.query.filter, except: &self.query.except };
        let people = self.exposure.zip(group).map(|(exposure, group)| People::new(exposure, filter, group));
        self.dates.iter().map(|date| people.as_ref()?.on((*date)?)).collect()
    }
}
