//! Planning people: how long a plan, forecasts and a question of what-if take. In this process, on one thread, as the server does it.

use std::hint::black_box;
use std::time::Duration;

use anyhow::Context as _;
use standfast_science::forecast::{Series, Spread, forecast};
use standfast_science::queue::{Chat, Service};
use standfast_science::roster::{Plan, Problem, broken, plan};
use standfast_science::whatif::{Change, Desk, Peak, Reserved, play};
use tokio::time::Instant;

use crate::Options;
use crate::draw::Draw;
use crate::report::{Limit, Report};

#[path = "../../science/examples/roster/desk.rs"]
mod desk;

/// Half hours of a day.
const DAY: usize = 48;
/// Times that a week is played.
const TIMES: u32 = 200;
/// Longest that is waited for a plan.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn measure_plan(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    report.begin(options, "plan", "Shift plans");
    let mut line = |people: usize, weeks: i64, lanes: usize| -> anyhow::Result<(f64, Option<f64>)> {
        let problem = desk::problem(people, weeks, 1.0, lanes, 1);
        let begun = Instant::now();
        let made = plan(&problem, PATIENCE)?;
        let seconds = begun.elapsed().as_secs_f64();
        anyhow::ensure!(broken(&problem, &made.given).is_empty(), "a rule is broken");
        report.say(&format!(
            "{people} people, {weeks} weeks, {lanes} lanes: {} shifts in {seconds:.2} s, {}; {:.0} of {:.0} hours that are \
             needed stay open.",
            made.given.len(),
            gap(&made).map_or("no bound".to_owned(), |gap| format!("at most {:.2} % from the best plan", gap * 100.0)),
            short_hours(&made),
            needed_hours(&problem),
        ));
        Ok((seconds, gap(&made)))
    };
    line(50, 1, 1)?;
    line(60, 4, 2)?;
    let (grouped, _) = line(60, 4, 6)?;
    let (seconds, gap) = line(60, 4, 1)?;
    report.figure("plan_60x4_groups_s", grouped, "s", None, Limit::Most(10.0));
    report.figure("plan_60x4_s", seconds, "s", None, Limit::Most(10.0));
    report.figure("plan_60x4_gap", gap.context("no bound was found")? * 100.0, "%", None, Limit::None);
    Ok(())
}

/// Of all weeks together, each given the ones before it.
fn gap(made: &Plan) -> Option<f64> {
    let cost: f64 = made.weeks.iter().map(|week| week.cost).sum();
    let open: Option<f64> = made.weeks.iter().map(|week| Some(week.gap? * week.cost)).sum();
    open.map(|open| open / cost.max(1e-9))
}

fn short_hours(made: &Plan) -> f64 {
    let minutes = made.short.iter().map(|short| short.span.minutes() * i64::from(short.missing));
    minutes.sum::<i64>() as f64 / 60.0
}

fn needed_hours(problem: &Problem) -> f64 {
    f64::from(problem.needs.iter().filter_map(|need| need.last()).sum::<u32>()) / 2.0
}

/// Two years of a desk with a day, a week and busy days.
fn series(seed: u64) -> anyhow::Result<Series> {
    let mut draw = Draw::new(seed);
    let mut counts = Vec::with_capacity(104 * 7 * DAY);
    for day in 0..104 * 7 {
        let busy = 0.7 + draw.below(600) as f64 / 1_000.0;
        for half in 0..DAY {
            let weekend = if day % 7 >= 5 { 0.6 } else { 1.0 };
            let mean = 20.0 * weekend * busy * (1.2 - ((half as f64 - 30.0) / 24.0).powi(2)).max(0.05);
            // Chance of about the right size; how it is distributed makes no difference of time.
            let chance = mean.sqrt() * (draw.below(2_000) as f64 / 1_000.0 - 1.0) * 1.7;
            counts.push(Some((mean + chance).max(0.0).round()));
        }
    }
    Series::new(DAY, counts).context("counts")
}

pub(crate) fn measure_forecast(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    report.begin(options, "forecast", "Forecasts");
    let number = options.count(100, 3);
    let all: Vec<Series> = (1..=number as u64).map(series).collect::<anyhow::Result<_>>()?;
    let begun = Instant::now();
    for series in &all {
        black_box(forecast(series, 28 * DAY).context("no forecast")?);
    }
    let seconds = begun.elapsed().as_secs_f64();
    report.say(&format!(
        "{number} series of two years of half hours, each forecast for four weeks, with its spread learned from 28 days."
    ));
    report.figure("forecast_100_s", seconds * 100.0 / number as f64, "s", None, Limit::Most(30.0));
    Ok(())
}

pub(crate) fn measure_what_if(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    report.begin(options, "whatif", "What if");
    let problem = desk::problem(60, 1, 1.0, 1, 1);
    let made = plan(&problem, PATIENCE)?;
    let mut people = vec![Vec::new(); problem.people.len()];
    for given in made.given {
        let shift = problem.shifts.get(given.shift).context("a shift")?;
        let work = people.get_mut(given.person).context("a person")?;
        work.push((shift.span.start / 30) as usize..(shift.span.end / 30) as usize);
    }
    let arrivals: Vec<f64> =
        problem.needs.iter().map(|need| f64::from(need.last().copied().unwrap_or(0)) * 2.7).collect();
    let desk = Desk {
        slot: 1_800.0,
        day: DAY,
        open: vec![true; arrivals.len()],
        arrivals,
        spread: Spread { slot: 0.05, day: 0.03 },
        people,
        shrinkage: 0.15,
        service: Service::Chat(Chat { work: 50.0, think: 100.0, turns: 6.0, most: 2 }),
        patience: Some(900.0),
        at_risk: 0.06,
        reserved: Reserved::always(1),
        promise: 120.0,
    };
    let storm = Peak { slots: 3 * DAY + 28..3 * DAY + 40, factor: 4.0 };
    let mut slowest = 0.0_f64;
    for change in [
        Change { people: -10, ..Change::default() },
        Change { bot: 0.2, ..Change::default() },
        Change { peaks: vec![storm], ..Change::default() },
    ] {
        let begun = Instant::now();
        black_box(play(&desk, &change, TIMES, 1)?);
        slowest = slowest.max(begun.elapsed().as_secs_f64());
    }
    report.say(&format!(
        "A week of 60 people and {:.0} chats, played {TIMES} times; the slowest of ten people fewer, a bot that answers a fifth, \
         and four times as many on an afternoon.",
        desk.arrivals.iter().sum::<f64>(),
    ));
    report.figure("whatif_s", slowest, "s", None, Limit::Most(2.0));
    Ok(())
}
