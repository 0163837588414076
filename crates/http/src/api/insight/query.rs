//! Answers: the figures of every cell.

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::extract::State;
use serde::Serialize;
use standfast_domain::Time;
use standfast_insight::{Difference, Figure, Grouping};
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
    /// Of time: seconds of it that are in the range. By the clocks of regions the length by which to divide what came in it, so that
    /// the quotient is the sum of those of the regions.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<u32>,
    /// Of what came and what ended by the clocks of regions: the length by which to divide what ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_seconds: Option<u32>,
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
    /// What it was in the period that it is compared with; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<FigureView>,
    /// How far it moved; absent where there is nothing to compare.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<FigureChange>,
}

/// How far a figure moved.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct FigureChange {
    /// Of shares a difference (0.02 is two points), of everything else a ratio less one (0.1 is ten per cent more).
    value: f64,
    /// Where its 95 % interval begins; null where none is known: of what is open at an instant, and of counts of too few
    /// days to tell how much days vary.
    low: Option<f64>,
    /// Where it ends.
    high: Option<f64>,
    /// Of one among several values: the test that it moved at all, corrected for all of them (Benjamini & Hochberg 1995). Of what
    /// has 0.05 or less, one in twenty is chance; of what has more, chance may be all. Null of what stands alone, and without
    /// an interval.
    q: Option<f64>,
}

impl From<Difference> for FigureChange {
    fn from(difference: Difference) -> Self {
        let (low, high) = difference.interval.unzip();
        Self { value: difference.value, low, high, q: difference.q }
    }
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
    /// What that was in the period that it is compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<FigureView>,
    /// How far it moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<FigureChange>,
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
        let compared = match asked.against() {
            Some(earlier) => Some(app.insight.compare(query.clone(), earlier).await?),
            None => None,
        };
        let figure = |figure: &Figure| FigureView::new(figure, measure);
        let (change, before, changes, were, answer) = match compared {
            Some(found) => {
                let before = Some(figure(&found.before.total));
                (found.change, before, found.changes, found.were, found.now)
            }
            None => (None, None, Vec::new(), Vec::new(), app.insight.answer(query).await?),
        };
        let member = |member: standfast_insight::Member| MemberView {
            code: member.code,
            from: member.span.map(|span| span.from),
            until: member.span.map(|span| span.until),
            seconds: member.span.map(|span| span.seconds),
            closed_seconds: member.span.and_then(|span| span.closed_seconds),
            cut: member.span.map(|span| span.is_cut),
            folded: member.folded,
        };
        let axis = |(grouping, members): (Grouping, Vec<_>)| AxisView {
            code: grouping.code(),
            members: members.into_iter().map(member).collect(),
        };
        let beside = |place: usize| {
            let change = changes.get(place).copied().flatten();
            (were.get(place).and_then(Option::as_ref).map(figure), change.map(Into::into))
        };
        let cell = |(place, cell): (usize, standfast_insight::Cell)| {
            let (before, change) = beside(place);
            CellView { at: cell.at, figure: figure(&cell.figure), before, change }
        };
        Ok(Self {
            measure: measure.code(),
            unit: measure.unit().into(),
            axes: answer.axes.into_iter().map(axis).collect(),
            cells: answer.cells.into_iter().enumerate().map(cell).collect(),
            total: figure(&answer.total),
            before,
            change: change.map(Into::into),
            excluded: answer.excluded.into_iter().collect(),
            left_out: answer.left_out,
            as_of,
            from: answer.from,
            until: answer.until,
        })
    }
}
