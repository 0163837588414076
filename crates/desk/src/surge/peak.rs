//! Expected peaks: events that lie ahead, and how large those of their kind were.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use standfast_domain::{DriverId, DriverKind, Permission, Time};
use standfast_insight::{Facts, Insight};
use standfast_science::peak::{Size, size};
use standfast_store::Rd;
use standfast_store::driver::{self, DriverRow};
use utoipa::ToSchema;

use super::plan::SurgePlan;
use super::report::median;
use crate::{AgentCaller, Desk, Error};

/// How far ahead peaks are told, and how far back is learned from.
const AHEAD: Duration = Duration::from_hours(24 * 90);
const BEHIND: Duration = Duration::from_hours(24 * 730);
/// Most events of either.
const MOST: i64 = 500;
/// The latest events of a kind that are learned from.
const LEARNED: usize = 20;
/// An event without an end is a peak for so long; with one, for as long as it lasts, within these bounds.
const WITHOUT_END: Duration = Duration::from_hours(6);
const SHORTEST: Duration = Duration::from_hours(1);
const LONGEST: Duration = Duration::from_hours(48);
/// Weeks before, of which the same hours say what is usual, and requests below which they say nothing.
const WEEKS: u32 = 4;
const WEEK: Duration = Duration::from_hours(7 * 24);
const FEW: f64 = 5.0;

/// How many times the usual number is to be expected.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct PeakSize {
    /// The mean of earlier ones: 2 is twice the usual number.
    pub ratio: f64,
    /// In 95 of 100 cases the next one lies above …
    pub low: f64,
    /// … and below.
    pub high: f64,
}

impl From<Size> for PeakSize {
    fn from(size: Size) -> Self {
        Self { ratio: size.ratio, low: size.low, high: size.high }
    }
}

/// What is known of a kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct PeakKind {
    /// The kind.
    pub kind: DriverKind,
    /// How many of it could be learned from.
    pub n: u32,
    /// How many times the usual number came; null while there are not enough.
    pub size: Option<PeakSize>,
}

/// An event that lies ahead, or goes on.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Peak {
    /// Id of the event.
    #[schema(value_type = String)]
    pub id: DriverId,
    /// Its kind.
    pub kind: DriverKind,
    /// What it is called.
    pub title: String,
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Time,
    /// Until when it is taken for a peak.
    #[schema(value_type = String, format = DateTime)]
    pub until: Time,
}

/// What lies ahead, and what is known of each kind.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Peaks {
    /// Events that lie ahead or go on, the next one first.
    pub ahead: Vec<Peak>,
    /// What is known of each kind of which there were any.
    pub kinds: Vec<PeakKind>,
}

/// Whether events of a kind may be peaks: what was announced or happened elsewhere.
const fn may_peak(kind: DriverKind) -> bool {
    !matches!(kind, DriverKind::Incident | DriverKind::Article)
}

/// The time for which an event is taken for a peak.
fn span(row: &DriverRow) -> (Time, Time) {
    let length = match row.ends_at {
        Some(ends) if ends > row.starts_at => ends.since(row.starts_at).clamp(SHORTEST, LONGEST),
        _ => WITHOUT_END,
    };
    (row.starts_at, row.starts_at.plus(length))
}

fn peak(row: DriverRow) -> Peak {
    let (starts_at, until) = span(&row);
    Peak { id: row.id, kind: row.kind, title: row.title, starts_at, until }
}

/// Events that lie ahead or go on, the next one first, with when each was changed last.
pub(super) fn changed(rd: &mut Rd, now: Time) -> Result<Vec<(Peak, Time)>, Error> {
    let rows = driver::list_next(rd, now.minus(LONGEST), now.plus(AHEAD), MOST)?.into_iter();
    let peaks = rows.filter(|row| may_peak(row.kind)).map(|row| (row.updated_at, peak(row)));
    Ok(peaks.filter(|(_, peak)| peak.until > now).map(|(at, peak)| (peak, at)).collect())
}

/// Events that lie ahead or go on, the next one first.
fn ahead(rd: &mut Rd, now: Time) -> Result<Vec<Peak>, Error> {
    Ok(changed(rd, now)?.into_iter().map(|(peak, _)| peak).collect())
}

/// The next event for which many are to be expected.
pub(crate) fn next(rd: &mut Rd, now: Time) -> Result<Option<Peak>, Error> {
    Ok(ahead(rd, now)?.into_iter().find(|peak| peak.starts_at > now))
}

/// Whether an event of the kinds that the plan names goes on.
pub(super) fn goes_on(rd: &mut Rd, plan: &SurgePlan, now: Time) -> Result<bool, Error> {
    if plan.expected.kinds.is_empty() {
        return Ok(false);
    }
    let near = driver::list(rd, now.minus(LONGEST), now.plus(Duration::from_secs(1)), MOST)?;
    let on = |row: &DriverRow| {
        let (from, until) = span(row);
        plan.expected.kinds.contains(&row.kind) && from <= now && now < until
    };
    Ok(near.iter().any(on))
}

/// What lies ahead, and how large earlier ones of each kind were.
pub async fn surge_peaks(desk: &Desk, insight: &Insight, caller: &AgentCaller) -> Result<Peaks, Error> {
    caller.require(Permission::ReadInsight)?;
    let now = desk.now();
    let read = desk.store().read(move |rd| {
        let ahead = ahead(rd, now)?;
        let past = driver::list(rd, now.minus(BEHIND), now, MOST)?;
        Ok::<_, Error>((ahead, past))
    });
    let (ahead, past) = read.await?;
    // While the facts are loaded, nothing is known yet; what lies ahead is.
    let kinds = match insight.facts() {
        Ok(facts) => tokio::task::spawn_blocking(move || learned(&facts, past, now))
            .await
            .map_err(|_| Error::Inconsistent("learning ended early"))?,
        Err(_) => Vec::new(),
    };
    Ok(Peaks { ahead, kinds })
}

fn learned(facts: &Facts, past: Vec<DriverRow>, now: Time) -> Vec<PeakKind> {
    let mut by_kind: BTreeMap<DriverKind, Vec<(f64, f64)>> = BTreeMap::new();
    for row in past.into_iter().filter(|row| may_peak(row.kind)) {
        let (from, until) = span(&row);
        let known = by_kind.entry(row.kind).or_default();
        if until <= now && known.len() < LEARNED {
            known.extend(seen(facts, from, until));
        }
    }
    let kind = |(kind, earlier): (DriverKind, Vec<(f64, f64)>)| PeakKind {
        kind,
        n: u32::try_from(earlier.len()).unwrap_or(u32::MAX),
        size: size(&earlier).map(PeakSize::from),
    };
    by_kind.into_iter().map(kind).collect()
}

/// What came in a time, and what usually does; nothing where the weeks before say too little.
fn seen(facts: &Facts, from: Time, until: Time) -> Option<(f64, f64)> {
    let count = |from, until| i64::try_from(facts.arrivals(from, until).rows.len()).unwrap_or(i64::MAX);
    let weeks = (1..=WEEKS).map(|week| count(from.minus(WEEK * week), until.minus(WEEK * week)));
    let mut before: Vec<i64> = weeks.filter(|count| *count > 0).collect();
    before.sort_unstable();
    let usual = median(&before).filter(|usual| before.len() > 1 && *usual >= FEW)?;
    #[expect(clippy::cast_precision_loss, reason = "requests of two days")]
    let came = count(from, until) as f64;
    Some((came, usual))
}
