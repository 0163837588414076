//! What requests and active users are told apart by, and what an event touches of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{request_type, vocabulary};

/// Longest value of a dimension, in bytes of UTF-8.
const LONGEST: usize = 64;

/// Something by which requests and active users are told apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// The chain, such as `tron`.
    Chain,
    /// The app's version, such as `7.2.0`.
    AppVersion,
    /// What the app runs on, such as `ios`.
    Platform,
    /// Where the user is, such as `SG` (ISO 3166-1 where it is a country).
    Region,
    /// The type of the request, by its code.
    Type,
}

impl Dimension {
    /// Every dimension.
    pub const ALL: [Self; 5] = [Self::Chain, Self::AppVersion, Self::Platform, Self::Region, Self::Type];

    /// The word in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::AppVersion => "app_version",
            Self::Platform => "platform",
            Self::Region => "region",
            Self::Type => "type",
        }
    }

    /// Reads the word in SQL and JSON.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.as_str() == text)
    }

    /// A value as it is compared, so that `v7.2.0` and `7.2.0`, or `iOS` and `ios`, are one. `None` for what cannot be a
    /// value: nothing, more than 64 bytes, control characters, or a type that does not exist.
    #[must_use]
    pub fn read(self, text: &str) -> Option<String> {
        let text = text.trim();
        if text.is_empty() || text.len() > LONGEST || text.chars().any(char::is_control) {
            return None;
        }
        match self {
            Self::Chain | Self::Platform => Some(text.to_lowercase()),
            Self::Region => Some(text.to_uppercase()),
            Self::AppVersion => {
                let bare = text
                    .strip_prefix(['v', 'V'])
                    .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
                Some(bare.unwrap_or(text).to_owned())
            }
            Self::Type => request_type(text).map(|kind| kind.code.to_owned()),
        }
        // A few letters grow when their case changes.
        .filter(|value| value.len() <= LONGEST)
    }

    /// A value as facts have it, so that `TRX` is `tron` and `zh-CN` is `CN`; in the form of [`Dimension::read`] where it is
    /// none that facts know. `None` as there.
    #[must_use]
    pub fn code(self, text: &str) -> Option<String> {
        let read = self.read(text)?;
        let known = match self {
            Self::Chain => vocabulary::chain(&read).to_owned(),
            Self::Platform => vocabulary::platform_name(&read).to_owned(),
            Self::Region => vocabulary::region(&read),
            Self::AppVersion => vocabulary::version(&read),
            Self::Type => return Some(read),
        };
        Some(if known == vocabulary::OTHER { read } else { known })
    }

    /// Whether requests can have the value with this code, now or one day: of types, chains, platforms and regions it must be one that there
    /// is; a version may come out tomorrow, and is called as its makers like.
    #[must_use]
    pub fn can_be(self, code: &str) -> bool {
        match self {
            Self::Chain => code == vocabulary::OTHER || vocabulary::chain(code) != vocabulary::OTHER,
            Self::Platform => {
                code == vocabulary::OTHER || vocabulary::platform_name(code) != vocabulary::OTHER
            }
            Self::Region => code == vocabulary::OTHER || vocabulary::region(code) != vocabulary::OTHER,
            Self::Type => request_type(code).is_some(),
            Self::AppVersion => true,
        }
    }
}

/// The code of a country or region as a host's app may write it: `cn` and `zh-CN` are both CN. `None` for what is no code
/// of two letters (ISO 3166-1).
#[must_use]
pub fn region_code(text: &str) -> Option<String> {
    let last = text.trim().rsplit(['-', '_']).next().unwrap_or_default();
    match last.to_ascii_uppercase().as_str() {
        "UK" => Some("GB".to_owned()),
        code if code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()) => Some(code.to_owned()),
        _ => None,
    }
}

/// What an event touches: of each dimension that is named, these values. No dimension at all is everything; two
/// dimensions are what has one of the values of each.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = BTreeMap<String, Vec<String>>, example = json!({"chain": ["tron"], "app_version": ["7.2.0"]}))]
pub struct Scope(pub BTreeMap<Dimension, BTreeSet<String>>);

impl Scope {
    /// Whether something is touched; `value` gives its value of a dimension, in the form of [`Dimension::code`]. What has
    /// no known value of a dimension that the scope names is not touched.
    pub fn covers<'a>(&self, value: impl Fn(Dimension) -> Option<&'a str>) -> bool {
        self.0.iter().all(|(dimension, values)| value(*dimension).is_some_and(|value| values.contains(value)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_compared_in_one_form() {
        use Dimension::{AppVersion, Chain, Platform, Region, Type};
        for (dimension, text, value) in [
            (AppVersion, " v7.2.0 ", Some("7.2.0")),
            (AppVersion, "V8", Some("8")),
            (AppVersion, "vista", Some("vista")),
            (Chain, "TRON", Some("tron")),
            (Platform, "iOS", Some("ios")),
            (Region, "sg", Some("SG")),
            (Region, "华东", Some("华东")),
            (Type, "pending", Some("pending")),
            (Type, "no such type", None),
            (Chain, "  ", None),
            (Chain, "a\u{0}b", None),
        ] {
            assert_eq!(dimension.read(text).as_deref(), value, "{text}");
        }
        assert_eq!(Chain.read(&"x".repeat(65)), None);
    }

    #[test]
    fn an_event_names_what_it_touches_as_facts_do() {
        use Dimension::{AppVersion, Chain, Platform, Region, Type};
        for (dimension, text, code) in [
            (Chain, "TRX", "tron"),
            (Chain, "BNB Chain", "bnb"),
            (Chain, "BSC", "bnb"),
            (Chain, "Moonriver", "moonriver"),
            (Platform, "iPhone", "ios"),
            (Platform, "web", "web"),
            (Region, "zh-CN", "CN"),
            (Region, "uk", "GB"),
            (Region, "华东", "华东"),
            (AppVersion, "v7.2.0 (1234)", "7.2.0"),
            (AppVersion, "canary", "canary"),
            (Type, "pending", "pending"),
        ] {
            assert_eq!(dimension.code(text).as_deref(), Some(code), "{text}");
            assert_eq!(dimension.code(code).as_deref(), Some(code), "said again");
        }
        assert_eq!((Chain.code(" "), Type.code("no such type")), (None, None));
    }

    #[test]
    fn what_no_request_can_have_is_told_from_what_may_come() {
        use Dimension::{AppVersion, Chain, Platform, Region, Type};
        let can = [(Chain, "tron"), (Platform, "ios"), (Region, "DE"), (Type, "swap"), (Chain, "other")];
        assert!(can.into_iter().all(|(dimension, code)| dimension.can_be(code)));
        assert!(AppVersion.can_be("99.1.0") && AppVersion.can_be("canary"), "it may come out tomorrow");
        let cannot = [(Chain, "nonsense"), (Platform, "symbian"), (Region, "华东"), (Type, "swpa")];
        assert!(!cannot.into_iter().any(|(dimension, code)| dimension.can_be(code)));
    }

    #[test]
    fn a_scope_covers_what_has_a_value_of_each_dimension() {
        let scope: Scope =
            serde_json::from_str(r#"{"chain":["tron","evm"],"app_version":["7.2.0"]}"#).unwrap();
        let has = |chain: Option<&'static str>, version: Option<&'static str>| {
            scope.covers(|dimension| match dimension {
                Dimension::Chain => chain,
                Dimension::AppVersion => version,
                _ => None,
            })
        };
        assert!(has(Some("evm"), Some("7.2.0")));
        assert!(!has(Some("ton"), Some("7.2.0")) && !has(Some("tron"), None));
        assert!(Scope::default().covers(|_| None), "no dimension is everything");
        assert!(serde_json::from_str::<Scope>(r#"{"colour":["red"]}"#).is_err());
    }

    proptest! {
        #[test]
        fn reading_twice_changes_nothing(text in ".{0,80}", which in 0..5_usize) {
            let dimension = Dimension::ALL[which];
            if let Some(value) = dimension.read(&text) {
                prop_assert!(value.len() <= LONGEST && !value.is_empty());
                // `vv1` loses one letter at each reading; nobody writes so.
                if dimension != Dimension::AppVersion {
                    prop_assert_eq!(dimension.read(&value), Some(value));
                }
            }
        }
    }
}
