//! Standfast: a support desk for digital-asset wallets, as one binary.

mod config;
mod control;
mod demo;
mod eval;
mod export;
mod import;
mod maintenance;
mod notify;
mod people;
mod probing;
mod reference;
mod report;
mod serve;
mod setup;
mod succession;
mod upkeep;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::eval::EvalCommand;
use crate::export::ExportCommand;
use crate::import::ImportCommand;
use crate::maintenance::MaintenanceCommands;
use crate::people::UserCommand;
use crate::report::ReportCommand;
use crate::succession::Predecessor;

/// glibc's allocator keeps what each of many threads once needed (password hashing: 19 MiB) and is slower under load. Without huge
/// pages (`no_thp`): a few bytes that are in use hold 2 MB of them, which made a desk at rest half as large again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A support desk for digital-asset wallets.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// The configuration file; without it, environment and defaults alone.
    #[arg(long, global = true, env = "STANDFAST_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the desk.
    Serve {
        /// Fills an empty desk with made-up requests first, and marks it as a demonstration.
        #[arg(long)]
        demo: bool,
        /// Goes on where another process lets go: `standfast upgrade` sees to it.
        #[arg(long, hide = true)]
        take_over: bool,
    },
    /// Has the running desk hand over to this program, without going offline. Its configuration is read anew.
    ///
    /// Ends with 0 when this program serves, 1 when the process that served goes on, 3 when no desk serves here.
    Upgrade,
    /// Brings the database to this version.
    Migrate,
    /// Prints what the database really guarantees: settings read back, space, commit latency.
    Doctor,
    /// Makes a verified backup of database and files in a new folder, beside a running desk.
    Backup {
        /// The folder to make.
        target: PathBuf,
    },
    /// Restores a backup into an empty place and verifies it.
    Restore {
        /// The folder that `backup` made.
        source: PathBuf,
    },
    /// Makes what is derived from the database anew: the rows behind all figures.
    ///
    /// Beside a running desk, which does it and shows no figures meanwhile, or for the next start.
    Rebuild,
    /// Fills an empty desk with made-up requests.
    Demo,
    /// Adds and changes the people of the desk.
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Begins, ends and announces maintenance: changes to the desk pause, help does not.
    Maintenance {
        #[command(subcommand)]
        command: MaintenanceCommands,
    },
    /// Makes reports, and lists them.
    Report {
        #[command(subcommand)]
        command: ReportCommand,
    },
    /// Sends one test message through the public address, and says how long its receipt took.
    ///
    /// Ends with 0 when it got one, 1 when not. Nothing of it is a request. With --url it does so from another machine, which has
    /// nothing of the desk but a token (`DESK_PROBE_TOKEN`), and tells the desk what came of it.
    Probe(probing::Probing),
    /// Checks every record and every file: nothing altered, moved, cut or taken away.
    Verify,
    /// Measures what the desk learns on labelled texts of your own.
    Eval {
        #[command(subcommand)]
        command: EvalCommand,
    },
    /// Takes over the history of another system. Whatever is repeated is imported once.
    Import {
        #[command(subcommand)]
        command: ImportCommand,
    },
    /// Writes what is counted into a file, a row for each request; no words and no names are among it.
    Export {
        #[command(subcommand)]
        command: ExportCommand,
    },
    /// Prints the API's description (OpenAPI 3.1).
    Openapi,
    /// Prints the reference of all settings.
    Settings,
}

fn main() -> ExitCode {
    setup::quiet_panics();
    setup::no_cores();
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "standfast: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    // These need no desk.
    match &arguments.command {
        Command::Openapi => return setup::print(&reference::openapi()?),
        Command::Settings => return setup::print(&reference::settings()?),
        Command::Eval { command } => return eval::eval(command),
        Command::Probe(probing) if probing.url.is_some() => return runtime()?.block_on(probing.run()),
        _ => {}
    }
    if let Command::Serve { demo, take_over: true } = arguments.command {
        return take_over(arguments.config.as_deref(), demo);
    }
    let config = Config::load(arguments.config.as_deref())?;
    setup::logging(&config)?;
    if matches!(arguments.command, Command::Upgrade) {
        return control::upgrade(&config);
    }
    runtime()?.block_on(async {
        match arguments.command {
            Command::Serve { demo, .. } => serve::serve(config, demo, None).await,
            Command::Migrate => upkeep::migrate(&config).await,
            Command::Doctor => upkeep::doctor(&config).await,
            Command::Backup { target } => upkeep::backup(&config, &target).await,
            Command::Restore { source } => upkeep::restore(&config, &source).await,
            Command::Rebuild => upkeep::rebuild(&config).await,
            Command::Demo => serve::demo(config).await,
            Command::User { command } => people::user(config, command).await,
            Command::Maintenance { command } => maintenance::maintenance(config, command).await,
            Command::Report { command } => report::report(config, command).await,
            Command::Probe(_) => upkeep::probe(&config).await,
            Command::Verify => upkeep::verify(&config).await,
            Command::Import { command } => import::import(&config, command).await,
            Command::Export { command } => export::export(&config, command).await,
            Command::Openapi | Command::Settings | Command::Eval { .. } | Command::Upgrade => {
                Ok(ExitCode::SUCCESS)
            }
        }
    })
}

/// Serves in the place of the process that has started this one, which is told when that fails.
fn take_over(config: Option<&Path>, demo: bool) -> anyhow::Result<ExitCode> {
    let mut predecessor = Predecessor::meet()?;
    let loaded = Config::load(config).and_then(|config| setup::logging(&config).map(|()| config));
    let served = match loaded {
        Ok(config) => runtime()?.block_on(serve::serve(config, demo, Some(&mut predecessor))),
        Err(error) => Err(error),
    };
    if let Err(error) = &served {
        predecessor.failed(error);
    }
    served
}

/// Tasks of its own that a worker runs before it looks for those that other threads woke: what the store has committed is sent on
/// before new calls are begun, or answers stand in line behind calls that can only wait.
const ANSWERS_EVERY: u32 = 1;
/// Tasks that a worker runs before it looks at sockets and timers: whoever is at risk has to be read before they can go first.
const CALLS_EVERY: u32 = 8;

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .global_queue_interval(ANSWERS_EVERY)
        .event_interval(CALLS_EVERY)
        .build()?)
}
