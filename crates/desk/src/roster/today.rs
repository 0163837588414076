//! The day as it goes: who is to be there, who is, and what can be done about it. And how much of what was planned was covered.
//!
//! Who is there is what the sockets know at this moment. It is told, and forgotten: the ledger of minutes has how many were there
//! and how many were to be, never who.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::Serialize;
use standfast_domain::roster::{LONGEST_SHIFT, SHIFT_STEP};
use standfast_domain::{AgentId, Covered, Permission, ShiftId, Time};
use standfast_store::Rd;
use standfast_store::shift::{self, ShiftRow};
use utoipa::ToSchema;

use super::{Known, ShiftView, known, newly_broken};
use crate::online::line;
use crate::{AgentCaller, Desk, Error, timetable};

/// For so long after a shift begins nobody is missing from it.
pub(crate) const GRACE: Duration = Duration::from_mins(5);
/// How far ahead somebody can be asked to begin earlier, and how long after the end of a shift to stay.
const NEAR: Duration = Duration::from_hours(4);
/// The most that is advised for one shift.
const MOST_ADVICE: usize = 3;
/// Most days of adherence.
const MOST_DAYS: u32 = 90;

/// Whether somebody who is to be there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Attendance {
    /// To be there for more than five minutes, and not there.
    Missing,
    /// To be there since a moment ago, and not there yet.
    Due,
    /// To be there, and there.
    Here,
    /// There without a shift.
    Extra,
}

/// Somebody who is to be there, or is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PresentView {
    /// Who.
    #[schema(value_type = String)]
    pub agent_id: AgentId,
    /// Whether they are there.
    pub attendance: Attendance,
    /// The shift that goes on.
    pub shift: Option<ShiftView>,
}

/// What could be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// Somebody who is there stays longer.
    Stay,
    /// Somebody who comes later comes now.
    ComeEarlier,
    /// Somebody who has no shift today is called in.
    CallIn,
}

/// Something that could be done, and breaks no rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
// The type of a request is advised, too.
#[schema(as = RosterAdvice)]
pub struct Advice {
    /// What.
    pub remedy: Remedy,
    /// By whom.
    #[schema(value_type = String)]
    pub agent_id: AgentId,
    /// In place of which shift: one that nobody has, or from which somebody is missing.
    #[schema(value_type = String)]
    pub shift_id: ShiftId,
    /// From when.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Time,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Time,
}

/// The day as it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NowView {
    /// Now.
    #[schema(value_type = String, format = DateTime)]
    pub now: Time,
    /// Whether there is a roster at all: a published shift within a week.
    pub has_roster: bool,
    /// Who is to be there, or is: those who are missing first.
    pub people: Vec<PresentView>,
    /// Open shifts that go on: nobody is to be there where somebody should.
    pub open: Vec<ShiftView>,
    /// When the next shift begins or ends.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_change: Option<Time>,
    /// How many requests wait for the desk.
    pub waiting: i64,
    /// Of those, how many wait longer than they were promised, or than whoever is promised nothing should.
    pub late: i64,
    /// What could be done about those who are missing, and about open shifts.
    pub advice: Vec<Advice>,
}

/// The day as it goes, with those of whom this process knows that they are there.
pub async fn roster_now(
    desk: &Desk,
    caller: &AgentCaller,
    there: BTreeSet<AgentId>,
) -> Result<NowView, Error> {
    caller.require(Permission::ManageRoster)?;
    let (now, table) = (desk.now(), timetable(desk));
    desk.store()
        .read(move |rd| {
            let people = known(rd)?;
            let day = Duration::from_hours(24);
            let mut rows = shift::list_between(rd, now.minus(day), now.plus(day))?;
            rows.retain(|row| row.published_at.is_some());
            let (line, _) = line(rd, &table, now)?;
            let attending = attending(&people, &rows, &there, now);
            let going_on = |row: &&ShiftRow| row.starts_at <= now && now < row.ends_at;
            let open: Vec<&ShiftRow> =
                rows.iter().filter(going_on).filter(|row| row.agent_id.is_none()).collect();
            let missing = attending.iter().filter(|one| one.attendance == Attendance::Missing);
            let missing = missing.filter_map(|one| one.shift.as_ref()).map(|shift| shift.id);
            let short: Vec<&ShiftRow> = missing
                .filter_map(|id| rows.iter().find(|row| row.id == id))
                .chain(open.iter().copied())
                .collect();
            let mut advice = Vec::new();
            for place in short {
                // Nobody is asked to be in two places.
                let asked =
                    |known: &&Known| advice.iter().any(|one: &Advice| one.agent_id == known.person.id);
                let free: Vec<&Known> = people.iter().filter(|known| !asked(known)).collect();
                advice.extend(remedies(rd, &free, &rows, &there, place, now)?);
            }
            let changes = rows.iter().flat_map(|row| [row.starts_at, row.ends_at]);
            Ok(NowView {
                now,
                has_roster: shift::count_at(rd, now)?.is_some(),
                open: open.into_iter().map(ShiftView::from).collect(),
                next_change: changes.filter(|at| *at > now).min(),
                people: attending,
                waiting: line.waiting,
                late: line.late,
                advice,
            })
        })
        .await
}

/// Who is to be there, or is.
fn attending(people: &[Known], rows: &[ShiftRow], there: &BTreeSet<AgentId>, now: Time) -> Vec<PresentView> {
    let of = |known: &Known| {
        let id = known.person.id;
        let goes_on = |row: &&ShiftRow| row.agent_id == Some(id) && row.starts_at <= now && now < row.ends_at;
        let row = rows.iter().find(goes_on);
        let attendance = match (row, there.contains(&id)) {
            (Some(_), true) => Attendance::Here,
            (Some(row), false) if now.since(row.starts_at) < GRACE => Attendance::Due,
            (Some(_), false) => Attendance::Missing,
            (None, true) => Attendance::Extra,
            (None, false) => return None,
        };
        Some(PresentView { agent_id: id, attendance, shift: row.map(ShiftView::from) })
    };
    let mut attending: Vec<_> = people.iter().filter_map(of).collect();
    attending.sort_by_key(|one| one.attendance);
    attending
}

/// What could be done about a shift in which nobody is, without breaking a rule: the least trouble first.
fn remedies(
    rd: &mut Rd,
    people: &[&Known],
    rows: &[ShiftRow],
    there: &BTreeSet<AgentId>,
    place: &ShiftRow,
    now: Time,
) -> Result<Vec<Advice>, Error> {
    let from = Time(now.0.div_euclid(SHIFT_STEP) * SHIFT_STEP);
    let mut found = Vec::new();
    for known in people.iter().filter(|known| Some(known.person.id) != place.agent_id) {
        let id = known.person.id;
        let own = || rows.iter().filter(|row| row.agent_id == Some(id));
        let goes_on = own().find(|row| row.starts_at <= now && now < row.ends_at);
        let next = own().filter(|row| row.starts_at > now).min_by_key(|row| row.starts_at);
        let (remedy, changed) = match (goes_on, next) {
            (Some(row), _) if there.contains(&id) && row.ends_at < place.ends_at => {
                let ends_at = place.ends_at.min(row.ends_at.plus(NEAR));
                (Remedy::Stay, ShiftRow { ends_at, ..row.clone() })
            }
            (None, Some(row)) if row.starts_at < now.plus(NEAR) => {
                (Remedy::ComeEarlier, ShiftRow { starts_at: from, ..row.clone() })
            }
            // Of whom nothing was entered, nobody knows whether they could.
            (None, None) if known.version > 0 => {
                let own = Some(id);
                (Remedy::CallIn, ShiftRow { agent_id: own, starts_at: from, ..place.clone() })
            }
            _ => continue,
        };
        if changed.ends_at.0 - changed.starts_at.0 > LONGEST_SHIFT {
            continue;
        }
        // What it is for counts, too: whoever stays does so for the shift in which nobody is.
        let put = ShiftRow { language: place.language, skill: place.skill.clone(), ..changed };
        if newly_broken(rd, &known.person, std::slice::from_ref(&put), &[])?.is_empty() {
            found.push(Advice {
                remedy,
                agent_id: id,
                shift_id: place.id,
                starts_at: put.starts_at,
                ends_at: put.ends_at,
            });
        }
    }
    found.sort_by_key(|advice| advice.remedy);
    found.truncate(MOST_ADVICE);
    Ok(found)
}

/// How much of what was planned was covered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Adherence {
    /// Days that were asked for.
    pub days: u32,
    /// All of them.
    pub all: Covered,
    /// By half hour of the week: 48 of Monday first, 336 in all.
    pub week: Vec<Covered>,
}

/// The share of minutes of people who were to be there in which so many were, over the last `days` days (1–90), by half hour of the
/// week on the clock of a zone: of the desk, never of a person. More people than were to be there cover no more than those.
pub async fn adherence(desk: &Desk, caller: &AgentCaller, days: u32, zone: &str) -> Result<Adherence, Error> {
    caller.require(Permission::ReadInsight)?;
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(Error::invalid("days", "out_of_range"));
    }
    let zone = TimeZone::get(zone).map_err(|_| Error::invalid("zone", "unknown"))?;
    let (course, now) = (desk.shared.online.course(), desk.now());
    let from = now.minus(Duration::from_hours(24) * days);
    let week = tokio::task::spawn_blocking(move || course.covered(&zone, from, now));
    let week = week.await.map_err(|_| Error::Inconsistent("adherence"))?;
    let mut all = Covered::default();
    for part in &week {
        all += *part;
    }
    Ok(Adherence { days, all, week })
}
