//! Opening hours: how often a second it can be asked whether the desk is open. In this process, on one thread.

use std::hint::black_box;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;
use standfast_domain::{Day, Hours, Schedule, Time};
use tokio::time::Instant;

use crate::Options;
use crate::draw::Draw;
use crate::report::{Limit, Report};

/// Times that are asked about: more than the nearest cache holds, over all years.
const TIMES: usize = 1 << 16;

pub(crate) fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    report.begin(options, "hours", "Opening hours");
    let weekdays = (1..=5).flat_map(|day| {
        [("09:00", "12:00"), ("13:00", "18:00"), ("20:00", "02:00")]
            .map(|(opens, closes)| json!({"weekday": day, "opens": opens, "closes": closes}))
    });
    let schedule: Schedule = serde_json::from_value(json!({
        "zone": "America/New_York",
        "week": weekdays.collect::<Vec<_>>(),
        "seasons": [{"name": "Summer", "from": "2026-07-01", "until": "2026-08-31", "yearly": true,
                     "week": [{"weekday": 1, "opens": "10:00", "closes": "16:00"}]}],
        "days": [{"date": "2026-12-25", "kind": "holiday", "name": "Christmas"}],
    }))?;
    let day = |text: &str| Day::parse(text).context("a date");
    let (from, until) = (day("2009-01-01")?, day("2030-01-01")?);
    let begun = Instant::now();
    let hours = Hours::new(&schedule, from, until)?;
    let made = begun.elapsed();
    report.say(&format!(
        "A schedule of three intervals a weekday, one past midnight, in a zone whose clocks change, with a season and a \
         holiday, worked out for 21 years in {:.1} ms ({:.0} kB). Asked about {TIMES} random times of these years in turns, \
         on one thread.",
        made.as_secs_f64() * 1e3,
        hours.bytes() as f64 / 1e3,
    ));
    let mut draw = Draw::new(1);
    let seconds = usize::try_from((until.0 - from.0) * 86_400)?;
    let times: Vec<Time> =
        (0..TIMES).map(|_| from.start().plus(Duration::from_secs(draw.below(seconds) as u64))).collect();
    let rounds = options.count(200, 5);
    let per_second = |work: &dyn Fn(usize, Time) -> u64| {
        let begun = Instant::now();
        let mut sum = 0_u64;
        for _ in 0..rounds {
            for (place, at) in times.iter().enumerate() {
                sum = sum.wrapping_add(work(place, *at));
            }
        }
        black_box(sum);
        (rounds * TIMES) as f64 / begun.elapsed().as_secs_f64()
    };
    let asked = per_second(&|_, at| u64::from(hours.is_open(at)));
    report.figure("is_open_per_s", asked, "questions/s", None, Limit::Least(1_000_000.0));
    let next = per_second(&|_, at| hours.next_open(at).map_or(0, |time| time.0.cast_unsigned()));
    report.figure("next_open_per_s", next, "questions/s", None, Limit::None);
    let between = per_second(&|place, at| {
        let other = times.get(TIMES - 1 - place).copied().unwrap_or(at);
        hours.business_time_between(at.min(other), at.max(other)).as_secs()
    });
    report.figure("business_time_per_s", between, "questions/s", None, Limit::None);
    Ok(())
}
