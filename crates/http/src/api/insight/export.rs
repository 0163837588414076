//! All requests behind a figure as CSV, written while they are read.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Deserialize;
use standfast_desk::{RequestSummary, confirm_password, list_requests};
use standfast_insight::{After, MOST_BEHIND, Query, Selection};
use standfast_report::harmless;
use utoipa::ToSchema;

use super::question::Asked;
use super::rows::PartWish;
use crate::app::App;
use crate::body::Json;
use crate::credential::SignedIn;
use crate::limit::Kind;
use crate::network::Peer;
use crate::problem::Problem;

/// Most rows of an export; more are had by asking for less time.
const MOST_ROWS: usize = 200_000;

/// Which rows, and the proof that it is still the same person.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportWish {
    /// The question.
    query: Asked,
    /// Codes of the cell's groups, one for each axis; none for the total.
    #[serde(default)]
    cell: Vec<String>,
    /// Which of them.
    #[serde(default)]
    part: PartWish,
    /// The password of whoever is signed in, once more.
    #[schema(format = Password)]
    password: String,
}

struct Export {
    app: App,
    agent: SignedIn,
    query: Query,
    selection: Selection,
    written: usize,
    is_over: bool,
}

/// Hands out the requests behind a figure as CSV, at most 200,000; with the password, because it takes many customers'
/// data out of the desk at once. Each row is one line, and no field of it is a formula to a spreadsheet.
#[utoipa::path(
    post, path = "/api/v1/console/insight/export", tag = "insight", operation_id = "insight_export",
    request_body = ExportWish,
    responses((status = 200, description = "The rows", body = String, content_type = "text/csv; charset=utf-8"))
)]
pub(crate) async fn export(
    State(app): State<App>,
    agent: SignedIn,
    peer: Peer,
    Json(wish): Json<ExportWish>,
) -> Result<Response, Problem> {
    // Guessing here is limited as guessing at the door is.
    app.limits.check(Kind::SignIn, Some(&format!("export {} {:?}", agent.caller.id, peer.network)), None)?;
    confirm_password(&app.desk, &agent.caller, &wish.password).await?;
    let query = wish.query.query(&app)?;
    let selection = Selection { cell: wish.cell, part: wish.part.into(), after: None, limit: MOST_BEHIND };
    // The first page is read before anything is answered, so that a wrong question is refused as one.
    let first = app.insight.behind(query.clone(), Selection { limit: 1, ..selection.clone() }).await?;
    drop(first);
    tracing::info!(agent.id = %agent.caller.id, "requests are exported");
    let export = Export { app, agent, query, selection, written: 0, is_over: false };
    let head = Bytes::from_static(
        b"\xEF\xBB\xBFid,number,created_at,state,type,urgency,at_risk,channel,language,chain,team_id,assignee_id,tags\r\n",
    );
    let rows = stream::unfold((Some(head), export), |(head, mut export)| async move {
        if let Some(head) = head {
            return Some((Ok::<_, std::io::Error>(head), (None, export)));
        }
        match export.page().await {
            Ok(Some(bytes)) => Some((Ok(bytes), (None, export))),
            Ok(None) => None,
            // The connection breaks off: half a table must not look like a whole one.
            Err(()) => Some((Err(std::io::Error::other("export")), (None, export))),
        }
    });
    let mut response = Body::from_stream(rows).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"requests.csv\""));
    Ok(response)
}

impl Export {
    async fn page(&mut self) -> Result<Option<Bytes>, ()> {
        if self.is_over {
            return Ok(None);
        }
        let page = self.app.insight.behind(self.query.clone(), self.selection.clone()).await;
        let page = page.map_err(|error| tracing::warn!(%error, "an export broke off"))?;
        let ids: Vec<_> = page.rows.into_iter().map(|row| row.id).collect();
        if ids.is_empty() {
            return Ok(None);
        }
        let next: Option<After> = page.next;
        let mut bytes = Vec::new();
        for chunk in ids.chunks(200) {
            let items = list_requests(&self.app.desk, &self.agent.caller, chunk.to_vec()).await;
            let items = items.map_err(|error| tracing::warn!(%error, "an export broke off"))?;
            for item in &items {
                if self.written == MOST_ROWS {
                    break;
                }
                line(&mut bytes, item);
                self.written += 1;
            }
        }
        self.is_over = next.is_none() || self.written >= MOST_ROWS;
        self.selection.after = next;
        Ok(Some(bytes.into()))
    }
}

/// A request as a line of CSV (RFC 4180).
fn line(into: &mut Vec<u8>, item: &RequestSummary) {
    let code = |value: serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let word = |value: Result<serde_json::Value, serde_json::Error>| value.map(code).unwrap_or_default();
    let fields = [
        item.id.to_string(),
        item.number.to_string(),
        item.created_at.to_string(),
        word(serde_json::to_value(item.state)),
        item.kind.clone(),
        word(serde_json::to_value(item.urgency)),
        if item.at_risk { "yes" } else { "no" }.to_owned(),
        word(serde_json::to_value(item.channel)),
        item.language.as_str().to_owned(),
        item.chain.clone().unwrap_or_default(),
        item.team_id.map(|id| id.to_string()).unwrap_or_default(),
        item.assignee_id.map(|id| id.to_string()).unwrap_or_default(),
        item.tags.join(" "),
    ];
    for (place, field) in fields.iter().enumerate() {
        if place > 0 {
            into.push(b',');
        }
        into.extend_from_slice(format!("\"{}\"", harmless(field).replace('"', "\"\"")).as_bytes());
    }
    into.extend_from_slice(b"\r\n");
}
