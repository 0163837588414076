//! From scores to probabilities that mean what they say, and from those to the answer "unsure".
//!
//! Everything here is learned from labels that the scored model had not seen, and from different stories: a story that was told
//! fifty times counts once, or a handful of stories would promise what hundreds of labels seem to say.

use crate::real::len;

use super::encoder::single;

/// The scores that a model which did not learn from a text gave to it, and what it really was.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    pub(super) class: usize,
    pub(super) scores: Vec<f32>,
    /// How much of the text that model knew.
    pub(super) known: f32,
    /// What part of its story this label is: those of one story are one together.
    pub(super) weight: f64,
}

/// How scores become probabilities, and from which probability on a type is named.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Calibration {
    /// Scores are divided by this before the softmax (Guo et al., "On calibration of modern neural networks", 2017).
    pub(super) temperature: f32,
    /// Below this probability the answer is "unsure"; above one when nothing is sure enough.
    pub(super) threshold: f32,
    /// A text of which less is known is answered by "unsure" whatever its probability: nothing like it was measured.
    pub(super) familiar: f32,
    /// A text of which less than this is known is as likely to be of any type, by as much as is missing.
    pub(super) trusted: f32,
}

/// What calibration measured, on stories that were held back from the model that was scored; labels of one story count as one.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Measured {
    /// Labels that were scored.
    pub labels: u32,
    /// Share whose most probable type is the right one.
    pub accuracy: f32,
    /// Expected calibration error in 15 bins of equal width (Guo et al. 2017): 0.02 means that probabilities are off
    /// by two in a hundred on average.
    pub calibration_error: f32,
    /// Share that gets an answer rather than "unsure".
    pub answered: f32,
    /// Share of right answers among those; zero when there are none.
    pub precision: f32,
}

/// Below any temperature that scores of margins can need, and above.
const TEMPERATURES: (f64, f64) = (0.01, 10.0);
/// Bins of the expected calibration error.
const BINS: usize = 15;
/// The answered ones must keep their promise even one standard error below what was counted.
const CAUTION: f64 = 1.0;
/// A threshold is believed only when so many different stories above it were examined: the precision of fewer could be anything, as
/// the threshold is the best of all that were tried. With fewer, every answer is "unsure".
pub const FEWEST_STORIES: u32 = 30;
/// Sums of parts of stories are whole up to this.
const ROUNDING: f64 = 1e-6;
/// Parts of the labels that may be known too little of to be trusted.
const TRUSTED: [f64; 6] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75];
/// A threshold that no probability reaches.
const NEVER: f32 = 2.0;

impl Calibration {
    /// Learns temperature and threshold, the latter such that of the answered ones `precision` are right.
    pub(super) fn learn(outcomes: &[Outcome], precision: f64) -> (Self, Measured) {
        let temperature = single(temperature(outcomes));
        let familiar = known_of(outcomes, 0.01);
        let mut calibration = Self { temperature, threshold: NEVER, familiar, trusted: familiar };
        calibration.trusted = calibration.most_trusted(outcomes);
        let mut scored: Vec<Scored> = outcomes.iter().map(|outcome| calibration.score(outcome)).collect();
        scored.sort_unstable_by(|a, b| b.probability.total_cmp(&a.probability));
        let (mut count, mut right) = (0.0, 0.0);
        for same in scored.chunk_by(|a, b| a.probability.total_cmp(&b.probability).is_eq()) {
            count += weight(same.iter().filter(|one| one.familiar));
            right += weight(same.iter().filter(|one| one.familiar && one.right));
            if count + ROUNDING >= f64::from(FEWEST_STORIES)
                && lower_bound(right.min(count), count) >= precision
                && let Some(one) = same.first()
            {
                calibration.threshold = one.probability;
            }
        }
        (calibration, measure(&scored, calibration.threshold))
    }

    /// How much of a text must be known for its probabilities to hold: of some quantiles of the stories, with the first hundredth as
    /// the least, the one with the smallest negative log-likelihood.
    fn most_trusted(self, outcomes: &[Outcome]) -> f32 {
        let loss = |trusted: f32| {
            let calibration = Self { trusted, ..self };
            let one = |outcome: &Outcome| {
                let mut scores = outcome.scores.clone();
                calibration.probabilities(&mut scores, outcome.known);
                let right = scores.get(outcome.class).copied().unwrap_or(0.0);
                -f64::from(right.max(1e-6)).ln() * outcome.weight
            };
            outcomes.iter().map(one).sum::<f64>()
        };
        let wishes = TRUSTED.map(|part| known_of(outcomes, part));
        let best = wishes.into_iter().map(|wish| (loss(wish), wish)).min_by(|a, b| a.0.total_cmp(&b.0));
        best.map_or(self.familiar, |(_, wish)| wish)
    }

    /// Turns the scores of a text of which so much is known into probabilities, in place.
    pub(super) fn probabilities(self, scores: &mut [f32], known: f32) {
        let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for score in &mut *scores {
            *score = ((*score - largest) / self.temperature).exp();
            sum += *score;
        }
        let trust = if known < self.trusted { known / self.trusted } else { 1.0 };
        let any = (1.0 - trust) / single(len(scores.len().max(1)));
        for score in scores {
            *score = *score / sum * trust + any;
        }
    }

    fn score(self, outcome: &Outcome) -> Scored {
        let (class, probability) = self.best(&outcome.scores, outcome.known);
        let (right, familiar) = (class == outcome.class, outcome.known >= self.familiar);
        Scored { probability, right, familiar, weight: outcome.weight }
    }

    fn best(self, scores: &[f32], known: f32) -> (usize, f32) {
        let mut probabilities = scores.to_vec();
        self.probabilities(&mut probabilities, known);
        let best = probabilities.into_iter().enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
        best.unwrap_or((0, 0.0))
    }
}

/// The most probable type of a text, judged.
#[derive(Debug, Clone, Copy)]
struct Scored {
    probability: f32,
    right: bool,
    familiar: bool,
    weight: f64,
}

/// How many stories these are.
fn weight<'s>(scored: impl Iterator<Item = &'s Scored>) -> f64 {
    scored.map(|one| one.weight).sum()
}

/// How much of a text is known in all but this part of the stories, the strangest.
fn known_of(outcomes: &[Outcome], part: f64) -> f32 {
    let mut known: Vec<(f32, f64)> = outcomes.iter().map(|outcome| (outcome.known, outcome.weight)).collect();
    known.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let strangest = part * known.iter().map(|(_, weight)| weight).sum::<f64>() + ROUNDING;
    let mut before = 0.0;
    let within = |(_, weight): &&(f32, f64)| {
        before += weight;
        before <= strangest
    };
    let place = known.iter().take_while(within).count();
    known.get(place).map_or(0.0, |(known, _)| *known)
}

/// Counts what a threshold does.
fn measure(scored: &[Scored], threshold: f32) -> Measured {
    let share = |part: f64, whole: f64| if whole > 0.0 { single(part / whole) } else { 0.0 };
    let (all, right) = (weight(scored.iter()), weight(scored.iter().filter(|one| one.right)));
    let answered = || scored.iter().filter(|one| one.familiar && one.probability >= threshold);
    Measured {
        labels: u32::try_from(scored.len()).unwrap_or(u32::MAX),
        accuracy: share(right, all),
        calibration_error: calibration_error(
            scored.iter().map(|one| (one.probability, one.right, one.weight)),
        ),
        answered: share(weight(answered()), all),
        precision: share(weight(answered().filter(|one| one.right)), weight(answered())),
    }
}

/// `Σ |right − confidence|` over bins of equal width, weighted by how many fall into each; of probabilities, whether
/// what they stood for was right, and how much each counts.
pub(super) fn calibration_error(scored: impl Iterator<Item = (f32, bool, f64)>) -> f32 {
    let (mut gaps, mut all) = ([0.0_f64; BINS], 0.0);
    for (probability, right, weight) in scored {
        all += weight;
        let probability = f64::from(probability);
        let bin = (1..BINS).filter(|edge| probability > len(*edge) / len(BINS)).count();
        if let Some(gap) = gaps.get_mut(bin) {
            *gap += (f64::from(u8::from(right)) - probability) * weight;
        }
    }
    if all > 0.0 { single(gaps.iter().map(|gap| gap.abs()).sum::<f64>() / all) } else { 0.0 }
}

/// The temperature with the smallest negative log-likelihood, by golden section over its logarithm, in which it has
/// one minimum.
fn temperature(outcomes: &[Outcome]) -> f64 {
    const ROUNDS: u32 = 40;
    let shrink = (5.0_f64.sqrt() - 1.0) / 2.0;
    let one = |outcome: &Outcome, log: f64| surprise(outcome, log.exp()) * outcome.weight;
    let loss = |log: f64| outcomes.iter().map(|outcome| one(outcome, log)).sum::<f64>();
    let (mut low, mut high) = (TEMPERATURES.0.ln(), TEMPERATURES.1.ln());
    let (mut left, mut right) = (high - shrink * (high - low), low + shrink * (high - low));
    let (mut at_left, mut at_right) = (loss(left), loss(right));
    for _ in 0..ROUNDS {
        if at_left < at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - shrink * (high - low);
            at_left = loss(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + shrink * (high - low);
            at_right = loss(right);
        }
    }
    f64::midpoint(low, high).exp()
}

/// The negative logarithm of the probability of what was true.
fn surprise(outcome: &Outcome, temperature: f64) -> f64 {
    let scaled = || outcome.scores.iter().map(|score| f64::from(*score) / temperature);
    let largest = scaled().fold(f64::NEG_INFINITY, f64::max);
    let log_sum = scaled().map(|score| (score - largest).exp()).sum::<f64>().ln() + largest;
    log_sum - scaled().nth(outcome.class).unwrap_or(largest)
}

/// The lower end of Wilson's interval for a share (Wilson, JASA 1927), `CAUTION` standard errors down.
fn lower_bound(right: f64, count: f64) -> f64 {
    let (share, z2) = (right / count, CAUTION * CAUTION);
    let spread = CAUTION * (share * (1.0 - share) / count + z2 / (4.0 * count * count)).sqrt();
    (share + z2 / (2.0 * count) - spread) / (1.0 + z2 / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two types; the first gets `score`, the second nothing.
    fn outcome(score: f32, class: usize) -> Outcome {
        Outcome { class, scores: vec![score, 0.0], known: 1.0, weight: 1.0 }
    }

    #[test]
    fn the_temperature_makes_shares_true() {
        // Of texts with a score of one, four in five are of the first type: softmax(1 / T) must say 0.8.
        let outcomes: Vec<_> = (0..100).map(|i| outcome(1.0, usize::from(i % 5 == 0))).collect();
        let (calibration, measured) = Calibration::learn(&outcomes, 0.9);
        assert!((calibration.temperature - 1.0 / 4.0_f32.ln()).abs() < 1e-3, "{calibration:?}");
        assert!(measured.calibration_error < 1e-3 && (measured.accuracy - 0.8).abs() < 1e-6);
        assert!(measured.answered + measured.precision < f32::EPSILON, "four in five are not nine in ten");
    }

    #[test]
    fn the_threshold_parts_sure_from_unsure() {
        let mut outcomes: Vec<_> = (0..200).map(|i| outcome(3.0, usize::from(i % 40 == 0))).collect();
        outcomes.extend((0..100).map(|i| outcome(0.2, usize::from(i % 2 == 0))));
        let (calibration, measured) = Calibration::learn(&outcomes, 0.95);
        assert!((measured.answered - 2.0 / 3.0).abs() < 1e-6, "{measured:?}");
        assert!((measured.precision - 0.975).abs() < 1e-6);
        assert!(calibration.best(&[3.0, 0.0], 1.0).1 >= calibration.threshold);
        assert!(calibration.best(&[0.2, 0.0], 1.0).1 < calibration.threshold);
    }

    #[test]
    fn few_stories_promise_nothing() {
        let answered = |stories: usize, precision: f64| {
            let outcomes: Vec<_> = (0..stories).map(|_| outcome(2.0, 0)).collect();
            Calibration::learn(&outcomes, precision).1.answered
        };
        // All are right, but of fewer than thirty that says little, and of thirty it does not say 98 %.
        assert!(answered(29, 0.9) < f32::EPSILON);
        assert!(answered(30, 0.9) > 1.0 - f32::EPSILON);
        assert!(answered(30, 0.98) < f32::EPSILON);
        let (calibration, measured) = Calibration::learn(&[], 0.9);
        assert_eq!((measured.labels, calibration.threshold), (0, NEVER));
    }

    #[test]
    fn a_story_that_is_told_often_counts_once() {
        // Twenty stories that are right, fifty labels each, and twenty labels of one each that are wrong with the same score.
        let often = (0..1_000).map(|_| Outcome { weight: 0.02, ..outcome(2.0, 0) });
        let outcomes: Vec<_> = often.clone().chain((0..20).map(|_| outcome(2.0, 1))).collect();
        let (calibration, measured) = Calibration::learn(&outcomes, 0.9);
        assert!((measured.accuracy - 0.5).abs() < 1e-6, "{measured:?}");
        assert!((calibration.best(&[2.0, 0.0], 1.0).1 - 0.5).abs() < 0.06, "{calibration:?}");
        // All right: a thousand labels, but twenty stories.
        let (calibration, measured) = Calibration::learn(&often.collect::<Vec<_>>(), 0.9);
        assert!((calibration.threshold - NEVER).abs() < f32::EPSILON, "{measured:?}");
    }

    #[test]
    fn what_is_stranger_than_any_label_is_not_answered() {
        let mut outcomes: Vec<_> = (0..100).map(|_| outcome(2.0, 0)).collect();
        outcomes.push(Outcome { known: 0.1, ..outcome(2.0, 1) });
        outcomes.push(Outcome { known: 0.2, ..outcome(2.0, 1) });
        let (calibration, measured) = Calibration::learn(&outcomes, 0.97);
        assert!((calibration.familiar - 0.2).abs() < 1e-6, "one in a hundred may be stranger");
        assert!((measured.answered - 101.0 / 102.0).abs() < 1e-6, "{measured:?}");
        assert!((measured.precision - 100.0 / 101.0).abs() < 1e-6);
    }

    #[test]
    fn what_is_little_known_is_less_probable() {
        // Of texts of which half is known, every other is of another type; of those that are known, none.
        let half = (0..100).map(|i| Outcome { known: 0.5, ..outcome(2.0, usize::from(i % 2 == 0)) });
        let outcomes: Vec<_> = (0..300).map(|_| outcome(2.0, 0)).chain(half).collect();
        let (calibration, _) = Calibration::learn(&outcomes, 0.9);
        let of = |known: f32| calibration.best(&[2.0, 0.0], known).1;
        assert!(
            calibration.trusted > 0.9 && of(1.0) > of(0.5) + 0.1 && of(0.5) > of(0.1) + 0.1,
            "{calibration:?}"
        );
        assert!((of(0.0) - 0.5).abs() < 1e-6, "nothing is known: any of two types");
    }

    /// At `z = 1` the lower end for n of n is n / (n + 1), by inserting into Wilson's formula.
    #[test]
    fn wilson_by_hand() {
        for count in [1.0, 9.0, 99.0] {
            assert!((lower_bound(count, count) - count / (count + 1.0)).abs() < 1e-12);
            assert!(lower_bound(0.0, count).abs() < 1e-12);
        }
        // p = 1/2, n = 4: (1/2 + 1/8 − √(1/16 + 1/64)) / (1 + 1/4).
        assert!((lower_bound(2.0, 4.0) - (0.625 - 0.078_125_f64.sqrt()) / 1.25).abs() < 1e-12);
    }
}
