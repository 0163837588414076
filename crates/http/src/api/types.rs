//! The model of request types, and what is new among the requests that it cannot name.

use axum::Json as Reply;
use axum::extract::State;
use standfast_desk::{ModelView, NovelView, novel_requests, type_model};

use crate::app::App;
use crate::credential::SignedIn;
use crate::problem::Problem;

/// Shows the model of request types: what it learned from, how good it is, and how it compared with the one before.
#[utoipa::path(
    get, path = "/api/v1/console/types/model", tag = "insight", operation_id = "type_model",
    responses((status = 200, description = "The model, and what came of the latest training", body = ModelView))
)]
pub(crate) async fn model(State(app): State<App>, agent: SignedIn) -> Result<Reply<ModelView>, Problem> {
    Ok(Reply(type_model(&app.desk, &agent.caller).await?))
}

/// Shows groups of alike among the recent requests that no type fits, with their typical words.
#[utoipa::path(
    get, path = "/api/v1/console/types/novel", tag = "insight", operation_id = "novel_requests",
    responses((status = 200, description = "The groups, the largest first; found anew at most once a minute", body = NovelView))
)]
pub(crate) async fn novel(State(app): State<App>, agent: SignedIn) -> Result<Reply<NovelView>, Problem> {
    let found = novel_requests(&app.desk, &agent.caller).await?;
    Ok(Reply(NovelView::clone(&found)))
}
