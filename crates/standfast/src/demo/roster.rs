//! The demo's roster: contracts, and four weeks of shifts in Shanghai. Two are over, the present one is published, the next one is
//! a draft with something wrong in it; somebody asks for time off, and somebody would hand a shift over.
//!
//! Whoever has worked least so far gets the next shift that the rules allow; where they allow nobody, it stays open.

use std::time::Duration;

use jiff::tz::TimeZone;
use standfast_desk::{
    AgentCaller, Desk, NewAgent, PersonWish, ShiftWish, SwapWish, TimeOffWish, add_agent, add_shifts,
    ask_swap, ask_time_off, change_person, change_planning, planning, publish_shifts, roster,
};
use standfast_domain::planning::{HourCost, Settings};
use standfast_domain::roster::{Contract, Need, Person, Profile, Shift, TimeOff, violations};
use standfast_domain::{
    AgentId, Interval, Language, Permission, Role, ShiftId, Time, TimeOfDay, TimeOffId, Weekday,
};

use super::PASSWORD;
use super::perform::at;
use super::story::Names;

/// Node number of the ids that are made here.
const NODE: u8 = 27;
const ZONE: &str = "Asia/Shanghai";
const HOUR: Duration = Duration::from_hours(1);
/// Weeks that are planned: two that are over, this one, and the next.
const WEEKS: u32 = 4;
/// How many people begin at which hour, each for eight hours, and how many of them on Saturdays and Sundays.
const DAY: [(u32, usize, usize); 4] = [(0, 1, 1), (8, 3, 2), (12, 2, 1), (16, 3, 1)];
const LENGTH: u32 = 8;
/// What an hour of work costs, in yuan, so that what-if tells what a week costs.
const HOUR_COST: f64 = 86.5;
/// Who came to the desk with its roster, so that it can be kept to: address, name, languages.
const COLLEAGUES: [(&str, &str, &[Language]); 6] = [
    ("lei@harbor.example", "王磊 Lei", &[Language::Chinese]),
    ("yu@harbor.example", "陈雨 Yu", &[Language::Chinese, Language::English]),
    ("ines@harbor.example", "Ines", &[Language::English]),
    ("zhou@harbor.example", "周舟 Zhou", &[Language::Chinese]),
    ("tobi@harbor.example", "Tobi", &[Language::English]),
    ("hui@harbor.example", "何慧 Hui", &[Language::Chinese, Language::English]),
];

/// What was planned, for the ledger of minutes.
pub(super) struct Plan {
    first: Time,
    shifts: Vec<Shift>,
}

impl Plan {
    /// How many were to be there; nothing before there was a roster.
    pub(super) fn rostered(&self, at: Time) -> Option<i64> {
        let there = self.shifts.iter().filter(|shift| shift.agent.is_some() && shift.covers(at));
        (at >= self.first).then(|| i64::try_from(there.count()).unwrap_or_default())
    }
}

/// The Monday of a time in Shanghai, so many weeks later.
fn monday(now: Time, weeks: i64) -> anyhow::Result<Time> {
    let zone = TimeZone::get(ZONE)?;
    let date = jiff::Timestamp::from_microsecond(now.0)?.to_zoned(zone.clone()).date();
    let back = i64::from(date.weekday().to_monday_zero_offset());
    let monday = date.checked_add(jiff::Span::new().days(weeks * 7 - back))?;
    Ok(Time(monday.to_zoned(zone)?.timestamp().as_microsecond()))
}

/// What is known of somebody: every fourth works part of the week, and not by night.
fn known(place: usize, (id, role): (AgentId, Role), languages: &[Language]) -> Person {
    let is_part_time = place % 4 == 3;
    let hours = |count: u32| count * 60;
    let time = |text| TimeOfDay::parse(text);
    let window = |day: u8| {
        Some(Interval { weekday: Weekday::new(day)?, opens: time("07:00")?, closes: time("21:00")? })
    };
    let contract = Contract {
        zone: ZONE.to_owned(),
        least_week: hours(if is_part_time { 16 } else { 32 }),
        most_week: hours(if is_part_time { 24 } else { 40 }),
        most_stretch: hours(10),
        least_rest: hours(11),
        most_days: 5,
        available: if is_part_time { (1..=7).filter_map(window).collect() } else { Vec::new() },
    };
    let experience = u8::try_from(place % 3).unwrap_or_default();
    let profile = Profile {
        languages: languages.to_vec(),
        skills: Vec::new(),
        tier: if role == Role::Lead { 3 } else { 1 + experience.min(1) },
        at_once: 1 + experience,
    };
    Person { id, profile, contract: Some(contract) }
}

/// Those who answer in the stories, and those who came with the roster.
async fn staff(desk: &Desk, agents: &[AgentCaller], names: &Names) -> anyhow::Result<Vec<Person>> {
    let answering =
        |agent: &AgentCaller| agent.role != Role::Admin && agent.role.may(Permission::WorkRequests);
    let told = agents.iter().zip(&names.agents).filter(|(agent, _)| answering(agent));
    let mut staff: Vec<(AgentId, Role, &[Language])> =
        told.map(|(agent, colleague)| (agent.id, agent.role, colleague.languages.as_slice())).collect();
    for (email, name, languages) in COLLEAGUES {
        let new = NewAgent {
            email: email.to_owned(),
            name: name.to_owned(),
            role: Some(Role::Agent),
            password: PASSWORD.to_owned(),
            language: languages.first().copied().unwrap_or_default(),
            teams: Vec::new(),
        };
        let added = add_agent(desk, None, new).await?;
        staff.push((added.id, added.role, languages));
    }
    let known = |(place, (id, role, languages)): (usize, (AgentId, Role, &[Language]))| {
        known(place, (id, role), languages)
    };
    Ok(staff.into_iter().enumerate().map(known).collect())
}

/// Writes it, and tells what was planned.
pub(super) async fn plan(
    desk: &Desk,
    agents: &[AgentCaller],
    names: &Names,
    now: Time,
) -> anyhow::Result<Option<Plan>> {
    let Some(lead) = agents.iter().find(|agent| agent.role == Role::Lead) else { return Ok(None) };
    let first = monday(now, -2)?;
    let then = at(desk, first.minus(HOUR * 24), NODE);
    let people = staff(&then, agents, names).await?;
    for person in &people {
        let wish = PersonWish { profile: person.profile.clone(), contract: person.contract.clone() };
        change_person(&then, lead, person.id, 0, wish).await?;
    }
    let rules = planning(&then, lead).await?;
    let settings = Settings { hour_cost: HourCost::new(HOUR_COST), ..rules.settings };
    change_planning(&then, lead, rules.version, settings).await?;
    // Two days of this week belong to somebody's family.
    let off = time_off(&then, lead, &people, monday(now, 0)?).await?;
    let shifts = drawn(&people, first, off.as_slice());
    let wishes = shifts.iter().map(wish_of).collect();
    add_shifts(&then, lead, wishes).await?;
    publish_shifts(&then, lead, (first, monday(now, 1)?), None).await?;
    if let Some(wish) = too_early(&shifts, monday(now, 1)?) {
        add_shifts(&at(desk, now.minus(HOUR * 4), NODE), lead, vec![wish]).await?;
    }
    ask(desk, agents, &people, now).await?;
    Ok(Some(Plan { first, shifts }))
}

fn wish_of(shift: &Shift) -> ShiftWish {
    ShiftWish {
        agent: shift.agent,
        starts_at: shift.starts_at,
        ends_at: shift.ends_at,
        need: shift.need.clone(),
    }
}

async fn time_off(
    desk: &Desk,
    lead: &AgentCaller,
    people: &[Person],
    monday: Time,
) -> anyhow::Result<Vec<TimeOff>> {
    let Some(person) = people.iter().find(|person| person.id != lead.id) else { return Ok(Vec::new()) };
    let wish = TimeOffWish {
        agent: Some(person.id),
        starts_at: monday.plus(HOUR * 48),
        ends_at: monday.plus(HOUR * 96),
        note: "家事".to_owned(),
        reason: None,
    };
    let (starts_at, ends_at) = (wish.starts_at, wish.ends_at);
    let view = ask_time_off(desk, lead, wish).await?;
    Ok(vec![TimeOff { id: TimeOffId(view.id.0), agent: person.id, starts_at, ends_at }])
}

/// Deals the shifts out, day by day.
fn drawn(people: &[Person], first: Time, off: &[TimeOff]) -> Vec<Shift> {
    let mut shifts: Vec<Shift> = Vec::new();
    for day in 0..7 * WEEKS {
        for (hour, weekday, weekend) in DAY {
            for _ in 0..if day % 7 < 5 { weekday } else { weekend } {
                let starts_at = first.plus(HOUR * (24 * day + hour));
                let shift = Shift {
                    id: ShiftId(i64::try_from(shifts.len()).unwrap_or_default() + 1),
                    agent: None,
                    starts_at,
                    ends_at: starts_at.plus(HOUR * LENGTH),
                    need: Need::default(),
                };
                let agent = whoever(people, &shifts, &shift, off);
                shifts.push(Shift { agent, ..shift });
            }
        }
    }
    shifts
}

/// Who works: of those whom the rules allow whoever had the same hours yesterday, then whoever worked least.
fn whoever(people: &[Person], shifts: &[Shift], shift: &Shift, off: &[TimeOff]) -> Option<AgentId> {
    let near = |one: &&Shift| one.ends_at > shift.starts_at.minus(HOUR * 24 * 16);
    let free = people.iter().filter(|person| {
        let own = shifts.iter().filter(near).filter(|one| one.agent == Some(person.id));
        let mut all: Vec<Shift> = own.cloned().collect();
        all.push(Shift { agent: Some(person.id), ..shift.clone() });
        violations(person, &all, off).is_empty()
    });
    let key = |person: &&Person| {
        let own = || shifts.iter().filter(|one| one.agent == Some(person.id));
        let yesterday = shift.starts_at.minus(HOUR * 24);
        (!own().any(|one| one.starts_at == yesterday), own().count(), person.id)
    };
    free.min_by_key(key).map(|person| person.id)
}

/// Somebody who works late is to come early on the next day: a draft that shows what the rules say.
fn too_early(shifts: &[Shift], monday: Time) -> Option<ShiftWish> {
    let late = monday.plus(HOUR * 16);
    let tired = shifts.iter().find(|shift| shift.starts_at == late && shift.agent.is_some())?;
    let starts_at = late.plus(HOUR * 16);
    Some(ShiftWish { starts_at, ends_at: starts_at.plus(HOUR * 4), ..wish_of(tired) })
}

/// Somebody asks for time off, and somebody would hand a shift over.
async fn ask(desk: &Desk, agents: &[AgentCaller], people: &[Person], now: Time) -> anyhow::Result<()> {
    let answering: Vec<&AgentCaller> = agents
        .iter()
        .filter(|agent| agent.role == Role::Agent && people.iter().any(|person| person.id == agent.id))
        .collect();
    let asked = at(desk, now.minus(HOUR * 3), NODE);
    if let Some(agent) = answering.last() {
        let monday = monday(now, 1)?;
        let wish = TimeOffWish {
            agent: None,
            starts_at: monday.plus(HOUR * 72),
            ends_at: monday.plus(HOUR * 120),
            note: "Moving house".to_owned(),
            reason: None,
        };
        ask_time_off(&asked, agent, wish).await?;
    }
    let Some(reader) = answering.first() else { return Ok(()) };
    let ahead = roster(&asked, reader, now, now.plus(HOUR * 24 * 7)).await?;
    let given = ahead.shifts.iter().filter(|shift| shift.starts_at > now.plus(HOUR * 12));
    for shift in given {
        let Some(agent) = answering.iter().find(|agent| Some(agent.id) == shift.agent_id) else { continue };
        ask_swap(&asked, agent, SwapWish { shift: (shift.id, shift.version), to: None, in_return: None })
            .await?;
        break;
    }
    Ok(())
}
