use proptest::prelude::*;

use super::*;

/// Quantiles of the exponential distribution with mean 1, evenly spread: as good as a sample can be.
fn exponential(mean: f64) -> Vec<f64> {
    (0..200).map(|at| -mean * (1.0 - (f64::from(at) + 0.5) / 200.0).ln()).collect()
}

fn floor(agents: u32, handling: &[f64]) -> Floor<'_> {
    Floor { agents, at_once: 1, handling, overtaking: 0.0, leaving: 0.0 }
}

fn near(found: f64, wanted: f64, by: f64) {
    assert!((found / wanted - 1.0).abs() < by, "{found} {wanted}");
}

#[test]
fn unknown_is_said_when_it_is_unknown() {
    let handling = exponential(100.0);
    assert!(Curve::new(&floor(3, &handling[..4]), 1).is_none(), "too few answers");
    assert!(Curve::new(&floor(0, &handling), 1).is_none(), "nobody is there");
    assert!(Curve::new(&floor(3, &[f64::NAN; 20]), 1).is_none());
    let stormy = Floor { overtaking: 0.03, ..floor(3, &handling) };
    assert!(Curve::new(&stormy, 1).is_none(), "as many overtake as can be served");
    let curve = Curve::new(&floor(2, &handling), 1).unwrap();
    assert_eq!(curve.at(1_000_000), None, "longer than a day");
    assert!(curve.at(500).is_some());
}

#[test]
fn with_one_agent_it_is_the_gamma_distribution() {
    // R: qgamma(c(.5, .8), n + 1, scale = 100): n answers before, and one's own.
    let handling = exponential(100.0);
    let curve = Curve::new(&floor(1, &handling), 1).unwrap();
    for (ahead, half, most) in [(0, 69.3, 160.9), (4, 467.1, 672.1), (19, 1_966.8, 2_353.0)] {
        let range = curve.at(ahead).unwrap();
        near(range.p50, half, 0.10);
        near(range.p80, most, 0.10);
    }
}

#[test]
fn with_several_agents_it_is_what_erlang_says() {
    // Four agents of 100 s each: an answer every 25 s while all of them work, and then one's own 100 s. The wait until the
    // turn is gamma with n + 1 phases of 25 s; with one's own the mean is 25 (n + 1) + 100.
    let handling = exponential(100.0);
    let curve = Curve::new(&floor(4, &handling), 2).unwrap();
    for ahead in 0..4 {
        near(curve.at(ahead).unwrap().p50, 69.3, 0.10);
    }
    // Median and 80 % of Gamma(1, 25) + Exp(100): the solution of 1 - (4 e^(-t/100) - e^(-t/25)) / 3 = share.
    let share = |t: f64| 1.0 - (4.0 * (-t / 100.0).exp() - (-t / 25.0).exp()) / 3.0;
    let range = curve.at(4).unwrap();
    assert!((share(range.p50) - 0.5).abs() < 0.05 && (share(range.p80) - 0.8).abs() < 0.04, "{range:?}");
}

#[test]
fn simulation_and_formula_meet() {
    let handling = exponential(100.0);
    for (agents, overtaking, leaving) in
        [(1, 0.0, 0.0), (4, 0.0, 0.0), (4, 0.012, 0.0), (12, 0.03, 2e-4), (60, 0.1, 0.0)]
    {
        let floor = Floor { overtaking, leaving, ..floor(agents, &handling) };
        let curve = Curve::new(&floor, 3).unwrap();
        let place = u32::try_from(NEAR).unwrap() - 1;
        let (simulated, formula) = (curve.at(agents + place).unwrap(), curve.far.range(place));
        println!("{agents} agents, {overtaking}, {leaving}: simulated {simulated:?}, formula {formula:?}");
        near(simulated.p50, formula.p50, 0.10);
        near(simulated.p80, formula.p80, 0.10);
    }
}

#[test]
fn the_same_seed_gives_the_same_curve() {
    let handling = exponential(40.0);
    let at = |seed| Curve::new(&floor(3, &handling), seed).unwrap().at(7);
    assert_eq!(at(1), at(1));
    assert_ne!(at(1), at(2));
}

#[test]
fn several_in_hand_wait_for_each_other() {
    let handling = exponential(60.0);
    let several = Floor { at_once: 3, ..floor(2, &handling) };
    let curve = Curve::new(&several, 4).unwrap();
    // One of three is finished after each handling time: the number of them is geometric with mean 3.
    let (alone, third) = (curve.at(0).unwrap(), curve.at(5).unwrap());
    near(third.p80 / alone.p80, 3.0, 0.25);
    assert!(curve.at(6).unwrap().p50 > third.p50);
}

proptest! {
    #[test]
    fn whatever_is_seen_a_curve_is_an_ordered_range(
        agents in 0..80_u32,
        at_once in 0..4_u32,
        handling in proptest::collection::vec(prop_oneof![0.0..5_000.0_f64, Just(f64::NAN), Just(-1.0), Just(1e300)], 0..40),
        overtaking in prop_oneof![0.0..1.0_f64, Just(f64::NAN)],
        leaving in prop_oneof![0.0..1.0_f64, Just(f64::INFINITY)],
        ahead in 0..2_000_u32,
    ) {
        let floor = Floor { agents, at_once, handling: &handling, overtaking, leaving };
        if let Some(range) = Curve::new(&floor, 9).and_then(|curve| curve.at(ahead)) {
            prop_assert!(range.p50 > 0.0 && range.p50 <= range.p80 && range.p80 <= LONGEST, "{range:?}");
        }
    }
}
