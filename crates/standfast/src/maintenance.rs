//! Maintenance from the command line, beside a running desk, which hears of it within a second.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use standfast_desk::{
    Desk, MaintenanceCommand, MaintenanceText, MaintenanceView, maintenance_ahead, plan_maintenance,
    stop_maintenance,
};
use standfast_domain::Time;

use crate::config::Config;
use crate::people::{Options, explained};
use crate::setup::{self, Hold};

/// What the fields of a window are called on the command line.
const OPTIONS: Options =
    &[("ends_at", "--until"), ("starts_at", "--from"), ("text", "--text"), ("maintenance", "windows ahead")];

#[derive(Subcommand)]
pub(crate) enum MaintenanceCommands {
    /// Begins maintenance, or announces it: changes to the desk pause until then, help does not.
    On(On),
    /// Ends the maintenance that goes on. What is announced stays announced.
    Off,
    /// Prints what goes on and what is announced.
    Show,
}

#[derive(Args)]
pub(crate) struct On {
    /// When it is over, with the zone: 2026-12-01T22:30:00Z or 2026-12-02T06:30:00+08:00. It then ends by itself.
    #[arg(long)]
    until: String,
    /// When it begins; at once when missing.
    #[arg(long)]
    from: Option<String>,
    /// What it is about, for readers of both languages.
    #[arg(long, default_value = "")]
    text: String,
    /// What it is about, in Chinese; instead of --text.
    #[arg(long)]
    text_zh: Option<String>,
    /// What it is about, in English; instead of --text.
    #[arg(long)]
    text_en: Option<String>,
}

/// Runs one of the commands.
pub(crate) async fn maintenance(config: Config, command: MaintenanceCommands) -> anyhow::Result<ExitCode> {
    let desk = setup::open_desk(&config, Hold::Beside, false).await?;
    let said = run(&desk, command).await.map_err(|error| explained(error, OPTIONS));
    desk.store().close().await;
    setup::print(&said?)
}

async fn run(desk: &Desk, command: MaintenanceCommands) -> anyhow::Result<String> {
    match command {
        MaintenanceCommands::On(on) => {
            let text = MaintenanceText {
                chinese: on.text_zh.unwrap_or_else(|| on.text.clone()),
                en: on.text_en.unwrap_or(on.text),
            };
            let starts_at = on.from.as_deref().map(|from| moment("--from", from)).transpose()?;
            let ends_at = moment("--until", &on.until)?;
            let client_id = format!("operator-{}", desk.id());
            let command = MaintenanceCommand { client_id, starts_at, ends_at, text };
            plan_maintenance(desk, None, command).await?;
            show(desk).await
        }
        MaintenanceCommands::Off => {
            let ended = stop_maintenance(desk).await?;
            let first = if ended == 0 { "no maintenance went on\n" } else { "maintenance is over\n" };
            Ok(first.to_owned() + &show(desk).await?)
        }
        MaintenanceCommands::Show => show(desk).await,
    }
}

fn moment(option: &str, text: &str) -> anyhow::Result<Time> {
    Time::parse(text)
        .with_context(|| format!("{option} is a time with its zone, such as 2026-12-01T22:30:00Z: {text}"))
}

async fn show(desk: &Desk) -> anyhow::Result<String> {
    let (ahead, now) = (maintenance_ahead(desk).await?, desk.now());
    let mut page = String::new();
    let line = |page: &mut String, window: &MaintenanceView| {
        if window.goes_on(now) {
            write!(page, "goes on until {}", window.ends_at)?;
        } else {
            write!(page, "announced from {} to {}", window.starts_at, window.ends_at)?;
        }
        for text in [&window.text.chinese, &window.text.en].into_iter().filter(|text| !text.is_empty()) {
            write!(page, "  {text}")?;
        }
        writeln!(page)
    };
    for window in &ahead {
        line(&mut page, window)?;
    }
    if page.is_empty() {
        page.push_str("nothing is announced\n");
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_by_the_name_of_the_option() {
        let invalid = |field, reason| standfast_desk::Error::Invalid { field, reason }.into();
        let said = explained(invalid("ends_at", "out_of_range"), OPTIONS).to_string();
        assert_eq!(said, "--until: this lies outside of what is possible");
        assert_eq!(
            explained(invalid("client_id", "missing"), OPTIONS).to_string(),
            "client_id: this is missing"
        );
    }
}
