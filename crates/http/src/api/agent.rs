//! Agents and teams.

use axum::Json as Answer;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use standfast_desk::{AgentChange, AgentView, NewAgent, TeamView, add_agent, change_agent, list_agents};
use standfast_domain::{AgentId, Language, Role, TeamId};
use utoipa::ToSchema;

use crate::app::App;
use crate::body::{Json, Path};
use crate::credential::SignedIn;
use crate::problem::Problem;

/// The agents.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Agents {
    /// All of them, disabled ones too.
    items: Vec<AgentView>,
}

/// The teams.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Teams {
    /// All of them.
    items: Vec<TeamView>,
}

/// Somebody new on the desk.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentWish {
    /// Sign-in address.
    #[schema(example = "lin@wallet.example")]
    email: String,
    /// Name that customers see.
    #[schema(example = "Lin", min_length = 1)]
    name: String,
    /// Role.
    role: Role,
    /// First password.
    #[schema(format = Password)]
    password: String,
    /// Language of the console.
    #[serde(default)]
    language: Language,
    /// Ids of teams.
    #[serde(default)]
    #[schema(value_type = Vec<String>, example = json!([]))]
    teams: Vec<TeamId>,
}

/// A change of an agent; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentChangeWish {
    /// Name that customers see.
    #[serde(default)]
    name: Option<String>,
    /// Role.
    #[serde(default)]
    role: Option<Role>,
    /// Password; ends all sessions.
    #[serde(default)]
    #[schema(format = Password)]
    password: Option<String>,
    /// Whether the agent may no longer sign in; ends all sessions.
    #[serde(default)]
    disabled: Option<bool>,
    /// Language of the console.
    #[serde(default)]
    language: Option<Language>,
    /// Ids of teams.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    teams: Option<Vec<TeamId>>,
}

/// Lists the agents.
#[utoipa::path(
    get, path = "/api/v1/console/agents", tag = "console", operation_id = "agents",
    responses((status = 200, description = "The agents", body = Agents))
)]
pub(crate) async fn list(State(app): State<App>, agent: SignedIn) -> Result<Answer<Agents>, Problem> {
    Ok(Answer(Agents { items: list_agents(&app.desk, Some(&agent.caller)).await? }))
}

/// Lists the teams.
#[utoipa::path(
    get, path = "/api/v1/console/teams", tag = "console", operation_id = "teams",
    responses((status = 200, description = "The teams", body = Teams))
)]
pub(crate) async fn list_teams(State(app): State<App>, agent: SignedIn) -> Result<Answer<Teams>, Problem> {
    Ok(Answer(Teams { items: standfast_desk::list_teams(&app.desk, &agent.caller).await? }))
}

/// Adds an agent.
#[utoipa::path(
    post, path = "/api/v1/console/agents", tag = "console", operation_id = "add_agent", request_body = AgentWish,
    responses((status = 201, description = "The agent", body = AgentView))
)]
pub(crate) async fn add(
    State(app): State<App>,
    agent: SignedIn,
    Json(wish): Json<AgentWish>,
) -> Result<(StatusCode, Answer<AgentView>), Problem> {
    let new = NewAgent {
        email: wish.email,
        name: wish.name,
        role: Some(wish.role),
        password: wish.password,
        language: wish.language,
        teams: wish.teams,
    };
    Ok((StatusCode::CREATED, Answer(add_agent(&app.desk, Some(&agent.caller), new).await?)))
}

/// Changes an agent. A changed password and a disabled account end the agent's sessions and sockets within seconds.
#[utoipa::path(
    patch, path = "/api/v1/console/agents/{id}", tag = "console", operation_id = "change_agent",
    params(("id" = String, Path, description = "Id of the agent", example = "61093405593337857")),
    request_body = AgentChangeWish,
    responses((status = 200, description = "The agent", body = AgentView))
)]
pub(crate) async fn change(
    State(app): State<App>,
    agent: SignedIn,
    Path(id): Path<AgentId>,
    Json(wish): Json<AgentChangeWish>,
) -> Result<Answer<AgentView>, Problem> {
    let change = AgentChange {
        name: wish.name,
        role: wish.role,
        password: wish.password,
        disabled: wish.disabled,
        language: wish.language,
        teams: wish.teams,
    };
    Ok(Answer(change_agent(&app.desk, Some(&agent.caller), id, change).await?))
}
