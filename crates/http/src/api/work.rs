//! What agents do with a request beside writing on it.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use standfast_desk::{
    Assignment, dismiss_claim, put_at_risk, retype as change_type, tag as change_tags, transition,
    undo_dismissal,
};
use standfast_domain::{AgentId, FalseClaim, RequestId, RequestNumber, TeamId, Transition};
use utoipa::ToSchema;

use super::Wish;
use crate::app::App;
use crate::body::{Json, Path};
use crate::credential::SignedIn;
use crate::problem::Problem;

/// Who is to look after a request. What is absent stays; null means nobody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignWish {
    /// An agent.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "61093405593337857")]
    agent_id: Wish<AgentId>,
    /// A team.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    team_id: Wish<TeamId>,
}

/// What somebody found who looked at a claim that assets are at risk.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FalseClaimWish {
    /// Why they are not.
    reason: FalseClaim,
}

/// Another type.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TypeWish {
    /// Code of the type.
    #[serde(rename = "type")]
    #[schema(example = "pending")]
    kind: String,
}

/// Tags to add and to remove.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TagWish {
    /// To add.
    #[serde(default)]
    #[schema(example = json!(["tron"]))]
    add: Vec<String>,
    /// To remove.
    #[serde(default)]
    #[schema(example = json!([]))]
    remove: Vec<String>,
}

/// What is to happen to a request.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    /// Call it solved.
    Solve,
    /// End it.
    Close,
    /// Take it up again.
    Reopen,
    /// Wait for something outside.
    Hold,
    /// It is not a request for help.
    Spam,
    /// It is one after all.
    NotSpam,
}

/// A step.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepWish {
    /// Which.
    transition: Step,
    /// Seconds that the agent had the request in hand for this: in front of them and worked on. For the measure of handling
    /// time; more than four hours count as four.
    #[serde(default)]
    #[schema(example = 95)]
    worked_seconds: Option<u32>,
}

/// A merge.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeWish {
    /// Number of the request in which it goes on.
    #[schema(value_type = String, example = "K7M-39Q-X24J")]
    into: RequestNumber,
}

/// An erasure.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EraseWish {
    /// Sequence number of the entry.
    #[schema(example = 3, minimum = 1)]
    seq: i64,
    /// Why: `secret`, `privacy`, or words.
    #[schema(example = "privacy", min_length = 1)]
    reason: String,
}

/// Gives a request to an agent, a team, or nobody.
#[utoipa::path(
    post, path = "/api/v1/console/requests/{id}/assign", tag = "console", operation_id = "assign",
    params(("id" = String, Path, description = "Id of the request", example = "61093405593337856")),
    request_body = AssignWish, responses((status = 204, description = "Done"))
)]
pub(crate) async fn assign(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<RequestId>,
    Json(wish): Json<AssignWish>,
) -> Result<StatusCode, Problem> {
    let to = Assignment { agent: wish.agent_id.into_option(), team: wish.team_id.into_option() };
    standfast_desk::assign(&app.desk, &agent.caller, id, to).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Corrects a request's type, or confirms the one that it has. Both settle it: the model of types learns from them.
#[utoipa::path(
    post, path = "/api/v1/console/requests/{id}/type", tag = "console", operation_id = "retype",
    params(("id" = String, Path, description = "Id of the request", example = "61093405593337856")),
    request_body = TypeWish, responses((status = 204, description = "Done"))
)]
pub(crate) async fn retype(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<RequestId>,
    Json(wish): Json<TypeWish>,
) -> Result<StatusCode, Problem> {
    change_type(&app.desk, &agent.caller, id, &wish.kind).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Adds and removes tags.
#[utoipa::path(
    post, path = "/api/v1/console/requests/{id}/tags", tag = "console", operation_id = "tag",
    params(("id" = String, Path, description = "Id of the request", example = "61093405593337856")),
    request_body = TagWish, responses((status = 204, description = "Done"))
)]
pub(crate) async fn tag(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<RequestId>,
    Json(wish): Json<TagWish>,
) -> Result<StatusCode, Problem> {
    change_tags(&app.desk, &agent.caller, id, wish.add, wish.remove).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes a request's state.
#[utoipa::path(
    post, path = "/api/v1/console/requests/{id}/transition", tag = "console", operation_id = "transition",
    params(("id" = String, Path, description = "Id of the request", example = "61093405593337856")),
    request_body = StepWish, responses((status = 204, description = "Done"))
)]
pub(crate) async fn transit(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<RequestId>,
    Json(wish): Json<StepWish>,
) -> Result<StatusCode, Problem> {
    let step = match wish.transition {
        Step::Solve => Transition::Solve,
        Step::Close => Transition::Close,
        Step::Reopen => Transition::Reopen,
        Step::Hold => Transition::Hold,
        Step::Spam => Transition::Spam,
        Step::NotSpam => Transition::NotSpam,
    };
    transition(&app.desk, &agent.caller, id, step, wish.worked_seconds).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a request part of another one of the same customer.
#[utoipa::path(
    post, path = "/api/v1/console/requests/{id}/merge", tag = "console", operation_id = "merge",
    params(("id" = String, Path, description = "Id of the request", example = "61093405593337856")),
    request_body = MergeWish, responses((status = 204, description = "Done"))
)]
pub(crate) async fn merge(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<RequestId>,
    Json(wish): Json<MergeWish>,
) -> Result<StatusCode, Problem> {
    standfast_desk::merge(&app.desk, &agent.caller, id, wish.into).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Erases a text from a record; the record still verifies.
#[utoipa::path(
    post, path = "/api/v1/console/requests/{id}/erase", tag = "console", operation_id = "erase",
    params(("id" = String, Path, description = "Id of the request", example = "61093405593337856")),
    request_body = EraseWish, responses((status = 204, description = "Done"))
)]
pub(crate) async fn erase(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<RequestId>,
    Json(wish): Json<EraseWish>,
) -> Result<StatusCode, Problem> {
    standfast_desk::erase(&app.desk, &agent.caller, id, wish.seq, wish.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Moves a request out of the lane of assets at risk: somebody has looked, and the claim is false. What its customer writes can bring
/// it back.
#[utoipa::path(
    post, path = "/api/v1/console/requests/{id}/not-at-risk", tag = "console", operation_id = "dismiss_claim",
    params(("id" = String, Path, description = "Id of the request", example = "61093405593337856")),
    request_body = FalseClaimWish, responses((status = 204, description = "Done"))
)]
pub(crate) async fn dismiss(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<RequestId>,
    Json(wish): Json<FalseClaimWish>,
) -> Result<StatusCode, Problem> {
    dismiss_claim(&app.desk, &agent.caller, id, wish.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes back that a request was moved out of the lane of assets at risk: it stands there again where it stood, and what is taken back
/// is held against nobody.
#[utoipa::path(
    delete, path = "/api/v1/console/requests/{id}/not-at-risk", tag = "console", operation_id = "undo_dismissal",
    params(("id" = String, Path, description = "Id of the request", example = "61093405593337856")),
    responses((status = 204, description = "Done"))
)]
pub(crate) async fn undismiss(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<RequestId>,
) -> Result<StatusCode, Problem> {
    undo_dismissal(&app.desk, &agent.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Puts a request into the lane of assets at risk, or back into it.
#[utoipa::path(
    post, path = "/api/v1/console/requests/{id}/at-risk", tag = "console", operation_id = "put_at_risk",
    params(("id" = String, Path, description = "Id of the request", example = "61093405593337856")),
    responses((status = 204, description = "Done"))
)]
pub(crate) async fn at_risk(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<RequestId>,
) -> Result<StatusCode, Problem> {
    put_at_risk(&app.desk, &agent.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
