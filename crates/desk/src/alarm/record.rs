//! Writing what was found: an alarm with the draft of an incident and its requests, how it goes on, and its end.

use std::collections::{BTreeMap, BTreeSet};

use standfast_domain::{
    AlarmId, AlarmKind, AlarmState, Dimension, DriverId, DriverKind, DriverSource, RequestId, Scope, Time,
};
use standfast_insight::{Arrival, Arrivals};
use standfast_science::surge::{DIMENSIONS, Segment};
use standfast_store::alarm::{self, AlarmRow};
use standfast_store::driver::{self, DriverRow};
use standfast_store::{Lane, Rd};

use super::notice::{Due, Happened};
use super::series::{COURSE, Finding, Known, Series, span};
use super::title::AlarmTitle;
use super::view::STEP;
use crate::{Desk, Error};

/// What the parts of a segment are called elsewhere, in their order.
const NAMES: [Dimension; DIMENSIONS] =
    [Dimension::Type, Dimension::Chain, Dimension::AppVersion, Dimension::Region];
/// Most requests that belong to an alarm.
const MOST_REQUESTS: usize = 500;
/// Minutes before the rise that its course shows.
const BEFORE: i64 = 120;

/// A time in whole minutes.
pub(super) fn time_of(minute: i64) -> Time {
    Time(minute.saturating_mul(60_000_000))
}

/// A segment as a scope.
pub(super) fn scope_of(segment: Segment, arrivals: &Arrivals) -> Scope {
    let mut scope = BTreeMap::new();
    for (place, (dimension, code)) in NAMES.into_iter().zip(segment.0).enumerate() {
        if let Some(code) = code {
            scope.insert(dimension, BTreeSet::from([arrivals.value(place, code)]));
        }
    }
    Scope(scope)
}

/// A scope as a segment; nothing when a value is not known any more.
fn segment_of(text: &str, arrivals: &Arrivals) -> Option<Segment> {
    let scope: Scope = serde_json::from_str(text).ok()?;
    let mut segment = Segment::default();
    for (dimension, values) in &scope.0 {
        let place = NAMES.iter().position(|name| name == dimension)?;
        let code = arrivals.code(place, values.first()?)?;
        *segment.0.get_mut(place)? = Some(code);
    }
    Some(segment)
}

/// Alarms that go on, or were over after `since`.
pub(super) fn read_known(
    rd: &mut Rd,
    arrivals: &Arrivals,
    since: Time,
) -> Result<Vec<(AlarmRow, Known)>, Error> {
    let mut known = Vec::new();
    for row in alarm::list_recent(rd, since)? {
        let Some(segment) = segment_of(&row.segment, arrivals) else { continue };
        let requests = match row.kind {
            AlarmKind::Surge => None,
            AlarmKind::Burst => {
                Some(alarm::list_requests(rd, row.id, 500)?.into_iter().collect::<BTreeSet<_>>())
            }
        };
        let minute = |time: Time| time.0.div_euclid(60_000_000);
        let (started, ended) = (minute(row.started_at), row.ended_at.map(minute));
        let is_decided = matches!(row.state, AlarmState::Dismissed | AlarmState::Incident);
        known.push((row, Known { segment, started, ended, requests, is_decided }));
    }
    Ok(known)
}

/// Raises an alarm; returns it as it stands and is known from now on. A `part` of it that was seen first becomes the whole; `others`
/// are the alarms beside it.
pub(super) async fn raise(
    desk: &Desk,
    arrivals: &Arrivals,
    series: &Series,
    finding: Finding,
    part: Option<(AlarmRow, Known)>,
    others: &[Known],
) -> Result<(AlarmRow, Known), Error> {
    let now = desk.now();
    let scope = scope_of(finding.segment, arrivals);
    if let Some((row, part)) = part {
        let started = finding.started.min(part.started);
        let whole =
            Known { segment: finding.segment, started, ended: None, requests: None, is_decided: false };
        return widen(desk, arrivals, series, row, (whole, others), &finding).await;
    }
    let known = Known {
        segment: finding.segment,
        started: finding.started,
        ended: None,
        is_decided: false,
        requests: (finding.kind == AlarmKind::Burst).then(|| finding.requests.iter().copied().collect()),
    };
    let json = |scope: &Scope| serde_json::to_string(scope).map_err(|_| Error::Inconsistent("json"));
    let id = AlarmId(desk.id());
    let mut row = AlarmRow {
        id,
        kind: finding.kind,
        state: AlarmState::Open,
        segment: json(&scope)?,
        within: json(&scope_of(finding.within, arrivals))?,
        share: finding.share,
        started_at: time_of(finding.started),
        raised_at: now,
        updated_at: now,
        ended_at: None,
        observed: i64::from(finding.observed),
        expected: finding.expected,
        minutes: finding.minutes,
        score: finding.score,
        course_at: now,
        course: String::new(),
        driver_id: DriverId(desk.id()),
        agent_id: None,
        decided_at: None,
        reason: None,
    };
    draw(&mut row, series, &arrivals.rows, (&known, others), finding.within)?;
    let draft = draft_of(&row, &scope, now);
    let notice = Due::new(desk, Happened::Raised, now);
    let requests: Vec<RequestId> = finding.requests.iter().copied().take(MOST_REQUESTS).collect();
    let written = row.clone();
    desk.store()
        .write(Lane::Background, id.0, move |tx| {
            let row = &written;
            driver::insert(tx, &draft)?;
            alarm::insert(tx, row)?;
            for request in &requests {
                alarm::attach(tx, id, *request)?;
            }
            notice.enqueue(tx, id)?;
            super::tell(tx, row, now)
        })
        .await?;
    tracing::info!(alarm = %id, kind = finding.kind.as_str(), "more requests than were to be expected");
    metrics::counter!("standfast_alarms_total", "kind" => finding.kind.as_str()).increment(1);
    Ok((row, known))
}

/// Makes an alarm one of more requests.
async fn widen(
    desk: &Desk,
    arrivals: &Arrivals,
    series: &Series,
    mut row: AlarmRow,
    (whole, others): (Known, &[Known]),
    finding: &Finding,
) -> Result<(AlarmRow, Known), Error> {
    let now = desk.now();
    let scope = scope_of(whole.segment, arrivals);
    let json = |scope: &Scope| serde_json::to_string(scope).map_err(|_| Error::Inconsistent("json"));
    (row.segment, row.within) = (json(&scope)?, json(&scope_of(finding.within, arrivals))?);
    (row.share, row.started_at, row.updated_at) = (finding.share, time_of(whole.started), now);
    draw(&mut row, series, &arrivals.rows, (&whole, others), finding.within)?;
    let (id, title) = (row.id, AlarmTitle::of(&scope).both());
    let requests = requests_of(&arrivals.rows, (&whole, others), series.next);
    let written = row.clone();
    desk.store()
        .write(Lane::Background, id.0, move |tx| {
            let row = &written;
            alarm::save_course(tx, row)?;
            rename(tx, row, &title)?;
            for request in &requests {
                alarm::attach(tx, id, *request)?;
            }
            super::tell(tx, row, now)
        })
        .await?;
    Ok((row, whole))
}

/// Writes which requests an alarm is about, also into its draft.
fn rename(tx: &mut standfast_store::Tx, row: &AlarmRow, title: &str) -> Result<(), Error> {
    alarm::save_segment(tx, row)?;
    if let Some(mut draft) = driver::find(tx, row.driver_id)?.filter(|draft| draft.draft) {
        title.clone_into(&mut draft.title);
        draft.scope.clone_from(&row.segment);
        draft.starts_at = row.started_at;
        driver::save(tx, &draft)?;
    }
    Ok(())
}

/// The requests that an alarm explains, up to a minute, and the others do not.
fn requests_of(rows: &[Arrival], (known, others): (&Known, &[Known]), until: i64) -> Vec<RequestId> {
    let inner = known.inner(others);
    let own = span(rows, known.started, until).iter();
    let own = own.filter(|row| known.is_about(row) && !inner.iter().any(|other| other.covers(row)));
    own.map(|one| one.id).take(MOST_REQUESTS).collect()
}

/// The draft of an incident: what it touches is its title until a person finds a better one.
fn draft_of(row: &AlarmRow, scope: &Scope, now: Time) -> DriverRow {
    DriverRow {
        id: row.driver_id,
        kind: DriverKind::Incident,
        title: AlarmTitle::of(scope).both(),
        note: String::new(),
        starts_at: row.started_at,
        ends_at: None,
        scope: row.segment.clone(),
        source: DriverSource::Alarm,
        external_id: Some(format!("alarm:{}", row.id)),
        agent_id: None,
        token_id: None,
        created_at: now,
        updated_at: now,
        removed_at: None,
        draft: true,
        version: 1,
    }
}

/// Brings its course and its sums up to date: what comes beside what other alarms explain.
fn draw(
    row: &mut AlarmRow,
    series: &Series,
    rows: &[Arrival],
    told: (&Known, &[Known]),
    within: Segment,
) -> Result<(), Error> {
    let known = told.0;
    let from = (known.started - BEFORE).max(series.next - COURSE);
    let from = from + (known.started - from).rem_euclid(STEP);
    let mut course = series.course(rows, told, (within, row.share), from, STEP);
    let since = series.course(rows, told, (within, row.share), known.started, STEP);
    row.observed = since.iter().map(|(observed, _)| i64::from(*observed)).sum();
    if known.requests.is_none() {
        row.expected = since.iter().map(|(_, expected)| expected).sum();
    } else {
        // What is usual of words is known for the whole time alone.
        let points = f64::from(u32::try_from(course.len().max(1)).unwrap_or(u32::MAX));
        for (_, expected) in &mut course {
            *expected = row.expected / points;
        }
    }
    let rounded: Vec<(u32, f64)> =
        course.into_iter().map(|(n, expected)| (n, (expected * 1_000.0).round() / 1_000.0)).collect();
    row.course_at = time_of(from);
    row.course = serde_json::to_string(&rounded).map_err(|_| Error::Inconsistent("json"))?;
    Ok(())
}

/// Writes how an alarm goes on, or that it is over.
pub(super) async fn go_on(
    desk: &Desk,
    arrivals: &Arrivals,
    series: &Series,
    (mut row, mut known): (AlarmRow, Known),
    others: &[Known],
) -> Result<(), Error> {
    if row.ended_at.is_some() {
        return Ok(());
    }
    let before = (row.observed, row.ended_at);
    let within = segment_of(&row.within, arrivals).unwrap_or_default();
    // More requests tell more exactly what it is, for as long as nobody has said so.
    let waits = matches!(row.state, AlarmState::Open | AlarmState::Acknowledged);
    let mut scope = None;
    if waits && known.requests.is_none() {
        let cause = series.narrower(&arrivals.rows, &known, (within, row.share), others);
        if let Some(cause) = cause {
            known.segment = cause.segment;
            row.share = cause.share;
            let new = scope_of(cause.segment, arrivals);
            row.segment = serde_json::to_string(&new).map_err(|_| Error::Inconsistent("json"))?;
            scope = Some(new);
        }
    }
    let title = scope.as_ref().map(|scope| AlarmTitle::of(scope).both());
    let told = (&known, others);
    draw(&mut row, series, &arrivals.rows, told, within)?;
    let calm = series.calm_since(&arrivals.rows, told, (within, row.share), row.minutes);
    row.ended_at = calm.map(time_of);
    let now = desk.now();
    row.updated_at = now;
    let (id, is_news) = (row.id, before != (row.observed, row.ended_at));
    let until = calm.unwrap_or(series.next);
    let requests = requests_of(&arrivals.rows, told, until);
    let notice = Due::new(desk, Happened::Ended, now);
    desk.store()
        .write(Lane::Background, id.0, move |tx| {
            alarm::save_course(tx, &row)?;
            if let Some(title) = &title {
                rename(tx, &row, title)?;
            } else if !is_news {
                return Ok(());
            }
            for request in &requests {
                alarm::attach(tx, id, *request)?;
            }
            if let Some(ended) = row.ended_at {
                end_draft(tx, &row, ended, now)?;
                notice.enqueue(tx, id)?;
            }
            super::tell(tx, &row, now)
        })
        .await
}

/// Ends an alarm that was a part of another, seen first: what goes on is told there.
pub(super) async fn end(
    desk: &Desk,
    arrivals: &Arrivals,
    series: &Series,
    (mut row, known): (AlarmRow, Known),
    others: &[Known],
) -> Result<(), Error> {
    let (now, ended) = (desk.now(), time_of(series.next));
    (row.updated_at, row.ended_at) = (now, Some(ended));
    let within = segment_of(&row.within, arrivals).unwrap_or_default();
    draw(&mut row, series, &arrivals.rows, (&known, others), within)?;
    let notice = Due::new(desk, Happened::Ended, now);
    desk.store()
        .write(Lane::Background, row.id.0, move |tx| {
            alarm::save_course(tx, &row)?;
            end_draft(tx, &row, ended, now)?;
            notice.enqueue(tx, row.id)?;
            super::tell(tx, &row, now)
        })
        .await
}

/// An incident of which nobody has said when it was over ends with its alarm.
fn end_draft(tx: &mut standfast_store::Tx, row: &AlarmRow, ended: Time, now: Time) -> Result<(), Error> {
    let draft = driver::find(tx, row.driver_id)?;
    if let Some(mut draft) = draft.filter(|one| one.ends_at.is_none() && one.removed_at.is_none()) {
        (draft.ends_at, draft.updated_at) = (Some(ended.max(draft.starts_at)), now);
        driver::save(tx, &draft)?;
    }
    Ok(())
}
