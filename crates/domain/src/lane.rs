//! The lane of those whose assets are at risk: who is kept for it, and what becomes of claims that are false.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{AgentId, Level};

/// Most people that are named for a level, and most that are kept.
const MOST: usize = 100;
/// How many false claims make somebody doubted: the first one may be a mistake.
const DOUBTED_FROM: u32 = 2;
/// How many claims of one customer stand before those of others who came later, until somebody has looked: whoever answers one
/// of them has all of the customer's in view, and nobody fills the lane alone.
pub const MOST_AHEAD: u32 = 3;

/// People who are kept for assets at risk: while they are, they are given nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reserve {
    /// How many, 100 at most.
    #[schema(maximum = 100)]
    pub people: u32,
    /// Who before others, the first one first. Where fewer of them are there, others are kept.
    #[schema(value_type = Vec<String>)]
    pub agents: Vec<AgentId>,
}

impl Reserve {
    /// Which member makes no sense, if one does.
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        if usize::try_from(self.people).map_or(true, |people| people > MOST) {
            return Some("people");
        }
        let once: BTreeSet<_> = self.agents.iter().collect();
        (self.agents.len() > MOST || once.len() < self.agents.len()).then_some("agents")
    }

    /// Who of those who are there is kept: those who are named, in their order, then whoever has been with the desk longest (ids
    /// are ordered by time). One is always left for everybody else; without others, assets at risk go first anyway.
    #[must_use]
    pub fn of(&self, present: &BTreeSet<AgentId>) -> BTreeSet<AgentId> {
        let most = present.len().saturating_sub(1);
        let people = usize::try_from(self.people).map_or(most, |people| people.min(most));
        let mut kept = BTreeSet::new();
        for agent in self.agents.iter().filter(|agent| present.contains(agent)).chain(present) {
            if kept.len() == people {
                break;
            }
            kept.insert(*agent);
        }
        kept
    }
}

/// The reserve of each level.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reserves {
    /// As always.
    pub normal: Reserve,
    /// When it is busy.
    pub busy: Reserve,
    /// In a surge.
    pub surge: Reserve,
    /// In a storm.
    pub storm: Reserve,
}

impl Reserves {
    /// What a desk begins with: one person, as soon as more ask than can be answered.
    #[must_use]
    pub fn usual() -> Self {
        let one = Reserve { people: 1, agents: Vec::new() };
        Self { normal: Reserve::default(), busy: one.clone(), surge: one.clone(), storm: one }
    }

    /// That of a level.
    #[must_use]
    pub const fn at(&self, level: Level) -> &Reserve {
        match level {
            Level::Normal => &self.normal,
            Level::Busy => &self.busy,
            Level::Surge => &self.surge,
            Level::Storm => &self.storm,
        }
    }

    /// Which member makes no sense, if one does.
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        Level::ALL.into_iter().find_map(|level| self.at(level).fault())
    }
}

/// Why somebody moved a request out of the lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FalseClaim {
    /// Nothing is missing, and nobody else has access.
    NothingLost,
    /// A question about safety, not a loss.
    Question,
    /// A loss by a price, a fee or a trade that the customer made.
    Trade,
    /// Claimed so as to be served before others.
    Queue,
}

impl FalseClaim {
    /// Every reason, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::NothingLost, Self::Question, Self::Trade, Self::Queue];

    /// The word in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NothingLost => "nothing_lost",
            Self::Question => "question",
            Self::Trade => "trade",
            Self::Queue => "queue",
        }
    }

    /// Reads the word in SQL and JSON.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// Whether what a customer claims goes behind what others claim, who never claimed falsely: still in the lane, before all else.
/// `false_claims` says how often a claim of the customer was found to be false and nobody took that back; `ahead` how many other
/// requests of the customer wait there, doubted by nobody.
#[must_use]
pub const fn is_doubted(false_claims: u32, ahead: u32) -> bool {
    false_claims >= DOUBTED_FROM || ahead >= MOST_AHEAD
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn agents(ids: &[i64]) -> Vec<AgentId> {
        ids.iter().copied().map(AgentId).collect()
    }

    #[test]
    fn those_who_are_named_are_kept_first_and_one_is_always_left() {
        let of = |people, named: &[i64], present: &[i64]| {
            let reserve = Reserve { people, agents: agents(named) };
            let kept = reserve.of(&agents(present).into_iter().collect());
            kept.into_iter().map(|agent| agent.0).collect::<Vec<_>>()
        };
        assert_eq!(of(1, &[7, 3], &[3, 5, 7]), [7]);
        assert_eq!(of(2, &[7, 3], &[3, 5, 7]), [3, 7]);
        assert_eq!(of(1, &[7, 3], &[2, 3, 5]), [3]);
        assert_eq!(of(2, &[7], &[2, 3, 7]), [2, 7], "others where fewer are there");
        assert_eq!(of(1, &[], &[2, 3]), [2]);
        assert_eq!(of(5, &[7], &[3, 5, 7]), [3, 7], "one is left");
        assert!(of(1, &[7], &[7]).is_empty() && of(1, &[7], &[]).is_empty());
        assert!(of(0, &[7], &[3, 7]).is_empty());
    }

    #[test]
    fn reserves_that_make_no_sense_are_named() {
        let reserve = |people, named: &[i64]| Reserve { people, agents: agents(named) };
        assert_eq!(Reserves::default().fault(), None);
        assert_eq!(Reserves { storm: reserve(101, &[]), ..Reserves::default() }.fault(), Some("people"));
        assert_eq!(Reserves { normal: reserve(1, &[4, 4]), ..Reserves::default() }.fault(), Some("agents"));
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        assert!(FalseClaim::ALL.into_iter().all(|reason| FalseClaim::parse(reason.as_str()) == Some(reason)));
        assert!(!is_doubted(0, 0) && !is_doubted(1, MOST_AHEAD - 1) && is_doubted(2, 0));
        assert!(is_doubted(0, MOST_AHEAD));
    }

    proptest! {
        /// As many as are wanted, of those who are there, and never all of them.
        #[test]
        fn a_reserve_is_as_large_as_it_can_be(
            people in 0..20_u32,
            named in proptest::collection::btree_set(0..20_i64, 0..10),
            present in proptest::collection::btree_set(0..20_i64, 0..10),
        ) {
            let present: BTreeSet<_> = present.into_iter().map(AgentId).collect();
            let named: Vec<_> = named.into_iter().map(AgentId).collect();
            let kept = Reserve { people, agents: named.clone() }.of(&present);
            prop_assert_eq!(kept.len(), (people as usize).min(present.len().saturating_sub(1)));
            prop_assert!(kept.is_subset(&present));
            let is_short = named.iter().any(|agent| present.contains(agent) && !kept.contains(agent));
            prop_assert!(!is_short || kept.iter().all(|agent| named.contains(agent)), "nobody before who is named");
        }
    }
}
