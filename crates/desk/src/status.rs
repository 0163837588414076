//! What anybody may know of the desk: whether it is open, how long it takes, what is wrong, and how well it kept its promise.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use parking_lot::Mutex;
use serde::Serialize;
use standfast_domain::{
    Asker, Channel, Course, Day, DriverId, DriverKind, Hours, IncidentPhase, Kept, Language, Level, Promised,
    ScheduleId, Service, Time, TimeOfDay, Timetable, Wait,
};
use standfast_store::driver::DriverRow;
use standfast_store::{Rd, driver, incident};
use utoipa::ToSchema;

use crate::hours::{ScheduleView, current_schedules, opening_of};
use crate::incident::{IncidentUpdate, updates};
use crate::online::{days_kept, services_kept};
use crate::{Asks, Desk, Error, MaintenanceView, Opening, asks, asks_anyhow, timetable};

/// So old may an answer be: whoever asks while many ask gets that of another.
const FRESH: Duration = Duration::from_secs(5);
/// Days of the online rate.
const DAYS: i64 = 90;
/// Days ahead of which the opening hours are told.
const COMING: i64 = 14;
const AHEAD: Duration = Duration::from_hours(24 * COMING.unsigned_abs());
/// Incidents that are over are shown for so long.
const PAST: Duration = Duration::from_hours(24 * 14);
/// Most incidents.
const MOST: i64 = 50;

/// A day of the online rate.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StatusDay {
    /// The date in the zone of the hours.
    #[schema(value_type = String, format = Date)]
    pub date: Day,
    /// Minutes for which somebody was promised.
    pub promised: u32,
    /// Of those, minutes in which somebody could answer.
    pub online: u32,
}

/// Who is there for those who write in a language, and how long it takes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatusWait {
    /// The language.
    pub language: Language,
    /// People who are there to answer and know it. Null where another process of the desk has people of whom this one does not know
    /// what they know.
    pub people: Option<u32>,
    /// What the next one has to expect, as the form for requests and the receipt say it; null when unknown. While it is closed,
    /// the time until it opens is in it.
    pub expected: Option<Wait>,
}

/// How well the promise was kept to those who write in a language and come by a channel, in the last 90 days.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StatusService {
    /// The language.
    pub language: Language,
    /// The channel.
    pub channel: Channel,
    /// Minutes for which somebody was promised.
    pub promised: u32,
    /// Of those, minutes in which somebody could answer.
    pub online: u32,
    /// The online rate, from 0 to 1; null where nothing was promised yet.
    pub rate: Option<f64>,
}

/// A stretch of time in which the desk is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatusSpan {
    /// When it opens; when this was asked, where it is open then.
    #[schema(value_type = String, format = DateTime)]
    pub opens_at: Time,
    /// When it closes; null where it does not within two months.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closes_at: Option<Time>,
}

/// When the desk is open on a day, by the clock on the wall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatusOpened {
    /// The date in the zone of the hours.
    #[schema(value_type = String, format = Date)]
    pub date: Day,
    /// From when to when, within the day; none where it is closed.
    #[schema(value_type = Vec<Vec<String>>, example = json!([["09:00", "18:00"]]))]
    pub spans: Vec<(TimeOfDay, TimeOfDay)>,
}

/// Hours, as anybody may see them.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StatusHours {
    /// Id.
    #[schema(value_type = String)]
    pub id: ScheduleId,
    /// What they are called.
    pub name: String,
    /// Languages that they are for; all when none is named.
    pub languages: Vec<Language>,
    /// Channels that they are for; all when none is named.
    pub channels: Vec<Channel>,
    /// Regions that they are for; all when none is named.
    pub regions: Vec<String>,
    /// Whether it is open now, and when that changes.
    pub opening: Opening,
    /// When it is open in the next two weeks: whoever keeps this can say so also while the desk cannot be reached.
    pub ahead: Vec<StatusSpan>,
    /// The same day by day, from today on.
    pub coming: Vec<StatusOpened>,
    /// Who is there and how long it takes, by each language of those for whom these hours are meant.
    pub waits: Vec<StatusWait>,
    /// The online rate of the last 90 days, from 0 to 1; null where nothing was promised yet.
    pub rate: Option<f64>,
    /// The same by language and channel, of those for whom these hours are meant.
    pub services: Vec<StatusService>,
    /// Day by day, the last 90; those of which nothing is known have no promised minutes.
    pub days: Vec<StatusDay>,
}

/// An incident, as anybody may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatusIncident {
    /// Id.
    #[schema(value_type = String)]
    pub id: DriverId,
    /// How far the desk has come.
    pub phase: IncidentPhase,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Time,
    /// When it was over.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Time>,
    /// What was said of it, the latest first.
    pub updates: Vec<IncidentUpdate>,
}

/// The state of the desk.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StatusView {
    /// The name of the wallet.
    pub name: String,
    /// When this was so.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// Requests that wait for the desk.
    pub waiting: u32,
    /// What the next one has to expect, whoever it is; null when unknown, and when it depends on who asks: see the hours.
    pub expected: Option<Wait>,
    /// Whether somebody is there to answer anybody.
    pub is_attended: bool,
    /// Since when the online rate is counted; null when it is not yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub counted_since: Option<Time>,
    /// Hours, the most general first; none when none are set.
    pub hours: Vec<StatusHours>,
    /// How far the desk is from its ordinary course.
    pub level: Level,
    /// Maintenance that goes on or lies ahead, the earliest first.
    pub maintenance: Vec<MaintenanceView>,
    /// Incidents that go on, then those that were over in the last two weeks.
    pub incidents: Vec<StatusIncident>,
}

impl StatusView {
    /// Until when it says the opening hours.
    #[must_use]
    pub fn hours_known_until(&self) -> Time {
        self.at.plus(AHEAD)
    }
}

/// The last answer, and whoever makes the next one.
#[derive(Debug, Default)]
pub(crate) struct Last {
    known: Mutex<Option<Arc<Known>>>,
    making: tokio::sync::Mutex<()>,
}

/// An answer, and who asks by each of its hours.
#[derive(Debug)]
struct Known {
    view: StatusView,
    askers: Vec<Vec<Asking>>,
}

/// Somebody for whom hours are meant.
#[derive(Clone, Debug)]
struct Asking {
    language: Language,
    region: String,
    channel: Channel,
}

impl Last {
    /// The next one who asks gets a new answer.
    pub(crate) fn forget(&self) {
        *self.known.lock() = None;
    }
}

/// The state of the desk: what is read of it at most a few seconds old, who is there and how long it takes as it is now.
pub async fn status(desk: &Desk) -> Result<StatusView, Error> {
    let known = known(desk).await?;
    let now = desk.now();
    let waiting = desk.board().waiting(asks_anyhow(desk, now));
    let mut view = known.view.clone();
    (view.waiting, view.expected) = (waiting.count, waiting.expected);
    view.is_attended = desk.present_anywhere(now) > 0;
    for (hours, askers) in view.hours.iter_mut().zip(&known.askers) {
        hours.waits = askers.iter().map(|asking| wait_of(desk, asking, now)).collect();
    }
    Ok(view)
}

fn wait_of(desk: &Desk, asking: &Asking, now: Time) -> StatusWait {
    let Asking { language, ref region, channel } = *asking;
    let waiting = desk.board().waiting(asks(desk, &Asker { language, region, channel }, now));
    let is_alone = desk.present_anywhere(now) == desk.board().present();
    StatusWait { language, people: is_alone.then_some(waiting.agents_present), expected: waiting.expected }
}

/// Whether somebody is there who can answer in a language; of people at other processes it is believed.
#[must_use]
pub fn is_attended(desk: &Desk, language: Language) -> bool {
    let now = desk.now();
    let asks = Asks { channel: None, language: Some(language), closed: None, now };
    desk.board().waiting(asks).agents_present > 0 || desk.present_anywhere(now) > desk.board().present()
}

async fn known(desk: &Desk) -> Result<Arc<Known>, Error> {
    let now = desk.now();
    let last = || desk.shared.status.known.lock().clone();
    let is_fresh = |last: &Arc<Known>| last.view.at <= now && now.since(last.view.at) < FRESH;
    if let Some(last) = last().filter(is_fresh) {
        return Ok(last);
    }
    // One makes it, and meanwhile everybody else gets the one before; the first ones wait.
    let _making = match (desk.shared.status.making.try_lock(), last()) {
        (Ok(making), _) => making,
        (Err(_), Some(last)) => return Ok(last),
        (Err(_), None) => desk.shared.status.making.lock().await,
    };
    if let Some(last) = last().filter(is_fresh) {
        return Ok(last);
    }
    let schedules = current_schedules(desk).await?;
    let incidents = desk.store().read(move |rd| incidents(rd, now)).await?;
    let (course, table) = (desk.shared.online.course(), timetable(desk));
    let counted_since = course.begins();
    let hours = tokio::task::spawn_blocking(move || {
        let of = |schedule: ScheduleView| {
            let askers = askers(&table, &schedule, now);
            let hours = hours(&course, &table, schedule, now)?;
            Some((hours, askers))
        };
        schedules.into_iter().filter_map(of).collect::<Vec<_>>()
    });
    let (hours, askers) =
        hours.await.map_err(|_| Error::Inconsistent("the online rate"))?.into_iter().unzip();
    let view = StatusView {
        name: desk.settings().name.clone(),
        at: now,
        waiting: 0,
        expected: None,
        is_attended: false,
        counted_since,
        hours,
        level: desk.surge().level().0,
        maintenance: desk.maintenance().ahead(now),
        incidents,
    };
    let known = Arc::new(Known { view, askers });
    *desk.shared.status.known.lock() = Some(known.clone());
    Ok(known)
}

/// Those for whom hours are meant, one for each language: by the form on the desk's pages where they are for it, else by the first
/// way for which they are.
fn askers(table: &Timetable, schedule: &ScheduleView, now: Time) -> Vec<Asking> {
    let coverage = &schedule.coverage;
    let any = [String::new()];
    let regions: Vec<&String> =
        if coverage.regions.is_empty() { any.iter().collect() } else { coverage.regions.iter().collect() };
    let first = [Channel::Page, Channel::Widget, Channel::Api];
    let others = Channel::ALL.into_iter().filter(|channel| !first.contains(channel));
    let channels: Vec<Channel> = first.into_iter().chain(others).collect();
    let of = |language: Language| {
        let each = channels.iter().flat_map(|channel| regions.iter().map(move |region| (*channel, *region)));
        let is_meant = |(channel, region): &(Channel, &String)| {
            let asker = Asker { language, region, channel: *channel };
            coverage.covers(&asker) && table.find(&asker, now).is_some_and(|found| found.id == schedule.id)
        };
        let (channel, region) = each.into_iter().find(is_meant)?;
        Some(Asking { language, region: region.clone(), channel })
    };
    Language::ALL.into_iter().filter_map(of).collect()
}

fn hours(course: &Course, table: &Timetable, schedule: ScheduleView, now: Time) -> Option<StatusHours> {
    let (zone, hours) = table.hours(schedule.id)?;
    let promised = Promised { hours, services: table.services(schedule.id, now) };
    let days = days_kept(course, &promised, zone, now, DAYS);
    let services = services_kept(course, &promised, zone, now, DAYS).into_iter();
    let service = |(service, kept): (Service, Kept)| StatusService {
        language: service.language(),
        channel: service.channel(),
        promised: kept.promised,
        online: kept.online,
        rate: kept.rate(),
    };
    let mut kept = Kept::default();
    for (_, day) in &days {
        kept += *day;
    }
    let opening = opening_of(zone, hours, now);
    let (ahead, coming) = (ahead(zone, hours, now), coming(&schedule, zone, now));
    Some(StatusHours {
        id: schedule.id,
        name: schedule.name,
        languages: schedule.coverage.languages,
        channels: schedule.coverage.channels,
        regions: schedule.coverage.regions.into_iter().collect(),
        opening,
        ahead,
        coming,
        waits: Vec::new(),
        rate: kept.rate(),
        services: services.map(service).collect(),
        days: days
            .into_iter()
            .map(|(date, kept)| StatusDay { date, promised: kept.promised, online: kept.online })
            .collect(),
    })
}

/// When it is open in the next two weeks.
fn ahead(zone: &str, hours: &Hours, now: Time) -> Vec<StatusSpan> {
    let until = now.plus(AHEAD);
    let span = |(opens_at, _)| {
        // Not where the two weeks end.
        StatusSpan { opens_at, closes_at: opening_of(zone, hours, opens_at).closes_at }
    };
    hours.open_between(now, until).into_iter().map(span).collect()
}

/// The same day by day, by the clock on the wall.
fn coming(schedule: &ScheduleView, zone: &str, now: Time) -> Vec<StatusOpened> {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let offset = Timestamp::from_microsecond(now.0).map_or(0, |at| zone.to_offset(at).seconds());
    let today = Day::of(Time(now.0 + i64::from(offset) * 1_000_000));
    let days = schedule.schedule.opened(today, COMING).into_iter();
    days.map(|day| StatusOpened { date: day.date, spans: day.spans }).collect()
}

fn incidents(rd: &mut Rd, now: Time) -> Result<Vec<StatusIncident>, Error> {
    let mut ids = incident::list_open(rd, MOST)?;
    let recent = incident::list_told(rd, now.minus(PAST), MOST)?;
    ids.extend(recent.into_iter().filter(|id| !ids.contains(id)).collect::<Vec<_>>());
    let mut incidents = Vec::new();
    for id in ids {
        incidents.extend(incident_view(rd, id)?);
    }
    Ok(incidents)
}

/// Incidents that go on, as they were told, the one that was spoken of last first.
pub(crate) fn open_incidents(rd: &mut Rd) -> Result<Vec<StatusIncident>, Error> {
    let mut incidents = Vec::new();
    for id in incident::list_open(rd, MOST)? {
        incidents.extend(incident_view(rd, id)?);
    }
    Ok(incidents)
}

/// An incident as it was told; nothing where nobody told of it, or it was taken away.
pub(crate) fn incident_view(rd: &mut Rd, id: DriverId) -> Result<Option<StatusIncident>, Error> {
    let is_told = |row: &DriverRow| row.removed_at.is_none() && row.kind == DriverKind::Incident;
    let Some(row) = driver::find(rd, id)?.filter(is_told) else { return Ok(None) };
    let updates = updates(rd, id)?;
    let Some(phase) = updates.first().map(|last| last.phase) else { return Ok(None) };
    let ends_at = row.ends_at.filter(|_| phase == IncidentPhase::Resolved);
    Ok(Some(StatusIncident { id, phase, starts_at: row.starts_at, ends_at, updates }))
}
