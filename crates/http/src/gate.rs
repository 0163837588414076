//! The gate before the desk: few messages are taken in at once, the others wait in line, assets at risk first.
//!
//! More in flight than the store can share a few commits among only makes everybody wait longer, those at risk too. So
//! the rest waits here, already read and checked, where whoever is at risk can go ahead; nothing is done twice, and a
//! caller that waits does not send again. In line customers take turns, so that one who sends a thousand messages waits
//! behind his own. Only when the line is full, or somebody has stood in it for too long, is a message told to come back.

mod queue;

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use metrics::counter;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::problem::Problem;
use queue::Queue;

/// The longest that anybody stands in line.
const PATIENCE: Duration = Duration::from_secs(5);

/// Messages in flight beside those at risk, however many these are: nobody waits for ever.
const BESIDE_RISK: usize = 96;

/// Bounds how many messages are being taken in at once, and how many wait for it.
#[derive(Clone)]
pub(crate) struct Gate {
    state: Arc<Mutex<State>>,
    /// Makes keys of customers that nobody outside can foresee.
    hasher: RandomState,
}

struct State {
    /// Seats taken by assets at risk, and by all others.
    urgent: usize,
    others: usize,
    /// Seats; the last quarter is for assets at risk. Beside a gate full of these, a few others are in flight.
    all: usize,
    /// Most that stand in either line.
    most: usize,
    /// Arrivals at a full line until it is looked through for those who have left: looking takes long.
    until_sweep: usize,
    at_risk: Queue<oneshot::Sender<Seat>>,
    ordinary: Queue<oneshot::Sender<Seat>>,
}

/// A place among the messages being taken in; given to the next when dropped.
pub(crate) struct Seat {
    gate: Arc<Mutex<State>>,
    at_risk: bool,
}

impl State {
    fn has_room(&self, at_risk: bool) -> bool {
        if at_risk {
            return self.urgent + self.others < self.all;
        }
        // Whoever is in flight shares the processor with those at risk: beside them few are, but some always.
        let few = BESIDE_RISK.min(self.all / 4);
        let most = if self.urgent > 0 { few } else { self.all - self.all / 4 };
        self.others < few || (self.others < most && self.urgent + self.others < self.all)
    }

    fn taken(&mut self, at_risk: bool) -> &mut usize {
        if at_risk { &mut self.urgent } else { &mut self.others }
    }

    const fn line(&mut self, at_risk: bool) -> &mut Queue<oneshot::Sender<Seat>> {
        if at_risk { &mut self.at_risk } else { &mut self.ordinary }
    }

    /// Who sits down next, if there is room for anybody.
    fn next(&mut self) -> Option<(oneshot::Sender<Seat>, bool)> {
        for at_risk in [true, false] {
            if self.has_room(at_risk)
                && let Some(next) = self.line(at_risk).pop(oneshot::Sender::is_closed)
            {
                *self.taken(at_risk) += 1;
                return Some((next, at_risk));
            }
        }
        None
    }
}

impl Gate {
    /// A gate with so many seats, and room for so many in either line.
    pub(crate) fn new(all: usize, most: usize) -> Self {
        let state = State {
            urgent: 0,
            others: 0,
            all: all.max(4),
            most,
            until_sweep: 0,
            at_risk: Queue::new(),
            ordinary: Queue::new(),
        };
        Self { state: Arc::new(Mutex::new(state)), hasher: RandomState::new() }
    }

    /// Waits for a seat, in turns with other customers; refuses with a time to come back when the line is full of messages
    /// that are not served later than this one, or does not move.
    pub(crate) async fn enter(&self, customer: &str, at_risk: bool) -> Result<Seat, Problem> {
        let turn = {
            let mut state = self.state.lock();
            if state.has_room(at_risk) && state.line(at_risk).is_empty(oneshot::Sender::is_closed) {
                *state.taken(at_risk) += 1;
                return Ok(Seat { gate: Arc::clone(&self.state), at_risk });
            }
            let most = state.most;
            if state.line(at_risk).len() >= most {
                if state.until_sweep == 0 {
                    state.line(at_risk).sweep(oneshot::Sender::is_closed);
                    state.until_sweep = most / 16 + 1;
                }
                state.until_sweep -= 1;
            }
            let line = state.line(at_risk);
            let (seat, turn) = oneshot::channel();
            // Whose sender is dropped hears that he is to come back: this one, or the last of whoever has most.
            line.push(self.hasher.hash_one(customer), seat, most);
            turn
        };
        match tokio::time::timeout(PATIENCE, turn).await {
            Ok(Ok(seat)) => Ok(seat),
            _ => Err(refuse(at_risk)),
        }
    }

    /// Places taken.
    pub(crate) fn taken(&self) -> usize {
        let state = self.state.lock();
        state.urgent + state.others
    }

    /// Messages in line.
    pub(crate) fn waiting(&self) -> usize {
        let state = self.state.lock();
        state.at_risk.len() + state.ordinary.len()
    }
}

fn refuse(at_risk: bool) -> Problem {
    counter!("standfast_shed_total", "at_risk" => if at_risk { "yes" } else { "no" }).increment(1);
    Problem::busy()
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.gate.lock();
        *state.taken(self.at_risk) -= 1;
        // When the last one at risk leaves, there is room for many others.
        let mut next = Vec::new();
        while let Some(one) = state.next() {
            next.push(one);
        }
        drop(state);
        for (turn, at_risk) in next {
            // Whoever leaves at this very moment drops the seat, which gives it to the one behind.
            let _ = turn.send(Self { gate: Arc::clone(&self.gate), at_risk });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn the_last_quarter_is_for_assets_at_risk_and_they_go_first() {
        let gate = Gate::new(8, 8);
        let mut seats = Vec::new();
        for at_risk in [false, false, false, false, false, false, true, true] {
            seats.push(gate.enter("ann", at_risk).await.ok().unwrap());
        }
        let (mut ordinary, mut urgent) = (pin!(gate.enter("ann", false)), pin!(gate.enter("ann", true)));
        assert!(poll(ordinary.as_mut()).is_pending());
        assert!(poll(urgent.as_mut()).is_pending());
        assert_eq!((gate.taken(), gate.waiting()), (8, 2));
        seats.pop();
        let Poll::Ready(Ok(urgent)) = poll(urgent.as_mut()) else { panic!("the one at risk waits on") };
        assert!(poll(ordinary.as_mut()).is_pending(), "the last quarter is not for it");
        seats.truncate(6);
        drop(urgent);
        assert!(poll(ordinary.as_mut()).is_pending());
        seats.pop();
        assert!(poll(ordinary.as_mut()).is_ready());
        drop(seats);
        assert_eq!((gate.taken(), gate.waiting()), (0, 0));
    }

    #[tokio::test]
    async fn few_are_in_flight_beside_assets_at_risk() {
        let gate = Gate::new(400, 400);
        let urgent = gate.enter("ann", true).await.ok().unwrap();
        let mut seats = Vec::new();
        for _ in 0..BESIDE_RISK {
            seats.push(gate.enter("ann", false).await.ok().unwrap());
        }
        let mut waiting: Vec<_> = (0..100).map(|_| Box::pin(gate.enter("ann", false))).collect();
        assert!(waiting.iter_mut().all(|one| poll(one.as_mut()).is_pending()));
        drop(urgent);
        assert!(waiting.iter_mut().all(|one| poll(one.as_mut()).is_ready()), "all have room again");
    }

    #[tokio::test]
    async fn who_leaves_the_line_takes_no_seat() {
        let gate = Gate::new(4, 8);
        let mut seats = Vec::new();
        for _ in 0..4 {
            seats.push(gate.enter("ann", true).await.ok().unwrap());
        }
        let mut last = pin!(gate.enter("ann", true));
        {
            let mut left = pin!(gate.enter("ann", true));
            assert!(poll(left.as_mut()).is_pending());
            assert!(poll(last.as_mut()).is_pending());
        }
        seats.pop();
        let Poll::Ready(Ok(seat)) = poll(last.as_mut()) else { panic!("nobody got the seat") };
        drop((seat, seats));
        assert_eq!(gate.taken(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_line_and_a_long_wait_are_told_to_come_back() {
        let gate = Gate::new(4, 1);
        let mut seats = Vec::new();
        for _ in 0..3 {
            seats.push(gate.enter("ann", false).await.ok().unwrap());
        }
        let first = gate.enter("ann", false);
        let mut first = pin!(first);
        assert!(poll(first.as_mut()).is_pending());
        assert_eq!(gate.enter("ann", false).await.err().map(|problem| problem.code()), Some("busy"));
        assert_eq!(first.await.err().map(|problem| problem.code()), Some("busy"));
        drop(seats);
        assert_eq!(gate.taken(), 0);
    }

    #[tokio::test]
    async fn customers_take_turns_in_line() {
        let gate = Gate::new(4, 4);
        let mut seats = Vec::new();
        for _ in 0..3 {
            seats.push(gate.enter("ann", false).await.ok().unwrap());
        }
        let (mut first, mut second) = (pin!(gate.enter("ann", false)), pin!(gate.enter("ann", false)));
        let (mut third, mut fourth) = (pin!(gate.enter("ann", false)), pin!(gate.enter("ann", false)));
        let mut other = pin!(gate.enter("bo", false));
        for one in [&mut first, &mut second, &mut third, &mut fourth] {
            assert!(poll(one.as_mut()).is_pending());
        }
        assert!(poll(other.as_mut()).is_pending(), "he has a place although the line was full");
        let Poll::Ready(Err(problem)) = poll(fourth.as_mut()) else { panic!("the line is full") };
        assert_eq!(problem.code(), "busy", "whoever has most makes room");
        seats.pop();
        let Poll::Ready(Ok(_seat)) = poll(first.as_mut()) else { panic!("nobody came before") };
        seats.pop();
        assert!(poll(second.as_mut()).is_pending());
        let Poll::Ready(Ok(_seat)) = poll(other.as_mut()) else { panic!("it is his turn") };
    }
}
