//! The mapping file as it is written: every line is read by itself, so that one mistake hides no other.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::Faults;

/// What a file may say at its top.
const KNOWN: &[&str] = &[
    "source",
    "zone",
    "encoding",
    "delimiter",
    "spam",
    "columns",
    "times",
    "defaults",
    "types",
    "channels",
    "languages",
    "agents",
    "ratings",
    "counts",
];

/// `docs/guide/import.md` explains it.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) source: String,
    pub(super) zone: Option<String>,
    pub(super) encoding: Option<String>,
    pub(super) delimiter: Option<String>,
    pub(super) columns: BTreeMap<String, String>,
    pub(super) formats: Vec<String>,
    pub(super) unit: Option<String>,
    pub(super) defaults: BTreeMap<String, String>,
    pub(super) types: BTreeMap<String, String>,
    pub(super) channels: BTreeMap<String, String>,
    pub(super) languages: BTreeMap<String, String>,
    pub(super) agents: BTreeMap<String, String>,
    pub(super) ratings: BTreeMap<String, i64>,
    /// Values of the column `state` that say that it was no request for help.
    pub(super) spam: Vec<String>,
    pub(super) counts: Option<Counts>,
}

#[derive(Debug)]
pub(super) struct Counts {
    pub(super) slot: Option<String>,
    pub(super) one_in: i64,
}

impl Written {
    /// Nothing where it is no TOML at all: then there is nothing else to be found.
    pub(super) fn read(text: &str, faults: &mut Faults) -> Option<Self> {
        let mut top = match text.parse::<Table>() {
            Ok(table) => Section { name: "", table, faults },
            Err(error) => {
                faults.add(no_toml(text, &error));
                return None;
            }
        };
        let mut written = Self {
            source: top.text("source").unwrap_or_default(),
            zone: top.text("zone"),
            encoding: top.text("encoding"),
            delimiter: top.text("delimiter"),
            spam: top.texts("spam"),
            columns: top.words("columns"),
            defaults: top.words("defaults"),
            types: top.words("types"),
            channels: top.words("channels"),
            languages: top.words("languages"),
            agents: top.words("agents"),
            ratings: top.scores("ratings"),
            ..Self::default()
        };
        if let Some(mut times) = top.section("times") {
            (written.formats, written.unit) = (times.texts("formats"), times.text("unit"));
            times.end(&["formats", "unit"]);
        }
        if let Some(mut counts) = top.section("counts") {
            let (slot, one_in) = (counts.text("slot"), counts.number("one_in").unwrap_or(1));
            counts.end(&["slot", "one_in"]);
            written.counts = Some(Counts { slot, one_in });
        }
        top.end(KNOWN);
        Some(written)
    }
}

fn no_toml(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    let message = error.message().lines().collect::<Vec<_>>().join("; ");
    format!(
        "line {line}, column {column}: this is no TOML: {message}. What else it says is looked at after that"
    )
}

/// A table of which entries are taken until none is left.
struct Section<'a> {
    /// Empty at the top.
    name: &'static str,
    table: Table,
    faults: &'a mut Faults,
}

impl Section<'_> {
    /// Says what a line should be; it says nothing then.
    fn wants<T>(&mut self, name: &str, what: &str) -> Option<T> {
        let name = if self.name.is_empty() { name.to_owned() } else { format!("{}.{name}", self.name) };
        self.faults.add(format_args!("{name} must be {what}"));
        None
    }

    fn text(&mut self, name: &str) -> Option<String> {
        match self.table.remove(name)? {
            Value::String(text) => Some(text),
            _ => self.wants(name, "a text in quotation marks"),
        }
    }

    fn number(&mut self, name: &str) -> Option<i64> {
        match self.table.remove(name)? {
            Value::Integer(number) => Some(number),
            _ => self.wants(name, "a whole number"),
        }
    }

    fn texts(&mut self, name: &str) -> Vec<String> {
        let Some(value) = self.table.remove(name) else { return Vec::new() };
        let texts = value.try_into().ok();
        texts.or_else(|| self.wants(name, "a list of texts, such as [\"a\", \"b\"]")).unwrap_or_default()
    }

    fn section(&mut self, name: &'static str) -> Option<Section<'_>> {
        match self.table.remove(name)? {
            Value::Table(table) => Some(Section { name, table, faults: self.faults }),
            _ => self.wants(name, "a section: its name in brackets in a line of its own, its entries below"),
        }
    }

    /// A section of texts.
    fn words(&mut self, name: &'static str) -> BTreeMap<String, String> {
        let Some(mut section) = self.section(name) else { return BTreeMap::new() };
        let names: Vec<String> = section.table.keys().cloned().collect();
        names.into_iter().filter_map(|name| section.text(&name).map(|text| (name, text))).collect()
    }

    /// A section of numbers.
    fn scores(&mut self, name: &'static str) -> BTreeMap<String, i64> {
        let Some(mut section) = self.section(name) else { return BTreeMap::new() };
        let names: Vec<String> = section.table.keys().cloned().collect();
        names.into_iter().filter_map(|name| section.number(&name).map(|score| (name, score))).collect()
    }

    /// What is left is not known.
    fn end(self, known: &[&str]) {
        let place = if self.name.is_empty() { String::new() } else { format!("[{}] ", self.name) };
        for name in self.table.keys() {
            self.faults.add(format_args!("{place}{name:?} is none of {}", known.join(", ")));
        }
    }
}
