//! What moved between two periods.

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use standfast_insight::{Dimension, Measure, MovementWish, Mover};
use utoipa::ToSchema;

use super::decomposition::PeriodWish;
use super::query::FigureChange;
use super::question::about;
use crate::app::App;
use crate::body::Json;
use crate::credential::SignedIn;
use crate::problem::Problem;

/// Two periods of at most 366 days, and whose values are looked at.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MovementQuestion {
    /// As for `insight_query`.
    #[serde(default)]
    filter: BTreeMap<String, Vec<String>>,
    /// As for `insight_query`.
    #[serde(default)]
    except: BTreeMap<String, Vec<String>>,
    /// Time zone in which days begin, by its IANA name; UTC unless said.
    #[schema(example = "Asia/Shanghai")]
    zone: Option<String>,
    /// Codes of up to six dimensions; none for the count alone.
    #[serde(default)]
    #[schema(max_items = 6, example = json!(["type", "chain"]))]
    dimensions: Vec<String>,
    /// The period before.
    earlier: PeriodWish,
    /// The period after; begins when the one before is over.
    later: PeriodWish,
}

/// How a count moved.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct MovementView {
    /// Requests of the period before.
    before: u64,
    /// Requests of the period after.
    after: u64,
    /// How far it moved; null of what is new. As in answers of `insight_query`.
    change: Option<FigureChange>,
}

/// How the count of one value of a dimension moved.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ValueMovementView {
    /// Code of the dimension.
    dimension: &'static str,
    /// Code of the value.
    code: String,
    /// How it moved.
    movement: MovementView,
    /// The test, corrected for all values (Benjamini & Hochberg 1995): of what has 0.05 or less, one in twenty is chance. Null
    /// where there is none: of what is new, and of too few days.
    q: Option<f64>,
    /// Whether it is found to have moved: `q` is 0.05 or less.
    found: bool,
}

impl From<Mover> for ValueMovementView {
    fn from(mover: Mover) -> Self {
        Self {
            dimension: mover.dimension.code(),
            found: mover.is_found(),
            movement: MovementView {
                before: mover.before,
                after: mover.now,
                change: mover.change.map(Into::into),
            },
            code: mover.code,
            q: mover.q,
        }
    }
}

/// What moved.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MovementsView {
    /// All requests together.
    total: MovementView,
    /// Values with ten requests and more in both periods together, those found to have moved first, and of these those that
    /// moved by most requests. What is gone, and what is new, is among them.
    values: Vec<ValueMovementView>,
    /// How many of them were tested.
    tested: usize,
    /// Values that were not looked at, because they have fewer requests.
    left_out: usize,
}

/// Tells which counts moved between two periods by more than their days do anyhow: days vary more than chance alone would have
/// them, and resemble their neighbours.
#[utoipa::path(
    post, path = "/api/v1/console/insight/movements", tag = "insight", operation_id = "insight_movements",
    request_body = MovementQuestion,
    responses((status = 200, description = "What moved", body = MovementsView))
)]
pub(crate) async fn ask(
    State(app): State<App>,
    _agent: SignedIn,
    Json(question): Json<MovementQuestion>,
) -> Result<Answer<MovementsView>, Problem> {
    let zone = question.zone.as_deref();
    let query = about(&app, Measure::Requests, &question.filter, &question.except, zone)?;
    let parse = |code: &String| Dimension::parse(code).ok_or(Problem::invalid("dimensions", "unknown"));
    let wish = MovementWish {
        query,
        dimensions: question.dimensions.iter().map(parse).collect::<Result<_, _>>()?,
        earlier: question.earlier.into(),
        later: question.later.into(),
    };
    let found = app.insight.movements(wish).await?;
    Ok(Answer(MovementsView {
        total: MovementView {
            before: found.before,
            after: found.after,
            change: found.change.map(Into::into),
        },
        tested: found.movers.tested,
        left_out: found.movers.left_out,
        values: found.movers.values.into_iter().map(Into::into).collect(),
    }))
}
