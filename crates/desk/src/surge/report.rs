//! What a surge was, afterwards and while it goes on: what came, what was promised, what was kept, and who decided what.

use std::time::Duration;

use serde::Serialize;
use standfast_domain::{Permission, Sample, SurgeId, Time};
use standfast_store::Rd;
use standfast_store::promise::{self, Tally};
use standfast_store::surge::{self as stored, Came, Minute};
use utoipa::ToSchema;

use super::view::{SurgeChangeView, SurgeSummary};
use crate::promise::count_promises;
use crate::{AgentCaller, Desk, Error, PromiseCount};

/// Weeks before, of which the same hours say what is usual.
const WEEKS: u32 = 4;
const WEEK: Duration = Duration::from_hours(7 * 24);
/// The longest stretch of a surge that is reported.
const LONGEST: Duration = Duration::from_hours(7 * 24);
/// Most changes of a surge.
const CHANGES: i64 = 1_000;
/// Most points of a course; a longer one shows the highest of several minutes.
const POINTS: usize = 360;

/// Requests of a type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SurgeType {
    /// Code of the type.
    #[schema(example = "pending")]
    pub code: String,
    /// Whether assets were at risk.
    pub at_risk: bool,
    /// How many came.
    pub count: i64,
    /// How many of them a person has answered by now.
    pub answered: i64,
}

/// How things stood at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SurgePoint {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// Requests that waited.
    pub waiting: i64,
    /// Longer than they were promised.
    pub late: i64,
    /// People who were there to answer.
    pub present: i64,
}

/// Answers that were promised by a time instead of a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SurgePromises {
    /// How many were promised.
    pub made: i64,
    /// A person answered in time.
    pub kept: i64,
    /// Nobody had by then, whatever came later.
    pub broken: i64,
    /// There is still time, or it ended in time without an answer.
    pub undecided: i64,
}

/// What a surge was.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SurgeReport {
    /// The surge.
    pub surge: SurgeSummary,
    /// What is counted ends here: with it, now while it goes on, or after a week.
    #[schema(value_type = String, format = DateTime)]
    pub until: Time,
    /// Requests that came; neither spam nor merged ones.
    pub came: i64,
    /// How many came in the same hours of the weeks before: the median. Null where there are no such weeks.
    pub usual: Option<f64>,
    /// Of how many weeks.
    pub weeks: u32,
    /// Of those that came, how many a person has answered by now.
    pub answered: i64,
    /// What came, the most frequent first.
    pub types: Vec<SurgeType>,
    /// Most that waited at a time.
    pub most_waiting: i64,
    /// Most people who were there at a time.
    pub most_present: i64,
    /// What was said of how long it takes, and what came of it; without assets at risk.
    pub expected: PromiseCount,
    /// The same where assets were at risk.
    pub expected_at_risk: PromiseCount,
    /// Answers promised by a time.
    pub promised: SurgePromises,
    /// How it went: a point for each minute, or the highest of several.
    pub course: Vec<SurgePoint>,
    /// The changes of its level, in their order.
    pub changes: Vec<SurgeChangeView>,
}

struct Found {
    surge: SurgeSummary,
    until: Time,
    came: Vec<Came>,
    before: Vec<i64>,
    minutes: Vec<Minute>,
    tallies: Vec<Tally>,
    promised: stored::Appointments,
    changes: Vec<SurgeChangeView>,
}

/// What a surge was.
pub async fn surge_report(desk: &Desk, caller: &AgentCaller, id: SurgeId) -> Result<SurgeReport, Error> {
    caller.require(Permission::ReadInsight)?;
    let now = desk.now();
    let found = desk.store().read(move |rd| find(rd, id, now)).await?;
    Ok(report(found))
}

fn find(rd: &mut Rd, id: SurgeId, now: Time) -> Result<Found, Error> {
    let surge = SurgeSummary::from(stored::find(rd, id)?.ok_or(Error::NotFound)?);
    let from = surge.started_at;
    let until = surge.ended_at.unwrap_or(now).min(from.plus(LONGEST));
    let changes = stored::list_changes_of(rd, id, CHANGES)?;
    Ok(Found {
        came: stored::list_came(rd, from, until)?,
        before: usual(rd, from, until)?,
        minutes: stored::list_minutes(rd, Sample::minute_of(from), Sample::minute_of(until))?,
        tallies: promise::tally(rd, from, until, now)?,
        promised: stored::count_promises(rd, from, until, now)?,
        changes: changes.into_iter().map(SurgeChangeView::from).collect(),
        surge,
        until,
    })
}

/// How many came in the same hours of each of the weeks before in which there was a desk, ordered.
pub(super) fn usual(rd: &mut Rd, from: Time, until: Time) -> Result<Vec<i64>, Error> {
    let Some(first) = stored::find_first(rd)? else { return Ok(Vec::new()) };
    let mut counts = Vec::new();
    for week in 1..=WEEKS {
        let (from, until) = (from.minus(WEEK * week), until.minus(WEEK * week));
        if from >= first {
            counts.push(stored::list_came(rd, from, until)?.iter().map(|came| came.count).sum());
        }
    }
    counts.sort_unstable();
    Ok(counts)
}

/// The median of ordered counts.
#[expect(clippy::cast_precision_loss, reason = "requests of some hours")]
pub(super) fn median(ordered: &[i64]) -> Option<f64> {
    let (low, high) = (ordered.get(ordered.len().checked_sub(1)? / 2)?, ordered.get(ordered.len() / 2)?);
    Some((low + high) as f64 / 2.0)
}

fn report(found: Found) -> SurgeReport {
    let Found { surge, until, came, before, minutes, tallies, promised, changes } = found;
    let of = |at_risk: bool| count_promises(tallies.iter().filter(|tally| tally.at_risk == at_risk));
    SurgeReport {
        came: came.iter().map(|one| one.count).sum(),
        usual: median(&before),
        weeks: u32::try_from(before.len()).unwrap_or(WEEKS),
        answered: came.iter().map(|one| one.answered).sum(),
        most_waiting: minutes.iter().map(|minute| minute.waiting).max().unwrap_or(0),
        most_present: minutes.iter().map(|minute| minute.present).max().unwrap_or(0),
        expected: of(false),
        expected_at_risk: of(true),
        promised: SurgePromises {
            made: promised.made,
            kept: promised.kept,
            broken: promised.broken,
            undecided: promised.made - promised.kept - promised.broken,
        },
        types: came
            .into_iter()
            .map(|one| SurgeType {
                code: one.kind,
                at_risk: one.at_risk,
                count: one.count,
                answered: one.answered,
            })
            .collect(),
        course: course(&minutes),
        surge,
        until,
        changes,
    }
}

/// At most so many points: the highest line of several minutes, with what else was seen in that minute.
fn course(minutes: &[Minute]) -> Vec<SurgePoint> {
    let step = minutes.len().div_ceil(POINTS).max(1);
    let highest = |some: &[Minute]| some.iter().copied().max_by_key(|minute| minute.waiting);
    let point = |minute: Minute| SurgePoint {
        at: Time(minute.minute * 60_000_000),
        waiting: minute.waiting,
        late: minute.late,
        present: minute.present,
    };
    minutes.chunks(step).filter_map(highest).map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_lies_in_the_middle() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[4]), Some(4.0));
        assert_eq!(median(&[1, 4]), Some(2.5));
        assert_eq!(median(&[1, 4, 100]), Some(4.0));
    }

    #[test]
    fn a_long_course_keeps_its_peak() {
        let minute = |minute: i64| Minute {
            minute,
            waiting: if minute == 777 { 99 } else { minute % 7 },
            late: 0,
            present: 2,
        };
        let minutes: Vec<_> = (0..1_441).map(minute).collect();
        let points = course(&minutes);
        assert!(points.len() <= POINTS && points.is_sorted_by_key(|point| point.at));
        assert_eq!(points.iter().map(|point| point.waiting).max(), Some(99));
        assert_eq!(course(minutes.get(..9).unwrap_or_default()).len(), 9);
    }
}
