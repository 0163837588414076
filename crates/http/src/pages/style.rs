//! The stylesheet, the icons and the few other files that pages need.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

/// The design tokens that console and widget use too, then what is particular to these pages.
static STYLE: LazyLock<String> = LazyLock::new(|| {
    [include_str!("../../../../web/ui/tokens.css"), include_str!("../../templates/page.css")].join("\n")
});

/// What keeps a page as it is now.
const FOLLOW: &str = include_str!("../../templates/follow.js");

/// Addresses of both, which change with their content.
static HREF: LazyLock<String> = LazyLock::new(|| versioned("/page.css", &STYLE));
static FOLLOW_HREF: LazyLock<String> = LazyLock::new(|| versioned("/follow.js", FOLLOW));

fn versioned(path: &str, content: &str) -> String {
    // FNV-1a, 64 bit (Fowler, Noll, Vo): tells versions apart and guards nothing.
    let hash = content.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{path}?v={hash:016x}")
}

/// The stylesheet itself, for pages that stand alone.
pub(crate) fn sheet_text() -> &'static str {
    &STYLE
}

pub(crate) fn href() -> &'static str {
    &HREF
}

pub(crate) fn follow_href() -> &'static str {
    &FOLLOW_HREF
}

/// `GET /follow.js`
pub(crate) async fn follow() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, FOLLOW).into_response()
}

/// `GET /page.css`
pub(crate) async fn sheet() -> Response {
    let headers =
        [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, STYLE.as_str()).into_response()
}

/// `GET /icon.svg`
pub(crate) async fn favicon() -> Response {
    let headers = [(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "public, max-age=86400")];
    (headers, include_str!("../../templates/icon.svg")).into_response()
}

/// `GET /robots.txt`
pub(crate) async fn robots() -> Response {
    let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "public, max-age=86400")];
    (headers, "User-agent: *\nDisallow: /t\nDisallow: /console\nDisallow: /api/\n").into_response()
}

/// An outline icon of 16 pixels (Lucide, ISC licence), hidden from screen readers: words stand beside it.
pub(crate) fn icon(name: &str) -> &'static str {
    macro_rules! svg {
        ($paths:literal) => {
            concat!(
                r#"<svg class="icon" aria-hidden="true" width="16" height="16" viewBox="0 0 24 24" fill="none" "#,
                r#"stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">"#,
                $paths,
                "</svg>"
            )
        };
    }
    match name {
        "risk" => svg!(
            r#"<path d="M20 13c0 5-3.5 7.5-7.66 8.95a1 1 0 0 1-.67-.01C7.5 20.5 4 18 4 13V6a1 1 0 0 1 1-1c2 0 4.5-1.2 6.24-2.72a1.17 1.17 0 0 1 1.52 0C14.51 3.81 17 5 19 5a1 1 0 0 1 1 1z"/><path d="M12 8v4"/><path d="M12 16h.01"/>"#
        ),
        "clock" | "open" => svg!(r#"<circle cx="12" cy="12" r="10"/><path d="M12 6v6l4 2"/>"#),
        "check" | "solved" => svg!(r#"<circle cx="12" cy="12" r="10"/><path d="m16 9-5.5 5.5L8 12"/>"#),
        "wrench" => svg!(
            r#"<path d="M14.7 6.3a1 1 0 0 0 0 1.4l1.6 1.6a1 1 0 0 0 1.4 0l3.106-3.105c.32-.322.863-.22.983.218a6 6 0 0 1-8.259 7.057l-7.91 7.91a1 1 0 0 1-2.999-3l7.91-7.91a6 6 0 0 1 7.057-8.259c.438.12.54.662.219.984z"/>"#
        ),
        "file" => svg!(
            r#"<path d="m16 6-8.414 8.586a2 2 0 0 0 2.829 2.829l8.414-8.586a4 4 0 1 0-5.657-5.657l-8.379 8.551a6 6 0 1 0 8.485 8.485l8.379-8.551"/>"#
        ),
        "on_hold" => {
            svg!(
                r#"<rect x="14" y="3" width="5" height="18" rx="1"/><rect x="5" y="3" width="5" height="18" rx="1"/>"#
            )
        }
        "closed" | "spam" => {
            svg!(r#"<rect width="18" height="11" x="3" y="11" rx="2"/><path d="M7 11V7a5 5 0 0 1 10 0v4"/>"#)
        }
        "hidden" => svg!(
            r#"<path d="M10.733 5.076a10.744 10.744 0 0 1 11.205 6.575 1 1 0 0 1 0 .696 10.747 10.747 0 0 1-1.444 2.49"/><path d="M14.084 14.158a3 3 0 0 1-4.242-4.242"/><path d="M17.479 17.499a10.75 10.75 0 0 1-15.417-5.151 1 1 0 0 1 0-.696 10.75 10.75 0 0 1 4.446-5.143"/><path d="m2 2 20 20"/>"#
        ),
        "next" => svg!(r#"<path d="m9 18 6-6-6-6"/>"#),
        "back" => svg!(r#"<path d="m12 19-7-7 7-7"/><path d="M19 12H5"/>"#),
        "warning" => svg!(
            r#"<path d="m21.73 18-8-14a2 2 0 0 0-3.48 0l-8 14A2 2 0 0 0 4 21h16a2 2 0 0 0 1.73-3"/><path d="M12 9v4"/><path d="M12 17h.01"/>"#
        ),
        "merged" => {
            svg!(
                r#"<circle cx="18" cy="18" r="3"/><circle cx="6" cy="6" r="3"/><path d="M6 21V9a9 9 0 0 0 9 9"/>"#
            )
        }
        "message" | "waiting" => svg!(
            r#"<path d="M22 17a2 2 0 0 1-2 2H6.828a2 2 0 0 0-1.414.586l-2.202 2.202A.71.71 0 0 1 2 21.286V5a2 2 0 0 1 2-2h16a2 2 0 0 1 2 2z"/>"#
        ),
        _ => "",
    }
}
