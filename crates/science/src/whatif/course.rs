//! How a time goes once.

use std::collections::VecDeque;

use fastrand::Rng;

use super::chance::{exponential, factor};
use super::{Change, Desk, Outcome, hours, share};
use crate::quantile::quantile_f64;
use crate::real;

/// Seconds between two looks at whether the desk is reachable.
const LOOK: f64 = 60.0;

/// What is the same every time.
pub(super) struct Course<'a> {
    desk: &'a Desk,
    change: &'a Change,
    expected: Vec<f64>,
    /// Of every slot, when the clock of somebody who comes then begins; `None` when the desk does not open again.
    begins: Vec<Option<f64>>,
    /// By number of agents, by how many they have in hand, how many are done with in a second.
    departures: Vec<Vec<f64>>,
    /// How many an agent has at a time.
    places: u32,
    /// The share of those whom people answer that is at risk.
    at_risk: f64,
}

/// Agents who share a work.
#[derive(Clone, Copy, Default)]
struct Pool {
    agents: u32,
    busy: u32,
}

/// Somebody in line, by when their clock began and on which day they came.
type Line = VecDeque<(f64, usize)>;

/// Once.
struct State<'a> {
    course: &'a Course<'a>,
    rng: Rng,
    now: f64,
    /// Those who serve everybody, those at risk first; and those who serve no others.
    pools: [Pool; 2],
    /// Ordinary ones, and those at risk.
    lines: [Line; 2],
    looked: f64,
    looks: [u32; 2],
    waits: Vec<f64>,
    left: u32,
    /// Came and answered in time, ordinary and at risk.
    kept: [[u32; 2]; 2],
    days: Vec<[u32; 2]>,
}

impl<'a> Course<'a> {
    pub(super) fn new(desk: &'a Desk, change: &'a Change) -> Self {
        let expected = (0..desk.arrivals.len()).map(|slot| desk.expected(change, slot)).collect();
        let mut begins = vec![None; desk.open.len()];
        let mut next = None;
        for (slot, (begins, open)) in begins.iter_mut().zip(&desk.open).enumerate().rev() {
            next = if *open { Some(real::len(slot) * desk.slot) } else { next };
            *begins = next;
        }
        let most = desk.people.len() + usize::try_from(change.people.max(0)).unwrap_or(0);
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        let departures = std::iter::once(vec![0.0]).chain((1..=most).map(|agents| {
            let mut rates = desk.service.departures(agents);
            rates.insert(0, 0.0);
            rates
        }));
        let kept = desk.kept(change);
        Self {
            desk,
            change,
            expected,
            begins,
            departures: departures.collect(),
            places: desk.service.places(),
            at_risk: if kept > 0.0 { desk.at_risk / kept } else { 0.0 },
        }
    }

    /// Plays it; the same seed is the same course.
    pub(super) fn play(&self, seed: u64) -> Outcome {
        let mut demand = Rng::with_seed(seed);
        let mut crew = Rng::with_seed(seed ^ 0x9e37_79b9_7f4a_7c15);
        let people = self.people(&mut crew);
        let mut state = State {
            course: self,
            rng: demand.fork(),
            now: 0.0,
            pools: [Pool::default(); 2],
            lines: [Line::new(), Line::new()],
            looked: 0.0,
            looks: [0; 2],
            waits: Vec::new(),
            left: 0,
            kept: [[0; 2]; 2],
            days: vec![[0; 2]; self.expected.len().div_ceil(self.desk.day)],
        };
        let spread = self.desk.spread;
        let of_slot = ((1.0 + spread.slot) / (1.0 + spread.day) - 1.0).max(0.0);
        let mut busy = 1.0;
        for (slot, expected) in self.expected.iter().enumerate() {
            if slot % self.desk.day == 0 {
                busy = factor(&mut demand, spread.day);
            }
            let rate = expected * busy * factor(&mut demand, of_slot) / self.desk.slot;
            state.staff(self.present(&people, slot, &mut crew));
            state.pass(slot, rate);
        }
        let slots = people.iter().flat_map(|work| work.iter()).map(ExactSizeIterator::len).sum();
        state.outcome(hours(self.desk, slots))
    }

    /// Who is at work when some of them are missing or others come along.
    fn people(&self, crew: &mut Rng) -> Vec<&'a [std::ops::Range<usize>]> {
        let mut people: Vec<&[_]> = self.desk.people.iter().map(Vec::as_slice).collect();
        crew.shuffle(&mut people);
        let number = usize::try_from(self.change.people.unsigned_abs()).unwrap_or(usize::MAX);
        if self.change.people < 0 {
            people.truncate(people.len().saturating_sub(number));
        } else {
            let more: Vec<&[_]> = people.iter().copied().cycle().take(number).collect();
            people.extend(more);
        }
        people
    }

    /// How many of them are there in a slot.
    fn present(&self, people: &[&[std::ops::Range<usize>]], slot: usize, crew: &mut Rng) -> u32 {
        let here = people.iter().filter(|work| work.iter().any(|span| span.contains(&slot)));
        let comes = here.filter(|_| crew.f64() >= self.desk.shrinkage);
        u32::try_from(comes.count()).unwrap_or(u32::MAX)
    }

    /// How many a pool is done with in a second. Whoever goes home finishes what is begun: then there are more than are there.
    fn rate(&self, pool: Pool) -> f64 {
        let agents = pool.agents.max(pool.busy.div_ceil(self.places));
        let rates = self.departures.get(agents as usize).or(self.departures.last());
        rates.and_then(|rates| rates.get(pool.busy as usize).or(rates.last())).copied().unwrap_or(0.0)
    }
}

impl State<'_> {
    fn staff(&mut self, present: u32) {
        let kept = self.course.desk.reserved.at(self.load(present)).min(present.saturating_sub(1));
        let [everybody, reserved] = &mut self.pools;
        reserved.agents = kept;
        everybody.agents = present - kept;
        self.fill();
    }

    /// How many times as long as is meant it takes these people to answer everybody in line; where nobody is there, one person.
    fn load(&self, present: u32) -> f64 {
        let agents = present.max(1);
        let full = Pool { agents, busy: agents * self.course.places };
        let line = real::len(self.lines.iter().map(VecDeque::len).sum());
        let pace = self.course.rate(full) * self.course.desk.reserved.within;
        if line > 0.0 && pace > 0.0 { line / pace } else { 0.0 }
    }

    /// Until the end of a slot.
    fn pass(&mut self, slot: usize, rate: f64) {
        let desk = self.course.desk;
        let end = real::len(slot + 1) * desk.slot;
        let open = desk.open.get(slot).copied().unwrap_or(false);
        let leaving = if open { desk.patience.map_or(0.0, |patience| 1.0 / patience) } else { 0.0 };
        loop {
            let [everybody, reserved] = self.pools.map(|pool| self.course.rate(pool));
            let line = real::len(self.lines.iter().map(VecDeque::len).sum());
            let all = rate + everybody + reserved + leaving * line;
            let next = self.now + exponential(&mut self.rng, all);
            self.look(next.min(end), open);
            if next >= end {
                self.now = end;
                return;
            }
            self.now = next;
            let which = self.rng.f64() * all;
            if which < rate {
                self.arrive(slot);
            } else if which < rate + everybody {
                self.finish(0);
            } else if which < rate + everybody + reserved {
                self.finish(1);
            } else {
                self.leave();
            }
        }
    }

    fn arrive(&mut self, slot: usize) {
        let is_at_risk = usize::from(self.rng.f64() < self.course.at_risk);
        let Some(begins) = self.course.begins.get(slot).copied().flatten() else { return };
        if let Some(line) = self.lines.get_mut(is_at_risk) {
            line.push_back((begins.max(self.now), slot / self.course.desk.day));
        }
        self.fill();
    }

    fn finish(&mut self, pool: usize) {
        if let Some(pool) = self.pools.get_mut(pool) {
            pool.busy = pool.busy.saturating_sub(1);
        }
        self.fill();
    }

    /// Whoever has a free place takes the next: those at risk are first with everybody, and alone with the reserved ones.
    fn fill(&mut self) {
        let places = self.course.places;
        let [everybody, reserved] = self.pools.map(|pool| (pool.agents * places).saturating_sub(pool.busy));
        for (pool, free) in [(1, reserved), (0, everybody)] {
            for _ in 0..free {
                let risk = usize::from(pool == 1 || self.lines.get(1).is_some_and(|line| !line.is_empty()));
                let Some(next) = self.lines.get_mut(risk).and_then(VecDeque::pop_front) else { break };
                if let Some(pool) = self.pools.get_mut(pool) {
                    pool.busy += 1;
                }
                let wait = (self.now - next.0).max(0.0);
                self.waits.push(wait);
                self.count(risk, next.1, wait <= self.course.desk.promise);
            }
        }
    }

    /// One of those in line gives up, any of them.
    fn leave(&mut self) {
        let ordinary = self.lines.first().map_or(0, VecDeque::len);
        let all: usize = self.lines.iter().map(VecDeque::len).sum();
        if all == 0 {
            return;
        }
        let at = self.rng.usize(..all);
        let (risk, at) = if at < ordinary { (0, at) } else { (1, at - ordinary) };
        if let Some((_, day)) = self.lines.get_mut(risk).and_then(|line| line.remove(at)) {
            self.left += 1;
            self.count(risk, day, false);
        }
    }

    fn count(&mut self, risk: usize, day: usize, in_time: bool) {
        let cells = [self.kept.get_mut(risk), self.days.get_mut(day)];
        for [came, kept] in cells.into_iter().flatten() {
            *came += 1;
            *kept += u32::from(in_time);
        }
    }

    /// Looks, at every minute until then, whether somebody who comes would be answered in time.
    fn look(&mut self, until: f64, open: bool) {
        while self.looked < until {
            self.looked += LOOK;
            if !open {
                continue;
            }
            let [pool, _] = self.pools;
            let full = Pool { agents: pool.agents, busy: pool.agents * self.course.places };
            let line = real::len(self.lines.iter().map(VecDeque::len).sum()) + 1.0;
            let over = f64::from(pool.busy.saturating_sub(full.busy));
            let is_reachable = pool.agents > 0
                && (pool.busy < full.busy
                    || (line + over) / self.course.rate(full) <= self.course.desk.promise);
            let [looks, reachable] = &mut self.looks;
            *looks += 1;
            *reachable += u32::from(is_reachable);
        }
    }

    fn outcome(mut self, hours: f64) -> Outcome {
        // Of those who still wait it is known how it ends only where the promise is broken already.
        for risk in 0..2 {
            let line = self.lines.get_mut(risk).map(std::mem::take).unwrap_or_default();
            for (begins, day) in line {
                if self.now - begins > self.course.desk.promise {
                    self.count(risk, day, false);
                }
            }
        }
        let [[ordinary, kept], [at_risk, kept_at_risk]] = self.kept;
        let arrivals = ordinary + at_risk;
        let [looks, reachable] = self.looks;
        Outcome {
            arrivals,
            within: share(kept + kept_at_risk, arrivals),
            within_at_risk: share(kept_at_risk, at_risk),
            half: quantile_f64(&mut self.waits, 0.5),
            most: quantile_f64(&mut self.waits, 0.8),
            abandoned: if arrivals == 0 { 0.0 } else { share(self.left, arrivals) },
            online: share(reachable, looks),
            hours,
            days: self.days,
        }
    }
}
