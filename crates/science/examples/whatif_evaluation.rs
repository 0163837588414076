//! How long it takes to play a week two hundred times, and what the issue of the day asks for: ten people fewer, a bot that
//! answers a fifth, a storm on Thursday.
//!
//! `cargo run --release -p standfast-science --example whatif_evaluation`

#![expect(clippy::print_stdout, reason = "the report of a command")]
#![expect(clippy::disallowed_methods, reason = "it measures")]

use std::time::Instant;

use standfast_science::forecast::Spread;
use standfast_science::queue::{Chat, Service};
use standfast_science::roster::plan;
use standfast_science::whatif::{Change, Desk, Outcome, Peak, Reserved, play, range};

#[path = "roster/desk.rs"]
mod desk;

/// Times that the week is played.
const TIMES: u32 = 200;

fn main() -> anyhow::Result<()> {
    let problem = desk::problem(60, 1, 1.0, 1, 1);
    let planned = plan(&problem, std::time::Duration::from_secs(10))?;
    let mut people = vec![Vec::new(); problem.people.len()];
    for given in planned.given {
        let (Some(work), Some(shift)) = (people.get_mut(given.person), problem.shifts.get(given.shift))
        else {
            continue;
        };
        let slot = |minute: i64| usize::try_from(minute / 30).unwrap_or(0);
        work.push(slot(shift.span.start)..slot(shift.span.end));
    }
    // As many as the people who are needed can have in hand: nine chats an hour of each, two at a time.
    let arrivals: Vec<f64> =
        problem.needs.iter().map(|need| f64::from(need.iter().sum::<u32>()) * 0.6 * 9.0 / 2.0).collect();
    let desk = Desk {
        slot: 1_800.0,
        day: 48,
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
    println!("requests a week: {:.0}", desk.arrivals.iter().sum::<f64>());
    let storm = Peak { slots: 3 * 48 + 28..3 * 48 + 40, factor: 4.0 };
    for (name, change) in [
        ("as planned", Change::default()),
        ("10 people fewer", Change { people: -10, ..Change::default() }),
        ("bot answers 20 % more", Change { bot: 0.2, ..Change::default() }),
        ("a fork on Thursday, x4", Change { peaks: vec![storm], ..Change::default() }),
    ] {
        let start = Instant::now();
        let outcomes = play(&desk, &change, TIMES, 7)?;
        let seconds = start.elapsed().as_secs_f64();
        let shares = |figure: fn(&Outcome) -> f64| {
            range(&outcomes, |outcome| Some(figure(outcome))).unwrap_or_default().map(|share| share * 100.0)
        };
        let [within, online, left] = [
            shares(|outcome| outcome.within),
            shares(|outcome| outcome.online),
            shares(|outcome| outcome.abandoned),
        ];
        let most = range(&outcomes, |outcome| outcome.most).unwrap_or_default();
        println!(
            "{name:24} {seconds:.2} s  within {within:.1?} %  four fifths in {most:.0?} s  online {online:.1?} %  left {left:.1?} %"
        );
    }
    Ok(())
}
