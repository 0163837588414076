//! What exports in JSON have in common: files with records in them, members by their paths, times and words.

mod flaw;
mod html;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use serde_json::{Map as Members, Value};
use standfast_desk::PastRequest;
use standfast_domain::{Channel, Time};

use self::flaw::{Flaw, outline};
pub(super) use self::html::words_of_html;
use super::files::{files, is_lines};
use super::map::{CONTEXT, Map};
use super::rejects::{Form, NOTE, Original};
use super::{Export, Fault, Faults, Row, fault};

/// Longest line of a file of lines, and longest file of one value, in bytes.
const LONGEST_LINE: u64 = 64 << 20;
const LONGEST_FILE: u64 = 1 << 30;

/// A system whose records are read.
pub(super) trait System: Send + 'static {
    /// Members that hold the list of records, such as `data.payload`.
    const LISTS: &'static [&'static str];
    /// The one of them under which a page with a single record is written.
    const LIST: &'static str;
    /// Members of which a page may have nothing else.
    const BESIDE: &'static [&'static str];
    /// Looks at a page before its records: people and measures that stand beside them.
    fn page(&mut self, page: &Value);
    /// Reads a record.
    fn record(&self, map: &Map, record: &Value) -> Result<PastRequest, Fault>;
    /// What else a page needs that has this record alone.
    fn beside(&self, _: &Value) -> Members<String, Value> {
        Members::new()
    }
}

/// A value of a file, with records in it.
struct Page {
    /// Where it stands, such as `p1.json line 17`.
    place: String,
    /// A line that is no value is told as it was.
    value: Result<Value, (Fault, Vec<u8>)>,
    /// Bytes of all files before it, and its own.
    before: u64,
    bytes: u64,
}

type Pages = Box<dyn Iterator<Item = anyhow::Result<Page>> + Send>;

/// The rows of an export's files, a page at a time: what stands beside its records is needed for them alone. Files that are
/// one value are gone through before, so that all that are broken are known before anything is imported.
pub(super) fn rows<S: System>(
    path: &Path,
    map: Option<Arc<Map>>,
    system: S,
    faults: &mut Faults,
) -> Option<Export> {
    let files = faults.take(files(path))?;
    for file in files.iter().filter(|file| !is_lines(file)) {
        faults.take(check::<S>(file));
    }
    Some(Export { rows: rows_of_files(files, map?, system), form: Form::Lines })
}

fn check<S: System>(path: &Path) -> anyhow::Result<()> {
    let (name, file) = (path.display(), open(path)?);
    let bytes = file.get_ref().metadata()?.len();
    ensure!(bytes <= LONGEST_FILE, "{name} has more than 1 GB: export it in pages, or as lines");
    let found = outline(file).map_err(|flaw| flaw.of_file(path))?;
    let shape = fault("record", "shape").words();
    ensure!(
        records::<S>(found).is_ok(),
        "{name} line 1: {shape}. Expected is [ … ], or {{ {:?}: [ … ] }}: is it the export of another system, or an error that was saved in its place?",
        S::LIST
    );
    Ok(())
}

/// A file behind its byte order mark.
fn open(path: &Path) -> anyhow::Result<BufReader<File>> {
    let cannot = || format!("{} cannot be read", path.display());
    let mut file = BufReader::new(File::open(path).with_context(cannot)?);
    if file.fill_buf().with_context(cannot)?.starts_with(b"\xEF\xBB\xBF") {
        file.consume(3);
    }
    Ok(file)
}

fn rows_of_files<S: System>(files: Vec<PathBuf>, map: Arc<Map>, mut system: S) -> super::Rows {
    let mut before = 0;
    let pages = files.into_iter().flat_map(move |file| {
        let start = before;
        before += std::fs::metadata(&file).map_or(0, |about| about.len());
        pages(&file, start).unwrap_or_else(|error| Box::new(std::iter::once(Err(error))))
    });
    let rows = pages.flat_map(move |page| match page {
        Ok(page) => rows_of(&mut system, &map, page),
        Err(error) => vec![Err(error)],
    });
    Box::new(rows)
}

fn rows_of<S: System>(system: &mut S, map: &Map, page: Page) -> Vec<anyhow::Result<Row>> {
    let Page { place, value, before, bytes } = page;
    let broken = |place, fault, line| {
        let (original, past) = (Original::Line(line), Err(fault));
        vec![Ok(Row { place, original, past, reached: before + bytes })]
    };
    let value = match value {
        Ok(value) => value,
        Err((fault, line)) => return broken(place, fault, line),
    };
    system.page(&value);
    let records = match records::<S>(value) {
        Ok(records) => records,
        Err(value) => return broken(place, fault("record", "shape"), value.to_string().into_bytes()),
    };
    let count = records.len().max(1) as u64;
    let row = |(number, record): (u64, Value)| {
        let place = format!("{place}, record {number}");
        let (past, id) = (system.record(map, &record), text(&record, "id"));
        let mut page = system.beside(&record);
        page.insert(S::LIST.to_owned(), Value::Array(vec![record]));
        let original = Original::Record { id, page };
        Ok(Row { place, original, past, reached: before + bytes * number / count })
    };
    (1..).zip(records).map(row).collect()
}

/// The values of a file: one, or one a line.
fn pages(path: &Path, before: u64) -> anyhow::Result<Pages> {
    let name = path.display().to_string();
    let short = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut reader = open(path)?;
    if !is_lines(path) {
        let bytes = reader.get_ref().metadata()?.len();
        let value = serde_json::from_reader(reader).map_err(|error| Flaw::new(&error).of_file(path))?;
        let page = Page { place: format!("{short} page"), value: Ok(value), before, bytes };
        return Ok(Box::new(std::iter::once(Ok(page))));
    }
    let (mut number, mut before) = (0_u64, before);
    let lines = std::iter::from_fn(move || {
        loop {
            number += 1;
            let mut line = Vec::new();
            let bytes = match reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
                Err(error) => return Some(Err(anyhow::Error::new(error).context(name.clone()))),
                Ok(0) => return None,
                Ok(read) if read as u64 >= LONGEST_LINE => {
                    return Some(Err(anyhow::anyhow!("{name}: line {number} has more than 64 MB")));
                }
                Ok(read) => read as u64,
            };
            let start = before;
            before += bytes;
            if !line.iter().all(u8::is_ascii_whitespace) {
                return Some(Ok(page_of_line(format!("{short} line {number}"), line, start)));
            }
        }
    });
    Ok(Box::new(lines))
}

fn page_of_line(mut place: String, line: Vec<u8>, before: u64) -> Page {
    let bytes = line.len() as u64;
    let value = serde_json::from_slice(line.trim_ascii_end()).map_err(|error| {
        let flaw = Flaw::of_text(&error, &line);
        place = format!("{place}, column {}", flaw.column);
        (flaw.fault, line)
    });
    Page { place, value, before, bytes }
}

/// The records of a page: a list, the list in one of the known members, or the page itself. A page that is none of these comes
/// back as it was.
fn records<S: System>(mut page: Value) -> Result<Vec<Value>, Value> {
    let found = S::LISTS.iter().find(|path| member(&page, path).is_some());
    let place = found.map(|path| format!("/{}", path.replace('.', "/")));
    let is_record = |value: &Value| value.get("id").is_some();
    match place.and_then(|place| page.pointer_mut(&place)) {
        Some(Value::Array(list)) => Ok(std::mem::take(list)),
        Some(one) if is_record(one) => Ok(vec![one.take()]),
        Some(_) => Err(page),
        None => match page {
            Value::Array(list) => Ok(list),
            one if is_record(&one) => Ok(vec![one]),
            // People who come in files of their own; why the next line was rejected.
            one if S::BESIDE.iter().chain([&NOTE]).any(|name| one.get(name).is_some()) => Ok(Vec::new()),
            other => Err(other),
        },
    }
}

/// The member at a path such as `via.channel`. In a list of `{id, value}`, as Zendesk keeps custom fields, a step is an id.
pub(super) fn member<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, step| match value {
        Value::Array(list) => list
            .iter()
            .find(|one| one.get("id").is_some_and(|id| text_of(id) == step))
            .and_then(|one| one.get("value")),
        _ => value.get(step).filter(|found| !found.is_null()),
    })
}

/// A value as text: what is no text, number or truth is empty.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(is) => is.to_string(),
        _ => String::new(),
    }
}

/// The text at a path; nothing where it is missing or empty.
pub(super) fn text(value: &Value, path: &str) -> Option<String> {
    member(value, path).map(text_of).filter(|text| !text.trim().is_empty())
}

/// A time at a path: RFC 3339, or seconds since 1970, of which 0 means never.
pub(super) fn time(value: &Value, path: &str, field: &'static str) -> Result<Option<Time>, Fault> {
    match member(value, path) {
        None => Ok(None),
        Some(Value::Number(seconds)) => match seconds.as_i64() {
            Some(0) => Ok(None),
            Some(seconds) => Ok(Some(Time(seconds.saturating_mul(1_000_000)))),
            None => Err(fault(field, "no_such_time")),
        },
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => Time::parse(text).map(Some).ok_or(fault(field, "no_such_time")),
        Some(_) => Err(fault(field, "no_such_time")),
    }
}

/// The list at a path; empty where there is none.
pub(super) fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    member(value, path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Fills in what a mapping file says for every system: type, language and context, by paths of members.
pub(super) fn fill(
    map: &Map,
    record: &Value,
    past: &mut PastRequest,
    usual: &BTreeMap<&str, &str>,
) -> Result<(), Fault> {
    let path = |field: &str| map.columns.get(field).map(String::as_str).or_else(|| usual.get(field).copied());
    let said = |field: &str| path(field).and_then(|path| text(record, path)).unwrap_or_default();
    let values: Vec<String> = match path("type").and_then(|path| member(record, path)) {
        Some(Value::Array(list)) => list.iter().map(text_of).collect(),
        Some(value) => vec![text_of(value)],
        None => Vec::new(),
    };
    past.kind = match map.kind(values.iter().map(String::as_str)) {
        // Without a column for it, what a system happens to say is no type of this desk.
        Err(_) if !map.columns.contains_key("type") => map.default("type").unwrap_or("other").to_owned(),
        found => found?,
    };
    past.language = match map.language(&said("language")) {
        Err(_) if !map.columns.contains_key("language") => None,
        found => found?,
    };
    for field in CONTEXT {
        let value = Some(said(field))
            .filter(|value| !value.is_empty())
            .or_else(|| map.default(field).map(str::to_owned));
        past.context.extend(value.map(|value| ((*field).to_owned(), value)));
    }
    Ok(())
}

/// What another system calls a channel.
pub(super) fn channel(name: &str) -> Channel {
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["email", "mail", "ticket_sharing", "outlook", "gmail"]) {
        Channel::Mail
    } else if has(&["voice", "phone", "call", "sms"]) {
        Channel::Phone
    } else if has(&[
        "twitter",
        "facebook",
        "whatsapp",
        "telegram",
        "line",
        "instagram",
        "wechat",
        "weibo",
        "tiktok",
        "any_channel",
    ]) {
        Channel::Social
    } else if has(&["chat", "message", "messaging", "messenger", "widget", "mobile_sdk"]) {
        Channel::Chat
    } else if has(&["web", "form"]) {
        Channel::Page
    } else {
        Channel::Import
    }
}

#[cfg(test)]
mod tests;
