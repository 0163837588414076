//! Signing in and out of the console.

use axum::Json as Answer;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use standfast_desk::AgentView;
use utoipa::ToSchema;

use crate::app::App;
use crate::body::Json;
use crate::credential::{self, SignedIn};
use crate::limit::Kind;
use crate::network::Peer;
use crate::problem::Problem;

/// Who wants to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    /// E-mail address.
    #[schema(example = "lin@wallet.example")]
    email: String,
    /// Password.
    #[schema(format = Password)]
    password: String,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    /// Who is signed in.
    agent: AgentView,
}

/// Signs an agent in. The session is a cookie that scripts cannot read.
#[utoipa::path(
    post, path = "/api/v1/session", tag = "session", operation_id = "sign_in", request_body = Credentials,
    responses((status = 200, description = "Signed in", body = Session, headers(("set-cookie" = String))))
)]
pub(crate) async fn sign_in(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    Json(credentials): Json<Credentials>,
) -> Result<Response, Problem> {
    // A foreign page must not sign anybody in under a name of its choice either.
    if credential::own_origin(&app, &headers) == Some(false) {
        return Err(Problem::new("foreign_origin"));
    }
    let email = credentials.email.trim().to_lowercase();
    if email.contains(char::is_control) || credentials.password.contains('\0') {
        return Err(Problem::new("wrong_password"));
    }
    // By address and network together: whoever knows an agent's address must not be able to keep the agent out.
    app.limits.check(Kind::SignIn, Some(&format!("{email} {:?}", peer.network)), None)?;
    let signed_in = standfast_desk::sign_in(&app.desk, &email, &credentials.password).await?;
    let cookie = credential::set_session(&app, Some((&signed_in.token, signed_in.expires_at)));
    Ok(([(SET_COOKIE, cookie)], Answer(Session { agent: signed_in.agent })).into_response())
}

/// Tells who is signed in.
#[utoipa::path(
    get, path = "/api/v1/session", tag = "session", operation_id = "session",
    responses((status = 200, description = "Who is signed in", body = Session))
)]
pub(crate) async fn show(agent: SignedIn) -> Answer<Session> {
    Answer(Session { agent: agent.view })
}

/// Ends the session; its live sockets close within seconds.
#[utoipa::path(
    delete, path = "/api/v1/session", tag = "session", operation_id = "sign_out",
    responses((status = 204, description = "Signed out"))
)]
pub(crate) async fn sign_out(State(app): State<App>, agent: SignedIn) -> Result<Response, Problem> {
    standfast_desk::sign_out(&app.desk, &agent.token.0).await?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, credential::set_session(&app, None))]).into_response())
}
