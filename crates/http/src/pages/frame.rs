//! What stands around every page, and how a page becomes a response.

use std::fmt::Write as _;

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, SET_COOKIE, VARY,
};
use http::{HeaderName, HeaderValue, StatusCode};
use standfast_desk::{Desk, incident_now};
use standfast_domain::Language;

use super::style;
use super::visit::Visit;
use super::words::Words;
use crate::headers::FOLLOWED;

/// Most characters of an incident that every page shows.
const MOST_CHARACTERS: usize = 160;
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// The frame of a page: name, languages, the standing line of safety.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) words: Words,
    /// The wallet's name.
    pub(crate) name: String,
    pub(crate) demo: bool,
    /// What the public was told last of an incident that goes on.
    pub(crate) incident: Option<String>,
    /// Maintenance that goes on, or will before long.
    pub(crate) maintenance: Option<String>,
    /// That more ask than usual, where everybody is told.
    pub(crate) surge: Option<String>,
    /// Not for search engines: the page is about one person's request.
    pub(crate) private: bool,
    /// Addresses of this page in every language; none where changing it would cost what was typed.
    pub(crate) languages: Vec<LanguageLink>,
    pub(crate) style: &'static str,
    /// The script that keeps what changes on the page as it is now, where the page has such parts.
    pub(crate) follow: Option<&'static str>,
}

/// A way to the same page in a language.
#[derive(Clone, Debug)]
pub(crate) struct LanguageLink {
    pub(crate) tag: &'static str,
    pub(crate) name: &'static str,
    pub(crate) href: String,
    pub(crate) here: bool,
}

impl Frame {
    /// The frame of a page that anybody may see.
    pub(crate) fn new(desk: &Desk, visit: &Visit) -> Self {
        Self {
            words: visit.words,
            name: desk.settings().name.clone(),
            demo: desk.settings().demo,
            incident: incident(desk, visit.words.language),
            maintenance: maintenance(desk, visit.words.language),
            surge: desk.surge().notice(visit.words.language),
            private: false,
            languages: Language::ALL.map(|language| language_link(visit, language)).to_vec(),
            style: style::href(),
            follow: None,
        }
    }

    /// The frame of a page about one person's request.
    pub(crate) fn private(desk: &Desk, visit: &Visit) -> Self {
        Self { private: true, ..Self::new(desk, visit) }
    }

    /// The frame of a page that is written to a file; `name` is that of its file in a language.
    pub(crate) fn copy(desk: &Desk, words: Words, name: impl Fn(Language) -> &'static str) -> Self {
        let link = |language: Language| LanguageLink {
            href: name(language).to_owned(),
            here: words.language == language,
            ..plain_link(language)
        };
        Self {
            words,
            name: desk.settings().name.clone(),
            demo: desk.settings().demo,
            private: false,
            incident: incident(desk, words.language),
            maintenance: maintenance(desk, words.language),
            surge: desk.surge().notice(words.language),
            languages: Language::ALL.map(link).to_vec(),
            style: style::href(),
            follow: None,
        }
    }

    /// The same with parts that are kept as they are now while somebody looks at the page.
    pub(crate) fn followed(mut self) -> Self {
        self.follow = Some(style::follow_href());
        self
    }

    /// The frame of a form that came back with mistakes: nothing in it leads away from what was typed.
    pub(crate) fn kept(mut self) -> Self {
        self.languages.clear();
        self.private = true;
        self
    }

    /// What everybody is told above the page, each with its icon, the most pressing first.
    pub(crate) fn notices(&self) -> Vec<(&'static str, &str)> {
        [("warning", &self.incident), ("clock", &self.surge), ("wrench", &self.maintenance)]
            .into_iter()
            .filter_map(|(icon, notice)| Some((icon, notice.as_deref()?)))
            .collect()
    }

    /// What the desk calls itself.
    pub(crate) fn brand(&self) -> String {
        self.fill("desk", "name", &self.name)
    }

    pub(crate) fn say(&self, key: &str) -> String {
        self.words.say(key)
    }

    pub(crate) fn fill(&self, key: &str, name: &str, value: impl std::fmt::Display) -> String {
        self.words.fill(key, name, value)
    }

    /// Names of chains that are offered; others may be typed.
    pub(crate) fn chains(&self) -> Vec<String> {
        self.say("chains").split('|').map(str::to_owned).collect()
    }

    pub(crate) fn tag(&self) -> &'static str {
        self.words.language.as_str()
    }

    #[expect(clippy::unused_self, reason = "templates reach icons by way of the frame")]
    pub(crate) fn icon(&self, name: &str) -> &'static str {
        style::icon(name)
    }
}

/// What everybody is told who sees one line, what matters most first, for it may be cut: of an incident that goes on, what helps
/// most people where that stands before the form, that more ask than usual, and of maintenance.
pub(crate) fn notice(desk: &Desk, language: Language) -> Option<String> {
    let surge = desk.surge();
    let incident = incident(desk, language);
    let parts: Vec<_> =
        [incident, surge.help(language, None), surge.notice(language), maintenance(desk, language)]
            .into_iter()
            .flatten()
            .collect();
    let gap = match language {
        Language::Chinese => "",
        Language::English => " ",
    };
    (!parts.is_empty()).then(|| parts.join(gap))
}

/// What everybody is told of an incident that goes on: the beginning of what was said last.
pub(crate) fn incident(desk: &Desk, language: Language) -> Option<String> {
    let update = incident_now(desk)?;
    let text = update.text(language);
    let first = text.lines().next().unwrap_or_default();
    let short: String = first.chars().take(MOST_CHARACTERS).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    Some(Words { language }.fill("notice.incident", "text", short + more))
}

/// What everybody is told of maintenance, if there is anything to tell.
pub(crate) fn maintenance(desk: &Desk, language: Language) -> Option<String> {
    let (now, words) = (desk.now(), Words { language });
    let window = desk.maintenance().told(now)?;
    let until = words.exact(window.ends_at);
    let usual = if window.goes_on(now) {
        words.fill("maintenance.now", "until", until)
    } else {
        words.with("maintenance.planned", &[("from", &words.exact(window.starts_at)), ("until", &until)])
    };
    let own = window.text.sentence(language);
    let gap = match language {
        Language::Chinese => "",
        Language::English => " ",
    };
    Some(if own.is_empty() { usual } else { format!("{own}{gap}{usual}") })
}

fn language_link(visit: &Visit, language: Language) -> LanguageLink {
    let mut href = format!("{}?lang={}", visit.path, language.as_str());
    // What the page shows stays; what only happened once (a receipt) does not.
    for name in ["type", "view", "from"] {
        if let Some(value) =
            visit.parameter(name).filter(|v| v.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
        {
            let _ = write!(href, "&{name}={value}");
        }
    }
    LanguageLink { href, here: visit.words.language == language, ..plain_link(language) }
}

fn plain_link(language: Language) -> LanguageLink {
    LanguageLink {
        tag: language.as_str(),
        name: match language {
            Language::English => "English",
            Language::Chinese => "中文",
        },
        href: String::new(),
        here: false,
    }
}

/// A page as a response. Nothing is kept in caches unless the handler says so.
pub(crate) fn page(
    status: StatusCode,
    frame: &Frame,
    template: &impl Template,
    cookies: impl IntoIterator<Item = Option<HeaderValue>>,
) -> Response {
    let body = match template.render() {
        Ok(body) => body,
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(frame.tag()));
    headers.insert(VARY, HeaderValue::from_static("Accept-Language, Cookie"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if frame.follow.is_some() {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(FOLLOWED));
    }
    if frame.private {
        headers.insert(ROBOTS, HeaderValue::from_static("noindex, nofollow"));
    }
    for cookie in cookies.into_iter().flatten() {
        headers.append(SET_COOKIE, cookie);
    }
    response
}
