//! Who calls: credentials are checked before a handler runs, by the route's [`Access`]; handlers take the caller that
//! came out of it by one of the extractors here.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method};
use standfast_desk::{
    AgentCaller, AgentView, Customer, Desk, MachineCaller, Reader, Signature, Visitor, authenticate,
    authenticate_machine, authenticate_webhook, open_link,
};
use standfast_domain::{RequestNumber, Time, TokenScope};

use crate::app::App;
use crate::network::Peer;
use crate::problem::Problem;
use crate::route::Access;

/// Somebody on the desk, with the session that proves it.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who, for use cases.
    pub caller: AgentCaller,
    /// Who, for showing.
    pub view: AgentView,
    /// The session's secret.
    pub(crate) token: Token,
}

/// The secret of a session. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(pub(crate) String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

/// A caller whose credential was checked. Extractor for routes of [`Access::Either`].
#[derive(Clone, Debug)]
pub enum Caller {
    /// Somebody who asks for help.
    Customer(Customer),
    /// Somebody on the desk.
    Agent(Box<SignedIn>),
}

impl Caller {
    /// The name under which limits and uploads know the caller.
    #[must_use]
    pub fn scope(&self) -> String {
        match self {
            Self::Customer(customer) => customer.scope(),
            Self::Agent(agent) => agent.caller.scope(),
        }
    }

    /// The caller as a reader of attachments.
    #[must_use]
    pub fn reader(&self) -> Reader {
        match self {
            Self::Customer(customer) => Reader::Customer(customer.clone()),
            Self::Agent(agent) => Reader::Agent(agent.caller.clone()),
        }
    }
}

/// The customer who calls. Extractor for routes of [`Access::Customer`].
#[derive(Clone, Debug)]
pub struct CustomerCaller(pub Customer);

/// The system that calls. Extractor for routes of [`Access::Machine`] and [`Access::Signed`].
#[derive(Clone, Debug)]
pub struct Machine(pub MachineCaller);

/// Whom a credential has proven, by the kind of caller that the route takes.
pub(crate) enum Proven {
    /// A customer or somebody on the desk.
    Caller(Caller),
    /// Another system.
    Machine(Machine),
}

impl Proven {
    /// The name under which limits know the caller.
    pub(crate) fn scope(&self) -> String {
        match self {
            Self::Caller(caller) => caller.scope(),
            Self::Machine(Machine(machine)) => machine.scope(),
        }
    }

    /// Whether it is somebody on the desk.
    pub(crate) const fn is_agent(&self) -> bool {
        matches!(self, Self::Caller(Caller::Agent(_)))
    }

    /// Puts the caller where the extractors find it.
    pub(crate) fn put(self, extensions: &mut http::Extensions) {
        match self {
            Self::Caller(caller) => drop(extensions.insert(caller)),
            Self::Machine(machine) => drop(extensions.insert(machine)),
        }
    }
}

/// Checks the caller's credential as the route wants it; `None` where it wants none.
pub(crate) async fn check(
    access: Access,
    app: &App,
    method: &Method,
    headers: &HeaderMap,
    peer: Peer,
) -> Result<Option<Proven>, Problem> {
    let caller = |caller| Ok(Some(Proven::Caller(caller)));
    match access {
        // A signature covers the body, which has not been read yet: see [`signed`].
        Access::Public | Access::Signed(_) => Ok(None),
        Access::Machine(scope) => {
            let machine = authenticate_machine(&app.desk, bearer(headers)).await?;
            machine.require(scope)?;
            Ok(Some(Proven::Machine(Machine(machine))))
        }
        Access::Customer => caller(Caller::Customer(customer(&app.desk, headers).await?)),
        Access::Either(_) if headers.contains_key(AUTHORIZATION) => {
            caller(Caller::Customer(customer(&app.desk, headers).await?))
        }
        Access::Agent(permission) | Access::Either(permission) => {
            let agent = agent(app, method, headers).await?;
            agent.caller.require(permission)?;
            caller(Caller::Agent(Box::new(agent)))
        }
        Access::Operator if peer.local || is_operator(app, headers) => Ok(None),
        Access::Operator => Err(Problem::new("not_found")),
    }
}

/// The customer behind `Authorization: Visitor <secret>` or `Authorization: Link <number>.<token>`.
async fn customer(desk: &Desk, headers: &HeaderMap) -> Result<Customer, Problem> {
    let unauthenticated = || Problem::new("unauthenticated");
    let header =
        headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(unauthenticated)?;
    let (scheme, credential) = header.split_once(' ').ok_or_else(unauthenticated)?;
    let credential = credential.trim();
    if scheme.eq_ignore_ascii_case("visitor") {
        return Ok(Customer::Visitor(Visitor::new(credential)?));
    }
    if scheme.eq_ignore_ascii_case("link") {
        let (number, token) = credential.rsplit_once('.').ok_or_else(unauthenticated)?;
        let number: RequestNumber = number.parse().map_err(|_| unauthenticated())?;
        return match open_link(desk, number, token).await {
            Ok(customer) => Ok(customer),
            // A wrong link is a wrong credential, whether or not there is such a request.
            Err(error) if error.code() == "not_found" => Err(unauthenticated()),
            Err(error) => Err(error.into()),
        };
    }
    Err(unauthenticated())
}

/// Who is behind the session cookie. Calls that change something must come from the own origin.
async fn agent(app: &App, method: &Method, headers: &HeaderMap) -> Result<SignedIn, Problem> {
    let token = session_cookie(app, headers).ok_or_else(|| Problem::new("unauthenticated"))?;
    if !method.is_safe() && own_origin(app, headers) != Some(true) {
        return Err(Problem::new("foreign_origin"));
    }
    let (caller, view) = authenticate(&app.desk, token).await?;
    Ok(SignedIn { caller, view, token: Token(token.to_owned()) })
}

fn is_operator(app: &App, headers: &HeaderMap) -> bool {
    let Some(expected) = app.config.operator_token.as_deref().filter(|token| !token.is_empty()) else {
        return false;
    };
    same(expected.as_bytes(), bearer(headers).as_bytes())
}

/// What `Authorization: Bearer …` carries; nothing when there is no such header.
fn bearer(headers: &HeaderMap) -> &str {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default().trim()
}

/// The system that has signed a call, whose body was read whole.
pub(crate) async fn signed(
    scope: TokenScope,
    app: &App,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Proven, Problem> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let signature = Signature {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signatures: header("webhook-signature"),
    };
    let machine = authenticate_webhook(&app.desk, signature, body).await?;
    machine.require(scope)?;
    Ok(Proven::Machine(Machine(machine)))
}

/// Whether two byte strings are equal, in a time that does not tell where they differ.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

/// Whether a call comes from a page of the desk itself; `None` when the caller does not say, as programs do and
/// browsers do not.
pub(crate) fn own_origin(app: &App, headers: &HeaderMap) -> Option<bool> {
    if let Some(site) = headers.get("sec-fetch-site") {
        return Some(site == "same-origin" || site == "none");
    }
    let origin = headers.get(ORIGIN)?.to_str().unwrap_or_default();
    Some(is_own(app, origin, headers.get(HOST)))
}

/// Whether an `Origin` is that of the desk: by its public address, or by the name under which it was called.
pub(crate) fn is_own(app: &App, origin: &str, host: Option<&HeaderValue>) -> bool {
    if app.origin.eq_ignore_ascii_case(origin) {
        return true;
    }
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    let host = host.and_then(|host| host.to_str().ok());
    matches!((authority, host), (Some(authority), Some(host)) if authority.eq_ignore_ascii_case(host))
}

/// Name of the session cookie. With https it is bound to this very host by its prefix (RFC 6265bis §4.1.3.2).
pub(crate) const fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-standfast" } else { "standfast_session" }
}

/// The value of a cookie.
#[must_use]
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value)
}

fn session_cookie<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    cookie(headers, cookie_name(app.secure))
}

/// The `Set-Cookie` of a session; of its end when there is no token.
pub(crate) fn set_session(app: &App, token: Option<(&str, Time)>) -> HeaderValue {
    let name = cookie_name(app.secure);
    let secure = if app.secure { "; Secure" } else { "" };
    let (value, age) = match token {
        Some((token, expires)) => (token, expires.since(app.desk.clock().now()).as_secs()),
        None => ("", 0),
    };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={age}{secure}");
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// A handler asked for a caller that its route does not provide.
fn missing(parts: &Parts) -> Problem {
    tracing::error!(path = parts.uri.path(), "the route's access does not provide this caller");
    Problem::new("internal")
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| missing(parts))
    }
}

impl<S: Sync> FromRequestParts<S> for CustomerCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.extensions.get::<Caller>() {
            Some(Caller::Customer(customer)) => Ok(Self(customer.clone())),
            _ => Err(missing(parts)),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match parts.extensions.get::<Caller>() {
            Some(Caller::Agent(agent)) => Ok((**agent).clone()),
            _ => Err(missing(parts)),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Machine {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| missing(parts))
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().copied().unwrap_or(Self { network: None, local: false }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=1; standfast_session=x.y; b=".parse().unwrap());
        headers.append(COOKIE, "c=3".parse().unwrap());
        assert_eq!(cookie(&headers, "standfast_session"), Some("x.y"));
        assert_eq!(cookie(&headers, "c"), Some("3"));
        assert_eq!(cookie(&headers, "b"), None);
        assert_eq!(cookie(&headers, "session"), None);
    }
}
