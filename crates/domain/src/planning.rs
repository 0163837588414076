//! What planning goes by: the promise that people are planned for, and how they work.

use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use crate::roster::HIGHEST_TIER;
use crate::{TYPES, request_type};

/// Groups of types that are told apart at most, beside all other types: with two languages as many lanes as a plan can have.
pub const MOST_GROUPS: usize = 2;
/// Most people of a tier that a rule asks for.
const MOST_OF_TIER: u8 = 50;
/// Longest name of a group, in characters.
const NAME: usize = 40;

/// Types of requests that are planned by themselves, because not everybody knows them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TypeGroup {
    /// What it is called.
    #[schema(max_length = 40, example = "Security")]
    pub name: String,
    /// Its types; none is in two groups.
    #[schema(min_items = 1, example = json!(["theft", "leak"]))]
    pub types: Vec<String>,
}

/// In every half hour in which the desk is open, so many people of a tier or above are at work, whatever comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TierRule {
    /// The tier: 2 or 3, as everybody is of the first or above.
    #[schema(minimum = 2, maximum = 3)]
    pub tier: u8,
    /// How many people.
    #[schema(minimum = 1, maximum = 50)]
    pub least: u8,
}

/// What an hour of work costs, in the money of the desk, to the hundredth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HourCost {
    hundredths: u32,
}

impl HourCost {
    /// The most that an hour costs.
    const MOST: f64 = 1_000_000.0;

    /// An amount; nothing where it is negative, too large, or finer than a hundredth.
    #[must_use]
    pub fn new(amount: f64) -> Option<Self> {
        if !(0.0..=Self::MOST).contains(&amount) {
            return None;
        }
        let hundredths = (amount * 100.0).round();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 100 million")]
        let cost = Self { hundredths: hundredths as u32 };
        // Far beyond what a double makes of two decimals.
        ((amount * 100.0 - hundredths).abs() < 1e-6).then_some(cost)
    }

    /// The nearest whole amount.
    #[must_use]
    pub const fn whole(self) -> Self {
        Self { hundredths: (self.hundredths + 50) / 100 * 100 }
    }

    /// The amount.
    #[must_use]
    pub fn amount(self) -> f64 {
        f64::from(self.hundredths) / 100.0
    }
}

impl Serialize for HourCost {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Whole amounts as they were written before there were others.
        match self.hundredths % 100 {
            0 => serializer.serialize_u32(self.hundredths / 100),
            _ => serializer.serialize_f64(self.amount()),
        }
    }
}

impl<'de> Deserialize<'de> for HourCost {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let amount = f64::deserialize(deserializer)?;
        let unexpected = serde::de::Unexpected::Float(amount);
        Self::new(amount).ok_or_else(|| {
            serde::de::Error::invalid_value(
                unexpected,
                &"an amount from 0 to 1,000,000 with two decimals at most",
            )
        })
    }
}

/// How people are planned. Shares are in percent, lengths in seconds, times of day in minutes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlanningSettings)]
pub struct Settings {
    /// The IANA time zone in which the desk's days and shifts are planned.
    #[schema(max_length = 64, example = "Asia/Shanghai")]
    pub zone: String,
    /// What is promised: this share of those who come is answered in time.
    #[schema(minimum = 50, maximum = 99)]
    pub share: u8,
    /// Within so many seconds.
    #[schema(minimum = 10, maximum = 86_400)]
    pub within: u32,
    /// The share of their shift in which people are not there for users: breaks, meetings, illness.
    #[schema(maximum = 60)]
    pub shrinkage: u8,
    /// Work for one answer, in seconds; null for what was measured.
    #[schema(minimum = 5, maximum = 7200)]
    pub handling: Option<u32>,
    /// How long a user thinks between two answers, for people who have several conversations in hand.
    #[schema(maximum = 3600)]
    pub think: u32,
    /// After how many seconds somebody gives up on average; null where they leave their words and nobody does.
    #[schema(minimum = 30, maximum = 604_800)]
    pub patience: Option<u32>,
    /// Not used any more: who is reserved for assets at risk is said in the surge plan. Processes of the version before read it.
    #[serde(default)]
    #[schema(maximum = 20, deprecated)]
    pub reserved: u8,
    /// When shifts may begin: quarters of an hour.
    #[schema(min_items = 1, max_items = 24, example = json!([480, 600, 960]))]
    pub starts: Vec<u16>,
    /// How long a shift is, in minutes.
    #[schema(minimum = 120, maximum = 960)]
    pub length: u16,
    /// What an hour of work costs, in the money of the desk, with two decimals at most; null where it is not said.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 1_000_000, multiple_of = 0.01, example = 25.5)]
    pub hour_cost: Option<HourCost>,
    /// Groups of types that are planned by themselves, at most two; all other types are one more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 2)]
    pub groups: Vec<TypeGroup>,
    /// How many people of higher tiers are at work while the desk is open; a tier at most once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 2)]
    pub tiers: Vec<TierRule>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            zone: "UTC".to_owned(),
            share: 80,
            within: 300,
            shrinkage: 20,
            handling: None,
            think: 90,
            patience: None,
            reserved: 0,
            starts: vec![0, 480, 600, 960],
            length: 480,
            hour_cost: None,
            groups: Vec::new(),
            tiers: Vec::new(),
        }
    }
}

/// Why settings cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct SettingsError {
    /// Which field.
    pub field: &'static str,
    /// A stable word: `unknown`, `missing`, `too_many`, `malformed`, `out_of_range`, `twice`.
    pub reason: &'static str,
}

impl Settings {
    /// Refuses what makes no sense, naming the first thing that does not.
    pub fn check(&self) -> Result<(), SettingsError> {
        let error = |field, reason| Err(SettingsError { field, reason });
        let is_within = |value: Option<u32>, range: std::ops::RangeInclusive<u32>| {
            value.is_none_or(|value| range.contains(&value))
        };
        if self.zone.len() > 64 || TimeZone::get(&self.zone).is_err() {
            return error("zone", "unknown");
        }
        let numbers = [
            ("share", (50..=99).contains(&self.share)),
            ("within", (10..=86_400).contains(&self.within)),
            ("shrinkage", self.shrinkage <= 60),
            ("handling", is_within(self.handling, 5..=7_200)),
            ("think", self.think <= 3_600),
            ("patience", is_within(self.patience, 30..=604_800)),
            ("reserved", self.reserved <= 20),
            ("length", (120..=960).contains(&self.length) && self.length.is_multiple_of(15)),
        ];
        if let Some((field, _)) = numbers.into_iter().find(|(_, is_good)| !is_good) {
            return error(field, "out_of_range");
        }
        if self.starts.is_empty() {
            return error("starts", "missing");
        }
        if self.starts.len() > 24 {
            return error("starts", "too_many");
        }
        if self.starts.iter().any(|start| *start >= 1_440 || !start.is_multiple_of(15)) {
            return error("starts", "malformed");
        }
        if self
            .starts
            .iter()
            .enumerate()
            .any(|(at, start)| self.starts.iter().take(at).any(|one| one == start))
        {
            return error("starts", "twice");
        }
        self.check_tiers()?;
        self.check_groups()
    }

    fn check_tiers(&self) -> Result<(), SettingsError> {
        let error = |reason| Err(SettingsError { field: "tiers", reason });
        let is_sound = |rule: &TierRule| {
            (2..=HIGHEST_TIER).contains(&rule.tier) && (1..=MOST_OF_TIER).contains(&rule.least)
        };
        if !self.tiers.iter().all(is_sound) {
            return error("out_of_range");
        }
        let is_again =
            |(at, rule): (usize, &TierRule)| self.tiers.iter().take(at).any(|other| other.tier == rule.tier);
        if self.tiers.iter().enumerate().any(is_again) { error("twice") } else { Ok(()) }
    }

    fn check_groups(&self) -> Result<(), SettingsError> {
        let error = |reason| Err(SettingsError { field: "groups", reason });
        if self.groups.len() > MOST_GROUPS {
            return error("too_many");
        }
        for (place, group) in self.groups.iter().enumerate() {
            if group.name.trim().is_empty() || group.types.is_empty() {
                return error("missing");
            }
            if group.name.chars().count() > NAME || group.name.chars().any(char::is_control) {
                return error("malformed");
            }
            if group.types.iter().any(|code| request_type(code).is_none()) {
                return error("unknown");
            }
            let before = self.groups.iter().take(place);
            let types = before.clone().flat_map(|other| &other.types);
            let known: Vec<&String> = types.chain(&group.types).collect();
            let is_twice =
                known.iter().enumerate().any(|(at, one)| known.iter().take(at).any(|other| other == one));
            if is_twice || before.clone().any(|other| other.name == group.name) {
                return error("twice");
            }
        }
        Ok(())
    }

    /// How many groups of types are told apart: those that are named, and all other types.
    #[must_use]
    pub const fn group_count(&self) -> usize {
        self.groups.len() + 1
    }

    /// The group of a type: a place in [`Settings::groups`], or the one after the last.
    #[must_use]
    pub fn group_of(&self, kind: &str) -> usize {
        let is_in = |group: &TypeGroup| group.types.iter().any(|code| code == kind);
        self.groups.iter().position(is_in).unwrap_or(self.groups.len())
    }

    /// Whether somebody who knows types by `knows` can be planned for a group: for a named one, whoever knows all of its types; for
    /// all others, whoever knows one of them.
    #[must_use]
    pub fn serves(&self, group: usize, knows: impl Fn(&str) -> bool) -> bool {
        match self.groups.get(group) {
            Some(group) => group.types.iter().all(|code| knows(code)),
            None => {
                TYPES.iter().any(|kind| self.group_of(kind.code) == self.groups.len() && knows(kind.code))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_types_part_the_work() {
        let group = |name: &str, types: &[&str]| TypeGroup {
            name: name.to_owned(),
            types: types.iter().map(|code| (*code).to_owned()).collect(),
        };
        let with = |groups: Vec<TypeGroup>| Settings { groups, ..Settings::default() };
        let two = with(vec![group("Security", &["theft", "leak"]), group("Swaps", &["swap"])]);
        assert_eq!((two.check(), two.group_count()), (Ok(()), 3));
        assert_eq!(["leak", "swap", "app"].map(|code| two.group_of(code)), [0, 1, 2]);
        let serves = |known: &[&str]| [0, 1, 2].map(|at| two.serves(at, |code| known.contains(&code)));
        assert_eq!(serves(&["theft", "leak"]), [true, false, false]);
        assert_eq!(serves(&["theft", "swap", "app"]), [false, true, true]);
        assert_eq!([0, 1, 2].map(|at| two.serves(at, |_| true)), [true; 3]);
        for (groups, reason) in [
            (vec![group("a", &["swap"]), group("b", &["app"]), group("c", &["fee"])], "too_many"),
            (vec![group(" ", &["swap"])], "missing"),
            (vec![group("a", &[])], "missing"),
            (vec![group(&"a".repeat(41), &["swap"])], "malformed"),
            (vec![group("a", &["dance"])], "unknown"),
            (vec![group("a", &["swap"]), group("b", &["swap"])], "twice"),
            (vec![group("a", &["swap"]), group("a", &["app"])], "twice"),
        ] {
            assert_eq!(with(groups).check(), Err(SettingsError { field: "groups", reason }), "{reason}");
        }
        // What was stored before there were groups is read as it was.
        let before = serde_json::to_string(&Settings::default()).unwrap();
        assert!(!before.contains("groups"));
        assert_eq!(serde_json::from_str::<Settings>(&before).unwrap(), Settings::default());
    }

    #[test]
    fn rules_of_tiers_are_of_higher_ones_and_each_once() {
        let with = |rules: &[(u8, u8)]| Settings {
            tiers: rules.iter().map(|(tier, least)| TierRule { tier: *tier, least: *least }).collect(),
            ..Settings::default()
        };
        let checked = |rules: &[(u8, u8)]| with(rules).check().map_err(|error| (error.field, error.reason));
        assert_eq!(checked(&[(3, 1), (2, 50)]), Ok(()));
        for rule in [(1, 1), (4, 1), (2, 0), (2, 51)] {
            assert_eq!(checked(&[rule]), Err(("tiers", "out_of_range")), "{rule:?}");
        }
        assert_eq!(checked(&[(2, 1), (2, 2)]), Err(("tiers", "twice")));
        // Nothing is written where there is none: a process of the version before reads it.
        assert!(!serde_json::to_string(&Settings::default()).unwrap().contains("tiers"));
    }

    #[test]
    fn an_hour_costs_what_is_said_to_the_hundredth() {
        let read = |text: &str| serde_json::from_str::<HourCost>(text).ok();
        for (text, amount) in [("25.5", 25.5), ("25.55", 25.55), ("0", 0.0), ("1000000", 1e6), ("0.1", 0.1)] {
            let cost = read(text).unwrap();
            assert!((cost.amount() - amount).abs() < 1e-9, "{text}");
            assert_eq!(serde_json::to_string(&cost).unwrap(), text);
        }
        assert_eq!(serde_json::to_string(&read("30.0")).unwrap(), "30", "as the version before wrote it");
        for text in ["25.555", "-1", "1000000.01", "\"abc\"", "null"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn settings_that_make_no_sense_are_refused_by_name() {
        type Spoil = fn(&mut Settings);
        assert_eq!(Settings::default().check(), Ok(()));
        let faults: [(Spoil, &str, &str); 9] = [
            (|s| s.zone = "Mars/Olympus".to_owned(), "zone", "unknown"),
            (|s| s.share = 100, "share", "out_of_range"),
            (|s| s.within = 0, "within", "out_of_range"),
            (|s| s.shrinkage = 90, "shrinkage", "out_of_range"),
            (|s| s.handling = Some(1), "handling", "out_of_range"),
            (|s| s.length = 481, "length", "out_of_range"),
            (|s| s.starts.clear(), "starts", "missing"),
            (|s| s.starts = vec![7], "starts", "malformed"),
            (|s| s.starts = vec![60, 60], "starts", "twice"),
        ];
        for (spoil, field, reason) in faults {
            let mut settings = Settings::default();
            spoil(&mut settings);
            assert_eq!(settings.check(), Err(SettingsError { field, reason }));
        }
    }
}
