//! What the desk does when more ask than it can answer: levels, what is done at each, and who decides.
//!
//! ```text
//! queue, people, handling times, alarms -> watch: one process, by lease, each minute -> level (pure: domain::surge)
//!                                       -> change, surge; job surge_mail -> people called out
//! every process: follow -> Surge in memory -> banner, receipts, help before the form, team, what pauses
//!                                    -> of the people who are there, those who are kept for assets at risk (domain::lane)
//! people: plan (shown beforehand), hold a level, let go of it
//! ```
//!
//! Whoever asks for help is never refused, and assets at risk go first at every level: nothing here touches them.

mod calendar;
mod call;
mod level;
mod peak;
mod plan;
mod report;
mod signal;
mod view;
mod watch;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use standfast_domain::{AgentId, Language, Level, Permission, RequestId, Reserve, TeamId, Time, Wait};
use standfast_guard::{Context, screen};
use standfast_store::surge::{self as stored, PlanRow};
use standfast_store::{Lane, Rd, Tx, agent};

use crate::draft::{plain, says_nothing};
use crate::{AgentCaller, Desk, Error};

pub use calendar::{PeaksFeed, PeaksRead, peaks_calendar, peaks_feed, read_peaks, renew_peaks_feed};
pub use call::{CallOut, SURGE_MAIL};
pub use level::{Measured, SurgeHold};
pub use peak::{Peak, PeakKind, PeakSize, Peaks, surge_peaks};
pub use plan::{SurgeActions, SurgeExpected, SurgePlan, SurgeSignal, SurgeTeam, SurgeText, SurgeWords};
pub use report::{SurgePoint, SurgePromises, SurgeReport, SurgeType, surge_report};
pub use signal::{SignalCommand, SignalView, tell_signal};
pub use view::{SurgeChangeView, SurgePreview, SurgeSummary, SurgeView, surge_view};
pub use watch::watch_surge;

pub(crate) use level::read_plan;
pub(crate) use peak::next as next_peak;

use level::{Marks, Why, read, write};
use watch::{kept, measure};

/// How soon a process hears of what another one has written.
const EVERY: Duration = Duration::from_secs(1);
/// Longest reason, in characters.
const REASON: usize = 300;
/// The longest that a level is held.
const LONGEST: Duration = Duration::from_hours(24);
/// How often a decision is tried again when a look came between.
const TRIES: usize = 4;

/// The level and what is done at it, as this process knows them.
#[derive(Debug, Default)]
pub struct Surge {
    now: RwLock<Arc<InForce>>,
    people: RwLock<People>,
}

#[derive(Clone, Debug, Default)]
struct InForce {
    level: Level,
    since: Option<Time>,
    actions: SurgeActions,
    reserve: Reserve,
}

/// Who is there to answer, and who of them is kept for assets at risk.
#[derive(Debug, Default)]
struct People {
    present: BTreeSet<AgentId>,
    reserved: BTreeSet<AgentId>,
}

impl Surge {
    /// The level, and since when it is that.
    #[must_use]
    pub fn level(&self) -> (Level, Option<Time>) {
        let now = self.now.read();
        (now.level, now.since)
    }

    /// What stands on every page and in the widget; nothing where it is not told.
    #[must_use]
    pub fn notice(&self, language: Language) -> Option<String> {
        let now = self.now.read();
        now.actions.notice(now.level, language)
    }

    /// The known answer, where it stands before the form; `kind` is the type that was chosen, if one was.
    #[must_use]
    pub fn help(&self, language: Language, kind: Option<&str>) -> Option<String> {
        self.now.read().actions.help(language, kind)
    }

    /// Whether scheduled reports wait.
    #[must_use]
    pub fn pauses_reports(&self) -> bool {
        self.now.read().actions.pause_reports
    }

    /// Whether nobody is asked a second time.
    pub(crate) fn pauses_asking(&self) -> bool {
        self.now.read().actions.pause_asking
    }

    /// What a receipt for a request of this type says besides the place in line; `within` is what was promised.
    #[must_use]
    pub fn receipt(&self, language: Language, kind: &str, within: Option<Duration>) -> Option<SurgeWords> {
        self.now.read().actions.receipt(language, Some(kind), within)
    }

    /// Within how long an answer is promised to somebody who begins to wait now: the hours of the plan, or as many as it is
    /// expected to take, where that is longer.
    pub(crate) fn promise(&self, expected: Option<Wait>) -> Option<Duration> {
        let chosen = self.now.read().actions.promise_hours?;
        let likely = expected.map_or(0, |wait| wait.high_seconds.div_ceil(3_600));
        Some(Duration::from_hours(u64::from(chosen.max(likely))))
    }

    /// Whether somebody is kept for assets at risk now.
    #[must_use]
    pub fn is_reserved(&self, agent: AgentId) -> bool {
        self.people.read().reserved.contains(&agent)
    }

    /// Who is there to answer, as the sockets of this process know it.
    pub(crate) fn present(&self) -> BTreeSet<AgentId> {
        self.people.read().present.clone()
    }

    /// Of those, who take anything that comes: the others are kept for assets at risk.
    pub(crate) fn free(&self) -> BTreeSet<AgentId> {
        let people = self.people.read();
        people.present.difference(&people.reserved).copied().collect()
    }

    /// The team that gets a request of this type.
    pub(crate) fn team_for(&self, kind: &str) -> Option<TeamId> {
        self.now.read().actions.team_for(kind)
    }
}

/// Within how long everybody who waits should be answered, by the plan in force.
pub(crate) fn within(rd: &mut Rd) -> Result<Duration, Error> {
    let (_, plan) = read_plan(rd)?;
    Ok(Duration::from_mins(u64::from(plan.within_minutes)))
}

/// Reads the level and what is done at it.
pub(crate) async fn refresh(desk: &Desk) -> Result<(), Error> {
    let read = desk.store().read(|rd| Ok::<_, Error>((read(rd)?.standing, read_plan(rd)?.1)));
    let (standing, plan) = read.await?;
    let now = InForce {
        level: standing.level,
        since: standing.since,
        actions: plan.at(standing.level).cloned().unwrap_or_default(),
        reserve: plan.reserve.at(standing.level).clone(),
    };
    let before = std::mem::replace(&mut *desk.surge().now.write(), Arc::new(now));
    reserve(desk, None);
    if before.level != standing.level {
        let (from, to) = (before.level.as_str(), standing.level.as_str());
        tracing::info!(from, to, "the level changed");
        desk.shared.status.forget();
    }
    Ok(())
}

/// Chooses who is kept for assets at risk: of those who are there now, or of those who were when nobody says who is.
pub(crate) fn reserve(desk: &Desk, present: Option<&BTreeSet<AgentId>>) {
    let now = desk.surge().now.read().clone();
    let mut people = desk.surge().people.write();
    if let Some(present) = present {
        people.present.clone_from(present);
    }
    people.reserved = now.reserve.of(&people.present);
    desk.board().set_reserved(u32::try_from(people.reserved.len()).unwrap_or(u32::MAX));
}

/// Keeps what this process knows of the level current, for as long as it runs: one process looks, all of them act.
pub async fn follow_surge(desk: Desk) {
    loop {
        if let Err(error) = refresh(&desk).await {
            tracing::debug!(%error, "the level could not be read");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Chooses what is done at each level, from now on. `version` is the one that was seen; 0 where nobody has chosen yet.
pub async fn choose_surge_plan(
    desk: &Desk,
    caller: &AgentCaller,
    version: i64,
    plan: SurgePlan,
) -> Result<SurgeView, Error> {
    caller.require(Permission::ManageSurge)?;
    let (agent_id, created_at) = (caller.id, desk.now());
    let unit = move |tx: &mut Tx| {
        let known = stored::find_plan(tx)?.map_or(0, |row| row.version);
        let outdated = |version| Error::OutdatedVersion { version };
        if known != version {
            return Err(outdated(known));
        }
        let plan = plan.clone().checked(tx)?.stored()?;
        let row = PlanRow { version: version + 1, plan, agent_id, created_at };
        if stored::insert_plan(tx, &row)? { Ok(()) } else { Err(outdated(row.version)) }
    };
    desk.store().write(Lane::Ordinary, 0, unit).await?;
    tracing::info!(agent = %agent_id, version = version + 1, "the surge plan was changed");
    refresh(desk).await?;
    surge_view(desk, caller).await
}

/// Holds a level, whatever is seen, until a time. What somebody else holds is replaced only by whoever has seen it: `replaces` is
/// until when that is held.
pub async fn hold_surge(
    desk: &Desk,
    caller: &AgentCaller,
    level: Level,
    until: Time,
    reason: &str,
    replaces: Option<Time>,
) -> Result<SurgeView, Error> {
    caller.require(Permission::ManageSurge)?;
    let now = desk.now();
    if until <= now || until.since(now) > LONGEST {
        return Err(Error::invalid("until", "out_of_range"));
    }
    let hold = SurgeHold { level, until, agent_id: caller.id, reason: reason_of(reason)? };
    decide(desk, Why::Held(hold), replaces, now).await?;
    surge_view(desk, caller).await
}

/// Lets go of a level that is held: from now on it is again what is seen. `replaces` as in [`hold_surge`].
pub async fn release_surge(
    desk: &Desk,
    caller: &AgentCaller,
    reason: &str,
    replaces: Option<Time>,
) -> Result<SurgeView, Error> {
    caller.require(Permission::ManageSurge)?;
    decide(desk, Why::Released(caller.id, reason_of(reason)?), replaces, desk.now()).await?;
    surge_view(desk, caller).await
}

/// A reason as it is kept: said in a line, and without secrets.
fn reason_of(reason: &str) -> Result<String, Error> {
    let reason = plain(reason.trim()).replace(['\n', '\t'], " ");
    if says_nothing(&reason) {
        return Err(Error::invalid("reason", "missing"));
    }
    if reason.chars().count() > REASON {
        return Err(Error::invalid("reason", "too_long"));
    }
    Ok(screen(&reason, &Context::default()).text)
}

async fn decide(desk: &Desk, why: Why, replaces: Option<Time>, now: Time) -> Result<(), Error> {
    let (_, plan) = desk.store().read(read_plan).await?;
    let seen = measure(desk, &plan, now);
    for _ in 0..TRIES {
        let (why, marks) = (why.clone(), Marks::new(desk));
        let unit = move |tx: &mut Tx| {
            let held = read(tx)?;
            if matches!(why, Why::Released(..)) && held.standing.hold.is_none() {
                return Ok(());
            }
            if let Some(other) = held.standing.held_by_other(why.person(), now)
                && Some(other.until) != replaces
            {
                return Err(Error::HeldByOther(Box::new(other.clone())));
            }
            let (_, plan) = read_plan(tx)?;
            write(tx, held, &plan, &why, seen, marks).and_then(kept)
        };
        match desk.store().write(Lane::Ordinary, 0, unit).await {
            Err(Error::OutdatedVersion { .. }) => {}
            result => {
                result?;
                return refresh(desk).await;
            }
        }
    }
    Err(Error::Inconsistent("the level was written by others again and again"))
}

/// What a customer would read at a level of a plan that is not in force yet, and what else would be done.
pub async fn preview_surge(
    desk: &Desk,
    caller: &AgentCaller,
    plan: SurgePlan,
    level: Level,
) -> Result<SurgePreview, Error> {
    caller.require(Permission::ManageSurge)?;
    let read = desk.store().read(move |rd| {
        let plan = plan.clone().checked(rd)?;
        let actions = plan.at(level).cloned().unwrap_or_default();
        let teams = agent::list_teams(rd)?;
        let team =
            actions.team.as_ref().and_then(|team| teams.into_iter().find(|(id, _)| *id == team.team_id));
        let mut people = Vec::new();
        for id in &actions.call_out {
            people.extend(agent::find(rd, *id)?.map(|row| row.name));
        }
        Ok::<_, Error>((actions, team.map(|(_, name)| name), people))
    });
    let (actions, team, people) = read.await?;
    Ok(view::preview(desk, &actions, level, team, people))
}

/// By when an answer was promised to the customer of a request who waits since a time; nothing where it was not.
pub async fn promised_by(
    desk: &Desk,
    request: RequestId,
    waiting_since: Option<Time>,
) -> Result<Option<Time>, Error> {
    let Some(since) = waiting_since else { return Ok(None) };
    desk.store().read(move |rd| stored::find_promise(rd, request, since).map_err(Error::from)).await
}

/// Whoever is to be called out, as they are now: address, language, name; nobody who has left.
pub async fn called_out(
    desk: &Desk,
    agents: Vec<AgentId>,
) -> Result<Vec<(AgentId, String, Language)>, Error> {
    let read = desk.store().read(move |rd| {
        let mut found = Vec::new();
        for id in &agents {
            let row = agent::find(rd, *id)?.filter(|row| row.disabled_at.is_none());
            found.extend(row.map(|row| (row.id, row.email, row.language)));
        }
        Ok::<_, Error>(found)
    });
    read.await
}

#[cfg(test)]
mod tests;
