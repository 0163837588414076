//! How an alarm goes on: what came, and what was to be expected, beside what other alarms explain.

use std::collections::BTreeMap;

use standfast_insight::Arrival;
use standfast_science::burst::WINDOW;
use standfast_science::surge::{Reading, Segment, Usual, unusual};

use super::cause::usual_before;
use super::{CALM, COURSE, Known, Series, minute_of, share_of, span};

impl Series {
    /// How many were to be expected in a minute of a segment that has this share of a watched one.
    pub(super) fn expected_at(&self, within: Segment, share: f64, at: i64) -> f64 {
        let place = self.segments.iter().position(|segment| *segment == within);
        let back = usize::try_from(self.next - 1 - at).ok();
        let minute = back.and_then(|back| self.expected.len().checked_sub(back + 1));
        let expected = minute.zip(place).and_then(|(minute, place)| {
            self.expected.get(minute).and_then(|all| all.get(place).copied().flatten())
        });
        expected.unwrap_or(0.0) * share
    }

    /// Observed and expected of every `step` minutes from `from` to the last minute that was looked at. What others explain
    /// of it is neither counted nor expected while they last.
    pub(in crate::alarm) fn course(
        &self,
        rows: &[Arrival],
        (alarm, others): (&Known, &[Known]),
        (within, share): (Segment, f64),
        from: i64,
        step: i64,
    ) -> Vec<(u32, f64)> {
        let inner = alarm.inner(others);
        let usual =
            if inner.is_empty() { Usual::default() } else { usual_before(rows, alarm.started, &self.past) };
        let mut explained: BTreeMap<Vec<bool>, f64> = BTreeMap::new();
        let mut course = Vec::new();
        let mut at = from;
        while at < self.next {
            let to = (at + step).min(self.next);
            let is_own = |row: &&Arrival| alarm.is_about(row) && !inner.iter().any(|other| other.covers(row));
            let observed = span(rows, at, to).iter().filter(is_own).count();
            let lasts = |other: &&Known| other.started < to && other.ended.is_none_or(|ended| at < ended);
            let which: Vec<bool> = inner.iter().map(lasts).collect();
            let part = *explained.entry(which).or_insert_with_key(|which| {
                let lasting = inner.iter().zip(which).filter(|(_, lasts)| **lasts);
                let lasting: Vec<Known> = lasting.map(|(other, _)| (*other).clone()).collect();
                share_of(alarm.segment, &lasting, &usual)
            });
            let expected: f64 = (at..to).map(|minute| self.expected_at(within, share, minute)).sum();
            course.push((u32::try_from(observed).unwrap_or(u32::MAX), expected * (1.0 - part)));
            at = to;
        }
        course
    }

    /// The first minute of what rises of a segment beside what is known: of the stretches up to `at`, the one that was to be
    /// expected least. Known alarms cover `share` of the segment usually.
    pub(super) fn rise_of_rest(
        &self,
        rows: &[Arrival],
        (within, share): (Segment, f64),
        (from, at): (i64, i64),
        known: &[Known],
        reading: Reading,
    ) -> i64 {
        let is_rest =
            |row: &&Arrival| within.covers(&row.codes) && !known.iter().any(|alarm| alarm.covers(row));
        let came: Vec<i64> =
            span(rows, from, at + 1).iter().filter(is_rest).map(|row| minute_of(row.second)).collect();
        let mut plainest = (f64::NEG_INFINITY, from);
        for (place, begin) in came.iter().enumerate() {
            let expected: f64 =
                (*begin..=at).map(|minute| self.expected_at(within, 1.0 - share, minute)).sum();
            let count = u32::try_from(came.len() - place).unwrap_or(u32::MAX);
            let score = unusual(count, expected, reading.size);
            if score > plainest.0 {
                plainest = (score, *begin);
            }
        }
        plainest.1
    }

    /// The first minute of the calm in which an alarm is over, if it is. It begins only far above what is usual, and ends
    /// only when two half hours in a row were within what is usual. One of alike words goes on for as long as the words are known
    /// as the same burst: what comes later is a new one.
    pub(in crate::alarm) fn calm_since(
        &self,
        rows: &[Arrival],
        told: (&Known, &[Known]),
        within: (Segment, f64),
        minutes: i64,
    ) -> Option<i64> {
        let started = told.0.started;
        let longest = started + COURSE - 2 * CALM;
        if self.next >= longest {
            return Some(longest);
        }
        if let Some(requests) = &told.0.requests {
            let calm = self.next - WINDOW;
            let goes_on = span(rows, calm, self.next).iter().any(|row| requests.contains(&row.id));
            return (!goes_on && calm >= started).then_some(calm);
        }
        let calm = self.next - 2 * CALM;
        let halves = self.course(rows, told, within, calm, CALM);
        let is_usual = |(observed, expected): &(u32, f64)| {
            f64::from(*observed) <= expected + 2.0 * expected.sqrt() + 1.0
        };
        (calm >= started + minutes && halves.iter().all(is_usual)).then_some(calm)
    }
}
