//! The passage between a connection and a handler: one function that names the call, checks who calls, counts it,
//! bounds what is read and how long it takes, turns refusals into documents, puts the headers on, and notes what
//! happened. It works by the route's [`Terms`] alone.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use http::header::{ACCEPT, CONTENT_LENGTH, HeaderName, ORIGIN, VARY};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body_util::BodyExt as _;
use metrics::{counter, histogram};

use crate::app::{Admission, App};
use crate::body::{BodyError, Paced};
use crate::limit::Kind;
use crate::network::Peer;
use crate::problem::{Problem, Tongue};
use crate::route::{Access, Area, Class, Takes, Terms, table};
use crate::{credential, headers, pages};

/// Bodies of JSON and of plain forms, in bytes: the longest text, with every character escaped, fits.
pub const SMALL_BODY: u64 = 256 << 10;
/// Signed messages, in bytes: whoever sends one has it hashed under several keys.
const SIGNED_BODY: u64 = 64 << 10;
/// Tables of active users, in bytes.
pub const TABLE_BODY: u64 = 4 << 20;
/// Room for the fields of a form beside its files.
const FORM_FIELDS: u64 = 1 << 20;
/// The longest that a call may take; a long poll waits 25 seconds.
const TIMEOUT: Duration = Duration::from_secs(40);
/// The longest that a file may take.
const FILES_TIMEOUT: Duration = Duration::from_mins(15);

const CALL_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Leads a call to its handler and the answer back.
pub(crate) async fn pass(State((app, terms)): State<(App, Terms)>, request: Request, next: Next) -> Response {
    let started = app.desk.clock().monotonic();
    let id = app.call_id();
    let method = request.method().clone();
    let about = About::of(request.headers(), request.uri().path(), terms);
    let mut response = match admit(&app, terms, request).await {
        Ok((request, _seat)) => run(terms, request, next).await,
        Err(problem) => problem.into_response(),
    };
    let area = about.area;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = show(&app, &problem, area, &about, response.headers());
    }
    headers::put(response.headers_mut(), area, app.secure);
    if is_shared(Terms { area, ..terms }) {
        share(&app, about.origin.as_ref(), response.headers_mut());
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(CALL_ID, value);
    }
    let took = app.desk.clock().monotonic().saturating_sub(started);
    note(&method, about.route, response.status(), took, &id);
    response
}

/// What is kept of a call for its answer.
struct About {
    area: Area,
    tongue: Tongue,
    html: bool,
    origin: Option<HeaderValue>,
    route: &'static str,
}

impl About {
    fn of(headers: &HeaderMap, path: &str, terms: Terms) -> Self {
        // Only the fallbacks have no path of their own; what they answer with depends on where the caller was.
        let api = terms.path.starts_with('(') && path.starts_with("/api/");
        let accepts = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self {
            area: if api { Area::Api } else { terms.area },
            tongue: Tongue::of(headers),
            html: accepts.contains("text/html"),
            origin: headers.get(ORIGIN).cloned(),
            route: terms.path,
        }
    }
}

/// Everything that is checked before a handler runs; a place among the readers is kept until it has ended.
async fn admit(app: &App, terms: Terms, request: Request) -> Result<(Request, Option<Admission>), Problem> {
    let (mut parts, body) = request.into_parts();
    let peer = parts.extensions.get::<Peer>().copied().unwrap_or(Peer { network: None, local: false });
    let caller = credential::check(terms.access, app, &parts.method, &parts.headers, peer).await?;
    if terms.rests {
        let now = app.desk.now();
        if let Some(until) = app.desk.maintenance().until(now) {
            return Err(Problem::maintenance(until, now));
        }
    }
    let scope = caller.as_ref().map(credential::Proven::scope);
    let counted = match terms.class {
        Class::Free => None,
        Class::Read => Some((Kind::Read, scope.as_deref())),
        Class::Upload => Some((Kind::Upload, scope.as_deref())),
        Class::SignIn => Some((Kind::SignIn, None)),
        Class::Ping => Some((Kind::Ping, None)),
    };
    if let Some((kind, scope)) = counted {
        app.limits.check(kind, scope, peer.network)?;
    }
    let is_agent = caller.as_ref().is_some_and(credential::Proven::is_agent);
    let seat = if terms.queues && !is_agent {
        Some(app.admit_reader(scope.as_deref(), peer.network).await?)
    } else {
        None
    };
    if let Some(caller) = caller {
        caller.put(&mut parts.extensions);
    }
    let limits = &app.desk.settings().limits;
    let (most, code) = match terms.takes {
        _ if matches!(terms.access, Access::Signed(_)) => (SIGNED_BODY, "too_large"),
        Takes::Nothing | Takes::Small => (SMALL_BODY, "too_large"),
        Takes::Table => (TABLE_BODY, "too_large"),
        Takes::Files => (limits.upload_bytes * limits.uploads_per_message as u64 + FORM_FIELDS, "too_large"),
        Takes::Upload => (limits.upload_bytes, "upload_too_large"),
    };
    let said = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|length| length > most) {
        return Err(if code == "upload_too_large" {
            standfast_desk::Error::UploadTooLarge { limit: most }.into()
        } else {
            Problem::new(code)
        });
    }
    let mut body = axum::body::Body::new(Paced::new(body, most));
    if let Access::Signed(scope) = terms.access {
        let read = body.collect().await.map_err(|error| Problem::from(BodyError::find(&error)))?;
        let bytes = read.to_bytes();
        credential::signed(scope, app, &parts.headers, &bytes).await?.put(&mut parts.extensions);
        body = axum::body::Body::from(bytes);
    }
    Ok((Request::from_parts(parts, body), seat))
}

/// Runs the handler: not for ever, and not beyond a panic.
async fn run(terms: Terms, request: Request, next: Next) -> Response {
    let limit = if matches!(terms.takes, Takes::Files | Takes::Upload) { FILES_TIMEOUT } else { TIMEOUT };
    let handler = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(limit, handler).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            // The panic hook has written where; what was said stays out of it.
            tracing::error!(route = terms.path, "a handler panicked");
            Problem::new("internal").into_response()
        }
        Err(_) => Problem::new("unavailable").retry_after(5).into_response(),
    }
}

/// Writes a problem out as the area shows them.
fn show(app: &App, problem: &Problem, area: Area, about: &About, so_far: &HeaderMap) -> Response {
    let mut response = if area == Area::Page && about.html {
        pages::problem(&app.desk, problem, about.tongue.0)
    } else {
        problem.answer(about.tongue.0)
    };
    *response.status_mut() = problem.status();
    problem.put_headers(response.headers_mut());
    if let Some(allow) = so_far.get(http::header::ALLOW) {
        response.headers_mut().insert(http::header::ALLOW, allow.clone());
    }
    response
}

/// Lets host pages read the answer (CORS). No cookies are ever involved.
fn share(app: &App, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
    use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS};
    let allowed = &app.config.widget_origins;
    if allowed.is_empty() {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    } else {
        headers.append(VARY, HeaderValue::from_static("origin"));
        let Some(origin) = origin.filter(|origin| allowed.iter().any(|allowed| *origin == allowed)) else {
            return;
        };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("retry-after, content-disposition, x-request-id"),
    );
}

/// Notes a call: never its query, its body, a number or a credential.
fn note(method: &Method, route: &'static str, status: StatusCode, took: Duration, id: &str) {
    let name: &'static str = match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    };
    let code = status.as_u16();
    counter!("standfast_http_requests_total", "method" => name, "route" => route, "status" => status_name(status))
        .increment(1);
    histogram!("standfast_http_seconds", "route" => route).record(took.as_secs_f64());
    #[expect(clippy::cast_precision_loss, reason = "for reading")]
    let ms = took.as_micros() as f64 / 1_000.0;
    // What went well is in the metrics; a line for each would cost as much as the call.
    if status.is_client_error() || status.is_server_error() {
        tracing::info!(target: "standfast::http", method = name, route, status = code, ms, id, "call");
    } else {
        tracing::debug!(target: "standfast::http", method = name, route, status = code, ms, id, "call");
    }
}

/// The status as a label, without making a string of it for every call.
fn status_name(status: StatusCode) -> metrics::SharedString {
    match status {
        StatusCode::OK => "200".into(),
        StatusCode::CREATED => "201".into(),
        StatusCode::NO_CONTENT => "204".into(),
        StatusCode::TOO_MANY_REQUESTS => "429".into(),
        StatusCode::SERVICE_UNAVAILABLE => "503".into(),
        other => other.as_u16().to_string().into(),
    }
}

/// What answers where there is no route.
pub(crate) async fn nothing_here() -> Problem {
    Problem::new("not_found")
}

/// The methods of each path, as `Allow` lists them, and whether host pages may call it.
fn methods() -> &'static HashMap<&'static str, (HeaderValue, bool)> {
    static METHODS: OnceLock<HashMap<&'static str, (HeaderValue, bool)>> = OnceLock::new();
    METHODS.get_or_init(|| {
        let mut lists: HashMap<&'static str, (String, bool)> = HashMap::new();
        for route in table() {
            let (list, shared) = lists.entry(route.path).or_default();
            list.push_str(if list.is_empty() { "" } else { ", " });
            list.push_str(route.method.as_str());
            *shared |= is_shared(route.terms());
        }
        let value =
            |list: String| HeaderValue::from_str(&list).unwrap_or_else(|_| HeaderValue::from_static(""));
        lists.into_iter().map(|(path, (list, shared))| (path, (value(list), shared))).collect()
    })
}

/// Whether host pages may read the answers of a route.
fn is_shared(terms: Terms) -> bool {
    terms.area == Area::Api && matches!(terms.access, Access::Customer | Access::Either(_) | Access::Public)
}

/// What answers where there is a route, but not for this method: also the question of a host page's browser whether
/// it may call (a CORS preflight).
pub(crate) async fn wrong_method(method: Method, path: Option<MatchedPath>) -> Response {
    use http::header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_MAX_AGE, ALLOW,
    };
    let Some((allow, shared)) = path.as_ref().and_then(|path| methods().get(path.as_str())) else {
        return Problem::new("not_found").into_response();
    };
    let mut response = if method == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        Problem::new("method_not_allowed").into_response()
    };
    let headers = response.headers_mut();
    headers.insert(ALLOW, allow.clone());
    if *shared && method == Method::OPTIONS {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, allow.clone());
        headers.insert(
            ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("authorization, content-type, accept-language"),
        );
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200"));
    }
    response
}
