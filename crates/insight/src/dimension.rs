//! Dimensions: what requests can be filtered and grouped by. To add one: a value of a row's column, a name here, and its
//! two names in `locales`; see `docs/dev/facts.md`.

use std::hash::Hash;

use standfast_domain::vocabulary::{PLATFORMS, UNKNOWN};
use standfast_domain::{Channel, Dimension as Told, Language, State, request_type};
use standfast_store::imported::Untold;

use crate::block::{Block, Course};
use crate::column::{Coded, Codes};
use crate::fact::{COHORTS, COUNTINGS, REASONS, RESOLUTIONS, SCORES, TIERS};
use crate::names::Names;

const NO_YES: &[&str] = &["no", "yes"];
/// Whether a request is its customer's first.
pub(crate) const CONTACTS: &[&str] = &["repeat", "first"];
/// Who answered.
pub(crate) const ANSWERERS: &[&str] = &["nobody", "person", "bot", "both", "unknown"];
/// The place of what the history of an imported request does not say.
const UNTOLD: u32 = 4;
const ORIGINS: &[&str] = &["desk", "imported"];
/// What urgency is: see [`standfast_domain::Urgency`].
const URGENCIES: &[&str] = &["0", "1", "2", "3", "4"];
/// The name of nobody and of no team.
const NONE: &str = "none";

/// Something that every request has exactly one value of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// By which way it came.
    Channel,
    /// What it is about.
    Type,
    /// How soon it needs an answer: 0 to 4.
    Urgency,
    /// Whether assets are at risk.
    AtRisk,
    /// The customer's language.
    Language,
    /// The customer's region, as the host's app says.
    Region,
    /// The customer's platform.
    Platform,
    /// The version of the host's app.
    AppVersion,
    /// The chain that it is about.
    Chain,
    /// The screen or feature of the host's app.
    Screen,
    /// The brand under which the app is sold, as the host says.
    Brand,
    /// How long the customer had been known.
    Cohort,
    /// Whether it is the customer's first request.
    Contact,
    /// Who answered.
    AnsweredBy,
    /// Which tier of the desk it reached: the first, the second after going to another team once, the third after more.
    Tier,
    /// The team that has it.
    Team,
    /// The agent who has it.
    Agent,
    /// The agent who replied first.
    FirstAgent,
    /// The agent who had answered last when it was called solved.
    SolvedBy,
    /// What is known of the last time that it was called solved.
    Resolution,
    /// How its customer rated the help, the last time.
    Score,
    /// Why.
    Reason,
    /// Where it stands.
    State,
    /// Whether it has tags.
    Tagged,
    /// Whether it came to this desk, or its history from another system.
    Origin,
    /// Whether it counts, and what it is if not.
    Counting,
}

/// Where a dimension's values come from.
#[derive(Clone, Copy, Debug)]
enum Values {
    /// A list that is known in advance.
    Fixed(&'static [&'static str]),
    /// Names and the days from which they begin.
    Cohorts,
    /// A dictionary of texts.
    Texts(fn(&Names) -> &crate::names::Dictionary<String>),
    /// A dictionary of ids.
    Ids(fn(&Names) -> &crate::names::Dictionary<i64>),
}

/// A column's codes, and the dimension's value behind each.
pub(crate) struct Lookup<'a> {
    pub(crate) codes: &'a Codes,
    pub(crate) values: Vec<u32>,
}

fn lookup<V: Copy + Eq + Hash>(column: &Coded<V>, value: impl Fn(&V) -> u32) -> Lookup<'_> {
    Lookup { codes: column.codes(), values: column.values().iter().map(value).collect() }
}

/// The place of who answered among [`ANSWERERS`].
pub(crate) fn answerer(course: &Course) -> u32 {
    match (course.is_answered, course.is_bot_answered()) {
        // Whether a person did, too, is not known.
        (false, _) if !course.tells(Untold::ANSWER) => UNTOLD,
        (false, false) => 0,
        (true, false) => 1,
        (false, true) => 2,
        (true, true) => 3,
    }
}

impl Dimension {
    /// Every dimension.
    pub const ALL: [Self; 26] = [
        Self::Channel,
        Self::Type,
        Self::Urgency,
        Self::AtRisk,
        Self::Language,
        Self::Region,
        Self::Platform,
        Self::AppVersion,
        Self::Chain,
        Self::Screen,
        Self::Brand,
        Self::Cohort,
        Self::Contact,
        Self::AnsweredBy,
        Self::Tier,
        Self::Team,
        Self::Agent,
        Self::FirstAgent,
        Self::SolvedBy,
        Self::Resolution,
        Self::Score,
        Self::Reason,
        Self::State,
        Self::Tagged,
        Self::Origin,
        Self::Counting,
    ];

    /// The name in JSON and in `locales`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Type => "type",
            Self::Urgency => "urgency",
            Self::AtRisk => "at_risk",
            Self::Language => "language",
            Self::Region => "region",
            Self::Platform => "platform",
            Self::AppVersion => "app_version",
            Self::Chain => "chain",
            Self::Screen => "screen",
            Self::Brand => "brand",
            Self::Cohort => "cohort",
            Self::Contact => "contact",
            Self::AnsweredBy => "answered_by",
            Self::Tier => "tier",
            Self::Team => "team",
            Self::Agent => "agent",
            Self::FirstAgent => "first_agent",
            Self::SolvedBy => "solved_by",
            Self::Resolution => "resolution",
            Self::Score => "score",
            Self::Reason => "reason",
            Self::State => "state",
            Self::Tagged => "tagged",
            Self::Origin => "origin",
            Self::Counting => "counting",
        }
    }

    /// The dimension with this name.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.code() == code)
    }

    const fn source(self) -> Values {
        match self {
            Self::Urgency => Values::Fixed(URGENCIES),
            Self::AtRisk | Self::Tagged => Values::Fixed(NO_YES),
            Self::Platform => Values::Fixed(PLATFORMS),
            Self::Contact => Values::Fixed(CONTACTS),
            Self::AnsweredBy => Values::Fixed(ANSWERERS),
            Self::Origin => Values::Fixed(ORIGINS),
            Self::Counting => Values::Fixed(COUNTINGS),
            Self::Resolution => Values::Fixed(RESOLUTIONS),
            Self::Score => Values::Fixed(SCORES),
            Self::Reason => Values::Fixed(REASONS),
            Self::Tier => Values::Fixed(TIERS),
            Self::Cohort => Values::Cohorts,
            Self::Channel => Values::Texts(|names| &names.channels),
            Self::Type => Values::Texts(|names| &names.kinds),
            Self::Language => Values::Texts(|names| &names.languages),
            Self::Region => Values::Texts(|names| &names.regions),
            Self::AppVersion => Values::Texts(|names| &names.versions),
            Self::Chain => Values::Texts(|names| &names.chains),
            Self::Screen => Values::Texts(|names| &names.screens),
            Self::Brand => Values::Texts(|names| &names.brands),
            Self::State => Values::Texts(|names| &names.states),
            Self::Team => Values::Ids(|names| &names.teams),
            Self::Agent | Self::FirstAgent | Self::SolvedBy => Values::Ids(|names| &names.agents),
        }
    }

    /// Whether its values are known in advance.
    pub(crate) const fn is_listed(self) -> bool {
        matches!(self.source(), Values::Fixed(_) | Values::Cohorts)
    }

    /// The code of a value.
    pub(crate) fn value(self, names: &Names, value: u32) -> String {
        let place = value as usize;
        match self.source() {
            Values::Fixed(list) => list.get(place).copied().unwrap_or_default().to_owned(),
            Values::Cohorts => COHORTS.get(place).map(|(name, _)| *name).unwrap_or_default().to_owned(),
            Values::Texts(texts) => texts(names).get(value).cloned().unwrap_or_default(),
            Values::Ids(ids) => match ids(names).get(value) {
                Some(id) if *id > 0 => id.to_string(),
                Some(0) => NONE.to_owned(),
                _ => "other".to_owned(),
            },
        }
    }

    /// The value with this code. Nothing where no request ever had it; false where none ever can.
    pub(crate) fn find(self, names: &Names, code: &str) -> Result<Option<u32>, ()> {
        let place = |place: Option<usize>| place.and_then(|place| u32::try_from(place).ok());
        match self.source() {
            Values::Fixed(list) => place(list.iter().position(|name| *name == code)).map(Some).ok_or(()),
            Values::Cohorts => place(COHORTS.iter().position(|(name, _)| *name == code)).map(Some).ok_or(()),
            Values::Texts(texts) => Ok(texts(names).find(&code.to_owned())),
            Values::Ids(ids) => match code {
                NONE => Ok(ids(names).find(&0)),
                "other" => Ok(ids(names).find(&-1)),
                _ => code.parse().map(|id: i64| ids(names).find(&id).filter(|_| id > 0)).map_err(|_| ()),
            },
        }
    }

    /// Whether a request can have the value with this code, now or one day: of versions, screens and other words of apps any, of
    /// lists, types, chains and regions those that there are.
    #[must_use]
    pub fn can_be(self, code: &str) -> bool {
        match self {
            Self::Type => request_type(code).is_some(),
            Self::Chain => code == UNKNOWN || Told::Chain.can_be(code),
            Self::Region => code == UNKNOWN || Told::Region.can_be(code),
            Self::State => State::parse(code).is_some(),
            Self::Channel => Channel::parse(code).is_some(),
            Self::Language => Language::parse(code).is_some(),
            _ => self.find(&Names::new(), code).is_ok(),
        }
    }

    /// The numbers of every value that a request can have, in their order.
    pub(crate) fn numbers(self, names: &Names) -> Vec<u32> {
        let first = |count: usize| (0..u32::try_from(count).unwrap_or(u32::MAX)).collect();
        match self.source() {
            Values::Fixed(list) => first(list.len()),
            Values::Cohorts => first(COHORTS.len()),
            Values::Texts(texts) => texts(names).numbers().collect(),
            Values::Ids(ids) => ids(names).numbers().collect(),
        }
    }

    /// The values of a block's rows.
    pub(crate) fn of(self, block: &Block) -> Lookup<'_> {
        match self {
            Self::Channel => lookup(&block.source, |v| v.channel),
            Self::Language => lookup(&block.source, |v| v.language),
            Self::Platform => lookup(&block.source, |v| v.platform.into()),
            Self::Type => lookup(&block.matter, |v| v.kind),
            Self::Urgency => lookup(&block.matter, |v| v.urgency.into()),
            Self::AtRisk => lookup(&block.matter, |v| v.at_risk.into()),
            Self::Region => lookup(&block.region, |v| *v),
            Self::AppVersion => lookup(&block.version, |v| *v),
            Self::Chain => lookup(&block.chain, |v| *v),
            Self::Screen => lookup(&block.screen, |v| *v),
            Self::Brand => lookup(&block.brand, |v| *v),
            Self::Tier => lookup(&block.course, |v| v.tier.into()),
            Self::Team => lookup(&block.handler, |v| v.team.into()),
            Self::Agent => lookup(&block.handler, |v| v.agent.into()),
            Self::FirstAgent => lookup(&block.handler, |v| v.first_agent.into()),
            Self::SolvedBy => lookup(&block.handler, |v| v.solved_by.into()),
            Self::Resolution => lookup(&block.feedback, |v| v.resolution.into()),
            Self::Score => lookup(&block.feedback, |v| v.score.into()),
            Self::Reason => lookup(&block.feedback, |v| v.reason.into()),
            Self::Cohort => lookup(&block.course, |v| v.cohort.into()),
            Self::Contact => lookup(&block.course, |v| v.is_first.into()),
            Self::AnsweredBy => lookup(&block.course, answerer),
            Self::State => lookup(&block.course, |v| v.state.into()),
            Self::Tagged => lookup(&block.course, |v| v.is_tagged.into()),
            Self::Origin => lookup(&block.course, |v| v.is_imported().into()),
            Self::Counting => lookup(&block.course, |v| v.counting.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_found_again() {
        let names = Names::new();
        for dimension in Dimension::ALL {
            assert_eq!(Dimension::parse(dimension.code()), Some(dimension));
            for value in dimension.numbers(&names) {
                let code = dimension.value(&names, value);
                assert_eq!(dimension.find(&names, &code), Ok(Some(value)), "{} {code}", dimension.code());
            }
        }
        assert_eq!(Dimension::Platform.find(&names, "amiga"), Err(()));
        assert_eq!(Dimension::AppVersion.find(&names, "9.9"), Ok(None));
        assert_eq!(
            (Dimension::Agent.find(&names, "77"), Dimension::Agent.find(&names, "x")),
            (Ok(None), Err(()))
        );
        assert_eq!(Dimension::Agent.find(&names, "-1"), Ok(None));
    }
}
