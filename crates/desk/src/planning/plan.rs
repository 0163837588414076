//! Shifts for the people whom the need asks for, as a proposal. Whoever accepts it makes it the roster's drafts
//! ([`crate::replace_drafts`]).

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::Serialize;
use standfast_domain::roster::{Contract, Need, Person, Shift, TimeOff, newly_broken};
use standfast_domain::{AgentId, Day, Hours, Language, Permission, ShiftId, Time, Weekday};
use standfast_insight::{Facts, day_in, day_start};
use standfast_science::roster::{self as science, Away, Given, Problem, Reason, Span};
use standfast_store::shift::ShiftRow;
use utoipa::ToSchema;

use super::need::{
    Needs, all_missing, at_once, counts, names_of, needed, ranks, tier_of, together, work_of_sets,
};
use super::{Ground, MINUTE, SLOT, blocking, ground, half_hours, weeks};
use crate::roster::{people_and_shifts, pure};
use crate::{AgentCaller, Desk, Error, timetable};

/// Time that is taken for a week.
const PATIENCE: Duration = Duration::from_millis(2_500);
/// Days before a plan in which nights and weekends are counted, and whose shifts its rules look at.
const LOOKED_BACK: i64 = 21;
/// A shift takes a night when it has so much of the hours from midnight until five.
const NIGHT: (i64, i64) = (5 * 60, 3 * 60);

/// A proposal: who could work when.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PlanView {
    /// The time zone of its days.
    pub zone: String,
    /// The first moment.
    #[schema(value_type = String, format = DateTime)]
    pub from: Time,
    /// The moment after the last half hour.
    #[schema(value_type = String, format = DateTime)]
    pub until: Time,
    /// Whom is given what, beside what is published already.
    pub shifts: Vec<PlannedShift>,
    /// People who were planned; those without a contract are not.
    pub people: u32,
    /// Where people are missing, and why.
    pub short: Vec<Shortage>,
    /// Who has less than was agreed.
    pub under: Vec<UnderContract>,
    /// By which share of its cost it can be better at most; null when that was not found in time.
    pub gap: Option<f64>,
    /// How many people each half hour needs, all languages together.
    pub need: Vec<u32>,
    /// How many would be there.
    pub planned: Vec<u32>,
    /// How many of those who are needed would be missing, when these do what they can: more than the difference where some of them do
    /// not speak the language, or do not know the types, in which people are missing.
    pub missing: Vec<u32>,
}

/// Somebody could work then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlannedShift {
    /// Who.
    #[schema(value_type = String)]
    pub agent_id: AgentId,
    /// From when.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Time,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Time,
}

/// People are missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Shortage {
    /// From when.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Time,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Time,
    /// How many.
    pub missing: u32,
    /// The languages that need more people than are there.
    pub languages: Vec<Language>,
    /// The groups of types that do, by name, an empty one for all other types; none where it is all of them.
    pub groups: Vec<String>,
    /// The tier of which too few are there; null where it is not for want of a tier. Then neither languages nor groups are named.
    pub tier: Option<u8>,
    /// How many serve one of them, or are of the tier, at all.
    pub able: u32,
    /// Why those are not there, and how many each: `not_worth_it`, `other_shift`, `rest`, `week`, `days_in_row`, `too_long`,
    /// `unavailable`, `off`, `no_shift`.
    #[schema(value_type = BTreeMap<String, u32>)]
    pub why: BTreeMap<&'static str, u32>,
}

/// Somebody has less than was agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnderContract {
    /// Who.
    #[schema(value_type = String)]
    pub agent_id: AgentId,
    /// The first moment of their week.
    #[schema(value_type = String, format = DateTime)]
    pub week: Time,
    /// Minutes that are missing.
    pub minutes: u32,
}

/// Works out who could work when, from a Monday to come on. Nothing is stored.
pub async fn plan_shifts(
    desk: &Desk,
    caller: &AgentCaller,
    facts: &Facts,
    monday: Day,
    number: u8,
) -> Result<PlanView, Error> {
    caller.require(Permission::ManageRoster)?;
    let ground = ground(desk, facts, &[]).await?;
    let (from, until) = weeks(monday, number, &ground.zone)?;
    if from <= ground.now {
        return Err(Error::invalid("from", "out_of_range"));
    }
    let (people, shifts, off) = desk.store().read(move |rd| people_and_shifts(rd, from, until)).await?;
    let table = timetable(desk);
    blocking(move || {
        let people: Vec<Person> = people.into_iter().filter(|person| person.contract.is_some()).collect();
        if people.is_empty() {
            return Err(Error::invalid("people", "missing"));
        }
        let reaches = until <= ground.past.forecast_ends(&ground.zone);
        let lanes = ground.past.lanes().filter(|_| reaches).ok_or(Error::invalid("from", "unknown"))?;
        let slots: Vec<Time> = half_hours(from, until).collect();
        let at_once = at_once(&people);
        let needs: Vec<Needs> =
            lanes.iter().map(|lane| Needs::of(&ground, lane, &table, at_once, &slots)).collect();
        // Drafts that begin in the time are what is planned anew.
        let is_fixed = |row: &ShiftRow| {
            row.agent_id.is_some()
                && (row.published_at.is_some() || row.starts_at < from || row.starts_at >= until)
        };
        let fixed: Vec<ShiftRow> = shifts.into_iter().filter(is_fixed).collect();
        let sets = work_of_sets(&needs);
        let ranks = ranks(&ground.settings, &needs);
        let planner = Planner { ground, from, until, people, fixed, off, needs, sets, ranks, slots };
        planner.plan(PATIENCE * number.into())
    })
    .await
}

struct Planner {
    ground: Ground,
    from: Time,
    until: Time,
    people: Vec<Person>,
    fixed: Vec<ShiftRow>,
    off: Vec<TimeOff>,
    needs: Vec<Needs>,
    /// What every set of lanes needs.
    sets: Vec<Vec<u32>>,
    /// How many of each tier are to be there.
    ranks: Vec<Vec<u32>>,
    slots: Vec<Time>,
}

impl Planner {
    fn minute(&self, at: Time) -> i64 {
        (at.0 - self.from.0).div_euclid(MINUTE)
    }

    fn time(&self, minute: i64) -> Time {
        Time(self.from.0 + minute * MINUTE)
    }

    fn span(&self, starts_at: Time, ends_at: Time) -> Span {
        // Nobody is there for a part of a minute.
        Span { start: self.minute(starts_at), end: self.minute(Time(ends_at.0 + MINUTE - 1)) }
    }

    fn plan(&self, patience: Duration) -> Result<PlanView, Error> {
        let problem = self.problem();
        let mut made = science::plan(&problem, patience).map_err(|flaw| match flaw {
            science::Flaw::People => Error::invalid("people", "too_many"),
            _ => Error::Inconsistent("a roster that cannot be planned"),
        })?;
        let given = |given: &Given| {
            let span = problem.shifts.get(given.shift)?.span;
            let agent_id = self.people.get(given.person)?.id;
            Some(PlannedShift { agent_id, starts_at: self.time(span.start), ends_at: self.time(span.end) })
        };
        let shifts = self.lawful(made.given.iter().filter_map(given).collect());
        if shifts.len() < made.given.len() {
            made.leave_out(&problem, |one| given(one).is_none_or(|one| !shifts.contains(&one)));
        }
        let there = self.there(&shifts);
        let all = together(&self.ground.settings, &self.needs);
        let cost: f64 = made.weeks.iter().map(|week| week.cost).sum();
        let open: Option<f64> = made.weeks.iter().map(|week| Some(week.gap? * week.cost)).sum();
        Ok(PlanView {
            zone: self.ground.settings.zone.clone(),
            from: self.from,
            until: self.until,
            people: u32::try_from(self.people.len()).unwrap_or(u32::MAX),
            short: made.short.into_iter().map(|short| self.shortage(short)).collect(),
            under: made.under.into_iter().filter_map(|under| self.under(under)).collect(),
            gap: open.map(|open| if cost > 0.0 { open / cost } else { 0.0 }),
            need: (0..self.slots.len()).map(|at| needed(&all, at)).collect(),
            planned: there.iter().map(|here| u32::try_from(here.len()).unwrap_or(u32::MAX)).collect(),
            missing: all_missing(&all, &there),
            shifts,
        })
    }

    fn problem(&self) -> Problem {
        let mut zones: Vec<String> = Vec::new();
        let mut people = Vec::with_capacity(self.people.len());
        for person in &self.people {
            let Some(contract) = &person.contract else { continue };
            let calendar = zones.iter().position(|zone| *zone == contract.zone).unwrap_or_else(|| {
                zones.push(contract.zone.clone());
                zones.len() - 1
            });
            people.push(self.person(person, contract, calendar));
        }
        Problem {
            slot: u32::try_from(SLOT).unwrap_or(30),
            lanes: self.needs.len() * self.ground.settings.group_count(),
            needs: self.sets.clone(),
            ranks: self.ranks.clone(),
            shifts: self.shifts(),
            calendars: zones.iter().map(|zone| self.calendar(zone)).collect(),
            people,
        }
    }

    /// The shifts that may be given, by the desk's clock.
    fn shifts(&self) -> Vec<science::Shift> {
        let zone = &self.ground.zone;
        let (first, last) = (day_in(self.from, zone), day_in(self.until, zone));
        let mut all = Vec::new();
        for day in first.0..last.0 {
            let midnight = day_start(Day(day), zone);
            for start in &self.ground.settings.starts {
                let starts_at = at_clock(midnight, *start, zone);
                let ends_at = Time(starts_at.0 + i64::from(self.ground.settings.length) * MINUTE);
                let (night, weekend) = burdens(starts_at, ends_at, zone);
                let span = self.span(starts_at, ends_at);
                if starts_at >= self.from && starts_at < self.until {
                    all.push(science::Shift { span, night, weekend });
                }
            }
        }
        all
    }

    /// Midnights of a zone, from a Monday long before on.
    fn calendar(&self, zone: &str) -> Vec<i64> {
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let first = day_in(self.from, &zone).plus(-LOOKED_BACK - 7);
        let monday = first.plus(1 - i64::from(Weekday::of(first).number()));
        let last = day_in(self.until, &zone).plus(LOOKED_BACK + 7);
        (monday.0..=last.0).map(|day| self.minute(day_start(Day(day), &zone))).collect()
    }

    fn person(&self, person: &Person, contract: &Contract, calendar: usize) -> science::Person {
        let since = Time(self.from.0 - LOOKED_BACK * 1_440 * MINUTE);
        let own: Vec<&ShiftRow> = self
            .fixed
            .iter()
            .filter(|row| row.agent_id == Some(person.id) && row.starts_at >= since)
            .collect();
        let zone = TimeZone::get(&contract.zone).unwrap_or(TimeZone::UTC);
        let burdens: Vec<(bool, bool)> = own
            .iter()
            .filter(|row| row.starts_at < self.from)
            .map(|row| burdens(row.starts_at, row.ends_at, &zone))
            .collect();
        let count = |is: fn(&(bool, bool)) -> bool| {
            u32::try_from(burdens.iter().filter(|one| is(one)).count()).unwrap_or(0)
        };
        let off = self.off.iter().filter(|off| off.agent == person.id);
        let mut away: Vec<Away> =
            off.map(|off| Away { span: self.span(off.starts_at, off.ends_at), off: true }).collect();
        away.extend(self.unavailable(contract));
        science::Person {
            lanes: counts(&self.ground.settings, &self.needs, &person.profile),
            calendar,
            most: contract.most_week,
            least: contract.least_week,
            longest: contract.most_stretch,
            rest: contract.least_rest,
            days_in_row: contract.most_days.into(),
            away,
            fixed: own.iter().map(|row| self.span(row.starts_at, row.ends_at)).collect(),
            nights: count(|(night, _)| *night),
            weekends: count(|(_, weekend)| *weekend),
        }
    }

    /// The times that somebody never works.
    fn unavailable(&self, contract: &Contract) -> Vec<Away> {
        if contract.available.is_empty() {
            return Vec::new();
        }
        let (first, last) = (Day::of(self.from).plus(-2), Day::of(self.until).plus(3));
        let Ok(hours) = Hours::new(&contract.availability(), first, last) else { return Vec::new() };
        let until = self.until.plus(Duration::from_hours(24));
        let gaps = hours.gaps(self.from, until).into_iter();
        gaps.map(|(from, until)| Away { span: self.span(from, until), off: false }).collect()
    }

    /// What the roster's own rules have nothing against. They are asked last, so that no proposal breaks one, whatever planning
    /// thinks of it.
    fn lawful(&self, mut planned: Vec<PlannedShift>) -> Vec<PlannedShift> {
        let fixed: Vec<Shift> = self.fixed.iter().map(pure).collect();
        for person in &self.people {
            loop {
                let own: Vec<Shift> =
                    (0_i64..).zip(&planned).map(|(at, shift)| proposed(-1 - at, shift)).collect();
                let all: Vec<Shift> = fixed.iter().cloned().chain(own).collect();
                let broken = newly_broken(person, &fixed, &all, &self.off);
                // Of two that do not go together, the proposed one gives way; where a published one is one too many with others, the
                // proposed one next to it does.
                let mut named = broken.iter().flat_map(|one| [Some(one.shift_id), one.other_id]).flatten();
                let named = named.find_map(|id| usize::try_from(-1 - id.0).ok());
                let next_to = || {
                    let starts_at = all
                        .iter()
                        .find(|shift| Some(shift.id) == broken.first().map(|one| one.shift_id))?
                        .starts_at;
                    let own = planned.iter().enumerate().filter(|(_, shift)| shift.agent_id == person.id);
                    own.min_by_key(|(_, shift)| shift.starts_at.0.abs_diff(starts_at.0)).map(|(at, _)| at)
                };
                let Some(at) = named.or_else(next_to) else { break };
                tracing::warn!(agent = %person.id, "a proposed shift was against the rules and was left out");
                planned.remove(at);
            }
        }
        planned
    }

    /// The lanes of everybody who would be there in each slot.
    fn there(&self, shifts: &[PlannedShift]) -> Vec<Vec<u8>> {
        let lanes: BTreeMap<AgentId, u8> = self
            .people
            .iter()
            .map(|one| (one.id, counts(&self.ground.settings, &self.needs, &one.profile)))
            .collect();
        let fixed = self.fixed.iter().filter_map(|row| Some((row.agent_id?, row.starts_at, row.ends_at)));
        let given = shifts.iter().map(|shift| (shift.agent_id, shift.starts_at, shift.ends_at));
        let all: Vec<(u8, Time, Time)> = fixed
            .chain(given)
            .filter_map(|(agent, starts, ends)| Some((*lanes.get(&agent)?, starts, ends)))
            .collect();
        let here = |at: &Time| {
            let end = at.0 + SLOT * MINUTE;
            let here = all.iter().filter(|(_, starts, ends)| starts <= at && ends.0 >= end);
            here.map(|(lanes, ..)| *lanes).collect()
        };
        self.slots.iter().map(here).collect()
    }

    fn shortage(&self, short: science::Short) -> Shortage {
        let (languages, groups) = names_of(&self.ground.settings, &self.needs, short.lanes);
        Shortage {
            starts_at: self.time(short.span.start),
            ends_at: self.time(short.span.end),
            missing: short.missing,
            languages,
            groups,
            tier: tier_of(&self.ground.settings, &self.needs, short.lanes),
            able: short.able,
            why: short.why.into_iter().map(|(reason, count)| (code(reason), count)).collect(),
        }
    }

    fn under(&self, under: science::Under) -> Option<UnderContract> {
        let agent_id = self.people.get(under.person)?.id;
        Some(UnderContract { agent_id, week: self.time(under.week), minutes: under.minutes })
    }
}

/// A proposed shift as the rules see it, under a number that none of the roster has.
fn proposed(id: i64, shift: &PlannedShift) -> Shift {
    Shift {
        id: ShiftId(id),
        agent: Some(shift.agent_id),
        starts_at: shift.starts_at,
        ends_at: shift.ends_at,
        need: Need::default(),
    }
}

const fn code(reason: Reason) -> &'static str {
    match reason {
        Reason::NotWorthIt => "not_worth_it",
        Reason::OtherShift => "other_shift",
        Reason::Rest => "rest",
        Reason::Week => "week",
        Reason::DaysInRow => "days_in_row",
        Reason::TooLong => "too_long",
        Reason::Unavailable => "unavailable",
        Reason::Off => "off",
        Reason::NoShift => "no_shift",
    }
}

/// When the clock of a day shows a time: the end of the gap where it never does.
fn at_clock(midnight: Time, minutes: u16, zone: &TimeZone) -> Time {
    let clock = jiff::Timestamp::from_microsecond(midnight.0).unwrap_or_default().to_zoned(zone.clone());
    let time = jiff::civil::Time::midnight().checked_add(jiff::SignedDuration::from_mins(minutes.into()));
    let shown = clock.date().to_datetime(time.unwrap_or_default());
    let at = shown.to_zoned(zone.clone()).map(|at| at.timestamp().as_microsecond());
    Time(at.unwrap_or(midnight.0 + i64::from(minutes) * MINUTE))
}

/// Whether a shift takes somebody's night, and whether it takes their weekend.
pub(super) fn burdens(starts_at: Time, ends_at: Time, zone: &TimeZone) -> (bool, bool) {
    let day = day_in(starts_at, zone);
    let (five, most) = NIGHT;
    let at_night = |day: Day| {
        let midnight = day_start(day, zone).0;
        (ends_at.0.min(midnight + five * MINUTE) - starts_at.0.max(midnight)).max(0)
    };
    let night = at_night(day).max(at_night(day.plus(1))) >= most * MINUTE;
    (night, Weekday::of(day).number() >= 6)
}
