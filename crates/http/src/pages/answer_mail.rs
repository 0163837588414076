//! Being told by mail that there is an answer: the form on the page of a request, and the page of the link that ends it.
//!
//! Looking at that page changes nothing, because mail programs look at links by themselves; its button does.

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use standfast_desk::{
    AnswerMailView, Error, MOST_A_DAY, answer_mail, ask_answer_mail, end_answer_mail, is_stop_token,
    stop_answer_mail,
};
use standfast_domain::{Channel, Language, RequestNumber};
use standfast_report::check_address;

use super::contact::{not_kept, refused, sealed};
use super::form::{Mistake, Seal, WHOLE};
use super::frame::{Frame, page};
use super::taken_out::without_secrets;
use super::tracking::{Asked, Reach, again_with, closed_door, reach, to};
use super::visit::Visit;
use super::words::Words;
use crate::app::App;
use crate::network::Peer;
use crate::problem::Problem;

const PURPOSE: &str = "mail";
/// Most characters of an address that are shown again.
const LONGEST: usize = 254;

/// Whether the customer is told by mail, and the form that changes it. Addresses are masked: whoever has the link sees the page.
#[derive(Clone, Debug)]
pub(crate) struct MailForm {
    pub(crate) seal: Seal,
    /// The address that is told.
    pub(crate) told: Option<String>,
    /// What is wrong with it.
    pub(crate) refused: Option<String>,
    /// The address that the desk knows.
    pub(crate) known: Option<String>,
    /// What was typed.
    pub(crate) typed: String,
    /// Whether it stands before everything else: an answer was promised instead of a conversation.
    pub(crate) first: bool,
    /// What limits it, in words.
    pub(crate) note: String,
}

/// What was sent.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sent {
    form: String,
    token: String,
    lang: String,
    /// `known`, `typed` or `end`.
    #[serde(rename = "do")]
    wish: String,
    email: String,
}

/// The form of a request's page; nothing where it is not offered.
pub(crate) async fn form(
    app: &App,
    visit: &Visit,
    reach: &Reach,
    number: RequestNumber,
    first: bool,
) -> Result<Option<MailForm>, Problem> {
    let found = answer_mail(&app.desk, &reach.customer, number).await?;
    let seal = Seal::new(&app.desk, &purpose(number), &reach.holder, 0);
    Ok(found.map(|found| MailForm::new(visit.words, seal, &found, first)))
}

impl MailForm {
    fn new(words: Words, seal: Seal, found: &AnswerMailView, first: bool) -> Self {
        let told = found.address.as_deref().map(masked);
        // Its form was not looked at where it came from.
        let known = found.known.as_deref().and_then(check_address).filter(|_| told.is_none());
        Self {
            seal,
            refused: told
                .as_ref()
                .filter(|_| found.is_refused)
                .map(|told| words.fill("mail.refused", "address", told)),
            told: told.filter(|_| !found.is_refused),
            known: known.as_deref().map(masked),
            typed: String::new(),
            first,
            note: words.fill("mail.note", "count", MOST_A_DAY),
        }
    }
}

/// An address as it is shown to whoever has the page: its first character and its domain.
fn masked(address: &str) -> String {
    let (user, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    format!("{}…@{domain}", user.chars().next().map(String::from).unwrap_or_default())
}

fn purpose(number: RequestNumber) -> String {
    format!("{PURPOSE}\0{number}")
}

/// `POST /t/{number}/mail`
pub(crate) async fn send(
    State(app): State<App>,
    peer: Option<axum::Extension<Peer>>,
    mut visit: Visit,
    Path(number): Path<String>,
    sent: Result<Form<Sent>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(sent) = sent.map_err(|_| Problem::new("malformed"))?;
    let Ok(number) = number.parse::<RequestNumber>() else { return Ok(closed_door(&app, &visit)) };
    let Some(reach) = reach(&app, &visit, number).await? else { return Ok(closed_door(&app, &visit)) };
    if let Some(language) = Language::parse(&sent.lang) {
        visit.words = Words { language };
    }
    let words = visit.words;
    let seal = Seal { id: sent.form.clone(), token: sent.token.clone() };
    let (keys, now) = (app.desk.keys(), app.desk.now());
    if let Err(fault) = seal.check(keys, now, &purpose(number), Some(&reach.holder), visit.sender) {
        let wrong = (sealed(words, fault), StatusCode::UNPROCESSABLE_ENTITY);
        return again(&app, &visit, &reach, number, &sent, wrong).await;
    }
    let network = peer.and_then(|peer| peer.network);
    let scope = reach.customer.scope();
    let taken = match app.admit(Channel::Page, Some(&scope), network, reach.found.request.at_risk).await {
        Ok(_held) => take(&app, &reach, number, &sent, words.language).await,
        Err(problem) => {
            let wrong = (refused(words, &problem), problem.status());
            let mut response = again(&app, &visit, &reach, number, &sent, wrong).await?;
            problem.put_headers(response.headers_mut());
            return Ok(response);
        }
    };
    match taken {
        Ok(()) => {
            let said = if sent.wish == "end" { "nomail" } else { "mail" };
            Ok(to(&format!("/t/{number}?said={said}"), []))
        }
        Err(error) => {
            let wrong = mistake(words, &error);
            again(&app, &visit, &reach, number, &sent, wrong).await
        }
    }
}

/// Hands what was sent to the desk.
async fn take(
    app: &App,
    reach: &Reach,
    number: RequestNumber,
    sent: &Sent,
    language: Language,
) -> Result<(), Error> {
    let (desk, customer) = (&app.desk, &reach.customer);
    let address = match sent.wish.as_str() {
        "end" => return end_answer_mail(desk, customer, number).await,
        "typed" => check_address(&sent.email),
        "known" => {
            let known = answer_mail(desk, customer, number).await?.and_then(|found| found.known);
            known.as_deref().and_then(check_address)
        }
        _ => return Err(Error::invalid("do", "unknown")),
    };
    let address = address.ok_or(Error::invalid("email", "malformed"))?;
    ask_answer_mail(desk, customer, number, address, language).await
}

/// What is wrong with what was sent, and the status that says so.
fn mistake(words: Words, error: &Error) -> (Mistake, StatusCode) {
    let problem = match error.code() {
        "internal" => Problem::new("internal"),
        code => Problem::new(code),
    };
    let (field, text) = match error {
        Error::Invalid { field: "email", .. } => ("email", words.say("subscription.malformed")),
        Error::RequestClosed => (WHOLE, problem.detail(words.language)),
        _ => {
            tracing::warn!(code = error.code(), "what a page asked was not taken");
            (WHOLE, words.say(not_kept(error.code())))
        }
    };
    (Mistake { field, text }, problem.status())
}

/// The page again, with what was typed and what is wrong with it.
async fn again(
    app: &App,
    visit: &Visit,
    reach: &Reach,
    number: RequestNumber,
    sent: &Sent,
    wrong: (Mistake, StatusCode),
) -> Result<Response, Problem> {
    let form = form(app, visit, reach, number, true).await?;
    let typed = without_secrets(&sent.email.chars().take(LONGEST).collect::<String>());
    let form = form.map(|form| MailForm { typed, ..form });
    again_with(app, visit, reach, number, Asked::Mail(form), wrong).await
}

/// That what was asked has arrived, as the address of the page tells it.
pub(crate) fn thanks(words: Words, said: &str) -> Option<String> {
    ["mail", "nomail"].contains(&said).then(|| words.say(&format!("mail.thanks.{said}")))
}

/// What the link of a mail leads to.
#[derive(Template)]
#[template(path = "mail_stop.html")]
struct StopPage {
    frame: Frame,
    title: String,
    text: String,
    /// Whether there is something to be ended.
    asks: bool,
}

impl StopPage {
    fn response(app: &App, visit: &Visit, status: StatusCode, key: &str, asks: bool) -> Response {
        let words = visit.words;
        let (title, text) = (words.say(&format!("{key}.title")), words.say(&format!("{key}.text")));
        let shown = Self { frame: Frame::private(&app.desk, visit), title, text, asks };
        page(status, &shown.frame, &shown, [visit.language_cookie(&app.desk)])
    }
}

/// `GET /mail/stop/{token}`
pub(crate) async fn ask_stop(State(app): State<App>, visit: Visit, Path(token): Path<String>) -> Response {
    if is_stop_token(&app.desk, &token) {
        StopPage::response(&app, &visit, StatusCode::OK, "mail.stop", true)
    } else {
        StopPage::response(&app, &visit, StatusCode::NOT_FOUND, "mail.stop.gone", false)
    }
}

/// `POST /mail/stop/{token}`: by the page, or by a mail program in one of two encodings (RFC 8058). What else is sent does not matter:
/// the link says it all, and only reading it changes nothing.
pub(crate) async fn stop(
    State(app): State<App>,
    visit: Visit,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    if !is_stop_token(&app.desk, &token) {
        return Ok(StopPage::response(&app, &visit, StatusCode::NOT_FOUND, "mail.stop.gone", false));
    }
    stop_answer_mail(&app.desk, &token).await?;
    Ok(StopPage::response(&app, &visit, StatusCode::OK, "mail.stopped", false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_by_its_first_character_and_its_domain() {
        assert_eq!(masked("lin.wei@wallet.example"), "l…@wallet.example");
        assert_eq!(masked("\"a@b\"@wallet.example"), "\"…@wallet.example");
        assert_eq!(masked("nothing"), "n…@");
    }
}
