//! Calendars at an address: a schedule takes its holidays and make-up working days from them, looked at once a day.
//!
//! What a calendar gives becomes a version of the schedule like any other change; days that somebody entered by hand stay theirs.
//! Where there is no good copy the last one holds.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use standfast_domain::{CalendarId, JobId, Permission, ScheduleId, SpecialDay, Time};
use standfast_store::calendar::{self, CalendarRow};
use standfast_store::job::{self, Claimed, NewJob};
use standfast_store::{Lane, Tx, hours};
use utoipa::ToSchema;

use super::calendar::days_of;
use super::{ScheduleView, ScheduleWish, checked, current, insert, json, load_hours};
use crate::{AgentCaller, Desk, Error};

/// The kind of the job that looks at one.
pub(crate) const CALENDAR: &str = "calendar";
/// Largest calendar, in bytes.
const MOST_BYTES: usize = 2 << 20;
/// Most calendars.
const MOST: usize = 100;
/// Longest address.
const LONGEST: usize = 500;
/// How often one is looked at, and how soon again after a failure.
const EVERY: Duration = Duration::from_hours(24);
const AGAIN: Duration = Duration::from_hours(1);

/// A calendar at an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CalendarView {
    /// Id.
    #[schema(value_type = String)]
    pub id: CalendarId,
    /// The hours that take their days from it.
    #[schema(value_type = String)]
    pub schedule_id: ScheduleId,
    /// Where it is.
    pub url: String,
    /// How many days it gave last.
    pub days: usize,
    /// When the last good copy was fetched.
    #[schema(value_type = String, format = DateTime)]
    pub fetched_at: Time,
    /// Why there is no newer copy: `unreachable`, `malformed`, or `unfit` where the hours cannot take its days; null when there is
    /// nothing wrong.
    pub problem: Option<String>,
}

fn view(row: CalendarRow) -> Result<CalendarView, Error> {
    let days = days(&row.days)?.len();
    let CalendarRow { id, schedule_id, url, fetched_at, problem, .. } = row;
    Ok(CalendarView { id, schedule_id, url, days, fetched_at, problem })
}

fn days(text: &str) -> Result<Vec<SpecialDay>, Error> {
    serde_json::from_str(text).map_err(|_| Error::Inconsistent("days of a calendar"))
}

/// Every calendar at an address.
pub async fn list_calendars(desk: &Desk, caller: &AgentCaller) -> Result<Vec<CalendarView>, Error> {
    caller.require(Permission::ReadRequests)?;
    let rows = desk.store().read(|rd| calendar::list(rd).map_err(Error::from)).await?;
    rows.into_iter().map(view).collect()
}

/// Fetches a calendar; what is wrong with it, in a word that is kept.
async fn fetch(desk: &Desk, url: &str) -> Result<Vec<SpecialDay>, &'static str> {
    let outside = desk.settings().outside.as_deref().ok_or("unreachable")?;
    let bytes = outside.get(url, MOST_BYTES).await.map_err(|what| {
        tracing::info!(what, "a calendar could not be fetched");
        "unreachable"
    })?;
    let now = desk.now();
    let read = tokio::task::spawn_blocking(move || days_of(&bytes, now)).await;
    read.map_err(|_| "malformed")?.map_err(|_| "malformed")
}

/// Lets hours take their days from a calendar at an address from now on. It is fetched at once, so that whoever enters it sees
/// whether it is one.
pub async fn add_calendar(
    desk: &Desk,
    caller: &AgentCaller,
    schedule_id: ScheduleId,
    url: &str,
) -> Result<CalendarView, Error> {
    caller.require(Permission::ManageHours)?;
    let url = url.trim().to_owned();
    let outside = desk.settings().outside.as_deref().ok_or(Error::invalid("url", "unreachable"))?;
    let screened = standfast_guard::screen(&url, &standfast_guard::Context::default());
    if outside.check(&url).is_err() || url.len() > LONGEST || !screened.findings.is_empty() {
        return Err(Error::invalid("url", "malformed"));
    }
    let rows = desk.store().read(|rd| hours::list(rd).map_err(Error::from)).await?;
    if !current(&rows)?.iter().any(|one| one.id == schedule_id) {
        return Err(Error::NotFound);
    }
    let found = fetch(desk, &url).await.map_err(|reason| Error::invalid("url", reason))?;
    let now = desk.now();
    let row = CalendarRow {
        id: CalendarId(desk.id()),
        schedule_id,
        url,
        agent_id: caller.id,
        days: "[]".to_owned(),
        fetched_at: now,
        tried_at: now,
        problem: None,
    };
    let unit = move |tx: &mut Tx| {
        hours::hold(tx)?;
        let known = calendar::list(tx)?;
        if known.len() >= MOST {
            return Err(Error::invalid("url", "too_many"));
        }
        if !calendar::insert(tx, &row)? {
            return Err(Error::invalid("url", "taken"));
        }
        take(tx, &row, &found, now)?;
        calendar::find(tx, row.id)?.ok_or(Error::Inconsistent("calendar"))
    };
    let row = desk.store().write(Lane::Ordinary, 0, unit).await?;
    load_hours(desk).await?;
    view(row)
}

/// Looks at a calendar no more. The days that it gave stay until somebody takes them out.
pub async fn remove_calendar(desk: &Desk, caller: &AgentCaller, id: CalendarId) -> Result<(), Error> {
    caller.require(Permission::ManageHours)?;
    let unit = move |tx: &mut Tx| calendar::remove(tx, id).map_err(Error::from);
    if desk.store().write(Lane::Ordinary, 0, unit).await? { Ok(()) } else { Err(Error::NotFound) }
}

/// Makes the days of a calendar those of its schedule, in place of those that it gave before. Days that somebody else
/// entered, or changed, go before.
fn take(tx: &mut Tx, row: &CalendarRow, found: &[SpecialDay], now: Time) -> Result<(), Error> {
    let rows = hours::list(tx)?;
    let Some(own) = current(&rows)?.into_iter().find(|one| one.id == row.schedule_id) else {
        calendar::remove(tx, row.id)?;
        return Ok(());
    };
    let before = days(&row.days)?;
    let (wish, given) = merged(&own, &before, found)?;
    calendar::save_copy(tx, row.id, &json(&given)?, now)?;
    if wish.schedule != own.schedule {
        insert(tx, &rows, row.schedule_id, Some(&wish), None, now)?;
    }
    Ok(())
}

/// A schedule with what a calendar says now, and the days of it that are the calendar's: neither those that somebody entered or
/// changed, nor those of another calendar.
fn merged(
    own: &ScheduleView,
    before: &[SpecialDay],
    found: &[SpecialDay],
) -> Result<(ScheduleWish, Vec<SpecialDay>), Error> {
    let mut schedule = own.schedule.clone();
    // A day that is not as it was given was changed since.
    schedule.days.retain(|day| !before.contains(day));
    let others: Vec<_> = schedule.days.iter().map(|day| day.date).collect();
    schedule.days.extend(found.iter().filter(|day| !others.contains(&day.date)).cloned());
    let wish = checked(&ScheduleWish { name: own.name.clone(), coverage: own.coverage.clone(), schedule })?;
    let given = wish.schedule.days.iter().filter(|day| !others.contains(&day.date)).cloned().collect();
    Ok((wish, given))
}

#[derive(Serialize, Deserialize)]
struct Payload {
    calendar: CalendarId,
}

/// Puts those on the list that were not looked at for a day.
pub(crate) async fn schedule_calendars(desk: &Desk) -> Result<(), Error> {
    let now = desk.now();
    let due = move |rd: &mut standfast_store::Rd| {
        calendar::list_due(rd, now.minus(EVERY), now.minus(AGAIN)).map_err(Error::from)
    };
    for id in desk.store().read(due).await? {
        let payload = json(&Payload { calendar: id })?;
        let (job, dedupe) = (JobId(desk.id()), format!("{CALENDAR}:{id}"));
        let unit = move |tx: &mut Tx| {
            let dedupe = Some(dedupe.as_str());
            let new = NewJob { id: job, kind: CALENDAR, payload: &payload, run_at: now, dedupe, now };
            job::enqueue(tx, &new).map_err(Error::from)
        };
        desk.store().write(Lane::Background, 0, unit).await?;
    }
    Ok(())
}

/// Does the job. A calendar that is not there, or is none, is no failure of the job: the last copy holds, and the console says so.
pub(crate) async fn fetch_calendar(desk: &Desk, claim: &Claimed) -> Result<(), Error> {
    let Payload { calendar: id } =
        serde_json::from_str(&claim.payload).map_err(|_| Error::Inconsistent("job payload"))?;
    let row = desk.store().read(move |rd| calendar::find(rd, id).map_err(Error::from)).await?;
    let found = match &row {
        Some(row) => Some(fetch(desk, &row.url).await),
        None => None,
    };
    let (claim, now) = (claim.clone(), desk.now());
    let unit = move |tx: &mut Tx| {
        hours::hold(tx)?;
        // Somebody may have taken it away meanwhile.
        match (calendar::find(tx, id)?, &found) {
            (Some(row), Some(Ok(found))) => match take(tx, &row, found, now) {
                // Nothing was written: what was found does not go with the hours that there are.
                Err(Error::Invalid { .. } | Error::Schedule(_)) => {
                    calendar::save_problem(tx, id, "unfit", now)?;
                }
                taken => taken?,
            },
            (Some(_), Some(Err(problem))) => calendar::save_problem(tx, id, problem, now)?,
            _ => {}
        }
        job::complete(tx, &claim).map_err(Error::from)
    };
    desk.store().write(Lane::Background, 0, unit).await?;
    load_hours(desk).await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parking_lot::Mutex;
    use standfast_domain::{Coverage, DayKind, FrozenClock, Role, Schedule, SeededEntropy};
    use standfast_store::{Store, store_test};

    use super::*;
    use crate::testing::TestDesk;
    use crate::{Fetching, Keys, Outside, Posting, Settings, add_schedule, change_schedule, list_schedules};

    /// A calendar of somebody else's, as the test says it is.
    #[derive(Debug, Default)]
    struct Elsewhere(Mutex<Option<String>>);

    impl Elsewhere {
        fn says(&self, events: &[(&str, &str)]) {
            let event = |(date, name): &(&str, &str)| {
                format!(
                    "BEGIN:VEVENT\r\nUID:{date}\r\nDTSTART;VALUE=DATE:{date}\r\nSUMMARY:{name}\r\nEND:VEVENT\r\n"
                )
            };
            let events: String = events.iter().map(event).collect();
            *self.0.lock() = Some(format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n"));
        }
    }

    impl Outside for Elsewhere {
        fn check(&self, url: &str) -> Result<(), &'static str> {
            if url.starts_with("https://") { Ok(()) } else { Err("not https") }
        }

        fn post(&self, _: &str, _: Vec<(&'static str, String)>, _: Vec<u8>) -> Posting {
            Box::pin(async { Err("nothing is posted here") })
        }

        fn get(&self, _: &str, _: usize) -> Fetching {
            let text = self.0.lock().clone();
            Box::pin(async move { text.map(String::into_bytes).ok_or("nobody answers at the address") })
        }
    }

    struct Bench {
        desk: Desk,
        clock: Arc<FrozenClock>,
        elsewhere: Arc<Elsewhere>,
        lead: AgentCaller,
        hours: ScheduleView,
    }

    impl Bench {
        async fn new(store: &Store) -> Self {
            let people = TestDesk::new(store);
            let lead = people.agent("lead", Role::Lead).await;
            let clock = FrozenClock::at(Time::parse("2026-11-21T12:00:00Z").unwrap());
            let elsewhere = Arc::new(Elsewhere::default());
            let settings = Settings { outside: Some(elsewhere.clone()), ..Settings::default() };
            let keys = Keys::new(&[9; 32]);
            let desk = Desk::new(store.clone(), keys, settings, clock.clone(), SeededEntropy::new(5), 0);
            let hand = SpecialDay {
                date: standfast_domain::Day::parse("2026-12-24").unwrap(),
                kind: DayKind::Holiday,
                name: "By hand".to_owned(),
                like: None,
            };
            let schedule = Schedule {
                zone: "UTC".to_owned(),
                week: Vec::new(),
                seasons: Vec::new(),
                days: vec![hand],
                exceptions: Vec::new(),
            };
            let wish = ScheduleWish { name: "All".to_owned(), coverage: Coverage::default(), schedule };
            let hours = add_schedule(&desk, &lead, &wish).await.unwrap();
            Self { desk, clock, elsewhere, lead, hours }
        }

        async fn add(&self, url: &str) -> Result<CalendarView, Error> {
            add_calendar(&self.desk, &self.lead, self.hours.id, url).await
        }

        /// Version and days of the hours.
        async fn days(&self) -> (i64, Vec<String>) {
            let own = list_schedules(&self.desk, &self.lead).await.unwrap().remove(0);
            (
                own.version,
                own.schedule.days.into_iter().map(|day| format!("{} {}", day.date, day.name)).collect(),
            )
        }

        /// A day later, after everything that is due.
        async fn next_day(&self) {
            self.clock.advance(EVERY + Duration::from_mins(1));
            while crate::work(&self.desk).await.unwrap() > 0 {}
            while crate::subscription::make_calls(&self.desk, || false).await.unwrap() > 0 {}
        }
    }

    const URL: &str = "https://calendar.example/holidays.ics";

    store_test! {
        async fn days_are_taken_over_at_once_and_follow_the_calendar_every_day(store) {
            let bench = Bench::new(&store).await;
            bench.elsewhere.says(&[("20261001", "National Day"), ("20261225", "Christmas")]);
            assert_eq!(bench.add(URL).await.unwrap().days, 2);
            let (version, days) = bench.days().await;
            assert_eq!((version, days), (2, ["2026-10-01 National Day", "2026-12-24 By hand", "2026-12-25 Christmas"].map(str::to_owned).to_vec()));
            assert!(matches!(bench.add(URL).await, Err(Error::Invalid { field: "url", reason: "taken" })));
            // Nothing new: no new version.
            bench.next_day().await;
            assert_eq!(bench.days().await.0, 2);
            // What the calendar says otherwise now is otherwise, and what was entered by hand goes before.
            bench.elsewhere.says(&[("20261224", "Christmas Eve"), ("20261226", "Boxing Day")]);
            bench.next_day().await;
            let both = ["2026-12-24 By hand", "2026-12-26 Boxing Day"].map(str::to_owned).to_vec();
            assert_eq!(bench.days().await, (3, both.clone()));
            assert_eq!(list_calendars(&bench.desk, &bench.lead).await.unwrap()[0].days, 1);
            // It stays theirs at every later look, also when the calendar says nothing of it any more.
            bench.next_day().await;
            assert_eq!(bench.days().await, (3, both.clone()));
            bench.elsewhere.says(&[("20261226", "Boxing Day")]);
            bench.next_day().await;
            assert_eq!(bench.days().await, (3, both));
        }

        async fn a_day_that_somebody_changed_is_theirs_and_two_calendars_do_not_fight(store) {
            let bench = Bench::new(&store).await;
            bench.elsewhere.says(&[("20261225", "Christmas"), ("20261226", "Boxing Day")]);
            bench.add(URL).await.unwrap();
            let second = bench.add("https://calendar.example/others.ics").await.unwrap();
            assert_eq!(second.days, 0, "the first one has given them");
            let own = list_schedules(&bench.desk, &bench.lead).await.unwrap().remove(0);
            let (id, seen) = (own.id, own.version);
            let mut wish = ScheduleWish { name: own.name, coverage: own.coverage, schedule: own.schedule };
            wish.schedule.days[1].name = "Nobody works".to_owned();
            change_schedule(&bench.desk, &bench.lead, id, seen, &wish).await.unwrap();
            bench.next_day().await;
            bench.next_day().await;
            let kept = ["2026-12-24 By hand", "2026-12-25 Nobody works", "2026-12-26 Boxing Day"].map(str::to_owned).to_vec();
            assert_eq!(bench.days().await, (seen + 1, kept));
        }

        async fn what_the_hours_cannot_take_is_told_and_looked_at_again_in_an_hour(store) {
            let bench = Bench::new(&store).await;
            bench.elsewhere.says(&[("20261225", "Christmas")]);
            bench.add(URL).await.unwrap();
            let own = list_schedules(&bench.desk, &bench.lead).await.unwrap().remove(0);
            let (id, seen) = (own.id, own.version);
            let mut wish = ScheduleWish { name: own.name, coverage: own.coverage, schedule: own.schedule };
            let first = standfast_domain::Day::parse("2027-03-01").unwrap();
            let like = wish.schedule.days[0].clone();
            wish.schedule.days.extend((0..998).map(|day| SpecialDay { date: first.plus(day), ..like.clone() }));
            change_schedule(&bench.desk, &bench.lead, id, seen, &wish).await.unwrap();
            bench.elsewhere.says(&[("20261225", "Christmas"), ("20261226", "Boxing Day")]);
            bench.next_day().await;
            let known = list_calendars(&bench.desk, &bench.lead).await.unwrap().remove(0);
            assert_eq!((known.problem.as_deref(), known.days), (Some("unfit"), 1));
            assert_eq!(bench.days().await.1.len(), 1_000);
            let is_due = || {
                let (before, again) = (bench.desk.now().minus(EVERY), bench.desk.now().minus(AGAIN));
                bench.desk.store().read(move |rd| calendar::list_due(rd, before, again).map_err(Error::from))
            };
            assert_eq!(is_due().await.unwrap(), []);
            bench.clock.advance(AGAIN + Duration::from_mins(1));
            assert_eq!(is_due().await.unwrap(), [known.id]);
        }

        async fn the_last_good_copy_holds_while_there_is_none(store) {
            let bench = Bench::new(&store).await;
            let nothing = bench.add(URL).await;
            assert!(matches!(nothing, Err(Error::Invalid { field: "url", reason: "unreachable" })), "{nothing:?}");
            assert!(matches!(bench.add("http://calendar.example/").await, Err(Error::Invalid { field: "url", reason: "malformed" })));
            bench.elsewhere.says(&[("20261225", "Christmas")]);
            let added = bench.add(URL).await.unwrap();
            for (text, problem) in [(None, "unreachable"), (Some("<html>".to_owned()), "malformed")] {
                *bench.elsewhere.0.lock() = text;
                bench.next_day().await;
                let known = list_calendars(&bench.desk, &bench.lead).await.unwrap().remove(0);
                assert_eq!((known.problem.as_deref(), known.fetched_at, known.days), (Some(problem), added.fetched_at, 1));
                assert_eq!(bench.days().await.0, 2);
            }
            // It is there again, and soon looked at.
            bench.elsewhere.says(&[("20261226", "Boxing Day")]);
            bench.clock.advance(AGAIN + Duration::from_mins(16));
            while crate::work(&bench.desk).await.unwrap() > 0 {}
            while crate::subscription::make_calls(&bench.desk, || false).await.unwrap() > 0 {}
            let known = list_calendars(&bench.desk, &bench.lead).await.unwrap().remove(0);
            assert_eq!((known.problem, bench.days().await.0), (None, 3));
            // Whoever changes the hours meanwhile keeps what they wrote.
            let own = list_schedules(&bench.desk, &bench.lead).await.unwrap().remove(0);
            let mut schedule = own.schedule.clone();
            schedule.days.retain(|day| day.name != "By hand");
            let wish = ScheduleWish { name: own.name, coverage: own.coverage, schedule };
            change_schedule(&bench.desk, &bench.lead, own.id, own.version, &wish).await.unwrap();
            bench.next_day().await;
            assert_eq!(bench.days().await.1, ["2026-12-26 Boxing Day"]);
            remove_calendar(&bench.desk, &bench.lead, added.id).await.unwrap();
            bench.elsewhere.says(&[("20270101", "New Year")]);
            bench.next_day().await;
            assert_eq!(bench.days().await.1, ["2026-12-26 Boxing Day"], "its days stay, and nothing comes");
        }
    }
}
