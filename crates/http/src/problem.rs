//! What callers are told when something is refused: RFC 9457 problem documents with stable codes, in the caller's
//! language. A problem never repeats what the caller sent.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Map, Value, json};
use standfast_desk::{Error, words};
use standfast_domain::{Language, Time};
use standfast_insight::Error as InsightError;
use standfast_report::Error as ReportError;

/// Every code with its status, in the order of the alphabet. `/docs/problems/{code}` explains each.
pub const CODES: &[(&str, StatusCode)] = &[
    ("against_rules", StatusCode::CONFLICT),
    ("alarm_decided", StatusCode::CONFLICT),
    ("asks_for_secret", StatusCode::UNPROCESSABLE_ENTITY),
    ("busy", StatusCode::SERVICE_UNAVAILABLE),
    ("cannot_merge", StatusCode::CONFLICT),
    ("changed_meanwhile", StatusCode::CONFLICT),
    ("crowded", StatusCode::SERVICE_UNAVAILABLE),
    ("disk_full", StatusCode::INSUFFICIENT_STORAGE),
    ("email_taken", StatusCode::CONFLICT),
    ("facts_loading", StatusCode::SERVICE_UNAVAILABLE),
    ("feedback_over", StatusCode::CONFLICT),
    ("forbidden", StatusCode::FORBIDDEN),
    ("foreign_origin", StatusCode::FORBIDDEN),
    ("held_by_other", StatusCode::CONFLICT),
    ("identity_token", StatusCode::UNPROCESSABLE_ENTITY),
    ("internal", StatusCode::INTERNAL_SERVER_ERROR),
    ("invalid", StatusCode::UNPROCESSABLE_ENTITY),
    ("invalid_number", StatusCode::UNPROCESSABLE_ENTITY),
    ("invalid_table", StatusCode::UNPROCESSABLE_ENTITY),
    ("invalid_ticket", StatusCode::UNAUTHORIZED),
    ("maintenance", StatusCode::SERVICE_UNAVAILABLE),
    ("malformed", StatusCode::BAD_REQUEST),
    ("media_type", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ("method_not_allowed", StatusCode::METHOD_NOT_ALLOWED),
    ("not_found", StatusCode::NOT_FOUND),
    ("not_solved", StatusCode::CONFLICT),
    ("outdated_version", StatusCode::CONFLICT),
    ("outdated_view", StatusCode::CONFLICT),
    ("password_refused", StatusCode::FORBIDDEN),
    ("protocol", StatusCode::BAD_REQUEST),
    ("report_format", StatusCode::UNPROCESSABLE_ENTITY),
    ("report_name_taken", StatusCode::CONFLICT),
    ("request_closed", StatusCode::CONFLICT),
    ("request_timeout", StatusCode::REQUEST_TIMEOUT),
    ("too_large", StatusCode::PAYLOAD_TOO_LARGE),
    ("too_many_calls", StatusCode::TOO_MANY_REQUESTS),
    ("transition_not_allowed", StatusCode::CONFLICT),
    ("unauthenticated", StatusCode::UNAUTHORIZED),
    ("unavailable", StatusCode::SERVICE_UNAVAILABLE),
    ("unknown_value", StatusCode::UNPROCESSABLE_ENTITY),
    ("unsupported_media_type", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ("upgrade_required", StatusCode::UPGRADE_REQUIRED),
    ("upload_too_large", StatusCode::PAYLOAD_TOO_LARGE),
    ("webhook_signature", StatusCode::UNAUTHORIZED),
    ("wrong_password", StatusCode::UNAUTHORIZED),
];

/// The media type of problem documents.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Why a call was refused. Becomes a document when the caller's language is known.
#[derive(Clone, Debug)]
pub struct Problem {
    code: &'static str,
    retry_after: Option<u64>,
    values: Vec<(&'static str, String)>,
    extensions: Map<String, Value>,
}

impl Problem {
    /// The problem with this code of [`CODES`].
    #[must_use]
    pub fn new(code: &'static str) -> Self {
        Self { code, retry_after: None, values: Vec::new(), extensions: Map::new() }
    }

    /// The desk cannot take it now, nor keep places for more; the time to come back is spread, so that not all come back at once.
    #[must_use]
    pub fn busy() -> Self {
        Self::new("busy").retry_after(spread(5, 30))
    }

    /// The desk cannot take it now, but will after so many seconds: a place is kept.
    #[must_use]
    pub fn place_kept(seconds: u64) -> Self {
        Self::new("busy").retry_after(seconds).with("place_kept", true.into())
    }

    /// Whether the caller goes ahead of others when coming at the time that is told.
    #[must_use]
    pub fn keeps_place(&self) -> bool {
        self.extensions.contains_key("place_kept")
    }

    /// Too many want to read now; words go first.
    #[must_use]
    pub fn crowded() -> Self {
        Self::new("crowded").retry_after(spread(2, 8))
    }

    /// What was asked for pauses until then.
    #[must_use]
    pub fn maintenance(until: Time, now: Time) -> Self {
        let text = until.to_string();
        let clock = text.get(..16).unwrap_or(&text).replace('T', " ");
        Self::new("maintenance")
            .retry_after(until.since(now).as_secs() + 1)
            .with("until", json!(until))
            .value("until", format!("{clock} UTC"))
    }

    /// A field of the call is not acceptable. `reason` is `missing`, `too_long`, `unknown`, `malformed`,
    /// `too_many`, `out_of_range`, `before_start`, `before_history`, `too_short`, `in_future`, `overlaps`,
    /// `lengths_differ`, `overlap`, `empty`, `twice`, `taken`, `asked`, `own`, `many_ends`, `one_clock` or
    /// `against_rules`.
    #[must_use]
    pub fn invalid(field: &'static str, reason: &'static str) -> Self {
        Self::new("invalid").with("field", field.into()).with("reason", reason.into())
    }

    /// The same of a place within the body: `schedule.week[2].weekday`.
    #[must_use]
    pub(crate) fn at(place: String, reason: &'static str) -> Self {
        Self::new("invalid").with("field", place.into()).with("reason", reason.into())
    }

    /// Seconds after which the same call may succeed.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Adds a member to the document.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.extensions.insert(name.to_owned(), value);
        self
    }

    fn value(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.values.push((name, value.into()));
        self
    }

    /// Which value it is that there is not.
    fn unknown_value(self, dimension: &'static str, value: String) -> Self {
        self.with("dimension", dimension.into())
            .with("value", value.clone().into())
            .value("dimension", dimension)
            .value("value", value)
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        let known = CODES.iter().find(|(code, _)| *code == self.code);
        known.map_or(StatusCode::INTERNAL_SERVER_ERROR, |(_, status)| *status)
    }

    /// Seconds after which to try again, if that helps.
    #[must_use]
    pub const fn wait(&self) -> Option<u64> {
        self.retry_after
    }

    /// One line: what is wrong.
    #[must_use]
    pub fn title(&self, language: Language) -> String {
        words(language, &format!("problem.{}.title", self.code), &[])
    }

    /// What is wrong here and what helps.
    #[must_use]
    pub fn detail(&self, language: Language) -> String {
        let member = |name: &str| self.extensions.get(name).and_then(Value::as_str);
        let reason = member("reason").map(|r| words(language, &format!("problem.invalid.reason.{r}"), &[]));
        let seconds = self.retry_after.unwrap_or(1).to_string();
        let mut values: Vec<(&str, &str)> = vec![("seconds", &seconds)];
        values.extend(member("field").map(|field| ("field", field)));
        values.extend(self.values.iter().map(|(name, value)| (*name, value.as_str())));
        values.extend(reason.as_deref().map(|reason| ("reason", reason)));
        let variant = if self.keeps_place() { "kept" } else { "detail" };
        words(language, &format!("problem.{}.{variant}", self.code), &values)
    }

    /// The document.
    #[must_use]
    pub fn document(&self, language: Language) -> Value {
        let mut document = json!({
            "type": format!("/docs/problems/{}", self.code),
            "title": self.title(language),
            "status": self.status().as_u16(),
            "code": self.code,
            "detail": self.detail(language),
        });
        if let Some(members) = document.as_object_mut() {
            if let Some(seconds) = self.retry_after {
                members.insert("retry_after".to_owned(), seconds.into());
            }
            members.extend(self.extensions.clone());
        }
        document
    }

    /// The whole answer, for callers that take JSON.
    #[must_use]
    pub fn answer(&self, language: Language) -> Response {
        let body = self.document(language).to_string();
        let mut response = (self.status(), body).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        self.put_headers(response.headers_mut());
        response
    }

    /// The headers that belong to the problem, whatever its body looks like.
    pub(crate) fn put_headers(&self, headers: &mut HeaderMap) {
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if self.status() == StatusCode::UNAUTHORIZED {
            headers.insert(
                http::header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Visitor, Link, Session, Bearer"),
            );
        }
        if self.status() == StatusCode::UPGRADE_REQUIRED {
            headers.insert(http::header::UPGRADE, HeaderValue::from_static("websocket"));
        }
    }
}

/// A number from `low` to `high`, another one each time. It spreads load and guards nothing.
pub(crate) fn spread(low: u64, high: u64) -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static CALLS: AtomicU64 = AtomicU64::new(0);
    // Steps by the golden ratio visit an interval evenly (Weyl 1916).
    let call = CALLS.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
    low + call % (high - low + 1)
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let code = error.code();
        let problem = Self::new(code);
        match error {
            Error::Invalid { field, reason } => Self::invalid(field, reason),
            Error::Schedule(wrong) => {
                Self::invalid(wrong.part, wrong.reason).with("place", wrong.place.into())
            }
            Error::AsksForSecretIn(place) => problem.with("field", place.into()),
            Error::AgainstRules(violations) => problem.with("violations", json!(violations)),
            Error::HeldByOther(hold) => problem.with("hold", json!(hold)),
            Error::OutdatedVersion { version } => problem.with("version", version.into()),
            Error::Number(_) => problem.with("field", "number".into()),
            Error::OutdatedView { missed, last_seq } => {
                problem.with("missed", json!(missed)).with("last_seq", last_seq.into())
            }
            Error::UploadTooLarge { limit } => {
                problem.with("limit", limit.into()).value("megabytes", (limit >> 20).to_string())
            }
            Error::IdentityToken(reason) | Error::WebhookSignature(reason) => problem.value("reason", reason),
            Error::UnknownValue { dimension, value } => problem.unknown_value(dimension, value),
            Error::Table(faults) => problem.with("faults", json!(faults)),
            _ if code == "busy" => Self::busy(),
            _ if code == "unavailable" => problem.retry_after(spread(2, 6)),
            _ if code == "disk_full" => problem.retry_after(30),
            other => {
                if code == "internal" {
                    tracing::error!(error = %other, "a use case failed");
                }
                problem
            }
        }
    }
}

impl From<InsightError> for Problem {
    fn from(error: InsightError) -> Self {
        match error {
            InsightError::Invalid { field, reason } => Self::invalid(field, reason),
            InsightError::UnknownValue { dimension, value } => {
                Self::new("unknown_value").unknown_value(dimension, value)
            }
            InsightError::Loading { percent } => {
                Self::new("facts_loading").retry_after(spread(2, 5)).with("percent", percent.into())
            }
            InsightError::Store(error) => Error::Store(error).into(),
            other @ (InsightError::Snapshot(_) | InsightError::Io(_)) => {
                tracing::error!(error = %other, "facts");
                Self::new("internal")
            }
        }
    }
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Desk(error) => error.into(),
            ReportError::Insight(error) => error.into(),
            other => {
                let code = other.code();
                if code == "internal" {
                    tracing::error!(error = %other, "a report");
                }
                Self::new(code)
            }
        }
    }
}

/// The answer to a caller whose language is not known here: the problem itself, which
/// [`crate::passage`] writes out.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The caller's language by `Accept-Language`; English when it names none that we speak.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tongue(pub Language);

impl Tongue {
    /// Reads the header.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let header = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Self(header.and_then(Language::negotiate).unwrap_or_default())
    }
}

impl<S: Sync> FromRequestParts<S> for Tongue {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_in_every_language() {
        let mut last = "";
        for (code, _) in CODES {
            assert!(*code > last, "{code} is in its place");
            last = code;
            for language in Language::ALL {
                for part in ["title", "detail"] {
                    let key = format!("problem.{code}.{part}");
                    assert_ne!(words(language, &key, &[]), key);
                }
            }
        }
    }

    #[test]
    fn values_are_filled_in() {
        for (problem, chinese) in [
            (Problem::invalid("text", "too_long"), "text：内容过长。"),
            (Problem::new("too_many_calls").retry_after(7), "短时间内操作过多，请等待 7 秒后再试。"),
            (
                Problem::from(Error::UploadTooLarge { limit: 25 << 20 }),
                "文件超过 25 MB。请换一个较小的文件，或只截取其中一部分。",
            ),
        ] {
            assert_eq!(problem.detail(Language::Chinese), chinese);
            assert!(!problem.detail(Language::English).contains(['{', '}']));
        }
    }

    #[test]
    fn who_asks_for_figures_too_early_is_told_how_far_they_are() {
        let problem = Problem::from(InsightError::Loading { percent: 40 });
        assert_eq!(problem.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(problem.wait().is_some_and(|seconds| seconds < 10));
        let document = problem.document(Language::English);
        assert_eq!((&document["code"], &document["percent"]), (&json!("facts_loading"), &json!(40)));
    }

    #[test]
    fn waits_are_spread() {
        let waits: std::collections::BTreeSet<_> = (0..100).map(|_| spread(1, 5)).collect();
        assert_eq!(waits.into_iter().collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    }
}
