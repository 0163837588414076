//! Incidents as feeds to subscribe to: Atom (RFC 4287) and RSS 2.0 (rssboard.org/rss-specification).

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use standfast_desk::{Desk, IncidentUpdate, StatusIncident, StatusView, status};
use standfast_domain::{Day, Language, Time};

use super::status::Wish;
use super::words::Words;
use crate::api::status::KEEP;
use crate::app::App;
use crate::body::Query;
use crate::problem::Problem;

/// `GET /status.atom`
pub(crate) async fn show_atom(State(app): State<App>, Query(wish): Query<Wish>) -> Result<Response, Problem> {
    let view = status(&app.desk).await?;
    Ok(answer("application/atom+xml; charset=utf-8", atom(&app.desk, &view, wish.words())))
}

/// `GET /status.rss`
pub(crate) async fn show_rss(State(app): State<App>, Query(wish): Query<Wish>) -> Result<Response, Problem> {
    let view = status(&app.desk).await?;
    Ok(answer("application/rss+xml; charset=utf-8", rss(&app.desk, &view, wish.words())))
}

fn answer(kind: &'static str, feed: String) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(kind)), (CACHE_CONTROL, KEEP)], feed).into_response()
}

/// What was said of incidents, one entry each, as both kinds of feeds have it.
struct Feed<'a> {
    url: &'a str,
    title: String,
    /// A feed in which nothing was said changes no more than once a day.
    updated: Time,
    entries: Vec<Entry<'a>>,
}

struct Entry<'a> {
    id: String,
    link: String,
    title: String,
    at: Time,
    text: &'a str,
}

impl<'a> Feed<'a> {
    fn of(desk: &'a Desk, view: &'a StatusView, words: Words) -> Self {
        let url = &desk.settings().public_url;
        let title = format!("{} · {}", words.fill("desk", "name", &view.name), words.say("status.title"));
        let entry = |incident: &'a StatusIncident, update: &'a IncidentUpdate| {
            let phase = words.say(&format!("status.phase.{}", update.phase.as_str()));
            let headline = headline(incident.updates.last(), words.language);
            let link = format!("{url}/status#i{}", incident.id);
            Entry {
                id: format!("{link}-{}", update.id),
                title: format!("{phase}: {headline}"),
                link,
                at: update.at,
                text: update.text(words.language),
            }
        };
        let entries: Vec<_> = view
            .incidents
            .iter()
            .flat_map(|one| one.updates.iter().map(move |update| entry(one, update)))
            .collect();
        let updated = entries.iter().map(|entry| entry.at).max().unwrap_or(Day::of(view.at).start());
        Self { url, title, updated, entries }
    }
}

/// The feed as Atom.
pub(super) fn atom(desk: &Desk, view: &StatusView, words: Words) -> String {
    let Feed { url, title, updated, entries } = Feed::of(desk, view, words);
    let tag = words.language.as_str();
    let mut feed = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{tag}\">\
         <id>{url}/status</id><title>{}</title><updated>{updated}</updated><author><name>{}</name></author>\
         <link rel=\"self\" href=\"{url}/status.atom?lang={tag}\"/><link href=\"{url}/status\"/>\n",
        escape(&title),
        escape(&view.name),
    );
    for Entry { id, link, title, at, text } in entries {
        let _ = writeln!(
            feed,
            "<entry><id>{id}</id><title>{}</title><updated>{at}</updated>\
             <link href=\"{link}\"/><content type=\"text\">{}</content></entry>",
            escape(&title),
            escape(text),
        );
    }
    feed + "</feed>\n"
}

/// The feed as RSS.
pub(super) fn rss(desk: &Desk, view: &StatusView, words: Words) -> String {
    let Feed { url, title, updated, entries } = Feed::of(desk, view, words);
    let tag = words.language.as_str();
    let title = escape(&title);
    let mut feed = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel>\
         <title>{title}</title><link>{url}/status</link><description>{title}</description><language>{tag}</language>\
         <lastBuildDate>{}</lastBuildDate>\
         <atom:link rel=\"self\" type=\"application/rss+xml\" href=\"{url}/status.rss?lang={tag}\"/>\n",
        mail_date(updated),
    );
    for Entry { id, link, title, at, text } in entries {
        let _ = writeln!(
            feed,
            "<item><guid isPermaLink=\"false\">{id}</guid><title>{}</title><pubDate>{}</pubDate>\
             <link>{link}</link><description>{}</description></item>",
            escape(&title),
            mail_date(at),
            escape(text),
        );
    }
    feed + "</channel></rss>\n"
}

/// A time as mail headers have it (RFC 822, with four digits of the year).
fn mail_date(time: Time) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = time.to_string();
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    let month = part(5..7).parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?));
    format!("{} {} {} {} +0000", part(8..10), month.unwrap_or(&"Jan"), part(0..4), part(11..19))
}

/// An incident in a few words: the beginning of what was said first.
pub(super) fn headline(first: Option<&IncidentUpdate>, language: Language) -> String {
    let line = first.and_then(|update| update.text(language).lines().next()).unwrap_or_default();
    let short: String = line.chars().take(80).collect();
    if short.len() < line.len() { short + "…" } else { short }
}

/// A text as it stands in XML.
pub(super) fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() && !matches!(c, '\n' | '\t') || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_in_mail() {
        for (micros, text) in [
            (0, "01 Jan 1970 00:00:00 +0000"),
            (1_796_164_200_123_456, "01 Dec 2026 22:30:00 +0000"),
            (1_709_164_799_000_000, "28 Feb 2024 23:59:59 +0000"),
        ] {
            assert_eq!(mail_date(Time(micros)), text);
        }
    }
}
