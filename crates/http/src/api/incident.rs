//! The requests that belong to an incident.

use axum::Json as Answer;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use standfast_desk::{
    InboxQuery, IncidentRequests, LinkCommand, link_requests, list_incident_requests, unlink_request,
};
use standfast_domain::{DriverId, Permission, RequestId, RequestNumber, TeamId};
use utoipa::ToSchema;

use super::inbox::Wanted;
use crate::app::App;
use crate::body::{Json, Path, PathPart as _};
use crate::credential::SignedIn;
use crate::problem::Problem;
use crate::route::{Access, Route};

/// The routes of this file.
pub(super) fn routes() -> [Route; 3] {
    let reads = Access::Agent(Permission::ReadRequests);
    let works = Access::Agent(Permission::WorkRequests);
    [
        Route::get("/api/v1/console/drivers/{id}/requests", reads, list),
        Route::post("/api/v1/console/drivers/{id}/requests", works, link),
        Route::delete("/api/v1/console/drivers/{id}/requests/{request}", works, unlink),
    ]
}

/// Which requests are to belong to an incident.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "of", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum LinkWish {
    /// Those with these numbers.
    Numbers {
        /// At most fifty.
        #[schema(value_type = Vec<String>, example = json!(["K7M-39Q-X24J"]))]
        numbers: Vec<RequestNumber>,
    },
    /// Those of the alarm that it was confirmed from.
    Alarm,
    /// All of a view of the inbox, at most 2,000.
    View {
        /// Which view; `solved` is none of them.
        view: Wanted,
        /// Only those of this team.
        #[serde(default)]
        #[schema(value_type = Option<String>)]
        team: Option<TeamId>,
        /// Only those of this type.
        #[serde(default, rename = "type")]
        kind: Option<String>,
        /// Only where subject, last text, number or customer's name contain this.
        #[serde(default)]
        #[schema(max_length = 200)]
        q: Option<String>,
    },
}

impl From<LinkWish> for LinkCommand {
    fn from(wish: LinkWish) -> Self {
        match wish {
            LinkWish::Numbers { numbers } => Self::Named(numbers),
            LinkWish::Alarm => Self::OfAlarm,
            LinkWish::View { view, team, kind, q } => {
                Self::View(InboxQuery { view: view.into(), team, kind, text: q, ..InboxQuery::default() })
            }
        }
    }
}

/// Lists the requests that belong to an incident, and what their customers say.
#[utoipa::path(
    get, path = "/api/v1/console/drivers/{id}/requests", tag = "drivers", operation_id = "incident_requests",
    params(("id" = String, Path, description = "Id of the event", example = "61093405593337857")),
    responses((status = 200, description = "How many, and the first hundred", body = IncidentRequests))
)]
pub(crate) async fn list(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<DriverId>,
) -> Result<Answer<IncidentRequests>, Problem> {
    Ok(Answer(list_incident_requests(&app.desk, &agent.caller, id).await?))
}

/// Lets requests belong to an incident. Each is told the latest step, and every one after it, as a message of the desk; the last
/// one asks whether it is solved. Agents may name requests; whoever may tell the public may take all of an alarm or a view.
#[utoipa::path(
    post, path = "/api/v1/console/drivers/{id}/requests", tag = "drivers", operation_id = "link_requests",
    params(("id" = String, Path, description = "Id of the event", example = "61093405593337857")),
    request_body = LinkWish, responses((status = 200, description = "All requests of it", body = IncidentRequests))
)]
pub(crate) async fn link(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<DriverId>,
    Json(wish): Json<LinkWish>,
) -> Result<Answer<IncidentRequests>, Problem> {
    Ok(Answer(link_requests(&app.desk, &agent.caller, id, &wish.into()).await?))
}

/// Says that a request does not belong to an incident. What it was told stands.
#[utoipa::path(
    delete, path = "/api/v1/console/drivers/{id}/requests/{request}", tag = "drivers", operation_id = "unlink_request",
    params(
        ("id" = String, Path, description = "Id of the event", example = "61093405593337857"),
        ("request" = String, Path, description = "Id of the request", example = "61093405593337856"),
    ),
    responses((status = 204, description = "It does not belong to it"))
)]
pub(crate) async fn unlink(
    State(app): State<App>,
    agent: SignedIn,
    axum::extract::Path((id, request)): axum::extract::Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (id, request) = (DriverId::read(&id)?, RequestId::read(&request)?);
    unlink_request(&app.desk, &agent.caller, id, request).await?;
    Ok(StatusCode::NO_CONTENT)
}
