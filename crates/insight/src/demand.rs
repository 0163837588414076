//! Requests as they come, for planning: when, in which language, whether assets are at risk, and how many answers they took.

use standfast_domain::Time;

use crate::dimension::Dimension;
use crate::error::Error;
use crate::fact::{COUNTED, second};
use crate::facts::Facts;

/// A request that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Came {
    /// The second in which it came, since 1970.
    pub second: u32,
    /// Number of its language, a place in [`Demand::languages`].
    pub language: u32,
    /// Whether assets are at risk.
    pub at_risk: bool,
    /// How many answers of the desk it has.
    pub replies: u32,
}

/// Requests in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// The requests.
    pub rows: Vec<Came>,
    /// Tags of the languages that occur.
    pub languages: Vec<String>,
}

impl Facts {
    /// The requests that came from `from` on and before `until`, count, and have one of the named values of every named
    /// dimension.
    pub fn demand(
        &self,
        from: Time,
        until: Time,
        only: &[(Dimension, Vec<String>)],
    ) -> Result<Demand, Error> {
        let (from, until) = (second(from), second(until));
        let mut tests = Vec::with_capacity(only.len());
        for (dimension, codes) in only {
            let found = codes.iter().map(|code| dimension.find(&self.names, code));
            let values: Result<Vec<Option<u32>>, ()> = found.collect();
            let values = values.map_err(|()| Error::invalid("filter", "unknown"))?;
            tests.push((*dimension, values.into_iter().flatten().collect::<Vec<u32>>()));
        }
        let mut demand = Demand::default();
        let mut numbers: Vec<u32> = Vec::new();
        for block in &self.blocks {
            let ends = block.created.first().zip(block.created.last());
            if ends.is_none_or(|(first, last)| *first >= until || *last < from) {
                continue;
            }
            let of = |dimension: Dimension| dimension.of(block);
            let (counting, language, at_risk) =
                (of(Dimension::Counting), of(Dimension::Language), of(Dimension::AtRisk));
            let tests: Vec<_> = tests.iter().map(|(dimension, values)| (of(*dimension), values)).collect();
            let begin = block.created.partition_point(|second| *second < from);
            for (place, second) in block.created.iter().enumerate().skip(begin) {
                if *second >= until {
                    break;
                }
                let value = |lookup: &crate::dimension::Lookup<'_>| {
                    lookup.values.get(lookup.codes.get(place)).copied().unwrap_or_default()
                };
                let passes = tests.iter().all(|(lookup, values)| values.contains(&value(lookup)));
                if value(&counting) != u32::from(COUNTED) || !passes {
                    continue;
                }
                let code = value(&language);
                let language = numbers.iter().position(|known| *known == code).unwrap_or_else(|| {
                    numbers.push(code);
                    demand.languages.push(Dimension::Language.value(&self.names, code));
                    numbers.len() - 1
                });
                demand.rows.push(Came {
                    second: *second,
                    language: u32::try_from(language).unwrap_or(u32::MAX),
                    at_risk: value(&at_risk) == 1,
                    replies: block.tally.get(place).map_or(0, |tally| u32::from(tally.replies)),
                });
            }
        }
        // Blocks follow each other, but for requests whose history comes from elsewhere.
        demand.rows.sort_by_key(|row| row.second);
        Ok(demand)
    }
}
