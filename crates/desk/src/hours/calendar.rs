//! Holidays from a calendar file (iCalendar, RFC 5545), with the make-up working days (调休) of Chinese ones.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use icalendar::{
    Calendar, CalendarComponent, Component as _, DatePerhapsTime, Event, EventLike as _, Property,
};
use standfast_domain::{Day, DayKind, Permission, SpecialDay, Time};

use crate::draft::plain;
use crate::{AgentCaller, Desk, Error};

/// Most days that one file may give.
const MOST: usize = 1_000;
/// Most days of one event.
const LONGEST: i64 = 60;
/// Most times that one event comes again within the days that are taken: every one of them.
const MOST_TIMES: u16 = 1_500;
/// Days before and after today that are taken.
const BEHIND: i64 = 366;
const AHEAD: i64 = 3 * 366;
/// Longest name, in characters.
const NAME: usize = 100;
/// With what Apple's calendars mark holidays and make-up working days.
const MARK: &str = "X-APPLE-SPECIAL-DAY";

/// The holidays and make-up working days of a calendar file, from a year ago to three years ahead: nothing is stored.
///
/// - A make-up working day is an event whose summary has 班 in it (「班」, 「补班」, 「调休上班」), whose categories or summary
///   say "working day" or "workday", or that Apple's mark `X-APPLE-SPECIAL-DAY` calls so. Every other event is a holiday.
/// - Where a file has that mark, events without it are only names (solar terms, for example), and are left out.
/// - An event of several days gives each of them; one that comes again (`RRULE`, `RDATE`, without `EXDATE`) each time.
///   A cancelled one gives none. Where two fall on a date, the working day goes before, then the first of the file.
pub async fn read_calendar(
    desk: &Desk,
    caller: &AgentCaller,
    bytes: Vec<u8>,
) -> Result<Vec<SpecialDay>, Error> {
    caller.require(Permission::ManageHours)?;
    let now = desk.now();
    let read = tokio::task::spawn_blocking(move || days_of(&bytes, now)).await;
    read.map_err(|_| Error::invalid("calendar", "malformed"))?
}

pub(super) fn days_of(bytes: &[u8], now: Time) -> Result<Vec<SpecialDay>, Error> {
    let malformed = Error::invalid("calendar", "malformed");
    let Ok(text) = std::str::from_utf8(bytes) else { return Err(malformed) };
    if !text.contains("BEGIN:VCALENDAR") {
        return Err(malformed);
    }
    let Ok(calendar) = text.trim_start_matches('\u{feff}').parse::<Calendar>() else { return Err(malformed) };
    let events = calendar.components.iter().filter_map(|component| match component {
        CalendarComponent::Event(event) => Some(event),
        _ => None,
    });
    let events: Vec<&Event> =
        events.filter(|event| event.property_value("STATUS") != Some("CANCELLED")).collect();
    let is_marked = events.iter().any(|event| event.property_value(MARK).is_some());
    let today = Day::of(now);
    let range = today.plus(-BEHIND).0..today.plus(AHEAD).0;
    let mut days: BTreeMap<Day, SpecialDay> = BTreeMap::new();
    for event in events {
        if is_marked && event.property_value(MARK).is_none() {
            continue;
        }
        let name: String = plain(event.get_summary().unwrap_or_default()).trim().chars().take(NAME).collect();
        let kind = kind(event);
        let (starts, length) = dates(event, &range)?;
        for date in starts.into_iter().flat_map(|start| (0..length).map(move |day| start.plus(day))) {
            if !range.contains(&date.0) {
                continue;
            }
            let new = SpecialDay { date, kind, name: name.clone(), like: None };
            let known = days.entry(date).or_insert_with(|| new.clone());
            if known.kind == DayKind::Holiday && kind == DayKind::WorkDay {
                *known = new;
            }
            if days.len() > MOST {
                return Err(Error::invalid("calendar", "too_many"));
            }
        }
    }
    if days.is_empty() {
        return Err(Error::invalid("calendar", "missing"));
    }
    Ok(days.into_values().collect())
}

fn kind(event: &Event) -> DayKind {
    let summary = event.get_summary().unwrap_or_default();
    // There may be several lines of categories.
    let categories = event.multi_properties().get("CATEGORIES").into_iter().flatten();
    let categories: Vec<&str> = categories.map(Property::value).collect();
    let words = format!("{summary} {}", categories.join(" ")).to_lowercase();
    let mark = event.property_value(MARK).unwrap_or_default().to_uppercase();
    let is_worked = summary.contains('班')
        || ["workday", "working day", "work day"].iter().any(|word| words.contains(word))
        || mark.contains("WORKDAY");
    if is_worked { DayKind::WorkDay } else { DayKind::Holiday }
}

/// The dates on which an event begins, as far as it touches a range of days, and how many days it lasts.
fn dates(event: &Event, range: &Range<i64>) -> Result<(Vec<Day>, i64), Error> {
    let malformed = || Error::invalid("calendar", "malformed");
    let start = event.get_start().as_ref().and_then(day).ok_or_else(malformed)?;
    // The end of whole days is the day after the last one; that of anything else lies within its last day.
    let length = match event.get_end() {
        Some(end @ DatePerhapsTime::Date(_)) => day(&end).map_or(1, |end| end.0 - start.0),
        Some(end) => day(&end).map_or(1, |end| end.0 - start.0 + 1),
        None => 1,
    };
    let length = length.clamp(1, LONGEST);
    let rule = event.property_value("RRULE");
    let comes_again = rule.is_some() || event.multi_properties().contains_key("RDATE");
    if !comes_again {
        return Ok((vec![start], length));
    }
    // What comes every second is no holiday, and would keep us busy.
    let is_slow =
        |rule: &str| ["YEARLY", "MONTHLY", "WEEKLY", "DAILY"].iter().any(|often| rule.contains(often));
    if rule.is_some_and(|rule| !is_slow(rule)) {
        return Err(malformed());
    }
    let times = event.get_recurrence().map_err(|_| malformed())?;
    // Only what may be taken is expanded, however long ago it began. A day more on each side: the clock of the event's zone.
    let first = *times.get_dt_start();
    let until =
        |day: i64| Duration::from_secs(u64::try_from(day.saturating_sub(start.0)).unwrap_or(0) * 86_400);
    let (from, to) = (first + until(range.start - length - 1), first + until(range.end + 1));
    let times = if from > first { times.after(from) } else { times };
    let times = times.before(to).all(MOST_TIMES);
    let dates = times.dates.iter().filter_map(|time| Day::parse(&time.date_naive().to_string()));
    Ok((dates.collect(), length))
}

fn day(time: &DatePerhapsTime) -> Option<Day> {
    use icalendar::CalendarDateTime;
    let date = match time {
        DatePerhapsTime::Date(date) => date.to_string(),
        DatePerhapsTime::DateTime(CalendarDateTime::Floating(time)) => time.date().to_string(),
        DatePerhapsTime::DateTime(CalendarDateTime::Utc(time)) => time.date_naive().to_string(),
        DatePerhapsTime::DateTime(CalendarDateTime::WithTimezone { date_time, .. }) => {
            date_time.date().to_string()
        }
    };
    Day::parse(&date)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = (String, DayKind, String);

    fn read(events: &str) -> Result<Vec<Read>, (&'static str, &'static str)> {
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n{}END:VCALENDAR\r\n",
            events.replace('\n', "\r\n")
        );
        let days = days_of(text.as_bytes(), Time::parse("2026-06-01T00:00:00Z").unwrap());
        match days {
            Ok(days) => Ok(days.into_iter().map(|day| (day.date.to_string(), day.kind, day.name)).collect()),
            Err(Error::Invalid { field, reason }) => Err((field, reason)),
            Err(error) => panic!("{error}"),
        }
    }

    fn event(rest: &str) -> String {
        format!("BEGIN:VEVENT\nUID:{}\nDTSTAMP:20260101T000000Z\n{rest}\nEND:VEVENT\n", rest.len())
    }

    #[test]
    fn holidays_and_make_up_working_days() {
        let file = event("DTSTART;VALUE=DATE:20261001\nDTEND;VALUE=DATE:20261003\nSUMMARY:国庆节（休）")
            + &event("DTSTART;VALUE=DATE:20261010\nSUMMARY:国庆节（班）")
            + &event("DTSTART;VALUE=DATE:20260920\nSUMMARY:Make-up\nCATEGORIES:Working Day")
            + &event("DTSTART;VALUE=DATE:20261225\nSUMMARY:Cancelled\nSTATUS:CANCELLED");
        let (holiday, worked) = (DayKind::Holiday, DayKind::WorkDay);
        let expected = [
            ("2026-09-20", worked, "Make-up"),
            ("2026-10-01", holiday, "国庆节（休）"),
            ("2026-10-02", holiday, "国庆节（休）"),
            ("2026-10-10", worked, "国庆节（班）"),
        ];
        let expected: Vec<_> =
            expected.map(|(date, kind, name)| (date.to_owned(), kind, name.to_owned())).into();
        assert_eq!(read(&file), Ok(expected));
    }

    #[test]
    fn what_comes_again_comes_within_the_years_that_are_taken() {
        let file = event("DTSTART;VALUE=DATE:20200101\nSUMMARY:New Year\nRRULE:FREQ=YEARLY;COUNT=40");
        let dates: Vec<String> = read(&file).unwrap().into_iter().map(|day| day.0).collect();
        assert_eq!(dates, ["2026-01-01", "2027-01-01", "2028-01-01", "2029-01-01"]);
        // Every Sunday since 2010: those of the years that are taken, and none is cut off.
        let file = event(
            "DTSTART;VALUE=DATE:20100103\nSUMMARY:Sunday\nRRULE:FREQ=WEEKLY\nEXDATE;VALUE=DATE:20260607",
        );
        let dates: Vec<String> = read(&file).unwrap().into_iter().map(|day| day.0).collect();
        assert_eq!((dates[0].as_str(), dates.last().unwrap().as_str()), ("2025-06-01", "2029-05-27"));
        assert_eq!(dates.len(), 4 * 52);
        assert!(!dates.contains(&"2026-06-07".to_owned()));
        let file = event("DTSTART;VALUE=DATE:20100101\nSUMMARY:Closed\nRRULE:FREQ=DAILY");
        assert_eq!(read(&file), Err(("calendar", "too_many")));
        // It is not over before it begins, nor begins before it does.
        let file = event("DTSTART;VALUE=DATE:20260705\nSUMMARY:Later\nRRULE:FREQ=WEEKLY;COUNT=2");
        let dates: Vec<String> = read(&file).unwrap().into_iter().map(|day| day.0).collect();
        assert_eq!(dates, ["2026-07-05", "2026-07-12"]);
        let file = event("DTSTART:20200101T000000Z\nSUMMARY:Often\nRRULE:FREQ=SECONDLY");
        assert_eq!(read(&file), Err(("calendar", "malformed")));
    }

    #[test]
    fn where_a_file_marks_special_days_the_others_are_names() {
        let file = event("DTSTART;VALUE=DATE:20261107\nSUMMARY:立冬")
            + &event("DTSTART;VALUE=DATE:20261001\nSUMMARY:国庆节\nX-APPLE-SPECIAL-DAY:WORK-HOLIDAY")
            + &event("DTSTART;VALUE=DATE:20261010\nSUMMARY:国庆节\nX-APPLE-SPECIAL-DAY:ALTERNATE-WORKDAY");
        let days: Vec<_> = read(&file).unwrap().into_iter().map(|day| (day.0, day.1)).collect();
        assert_eq!(
            days,
            [("2026-10-01".to_owned(), DayKind::Holiday), ("2026-10-10".to_owned(), DayKind::WorkDay)]
        );
    }

    #[test]
    fn what_is_no_calendar_is_refused() {
        assert_eq!(read(""), Err(("calendar", "missing")));
        let now = Time::parse("2026-06-01T00:00:00Z").unwrap();
        for bytes in [&b"<html>"[..], b"\xff\xfe", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", b""] {
            assert!(
                matches!(days_of(bytes, now), Err(Error::Invalid { field: "calendar", .. })),
                "{bytes:?}"
            );
        }
    }
}
