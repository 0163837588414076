//! A desk, event by event: arrivals that follow the hours of the day, the days of the week and chance; shifts of people who
//! are late, slow and have breaks; some assets at risk; people who give up; handling times with long tails.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use fastrand::Rng;
use standfast_domain::{LONGEST_WAIT, Wait, said};
use standfast_science::wait::{Asks, Expected, Later, Outlook, Staffing, Standing};

/// Arrivals in an hour, by hour of the day.
const ARRIVALS: [f64; 24] = [
    38.0, 30.0, 24.0, 20.0, 20.0, 26.0, 40.0, 62.0, 88.0, 108.0, 116.0, 112.0, 96.0, 98.0, 110.0, 114.0,
    108.0, 96.0, 88.0, 92.0, 96.0, 84.0, 66.0, 50.0,
];
/// People on the roster, by hour of the day.
const ROSTER: [usize; 24] = [4, 3, 3, 2, 2, 3, 4, 6, 8, 9, 10, 10, 9, 8, 9, 10, 10, 9, 8, 8, 8, 7, 6, 5];
/// By day of the week.
const WEEK: [f64; 7] = [1.12, 1.05, 1.0, 0.98, 1.0, 0.88, 0.85];
/// Most on the roster, and each has a pace of their own.
const PEOPLE: usize = 10;
const HANDLING: f64 = 280.0;
/// Seconds until somebody who has nothing to do notices that somebody waits.
const NOTICES: f64 = 25.0;

/// How a desk goes about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) name: &'static str,
    /// How many conversations people have in hand at a time.
    pub(crate) at_once: u32,
    /// How many people take nothing but what is at risk.
    pub(crate) reserved: u32,
    /// Whether nobody is there, and the desk is closed, from ten in the evening until eight in the morning.
    pub(crate) closed: bool,
}

/// One after the other, everybody takes everything, and it never closes.
pub(crate) const PLAIN: Terms = Terms { name: "plain", at_once: 1, reserved: 0, closed: false };
const OPENS: u64 = 8;
const CLOSES: u64 = 22;
/// What another conversation in hand makes of the time that one takes.
const BESIDE: f64 = 1.5;

/// Somebody who asked, what was said, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) at: f64,
    pub(crate) at_risk: bool,
    pub(crate) expected: Option<Expected>,
    /// The mean of the last fifty waits that were over then.
    pub(crate) naive: Option<f64>,
    /// Their quantiles for a half and four fifths.
    pub(crate) recent: Option<[f64; 2]>,
    /// None: gave up, or was not answered any more.
    pub(crate) wait: Option<f64>,
    /// What was said, as the page says it: seconds for a half and four fifths.
    pub(crate) told: Option<[f64; 2]>,
    /// For how long the desk was closed for them.
    pub(crate) closed: u32,
    /// For how long it is known that they waited.
    pub(crate) seen: f64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Event {
    Shift,
    Arrival,
    Surge(bool),
    Answer { agent: usize, who: usize },
    Back { agent: usize },
    GivesUp { who: usize },
}

#[derive(Default)]
struct Agent {
    pace: f64,
    on: bool,
    /// On a break that nobody is told of.
    away: bool,
    in_hand: u32,
}

pub(crate) struct Desk {
    terms: Terms,
    rng: Rng,
    outlook: Outlook,
    /// In milliseconds, then in the order of being written.
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    written: u64,
    agents: Vec<Agent>,
    asked: Vec<Asked>,
    at_risk: VecDeque<usize>,
    ordinary: VecDeque<usize>,
    /// Whom agents have in hand: those at risk, and others.
    in_hand: [u32; 2],
    recent: VecDeque<f64>,
    day: (u64, f64),
    surge: f64,
}

impl Desk {
    pub(crate) fn new(seed: u64, terms: Terms) -> Self {
        let mut desk = Self {
            terms,
            rng: Rng::with_seed(seed),
            outlook: Outlook::new(),
            events: BinaryHeap::new(),
            written: 0,
            agents: Vec::new(),
            asked: Vec::new(),
            at_risk: VecDeque::new(),
            ordinary: VecDeque::new(),
            in_hand: [0; 2],
            recent: VecDeque::new(),
            day: (u64::MAX, 1.0),
            surge: 1.0,
        };
        for _ in 0..PEOPLE {
            let pace = (0.25 * desk.normal()).exp();
            desk.agents.push(Agent { pace, ..Agent::default() });
        }
        desk
    }

    pub(crate) fn run(mut self, days: u32) -> Vec<Asked> {
        let end = f64::from(days) * 86_400.0;
        for hour in 0..days * 24 {
            let late = self.rng.f64() * 600.0;
            self.at(f64::from(hour) * 3_600.0 + late, Event::Shift);
        }
        for day in 0..days {
            // Something happens in the market on two days of five.
            if self.rng.f64() < 0.4 {
                let from = f64::from(day) * 86_400.0 + self.rng.f64() * 80_000.0;
                self.at(from, Event::Surge(true));
                let until = from + 1_800.0 + self.rng.f64() * 5_400.0;
                self.at(until, Event::Surge(false));
            }
        }
        self.at(1.0, Event::Arrival);
        while let Some(Reverse((millis, _, event))) = self.events.pop() {
            let now = std::time::Duration::from_millis(millis).as_secs_f64();
            if now >= end {
                break;
            }
            self.happens(now, event);
        }
        for who in self.at_risk.iter().chain(&self.ordinary) {
            self.asked[*who].seen = end - self.asked[*who].at;
        }
        self.asked
    }

    /// How many are on the roster in an hour since the beginning.
    fn rostered(&self, hour: u64) -> usize {
        let of_day = hour % 24;
        let is_open = !self.terms.closed || (OPENS..CLOSES).contains(&of_day);
        if is_open { ROSTER[usize::try_from(of_day).unwrap()] } else { 0 }
    }

    /// When the desk opens, where it is closed, and who will be there from now on.
    fn later(&self, now: f64) -> Option<(f64, Staffing)> {
        let hour = std::time::Duration::from_secs_f64(now).as_secs() / 3_600;
        if self.rostered(hour) > 0 {
            return None;
        }
        let time = |hour: u64| std::time::Duration::from_hours(hour).as_secs_f64();
        let opens = (hour..hour + 25).find(|hour| self.rostered(*hour) > 0)?;
        let shifts = (hour..hour + 25)
            .flat_map(|hour| std::iter::repeat_n((time(hour), time(hour + 1)), self.rostered(hour)));
        Some((time(opens), Staffing::new(shifts)))
    }

    fn at(&mut self, time: f64, event: Event) {
        self.written += 1;
        let millis = u64::try_from(std::time::Duration::from_secs_f64(time).as_millis()).unwrap();
        self.events.push(Reverse((millis, self.written, event)));
    }

    fn normal(&mut self) -> f64 {
        let (a, b) = (1.0 - self.rng.f64(), self.rng.f64());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -(1.0 - self.rng.f64()).ln() * mean
    }

    fn happens(&mut self, now: f64, event: Event) {
        match event {
            Event::Shift => self.shift(now),
            Event::Surge(on) => self.surge = if on { 1.5 } else { 1.0 },
            Event::Arrival => {
                self.arrives(now);
                let most = 260.0;
                let mut next = now;
                loop {
                    next += self.exponential(3_600.0 / most);
                    if self.rng.f64() * most < self.rate(next) {
                        break;
                    }
                }
                self.at(next, Event::Arrival);
            }
            Event::Answer { agent, who } => self.answers(now, agent, who),
            Event::Back { agent } => {
                self.agents[agent].away = false;
                self.begin(now, agent, 0.0);
            }
            Event::GivesUp { who } => {
                let waits = self.ordinary.len();
                self.ordinary.retain(|other| *other != who);
                if self.ordinary.len() < waits {
                    self.asked[who].seen = now - self.asked[who].at;
                    self.outlook.pace().left(now, id(who));
                }
            }
        }
    }

    fn rate(&mut self, now: f64) -> f64 {
        let seconds = std::time::Duration::from_secs_f64(now).as_secs();
        let (day, hour) = (seconds / 86_400, usize::try_from(seconds / 3_600 % 24).unwrap());
        if self.day.0 != day {
            self.day = (day, (0.12 * self.normal()).exp());
        }
        ARRIVALS[hour] * WEEK[usize::try_from(day % 7).unwrap()] * self.day.1 * self.surge
    }

    fn shift(&mut self, now: f64) {
        let rostered = self.rostered(std::time::Duration::from_secs_f64(now).as_secs() / 3_600);
        for agent in 0..PEOPLE {
            let is_on = agent < rostered && self.rng.f64() > 0.06;
            self.agents[agent].on = is_on;
        }
        let present = self.agents.iter().filter(|agent| agent.on).count();
        self.outlook.pace().present(now, u32::try_from(present).unwrap());
        for agent in 0..PEOPLE {
            self.begin(now, agent, 0.0);
        }
    }

    fn arrives(&mut self, now: f64) {
        let who = self.asked.len();
        let at_risk = self.rng.f64() < 0.08;
        let line = |line: &VecDeque<usize>, in_hand: u32| u32::try_from(line.len()).unwrap() + in_hand;
        let standing = Standing {
            at_risk: line(&self.at_risk, self.in_hand[0]),
            ordinary: line(&self.ordinary, self.in_hand[1]),
        };
        let group = Some(group(now, at_risk));
        let Terms { at_once, reserved, .. } = self.terms;
        let night = self.later(now);
        let later =
            night.as_ref().map(|(opens, there)| Later { opens: *opens, everybody: there, able: there });
        let asks = Asks { now, standing, is_at_risk: at_risk, later, group, at_once, reserved };
        let expected = self.outlook.expected(asks);
        let closed = night.as_ref().map_or(0, |(opens, _)| seconds(opens - now));
        let told = expected.and_then(|expected| tell(expected, closed));
        let mut sorted: Vec<f64> = self.recent.iter().copied().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let known = sorted.len() == 50;
        let recent = known.then(|| [sorted[24], sorted[39]]);
        let naive = known.then(|| sorted.iter().sum::<f64>() / 50.0);
        let (wait, seen) = (None, 0.0);
        self.asked.push(Asked { at: now, at_risk, expected, naive, recent, wait, told, closed, seen });
        self.outlook.pace().joined(now, id(who), at_risk);
        if at_risk {
            self.at_risk.push_back(who);
        } else {
            self.ordinary.push_back(who);
        }
        if !at_risk && self.rng.f64() < 0.6 {
            let patience = self.exponential(2.0 * 3_600.0);
            self.at(now + patience, Event::GivesUp { who });
        }
        let free = (0..PEOPLE).find(|agent| self.is_free(*agent) && (at_risk || !self.is_reserved(*agent)));
        if let Some(agent) = free {
            let notices = self.exponential(NOTICES);
            self.begin(now, agent, notices);
        }
    }

    fn is_free(&self, agent: usize) -> bool {
        let Agent { on, away, in_hand, .. } = self.agents[agent];
        on && !away && in_hand < self.terms.at_once
    }

    /// The first of those who are there are kept for what is at risk; one is always left.
    fn is_reserved(&self, agent: usize) -> bool {
        let there = |until: usize| (0..until).filter(|agent| self.agents[*agent].on).count();
        let kept = usize::try_from(self.terms.reserved).unwrap().min(there(PEOPLE).saturating_sub(1));
        self.agents[agent].on && there(agent) < kept
    }

    /// An agent takes whoever is next, after having noticed, until nothing more goes.
    fn begin(&mut self, now: f64, agent: usize, notices: f64) {
        while self.is_free(agent) && self.takes(now, agent, notices) {}
    }

    fn takes(&mut self, now: f64, agent: usize, notices: f64) -> bool {
        let first = self.at_risk.pop_front();
        let is_kept = self.is_reserved(agent);
        let next = first.or_else(|| if is_kept { None } else { self.ordinary.pop_front() });
        let Some(who) = next else { return false };
        let beside = if self.agents[agent].in_hand > 0 { BESIDE } else { 1.0 };
        self.agents[agent].in_hand += 1;
        let at_risk = self.asked[who].at_risk;
        self.in_hand[usize::from(!at_risk)] += 1;
        // Lognormal with a coefficient of variation of 1.1; what is at risk takes longer.
        let sigma = (1.0 + 1.1_f64.powi(2)).ln().sqrt();
        let mean = HANDLING * self.agents[agent].pace * if at_risk { 1.5 } else { 1.0 };
        let time = mean * beside * (sigma * self.normal() - sigma * sigma / 2.0).exp();
        self.at(now + notices + time.max(5.0), Event::Answer { agent, who });
        true
    }

    fn answers(&mut self, now: f64, agent: usize, who: usize) {
        let asked = &mut self.asked[who];
        let wait = now - asked.at;
        asked.wait = Some(wait);
        asked.seen = wait;
        let closed = asked.closed;
        self.in_hand[usize::from(!asked.at_risk)] -= 1;
        if let Some(expected) = asked.expected {
            let group = group(asked.at, asked.at_risk);
            self.outlook.learn(expected.model, group, wait - f64::from(closed), |time| said_as(time, closed));
        }
        if self.recent.len() == 50 {
            self.recent.pop_front();
        }
        self.recent.push_back(wait);
        self.outlook.pace().left(now, id(who));
        self.outlook.pace().answered(now, id(who), id(agent));
        self.agents[agent].in_hand -= 1;
        // A break that nobody is told of.
        if self.rng.f64() < 0.02 {
            let pause = 300.0 + self.exponential(300.0);
            self.agents[agent].away = true;
            self.at(now + pause, Event::Back { agent });
        } else {
            self.begin(now, agent, 0.0);
        }
    }
}

fn id(at: usize) -> i64 {
    i64::try_from(at).unwrap()
}

/// Six hours of the day each; what is at risk is a group of its own.
fn group(now: f64, at_risk: bool) -> u16 {
    if at_risk {
        return 4;
    }
    u16::try_from(std::time::Duration::from_secs_f64(now).as_secs() / 21_600 % 4).unwrap()
}

fn seconds(time: f64) -> u32 {
    u32::try_from(std::time::Duration::from_secs_f64(time.max(0.0)).as_secs()).unwrap()
}

/// What is said, as `desk::board` makes it: nothing where it is more than a day.
fn tell(expected: Expected, closed: u32) -> Option<[f64; 2]> {
    let range = expected.corrected;
    let wait = if closed > 0 {
        Wait::later(closed, range.p50, range.p80)?
    } else {
        Some(Wait::between(range.p50, range.p80)).filter(|wait| wait.high_seconds <= LONGEST_WAIT)?
    };
    Some([wait.low_seconds, wait.high_seconds].map(f64::from))
}

/// What is said of a figure, without the time for which the desk is closed.
fn said_as(time: f64, closed: u32) -> f64 {
    if closed == 0 {
        return f64::from(said(time));
    }
    let later = Wait::later(closed, time, time);
    later.map_or(time, |later| f64::from(later.high_seconds.saturating_sub(closed)))
}
