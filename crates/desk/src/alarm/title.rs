//! What an alarm is called, in every language.

use serde::Serialize;
use standfast_domain::{Dimension, Language, Scope, request_type};
use utoipa::ToSchema;

use crate::words::{has_words, words};

/// The parts of a segment in the order in which people ask, as in the console (`web/console/src/alarms/alarm.ts`).
const SEGMENT: [Dimension; 4] = [Dimension::Type, Dimension::AppVersion, Dimension::Chain, Dimension::Region];
/// Most characters of a value: apps make them up.
const MOST_CHARACTERS: usize = 60;

/// The title of an alarm's incident, until a person finds a better one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct AlarmTitle {
    /// In Chinese.
    #[serde(rename = "zh-CN")]
    pub chinese: String,
    /// In English.
    #[serde(rename = "en")]
    pub english: String,
}

impl AlarmTitle {
    /// Of a segment.
    #[must_use]
    pub fn of(segment: &Scope) -> Self {
        let title = |language| {
            words(language, "report.alarm.incident.title", &[("what", &alarm_name(language, segment))])
        };
        Self { chinese: title(Language::Chinese), english: title(Language::English) }
    }

    /// Both languages in one line, for what has one title only.
    #[must_use]
    pub(super) fn both(&self) -> String {
        format!("{} / {}", self.chinese, self.english)
    }
}

/// What rises, in words: type, version, chain and region.
#[must_use]
pub fn alarm_name(language: Language, segment: &Scope) -> String {
    let mut parts = Vec::new();
    for dimension in SEGMENT {
        let values = segment.0.get(&dimension).into_iter().flatten();
        parts.extend(values.map(|value| one_line(&value_name(language, dimension, value))));
    }
    if parts.is_empty() { words(language, "report.alarm.everything", &[]) } else { parts.join(" · ") }
}

fn value_name(language: Language, dimension: Dimension, code: &str) -> String {
    if let Some(kind) = request_type(code).filter(|_| dimension == Dimension::Type) {
        let [chinese, english] = kind.title;
        return if language == Language::Chinese { chinese } else { english }.to_owned();
    }
    let key = format!("figure.value.{}.{code}", dimension.as_str());
    if has_words(&key) { words(language, &key, &[]) } else { code.to_owned() }
}

/// A value that apps have made up, as a part of a line.
fn one_line(value: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    value.chars().filter(|c| !c.is_control() && !turns(*c)).take(MOST_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn an_alarm_is_called_as_people_call_it() {
        let scope = |values: &[(Dimension, &str)]| {
            let one =
                |(dimension, value): &(Dimension, &str)| (*dimension, BTreeSet::from([(*value).to_owned()]));
            Scope(values.iter().map(one).collect::<BTreeMap<_, _>>())
        };
        let swap = scope(&[(Dimension::AppVersion, "7.2.0\u{202E}"), (Dimension::Type, "swap")]);
        let title = AlarmTitle::of(&swap);
        assert_eq!(title.chinese, "工单增多：闪兑或滑点问题 · 7.2.0");
        assert_eq!(title.english, "More requests: Swap or slippage · 7.2.0");
        assert_eq!(AlarmTitle::of(&scope(&[])).both(), "工单增多：全部工单 / More requests: All requests");
        let tron = scope(&[(Dimension::Chain, "tron"), (Dimension::Region, "DE")]);
        assert!(alarm_name(Language::English, &tron).starts_with("TRON · "));
    }
}
