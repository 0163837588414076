//! The directions of an answer: time, and the values of dimensions. Where there are too many of these, those with the most
//! requests stand for themselves and the rest stands together, because a question must not be refused for what strangers
//! make up.

use std::cmp::Reverse;

use crate::calendar::{Moment, Step, Timeline};
use crate::count::counts;
use crate::dimension::Dimension;
use crate::error::Error;
use crate::facts::Facts;
use crate::level::has_many;
use crate::measure::Recipe;
use crate::names::OTHER;
use crate::query::{Plan, Query};
use crate::rate::{has_own_clocks, pieces};

/// Most cells of an answer: a year of hours by thirty values.
pub(crate) const MOST_CELLS: usize = 1 << 18;
/// Most cells of values and pieces of time from which a rate, or what is open on average, is made.
pub(crate) const MOST_PIECES: usize = 16 * MOST_CELLS;
/// With fewer values of a dimension than this an answer says nothing of it.
const FEWEST_VALUES: usize = 2;

/// One direction of an answer.
#[derive(Clone, Debug)]
pub(crate) enum Axis {
    Members(Members),
    Time(Timeline),
}

/// The values of a dimension.
#[derive(Clone, Debug)]
pub(crate) struct Members {
    pub(crate) dimension: Dimension,
    /// In the order of their numbers.
    pub(crate) values: Vec<u32>,
    /// How many further ones are counted as `other`, which is among the values then.
    pub(crate) folded: usize,
}

impl Members {
    /// The place of a value.
    pub(crate) fn place(&self, value: u32) -> usize {
        let own = self.values.binary_search(&value);
        own.or_else(|_| self.values.binary_search(&OTHER)).unwrap_or(0)
    }

    /// Whether what stands at a place stands for several values.
    pub(crate) fn is_folded(&self, place: usize) -> bool {
        self.folded > 0 && self.values.get(place) == Some(&OTHER)
    }
}

/// A group of an axis: its code, what it is of time, and of how many values it is where these are folded.
pub(crate) type Group = (String, Option<Moment>, Option<usize>);

impl Axis {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Members(members) => members.values.len(),
            Self::Time(line) => line.moments.len(),
        }
    }

    /// Its groups.
    pub(crate) fn groups(&self, facts: &Facts) -> Vec<Group> {
        match self {
            Self::Members(members) => {
                let group = |(place, value): (usize, &u32)| {
                    let folded = members.is_folded(place).then_some(members.folded);
                    (members.dimension.value(&facts.names, *value), None, folded)
                };
                members.values.iter().enumerate().map(group).collect()
            }
            Self::Time(line) => {
                let group = |moment: &Moment| (moment.code.clone(), Some(moment.clone()), None);
                line.moments.iter().map(group).collect()
            }
        }
    }

    /// Whether its values may be folded: those of a list that is known in advance are few.
    fn can_fold(&self) -> bool {
        matches!(self, Self::Members(members) if !members.dimension.is_listed())
    }
}

impl Plan {
    /// Folds values until there are no more cells than there may be.
    pub(crate) fn fit(&mut self, facts: &Facts, query: &Query) -> Result<(), Error> {
        let most = self.most_members(query)?;
        if self.members() <= most && self.cells() <= MOST_CELLS {
            return Ok(());
        }
        let mut places: Vec<usize> = (0..self.axes.len()).filter(|axis| self.can_fold(*axis)).collect();
        for place in &places {
            self.drop_empty(facts, *place);
        }
        places.sort_by_key(|place| self.axes.get(*place).map_or(0, Axis::len));
        let others = self.axes.iter().filter(|axis| matches!(axis, Axis::Members(_)) && !axis.can_fold());
        let mut room = most / others.map(Axis::len).product::<usize>().max(1);
        // The smaller one takes what it needs, at most its fair share; the larger one what is left.
        while let Some(place) = (!places.is_empty()).then(|| places.remove(0)) {
            let share = if places.is_empty() { room } else { room.isqrt() };
            self.fold(facts, place, share);
            room /= self.axes.get(place).map_or(1, Axis::len).max(1);
            if share < FEWEST_VALUES {
                break;
            }
        }
        if self.members() > most || self.cells() > MOST_CELLS {
            return Err(Error::invalid("group", "too_many"));
        }
        Ok(())
    }

    /// How many combinations of values there may be beside the groups of time.
    fn most_members(&self, query: &Query) -> Result<usize, Error> {
        let steps = self.axes.iter().filter(|axis| matches!(axis, Axis::Time(_)));
        let most = MOST_CELLS / steps.clone().map(Axis::len).product::<usize>().max(1);
        let is_cut = match self.measure.recipe() {
            Recipe::Rate => true,
            Recipe::Backlog => has_many(&query.group),
            _ => false,
        };
        if !is_cut {
            return Ok(most);
        }
        let cut =
            |step| Ok::<_, Error>(Timeline::new(step, &query.zone, self.from, self.until)?.moments.len());
        let most = most.min(MOST_PIECES / cut(pieces(&query.group))?.max(1));
        if matches!(self.measure.recipe(), Recipe::Rate) && has_own_clocks(query) {
            let times = steps.map(Axis::len).product::<usize>();
            return Ok(most.min(MOST_PIECES / (cut(Step::Day)? * times).max(1)));
        }
        Ok(most)
    }

    fn members(&self) -> usize {
        let members = self.axes.iter().filter(|axis| matches!(axis, Axis::Members(_)));
        members.map(Axis::len).product()
    }

    fn can_fold(&self, axis: usize) -> bool {
        self.axes.get(axis).is_some_and(Axis::can_fold)
    }

    /// The values of an axis with how many rows of the population have each.
    fn counted(&self, facts: &Facts, axis: usize) -> Vec<(u32, u64)> {
        let Some(Axis::Members(members)) = self.axes.get(axis) else { return Vec::new() };
        let alone = Self { axes: vec![Axis::Members(members.clone())], ..self.clone() };
        members.values.iter().copied().zip(counts(facts, &alone, 1).0).collect()
    }

    /// Leaves out the values that no row of the population has.
    fn drop_empty(&mut self, facts: &Facts, axis: usize) {
        let counted = self.counted(facts, axis);
        if let Some(Axis::Members(members)) = self.axes.get_mut(axis) {
            members.values = counted.into_iter().filter(|(_, n)| *n > 0).map(|(value, _)| value).collect();
        }
    }

    /// Keeps at most so many values of an axis: those with the most rows, and `other` for the rest.
    fn fold(&mut self, facts: &Facts, axis: usize, most: usize) {
        if self.axes.get(axis).is_none_or(|axis| axis.len() <= most) {
            return;
        }
        let mut counted = self.counted(facts, axis);
        counted.retain(|(value, _)| *value != OTHER);
        counted.sort_unstable_by_key(|(value, n)| (Reverse(*n), *value));
        let kept = most.saturating_sub(1).min(counted.len());
        let folded = counted.len() - kept;
        let mut values: Vec<u32> = counted.into_iter().take(kept).map(|(value, _)| value).collect();
        values.push(OTHER);
        values.sort_unstable();
        if let Some(Axis::Members(members)) = self.axes.get_mut(axis) {
            *members = Members { dimension: members.dimension, values, folded };
        }
    }
}

#[cfg(test)]
mod tests;
