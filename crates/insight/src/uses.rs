//! Which values rows have, and how many. What no row has any more leaves the dictionaries: that is how erased words leave
//! them. Where customers' apps send more values than there is room for, rare ones give way to what comes.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

use crate::block::Block;
use crate::column::Coded;
use crate::dimension::{Dimension, Lookup};
use crate::fact::{COUNTED, Fact};
use crate::facts::Facts;
use crate::names::{Dictionary, FIRST, MOST, Names, OTHER};

/// The dimensions of every dictionary, in the order of [`Names::parts`].
const TEXTS: [Dimension; 9] = [
    Dimension::Type,
    Dimension::Channel,
    Dimension::Language,
    Dimension::State,
    Dimension::Region,
    Dimension::AppVersion,
    Dimension::Chain,
    Dimension::Screen,
    Dimension::Brand,
];
const IDS: [&[Dimension]; 2] =
    [&[Dimension::Team], &[Dimension::Agent, Dimension::FirstAgent, Dimension::SolvedBy]];

/// A dictionary whose values strangers can make up without an end: versions, screens and brands. Other values are few, or given by
/// those who run the desk.
struct Open {
    dimension: Dimension,
    column: fn(&mut Block) -> &mut Coded<u32>,
    dictionary: fn(&mut Names) -> &mut Dictionary<String>,
    value: fn(&Fact) -> &String,
}

const OPEN: [Open; 3] = [
    Open {
        dimension: Dimension::AppVersion,
        column: |block| &mut block.version,
        dictionary: |names| &mut names.versions,
        value: |fact| &fact.place.version,
    },
    Open {
        dimension: Dimension::Screen,
        column: |block| &mut block.screen,
        dictionary: |names| &mut names.screens,
        value: |fact| &fact.place.screen,
    },
    Open {
        dimension: Dimension::Brand,
        column: |block| &mut block.brand,
        dictionary: |names| &mut names.brands,
        value: |fact| &fact.place.brand,
    },
];

/// How many rows that count have a value, and in which block it was seen last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Weight {
    rows: u32,
    last: usize,
}

/// The numbers of values that no row has, dictionary by dictionary.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unused {
    texts: [Vec<u32>; 9],
    ids: [Vec<u32>; 2],
}

impl Unused {
    pub(crate) fn is_empty(&self) -> bool {
        self.texts.iter().chain(&self.ids).all(Vec::is_empty)
    }
}

impl Facts {
    /// A fact as a row. Values that have no number get one; where there is no room for them, rare ones become `other`.
    pub(crate) fn row_of(&mut self, fact: &Fact, customer: u32) -> crate::block::Row {
        if !self.names.knows(fact) {
            for open in OPEN {
                let names = Arc::make_mut(&mut self.names);
                if (open.dictionary)(names).has_no_room_for((open.value)(fact)) {
                    self.fold_rare(&open);
                }
            }
            Arc::make_mut(&mut self.names).learn(fact);
        }
        self.names.row(fact, customer)
    }

    /// Whether making a row of a fact may change the rows that are there.
    pub(crate) fn has_no_room_for(&self, fact: &Fact) -> bool {
        self.names.versions.has_no_room_for(&fact.place.version)
            || self.names.screens.has_no_room_for(&fact.place.screen)
            || self.names.brands.has_no_room_for(&fact.place.brand)
    }

    /// Makes room in a full dictionary: the half of its values that fewest requests have, and longest ago, become
    /// `other`. What does not count weighs nothing, so that spam cannot drive out what people use.
    fn fold_rare(&mut self, open: &Open) {
        let weights = self.weights(open.dimension);
        let mut numbers = open.dimension.numbers(&self.names);
        numbers.retain(|number| *number >= FIRST);
        let weight = |number: &u32| weights.get(*number as usize).copied().unwrap_or_default();
        numbers.sort_unstable_by_key(|number| (Reverse(weight(number)), *number));
        let rare: HashSet<u32> = numbers.into_iter().skip(MOST / 2).collect();
        for block in &mut self.blocks {
            let column = |block| (open.column)(block);
            if open.dimension.of(block).values.iter().any(|value| rare.contains(value)) {
                column(Arc::make_mut(block))
                    .change(|value| if rare.contains(&value) { OTHER } else { value });
            }
        }
        let dictionary = (open.dictionary)(Arc::make_mut(&mut self.names));
        for number in rare {
            dictionary.forget(number);
        }
    }

    fn weights(&self, dimension: Dimension) -> Vec<Weight> {
        let mut weights: Vec<Weight> = Vec::new();
        for (last, block) in self.blocks.iter().enumerate() {
            let Lookup { codes, values } = dimension.of(block);
            let counts: Vec<bool> =
                block.course.values().iter().map(|course| course.counting == COUNTED).collect();
            let mut rows = vec![0_u32; values.len()];
            for row in 0..block.len() {
                if counts.get(block.course.codes().get(row)).copied().unwrap_or(false)
                    && let Some(rows) = rows.get_mut(codes.get(row))
                {
                    *rows += 1;
                }
            }
            for (value, rows) in values.into_iter().zip(rows).filter(|(_, rows)| *rows > 0) {
                let place = value as usize;
                if weights.len() <= place {
                    weights.resize(place + 1, Weight::default());
                }
                if let Some(weight) = weights.get_mut(place) {
                    *weight = Weight { rows: weight.rows + rows, last };
                }
            }
        }
        weights
    }

    /// The codes of the values of a dimension; where there are more than `most`, of those that most requests have.
    pub(crate) fn values(&self, dimension: Dimension, most: usize) -> Vec<String> {
        let mut numbers = dimension.numbers(&self.names);
        if numbers.len() > most {
            let weights = self.weights(dimension);
            let weight = |number: &u32| weights.get(*number as usize).copied().unwrap_or_default();
            numbers.sort_unstable_by_key(|number| (Reverse(weight(number)), *number));
            numbers.truncate(most);
            numbers.sort_unstable();
        }
        numbers.into_iter().map(|number| dimension.value(&self.names, number)).collect()
    }

    /// What no row has any more. Takes a while; what is put in meanwhile must not be forgotten by it.
    pub(crate) fn unused(&self) -> Unused {
        let (texts, ids) = (&mut TEXTS.iter(), &mut IDS.iter());
        let (own_texts, own_ids) = self.names.parts();
        Unused {
            texts: own_texts.map(|names| self.without_rows(texts.next().into_iter(), names)),
            ids: own_ids.map(|names| self.without_rows(ids.next().into_iter().copied().flatten(), names)),
        }
    }

    fn without_rows<'a, T>(
        &self,
        dimensions: impl Iterator<Item = &'a Dimension>,
        names: &Dictionary<T>,
    ) -> Vec<u32>
    where
        T: Clone + Eq + std::hash::Hash,
    {
        let mut unused: HashSet<u32> = names.numbers().filter(|number| *number >= FIRST).collect();
        for dimension in dimensions {
            for block in &self.blocks {
                let Lookup { codes, values } = dimension.of(block);
                for (value, _) in values.iter().zip(codes.used(values.len())).filter(|(_, used)| *used) {
                    unused.remove(value);
                }
            }
        }
        unused.into_iter().collect()
    }

    /// Forgets values; no row may have one of them.
    pub(crate) fn forget(&mut self, unused: &Unused) {
        let (texts, ids) = Arc::make_mut(&mut self.names).parts_mut();
        for (names, unused) in texts.into_iter().zip(&unused.texts) {
            for number in unused {
                names.forget(*number);
            }
        }
        for (names, unused) in ids.into_iter().zip(&unused.ids) {
            for number in unused {
                names.forget(*number);
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
