//! What customers say of the help that they got, and those who look at it.

use axum::Json as Answer;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use standfast_desk::{
    Complaint, FeedbackReceipt, FeedbackSummary, FeedbackView, Rate, RequestFeedback, ReviewChange,
    ReviewState, ReviewView, Reviews, Solved, answer_solved, change_review, complain, feedback_summary,
    own_feedback, rate as give_rating, request_feedback, reviews as list_reviews,
};
use standfast_domain::{RequestId, RequestNumber, ReviewId, Score, Time};
use utoipa::{IntoParams, ToSchema};

use super::request::channel;
use crate::app::App;
use crate::body::{Json, Path, Query, within};
use crate::credential::{CustomerCaller, SignedIn};
use crate::network::Peer;
use crate::problem::Problem;

/// Whether a request is really solved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SolvedAnswer {
    /// Made by the client, at most 64 characters; the same id is the same answer.
    #[schema(example = "0198c7f2-7c1e-7b7e-a3c4-6a2f6b1d9e57", pattern = "^[A-Za-z0-9_-]{1,64}$")]
    client_id: String,
    /// Yes or no. A no opens the request again.
    solved: bool,
    /// Words that go with a no; they become a message with a receipt of its own.
    #[serde(default)]
    #[schema(example = "还是没有到账")]
    text: String,
}

/// A rating, or the correction of one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RatingWish {
    /// Made by the client, at most 64 characters; the same id is the same rating.
    #[schema(example = "0198c7f2-7c1e-7b7e-a3c4-6a2f6b1d9e58", pattern = "^[A-Za-z0-9_-]{1,64}$")]
    client_id: String,
    /// From 1 (very bad) to 5 (very good).
    #[schema(example = 4, minimum = 1, maximum = 5)]
    score: i64,
    /// Code of a reason that goes with this score; see `GET /requests/{number}/feedback`.
    #[serde(default)]
    #[schema(example = "fast")]
    reason: Option<String>,
    /// The customer's words; a correction without any leaves those given before.
    #[serde(default)]
    #[schema(example = "回复很快")]
    comment: String,
}

/// A complaint about how a request was handled.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewComplaint {
    /// Made by the client, at most 64 characters; the same id is the same complaint.
    #[schema(example = "0198c7f2-7c1e-7b7e-a3c4-6a2f6b1d9e59", pattern = "^[A-Za-z0-9_-]{1,64}$")]
    client_id: String,
    /// The customer's words.
    #[schema(example = "同样的问题问了我三遍", min_length = 1)]
    text: String,
}

/// A receipt answers 201 when something was written, and 200 when it was given before.
fn receipt(taken: FeedbackReceipt) -> Response {
    let status = if taken.replayed { StatusCode::OK } else { StatusCode::CREATED };
    (status, Answer(taken)).into_response()
}

/// Tells what the caller is asked about a request, and has answered.
#[utoipa::path(
    get, path = "/api/v1/requests/{number}/feedback", tag = "help", operation_id = "own_feedback",
    params(("number" = String, Path, description = "Request number", example = "K7M-39Q-X24J")),
    responses((status = 200, description = "What is asked and answered", body = FeedbackView))
)]
pub(crate) async fn show(
    State(app): State<App>,
    CustomerCaller(customer): CustomerCaller,
    Path(number): Path<RequestNumber>,
) -> Result<Answer<FeedbackView>, Problem> {
    Ok(Answer(own_feedback(&app.desk, &customer, number).await?))
}

/// Says whether a request is really solved.
#[utoipa::path(
    post, path = "/api/v1/requests/{number}/resolution", tag = "help", operation_id = "answer_solved",
    params(("number" = String, Path, description = "Request number", example = "K7M-39Q-X24J")),
    request_body = SolvedAnswer,
    responses(
        (status = 201, description = "Taken in", body = FeedbackReceipt),
        (status = 200, description = "Taken in before", body = FeedbackReceipt),
    )
)]
pub(crate) async fn resolve(
    State(app): State<App>,
    CustomerCaller(customer): CustomerCaller,
    peer: Peer,
    Path(number): Path<RequestNumber>,
    headers: HeaderMap,
    Json(said): Json<SolvedAnswer>,
) -> Result<Response, Problem> {
    let channel = channel(&headers);
    let _held =
        app.admit(channel, Some(&customer.scope()), peer.network, app.desk.is_at_risk(number)).await?;
    let channel = Some(channel);
    let command = Solved { client_id: said.client_id, solved: said.solved, text: said.text, channel };
    Ok(receipt(answer_solved(&app.desk, &customer, number, command).await?))
}

/// Rates the help, or corrects the rating while that is allowed.
#[utoipa::path(
    post, path = "/api/v1/requests/{number}/rating", tag = "help", operation_id = "rate",
    params(("number" = String, Path, description = "Request number", example = "K7M-39Q-X24J")),
    request_body = RatingWish,
    responses(
        (status = 201, description = "Taken in", body = FeedbackReceipt),
        (status = 200, description = "Taken in before", body = FeedbackReceipt),
    )
)]
pub(crate) async fn rate(
    State(app): State<App>,
    CustomerCaller(customer): CustomerCaller,
    peer: Peer,
    Path(number): Path<RequestNumber>,
    headers: HeaderMap,
    Json(wish): Json<RatingWish>,
) -> Result<Response, Problem> {
    let score = Score::new(wish.score).ok_or_else(|| Problem::invalid("score", "unknown"))?;
    let channel = channel(&headers);
    let _held =
        app.admit(channel, Some(&customer.scope()), peer.network, app.desk.is_at_risk(number)).await?;
    let command = Rate {
        client_id: wish.client_id,
        score,
        reason: wish.reason,
        comment: wish.comment,
        channel: Some(channel),
    };
    Ok(receipt(give_rating(&app.desk, &customer, number, command).await?))
}

/// Complains about how a request was handled. Whoever handled it does not see it.
#[utoipa::path(
    post, path = "/api/v1/requests/{number}/complaint", tag = "help", operation_id = "complain",
    params(("number" = String, Path, description = "Request number", example = "K7M-39Q-X24J")),
    request_body = NewComplaint,
    responses(
        (status = 201, description = "Taken in", body = FeedbackReceipt),
        (status = 200, description = "Taken in before", body = FeedbackReceipt),
    )
)]
pub(crate) async fn object(
    State(app): State<App>,
    CustomerCaller(customer): CustomerCaller,
    peer: Peer,
    Path(number): Path<RequestNumber>,
    headers: HeaderMap,
    Json(new): Json<NewComplaint>,
) -> Result<Response, Problem> {
    let channel = channel(&headers);
    let _held =
        app.admit(channel, Some(&customer.scope()), peer.network, app.desk.is_at_risk(number)).await?;
    let command = Complaint { client_id: new.client_id, text: new.text, channel: Some(channel) };
    Ok(receipt(complain(&app.desk, &customer, number, command).await?))
}

/// Shows each time that a request was called solved, and what its customer said.
#[utoipa::path(
    get, path = "/api/v1/console/requests/{id}/feedback", tag = "console", operation_id = "request_feedback",
    params(("id" = String, Path, description = "Id of the request", example = "61093405593337856")),
    responses((status = 200, description = "What the customer said", body = RequestFeedback))
)]
pub(crate) async fn of_request(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<RequestId>,
) -> Result<Answer<RequestFeedback>, Problem> {
    Ok(Answer(request_feedback(&app.desk, &agent.caller, id).await?))
}

/// Which reviews.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// Those still to be looked at, complaints first and each oldest first.
    #[default]
    Open,
    /// Those that were, newest first.
    Done,
}

/// Which reviews, and how many.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Which.
    #[serde(default)]
    #[param(inline)]
    state: Stage,
    /// Where the page before ended: its `next`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<ReviewId>,
    /// How many, at most 200.
    #[serde(default = "fifty")]
    #[param(minimum = 1, maximum = 200)]
    limit: i64,
}

const fn fifty() -> i64 {
    50
}

/// Lists low ratings and complaints; nobody sees those about themselves.
#[utoipa::path(
    get, path = "/api/v1/console/feedback/reviews", tag = "console", operation_id = "reviews", params(Wanted),
    responses((status = 200, description = "What is to be looked at", body = Reviews))
)]
pub(crate) async fn reviews(
    State(app): State<App>,
    agent: SignedIn,
    Query(wanted): Query<Wanted>,
) -> Result<Answer<Reviews>, Problem> {
    within("limit", wanted.limit, 1..=200)?;
    let done = wanted.state == Stage::Done;
    Ok(Answer(list_reviews(&app.desk, &agent.caller, done, wanted.cursor, wanted.limit).await?))
}

/// What somebody does with a review; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReviewWish {
    /// How far it has come.
    #[serde(default)]
    state: Option<ReviewState>,
    /// What there is to note; an empty one takes the note away.
    #[serde(default)]
    #[schema(example = "已致电用户并道歉")]
    note: Option<String>,
}

/// Takes a low rating or a complaint, puts it back, notes something, or ends it.
#[utoipa::path(
    patch, path = "/api/v1/console/feedback/reviews/{id}", tag = "console", operation_id = "change_review",
    params(("id" = String, Path, description = "Id of the review", example = "61093405593337860")),
    request_body = ReviewWish, responses((status = 200, description = "As it is now", body = ReviewView))
)]
pub(crate) async fn change(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<ReviewId>,
    Json(wish): Json<ReviewWish>,
) -> Result<Answer<ReviewView>, Problem> {
    let wish = ReviewChange { state: wish.state, note: wish.note };
    Ok(Answer(change_review(&app.desk, &agent.caller, id, wish).await?))
}

/// A stretch of time.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Span {
    /// From then on.
    #[param(value_type = String, format = DateTime, example = "2026-11-01T00:00:00Z")]
    from: Time,
    /// Before then.
    #[param(value_type = String, format = DateTime, example = "2026-12-01T00:00:00Z")]
    until: Time,
}

/// Counts what customers said of what was called solved in a stretch of time, also by agent and by type.
#[utoipa::path(
    get, path = "/api/v1/console/feedback/summary", tag = "console", operation_id = "feedback_summary", params(Span),
    responses((status = 200, description = "The counts", body = FeedbackSummary))
)]
pub(crate) async fn summary(
    State(app): State<App>,
    agent: SignedIn,
    Query(span): Query<Span>,
) -> Result<Answer<FeedbackSummary>, Problem> {
    Ok(Answer(feedback_summary(&app.desk, &agent.caller, span.from, span.until).await?))
}
