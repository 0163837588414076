//! What is done at each level: chosen beforehand, by people, and shown to them as a customer would read it.

use std::time::Duration;

use standfast_domain::{AgentId, DriverKind, Language, Level, Reserves, SurgeRules, TeamId, request_type};
use standfast_guard::{Context, screen};
use standfast_store::{Rd, agent};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::signal::{MOST_SIGNALS, check_source};
use crate::draft::{asks_for_nothing_in, plain, says_nothing};
use crate::roster::answers;
use crate::{Error, words};

/// Longest banner, in characters: it stands on every page.
const BANNER: usize = 300;
/// Longest known answer, in characters: it goes with every receipt.
const ANSWER: usize = 1_000;
/// The longest promise, in hours.
const LONGEST: u32 = 7 * 24;
/// Most people who are called out, and most types that go to a team.
const MOST: usize = 100;

/// What a receipt says during a surge, in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurgeWords {
    /// Within how long an answer is promised.
    pub promise: Option<String>,
    /// What helps most people who ask now.
    pub answer: Option<String>,
}

impl SurgeWords {
    /// Both in one line, for those who have no more room.
    pub(crate) fn line(self, language: Language) -> String {
        let answer = self.answer.map(|text| words(language, "receipt.surge.answer", &[("answer", &text)]));
        let gap = match language {
            Language::Chinese => "",
            Language::English => " ",
        };
        self.promise.into_iter().chain(answer).collect::<Vec<_>>().join(gap)
    }
}

/// A text in every language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SurgeText {
    /// Chinese in simplified characters.
    #[serde(rename = "zh-CN")]
    pub chinese: String,
    /// English.
    pub en: String,
}

impl SurgeText {
    /// The text in a language.
    #[must_use]
    pub fn of(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.chinese,
            Language::English => &self.en,
        }
    }

    /// The same made for each language.
    pub(crate) fn made(make: impl Fn(Language) -> String) -> Self {
        Self { chinese: make(Language::Chinese), en: make(Language::English) }
    }

    /// As it may be shown to anybody: one line, without secrets, and asking for none.
    fn checked(&self, level: &str, field: &'static str, most: usize) -> Result<Self, Error> {
        let one = |text: &str, language: &str| {
            let text = plain(text.trim()).replace(['\n', '\t'], " ");
            if text.chars().count() > most {
                return Err(Error::invalid(field, "too_long"));
            }
            asks_for_nothing_in(&format!("plan.{level}.{field}.{language}"), &text)?;
            Ok(if says_nothing(&text) { String::new() } else { screen(&text, &Context::default()).text })
        };
        Ok(Self { chinese: one(&self.chinese, "zh-CN")?, en: one(&self.en, "en")? })
    }

    fn is_empty(&self) -> bool {
        self.chinese.is_empty() && self.en.is_empty()
    }
}

/// A team that gets what comes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SurgeTeam {
    /// The team.
    #[schema(value_type = String)]
    pub team_id: TeamId,
    /// Codes of the types that it gets; all of them when none is named. Assets at risk are never moved.
    pub types: Vec<String>,
}

/// What is done at a level.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SurgeActions {
    /// What stands on every page and in the widget; empty texts stand for the usual words.
    pub banner: Option<SurgeText>,
    /// What answers most of those who ask now; it goes with each receipt.
    pub answer: Option<SurgeText>,
    /// Codes of the types that it answers; all of them when none is named.
    pub answer_types: Vec<String>,
    /// Whether the known answer stands before the form.
    pub help_first: bool,
    /// Hours within which an answer is promised instead of a conversation.
    pub promise_hours: Option<u32>,
    /// A larger team that gets what comes in.
    pub team: Option<SurgeTeam>,
    /// Whether nobody is asked a second time whether a request is solved.
    pub pause_asking: bool,
    /// Whether scheduled reports wait.
    pub pause_reports: bool,
    /// People who are written to when the level begins, once in a surge.
    #[schema(value_type = Vec<String>)]
    pub call_out: Vec<AgentId>,
}

/// Events that people entered, and the level that they make of it while they go on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SurgeExpected {
    /// The level.
    pub level: Level,
    /// Which kinds of events.
    pub kinds: Vec<DriverKind>,
}

/// A figure of another system, and the level that it makes of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SurgeSignal {
    /// What the other system calls it.
    #[schema(example = "price:BTC:1h")]
    pub source: String,
    /// Whether it speaks from the threshold upwards, or downwards.
    pub is_above: bool,
    /// The threshold.
    pub threshold: f64,
    /// The level.
    pub level: Level,
    /// Minutes after which a figure says nothing any more.
    pub minutes: u32,
}

impl SurgeSignal {
    /// Whether a value speaks.
    pub(crate) fn speaks(&self, value: f64) -> bool {
        if self.is_above { value >= self.threshold } else { value <= self.threshold }
    }
}

/// When a level begins, and what is done then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SurgePlan {
    /// Minutes within which the desk means to answer: what the load is held against.
    pub within_minutes: u32,
    /// When levels begin and end.
    pub rules: SurgeRules,
    /// The level that an alarm alone makes of it.
    pub alarm: Level,
    /// The level that events make of it while they go on.
    pub expected: SurgeExpected,
    /// Figures of other systems.
    pub signals: Vec<SurgeSignal>,
    /// What is done when it is busy.
    pub busy: SurgeActions,
    /// What is done in a surge.
    pub surge: SurgeActions,
    /// What is done in a storm.
    pub storm: SurgeActions,
    /// Who is kept for assets at risk, at every level; nobody in plans that were chosen before this could be said.
    #[serde(default)]
    #[schema(required = true)]
    pub reserve: Reserves,
}

/// What a desk begins with: it tells everybody from a surge on, and stops asking in a storm.
impl Default for SurgePlan {
    fn default() -> Self {
        let told = SurgeActions { banner: Some(SurgeText::default()), ..SurgeActions::default() };
        Self {
            within_minutes: 60,
            rules: SurgeRules::default(),
            alarm: Level::Busy,
            expected: SurgeExpected::default(),
            signals: Vec::new(),
            busy: SurgeActions::default(),
            surge: told.clone(),
            storm: SurgeActions { pause_asking: true, ..told },
            reserve: Reserves::usual(),
        }
    }
}

impl SurgePlan {
    /// What is done at a level; nothing at the normal one.
    #[must_use]
    pub fn at(&self, level: Level) -> Option<&SurgeActions> {
        match level {
            Level::Normal => None,
            Level::Busy => Some(&self.busy),
            Level::Surge => Some(&self.surge),
            Level::Storm => Some(&self.storm),
        }
    }

    /// The plan as it is stored. A reserve of nobody and an answer for all types are left out: processes of the version before know
    /// neither, and refuse a plan that names them.
    pub(crate) fn stored(&self) -> Result<String, Error> {
        let mut json = serde_json::to_value(self).map_err(|_| Error::Inconsistent("json"))?;
        if self.reserve == Reserves::default()
            && let Some(members) = json.as_object_mut()
        {
            members.remove("reserve");
        }
        for level in ["busy", "surge", "storm"] {
            if let Some(actions) = json.get_mut(level).and_then(serde_json::Value::as_object_mut)
                && actions.get("answer_types").is_some_and(|types| types == &serde_json::json!([]))
            {
                actions.remove("answer_types");
            }
        }
        Ok(json.to_string())
    }

    /// The plan as it may hold, or what is wrong with it.
    pub(crate) fn checked(self, rd: &mut Rd) -> Result<Self, Error> {
        if !(5..=24 * 60).contains(&self.within_minutes) {
            return Err(Error::invalid("within_minutes", "out_of_range"));
        }
        if let Some(fault) = self.rules.fault() {
            return Err(Error::invalid(fault, "out_of_range"));
        }
        if self.signals.len() > MOST_SIGNALS {
            return Err(Error::invalid("signals", "too_many"));
        }
        for signal in &self.signals {
            check_source(&signal.source)?;
            if !signal.threshold.is_finite() {
                return Err(Error::invalid("threshold", "out_of_range"));
            }
            if !(1..=24 * 60).contains(&signal.minutes) {
                return Err(Error::invalid("minutes", "out_of_range"));
            }
        }
        if let Some(fault) = self.reserve.fault() {
            return Err(Error::invalid(fault, "out_of_range"));
        }
        for level in Level::ALL {
            for id in &self.reserve.at(level).agents {
                agent::find(rd, *id)?.filter(answers).ok_or(Error::invalid("agents", "unknown"))?;
            }
        }
        let levels = [("busy", &self.busy), ("surge", &self.surge), ("storm", &self.storm)];
        let [busy, surge, storm] = levels.map(|(level, actions)| checked(rd, level, actions));
        Ok(Self { busy: busy?, surge: surge?, storm: storm?, ..self })
    }
}

fn checked(rd: &mut Rd, level: &str, actions: &SurgeActions) -> Result<SurgeActions, Error> {
    let banner = actions.banner.as_ref().map(|text| text.checked(level, "banner", BANNER)).transpose()?;
    let answer = actions.answer.as_ref().map(|text| text.checked(level, "answer", ANSWER)).transpose()?;
    let answer = answer.filter(|text| !text.is_empty());
    if answer.as_ref().is_some_and(|text| text.chinese.is_empty() || text.en.is_empty()) {
        // Whoever reads the other language would be told nothing.
        return Err(Error::invalid("answer", "missing"));
    }
    if actions.help_first && answer.is_none() {
        return Err(Error::invalid("answer", "missing"));
    }
    if actions.answer_types.len() > MOST
        || actions.answer_types.iter().any(|code| request_type(code).is_none())
    {
        return Err(Error::invalid("answer_types", "unknown"));
    }
    if actions.promise_hours.is_some_and(|hours| !(1..=LONGEST).contains(&hours)) {
        return Err(Error::invalid("promise_hours", "out_of_range"));
    }
    if let Some(team) = &actions.team {
        if !agent::list_teams(rd)?.iter().any(|(id, _)| *id == team.team_id) {
            return Err(Error::invalid("team_id", "unknown"));
        }
        if team.types.len() > MOST || team.types.iter().any(|code| request_type(code).is_none()) {
            return Err(Error::invalid("types", "unknown"));
        }
    }
    if actions.call_out.len() > MOST {
        return Err(Error::invalid("call_out", "too_many"));
    }
    for id in &actions.call_out {
        agent::find(rd, *id)?.filter(answers).ok_or(Error::invalid("call_out", "unknown"))?;
    }
    Ok(SurgeActions { banner, answer, ..actions.clone() })
}

impl SurgeActions {
    /// What stands on every page and in the widget; nothing where it is not told.
    pub(crate) fn notice(&self, level: Level, language: Language) -> Option<String> {
        let own = self.banner.as_ref()?.of(language);
        if !own.is_empty() {
            return Some(own.to_owned());
        }
        Some(words(language, &format!("receipt.surge.banner.{}", level.as_str()), &[]))
    }

    /// The known answer, where it answers what is asked: `kind` is its type, if there is one yet.
    pub(crate) fn known(&self, language: Language, kind: Option<&str>) -> Option<String> {
        let answers =
            |kind| self.answer_types.is_empty() || self.answer_types.iter().any(|code| code == kind);
        self.answer.as_ref().filter(|_| kind.is_none_or(answers)).map(|text| text.of(language).to_owned())
    }

    /// The known answer where it stands before the form.
    pub(crate) fn help(&self, language: Language, kind: Option<&str>) -> Option<String> {
        self.known(language, kind).filter(|_| self.help_first)
    }

    /// What a receipt says besides the place in line; nothing where it says what it always does. `within` is what was promised.
    pub(crate) fn receipt(
        &self,
        language: Language,
        kind: Option<&str>,
        within: Option<Duration>,
    ) -> Option<SurgeWords> {
        let promise = within.map(|within| {
            let hours = within.as_secs().div_ceil(3_600);
            let form = if hours == 1 && language == Language::English { "one" } else { "other" };
            let time = words(language, &format!("page.time.hour_{form}"), &[("count", &hours.to_string())]);
            words(language, "receipt.surge.promise", &[("time", &time)])
        });
        let answer = self.known(language, kind);
        (promise.is_some() || answer.is_some()).then_some(SurgeWords { promise, answer })
    }

    /// The team that gets a request of this type.
    pub(crate) fn team_for(&self, kind: &str) -> Option<TeamId> {
        let team = self.team.as_ref()?;
        (team.types.is_empty() || team.types.iter().any(|code| code == kind)).then_some(team.team_id)
    }
}
