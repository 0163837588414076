use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use rand_distr::{Distribution as _, Gamma, Poisson};

use super::*;

const DAY: usize = 24;
const WEEK: usize = 7 * DAY;

/// The mean of a slot: nothing at night, more at noon, half of it on the last two days of the week.
fn usual(slot: usize) -> Option<f64> {
    let (hour, day) = (slot % DAY, slot / DAY % 7);
    let busy = 200.0 + 50.0 * (real::len(hour) - 8.0) - 5.0 * (real::len(hour) - 8.0).powi(2);
    (8..20).contains(&hour).then(|| if day >= 5 { busy / 2.0 } else { busy })
}

/// Counts of a desk whose days are busy or calm by a factor with this variance, and remember it a little.
fn counts(weeks: usize, variance: f64, rng: &mut SmallRng) -> Series {
    let factors = Gamma::new(1.0 / variance, variance).unwrap();
    let mut busy = 1.0;
    let counts = (0..weeks * WEEK).map(|slot| {
        if slot % DAY == 0 {
            busy = factors.sample(rng);
        }
        usual(slot).map(|mean| Poisson::new(mean * busy).unwrap().sample(rng))
    });
    Series::new(DAY, counts.collect()).unwrap()
}

#[test]
fn what_is_always_the_same_is_forecast_exactly() {
    let series = Series::new(DAY, (0..6 * WEEK + 5 * DAY).map(usual).collect()).unwrap();
    let forecast = forecast(&series, 2 * WEEK).unwrap();
    for (ahead, mean) in forecast.mean.iter().enumerate() {
        let wanted = usual(series.counts().len() + ahead);
        assert_eq!(mean.is_some(), wanted.is_some(), "{ahead}");
        assert!(
            (mean.unwrap_or(0.0) - wanted.unwrap_or(0.0)).abs() < 0.01,
            "{ahead}: {mean:?}, not {wanted:?}"
        );
    }
    assert_eq!(forecast.spread, Spread::default());
}

#[test]
fn four_fifths_of_what_comes_is_between_the_tenth_and_the_ninetieth_percentile() {
    let mut rng = SmallRng::seed_from_u64(7);
    let series = counts(30, 0.04, &mut rng);
    let origins: Vec<usize> = (10 * WEEK..28 * WEEK).step_by(2 * DAY).collect();
    let score = backtest(&series, &origins, 0, DAY).unwrap();
    assert!((0.72..0.9).contains(&score.covered), "{score:?}");
    assert!(score.wape > score.floor && score.wape < 0.2, "{score:?}");
    let spread = forecast(&series, DAY).unwrap().spread;
    assert!((0.015..0.08).contains(&spread.day), "{spread:?}");
}

#[test]
fn chance_alone_is_not_taken_for_more() {
    let mut rng = SmallRng::seed_from_u64(11);
    let counts =
        (0..20 * WEEK).map(|slot| usual(slot).map(|mean| Poisson::new(mean).unwrap().sample(&mut rng)));
    let spread = forecast(&Series::new(DAY, counts.collect()).unwrap(), DAY).unwrap().spread;
    assert!(spread.slot < 0.01, "{spread:?}");
    // Poisson with mean 40: published quantiles.
    assert_eq!((Spread::default().quantile(40.0, 0.1), Spread::default().quantile(40.0, 0.9)), (32.0, 48.0));
}

#[test]
fn closed_days_and_holes_do_no_harm() {
    let mut rng = SmallRng::seed_from_u64(3);
    let mut series = counts(12, 0.01, &mut rng);
    for slot in series.counts.iter_mut().skip(10 * WEEK).take(3 * DAY) {
        *slot = None;
    }
    for count in &mut series.counts {
        if rng.random_bool(0.05) {
            *count = None;
        }
    }
    let mean = forecast(&series, WEEK).unwrap().mean;
    let off = mean.iter().enumerate().filter_map(|(slot, mean)| Some((*mean)? / usual(slot)? - 1.0));
    assert!(off.map(f64::abs).sum::<f64>() / 84.0 < 0.15, "{mean:?}");
    assert_eq!(mean.iter().flatten().count(), 84);
}

#[test]
fn how_much_of_a_deviation_lasts_is_learned() {
    let rest = [Some(10.0), None, Some(20.0)];
    let half: Vec<[f64; 4]> = [0.8, 0.9, 1.1, 1.3]
        .map(|ratio| [100.0, 100.0 * ratio, 50.0, 50.0 * (1.0 + (ratio - 1.0) / 2.0)])
        .to_vec();
    assert_eq!(rest_of_day(&half, (100.0, 140.0), &rest), [Some(12.0), None, Some(24.0)]);
    // What never lasted is not carried on, nor is more than all of it.
    let none = [[100.0, 130.0, 50.0, 40.0], [100.0, 80.0, 50.0, 55.0]];
    assert_eq!(rest_of_day(&none, (100.0, 140.0), &rest), rest);
    assert_eq!(rest_of_day(&[], (0.0, 5.0), &rest), rest);
}

#[test]
fn busy_days_have_a_mean_of_one() {
    let factors = Spread { slot: 0.1, day: 0.04 }.days();
    assert!((factors.iter().sum::<f64>() - 9.0).abs() < 1e-9);
    let variance = factors.iter().map(|factor| (factor - 1.0).powi(2)).sum::<f64>() / 9.0;
    assert!((0.03..0.042).contains(&variance), "{variance}");
    assert!(Spread::default().days().iter().all(|factor| (factor - 1.0).abs() < 1e-12));
}

#[test]
fn too_little_is_no_forecast() {
    let series = |slots| Series::new(DAY, vec![Some(1.0); slots]).unwrap();
    assert_eq!(forecast(&series(LEAST_WEEKS * WEEK - 1), DAY), None);
    assert!(forecast(&series(LEAST_WEEKS * WEEK), DAY).is_some());
    assert_eq!(Series::new(0, vec![]), None);
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(Series::new(DAY, vec![Some(bad)]), None);
    }
    let never = forecast(&Series::new(DAY, vec![None; 5 * WEEK]).unwrap(), DAY).unwrap();
    assert_eq!(never.mean, vec![None; DAY]);
}

/// Two weeks of the real series, where they are. How good the next day is, the example `forecast_evaluation` tells; that takes a
/// forecast a day.
#[test]
fn real_arrivals_are_forecast_as_well_as_can_be_asked() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/arrivals");
    for (name, both_weeks) in [("bank2003_30min", 0.069), ("nyctaxi2014_30min", 0.103)] {
        let Ok(text) = std::fs::read_to_string(folder.join(name).with_extension("csv")) else {
            eprintln!("NOT CHECKED: there are no real arrivals at {}", folder.display());
            return;
        };
        let series = half_hours(&text);
        let weeks = series.counts().len() / series.week();
        let origins: Vec<usize> = (8..weeks - 1).map(|week| week * series.week()).collect();
        let far = backtest(&series, &origins, 0, 2 * series.week()).unwrap();
        assert!(far.wape < both_weeks && (0.7..0.9).contains(&far.covered), "{name}: {far:?}");
    }
}

/// From the first Monday on.
fn half_hours(text: &str) -> Series {
    let moment = |line: &str| -> Option<(jiff::civil::DateTime, f64)> {
        let (start, count) = line.split_once(',')?;
        Some((start.parse().ok()?, count.trim().parse().ok()?))
    };
    let halves: Vec<_> = text.lines().skip(1).filter_map(moment).collect();
    let monday = halves
        .iter()
        .map(|(start, _)| start.date())
        .find(|date| date.weekday() == jiff::civil::Weekday::Monday);
    let monday = monday.unwrap().to_datetime(jiff::civil::Time::midnight());
    let slot = |start: jiff::civil::DateTime| {
        let minutes = start.duration_since(monday).as_mins();
        usize::try_from(minutes / 30).ok()
    };
    let last = slot(halves.last().unwrap().0).unwrap();
    let mut counts = vec![None; last / 48 * 48 + 48];
    for (start, count) in halves {
        if start >= monday {
            counts[slot(start).unwrap()] = Some(count);
        }
    }
    Series::new(48, counts).unwrap()
}

#[test]
fn what_holidays_and_events_have_is_learned_and_kept_out_of_what_is_usual() {
    let mut rng = SmallRng::seed_from_u64(5);
    let mut series = counts(20, 0.01, &mut rng);
    // Kind 1 halves a day, kind 2 triples it; once both on the same day.
    let past = [(40, 1), (75, 1), (110, 1), (52, 2), (93, 2), (121, 1), (121, 2)];
    for (day, kind) in past {
        for count in series.counts.iter_mut().skip(day * DAY).take(DAY).flatten() {
            *count = (*count * if kind == 1 { 0.5 } else { 3.0 }).round();
        }
    }
    let plain = forecast(&series, WEEK).unwrap();
    let ahead = [(141, 1), (143, 2), (144, 7)];
    let special = past.into_iter().chain(ahead).map(|(day, kind)| Special { day, kind });
    let knowing = series.clone().knowing(special.collect());
    let known = effects(&knowing);
    let of = |kind: u16| known.iter().find(|effect| effect.kind == kind).copied().unwrap();
    assert!((of(1).factor / 0.5 - 1.0).abs() < 0.15 && (of(2).factor / 3.0 - 1.0).abs() < 0.15, "{known:?}");
    assert!(of(1).low < 0.5 && 0.5 < of(1).high && of(2).high / of(2).low < 2.5, "{known:?}");
    assert_eq!((of(1).days, of(2).days, of(7).days), (4, 3, 0));
    // Of what never was nothing is known: it is expected as usual, and the range is wide.
    assert!((of(7).factor - 1.0).abs() < 1e-9 && of(7).high > 2.0);
    let told = forecast(&knowing, WEEK).unwrap();
    let day = |forecast: &Forecast, day: usize| -> f64 {
        forecast.mean.iter().skip((day - 140) * DAY).take(DAY).flatten().sum()
    };
    assert!((day(&told, 141) / day(&plain, 141) / 0.5 - 1.0).abs() < 0.15);
    assert!((day(&told, 143) / day(&plain, 143) / 3.0 - 1.0).abs() < 0.15);
    assert!((day(&told, 142) / day(&plain, 142) - 1.0).abs() < 0.1);
    // Without any it is the same as it always was.
    assert_eq!(forecast(&series.clone().knowing(Vec::new()), WEEK), forecast(&series, WEEK));
}

#[test]
fn one_day_says_little_where_days_vary_much() {
    let effect = |variance: f64| {
        let mut rng = SmallRng::seed_from_u64(8);
        let mut series = counts(20, variance, &mut rng);
        for slot in 100 * DAY..101 * DAY {
            series.counts[slot] = usual(slot).map(|mean| mean * 3.0);
        }
        effects(&series.knowing(vec![Special { day: 100, kind: 3 }]))[0]
    };
    let (calm, wild) = (effect(0.005), effect(0.3));
    assert!(calm.factor > 2.6 && wild.factor < calm.factor, "{calm:?} {wild:?}");
    assert!(wild.high / wild.low > 2.0 * calm.high / calm.low);
}

#[test]
fn the_days_before_are_told_as_they_would_have_been() {
    let series = Series::new(DAY, (0..6 * WEEK).map(usual).collect()).unwrap();
    let days = days(&series, 3);
    assert_eq!(days.len(), 3);
    for (mean, came) in days.iter().flatten() {
        assert_eq!(mean.is_some(), came.is_some());
        assert!((mean.unwrap_or(0.0) - came.unwrap_or(0.0)).abs() < 0.01);
    }
    assert!(super::days(&Series::new(DAY, vec![Some(1.0); WEEK]).unwrap(), 3).is_empty());
}
