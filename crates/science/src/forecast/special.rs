//! Days that are known to be unlike others: what they have more or less than usual, by kind.

use serde::{Deserialize, Serialize};

use super::Series;
use crate::linear::Symmetric;
use crate::real;

/// Same slots of the week, before and after, that say what would have been usual.
const AROUND: usize = 8;
/// Weeks that are looked through for them, to each side.
const LOOKED_AT: usize = 16;
/// Days of the past from which it is taken how much days vary by themselves.
const ORDINARY: usize = 56;
/// Variance of the logarithm of an effect, before anything is known: most are between e⁻¹ and e¹.
const PRIOR: f64 = 0.25;
/// The least that days are taken to vary, in the logarithm: no two are alike.
const LEAST: f64 = 0.0025;
/// Kinds that are told apart at most; a forecast with more knows nothing about any.
const MOST_KINDS: usize = 40;

/// A day that is known to be unlike others, counted from the first one of the series on. A day may have several kinds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Special {
    /// Which day.
    pub day: usize,
    /// What it is: a holiday, an event of some kind.
    pub kind: u16,
}

/// What days of a kind have, as a factor of what is usual.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Effect {
    /// Which kind.
    pub kind: u16,
    /// So many times as many as usual.
    pub factor: f64,
    /// Nineteen of twenty such days are expected above this factor or below the upper one.
    pub low: f64,
    /// The upper one.
    pub high: f64,
    /// Days of the past that it was learned from; of none, that nothing is known.
    pub days: u32,
}

/// What each kind of special day had so far: logarithms of the ratio to what was usual around it, by ridge regression, which is a
/// normal prior around "no effect" (Hoerl & Kennard 1970; Lindley & Smith 1972). So one day says something, and little where
/// days vary much by themselves.
pub fn effects(series: &Series) -> Vec<Effect> {
    let mut kinds: Vec<u16> = series.special.iter().map(|special| special.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.is_empty() || kinds.len() > MOST_KINDS {
        return Vec::new();
    }
    let usual = usual(series);
    let days = series.counts.len() / series.day;
    let mut rows: Vec<(Vec<f64>, f64)> = Vec::new();
    let mut seen = vec![0_u32; kinds.len()];
    for day in 0..days {
        let has = |kind: &u16| series.special.contains(&Special { day, kind: *kind });
        let row: Vec<f64> = kinds.iter().map(|kind| f64::from(u8::from(has(kind)))).collect();
        if row.iter().all(|cell| *cell == 0.0) {
            continue;
        }
        let Some(ratio) = ratio(&usual, series, day) else { continue };
        for (seen, cell) in seen.iter_mut().zip(&row) {
            *seen += u32::from(*cell > 0.0);
        }
        rows.push((row, ratio));
    }
    let varies = variation(&usual, days);
    let mut normal = Symmetric::zero(kinds.len());
    let mut right = vec![0.0; kinds.len()];
    for (row, ratio) in &rows {
        normal.add(1.0 / varies, row);
        for (sum, cell) in right.iter_mut().zip(row) {
            *sum += cell * ratio / varies;
        }
    }
    for at in 0..kinds.len() {
        let unit: Vec<f64> = (0..kinds.len()).map(|other| f64::from(u8::from(other == at))).collect();
        normal.add(1.0 / PRIOR, &unit);
    }
    let Some(factor) = normal.factor() else { return Vec::new() };
    let logs = factor.solve(&right);
    let of = |(at, ((kind, log), days)): (usize, ((u16, f64), u32))| {
        let wide = crate::distribution::Z_95 * (factor.inverse_diagonal(at) + varies).sqrt();
        Effect { kind, factor: log.exp(), low: (log - wide).exp(), high: (log + wide).exp(), days }
    };
    kinds.into_iter().zip(logs).zip(seen).enumerate().map(of).collect()
}

/// The series with nothing known of its special days.
pub(super) fn usual(series: &Series) -> Series {
    let mut usual = Series { special: Vec::new(), ..series.clone() };
    for special in &series.special {
        let from = special.day.saturating_mul(series.day);
        for count in usual.counts.iter_mut().skip(from).take(series.day) {
            *count = None;
        }
    }
    usual
}

/// Makes a forecast of usual days that of the special ones among them.
pub(super) fn apply(effects: &[Effect], series: &Series, mean: &mut [Option<f64>]) {
    for special in &series.special {
        let Some(effect) = effects.iter().find(|effect| effect.kind == special.kind) else { continue };
        let from = special.day.saturating_mul(series.day);
        for (ahead, mean) in mean.iter_mut().enumerate() {
            if (from..from + series.day).contains(&(series.counts.len() + ahead)) {
                *mean = mean.map(|mean| mean * effect.factor);
            }
        }
    }
}

/// The logarithm of what a day had to what is usual around it; `None` where it was closed or nothing is known.
fn ratio(usual: &Series, series: &Series, day: usize) -> Option<f64> {
    let (mut expected, mut came) = (0.0, 0.0);
    for slot in day * series.day..(day + 1) * series.day {
        if let (Some(count), Some(mean)) = (series.counts.get(slot).copied().flatten(), around(usual, slot)) {
            expected += mean;
            came += count;
        }
    }
    // Half a request more on both sides: none at all is no endless effect.
    (expected > 0.0).then(|| ((came + 0.5) / (expected + 0.5)).ln())
}

/// The median of the nearest same slots of the week, without the slot itself.
fn around(usual: &Series, slot: usize) -> Option<f64> {
    let week = usual.week();
    let at = |place: Option<usize>| usual.counts.get(place?).copied().flatten();
    let near = (1..=LOOKED_AT).flat_map(|weeks| {
        [at(slot.checked_sub(weeks * week)), at(slot.checked_add(weeks * week))].into_iter().flatten()
    });
    super::profile::median(near.take(AROUND).collect())
}

/// How much the logarithms of ordinary days vary around what is usual.
fn variation(usual: &Series, days: usize) -> f64 {
    let ratios: Vec<f64> =
        (days.saturating_sub(ORDINARY)..days).filter_map(|day| ratio(usual, usual, day)).collect();
    if ratios.is_empty() {
        return PRIOR;
    }
    (ratios.iter().map(|ratio| ratio * ratio).sum::<f64>() / real::len(ratios.len())).max(LEAST)
}
