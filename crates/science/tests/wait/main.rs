//! Whether promises are kept: a desk that is simulated in ways of which the estimator knows nothing, with arrivals that it has
//! not seen.
//!
//! The estimator was made while looking at the seeds `DEVELOPED`; what is asserted here is about other ones.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails where it stands"
)]

mod desk;

use std::thread;

use desk::{Asked, Desk, PLAIN, Terms};
use standfast_science::wait::pinball;

/// Looked at while the estimator was made; not asserted on.
const DEVELOPED: [u64; 4] = [1, 2, 3, 4];
/// Never looked at before the estimator was finished.
const HELD_OUT: [u64; 2] = [31_001, 31_002];
/// The same, of what is said to people on desks of other [`TERMS`].
const HELD_OUT_SAID: [u64; 1] = [51_001];
/// Desks that go about it differently, each with one thing that the others have not, and one with all of them.
const TERMS: [Terms; 4] = [
    Terms { name: "closed at night", closed: true, ..PLAIN },
    Terms { name: "two at a time", at_once: 2, ..PLAIN },
    Terms { name: "two reserved", reserved: 2, ..PLAIN },
    Terms { name: "all of it", at_once: 2, reserved: 2, closed: true },
];
const DAYS: u32 = 8;
/// The first days, in which there is nothing to learn from yet, are not counted.
const FROM: f64 = 2.0 * 86_400.0;

/// Those who were promised something and answered, from the third day on.
fn scored(seed: u64) -> Vec<Asked> {
    let asked = Desk::new(seed, PLAIN).run(DAYS);
    asked.into_iter().filter(|asked| asked.at >= FROM && asked.wait.is_some()).collect()
}

fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = values.clone().count();
    values.sum::<f64>() / f64::from(u32::try_from(count).unwrap().max(1))
}

struct Score {
    inside: [f64; 2],
    model: f64,
    loss: [f64; 2],
    naive: [f64; 2],
    recent: [f64; 2],
    known: f64,
}

fn score(asked: &[Asked]) -> Score {
    let promised: Vec<(&Asked, f64)> = asked
        .iter()
        .filter(|asked| asked.expected.is_some() && asked.naive.is_some())
        .map(|asked| (asked, asked.wait.unwrap()))
        .collect();
    let of = |told: &dyn Fn(&Asked) -> [f64; 2]| {
        [0.5, 0.8]
            .into_iter()
            .enumerate()
            .map(|(at, share)| {
                mean(promised.iter().map(|(asked, wait)| pinball(share, told(asked)[at], *wait)))
            })
            .collect::<Vec<_>>()
            .try_into()
            .unwrap()
    };
    let ours = |asked: &Asked| asked.expected.map(|e| [e.corrected.p50, e.corrected.p80]).unwrap();
    let inside =
        |at: usize| mean(promised.iter().map(|(asked, wait)| f64::from(u8::from(*wait <= ours(asked)[at]))));
    Score {
        inside: [inside(0), inside(1)],
        model: mean(
            promised
                .iter()
                .map(|(asked, wait)| f64::from(u8::from(*wait <= asked.expected.unwrap().model.p80))),
        ),
        loss: of(&ours),
        naive: of(&|asked| [asked.naive.unwrap(); 2]),
        recent: of(&|asked| asked.recent.unwrap()),
        known: mean(asked.iter().map(|asked| f64::from(u8::from(asked.expected.is_some())))),
    }
}

fn show(name: &str, asked: &[Asked]) -> Score {
    let s = score(asked);
    println!(
        "{name}: {} answers, {:.1} % promised; inside P50 {:.1} %, inside P80 {:.1} % (before correction {:.1} %); pinball loss of \
         P50 and P80 in seconds: ours {:.0} and {:.0}, mean of recent waits {:.0} and {:.0}, quantiles of recent waits {:.0} and {:.0}",
        asked.len(),
        s.known * 100.0,
        s.inside[0] * 100.0,
        s.inside[1] * 100.0,
        s.model * 100.0,
        s.loss[0],
        s.loss[1],
        s.naive[0],
        s.naive[1],
        s.recent[0],
        s.recent[1]
    );
    s
}

#[test]
fn promises_are_kept_on_arrivals_that_were_not_seen() {
    let desks = thread::scope(|scope| {
        HELD_OUT
            .map(|seed| (seed, scope.spawn(move || scored(seed))))
            .map(|(seed, desk)| (seed, desk.join().unwrap()))
    });
    for (seed, asked) in desks {
        let all = show(&format!("desk {seed}"), &asked);
        let at_risk: Vec<Asked> = asked.iter().filter(|asked| asked.at_risk).cloned().collect();
        let at_risk = show("  of these at risk", &at_risk);
        // They are few, so that the correction is slower for them than for all.
        assert!((0.70..=0.85).contains(&at_risk.inside[1]), "{}", at_risk.inside[1]);
        assert!((0.75..=0.85).contains(&all.inside[1]), "{}", all.inside[1]);
        assert!((0.45..=0.55).contains(&all.inside[0]), "{}", all.inside[0]);
        assert!(all.known > 0.95, "{}", all.known);
        for (ours, naive) in all.loss.into_iter().zip(all.naive) {
            assert!(ours < naive, "{ours} {naive}");
        }
    }
}

/// The share of those to whom something was said who are answered by one of its figures. Whoever leaves, or still waits at the end, is
/// known to have waited until then (Kaplan & Meier 1958, on the ratio of the wait to what was said).
fn inside(asked: &[Asked], figure: usize) -> f64 {
    let ratio = |asked: &Asked| Some((asked.seen / asked.told?[figure], asked.wait.is_some()));
    let mut all: Vec<(f64, bool)> = asked.iter().filter_map(ratio).collect();
    // Of those at the same ratio whoever is answered comes first.
    all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
    let number = all.len();
    let answered = all.iter().enumerate().take_while(|(_, (ratio, _))| *ratio <= 1.0);
    let share = |at: usize| 1.0 - 1.0 / f64::from(u32::try_from(number - at).unwrap());
    1.0 - answered.filter(|(_, (_, is_answered))| *is_answered).map(|(at, _)| share(at)).product::<f64>()
}

/// How many they are, and for what share of them each figure holds: of all, of those at risk, of those for whom it was closed.
type Parts = [(usize, [f64; 2]); 3];

/// What is said to people, by how many of them it holds for: all, those at risk, and those for whom the desk was closed.
fn told(seed: u64, terms: Terms) -> Parts {
    let mut asked = Desk::new(seed, terms).run(DAYS);
    asked.retain(|asked| asked.at >= FROM);
    let known = asked.iter().filter(|asked| asked.told.is_some()).count();
    let left = asked.iter().filter(|asked| asked.wait.is_none()).count();
    let parts: [&dyn Fn(&Asked) -> bool; 3] =
        [&|_| true, &|asked: &Asked| asked.at_risk, &|asked: &Asked| asked.closed > 0];
    let scores = parts.map(|is_in| {
        let part: Vec<Asked> =
            asked.iter().filter(|asked| is_in(asked) && asked.told.is_some()).cloned().collect();
        (part.len(), [0, 1].map(|figure| inside(&part, figure)))
    });
    let [all, at_risk, closed] =
        scores.map(|(n, [half, most])| format!("{n}: {:.1} and {:.1} %", half * 100.0, most * 100.0));
    println!(
        "{} {seed}: {} asked, {known} were told, {left} not answered; inside P50 and P80 as said: all {all}; at risk {at_risk}; closed \
         {closed}",
        terms.name,
        asked.len(),
    );
    scores
}

fn told_by(seeds: &[u64]) -> Vec<(Terms, u64, Parts)> {
    thread::scope(|scope| {
        let runs: Vec<_> = TERMS
            .iter()
            .flat_map(|terms| seeds.iter().map(move |seed| (*terms, *seed)))
            .map(|(terms, seed)| (terms, seed, scope.spawn(move || told(seed, terms))))
            .collect();
        runs.into_iter().map(|(terms, seed, run)| (terms, seed, run.join().unwrap())).collect()
    })
}

#[test]
fn what_is_said_is_kept_also_to_those_who_leave() {
    for (terms, seed, [(_, all), (_, at_risk), _]) in told_by(&HELD_OUT_SAID) {
        let name = terms.name;
        assert!((0.75..=0.85).contains(&all[1]), "{name} {seed}: {}", all[1]);
        // From .75 on is aimed at, and missed where they are few: `docs/dev/waiting-time.md` says by how much.
        assert!((0.70..=0.85).contains(&at_risk[1]), "{name} {seed} at risk: {}", at_risk[1]);
    }
}

/// `cargo test -p standfast-science --test wait -- --ignored --nocapture`
#[test]
#[ignore = "for development: the seeds that may be looked at"]
fn seeds_for_development_of_what_is_said() {
    told_by(&DEVELOPED[..1]);
}

/// `cargo test -p standfast-science --test wait -- --ignored --nocapture`
#[test]
#[ignore = "for development: the seeds that may be looked at"]
fn seeds_for_development() {
    for seed in DEVELOPED {
        let asked = scored(seed);
        show(&format!("desk {seed}"), &asked);
        let at_risk: Vec<Asked> = asked.iter().filter(|asked| asked.at_risk).cloned().collect();
        show("  of these at risk", &at_risk);
    }
}
