//! What customers say of the help that they got: whether their problem is really solved, how good the help was, and why.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is known of a request that was called solved. Kept apart, because a desk that counts its own claims as solutions
/// looks the better the more people give up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// An agent says so; nobody has confirmed it.
    Claimed,
    /// The customer says so too.
    Confirmed,
    /// The customer was asked twice and said nothing.
    Assumed,
    /// It was not: the customer said so or wrote again, or an agent took the claim back.
    Repudiated,
}

/// What makes of a claim something else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The customer: it is solved.
    Yes,
    /// The customer: it is not, or further words.
    No,
    /// The clock: nothing was said for long enough.
    Silence,
    /// An agent took the request up again.
    Withdrawn,
}

impl Resolution {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Claimed, Self::Confirmed, Self::Assumed, Self::Repudiated];

    /// The word in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Confirmed => "confirmed",
            Self::Assumed => "assumed",
            Self::Repudiated => "repudiated",
        }
    }

    /// Reads the word in SQL and JSON.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// The state after a verdict; `None` where it has no bearing: silence and agents do not overrule the customer, and
    /// what was repudiated is open again, so that there is nothing to confirm.
    #[must_use]
    pub const fn after(self, verdict: Verdict) -> Option<Self> {
        use Resolution::{Assumed, Claimed, Confirmed, Repudiated};
        match (self, verdict) {
            (Claimed | Assumed | Confirmed, Verdict::Yes) => Some(Confirmed),
            (_, Verdict::No) | (Claimed | Assumed, Verdict::Withdrawn) => Some(Repudiated),
            (Claimed, Verdict::Silence) => Some(Assumed),
            _ => None,
        }
    }
}

/// How good the help was, from 1 (very bad) to 5 (very good).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Score(u8);

impl Score {
    /// Every score.
    pub const ALL: [Self; 5] = [Self(1), Self(2), Self(3), Self(4), Self(5)];

    /// From 1 to 5; nothing else is a score.
    #[must_use]
    pub fn new(score: i64) -> Option<Self> {
        u8::try_from(score).ok().filter(|score| (1..=5).contains(score)).map(Self)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0 as i64
    }

    /// So low that somebody looks at what went wrong.
    #[must_use]
    pub const fn is_low(self) -> bool {
        self.0 <= 2
    }

    /// Counts as satisfied (CSAT: 4 and 5).
    #[must_use]
    pub const fn is_satisfied(self) -> bool {
        self.0 >= 4
    }

    /// The reasons that may be given with it: what was good from 4 on, else what could have been better.
    #[must_use]
    pub const fn reasons(self) -> &'static [&'static str] {
        if self.is_satisfied() { REASONS_HIGH } else { REASONS_LOW }
    }
}

impl TryFrom<i64> for Score {
    type Error = &'static str;

    fn try_from(score: i64) -> Result<Self, Self::Error> {
        Self::new(score).ok_or("a score is a number from 1 to 5")
    }
}

impl From<Score> for i64 {
    fn from(score: Score) -> Self {
        score.get()
    }
}

/// What could have been better, in the order in which it is offered.
pub const REASONS_LOW: &[&str] = &["slow", "not_solved", "unclear", "repeated", "unfriendly"];
/// What was good, in the order in which it is offered.
pub const REASONS_HIGH: &[&str] = &["fast", "solved", "clear", "friendly"];

#[cfg(test)]
mod tests {
    use super::*;

    /// One row a state, one letter a verdict in the order yes, no, silence, withdrawn; `-` has no bearing.
    /// Letters: c confirmed, a assumed, r repudiated.
    const TABLE: [(Resolution, &str); 4] = [
        (Resolution::Claimed, "crar"),
        (Resolution::Confirmed, "cr--"),
        (Resolution::Assumed, "cr-r"),
        (Resolution::Repudiated, "-r--"),
    ];

    #[test]
    fn every_verdict_is_as_the_table_says() {
        for (state, row) in TABLE {
            let verdicts = [Verdict::Yes, Verdict::No, Verdict::Silence, Verdict::Withdrawn];
            for (verdict, letter) in verdicts.into_iter().zip(row.chars()) {
                let expected = match letter {
                    'c' => Some(Resolution::Confirmed),
                    'a' => Some(Resolution::Assumed),
                    'r' => Some(Resolution::Repudiated),
                    _ => None,
                };
                assert_eq!(state.after(verdict), expected, "{state:?} {verdict:?}");
            }
            assert_eq!(Resolution::parse(state.as_str()), Some(state));
        }
    }

    #[test]
    fn scores_are_from_one_to_five_and_each_has_its_reasons() {
        for (number, low, satisfied) in
            [(1, true, false), (2, true, false), (3, false, false), (4, false, true), (5, false, true)]
        {
            let score = Score::new(number).unwrap();
            assert_eq!((score.get(), score.is_low(), score.is_satisfied()), (number, low, satisfied));
            assert_eq!(score.reasons().contains(&"slow"), !satisfied);
            assert_eq!(serde_json::to_string(&score).unwrap(), number.to_string());
        }
        for bad in [i64::MIN, -1, 0, 6, 256 + 3, i64::MAX] {
            assert_eq!(Score::new(bad), None, "{bad}");
            assert!(serde_json::from_str::<Score>(&bad.to_string()).is_err());
        }
        assert!(REASONS_LOW.iter().all(|reason| !REASONS_HIGH.contains(reason)));
    }
}
