//! Opening hours of the next two weeks on the status page, and what its copy says of them once it is old.

use serde_json::json;
use standfast_desk::{Opening, StatusHours, StatusOpened, StatusSpan};
use standfast_domain::{Language, Time, Weekday};

use super::words::Words;

/// A day, and when it is open on it.
pub(super) struct ComingDay {
    pub(super) date: String,
    pub(super) times: String,
}

/// Opening hours day by day.
pub(super) fn days(hours: &StatusHours, words: Words) -> Vec<ComingDay> {
    hours.coming.iter().map(|day| ComingDay { date: date(day, words), times: times(day, words) }).collect()
}

fn date(day: &StatusOpened, words: Words) -> String {
    let text = day.date.to_string();
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default().trim_start_matches('0');
    let weekday = Weekday::of(day.date).number().to_string();
    let weekday = words.of("receipt", &format!("hours.weekday.{weekday}"), &[]);
    let month = words.of("receipt", &format!("hours.month.{}", part(5..7)), &[]);
    words.with("status.coming.date", &[("weekday", &weekday), ("month", &month), ("day", part(8..10))])
}

fn times(day: &StatusOpened, words: Words) -> String {
    let between = if words.language == Language::Chinese { "、" } else { ", " };
    let spans: Vec<_> = day.spans.iter().map(|(from, until)| format!("{from}–{until}")).collect();
    match spans.as_slice() {
        [] => words.say("status.coming.closed"),
        [all] if all == "00:00–24:00" => words.say("status.coming.always"),
        _ => spans.join(between),
    }
}

/// What the copy says of these hours when the desk cannot be reached, for its script: from when (milliseconds since 1970) it is
/// open until when, with a sentence for that time and one for the time before it; until when (`known`) nothing else is known to be
/// open, with a sentence for the rest of that time (`shut`), and what is said when all of it is over.
pub(super) fn then(hours: &StatusHours, known: Time, words: Words) -> String {
    let said = |span: &StatusSpan| {
        let until = span.closes_at.map(Time::millis);
        let (open, closed) = (open(&hours.opening, span, words), closed(&hours.opening, span, words));
        json!([span.opens_at.millis(), until, open, closed])
    };
    let spans: Vec<_> = hours.ahead.iter().map(said).collect();
    // What is open when the two weeks end is known to its own end.
    let known = hours.ahead.iter().filter_map(|span| span.closes_at).fold(known, Time::max);
    let time = hours.opening.clock(words.language, known).unwrap_or_default();
    let (shut, over) = (
        words.fill("status.copy.hours.shut", "time", &time),
        words.fill("status.copy.hours.over", "time", &time),
    );
    json!({"spans": spans, "known": known.millis(), "shut": shut, "over": over}).to_string()
}

fn open(opening: &Opening, span: &StatusSpan, words: Words) -> String {
    match span.closes_at.and_then(|at| opening.clock(words.language, at)) {
        Some(time) => words.fill("status.copy.hours.open", "time", time),
        None => words.say("status.copy.hours.always"),
    }
}

fn closed(opening: &Opening, span: &StatusSpan, words: Words) -> String {
    let time = opening.clock(words.language, span.opens_at).unwrap_or_default();
    words.fill("status.copy.hours.closed", "time", time)
}
