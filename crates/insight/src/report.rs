//! The figures of a report: every section is one or two questions to one state of the facts, with the same measures as
//! everywhere else.

use std::sync::Arc;

use standfast_domain::report::{Definition, Period, Section};
use standfast_domain::{Time, Timetable};

use crate::answer::{Answer, answer};
use crate::calendar::Step;
use crate::comparison::{Comparison, Movers, compare, is_past, movers};
use crate::daily::{day_in, real};
use crate::decomposition::{self, Change, ChangeWish, decompose};
use crate::dimension::Dimension;
use crate::error::Error;
use crate::exposure::Exposure;
use crate::facts::Facts;
use crate::keep::Insight;
use crate::measure::Measure;
use crate::query::{Grouping, Query, zone};

/// Most sections of a report, and most figures of one.
const MOST_SECTIONS: usize = 20;
const MOST_FIGURES: usize = 18;
/// Most values of a ranking.
const MOST_RANKED: u8 = 50;
/// Most values of one filter.
const MOST_CODES: usize = 500;

/// Imported shares that are so far apart are told.
const UNLIKE: f64 = 0.1;
/// Most events of a report.
const MOST_EVENTS: u8 = 10;
/// Of which dimensions it is told what moved.
const MOVING: [Dimension; 5] =
    [Dimension::Type, Dimension::AppVersion, Dimension::Chain, Dimension::Region, Dimension::Cohort];

/// A section with its figures.
#[derive(Clone, Debug)]
pub enum MadeSection {
    /// Figures beside each other.
    Overview(Vec<OverviewFigure>),
    /// A measure by hour, day, week or month; the step is the answer's axis.
    Course(Comparison),
    /// A measure by the values of a dimension, those with the most requests first.
    Ranking {
        /// The dimension.
        dimension: Dimension,
        /// How many are wanted.
        most: usize,
        /// The figures.
        compared: Box<Comparison>,
    },
    /// What moved.
    Movements {
        /// How many are wanted.
        most: usize,
        /// All that were looked at.
        found: Movers,
    },
    /// What the change is made of; none where the period, or the one before, has no seven whole days of facts.
    Why {
        /// The dimension.
        dimension: Dimension,
        /// The change.
        change: Option<Box<Change>>,
    },
    /// Not of the facts alone: whoever has the events adds them.
    Effects {
        /// How many are wanted.
        most: usize,
    },
    /// Requests by weekday and hour of the day.
    Week(Answer),
    /// What came and ended by day, and what is open at the end.
    Backlog {
        /// Flow by day.
        flow: Answer,
        /// What is open at the end, and how long it has been.
        open: Answer,
    },
    /// What customers said of the requests that came: every measure of [`SATISFACTION`], in their order.
    Satisfaction {
        /// Of all together.
        figures: Vec<Comparison>,
        /// By type.
        types: Vec<Answer>,
    },
}

/// A figure beside others.
#[derive(Clone, Debug)]
pub struct OverviewFigure {
    /// The figure and what it was before.
    pub compared: Comparison,
    /// The period that it is of, where the report's own is too young for this measure.
    pub aged: Option<Aged>,
    /// Whether requests came regularly in all of the period that it is compared with.
    pub has_past: bool,
}

/// The latest period that is old enough for a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aged {
    /// The period; of the same length as the report's.
    pub period: Period,
    /// How many days must have passed since its end ([`Measure::ripens_after`]).
    pub days: u32,
}

/// The figures of a report.
#[derive(Clone, Debug)]
pub struct MadeReport {
    /// What it is about.
    pub period: Period,
    /// Its beginning.
    pub from: Time,
    /// Its end, or now where it is not over.
    pub until: Time,
    /// Whether it is over.
    pub is_over: bool,
    /// What it is compared with.
    pub before: Period,
    /// The beginning of that.
    pub before_from: Time,
    /// As much of it as has passed of the period.
    pub before_until: Time,
    /// Whether requests came regularly in all of that; otherwise nothing is compared with it.
    pub has_past: bool,
    /// The imported shares of the requests of the period and of the one before, where they are so far apart that two different desks are
    /// compared.
    pub origins: Option<(f64, f64)>,
    /// The sections.
    pub sections: Vec<MadeSection>,
}

/// What the section about satisfaction tells.
pub const SATISFACTION: [Measure; 4] =
    [Measure::Satisfied, Measure::ResponseRate, Measure::Confirmed, Measure::Repudiated];

/// What becomes of every measure of [`SATISFACTION`].
fn each<T>(of: &dyn Fn(Measure) -> Result<T, Error>) -> Result<Vec<T>, Error> {
    SATISFACTION.into_iter().map(of).collect()
}

/// The measure with this name and, after a colon, its parameter.
pub fn measure_named(name: &str) -> Result<Measure, Error> {
    let (code, number) = match name.split_once(':') {
        None => (name, None),
        Some((code, number)) => {
            let number = number.parse::<u32>().map_err(|_| Error::invalid("measure", "malformed"))?;
            (code, Some(number))
        }
    };
    Measure::parse(code, number, number)
}

/// Refuses a definition that could not be made, and says which part and why.
pub fn check_definition(definition: &Definition) -> Result<(), Error> {
    zone(&definition.zone)?;
    if definition.schedule.as_ref().is_some_and(|schedule| !schedule.is_valid()) {
        return Err(Error::invalid("schedule", "malformed"));
    }
    if definition.sections.is_empty() {
        return Err(Error::invalid("sections", "missing"));
    }
    if definition.sections.len() > MOST_SECTIONS {
        return Err(Error::invalid("sections", "too_many"));
    }
    filter(definition)?;
    for section in &definition.sections {
        match section {
            Section::Overview { measures } if measures.is_empty() => {
                return Err(Error::invalid("measures", "missing"));
            }
            Section::Overview { measures } if measures.len() > MOST_FIGURES => {
                return Err(Error::invalid("measures", "too_many"));
            }
            Section::Overview { measures } => {
                for name in measures {
                    measure_named(name)?;
                }
            }
            Section::Course { measure } => drop(measure_named(measure)?),
            Section::Ranking { measure, dimension, most } => {
                measure_named(measure)?;
                dimension_named(dimension)?;
                if !(1..=MOST_RANKED).contains(most) {
                    return Err(Error::invalid("most", "out_of_range"));
                }
            }
            Section::Movements { most } if !(1..=MOST_RANKED).contains(most) => {
                return Err(Error::invalid("most", "out_of_range"));
            }
            Section::Effects { most } if !(1..=MOST_EVENTS).contains(most) => {
                return Err(Error::invalid("most", "out_of_range"));
            }
            Section::Why { dimension } => drop(dimension_named(dimension)?),
            Section::Movements { .. }
            | Section::Effects { .. }
            | Section::Week {}
            | Section::Backlog {}
            | Section::Satisfaction {} => {}
        }
    }
    Ok(())
}

fn dimension_named(code: &str) -> Result<Dimension, Error> {
    Dimension::parse(code).ok_or(Error::invalid("dimension", "unknown"))
}

fn filter(definition: &Definition) -> Result<Vec<(Dimension, Vec<String>)>, Error> {
    let read = |(code, values): (&String, &Vec<String>)| {
        let dimension = Dimension::parse(code).ok_or(Error::invalid("filter", "unknown"))?;
        if values.is_empty() {
            return Err(Error::invalid("filter", "missing"));
        }
        if values.len() > MOST_CODES {
            return Err(Error::invalid("filter", "too_many"));
        }
        if let Some(value) = values.iter().find(|value| !dimension.can_be(value)) {
            return Err(Error::UnknownValue { dimension: dimension.code(), value: value.clone() });
        }
        Ok((dimension, values.clone()))
    };
    definition.filter.iter().map(read).collect()
}

impl Insight {
    /// The figures of a report at `now`, all of one state of the facts; by these hours of the desk.
    pub async fn report(
        &self,
        definition: Definition,
        period: Period,
        now: Time,
        hours: Arc<Timetable>,
    ) -> Result<MadeReport, Error> {
        let exposure = self.exposure();
        self.work(move |facts, threads| {
            let exposure = exposure.as_deref();
            Maker { facts, exposure, threads, definition: &definition, now, hours }.make(period)
        })
        .await
    }
}

struct Maker<'a> {
    facts: &'a Facts,
    exposure: Option<&'a dyn Exposure>,
    threads: usize,
    definition: &'a Definition,
    now: Time,
    hours: Arc<Timetable>,
}

/// Two ranges that are compared.
struct Ranges {
    now: (Time, Time),
    before: (Time, Time),
}

impl Maker<'_> {
    fn make(&self, period: Period) -> Result<MadeReport, Error> {
        check_definition(self.definition)?;
        let zone = zone(&self.definition.zone)?;
        let (from, end) = period.bounds(&zone);
        if from >= self.now {
            return Err(Error::invalid("period", "in_future"));
        }
        let until = end.min(self.now);
        let before = period.before();
        let (before_from, before_end) = before.bounds(&zone);
        let before_until =
            if until == end { before_end } else { before_from.plus(until.since(from)).min(before_end) };
        let ranges = Ranges { now: (from, until), before: (before_from, before_until) };
        let sections = self.definition.sections.iter().map(|section| self.section(section, &ranges, period));
        let has_past = is_past(self.facts, &self.query(Measure::Requests, ranges.now, &[])?, before_from);
        Ok(MadeReport {
            period,
            from,
            until,
            is_over: until == end,
            before,
            before_from,
            before_until,
            has_past,
            origins: if has_past { self.origins(&ranges)? } else { None },
            sections: sections.collect::<Result<_, _>>()?,
        })
    }

    fn origins(&self, ranges: &Ranges) -> Result<Option<(f64, f64)>, Error> {
        let imported = |range| -> Result<f64, Error> {
            let found = self.ask(Measure::Requests, range, &[Grouping::By(Dimension::Origin)])?;
            let members = found.axes.first().map(|(_, members)| members.as_slice()).unwrap_or_default();
            let place = members.iter().position(|member| member.code == "imported");
            let cell = found.cells.iter().find(|cell| cell.at.first().copied() == place && place.is_some());
            let (own, all) = (cell.map_or(0, |cell| cell.figure.n()), found.total.n());
            Ok(if all == 0 { 0.0 } else { real(own) / real(all) })
        };
        let (now, before) = (imported(ranges.now)?, imported(ranges.before)?);
        Ok(((now - before).abs() >= UNLIKE).then_some((now, before)))
    }

    fn section(&self, section: &Section, ranges: &Ranges, period: Period) -> Result<MadeSection, Error> {
        Ok(match section {
            Section::Overview { measures } => {
                let figure = |name: &String| self.figure(measure_named(name)?, ranges, period);
                MadeSection::Overview(measures.iter().map(figure).collect::<Result<_, _>>()?)
            }
            Section::Course { measure } => {
                let step = match period.days() {
                    ..=2 => Step::Hour,
                    3..=62 => Step::Day,
                    63..=370 => Step::Week,
                    _ => Step::Month,
                };
                let measure = measure_named(measure)?;
                // Users are known by day.
                let step = if measure == Measure::ContactRate { step.max(Step::Day) } else { step };
                MadeSection::Course(self.compare(measure, ranges, &[Grouping::Step(step)])?)
            }
            Section::Ranking { measure, dimension, most } => {
                let dimension = dimension_named(dimension)?;
                let compared = self.compare(measure_named(measure)?, ranges, &[Grouping::By(dimension)])?;
                MadeSection::Ranking { dimension, most: usize::from(*most), compared: Box::new(compared) }
            }
            Section::Movements { most } => MadeSection::Movements {
                most: usize::from(*most),
                found: movers(
                    self.facts,
                    &self.query(Measure::Requests, ranges.now, &[])?,
                    ranges.before,
                    &MOVING,
                    self.threads,
                )?,
            },
            Section::Why { dimension } => {
                let dimension = dimension_named(dimension)?;
                MadeSection::Why { dimension, change: self.why(dimension, ranges)?.map(Box::new) }
            }
            Section::Effects { most } => MadeSection::Effects { most: usize::from(*most) },
            Section::Week {} => {
                let group = [Grouping::Step(Step::Weekday), Grouping::Step(Step::HourOfDay)];
                MadeSection::Week(self.ask(Measure::Requests, ranges.now, &group)?)
            }
            Section::Backlog {} => MadeSection::Backlog {
                flow: self.ask(Measure::Flow, ranges.now, &[Grouping::Step(Step::Day)])?,
                open: self.ask(Measure::Backlog, ranges.now, &[])?,
            },
            Section::Satisfaction {} => MadeSection::Satisfaction {
                figures: each(&|measure| self.compare(measure, ranges, &[]))?,
                types: each(&|measure| self.ask(measure, ranges.now, &[Grouping::By(Dimension::Type)]))?,
            },
        })
    }

    fn figure(&self, measure: Measure, ranges: &Ranges, period: Period) -> Result<OverviewFigure, Error> {
        let Some(aged) = self.aged(measure, period)? else {
            return self.figure_of(measure, ranges, None);
        };
        let zone = zone(&self.definition.zone)?;
        let ranges = Ranges { now: aged.period.bounds(&zone), before: aged.period.before().bounds(&zone) };
        self.figure_of(measure, &ranges, Some(aged))
    }

    fn figure_of(
        &self,
        measure: Measure,
        ranges: &Ranges,
        aged: Option<Aged>,
    ) -> Result<OverviewFigure, Error> {
        let has_past = is_past(self.facts, &self.query(measure, ranges.now, &[])?, ranges.before.0);
        Ok(OverviewFigure { compared: self.compare(measure, ranges, &[])?, aged, has_past })
    }

    /// Of a week that is just over hardly a request has been solved for a week: a figure of those few would say nothing. So
    /// it is of the latest period like it that is old enough; none where the report's own is.
    fn aged(&self, measure: Measure, mut period: Period) -> Result<Option<Aged>, Error> {
        let Some(days) = measure.ripens_after() else { return Ok(None) };
        let zone = zone(&self.definition.zone)?;
        let own = period;
        while day_in(period.bounds(&zone).1, &zone).plus(i64::from(days)) > day_in(self.now, &zone) {
            period = period.before();
        }
        Ok((period != own).then_some(Aged { period, days }))
    }

    fn compare(&self, measure: Measure, ranges: &Ranges, group: &[Grouping]) -> Result<Comparison, Error> {
        let query = self.query(measure, ranges.now, group)?;
        compare(self.facts, &query, ranges.before, self.exposure, self.threads)
    }

    /// What the change is made of, of the days that are over.
    fn why(&self, dimension: Dimension, ranges: &Ranges) -> Result<Option<Change>, Error> {
        let zone = zone(&self.definition.zone)?;
        let whole = |(from, until): (Time, Time)| {
            let until = day_in(until.min(self.now), &zone).plus(-1);
            decomposition::Period { from: day_in(from, &zone), until }
        };
        let wish = ChangeWish {
            query: self.query(Measure::Requests, ranges.now, &[])?,
            dimension,
            earlier: whole(ranges.before),
            later: whole(ranges.now),
            like_for_like: true,
        };
        match decompose(self.facts, &wish, self.exposure, self.threads) {
            Ok(change) => Ok(Some(change)),
            // No complete period before, or too few days: there is nothing to split.
            Err(Error::Invalid { field: "earlier" | "later", .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn ask(&self, measure: Measure, range: (Time, Time), group: &[Grouping]) -> Result<Answer, Error> {
        answer(self.facts, &self.query(measure, range, group)?, self.exposure, self.threads)
    }

    fn query(&self, measure: Measure, range: (Time, Time), group: &[Grouping]) -> Result<Query, Error> {
        let mut query = Query::new(measure, self.now);
        query.filter = filter(self.definition)?;
        (query.from, query.until) = (Some(range.0), Some(range.1));
        query.zone = zone(&self.definition.zone)?;
        query.group = group.to_vec();
        query.hours = Arc::clone(&self.hours);
        Ok(query)
    }
}
