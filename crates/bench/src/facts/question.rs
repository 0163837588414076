//! What the console's dashboards ask (`web/console/src/insight/pages`), page by page, over the periods that they offer.

use std::time::Duration;

use standfast_domain::{Day, Time};
use standfast_insight::{
    Dimension, Error, Exposure, Facts, Figure, Flow, Grouping, Measure, MovementWish, Period, Query,
    Turnover, answer, movements, survival, zone,
};

/// Seconds of a day; the zone of the questions has no others.
pub(crate) const DAY: i64 = 86_400;
/// How far the clocks of the questions' zone are ahead of UTC, in seconds, all year.
pub(crate) const AHEAD: i64 = 8 * 3_600;
const ZONE: &str = "Asia/Shanghai";
/// What "What moved most?" looks at.
const MOVING: [Dimension; 3] = [Dimension::Type, Dimension::Chain, Dimension::AppVersion];

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ask {
    /// A measure.
    Of(Measure),
    /// What moved, against as many days before.
    Moved,
    /// How long people wait for an answer, those who still wait among them.
    Waits,
}

/// A question about the last days, today among them.
#[derive(Debug)]
pub(crate) struct Question {
    /// The page of the console, and what stands there.
    pub(crate) name: &'static str,
    pub(crate) ask: Ask,
    pub(crate) days: i64,
    pub(crate) group: &'static [&'static str],
    pub(crate) filter: &'static [(Dimension, &'static [&'static str])],
}

const fn of(name: &'static str, measure: Measure, days: i64, group: &'static [&'static str]) -> Question {
    Question { name, ask: Ask::Of(measure), days, group, filter: &[] }
}

const HOUR: Measure = Measure::ServiceLevel { within: 3_600 };
const WEEK: Measure = Measure::RepeatContact { days: 7 };
const AGAIN: Measure = Measure::Reopened { days: 7 };
const AT_RISK_ON_IOS: &[(Dimension, &[&str])] =
    &[(Dimension::Platform, &["ios"]), (Dimension::AtRisk, &["yes"])];

/// Thirty of them. A plot by day is of 28 or 84 days, as the console draws them, one of a year by week.
pub(crate) const QUESTIONS: [Question; 30] = [
    of("overview: requests by day", Measure::Requests, 28, &["day"]),
    of("overview: contact rate by day", Measure::ContactRate, 28, &["day"]),
    of("overview: customers by day", Measure::Customers, 28, &["day"]),
    of("overview: first response by day", Measure::FirstResponse, 28, &["day"]),
    of("overview: answered in time by day", HOUR, 28, &["day"]),
    of("overview: one contact by day", Measure::OneContact, 28, &["day"]),
    of("overview: reopened by day", AGAIN, 28, &["day"]),
    of("overview: backlog by day", Measure::Backlog, 28, &["day"]),
    Question { ask: Ask::Moved, ..of("overview: what moved", Measure::Requests, 28, &[]) },
    of("overview: requests by version", Measure::Requests, 28, &["app_version"]),
    of("overview, a year: requests by region", Measure::Requests, 365, &["region"]),
    of("overview, a year: customers by week", Measure::Customers, 365, &["week"]),
    of("overview, a year: first response by week", Measure::FirstResponse, 365, &["week"]),
    of("overview, a year: backlog by week", Measure::Backlog, 365, &["week"]),
    of("types: requests by type", Measure::Requests, 84, &["type"]),
    of("types: requests by day and type", Measure::Requests, 84, &["day", "type"]),
    of("times: requests by hour of the week", Measure::Requests, 365, &["hour_of_week"]),
    of("times: first response by hour of the day", Measure::FirstResponse, 84, &["hour_of_day"]),
    of("people: first response by who answered first", Measure::FirstResponse, 28, &["first_agent"]),
    of("people: full resolution by team", Measure::FullResolution, 84, &["team"]),
    of("people: one contact by agent", Measure::OneContact, 84, &["agent"]),
    of("satisfaction: satisfied by week", Measure::Satisfied, 365, &["week"]),
    of("satisfaction: ratings by reason", Measure::Rated, 84, &["reason"]),
    of("satisfaction: repeat contact by week", WEEK, 365, &["week"]),
    Question { ask: Ask::Waits, ..of("satisfaction: how long people wait", Measure::FirstResponse, 84, &[]) },
    of("explorer: requests by week and version", Measure::Requests, 365, &["week", "app_version"]),
    of("explorer: first response by month and channel", Measure::FirstResponse, 365, &["month", "channel"]),
    of("explorer: came and ended by week", Measure::Flow, 365, &["week"]),
    of("explorer: how often customers ask", Measure::RequestsPerCustomer, 84, &[]),
    Question {
        filter: AT_RISK_ON_IOS,
        ..of("explorer: requests at risk on iOS by week", Measure::Requests, 365, &["week"])
    },
];

/// What a cell says, in whole numbers, as other engines can say it too.
pub(crate) type Numbers = Vec<Option<i64>>;

impl Question {
    /// The first second of it and the one after its last, by the zone's midnights, as the console reckons; what lies
    /// after now is not known.
    pub(crate) const fn range(&self, now: Time) -> (i64, i64) {
        let now = now.0.div_euclid(1_000_000);
        let tomorrow = ((now + AHEAD).div_euclid(DAY) + 1) * DAY - AHEAD;
        (tomorrow - self.days * DAY, now + 1)
    }

    pub(crate) fn query(&self, now: Time) -> Result<Query, Error> {
        let measure = match self.ask {
            Ask::Of(measure) => measure,
            Ask::Moved => Measure::Requests,
            Ask::Waits => Measure::FirstResponse,
        };
        let mut query = Query::new(measure, now);
        query.from = Some(Time(self.range(now).0 * 1_000_000));
        query.zone = zone(ZONE)?;
        query.group = self.group.iter().filter_map(|code| Grouping::parse(code)).collect();
        let codes = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
        query.filter = self.filter.iter().map(|(dimension, list)| (*dimension, codes(list))).collect();
        Ok(query)
    }

    /// The days of a movement: those that are over, and as many before.
    pub(crate) fn movement(&self, now: Time) -> Result<MovementWish, Error> {
        let today = Day::of(now.plus(Duration::from_secs(AHEAD.unsigned_abs())));
        let period = |from: i64, until: i64| Period { from: today.plus(from), until: today.plus(until) };
        let over = self.days - 1;
        Ok(MovementWish {
            query: self.query(now)?,
            dimensions: MOVING.to_vec(),
            earlier: period(-2 * over, -over - 1),
            later: period(-over, -1),
        })
    }

    /// Answers it in this process; what its cells say, where other engines are asked the same.
    pub(crate) fn answer(
        &self,
        facts: &Facts,
        users: &dyn Exposure,
        now: Time,
        threads: usize,
    ) -> Result<Vec<Numbers>, Error> {
        match self.ask {
            Ask::Moved => {
                movements(facts, &self.movement(now)?, threads)?;
            }
            Ask::Waits => {
                survival(facts, &self.query(now)?, standfast_insight::Duration::FirstResponse, threads)?;
            }
            Ask::Of(_) => {
                let answer = answer(facts, &self.query(now)?, Some(users), threads)?;
                let cells = if answer.axes.is_empty() {
                    numbers(&answer.total)
                } else {
                    answer.cells.iter().flat_map(|cell| numbers(&cell.figure)).collect()
                };
                return Ok(cells);
            }
        }
        Ok(Vec::new())
    }
}

/// The rows that SQL answers for a figure.
fn numbers(figure: &Figure) -> Vec<Numbers> {
    let number = |value: u64| i64::try_from(value).ok();
    let row = match figure {
        Figure::Count { n } | Figure::Backlog { n, .. } => vec![number(*n)],
        Figure::Sum { n, sum } => vec![number(*n), number(*sum)],
        Figure::Share { n, met } => vec![number(*n), number(*met)],
        Figure::Level(level) => vec![number(level.open), number(level.times)],
        Figure::Flow(Flow { opened, closed, .. }) | Figure::Turnover(Turnover { opened, closed }) => {
            vec![number(*opened), number(*closed)]
        }
        Figure::Rate { n, user_days } => vec![number(*n), user_days.and_then(number)],
        Figure::Spread(spread) => {
            let places = spread.percentiles.map_or([None; 4], |places| places.map(|at| Some(i64::from(at))));
            [number(spread.n + spread.pending), number(spread.n)].into_iter().chain(places).collect()
        }
        Figure::Customers(askers) if askers.often.is_empty() => {
            vec![number(askers.n), number(askers.customers)]
        }
        Figure::Customers(askers) => {
            let often = askers.often.iter();
            return often.map(|(times, customers)| vec![Some((*times).into()), number(*customers)]).collect();
        }
    };
    vec![row]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_one_can_be_asked() {
        for question in &QUESTIONS {
            let query = question.query(Time(1_763_000_000_000_000)).unwrap();
            assert_eq!(query.group.len(), question.group.len(), "{}", question.name);
        }
    }
}
