//! A file of real arrivals as a series of half hours.

use std::path::Path;

use anyhow::Context as _;
use standfast_science::forecast::Series;

use crate::arrivals;

/// Half hours of a day, and of a week.
pub(crate) const DAY: usize = 48;
pub(crate) const WEEK: usize = 7 * DAY;

/// From the first Monday on; what is not in the file was closed.
pub(crate) fn read(path: &Path) -> anyhow::Result<(Series, i32)> {
    let halves = arrivals::read(path)?;
    let number = |half: &arrivals::HalfHour| arrivals::day_number(half.start.date());
    let first = halves.first().map(number).context("empty")?;
    // 1970-01-01 was a Thursday.
    let monday = first + (4 - first).rem_euclid(7);
    let slot = |half: &arrivals::HalfHour| {
        let day = usize::try_from(number(half) - monday).ok()?;
        Some(
            day * DAY + usize::try_from(half.start.hour()).ok()? * 2 + usize::from(half.start.minute() >= 30),
        )
    };
    let last = halves.last().and_then(slot).context("shorter than a week")?;
    let mut counts = vec![None; last / DAY * DAY + DAY];
    for half in &halves {
        #[expect(clippy::cast_precision_loss, reason = "counts of half hours")]
        let count = half.count as f64;
        if let Some(place) = slot(half).and_then(|slot| counts.get_mut(slot)) {
            *place = Some(count);
        }
    }
    Ok((Series::new(DAY, counts).context("no counts")?, monday))
}
