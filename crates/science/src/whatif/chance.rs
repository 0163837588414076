//! What is drawn.

use fastrand::Rng;

/// An exponential time with this rate; endless when it never happens.
pub(super) fn exponential(rng: &mut Rng, rate: f64) -> f64 {
    if rate > 0.0 { -(1.0 - rng.f64()).ln() / rate } else { f64::INFINITY }
}

/// A normal number (Box & Muller 1958).
fn normal(rng: &mut Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.f64()).cos()
}

/// A gamma number with mean 1 and this variance (Marsaglia & Tsang 2000, for shapes below 1 with their power of a uniform).
pub(super) fn factor(rng: &mut Rng, variance: f64) -> f64 {
    if variance < 1e-9 {
        return 1.0;
    }
    let shape = 1.0 / variance;
    let boost = if shape < 1.0 { (1.0 - rng.f64()).powf(variance) } else { 1.0 };
    let d = if shape < 1.0 { shape + 2.0 / 3.0 } else { shape - 1.0 / 3.0 };
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal(rng);
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && (1.0 - rng.f64()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return boost * d * v * variance;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_moments_that_they_say() {
        let mut rng = Rng::with_seed(3);
        for variance in [0.01, 0.2, 1.0, 3.0] {
            let draws: Vec<f64> = (0..200_000).map(|_| factor(&mut rng, variance)).collect();
            let mean = draws.iter().sum::<f64>() / 200_000.0;
            let squares = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / 200_000.0;
            assert!(
                (mean - 1.0).abs() < 0.02 && (squares / variance - 1.0).abs() < 0.05,
                "{variance}: {mean} {squares}"
            );
        }
        assert!((factor(&mut rng, 0.0) - 1.0).abs() < f64::EPSILON);
        let mean = (0..100_000).map(|_| exponential(&mut rng, 0.5)).sum::<f64>() / 100_000.0;
        assert!((mean - 2.0).abs() < 0.03, "{mean}");
        assert!(exponential(&mut rng, 0.0).is_infinite());
    }
}
