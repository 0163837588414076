//! Difference in differences: the change of the requests that a change was meant for, less the change of those that it
//! cannot have touched. What moves both, a market day or a holiday, falls out.

use serde::{Deserialize, Serialize};

use super::model::{self, Case, Step};
use super::{Day, Estimate, Need, Study, StudyError, Verdict};
use crate::distribution::student_two_sided;

/// Residuals of the two are not believed to move together more than this.
const MOST_CORRELATED: f64 = 0.9;

/// An effect beside what happened elsewhere.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Difference {
    /// What the difference says.
    pub verdict: Verdict,
    /// The change of those that the change was meant for.
    pub treated: Option<Estimate>,
    /// The change of the untouched ones.
    pub control: Option<Estimate>,
    /// The one ratio divided by the other. Dispersion, autocorrelation and days are those of the treated.
    pub difference: Option<Estimate>,
    /// How much the days of both move together beyond weekday and step, 0 to 0.9.
    pub correlation: f64,
}

/// Compares with requests that the change cannot have touched: other types, or a region without it. Several are added up. Each
/// has one day for each day of the study; a day counts when all were open. The variance of the difference is
/// `a² + b² - 2 c a b` for the errors `a` and `b` and the correlation `c` of the residuals, which is taken as 0 when negative.
pub fn against_control(study: &Study, controls: &[&[Day]]) -> Result<Difference, StudyError> {
    study.check()?;
    if controls.is_empty() || controls.iter().any(|control| control.len() != study.days.len()) {
        return Err(StudyError::Control);
    }
    let control: Vec<Day> =
        study.days.iter().enumerate().map(|(index, day)| pooled(index, day, controls)).collect();
    let treated: Vec<Day> = study
        .days
        .iter()
        .zip(&control)
        .map(|(day, other)| Day { count: day.count.filter(|_| other.count.is_some()), ..*day })
        .collect();
    let one = study.window(&treated, study.first_after)?;
    let other = study.window(&control, study.first_after)?;
    Ok(match (estimated(&one), estimated(&other)) {
        (Ok(step), Ok(other)) => {
            let after = one.iter().filter(|case| case.step > 0.0).count();
            difference(&step, &other, (one.len() - after, after), study.worthwhile)
        }
        (one, other) => {
            let verdict = one.as_ref().err().or(other.as_ref().err()).copied();
            let (treated, control) = (one.ok().map(|s| s.estimate()), other.ok().map(|s| s.estimate()));
            let verdict = verdict.unwrap_or(Verdict::NothingCounted);
            Difference { verdict, treated, control, difference: None, correlation: 0.0 }
        }
    })
}

/// The day of all controls together.
fn pooled(index: usize, day: &Day, controls: &[&[Day]]) -> Day {
    let counts = controls.iter().map(|control| control.get(index).and_then(|day| day.count));
    let count = counts.chain([day.count.map(|_| 0)]).sum::<Option<u64>>();
    let exposure =
        controls.first().and_then(|control| control.get(index)).map_or(day.exposure, |day| day.exposure);
    Day { weekday: day.weekday, count, exposure }
}

fn estimated(cases: &[Case]) -> Result<Step, Verdict> {
    let days = |after: bool| cases.iter().filter(|case| (case.step > 0.0) == after).count();
    let missing = |least: u32, days: usize| least.saturating_sub(u32::try_from(days).unwrap_or(u32::MAX));
    let short = (missing(super::LEAST_BEFORE, days(false)), missing(super::LEAST_AFTER, days(true)));
    if short != (0, 0) {
        return Err(Verdict::TooShort { before: short.0, after: short.1 });
    }
    model::fit_step(cases).map_err(model::NoStep::verdict)
}

/// `days` are those before and after on which both were open.
fn difference(one: &Step, other: &Step, days: (usize, usize), worthwhile: f64) -> Difference {
    let correlation = correlation(&one.residuals, &other.residuals);
    let variance =
        one.error * one.error + other.error * other.error - 2.0 * correlation * one.error * other.error;
    let (log, error, freedom) =
        (one.log - other.log, variance.max(0.0).sqrt(), one.freedom.min(other.freedom));
    let estimate = Estimate {
        ratio: model::ratio(log, error, freedom),
        p: if error > 0.0 { student_two_sided(log / error, freedom) } else { 1.0 },
        ..one.estimate()
    };
    let whole = |days: usize| u32::try_from(days).unwrap_or(u32::MAX);
    let need = Need { error, freedom, before: whole(days.0), after: whole(days.1) };
    Difference {
        verdict: estimate.direction().unwrap_or_else(|| need.verdict(estimate.ratio, worthwhile)),
        treated: Some(one.estimate()),
        control: Some(other.estimate()),
        difference: Some(estimate),
        correlation,
    }
}

fn correlation(one: &[Option<f64>], other: &[Option<f64>]) -> f64 {
    let (mut product, mut left, mut right) = (0.0, 0.0, 0.0);
    for (a, b) in one.iter().zip(other) {
        if let (Some(a), Some(b)) = (a, b) {
            product += a * b;
            left += a * a;
            right += b * b;
        }
    }
    let scale: f64 = left * right;
    if scale > 0.0 { (product / scale.sqrt()).clamp(0.0, MOST_CORRELATED) } else { 0.0 }
}
