//! Alarms: more requests than were to be expected, told within minutes.
//!
//! ```text
//! facts (insight) -> watch: one process, by lease -> series, words (pure: science) -> alarm, draft of an incident, requests
//!                                                 -> outbox -> consoles;   jobs alarm_notice -> webhook, alarm_mail -> mail
//! people: acknowledge, dismiss, confirm the incident
//! ```
//!
//! Everything that detection remembers is made anew from the facts, at each start and each day; only what was found is stored.

mod notice;
mod record;
mod series;
mod title;
mod view;
mod watch;
mod words;

use std::time::Duration;

use standfast_domain::{AlarmId, AlarmState, DismissReason, DriverKind, Permission, RequestId, Time};
use standfast_store::alarm::{self, AlarmRow};
use standfast_store::{Lane, Tx, driver, request, setting};

use crate::driver::{Checked, DriverCommand};
use crate::view::RequestSummary;
use crate::{AgentCaller, Desk, Error};

pub use notice::{ALARM_MAIL, Happened, Notice, Post, Posting, Recipient, Webhook};
pub use title::{AlarmTitle, alarm_name};
pub use view::{AlarmDetail, AlarmList, AlarmView, CoursePoint, WatchState, WatchView};
pub use watch::watch_alarms;

use notice::Due;
pub(crate) use notice::{KIND as NOTICE, give_notice};
use watch::Watch;

/// Most characters of a text that are compared.
const MOST_CHARACTERS: usize = 2_000;
/// Weeks over which false alarms are counted.
const COUNTED_WEEKS: u32 = 8;
/// Most alarms of one answer.
const MOST: i64 = 100;
/// Requests of an alarm that are shown.
const EXAMPLES: i64 = 50;
/// Setting that says how the desk watches.
const WATCH: &str = "alarms.watch";

/// What the operator decides of alarms.
#[derive(Clone, Debug)]
pub struct AlarmSettings {
    /// Whether the desk watches.
    pub watch: bool,
    /// False alarms a week that are bearable, over all series.
    pub false_a_week: f64,
    /// A system that is told.
    pub webhook: Option<Webhook>,
    /// People who are told by mail.
    pub recipients: Vec<Recipient>,
}

impl Default for AlarmSettings {
    fn default() -> Self {
        Self { watch: true, false_a_week: 1.0, webhook: None, recipients: Vec::new() }
    }
}

fn beginning(text: &str) -> &str {
    text.char_indices().nth(MOST_CHARACTERS).map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}

/// Alarms raised before `before`, the latest first, and how the desk watches.
pub async fn list_alarms(
    desk: &Desk,
    caller: &AgentCaller,
    before: Option<Time>,
) -> Result<AlarmList, Error> {
    caller.require(Permission::ReadRequests)?;
    let (before, now) = (before.unwrap_or(Time(i64::MAX)), desk.now());
    let since = now.minus(Duration::from_hours(24 * 7 * u64::from(COUNTED_WEEKS)));
    let (rows, going, (raised, false_alarms), watch) = desk
        .store()
        .read(move |rd| {
            let mut rows = Vec::new();
            for row in alarm::list(rd, before, MOST)? {
                let incident = driver::find(rd, row.driver_id)?;
                rows.push((row, incident));
            }
            let watch = setting::get(rd, WATCH)?;
            Ok::<_, Error>((rows, alarm::list_recent(rd, now)?, alarm::count_since(rd, since)?, watch))
        })
        .await?;
    let waits = |row: &&AlarmRow| matches!(row.state, AlarmState::Open | AlarmState::Acknowledged);
    let watch = watch.and_then(|text| serde_json::from_str::<Watch>(&text).ok());
    let settings = &desk.settings().alarms;
    let watch = watch.filter(|_| settings.watch);
    Ok(AlarmList {
        items: rows
            .into_iter()
            .map(|(row, incident)| view::view(&row, incident))
            .collect::<Result<_, _>>()?,
        waiting: u32::try_from(going.iter().filter(waits).count()).unwrap_or(u32::MAX),
        watch: WatchView {
            state: watch.as_ref().map_or(WatchState::Off, |watch| watch.state),
            series: watch.as_ref().map_or(0, |watch| watch.series),
            promised_a_week: settings.false_a_week,
            calibrated_weeks: watch.as_ref().map_or(0.0, |watch| watch.weeks),
            weeks: COUNTED_WEEKS,
            raised,
            false_alarms,
        },
    })
}

/// An alarm, with its latest requests.
pub async fn find_alarm(desk: &Desk, caller: &AgentCaller, id: AlarmId) -> Result<AlarmDetail, Error> {
    caller.require(Permission::ReadRequests)?;
    let (row, incident, requests) = desk
        .store()
        .read(move |rd| {
            let row = alarm::find(rd, id)?.ok_or(Error::NotFound)?;
            let incident = driver::find(rd, row.driver_id)?;
            let mut requests = Vec::new();
            for request in alarm::list_requests(rd, id, EXAMPLES)? {
                requests.extend(request::find(rd, request)?.map(|row| RequestSummary::new(&row)));
            }
            Ok::<_, Error>((row, incident, requests))
        })
        .await?;
    Ok(AlarmDetail { alarm: view::view(&row, incident)?, requests })
}

/// Somebody looks into it.
pub async fn acknowledge_alarm(desk: &Desk, caller: &AgentCaller, id: AlarmId) -> Result<AlarmView, Error> {
    caller.require(Permission::WorkRequests)?;
    decide(desk, caller, id, AlarmState::Acknowledged, None, None).await
}

/// It is nothing to act on, and why.
pub async fn dismiss_alarm(
    desk: &Desk,
    caller: &AgentCaller,
    id: AlarmId,
    reason: DismissReason,
) -> Result<AlarmView, Error> {
    caller.require(Permission::ManageDrivers)?;
    decide(desk, caller, id, AlarmState::Dismissed, Some(reason), None).await
}

/// It is an incident: the draft becomes what the command says, and an event like others.
pub async fn confirm_alarm(
    desk: &Desk,
    caller: &AgentCaller,
    id: AlarmId,
    command: &DriverCommand,
) -> Result<AlarmView, Error> {
    caller.require(Permission::ManageDrivers)?;
    if command.kind != DriverKind::Incident {
        return Err(Error::invalid("kind", "unknown"));
    }
    let checked = Checked::new(command, desk.now())?;
    decide(desk, caller, id, AlarmState::Incident, None, Some(checked)).await
}

async fn decide(
    desk: &Desk,
    caller: &AgentCaller,
    id: AlarmId,
    to: AlarmState,
    reason: Option<DismissReason>,
    incident: Option<Checked>,
) -> Result<AlarmView, Error> {
    let (agent, now) = (caller.id, desk.now());
    let notice = Due::new(desk, Happened::Decided, now);
    let row = desk
        .store()
        .write(Lane::Ordinary, id.0, move |tx| {
            let mut row = alarm::find(tx, id)?.ok_or(Error::NotFound)?;
            let from = row.state;
            if !from.may_become(to) {
                return Err(Error::AlarmDecided);
            }
            (row.state, row.agent_id, row.decided_at, row.reason) = (to, Some(agent), Some(now), reason);
            if !alarm::save_decision(tx, &row, from)? {
                return Err(Error::AlarmDecided);
            }
            let mut draft = driver::find(tx, row.driver_id)?.ok_or(Error::Inconsistent("draft"))?;
            match (to, &incident) {
                (AlarmState::Dismissed, _) => (draft.removed_at, draft.updated_at) = (Some(now), now),
                (AlarmState::Incident, Some(incident)) => {
                    incident.apply(&mut draft, now);
                    (draft.draft, draft.agent_id) = (false, Some(agent));
                }
                _ => {}
            }
            driver::save(tx, &draft)?;
            notice.enqueue(tx, id)?;
            tell(tx, &row, now)?;
            Ok(row)
        })
        .await?;
    tracing::info!(alarm = %id, agent = %agent, state = to.as_str(), "an alarm was decided");
    view::of(desk, row).await
}

/// Consoles hear of it as of everything else: by the outbox, with a request of the alarm.
fn tell(tx: &mut Tx, row: &AlarmRow, now: Time) -> Result<(), Error> {
    let requests = alarm::list_requests(tx, row.id, 1)?;
    let request: RequestId = *requests.first().ok_or(Error::Inconsistent("an alarm without requests"))?;
    let data = row.id.to_string();
    standfast_store::outbox::append(tx, request, 0, crate::record::change::ALARM, &data, now)
        .map_err(Error::from)
}

#[cfg(test)]
mod tests;
