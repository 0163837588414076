//! One request as it is counted, read from the store's row. Times are kept to the second: every instant is cut off to
//! its second first, and everything after that is exact.

use standfast_domain::{AgentId, Channel, CustomerId, RequestId, Resolution, State, TeamId, Time};
use standfast_store::fact::FactRow;

use crate::block::{Course, Feedback, History, Reading, Tally};
use crate::contact::within;
use crate::place::Place;

/// The tag that marks a request as a test of the desk.
const TEST: &str = "test";

/// Stands for a duration that has not ended.
pub(crate) const NEVER: u32 = u32::MAX;

/// How a request counts, by the number of its place here; see [`counting`].
pub(crate) const COUNTINGS: &[&str] = &["counted", "spam", "merged", "test"];
/// The place of what is counted.
pub(crate) const COUNTED: u8 = 0;

/// How long a customer had been known when the request came, by the number of its place here: names, and the days from
/// which each begins.
pub(crate) const COHORTS: [(&str, i64); 6] = [
    ("day_0", 0),
    ("days_1_6", 1),
    ("days_7_29", 7),
    ("days_30_89", 30),
    ("days_90_364", 90),
    ("days_365", 365),
];

/// What is known of the last time that a request was called solved, by the number of its place here.
pub(crate) const RESOLUTIONS: &[&str] = &["none", "claimed", "confirmed", "assumed", "repudiated"];
/// Ratings by their score, which is the number of its place here.
pub(crate) const SCORES: &[&str] = &["none", "1", "2", "3", "4", "5"];
/// Which tier of the desk it reached, by the number of its place here: how often it went from one team to another.
pub(crate) const TIERS: &[&str] = &["first", "second", "third", "unknown"];

/// Why it was rated so, by the number of its place here.
pub(crate) const REASONS: &[&str] = &[
    "none",
    "slow",
    "not_solved",
    "unclear",
    "repeated",
    "unfriendly",
    "fast",
    "solved",
    "clear",
    "friendly",
];

const DAY: i64 = 86_400;

/// Handling times are kept in steps that grow with them, so that a row's takes one byte: up to so many seconds, in steps of so
/// many. What nobody measures to the second is not told to it either.
const STEPS: [(i64, i64); 4] = [(600, 5), (3_600, 60), (14_400, 300), (LONGEST, 3_600)];
/// Whatever took longer took this long.
const LONGEST: i64 = 61_200;

/// Seconds that people had a request in hand, to the nearest step; 0 where it was not told.
pub(crate) fn worked(told: Option<i64>) -> u16 {
    let Some(seconds) = told.filter(|seconds| *seconds > 0) else { return 0 };
    let step = |(_, step): &(i64, i64)| ((seconds + step / 2) / step * step).max(*step);
    let rounded = STEPS.iter().find(|(most, _)| seconds <= *most).map_or(LONGEST, step);
    u16::try_from(rounded).unwrap_or(u16::MAX)
}

/// The place of the tier that a request reached.
const fn tier(is_imported: bool, escalations: i64) -> u8 {
    match escalations {
        // No history that is read says who passed a request on to whom.
        _ if is_imported => 3,
        ..=0 => 0,
        1 => 1,
        _ => 2,
    }
}

/// A request as it is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) id: RequestId,
    pub(crate) customer: CustomerId,
    /// Seconds since 1970.
    pub(crate) created: u32,
    /// Seconds until the first reply, until it was first called solved, and until it ended; [`NEVER`] when not.
    pub(crate) response: u32,
    pub(crate) resolution: u32,
    pub(crate) end: u32,
    /// Seconds until a bot first answered.
    pub(crate) bot: u32,
    pub(crate) kind: String,
    pub(crate) urgency: u8,
    pub(crate) at_risk: bool,
    pub(crate) channel: String,
    pub(crate) language: String,
    pub(crate) state: String,
    pub(crate) place: Place,
    pub(crate) team: Option<TeamId>,
    pub(crate) agent: Option<AgentId>,
    pub(crate) first_agent: Option<AgentId>,
    pub(crate) solved_by: Option<AgentId>,
    /// Without the number of the state, and without what other requests decide (see [`crate::contact`]).
    pub(crate) course: Course,
    pub(crate) feedback: Feedback,
    pub(crate) tally: Tally,
    /// Seconds that people had it in hand, rounded by [`worked`]; 0 where that was not told.
    pub(crate) worked: u16,
}

/// The second of an instant.
pub(crate) fn second(time: Time) -> u32 {
    u32::try_from(time.0.div_euclid(1_000_000).max(0)).unwrap_or(u32::MAX)
}

/// Whether a request counts: spam, what goes on in another request, and tests of the desk are kept and counted apart.
pub(crate) fn counting(state: State, tags: &str) -> u8 {
    match state {
        State::Spam => 1,
        State::Merged => 2,
        _ if is_test(tags) => 3,
        _ => COUNTED,
    }
}

fn is_test(tags: &str) -> bool {
    // Most requests have no tags, and most tags no such letters.
    tags.contains(TEST)
        && serde_json::from_str::<Vec<String>>(tags).is_ok_and(|tags| tags.iter().any(|tag| tag == TEST))
}

fn cohort(created: Time, first_seen: Time) -> u8 {
    let days = (i64::from(second(created)) - i64::from(second(first_seen))) / DAY;
    let place = COHORTS.iter().rposition(|(_, from)| days >= *from).unwrap_or(0);
    u8::try_from(place).unwrap_or(0)
}

fn feedback(row: &FactRow) -> Feedback {
    let place = |list: &[&str], word: &str| {
        list.iter().position(|known| *known == word).and_then(|place| u8::try_from(place).ok()).unwrap_or(0)
    };
    Feedback {
        resolution: row.resolution.map_or(0, |state| place(RESOLUTIONS, Resolution::as_str(state))),
        score: row.score.and_then(|score| u8::try_from(score.get()).ok()).unwrap_or(0),
        reason: row.reason.as_deref().map_or(0, |reason| place(REASONS, reason)),
    }
}

/// How soon after a request was first called solved it was taken up again; see [`within`]. One of which no event says when
/// counts as taken up at once: it must not look better than it was.
fn reopened(count: i64, at: Option<Time>, created: u32, resolution: u32) -> u8 {
    if count <= 0 || resolution == NEVER {
        return 0;
    }
    let solved = created.saturating_add(resolution);
    within(at.map_or(solved, second).saturating_sub(solved))
}

/// Whether its customer came back for the first reply. Other systems of a host fetch answers without saying who read them, so
/// that what stays unread there says nothing.
fn reading(row: &FactRow) -> Reading {
    match (row.unread, row.channel) {
        _ if row.untold.is_some() || row.first_reply_at.is_none() => Reading::Untold,
        (true, Channel::Api) => Reading::Untold,
        (true, _) => Reading::Unread,
        (false, _) => Reading::Read,
    }
}

impl From<FactRow> for Fact {
    fn from(row: FactRow) -> Self {
        let created = second(row.created_at);
        let until = |time: Option<Time>| {
            time.map_or(NEVER, |time| second(time).saturating_sub(created).min(NEVER - 1))
        };
        let is_active = row.state.is_active();
        let solved_at = row.solved_at.filter(|_| !is_active);
        let ended_at = (!is_active).then(|| solved_at.or(row.closed_at).unwrap_or(row.updated_at));
        let resolution = until(row.first_solved_at.or(solved_at));
        let place = Place::of(&row.fields, &row.context, row.chain.as_deref());
        let (feedback, reading) = (feedback(&row), reading(&row));
        let few = |count: i64| u16::try_from(count.max(0)).unwrap_or(u16::MAX);
        Self {
            id: row.id,
            customer: row.customer_id,
            created,
            response: until(row.first_reply_at),
            resolution,
            end: until(ended_at),
            bot: until(row.bot_reply_at),
            kind: row.kind,
            urgency: row.urgency.0,
            at_risk: row.at_risk,
            channel: row.channel.as_str().to_owned(),
            language: row.language.as_str().to_owned(),
            state: row.state.as_str().to_owned(),
            place,
            team: row.team_id,
            agent: row.assignee_id,
            first_agent: row.first_agent_id,
            solved_by: row.solved_by_id,
            course: Course {
                counting: counting(row.state, &row.tags),
                cohort: cohort(row.created_at, row.customer_first_seen_at),
                is_answered: row.first_reply_at.is_some(),
                is_tagged: row.tags != "[]",
                is_solved: solved_at.is_some(),
                history: History::new(row.untold, row.bot_reply_at.is_some()),
                tier: tier(row.untold.is_some(), row.escalation_count),
                transfers: u8::try_from(row.transfer_count.max(0)).unwrap_or(u8::MAX),
                reopened: reopened(row.reopen_count, row.reopened_at, created, resolution),
                ..Course::default()
            },
            feedback,
            tally: Tally { replies: few(row.reply_count), follow_ups: few(row.follow_up_count), reading },
            worked: worked(row.worked_s),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cohorts_are_whole_days_since_the_customer_was_first_seen() {
        let at = |days: i64, seconds: i64| Time((1_700_000_000 + days * DAY + seconds) * 1_000_000);
        for (days, seconds, name) in [
            (0, -5, "day_0"),
            (0, 0, "day_0"),
            (1, -1, "day_0"),
            (1, 0, "days_1_6"),
            (7, -1, "days_1_6"),
            (7, 0, "days_7_29"),
            (364, 0, "days_90_364"),
            (5_000, 0, "days_365"),
        ] {
            assert_eq!(COHORTS[usize::from(cohort(at(days, seconds), at(0, 0)))].0, name, "{days} {seconds}");
        }
    }

    #[test]
    fn what_the_domain_knows_of_feedback_has_a_place() {
        use standfast_domain::{REASONS_HIGH, REASONS_LOW, Score};
        assert!(Resolution::ALL.iter().map(|state| state.as_str()).eq(RESOLUTIONS.iter().skip(1).copied()));
        assert!(REASONS_LOW.iter().chain(REASONS_HIGH).eq(REASONS.iter().skip(1)));
        assert!(Score::ALL.iter().map(|score| score.get().to_string()).eq(SCORES.iter().skip(1).copied()));
    }

    #[test]
    fn what_is_no_request_for_help_counts_apart() {
        for (state, tags, name) in [
            (State::Open, "[]", "counted"),
            (State::Spam, "[\"test\"]", "spam"),
            (State::Merged, "[]", "merged"),
            (State::Closed, "[\"vip\",\"test\"]", "test"),
            (State::Closed, "[\"testnet\"]", "counted"),
            (State::Closed, "broken", "counted"),
        ] {
            assert_eq!(COUNTINGS[usize::from(counting(state, tags))], name, "{state:?} {tags}");
        }
    }
}
