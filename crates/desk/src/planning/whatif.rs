//! A week as it is rostered, and the same week if something were different.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;
use standfast_domain::planning::HourCost;
use standfast_domain::roster::Person;
use standfast_domain::{AgentId, Day, Language, Level, Permission, Time};
use standfast_insight::Facts;
use standfast_science::forecast::Spread;
use standfast_science::whatif::{Change, Desk as Model, Flaw, Outcome, Peak, Reserved, play, range};
use standfast_store::shift::ShiftRow;
use utoipa::ToSchema;

use super::demand::Lane;
use super::need::{Needs, at_once, read_shifts, serves, service};
use super::{DAY, Ground, MINUTE, SLOT, blocking, ground, half_hours, weeks};
use crate::surge::{SurgePlan, read_plan};
use crate::{AgentCaller, Desk, Error, timetable};

/// Times that a week is played.
const TIMES: u32 = 200;
/// The same question gets the same answer.
const SEED: u64 = 20_261_129;
/// Most peaks of a question.
const MOST_PEAKS: usize = 20;
/// Most people more, and most fewer.
const MOST_PEOPLE: i32 = 500;
/// Most who are reserved.
const MOST_RESERVED: u32 = 100;
/// Most times as many.
const MOST_FACTOR: f64 = 100.0;

/// What would be different.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatIfWish {
    /// The Monday with which the week begins: today, or ahead.
    pub monday: Day,
    /// People more, or less.
    pub people: i32,
    /// The percent of ordinary requests that a bot answers beyond what it does now.
    pub bot: u8,
    /// How many people serve none but those at risk, whatever the level; what the surge plan says when missing.
    pub reserved: Option<u32>,
    /// Times at which more or fewer come.
    pub peaks: Vec<PeakWish>,
}

impl WhatIfWish {
    /// Refuses what lies outside of what the description of the API allows, by the name of what was sent.
    fn check(&self) -> Result<(), Error> {
        let is_factor = |peak: &PeakWish| (0.0..=MOST_FACTOR).contains(&peak.factor);
        let parts = [
            ("people", (-MOST_PEOPLE..=MOST_PEOPLE).contains(&self.people), "out_of_range"),
            ("bot", self.bot <= 100, "out_of_range"),
            ("reserved", self.reserved.is_none_or(|people| people <= MOST_RESERVED), "out_of_range"),
            ("peaks", self.peaks.len() <= MOST_PEAKS, "too_many"),
            ("factor", self.peaks.iter().all(is_factor), "out_of_range"),
        ];
        let wrong = parts.into_iter().find(|(_, is_good, _)| !is_good);
        wrong.map_or(Ok(()), |(field, _, reason)| Err(Error::invalid(field, reason)))
    }

    /// How many would be reserved at each level, from the normal one to a storm.
    fn reserves(&self, planned: [u32; 4]) -> [u32; 4] {
        self.reserved.map_or(planned, |people| [people; 4])
    }
}

/// How many the surge plan reserves at each level, from the normal one to a storm.
fn planned_reserves(plan: &SurgePlan) -> [u32; 4] {
    Level::ALL.map(|level| plan.reserve.at(level).people)
}

/// So many times as many come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PeakWish {
    /// From when.
    pub starts_at: Time,
    /// Until when.
    pub ends_at: Time,
    /// Beyond 1 there are more.
    pub factor: f64,
}

/// A week, and the same week if something were different.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct WhatIfView {
    /// The time zone of its days.
    pub zone: String,
    /// The first moment.
    #[schema(value_type = String, format = DateTime)]
    pub from: Time,
    /// The moment after the last half hour.
    #[schema(value_type = String, format = DateTime)]
    pub until: Time,
    /// People who have a shift or a draft in the week.
    pub people: u32,
    /// Times that each was played.
    pub times: u32,
    /// How many people serve none but those at risk by the surge plan, at each level from the normal one to a storm: as it is
    /// rostered, whatever was asked.
    pub planned: [u32; 4],
    /// How many did if it were different …
    pub reserved: [u32; 4],
    /// … and whether that is what the surge plan says.
    pub is_by_plan: bool,
    /// As it is rostered.
    pub now: Distribution,
    /// If it were different.
    pub changed: Distribution,
    /// Names of the groups of types that are planned by themselves.
    pub groups: Vec<String>,
    /// Each language, or each group of types in each language, by itself, where there are several.
    pub lanes: Vec<LaneWhatIf>,
}

/// A language, or a group of types in it, by itself. People who serve several are in each half hour with the one that has most to do for
/// each of its people.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LaneWhatIf {
    /// The language.
    pub language: Language,
    /// The group of types: a place in `groups`, or the one after the last for all other types; null for all types.
    pub group: Option<usize>,
    /// Of the hours that people work, the share that is theirs.
    pub share: f64,
    /// As it is rostered.
    pub now: Distribution,
    /// If it were different.
    pub changed: Distribution,
}

/// How a week goes. Of every figure three values: in one of ten weeks it is below the first, in half of them below the second, in
/// nine of ten below the third.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Distribution {
    /// How many come whom people are to answer.
    pub requests: [f64; 3],
    /// The share that is answered within the promise.
    pub within: [f64; 3],
    /// The same of those at risk.
    pub within_at_risk: [f64; 3],
    /// Seconds within which half of those who are answered are so; null where nobody is.
    pub half: Option<[f64; 3]>,
    /// Seconds within which four fifths of them are; null where nobody is.
    pub most: Option<[f64; 3]>,
    /// The share that gives up.
    pub abandoned: [f64; 3],
    /// The share of the open time in which somebody who comes would be answered within the promise.
    pub online: [f64; 3],
    /// Hours that people work.
    pub hours: [f64; 3],
    /// What these cost; null where it is not said what an hour costs.
    pub cost: Option<[f64; 3]>,
    /// The share within the promise on each day.
    pub days: Vec<[f64; 3]>,
    /// The share within the promise of every time that it was played, in order: for a drawing.
    pub played: Vec<f64>,
}

/// What would happen if.
pub async fn what_if(
    desk: &Desk,
    caller: &AgentCaller,
    facts: &Facts,
    wish: WhatIfWish,
) -> Result<WhatIfView, Error> {
    caller.require(Permission::ManageRoster)?;
    wish.check()?;
    let ground = ground(desk, facts, &[]).await?;
    let (from, until) = weeks(wish.monday, 1, &ground.zone)?;
    // What is over is not expected any more.
    if from < ground.past.today_starts(&ground.zone) {
        return Err(Error::invalid("from", "out_of_range"));
    }
    let (people, shifts) = read_shifts(desk, from, until).await?;
    let (_, plan) = desk.store().read(read_plan).await?;
    let table = timetable(desk);
    blocking(move || {
        let reaches = until <= ground.past.forecast_ends(&ground.zone);
        let lanes = ground.past.lanes().filter(|_| reaches).ok_or(Error::invalid("from", "unknown"))?;
        let slots: Vec<Time> = half_hours(from, until).collect();
        let at_once = at_once(&people);
        let needs: Vec<Needs> =
            lanes.iter().map(|lane| Needs::of(&ground, lane, &table, at_once, &slots)).collect();
        let working = working(&shifts, from, until);
        let number = u32::try_from(working.len()).unwrap_or(u32::MAX);
        let spread = lanes.iter().map(|lane| lane.spread).max_by(|a, b| a.day.total_cmp(&b.day));
        let change = Change {
            people: wish.people,
            bot: f64::from(wish.bot) / 100.0,
            peaks: wish.peaks.iter().map(|peak| at_slots(peak, from, until)).collect::<Result<_, _>>()?,
        };
        let planned = planned_reserves(&plan);
        let reserved = wish.reserves(planned);
        let (ground, needs) = (&ground, needs.as_slice());
        let game = Game { ground, at_once, needs, slots: slots.len(), plan: &plan, planned, reserved };
        let everybody = working.values().cloned().collect();
        let part = Part::all(&game);
        let (now, changed) = game.both(&part, spread.unwrap_or_default(), everybody, &change)?;
        Ok(WhatIfView {
            zone: ground.settings.zone.clone(),
            from,
            until,
            people: number,
            times: TIMES,
            planned,
            reserved,
            is_by_plan: wish.reserved.is_none(),
            now,
            changed,
            groups: ground.settings.groups.iter().map(|group| group.name.clone()).collect(),
            lanes: game.lanes(&lanes, &people, &working, &change)?,
        })
    })
    .await
}

/// The slots that each person works: shifts that were published, and drafts.
fn working(shifts: &[ShiftRow], from: Time, until: Time) -> BTreeMap<AgentId, Vec<Range<usize>>> {
    let mut people: BTreeMap<AgentId, Vec<Range<usize>>> = BTreeMap::new();
    for row in shifts.iter().filter(|row| row.starts_at < until && row.ends_at > from) {
        let Some(agent) = row.agent_id else { continue };
        let place = |at: i64| usize::try_from(at.max(0)).unwrap_or(0);
        let begin = place((row.starts_at.0 - from.0 + SLOT * MINUTE - 1).div_euclid(SLOT * MINUTE));
        let end = place((row.ends_at.min(until).0 - from.0).div_euclid(SLOT * MINUTE));
        if begin < end {
            people.entry(agent).or_default().push(begin..end);
        }
    }
    people
}

/// A part of what comes.
struct Part {
    /// How many are expected in each slot.
    expected: Vec<f64>,
    open: Vec<bool>,
    at_risk: f64,
    /// Of the hours that people work, its share.
    share: f64,
    /// Seconds of work for one answer.
    work: f64,
}

impl Part {
    /// All of it: whoever is there answers in every language.
    fn all(game: &Game<'_>) -> Self {
        let at = |slot: usize| game.needs.iter().filter_map(|one| one.expected.get(slot)).sum();
        let is_open = |slot: usize| game.needs.iter().any(|one| one.open.get(slot).copied().unwrap_or(false));
        Self {
            expected: (0..game.slots).map(at).collect(),
            open: (0..game.slots).map(is_open).collect(),
            at_risk: game.ground.past.at_risk,
            share: 1.0,
            work: game.ground.work_of(game.needs.iter().flat_map(Needs::by_groups)),
        }
    }
}

/// What a week is played with.
struct Game<'a> {
    ground: &'a Ground,
    at_once: u32,
    needs: &'a [Needs],
    slots: usize,
    /// It says when levels begin.
    plan: &'a SurgePlan,
    /// How many serve none but those at risk at each level, as it is …
    planned: [u32; 4],
    /// … and if it were different.
    reserved: [u32; 4],
}

impl Game<'_> {
    /// A part as it is rostered, and if it were different: the former by the plan alone, whatever is asked.
    fn both(
        &self,
        part: &Part,
        spread: Spread,
        people: Vec<Vec<Range<usize>>>,
        change: &Change,
    ) -> Result<(Distribution, Distribution), Error> {
        let now = self.model(part, spread, people);
        let changed = Model { reserved: self.reserved(self.reserved, part.share), ..now.clone() };
        Ok((self.run(&now, &Change::default())?, self.run(&changed, change)?))
    }

    fn model(&self, part: &Part, spread: Spread, people: Vec<Vec<Range<usize>>>) -> Model {
        let (service, times) = service(self.ground, self.at_once, part.work);
        let settings = &self.ground.settings;
        #[expect(clippy::cast_precision_loss, reason = "seconds of half an hour")]
        let slot = (SLOT * 60) as f64;
        Model {
            slot,
            day: DAY,
            arrivals: part.expected.iter().map(|mean| mean * times).collect(),
            open: part.open.clone(),
            spread,
            people,
            shrinkage: f64::from(settings.shrinkage) / 100.0,
            service,
            patience: settings.patience.map(f64::from),
            at_risk: part.at_risk,
            reserved: self.reserved(self.planned, part.share),
            promise: f64::from(settings.within),
        }
    }

    /// Who is kept for those at risk, of people who work so much of the hours: by the loads at which levels begin. Events and alarms
    /// that make a level are not played.
    fn reserved(&self, people: [u32; 4], share: f64) -> Reserved {
        let [usual, busy, surge, storm] =
            people.map(|people| u32::try_from(shared(people.into(), share)).unwrap_or(0));
        let rules = &self.plan.rules;
        Reserved {
            usual,
            from: vec![(rules.busy, busy), (rules.surge, surge), (rules.storm, storm)],
            within: f64::from(self.plan.within_minutes) * 60.0,
        }
    }

    fn run(&self, model: &Model, change: &Change) -> Result<Distribution, Error> {
        let outcomes = play(model, change, TIMES, SEED).map_err(|flaw| match flaw {
            Flaw::TooMany if change.peaks.is_empty() => Error::invalid("people", "out_of_range"),
            Flaw::TooMany => Error::invalid("factor", "out_of_range"),
            Flaw::Number | Flaw::Slots => Error::Inconsistent("a week that cannot be played"),
        })?;
        Ok(distribution(&outcomes, self.ground.settings.hour_cost.map(HourCost::amount)))
    }

    /// Each lane by itself, with the people who are with it.
    fn lanes(
        &self,
        lanes: &[Lane],
        people: &[Person],
        working: &BTreeMap<AgentId, Vec<Range<usize>>>,
        change: &Change,
    ) -> Result<Vec<LaneWhatIf>, Error> {
        let groups = self.ground.settings.group_count();
        let number = self.needs.len() * groups;
        if number < 2 {
            return Ok(Vec::new());
        }
        let loads: Vec<Vec<f64>> = (0..number).map(|lane| self.load(lane / groups, lane % groups)).collect();
        let staff: Vec<(u8, &Vec<Range<usize>>)> = working
            .iter()
            .map(|(agent, slots)| {
                let known = people.iter().find(|person| person.id == *agent);
                let bits = known.map_or(0, |one| serves(&self.ground.settings, self.needs, &one.profile));
                (bits, slots)
            })
            .collect();
        let with = assigned(&loads, &staff, self.slots);
        #[expect(clippy::cast_precision_loss, reason = "half hours of a week of people")]
        let hours = |people: &[Vec<Range<usize>>]| {
            people.iter().flatten().map(ExactSizeIterator::len).sum::<usize>() as f64
        };
        let all: f64 = with.iter().map(|people| hours(people)).sum();
        let mut told = Vec::with_capacity(number);
        for (lane, (expected, people)) in loads.into_iter().zip(with).enumerate() {
            let (Some(of), Some(one)) = (self.needs.get(lane / groups), lanes.get(lane / groups)) else {
                continue;
            };
            let group = (groups > 1).then_some(lane % groups);
            let share = if all > 0.0 { hours(&people) / all } else { 0.0 };
            let at_risk = self.ground.past.at_risk_of(of.language, group);
            let mix = of
                .by_groups()
                .map(|(_, at, mean)| if group.is_none_or(|group| group == at) { mean } else { 0.0 });
            let work = self.ground.work(of.language, &mix.collect::<Vec<f64>>());
            let part = Part { expected, open: of.open.clone(), at_risk, share, work };
            let change = Change {
                people: i32::try_from(shared(change.people.into(), share)).unwrap_or(0),
                ..change.clone()
            };
            let (now, changed) = self.both(&part, one.spread, people, &change)?;
            told.push(LaneWhatIf { language: of.language, group, share, now, changed });
        }
        Ok(told)
    }

    /// How many of a lane are expected in each slot.
    fn load(&self, place: usize, group: usize) -> Vec<f64> {
        let Some(one) = self.needs.get(place) else { return Vec::new() };
        if one.groups() == 1 {
            return one.expected.clone();
        }
        one.by_group.iter().map(|means| means.get(group).copied().unwrap_or(0.0)).collect()
    }
}

/// A share of a number of people, to the nearest whole one.
fn shared(number: i64, share: f64) -> i64 {
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "people")]
    let part = (number as f64 * share).round() as i64;
    part
}

/// Of each lane, the slots that each of its people is with it. Whoever serves several is with the one that has most to do for each of
/// its people; whoever serves fewer is placed first.
fn assigned(
    loads: &[Vec<f64>],
    staff: &[(u8, &Vec<Range<usize>>)],
    slots: usize,
) -> Vec<Vec<Vec<Range<usize>>>> {
    let mut with: Vec<Vec<Vec<Range<usize>>>> = vec![vec![Vec::new(); staff.len()]; loads.len()];
    let mut order: Vec<usize> = (0..staff.len()).collect();
    order.sort_by_key(|at| staff.get(*at).map(|(bits, _)| bits.count_ones()));
    for slot in 0..slots {
        let mut there = vec![0.0; loads.len()];
        for person in &order {
            let Some((bits, works)) = staff.get(*person) else { continue };
            if !works.iter().any(|work| work.contains(&slot)) {
                continue;
            }
            let pressure = |lane: &usize| {
                let load = loads.get(*lane).and_then(|load| load.get(slot)).copied().unwrap_or(0.0);
                load / (there.get(*lane).copied().unwrap_or(0.0) + 1.0)
            };
            let own = (0..loads.len()).filter(|lane| bits >> lane & 1 == 1);
            // Of lanes alike the first.
            let Some(lane) = own.rev().max_by(|a, b| pressure(a).total_cmp(&pressure(b))) else { continue };
            if let Some(there) = there.get_mut(lane) {
                *there += 1.0;
            }
            let Some(mine) = with.get_mut(lane).and_then(|people| people.get_mut(*person)) else { continue };
            match mine.last_mut() {
                Some(last) if last.end == slot => last.end = slot + 1,
                _ => mine.push(slot..slot + 1),
            }
        }
    }
    for people in &mut with {
        people.retain(|own| !own.is_empty());
    }
    with
}

/// A peak by slots; refused where it lies outside of the week.
fn at_slots(peak: &PeakWish, from: Time, until: Time) -> Result<Peak, Error> {
    if peak.ends_at <= peak.starts_at {
        return Err(Error::invalid("peaks", "before_start"));
    }
    if peak.starts_at < from || peak.ends_at > until {
        return Err(Error::invalid("peaks", "out_of_range"));
    }
    let place = |at: i64| usize::try_from(at.div_euclid(SLOT * MINUTE)).unwrap_or(0);
    let end = place(peak.ends_at.0 - from.0 + SLOT * MINUTE - 1);
    Ok(Peak { slots: place(peak.starts_at.0 - from.0)..end, factor: peak.factor })
}

fn distribution(outcomes: &[Outcome], cost: Option<f64>) -> Distribution {
    let of = |figure: &dyn Fn(&Outcome) -> f64| {
        range(outcomes, |outcome| Some(figure(outcome))).unwrap_or_default()
    };
    let days = outcomes.iter().map(|outcome| outcome.days.len()).max().unwrap_or(0);
    let of_day = |day: usize| {
        of(&|outcome| match outcome.days.get(day) {
            Some([came, kept]) if *came > 0 => f64::from(*kept) / f64::from(*came),
            _ => 1.0,
        })
    };
    let mut played: Vec<f64> = outcomes.iter().map(|outcome| (outcome.within * 1e4).round() / 1e4).collect();
    played.sort_unstable_by(f64::total_cmp);
    Distribution {
        requests: of(&|outcome| f64::from(outcome.arrivals)),
        within: of(&|outcome| outcome.within),
        within_at_risk: of(&|outcome| outcome.within_at_risk),
        half: range(outcomes, |outcome| outcome.half),
        most: range(outcomes, |outcome| outcome.most),
        abandoned: of(&|outcome| outcome.abandoned),
        online: of(&|outcome| outcome.online),
        hours: of(&|outcome| outcome.hours),
        cost: cost.map(|cost| of(&|outcome| outcome.hours * cost)),
        days: (0..days).map(of_day).collect(),
        played,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One stretch of work.
    fn works(slots: Range<usize>) -> Vec<Range<usize>> {
        vec![slots]
    }

    #[test]
    fn whoever_serves_several_is_with_the_one_that_has_most_to_do() {
        let loads = vec![vec![4.0, 1.0, 0.0], vec![2.0, 3.0, 1.0]];
        let (all_day, late) = (works(0..3), works(2..3));
        let staff = [(3, &all_day), (3, &all_day), (1, &all_day), (2, &late)];
        let with = assigned(&loads, &staff, 3);
        // The third speaks the first language alone and is with it; of the others one helps where four come.
        assert_eq!(with[0], [works(0..1), works(0..3)]);
        assert_eq!(with[1], [works(1..3), works(0..3), works(2..3)]);
        let slots = |people: &Vec<Vec<Range<usize>>>| {
            people.iter().flatten().map(ExactSizeIterator::len).sum::<usize>()
        };
        assert_eq!(with.iter().map(slots).sum::<usize>(), 10);
    }
}
