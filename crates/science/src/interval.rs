//! Shares and rates with their 95 % intervals, and when a figure rests on too little to be read.

use serde::{Deserialize, Serialize};

use crate::distribution::{Z_95, normal_two_sided};
use crate::real;

/// A share of fewer than this many is flagged: National Center for Health Statistics, Data Presentation Standards for
/// Proportions (Parker et al. 2017), which suppress denominators below 30 …
pub const FEWEST_FOR_A_SHARE: u64 = 30;
/// … and intervals of this width or more.
pub const WIDEST_SHARE: f64 = 0.30;
/// A rate of fewer events than this is flagged: the same centre's rule for vital rates; 20 events have a relative standard
/// error of 22 % at the least.
pub const FEWEST_FOR_A_RATE: u64 = 20;

/// The two ends of a 95 % interval.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// A share, with how well it is known.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Share {
    /// How many of them.
    pub part: u64,
    /// Of how many.
    pub whole: u64,
    /// `part / whole`.
    pub share: f64,
    /// Wilson's interval.
    pub interval: Interval,
    /// Too few to be read as more than an anecdote: [`FEWEST_FOR_A_SHARE`], [`WIDEST_SHARE`].
    pub small: bool,
}

/// Answers to a question that not everybody answered.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Responses {
    /// The share of good answers among the answers.
    pub good: Share,
    /// The share of those asked who answered.
    pub rate: Share,
    /// What the share would be if everybody who kept silent had given a bad, or a good answer (Manski 1989).
    pub bounds: Interval,
}

/// A count, and what it is divided by: days, active users, minutes.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Rate {
    /// How many were counted.
    pub count: u64,
    /// What they are divided by, above zero.
    pub exposure: f64,
}

/// How many times the one the other is. Where nothing was counted to divide by, there is no value and no upper end.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Ratio {
    /// The ratio.
    pub value: Option<f64>,
    /// The lower end of its 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: Option<f64>,
}

/// A ratio of rates with its test.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct RateRatio {
    /// The second rate divided by the first.
    pub ratio: Ratio,
    /// The probability of a difference of this size or more if there is none (score test).
    pub p: f64,
    /// One of the counts is too small to be read: [`FEWEST_FOR_A_RATE`].
    pub small: bool,
}

/// The share `part / whole`; `None` when there is nothing to divide by, or more parts than the whole has.
pub fn share(part: u64, whole: u64) -> Option<Share> {
    if whole == 0 || part > whole {
        return None;
    }
    let interval = wilson(real::count(part), real::count(whole));
    let small = whole < FEWEST_FOR_A_SHARE || interval.high - interval.low >= WIDEST_SHARE;
    Some(Share { part, whole, share: real::count(part) / real::count(whole), interval, small })
}

/// Wilson's score interval (Wilson 1927; recommended by Brown, Cai & DasGupta 2001). Takes real numbers, because counts
/// that are overdispersed enter divided by their dispersion. `whole` is above zero.
pub(crate) fn wilson(part: f64, whole: f64) -> Interval {
    let (share, square) = (part / whole, Z_95 * Z_95);
    let centre = (share + square / (2.0 * whole)) / (1.0 + square / whole);
    let spread = share * (1.0 - share) / whole + square / (4.0 * whole * whole);
    let half = Z_95 * spread.max(0.0).sqrt() / (1.0 + square / whole);
    // At the ends the formula gives 0 and 1 but for rounding.
    let low = if part <= 0.0 { 0.0 } else { (centre - half).clamp(0.0, share) };
    let high = if part >= whole { 1.0 } else { (centre + half).clamp(share, 1.0) };
    Interval { low, high }
}

/// What `good` of `answered` answers say when `asked` were asked; `None` without answers, or when the numbers do not nest.
pub fn responses(good: u64, answered: u64, asked: u64) -> Option<Responses> {
    let (share_good, rate) = (share(good, answered)?, share(answered, asked)?);
    let bounds = Interval {
        low: real::count(good) / real::count(asked),
        high: real::count(good + (asked - answered)) / real::count(asked),
    };
    Some(Responses { good: share_good, rate, bounds })
}

/// The interval of a mean of small numbers, such as requests per customer: `counts` has each number and how many have it. By the
/// central limit theorem, from the spread of the numbers themselves, which need not be Poisson's. `None` of fewer than
/// [`FEWEST_FOR_A_SHARE`], for which it does not hold, and where all numbers are one and the same.
pub fn mean(counts: &[(u32, u64)]) -> Option<Interval> {
    let n = counts.iter().map(|(_, times)| *times).sum::<u64>();
    if n < FEWEST_FOR_A_SHARE {
        return None;
    }
    let all = real::count(n);
    let sum: f64 = counts.iter().map(|(number, times)| f64::from(*number) * real::count(*times)).sum();
    let centre = sum / all;
    let squares: f64 = counts
        .iter()
        .map(|(number, times)| (f64::from(*number) - centre).powi(2) * real::count(*times))
        .sum();
    let half = Z_95 * (squares / (all - 1.0) / all).sqrt();
    (half > 0.0).then_some(Interval { low: centre - half, high: centre + half })
}

/// The rate ratio `second / first`. Given their sum, the one count is binomial (Przyborowski & Wilenski 1940); the ends of
/// the Wilson interval of that share, turned into odds, are the ends of the ratio.
///
/// `dispersion` is the variance of the counts divided by their mean, 1 for Poisson; below 1 it is taken as 1. Counts of
/// requests are not Poisson over days: take the dispersion from [`crate::effect`], times its autocorrelation factor, or
/// use [`crate::effect`] itself. `None` when nothing was counted, or an exposure is not above zero.
pub fn rate_ratio(first: Rate, second: Rate, dispersion: f64) -> Option<RateRatio> {
    let total = first.count.checked_add(second.count)?;
    let usable = |x: f64| x.is_finite() && x > 0.0;
    if total == 0 || !usable(first.exposure) || !usable(second.exposure) || !dispersion.is_finite() {
        return None;
    }
    let (a, b, scale) = (real::count(first.count), real::count(second.count), dispersion.max(1.0));
    let interval = wilson(b / scale, (a + b) / scale);
    let exposures = first.exposure / second.exposure;
    let odds = |share: f64| share / (1.0 - share) * exposures;
    let ratio = Ratio {
        value: (first.count > 0).then(|| b / a * exposures),
        low: odds(interval.low),
        high: (interval.high < 1.0).then(|| odds(interval.high)),
    };
    let expected = second.exposure / (first.exposure + second.exposure);
    let z = (b - (a + b) * expected) / (scale * (a + b) * expected * (1.0 - expected)).sqrt();
    let small = first.count.min(second.count) < FEWEST_FOR_A_RATE;
    Some(RateRatio { ratio, p: normal_two_sided(z), small })
}

/// The two-sided P value that goes with a 95 % interval, on a scale where nothing is zero and the estimate is normal:
/// `estimate` is a difference or the logarithm of a ratio, `reach` how far the interval reaches from it towards zero.
/// (Altman & Bland, "How to obtain the P value from a confidence interval", BMJ 2011;343:d2304.) An interval that is not
/// symmetric is read by the side on which zero may lie, so that it holds zero where the value is above 0.05.
#[must_use]
pub fn p_value(estimate: f64, reach: f64) -> f64 {
    if reach > 0.0 { normal_two_sided(Z_95 * estimate / reach) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wilson_agrees_with_published_values() {
        // Newcombe (1998), table I, method 3, and statsmodels 0.15 proportion_confint(method="wilson").
        let table = [
            (81, 263, 0.255_288_519_878_274_2, 0.366_209_576_982_8),
            (15, 148, 0.062_386_399_530_736_28, 0.160_487_241_723_303_05),
            (0, 20, 0.0, 0.161_125_158_052_819_4),
            (1, 29, 0.006_113_214_292_762_667, 0.171_755_218_793_204_94),
            (9, 10, 0.595_849_973_204_761_4, 0.982_123_786_904_927),
            (180, 200, 0.850_594_187_567_282_6, 0.934_329_551_330_904_1),
            (10, 10, 0.722_467_200_137_110_7, 1.0),
            (3, 1_000_000, 1.020_271_240_968_123_2e-6, 8.821_149_774_312_438e-6),
        ];
        for (part, whole, low, high) in table {
            let share = share(part, whole).unwrap();
            assert!((share.interval.low - low).abs() < 1e-7, "{share:?}");
            assert!((share.interval.high - high).abs() < 1e-7, "{share:?}");
        }
    }

    #[test]
    fn silence_leaves_bounds() {
        // 90 % of good answers at a response rate of 15 % may be anything from 13.5 to 98.5 %.
        let answers = responses(135, 150, 1000).unwrap();
        assert!((answers.bounds.low - 0.135).abs() < 1e-12 && (answers.bounds.high - 0.985).abs() < 1e-12);
        assert_eq!((answers.good.part, answers.rate.part, answers.rate.whole), (135, 150, 1000));
        assert_eq!(responses(1, 0, 10), None);
        assert_eq!(responses(3, 2, 10), None);
        assert_eq!(responses(1, 20, 10), None);
    }

    #[test]
    fn a_mean_is_as_sure_as_its_numbers_are_alike() {
        // R: x <- c(rep(1, 30), rep(3, 10)); mean(x) + c(-1, 1) * qnorm(.975) * sd(x) / sqrt(40)
        let found = mean(&[(1, 30), (3, 10)]).unwrap();
        assert!((found.low - 1.228_201).abs() < 1e-5 && (found.high - 1.771_799).abs() < 1e-5, "{found:?}");
        assert_eq!(mean(&[(1, 20), (3, 9)]), None, "too few");
        assert_eq!(mean(&[(1, 50)]), None, "nothing to tell from");
    }

    #[test]
    fn an_interval_tells_its_p_value() {
        // The example of Altman & Bland: a ratio of 0.81, 0.70 to 0.94, P = 0.005.
        let (ratio, low, high) = (0.81_f64.ln(), 0.70_f64.ln(), 0.94_f64.ln());
        let p = p_value(ratio, (high - low) / 2.0);
        assert!((p - 0.005).abs() < 5e-4, "{p}");
        assert!((p_value(1.0, 1.0) - 0.05).abs() < 1e-8, "zero lies at its end");
        assert!(p_value(-3.0, 2.0) < 0.05 && p_value(-2.0, 3.0) > 0.05);
        assert_eq!((p_value(1.0, 0.0), p_value(0.0, 1.0)), (1.0, 1.0));
    }

    #[test]
    fn small_is_said() {
        assert!(share(25, 29).unwrap().small, "fewer than 30");
        assert!(share(20, 40).is_some_and(|s| !s.small));
        assert!(share(15, 31).unwrap().small, "the interval is too wide");
        assert!(!share(180, 200).unwrap().small);
    }

    #[test]
    fn the_rate_ratio_agrees_with_independent_values() {
        // First count and exposure, second, ratio and interval: statsmodels' Wilson interval of the split, as odds.
        let table = [
            (41, 28_010.0, 15, 19_017.0, 0.538_863_173_771_349_6, 0.300_764_456_935_024_6, 0.965_451_6),
            (60, 1000.0, 48, 1000.0, 0.8, 0.548_566_396_972_173_6, 1.166_677_367_648_650_2),
            (100, 10.0, 150, 12.0, 1.25, 0.971_206_152_831_684_3, 1.608_824_239_102_66),
        ];
        for (a, ea, b, eb, value, low, high) in table {
            let (a, b) = (Rate { count: a, exposure: ea }, Rate { count: b, exposure: eb });
            let found = rate_ratio(a, b, 1.0).unwrap();
            assert!((found.ratio.value.unwrap() - value).abs() < 1e-7, "{found:?}");
            assert!((found.ratio.low - low).abs() < 1e-7, "{found:?}");
            assert!((found.ratio.high.unwrap() - high).abs() < 1e-7, "{found:?}");
            assert_eq!(found.p < 0.05, high < 1.0, "the score test and its interval agree");
        }
    }

    #[test]
    fn a_ratio_to_nothing_has_no_upper_end() {
        let (none, some) = (Rate { count: 0, exposure: 10.0 }, Rate { count: 30, exposure: 10.0 });
        let up = rate_ratio(none, some, 1.0).unwrap();
        assert_eq!((up.ratio.value, up.ratio.high, up.small), (None, None, true));
        assert!(up.ratio.low > 5.0 && up.p < 1e-6);
        let down = rate_ratio(some, none, 1.0).unwrap();
        assert!(down.ratio.value == Some(0.0) && down.ratio.high.unwrap() < 0.2);
        assert_eq!(rate_ratio(none, none, 1.0), None);
        assert_eq!(rate_ratio(some, Rate { count: 1, exposure: 0.0 }, 1.0), None);
        assert_eq!(rate_ratio(some, Rate { count: 1, exposure: f64::NAN }, 1.0), None);
    }

    proptest! {
        #[test]
        fn a_share_lies_in_its_interval_and_mirrors(whole in 1_u64..100_000, at in 0.0_f64..=1.0) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "test")]
            let part = ((whole as f64) * at) as u64;
            let (one, other) = (share(part, whole).unwrap(), share(whole - part, whole).unwrap());
            prop_assert!(one.interval.low <= one.share && one.share <= one.interval.high);
            prop_assert!((one.interval.low - (1.0 - other.interval.high)).abs() < 1e-9);
        }

        #[test]
        fn the_other_way_round_is_the_inverse(a in 1_u64..10_000, b in 1_u64..10_000, e in 0.01_f64..100.0, d in 0.5_f64..20.0) {
            let (one, two) = (Rate { count: a, exposure: 1.0 }, Rate { count: b, exposure: e });
            let (there, back) = (rate_ratio(one, two, d).unwrap(), rate_ratio(two, one, d).unwrap());
            prop_assert!((there.ratio.low * back.ratio.high.unwrap() - 1.0).abs() < 1e-6);
            prop_assert!((there.p - back.p).abs() < 1e-9);
            let value = there.ratio.value.unwrap();
            prop_assert!(there.ratio.low <= value && value <= there.ratio.high.unwrap());
        }
    }
}
