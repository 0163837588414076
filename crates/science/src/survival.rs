//! Waiting times of which some are not over yet. An average of the answered ones leaves out those who wait longest; the
//! estimator of Kaplan & Meier (1958) does not.

use serde::{Deserialize, Serialize};

use crate::distribution::Z_95;
use crate::interval::{Interval, Share, share};
use crate::real;

/// How long somebody has waited, and whether it is over. The unit of time is the caller's, and the same throughout.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Wait {
    /// How long, until it was over or until now.
    pub time: u64,
    /// It is over: answered, solved. Otherwise it was still going on when last looked at.
    pub over: bool,
}

/// What happened at one time.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Step {
    /// The time.
    pub time: u64,
    /// Who had waited that long.
    pub at_risk: u64,
    /// For whom it was over then.
    pub over: u64,
    /// The share that waits longer than this.
    pub waiting: f64,
    /// Its interval: Greenwood's variance on the scale of log(-log), which never leaves 0 to 1 (Kalbfleisch & Prentice
    /// 2002, eq. 1.16). The whole range where nobody is left.
    pub interval: Interval,
}

/// The curve of waiting times.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Survival {
    /// How many waits it was made of.
    pub waits: u64,
    /// How many of them are over.
    pub over: u64,
    /// The longest time that anybody was seen for; beyond it nothing is known.
    pub seen: u64,
    /// The times at which something was over, ascending.
    pub steps: Vec<Step>,
}

/// A quantile of waiting times.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TimeQuantile {
    /// The first time by which this share was over; `None` when it has not come to that yet.
    pub time: Option<u64>,
    /// The lower end of the interval (Brookmeyer & Crowley 1982, on the log(-log) scale).
    pub low: Option<u64>,
    /// The upper end; `None` when it is not known yet.
    pub high: Option<u64>,
}

/// How many of all who came were answered in time.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Within {
    /// Answered in time, of all who came. It can only rise while some are undecided.
    pub answered: Share,
    /// Not answered yet, and the time is not over.
    pub undecided: u64,
    /// The share if all of the undecided miss the time, and if none does.
    pub bounds: Interval,
    /// The estimate for all, and its interval, by the curve; `None` when nobody has been seen for that long.
    pub estimate: Option<(f64, Interval)>,
}

/// The curve of these waits; `None` without any.
pub fn survival(waits: &[Wait]) -> Option<Survival> {
    let mut alike: Vec<Alike> =
        waits.iter().map(|wait| Alike { time: wait.time, over: wait.over, count: 1 }).collect();
    survival_of(&mut alike)
}

/// So many waits that are alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Alike {
    /// As in [`Wait`].
    pub time: u64,
    /// As in [`Wait`].
    pub over: bool,
    /// How many.
    pub count: u64,
}

/// The curve of waits that were counted already, which are put in order; `None` without any.
pub fn survival_of(waits: &mut [Alike]) -> Option<Survival> {
    waits.sort_unstable_by_key(|wait| wait.time);
    let seen = waits.iter().rfind(|wait| wait.count > 0)?.time;
    let total = waits.iter().map(|wait| wait.count).sum();
    let mut curve = Survival { waits: total, over: 0, seen, steps: Vec::new() };
    let (mut at_risk, mut waiting, mut greenwood) = (total, 1.0, 0.0);
    for same in waits.chunk_by(|a, b| a.time == b.time) {
        // At one time, who is answered goes before who is seen no longer: the latter were still at risk.
        let over = same.iter().filter(|wait| wait.over).map(|wait| wait.count).sum::<u64>();
        if over > 0
            && let Some(first) = same.first()
        {
            let (risk, ended) = (real::count(at_risk), real::count(over));
            waiting *= 1.0 - ended / risk;
            greenwood += ended / (risk * (risk - ended));
            let interval = log_log(waiting, greenwood);
            curve.steps.push(Step { time: first.time, at_risk, over, waiting, interval });
        }
        curve.over += over;
        at_risk -= same.iter().map(|wait| wait.count).sum::<u64>();
    }
    Some(curve)
}

fn real_len(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn log_log(waiting: f64, greenwood: f64) -> Interval {
    if waiting <= 0.0 || !greenwood.is_finite() {
        return Interval { low: 0.0, high: 1.0 };
    }
    let log = waiting.ln();
    let half = Z_95 * greenwood.sqrt() / log.abs();
    Interval { low: waiting.powf(half.exp()), high: waiting.powf((-half).exp()) }
}

impl Survival {
    /// The first time by which the share `q` (above 0, up to 1) is over.
    pub fn quantile(&self, q: f64) -> TimeQuantile {
        let left = 1.0 - q;
        // A curve that is exactly at the quantile but for rounding has reached it.
        let first = |value: &dyn Fn(&Step) -> f64| {
            self.steps.iter().find(|step| value(step) <= left + 1e-12).map(|step| step.time)
        };
        TimeQuantile {
            time: first(&|step| step.waiting),
            low: first(&|step| step.interval.low),
            high: first(&|step| step.interval.high),
        }
    }

    /// The median, as far as it is reached.
    pub fn median(&self) -> TimeQuantile {
        self.quantile(0.5)
    }

    /// The share that is over by `time`, with its interval. `None` when nobody was seen for that long and some still wait.
    pub fn over_by(&self, time: u64) -> Option<(f64, Interval)> {
        let before = self.steps.partition_point(|step| step.time <= time);
        let last = before.checked_sub(1).and_then(|index| self.steps.get(index));
        if time > self.seen && last.is_none_or(|step| step.waiting > 0.0) {
            return None;
        }
        Some(last.map_or((0.0, Interval { low: 0.0, high: 1.0 - self.nobody_yet() }), |step| {
            (1.0 - step.waiting, Interval { low: 1.0 - step.interval.high, high: 1.0 - step.interval.low })
        }))
    }

    /// Before the first answer the log(-log) interval has no width; the Wilson interval of none of all does.
    fn nobody_yet(&self) -> f64 {
        share(0, self.waits).map_or(0.0, |share| 1.0 - share.interval.high)
    }
}

/// How many of all were answered within `time`; `None` without any. Answered, undecided and missed are told apart: dividing
/// by those who are decided would flatter, because who was answered quickly is decided early.
pub fn within(waits: &[Wait], time: u64) -> Option<Within> {
    let answered = real_len(waits.iter().filter(|wait| wait.over && wait.time <= time).count());
    let undecided = real_len(waits.iter().filter(|wait| !wait.over && wait.time < time).count());
    let all = real_len(waits.len());
    let shares = (share(answered, all)?, share(answered + undecided, all)?);
    let bounds = Interval { low: shares.0.share, high: shares.1.share };
    let estimate = survival(waits)?.over_by(time);
    Some(Within { answered: shares.0, undecided, bounds, estimate })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn waits(times: &[(u64, bool)]) -> Vec<Wait> {
        times.iter().map(|(time, over)| Wait { time: *time, over: *over }).collect()
    }

    /// Remission in weeks under 6-mercaptopurine: Freireich et al. (1963), as in Kalbfleisch & Prentice (2002).
    fn remission() -> Vec<Wait> {
        let over = [6, 6, 6, 7, 10, 13, 16, 22, 23].map(|time| (time, true));
        let open = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35].map(|time| (time, false));
        waits(&[over.as_slice(), open.as_slice()].concat())
    }

    #[test]
    fn the_curve_of_freireich() {
        // Time, S(t) as published; log(-log) interval: lifelines 0.30.3.
        let table = [
            (6, 0.857_143, 0.619_718, 0.951_552),
            (7, 0.806_723, 0.563_147, 0.922_809),
            (10, 0.752_941, 0.503_200, 0.889_362),
            (13, 0.690_196, 0.431_610, 0.849_066),
            (16, 0.627_451, 0.367_511, 0.804_912),
            (22, 0.537_815, 0.267_779, 0.746_791),
            (23, 0.448_179, 0.188_052, 0.680_143),
        ];
        let curve = survival(&remission()).unwrap();
        assert_eq!(curve.steps.len(), table.len());
        for (step, (time, waiting, low, high)) in curve.steps.iter().zip(table) {
            assert_eq!(step.time, time);
            let ours = [step.waiting, step.interval.low, step.interval.high];
            assert!(ours.iter().zip([waiting, low, high]).all(|(a, b)| (a - b).abs() < 1e-6), "{step:?}");
        }
        assert_eq!(curve.median(), TimeQuantile { time: Some(23), low: Some(13), high: None });
        assert_eq!(curve.quantile(0.1), TimeQuantile { time: Some(6), low: Some(6), high: Some(10) });
        assert_eq!(curve.quantile(0.25), TimeQuantile { time: Some(13), low: Some(6), high: Some(22) });
        assert_eq!(curve.quantile(0.9).time, None, "it has not come to that");
        assert_eq!(curve.over_by(36), None, "nobody was seen for that long");
    }

    #[test]
    fn the_curve_of_aml() {
        // Maintained group of the acute myelogenous leukaemia trial (Miller 1981; R survival::aml), values: lifelines 0.30.3.
        let curve = survival(&waits(&[
            (9, true),
            (13, true),
            (13, false),
            (18, true),
            (23, true),
            (28, false),
            (31, true),
            (34, true),
            (45, false),
            (48, true),
            (161, false),
        ]))
        .unwrap();
        let last = curve.steps.last().unwrap();
        assert!((last.waiting - 0.184_091).abs() < 1e-6 && (last.interval.high - 0.525_015).abs() < 1e-6);
        assert_eq!(curve.median(), TimeQuantile { time: Some(31), low: Some(13), high: None });
    }

    #[test]
    fn the_slow_ones_are_not_forgotten() {
        // Half were answered in a minute, half still wait after an hour: the average of the answered is a minute.
        let all: Vec<Wait> =
            (0..20).map(|i| Wait { time: if i % 2 == 0 { 1 } else { 60 }, over: i % 2 == 0 }).collect();
        let within = within(&all, 30).unwrap();
        assert_eq!((within.answered.part, within.answered.whole, within.undecided), (10, 20, 0));
        assert_eq!(survival(&all).unwrap().quantile(0.9).time, None);
        assert!((within.estimate.unwrap().0 - 0.5).abs() < 1e-12);
    }

    #[test]
    fn who_is_undecided_is_neither_answered_nor_missed() {
        let all = waits(&[(5, true), (50, true), (10, false), (90, false)]);
        let within = within(&all, 30).unwrap();
        assert_eq!((within.answered.part, within.undecided), (1, 1));
        assert!((within.bounds.low - 0.25).abs() < 1e-12 && (within.bounds.high - 0.5).abs() < 1e-12);
        assert_eq!(survival(&[]), None);
        let none = survival(&waits(&[(10, false); 4])).unwrap();
        assert_eq!(none.median(), TimeQuantile { time: None, low: None, high: None });
        assert!(none.over_by(5).is_some_and(|(share, interval)| share < 1e-12 && interval.high > 0.3));
    }

    proptest! {
        #[test]
        fn without_open_ones_it_is_the_share(times in prop::collection::vec(0_u64..40, 1..80), at in 0_u64..50) {
            let all: Vec<Wait> = times.iter().map(|time| Wait { time: *time, over: true }).collect();
            let plain = real::len(times.iter().filter(|time| **time <= at).count()) / real::len(times.len());
            let (share, interval) = survival(&all).unwrap().over_by(at).unwrap();
            prop_assert!((share - plain).abs() < 1e-9);
            prop_assert!(interval.low <= share + 1e-12 && share <= interval.high + 1e-12);
        }

        #[test]
        fn waits_that_are_counted_make_the_same_curve(all in prop::collection::vec((0_u64..20, any::<bool>()), 0..80)) {
            let mut counted: Vec<Alike> = Vec::new();
            for (time, over) in &all {
                match counted.iter_mut().find(|alike| (alike.time, alike.over) == (*time, *over)) {
                    Some(alike) => alike.count += 1,
                    None => counted.push(Alike { time: *time, over: *over, count: 1 }),
                }
            }
            prop_assert_eq!(survival_of(&mut counted), survival(&waits(&all)));
        }

        #[test]
        fn the_curve_falls_and_stays_between_its_bounds(all in prop::collection::vec((0_u64..40, any::<bool>()), 1..80), at in 0_u64..50) {
            let all = waits(&all);
            let curve = survival(&all).unwrap();
            prop_assert!(curve.steps.windows(2).all(|pair| pair[1].waiting <= pair[0].waiting));
            prop_assert!(curve.steps.iter().all(|s| s.interval.low <= s.waiting + 1e-12 && s.waiting <= s.interval.high + 1e-12));
            let within = within(&all, at).unwrap();
            prop_assert!(within.bounds.low <= within.bounds.high);
            if let Some((estimate, _)) = within.estimate {
                prop_assert!(within.bounds.low - 1e-9 <= estimate && estimate <= within.bounds.high + 1e-9);
            }
        }
    }
}
