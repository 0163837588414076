//! Whether what people were told of how long it takes came true.

use axum::Json as Answer;
use axum::extract::State;
use serde::Deserialize;
use standfast_desk::{PromiseFigures, promise_figures};
use standfast_domain::Time;
use utoipa::IntoParams;

use crate::app::App;
use crate::body::Query;
use crate::credential::SignedIn;
use crate::problem::Problem;

/// Which promises.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Made {
    /// Made at this time or later.
    #[param(value_type = String, format = DateTime, example = "2026-11-01T00:00:00Z")]
    from: Time,
    /// Made before this time; at most 400 days later.
    #[param(value_type = String, format = DateTime, example = "2026-12-01T00:00:00Z")]
    until: Time,
    /// Time zone of the hours of the day, by its IANA name; UTC unless said.
    #[param(example = "Asia/Shanghai")]
    zone: Option<String>,
}

/// Counts promised waits, and how many of them were kept: a person answered by the upper figure that was said. Four of five are
/// to be. By channel, by hour of the day, by lane and by the length that was promised; by agents they cannot be told.
#[utoipa::path(
    get, path = "/api/v1/console/insight/promises", tag = "insight", operation_id = "insight_promises", params(Made),
    responses((status = 200, description = "The counts", body = PromiseFigures))
)]
pub(crate) async fn show(
    State(app): State<App>,
    agent: SignedIn,
    Query(made): Query<Made>,
) -> Result<Answer<PromiseFigures>, Problem> {
    let zone = made.zone.as_deref().unwrap_or("UTC");
    Ok(Answer(promise_figures(&app.desk, &agent.caller, made.from, made.until, zone).await?))
}
