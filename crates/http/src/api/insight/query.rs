//! Answers: the figures of every cell.

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::extract::State;
use serde::Serialize;
use standfast_domain::Time;
use standfast_insight::Grouping;
use utoipa::ToSchema;

use super::catalogue::UnitView;
use super::figure::FigureView;
use super::question::Asked;
use crate::app::App;
use crate::body::Json;
use crate::credential::SignedIn;
use crate::problem::Problem;

/// A group of an axis.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberView {
    /// Code.
    #[schema(example = "2026-11-21")]
    code: String,
    /// Of time: where it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Time>,
    /// Of time: where it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Time>,
    /// Of time: seconds of it that are in the range.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<u32>,
    /// Of time: whether the range cuts something of it off, so that it holds less than others.
    #[serde(skip_serializing_if = "Option::is_none")]
    cut: Option<bool>,
    /// Of `other`: how many values it also stands for, because there are too many to tell apart. Those with the most
    /// requests stand for themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    folded: Option<usize>,
}

/// An axis of the answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AxisView {
    /// Code of the dimension or step.
    code: &'static str,
    /// Its groups.
    members: Vec<MemberView>,
}

/// A figure and where it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CellView {
    /// The place of its group on each axis, from 0.
    at: Vec<usize>,
    /// The figure.
    figure: FigureView,
}

/// An answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnswerView {
    /// Code of the measure.
    measure: &'static str,
    /// What kind of number it is.
    unit: UnitView,
    /// What was grouped by.
    axes: Vec<AxisView>,
    /// Cells in which there is something.
    cells: Vec<CellView>,
    /// All together, which is not always their sum.
    total: FigureView,
    /// Requests that pass the filter and are not counted, by why: spam, merged, test.
    excluded: BTreeMap<&'static str, u64>,
    /// Requests that count but do not meet the measure's own condition: too young, or not ended.
    left_out: u64,
    /// The time of the answer. Asking for the requests behind a figure with it gives those that were counted.
    #[schema(value_type = String, format = DateTime)]
    as_of: Time,
    /// The range.
    #[schema(value_type = String, format = DateTime)]
    from: Time,
    /// Its end.
    #[schema(value_type = String, format = DateTime)]
    until: Time,
}

/// Answers a question: a measure of the requests that a filter lets through, by up to two groupings.
#[utoipa::path(
    post, path = "/api/v1/console/insight/query", tag = "insight", operation_id = "insight_query",
    request_body = Asked,
    responses((status = 200, description = "The answer", body = AnswerView))
)]
pub(crate) async fn ask(
    State(app): State<App>,
    _agent: SignedIn,
    Json(asked): Json<Asked>,
) -> Result<Answer<AnswerView>, Problem> {
    AnswerView::to(&app, &asked).await.map(Answer)
}

impl AnswerView {
    /// Answers a question, whoever asks.
    pub(super) async fn to(app: &App, asked: &Asked) -> Result<Self, Problem> {
        let query = asked.query(app)?;
        let (measure, as_of) = (query.measure, query.now);
        let answer = app.insight.answer(query).await?;
        let member = |member: standfast_insight::Member| MemberView {
            code: member.code,
            from: member.span.map(|span| span.from),
            until: member.span.map(|span| span.until),
            seconds: member.span.map(|span| span.seconds),
            cut: member.span.map(|span| span.is_cut),
            folded: member.folded,
        };
        let axis = |(grouping, members): (Grouping, Vec<_>)| AxisView {
            code: grouping.code(),
            members: members.into_iter().map(member).collect(),
        };
        let cell = |cell: standfast_insight::Cell| CellView {
            at: cell.at,
            figure: FigureView::new(&cell.figure, measure),
        };
        Ok(Self {
            measure: measure.code(),
            unit: measure.unit().into(),
            axes: answer.axes.into_iter().map(axis).collect(),
            cells: answer.cells.into_iter().map(cell).collect(),
            total: FigureView::new(&answer.total, measure),
            excluded: answer.excluded.into_iter().collect(),
            left_out: answer.left_out,
            as_of,
            from: answer.from,
            until: answer.until,
        })
    }
}
