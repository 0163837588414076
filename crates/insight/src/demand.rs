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
    /// Number of its type, a place in [`Demand::types`].
    pub kind: u32,
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
    /// Codes of the types that occur.
    pub types: Vec<String>,
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
        let (mut languages, mut types): (Vec<u32>, Vec<u32>) = Default::default();
        for block in &self.blocks {
            let ends = block.created.first().zip(block.created.last());
            if ends.is_none_or(|(first, last)| *first >= until || *last < from) {
                continue;
            }
            let of = |dimension: Dimension| dimension.of(block);
            let (counting, at_risk) = (of(Dimension::Counting), of(Dimension::AtRisk));
            let (language, kind) = (of(Dimension::Language), of(Dimension::Type));
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
                let (language, kind) = (value(&language), value(&kind));
                demand.rows.push(Came {
                    second: *second,
                    language: number(language, &mut languages),
                    kind: number(kind, &mut types),
                    at_risk: value(&at_risk) == 1,
                    replies: block.tally.get(place).map_or(0, |tally| u32::from(tally.replies)),
                });
            }
        }
        // Blocks follow each other, but for requests whose history comes from elsewhere.
        demand.rows.sort_by_key(|row| row.second);
        let of = |dimension: Dimension, codes: Vec<u32>| {
            codes.into_iter().map(|code| dimension.value(&self.names, code)).collect()
        };
        demand.languages = of(Dimension::Language, languages);
        demand.types = of(Dimension::Type, types);
        Ok(demand)
    }
}

/// The place of a value among those that occur, of which it becomes one.
fn number(code: u32, known: &mut Vec<u32>) -> u32 {
    let place = known.iter().position(|one| *one == code).unwrap_or_else(|| {
        known.push(code);
        known.len() - 1
    });
    u32::try_from(place).unwrap_or(u32::MAX)
}
