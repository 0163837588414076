//! How the desk works at present, from what happens there.

use std::collections::{HashMap, VecDeque};

use super::Floor;
use crate::real::len as real_len;

/// How far back handling times are believed.
const WINDOW: f64 = 3.0 * 3_600.0;
/// Most handling times that are kept.
const MOST: usize = 256;
/// An agent who answered nothing for longer was not at it all the time.
const AT_IT: f64 = 2.0 * 3_600.0;
/// After this time, what happened counts for 1/e.
const FADES: f64 = 3.0 * 3_600.0;
/// A rate is taken as if nothing had happened for so long before: one event alone makes no rate.
const PATIENCE: f64 = 600.0;
/// Whoever left the line and was not answered within this time left it unanswered.
const TOLD: f64 = 60.0;

/// Somebody in line.
#[derive(Clone, Copy, Debug)]
struct Begun {
    at: f64,
    /// Whether somebody was free to begin at once.
    free: bool,
}

/// A number of events and how long they were looked for, both fading.
#[derive(Clone, Copy, Debug, Default)]
struct Rate {
    events: f64,
    looked: f64,
}

impl Rate {
    fn fade(&mut self, by: f64, looked: f64) {
        self.events *= by;
        self.looked = self.looked * by + looked;
    }

    fn value(self) -> f64 {
        self.events.max(0.0) / (self.looked + PATIENCE)
    }
}

/// What happens at a desk, told in the order of time: who joins the line, who leaves it, who is answered and by whom.
#[derive(Debug, Default)]
pub struct Pace {
    now: f64,
    present: u32,
    line: HashMap<i64, Begun>,
    /// Those who left the line a moment ago: whether they were answered is told after it.
    left: HashMap<i64, (f64, Begun)>,
    /// When each agent answered last.
    last: HashMap<i64, f64>,
    /// When it was answered, and how long that took.
    handling: VecDeque<(f64, f64)>,
    overtakes: Rate,
    leaves: Rate,
}

impl Pace {
    /// Nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Time goes on: what is known fades, and what has been in doubt is decided.
    fn advance(&mut self, now: f64) {
        let passed = now - self.now;
        if self.now > 0.0 && passed > 0.0 {
            let by = (-passed / FADES).exp();
            self.overtakes.fade(by, passed);
            self.leaves.fade(by, passed * real_len(self.line.len()));
        }
        self.now = self.now.max(now);
        let decided = self.left.len();
        self.left.retain(|_, (at, _)| now - *at < TOLD);
        self.leaves.events += real_len(decided - self.left.len());
    }

    /// So many agents are there from now on.
    pub fn present(&mut self, now: f64, agents: u32) {
        self.advance(now);
        self.present = agents;
    }

    /// Somebody joins the line, or goes before others from now on.
    pub fn joined(&mut self, now: f64, who: i64, at_risk: bool) {
        self.advance(now);
        if at_risk {
            self.overtakes.events += 1.0;
        }
        let free = u32::try_from(self.line.len()).is_ok_and(|line| line < self.present);
        self.line.entry(who).or_insert(Begun { at: now, free });
    }

    /// Somebody is not in line any more.
    pub fn left(&mut self, now: f64, who: i64) {
        self.advance(now);
        if let Some(begun) = self.line.remove(&who) {
            self.left.insert(who, (now, begun));
        }
    }

    /// An agent answered somebody who was in line.
    pub fn answered(&mut self, now: f64, who: i64, agent: i64) {
        self.advance(now);
        let begun = self.left.remove(&who).map(|(_, begun)| begun).or_else(|| self.line.get(&who).copied());
        let before = self.last.insert(agent, now);
        if self.last.len() > MOST * 4 {
            self.last.retain(|_, at| now - *at < AT_IT);
        }
        let Some(begun) = begun else { return };
        let start = match before {
            // Straight from one to the next.
            Some(before) if before >= begun.at && now - before < AT_IT => before,
            // It came to somebody who had nothing to do.
            _ if begun.free && before.is_none_or(|before| before < begun.at) => begun.at,
            _ => return,
        };
        if now > start {
            if self.handling.len() == MOST {
                self.handling.pop_front();
            }
            self.handling.push_back((now, now - start));
        }
    }

    /// When something happened last.
    #[must_use]
    pub const fn now(&self) -> f64 {
        self.now
    }

    /// How many agents are there.
    #[must_use]
    pub const fn agents(&self) -> u32 {
        self.present
    }

    /// The last `MOST` handling times of the last three hours; of whenever they are for somebody whose turn comes when the desk
    /// opens again.
    #[must_use]
    pub fn handling(&self, now: f64, is_later: bool) -> Vec<f64> {
        let believed = self.handling.iter().filter(|(at, _)| is_later || now - *at < WINDOW);
        believed.map(|(_, time)| *time).collect()
    }

    /// How the desk works with so many agents, each of whom has so many in hand at a time, for those whom others may overtake
    /// or for those whom nobody may.
    #[must_use]
    pub fn floor<'a>(
        &self,
        now: f64,
        handling: &'a [f64],
        [agents, at_once]: [u32; 2],
        is_overtaken: bool,
    ) -> Floor<'a> {
        // What has not happened since the last event says something, too.
        let (mut overtakes, mut leaves) = (self.overtakes, self.leaves);
        let passed = (now - self.now).max(0.0);
        let by = (-passed / FADES).exp();
        overtakes.fade(by, passed);
        leaves.fade(by, passed * real_len(self.line.len()));
        Floor {
            agents,
            at_once,
            handling,
            overtaking: if is_overtaken { overtakes.value() } else { 0.0 },
            leaving: leaves.value(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handling_is_from_when_somebody_could_begin() {
        let mut pace = Pace::new();
        pace.present(1_000.0, 1);
        pace.joined(1_000.0, 1, false);
        pace.joined(1_010.0, 2, false);
        pace.joined(1_020.0, 3, true);
        for (at, who) in [(1_100.0, 1), (1_250.0, 3), (1_300.0, 2)] {
            pace.left(at, who);
            pace.answered(at, who, 7);
        }
        assert_eq!(pace.handling(1_300.0, false), [100.0, 150.0, 50.0]);
        // Idle in between: from when it came.
        pace.joined(2_000.0, 4, false);
        pace.left(2_030.0, 4);
        pace.answered(2_030.0, 4, 7);
        assert_eq!(pace.handling(2_030.0, false).last(), Some(&30.0));
        assert!(pace.handling(2_030.0 + WINDOW, false).is_empty());
        assert_eq!(pace.handling(2_030.0 + WINDOW, true).len(), 4);
    }

    #[test]
    fn what_nobody_can_know_is_no_handling_time() {
        let mut pace = Pace::new();
        // They came while nobody was there: who answers in the morning did not begin in the evening.
        for who in 0..4 {
            pace.joined(1_000.0, who, false);
        }
        pace.present(40_000.0, 2);
        pace.left(40_100.0, 0);
        pace.answered(40_100.0, 0, 7);
        assert!(pace.handling(40_100.0, false).is_empty());
        pace.left(40_160.0, 1);
        pace.answered(40_160.0, 1, 7);
        assert_eq!(pace.handling(40_160.0, false), [60.0]);
        // A long break.
        pace.left(60_000.0, 2);
        pace.answered(60_000.0, 2, 7);
        assert_eq!(pace.handling(60_000.0, false).len(), 0);
    }

    #[test]
    fn those_who_leave_unanswered_are_told_from_those_who_are_answered() {
        let mut pace = Pace::new();
        pace.present(1_000.0, 2);
        for who in 0..10 {
            pace.joined(1_000.0, who, false);
        }
        for who in 0..5 {
            pace.left(1_600.0, who);
            if who > 0 {
                pace.answered(1_600.0, who, 7);
            }
        }
        pace.present(1_700.0, 2);
        let floor = pace.floor(1_700.0, &[], [2, 1], true);
        // One of ten in 600 s, of five in 100 s, and the time before.
        assert!((floor.leaving - 1.0 / (6_000.0 + 500.0 + PATIENCE)).abs() < 1e-5, "{floor:?}");
        assert!(floor.overtaking < 1e-12);
    }
}
