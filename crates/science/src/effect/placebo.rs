//! The same estimate at dates of the past at which nothing was changed: what the series makes of nothing.

use serde::{Deserialize, Serialize};

use super::{Estimate, Study, StudyError, model};
use crate::interval::{Share, share};
use crate::{quantile, real};

/// With fewer dates than this, the past does not overrule the interval.
const LEAST_DATES: usize = 20;

/// What the past makes of nothing. The windows overlap, so the dates are not independent of one another.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Placebo {
    /// The ratios found at all dates of the past whose window lies before the change, ascending.
    pub ratios: Vec<f64>,
    /// How many of these an interval calls an effect; 5 % when all is well.
    pub significant: Share,
    /// Of the ratios, 95 % lie from here …
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
    /// The past, when there is enough of it, shows effects of this size although nothing was changed.
    pub fn makes_as_much_of_nothing(&self) -> bool {
        self.inside && self.ratios.len() >= LEAST_DATES
    }
}

/// Every date of the past whose window, before and after, lies before the change.
pub(super) fn placebo(study: &Study, real_effect: Option<&Estimate>) -> Result<Option<Placebo>, StudyError> {
    let (mut logs, mut significant) = (Vec::new(), 0);
    for first in study.before..=study.first_after.saturating_sub(study.after) {
        let cases = study.window(study.days, first)?;
        if let Ok(step) = model::fit_step(&cases) {
            logs.push(step.log);
            significant += u64::from(step.p() < 0.05);
        }
    }
    logs.sort_unstable_by(f64::total_cmp);
    let dates = u64::try_from(logs.len()).unwrap_or(u64::MAX);
    let at = |q: f64| quantile::rank(logs.len(), q).and_then(|rank| logs.get(rank).copied());
    let (Some(low), Some(high), Some(significant)) = (at(0.025), at(0.975), share(significant, dates)) else {
        return Ok(None);
    };
    let log = real_effect.map(|estimate| estimate.ratio.value.map_or(f64::INFINITY, f64::ln));
    let p = log.map(|log| {
        let as_large = logs.iter().filter(|placebo| placebo.abs() >= log.abs()).count();
        real::len(as_large + 1) / real::len(logs.len() + 1)
    });
    Ok(Some(Placebo {
        significant,
        low: low.exp(),
        high: high.exp(),
        p,
        inside: log.is_some_and(|log| (low..=high).contains(&log)),
        ratios: logs.into_iter().map(f64::exp).collect(),
    }))
}
