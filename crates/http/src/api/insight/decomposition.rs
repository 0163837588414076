//! What changed between two periods, and why.

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use standfast_domain::Day;
use standfast_insight::{ChangeWish, Dimension, Measure, Period, Segment};
use standfast_science::decomposition::Parts;
use standfast_science::interval::FEWEST_FOR_A_RATE;
use utoipa::ToSchema;

use super::finding::{EstimateView, RatioView, VerdictView};
use super::question::about;
use crate::app::App;
use crate::body::Json;
use crate::credential::SignedIn;
use crate::problem::Problem;

/// Days in a row, both ends included.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PeriodWish {
    /// The first day.
    #[schema(value_type = String, format = Date, example = "2026-09-01")]
    from: Day,
    /// The last day, which is over.
    #[schema(value_type = String, format = Date, example = "2026-09-28")]
    until: Day,
}

impl From<PeriodWish> for Period {
    fn from(wish: PeriodWish) -> Self {
        Self { from: wish.from, until: wish.until }
    }
}

/// Two periods of 7 to 366 days, and what segments are made of.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeQuestion {
    /// As for `insight_query`.
    #[serde(default)]
    filter: BTreeMap<String, Vec<String>>,
    /// As for `insight_query`.
    #[serde(default)]
    except: BTreeMap<String, Vec<String>>,
    /// Time zone in which days begin, by its IANA name; UTC unless said.
    #[schema(example = "Asia/Shanghai")]
    zone: Option<String>,
    /// Code of the dimension.
    #[schema(example = "app_version")]
    dimension: String,
    /// The period before.
    earlier: PeriodWish,
    /// The period after; begins when the one before is over.
    later: PeriodWish,
    /// A weekday counts only when both periods have it, and then equally often. Without, both have the same length, and a day
    /// counts unless the desk was closed on it or on its counterpart.
    #[serde(default = "yes")]
    like_for_like: bool,
}

const fn yes() -> bool {
    true
}

/// What a change is made of. The parts add up to it.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct PartsView {
    /// From there being more users, or fewer.
    users: f64,
    /// From other shares of the segments among them; null where users are not known by what segments are made of.
    mix: Option<f64>,
    /// From a user asking more or less often; with the mix, where that is not known.
    rate: f64,
    /// From requests of segments of whose users nothing is known.
    unattributed: f64,
}

impl PartsView {
    /// Where users are known; `has_mix` says whether by what segments are made of.
    fn new(parts: Parts, has_mix: bool) -> Self {
        let Parts { users, mix, rate, unattributed } = parts;
        let rate = if has_mix { rate } else { rate + mix };
        Self { users, mix: has_mix.then_some(mix), rate, unattributed }
    }
}

/// One segment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangeSegmentView {
    /// Code of the value.
    code: String,
    /// Requests of the period before.
    before: u64,
    /// Requests of the period after.
    after: u64,
    /// User-days of the period before; null when users are not known.
    user_days_before: Option<f64>,
    /// User-days of the period after.
    user_days_after: Option<f64>,
    /// What it adds to each part; null when users are not known.
    parts: Option<PartsView>,
    /// How its rate changed, or its count when users are not known; null when it cannot be compared.
    ratio: Option<RatioView>,
    /// The test, corrected for looking at all segments; null when the periods are too short for one.
    q: Option<f64>,
    /// One of its counts is below twenty: not to be relied on.
    small: bool,
}

impl ChangeSegmentView {
    fn new(segment: Segment, has_users: bool, has_mix: bool) -> Self {
        Self {
            code: segment.code,
            before: segment.before.count,
            after: segment.after.count,
            user_days_before: has_users.then_some(segment.before.exposure),
            user_days_after: has_users.then_some(segment.after.exposure),
            parts: has_users.then(|| PartsView::new(segment.parts, has_mix)),
            ratio: segment.rate.map(|rate| rate.ratio.into()),
            q: segment.q,
            small: segment.before.count.min(segment.after.count) < FEWEST_FOR_A_RATE,
        }
    }
}

/// Between which days of a period those lie that were compared.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComparedView {
    /// The first day of it.
    #[schema(value_type = String, format = Date)]
    from: Day,
    /// The last day of it.
    #[schema(value_type = String, format = Date)]
    until: Day,
    /// Open days of the period that are left out, because the other period has no such weekday left for them, or was closed on the
    /// day that they stand against.
    without_partner: Vec<DaysView>,
}

/// Days in a row.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DaysView {
    /// The first of them.
    #[schema(value_type = String, format = Date)]
    from: Day,
    /// The last of them.
    #[schema(value_type = String, format = Date)]
    until: Day,
}

/// A change and what it is made of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangeView {
    /// Users are known on the days compared, so that the change is split. Otherwise only counts are compared.
    has_users: bool,
    /// Users are known by what segments are made of (version, region, platform), so that mix and rate are told apart.
    has_mix: bool,
    /// Days of each period that were compared.
    days: usize,
    /// Between which days of the period before those lie that the verdict is of; null where no day is compared.
    earlier: Option<ComparedView>,
    /// The same of the period after.
    later: Option<ComparedView>,
    /// Days of the later period that are left out, because users are not known on them or on their like. The verdict is of all days.
    days_left_out: usize,
    /// Requests of the period before, on the days compared.
    before: u64,
    /// Requests of the period after.
    after: u64,
    /// Requests of the period before, those of the days left out among them: what the verdict is of.
    all_before: u64,
    /// The same of the period after.
    all_after: u64,
    /// What can be said of the whole change of the count.
    verdict: VerdictView,
    /// How large it is.
    estimate: Option<EstimateView>,
    /// What it is made of; null when users are not known.
    parts: Option<PartsView>,
    /// The segments, those first that explain most.
    segments: Vec<ChangeSegmentView>,
}

/// Splits the change of the count between two periods into more users, other users, and users who ask more often
/// (LMDI-I, Ang 2005), and says which segments explain it.
#[utoipa::path(
    post, path = "/api/v1/console/insight/decomposition", tag = "insight", operation_id = "insight_decomposition",
    request_body = ChangeQuestion,
    responses((status = 200, description = "What it is made of", body = ChangeView))
)]
pub(crate) async fn ask(
    State(app): State<App>,
    _agent: SignedIn,
    Json(question): Json<ChangeQuestion>,
) -> Result<Answer<ChangeView>, Problem> {
    let zone = question.zone.as_deref();
    let query = about(&app, Measure::Requests, &question.filter, &question.except, zone)?;
    let wish = ChangeWish {
        query,
        dimension: Dimension::parse(&question.dimension).ok_or(Problem::invalid("dimension", "unknown"))?,
        earlier: question.earlier.into(),
        later: question.later.into(),
        like_for_like: question.like_for_like,
    };
    let change = app.insight.decompose(wish).await?;
    let (has_users, has_mix) = (change.has_users, change.has_mix);
    let [earlier, later] = [0, 1].map(|place| {
        let (from, until) = change.compared?.get(place).copied()?;
        let left = change.without_partner.get(place)?.iter();
        let without_partner = left.map(|(from, until)| DaysView { from: *from, until: *until }).collect();
        Some(ComparedView { from, until, without_partner })
    });
    let segments = change.segments.into_iter();
    let segments = segments.map(|segment| ChangeSegmentView::new(segment, has_users, has_mix));
    Ok(Answer(ChangeView {
        has_users,
        has_mix,
        days: change.days,
        earlier,
        later,
        days_left_out: change.days_left_out,
        before: change.before,
        after: change.after,
        all_before: change.effect.before.count,
        all_after: change.effect.after.count,
        verdict: change.effect.verdict.into(),
        estimate: change.effect.estimate.map(Into::into),
        parts: has_users.then(|| PartsView::new(change.parts, has_mix)),
        segments: segments.collect(),
    }))
}
