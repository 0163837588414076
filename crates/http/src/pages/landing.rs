//! The first page: what to do when money is leaving right now, then the two ways on.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use standfast_desk::{Customer, Desk, RequestSummary, Visitor, Waiting, own_requests};
use standfast_domain::State as RequestState;

use super::frame::{Frame, page};
use super::visit::Visit;
use super::words::Words;
use crate::app::App;

/// Open requests that are offered.
const MOST_OPEN: usize = 3;
/// Characters of a request's first words that name it in a list.
const SUBJECT: usize = 80;

/// An open request in a list.
#[derive(Clone, Debug)]
pub(crate) struct OpenRequest {
    pub(crate) number: String,
    pub(crate) subject: String,
    pub(crate) state: String,
    pub(crate) kind: String,
}

#[derive(Template)]
#[template(path = "landing.html")]
pub(crate) struct LandingPage {
    pub(crate) frame: Frame,
    pub(crate) steps: Vec<String>,
    pub(crate) wait: String,
    pub(crate) open: Vec<OpenRequest>,
}

/// `GET /`
pub(crate) async fn show(State(app): State<App>, visit: Visit) -> Response {
    let open = open_requests(&app.desk, &visit).await;
    let frame =
        if open.is_empty() { Frame::new(&app.desk, &visit) } else { Frame::private(&app.desk, &visit) };
    let landing = LandingPage {
        steps: first_steps(visit.words),
        wait: wait_text(visit.words, app.desk.board().waiting(app.desk.now())),
        open,
        frame,
    };
    page(StatusCode::OK, &landing.frame, &landing, [visit.language_cookie(&app.desk)])
}

/// The three things that come before everything else.
pub(crate) fn first_steps(words: Words) -> Vec<String> {
    ["risk.step.stop", "secret.step.new_wallet", "secret.step.move"]
        .map(|key| words.of("receipt", key, &[]))
        .to_vec()
}

/// The waiting time now, as a sentence.
pub(crate) fn wait_text(words: Words, waiting: Waiting) -> String {
    let count = if words.language == standfast_domain::Language::Chinese {
        waiting.count.to_string()
    } else {
        words.count("wait.count", waiting.count)
    };
    match (waiting.expected, waiting.count) {
        (_, _) if waiting.agents_present == 0 => words.say("wait.away"),
        (Some(wait), 0) => words.fill("wait.soon", "time", words.range(wait)),
        (Some(wait), _) => words.with("wait.expected", &[("count", &count), ("time", &words.range(wait))]),
        (None, 0) => words.say("wait.unknown.none"),
        (None, _) => words.fill("wait.unknown", "count", count),
    }
}

/// The visitor's requests that are not over. Not being able to tell is no reason not to show the page.
pub(crate) async fn open_requests(desk: &Desk, visit: &Visit) -> Vec<OpenRequest> {
    let Some(Ok(visitor)) = visit.secret.as_deref().map(Visitor::new) else { return Vec::new() };
    let own = own_requests(desk, &Customer::Visitor(visitor)).await.unwrap_or_default();
    own.iter()
        .filter(|one| one.state.is_active())
        .take(MOST_OPEN)
        .map(|one| open_request(visit.words, one))
        .collect()
}

pub(crate) fn open_request(words: Words, one: &RequestSummary) -> OpenRequest {
    OpenRequest {
        number: one.number.to_string(),
        subject: subject(words, one),
        state: state_text(words, one.state),
        kind: one.kind.clone(),
    }
}

pub(crate) fn state_text(words: Words, state: RequestState) -> String {
    words.say(&format!("state.{}", state.as_str()))
}

/// The first words of a request, or its type when it began with something that was removed.
fn subject(words: Words, one: &RequestSummary) -> String {
    let plain = !one.subject.contains('⟦') && !one.subject.trim().is_empty();
    if plain {
        let mut subject: String = one.subject.chars().take(SUBJECT).collect();
        if one.subject.chars().nth(SUBJECT).is_some() {
            subject.push('…');
        }
        return subject;
    }
    standfast_domain::request_type(&one.kind)
        .map_or_else(String::new, |kind| words.pick(kind.title).to_owned())
}
