//! Alarms: more requests than were to be expected, and what people make of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How it was noticed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlarmKind {
    /// More requests than the same hours of earlier weeks explain.
    Surge,
    /// Several people wrote nearly the same.
    Burst,
}

impl AlarmKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Surge, Self::Burst];

    /// The word in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Surge => "surge",
            Self::Burst => "burst",
        }
    }

    /// Reads the word in SQL and JSON.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What people have made of an alarm.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlarmState {
    /// Nobody has said anything.
    Open,
    /// Somebody looks into it.
    Acknowledged,
    /// It is nothing to act on.
    Dismissed,
    /// It is an incident.
    Incident,
}

impl AlarmState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Open, Self::Acknowledged, Self::Dismissed, Self::Incident];

    /// Whether people may make `to` of it: what is decided stays decided.
    #[must_use]
    pub const fn may_become(self, to: Self) -> bool {
        matches!(
            (self, to),
            (Self::Open, Self::Acknowledged)
                | (Self::Open | Self::Acknowledged, Self::Dismissed | Self::Incident)
        )
    }

    /// The word in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Dismissed => "dismissed",
            Self::Incident => "incident",
        }
    }

    /// Reads the word in SQL and JSON.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// Why an alarm is nothing to act on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DismissReason {
    /// Chance: nothing has happened. These count against the promised number.
    FalseAlarm,
    /// Something that the desk had expected, such as a campaign.
    Expected,
    /// Something that is looked after elsewhere already.
    Known,
}

impl DismissReason {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::FalseAlarm, Self::Expected, Self::Known];

    /// The word in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FalseAlarm => "false_alarm",
            Self::Expected => "expected",
            Self::Known => "known",
        }
    }

    /// Reads the word in SQL and JSON.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_decided_stays_decided() {
        use AlarmState::{Acknowledged, Dismissed, Incident, Open};
        let may = |from: AlarmState| AlarmState::ALL.into_iter().filter(move |to| from.may_become(*to));
        assert_eq!(may(Open).collect::<Vec<_>>(), [Acknowledged, Dismissed, Incident]);
        assert_eq!(may(Acknowledged).collect::<Vec<_>>(), [Dismissed, Incident]);
        assert_eq!(may(Dismissed).chain(may(Incident)).count(), 0);
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        assert!(AlarmKind::ALL.into_iter().all(|kind| AlarmKind::parse(kind.as_str()) == Some(kind)));
        assert!(AlarmState::ALL.into_iter().all(|state| AlarmState::parse(state.as_str()) == Some(state)));
        let known = |reason: DismissReason| DismissReason::parse(reason.as_str()) == Some(reason);
        assert!(DismissReason::ALL.into_iter().all(known));
    }
}
