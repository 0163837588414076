//! How many came in each hour of the week, how many people were there, and how many it would have taken: peaks against people.
//!
//! What came is asked of the facts, who was there of the ledger of minutes, which has numbers alone: nothing is told of a person.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::Serialize;
use standfast_domain::{Language, Permission, Staffed, Time};
use standfast_insight::{Answer, Facts, Figure, Grouping, Measure, Query, Step, answer};
use standfast_science::queue::{Demand, Goal, agents_for};
use utoipa::ToSchema;

use super::need::{at_once, open, read_shifts, service};
use super::{Ground, blocking, ground, half_hour, half_hours};
use crate::{AgentCaller, Desk, Error, timetable};

/// Hours of a week.
const WEEK: usize = 7 * 24;
/// Most people that are thought of.
const MOST: u32 = 2_000;
/// Seconds of an hour.
const HOUR: f64 = 3_600.0;
/// With so many people fewer than it takes, on average, an hour has too few.
const SHORT: f64 = 0.5;

/// Requests and people by hour of the week.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StaffingView {
    /// From when: later than was asked where the desk did not yet put down who was there. Null where it has put down nothing.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Time>,
    /// Until when: at most now.
    #[schema(value_type = String, format = DateTime)]
    pub until: Time,
    /// Whether anybody was to be there by a roster.
    pub has_roster: bool,
    /// Seconds of work for one answer, as requests of the last eight weeks are shared among languages and groups of types.
    pub handling: f64,
    /// Answers that a request takes.
    pub answers: f64,
    /// The goal: so many percent …
    pub share: u8,
    /// … wait for so many seconds at most.
    pub within: u32,
    /// Monday 0:00 first: 168, or none where nothing was put down.
    pub hours: Vec<HourStaffing>,
}

/// An hour of the week, on average over the range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct HourStaffing {
    /// Requests that came in it.
    pub requests: f64,
    /// People who were to be there by the roster, since there is one; null where no minute of it was put down.
    pub rostered: Option<f64>,
    /// People who were there; null where no minute of it was put down.
    pub present: Option<f64>,
    /// People who have to be there so that what comes in it is answered in time; null while the desk is closed.
    pub needed: Option<u32>,
    /// Whether at least half a person fewer was there than it takes.
    pub is_short: bool,
}

/// How many came in each hour of the week between two times, how many people were there, and how many it would have taken, on the
/// clock of a zone. Only minutes of the last ninety days are known.
pub async fn staffing(
    desk: &Desk,
    caller: &AgentCaller,
    facts: &Facts,
    (from, until): (Time, Time),
    zone: &str,
) -> Result<StaffingView, Error> {
    caller.require(Permission::ReadInsight)?;
    let zone = TimeZone::get(zone).map_err(|_| Error::invalid("zone", "unknown"))?;
    if until <= from {
        return Err(Error::invalid("until", "before_start"));
    }
    let ground = ground(desk, facts, &[]).await?;
    let course = desk.shared.online.course();
    let end = course.end().saturating_mul(super::MINUTE);
    let (begins, until) = (course.begins(), until.min(desk.now()).min(Time(end)));
    let from = begins.map(|begins| begins.max(from)).filter(|from| *from < until);
    let mut view = StaffingView {
        from,
        until,
        has_roster: false,
        handling: ground.work_of(ground.past.recent()),
        answers: ground.past.answers,
        share: ground.settings.share,
        within: ground.settings.within,
        hours: Vec::new(),
    };
    let Some(from) = from else { return Ok(view) };
    let (people, _) = read_shifts(desk, from, until).await?;
    let (table, facts) = (timetable(desk), facts.clone());
    blocking(move || {
        let staffed = course.staffed(&zone, from, until);
        let slots: Vec<Time> = half_hours(from, until).collect();
        let opens: Vec<Vec<bool>> = Language::ALL.map(|one| open(&table, one, &slots)).into();
        let is_open = open_hours(&opens, &slots, &zone);
        let query = Query {
            from: Some(from),
            until: Some(until),
            zone,
            group: vec![Grouping::Step(Step::HourOfWeek)],
            ..Query::new(Measure::Requests, until)
        };
        let came = answer(&facts, &query, None, 1).map_err(|_| Error::Inconsistent("requests by hour"))?;
        view.has_roster = staffed.iter().any(|hour| hour.rostered > 0);
        view.hours = hours(&ground, at_once(&people), &rates(&came), &staffed, &is_open);
        Ok(view)
    })
    .await
}

/// Which hours of the week were open for somebody, at least half of the time.
fn open_hours(opens: &[Vec<bool>], slots: &[Time], zone: &TimeZone) -> Vec<bool> {
    let mut counts = vec![(0_u32, 0_u32); WEEK];
    for (place, at) in slots.iter().enumerate() {
        let (day, half) = half_hour(*at, zone);
        let weekday = usize::from(standfast_domain::Weekday::of(day).number()).saturating_sub(1);
        if let Some((open, all)) = counts.get_mut(weekday * 24 + half / 2) {
            let is_open = opens.iter().any(|open| open.get(place).copied().unwrap_or(false));
            *open += u32::from(is_open);
            *all += 1;
        }
    }
    counts.into_iter().map(|(open, all)| open > 0 && open * 2 >= all).collect()
}

/// Requests in each hour of the week, on average over those of the range.
fn rates(came: &Answer) -> Vec<f64> {
    let mut rates = vec![0.0; WEEK];
    let Some((_, members)) = came.axes.first() else { return rates };
    for cell in &came.cells {
        let member = cell.at.first().and_then(|place| members.get(*place));
        let (Some(member), Figure::Count { n }) = (member, &cell.figure) else { continue };
        let place = member.code.split_once('-').and_then(|(day, hour)| {
            let (day, hour): (usize, usize) = (day.parse().ok()?, hour.parse().ok()?);
            Some(day.checked_sub(1)? * 24 + hour)
        });
        let hours = member.span.map_or(0.0, |span| f64::from(span.seconds) / HOUR);
        if let Some(rate) = place.and_then(|place| rates.get_mut(place)).filter(|_| hours > 0.0) {
            #[expect(clippy::cast_precision_loss, reason = "requests are fewer")]
            let n = *n as f64;
            *rate = n / hours;
        }
    }
    rates
}

/// What each hour had, and what it would have taken.
fn hours(
    ground: &Ground,
    at_once: u32,
    rates: &[f64],
    staffed: &[Staffed],
    is_open: &[bool],
) -> Vec<HourStaffing> {
    let mut known: BTreeMap<u64, u32> = BTreeMap::new();
    let mut needed = |rate: f64| {
        // Hundredths of a request make no difference of a person.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, and small"
        )]
        let key = (rate * 100.0).round().max(0.0) as u64;
        *known.entry(key).or_insert_with(|| people_for(ground, at_once, rate))
    };
    let hour = |((rate, staffed), open): ((&f64, &Staffed), &bool)| {
        let people = |minutes: u32, of: u32| (of > 0).then(|| f64::from(minutes) / f64::from(of));
        let (present, needed) = (people(staffed.present, staffed.minutes), open.then(|| needed(*rate)));
        let missing = present.zip(needed).map(|(present, needed)| f64::from(needed) - present);
        HourStaffing {
            requests: *rate,
            rostered: people(staffed.rostered, staffed.planned),
            present,
            needed,
            is_short: missing.is_some_and(|missing| missing >= SHORT),
        }
    };
    rates.iter().zip(staffed).zip(is_open).map(hour).collect()
}

/// How many have to be there while so many requests come in an hour, by the goal that planning goes by. An hour in which the desk
/// is open takes somebody, whoever comes.
fn people_for(ground: &Ground, at_once: u32, rate: f64) -> u32 {
    let settings = &ground.settings;
    let (service, times) = service(ground, at_once, ground.work_of(ground.past.recent()));
    let goal = Goal { share: f64::from(settings.share) / 100.0, within: f64::from(settings.within) };
    let demand = Demand { rate: rate * times / HOUR, patience: settings.patience.map(f64::from) };
    if demand.rate <= 0.0 {
        return 1;
    }
    agents_for(&[demand], service, goal, MOST).unwrap_or(MOST).max(1)
}
