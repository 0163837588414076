//! How large an expected peak will be, from how large earlier ones of its kind were.
//!
//! A peak is a ratio: what came in its hours against what usually comes then. Ratios multiply, so that they are looked at as
//! logarithms; of a few of them, the interval in which the next one lies follows Student's distribution (Hahn & Meeker,
//! *Statistical Intervals*, 1991, 4.7: `mean ± t · s · √(1 + 1/n)`). It is an interval for one peak, not for their mean, and
//! with few of them it is as wide as that makes it.

use crate::distribution::student_95;
use crate::real::len as real_len;

/// Fewer say nothing about the next one.
pub const FEWEST: usize = 3;

/// How large the next peak will be.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Size {
    /// The geometric mean of the earlier ratios: 2 means twice the usual number.
    pub ratio: f64,
    /// In 95 of 100 cases the next one lies above …
    pub low: f64,
    /// … and below.
    pub high: f64,
}

/// The size of the next peak, from what came in earlier ones and what usually comes then; `None` where there are fewer than
/// [`FEWEST`] of them. Half a request is added to each count, so that none is zero.
#[must_use]
pub fn size(earlier: &[(f64, f64)]) -> Option<Size> {
    let is_count = |count: f64| count.is_finite() && count >= 0.0;
    let known = earlier.iter().filter(|(came, usual)| is_count(*came) && is_count(*usual));
    let logs: Vec<f64> = known.map(|(came, usual)| ((came + 0.5) / (usual + 0.5)).ln()).collect();
    if logs.len() < FEWEST {
        return None;
    }
    let n = real_len(logs.len());
    let mean = logs.iter().sum::<f64>() / n;
    let variance = logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let reach = student_95(n - 1.0) * (variance * (1.0 + 1.0 / n)).sqrt();
    Some(Size { ratio: mean.exp(), low: (mean - reach).exp(), high: (mean + reach).exp() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_say_nothing() {
        assert_eq!(size(&[]), None);
        assert_eq!(size(&[(300.0, 100.0), (200.0, 100.0)]), None);
        assert_eq!(size(&[(300.0, 100.0), (200.0, 100.0), (f64::NAN, 100.0), (-1.0, 9.0)]), None);
    }

    /// Worked out apart from this code: ratios 2, 4 and 8 have the logarithmic mean ln 4 and the deviation ln 2; t(0.975, 2) is
    /// 4.302652729911275, and √(4/3) is 1.1547005383792515.
    #[test]
    fn it_is_the_interval_of_the_next_one() {
        let found = size(&[(19.5, 9.5), (39.5, 9.5), (79.5, 9.5)]).unwrap();
        let reach = (2.0_f64.ln() * 4.302_652_729_911_275 * 1.154_700_538_379_251_5).exp();
        assert!((found.ratio - 4.0).abs() < 1e-9, "{found:?}");
        assert!((found.low * reach / 4.0 - 1.0).abs() < 1e-9, "{found:?}");
        assert!((found.high / reach / 4.0 - 1.0).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn nothing_came_and_nothing_usually_does() {
        let found = size(&[(0.0, 0.0); 5]).unwrap();
        assert!((found.ratio - 1.0).abs() < 1e-12 && found.low <= 1.0 && found.high >= 1.0);
    }

    /// The interval holds the next one as often as it says: 95 of 100, on lognormal ratios.
    #[test]
    fn it_covers_what_it_says() {
        let mut state = 88_172_645_463_325_252_u64;
        let mut part = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            #[expect(clippy::cast_precision_loss, reason = "53 bits")]
            let part = ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
            part
        };
        // Box & Muller 1958.
        let mut normal = || (-2.0 * part().ln()).sqrt() * (std::f64::consts::TAU * part()).cos();
        let (mut inside, rounds) = (0, 4_000);
        for _ in 0..rounds {
            let ratios: Vec<f64> = (0..6).map(|_| (0.8 + 0.4 * normal()).exp()).collect();
            let earlier: Vec<(f64, f64)> =
                ratios.iter().take(5).map(|ratio| (ratio * 1e6 - 0.5, 1e6 - 0.5)).collect();
            let found = size(&earlier).unwrap();
            let next = ratios.last().copied().unwrap();
            inside += usize::from(found.low <= next && next <= found.high);
        }
        assert!((3_740..=3_860).contains(&inside), "{inside} of {rounds}");
    }
}
