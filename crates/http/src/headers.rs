//! The headers with which browsers are told to trust a response with as little as possible: on every one, errors too.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue};

use crate::route::Area;

const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");

/// Data and files: nothing in them may ever run, load or be framed.
const API: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";
/// Pages have style sheets, pictures and forms of their own, and no scripts at all …
const PAGE: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
                    frame-ancestors 'none'";
/// … but for those that keep themselves as they are now: a script from here, which asks for the same page.
pub(crate) const FOLLOWED: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; \
                                   img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// The console's scripts come from here alone. Style attributes are allowed because positions and widths are set by
/// them; style elements are not.
const CONSOLE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; \
                       img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
                       worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// A host page for the demonstration: what a wallet's own page would allow.
const DEMO: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; \
                    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'";

const fn policy(area: Area) -> &'static str {
    match area {
        Area::Api | Area::Widget => API,
        Area::Page => PAGE,
        Area::Console => CONSOLE,
        Area::Demo => DEMO,
    }
}

/// Puts the headers of an area on a response. A handler's own `Cache-Control` and policy stand.
pub(crate) fn put(headers: &mut HeaderMap, area: Area, secure: bool) {
    let fixed = HeaderValue::from_static;
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(fixed(policy(area)));
    headers.insert(X_CONTENT_TYPE_OPTIONS, fixed("nosniff"));
    headers.insert(X_FRAME_OPTIONS, fixed(if area == Area::Demo { "SAMEORIGIN" } else { "DENY" }));
    headers.insert(REFERRER_POLICY, fixed(if area == Area::Console { "same-origin" } else { "no-referrer" }));
    headers.insert(OPENER, fixed("same-origin"));
    headers.insert(RESOURCE, fixed(if area == Area::Widget { "cross-origin" } else { "same-origin" }));
    headers.insert(PERMISSIONS, fixed("camera=(), geolocation=(), microphone=(), payment=(), usb=()"));
    if secure {
        headers.insert(STRICT_TRANSPORT_SECURITY, fixed("max-age=31536000"));
    }
    headers.entry(CACHE_CONTROL).or_insert(fixed("no-store"));
}

/// The names that every response carries; a test holds every route to it.
#[cfg(test)]
pub(crate) const ALWAYS: [&str; 8] = [
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "cache-control",
];
