//! A customer's requests.

use std::collections::BTreeMap;

use axum::Json as Answer;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header::ORIGIN};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use standfast_desk::{
    Conversation, FollowUp, Intake, PROBE_MARK, Receipt, Received, RequestSummary, conversation, follow_up,
    own_requests, read_by_customer, receive, take_probe,
};
use standfast_domain::{AttachmentId, Channel, Language, RequestNumber, claims_theft, request_type};
use utoipa::{IntoParams, ToSchema};

use super::{JoinWish, flat};
use crate::app::App;
use crate::body::{Json, Path, Query, within};
use crate::credential::CustomerCaller;
use crate::network::Peer;
use crate::problem::Problem;

/// Words with which a customer asks for help.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRequest {
    /// Made by the client, at most 64 characters; the same id gets the same receipt and makes no second message, whatever
    /// the words: a new id for new words.
    #[schema(example = "0198c7f2-7c1e-7b7e-a3c4-6a2f6b1d9e55", pattern = "^[A-Za-z0-9_-]{1,64}$")]
    client_id: String,
    /// The customer's words.
    #[schema(example = "转账两小时了还没有到账", min_length = 1)]
    text: String,
    /// Code of the type; see `GET /desk`.
    #[serde(default, rename = "type")]
    #[schema(example = "pending")]
    kind: Option<String>,
    /// Language of the receipt; that of the text unless said.
    #[serde(default)]
    #[schema(example = "zh-CN")]
    language: Option<String>,
    /// Answers to the intake form: field code to value.
    #[serde(default)]
    #[schema(example = json!({"chain": "TRON"}))]
    fields: BTreeMap<String, String>,
    /// What the host app passes along, at most 2 kB.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Value>, example = json!({"app_version": "9.4.1", "device": "iPhone 15"}))]
    context: BTreeMap<String, Value>,
    /// Ids of files uploaded before.
    #[serde(default)]
    #[schema(value_type = Vec<String>, example = json!([]))]
    attachments: Vec<AttachmentId>,
    /// The customer's name.
    #[serde(default)]
    name: Option<String>,
    /// The customer's address.
    #[serde(default)]
    email: Option<String>,
    /// Whether the words may join an open request about the same matter.
    #[serde(default)]
    join: JoinWish,
}

/// Further words of a customer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMessage {
    /// Made by the client, at most 64 characters; the same id gets the same receipt and makes no second message, whatever
    /// the words: a new id for new words.
    #[schema(example = "0198c7f2-7c1e-7b7e-a3c4-6a2f6b1d9e56", pattern = "^[A-Za-z0-9_-]{1,64}$")]
    client_id: String,
    /// The customer's words.
    #[schema(example = "补充一下交易哈希", min_length = 1)]
    text: String,
    /// Ids of files uploaded before.
    #[serde(default)]
    #[schema(value_type = Vec<String>, example = json!([]))]
    attachments: Vec<AttachmentId>,
}

/// A place up to which somebody has read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadMark {
    /// Sequence number of the last entry that was read.
    #[schema(example = 4, minimum = 0)]
    pub(super) seq: i64,
}

/// Which stretch of a record.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Stretch {
    /// Entries after this sequence number.
    #[serde(default)]
    #[param(minimum = 0)]
    after: i64,
    /// How many, at most 200.
    #[serde(default = "hundred")]
    #[param(minimum = 1, maximum = 200)]
    limit: i64,
}

pub(super) const fn hundred() -> i64 {
    100
}

/// A customer's requests.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnRequests {
    /// The latest ones, newest first.
    items: Vec<RequestSummary>,
}

/// A receipt answers 201 when something was written, and 200 when it was given before.
fn receipt(received: Received) -> Response {
    let status = if received.replayed { StatusCode::OK } else { StatusCode::CREATED };
    (status, Answer(received.receipt)).into_response()
}

/// Browsers say where a call comes from, other programs do not.
pub(super) fn channel(headers: &HeaderMap) -> Channel {
    if headers.contains_key(ORIGIN) { Channel::Widget } else { Channel::Api }
}

/// Asks for help. The receipt is given only when everything is durable; the same `client_id` gets the same receipt.
#[utoipa::path(
    post, path = "/api/v1/requests", tag = "help", operation_id = "ask_for_help",
    request_body = NewRequest,
    responses(
        (status = 201, description = "Taken in", body = Receipt),
        (status = 200, description = "Taken in before: the same receipt", body = Receipt),
    )
)]
pub(crate) async fn create(
    State(app): State<App>,
    CustomerCaller(customer): CustomerCaller,
    peer: Peer,
    headers: HeaderMap,
    Json(new): Json<NewRequest>,
) -> Result<Response, Problem> {
    let channel = channel(&headers);
    // Sent by the desk itself, so as to know whether it can be reached.
    let mark = headers.get(PROBE_MARK).map(|mark| mark.to_str().unwrap_or_default().to_owned());
    // Who waits for a seat keeps nothing of the call that is not needed any more.
    drop(headers);
    app.desk.settings().limits.check_text(&new.text)?;
    let at_risk = new.kind.as_deref().and_then(request_type).is_some_and(|kind| kind.at_risk)
        || claims_theft(&new.text);
    let _held = app.admit(channel, Some(&customer.scope()), peer.network, at_risk).await?;
    let intake = Intake {
        client_id: new.client_id,
        text: new.text,
        kind: new.kind,
        language: new.language.as_deref().and_then(Language::parse),
        channel: Some(channel),
        fields: new.fields,
        context: flat(new.context),
        attachments: new.attachments,
        name: new.name,
        email: new.email,
        join: new.join.into(),
        ..Intake::default()
    };
    if let Some(mark) = mark {
        let taken = take_probe(&app.desk, &customer, &mark, intake).await?;
        return Ok((StatusCode::CREATED, Answer(taken)).into_response());
    }
    Ok(receipt(receive(&app.desk, &customer, intake).await?))
}

/// Lists the caller's own requests.
#[utoipa::path(
    get, path = "/api/v1/requests", tag = "help", operation_id = "own_requests",
    responses((status = 200, description = "Own requests", body = OwnRequests))
)]
pub(crate) async fn list(
    State(app): State<App>,
    CustomerCaller(customer): CustomerCaller,
) -> Result<Answer<OwnRequests>, Problem> {
    Ok(Answer(OwnRequests { items: own_requests(&app.desk, &customer).await? }))
}

/// Shows one of the caller's requests with a stretch of its record.
#[utoipa::path(
    get, path = "/api/v1/requests/{number}", tag = "help", operation_id = "own_request",
    params(("number" = String, Path, description = "Request number", example = "K7M-39Q-X24J"), Stretch),
    responses((status = 200, description = "The request and its entries", body = Conversation<RequestSummary>))
)]
pub(crate) async fn show(
    State(app): State<App>,
    CustomerCaller(customer): CustomerCaller,
    Path(number): Path<RequestNumber>,
    Query(stretch): Query<Stretch>,
) -> Result<Answer<Conversation<RequestSummary>>, Problem> {
    within("after", stretch.after, 0..=i64::MAX)?;
    within("limit", stretch.limit, 1..=200)?;
    Ok(Answer(conversation(&app.desk, &customer, number, stretch.after, stretch.limit).await?))
}

/// Adds words to one of the caller's requests.
#[utoipa::path(
    post, path = "/api/v1/requests/{number}/messages", tag = "help", operation_id = "write_message",
    params(("number" = String, Path, description = "Request number", example = "K7M-39Q-X24J")),
    request_body = NewMessage,
    responses(
        (status = 201, description = "Taken in", body = Receipt),
        (status = 200, description = "Taken in before: the same receipt", body = Receipt),
    )
)]
pub(crate) async fn follow(
    State(app): State<App>,
    CustomerCaller(customer): CustomerCaller,
    peer: Peer,
    Path(number): Path<RequestNumber>,
    headers: HeaderMap,
    Json(new): Json<NewMessage>,
) -> Result<Response, Problem> {
    let channel = channel(&headers);
    drop(headers);
    app.desk.settings().limits.check_text(&new.text)?;
    let at_risk = app.desk.is_at_risk(number) || claims_theft(&new.text);
    let _held = app.admit(channel, Some(&customer.scope()), peer.network, at_risk).await?;
    let command = FollowUp {
        client_id: new.client_id,
        text: new.text,
        channel: Some(channel),
        attachments: new.attachments,
        ..FollowUp::default()
    };
    Ok(receipt(follow_up(&app.desk, &customer, number, command).await?))
}

/// Notes up to where the caller has read.
#[utoipa::path(
    post, path = "/api/v1/requests/{number}/read", tag = "help", operation_id = "mark_own_read",
    params(("number" = String, Path, description = "Request number", example = "K7M-39Q-X24J")),
    request_body = ReadMark,
    responses((status = 204, description = "Noted"))
)]
pub(crate) async fn read(
    State(app): State<App>,
    CustomerCaller(customer): CustomerCaller,
    Path(number): Path<RequestNumber>,
    Json(mark): Json<ReadMark>,
) -> Result<StatusCode, Problem> {
    within("seq", mark.seq, 0..=i64::MAX)?;
    read_by_customer(&app.desk, &customer, number, mark.seq).await?;
    Ok(StatusCode::NO_CONTENT)
}
