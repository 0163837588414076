//! Files of real arrivals: a heading, then `2003-03-03T07:00,560`, a line for each half hour that was open.

use std::path::Path;

use anyhow::Context as _;
use jiff::civil::{Date, DateTime};

/// What came in one half hour.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HalfHour {
    /// When it began, local time.
    pub(crate) start: DateTime,
    /// How many came.
    pub(crate) count: u64,
}

/// All half hours of a file, in order.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<HalfHour>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    text.lines()
        .skip(1)
        .map(|line| parse(line).with_context(|| format!("in {}: {line}", path.display())))
        .collect()
}

fn parse(line: &str) -> anyhow::Result<HalfHour> {
    let (start, count) = line.split_once(',').context("no comma")?;
    Ok(HalfHour { start: start.parse()?, count: count.trim().parse()? })
}

/// Days since the first of 1970.
pub(crate) fn day_number(date: Date) -> i32 {
    date.since(Date::constant(1970, 1, 1)).map_or(0, |span| span.get_days())
}
