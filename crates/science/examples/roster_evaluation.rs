//! How long it takes to plan shifts, and how near to the best the plan is: a desk that is open at all hours, with two
//! languages or with three groups of types in each of them, people of four contracts, time off, and a need that follows the day.
//!
//! `cargo run --release -p standfast-science --example roster_evaluation`, with the number of people, weeks and lanes for these alone.

#![expect(clippy::print_stdout, reason = "the report of a command")]
#![expect(clippy::disallowed_methods, reason = "it measures")]

use std::time::{Duration, Instant};

use standfast_science::roster::{Plan, broken, plan};

#[path = "roster/desk.rs"]
mod desk;

fn main() -> anyhow::Result<()> {
    println!(
        "{:28} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>7}",
        "", "seconds", "greedy", "turns", "cost", "gap", "short h", "under h"
    );
    let only: Vec<i64> = std::env::args().skip(1).map(|word| word.parse()).collect::<Result<_, _>>()?;
    let all = [
        (20, 1, 1.0, 1),
        (50, 1, 1.0, 1),
        (50, 1, 1.2, 2),
        (60, 4, 1.0, 1),
        (60, 4, 1.2, 1),
        (60, 4, 1.0, 2),
        (60, 4, 1.2, 3),
        (60, 4, 1.0, 6),
        (60, 4, 1.2, 6),
        (100, 1, 1.0, 2),
    ];
    for (people, weeks, load, lanes) in all {
        if !only.is_empty() && only != [i64::try_from(people)?, weeks, i64::try_from(lanes)?] {
            continue;
        }
        for seed in 1..=2 {
            let problem = desk::problem(people, weeks, load, lanes, seed);
            // Turns alone, without any program.
            let turns =
                plan(&problem, Duration::from_nanos(1))?.weeks.iter().map(|week| week.cost).sum::<f64>();
            let start = Instant::now();
            let plan = plan(&problem, Duration::from_secs(10))?;
            let seconds = start.elapsed().as_secs_f64();
            anyhow::ensure!(broken(&problem, &plan.given).is_empty(), "a rule is broken");
            print(&format!("{people} x {weeks}, {load}, {lanes} lanes #{seed}"), &plan, [seconds, turns]);
        }
    }
    Ok(())
}

fn print(name: &str, plan: &Plan, [seconds, turns]: [f64; 2]) {
    let sum = |of: fn(&standfast_science::roster::Week) -> f64| plan.weeks.iter().map(of).sum::<f64>();
    let cost = sum(|week| week.cost);
    // Of all weeks together, each given the ones before it.
    let gap: Option<f64> = plan.weeks.iter().map(|week| Some(week.gap? * week.cost)).sum();
    let gap = gap.map_or("-".to_owned(), |gap| format!("{:.2} %", gap / cost.max(1e-9) * 100.0));
    let short: i64 = plan.short.iter().map(|short| short.span.minutes() * i64::from(short.missing)).sum();
    let under: u32 = plan.under.iter().map(|under| under.minutes).sum();
    let greedy = sum(|week| week.greedy);
    println!(
        "{name:28} {seconds:>8.2} {greedy:>8.0} {turns:>8.0} {cost:>8.0} {gap:>8} {:>8} {:>7}",
        short / 60,
        under / 60
    );
}
