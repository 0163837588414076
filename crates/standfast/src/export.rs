//! Writing what is counted into a file for other tools: a row for each request, with the values by which it is counted.

mod parquet;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Subcommand, ValueEnum};
use standfast_domain::RequestId;
use standfast_insight::{COLUMNS, Datum, Firsts, data};
use standfast_report::harmless;
use standfast_store::fact::FactRow;
use standfast_store::{Store, fact};

use crate::config::Config;
use crate::setup::{self, Hold};

/// Requests of one reading.
const PAGE: i64 = 8_192;

/// What is written.
#[derive(Subcommand)]
pub(crate) enum ExportCommand {
    /// Facts: when each request came, what it was about, how it was answered.
    Facts {
        /// The file to make.
        file: PathBuf,
        /// How it is written.
        #[arg(long, value_enum, default_value = "parquet")]
        format: Format,
    },
}

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Apache Parquet: typed columns, compressed with Snappy.
    Parquet,
    /// CSV in UTF-8; times as RFC 3339, nothing as an empty cell.
    Csv,
}

/// A fact as it is written.
type Fact = [Datum; COLUMNS.len()];

/// What takes facts, page by page.
trait Table {
    fn put(&mut self, page: &[Fact]) -> anyhow::Result<()>;
    /// Ends the table; without this it is not whole.
    fn finish(self: Box<Self>) -> anyhow::Result<()>;
}

/// Writes the table beside its place and puts it there when it is whole.
pub(crate) async fn export(config: &Config, command: ExportCommand) -> anyhow::Result<ExitCode> {
    let ExportCommand::Facts { file, format } = command;
    let clock = standfast_domain::SystemClock::shared();
    let store = setup::open_store(config, Hold::Look, &clock).await?;
    let written = facts(&store, &file, format).await;
    store.close().await;
    setup::print(&format!("{} requests in {}\n", written?, file.display()))
}

async fn facts(store: &Store, path: &Path, format: Format) -> anyhow::Result<u64> {
    let fresh = path.with_extension("part");
    let file = File::create(&fresh).with_context(|| fresh.display().to_string())?;
    let mut table: Box<dyn Table + Send> = match format {
        Format::Parquet => Box::new(parquet::Parquet::new(file)?),
        Format::Csv => Box::new(Csv::new(file)?),
    };
    // Whether a request is its customer's first only all of them tell: they are read twice.
    let mut firsts = Firsts::default();
    let mut from = RequestId(0);
    while let Some((page, next)) = page(store, from).await? {
        for row in &page {
            firsts.note(row);
        }
        from = next;
    }
    let (mut from, mut count) = (RequestId(0), 0);
    while let Some((page, next)) = page(store, from).await? {
        count += page.len() as u64;
        let page: Vec<Fact> = page
            .into_iter()
            .map(|row| {
                let is_first = firsts.is_first(&row);
                data(row, is_first)
            })
            .collect();
        table.put(&page)?;
        from = next;
    }
    table.finish()?;
    File::open(&fresh)?.sync_all()?;
    std::fs::rename(&fresh, path).with_context(|| path.display().to_string())?;
    Ok(count)
}

/// The next requests from an id on, and where those after them begin; none when there are no more.
async fn page(store: &Store, from: RequestId) -> anyhow::Result<Option<(Vec<FactRow>, RequestId)>> {
    let page = store.read(move |rd| fact::list_between(rd, from, RequestId(i64::MAX), PAGE)).await?;
    let next = page.last().map(|row| RequestId(row.id.0 + 1));
    Ok(next.map(|next| (page, next)))
}

/// A table in CSV.
struct Csv(csv::Writer<BufWriter<File>>);

impl Csv {
    fn new(file: File) -> anyhow::Result<Self> {
        let mut writer = csv::Writer::from_writer(BufWriter::new(file));
        writer.write_record(COLUMNS.map(|(name, _)| name))?;
        Ok(Self(writer))
    }
}

impl Table for Csv {
    fn put(&mut self, page: &[Fact]) -> anyhow::Result<()> {
        for row in page {
            let text = |cell: &Datum| match cell {
                Datum::Int(value) => value.map(|value| value.to_string()).unwrap_or_default(),
                Datum::Text(text) => harmless(text),
                Datum::Flag(is) => is.to_string(),
                Datum::Time(time) => time.map(|time| time.to_string()).unwrap_or_default(),
            };
            self.0.write_record(row.iter().map(text))?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> anyhow::Result<()> {
        let mut file = self.0.into_inner().map_err(csv::IntoInnerError::into_error)?;
        Ok(file.flush()?)
    }
}

#[cfg(test)]
mod tests;
