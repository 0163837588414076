//! Counting the app's pings: how many different users a day, without keeping who.
//!
//! What the app sends of a user is hashed under a key of the day, and only what a `HyperLogLog` sketch keeps of the hash
//! stays (Flajolet et al. 2007; 4,096 registers: the standard error of an estimate is 1.04/√4096, that is 1.6 %). The key
//! is derived from the master key and random bytes in the database, and these are thrown away when the day is over: from
//! then on nobody, the desk itself included, can find out whether somebody was there.
//!
//! Every process counts in memory and merges what it has into the database each half minute, so that a crash loses at
//! most as much. Whoever uses two versions or two platforms on a day is counted for each.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use datasketches::hll::{HllSketch, HllType, HllUnion};
use parking_lot::Mutex;
use standfast_domain::{ActivitySource, Day, Dimension};
use standfast_store::activity::{self, ActiveRow};
use standfast_store::ping::{self as store, PingKey};
use standfast_store::{Lane, Tx};

use super::check_known;
use crate::{Desk, Error};

/// Logarithm of the number of registers.
const LG_K: u8 = 12;
/// Pings are merged into the database this often.
const FLUSH: Duration = Duration::from_secs(30);
/// A day's key is kept this long into the next day, for what other processes have not merged yet.
const GRACE: Duration = Duration::from_mins(15);
/// Most combinations of version, region and platform that a process tells apart on a day: anybody may make them up.
const MOST_GROUPS: usize = 1_000;

/// The app tells that somebody uses it.
#[derive(Clone, Default)]
pub struct Ping {
    /// Who: a hash that the app made of its own id, always the same for a user. Letters, digits, `-` and `_`, 16 to 64.
    pub user: String,
    /// The app's version.
    pub app_version: String,
    /// Where the user is.
    pub region: String,
    /// What the app runs on.
    pub platform: String,
}

/// A sketch of hashes.
#[derive(Clone, Debug)]
struct Sketch(HllUnion);

impl Sketch {
    fn new() -> Result<Self, Error> {
        HllUnion::new(LG_K).map(Self).map_err(|_| Error::Inconsistent("sketch"))
    }

    fn add(&mut self, hash: &[u8; 32]) {
        self.0.update_value(hash);
    }

    /// Makes it one of both: whoever is in either is in it, once.
    fn merge(&mut self, other: &[u8]) -> Result<(), Error> {
        if !other.is_empty() {
            let other = HllSketch::deserialize(other).map_err(|_| Error::Inconsistent("sketch"))?;
            self.0.update(&other);
        }
        Ok(())
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.to_sketch(HllType::Hll8).serialize()
    }

    /// How many different hashes were added, to within a few per cent. By the registers alone, whatever way they came
    /// about, so that processes agree and an estimate never falls.
    fn estimate(&self) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "an estimate of people")]
        let estimate = self.0.composite_estimate().round() as i64;
        estimate
    }
}

/// What this process has counted and not merged yet.
#[derive(Debug, Default)]
pub(crate) struct Pings(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    /// The latest day's key.
    key: Option<(Day, [u8; 32])>,
    /// Groups of that day so far, merged ones too.
    groups: BTreeSet<PingKey>,
    sketches: BTreeMap<PingKey, Sketch>,
}

impl std::fmt::Debug for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Counted").field("groups", &self.groups.len()).finish_non_exhaustive()
    }
}

impl Counted {
    fn add(&mut self, mut group: PingKey, hash: &[u8; 32]) -> Result<(), Error> {
        if !self.groups.contains(&group) {
            if self.groups.len() < MOST_GROUPS {
                self.groups.insert(group.clone());
            } else {
                // Still somebody, of whom nothing is known.
                group = PingKey {
                    day: group.day,
                    app_version: String::new(),
                    region: String::new(),
                    platform: String::new(),
                };
            }
        }
        let sketch = match self.sketches.entry(group) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(free) => free.insert(Sketch::new()?),
        };
        sketch.add(hash);
        Ok(())
    }

    /// Puts back what could not be merged.
    fn put_back(&mut self, sketches: BTreeMap<PingKey, Sketch>) {
        for (group, sketch) in sketches {
            let kept = self.sketches.remove(&group);
            let mut sketch = sketch;
            if let Some(kept) = kept {
                sketch.0.update(&kept.0.to_sketch(HllType::Hll8));
            }
            self.sketches.insert(group, sketch);
        }
    }
}

/// Counts somebody who uses the app now. Nothing of it is durable before [`flush_pings`].
pub async fn ping(desk: &Desk, told: Ping) -> Result<(), Error> {
    if !desk.settings().ping {
        return Err(Error::NotFound);
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !(16..=64).contains(&told.user.len()) || !told.user.bytes().all(plain) {
        return Err(Error::invalid("user", "malformed"));
    }
    let value = |dimension: Dimension, text: &str| {
        check_known(dimension, text).ok_or(Error::invalid(dimension.as_str(), "malformed"))
    };
    let group = PingKey {
        day: Day::of(desk.now()),
        app_version: value(Dimension::AppVersion, &told.app_version)?,
        region: value(Dimension::Region, &told.region)?,
        platform: value(Dimension::Platform, &told.platform)?,
    };
    let key = day_key(desk, group.day).await?;
    let hash = crate::keys::hmac(&key, &[told.user.as_bytes()]);
    desk.shared.pings.0.lock().add(group, &hash)
}

/// The key of a day, the same in all processes.
async fn day_key(desk: &Desk, day: Day) -> Result<[u8; 32], Error> {
    let known = desk.shared.pings.0.lock().key;
    if let Some((_, key)) = known.filter(|(known, _)| *known == day) {
        return Ok(key);
    }
    let fresh = desk.entropy().bytes::<32>();
    let salt = desk
        .store()
        .write(Lane::Background, 0, move |tx| store::salt(tx, day, &fresh).map_err(Error::from))
        .await?;
    let key = desk.keys().ping_key(&salt);
    let mut counted = desk.shared.pings.0.lock();
    if counted.key.is_none_or(|(known, _)| known < day) {
        counted.key = Some((day, key));
        counted.groups.clear();
    }
    Ok(key)
}

/// Merges what this process has counted into the database, with the estimates that follow, and throws away what days
/// that are over have left.
pub async fn flush_pings(desk: &Desk) -> Result<(), Error> {
    let sketches = std::mem::take(&mut desk.shared.pings.0.lock().sketches);
    let now = desk.now();
    let merged = if sketches.is_empty() {
        Ok(())
    } else {
        let sketches = sketches.clone();
        // One unit, in the order of the keys: processes that merge at once wait for each other and never in a ring.
        desk.store()
            .write(Lane::Background, 0, move |tx| {
                sketches.iter().try_for_each(|(group, sketch)| merge(tx, group, sketch, now))
            })
            .await
    };
    if merged.is_err() {
        desk.shared.pings.0.lock().put_back(sketches);
    }
    merged?;
    let today = Day::of(now.minus(GRACE));
    let left = desk.store().read(move |rd| store::is_kept_before(rd, today).map_err(Error::from)).await?;
    if left {
        desk.store()
            .write(Lane::Background, 0, move |tx| store::forget_before(tx, today).map_err(Error::from))
            .await?;
    }
    Ok(())
}

fn merge(tx: &mut Tx, group: &PingKey, sketch: &Sketch, now: standfast_domain::Time) -> Result<(), Error> {
    let mut sketch = sketch.clone();
    sketch.merge(&store::hold(tx, group, &[])?)?;
    store::save(tx, group, &sketch.bytes())?;
    let row = ActiveRow {
        day: group.day,
        app_version: group.app_version.clone(),
        region: group.region.clone(),
        platform: group.platform.clone(),
        users: sketch.estimate(),
    };
    activity::raise(tx, ActivitySource::Ping, &row, now).map_err(Error::from)
}

/// Merges pings each half minute until `stop` changes, and once more then.
pub async fn count_pings(desk: Desk, mut stop: tokio::sync::watch::Receiver<bool>) {
    loop {
        let stopped = *stop.borrow();
        if let Err(error) = flush_pings(&desk).await {
            tracing::warn!(code = error.code(), "pings could not be merged");
        }
        if stopped {
            return;
        }
        let _ = tokio::time::timeout(FLUSH, stop.changed()).await;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use standfast_domain::Role;
    use standfast_store::{Store, params, store_test};

    use super::*;
    use crate::testing::TestDesk;

    fn hash(number: u64) -> [u8; 32] {
        crate::keys::hmac(&[7; 32], &[&number.to_be_bytes()])
    }

    fn sketch(numbers: impl IntoIterator<Item = u64>) -> Sketch {
        let mut sketch = Sketch::new().unwrap();
        numbers.into_iter().for_each(|number| sketch.add(&hash(number)));
        sketch
    }

    #[test]
    fn estimates_are_as_close_as_is_said() {
        // 40 sets of each size: the root mean square of the relative error may not be above 1.04/√4096 by more than
        // sampling allows (its own standard error is 1/√80 of it).
        let theory = 1.04 / 64.0;
        for size in [100_u64, 5_000, 50_000] {
            let squares: f64 = (0..40_u64)
                .map(|set| {
                    let mut merged = sketch(set << 32..(set << 32) + size / 2);
                    merged.merge(&sketch((set << 32) + size / 2..(set << 32) + size).bytes()).unwrap();
                    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                    let error = merged.estimate() as f64 / size as f64 - 1.0;
                    error * error
                })
                .sum();
            let error = (squares / 40.0).sqrt();
            println!("{size}: {:.2} %", error * 100.0);
            assert!(error < theory * (1.0 + 3.0 / 80_f64.sqrt()), "{size}: {error}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn merging_is_the_same_in_any_order_and_any_number_of_times(
            parts in proptest::collection::vec(proptest::collection::vec(0..3_000_u64, 0..600), 1..5),
        ) {
            let bytes: Vec<Vec<u8>> = parts.iter().map(|part| sketch(part.iter().copied()).bytes()).collect();
            let merged = |order: &mut dyn Iterator<Item = &Vec<u8>>| {
                let mut all = Sketch::new().unwrap();
                order.for_each(|part| all.merge(part).unwrap());
                all.estimate()
            };
            let once = merged(&mut bytes.iter());
            let apart = |other: i64| (once - other).abs() <= 1 + once / 500;
            prop_assert!(apart(merged(&mut bytes.iter().rev())));
            prop_assert!(apart(merged(&mut bytes.iter().chain(&bytes))));
            let exact: BTreeSet<u64> = parts.into_iter().flatten().collect();
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let error = (once as f64 - exact.len() as f64).abs();
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let allowed = 1.0 + exact.len() as f64 * 0.0163 * 6.0;
            prop_assert!(error <= allowed, "{once} for {}", exact.len());
        }
    }

    #[test]
    fn what_is_no_sketch_is_refused() {
        assert!(Sketch::new().unwrap().merge(b"not a sketch").is_err());
        assert!(Sketch::new().unwrap().merge(b"").is_ok());
    }

    #[test]
    fn made_up_versions_end_in_one_group() {
        let mut counted = Counted::default();
        let group = |version: String| PingKey {
            day: Day(1),
            app_version: version,
            region: String::new(),
            platform: String::new(),
        };
        for number in 0..MOST_GROUPS as u64 + 500 {
            counted.add(group(format!("9.{number}")), &hash(number)).unwrap();
        }
        assert_eq!(counted.sketches.len(), MOST_GROUPS + 1);
        let rest = counted.sketches[&group(String::new())].estimate();
        assert!((490..=510).contains(&rest), "{rest}");
    }

    fn told(user: u32, version: &str) -> Ping {
        Ping { user: format!("user-{user:011}"), app_version: version.to_owned(), ..Ping::default() }
    }

    async fn rows(desk: &TestDesk, day: Day) -> Vec<(String, i64)> {
        let reader =
            crate::AgentCaller { id: standfast_domain::AgentId(1), name: String::new(), role: Role::Agent };
        let rows = super::super::active_users(desk, &reader, day).await.unwrap();
        rows.into_iter().map(|row| (row.app_version, row.users)).collect()
    }

    async fn count(store: &Store, sql: &'static str) -> i64 {
        store
            .read::<_, Error, _>(move |rd| Ok(rd.query_one(sql, params![], |row| row.get(0))?))
            .await
            .unwrap()
    }

    store_test! {
        async fn users_of_all_processes_are_counted_once_and_forgotten(store) {
            let (one, other) = (TestDesk::node(&store, 0), TestDesk::node(&store, 1));
            let today = Day::of(one.now());
            for user in 0..60 {
                ping(&one, told(user, "v7.2.0")).await.unwrap();
                ping(&one, told(user, "7.2.0")).await.unwrap();
                // Thirty of them also reach the other process.
                ping(&other, told(user + 30, "7.2.0")).await.unwrap();
            }
            ping(&other, told(1, "7.1.0")).await.unwrap();
            for desk in [&one, &other, &one] {
                flush_pings(desk).await.unwrap();
            }
            assert_eq!(rows(&one, today).await, [("7.2.0".to_owned(), 90), ("7.1.0".to_owned(), 1)]);

            // The next day has another key, and of the day before only the estimate is left.
            one.clock.set(today.plus(1).start().plus(GRACE));
            ping(&one, told(1, "7.2.0")).await.unwrap();
            flush_pings(&one).await.unwrap();
            assert_eq!(count(&store, "SELECT CAST(count(*) AS BIGINT) FROM ping").await, 1);
            assert_eq!(count(&store, "SELECT CAST(count(*) AS BIGINT) FROM ping_key").await, 1);
            // A process that was late lowers nothing.
            ping(&other, told(500, "7.2.0")).await.unwrap();
            flush_pings(&other).await.unwrap();
            assert_eq!(rows(&one, today).await[0], ("7.2.0".to_owned(), 90));
            assert_eq!(rows(&one, today.plus(1)).await, [("7.2.0".to_owned(), 1)]);
        }

        async fn a_ping_says_nothing_that_is_kept_but_its_group(store) {
            let desk = TestDesk::new(&store);
            for (wrong, field) in [
                (Ping { user: "short".to_owned(), ..Ping::default() }, "user"),
                (Ping { user: "x".repeat(65), ..Ping::default() }, "user"),
                (Ping { user: "user@mail.example".to_owned(), ..Ping::default() }, "user"),
                (Ping { platform: "a\u{7}".to_owned(), ..told(1, "") }, "platform"),
                (Ping { region: "x".repeat(65), ..told(1, "") }, "region"),
                (
                    Ping {
                        region: "L5oLkpV3aqBjhki6LmvChTCV6odsp4SXM6FfU2Gppt5kFLaHLuZ9".to_owned(),
                        ..told(1, "")
                    },
                    "region",
                ),
            ] {
                let refused = ping(&desk, wrong).await;
                assert!(matches!(refused, Err(Error::Invalid { field: found, .. }) if found == field), "{field}");
            }
        }
    }
}
