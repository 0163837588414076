//! Taking over the history of another system from its export: reading, checking, writing through the desk, and counting
//! that nothing was lost on the way.

mod json;
mod map;
mod moment;
mod table;

mod chatwoot;
mod zammad;
mod zendesk;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use standfast_desk::{
    Desk, Error, Importer, Outcome, PastRequest, begin_import, check_import, import_desk, import_request,
    imported_stock, list_agents,
};
use standfast_store::{Database, Lane, setting};
use tokio::task::JoinSet;

use crate::config::Config;
use crate::import::map::Map;
use crate::setup::{self, Hold};

/// Requests that are under way together; after each batch the place is kept.
const BATCH: usize = 512;
/// Columns of the file of rejected rows.
const REJECTS_HEAD: [&str; 3] = ["place", "field", "reason"];
/// What ends with rejected rows.
const REJECTED: u8 = 2;

/// From what is imported.
#[derive(Subcommand)]
pub(crate) enum ImportCommand {
    /// A table (CSV), whose columns a mapping file explains.
    Csv {
        /// The table.
        file: PathBuf,
        /// The mapping file (TOML).
        #[arg(long)]
        map: PathBuf,
        #[command(flatten)]
        how: How,
    },
    /// Zendesk: tickets of the incremental export or of the account's JSON export (a file or a folder of pages).
    Zendesk {
        #[command(flatten)]
        from: Files,
        #[command(flatten)]
        how: How,
    },
    /// Chatwoot: conversations of the API, with their messages (a file or a folder of pages).
    Chatwoot {
        #[command(flatten)]
        from: Files,
        #[command(flatten)]
        how: How,
    },
    /// Zammad: tickets of the API, with their articles (a file or a folder of pages).
    Zammad {
        #[command(flatten)]
        from: Files,
        #[command(flatten)]
        how: How,
    },
}

/// An export, and how its values are called here.
#[derive(Args)]
pub(crate) struct Files {
    /// A file (.json, .ndjson, .jsonl) or a folder of such files.
    path: PathBuf,
    /// A mapping file (TOML) for types, languages, agents; without it what the system says is kept as far as it is known.
    #[arg(long)]
    map: Option<PathBuf>,
}

/// How it is imported.
#[derive(Args)]
pub(crate) struct How {
    /// Reads and checks everything, and writes nothing.
    #[arg(long)]
    dry_run: bool,
    /// Goes on where an import of the same files ended early.
    #[arg(long)]
    resume: bool,
    /// Where rejected rows are told; `<source>.rejects.csv` in this folder unless said.
    #[arg(long)]
    rejects: Option<PathBuf>,
}

/// Why a row is not taken. It never quotes the row: there may be a secret in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) field: &'static str,
    pub(crate) reason: &'static str,
}

/// Shorthand for a [`Fault`].
pub(crate) const fn fault(field: &'static str, reason: &'static str) -> Fault {
    Fault { field, reason }
}

/// A row as it was read.
pub(crate) struct Row {
    /// Where it stands, such as `line 17`.
    pub(crate) place: String,
    pub(crate) past: Result<PastRequest, Fault>,
    /// Bytes of the files that have been gone through up to here, for the bar.
    pub(crate) reached: u64,
}

/// Rows in the order of the files; an error ends everything.
pub(crate) type Rows = Box<dyn Iterator<Item = anyhow::Result<Row>> + Send>;

/// Imports, and says what came of it.
pub(crate) async fn import(config: &Config, command: ImportCommand) -> anyhow::Result<ExitCode> {
    let (name, path, map, how) = match command {
        ImportCommand::Csv { file, map, how } => ("csv", file, Some(map), how),
        ImportCommand::Zendesk { from, how } => ("zendesk", from.path, from.map, how),
        ImportCommand::Chatwoot { from, how } => ("chatwoot", from.path, from.map, how),
        ImportCommand::Zammad { from, how } => ("zammad", from.path, from.map, how),
    };
    let map = Arc::new(Map::load(map.as_deref(), name)?);
    let rows = match name {
        "csv" => table::rows(&path, map.clone())?,
        "zendesk" => zendesk::rows(&path, map.clone())?,
        "chatwoot" => chatwoot::rows(&path, map.clone())?,
        _ => zammad::rows(&path, map.clone())?,
    };
    // In another folder than the desk's, a new desk would take in the past, and nobody would find it.
    if let Database::Sqlite { path } = config.database() {
        ensure!(
            path.is_file(),
            "there is no desk at {}: name its configuration with --config, or start it once with serve",
            path.display()
        );
    }
    let desk = setup::open_desk(config, Hold::Beside, false).await?;
    let file = fingerprint(name, &path, &map)?;
    let size = size(&path)?;
    let ended = ImportRun::begin(&desk, &map, how, file, size).await;
    let ended = match ended {
        Ok(run) => run.through(rows).await,
        Err(error) => Err(error),
    };
    desk.store().close().await;
    ended
}

/// What an import has done so far, kept in the database after every batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    /// Which files with which map.
    file: String,
    /// Requests that the desk had of the source before.
    before: i64,
    read: u64,
    imported: u64,
    there: u64,
    /// Rows whose id an earlier row of the file has.
    #[serde(default)]
    twice: u64,
    rejected: u64,
    /// How long the file of rejected rows was.
    rejects_bytes: u64,
    finished: bool,
}

impl Progress {
    /// Of a batch that was cut short some requests were written, and nothing was noted: they were there before what comes now.
    fn take_over(&mut self, stock: i64) -> anyhow::Result<()> {
        if !self.finished {
            let unnoted = stock - self.before - i64::try_from(self.imported)?;
            ensure!(
                (0..=i64::try_from(BATCH)?).contains(&unnoted),
                "the desk has {stock} requests of this source, which is not what the import had come to: run it without --resume"
            );
            self.before += unnoted;
        }
        Ok(())
    }
}

/// The first half of an id's hash: so many ids stay small, and no two of them meet.
fn digest(id: &str) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(Sha256::digest(id).split_at(16).0);
    half
}

/// Imports a request, or says what would become of it.
async fn hand_over(
    desk: &Desk,
    importer: &Arc<Importer>,
    past: &PastRequest,
    dry_run: bool,
) -> Result<Outcome, Error> {
    if dry_run {
        check_import(desk, importer, past).await
    } else {
        import_request(desk, importer, past).await
    }
}

struct ImportRun {
    /// With ids of its own.
    desk: Desk,
    map: Arc<Map>,
    importer: Arc<Importer>,
    dry_run: bool,
    /// Hashes of the ids of this file that were taken, or would be.
    taken: HashSet<[u8; 16]>,
    progress: Progress,
    rejects: Rejects,
    bar: ProgressBar,
}

impl ImportRun {
    async fn begin(desk: &Desk, map: &Arc<Map>, how: How, file: String, size: u64) -> anyhow::Result<Self> {
        let desk = import_desk(desk);
        let importer = match begin_import(&desk, &map.source, &map.agents, how.dry_run).await {
            Err(Error::Invalid { field: "agents", .. }) => return Err(unknown_agents(&desk, map).await?),
            other => Arc::new(other.context("the map")?),
        };
        let before = imported_stock(&desk, &map.source).await?.requests;
        let mut progress = Progress { file, before, ..Progress::default() };
        if how.resume {
            let name = place_of(&map.source);
            let kept = desk.store().read(move |rd| setting::get(rd, &name)).await?;
            let kept: Option<Progress> = kept.and_then(|text| serde_json::from_str(&text).ok());
            progress = kept
                .filter(|kept| kept.file == progress.file)
                .context("there is nothing to resume: no import of this file with this map was begun")?;
            progress.take_over(before)?;
        }
        let path = how.rejects.unwrap_or_else(|| PathBuf::from(format!("{}.rejects.csv", map.source)));
        let style =
            ProgressStyle::with_template("{bar:32} {percent:>3}%  {msg} rows  {elapsed}, {eta} left")?;
        let bar = ProgressBar::new(size).with_style(style);
        if !how.resume {
            Rejects::forget(&path)?;
        }
        Ok(Self {
            desk,
            map: map.clone(),
            importer,
            dry_run: how.dry_run,
            taken: HashSet::new(),
            rejects: Rejects { path, file: None, from: progress.rejects_bytes },
            progress,
            bar,
        })
    }

    async fn through(mut self, rows: Rows) -> anyhow::Result<ExitCode> {
        let done = usize::try_from(self.progress.read).unwrap_or(usize::MAX);
        let mut rows = rows.skip(if self.progress.finished { 0 } else { done });
        if self.progress.finished {
            self.progress =
                Progress { file: self.progress.file, before: self.progress.before, ..Progress::default() };
            self.progress.before = imported_stock(&self.desk, &self.map.source).await?.requests;
            self.rejects.from = 0;
        }
        // From here on it can be resumed, also when it ends before its first batch does.
        self.keep(false).await?;
        loop {
            let batch = rows.by_ref().take(BATCH).collect::<anyhow::Result<Vec<Row>>>()?;
            if batch.is_empty() {
                break;
            }
            self.take(batch).await?;
            self.keep(false).await?;
        }
        self.bar.finish_and_clear();
        self.keep(true).await?;
        self.report().await
    }

    /// Takes a batch; all of it is committed when this returns. Of rows with one id the first is taken: the others wait for what
    /// became of it.
    async fn take(&mut self, batch: Vec<Row>) -> anyhow::Result<()> {
        let mut under_way = JoinSet::new();
        let (mut faults, mut later): (Vec<(usize, String, Fault)>, Vec<_>) = (Vec::new(), Vec::new());
        let (reached, mut met) = (batch.last().map_or(0, |row| row.reached), HashSet::new());
        for (number, row) in batch.into_iter().enumerate() {
            self.progress.read += 1;
            let past = match row.past {
                Err(fault) => {
                    faults.push((number, row.place, fault));
                    continue;
                }
                Ok(past) => past,
            };
            let id = digest(&past.external_id);
            if self.taken.contains(&id) || !met.insert(id) {
                later.push((number, row.place, id, past));
                continue;
            }
            let (desk, importer, dry_run) = (self.desk.clone(), self.importer.clone(), self.dry_run);
            under_way.spawn(async move {
                (number, row.place, id, hand_over(&desk, &importer, &past, dry_run).await)
            });
        }
        while let Some(joined) = under_way.join_next().await {
            let (number, place, id, taken) = joined?;
            faults.extend(self.note(id, taken, &place)?.map(|fault| (number, place, fault)));
        }
        for (number, place, id, past) in later {
            if self.taken.contains(&id) {
                self.progress.twice += 1;
                continue;
            }
            let taken = hand_over(&self.desk, &self.importer, &past, self.dry_run).await;
            faults.extend(self.note(id, taken, &place)?.map(|fault| (number, place, fault)));
        }
        faults.sort_by_key(|(number, ..)| *number);
        self.progress.rejected += faults.len() as u64;
        for (_, place, fault) in &faults {
            self.rejects.tell(place, *fault)?;
        }
        self.bar.set_message(HumanCount(self.progress.read).to_string());
        self.bar.set_position(reached);
        Ok(())
    }

    /// Counts what became of a row; a fault where it was rejected.
    fn note(
        &mut self,
        id: [u8; 16],
        taken: Result<Outcome, Error>,
        place: &str,
    ) -> anyhow::Result<Option<Fault>> {
        match taken {
            Ok(Outcome::Imported) => self.progress.imported += 1,
            Ok(Outcome::AlreadyThere) => self.progress.there += 1,
            Err(Error::Invalid { field, reason }) => return Ok(Some(fault(field, reason))),
            Err(error) => return Err(anyhow::Error::new(error).context(place.to_owned())),
        }
        self.taken.insert(id);
        Ok(None)
    }

    /// Keeps the place, after the rejected rows are on disk.
    async fn keep(&mut self, finished: bool) -> anyhow::Result<()> {
        self.progress.finished = finished;
        self.progress.rejects_bytes = self.rejects.sync()?;
        if self.dry_run {
            return Ok(());
        }
        let (name, text) = (place_of(&self.map.source), serde_json::to_string(&self.progress)?);
        let kept = self.desk.store().write(Lane::Background, 0, move |tx| setting::put(tx, &name, &text));
        kept.await.map_err(|error: standfast_store::Error| error.into())
    }

    /// What came of it, counted against the store.
    async fn report(&self) -> anyhow::Result<ExitCode> {
        let Progress { before, read, imported, there, twice, rejected, .. } = &self.progress;
        let stock = imported_stock(&self.desk, &self.map.source).await?;
        let told = if self.dry_run { "would be imported" } else { "imported" };
        let mut page = String::new();
        writeln!(
            page,
            "{read} read\n{imported} {told}\n{there} already there\n{rejected} rejected{}",
            if *rejected > 0 { format!(": see {}", self.rejects.path.display()) } else { String::new() }
        )?;
        if *twice > 0 {
            writeln!(page, "{twice} more than once in the file: of each the first row was taken")?;
        }
        let ambiguous = self.map.moments.ambiguous();
        if ambiguous > 0 {
            writeln!(
                page,
                "{ambiguous} times came twice that night, when clocks went back; the earlier one was taken"
            )?;
        }
        write!(page, "{} on the desk from {}", stock.requests, self.map.source)?;
        if let (Some(first), Some(last)) = (stock.first, stock.last) {
            write!(page, ", which came from {first} to {last}")?;
        }
        page.push('\n');
        setup::print(&page)?;
        ensure!(
            *read == imported + there + twice + rejected,
            "the counts do not add up: this is a fault of the program"
        );
        let written = if self.dry_run { 0 } else { i64::try_from(*imported)? };
        if stock.requests != before + written {
            bail!(
                "the desk had {before} requests of this source before: the store and the counts do not agree"
            );
        }
        Ok(if *rejected > 0 { ExitCode::from(REJECTED) } else { ExitCode::SUCCESS })
    }
}

/// Which addresses of the map are nobody's here.
async fn unknown_agents(desk: &Desk, map: &Map) -> anyhow::Result<anyhow::Error> {
    let known: HashSet<String> = list_agents(desk, None).await?.into_iter().map(|one| one.email).collect();
    let mut unknown: Vec<&str> = map
        .agents
        .values()
        .map(String::as_str)
        .filter(|email| !known.contains(&email.to_lowercase()))
        .collect();
    unknown.sort_unstable();
    unknown.dedup();
    Ok(anyhow::anyhow!(
        "[agents] of the map: nobody signs in here as {}. Add them first, or leave the line out: the stand-in takes their place",
        unknown.join(", ")
    ))
}

/// Name of the setting that holds how far an import has come.
fn place_of(source: &str) -> String {
    format!("import.{source}")
}

/// The file in which rejected rows are told; it is made with the first one.
struct Rejects {
    path: PathBuf,
    file: Option<csv::Writer<File>>,
    /// What an earlier run had told for good; what it told after that is told again.
    from: u64,
}

impl Rejects {
    /// What an earlier import told is not what this one finds.
    fn forget(path: &Path) -> anyhow::Result<()> {
        let is_ours = match std::fs::read(path) {
            Ok(text) => text.starts_with(REJECTS_HEAD.join(",").as_bytes()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(anyhow::Error::new(error).context(path.display().to_string())),
        };
        ensure!(is_ours, "{} is something else than a list of rejected rows", path.display());
        std::fs::remove_file(path).with_context(|| path.display().to_string())
    }

    fn tell(&mut self, place: &str, fault: Fault) -> anyhow::Result<()> {
        if self.file.is_none() {
            let mut file = File::options().create(true).write(true).truncate(false).open(&self.path);
            let file = file.as_mut().map_err(|_| anyhow::anyhow!("cannot write {}", self.path.display()))?;
            file.set_len(self.from)?;
            file.seek(SeekFrom::End(0))?;
            let mut writer = csv::Writer::from_writer(file.try_clone()?);
            if self.from == 0 {
                writer.write_record(REJECTS_HEAD)?;
            }
            self.file = Some(writer);
        }
        if let Some(writer) = &mut self.file {
            writer.write_record([place, fault.field, fault.reason])?;
        }
        Ok(())
    }

    /// Its length, when all that was told is on disk.
    fn sync(&mut self) -> anyhow::Result<u64> {
        let Some(writer) = &mut self.file else { return Ok(self.from) };
        writer.flush()?;
        writer.get_ref().sync_data()?;
        Ok(writer.get_ref().metadata()?.len())
    }
}

/// Bytes of all files.
fn size(path: &Path) -> anyhow::Result<u64> {
    json::files(path)?.iter().map(|file| Ok(std::fs::metadata(file)?.len())).sum()
}

/// What tells one import from another: format, files, and map.
fn fingerprint(name: &str, path: &Path, map: &Map) -> anyhow::Result<String> {
    let mut hash = Sha256::new();
    hash.update(name);
    hash.update([0]);
    hash.update(&map.text);
    for file in json::files(path)? {
        let size = std::fs::metadata(&file).with_context(|| file.display().to_string())?.len();
        hash.update(file.file_name().unwrap_or_default().as_encoded_bytes());
        hash.update(size.to_be_bytes());
        let mut start = Vec::new();
        std::io::Read::read_to_end(&mut std::io::Read::take(File::open(&file)?, 64 << 10), &mut start)?;
        hash.update(&start);
    }
    Ok(STANDARD.encode(hash.finalize()))
}

#[cfg(test)]
pub(crate) mod tests;
