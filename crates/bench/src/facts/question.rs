//! What dashboards ask.

use std::time::Duration;

use standfast_domain::Time;
use standfast_insight::{Dimension, Error, Grouping, Measure, Query, zone};

/// A question about the last days.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) name: &'static str,
    measure: Measure,
    days: u64,
    group: &'static [&'static str],
    filter: &'static [(Dimension, &'static [&'static str])],
}

const fn of(name: &'static str, measure: Measure, days: u64, group: &'static [&'static str]) -> Question {
    Question { name, measure, days, group, filter: &[] }
}

const HOUR: Measure = Measure::ServiceLevel { within: 3_600 };
const WEEK: Measure = Measure::RepeatContact { days: 7 };
const IOS_IN_CHINA: &[(Dimension, &[&str])] =
    &[(Dimension::Platform, &["ios"]), (Dimension::Region, &["CN"])];
const RISK: &[(Dimension, &[&str])] = &[(Dimension::AtRisk, &["yes"])];

/// Thirty-two of them: counts, customers, durations, shares, what is open, and how many ask of those who use the app.
pub(crate) const QUESTIONS: &[Question] = &[
    of("requests of a day by hour", Measure::Requests, 1, &["hour"]),
    of("requests by day", Measure::Requests, 90, &["day"]),
    of("requests by type", Measure::Requests, 28, &["type"]),
    of("requests by day and channel", Measure::Requests, 90, &["day", "channel"]),
    of("requests by hour of the week", Measure::Requests, 365, &["hour_of_week"]),
    of("requests by region", Measure::Requests, 365, &["region"]),
    of("requests by week and version", Measure::Requests, 365, &["week", "app_version"]),
    of("requests by type and chain", Measure::Requests, 90, &["type", "chain"]),
    of("requests by screen", Measure::Requests, 28, &["screen"]),
    of("requests by month and cohort", Measure::Requests, 365, &["month", "cohort"]),
    Question {
        filter: IOS_IN_CHINA,
        ..of("requests by day, iOS in China", Measure::Requests, 365, &["day"])
    },
    of("customers by day", Measure::Customers, 90, &["day"]),
    of("customers by month", Measure::Customers, 365, &["month"]),
    of("customers by type", Measure::Customers, 28, &["type"]),
    of("requests per customer", Measure::RequestsPerCustomer, 90, &[]),
    of("follow-ups by type", Measure::FollowUps, 90, &["type"]),
    of("first response by day", Measure::FirstResponse, 90, &["day"]),
    of("first response by agent", Measure::FirstResponse, 28, &["first_agent"]),
    of("first response by month and channel", Measure::FirstResponse, 365, &["month", "channel"]),
    Question { filter: RISK, ..of("first response at risk", Measure::FirstResponse, 90, &["week"]) },
    of("service level by day", HOUR, 90, &["day"]),
    of("service level by hour of the day", HOUR, 365, &["hour_of_day"]),
    of("service level by week and team", HOUR, 90, &["week", "team"]),
    of("first resolution by type", Measure::FirstResolution, 90, &["type"]),
    of("full resolution by month", Measure::FullResolution, 365, &["month"]),
    of("backlog by day", Measure::Backlog, 90, &["day"]),
    of("opened and closed by week", Measure::Flow, 365, &["week"]),
    of("one contact by type", Measure::OneContact, 365, &["type"]),
    of("repeat contact by month and type", WEEK, 365, &["month", "type"]),
    of("reopened by agent", Measure::Reopened { days: 7 }, 90, &["agent"]),
    of("contact rate by day and version", Measure::ContactRate, 90, &["day", "app_version"]),
    of("contact rate by region and platform", Measure::ContactRate, 365, &["region", "platform"]),
];

impl Question {
    pub(crate) fn query(&self, now: Time) -> Result<Query, Error> {
        let mut query = Query::new(self.measure, now);
        query.from = Some(now.minus(Duration::from_hours(24 * self.days)));
        query.zone = zone("Asia/Shanghai")?;
        query.group = self.group.iter().filter_map(|code| Grouping::parse(code)).collect();
        let codes = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
        query.filter = self.filter.iter().map(|(dimension, list)| (*dimension, codes(list))).collect();
        Ok(query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_one_can_be_asked() {
        assert_eq!(QUESTIONS.len(), 32);
        for question in QUESTIONS {
            let query = question.query(Time(1_763_000_000_000_000)).unwrap();
            assert_eq!(query.group.len(), question.group.len(), "{}", question.name);
        }
    }
}
