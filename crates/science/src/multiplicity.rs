//! Many comparisons at once: some differ by chance alone.

use crate::real;

/// The q-values of many p-values, in the order given (Benjamini & Hochberg 1995): who calls those at or below 0.05 found
/// errs in 5 % of what is called found, in the long run. What is no probability counts as 1.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let clean = |p: f64| if (0.0..=1.0).contains(&p) { p } else { 1.0 };
    let mut order: Vec<(usize, f64)> = p.iter().map(|p| clean(*p)).enumerate().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (tests, mut least, mut q) = (p.len(), 1.0_f64, vec![1.0; p.len()]);
    for (place, (index, value)) in order.into_iter().enumerate() {
        least = least.min(value * (real::len(tests) / real::len(tests - place)));
        if let Some(slot) = q.get_mut(index) {
            *slot = least;
        }
    }
    q
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_example_of_the_paper() {
        // Benjamini & Hochberg (1995), section 4.2: 15 p-values, of which the first four are found at 5 %.
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
            0.6528, 0.7590, 1.000,
        ];
        // R: p.adjust(p, "BH").
        let q = [
            0.0015,
            0.003,
            0.0095,
            0.035_625,
            0.0603,
            0.063_857_142_857,
            0.063_857_142_857,
            0.0645,
            0.0765,
            0.486,
            0.581_181_818_182,
            0.714_875,
            0.753_230_769_231,
            0.813_214_285_714,
            1.0,
        ];
        for (ours, theirs) in benjamini_hochberg(&p).iter().zip(q) {
            assert!((ours - theirs).abs() < 1e-9, "{ours} {theirs}");
        }
        assert_eq!(benjamini_hochberg(&p).iter().filter(|q| **q <= 0.05).count(), 4);
    }

    proptest! {
        #[test]
        fn order_does_not_matter_and_q_is_never_below_p(p in prop::collection::vec(-0.1_f64..1.2, 0..40)) {
            let q = benjamini_hochberg(&p);
            let mut reversed: Vec<f64> = p.iter().rev().copied().collect();
            reversed = benjamini_hochberg(&reversed);
            reversed.reverse();
            prop_assert_eq!(&q, &reversed);
            prop_assert!(p.iter().zip(&q).all(|(p, q)| (0.0..=1.0).contains(q) && *q >= p.clamp(0.0, 1.0)));
        }
    }
}
