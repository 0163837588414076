//! What is behind a rise, beside what is known: which alarms keep their names, which turn out to be a part of more, and what is a
//! cause of its own.

use standfast_insight::Arrival;
use standfast_science::surge::{Cause, Codes, Segment, Usual, is_spread_as_usual, narrow, stands_out};

use super::{Known, LATELY, Series, UNSETTLED, USUAL, share_of, span};

impl Series {
    /// What of a watched series surges since a minute besides what is known, and which open alarms are this, seen first: those
    /// that have no more of it than usual, if what is beside them is spread as usual. The others keep their names, however much
    /// comes elsewhere. What comes beside them is a cause of its own, if it names something, or if it is spread as usual over
    /// everything: a rise of all requests is told also when one part of them stands out for another reason.
    pub(super) fn cause_beside(
        &self,
        rows: &[Arrival],
        within: Segment,
        from: i64,
        known: &[Known],
    ) -> Option<(Cause, Vec<Segment>)> {
        let (seen_first, others) = self.told_by_chance(rows, within, from, known);
        let whole = self.cause(rows, within, (within, 1.0), from, &others);
        let rest = self.cause(rows, within, (within, 1.0), from, known);
        let is_part = |alarm: &&Known| alarm.is_part_of(whole.segment) && alarm.segment != whole.segment;
        let parts: Vec<Segment> = seen_first.iter().filter(is_part).map(|alarm| alarm.segment).collect();
        if !parts.is_empty() && rest.segment == whole.segment {
            return Some((whole, parts));
        }
        let is_wider = known
            .iter()
            .any(|alarm| alarm.may_grow() && alarm.segment != rest.segment && alarm.is_part_of(rest.segment));
        let (new, usual) = self.beside(rows, from, known);
        let is_own = !is_wider || is_spread_as_usual(rest.segment, &new, &usual);
        is_own.then_some((rest, Vec::new()))
    }

    /// All requests, where a segment that rises and open alarms of other parts have no more of them than usual: one rise of everything
    /// was seen in one part after the other.
    pub(super) fn joint(
        &self,
        rows: &[Arrival],
        segment: Segment,
        from: i64,
        known: &[Known],
    ) -> Option<(Cause, Vec<Segment>)> {
        let all = Segment::default();
        let (seen_first, others) = self.told_by_chance(rows, all, from, known);
        let parts: Vec<Segment> =
            seen_first.iter().map(|alarm| alarm.segment).filter(|part| *part != segment).collect();
        let (came, usual) = self.beside(rows, from, &others);
        let own = came.iter().filter(|codes| segment.covers(codes)).count();
        let share = usual.most(all, |codes| segment.covers(codes));
        if segment == all || parts.is_empty() || stands_out(count(own), count(came.len()), share) {
            return None;
        }
        let whole = self.cause(rows, all, (all, 1.0), from, &others);
        (whole.segment == all).then_some((whole, parts))
    }

    /// Parts the known alarms: open ones of parts of a segment that have no more of it than usual, and the others.
    fn told_by_chance(
        &self,
        rows: &[Arrival],
        within: Segment,
        from: i64,
        known: &[Known],
    ) -> (Vec<Known>, Vec<Known>) {
        known.iter().cloned().partition(|alarm| {
            let is_inside = alarm.may_grow() && alarm.segment != within && alarm.is_part_of(within);
            is_inside && !self.stands_out(rows, within, from.min(alarm.started), alarm)
        })
    }

    /// Whether an alarm has more of the requests of a segment since a minute than is usual.
    fn stands_out(&self, rows: &[Arrival], wide: Segment, from: i64, alarm: &Known) -> bool {
        let came: Vec<&Arrival> =
            span(rows, from, self.next).iter().filter(|row| wide.covers(&row.codes)).collect();
        let own = came.iter().filter(|row| alarm.segment.covers(&row.codes)).count();
        let usual = usual_before(rows, from, &self.past);
        let share = usual.most(wide, |codes| alarm.segment.covers(codes));
        stands_out(count(own), count(came.len()), share)
    }

    /// What of an alarm's requests surges, by now: the same, or something narrower. What comes elsewhere widens no name.
    pub(in crate::alarm) fn narrower(
        &self,
        rows: &[Arrival],
        alarm: &Known,
        expectation: (Segment, f64),
        others: &[Known],
    ) -> Option<Cause> {
        // What is wider does not explain what stands out of it.
        let others: Vec<Known> =
            others.iter().filter(|other| !alarm.is_part_of(other.segment)).cloned().collect();
        let cause = self.cause(rows, alarm.segment, expectation, alarm.started, &others);
        // Its share is of the segment that it began with, and that of the alarm of the watched one.
        let cause = Cause { share: cause.share * expectation.1, ..cause };
        (cause.segment != alarm.segment).then_some(cause)
    }

    /// What of a segment surges since a minute, as narrowly as can be told by now, besides what is known. The segment has so much of
    /// what is expected of a watched one.
    fn cause(
        &self,
        rows: &[Arrival],
        segment: Segment,
        (within, share): (Segment, f64),
        from: i64,
        known: &[Known],
    ) -> Cause {
        let expected: f64 = (from..self.next).map(|at| self.expected_at(within, share, at)).sum();
        // What was over before explains nothing of it.
        let lasting = known.iter().filter(|alarm| alarm.ended.is_none_or(|ended| ended > from)).cloned();
        let lasting: Vec<Known> = lasting.collect();
        let expected = expected * (1.0 - share_of(segment, &lasting, &usual_before(rows, from, &self.past)));
        let (new, usual) = self.beside(rows, from, known);
        narrow(segment, &new, &usual, expected)
    }

    /// What came since a minute beside what is known, and what usually comes beside it: what is known says nothing of how the rest is
    /// spread, neither now nor usually.
    fn beside(&self, rows: &[Arrival], from: i64, known: &[Known]) -> (Vec<Codes>, Usual) {
        let explains = |alarm: &&Known| alarm.ended.is_none() && alarm.requests.is_none();
        let explained: Vec<Segment> = known.iter().filter(explains).map(|alarm| alarm.segment).collect();
        let is_rest = |codes: &Codes| !explained.iter().any(|segment| segment.covers(codes));
        let is_new = |row: &&Arrival| is_rest(&row.codes) && !known.iter().any(|alarm| alarm.covers(row));
        let new = span(rows, from, self.next).iter().filter(is_new).map(|row| row.codes).collect();
        let mut usual = usual_before(rows, from, &self.past);
        usual.retain(is_rest);
        (new, usual)
    }
}

/// What came in the weeks, and in the last days, before a minute, without what known alarms of the last days explain: what was a
/// surge yesterday is not usual today.
pub(super) fn usual_before(rows: &[Arrival], from: i64, past: &[Known]) -> Usual {
    let is_usual = |row: &&Arrival| !past.iter().any(|alarm| alarm.covers(row));
    let of = |rows: &[Arrival]| rows.iter().filter(is_usual).map(|row| row.codes).collect::<Vec<_>>();
    Usual {
        weeks: of(span(rows, from - USUAL, from - UNSETTLED)),
        lately: of(span(rows, from - LATELY, from - UNSETTLED)),
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
