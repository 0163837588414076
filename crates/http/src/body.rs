//! Request bodies: how much, how fast, and what is in them.

use std::fmt::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, SizeHint};
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::problem::Problem;

/// Time that every body gets, however small.
const GRACE: Duration = Duration::from_secs(10);
/// What a body has to bring from then on, in bytes a second.
const LEAST_RATE: u64 = 1_024;

/// Why reading a body was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the body is too large")]
    TooLarge,
    #[error("the body comes too slowly")]
    TooSlow,
    #[error("the connection broke off")]
    Broken,
}

/// A body that must keep up a least rate and may not exceed a size.
pub(crate) struct Paced {
    inner: axum::body::Body,
    most: u64,
    received: u64,
    started: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Paced {
    pub(crate) fn new(inner: axum::body::Body, most: u64) -> Self {
        Self { inner, most, received: 0, started: None, timer: None }
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(context) {
            return Poll::Ready(match frame {
                None => None,
                Some(Err(_)) => Some(Err(BodyError::Broken)),
                Some(Ok(frame)) => {
                    this.received += frame.data_ref().map_or(0, |data| data.len() as u64);
                    Some(if this.received > this.most { Err(BodyError::TooLarge) } else { Ok(frame) })
                }
            });
        }
        let started = *this.started.get_or_insert_with(Instant::now);
        let deadline = started + GRACE + Duration::from_millis(this.received * 1_000 / LEAST_RATE);
        let timer = this.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Some(Err(BodyError::TooSlow)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl BodyError {
    /// Finds out why reading failed, wherever the reason was wrapped up.
    pub(crate) fn find(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref::<Self>() {
                return *found;
            }
            next = error.source();
        }
        Self::Broken
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        Self::new(match error {
            BodyError::TooLarge => "too_large",
            BodyError::TooSlow => "request_timeout",
            BodyError::Broken => "malformed",
        })
    }
}

/// A JSON body. What is wrong with it is said by kind and place, never by repeating it.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if !is_json(&parts) {
            return Err(Problem::new("unsupported_media_type"));
        }
        let bytes = body.collect().await.map_err(|error| Problem::from(BodyError::find(&error)))?.to_bytes();
        read(&bytes).map(Self)
    }
}

/// Reads a JSON object.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // serde would take a list of the fields' values for the object.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::invalid("body", "malformed"));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let problem = if error.is_data() { unfit::<T>(bytes) } else { Problem::new("malformed") };
        problem.with("line", error.line().into()).with("column", error.column().into())
    })
}

/// Which member of a body cannot be read, and why: `hours.schedule.week[2].weekday` is `out_of_range`. The body is read once more for
/// it; what is good is read without.
fn unfit<T: DeserializeOwned>(bytes: &[u8]) -> Problem {
    let mut document = serde_json::Deserializer::from_slice(bytes);
    let Err(error) = serde_path_to_error::deserialize::<_, T>(&mut document) else {
        return Problem::invalid("body", "malformed");
    };
    let path = said(error.path());
    let text = error.inner().to_string();
    // serde tells kinds of errors apart in its words alone; a test holds them.
    if let Some(name) = text.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        let at = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        return Problem::at(at, "missing");
    }
    let is_number = ["invalid value: integer", "invalid value: floating point"].iter();
    let reason = match () {
        () if text.starts_with("unknown ") => "unknown",
        () if is_number.clone().any(|kind| text.starts_with(kind)) => "out_of_range",
        () => "malformed",
    };
    Problem::at(if path.is_empty() { "body".to_owned() } else { path }, reason)
}

/// A place in a body, as far as its names are such as the API has: a key that a caller made up may be anything, and is not repeated.
fn said(path: &serde_path_to_error::Path) -> String {
    let mut said = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => {
                let _ = write!(said, "[{index}]");
            }
            Segment::Map { key: name } | Segment::Enum { variant: name } if is_name(name) => {
                said.push_str(if said.is_empty() { "" } else { "." });
                said.push_str(name);
            }
            Segment::Map { .. } | Segment::Enum { .. } | Segment::Unknown => break,
        }
    }
    said
}

fn is_name(key: &str) -> bool {
    key.len() <= 32
        && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'))
}

fn is_json(parts: &Parts) -> bool {
    let Some(value) = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
        || (essence.len() > 17 && essence.to_ascii_lowercase().ends_with("+json"))
}

/// Refuses a number outside of what the description of the API allows.
pub(crate) fn within<T: PartialOrd + Copy>(
    name: &'static str,
    value: T,
    range: std::ops::RangeInclusive<T>,
) -> Result<(), Problem> {
    if range.contains(&value) { Ok(()) } else { Err(Problem::invalid(name, "malformed")) }
}

/// A query string.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Send, S: Sync + Send> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // No text of ours has a NUL, and PostgreSQL cannot hold one.
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return Err(Problem::invalid("query", "malformed"));
        }
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(_) => Err(Problem::invalid("query", "malformed")),
        }
    }
}

/// The one parameter of a path. What cannot be one names nothing.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<T: PathPart, S: Sync + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        let Ok(axum::extract::Path(text)) = text else { return Err(Problem::new("not_found")) };
        T::read(&text).map(Self)
    }
}

/// Something that a path names.
pub trait PathPart: Sized {
    /// Reads the part of the path.
    fn read(text: &str) -> Result<Self, Problem>;
}

/// Ids name nothing when they are none; a mistyped number is worth saying.
macro_rules! path_ids {
    ($($id:ty),+) => {$(
        impl PathPart for $id {
            fn read(text: &str) -> Result<Self, Problem> {
                text.parse().map_err(|_| Problem::new("not_found"))
            }
        }
    )+};
}

path_ids!(
    standfast_domain::RequestId,
    standfast_domain::AgentId,
    standfast_domain::CustomerId,
    standfast_domain::AttachmentId,
    standfast_domain::JobId,
    standfast_domain::AlarmId,
    standfast_domain::DriverId,
    standfast_domain::DashboardId,
    standfast_domain::MaintenanceId,
    standfast_domain::SurgeId,
    standfast_domain::TokenId,
    standfast_domain::ReviewId,
    standfast_domain::ReportId,
    standfast_domain::ReportRunId,
    standfast_domain::ScheduleId,
    standfast_domain::ShiftId,
    standfast_domain::SwapId,
    standfast_domain::TimeOffId,
    standfast_domain::CalendarId
);

impl PathPart for standfast_domain::Day {
    fn read(text: &str) -> Result<Self, Problem> {
        Self::parse(text).ok_or_else(|| Problem::new("not_found"))
    }
}

/// How another system names something; the desk checks it.
#[derive(Clone, Debug)]
pub struct ExternalId(pub String);

impl PathPart for ExternalId {
    fn read(text: &str) -> Result<Self, Problem> {
        Ok(Self(text.to_owned()))
    }
}

/// A word that its handler checks.
impl PathPart for String {
    fn read(text: &str) -> Result<Self, Problem> {
        Ok(text.to_owned())
    }
}

impl PathPart for standfast_domain::RequestNumber {
    fn read(text: &str) -> Result<Self, Problem> {
        text.parse().map_err(|error| standfast_desk::Error::Number(error).into())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::json;
    use standfast_domain::{Language, Schedule, Weekday};

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Wish {
        name: String,
        share: u8,
        #[serde(default)]
        factor: f64,
        #[serde(default)]
        weekdays: Vec<Weekday>,
        #[serde(default)]
        schedule: Option<Schedule>,
        #[serde(default)]
        by: BTreeMap<String, u8>,
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let week = |weekday: u8, opens: &str| {
            json!({"zone": "UTC", "week": [
                {"weekday": 1, "opens": "09:00", "closes": "18:00"},
                {"weekday": weekday, "opens": opens, "closes": "18:00"},
            ]})
        };
        for (part, field, reason) in [
            (json!({"share": "much"}), "share", "malformed"),
            (json!({"share": 300}), "share", "out_of_range"),
            (json!({"share": -1}), "share", "out_of_range"),
            (json!({"share": 1.5}), "share", "malformed"),
            (json!({"share": null}), "share", "malformed"),
            (json!({"factor": "x"}), "factor", "malformed"),
            (json!({"weekdays": [1, 8]}), "weekdays[1]", "malformed"),
            (json!({"schedule": week(8, "09:00")}), "schedule.week[1].weekday", "malformed"),
            (json!({"schedule": week(2, "09:60")}), "schedule.week[1].opens", "malformed"),
            (json!({"schedule": {"zone": "UTC"}}), "schedule.week", "missing"),
            (json!({"by": {"a": "b"}}), "by.a", "malformed"),
            (json!({"colour": "red"}), "colour", "unknown"),
            // What is no name of an API is not said again.
            (json!({"Correct horse battery": 1}), "body", "unknown"),
            (json!({"by": {"legal winner thank": "b"}}), "by", "malformed"),
        ] {
            let mut body = json!({"name": "a", "share": 1});
            body.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
            let problem = read::<Wish>(body.to_string().as_bytes()).unwrap_err();
            let document = problem.document(Language::English);
            assert_eq!((&document["field"], &document["reason"]), (&json!(field), &json!(reason)), "{part}");
            assert!(document["column"].as_u64() > Some(0) && document["code"] == "invalid");
        }
        let document = |body: &str| read::<Wish>(body.as_bytes()).unwrap_err().document(Language::English);
        assert_eq!(document("{}")["field"], "name");
        assert_eq!(document("{}")["reason"], "missing");
        assert_eq!(document("\"a\"")["field"], "body");
        assert_eq!(document("[1]")["field"], "body");
        assert_eq!(document("{")["code"], "malformed");
    }
}
