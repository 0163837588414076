//! Why a count changed: more users, other users, or each user asking more.
//!
//! The count of a period is `users × share of the segment × requests per user of the segment`, summed over segments (app
//! versions, regions, cohorts). Its change is split by the logarithmic mean Divisia index, LMDI-I (Ang 2005): of the change
//! of a segment, each factor gets the share that its logarithm has in the logarithm of the whole. The parts add up to the
//! change exactly, the two periods may be swapped, and the order of the factors does not matter. Zeros are treated by
//! their limits (Ang & Liu 2007): a segment that appears or vanishes with its users belongs to the mix, one whose users were
//! there and began or ceased to ask belongs to the rate.

use serde::{Deserialize, Serialize};

use crate::interval::{Rate, RateRatio, rate_ratio};
use crate::multiplicity::benjamini_hochberg;
use crate::real;

/// One segment in both periods.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Segment {
    /// Requests and users of the first period.
    pub before: Rate,
    /// Requests and users of the second.
    pub after: Rate,
}

/// What a change of a count is made of; the parts add up to it.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Parts {
    /// From there being more users, or fewer.
    pub users: f64,
    /// From the segment being a larger or smaller share of them.
    pub mix: f64,
    /// From a user of the segment asking more or less often.
    pub rate: f64,
    /// From requests without users, of which no rate can be made.
    pub unattributed: f64,
}

/// What one segment adds to the change.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Contribution {
    /// Its index among the segments given.
    pub segment: usize,
    /// Its parts.
    pub parts: Parts,
    /// How its rate changed, with a test; `None` when it cannot be compared. `small` says that it is not to be relied on.
    pub rate: Option<RateRatio>,
    /// The test, corrected for having looked at all segments (Benjamini & Hochberg).
    pub q: f64,
}

/// The change of a count.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Decomposition {
    /// Requests of the first period.
    pub before: u64,
    /// Requests of the second.
    pub after: u64,
    /// The parts of the whole change.
    pub parts: Parts,
    /// The segments, those first whose mix and rate explain most of the change.
    pub segments: Vec<Contribution>,
}

/// An exposure that cannot be: negative, infinite or no number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("segment {segment}: users must be a number of zero or more")]
pub struct ExposureError {
    /// Index of the segment.
    pub segment: usize,
}

impl Parts {
    /// The change that they make.
    pub fn change(&self) -> f64 {
        self.users + self.mix + self.rate + self.unattributed
    }

    fn add(&mut self, other: &Self) {
        self.users += other.users;
        self.mix += other.mix;
        self.rate += other.rate;
        self.unattributed += other.unattributed;
    }
}

/// Splits the change of a count between two periods. Segments do not overlap, and together are all requests and all users.
/// `dispersion` is for the tests, as in [`rate_ratio`].
pub fn decompose(segments: &[Segment], dispersion: f64) -> Result<Decomposition, ExposureError> {
    let valid = |rate: &Rate| rate.exposure.is_finite() && rate.exposure >= 0.0;
    if let Some(segment) = segments.iter().position(|s| !valid(&s.before) || !valid(&s.after)) {
        return Err(ExposureError { segment });
    }
    let users = |side: fn(&Segment) -> Rate| segments.iter().map(|s| side(s).exposure).sum::<f64>();
    let totals = (users(|s| s.before), users(|s| s.after));
    let parts: Vec<Parts> = segments.iter().map(|segment| split(segment, totals)).collect();
    let rates: Vec<Option<RateRatio>> =
        segments.iter().map(|segment| rate_ratio(segment.before, segment.after, dispersion)).collect();
    // Only what could be compared was looked at.
    let q = benjamini_hochberg(&rates.iter().flatten().map(|rate| rate.p).collect::<Vec<_>>());
    let mut q = q.into_iter();
    let mut ranked: Vec<Contribution> = parts
        .iter()
        .zip(rates)
        .enumerate()
        .map(|(segment, (parts, rate))| {
            let q = rate.and_then(|_| q.next()).unwrap_or(1.0);
            Contribution { segment, parts: *parts, rate, q }
        })
        .collect();
    let weight = |contribution: &Contribution| (contribution.parts.change() - contribution.parts.users).abs();
    ranked.sort_by(|a, b| weight(b).total_cmp(&weight(a)).then(a.segment.cmp(&b.segment)));
    let mut whole = Parts::default();
    for part in &parts {
        whole.add(part);
    }
    let count =
        |side: fn(&Segment) -> Rate| segments.iter().map(|s| side(s).count).fold(0, u64::saturating_add);
    Ok(Decomposition {
        before: count(|s| s.before),
        after: count(|s| s.after),
        parts: whole,
        segments: ranked,
    })
}

fn split(segment: &Segment, (users_before, users_after): (f64, f64)) -> Parts {
    let Segment { before, after } = segment;
    let (n0, n1) = (real::count(before.count), real::count(after.count));
    let change = n1 - n0;
    let orphan = |rate: &Rate| rate.exposure <= 0.0 && rate.count > 0;
    if orphan(before) || orphan(after) {
        return Parts { unattributed: change, ..Parts::default() };
    }
    match (before.count, after.count) {
        (0, 0) => Parts::default(),
        // Its users came or went with it.
        (0, _) if before.exposure <= 0.0 => Parts { mix: change, ..Parts::default() },
        (_, 0) if after.exposure <= 0.0 => Parts { mix: change, ..Parts::default() },
        // Its users were there all the time.
        (0, _) | (_, 0) => Parts { rate: change, ..Parts::default() },
        _ => {
            let mean = logarithmic_mean(n1, n0);
            let users = (users_after / users_before).ln();
            let exposure = (after.exposure / before.exposure).ln();
            Parts {
                users: mean * users,
                mix: mean * (exposure - users),
                rate: change - mean * exposure,
                unattributed: 0.0,
            }
        }
    }
}

/// `(a - b) / (log a - log b)` of two positive numbers, their common value when they are equal. By the inverse hyperbolic
/// tangent, which keeps its digits when they are nearly equal.
fn logarithmic_mean(a: f64, b: f64) -> f64 {
    let z = (a - b) / (a + b);
    let middle = f64::midpoint(a, b);
    if z.abs() < 1e-8 { middle } else { middle * z / z.atanh() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn segment(n0: u64, e0: f64, n1: u64, e1: f64) -> Segment {
        Segment { before: Rate { count: n0, exposure: e0 }, after: Rate { count: n1, exposure: e1 } }
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9 * (1.0 + a.abs().max(b.abs()))
    }

    #[test]
    fn each_factor_alone_gets_all_of_it() {
        let parts = |segments: &[Segment]| decompose(segments, 1.0).unwrap().parts;
        let users = parts(&[segment(100, 1e3, 150, 1.5e3), segment(40, 2e3, 60, 3e3)]);
        assert!(close(users.users, 70.0) && close(users.mix, 0.0) && close(users.rate, 0.0), "{users:?}");
        // Users move from the segment that asks little to the one that asks much.
        let mix = parts(&[segment(100, 1e3, 150, 1.5e3), segment(40, 2e3, 30, 1.5e3)]);
        assert!(close(mix.users, 0.0) && close(mix.mix, 40.0) && close(mix.rate, 0.0), "{mix:?}");
        let rate = parts(&[segment(100, 1e3, 80, 1e3), segment(40, 2e3, 44, 2e3)]);
        assert!(close(rate.users, 0.0) && close(rate.mix, 0.0) && close(rate.rate, -16.0), "{rate:?}");
    }

    #[test]
    fn two_factors_share_by_their_logarithms() {
        // One segment from 10 to 80 requests while users double and their rate rises fourfold. L(80, 10) = 70/ln 8 = 33.6629;
        // ln 2 and 2 ln 2 of it are 23.3333 and 46.6667 (Ang 2005, eq. 6, by hand).
        let found = decompose(&[segment(10, 1000.0, 80, 2000.0)], 1.0).unwrap();
        assert!(close(found.parts.users, 70.0 / 3.0) && close(found.parts.rate, 140.0 / 3.0), "{found:?}");
        assert!((logarithmic_mean(80.0, 10.0) - 33.662_884_287_409).abs() < 1e-9);
        assert!(close(logarithmic_mean(7.0, 7.0), 7.0) && close(logarithmic_mean(1e9 + 1.0, 1e9), 1e9 + 0.5));
    }

    #[test]
    fn zeros_go_where_their_limits_go() {
        let parts = |n0, e0, n1, e1| split(&segment(n0, e0, n1, e1), (100.0, 100.0));
        assert_eq!(parts(0, 0.0, 9, 5.0), Parts { mix: 9.0, ..Parts::default() }, "a new version");
        assert_eq!(parts(9, 5.0, 0, 0.0), Parts { mix: -9.0, ..Parts::default() }, "one that is gone");
        assert_eq!(parts(0, 5.0, 9, 5.0), Parts { rate: 9.0, ..Parts::default() }, "they began to ask");
        assert_eq!(
            parts(9, 0.0, 4, 5.0),
            Parts { unattributed: -5.0, ..Parts::default() },
            "requests without users"
        );
        // The limit itself, with nearly nobody instead of nobody. The rate must be equal for it to be about users alone.
        let nearly = split(&segment(1, 1e-9, 1_000_000_000, 1.0), (1.0, 1.0));
        assert!((nearly.mix / nearly.change() - 1.0).abs() < 1e-6, "{nearly:?}");
    }

    #[test]
    fn the_segment_that_explains_the_change_comes_first_and_chance_is_told_from_it() {
        let mut segments = vec![segment(200, 1e4, 205, 1e4); 12];
        segments[7] = segment(200, 1e4, 400, 1e4);
        segments[3] = segment(2, 100.0, 7, 100.0);
        let found = decompose(&segments, 1.5).unwrap();
        let first = found.segments[0];
        assert!(first.segment == 7 && first.q < 0.001 && !first.rate.unwrap().small, "{first:?}");
        assert!(found.segments[1..].iter().all(|other| other.q > 0.05));
        let small = found.segments.iter().find(|other| other.segment == 3).unwrap();
        assert!(small.rate.unwrap().small);
    }

    #[test]
    fn impossible_users_are_refused() {
        let wrong = [segment(1, 1.0, 1, 1.0), segment(1, -1.0, 1, 1.0)];
        assert_eq!(decompose(&wrong, 1.0), Err(ExposureError { segment: 1 }));
        let none = decompose(&[], 1.0).unwrap();
        assert!(none.segments.is_empty() && close(none.parts.change(), 0.0));
    }

    fn any_segment() -> impl Strategy<Value = Segment> {
        let count = prop_oneof![1 => Just(0), 4 => 0_u64..50, 3 => 0_u64..3_000_000];
        let users = prop_oneof![1 => Just(0.0), 6 => 0.01_f64..1e6];
        (count.clone(), users.clone(), count, users).prop_map(|(n0, e0, n1, e1)| segment(n0, e0, n1, e1))
    }

    proptest! {
        #[test]
        fn the_parts_add_up(segments in prop::collection::vec(any_segment(), 0..20)) {
            let found = decompose(&segments, 1.0).unwrap();
            let change = real::count(found.after) - real::count(found.before);
            prop_assert!(close(found.parts.change(), change), "{} {}", found.parts.change(), change);
            let each: f64 = found.segments.iter().map(|s| s.parts.change()).sum();
            prop_assert!(close(each, change));
            prop_assert!(found.segments.iter().all(|s| (0.0..=1.0).contains(&s.q)));
        }

        #[test]
        fn backwards_is_the_negative(segments in prop::collection::vec(any_segment(), 1..20)) {
            let back: Vec<Segment> = segments.iter().map(|s| Segment { before: s.after, after: s.before }).collect();
            let (there, back) = (decompose(&segments, 1.0).unwrap().parts, decompose(&back, 1.0).unwrap().parts);
            for (a, b) in [(there.users, back.users), (there.mix, back.mix), (there.rate, back.rate)] {
                prop_assert!((a + b).abs() < 1e-6 * (1.0 + a.abs()), "{} {}", a, b);
            }
        }

        #[test]
        fn splitting_a_segment_evenly_changes_nothing(n0 in 1_u64..1000, n1 in 1_u64..1000, e0 in 1.0_f64..1e5, e1 in 1.0_f64..1e5, other in any_segment()) {
            let whole = decompose(&[segment(2 * n0, 2.0 * e0, 2 * n1, 2.0 * e1), other], 1.0).unwrap().parts;
            let half = segment(n0, e0, n1, e1);
            let halves = decompose(&[half, half, other], 1.0).unwrap().parts;
            prop_assert!((whole.rate - halves.rate).abs() < 1e-6 && (whole.users - halves.users).abs() < 1e-6);
        }
    }
}
