//! Training: which labels count, when it is due, and whether what comes of it takes over.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use standfast_domain::{JobId, RequestId, State, Time, request_type};
use standfast_science::classify::{
    self, Comparison, Label, Model, Options, Quality, Split, TrainError, compare, evaluate, split,
};
use standfast_science::interval::share;
use standfast_store::job::{self, Claimed, NewJob};
use standfast_store::label::{self, LessonRow};
use standfast_store::model::{self, ModelRow};
use standfast_store::{Lane, setting};

use super::view::{ComparisonView, LabelCount, MeasuredShare, Metrics, TypeLabels};
use super::{OTHER, beginning};
use crate::{Desk, Error};

/// The kind of the job, and the key under which it waits.
pub(crate) const JOB: &str = "train_types";
/// Setting that holds what came of the latest training.
const ATTEMPT: &str = "types.attempt";
/// A model is trained this often, with whatever was solved meanwhile …
const DAILY: Duration = Duration::from_hours(24);
/// … and earlier when agents have settled so many types since, but not more often than every ten minutes.
const LABELS_DUE: i64 = 25;
const SOONEST: Duration = Duration::from_mins(10);
/// With fewer labels nothing is trained.
pub(super) const FEWEST: usize = 50;
/// Requests are looked at from the latest back; so many, and so many at a time.
const MOST_REQUESTS: usize = 50_000;
const PAGE: i64 = 1_000;
/// Most labels that are learned from. Those of agents are taken first.
const MOST_LABELS: usize = 10_000;
/// Most characters of their texts together.
const ROOM: usize = 4_000_000;
/// The share of labels by which models are judged, in hundredths.
const HELD_BACK: u8 = 20;
/// Models that are kept.
const KEPT: i64 = 5;
/// The lease of the job is renewed this often, for this long.
const RENEW: Duration = Duration::from_secs(30);
const LEASE: Duration = Duration::from_mins(2);
/// The same labels give the same model.
const SEED: u64 = 1;

/// What came of the latest training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attempt {
    /// When, in microseconds since 1970.
    pub(super) at: i64,
    /// What there was to learn from.
    pub(super) labels: LabelCount,
}

/// What the latest training found, if there was one.
pub(super) fn latest_attempt(rd: &mut standfast_store::Rd) -> Result<Option<Attempt>, Error> {
    Ok(setting::get(rd, ATTEMPT)?.and_then(|text| serde_json::from_str(&text).ok()))
}

/// Whether it is time to train again.
async fn is_due(desk: &Desk) -> Result<bool, Error> {
    let now = desk.now();
    let read = desk.store().read(move |rd| {
        let Some(attempt) = latest_attempt(rd)? else { return Ok::<_, Error>(true) };
        let since = now.since(Time(attempt.at));
        let new = label::count_since(rd, Time(attempt.at), LABELS_DUE)?;
        Ok(since >= DAILY || (new >= LABELS_DUE && since >= SOONEST))
    });
    read.await
}

/// Puts training on the list of jobs when it is due and not under way.
pub(crate) async fn schedule_training(desk: &Desk) -> Result<(), Error> {
    let now = desk.now();
    if !is_due(desk).await? {
        return Ok(());
    }
    let id = JobId(desk.id());
    desk.store()
        .write(Lane::Background, 0, move |tx| {
            // A job that is being worked on waits no more, so that its key would let in another.
            if job::is_listed(tx, JOB)? {
                return Ok(());
            }
            let job = NewJob { id, kind: JOB, payload: "{}", run_at: now, dedupe: Some(JOB), now };
            job::enqueue(tx, &job).map_err(Error::from)
        })
        .await
}

/// A text and the type that was settled for it.
struct Lesson {
    request: i64,
    text: String,
    code: &'static str,
    /// Whether an agent settled it, or it is what the customer chose and an agent solved without changing it.
    by_agent: bool,
}

/// What a request teaches. What the desk itself has set teaches nothing until an agent settles it: a model would confirm
/// itself.
fn lesson(row: LessonRow) -> Option<Lesson> {
    let text = row.text.filter(|text| !text.trim().is_empty())?;
    let text = beginning(&text).to_owned();
    let request = row.request_id.0;
    if row.state == State::Spam {
        return None;
    }
    if let Some(kind) = row.label.as_deref().and_then(request_type) {
        return Some(Lesson { request, text, code: kind.code, by_agent: true });
    }
    let kind = request_type(&row.kind).filter(|kind| kind.code != OTHER)?;
    let is_solved = matches!(row.state, State::Solved | State::Closed);
    (row.answered && is_solved && !row.applied).then_some(Lesson {
        request,
        text,
        code: kind.code,
        by_agent: false,
    })
}

/// Lessons that fit together: those of agents first, and of customers' what there is room for then.
struct Lessons {
    agents: Vec<Lesson>,
    customers: Vec<Lesson>,
    /// Characters of the agents' texts.
    taken: usize,
}

impl Lessons {
    const fn new() -> Self {
        Self { agents: Vec::new(), customers: Vec::new(), taken: 0 }
    }

    /// Whether agents' labels alone are as many as can be learned from.
    fn is_full(&self) -> bool {
        self.agents.len() >= MOST_LABELS || self.taken >= ROOM
    }

    /// Adds the next lesson back in time.
    fn add(&mut self, lesson: Lesson) {
        if !lesson.by_agent {
            if self.customers.len() < MOST_LABELS {
                self.customers.push(lesson);
            }
        } else if !self.is_full() {
            self.taken += lesson.text.chars().count();
            self.agents.push(lesson);
        }
    }

    /// All that is learned from.
    fn together(self) -> Vec<Lesson> {
        let mut room = ROOM.saturating_sub(self.taken);
        let mut all = self.agents;
        for lesson in self.customers {
            let left = room.checked_sub(lesson.text.chars().count());
            let Some(left) = left.filter(|_| all.len() < MOST_LABELS) else { break };
            room = left;
            all.push(lesson);
        }
        all
    }
}

/// Collects what the latest requests teach, in short readings.
async fn gather(desk: &Desk) -> Result<Vec<Lesson>, Error> {
    let (mut lessons, mut before, mut looked) = (Lessons::new(), RequestId(i64::MAX), 0);
    while looked < MOST_REQUESTS && !lessons.is_full() {
        let rows = desk.store().read(move |rd| label::list_lessons(rd, before, PAGE)).await?;
        let Some(last) = rows.last() else { break };
        before = last.request_id;
        looked += rows.len();
        rows.into_iter().filter_map(lesson).for_each(|lesson| lessons.add(lesson));
    }
    Ok(lessons.together())
}

/// Trains a model, judges it and keeps it; ends the job. With too few labels it only notes how many there are.
pub(crate) async fn train_types(desk: &Desk, claim: &Claimed) -> Result<(), Error> {
    if !is_due(desk).await? {
        // Another process was as quick to put it on the list, and quicker to train.
        let claim = claim.clone();
        let done = move |tx: &mut standfast_store::Tx| job::complete(tx, &claim).map_err(Error::from);
        return desk.store().write(Lane::Background, 0, done).await;
    }
    let lessons = gather(desk).await?;
    let (agents, customers): (Vec<_>, Vec<_>) = lessons.iter().partition(|lesson| lesson.by_agent);
    let count = |some: &[&Lesson]| u32::try_from(some.len()).unwrap_or(u32::MAX);
    let labels = LabelCount { agents: count(&agents), customers: count(&customers) };
    let now = desk.now();
    let attempt = Attempt { at: now.0, labels };
    if lessons.len() < FEWEST {
        return end(desk, claim.clone(), attempt, None).await;
    }
    let (kept, old) = desk
        .store()
        .read(|rd| {
            let old = match model::version_in_use(rd)? {
                Some(version) => model::bytes(rd, version)?.map(|bytes| (version, bytes)),
                None => None,
            };
            Ok::<_, Error>((model::list(rd)?, old))
        })
        .await?;
    let version = kept.first().map_or(1, |latest| latest.version + 1);
    let options = Options {
        version: u32::try_from(version).unwrap_or(u32::MAX),
        trained_at: now.0,
        ..Options::default()
    };
    let mut work = tokio::task::spawn_blocking(move || make(&lessons, labels, &options, old));
    let mut claim = claim.clone();
    let made = loop {
        match tokio::time::timeout(RENEW, &mut work).await {
            Ok(made) => break made.map_err(|_| Error::Inconsistent("training ended early"))?,
            Err(_) => claim = renew(desk, claim).await?,
        }
    };
    let made = match made {
        Ok(made) => Some(made),
        Err(error) => {
            tracing::info!(%error, "no model of types was trained");
            None
        }
    };
    end(desk, claim, attempt, made.map(|made| (version, made))).await
}

async fn renew(desk: &Desk, claim: Claimed) -> Result<Claimed, Error> {
    let now = desk.now();
    let renewed = move |tx: &mut standfast_store::Tx| job::renew(tx, &claim, now, LEASE).map_err(Error::from);
    desk.store().write(Lane::Background, 0, renewed).await
}

/// A trained model.
struct Made {
    bytes: Vec<u8>,
    accepted: bool,
    metrics: Metrics,
}

/// Trains and judges; takes seconds, off the async threads.
fn make(
    lessons: &[Lesson],
    labels: LabelCount,
    options: &Options,
    old: Option<(i64, Vec<u8>)>,
) -> Result<Made, TrainError> {
    let all = lessons.iter().map(|one| Label { request: one.request, text: &one.text, code: one.code });
    let Split { teaching, taught, examining } = split(&all.collect::<Vec<_>>(), HELD_BACK);
    let new = classify::train(&teaching, options, SEED)?;
    let old = old.and_then(|(version, bytes)| Some((version, Model::from_bytes(&bytes).ok()?)));
    let compared = old.as_ref().map(|(version, old)| (*version, compare(old, &new, &examining)));
    let accepted = compared.as_ref().is_none_or(|(_, comparison)| comparison.new_takes_over());
    let quality = evaluate(&new, &examining);
    let metrics = metrics(&new, labels, (taught, examining.len()), quality, compared);
    Ok(Made { bytes: new.to_bytes(), accepted, metrics })
}

fn metrics(
    model: &Model,
    labels: LabelCount,
    (taught, examined): (usize, usize),
    quality: Quality,
    compared: Option<(i64, Comparison)>,
) -> Metrics {
    let answered = counted(quality.answered, examined);
    Metrics {
        labels,
        types: model
            .types()
            .iter()
            .map(|known| TypeLabels { kind: known.code.clone(), labels: known.labels })
            .collect(),
        stories: u32::try_from(taught).unwrap_or(u32::MAX),
        held_back: u32::try_from(examined).unwrap_or(u32::MAX),
        accuracy: measured(counted(quality.accuracy, examined), examined),
        macro_f1: quality.macro_f1,
        answered: measured(answered, examined),
        precision: measured(counted(quality.precision, answered), answered),
        calibration_error: quality.calibration_error,
        threshold: model.threshold().map(f64::from),
        comparison: compared.map(|(previous, c)| ComparisonView {
            previous,
            labels: u32::try_from(c.labels).unwrap_or(u32::MAX),
            previous_accuracy: c.old.accuracy,
            accuracy: c.new.accuracy,
            only_previous: u32::try_from(c.only_old).unwrap_or(u32::MAX),
            only_new: u32::try_from(c.only_new).unwrap_or(u32::MAX),
            p_value: c.p_value,
        }),
    }
}

/// How many of `whole` a share stands for.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share, from 0 to 1, of at most some thousands"
)]
fn counted(share: f64, whole: usize) -> usize {
    (share * whole as f64).round() as usize
}

fn measured(part: usize, whole: usize) -> Option<MeasuredShare> {
    let found = share(u64::try_from(part).ok()?, u64::try_from(whole).ok()?)?;
    let (low, high) = (found.interval.low, found.interval.high);
    Some(MeasuredShare {
        part: found.part,
        whole: found.whole,
        share: found.share,
        low,
        high,
        small: found.small,
    })
}

/// Keeps what came of training and ends the job, in one unit.
async fn end(desk: &Desk, claim: Claimed, attempt: Attempt, made: Option<(i64, Made)>) -> Result<(), Error> {
    let text = serde_json::to_string(&attempt).map_err(|_| Error::Inconsistent("json"))?;
    let new = match made {
        Some((version, made)) => {
            let metrics = serde_json::to_string(&made.metrics).map_err(|_| Error::Inconsistent("json"))?;
            let row = ModelRow { version, made_at: Time(attempt.at), accepted: made.accepted, metrics };
            tracing::info!(version, accepted = row.accepted, "a model of types was trained");
            Some((row, made.bytes))
        }
        None => None,
    };
    desk.store()
        .write(Lane::Background, 0, move |tx| {
            if let Some((row, bytes)) = &new {
                model::insert(tx, row, bytes)?;
                model::trim(tx, KEPT)?;
            }
            setting::put(tx, ATTEMPT, &text)?;
            job::complete(tx, &claim).map_err(Error::from)
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson(request: i64, characters: usize, by_agent: bool) -> Lesson {
        Lesson { request, text: "字".repeat(characters), code: "swap", by_agent }
    }

    #[test]
    fn customers_choices_take_no_room_from_what_agents_settled() {
        let mut lessons = Lessons::new();
        for request in 0..2_500 {
            lessons.add(lesson(request, 2_000, false));
        }
        // Further back than as many characters of customers' texts as there is room for.
        for request in 2_500..3_000 {
            lessons.add(lesson(request, 2_000, true));
        }
        assert!(!lessons.is_full());
        let all = lessons.together();
        let agents = all.iter().filter(|lesson| lesson.by_agent).count();
        assert_eq!((agents, all.len()), (500, ROOM / 2_000));
        assert!(all.iter().map(|lesson| lesson.text.chars().count()).sum::<usize>() <= ROOM);
    }

    #[test]
    fn there_are_no_more_than_can_be_learned_from() {
        let mut lessons = Lessons::new();
        for request in 0..i64::try_from(MOST_LABELS).unwrap() {
            lessons.add(lesson(request, 1, request % 2 == 0));
            lessons.add(lesson(-request, 1, request % 2 == 1));
        }
        assert!(lessons.is_full());
        let all = lessons.together();
        assert_eq!((all.len(), all.iter().all(|lesson| lesson.by_agent)), (MOST_LABELS, true));
    }
}
