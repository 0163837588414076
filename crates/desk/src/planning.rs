//! Planning people: how many requests will come, how many people that takes, who works when, and what would happen if.
//!
//! ```text
//! facts -> demand (half hours, special days) -> science::forecast -> science::queue -> need by half hour and language
//!   people, contracts, shifts (roster) -> science::roster -> a plan -> drafts of the roster, once somebody accepts it
//!                                      -> science::whatif -> a week, played two hundred times
//! ```
//!
//! Nothing but the settings is stored: everything is worked out when it is asked for, from the facts and the roster as they are.

mod course;
mod demand;
mod forecast;
mod handling;
mod need;
mod plan;
mod staffing;
mod whatif;

use jiff::tz::TimeZone;
use serde::Serialize;
use standfast_domain::planning::{HourCost, Settings, TierRule};
use standfast_domain::{Day, Language, Permission, Time, Weekday};
use standfast_insight::{Facts, day_start};
use standfast_store::{Lane, Rd, driver, setting};
use tokio::sync::OwnedSemaphorePermit;
use utoipa::ToSchema;

use crate::{AgentCaller, Desk, Error, timetable};

pub use course::{
    CourseAdvice, CourseGap, CoursePart, CourseRemedy, CourseSpare, CourseView, HalfHour, course,
};
pub use demand::Special;
pub use forecast::{ForecastDay, ForecastScore, ForecastView, ForecastWish, SpecialEffect, Today, forecast};
pub use handling::{HandlingView, LaneHandling};
pub use need::{LaneNeed, NeedView, TierNeed, need};
pub use plan::{PlanView, PlannedShift, Shortage, UnderContract, plan_shifts};
pub use staffing::{HourStaffing, StaffingView, staffing};
pub use whatif::{Distribution, LaneWhatIf, PeakWish, WhatIfView, WhatIfWish, what_if};

use demand::Past;

/// Setting that holds how people are planned.
const SETTING: &str = "planning";
/// Minutes of a slot.
const SLOT: i64 = 30;
/// Slots of a day.
const DAY: usize = 48;
const MINUTE: i64 = 60_000_000;
/// Weeks that are planned at a time at most.
const MOST_WEEKS: u8 = 4;
/// Weeks ahead that are forecast.
const AHEAD: usize = 13;

/// How people are planned, and which version of it that is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PlanningView {
    /// Goes up with every change. Whoever changes it says which one they have seen.
    pub version: i64,
    /// How people are planned.
    pub settings: Settings,
    /// How long answers take, as it was measured.
    pub handling: HandlingView,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Stored {
    version: i64,
    settings: Settings,
    /// What an hour costs, to the hundredth: a process of the version before reads whole amounts alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hour_cost: Option<HourCost>,
    /// Rules of tiers: a process of the version before reads no settings with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tiers: Vec<TierRule>,
}

impl Stored {
    fn new(version: i64, mut settings: Settings) -> Self {
        let tiers = std::mem::take(&mut settings.tiers);
        let exact = settings.hour_cost;
        let hour_cost = exact.map(HourCost::whole);
        Self {
            version,
            settings: Settings { hour_cost, ..settings },
            hour_cost: exact.filter(|_| hour_cost != exact),
            tiers,
        }
    }

    fn settings(self) -> Settings {
        let hour_cost = self.hour_cost.or(self.settings.hour_cost);
        Settings { hour_cost, tiers: self.tiers, ..self.settings }
    }
}

/// What is stored; before anything is, the zone of the most general opening hours.
fn stored(rd: &mut Rd, zone: Option<String>) -> Result<Stored, Error> {
    if let Some(text) = setting::get(rd, SETTING)? {
        return serde_json::from_str(&text).map_err(|_| Error::Inconsistent("settings of planning"));
    }
    let zone = zone.unwrap_or_else(|| "UTC".to_owned());
    Ok(Stored::new(0, Settings { zone, ..Settings::default() }))
}

/// The zone of the most general opening hours.
pub(crate) fn zone_of_hours(desk: &Desk) -> Option<String> {
    timetable(desk).zone(desk.now()).map(str::to_owned)
}

/// How people are planned.
pub async fn planning(desk: &Desk, caller: &AgentCaller) -> Result<PlanningView, Error> {
    caller.require(Permission::ManageRoster)?;
    let (zone, now) = (zone_of_hours(desk), desk.now());
    desk.store()
        .read(move |rd| {
            let stored = stored(rd, zone)?;
            let (version, settings) = (stored.version, stored.settings());
            let handling = handling::measured(rd, now, &settings)?;
            Ok(PlanningView { version, settings, handling })
        })
        .await
}

/// Makes how people are planned what is said. `seen` is the version that the caller has seen.
pub async fn change_planning(
    desk: &Desk,
    caller: &AgentCaller,
    seen: i64,
    settings: Settings,
) -> Result<PlanningView, Error> {
    caller.require(Permission::ManageRoster)?;
    settings.check()?;
    let written = desk.store().write(Lane::Ordinary, 0, move |tx| {
        let (text_before, before) = (setting::get(tx, SETTING)?, stored(tx, None)?);
        if before.version != seen {
            return Err(Error::OutdatedVersion { version: before.version });
        }
        let after = Stored::new(seen + 1, settings.clone());
        let text = serde_json::to_string(&after).map_err(|_| Error::Inconsistent("json"))?;
        // Another process may have changed it since it was read.
        let is_put = setting::put_over(tx, SETTING, text_before.as_deref(), &text)?;
        if is_put { Ok(()) } else { Err(Error::OutdatedVersion { version: stored(tx, None)?.version }) }
    });
    written.await?;
    planning(desk, caller).await
}

/// What every question of planning begins with.
struct Ground {
    settings: Settings,
    zone: TimeZone,
    handling: HandlingView,
    past: Past,
    now: Time,
    /// Whoever has the ground under their feet works; the others wait for their turn.
    _turn: OwnedSemaphorePermit,
}

impl Ground {
    /// Seconds of work for one answer to requests of a language, of which so many are of each group of types.
    fn work(&self, language: Language, groups: &[f64]) -> f64 {
        self.settings.handling.map_or_else(|| self.handling.of(language, groups), f64::from)
    }

    /// Seconds of work for one answer to requests of which so many are of each language and group.
    fn work_of(&self, requests: impl Iterator<Item = (Language, usize, f64)>) -> f64 {
        self.settings.handling.map_or_else(|| self.handling.mixed(requests), f64::from)
    }
}

/// Most events that are looked at.
const MOST_EVENTS: i64 = 5_000;

/// Reads what every question begins with.
async fn ground(
    desk: &Desk,
    facts: &Facts,
    only: &[(standfast_insight::Dimension, Vec<String>)],
) -> Result<Ground, Error> {
    let turn = desk.shared.planning.clone().acquire_owned().await;
    let turn = turn.map_err(|_| Error::Inconsistent("turns of planning"))?;
    let (zone, now, table) = (zone_of_hours(desk), desk.now(), timetable(desk));
    let (settings, handling, events) = desk
        .store()
        .read(move |rd| {
            let settings = stored(rd, zone)?.settings();
            let (from, until) = (now.minus(demand::PAST), now.plus(demand::PAST));
            let handling = handling::measured(rd, now, &settings)?;
            Ok::<_, Error>((settings, handling, driver::list(rd, from, until, MOST_EVENTS)?))
        })
        .await?;
    let zone = TimeZone::get(&settings.zone).map_err(|_| Error::Inconsistent("zone of planning"))?;
    let (facts, only, zone_of_past) = (facts.clone(), only.to_vec(), zone.clone());
    let by = settings.clone();
    let past = blocking(move || {
        let demand = facts
            .demand(now.minus(demand::PAST), now, &only)
            .map_err(|_| Error::invalid("filter", "unknown"))?;
        Past::new(&demand, &table, &events, (&by, &zone_of_past), now)
    });
    Ok(Ground { settings, zone, handling, past: past.await?, now, _turn: turn })
}

/// Works on something for longer than a thread of the server may.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Inconsistent("planning was broken off"))?
}

/// The first moment of a week that is to be planned, and that after so many weeks. Refuses what is no Monday.
fn weeks(monday: Day, weeks: u8, zone: &TimeZone) -> Result<(Time, Time), Error> {
    if Weekday::of(monday).number() != 1 {
        return Err(Error::invalid("from", "malformed"));
    }
    if !(1..=MOST_WEEKS).contains(&weeks) {
        return Err(Error::invalid("weeks", "out_of_range"));
    }
    Ok((day_start(monday, zone), day_start(monday.plus(7 * i64::from(weeks)), zone)))
}

/// Where a half hour of the clock is: its day, and its place on it.
fn half_hour(at: Time, zone: &TimeZone) -> (Day, usize) {
    let clock = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default().to_zoned(zone.clone());
    let midnight = jiff::civil::date(1970, 1, 1);
    let days = clock.date().since(midnight).map_or(0, |span| span.get_days());
    let half = usize::try_from(clock.hour()).unwrap_or(0) * 2 + usize::from(clock.minute() >= 30);
    (Day(i64::from(days)), half)
}

/// Half hours from a time on, one after the other, whatever clocks do.
fn half_hours(from: Time, until: Time) -> impl Iterator<Item = Time> {
    (from.0..until.0).step_by(usize::try_from(SLOT * MINUTE).unwrap_or(1)).map(Time)
}

#[cfg(test)]
mod tests;
