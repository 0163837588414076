//! Answers: the figures of every cell, of all together, and what was not counted.

use standfast_domain::Time;
use standfast_science::interval;

use crate::axis::{Axis, Group};
use crate::calendar::Moment;
use crate::count::{counts, hits, sums};
use crate::distinct::{Askers, askers};
use crate::error::Error;
use crate::exposure::Exposure;
use crate::fact::COUNTINGS;
use crate::facts::Facts;
use crate::level::{Level, has_many, levels};
use crate::measure::{Duration, Measure, Recipe};
use crate::query::{Grouping, Plan, Query};
use crate::rate::{Rate, rate};
use crate::scan::Apart;
use crate::spread::{PERCENTS, Spread, spreads};
use crate::stock::{Flow, stock};
use crate::survival::{Survival, survivals};
use crate::turnover::{Turnover, turnover};

/// A figure. What it is of, and how much, never stands alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Requests.
    Count {
        /// How many.
        n: u64,
    },
    /// A number on requests, added up.
    Sum {
        /// Of how many requests.
        n: u64,
        /// The sum.
        sum: u64,
    },
    /// A share.
    Share {
        /// The denominator.
        n: u64,
        /// The numerator.
        met: u64,
    },
    /// Durations.
    Spread(Spread),
    /// Customers.
    Customers(Askers),
    /// What is open at the end of the cell, and for how long, where the cell ends with the range.
    Backlog {
        /// How many.
        n: u64,
        /// Seconds since they came, at [`PERCENTS`].
        ages: Option<[u32; PERCENTS.len()]>,
    },
    /// What is open at the ends of many hours or days, of which the figure is the average.
    Level(Level),
    /// What came and what ended, and what was open before and after.
    Flow(Flow),
    /// What came and what ended where there are two groupings of time, or one whose groups come again and again.
    Turnover(Turnover),
    /// Requests and the people who could have asked, both of whole days of which the number of people is known.
    Rate {
        /// Requests.
        n: u64,
        /// The sum over these days of the people who used the app; none where it is known of no day.
        user_days: Option<u64>,
    },
}

impl Figure {
    /// How many requests it is of.
    #[must_use]
    pub const fn n(&self) -> u64 {
        match self {
            Self::Count { n }
            | Self::Sum { n, .. }
            | Self::Share { n, .. }
            | Self::Backlog { n, .. }
            | Self::Level(Level { n, .. })
            | Self::Rate { n, .. } => *n,
            Self::Spread(spread) => spread.n + spread.pending,
            Self::Customers(askers) => askers.n,
            Self::Flow(Flow { opened, .. }) | Self::Turnover(Turnover { opened, .. }) => *opened,
        }
    }

    /// Whether it says little, because chance alone moves it: by the rules for shares and for rates of
    /// [`standfast_science::interval`]; every other figure is small where a share of as many would be.
    #[must_use]
    pub fn is_small(&self) -> bool {
        match self {
            Self::Share { n, met } => interval::share(*met, *n).is_none_or(|share| share.small),
            Self::Rate { n, .. } => *n < interval::FEWEST_FOR_A_RATE,
            other => other.n() < interval::FEWEST_FOR_A_SHARE,
        }
    }

    /// The 95 % interval: of a share Wilson's, of durations that of their median, of requests per customer that of their mean.
    #[must_use]
    pub fn interval(&self) -> Option<(f64, f64)> {
        match self {
            Self::Share { n, met } => {
                let share = interval::share(*met, *n)?;
                Some((share.interval.low, share.interval.high))
            }
            Self::Spread(spread) => spread.median.map(|(low, high)| (low.into(), high.into())),
            Self::Customers(askers) => askers.mean(),
            _ => None,
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Flow(flow) => *flow == Flow::default(),
            Self::Turnover(turnover) => *turnover == Turnover::default(),
            Self::Rate { n, user_days } => *n == 0 && user_days.is_none(),
            other => other.n() == 0,
        }
    }
}

/// A group of an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its code.
    pub code: String,
    /// Of time: from when until when, as far as the range reaches.
    pub span: Option<Span>,
    /// Of `other`: how many values it stands for beside those that nobody has a name for, because there are too many to
    /// tell apart. Those with the most requests stand for themselves.
    pub folded: Option<usize>,
}

/// A group of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its beginning.
    pub from: Time,
    /// Its end, which is not part of it.
    pub until: Time,
    /// Seconds of it that are in the range. Where each region goes by a clock of its own: the length by which to divide what came
    /// in it, so that the quotient is the sum of those of the regions.
    pub seconds: u32,
    /// Of what came and what ended, where each region goes by a clock of its own: the length by which to divide what ended.
    pub closed_seconds: Option<u32>,
    /// Whether the range cuts something of it off, so that it holds less than others.
    pub is_cut: bool,
}

impl Span {
    fn new(moment: &Moment) -> Self {
        let time = |second: u32| Time(i64::from(second) * 1_000_000);
        Self {
            from: time(moment.from),
            until: time(moment.until),
            seconds: moment.seconds,
            closed_seconds: moment.closed_seconds,
            is_cut: moment.is_cut,
        }
    }
}

/// A figure and where it stands: the place of its group on each axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Places.
    pub at: Vec<usize>,
    /// The figure.
    pub figure: Figure,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What was grouped by, with its groups.
    pub axes: Vec<(Grouping, Vec<Member>)>,
    /// Cells in which there is something.
    pub cells: Vec<Cell>,
    /// All cells together.
    pub total: Figure,
    /// Requests that pass the filter but do not count, by why.
    pub excluded: Vec<(&'static str, u64)>,
    /// Requests that count but do not meet the measure's own condition.
    pub left_out: u64,
    /// The range as it was.
    pub from: Time,
    /// Its end.
    pub until: Time,
}

/// Answers a question on so many threads. `exposure` is who could have asked, for the contact rate.
pub fn answer(
    facts: &Facts,
    query: &Query,
    exposure: Option<&dyn Exposure>,
    threads: usize,
) -> Result<Answer, Error> {
    let plan = Plan::new(facts, query)?;
    let (figures, total, apart) = match plan.measure.recipe() {
        Recipe::Count => {
            let (counts, apart) = counts(facts, &plan, threads);
            let total = Figure::Count { n: counts.iter().sum() };
            (counts.into_iter().map(|n| Figure::Count { n }).collect(), total, apart)
        }
        Recipe::Share(conditions) => {
            let (rows, met, apart) = hits(facts, &plan, &conditions, threads);
            let total = Figure::Share { n: rows.iter().sum(), met: met.iter().sum() };
            (rows.into_iter().zip(met).map(|(n, met)| Figure::Share { n, met }).collect(), total, apart)
        }
        Recipe::Sum(amount) => {
            let (rows, sums, apart) = sums(facts, &plan, amount, threads);
            let total = Figure::Sum { n: rows.iter().sum(), sum: sums.iter().sum() };
            (rows.into_iter().zip(sums).map(|(n, sum)| Figure::Sum { n, sum }).collect(), total, apart)
        }
        Recipe::Spread(duration, lapse) => {
            let (cells, total, apart) = spreads(facts, &plan, (duration, lapse), threads);
            (cells.into_iter().map(Figure::Spread).collect(), Figure::Spread(total), apart)
        }
        Recipe::Customers { often } => {
            let (cells, total, apart) = askers(facts, &plan, often, threads);
            (cells.into_iter().map(Figure::Customers).collect(), Figure::Customers(total), apart)
        }
        Recipe::Backlog => backlog(facts, &plan, query, threads)?,
        Recipe::Flow => flow(facts, &plan, query, threads)?,
        Recipe::Rate => {
            let (cells, total, apart) = rate(facts, &plan, query, exposure, threads)?;
            let figure = |rate: Rate| Figure::Rate { n: rate.n, user_days: rate.user_days };
            (cells.into_iter().map(figure).collect(), figure(total), apart)
        }
    };
    Ok(assemble(facts, &plan, query, figures, total, &apart))
}

type Figures = (Vec<Figure>, Figure, Apart);

fn flow(facts: &Facts, plan: &Plan, query: &Query, threads: usize) -> Result<Figures, Error> {
    if has_many(&query.group) {
        let total = Figure::Flow(stock(facts, &plan.as_one(), threads).0.total);
        let cells = turnover(facts, plan, threads).into_iter().map(Figure::Turnover);
        return Ok((cells.collect(), total, came(facts, query, threads)?));
    }
    let (stock, _) = stock(facts, plan, threads);
    let cells = stock.cells.into_iter().map(Figure::Flow).collect();
    Ok((cells, Figure::Flow(stock.total), came(facts, query, threads)?))
}

fn backlog(facts: &Facts, plan: &Plan, query: &Query, threads: usize) -> Result<Figures, Error> {
    if has_many(&query.group) {
        let (stock, _) = stock(facts, &plan.as_one(), threads);
        let total = Figure::Backlog { n: stock.total.after, ages: stock.total_ages };
        let cells = levels(facts, plan, query, threads)?.into_iter().map(Figure::Level);
        return Ok((cells.collect(), total, came(facts, query, threads)?));
    }
    let (stock, _) = stock(facts, plan, threads);
    let has_time = plan.axes.iter().any(|axis| matches!(axis, Axis::Time(_)));
    let ages = stock.ages.into_iter().map(|ages| ages.filter(|_| !has_time));
    let cells = stock.cells.iter().zip(ages).map(|(flow, ages)| Figure::Backlog { n: flow.after, ages });
    let total = Figure::Backlog { n: stock.total.after, ages: stock.total_ages };
    Ok((cells.collect(), total, came(facts, query, threads)?))
}

/// What does not count among the requests that came in the range.
fn came(facts: &Facts, query: &Query, threads: usize) -> Result<Apart, Error> {
    let query = Query { measure: Measure::Requests, group: Vec::new(), ..query.clone() };
    Ok(counts(facts, &Plan::new(facts, &query)?, threads).1)
}

/// Puts figures to their groups; groups of dimensions in which there is nothing are left away.
fn assemble(
    facts: &Facts,
    plan: &Plan,
    query: &Query,
    figures: Vec<Figure>,
    total: Figure,
    apart: &Apart,
) -> Answer {
    let full = figures.into_iter().enumerate().filter(|(_, figure)| !figure.is_empty());
    let place = |cell: usize, axis: usize| {
        cell / plan.stride(axis).max(1) % plan.axes.get(axis).map_or(1, Axis::len).max(1)
    };
    let mut cells: Vec<Cell> = full
        .filter(|_| !plan.axes.is_empty())
        .map(|(cell, figure)| Cell {
            at: (0..plan.axes.len()).map(|axis| place(cell, axis)).collect(),
            figure,
        })
        .collect();
    let mut axes = Vec::with_capacity(plan.axes.len());
    for (number, (axis, grouping)) in plan.axes.iter().zip(&query.group).enumerate() {
        let mut used = vec![matches!(axis, Axis::Time(_)); axis.len()];
        for cell in &cells {
            if let Some(used) = cell.at.get(number).and_then(|place| used.get_mut(*place)) {
                *used = true;
            }
        }
        let new: Vec<usize> = used
            .iter()
            .scan(0, |next, used| {
                let own = *next;
                *next += usize::from(*used);
                Some(own)
            })
            .collect();
        for cell in &mut cells {
            if let Some(place) = cell.at.get_mut(number) {
                *place = new.get(*place).copied().unwrap_or(0);
            }
        }
        let groups = axis.groups(facts).into_iter().zip(used).filter(|(_, used)| *used);
        let members = groups.map(|((code, moment, folded), _)| Member {
            code,
            span: moment.as_ref().map(Span::new),
            folded,
        });
        axes.push((*grouping, members.collect()));
    }
    let time = |second: u32| Time(i64::from(second) * 1_000_000);
    let excluded = COUNTINGS.iter().zip(apart.countings).zip(plan.countings);
    Answer {
        axes,
        cells,
        total,
        excluded: excluded.filter(|(_, allowed)| !allowed).map(|((code, n), _)| (*code, n)).collect(),
        left_out: apart.left_out,
        from: time(plan.from),
        until: time(plan.until),
    }
}

/// The pairs from which survival curves of a duration are made, for each cell of a question; what the question measures
/// does not matter.
pub fn survival(
    facts: &Facts,
    query: &Query,
    duration: Duration,
    threads: usize,
) -> Result<Vec<(Vec<String>, Survival)>, Error> {
    let measure = match duration {
        Duration::FirstResponse => Measure::FirstResponse,
        Duration::BotResponse => Measure::BotResponse,
        Duration::FirstResolution => Measure::FirstResolution,
        Duration::FullResolution => Measure::FullResolution,
        Duration::Handling => Measure::HandlingTime,
    };
    // The population of that measure: of whom it is not known how long they waited, nothing can be drawn.
    let query = Query { measure, ..query.clone() };
    let plan = Plan::new(facts, &query)?;
    let groups: Vec<_> = plan.axes.iter().map(|axis| axis.groups(facts)).collect();
    let survivals = survivals(facts, &plan, duration, threads).into_iter().enumerate();
    let name = |cell: usize| {
        let code = |(axis, members): (usize, &Vec<Group>)| {
            let place = cell / plan.stride(axis).max(1) % members.len().max(1);
            members.get(place).map(|(code, ..)| code.clone()).unwrap_or_default()
        };
        groups.iter().enumerate().map(code).collect::<Vec<_>>()
    };
    let full = survivals.filter(|(_, pairs)| !pairs.events.is_empty() || !pairs.censored.is_empty());
    Ok(full.map(|(cell, pairs)| (name(cell), pairs)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_small_is_so_by_the_rules_of_shares_and_rates() {
        for (figure, small) in [
            (Figure::Count { n: 29 }, true),
            (Figure::Count { n: 30 }, false),
            (Figure::Share { n: 0, met: 0 }, true),
            (Figure::Share { n: 29, met: 0 }, true),
            // Enough of them, and still anywhere between a third and two thirds.
            (Figure::Share { n: 30, met: 15 }, true),
            (Figure::Share { n: 40, met: 1 }, false),
            (Figure::Rate { n: 19, user_days: Some(9) }, true),
            (Figure::Rate { n: 20, user_days: Some(9) }, false),
        ] {
            assert_eq!(figure.is_small(), small, "{figure:?}");
        }
    }
}
