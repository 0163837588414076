//! Problems as pages: the one that just happened, and what every code means.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use standfast_desk::{Desk, TableFault};
use standfast_domain::{Language, Time};

use super::frame::{Frame, incident, maintenance, page};
use super::style;
use super::visit::Visit;
use super::words::Words;
use crate::app::App;
use crate::problem::{CODES, Problem};

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    frame: Frame,
    title: String,
    detail: String,
    code: &'static str,
    status: u16,
}

#[derive(Template)]
#[template(path = "problems.html")]
struct ProblemsPage {
    frame: Frame,
    all: Vec<Explained>,
}

#[derive(Template)]
#[template(path = "problem_code.html")]
struct ProblemCodePage {
    frame: Frame,
    one: Explained,
}

/// A code with what it means.
struct Explained {
    code: &'static str,
    status: u16,
    title: String,
    detail: String,
    example: String,
}

impl Explained {
    fn new(code: &'static str, language: Language) -> Self {
        let problem = sample(code);
        let document = problem.document(language);
        Self {
            code,
            status: problem.status().as_u16(),
            title: problem.title(language),
            detail: problem.detail(language),
            example: serde_json::to_string_pretty(&document).unwrap_or_default(),
        }
    }
}

/// A problem as it may really come, so that its text has no gaps.
fn sample(code: &'static str) -> Problem {
    match code {
        "invalid" => Problem::invalid("text", "too_long"),
        "busy" => Problem::place_kept(5),
        "unavailable" | "too_many_calls" => Problem::new(code).retry_after(5),
        "maintenance" => Problem::maintenance(Time(1_796_164_200_000_000), Time(1_796_162_400_000_000)),
        "upload_too_large" => standfast_desk::Error::UploadTooLarge { limit: 25 << 20 }.into(),
        "identity_token" => standfast_desk::Error::IdentityToken("expired").into(),
        "webhook_signature" => {
            standfast_desk::Error::WebhookSignature("webhook-timestamp is more than five minutes away").into()
        }
        "invalid_table" => {
            let fault = TableFault { row: 3, column: Some("users"), reason: "malformed" };
            standfast_desk::Error::Table(vec![fault]).into()
        }
        "unknown_value" => {
            standfast_insight::Error::UnknownValue { dimension: "type", value: "swpa".to_owned() }.into()
        }
        _ => Problem::new(code),
    }
}

/// The page for a problem, wherever it came up.
pub(crate) fn problem(desk: &Desk, problem: &Problem, language: Language) -> Response {
    let words = Words { language };
    let frame = Frame {
        words,
        name: desk.settings().name.clone(),
        demo: desk.settings().demo,
        incident: incident(desk, language),
        maintenance: maintenance(desk, language),
        surge: desk.surge().notice(language),
        private: true,
        languages: Vec::new(),
        style: style::href(),
        follow: None,
    };
    let shown = ProblemPage {
        title: problem.title(language),
        detail: problem.detail(language),
        code: problem.code(),
        status: problem.status().as_u16(),
        frame,
    };
    page(problem.status(), &shown.frame, &shown, [])
}

/// `GET /docs/problems`
pub(crate) async fn list(State(app): State<App>, visit: Visit) -> Response {
    let all = CODES.iter().map(|(code, _)| Explained::new(code, visit.words.language)).collect();
    let list = ProblemsPage { frame: Frame::new(&app.desk, &visit), all };
    page(StatusCode::OK, &list.frame, &list, [visit.language_cookie(&app.desk)])
}

/// `GET /docs/problems/{code}`
pub(crate) async fn explain(
    State(app): State<App>,
    visit: Visit,
    Path(code): Path<String>,
) -> Result<Response, Problem> {
    let known = CODES.iter().find(|(known, _)| *known == code).ok_or_else(|| Problem::new("not_found"))?;
    let one = Explained::new(known.0, visit.words.language);
    let explained = ProblemCodePage { frame: Frame::new(&app.desk, &visit), one };
    Ok(page(StatusCode::OK, &explained.frame, &explained, [visit.language_cookie(&app.desk)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_without_gaps() {
        for language in Language::ALL {
            for (code, _) in CODES {
                let one = Explained::new(code, language);
                assert!(!one.title.is_empty() && !one.detail.contains(['{', '}']), "{code}: {}", one.detail);
                assert!(one.example.contains(code));
            }
        }
    }
}
