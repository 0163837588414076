//! A browser without scripts: cookies, forms, and what a page must never hold.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use standfast_desk::{AgentCaller, Answer, NewAgent, Then, add_agent, reply};
use standfast_domain::{RequestId, Role};

use crate::testing::{Reply, TestServer};

pub(super) const PHRASE: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");

/// A browser: keeps cookies, reads forms, runs no scripts.
pub(super) struct Browser<'a> {
    pub(super) server: &'a TestServer,
    pub(super) language: &'static str,
    /// Name and path to value.
    pub(super) cookies: BTreeMap<(String, String), String>,
    pub(super) keeps_cookies: bool,
}

impl<'a> Browser<'a> {
    pub(super) fn new(server: &'a TestServer, language: &'static str) -> Self {
        Self { server, language, cookies: BTreeMap::new(), keeps_cookies: true }
    }

    pub(super) async fn call(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Reply {
        let only = path.split('?').next().unwrap();
        let known = self.cookies.iter().filter(|((_, scope), _)| only.starts_with(scope.as_str()));
        let cookie = known.map(|((name, _), value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let mut all = vec![("accept", "text/html"), ("accept-language", self.language), ("cookie", &cookie)];
        all.extend(headers);
        let reply = self.server.call(method, path, &all, body).await;
        for set in reply.headers.get_all("set-cookie").iter().filter(|_| self.keeps_cookies) {
            let set = set.to_str().unwrap();
            assert_eq!(set.contains("; Secure"), self.server.desk.settings().public_url.starts_with("https"));
            assert!(set.contains("; HttpOnly") && set.contains("; SameSite=Lax"), "{set}");
            let (name, rest) = set.split_once('=').unwrap();
            let (value, rest) = rest.split_once(';').unwrap();
            let scope = rest.split("Path=").nth(1).unwrap().split(';').next().unwrap();
            self.cookies.insert((name.to_owned(), scope.to_owned()), value.to_owned());
        }
        reply
    }

    pub(super) async fn get(&mut self, path: &str) -> Reply {
        self.call(Method::GET, path, &[], Vec::new()).await
    }

    /// A page that must be there.
    pub(super) async fn page(&mut self, path: &str) -> String {
        let reply = self.get(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", html(&reply));
        html(&reply)
    }

    pub(super) async fn send(&mut self, path: &str, form: &Form) -> Reply {
        self.send_from(path, form, &[OWN]).await
    }

    pub(super) async fn send_from(&mut self, path: &str, form: &Form, headers: &[(&str, &str)]) -> Reply {
        let mut all = vec![("content-type", "multipart/form-data; boundary=XX")];
        all.extend(headers);
        self.call(Method::POST, path, &all, form.body()).await
    }

    /// Answers a question of a request's page, and looks at what comes.
    pub(super) async fn tell(&mut self, path: &str, form: &Form) -> (StatusCode, String) {
        let headers = [("content-type", "application/x-www-form-urlencoded"), OWN];
        let reply = self.call(Method::POST, &format!("{path}/feedback"), &headers, form.plain()).await;
        if reply.status != StatusCode::SEE_OTHER {
            return (reply.status, html(&reply));
        }
        let next = location(&reply);
        (reply.status, self.page(next.split('#').next().unwrap()).await)
    }

    /// Fills the contact form and sends it; returns where it leads.
    pub(super) async fn ask(&mut self, kind: &str, text: &str) -> String {
        let form = Form::of(&self.page(&format!("/contact?type={kind}")).await).with("text", text);
        location(&self.send("/contact", &form).await)
    }
}

/// A form as it stands on a page, filled in.
#[derive(Clone, Default)]
pub(super) struct Form {
    pub(super) fields: Vec<(String, String)>,
    pub(super) files: Vec<(String, Vec<u8>)>,
}

impl Form {
    /// The hidden and ticked fields of a page's form for words.
    pub(super) fn of(page: &str) -> Self {
        Self::to(page, |action| !action.ends_with("/feedback") && !action.ends_with("/mail"))
    }

    /// Those of the form of a request's page that asks about the help.
    pub(super) fn asking(page: &str, about: &str) -> Self {
        let all = Self::to(page, |action| action.ends_with("/feedback"));
        let common = all.fields.into_iter().take(3).collect();
        Self { fields: common, files: Vec::new() }.with("about", about)
    }

    pub(super) fn to(page: &str, wanted: impl Fn(&str) -> bool) -> Self {
        let mut form = Self::default();
        let mut inside = false;
        for tag in tags(page) {
            let attribute =
                |name: &str| tag.attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
            if tag.name == "form" {
                inside = wanted(attribute("action").unwrap_or_default());
            }
            if !inside {
                continue;
            }
            let counts =
                attribute("type") == Some("hidden") || tag.attributes.iter().any(|(n, _)| n == "checked");
            if tag.name == "input" && counts {
                form.fields
                    .push((attribute("name").unwrap().to_owned(), attribute("value").unwrap().to_owned()));
            }
        }
        form
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| known != name || name == "kept");
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn file(mut self, name: &str, content: &[u8]) -> Self {
        self.files.push((name.to_owned(), content.to_vec()));
        self
    }

    /// As a form without files is sent.
    pub(super) fn plain(&self) -> Vec<u8> {
        let escape = |text: &str| text.bytes().fold(String::new(), |out, byte| format!("{out}%{byte:02X}"));
        let fields = self.fields.iter().map(|(name, value)| format!("{name}={}", escape(value)));
        fields.collect::<Vec<_>>().join("&").into_bytes()
    }

    pub(super) fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, value) in &self.fields {
            body.extend(
                format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                    .into_bytes(),
            );
        }
        for (name, content) in &self.files {
            let name = name.replace('"', "%22").replace(['\r', '\n'], " ");
            body.extend(
                format!("--XX\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n")
                    .into_bytes(),
            );
            body.extend(content);
            body.extend(b"\r\n");
        }
        body.extend(b"--XX--\r\n");
        body
    }
}

/// A start tag.
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
}

/// Every start tag of a page, as a browser would read them.
pub(super) fn tags(page: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let name_end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap();
        let mut tag = Tag { name: rest[..name_end].to_lowercase(), attributes: Vec::new() };
        rest = &rest[name_end..];
        loop {
            rest = rest.trim_start();
            if rest.starts_with('>') || rest.is_empty() {
                break;
            }
            let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>')).unwrap_or(rest.len());
            if end == 0 {
                rest = &rest[1..];
                continue;
            }
            let name = rest[..end].to_lowercase();
            rest = &rest[end..];
            let mut value = String::new();
            if let Some(quoted) = rest.strip_prefix("=\"") {
                let close = quoted.find('"').unwrap();
                value = unescape(&quoted[..close]);
                rest = &quoted[close + 1..];
            }
            tag.attributes.push((name, value));
        }
        tags.push(tag);
    }
    tags
}

fn unescape(text: &str) -> String {
    text.replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#38;", "&")
}

pub(super) fn html(reply: &Reply) -> String {
    String::from_utf8(reply.body.to_vec()).unwrap()
}

#[track_caller]
pub(super) fn location(reply: &Reply) -> String {
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", html(reply));
    reply.headers["location"].to_str().unwrap().to_owned()
}

pub(super) fn path_of(location: &str) -> &str {
    location.split('?').next().unwrap()
}

#[track_caller]
pub(super) fn before(page: &str, first: &str, second: &str) {
    let (one, two) = (page.find(first).expect(first), page.find(second).expect(second));
    assert!(one < two, "{first} stands after {second}");
}

/// Nothing of a page can run, whatever it shows.
#[track_caller]
pub(super) fn inert(page: &str) {
    for tag in tags(page) {
        let follows = [
            ("src".to_owned(), crate::pages::style::follow_href().to_owned()),
            ("defer".to_owned(), String::new()),
        ];
        if tag.name == "script" && tag.attributes == follows {
            continue;
        }
        assert!(
            !matches!(tag.name.as_str(), "script" | "style" | "iframe" | "object" | "embed" | "base"),
            "{}",
            tag.name
        );
        for (name, value) in tag.attributes {
            assert!(!name.starts_with("on") && name != "style" && name != "srcdoc", "{name}={value}");
            if matches!(name.as_str(), "href" | "src" | "action") {
                let good = value.starts_with('/') || value.starts_with('#') || value.starts_with("http");
                assert!(good, "{name}={value}");
            }
        }
    }
}

pub(super) async fn agent(server: &TestServer) -> AgentCaller {
    let new = NewAgent {
        email: "lin@desk.test".into(),
        name: "Lin <b>".into(),
        role: Some(Role::Admin),
        password: "correct horse battery".into(),
        ..NewAgent::default()
    };
    let view = add_agent(&server.desk, None, new).await.unwrap();
    AgentCaller { id: view.id, name: view.name, role: view.role }
}

pub(super) async fn answer(server: &TestServer, who: &AgentCaller, id: RequestId, text: &str, then: Then) {
    let answer = Answer {
        client_id: format!("a{}", text.len()),
        text: text.to_owned(),
        seen_seq: 1_000,
        then,
        ..Answer::default()
    };
    reply(&server.desk, who, id, answer).await.unwrap();
}

pub(super) async fn request_id(browser: &Browser<'_>, path: &str) -> RequestId {
    let number = path.trim_start_matches("/t/").parse().unwrap();
    let secret = browser.cookies.iter().find(|((name, _), _)| name == "standfast_visitor").unwrap().1;
    let visitor = standfast_desk::Customer::Visitor(standfast_desk::Visitor::new(secret).unwrap());
    standfast_desk::conversation(&browser.server.desk, &visitor, number, 0, 1).await.unwrap().request.id
}
