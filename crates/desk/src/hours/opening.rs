//! What somebody who asks is told: whether the desk is open, and when it is next.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use standfast_domain::{Asker, Hours, Language, Time, region_code};
use standfast_store::request::RequestRow;
use utoipa::ToSchema;

use super::timetable;
use crate::{Desk, words};

/// What lies further ahead is as good as never: a desk that is always open does not close.
const FAR: Duration = Duration::from_hours(24 * 60);

/// Whether the desk is open for somebody, and when that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Opening {
    /// Whether it is open.
    pub is_open: bool,
    /// When it opens, where it is closed and that is known.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub opens_at: Option<Time>,
    /// When it closes, where it is open and that is known.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closes_at: Option<Time>,
    /// The time zone of its hours.
    #[schema(example = "Asia/Shanghai")]
    pub zone: String,
}

/// Whether the desk is open for somebody; nothing where no hours are meant for them, so that nobody knows.
#[must_use]
pub fn opening(desk: &Desk, asker: &Asker<'_>, now: Time) -> Option<Opening> {
    let table = timetable(desk);
    let found = table.find(asker, now)?;
    Some(opening_of(found.zone, found.hours, now))
}

/// Whether the desk is open by these hours.
pub(crate) fn opening_of(zone: &str, hours: &Hours, now: Time) -> Opening {
    let near = |time: Time| Some(time).filter(|time| time.since(now) <= FAR);
    let is_open = hours.is_open(now);
    Opening {
        is_open,
        opens_at: if is_open { None } else { hours.next_open(now).and_then(near) },
        closes_at: if is_open { near(hours.next_close(now)) } else { None },
        zone: zone.to_owned(),
    }
}

/// The same for the customer of a request.
pub(crate) fn opening_for(desk: &Desk, row: &RequestRow, now: Time) -> Option<Opening> {
    let region = region(&row.context);
    opening(desk, &Asker { language: row.language, region: &region, channel: row.channel }, now)
}

/// The region that the host's app tells of.
pub(crate) fn region(context: &str) -> String {
    #[derive(serde::Deserialize, Default)]
    struct Told {
        #[serde(default)]
        region: String,
        #[serde(default)]
        country: String,
    }
    // Most requests come without.
    if !context.contains("\"region\"") && !context.contains("\"country\"") {
        return String::new();
    }
    let told: Told = serde_json::from_str(context).unwrap_or_default();
    let text = if told.region.is_empty() { told.country } else { told.region };
    region_code(&text).unwrap_or_default()
}

impl Opening {
    /// It as a sentence.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let say = |key: &str, at: Option<Time>| {
            let time = at.and_then(|at| self.clock(language, at));
            match time {
                Some(time) => words(language, &format!("receipt.hours.{key}"), &[("time", &time)]),
                None => words(language, &format!("receipt.hours.{key}.always"), &[]),
            }
        };
        if self.is_open { say("open", self.closes_at) } else { say("closed", self.opens_at) }
    }

    /// A day and a time of day as the desk's own clock shows them, and how far it is from UTC.
    #[must_use]
    pub fn clock(&self, language: Language, at: Time) -> Option<String> {
        let zone = TimeZone::get(&self.zone).ok()?;
        let shown = Timestamp::from_microsecond(at.0).ok()?.to_zoned(zone);
        let minutes = shown.offset().seconds() / 60;
        let sign = if minutes < 0 { '−' } else { '+' };
        let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
        let offset = match (hours, rest) {
            (0, 0) => "UTC".to_owned(),
            (hours, 0) => format!("UTC{sign}{hours}"),
            (hours, rest) => format!("UTC{sign}{hours}:{rest:02}"),
        };
        let weekday = shown.weekday().to_monday_one_offset();
        let clock = format!("{:02}:{:02}", shown.hour(), shown.minute());
        Some(words(
            language,
            "receipt.hours.time",
            &[
                ("weekday", &words(language, &format!("receipt.hours.weekday.{weekday}"), &[])),
                ("month", &words(language, &format!("receipt.hours.month.{}", shown.month()), &[])),
                ("day", &shown.day().to_string()),
                ("clock", &clock),
                ("offset", &offset),
            ],
        ))
    }
}
