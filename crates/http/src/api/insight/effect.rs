//! Before and after: did a change alter how many requests come?

use std::collections::{BTreeMap, BTreeSet};

use axum::Json as Answer;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use standfast_desk::{DriverView, Error as DeskError, find_driver, list_drivers};
use standfast_domain::{Day, DriverId, Scope, Time};
use standfast_insight::{
    DayFigure, Dimension, EffectWish, Finding, GroupFinding, HISTORY_DAYS, Measure, Query, day_in, day_start,
};
use standfast_science::effect::{Difference, Placebo};
use utoipa::ToSchema;

use super::finding::{EstimateView, SideView, VerdictView};
use super::question::{about, filter};
use crate::app::App;
use crate::body::Json;
use crate::credential::SignedIn;
use crate::problem::Problem;

/// What is compared.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Compared {
    /// Requests.
    #[default]
    Requests,
    /// Requests by active users, as far as these are known.
    ContactRate,
}

/// A change, and the days around it. Fix them before looking: whoever tries dates until one is striking finds chance.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EffectQuestion {
    /// What is compared.
    #[serde(default)]
    measure: Compared,
    /// As for `insight_query`.
    #[serde(default)]
    #[schema(example = json!({"type": ["pending"]}))]
    filter: BTreeMap<String, Vec<String>>,
    /// As for `insight_query`.
    #[serde(default)]
    except: BTreeMap<String, Vec<String>>,
    /// Time zone in which days begin, by its IANA name; UTC unless said.
    #[schema(example = "Asia/Shanghai")]
    zone: Option<String>,
    /// The first day on which the change was in force. Either this or `event`.
    #[schema(value_type = Option<String>, format = Date, example = "2026-10-12")]
    date: Option<Day>,
    /// An event: the day on which it began.
    #[schema(value_type = Option<String>)]
    event: Option<DriverId>,
    /// Days before: 14 to 366.
    #[serde(default = "eight_weeks")]
    #[schema(minimum = 14, maximum = 366)]
    before_days: u32,
    /// Days after: 7 to 366.
    #[serde(default = "four_weeks")]
    #[schema(minimum = 7, maximum = 366)]
    after_days: u32,
    /// Code of a dimension: each of its twelve most frequent values is judged too, corrected for looking at several. Of
    /// `contact_rate`, `app_version`, `region` or `platform`; of `requests` neither `app_version` nor `cohort`, whose values
    /// follow one another, so that the next would always be called an effect.
    group: Option<String>,
    /// Filter of requests that the change cannot have touched. Names a dimension of `filter` with other values.
    #[serde(default)]
    controls: BTreeMap<String, Vec<String>>,
    /// Other events whose days are accounted for, at most ten.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 10)]
    events: Vec<DriverId>,
}

const fn eight_weeks() -> u32 {
    56
}

const fn four_weeks() -> u32 {
    28
}

/// The same at other dates of the past: what these counts make of dates without this change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlaceboView {
    /// How many dates were tried. Their windows overlap.
    dates: usize,
    /// Dates that were left out, because a known event that touches these requests lies in their window.
    left_out: usize,
    /// Such dates that were tried all the same, because fewer than twenty others were left.
    with_events: usize,
    /// The ratios found there, ascending.
    ratios: Vec<f64>,
    /// Share of the dates at which the interval alone would call it an effect: 0.05 when all is well.
    significant: f64,
    /// At least 95 % of the ratios lie from here, of fewer than 41 all of them …
    low: f64,
    /// … to here.
    high: f64,
    /// Share of dates with an effect at least as large as the real one, this one included; null when there is no estimate.
    p: Option<f64>,
    /// The real one lies between `low` and `high`: from twenty dates on, it is not called found.
    inside: bool,
}

impl From<Placebo> for PlaceboView {
    fn from(placebo: Placebo) -> Self {
        Self {
            dates: placebo.ratios.len(),
            left_out: placebo.left_out,
            with_events: placebo.disturbed,
            significant: placebo.significant.share,
            low: placebo.low,
            high: placebo.high,
            p: placebo.p,
            inside: placebo.inside,
            ratios: placebo.ratios,
        }
    }
}

/// A day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EffectDayView {
    /// The day.
    #[schema(value_type = String, format = Date)]
    day: Day,
    /// Requests; null when the desk was closed, or users are asked for and not known.
    observed: Option<u64>,
    /// Users, when they are asked for and known.
    users: Option<u64>,
    /// Requests that were to be expected without the change; null when that cannot be told.
    expected: Option<f64>,
    /// 95 % of days like this have at least so many without the change …
    low: Option<f64>,
    /// … and at most so many.
    high: Option<f64>,
}

impl From<DayFigure> for EffectDayView {
    fn from(figure: DayFigure) -> Self {
        Self {
            day: figure.day,
            observed: figure.observed,
            users: figure.users,
            expected: figure.expected.map(|expected| expected.count),
            low: figure.expected.map(|expected| expected.low),
            high: figure.expected.map(|expected| expected.high),
        }
    }
}

/// One value of the dimension.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EffectGroupView {
    /// Code of the value.
    code: String,
    /// What can be said, corrected for looking at several.
    verdict: VerdictView,
    /// How large it is; null when it cannot be estimated.
    estimate: Option<EstimateView>,
    /// Days before.
    before: SideView,
    /// Days after.
    after: SideView,
    /// The test, corrected (Benjamini & Hochberg 1995): of what has 0.05 or less, one in twenty is chance.
    q: Option<f64>,
}

impl From<GroupFinding> for EffectGroupView {
    fn from(group: GroupFinding) -> Self {
        Self {
            code: group.code,
            verdict: group.effect.verdict.into(),
            estimate: group.effect.estimate.map(Into::into),
            before: group.effect.before.into(),
            after: group.effect.after.into(),
            q: group.q,
        }
    }
}

/// Beside requests that the change cannot have touched: the difference of differences.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DifferenceView {
    /// What can be said of the difference.
    verdict: VerdictView,
    /// The change of the untouched ones.
    control: Option<EstimateView>,
    /// The one ratio divided by the other.
    difference: Option<EstimateView>,
    /// How much the days of both move together: 0 to 0.9.
    correlation: f64,
}

impl From<Difference> for DifferenceView {
    fn from(difference: Difference) -> Self {
        Self {
            verdict: difference.verdict.into(),
            control: difference.control.map(Into::into),
            difference: difference.difference.map(Into::into),
            correlation: difference.correlation,
        }
    }
}

/// An event within the window.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EffectEventView {
    /// The event.
    event: DriverView,
    /// The change that is judged.
    is_change: bool,
    /// Its days are accounted for.
    is_accounted: bool,
}

/// What is found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EffectView {
    /// The first day on which the change was in force.
    #[schema(value_type = String, format = Date)]
    date: Day,
    /// What was compared.
    measure: Compared,
    /// What can be said.
    verdict: VerdictView,
    /// How large it is; null when it cannot be estimated.
    estimate: Option<EstimateView>,
    /// Days before.
    before: SideView,
    /// Days after.
    after: SideView,
    /// What the past makes of nothing; null when it is not long enough.
    placebo: Option<PlaceboView>,
    /// The days of the window that are over.
    series: Vec<EffectDayView>,
    /// The values of the dimension, those with most requests first.
    groups: Vec<EffectGroupView>,
    /// Values that were not looked at, because they have fewer requests.
    groups_left_out: usize,
    /// Beside the controls; null without them, and when the days do not reach to both sides.
    difference: Option<DifferenceView>,
    /// Events within the window, the latest first.
    events: Vec<EffectEventView>,
}

impl EffectQuestion {
    fn query(&self, app: &App) -> Result<Query, Problem> {
        let measure = match self.measure {
            Compared::Requests => Measure::Requests,
            Compared::ContactRate => Measure::ContactRate,
        };
        about(app, measure, &self.filter, &self.except, self.zone.as_deref())
    }

    async fn first_after(&self, app: &App, agent: &SignedIn, query: &Query) -> Result<Day, Problem> {
        match (self.date, self.event) {
            (Some(date), None) => Ok(date),
            (None, Some(id)) => Ok(day_in(found("event", app, agent, id).await?.starts_at, &query.zone)),
            (None, None) => Err(Problem::invalid("date", "missing")),
            (Some(_), Some(_)) => Err(Problem::invalid("event", "too_many")),
        }
    }

    async fn wish(&self, app: &App, agent: &SignedIn) -> Result<EffectWish, Problem> {
        let query = self.query(app)?;
        let first_after = self.first_after(app, agent, &query).await?;
        let parse = |code: &String| Dimension::parse(code).ok_or(Problem::invalid("group", "unknown"));
        let group = self.group.as_ref().map(parse).transpose()?;
        let mut events = Vec::with_capacity(self.events.len());
        for id in &self.events {
            let event = found("events", app, agent, *id).await?;
            events.push(days_of(&event, &query));
        }
        let (before, after) = (self.before_days, self.after_days);
        let control = filter("controls", &self.controls)?;
        let past = first_after.plus(-i64::from(before) - HISTORY_DAYS);
        let (from, until) = (day_start(past, &query.zone), day_start(first_after, &query.zone));
        let known = list_drivers(&app.desk, &agent.caller, Some(from), Some(until)).await?;
        let is_apart = |event: &&DriverView| Some(event.id) != self.event && !self.events.contains(&event.id);
        let known = known.iter().filter(is_apart).filter(|event| touches(&event.scope, &query));
        let known = known.map(|event| days_of(event, &query)).collect();
        Ok(EffectWish { query, first_after, before, after, group, control, events, known })
    }
}

/// The first and the last day of an event. Its end is the first moment without it; one that is not over has no last day.
fn days_of(event: &DriverView, query: &Query) -> (Day, Day) {
    let first = day_in(event.starts_at, &query.zone);
    let last = match event.ends_at {
        Some(ends) if ends > event.starts_at => day_in(Time(ends.0 - 1), &query.zone),
        None if event.is_ongoing => Day(i64::MAX),
        _ => first,
    };
    (first, last)
}

/// Whether an event may touch requests that a question is about: there is no dimension of which it names only values that the
/// filter does not let through.
fn touches(scope: &Scope, query: &Query) -> bool {
    scope.0.iter().all(|(dimension, values)| {
        let of_it = |(own, _): &&(Dimension, Vec<String>)| own.code() == dimension.as_str();
        let (filter, except) = (query.filter.iter().find(of_it), query.except.iter().find(of_it));
        values.iter().any(|value| {
            filter.is_none_or(|(_, codes)| codes.contains(value))
                && except.is_none_or(|(_, codes)| !codes.contains(value))
        })
    })
}

async fn found(
    field: &'static str,
    app: &App,
    agent: &SignedIn,
    id: DriverId,
) -> Result<DriverView, Problem> {
    find_driver(&app.desk, &agent.caller, id).await.map_err(|error| match error {
        DeskError::NotFound => Problem::invalid(field, "unknown"),
        other => other.into(),
    })
}

/// Judges whether a change altered how many requests come: an estimate with its interval, what the past makes of nothing,
/// and a verdict that says when it cannot be told.
#[utoipa::path(
    post, path = "/api/v1/console/insight/effect", tag = "insight", operation_id = "insight_effect",
    request_body = EffectQuestion,
    responses((status = 200, description = "What is found", body = EffectView))
)]
pub(crate) async fn ask(
    State(app): State<App>,
    agent: SignedIn,
    Json(question): Json<EffectQuestion>,
) -> Result<Answer<EffectView>, Problem> {
    if question.events.len() > 10 {
        return Err(Problem::invalid("events", "too_many"));
    }
    let wish = question.wish(&app, &agent).await?;
    let (date, zone) = (wish.first_after, wish.query.zone.clone());
    let span = (date.plus(-i64::from(wish.before)), date.plus(wish.after.into()));
    let finding = app.insight.effect(wish).await?;
    let (from, until) = (day_start(span.0, &zone), day_start(span.1, &zone));
    let events = list_drivers(&app.desk, &agent.caller, Some(from), Some(until)).await?;
    let accounted: BTreeSet<DriverId> = question.events.iter().copied().collect();
    let event = |event: DriverView| EffectEventView {
        is_change: question.event == Some(event.id),
        is_accounted: accounted.contains(&event.id),
        event,
    };
    let Finding { effect, series, groups, groups_left_out, difference, .. } = finding;
    Ok(Answer(EffectView {
        date,
        measure: question.measure,
        verdict: effect.verdict.into(),
        estimate: effect.estimate.map(Into::into),
        before: effect.before.into(),
        after: effect.after.into(),
        placebo: effect.placebo.map(Into::into),
        series: series.into_iter().map(Into::into).collect(),
        groups: groups.into_iter().map(Into::into).collect(),
        groups_left_out,
        difference: difference.map(Into::into),
        events: events.into_iter().map(event).collect(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_touches_what_the_filter_lets_through() {
        let scope: Scope = serde_json::from_str(r#"{"type":["pending","swap"]}"#).unwrap();
        let named =
            |codes: &[&str]| vec![(Dimension::Type, codes.iter().map(|&code| code.to_owned()).collect())];
        let all = Query::new(Measure::Requests, Time(0));
        for (filter, except, wanted) in [
            (vec![], vec![], true),
            (named(&["swap", "theft"]), vec![], true),
            (named(&["theft"]), vec![], false),
            (vec![], named(&["swap"]), true),
            (vec![], named(&["swap", "pending"]), false),
            (named(&["swap"]), named(&["swap"]), false),
        ] {
            let query = Query { filter, except, ..all.clone() };
            assert_eq!(touches(&scope, &query), wanted, "{:?} but {:?}", query.filter, query.except);
        }
    }
}
