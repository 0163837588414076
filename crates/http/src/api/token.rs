//! Credentials of other systems.

use axum::Json as Answer;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use standfast_desk::{NewToken, TokenView, add_token, list_tokens, revoke_token};
use standfast_domain::{TokenId, TokenKind, TokenScope};
use utoipa::ToSchema;

use crate::app::App;
use crate::body::{Json, Path};
use crate::credential::SignedIn;
use crate::problem::Problem;

/// Machine tokens.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tokens {
    /// All of them, those that were taken back too, the latest first.
    items: Vec<TokenView>,
}

/// A machine token to be issued.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenWish {
    /// What it is for.
    #[schema(example = "Release pipeline", min_length = 1)]
    name: String,
    /// How the system proves who it is.
    kind: TokenKind,
    /// What it is good for; a webhook tells of `drivers` alone.
    scopes: Vec<TokenScope>,
}

/// A machine token, issued.
#[derive(Serialize, ToSchema)]
pub(crate) struct IssuedToken {
    /// The token.
    token: TokenView,
    /// Its secret, which is shown now and never again.
    secret: String,
}

/// Lists machine tokens; their secrets are not among it.
#[utoipa::path(
    get, path = "/api/v1/console/tokens", tag = "console", operation_id = "tokens",
    responses((status = 200, description = "The tokens", body = Tokens))
)]
pub(crate) async fn list(State(app): State<App>, agent: SignedIn) -> Result<Answer<Tokens>, Problem> {
    Ok(Answer(Tokens { items: list_tokens(&app.desk, &agent.caller).await? }))
}

/// Issues a machine token.
#[utoipa::path(
    post, path = "/api/v1/console/tokens", tag = "console", operation_id = "add_token", request_body = TokenWish,
    responses((status = 201, description = "The token with its secret", body = IssuedToken))
)]
pub(crate) async fn add(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<TokenWish>,
) -> Result<(StatusCode, Answer<IssuedToken>), Problem> {
    let new = NewToken { name: wish.name, kind: wish.kind, scopes: wish.scopes };
    let (token, secret) = add_token(&app.desk, &agent.caller, new).await?;
    Ok((StatusCode::CREATED, Answer(IssuedToken { token, secret })))
}

/// Takes a machine token back.
#[utoipa::path(
    delete, path = "/api/v1/console/tokens/{id}", tag = "console", operation_id = "revoke_token",
    params(("id" = String, Path, description = "Id of the token", example = "61093405593337857")),
    responses((status = 204, description = "It is good for nothing any more"))
)]
pub(crate) async fn revoke(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<TokenId>,
) -> Result<StatusCode, Problem> {
    revoke_token(&app.desk, &agent.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
