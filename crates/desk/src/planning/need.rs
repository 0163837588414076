//! How many people each half hour needs, and how many are there.

use std::collections::BTreeMap;

use serde::Serialize;
use standfast_domain::roster::Person;
use standfast_domain::{AgentId, Day, Language, Permission, Time, Timetable};
use standfast_insight::Facts;
use standfast_science::queue::{Chat, Demand, Goal, Service, agents_for};
use standfast_store::shift::ShiftRow;
use utoipa::ToSchema;

use super::demand::Lane;
use super::{Ground, SLOT, blocking, ground, half_hour, half_hours, weeks};
use crate::roster::people_and_shifts;
use crate::{AgentCaller, Desk, Error, timetable};

/// Most people that are thought of.
const MOST: u32 = 2_000;
/// Half hours after the opening over which those who came while the desk was closed are spread.
const MORNING: u8 = 4;
/// How long before the first slot it is looked for those who came while the desk was closed: a week.
const LEAD: i64 = 7 * 1_440 * super::MINUTE;
/// Seconds of a slot.
const SECONDS: f64 = 1_800.0;

/// How many people each half hour of some weeks needs.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NeedView {
    /// The time zone of its days.
    pub zone: String,
    /// The first moment: today's where the week has begun.
    #[schema(value_type = String, format = DateTime)]
    pub from: Time,
    /// The moment after the last half hour.
    #[schema(value_type = String, format = DateTime)]
    pub until: Time,
    /// Whether there is a forecast; without one nothing is known of the need.
    pub is_known: bool,
    /// By language.
    pub lanes: Vec<LaneNeed>,
    /// People with a published shift, whatever they speak.
    pub published: Vec<u32>,
    /// People with a published shift or a draft.
    pub planned: Vec<u32>,
}

/// What a language needs, half hour by half hour.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LaneNeed {
    /// The language.
    pub language: Language,
    /// How many requests are expected.
    pub expected: Vec<f64>,
    /// How many people it takes on the roster; 0 while the desk is closed.
    pub need: Vec<u32>,
    /// People with a published shift or a draft who speak it.
    pub able: Vec<u32>,
}

/// How many people each half hour needs, from a Monday on.
pub async fn need(
    desk: &Desk,
    caller: &AgentCaller,
    facts: &Facts,
    monday: Day,
    number: u8,
) -> Result<NeedView, Error> {
    caller.require(Permission::ManageRoster)?;
    let ground = ground(desk, facts, &[]).await?;
    let (from, until) = weeks(monday, number, &ground.zone)?;
    // Of a week that goes on, what is left of it.
    let from = from.max(ground.past.today_starts(&ground.zone));
    if until <= from {
        return Err(Error::invalid("from", "out_of_range"));
    }
    let (people, shifts) = read_shifts(desk, from, until).await?;
    let table = timetable(desk);
    blocking(move || {
        let lanes = ground.past.lanes();
        let slots: Vec<Time> = half_hours(from, until).collect();
        let is_known = lanes.is_some();
        let mut made = Vec::new();
        let at_once = at_once(&people);
        for lane in lanes.unwrap_or_default() {
            let needs = Needs::of(&ground, &lane, &table, at_once, &slots);
            let speaks = |agent: AgentId| {
                let known = people.iter().find(|person| person.id == agent);
                known.is_some_and(|person| person.profile.languages.contains(&lane.language))
            };
            made.push(LaneNeed {
                language: lane.language,
                able: count(&slots, &shifts, |row| row.agent_id.is_some_and(speaks)),
                expected: needs.expected,
                need: needs.need,
            });
        }
        Ok(NeedView {
            zone: ground.settings.zone,
            from,
            until,
            is_known,
            lanes: made,
            published: count(&slots, &shifts, |row| row.published_at.is_some()),
            planned: count(&slots, &shifts, |_| true),
        })
    })
    .await
}

/// Everybody who can be rostered, and the shifts that somebody has.
pub(super) async fn read_shifts(
    desk: &Desk,
    from: Time,
    until: Time,
) -> Result<(Vec<Person>, Vec<ShiftRow>), Error> {
    let (people, mut shifts, _) = desk.store().read(move |rd| people_and_shifts(rd, from, until)).await?;
    shifts.retain(|row| row.agent_id.is_some());
    Ok((people, shifts))
}

/// How many of these shifts cover each slot as a whole.
fn count(slots: &[Time], shifts: &[ShiftRow], counts: impl Fn(&ShiftRow) -> bool) -> Vec<u32> {
    let shifts: Vec<&ShiftRow> = shifts.iter().filter(|row| counts(row)).collect();
    let covers = |at: Time| {
        let end = at.0 + SLOT * super::MINUTE;
        shifts.iter().filter(|row| row.starts_at <= at && row.ends_at.0 >= end).count()
    };
    slots.iter().map(|at| u32::try_from(covers(*at)).unwrap_or(u32::MAX)).collect()
}

/// How many conversations people have in hand at a time: what half of them have or more.
pub(super) fn at_once(people: &[Person]) -> u32 {
    let mut all: Vec<u8> = people.iter().map(|person| person.profile.at_once).collect();
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or(1).into()
}

/// What people do with a request, and how many times it comes: with one conversation at a time, each answer is one service;
/// with several, a request stays in hand until it is over.
pub(super) fn service(ground: &Ground, at_once: u32) -> (Service, f64) {
    let work = ground.settings.handling.map_or(ground.handling.seconds, f64::from);
    let answers = ground.past.answers.max(1.0);
    if at_once <= 1 {
        return (Service::Call { handling: work }, answers);
    }
    let think = f64::from(ground.settings.think);
    (Service::Chat(Chat { work, think, turns: answers, most: at_once }), 1.0)
}

/// What a language needs.
pub(super) struct Needs {
    /// How many are expected in each slot, as they come.
    pub(super) expected: Vec<f64>,
    /// Whether the desk is open for them.
    pub(super) open: Vec<bool>,
    /// How many people it takes on the roster.
    pub(super) need: Vec<u32>,
}

impl Needs {
    pub(super) fn of(ground: &Ground, lane: &Lane, table: &Timetable, at_once: u32, slots: &[Time]) -> Self {
        let settings = &ground.settings;
        // What came since the desk closed last is to be done as well: over a weekend, or a holiday.
        let lead = slots.first().map_or(0, |first| first.0 - LEAD);
        let lead: Vec<Time> = half_hours(Time(lead), slots.first().copied().unwrap_or(Time(lead))).collect();
        let (begin, all) = (lead.len(), [lead.as_slice(), slots].concat());
        let mut expected: Vec<f64> =
            all.iter().map(|at| lane.expected(half_hour(*at, &ground.zone))).collect();
        let mut open = open(table, lane.language, &all);
        let (service, times) = service(ground, at_once);
        let goal = Goal { share: f64::from(settings.share) / 100.0, within: f64::from(settings.within) };
        let there = 1.0 - f64::from(settings.shrinkage) / 100.0;
        let days = lane.spread.days();
        let mut known: BTreeMap<u64, u32> = BTreeMap::new();
        let need = worked_off(&expected, &open).into_iter().zip(&open).skip(begin).map(|(mean, open)| {
            if !open {
                return 0;
            }
            // Hundredths of a request make no difference of a person.
            let key = (mean * 100.0).round().max(0.0);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "not negative, and small"
            )]
            let key = key as u64;
            *known.entry(key).or_insert_with(|| {
                let rate = mean * times / SECONDS;
                let patience = settings.patience.map(f64::from);
                let demands: Vec<Demand> = days
                    .iter()
                    .map(|busy| Demand { rate: rate * busy, patience })
                    .filter(|one| one.rate > 0.0)
                    .collect();
                // An open desk has somebody, whoever comes.
                let agents =
                    agents_for(&demands, service, goal, MOST).unwrap_or(if rate > 0.0 { MOST } else { 1 });
                rostered(agents, there)
            })
        });
        let need = need.collect();
        Self { expected: expected.split_off(begin), open: open.split_off(begin), need }
    }
}

/// How many have to be on the roster so that so many are there.
fn rostered(agents: u32, there: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "people")]
    let people = (f64::from(agents) / there - 1e-9).ceil() as u32;
    people.max(1)
}

/// Whether the desk is open for a language, wherever and by whatever way somebody asks, half hour by half hour.
pub(super) fn open(table: &Timetable, language: Language, slots: &[Time]) -> Vec<bool> {
    slots.iter().map(|at| table.is_open(Some(language), *at)).collect()
}

/// What there is to do in each slot: those who come while the desk is closed wait for the first hours after it opens.
fn worked_off(expected: &[f64], open: &[bool]) -> Vec<f64> {
    let mut work = vec![0.0; expected.len()];
    let mut waiting = 0.0;
    let mut left = 0_u8;
    let mut part = 0.0;
    for ((work, mean), open) in work.iter_mut().zip(expected).zip(open) {
        if !open {
            // Where it was not open for long enough, some are left.
            waiting += mean + part * f64::from(left);
            left = 0;
            continue;
        }
        if waiting > 0.0 && left == 0 {
            left = MORNING;
            part = waiting / f64::from(MORNING);
            waiting = 0.0;
        }
        *work = mean + if left > 0 { part } else { 0.0 };
        left = left.saturating_sub(1);
    }
    work
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_at_night_is_done_in_the_morning() {
        let open = [false, false, true, true, true, true, true, false, true];
        let expected = [2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 4.0, 0.0];
        assert_eq!(worked_off(&expected, &open), [0.0, 0.0, 2.0, 2.0, 2.0, 2.0, 1.0, 0.0, 1.0]);
    }

    #[test]
    fn what_a_short_opening_leaves_waits_for_the_next() {
        let open = [false, true, false, true, true, true, true, true];
        let expected = [8.0, 1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert_eq!(worked_off(&expected, &open), [0.0, 3.0, 0.0, 2.0, 2.0, 2.0, 2.0, 0.0]);
    }

    #[test]
    fn more_are_on_the_roster_than_are_there() {
        assert_eq!(
            [(8, 0.8), (8, 1.0), (1, 0.8), (0, 0.8)].map(|(agents, there)| rostered(agents, there)),
            [10, 8, 2, 1]
        );
    }
}
