//! Active users as the store knows them, kept in memory beside the facts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use standfast_domain::{Day, vocabulary};
use standfast_store::activity::{self, ActiveRow, DayTotal};
use standfast_store::{Error as StoreError, Store};
use tokio::sync::watch;

use crate::calendar::date;
use crate::exposure::{Exposure, Users};
use crate::keep::Insight;

/// How often the store is asked whether it knows more.
const LOOK: Duration = Duration::from_secs(30);

/// Numbers of a version, a region and a platform.
type Group = [u32; 3];
/// Stands for every value.
const ANY: u32 = u32::MAX;
/// The number of what nobody said.
const UNKNOWN: u32 = 0;

/// Active users as the desk keeps them (`store::activity`), by date. Their days are those of UTC: a date of another zone
/// takes the number of the day with the same date.
#[derive(Clone, Debug, Default)]
pub struct ActiveUsers {
    /// Numbers of versions, regions and platforms.
    numbers: [HashMap<String, u32>; 3],
    days: BTreeMap<Date, Arc<DayUsers>>,
    /// The day of UTC that is not over: what is told of it, and of later ones, is a part of what it will be. None: all are over.
    today: Option<Date>,
}

/// The users of a day.
#[derive(Debug, Default, PartialEq, Eq)]
struct DayUsers {
    /// The sum of every group there is, of whatever can be told apart of it: by version alone, by version and region, and
    /// so on. In the order of groups.
    sums: Vec<(Group, u64)>,
    /// Whether the day tells versions apart, regions, platforms.
    is_told: [bool; 3],
}

impl DayUsers {
    fn new(rows: &[(Group, u64)]) -> Self {
        let mut sums: HashMap<Group, u64> = HashMap::new();
        let mut is_told = [false; 3];
        for (group, users) in rows {
            for (told, value) in is_told.iter_mut().zip(group) {
                *told |= *value != UNKNOWN;
            }
            for wanted in 0..8_u8 {
                let mut key = *group;
                for (place, value) in key.iter_mut().enumerate() {
                    if wanted >> place & 1 == 0 {
                        *value = ANY;
                    }
                }
                *sums.entry(key).or_default() += users;
            }
        }
        let mut sums: Vec<_> = sums.into_iter().collect();
        sums.sort_unstable();
        Self { sums, is_told }
    }

    /// The users of a group. A day that tells versions apart knows how many used one of them, also when nobody did; one
    /// that does not does not know.
    fn of(&self, group: Group) -> Option<u64> {
        let knows = |(told, wanted): (&bool, u32)| *told || matches!(wanted, ANY | UNKNOWN);
        if !self.is_told.iter().zip(group).all(knows) {
            return None;
        }
        let found = self.sums.binary_search_by_key(&group, |(group, _)| *group).ok();
        Some(found.and_then(|place| self.sums.get(place)).map_or(0, |(_, users)| *users))
    }
}

/// The number of a value, a new one if need be.
fn number(numbers: &mut HashMap<String, u32>, value: String) -> u32 {
    if value == vocabulary::UNKNOWN {
        return UNKNOWN;
    }
    let next = u32::try_from(numbers.len() + 1).unwrap_or(ANY - 1);
    *numbers.entry(value).or_insert(next)
}

impl ActiveUsers {
    /// Those of these rows.
    #[must_use]
    pub fn of(rows: Vec<ActiveRow>) -> Self {
        let mut new = Self::default();
        let days: BTreeSet<Day> = rows.iter().map(|row| row.day).collect();
        new.put(&days.into_iter().collect::<Vec<_>>(), rows);
        new
    }

    /// Puts what is told of some days into the place of what was known of them.
    fn put(&mut self, days: &[Day], rows: Vec<ActiveRow>) {
        let mut told: BTreeMap<Day, Vec<(Group, u64)>> = BTreeMap::new();
        let [versions, regions, platforms] = &mut self.numbers;
        for row in rows {
            let read = |text: &str, read: fn(&str) -> String| {
                if text.is_empty() { vocabulary::UNKNOWN.to_owned() } else { read(text) }
            };
            let group = [
                number(versions, read(&row.app_version, vocabulary::version)),
                number(regions, read(&row.region, vocabulary::region)),
                number(platforms, vocabulary::platform_name(&row.platform).to_owned()),
            ];
            told.entry(row.day).or_default().push((group, u64::try_from(row.users).unwrap_or(0)));
        }
        for day in days {
            match told.get(day) {
                Some(rows) => drop(self.days.insert(date(day.0), Arc::new(DayUsers::new(rows)))),
                None => drop(self.days.remove(&date(day.0))),
            }
        }
    }
}

impl Exposure for ActiveUsers {
    fn user_days(&self, from: Date, until: Date, users: Users<'_>) -> Option<u64> {
        // A value that no day ever had: a number that no group has.
        let number = |numbers: &HashMap<String, u32>, wanted: Option<&str>| match wanted {
            None => ANY,
            Some(vocabulary::UNKNOWN) => UNKNOWN,
            Some(value) => numbers.get(value).copied().unwrap_or(ANY - 1),
        };
        let [versions, regions, platforms] = &self.numbers;
        let group = [
            number(versions, users.version),
            number(regions, users.region),
            number(platforms, users.platform),
        ];
        let mut sum = 0;
        let mut day = from;
        while day < until {
            if self.today.is_some_and(|today| day >= today) {
                return None;
            }
            sum += self.days.get(&day)?.of(group)?;
            day = day.tomorrow().ok()?;
        }
        Some(sum)
    }
}

impl Insight {
    /// Reads once who uses the app: for a command that does not serve.
    pub async fn read_users(&self, store: &Store) -> Result<(), StoreError> {
        let mut known = Known::default();
        known.catch_up(store).await?;
        known.look_at(Day::of(store.clock().now()));
        self.set_exposure(Arc::new(known.users));
        Ok(())
    }

    /// Keeps up with who uses the app, until `stopping` is true.
    pub async fn count_users(&self, store: Store, mut stopping: watch::Receiver<bool>) {
        let mut known = Known::default();
        while !*stopping.borrow() {
            let is_new_day = known.look_at(Day::of(store.clock().now()));
            match known.catch_up(&store).await {
                Ok(changed) if changed.is_empty() && !is_new_day => {}
                Ok(_) => self.set_exposure(Arc::new(known.users.clone())),
                Err(error) => tracing::warn!(%error, "the active users could not be read"),
            }
            let _ = tokio::time::timeout(LOOK, stopping.wait_for(|stop| *stop)).await;
        }
    }
}

/// What is known, and of which state of the store.
#[derive(Default)]
struct Known {
    totals: BTreeMap<Day, Vec<DayTotal>>,
    users: ActiveUsers,
}

impl Known {
    /// The days before this one are over; whether another day was the last that is not.
    fn look_at(&mut self, today: Day) -> bool {
        self.users.today.replace(date(today.0)) != Some(date(today.0))
    }

    /// Reads the days of which the store tells something else than it did; returns them.
    async fn catch_up(&mut self, store: &Store) -> Result<Vec<Day>, StoreError> {
        let old = self.totals.clone();
        let read = store.read(move |rd| {
            let mut totals: BTreeMap<Day, Vec<DayTotal>> = BTreeMap::new();
            for total in activity::list_totals(rd, Day(i64::MIN), Day(i64::MAX))? {
                totals.entry(total.day).or_default().push(total);
            }
            let all = totals.keys().chain(old.keys()).copied();
            let mut changed: Vec<Day> = all.filter(|day| totals.get(day) != old.get(day)).collect();
            changed.sort_unstable();
            changed.dedup();
            let mut rows = Vec::new();
            for (from, until) in stretches(&changed) {
                rows.extend(activity::list(rd, from, until)?);
            }
            Ok::<_, StoreError>((totals, changed, rows))
        });
        let (totals, changed, rows) = read.await?;
        self.totals = totals;
        self.users.put(&changed, rows);
        Ok(changed)
    }
}

/// Days that follow each other, from the first to the last.
fn stretches(days: &[Day]) -> Vec<(Day, Day)> {
    let follow = |one: &Day, next: &Day| one.plus(1) == *next;
    days.chunk_by(follow).filter_map(|some| Some((*some.first()?, *some.last()?))).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date as civil;
    use standfast_domain::{ActivitySource, Time};
    use standfast_store::{Lane, store_test};

    use super::*;

    fn row(day: &str, app_version: &str, region: &str, platform: &str, users: i64) -> ActiveRow {
        ActiveRow {
            day: Day::parse(day).unwrap(),
            app_version: app_version.to_owned(),
            region: region.to_owned(),
            platform: platform.to_owned(),
            users,
        }
    }

    #[test]
    fn what_is_not_known_of_every_day_is_not_known() {
        let users = ActiveUsers::of(vec![
            row("2026-11-20", "2.1.0", "CN", "ios", 700),
            row("2026-11-20", "v2.2", "cn", "android", 300),
            row("2026-11-20", "2.2", "US", "", 50),
            row("2026-11-21", "", "", "", 1_000),
            row("2026-11-23", "2.2", "CN", "ios", 5),
        ]);
        let days = |from: i8, until: i8, of: Users<'_>| {
            users.user_days(civil(2026, 11, from), civil(2026, 11, until), of)
        };
        let all = Users::default();
        assert_eq!(days(20, 21, all), Some(1_050));
        assert_eq!(days(20, 22, all), Some(2_050));
        assert_eq!(days(20, 23, all), None, "nobody tells of the 22nd");
        let version = |version| Users { version: Some(version), ..all };
        assert_eq!(days(20, 21, version("2.2")), Some(350));
        assert_eq!(days(20, 21, version("9.9")), Some(0));
        assert_eq!(days(20, 22, version("2.2")), None, "the 21st does not tell versions apart");
        assert_eq!(days(21, 22, version("unknown")), Some(1_000));
        let china = Users { version: Some("2.2"), region: Some("CN"), platform: Some("android") };
        assert_eq!(days(20, 21, china), Some(300));
    }

    #[test]
    fn a_day_that_is_not_over_is_not_known() {
        let rows = ["2026-11-20", "2026-11-21"].map(|day| row(day, "2.1", "CN", "ios", 7)).to_vec();
        let mut known = Known { users: ActiveUsers::of(rows), ..Known::default() };
        let day = |known: &Known, day: i8| {
            known.users.user_days(civil(2026, 11, day), civil(2026, 11, day + 1), Users::default())
        };
        assert_eq!((day(&known, 20), day(&known, 21)), (Some(7), Some(7)));
        assert!(known.look_at(Day::parse("2026-11-21").unwrap()));
        assert!(!known.look_at(Day::parse("2026-11-21").unwrap()), "the same day");
        assert_eq!((day(&known, 20), day(&known, 21)), (Some(7), None));
        assert!(known.look_at(Day::parse("2026-11-22").unwrap()));
        assert_eq!(day(&known, 21), Some(7));
    }

    #[test]
    fn a_day_has_the_sums_of_its_rows() {
        let mut rows = Vec::new();
        for (number, version) in ["", "2.1", "2.2", "2.3"].into_iter().enumerate() {
            for (place, region) in ["", "CN", "US"].into_iter().enumerate() {
                for (at, platform) in ["", "ios", "android"].into_iter().enumerate() {
                    let count = i64::try_from(1 + number * 100 + place * 10 + at).unwrap();
                    rows.push(row("2026-11-20", version, region, platform, count));
                }
            }
        }
        let users = ActiveUsers::of(rows.clone());
        let day = civil(2026, 11, 20);
        let wanted = |all: &[&'static str]| -> Vec<Option<&'static str>> {
            all.iter().map(|value| Some(*value)).chain([None, Some("unknown")]).collect()
        };
        let fits = |own: &str, wanted: Option<&str>| {
            wanted.is_none_or(|wanted| if own.is_empty() { wanted == "unknown" } else { own == wanted })
        };
        for version in wanted(&["2.1", "2.2", "2.3", "9"]) {
            for region in wanted(&["CN", "US"]) {
                for platform in wanted(&["ios", "android"]) {
                    let own = rows.iter().filter(|row| {
                        fits(&row.app_version, version)
                            && fits(&row.region, region)
                            && fits(&row.platform, platform)
                    });
                    let sum: i64 = own.map(|row| row.users).sum();
                    let users =
                        users.user_days(day, day.tomorrow().unwrap(), Users { version, region, platform });
                    assert_eq!(users, Some(sum.unsigned_abs()), "{version:?} {region:?} {platform:?}");
                }
            }
        }
    }

    store_test! {
        async fn only_days_that_changed_are_read_again(store) {
            let put = async |day: &str, version: &str, users: i64, at: i64| {
                let row = row(day, version, "", "", users);
                let unit = move |tx: &mut standfast_store::Tx| {
                    activity::put(tx, ActivitySource::Api, &row, Time(at))
                };
                store.write(Lane::Background, 0, unit).await.unwrap();
            };
            for (day, users) in [("2026-11-19", 10), ("2026-11-20", 20), ("2026-11-21", 30)] {
                put(day, "2.1", users, 1).await;
            }
            let mut known = Known::default();
            assert_eq!(known.catch_up(&store).await.unwrap().len(), 3);
            assert_eq!(known.catch_up(&store).await.unwrap(), []);
            let before = known.users.clone();
            put("2026-11-21", "2.1", 31, 2).await;
            put("2026-11-21", "2.2", 4, 2).await;
            assert_eq!(known.catch_up(&store).await.unwrap(), [Day::parse("2026-11-21").unwrap()]);
            let (first, last) = (civil(2026, 11, 19), civil(2026, 11, 22));
            assert_eq!(known.users.user_days(first, last, Users::default()), Some(65));
            assert_eq!(before.user_days(first, last, Users::default()), Some(60), "who looks at it sees one state");
            let old = |day: i8| Arc::ptr_eq(&before.days[&civil(2026, 11, day)], &known.users.days[&civil(2026, 11, day)]);
            assert_eq!((old(19), old(20), old(21)), (true, true, false));
            let removed = row("2026-11-20", "2.1", "", "", 0);
            let unit = move |tx: &mut standfast_store::Tx| activity::remove(tx, ActivitySource::Api, &removed);
            store.write(Lane::Background, 0, unit).await.unwrap();
            assert_eq!(known.catch_up(&store).await.unwrap(), [Day::parse("2026-11-20").unwrap()]);
            assert_eq!(known.users.user_days(first, last, Users::default()), None);
        }
    }

    #[test]
    fn what_is_excepted_is_taken_off() {
        use crate::dimension::Dimension;
        use crate::exposure::{Filter, People};
        let users = ActiveUsers::of(vec![
            row("2026-11-20", "2.1", "CN", "ios", 1),
            row("2026-11-20", "2.2", "CN", "ios", 20),
            row("2026-11-20", "2.2", "US", "android", 300),
            row("2026-11-20", "2.3", "SG", "ios", 4_000),
        ]);
        let codes = |list: &[&str]| list.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>();
        let except =
            [(Dimension::AppVersion, codes(&["2.2", "9"])), (Dimension::Region, codes(&["US", "SG"]))];
        let only = [(Dimension::AppVersion, codes(&["2.1", "2.2"]))];
        let on =
            |only, except, group| People::new(&users, Filter { only, except }, group).on(civil(2026, 11, 20));
        assert_eq!(on(&[], &except, Users::default()), Some(1));
        assert_eq!(on(&[], &except[1..], Users::default()), Some(21));
        assert_eq!(on(&only, &[], Users::default()), Some(321));
        assert_eq!(on(&only, &except[..1], Users::default()), Some(1));
        assert_eq!(on(&[], &except[..1], Users { region: Some("SG"), ..Users::default() }), Some(4_000));
    }
}
