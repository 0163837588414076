//! Following a request: by its number where the browser is known, by its secret link anywhere.

use std::time::Duration;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use http::{HeaderValue, StatusCode};
use standfast_desk::{
    Asks, Conversation, Customer, Error, FollowUp, Receipt, Received, RequestSummary, SecretNotice,
    SurgeWords, Visitor, conversation, exposed, follow_up, merged_link, open_link, promised_by,
    read_by_customer,
};
use standfast_domain::{Channel, NumberError, RequestNumber, State as RequestState, claims_theft};

use super::answer_mail::{self, MailForm};
use super::contact::{attachments, content, put_down, refused, sealed, trapped};
use super::feedback::{self, FeedbackForm};
use super::form::{Mistake, Seal, Sheet, Typed};
use super::frame::{Frame, page};
use super::landing::{OpenRequest, open_requests};
use super::record::{Follow, LinkView, MergedInto, ReceiptView, RequestView, steps_for};
use super::submission::{self, Submission};
use super::taken_out::{steps_after, take_out_secrets};
use super::text::Segment;
use super::visit::{Visit, link_cookie, visitor_cookie};
use super::words::{Words, size};
use crate::app::App;
use crate::network::Peer;
use crate::problem::Problem;

const PURPOSE: &str = "reply";
/// Entries shown at once.
const WINDOW: i64 = 100;
/// Entries that the print version gathers at most, in steps of what the desk gives at once.
const MOST_PRINTED: usize = 5_000;
const STEP: i64 = 200;
/// How long a request is one that has just been taken in.
const RECEIPT_FRESH: Duration = Duration::from_mins(10);

#[derive(Template)]
#[template(path = "find.html")]
struct FindPage {
    frame: Frame,
    number: String,
    mistake: Option<String>,
    open: Vec<OpenRequest>,
}

#[derive(Template)]
#[template(path = "closed_door.html")]
struct ClosedDoorPage {
    frame: Frame,
}

#[derive(Template)]
#[template(path = "request.html")]
pub(crate) struct RequestPage {
    pub(crate) frame: Frame,
    pub(crate) view: RequestView,
    pub(crate) reply_title: String,
    pub(crate) reply_lead: String,
    pub(crate) sheet: Sheet,
}

/// Somebody who may see the request, and the secret of the cookie that says so.
pub(crate) struct Reach {
    pub(crate) customer: Customer,
    pub(crate) holder: String,
    pub(crate) found: Conversation<RequestSummary>,
}

/// `GET /t`, also with a number to look up.
pub(crate) async fn find(State(app): State<App>, visit: Visit) -> Response {
    let typed = visit.parameter("number").unwrap_or_default();
    let mistake = match typed.parse::<RequestNumber>() {
        Ok(number) => return to(&format!("/t/{number}"), [visit.language_cookie(&app.desk)]),
        Err(_) if typed.is_empty() => None,
        Err(error) => Some(number_mistake(visit.words, error)),
    };
    let status = if mistake.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let open = open_requests(&app.desk, &visit).await;
    let number = super::taken_out::without_secrets(&typed.chars().take(60).collect::<String>());
    let frame =
        if open.is_empty() { Frame::new(&app.desk, &visit) } else { Frame::private(&app.desk, &visit) };
    let find = FindPage { frame, number, mistake, open };
    page(status, &find.frame, &find, [visit.language_cookie(&app.desk)])
}

fn number_mistake(words: Words, error: NumberError) -> String {
    match error {
        NumberError::Length => words.say("track.bad.length"),
        NumberError::Character(character) => words.fill("track.bad.character", "character", character),
        NumberError::Check => words.say("track.bad.check"),
    }
}

/// `GET /t/{number}/{token}`: opens the secret link and takes its token out of the address.
pub(crate) async fn open(
    State(app): State<App>,
    visit: Visit,
    Path((number, token)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let Ok(number) = number.parse::<RequestNumber>() else { return Ok(closed_door(&app, &visit)) };
    match open_link(&app.desk, number, &token).await {
        Ok(_) => {
            let cookies = [link_cookie(&app.desk, number, &token), visit.language_cookie(&app.desk)];
            Ok(to(&format!("/t/{number}"), cookies))
        }
        Err(Error::NotFound | Error::Unauthenticated) => Ok(closed_door(&app, &visit)),
        Err(error) => Err(error.into()),
    }
}

/// `GET /t/{number}`
pub(crate) async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    let Ok(number) = canonical(&number) else { return Ok(closed_door(&app, &visit)) };
    let number = match number {
        Spelling::Own(number) => number,
        Spelling::Other(number) => return Ok(to(&format!("/t/{number}"), [])),
    };
    let print = visit.parameter("view") == Some("print");
    let Some(reach) = reach(&app, &visit, number).await? else { return Ok(closed_door(&app, &visit)) };
    let from = visit.parameter("from").and_then(|from| from.parse::<i64>().ok());
    let mut shown = gather(&app, &visit, &reach, number, from, print).await?;
    let received = visit.parameter("received").is_some();
    shown.link = link_view(&app, &visit, number).await;
    if let Some(said) = visit.parameter("said") {
        let thanks = feedback::thanks(visit.words, said);
        shown.thanks = thanks.or_else(|| answer_mail::thanks(visit.words, said));
        let kind = visit.parameter("secret").filter(|_| shown.steps.is_none());
        shown.steps = shown.steps.or(kind.map(|kind| steps_for(visit.words, kind)));
    }
    if received {
        let joined = visit.parameter("received") == Some("joined");
        let title = visit.words.say(if joined { "receipt.joined" } else { "receipt.title" });
        let surge = surge_text(&app, visit.words, &reach.found).await?.filter(|_| !joined);
        shown.receipt = Some(ReceiptView { title, surge, link: shown.link.clone() });
        if let Some(kind) = visit.parameter("secret").filter(|_| shown.steps.is_none()) {
            shown.steps = Some(steps_for(visit.words, kind));
        }
    }
    let follows = visit.parameter("seen").and_then(|seen| seen.parse::<i64>().ok());
    if from.is_none() && !print {
        let last = shown.entries.last().map_or(0, |entry| entry.seq);
        let seen = follows.unwrap_or(last);
        shown.follow = Some(Follow { seen, has_news: seen < last });
    }
    // What a page in the background asks for is read by nobody. Read marks are a courtesy: not being able to write one is no
    // reason not to show the page.
    if follows.is_none() {
        let _ = read_by_customer(&app.desk, &reach.customer, number, reach.found.request.last_seq).await;
    }
    let seal = Seal::new(&app.desk, &purpose(number), &reach.holder, shown.answered);
    let sheet = Sheet::new(&app.desk, visit.words, seal, Typed::default(), Vec::new());
    let is_followed = shown.follow.is_some();
    let mut shown = request_page(&app, &visit, &reach.found.request, shown, sheet);
    if is_followed {
        shown.frame = shown.frame.followed();
    }
    Ok(page(StatusCode::OK, &shown.frame, &shown, [visit.language_cookie(&app.desk)]))
}

/// `POST /t/{number}`: further words.
pub(crate) async fn reply(
    State(app): State<App>,
    peer: Option<axum::Extension<Peer>>,
    mut visit: Visit,
    Path(number): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let Ok(number) = number.parse::<RequestNumber>() else { return Ok(closed_door(&app, &visit)) };
    let Some(reach) = reach(&app, &visit, number).await? else { return Ok(closed_door(&app, &visit)) };
    let network = peer.and_then(|peer| peer.network);
    let (words, sender, unit) = (visit.words, visit.sender, app.clone());
    let read = submission::read(&app, request, words, network, |seal, typed| {
        if !typed.trap.is_empty() {
            return Err(trapped(words));
        }
        let (keys, now) = (unit.desk.keys(), unit.desk.now());
        seal.check(keys, now, &purpose(number), Some(&reach.holder), sender).map_err(|f| sealed(words, f))?;
        Ok(reach.customer.scope())
    });
    let mut sent = read.await?;
    if let Some(language) = sent.language {
        visit.words = Words { language };
    }
    if sent.typed.text.trim().is_empty() && sent.typed.files.is_empty() && sent.mistakes.is_empty() {
        sent.mistakes.push(Mistake { field: "text", text: visit.words.say("error.text.missing") });
    }
    let most = app.desk.settings().limits.text_bytes;
    if sent.typed.text.len() > most {
        let text = visit.words.fill("error.text.too_long", "size", size(most));
        sent.mistakes.push(Mistake { field: "text", text });
    }
    if !sent.mistakes.is_empty() {
        return again(&app, &visit, &reach, number, sent, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    // Only now: a slow upload must not keep a place from others.
    let at_risk = reach.found.request.at_risk || claims_theft(&sent.typed.text);
    let place = match app.admit(Channel::Page, Some(&reach.customer.scope()), network, at_risk).await {
        Ok(place) => place,
        Err(problem) => {
            sent.mistakes.push(refused(visit.words, &problem));
            let mut response = again(&app, &visit, &reach, number, sent, problem.status()).await?;
            problem.put_headers(response.headers_mut());
            return Ok(response);
        }
    };
    let received = deliver(&app, &reach.customer, number, &sent).await;
    drop(place);
    match received {
        Ok(received) => {
            let notice = received.receipt.secret.clone().or(sent.secret);
            let cookie = visit.secret.as_deref().and_then(|secret| visitor_cookie(&app.desk, secret));
            Ok(to_receipt(&app, &received.receipt, notice.as_ref(), cookie))
        }
        Err(error) => {
            let status = put_down(visit.words, &error, &mut sent);
            again(&app, &visit, &reach, number, sent, status).await
        }
    }
}

/// Hands further words to the desk, unless it has just had the same.
async fn deliver(
    app: &App,
    customer: &Customer,
    number: RequestNumber,
    sent: &Submission,
) -> Result<Received, Error> {
    let (purpose, content) = (purpose(number), content(&sent.typed));
    if let Some(received) = sent.seal.received(&app.desk, customer, Some(number), &purpose, &content).await? {
        return Ok(received);
    }
    let command = FollowUp {
        client_id: sent.seal.client_id(app.desk.keys(), &purpose, &content),
        text: sent.typed.text.clone(),
        channel: Some(Channel::Page),
        attachments: attachments(&sent.typed),
        taken_out: sent.typed.taken_out.clone(),
    };
    follow_up(&app.desk, customer, number, command).await
}

/// The page again, with what was typed and what is wrong with it.
async fn again(
    app: &App,
    visit: &Visit,
    reach: &Reach,
    number: RequestNumber,
    sent: Submission,
    status: StatusCode,
) -> Result<Response, Problem> {
    let Submission { seal, mut typed, mut mistakes, secret, .. } = sent;
    take_out_secrets(visit.words, &mut typed, &mut mistakes);
    let mut shown = gather(app, visit, reach, number, None, false).await?;
    let found = secret.map(|notice| notice.steps).or_else(|| steps_after(visit.words, &typed));
    shown.steps = found.or(shown.steps);
    let seal = seal.again(&app.desk, &purpose(number), &reach.holder, shown.answered);
    let sheet = Sheet::new(&app.desk, visit.words, seal, typed, mistakes);
    let mut shown = request_page(app, visit, &reach.found.request, shown, sheet);
    shown.frame = shown.frame.kept();
    Ok(page(status, &shown.frame, &shown, []))
}

/// What one of the page's questions was answered with.
pub(crate) enum Asked {
    Feedback(FeedbackForm),
    Mail(Option<MailForm>),
}

/// The page again, with what was answered to its questions and what is wrong with that.
pub(crate) async fn again_with(
    app: &App,
    visit: &Visit,
    reach: &Reach,
    number: RequestNumber,
    asked: Asked,
    (mistake, status): (Mistake, StatusCode),
) -> Result<Response, Problem> {
    let mut shown = gather(app, visit, reach, number, None, false).await?;
    match asked {
        Asked::Feedback(form) => shown.feedback = Some(form),
        Asked::Mail(form) => shown.mail = form,
    }
    let seal = Seal::new(&app.desk, &purpose(number), &reach.holder, shown.answered);
    let sheet = Sheet::new(&app.desk, visit.words, seal, Typed::default(), vec![mistake]);
    let mut shown = request_page(app, visit, &reach.found.request, shown, sheet);
    shown.frame = shown.frame.kept();
    Ok(page(status, &shown.frame, &shown, []))
}

/// After a message was taken in: to the request's page, with the cookie that opens it.
pub(crate) fn to_receipt(
    app: &App,
    receipt: &Receipt,
    notice: Option<&SecretNotice>,
    cookie: Option<HeaderValue>,
) -> Response {
    let mut address =
        format!("/t/{}?received={}", receipt.number, if receipt.joined { "joined" } else { "new" });
    if let Some(kind) = notice.and_then(|notice| notice.kinds.first()) {
        address.push_str("&secret=");
        address.push_str(kind);
    }
    let token = receipt.link.rsplit('/').next().unwrap_or_default();
    to(&address, [link_cookie(&app.desk, receipt.number, token), cookie])
}

/// The request's page at once, for a browser that keeps no cookies and could not be sent there.
pub(crate) async fn show_receipt(
    app: &App,
    visit: &Visit,
    customer: &Customer,
    receipt: &Receipt,
    notice: Option<SecretNotice>,
    cookie: Option<HeaderValue>,
) -> Result<Response, Problem> {
    let number = receipt.number;
    let found = conversation(&app.desk, customer, number, 0, 1).await?;
    let token = receipt.link.rsplit('/').next().unwrap_or_default();
    let reach = Reach { customer: customer.clone(), holder: token.to_owned(), found };
    let mut shown = gather(app, visit, &reach, number, None, false).await?;
    let link = link_to(app, number, token);
    let title = visit.words.say(if receipt.joined { "receipt.joined" } else { "receipt.title" });
    let surge = surge_text(app, visit.words, &reach.found).await?.filter(|_| !receipt.joined);
    shown.receipt = Some(ReceiptView { title, surge, link: Some(link) });
    shown.steps = notice.map(|notice| notice.steps).or(shown.steps);
    let seal = Seal::new(&app.desk, &purpose(number), token, shown.answered);
    let sheet = Sheet::new(&app.desk, visit.words, seal, Typed::default(), Vec::new());
    let shown = request_page(app, visit, &reach.found.request, shown, sheet);
    Ok(page(StatusCode::OK, &shown.frame, &shown, [cookie, link_cookie(&app.desk, number, token)]))
}

/// What a receipt says while more people ask than usual, as that of the API does: to those in the ordinary line of an open desk. Not
/// when its page is opened again later: what is promised counts from the beginning.
async fn surge_text(
    app: &App,
    words: Words,
    found: &Conversation<RequestSummary>,
) -> Result<Option<SurgeWords>, Problem> {
    let request = &found.request;
    let is_fresh = app.desk.now().since(request.created_at) < RECEIPT_FRESH;
    let waits = request.waiting_since.is_some() && !request.at_risk;
    let is_open = found.opening.as_ref().is_none_or(|opening| opening.is_open);
    if !(is_fresh && waits && is_open) {
        return Ok(None);
    }
    let due = promised_by(&app.desk, request.id, request.waiting_since).await?;
    let within = due.zip(request.waiting_since).map(|(due, since)| due.since(since));
    Ok(app.desk.surge().receipt(words.language, &request.kind, within))
}

/// Finds out by which of the browser's cookies the request may be seen. Unknown and foreign are the same to callers.
pub(crate) async fn reach(app: &App, visit: &Visit, number: RequestNumber) -> Result<Option<Reach>, Problem> {
    let mut callers = Vec::new();
    if let Some(secret) = &visit.secret {
        callers.extend(Visitor::new(secret).ok().map(|visitor| (Customer::Visitor(visitor), secret.clone())));
    }
    if let Some(token) = &visit.link {
        match open_link(&app.desk, number, token).await {
            Ok(customer) => callers.push((customer, token.clone())),
            Err(Error::NotFound | Error::Unauthenticated) => {}
            Err(error) => return Err(error.into()),
        }
    }
    for (customer, holder) in callers {
        match conversation(&app.desk, &customer, number, i64::MAX, 1).await {
            Ok(found) => return Ok(Some(Reach { customer, holder, found })),
            Err(Error::NotFound | Error::Unauthenticated) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

/// Reads the stretch of the record that is shown: the latest entries, those from `from` on, or all to be printed.
async fn gather(
    app: &App,
    visit: &Visit,
    reach: &Reach,
    number: RequestNumber,
    from: Option<i64>,
    print: bool,
) -> Result<RequestView, Problem> {
    let desk = &app.desk;
    let now = desk.now();
    let last = reach.found.request.last_seq;
    let latest = (last - WINDOW).max(0);
    let after = if print { 0 } else { from.map_or(latest, |from| (from - 1).clamp(0, latest)) };
    let mut found =
        conversation(desk, &reach.customer, number, after, if print { STEP } else { WINDOW }).await?;
    while print && found.more && found.entries.len() < MOST_PRINTED {
        let after = found.entries.last().map_or(last, |entry| entry.seq);
        let next = conversation(desk, &reach.customer, number, after, STEP).await?;
        found.more = next.more;
        found.entries.extend(next.entries);
    }
    // The board hears of a request a moment after its receipt: until then, the place that it is about to get.
    let request = &found.request;
    let asks = Asks::of(request.channel, request.language, found.opening.as_ref(), now);
    let place = desk.board().place(found.request.id, asks).or_else(|| {
        let joins = found.request.waiting_since.is_some();
        joins.then(|| desk.board().place_of(found.request.id, found.request.turn(), asks))
    });
    let mut shown = RequestView::new(visit.words, &found, place, now, print);
    let promised = promised_by(desk, found.request.id, found.request.waiting_since).await?;
    if let Some(due) = promised {
        // What was promised comes before what is expected, and says enough where nothing can be.
        let is_unknown = place.is_some_and(|(_, expected)| expected.is_none());
        shown.facts.retain(|(name, _)| !is_unknown || *name != visit.words.say("request.expected"));
        shown.facts.insert(0, (visit.words.say("request.promised"), visit.words.exact(due)));
    }
    let waits = found.request.state == RequestState::Open && !print;
    if let Some(closed) = found.opening.as_ref().filter(|opening| waits && !opening.is_open) {
        let fact = (visit.words.say("request.hours"), closed.text(visit.words.language));
        shown.facts.insert(shown.facts.len().min(2), fact);
    }
    if from.is_some() {
        // The latest answer may not be among these: what is written from here is told from everything else.
        shown.answered = -last;
    }
    shown.earlier = (after > 0).then(|| (after - WINDOW + 1).max(1));
    shown.later = found.more;
    if !print {
        shown.mail = answer_mail::form(app, visit, reach, number, promised.is_some()).await?;
    }
    // Also of a secret that no text shows: it stood in a file, a field or a name.
    if shown.steps.is_none() && found.request.at_risk && found.request.state.is_active() {
        shown.steps = exposed(desk, found.request.id).await?.map(|kind| steps_for(visit.words, &kind));
    }
    let goes_on = !matches!(found.request.state, RequestState::Merged | RequestState::Spam);
    if goes_on && !print && last > 1 {
        shown.feedback = Some(feedback::form(app, visit, reach, number).await?);
    }
    if found.request.state == RequestState::Merged {
        shown.merged_into = merged_link(desk, &reach.customer, number).await?.map(MergedInto::new);
    }
    Ok(shown)
}

fn request_page(
    app: &App,
    visit: &Visit,
    request: &RequestSummary,
    view: RequestView,
    sheet: Sheet,
) -> RequestPage {
    let (title, lead) = match request.state {
        RequestState::Solved => ("reply.title.solved", "reply.solved"),
        RequestState::Closed => ("reply.title.closed", "reply.closed"),
        _ => ("reply.title", ""),
    };
    let reply_lead = if lead.is_empty() { String::new() } else { visit.words.say(lead) };
    RequestPage {
        frame: Frame::private(&app.desk, visit),
        reply_title: visit.words.say(title),
        reply_lead,
        view,
        sheet,
    }
}

/// The secret link, where the browser followed it or was given it with a receipt.
async fn link_view(app: &App, visit: &Visit, number: RequestNumber) -> Option<LinkView> {
    let token = visit.link.as_deref()?;
    open_link(&app.desk, number, token).await.ok()?;
    Some(link_to(app, number, token))
}

fn link_to(app: &App, number: RequestNumber, token: &str) -> LinkView {
    let path = format!("/t/{number}/{token}");
    LinkView { url: format!("{}{path}", app.desk.settings().public_url.trim_end_matches('/')), path }
}

/// One calm page for numbers that do not exist and for requests of others: it does not tell which.
pub(crate) fn closed_door(app: &App, visit: &Visit) -> Response {
    let mut frame = Frame::private(&app.desk, visit);
    // Addresses of other languages would repeat what was asked for.
    frame.languages.clear();
    let door = ClosedDoorPage { frame };
    page(StatusCode::NOT_FOUND, &door.frame, &door, [visit.language_cookie(&app.desk)])
}

enum Spelling {
    /// As the desk writes numbers.
    Own(RequestNumber),
    /// Otherwise: cookies are bound to the desk's own spelling.
    Other(RequestNumber),
}

fn canonical(text: &str) -> Result<Spelling, NumberError> {
    let number = text.parse::<RequestNumber>()?;
    Ok(if number.to_string() == text { Spelling::Own(number) } else { Spelling::Other(number) })
}

fn purpose(number: RequestNumber) -> String {
    format!("{PURPOSE}\0{number}")
}

pub(crate) fn to<const N: usize>(address: &str, cookies: [Option<HeaderValue>; N]) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    // Made of a number and plain words only.
    headers
        .insert(LOCATION, HeaderValue::from_str(address).unwrap_or_else(|_| HeaderValue::from_static("/t")));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for cookie in cookies.into_iter().flatten() {
        headers.append(SET_COOKIE, cookie);
    }
    response
}
