//! The requests behind a figure.

use axum::Json as Answer;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use standfast_desk::{RequestSummary, list_requests};
use standfast_insight::{After, Error, MOST_BEHIND, Part, Selection};
use utoipa::ToSchema;

use super::question::Asked;
use crate::app::App;
use crate::body::{Json, within};
use crate::credential::SignedIn;
use crate::problem::Problem;

/// Which of a figure's requests.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PartWish {
    /// All that its `n` counts; of a flow, those that came.
    #[default]
    All,
    /// Of a share, those in the numerator; of durations, those that have one; of a flow, those that ended.
    Met,
    /// Of a share or of durations, the others; of a flow, those that were open at the end, where the group has one end.
    Unmet,
}

impl From<PartWish> for Part {
    fn from(wish: PartWish) -> Self {
        match wish {
            PartWish::All => Self::All,
            PartWish::Met => Self::Met,
            PartWish::Unmet => Self::Unmet,
        }
    }
}

/// A question, and the cell of its answer whose requests are wanted.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowsWish {
    /// The question.
    query: Asked,
    /// Codes of the cell's groups, one for each axis; none for the total.
    #[serde(default)]
    #[schema(example = json!(["2026-11-21", "widget"]))]
    cell: Vec<String>,
    /// Which of them.
    #[serde(default)]
    part: PartWish,
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, at most 200.
    #[serde(default = "fifty")]
    #[schema(minimum = 1, maximum = 200)]
    limit: usize,
}

const fn fifty() -> usize {
    50
}

/// The requests behind a figure.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RowsView {
    /// Requests in the order in which they came.
    items: Vec<RequestSummary>,
    /// Where the page ended, if there are more.
    next: Option<String>,
}

/// Lists the requests behind a figure, in the order in which they came.
#[utoipa::path(
    post, path = "/api/v1/console/insight/rows", tag = "insight", operation_id = "insight_rows",
    request_body = RowsWish,
    responses((status = 200, description = "A page of requests", body = RowsView))
)]
pub(crate) async fn list(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<RowsWish>,
) -> Result<Answer<RowsView>, Problem> {
    within("limit", wish.limit, 1..=MOST_BEHIND.min(200))?;
    let after = match wish.cursor.as_deref() {
        Some(text) => {
            Some(After::parse(text).ok_or(Error::Invalid { field: "cursor", reason: "malformed" })?)
        }
        None => None,
    };
    let selection = Selection { cell: wish.cell, part: wish.part.into(), after, limit: wish.limit };
    let page = app.insight.behind(wish.query.query(&app)?, selection).await?;
    let ids = page.rows.into_iter().map(|row| row.id).collect();
    let items = list_requests(&app.desk, &agent.caller, ids).await?;
    Ok(Answer(RowsView { items, next: page.next.map(|next| next.to_string()) }))
}
