//! What the demo desk is filled with, as `demo/README.md` describes it.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use standfast_domain::{Language, Role, Transition, request_type, zone_of_region};

use super::events::EventOf;
use super::short;

/// A word or more in each language.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Both<T> {
    #[serde(rename = "zh-CN")]
    pub(super) chinese: T,
    #[serde(rename = "en")]
    pub(super) english: T,
}

impl<T> Both<T> {
    pub(super) fn of(&self, language: Language) -> &T {
        match language {
            Language::Chinese => &self.chinese,
            Language::English => &self.english,
        }
    }
}

/// Somebody's case from first words to its end.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Story {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) language: Language,
    pub(super) team: String,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    #[serde(default)]
    pub(super) chains: Vec<String>,
    #[serde(default)]
    pub(super) tokens: Vec<String>,
    pub(super) worth: Option<[f64; 2]>,
    #[serde(default)]
    pub(super) fields: BTreeMap<String, String>,
    /// The state at the end, which follows from the steps and is compared with them.
    #[cfg_attr(not(test), expect(dead_code, reason = "said for the reader, checked by a test"))]
    pub(super) state: standfast_domain::State,
    pub(super) steps: Vec<Step>,
    /// One of the many that begin in their own words and end as others do (`short`).
    #[serde(skip)]
    pub(super) is_short: bool,
    /// Nobody asked about it before the last days, and no type covers it.
    #[serde(skip)]
    pub(super) is_new: bool,
}

/// One thing that happens.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "RawStep")]
pub(super) struct Step {
    /// Minutes since the step before, from and to.
    pub(super) after: Option<[u64; 2]>,
    pub(super) deed: Deed,
}

/// Who does what in a step.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    /// The customer writes.
    Ask(String),
    /// An agent replies.
    Reply(String, Then),
    /// An agent writes a note.
    Note(String),
    /// An agent moves the request on.
    Do(Transition),
}

/// What becomes of the request after a reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Then {
    #[default]
    Waiting,
    Open,
    OnHold,
    Solved,
}

impl From<Then> for standfast_desk::Then {
    fn from(then: Then) -> Self {
        match then {
            Then::Waiting => Self::Waiting,
            Then::Open => Self::Open,
            Then::OnHold => Self::OnHold,
            Then::Solved => Self::Solved,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    customer: Option<String>,
    agent: Option<String>,
    then: Option<Then>,
    note: Option<String>,
    #[serde(rename = "do")]
    transition: Option<Transition>,
    after: Option<[u64; 2]>,
}

impl TryFrom<RawStep> for Step {
    type Error = &'static str;

    fn try_from(raw: RawStep) -> Result<Self, Self::Error> {
        let deed = match (raw.customer, raw.agent, raw.note, raw.transition) {
            (Some(text), None, None, None) => Deed::Ask(text),
            (None, Some(text), None, None) => Deed::Reply(text, raw.then.unwrap_or_default()),
            (None, None, Some(text), None) => Deed::Note(text),
            (None, None, None, Some(transition)) => Deed::Do(transition),
            _ => return Err("a step has one of customer, agent, note and do"),
        };
        if raw.then.is_some() && !matches!(deed, Deed::Reply(..)) {
            return Err("only an agent's step has then");
        }
        Ok(Self { after: raw.after, deed })
    }
}

/// Somebody on the demo desk.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Colleague {
    pub(super) email: String,
    pub(super) name: String,
    pub(super) alias: Both<String>,
    pub(super) role: Role,
    pub(super) teams: Vec<String>,
    pub(super) languages: Vec<Language>,
}

/// A team of the demo desk.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Team {
    pub(super) code: String,
    pub(super) name: Both<String>,
}

/// A chain and the tokens that are at home on it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChainNames {
    pub(super) family: String,
    pub(super) tokens: Vec<String>,
}

/// `names.json`, as far as it is needed here.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Names {
    pub(super) teams: Vec<Team>,
    pub(super) agents: Vec<Colleague>,
    pub(super) customers: Both<Vec<String>>,
    /// Weights of the regions where users are, by their ISO 3166-1 codes.
    pub(super) regions: Both<BTreeMap<String, f64>>,
    pub(super) devices: Both<Vec<String>>,
    pub(super) exchanges: Both<Vec<String>>,
    pub(super) chains: BTreeMap<String, ChainNames>,
    pub(super) prices: BTreeMap<String, f64>,
}

/// Days on which some types are asked about more than usually.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Surge {
    /// Counted from the oldest day, which is 1.
    pub(super) day: u32,
    pub(super) days: u32,
    pub(super) types: Vec<String>,
    /// Above 1 they are asked about more, below 1 less.
    pub(super) factor: f64,
    /// The version of the app that is the cause.
    pub(super) version: Option<String>,
}

impl Surge {
    /// Whether a type is asked about more or less on a day; its fraction is the time of day.
    pub(super) fn is_on(&self, kind: &str, day: f64) -> bool {
        let (first, after) = (f64::from(self.day), f64::from(self.day + self.days));
        (first..after).contains(&day) && self.types.iter().any(|one| one == kind)
    }
}

/// A version of the app.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Release {
    pub(super) version: String,
    /// Counted from the oldest day, which begins at 1; a half is its noon.
    pub(super) day: f64,
    #[serde(default)]
    pub(super) note: String,
}

/// What a device runs, as the app calls it.
pub(super) fn platform(device: &str) -> &'static str {
    if device.contains("iOS") || device.contains("iPadOS") {
        "ios"
    } else if device.contains("Harmony") {
        "harmonyos"
    } else {
        "android"
    }
}

/// `mix.json`: weights.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mix {
    pub(super) types: BTreeMap<String, f64>,
    pub(super) channels: BTreeMap<String, f64>,
    /// By the clock of the region where the customer lives.
    pub(super) hours: Both<Vec<f64>>,
    pub(super) weekdays: Vec<f64>,
    /// Oldest first.
    pub(super) releases: Vec<Release>,
    /// First and last days of campaigns that bring users.
    pub(super) campaigns: Vec<[u32; 2]>,
    pub(super) surges: Vec<Surge>,
}

/// Words of one side of the scores.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Comments {
    pub(super) good: Both<Vec<String>>,
    pub(super) bad: Both<Vec<String>>,
}

/// `feedback.json`: what customers say of the help, and what those who look at it note.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Feedback {
    pub(super) comments: Comments,
    pub(super) complaints: Both<Vec<String>>,
    pub(super) notes: Both<Vec<String>>,
}

/// Everything that the demo is made of.
#[derive(Clone, Debug)]
pub(super) struct Content {
    pub(super) stories: Vec<Story>,
    pub(super) names: Names,
    pub(super) mix: Mix,
    pub(super) events: Vec<EventOf>,
    pub(super) feedback: Feedback,
}

const STORIES: [(&str, &str); 6] = [
    ("app", include_str!("stories/app.json")),
    ("exchange", include_str!("stories/exchange.json")),
    ("risk", include_str!("stories/risk.json")),
    ("tokens", include_str!("stories/tokens.json")),
    ("trading", include_str!("stories/trading.json")),
    ("transfers", include_str!("stories/transfers.json")),
];

impl Content {
    /// Reads what the program carries along.
    pub(super) fn load() -> anyhow::Result<Self> {
        let mut stories = Vec::new();
        for (file, text) in STORIES {
            let read: Vec<Story> =
                serde_json::from_str(text).with_context(|| format!("stories/{file}.json"))?;
            stories.extend(read);
        }
        stories.extend(short::load()?);
        let names = serde_json::from_str(include_str!("names.json")).context("names.json")?;
        let mix = serde_json::from_str(include_str!("mix.json")).context("mix.json")?;
        let events = serde_json::from_str(include_str!("events.json")).context("events.json")?;
        let feedback = serde_json::from_str(include_str!("feedback.json")).context("feedback.json")?;
        let content = Self { stories, names, mix, events, feedback };
        content.check()?;
        Ok(content)
    }

    fn check(&self) -> anyhow::Result<()> {
        ensure!(self.mix.weekdays.len() == 7, "seven weekdays");
        ensure!(Language::ALL.iter().all(|l| self.mix.hours.of(*l).len() == 24), "twenty-four hours");
        ensure!(
            self.mix.types.keys().all(|code| request_type(code).is_some()),
            "a type of mix.json is unknown"
        );
        let mut regions = Language::ALL.iter().flat_map(|l| self.names.regions.of(*l).keys());
        ensure!(regions.all(|code| zone_of_region(code).is_some()), "a region of names.json is unknown");
        ensure!(self.mix.releases.is_sorted_by_key(|release| release.day), "the oldest release comes first");
        for story in &self.stories {
            let id = &story.id;
            ensure!(request_type(&story.kind).is_some(), "{id}: unknown type");
            ensure!(self.names.teams.iter().any(|team| team.code == story.team), "{id}: unknown team");
            ensure!(story.chains.iter().all(|c| self.names.chains.contains_key(c)), "{id}: unknown chain");
            ensure!(story.tokens.iter().all(|t| self.names.prices.contains_key(t)), "{id}: unknown token");
            ensure!(
                matches!(story.steps.first().map(|step| &step.deed), Some(Deed::Ask(_))),
                "{id}: the customer begins"
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use standfast_domain::{State, field};

    use super::*;

    #[test]
    fn every_story_can_be_told() {
        let content = Content::load().unwrap();
        assert!(content.stories.len() >= 800);
        let mut ids = BTreeSet::new();
        for story in &content.stories {
            let id = &story.id;
            assert!(ids.insert(id), "{id} twice");
            assert!(story.fields.keys().all(|code| field(code).is_some()), "{id}: fields");
            let mut state = State::Open;
            for (at, step) in story.steps.iter().enumerate() {
                let next = match &step.deed {
                    Deed::Ask(_) => {
                        assert!(at == 0 || step.after.is_some(), "{id}: customers' steps say when");
                        state.after(Transition::Message)
                    }
                    Deed::Reply(_, then) => state.after(Transition::Reply).map(|state| match then {
                        Then::Waiting => state,
                        Then::Open => State::Open,
                        Then::OnHold => State::OnHold,
                        Then::Solved => State::Solved,
                    }),
                    Deed::Note(_) => Ok(state),
                    Deed::Do(transition) => state.after(*transition),
                };
                state = next.unwrap_or_else(|error| panic!("{id}, step {at}: {error}"));
                assert!(step.after.is_none_or(|[low, high]| low <= high), "{id}: after");
            }
            assert_eq!(state, story.state, "{id}");
        }
    }

    #[test]
    fn every_type_has_stories_in_both_languages() {
        let content = Content::load().unwrap();
        for code in content.mix.types.keys() {
            for language in Language::ALL {
                assert!(content.stories.iter().any(|s| s.kind == *code && s.language == language), "{code}");
            }
        }
    }
}
