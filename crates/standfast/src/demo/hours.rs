//! The demo's opening hours: Chinese around the clock, English in a long day with a break, with China's holidays and
//! make-up working days.

use anyhow::Context as _;
use serde::Deserialize;
use standfast_desk::{AgentCaller, Desk, ScheduleWish, add_schedule};
use standfast_domain::{Coverage, Day, DayKind, Role, Schedule, SpecialDay, Time};

use super::perform::at;

/// Node number of the ids that are made here.
const NODE: u8 = 28;

/// One of `hours.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HoursOf {
    name: String,
    coverage: Coverage,
    schedule: Schedule,
}

/// `holidays.json`: what each is called, its first day, and its last.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holidays {
    #[serde(rename = "about")]
    _about: String,
    #[serde(rename = "holidays")]
    off: Vec<(String, Day, Day)>,
    work_days: Vec<(String, Day)>,
}

impl Holidays {
    fn days(&self) -> Vec<SpecialDay> {
        let day = |date, kind, name: &String| SpecialDay { date, kind, name: name.clone(), like: None };
        let off = self.off.iter().flat_map(|(name, from, until)| {
            (from.0..=until.0).map(move |number| day(Day(number), DayKind::Holiday, name))
        });
        let worked = self.work_days.iter().map(|(name, date)| day(*date, DayKind::WorkDay, name));
        off.chain(worked).collect()
    }
}

/// Enters them, before anybody asks.
pub(super) async fn open(desk: &Desk, agents: &[AgentCaller], beginning: Time) -> anyhow::Result<()> {
    let lead = agents.iter().find(|agent| agent.role == Role::Lead).context("a lead")?;
    let all: Vec<HoursOf> = serde_json::from_str(include_str!("hours.json"))?;
    let holidays: Holidays = serde_json::from_str(include_str!("holidays.json"))?;
    let desk_then = at(desk, beginning, NODE);
    for HoursOf { name, coverage, mut schedule } in all {
        schedule.days = holidays.days();
        // Around the clock means on holidays, too.
        if coverage.languages == [standfast_domain::Language::Chinese] {
            schedule.days.clear();
        }
        add_schedule(&desk_then, lead, &ScheduleWish { name, coverage, schedule }).await?;
    }
    Ok(())
}
