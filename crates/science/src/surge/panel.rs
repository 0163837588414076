//! Many series under one promise: so many false alarms a week, whatever the number of series.
//!
//! All detectors of a panel have one threshold. It is chosen by replaying the past of all of them at once: series that
//! surge within [`REFRACTORY`](super::REFRACTORY) of each other count as one alarm, as one cause mostly shows in several. So the correction for their number is neither forgotten
//! nor as strict as Bonferroni's, which takes overlapping series for independent ones.

use super::calibration::{Calibration, LOWEST, choose};
use super::{Detector, MINUTES_A_DAY, Minute, Reading, UNCALIBRATED};

/// Detectors of several series that are told of the same minutes.
#[derive(Clone, PartialEq, Debug)]
pub struct Panel {
    detectors: Vec<Detector>,
    /// The highest score of each minute in which one was high, in order.
    scores: Vec<(i64, f64)>,
    /// The first and the last minute of which anything could be said.
    span: Option<(i64, i64)>,
}

impl Panel {
    /// A panel of so many series that gives no alarm until it is calibrated.
    pub fn new(series: usize, prior: f64) -> Self {
        Self { detectors: vec![Detector::new(prior, f64::MAX); series], scores: Vec::new(), span: None }
    }

    /// Takes a minute of every series, in the order of the series; minutes come in order. See [`Detector::observe`].
    pub fn observe(&mut self, minutes: &[Minute]) -> Vec<Option<Reading>> {
        let mut readings = Vec::with_capacity(self.detectors.len());
        let mut highest: Option<(i64, f64)> = None;
        for (detector, minute) in self.detectors.iter_mut().zip(minutes) {
            let reading = detector.observe(*minute);
            if let Some(reading) = reading {
                let at = i64::from(minute.day) * MINUTES_A_DAY + i64::from(minute.minute);
                highest = Some((at, highest.map_or(0.0, |(_, score)| score).max(reading.score)));
            }
            readings.push(reading);
        }
        if let Some((at, score)) = highest {
            self.span = Some((self.span.map_or(at, |(first, _)| first), at));
            if score >= LOWEST {
                self.scores.push((at, score));
            }
        }
        readings
    }

    /// Gives all detectors the lowest threshold that would have kept to `alarms_a_week` in what they have seen, without the
    /// minutes that are `explained`: what happened then is known and was no false alarm. A minute is counted from minute 0
    /// of day 0. Below two weeks of readings the threshold is [`UNCALIBRATED`], with Bonferroni's correction.
    pub fn calibrate(&mut self, alarms_a_week: f64, explained: impl Fn(i64) -> bool) -> Calibration {
        self.scores.retain(|(at, _)| !explained(*at));
        let days = self.span.map_or(0, |(first, last)| (last - first) / MINUTES_A_DAY);
        let weeks = f64::from(i32::try_from(days).unwrap_or(i32::MAX)) / 7.0;
        let uncalibrated = UNCALIBRATED + crate::real::len(self.detectors.len().max(1)).log10();
        let calibration = choose(&self.scores, weeks, alarms_a_week, uncalibrated);
        for detector in &mut self.detectors {
            detector.threshold = calibration.threshold;
        }
        calibration
    }

    /// The detector of a panel of one.
    pub(super) fn into_first(self, prior: f64) -> Detector {
        let threshold = self.detectors.first().map_or(UNCALIBRATED, Detector::threshold);
        self.detectors.into_iter().next().unwrap_or_else(|| Detector::new(prior, threshold))
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::ChaCha8Rng;
    use rand::{RngExt as _, SeedableRng as _};
    use rand_distr::{Distribution as _, Poisson};

    use super::*;
    use crate::surge::{PRIOR, REFRACTORY};

    const SERIES: usize = 6;
    const LEARNED: i32 = 10 * 7;
    const TESTED: i32 = 6 * 7;

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small Poisson count")]
    fn arrivals(rate: f64, rng: &mut ChaCha8Rng) -> u32 {
        Poisson::new(rate).unwrap().sample(rng) as u32
    }

    /// A day of a total of 20 an hour by day and 4 by night, and of five parts of it; days vary by 15 %.
    fn day(rng: &mut ChaCha8Rng, day: i32, surge: Option<u16>) -> Vec<[Minute; SERIES]> {
        let busy: f64 = 1.0 + 0.15 * (rng.random_range(0.0..1.0) + rng.random_range(0.0..1.0) - 1.0) * 2.45;
        let mut minutes = Vec::with_capacity(1440);
        for minute in 0..1440_u16 {
            let rate = if (480..1320).contains(&minute) { 20.0 } else { 4.0 } / 60.0 * busy;
            let mut counts = [0_u32; SERIES];
            for _ in 0..arrivals(rate, rng) {
                // Parts of a half, a quarter and so on.
                let part = 1 + (0..4).find(|_| rng.random_bool(0.5)).unwrap_or(4);
                counts[part] += 1;
            }
            if surge.is_some_and(|from| (from..from + 60).contains(&minute)) {
                // What comes twice an hour comes twenty times.
                counts[3] += arrivals(20.0 / 60.0, rng);
            }
            counts[0] = counts[1..].iter().sum();
            minutes.push(counts.map(|count| Minute { day, minute, open: true, like: None, count }));
        }
        minutes
    }

    fn alarms(panel: &mut Panel, minutes: &[[Minute; SERIES]]) -> Vec<u16> {
        let raised = |minute: &[Minute; SERIES]| {
            let found = panel.observe(minute).into_iter().flatten().any(|reading| reading.alarm);
            found.then_some(minute[0].minute)
        };
        minutes.iter().filter_map(raised).collect()
    }

    #[test]
    fn the_promise_holds_over_all_series_and_surges_of_a_part_are_found() {
        let (mut falsely, mut found, mut soon, mut surges) = (0, 0, 0, 0);
        let seeds = 4;
        for seed in 0..seeds {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut panel = Panel::new(SERIES, PRIOR);
            for number in 0..LEARNED {
                let raised = alarms(&mut panel, &day(&mut rng, number, None));
                assert!(raised.is_empty(), "it is silent until it is calibrated");
            }
            let calibration = panel.calibrate(1.0, |_| false);
            assert!(
                calibration.weeks > 6.5 && f64::from(calibration.alarms) <= calibration.weeks,
                "{calibration:?}"
            );
            for number in LEARNED..LEARNED + TESTED {
                let from = (number % 5 == 2).then(|| rng.random_range(540..1200));
                let raised = alarms(&mut panel, &day(&mut rng, number, from));
                let Some(from) = from else {
                    // Series that surge together are one.
                    falsely += raised
                        .iter()
                        .fold((0, None), |(n, last), at| match last {
                            Some(last) if u32::from(at - last) < REFRACTORY => (n, Some(last)),
                            _ => (n + 1, Some(*at)),
                        })
                        .0;
                    continue;
                };
                surges += 1;
                let delay = raised.iter().find(|at| (from..from + 60).contains(at)).map(|at| at - from);
                found += i32::from(delay.is_some());
                soon += i32::from(delay.is_some_and(|delay| delay < 30));
            }
        }
        let weeks = f64::from(i32::try_from(seeds).unwrap() * TESTED) / 7.0 * 0.8;
        let rate = f64::from(falsely) / weeks;
        println!(
            "{falsely} false alarms in {weeks:.0} weeks: {rate:.2} a week; {found} of {surges} surges found, {soon} within 30 min"
        );
        assert!(rate < 1.9, "{rate}");
        assert!(found * 10 >= surges * 8, "{found} of {surges}");
    }

    #[test]
    fn what_is_explained_does_not_raise_the_threshold() {
        let learn = |explained: bool| {
            let mut rng = ChaCha8Rng::seed_from_u64(9);
            let mut panel = Panel::new(SERIES, PRIOR);
            for number in 0..LEARNED {
                // Each week of the past had an incident of which the desk knows by now.
                let from = (number % 7 == 4).then_some(600);
                panel.learn_for_test(&day(&mut rng, number, from));
            }
            panel.calibrate(1.0, |at| explained && (at / MINUTES_A_DAY) % 7 == 4).threshold
        };
        assert!(learn(true) < learn(false));
    }

    impl Panel {
        fn learn_for_test(&mut self, minutes: &[[Minute; SERIES]]) {
            for minute in minutes {
                self.observe(minute);
            }
        }
    }
}
