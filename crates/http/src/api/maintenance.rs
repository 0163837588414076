//! Maintenance: what pauses, and when.

use axum::Json as Answer;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use standfast_desk::{
    MaintenanceCommand, MaintenanceText, MaintenanceView, announce_maintenance, end_maintenance,
    list_maintenance,
};
use standfast_domain::{MaintenanceId, Permission, Time};
use utoipa::ToSchema;

use crate::app::App;
use crate::body::{Json, Path};
use crate::credential::SignedIn;
use crate::problem::Problem;
use crate::route::{Access, Route};

/// The routes of maintenance.
pub(crate) fn routes() -> [Route; 3] {
    let manages = Access::Agent(Permission::ManageMaintenance);
    let path = "/api/v1/console/maintenance";
    [
        Route::get(path, Access::Agent(Permission::ReadRequests), list),
        Route::post(path, manages, announce),
        Route::delete("/api/v1/console/maintenance/{id}", manages, end),
    ]
}

/// Windows of maintenance.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MaintenanceList {
    /// All of them, the latest first.
    items: Vec<MaintenanceView>,
}

/// A window of maintenance to be announced.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MaintenanceWish {
    /// Made by the client; the same id announces it once.
    #[schema(example = "0198c7f2-7c1e-7b7e-a3c4-6a2f6b1d9e57")]
    client_id: String,
    /// When it begins; at once when missing.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    starts_at: Option<Time>,
    /// When it is over, at the latest: until then people are told to wait.
    #[schema(value_type = String, format = DateTime)]
    ends_at: Time,
    /// What it is about, beside the usual words.
    #[serde(default)]
    text: MaintenanceText,
}

/// Lists windows of maintenance.
#[utoipa::path(
    get, path = "/api/v1/console/maintenance", tag = "console", operation_id = "maintenance",
    responses((status = 200, description = "The windows", body = MaintenanceList))
)]
pub(crate) async fn list(
    State(app): State<App>,
    agent: SignedIn,
) -> Result<Answer<MaintenanceList>, Problem> {
    Ok(Answer(MaintenanceList { items: list_maintenance(&app.desk, &agent.caller).await? }))
}

/// Announces maintenance, or begins it. Whoever asks for help is not concerned; changes to the desk itself pause.
#[utoipa::path(
    post, path = "/api/v1/console/maintenance", tag = "console", operation_id = "announce_maintenance",
    request_body = MaintenanceWish,
    responses((status = 201, description = "The window", body = MaintenanceView))
)]
pub(crate) async fn announce(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<MaintenanceWish>,
) -> Result<(StatusCode, Answer<MaintenanceView>), Problem> {
    let MaintenanceWish { client_id, starts_at, ends_at, text } = wish;
    let command = MaintenanceCommand { client_id, starts_at, ends_at, text };
    let window = announce_maintenance(&app.desk, &agent.caller, command).await?;
    Ok((StatusCode::CREATED, Answer(window)))
}

/// Ends maintenance, or calls it off.
#[utoipa::path(
    delete, path = "/api/v1/console/maintenance/{id}", tag = "console", operation_id = "end_maintenance",
    params(("id" = String, Path, description = "Id of the window", example = "61093405593337857")),
    responses((status = 204, description = "It is over"))
)]
pub(crate) async fn end(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<MaintenanceId>,
) -> Result<StatusCode, Problem> {
    end_maintenance(&app.desk, &agent.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
