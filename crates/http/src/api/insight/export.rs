//! All requests behind a figure as CSV, written while they are read, or as a workbook, which is whole before it is sent.

mod csv;
pub(crate) mod progress;
mod workbook;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Deserialize;
use standfast_desk::{RequestSummary, confirm_password, list_requests};
use standfast_domain::{Language, Time};
use standfast_insight::{COLUMNS as FACTS, Datum, MOST_BEHIND, Query, Selection};
use utoipa::ToSchema;

use super::question::Asked;
use super::rows::PartWish;
use crate::app::App;
use crate::body::Json;
use crate::credential::SignedIn;
use crate::limit::Kind;
use crate::network::Peer;
use crate::problem::{Problem, Tongue};

/// Most rows of an export; more are had by asking for less time.
const MOST_ROWS: usize = 200_000;
/// Longest name of an export.
const MOST_ID: usize = 64;

/// What a table is written as.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ExportFormat {
    /// Comma-separated values (RFC 4180).
    #[default]
    Csv,
    /// A workbook.
    Xlsx,
}

impl ExportFormat {
    const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    const fn disposition(self) -> &'static str {
        match self {
            Self::Csv => "attachment; filename=\"requests.csv\"",
            Self::Xlsx => "attachment; filename=\"requests.xlsx\"",
        }
    }
}

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
    /// CSV unless said.
    #[serde(default)]
    format: ExportFormat,
    /// A name that the client makes up, of at most 64 characters, by which it can ask how far it is.
    #[serde(default)]
    id: String,
    /// The password of whoever is signed in, once more.
    #[schema(format = Password)]
    password: String,
}

/// What is read, and how far it is.
struct Export {
    app: App,
    agent: SignedIn,
    query: Query,
    selection: Selection,
    language: Language,
    count: progress::Count,
    read: usize,
    is_over: bool,
    /// There were more than are handed out.
    is_cut: bool,
}

/// Hands out the requests behind a figure as CSV or as a workbook, at most 200,000; with the password, because it takes many
/// customers' data out of the desk at once. Nothing in it is a formula to a spreadsheet.
#[utoipa::path(
    post, path = "/api/v1/console/insight/export", tag = "insight", operation_id = "insight_export",
    request_body = ExportWish,
    responses((status = 200, description = "The rows", content(
        (String = "text/csv; charset=utf-8"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )))
)]
pub(crate) async fn export(
    State(app): State<App>,
    agent: SignedIn,
    peer: Peer,
    Tongue(language): Tongue,
    Json(wish): Json<ExportWish>,
) -> Result<Response, Problem> {
    if wish.id.len() > MOST_ID {
        return Err(standfast_desk::Error::invalid("id", "too_long").into());
    }
    // Guessing here is limited as guessing at the door is.
    app.limits.check(Kind::SignIn, Some(&format!("export {} {:?}", agent.caller.id, peer.network)), None)?;
    confirm_password(&app.desk, &agent.caller, &wish.password).await?;
    let query = wish.query.query(&app)?;
    let selection = Selection { cell: wish.cell, part: wish.part.into(), after: None, limit: MOST_BEHIND };
    // The first page is read before anything is answered, so that a wrong question is refused as one.
    let first = app.insight.behind(query.clone(), Selection { limit: 1, ..selection.clone() }).await?;
    drop(first);
    tracing::info!(agent.id = %agent.caller.id, "requests are exported");
    let count = app.exports.begin(agent.caller.id, &wish.id);
    let export =
        Export { app, agent, query, selection, language, count, read: 0, is_over: false, is_cut: false };
    let body = match wish.format {
        ExportFormat::Csv => csv::body(export),
        ExportFormat::Xlsx => workbook::body(export),
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(wish.format.media_type()));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(wish.format.disposition()));
    Ok(response)
}

/// A connection that breaks off: half a table must not look like a whole one.
fn broken(error: &dyn std::fmt::Display) -> std::io::Error {
    tracing::warn!(%error, "an export broke off");
    std::io::Error::other("export")
}

impl Export {
    /// The next requests; none when there are no more, or no more are handed out.
    async fn page(&mut self) -> Result<Option<Vec<Row>>, std::io::Error> {
        if self.is_over {
            return Ok(None);
        }
        let page = self.app.insight.behind(self.query.clone(), self.selection.clone()).await;
        let page = page.map_err(|error| broken(&error))?;
        let ids: Vec<_> = page.rows.into_iter().map(|row| row.id).collect();
        let mut items = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(200) {
            let some = list_requests(&self.app.desk, &self.agent.caller, chunk.to_vec()).await;
            let some = some.map_err(|error| broken(&error))?;
            let mut facts = self.app.insight.rows(chunk.to_vec()).await.map_err(|error| broken(&error))?;
            // What was taken away between the two is in neither.
            items.extend(some.into_iter().filter_map(|one| Some((facts.remove(&one.id)?, one))));
        }
        let room = MOST_ROWS - self.read;
        self.is_cut = items.len() > room || (items.len() == room && page.next.is_some());
        items.truncate(room);
        self.read += items.len();
        self.count.set(self.read);
        self.is_over = page.next.is_none() || self.read == MOST_ROWS;
        self.selection.after = page.next;
        Ok(Some(items))
    }
}

/// A request: what is counted of it, and what else is known.
type Row = ([Datum; FACTS.len()], RequestSummary);

/// The columns: the id and the number that people see, everything by which it is counted, under the names that it has in
/// every export ([`FACTS`], of which the first is the id), and tags.
fn columns() -> Vec<&'static str> {
    let facts = FACTS.iter().skip(1).map(|(name, _)| *name);
    ["id", "number"].into_iter().chain(facts).chain(["tags"]).collect()
}

/// A field of a row.
enum Field {
    Nothing,
    Text(String),
    Number(i64),
    Time(Time),
}

fn fields((facts, item): &Row) -> Vec<Field> {
    let field = |((name, _), datum): (&(&str, _), &Datum)| match datum {
        // Longer than a number of a spreadsheet can be.
        Datum::Int(Some(id)) if name.ends_with("_id") => Field::Text(id.to_string()),
        Datum::Int(Some(number)) => Field::Number(*number),
        Datum::Time(Some(time)) => Field::Time(*time),
        Datum::Int(None) | Datum::Time(None) => Field::Nothing,
        Datum::Text(text) => Field::Text(text.clone()),
        Datum::Flag(is) => Field::Text(if *is { "yes" } else { "no" }.to_owned()),
    };
    let head = [Field::Text(item.id.to_string()), Field::Text(item.number.to_string())];
    let facts = FACTS.iter().zip(facts).skip(1).map(field);
    head.into_iter().chain(facts).chain([Field::Text(item.tags.join(" "))]).collect()
}
