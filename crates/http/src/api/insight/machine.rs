//! Figures for other systems: the same questions and the same answers as the console's, without the requests behind them.

use axum::Json as Answer;
use axum::extract::State;

use super::catalogue::{CatalogueView, People};
use super::query::AnswerView;
use super::question::Asked;
use crate::app::App;
use crate::body::Json;
use crate::credential::Machine;
use crate::problem::Problem;

/// Tells what can be measured, with the definition of each measure, and what can be filtered and grouped by. Agents and
/// teams have their ids here and no names.
#[utoipa::path(
    get, path = "/api/v1/insight/catalogue", tag = "machine", operation_id = "machine_insight_catalogue",
    responses((status = 200, description = "Measures, dimensions and steps", body = CatalogueView))
)]
pub(crate) async fn catalogue(
    State(app): State<App>,
    _machine: Machine,
) -> Result<Answer<CatalogueView>, Problem> {
    CatalogueView::new(&app, &People::new(), &People::new()).await.map(Answer)
}

/// Answers a question: a measure of the requests that a filter lets through, by up to two groupings. Definitions are those
/// of the console; a token needs the scope `insight`. A filter's value that no request can have is refused.
#[utoipa::path(
    post, path = "/api/v1/insight/query", tag = "machine", operation_id = "machine_insight_query",
    request_body = Asked,
    responses((status = 200, description = "The answer", body = AnswerView))
)]
pub(crate) async fn query(
    State(app): State<App>,
    _machine: Machine,
    Json(asked): Json<Asked>,
) -> Result<Answer<AnswerView>, Problem> {
    asked.refuse_unknown()?;
    AnswerView::to(&app, &asked).await.map(Answer)
}
