//! Exponential smoothing with the season of the day and that of the week, and what is left of the last error: Taylor (2003),
//! "Short-term electricity demand forecasting using double seasonal exponential smoothing", JORS 54, eq. 6-10 without
//! trend, additive; as he found best for half hours of call centres up to a day or two ahead (Taylor 2008).

use super::{Series, mean_of};

/// Weeks that the weights are fitted on, the last ones.
const WEEKS: usize = 16;
/// Weeks from whose means it starts.
const START: usize = 2;
/// Steps of the search for weights: 150 for each of four would be plenty, it settles long before.
const STEPS: usize = 400;

/// How fast it forgets: of the level, the day, the week; and how much of an error is left in the next slot.
#[derive(Clone, Copy, Debug)]
struct Weights {
    level: f64,
    day: f64,
    week: f64,
    error: f64,
}

/// Where it stands.
#[derive(Clone, Debug)]
pub(super) struct Smoothing {
    weights: Weights,
    level: f64,
    /// By slot of the day.
    day: Vec<f64>,
    /// By slot of the week; none where it is always closed.
    week: Vec<Option<f64>>,
    error: f64,
    /// The slot of the week that comes next.
    next: usize,
}

impl Smoothing {
    /// With the weights under which it would have been least wrong from one slot to the next.
    pub(super) fn fit(series: &Series) -> Option<Self> {
        let from = series.counts.len().saturating_sub(WEEKS * series.week());
        // Whole weeks, so that slot 0 is the same slot of the week.
        let from = from.div_ceil(series.week()) * series.week();
        let counts = series.counts.get(from..)?;
        let begin = Self::begin(series, counts)?;
        let scale = counts.iter().flatten().map(|count| count * count).sum::<f64>().max(1.0);
        let wrong = |weights: Weights| Self { weights, ..begin.clone() }.run(counts) / scale;
        let weights = search(|point| wrong(Weights::at(point)));
        let mut fitted = Self { weights: Weights::at(weights), ..begin };
        fitted.run(counts);
        Some(fitted)
    }

    /// From the means of the first weeks.
    fn begin(series: &Series, counts: &[Option<f64>]) -> Option<Self> {
        let (day, week) = (series.day, series.week());
        let first = || counts.iter().take(START * week).enumerate();
        let known = |length: usize, slot: usize| {
            first().filter(move |(place, _)| place % length == slot).filter_map(|(_, count)| *count)
        };
        let level = mean_of(first().filter_map(|(_, count)| *count))?;
        let by_day: Vec<f64> =
            (0..day).map(|slot| mean_of(known(day, slot)).map_or(0.0, |mean| mean - level)).collect();
        let is_open = |slot: usize| counts.iter().skip(slot).step_by(week).any(Option::is_some);
        let by_week = (0..week).map(|slot| {
            let usual = level + by_day.get(slot % day).copied().unwrap_or(0.0);
            is_open(slot).then(|| mean_of(known(week, slot)).map_or(0.0, |mean| mean - usual))
        });
        let weights = Weights { level: 0.0, day: 0.0, week: 0.0, error: 0.0 };
        Some(Self { weights, level, week: by_week.collect(), day: by_day, error: 0.0, next: 0 })
    }

    /// Goes through the counts; returns the sum of its squared errors.
    pub(super) fn run(&mut self, counts: &[Option<f64>]) -> f64 {
        let Weights { level, day, week, error } = self.weights;
        let (mut wrong, days) = (0.0, self.day.len());
        for count in counts {
            let slot = self.next;
            self.next = (slot + 1) % self.week.len().max(1);
            let Some(Some(by_week)) = self.week.get_mut(slot) else { continue };
            let Some(by_day) = self.day.get_mut(slot % days) else { continue };
            let base = self.level + *by_day + *by_week;
            let Some(count) = count else {
                self.error *= error;
                continue;
            };
            let off = count - base;
            let surprise = off - error * self.error;
            wrong += surprise * surprise;
            // Taylor's error-correction form: each takes its part of the same surprise.
            let before = self.level;
            self.level = level * (count - *by_day - *by_week) + (1.0 - level) * before;
            let (was_day, was_week) = (*by_day, *by_week);
            *by_day = day * (count - before - was_week) + (1.0 - day) * was_day;
            *by_week = week * (count - before - was_day) + (1.0 - week) * was_week;
            self.error = off;
        }
        wrong
    }

    /// What it expects of the next slots; none where it is always closed.
    pub(super) fn ahead(&self, slots: usize) -> Vec<Option<f64>> {
        let mut left = self.error;
        (0..slots)
            .map(|ahead| {
                let slot = (self.next + ahead) % self.week.len().max(1);
                let by_week = self.week.get(slot).copied().flatten()?;
                left *= self.weights.error;
                Some(self.level + self.day.get(slot % self.day.len().max(1))? + by_week + left)
            })
            .collect()
    }
}

impl Weights {
    /// Any four numbers as weights between 0 and 1.
    fn at([level, day, week, error]: [f64; 4]) -> Self {
        let part = |x: f64| 1.0 / (1.0 + (-x).exp());
        Self { level: part(level), day: part(day), week: part(week), error: part(error) }
    }
}

/// The lowest point of a function of four numbers, by the simplex of Nelder & Mead (1965).
fn search(value: impl Fn([f64; 4]) -> f64) -> [f64; 4] {
    let start = [-4.0, -1.5, -1.5, 0.5];
    let mut corners: Vec<([f64; 4], f64)> = (0..5)
        .map(|corner| {
            let mut point = start;
            if let Some(moved) = point.get_mut(corner) {
                *moved += 1.0;
            }
            (point, value(point))
        })
        .collect();
    for _ in 0..STEPS {
        corners.sort_unstable_by(|a, b| a.1.total_cmp(&b.1));
        let [best, .., next, worst] = corners.as_slice() else { break };
        let (best, next, worst) = (*best, *next, *worst);
        if (worst.1 - best.1).abs() <= 1e-7 * best.1.abs() {
            break;
        }
        let mut middle = [0.0; 4];
        for (point, _) in corners.iter().take(4) {
            for (sum, x) in middle.iter_mut().zip(point) {
                *sum += x / 4.0;
            }
        }
        let at = |step: f64| {
            let mut point = middle;
            for (x, from) in point.iter_mut().zip(worst.0) {
                *x += step * (*x - from);
            }
            (point, value(point))
        };
        let mirrored = at(1.0);
        let better = if mirrored.1 < best.1 {
            let further = at(2.0);
            if further.1 < mirrored.1 { further } else { mirrored }
        } else if mirrored.1 < next.1 {
            mirrored
        } else {
            let nearer = if mirrored.1 < worst.1 { at(0.5) } else { at(-0.5) };
            if nearer.1 < worst.1.min(mirrored.1) {
                nearer
            } else {
                for (point, old) in corners.iter_mut().skip(1) {
                    for (x, to) in point.iter_mut().zip(best.0) {
                        *x = f64::midpoint(*x, to);
                    }
                    *old = value(*point);
                }
                continue;
            }
        };
        if let Some(last) = corners.last_mut() {
            *last = better;
        }
    }
    corners.iter().min_by(|a, b| a.1.total_cmp(&b.1)).map_or(start, |(point, _)| *point)
}
