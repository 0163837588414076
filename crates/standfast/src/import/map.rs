//! The mapping file: which columns, or members, say what, and what their values are called here.

mod written;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use standfast_domain::{Channel, Language, Score, TYPES, request_type};

use self::written::{Counts, Written};
use super::moment::{self, Moments};
use super::{Fault, Faults, fault};

/// Stands for every other value.
const REST: &str = "*";
/// Longest name of a source.
const LONGEST_SOURCE: usize = 40;

/// What columns can say.
pub(crate) const FIELDS: &[&str] = &[
    "id",
    "created",
    "answered",
    "answered_after",
    "bot_answered",
    "bot_answered_after",
    "solved",
    "solved_after",
    "closed",
    "type",
    "channel",
    "language",
    "region",
    "platform",
    "app_version",
    "chain",
    "screen",
    "brand",
    "customer",
    "customer_name",
    "agent",
    "rating",
    "rating_comment",
    "subject",
    "text",
    "reply",
    "reopens",
    "tags",
    "state",
    "count",
];

/// Those that hosts' apps would pass along.
pub(crate) const CONTEXT: &[&str] = &["region", "platform", "app_version", "chain", "screen", "brand"];

/// How rows that stand for many requests are taken apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slots {
    /// How long a row's stretch of time is.
    pub(crate) length: Duration,
    /// One of so many requests is imported.
    pub(crate) one_in: u64,
}

/// A mapping file that makes sense.
#[derive(Debug)]
pub(crate) struct Map {
    /// As it was written, to tell it from others.
    pub(crate) text: String,
    pub(crate) source: String,
    pub(crate) encoding: Option<String>,
    pub(crate) delimiter: u8,
    /// Column, or path of members, by what it says.
    pub(crate) columns: BTreeMap<String, String>,
    pub(crate) moments: Moments,
    pub(crate) agents: BTreeMap<String, String>,
    pub(crate) slots: Option<Slots>,
    defaults: BTreeMap<String, String>,
    types: BTreeMap<String, String>,
    channels: BTreeMap<String, String>,
    languages: BTreeMap<String, String>,
    ratings: BTreeMap<String, i64>,
    spam: Vec<String>,
}

impl Map {
    /// Reads a mapping file, and tells all that is wrong with it; without one, the source is called as the format. What makes
    /// sense of it is there to look at the rest of the import, unless it cannot be read at all.
    pub(crate) fn load(path: Option<&Path>, format: &str, faults: &mut Faults) -> Option<Self> {
        let name = path.map_or_else(|| "the map".to_owned(), |path| path.display().to_string());
        let text = match path {
            Some(path) => faults.take(std::fs::read_to_string(path).with_context(|| {
                format!(
                    "{name} cannot be read: it is a text (TOML in UTF-8) that says which column means what"
                )
            }))?,
            None => format!("source = {format:?}\n"),
        };
        let mut own = Faults::default();
        let map = Self::read(text, &mut own);
        faults.within(name, own);
        map
    }

    #[cfg(test)]
    pub(crate) fn parse(text: String) -> anyhow::Result<Self> {
        let mut faults = Faults::default();
        match Self::read(text, &mut faults) {
            Some(map) if faults.is_empty() => Ok(map),
            _ => Err(faults.ended()),
        }
    }

    fn read(text: String, faults: &mut Faults) -> Option<Self> {
        let written = Written::read(&text, faults)?;
        check_source(&written.source, faults);
        check_names(&written, faults);
        let delimiter = match written.delimiter.as_deref().unwrap_or(",").as_bytes() {
            [one] if one.is_ascii() && *one != b'"' => *one,
            _ => {
                faults.add("delimiter is one character such as \",\" or \"\\t\"");
                b','
            }
        };
        let moments = Moments::new(written.zone.as_deref(), written.formats, written.unit.as_deref(), faults);
        let lower = |value: &str| value.trim().to_lowercase();
        let codes = |table: BTreeMap<String, String>| -> BTreeMap<String, String> {
            table.into_iter().map(|(value, code)| (lower(&value), code)).collect()
        };
        Some(Self {
            text,
            source: written.source,
            encoding: written.encoding,
            delimiter,
            columns: written.columns,
            moments,
            agents: written.agents,
            slots: written.counts.map(|counts| slots(&counts, faults)),
            defaults: written.defaults,
            types: codes(written.types),
            channels: codes(written.channels),
            languages: codes(written.languages),
            ratings: written.ratings.into_iter().map(|(value, score)| (lower(&value), score)).collect(),
            spam: written.spam.iter().map(|value| lower(value)).collect(),
        })
    }

    /// What a field is where nothing says it.
    pub(crate) fn default(&self, field: &str) -> Option<&str> {
        self.defaults.get(field).map(String::as_str)
    }

    /// The type that a value means. Of several, such as tags, the first one that the map knows.
    pub(crate) fn kind<'a>(&self, values: impl IntoIterator<Item = &'a str>) -> Result<String, Fault> {
        let default = || self.default("type").unwrap_or("other").to_owned();
        let mut said = false;
        for value in values.into_iter().map(str::trim).filter(|value| !value.is_empty()) {
            said = true;
            if let Some(code) = self.types.get(&value.to_lowercase()) {
                return Ok(code.clone());
            }
            if let Some(kind) = request_type(value) {
                return Ok(kind.code.to_owned());
            }
        }
        match self.types.get(REST) {
            Some(code) => Ok(code.clone()),
            None if said => Err(fault("type", "unknown")),
            None => Ok(default()),
        }
    }

    /// The channel that a value means, by the map or by what a system calls it.
    pub(crate) fn channel(
        &self,
        value: &str,
        usual: impl Fn(&str) -> Option<Channel>,
    ) -> Result<Channel, Fault> {
        let value = value.trim().to_lowercase();
        let mapped =
            self.channels.get(&value).or_else(|| self.channels.get(REST).filter(|_| !value.is_empty()));
        let default = || self.default("channel").and_then(Channel::parse).unwrap_or(Channel::Import);
        match mapped {
            Some(code) => Channel::parse(code).ok_or(fault("channel", "unknown")),
            None if value.is_empty() => Ok(default()),
            None => usual(&value).ok_or(fault("channel", "unknown")),
        }
    }

    /// The language that a value means; told by the words when nothing says it.
    pub(crate) fn language(&self, value: &str) -> Result<Option<Language>, Fault> {
        let value = value.trim().to_lowercase();
        let mapped =
            self.languages.get(&value).or_else(|| self.languages.get(REST).filter(|_| !value.is_empty()));
        match mapped {
            Some(code) => Ok(Language::parse(code)),
            None if value.is_empty() => Ok(self.default("language").and_then(Language::parse)),
            None => Language::parse(&value).map(Some).ok_or(fault("language", "unknown")),
        }
    }

    /// The score that a value means: a number from 1 to 5, or a word that the map knows.
    pub(crate) fn score(&self, value: &str) -> Result<Option<Score>, Fault> {
        let value = value.trim().to_lowercase();
        if value.is_empty() {
            return Ok(None);
        }
        let number = self.ratings.get(&value).copied().or_else(|| value.parse().ok());
        number.and_then(Score::new).map(Some).ok_or(fault("rating", "unknown"))
    }

    /// Whether a state says that it was no request for help.
    pub(crate) fn is_spam(&self, state: &str) -> bool {
        self.spam.contains(&state.trim().to_lowercase())
    }
}

/// As the desk wants it, told together with all else.
fn check_source(source: &str, faults: &mut Faults) {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    if source.is_empty() {
        faults.add(
            "source is missing: name the other system, such as source = \"old-desk\", in the first line",
        );
    } else if source.len() > LONGEST_SOURCE || !source.bytes().all(plain) {
        faults.add(format_args!(
            "source: {source:?} has more than a-z, 0-9 and -, or more than {LONGEST_SOURCE} of them"
        ));
    }
}

/// Whether fields are fields, and what values are called here is known here. What is known is named once for all that is not.
fn check_names(written: &Written, faults: &mut Faults) {
    for (section, table) in [("columns", &written.columns), ("defaults", &written.defaults)] {
        let wrong = table.keys().filter(|field| !FIELDS.contains(&field.as_str()));
        let wrong: Vec<String> = wrong.map(|field| format!("{field:?}")).collect();
        if !wrong.is_empty() {
            faults.add(format_args!("[{section}] {}: none of {}", wrong.join(", "), FIELDS.join(", ")));
        }
    }
    for (section, what, table) in [
        ("types", "type", &written.types),
        ("channels", "channel", &written.channels),
        ("languages", "language", &written.languages),
    ] {
        let wrong = table.iter().filter(|(_, code)| !is_known(what, code));
        let wrong: Vec<String> = wrong.map(|(value, code)| format!("{value:?} = {code:?}")).collect();
        if !wrong.is_empty() {
            let wrong = wrong.join(", ");
            faults.add(format_args!("[{section}] {wrong}: no {what} of this desk; it has {}", known(what)));
        }
    }
    for (what, code) in written.defaults.iter().filter(|(what, code)| !is_known(what, code)) {
        faults.add(format_args!(
            "[defaults] {what} = {code:?}: no {what} of this desk; it has {}",
            known(what)
        ));
    }
    for (value, score) in written.ratings.iter().filter(|(_, score)| Score::new(**score).is_none()) {
        faults.add(format_args!("[ratings] {value:?}: ratings go from 1 to 5, not {score}"));
    }
}

fn is_known(what: &str, code: &str) -> bool {
    match what {
        "type" => request_type(code).is_some(),
        "channel" => Channel::parse(code).is_some(),
        "language" => Language::parse(code).is_some(),
        _ => true,
    }
}

/// What the desk has of it.
fn known(what: &str) -> String {
    match what {
        "type" => TYPES.iter().map(|one| one.code).collect::<Vec<_>>().join(", "),
        "channel" => "widget, page, api, mail, phone, chat, social, import".to_owned(),
        _ => "zh-CN, en".to_owned(),
    }
}

fn slots(counts: &Counts, faults: &mut Faults) -> Slots {
    let slot =
        counts.slot.as_deref().context("missing: how long a row's stretch of time is, such as \"30m\"");
    let length = faults.take(slot.and_then(moment::duration).context("counts.slot"));
    let one_in = u64::try_from(counts.one_in).ok().filter(|one_in| *one_in > 0);
    if one_in.is_none() {
        faults.add("counts.one_in is at least 1");
    }
    Slots { length: length.unwrap_or_default(), one_in: one_in.unwrap_or(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(text: &str) -> anyhow::Result<Map> {
        Map::parse(text.to_owned())
    }

    #[test]
    fn values_get_the_names_of_the_desk() {
        let map = map(
            "source = \"old\"\nspam = [\"Junk\"]\n[types]\n\"提币\" = \"deposit\"\n[channels]\nHotline = \"phone\"\n\
             [languages]\nMandarin = \"zh-CN\"\n[ratings]\nGood = 5\nbad = 1\n[defaults]\nchannel = \"mail\"",
        );
        let map = map.unwrap();
        assert_eq!(map.kind(["vip", " 提币 "]), Ok("deposit".to_owned()));
        assert_eq!(map.kind(["pending"]), Ok("pending".to_owned()));
        assert_eq!(map.kind([""]), Ok("other".to_owned()));
        assert_eq!(map.kind(["Billing"]), Err(fault("type", "unknown")));
        assert_eq!(map.channel("hotline", |_| None), Ok(Channel::Phone));
        assert_eq!(map.channel("", |_| None), Ok(Channel::Mail));
        assert_eq!(map.channel("fax", |_| None), Err(fault("channel", "unknown")));
        assert_eq!(map.language("mandarin"), Ok(Some(Language::Chinese)));
        assert_eq!(map.language("en-GB"), Ok(Some(Language::English)));
        assert_eq!(map.language("Klingon"), Err(fault("language", "unknown")));
        assert_eq!(map.score("GOOD"), Ok(Score::new(5)));
        assert_eq!((map.score("3"), map.score("")), (Ok(Score::new(3)), Ok(None)));
        assert!(map.score("9").is_err() && map.score("meh").is_err());
        assert!(map.is_spam("junk ") && !map.is_spam(""));
    }

    #[test]
    fn a_map_that_makes_no_sense_is_refused() {
        for (text, part) in [
            ("sauce = \"x\"", "sauce"),
            ("[columns]\nwhen = \"a\"", "when"),
            ("[types]\na = \"nonsense\"", "nonsense"),
            ("[channels]\na = \"fax\"", "fax"),
            ("[ratings]\na = 6", "6"),
            ("delimiter = \"\"", "delimiter"),
            ("zone = \"Moon\"", "Moon"),
            ("[counts]\nslot = \"30m\"\none_in = 0", "one_in"),
            ("[defaults]\ntype = \"x\"", "defaults"),
            ("[counts]\none_in = 2", "counts.slot"),
            ("[counts]\nslot = \"half\"", "half"),
            ("[times]\nunits = \"hours\"", "[times] \"units\""),
            ("columns = \"id\"", "columns must be a section"),
            ("spam = \"Junk\"", "spam must be a list"),
        ] {
            let refused = format!("{:#}", map(&format!("source = \"x\"\n{text}")).unwrap_err());
            assert!(refused.contains(part) && !refused.contains("things to mend"), "{text}: {refused}");
        }
        for (text, part) in [("", "source is missing"), ("source = \"Old Desk\"", "a-z, 0-9 and -")] {
            let refused = format!("{:#}", map(text).unwrap_err());
            assert!(refused.contains(part), "{text}: {refused}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let text = "source = \"Old\"\nsauce = 1\nzone = \"Moon\"\ndelimiter = \";;\"\n[columns]\nid = 7\nwhen = \"a\"\n\
                    [times]\nformats = [\"ISO\"]\nunit = \"days\"\n[types]\na = \"x\"\nb = \"y\"\n[ratings]\ngood = 9\n\
                    bad = \"1\"\n[counts]\nslot = \"30m\"\none_in = 0\n";
        let refused = map(text).unwrap_err().to_string();
        assert!(refused.starts_with("12 things to mend"), "{refused}");
        for part in [
            "\"Old\"",
            "\"sauce\"",
            "\"Moon\"",
            "delimiter",
            "columns.id",
            "\"when\"",
            "times.formats",
            "times.unit",
            "[types] \"a\" = \"x\", \"b\" = \"y\"",
            "[ratings] \"good\"",
            "ratings.bad",
            "counts.one_in",
            "1 to 5",
        ] {
            assert!(refused.contains(part), "{part}: {refused}");
        }
    }

    #[test]
    fn what_is_no_toml_has_its_line() {
        let refused = map("source = \"old\"\n[columns]\nid = Ticket ID\n").unwrap_err().to_string();
        assert!(refused.contains("line 3, column 6") && refused.contains("no TOML"), "{refused}");
    }
}
