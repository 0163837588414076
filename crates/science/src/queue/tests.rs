use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

fn call(per_hour: f64, handling: f64, patience: Option<f64>) -> (Demand, Service) {
    (Demand { rate: per_hour / 3_600.0, patience }, Service::Call { handling })
}

fn close(found: f64, wanted: f64, by: f64) -> bool {
    (found - wanted).abs() <= by * wanted.abs().max(1e-3)
}

/// Per hour, handling, patience, agents, target; then share that waits, share that leaves, mean wait, share in time. The first
/// row is the example of the R package `ErlangC`; all were computed with 40 digits from another formula, and simulated.
type Call = (f64, f64, Option<f64>, u32, f64, [f64; 4]);
#[rustfmt::skip]
const CALLS: &[Call] = &[
    (200.0, 180.0, None, 14, 20.0, [0.174_131_933_6, 0.0, 7.835_937_012, 0.888_350_019_2]),
    (200.0, 180.0, None, 12, 20.0, [0.449_388_224_3, 0.0, 40.444_940_19, 0.640_158_040_4]),
    (1200.0, 300.0, None, 110, 20.0, [0.237_007_500_3, 0.0, 7.110_225_009, 0.878_316_292]),
    (2880.0, 60.0, None, 50, 20.0, [0.694_455_611_2, 0.0, 20.833_668_34, 0.643_454_600_8]),
    (2880.0, 60.0, Some(120.0), 50, 20.0, [0.467_774_068_6, 0.030_912_249_16, 3.709_469_899, 0.943_018_954_7]),
    (200.0, 180.0, Some(180.0), 12, 20.0, [0.303_223_853_7, 0.053_091_625_37, 9.556_492_567, 0.802_303_867_3]),
    (20.0, 600.0, Some(240.0), 3, 60.0, [0.550_845_648_6, 0.307_418_470_2, 73.780_432_84, 0.523_852_708_7]),
    (12.0, 900.0, Some(600.0), 2, 120.0, [0.754_775_219_6, 0.435_510_325_2, 261.306_195_1, 0.315_515_026_4]),
    (4000.0, 240.0, Some(180.0), 270, 30.0, [0.397_859_199_7, 0.020_331_861_36, 3.659_735_045, 0.974_335_611_2]),
];

#[test]
fn calls_wait_as_the_tables_say() {
    for (per_hour, handling, patience, agents, target, wanted) in CALLS {
        let (demand, service) = call(*per_hour, *handling, *patience);
        let found = waits(demand, service, *agents, *target).unwrap();
        for (found, wanted) in [found.wait, found.abandon, found.mean, found.within].into_iter().zip(wanted) {
            assert!(close(found, *wanted, 1e-8), "{per_hour}/h, {agents}: {found} is not {wanted}");
        }
    }
}

/// A row of chats: per hour, work, think, turns, patience, agents, chats at a time, target; what a simulation of 3 million
/// chats gave for the share that waits, that leaves, and that is served in time.
type Chats = (f64, f64, f64, f64, f64, u32, u32, f64, [f64; 3]);
#[rustfmt::skip]
const CHATS: &[Chats] = &[
    (60.0, 30.0, 60.0, 8.0, 180.0, 4, 3, 30.0, [0.527, 0.237, 0.543]),
    (60.0, 30.0, 60.0, 8.0, 180.0, 3, 4, 30.0, [0.650, 0.329, 0.414]),
    (120.0, 30.0, 60.0, 8.0, 180.0, 6, 3, 30.0, [0.831, 0.388, 0.248]),
    (240.0, 40.0, 40.0, 6.0, 120.0, 16, 2, 30.0, [0.590, 0.188, 0.589]),
    (480.0, 25.0, 75.0, 8.0, 120.0, 20, 4, 30.0, [0.943, 0.373, 0.197]),
    (15.0, 60.0, 120.0, 6.0, 600.0, 2, 3, 120.0, [0.343, 0.132, 0.732]),
];

#[test]
fn chats_wait_as_simulated() {
    for (per_hour, work, think, turns, patience, agents, most, target, wanted) in CHATS {
        let demand = Demand { rate: per_hour / 3_600.0, patience: Some(*patience) };
        let service = Service::Chat(Chat { work: *work, think: *think, turns: *turns, most: *most });
        let found = waits(demand, service, *agents, *target).unwrap();
        for (found, wanted) in [found.wait, found.abandon, found.within].into_iter().zip(wanted) {
            assert!(
                (found - wanted).abs() <= 0.008,
                "{per_hour}/h, {agents} x {most}: {found} is not {wanted}"
            );
        }
    }
}

/// All rows of the table that these were taken from, where it is.
#[test]
fn the_whole_table_fits() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/queueing");
    let (Ok(calls), Ok(chats)) = (
        std::fs::read_to_string(folder.join("erlang_vectors.csv")),
        std::fs::read_to_string(folder.join("chat_vectors.csv")),
    ) else {
        eprintln!("NOT CHECKED: there is no table of queueing values at {}", folder.display());
        return;
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small whole numbers")]
    let whole = |n: f64| n as u32;
    let numbers =
        |line: &str| -> Vec<f64> { line.split(',').map(|field| field.parse().unwrap_or(f64::NAN)).collect() };
    for line in calls.lines().skip(1) {
        let n = numbers(line);
        if line.starts_with('B') {
            let found = blocked(n[1], whole(n[4])).unwrap();
            assert!(close(found, n[6], 1e-8), "{line}: {found}");
            continue;
        }
        let (demand, service) = call(n[1], n[2], (!n[3].is_nan()).then_some(n[3]));
        let found = waits(demand, service, whole(n[4]), n[5]).unwrap();
        let found = [found.wait, found.abandon, found.mean, found.within, found.occupancy];
        for (found, wanted) in found.into_iter().zip([n[6], n[7], n[8], n[9], n[12]]) {
            assert!(close(found, wanted, 1e-8), "{line}: {found} is not {wanted}");
        }
    }
    for line in chats.lines().skip(1) {
        let n = numbers(line);
        let demand = Demand { rate: n[0] / 3_600.0, patience: Some(n[4]) };
        let service = Service::Chat(Chat { work: n[1], think: n[2], turns: n[3], most: whole(n[6]) });
        let found = waits(demand, service, whole(n[5]), n[7]).unwrap();
        for (found, wanted) in [found.wait, found.abandon, found.mean, found.within].into_iter().zip(&n[8..])
        {
            assert!(close(found, *wanted, 1e-7), "{line}: {found} is not {wanted}");
        }
        for (found, simulated) in [(found.wait, n[12]), (found.abandon, n[13]), (found.within, n[15])] {
            assert!((found - simulated).abs() <= 0.008, "{line}: {found} is not {simulated}");
        }
    }
}

/// Erlang B for a loss of 1 %, as printed in every table since 1917.
#[test]
fn one_in_a_hundred_is_blocked() {
    for (load, lines) in [(1.361, 5), (4.461, 10), (12.03, 20), (20.34, 30), (37.90, 50), (84.06, 100)] {
        assert!((blocked(load, lines).unwrap() - 0.01).abs() < 2e-5, "{load} Erlang on {lines}");
    }
}

#[test]
fn the_fewest_agents_that_keep_eighty_in_twenty_seconds() {
    let goal = Goal { share: 0.8, within: 20.0 };
    #[rustfmt::skip]
    let table = [
        (5.0, 600.0, [3, 2, 2]), (60.0, 300.0, [8, 7, 7]), (200.0, 180.0, [14, 12, 12]), (1200.0, 300.0, [108, 100, 92]),
    ];
    for (per_hour, handling, wanted) in table {
        for (patience, wanted) in [None, Some(180.0), Some(60.0)].into_iter().zip(wanted) {
            let (demand, service) = call(per_hour, handling, patience);
            assert_eq!(
                agents_for(&[demand], service, goal, 1_000),
                Some(wanted),
                "{per_hour}/h {patience:?}"
            );
        }
    }
    // 480 chats an hour, with one to four at a time.
    for (most, wanted) in [(1, 87), (2, 49), (3, 38), (4, 33)] {
        let demand = Demand { rate: 480.0 / 3_600.0, patience: Some(180.0) };
        let service = Service::Chat(Chat { work: 30.0, think: 60.0, turns: 8.0, most });
        let goal = Goal { share: 0.8, within: 30.0 };
        assert_eq!(agents_for(&[demand], service, goal, 1_000), Some(wanted), "{most} at a time");
    }
    // Three places of a chat taken for three servers of one: nine people too few.
    let demand = Demand { rate: 480.0 / 3_600.0, patience: Some(180.0) };
    let alone = Service::Chat(Chat { work: 30.0, think: 60.0, turns: 8.0, most: 1 });
    let servers = agents_for(&[demand], alone, Goal { share: 0.8, within: 30.0 }, 1_000);
    assert_eq!(servers.map(|servers| servers.div_ceil(3)), Some(29));
}

#[test]
fn a_demand_that_varies_takes_more_agents_than_its_mean() {
    let (mean, service) = call(1200.0, 300.0, Some(300.0));
    let varied = [0.7, 0.85, 1.0, 1.15, 1.3].map(|part| Demand { rate: mean.rate * part, ..mean });
    let goal = Goal { share: 0.8, within: 20.0 };
    let (steady, varied) = (
        agents_for(&[mean], service, goal, 1_000).unwrap(),
        agents_for(&varied, service, goal, 1_000).unwrap(),
    );
    assert!(varied > steady + 5, "{varied} against {steady}");
}

#[test]
fn what_cannot_be_told_is_not() {
    let (demand, service) = call(200.0, 180.0, None);
    assert_eq!(waits(demand, service, 10, 20.0), None, "the line grows without end");
    assert_eq!(waits(demand, service, 0, 20.0), None);
    assert_eq!(agents_for(&[demand], service, Goal { share: 0.8, within: 20.0 }, 13), None);
    assert_eq!(agents_for(&[], service, Goal { share: 0.8, within: 20.0 }, 13), None);
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(waits(Demand { rate: bad, ..demand }, service, 14, 20.0), None);
        assert_eq!(waits(demand, Service::Call { handling: bad }, 14, 20.0), None);
        assert_eq!(waits(Demand { patience: Some(bad), ..demand }, service, 14, 20.0), None);
    }
    // So many that nobody ever waits: no number on the way is too large.
    let found = waits(call(1.0, 1.0, Some(60.0)).0, service, 50_000, 20.0).unwrap();
    assert_eq!((found.wait, found.within), (0.0, 1.0));
}

proptest! {
    #[test]
    fn shares_are_shares_and_another_agent_helps(
        per_hour in 0.1..5_000.0, handling in 1.0..3_000.0, patience in 1.0..5_000.0, agents in 1u32..300,
        target in 0.0..600.0, think in 0.0..300.0, turns in 1.0..20.0, most in 1u32..6, chats: bool,
    ) {
        let demand = Demand { rate: per_hour / 3_600.0, patience: Some(patience) };
        let service = if chats {
            Service::Chat(Chat { work: handling / turns, think, turns, most })
        } else {
            Service::Call { handling }
        };
        let one = waits(demand, service, agents, target).unwrap();
        let more = waits(demand, service, agents + 1, target).unwrap();
        for share in [one.wait, one.abandon, one.within, one.occupancy] {
            prop_assert!((-1e-9..=1.0 + 1e-9).contains(&share), "{one:?}");
        }
        prop_assert!(one.within + one.abandon <= 1.0 + 1e-9, "{one:?}");
        prop_assert!(more.within >= one.within - 1e-9 && more.mean <= one.mean + 1e-9, "{one:?} {more:?}");
    }
}
