//! How long an answer takes.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;
use standfast_domain::{AgentId, Time};
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
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct HandlingView {
    /// Seconds of work for one answer, on average.
    pub seconds: f64,
    /// Answers of the last four weeks that it was measured on. Below 50 it is not known, and 240 seconds are taken.
    pub answers: u32,
}

/// What was measured: from when somebody could begin, which is when the user began to wait or when the same agent had given the
/// answer before, until the answer was there.
pub(super) fn measured(rd: &mut Rd, now: Time) -> Result<HandlingView, Error> {
    let mut last: HashMap<AgentId, Time> = HashMap::new();
    let (mut sum, mut answers) = (0.0, 0);
    for (made_at, ended_at, agent) in promise::list_answered(rd, now.minus(PAST), MOST)? {
        let before = last.insert(agent, ended_at);
        let began = before.map_or(made_at, |before| before.max(made_at));
        let seconds = ended_at.since(began).as_secs_f64();
        // Whoever comes first in the morning did not begin in the evening.
        if (SHORTEST..=LONGEST).contains(&seconds) {
            sum += seconds;
            answers += 1;
        }
    }
    let seconds = if answers < FEWEST { ASSUMED } else { sum / f64::from(answers) };
    Ok(HandlingView { seconds, answers })
}
