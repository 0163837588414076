//! Durations in opening hours: found when they are asked for, from the hours that were meant for whoever asked when they
//! did. Nothing of it is kept on the rows: a change of hours holds from when it is made, so that the past stays what it was.

use std::sync::Arc;

use standfast_domain::{Asker, Channel, Hours, Language, Time, Timetable};

use crate::block::Block;
use crate::fact::NEVER;
use crate::facts::Facts;
use crate::names::Names;

/// The hours of the desk, and what the numbers of facts are called.
#[derive(Clone, Debug)]
pub(crate) struct OpenTime {
    hours: Arc<Timetable>,
    names: Arc<Names>,
}

fn time(second: u32) -> Time {
    Time(i64::from(second) * 1_000_000)
}

impl OpenTime {
    pub(crate) fn new(facts: &Facts, hours: &Arc<Timetable>) -> Self {
        Self { hours: hours.clone(), names: facts.names.clone() }
    }

    /// The hours that are meant for the rows with these numbers, while nothing changes for whom hours are.
    fn find(&self, block: &Block, (source, region): (usize, usize), at: Time) -> Option<&Hours> {
        let source = block.source.values().get(source)?;
        let region = self.names.regions.get(*block.region.values().get(region)?)?;
        let asker = Asker {
            language: self.names.languages.get(source.language).and_then(|text| Language::parse(text))?,
            channel: self.names.channels.get(source.channel).and_then(|text| Channel::parse(text))?,
            region,
        };
        self.hours.find(&asker, at).map(|found| found.hours)
    }

    /// Calls with each row of a block and the hours that are meant for it.
    fn each(&self, block: &Block, mut take: impl FnMut(usize, u32, Option<&Hours>)) {
        let width = block.region.values().len();
        let mut known: Vec<Option<Option<&Hours>>> = vec![None; width * block.source.values().len()];
        let mut epoch = None;
        for (row, created) in block.created.iter().enumerate() {
            let at = time(*created);
            // Rows are in the order of time, and hours change seldom.
            let now = self.hours.epoch(at);
            if epoch.replace(now) != Some(now) {
                known.fill(None);
            }
            let codes = (block.source.codes().get(row), block.region.codes().get(row));
            let found = match known.get_mut(codes.0 * width + codes.1) {
                Some(slot) => *slot.get_or_insert_with(|| self.find(block, codes, at)),
                None => None,
            };
            take(row, *created, found);
        }
    }

    /// Of each row whether there were hours for whoever asked.
    pub(crate) fn covered(&self, block: &Block) -> Vec<bool> {
        let mut covered = Vec::with_capacity(block.len());
        self.each(block, |_, _, hours| covered.push(hours.is_some()));
        covered
    }

    /// The same durations in opening hours: what lies between the creation of each row and so many seconds later.
    pub(crate) fn within(&self, block: &Block, durations: &[u32]) -> Vec<u32> {
        let mut open = Vec::with_capacity(durations.len());
        self.each(block, |row, created, hours| {
            let duration = durations.get(row).copied().unwrap_or(NEVER);
            open.push(match hours {
                Some(hours) if duration != NEVER => {
                    let until = time(created.saturating_add(duration));
                    let seconds = hours.business_time_between(time(created), until).as_secs();
                    u32::try_from(seconds).unwrap_or(NEVER - 1)
                }
                _ => NEVER,
            });
        });
        open
    }
}
