//! The order in which requests are answered, and a request's place in it.

use std::collections::HashMap;

use crate::{RequestId, State, Time};

/// The key that orders every inbox, and by which one index serves them all: assets at risk first; then those
/// whose customer waits, longest first; then the others, oldest change first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct QueueKey(pub i64);

impl QueueKey {
    /// Keys below this belong to requests with assets at risk.
    pub const AT_RISK_END: Self = Self(1 << 62);
    const NOT_WAITING: i64 = 1 << 61;

    /// The key of a request.
    #[must_use]
    pub fn new(at_risk: bool, state: State, waiting_since: Option<Time>, updated_at: Time) -> Self {
        let lane = if at_risk { 0 } else { Self::AT_RISK_END.0 };
        let rest = match waiting_since {
            Some(since) if state == State::Open => since.0,
            _ => Self::NOT_WAITING | updated_at.0,
        };
        Self(lane | rest)
    }

    /// Whether a customer waits behind this key.
    #[must_use]
    pub const fn is_waiting(self) -> bool {
        self.0 & Self::NOT_WAITING == 0
    }

    /// Whether assets are at risk behind this key.
    #[must_use]
    pub const fn is_at_risk(self) -> bool {
        self.0 < Self::AT_RISK_END.0
    }
}

/// One class of those who wait: in the order of arrival, with the place of each in O(log n).
///
/// Every arrival takes the next ticket; a Fenwick tree (Fenwick 1994) over the tickets counts those still waiting.
#[derive(Debug, Default)]
struct Class {
    tree: Vec<u32>,
    tickets: HashMap<RequestId, usize>,
}

impl Class {
    fn join(&mut self, id: RequestId) {
        if self.tickets.contains_key(&id) {
            return;
        }
        // Appending a node of a Fenwick tree: it covers the tickets that its lowest set bit says.
        let ticket = self.tree.len() + 1;
        let low = ticket & ticket.wrapping_neg();
        let covered = self.prefix(ticket - 1) - self.prefix(ticket - low);
        self.tree.push(covered + 1);
        self.tickets.insert(id, ticket);
    }

    fn leave(&mut self, id: RequestId) {
        let Some(mut ticket) = self.tickets.remove(&id) else { return };
        while let Some(count) = self.tree.get_mut(ticket - 1) {
            *count -= 1;
            ticket += ticket & ticket.wrapping_neg();
        }
        if self.tickets.is_empty() {
            self.tree.clear();
        } else if self.tree.len() > 1_024 && self.tree.len() > self.tickets.len() * 4 {
            self.renumber();
        }
    }

    /// Gives those who still wait new tickets, so that memory follows the queue rather than all its past.
    fn renumber(&mut self) {
        let mut waiting: Vec<_> = self.tickets.drain().collect();
        waiting.sort_unstable_by_key(|(_, ticket)| *ticket);
        self.tree.clear();
        for (id, _) in waiting {
            self.join(id);
        }
    }

    /// How many of the first `ticket` tickets still wait.
    fn prefix(&self, mut ticket: usize) -> u32 {
        let mut sum = 0;
        while ticket > 0 {
            sum += self.tree.get(ticket - 1).copied().unwrap_or(0);
            ticket &= ticket - 1;
        }
        sum
    }

    fn place(&self, id: RequestId) -> Option<u32> {
        self.tickets.get(&id).map(|ticket| self.prefix(*ticket))
    }

    fn len(&self) -> u32 {
        u32::try_from(self.tickets.len()).unwrap_or(u32::MAX)
    }
}

/// Everybody who waits for the desk, in the order in which they will be answered.
#[derive(Debug, Default)]
pub struct Line {
    at_risk: Class,
    ordinary: Class,
}

impl Line {
    /// Nobody waits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A request waits now. Who waits already keeps the place, unless the class changed.
    pub fn join(&mut self, id: RequestId, at_risk: bool) {
        if at_risk {
            self.ordinary.leave(id);
            self.at_risk.join(id);
        } else if !self.at_risk.tickets.contains_key(&id) {
            self.ordinary.join(id);
        }
    }

    /// A request waits no longer.
    pub fn leave(&mut self, id: RequestId) {
        self.at_risk.leave(id);
        self.ordinary.leave(id);
    }

    /// The place of a request, from 1; `None` when it does not wait.
    #[must_use]
    pub fn place(&self, id: RequestId) -> Option<u32> {
        self.at_risk.place(id).or_else(|| self.ordinary.place(id).map(|place| self.at_risk.len() + place))
    }

    /// Whether a request waits with assets at risk.
    #[must_use]
    pub fn is_at_risk(&self, id: RequestId) -> bool {
        self.at_risk.tickets.contains_key(&id)
    }

    /// The place that a request would get that joins now.
    #[must_use]
    pub fn next_place(&self, at_risk: bool) -> u32 {
        self.at_risk.len() + if at_risk { 0 } else { self.ordinary.len() } + 1
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.at_risk.len() + self.ordinary.len()
    }

    /// Whether nobody waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_key_orders_risk_then_waiting_then_the_rest() {
        let t = |s: i64| Time(1_700_000_000_000_000 + s);
        let keys = [
            QueueKey::new(true, State::Open, Some(t(1)), t(9)),
            QueueKey::new(true, State::Open, Some(t(5)), t(9)),
            QueueKey::new(true, State::Waiting, None, t(0)),
            QueueKey::new(false, State::Open, Some(t(0)), t(9)),
            QueueKey::new(false, State::Open, Some(t(2)), t(9)),
            QueueKey::new(false, State::OnHold, None, t(3)),
            QueueKey::new(false, State::Waiting, None, t(4)),
        ];
        assert!(keys.is_sorted());
        assert!(
            keys[2].is_at_risk() && !keys[2].is_waiting() && keys[3].is_waiting() && !keys[3].is_at_risk()
        );
    }

    proptest! {
        /// Against the plainest model: two lists.
        #[test]
        fn places_are_those_of_a_plain_list(steps in proptest::collection::vec((0..3_u8, 1..40_i64), 1..400)) {
            let mut line = Line::new();
            let (mut at_risk, mut ordinary): (Vec<i64>, Vec<i64>) = (vec![], vec![]);
            for (what, id) in steps {
                match what {
                    0 => {
                        line.leave(RequestId(id));
                        at_risk.retain(|x| *x != id);
                        ordinary.retain(|x| *x != id);
                    }
                    1 => {
                        line.join(RequestId(id), true);
                        ordinary.retain(|x| *x != id);
                        if !at_risk.contains(&id) { at_risk.push(id); }
                    }
                    _ => {
                        line.join(RequestId(id), false);
                        if !at_risk.contains(&id) && !ordinary.contains(&id) { ordinary.push(id); }
                    }
                }
                let plain: Vec<i64> = at_risk.iter().chain(&ordinary).copied().collect();
                prop_assert_eq!(line.len() as usize, plain.len());
                for id in 1..40 {
                    let expected = plain.iter().position(|x| *x == id).map(|at| u32::try_from(at).unwrap() + 1);
                    prop_assert_eq!(line.place(RequestId(id)), expected);
                }
                prop_assert_eq!(line.next_place(true) as usize, at_risk.len() + 1);
                prop_assert_eq!(line.next_place(false) as usize, plain.len() + 1);
            }
        }
    }

    #[test]
    fn memory_follows_the_queue() {
        let mut line = Line::new();
        for id in 1..=200_000 {
            line.join(RequestId(id), false);
            if id > 100 {
                line.leave(RequestId(id - 100));
            }
        }
        assert_eq!(line.len(), 100);
        assert_eq!(line.place(RequestId(200_000)), Some(100));
        assert!(line.ordinary.tree.len() < 2_048);
    }
}
