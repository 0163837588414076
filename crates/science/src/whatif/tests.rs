use super::*;
use crate::queue::{Chat, Demand, waits};

const WEEK: usize = 336;

/// The same demand and the same people in every half hour.
fn steady(rate: f64, service: Service, patience: Option<f64>, agents: usize, promise: f64) -> Desk {
    Desk {
        slot: 1_800.0,
        day: 48,
        arrivals: vec![rate / 2.0; WEEK],
        open: vec![true; WEEK],
        spread: Spread::default(),
        people: vec![vec![0..WEEK]; agents],
        shrinkage: 0.0,
        service,
        patience,
        at_risk: 0.0,
        reserved: Reserved::default(),
        promise,
    }
}

fn mean(outcomes: &[Outcome], figure: impl Fn(&Outcome) -> f64) -> f64 {
    outcomes.iter().map(figure).sum::<f64>() / real::len(outcomes.len())
}

#[test]
fn a_steady_desk_is_what_the_formulas_say() {
    let chat = |work, think, turns, most| Service::Chat(Chat { work, think, turns, most });
    // Requests an hour, service, patience, agents, promise: Erlang C and A, and chats (rows of the tables of `queue`).
    let rows: [(f64, Service, Option<f64>, u32, f64); 5] = [
        (200.0, Service::Call { handling: 180.0 }, None, 12, 20.0),
        (200.0, Service::Call { handling: 180.0 }, Some(180.0), 10, 20.0),
        (60.0, Service::Call { handling: 300.0 }, Some(300.0), 6, 60.0),
        (120.0, chat(30.0, 60.0, 8.0, 3), Some(180.0), 6, 30.0),
        (15.0, chat(60.0, 120.0, 6.0, 3), Some(600.0), 2, 120.0),
    ];
    for (rate, service, patience, agents, promise) in rows {
        let desk = steady(rate, service, patience, agents as usize, promise);
        let outcomes = play(&desk, &Change::default(), 60, 1).unwrap();
        let demand = Demand { rate: rate / 3_600.0, patience };
        let formula = waits(demand, service, agents, promise).unwrap();
        // By Little's law, arrivals that see time averages: the same but for chance.
        let within = mean(&outcomes, |outcome| outcome.within);
        let abandoned = mean(&outcomes, |outcome| outcome.abandoned);
        assert!((within - formula.within).abs() < 0.012, "{rate} {agents}: {within}, not {}", formula.within);
        assert!(
            (abandoned - formula.abandon).abs() < 0.006,
            "{rate} {agents}: {abandoned}, not {}",
            formula.abandon
        );
        let came = mean(&outcomes, |outcome| f64::from(outcome.arrivals));
        assert!((came / (rate * 168.0) - 1.0).abs() < 0.01, "{came}");
    }
}

#[test]
fn fewer_people_more_waiting_and_a_bot_makes_up_for_it() {
    let mut desk = steady(60.0, Service::Call { handling: 300.0 }, Some(600.0), 7, 60.0);
    desk.at_risk = 0.1;
    desk.spread = Spread { slot: 0.05, day: 0.03 };
    let with = |people, bot| play(&desk, &Change { people, bot, peaks: Vec::new() }, 40, 9).unwrap();
    let (now, fewer, bot) = (with(0, 0.0), with(-2, 0.0), with(-2, 0.5));
    let within = |outcomes: &[Outcome]| mean(outcomes, |outcome| outcome.within);
    assert!(within(&fewer) < within(&now) - 0.1 && within(&bot) > within(&fewer) + 0.1);
    // Those at risk go first, and the bot takes none of them.
    assert!(mean(&fewer, |outcome| outcome.within_at_risk) > within(&fewer) + 0.05);
    let came = |outcomes: &[Outcome]| mean(outcomes, |outcome| f64::from(outcome.arrivals));
    assert!((came(&bot) / came(&now) - 0.55).abs() < 0.01);
    assert!((now[0].hours - 7.0 * 168.0).abs() < 1e-9 && (fewer[0].hours - 5.0 * 168.0).abs() < 1e-9);
    assert!(mean(&fewer, |outcome| outcome.online) < mean(&now, |outcome| outcome.online));
    // The same seed is the same week, whatever else is played.
    assert_eq!(now, with(0, 0.0));
}

#[test]
fn reserved_people_keep_those_at_risk_from_the_storm() {
    let mut desk = steady(60.0, Service::Call { handling: 300.0 }, Some(1_200.0), 7, 60.0);
    desk.at_risk = 0.05;
    let storm = Change { peaks: vec![Peak { slots: 150..180, factor: 6.0 }], ..Change::default() };
    let day = |outcomes: &[Outcome], day: usize| {
        mean(outcomes, |outcome| share(outcome.days[day][1], outcome.days[day][0]))
    };
    let plain = play(&desk, &storm, 40, 2).unwrap();
    // It is on the fourth day, and over on the sixth.
    assert!(day(&plain, 3) < 0.4 && day(&plain, 1) > 0.7 && day(&plain, 5) > 0.7);
    desk.reserved = Reserved::always(1);
    let reserved = play(&desk, &storm, 40, 2).unwrap();
    assert!(
        mean(&reserved, |outcome| outcome.within_at_risk) > mean(&plain, |outcome| outcome.within_at_risk)
    );
    assert!(mean(&reserved, |outcome| outcome.within) < mean(&plain, |outcome| outcome.within));
    // One who is reserved in the storm alone helps those at risk then, and is there for everybody before.
    desk.reserved = Reserved { usual: 0, from: vec![(4.0, 1)], within: 600.0 };
    let in_storm = play(&desk, &storm, 40, 2).unwrap();
    let within = |outcomes: &[Outcome]| mean(outcomes, |outcome| outcome.within);
    assert!(within(&reserved) < within(&in_storm), "{} {}", within(&reserved), within(&in_storm));
    assert!(
        mean(&in_storm, |outcome| outcome.within_at_risk) > mean(&plain, |outcome| outcome.within_at_risk)
    );
    // What no line reaches is what is reserved as always.
    desk.reserved = Reserved { usual: 1, from: vec![(1e9, 5)], within: 600.0 };
    assert_eq!(play(&desk, &storm, 40, 2).unwrap(), reserved);
}

#[test]
fn one_is_left_for_everybody_else() {
    let mut desk = steady(20.0, Service::Call { handling: 300.0 }, None, 1, 600.0);
    let alone = play(&desk, &Change::default(), 3, 2).unwrap();
    desk.reserved = Reserved::always(3);
    assert_eq!(play(&desk, &Change::default(), 3, 2).unwrap(), alone);
}

#[test]
fn whoever_comes_at_night_waits_from_the_opening_on() {
    let mut desk = steady(20.0, Service::Call { handling: 120.0 }, Some(3_600.0), 4, 600.0);
    for slot in 0..WEEK {
        desk.open[slot] = (16..40).contains(&(slot % 48));
    }
    desk.people = vec![(0..7).map(|day| day * 48 + 16..day * 48 + 40).collect(); 4];
    let outcomes = play(&desk, &Change::default(), 20, 4).unwrap();
    let [_, half, _] = range(&outcomes, |outcome| outcome.half).unwrap();
    assert!(half < 3_600.0, "{half}");
    // The line of the night takes its time in the morning.
    let [low, middle, high] = range(&outcomes, |outcome| Some(outcome.within)).unwrap();
    assert!(low <= middle && middle <= high && (0.4..0.95).contains(&middle), "{middle}");
    // Those of the last evening are answered on Monday, which is not played: they are not counted.
    let came = mean(&outcomes, |outcome| f64::from(outcome.arrivals));
    assert!((came - 20.0 * (168.0 - 4.0)).abs() < 60.0, "{came}");
    // Nobody there at all: nobody answered, never reachable.
    desk.people.clear();
    let nobody = play(&desk, &Change::default(), 3, 4).unwrap();
    assert!(
        nobody.iter().all(|outcome| outcome.within == 0.0 && outcome.online == 0.0 && outcome.half.is_none())
    );
}

#[test]
fn people_who_are_there_on_paper_alone_are_missed() {
    let mut desk = steady(60.0, Service::Call { handling: 300.0 }, Some(600.0), 9, 60.0);
    let full = play(&desk, &Change::default(), 20, 6).unwrap();
    desk.shrinkage = 0.3;
    let less = play(&desk, &Change::default(), 20, 6).unwrap();
    assert!(mean(&less, |outcome| outcome.within) < mean(&full, |outcome| outcome.within) - 0.05);
    assert!((less[0].hours - full[0].hours).abs() < 1e-9);
}

#[test]
fn what_cannot_be_played_is_said() {
    type Spoil = fn(&mut Desk);
    let good = steady(60.0, Service::Call { handling: 300.0 }, None, 7, 60.0);
    let change = Change::default();
    let flaws: [(Spoil, Flaw); 7] = [
        (|desk| desk.slot = 0.0, Flaw::Slots),
        (|desk| desk.open.truncate(3), Flaw::Slots),
        (|desk| desk.arrivals[0] = f64::NAN, Flaw::Number),
        (|desk| desk.shrinkage = 1.5, Flaw::Number),
        (|desk| desk.promise = -1.0, Flaw::Number),
        (|desk| desk.reserved.from.push((2.0, 1)), Flaw::Number),
        (|desk| desk.arrivals[0] = 1e9, Flaw::TooMany),
    ];
    for (spoil, flaw) in flaws {
        let mut bad = good.clone();
        spoil(&mut bad);
        assert_eq!(play(&bad, &change, 1, 1).unwrap_err(), flaw);
    }
    assert_eq!(play(&good, &change, MOST_TIMES + 1, 1).unwrap_err(), Flaw::TooMany);
    assert_eq!(range(&[], |outcome| outcome.half), None);
}
