//! The rows that were not taken: how many of each kind, and a list of them as they were, which can be mended and imported.

mod screened;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use csv::ByteRecord;
use encoding_rs::{Encoding, UTF_8};
use indicatif::HumanCount;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use standfast_report::harmless;

use super::Fault;

/// What stands before the cells of a rejected row.
const HEAD: [&str; 4] = ["rejected_place", "rejected_id", "rejected_field", "rejected_reason"];
/// Member, and first member of each line, that says why a record was rejected.
pub(super) const NOTE: &str = "rejected";
/// Places that are named of each kind.
const NAMED: usize = 5;
/// By these bytes spreadsheets know UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// A row as the export has it.
#[derive(Clone)]
pub(crate) enum Original {
    Cells(Arc<ByteRecord>),
    /// A page with this record alone, and with what the record needs beside it.
    Record {
        id: Option<String>,
        page: Map<String, Value>,
    },
    /// A line that cannot be read.
    Line(Vec<u8>),
}

/// How rejected rows are written, so that the same command reads them again.
pub(crate) enum Form {
    Table {
        head: ByteRecord,
        delimiter: u8,
        encoding: &'static Encoding,
        /// Where the id stands.
        id: Option<usize>,
    },
    Lines,
}

impl Form {
    pub(crate) const fn ending(&self) -> &'static str {
        match self {
            Self::Table { .. } => "csv",
            Self::Lines => "ndjson",
        }
    }
}

/// The first line of a table, which may be a mended list of rejected rows.
pub(super) struct Head {
    pub(super) cells: ByteRecord,
    /// Cells before those of the table.
    before: usize,
    encoding: &'static Encoding,
}

impl Head {
    pub(super) fn new(first: &ByteRecord, encoding: &'static Encoding) -> Self {
        let is_list = first.iter().take(HEAD.len()).eq(HEAD.iter().map(|name| name.as_bytes()));
        let mut head =
            Self { cells: ByteRecord::new(), before: if is_list { HEAD.len() } else { 0 }, encoding };
        head.cells = head.original(first);
        head
    }

    /// The cells of the table alone, as they were.
    pub(super) fn original(&self, record: &ByteRecord) -> ByteRecord {
        if self.before == 0 {
            return record.clone();
        }
        let cells = record.iter().skip(self.before).map(|cell| bare(cell, self.encoding));
        let mut original: ByteRecord = cells.collect();
        original.set_position(record.position().cloned());
        original
    }
}

/// Whether a spreadsheet would run it, with any apostrophes before it.
fn is_formula(cell: &[u8], encoding: &'static Encoding) -> bool {
    let (text, _) = encoding.decode_without_bom_handling(cell);
    let text = text.trim_start_matches('\'');
    harmless(text) != text
}

/// What was made [`safe`] as it was.
fn bare<'a>(cell: &'a [u8], encoding: &'static Encoding) -> &'a [u8] {
    match cell {
        [b'\'', rest @ ..] if is_formula(rest, encoding) => rest,
        _ => cell,
    }
}

/// As all tables of the desk are written: what a spreadsheet would run begins with an apostrophe.
fn safe(cell: &[u8], encoding: &'static Encoding) -> Vec<u8> {
    let mark: &[u8] = if is_formula(cell, encoding) { b"'" } else { b"" };
    [mark, cell].concat()
}

/// What is known of the rejected rows.
pub(super) struct Rejects {
    list: Option<List>,
    kinds: BTreeMap<Fault, Kind>,
}

/// What has the same fault.
#[derive(Default)]
struct Kind {
    requests: u64,
    places: u64,
    /// The first places.
    named: Vec<String>,
    last: String,
}

impl Rejects {
    /// Without a place for the list there is none.
    pub(super) fn new(list: Option<List>) -> Self {
        Self { list, kinds: BTreeMap::new() }
    }

    pub(super) fn tell(&mut self, place: &str, original: &Original, fault: Fault) -> anyhow::Result<()> {
        let kind = self.kinds.entry(fault).or_default();
        kind.requests += 1;
        // A row may stand for many requests.
        if kind.last != place {
            place.clone_into(&mut kind.last);
            kind.places += 1;
            if kind.named.len() < NAMED {
                kind.named.push(place.to_owned());
            }
        }
        self.list.as_mut().map_or(Ok(()), |list| list.tell(place, original, fault))
    }

    /// The list as it is, when all that was told is on disk.
    pub(super) fn sync(&mut self) -> anyhow::Result<Kept> {
        self.list.as_mut().map_or_else(|| Ok(Kept::default()), List::sync)
    }

    /// How many were rejected, where they are, and why. Of those before an import was resumed the list alone says why.
    pub(super) fn said(&self, rejected: u64, dry_run: bool) -> anyhow::Result<String> {
        if rejected == 0 {
            return Ok("0 rejected".to_owned());
        }
        let mut page = format!("{rejected} {}", if dry_run { "would be rejected" } else { "rejected" });
        match &self.list {
            Some(list) => write!(page, ": see {}", list.path.display())?,
            None => page.push_str("; with --rejects FILE they are written into a file, to be mended there"),
        }
        for (fault, Kind { places, named, .. }) in &self.kinds {
            write!(page, "\n  {}: {}\n    {}", fault.field, fault.words(), named.join("; "))?;
            let rest = places - named.len() as u64;
            if rest > 0 {
                write!(page, " and {} more", HumanCount(rest))?;
            }
        }
        let earlier = rejected - self.kinds.values().map(|kind| kind.requests).sum::<u64>().min(rejected);
        if earlier > 0 {
            write!(page, "\n  {} of them before it was resumed", HumanCount(earlier))?;
        }
        Ok(page)
    }
}

/// The file in which rejected rows are kept; it is made with the first one.
pub(super) struct List {
    path: PathBuf,
    form: Form,
    file: Option<File>,
    /// What an earlier run had told for good; what it told after that is told again.
    from: u64,
    /// Of what is in it so far.
    hash: Sha256,
    /// The place that was told last: of a row that stands for many requests one is enough.
    last: String,
}

/// A list as an import has left it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// How long it was.
    bytes: u64,
    /// SHA-256 of that, in hexadecimal digits.
    hash: String,
}

/// The hash of the first bytes of a file, which may be shorter.
fn hash_of(path: &Path, bytes: u64) -> std::io::Result<Sha256> {
    let (mut file, mut hash, mut part) = (File::open(path)?.take(bytes), Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut part)? {
            0 => return Ok(hash),
            length => hash.update(part.get(..length).unwrap_or_default()),
        }
    }
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

#[derive(Serialize)]
struct Note<'a> {
    place: &'a str,
    id: Option<&'a str>,
    field: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct Line<'a> {
    rejected: Note<'a>,
    #[serde(flatten)]
    page: Option<&'a Map<String, Value>>,
}

impl List {
    /// A list of its own. One that is there may have been mended: it is set aside.
    pub(super) fn begin(path: PathBuf, form: Form) -> anyhow::Result<Self> {
        set_aside(&path)?;
        Ok(Self { path, form, file: None, from: 0, hash: Sha256::new(), last: String::new() })
    }

    /// The list of an import that goes on, up to where its place was kept. Nothing is cut off a file that somebody changed.
    pub(super) fn resume(path: PathBuf, form: Form, kept: &Kept) -> anyhow::Result<Self> {
        if kept.bytes == 0 {
            return Self::begin(path, form);
        }
        let hash = hash_of(&path, kept.bytes).unwrap_or_default();
        let is_same = hex(hash.clone()) == kept.hash;
        ensure!(
            is_same,
            "{} is not as the import has left it: put it back as it was, or give what you have mended another name and import \
             everything without --resume; nothing is taken twice",
            path.display()
        );
        Ok(Self { path, form, file: None, from: kept.bytes, hash, last: String::new() })
    }

    fn tell(&mut self, place: &str, original: &Original, fault: Fault) -> anyhow::Result<()> {
        if self.last == place {
            return Ok(());
        }
        place.clone_into(&mut self.last);
        let text = self.line(place, original, fault)?;
        self.write(&text).with_context(|| format!("cannot write {}", self.path.display()))
    }

    fn write(&mut self, text: &[u8]) -> anyhow::Result<()> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.open()?,
        };
        self.hash.update(text);
        file.write_all(text)?;
        self.file = Some(file);
        Ok(())
    }

    fn open(&mut self) -> anyhow::Result<File> {
        // What customers wrote is in it.
        let mut file =
            File::options().create(true).write(true).truncate(false).mode(0o600).open(&self.path)?;
        file.set_len(self.from)?;
        file.seek(SeekFrom::End(0))?;
        if let (0, Form::Table { head, delimiter, encoding, .. }) = (self.from, &self.form) {
            let head = head.iter().map(|cell| safe(cell.strip_prefix(MARK).unwrap_or(cell), encoding));
            let head = cells(*delimiter, HEAD.map(Vec::from).into_iter().chain(head))?;
            let mark = if *encoding == UTF_8 { MARK } else { b"" };
            for part in [mark, &head] {
                self.hash.update(part);
                file.write_all(part)?;
            }
        }
        Ok(file)
    }

    fn line(&self, place: &str, original: &Original, fault: Fault) -> anyhow::Result<Vec<u8>> {
        match (&self.form, original) {
            (Form::Table { head, delimiter, encoding, id }, Original::Cells(record)) => {
                // Where cells are missing, or there are too many, nobody knows which one is the id.
                let id = id.and_then(|id| record.get(id)).filter(|_| record.len() == head.len());
                let [place, field, reason] = [place, fault.field, fault.words()].map(Vec::from);
                let id = screened::cell(id.unwrap_or_default(), encoding);
                let note = [place, safe(&id, encoding), field, reason];
                let own = screened::row(record, encoding);
                cells(*delimiter, note.into_iter().chain(own.iter().map(|cell| safe(cell, encoding))))
            }
            (_, Original::Record { id, page }) => {
                let id = id.as_deref().map(screened::text);
                note_line(place, id.as_deref(), fault, Some(&screened::page(page)))
            }
            (_, Original::Line(line)) => {
                let note = note_line(place, None, fault, None)?;
                let line = screened::line(line.trim_ascii_end());
                Ok([&*note, &*line, b"\n"].concat())
            }
            (Form::Lines, Original::Cells(_)) => bail!("a table is no page: this is a fault of the program"),
        }
    }

    fn sync(&mut self) -> anyhow::Result<Kept> {
        let bytes = match &mut self.file {
            Some(file) => {
                file.sync_data()?;
                file.metadata()?.len()
            }
            None => self.from,
        };
        Ok(Kept { bytes, hash: hex(self.hash.clone()) })
    }
}

fn note_line(
    place: &str,
    id: Option<&str>,
    fault: Fault,
    page: Option<&Map<String, Value>>,
) -> anyhow::Result<Vec<u8>> {
    let rejected = Note { place, id, field: fault.field, reason: fault.words() };
    let mut line = serde_json::to_vec(&Line { rejected, page })?;
    line.push(b'\n');
    Ok(line)
}

fn cells(delimiter: u8, cells: impl IntoIterator<Item = impl AsRef<[u8]>>) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(Vec::new());
    writer.write_record(cells)?;
    Ok(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)
}

/// Where the list is, unless it is said: never where it would take the place of what is read.
pub(super) fn usual_path(source: &str, form: &Form, read: &Path) -> PathBuf {
    let [first, second] =
        ["", ".again"].map(|more| PathBuf::from(format!("{source}.rejects{more}.{}", form.ending())));
    if is_same(&first, read) { second } else { first }
}

/// Refuses a list that would be read as a part of the export, now or next time.
pub(super) fn check_place(path: &Path, read: &Path) -> anyhow::Result<()> {
    let name = path.display();
    ensure!(!is_same(path, read), "--rejects: {name} is the file that is read: name another one");
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    ensure!(folder.is_dir(), "--rejects: there is no folder {}: make it first", folder.display());
    ensure!(
        !(read.is_dir() && is_same(folder, read) && super::files::is_read(path)),
        "--rejects: {name} would be read as a part of the export: put it into another folder"
    );
    Ok(())
}

fn is_same(one: &Path, other: &Path) -> bool {
    let [one, other] = [one, other].map(std::fs::canonicalize);
    one.is_ok_and(|one| other.is_ok_and(|other| one == other))
}

/// Gives a list of an earlier import another name: somebody may have mended it.
fn set_aside(path: &Path) -> anyhow::Result<()> {
    let mut start = Vec::new();
    match File::open(path) {
        Ok(file) => _ = file.take(200).read_to_end(&mut start).with_context(|| path.display().to_string())?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(anyhow::Error::new(error).context(path.display().to_string())),
    }
    let start = String::from_utf8_lossy(&start);
    // The last is how lists began that held no rows.
    let is_ours = start.contains(HEAD[0])
        || start.contains(&format!("{NOTE:?}"))
        || start.starts_with("place,field,reason");
    ensure!(
        is_ours,
        "{} is something else than a list of rejected rows: move it away, or name another file with --rejects",
        path.display()
    );
    let ending = path.extension().map_or_else(String::new, |ending| format!(".{}", ending.to_string_lossy()));
    let mut names = (1..u32::MAX).map(|number| path.with_extension(format!("{number}{ending}")));
    let free = names.find(|name| !name.exists()).context("no name is free")?;
    std::fs::rename(path, &free).with_context(|| path.display().to_string())?;
    let told = format!("standfast: {} of an earlier import is now {}\n", path.display(), free.display());
    let _ = std::io::stderr().write_all(told.as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests;
