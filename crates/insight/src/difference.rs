//! How far a figure is from the one of another period, with its 95 % interval where there is one.

use standfast_science::interval::{self, p_value, rate_ratio};
use standfast_science::multiplicity::benjamini_hochberg;

use crate::answer::Figure;
use crate::daily::real;
use crate::distinct::Askers;
use crate::level::Level;
use crate::measure::Measure;
use crate::spread::Spread;
use crate::stock::Flow;
use crate::turnover::Turnover;
use crate::unit::Unit;

/// What is called found among several: one in twenty of it is not.
pub(crate) const FOUND: f64 = 0.05;

/// A change and where its interval ends. Of shares it is a difference (0.02 is two points), of everything else a ratio
/// less one (0.1 is ten per cent more).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The change.
    pub value: f64,
    /// Its 95 % interval, where one is known. Of shares and of medians it is made of both intervals by MOVER (Zou & Donner,
    /// "Construction of confidence limits about effect measures", Statistics in Medicine 2008; of shares this is Newcombe's
    /// method 10 of 1998), of medians and of requests per customer on the logarithm; of counts, sums and rates see
    /// [`crate::compare`]. What is open at an instant has none: one instant does not tell how much instants vary.
    pub interval: Option<(f64, f64)>,
    /// The probability of a change of this size or more if there is none; where there is an interval.
    pub p: Option<f64>,
    /// The same of one among several that are shown beside each other, corrected for having looked at all of them (Benjamini &
    /// Hochberg 1995): of what has 0.05 or less, one in twenty is chance.
    pub q: Option<f64>,
}

/// Corrects changes that are shown beside each other for their number.
pub(crate) fn correct<'a>(changes: impl Iterator<Item = &'a mut Difference>) {
    let mut tested: Vec<_> = changes.filter(|change| change.p.is_some()).collect();
    let p: Vec<f64> = tested.iter().filter_map(|change| change.p).collect();
    for (change, q) in tested.iter_mut().zip(benjamini_hochberg(&p)) {
        change.q = Some(q);
    }
}

impl Difference {
    /// The change from `before` to `now`; none where there is nothing to compare with. `dispersion` is how many times more
    /// than Poisson's the counts of days vary, where that is known: without it counts have no interval.
    #[must_use]
    pub fn between(measure: Measure, now: &Figure, before: &Figure, dispersion: Option<f64>) -> Option<Self> {
        let (second, first) = (now.number(measure)?, before.number(measure)?);
        if measure == Measure::Flow {
            // What came less what ended may be nought or less: there is nothing of which a change were so many per cent.
            return None;
        }
        if measure.unit() == Unit::Share {
            let value = second - first;
            let spread = mover(now, before, (second, first), |number| number);
            return Some(Self {
                value,
                interval: spread.map(|(low, high)| (value - low, value + high)),
                p: spread.map(|reach| towards_zero(value, reach)),
                q: None,
            });
        }
        if first <= 0.0 {
            return None;
        }
        let ratio = second / first;
        if let Some(tested) = dispersion
            .and_then(|dispersion| rate_ratio(before.counted(measure)?, now.counted(measure)?, dispersion))
        {
            let interval = tested.ratio.high.map(|high| (tested.ratio.low - 1.0, high - 1.0));
            return Some(Self { value: ratio - 1.0, interval, p: Some(tested.p), q: None });
        }
        let spread = mover(now, before, (second, first), f64::ln);
        let interval = spread.map(|(low, high)| (ratio * (-low).exp() - 1.0, ratio * high.exp() - 1.0));
        let p = spread.map(|reach| towards_zero(ratio.ln(), reach));
        Some(Self { value: ratio - 1.0, interval, p, q: None })
    }

    /// Whether there is no doubt that something changed: by its interval, of one among several by the corrected test.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.q.map_or_else(|| self.leaves_out_zero(), |q| q <= FOUND)
    }

    /// Whether its interval leaves out zero. Of many that did not change one in twenty does.
    #[must_use]
    pub fn leaves_out_zero(&self) -> bool {
        self.interval.is_some_and(|(low, high)| low > 0.0 || high < 0.0)
    }
}

/// The test of a change that may lie so far below and above.
fn towards_zero(change: f64, (below, above): (f64, f64)) -> f64 {
    p_value(change, if change > 0.0 { below } else { above })
}

/// How far a change may lie below and above its estimate, on a scale; none where a figure has no interval or the scale no
/// place for it.
fn mover(
    now: &Figure,
    before: &Figure,
    (second, first): (f64, f64),
    on: impl Fn(f64) -> f64,
) -> Option<(f64, f64)> {
    let ((l2, u2), (l1, u1)) = now.interval().zip(before.interval())?;
    let [second, l2, u2, first, l1, u1] = [second, l2, u2, first, l1, u1].map(on);
    let both = ((second - l2).hypot(u1 - first), (u2 - second).hypot(first - l1));
    (both.0.is_finite() && both.1.is_finite()).then_some(both)
}

impl Figure {
    /// The number itself, as every client shows it: of durations the median in seconds, of shares from 0 to 1, of rates by
    /// thousand user days, of a flow what came less what ended; none where there is nothing to divide by.
    #[must_use]
    pub fn number(&self, measure: Measure) -> Option<f64> {
        let quotient = |above: u64, below: u64| (below > 0).then(|| real(above) / real(below));
        match self {
            Self::Count { n } | Self::Backlog { n, .. } => Some(real(*n)),
            Self::Level(Level { open, times, .. }) => quotient(*open, *times),
            Self::Sum { sum, .. } => Some(real(*sum)),
            Self::Share { n, met } => quotient(*met, *n),
            Self::Spread(Spread { percentiles, .. }) => percentiles.map(|[median, ..]| f64::from(median)),
            Self::Customers(Askers { n, customers, .. }) => match measure {
                Measure::RequestsPerCustomer => quotient(*n, *customers),
                _ => Some(real(*customers)),
            },
            Self::Rate { n, user_days } => user_days.and_then(|days| quotient(*n * 1_000, days)),
            Self::Flow(Flow { opened, closed, .. }) | Self::Turnover(Turnover { opened, closed }) => {
                Some(real(*opened) - real(*closed))
            }
        }
    }

    /// A count, and what it is divided by.
    fn counted(&self, measure: Measure) -> Option<interval::Rate> {
        let (count, exposure) = match self {
            Self::Count { n } => (*n, 1),
            Self::Sum { sum, .. } => (*sum, 1),
            Self::Customers(askers) if measure == Measure::Customers => (askers.customers, 1),
            Self::Rate { n, user_days } => (*n, (*user_days)?),
            _ => return None,
        };
        Some(interval::Rate { count, exposure: real(exposure) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(met: u64, n: u64) -> Figure {
        Figure::Share { n, met }
    }

    fn between(measure: Measure, now: &Figure, before: &Figure) -> Option<Difference> {
        Difference::between(measure, now, before, None)
    }

    #[test]
    fn the_difference_of_two_shares_is_newcombes() {
        // Newcombe 1998, table II, row (a): 56/70 − 48/80, method 10: 0.0524 to 0.3339.
        let found = between(Measure::AtRisk, &share(56, 70), &share(48, 80)).unwrap();
        let (low, high) = found.interval.unwrap();
        assert!((found.value - 0.2).abs() < 1e-9);
        assert!((low - 0.0524).abs() < 5e-5 && (high - 0.3339).abs() < 5e-5, "{low} {high}");
        assert!(found.is_clear());
        // Row (c): 6/7 − 2/7: 0.0582 to 0.8062.
        let found = between(Measure::AtRisk, &share(6, 7), &share(2, 7)).unwrap();
        let (low, high) = found.interval.unwrap();
        assert!((low - 0.0582).abs() < 5e-5 && (high - 0.8062).abs() < 5e-5, "{low} {high}");
    }

    #[test]
    fn counts_are_compared_by_their_ratio() {
        let count = |n| Figure::Count { n };
        let found = between(Measure::Requests, &count(110), &count(100)).unwrap();
        assert!((found.value - 0.1).abs() < 1e-9);
        assert_eq!(found.interval, None, "two numbers do not tell how much days vary");
        assert_eq!(between(Measure::Requests, &count(5), &count(0)), None);
        let width = |dispersion| {
            let found = Difference::between(Measure::Requests, &count(110), &count(100), Some(dispersion));
            let (low, high) = found.unwrap().interval.unwrap();
            assert!(low < 0.1 && 0.1 < high);
            high - low
        };
        assert!(width(4.0) > 1.9 * width(1.0), "twice as wide where days vary four times as much");
    }

    #[test]
    fn means_are_compared_on_the_logarithm_and_one_instant_tells_nothing() {
        let asked = |often: &[(u32, u64)]| {
            let n = often.iter().map(|(times, customers)| u64::from(*times) * customers).sum();
            let customers = often.iter().map(|(_, customers)| customers).sum();
            Figure::Customers(Askers { n, customers, often: often.to_vec() })
        };
        let (now, before) = (asked(&[(1, 100), (2, 100)]), asked(&[(1, 180), (2, 20)]));
        let found = between(Measure::RequestsPerCustomer, &now, &before).unwrap();
        assert!((found.value - (1.5 / 1.1 - 1.0)).abs() < 1e-9 && found.is_clear());
        let few = asked(&[(1, 10), (2, 10)]);
        assert_eq!(between(Measure::RequestsPerCustomer, &few, &before).unwrap().interval, None);
        let open = |n| Figure::Backlog { n, ages: None };
        assert_eq!(between(Measure::Backlog, &open(900), &open(300)).unwrap().interval, None);
    }

    #[test]
    fn one_of_many_has_to_be_clearer() {
        // 56/70 − 48/80 by itself has no doubt, p = 0.008; nor beside three, but beside nine that did not move.
        let alone = between(Measure::AtRisk, &share(56, 70), &share(48, 80)).unwrap();
        assert!((alone.p.unwrap() - 0.0083).abs() < 5e-4, "{alone:?}");
        let same = between(Measure::AtRisk, &share(50, 80), &share(50, 80)).unwrap();
        assert!(same.p.is_some_and(|p| p > 0.999) && !same.is_clear());
        for (others, is_clear) in [(3, true), (9, false)] {
            let mut all = vec![Some(alone)];
            all.resize(1 + others, Some(same));
            all.push(None);
            correct(all.iter_mut().flatten());
            assert_eq!(all[0].unwrap().is_clear(), is_clear, "beside {others}");
            assert_eq!(all[0].unwrap().interval, alone.interval);
        }
    }

    #[test]
    fn medians_are_compared_on_the_logarithm() {
        let spread = |percentiles, median| {
            Figure::Spread(Spread { n: 50, pending: 0, percentiles: Some(percentiles), median })
        };
        let (now, before) =
            (spread([200, 0, 0, 0], Some((100, 400))), spread([100, 0, 0, 0], Some((50, 200))));
        let found = between(Measure::FirstResponse, &now, &before).unwrap();
        // Both reach from half to double: the ratio of 2 from 2 ÷ 2^√2 to 2 × 2^√2.
        let wide = 2_f64.powf(2_f64.sqrt());
        let (low, high) = found.interval.unwrap();
        assert!((low - (2.0 / wide - 1.0)).abs() < 1e-9 && (high - (2.0 * wide - 1.0)).abs() < 1e-9);
        assert!(!found.is_clear());
        let none = spread([0, 0, 0, 0], Some((0, 10)));
        assert_eq!(between(Measure::FirstResponse, &none, &before).unwrap().interval, None);
    }
}
