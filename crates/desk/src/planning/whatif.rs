//! A week as it is rostered, and the same week if something were different.

use std::ops::Range;

use serde::Serialize;
use standfast_domain::{AgentId, Day, Permission, Time};
use standfast_insight::Facts;
use standfast_science::forecast::Spread;
use standfast_science::whatif::{Change, Desk as Model, Flaw, Outcome, Peak, play, range};
use standfast_store::shift::ShiftRow;
use utoipa::ToSchema;

use super::need::{Needs, at_once, read_shifts, service};
use super::{DAY, Ground, MINUTE, SLOT, blocking, ground, half_hours, weeks};
use crate::{AgentCaller, Desk, Error, timetable};

/// Times that a week is played.
const TIMES: u32 = 200;
/// The same question gets the same answer.
const SEED: u64 = 20_261_129;
/// Most peaks of a question.
const MOST_PEAKS: usize = 20;

/// What would be different.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatIfWish {
    /// The Monday with which the week begins: today, or ahead.
    pub monday: Day,
    /// People more, or less.
    pub people: i32,
    /// The percent of ordinary requests that a bot answers beyond what it does now.
    pub bot: u8,
    /// Times at which more or fewer come.
    pub peaks: Vec<PeakWish>,
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
    if wish.peaks.len() > MOST_PEAKS {
        return Err(Error::invalid("peaks", "too_many"));
    }
    let ground = ground(desk, facts, &[]).await?;
    let (from, until) = weeks(wish.monday, 1, &ground.zone)?;
    // What is over is not expected any more.
    if from < ground.past.today_starts(&ground.zone) {
        return Err(Error::invalid("from", "out_of_range"));
    }
    let (people, shifts) = read_shifts(desk, from, until).await?;
    let table = timetable(desk);
    blocking(move || {
        let lanes = ground.past.lanes().ok_or(Error::invalid("from", "unknown"))?;
        let slots: Vec<Time> = half_hours(from, until).collect();
        let at_once = at_once(&people);
        let needs: Vec<Needs> =
            lanes.iter().map(|lane| Needs::of(&ground, lane, &table, at_once, &slots)).collect();
        let working = working(&shifts, from, until);
        let number = u32::try_from(working.len()).unwrap_or(u32::MAX);
        let spread = lanes.iter().map(|lane| lane.spread).max_by(|a, b| a.day.total_cmp(&b.day));
        let model = model(&ground, &needs, spread.unwrap_or_default(), at_once, working);
        let change = Change {
            people: wish.people,
            bot: f64::from(wish.bot) / 100.0,
            peaks: wish.peaks.iter().map(|peak| at_slots(peak, from, until)).collect::<Result<_, _>>()?,
        };
        let cost = ground.settings.hour_cost.map(f64::from);
        let run = |change: &Change| {
            let outcomes = play(&model, change, TIMES, SEED).map_err(|flaw| match flaw {
                Flaw::Number => Error::invalid("peaks", "out_of_range"),
                Flaw::TooMany => Error::invalid("people", "out_of_range"),
                Flaw::Slots => Error::Inconsistent("a week without half hours"),
            })?;
            Ok::<_, Error>(distribution(&outcomes, cost))
        };
        Ok(WhatIfView {
            zone: ground.settings.zone.clone(),
            from,
            until,
            people: number,
            times: TIMES,
            now: run(&Change::default())?,
            changed: run(&change)?,
        })
    })
    .await
}

/// The slots that each person works: shifts that were published, and drafts.
fn working(shifts: &[ShiftRow], from: Time, until: Time) -> Vec<Vec<Range<usize>>> {
    let mut people: std::collections::BTreeMap<AgentId, Vec<Range<usize>>> =
        std::collections::BTreeMap::new();
    for row in shifts.iter().filter(|row| row.starts_at < until && row.ends_at > from) {
        let Some(agent) = row.agent_id else { continue };
        let place = |at: i64| usize::try_from(at.max(0)).unwrap_or(0);
        let begin = place((row.starts_at.0 - from.0 + SLOT * MINUTE - 1).div_euclid(SLOT * MINUTE));
        let end = place((row.ends_at.min(until).0 - from.0).div_euclid(SLOT * MINUTE));
        if begin < end {
            people.entry(agent).or_default().push(begin..end);
        }
    }
    people.into_values().collect()
}

/// All languages are answered by everybody here: who speaks which is what a plan looks at.
fn model(
    ground: &Ground,
    needs: &[Needs],
    spread: Spread,
    at_once: u32,
    people: Vec<Vec<Range<usize>>>,
) -> Model {
    let (service, times) = service(ground, at_once);
    let slots = needs.first().map_or(0, |needs| needs.expected.len());
    let at =
        |slot: usize| needs.iter().filter_map(move |needs| needs.expected.get(slot)).sum::<f64>() * times;
    let is_open = |slot: usize| needs.iter().any(|needs| needs.open.get(slot).copied().unwrap_or(false));
    let settings = &ground.settings;
    #[expect(clippy::cast_precision_loss, reason = "seconds of half an hour")]
    let slot = (SLOT * 60) as f64;
    Model {
        slot,
        day: DAY,
        arrivals: (0..slots).map(at).collect(),
        open: (0..slots).map(is_open).collect(),
        spread,
        people,
        shrinkage: f64::from(settings.shrinkage) / 100.0,
        service,
        patience: settings.patience.map(f64::from),
        at_risk: ground.past.at_risk,
        reserved: settings.reserved.into(),
        promise: f64::from(settings.within),
    }
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
