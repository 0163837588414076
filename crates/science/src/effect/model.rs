//! The model of daily counts: weekday, known events and a step, with the error of the step as large as days that resemble
//! their neighbours make it.

use super::glm::{self, NoFit, Row};
use super::{Day, StudyError};
use crate::distribution::{student_95, student_two_sided};
use crate::interval::Ratio;
use crate::real;

/// Terms for weekdays need this many days …
const LEAST_FOR_WEEKDAYS: usize = 21;
/// … and this many requests for each of them.
const LEAST_A_WEEKDAY: f64 = 5.0;
/// Days in excess of the terms.
const LEAST_FREEDOM: usize = 7;
/// An autocorrelation is not believed beyond this.
const MOST_AUTOCORRELATION: f64 = 0.9;
/// A step on the log scale, or its error, beyond this says that the data do not determine it.
const FARTHEST: f64 = 20.0;

/// An open day, as the model sees it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) count: f64,
    pub(crate) log_exposure: f64,
    pub(crate) weekday: u8,
    /// 0 before, 1 after, between them while it is rolled out.
    pub(crate) step: f64,
    pub(crate) events: Vec<f64>,
    /// Days of different parts are not neighbours.
    pub(crate) part: u8,
}

/// The step that was found, on the log scale.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) log: f64,
    pub(crate) error: f64,
    pub(crate) freedom: f64,
    pub(crate) dispersion: f64,
    pub(crate) autocorrelation: f64,
    pub(crate) days: usize,
    /// Of each case; `None` for one that says nothing.
    pub(crate) residuals: Vec<Option<f64>>,
}

/// Why there is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NoStep {
    /// So many days are missing.
    TooShort(u32),
    /// Nothing was counted at all.
    Nothing,
    /// Nothing was counted on one side.
    OneSided,
    /// An event covers the change, or the data do not determine it for another reason.
    Inseparable,
}

/// The case of an open day; `None` when it was closed or not recorded.
pub(crate) fn case(
    index: usize,
    day: &Day,
    events: &[&[f64]],
    step: f64,
    part: u8,
) -> Result<Option<Case>, StudyError> {
    let Some(count) = day.count else { return Ok(None) };
    if day.weekday > 6 {
        return Err(StudyError::Weekday { day: index });
    }
    if !day.exposure.is_finite() || day.exposure <= 0.0 {
        return Err(StudyError::Exposure { day: index });
    }
    let values = events.iter().map(|event| event.get(index).copied().filter(|value| value.is_finite()));
    let events = values.collect::<Option<Vec<f64>>>().ok_or(StudyError::Event { day: index })?;
    let (count, log_exposure) = (real::count(count), day.exposure.ln());
    Ok(Some(Case { count, log_exposure, weekday: day.weekday, step, events, part }))
}

/// Which cases say something, and the terms of each: 1, weekdays, events that vary, and the step at the end.
pub(crate) struct Design {
    pub(crate) kept: Vec<usize>,
    pub(crate) rows: Vec<Row>,
}

/// A weekday on which nothing was ever counted would be fitted with a mean of zero: its days say nothing about the step.
pub(crate) fn design(cases: &[Case], with_step: bool) -> Design {
    let mut by_weekday = [0.0; 7];
    for case in cases {
        if let Some(sum) = by_weekday.get_mut(usize::from(case.weekday)) {
            *sum += case.count;
        }
    }
    let counted = |weekday: u8| by_weekday.get(usize::from(weekday)).is_some_and(|sum| *sum > 0.0);
    let total: f64 = by_weekday.iter().sum();
    let weekdays: Vec<u8> = (0..7).filter(|weekday| counted(*weekday)).collect();
    let use_weekdays =
        cases.len() >= LEAST_FOR_WEEKDAYS && total >= LEAST_A_WEEKDAY * real::len(weekdays.len());
    let kept: Vec<usize> = cases
        .iter()
        .enumerate()
        .filter(|(_, c)| !use_weekdays || counted(c.weekday))
        .map(|(i, _)| i)
        .collect();
    let chosen = || kept.iter().filter_map(|index| cases.get(*index));
    let varies: Vec<bool> = (0..cases.first().map_or(0, |case| case.events.len()))
        .map(|event| {
            let mut values = chosen().filter_map(|case| case.events.get(event));
            let first = values.next();
            values.any(|value| first.is_some_and(|first| (value - first).abs() > f64::EPSILON))
        })
        .collect();
    let rows = chosen().map(|case| {
        let mut terms = vec![1.0];
        if use_weekdays {
            let others = weekdays.iter().skip(1);
            terms.extend(others.map(|weekday| f64::from(u8::from(*weekday == case.weekday))));
        }
        terms.extend(case.events.iter().zip(&varies).filter(|(_, varies)| **varies).map(|(value, _)| *value));
        if with_step {
            terms.push(case.step);
        }
        Row { count: case.count, offset: case.log_exposure, terms }
    });
    let rows = rows.collect();
    Design { kept, rows }
}

/// How the days depend on one another: the lag-1 autocorrelation of Pearson residuals, corrected for the bias that a short
/// series and the fitted terms give it, `r + (1 + 4r)/n + terms/2n` (Marriott & Pope 1954), from 0 to 0.9.
pub(crate) fn autocorrelation(residuals: &[f64], parts: &[u8], terms: usize) -> f64 {
    let squares: f64 = residuals.iter().map(|r| r * r).sum();
    if squares <= 0.0 {
        return 0.0;
    }
    let pairs = residuals.iter().zip(parts);
    let products: f64 = pairs
        .clone()
        .zip(pairs.skip(1))
        .map(|((a, part), (b, next))| if part == next { a * b } else { 0.0 })
        .sum();
    let (r, n) = (products / squares, real::len(residuals.len()));
    (r + (1.0 + 4.0 * r) / n + real::len(terms) / (2.0 * n)).clamp(0.0, MOST_AUTOCORRELATION)
}

/// The factor by which days that resemble their neighbours inflate a variance: that of a first-order autoregression.
pub(crate) fn inflation(autocorrelation: f64) -> f64 {
    (1.0 + autocorrelation) / (1.0 - autocorrelation)
}

/// How many times more than Poisson counts days vary that are so dispersed and resemble their neighbours so much.
pub(crate) fn inflated(dispersion: f64, autocorrelation: f64) -> f64 {
    dispersion.max(1.0) * inflation(autocorrelation)
}

/// Fits the step. Its standard error is that of quasi-Poisson regression, times the root of [`inflation`]; its test is
/// Student's with as many degrees of freedom as there are independent days, less three.
pub(crate) fn fit_step(cases: &[Case]) -> Result<Step, NoStep> {
    let side = |after: bool| cases.iter().filter(|c| (c.step > 0.0) == after).map(|c| c.count).sum::<f64>();
    match (side(false) > 0.0, side(true) > 0.0) {
        (false, false) => return Err(NoStep::Nothing),
        (true, true) => {}
        _ => return Err(NoStep::OneSided),
    }
    let Design { kept, rows } = design(cases, true);
    let terms = rows.first().map_or(0, |row| row.terms.len());
    if let Some(missing) = (terms + LEAST_FREEDOM).checked_sub(rows.len()).filter(|missing| *missing > 0) {
        return Err(NoStep::TooShort(u32::try_from(missing).unwrap_or(u32::MAX)));
    }
    let fit = glm::fit(&rows).map_err(|none| match none {
        NoFit::Dependent | NoFit::Unsettled => NoStep::Inseparable,
    })?;
    let residuals = fit.residuals(&rows);
    let parts: Vec<u8> = kept.iter().filter_map(|index| cases.get(*index)).map(|case| case.part).collect();
    let dispersion = fit.dispersion(&residuals).ok_or(NoStep::Inseparable)?;
    let r = autocorrelation(&residuals, &parts, terms);
    let days = rows.len();
    let freedom = real::len(days) / inflation(r) - 3.0;
    if freedom < 1.0 {
        let missing = 4.0 * inflation(r) - real::len(days);
        return Err(NoStep::TooShort(real::whole(missing.max(1.0), u32::MAX).unwrap_or(u32::MAX)));
    }
    let log = fit.coefficients.last().copied().unwrap_or_default();
    let error = (fit.variance(terms - 1) * dispersion.max(1.0) * inflation(r)).sqrt();
    if !error.is_finite() || error > FARTHEST || log.abs() > FARTHEST {
        return Err(NoStep::Inseparable);
    }
    let mut by_case = vec![None; cases.len()];
    for (index, residual) in kept.iter().zip(&residuals) {
        if let Some(slot) = by_case.get_mut(*index) {
            *slot = Some(*residual);
        }
    }
    Ok(Step { log, error, freedom, dispersion, autocorrelation: r, days, residuals: by_case })
}

impl Step {
    /// How many independent days the days are worth.
    pub(crate) fn effective_days(&self) -> f64 {
        real::len(self.days) / inflation(self.autocorrelation)
    }

    /// The step as a ratio.
    pub(crate) fn ratio(&self) -> Ratio {
        ratio(self.log, self.error, self.freedom)
    }

    /// The probability of a step of this size or more if there is none.
    pub(crate) fn p(&self) -> f64 {
        student_two_sided(self.log / self.error, self.freedom)
    }
}

/// A difference on the log scale as a ratio. An upper end that no number can hold is none.
pub(crate) fn ratio(log: f64, error: f64, freedom: f64) -> Ratio {
    let half = error * student_95(freedom);
    let high = (log + half).exp();
    Ratio {
        value: Some(log.exp()),
        low: (log - half).exp(),
        high: Some(high).filter(|high| high.is_finite()),
    }
}
