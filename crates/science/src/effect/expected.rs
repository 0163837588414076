//! What the days would have been like without the change, for drawing beside what they were like.

use serde::{Deserialize, Serialize};

use super::{Study, StudyError, glm, model};
use crate::distribution::Z_95;

/// What was to be expected of one day of the window.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Expected {
    /// Index of the day.
    pub day: usize,
    /// Requests that the model expects with weekday, known events and exposure, had the step not come.
    pub count: f64,
    /// Of days like this, 95 % have at least so many …
    pub low: f64,
    /// … and at most so many.
    pub high: f64,
}

/// The open days of the window as the model of [`super::before_and_after`] expects them without the step. The band is
/// `mean ± 1.96 sqrt(dispersion × mean)`, the spread of single days; that the mean itself is estimated is not in it. Empty when
/// there is nothing to fit, or the step cannot be told apart.
pub fn expected(study: &Study) -> Result<Vec<Expected>, StudyError> {
    study.check()?;
    let start = study.first_after.saturating_sub(study.before);
    let cases = study.window(study.days, study.first_after)?;
    if model::fit_step(&cases).is_err() {
        return Ok(Vec::new());
    }
    let model::Design { kept, rows } = model::design(&cases, true);
    let Ok(fit) = glm::fit(&rows) else { return Ok(Vec::new()) };
    let dispersion = fit.dispersion(&fit.residuals(&rows)).unwrap_or(1.0).max(1.0);
    let step = fit.coefficients.last().copied().unwrap_or_default();
    let window = study.days.iter().enumerate().take(study.first_after + study.after).skip(start);
    let open: Vec<usize> = window.filter(|(_, day)| day.count.is_some()).map(|(index, _)| index).collect();
    let places = kept.iter().filter_map(|kept| open.get(*kept).copied());
    let days = places.zip(rows.iter().zip(&fit.means)).map(|(day, (row, mean))| {
        let count = mean / (step * row.terms.last().copied().unwrap_or_default()).exp();
        let half = Z_95 * (dispersion * count).sqrt();
        Expected { day, count, low: (count - half).max(0.0), high: count + half }
    });
    Ok(days.collect())
}
