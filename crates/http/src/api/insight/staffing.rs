//! Peaks against people: how many came, how many were there, and how many it would have taken.

use axum::Json as Answer;
use axum::extract::State;
use serde::Deserialize;
use standfast_desk::{StaffingView, staffing};
use standfast_domain::Time;
use utoipa::IntoParams;

use crate::app::App;
use crate::body::Query;
use crate::credential::SignedIn;
use crate::problem::Problem;

/// Which days, and by which clock.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Days {
    /// From when. Who was there is known of the last ninety days alone.
    #[param(value_type = String, format = DateTime, example = "2026-11-01T00:00:00Z")]
    from: Time,
    /// Until when; at most now.
    #[param(value_type = String, format = DateTime, example = "2026-12-01T00:00:00Z")]
    until: Time,
    /// Time zone of the hours of the week, by its IANA name; UTC unless said.
    #[param(example = "Asia/Shanghai")]
    zone: Option<String>,
}

/// Tells of each hour of the week how many requests came, how many people were to be there by the roster, how many were, and how many
/// it takes to keep the goal that planning goes by: on average over the range, of all requests and of the whole desk, never of a person.
#[utoipa::path(
    get, path = "/api/v1/console/insight/staffing", tag = "insight", operation_id = "insight_staffing", params(Days),
    responses((status = 200, description = "The hours of the week", body = StaffingView))
)]
pub(crate) async fn show(
    State(app): State<App>,
    agent: SignedIn,
    Query(days): Query<Days>,
) -> Result<Answer<StaffingView>, Problem> {
    let (facts, zone) = (app.insight.facts()?, days.zone.as_deref().unwrap_or("UTC"));
    Ok(Answer(staffing(&app.desk, &agent.caller, &facts, (days.from, days.until), zone).await?))
}
