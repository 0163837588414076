//! How far a figure is from the one of the period before, with its 95 % interval where there is one: as the console has it (`changeOf`).

use crate::answer::Figure;
use crate::distinct::Askers;
use crate::measure::{Measure, Unit};
use crate::spread::Spread;

/// A change and where its interval ends. Of shares it is a difference (0.02 is two points), of everything else a ratio
/// less one (0.1 is ten per cent more).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The change.
    pub value: f64,
    /// Its 95 % interval, where one is known: of shares by MOVER from Wilson's intervals (Newcombe, "Interval estimation
    /// for the difference between independent proportions", Statistics in Medicine 1998, method 10). Counts of two periods
    /// alone have none: days vary far more than Poisson's (`standfast_science::effect`).
    pub interval: Option<(f64, f64)>,
}

impl Difference {
    /// The change from `before` to `now`; none where there is nothing to compare with.
    #[must_use]
    pub fn between(measure: Measure, now: &Figure, before: &Figure) -> Option<Self> {
        let (second, first) = (now.number(measure)?, before.number(measure)?);
        if measure.unit() == Unit::Share {
            let spread = now.interval().zip(before.interval()).map(|((l2, u2), (l1, u1))| {
                ((second - l2).hypot(u1 - first), (u2 - second).hypot(first - l1))
            });
            let value = second - first;
            return Some(Self { value, interval: spread.map(|(low, high)| (value - low, value + high)) });
        }
        if first <= 0.0 {
            return None;
        }
        let ratio = second / first;
        Some(Self { value: ratio - 1.0, interval: None })
    }

    /// Whether the interval leaves no doubt that something changed.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.interval.is_some_and(|(low, high)| low > 0.0 || high < 0.0)
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for reading; both counts stand beside the quotient")]
const fn float(count: u64) -> f64 {
    count as f64
}

impl Figure {
    /// The number itself, as every client shows it: of durations the median in seconds, of shares from 0 to 1, of rates by
    /// thousand user days, of a flow what came less what ended; none where there is nothing to divide by.
    #[must_use]
    pub fn number(&self, measure: Measure) -> Option<f64> {
        let quotient = |above: u64, below: u64| (below > 0).then(|| float(above) / float(below));
        match self {
            Self::Count { n } | Self::Backlog { n, .. } => Some(float(*n)),
            Self::Sum { sum, .. } => Some(float(*sum)),
            Self::Share { n, met } => quotient(*met, *n),
            Self::Spread(Spread { percentiles, .. }) => percentiles.map(|[median, ..]| f64::from(median)),
            Self::Customers(Askers { n, customers, .. }) => match measure {
                Measure::RequestsPerCustomer => quotient(*n, *customers),
                _ => Some(float(*customers)),
            },
            Self::Rate { n, user_days } => user_days.and_then(|days| quotient(*n * 1_000, days)),
            Self::Flow(flow) => Some(float(flow.opened) - float(flow.closed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(met: u64, n: u64) -> Figure {
        Figure::Share { n, met }
    }

    #[test]
    fn the_difference_of_two_shares_is_newcombes() {
        // Newcombe 1998, table II, row (a): 56/70 − 48/80, method 10: 0.0524 to 0.3339.
        let found = Difference::between(Measure::AtRisk, &share(56, 70), &share(48, 80)).unwrap();
        let (low, high) = found.interval.unwrap();
        assert!((found.value - 0.2).abs() < 1e-9);
        assert!((low - 0.0524).abs() < 5e-5 && (high - 0.3339).abs() < 5e-5, "{low} {high}");
        assert!(found.is_clear());
        // Row (c): 6/7 − 2/7: 0.0582 to 0.8062.
        let found = Difference::between(Measure::AtRisk, &share(6, 7), &share(2, 7)).unwrap();
        let (low, high) = found.interval.unwrap();
        assert!((low - 0.0582).abs() < 5e-5 && (high - 0.8062).abs() < 5e-5, "{low} {high}");
    }

    #[test]
    fn counts_are_compared_by_their_ratio() {
        let count = |n| Figure::Count { n };
        let found = Difference::between(Measure::Requests, &count(110), &count(100)).unwrap();
        assert!((found.value - 0.1).abs() < 1e-9);
        assert_eq!(found.interval, None, "two numbers do not tell how much days vary");
        assert_eq!(Difference::between(Measure::Requests, &count(5), &count(0)), None);
    }
}
