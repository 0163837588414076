//! The birth and death chain of those in service and in line: one arrives, one is done with, one leaves the line.

use statrs::function::beta::checked_beta_reg;

use crate::real;

/// States whose weight is below this share of the sum change no digit.
const NEGLIGIBLE: f64 = 1e-17;
/// Weights grow beyond what a number can hold where far more come than are served; above this all are made smaller.
const TOO_LARGE: f64 = 1e200;
/// Longest line that is summed; with a patience it ends long before, but for absurd numbers.
const LONGEST: usize = 2_000_000;

/// Its steady state. Weights are relative to the state in which all places are taken and nobody is in line.
pub(super) struct Chain {
    rate: f64,
    leaving: f64,
    /// How many are done with in a second while all places are taken.
    full: f64,
    /// Sum of the weights of the states in which a place is free.
    free: f64,
    /// Weights of the states by length of the line, while people leave it; without that it is a geometric series.
    line: Vec<f64>,
    /// Sum of the weights of the states in which whoever comes waits.
    busy: f64,
    /// Mean length of the line, times the sum of all weights.
    queue: f64,
}

impl Chain {
    /// `None` when it has no steady state. `departures` are the rates with 1, 2, … in service.
    pub(super) fn new(rate: f64, leaving: f64, departures: &[f64]) -> Option<Self> {
        let full = *departures.last()?;
        let mut free = 0.0;
        let mut weight = 1.0;
        for departure in departures.iter().rev() {
            weight *= departure / rate;
            free += weight;
            if weight < NEGLIGIBLE * free {
                break;
            }
        }
        let mut chain = Self { rate, leaving, full, free, line: Vec::new(), busy: 0.0, queue: 0.0 };
        if leaving > 0.0 {
            chain.lose();
        } else {
            chain.keep()?;
        }
        Some(chain)
    }

    /// Nobody leaves: Erlang C.
    fn keep(&mut self) -> Option<()> {
        let load = self.rate / self.full;
        if load >= 1.0 {
            return None;
        }
        self.busy = 1.0 / (1.0 - load);
        self.queue = load * self.busy * self.busy;
        Some(())
    }

    /// People leave the line: Erlang A, summed until nothing changes (no gamma functions; always finite).
    fn lose(&mut self) {
        let mut weight = 1.0;
        for length in 0..LONGEST {
            let k = real::len(length);
            if length > 0 {
                weight *= self.rate / (self.full + k * self.leaving);
            }
            if weight > TOO_LARGE {
                self.shrink(weight);
                weight = 1.0;
            }
            self.line.push(weight);
            self.busy += weight;
            self.queue += k * weight;
            if weight < NEGLIGIBLE * self.busy && k > self.rate / self.leaving {
                break;
            }
        }
    }

    fn shrink(&mut self, by: f64) {
        for sum in [&mut self.free, &mut self.busy, &mut self.queue].into_iter().chain(&mut self.line) {
            *sum /= by;
        }
    }

    fn all(&self) -> f64 {
        self.free + self.busy
    }

    /// The share that waits.
    pub(super) fn wait(&self) -> f64 {
        self.busy / self.all()
    }

    /// The mean wait of all who come (Little's law).
    pub(super) fn mean(&self) -> f64 {
        self.queue / self.all() / self.rate
    }

    /// The share that leaves.
    pub(super) fn abandon(&self) -> f64 {
        self.leaving * self.mean()
    }

    /// The share that is served within `target` seconds. For whoever finds `k` in line, `exp(-leaving * V)` of the wait `V`
    /// that an endless patience would have is distributed as Beta(`full`/`leaving`, `k` + 1).
    pub(super) fn within(&self, target: f64) -> f64 {
        if self.all().is_infinite() {
            return 1.0;
        }
        if self.line.is_empty() {
            return 1.0 - self.wait() * (-(self.full - self.rate) * target).exp();
        }
        let x = self.full / self.leaving;
        let u = (-self.leaving * target).exp();
        let served = |(length, weight): (usize, &f64)| {
            if *weight < NEGLIGIBLE * self.busy {
                return 0.0;
            }
            let k = real::len(length);
            let late = checked_beta_reg(x + 1.0, k + 1.0, u).unwrap_or(1.0);
            weight * x / (x + k + 1.0) * (1.0 - late)
        };
        let waited: f64 = self.line.iter().enumerate().map(served).sum();
        ((self.free + waited) / self.all()).clamp(0.0, 1.0)
    }
}
