//! Views of Insight that people keep under a name.

use axum::Json as Answer;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use standfast_desk::{
    DashboardCommand, DashboardView, Dashboards, add_dashboard, change_dashboard, list_dashboards,
    remove_dashboard, start_with_dashboard,
};
use standfast_domain::DashboardId;
use utoipa::ToSchema;

use crate::app::App;
use crate::body::{Json, Path};
use crate::credential::SignedIn;
use crate::problem::Problem;

/// What a dashboard is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DashboardWish {
    /// What it is called.
    #[schema(example = "Swaps this week", min_length = 1, max_length = 80)]
    name: String,
    /// The page of Insight.
    #[schema(example = "satisfaction", pattern = "^[a-z-]{1,32}$")]
    page: String,
    /// The query part of its address, without the question mark.
    #[serde(default)]
    #[schema(example = "period=7d&where=type%2Cswap", max_length = 2000)]
    search: String,
    /// Whether everybody who may see figures sees it.
    #[serde(default)]
    shared: bool,
}

impl From<DashboardWish> for DashboardCommand {
    fn from(wish: DashboardWish) -> Self {
        Self { name: wish.name, page: wish.page, search: wish.search, shared: wish.shared }
    }
}

/// A new dashboard.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDashboard {
    /// Made by the client; the same id keeps it once.
    #[schema(example = "0198c7f2-7c1e-7b7e-a3c4-6a2f6b1d9e57")]
    client_id: String,
    /// The dashboard.
    dashboard: DashboardWish,
}

/// The change of a dashboard.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DashboardChange {
    /// The version that was seen; when there is a later one, nothing is changed (`changed_meanwhile`).
    #[schema(example = 1, minimum = 1)]
    version: i64,
    /// What it is to be.
    dashboard: DashboardWish,
}

/// With which dashboard Insight begins.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartWish {
    /// Its id; null for the usual page.
    #[schema(value_type = Option<String>)]
    id: Option<DashboardId>,
}

/// Lists the dashboards that the caller sees: own ones and shared ones.
#[utoipa::path(
    get, path = "/api/v1/console/insight/dashboards", tag = "insight", operation_id = "dashboards",
    responses((status = 200, description = "The dashboards", body = Dashboards))
)]
pub(crate) async fn list(State(app): State<App>, agent: SignedIn) -> Result<Answer<Dashboards>, Problem> {
    Ok(Answer(list_dashboards(&app.desk, &agent.caller).await?))
}

/// Keeps a view of Insight under a name.
#[utoipa::path(
    post, path = "/api/v1/console/insight/dashboards", tag = "insight", operation_id = "add_dashboard",
    request_body = NewDashboard, responses((status = 201, description = "The dashboard", body = DashboardView))
)]
pub(crate) async fn add(
    State(app): State<App>,
    agent: SignedIn,
    Json(new): Json<NewDashboard>,
) -> Result<(StatusCode, Answer<DashboardView>), Problem> {
    let kept = add_dashboard(&app.desk, &agent.caller, &new.client_id, new.dashboard.into()).await?;
    Ok((StatusCode::CREATED, Answer(kept)))
}

/// Makes a dashboard what is said: another name, another view, shared or not.
#[utoipa::path(
    put, path = "/api/v1/console/insight/dashboards/{id}", tag = "insight", operation_id = "change_dashboard",
    params(("id" = String, Path, description = "Id of the dashboard", example = "61093405593337859")),
    request_body = DashboardChange, responses((status = 200, description = "The dashboard", body = DashboardView))
)]
pub(crate) async fn change(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<DashboardId>,
    Json(wish): Json<DashboardChange>,
) -> Result<Answer<DashboardView>, Problem> {
    let changed = change_dashboard(&app.desk, &agent.caller, id, wish.version, wish.dashboard.into());
    Ok(Answer(changed.await?))
}

/// Takes a dashboard away.
#[utoipa::path(
    delete, path = "/api/v1/console/insight/dashboards/{id}", tag = "insight", operation_id = "remove_dashboard",
    params(("id" = String, Path, description = "Id of the dashboard", example = "61093405593337859")),
    responses((status = 204, description = "It is gone"))
)]
pub(crate) async fn remove(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<DashboardId>,
) -> Result<StatusCode, Problem> {
    remove_dashboard(&app.desk, &agent.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Chooses with which dashboard Insight begins for the caller.
#[utoipa::path(
    put, path = "/api/v1/console/insight/start", tag = "insight", operation_id = "start_with_dashboard",
    request_body = StartWish, responses((status = 204, description = "It is chosen"))
)]
pub(crate) async fn start(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<StartWish>,
) -> Result<StatusCode, Problem> {
    start_with_dashboard(&app.desk, &agent.caller, wish.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
