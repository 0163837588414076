//! Reports: what they say, what was made of them, and the files.

use axum::Json as Answer;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use standfast_domain::report::{Definition, Format};
use standfast_domain::{Permission, ReportId, ReportRunId};
use standfast_report::{ReportView, RunView};
use utoipa::{IntoParams, ToSchema};

use super::attachment::disposition;
use crate::app::App;
use crate::body::{Json, Path, Query};
use crate::credential::SignedIn;
use crate::problem::Problem;
use crate::route::{Access, Route};

/// The routes of reports.
pub(crate) fn routes() -> Vec<Route> {
    let figures = Access::Agent(Permission::ReadInsight);
    vec![
        Route::get("/api/v1/console/reports", figures, list),
        Route::post("/api/v1/console/reports", figures, add).rests(),
        Route::put("/api/v1/console/reports/{id}", figures, change).rests(),
        Route::delete("/api/v1/console/reports/{id}", figures, remove).rests(),
        Route::get("/api/v1/console/reports/{id}/runs", figures, runs),
        Route::post("/api/v1/console/reports/{id}/runs", figures, run).rests(),
        Route::post("/api/v1/console/report-preview", figures, preview).rests(),
        Route::get("/api/v1/console/report-runs/{id}/file", figures, file),
    ]
}

/// Reports.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportList {
    /// By name.
    items: Vec<ReportView>,
    /// Whether a mail server is set, so that reports can be sent.
    can_send: bool,
    /// Forms that this desk can make.
    formats: Vec<Format>,
}

/// A report.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportWish {
    /// How people and the command name it.
    #[schema(min_length = 1, max_length = 100, example = "Monday report")]
    name: String,
    /// What it says, for whom and when.
    definition: Definition,
}

/// What a report is to be, and what it was when that was decided.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportChange {
    /// The version that was seen; when there is a later one, nothing is changed (`changed_meanwhile`).
    #[schema(example = 1, minimum = 1)]
    version: i64,
    /// What it is to be.
    report: ReportWish,
}

/// A report to look at.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewWish {
    /// How it is named.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// What it says.
    definition: Definition,
    /// Of which time; the definition's own where none is said.
    #[schema(example = "2026-W47")]
    period: Option<String>,
}

/// Lists the reports.
#[utoipa::path(
    get, path = "/api/v1/console/reports", tag = "insight", operation_id = "reports",
    responses((status = 200, description = "The reports", body = ReportList))
)]
pub(crate) async fn list(State(app): State<App>, agent: SignedIn) -> Result<Answer<ReportList>, Problem> {
    let items = app.reports.list(Some(&agent.caller)).await?;
    let formats = app.reports.formats();
    Ok(Answer(ReportList { items, can_send: app.desk.settings().mail, formats }))
}

/// Enters a report.
#[utoipa::path(
    post, path = "/api/v1/console/reports", tag = "insight", operation_id = "add_report",
    request_body = ReportWish, responses((status = 201, description = "The report", body = ReportView))
)]
pub(crate) async fn add(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<ReportWish>,
) -> Result<(StatusCode, Answer<ReportView>), Problem> {
    let report = app.reports.add(Some(&agent.caller), &wish.name, &wish.definition).await?;
    Ok((StatusCode::CREATED, Answer(report)))
}

/// Makes a report what is said. Its schedule begins anew from now.
#[utoipa::path(
    put, path = "/api/v1/console/reports/{id}", tag = "insight", operation_id = "change_report",
    params(("id" = String, Path, description = "Id of the report", example = "61093405593337857")),
    request_body = ReportChange, responses((status = 200, description = "The report", body = ReportView))
)]
pub(crate) async fn change(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<ReportId>,
    Json(ReportChange { version, report }): Json<ReportChange>,
) -> Result<Answer<ReportView>, Problem> {
    let changed =
        app.reports.change(Some(&agent.caller), id, version, &report.name, &report.definition).await?;
    Ok(Answer(changed))
}

/// Removes a report.
#[utoipa::path(
    delete, path = "/api/v1/console/reports/{id}", tag = "insight", operation_id = "remove_report",
    params(("id" = String, Path, description = "Id of the report", example = "61093405593337857")),
    responses((status = 204, description = "It is gone"))
)]
pub(crate) async fn remove(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<ReportId>,
) -> Result<StatusCode, Problem> {
    app.reports.remove(Some(&agent.caller), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a report as a page, without entering it.
#[utoipa::path(
    post, path = "/api/v1/console/report-preview", tag = "insight", operation_id = "preview_report",
    request_body = PreviewWish,
    responses((status = 200, description = "The page", body = String, content_type = "text/html; charset=utf-8"))
)]
pub(crate) async fn preview(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<PreviewWish>,
) -> Result<Response, Problem> {
    let made = app.reports.preview(Some(&agent.caller), &wish.name, &wish.definition, wish.period.as_deref());
    let page = app.reports.write(&made.await?, Format::Html).await?;
    Ok(([(CONTENT_TYPE, Format::Html.media_type())], page).into_response())
}

/// Runs of a report.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Runs {
    /// The latest first, at most 30.
    items: Vec<RunView>,
}

/// Lists what was made of a report.
#[utoipa::path(
    get, path = "/api/v1/console/reports/{id}/runs", tag = "insight", operation_id = "report_runs",
    params(("id" = String, Path, description = "Id of the report", example = "61093405593337857")),
    responses((status = 200, description = "The runs", body = Runs))
)]
pub(crate) async fn runs(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<ReportId>,
) -> Result<Answer<Runs>, Problem> {
    Ok(Answer(Runs { items: app.reports.runs(Some(&agent.caller), id).await? }))
}

/// A run that is wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunWish {
    /// Made by the client; the same id has it made once.
    #[schema(example = "0198c7f2-7c1e-7b7e-a3c4-6a2f6b1d9e57")]
    client_id: String,
    /// Of which time; the report's own where none is said.
    #[schema(example = "2026-W47")]
    period: Option<String>,
    /// Whether it goes to the recipients.
    #[serde(default)]
    send: bool,
}

/// Has a report made now. It is ready when its run says when it was made.
#[utoipa::path(
    post, path = "/api/v1/console/reports/{id}/runs", tag = "insight", operation_id = "run_report",
    params(("id" = String, Path, description = "Id of the report", example = "61093405593337857")),
    request_body = RunWish, responses((status = 202, description = "The run", body = RunView))
)]
pub(crate) async fn run(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<ReportId>,
    Json(wish): Json<RunWish>,
) -> Result<(StatusCode, Answer<RunView>), Problem> {
    let period = wish.period.as_deref();
    let run = app.reports.run(Some(&agent.caller), id, &wish.client_id, period, wish.send);
    Ok((StatusCode::ACCEPTED, Answer(run.await?)))
}

/// Which file.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichFile {
    /// Its form.
    format: Format,
}

/// Hands out a file of a run, always as a download.
#[utoipa::path(
    get, path = "/api/v1/console/report-runs/{id}/file", tag = "insight", operation_id = "report_file",
    params(("id" = String, Path, description = "Id of the run", example = "61093405593337858"), WhichFile),
    responses((
        status = 200, description = "The file",
        content((String = "text/html; charset=utf-8"), (String = "text/csv; charset=utf-8"), (Vec<u8> = "application/pdf"))
    ))
)]
pub(crate) async fn file(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<ReportRunId>,
    Query(which): Query<WhichFile>,
) -> Result<Response, Problem> {
    let (bytes, name) = app.reports.file(Some(&agent.caller), id, which.format).await?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(which.format.media_type()));
    if let Ok(value) = HeaderValue::from_str(&disposition(&name)) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}
