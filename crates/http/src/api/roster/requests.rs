//! What people ask for about their time: time off, and other hands for a shift.

use axum::Json as Answer;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use standfast_desk::{SwapStep, SwapView, SwapWish, TimeOffStep, TimeOffView, TimeOffWish};
use standfast_domain::roster::Step;
use standfast_domain::{AgentId, Permission, ShiftId, SwapId, Time, TimeOffId};
use utoipa::ToSchema;

use crate::app::App;
use crate::body::{Json, Path};
use crate::credential::SignedIn;
use crate::problem::Problem;
use crate::route::{Access, Route};

/// The routes of this file.
pub(super) fn routes() -> [Route; 6] {
    let reads = Access::Agent(Permission::ReadRequests);
    let works = Access::Agent(Permission::WorkRequests);
    [
        Route::get("/api/v1/console/roster/time-off", reads, list_time_off),
        Route::post("/api/v1/console/roster/time-off", works, ask_time_off).rests(),
        Route::post("/api/v1/console/roster/time-off/{id}/step", works, step_time_off).rests(),
        Route::get("/api/v1/console/roster/swaps", reads, list_swaps),
        Route::post("/api/v1/console/roster/swaps", works, ask_swap).rests(),
        Route::post("/api/v1/console/roster/swaps/{id}/step", works, step_swap).rests(),
    ]
}

/// Wishes for time off.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TimesOff {
    /// One's own, the latest first; then, for those who plan, those on which somebody is to decide.
    items: Vec<TimeOffView>,
}

/// A wish for time off.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TimeOffDraft)]
pub(crate) struct TimeOffBody {
    /// For whom, by those who plan: it is agreed with that. Absent for oneself.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    agent_id: Option<AgentId>,
    /// From when.
    #[schema(value_type = String, format = DateTime)]
    starts_at: Time,
    /// Until when: at most 366 days later.
    #[schema(value_type = String, format = DateTime)]
    ends_at: Time,
    /// What those are to know who decide.
    #[serde(default)]
    #[schema(max_length = 300)]
    note: String,
    /// Why shifts of theirs stay in it, where it is entered for somebody else.
    #[schema(max_length = 300)]
    reason: Option<String>,
}

/// A step about a wish for time off.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TimeOffDecision)]
pub(crate) struct TimeOffStepBody {
    /// Which one: `approve`, `decline` or `withdraw`.
    step: Step,
    /// The version that was seen.
    version: i64,
    /// Of an approval: whether published shifts of that time become open.
    #[serde(default)]
    release: bool,
    /// Of an approval that leaves shifts in that time: why.
    #[serde(default)]
    #[schema(max_length = 300)]
    reason: Option<String>,
}

/// Wishes about shifts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Swaps {
    /// Those on which somebody is to decide first, the oldest before the others.
    items: Vec<SwapView>,
}

/// A wish about a shift.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SwapDraft)]
pub(crate) struct SwapBody {
    /// One's own shift, which is to be handed over, or an open one, which is to be taken.
    #[schema(value_type = String)]
    shift_id: ShiftId,
    /// Its version that was seen.
    shift_version: i64,
    /// Who is to work; absent for whoever says yes first.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    to_agent_id: Option<AgentId>,
    /// A shift of theirs that is taken in return.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    return_shift_id: Option<ShiftId>,
    /// Its version that was seen.
    #[serde(default)]
    return_version: Option<i64>,
}

/// A step about a wish.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SwapDecision)]
pub(crate) struct SwapStepBody {
    /// Which one.
    step: Step,
    /// The version that was seen.
    version: i64,
    /// Of an approval that breaks rules: why.
    #[serde(default)]
    #[schema(max_length = 300)]
    reason: Option<String>,
}

/// Lists wishes for time off: one's own, and for those who plan those on which somebody is to decide.
#[utoipa::path(
    get, path = "/api/v1/console/roster/time-off", tag = "roster", operation_id = "time_off",
    responses((status = 200, description = "The wishes", body = TimesOff))
)]
pub(crate) async fn list_time_off(
    State(app): State<App>,
    agent: SignedIn,
) -> Result<Answer<TimesOff>, Problem> {
    let items = standfast_desk::list_time_off(&app.desk, &agent.caller).await?;
    Ok(Answer(TimesOff { items }))
}

/// Asks for time off. Entered for somebody else by those who plan, it is agreed with that.
#[utoipa::path(
    post, path = "/api/v1/console/roster/time-off", tag = "roster", operation_id = "ask_time_off",
    request_body = TimeOffBody, responses((status = 201, description = "The wish", body = TimeOffView))
)]
pub(crate) async fn ask_time_off(
    State(app): State<App>,
    agent: SignedIn,
    Json(body): Json<TimeOffBody>,
) -> Result<(StatusCode, Answer<TimeOffView>), Problem> {
    let TimeOffBody { agent_id, starts_at, ends_at, note, reason } = body;
    let wish = TimeOffWish { agent: agent_id, starts_at, ends_at, note, reason };
    let asked = standfast_desk::ask_time_off(&app.desk, &agent.caller, wish).await?;
    Ok((StatusCode::CREATED, Answer(asked)))
}

/// Decides on a wish for time off, or withdraws it. Where published shifts lie in that time, they become open (`release`) or there is
/// a reason; else it is refused (`against_rules`).
#[utoipa::path(
    post, path = "/api/v1/console/roster/time-off/{id}/step", tag = "roster", operation_id = "step_time_off",
    params(("id" = String, Path, description = "Id of the wish", example = "61093405593337857")),
    request_body = TimeOffStepBody, responses((status = 200, description = "The wish", body = TimeOffView))
)]
pub(crate) async fn step_time_off(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<TimeOffId>,
    Json(body): Json<TimeOffStepBody>,
) -> Result<Answer<TimeOffView>, Problem> {
    let TimeOffStepBody { step, version, release, reason } = body;
    let step = TimeOffStep { step, version, release, reason };
    Ok(Answer(standfast_desk::step_time_off(&app.desk, &agent.caller, id, step).await?))
}

/// Lists wishes about shifts: one's own, those that one is asked about, those that anybody may take; all that are open for those who
/// plan.
#[utoipa::path(
    get, path = "/api/v1/console/roster/swaps", tag = "roster", operation_id = "swaps",
    responses((status = 200, description = "The wishes", body = Swaps))
)]
pub(crate) async fn list_swaps(State(app): State<App>, agent: SignedIn) -> Result<Answer<Swaps>, Problem> {
    let items = standfast_desk::list_swaps(&app.desk, &agent.caller).await?;
    Ok(Answer(Swaps { items }))
}

/// Asks that one's own shift is taken by somebody, in exchange or not, or to take an open one. The rules must allow it.
#[utoipa::path(
    post, path = "/api/v1/console/roster/swaps", tag = "roster", operation_id = "ask_swap",
    request_body = SwapBody, responses((status = 201, description = "The wish", body = SwapView))
)]
pub(crate) async fn ask_swap(
    State(app): State<App>,
    agent: SignedIn,
    Json(body): Json<SwapBody>,
) -> Result<(StatusCode, Answer<SwapView>), Problem> {
    let wish = SwapWish {
        shift: (body.shift_id, body.shift_version),
        to: body.to_agent_id,
        in_return: body.return_shift_id.map(|id| (id, body.return_version.unwrap_or_default())),
    };
    let asked = standfast_desk::ask_swap(&app.desk, &agent.caller, wish).await?;
    Ok((StatusCode::CREATED, Answer(asked)))
}

/// Takes a step about a wish: the colleague accepts or declines, a lead approves or declines, whoever asked withdraws. What is not as
/// it was when it was asked for lapses.
#[utoipa::path(
    post, path = "/api/v1/console/roster/swaps/{id}/step", tag = "roster", operation_id = "step_swap",
    params(("id" = String, Path, description = "Id of the wish", example = "61093405593337857")),
    request_body = SwapStepBody, responses((status = 200, description = "The wish", body = SwapView))
)]
pub(crate) async fn step_swap(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<SwapId>,
    Json(body): Json<SwapStepBody>,
) -> Result<Answer<SwapView>, Problem> {
    let step = SwapStep { step: body.step, version: body.version, reason: body.reason };
    Ok(Answer(standfast_desk::step_swap(&app.desk, &agent.caller, id, step).await?))
}
