//! Poisson regression with log link, by iteratively reweighted least squares (Nelder & Wedderburn 1972; McCullagh & Nelder
//! 1989, section 2.5).

use crate::linear::{Factor, Symmetric};
use crate::real;

/// One observation: what was counted, the logarithm of what it is divided by, and its terms.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) count: f64,
    pub(crate) offset: f64,
    pub(crate) terms: Vec<f64>,
}

/// A fitted model.
#[derive(Clone, Debug)]
pub(crate) struct Fit {
    pub(crate) coefficients: Vec<f64>,
    pub(crate) means: Vec<f64>,
    factor: Factor,
}

/// Why there is no fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NoFit {
    /// The terms cannot be told apart.
    Dependent,
    /// The iteration did not settle.
    Unsettled,
}

const MOST_ROUNDS: usize = 60;
/// Change of the deviance, in parts of it, at which the iteration has settled.
const SETTLED: f64 = 1e-11;
/// A linear predictor beyond this, off the offset, is that of a mean that is zero or infinite.
const FARTHEST: f64 = 30.0;

/// Fits all rows, which have equally many terms; something must have been counted.
pub(crate) fn fit(rows: &[Row]) -> Result<Fit, NoFit> {
    let terms = rows.first().map_or(0, |row| row.terms.len());
    independent(rows, terms)?;
    // Start where R's glm does: near the data, away from zero.
    let mut predictors: Vec<f64> = rows.iter().map(|row| (row.count + 0.1).ln()).collect();
    let mut deviance = f64::INFINITY;
    let mut coefficients: Option<Vec<f64>> = None;
    for _ in 0..MOST_ROUNDS {
        let (mut next, _) = step(rows, terms, &predictors)?;
        let mut moved = deviance_at(rows, &next);
        // A step that went too far is halved; the first has nothing to be halved towards.
        for _ in 0..30 {
            match &coefficients {
                Some(last) if moved.is_nan() || moved > deviance + 1e-8 * deviance.abs() => {
                    next = next.iter().zip(last).map(|(a, b)| f64::midpoint(*a, *b)).collect();
                    moved = deviance_at(rows, &next);
                }
                _ => break,
            }
        }
        let settled = (deviance - moved).abs() <= SETTLED * (moved.abs() + 0.1);
        deviance = moved;
        predictors = rows.iter().map(|row| predictor(row, &next)).collect();
        coefficients = Some(next);
        if settled {
            break;
        }
    }
    let (_, factor) = step(rows, terms, &predictors)?;
    let coefficients = coefficients.filter(|c| c.iter().all(|c| c.is_finite())).ok_or(NoFit::Unsettled)?;
    if !deviance.is_finite() {
        return Err(NoFit::Unsettled);
    }
    Ok(Fit { means: predictors.iter().map(|p| p.exp()).collect(), coefficients, factor })
}

/// One step of weighted least squares on the working response `log mean + (count - mean) / mean` with weights `mean`.
fn step(rows: &[Row], terms: usize, predictors: &[f64]) -> Result<(Vec<f64>, Factor), NoFit> {
    let (mut information, mut right) = (Symmetric::zero(terms), vec![0.0; terms]);
    for (row, predictor) in rows.iter().zip(predictors) {
        let mean = predictor.exp();
        let weighted = mean * (predictor - row.offset) + (row.count - mean);
        information.add(mean, &row.terms);
        right.iter_mut().zip(&row.terms).for_each(|(sum, x)| *sum += weighted * x);
    }
    let factor = information.factor().ok_or(NoFit::Unsettled)?;
    Ok((factor.solve(&right), factor))
}

/// The terms, without weights, must not depend on one another.
fn independent(rows: &[Row], terms: usize) -> Result<(), NoFit> {
    let mut products = Symmetric::zero(terms);
    for row in rows {
        products.add(1.0, &row.terms);
    }
    products.factor().map(|_| ()).ok_or(NoFit::Dependent)
}

fn predictor(row: &Row, coefficients: &[f64]) -> f64 {
    let sum: f64 = row.terms.iter().zip(coefficients).map(|(x, b)| x * b).sum();
    row.offset + sum.clamp(-FARTHEST, FARTHEST)
}

/// `2 Σ (y log(y/mean) - (y - mean))`.
fn deviance_at(rows: &[Row], coefficients: &[f64]) -> f64 {
    rows.iter()
        .map(|row| {
            let predictor = predictor(row, coefficients);
            let log = if row.count > 0.0 { row.count * (row.count.ln() - predictor) } else { 0.0 };
            2.0 * (log - (row.count - predictor.exp()))
        })
        .sum()
}

impl Fit {
    /// The variance of a coefficient, were the counts Poisson.
    pub(crate) fn variance(&self, term: usize) -> f64 {
        self.factor.inverse_diagonal(term)
    }

    /// Pearson residuals, `(count - mean) / sqrt(mean)`.
    pub(crate) fn residuals(&self, rows: &[Row]) -> Vec<f64> {
        rows.iter()
            .zip(&self.means)
            .map(|(row, mean)| if *mean > 0.0 { (row.count - mean) / mean.sqrt() } else { 0.0 })
            .collect()
    }

    /// Pearson's X² divided by the degrees of freedom (McCullagh & Nelder 1989, section 4.5): 1 for Poisson counts. `None`
    /// without a degree of freedom.
    pub(crate) fn dispersion(&self, residuals: &[f64]) -> Option<f64> {
        let freedom = residuals.len().checked_sub(self.coefficients.len()).filter(|freedom| *freedom > 0)?;
        Some(residuals.iter().map(|r| r * r).sum::<f64>() / real::len(freedom))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wave damage to cargo ships: type, year of construction, period of operation, months of service, incidents (McCullagh &
    /// Nelder 1989, section 6.3.2; R `MASS::ships`). Rows without service are left out, as there.
    const SHIPS: [(u8, u8, u8, u32, u32); 34] = [
        (0, 60, 60, 127, 0),
        (0, 60, 75, 63, 0),
        (0, 65, 60, 1095, 3),
        (0, 65, 75, 1095, 4),
        (0, 70, 60, 1512, 6),
        (0, 70, 75, 3353, 18),
        (0, 75, 75, 2244, 11),
        (1, 60, 60, 44882, 39),
        (1, 60, 75, 17176, 29),
        (1, 65, 60, 28609, 58),
        (1, 65, 75, 20370, 53),
        (1, 70, 60, 7064, 12),
        (1, 70, 75, 13099, 44),
        (1, 75, 75, 7117, 18),
        (2, 60, 60, 1179, 1),
        (2, 60, 75, 552, 1),
        (2, 65, 60, 781, 0),
        (2, 65, 75, 676, 1),
        (2, 70, 60, 783, 6),
        (2, 70, 75, 1948, 2),
        (2, 75, 75, 274, 1),
        (3, 60, 60, 251, 0),
        (3, 60, 75, 105, 0),
        (3, 65, 60, 288, 0),
        (3, 65, 75, 192, 0),
        (3, 70, 60, 349, 2),
        (3, 70, 75, 1208, 11),
        (3, 75, 75, 2051, 4),
        (4, 60, 60, 45, 0),
        (4, 65, 60, 789, 7),
        (4, 65, 75, 437, 7),
        (4, 70, 60, 1157, 5),
        (4, 70, 75, 2161, 12),
        (4, 75, 75, 542, 1),
    ];

    fn ships() -> Vec<Row> {
        let is = |yes: bool| f64::from(u8::from(yes));
        SHIPS
            .iter()
            .map(|(kind, built, period, service, incidents)| Row {
                count: f64::from(*incidents),
                offset: f64::from(*service).ln(),
                terms: vec![
                    1.0,
                    is(*kind == 1),
                    is(*kind == 2),
                    is(*kind == 3),
                    is(*kind == 4),
                    is(*built == 65),
                    is(*built == 70),
                    is(*built == 75),
                    is(*period == 75),
                ],
            })
            .collect()
    }

    #[test]
    fn the_ships_of_mccullagh_and_nelder() {
        // Published: -6.41, -0.54, -0.69, -0.08, 0.33, 0.70, 0.82, 0.45, 0.38; deviance 38.7; dispersion 1.69. More digits, and
        // standard errors: statsmodels 0.15.0.
        let coefficients = [
            -6.405_901_561,
            -0.543_344_301,
            -0.687_401_647,
            -0.075_961_422,
            0.325_579_456,
            0.697_140_427,
            0.818_426_577,
            0.453_426_639,
            0.384_466_958,
        ];
        let errors = [
            0.217_444_105,
            0.177_589_907,
            0.329_047_198,
            0.290_578_658,
            0.235_879_403,
            0.149_641_391,
            0.169_773_648,
            0.233_170_477,
            0.118_272_162,
        ];
        let rows = ships();
        let fit = fit(&rows).unwrap();
        for (index, (coefficient, error)) in coefficients.iter().zip(errors).enumerate() {
            assert!((fit.coefficients[index] - coefficient).abs() < 1e-7, "{index}");
            assert!((fit.variance(index).sqrt() - error).abs() < 1e-7, "{index}");
        }
        assert!((deviance_at(&rows, &fit.coefficients) - 38.695_051_535).abs() < 1e-7);
        assert!((fit.dispersion(&fit.residuals(&rows)).unwrap() - 1.691_010_125).abs() < 1e-7);
    }

    #[test]
    fn terms_that_cannot_be_told_apart_are_found() {
        let row = |x: f64| Row { count: 3.0, offset: 0.0, terms: vec![1.0, x, 1.0 - x] };
        assert_eq!(fit(&[row(0.0), row(1.0), row(0.0), row(1.0)]).unwrap_err(), NoFit::Dependent);
    }

    #[test]
    fn a_term_that_only_zeros_have_does_not_disturb_the_others() {
        // The mean of such a day goes to zero; the rest is fitted as if the day were not there.
        let row = |count: f64, x: f64| Row { count, offset: 0.0, terms: vec![1.0, x] };
        let fit = fit(&[row(4.0, 0.0), row(6.0, 0.0), row(0.0, 1.0)]).unwrap();
        assert!((fit.coefficients[0] - 5.0_f64.ln()).abs() < 1e-6, "{:?}", fit.coefficients);
        assert!(fit.coefficients[1] < -15.0);
    }
}
