//! Limits per identity and per network.
//!
//! A limit is the generic cell rate algorithm (ITU-T I.371): per key one number, the time at which the key would have
//! used up its steady rate. Memory is bounded: when a table is full of keys in use, further keys share a few thousand
//! cells among them, so that a flood of made-up identities limits itself and not those who were there before.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::Arc;
use std::time::Duration;

use metrics::counter;
use parking_lot::Mutex;
use standfast_domain::Clock;

use crate::config::{Rate, Rates};
use crate::network::Network;
use crate::problem::Problem;

const SHARDS: usize = 16;
const KEYS_PER_SHARD: usize = 8_192;
/// Keys below this are the shared cells of a full table.
const SHARED_CELLS: u64 = 256;

/// What a limit counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Kind {
    Intake,
    IntakeAtRisk,
    Upload,
    Read,
    SignIn,
    Ping,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::IntakeAtRisk => "intake_at_risk",
            Self::Upload => "upload",
            Self::Read => "read",
            Self::SignIn => "sign_in",
            Self::Ping => "ping",
        }
    }
}

/// The table of limits.
pub(crate) struct Limits {
    clock: Arc<dyn Clock>,
    rates: Rates,
    hasher: RandomState,
    shards: Vec<Mutex<HashMap<u64, u64>>>,
}

impl Limits {
    #[expect(
        clippy::disallowed_methods,
        reason = "callers choose what is hashed: nobody may foresee what falls together"
    )]
    pub(crate) fn new(clock: Arc<dyn Clock>, rates: Rates) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::new(HashMap::new())).collect();
        Self { clock, rates, hasher: RandomState::new(), shards }
    }

    /// Counts a call by `identity` from `network`; either may be unknown. Refused calls are not counted.
    pub(crate) fn check(
        &self,
        kind: Kind,
        identity: Option<&str>,
        network: Option<Network>,
    ) -> Result<(), Problem> {
        let rates = &self.rates;
        let (of_identity, of_network) = match kind {
            Kind::Intake => (rates.intake, rates.intake_network),
            Kind::IntakeAtRisk => (rates.intake_at_risk, rates.intake_at_risk_network),
            Kind::Upload => (rates.upload, rates.upload_network),
            Kind::Read => (rates.read, rates.read_network),
            Kind::SignIn => (rates.sign_in, rates.sign_in_network),
            // Nobody is known by a ping.
            Kind::Ping => (rates.ping_network, rates.ping_network),
        };
        if let Some(identity) = identity {
            self.take(&(kind, "identity", identity), of_identity)
                .map_err(|wait| refuse(kind, "identity", wait))?;
        }
        if let Some(network) = network {
            self.take(&(kind, "network", network), of_network)
                .map_err(|wait| refuse(kind, "network", wait))?;
        }
        Ok(())
    }

    /// Takes one from the key's allowance, or says how long to wait for it.
    fn take(&self, key: &impl Hash, rate: Rate) -> Result<(), Duration> {
        if rate.per_minute == 0 {
            return Ok(());
        }
        let hash = self.hasher.hash_one(key);
        let interval = 60_000_000 / u64::from(rate.per_minute);
        let tolerance = interval * u64::from(rate.burst.max(1));
        let now = u64::try_from(self.clock.monotonic().as_micros()).unwrap_or(u64::MAX);
        #[expect(clippy::cast_possible_truncation, reason = "less than SHARDS")]
        let Some(shard) = self.shards.get((hash % SHARDS as u64) as usize) else { return Ok(()) };
        let mut cells = shard.lock();
        let mut key = hash.max(SHARED_CELLS);
        if cells.len() >= KEYS_PER_SHARD && !cells.contains_key(&key) {
            cells.retain(|_, due| *due > now);
            if cells.len() >= KEYS_PER_SHARD {
                key = (hash >> 8) % SHARED_CELLS;
            }
        }
        let due = cells.entry(key).or_insert(0);
        let next = (*due).max(now) + interval;
        if next - now > tolerance {
            return Err(Duration::from_micros(next - now - tolerance));
        }
        *due = next;
        Ok(())
    }

    #[cfg(test)]
    fn keys(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }
}

fn refuse(kind: Kind, of: &'static str, wait: Duration) -> Problem {
    counter!("standfast_limited_total", "kind" => kind.name(), "of" => of).increment(1);
    Problem::new("too_many_calls").retry_after(wait.as_secs() + 1)
}

#[cfg(test)]
mod tests {
    use standfast_domain::{FrozenClock, Time};

    use super::*;

    fn limits(rates: Rates) -> (Arc<FrozenClock>, Limits) {
        let clock = FrozenClock::at(Time(1_000_000_000));
        let limits = Limits::new(clock.clone(), rates);
        (clock, limits)
    }

    #[test]
    fn a_burst_then_a_rate() {
        let (clock, limits) = limits(Rates { intake: Rate::new(3, 60), ..Rates::default() });
        let send = || limits.check(Kind::Intake, Some("v:1"), None).is_ok();
        assert_eq!([send(), send(), send(), send()], [true, true, true, false]);
        clock.advance(Duration::from_secs(1));
        assert_eq!([send(), send()], [true, false]);
        clock.advance(Duration::from_hours(1));
        assert_eq!([send(), send(), send(), send()], [true, true, true, false]);
        assert!(limits.check(Kind::Intake, Some("v:2"), None).is_ok(), "others are not concerned");
    }

    #[test]
    fn assets_at_risk_are_counted_apart() {
        let (_, limits) = limits(Rates { intake: Rate::new(1, 1), ..Rates::default() });
        assert!(limits.check(Kind::Intake, Some("v:1"), None).is_ok());
        assert!(limits.check(Kind::Intake, Some("v:1"), None).is_err());
        assert!(limits.check(Kind::IntakeAtRisk, Some("v:1"), None).is_ok());
    }

    #[test]
    fn networks_have_limits_of_their_own() {
        let (_, limits) = limits(Rates { intake_network: Rate::new(2, 1), ..Rates::default() });
        let from = |n, who: &str| limits.check(Kind::Intake, Some(who), Some(Network::V4(n))).is_ok();
        assert_eq!([from(1, "a"), from(1, "b"), from(1, "c"), from(2, "c")], [true, true, false, true]);
    }

    #[test]
    fn memory_is_bounded_and_old_keys_keep_their_cells() {
        let (clock, limits) = limits(Rates { read: Rate::new(2, 1), ..Rates::default() });
        assert!(limits.check(Kind::Read, Some("first"), None).is_ok());
        for n in 0..400_000 {
            let _ = limits.check(Kind::Read, Some(&n.to_string()), None);
        }
        assert!(limits.keys() <= SHARDS * (KEYS_PER_SHARD + 256));
        assert!(limits.check(Kind::Read, Some("first"), None).is_ok());
        assert!(limits.check(Kind::Read, Some("first"), None).is_err());
        clock.advance(Duration::from_hours(1));
        assert!((0..100).all(|n| limits.check(Kind::Read, Some(&format!("later {n}")), None).is_ok()));
    }
}
