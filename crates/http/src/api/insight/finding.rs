//! What comparisons of days say: verdicts, and the estimates that they stand on.

use serde::Serialize;
use standfast_science::effect::{Doubt, Estimate, Side, Verdict};
use standfast_science::interval::Ratio;
use utoipa::ToSchema;

/// What can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VerdictCode {
    /// Fewer requests than before.
    Fewer,
    /// More.
    More,
    /// It may be chance.
    CannotTell,
    /// Too few days.
    TooShort,
    /// Nothing was counted.
    NothingCounted,
    /// Another event that is accounted for covers the change.
    Inseparable,
}

/// Why it cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DoubtCode {
    /// If there is a change, it is smaller than 15 %: the whole interval is.
    Small,
    /// Too few days or requests to find a change of 15 %.
    Power,
    /// There were days enough to find one four times in five; still the interval reaches from no change to more than 15 %.
    Undecided,
    /// The past shows as much without this change, or moves by itself by more than the interval allows for.
    Past,
    /// Alone it would be found; among several that are looked at it may be chance.
    Multiplicity,
}

impl From<Doubt> for DoubtCode {
    fn from(doubt: Doubt) -> Self {
        match doubt {
            Doubt::Small => Self::Small,
            Doubt::Power => Self::Power,
            Doubt::Undecided => Self::Undecided,
            Doubt::Past => Self::Past,
            Doubt::Multiplicity => Self::Multiplicity,
        }
    }
}

/// What can be said, and what is missing.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct VerdictView {
    /// The verdict.
    code: VerdictCode,
    /// Of `cannot_tell`: why.
    reason: Option<DoubtCode>,
    /// Of `cannot_tell`: days after the change that are still needed to find a change of 15 % with a power of 80 %. 0 only with
    /// the reason `small`. Null with `power` when two years would not do, because there are too few days or requests before;
    /// null with every other reason, which days may or may not settle.
    days_needed: Option<u32>,
    /// Of `too_short`: open days missing before.
    missing_before: Option<u32>,
    /// Of `too_short`: open days missing after.
    missing_after: Option<u32>,
}

impl From<Verdict> for VerdictView {
    fn from(verdict: Verdict) -> Self {
        let plain =
            |code| Self { code, reason: None, days_needed: None, missing_before: None, missing_after: None };
        match verdict {
            Verdict::Fewer => plain(VerdictCode::Fewer),
            Verdict::More => plain(VerdictCode::More),
            Verdict::CannotTell { reason, days_needed } => {
                Self { reason: Some(reason.into()), days_needed, ..plain(VerdictCode::CannotTell) }
            }
            Verdict::TooShort { before, after } => Self {
                missing_before: Some(before),
                missing_after: Some(after),
                ..plain(VerdictCode::TooShort)
            },
            Verdict::NothingCounted => plain(VerdictCode::NothingCounted),
            Verdict::Inseparable => plain(VerdictCode::Inseparable),
        }
    }
}

/// How many times as many as before, with its 95 % interval.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct RatioView {
    /// 0.8 is 20 % fewer; null when nothing was counted before.
    value: Option<f64>,
    /// Lower end.
    low: f64,
    /// Upper end; null when there is none.
    high: Option<f64>,
}

impl From<Ratio> for RatioView {
    fn from(ratio: Ratio) -> Self {
        Self { value: ratio.value, low: ratio.low, high: ratio.high }
    }
}

/// How large a change is, and what that rests on.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct EstimateView {
    /// After divided by before, weekdays and what is accounted for being equal.
    ratio: RatioView,
    /// The probability of a change of this size or more if there is none.
    p: f64,
    /// Variance of the daily counts divided by their mean; 1 for Poisson counts.
    dispersion: f64,
    /// How much a day resembles the day before it: 0 to 0.9.
    autocorrelation: f64,
    /// How many independent days the days are worth.
    effective_days: f64,
}

impl From<Estimate> for EstimateView {
    fn from(estimate: Estimate) -> Self {
        Self {
            ratio: estimate.ratio.into(),
            p: estimate.p,
            dispersion: estimate.dispersion,
            autocorrelation: estimate.autocorrelation,
            effective_days: estimate.effective_days,
        }
    }
}

/// The days of one side.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct SideView {
    /// Open days.
    days: u32,
    /// Requests.
    count: u64,
}

impl From<Side> for SideView {
    fn from(side: Side) -> Self {
        Self { days: side.days, count: side.count }
    }
}
