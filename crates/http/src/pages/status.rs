//! The state of the desk, for everybody: a page, JSON, a badge, and what its copy shows, too.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use standfast_desk::{
    Desk, StatusDay, StatusHours, StatusIncident, StatusService, StatusView, StatusWait, asks, is_attended,
    opening, status,
};
use standfast_domain::{Asker, Channel, IncidentPhase, Language};

use super::coming::{self, ComingDay};
use super::feed::{escape, headline};
use super::frame::{Frame, page};
use super::landing::wait_text;
use super::visit::Visit;
use super::words::Words;
use crate::api::status::KEEP;
use crate::app::App;
use crate::body::Query;
use crate::problem::Problem;

/// Height of the strip of days, and the least height of a bar.
const HEIGHT: f64 = 36.0;
const LEAST: f64 = 3.0;
/// From one bar to the next.
const STEP: usize = 8;

/// What stands on the page and on its copy.
pub(super) struct Shown {
    pub(super) verdict: String,
    pub(super) tone: &'static str,
    pub(super) sign: &'static str,
    pub(super) wait: String,
    pub(super) hours: Vec<Service>,
    pub(super) going: Vec<Incident>,
    pub(super) past: Vec<Incident>,
    pub(super) at: String,
}

pub(super) struct Service {
    pub(super) id: String,
    pub(super) coming: Vec<ComingDay>,
    /// The zone of their clock.
    pub(super) zone: String,
    /// What the copy says of them once it is old; the page itself has none.
    pub(super) then: Option<String>,
    pub(super) name: String,
    pub(super) audience: String,
    pub(super) state: String,
    pub(super) waits: Vec<String>,
    pub(super) tone: &'static str,
    pub(super) sign: &'static str,
    pub(super) rate: Option<String>,
    pub(super) parts: Parts,
    pub(super) bars: Vec<Bar>,
    pub(super) first: String,
    pub(super) days: Vec<Counted>,
}

/// The online rate by language and channel: nothing where there is one of each.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) channels: Vec<String>,
    /// A language, and its rates by channel.
    pub(super) rows: Vec<(String, Vec<String>)>,
}

pub(super) struct Bar {
    pub(super) x: usize,
    pub(super) y: String,
    pub(super) height: String,
    pub(super) tone: &'static str,
    pub(super) title: String,
}

pub(super) struct Counted {
    pub(super) date: String,
    pub(super) promised: String,
    pub(super) rate: String,
}

pub(super) struct Incident {
    pub(super) id: String,
    pub(super) phase: String,
    pub(super) span: String,
    pub(super) updates: Vec<Step>,
}

pub(super) struct Step {
    pub(super) phase: String,
    pub(super) at: String,
    pub(super) text: String,
}

#[derive(Template)]
#[template(path = "status.html")]
struct StatusPage {
    frame: Frame,
    shown: Shown,
    /// What is typed into the form of subscriptions; none where no mail is sent.
    typed: Option<String>,
    mistake: Option<String>,
}

/// `GET /status`
pub(crate) async fn show(State(app): State<App>, visit: Visit) -> Result<Response, Problem> {
    let view = status(&app.desk).await?;
    let shown = Shown::new(&app.desk, &view, visit.words);
    let typed = app.desk.settings().mail.then(String::new);
    let shown = StatusPage { frame: Frame::new(&app.desk, &visit).followed(), shown, typed, mistake: None };
    let mut response = page(StatusCode::OK, &shown.frame, &shown, [visit.language_cookie(&app.desk)]);
    // Whoever asks for a language gets a cookie, which no cache may hand on.
    if !response.headers().contains_key(http::header::SET_COOKIE) {
        response.headers_mut().insert(CACHE_CONTROL, KEEP);
    }
    Ok(response)
}

/// `GET /status.json`: what `GET /api/v1/status` answers, for pages of anybody.
pub(crate) async fn json(State(app): State<App>) -> Result<Response, Problem> {
    let view = status(&app.desk).await?;
    let headers = [(CACHE_CONTROL, KEEP), (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"))];
    Ok((headers, axum::Json(view)).into_response())
}

/// Which language is wished.
#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    lang: Option<String>,
}

impl Wish {
    pub(super) fn words(&self) -> Words {
        let language = self.lang.as_deref().and_then(Language::parse).unwrap_or(Language::English);
        Words { language }
    }
}

/// `GET /status.svg`: a badge for other pages.
pub(crate) async fn badge(State(app): State<App>, Query(wish): Query<Wish>) -> Result<Response, Problem> {
    let view = status(&app.desk).await?;
    Ok(picture(&badge_of(&app.desk, &view, wish.words())))
}

fn picture(svg: &str) -> Response {
    let headers = [(CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")), (CACHE_CONTROL, KEEP)];
    (headers, svg.to_owned()).into_response()
}

/// Whether the desk is open for those who read a language, by the state that was asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// Somebody is there.
    Open,
    /// Somebody should be there.
    Missing,
    /// It is closed.
    Closed,
    /// No hours are set, and nobody is there.
    Unknown,
}

impl Mood {
    fn of(desk: &Desk, view: &StatusView, language: Language) -> Self {
        let asker = Asker { language, region: "", channel: Channel::Page };
        match (is_attended(desk, language), opening(desk, &asker, view.at).map(|opening| opening.is_open)) {
            (_, Some(false)) => Self::Closed,
            (true, _) => Self::Open,
            (false, Some(true)) => Self::Missing,
            (false, None) => Self::Unknown,
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Open => "status.open",
            Self::Missing => "status.missing",
            Self::Closed => "status.closed",
            Self::Unknown => "status.unknown",
        }
    }

    const fn look(self) -> (&'static str, &'static str) {
        match self {
            Self::Open => ("good", "check"),
            Self::Missing => ("bad", "warning"),
            Self::Closed | Self::Unknown => ("calm", "clock"),
        }
    }
}

impl Shown {
    pub(super) fn new(desk: &Desk, view: &StatusView, words: Words) -> Self {
        let mood = Mood::of(desk, view, words.language);
        let (tone, sign) = mood.look();
        let (going, past): (Vec<_>, Vec<_>) =
            view.incidents.iter().partition(|one| one.phase != IncidentPhase::Resolved);
        let incidents =
            |list: Vec<&StatusIncident>| list.iter().map(|one| Incident::new(one, words)).collect();
        Self {
            verdict: verdict(mood, view, words),
            tone,
            sign,
            wait: wait_text(desk, words),
            hours: view.hours.iter().map(|hours| Service::new(hours, words)).collect(),
            going: incidents(going),
            past: incidents(past),
            at: words.fill("status.at", "time", words.exact(view.at)),
        }
    }
}

/// What stands above everything: where the desk is closed for whoever reads this and open for others, for whom. Only where all
/// that is open is for other languages is it the language that makes the difference.
fn verdict(mood: Mood, view: &StatusView, words: Words) -> String {
    // Hours that nobody is served by, because others are nearer, are nobody's.
    let is_open = |hours: &&StatusHours| hours.opening.is_open && !hours.waits.is_empty();
    let open: Vec<&StatusHours> = match mood {
        Mood::Closed => view.hours.iter().filter(is_open).collect(),
        _ => Vec::new(),
    };
    if open.is_empty() {
        return words.say(mood.key());
    }
    let of_others =
        |hours: &&StatusHours| !hours.languages.is_empty() && !hours.languages.contains(&words.language);
    let between = if words.language == Language::Chinese { "、" } else { ", " };
    let names = open.iter().map(|hours| hours.name.as_str()).collect::<Vec<_>>().join(between);
    if !open.iter().all(of_others) {
        return words.fill("status.closed.elsewhere", "open", names);
    }
    let language = words.say(&format!("status.language.{}", words.language.as_str()));
    words.with("status.closed.here", &[("language", &language), ("open", &names)])
}

impl Service {
    fn new(hours: &StatusHours, words: Words) -> Self {
        let known = hours.days.iter().position(|day| day.promised > 0);
        let days = known.and_then(|first| hours.days.get(first..)).unwrap_or_default();
        let rate = hours.rate.map(|rate| {
            let count = i64::try_from(days.len()).unwrap_or(i64::MAX);
            let days = words.count("status.rate.days", count);
            words.with("status.rate", &[("rate", &percent(rate)), ("days", &days)])
        });
        Self {
            id: hours.id.to_string(),
            coming: coming::days(hours, words),
            zone: hours.opening.zone.clone(),
            then: None,
            name: hours.name.clone(),
            audience: audience(hours, words),
            state: hours.opening.text(words.language),
            waits: waits(hours, words),
            tone: if hours.opening.is_open { "solved" } else { "closed" },
            sign: if hours.opening.is_open { "check" } else { "clock" },
            rate,
            parts: Parts::new(&hours.services, words),
            bars: hours.days.iter().enumerate().map(|(place, day)| Bar::new(place, day, words)).collect(),
            first: hours.days.first().map_or_else(String::new, |day| day.date.to_string()),
            days: days.iter().rev().map(|day| Counted::new(day, words)).collect(),
        }
    }
}

/// Who is there by these hours and how long it takes; a line for each language where that differs.
fn waits(hours: &StatusHours, words: Words) -> Vec<String> {
    let texts: Vec<_> = hours.waits.iter().map(|wait| (wait.language, wait_of(hours, wait, words))).collect();
    let is_one = texts.windows(2).all(|two| matches!(two, [(_, one), (_, other)] if one == other));
    let said = texts.into_iter().filter(|(_, text)| !text.is_empty());
    if is_one {
        return said.map(|(_, text)| text).take(1).collect();
    }
    let line = |(language, text): (Language, String)| {
        let language = words.say(&format!("status.language.{}", language.as_str()));
        words.with("status.wait.of", &[("language", &language), ("text", &text)])
    };
    said.map(line).collect()
}

fn wait_of(hours: &StatusHours, wait: &StatusWait, words: Words) -> String {
    let expected = wait.expected.map(|expected| words.range(expected));
    if !hours.opening.is_open {
        return expected.map_or_else(String::new, |time| words.fill("status.wait.closed", "time", time));
    }
    let people = match wait.people {
        Some(0) => return words.say("status.people.none"),
        Some(people) => words.count("status.people", people),
        None => String::new(),
    };
    let expected = expected
        .map_or_else(|| words.say("status.wait.unknown"), |time| words.fill("status.wait", "time", time));
    let between = if people.is_empty() || words.language == Language::Chinese { "" } else { " " };
    format!("{people}{between}{expected}")
}

/// For whom hours are, in words.
fn audience(hours: &StatusHours, words: Words) -> String {
    let between = if words.language == Language::Chinese { "、" } else { ", " };
    let parts = [
        hours
            .languages
            .iter()
            .map(|one| words.say(&format!("status.language.{}", one.as_str())))
            .collect::<Vec<_>>(),
        hours.channels.iter().map(|one| words.say(&format!("status.channel.{}", one.as_str()))).collect(),
        hours.regions.clone(),
    ];
    let parts: Vec<_> = parts.iter().filter(|part| !part.is_empty()).map(|part| part.join(between)).collect();
    parts.join(" · ")
}

impl Parts {
    fn new(services: &[StatusService], words: Words) -> Self {
        if services.len() < 2 {
            return Self::default();
        }
        let (mut channels, mut languages) = (Vec::new(), Vec::new());
        for service in services {
            if !channels.contains(&service.channel) {
                channels.push(service.channel);
            }
            if !languages.contains(&service.language) {
                languages.push(service.language);
            }
        }
        let of = |language: Language, channel: Channel| {
            let own = services.iter().find(|one| (one.language, one.channel) == (language, channel));
            own.and_then(|own| own.rate).map_or_else(|| "–".to_owned(), percent)
        };
        let row = |language: Language| {
            let name = words.say(&format!("status.language.{}", language.as_str()));
            (name, channels.iter().map(|channel| of(language, *channel)).collect())
        };
        let rows = languages.into_iter().map(row).collect();
        let name = |channel: &Channel| words.say(&format!("status.channel.{}", channel.as_str()));
        Self { channels: channels.iter().map(name).collect(), rows }
    }
}

impl Bar {
    fn new(place: usize, day: &StatusDay, words: Words) -> Self {
        let rate = rate(day);
        let height = rate.map_or(LEAST, |rate| (rate * HEIGHT).max(LEAST));
        Self {
            x: place * STEP,
            y: format!("{:.1}", HEIGHT - height),
            height: format!("{height:.1}"),
            tone: match rate {
                None => "none",
                Some(rate) if rate >= 0.99 => "good",
                Some(rate) if rate >= 0.9 => "fair",
                Some(_) => "bad",
            },
            title: Counted::new(day, words).title(words),
        }
    }
}

fn rate(day: &StatusDay) -> Option<f64> {
    (day.promised > 0).then(|| f64::from(day.online) / f64::from(day.promised))
}

/// A share of all, cut and not rounded: what is not whole is not called whole.
fn percent(rate: f64) -> String {
    format!("{:.1} %", (rate * 1_000.0).floor() / 10.0)
}

impl Counted {
    fn new(day: &StatusDay, words: Words) -> Self {
        Self {
            date: day.date.to_string(),
            promised: if day.promised == 0 { "–".to_owned() } else { words.duration(day.promised * 60) },
            rate: rate(day).map_or_else(|| "–".to_owned(), percent),
        }
    }

    fn title(self, words: Words) -> String {
        if self.rate == "–" {
            words.fill("status.bar.none", "date", self.date)
        } else {
            words.with("status.bar", &[("date", &self.date), ("rate", &self.rate)])
        }
    }
}

impl Incident {
    fn new(incident: &StatusIncident, words: Words) -> Self {
        let phase = |phase: IncidentPhase| words.say(&format!("status.phase.{}", phase.as_str()));
        let start = words.exact(incident.starts_at);
        let span = match incident.ends_at {
            Some(end) => words.with("status.span", &[("from", &start), ("until", &words.exact(end))]),
            None => words.fill("status.since", "time", start),
        };
        let step = |update: &standfast_desk::IncidentUpdate| Step {
            phase: phase(update.phase),
            at: words.exact(update.at),
            text: update.text(words.language).to_owned(),
        };
        Self {
            id: incident.id.to_string(),
            phase: headline(incident.updates.last(), words.language),
            span,
            updates: incident.updates.iter().map(step).collect(),
        }
    }
}

/// A badge: the name, and whether somebody is there.
pub(super) fn badge_of(desk: &Desk, view: &StatusView, words: Words) -> String {
    let mood = Mood::of(desk, view, words.language);
    let going = view.incidents.iter().any(|one| one.phase != IncidentPhase::Resolved);
    let key = if going { "status.badge.incident" } else { mood.key() };
    let colour = match (going, mood) {
        (true, _) | (_, Mood::Missing) => "#b42318",
        (_, Mood::Open) => "#17734a",
        _ => "#5b6472",
    };
    let asker = Asker { language: words.language, region: "", channel: Channel::Page };
    let expected = desk.board().waiting(asks(desk, &asker, desk.now())).expected;
    let said = words.say(&format!("{key}.short"));
    let said = match expected.filter(|_| !going && mood == Mood::Open) {
        Some(wait) => format!("{said} · {}", words.range(wait)),
        None => said,
    };
    let (left, right) = (escape(&view.name), escape(&said));
    // Widths of letters differ by font: a CJK letter is as wide as it is high, others are a little more than half.
    let wide =
        |text: &str| text.chars().map(|c| if u32::from(c) > 0x2e80 { 12 } else { 7 }).sum::<u32>() + 16;
    let (one, other) = (wide(&left), wide(&right));
    let (width, middle, second) = (one + other, one / 2, one + other / 2);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"24\" role=\"img\" aria-label=\"{left}: {right}\">\
         <title>{left}: {right}</title><rect width=\"{width}\" height=\"24\" rx=\"4\" fill=\"#2b313b\"/>\
         <path d=\"M{one} 0h{rest}a4 4 0 0 1 4 4v16a4 4 0 0 1-4 4h-{rest}z\" fill=\"{colour}\"/>\
         <g fill=\"#fff\" text-anchor=\"middle\" font-family=\"system-ui,sans-serif\" font-size=\"12\">\
         <text x=\"{middle}\" y=\"16\">{left}</text><text x=\"{second}\" y=\"16\">{right}</text></g></svg>",
        rest = other - 4,
    )
}
