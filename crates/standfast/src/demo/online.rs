//! The demo's ledger of minutes: people by day and night, a Sunday night without anybody, late changes of shift, an evening on
//! which too many asked, and a crash.

use standfast_desk::{Desk, put_down_past};
use standfast_domain::{Sample, Time};

use super::SEED;
use super::draw::Draw;
use super::roster::Plan;

/// Days of the past.
const DAYS: i64 = 30;
const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;
/// The people are in Shanghai: eight hours before UTC.
const AHEAD: i64 = 8 * HOUR;
/// The day on which too many asked, and that of the crash: so many days ago.
const CROWDED: i64 = 12;
const CRASHED: i64 = 5;
/// When that was, by the clocks of the people.
const CROWDED_FROM: i64 = 20 * HOUR;
const CROWDED_UNTIL: i64 = 21 * HOUR + 30;

/// Writes them, up to now.
pub(super) async fn put_down(desk: &Desk, now: Time, planned: Option<&Plan>) -> anyhow::Result<()> {
    let draw = Draw::new(SEED);
    // Who comes late to the early shift: up to twenty minutes, two days in five.
    let late: Vec<u64> = (0..=DAYS).map(|_| if draw.percent(40) { draw.between(2, 20) } else { 0 }).collect();
    let late_by = |ago: i64| usize::try_from(ago).ok().and_then(|ago| late.get(ago)).copied().unwrap_or(0);
    let last = Sample::minute_of(now);
    let rostered = |minute| planned.and_then(|plan| plan.rostered(Time(minute * 60_000_000)));
    let seen =
        |minute| seen(minute, last, late_by).map(|sample| Sample { rostered: rostered(minute), ..sample });
    let samples = (last - DAYS * DAY..last).filter_map(seen).collect();
    Ok(put_down_past(desk, samples).await?)
}

/// When too many asked: from when until when.
pub(super) fn crowded(now: Time) -> (Time, Time) {
    let today = (Sample::minute_of(now) + AHEAD).div_euclid(DAY);
    let at = |clock: i64| Time(((today - CROWDED) * DAY + clock - AHEAD) * 60_000_000);
    (at(CROWDED_FROM), at(CROWDED_UNTIL))
}

/// What was seen of a minute.
fn seen(minute: i64, last: i64, late_by: impl Fn(i64) -> u64) -> Option<Sample> {
    let local = minute + AHEAD;
    let (day, clock) = (local.div_euclid(DAY), local.rem_euclid(DAY));
    let ago = (last + AHEAD).div_euclid(DAY) - day;
    // 1970-01-01 was a Thursday.
    let sunday = (day + 4).rem_euclid(7) == 0;
    let crash = ago == CRASHED && (4 * HOUR + 10..4 * HOUR + 22).contains(&clock);
    if crash {
        return None;
    }
    let crowded = ago == CROWDED && (CROWDED_FROM..CROWDED_UNTIL).contains(&clock);
    let late_start = (8 * HOUR..8 * HOUR + late_by(ago).cast_signed()).contains(&clock);
    let present = match clock / HOUR {
        2..5 if sunday => 0,
        _ if late_start => 0,
        0..8 => 1,
        8..12 | 21..24 => 3,
        _ => 5,
    };
    let waiting = if crowded { 24 } else { 2 };
    Some(Sample {
        minute,
        node: 0,
        boot: if ago > CRASHED || (ago == CRASHED && clock < 5 * HOUR) { 1 } else { 2 },
        up: (minute - last + DAYS * DAY) * 60,
        present,
        waiting,
        late: if crowded { 11 } else { 0 },
        rostered: None,
        probe: None,
        services: None,
    })
}
