//! When the desk is open: schedules for some of those who ask, what changes them, and what anybody is told of it.
//!
//! A change holds from when it is made. What was before stays what it was, so that no figure of the past moves; only the
//! first schedule that a desk ever gets holds for all time before, too, because nothing was measured by another one.

mod calendar;
mod feed;
mod opening;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use parking_lot::RwLock;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use standfast_domain::{
    AgentId, Asker, Channel, Coverage, Day, Language, Opened, Permission, Schedule, ScheduleId,
    ScheduleVersion, Time, Timetable, WeekGap, region_code,
};
use standfast_store::hours::{self, ScheduleRow};
use standfast_store::{Lane, Rd, Tx};
use tokio::sync::watch;
use utoipa::ToSchema;

use crate::draft::{asks_for_nothing, plain, says_nothing};
use crate::screening::Findings;
use crate::{AgentCaller, Desk, Error};

pub use calendar::read_calendar;
pub(crate) use feed::{CALENDAR, fetch_calendar, schedule_calendars};
pub use feed::{CalendarView, add_calendar, list_calendars, remove_calendar};
pub use opening::{Opening, opening};
pub(crate) use opening::{opening_for, opening_of, region};

/// Longest name, in characters.
const NAME: usize = 100;
/// Most schedules.
const MOST: usize = 100;
/// Most values of each part of a coverage.
const MOST_VALUES: usize = 50;
/// Days of a preview: four weeks.
const PREVIEW: i64 = 28;
/// The first day that is worked out: before it there was no wallet, and no request.
const FIRST: &str = "2009-01-01";
/// Days ahead that are worked out, and days ahead below which they are worked out anew.
const AHEAD: i64 = 3 * 366;
const LEAST_AHEAD: i64 = 2 * 366;
/// How often a change by another process is looked for.
const LOOK: Duration = Duration::from_secs(5);

/// The hours that a process goes by.
#[derive(Debug, Default)]
pub(crate) struct InForce(RwLock<(i64, Arc<Timetable>)>);

impl InForce {
    pub(crate) fn timetable(&self) -> Arc<Timetable> {
        self.0.read().1.clone()
    }
}

/// The hours of the desk, as this process knows them: at most a few seconds behind other processes.
#[must_use]
pub fn timetable(desk: &Desk) -> Arc<Timetable> {
    desk.shared.hours.timetable()
}

/// Reads the hours, unless they are those that are known.
pub async fn load_hours(desk: &Desk) -> Result<(), Error> {
    let (known, until) = {
        let state = desk.shared.hours.0.read();
        (state.0, state.1.until())
    };
    let today = Day::of(desk.now());
    let is_fresh = until.is_some_and(|until| until >= today.plus(LEAST_AHEAD));
    let read = desk.store().read(move |rd| {
        let count = hours::count(rd)?;
        let is_known = count == known && (is_fresh || count == 0);
        Ok::<_, Error>((count, if is_known { None } else { Some(versions(rd)?) }))
    });
    let (count, Some(rows)) = read.await? else { return Ok(()) };
    let made = tokio::task::spawn_blocking(move || worked_out(&rows, today)).await;
    let table = made.map_err(|_| Error::Inconsistent("opening hours could not be worked out"))??;
    let mut state = desk.shared.hours.0.write();
    // Somebody may have read a newer state meanwhile.
    if count >= state.0 {
        *state = (count, Arc::new(table));
    }
    Ok(())
}

/// Keeps the hours of this process those of the database, until `stop` changes.
pub async fn follow_hours(desk: Desk, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = load_hours(&desk).await {
            tracing::warn!(%error, "opening hours could not be read; those known so far are used");
        }
        let _ = tokio::time::timeout(LOOK, stop.changed()).await;
    }
}

fn versions(rd: &mut Rd) -> Result<Vec<ScheduleVersion>, Error> {
    hours::list(rd)?.iter().map(version).collect()
}

fn version(row: &ScheduleRow) -> Result<ScheduleVersion, Error> {
    let broken = |_| Error::Inconsistent("opening hours");
    Ok(ScheduleVersion {
        id: row.schedule_id,
        from: row.valid_from,
        coverage: serde_json::from_str(&row.coverage).map_err(broken)?,
        schedule: row.definition.as_deref().map(serde_json::from_str).transpose().map_err(broken)?,
    })
}

fn worked_out(versions: &[ScheduleVersion], today: Day) -> Result<Timetable, Error> {
    let first = Day::parse(FIRST).unwrap_or(today);
    Ok(Timetable::new(versions, first, today.plus(AHEAD))?)
}

/// Hours as somebody enters them.
#[derive(Clone, Debug)]
pub struct ScheduleWish {
    /// What they are called.
    pub name: String,
    /// For whom they are.
    pub coverage: Coverage,
    /// When the desk is open.
    pub schedule: Schedule,
}

/// Hours for some of those who ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScheduleView {
    /// Id.
    #[schema(value_type = String)]
    pub id: ScheduleId,
    /// Goes up with every change. Whoever changes it says which one they have seen.
    pub version: i64,
    /// What they are called.
    pub name: String,
    /// For whom they are.
    pub coverage: Coverage,
    /// When the desk is open.
    pub schedule: Schedule,
    /// When they were changed last.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Time,
    /// Who did.
    #[schema(value_type = Option<String>)]
    pub changed_by: Option<AgentId>,
}

fn view(row: &ScheduleRow) -> Result<Option<ScheduleView>, Error> {
    let ScheduleVersion { coverage, schedule, .. } = version(row)?;
    Ok(schedule.map(|schedule| ScheduleView {
        id: row.schedule_id,
        version: row.version,
        name: row.name.clone(),
        coverage,
        schedule,
        changed_at: row.created_at,
        changed_by: row.agent_id,
    }))
}

/// The last version of each schedule that there is.
fn current(rows: &[ScheduleRow]) -> Result<Vec<ScheduleView>, Error> {
    let last = rows
        .iter()
        .enumerate()
        .filter(|(place, row)| rows.get(place + 1).is_none_or(|next| next.schedule_id != row.schedule_id));
    let views = last.map(|(_, row)| view(row)).collect::<Result<Vec<_>, _>>()?;
    Ok(views.into_iter().flatten().collect())
}

/// Every schedule, the most general first.
pub async fn list_schedules(desk: &Desk, caller: &AgentCaller) -> Result<Vec<ScheduleView>, Error> {
    caller.require(Permission::ReadRequests)?;
    current_schedules(desk).await
}

/// The same, for whoever may know.
pub(crate) async fn current_schedules(desk: &Desk) -> Result<Vec<ScheduleView>, Error> {
    let rows = desk.store().read(|rd| hours::list(rd).map_err(Error::from)).await?;
    let mut views = current(&rows)?;
    views.sort_by_key(|view| (view.coverage.rank(), view.id));
    Ok(views)
}

/// What is safe to store.
fn checked(wish: &ScheduleWish) -> Result<ScheduleWish, Error> {
    let mut findings = Findings::default();
    let mut text = |text: &str| findings.text(plain(text).trim());
    let mut wish = wish.clone();
    // It stands on the status page.
    asks_for_nothing(&wish.name)?;
    wish.name = text(&wish.name);
    if says_nothing(&wish.name) {
        return Err(Error::invalid("name", "missing"));
    }
    if wish.name.chars().count() > NAME {
        return Err(Error::invalid("name", "too_long"));
    }
    wish.schedule.check()?;
    let Schedule { seasons, days, exceptions, .. } = &mut wish.schedule;
    let names = seasons.iter_mut().map(|season| &mut season.name);
    let names = names.chain(days.iter_mut().map(|day| &mut day.name));
    for name in names.chain(exceptions.iter_mut().map(|exception| &mut exception.reason)) {
        *name = text(name);
    }
    days.sort_by_key(|day| day.date);
    exceptions.sort_by_key(|exception| exception.from);
    let coverage = &mut wish.coverage;
    if coverage.regions.len() > MOST_VALUES {
        return Err(Error::invalid("regions", "too_many"));
    }
    let region = |text: &String| region_code(text).ok_or(Error::invalid("regions", "malformed"));
    coverage.regions = coverage.regions.iter().map(region).collect::<Result<_, _>>()?;
    coverage.languages = Language::ALL.into_iter().filter(|one| coverage.languages.contains(one)).collect();
    coverage.channels = CHANNELS.into_iter().filter(|one| coverage.channels.contains(one)).collect();
    Ok(wish)
}

/// The ways by which customers come.
const CHANNELS: [Channel; 3] = [Channel::Widget, Channel::Page, Channel::Api];

fn json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|_| Error::Inconsistent("json"))
}

/// Enters hours.
pub async fn add_schedule(
    desk: &Desk,
    caller: &AgentCaller,
    wish: &ScheduleWish,
) -> Result<ScheduleView, Error> {
    write(desk, caller, ScheduleId(desk.id()), None, Some(checked(wish)?)).await?.ok_or(Error::NotFound)
}

/// Makes hours what the wish says, from now on. `seen` is the version that the caller has seen.
pub async fn change_schedule(
    desk: &Desk,
    caller: &AgentCaller,
    id: ScheduleId,
    seen: i64,
    wish: &ScheduleWish,
) -> Result<ScheduleView, Error> {
    write(desk, caller, id, Some(seen), Some(checked(wish)?)).await?.ok_or(Error::NotFound)
}

/// Takes hours away, from now on.
pub async fn remove_schedule(
    desk: &Desk,
    caller: &AgentCaller,
    id: ScheduleId,
    seen: i64,
) -> Result<(), Error> {
    write(desk, caller, id, Some(seen), None).await.map(drop)
}

/// Writes the next version; with nothing seen, the first one.
async fn write(
    desk: &Desk,
    caller: &AgentCaller,
    id: ScheduleId,
    seen: Option<i64>,
    wish: Option<ScheduleWish>,
) -> Result<Option<ScheduleView>, Error> {
    caller.require(Permission::ManageHours)?;
    let (now, by) = (desk.now(), caller.id);
    let written = desk.store().write(Lane::Ordinary, 0, move |tx| {
        let before = hours::count(tx)?;
        hours::hold(tx)?;
        // What another process wrote while this one waited, nobody here has seen.
        if hours::count(tx)? != before {
            return Err(Error::ChangedMeanwhile);
        }
        let rows = hours::list(tx)?;
        let known = current(&rows)?;
        let own = known.iter().find(|one| one.id == id);
        if seen.is_some() && own.is_none() {
            return Err(Error::NotFound);
        }
        if let Some(own) = own.filter(|own| seen != Some(own.version)) {
            return Err(Error::OutdatedVersion { version: own.version });
        }
        if own.is_none() && known.len() >= MOST {
            return Err(Error::invalid("schedules", "too_many"));
        }
        if let Some(wish) = &wish {
            let is_rival = |other: &&ScheduleView| other.id != id && other.coverage.rivals(&wish.coverage);
            if known.iter().any(|other| is_rival(&other)) {
                return Err(Error::invalid("coverage", "rival"));
            }
        }
        insert(tx, &rows, id, wish.as_ref(), Some(by), now)
    });
    let row = written.await?;
    load_hours(desk).await?;
    view(&row)
}

/// Writes the version of a schedule that follows those known: what it becomes, or its end.
fn insert(
    tx: &mut Tx,
    rows: &[ScheduleRow],
    id: ScheduleId,
    wish: Option<&ScheduleWish>,
    by: Option<AgentId>,
    now: Time,
) -> Result<ScheduleRow, Error> {
    let last = rows.iter().rev().find(|row| row.schedule_id == id);
    let row = ScheduleRow {
        schedule_id: id,
        version: last.map_or(1, |last| last.version + 1),
        valid_from: if rows.is_empty() { Time(0) } else { now },
        name: wish.map_or_else(String::new, |wish| wish.name.clone()),
        coverage: json(&wish.map(|wish| wish.coverage.clone()).unwrap_or_default())?,
        definition: wish.map(|wish| json(&wish.schedule)).transpose()?,
        agent_id: by,
        created_at: now,
    };
    if hours::insert(tx, &row)? { Ok(row) } else { Err(Error::OutdatedVersion { version: row.version }) }
}

/// Somebody who may ask, as schedules tell them apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct Audience {
    /// The language.
    #[schema(value_type = Language)]
    pub language: &'static str,
    /// The region; empty for all that no schedule names.
    pub region: String,
    /// The way by which they come; null for all that no schedule names.
    #[schema(value_type = Option<Channel>)]
    pub channel: Option<&'static str>,
}

/// When nobody is there, week after week, for some of those who may ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AudienceGap {
    /// The hours that are meant for them; null where there are none, so that nobody can say when the desk is open.
    #[schema(value_type = Option<String>)]
    pub schedule_id: Option<ScheduleId>,
    /// Who they are.
    pub audiences: Vec<Audience>,
    /// The stretches, by the clock of the schedule's zone, in the four weeks to come.
    pub gaps: Vec<WeekGap>,
}

/// For whom nobody is there when: by the hours that are meant for each of those whom schedules tell apart.
fn gaps(schedules: &[ScheduleView], today: Day) -> Vec<AudienceGap> {
    if schedules.is_empty() {
        return Vec::new();
    }
    let mut regions: Vec<&str> =
        schedules.iter().flat_map(|one| &one.coverage.regions).map(String::as_str).collect();
    regions.push("");
    regions.sort_unstable();
    regions.dedup();
    let mut channels: Vec<Option<Channel>> = CHANNELS.into_iter().map(Some).collect();
    channels.retain(|one| {
        one.is_some_and(|one| schedules.iter().any(|known| known.coverage.channels.contains(&one)))
    });
    channels.push(None);
    let mut all: Vec<AudienceGap> = Vec::new();
    for language in Language::ALL {
        for region in &regions {
            for channel in &channels {
                // The console is none of the ways by which customers come: no schedule names it.
                let asker = Asker { language, region, channel: channel.unwrap_or(Channel::Console) };
                let covering = schedules.iter().filter(|one| one.coverage.covers(&asker));
                let meant = covering.max_by_key(|one| one.coverage.rank());
                let audience = Audience {
                    language: language.as_str(),
                    region: (*region).to_owned(),
                    channel: channel.map(Channel::as_str),
                };
                let id = meant.map(|one| one.id);
                match all.iter_mut().find(|known| known.schedule_id == id) {
                    Some(known) => known.audiences.push(audience),
                    None => all.push(AudienceGap {
                        schedule_id: id,
                        audiences: vec![audience],
                        gaps: meant.map(|one| one.schedule.week_gaps(today)).unwrap_or_default(),
                    }),
                }
            }
        }
    }
    all.retain(|gap| gap.schedule_id.is_none() || !gap.gaps.is_empty());
    all
}

/// For whom nobody is there when, by the schedules that there are.
pub async fn hours_gaps(desk: &Desk, caller: &AgentCaller) -> Result<Vec<AudienceGap>, Error> {
    Ok(gaps(&list_schedules(desk, caller).await?, Day::of(desk.now())))
}

/// What hours come to before they are saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SchedulePreview {
    /// The next four weeks.
    pub days: Vec<Opened>,
    /// For whom nobody would be there when.
    pub gaps: Vec<AudienceGap>,
}

/// What the next four weeks would be, with these hours in place of those with the id, or beside all others.
pub async fn preview_schedule(
    desk: &Desk,
    caller: &AgentCaller,
    id: Option<ScheduleId>,
    wish: &ScheduleWish,
) -> Result<SchedulePreview, Error> {
    let wish = checked(wish)?;
    let mut schedules = list_schedules(desk, caller).await?;
    schedules.retain(|one| Some(one.id) != id);
    if schedules.iter().any(|one| one.coverage.rivals(&wish.coverage)) {
        return Err(Error::invalid("coverage", "rival"));
    }
    let today = today(&wish.schedule, desk.now());
    let days = wish.schedule.opened(today, PREVIEW);
    schedules.push(ScheduleView {
        id: id.unwrap_or(ScheduleId(0)),
        version: 0,
        name: wish.name,
        coverage: wish.coverage,
        schedule: wish.schedule,
        changed_at: desk.now(),
        changed_by: None,
    });
    Ok(SchedulePreview { days, gaps: gaps(&schedules, today) })
}

/// The date on the clocks of a schedule.
fn today(schedule: &Schedule, now: Time) -> Day {
    let shown = TimeZone::get(&schedule.zone).ok().zip(Timestamp::from_microsecond(now.0).ok());
    let date = shown.and_then(|(zone, now)| Day::parse(&now.to_zoned(zone).date().to_string()));
    date.unwrap_or(Day::of(now))
}

#[cfg(test)]
mod tests;
