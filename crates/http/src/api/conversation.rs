//! A request as agents see it, and what they write on it.

use axum::Json as Reply;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use standfast_desk::{
    Answer, Answered, Conversation, CustomerPanel, EntryView, RequestDetail, RequestSummary, Window, detail,
    read_by_agent,
};
use standfast_domain::{AttachmentId, RequestId};
use utoipa::{IntoParams, ToSchema};

use super::ThenWish;
use super::request::{ReadMark, hundred};
use crate::app::App;
use crate::body::{Json, Path, Query, within};
use crate::credential::SignedIn;
use crate::live::Viewer;
use crate::problem::Problem;

/// A request with its latest entries and its customer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConversationPage {
    /// The request.
    request: RequestDetail,
    /// Its last hundred entries, oldest first.
    entries: Vec<EntryView>,
    /// Whether there are older ones.
    more_before: bool,
    /// Who it is from, with earlier requests.
    customer: CustomerPanel,
    /// Agents who look at it now.
    viewers: Vec<Viewer>,
}

/// Which stretch of a record. Neither bound: its end.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Stretch {
    /// Entries before this sequence number.
    #[serde(default)]
    before: Option<i64>,
    /// Entries after this sequence number.
    #[serde(default)]
    after: Option<i64>,
    /// How many, at most 200.
    #[serde(default = "hundred")]
    #[param(minimum = 1, maximum = 200)]
    limit: i64,
}

/// An agent's reply to the customer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReply {
    /// Made by the client; the same id makes no second entry.
    #[schema(example = "0198c7f2-7c1e-7b7e-a3c4-6a2f6b1d9e58", pattern = "^[A-Za-z0-9_-]{1,64}$")]
    client_id: String,
    /// The agent's words.
    #[schema(example = "您的交易已在链上确认，请刷新余额。", min_length = 1)]
    text: String,
    /// The last sequence number that the agent had seen.
    #[schema(example = 4)]
    seen_seq: i64,
    /// Ids of files uploaded before.
    #[serde(default)]
    #[schema(value_type = Vec<String>, example = json!([]))]
    attachments: Vec<AttachmentId>,
    /// What becomes of the request.
    #[serde(default)]
    then: ThenWish,
    /// Seconds that the agent had the request in hand for this: in front of them and worked on. For the measure of handling
    /// time; more than four hours count as four.
    #[serde(default)]
    #[schema(example = 95)]
    worked_seconds: Option<u32>,
}

/// A note among the agents.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNote {
    /// Made by the client; the same id makes no second entry.
    #[schema(example = "0198c7f2-7c1e-7b7e-a3c4-6a2f6b1d9e59", pattern = "^[A-Za-z0-9_-]{1,64}$")]
    client_id: String,
    /// The agent's words.
    #[schema(min_length = 1)]
    text: String,
    /// Ids of files uploaded before.
    #[serde(default)]
    #[schema(value_type = Vec<String>, example = json!([]))]
    attachments: Vec<AttachmentId>,
    /// Seconds that the agent had the request in hand for this: in front of them and worked on. For the measure of handling
    /// time; more than four hours count as four.
    #[serde(default)]
    #[schema(example = 95)]
    worked_seconds: Option<u32>,
}

/// Shows a request with its latest entries, its customer and who looks at it.
#[utoipa::path(
    get, path = "/api/v1/console/requests/{id}", tag = "console", operation_id = "request",
    params(("id" = String, Path, description = "Id of the request", example = "61093405593337856")),
    responses((status = 200, description = "The request", body = ConversationPage))
)]
pub(crate) async fn show(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<RequestId>,
) -> Result<Reply<ConversationPage>, Problem> {
    let (conversation, customer) = detail(&app.desk, &agent.caller, id).await?;
    Ok(Reply(ConversationPage {
        request: conversation.request,
        entries: conversation.entries,
        more_before: conversation.more,
        customer,
        viewers: app.hub.viewers(id),
    }))
}

/// Shows a stretch of a request's record.
#[utoipa::path(
    get, path = "/api/v1/console/requests/{id}/entries", tag = "console", operation_id = "entries",
    params(("id" = String, Path, description = "Id of the request", example = "61093405593337856"), Stretch),
    responses((status = 200, description = "The entries, oldest first", body = Conversation<RequestSummary>))
)]
pub(crate) async fn entries(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<RequestId>,
    Query(stretch): Query<Stretch>,
) -> Result<Reply<Conversation<RequestSummary>>, Problem> {
    within("limit", stretch.limit, 1..=200)?;
    let window = Window { before: stretch.before, after: stretch.after, limit: stretch.limit };
    Ok(Reply(standfast_desk::entries(&app.desk, &agent.caller, id, window).await?))
}

fn answered(answered: Answered) -> Response {
    let status = if answered.replayed { StatusCode::OK } else { StatusCode::CREATED };
    (status, Reply(answered)).into_response()
}

/// Replies to the customer. Refused when something came in that the agent had not seen, and when the text asks for a
/// secret.
#[utoipa::path(
    post, path = "/api/v1/console/requests/{id}/reply", tag = "console", operation_id = "reply",
    params(("id" = String, Path, description = "Id of the request", example = "61093405593337856")),
    request_body = NewReply,
    responses(
        (status = 201, description = "Written", body = Answered),
        (status = 200, description = "Written before", body = Answered),
    )
)]
pub(crate) async fn reply(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<RequestId>,
    Json(new): Json<NewReply>,
) -> Result<Response, Problem> {
    let answer = Answer {
        client_id: new.client_id,
        text: new.text,
        seen_seq: new.seen_seq,
        attachments: new.attachments,
        then: new.then.into(),
        worked: new.worked_seconds,
    };
    Ok(answered(standfast_desk::reply(&app.desk, &agent.caller, id, answer).await?))
}

/// Writes a note that only agents see.
#[utoipa::path(
    post, path = "/api/v1/console/requests/{id}/notes", tag = "console", operation_id = "note",
    params(("id" = String, Path, description = "Id of the request", example = "61093405593337856")),
    request_body = NewNote,
    responses(
        (status = 201, description = "Written", body = Answered),
        (status = 200, description = "Written before", body = Answered),
    )
)]
pub(crate) async fn note(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<RequestId>,
    Json(new): Json<NewNote>,
) -> Result<Response, Problem> {
    let answer = Answer {
        client_id: new.client_id,
        text: new.text,
        attachments: new.attachments,
        worked: new.worked_seconds,
        ..Answer::default()
    };
    Ok(answered(standfast_desk::note(&app.desk, &agent.caller, id, answer).await?))
}

/// Notes up to where the agent has read.
#[utoipa::path(
    post, path = "/api/v1/console/requests/{id}/read", tag = "console", operation_id = "mark_read",
    params(("id" = String, Path, description = "Id of the request", example = "61093405593337856")),
    request_body = ReadMark,
    responses((status = 204, description = "Noted"))
)]
pub(crate) async fn read(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<RequestId>,
    Json(mark): Json<ReadMark>,
) -> Result<StatusCode, Problem> {
    within("seq", mark.seq, 0..=i64::MAX)?;
    read_by_agent(&app.desk, &agent.caller, id, mark.seq).await?;
    Ok(StatusCode::NO_CONTENT)
}
