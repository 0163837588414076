//! The demo's surge: the evening on which too many asked, as a lead saw it.

use std::time::Duration;

use anyhow::Context as _;
use standfast_desk::{
    AgentCaller, Desk, SurgeActions, SurgePlan, SurgeText, choose_surge_plan, hold_surge, release_surge,
};
use standfast_domain::{Level, Role, Time};

use super::online;
use super::perform::at;

/// Node number of the ids that are made here.
const NODE: u8 = 28;

/// Chooses a plan a week before that evening, and lives through it.
pub(super) async fn live_through(desk: &Desk, agents: &[AgentCaller], now: Time) -> anyhow::Result<()> {
    let lead = agents.iter().find(|agent| agent.role == Role::Lead).context("a lead")?;
    let (begins, ends) = online::crowded(now);
    let minutes = Duration::from_mins;
    choose_surge_plan(&at(desk, begins.minus(minutes(7 * 24 * 60)), NODE), lead, 0, plan()).await?;
    let seen = begins.plus(minutes(4));
    let why = "BNB Chain 拥堵，转账确认很慢，大家都在问同一件事";
    hold_surge(&at(desk, seen, NODE), lead, Level::Surge, seen.plus(minutes(180)), why, None).await?;
    let over = at(desk, ends.plus(minutes(12)), NODE);
    release_surge(&over, lead, "确认时间恢复正常，排队已经清空", None).await?;
    Ok(())
}

fn plan() -> SurgePlan {
    let text = |chinese: &str, en: &str| Some(SurgeText { chinese: chinese.to_owned(), en: en.to_owned() });
    let answer = text(
        "链上拥堵时转账会变慢，但不会丢失。请勿重复转账，可在区块浏览器用交易哈希查看进度。",
        "While a chain is congested, transfers are slow, but not lost. Do not send again; the transaction hash shows the progress in a block explorer.",
    );
    SurgePlan {
        busy: SurgeActions { pause_asking: true, ..SurgeActions::default() },
        surge: SurgeActions {
            banner: Some(SurgeText::default()),
            answer: answer.clone(),
            pause_asking: true,
            ..SurgeActions::default()
        },
        storm: SurgeActions {
            banner: Some(SurgeText::default()),
            answer,
            help_first: true,
            promise_hours: Some(8),
            pause_asking: true,
            pause_reports: true,
            ..SurgeActions::default()
        },
        ..SurgePlan::default()
    }
}
