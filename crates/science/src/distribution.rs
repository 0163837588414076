//! The distributions that the other modules ask, with arguments that may be anything: outside of its domain a
//! probability is 1, which never makes a finding.

use statrs::function::beta::checked_beta_reg;
use statrs::function::erf::erfc;

/// The 97.5 % quantile of the normal distribution.
pub(crate) const Z_95: f64 = 1.959_963_984_540_054;
/// The 80 % quantile of the normal distribution: the power that sample sizes are worked out for.
pub(crate) const Z_POWER: f64 = 0.841_621_233_572_914_2;

/// `P(|Z| >= |z|)` of the normal distribution.
pub(crate) fn normal_two_sided(z: f64) -> f64 {
    if z.is_nan() { 1.0 } else { erfc(z.abs() / std::f64::consts::SQRT_2).clamp(0.0, 1.0) }
}

/// `P(|T| >= |t|)` of Student's distribution; the degrees of freedom need not be whole.
pub(crate) fn student_two_sided(t: f64, freedom: f64) -> f64 {
    if t.is_nan() || freedom.is_nan() || freedom <= 0.0 {
        return 1.0;
    }
    if freedom > 1e6 {
        return normal_two_sided(t);
    }
    let square = t * t;
    if square.is_infinite() {
        return 0.0;
    }
    checked_beta_reg(freedom / 2.0, 0.5, freedom / (freedom + square)).unwrap_or(1.0).clamp(0.0, 1.0)
}

/// The 97.5 % quantile of Student's distribution with at least one degree of freedom: where the logarithm of the tail, which is
/// accurate everywhere, crosses that of 5 %; by false position with the Illinois rule (Dowell & Jarratt 1971).
pub(crate) fn student_95(freedom: f64) -> f64 {
    if freedom > 1e6 {
        return Z_95;
    }
    let above = |t: f64| (student_two_sided(t, freedom) / 0.05).ln();
    let (mut low, mut high) = (Z_95, 12.8);
    let (mut at_low, mut at_high) = (above(low), above(high));
    let (mut last, mut last_moved) = (low, 0_i8);
    for _ in 0..60 {
        let t = (low * at_high - high * at_low) / (at_high - at_low);
        let at = above(t);
        let moved = if at > 0.0 { 1 } else { -1 };
        // An end that stays twice counts half, or it would stay for good.
        let weight = if moved == last_moved { 0.5 } else { 1.0 };
        if moved > 0 {
            (low, at_low, at_high) = (t, at, at_high * weight);
        } else {
            (high, at_high, at_low) = (t, at, at_low * weight);
        }
        if at == 0.0 || (t - last).abs() <= 1e-13 * t {
            return t;
        }
        (last, last_moved) = (t, moved);
    }
    last
}

/// `P(X >= count)` of the negative binomial distribution with this mean and size (variance `mean + mean²/size`), which is the
/// regularised incomplete beta function `I(mean/(mean+size); count, size)` (Johnson, Kemp & Kotz 2005, eq. 5.31).
pub(crate) fn negative_binomial_tail(count: u32, mean: f64, size: f64) -> f64 {
    if count == 0 || !mean.is_finite() || !size.is_finite() || size <= 0.0 {
        return 1.0;
    }
    if mean <= 0.0 {
        return 0.0;
    }
    checked_beta_reg(f64::from(count), size, mean / (mean + size)).unwrap_or(1.0).clamp(0.0, 1.0)
}

/// `P(X >= count)` of the binomial distribution, which is the regularised incomplete beta function
/// `I(p; count, trials - count + 1)` (Johnson, Kemp & Kotz 2005, eq. 3.37).
pub(crate) fn binomial_tail(count: u32, trials: u32, p: f64) -> f64 {
    if count == 0 || count > trials || !(0.0..1.0).contains(&p) {
        return 1.0;
    }
    if p <= 0.0 {
        return 0.0;
    }
    checked_beta_reg(f64::from(count), f64::from(trials - count) + 1.0, p).unwrap_or(1.0).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(left: f64, right: f64, relative: f64) -> bool {
        (left - right).abs() <= relative * right.abs()
    }

    #[test]
    fn student_agrees_with_scipy() {
        // Degrees of freedom, 97.5 % quantile, P(|T| >= 2.5), P(|T| >= 12): scipy 1.15 stats.t.
        let table = [
            (1.0, 12.706_204_736_174_694, 0.242_237_883_181_686_82, 5.292_935_211_917_975_5e-2),
            (1.4, 6.657_002_568_708_426, 0.180_833_686_074_952_15, 2.214_699_809_032_334_7e-2),
            (2.0, 4.302_652_729_749_462, 0.129_611_720_221_510_82, 6.872_933_677_158_46e-3),
            (5.0, 2.570_581_835_636_314_6, 5.449_009_934_237_626e-2, 7.089_492_517_161_522e-5),
            (10.5, 2.213_840_292_918_788_6, 3.042_627_264_108_857_5e-2, 1.833_030_207_555_076_5e-7),
            (30.0, 2.042_272_456_301_237_8, 1.811_564_906_806_669e-2, 5.580_185_415_199_261e-13),
            (1000.0, 1.962_339_080_826_408_3, 1.257_856_780_109_080_7e-2, 4.324_057_386_774_429e-31),
        ];
        for (freedom, quantile, at_2_5, at_12) in table {
            assert!(close(student_95(freedom), quantile, 1e-9), "{freedom}");
            assert!(close(student_two_sided(2.5, freedom), at_2_5, 1e-9), "{freedom}");
            assert!(close(student_two_sided(-12.0, freedom), at_12, 1e-7), "{freedom}");
        }
    }

    #[test]
    fn the_negative_binomial_tail_agrees_with_scipy() {
        // Count, mean, size, P(X >= count): scipy 1.15 stats.nbinom.sf(count - 1, size, size / (size + mean)).
        let table = [
            (3, 0.4, 5.0, 0.011_333_874_267_840_103),
            (20, 8.0, 12.0, 0.005_032_963_319_176_638),
            (40, 12.0, 300.0, 5.150_201_007_210_186e-10),
            (200, 150.0, 5000.0, 7.331_391_663_004_626e-5),
            (90, 10.0, 30.0, 7.372_525_170_359_452e-31),
            (5000, 4500.0, 20_000.0, 2.200_347_473_882_165_8e-11),
            (1, 1e-6, 5.0, 9.999_994_001_888_51e-7),
            (60, 2.0, 5.5, 2.156_354_072_841_186_2e-29),
        ];
        for (count, mean, size, tail) in table {
            let ours = negative_binomial_tail(count, mean, size);
            assert!(close(ours, tail, 1e-6), "{count} {mean} {size}: {ours:e}, not {tail:e}");
        }
    }

    #[test]
    fn the_binomial_tail_agrees_with_scipy() {
        // Count, trials, p, P(X >= count): scipy 1.15 stats.binom.sf(count - 1, trials, p).
        let table = [
            (3, 12, 0.1, 0.110_869_977_745),
            (20, 32, 0.125, 4.291_157_957_615_457e-11),
            (5, 5, 0.02, 3.200_000_000_000_000_5e-9),
            (1, 400, 1e-5, 0.003_992_030_576_300_918),
            (30, 40, 0.7, 0.308_742_725_322_392),
            (300, 1000, 0.25, 1.935_903_219_490_758e-4),
            (14, 16, 0.003, 5.707_466_447_377_052e-34),
        ];
        for (count, trials, p, tail) in table {
            let ours = binomial_tail(count, trials, p);
            assert!(close(ours, tail, 1e-9), "{count} {trials} {p}: {ours:e}, not {tail:e}");
        }
    }

    #[test]
    fn what_is_outside_of_the_domain_is_no_finding() {
        for p in [
            normal_two_sided(f64::NAN),
            student_two_sided(f64::NAN, 5.0),
            student_two_sided(9.0, 0.0),
            negative_binomial_tail(5, f64::NAN, 1.0),
            negative_binomial_tail(5, 1.0, 0.0),
            negative_binomial_tail(0, 1.0, 1.0),
            binomial_tail(3, 2, 0.5),
            binomial_tail(1, 2, f64::NAN),
        ] {
            assert!((p - 1.0).abs() < f64::EPSILON);
        }
        assert!(normal_two_sided(f64::INFINITY) < 1e-300 && student_two_sided(1e200, 4.0) < 1e-300);
        assert!((normal_two_sided(Z_95) - 0.05).abs() < 1e-9);
    }
}
