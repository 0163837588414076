//! What the desk does when more ask than it can answer.

use axum::Json as Answer;
use axum::extract::State;
use serde::Deserialize;
use standfast_desk::{
    SurgePlan, SurgePreview, SurgeView, choose_surge_plan, hold_surge, preview_surge, release_surge,
    surge_view,
};
use standfast_domain::{Level, Permission, Time};
use utoipa::ToSchema;

use crate::app::App;
use crate::body::Json;
use crate::credential::SignedIn;
use crate::problem::Problem;
use crate::route::{Access, Route};

/// The routes of surges.
pub(super) fn routes() -> [Route; 5] {
    let reads = Access::Agent(Permission::ReadRequests);
    let manages = Access::Agent(Permission::ManageSurge);
    [
        Route::get("/api/v1/console/surge", reads, show),
        Route::put("/api/v1/console/surge/plan", manages, choose),
        Route::post("/api/v1/console/surge/preview", manages, preview),
        Route::post("/api/v1/console/surge/hold", manages, hold),
        Route::post("/api/v1/console/surge/release", manages, release),
    ]
}

/// A plan to be chosen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SurgePlanWish {
    /// The version that was seen; 0 where nobody has chosen one yet.
    version: i64,
    /// The plan.
    plan: SurgePlan,
}

/// A level of a plan to be looked at.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SurgePreviewWish {
    /// The plan, which need not be in force.
    plan: SurgePlan,
    /// The level.
    level: Level,
}

/// A level to be held.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SurgeHoldWish {
    /// The level.
    level: Level,
    /// Until when, a day at most.
    #[schema(value_type = String, format = DateTime)]
    until: Time,
    /// Why, for whoever reads it later.
    reason: String,
}

/// A level to be let go of.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SurgeReleaseWish {
    /// Why, for whoever reads it later.
    reason: String,
}

/// Shows the level, what is done at each, and what was.
#[utoipa::path(
    get, path = "/api/v1/console/surge", tag = "surge", operation_id = "surge",
    responses((status = 200, description = "The level", body = SurgeView))
)]
pub(crate) async fn show(State(app): State<App>, agent: SignedIn) -> Result<Answer<SurgeView>, Problem> {
    Ok(Answer(surge_view(&app.desk, &agent.caller).await?))
}

/// Chooses what is done at each level, from now on.
#[utoipa::path(
    put, path = "/api/v1/console/surge/plan", tag = "surge", operation_id = "choose_surge_plan",
    request_body = SurgePlanWish, responses((status = 200, description = "The level", body = SurgeView))
)]
pub(crate) async fn choose(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<SurgePlanWish>,
) -> Result<Answer<SurgeView>, Problem> {
    Ok(Answer(choose_surge_plan(&app.desk, &agent.caller, wish.version, wish.plan).await?))
}

/// Shows what a customer would read at a level, and what else would be done. Nothing is done.
#[utoipa::path(
    post, path = "/api/v1/console/surge/preview", tag = "surge", operation_id = "preview_surge",
    request_body = SurgePreviewWish,
    responses((status = 200, description = "What would be read", body = SurgePreview))
)]
pub(crate) async fn preview(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<SurgePreviewWish>,
) -> Result<Answer<SurgePreview>, Problem> {
    Ok(Answer(preview_surge(&app.desk, &agent.caller, wish.plan, wish.level).await?))
}

/// Holds a level, whatever is seen, until a time.
#[utoipa::path(
    post, path = "/api/v1/console/surge/hold", tag = "surge", operation_id = "hold_surge",
    request_body = SurgeHoldWish, responses((status = 200, description = "The level", body = SurgeView))
)]
pub(crate) async fn hold(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<SurgeHoldWish>,
) -> Result<Answer<SurgeView>, Problem> {
    let SurgeHoldWish { level, until, reason } = wish;
    Ok(Answer(hold_surge(&app.desk, &agent.caller, level, until, &reason).await?))
}

/// Lets go of a level that is held.
#[utoipa::path(
    post, path = "/api/v1/console/surge/release", tag = "surge", operation_id = "release_surge",
    request_body = SurgeReleaseWish, responses((status = 200, description = "The level", body = SurgeView))
)]
pub(crate) async fn release(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<SurgeReleaseWish>,
) -> Result<Answer<SurgeView>, Problem> {
    Ok(Answer(release_surge(&app.desk, &agent.caller, &wish.reason).await?))
}
