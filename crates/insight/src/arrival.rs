//! Requests as they come: when, and of which type, chain, version and region. What surges are looked for in.

use std::sync::Arc;

use standfast_domain::{RequestId, Time};

use crate::dimension::Dimension;
use crate::fact::{COUNTED, second};
use crate::facts::Facts;
use crate::names::Names;

/// What arrivals are told apart by, in the order of [`Arrival::codes`].
pub const ARRIVAL_DIMENSIONS: [Dimension; 4] =
    [Dimension::Type, Dimension::Chain, Dimension::AppVersion, Dimension::Region];

/// Values below this one stand for what was not said, and for everything else.
const FIRST_NAMED: u32 = 2;

/// A request that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The request.
    pub id: RequestId,
    /// The second in which it came, since 1970.
    pub second: u32,
    /// Numbers of its values, for [`Arrivals::value`]; nothing where a value is not known.
    pub codes: [Option<u32>; 4],
}

/// Requests in the order in which they came, and what their codes mean.
#[derive(Clone, Debug)]
pub struct Arrivals {
    /// The requests.
    pub rows: Vec<Arrival>,
    names: Arc<Names>,
}

impl Arrivals {
    /// The value that a code of a dimension, by its place in [`ARRIVAL_DIMENSIONS`], stands for.
    #[must_use]
    pub fn value(&self, dimension: usize, code: u32) -> String {
        ARRIVAL_DIMENSIONS.get(dimension).map_or_else(String::new, |one| one.value(&self.names, code))
    }

    /// The code that a value has, if any request ever had it.
    #[must_use]
    pub fn code(&self, dimension: usize, value: &str) -> Option<u32> {
        ARRIVAL_DIMENSIONS.get(dimension)?.find(&self.names, value).ok().flatten()
    }
}

impl Facts {
    /// The requests that came from `from` on and before `until` and count: no spam, no tests, nothing merged.
    #[must_use]
    pub fn arrivals(&self, from: Time, until: Time) -> Arrivals {
        let (from, until) = (second(from), second(until));
        let mut rows = Vec::new();
        for block in &self.blocks {
            let ends = block.created.first().zip(block.created.last());
            if ends.is_none_or(|(first, last)| *first >= until || *last < from) {
                continue;
            }
            let counting = Dimension::Counting.of(block);
            let lookups = ARRIVAL_DIMENSIONS.map(|dimension| dimension.of(block));
            let begin = block.created.partition_point(|second| *second < from);
            for (place, second) in block.created.iter().enumerate().skip(begin) {
                if *second >= until {
                    break;
                }
                let value = |lookup: &crate::dimension::Lookup<'_>| {
                    lookup.values.get(lookup.codes.get(place)).copied()
                };
                if value(&counting) != Some(u32::from(COUNTED)) {
                    continue;
                }
                let Some(id) = block.id(place) else { continue };
                let codes = [0, 1, 2, 3].map(|dimension: usize| {
                    lookups.get(dimension).and_then(value).filter(|code| *code >= FIRST_NAMED)
                });
                rows.push(Arrival { id: RequestId(id), second: *second, codes });
            }
        }
        Arrivals { rows, names: self.names.clone() }
    }
}
