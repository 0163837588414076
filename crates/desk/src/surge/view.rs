//! What people see of the level: what it is, why, what is done, and what was.

use serde::Serialize;
use standfast_domain::{AgentId, Language, Level, Permission, SurgeCause, SurgeChangeId, SurgeId, Time};
use standfast_store::surge::{self as stored, ChangeRow, SurgeRow};
use utoipa::ToSchema;

use super::level::{Measured, SurgeHold, read, read_plan};
use super::plan::{SurgeActions, SurgePlan, SurgeText};
use super::signal::{self, SignalView};
use super::watch::measure;
use crate::{AgentCaller, Asks, Desk, Error, words};

/// Changes that are shown.
const CHANGES: i64 = 60;
/// Surges that are shown.
const SURGES: i64 = 30;

/// The level, what is done at each, and what was.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SurgeView {
    /// The level that is acted on.
    pub level: Level,
    /// Since when.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Time>,
    /// The level by what is seen, whatever is held.
    pub seen: Level,
    /// The level that somebody holds.
    pub hold: Option<SurgeHold>,
    /// What is seen at this moment. The level follows what is seen each minute.
    pub measured: Measured,
    /// Version of the plan, 0 where nobody has chosen one; whoever changes it says which one they have seen.
    pub version: i64,
    /// The plan in force.
    pub plan: SurgePlan,
    /// Those who are there and kept for assets at risk now.
    #[schema(value_type = Vec<String>)]
    pub reserved: Vec<AgentId>,
    /// The latest figures of other systems.
    pub signals: Vec<SignalView>,
    /// The latest changes, the latest first.
    pub changes: Vec<SurgeChangeView>,
    /// Surges, the latest first.
    pub surges: Vec<SurgeSummary>,
}

/// A change of the level, or of what a person decided about it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SurgeChangeView {
    /// Id.
    #[schema(value_type = String)]
    pub id: SurgeChangeId,
    /// The surge that it belongs to; null for what a person decided while there was none.
    #[schema(value_type = Option<String>)]
    pub surge_id: Option<SurgeId>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// `moved` by what was seen, `held` or `released` by a person, `expired` when the time of a hold was over.
    #[schema(example = "moved")]
    pub kind: String,
    /// The level before.
    pub from: Level,
    /// The level after.
    pub to: Level,
    /// What spoke for it.
    pub causes: Vec<SurgeCause>,
    /// The load then; null when unknown.
    pub load: Option<f64>,
    /// How many waited.
    pub waiting: i64,
    /// How many people were there to answer.
    pub present: i64,
    /// Who decided it.
    #[schema(value_type = Option<String>)]
    pub agent_id: Option<AgentId>,
    /// Why, in their words.
    pub reason: String,
    /// Until when it is held.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Time>,
}

impl From<ChangeRow> for SurgeChangeView {
    fn from(row: ChangeRow) -> Self {
        Self {
            id: row.id,
            surge_id: row.surge_id,
            at: row.at,
            kind: row.kind,
            from: row.from,
            to: row.to,
            causes: row.causes.split(',').filter_map(SurgeCause::parse).collect(),
            load: row.load,
            waiting: row.waiting,
            present: row.present,
            agent_id: row.agent_id,
            reason: row.reason,
            until: row.until,
        }
    }
}

/// A surge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SurgeSummary {
    /// Id.
    #[schema(value_type = String)]
    pub id: SurgeId,
    /// When it left the normal level.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Time,
    /// When it was back there.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Time>,
    /// Its highest level.
    pub peak: Level,
}

impl From<SurgeRow> for SurgeSummary {
    fn from(row: SurgeRow) -> Self {
        Self { id: row.id, started_at: row.started_at, ended_at: row.ended_at, peak: row.peak }
    }
}

/// What a customer would read, and what else would be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SurgePreview {
    /// On every page and in the widget.
    pub notice: Option<SurgeText>,
    /// Before the form.
    pub help: Option<SurgeText>,
    /// What somebody is told who has just written.
    pub receipt: SurgeText,
    /// The name of the team that gets what comes in.
    pub team: Option<String>,
    /// The names of those who are called out.
    pub called: Vec<String>,
}

/// The level, what is done at each, and what was.
pub async fn surge_view(desk: &Desk, caller: &AgentCaller) -> Result<SurgeView, Error> {
    caller.require(Permission::ReadRequests)?;
    let read = desk.store().read(|rd| {
        let standing = read(rd)?.standing;
        let (version, plan) = read_plan(rd)?;
        let past = (stored::list_changes(rd, CHANGES)?, stored::list(rd, SURGES)?);
        Ok::<_, Error>((standing, version, plan, signal::list(rd)?, past))
    });
    let (standing, version, plan, signals, (changes, surges)) = read.await?;
    Ok(SurgeView {
        level: standing.level,
        since: standing.since,
        seen: standing.course.level(),
        hold: standing.hold,
        measured: measure(desk, &plan, desk.now()),
        version,
        plan,
        reserved: desk.surge().people.read().reserved.iter().copied().collect(),
        signals,
        changes: changes.into_iter().map(SurgeChangeView::from).collect(),
        surges: surges.into_iter().map(SurgeSummary::from).collect(),
    })
}

/// What would be read of these actions by somebody who writes now.
pub(super) fn preview(
    desk: &Desk,
    actions: &SurgeActions,
    level: Level,
    team: Option<String>,
    called: Vec<String>,
) -> SurgePreview {
    let in_both = |make: &dyn Fn(Language) -> Option<String>| {
        let both = Language::ALL.map(make);
        both.iter()
            .all(Option::is_some)
            .then(|| SurgeText::made(|language| make(language).unwrap_or_default()))
    };
    let asks =
        Asks { channel: None, language: None, closed: Some(std::time::Duration::ZERO), now: desk.now() };
    let waiting = desk.board().waiting(asks);
    let place = (waiting.count + 1).to_string();
    SurgePreview {
        notice: in_both(&|language| actions.notice(level, language)),
        help: in_both(&|language| actions.help(language, None)),
        receipt: SurgeText::made(|language| {
            let usual = words(language, "receipt.next.queue", &[("place", &place)]);
            let within = actions.promise_hours.map(|hours| std::time::Duration::from_hours(u64::from(hours)));
            let said = actions.receipt(language, None, within).map(|said| said.line(language));
            crate::receipt::followed(language, usual, said)
        }),
        team,
        called,
    }
}
