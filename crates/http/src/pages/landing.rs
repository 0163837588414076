//! The first page: what to do when money is leaving right now, then the two ways on.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use standfast_desk::{
    Customer, Desk, RequestSummary, Visitor, Waiting, asks, is_attended, opening, own_requests,
};
use standfast_domain::{Asker, Channel, Language, State as RequestState};

use super::frame::{Frame, page};
use super::visit::Visit;
use super::words::Words;
use crate::app::App;

/// Open requests that are offered.
const MOST_OPEN: usize = 3;
/// Characters of a request's first words that name it in a list.
const SUBJECT: usize = 80;
/// Longer runs of letters and digits are addresses and hashes, of which so many characters are shown.
const LONGEST_WORD: usize = 20;
const SHOWN_OF_LONG: usize = 8;

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
    let landing =
        LandingPage { steps: first_steps(visit.words), wait: wait_text(&app.desk, visit.words), open, frame };
    page(StatusCode::OK, &landing.frame, &landing, [visit.language_cookie(&app.desk)])
}

/// The three things that come before everything else.
pub(crate) fn first_steps(words: Words) -> Vec<String> {
    ["risk.step.stop", "secret.step.new_wallet", "secret.step.move"]
        .map(|key| words.of("receipt", key, &[]))
        .to_vec()
}

/// The waiting time now, as a sentence.
pub(crate) fn wait_text(desk: &Desk, words: Words) -> String {
    let asker = Asker { language: words.language, region: "", channel: Channel::Page };
    let waiting = desk.board().waiting(asks(desk, &asker, desk.now()));
    let is_attended = is_attended(desk, words.language);
    match opening(desk, &asker, desk.now()).filter(|opening| !opening.is_open) {
        Some(closed) => words.fill("wait.closed", "opening", closed.text(words.language)),
        None => queue_text(words, waiting, is_attended),
    }
}

fn queue_text(words: Words, waiting: Waiting, is_attended: bool) -> String {
    let count = if words.language == Language::Chinese {
        waiting.count.to_string()
    } else {
        words.count("wait.count", waiting.count)
    };
    match (waiting.expected, waiting.count) {
        (_, _) if !is_attended => words.say("wait.away"),
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
    if one.subject.contains('⟦') || one.subject.trim().is_empty() {
        let kind = standfast_domain::request_type(&one.kind);
        return kind.map_or_else(String::new, |kind| words.pick(kind.title).to_owned());
    }
    let subject = shorten(&one.subject);
    match subject.char_indices().nth(SUBJECT) {
        Some((end, _)) => format!("{}…", subject.get(..end).unwrap_or_default()),
        None => subject,
    }
}

/// A text in which long addresses and hashes show their beginnings only.
fn shorten(text: &str) -> String {
    let mut short = String::with_capacity(text.len());
    let mut run = 0;
    for c in text.chars() {
        run = if c.is_ascii_alphanumeric() { run + 1 } else { 0 };
        if run <= LONGEST_WORD {
            short.push(c);
        } else if run == LONGEST_WORD + 1 {
            // What came before is cut too: a long word says nothing by its middle.
            short.truncate(short.len() - (LONGEST_WORD - SHOWN_OF_LONG));
            short.push('…');
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_are_shown_by_their_beginning() {
        assert_eq!(shorten("地址 TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t，交易"), "地址 TR7NHqje…，交易");
        assert_eq!(
            shorten("a confirmation, of 20 letters: aaaaaaaaaaaaaaaaaaaa."),
            "a confirmation, of 20 letters: aaaaaaaaaaaaaaaaaaaa."
        );
        assert_eq!(shorten(&"b".repeat(500)), "bbbbbbbb…");
    }
}
