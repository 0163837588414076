//! The contact rate: requests and the people who could have asked, day by day. Both are of the same days: whole ones, of
//! which the number of people is known. Requests of other days are left out and said to be.

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

/// The rate of every cell, and of all.
pub(crate) fn rate(
    facts: &Facts,
    plan: &Plan,
    query: &Query,
    exposure: Option<&dyn Exposure>,
    threads: usize,
) -> Result<(Vec<Rate>, Rate, Apart), Error> {
    let days = Days::new(plan, query, exposure)?;
    // By the dimensions, and by day.
    let mut daily = plan.clone();
    daily.axes.retain(|axis| matches!(axis, Axis::Members(_)));
    daily.axes.push(Axis::Time(days.line.clone()));
    let (counts, mut apart) = counts(facts, &daily, threads);
    let mut cells = vec![Rate::default(); plan.cells()];
    let mut all = vec![0; days.line.moments.len()];
    for (number, counts) in counts.chunks(all.len().max(1)).enumerate() {
        // A version that nobody asked from is not there, however many people use it.
        if counts.iter().all(|n| *n == 0) {
            continue;
        }
        let place =
            |axis: usize| number * days.line.moments.len() / daily.stride(axis).max(1) % length(&daily, axis);
        let group = Group::new(facts, plan, &(0..daily.axes.len() - 1).map(place).collect::<Vec<_>>());
        let people = group.users().and_then(|users| days.people(users));
        for ((day, n), all) in days.days().zip(counts).zip(&mut all) {
            *all += n;
            let Some(users) = day.users(people.as_ref()) else { continue };
            if let Some(cell) = cells.get_mut(group.cell(plan, day.moment)) {
                cell.add(*n, users);
            }
        }
    }
    let mut total = Rate::default();
    let everybody = days.people(Users::default());
    for (day, n) in days.days().zip(all) {
        match day.users(everybody.as_ref()) {
            Some(users) => total.add(n, users),
            None => apart.left_out += n,
        }
    }
    Ok((cells, total, apart))
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
    let people = group.users().and_then(|users| days.people(users));
    let own = days.days().filter(|day| day.users(people.as_ref()).is_some());
    Ok(own.map(|day| (day.moment.from, day.moment.until)).collect())
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

    /// The cell in which a day is.
    fn cell(&self, plan: &Plan, day: &Moment) -> usize {
        for (number, axis) in plan.axes.iter().enumerate() {
            if let Axis::Time(line) = axis {
                let stretch = line.stretches.partition_point(|(start, _)| *start <= day.from);
                let own = stretch.checked_sub(1).and_then(|own| line.stretches.get(own));
                return self.base + own.map_or(0, |(_, group)| *group as usize) * plan.stride(number);
            }
        }
        self.base
    }
}

/// The days of a range, and who could have asked on each.
struct Days<'a> {
    line: Timeline,
    /// Of each day; none of one that is not whole.
    dates: Vec<Option<Date>>,
    query: &'a Query,
    exposure: Option<&'a dyn Exposure>,
}

/// One of them.
struct Day<'a> {
    moment: &'a Moment,
    date: Option<Date>,
}

impl Day<'_> {
    /// How many of these people used the app on it, if that is known.
    fn users(&self, people: Option<&People<'_>>) -> Option<u64> {
        people?.on(self.date?)
    }
}

impl<'a> Days<'a> {
    fn new(plan: &Plan, query: &'a Query, exposure: Option<&'a dyn Exposure>) -> Result<Self, Error> {
        let line = Timeline::new(Step::Day, &query.zone, plan.from, plan.until)?;
        let date = |day: &Moment| day.code.parse().ok().filter(|_| !day.is_cut);
        Ok(Self { dates: line.moments.iter().map(date).collect(), line, query, exposure })
    }

    fn days(&self) -> impl Iterator<Item = Day<'_>> {
        self.line.moments.iter().zip(&self.dates).map(|(moment, date)| Day { moment, date: *date })
    }

    /// Those of a group whom the filter lets through.
    fn people<'b>(&'b self, group: Users<'b>) -> Option<People<'b>> {
        let filter = Filter { only: &self.query.filter, except: &self.query.except };
        self.exposure.map(|exposure| People::new(exposure, filter, group))
    }
}

/// Whether people are known by what a question groups by: version, region and platform, and steps of whole days.
pub(crate) fn can_group(group: &[Grouping]) -> bool {
    group.iter().all(|grouping| match grouping {
        Grouping::By(dimension) => has_users(*dimension),
        Grouping::Step(step) => step.is_linear() && *step != Step::Hour,
    }) && group.iter().filter(|grouping| matches!(grouping, Grouping::Step(_))).count() <= 1
}
