//! The order in which requests are answered, and a request's place in it.

use std::collections::HashMap;

use crate::{RequestId, State, Time, Urgency};

/// In which order those who wait have their turn.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Turn {
    /// Assets are at risk: before everybody else.
    AtRisk,
    /// Assets are said to be at risk by somebody whose earlier claims were false: behind those, before everybody else.
    Doubted,
    /// Everybody else.
    Ordinary,
}

impl Turn {
    /// The turn of a request. Whose claim is doubted is told by its urgency, [`Urgency::DOUBTED`].
    #[must_use]
    pub fn of(at_risk: bool, urgency: Urgency) -> Self {
        match (at_risk, urgency) {
            (true, Urgency::DOUBTED) => Self::Doubted,
            (true, _) => Self::AtRisk,
            (false, _) => Self::Ordinary,
        }
    }

    /// Whether it is in the lane of those whose assets are at risk.
    #[must_use]
    pub const fn is_at_risk(self) -> bool {
        !matches!(self, Self::Ordinary)
    }
}

/// The key that orders every inbox, and by which one index serves them all: assets at risk first; then those
/// whose customer waits, longest first; then the others, oldest change first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct QueueKey(pub i64);

impl QueueKey {
    /// Keys below this belong to requests with assets at risk.
    pub const AT_RISK_END: Self = Self(1 << 62);
    const NOT_WAITING: i64 = 1 << 61;
    /// Behind others of the same lane. Microseconds since 1970 are below it for 36,000 years.
    const BEHIND: i64 = 1 << 60;

    /// The key of a request.
    #[must_use]
    pub fn new(turn: Turn, state: State, waiting_since: Option<Time>, updated_at: Time) -> Self {
        let lane = match turn {
            Turn::AtRisk => 0,
            Turn::Doubted => Self::BEHIND,
            Turn::Ordinary => Self::AT_RISK_END.0,
        };
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

/// A place that somebody took.
#[derive(Clone, Copy, Debug)]
struct Ticket {
    number: usize,
    since: Time,
}

/// One class of those who wait: in the order of arrival, with the place of each in O(log n).
///
/// Every arrival takes the next ticket; a Fenwick tree (Fenwick 1994) over the tickets counts those still waiting.
#[derive(Debug, Default)]
struct Class {
    tree: Vec<u32>,
    tickets: HashMap<RequestId, Ticket>,
}

impl Class {
    fn join(&mut self, id: RequestId, since: Time) {
        if self.tickets.contains_key(&id) {
            return;
        }
        // Appending a node of a Fenwick tree: it covers the tickets that its lowest set bit says.
        let number = self.tree.len() + 1;
        let low = number & number.wrapping_neg();
        let covered = self.prefix(number - 1) - self.prefix(number - low);
        self.tree.push(covered + 1);
        self.tickets.insert(id, Ticket { number, since });
    }

    /// Somebody who has waited elsewhere takes the place that this wait gives. All later tickets are given out anew: it is
    /// people who bring this about, one request at a time.
    fn slip_in(&mut self, id: RequestId, since: Time) {
        let mut waiting = self.by_ticket();
        let at = waiting.partition_point(|(_, ticket)| ticket.since <= since);
        waiting.insert(at, (id, Ticket { number: 0, since }));
        self.renumber(waiting);
    }

    /// Since when somebody waited who leaves; `None` for whoever was not here.
    fn leave(&mut self, id: RequestId) -> Option<Time> {
        let Ticket { mut number, since } = self.tickets.remove(&id)?;
        while let Some(count) = self.tree.get_mut(number - 1) {
            *count -= 1;
            number += number & number.wrapping_neg();
        }
        if self.tickets.is_empty() {
            self.tree.clear();
        } else if self.tree.len() > 1_024 && self.tree.len() > self.tickets.len() * 4 {
            let waiting = self.by_ticket();
            self.renumber(waiting);
        }
        Some(since)
    }

    fn by_ticket(&mut self) -> Vec<(RequestId, Ticket)> {
        let mut waiting: Vec<_> = self.tickets.drain().collect();
        waiting.sort_unstable_by_key(|(_, ticket)| ticket.number);
        waiting
    }

    /// Gives those who still wait new tickets, so that memory follows the queue rather than all its past.
    fn renumber(&mut self, waiting: Vec<(RequestId, Ticket)>) {
        self.tree.clear();
        self.tickets.clear();
        for (id, ticket) in waiting {
            self.join(id, ticket.since);
        }
    }

    /// How many of the first tickets, up to `number`, still wait.
    fn prefix(&self, mut number: usize) -> u32 {
        let mut sum = 0;
        while number > 0 {
            sum += self.tree.get(number - 1).copied().unwrap_or(0);
            number &= number - 1;
        }
        sum
    }

    fn place(&self, id: RequestId) -> Option<u32> {
        self.tickets.get(&id).map(|ticket| self.prefix(ticket.number))
    }

    fn len(&self) -> u32 {
        u32::try_from(self.tickets.len()).unwrap_or(u32::MAX)
    }
}

/// Everybody who waits for the desk, in the order in which they will be answered.
#[derive(Debug, Default)]
pub struct Line {
    at_risk: Class,
    doubted: Class,
    ordinary: Class,
}

impl Line {
    /// Nobody waits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn class(&mut self, turn: Turn) -> &mut Class {
        match turn {
            Turn::AtRisk => &mut self.at_risk,
            Turn::Doubted => &mut self.doubted,
            Turn::Ordinary => &mut self.ordinary,
        }
    }

    /// A request waits now. Who waits already keeps the place, unless the turn is an earlier one: what is told twice, and out
    /// of order, puts nobody back.
    pub fn join(&mut self, id: RequestId, turn: Turn, since: Time) {
        match self.turn(id) {
            Some(known) if known <= turn => {}
            Some(_) => self.put(id, turn),
            None => self.class(turn).join(id, since),
        }
    }

    /// Gives a request that waits another turn, also a later one, in the order in which they began to wait.
    pub fn put(&mut self, id: RequestId, turn: Turn) {
        if self.turn(id) == Some(turn) {
            return;
        }
        if let Some(since) = self.remove(id) {
            self.class(turn).slip_in(id, since);
        }
    }

    /// A request waits no longer.
    pub fn leave(&mut self, id: RequestId) {
        self.remove(id);
    }

    fn remove(&mut self, id: RequestId) -> Option<Time> {
        let Self { at_risk, doubted, ordinary } = self;
        at_risk.leave(id).or_else(|| doubted.leave(id)).or_else(|| ordinary.leave(id))
    }

    /// The place of a request, from 1; `None` when it does not wait.
    #[must_use]
    pub fn place(&self, id: RequestId) -> Option<u32> {
        let before = self.at_risk.len();
        let doubted = || self.doubted.place(id).map(|place| before + place);
        let ordinary = || self.ordinary.place(id).map(|place| before + self.doubted.len() + place);
        self.at_risk.place(id).or_else(doubted).or_else(ordinary)
    }

    /// The turn of a request; `None` when it does not wait.
    #[must_use]
    pub fn turn(&self, id: RequestId) -> Option<Turn> {
        let classes =
            [(&self.at_risk, Turn::AtRisk), (&self.doubted, Turn::Doubted), (&self.ordinary, Turn::Ordinary)];
        classes.into_iter().find(|(class, _)| class.tickets.contains_key(&id)).map(|(_, turn)| turn)
    }

    /// Whether a request waits with assets at risk.
    #[must_use]
    pub fn is_at_risk(&self, id: RequestId) -> bool {
        self.turn(id).is_some_and(Turn::is_at_risk)
    }

    /// The place that a request would get that joins now.
    #[must_use]
    pub fn next_place(&self, turn: Turn) -> u32 {
        let behind = match turn {
            Turn::AtRisk => 0,
            Turn::Doubted => self.doubted.len(),
            Turn::Ordinary => self.doubted.len() + self.ordinary.len(),
        };
        self.at_risk.len() + behind + 1
    }

    /// How many wait with assets at risk.
    #[must_use]
    pub fn at_risk(&self) -> u32 {
        self.at_risk.len() + self.doubted.len()
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.at_risk() + self.ordinary.len()
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

    const T0: i64 = 1_700_000_000_000_000;
    const TURNS: [Turn; 3] = [Turn::AtRisk, Turn::Doubted, Turn::Ordinary];

    #[test]
    fn the_key_orders_risk_then_waiting_then_the_rest() {
        let t = |s: i64| Time(T0 + s);
        let keys = [
            QueueKey::new(Turn::AtRisk, State::Open, Some(t(1)), t(9)),
            QueueKey::new(Turn::AtRisk, State::Open, Some(t(5)), t(9)),
            QueueKey::new(Turn::Doubted, State::Open, Some(t(0)), t(9)),
            QueueKey::new(Turn::AtRisk, State::Waiting, None, t(0)),
            QueueKey::new(Turn::Doubted, State::Waiting, None, t(0)),
            QueueKey::new(Turn::Ordinary, State::Open, Some(t(0)), t(9)),
            QueueKey::new(Turn::Ordinary, State::Open, Some(t(2)), t(9)),
            QueueKey::new(Turn::Ordinary, State::OnHold, None, t(3)),
            QueueKey::new(Turn::Ordinary, State::Waiting, None, t(4)),
        ];
        assert!(keys.is_sorted());
        assert!(keys[..5].iter().all(|key| key.is_at_risk()) && !keys[5].is_at_risk());
        let waiting: Vec<_> = keys.iter().map(|key| key.is_waiting()).collect();
        assert_eq!(waiting, [true, true, true, false, false, true, true, false, false]);
    }

    #[test]
    fn whoever_is_doubted_is_in_the_lane_and_nobody_else_is_by_urgency() {
        for urgency in 0..=4 {
            let turn = Turn::of(true, Urgency(urgency));
            assert_eq!(turn, if Urgency(urgency) == Urgency::DOUBTED { Turn::Doubted } else { Turn::AtRisk });
            assert!(turn.is_at_risk());
            assert_eq!(Turn::of(false, Urgency(urgency)), Turn::Ordinary);
        }
    }

    #[test]
    fn a_wait_is_not_lost_by_another_turn() {
        let mut line = Line::new();
        for id in 1..=4 {
            line.join(RequestId(id), Turn::Ordinary, Time(T0 + id));
        }
        line.join(RequestId(5), Turn::AtRisk, Time(T0 + 5));
        line.put(RequestId(2), Turn::AtRisk);
        assert_eq!((line.place(RequestId(2)), line.place(RequestId(5))), (Some(1), Some(2)));
        // What was told before is told again.
        line.join(RequestId(2), Turn::Ordinary, Time(T0 + 2));
        assert_eq!(line.turn(RequestId(2)), Some(Turn::AtRisk));
        line.put(RequestId(2), Turn::Ordinary);
        let places: Vec<_> = (1..=5).map(|id| line.place(RequestId(id)).unwrap()).collect();
        assert_eq!(places, [2, 3, 4, 5, 1], "as if it had never been in the lane");
        line.put(RequestId(9), Turn::AtRisk);
        assert_eq!((line.len(), line.at_risk()), (5, 1), "whoever does not wait is not put anywhere");
    }

    proptest! {
        /// Against the plainest model: three lists, in each of which whoever came from another stands by the time of joining.
        #[test]
        fn places_are_those_of_plain_lists(steps in proptest::collection::vec((0..7_usize, 1..40_i64), 1..400)) {
            let mut line = Line::new();
            let mut lists: [Vec<(i64, i64)>; 3] = Default::default();
            for (now, (what, id)) in (0_i64..).zip(steps) {
                let there = lists.iter().position(|list| list.iter().any(|(x, _)| *x == id));
                let to = what % 3;
                let moves = match what {
                    6 => {
                        line.leave(RequestId(id));
                        for list in &mut lists {
                            list.retain(|(x, _)| *x != id);
                        }
                        false
                    }
                    0..3 => {
                        line.join(RequestId(id), TURNS[to], Time(T0 + now));
                        if there.is_none() { lists[to].push((id, now)); }
                        there.is_some_and(|at| to < at)
                    }
                    _ => {
                        line.put(RequestId(id), TURNS[to]);
                        there.is_some_and(|at| to != at)
                    }
                };
                if let Some(at) = there.filter(|_| moves) {
                    let place = lists[at].iter().position(|(x, _)| *x == id).unwrap();
                    let one = lists[at].remove(place);
                    let place = lists[to].partition_point(|(_, since)| *since <= one.1);
                    lists[to].insert(place, one);
                }
                let plain: Vec<i64> = lists.iter().flatten().map(|(id, _)| *id).collect();
                prop_assert_eq!(line.len() as usize, plain.len());
                for id in 1..40 {
                    let expected = plain.iter().position(|x| *x == id).map(|at| u32::try_from(at).unwrap() + 1);
                    prop_assert_eq!(line.place(RequestId(id)), expected);
                }
                let lengths = lists.each_ref().map(Vec::len);
                for (at, turn) in TURNS.into_iter().enumerate() {
                    prop_assert_eq!(line.next_place(turn) as usize, lengths[..=at].iter().sum::<usize>() + 1);
                }
                prop_assert_eq!(line.at_risk() as usize, lengths[0] + lengths[1]);
            }
        }
    }

    #[test]
    fn memory_follows_the_queue() {
        let mut line = Line::new();
        for id in 1..=200_000 {
            line.join(RequestId(id), Turn::Ordinary, Time(T0 + id));
            if id > 100 {
                line.leave(RequestId(id - 100));
            }
        }
        assert_eq!(line.len(), 100);
        assert_eq!(line.place(RequestId(200_000)), Some(100));
        assert!(line.ordinary.tree.len() < 2_048);
    }
}
