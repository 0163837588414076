//! How long an answer takes.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;
use standfast_domain::planning::Settings;
use standfast_domain::{AgentId, Language, Time};
use standfast_science::credibility::{Seen, shrunk};
use standfast_store::{Rd, promise};
use utoipa::ToSchema;

use crate::Error;

/// What is looked at.
const PAST: Duration = Duration::from_hours(24 * 28);
/// Most answers that are looked at.
const MOST: i64 = 20_000;
/// Longer is no work on an answer, but a break.
const LONGEST: f64 = 30.0 * 60.0;
/// Shorter is a click.
const SHORTEST: f64 = 3.0;
/// With fewer it is not known.
const FEWEST: u32 = 50;
/// What is taken while it is not known.
const ASSUMED: f64 = 240.0;

/// How long an answer takes.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct HandlingView {
    /// Seconds of work for one answer, on average.
    pub seconds: f64,
    /// Answers of the last four weeks that it was measured on. Below 50 it is not known, and 240 seconds are taken.
    pub answers: u32,
    /// The same by language and group of types; none while it is not known.
    pub lanes: Vec<LaneHandling>,
}

/// How long an answer takes in a language, and of each language in a group of types where there are groups.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LaneHandling {
    /// The language.
    pub language: Language,
    /// The group of types: a place in the settings, or the one after the last for all other types; null where there are no groups.
    pub group: Option<usize>,
    /// Seconds of work for one answer: what was measured, and the nearer to the average of all the fewer it was measured on
    /// (`docs/dev/science.md`).
    pub seconds: f64,
    /// Answers that it was measured on.
    pub answers: u32,
}

impl HandlingView {
    /// Seconds of work for one answer to requests of a language, of which so many are of each group; where there are none, on average.
    pub(super) fn of(&self, language: Language, groups: &[f64]) -> f64 {
        self.mixed(groups.iter().enumerate().map(|(group, mean)| (language, group, *mean)))
    }

    /// The same of requests of several languages.
    pub(super) fn mixed(&self, requests: impl Iterator<Item = (Language, usize, f64)>) -> f64 {
        let of = |(language, group, mean): (Language, usize, f64)| {
            let is_it = |lane: &&LaneHandling| lane.language == language && lane.group.unwrap_or(0) == group;
            (mean, self.lanes.iter().find(is_it).map_or(self.seconds, |lane| lane.seconds))
        };
        let [all, work] =
            requests.map(of).fold([0.0; 2], |[all, work], (mean, of)| [all + mean, work + mean * of]);
        if all > 0.0 { work / all } else { self.seconds }
    }
}

/// What was measured: from when somebody could begin, which is when the user began to wait or when the same agent had given the
/// answer before, until the answer was there.
pub(super) fn measured(rd: &mut Rd, now: Time, settings: &Settings) -> Result<HandlingView, Error> {
    let mut last: HashMap<AgentId, Time> = HashMap::new();
    let groups = settings.group_count();
    let mut lanes = vec![Seen::default(); Language::ALL.len() * groups];
    for answered in promise::list_answered(rd, now.minus(PAST), MOST)? {
        let before = last.insert(answered.agent_id, answered.ended_at);
        let began = before.map_or(answered.made_at, |before| before.max(answered.made_at));
        let seconds = answered.ended_at.since(began).as_secs_f64();
        let place = Language::ALL.iter().position(|one| *one == answered.language).unwrap_or(0) * groups;
        // Whoever comes first in the morning did not begin in the evening.
        if let Some(seen) = lanes.get_mut(place + settings.group_of(&answered.kind))
            && (SHORTEST..=LONGEST).contains(&seconds)
        {
            seen.add(seconds);
        }
    }
    let all = Seen::all(&lanes);
    let answers = number(all.count);
    let Some(seconds) = all.mean().filter(|_| answers >= FEWEST) else {
        return Ok(HandlingView { seconds: ASSUMED, answers, lanes: Vec::new() });
    };
    let of = |(place, (seen, seconds)): (usize, (&Seen, f64))| {
        let language = *Language::ALL.get(place / groups)?;
        let group = (groups > 1).then_some(place % groups);
        Some(LaneHandling { language, group, seconds, answers: number(seen.count) })
    };
    let own = lanes.iter().zip(shrunk(&lanes, seconds)).enumerate().filter_map(of).collect();
    Ok(HandlingView { seconds, answers, lanes: own })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most as many as are looked at"
)]
const fn number(count: f64) -> u32 {
    count as u32
}
