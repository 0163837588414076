//! The expected waiting time, from what the desk has really done lately. "Unknown" is an answer.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{AgentId, Time};

/// How far back the measured rate looks.
const WINDOW: Duration = Duration::from_hours(3);
/// Fewer answers than this say nothing about a rate.
const LEAST_ANSWERS: usize = 5;
/// Answers kept; with more than this in three hours, the latest ones are enough.
const MOST_ANSWERS: usize = 4_096;
/// How long a measured rate is used.
const BELIEVED: Duration = Duration::from_secs(1);
/// Beyond this a number of seconds would be false precision.
const LONGEST: Duration = Duration::from_hours(24);

/// An expected waiting time: half of those who wait like this are answered by the lower, four fifths by the upper figure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Wait {
    /// Seconds until half of them are answered.
    pub low_seconds: u32,
    /// Seconds until four fifths of them are answered.
    pub high_seconds: u32,
}

/// What the desk has lately done: when customers who waited got their answer, and from whom.
#[derive(Debug, Default)]
pub struct Throughput {
    answers: VecDeque<(Time, AgentId)>,
    /// Answers per agent and second, and when that was worked out.
    rate: Option<(Time, Option<f64>)>,
}

impl Throughput {
    /// Nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A waiting customer was answered.
    pub fn answered(&mut self, at: Time, by: AgentId) {
        if self.answers.len() == MOST_ANSWERS {
            self.answers.pop_front();
        }
        self.answers.push_back((at, by));
    }

    /// Answers per agent and second, worked out once a second at most: intake asks for it thousands of times.
    fn rate(&mut self, now: Time) -> Option<f64> {
        if let Some((at, rate)) = self.rate
            && now >= at
            && now.since(at) < BELIEVED
        {
            return rate;
        }
        let rate = self.measure(now);
        self.rate = Some((now, rate));
        rate
    }

    fn measure(&self, now: Time) -> Option<f64> {
        let recent = || self.answers.iter().filter(|(at, _)| now.since(*at) < WINDOW);
        let count = recent().count();
        if count < LEAST_ANSWERS {
            return None;
        }
        let mut agents: Vec<AgentId> = recent().map(|(_, by)| *by).collect();
        agents.sort_unstable();
        agents.dedup();
        let full = self.answers.len() == MOST_ANSWERS;
        let first = recent().next().map_or(now, |(at, _)| *at);
        let span = if full { now.since(first) } else { WINDOW }.as_secs_f64().max(1.0);
        #[expect(clippy::cast_precision_loss, reason = "both are at most MOST_ANSWERS")]
        Some(count as f64 / agents.len() as f64 / span)
    }

    /// The expected wait at `place` with `present` agents now.
    ///
    /// The rate is answers per agent and second over the last three hours (over the time since the first of the
    /// kept answers, when that is shorter), times the agents present. With exponential times between answers, the
    /// wait until the n-th answer has the gamma distribution; its quantiles by Wilson & Hilferty (1931). `None`
    /// when there were too few answers to tell, nobody is present, or the figure would exceed a day.
    #[must_use]
    pub fn expected(&mut self, now: Time, place: u32, present: u32) -> Option<Wait> {
        if present == 0 || place == 0 {
            return None;
        }
        let rate = self.rate(now)? * f64::from(present);
        let quantile = |z: f64| {
            let n = f64::from(place);
            let cube = 1.0 - 1.0 / (9.0 * n) + z / (3.0 * n.sqrt());
            n * cube.max(0.0).powi(3) / rate
        };
        let (low, high) = (quantile(0.0), quantile(0.841_621));
        if high > LONGEST.as_secs_f64() {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and a day")]
        Some(Wait { low_seconds: low.ceil() as u32, high_seconds: high.ceil() as u32 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk(answers: u32, agents: i64) -> (Throughput, Time) {
        let start = Time::parse("2026-11-21T00:00:00Z").unwrap();
        let mut throughput = Throughput::new();
        for i in 0..answers {
            let at = start.plus(WINDOW * i / answers.max(1)).plus(Duration::from_secs(1));
            throughput.answered(at, AgentId(1 + i64::from(i) % agents));
        }
        (throughput, start.plus(WINDOW))
    }

    #[test]
    fn unknown_is_said_when_it_is_unknown() {
        let (mut few, now) = desk(4, 1);
        assert_eq!(few.expected(now, 1, 3), None);
        let (mut enough, now) = desk(60, 2);
        assert_eq!(enough.expected(now, 1, 0), None, "nobody is there");
        assert_eq!(enough.expected(now, 1_000_000, 2), None, "longer than a day");
        assert_eq!(enough.expected(now.plus(WINDOW), 1, 2), None, "yesterday's rate says nothing");
    }

    #[test]
    fn the_quantiles_are_those_of_the_gamma_distribution() {
        // 108 answers in 3 h by two agents, two present: one answer in 100 s. Gamma quantiles for shape n, scale 100
        // (R: qgamma(c(.5, .8), n, scale = 100)): n = 1: 69.3, 160.9; n = 5: 467.1, 672.1; n = 20: 1966.8, 2353.
        let (mut throughput, now) = desk(108, 2);
        for (place, low, high) in [(1, 69.3, 160.9), (5, 467.1, 672.1), (20, 1966.8, 2353.0)] {
            let wait = throughput.expected(now, place, 2).unwrap();
            assert!((f64::from(wait.low_seconds) / low - 1.0).abs() < 0.03, "{place}: {wait:?}");
            assert!((f64::from(wait.high_seconds) / high - 1.0).abs() < 0.03, "{place}: {wait:?}");
        }
    }

    #[test]
    fn more_people_shorten_the_wait() {
        let (mut throughput, now) = desk(108, 2);
        let (two, four) =
            (throughput.expected(now, 10, 2).unwrap(), throughput.expected(now, 10, 4).unwrap());
        assert_eq!(two.low_seconds.div_ceil(2), four.low_seconds);
    }
}
