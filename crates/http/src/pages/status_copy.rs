//! The copy of the state of the desk that outlives the desk: files in a folder that something else serves.

use std::path::{Path, PathBuf};
use std::time::Duration;

use askama::Template;
use standfast_desk::{Desk, Error, status};
use standfast_domain::Language;
use tokio::sync::watch;

use super::frame::Frame;
use super::status::{Shown, atom, badge_of};
use super::style;
use super::words::Words;

/// How often it is written.
const PAUSE: Duration = Duration::from_mins(1);

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
    shown: Shown,
}

/// Writes the copy into a folder each minute, until `stop` changes. A folder that cannot be written is told of in the log,
/// and tried again.
pub async fn keep_status_copy(desk: Desk, folder: PathBuf, mut stop: watch::Receiver<bool>) {
    // Those who were there before the start are back by then.
    let _ = tokio::time::timeout(SETTLED, stop.changed()).await;
    while !*stop.borrow() {
        if let Err(error) = write(&desk, &folder).await {
            tracing::warn!(%error, folder = %folder.display(), "the copy of the status page could not be written");
        }
        let _ = tokio::time::timeout(PAUSE, stop.changed()).await;
    }
}

async fn write(desk: &Desk, folder: &Path) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    tokio::fs::create_dir_all(folder).await?;
    for (name, text) in files(desk).await? {
        // Whoever reads meanwhile gets the file before or the file after, never half of one.
        let (part, whole) = (folder.join(format!(".{name}.{}.part", std::process::id())), folder.join(name));
        tokio::fs::write(&part, text).await?;
        tokio::fs::rename(&part, &whole).await?;
    }
    Ok(())
}

/// Pages in every language, JSON, feeds and badges.
async fn files(desk: &Desk) -> Result<Vec<File>, Error> {
    let view = status(desk).await?;
    let json = serde_json::to_string_pretty(view.as_ref()).map_err(|_| Error::Inconsistent("json"))?;
    let mut files = vec![("status.json", json)];
    for language in Language::ALL {
        let words = Words { language };
        let (html, badge, feed) = names(language);
        let page = CopyPage {
            frame: Frame::copy(desk, words, |language| names(language).0),
            sheet: style::sheet_text(),
            home: format!("{}/", desk.settings().public_url),
            written: view.at.millis(),
            shown: Shown::new(desk, &view, words),
        };
        let page = page.render().map_err(|_| Error::Inconsistent("template of the status page"))?;
        files.extend([(html, page), (badge, badge_of(desk, &view, words)), (feed, atom(desk, &view, words))]);
    }
    Ok(files)
}

/// Names of page, badge and feed in a language.
const fn names(language: Language) -> (&'static str, &'static str, &'static str) {
    match language {
        Language::English => ("index.html", "status.svg", "status.atom"),
        Language::Chinese => ("zh.html", "status.zh.svg", "status.zh.atom"),
    }
}

#[cfg(test)]
mod tests {
    use standfast_store::store_test;

    use super::*;
    use crate::testing::TestServer;

    store_test! {
        async fn the_copy_needs_nothing_of_the_desk(store) {
            let server = TestServer::start(&store).await;
            let folder = tempfile::tempdir().unwrap();
            let place = folder.path().join("status");
            for _ in 0..2 {
                write(&server.desk, &place).await.unwrap();
            }
            let mut names: Vec<_> =
                std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            assert_eq!(
                names,
                ["index.html", "status.atom", "status.json", "status.svg", "status.zh.atom", "status.zh.svg", "zh.html"]
            );
            let page = std::fs::read_to_string(place.join("zh.html")).unwrap();
            assert!(page.contains("<html lang=\"zh-CN\">") && page.contains("这份副本每分钟更新一次"), "{page}");
            assert!(!page.contains("src=") && !page.contains("<link"), "nothing is loaded");
            assert!(page.contains("href=\"index.html\""), "the other language");
        }
    }
}
