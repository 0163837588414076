//! How many will come, how many people that takes, who could work when, and what would happen if.

use axum::Json as Answer;
use axum::extract::State;
use serde::Deserialize;
use standfast_desk::{
    CourseView, ForecastView, ForecastWish, NeedView, PeakWish, PlanView, PlanningView, WhatIfView,
    WhatIfWish, change_planning, course, forecast, need, plan_shifts, planning, what_if,
};
use standfast_domain::planning::Settings;
use standfast_domain::{Day, Permission, Time};
use standfast_insight::Dimension;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::body::{Json, Query};
use crate::credential::SignedIn;
use crate::problem::Problem;
use crate::route::{Access, Route};

/// The routes of this file.
pub(super) fn routes() -> [Route; 7] {
    let plans = Access::Agent(Permission::ManageRoster);
    [
        Route::get("/api/v1/console/planning", plans, show),
        Route::put("/api/v1/console/planning", plans, change).rests(),
        Route::get("/api/v1/console/planning/forecast", plans, show_forecast),
        Route::get("/api/v1/console/planning/need", plans, show_need),
        Route::get("/api/v1/console/planning/today", plans, today),
        Route::post("/api/v1/console/planning/plan", plans, plan),
        Route::post("/api/v1/console/planning/what-if", plans, ask),
    ]
}

/// How people are planned, changed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangedPlanning {
    /// The version that was seen.
    version: i64,
    /// What it becomes.
    settings: Settings,
}

/// Of which requests a forecast is.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ForecastQuery {
    /// A channel.
    #[param(example = "widget")]
    channel: Option<String>,
    /// A language.
    #[param(example = "zh-CN")]
    language: Option<String>,
    /// Types, separated by commas.
    #[serde(rename = "type")]
    #[param(example = "withdrawal,deposit")]
    kind: Option<String>,
}

/// Which weeks.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WeeksQuery {
    /// The Monday with which they begin.
    #[param(value_type = String, format = Date, example = "2026-12-07")]
    from: Day,
    /// How many: 1 to 4.
    #[serde(default = "one")]
    #[param(minimum = 1, maximum = 4)]
    weeks: u8,
}

const fn one() -> u8 {
    1
}

/// Which weeks are to be planned.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanWish {
    /// The Monday with which they begin; it has to be ahead.
    #[schema(value_type = String, format = Date, example = "2026-12-07")]
    from: Day,
    /// How many: 1 to 4.
    #[schema(minimum = 1, maximum = 4)]
    weeks: u8,
}

/// What would be different.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhatIf {
    /// The Monday with which the week begins.
    #[schema(value_type = String, format = Date, example = "2026-12-07")]
    from: Day,
    /// People more, or less: any of them, in each of the two hundred weeks others.
    #[serde(default)]
    #[schema(minimum = -500, maximum = 500, example = -10)]
    people: i32,
    /// The percent of ordinary requests that a bot answers beyond what it does now.
    #[serde(default)]
    #[schema(maximum = 100, example = 20)]
    bot: u8,
    /// How many people serve none but those whose assets are at risk, whatever the level; when missing, as many as the surge plan
    /// reserves at the level that the line makes.
    #[serde(default)]
    #[schema(maximum = 100)]
    reserved: Option<u32>,
    /// Times at which more or fewer come.
    #[serde(default)]
    #[schema(max_items = 20)]
    peaks: Vec<WhatIfPeak>,
}

/// So many times as many come.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhatIfPeak {
    /// From when.
    #[schema(value_type = String, format = DateTime)]
    starts_at: Time,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    ends_at: Time,
    /// Beyond 1 there are more.
    #[schema(minimum = 0, maximum = 100, example = 3.0)]
    factor: f64,
}

/// Tells how people are planned.
#[utoipa::path(
    get, path = "/api/v1/console/planning", tag = "planning", operation_id = "planning",
    responses((status = 200, description = "The settings", body = PlanningView))
)]
pub(crate) async fn show(State(app): State<App>, agent: SignedIn) -> Result<Answer<PlanningView>, Problem> {
    Ok(Answer(planning(&app.desk, &agent.caller).await?))
}

/// Changes how people are planned.
#[utoipa::path(
    put, path = "/api/v1/console/planning", tag = "planning", operation_id = "change_planning",
    request_body = ChangedPlanning, responses((status = 200, description = "The settings", body = PlanningView))
)]
pub(crate) async fn change(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<ChangedPlanning>,
) -> Result<Answer<PlanningView>, Problem> {
    Ok(Answer(change_planning(&app.desk, &agent.caller, wish.version, wish.settings).await?))
}

/// Forecasts how many will come in each half hour of the next four weeks, and tells how well that went so far.
#[utoipa::path(
    get, path = "/api/v1/console/planning/forecast", tag = "planning", operation_id = "forecast",
    params(ForecastQuery), responses((status = 200, description = "The forecast", body = ForecastView))
)]
pub(crate) async fn show_forecast(
    State(app): State<App>,
    agent: SignedIn,
    Query(query): Query<ForecastQuery>,
) -> Result<Answer<ForecastView>, Problem> {
    let named = [
        (Dimension::Channel, query.channel),
        (Dimension::Language, query.language),
        (Dimension::Type, query.kind),
    ];
    let codes = |text: String| text.split(',').map(|code| code.trim().to_owned()).collect::<Vec<_>>();
    let only = named.into_iter().filter_map(|(dimension, text)| {
        text.filter(|text| !text.is_empty()).map(|text| (dimension, codes(text)))
    });
    let wish = ForecastWish { only: only.collect() };
    Ok(Answer(forecast(&app.desk, &agent.caller, &app.insight.facts()?, &wish).await?))
}

/// Tells how many people each half hour needs, and how many are on the roster.
#[utoipa::path(
    get, path = "/api/v1/console/planning/need", tag = "planning", operation_id = "need",
    params(WeeksQuery), responses((status = 200, description = "The need", body = NeedView))
)]
pub(crate) async fn show_need(
    State(app): State<App>,
    agent: SignedIn,
    Query(query): Query<WeeksQuery>,
) -> Result<Answer<NeedView>, Problem> {
    let facts = app.insight.facts()?;
    Ok(Answer(need(&app.desk, &agent.caller, &facts, query.from, query.weeks).await?))
}

/// Holds the day against its plan: what came, what is expected now, how many people that takes, who is there, and what could be done.
/// Who is there is known of this process alone, and kept nowhere.
#[utoipa::path(
    get, path = "/api/v1/console/planning/today", tag = "planning", operation_id = "planning_today",
    responses((status = 200, description = "The day against its plan", body = CourseView))
)]
pub(crate) async fn today(State(app): State<App>, agent: SignedIn) -> Result<Answer<CourseView>, Problem> {
    let facts = app.insight.facts()?;
    Ok(Answer(course(&app.desk, &agent.caller, &facts, app.hub.answering()).await?))
}

/// Works out who could work when, for up to four weeks ahead: no rule of a contract is broken, people are missing where that
/// costs least, and nights and weekends are spread evenly. Takes up to ten seconds; nothing is stored.
#[utoipa::path(
    post, path = "/api/v1/console/planning/plan", tag = "planning", operation_id = "plan_shifts",
    request_body = PlanWish, responses((status = 200, description = "The proposal", body = PlanView))
)]
pub(crate) async fn plan(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<PlanWish>,
) -> Result<Answer<PlanView>, Problem> {
    let facts = app.insight.facts()?;
    Ok(Answer(plan_shifts(&app.desk, &agent.caller, &facts, wish.from, wish.weeks).await?))
}

/// Plays a week as it is rostered two hundred times, and as often if something were different.
#[utoipa::path(
    post, path = "/api/v1/console/planning/what-if", tag = "planning", operation_id = "what_if",
    request_body = WhatIf, responses((status = 200, description = "Both", body = WhatIfView))
)]
pub(crate) async fn ask(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<WhatIf>,
) -> Result<Answer<WhatIfView>, Problem> {
    let peak =
        |peak: WhatIfPeak| PeakWish { starts_at: peak.starts_at, ends_at: peak.ends_at, factor: peak.factor };
    let wish = WhatIfWish {
        monday: wish.from,
        people: wish.people,
        bot: wish.bot,
        reserved: wish.reserved,
        peaks: wish.peaks.into_iter().map(peak).collect(),
    };
    Ok(Answer(what_if(&app.desk, &agent.caller, &app.insight.facts()?, wish).await?))
}
