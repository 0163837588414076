//! A week of the desk, played many times: what happens when people are missing, a bot answers more, or something happens
//! that everybody writes about.
//!
//! Half an hour is a birth and death process like those of [`crate::queue`], with its rates of service; from one to the next, the
//! line stays, demand and the people change. So queues of the morning and after a peak are there, which a formula for
//! each half hour alone does not know. How much comes is drawn anew each time: whole days and half hours are busier or
//! calmer than expected by gamma factors, as the forecast says of itself ([`Spread`]). A seed gives the same draws whatever is
//! changed, so that differences are those of the change (common random numbers; Law 2015, chapter 11.2).
//!
//! It leaves out: that chats of those who go home are handed over (they are finished by whoever began them), that handling
//! times are not exponential (`docs/dev/science.md`: it hardly matters), and what was in line before the week began.

mod chance;
mod course;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::forecast::Spread;
use crate::queue::Service;
use crate::real;
use course::Course;

/// Most times that a week is played.
pub const MOST_TIMES: u32 = 1_000;
/// Most people at work at a time.
pub const MOST_PEOPLE: usize = 1_000;
/// Most who come in a time that is played; beyond, it would take minutes.
pub const MOST_ARRIVALS: f64 = 1_000_000.0;

/// A desk over some time, by slots.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Desk {
    /// Seconds of a slot.
    pub slot: f64,
    /// Slots of a day.
    pub day: usize,
    /// How many are expected in each slot.
    pub arrivals: Vec<f64>,
    /// Whether the desk is open: waiting and patience rest while it is not, whoever comes is answered afterwards.
    pub open: Vec<bool>,
    /// How far off the expectation can be.
    pub spread: Spread,
    /// The slots that each person is at work.
    pub people: Vec<Vec<Range<usize>>>,
    /// The share of their time in which they are not there all the same: breaks, meetings, illness.
    pub shrinkage: f64,
    /// What an agent does with those who come.
    pub service: Service,
    /// After how many seconds in line somebody leaves on average; nobody does without.
    pub patience: Option<f64>,
    /// The share of those who come with assets at risk: they go before others.
    pub at_risk: f64,
    /// How many of those who are there serve nobody else.
    pub reserved: Reserved,
    /// What is promised: an answer within so many seconds.
    pub promise: f64,
}

/// How many of those who are there serve none but those at risk, by how far the line has grown. One is always left for everybody else.
/// It is looked at when a slot begins.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reserved {
    /// As always.
    pub usual: u32,
    /// Others from a load on, rising: so many times as long as is meant does it take to answer everybody in line.
    pub from: Vec<(f64, u32)>,
    /// Seconds within which it is meant to answer: what the line is held against.
    pub within: f64,
}

impl Reserved {
    /// As many whatever the line is like.
    #[must_use]
    pub const fn always(people: u32) -> Self {
        Self { usual: people, from: Vec::new(), within: 0.0 }
    }

    /// How many at a load.
    fn at(&self, load: f64) -> u32 {
        let reached = self.from.iter().rev().find(|(from, _)| load >= *from);
        reached.map_or(self.usual, |(_, people)| *people)
    }

    fn is_good(&self) -> bool {
        let is_good = |(load, _): &(f64, u32)| load.is_finite() && *load > 0.0;
        self.from.is_empty()
            || (self.within.is_finite() && self.within > 0.0 && self.from.iter().all(is_good))
    }
}

/// What is different.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// People more, or less: any of them, each time others.
    pub people: i32,
    /// The share of ordinary requests that a bot answers beyond what it does now. Those at risk always see people.
    pub bot: f64,
    /// Times at which more or fewer come.
    pub peaks: Vec<Peak>,
}

/// So many times as many come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Peak {
    /// In these slots.
    pub slots: Range<usize>,
    /// Beyond 1 there are more.
    pub factor: f64,
}

/// How it went once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// How many came, whom people were to answer.
    pub arrivals: u32,
    /// The share of them that was answered within the promise; those who left were not.
    pub within: f64,
    /// The same of those at risk.
    pub within_at_risk: f64,
    /// Half of those who were answered were so within these seconds; `None` where nobody was.
    pub half: Option<f64>,
    /// Four fifths of them.
    pub most: Option<f64>,
    /// The share that left unanswered.
    pub abandoned: f64,
    /// The share of the open minutes in which somebody who came would have been answered within the promise, by what the line and
    /// the people then said.
    pub online: f64,
    /// Hours that people were at work.
    pub hours: f64,
    /// Of every day, how many came and how many of them were answered within the promise.
    pub days: Vec<[u32; 2]>,
}

/// What cannot be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Slots without length, or lists of different lengths.
    #[error("every slot needs a length, what is expected, and whether the desk is open")]
    Slots,
    /// A time, share or factor that is none.
    #[error("a time, a share or a factor is out of range")]
    Number,
    /// More than can be played in a few seconds.
    #[error("more people or requests than can be played")]
    TooMany,
}

impl Desk {
    /// Whether it can be played.
    pub fn check(&self, change: &Change, times: u32) -> Result<(), Flaw> {
        let is_time = |time: f64| time.is_finite() && time > 0.0;
        let is_share = |share: f64| (0.0..=1.0).contains(&share);
        if !is_time(self.slot)
            || self.day == 0
            || self.arrivals.len() != self.open.len()
            || self.arrivals.is_empty()
        {
            return Err(Flaw::Slots);
        }
        let is_count = |count: &f64| count.is_finite() && *count >= 0.0;
        let is_good = self.arrivals.iter().all(is_count)
            && change.peaks.iter().all(|peak| is_count(&peak.factor) && peak.factor <= 100.0)
            && [self.spread.slot, self.spread.day]
                .iter()
                .all(|variance| is_count(variance) && *variance <= 100.0)
            && [self.shrinkage, self.at_risk, change.bot].into_iter().all(is_share)
            && self.patience.is_none_or(is_time)
            && is_time(self.promise)
            && self.reserved.is_good()
            && self.service.is_possible();
        if !is_good {
            return Err(Flaw::Number);
        }
        let expected: f64 = (0..self.arrivals.len()).map(|slot| self.expected(change, slot)).sum();
        let most =
            usize::try_from(change.people.max(0)).unwrap_or(usize::MAX).saturating_add(self.people.len());
        if times > MOST_TIMES || most > MOST_PEOPLE || expected > MOST_ARRIVALS {
            return Err(Flaw::TooMany);
        }
        Ok(())
    }

    /// How many are expected of people in a slot.
    fn expected(&self, change: &Change, slot: usize) -> f64 {
        let peaks = change.peaks.iter().filter(|peak| peak.slots.contains(&slot)).map(|peak| peak.factor);
        self.arrivals.get(slot).copied().unwrap_or(0.0) * peaks.product::<f64>() * self.kept(change)
    }

    /// The share of what comes that the bot leaves to people.
    fn kept(&self, change: &Change) -> f64 {
        self.at_risk + (1.0 - self.at_risk) * (1.0 - change.bot)
    }
}

/// Plays it so many times.
pub fn play(desk: &Desk, change: &Change, times: u32, seed: u64) -> Result<Vec<Outcome>, Flaw> {
    desk.check(change, times)?;
    let course = Course::new(desk, change);
    Ok((0..times).map(|time| course.play(seed.wrapping_add(u64::from(time)))).collect())
}

/// The 10 %, 50 % and 90 % quantiles of a figure over all times at which there was one; `None` when there was none.
pub fn range(outcomes: &[Outcome], figure: impl Fn(&Outcome) -> Option<f64>) -> Option<[f64; 3]> {
    let mut figures: Vec<f64> = outcomes.iter().filter_map(figure).collect();
    figures.sort_unstable_by(f64::total_cmp);
    let at = |tenths: usize| figures.get((figures.len().checked_sub(1)? * tenths + 5) / 10).copied();
    Some([at(1)?, at(5)?, at(9)?])
}

/// A share of counts; of nothing it is all.
fn share(part: u32, all: u32) -> f64 {
    if all == 0 { 1.0 } else { f64::from(part) / f64::from(all) }
}

/// How long a number of slots is, in hours.
fn hours(desk: &Desk, slots: usize) -> f64 {
    real::len(slots) * desk.slot / 3_600.0
}

#[cfg(test)]
mod tests;
