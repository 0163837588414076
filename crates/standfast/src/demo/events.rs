//! The demo's events: releases that the pipeline tells of, and what the analyst has entered.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use serde::Deserialize;
use standfast_desk::{
    AgentCaller, Desk, DriverCommand, NewToken, add_driver, add_token, authenticate_machine, put_driver,
    upload_active_users,
};
use standfast_domain::{DriverKind, Role, Time, TokenKind, TokenScope};

use super::calendar;
use super::draw::Draw;
use super::perform::at;
use super::story::Content;
use super::users;

/// An event of `events.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventOf {
    /// Counted from the oldest day, which begins at 1; a half is its noon.
    day: f64,
    /// How long it lasted.
    hours: Option<f64>,
    kind: DriverKind,
    title: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    scope: BTreeMap<String, Vec<String>>,
}

/// Node number of the ids that are made here.
const NODE: u8 = 29;

/// Tells of releases, enters the other events, and uploads the active users.
pub(super) async fn explain(
    desk: &Desk,
    content: &Content,
    agents: &[AgentCaller],
    now: Time,
    draw: &Draw,
) -> anyhow::Result<()> {
    let person = |role| agents.iter().find(|agent| agent.role == role);
    let (admin, analyst) =
        (person(Role::Admin).context("an admin")?, person(Role::Analyst).context("an analyst")?);
    let moment = |day: f64| calendar::moment(day, now);
    let new = NewToken {
        name: "Release pipeline".to_owned(),
        kind: TokenKind::Bearer,
        scopes: vec![TokenScope::Drivers],
    };
    let (_, secret) = add_token(&at(desk, moment(1.0), NODE), admin, new).await?;
    for release in content.mix.releases.iter().filter(|release| release.day > 1.0) {
        let starts_at = moment(release.day);
        let desk = at(desk, starts_at, NODE);
        let machine = authenticate_machine(&desk, &secret).await?;
        let command = DriverCommand {
            kind: DriverKind::Release,
            title: format!("Harbor Wallet {}", release.version),
            note: release.note.clone(),
            starts_at,
            ends_at: None,
            scope: BTreeMap::from([("app_version".to_owned(), vec![release.version.clone()])]),
        };
        put_driver(&desk, &machine, &format!("release:{}", release.version), None, &command).await?;
    }
    for (number, event) in content.events.iter().enumerate() {
        let starts_at = moment(event.day);
        // What lies ahead is known today.
        let desk = at(desk, starts_at.min(now.minus(Duration::from_hours(30))), NODE);
        let command = DriverCommand {
            kind: event.kind,
            title: event.title.clone(),
            note: event.note.clone(),
            starts_at,
            ends_at: event.hours.map(|hours| starts_at.plus(Duration::from_secs_f64(hours * 3_600.0))),
            scope: event.scope.clone(),
        };
        add_driver(&desk, analyst, &format!("demo-{number}"), &command).await?;
    }
    let table = users::table(content, now, draw).into_bytes();
    upload_active_users(&at(desk, now.minus(Duration::from_hours(2)), NODE), analyst, table, false).await?;
    Ok(())
}
