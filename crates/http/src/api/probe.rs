//! What came of test messages that were sent from elsewhere.

use axum::Json as Answer;
use axum::extract::State;
use serde::Deserialize;
use standfast_desk::{ProbeWord, ProbesTold, tell_probes};
use standfast_domain::{Time, TokenScope};
use utoipa::ToSchema;

use crate::app::App;
use crate::body::Json;
use crate::credential::Machine;
use crate::problem::Problem;
use crate::route::{Access, Route};

/// Its route.
pub(super) fn route() -> Route {
    Route::post("/api/v1/probes", Access::Machine(TokenScope::Probes), tell)
}

/// What a place tells.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProbesWish {
    /// From where: letters, digits and `. _ -`. Of a place the first word about a minute holds.
    #[schema(example = "singapore")]
    place: String,
    /// What came of test messages, at most 500.
    #[schema(max_items = 500)]
    probes: Vec<ProbeWish>,
}

/// What came of a test message.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProbeWish {
    /// When it was sent.
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    /// Milliseconds to its receipt; null where none came.
    #[schema(example = 140)]
    took_ms: Option<i64>,
}

/// Tells what came of test messages that were sent from elsewhere, also long afterwards. What was told of a minute before stays as it
/// is, so that repeating a call does no harm.
#[utoipa::path(
    post, path = "/api/v1/probes", tag = "machine", operation_id = "tell_probes",
    request_body = ProbesWish, responses((status = 200, description = "What became of them", body = ProbesTold))
)]
pub(crate) async fn tell(
    State(app): State<App>,
    machine: Machine,
    Json(wish): Json<ProbesWish>,
) -> Result<Answer<ProbesTold>, Problem> {
    let words: Vec<_> =
        wish.probes.iter().map(|word| ProbeWord { at: word.at, took: word.took_ms }).collect();
    Ok(Answer(tell_probes(&app.desk, &machine.0, &wish.place, &words).await?))
}
