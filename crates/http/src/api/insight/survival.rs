//! How long it takes until people are answered, and until their requests are solved: of all who came, those who still
//! wait among them.

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use standfast_domain::Time;
use standfast_insight::{Dimension, Duration, Grouping, Measure, Query, Survival as Pairs};
use standfast_science::survival::{Alike, Survival, TimeQuantile, survival_of};
use utoipa::ToSchema;

use super::question::about;
use crate::app::App;
use crate::body::Json;
use crate::credential::SignedIn;
use crate::problem::Problem;

/// Most curves of an answer.
const MOST_CURVES: usize = 12;
/// A curve falls by this much from one step that is told to the next: finer than a plot can show.
const FINEST: f64 = 1.0 / 400.0;

/// What is waited for.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WaitedFor {
    /// The first reply of a person.
    FirstResponse,
    /// Being called solved for the first time.
    FirstResolution,
    /// Being called solved for good.
    FullResolution,
}

impl From<WaitedFor> for Duration {
    fn from(what: WaitedFor) -> Self {
        match what {
            WaitedFor::FirstResponse => Self::FirstResponse,
            WaitedFor::FirstResolution => Self::FirstResolution,
            WaitedFor::FullResolution => Self::FullResolution,
        }
    }
}

/// What curves are asked for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SurvivalQuestion {
    /// What is waited for.
    duration: WaitedFor,
    /// As for `insight_query`.
    #[serde(default)]
    #[schema(example = json!({"channel": ["widget"]}))]
    filter: BTreeMap<String, Vec<String>>,
    /// As for `insight_query`.
    #[serde(default)]
    except: BTreeMap<String, Vec<String>>,
    /// Only requests that came at this time or later, to the second.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Time>,
    /// Only requests that came before this time.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Time>,
    /// Time zone, by its IANA name; UTC unless said.
    #[schema(example = "Asia/Shanghai")]
    zone: Option<String>,
    /// Code of a dimension: a curve for each of its twelve most frequent values.
    #[schema(example = "type")]
    group: Option<String>,
}

/// A step of a curve.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CurveStepView {
    /// Seconds since the request came.
    seconds: u64,
    /// Requests that had waited that long.
    at_risk: u64,
    /// The share that waits longer than this.
    waiting: f64,
    /// Its 95 % interval begins here (Greenwood, on the log(-log) scale) …
    low: f64,
    /// … and ends here.
    high: f64,
}

/// A time by which a share of all requests had what they waited for. Null where it has not come to that.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QuantileView {
    /// Seconds.
    seconds: Option<u64>,
    /// Its 95 % interval begins here (Brookmeyer & Crowley) …
    low: Option<u64>,
    /// … and ends here; null while that is not known.
    high: Option<u64>,
}

impl From<TimeQuantile> for QuantileView {
    fn from(found: TimeQuantile) -> Self {
        Self { seconds: found.time, low: found.low, high: found.high }
    }
}

/// The curve of one group, by the estimator of Kaplan and Meier.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CurveView {
    /// Code of the group; null for all requests.
    code: Option<String>,
    /// Of how many requests it is.
    n: u64,
    /// How many of them have what they waited for.
    over: u64,
    /// How many still wait, or ended without it: they count for as long as they were seen.
    censored: u64,
    /// Of fewer than thirty: chance alone moves it.
    small: bool,
    /// The longest that anybody was seen waiting, in seconds: beyond it nothing is known.
    seen: u64,
    /// The time by which half of all had it.
    median: QuantileView,
    /// The time by which nine of ten had it.
    p90: QuantileView,
    /// The curve, which is 1 at the beginning. Steps that no plot could show are left out; those that are told are exact.
    steps: Vec<CurveStepView>,
}

/// Curves.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SurvivalView {
    /// What was waited for.
    duration: WaitedFor,
    /// The curves, of the most requests first.
    curves: Vec<CurveView>,
}

impl SurvivalQuestion {
    fn query(&self, app: &App) -> Result<Query, Problem> {
        let mut query = about(app, Measure::Requests, &self.filter, &self.except, self.zone.as_deref())?;
        (query.from, query.until) = (self.from, self.until);
        if let Some(code) = &self.group {
            let dimension = Dimension::parse(code).ok_or(Problem::invalid("group", "unknown"))?;
            query.group = vec![Grouping::By(dimension)];
        }
        Ok(query)
    }
}

fn curve(code: Option<String>, pairs: &Pairs) -> Option<CurveView> {
    let alike = |over: bool| {
        move |(seconds, count): &(u32, u64)| Alike { time: u64::from(*seconds), over, count: *count }
    };
    let events = pairs.events.iter().map(alike(true));
    let mut waits: Vec<Alike> = events.chain(pairs.censored.iter().map(alike(false))).collect();
    let curve = survival_of(&mut waits)?;
    Some(CurveView {
        code,
        n: curve.waits,
        over: curve.over,
        censored: curve.waits - curve.over,
        small: curve.waits < standfast_science::interval::FEWEST_FOR_A_SHARE,
        seen: curve.seen,
        median: curve.median().into(),
        p90: curve.quantile(0.9).into(),
        steps: steps(&curve),
    })
}

/// The steps that a plot can show, and the last one.
fn steps(curve: &Survival) -> Vec<CurveStepView> {
    let mut told = Vec::new();
    let mut level = 1.0;
    for (place, step) in curve.steps.iter().enumerate() {
        if level - step.waiting >= FINEST || place + 1 == curve.steps.len() {
            level = step.waiting;
            told.push(CurveStepView {
                seconds: step.time,
                at_risk: step.at_risk,
                waiting: step.waiting,
                low: step.interval.low,
                high: step.interval.high,
            });
        }
    }
    told
}

/// Tells how long requests wait, as survival curves (Kaplan and Meier 1958): those that still wait are counted for as long
/// as they were seen, which averages of the answered ones leave out.
#[utoipa::path(
    post, path = "/api/v1/console/insight/survival", tag = "insight", operation_id = "insight_survival",
    request_body = SurvivalQuestion,
    responses((status = 200, description = "The curves", body = SurvivalView))
)]
pub(crate) async fn ask(
    State(app): State<App>,
    _agent: SignedIn,
    Json(question): Json<SurvivalQuestion>,
) -> Result<Answer<SurvivalView>, Problem> {
    let query = question.query(&app)?;
    let mut found = app.insight.survival(query, question.duration.into()).await?;
    let size =
        |pairs: &Pairs| pairs.events.iter().chain(&pairs.censored).map(|(_, count)| count).sum::<u64>();
    found.sort_by_key(|(codes, pairs)| (std::cmp::Reverse(size(pairs)), codes.clone()));
    let curves = found.into_iter().take(MOST_CURVES);
    let curves = curves.filter_map(|(codes, pairs)| curve(codes.into_iter().next(), &pairs)).collect();
    Ok(Answer(SurvivalView { duration: question.duration, curves }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_of_a_long_curve_is_exact_and_as_much_as_a_plot_shows() {
        let events: Vec<(u32, u64)> = (1..=5_000).map(|second| (second, 1)).collect();
        let pairs = Pairs { events, censored: vec![(6_000, 5_000)] };
        let curve = curve(None, &pairs).unwrap();
        assert_eq!((curve.n, curve.over, curve.censored, curve.seen), (10_000, 5_000, 5_000, 6_000));
        assert!((190..=201).contains(&curve.steps.len()), "{}", curve.steps.len());
        assert!(curve.steps.iter().all(|step| {
            let left = f64::from(10_000 - u32::try_from(step.seconds).unwrap()) / 10_000.0;
            (step.waiting - left).abs() < 1e-9
        }));
        assert_eq!(curve.steps.last().unwrap().seconds, 5_000);
        assert_eq!(
            (curve.median.seconds, curve.p90.seconds),
            (Some(5_000), None),
            "half of them have not been answered"
        );
    }
}
