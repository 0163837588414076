//! Measures: each defined once, here. What it is called, its formula in words, and what it leaves out are in `locales`
//! under its code (`figure.measure.{code}.name`, `.formula`, `.leaves_out`).
//!
//! Every measure is about a population: the requests that pass the filter, count (see [`crate::Dimension::Counting`]) and
//! meet the measure's own condition. `n` is always how many these are, and the rows behind a figure are always these.

use standfast_store::imported::Untold;

use crate::block::{Course, Feedback, Reading, Tally};
use crate::contact::{DAY, WINDOWS, WITHIN_1, WITHIN_7, WITHIN_30};
use crate::error::Error;
use crate::unit::Unit;

/// Places of [`crate::fact::RESOLUTIONS`].
const CONFIRMED: u8 = 2;
const REPUDIATED: u8 = 4;
/// Places of the tiers above the first.
const SECOND_TIERS: std::ops::RangeInclusive<u8> = 1..=2;
/// The least score of somebody who is satisfied: [`standfast_domain::Score::is_satisfied`].
const SATISFIED: u8 = 4;
/// Within so many days a request that was solved is taken up again, or counts as solved.
const REOPENING: u32 = 7;

/// A measure, with its parameter where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// How many requests came.
    Requests,
    /// How many different customers they came from.
    Customers,
    /// Requests for each customer who asked, and how many asked how often.
    RequestsPerCustomer,
    /// Further messages of customers, which are not requests of their own.
    FollowUps,
    /// Replies of agents.
    Replies,
    /// Time until the first reply of a person.
    FirstResponse,
    /// The share of requests answered by a person within so many seconds.
    ServiceLevel {
        /// Seconds.
        within: u32,
    },
    /// Opening hours until the first reply of a person.
    FirstResponseOpen,
    /// Time until the first reply of a bot, of those that one answered.
    BotResponse,
    /// Time until a request was called solved for the first time.
    FirstResolution,
    /// Opening hours until then.
    FirstResolutionOpen,
    /// Time until it was called solved for the last time, of those that still are.
    FullResolution,
    /// Opening hours until then.
    FullResolutionOpen,
    /// Requests that had come and not ended at the end of each stretch of time.
    Backlog,
    /// Requests that came and requests that ended.
    Flow,
    /// The share of requests solved at least [`REOPENING`] days ago that took one reply and were not taken up again within
    /// so many days.
    OneContact,
    /// The share of requests solved at least so many days ago that were taken up again within so many days.
    Reopened {
        /// 1, 7 or 30.
        days: u32,
    },
    /// The share of requests whose customer came back with the same type within so many days.
    RepeatContact {
        /// 1, 7 or 30.
        days: u32,
    },
    /// How many were called solved, and with that their customers asked.
    CalledSolved,
    /// The share of these whose customer says so too.
    Confirmed,
    /// The share of these that were not solved.
    Repudiated,
    /// How many were rated.
    Rated,
    /// The share of those asked that were rated.
    ResponseRate,
    /// The share of ratings that are 4 or 5.
    Satisfied,
    /// The share that went from one agent or team to another.
    Transferred,
    /// How often requests went from one agent or team to another.
    Transfers,
    /// The share that went from one team to another.
    Escalated,
    /// The share with assets at risk.
    AtRisk,
    /// How long people had a request in hand, all who worked on it together.
    HandlingTime,
    /// The share of first replies, at least a day old, for which the customer never came back.
    Abandoned,
    /// Requests for each thousand active users and day.
    ContactRate,
}

/// Which time a measure goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeBase {
    /// A request counts where it came; durations are calendar time, nights and holidays included, unless the measure's
    /// name says otherwise.
    Created,
    /// Coming counts where it came, ending where it ended.
    CreatedAndEnded,
    /// What is the case at an instant.
    Instant,
}

/// A column of durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duration {
    /// Until the first reply of a person.
    FirstResponse,
    /// Until the first reply of a bot.
    BotResponse,
    /// Until it was first called solved.
    FirstResolution,
    /// Until it was called solved for good.
    FullResolution,
    /// In somebody's hands.
    Handling,
}

/// What a duration is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lapse {
    /// Calendar time, nights and holidays included.
    Calendar,
    /// Only the time at which the desk was open for whoever asked, by the hours that were meant for them.
    Open,
}

/// A condition on a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Condition {
    Course(fn(&Course) -> bool),
    Tally(fn(&Tally) -> bool),
    Feedback(fn(&Feedback) -> bool),
    AtRisk,
    /// Answered within so many seconds.
    AnsweredWithin(u32),
    /// Came at least so many seconds before now.
    OlderThan(u32),
    /// Was first called solved at least so many seconds before now.
    SolvedFor(u32),
    /// Was first answered at least so many seconds before now.
    AnsweredFor(u32),
    /// It was told how long somebody had it in hand.
    HasHandling,
    /// There were opening hours for whoever asked, when they did.
    HasHours,
}

/// Whether, and when, it was answered must be known.
const ANSWER: Condition = Condition::Course(|course| course.tells(Untold::ANSWER));
/// Whether it was taken up again must be known.
const REOPENS: Condition = Condition::Course(|course| course.tells(Untold::REOPENS));

/// A number on a row that is added up.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Amount {
    Tally(fn(&Tally) -> u16),
    Course(fn(&Course) -> u8),
}

/// How a measure is made of rows.
#[derive(Clone, Debug)]
pub(crate) enum Recipe {
    /// How many rows there are.
    Count,
    /// How many of the population meet these.
    Share(Vec<Condition>),
    /// What is added up.
    Sum(Amount),
    /// The distribution of durations; rows without one are pending.
    Spread(Duration, Lapse),
    /// Different customers, and whether also how often each of them is there.
    Customers { often: bool },
    /// Open rows at instants.
    Backlog,
    /// Rows that came and rows that ended.
    Flow,
    /// Rows for each thousand users and day.
    Rate,
}

impl Measure {
    /// Every measure, with the usual parameters.
    pub const ALL: [Self; 31] = [
        Self::Requests,
        Self::Customers,
        Self::RequestsPerCustomer,
        Self::ContactRate,
        Self::FollowUps,
        Self::Replies,
        Self::FirstResponse,
        Self::FirstResponseOpen,
        Self::ServiceLevel { within: 3_600 },
        Self::BotResponse,
        Self::FirstResolution,
        Self::FirstResolutionOpen,
        Self::FullResolution,
        Self::FullResolutionOpen,
        Self::Backlog,
        Self::Flow,
        Self::HandlingTime,
        Self::Abandoned,
        Self::OneContact,
        Self::Reopened { days: REOPENING },
        Self::RepeatContact { days: 7 },
        Self::CalledSolved,
        Self::Confirmed,
        Self::Repudiated,
        Self::Rated,
        Self::ResponseRate,
        Self::Satisfied,
        Self::Transferred,
        Self::Transfers,
        Self::Escalated,
        Self::AtRisk,
    ];

    /// The name in JSON and in `locales`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Customers => "customers",
            Self::RequestsPerCustomer => "requests_per_customer",
            Self::FollowUps => "follow_ups",
            Self::Replies => "replies",
            Self::FirstResponse => "first_response",
            Self::FirstResponseOpen => "first_response_open",
            Self::ServiceLevel { .. } => "service_level",
            Self::BotResponse => "bot_response",
            Self::FirstResolution => "first_resolution",
            Self::FirstResolutionOpen => "first_resolution_open",
            Self::FullResolution => "full_resolution",
            Self::FullResolutionOpen => "full_resolution_open",
            Self::Backlog => "backlog",
            Self::Flow => "flow",
            Self::OneContact => "one_contact",
            Self::Reopened { .. } => "reopened",
            Self::RepeatContact { .. } => "repeat_contact",
            Self::CalledSolved => "called_solved",
            Self::Confirmed => "confirmed",
            Self::Repudiated => "repudiated",
            Self::Rated => "rated",
            Self::ResponseRate => "response_rate",
            Self::Satisfied => "satisfied",
            Self::Transferred => "transferred",
            Self::Transfers => "transfers",
            Self::Escalated => "escalated",
            Self::AtRisk => "at_risk",
            Self::HandlingTime => "handling_time",
            Self::Abandoned => "abandoned",
            Self::ContactRate => "contact_rate",
        }
    }

    /// The measure with this name and these parameters; usual ones where there are none.
    pub fn parse(code: &str, within: Option<u32>, days: Option<u32>) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|measure| measure.code() == code);
        match found.ok_or(Error::invalid("measure", "unknown"))? {
            Self::ServiceLevel { within: usual } => match within.unwrap_or(usual) {
                0 => Err(Error::invalid("within", "malformed")),
                within => Ok(Self::ServiceLevel { within }),
            },
            Self::RepeatContact { days: usual } => {
                Ok(Self::RepeatContact { days: window(days.unwrap_or(usual))? })
            }
            Self::Reopened { days: usual } => Ok(Self::Reopened { days: window(days.unwrap_or(usual))? }),
            measure => Ok(measure),
        }
    }

    /// What kind of number it gives.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Requests | Self::Backlog | Self::Flow | Self::CalledSolved | Self::Rated => Unit::Requests,
            Self::Customers => Unit::Customers,
            Self::RequestsPerCustomer => Unit::RequestsPerCustomer,
            Self::FollowUps | Self::Replies => Unit::Messages,
            Self::Transfers => Unit::Transfers,
            Self::FirstResponse
            | Self::BotResponse
            | Self::FirstResolution
            | Self::FullResolution
            | Self::HandlingTime => Unit::Seconds,
            Self::FirstResponseOpen | Self::FirstResolutionOpen | Self::FullResolutionOpen => {
                Unit::OpenSeconds
            }
            Self::ServiceLevel { .. }
            | Self::Abandoned
            | Self::OneContact
            | Self::Reopened { .. }
            | Self::RepeatContact { .. }
            | Self::Confirmed
            | Self::Repudiated
            | Self::ResponseRate
            | Self::Satisfied
            | Self::Transferred
            | Self::Escalated
            | Self::AtRisk => Unit::Share,
            Self::ContactRate => Unit::PerThousandUserDays,
        }
    }

    /// How many days must have passed before it can be told of a request; younger ones are left out.
    #[must_use]
    pub const fn ripens_after(self) -> Option<u32> {
        match self {
            Self::Abandoned => Some(1),
            Self::OneContact => Some(REOPENING),
            Self::Reopened { days } | Self::RepeatContact { days } => Some(days),
            _ => None,
        }
    }

    /// Which time it goes by.
    #[must_use]
    pub const fn time_base(self) -> TimeBase {
        match self {
            Self::Backlog => TimeBase::Instant,
            Self::Flow => TimeBase::CreatedAndEnded,
            _ => TimeBase::Created,
        }
    }

    /// What a row must meet to be in the population.
    pub(crate) fn population(self) -> Vec<Condition> {
        match self {
            // Younger ones may still be answered in time: to count only those that were would be too kind.
            Self::ServiceLevel { within } => vec![Condition::OlderThan(within), ANSWER],
            Self::RepeatContact { days } => vec![Condition::OlderThan(days * DAY)],
            // Those that were solved later had less time to be taken up again.
            Self::OneContact => vec![
                Condition::SolvedFor(REOPENING * DAY),
                Condition::Course(|course| course.tells(Untold::WORDS) && course.tells(Untold::REOPENS)),
            ],
            Self::Reopened { days } => vec![Condition::SolvedFor(days * DAY), REOPENS],
            Self::FirstResponse => vec![ANSWER],
            Self::BotResponse => vec![Condition::Course(Course::is_bot_answered)],
            Self::FirstResolution | Self::FullResolution => {
                vec![Condition::Course(|course| course.tells(Untold::SOLUTION))]
            }
            Self::Replies | Self::FollowUps => vec![Condition::Course(|course| course.tells(Untold::WORDS))],
            // No history that is read says who passed a request on to whom.
            Self::Transferred | Self::Transfers | Self::Escalated => {
                vec![Condition::Course(|course| !course.is_imported())]
            }
            // Those of whom nothing is known yet stay in: to leave them out would flatter, because who is content says
            // so early, and silence is told late.
            Self::CalledSolved | Self::Confirmed | Self::Repudiated | Self::ResponseRate => {
                vec![Condition::Feedback(|feedback| feedback.is_asked())]
            }
            Self::Rated | Self::Satisfied => vec![Condition::Feedback(|feedback| feedback.is_rated())],
            Self::HandlingTime => vec![Condition::HasHandling],
            // Younger replies may still be read.
            Self::Abandoned => {
                vec![Condition::AnsweredFor(DAY), Condition::Tally(|tally| tally.reading != Reading::Untold)]
            }
            Self::FirstResponseOpen => vec![Condition::HasHours, ANSWER],
            Self::FirstResolutionOpen | Self::FullResolutionOpen => {
                vec![Condition::HasHours, Condition::Course(|course| course.tells(Untold::SOLUTION))]
            }
            _ => Vec::new(),
        }
    }

    pub(crate) fn recipe(self) -> Recipe {
        match self {
            Self::Requests | Self::CalledSolved | Self::Rated => Recipe::Count,
            Self::Customers => Recipe::Customers { often: false },
            Self::RequestsPerCustomer => Recipe::Customers { often: true },
            Self::FollowUps => Recipe::Sum(Amount::Tally(|tally| tally.follow_ups)),
            Self::Replies => Recipe::Sum(Amount::Tally(|tally| tally.replies)),
            Self::FirstResponse => Recipe::Spread(Duration::FirstResponse, Lapse::Calendar),
            Self::FirstResponseOpen => Recipe::Spread(Duration::FirstResponse, Lapse::Open),
            Self::BotResponse => Recipe::Spread(Duration::BotResponse, Lapse::Calendar),
            Self::FirstResolution => Recipe::Spread(Duration::FirstResolution, Lapse::Calendar),
            Self::FirstResolutionOpen => Recipe::Spread(Duration::FirstResolution, Lapse::Open),
            Self::FullResolution => Recipe::Spread(Duration::FullResolution, Lapse::Calendar),
            Self::FullResolutionOpen => Recipe::Spread(Duration::FullResolution, Lapse::Open),
            Self::HandlingTime => Recipe::Spread(Duration::Handling, Lapse::Calendar),
            Self::ServiceLevel { within } => Recipe::Share(vec![Condition::AnsweredWithin(within)]),
            Self::Abandoned => {
                Recipe::Share(vec![Condition::Tally(|tally| tally.reading == Reading::Unread)])
            }
            Self::OneContact => Recipe::Share(vec![
                Condition::Tally(|tally| tally.replies == 1),
                Condition::Course(|course| course.reopened < WITHIN_7),
            ]),
            Self::Reopened { days } => Recipe::Share(vec![Condition::Course(match days {
                1 => |course| course.reopened >= WITHIN_1,
                7 => |course| course.reopened >= WITHIN_7,
                _ => |course| course.reopened >= WITHIN_30,
            })]),
            Self::RepeatContact { days } => Recipe::Share(vec![Condition::Course(match days {
                1 => |course| course.next >= WITHIN_1,
                7 => |course| course.next >= WITHIN_7,
                _ => |course| course.next >= WITHIN_30,
            })]),
            Self::Confirmed => {
                Recipe::Share(vec![Condition::Feedback(|feedback| feedback.resolution == CONFIRMED)])
            }
            Self::Repudiated => {
                Recipe::Share(vec![Condition::Feedback(|feedback| feedback.resolution == REPUDIATED)])
            }
            Self::ResponseRate => Recipe::Share(vec![Condition::Feedback(|feedback| feedback.is_rated())]),
            Self::Satisfied => {
                Recipe::Share(vec![Condition::Feedback(|feedback| feedback.score >= SATISFIED)])
            }
            Self::Transferred => Recipe::Share(vec![Condition::Course(|course| course.transfers > 0)]),
            Self::Transfers => Recipe::Sum(Amount::Course(|course| course.transfers)),
            Self::Escalated => {
                Recipe::Share(vec![Condition::Course(|course| SECOND_TIERS.contains(&course.tier))])
            }
            Self::AtRisk => Recipe::Share(vec![Condition::AtRisk]),
            Self::Backlog => Recipe::Backlog,
            Self::Flow => Recipe::Flow,
            Self::ContactRate => Recipe::Rate,
        }
    }
}

fn window(days: u32) -> Result<u32, Error> {
    let known = WINDOWS.iter().any(|(window, _)| *window == days);
    if known { Ok(days) } else { Err(Error::invalid("days", "unknown")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_found_by_their_names() {
        for measure in Measure::ALL {
            assert_eq!(Measure::parse(measure.code(), None, None), Ok(measure));
        }
        assert_eq!(Measure::parse("service_level", Some(60), None), Ok(Measure::ServiceLevel { within: 60 }));
        for (code, within, days) in [
            ("mean", None, None),
            ("service_level", Some(0), None),
            ("repeat_contact", None, Some(8)),
            ("reopened", None, Some(0)),
        ] {
            assert!(Measure::parse(code, within, days).is_err(), "{code}");
        }
    }

    /// Of the requests of every day the same share is taken up again four days after it was solved. Whoever looks at them
    /// by day must not see them become better towards today.
    #[test]
    fn a_steady_share_of_reopened_requests_stays_steady() {
        use standfast_domain::{State, Time};

        use crate::reference::facts_of;
        use crate::{Figure, Grouping, Query, Step, answer};

        let (day, mut rows) = (i64::from(DAY), Vec::new());
        let begin = (1_763_000_000 / day + 1) * day;
        for number in 0..40 * 5_i64 {
            let came = begin + number / 5 * day + number % 5;
            let (solved, now) = (came + 3_600, begin + 40 * day);
            let again = Some(solved + 4 * day).filter(|again| number % 5 == 0 && *again < now);
            let mut row = crate::uses::tests::row(came - 1_763_000_000, State::Solved, "7.1.0", "swap");
            row.first_solved_at = Some(Time(solved * 1_000_000));
            row.solved_at = row.first_solved_at.filter(|_| again.is_none());
            row.state = if again.is_none() { State::Solved } else { State::Open };
            row.reopen_count = again.is_some().into();
            row.reopened_at = again.map(|again| Time(again * 1_000_000));
            row.reply_count = 1;
            rows.push(row);
        }
        let facts = facts_of(&rows, 100);
        let by_day = |measure| {
            let mut query = Query::new(measure, Time((begin + 40 * day) * 1_000_000));
            query.group = vec![Grouping::Step(Step::Day)];
            answer(&facts, &query, None, 1).unwrap()
        };
        for (measure, met) in [(Measure::Reopened { days: 7 }, 1), (Measure::OneContact, 4)] {
            let found = by_day(measure);
            let shares: Vec<_> = found.cells.iter().map(|cell| cell.figure.clone()).collect();
            assert_eq!(shares, vec![Figure::Share { n: 5, met }; 33], "{measure:?}");
            assert_eq!(found.left_out, 7 * 5);
        }
        let within_a_day = by_day(Measure::Reopened { days: 1 });
        assert_eq!(within_a_day.total, Figure::Share { n: 39 * 5, met: 0 });
    }
}
