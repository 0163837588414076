//! Who looks at a page, in which language, and the cookies that say so.

use std::collections::HashMap;
use std::convert::Infallible;

use axum::extract::{FromRequestParts, Query};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{ACCEPT_LANGUAGE, COOKIE, HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use standfast_desk::{Desk, Visitor};
use standfast_domain::{Language, RequestNumber};

use super::words::Words;
use crate::app::App;

const LANGUAGE_COOKIE: &str = "standfast_lang";
const VISITOR_COOKIE: &str = "standfast_visitor";
const LINK_COOKIE: &str = "standfast_link";
/// A visitor is known for half a year after the last visit to the form.
const VISITOR_SECONDS: u32 = 180 * 86_400;
/// A followed link stays open for a month; the link itself lasts longer.
const LINK_SECONDS: u32 = 30 * 86_400;
const LANGUAGE_SECONDS: u32 = 365 * 86_400;

/// A look at a page.
#[derive(Debug)]
pub(crate) struct Visit {
    /// The texts of the visitor's language.
    pub(crate) words: Words,
    /// The path, without the query.
    pub(crate) path: String,
    /// The query's parameters.
    pub(crate) query: HashMap<String, String>,
    /// The visitor secret of the cookie, if it has the form of one.
    pub(crate) secret: Option<String>,
    /// The token of the link that was followed to this request.
    pub(crate) link: Option<String>,
    /// What the browser says of where a form was sent from.
    pub(crate) sender: Sender,
    /// Whether the language was chosen by this very look, so that it is to be remembered.
    chosen: bool,
}

/// Where a form was sent from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sender {
    /// From this desk's own pages.
    Own,
    /// From another site.
    Other,
    /// The browser does not say.
    Unknown,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self::new(&parts.headers, &parts.uri, &app.desk.settings().public_url))
    }
}

impl Visit {
    pub(crate) fn new(headers: &HeaderMap, uri: &http::Uri, public_url: &str) -> Self {
        let query = Query::<HashMap<String, String>>::try_from_uri(uri).map(|q| q.0).unwrap_or_default();
        let secure = is_secure(public_url);
        let cookie = |name: &str| read_cookie(headers, name);
        let asked = query.get("lang").and_then(|tag| Language::parse(tag));
        let header =
            || headers.get(ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).and_then(Language::negotiate);
        let language = asked
            .or_else(|| cookie(LANGUAGE_COOKIE).and_then(|tag| Language::parse(&tag)))
            .or_else(header)
            .unwrap_or_default();
        Self {
            words: Words { language },
            path: uri.path().to_owned(),
            secret: cookie(&visitor_cookie_name(secure)).filter(|secret| Visitor::new(secret).is_ok()),
            link: cookie(&link_cookie_name(secure)).filter(|token| token.len() <= 64),
            sender: sender(headers, public_url),
            // A page that keeps itself as it is asks in the language that it has: nobody chose that just now.
            chosen: asked.is_some() && !query.contains_key("follow"),
            query,
        }
    }

    /// A parameter of the query.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// The cookie that remembers the language, if this look chose one.
    pub(crate) fn language_cookie(&self, desk: &Desk) -> Option<HeaderValue> {
        let value = self.words.language.as_str();
        self.chosen.then(|| cookie(desk, LANGUAGE_COOKIE, value, "/", LANGUAGE_SECONDS)).flatten()
    }
}

/// A fresh visitor secret.
pub(crate) fn new_secret(desk: &Desk) -> String {
    URL_SAFE_NO_PAD.encode(desk.entropy().bytes::<32>())
}

/// The cookie by which the desk knows a visitor again.
pub(crate) fn visitor_cookie(desk: &Desk, secret: &str) -> Option<HeaderValue> {
    cookie(desk, &visitor_cookie_name(is_secure(&desk.settings().public_url)), secret, "/", VISITOR_SECONDS)
}

/// The cookie that opens one request to whoever followed its secret link; it is sent with that request's pages only.
pub(crate) fn link_cookie(desk: &Desk, number: RequestNumber, token: &str) -> Option<HeaderValue> {
    let name = link_cookie_name(is_secure(&desk.settings().public_url));
    cookie(desk, &name, token, &format!("/t/{number}"), LINK_SECONDS)
}

fn cookie(desk: &Desk, name: &str, value: &str, path: &str, seconds: u32) -> Option<HeaderValue> {
    let secure = if is_secure(&desk.settings().public_url) { "; Secure" } else { "" };
    HeaderValue::from_str(&format!(
        "{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
    ))
    .ok()
}

fn is_secure(public_url: &str) -> bool {
    public_url.starts_with("https://")
}

/// The prefixes make browsers refuse cookies that another host or an unencrypted page tries to set (RFC 6265bis §4.1.3).
fn visitor_cookie_name(secure: bool) -> String {
    format!("{}{VISITOR_COOKIE}", if secure { "__Host-" } else { "" })
}

fn link_cookie_name(secure: bool) -> String {
    format!("{}{LINK_COOKIE}", if secure { "__Secure-" } else { "" })
}

fn read_cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            (key.trim() == name).then(|| value.trim().to_owned())
        })
}

/// Judged by `Sec-Fetch-Site`, which pages cannot forge; older browsers send only `Origin`, which is `null` where the
/// page sends no referrer.
fn sender(headers: &HeaderMap, public_url: &str) -> Sender {
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    match header("sec-fetch-site") {
        Some("same-origin") => return Sender::Own,
        // Typed or opened from outside a page: a form cannot be.
        Some("none") | None => {}
        Some(_) => return Sender::Other,
    }
    match header(ORIGIN.as_str()) {
        None | Some("null") => Sender::Unknown,
        Some(origin) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            let own = origin == public_url.trim_end_matches('/')
                || (host.is_some() && host == header(HOST.as_str()));
            if own { Sender::Own } else { Sender::Other }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(uri: &str, headers: &[(&'static str, &str)]) -> Visit {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        Visit::new(&map, &uri.parse().unwrap(), "http://desk.example")
    }

    #[test]
    fn the_language_is_the_one_asked_for_then_the_cookies_then_the_browsers() {
        let browser = ("accept-language", "zh-TW,zh;q=0.9,en;q=0.8");
        let cookie = ("cookie", "a=b; standfast_lang=en");
        assert_eq!(visit("/", &[]).words.language, Language::English);
        assert_eq!(visit("/", &[browser]).words.language, Language::Chinese);
        assert_eq!(visit("/", &[browser, cookie]).words.language, Language::English);
        let asked = visit("/?lang=zh-CN", &[cookie]);
        assert!(asked.words.language == Language::Chinese && asked.chosen);
        let by_itself = visit("/?lang=zh-CN&follow=1", &[cookie]);
        assert!(by_itself.words.language == Language::Chinese && !by_itself.chosen);
        assert_eq!(visit("/?lang=xx&%ff", &[cookie]).words.language, Language::English);
    }

    #[test]
    fn only_a_well_formed_secret_is_believed() {
        let secret = URL_SAFE_NO_PAD.encode([7; 32]);
        assert_eq!(visit("/", &[("cookie", &format!("standfast_visitor={secret}"))]).secret, Some(secret));
        for bad in ["", "x", "AAAA", "\"<script>\""] {
            assert_eq!(visit("/", &[("cookie", &format!("standfast_visitor={bad}"))]).secret, None);
        }
    }

    #[test]
    fn forms_of_other_sites_are_told() {
        let from = |headers: &[(&'static str, &str)]| visit("/contact", headers).sender;
        assert_eq!(from(&[("sec-fetch-site", "same-origin"), ("origin", "null")]), Sender::Own);
        assert_eq!(from(&[("sec-fetch-site", "cross-site")]), Sender::Other);
        assert_eq!(from(&[("sec-fetch-site", "same-site")]), Sender::Other);
        assert_eq!(from(&[("origin", "http://desk.example")]), Sender::Own);
        assert_eq!(from(&[("origin", "http://10.0.0.1:80"), ("host", "10.0.0.1:80")]), Sender::Own);
        assert_eq!(from(&[("origin", "https://trap.example")]), Sender::Other);
        assert_eq!(from(&[("origin", "null")]), Sender::Unknown);
        assert_eq!(from(&[]), Sender::Unknown);
    }
}
