//! Watching: one process of a desk, by lease, looks at each minute once it is over.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use standfast_domain::{RequestId, Time, Unlike};
use standfast_insight::{Arrivals, Error as FactsError, Facts, Insight};
use standfast_science::burst::LEAST_AUTHORS;
use standfast_store::alarm as stored;
use standfast_store::{Lane, lease, setting};
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::record::{end, go_on, raise, read_known};
use super::series::{Alike, COURSE, DAY, Finding, Known, LATELY, Risen, Series, USUAL, WEEK, describe};
use super::view::WatchState;
use super::words::{FRESH, REMEMBERED, Wordings};
use super::{WATCH, record};
use crate::{Desk, Error, timetable};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(5);
/// After a failure.
const RECOVER: Duration = Duration::from_secs(30);
/// Name and length of the lease.
const LEASE: (&str, Duration) = ("alarms", Duration::from_mins(1));
/// A minute is looked at so long after its end: what came in it is among the facts then, and has its type.
const SETTLE: Duration = Duration::from_secs(15);
/// Weeks of the past that are learned from: three until there is an expectation, the others for the threshold.
const PAST: i64 = 12 * WEEK;
/// What is kept of it: what is usual beside an alarm that has gone on for as long as one can.
const RECENT: i64 = USUAL + COURSE + DAY;
/// An alarm that is over explains what rises again soon after.
const AFTER: Duration = Duration::from_hours(2);
/// An incident without an end explains so much.
const INCIDENT: i64 = DAY / 2;
/// Most words that are read in one look at the store.
const WORDS: usize = 256;

/// How the desk watches, as every process can read it.
#[derive(Serialize, Deserialize)]
pub(super) struct Watch {
    pub(super) state: WatchState,
    pub(super) series: u32,
    pub(super) weeks: f64,
}

/// Watches for as long as the desk runs, until `stop` changes. `insight` keeps the facts.
pub async fn watch_alarms(desk: Desk, insight: Insight, mut stop: watch::Receiver<bool>) {
    if !desk.settings().alarms.watch {
        return;
    }
    let mut watcher = Watcher::new(desk.clone(), insight);
    while !*stop.borrow() {
        let pause = match watcher.turn().await {
            Ok(()) => PAUSE,
            Err(error) => {
                tracing::warn!(%error, "alarms could not be looked for");
                RECOVER
            }
        };
        let _ = tokio::time::timeout(pause, stop.changed()).await;
    }
    let holder = watcher.holder;
    let released =
        desk.store().write(Lane::Background, 0, move |tx| lease::release(tx, LEASE.0, holder)).await;
    if let Err(error) = released as Result<(), standfast_store::Error> {
        tracing::debug!(%error, "the lease of alarms was not given up");
    }
}

/// Whoever watches.
pub(super) struct Watcher {
    desk: Desk,
    insight: Insight,
    holder: i64,
    /// What was learned, while this process has the lease.
    learned: Option<Learned>,
}

pub(super) struct Learned {
    arrivals: Arc<Arrivals>,
    pub(super) series: Series,
    wordings: Wordings,
    /// Names of the watched values, to notice when the facts number them anew.
    names: Vec<String>,
    day: i64,
    /// What rose when it was learned.
    risen: Vec<Risen>,
}

impl Watcher {
    pub(super) fn new(desk: Desk, insight: Insight) -> Self {
        let holder = desk.id();
        Self { desk, insight, holder, learned: None }
    }

    /// One look: at all minutes that are over by now and were not looked at.
    pub(super) async fn turn(&mut self) -> Result<(), Error> {
        let (now, holder) = (self.desk.now(), self.holder);
        let held = self.desk.store().write(Lane::Background, 0, move |tx| {
            lease::hold(tx, LEASE.0, holder, now, now.plus(LEASE.1)).map_err(Error::from)
        });
        if !held.await? {
            self.learned = None;
            return Ok(());
        }
        let until = now.minus(SETTLE).0.div_euclid(60_000_000);
        let Some((mut learned, risen)) = self.look(until).await? else { return Ok(()) };
        let done = self.act(&mut learned, risen, now).await;
        self.learned = Some(learned);
        done
    }

    /// The minutes up to `until`, and what rose in them; nothing when they were looked at, or the facts are not there.
    pub(super) async fn look(&mut self, until: i64) -> Result<Option<(Learned, Vec<Risen>)>, Error> {
        let facts = match self.insight.facts() {
            Ok(facts) => facts,
            Err(FactsError::Loading { .. }) => return Ok(None),
            Err(_) => return Err(Error::Inconsistent("facts")),
        };
        if self.learned.as_ref().is_some_and(|learned| learned.series.next >= until) {
            return Ok(None);
        }
        let day = until.div_euclid(DAY);
        let unlike = self.unlike(day);
        let recent = gather(facts.clone(), until, RECENT).await?;
        let arrivals = &recent;
        let holds = |known: &Learned| {
            let is_named_so = known.names == names_of(known.series.segments(), arrivals);
            known.day == day && is_named_so && known.series.unlike() == unlike
        };
        let known = self.learned.take().filter(holds);
        let mut learned = match known {
            Some(mut known) => {
                known.risen = known.series.replay(&recent.rows, until);
                known
            }
            None => self.learn(gather(facts, until, PAST).await?, until, day, unlike).await?,
        };
        learned.arrivals = recent;
        let risen = std::mem::take(&mut learned.risen);
        Ok(Some((learned, risen)))
    }

    /// Holidays and the like of the weeks that are learned from and of the day: it learns anew when one is entered for them.
    fn unlike(&self, day: i64) -> Vec<Unlike> {
        let (from, until) = (record::time_of(day * DAY - PAST), record::time_of((day + 1) * DAY));
        timetable(&self.desk).unlike(from, until)
    }

    async fn learn(
        &self,
        arrivals: Arc<Arrivals>,
        until: i64,
        day: i64,
        unlike: Vec<Unlike>,
    ) -> Result<Learned, Error> {
        let since = record::time_of(until - PAST);
        let incidents =
            self.desk.store().read(move |rd| stored::list_incidents(rd, since).map_err(Error::from)).await?;
        let minute = |time: Time| time.0.div_euclid(60_000_000);
        let explained: Vec<(i64, i64)> = incidents
            .into_iter()
            .map(|(from, to)| (minute(from), to.map_or(minute(from) + INCIDENT, minute)))
            .collect();
        let begun = self.desk.clock().monotonic();
        let rate = self.desk.settings().alarms.false_a_week;
        let learning = spawn_blocking(move || {
            let (series, risen) = Series::learn(&arrivals.rows, until, rate, &explained, unlike);
            let wordings = Wordings::new(&arrivals.rows, until, rate);
            let names = names_of(series.segments(), &arrivals);
            Learned { arrivals, series, wordings, names, day, risen }
        });
        let learned = learning.await.map_err(|_| Error::Inconsistent("learning ended early"))?;
        let took = self.desk.clock().monotonic().saturating_sub(begun);
        let series = u32::try_from(learned.series.len()).unwrap_or(u32::MAX);
        tracing::info!(series, ?took, "what is usual was learned");
        let state = if learned.series.is_learning() { WatchState::Learning } else { WatchState::Watching };
        let watch = Watch { state, series, weeks: learned.series.calibration.weeks };
        let watch = serde_json::to_string(&watch).map_err(|_| Error::Inconsistent("json"))?;
        self.desk
            .store()
            .write(Lane::Background, 0, move |tx| setting::put(tx, WATCH, &watch).map_err(Error::from))
            .await?;
        Ok(learned)
    }

    /// Raises what is new, and writes how the others go on.
    pub(super) async fn act(&self, learned: &mut Learned, risen: Vec<Risen>, now: Time) -> Result<(), Error> {
        let (mut alarms, earlier) = self.known(&learned.arrivals, now).await?;
        learned.series.past = alarms.iter().map(|(_, known)| known).chain(&earlier).cloned().collect();
        // Words first: what joins an alarm of such words is explained by it, whatever else rises.
        let bursts = self.read_words(learned, &mut alarms).await?;
        let beside = |known: &[Known]| [known, &earlier].concat();
        let mut known: Vec<Known> = alarms.iter().map(|(_, known)| known.clone()).collect();
        // What was raised or widened in this look can turn out to be a part of what is found next.
        let mut raised: Vec<(stored::AlarmRow, Known)> = Vec::new();
        // The largest first: it explains the others. What rose in one series has one cause, so that there are no more of them.
        for _ in 0..risen.len() {
            let Some(finding) = largest(&learned.series, &risen, &learned.arrivals, &known) else { break };
            let is_part = |(_, known): &mut (stored::AlarmRow, Known)| finding.contains(known);
            let mut parts: Vec<_> =
                alarms.extract_if(.., is_part).chain(raised.extract_if(.., is_part)).collect();
            known.retain(|known| !finding.contains(known));
            let part = (!parts.is_empty()).then(|| parts.remove(0));
            for other in parts {
                end(&self.desk, &learned.arrivals, &learned.series, other, &beside(&known)).await?;
            }
            let found =
                raise(&self.desk, &learned.arrivals, &learned.series, finding, part, &beside(&known)).await?;
            known.push(found.1.clone());
            raised.push(found);
        }
        for burst in bursts {
            let Some(finding) = describe(&learned.arrivals.rows, &burst, &known, &learned.series.past) else {
                continue;
            };
            let found =
                raise(&self.desk, &learned.arrivals, &learned.series, finding, None, &beside(&known)).await?;
            known.push(found.1.clone());
            raised.push(found);
        }
        for (place, alarm) in alarms.iter().enumerate() {
            let others =
                alarms.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, other)| other);
            let others: Vec<Known> = others.chain(&raised).map(|(_, known)| known.clone()).collect();
            go_on(&self.desk, &learned.arrivals, &learned.series, alarm.clone(), &beside(&others)).await?;
        }
        Ok(())
    }

    /// The alarms that go on or were over lately, and those of the last days that were over before: they explain nothing new, but
    /// what they explained is not counted again where something wider goes on, and is not usual.
    async fn known(
        &self,
        arrivals: &Arc<Arrivals>,
        now: Time,
    ) -> Result<(Vec<(stored::AlarmRow, Known)>, Vec<Known>), Error> {
        let arrivals = arrivals.clone();
        let lately = now.minus(AFTER);
        let since = now.minus(Duration::from_mins((LATELY + COURSE).unsigned_abs()));
        let known = self.desk.store().read(move |rd| read_known(rd, &arrivals, since)).await?;
        let (lately, past): (Vec<_>, Vec<_>) =
            known.into_iter().partition(|(row, _)| row.ended_at.is_none_or(|ended| ended > lately));
        Ok((lately, past.into_iter().map(|(_, known)| known).collect()))
    }

    /// Reads the words of rare types that came since the last look, and finds those that are alike. What is like the requests
    /// of an alarm of such words is one of them.
    async fn read_words(
        &self,
        learned: &mut Learned,
        alarms: &mut [(stored::AlarmRow, Known)],
    ) -> Result<Vec<Alike>, Error> {
        let until = learned.series.next;
        let new = super::series::span(&learned.arrivals.rows, learned.wordings.next, until);
        let rare: Vec<_> = new.iter().filter(|row| learned.wordings.is_rare(row)).copied().collect();
        let skipped = rare.len().saturating_sub(REMEMBERED);
        let rare = rare.get(skipped..).unwrap_or_default();
        let mut bursts: Vec<Alike> = Vec::new();
        for some in rare.chunks(WORDS) {
            let ids: Vec<_> = some.iter().map(|row| row.id).collect();
            let words = self.desk.store().read(move |rd| {
                ids.into_iter().map(|id| stored::find_words(rd, id)).collect::<Result<Vec<_>, _>>()
            });
            for (row, words) in some.iter().zip(words.await?) {
                let Some(burst) = words.and_then(|words| learned.wordings.observe(row, &words)) else {
                    continue;
                };
                let at = super::series::minute_of(row.second);
                if at < until - FRESH || learned.series.is_learning() {
                    continue;
                }
                let mut alike: Vec<_> = burst.requests.iter().map(|id| RequestId(*id)).collect();
                if is_one_of(&alike, at, alarms, &mut bursts) {
                    continue;
                }
                if burst.goes_on {
                    // Of an alarm that is over, or of none so far: as many as make one are told anew.
                    alike.retain(|id| !is_told(*id, alarms));
                    if alike.len() < LEAST_AUTHORS {
                        continue;
                    }
                }
                bursts.push(Alike {
                    requests: alike,
                    since: burst.since,
                    until: at + 1,
                    expected: burst.expected,
                    score: burst.score,
                });
            }
        }
        learned.wordings.next = until;
        Ok(bursts)
    }
}

/// Whether some requests with like words belong to an alarm of such words that goes on, or was found just now; the last of them, which
/// is new, belongs to it from now on.
fn is_one_of(
    alike: &[RequestId],
    at: i64,
    alarms: &mut [(stored::AlarmRow, Known)],
    bursts: &mut [Alike],
) -> bool {
    let Some((new, before)) = alike.split_last() else { return false };
    if let Some(burst) = bursts.iter_mut().find(|one| before.iter().any(|id| one.requests.contains(id))) {
        burst.requests.push(*new);
        burst.until = at + 1;
        return true;
    }
    let open = alarms.iter_mut().filter(|(_, known)| known.ended.is_none());
    for requests in open.filter_map(|(_, known)| known.requests.as_mut()) {
        if before.iter().any(|id| requests.contains(id)) {
            requests.insert(*new);
            return true;
        }
    }
    false
}

/// Whether a request belongs to an alarm of alike words, be it over.
fn is_told(request: RequestId, alarms: &[(stored::AlarmRow, Known)]) -> bool {
    let of_words = alarms.iter().filter_map(|(_, known)| known.requests.as_ref());
    of_words.into_iter().any(|requests| requests.contains(&request))
}

/// What came in so many minutes before `until`. What lies before requests came regularly does not say what is usual.
async fn gather(facts: Facts, until: i64, minutes: i64) -> Result<Arc<Arrivals>, Error> {
    let gathered = spawn_blocking(move || {
        let past = record::time_of(until - minutes);
        let from = facts.history(&[], &[]).map_or(past, |begins| begins.max(past));
        Arc::new(facts.arrivals(from, record::time_of(until)))
    });
    gathered.await.map_err(|_| Error::Inconsistent("arrivals"))
}

/// What has most requests too many, of what is not explained by known alarms.
fn largest(series: &Series, risen: &[Risen], arrivals: &Arrivals, known: &[Known]) -> Option<Finding> {
    let findings = risen.iter().filter_map(|one| series.judge(one, &arrivals.rows, known));
    findings.max_by(|a, b| a.excess().total_cmp(&b.excess()))
}

fn names_of(segments: &[standfast_science::surge::Segment], arrivals: &Arrivals) -> Vec<String> {
    let name = |segment: &standfast_science::surge::Segment| {
        serde_json::to_string(&record::scope_of(*segment, arrivals)).unwrap_or_default()
    };
    segments.iter().map(name).collect()
}
