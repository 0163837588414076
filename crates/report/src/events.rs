//! Events of a report: those that its charts show, and what became of the number of requests before and after the latest.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use standfast_domain::report::Definition;
use standfast_domain::{Day, DriverId, DriverKind, Time};
use standfast_insight::{Dimension, EffectWish, Finding, HISTORY_DAYS, Measure, Query, day_in, zone};
use standfast_science::effect::{Doubt, Verdict};
use standfast_science::multiplicity::benjamini_hochberg;
use standfast_store::driver::{self, DriverRow};

use crate::{Error, Reports};

/// Days before and after an event, as the console begins with them (`web/console/src/insight/study.ts`): the first where the past is
/// long enough to try the same at [`PLACEBOS`] other dates, else the second.
const WINDOWS: [(u32, u32); 2] = [(56, 28), (28, 21)];
/// Dates from which on the past may overrule an interval.
const PLACEBOS: i64 = 20;
/// How long after an event a report still looks at it.
const LATEST: i64 = 56;
/// Most events that are read.
const MOST: i64 = 1_000;
/// What is called found among several: one in twenty of it is not.
const FOUND: f64 = 0.05;

/// Something that may explain the number of requests.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) id: DriverId,
    pub(crate) title: String,
    pub(crate) kind: DriverKind,
    pub(crate) starts_at: Time,
    /// The first and the last day.
    days: (Day, Day),
    /// What it touches: values by code of the dimension.
    scope: BTreeMap<String, Vec<String>>,
}

/// What became of the requests that an event is about.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) event: Event,
    /// Of which requests: the report's filter, and what the event names.
    pub(crate) filter: BTreeMap<String, Vec<String>>,
    pub(crate) finding: Finding,
}

impl Event {
    fn new(row: DriverRow, zone: &TimeZone, now: Time) -> Self {
        let ongoing = row.ends_at.is_none() && row.kind.lasts();
        // Its end is the first moment without it.
        let ended = row.ends_at.map(|ends| Time(ends.0 - 1));
        let end = if ongoing { now } else { ended.unwrap_or(row.starts_at) };
        Self {
            days: (day_in(row.starts_at, zone), day_in(end.max(row.starts_at), zone)),
            id: row.id,
            title: row.title,
            kind: row.kind,
            starts_at: row.starts_at,
            scope: serde_json::from_str(&row.scope).unwrap_or_default(),
        }
    }

    /// The requests that a filter lets through and that the event is about; none where there are no such. Not by versions: of a
    /// new one there is nothing before, so that what it changed is seen in all versions together.
    fn narrowed(&self, filter: &BTreeMap<String, Vec<String>>) -> Option<BTreeMap<String, Vec<String>>> {
        let mut narrow = filter.clone();
        for (dimension, values) in self.scope.iter().filter(|(_, values)| !values.is_empty()) {
            match narrow.get_mut(dimension) {
                Some(own) => {
                    own.retain(|code| values.contains(code));
                    if own.is_empty() {
                        return None;
                    }
                }
                None if dimension == Dimension::AppVersion.code() => {}
                None => drop(narrow.insert(dimension.clone(), values.clone())),
            }
        }
        Some(narrow)
    }
}

impl Reports {
    /// Events of a stretch of time that can touch what a report is about, the earliest first.
    pub(crate) async fn events(
        &self,
        definition: &Definition,
        from: Time,
        until: Time,
    ) -> Result<Vec<Event>, Error> {
        let (zone, now) = (zone(&definition.zone)?, self.desk.now());
        let rows = self
            .desk
            .store()
            .read(move |rd| driver::list(rd, from, until, MOST).map_err(Error::from))
            .await?;
        let mut events: Vec<_> = rows.into_iter().map(|row| Event::new(row, &zone, now)).collect();
        events.retain(|event| event.narrowed(&definition.filter).is_some());
        events.sort_by_key(|event| event.starts_at);
        Ok(events)
    }

    /// Before and after each of the latest events that began before `until`, the latest first; corrected for looking at several.
    pub(crate) async fn effects(
        &self,
        definition: &Definition,
        until: Time,
        most: usize,
    ) -> Result<Vec<Told>, Error> {
        let now = self.desk.now();
        let back = |days: i64| Time(until.0 - days * 86_400_000_000);
        let [(longest, _), _] = WINDOWS;
        let past = LATEST + i64::from(longest) + HISTORY_DAYS;
        let events = self.events(definition, back(past), until).await?;
        let latest = events.iter().rev().filter(|event| (back(LATEST)..until).contains(&event.starts_at));
        // What an event is about has no origin, so that the past is that of the report.
        let begins = self.insight.history(query_of(definition, &definition.filter, now)?).await?;
        let mut told = Vec::new();
        for event in latest.take(most) {
            let Some(filter) = event.narrowed(&definition.filter) else { continue };
            let query = query_of(definition, &filter, now)?;
            let others = events.iter().filter(|other| !std::ptr::eq(*other, event));
            let known = others.filter(|other| other.narrowed(&filter).is_some()).map(|other| other.days);
            let (before, after) = window(event.days.0, begins.map(|begins| day_in(begins, &query.zone)));
            let wish = EffectWish {
                query,
                first_after: event.days.0,
                before,
                after,
                group: None,
                control: Vec::new(),
                events: Vec::new(),
                known: known.collect(),
            };
            let finding = self.insight.effect(wish).await?;
            told.push(Told { event: event.clone(), filter, finding });
        }
        correct(&mut told);
        Ok(told)
    }
}

/// The question for the number of requests that a filter lets through.
fn query_of(
    definition: &Definition,
    filter: &BTreeMap<String, Vec<String>>,
    now: Time,
) -> Result<Query, Error> {
    let read = |(code, values): (&String, &Vec<String>)| Some((Dimension::parse(code)?, values.clone()));
    let mut query = Query::new(Measure::Requests, now);
    query.zone = zone(&definition.zone)?;
    query.filter = filter.iter().filter_map(read).collect();
    Ok(query)
}

/// The days before and after an event that are compared, where the past begins on `since`. They follow from the calendar alone,
/// never from the counts.
fn window(event: Day, since: Option<Day>) -> (u32, u32) {
    let [long, short] = WINDOWS;
    let needed = i64::from(long.0 + long.1) + PLACEBOS;
    if since.is_some_and(|since| event.0 - since.0 >= needed) { long } else { short }
}

/// What alone would be found may be chance among several.
fn correct(told: &mut [Told]) {
    let p = |told: &Told| told.finding.effect.estimate.map(|estimate| estimate.p);
    let mut q = benjamini_hochberg(&told.iter().filter_map(p).collect::<Vec<_>>()).into_iter();
    for one in told.iter_mut().filter(|told| p(told).is_some()) {
        let is_chance = q.next().is_none_or(|q| q > FOUND);
        let verdict = &mut one.finding.effect.verdict;
        if is_chance && matches!(verdict, Verdict::Fewer | Verdict::More) {
            *verdict = Verdict::CannotTell { reason: Doubt::Multiplicity, days_needed: None };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_past_has_a_short_window() {
        let day = Day(20_000);
        assert_eq!(window(day, Some(day.plus(-104))), (56, 28));
        assert_eq!(window(day, Some(day.plus(-103))), (28, 21));
        assert_eq!(window(day, None), (28, 21));
    }
}
