//! The wallboard.

use axum::Json as Answer;
use axum::extract::State;
use standfast_desk::{Wallboard, wallboard};
use standfast_domain::Permission;

use crate::app::App;
use crate::credential::SignedIn;
use crate::problem::Problem;
use crate::route::{Access, Route};

/// The route of the wallboard.
pub(super) fn route() -> Route {
    Route::get("/api/v1/console/wallboard", Access::Agent(Permission::ReadInsight), show)
}

/// Shows what everybody in the room should see: who waits, who is there, the level, the next peak.
#[utoipa::path(
    get, path = "/api/v1/console/wallboard", tag = "surge", operation_id = "wallboard",
    responses((status = 200, description = "The wallboard", body = Wallboard))
)]
pub(crate) async fn show(State(app): State<App>, agent: SignedIn) -> Result<Answer<Wallboard>, Problem> {
    Ok(Answer(wallboard(&app.desk, &agent.caller).await?))
}
