//! Events that may explain how many requests there are.

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use standfast_desk::{
    DriverCommand, DriverView, add_driver, change_driver, list_drivers, put_driver, remove_driver,
    withdraw_driver,
};
use standfast_domain::{DriverId, DriverKind, Time};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::body::{ExternalId, Json, Path, Query};
use crate::credential::{Machine, SignedIn};
use crate::problem::Problem;

/// Events.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Drivers {
    /// The latest first.
    items: Vec<DriverView>,
}

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Only what touches the time from here on.
    #[serde(default)]
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Time>,
    /// Only what began before.
    #[serde(default)]
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Time>,
}

/// An event.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DriverWish {
    /// What kind of event it is.
    kind: DriverKind,
    /// A few words.
    #[schema(example = "Version 7.2.0", min_length = 1, max_length = 200)]
    title: String,
    /// What else there is to know.
    #[serde(default)]
    #[schema(max_length = 2000)]
    note: String,
    /// When it began, or happened.
    #[schema(value_type = String, format = DateTime, example = "2026-11-10T08:00:00Z")]
    starts_at: Time,
    /// When it was over; absent for a moment.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Time>,
    /// What it touches: of each dimension named (`chain`, `app_version`, `platform`, `region`, `type`) these values.
    /// Without any it touches everything.
    #[serde(default)]
    #[schema(example = json!({"app_version": ["7.2.0"], "platform": ["android"]}))]
    scope: BTreeMap<String, Vec<String>>,
}

impl From<DriverWish> for DriverCommand {
    fn from(wish: DriverWish) -> Self {
        Self {
            kind: wish.kind,
            title: wish.title,
            note: wish.note,
            starts_at: wish.starts_at,
            ends_at: wish.ends_at,
            scope: wish.scope,
        }
    }
}

/// A new event.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDriverWish {
    /// Made by the client; the same id enters it once.
    #[schema(example = "0198c7f2-7c1e-7b7e-a3c4-6a2f6b1d9e57")]
    client_id: String,
    /// The event.
    driver: DriverWish,
}

/// What an event is to be, and what it was when that was decided.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DriverChange {
    /// The version that was seen; when there is a later one, nothing is changed (`changed_meanwhile`).
    #[schema(example = 1, minimum = 1)]
    version: i64,
    /// What it is to be.
    driver: DriverWish,
}

/// An event that another system tells of.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToldDriverWish {
    /// How that system names it: the same name is the same event.
    #[schema(example = "release:7.2.0", min_length = 1, max_length = 100)]
    external_id: String,
    /// The event.
    driver: DriverWish,
}

/// Lists events that may explain the count, the latest first.
#[utoipa::path(
    get, path = "/api/v1/console/drivers", tag = "drivers", operation_id = "drivers", params(Asked),
    responses((status = 200, description = "The events", body = Drivers))
)]
pub(crate) async fn list(
    State(app): State<App>,
    agent: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Answer<Drivers>, Problem> {
    Ok(Answer(Drivers { items: list_drivers(&app.desk, &agent.caller, asked.from, asked.until).await? }))
}

/// Enters an event.
#[utoipa::path(
    post, path = "/api/v1/console/drivers", tag = "drivers", operation_id = "add_driver",
    request_body = NewDriverWish, responses((status = 201, description = "The event", body = DriverView))
)]
pub(crate) async fn add(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<NewDriverWish>,
) -> Result<(StatusCode, Answer<DriverView>), Problem> {
    let event = add_driver(&app.desk, &agent.caller, &wish.client_id, &wish.driver.into()).await?;
    Ok((StatusCode::CREATED, Answer(event)))
}

/// Makes an event what is said.
#[utoipa::path(
    put, path = "/api/v1/console/drivers/{id}", tag = "drivers", operation_id = "change_driver",
    params(("id" = String, Path, description = "Id of the event", example = "61093405593337857")),
    request_body = DriverChange, responses((status = 200, description = "The event", body = DriverView))
)]
pub(crate) async fn change(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<DriverId>,
    Json(wish): Json<DriverChange>,
) -> Result<Answer<DriverView>, Problem> {
    let driver = wish.driver.into();
    Ok(Answer(change_driver(&app.desk, &agent.caller, id, wish.version, &driver).await?))
}

/// Takes an event away.
#[utoipa::path(
    delete, path = "/api/v1/console/drivers/{id}", tag = "drivers", operation_id = "remove_driver",
    params(("id" = String, Path, description = "Id of the event", example = "61093405593337857")),
    responses((status = 204, description = "It is gone"))
)]
pub(crate) async fn remove(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<DriverId>,
) -> Result<StatusCode, Problem> {
    remove_driver(&app.desk, &agent.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells of an event: the one that the caller names so becomes what is said, or begins to exist. Repeating the call
/// changes nothing.
#[utoipa::path(
    put, path = "/api/v1/drivers/{external_id}", tag = "machine", operation_id = "put_driver",
    params(("external_id" = String, Path, description = "How the caller names it", example = "release:7.2.0")),
    request_body = DriverWish, responses((status = 200, description = "The event", body = DriverView))
)]
pub(crate) async fn put(
    State(app): State<App>,
    machine: Machine,
    Path(ExternalId(id)): Path<ExternalId>,
    Json(wish): Json<DriverWish>,
) -> Result<Answer<DriverView>, Problem> {
    Ok(Answer(put_driver(&app.desk, &machine.0, &id, None, &wish.into()).await?))
}

/// Takes an event of the caller's back.
#[utoipa::path(
    delete, path = "/api/v1/drivers/{external_id}", tag = "machine", operation_id = "withdraw_driver",
    params(("external_id" = String, Path, description = "How the caller names it", example = "release:7.2.0")),
    responses((status = 204, description = "It is gone"))
)]
pub(crate) async fn withdraw(
    State(app): State<App>,
    machine: Machine,
    Path(ExternalId(id)): Path<ExternalId>,
) -> Result<StatusCode, Problem> {
    withdraw_driver(&app.desk, &machine.0, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes in a webhook that tells of an event, signed as Standard Webhooks 1.0 has it: `webhook-id`,
/// `webhook-timestamp` (at most five minutes away) and `webhook-signature`. The same `webhook-id` is taken once.
#[utoipa::path(
    post, path = "/api/v1/hooks/drivers", tag = "machine", operation_id = "driver_webhook",
    params(
        ("webhook-id" = String, Header, description = "One for each message", example = "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        ("webhook-timestamp" = String, Header, description = "Seconds since 1970", example = "1795852800"),
        ("webhook-signature" = String, Header, description = "`v1,` and the HMAC-SHA256 of `id.timestamp.body` in Base64",
            example = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    ),
    request_body = ToldDriverWish, responses((status = 200, description = "The event", body = DriverView))
)]
pub(crate) async fn hook(
    State(app): State<App>,
    machine: Machine,
    headers: HeaderMap,
    Json(wish): Json<ToldDriverWish>,
) -> Result<Answer<DriverView>, Problem> {
    let message = headers.get("webhook-id").and_then(|value| value.to_str().ok());
    let command = wish.driver.into();
    let told = put_driver(&app.desk, &machine.0, &wish.external_id, message, &command);
    Ok(Answer(told.await?))
}
