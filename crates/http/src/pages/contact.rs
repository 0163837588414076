//! The form by which anybody asks for help: first what it is about, then what solves it.

use std::fmt::Write as _;

use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use standfast_desk::{
    Customer, Error, FollowUp, Intake, Join, Received, SafetySteps, SecretNotice, Visitor, follow_up, receive,
};
use standfast_domain::{
    AttachmentId, Channel, Field, FieldKind, RequestNumber, RequestType, TYPES, claims_theft, field,
    request_type,
};

use super::form::{Mistake, Seal, SealFault, Sheet, TRAP, Typed, WHOLE};
use super::frame::{Frame, page};
use super::landing::{OpenRequest, open_requests, wait_text};
use super::submission::{self, Submission};
use super::taken_out::{steps_after, take_out_secrets, without_secrets};
use super::tracking;
use super::visit::{Visit, new_secret, visitor_cookie};
use super::words::{Words, size};
use crate::app::App;
use crate::network::Peer;
use crate::problem::Problem;

const PURPOSE: &str = "contact";
/// Longest name and address, in bytes, as the desk takes them.
const NAME_BYTES: usize = 120;
const EMAIL_BYTES: usize = 254;

/// The groups of the first step and their types; those at risk make the first group by themselves.
const GROUPS: [(&str, &[&str]); 5] = [
    (
        "transfer",
        &["pending", "failed", "deposit", "withdrawal", "wrong_transfer", "poisoning", "swap", "bridge"],
    ),
    ("asset", &["balance", "fee", "airdrop"]),
    ("wallet", &["access", "import", "app", "hardware"]),
    ("use", &["dapp", "staking", "purchase"]),
    ("other", &["listing", "feedback", "other"]),
];

#[derive(Template)]
#[template(path = "choice.html")]
struct ChoicePage {
    frame: Frame,
    wait: String,
    open: Vec<OpenRequest>,
    groups: Vec<Group>,
    help: Option<String>,
}

struct Group {
    id: &'static str,
    title: String,
    risk: bool,
    types: Vec<Choice>,
}

struct Choice {
    code: &'static str,
    title: &'static str,
}

#[derive(Template)]
#[template(path = "contact.html")]
struct ContactPage {
    frame: Frame,
    title: &'static str,
    at_risk: bool,
    steps: Option<SafetySteps>,
    /// What answers most of those who ask now.
    help: Option<String>,
    wait: String,
    open: Vec<OpenRequest>,
    fields: Vec<Question>,
    sheet: Sheet,
}

/// A question of the intake form.
struct Question {
    id: &'static str,
    title: &'static str,
    hint: &'static str,
    value: String,
    chain: bool,
    code: bool,
}

/// `GET /contact` and `GET /contact?type=…`
pub(crate) async fn show(State(app): State<App>, visit: Visit) -> Response {
    let open = open_requests(&app.desk, &visit).await;
    let Some(kind) = visit.parameter("type").and_then(request_type) else {
        return choice(&app, &visit, open);
    };
    let secret = visit.secret.clone().unwrap_or_else(|| new_secret(&app.desk));
    let mut typed = Typed { kind: kind.code.to_owned(), ..Typed::default() };
    // What the host app or an earlier page knows already arrives in the query.
    for code in kind.fields {
        if let Some(value) = visit.parameter(code) {
            typed.fields.insert((*code).to_owned(), without_secrets(value).chars().take(200).collect());
        }
    }
    if let Some(same) = open.iter().find(|one| one.kind == kind.code) {
        typed.about.clone_from(&same.number);
    }
    let seal = Seal::new(&app.desk, PURPOSE, &secret, 0);
    let sheet = Sheet::new(&app.desk, visit.words, seal, typed, Vec::new());
    let form = contact_page(&app, &visit, kind, open, sheet, None);
    let cookies = [visitor_cookie(&app.desk, &secret), visit.language_cookie(&app.desk)];
    page(StatusCode::OK, &form.frame, &form, cookies)
}

fn choice(app: &App, visit: &Visit, open: Vec<OpenRequest>) -> Response {
    let frame = if open.is_empty() { Frame::new(&app.desk, visit) } else { Frame::private(&app.desk, visit) };
    let choice = ChoicePage {
        wait: wait_text(&app.desk, visit.words),
        groups: groups(visit.words),
        help: app.desk.surge().help(visit.words.language, None),
        open,
        frame,
    };
    page(StatusCode::OK, &choice.frame, &choice, [visit.language_cookie(&app.desk)])
}

fn groups(words: Words) -> Vec<Group> {
    let choices = |types: Vec<&'static RequestType>| {
        types.into_iter().map(|kind| Choice { code: kind.code, title: words.pick(kind.title) }).collect()
    };
    let group = |id: &'static str, risk, types| Group {
        id,
        title: words.say(&format!("contact.group.{id}")),
        risk,
        types: choices(types),
    };
    let mut groups = vec![group("risk", true, TYPES.iter().filter(|kind| kind.at_risk).collect())];
    for (id, codes) in GROUPS {
        groups.push(group(id, false, codes.iter().filter_map(|code| request_type(code)).collect()));
    }
    groups
}

fn contact_page(
    app: &App,
    visit: &Visit,
    kind: &'static RequestType,
    open: Vec<OpenRequest>,
    sheet: Sheet,
    secret: Option<SafetySteps>,
) -> ContactPage {
    let words = visit.words;
    let question = |one: &'static Field| Question {
        id: one.code,
        title: words.pick(one.title),
        hint: words.pick(one.hint),
        value: sheet.typed.fields.get(one.code).cloned().unwrap_or_default(),
        chain: one.kind == FieldKind::Chain,
        code: matches!(one.kind, FieldKind::Transaction | FieldKind::Address),
    };
    let frame = Frame::private(&app.desk, visit);
    ContactPage {
        frame: if sheet.mistakes.is_empty() { frame } else { frame.kept() },
        title: words.pick(kind.title),
        at_risk: kind.at_risk,
        steps: secret.or_else(|| kind.at_risk.then(|| steps(words, kind.code))),
        help: app.desk.surge().help(words.language, Some(kind.code)).filter(|_| !kind.at_risk),
        wait: wait_text(&app.desk, words),
        fields: kind.fields.iter().filter_map(|code| field(code)).map(question).collect(),
        open,
        sheet,
    }
}

/// What to do at once about a type of assets at risk.
fn steps(words: Words, kind: &str) -> SafetySteps {
    let receipt = |keys: &[&str]| keys.iter().map(|key| words.of("receipt", key, &[])).collect();
    let own = |count: u8| (1..=count).map(|step| words.say(&format!("steps.{kind}.{step}"))).collect();
    let items = match kind {
        "permission" => own(3),
        "impersonation" => own(4),
        "leak" => receipt(&[
            "secret.step.new_wallet",
            "secret.step.move",
            "secret.step.never_again",
            "secret.step.ignore",
        ]),
        _ => receipt(&[
            "risk.step.stop",
            "secret.step.new_wallet",
            "secret.step.move",
            "secret.step.ignore",
            "risk.step.evidence",
        ]),
    };
    SafetySteps { title: words.say("steps.title"), items }
}

/// `POST /contact`
pub(crate) async fn send(
    State(app): State<App>,
    peer: Option<axum::Extension<Peer>>,
    mut visit: Visit,
    request: Request,
) -> Result<Response, Problem> {
    let network = peer.and_then(|peer| peer.network);
    let holder = visit.secret.clone();
    let (words, sender, unit) = (visit.words, visit.sender, app.clone());
    let read = submission::read(&app, request, words, network, |seal, typed| {
        if !typed.trap.is_empty() {
            return Err(trapped(words));
        }
        let (keys, now) = (unit.desk.keys(), unit.desk.now());
        seal.check(keys, now, PURPOSE, holder.as_deref(), sender).map_err(|fault| sealed(words, fault))?;
        let secret = holder.clone().unwrap_or_else(|| seal.secret(keys));
        let scope = Visitor::new(&secret).map(|visitor| Customer::Visitor(visitor).scope());
        scope.map_err(|_| sealed(words, SealFault::Foreign))
    });
    let mut sent = read.await?;
    if let Some(language) = sent.language {
        visit.words = Words { language };
    }
    let kind =
        request_type(&sent.typed.kind).or_else(|| request_type("other")).ok_or(Problem::new("internal"))?;
    let open = open_requests(&app.desk, &visit).await;
    check(&app, visit.words, &mut sent);
    if !sent.mistakes.is_empty() {
        return Ok(again(&app, &visit, kind, open, sent, StatusCode::UNPROCESSABLE_ENTITY));
    }
    let secret = visit.secret.clone().unwrap_or_else(|| sent.seal.secret(app.desk.keys()));
    let customer = Customer::Visitor(Visitor::new(&secret)?);
    // Only now: a slow upload must not keep a place from others.
    let at_risk = kind.at_risk || claims_theft(&sent.typed.text);
    let place = match app.admit(Channel::Page, Some(&customer.scope()), network, at_risk).await {
        Ok(place) => place,
        Err(problem) => {
            sent.mistakes.push(refused(visit.words, &problem));
            let mut response = again(&app, &visit, kind, open, sent, problem.status());
            problem.put_headers(response.headers_mut());
            return Ok(response);
        }
    };
    let received = deliver(&app, &customer, visit.words, kind, &sent).await;
    drop(place);
    match received {
        Ok(received) => arrived(&app, &visit, &customer, &secret, received, sent.secret).await,
        Err(error) => {
            let status = put_down(visit.words, &error, &mut sent);
            Ok(again(&app, &visit, kind, open, sent, status))
        }
    }
}

/// Hands the words to the desk: to the open request that they are about, or as a request of their own.
async fn deliver(
    app: &App,
    customer: &Customer,
    words: Words,
    kind: &RequestType,
    sent: &Submission,
) -> Result<Received, Error> {
    let typed = &sent.typed;
    let content = content(typed);
    let about = typed.about.parse::<RequestNumber>().ok();
    if let Some(received) = sent.seal.received(&app.desk, customer, about, PURPOSE, &content).await? {
        return Ok(received);
    }
    let client_id = sent.seal.client_id(app.desk.keys(), PURPOSE, &content);
    let attachments = attachments(typed);
    if let Some(number) = about {
        let mut text = typed.text.clone();
        for (code, value) in typed.fields.iter().filter(|(_, value)| !value.is_empty()) {
            if let Some(known) = field(code) {
                let _ = write!(text, "\n{}: {value}", words.pick(known.title));
            }
        }
        let command = FollowUp {
            client_id,
            text,
            channel: Some(Channel::Page),
            attachments,
            taken_out: typed.taken_out.clone(),
        };
        return match follow_up(&app.desk, customer, number, command).await {
            Err(Error::NotFound) => Err(Error::invalid("about", "unknown")),
            result => result,
        };
    }
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let intake = Intake {
        client_id,
        text: typed.text.clone(),
        kind: Some(kind.code.to_owned()),
        language: Some(words.language),
        channel: Some(Channel::Page),
        fields: typed
            .fields
            .iter()
            .filter(|(_, v)| !v.is_empty())
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect(),
        attachments,
        name: given(&typed.name),
        email: given(&typed.email),
        // Whoever was asked and said that it is something new is believed.
        join: if typed.about == "new" { Join::New } else { Join::Auto },
        taken_out: typed.taken_out.clone(),
        ..Intake::default()
    };
    receive(&app.desk, customer, intake).await
}

/// After the desk has taken the words in: to the request's page. A browser that keeps no cookies is shown it at once.
async fn arrived(
    app: &App,
    visit: &Visit,
    customer: &Customer,
    secret: &str,
    received: Received,
    in_files: Option<SecretNotice>,
) -> Result<Response, Problem> {
    let notice = received.receipt.secret.clone().or(in_files);
    let cookie = visitor_cookie(&app.desk, secret);
    if visit.secret.is_none() {
        return tracking::show_receipt(app, visit, customer, &received.receipt, notice, cookie).await;
    }
    Ok(tracking::to_receipt(app, &received.receipt, notice.as_ref(), cookie))
}

/// Checks what can be checked without the desk, all at once.
fn check(app: &App, words: Words, sent: &mut Submission) {
    let limits = &app.desk.settings().limits;
    let typed = &sent.typed;
    let mut wrong = |field: &'static str, text: String| sent.mistakes.push(Mistake { field, text });
    if typed.text.trim().is_empty() && typed.files.is_empty() {
        wrong("text", words.say("error.text.missing"));
    } else if typed.text.len() > limits.text_bytes {
        wrong("text", words.fill("error.text.too_long", "size", size(limits.text_bytes)));
    }
    for (code, value) in &typed.fields {
        if let Some(known) = field(code).filter(|_| value.len() > limits.field_bytes) {
            wrong(known.code, words.fill("error.fields.too_long", "size", size(limits.field_bytes)));
        }
    }
    let named = typed.about.parse::<RequestNumber>().is_ok() || matches!(typed.about.as_str(), "" | "new");
    if !named {
        wrong("about", words.say("error.about"));
    }
    if typed.name.len() > NAME_BYTES {
        wrong("name", words.say("error.name.too_long"));
    }
    if typed.email.len() > EMAIL_BYTES {
        wrong("email", words.say("error.email.too_long"));
    }
}

/// The form again, with everything that was typed but secrets, and what is wrong with it.
fn again(
    app: &App,
    visit: &Visit,
    kind: &'static RequestType,
    open: Vec<OpenRequest>,
    sent: Submission,
    status: StatusCode,
) -> Response {
    let secret = visit.secret.clone().unwrap_or_else(|| new_secret(&app.desk));
    let Submission { seal, mut typed, mut mistakes, secret: notice, .. } = sent;
    take_out_secrets(visit.words, &mut typed, &mut mistakes);
    let seal = seal.again(&app.desk, PURPOSE, &secret, 0);
    let notice = notice.map(|notice| notice.steps).or_else(|| steps_after(visit.words, &typed));
    let sheet = Sheet::new(&app.desk, visit.words, seal, typed, mistakes);
    let form = contact_page(app, visit, kind, open, sheet, notice);
    page(status, &form.frame, &form, [visitor_cookie(&app.desk, &secret)])
}

/// What was typed, as one text: the same words sent again are told by it. Not which request they are about: where
/// they went is what a page that is fetched again proposes.
pub(crate) fn content(typed: &Typed) -> String {
    let mut content = [&typed.kind, &typed.text, &typed.name, &typed.email].map(String::as_str).join("\0");
    for (code, value) in typed.fields.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(content, "\0{code}\0{value}");
    }
    for file in &typed.files {
        let _ = write!(content, "\0{}\0{}", file.digest, file.name);
    }
    content
}

pub(crate) fn attachments(typed: &Typed) -> Vec<AttachmentId> {
    typed.files.iter().filter_map(|file| file.id.parse().ok()).collect()
}

pub(crate) fn trapped(words: Words) -> Mistake {
    Mistake { field: TRAP, text: words.fill("error.trap", "label", words.say("form.trap")) }
}

pub(crate) fn sealed(words: Words, fault: SealFault) -> Mistake {
    let key = match fault {
        SealFault::Stale => "error.stale",
        SealFault::Foreign => "error.foreign",
        SealFault::NoCookie => "error.no_cookie",
    };
    Mistake { field: WHOLE, text: words.say(key) }
}

pub(crate) fn refused(words: Words, problem: &Problem) -> Mistake {
    let text = if problem.code() == "too_many_calls" {
        problem.detail(words.language)
    } else if let Some(seconds) = problem.wait().filter(|_| problem.keeps_place()) {
        words.fill("error.place", "seconds", seconds)
    } else {
        words.say(not_kept(problem.code()))
    };
    Mistake { field: WHOLE, text }
}

/// The text that says why the desk could not keep what was sent.
pub(crate) fn not_kept(code: &str) -> &'static str {
    match code {
        "busy" => "error.busy",
        "unavailable" => "error.unavailable",
        "disk_full" => "error.disk_full",
        _ => "error.other",
    }
}

/// Notes on the form why the desk did not take it, and gives the status that says so.
pub(crate) fn put_down(words: Words, error: &Error, sent: &mut Submission) -> StatusCode {
    let (field, key) = match error {
        Error::Invalid { field: "text", reason: "missing" } => ("text", "error.text.missing"),
        Error::Invalid { field: "email", reason: "malformed" } => ("email", "error.email.malformed"),
        Error::Invalid { field: "email", .. } => ("email", "error.email.too_long"),
        Error::Invalid { field: "name", .. } => ("name", "error.name.too_long"),
        Error::Invalid { field: "about", .. } => ("about", "error.about"),
        Error::Invalid { field: "attachments", .. } => {
            sent.typed.files.clear();
            ("files", "error.files.again")
        }
        Error::Invalid { field: "fields", .. } => ("fields", "error.fields"),
        Error::Invalid { .. } => (WHOLE, "error.other"),
        _ => {
            if error.code() == "internal" {
                tracing::error!(%error, "a form was not taken in");
            }
            sent.mistakes.push(Mistake { field: WHOLE, text: words.say(not_kept(error.code())) });
            return Problem::new(error.code()).status();
        }
    };
    sent.mistakes.push(Mistake { field, text: words.say(key) });
    StatusCode::UNPROCESSABLE_ENTITY
}

#[cfg(test)]
mod tests {
    use standfast_domain::Language;
    use standfast_store::Error as Store;

    use super::*;

    #[test]
    fn every_type_is_offered_once_and_those_at_risk_first() {
        let groups = groups(Words { language: Language::English });
        let mut codes: Vec<&str> =
            groups.iter().flat_map(|group| &group.types).map(|choice| choice.code).collect();
        assert!(groups[0].risk && groups[0].types.len() == TYPES.iter().filter(|t| t.at_risk).count());
        codes.sort_unstable();
        let mut all: Vec<&str> = TYPES.iter().map(|kind| kind.code).collect();
        all.sort_unstable();
        assert_eq!(codes, all);
    }

    #[test]
    fn steps_are_said_for_every_type_at_risk() {
        for language in Language::ALL {
            for kind in TYPES.iter().filter(|kind| kind.at_risk) {
                let steps = steps(Words { language }, kind.code);
                assert!(steps.items.len() >= 3, "{}", kind.code);
                assert!(steps.items.iter().all(|step| step.contains([' ', '，', '。'])), "{:?}", steps.items);
            }
        }
    }

    #[test]
    fn what_is_not_kept_says_why_and_stays_in_the_form() {
        let faults = [
            (Store::DiskFull, StatusCode::INSUFFICIENT_STORAGE, ["没有存储空间", "no room to save"]),
            (Store::Busy(1), StatusCode::SERVICE_UNAVAILABLE, ["很忙", "very busy"]),
            (Store::Timeout, StatusCode::SERVICE_UNAVAILABLE, ["暂时没能保存", "could not be saved"]),
        ];
        for (fault, status, said) in faults {
            for (language, why) in [Language::Chinese, Language::English].into_iter().zip(said) {
                let mut sent = Submission {
                    seal: Seal { id: String::new(), token: String::new() },
                    typed: Typed { text: "转账没到".into(), ..Typed::default() },
                    language: None,
                    mistakes: Vec::new(),
                    secret: None,
                };
                let error = Error::Store(fault.clone());
                assert_eq!(put_down(Words { language }, &error, &mut sent), status);
                let texts: Vec<&str> = sent.mistakes.iter().map(|mistake| mistake.text.as_str()).collect();
                let still =
                    if language == Language::Chinese { "您写的内容还在" } else { "still here" };
                assert!(texts.len() == 1 && texts[0].contains(why) && texts[0].contains(still), "{texts:?}");
                assert_eq!(sent.typed.text, "转账没到");
            }
        }
    }
}
