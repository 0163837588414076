//! Expected peaks as a calendar (iCalendar, RFC 5545): read from a file into events, and given out as a feed under an address that
//! is a secret and can be renewed.

use std::time::Duration;

use icalendar::{Calendar, CalendarComponent, CalendarDateTime, Component as _, DatePerhapsTime, Event};
use jiff::civil;
use jiff::tz::TimeZone;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use standfast_domain::{DriverId, DriverKind, Permission, Time};
use standfast_store::{Lane, Tx, setting};
use utoipa::ToSchema;

use super::peak::{Peak, changed};
use crate::caller::hex;
use crate::draft::plain;
use crate::driver::{Taken, of_calendar, rename_old, take_over};
use crate::{AgentCaller, Desk, DriverCommand, Error};

/// Most events that one file may give.
const MOST: usize = 500;
/// Time ahead that is taken.
const AHEAD: Duration = Duration::from_hours(24 * 366);
/// Longest title, in characters.
const TITLE: usize = 100;
/// The setting that says how often the address of the feed was renewed.
const GENERATION: &str = "surge.feed";

/// What became of a calendar file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct PeaksRead {
    /// Events that are new.
    pub added: u32,
    /// Events of an earlier file that are different now.
    pub changed: u32,
    /// Events that were known as they are.
    pub known: u32,
    /// What is over, more than a year ahead, called off, comes again and again, has no time that can be read, or was taken away here.
    pub left_out: u32,
}

/// Where the feed is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PeaksFeed {
    /// The address. Whoever knows it may read the feed.
    #[schema(example = "https://desk.example/api/v1/calendar/peaks/0pX2…")]
    pub address: String,
}

/// Takes the events of a calendar file over into those of the desk. The same event of a later file (by its `UID`) is changed.
/// Kinds are told by the categories of an event where they name one, as in the desk's own feed; else by the words of the title (fork,
/// upgrade, unlock, listing, campaign, in English and Chinese).
pub async fn read_peaks(desk: &Desk, caller: &AgentCaller, bytes: Vec<u8>) -> Result<PeaksRead, Error> {
    caller.require(Permission::ManageDrivers)?;
    let now = desk.now();
    let parsed = tokio::task::spawn_blocking(move || events_of(&bytes, now)).await;
    let (events, mut left_out) = parsed.map_err(|_| Error::invalid("calendar", "malformed"))??;
    let mut rows = Vec::with_capacity(events.len());
    for (name, command) in events {
        match of_calendar(DriverId(desk.id()), caller, &name, &command, now) {
            Ok(row) => rows.push(row),
            // One that the desk cannot have keeps nobody from the others.
            Err(_) => left_out += 1,
        }
    }
    let written = desk.store().write(Lane::Ordinary, 0, move |tx| {
        let mut read = PeaksRead { left_out, ..PeaksRead::default() };
        rename_old(tx, &rows)?;
        for row in &rows {
            let count = match take_over(tx, row)? {
                Taken::Added => &mut read.added,
                Taken::Changed => &mut read.changed,
                Taken::Known => &mut read.known,
                Taken::Removed => &mut read.left_out,
            };
            *count += 1;
        }
        Ok::<_, Error>(read)
    });
    written.await
}

type Read = (Vec<(String, DriverCommand)>, u32);

fn events_of(bytes: &[u8], now: Time) -> Result<Read, Error> {
    let malformed = || Error::invalid("calendar", "malformed");
    let text = std::str::from_utf8(bytes).map_err(|_| malformed())?;
    if !text.contains("BEGIN:VCALENDAR") {
        return Err(malformed());
    }
    let calendar: Calendar = text.trim_start_matches('\u{feff}').parse().map_err(|_| malformed())?;
    let (mut events, mut left_out) = (Vec::new(), 0);
    for component in &calendar.components {
        let CalendarComponent::Event(event) = component else { continue };
        let is_off = event.property_value("STATUS") == Some("CANCELLED");
        let again = ["RRULE", "RDATE", "RECURRENCE-ID"];
        let comes_again = again.iter().any(|name| event.property_value(name).is_some());
        match command(event) {
            Some((name, command)) if !is_off && !comes_again && is_near(&command, now) => {
                events.push((name, command));
            }
            _ => left_out += 1,
        }
        if events.len() > MOST {
            return Err(Error::invalid("calendar", "too_many"));
        }
    }
    if events.is_empty() && left_out == 0 {
        return Err(Error::invalid("calendar", "missing"));
    }
    Ok((events, left_out))
}

fn is_near(command: &DriverCommand, now: Time) -> bool {
    command.ends_at.unwrap_or(command.starts_at) > now && command.starts_at < now.plus(AHEAD)
}

/// An event as the desk enters it, under a name made of its `UID`; nothing where it has no beginning that can be read.
fn command(event: &Event) -> Option<(String, DriverCommand)> {
    let starts_at = time(event.get_start().as_ref()?)?;
    let ends_at = event.get_end().as_ref().and_then(time).filter(|ends| *ends > starts_at);
    let title: String = plain(event.get_summary().unwrap_or_default()).trim().chars().take(TITLE).collect();
    let title = if title.is_empty() { "–".to_owned() } else { title };
    let uid = event.get_uid().map_or_else(|| format!("{title}{}", starts_at.0), str::to_owned);
    let name = hex(Sha256::digest(uid.as_bytes()).first_chunk::<12>()?);
    let categories = event.multi_properties().get("CATEGORIES").into_iter().flatten();
    let named =
        categories.flat_map(|one| one.value().split(',')).find_map(|word| DriverKind::parse(word.trim()));
    let kind = named.unwrap_or_else(|| kind(&title));
    let scope = std::collections::BTreeMap::new();
    Some((name, DriverCommand { kind, title, note: String::new(), starts_at, ends_at, scope }))
}

/// Which kind of event a title speaks of.
fn kind(title: &str) -> DriverKind {
    const WORDS: [(DriverKind, &[&str]); 6] = [
        (DriverKind::Fork, &["fork", "halving", "分叉", "减半"]),
        (DriverKind::Upgrade, &["upgrade", "升级"]),
        (DriverKind::Unlock, &["unlock", "解锁"]),
        (DriverKind::Listing, &["listing", "上币", "上线", "下架"]),
        (DriverKind::Campaign, &["campaign", "airdrop", "活动", "空投", "大赛"]),
        (DriverKind::Release, &["release", "发布"]),
    ];
    let title = title.to_lowercase();
    let named = WORDS.iter().find(|(_, words)| words.iter().any(|word| title.contains(word)));
    named.map_or(DriverKind::Other, |(kind, _)| *kind)
}

/// A time of a calendar: whole days begin at midnight UTC, and so are times without a zone read.
fn time(at: &DatePerhapsTime) -> Option<Time> {
    let utc = |text: &str| Time::parse(&format!("{text}Z"));
    match at {
        DatePerhapsTime::Date(date) => utc(&format!("{date}T00:00:00")),
        DatePerhapsTime::DateTime(CalendarDateTime::Utc(at)) => {
            utc(&at.naive_utc().format("%Y-%m-%dT%H:%M:%S").to_string())
        }
        DatePerhapsTime::DateTime(CalendarDateTime::Floating(at)) => {
            utc(&at.format("%Y-%m-%dT%H:%M:%S").to_string())
        }
        DatePerhapsTime::DateTime(CalendarDateTime::WithTimezone { date_time, tzid }) => {
            let civil: civil::DateTime = date_time.format("%Y-%m-%dT%H:%M:%S").to_string().parse().ok()?;
            let zoned = civil.to_zoned(TimeZone::get(tzid).ok()?).ok()?;
            Some(Time(zoned.timestamp().as_microsecond()))
        }
    }
}

/// Where the feed is, for whoever may read events.
pub async fn peaks_feed(desk: &Desk, caller: &AgentCaller) -> Result<PeaksFeed, Error> {
    caller.require(Permission::ManageDrivers)?;
    let generation = desk.store().read(|rd| setting::get(rd, GENERATION)).await?;
    Ok(feed(desk, generation.as_deref()))
}

/// Gives the feed another address: the one before leads nowhere from now on.
pub async fn renew_peaks_feed(desk: &Desk, caller: &AgentCaller) -> Result<PeaksFeed, Error> {
    caller.require(Permission::ManageDrivers)?;
    // An id is new whoever else renews it at the same time.
    let generation = desk.id().to_string();
    let value = generation.clone();
    let unit = move |tx: &mut Tx| setting::put(tx, GENERATION, &value).map_err(Error::from);
    desk.store().write(Lane::Ordinary, 0, unit).await?;
    Ok(feed(desk, Some(&generation)))
}

fn feed(desk: &Desk, generation: Option<&str>) -> PeaksFeed {
    let secret = desk.keys().feed_secret(generation.unwrap_or_default());
    PeaksFeed { address: format!("{}/api/v1/calendar/peaks/{secret}", desk.settings().public_url) }
}

/// The feed: what lies ahead or goes on, in UTC, under ids that stay. Nothing for whoever does not know the address.
pub async fn peaks_calendar(desk: &Desk, secret: &str) -> Result<String, Error> {
    let (now, own, secret) = (desk.now(), desk.clone(), secret.to_owned());
    let read = desk.store().read(move |rd| {
        // Anybody may call: whoever does not know the address costs one look.
        let generation = setting::get(rd, GENERATION)?.unwrap_or_default();
        if own.keys().is_feed_secret(&generation, &secret) { changed(rd, now) } else { Err(Error::NotFound) }
    });
    Ok(written(&desk.settings().name, &read.await?))
}

fn written(name: &str, rows: &[(Peak, Time)]) -> String {
    let mut calendar = Calendar::new();
    calendar.name(name);
    for (peak, updated) in rows {
        let stamp = |at: Time| {
            let text = at.to_string();
            // 2026-11-29T12:00:00… → 20261129T120000Z (RFC 5545, 3.3.5).
            let digits: String = text.chars().take(19).filter(|c| !matches!(c, '-' | ':')).collect();
            format!("{digits}Z")
        };
        let mut event = Event::new();
        event.uid(&format!("{}@standfast", peak.id)).summary(&peak.title);
        event.add_property("DTSTAMP", stamp(*updated));
        event.add_property("DTSTART", stamp(peak.starts_at));
        event.add_property("DTEND", stamp(peak.until));
        event.add_property("CATEGORIES", peak.kind.as_str());
        calendar.push(event.done());
    }
    calendar.done().to_string()
}

#[cfg(test)]
mod tests {
    use standfast_domain::Role;
    use standfast_store::store_test;

    use super::*;
    use crate::testing::TestDesk;
    use crate::{add_driver, change_driver, find_driver, list_drivers, remove_driver};

    fn file(events: &str) -> Vec<u8> {
        format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x\r\n{events}END:VCALENDAR\r\n").into_bytes()
    }

    fn event(uid: &str, start: &str, title: &str, rest: &str) -> String {
        format!(
            "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261101T000000Z\r\nDTSTART{start}\r\nSUMMARY:{title}\r\n{rest}END:VEVENT\r\n"
        )
    }

    #[test]
    fn kinds_are_told_by_words() {
        for (title, expected) in [
            ("Prague Hard Fork", DriverKind::Fork),
            ("以太坊升级", DriverKind::Upgrade),
            ("Shapella upgrade", DriverKind::Upgrade),
            ("ARB token unlock", DriverKind::Unlock),
            ("代币解锁", DriverKind::Unlock),
            ("新币上线", DriverKind::Listing),
            ("春节空投活动", DriverKind::Campaign),
            ("Release 7.3", DriverKind::Release),
            ("Board meeting", DriverKind::Other),
        ] {
            assert_eq!(kind(title), expected, "{title}");
        }
    }

    #[test]
    fn what_is_no_calendar_is_refused() {
        let now = Time::parse("2026-11-21T12:00:00Z").unwrap();
        for bytes in [b"hello".to_vec(), vec![0xff, 0xfe], file("")] {
            assert!(events_of(&bytes, now).is_err());
        }
    }

    store_test! {
        async fn a_calendar_is_read_once_changed_and_given_out(store) {
            let desk = TestDesk::new(&store);
            let (lead, agent) = (desk.agent("lin", Role::Lead).await, desk.agent("mei", Role::Agent).await);
            let mine = [
                event("a", ":20261203T140000Z", "Prague fork", "DTEND:20261203T200000Z\r\n"),
                event("b", ";TZID=Asia/Shanghai:20261204T090000", "新币上线", ""),
                event("c", ";VALUE=DATE:20261210", "Airdrop", "CATEGORIES:finance,unlock\r\nDTEND;VALUE=DATE:20261211\r\n"),
                event("d", ":20261203T140000Z", "Off", "STATUS:CANCELLED\r\n"),
                event("e", ":20261203T140000Z", "Again", "RRULE:FREQ=DAILY\r\n"),
                event("f", ":20250101T000000Z", "Past fork", ""),
            ].concat();
            assert!(matches!(read_peaks(&desk, &agent, file(&mine)).await, Err(Error::Forbidden)));
            let read = read_peaks(&desk, &lead, file(&mine)).await.unwrap();
            assert_eq!(read, PeaksRead { added: 3, changed: 0, known: 0, left_out: 3 });
            desk.pass(1);
            let later = mine.replace("DTSTART:20261203T140000Z\r\nSUMMARY:Prague", "DTSTART:20261203T150000Z\r\nSUMMARY:Prague");
            assert_eq!(read_peaks(&desk, &lead, file(&later)).await.unwrap(), PeaksRead { added: 0, changed: 1, known: 2, left_out: 3 });

            // Whoever reads it, it is the same event.
            let other = desk.agent("wei", Role::Lead).await;
            assert_eq!(read_peaks(&desk, &other, file(&later)).await.unwrap(), PeaksRead { added: 0, changed: 0, known: 3, left_out: 3 });

            let PeaksFeed { address } = peaks_feed(&desk, &lead).await.unwrap();
            let secret = address.rsplit('/').next().unwrap().to_owned();
            assert!(matches!(peaks_calendar(&desk, "x").await, Err(Error::NotFound)));
            let text = peaks_calendar(&desk, &secret).await.unwrap();
            let given: Calendar = text.parse().unwrap();
            assert_eq!(given.components.len(), 3, "{text}");
            for line in ["DTSTART:20261203T150000Z", "DTEND:20261203T200000Z", "DTSTART:20261204T010000Z", "DTSTART:20261210T000000Z", "SUMMARY:新币上线", "CATEGORIES:listing", "CATEGORIES:unlock"] {
                assert!(text.contains(line), "{line}: {text}");
            }
            let renewed = renew_peaks_feed(&desk, &lead).await.unwrap();
            assert_ne!(renewed.address, address);
            assert!(matches!(peaks_calendar(&desk, &secret).await, Err(Error::NotFound)));
            // What the desk gives out it reads again, as other events.
            assert_eq!(read_peaks(&desk, &lead, text.into_bytes()).await.unwrap().added, 3);
        }

        async fn what_people_made_of_an_event_stays_and_one_fault_keeps_nobody_from_the_others(store) {
            let desk = TestDesk::new(&store);
            let lead = desk.agent("lin", Role::Lead).await;
            let file_of = |hour: u8| file(&[
                event("gone", &format!(":202612{hour}T140000Z"), "Unlock", ""),
                event("odd", ";TZID=China Standard Time:20261203T140000", "Odd", ""),
                event("once", ":20261203T140000Z", "One of a series", "RECURRENCE-ID:20261203T130000Z\r\n"),
                event("fork", &format!(":202612{hour}T150000Z"), "Prague fork", ""),
                event("\u{200b}", &format!(":202612{hour}T160000Z"), "Listing", ""),
            ].concat());
            assert_eq!(read_peaks(&desk, &lead, file_of(10)).await.unwrap(), PeaksRead { added: 3, changed: 0, known: 0, left_out: 2 });
            let known = list_drivers(&desk, &lead, None, None).await.unwrap();
            let of = |title: &str| known.iter().find(|one| one.title == title).unwrap();
            let (gone, fork) = (of("Unlock"), of("Prague fork"));
            remove_driver(&desk, &lead, gone.id).await.unwrap();
            let narrowed = DriverCommand {
                kind: DriverKind::Release,
                title: fork.title.clone(),
                note: "Of our own".to_owned(),
                starts_at: fork.starts_at,
                ends_at: None,
                scope: [("chain".to_owned(), vec!["eth".to_owned()])].into(),
            };
            let before = change_driver(&desk, &lead, fork.id, fork.version, &narrowed).await.unwrap();
            assert_eq!(before.scope.0.len(), 1);
            // All of them are moved: what was taken away stays away, and what comes after it is read.
            assert_eq!(read_peaks(&desk, &lead, file_of(11)).await.unwrap(), PeaksRead { added: 0, changed: 2, known: 0, left_out: 3 });
            let after = find_driver(&desk, &lead, fork.id).await.unwrap();
            assert_eq!((after.starts_at, after.kind, &after.note, &after.scope), (before.starts_at.plus(Duration::from_hours(24)), before.kind, &before.note, &before.scope));
            assert!(find_driver(&desk, &lead, gone.id).await.is_err());
        }

        async fn what_the_version_before_read_is_read_once(store) {
            let desk = TestDesk::new(&store);
            let (lin, wei) = (desk.agent("lin", Role::Lead).await, desk.agent("wei", Role::Lead).await);
            let mine = file(&[
                event("both", ":20261210T140000Z", "Prague fork", ""),
                event("gone", ":20261211T140000Z", "Unlock", ""),
                event("half", ":20261212T140000Z", "Listing", ""),
            ].concat());
            // As that version named them: each lead has their own.
            let mut of_lin = Vec::new();
            for (name, mut command) in events_of(&mine, desk.now()).unwrap().0 {
                command.note = "Of our own".to_owned();
                of_lin.push(add_driver(&desk, &lin, &format!("ics-{name}"), &command).await.unwrap());
                if command.title != "Unlock" {
                    add_driver(&desk, &wei, &format!("ics-{name}"), &command).await.unwrap();
                }
            }
            let [both, gone, half] = of_lin.as_slice() else { panic!("{of_lin:?}") };
            remove_driver(&desk, &lin, gone.id).await.unwrap();
            remove_driver(&desk, &lin, half.id).await.unwrap();
            let moved = String::from_utf8(mine.clone()).unwrap().replace("1210T14", "1210T15");
            for (bytes, read) in [
                (moved.clone().into_bytes(), PeaksRead { added: 0, changed: 1, known: 1, left_out: 1 }),
                (moved.into_bytes(), PeaksRead { added: 0, changed: 0, known: 2, left_out: 1 }),
            ] {
                assert_eq!(read_peaks(&desk, &lin, bytes).await.unwrap(), read);
            }
            let after = find_driver(&desk, &lin, both.id).await.unwrap();
            assert_eq!((after.starts_at, after.note.as_str()), (both.starts_at.plus(Duration::from_hours(1)), "Of our own"));
            assert_eq!(list_drivers(&desk, &lin, None, None).await.unwrap().len(), 3);
        }

        async fn of_very_many_peaks_the_next_ones_are_told(store) {
            let desk = TestDesk::new(&store);
            let lead = desk.agent("lin", Role::Lead).await;
            // Two files of three hundred: the later ones first.
            for half in [1, 0] {
                let at = |number: u64| desk.now().plus(Duration::from_hours(1 + half * 300 + number)).to_string();
                let start = |number| format!(":{}Z", at(number).chars().filter(|c| !matches!(c, '-' | ':')).take(15).collect::<String>());
                let events: String = (0..300).map(|number| event(&format!("{half}.{number}"), &start(number), "Token unlock", "")).collect();
                assert_eq!(read_peaks(&desk, &lead, file(&events)).await.unwrap().added, 300);
            }
            let now = desk.now();
            let next = desk.store().read(move |rd| crate::surge::peak::next(rd, now)).await.unwrap().unwrap();
            assert_eq!(next.starts_at, now.plus(Duration::from_hours(1)));
        }
    }
}
