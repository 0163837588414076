//! Percentiles: one rule, everywhere.
//!
//! The quantile `q` of `n` values is the value with the zero-based rank `floor(q (n - 1))` among them in order: always a
//! value that was observed, the lower one of two medians, and the same that a `DDSketch` approximates (Masson, Rim & Lee
//! 2019). A ceiling instead of the floor gives another value where two peaks lie far apart, so the rule is fixed by tests.

use std::cmp::Ordering;

use crate::distribution::Z_95;
use crate::real;

/// Up to so many values the ranks of a median's interval are exact: of more, powers of one half are too small for a number.
const EXACT: usize = 1_000;
/// The probability that a median lies below its interval, or above.
const OUTSIDE: f64 = 0.025;

/// The zero-based rank of the quantile `q` among `n` values. `None` without values, or when `q` is not from 0 to 1.
pub fn rank(n: usize, q: f64) -> Option<usize> {
    let last = n.checked_sub(1)?;
    if !(0.0..=1.0).contains(&q) {
        return None;
    }
    // 0.29 * 100 is a little less than 29, and must not be 28.
    let exact = q * real::len(last);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and n - 1")]
    let rank = (exact + exact * 1e-12).floor() as usize;
    Some(rank.min(last))
}

/// The zero-based ranks of the two of `n` values between which the median lies with a probability of at least 95 %,
/// whatever the distribution: the one is as far from the least as the other from the greatest (David & Nagaraja, "Order
/// Statistics", 3rd edition 2003, section 7.1). Supposes that the values do not depend on each other. `None` for fewer than
/// six, of which no two do.
pub fn median_ranks(n: usize) -> Option<(usize, usize)> {
    let last = n.checked_sub(1)?;
    if n > EXACT {
        // The normal approximation of the binomial, with its correction for continuity.
        let outside = ((real::len(n) + 1.0 - Z_95 * real::len(n).sqrt()) / 2.0).floor();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and n / 2")]
        let rank = outside.max(1.0) as usize - 1;
        return Some((rank, last - rank));
    }
    // The probability that so many of n values are below the median, and that as many or fewer are.
    let mut exactly = 0.5_f64.powi(i32::try_from(n).unwrap_or(i32::MAX));
    let (mut at_most, mut rank) = (exactly, None);
    for below in 0..n / 2 {
        if at_most > OUTSIDE {
            break;
        }
        rank = Some(below);
        exactly *= real::len(n - below) / real::len(below + 1);
        at_most += exactly;
    }
    rank.map(|rank| (rank, last - rank))
}

/// The quantile `q`, found by selection in linear time; the values change their order.
pub fn quantile<T: Ord + Copy>(values: &mut [T], q: f64) -> Option<T> {
    quantile_by(values, q, T::cmp)
}

/// The quantile `q` of real numbers in their total order.
pub fn quantile_f64(values: &mut [f64], q: f64) -> Option<f64> {
    quantile_by(values, q, f64::total_cmp)
}

/// Several quantiles in ascending order of `q`, cheaper than one after the other. `None` without values, or when a `q` is
/// not from 0 to 1 or smaller than the one before.
pub fn quantiles<T: Ord + Copy>(values: &mut [T], qs: &[f64]) -> Option<Vec<T>> {
    let n = values.len();
    let (mut rest, mut passed, mut found) = (values, 0, Vec::<(usize, T)>::with_capacity(qs.len()));
    for q in qs {
        let rank = rank(n, *q)?;
        match found.last() {
            Some((last, value)) if *last == rank => found.push((rank, *value)),
            _ => {
                let here = std::mem::take(&mut rest);
                let index = rank.checked_sub(passed).filter(|index| *index < here.len())?;
                let (_, value, above) = here.select_nth_unstable(index);
                found.push((rank, *value));
                rest = above;
                passed = rank + 1;
            }
        }
    }
    Some(found.into_iter().map(|(_, value)| value).collect())
}

fn quantile_by<T: Copy>(values: &mut [T], q: f64, order: impl FnMut(&T, &T) -> Ordering) -> Option<T> {
    let rank = rank(values.len(), q)?;
    let (_, value, _) = values.select_nth_unstable_by(rank, order);
    Some(*value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_rank_rule() {
        // (n, q in percent, zero-based rank)
        let table = [
            (1, 0, 0),
            (1, 50, 0),
            (1, 100, 0),
            (2, 50, 0),
            (2, 99, 0),
            (2, 100, 1),
            (3, 50, 1),
            (4, 50, 1),
            (10, 90, 8),
            (11, 90, 9),
            (100, 50, 49),
            (100, 90, 89),
            (100, 99, 98),
            (101, 29, 29),
            (101, 58, 58),
            (1001, 99, 990),
        ];
        for (n, percent, expected) in table {
            assert_eq!(rank(n, f64::from(percent) / 100.0), Some(expected), "{n} {percent}");
        }
        assert_eq!(rank(0, 0.5), None);
        assert_eq!(rank(5, 1.1), None);
        assert_eq!(rank(5, f64::NAN), None);
    }

    #[test]
    fn the_interval_of_a_median_agrees_with_published_ranks() {
        // Campbell & Gardner, "Calculating confidence intervals for some non-parametric analyses", BMJ 296 (1988), table of
        // exact ranks, from 1: n, lower, upper.
        let table = [
            (6, 1, 6),
            (7, 1, 7),
            (9, 2, 8),
            (10, 2, 9),
            (15, 4, 12),
            (20, 6, 15),
            (25, 8, 18),
            (50, 18, 33),
            (100, 40, 61),
        ];
        for (n, low, high) in table {
            assert_eq!(median_ranks(n), Some((low - 1, high - 1)), "{n}");
        }
        assert_eq!(median_ranks(0), None);
        assert_eq!(median_ranks(5), None);
        // Where the approximation begins, it goes on.
        let (exact, near) = (median_ranks(EXACT).unwrap(), median_ranks(EXACT + 1).unwrap());
        assert!(near.0.abs_diff(exact.0) <= 1, "{exact:?} {near:?}");
    }

    #[test]
    fn two_peaks_show_which_rule_it_is() {
        let mut values = [1, 1, 1, 1, 1, 100, 100, 100, 100, 100];
        assert_eq!(quantile(&mut values, 0.5), Some(1));
        assert_eq!(quantile_f64(&mut [3.0, 1.0, 2.0, 4.0], 0.5), Some(2.0));
    }

    proptest! {
        #[test]
        fn selection_gives_what_sorting_gives(mut values in prop::collection::vec(0_u64..50, 1..200), q in 0.0_f64..=1.0) {
            let mut sorted = values.clone();
            sorted.sort_unstable();
            let expected = sorted[rank(sorted.len(), q).unwrap()];
            prop_assert_eq!(quantile(&mut values, q), Some(expected));
        }

        #[test]
        fn many_at_once_are_the_same(mut values in prop::collection::vec(0_u64..50, 1..200)) {
            let qs = [0.0, 0.1, 0.1, 0.5, 0.9, 0.99, 1.0];
            let each: Vec<u64> = qs.iter().map(|q| quantile(&mut values.clone(), *q).unwrap()).collect();
            prop_assert_eq!(quantiles(&mut values, &qs), Some(each));
            prop_assert_eq!(quantiles(&mut values, &[0.9, 0.1]).filter(|_| values.len() > 1 && rank(values.len(), 0.9) > rank(values.len(), 0.1)), None);
        }

        #[test]
        fn every_percent_of_a_hundred_steps_is_exact(hundreds in 1_usize..2000, percent in 0_u32..=100) {
            prop_assert_eq!(rank(hundreds * 100 + 1, f64::from(percent) / 100.0), Some(hundreds * percent as usize));
        }
    }
}
