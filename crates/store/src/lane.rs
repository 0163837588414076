//! The queue before a writer: three lanes, bounded, and none of them starves.

use std::collections::VecDeque;

use parking_lot::{Condvar, Mutex};

use crate::Error;
use crate::exec::Rd;
use crate::writer::{Batch, Work};

/// How urgent a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Somebody's assets are at risk: before all others.
    AtRisk,
    /// What people wait for.
    Ordinary,
    /// What nobody waits for: jobs, trimming, the demo.
    Background,
}

/// Share of a batch that the lower lanes get even when the higher ones could fill it.
const ORDINARY_SHARE: usize = 8;
const BACKGROUND_SHARE: usize = 16;

/// Units of the lower lanes in a batch with units at risk, where those do not leave more.
const BESIDE_RISK: usize = 16;

/// Something that a writer does between two batches, outside of any transaction.
pub(crate) type Errand = Box<dyn FnOnce(&mut Rd) + Send>;

#[derive(Default)]
struct Queues {
    errands: VecDeque<Errand>,
    at_risk: VecDeque<Box<dyn Work>>,
    ordinary: VecDeque<Box<dyn Work>>,
    background: VecDeque<Box<dyn Work>>,
    closed: bool,
    idle: bool,
}

/// The queue before one writer.
pub(crate) struct Lanes {
    queues: Mutex<Queues>,
    arrived: Condvar,
    /// Most units that wait in one lane.
    limit: usize,
}

impl Lanes {
    pub(crate) fn new(limit: usize) -> Self {
        Self { queues: Mutex::default(), arrived: Condvar::new(), limit }
    }

    /// Puts a unit at the end of its lane; gives it back with the reason when that is not possible.
    pub(crate) fn put(&self, lane: Lane, unit: Box<dyn Work>) -> Result<(), (Box<dyn Work>, Error)> {
        let mut queues = self.queues.lock();
        if queues.closed {
            return Err((unit, Error::Closed));
        }
        let queue = match lane {
            Lane::AtRisk => &mut queues.at_risk,
            Lane::Ordinary => &mut queues.ordinary,
            Lane::Background => &mut queues.background,
        };
        if queue.len() >= self.limit {
            let waiting = queue.len();
            return Err((unit, Error::Busy(waiting)));
        }
        queue.push_back(unit);
        let wake = std::mem::take(&mut queues.idle);
        drop(queues);
        if wake {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// Puts an errand at the end of its queue; false when the writer has gone.
    pub(crate) fn send(&self, errand: Errand) -> bool {
        let mut queues = self.queues.lock();
        if queues.closed {
            return false;
        }
        queues.errands.push_back(errand);
        drop(queues);
        self.arrived.notify_one();
        true
    }

    /// The next errand, if there is one.
    pub(crate) fn errand(&self) -> Option<Errand> {
        self.queues.lock().errands.pop_front()
    }

    /// Waits for work and fills `batch` with at most `most` units (none when there are only errands); false when the queue is closed and empty.
    pub(crate) fn take(&self, batch: &mut Batch, most: usize) -> bool {
        let mut queues = self.queues.lock();
        loop {
            let Queues { at_risk, ordinary, background, errands, closed, idle } = &mut *queues;
            if !errands.is_empty() || !at_risk.is_empty() || !ordinary.is_empty() || !background.is_empty() {
                // Whoever is at risk waits for the commit of the whole batch: few others join it.
                let most = if at_risk.is_empty() { most } else { most.min(at_risk.len() + BESIDE_RISK) };
                let low = background.len().min(most / BACKGROUND_SHARE);
                let middle = ordinary.len().min(most / ORDINARY_SHARE);
                let mut room = most - low - middle;
                room -= move_units(at_risk, batch, room);
                room += middle;
                room -= move_units(ordinary, batch, room);
                room += low;
                move_units(background, batch, room);
                return true;
            }
            if *closed {
                return false;
            }
            *idle = true;
            self.arrived.wait(&mut queues);
        }
    }

    /// Units that wait.
    pub(crate) fn waiting(&self) -> usize {
        let queues = self.queues.lock();
        queues.at_risk.len() + queues.ordinary.len() + queues.background.len()
    }

    /// Takes no more; what waits is still done.
    pub(crate) fn close(&self) {
        let mut queues = self.queues.lock();
        queues.closed = true;
        drop(queues);
        self.arrived.notify_all();
    }
}

fn move_units(from: &mut VecDeque<Box<dyn Work>>, to: &mut Batch, most: usize) -> usize {
    let count = from.len().min(most);
    to.extend(from.drain(..count));
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::Tx;
    use crate::writer::Outcome;

    struct Marked(Lane);

    impl Work for Marked {
        fn is_abandoned(&self) -> bool {
            self.0 == Lane::Background
        }
        fn run(&mut self, _: &mut Tx) -> Outcome {
            Outcome::Kept
        }
        fn refuse(&mut self, _: Error) {}
        fn answer(self: Box<Self>) {}
    }

    #[test]
    fn at_risk_goes_first_and_nobody_starves() {
        let lanes = Lanes::new(1_000);
        for lane in [Lane::Background, Lane::Ordinary, Lane::AtRisk] {
            for _ in 0..100 {
                assert!(lanes.put(lane, Box::new(Marked(lane))).is_ok());
            }
        }
        let mut batch = Vec::new();
        assert!(lanes.take(&mut batch, 64));
        assert_eq!(batch.len(), 64);
        assert_eq!(batch.iter().filter(|unit| unit.is_abandoned()).count(), 4);
        assert_eq!(lanes.waiting(), 236);
        assert!(batch.iter().take(50).all(|unit| !unit.is_abandoned()));
    }

    #[test]
    fn a_full_lane_refuses_and_leaves_the_others_alone() {
        let lanes = Lanes::new(2);
        for _ in 0..2 {
            assert!(lanes.put(Lane::Ordinary, Box::new(Marked(Lane::Ordinary))).is_ok());
        }
        let refused = lanes.put(Lane::Ordinary, Box::new(Marked(Lane::Ordinary)));
        assert!(matches!(refused, Err((_, Error::Busy(2)))));
        assert!(lanes.put(Lane::AtRisk, Box::new(Marked(Lane::AtRisk))).is_ok());
    }
}
