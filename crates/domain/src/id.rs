//! Ids: 64 bit, ordered by time, made by the application so that a unit of work can be repeated.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::{Clock, Time};

/// Text that is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is a positive decimal number")]
pub struct ParseIdError;

/// An id type: an `i64` in SQL, a decimal string in JSON (JavaScript numbers end at 2^53).
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                match text.parse::<i64>() {
                    Ok(id) if id > 0 => Ok(Self(id)),
                    _ => Err(ParseIdError),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// A customer: one person who asks, under one or several identities.
    CustomerId,
    /// A request for help, from first words to its end.
    RequestId,
    /// Somebody who answers.
    AgentId,
    /// A group of agents.
    TeamId,
    /// A file that belongs to a message.
    AttachmentId,
    /// A piece of work that happens after the commit.
    JobId,
    /// An event that may explain how many requests there are.
    DriverId,
    /// A credential of another system.
    TokenId,
    /// A calendar at an address, from which a schedule takes its holidays.
    CalendarId,
    /// Somebody who wants to hear of the state of the desk.
    SubscriptionId,
    /// Something that a customer found wrong, until somebody has looked at it.
    ReviewId,
    /// A view of Insight that somebody kept under a name.
    DashboardId,
    /// More requests than were to be expected.
    AlarmId,
    /// What a report says, for whom and when.
    ReportId,
    /// A report that was made, or is being made.
    ReportRunId,
    /// A mail that the desk sends.
    MailId,
    /// Something that the public was told of an incident.
    IncidentUpdateId,
    /// Opening hours for some of those who ask.
    ScheduleId,
    /// A time at which something of the desk pauses.
    MaintenanceId,
    /// A time at which somebody works.
    ShiftId,
    /// A time at which somebody does not work.
    TimeOffId,
    /// A wish to hand a shift to somebody else.
    SwapId,
    /// A time in which more asked than the desk can answer, from its beginning to its end.
    SurgeId,
    /// A change of the level, or of what a person decided about it.
    SurgeChangeId,
}

/// Bits below the millisecond: a node's number and a counter.
const NODE_BITS: u32 = 5;
const COUNTER_BITS: u32 = 16;
/// 2024-01-01T00:00:00Z in milliseconds: ids count from here, which leaves 69 years.
const EPOCH_MS: i64 = 1_704_067_200_000;

/// Makes ids: 42 bits of milliseconds since 2024, 5 bits of node, 16 bits of counter. Ids of one source always
/// grow, also when the clock jumps back; sources with different node numbers never meet.
pub struct Ids {
    clock: Arc<dyn Clock>,
    node: i64,
    /// Last value handed out, without the node: milliseconds and counter.
    last: AtomicI64,
}

impl Ids {
    /// A source for `node` (0–31), which must be given to one process at a time.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, node: u8) -> Self {
        Self { clock, node: i64::from(node & 0x1f), last: AtomicI64::new(0) }
    }

    /// The number of the process that they are for.
    #[must_use]
    pub const fn node(&self) -> i64 {
        self.node
    }

    /// The next id.
    pub fn next(&self) -> i64 {
        let fresh = (self.clock.now().millis().saturating_sub(EPOCH_MS)).max(1) << COUNTER_BITS;
        let step = |last: i64| Some(fresh.max(last + 1));
        let last = match self.last.fetch_update(Ordering::SeqCst, Ordering::SeqCst, step) {
            Ok(last) | Err(last) => last,
        };
        let value = fresh.max(last + 1);
        let (millis, counter) = (value >> COUNTER_BITS, value & ((1 << COUNTER_BITS) - 1));
        (millis << (NODE_BITS + COUNTER_BITS)) | (self.node << COUNTER_BITS) | counter
    }

    /// The lowest id that a source could have made at `time`: ids below it are older.
    #[must_use]
    pub const fn floor(time: Time) -> i64 {
        let millis = time.millis() - EPOCH_MS;
        if millis <= 0 { 0 } else { millis << (NODE_BITS + COUNTER_BITS) }
    }

    /// The time inside an id: when it was made, to the millisecond.
    #[must_use]
    pub const fn time(id: i64) -> Time {
        Time(((id >> (NODE_BITS + COUNTER_BITS)) + EPOCH_MS) * 1_000)
    }
}

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ids").field("node", &self.node).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::Duration;

    use super::*;
    use crate::FrozenClock;

    #[test]
    fn ids_grow_even_when_the_clock_goes_back() {
        let clock = FrozenClock::at(Time::parse("2026-11-21T00:00:00Z").unwrap());
        let ids = Ids::new(clock.clone(), 3);
        let mut last = 0;
        for round in 0..200_000 {
            if round == 100_000 {
                clock.set(clock.now().minus(Duration::from_hours(1)));
            }
            let id = ids.next();
            assert!(id > last, "{id} after {last}");
            last = id;
        }
    }

    #[test]
    fn nodes_never_meet_and_ids_carry_the_time() {
        let clock = FrozenClock::at(Time::parse("2026-11-21T00:00:00Z").unwrap());
        let (one, two) = (Ids::new(clock.clone(), 1), Ids::new(clock.clone(), 2));
        let made: HashSet<i64> = (0..10_000).flat_map(|_| [one.next(), two.next()]).collect();
        assert_eq!(made.len(), 20_000);
        assert!(made.iter().all(|id| *id >= Ids::floor(clock.now())));
        let first = Ids::new(clock.clone(), 31).next();
        assert_eq!(Ids::time(first), clock.now());
        assert_eq!(Ids::floor(Ids::time(first)), Ids::floor(clock.now()));
    }

    #[test]
    fn json_is_a_string() {
        let id = RequestId(i64::MAX);
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"9223372036854775807\"");
        for bad in ["\"-1\"", "\"0\"", "\"12x\"", "7", "\"9223372036854775808\""] {
            assert!(serde_json::from_str::<RequestId>(bad).is_err(), "{bad}");
        }
    }
}
