//! Everybody's own shifts for the calendar of their telephone: iCalendar (RFC 5545) under a secret address.
//!
//! The address is a MAC over who they are and how often they have renewed it; nothing of it is stored. Whoever has it sees when
//! somebody works, and nothing else.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use icalendar::{Calendar, Component as _, Event};
use serde::Serialize;
use standfast_domain::{AgentId, Language, Permission, Time, request_type};
use standfast_store::shift::{self, ShiftRow};
use standfast_store::{Lane, Rd, agent, person};
use utoipa::ToSchema;

use super::{answers, take_turns};
use crate::keys::same;
use crate::words;
use crate::{AgentCaller, Desk, Error};

/// What a calendar is told of the past and of the future.
const BEHIND: Duration = Duration::from_hours(24 * 60);
const AHEAD: Duration = Duration::from_hours(24 * 366);

/// Where somebody's calendar is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CalendarAddress {
    /// The secret address. Whoever has it sees when they work.
    #[schema(
        example = "https://support.example.com/api/v1/roster/calendar/AAAAAAAAAAEbm9uY2Vub25jZW5vbmNl.ics"
    )]
    pub url: String,
}

fn address(desk: &Desk, agent: AgentId, generation: i64) -> CalendarAddress {
    let mut token = agent.0.to_be_bytes().to_vec();
    token.extend(desk.keys().calendar_mac(agent, generation));
    let (base, token) = (&desk.settings().public_url, URL_SAFE_NO_PAD.encode(token));
    CalendarAddress { url: format!("{base}/api/v1/roster/calendar/{token}.ics") }
}

/// How often somebody has renewed their address.
fn generation(rd: &mut Rd, agent: AgentId) -> Result<i64, Error> {
    Ok(person::find(rd, agent)?.map_or(0, |row| row.feed_generation))
}

/// Where the caller's own calendar is.
pub async fn calendar_address(desk: &Desk, caller: &AgentCaller) -> Result<CalendarAddress, Error> {
    caller.require(Permission::WorkRequests)?;
    let id = caller.id;
    let generation = desk.store().read(move |rd| generation(rd, id)).await?;
    Ok(address(desk, id, generation))
}

/// Gives the caller's own calendar another address; the one before is void.
pub async fn renew_calendar(desk: &Desk, caller: &AgentCaller) -> Result<CalendarAddress, Error> {
    caller.require(Permission::WorkRequests)?;
    let (id, now) = (caller.id, desk.now());
    let written = desk.store().write(Lane::Ordinary, id.0, move |tx| {
        take_turns(tx, vec![id], now)?;
        let mut row = person::find(tx, id)?.ok_or(Error::Inconsistent("a person without a row"))?;
        row.feed_generation += 1;
        person::save(tx, &row)?;
        Ok::<_, Error>(row.feed_generation)
    });
    Ok(address(desk, id, written.await?))
}

/// The calendar behind a secret address: published shifts of the last sixty days and of the year ahead. Those that were called off
/// are in it as such, because a calendar may have taken them over.
pub async fn shift_calendar(desk: &Desk, token: &str) -> Result<String, Error> {
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| Error::NotFound)?;
    let (id, mac) = bytes.split_first_chunk::<8>().ok_or(Error::NotFound)?;
    let (id, mac) = (AgentId(i64::from_be_bytes(*id)), mac.to_vec());
    let (keys, now) = (desk.keys().clone(), desk.now());
    let read = desk.store().read(move |rd| {
        let agent = agent::find(rd, id)?.filter(answers).ok_or(Error::NotFound)?;
        if !same(&keys.calendar_mac(id, generation(rd, id)?), &mac) {
            return Err(Error::NotFound);
        }
        Ok((agent.language, shift::list_told(rd, id, now.minus(BEHIND), now.plus(AHEAD))?))
    });
    let (language, shifts) = read.await?;
    let host = desk.settings().public_url.split("://").nth(1).unwrap_or("standfast").to_owned();
    Ok(calendar(&desk.settings().name, &host, language, &shifts))
}

fn calendar(name: &str, host: &str, language: Language, shifts: &[ShiftRow]) -> String {
    let title = words(language, "page.calendar.shift", &[("name", name)]);
    let mut calendar = Calendar::empty();
    calendar
        .append_property(("VERSION", "2.0"))
        .append_property(("PRODID", "-//Standfast//Roster//EN"))
        .append_property(("CALSCALE", "GREGORIAN"))
        .append_property(("METHOD", "PUBLISH"))
        .append_property(("X-WR-CALNAME", title.as_str()))
        // How often it is to be looked at (RFC 7986), and the older word for it.
        .append_property(("REFRESH-INTERVAL;VALUE=DURATION", "PT1H"))
        .append_property(("X-PUBLISHED-TTL", "PT1H"));
    for shift in shifts {
        let is_off = shift.removed_at.is_some();
        let mut event = Event::new();
        event
            .add_property("UID", format!("shift-{}@{host}", shift.id))
            .add_property("DTSTAMP", stamp(shift.changed_at))
            .add_property("LAST-MODIFIED", stamp(shift.changed_at))
            .add_property("SEQUENCE", (shift.version - 1).to_string())
            .add_property("DTSTART", stamp(shift.starts_at))
            .add_property("DTEND", stamp(shift.ends_at))
            .add_property("STATUS", if is_off { "CANCELLED" } else { "CONFIRMED" })
            .add_property("SUMMARY", &title);
        if let Some(about) = about(shift, language) {
            event.add_property("DESCRIPTION", &about);
        }
        calendar.push(event.done());
    }
    calendar.to_string()
}

/// For what a shift is, in words.
fn about(shift: &ShiftRow, language: Language) -> Option<String> {
    let [chinese, english] =
        shift.skill.as_deref().and_then(request_type).map_or(["", ""], |kind| kind.title);
    let skill = if language == Language::Chinese { chinese } else { english };
    let spoken = match shift.language {
        Some(Language::Chinese) => "中文",
        Some(Language::English) => "English",
        None => "",
    };
    let parts: Vec<&str> = [spoken, skill].into_iter().filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// A time in UTC as iCalendar writes it.
fn stamp(time: Time) -> String {
    let text = jiff::Timestamp::from_microsecond(time.0).map(|at| at.strftime("%Y%m%dT%H%M%SZ").to_string());
    text.unwrap_or_else(|_| "19700101T000000Z".to_owned())
}
