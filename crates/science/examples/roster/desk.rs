//! A desk to plan, from a seed: open at all hours, with a need that follows the day and the week.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use standfast_science::roster::{Away, Person, Problem, Shift, Span, apart};

const DAY: i64 = 1_440;
/// The need by hour of the day, of a desk that is busiest in the afternoon and in the evening, in shares of its peak.
const HOURS: [f64; 24] = [
    0.35, 0.28, 0.22, 0.2, 0.2, 0.22, 0.3, 0.42, 0.6, 0.78, 0.9, 0.92, 0.85, 0.88, 0.95, 1.0, 1.0, 0.97,
    0.92, 0.9, 0.88, 0.8, 0.65, 0.48,
];
/// When shifts of eight hours begin.
const STARTS: [i64; 8] = [0, 6, 8, 9, 12, 14, 16, 22];

/// So many people over so many weeks, whose hours are as many as are needed at a load of 1; lanes share the need 6 : 3 : 1. Six lanes
/// are three groups of types in each of two languages, whose people wait for the next one of any group that they know: a set of
/// them needs its load and the square root of it (Halfin & Whitt 1981).
pub(crate) fn problem(people: usize, weeks: i64, load: f64, lanes: usize, seed: u64) -> Problem {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let week: f64 = HOURS.iter().sum::<f64>() * 6.4;
    #[expect(clippy::cast_precision_loss, reason = "people")]
    let peak = people as f64 * 36.0 * 0.9 * load / week;
    let need = |day: i64, hour: usize| {
        let busy = if day.rem_euclid(7) >= 5 { 0.7 } else { 1.0 };
        needs(peak * HOURS.get(hour).copied().unwrap_or(1.0) * busy, lanes)
    };
    let needs = (0..weeks * 7).flat_map(|day| (0..48).map(move |half| (day, half / 2)));
    let needs = needs.map(|(day, hour)| need(day, hour)).collect();
    let shift = |day: i64, hour: i64| Shift {
        span: Span { start: day * DAY + hour * 60, end: day * DAY + hour * 60 + 480 },
        night: hour == 0 || hour == 22,
        weekend: day.rem_euclid(7) >= 5,
    };
    let shifts = (0..weeks * 7).flat_map(|day| STARTS.map(|hour| shift(day, hour))).collect();
    let people = (0..people).map(|_| person(&mut rng, weeks, lanes)).collect();
    let calendars = vec![(-14..=weeks * 7 + 7).map(|day| day * DAY).collect()];
    Problem { slot: 30, lanes, needs, ranks: Vec::new(), shifts, calendars, people }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "people")]
fn whole(people: f64) -> u32 {
    people.round().max(1.0) as u32
}

/// What sets of lanes need of so many people.
fn needs(people: f64, lanes: usize) -> Vec<u32> {
    let shares: &[f64] = match lanes {
        1 => &[1.0],
        2 => &[0.65, 0.35],
        3 => &[0.6, 0.3, 0.1],
        _ => return (1..64_u8).map(|set| grouped(people, set)).collect(),
    };
    apart(&shares.iter().map(|share| whole(people * share)).collect::<Vec<_>>())
}

fn grouped(people: f64, set: u8) -> u32 {
    let language = |first: u8, share: f64| {
        let part: f64 = (first..)
            .zip([0.6, 0.3, 0.1])
            .filter(|(lane, _)| set >> lane & 1 == 1)
            .map(|(_, part)| part)
            .sum();
        let root = ((1.0 + 4.0 * people * share).sqrt() - 1.0) / 2.0;
        let load = root * root * part;
        if part > 0.0 { whole(load + load.sqrt()) } else { 0 }
    };
    language(0, 0.65) + language(3, 0.35)
}

fn person(rng: &mut ChaCha8Rng, weeks: i64, lanes: usize) -> Person {
    let [least, most] =
        [[30, 40], [36, 40], [20, 25], [34, 43]].get(rng.random_range(0..4)).copied().unwrap_or([30, 40]);
    let mut away = Vec::new();
    // One of six has a few days off in a week; one of four works by day alone.
    for week in 0..weeks {
        if rng.random_bool(1.0 / 6.0) {
            let first = (week * 7 + rng.random_range(0..5)) * DAY;
            away.push(Away {
                span: Span { start: first, end: first + rng.random_range(1..4) * DAY },
                off: true,
            });
        }
    }
    if rng.random_bool(0.25) {
        let night = |day: i64| [(day * DAY, day * DAY + 420), (day * DAY + 1_320, (day + 1) * DAY)];
        let nights = (-1..=weeks * 7).flat_map(night);
        away.extend(nights.map(|(start, end)| Away { span: Span { start, end }, off: false }));
    }
    // Everybody speaks one language, or knows one group of it; a third speak a second one, or know all groups of it.
    let mut speaks = 1_u8 << if lanes > 1 && rng.random_bool(0.35) { rng.random_range(1..lanes) } else { 0 };
    if rng.random_bool(0.35) {
        speaks |= match lanes {
            6 => {
                if speaks < 8 {
                    7
                } else {
                    56
                }
            }
            _ => 1 << rng.random_range(0..lanes),
        };
    }
    Person {
        lanes: speaks,
        calendar: 0,
        most: most * 60,
        least: least * 60,
        longest: 600,
        rest: 660,
        days_in_row: 5,
        away,
        fixed: Vec::new(),
        nights: rng.random_range(0..4),
        weekends: rng.random_range(0..4),
    }
}
