//! Before and after: did a change of the product, the help pages or the desk change how many requests come?
//!
//! Counts of days are not Poisson: they vary more than that, and resemble the days around them. A test that ignores either
//! finds an effect at half of the dates at which nothing happened. Here the count of a day has the mean
//! `exposure × exp(weekday + known events + step)`; the step is estimated by Poisson regression, and its error is
//! multiplied by the dispersion (quasi-Poisson; McCullagh & Nelder 1989, section 4.5) and by the factor
//! `(1 + r)/(1 - r)` of the autocorrelation `r` of the residuals. Then the same is done at other dates of the past
//! ([`Placebo`]), which shows what this series makes of dates without this change, and with requests that the change
//! cannot have touched ([`against_control`]).

use serde::{Deserialize, Serialize};

use crate::distribution::{Z_POWER, student_95};
use crate::interval::Ratio;
use crate::real;

mod control;
mod expected;
mod glm;
mod model;
mod one_sided;
mod period;
mod placebo;

pub use control::{Difference, against_control};
pub use expected::{Expected, expected};
pub use period::{compare_days, compare_periods, inflation_of_days, like_for_like};
pub use placebo::Placebo;

use model::{Case, NoStep, Step};

/// Open days before a change without which nothing is estimated: two of each weekday.
pub const LEAST_BEFORE: u32 = 14;
/// Open days after a change without which nothing is estimated: one of each weekday.
pub const LEAST_AFTER: u32 = 7;
/// More days than this are not asked for: by then something else has changed.
const MOST_NEEDED: u32 = 730;

/// The requests of one day.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Day {
    /// 0 to 6; which day is 0 does not matter.
    pub weekday: u8,
    /// How many came; `None` when the desk was closed or did not record.
    pub count: Option<u64>,
    /// Active users, above zero; 1 throughout when they are not known.
    pub exposure: f64,
}

/// What is asked: days in a row, and the day of the change.
#[derive(Clone, Copy, Debug)]
pub struct Study<'a> {
    /// Consecutive days. Those before the window serve as the past in which nothing was changed.
    pub days: &'a [Day],
    /// Other things that are known to move the count (a release, an incident, a holiday, the price), a value for each day each.
    pub events: &'a [&'a [f64]],
    /// Days on which something else is known to have happened that `events` do not account for: [`Placebo`] avoids them. May be
    /// shorter than `days`; the others are quiet.
    pub disturbed: &'a [bool],
    /// Index of the first day on which the change was in force.
    pub first_after: usize,
    /// Days of the window before it, as far as there are any: 56 is a good number.
    pub before: usize,
    /// Days of the window from it on: 28 is a good number. Fix both before looking.
    pub after: usize,
    /// Days until the change had reached everybody; 0 or 1 when it reached them at once.
    pub ramp: usize,
    /// The smallest change worth knowing, for the days still needed: 0.15 for one of 15 %.
    pub worthwhile: f64,
}

/// Numbers that no study can be made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StudyError {
    /// There is no day before, or none after.
    #[error("the change lies outside of the days given")]
    Outside,
    /// A weekday is 0 to 6.
    #[error("day {day}: a weekday is a number from 0 to 6")]
    Weekday {
        /// Index of the day.
        day: usize,
    },
    /// An exposure is above zero.
    #[error("day {day}: active users must be a number above zero on a day that was open")]
    Exposure {
        /// Index of the day.
        day: usize,
    },
    /// Every event has a number for every day.
    #[error("day {day}: an event has no number for it")]
    Event {
        /// Index of the day.
        day: usize,
    },
    /// The smallest change worth knowing lies between 0 and 1.
    #[error("the smallest change worth knowing must lie between 0 and 1")]
    Worthwhile,
    /// Control days match the days of the study.
    #[error("the control needs exactly one day for each day of the study")]
    Control,
}

/// Why nothing is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// The whole interval lies within what is worth knowing: if there is a change, it is smaller.
    Small,
    /// Too few days or requests to find a change worth knowing.
    Power,
    /// There were days enough to find one four times in five, and still the interval holds both no change and one worth knowing.
    Undecided,
    /// The past shows as much without this change, or more than the interval allows for.
    Past,
    /// The interval alone would say so; among several that are looked at it may be chance.
    Multiplicity,
}

/// What can be said.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Verdict {
    /// Fewer requests: the interval lies below 1, and outside of what the past makes of nothing.
    Fewer,
    /// More requests.
    More,
    /// The interval reaches both sides, or the past shows as much without any change.
    CannotTell {
        /// Why.
        reason: Doubt,
        /// Days still needed after the change to find a change worth knowing at a power of 80 %. 0 only for [`Doubt::Small`].
        /// `None` for [`Doubt::Power`] when two years would not do, because there are too few days or requests before, and for
        /// all others, which it is not known that days would settle.
        days_needed: Option<u32>,
    },
    /// Too few open days, or too few independent ones.
    TooShort {
        /// Days missing before.
        before: u32,
        /// Days missing after.
        after: u32,
    },
    /// Nothing was counted, before or after.
    NothingCounted,
    /// Something else that is known happened at the same time, so that the two cannot be told apart.
    Inseparable,
}

/// The days of one side.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Side {
    /// Open days.
    pub days: u32,
    /// Requests.
    pub count: u64,
    /// Sum of the exposure: active-user days.
    pub exposure: f64,
}

/// How large a change is.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Estimate {
    /// After divided by before, all else equal.
    pub ratio: Ratio,
    /// The probability of a change of this size or more if there is none.
    pub p: f64,
    /// Variance of the counts divided by their mean; Poisson counts have 1.
    pub dispersion: f64,
    /// How much a day resembles the day before it, 0 to 0.9.
    pub autocorrelation: f64,
    /// How many independent days the days are worth.
    pub effective_days: f64,
}

impl Estimate {
    /// How many times more the counts vary than Poisson counts, days resembling their neighbours included: what a test of
    /// counts over days takes as their dispersion, as [`crate::interval::rate_ratio`] does.
    pub fn inflation(&self) -> f64 {
        model::inflated(self.dispersion, self.autocorrelation)
    }
}

/// The answer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Effect {
    /// What can be said.
    pub verdict: Verdict,
    /// How large it is, where it can be estimated.
    pub estimate: Option<Estimate>,
    /// The days before.
    pub before: Side,
    /// The days after.
    pub after: Side,
    /// The same at dates of the past; `None` when the past is not long enough for one.
    pub placebo: Option<Placebo>,
}

/// Estimates the effect of a change.
pub fn before_and_after(study: &Study) -> Result<Effect, StudyError> {
    study.check()?;
    let cases = study.window(study.days, study.first_after)?;
    let (before, after) = study.sides();
    let mut effect = judge(&cases, before, after, study.worthwhile);
    effect.placebo = placebo::placebo(study, effect.estimate.as_ref())?;
    let overruled =
        effect.placebo.as_ref().and_then(|placebo| placebo.overrules(effect.verdict, study.worthwhile));
    effect.verdict =
        overruled.map_or(effect.verdict, |reason| Verdict::CannotTell { reason, days_needed: None });
    Ok(effect)
}

impl Study<'_> {
    fn check(&self) -> Result<(), StudyError> {
        if self.first_after == 0 || self.first_after >= self.days.len() || self.before == 0 || self.after == 0
        {
            return Err(StudyError::Outside);
        }
        if !(self.worthwhile > 0.0 && self.worthwhile < 1.0) {
            return Err(StudyError::Worthwhile);
        }
        if let Some(event) = self.events.iter().find(|event| event.len() < self.days.len()) {
            return Err(StudyError::Event { day: event.len() });
        }
        Ok(())
    }

    /// The open days of the window around a change on the day `first`, of this study's or of other days.
    fn window(&self, days: &[Day], first: usize) -> Result<Vec<Case>, StudyError> {
        let start = first.saturating_sub(self.before);
        let window = days.iter().enumerate().take(first + self.after).skip(start);
        window
            .filter_map(|(index, day)| {
                let since = (index + 1).saturating_sub(first);
                let step = (real::len(since) / real::len(self.ramp.max(1))).min(1.0);
                model::case(index, day, self.events, step, 0).transpose()
            })
            .collect()
    }

    fn sides(&self) -> (Side, Side) {
        let start = self.first_after.saturating_sub(self.before);
        let (before, after) = self.days.split_at(self.first_after);
        (Side::of(before.iter().skip(start)), Side::of(after.iter().take(self.after)))
    }
}

impl Side {
    fn of<'a>(days: impl Iterator<Item = &'a Day>) -> Self {
        let mut side = Self::default();
        for day in days {
            if let Some(count) = day.count {
                side.days += 1;
                side.count = side.count.saturating_add(count);
                side.exposure += day.exposure;
            }
        }
        side
    }
}

/// Judges a window that must be long enough, but for the placebo.
fn judge(cases: &[Case], before: Side, after: Side, worthwhile: f64) -> Effect {
    let missing = |least: u32, side: Side| least.saturating_sub(side.days);
    let short = (missing(LEAST_BEFORE, before), missing(LEAST_AFTER, after));
    if short == (0, 0) {
        return judge_cases(cases, before, after, worthwhile);
    }
    let verdict = Verdict::TooShort { before: short.0, after: short.1 };
    Effect { verdict, estimate: None, before, after, placebo: None }
}

fn judge_cases(cases: &[Case], before: Side, after: Side, worthwhile: f64) -> Effect {
    let (verdict, estimate) = match model::fit_step(cases) {
        Ok(step) => {
            let estimate = step.estimate();
            (step.verdict(&estimate, before, after, worthwhile), Some(estimate))
        }
        Err(NoStep::OneSided) => one_sided::judge(cases),
        Err(none) => (none.verdict(), None),
    };
    Effect { verdict, estimate, before, after, placebo: None }
}

impl NoStep {
    fn verdict(self) -> Verdict {
        match self {
            Self::TooShort(after) => Verdict::TooShort { before: 0, after },
            Self::Nothing | Self::OneSided => Verdict::NothingCounted,
            Self::Inseparable => Verdict::Inseparable,
        }
    }
}

impl Estimate {
    /// What the interval alone says.
    fn direction(&self) -> Option<Verdict> {
        if self.ratio.high.is_some_and(|high| high < 1.0) {
            return Some(Verdict::Fewer);
        }
        (self.ratio.low > 1.0).then_some(Verdict::More)
    }
}

impl Step {
    fn estimate(&self) -> Estimate {
        Estimate {
            ratio: self.ratio(),
            p: self.p(),
            dispersion: self.dispersion,
            autocorrelation: self.autocorrelation,
            effective_days: self.effective_days(),
        }
    }

    fn verdict(&self, estimate: &Estimate, before: Side, after: Side, worthwhile: f64) -> Verdict {
        let need = Need { error: self.error, freedom: self.freedom, before: before.days, after: after.days };
        estimate.direction().unwrap_or_else(|| need.verdict(estimate.ratio, worthwhile))
    }
}

/// How sure a step on the log scale is, and on how many days it stands.
struct Need {
    error: f64,
    freedom: f64,
    before: u32,
    after: u32,
}

impl Need {
    /// Of an interval that holds no change: what it says all the same.
    fn verdict(&self, ratio: Ratio, worthwhile: f64) -> Verdict {
        let least = 1.0 - worthwhile;
        let is_small = ratio.low > least && ratio.high.is_some_and(|high| high < 1.0 / least);
        let (reason, days_needed) = match self.days(worthwhile) {
            _ if is_small => (Doubt::Small, Some(0)),
            Some(0) => (Doubt::Undecided, None),
            days => (Doubt::Power, days),
        };
        Verdict::CannotTell { reason, days_needed }
    }

    /// The variance of a step goes with `1/before + 1/after` days; it must come down to what finds a change worth knowing at a
    /// power of 80 %.
    fn days(&self, worthwhile: f64) -> Option<u32> {
        let (before, after) = (f64::from(self.before), f64::from(self.after));
        let a_day = self.error * self.error / (1.0 / before + 1.0 / after);
        let wanted = (1.0 - worthwhile).ln() / (student_95(self.freedom) + Z_POWER);
        let left = wanted * wanted / a_day - 1.0 / before;
        if left <= 0.0 { None } else { real::whole(1.0 / left - after, MOST_NEEDED) }
    }
}

#[cfg(test)]
mod tests;
