//! The mapping file: which columns, or members, say what, and what their values are called here.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use standfast_domain::{Channel, Language, Score, request_type};

use super::moment::{self, Moments};
use super::{Fault, fault};

/// Stands for every other value.
const REST: &str = "*";

/// The file as it is written; `docs/guide/import.md` explains it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    source: String,
    zone: Option<String>,
    encoding: Option<String>,
    delimiter: Option<String>,
    columns: BTreeMap<String, String>,
    times: Times,
    defaults: BTreeMap<String, String>,
    types: BTreeMap<String, String>,
    channels: BTreeMap<String, String>,
    languages: BTreeMap<String, String>,
    agents: BTreeMap<String, String>,
    ratings: BTreeMap<String, i64>,
    /// Values of the column `state` that say that it was no request for help.
    spam: Vec<String>,
    counts: Option<Counts>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Times {
    formats: Vec<String>,
    unit: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counts {
    slot: String,
    #[serde(default = "one")]
    one_in: u64,
}

const fn one() -> u64 {
    1
}

/// What columns can say.
pub(crate) const FIELDS: &[&str] = &[
    "id",
    "created",
    "answered",
    "answered_after",
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
    /// Reads a mapping file; without one, the source is called as the format.
    pub(crate) fn load(path: Option<&Path>, format: &str) -> anyhow::Result<Self> {
        let text = match path {
            Some(path) => std::fs::read_to_string(path).with_context(|| path.display().to_string())?,
            None => format!("source = {format:?}\n"),
        };
        let name = path.map_or_else(|| "the map".to_owned(), |path| path.display().to_string());
        Self::parse(text).context(name)
    }

    pub(crate) fn parse(text: String) -> anyhow::Result<Self> {
        let written: Written = toml::from_str(&text)?;
        for field in written.columns.keys().chain(written.defaults.keys()) {
            ensure!(FIELDS.contains(&&**field), "{field:?} is none of {}", FIELDS.join(", "));
        }
        let known = |what: &str, code: &str| match what {
            "type" => request_type(code).is_some(),
            "channel" => Channel::parse(code).is_some(),
            "language" => Language::parse(code).is_some(),
            _ => true,
        };
        for (what, table) in
            [("type", &written.types), ("channel", &written.channels), ("language", &written.languages)]
        {
            for code in table.values() {
                ensure!(known(what, code), "{code:?} is no {what} of this desk");
            }
        }
        for (what, code) in &written.defaults {
            ensure!(known(what, code), "defaults: {code:?} is no {what} of this desk");
        }
        for score in written.ratings.values() {
            ensure!(Score::new(*score).is_some(), "ratings go from 1 to 5, not {score}");
        }
        let delimiter = written.delimiter.as_deref().unwrap_or(",");
        let delimiter = match delimiter.as_bytes() {
            [one] if one.is_ascii() && *one != b'"' => *one,
            _ => anyhow::bail!("delimiter is one character such as \",\" or \"\\t\""),
        };
        let slots = written.counts.map(|counts| -> anyhow::Result<Slots> {
            ensure!(counts.one_in > 0, "counts.one_in is at least 1");
            Ok(Slots { length: moment::duration(&counts.slot)?, one_in: counts.one_in })
        });
        let unit = written.times.unit.as_deref().unwrap_or("minutes");
        let moments = Moments::new(written.zone.as_deref().unwrap_or("UTC"), written.times.formats, unit)?;
        let lower = |table: BTreeMap<String, String>| -> BTreeMap<String, String> {
            table.into_iter().map(|(value, code)| (value.trim().to_lowercase(), code)).collect()
        };
        Ok(Self {
            text,
            source: written.source,
            encoding: written.encoding,
            delimiter,
            columns: written.columns,
            moments,
            agents: written.agents,
            slots: slots.transpose()?,
            defaults: written.defaults,
            types: lower(written.types),
            channels: lower(written.channels),
            languages: lower(written.languages),
            ratings: written
                .ratings
                .into_iter()
                .map(|(value, score)| (value.trim().to_lowercase(), score))
                .collect(),
            spam: written.spam.into_iter().map(|value| value.trim().to_lowercase()).collect(),
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
        ] {
            let refused = format!("{:#}", map(text).unwrap_err());
            assert!(refused.contains(part), "{text}: {refused}");
        }
    }
}
