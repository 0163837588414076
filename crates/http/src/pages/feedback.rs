//! What the page of a request asks its customer: whether it is solved, how good the help was, and whether something about it
//! was wrong.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use standfast_desk::{
    Complaint, Error, FeedbackReceipt, FeedbackView, Rate, Solved, answer_solved, complain, own_feedback,
    rate,
};
use standfast_domain::{Channel, Language, RequestNumber, Resolution, Score};

use super::contact::{not_kept, refused, sealed};
use super::form::{Mistake, Seal, WHOLE};
use super::taken_out::without_secrets;
use super::tracking::{Asked, Reach, again_with, closed_door, reach, to};
use super::visit::Visit;
use super::words::{Words, size};
use crate::app::App;
use crate::network::Peer;
use crate::problem::Problem;

const PURPOSE: &str = "feedback";

/// The questions that a request's page asks, and what was answered.
#[derive(Clone, Debug)]
pub(crate) struct FeedbackForm {
    pub(crate) seal: Seal,
    /// The question whether it is solved, while it is open.
    pub(crate) question: Option<String>,
    /// What was answered.
    pub(crate) answered: Option<String>,
    /// Whether the help can be rated.
    pub(crate) rates: bool,
    /// Whether the rating waits behind a line to be opened: it is given already, or it is not the time to ask.
    pub(crate) folded: bool,
    pub(crate) rating_title: String,
    pub(crate) scores: Vec<Choice>,
    pub(crate) good: Vec<Choice>,
    pub(crate) bad: Vec<Choice>,
    pub(crate) comment: String,
    pub(crate) complaint: String,
    /// Whether the complaint is being written.
    pub(crate) complains: bool,
}

/// Something that can be chosen.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) chosen: bool,
}

/// What was sent.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sent {
    form: String,
    token: String,
    lang: String,
    /// `solved`, `rating` or `complaint`.
    about: String,
    solved: String,
    score: String,
    reason: String,
    comment: String,
    complaint: String,
}

/// What a request's page asks; nothing where there is nothing to ask.
pub(crate) async fn form(
    app: &App,
    visit: &Visit,
    reach: &Reach,
    number: RequestNumber,
) -> Result<FeedbackForm, Problem> {
    let found = own_feedback(&app.desk, &reach.customer, number).await?;
    // Whatever was said changes what is asked: the same answer after it is another answer.
    let seal = Seal::new(&app.desk, &purpose(number), &reach.holder, reach.found.request.last_seq);
    Ok(FeedbackForm::new(visit.words, seal, &found, &Sent::default()))
}

impl FeedbackForm {
    fn new(words: Words, seal: Seal, found: &FeedbackView, sent: &Sent) -> Self {
        let undecided = matches!(found.state, Some(Resolution::Claimed | Resolution::Assumed));
        let question = (found.may_answer && undecided).then(|| {
            words.say(if found.asked_again { "feedback.question.again" } else { "feedback.question" })
        });
        let answered = match found.state {
            Some(Resolution::Confirmed) => Some(words.say("feedback.confirmed")),
            Some(Resolution::Repudiated) => Some(words.say("feedback.repudiated")),
            _ => None,
        };
        let score = sent.score.parse().ok().or(found.rating.as_ref().map(|rating| rating.score.get()));
        let reason = found.rating.as_ref().and_then(|rating| rating.reason.clone());
        let reason = if sent.reason.is_empty() { reason.unwrap_or_default() } else { sent.reason.clone() };
        let comment = found.rating.as_ref().and_then(|rating| rating.comment.clone());
        let list = |codes: &[String]| {
            let choice = |code: &String| Choice {
                value: code.clone(),
                label: words.say(&format!("feedback.reason.{code}")),
                chosen: *code == reason,
            };
            codes.iter().map(choice).collect()
        };
        let rated = found.rating.as_ref().map(|rating| {
            words.fill(
                "feedback.rated",
                "score",
                words.say(&format!("feedback.score.{}", rating.score.get())),
            )
        });
        let confirmed = found.state == Some(Resolution::Confirmed);
        Self {
            seal,
            rates: found.may_rate && question.is_none(),
            folded: sent.about != "rating" && (found.rating.is_some() || !confirmed),
            question,
            answered,
            rating_title: rated.unwrap_or_else(|| words.say("feedback.rate")),
            scores: Score::ALL
                .into_iter()
                .map(|each| Choice {
                    value: each.get().to_string(),
                    label: words.say(&format!("feedback.score.{}", each.get())),
                    chosen: score == Some(each.get()),
                })
                .collect(),
            good: list(&found.reasons_high),
            bad: list(&found.reasons_low),
            comment: if sent.about == "rating" { sent.comment.clone() } else { comment.unwrap_or_default() },
            complaint: sent.complaint.clone(),
            complains: sent.about == "complaint",
        }
    }
}

fn purpose(number: RequestNumber) -> String {
    format!("{PURPOSE}\0{number}")
}

/// `POST /t/{number}/feedback`
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
    let seal = Seal { id: sent.form.clone(), token: sent.token.clone() };
    let (keys, now) = (app.desk.keys(), app.desk.now());
    if let Err(fault) = seal.check(keys, now, &purpose(number), Some(&reach.holder), visit.sender) {
        let mistake = sealed(visit.words, fault);
        return again(&app, &visit, &reach, number, &sent, (mistake, StatusCode::UNPROCESSABLE_ENTITY)).await;
    }
    let network = peer.and_then(|peer| peer.network);
    let taken = match app
        .admit(Channel::Page, Some(&reach.customer.scope()), network, reach.found.request.at_risk)
        .await
    {
        Ok(_held) => take(&app, &reach, number, &seal, &sent).await,
        Err(problem) => {
            let mistake = refused(visit.words, &problem);
            let status = problem.status();
            let mut response = again(&app, &visit, &reach, number, &sent, (mistake, status)).await?;
            problem.put_headers(response.headers_mut());
            return Ok(response);
        }
    };
    match taken {
        Ok(receipt) => Ok(told(number, &sent, &receipt)),
        Err(error) => {
            let mistake = mistake(&app, visit.words, &sent, &error);
            again(&app, &visit, &reach, number, &sent, mistake).await
        }
    }
}

/// Hands what was sent to the desk.
async fn take(
    app: &App,
    reach: &Reach,
    number: RequestNumber,
    seal: &Seal,
    sent: &Sent,
) -> Result<FeedbackReceipt, Error> {
    let (desk, customer, channel) = (&app.desk, &reach.customer, Some(Channel::Page));
    let content = [&sent.about, &sent.solved, &sent.score, &sent.reason, &sent.comment, &sent.complaint];
    let client_id = seal.client_id(desk.keys(), &purpose(number), &content.map(String::as_str).join("\0"));
    match sent.about.as_str() {
        "solved" => {
            let solved = match sent.solved.as_str() {
                "yes" => true,
                "no" => false,
                _ => return Err(Error::invalid("solved", "missing")),
            };
            let said = Solved { client_id, solved, text: String::new(), channel };
            answer_solved(desk, customer, number, said).await
        }
        "rating" => {
            let score = sent.score.parse().ok().and_then(Score::new);
            let score = score.ok_or(Error::invalid("score", "missing"))?;
            let reason = Some(sent.reason.clone()).filter(|reason| !reason.is_empty());
            // Where a browser cannot fold them away, the list offers the reasons of other scores, too.
            if reason.as_ref().is_some_and(|reason| !score.reasons().contains(&reason.as_str())) {
                return Err(Error::invalid("reason", "unknown"));
            }
            let given = Rate { client_id, score, reason, comment: sent.comment.clone(), channel };
            rate(desk, customer, number, given).await
        }
        "complaint" => {
            let said = Complaint { client_id, text: sent.complaint.clone(), channel };
            complain(desk, customer, number, said).await
        }
        _ => Err(Error::invalid("about", "unknown")),
    }
}

/// Back to the page, which thanks for what was said.
fn told(number: RequestNumber, sent: &Sent, receipt: &FeedbackReceipt) -> Response {
    let what = match (sent.about.as_str(), sent.solved.as_str()) {
        ("solved", "no") => "no",
        ("solved", _) => "yes",
        ("rating", _) => "rating",
        _ => "complaint",
    };
    let mut address = format!("/t/{number}?said={what}");
    if let Some(kind) = receipt.secret.as_ref().and_then(|notice| notice.kinds.first()) {
        address.push_str("&secret=");
        address.push_str(kind);
    }
    // Where what is left to say can be said.
    address.push_str(if what == "no" { "#reply" } else { "#feedback" });
    to(&address, [])
}

/// The words of thanks for what was said, as the address tells it.
pub(crate) fn thanks(words: Words, said: &str) -> Option<String> {
    let known = ["yes", "no", "rating", "complaint"].contains(&said);
    known.then(|| words.say(&format!("feedback.thanks.{said}")))
}

/// What is wrong with what was sent, and the status that says so.
fn mistake(app: &App, words: Words, sent: &Sent, error: &Error) -> (Mistake, StatusCode) {
    let problem = match error.code() {
        "internal" => Problem::new("internal"),
        code => Problem::new(code),
    };
    let field = if sent.about == "complaint" { "complaint" } else { "rate" };
    let limit = size(app.desk.settings().limits.text_bytes);
    let text = match error {
        Error::Invalid { field: "score", .. } => words.say("feedback.error.score"),
        Error::Invalid { field: "reason", .. } => words.say("feedback.error.reason"),
        Error::Invalid { field: "text", reason: "missing" } => words.say("error.text.missing"),
        Error::Invalid { reason: "too_long", .. } => words.fill("error.text.too_long", "size", limit),
        Error::NotSolved | Error::FeedbackOver | Error::RequestClosed => problem.detail(words.language),
        _ => {
            tracing::warn!(code = error.code(), "what a page asked was not taken");
            return (Mistake { field: WHOLE, text: words.say(not_kept(error.code())) }, problem.status());
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
    let found = own_feedback(&app.desk, &reach.customer, number).await?;
    let seal = Seal::new(&app.desk, &purpose(number), &reach.holder, reach.found.request.last_seq);
    let sent = Sent {
        comment: without_secrets(&sent.comment),
        complaint: without_secrets(&sent.complaint),
        ..sent.clone()
    };
    let form = FeedbackForm::new(visit.words, seal, &found, &sent);
    again_with(app, visit, reach, number, Asked::Feedback(form), wrong).await
}
