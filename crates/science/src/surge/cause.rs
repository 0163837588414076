//! Which requests it is that surge: the narrowest group that explains the surge.
//!
//! A fault of one version shows in the total, in the version, in the type and perhaps in a region. [`narrow`] begins with the
//! group that was seen to surge and takes, again and again, the value that has more of the surge than its usual share (an
//! exact binomial test, with Bonferroni's correction for the values looked at), for as long as that value alone
//! has most of what is too much. What is spread as usual names no value.
//!
//! Usual shares change: a version that most people have by now had few of the weeks before. So where the last days have more of
//! a value than the weeks, by more than chance explains, their share is the usual one.

use std::collections::BTreeMap;

use crate::distribution::binomial_tail;
use crate::real;

/// By how many dimensions requests are told apart.
pub const DIMENSIONS: usize = 4;
/// A request: a value of each dimension, where it is known.
pub type Codes = [Option<u32>; DIMENSIONS];

/// A value explains a surge when it has at least this part of what is too much.
const MOST_OF_IT: f64 = 2.0 / 3.0;
/// Probability of naming a value by chance, over all that are looked at in a step.
const LEVEL: f64 = 0.01;

/// What a part of few requests has is not known well: its shares are drawn to those of all requests, as if so many more had
/// come.
const BORROWED: f64 = 20.0;

/// Requests with these values; without any, all requests.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
pub struct Segment(pub [Option<u32>; DIMENSIONS]);

impl Segment {
    /// Whether a request is one of them.
    pub fn covers(&self, codes: &Codes) -> bool {
        self.0.iter().zip(codes).all(|(wanted, code)| wanted.is_none() || wanted == code)
    }
}

/// What usually comes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Usual {
    /// The requests of some weeks, those of the last days among them.
    pub weeks: Vec<Codes>,
    /// The requests of the last days.
    pub lately: Vec<Codes>,
}

impl Usual {
    /// The usual part of the requests of `within` that are of some kind, 0 to 1: that of the weeks or, where the last days have more
    /// by more than chance explains, that of these.
    pub fn most(&self, within: Segment, is_of_kind: impl Fn(&Codes) -> bool) -> f64 {
        let tally = |codes: &[Codes]| {
            let own: Vec<&Codes> = codes.iter().filter(|codes| within.covers(codes)).collect();
            (number(own.iter().filter(|codes| is_of_kind(codes)).count()), number(own.len()))
        };
        let (part, whole) = tally(&self.weeks);
        let weeks = f64::from(part) / f64::from(whole.max(1));
        let (part, whole) = tally(&self.lately);
        let lately = (f64::from(part) + BORROWED * weeks) / (f64::from(whole) + BORROWED);
        if stands_out(part, whole, weeks) { lately } else { weeks }
    }

    /// Without the requests that are not to be kept.
    pub fn retain(&mut self, mut keep: impl FnMut(&Codes) -> bool) {
        self.weeks.retain(&mut keep);
        self.lately.retain(keep);
    }
}

/// What surges.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Cause {
    /// Which requests.
    pub segment: Segment,
    /// How many came.
    pub observed: u32,
    /// How many were to be expected.
    pub expected: f64,
    /// The usual part of the requests of the segment that it began with, 0 to 1.
    pub share: f64,
}

/// The narrowest cause of a surge of `within`: `surge` are the requests of the time of the surge, `usual` those of some weeks
/// before it; of both those that `within` does not cover are passed over. `expected` is how many of `within` were to be
/// expected in the time of the surge.
pub fn narrow(within: Segment, surge: &[Codes], usual: &Usual, expected: f64) -> Cause {
    let mut surge: Vec<Codes> = surge.iter().copied().filter(|codes| within.covers(codes)).collect();
    let all = Tallies::of(Segment::default(), usual);
    let mut usual = usual.clone();
    usual.retain(|codes| within.covers(codes));
    let mut cause =
        Cause { segment: within, observed: number(surge.len()), expected: expected.max(0.0), share: 1.0 };
    while let Some(next) = step(&cause, &surge, &Tallies::of(cause.segment, &usual), &all) {
        cause = next;
        surge.retain(|codes| cause.segment.covers(codes));
        usual.retain(|codes| cause.segment.covers(codes));
    }
    cause
}

/// Whether a part has more of what came than its usual share, 0 to 1, by more than chance explains.
pub fn stands_out(part: u32, whole: u32, share: f64) -> bool {
    share < 1.0 && binomial_tail(part, whole, share) <= LEVEL
}

/// Whether no value has more of the requests of a segment than is usual, by more than chance explains: what rises there, rises
/// everywhere. `surge` and `usual` are as for [`narrow`].
pub fn is_spread_as_usual(within: Segment, surge: &[Codes], usual: &Usual) -> bool {
    let surge: Vec<Codes> = surge.iter().copied().filter(|codes| within.covers(codes)).collect();
    let all = Tallies::of(Segment::default(), usual);
    let mut own = usual.clone();
    own.retain(|codes| within.covers(codes));
    let own = Tallies::of(within, &own);
    let came = Tally::of(within, &surge).counts;
    let level = LEVEL / real::len(came.len().max(1));
    came.iter().all(|(value, observed)| {
        binomial_tail(*observed, number(surge.len()), own.most(*value, &all)) > level
    })
}

/// One value more, if one explains the surge.
fn step(cause: &Cause, surge: &[Codes], usual: &Tallies, all: &Tallies) -> Option<Cause> {
    let excess = f64::from(cause.observed) - cause.expected;
    let came = Tally::of(cause.segment, surge).counts;
    let level = LEVEL / real::len(came.len().max(1));
    let mut best: Option<(f64, Cause)> = None;
    for ((dimension, code), observed) in &came {
        let share = usual.most((*dimension, *code), all);
        let expected = cause.expected * share;
        let tail = binomial_tail(*observed, cause.observed, share);
        let explains = f64::from(*observed) - expected >= MOST_OF_IT * excess && tail <= level;
        if explains && best.as_ref().is_none_or(|(least, _)| tail < *least) {
            let mut segment = cause.segment;
            if let Some(place) = segment.0.get_mut(*dimension) {
                *place = Some(*code);
            }
            let share = cause.share * share;
            best = Some((tail, Cause { segment, observed: *observed, expected, share }));
        }
    }
    best.map(|(_, cause)| cause)
}

/// How many requests have each value of the dimensions that a segment leaves open.
struct Tally {
    counts: BTreeMap<(usize, u32), u32>,
    requests: u32,
}

impl Tally {
    fn of(segment: Segment, requests: &[Codes]) -> Self {
        let mut counts = BTreeMap::new();
        for codes in requests {
            for (dimension, (code, named)) in codes.iter().zip(segment.0).enumerate() {
                if let (Some(code), None) = (code, named) {
                    *counts.entry((dimension, *code)).or_insert(0_u32) += 1;
                }
            }
        }
        Self { counts, requests: number(requests.len()) }
    }

    fn count(&self, value: (usize, u32)) -> f64 {
        f64::from(self.counts.get(&value).copied().unwrap_or(0))
    }

    /// The part of these requests that has a value, drawn to `other`.
    fn share(&self, value: (usize, u32), other: f64) -> f64 {
        (self.count(value) + BORROWED * other) / (f64::from(self.requests) + BORROWED)
    }
}

/// The same of the weeks and of the last days.
struct Tallies {
    weeks: Tally,
    lately: Tally,
}

impl Tallies {
    fn of(segment: Segment, usual: &Usual) -> Self {
        Self { weeks: Tally::of(segment, &usual.weeks), lately: Tally::of(segment, &usual.lately) }
    }

    /// The part of these requests that has a value, drawn to that of all, in the weeks or, where the last days have more by more
    /// than chance explains, in these; of all with half a request more: what was never there before is not impossible.
    fn most(&self, value: (usize, u32), all: &Self) -> f64 {
        let of_all = (all.weeks.count(value) + 0.5) / (f64::from(all.weeks.requests) + 1.0);
        let lately_of_all =
            if all.has_more_lately(value, of_all) { all.lately.share(value, of_all) } else { of_all };
        let weeks = self.weeks.share(value, of_all);
        if lately_of_all > of_all || self.has_more_lately(value, weeks) {
            self.lately.share(value, lately_of_all).max(weeks)
        } else {
            weeks
        }
    }

    fn has_more_lately(&self, value: (usize, u32), share: f64) -> bool {
        let Tally { counts, requests } = &self.lately;
        stands_out(counts.get(&value).copied().unwrap_or(0), *requests, share)
    }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng as _;
    use rand::rngs::ChaCha8Rng;

    use super::*;

    /// Requests of 8 types, 5 chains, 4 versions of which one has most users, and 6 regions; a tenth does not say its chain.
    fn ordinary(rng: &mut ChaCha8Rng, count: usize) -> Vec<Codes> {
        let mut draw = || {
            let version = if rng.random_bool(0.7) { 0 } else { rng.random_range(1..4) };
            let chain = rng.random_bool(0.9).then(|| rng.random_range(0..5));
            [Some(rng.random_range(0..8)), chain, Some(version), Some(rng.random_range(0..6))]
        };
        (0..count).map(|_| draw()).collect()
    }

    /// Some weeks that were as their last days.
    fn steady(weeks: Vec<Codes>) -> Usual {
        let lately = weeks.get(weeks.len() - weeks.len() / 14..).unwrap_or_default().to_vec();
        Usual { weeks, lately }
    }

    /// How often surges that are made so are named so, of 200.
    fn named(make: fn(&mut Codes), within: Segment, wanted: Segment) -> u32 {
        let mut right = 0;
        for seed in 0..200 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let usual = steady(ordinary(&mut rng, 2_000));
            let mut surge = ordinary(&mut rng, 12);
            let mut more = ordinary(&mut rng, 20);
            more.iter_mut().for_each(make);
            surge.extend(more);
            let share = usual.weeks.iter().filter(|codes| within.covers(codes)).count();
            let expected = 12.0 * real::len(share) / 2_000.0;
            right += u32::from(narrow(within, &surge, &usual, expected).segment == wanted);
        }
        right
    }

    #[test]
    fn a_version_that_most_people_have_since_lately_is_not_blamed() {
        let all = Segment::default();
        let kind = Segment([Some(3), None, None, None]);
        let (mut right, mut before, mut fault) = (0, 0, 0);
        for seed in 0..200 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            // A third of some weeks had version 9, two thirds of the last days have it.
            let mut of = |count, share| {
                let mut requests = ordinary(&mut rng, count);
                requests.iter_mut().filter(|_| rng.random_bool(share)).for_each(|codes| codes[2] = Some(9));
                requests
            };
            let (weeks, lately, ordinary) = (of(1_600, 0.33), of(120, 0.67), of(2, 0.67));
            let mut rise = of(22, 0.67);
            for codes in &mut rise {
                codes[0] = Some(3);
            }
            let surge = [rise, ordinary].concat();
            let usual = Usual { weeks, lately };
            right += u32::from(narrow(all, &surge, &usual, 2.0).segment == kind);
            let blind = Usual { lately: Vec::new(), ..usual.clone() };
            before += u32::from(narrow(all, &surge, &blind, 2.0).segment == kind);
            // A fault of that version alone is still told.
            let surge: Vec<Codes> =
                surge.into_iter().map(|codes| [codes[0], codes[1], Some(9), codes[3]]).collect();
            let cause = narrow(all, &surge, &usual, 2.0).segment;
            fault += u32::from(cause == Segment([Some(3), None, Some(9), None]));
        }
        println!(
            "{right} of 200 named by the type alone, {before} by weeks alone; {fault} by the version, too"
        );
        assert!(right >= 190 && before < 120 && fault >= 180, "{right} {before} {fault}");
    }

    #[test]
    fn the_narrowest_group_that_explains_it_is_named() {
        let all = Segment::default();
        let of = |kind: Option<u32>, version: Option<u32>| Segment([kind, None, version, None]);
        let spread = named(|_| {}, all, all);
        let kind = named(|codes| codes[0] = Some(3), all, of(Some(3), None));
        let version = named(|codes| codes[2] = Some(2), all, of(None, Some(2)));
        let make = |codes: &mut Codes| (codes[0], codes[2]) = (Some(3), Some(2));
        let both = named(make, all, of(Some(3), Some(2)));
        let seen_as_kind = named(make, of(Some(3), None), of(Some(3), Some(2)));
        // The version that most people have is not named where it has no more than its usual share.
        let common = named(|codes| codes[0] = Some(3), of(Some(3), None), of(Some(3), None));
        println!(
            "spread {spread}, type {kind}, version {version}, both {both}, {seen_as_kind}, {common} of 200"
        );
        assert!(
            spread >= 190 && kind >= 180 && version >= 180 && both >= 180,
            "{spread} {kind} {version} {both}"
        );
        assert!(seen_as_kind >= 180 && common >= 180, "{seen_as_kind} {common}");
    }

    #[test]
    fn what_rises_everywhere_is_told_from_what_rises_somewhere() {
        let share = |extra: usize, make: fn(&mut Codes)| {
            let one = |seed: u64| {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                let (usual, mut surge) = (steady(ordinary(&mut rng, 2_000)), ordinary(&mut rng, 18));
                let mut more = ordinary(&mut rng, extra);
                more.iter_mut().for_each(make);
                surge.extend(more);
                is_spread_as_usual(Segment::default(), &surge, &usual)
            };
            (0..200).filter(|seed| one(*seed)).count()
        };
        let (even, kind) = (share(18, |_| {}), share(10, |codes| codes[0] = Some(3)));
        println!("spread as usual: of an even rise {even}, with ten of one type {kind} of 200");
        assert!(even >= 195 && kind <= 40, "{even} {kind}");
        assert!(is_spread_as_usual(Segment::default(), &[], &Usual::default()));
    }

    #[test]
    fn a_part_of_few_requests_says_little_of_its_parts() {
        // Four of a region that had one request before, all of the version that most people have.
        let mut usual = vec![[Some(1), None, Some(0), Some(5)]; 70];
        usual.extend([[Some(1), None, Some(1), Some(5)]; 30]);
        usual.push([Some(1), None, Some(1), Some(9)]);
        let surge = [[Some(1), None, Some(0), Some(9)]; 4];
        let within = Segment([None, None, None, Some(9)]);
        assert_eq!(narrow(within, &surge, &steady(usual), 0.01).segment, within);
    }

    #[test]
    fn what_nobody_knows_is_not_named() {
        let usual = vec![[Some(1), None, None, None]; 100];
        let cause = narrow(Segment::default(), &[[None; 4]; 30], &steady(usual), 2.0);
        assert_eq!((cause.segment, cause.observed), (Segment::default(), 30));
        assert_eq!(narrow(Segment::default(), &[], &Usual::default(), f64::NAN).observed, 0);
    }

    proptest! {
        #[test]
        fn a_cause_counts_what_it_names(surge in prop::collection::vec(prop::array::uniform4(prop::option::of(0_u32..4)), 0..60),
                                        weeks in prop::collection::vec(prop::array::uniform4(prop::option::of(0_u32..4)), 0..60),
                                        lately in prop::collection::vec(prop::array::uniform4(prop::option::of(0_u32..4)), 0..60), expected in 0.0_f64..40.0) {
            let usual = Usual { weeks, lately };
            let cause = narrow(Segment::default(), &surge, &usual, expected);
            prop_assert_eq!(cause.observed as usize, surge.iter().filter(|codes| cause.segment.covers(codes)).count());
            prop_assert!(cause.expected <= expected + 1e-9 && cause.share > 0.0 && cause.share <= 1.0);
        }
    }
}
