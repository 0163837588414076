//! The copy of the state of the desk that outlives the desk: files in a folder or a bucket that something else serves.

use std::path::{Path, PathBuf};
use std::time::Duration;

use askama::Template;
use standfast_desk::{Desk, Error, status};
use standfast_domain::Language;
use tokio::sync::watch;

use super::coming;
use super::feed::{atom, rss};
use super::frame::Frame;
use super::status::{Shown, badge_of};
use super::style;
use super::words::Words;
use crate::bucket::{Bucket, Object, PutError};

/// How often it is written.
const PAUSE: Duration = Duration::from_mins(1);
/// For how long caches may keep a file of the copy.
const KEEP: &str = "public, max-age=30";
/// From a start to the first one: until then the copy before it says more.
const SETTLED: Duration = Duration::from_secs(30);

/// A file of the copy: its name and what is in it.
type File = (&'static str, String);

#[derive(Template)]
#[template(path = "status_copy.html")]
struct CopyPage {
    frame: Frame,
    sheet: &'static str,
    home: String,
    /// When this was so: milliseconds since 1970.
    written: i64,
    /// That the desk cannot be reached since then: shown once the copy is old.
    away: String,
    /// When what stands below was so.
    as_of: String,
    shown: Shown,
}

/// Where the copy is written.
#[derive(Clone, Debug, Default)]
pub struct CopyPlaces {
    /// A folder that something else serves.
    pub folder: Option<PathBuf>,
    /// A bucket of an object store.
    pub bucket: Option<Bucket>,
}

impl CopyPlaces {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.folder.is_none() && self.bucket.is_none()
    }
}

/// Writes the copy each minute, until `stop` changes. What cannot be written is told of in the log, and tried again.
pub async fn keep_status_copy(desk: Desk, places: CopyPlaces, mut stop: watch::Receiver<bool>) {
    // Those who were there before the start are back by then.
    let _ = tokio::time::timeout(SETTLED, stop.changed()).await;
    while !*stop.borrow() {
        match files(&desk).await {
            Ok(files) => write(&desk, &places, files).await,
            Err(error) => tracing::warn!(%error, "the copy of the status page could not be made"),
        }
        let _ = tokio::time::timeout(PAUSE, stop.changed()).await;
    }
}

async fn write(desk: &Desk, CopyPlaces { folder, bucket }: &CopyPlaces, files: Vec<File>) {
    if let Some(folder) = folder
        && let Err(error) = write_folder(folder, &files).await
    {
        tracing::warn!(%error, folder = %folder.display(), "the copy of the status page could not be written");
    }
    if let Some(bucket) = bucket
        && let Err(error) = write_bucket(desk, bucket, files).await
    {
        tracing::warn!(%error, ?bucket, "the copy of the status page could not be written");
    }
}

async fn write_folder(folder: &Path, files: &[File]) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    for (name, text) in files {
        // Whoever reads meanwhile gets the file before or the file after, never half of one.
        let (part, whole) = (folder.join(format!(".{name}.{}.part", std::process::id())), folder.join(name));
        tokio::fs::write(&part, text).await?;
        tokio::fs::rename(&part, &whole).await?;
    }
    Ok(())
}

async fn write_bucket(desk: &Desk, bucket: &Bucket, files: Vec<File>) -> Result<(), PutError> {
    for (name, text) in files {
        let object = Object { name, kind: kind(name), keep: KEEP, body: text.into_bytes() };
        bucket.put(desk.now(), object).await?;
    }
    Ok(())
}

/// The media type of a file of the copy.
fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("atom") => "application/atom+xml; charset=utf-8",
        Some("rss") => "application/rss+xml; charset=utf-8",
        _ => "application/json",
    }
}

/// Pages in every language, JSON, feeds and badges.
async fn files(desk: &Desk) -> Result<Vec<File>, Error> {
    let view = status(desk).await?;
    let json = serde_json::to_string_pretty(&view).map_err(|_| Error::Inconsistent("json"))?;
    let mut files = vec![("status.json", json)];
    for language in Language::ALL {
        let words = Words { language };
        let [html, badge, feed, other_feed] = names(language);
        let mut shown = Shown::new(desk, &view, words);
        for (service, hours) in shown.hours.iter_mut().zip(&view.hours) {
            service.then = Some(coming::then(hours, view.hours_known_until(), words));
        }
        let page = CopyPage {
            frame: Frame::copy(desk, words, html_name),
            sheet: style::sheet_text(),
            home: format!("{}/", desk.settings().public_url),
            written: view.at.millis(),
            away: words.fill("status.copy.away", "time", words.exact(view.at)),
            as_of: words.fill("status.copy.as_of", "time", words.exact(view.at)),
            shown,
        };
        let page = page.render().map_err(|_| Error::Inconsistent("template of the status page"))?;
        files.extend([
            (html, page),
            (badge, badge_of(desk, &view, words)),
            (feed, atom(desk, &view, words)),
            (other_feed, rss(desk, &view, words)),
        ]);
    }
    Ok(files)
}

/// Names of page, badge and feeds in a language.
const fn names(language: Language) -> [&'static str; 4] {
    match language {
        Language::English => ["index.html", "status.svg", "status.atom", "status.rss"],
        Language::Chinese => ["zh.html", "status.zh.svg", "status.zh.atom", "status.zh.rss"],
    }
}

const fn html_name(language: Language) -> &'static str {
    let [html, ..] = names(language);
    html
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use standfast_domain::{Role, Time};
    use standfast_store::store_test;

    use super::*;
    use crate::testing::TestServer;

    store_test! {
        async fn the_copy_needs_nothing_of_the_desk(store) {
            let server = TestServer::start(&store).await;
            let folder = tempfile::tempdir().unwrap();
            let place = folder.path().join("status");
            for _ in 0..2 {
                write_folder(&place, &files(&server.desk).await.unwrap()).await.unwrap();
            }
            let mut names: Vec<_> =
                std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            assert_eq!(
                names,
                ["index.html", "status.atom", "status.json", "status.rss", "status.svg", "status.zh.atom", "status.zh.rss", "status.zh.svg", "zh.html"]
            );
            let page = std::fs::read_to_string(place.join("zh.html")).unwrap();
            assert!(page.contains("<html lang=\"zh-CN\">") && page.contains("这份副本每分钟更新一次"), "{page}");
            assert!(!page.contains("src=") && !page.contains("<link"), "nothing is loaded");
            assert!(page.contains("href=\"index.html\""), "the other language");
            // Since when stands in the box itself, and what is said of now stands behind the time at which it was so.
            let (before, after) = page.split_once("class=\"verdict now").unwrap();
            let time = Words { language: Language::Chinese }.exact(server.desk.now());
            assert!(before.contains(&format!("从 {time} 起，客服系统无法访问")), "{before}");
            assert!(before.contains(&format!("{time} 的状态：")) && after.contains("class=\"figure now\""), "{before}");
        }

        async fn an_old_copy_still_says_when_the_desk_is_open(store) {
            let server = TestServer::start(&store).await;
            let lead = server.agent("lead", Role::Lead).await;
            let week: Vec<_> = (1..=7).map(|weekday| json!({"weekday": weekday, "opens": "09:00", "closes": "18:00"})).collect();
            let hours = json!({"name": "Everybody", "coverage": {}, "schedule": {"zone": "Asia/Shanghai", "week": week}});
            lead.post("/api/v1/console/hours", &hours).await;
            let found = files(&server.desk).await.unwrap();
            let text = |name: &str| found.iter().find(|(other, _)| *other == name).unwrap().1.as_str();
            let view: serde_json::Value = serde_json::from_str(text("status.json")).unwrap();
            let of = &view["hours"][0];
            assert_eq!((of["coming"].as_array().unwrap().len(), &of["coming"][1]["spans"]), (14, &json!([["09:00", "18:00"]])));
            // What the script of the page reads: each stretch with its sentences, in the language of the page.
            let (_, rest) = text("zh.html").split_once("data-then=\"").unwrap();
            let then = rest.split_once('"').unwrap().0.replace("&#34;", "\"").replace("&quot;", "\"");
            let then: serde_json::Value = serde_json::from_str(&then).unwrap();
            let (spans, ahead) = (then["spans"].as_array().unwrap(), of["ahead"].as_array().unwrap());
            assert!((14..=15).contains(&spans.len()) && spans.len() == ahead.len(), "{spans:?}");
            for (span, ahead) in spans.iter().zip(ahead).skip(1) {
                let at = |name: &str| Time::parse(ahead[name].as_str().unwrap()).unwrap().millis();
                assert_eq!((&span[0], &span[1]), (&json!(at("opens_at")), &json!(at("closes_at"))));
                assert!(span[2].as_str().unwrap().contains("18:00（UTC+8）") && span[2].as_str().unwrap().contains("无法确认是否有人在线"));
                assert!(span[3].as_str().unwrap().contains("09:00（UTC+8）"));
            }
            // After two weeks it says until when it knows them, and not that it is closed.
            // What is open when they end is known to its own end.
            let known = server.desk.now().plus(Duration::from_hours(24 * 14)).millis();
            let last = spans.last().unwrap()[1].as_i64().unwrap();
            let told = then["known"].as_i64().unwrap();
            assert!(told == last && last > known || (known - 60_000..=known).contains(&told), "{then}");
            let said = |name: &str| then[name].as_str().unwrap();
            assert!(said("over").starts_with("这份副本只知道截至") && !said("over").contains("休息"), "{then}");
            assert!(said("shut").contains("至少到"), "{then}");
            // Whoever reads it without a script finds the same day by day.
            assert!(text("index.html").contains("Opening hours of the next two weeks") && text("index.html").contains("09:00–18:00"));
            // The page of the desk itself needs none of this.
            let page = String::from_utf8(server.get("/status", &[]).await.body.to_vec()).unwrap();
            assert!(page.contains("09:00–18:00") && !page.contains("data-then"), "{page}");
        }
    }
}
