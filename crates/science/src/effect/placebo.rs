//! The same estimate at other dates of the past: what the series makes of dates without this change.

use serde::{Deserialize, Serialize};

use super::model::{self, Step};
use super::{Doubt, Estimate, Study, StudyError, Verdict};
use crate::interval::{Share, share};
use crate::{quantile, real};

/// With fewer dates than this, the past does not overrule the interval.
const LEAST_DATES: usize = 20;

/// What the past makes of dates on which this change did not happen. Dates with something else that is known in their window
/// ([`Study::disturbed`]) are left out while at least twenty others remain: a past with little in it is no measure, and one
/// with everything in it at least a strict one. The windows overlap, so the dates are not independent of one another.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Placebo {
    /// The ratios found at the dates of the past whose window lies before the change, ascending.
    pub ratios: Vec<f64>,
    /// How many dates were left out, because something else is known to have happened in their window.
    pub left_out: usize,
    /// How many such dates are among `ratios` all the same, because fewer than twenty others were left.
    pub disturbed: usize,
    /// How many of these an interval calls an effect; 5 % when all is well.
    pub significant: Share,
    /// Of the ratios, at least 95 % lie from here …
    pub low: f64,
    /// … to here: an effect between the two is noise.
    pub high: f64,
    /// Share of dates with an effect at least as large as the real one, in either direction, with the real one counted among
    /// them (Phipson & Smyth 2010). `None` when the real one is not estimated.
    pub p: Option<f64>,
    /// The real effect lies between `low` and `high`.
    pub inside: bool,
}

impl Placebo {
    /// Why the past, when there is enough of it, does not bear a verdict out: it shows effects of this size without this change,
    /// or larger ones than there is said to be at most.
    pub(super) fn overrules(&self, verdict: Verdict, worthwhile: f64) -> Option<Doubt> {
        if self.ratios.len() < LEAST_DATES {
            return None;
        }
        let least = 1.0 - worthwhile;
        match verdict {
            Verdict::Fewer | Verdict::More => self.inside.then_some(Doubt::Past),
            Verdict::CannotTell { reason: Doubt::Small, .. } => {
                (self.low < least || self.high > 1.0 / least).then_some(Doubt::Past)
            }
            _ => None,
        }
    }
}

/// Every date of the past whose window, before and after, lies before the change.
pub(super) fn placebo(study: &Study, real_effect: Option<&Estimate>) -> Result<Option<Placebo>, StudyError> {
    let is_quiet = |first: &usize| {
        let start = first.saturating_sub(study.before);
        !study.disturbed.iter().take(first + study.after).skip(start).any(|is_disturbed| *is_disturbed)
    };
    let dates = study.before..=study.first_after.saturating_sub(study.after);
    let (quiet, others): (Vec<usize>, Vec<usize>) = dates.partition(is_quiet);
    let mut found = steps(study, &quiet)?;
    let (mut left_out, mut disturbed) = (others.len(), 0);
    if found.len() < LEAST_DATES {
        let more = steps(study, &others)?;
        (left_out, disturbed) = (0, more.len());
        found.extend(more);
    }
    let significant = found.iter().map(|step| u64::from(step.p() < 0.05)).sum();
    let mut logs: Vec<f64> = found.iter().map(|step| step.log).collect();
    logs.sort_unstable_by(f64::total_cmp);
    let dates = u64::try_from(logs.len()).unwrap_or(u64::MAX);
    // As many lie above as below; of fewer than forty-one all are between the ends.
    let cut = quantile::rank(logs.len(), 0.025).unwrap_or(0);
    let ends = (logs.get(cut).copied(), logs.iter().rev().nth(cut).copied());
    let ((Some(low), Some(high)), Some(significant)) = (ends, share(significant, dates)) else {
        return Ok(None);
    };
    let log = real_effect.map(|estimate| estimate.ratio.value.map_or(f64::INFINITY, f64::ln));
    let p = log.map(|log| {
        let as_large = logs.iter().filter(|placebo| placebo.abs() >= log.abs()).count();
        real::len(as_large + 1) / real::len(logs.len() + 1)
    });
    Ok(Some(Placebo {
        left_out,
        disturbed,
        significant,
        low: low.exp(),
        high: high.exp(),
        p,
        inside: log.is_some_and(|log| (low..=high).contains(&log)),
        ratios: logs.into_iter().map(f64::exp).collect(),
    }))
}

/// The steps found at these dates, where one can be.
fn steps(study: &Study, dates: &[usize]) -> Result<Vec<Step>, StudyError> {
    let mut steps = Vec::with_capacity(dates.len());
    for first in dates {
        steps.extend(model::fit_step(&study.window(study.days, *first)?).ok());
    }
    Ok(steps)
}
