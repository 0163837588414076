//! Questions: a measure, a filter, a range of time and up to two groupings.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::tz::TimeZone;
use standfast_domain::{Time, Timetable, zone_of_region};

use crate::axis::{Axis, Members};
use crate::block::Block;
use crate::calendar::{Step, Timeline};
use crate::dimension::Dimension;
use crate::error::Error;
use crate::fact::{COUNTED, COUNTINGS, second};
use crate::facts::Facts;
use crate::level::has_many;
use crate::measure::{Condition, Measure, Recipe};
use crate::open::OpenTime;
use crate::scan;

/// Most groupings of a question.
const MOST_GROUPINGS: usize = 2;

/// Something to group by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grouping {
    /// The values of a dimension.
    By(Dimension),
    /// Time.
    Step(Step),
}

impl Grouping {
    /// The grouping with this name: that of a dimension or of a step.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Dimension::parse(code).map(Self::By).or_else(|| Step::parse(code).map(Self::Step))
    }

    /// Its name in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::By(dimension) => dimension.code(),
            Self::Step(step) => step.code(),
        }
    }
}

/// A question.
#[derive(Clone, Debug)]
pub struct Query {
    /// What is asked.
    pub measure: Measure,
    /// Dimensions and the codes of those of their values that are let through. What is not named is let through whole,
    /// but for [`Dimension::Counting`], where only what counts is.
    pub filter: Vec<(Dimension, Vec<String>)>,
    /// Dimensions and the codes of those of their values that are not let through, whatever else comes up.
    pub except: Vec<(Dimension, Vec<String>)>,
    /// Only requests that came at this time or later. Cut off to its second.
    pub from: Option<Time>,
    /// Only requests that came before this time. Cut off to its second; what lies after `now` is not known.
    pub until: Option<Time>,
    /// Where days begin.
    pub zone: TimeZone,
    /// Whether steps that come again and again, such as the hours of the week, are told by the clock of each request's own
    /// region; by that of `zone` where the region is not known.
    pub own_clocks: bool,
    /// Up to two groupings.
    pub group: Vec<Grouping>,
    /// The time of the answer.
    pub now: Time,
    /// When the desk was open: for measures in opening hours.
    pub hours: Arc<Timetable>,
}

impl Query {
    /// A question about all requests that count until `now`.
    #[must_use]
    pub fn new(measure: Measure, now: Time) -> Self {
        let zone = TimeZone::UTC;
        Self {
            measure,
            filter: Vec::new(),
            except: Vec::new(),
            from: None,
            until: None,
            zone,
            own_clocks: false,
            group: Vec::new(),
            now,
            hours: Arc::default(),
        }
    }
}

/// The time zone with this IANA name.
pub fn zone(name: &str) -> Result<TimeZone, Error> {
    TimeZone::get(name).map_err(|_| Error::invalid("zone", "unknown"))
}

/// Which values of a dimension are let through: these, or all but these.
#[derive(Clone, Debug)]
pub(crate) struct Test {
    pub(crate) dimension: Dimension,
    values: Vec<u32>,
    lets: bool,
}

impl Test {
    pub(crate) fn passes(&self, value: u32) -> bool {
        self.values.contains(&value) == self.lets
    }
}

/// A question in the numbers of the facts that it is asked of.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) measure: Measure,
    /// Seconds of the range.
    pub(crate) from: u32,
    pub(crate) until: u32,
    pub(crate) now: u32,
    /// Rows of earlier seconds are not looked at.
    pub(crate) rows_from: u32,
    /// Whether it asks what was open: then rows are not in the group of the time at which they came.
    pub(crate) is_stock: bool,
    /// How many rows are taken at once, and how far from one such portion to the next.
    pub(crate) portion: (usize, usize),
    /// What the values of dimensions must be.
    pub(crate) tests: Vec<Test>,
    /// Which countings are let through.
    pub(crate) countings: [bool; COUNTINGS.len()],
    pub(crate) population: Vec<Condition>,
    pub(crate) axes: Vec<Axis>,
    /// When the desk was open.
    pub(crate) open: OpenTime,
}

impl Plan {
    pub(crate) fn new(facts: &Facts, query: &Query) -> Result<Self, Error> {
        if query.group.len() > MOST_GROUPINGS {
            return Err(Error::invalid("group", "too_many"));
        }
        let now = second(query.now);
        let until = query.until.map_or(u32::MAX, second).min(now.saturating_add(1));
        let first = facts.span().map_or(now, |(first, _)| first);
        let from = query.from.map_or(first.min(until.saturating_sub(1)), second);
        if from >= until {
            return Err(Error::invalid("from", "out_of_range"));
        }
        let recipe = query.measure.recipe();
        let is_stock = matches!(recipe, Recipe::Backlog | Recipe::Flow);
        check_clock(&recipe, query)?;
        let (tests, countings) = tests(facts, query)?;
        let mut plan = Self {
            measure: query.measure,
            from,
            until,
            now,
            // What is open came at any time before.
            rows_from: if is_stock { 0 } else { from },
            is_stock,
            portion: scan::ALL,
            tests,
            countings,
            population: query.measure.population(),
            axes: Vec::new(),
            open: OpenTime::new(facts, &query.hours),
        };
        for grouping in &query.group {
            let axis = match grouping {
                Grouping::By(dimension) => Axis::Members(Members {
                    dimension: *dimension,
                    values: plan.values(facts, *dimension),
                    folded: 0,
                }),
                Grouping::Step(step) if query.own_clocks && !step.is_linear() => {
                    let (regions, range) = (plan.clocks(facts), (plan.from, plan.until));
                    Axis::Time(Timeline::by_region(*step, &query.zone, &regions, range)?)
                }
                Grouping::Step(step) => Axis::Time(Timeline::new(*step, &query.zone, plan.from, plan.until)?),
            };
            plan.axes.push(axis);
        }
        plan.fit(facts, query)?;
        plan.weigh_clocks(facts);
        Ok(plan)
    }

    /// The same of all together.
    pub(crate) fn as_one(&self) -> Self {
        Self { axes: Vec::new(), ..self.clone() }
    }

    /// How many cells the answer may have.
    pub(crate) fn cells(&self) -> usize {
        self.axes.iter().map(Axis::len).product()
    }

    /// How far apart the cells of an axis's groups are.
    pub(crate) fn stride(&self, axis: usize) -> usize {
        self.axes.iter().skip(axis + 1).map(Axis::len).product()
    }

    /// The blocks in which rows of the range may stand.
    pub(crate) fn has_rows(&self, block: &Block) -> bool {
        let ends = block.created.first().zip(block.created.last());
        ends.is_some_and(|(first, last)| *first < self.until && *last >= self.rows_from)
    }

    /// The regions that may occur and whose clock is known.
    fn clocks(&self, facts: &Facts) -> Vec<(u32, TimeZone)> {
        let clock = |region: u32| {
            let name = zone_of_region(&Dimension::Region.value(&facts.names, region))?;
            Some((region, TimeZone::get(name).ok()?))
        };
        self.values(facts, Dimension::Region).into_iter().filter_map(clock).collect()
    }

    /// The values of a dimension that may occur.
    pub(crate) fn values(&self, facts: &Facts, dimension: Dimension) -> Vec<u32> {
        let mut values = BTreeSet::new();
        for block in facts.blocks.iter().filter(|block| self.has_rows(block)) {
            values.extend(dimension.of(block).values);
        }
        for test in self.tests.iter().filter(|test| test.dimension == dimension) {
            values.retain(|value| test.passes(*value));
        }
        if dimension == Dimension::Counting {
            values.retain(|value| self.countings.get(*value as usize).copied().unwrap_or(false));
        }
        values.into_iter().collect()
    }
}

/// What is open at instants is told by the clock of the zone: an instant is one for all regions.
fn check_clock(recipe: &Recipe, query: &Query) -> Result<(), Error> {
    match recipe {
        Recipe::Backlog if query.own_clocks && has_many(&query.group) => {
            Err(Error::invalid("clock", "one_clock"))
        }
        _ => Ok(()),
    }
}

type Tests = (Vec<Test>, [bool; COUNTINGS.len()]);

/// What is asked of rows; what is asked of how they count stands apart.
fn tests(facts: &Facts, query: &Query) -> Result<Tests, Error> {
    let mut tests = Vec::with_capacity(query.filter.len() + query.except.len());
    for (field, named, lets) in [("filter", &query.filter, true), ("except", &query.except, false)] {
        for (dimension, codes) in named {
            let mut values = Vec::with_capacity(codes.len());
            for code in codes {
                let found = dimension.find(&facts.names, code);
                values.extend(found.map_err(|()| Error::invalid(field, "unknown"))?);
            }
            tests.push(Test { dimension: *dimension, values, lets });
        }
    }
    let (of_counting, tests): (Vec<_>, Vec<_>) =
        tests.into_iter().partition(|test| test.dimension == Dimension::Counting);
    let is_told = !of_counting.is_empty() || query.group.contains(&Grouping::By(Dimension::Counting));
    let mut countings = [false; COUNTINGS.len()];
    for (value, is_allowed) in (0..).zip(&mut countings) {
        *is_allowed = if is_told {
            of_counting.iter().all(|test| test.passes(value))
        } else {
            value == u32::from(COUNTED)
        };
    }
    Ok((tests, countings))
}
