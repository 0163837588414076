//! The day as it goes, against its plan: what came and what is expected by now, how many people that takes, who is there, and what to
//! do about the difference.
//!
//! Who is there is what the sockets know at this moment; it is asked, and forgotten.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;

use serde::Serialize;
use standfast_domain::planning::Settings;
use standfast_domain::roster::{LONGEST_SHIFT, SHIFT_STEP, Shift, minutes_of_week};
use standfast_domain::{AgentId, Language, Permission, ShiftId, Time};
use standfast_insight::Facts;
use standfast_science::forecast::{self as science, rest_of_day};
use standfast_science::roster::{AtWork, Gap, Part, gaps, misses_more, missing, spare};
use standfast_store::Rd;
use standfast_store::shift::{self, ShiftRow};
use utoipa::ToSchema;

use super::forecast::{LEARNED, parts_of};
use super::need::{Needs, at_once, counts, names_of, needed, ranks, tier_of, tiers, together, work_of_sets};
use super::{DAY, Ground, MINUTE, SLOT, blocking, ground, half_hours};
use crate::roster::{GRACE, Known, known, newly_broken, pure};
use crate::{AgentCaller, Desk, Error, timetable};

/// How far ahead it is advised: what comes later is planned, not mended.
const AHEAD: usize = 16;
/// How much earlier somebody can be asked to come, and how much longer to stay.
const NEAR: Duration = Duration::from_hours(4);
/// For less nobody is called in.
const LEAST_CALL: Duration = Duration::from_hours(2);
/// Slots for which somebody is let go at least.
const LEAST_FREE: usize = 2;
/// The most that is advised for one gap.
const MOST_ADVICE: usize = 3;
/// Days that are looked at: today and tomorrow.
const DAYS: usize = 2;

/// The day as it goes, against its plan.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CourseView {
    /// The time zone of the day.
    pub zone: String,
    /// Now.
    #[schema(value_type = String, format = DateTime)]
    pub now: Time,
    /// Whether there is a forecast; without one nothing is known of the need.
    pub is_known: bool,
    /// How many were expected until now …
    pub expected: f64,
    /// … and how many came.
    pub came: u32,
    /// Half hours from the first of today to the last of tomorrow.
    pub halves: Vec<HalfHour>,
    /// Where people will be missing in the next eight hours, and what could be done.
    pub gaps: Vec<CourseGap>,
    /// Who could go home early and would not be missed.
    pub spare: Vec<CourseSpare>,
}

/// Half an hour of the day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct HalfHour {
    /// Its first moment.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Time,
    /// How many were expected this morning.
    pub planned: f64,
    /// How many are expected now that the first part of the day is known.
    pub expected: f64,
    /// How many came; null for what is to come.
    pub came: Option<u32>,
    /// How many people what is expected now takes; 0 while the desk is closed.
    pub need: u32,
    /// How many have a published shift.
    pub rostered: u32,
    /// The same without those who are to be there now and are not, from now on.
    pub there: u32,
    /// How many are missing for the need, when these do what they can: more than the difference where some of them do not speak the
    /// language, or do not know the types, in which people are missing.
    pub missing: u32,
}

/// People will be missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CourseGap {
    /// From when.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Time,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Time,
    /// How many are needed and there in it, in order: a part ends where others come or go.
    pub parts: Vec<CoursePart>,
    /// What could be done that breaks no rule, the least trouble first.
    pub advice: Vec<CourseAdvice>,
}

/// A part of a gap in which as many are there all the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CoursePart {
    /// From when.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Time,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Time,
    /// How many are needed at the most …
    pub need: u32,
    /// … and how many who can do it are there.
    pub there: u32,
    /// The languages of what these can do; none where it is all of them.
    pub languages: Vec<Language>,
    /// The groups of types, by name, an empty one for all other types; none where it is all of them.
    pub groups: Vec<String>,
    /// The tier of which too few are there; null where it is not for want of a tier.
    pub tier: Option<u8>,
}

/// What could be done about a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CourseRemedy {
    /// Somebody who is at work stays longer.
    Stay,
    /// Somebody who comes later comes earlier, and works longer.
    ComeEarlier,
    /// Somebody who is not needed later works now instead.
    Move,
    /// Somebody who has no shift is called in.
    CallIn,
}

/// Somebody could work at another time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CourseAdvice {
    /// What.
    pub remedy: CourseRemedy,
    /// By whom.
    #[schema(value_type = String)]
    pub agent_id: AgentId,
    /// The shift of theirs that changes; null where they have none.
    #[schema(value_type = Option<String>)]
    pub shift_id: Option<ShiftId>,
    /// From when they would work.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Time,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Time,
}

/// Somebody could go home early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CourseSpare {
    /// Who.
    #[schema(value_type = String)]
    pub agent_id: AgentId,
    /// The shift that would end earlier.
    #[schema(value_type = String)]
    pub shift_id: ShiftId,
    /// From when they are not needed.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Time,
    /// Until when they were to work.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Time,
    /// How many are needed where it is tightest without them …
    pub need: u32,
    /// … and how many would be left.
    pub there: u32,
}

/// The day as it goes, against its plan, with those of whom this process knows that they are there.
pub async fn course(
    desk: &Desk,
    caller: &AgentCaller,
    facts: &Facts,
    there: BTreeSet<AgentId>,
) -> Result<CourseView, Error> {
    caller.require(Permission::ManageRoster)?;
    let ground = ground(desk, facts, &[]).await?;
    let from = ground.past.today_starts(&ground.zone);
    let until = Time(from.0 + i64::try_from(DAYS * DAY).unwrap_or(0) * SLOT * MINUTE);
    let (table, now) = (timetable(desk), ground.now);
    let read = desk.store().read(move |rd| {
        let people = known(rd)?;
        let around = Duration::from_hours(24 * 8);
        let mut rows = shift::list_between(rd, from.minus(around), until.plus(around))?;
        rows.retain(|row| row.published_at.is_some());
        Ok::<_, Error>((people, rows))
    });
    let (people, rows) = read.await?;
    let day = blocking(move || {
        let persons: Vec<_> = people.iter().map(|known| known.person.clone()).collect();
        let slots: Vec<Time> = half_hours(from, until).collect();
        let plan = planned(&ground);
        // Where clocks change, a half hour of the day is another one of the clock.
        let clock = slots.iter().map(|at| {
            let (day, half) = super::half_hour(*at, &ground.zone);
            usize::try_from(day.0 - ground.past.today.0).unwrap_or(0) * DAY + half
        });
        let clock = clock.collect();
        let at_once = at_once(&persons);
        let needs: Option<Vec<Needs>> = ground.past.lanes().map(|lanes| {
            let now_expected = |mut lane: super::demand::Lane| {
                lane.multiply(&plan.factors);
                Needs::of(&ground, &lane, &table, at_once, &slots)
            };
            lanes.into_iter().map(now_expected).collect()
        });
        Ok(Course {
            from,
            now,
            settings: ground.settings.clone(),
            sets: needs.as_ref().map(|needs| together(&ground.settings, needs)),
            needs: needs.unwrap_or_default(),
            plan,
            clock,
            slots,
            people,
            rows,
            there,
        })
    });
    let day = day.await?;
    desk.store().read(move |rd| day.view(rd)).await
}

/// What was expected of the day, and what is now.
struct Expected {
    planned: Vec<f64>,
    /// So many times as many of each half hour of today are expected now.
    factors: Vec<f64>,
    came: Vec<u32>,
    /// How many were expected in the half hours of today that are over, and how many those are.
    until_now: f64,
    over: usize,
}

/// What was expected of today and tomorrow, by half hours of the clock.
fn planned(ground: &Ground) -> Expected {
    let (_, now) = super::half_hour(ground.now, &ground.zone);
    let came =
        ground.past.came_today.iter().take(now + 1).map(|count| super::forecast::whole(*count)).collect();
    let Some(made) = science::forecast(&ground.past.all, DAYS * DAY) else {
        return Expected { planned: Vec::new(), factors: Vec::new(), came, until_now: 0.0, over: now };
    };
    let planned: Vec<f64> = made.mean.iter().map(|mean| mean.unwrap_or(0.0)).collect();
    let learned: Vec<[f64; 4]> =
        science::days(&ground.past.all, LEARNED).iter().map(|day| parts_of(day, now)).collect();
    let expected: f64 = planned.iter().take(now).sum();
    let seen: f64 = ground.past.came_today.iter().take(now).sum();
    let rest: Vec<Option<f64>> = made.mean.iter().take(DAY).skip(now).copied().collect();
    let factor = |(before, after): (&Option<f64>, &Option<f64>)| match (before, after) {
        (Some(before), Some(after)) if *before > 0.0 => after / before,
        _ => 1.0,
    };
    let revised = rest_of_day(&learned, (expected, seen), &rest);
    let factors = std::iter::repeat_n(1.0, now).chain(rest.iter().zip(&revised).map(factor)).collect();
    Expected { planned, factors, came, until_now: expected, over: now }
}

struct Course {
    from: Time,
    now: Time,
    settings: Settings,
    needs: Vec<Needs>,
    /// What every set of lanes needs; nothing where there is no forecast.
    sets: Option<Vec<Vec<u32>>>,
    plan: Expected,
    slots: Vec<Time>,
    /// The place of each slot on the clocks of today and tomorrow.
    clock: Vec<usize>,
    people: Vec<Known>,
    /// Published shifts of these days and the days around them.
    rows: Vec<ShiftRow>,
    there: BTreeSet<AgentId>,
}

impl Course {
    fn view(&self, rd: &mut Rd) -> Result<CourseView, Error> {
        let sets = self.sets.as_deref().unwrap_or_default();
        let on: Vec<&ShiftRow> = self.rows.iter().filter(|row| !self.places(row).is_empty()).collect();
        let work: Vec<AtWork> = on.iter().map(|row| self.at_work(row)).collect();
        let now = self.slot(self.now);
        let mut told: Vec<CourseGap> = Vec::new();
        for gap in self.all_gaps(&work, now..(now + AHEAD).min(sets.len())) {
            // Nobody is asked to be in two places.
            let asked = told.iter().flat_map(|gap| gap.advice.iter().map(|one| one.agent_id)).collect();
            told.push(self.gap(rd, &gap, &asked, (sets, &work, &on))?);
        }
        Ok(CourseView {
            zone: self.settings.zone.clone(),
            now: self.now,
            is_known: self.sets.is_some(),
            expected: round(self.plan.until_now),
            came: self.plan.came.iter().take(self.plan.over).sum(),
            halves: (0..self.slots.len()).filter_map(|slot| self.half(slot, &work)).collect(),
            gaps: told,
            spare: self.spare(sets, &work, &on, now),
        })
    }

    /// Where people are missing for the work, and where of a tier, in order.
    fn all_gaps(&self, work: &[AtWork], within: Range<usize>) -> Vec<Gap> {
        let mut all = Vec::new();
        let ranks = ranks(&self.settings, &self.needs);
        let tiers: Vec<_> = tiers(&self.settings, &self.needs).zip(ranks).collect();
        // Those of a tier are few: they are asked for it before others are for the work, those of the highest first.
        for ((_, bit), rank) in tiers.into_iter().rev() {
            // The set of this tier alone.
            let set = |need: u32| {
                std::iter::repeat_n(0, usize::from(bit).saturating_sub(1)).chain([need]).collect()
            };
            let sets: Vec<Vec<u32>> = rank.into_iter().map(set).collect();
            all.extend(gaps(&sets, work, within.clone()));
        }
        all.extend(gaps(&work_of_sets(&self.needs), work, within));
        all.sort_by_key(|gap| (gap.slots.start, gap.slots.end));
        all
    }

    fn slot(&self, at: Time) -> usize {
        usize::try_from((at.0 - self.from.0).div_euclid(SLOT * MINUTE)).unwrap_or(0)
    }

    /// The slots that a shift covers as a whole.
    fn places(&self, row: &ShiftRow) -> Range<usize> {
        let begin = row.starts_at.max(self.from);
        let first = self.slot(Time(begin.0 + SLOT * MINUTE - 1));
        if row.ends_at <= self.from || row.agent_id.is_none() {
            return first..first;
        }
        first..self.slot(row.ends_at).min(self.slots.len()).max(first)
    }

    fn known(&self, agent: Option<AgentId>) -> Option<&Known> {
        self.people.iter().find(|known| Some(known.person.id) == agent)
    }

    fn lanes(&self, agent: Option<AgentId>) -> u8 {
        self.known(agent).map_or(0, |known| counts(&self.settings, &self.needs, &known.person.profile))
    }

    fn goes_on(&self, row: &ShiftRow) -> bool {
        row.starts_at <= self.now && self.now < row.ends_at
    }

    fn is_there(&self, row: &ShiftRow) -> bool {
        row.agent_id.is_some_and(|agent| self.there.contains(&agent))
    }

    /// Whether somebody is to be there now, and is not: on them nobody counts.
    fn is_missing(&self, row: &ShiftRow) -> bool {
        self.goes_on(row) && !self.is_there(row) && self.now.since(row.starts_at) >= GRACE
    }

    fn at_work(&self, row: &ShiftRow) -> AtWork {
        let slots = self.places(row);
        // Of what is over, the roster is all that is known.
        let last = if self.is_missing(row) { self.slot(self.now) } else { usize::MAX };
        let slots = slots.start..slots.end.min(last).max(slots.start);
        let may_go = self.goes_on(row) && self.is_there(row);
        AtWork { lanes: self.lanes(row.agent_id), slots, may_go }
    }

    fn half(&self, slot: usize, work: &[AtWork]) -> Option<HalfHour> {
        let here: Vec<u8> =
            work.iter().filter(|one| one.slots.contains(&slot)).map(|one| one.lanes).collect();
        let rostered = self.rows.iter().filter(|row| self.places(row).contains(&slot)).count();
        let clock = *self.clock.get(slot)?;
        let planned = self.plan.planned.get(clock).copied().unwrap_or(0.0);
        let factor = self.plan.factors.get(clock).copied().unwrap_or(1.0);
        let sets = self.sets.as_deref().unwrap_or_default();
        Some(HalfHour {
            starts_at: *self.slots.get(slot)?,
            planned: round(planned),
            expected: round(planned * factor),
            came: self.plan.came.get(clock).copied(),
            need: needed(sets, slot),
            rostered: u32::try_from(rostered).unwrap_or(u32::MAX),
            there: u32::try_from(here.len()).unwrap_or(u32::MAX),
            missing: sets.get(slot).map_or(0, |sets| missing(sets, &here)),
        })
    }

    fn gap(
        &self,
        rd: &mut Rd,
        gap: &Gap,
        asked: &BTreeSet<AgentId>,
        (sets, work, on): (&[Vec<u32>], &[AtWork], &[&ShiftRow]),
    ) -> Result<CourseGap, Error> {
        let time = |slot: usize| Time(self.from.0 + i64::try_from(slot).unwrap_or(0) * SLOT * MINUTE);
        // Nobody comes before now.
        let step = Time(self.now.0.div_euclid(SHIFT_STEP) * SHIFT_STEP);
        let (starts_at, ends_at) = (time(gap.slots.start).max(step), time(gap.slots.end));
        let mut advice = Vec::new();
        for known in &self.people {
            let id = known.person.id;
            if asked.contains(&id) || self.lanes(Some(id)) & gap.lanes == 0 {
                continue;
            }
            let Some((remedy, put)) = self.change(known, (starts_at, ends_at)) else { continue };
            if remedy == CourseRemedy::Move && self.is_missed(&put, sets, work, on) {
                continue;
            }
            let is_lawful = put.ends_at.0 - put.starts_at.0 <= LONGEST_SHIFT
                && newly_broken(rd, &known.person, std::slice::from_ref(&put), &[])?.is_empty();
            if is_lawful {
                let shift_id = (remedy != CourseRemedy::CallIn).then_some(put.id);
                let ShiftRow { starts_at, ends_at, .. } = put;
                advice.push(CourseAdvice { remedy, agent_id: id, shift_id, starts_at, ends_at });
            }
        }
        advice.sort_by_key(|one| one.remedy);
        advice.truncate(MOST_ADVICE);
        let part = |part: &Part| {
            let (mut languages, groups) = names_of(&self.settings, &self.needs, part.lanes);
            if languages.len() == self.needs.len() {
                languages.clear();
            }
            CoursePart {
                starts_at: time(part.slots.start).max(step),
                ends_at: time(part.slots.end),
                need: part.need,
                there: part.there,
                languages,
                groups,
                tier: tier_of(&self.settings, &self.needs, part.lanes),
            }
        };
        let parts = gap.parts.iter().map(part).collect();
        Ok(CourseGap { starts_at, ends_at, parts, advice })
    }

    /// The shift with which somebody would fill a gap.
    fn change(&self, known: &Known, (from, until): (Time, Time)) -> Option<(CourseRemedy, ShiftRow)> {
        let id = known.person.id;
        let day = Duration::from_hours(24);
        let mut own = self.rows.iter().filter(|row| {
            row.agent_id == Some(id) && row.ends_at > from.minus(day) && row.starts_at < from.plus(day)
        });
        let before = own.clone().filter(|row| row.starts_at <= from).max_by_key(|row| row.ends_at);
        let next = own.clone().filter(|row| row.starts_at > from).min_by_key(|row| row.starts_at);
        if let Some(row) = before.filter(|row| row.ends_at >= from && row.ends_at < until) {
            if self.is_missing(row) {
                return None;
            }
            let ends_at = until.min(row.ends_at.plus(NEAR));
            return Some((CourseRemedy::Stay, ShiftRow { ends_at, ..row.clone() }));
        }
        if before.is_some_and(|row| row.ends_at > from) {
            return None;
        }
        if let Some(row) = next {
            if row.starts_at <= from.plus(NEAR) {
                return Some((CourseRemedy::ComeEarlier, ShiftRow { starts_at: from, ..row.clone() }));
            }
            let ends_at = from.plus(row.ends_at.since(row.starts_at));
            let is_later = row.starts_at >= until;
            return is_later
                .then(|| (CourseRemedy::Move, ShiftRow { starts_at: from, ends_at, ..row.clone() }));
        }
        // Of whom nothing was entered, nobody knows whether they could.
        if own.next().is_some() || known.version == 0 {
            return None;
        }
        let ends_at = until.max(from.plus(LEAST_CALL));
        Some((
            CourseRemedy::CallIn,
            ShiftRow {
                // A number that none of the roster has.
                id: ShiftId(-1),
                agent_id: Some(id),
                starts_at: from,
                ends_at,
                language: None,
                skill: None,
                version: 0,
                published_at: Some(self.now),
                removed_at: None,
                changed_at: self.now,
                changed_by: id,
            },
        ))
    }

    /// Whether more would be missing at the time from which a shift is moved away. Of what comes after tomorrow nothing is known,
    /// and nothing is moved.
    fn is_missed(&self, put: &ShiftRow, sets: &[Vec<u32>], work: &[AtWork], on: &[&ShiftRow]) -> bool {
        let Some(place) = on.iter().position(|row| row.id == put.id) else { return true };
        let Some(row) = on.get(place) else { return true };
        if self.slot(row.ends_at) > sets.len() {
            return true;
        }
        let stays = self.places(put);
        self.places(row).filter(|slot| !stays.contains(slot)).any(|slot| {
            let here = |but: Option<usize>| {
                let others = work.iter().enumerate().filter(move |(at, _)| Some(*at) != but);
                let here: Vec<u8> =
                    others.filter(|(_, one)| one.slots.contains(&slot)).map(|(_, one)| one.lanes).collect();
                here
            };
            sets.get(slot).is_some_and(|sets| misses_more(sets, &here(Some(place)), &here(None)))
        })
    }

    /// Who could go home early; nobody who would have less than was agreed for their week.
    fn spare(&self, sets: &[Vec<u32>], work: &[AtWork], on: &[&ShiftRow], now: usize) -> Vec<CourseSpare> {
        let pure_rows: Vec<Shift> = self.rows.iter().map(pure).collect();
        let keeps_hours = |row: &ShiftRow, from: Time| {
            let contract = self.known(row.agent_id).and_then(|known| known.person.contract.as_ref());
            contract.is_none_or(|contract| {
                let own = pure_rows.iter().filter(|shift| shift.agent == row.agent_id);
                let free = u32::try_from((row.ends_at.0 - from.0) / MINUTE).unwrap_or(u32::MAX);
                minutes_of_week(contract, own, row.starts_at).saturating_sub(free) >= contract.least_week
            })
        };
        // From the next half hour on, if at all.
        let soon = self.slots.get(now + 1).copied().unwrap_or(self.now);
        let work: Vec<AtWork> = work
            .iter()
            .zip(on)
            .map(|(one, row)| AtWork { may_go: one.may_go && keeps_hours(row, soon), ..one.clone() })
            .collect();
        let free = spare(sets, &work, now, LEAST_FREE).into_iter();
        let told = free.filter_map(|free| {
            let row = on.get(free.person)?;
            let starts_at = self.slots.get(free.from.max(now + 1)).copied()?;
            let slots = self.places(row).end.checked_sub(free.from.max(now + 1))?;
            (slots >= LEAST_FREE).then_some(CourseSpare {
                agent_id: row.agent_id?,
                shift_id: row.id,
                starts_at,
                ends_at: row.ends_at,
                need: free.need,
                there: free.there,
            })
        });
        told.collect()
    }
}

/// Two decimals. The sum of nothing, which is -0, becomes 0.
fn round(mean: f64) -> f64 {
    (mean * 100.0).round() / 100.0 + 0.0
}
