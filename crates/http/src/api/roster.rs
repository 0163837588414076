//! Who works when: people, shifts, and the day as it goes.

pub(crate) mod requests;

use axum::Json as Answer;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use standfast_desk::{
    Adherence, CalendarAddress, NowView, PersonView, PersonWish, Published, RosterMail, RosterView,
    ShiftView, ShiftWish, add_shifts, adherence, calendar_address, change_person, change_roster_mail,
    change_shift, list_people, publish_shifts, remove_shift, renew_calendar, replace_drafts, roster,
    roster_mail, roster_now, shift_calendar,
};
use standfast_domain::roster::{Contract, Need, Profile};
use standfast_domain::{AgentId, Language, Permission, ShiftId, Time};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::body::{Json, Path, PathPart, Query};
use crate::credential::SignedIn;
use crate::problem::Problem;
use crate::route::{Access, Route, Takes};

/// The routes of this file and of the one beneath it.
pub(super) fn routes() -> Vec<Route> {
    let reads = Access::Agent(Permission::ReadRequests);
    let works = Access::Agent(Permission::WorkRequests);
    let plans = Access::Agent(Permission::ManageRoster);
    let mut routes = vec![
        Route::get("/api/v1/console/roster", reads, show),
        Route::get("/api/v1/console/roster/people", reads, people),
        Route::put("/api/v1/console/roster/people/{id}", plans, change).rests(),
        Route::post("/api/v1/console/roster/shifts", plans, add).takes(Takes::Table).rests(),
        Route::put("/api/v1/console/roster/drafts", plans, replace).takes(Takes::Table).rests(),
        Route::put("/api/v1/console/roster/shifts/{id}", plans, move_shift).rests(),
        Route::delete("/api/v1/console/roster/shifts/{id}", plans, remove).rests(),
        Route::post("/api/v1/console/roster/publish", plans, publish).rests(),
        Route::get("/api/v1/console/roster/now", plans, now),
        Route::get("/api/v1/console/roster/adherence", Access::Agent(Permission::ReadInsight), adhered),
        Route::get("/api/v1/console/roster/calendar", works, address),
        Route::post("/api/v1/console/roster/calendar", works, renew).rests(),
        Route::get("/api/v1/console/roster/mail", works, mail),
        Route::put("/api/v1/console/roster/mail", works, change_mail).rests(),
        Route::get("/api/v1/roster/calendar/{token}", Access::Public, calendar),
    ];
    routes.extend(requests::routes());
    routes
}

/// A range of time.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RosterRange {
    /// From when.
    #[param(value_type = String, format = DateTime)]
    from: Time,
    /// Until when: at most 62 days later.
    #[param(value_type = String, format = DateTime)]
    until: Time,
}

/// People who can be rostered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct People {
    /// By name.
    items: Vec<PersonView>,
}

/// What is known of somebody.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangedPerson {
    /// The version that was seen; 0 where nobody has entered anything.
    version: i64,
    /// What they can do.
    profile: Profile,
    /// What was agreed about their time; absent where nothing was.
    #[serde(default)]
    contract: Option<Contract>,
}

/// A shift.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ShiftDraft)]
pub(crate) struct ShiftBody {
    /// Who works; absent for an open one.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    agent_id: Option<AgentId>,
    /// When it begins: at a quarter of an hour.
    #[schema(value_type = String, format = DateTime)]
    starts_at: Time,
    /// When it is over: at most 16 hours later.
    #[schema(value_type = String, format = DateTime)]
    ends_at: Time,
    /// The language that is to be answered; absent for every one.
    #[serde(default)]
    language: Option<Language>,
    /// The type of requests that is to be known; absent for every one.
    #[serde(default)]
    #[schema(max_length = 50, example = "withdrawal")]
    skill: Option<String>,
}

impl From<ShiftBody> for ShiftWish {
    fn from(body: ShiftBody) -> Self {
        let ShiftBody { agent_id, starts_at, ends_at, language, skill } = body;
        Self { agent: agent_id, starts_at, ends_at, need: Need { language, skill } }
    }
}

/// Shifts to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewShifts {
    /// At most 5,000.
    #[schema(max_items = 5000)]
    shifts: Vec<ShiftBody>,
}

/// Shifts in place of drafts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDrafts {
    /// Drafts that begin from then on go.
    #[schema(value_type = String, format = DateTime)]
    from: Time,
    /// And before then.
    #[schema(value_type = String, format = DateTime)]
    until: Time,
    /// What takes their place; each begins within the same time.
    #[schema(max_items = 5000)]
    shifts: Vec<ShiftBody>,
}

/// A changed shift.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangedShift {
    /// The version that was seen.
    version: i64,
    /// What it becomes.
    shift: ShiftBody,
    /// Of a published one that breaks rules then: why.
    #[serde(default)]
    #[schema(max_length = 300)]
    reason: Option<String>,
}

/// Which drafts are to be published.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Publishing {
    /// Those that begin from then on.
    #[schema(value_type = String, format = DateTime)]
    from: Time,
    /// And before then.
    #[schema(value_type = String, format = DateTime)]
    until: Time,
    /// Where they break rules: why.
    #[serde(default)]
    #[schema(max_length = 300, example = "Fork on Thursday; all have agreed")]
    reason: Option<String>,
}

/// Shifts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Shifts {
    /// In the order in which they were sent.
    items: Vec<ShiftView>,
}

/// Which version was seen, and why a rule is broken.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RemovedShift {
    /// The version that was seen.
    version: i64,
    /// Why rules are broken by it.
    reason: Option<String>,
}

/// For which days, and by which clock.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AdherenceDays {
    /// The last so many days.
    #[serde(default = "month")]
    #[param(minimum = 1, maximum = 90, default = 30)]
    days: u32,
    /// The zone on whose clock the half hours are.
    #[serde(default = "utc")]
    #[param(default = "UTC", example = "Asia/Shanghai")]
    zone: String,
}

const fn month() -> u32 {
    30
}

fn utc() -> String {
    "UTC".to_owned()
}

/// The secret of a calendar's address, which looks like a file of that kind.
#[derive(Debug)]
pub(crate) struct Secret(String);

impl PathPart for Secret {
    fn read(text: &str) -> Result<Self, Problem> {
        let token = text.strip_suffix(".ics").ok_or_else(|| Problem::new("not_found"))?;
        Ok(Self(token.to_owned()))
    }
}

/// Tells who works when: published shifts to everybody; drafts, everybody's time off and broken rules to those who plan.
#[utoipa::path(
    get, path = "/api/v1/console/roster", tag = "roster", operation_id = "roster", params(RosterRange),
    responses((status = 200, description = "The roster", body = RosterView))
)]
pub(crate) async fn show(
    State(app): State<App>,
    agent: SignedIn,
    Query(range): Query<RosterRange>,
) -> Result<Answer<RosterView>, Problem> {
    Ok(Answer(roster(&app.desk, &agent.caller, range.from, range.until).await?))
}

/// Lists everybody who can be rostered, and what they can do. What was agreed about their time is told to themselves and to those
/// who plan.
#[utoipa::path(
    get, path = "/api/v1/console/roster/people", tag = "roster", operation_id = "roster_people",
    responses((status = 200, description = "The people", body = People))
)]
pub(crate) async fn people(State(app): State<App>, agent: SignedIn) -> Result<Answer<People>, Problem> {
    Ok(Answer(People { items: list_people(&app.desk, &agent.caller).await? }))
}

/// Makes what is known of somebody what is said. Shifts stay as they are, and show which rules they break now.
#[utoipa::path(
    put, path = "/api/v1/console/roster/people/{id}", tag = "roster", operation_id = "change_person",
    params(("id" = String, Path, description = "Id of the agent", example = "61093405593337857")),
    request_body = ChangedPerson, responses((status = 200, description = "The person", body = PersonView))
)]
pub(crate) async fn change(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<AgentId>,
    Json(changed): Json<ChangedPerson>,
) -> Result<Answer<PersonView>, Problem> {
    let wish = PersonWish { profile: changed.profile, contract: changed.contract };
    Ok(Answer(change_person(&app.desk, &agent.caller, id, changed.version, wish).await?))
}

/// Adds drafts. They may break rules; publishing them may not.
#[utoipa::path(
    post, path = "/api/v1/console/roster/shifts", tag = "roster", operation_id = "add_shifts",
    request_body = NewShifts, responses((status = 201, description = "The drafts", body = Shifts))
)]
pub(crate) async fn add(
    State(app): State<App>,
    agent: SignedIn,
    Json(new): Json<NewShifts>,
) -> Result<(StatusCode, Answer<Shifts>), Problem> {
    let wishes = new.shifts.into_iter().map(ShiftWish::from).collect();
    let items = add_shifts(&app.desk, &agent.caller, wishes).await?;
    Ok((StatusCode::CREATED, Answer(Shifts { items })))
}

/// Puts drafts in place of all that begin in a range: a plan in place of the one before.
#[utoipa::path(
    put, path = "/api/v1/console/roster/drafts", tag = "roster", operation_id = "replace_drafts",
    request_body = NewDrafts, responses((status = 200, description = "The drafts", body = Shifts))
)]
pub(crate) async fn replace(
    State(app): State<App>,
    agent: SignedIn,
    Json(new): Json<NewDrafts>,
) -> Result<Answer<Shifts>, Problem> {
    let wishes = new.shifts.into_iter().map(ShiftWish::from).collect();
    let items = replace_drafts(&app.desk, &agent.caller, (new.from, new.until), wishes).await?;
    Ok(Answer(Shifts { items }))
}

/// Makes a shift what is said. Of a published one it holds at once: where it breaks rules that were not broken before, it is refused
/// (`against_rules`) unless there is a reason; nobody is ever in two places at a time.
#[utoipa::path(
    put, path = "/api/v1/console/roster/shifts/{id}", tag = "roster", operation_id = "change_shift",
    params(("id" = String, Path, description = "Id of the shift", example = "61093405593337857")),
    request_body = ChangedShift, responses((status = 200, description = "The shift", body = ShiftView))
)]
pub(crate) async fn move_shift(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<ShiftId>,
    Json(changed): Json<ChangedShift>,
) -> Result<Answer<ShiftView>, Problem> {
    let ChangedShift { version, shift, reason } = changed;
    let reason = reason.as_deref();
    Ok(Answer(change_shift(&app.desk, &agent.caller, id, version, shift.into(), reason).await?))
}

/// Takes a shift away; one that was published is called off. Where the rest between those around it would be too short, it is refused
/// (`against_rules`, with the list) unless there is a reason.
#[utoipa::path(
    delete, path = "/api/v1/console/roster/shifts/{id}", tag = "roster", operation_id = "remove_shift",
    params(("id" = String, Path, description = "Id of the shift", example = "61093405593337857"), RemovedShift),
    responses((status = 204, description = "It is gone"))
)]
pub(crate) async fn remove(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<ShiftId>,
    Query(seen): Query<RemovedShift>,
) -> Result<StatusCode, Problem> {
    remove_shift(&app.desk, &agent.caller, id, seen.version, seen.reason.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Publishes the drafts that begin in a range, all or none. Where they break rules that were not broken before, it is refused
/// (`against_rules`, with the list) unless there is a reason; nobody is ever in two places at a time.
#[utoipa::path(
    post, path = "/api/v1/console/roster/publish", tag = "roster", operation_id = "publish_shifts",
    request_body = Publishing, responses((status = 200, description = "What it came to", body = Published))
)]
pub(crate) async fn publish(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<Publishing>,
) -> Result<Answer<Published>, Problem> {
    let range = (wish.from, wish.until);
    Ok(Answer(publish_shifts(&app.desk, &agent.caller, range, wish.reason.as_deref()).await?))
}

/// Tells who is to be there now, who is, and what could be done. Who is there is known of this process alone, and kept nowhere.
#[utoipa::path(
    get, path = "/api/v1/console/roster/now", tag = "roster", operation_id = "roster_now",
    responses((status = 200, description = "The day as it goes", body = NowView))
)]
pub(crate) async fn now(State(app): State<App>, agent: SignedIn) -> Result<Answer<NowView>, Problem> {
    Ok(Answer(roster_now(&app.desk, &agent.caller, app.hub.answering()).await?))
}

/// Whether somebody is written to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RosterMailWish {
    /// Whether they want it.
    enabled: bool,
}

/// Tells whether you are written to when your shifts are published or changed.
#[utoipa::path(
    get, path = "/api/v1/console/roster/mail", tag = "roster", operation_id = "roster_mail",
    responses((status = 200, description = "Whether you are", body = RosterMail))
)]
pub(crate) async fn mail(State(app): State<App>, agent: SignedIn) -> Result<Answer<RosterMail>, Problem> {
    Ok(Answer(roster_mail(&app.desk, &agent.caller).await?))
}

/// Decides whether you are written to when your shifts are published or changed.
#[utoipa::path(
    put, path = "/api/v1/console/roster/mail", tag = "roster", operation_id = "change_roster_mail",
    request_body = RosterMailWish, responses((status = 200, description = "Whether you are", body = RosterMail))
)]
pub(crate) async fn change_mail(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<RosterMailWish>,
) -> Result<Answer<RosterMail>, Problem> {
    Ok(Answer(change_roster_mail(&app.desk, &agent.caller, wish.enabled).await?))
}

/// Tells how much of what was planned was covered, by half hour of the week: of the desk, never of a person.
#[utoipa::path(
    get, path = "/api/v1/console/roster/adherence", tag = "roster", operation_id = "adherence",
    params(AdherenceDays), responses((status = 200, description = "The share that was covered", body = Adherence))
)]
pub(crate) async fn adhered(
    State(app): State<App>,
    agent: SignedIn,
    Query(asked): Query<AdherenceDays>,
) -> Result<Answer<Adherence>, Problem> {
    Ok(Answer(adherence(&app.desk, &agent.caller, asked.days, &asked.zone).await?))
}

/// Tells the secret address of one's own calendar.
#[utoipa::path(
    get, path = "/api/v1/console/roster/calendar", tag = "roster", operation_id = "calendar_address",
    responses((status = 200, description = "The address", body = CalendarAddress))
)]
pub(crate) async fn address(
    State(app): State<App>,
    agent: SignedIn,
) -> Result<Answer<CalendarAddress>, Problem> {
    Ok(Answer(calendar_address(&app.desk, &agent.caller).await?))
}

/// Gives one's own calendar another address. The one before is void.
#[utoipa::path(
    post, path = "/api/v1/console/roster/calendar", tag = "roster", operation_id = "renew_calendar",
    responses((status = 200, description = "The address", body = CalendarAddress))
)]
pub(crate) async fn renew(
    State(app): State<App>,
    agent: SignedIn,
) -> Result<Answer<CalendarAddress>, Problem> {
    Ok(Answer(renew_calendar(&app.desk, &agent.caller).await?))
}

/// Somebody's published shifts as a calendar (iCalendar, RFC 5545), for programs that subscribe to it. The address is the secret.
#[utoipa::path(
    get, path = "/api/v1/roster/calendar/{token}", tag = "roster", operation_id = "shift_calendar",
    params(("token" = String, Path, description = "The secret of the address, and `.ics`")),
    responses((status = 200, description = "The calendar", body = String, content_type = "text/calendar"))
)]
pub(crate) async fn calendar(
    State(app): State<App>,
    Path(Secret(token)): Path<Secret>,
) -> Result<Response, Problem> {
    let text = shift_calendar(&app.desk, &token).await?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8")),
        (CONTENT_DISPOSITION, HeaderValue::from_static("inline; filename=\"shifts.ics\"")),
        (CACHE_CONTROL, HeaderValue::from_static("private, max-age=300")),
    ];
    Ok((headers, text).into_response())
}
