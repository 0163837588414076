//! Work that failed for good and needs a person.

use axum::Json as Answer;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use standfast_desk::{DeadJob, dead_jobs, retry_job};
use standfast_domain::JobId;
use utoipa::ToSchema;

use crate::app::App;
use crate::body::Path;
use crate::credential::SignedIn;
use crate::problem::Problem;

/// Jobs that failed for good.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadJobs {
    /// The latest ones.
    items: Vec<DeadJob>,
}

/// Lists jobs that failed for good.
#[utoipa::path(
    get, path = "/api/v1/console/jobs/dead", tag = "console", operation_id = "dead_jobs",
    responses((status = 200, description = "The jobs", body = DeadJobs))
)]
pub(crate) async fn list_dead(State(app): State<App>, agent: SignedIn) -> Result<Answer<DeadJobs>, Problem> {
    Ok(Answer(DeadJobs { items: dead_jobs(&app.desk, &agent.caller).await? }))
}

/// Has a job tried again.
#[utoipa::path(
    post, path = "/api/v1/console/jobs/{id}/retry", tag = "console", operation_id = "retry_job",
    params(("id" = String, Path, description = "Id of the job", example = "61093405593337859")),
    responses((status = 204, description = "It will be tried again"))
)]
pub(crate) async fn retry(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<JobId>,
) -> Result<StatusCode, Problem> {
    retry_job(&app.desk, &agent.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
