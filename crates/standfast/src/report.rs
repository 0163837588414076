//! Reports from the command line.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use standfast_desk::Desk;
use standfast_domain::report::Format;
use standfast_insight::{Error as InsightError, Insight, Settings};
use standfast_report::{Error, Reports};
use tokio::sync::watch;

use crate::config::Config;
use crate::people::{Options, wrong};
use crate::setup::{self, Hold};

/// What the fields of a report are called on the command line.
const OPTIONS: Options = &[("period", "--period"), ("format", "--format")];
/// How often it is asked whether the facts are there.
const LOOK: Duration = Duration::from_millis(50);

#[derive(Subcommand)]
pub(crate) enum ReportCommand {
    /// Lists the reports: name, language, zone, when next.
    List,
    /// Makes a report and writes it to a file or to standard output. Nothing is sent.
    Run {
        /// Its name.
        name: String,
        /// last-day, last-week, last-month, 2026-W47, 2026-10, 2026-11-21 or 2026-11-01..2026-11-15; the report's own
        /// unless said.
        #[arg(long)]
        period: Option<String>,
        /// html, xlsx, csv or pdf.
        #[arg(long, default_value = "html")]
        format: String,
        /// The file to write.
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

/// Runs one of the commands, beside a desk that serves.
pub(crate) async fn report(config: Config, command: ReportCommand) -> anyhow::Result<ExitCode> {
    let desk = setup::open_desk(&config, Hold::Beside, false).await?;
    // No snapshot: that file is the serving process's.
    let settings = Settings { snapshot: None, ..config.insight() };
    let insight = Insight::new(desk.store().clone(), desk.entropy().clone(), settings);
    let done = run(&desk, &insight, command).await;
    desk.store().close().await;
    done
}

async fn run(desk: &Desk, insight: &Insight, command: ReportCommand) -> anyhow::Result<ExitCode> {
    let reports = Reports::new(desk.clone(), insight.clone());
    match command {
        ReportCommand::List => {
            let mut page = String::new();
            for report in reports.list(None).await? {
                let next = report.next_at.map_or_else(|| "by hand".to_owned(), |at| at.to_string());
                let wanted = &report.definition;
                let language = wanted.language.as_str();
                writeln!(page, "{}\t{language}\t{}\t{next}", report.name, wanted.zone)?;
            }
            setup::print(&page)
        }
        ReportCommand::Run { name, period, format, out } => {
            let format = Format::parse(&format)
                .with_context(|| format!("--format is html, xlsx, csv or pdf, not {format:?}"))?;
            let found = reports.find_named(None, &name).await;
            let report = found.with_context(|| format!("there is no report {name:?}: see report list"))?;
            let (stop, stopping) = watch::channel(false);
            let keeping = tokio::spawn({
                let insight = insight.clone();
                async move { insight.keep(stopping).await }
            });
            loaded(insight).await?;
            insight.read_users(desk.store()).await?;
            let made = reports.make(&report.name, &report.definition, period.as_deref()).await;
            let _ = stop.send(true);
            let _ = keeping.await;
            let bytes = reports.write(&made.map_err(explained)?, format).await?;
            let Some(path) = out else {
                std::io::stdout().write_all(&bytes)?;
                return Ok(ExitCode::SUCCESS);
            };
            std::fs::write(&path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
            setup::print(&format!("{}: {} bytes\n", path.display(), bytes.len()))
        }
    }
}

/// Waits until the facts are there.
async fn loaded(insight: &Insight) -> anyhow::Result<()> {
    loop {
        match insight.facts() {
            Ok(_) => return Ok(()),
            Err(InsightError::Loading { .. }) => tokio::time::sleep(LOOK).await,
            Err(error) => bail!(error),
        }
    }
}

/// Says in words what is wrong with a value, by the name that it has on the command line.
fn explained(error: Error) -> anyhow::Error {
    match &error {
        Error::Desk(standfast_desk::Error::Invalid { field, reason })
        | Error::Insight(InsightError::Invalid { field, reason }) => wrong(field, reason, OPTIONS),
        _ => error.into(),
    }
}
