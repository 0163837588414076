//! What is built into the binary: the console, the widget, the word lists that it warns with, and the demonstration.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, LazyLock};

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use parking_lot::Mutex;
use rust_embed::RustEmbed;

use crate::app::App;
use crate::problem::Problem;
use crate::route::{Access, Area, Class, Route};

/// The console as `scripts/web build` builds it.
#[derive(RustEmbed)]
#[folder = "../../web/console/dist"]
#[allow_missing = true]
struct Console;

/// The widget and its loader.
#[derive(RustEmbed)]
#[folder = "../../web/widget/dist"]
#[allow_missing = true]
struct Widget;

/// Host pages for the demonstration.
#[derive(RustEmbed)]
#[folder = "../../web/widget/demo"]
#[allow_missing = true]
struct Demo;

/// A folder that is built in.
trait Folder: RustEmbed {
    /// Its name among the kept files.
    const NAME: &'static str;
    /// Where it lies in the repository.
    const PATH: &'static str;
}

impl Folder for Console {
    const NAME: &'static str = "console";
    const PATH: &'static str = "web/console/dist";
}

impl Folder for Widget {
    const NAME: &'static str = "widget";
    const PATH: &'static str = "web/widget/dist";
}

impl Folder for Demo {
    const NAME: &'static str = "demo";
    const PATH: &'static str = "web/widget/demo";
}

/// For files whose name changes with their content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// For files that keep their name: asked again after five minutes, by etag.
const SHORT: &str = "public, max-age=300";
const ASK: &str = "no-cache";

/// The routes of what is built in.
pub(crate) fn routes() -> Vec<Route> {
    let console = |route: Route| route.area(Area::Console).counts(Class::Free);
    let widget = |route: Route| route.area(Area::Widget).counts(Class::Free);
    let demo = |route: Route| route.area(Area::Demo).counts(Class::Free);
    vec![
        console(Route::get("/console", Access::Public, async || Redirect::permanent("/console/"))),
        console(Route::get("/console/", Access::Public, console_start)),
        console(Route::get("/console/{*path}", Access::Public, console_file)),
        widget(Route::get("/widget.js", Access::Public, loader)),
        widget(Route::get("/widget/app.js", Access::Public, widget_app)),
        widget(Route::get("/widget/rating.js", Access::Public, widget_rating)),
        widget(Route::get("/widget/words/{list}", Access::Public, word_list)),
        demo(Route::get("/demo", Access::Public, async || Redirect::permanent("/demo/"))),
        demo(Route::get("/demo/", Access::Public, demo_start)),
        demo(Route::get("/demo/{*path}", Access::Public, demo_file)),
    ]
}

/// A file ready to be sent.
struct File {
    bytes: Bytes,
    /// Only where it is worth it.
    gzip: Option<Bytes>,
    etag: String,
}

impl File {
    fn new(content: Cow<'static, [u8]>, compress: bool) -> Self {
        let bytes = match content {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => Bytes::from(bytes),
        };
        let gzip = compress.then(|| gzip(&bytes)).flatten().filter(|gzip| gzip.len() * 10 < bytes.len() * 9);
        Self { etag: etag(&bytes), bytes, gzip }
    }

    fn answer(&self, headers: &HeaderMap, media_type: &'static str, cache: &'static str) -> Response {
        let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let etag = HeaderValue::from_str(&self.etag).unwrap_or(HeaderValue::from_static("\"\""));
        let fixed = HeaderValue::from_static;
        let mut response = if known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == self.etag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let accepts =
                headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
            match &self.gzip {
                Some(gzip) if accepts.contains("gzip") => {
                    ([(CONTENT_ENCODING, fixed("gzip"))], gzip.clone()).into_response()
                }
                _ => self.bytes.clone().into_response(),
            }
        };
        let out = response.headers_mut();
        out.insert(CONTENT_TYPE, fixed(media_type));
        out.insert(CACHE_CONTROL, fixed(cache));
        out.insert(ETAG, etag);
        out.insert(VARY, fixed("accept-encoding"));
        response
    }
}

fn gzip(bytes: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// FNV-1a (Fowler, Noll, Vo 1991) over 128 bits: tells versions of our own files apart, and guards nothing.
fn etag(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
        (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013B)
    });
    format!("\"{hash:032x}\"")
}

/// The folder and the path of a built-in file.
type Name = (&'static str, String);

/// A built-in file. Compressed once; in debug builds files are read anew each time, so that a rebuilt console shows.
fn load<F: Folder>(path: &str) -> Option<Arc<File>> {
    static FILES: LazyLock<Mutex<HashMap<Name, Arc<File>>>> = LazyLock::new(Mutex::default);
    if cfg!(debug_assertions) {
        // rust-embed settles where the folder is while it compiles: one that comes later it would never find.
        let content = from_disk(&repository().join(F::PATH), path)?;
        return Some(Arc::new(File::new(Cow::Owned(content), is_text(path))));
    }
    let key = (F::NAME, path.to_owned());
    if let Some(file) = FILES.lock().get(&key) {
        return Some(file.clone());
    }
    let file = Arc::new(File::new(F::get(path)?.data, is_text(path)));
    FILES.lock().insert(key, file.clone());
    Some(file)
}

/// Where this was compiled.
fn repository() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file of a folder, and nothing outside of it.
fn from_disk(folder: &std::path::Path, path: &str) -> Option<Vec<u8>> {
    let folder = folder.canonicalize().ok()?;
    let file = folder.join(path).canonicalize().ok()?;
    (file.starts_with(&folder) && file.is_file()).then(|| std::fs::read(file).ok()).flatten()
}

fn ending(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, ending)| ending)
}

fn is_text(path: &str) -> bool {
    matches!(ending(path), "html" | "js" | "css" | "svg" | "json" | "txt" | "webmanifest")
}

fn media_type(path: &str) -> &'static str {
    match ending(path) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

async fn console_start(headers: HeaderMap) -> Response {
    if let Some(index) = load::<Console>("index.html") {
        index.answer(&headers, media_type("index.html"), ASK)
    } else {
        let text = "The console is not built in. Run `scripts/web build`, then build again.\n";
        (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
    }
}

/// A file of the console; its pages are all the one page, which finds its own way.
async fn console_file(Path(path): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let last = path.rsplit('/').next().unwrap_or_default();
    match load::<Console>(&path) {
        Some(_) if path == "manifest.json" => Err(Problem::new("not_found")),
        Some(file) => {
            let cache = if path.starts_with("assets/") { FOR_EVER } else { SHORT };
            Ok(file.answer(&headers, media_type(&path), cache))
        }
        None if last.contains('.') => Err(Problem::new("not_found")),
        None => Ok(console_start(headers).await),
    }
}

/// Lets any host page load it, by script element or by fetch.
fn for_hosts(mut response: Response) -> Response {
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

fn widget_file(name: &str, headers: &HeaderMap) -> Response {
    match load::<Widget>(name) {
        Some(file) => for_hosts(file.answer(headers, media_type(name), SHORT)),
        None => Problem::new("not_found").into_response(),
    }
}

async fn loader(headers: HeaderMap) -> Response {
    widget_file("widget.js", &headers)
}

async fn widget_app(headers: HeaderMap) -> Response {
    widget_file("app.js", &headers)
}

/// What the widget loads when something was solved.
async fn widget_rating(headers: HeaderMap) -> Response {
    widget_file("rating.js", &headers)
}

/// The word lists of BIP-39 by their file names.
const LISTS: [(&str, bip39::Language); 10] = [
    ("english.txt", bip39::Language::English),
    ("chinese_simplified.txt", bip39::Language::SimplifiedChinese),
    ("chinese_traditional.txt", bip39::Language::TraditionalChinese),
    ("japanese.txt", bip39::Language::Japanese),
    ("korean.txt", bip39::Language::Korean),
    ("spanish.txt", bip39::Language::Spanish),
    ("french.txt", bip39::Language::French),
    ("italian.txt", bip39::Language::Italian),
    ("czech.txt", bip39::Language::Czech),
    ("portuguese.txt", bip39::Language::Portuguese),
];

/// A word list, one word a line: the widget loads it when a text looks like a recovery phrase, to warn before it is
/// sent.
async fn word_list(Path(list): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    static FILES: LazyLock<HashMap<&'static str, File>> = LazyLock::new(|| {
        let file = |language: bip39::Language| {
            let text = language.word_list().join("\n") + "\n";
            File::new(Cow::Owned(text.into_bytes()), true)
        };
        LISTS.into_iter().map(|(name, language)| (name, file(language))).collect()
    });
    let file = FILES.get(list.as_str()).ok_or_else(|| Problem::new("not_found"))?;
    Ok(for_hosts(file.answer(&headers, media_type("txt.txt"), FOR_EVER)))
}

fn demo_page(app: &App, path: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    let file = app.desk.settings().demo.then(|| load::<Demo>(path)).flatten();
    let file = file.ok_or_else(|| Problem::new("not_found"))?;
    // Without a charset here: one of the pages is in GBK and says so itself, as old host pages do.
    let media_type = if ending(path) == "html" { "text/html" } else { media_type(path) };
    Ok(file.answer(headers, media_type, ASK))
}

async fn demo_start(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    demo_page(&app, "host.html", &headers)
}

async fn demo_file(
    State(app): State<App>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    demo_page(&app, &path, &headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_lists_are_whole() {
        for (name, language) in LISTS {
            assert_eq!(language.word_list().len(), 2_048, "{name}");
        }
    }

    #[test]
    fn a_folder_that_comes_later_is_found_and_nothing_outside_of_it() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("up/../dist");
        std::fs::write(place.path().join("secret"), "s").unwrap();
        assert_eq!(from_disk(&folder, "index.html"), None);
        for made in ["up", "dist/assets"] {
            std::fs::create_dir_all(place.path().join(made)).unwrap();
        }
        std::fs::write(place.path().join("dist/assets/a.js"), "a").unwrap();
        assert_eq!(from_disk(&folder, "assets/a.js").as_deref(), Some(&b"a"[..]));
        for other in ["../secret", "assets", "", "/etc/hostname", "assets/../../secret"] {
            assert_eq!(from_disk(&folder, other), None, "{other}");
        }
    }

    #[test]
    fn files_tell_their_versions_apart() {
        assert_ne!(etag(b"a"), etag(b"b"));
        assert_eq!(etag(b"").len(), 34);
        let file = File::new(Cow::Owned(vec![b'a'; 10_000]), true);
        assert!(file.gzip.as_ref().unwrap().len() < 200);
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, file.etag.parse().unwrap());
        assert_eq!(file.answer(&headers, "text/plain", ASK).status(), StatusCode::NOT_MODIFIED);
        headers.clear();
        headers.insert(ACCEPT_ENCODING, "br, gzip".parse().unwrap());
        assert_eq!(file.answer(&headers, "text/plain", ASK).headers()[CONTENT_ENCODING], "gzip");
    }
}
