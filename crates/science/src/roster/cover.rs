//! How many people there are for what is needed.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::{Problem, Span, all};

/// What half an hour costs in which nobody at all is there for a lane that needs somebody, beside the people who are missing: the
/// desk is closed to its users then.
pub(super) const EMPTY: f64 = 4.0;
/// What the first, the second and further quarters of those who are needed cost when they are missing: many missing at
/// once are worse than as many at different times, because waiting grows faster than they do.
pub(super) const MISSING: [f64; 3] = [1.0, 1.5, 2.0];

/// Nobody needs more people than this.
const MOST_NEEDED: u32 = 100_000;

/// The people there of every slot, against what it needs.
#[derive(Clone, Debug)]
pub(super) struct Cover {
    slot: i64,
    weight: f64,
    /// Sets of lanes, a bit a lane: those of one lane, those that anywhere say something, and that of all; then the ranks.
    sets: Arc<[u8]>,
    /// How many of these are of lanes.
    work: usize,
    slots: usize,
    /// Of every slot, of every set, one slot after the other; the need does not change.
    need: Arc<[u32]>,
    there: Vec<u32>,
    /// Of every slot, the places of the sets that say how many are missing: not those that need no more than a part of them does.
    telling: Arc<[Vec<usize>]>,
}

impl Cover {
    pub(super) fn new(problem: &Problem) -> Self {
        let everything = all(problem.lanes);
        let telling: Vec<Vec<u8>> = problem.needs.iter().map(|need| telling(everything, need)).collect();
        let told: BTreeSet<u8> = telling.iter().flatten().copied().collect();
        let is_kept = |set: &u8| set.is_power_of_two() || *set == everything || told.contains(set);
        let mut sets: Vec<u8> = (1..=everything).filter(is_kept).collect();
        let work = sets.len();
        let places = |own: &Vec<u8>| own.iter().filter_map(|set| sets.binary_search(set).ok()).collect();
        let telling = telling.iter().map(places).collect();
        let of = |(slot, need): (usize, &Vec<u32>)| {
            let own = sets.iter().map(|set| need.get(usize::from(*set) - 1));
            let ranks = problem.ranks.iter().map(|rank| rank.get(slot));
            own.chain(ranks).map(|need| need.copied().unwrap_or(0).min(MOST_NEEDED)).collect::<Vec<u32>>()
        };
        let need: Arc<[u32]> = problem.needs.iter().enumerate().flat_map(of).collect();
        sets.extend((0..problem.ranks.len()).map(|rank| 1 << (problem.lanes + rank).min(7)));
        Self {
            slot: i64::from(problem.slot),
            weight: f64::from(problem.slot) / 30.0,
            slots: problem.needs.len(),
            there: vec![0; need.len()],
            need,
            telling,
            sets: sets.into(),
            work,
        }
    }

    /// The slots that lie in a time as a whole.
    pub(super) fn slots_of(&self, span: Span) -> Range<usize> {
        let place = |minutes: i64| usize::try_from(minutes.max(0)).unwrap_or(0).min(self.slots);
        let first = place((span.start + self.slot - 1).div_euclid(self.slot));
        first..place(span.end.div_euclid(self.slot)).max(first)
    }

    /// Somebody works.
    pub(super) fn add(&mut self, lanes: u8, span: Span) {
        for slot in self.slots_of(span) {
            let range = self.range(slot);
            let Some(there) = self.there.get_mut(range) else { continue };
            for (set, there) in self.sets.iter().zip(there) {
                *there += u32::from(set & lanes != 0);
            }
        }
    }

    fn range(&self, slot: usize) -> Range<usize> {
        slot * self.sets.len()..(slot + 1) * self.sets.len()
    }

    /// Sets with what they need and who is there.
    pub(super) fn sets_of(&self, slot: usize) -> impl Iterator<Item = (u8, u32, u32)> {
        let (need, there) = (self.need.get(self.range(slot)), self.there.get(self.range(slot)));
        let pairs = need.into_iter().flatten().zip(there.into_iter().flatten());
        self.sets.iter().zip(pairs).map(|(set, (need, there))| (*set, *need, *there))
    }

    /// How many of [`Self::sets_of`] are of lanes; those after them are ranks.
    pub(super) const fn work(&self) -> usize {
        self.work
    }

    /// Whether somebody is needed at all.
    pub(super) fn is_needed(&self, slot: usize) -> bool {
        self.need.get(self.range(slot)).is_some_and(|need| need.iter().any(|need| *need > 0))
    }

    /// How many are missing for the work, when those who are there do what they can, with so many more who serve these lanes.
    pub(super) fn missing(&self, slot: usize, more: u8) -> u32 {
        let (need, there) = (self.need.get(self.range(slot)), self.there.get(self.range(slot)));
        let (Some(need), Some(there), Some(places)) = (need, there, self.telling.get(slot)) else { return 0 };
        let missing = places.iter().filter_map(|place| {
            let (set, there) = (self.sets.get(*place)?, there.get(*place)?);
            Some(need.get(*place)?.saturating_sub(there + u32::from(set & more != 0)))
        });
        missing.max().unwrap_or(0)
    }

    /// What a slot costs.
    pub(super) fn cost(&self, slot: usize) -> f64 {
        self.cost_with(slot, 0)
    }

    /// What a slot would cost with one more.
    pub(super) fn cost_with(&self, slot: usize, more: u8) -> f64 {
        let mut all = 0;
        let mut empty = 0;
        let mut ranks = 0.0;
        for (place, (set, need, there)) in self.sets_of(slot).enumerate() {
            let there = there + u32::from(set & more != 0);
            if place >= self.work {
                ranks += price(need, need.saturating_sub(there));
                continue;
            }
            // The last one is that of all lanes.
            all = need;
            empty += u32::from(set.is_power_of_two() && need > 0 && there == 0);
        }
        let work = price(all, self.missing(slot, more));
        (EMPTY * f64::from(empty) + work + ranks) * self.weight
    }

    /// Half hours of a slot.
    pub(super) const fn weight(&self) -> f64 {
        self.weight
    }
}

/// The sets that need more than any part of them: whoever serves a part serves the whole, so that of the others a part misses as
/// many. As a larger set never needs fewer, the parts with one lane less are enough to look at.
fn telling(everything: u8, need: &[u32]) -> Vec<u8> {
    let of =
        |set: u8| usize::from(set).checked_sub(1).and_then(|place| need.get(place)).copied().unwrap_or(0);
    let tells = |set: &u8| {
        let parts = (0..8).map(|lane| 1_u8 << lane).filter(|lane| set & lane != 0).map(|lane| set & !lane);
        of(*set) > parts.map(of).max().unwrap_or(0)
    };
    (1..=everything).filter(tells).collect()
}

/// What it costs that of so many who are needed these are missing.
fn price(need: u32, missing: u32) -> f64 {
    let mut left = missing;
    let of = |(most, price): (u32, f64)| {
        let here = left.min(most);
        left -= here;
        price * f64::from(here)
    };
    steps(need).into_iter().zip(MISSING).map(of).sum()
}

/// How many of those who are needed make up the first, the second and further quarters.
pub(super) fn steps(need: u32) -> [u32; 3] {
    let quarter = need.div_ceil(4);
    let second = quarter.min(need - quarter.min(need));
    [quarter, second, need - quarter - second]
}
