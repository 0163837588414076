//! Reading a table (CSV) by its mapping file. A row with a mistake is told with its line and never quoted.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use csv::ByteRecord;
use encoding_rs::{Encoding, UTF_8};
use standfast_desk::{PastMessage, PastRating, PastRequest, Speaker, Told};
use standfast_domain::{Channel, Time};

use super::map::{CONTEXT, FIELDS, Map, Slots};
use super::rejects::{Form, Head, Original};
use super::{Export, Fault, Faults, Row, fault};

/// Most bytes of a row: a quotation mark that is never closed must not take all memory.
const LONGEST_ROW: u64 = 16 << 20;
/// Most requests of a row that stands for many.
const MOST_OF_ROW: u64 = 1_000_000;

/// Reads the table's first line, tells all that is wrong with it, and gives the rows.
pub(super) fn rows(path: &Path, map: Option<Arc<Map>>, faults: &mut Faults) -> Option<Export> {
    let file = faults.take(File::open(path).with_context(|| format!("{} cannot be read", path.display())))?;
    let mut own = Faults::default();
    let table = map.and_then(|map| table(BufReader::new(file), map, &mut own));
    faults.within(path.display(), own);
    table
}

fn table(file: impl Read + Send + 'static, map: Arc<Map>, faults: &mut Faults) -> Option<Export> {
    let since = Arc::new(AtomicU64::new(0));
    let file = Bounded { file, since: since.clone() };
    let mut reader = csv::ReaderBuilder::new().delimiter(map.delimiter).flexible(true).from_reader(file);
    let decoder = Decoder::new(map.encoding.as_deref(), map.delimiter, faults)?;
    let first = faults.take(reader.byte_headers().cloned().context("the first line"))?;
    let head = Head::new(&first, decoder.encoding);
    let headers = decoder.headers(&head.cells, faults)?;
    let columns = Columns::new(&map, &headers, faults);
    let form = Form::Table {
        head: head.cells.clone(),
        delimiter: map.delimiter,
        encoding: decoder.encoding,
        id: columns.0.get("id").copied(),
    };
    let width = headers.len();
    let mut taken = Taken { map, columns, decoder, head, width, counted: 0 };
    let rows = reader.into_byte_records().flat_map(move |record| {
        since.store(0, Ordering::Relaxed);
        match record {
            Ok(record) => taken.rows(&record),
            Err(error) => vec![Err(anyhow::Error::new(error).context("the table"))],
        }
    });
    Some(Export { rows: Box::new(rows), form })
}

/// A file whose rows have an end.
struct Bounded<R> {
    file: R,
    /// Bytes since the last row.
    since: Arc<AtomicU64>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        if self.since.fetch_add(read as u64, Ordering::Relaxed) > LONGEST_ROW {
            return Err(std::io::Error::other(
                "a row has more than 16 MB: is a quotation mark never closed?",
            ));
        }
        Ok(read)
    }
}

/// The file's encoding.
struct Decoder {
    encoding: &'static Encoding,
}

impl Decoder {
    /// Without an encoding nothing else of the table can be read.
    fn new(label: Option<&str>, delimiter: u8, faults: &mut Faults) -> Option<Self> {
        let label = label.unwrap_or("utf-8");
        let known = Encoding::for_label(label.as_bytes()).filter(|encoding| encoding.is_ascii_compatible());
        let Some(encoding) = known else {
            faults.add(format_args!(
                "encoding: the map says {label:?}, which is not known; utf-8, gbk, gb18030, big5 and windows-1252 are"
            ));
            return None;
        };
        // In GBK and Big5 the later bytes of a character may be digits, letters and what stands among them.
        let is_apart = delimiter < b'0' || (b':'..=b'?').contains(&delimiter);
        if encoding != UTF_8 && !encoding.is_single_byte() && !is_apart {
            faults.add(format_args!(
                "delimiter: this one may be half of a character in {}: use a comma, a semicolon or tabs",
                encoding.name()
            ));
            return None;
        }
        Some(Self { encoding })
    }

    fn headers(&self, record: &ByteRecord, faults: &mut Faults) -> Option<Vec<String>> {
        let first = record.get(0).unwrap_or_default();
        if first.starts_with(&[0xff, 0xfe]) || first.starts_with(&[0xfe, 0xff]) {
            faults.add("the file is UTF-16: save it as CSV in UTF-8");
            return None;
        }
        let texts: Option<Vec<_>> = record.iter().map(|cell| self.text(cell)).collect();
        let Some(texts) = texts else {
            faults.add(format_args!(
                "the first line is not {}: say how the file is written, for example encoding = \"gbk\", in the map",
                self.encoding.name()
            ));
            return None;
        };
        let headers: Vec<String> =
            texts.iter().map(|text| text.trim_start_matches('\u{feff}').trim().to_owned()).collect();
        if headers.iter().all(String::is_empty) {
            faults.add("the file is empty: its first line names the columns");
            return None;
        }
        Some(headers)
    }

    fn text<'a>(&self, cell: &'a [u8]) -> Option<Cow<'a, str>> {
        self.encoding.decode_without_bom_handling_and_without_replacement(cell)
    }
}

/// Where the columns stand that the map names.
struct Columns(HashMap<&'static str, usize>);

impl Columns {
    fn new(map: &Map, headers: &[String], faults: &mut Faults) -> Self {
        let (mut columns, mut missing) = (Self(HashMap::new()), Vec::new());
        for field in FIELDS {
            let Some(name) = map.columns.get(*field) else { continue };
            match headers.iter().position(|header| header == name) {
                Some(place) => _ = columns.0.insert(*field, place),
                None => missing.push(format!("{name:?} (columns.{field})")),
            }
        }
        if !missing.is_empty() {
            let hint = match headers {
                [_] => "; that is one column: does the map name the right delimiter?",
                _ => "",
            };
            faults.add(format_args!(
                "the first line has no {}; it has {}{hint}",
                missing.join(", "),
                headers.join(", ")
            ));
        }
        let has = |field: &str| map.columns.contains_key(field);
        let mut ensure = |holds: bool, words: &str| {
            if !holds {
                faults.add(words);
            }
        };
        ensure(has("created"), "columns.created is missing in the map: when a request came must be known");
        ensure(
            has("id") || map.slots.is_some(),
            "columns.id is missing in the map: without it, the same row would be imported twice",
        );
        ensure(has("count") == map.slots.is_some(), "columns.count and [counts] of the map belong together");
        ensure(
            !(has("answered") && has("answered_after")),
            "columns: answered or answered_after in the map, not both",
        );
        ensure(
            !(has("bot_answered") && has("bot_answered_after")),
            "columns: bot_answered or bot_answered_after in the map, not both",
        );
        ensure(
            !(has("solved") && has("solved_after")),
            "columns: solved or solved_after in the map, not both",
        );
        columns
    }

    fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }
}

/// Everything that turns records into requests.
struct Taken {
    map: Arc<Map>,
    columns: Columns,
    decoder: Decoder,
    head: Head,
    /// Cells of a row.
    width: usize,
    /// Requests that rows stood for so far.
    counted: u64,
}

/// The cells of one row, as text.
struct Cells<'a> {
    columns: &'a Columns,
    decoder: &'a Decoder,
    record: &'a ByteRecord,
}

impl<'a> Cells<'a> {
    /// The cell that says this; empty where no column does.
    fn get(&self, field: &'static str) -> Result<Cow<'a, str>, Fault> {
        let Some(place) = self.columns.0.get(field) else { return Ok(Cow::Borrowed("")) };
        let cell = self.record.get(*place).unwrap_or_default();
        self.decoder.text(cell).ok_or(fault(field, "encoding"))
    }

    /// The same, and nothing where it is empty.
    fn some(&self, field: &'static str) -> Result<Option<String>, Fault> {
        let cell = self.get(field)?;
        let text = cell.trim();
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }
}

impl Taken {
    fn rows(&mut self, record: &ByteRecord) -> Vec<anyhow::Result<Row>> {
        let line = record.position().map_or(0, csv::Position::line);
        let reached = record.position().map_or(0, csv::Position::byte);
        let place = format!("line {line}");
        let record = Arc::new(self.head.original(record));
        let row =
            |past| Ok(Row { place: place.clone(), original: Original::Cells(record.clone()), past, reached });
        match self.requests(&record) {
            Ok(past) => past.into_iter().map(|past| row(Ok(past))).collect(),
            Err(fault) => vec![row(Err(fault))],
        }
    }

    fn requests(&mut self, record: &ByteRecord) -> Result<Vec<PastRequest>, Fault> {
        if record.len() != self.width {
            return Err(fault("row", "columns"));
        }
        let cells = Cells { columns: &self.columns, decoder: &self.decoder, record };
        let past = request(&self.map, &cells)?;
        let Some(slots) = self.map.slots else { return Ok(vec![past]) };
        let count = cells.get("count")?;
        let count: u64 = count.trim().parse().map_err(|_| fault("count", "no_number"))?;
        if count > MOST_OF_ROW {
            return Err(fault("count", "out_of_range"));
        }
        let first = self.counted;
        self.counted += count;
        Ok(spread(&past, first, count, slots))
    }
}

/// The requests that a row stands for, spread evenly over its stretch of time. Of all rows' requests together, every n-th
/// one is taken, so that the share is exact over rows with few.
fn spread(row: &PastRequest, first: u64, count: u64, slots: Slots) -> Vec<PastRequest> {
    let length = u64::try_from(slots.length.as_micros()).unwrap_or(u64::MAX);
    let is_taken = |number: &u64| (first + number) % slots.one_in == slots.one_in / 2;
    let request = |number: u64| {
        // In the middle of its part, so that none falls on an edge.
        let offset = u128::from(length) * u128::from(2 * number + 1) / u128::from(2 * count);
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        PastRequest {
            external_id: format!("{}#{number}", row.external_id),
            created_at: Time(row.created_at.0.saturating_add(offset)),
            ..row.clone()
        }
    };
    (0..count).filter(is_taken).map(request).collect()
}

/// The request that a row says.
fn request(map: &Map, cells: &Cells<'_>) -> Result<PastRequest, Fault> {
    let created_at =
        map.moments.read("created", &cells.get("created")?)?.ok_or(fault("created", "missing"))?;
    let id = match cells.some("id")? {
        Some(id) => id,
        None if map.slots.is_some() => created_at.to_string(),
        None => return Err(fault("id", "missing")),
    };
    let mut past = PastRequest::new(id, created_at);
    past.answered_at = time(map, cells, ["answered", "answered_after"], created_at)?;
    past.bot_answered_at = time(map, cells, ["bot_answered", "bot_answered_after"], created_at)?;
    past.solved_at = time(map, cells, ["solved", "solved_after"], created_at)?;
    past.closed_at = map.moments.read("closed", &cells.get("closed")?)?;
    past.kind = map.kind([&*cells.get("type")?])?;
    past.channel = map.channel(&cells.get("channel")?, Channel::parse)?;
    past.language = map.language(&cells.get("language")?)?;
    past.spam = map.is_spam(&cells.get("state")?);
    (past.customer, past.customer_name) = (cells.some("customer")?, cells.some("customer_name")?);
    past.agent = cells.some("agent")?;
    for field in CONTEXT {
        let said = cells.some(field)?.or_else(|| map.default(field).map(str::to_owned));
        past.context.extend(said.map(|value| ((*field).to_owned(), value)));
    }
    let tags = cells.get("tags")?;
    past.tags =
        tags.split([',', ';']).map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect();
    past.subject = cells.some("subject")?.unwrap_or_default();
    past.messages = messages(cells, &past)?;
    if let Some(count) = cells.some("reopens")? {
        past.reopen_count = Some(count.parse().map_err(|_| fault("reopens", "no_number"))?);
    }
    past.rating =
        map.score(&cells.get("rating")?)?.map(|score| PastRating { score, comment: String::new(), at: None });
    if let (Some(rating), Some(comment)) = (&mut past.rating, cells.some("rating_comment")?) {
        rating.comment = comment;
    }
    let has = |fields: [&str; 2]| fields.iter().any(|field| cells.columns.has(field));
    past.told = Told {
        answer: has(["answered", "answered_after"]),
        solution: has(["solved", "solved_after"]),
        words: false,
    };
    Ok(past)
}

/// A time that one column gives as such and another by how long it took.
fn time(
    map: &Map,
    cells: &Cells<'_>,
    [field, after]: [&'static str; 2],
    created_at: Time,
) -> Result<Option<Time>, Fault> {
    match map.moments.read(field, &cells.get(field)?)? {
        Some(time) => Ok(Some(time)),
        None => map.moments.after(after, created_at, &cells.get(after)?),
    }
}

/// The customer's words, and the answer to them.
fn messages(cells: &Cells<'_>, past: &PastRequest) -> Result<Vec<PastMessage>, Fault> {
    let mut messages = Vec::new();
    if let Some(text) = cells.some("text")? {
        messages.push(PastMessage { at: past.created_at, by: Speaker::Customer, public: true, text });
    }
    if let Some(text) = cells.some("reply")? {
        let at = past.answered_at.ok_or(fault("answered", "missing"))?;
        messages.push(PastMessage { at, by: Speaker::Agent(past.agent.clone()), public: true, text });
    }
    Ok(messages)
}

#[cfg(test)]
mod tests;
