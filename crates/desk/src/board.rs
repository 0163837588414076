//! The queue as it is now, kept in memory from the outbox: places, and what is expected of the wait.

use parking_lot::Mutex;
use standfast_domain::{AgentId, Line, RequestId, Throughput, Time, Wait};

/// What anybody may know of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// How many wait for the desk.
    pub count: u32,
    /// What the next one has to expect; `None` when unknown.
    pub expected: Option<Wait>,
    /// How many agents are there to answer.
    pub agents_present: u32,
}

/// The queue in memory. It is derived: losing it costs a reading of the store at the next start.
#[derive(Debug, Default)]
pub struct Board {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    line: Line,
    throughput: Throughput,
    present: u32,
    /// The last stretch of time for which housekeeping was put on the list.
    slot: i64,
}

impl Board {
    /// Everybody who waits, as the store has it at the start.
    pub(crate) fn load(&self, waiting: impl IntoIterator<Item = (RequestId, bool)>) {
        let mut state = self.state.lock();
        state.line = Line::new();
        // Those since then are told by the store, too: none may count twice.
        state.throughput = Throughput::new();
        for (id, at_risk) in waiting {
            state.line.join(id, at_risk);
        }
    }

    /// Takes over what the outbox says of a request's place (see `Record::queue_change`).
    pub(crate) fn apply(&self, id: RequestId, change: &str) {
        let mut state = self.state.lock();
        match change {
            "+" => state.line.join(id, false),
            "!" => state.line.join(id, true),
            "-" => state.line.leave(id),
            _ => {}
        }
    }

    /// Whether a request waits with assets at risk.
    pub(crate) fn is_at_risk(&self, id: RequestId) -> bool {
        self.state.lock().line.is_at_risk(id)
    }

    /// A customer who waited was answered.
    pub(crate) fn answered(&self, at: Time, by: AgentId) {
        self.state.lock().throughput.answered(at, by);
    }

    /// How many agents are there to answer, as the live sockets know it.
    pub fn set_present(&self, present: u32) {
        self.state.lock().present = present;
    }

    /// Whether a stretch of time begins: true once for each.
    pub(crate) fn begins(&self, slot: i64) -> bool {
        let mut state = self.state.lock();
        std::mem::replace(&mut state.slot, slot) != slot
    }

    /// The queue as anybody may see it.
    pub fn waiting(&self, now: Time) -> Waiting {
        let mut state = self.state.lock();
        let (place, present) = (state.line.next_place(false), state.present);
        Waiting {
            count: state.line.len(),
            expected: state.throughput.expected(now, place, present),
            agents_present: state.present,
        }
    }

    /// The place of a request that waits, and what to expect.
    pub fn place(&self, id: RequestId, now: Time) -> Option<(u32, Option<Wait>)> {
        let mut state = self.state.lock();
        let (place, present) = (state.line.place(id)?, state.present);
        Some((place, state.throughput.expected(now, place, present)))
    }

    /// The place that a request gets that joins now (or has already), and what to expect.
    pub fn place_of(&self, id: RequestId, at_risk: bool, now: Time) -> (u32, Option<Wait>) {
        let mut state = self.state.lock();
        let present = state.present;
        let place = match state.line.place(id) {
            Some(place) if !at_risk => place,
            Some(place) => place.min(state.line.next_place(true)),
            None => state.line.next_place(at_risk),
        };
        (place, state.throughput.expected(now, place, present))
    }
}
