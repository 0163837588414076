//! What exports in JSON have in common: files with records in them, members by their paths, times and words.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use serde_json::Value;
use standfast_desk::PastRequest;
use standfast_domain::{Channel, Time};

use super::map::{CONTEXT, Map};
use super::{Fault, Row, Rows, fault};

/// Longest line of a file of lines, and longest file of one value, in bytes.
const LONGEST_LINE: u64 = 64 << 20;
const LONGEST_FILE: u64 = 1 << 30;

/// A system whose records are read.
pub(super) trait System: Send + 'static {
    /// Members that hold the list of records, such as `data.payload`.
    const LISTS: &'static [&'static str];
    /// Looks at a page before its records: people and measures that stand beside them.
    fn page(&mut self, page: &Value);
    /// Reads a record.
    fn record(&self, map: &Map, record: &Value) -> Result<PastRequest, Fault>;
}

/// The files of an export: the file itself, or those of a folder, in the order of their names.
pub(super) fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for file in std::fs::read_dir(path).with_context(|| path.display().to_string())? {
        let file = file?.path();
        if file.is_file() && (is_lines(&file) || file.extension().is_some_and(|end| end == "json")) {
            files.push(file);
        }
    }
    files.sort();
    ensure!(!files.is_empty(), "{} has no .json, .ndjson or .jsonl files", path.display());
    Ok(files)
}

fn is_lines(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "ndjson" || end == "jsonl")
}

/// A value of a file, with records in it.
struct Page {
    /// Where it stands, such as `p1.json line 17`.
    place: String,
    value: Result<Value, Fault>,
    /// Bytes of all files before it, and its own.
    before: u64,
    bytes: u64,
}

type Pages = Box<dyn Iterator<Item = anyhow::Result<Page>> + Send>;

/// The rows of an export's files, a page at a time: what stands beside its records is needed for them alone.
pub(super) fn rows<S: System>(path: &Path, map: Arc<Map>, mut system: S) -> anyhow::Result<Rows> {
    let mut before = 0;
    let pages = files(path)?.into_iter().flat_map(move |file| {
        let start = before;
        before += std::fs::metadata(&file).map_or(0, |about| about.len());
        pages(&file, start).unwrap_or_else(|error| Box::new(std::iter::once(Err(error))))
    });
    let rows = pages.flat_map(move |page| match page {
        Ok(page) => rows_of(&mut system, &map, page),
        Err(error) => vec![Err(error)],
    });
    Ok(Box::new(rows))
}

fn rows_of<S: System>(system: &mut S, map: &Map, page: Page) -> Vec<anyhow::Result<Row>> {
    let Page { place, value, before, bytes } = page;
    let value = match value {
        Ok(value) => value,
        Err(fault) => return vec![Ok(Row { place, past: Err(fault), reached: before + bytes })],
    };
    system.page(&value);
    let records = records::<S>(&value);
    let count = records.len().max(1) as u64;
    let row = |(number, record): (u64, &Value)| {
        let place = format!("{place}, record {number}");
        Ok(Row { place, past: system.record(map, record), reached: before + bytes * number / count })
    };
    (1..).zip(records).map(row).collect()
}

/// The values of a file: one, or one a line.
fn pages(path: &Path, before: u64) -> anyhow::Result<Pages> {
    let name = path.display().to_string();
    let short = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let file = File::open(path).with_context(|| name.clone())?;
    if !is_lines(path) {
        let bytes = file.metadata()?.len();
        ensure!(bytes <= LONGEST_FILE, "{name} has more than 1 GB: export it in pages, or as lines");
        // What serde_json says of a mistake names the place and never quotes the text.
        let value = serde_json::from_reader(BufReader::new(file)).with_context(|| name.clone())?;
        let page = Page { place: format!("{short} page"), value: Ok(value), before, bytes };
        return Ok(Box::new(std::iter::once(Ok(page))));
    }
    let mut reader = BufReader::new(file);
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
                let value = serde_json::from_slice(&line).map_err(|_| fault("record", "no_json"));
                return Some(Ok(Page {
                    place: format!("{short} line {number}"),
                    value,
                    before: start,
                    bytes,
                }));
            }
        }
    });
    Ok(Box::new(lines))
}

/// The records of a page: a list, the list in one of the known members, or the page itself.
fn records<S: System>(page: &Value) -> Vec<&Value> {
    let list = S::LISTS.iter().find_map(|path| member(page, path)).unwrap_or(page);
    match list {
        Value::Array(records) => records.iter().collect(),
        // A page without records is no record.
        _ if list.get("id").is_some() => vec![list],
        _ => Vec::new(),
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

/// The words of a piece of HTML: without tags, with line ends where blocks and lines end.
pub(super) fn words_of_html(html: &str) -> String {
    let mut words = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find(['<', '&']) {
        let (before, after) = rest.split_at(start);
        words.push_str(before);
        rest = if after.starts_with('<') { tag(after, &mut words) } else { entity(after, &mut words) };
    }
    words.push_str(rest);
    let lines: Vec<&str> = words.lines().map(str::trim_end).collect();
    lines.join("\n").trim().to_owned()
}

/// Passes over a tag, with all that is in it where that is no text.
fn tag<'a>(text: &'a str, words: &mut String) -> &'a str {
    let name: String = text.chars().skip(1).take_while(|c| *c == '/' || c.is_ascii_alphanumeric()).collect();
    let name = name.trim_end_matches('/').to_ascii_lowercase();
    if name.is_empty() && !text.starts_with("<!") {
        words.push('<');
        return text.get(1..).unwrap_or_default();
    }
    if matches!(&*name, "br" | "/p" | "/div" | "/li" | "/tr" | "/h1" | "/h2" | "/h3" | "/blockquote") {
        words.push('\n');
    }
    let end = |mark: &str| text.find(mark).map_or(text.len(), |place| place + mark.len());
    let past = match &*name {
        "script" => end("</script>"),
        "style" => end("</style>"),
        _ if text.starts_with("<!--") => end("-->"),
        _ => end(">"),
    };
    text.get(past..).unwrap_or_default()
}

/// Passes over an entity, and writes what it stands for.
fn entity<'a>(text: &'a str, words: &mut String) -> &'a str {
    let end = text.char_indices().take(12).find(|(_, c)| *c == ';').map(|(place, _)| place);
    let name = end.and_then(|end| text.get(1..end));
    let stands_for = name.and_then(|name| match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let number = name.strip_prefix('#')?;
            let number = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(number)
        }
    });
    if let (Some(c), Some(end)) = (stands_for, end) {
        words.push(c);
        text.get(end + 1..).unwrap_or_default()
    } else {
        words.push('&');
        text.get(1..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn html_leaves_its_words() {
        for (html, words) in [
            ("<p>Hello <b>you</b></p><p>2 &lt; 3 &amp; so on</p>", "Hello you\n2 < 3 & so on"),
            ("a<br>b<br/>c&nbsp;d", "a\nb\nc d"),
            ("<style>p { color: red }</style>x<!-- <p>no</p> -->y", "xy"),
            ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
            ("&#36716;&#x8d26; &unknown; &", "转账 &unknown; &"),
            ("cut <a href=\"x", "cut"),
        ] {
            assert_eq!(words_of_html(html), words, "{html}");
        }
    }

    #[test]
    fn members_are_found_by_their_paths() {
        let value = json!({"via": {"channel": "web"}, "custom_fields": [{"id": 7, "value": "TRX"}], "n": null, "t": 0});
        assert_eq!(text(&value, "via.channel").as_deref(), Some("web"));
        assert_eq!(text(&value, "custom_fields.7").as_deref(), Some("TRX"));
        assert!(text(&value, "custom_fields.8").is_none() && text(&value, "n").is_none());
        assert_eq!(time(&value, "t", "answered"), Ok(None));
        assert!(time(&value, "via", "answered").is_err());
    }

    proptest! {
        #[test]
        fn any_html_is_survived(html in "[<>&;#/a-z!\\- 转\"]{0,80}") {
            let words = words_of_html(&html);
            prop_assert!(words.len() <= html.len() + 1);
        }
    }
}
