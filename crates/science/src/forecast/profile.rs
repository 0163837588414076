//! The median of the last eight same slots of the week.

use super::Series;

/// Weeks that it is taken of.
const WEEKS: usize = 8;
/// Weeks that are looked through for them, where some were closed.
const LOOKED_AT: usize = 16;

/// For so many slots after the series.
pub(super) fn profile(series: &Series, slots: usize) -> Vec<Option<f64>> {
    let (week, end) = (series.week(), series.counts.len());
    (0..slots)
        .map(|slot| {
            // The last one of the same slot of the week that is known.
            let back = week - slot % week;
            let same = (0..LOOKED_AT).filter_map(|weeks| {
                let place = end.checked_sub(back + weeks * week)?;
                series.counts.get(place).copied().flatten()
            });
            median(same.take(WEEKS).collect())
        })
        .collect()
}

pub(super) fn median(mut counts: Vec<f64>) -> Option<f64> {
    counts.sort_unstable_by(f64::total_cmp);
    let (low, high) = (counts.get(counts.len().checked_sub(1)? / 2)?, counts.get(counts.len() / 2)?);
    Some(f64::midpoint(*low, *high))
}
