//! The states of a request and what moves it from one to another.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a request stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The desk has to do something: the customer waits.
    Open,
    /// The desk has answered and waits for the user.
    Waiting,
    /// Waits for something outside: a chain, an exchange, a release.
    OnHold,
    /// An agent says it is solved; a message opens it again.
    Solved,
    /// Over; a further message starts a new request that names this one.
    Closed,
    /// Part of another request, where it goes on.
    Merged,
    /// Not a request for help.
    Spam,
}

/// Something that happens to a request and may change its state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transition {
    /// The customer wrote.
    Message,
    /// An agent replied.
    Reply,
    /// Wait for something outside.
    Hold,
    /// Call it solved.
    Solve,
    /// End it.
    Close,
    /// Take it up again.
    Reopen,
    /// Make it part of another request.
    Merge,
    /// It is not a request for help.
    Spam,
    /// It is one after all.
    NotSpam,
}

/// Who causes a transition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Actor {
    /// The customer.
    Customer,
    /// Somebody on the desk.
    Agent,
    /// The desk itself, by the clock.
    System,
}

/// A transition that the state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a request that is {from:?} cannot {transition:?}")]
pub struct TransitionError {
    /// The state it is in.
    pub from: State,
    /// What was asked.
    pub transition: Transition,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 7] =
        [Self::Open, Self::Waiting, Self::OnHold, Self::Solved, Self::Closed, Self::Merged, Self::Spam];

    /// The word in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::OnHold => "on_hold",
            Self::Solved => "solved",
            Self::Closed => "closed",
            Self::Merged => "merged",
            Self::Spam => "spam",
        }
    }

    /// Reads the word in SQL and JSON.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether anybody still has something to do.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Open | Self::Waiting | Self::OnHold)
    }

    /// Whether the same customer's next words join this request rather than start another.
    #[must_use]
    pub const fn takes_messages(self) -> bool {
        matches!(self, Self::Open | Self::Waiting | Self::OnHold | Self::Solved | Self::Spam)
    }

    /// The state after `transition`, which is the same state where the transition changes nothing.
    pub const fn after(self, transition: Transition) -> Result<Self, TransitionError> {
        use State::{Closed, Merged, OnHold, Open, Solved, Spam, Waiting};
        let next = match (self, transition) {
            (Open | Waiting | OnHold | Solved, Transition::Message)
            | (Waiting | OnHold | Solved | Closed, Transition::Reopen)
            | (Spam, Transition::NotSpam) => Open,
            (Open | Waiting | OnHold | Solved, Transition::Reply) => Waiting,
            (Open | Waiting, Transition::Hold) => OnHold,
            (Open | Waiting | OnHold, Transition::Solve) => Solved,
            (Open | Waiting | OnHold | Solved, Transition::Close) => Closed,
            (Open | Waiting | OnHold | Solved | Closed, Transition::Merge) => Merged,
            // Spam stays spam whatever it writes, or it would bring itself back before the agents.
            (Open | Waiting | OnHold | Solved, Transition::Spam) | (Spam, Transition::Message) => Spam,
            (from, transition) => return Err(TransitionError { from, transition }),
        };
        Ok(next)
    }
}

impl Transition {
    /// Every transition.
    pub const ALL: [Self; 9] = [
        Self::Message,
        Self::Reply,
        Self::Hold,
        Self::Solve,
        Self::Close,
        Self::Reopen,
        Self::Merge,
        Self::Spam,
        Self::NotSpam,
    ];

    /// Who may cause it: customers write, and say that something is not solved; the clock only closes what is solved.
    #[must_use]
    pub const fn allowed_to(self, actor: Actor) -> bool {
        match actor {
            Actor::Customer => matches!(self, Self::Message | Self::Reopen),
            Actor::Agent => !matches!(self, Self::Message),
            Actor::System => matches!(self, Self::Close),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The whole table, one row a state, one letter a transition in the order of `Transition::ALL`;
    /// `-` is refused. Letters: o open, w waiting, h on hold, s solved, c closed, m merged, x spam.
    const TABLE: [(State, &str); 7] = [
        (State::Open, "owhsc-mx-"),
        (State::Waiting, "owhscomx-"),
        (State::OnHold, "ow-scomx-"),
        (State::Solved, "ow--comx-"),
        (State::Closed, "-----om--"),
        (State::Merged, "---------"),
        (State::Spam, "x-------o"),
    ];

    #[test]
    fn every_transition_is_as_the_table_says() {
        for (state, row) in TABLE {
            for (transition, letter) in Transition::ALL.into_iter().zip(row.chars()) {
                let expected = match letter {
                    'o' => Some(State::Open),
                    'w' => Some(State::Waiting),
                    'h' => Some(State::OnHold),
                    's' => Some(State::Solved),
                    'c' => Some(State::Closed),
                    'm' => Some(State::Merged),
                    'x' => Some(State::Spam),
                    _ => None,
                };
                assert_eq!(state.after(transition).ok(), expected, "{state:?} {transition:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_customer_who_may_write_is_never_left_unheard(steps in proptest::collection::vec(0..9_usize, 0..30)) {
            let mut state = State::Open;
            for step in steps {
                state = state.after(Transition::ALL[step]).unwrap_or(state);
            }
            if state.takes_messages() && state != State::Spam {
                prop_assert_eq!(state.after(Transition::Message), Ok(State::Open));
            }
            prop_assert_eq!(State::parse(state.as_str()), Some(state));
        }
    }
}
