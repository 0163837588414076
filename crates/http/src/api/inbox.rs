//! The agents' inbox.

use axum::Json as Answer;
use axum::extract::State;
use serde::Deserialize;
use standfast_desk::{Inbox, InboxQuery, View, inbox};
use standfast_domain::TeamId;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::body::{Query, within};
use crate::credential::SignedIn;
use crate::problem::Problem;

/// Which requests.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wanted {
    /// Nobody looks after them.
    #[default]
    Unassigned,
    /// The caller does.
    Mine,
    /// All that are active.
    All,
    /// Assets at risk.
    AtRisk,
    /// Solved, closed, merged or spam.
    Solved,
}

impl From<Wanted> for View {
    fn from(wanted: Wanted) -> Self {
        match wanted {
            Wanted::Unassigned => Self::Unassigned,
            Wanted::Mine => Self::Mine,
            Wanted::All => Self::All,
            Wanted::AtRisk => Self::AtRisk,
            Wanted::Solved => Self::Done,
        }
    }
}

/// What an agent wants to see.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Which requests.
    #[serde(default)]
    #[param(inline)]
    view: Wanted,
    /// Only those of this team.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    team: Option<TeamId>,
    /// Only those of this type.
    #[serde(default, rename = "type")]
    kind: Option<String>,
    /// Only where subject, last text, number or customer's name contain this.
    #[serde(default)]
    #[param(max_length = 200)]
    q: Option<String>,
    /// Where the page before ended.
    #[serde(default)]
    cursor: Option<String>,
    /// How many, at most 200.
    #[serde(default = "fifty")]
    #[param(minimum = 1, maximum = 200)]
    limit: i64,
}

const fn fifty() -> i64 {
    50
}

/// Shows a page of the inbox: assets at risk first, then whoever waits longest; what is done, newest first.
#[utoipa::path(
    get, path = "/api/v1/console/inbox", tag = "console", operation_id = "inbox", params(Asked),
    responses((status = 200, description = "A page of the inbox", body = Inbox))
)]
pub(crate) async fn show(
    State(app): State<App>,
    agent: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Answer<Inbox>, Problem> {
    within("limit", asked.limit, 1..=200)?;
    let query = InboxQuery {
        view: asked.view.into(),
        team: asked.team,
        kind: asked.kind,
        text: asked.q,
        cursor: asked.cursor,
        limit: asked.limit,
    };
    Ok(Answer(inbox(&app.desk, &agent.caller, query).await?))
}
