//! How many people each half hour needs, and how many are there.

use std::collections::BTreeMap;

use serde::Serialize;
use standfast_domain::planning::{Settings, TierRule};
use standfast_domain::roster::{Person, Profile};
use standfast_domain::{Day, Language, Permission, Time, Timetable};
use standfast_insight::Facts;
use standfast_science::queue::{Chat, Demand, Goal, Service, agents_for};
use standfast_science::roster::{beside, missing};
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
/// A group of types of which fewer come in a half hour takes nobody of its own: it waits for whoever knows it next.
const RARE: f64 = 0.1;
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
    /// Whether there is a forecast that reaches so far; without one nothing is known of the need.
    pub is_known: bool,
    /// Names of the groups of types that are planned by themselves.
    pub groups: Vec<String>,
    /// By language, and of each language by group of types where there are groups.
    pub lanes: Vec<LaneNeed>,
    /// Of which tiers so many are to be there, whatever comes.
    pub tiers: Vec<TierNeed>,
    /// How many people all of it takes; 0 while the desk is closed.
    pub need: Vec<u32>,
    /// How many of them are missing, when those who are planned do what they can: more than the difference where some of them do not
    /// speak the language, or do not know the types, in which people are missing.
    pub missing: Vec<u32>,
    /// The same when only what is published is there: what *Today* counts, where a draft brings nobody.
    pub missing_published: Vec<u32>,
    /// How many requests are expected.
    pub expected: Vec<f64>,
    /// People with a published shift, whatever they speak.
    pub published: Vec<u32>,
    /// People with a published shift or a draft.
    pub planned: Vec<u32>,
}

/// What a language, or a group of types in a language, needs, half hour by half hour.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LaneNeed {
    /// The language.
    pub language: Language,
    /// The group of types: a place in `groups`, or the one after the last for all other types; null for all types.
    pub group: Option<usize>,
    /// How many requests are expected.
    pub expected: Vec<f64>,
    /// How many people it takes on the roster, if they did nothing else; 0 while the desk is closed.
    pub need: Vec<u32>,
    /// People with a published shift or a draft who speak it, and know the group.
    pub able: Vec<u32>,
    /// How many are missing, when these do nothing else.
    pub missing: Vec<u32>,
}

/// How many people of a tier or above are to be there, half hour by half hour.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TierNeed {
    /// The tier.
    pub tier: u8,
    /// How many are to be there; 0 while the desk is closed.
    pub need: Vec<u32>,
    /// People of it or above with a published shift or a draft.
    pub able: Vec<u32>,
    /// How many are missing.
    pub missing: Vec<u32>,
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
        // Beyond what is forecast nothing is known.
        let reaches = until <= ground.past.forecast_ends(&ground.zone);
        let lanes = ground.past.lanes().filter(|_| reaches);
        let slots: Vec<Time> = half_hours(from, until).collect();
        let is_known = lanes.is_some();
        let at_once = at_once(&people);
        let needs: Vec<Needs> =
            lanes.iter().flatten().map(|lane| Needs::of(&ground, lane, &table, at_once, &slots)).collect();
        let all = together(&ground.settings, &needs);
        let bits = |row: &&ShiftRow| {
            let known = people.iter().find(|person| Some(person.id) == row.agent_id);
            known.map_or(0, |person| counts(&ground.settings, &needs, &person.profile))
        };
        let there = |is_published: bool| -> Vec<Vec<u8>> {
            let at = |at: &Time| {
                let end = at.0 + SLOT * super::MINUTE;
                let here = shifts.iter().filter(|row| row.starts_at <= *at && row.ends_at.0 >= end);
                here.filter(|row| !is_published || row.published_at.is_some()).map(|row| bits(&row)).collect()
            };
            slots.iter().map(at).collect()
        };
        let (there, published) = (there(false), there(true));
        let sum = |at: usize| needs.iter().filter_map(|one| one.expected.get(at)).sum::<f64>();
        Ok(NeedView {
            from,
            until,
            is_known,
            groups: ground.settings.groups.iter().map(|group| group.name.clone()).collect(),
            lanes: lane_needs(&needs, &there),
            tiers: tier_needs(&ground.settings, &needs, &there),
            need: (0..slots.len()).map(|at| needed(&all, at)).collect(),
            missing: all_missing(&all, &there),
            missing_published: all_missing(&all, &published),
            expected: (0..slots.len()).map(sum).collect(),
            published: heads(&slots, &shifts, |row| row.published_at.is_some()),
            planned: heads(&slots, &shifts, |_| true),
            zone: ground.settings.zone,
        })
    })
    .await
}

/// Of each language, and of its groups where there are any. `there` are the lanes of everybody at work in each slot.
fn lane_needs(needs: &[Needs], there: &[Vec<u8>]) -> Vec<LaneNeed> {
    let mut lanes = Vec::new();
    for (place, one) in needs.iter().enumerate() {
        let groups = one.groups();
        // What everybody serves of some of this language's groups; nobody who serves none of them.
        let able = |of: u8| -> Vec<Vec<u8>> {
            let own =
                |lanes: &u8| lanes.checked_shr(u32::try_from(place * groups).unwrap_or(8)).unwrap_or(0) & of;
            there.iter().map(|here| here.iter().map(own).filter(|own| *own != 0).collect()).collect()
        };
        let heads = |able: &[Vec<u8>]| {
            able.iter().map(|here| u32::try_from(here.len()).unwrap_or(u32::MAX)).collect::<Vec<_>>()
        };
        let all = able(one.everything());
        lanes.push(LaneNeed {
            language: one.language,
            group: None,
            expected: one.expected.clone(),
            need: one.need().collect(),
            missing: all_missing(&one.sets, &all),
            able: heads(&all),
        });
        for group in (0..groups).filter(|_| groups > 1) {
            let able = able(1 << group);
            let need: Vec<u32> = one.need_of(1 << group).collect();
            let missing = need.iter().zip(&able).map(|(need, able)| missing(&[*need], &vec![1; able.len()]));
            lanes.push(LaneNeed {
                language: one.language,
                group: Some(group),
                expected: one.by_group.iter().filter_map(|means| means.get(group)).copied().collect(),
                missing: missing.collect(),
                able: heads(&able),
                need,
            });
        }
    }
    lanes
}

/// Of each tier that is to be there. `there` are the lanes of everybody at work in each slot.
fn tier_needs(settings: &Settings, needs: &[Needs], there: &[Vec<u8>]) -> Vec<TierNeed> {
    let of = |((rule, bit), need): ((&TierRule, u8), Vec<u32>)| {
        let of_tier = |here: &Vec<u8>| here.iter().filter(|lanes| *lanes & bit != 0).count();
        let able: Vec<u32> =
            there.iter().map(|here| u32::try_from(of_tier(here)).unwrap_or(u32::MAX)).collect();
        let missing = need.iter().zip(&able).map(|(need, able)| need.saturating_sub(*able)).collect();
        TierNeed { tier: rule.tier, need, able, missing }
    };
    tiers(settings, needs).zip(ranks(settings, needs)).map(of).collect()
}

/// The rules of tiers, each with the bit that it has beside those of the lanes of languages and groups.
pub(super) fn tiers<'a>(settings: &'a Settings, needs: &[Needs]) -> impl Iterator<Item = (&'a TierRule, u8)> {
    let lanes = needs.len() * settings.group_count();
    let bit =
        move |at: usize| u32::try_from(lanes + at).ok().and_then(|bit| 1_u8.checked_shl(bit)).unwrap_or(0);
    settings.tiers.iter().enumerate().map(move |(at, rule)| (rule, bit(at)))
}

/// Whether the desk is open for anybody, slot by slot.
fn is_open(needs: &[Needs]) -> Vec<bool> {
    let slots = needs.first().map_or(0, |one| one.open.len());
    (0..slots).map(|at| needs.iter().any(|one| one.open.get(at).copied().unwrap_or(false))).collect()
}

/// How many people are missing in each slot for what every set of lanes needs in it, by the lanes of everybody at work. Whatever the
/// desk says of missing people is this: where one speaks Chinese alone and one is needed in English, one is missing.
pub(super) fn all_missing(sets: &[Vec<u32>], there: &[Vec<u8>]) -> Vec<u32> {
    let of = |(slot, there): (usize, &Vec<u8>)| sets.get(slot).map_or(0, |needs| missing(needs, there));
    there.iter().enumerate().map(of).collect()
}

/// The languages and the groups of types of some lanes, by name, an empty one for all other types; no groups where it is all of them.
pub(super) fn names_of(settings: &Settings, needs: &[Needs], lanes: u8) -> (Vec<Language>, Vec<String>) {
    let groups = settings.group_count();
    let mut named = Vec::new();
    for (place, one) in needs.iter().enumerate() {
        let own = (0..groups).filter(|group| lanes >> (place * groups + group) & 1 == 1);
        named.extend(own.map(|group| (one.language, group)));
    }
    let mut languages: Vec<Language> = named.iter().map(|(language, _)| *language).collect();
    languages.dedup();
    let mut of_types: Vec<usize> = named.iter().map(|(_, group)| *group).collect();
    of_types.sort_unstable();
    of_types.dedup();
    let is_all = of_types.len() == groups;
    let name = |group: usize| settings.groups.get(group).map_or_else(String::new, |one| one.name.clone());
    (languages, of_types.into_iter().filter(|_| !is_all).map(name).collect())
}

/// The tier of some lanes: the lowest of those that a rule asks for.
pub(super) fn tier_of(settings: &Settings, needs: &[Needs], lanes: u8) -> Option<u8> {
    tiers(settings, needs).filter(|(_, bit)| lanes & bit != 0).map(|(rule, _)| rule.tier).min()
}

/// What somebody is counted for, a bit each: the lanes that they serve, and the tiers that they are of or above.
pub(super) fn counts(settings: &Settings, needs: &[Needs], profile: &Profile) -> u8 {
    let of_tiers = tiers(settings, needs).filter(|(rule, _)| profile.tier >= rule.tier);
    of_tiers.fold(serves(settings, needs, profile), |bits, (_, bit)| bits | bit)
}

/// The lanes that somebody serves, a bit each: the groups of the first language, then those of the next.
pub(super) fn serves(settings: &Settings, needs: &[Needs], profile: &Profile) -> u8 {
    let groups = settings.group_count();
    let knows = (0..groups).filter(|group| settings.serves(*group, |code| profile.knows(code)));
    let knows: u8 = knows.fold(0, |bits, group| bits | 1 << group);
    let speaks = needs.iter().enumerate().filter(|(_, one)| profile.languages.contains(&one.language));
    speaks.fold(0, |bits, (place, _)| bits | knows << (place * groups).min(7))
}

/// What every set of lanes needs in each slot (`science::roster::Problem`): of each language what its groups in the set need, of
/// several languages the sum, and of tiers, while the desk is open, what their rules ask for.
pub(super) fn together(settings: &Settings, needs: &[Needs]) -> Vec<Vec<u32>> {
    let work = work_of_sets(needs);
    if settings.tiers.is_empty() {
        return work;
    }
    let ranks = ranks(settings, needs);
    let of = |(slot, sets): (usize, Vec<u32>)| {
        let asked: Vec<u32> = ranks.iter().filter_map(|rank| rank.get(slot).copied()).collect();
        beside(&sets, &asked)
    };
    work.into_iter().enumerate().map(of).collect()
}

/// How many of each tier that a rule asks for are to be there in each slot: none while the desk is closed.
pub(super) fn ranks(settings: &Settings, needs: &[Needs]) -> Vec<Vec<u32>> {
    let open = is_open(needs);
    let of = |rule: &TierRule| open.iter().map(|open| if *open { rule.least.into() } else { 0 }).collect();
    settings.tiers.iter().map(of).collect()
}

/// The same of languages and groups alone.
pub(super) fn work_of_sets(needs: &[Needs]) -> Vec<Vec<u32>> {
    let slots = needs.first().map_or(0, |one| one.sets.len());
    let groups = needs.first().map_or(1, Needs::groups);
    let last = (1_u16 << (needs.len() * groups).min(8)) - 1;
    let of = |slot: usize, set: u16| {
        let parts = needs.iter().enumerate().map(|(place, one)| {
            let own = usize::from(set >> (place * groups)) & usize::from(one.everything());
            own.checked_sub(1).and_then(|own| one.sets.get(slot)?.get(own)).copied().unwrap_or(0)
        });
        parts.sum()
    };
    (0..slots).map(|slot| (1..=last).map(|set| of(slot, set)).collect()).collect()
}

/// How many people a slot needs of all lanes.
pub(super) fn needed(sets: &[Vec<u32>], slot: usize) -> u32 {
    sets.get(slot).and_then(|sets| sets.last()).copied().unwrap_or(0)
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
fn heads(slots: &[Time], shifts: &[ShiftRow], is_one: impl Fn(&ShiftRow) -> bool) -> Vec<u32> {
    let shifts: Vec<&ShiftRow> = shifts.iter().filter(|row| is_one(row)).collect();
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
/// with several, a request stays in hand until it is over. `work` is that for one answer, in seconds.
pub(super) fn service(ground: &Ground, at_once: u32, work: f64) -> (Service, f64) {
    let answers = ground.past.answers.max(1.0);
    if at_once <= 1 {
        return (Service::Call { handling: work }, answers);
    }
    let think = f64::from(ground.settings.think);
    (Service::Chat(Chat { work, think, turns: answers, most: at_once }), 1.0)
}

/// What a language needs.
pub(super) struct Needs {
    pub(super) language: Language,
    /// How many are expected in each slot, as they come.
    pub(super) expected: Vec<f64>,
    /// The same by group of types: of each slot, of each group.
    pub(super) by_group: Vec<Vec<f64>>,
    /// Whether the desk is open for them.
    pub(super) open: Vec<bool>,
    /// How many people it takes on the roster: of each slot, of every set of groups (number `bits - 1`), if requests of these groups
    /// were all there is.
    pub(super) sets: Vec<Vec<u32>>,
}

impl Needs {
    pub(super) fn of(ground: &Ground, lane: &Lane, table: &Timetable, at_once: u32, slots: &[Time]) -> Self {
        // What came since the desk closed last is to be done as well: over a weekend, or a holiday; before today, what really came.
        let lead = slots.first().map_or(0, |first| first.0 - LEAD);
        let lead: Vec<Time> = half_hours(Time(lead), slots.first().copied().unwrap_or(Time(lead))).collect();
        let (begin, all) = (lead.len(), [lead.as_slice(), slots].concat());
        let clock: Vec<_> = all.iter().map(|at| half_hour(*at, &ground.zone)).collect();
        let mut expected: Vec<f64> = clock.iter().map(|at| lane.expected(*at)).collect();
        let mut by_group: Vec<Vec<f64>> = clock.iter().map(|at| lane.expected_of_groups(*at)).collect();
        let mut open = open(table, lane.language, &all);
        let groups = ground.settings.group_count();
        let everything = (1_usize << groups) - 1;
        let mut people = People::new(ground, lane, at_once);
        // Of each group what there is to do, slot by slot.
        let work: Vec<Vec<f64>> =
            (0..groups).map(|group| worked_off(&column(&by_group, group), &open)).collect();
        let mut sets = vec![Vec::with_capacity(everything); slots.len()];
        for set in 1..=everything {
            let whole = (set == everything).then(|| worked_off(&expected, &open));
            for (at, sets) in (begin..).zip(&mut sets) {
                let of = |(group, means): (usize, &Vec<f64>)| {
                    if set >> group & 1 == 1 { means.get(at).copied().unwrap_or(0.0) } else { 0.0 }
                };
                let mix: Vec<f64> = work.iter().enumerate().map(of).collect();
                let whole = whole.as_ref().and_then(|whole| whole.get(at)).copied();
                let mean = whole.unwrap_or_else(|| mix.iter().sum());
                let is_needed = open.get(at) == Some(&true) && (whole.is_some() || mean >= RARE);
                let own = if is_needed { people.needed(mean, ground.work(lane.language, &mix)) } else { 0 };
                // A larger set never needs fewer, also where what it has more is done faster.
                let parts =
                    (0..groups).filter(|group| set >> group & 1 == 1).map(|group| set & !(1 << group));
                let most = parts.filter_map(|part| sets.get(part.checked_sub(1)?).copied()).max();
                sets.push(own.max(most.unwrap_or(0)));
            }
        }
        let (expected, by_group, open) =
            (expected.split_off(begin), by_group.split_off(begin), open.split_off(begin));
        Self { language: lane.language, expected, by_group, open, sets }
    }

    /// How many groups of types are told apart.
    pub(super) fn groups(&self) -> usize {
        self.by_group.first().map_or(1, |groups| groups.len().max(1))
    }

    /// How many are expected of each group, in all.
    pub(super) fn by_groups(&self) -> impl Iterator<Item = (Language, usize, f64)> {
        (0..self.groups()).map(|group| (self.language, group, column(&self.by_group, group).iter().sum()))
    }

    /// All groups, a bit each.
    fn everything(&self) -> u8 {
        (1 << self.groups().min(7)) - 1
    }

    /// How many people it takes in each slot.
    pub(super) fn need(&self) -> impl Iterator<Item = u32> {
        self.need_of(self.everything())
    }

    /// How many people some groups take in each slot.
    fn need_of(&self, set: u8) -> impl Iterator<Item = u32> {
        let place = usize::from(set).saturating_sub(1);
        self.sets.iter().map(move |sets| sets.get(place).copied().unwrap_or(0))
    }
}

/// How many people requests of a language take, by how many there are in a slot.
struct People<'a> {
    ground: &'a Ground,
    at_once: u32,
    /// How busy days can be.
    days: Vec<f64>,
    /// What is known already, by hundredths of a request and by seconds of work, which make no difference of a person.
    known: BTreeMap<(u64, u64), u32>,
}

impl<'a> People<'a> {
    fn new(ground: &'a Ground, lane: &Lane, at_once: u32) -> Self {
        Self { ground, at_once, days: lane.spread.days().to_vec(), known: BTreeMap::new() }
    }

    /// How many have to be on the roster for so many requests in a slot, each answer to which is so many seconds of work; an open desk
    /// has somebody, whoever comes.
    fn needed(&mut self, mean: f64, work: f64) -> u32 {
        let work = work.round().max(1.0);
        let key = (mean * 100.0).round().max(0.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, and small"
        )]
        let key = (key as u64, work as u64);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let settings = &self.ground.settings;
        let goal = Goal { share: f64::from(settings.share) / 100.0, within: f64::from(settings.within) };
        let patience = settings.patience.map(f64::from);
        let (service, times) = service(self.ground, self.at_once, work);
        let rate = mean * times / SECONDS;
        let demands: Vec<Demand> = self
            .days
            .iter()
            .map(|busy| Demand { rate: rate * busy, patience })
            .filter(|one| one.rate > 0.0)
            .collect();
        let agents = agents_for(&demands, service, goal, MOST);
        let agents = agents.unwrap_or(if rate > 0.0 { MOST } else { 1 });
        let people = rostered(agents, 1.0 - f64::from(settings.shrinkage) / 100.0);
        self.known.insert(key, people);
        people
    }
}

/// One group of each slot.
fn column(by_group: &[Vec<f64>], group: usize) -> Vec<f64> {
    by_group.iter().map(|means| means.get(group).copied().unwrap_or(0.0)).collect()
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
    fn whoever_does_not_speak_the_language_is_not_counted() {
        // Two are needed in the first language alone; at night one is there who speaks the second, then one who speaks both.
        let sets =
            [&[2, 0], &[2, 0], &[2, 1]].map(|lanes: &[u32; 2]| standfast_science::roster::apart(lanes));
        let there = [vec![2], vec![2, 3], vec![3, 3, 3]];
        assert_eq!(all_missing(&sets, &there), [2, 1, 0]);
        assert_eq!(all_missing(&[], &there), [0; 3], "without a forecast nothing is known");
    }

    #[test]
    fn names_are_of_the_lanes() {
        let of = |language| {
            let (expected, by_group, open, sets) = (Vec::new(), vec![vec![0.0; 2]], Vec::new(), Vec::new());
            Needs { language, expected, by_group, open, sets }
        };
        let needs = [of(Language::Chinese), of(Language::English)];
        let group =
            standfast_domain::planning::TypeGroup { name: "Security".into(), types: vec!["theft".into()] };
        let settings = Settings { groups: vec![group], ..Settings::default() };
        let named = |lanes| names_of(&settings, &needs, lanes);
        assert_eq!(named(0b0001), (vec![Language::Chinese], vec!["Security".to_owned()]));
        assert_eq!(named(0b1000), (vec![Language::English], vec![String::new()]));
        assert_eq!(named(0b0011), (vec![Language::Chinese], Vec::new()), "all types of it");
        assert_eq!(named(0b1111).0.len(), 2);
    }

    #[test]
    fn more_are_on_the_roster_than_are_there() {
        assert_eq!(
            [(8, 0.8), (8, 1.0), (1, 0.8), (0, 0.8)].map(|(agents, there)| rostered(agents, there)),
            [10, 8, 2, 1]
        );
    }
}
