//! How long people wait for the agents who are there, and how many agents it takes: calls, which occupy an agent until they
//! are over, and chats, of which an agent has several while their customers think.
//!
//! Calls are Erlang's models: C where everybody waits for ever, A (Palm 1957; M/M/n+M) where people have a patience and leave.
//! Chats follow the same chain with another rate of departure, that of [`Chat`]: taking agents × chats for agents promises
//! 29 people where 38 are needed. All are steady states: they are right for stretches in which demand hardly changes.
//!
//! Times are in seconds, rates in people per second.

mod chain;
mod chat;

use serde::{Deserialize, Serialize};

use chain::Chain;

/// Who comes, and how long they stay in line.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Demand {
    /// How many come in a second.
    pub rate: f64,
    /// After how many seconds in line somebody leaves on average; nobody does without.
    pub patience: Option<f64>,
}

/// What an agent does with each of them.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub enum Service {
    /// One at a time, for so many seconds on average.
    Call {
        /// Seconds.
        handling: f64,
    },
    /// Several at a time.
    Chat(Chat),
}

/// A conversation in turns: the agent works on an answer while the others of the agent's chats wait, then the customer
/// thinks.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Chat {
    /// Seconds of an agent's work for an answer.
    pub work: f64,
    /// Seconds until the customer writes again.
    pub think: f64,
    /// Answers in a chat, on average.
    pub turns: f64,
    /// Most chats that an agent has at a time.
    pub most: u32,
}

/// How it goes for those who come.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Waits {
    /// The share that has to wait at all.
    pub wait: f64,
    /// The share that leaves before it is served.
    pub abandon: f64,
    /// How long it waits on average, of all who come, those who leave too.
    pub mean: f64,
    /// The share that is served within the target, of all who come.
    pub within: f64,
    /// The share of the time that agents work.
    pub occupancy: f64,
}

/// What is promised: this share of all who come is served within this many seconds.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Goal {
    /// Between 0 and 1.
    pub share: f64,
    /// Seconds.
    pub within: f64,
}

/// Beyond these the sums would take seconds; a desk with more is several desks.
const MOST_AGENTS: u32 = 100_000;

/// How it goes with so many agents. `None` when the line would grow without end (nobody leaves, and more come than are
/// served), when nobody is there, or when a number is not one that a time or a rate can have.
pub fn waits(demand: Demand, service: Service, agents: u32, target: f64) -> Option<Waits> {
    let is_time = |time: f64| time.is_finite() && time > 0.0;
    if agents == 0 || agents > MOST_AGENTS || !is_time(demand.rate) || target.is_nan() || target < 0.0 {
        return None;
    }
    if demand.patience.is_some_and(|patience| !is_time(patience)) || !service.is_possible() {
        return None;
    }
    let leaving = demand.patience.map_or(0.0, |patience| 1.0 / patience);
    let chain = Chain::new(demand.rate, leaving, &service.departures(agents))?;
    let abandon = chain.abandon();
    Some(Waits {
        wait: chain.wait(),
        abandon,
        mean: chain.mean(),
        within: chain.within(target),
        occupancy: demand.rate * (1.0 - abandon) * service.work() / f64::from(agents),
    })
}

/// The fewest agents with whom the goal is kept, when demand is one of these with equal chance: what a forecast that knows
/// its own error says. The goal is kept over all who come, so that the busy cases weigh more. `None` when `most` do not
/// suffice or there is no demand to keep it for.
pub fn agents_for(demands: &[Demand], service: Service, goal: Goal, most: u32) -> Option<u32> {
    let everybody: f64 = demands.iter().map(|demand| demand.rate).sum();
    if everybody.is_nan() || everybody <= 0.0 {
        return None;
    }
    let keeps = |agents: u32| {
        let served = |demand: &Demand| {
            // A line that grows without end serves nobody in time, in the end.
            demand.rate * waits(*demand, service, agents, goal.within).map_or(0.0, |waits| waits.within)
        };
        demands.iter().map(served).sum::<f64>() >= goal.share * everybody
    };
    // With more agents it only gets better.
    let (mut few, mut enough) = (0, 1);
    while !keeps(enough) {
        if enough >= most.min(MOST_AGENTS) {
            return None;
        }
        few = enough;
        enough = enough.saturating_mul(2).min(most).min(MOST_AGENTS);
    }
    while enough - few > 1 {
        let middle = few + (enough - few) / 2;
        if keeps(middle) {
            enough = middle;
        } else {
            few = middle;
        }
    }
    Some(enough)
}

impl Service {
    pub(crate) fn is_possible(&self) -> bool {
        let is_time = |time: f64| time.is_finite() && time > 0.0;
        match self {
            Self::Call { handling } => is_time(*handling),
            Self::Chat(chat) => {
                is_time(chat.work)
                    && chat.think.is_finite()
                    && chat.think >= 0.0
                    && chat.turns.is_finite()
                    && chat.turns >= 1.0
                    && (1..=100).contains(&chat.most)
            }
        }
    }

    /// Seconds of an agent's work for one of those who come.
    fn work(&self) -> f64 {
        match self {
            Self::Call { handling } => *handling,
            Self::Chat(chat) => chat.work * chat.turns,
        }
    }

    /// How many an agent has at a time.
    pub(crate) fn places(&self) -> u32 {
        match self {
            Self::Call { .. } => 1,
            Self::Chat(chat) => chat.most,
        }
    }

    /// How many are done with in a second while one is served, while two are, … up to all that so many agents can have.
    pub(crate) fn departures(&self, agents: u32) -> Vec<f64> {
        match self {
            Self::Call { handling } => (1..=agents).map(|busy| f64::from(busy) / handling).collect(),
            Self::Chat(chat) => chat.departures(agents),
        }
    }
}

/// The share of those who find all of so many lines taken and go away, for an offered load in Erlang (Erlang B): by the
/// recursion for its inverse, which is exact for any number of lines.
pub fn blocked(load: f64, lines: u32) -> Option<f64> {
    if !load.is_finite() || load <= 0.0 || lines > MOST_AGENTS {
        return None;
    }
    Some(1.0 / (1..=lines).fold(1.0, |inverse, line| 1.0 + inverse * f64::from(line) / load))
}

#[cfg(test)]
mod tests;
