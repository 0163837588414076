//! What the desk does when more ask than it can answer.

use axum::Json as Answer;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt as _;
use serde::Deserialize;
use standfast_desk::{
    ClaimsView, Peaks, PeaksFeed, PeaksRead, SignalCommand, SignalView, SurgePlan, SurgePreview, SurgeReport,
    SurgeView, choose_surge_plan, claims, hold_surge, peaks_calendar, peaks_feed, preview_surge, read_peaks,
    release_surge, renew_peaks_feed, surge_peaks, surge_report, surge_view, tell_signal,
};
use standfast_domain::{Level, Permission, SurgeId, Time, TokenScope};
use utoipa::ToSchema;

use crate::app::App;
use crate::body::{BodyError, Json, Path};
use crate::credential::{Machine, SignedIn};
use crate::problem::Problem;
use crate::route::{Access, Route, Takes};

/// The media type of calendars (RFC 5545).
const CALENDAR: &str = "text/calendar";

/// The routes of surges.
pub(super) fn routes() -> [Route; 13] {
    let reads = Access::Agent(Permission::ReadRequests);
    let manages = Access::Agent(Permission::ManageSurge);
    let explains = Access::Agent(Permission::ManageDrivers);
    [
        Route::get("/api/v1/console/surge", reads, show),
        Route::get("/api/v1/console/surge/claims", reads, false_claims),
        Route::get("/api/v1/console/surge/peaks", Access::Agent(Permission::ReadInsight), peaks),
        Route::post("/api/v1/console/surge/calendar", explains, read_calendar).takes(Takes::Table).rests(),
        Route::get("/api/v1/console/surge/feed", explains, feed),
        Route::post("/api/v1/console/surge/feed", explains, renew_feed).rests(),
        Route::get("/api/v1/calendar/peaks/{secret}", Access::Public, calendar),
        Route::post("/api/v1/hooks/signals", Access::Signed(TokenScope::Signals), hook),
        Route::get("/api/v1/console/surge/{id}", Access::Agent(Permission::ReadInsight), report),
        Route::put("/api/v1/console/surge/plan", manages, choose),
        Route::post("/api/v1/console/surge/preview", manages, preview),
        Route::post("/api/v1/console/surge/hold", manages, hold),
        Route::post("/api/v1/console/surge/release", manages, release),
    ]
}

/// A plan to be chosen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SurgePlanWish {
    /// The version that was seen; 0 where nobody has chosen one yet.
    version: i64,
    /// The plan.
    plan: SurgePlan,
}

/// A level of a plan to be looked at.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SurgePreviewWish {
    /// The plan, which need not be in force.
    plan: SurgePlan,
    /// The level.
    level: Level,
}

/// A level to be held.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SurgeHoldWish {
    /// The level.
    level: Level,
    /// Until when, a day at most.
    #[schema(value_type = String, format = DateTime)]
    until: Time,
    /// Why, for whoever reads it later.
    reason: String,
    /// Until when somebody else holds a level, where that is known and is to be replaced; without it, 409 `held_by_other` says what is held.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    replaces: Option<Time>,
}

/// A level to be let go of.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SurgeReleaseWish {
    /// Why, for whoever reads it later.
    reason: String,
    /// As for holding a level.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    replaces: Option<Time>,
}

/// A figure of another system.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignalWish {
    /// What it is called: letters, digits and `. _ : -`. The surge plan names it so.
    #[schema(example = "price:BTC:1h")]
    source: String,
    /// The figure.
    #[schema(example = -8.5)]
    value: f64,
    /// When it was that; now when missing.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Time>,
}

/// Shows the level, what is done at each, and what was.
#[utoipa::path(
    get, path = "/api/v1/console/surge", tag = "surge", operation_id = "surge",
    responses((status = 200, description = "The level", body = SurgeView))
)]
pub(crate) async fn show(State(app): State<App>, agent: SignedIn) -> Result<Answer<SurgeView>, Problem> {
    Ok(Answer(surge_view(&app.desk, &agent.caller).await?))
}

/// Counts the claims of the last four weeks that assets are at risk, and those that somebody found to be false.
#[utoipa::path(
    get, path = "/api/v1/console/surge/claims", tag = "surge", operation_id = "false_claims",
    responses((status = 200, description = "The claims", body = ClaimsView))
)]
pub(crate) async fn false_claims(
    State(app): State<App>,
    agent: SignedIn,
) -> Result<Answer<ClaimsView>, Problem> {
    Ok(Answer(claims(&app.desk, &agent.caller).await?))
}

/// Shows which events lie ahead for which many are to be expected, and how large earlier ones of each kind were.
#[utoipa::path(
    get, path = "/api/v1/console/surge/peaks", tag = "surge", operation_id = "surge_peaks",
    responses((status = 200, description = "The peaks", body = Peaks))
)]
pub(crate) async fn peaks(State(app): State<App>, agent: SignedIn) -> Result<Answer<Peaks>, Problem> {
    Ok(Answer(surge_peaks(&app.desk, &app.insight, &agent.caller).await?))
}

/// Takes the events of a calendar file (iCalendar, in UTF-8) over into those of the desk. The same event of a later file, by its
/// `UID`, is changed; what is over, is called off, comes again and again, has no time that can be
/// read, or was taken away here is left out.
#[utoipa::path(
    post, path = "/api/v1/console/surge/calendar", tag = "surge", operation_id = "read_peaks",
    request_body(content = String, content_type = "text/calendar"),
    responses((status = 200, description = "What became of it", body = PeaksRead))
)]
pub(crate) async fn read_calendar(
    State(app): State<App>,
    agent: SignedIn,
    request: Request,
) -> Result<Answer<PeaksRead>, Problem> {
    let (parts, body) = request.into_parts();
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(CALENDAR) {
        return Err(Problem::new("unsupported_media_type"));
    }
    let bytes = body.collect().await.map_err(|error| Problem::from(BodyError::find(&error)))?.to_bytes();
    Ok(Answer(read_peaks(&app.desk, &agent.caller, bytes.into()).await?))
}

/// Says where the calendar of expected peaks can be subscribed to. The address is a secret.
#[utoipa::path(
    get, path = "/api/v1/console/surge/feed", tag = "surge", operation_id = "peaks_feed",
    responses((status = 200, description = "Where it is", body = PeaksFeed))
)]
pub(crate) async fn feed(State(app): State<App>, agent: SignedIn) -> Result<Answer<PeaksFeed>, Problem> {
    Ok(Answer(peaks_feed(&app.desk, &agent.caller).await?))
}

/// Gives the calendar of expected peaks another address: the one before leads nowhere from now on.
#[utoipa::path(
    post, path = "/api/v1/console/surge/feed", tag = "surge", operation_id = "renew_peaks_feed",
    responses((status = 200, description = "Where it is now", body = PeaksFeed))
)]
pub(crate) async fn renew_feed(
    State(app): State<App>,
    agent: SignedIn,
) -> Result<Answer<PeaksFeed>, Problem> {
    Ok(Answer(renew_peaks_feed(&app.desk, &agent.caller).await?))
}

/// Gives out the calendar of expected peaks (iCalendar): events of the next ninety days that lie ahead or go on.
#[utoipa::path(
    get, path = "/api/v1/calendar/peaks/{secret}", tag = "machine", operation_id = "peaks_calendar",
    params(("secret" = String, Path, description = "The secret of the address", example = "0pX2cTq1l8mY5bVn3kRw7A")),
    responses((status = 200, description = "The calendar", content_type = "text/calendar", body = String))
)]
pub(crate) async fn calendar(
    State(app): State<App>,
    Path(secret): Path<String>,
) -> Result<Response, Problem> {
    let text = peaks_calendar(&app.desk, secret.trim_end_matches(".ics")).await?;
    Ok(([(CONTENT_TYPE, "text/calendar; charset=utf-8")], text).into_response())
}

/// Takes in a webhook that tells a figure of another system, signed as Standard Webhooks 1.0 has it: `webhook-id`,
/// `webhook-timestamp` (at most five minutes away) and `webhook-signature`. Of each figure the latest is kept.
#[utoipa::path(
    post, path = "/api/v1/hooks/signals", tag = "machine", operation_id = "signal_webhook",
    params(
        ("webhook-id" = String, Header, description = "One for each message", example = "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        ("webhook-timestamp" = String, Header, description = "Seconds since 1970", example = "1795852800"),
        ("webhook-signature" = String, Header, description = "`v1,` and the HMAC-SHA256 of `id.timestamp.body` in Base64",
            example = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    ),
    request_body = SignalWish, responses((status = 200, description = "What is known of it", body = SignalView))
)]
pub(crate) async fn hook(
    State(app): State<App>,
    machine: Machine,
    Json(wish): Json<SignalWish>,
) -> Result<Answer<SignalView>, Problem> {
    let SignalWish { source, value, at } = wish;
    Ok(Answer(tell_signal(&app.desk, &machine.0, SignalCommand { source, value, at }).await?))
}

/// Shows what a surge was: what came, what was promised, what was kept, and who decided what.
#[utoipa::path(
    get, path = "/api/v1/console/surge/{id}", tag = "surge", operation_id = "surge_report",
    params(("id" = String, Path, description = "Id of the surge", example = "61093405593337857")),
    responses((status = 200, description = "The report", body = SurgeReport))
)]
pub(crate) async fn report(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<SurgeId>,
) -> Result<Answer<SurgeReport>, Problem> {
    Ok(Answer(surge_report(&app.desk, &agent.caller, id).await?))
}

/// Chooses what is done at each level, from now on.
#[utoipa::path(
    put, path = "/api/v1/console/surge/plan", tag = "surge", operation_id = "choose_surge_plan",
    request_body = SurgePlanWish, responses((status = 200, description = "The level", body = SurgeView))
)]
pub(crate) async fn choose(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<SurgePlanWish>,
) -> Result<Answer<SurgeView>, Problem> {
    Ok(Answer(choose_surge_plan(&app.desk, &agent.caller, wish.version, wish.plan).await?))
}

/// Shows what a customer would read at a level, and what else would be done. Nothing is done.
#[utoipa::path(
    post, path = "/api/v1/console/surge/preview", tag = "surge", operation_id = "preview_surge",
    request_body = SurgePreviewWish,
    responses((status = 200, description = "What would be read", body = SurgePreview))
)]
pub(crate) async fn preview(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<SurgePreviewWish>,
) -> Result<Answer<SurgePreview>, Problem> {
    Ok(Answer(preview_surge(&app.desk, &agent.caller, wish.plan, wish.level).await?))
}

/// Holds a level, whatever is seen, until a time.
#[utoipa::path(
    post, path = "/api/v1/console/surge/hold", tag = "surge", operation_id = "hold_surge",
    request_body = SurgeHoldWish, responses((status = 200, description = "The level", body = SurgeView))
)]
pub(crate) async fn hold(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<SurgeHoldWish>,
) -> Result<Answer<SurgeView>, Problem> {
    let SurgeHoldWish { level, until, reason, replaces } = wish;
    Ok(Answer(hold_surge(&app.desk, &agent.caller, level, until, &reason, replaces).await?))
}

/// Lets go of a level that is held.
#[utoipa::path(
    post, path = "/api/v1/console/surge/release", tag = "surge", operation_id = "release_surge",
    request_body = SurgeReleaseWish, responses((status = 200, description = "The level", body = SurgeView))
)]
pub(crate) async fn release(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<SurgeReleaseWish>,
) -> Result<Answer<SurgeView>, Problem> {
    Ok(Answer(release_surge(&app.desk, &agent.caller, &wish.reason, wish.replaces).await?))
}
