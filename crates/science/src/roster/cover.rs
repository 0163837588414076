//! How many people there are for what is needed.

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
    /// Sets of lanes, a bit a lane; those of one lane among them.
    sets: Vec<u8>,
    slots: usize,
    /// Of every slot, of every set, one slot after the other; the need does not change.
    need: Arc<[u32]>,
    there: Vec<u32>,
    /// Of every slot, the places of the sets that say how many are missing: not those that need no more than a part of them does.
    telling: Arc<[Vec<usize>]>,
}

impl Cover {
    pub(super) fn new(problem: &Problem) -> Self {
        let sets: Vec<u8> = (1..=all(problem.lanes)).collect();
        let need: Arc<[u32]> = problem.needs.iter().flatten().map(|need| (*need).min(MOST_NEEDED)).collect();
        let telling = problem.needs.iter().map(|need| telling(&sets, need)).collect();
        Self {
            slot: i64::from(problem.slot),
            weight: f64::from(problem.slot) / 30.0,
            slots: problem.needs.len(),
            there: vec![0; need.len()],
            need,
            telling,
            sets,
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

    /// How many are needed in all.
    pub(super) fn needed(&self, slot: usize) -> u32 {
        self.need.get(self.range(slot)).and_then(|need| need.last()).copied().unwrap_or(0)
    }

    /// How many are missing, when those who are there do what they can, with so many more who serve these lanes.
    pub(super) fn missing(&self, slot: usize, more: u8) -> u32 {
        let (need, there) = (self.need.get(self.range(slot)), self.there.get(self.range(slot)));
        let (Some(need), Some(there), Some(places)) = (need, there, self.telling.get(slot)) else { return 0 };
        let missing = places.iter().filter_map(|place| {
            let (set, there) = (self.sets.get(*place)?, there.get(*place)?);
            Some(need.get(*place)?.saturating_sub(there + u32::from(set & more != 0)))
        });
        missing.max().unwrap_or(0)
    }

    /// Lanes that need somebody and have nobody, with one more who serves these.
    fn empty(&self, slot: usize, more: u8) -> u32 {
        let (need, there) = (self.need.get(self.range(slot)), self.there.get(self.range(slot)));
        let (Some(need), Some(there)) = (need, there) else { return 0 };
        let lanes = (0..8).map(|lane| 1_usize << lane).take_while(|set| *set <= self.sets.len());
        let is_empty = |set: &usize| {
            let (need, there) = (need.get(set - 1), there.get(set - 1));
            need.is_some_and(|need| *need > 0) && there == Some(&0) && usize::from(more) & set == 0
        };
        u32::try_from(lanes.filter(is_empty).count()).unwrap_or(u32::MAX)
    }

    /// What a slot costs.
    pub(super) fn cost(&self, slot: usize) -> f64 {
        self.cost_with(slot, 0)
    }

    /// What a slot would cost with one more.
    pub(super) fn cost_with(&self, slot: usize, more: u8) -> f64 {
        let mut left = self.missing(slot, more);
        let mut cost = EMPTY * f64::from(self.empty(slot, more));
        for (most, price) in steps(self.needed(slot)).into_iter().zip(MISSING) {
            let here = left.min(most);
            cost += price * f64::from(here);
            left -= here;
        }
        cost * self.weight
    }

    /// Half hours of a slot.
    pub(super) const fn weight(&self) -> f64 {
        self.weight
    }
}

/// The sets that need more than any part of them: whoever serves a part serves the whole, so that of the others a part misses as many.
fn telling(sets: &[u8], need: &[u32]) -> Vec<usize> {
    let tells = |place: &usize| {
        let (Some(set), Some(own)) = (sets.get(*place), need.get(*place)) else { return false };
        let mut parts = sets.iter().zip(need).filter(|(part, _)| *part & set == **part && *part != set);
        *own > 0 && !parts.any(|(_, need)| need >= own)
    };
    (0..sets.len()).filter(tells).collect()
}

/// How many of those who are needed make up the first, the second and further quarters.
pub(super) fn steps(need: u32) -> [u32; 3] {
    let quarter = need.div_ceil(4);
    let second = quarter.min(need - quarter.min(need));
    [quarter, second, need - quarter - second]
}
