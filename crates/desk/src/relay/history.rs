//! What happened in the last hours, as the board would have heard it: it measures the desk from that.

use std::collections::HashSet;
use std::time::Duration;

use standfast_domain::{RequestId, Time};
use standfast_store::{Rd, outbox, promise, request};

use crate::Error;
use crate::board::Happened;

/// How far back.
const SINCE: Duration = Duration::from_hours(3);
/// Most waits and answers: where more were in three hours, the latest are enough.
const MOST: u32 = 4_096;

/// What happened, in the order of time.
pub(super) fn list(
    rd: &mut Rd,
    waiting: &[request::Waiting],
    now: Time,
) -> Result<Vec<(Time, Happened)>, Error> {
    let since = now.minus(SINCE);
    let courses = promise::list_courses(rd, since, i64::from(MOST))?;
    let told: HashSet<(RequestId, Time)> =
        courses.iter().map(|course| (course.request_id, course.made_at)).collect();
    let mut happened = Vec::with_capacity(courses.len() * 3);
    for (id, _, turn, began) in waiting {
        // Of those who have waited for longer it is not known who was there.
        if let Some(began) = began.filter(|began| !told.contains(&(*id, *began))) {
            happened.push((began, Happened::Joined(*id, turn.is_at_risk())));
        }
    }
    for course in courses {
        happened.push((course.made_at, Happened::Present(u32::try_from(course.present).unwrap_or(0))));
        happened.push((course.made_at, Happened::Joined(course.request_id, course.at_risk)));
        if let Some(ended) = course.ended_at {
            happened.push((ended, Happened::Left(course.request_id)));
        }
    }
    for answer in outbox::list_answered(rd, since, MOST)? {
        if let Ok(by) = answer.data.parse() {
            happened.push((answer.created_at, Happened::Answered(answer.request_id, by)));
        }
    }
    // Stable: of one moment, who is there comes before who joins, and who leaves before the answer.
    happened.sort_by_key(|(at, _)| *at);
    Ok(happened)
}
