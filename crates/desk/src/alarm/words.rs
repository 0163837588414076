//! Bursts: alike words of several people, among what comes so rarely that no count would show it early. Of the words only
//! signatures are kept, in memory.

use std::collections::BTreeMap;

use standfast_insight::Arrival;
use standfast_science::burst::{Burst, Bursts, Written};
use standfast_store::alarm::FirstWords;

use super::series::{DAY, WEEK, minute_of, span};

/// Texts that are remembered.
pub(super) const REMEMBERED: usize = 4_096;
/// A type with more requests a day than this is left to the counts.
const RARE_A_DAY: usize = 48;
/// Part of the bearable false alarms that bursts may give.
const PART: f64 = 0.25;

/// What was written lately.
pub(super) struct Wordings {
    bursts: Bursts,
    /// Types that come often.
    common: Vec<u32>,
    /// The next minute whose words are to be read.
    pub(super) next: i64,
}

impl Wordings {
    /// Nothing read yet; `rows` say which types are rare and how many texts there will be.
    pub(super) fn new(rows: &[Arrival], until: i64, alarms_a_week: f64) -> Self {
        let month = span(rows, until - 4 * WEEK, until);
        let mut kinds: BTreeMap<u32, usize> = BTreeMap::new();
        for kind in month.iter().filter_map(|row| row.codes.first().copied().flatten()) {
            *kinds.entry(kind).or_default() += 1;
        }
        let common: Vec<u32> =
            kinds.into_iter().filter(|(_, count)| *count > 28 * RARE_A_DAY).map(|(kind, _)| kind).collect();
        let mut wordings = Self { bursts: Bursts::new(1, f64::INFINITY), common, next: until - 4 * WEEK };
        let texts = month.iter().filter(|row| wordings.is_rare(row)).count();
        let a_week = f64::from(u32::try_from(texts).unwrap_or(u32::MAX)) / 4.0;
        // One text in so many may be taken for a burst by chance.
        let threshold = (a_week.max(1.0) / (PART * alarms_a_week).max(1e-3)).log10();
        wordings.bursts = Bursts::new(REMEMBERED, threshold);
        wordings
    }

    /// Whether the request is of a type that comes rarely, or of none.
    pub(super) fn is_rare(&self, row: &Arrival) -> bool {
        row.codes.first().copied().flatten().is_none_or(|kind| !self.common.contains(&kind))
    }

    /// Takes the words of a request.
    pub(super) fn observe(&mut self, row: &Arrival, words: &FirstWords) -> Option<Burst> {
        self.bursts.observe(Written {
            minute: minute_of(row.second),
            author: words.customer_id.0.unsigned_abs(),
            request: row.id.0,
            text: super::beginning(&words.text),
        })
    }
}

/// How far back a burst is news.
pub(super) const FRESH: i64 = DAY / 24;
