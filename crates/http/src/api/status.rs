//! The state of the desk for everybody, and the online rate for leads.

use axum::Json as Answer;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use standfast_desk::{
    Error, IncidentCommand, IncidentUpdate, OnlineView, StatusView, SubscribeCommand, list_incident_updates,
    online, status, subscribe, tell_incident,
};
use standfast_domain::{DriverId, IncidentPhase, Language, Permission, SubscriptionKind};
use standfast_report::check_address;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::body::{Json, Path, Query};
use crate::credential::SignedIn;
use crate::problem::Problem;
use crate::route::{Access, Class, Route};

/// Pages may keep the state for so long, and show an older one while they fetch the next, or while the desk is away.
pub(crate) const KEEP: HeaderValue =
    HeaderValue::from_static("public, max-age=15, stale-while-revalidate=60, stale-if-error=86400");

/// The routes of this file.
pub(super) fn routes() -> [Route; 5] {
    let tells = Access::Agent(Permission::TellIncidents);
    let reads = Access::Agent(Permission::ReadRequests);
    [
        Route::get("/api/v1/status", Access::Public, show),
        Route::post("/api/v1/status/subscriptions", Access::Public, ask).counts(Class::SignIn),
        Route::get("/api/v1/console/online", Access::Agent(Permission::ReadInsight), rate),
        Route::get("/api/v1/console/drivers/{id}/updates", reads, list_updates),
        Route::post("/api/v1/console/drivers/{id}/updates", tells, tell),
    ]
}

/// The state of the desk: open or closed, waiting time, incidents, and the online rate of the last 90 days.
#[utoipa::path(
    get, path = "/api/v1/status", tag = "help", operation_id = "status",
    responses((status = 200, description = "The state of the desk, a few seconds old at most", body = StatusView))
)]
pub(crate) async fn show(State(app): State<App>) -> Result<Response, Problem> {
    let view = status(&app.desk).await?;
    Ok(([(CACHE_CONTROL, KEEP)], Answer(view)).into_response())
}

/// Somebody wants to hear of incidents and maintenance.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubscriptionWish {
    /// By mail, or by a call to another system.
    kind: SubscriptionKind,
    /// The address of the mail, or of the webhook: https, and reachable by everybody.
    #[schema(max_length = 500, example = "https://status.wallet.example/hooks/standfast")]
    address: String,
    /// The language of the mails.
    #[serde(default)]
    language: Language,
}

/// A subscription that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Subscribed {
    /// For a webhook: the key with which its calls are signed, shown this once.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    key: Option<String>,
}

/// Subscribes to incidents and maintenance. Nobody is told anything before whoever has the address has opened the link that is sent
/// there: in a mail, or to the webhook in a call of the type `subscription.asked`. Calls are signed as Standard Webhooks 1.0 has it.
#[utoipa::path(
    post, path = "/api/v1/status/subscriptions", tag = "help", operation_id = "subscribe",
    request_body = SubscriptionWish,
    responses((status = 202, description = "Whoever has the address is asked", body = Subscribed))
)]
pub(crate) async fn ask(
    State(app): State<App>,
    Json(wish): Json<SubscriptionWish>,
) -> Result<(StatusCode, Answer<Subscribed>), Problem> {
    let SubscriptionWish { kind, address, language } = wish;
    let address = match kind {
        SubscriptionKind::Mail => check_address(&address).ok_or(Error::invalid("address", "malformed"))?,
        SubscriptionKind::Webhook => address,
    };
    let key = subscribe(&app.desk, SubscribeCommand { kind, address, language }).await?;
    Ok((StatusCode::ACCEPTED, Answer(Subscribed { key })))
}

/// For which days.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Days {
    /// The last so many days, today included.
    #[serde(default = "month")]
    #[param(minimum = 1, maximum = 90, default = 30)]
    days: u32,
}

const fn month() -> u32 {
    30
}

/// The online rate: of the minutes for which somebody was promised, those in which somebody could answer.
#[utoipa::path(
    get, path = "/api/v1/console/online", tag = "hours", operation_id = "online_rate",
    params(Days), responses((status = 200, description = "By schedule, day and hour of the week", body = OnlineView))
)]
pub(crate) async fn rate(
    State(app): State<App>,
    agent: SignedIn,
    Query(asked): Query<Days>,
) -> Result<Answer<OnlineView>, Problem> {
    Ok(Answer(online(&app.desk, &agent.caller, asked.days).await?))
}

/// What the public was told of an incident.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IncidentUpdates {
    /// The latest first.
    items: Vec<IncidentUpdate>,
}

/// A step that the public is told of.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IncidentWish {
    /// How far the desk has come.
    phase: IncidentPhase,
    /// What is said in Chinese.
    #[schema(
        min_length = 1,
        max_length = 2000,
        example = "部分用户的 TRON 转账显示延迟，资产安全，我们正在排查。"
    )]
    text_zh: String,
    /// What is said in English.
    #[schema(
        min_length = 1,
        max_length = 2000,
        example = "Some TRON transfers show late. Funds are safe. We are looking into it."
    )]
    text_en: String,
}

/// Lists what the public was told of an incident.
#[utoipa::path(
    get, path = "/api/v1/console/drivers/{id}/updates", tag = "drivers", operation_id = "incident_updates",
    params(("id" = String, Path, description = "Id of the event", example = "61093405593337857")),
    responses((status = 200, description = "The latest first", body = IncidentUpdates))
)]
pub(crate) async fn list_updates(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<DriverId>,
) -> Result<Answer<IncidentUpdates>, Problem> {
    Ok(Answer(IncidentUpdates { items: list_incident_updates(&app.desk, &agent.caller, id).await? }))
}

/// Tells the public of an incident, on the status page. `resolved` ends it, anything else lets it go on.
#[utoipa::path(
    post, path = "/api/v1/console/drivers/{id}/updates", tag = "drivers", operation_id = "tell_incident",
    params(("id" = String, Path, description = "Id of the event", example = "61093405593337857")),
    request_body = IncidentWish,
    responses((status = 201, description = "All that was said, the latest first", body = IncidentUpdates))
)]
pub(crate) async fn tell(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<DriverId>,
    Json(wish): Json<IncidentWish>,
) -> Result<(StatusCode, Answer<IncidentUpdates>), Problem> {
    let IncidentWish { phase, text_zh, text_en } = wish;
    let command = IncidentCommand { phase, text_zh, text_en };
    let items = tell_incident(&app.desk, &agent.caller, id, &command).await?;
    Ok((StatusCode::CREATED, Answer(IncidentUpdates { items })))
}
