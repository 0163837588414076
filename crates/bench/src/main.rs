//! Measures the desk: starts the real binary, loads it over real connections, and writes what it found to
//! `docs/benchmarks.md` and `docs/benchmarks.json`. Nothing is asserted; a figure beyond its limit is printed as such.
//!
//! The load comes from one thread of this process and shares the cores with the server, so that every figure includes
//! its cost. Where a rate is given, latency counts from the moment at which a message was due, not from when the load
//! got round to sending it.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts, rates and sizes for people to read"
)]

mod bare;
mod delivery;
mod draw;
mod facts;
mod flood;
mod hours;
mod intake;
mod latency;
mod library;
mod line;
mod machine;
mod overload;
mod pages;
mod planning;
mod reconnect;
mod report;
mod server;
mod sizes;
mod socket;
mod storm;

use std::path::PathBuf;

use clap::Parser;

use crate::report::Report;

/// As in the binary, because the facts are measured in this process.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures the figures of docs/benchmarks.md.
#[derive(Parser, Clone, Debug)]
#[command(version, about)]
struct Options {
    /// Only these parts: intake, delivery, pages, sizes, overload, reconnect, facts, hours, plan, forecast, whatif, storm.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Short runs and small numbers, for trying the bench itself; the figures mean little.
    #[arg(long)]
    quick: bool,
    /// The binary that is measured.
    #[arg(long, default_value = "target/release/standfast")]
    binary: PathBuf,
    /// Where databases and logs of the runs are kept.
    #[arg(long, default_value = ".cache/bench")]
    home: PathBuf,
    /// Where the two reports go: docs, or the home when a part was not measured whole. Parts that are not measured stay.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Of the part `intake` only these: sqlite-512, sqlite-64, postgres-512, postgres-64.
    #[arg(long = "case", value_delimiter = ',')]
    cases: Vec<String>,
    /// Additional settings of the measured desk as `NAME=VALUE`, such as `STANDFAST_LOG=warn`; noted in the report.
    #[arg(long = "set")]
    settings: Vec<String>,
    /// Whether the load goes before the desk where both want a processor: see [`machine::go_first`].
    #[arg(skip)]
    first: bool,
}

impl Options {
    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }

    fn wants_case(&self, engine: &str, clients: usize) -> bool {
        self.cases.is_empty() || self.cases.contains(&format!("{engine}-{clients}"))
    }

    /// Seconds, or far fewer when only trying.
    const fn seconds(&self, full: u64, quick: u64) -> std::time::Duration {
        std::time::Duration::from_secs(if self.quick { quick } else { full })
    }

    const fn count(&self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }

    fn command(&self, part: &str) -> String {
        let quick = if self.quick { " --quick" } else { "" };
        let settings: Vec<_> = self.settings.iter().map(|setting| format!(" --set {setting}")).collect();
        format!("scripts/bench --only {part}{quick}{}", settings.concat())
    }
}

fn main() -> anyhow::Result<()> {
    let mut options = Options::parse();
    options.first = machine::go_first();
    std::fs::create_dir_all(&options.home)?;
    let mut report = Report::new(&options);
    // One thread: the load must cost as little as it can, because the server has the same cores.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        if options.wants("sizes") {
            sizes::measure(&options, &mut report)?;
        }
        if options.wants("intake") {
            intake::measure(&options, &mut report).await?;
        }
        if options.wants("delivery") {
            delivery::measure(&options, &mut report).await?;
        }
        if options.wants("pages") {
            pages::measure(&options, &mut report).await?;
        }
        if options.wants("facts") {
            facts::measure(&options, &mut report).await?;
        }
        if options.wants("current") {
            facts::measure_current(&options, &mut report).await?;
        }
        if options.wants("hours") {
            hours::measure(&options, &mut report)?;
        }
        if options.wants("plan") {
            planning::measure_plan(&options, &mut report)?;
        }
        if options.wants("forecast") {
            planning::measure_forecast(&options, &mut report)?;
        }
        if options.wants("whatif") {
            planning::measure_what_if(&options, &mut report)?;
        }
        if options.wants("reconnect") {
            reconnect::measure(&options, &mut report).await?;
        }
        if options.wants("overload") {
            overload::measure(&options, &mut report).await?;
        }
        if options.wants("storm") {
            storm::measure(&options, &mut report).await?;
        }
        anyhow::Ok(())
    })?;
    let whole = options.cases.is_empty() && options.settings.is_empty() && !options.quick;
    let out = options.out.unwrap_or_else(|| if whole { "docs".into() } else { options.home.clone() });
    report.write(&out)
}
