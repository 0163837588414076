//! Nothing at all was counted on one side: the ratio is zero, or has no end, and a regression has no estimate.

use super::model::{self, Case, Design};
use super::{Doubt, Estimate, Verdict, glm};
use crate::interval::Ratio;
use crate::real;

/// Given their sum, the count of the one side is binomial (Przyborowski & Wilenski 1940), so that all `n` requests fall on
/// the side with the share `e` of what was to be expected with probability `e^n`. As the requests are not independent,
/// `n` is what they are worth: their number divided by the dispersion and the autocorrelation factor of their own side.
pub(super) fn judge(cases: &[Case]) -> (Verdict, Option<Estimate>) {
    let counted_after = cases.iter().any(|case| case.step > 0.0 && case.count > 0.0);
    let (full, empty): (Vec<Case>, Vec<Case>) =
        cases.iter().cloned().partition(|case| (case.step > 0.0) == counted_after);
    let Some(estimate) = estimate(&full, &empty, counted_after) else {
        return (Verdict::NothingCounted, None);
    };
    (
        estimate.direction().unwrap_or(Verdict::CannotTell { reason: Doubt::Power, days_needed: None }),
        Some(estimate),
    )
}

fn estimate(full: &[Case], empty: &[Case], counted_after: bool) -> Option<Estimate> {
    let Design { rows, .. } = model::design(full, false);
    let fit = glm::fit(&rows).ok()?;
    let residuals = fit.residuals(&rows);
    let dispersion = fit.dispersion(&residuals)?;
    let parts = vec![0; residuals.len()];
    let r = model::autocorrelation(&residuals, &parts, fit.coefficients.len());
    let total: f64 = full.iter().map(|case| case.count).sum();
    let exposure = |cases: &[Case]| -> f64 { cases.iter().map(|case| case.log_exposure.exp()).sum() };
    let worth = total / (dispersion.max(1.0) * model::inflation(r));
    let odds = exposure(full) / exposure(empty);
    // The ratio of the empty side to the full one at which all of them on the full side has probability 2.5 %.
    let bound = odds * (0.025_f64.powf(-1.0 / worth) - 1.0);
    let ratio = if counted_after {
        Ratio { value: None, low: 1.0 / bound, high: None }
    } else {
        Ratio { value: Some(0.0), low: 0.0, high: Some(bound).filter(|bound| bound.is_finite()) }
    };
    let p = (2.0 * (odds / (1.0 + odds)).powf(worth)).min(1.0);
    let effective_days = real::len(full.len() + empty.len()) / model::inflation(r);
    (worth > 0.0 && bound > 0.0).then_some(Estimate {
        ratio,
        p,
        dispersion,
        autocorrelation: r,
        effective_days,
    })
}
