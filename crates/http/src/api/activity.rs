//! How many people use the app each day.

use axum::Json as Answer;
use axum::body::Bytes;
use axum::extract::{Request, State};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize};
use standfast_desk::{
    ActiveDayView, ActiveUsers, ActiveUsersView, ActivityChange, Ping, active_days, active_users, ping,
    put_active_users, upload_active_users,
};
use standfast_domain::Day;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::body::{BodyError, Json, Path, Query};
use crate::credential::{Machine, SignedIn};
use crate::problem::Problem;

/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// The first day; ninety days before the last when absent.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Day>,
    /// The last day; today when absent.
    #[serde(default)]
    #[param(value_type = Option<String>, format = Date)]
    until: Option<Day>,
}

/// Days.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActiveDays {
    /// Every day of the time asked for, those of which nothing is known too.
    items: Vec<ActiveDayView>,
    /// Whether the app may tell by a ping that somebody uses it.
    ping: bool,
}

/// One day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActiveDay {
    /// By version, region and platform, the largest first.
    items: Vec<ActiveUsersView>,
}

/// How a table is taken.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct How {
    /// Only tell what would change.
    #[serde(default)]
    dry_run: bool,
}

/// Active users of a day.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActiveUsersWish {
    /// The day, in UTC.
    #[schema(format = Date, example = "2026-11-20")]
    day: String,
    /// The app's version, if known.
    #[serde(default)]
    #[schema(example = "7.2.0")]
    app_version: String,
    /// Where they are, if known.
    #[serde(default)]
    #[schema(example = "SG")]
    region: String,
    /// What they run the app on, if known.
    #[serde(default)]
    #[schema(example = "android")]
    platform: String,
    /// How many.
    #[schema(minimum = 0)]
    users: i64,
}

/// Days as the wallet's backend tells them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActivityWish {
    /// At most 20,000.
    rows: Vec<ActiveUsersWish>,
}

/// Somebody uses the app.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PingWish {
    /// A hash that the app made of its own id of the user, always the same for one user.
    #[schema(
        example = "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812",
        pattern = "^[A-Za-z0-9_-]{16,64}$"
    )]
    user: String,
    /// The app's version.
    #[serde(default)]
    #[schema(example = "7.2.0")]
    version: String,
    /// Where the user is.
    #[serde(default)]
    #[schema(example = "SG")]
    region: String,
    /// What the app runs on.
    #[serde(default)]
    #[schema(example = "android")]
    platform: String,
}

/// Shows the active users of each day: the source that counts, and those that are left out so that nobody is counted
/// twice (`api` before `csv` before `ping`).
#[utoipa::path(
    get, path = "/api/v1/console/active-users", tag = "drivers", operation_id = "active_days", params(Asked),
    responses((status = 200, description = "The days", body = ActiveDays))
)]
pub(crate) async fn list(
    State(app): State<App>,
    agent: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Answer<ActiveDays>, Problem> {
    let items = active_days(&app.desk, &agent.caller, asked.from, asked.until).await?;
    Ok(Answer(ActiveDays { items, ping: app.desk.settings().ping }))
}

/// Shows a day by version, region and platform.
#[utoipa::path(
    get, path = "/api/v1/console/active-users/{day}", tag = "drivers", operation_id = "active_users",
    params(("day" = String, Path, description = "The day, in UTC", example = "2026-11-20")),
    responses((status = 200, description = "The day", body = ActiveDay))
)]
pub(crate) async fn show(
    State(app): State<App>,
    agent: SignedIn,
    Path(day): Path<Day>,
) -> Result<Answer<ActiveDay>, Problem> {
    Ok(Answer(ActiveDay { items: active_users(&app.desk, &agent.caller, day).await? }))
}

/// Takes in a table of active users (CSV in UTF-8; columns `day` and `users`, and `app_version`, `region` and
/// `platform` where known). Each day in it replaces what tables told of that day. All or nothing.
#[utoipa::path(
    post, path = "/api/v1/console/active-users/csv", tag = "drivers", operation_id = "upload_active_users",
    params(How),
    request_body(content_type = "text/csv", description = "The table", content = String),
    responses((status = 200, description = "What has changed, or would change", body = ActivityChange))
)]
pub(crate) async fn upload(
    State(app): State<App>,
    agent: SignedIn,
    Query(how): Query<How>,
    request: Request,
) -> Result<Answer<ActivityChange>, Problem> {
    let (parts, body) = request.into_parts();
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/csv") {
        return Err(Problem::new("unsupported_media_type"));
    }
    let bytes: Bytes =
        body.collect().await.map_err(|error| Problem::from(BodyError::find(&error)))?.to_bytes();
    Ok(Answer(upload_active_users(&app.desk, &agent.caller, bytes.into(), how.dry_run).await?))
}

/// Tells how many people used the app. Each day that is named replaces what the API told of that day. All or nothing.
#[utoipa::path(
    put, path = "/api/v1/active-users", tag = "machine", operation_id = "put_active_users",
    request_body = ActivityWish,
    responses((status = 200, description = "What has changed", body = ActivityChange))
)]
pub(crate) async fn put(
    State(app): State<App>,
    machine: Machine,
    Json(wish): Json<ActivityWish>,
) -> Result<Answer<ActivityChange>, Problem> {
    let told = wish.rows.into_iter().map(|row| ActiveUsers {
        day: row.day,
        app_version: row.app_version,
        region: row.region,
        platform: row.platform,
        users: row.users,
    });
    Ok(Answer(put_active_users(&app.desk, &machine.0, told.collect()).await?))
}

/// Tells that somebody uses the app, for desks whose wallet does not count by itself. Nothing is kept of who it was, and
/// a user counts once a day. Not there unless the operator has switched it on.
#[utoipa::path(
    post, path = "/api/v1/ping", tag = "help", operation_id = "ping", request_body = PingWish,
    responses((status = 202, description = "Counted; written down within half a minute"))
)]
pub(crate) async fn count(State(app): State<App>, Json(wish): Json<PingWish>) -> Result<StatusCode, Problem> {
    let told =
        Ping { user: wish.user, app_version: wish.version, region: wish.region, platform: wish.platform };
    ping(&app.desk, told).await?;
    Ok(StatusCode::ACCEPTED)
}
