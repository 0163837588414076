//! Alarms: more requests than were to be expected.

use axum::Json as Answer;
use axum::extract::State;
use serde::Deserialize;
use standfast_desk::{
    AlarmDetail, AlarmList, AlarmView, acknowledge_alarm, confirm_alarm, dismiss_alarm, find_alarm,
    list_alarms,
};
use standfast_domain::{AlarmId, DismissReason, Permission, Time};
use utoipa::{IntoParams, ToSchema};

use super::driver::DriverWish;
use crate::app::App;
use crate::body::{Json, Path, Query};
use crate::credential::SignedIn;
use crate::problem::Problem;
use crate::route::{Access, Route};

/// The routes of alarms.
pub(super) fn routes() -> [Route; 5] {
    let reads = Access::Agent(Permission::ReadRequests);
    let works = Access::Agent(Permission::WorkRequests);
    let explains = Access::Agent(Permission::ManageDrivers);
    [
        Route::get("/api/v1/console/alarms", reads, list),
        Route::get("/api/v1/console/alarms/{id}", reads, show),
        Route::post("/api/v1/console/alarms/{id}/acknowledge", works, acknowledge),
        Route::post("/api/v1/console/alarms/{id}/dismiss", explains, dismiss),
        Route::post("/api/v1/console/alarms/{id}/incident", explains, confirm),
    ]
}

/// Which alarms.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Only what was raised before.
    #[serde(default)]
    #[param(value_type = Option<String>, format = DateTime)]
    before: Option<Time>,
}

/// Why an alarm is nothing to act on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dismissal {
    /// False alarms count against the number that is promised.
    reason: DismissReason,
}

/// Lists alarms, at most a hundred, the latest first, and says how the desk watches.
#[utoipa::path(
    get, path = "/api/v1/console/alarms", tag = "drivers", operation_id = "alarms", params(Asked),
    responses((status = 200, description = "The alarms", body = AlarmList))
)]
pub(crate) async fn list(
    State(app): State<App>,
    agent: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Answer<AlarmList>, Problem> {
    Ok(Answer(list_alarms(&app.desk, &agent.caller, asked.before).await?))
}

/// Shows an alarm with its latest requests.
#[utoipa::path(
    get, path = "/api/v1/console/alarms/{id}", tag = "drivers", operation_id = "alarm",
    params(("id" = String, Path, description = "Id of the alarm", example = "61093405593337857")),
    responses((status = 200, description = "The alarm", body = AlarmDetail))
)]
pub(crate) async fn show(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<AlarmId>,
) -> Result<Answer<AlarmDetail>, Problem> {
    Ok(Answer(find_alarm(&app.desk, &agent.caller, id).await?))
}

/// Says that somebody looks into an alarm.
#[utoipa::path(
    post, path = "/api/v1/console/alarms/{id}/acknowledge", tag = "drivers", operation_id = "acknowledge_alarm",
    params(("id" = String, Path, description = "Id of the alarm", example = "61093405593337857")),
    responses((status = 200, description = "The alarm", body = AlarmView))
)]
pub(crate) async fn acknowledge(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<AlarmId>,
) -> Result<Answer<AlarmView>, Problem> {
    Ok(Answer(acknowledge_alarm(&app.desk, &agent.caller, id).await?))
}

/// Dismisses an alarm: its draft of an incident goes.
#[utoipa::path(
    post, path = "/api/v1/console/alarms/{id}/dismiss", tag = "drivers", operation_id = "dismiss_alarm",
    params(("id" = String, Path, description = "Id of the alarm", example = "61093405593337857")),
    request_body = Dismissal, responses((status = 200, description = "The alarm", body = AlarmView))
)]
pub(crate) async fn dismiss(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<AlarmId>,
    Json(wish): Json<Dismissal>,
) -> Result<Answer<AlarmView>, Problem> {
    Ok(Answer(dismiss_alarm(&app.desk, &agent.caller, id, wish.reason).await?))
}

/// Confirms the incident that an alarm has opened as a draft, as it is said here.
#[utoipa::path(
    post, path = "/api/v1/console/alarms/{id}/incident", tag = "drivers", operation_id = "confirm_alarm",
    params(("id" = String, Path, description = "Id of the alarm", example = "61093405593337857")),
    request_body = DriverWish, responses((status = 200, description = "The alarm", body = AlarmView))
)]
pub(crate) async fn confirm(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<AlarmId>,
    Json(wish): Json<DriverWish>,
) -> Result<Answer<AlarmView>, Problem> {
    Ok(Answer(confirm_alarm(&app.desk, &agent.caller, id, &wish.into()).await?))
}
