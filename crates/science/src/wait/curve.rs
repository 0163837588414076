//! The wait at every place in line, near the front by simulation, further back by formula.

use fastrand::Rng;

use super::Range;
use crate::real::len as real_len;

/// Simulated courses of the line.
const COURSES: usize = 200;
/// One's own handling time is drawn so often for each of them, from as many equal parts of those that were seen: it is most of
/// the wait near the front, and chance would show.
const STRATA: usize = 4;
/// Places behind those who are being served that are simulated; from there on the formula holds.
const NEAR: usize = 48;
/// Agents that are told apart. More of them finish so often that it makes no difference who it is.
const MOST_AGENTS: u32 = 48;
/// Fewer handling times than this say nothing.
const FEWEST: usize = 5;
/// Beyond this a figure would be false precision.
pub(super) const LONGEST: f64 = 86_400.0;
/// The share of the desk's time that may go to those who overtake: with more, nobody else's turn can be told.
const MOST_OVERTAKING: f64 = 0.95;
/// The middles of five equal parts of the normal distribution.
const FIFTHS: [f64; 5] =
    [-1.281_551_565_544_600_4, -0.524_400_512_708_041, 0.0, 0.524_400_512_708_041, 1.281_551_565_544_600_4];
/// Points by which the formula knows the handling times.
const POINTS: usize = 16;

/// How a desk works at present.
#[derive(Clone, Copy, Debug)]
pub struct Floor<'a> {
    /// How many agents are there.
    pub agents: u32,
    /// How many of those who wait an agent has in hand at a time. With several, an agent finishes one after each handling
    /// time, and which of them it is cannot be told.
    pub at_once: u32,
    /// Recent handling times: from when an agent could begin until the answer was there, in seconds.
    pub handling: &'a [f64],
    /// How many come in a second who go before whoever asks.
    pub overtaking: f64,
    /// The share of those in line that leaves it unanswered, in a second.
    pub leaving: f64,
}

/// The wait at every place in line.
#[derive(Clone, Debug)]
pub struct Curve {
    seats: u32,
    /// By how many of those ahead an agent has in hand already: all of these are served at once.
    seated: Vec<Range>,
    /// By how many stand in line behind those who are being served.
    near: Vec<Range>,
    far: Far,
}

/// What the formula needs.
#[derive(Clone, Copy, Debug)]
struct Far {
    /// The middles of equal parts of the handling times.
    handling: [f64; POINTS],
    agents: f64,
    mean: f64,
    variance: f64,
    samples: f64,
    overtaking: f64,
    leaving: f64,
}

impl Curve {
    /// The curve for a desk; the same `seed` gives the same curve. `None` when too little is known of how long answers take,
    /// when nobody is there, or when those who overtake are more than the desk can serve.
    #[must_use]
    pub fn new(floor: &Floor<'_>, seed: u64) -> Option<Self> {
        let mut handling: Vec<f64> =
            floor.handling.iter().copied().filter(|time| *time > 0.0 && *time <= LONGEST).collect();
        if floor.agents == 0 || floor.at_once == 0 || handling.len() < FEWEST {
            return None;
        }
        handling.sort_unstable_by(f64::total_cmp);
        let samples = real_len(handling.len());
        let mean = handling.iter().sum::<f64>() / samples;
        let variance = handling.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (samples - 1.0);
        let rate = |rate: f64| if rate.is_finite() { rate.max(0.0) } else { 0.0 };
        let (overtaking, leaving) = (rate(floor.overtaking), rate(floor.leaving));
        let points = std::array::from_fn(|at| {
            let place = (2 * at + 1) * handling.len() / (2 * POINTS);
            handling.get(place).copied().unwrap_or(mean)
        });
        let far = Far {
            handling: points,
            agents: f64::from(floor.agents),
            mean,
            variance,
            samples,
            overtaking,
            leaving,
        };
        if far.overtaken() >= MOST_OVERTAKING {
            return None;
        }
        let sums = handling.iter().scan(0.0, |sum, time| {
            *sum += time;
            Some(*sum)
        });
        let sums = sums.collect();
        let mut simulation = Simulation { rng: Rng::with_seed(seed), floor, handling, sums, far };
        let seated = (0..floor.at_once.min(8)).map(|others| simulation.seated(others)).collect();
        let near = simulation.near();
        Some(Self { seats: floor.agents.saturating_mul(floor.at_once), seated, near, far })
    }

    /// The wait of somebody before whom so many are served, those whom an agent has in hand among them. `None` when it is
    /// longer than a day.
    #[must_use]
    pub fn at(&self, ahead: u32) -> Option<Range> {
        let range = if ahead < self.seats {
            let agents = self.seats / u32::try_from(self.seated.len()).unwrap_or(1).max(1);
            let others = usize::try_from(ahead / agents.max(1)).unwrap_or(usize::MAX);
            *self.seated.get(others).or(self.seated.last())?
        } else {
            let line = ahead - self.seats;
            let near = usize::try_from(line).ok().and_then(|line| self.near.get(line));
            near.copied().unwrap_or_else(|| self.far.range(line))
        };
        (range.p80 <= LONGEST).then_some(range)
    }
}

struct Simulation<'a> {
    rng: Rng,
    floor: &'a Floor<'a>,
    handling: Vec<f64>,
    /// Of the handling times up to each.
    sums: Vec<f64>,
    far: Far,
}

impl Simulation<'_> {
    /// A handling time like those that were seen (the bootstrap of Efron 1979: no shape is assumed).
    fn draw(&mut self) -> f64 {
        let at = self.rng.usize(..self.handling.len());
        self.handling.get(at).copied().unwrap_or(self.far.mean)
    }

    /// What is left of a handling time that somebody happens upon: longer ones are happened upon more often (Cox 1962).
    fn rest(&mut self) -> f64 {
        let at = self.rng.f64() * self.sums.last().copied().unwrap_or(0.0);
        let place = self.sums.partition_point(|sum| *sum < at);
        let drawn = self.handling.get(place).copied().unwrap_or(self.far.mean);
        drawn * self.rng.f64()
    }

    fn exponential(&mut self, rate: f64) -> f64 {
        if rate > 0.0 { -(1.0 - self.rng.f64()).ln() / rate } else { f64::INFINITY }
    }

    /// By how much handling times may be longer or shorter than those that were seen are on average, which are only so many.
    fn drift(&mut self) -> f64 {
        // Twelve uniform numbers are near enough to a normal one for a factor near 1.
        let normal = (0..12).map(|_| self.rng.f64()).sum::<f64>() - 6.0;
        (normal * (self.far.variance / self.far.samples).sqrt() / self.far.mean).exp()
    }

    /// From being taken by an agent until the answer: one of `shared` is finished after each handling time.
    fn service(&mut self, shared: u32, stratum: Option<usize>) -> f64 {
        let mut time = match stratum {
            None => self.draw(),
            Some(stratum) => {
                let (from, until) =
                    (stratum * self.handling.len() / STRATA, (stratum + 1) * self.handling.len() / STRATA);
                let at = self.rng.usize(from..until.max(from + 1));
                self.handling.get(at).copied().unwrap_or(self.far.mean)
            }
        };
        while shared > 1 && time < LONGEST && self.rng.u32(..shared) != 0 {
            time += self.draw();
        }
        time
    }

    /// The wait of somebody whom an agent takes at once who has so many others in hand.
    fn seated(&mut self, others: u32) -> Range {
        let mut waits: Vec<f64> = (0..STRATA * COURSES)
            .map(|at| self.drift() * self.service(others + 1, Some(at % STRATA)))
            .collect();
        range_of(&mut waits)
    }

    /// The waits in line, by how many stand before in it.
    fn near(&mut self) -> Vec<Range> {
        let mut waits: Vec<_> = (0..NEAR).map(|_| Vec::with_capacity(STRATA * COURSES)).collect();
        for _ in 0..COURSES {
            self.course(&mut waits);
        }
        waits.iter_mut().map(|waits| range_of(waits)).collect()
    }

    /// One course of the line from now on, those who overtake and those who leave included.
    fn course(&mut self, waits: &mut [Vec<f64>]) {
        let told_apart = self.floor.agents.min(MOST_AGENTS);
        let (drift, pooled) = (self.drift(), f64::from(told_apart) / f64::from(self.floor.agents));
        let mut free: Vec<f64> = (0..told_apart).map(|_| self.rest() * drift * pooled).collect();
        let mut overtakes = self.exponential(self.far.overtaking);
        for waits in waits {
            let mut turn = take(&mut free);
            while overtakes <= turn.0 && turn.0 < LONGEST {
                give(&mut free, turn, self.draw() * drift * pooled);
                overtakes += self.exponential(self.far.overtaking);
                turn = take(&mut free);
            }
            for stratum in 0..STRATA {
                waits.push(turn.0 + self.service(self.floor.at_once, Some(stratum)) * drift);
            }
            // Whoever has left before it was their turn takes no agent's time from those behind.
            if self.exponential(self.far.leaving) > turn.0 {
                give(&mut free, turn, self.draw() * drift * pooled);
            }
        }
    }
}

/// Who is free first, and when.
fn take(free: &mut [f64]) -> (f64, usize) {
    let first =
        |best: (f64, usize), (at, time): (usize, &f64)| if *time < best.0 { (*time, at) } else { best };
    free.iter().enumerate().fold((f64::INFINITY, 0), first)
}

/// The agent who is free first has something to do for so long.
fn give(free: &mut [f64], (from, at): (f64, usize), time: f64) {
    if let Some(place) = free.get_mut(at) {
        *place = from + time;
    }
}

fn range_of(waits: &mut [f64]) -> Range {
    let [p50, p80] = super::SHARES.map(|share| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the length"
        )]
        let rank = (share * real_len(waits.len())) as usize;
        if rank < waits.len() { *waits.select_nth_unstable_by(rank, f64::total_cmp).1 } else { f64::INFINITY }
    });
    Range { p50, p80 }
}

impl Far {
    /// The share of the desk's time that goes to those who overtake.
    fn overtaken(&self) -> f64 {
        self.overtaking * self.mean / self.agents
    }

    /// The wait behind a long line: by the fluid limit of a line that some leave (Whitt 2006), stretched by those who overtake
    /// as the delay cycle of a queue with priorities is (Conway, Maxwell & Miller 1967, 8.6; first two moments), with a gamma
    /// distribution of these moments by Wilson & Hilferty (1931); and then one's own handling time, as it was seen.
    fn range(&self, line: u32) -> Range {
        let Self { handling, agents, mean, variance, samples, overtaking, leaving } = *self;
        // The line and the agent who is free next, one after the other.
        let turns = f64::from(line) + 1.0;
        let pace = mean / agents;
        let alone = if leaving * pace * turns > 1e-9 {
            (turns * leaving * pace).ln_1p() / leaving
        } else {
            turns * pace
        };
        let served = alone / pace;
        let left_over = 1.0 - self.overtaken();
        let second = (variance + mean * mean) / (agents * agents);
        let delay = alone / left_over;
        let chance = served * variance / (agents * agents) / left_over.powi(2)
            + alone * overtaking * second / left_over.powi(3)
            + delay * delay * variance / (samples * mean * mean);
        let shape = delay * delay / chance.max(1e-9 * delay * delay);
        let mut waits = Vec::with_capacity(FIFTHS.len() * POINTS);
        for z in FIFTHS {
            let cube = 1.0 - 1.0 / (9.0 * shape) + z / (3.0 * shape.sqrt());
            let turn = delay * cube.max(0.0).powi(3);
            waits.extend(handling.map(|own| turn + own));
        }
        range_of(&mut waits)
    }
}

#[cfg(test)]
mod tests;
