//! Taking over the history of another system from its export: reading, checking, writing through the desk, and counting
//! that nothing was lost on the way.

mod fault;
mod files;
mod json;
mod map;
mod moment;
mod progress;
mod rejects;
mod table;

mod chatwoot;
mod zammad;
mod zendesk;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use sha2::{Digest as _, Sha256};
use standfast_desk::{
    Desk, Error, Importer, Outcome, PastRequest, begin_import, check_import, import_desk, import_request,
    imported_stock, list_agents,
};
use standfast_store::{Database, Lane, setting};
use tokio::task::JoinSet;

pub(crate) use self::fault::{Fault, Faults, fault};
use self::files::{fingerprint, size};
use self::map::Map;
use self::progress::{Progress, place_of};
use self::rejects::{Form, List, Original, Rejects};
use crate::config::Config;
use crate::setup::{self, Hold};

/// Requests that are under way together; after each batch the place is kept.
const BATCH: usize = 512;
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
    /// Reads and checks everything, and writes nothing: what would be rejected is told here. With --rejects, that file is
    /// written.
    #[arg(long)]
    dry_run: bool,
    /// Goes on where an import of the same files ended early.
    #[arg(long)]
    resume: bool,
    /// Where rejected rows are kept as they were, each with the reason, to be mended there and imported in the same way;
    /// `<source>.rejects.csv`, or `.ndjson` where JSON is read, in this folder unless said. It holds what customers wrote.
    #[arg(long)]
    rejects: Option<PathBuf>,
}

/// A row as it was read.
pub(crate) struct Row {
    /// Where it stands, such as `line 17`.
    pub(crate) place: String,
    pub(crate) original: Original,
    pub(crate) past: Result<PastRequest, Fault>,
    /// Bytes of the files that have been gone through up to here, for the bar.
    pub(crate) reached: u64,
}

/// Rows in the order of the files; an error ends everything.
pub(crate) type Rows = Box<dyn Iterator<Item = anyhow::Result<Row>> + Send>;

/// What is imported.
pub(crate) struct Export {
    pub(crate) rows: Rows,
    /// How its rows are written.
    pub(crate) form: Form,
}

/// Imports, and says what came of it.
pub(crate) async fn import(config: &Config, command: ImportCommand) -> anyhow::Result<ExitCode> {
    let (name, path, map, how) = match command {
        ImportCommand::Csv { file, map, how } => ("csv", file, Some(map), how),
        ImportCommand::Zendesk { from, how } => ("zendesk", from.path, from.map, how),
        ImportCommand::Chatwoot { from, how } => ("chatwoot", from.path, from.map, how),
        ImportCommand::Zammad { from, how } => ("zammad", from.path, from.map, how),
    };
    // Whatever is wrong with map, files and desk is told together.
    let mut faults = Faults::default();
    let map = Map::load(map.as_deref(), name, &mut faults).map(Arc::new);
    let read = match name {
        "csv" => table::rows,
        "zendesk" => zendesk::rows,
        "chatwoot" => chatwoot::rows,
        _ => zammad::rows,
    };
    let export = read(&path, map.clone(), &mut faults);
    if let Some(list) = &how.rejects {
        faults.take(rejects::check_place(list, &path));
    }
    let desk = open_desk(config, &mut faults).await;
    if let (Some(desk), Some(map)) = (&desk, &map) {
        faults.take(check_agents(desk, map).await);
    }
    let ended = match (export, &map, &desk) {
        (Some(export), Some(map), Some(desk)) if faults.is_empty() => {
            through(desk, map, how, (name, &path), export).await
        }
        _ => Err(faults.ended()),
    };
    if let Some(desk) = desk {
        desk.store().close().await;
    }
    ended
}

async fn open_desk(config: &Config, faults: &mut Faults) -> Option<Desk> {
    // In another folder than the desk's, a new desk would take in the past, and nobody would find it.
    if let Database::Sqlite { path } = config.database()
        && !path.is_file()
    {
        faults.add(format_args!(
            "there is no desk at {}: name its configuration with --config, or start it once with serve",
            path.display()
        ));
        return None;
    }
    faults.take(setup::open_desk(config, Hold::Beside, false).await)
}

async fn through(
    desk: &Desk,
    map: &Arc<Map>,
    how: How,
    (name, path): (&str, &Path),
    export: Export,
) -> anyhow::Result<ExitCode> {
    let (file, size) = (fingerprint(name, path, map)?, size(path)?);
    let list = how.rejects.clone().or_else(|| {
        // A try leaves no files behind.
        (!how.dry_run).then(|| rejects::usual_path(&map.source, &export.form, path))
    });
    let run = ImportRun::begin(desk, map, &how, (file, size), list.map(|list| (list, export.form))).await?;
    run.through(export.rows).await
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
    /// `file` tells the import from others, and says how long its files are; `list` is where rejected rows are kept.
    async fn begin(
        desk: &Desk,
        map: &Arc<Map>,
        how: &How,
        (file, size): (String, u64),
        list: Option<(PathBuf, Form)>,
    ) -> anyhow::Result<Self> {
        let desk = import_desk(desk);
        let importer = begin_import(&desk, &map.source, &map.agents, how.dry_run).await.context("the map")?;
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
        let goes_on = how.resume && !progress.finished && !how.dry_run;
        let list = list.map(|(path, form)| {
            if goes_on { List::resume(path, form, &progress.rejects) } else { List::begin(path, form) }
        });
        let style =
            ProgressStyle::with_template("{bar:32} {percent:>3}%  {msg} rows  {elapsed}, {eta} left")?;
        let bar = ProgressBar::new(size).with_style(style);
        Ok(Self {
            desk,
            map: map.clone(),
            importer: Arc::new(importer),
            dry_run: how.dry_run,
            taken: HashSet::new(),
            rejects: Rejects::new(list.transpose()?),
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
        let (mut faults, mut later) = (Vec::new(), Vec::new());
        let (reached, mut met) = (batch.last().map_or(0, |row| row.reached), HashSet::new());
        let mut rows = Vec::with_capacity(batch.len());
        for (number, row) in batch.into_iter().enumerate() {
            self.progress.read += 1;
            rows.push((row.place, row.original));
            let past = match row.past {
                Err(fault) => {
                    faults.push((number, fault));
                    continue;
                }
                Ok(past) => past,
            };
            let id = digest(&past.external_id);
            if self.taken.contains(&id) || !met.insert(id) {
                later.push((number, id, past));
                continue;
            }
            let (desk, importer, dry_run) = (self.desk.clone(), self.importer.clone(), self.dry_run);
            under_way.spawn(async move { (number, id, hand_over(&desk, &importer, &past, dry_run).await) });
        }
        let place = |number: usize| rows.get(number).map_or("", |(place, _)| place);
        while let Some(joined) = under_way.join_next().await {
            let (number, id, taken) = joined?;
            faults.extend(self.note(id, taken, place(number))?.map(|fault| (number, fault)));
        }
        for (number, id, past) in later {
            if self.taken.contains(&id) {
                self.progress.twice += 1;
                continue;
            }
            let taken = hand_over(&self.desk, &self.importer, &past, self.dry_run).await;
            faults.extend(self.note(id, taken, place(number))?.map(|fault| (number, fault)));
        }
        faults.sort_by_key(|(number, _)| *number);
        self.progress.rejected += faults.len() as u64;
        for (number, fault) in faults {
            if let Some((place, original)) = rows.get(number) {
                self.rejects.tell(place, original, fault)?;
            }
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
        self.progress.rejects = self.rejects.sync()?;
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
            "{read} read\n{imported} {told}\n{there} already there\n{}",
            self.rejects.said(*rejected, self.dry_run)?
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

/// Whether all addresses of the map are somebody's here.
async fn check_agents(desk: &Desk, map: &Map) -> anyhow::Result<()> {
    if map.agents.is_empty() {
        return Ok(());
    }
    let known: HashSet<String> = list_agents(desk, None).await?.into_iter().map(|one| one.email).collect();
    let named = map.agents.values().map(String::as_str);
    let mut unknown: Vec<&str> =
        named.filter(|email| !known.contains(&email.trim().to_lowercase())).collect();
    unknown.sort_unstable();
    unknown.dedup();
    ensure!(
        unknown.is_empty(),
        "[agents] of the map: nobody signs in here as {}. Add them first, or leave the line out: the stand-in takes their place",
        unknown.join(", ")
    );
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests;
