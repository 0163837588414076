//! Hearing of incidents: the form on the status page, and the page of the link by which a subscription is confirmed and ended.
//!
//! Looking at that page changes nothing, because mail programs look at links by themselves; its buttons do.

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use standfast_desk::{
    Error, SubscribeCommand, SubscriptionView, confirm_subscription, end_subscription, find_subscription,
    subscribe,
};
use standfast_domain::{Language, SubscriptionId, SubscriptionKind};
use standfast_report::check_address;

use super::frame::{Frame, page};
use super::visit::Visit;
use super::words::Words;
use crate::app::App;
use crate::problem::Problem;

/// What the page says, and what can be done there.
#[derive(Template)]
#[template(path = "subscription.html")]
struct SubscriptionPage {
    frame: Frame,
    title: String,
    text: String,
    /// Whose it is, where the link is shown.
    address: Option<String>,
    /// The address of this page, and what its button does.
    may_confirm: bool,
    may_end: bool,
    /// What is wrong with what was typed.
    mistake: Option<String>,
    /// The form with the address, where there is one to be typed.
    typed: Option<String>,
}

impl SubscriptionPage {
    fn saying(frame: Frame, words: Words, key: &str) -> Self {
        Self {
            frame,
            title: words.say(&format!("{key}.title")),
            text: words.say(&format!("{key}.text")),
            address: None,
            may_confirm: false,
            may_end: false,
            mistake: None,
            typed: None,
        }
    }
}

/// What the form of the status page sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    email: String,
    lang: String,
    /// Filled in by programs alone.
    website: String,
}

/// `POST /status/subscriptions`
pub(crate) async fn ask(
    State(app): State<App>,
    mut visit: Visit,
    asked: Result<Form<Asked>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(asked) = asked.map_err(|_| Problem::new("malformed"))?;
    if let Some(language) = Language::parse(&asked.lang) {
        visit.words = Words { language };
    }
    let words = visit.words;
    let frame = || Frame::private(&app.desk, &visit);
    let Some(address) = check_address(&asked.email) else {
        let shown = SubscriptionPage {
            mistake: Some(words.say("subscription.malformed")),
            typed: Some(asked.email.chars().take(254).collect()),
            ..SubscriptionPage::saying(frame(), words, "subscription.ask")
        };
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &shown.frame, &shown, []));
    };
    // A program that fills in what nobody sees is told the same, and nothing is sent.
    if asked.website.is_empty() {
        let kind = SubscriptionKind::Mail;
        subscribe(&app.desk, SubscribeCommand { kind, address, language: words.language }).await?;
    }
    let shown = SubscriptionPage::saying(frame(), words, "subscription.asked");
    Ok(page(StatusCode::OK, &shown.frame, &shown, []))
}

/// What the page of the link sends, and a mail program (RFC 8058).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Decided {
    #[serde(rename = "do")]
    wish: String,
    #[serde(rename = "List-Unsubscribe")]
    list_unsubscribe: String,
}

/// `GET /status/subscriptions/{id}/{token}`
pub(crate) async fn show(
    State(app): State<App>,
    visit: Visit,
    Path((id, token)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let Ok(id) = id.parse::<SubscriptionId>() else { return Ok(gone(&app, &visit)) };
    match find_subscription(&app.desk, id, &token).await {
        Ok(found) => Ok(shown(&app, &visit, &found)),
        Err(Error::NotFound) => Ok(gone(&app, &visit)),
        Err(error) => Err(error.into()),
    }
}

fn shown(app: &App, visit: &Visit, found: &SubscriptionView) -> Response {
    let is_told = found.is_confirmed && !found.is_off;
    let key = match (found.is_confirmed, found.is_off) {
        (false, _) => "subscription.confirm",
        (true, true) => "subscription.off",
        (true, false) => "subscription.on",
    };
    let shown = SubscriptionPage {
        address: Some(found.address.clone()),
        may_confirm: !is_told,
        may_end: true,
        ..SubscriptionPage::saying(Frame::private(&app.desk, visit), visit.words, key)
    };
    page(StatusCode::OK, &shown.frame, &shown, [visit.language_cookie(&app.desk)])
}

fn gone(app: &App, visit: &Visit) -> Response {
    let frame = Frame::private(&app.desk, visit);
    let shown = SubscriptionPage::saying(frame, visit.words, "subscription.gone");
    page(StatusCode::NOT_FOUND, &shown.frame, &shown, [])
}

/// `POST /status/subscriptions/{id}/{token}`
pub(crate) async fn decide(
    State(app): State<App>,
    visit: Visit,
    Path((id, token)): Path<(String, String)>,
    sent: Result<Form<Decided>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(sent) = sent.map_err(|_| Problem::new("malformed"))?;
    let Ok(id) = id.parse::<SubscriptionId>() else { return Ok(gone(&app, &visit)) };
    let ends = sent.wish == "end" || sent.list_unsubscribe == "One-Click";
    let done = if ends {
        end_subscription(&app.desk, id, &token).await
    } else if sent.wish == "confirm" {
        confirm_subscription(&app.desk, id, &token).await
    } else {
        return Err(Problem::new("malformed"));
    };
    match done {
        Ok(()) if ends => {
            let frame = Frame::private(&app.desk, &visit);
            let shown = SubscriptionPage::saying(frame, visit.words, "subscription.ended");
            Ok(page(StatusCode::OK, &shown.frame, &shown, []))
        }
        Ok(()) => match find_subscription(&app.desk, id, &token).await {
            Ok(found) => Ok(self::shown(&app, &visit, &found)),
            Err(error) => Err(error.into()),
        },
        Err(Error::NotFound) => Ok(gone(&app, &visit)),
        Err(error) => Err(error.into()),
    }
}
