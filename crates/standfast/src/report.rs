//! Reports from the command line.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use standfast_desk::Desk;
use standfast_domain::report::Format;
use standfast_insight::{Error as InsightError, Insight, Settings};
use standfast_report::{Error, Reports, period_of};
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
    let is_mailed = !config.mail.host.is_empty();
    let done = run(&desk, &insight, command, is_mailed).await;
    desk.store().close().await;
    done
}

async fn run(
    desk: &Desk,
    insight: &Insight,
    command: ReportCommand,
    is_mailed: bool,
) -> anyhow::Result<ExitCode> {
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
            // What is wrong with it is told before anything is loaded.
            period_of(&report.definition, period.as_deref(), desk.now()).map_err(explained)?;
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
            let recipients = if is_mailed { report.definition.recipients.len() } else { 0 };
            if let Some(warning) = narrow_link(&desk.settings().public_url, recipients) {
                let _ = std::io::stderr().write_all(warning.as_bytes());
            }
            let Some(path) = out else {
                std::io::stdout().write_all(&bytes)?;
                return Ok(ExitCode::SUCCESS);
            };
            std::fs::write(&path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
            setup::print(&format!("{}: {} bytes\n", path.display(), bytes.len()))
        }
    }
}

/// What to say where the links of a report lead nowhere but on this machine; nothing where others can follow them.
fn narrow_link(public_url: &str, recipients: usize) -> Option<String> {
    let authority = public_url.split("://").nth(1)?.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None => host.split(':').next()?,
    };
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    let is_narrow = match name.parse::<IpAddr>() {
        // Listening on every address is none that anybody can go to.
        Ok(address) => address.is_loopback() || address.is_unspecified(),
        Err(_) => name == "localhost" || name.ends_with(".localhost"),
    };
    let readers = match recipients {
        0 => "whoever gets this file cannot".to_owned(),
        1 => "its recipient gets the same links by mail and cannot".to_owned(),
        many => format!("its {many} recipients get the same links by mail and cannot"),
    };
    is_narrow.then(|| {
        format!(
            "standfast: warning: the links of this report begin with {public_url}, which opens on this machine alone: {readers} \
             follow them. Set public_url (or STANDFAST_PUBLIC_URL) to the address by which others reach the desk, such as \
             https://support.yourwallet.example, and make it again.\n"
        )
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_that_open_here_alone_are_warned_of() {
        for url in [
            "http://127.0.0.1:8080",
            "http://0.0.0.0:8080",
            "http://localhost:8080",
            "https://LOCALHOST",
            "http://desk.localhost/support",
            "http://[::1]:8080",
            "http://[::]:8080",
            "http://127.8.0.1",
        ] {
            let said = narrow_link(url, 0).unwrap();
            assert!(said.contains(url) && said.contains("Set public_url"), "{said}");
        }
        for url in [
            "https://support.yourwallet.example",
            "https://support.yourwallet.example:8443/desk",
            "http://10.0.0.7:8080",
            "http://[fd00::7]:8080",
            "https://localhost.example",
            "https://127.0.0.1.example",
        ] {
            assert!(narrow_link(url, 3).is_none(), "{url}");
        }
        let [one, many] = [1, 12].map(|count| narrow_link("http://127.0.0.1:8080", count).unwrap());
        assert!(one.contains("its recipient gets"), "{one}");
        assert!(many.contains("its 12 recipients get"), "{many}");
    }

    /// A configuration without `public_url` has the address to listen on in its place, which is the usual mistake.
    #[test]
    fn the_usual_configuration_is_warned_of() {
        let listen = Config::default().listen;
        assert!(narrow_link(&format!("http://{listen}"), 1).is_some());
    }
}
