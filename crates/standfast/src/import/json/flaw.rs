//! Where a text stops being JSON, and what was expected there. It never quotes the text: there may be a secret in it.

use std::fmt;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Error, Map, Value};

use crate::import::{Fault, fault};

/// A place, and what is wrong there.
#[derive(Debug)]
pub(super) struct Flaw {
    line: usize,
    pub(super) column: usize,
    pub(super) fault: Fault,
}

impl Flaw {
    pub(super) fn new(error: &Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let told = error.to_string();
        let has = |part: &str| told.contains(part);
        let reason = match error.classify() {
            Category::Io => "io",
            Category::Eof if (line, column) == (1, 0) => "empty",
            Category::Eof => "cut_off",
            _ if has("expected `,` or") => "comma",
            _ if has("trailing comma") => "spare",
            _ if has("expected `:`") => "colon",
            _ if has("key must be a string") || has("expected `\"`") => "name",
            _ if has("trailing characters") => "more",
            _ if has("escape") || has("control character") || has("unicode") || has("UTF-8") => "text",
            _ if has("number") => "number",
            _ if has("recursion") => "deep",
            _ => "no_json",
        };
        Self { line, column: column.max(1), fault: fault("record", reason) }
    }

    /// The same, of a text whose beginning may say more.
    pub(super) fn of_text(error: &Error, start: &[u8]) -> Self {
        let mut flaw = Self::new(error);
        flaw.fault = of_start(start).unwrap_or(flaw.fault);
        flaw
    }

    pub(super) fn of_file(&self, path: &Path) -> anyhow::Error {
        let Self { line, column, fault } = self;
        let name = path.display();
        if fault.reason == "io" {
            return anyhow::anyhow!("{name} cannot be read to its end");
        }
        anyhow::anyhow!("{name} line {line}, column {column}: {}", fault.words())
    }
}

/// What is no JSON from its first byte on.
fn of_start(text: &[u8]) -> Option<Fault> {
    let is_wide = text.starts_with(b"\xFF\xFE") || text.starts_with(b"\xFE\xFF");
    let is_page = text.trim_ascii_start().starts_with(b"<");
    match (is_wide, is_page) {
        (true, _) => Some(fault("record", "utf16")),
        (_, true) => Some(fault("record", "page")),
        _ => None,
    }
}

/// Goes through a file that is one value, and gives its members without what is in its lists.
pub(super) fn outline(mut file: BufReader<File>) -> Result<Value, Flaw> {
    let of_start = file.fill_buf().ok().and_then(of_start);
    let found: Result<Outline, Error> = serde_json::from_reader(file);
    found.map(|outline| outline.0).map_err(|error| {
        let mut flaw = Flaw::new(&error);
        flaw.fault = of_start.unwrap_or(flaw.fault);
        flaw
    })
}

struct Outline(Value);

impl<'de> Deserialize<'de> for Outline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Members).map(Self)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some((name, Outline(value))) = members.next_entry()? {
            all.insert(name, value);
        }
        Ok(Value::Object(all))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        // Its texts are read, because only then is it seen what is no text.
        while list.next_element::<Outline>()?.is_some() {}
        Ok(Value::Array(Vec::new()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, is: bool) -> Result<Value, E> {
        Ok(Value::Bool(is))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, _: &str) -> Result<Value, E> {
        Ok(Value::String(String::new()))
    }
}
