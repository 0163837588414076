//! What is usual in each half hour of a weekday: the last six such days.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::real;

/// Minutes of a slot.
pub(super) const SLOT_MINUTES: u16 = 30;
const SLOTS: usize = 48;
/// Days of the same weekday that are remembered.
const WEEKS: usize = 6;
/// With fewer days than this a slot has no baseline.
const LEAST_WEEKS: usize = 3;

/// A half hour: requests and open minutes.
type Slot = (u32, u16);

/// The last days of every weekday, and what is to be expected today.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Baseline {
    days: [VecDeque<Vec<Slot>>; 7],
    weekday: usize,
    today: Vec<Slot>,
    /// Requests a minute in every slot of today.
    expected: Vec<Option<f64>>,
    /// The same for the weekday so many days later, once somebody has asked for it.
    like: Option<(u8, Vec<Option<f64>>)>,
}

impl Baseline {
    /// Puts the day that is over among the others and works out the next. A day of which nothing was to be remembered is none.
    pub(super) fn begin_day(&mut self, day: i32) {
        let over = std::mem::replace(&mut self.today, vec![(0, 0); SLOTS]);
        if over.iter().any(|(_, open)| *open > 0)
            && let Some(days) = self.days.get_mut(self.weekday)
        {
            if days.len() == WEEKS {
                days.pop_front();
            }
            days.push_back(over);
        }
        self.weekday = usize::try_from(day.rem_euclid(7)).unwrap_or(0);
        self.expected = self.profile_of(self.weekday);
        self.like = None;
    }

    fn profile_of(&self, weekday: usize) -> Vec<Option<f64>> {
        self.days.get(weekday).map(profile).unwrap_or_default()
    }

    /// Takes the count of an open minute.
    pub(super) fn remember(&mut self, slot: usize, count: u32) {
        if let Some(slot) = self.today.get_mut(slot) {
            *slot = (slot.0.saturating_add(count), slot.1.saturating_add(1));
        }
    }

    /// Requests a minute in a slot of today, or of the weekday `like` days later where that has more; `None` while not known.
    pub(super) fn expected(&mut self, slot: usize, like: u8) -> Option<f64> {
        let own = self.expected.get(slot).copied().flatten();
        if like == 0 {
            return own;
        }
        if self.like.as_ref().is_none_or(|(known, _)| *known != like) {
            self.like = Some((like, self.profile_of((self.weekday + usize::from(like)) % 7)));
        }
        let other = self.like.as_ref().and_then(|(_, slots)| slots.get(slot).copied().flatten());
        own.zip(other).map(|(own, other)| own.max(other)).or(own).or(other)
    }
}

/// Each slot, smoothed by half of its neighbours' weight. It never falls below what half a request in the three slots of all
/// days would make: that nothing has come so far does not make it impossible.
fn profile(days: &VecDeque<Vec<Slot>>) -> Vec<Option<f64>> {
    let raw: Vec<Option<f64>> = (0..SLOTS).map(|slot| usual(days, slot)).collect();
    let least = 0.5 / (real::len(days.len().max(1)) * 3.0 * f64::from(SLOT_MINUTES));
    let at = |index: Option<usize>| index.and_then(|index| raw.get(index).copied().flatten());
    (0..SLOTS)
        .map(|slot| {
            let own = at(Some(slot))?;
            let neighbours = [at(slot.checked_sub(1)), at(Some(slot + 1))];
            let (sum, weight) =
                neighbours.into_iter().flatten().fold((2.0 * own, 2.0), |(s, w), n| (s + n, w + 1.0));
            Some((sum / weight).max(least))
        })
        .collect()
}

/// The mean of mean and median of a slot, in requests a minute: as steady as the one, nearly as deaf to an earlier surge as the
/// other.
fn usual(days: &VecDeque<Vec<Slot>>, slot: usize) -> Option<f64> {
    let slots = days.iter().filter_map(|day| day.get(slot)).filter(|(_, open)| *open > 0);
    let mut rates: Vec<f64> = slots.map(|(count, open)| f64::from(*count) / f64::from(*open)).collect();
    if rates.len() < LEAST_WEEKS {
        return None;
    }
    rates.sort_unstable_by(f64::total_cmp);
    let mean = rates.iter().sum::<f64>() / real::len(rates.len());
    // A level, not a percentile of observations: of two medians their middle.
    let median = f64::midpoint(*rates.get((rates.len() - 1) / 2)?, *rates.get(rates.len() / 2)?);
    Some(f64::midpoint(mean, median))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(counts: &[u32]) -> VecDeque<Vec<Slot>> {
        counts.iter().map(|count| vec![(*count, 30); SLOTS]).collect()
    }

    #[test]
    fn mean_of_mean_and_median() {
        // Counts 30, 60, 60, 60, 90, 300 in half an hour: mean 100, median 60.
        assert!((usual(&days(&[60, 30, 300, 60, 90, 60]), 5).unwrap() - 80.0 / 30.0).abs() < 1e-12);
        assert_eq!(usual(&days(&[60, 30]), 5), None, "two days are no baseline");
    }

    #[test]
    fn a_slot_is_smoothed_and_never_impossible() {
        let mut days = days(&[0, 0, 0]);
        for day in &mut days {
            day[10] = (30, 30);
            day[11] = (0, 0);
        }
        let profile = profile(&days);
        assert!((profile[10].unwrap() - 2.0 / 3.0).abs() < 1e-12, "the slot after it was closed");
        assert!((profile[9].unwrap() - 0.25).abs() < 1e-12);
        assert_eq!(profile[11], None);
        assert!((profile[30].unwrap() - 0.5 / 270.0).abs() < 1e-12);
    }
}
