//! Alarms as callers see them.

use serde::{Deserialize, Serialize};
use standfast_domain::{AgentId, AlarmId, AlarmKind, AlarmState, DismissReason, Scope, Time};
use standfast_store::alarm::AlarmRow;
use standfast_store::driver;
use utoipa::ToSchema;

use super::title::AlarmTitle;
use crate::driver::DriverView;
use crate::view::RequestSummary;
use crate::{Desk, Error};

/// Minutes of a point of a course.
pub(super) const STEP: i64 = 5;

/// Requests of five minutes.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, ToSchema)]
pub struct CoursePoint {
    /// How many came.
    pub observed: u32,
    /// How many were to be expected.
    pub expected: f64,
}

/// More requests than were to be expected.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct AlarmView {
    /// Id.
    #[schema(value_type = String)]
    pub id: AlarmId,
    /// How it was noticed.
    pub kind: AlarmKind,
    /// What people have made of it.
    pub state: AlarmState,
    /// Which requests, as narrowly as could be told; empty for all.
    pub segment: Scope,
    /// What it is called: the title of its incident until a person finds a better one.
    pub title: AlarmTitle,
    /// When the rise began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Time,
    /// When it was seen.
    #[schema(value_type = String, format = DateTime)]
    pub raised_at: Time,
    /// When it was looked at last.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Time,
    /// When it was over; null while it goes on.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Time>,
    /// Requests since it began.
    pub observed: i64,
    /// How many were to be expected in that time.
    pub expected: f64,
    /// `-log10` of the probability of what it was raised for.
    pub score: f64,
    /// Where the course begins.
    #[schema(value_type = String, format = DateTime)]
    pub course_from: Time,
    /// Observed and expected, every five minutes.
    pub course: Vec<CoursePoint>,
    /// The incident that it opened: a draft until somebody confirms it; null when the alarm was dismissed.
    pub incident: Option<DriverView>,
    /// Who decided last.
    #[schema(value_type = Option<String>)]
    pub agent_id: Option<AgentId>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Time>,
    /// Why it was dismissed.
    pub reason: Option<DismissReason>,
}

/// How the desk watches.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WatchState {
    /// The operator has turned it off, or it has not begun yet.
    Off,
    /// It has not seen three of each weekday yet.
    Learning,
    /// It watches.
    Watching,
}

/// What the desk promises of its alarms, and how it keeps to it.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct WatchView {
    /// How it watches.
    pub state: WatchState,
    /// Series that are watched.
    pub series: u32,
    /// False alarms a week that are promised, over all series.
    pub promised_a_week: f64,
    /// Weeks of the past that the threshold was chosen on; below two a strict one is used that was not.
    pub calibrated_weeks: f64,
    /// Weeks over which the next two are counted.
    pub weeks: u32,
    /// Alarms that were raised.
    pub raised: i64,
    /// Those of them that were dismissed as false alarms.
    pub false_alarms: i64,
}

/// Alarms.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct AlarmList {
    /// The latest first.
    pub items: Vec<AlarmView>,
    /// Those that go on and wait for somebody to decide.
    pub waiting: u32,
    /// How the desk watches.
    pub watch: WatchView,
}

/// An alarm with requests that belong to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AlarmDetail {
    /// The alarm.
    pub alarm: AlarmView,
    /// Its latest requests.
    pub requests: Vec<RequestSummary>,
}

/// With its incident.
pub(super) async fn of(desk: &Desk, row: AlarmRow) -> Result<AlarmView, Error> {
    let id = row.driver_id;
    let incident = desk.store().read(move |rd| driver::find(rd, id).map_err(Error::from)).await?;
    view(&row, incident)
}

pub(super) fn view(row: &AlarmRow, incident: Option<driver::DriverRow>) -> Result<AlarmView, Error> {
    let course: Vec<(u32, f64)> =
        serde_json::from_str(&row.course).map_err(|_| Error::Inconsistent("course of an alarm"))?;
    let incident = incident.filter(|incident| incident.removed_at.is_none());
    let segment: Scope =
        serde_json::from_str(&row.segment).map_err(|_| Error::Inconsistent("segment of an alarm"))?;
    Ok(AlarmView {
        id: row.id,
        kind: row.kind,
        state: row.state,
        title: AlarmTitle::of(&segment),
        segment,
        started_at: row.started_at,
        raised_at: row.raised_at,
        updated_at: row.updated_at,
        ended_at: row.ended_at,
        observed: row.observed,
        expected: row.expected,
        score: row.score,
        course_from: row.course_at,
        course: course.into_iter().map(|(observed, expected)| CoursePoint { observed, expected }).collect(),
        incident: incident.map(crate::driver::view).transpose()?,
        agent_id: row.agent_id,
        decided_at: row.decided_at,
        reason: row.reason,
    })
}
