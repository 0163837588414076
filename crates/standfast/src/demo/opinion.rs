//! What the customers of the demo desk say when their request is called solved: most say nothing, as everywhere.

use std::time::Duration;

use anyhow::Context as _;
use standfast_domain::{Channel, Language, Score, Time};

use super::draw::Draw;
use super::plot::{Act, Opinion};
use super::story::Feedback;

/// Of a hundred who are asked, so many rate the help; of those who had stopped answering, so many.
const RATES: u64 = 22;
const RATES_SILENT: u64 = 4;
/// Of a hundred who rate, so many say first that it is solved; of those who do not rate, so many say just that.
const CONFIRMS: u64 = 72;
const CONFIRMS_ONLY: u64 = 9;
/// Of a hundred ratings, so many come with a reason, and so many with words.
const REASONS: u64 = 55;
const COMMENTS: u64 = 30;
/// Of a hundred who give 1 or 2, so many complain as well.
const COMPLAINS: u64 = 14;
/// How likely each score is, from 1 to 5, after a first answer within an hour, within a working day, and later.
const QUICK: [f64; 5] = [2.0, 3.0, 8.0, 31.0, 56.0];
const SLOW: [f64; 5] = [5.0, 7.0, 15.0, 38.0, 35.0];
const LATE: [f64; 5] = [14.0, 15.0, 22.0, 30.0, 19.0];
/// Minutes until somebody has looked at what was found wrong.
const REVIEWED: [f64; 2] = [240.0, 5_000.0];

/// How a request ended.
pub(super) struct Ending {
    /// When it was called solved.
    pub(super) at: Time,
    /// How long the first answer took.
    pub(super) waited: Duration,
    /// The customer had not answered any more.
    pub(super) gave_up: bool,
    pub(super) language: Language,
    pub(super) channel: Channel,
}

/// What follows an ending, in order of time.
pub(super) fn of(feedback: &Feedback, ending: &Ending, draw: &Draw) -> anyhow::Result<Vec<(Time, Act)>> {
    let Ending { channel, language, .. } = *ending;
    let mut acts = Vec::new();
    let mut at = ending.at.plus(draw.minutes(2.0, 2_400.0));
    let rates = draw.percent(if ending.gave_up { RATES_SILENT } else { RATES });
    let confirms = if rates { CONFIRMS } else { CONFIRMS_ONLY };
    let weights = match ending.waited.as_secs() / 60 {
        0..=60 => QUICK,
        61..=480 => SLOW,
        _ => LATE,
    };
    let place = draw.weighed(weights.into_iter());
    let score = Score::ALL.get(place).copied().context("a score")?;
    if draw.percent(confirms) && (!rates || !score.is_low()) && !ending.gave_up {
        acts.push((at, Act::Confirm(channel)));
        at = at.plus(draw.minutes(0.1, 1.0));
    }
    if !rates {
        return Ok(acts);
    }
    let words = if score.is_satisfied() { &feedback.comments.good } else { &feedback.comments.bad };
    let pick = |list: &Vec<String>| draw.pick(list).cloned().context("words");
    let comment = if draw.percent(COMMENTS) { pick(words.of(language))? } else { String::new() };
    let reason = draw.pick(score.reasons()).copied().filter(|_| draw.percent(REASONS));
    acts.push((at, Act::Rate(Opinion { score, reason, comment }, channel)));
    if score.is_low() {
        if draw.percent(COMPLAINS) {
            at = at.plus(draw.minutes(1.0, 5.0));
            acts.push((at, Act::Complain(pick(feedback.complaints.of(language))?, channel)));
        }
        let [low, high] = REVIEWED;
        acts.push((at.plus(draw.minutes(low, high)), Act::Review(pick(feedback.notes.of(language))?)));
    }
    Ok(acts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::story::Content;

    #[test]
    fn about_a_fifth_rates_and_who_waited_long_is_less_content() {
        let feedback = Content::load().unwrap().feedback;
        let draw = Draw::new(3);
        let scores = |minutes: u64| -> Vec<i64> {
            let ending = Ending {
                at: Time(0),
                waited: Duration::from_mins(minutes),
                gave_up: false,
                language: Language::Chinese,
                channel: Channel::Widget,
            };
            let all = (0..3_000).flat_map(|_| of(&feedback, &ending, &draw).unwrap());
            let score = |(_, act)| match act {
                Act::Rate(opinion, _) => Some(opinion.score.get()),
                _ => None,
            };
            all.filter_map(score).collect()
        };
        let (quick, late) = (scores(20), scores(2_000));
        for scores in [&quick, &late] {
            assert!((540..=780).contains(&scores.len()), "{} of 3,000", scores.len());
        }
        let content =
            |scores: &[i64]| scores.iter().filter(|score| **score >= 4).count() * 100 / scores.len();
        assert!(content(&quick) > content(&late) + 15, "{} and {}", content(&quick), content(&late));
    }
}
