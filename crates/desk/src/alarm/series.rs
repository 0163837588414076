//! What is watched: the total and every common type, chain, version and region, minute by minute. Pure: arrivals in, findings
//! out.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use standfast_domain::{AlarmKind, RequestId, Time, Unlike};
use standfast_insight::Arrival;
use standfast_science::surge::{
    Calibration, Codes, DIMENSIONS, Minute, PRIOR, Panel, Reading, Segment, Usual, narrow, unusual,
};

mod cause;
mod course;

use cause::usual_before;

/// Minutes of a day and of a week.
pub(super) const DAY: i64 = 1_440;
pub(super) const WEEK: i64 = 7 * DAY;
/// What is usual is read off these weeks: types, versions and so on as parts of each other.
pub(super) const USUAL: i64 = 4 * WEEK;
/// … and off these days, where they have more of something: of a version that came out since, for one.
pub(super) const LATELY: i64 = 2 * DAY;
/// The last minutes do not say what is usual: they may be part of the surge.
const UNSETTLED: i64 = 120;
/// A value with fewer requests than this in the usual weeks is not watched; what it surges in is.
const LEAST: u32 = 20;
/// Most series; the most common ones.
const MOST: usize = 40;
/// Minutes whose expectation is remembered: an alarm goes on no longer.
pub(super) const COURSE: i64 = 12 * 60;
/// Alarms of the last minutes are given also when nobody looked meanwhile.
const FRESH: i64 = 60;
/// With so many requests expected and none coming, the desk was not there: of Poisson counts with this mean one in a million is
/// zero.
const HOLE: f64 = 14.0;
/// An alarm is over when so many minutes, twice in a row, were as usual.
const CALM: i64 = 30;

/// The minute of a second.
pub(super) fn minute_of(second: u32) -> i64 {
    i64::from(second) / 60
}

/// Why a request counts to an alarm that is known.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) segment: Segment,
    /// The first minute, and the first in which it was over.
    pub(super) started: i64,
    pub(super) ended: Option<i64>,
    /// These alone, where words made them alike.
    pub(super) requests: Option<BTreeSet<RequestId>>,
    /// Somebody has decided what to make of it: it stays what it is.
    pub(super) is_decided: bool,
}

impl Known {
    /// Whether it may turn out to be a part of something larger.
    fn may_grow(&self) -> bool {
        !self.is_decided && self.ended.is_none() && self.requests.is_none()
    }

    /// Those of other alarms that explain a part of this one: what they cover is not counted here.
    pub(super) fn inner<'k>(&self, others: &'k [Known]) -> Vec<&'k Known> {
        let is_inner = |other: &&Known| {
            self.requests.is_none()
                && (other.requests.is_some()
                    || (other.segment != self.segment && other.is_part_of(self.segment)))
        };
        others.iter().filter(is_inner).collect()
    }

    /// Whether a request is one of those that this alarm is about, whenever it came.
    pub(super) fn is_about(&self, arrival: &Arrival) -> bool {
        match &self.requests {
            Some(requests) => requests.contains(&arrival.id),
            None => self.segment.covers(&arrival.codes),
        }
    }

    fn is_part_of(&self, segment: Segment) -> bool {
        let wider = |(wide, own): (Option<u32>, Option<u32>)| wide.is_none() || wide == own;
        segment.0.into_iter().zip(self.segment.0).all(wider)
    }

    /// Whether this alarm is why the request came, as far as can be told.
    pub(super) fn covers(&self, arrival: &Arrival) -> bool {
        let at = minute_of(arrival.second);
        match &self.requests {
            Some(requests) => requests.contains(&arrival.id),
            None => {
                at >= self.started
                    && self.ended.is_none_or(|ended| at < ended)
                    && self.segment.covers(&arrival.codes)
            }
        }
    }
}

impl Finding {
    /// How many more than were to be expected.
    pub(super) fn excess(&self) -> f64 {
        f64::from(self.observed) - self.expected
    }

    /// Whether an alarm is a part of this, seen first.
    pub(super) fn contains(&self, alarm: &Known) -> bool {
        alarm.may_grow() && self.parts.contains(&alarm.segment)
    }
}

/// Requests whose words are nearly the same.
#[derive(Clone, Debug)]
pub(super) struct Alike {
    pub(super) requests: Vec<RequestId>,
    /// The first minute, and the one after the last.
    pub(super) since: i64,
    pub(super) until: i64,
    /// How many such requests were to be expected, and how unlike that is.
    pub(super) expected: f64,
    pub(super) score: f64,
}

/// Something that rises.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finding {
    pub(super) kind: AlarmKind,
    pub(super) segment: Segment,
    /// The watched series that it was seen in, and the usual part of it that the segment has.
    pub(super) within: Segment,
    pub(super) share: f64,
    /// Open alarms that are this, seen first.
    pub(super) parts: Vec<Segment>,
    /// The first minute.
    pub(super) started: i64,
    pub(super) minutes: i64,
    pub(super) observed: u32,
    pub(super) expected: f64,
    pub(super) score: f64,
    pub(super) requests: Vec<RequestId>,
}

/// A series whose score has reached the threshold in a minute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Risen {
    pub(super) series: usize,
    pub(super) reading: Reading,
    pub(super) at: i64,
}

/// The watched series.
pub(super) struct Series {
    panel: Panel,
    segments: Vec<Segment>,
    places: HashMap<(usize, u32), usize>,
    /// The first minute of each series' first day.
    since: Vec<i64>,
    /// Stretches in which the desk was not there.
    closed: Vec<(i64, i64)>,
    /// Holidays and other stretches that are not like the same hours of other weeks.
    unlike: Vec<Unlike>,
    /// Expectation of each series in the last minutes, the latest last; nothing while it learns.
    expected: VecDeque<Vec<Option<f64>>>,
    /// The next minute to be looked at.
    pub(super) next: i64,
    pub(super) calibration: Calibration,
    /// The alarms of the last days, open ones among them.
    pub(super) past: Vec<Known>,
}

impl Series {
    /// Learns from arrivals, which are in order, up to, but without, the minute `until`. What rose within the last hour is
    /// returned too. `explained` are stretches of minutes in which an incident is known.
    pub(super) fn learn(
        rows: &[Arrival],
        until: i64,
        alarms_a_week: f64,
        explained: &[(i64, i64)],
        unlike: Vec<Unlike>,
    ) -> (Self, Vec<Risen>) {
        let segments = common(rows, until);
        let first = rows.first().map_or(until, |row| minute_of(row.second));
        let mut places = HashMap::new();
        let mut since = vec![first.div_euclid(DAY) * DAY];
        for (place, segment) in segments.iter().enumerate().skip(1) {
            let named =
                segment.0.iter().enumerate().find_map(|(dimension, code)| Some((dimension, (*code)?)));
            if let Some(named) = named {
                places.insert(named, place);
            }
            let own = rows.iter().find(|row| segment.covers(&row.codes));
            since.push(own.map_or(until, |row| minute_of(row.second).div_euclid(DAY) * DAY));
        }
        let mut series = Self {
            panel: Panel::new(segments.len(), PRIOR),
            places,
            since,
            segments,
            closed: holes(rows, until),
            unlike,
            expected: VecDeque::new(),
            next: first.div_euclid(DAY) * DAY,
            calibration: Calibration { threshold: f64::INFINITY, weeks: 0.0, alarms: 0 },
            past: Vec::new(),
        };
        let settled = until - FRESH;
        series.replay(rows, settled);
        series.calibration = series
            .panel
            .calibrate(alarms_a_week, |at| explained.iter().any(|(from, to)| (*from..*to).contains(&at)));
        let risen = series.replay(rows, until);
        (series, risen)
    }

    /// Looks at all minutes up to, but without, `until`; what rose in them, each series where it was plainest.
    pub(super) fn replay(&mut self, rows: &[Arrival], until: i64) -> Vec<Risen> {
        let mut risen: BTreeMap<usize, Risen> = BTreeMap::new();
        let mut place = rows.partition_point(|row| minute_of(row.second) < self.next);
        while self.next < until {
            let at = self.next;
            let mut counts = vec![0_u32; self.segments.len()];
            while let Some(row) = rows.get(place).filter(|row| minute_of(row.second) <= at) {
                self.count(&mut counts, &row.codes);
                place += 1;
            }
            let is_closed = self.closed.iter().any(|(from, to)| (*from..*to).contains(&at));
            let day = i32::try_from(at.div_euclid(DAY)).unwrap_or_default();
            let minute = u16::try_from(at.rem_euclid(DAY)).unwrap_or_default();
            let like = self.like(at);
            let of = |(count, since): (&u32, &i64)| {
                let open = at >= *since && !is_closed;
                Minute { day, minute, open, like, count: *count }
            };
            let minutes: Vec<Minute> = counts.iter().zip(&self.since).map(of).collect();
            let readings = self.panel.observe(&minutes);
            self.expected.push_back(readings.iter().map(|reading| Some((*reading)?.minute)).collect());
            if self.expected.len() > usize::try_from(COURSE).unwrap_or_default() {
                self.expected.pop_front();
            }
            for (series, reading) in readings.into_iter().enumerate() {
                // Not only where the detector begins to be quiet: what is known already is told apart by its requests.
                let Some(reading) = reading.filter(|one| one.score >= self.calibration.threshold) else {
                    continue;
                };
                let known = risen.entry(series).or_insert(Risen { series, reading, at });
                if reading.score > known.reading.score {
                    *known = Risen { series, reading, at };
                }
            }
            self.next += 1;
        }
        risen.into_values().collect()
    }

    /// As [`Minute::like`]. What one schedule calls a holiday and another does not is one; so is an exception within it.
    fn like(&self, at: i64) -> Option<u8> {
        let at = Time(at * 60_000_000);
        let stretches = self.unlike.iter().filter(|one| one.from <= at && at < one.until);
        stretches.map(|one| one.like).max()
    }

    /// What is not like other weeks.
    pub(super) fn unlike(&self) -> &[Unlike] {
        &self.unlike
    }

    fn count(&self, counts: &mut [u32], codes: &Codes) {
        let named = codes.iter().enumerate().filter_map(|(dimension, code)| Some((dimension, (*code)?)));
        let places = named.filter_map(|named| self.places.get(&named).copied());
        for place in std::iter::once(0).chain(places) {
            if let Some(count) = counts.get_mut(place) {
                *count += 1;
            }
        }
    }

    /// How many series there are.
    pub(super) fn len(&self) -> usize {
        self.segments.len()
    }

    /// The watched segments.
    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Whether the total is still being learned.
    pub(super) fn is_learning(&self) -> bool {
        self.expected.back().and_then(|last| last.first().copied().flatten()).is_none()
    }

    /// What is behind a rise, unless a known alarm explains it: one cause, one alarm.
    pub(super) fn judge(&self, risen: &Risen, rows: &[Arrival], known: &[Known]) -> Option<Finding> {
        let Risen { series, reading, at } = *risen;
        let within = self.segments.get(series).copied()?;
        let from = at + 1 - i64::from(reading.window);
        let surge: Vec<&Arrival> =
            span(rows, from, at + 1).iter().filter(|row| within.covers(&row.codes)).collect();
        let usual = usual_before(rows, at, &self.past);
        let covered = surge.iter().filter(|row| known.iter().any(|alarm| alarm.covers(row))).count();
        let share = share_of(within, known, &usual);
        let excess = (number(covered) - reading.expected * share).max(0.0);
        let rest = whole((f64::from(reading.count) - excess).max(0.0));
        if unusual(rest, reading.expected, reading.size) < self.calibration.threshold {
            return None;
        }
        let from = if covered > 0 {
            self.rise_of_rest(rows, (within, share), (from, at), known, reading)
        } else {
            from
        };
        let (cause, parts) = self.cause_beside(rows, within, from, known)?;
        let joint = self.joint(rows, cause.segment, from, known).filter(|_| parts.is_empty());
        let (within, (cause, parts)) =
            joint.map_or((within, (cause, parts)), |all| (Segment::default(), all));
        // Longer windows reach to before an alarm of the same requests began: it is still the same cause.
        let is_same = |alarm: &Known| {
            alarm.segment == cause.segment && alarm.ended.is_none() && alarm.requests.is_none()
        };
        if known.iter().any(is_same) {
            return None;
        }
        let is_beside = |alarm: &&Known| !(alarm.may_grow() && parts.contains(&alarm.segment));
        let beside: Vec<&Known> = known.iter().filter(is_beside).collect();
        let own = span(rows, from, self.next).iter().filter(|row| cause.segment.covers(&row.codes));
        let own = own.filter(|row| !beside.iter().any(|alarm| alarm.covers(row)));
        let requests = own.map(|row| row.id).collect();
        Some(Finding {
            kind: AlarmKind::Surge,
            segment: cause.segment,
            within,
            share: cause.share,
            parts,
            started: from,
            minutes: at + 1 - from,
            observed: cause.observed,
            expected: cause.expected,
            score: reading.score,
            requests,
        })
    }
}

/// What several people who wrote alike have in common, unless known alarms explain half of them; `past` are those of the last days.
pub(super) fn describe(rows: &[Arrival], alike: &Alike, known: &[Known], past: &[Known]) -> Option<Finding> {
    let is_own = |row: &&Arrival| alike.requests.contains(&row.id);
    let own: Vec<&Arrival> = span(rows, alike.since, alike.until).iter().filter(is_own).collect();
    let covered = own.iter().filter(|row| known.iter().any(|alarm| alarm.covers(row))).count();
    let since = minute_of(own.first()?.second);
    if covered * 2 >= own.len() {
        return None;
    }
    let at = alike.until - 1;
    let usual = usual_before(rows, at, past);
    let codes: Vec<Codes> = own.iter().map(|row| row.codes).collect();
    let cause = narrow(Segment::default(), &codes, &usual, alike.expected);
    Some(Finding {
        kind: AlarmKind::Burst,
        segment: cause.segment,
        within: Segment::default(),
        share: 0.0,
        parts: Vec::new(),
        started: since,
        minutes: alike.until - since,
        observed: u32::try_from(own.len()).unwrap_or(u32::MAX),
        expected: alike.expected,
        score: alike.score,
        requests: own.iter().map(|row| row.id).collect(),
    })
}

/// The arrivals of these minutes.
pub(super) fn span(rows: &[Arrival], from: i64, to: i64) -> &[Arrival] {
    let begin = rows.partition_point(|row| minute_of(row.second) < from);
    let end = rows.partition_point(|row| minute_of(row.second) < to);
    rows.get(begin..end).unwrap_or_default()
}

/// The usual part of a segment that known alarms cover.
fn share_of(within: Segment, known: &[Known], usual: &Usual) -> f64 {
    usual.most(within, |codes| {
        known.iter().any(|alarm| alarm.requests.is_none() && alarm.segment.covers(codes))
    })
}

/// The total, and the most common values.
fn common(rows: &[Arrival], until: i64) -> Vec<Segment> {
    let mut tally: BTreeMap<(usize, u32), u32> = BTreeMap::new();
    for row in span(rows, until - USUAL, until) {
        for (dimension, code) in row.codes.iter().enumerate() {
            if let Some(code) = code {
                *tally.entry((dimension, *code)).or_default() += 1;
            }
        }
    }
    let mut values: Vec<_> = tally.into_iter().filter(|(_, count)| *count >= LEAST).collect();
    values.sort_by_key(|(value, count)| (std::cmp::Reverse(*count), *value));
    let segment = |((dimension, code), _): ((usize, u32), u32)| {
        let mut codes = [None; DIMENSIONS];
        if let Some(place) = codes.get_mut(dimension) {
            *place = Some(code);
        }
        Segment(codes)
    };
    let values = values.into_iter().take(MOST - 1).map(segment);
    std::iter::once(Segment::default()).chain(values).collect()
}

/// Stretches without any request in which many were to be expected by the hour of the week.
fn holes(rows: &[Arrival], until: i64) -> Vec<(i64, i64)> {
    const HOURS: usize = 168;
    let Some(first) = rows.first().map(|row| minute_of(row.second)) else { return Vec::new() };
    let hour = |at: i64| usize::try_from(at.div_euclid(60).rem_euclid(168)).unwrap_or_default();
    let mut counts = vec![0_usize; HOURS];
    for row in rows {
        if let Some(count) = counts.get_mut(hour(minute_of(row.second))) {
            *count += 1;
        }
    }
    let weeks = (number(usize::try_from(until - first).unwrap_or_default()) / number(10_080)).max(1.0);
    let rate = |at: i64| counts.get(hour(at)).map_or(0.0, |count| number(*count) / weeks / 60.0);
    let mut holes = Vec::new();
    for two in rows.windows(2) {
        let [before, after] = two else { continue };
        let (from, to) = (minute_of(before.second) + 1, minute_of(after.second));
        let (mut expected, mut at) = (0.0, from);
        while at < to && expected < HOLE {
            expected += rate(at);
            at += 1;
        }
        if expected >= HOLE {
            holes.push((from, to));
        }
    }
    holes
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests stay far below 2^53")]
fn number(n: usize) -> f64 {
    n as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, and not negative")]
fn whole(n: f64) -> u32 {
    n.round() as u32
}

#[cfg(test)]
mod tests;
