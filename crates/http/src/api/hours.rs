//! When the desk is open.

use axum::Json as Answer;
use axum::extract::{Request, State};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize};
use standfast_desk::{
    AudienceGap, CalendarView, SchedulePreview, ScheduleView, ScheduleWish, add_calendar, add_schedule,
    change_schedule, hours_gaps, list_calendars, list_schedules, preview_schedule, read_calendar,
    remove_calendar, remove_schedule,
};
use standfast_domain::{CalendarId, Coverage, Permission, Schedule, ScheduleId, SpecialDay};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::body::{BodyError, Json, Path, Query};
use crate::credential::SignedIn;
use crate::problem::Problem;
use crate::route::{Access, Route, Takes};

/// The routes of this file.
pub(super) fn routes() -> [Route; 9] {
    let reads = Access::Agent(Permission::ReadRequests);
    let opens = Access::Agent(Permission::ManageHours);
    [
        Route::get("/api/v1/console/hours", reads, list),
        Route::post("/api/v1/console/hours", opens, add).rests(),
        Route::put("/api/v1/console/hours/{id}", opens, change).rests(),
        Route::delete("/api/v1/console/hours/{id}", opens, remove).rests(),
        Route::get("/api/v1/console/hours/calendars", reads, list_at),
        Route::post("/api/v1/console/hours/{id}/calendars", opens, add_at).rests(),
        Route::delete("/api/v1/console/hours/calendars/{id}", opens, remove_at).rests(),
        Route::post("/api/v1/console/hours/preview", reads, preview),
        Route::post("/api/v1/console/hours/calendar", opens, calendar).takes(Takes::Table).rests(),
    ]
}

/// The hours of the desk.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HoursView {
    /// The most general first.
    items: Vec<ScheduleView>,
    /// For whom nobody is there when, week after week.
    gaps: Vec<AudienceGap>,
}

/// Hours for some of those who ask.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoursWish {
    /// What they are called.
    #[schema(min_length = 1, max_length = 100, example = "English")]
    name: String,
    /// For whom they are; the most specific one is meant.
    #[serde(default)]
    coverage: Coverage,
    /// When the desk is open.
    schedule: Schedule,
}

impl From<HoursWish> for ScheduleWish {
    fn from(wish: HoursWish) -> Self {
        Self { name: wish.name, coverage: wish.coverage, schedule: wish.schedule }
    }
}

/// Changed hours.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangedHours {
    /// The version that was seen.
    version: i64,
    /// What they become.
    hours: HoursWish,
}

/// Hours that are not saved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftHours {
    /// In place of which they are looked at; absent for new ones.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    id: Option<ScheduleId>,
    /// The hours.
    hours: HoursWish,
}

/// Which version was seen.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Seen {
    /// The version that was seen.
    version: i64,
}

/// Holidays and make-up working days.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CalendarDays {
    /// In the order of their dates.
    items: Vec<SpecialDay>,
}

/// Calendars at an address.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Calendars {
    /// By the hours that take their days from them.
    items: Vec<CalendarView>,
}

/// A calendar at an address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CalendarWish {
    /// Where it is: https, and reachable by everybody.
    #[schema(max_length = 500, example = "https://calendar.example/holidays.ics")]
    url: String,
}

/// Lists calendars at an address, from which hours take their holidays and make-up working days once a day.
#[utoipa::path(
    get, path = "/api/v1/console/hours/calendars", tag = "hours", operation_id = "calendars",
    responses((status = 200, description = "The calendars", body = Calendars))
)]
pub(crate) async fn list_at(State(app): State<App>, agent: SignedIn) -> Result<Answer<Calendars>, Problem> {
    Ok(Answer(Calendars { items: list_calendars(&app.desk, &agent.caller).await? }))
}

/// Lets hours take their days from a calendar at an address. It is fetched at once, and then every day; days that were entered
/// by hand stay, and where it cannot be fetched the last copy holds.
#[utoipa::path(
    post, path = "/api/v1/console/hours/{id}/calendars", tag = "hours", operation_id = "add_calendar",
    params(("id" = String, Path, description = "Id of the hours", example = "61093405593337857")),
    request_body = CalendarWish, responses((status = 201, description = "The calendar", body = CalendarView))
)]
pub(crate) async fn add_at(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<ScheduleId>,
    Json(wish): Json<CalendarWish>,
) -> Result<(StatusCode, Answer<CalendarView>), Problem> {
    let added = add_calendar(&app.desk, &agent.caller, id, &wish.url).await?;
    Ok((StatusCode::CREATED, Answer(added)))
}

/// Looks at a calendar no more. The days that it gave stay.
#[utoipa::path(
    delete, path = "/api/v1/console/hours/calendars/{id}", tag = "hours", operation_id = "remove_calendar",
    params(("id" = String, Path, description = "Id of the calendar", example = "61093405593337857")),
    responses((status = 204, description = "It is gone"))
)]
pub(crate) async fn remove_at(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<CalendarId>,
) -> Result<StatusCode, Problem> {
    remove_calendar(&app.desk, &agent.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists when the desk is open for whom, and the gaps of the week.
#[utoipa::path(
    get, path = "/api/v1/console/hours", tag = "hours", operation_id = "hours",
    responses((status = 200, description = "The hours", body = HoursView))
)]
pub(crate) async fn list(State(app): State<App>, agent: SignedIn) -> Result<Answer<HoursView>, Problem> {
    let items = list_schedules(&app.desk, &agent.caller).await?;
    let gaps = hours_gaps(&app.desk, &agent.caller).await?;
    Ok(Answer(HoursView { items, gaps }))
}

/// Enters hours. They hold from now on; the first ones that a desk gets hold for all time before, too.
#[utoipa::path(
    post, path = "/api/v1/console/hours", tag = "hours", operation_id = "add_hours",
    request_body = HoursWish, responses((status = 201, description = "The hours", body = ScheduleView))
)]
pub(crate) async fn add(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<HoursWish>,
) -> Result<(StatusCode, Answer<ScheduleView>), Problem> {
    let added = add_schedule(&app.desk, &agent.caller, &wish.into()).await?;
    Ok((StatusCode::CREATED, Answer(added)))
}

/// Makes hours what is said, from now on: what was measured by them before stays as it was.
#[utoipa::path(
    put, path = "/api/v1/console/hours/{id}", tag = "hours", operation_id = "change_hours",
    params(("id" = String, Path, description = "Id of the hours", example = "61093405593337857")),
    request_body = ChangedHours, responses((status = 200, description = "The hours", body = ScheduleView))
)]
pub(crate) async fn change(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<ScheduleId>,
    Json(wish): Json<ChangedHours>,
) -> Result<Answer<ScheduleView>, Problem> {
    let hours = wish.hours.into();
    Ok(Answer(change_schedule(&app.desk, &agent.caller, id, wish.version, &hours).await?))
}

/// Takes hours away, from now on.
#[utoipa::path(
    delete, path = "/api/v1/console/hours/{id}", tag = "hours", operation_id = "remove_hours",
    params(("id" = String, Path, description = "Id of the hours", example = "61093405593337857"), Seen),
    responses((status = 204, description = "They are gone"))
)]
pub(crate) async fn remove(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<ScheduleId>,
    Query(seen): Query<Seen>,
) -> Result<StatusCode, Problem> {
    remove_schedule(&app.desk, &agent.caller, id, seen.version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells what hours come to before they are saved: the next four weeks, and the gaps of the week.
#[utoipa::path(
    post, path = "/api/v1/console/hours/preview", tag = "hours", operation_id = "preview_hours",
    request_body = DraftHours, responses((status = 200, description = "The weeks", body = SchedulePreview))
)]
pub(crate) async fn preview(
    State(app): State<App>,
    agent: SignedIn,
    Json(draft): Json<DraftHours>,
) -> Result<Answer<SchedulePreview>, Problem> {
    let hours = draft.hours.into();
    Ok(Answer(preview_schedule(&app.desk, &agent.caller, draft.id, &hours).await?))
}

/// Reads the holidays and make-up working days (调休) of a calendar file (iCalendar, in UTF-8), from a year ago to three years
/// ahead. Nothing is stored: they can be looked through, and saved with the hours that they belong to.
#[utoipa::path(
    post, path = "/api/v1/console/hours/calendar", tag = "hours", operation_id = "read_calendar",
    request_body(content = String, content_type = "text/calendar"),
    responses((status = 200, description = "The days", body = CalendarDays))
)]
pub(crate) async fn calendar(
    State(app): State<App>,
    agent: SignedIn,
    request: Request,
) -> Result<Answer<CalendarDays>, Problem> {
    let (parts, body) = request.into_parts();
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/calendar") {
        return Err(Problem::new("unsupported_media_type"));
    }
    let bytes = body.collect().await.map_err(|error| Problem::from(BodyError::find(&error)))?.to_bytes();
    let items = read_calendar(&app.desk, &agent.caller, bytes.into()).await?;
    Ok(Answer(CalendarDays { items }))
}
