//! Active users as the store knows them, kept in memory beside the facts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use standfast_domain::{Day, vocabulary};
use standfast_store::activity::{self, ActiveRow, Extent};
use standfast_store::{Error as StoreError, Store};
use tokio::sync::watch;

use crate::calendar::date;
use crate::exposure::{Exposure, Users};
use crate::keep::Insight;

/// How often the store is asked whether it knows more.
const LOOK: Duration = Duration::from_secs(30);

/// People who used the app on a day, by version, region and platform.
type Group = [String; 3];

/// Active users as the desk keeps them (`store::activity`), by date. Their days are those of UTC: a date of another zone
/// takes the number of the day with the same date.
#[derive(Clone, Debug, Default)]
pub(crate) struct ActiveUsers(BTreeMap<Date, Vec<(Group, u64)>>);

impl ActiveUsers {
    fn new(rows: Vec<ActiveRow>) -> Self {
        let mut days: BTreeMap<Date, Vec<(Group, u64)>> = BTreeMap::new();
        for row in rows {
            let version =
                Some(&row.app_version).filter(|text| !text.is_empty()).map(|text| vocabulary::version(text));
            let region =
                Some(&row.region).filter(|text| !text.is_empty()).map(|text| vocabulary::region(text));
            let group = [
                version.unwrap_or_else(|| vocabulary::UNKNOWN.to_owned()),
                region.unwrap_or_else(|| vocabulary::UNKNOWN.to_owned()),
                vocabulary::platform_name(&row.platform).to_owned(),
            ];
            let users = u64::try_from(row.users).unwrap_or(0);
            days.entry(date(row.day.0)).or_default().push((group, users));
        }
        Self(days)
    }
}

impl Exposure for ActiveUsers {
    fn user_days(&self, from: Date, until: Date, users: Users<'_>) -> Option<u64> {
        let wanted = [users.version, users.region, users.platform];
        let mut sum = 0;
        let mut day = from;
        while day < until {
            let groups = self.0.get(&day)?;
            // A day that tells versions apart knows how many used one of them, also when nobody did; one that does not
            // does not know.
            let is_told = |(place, wanted): (usize, Option<&str>)| {
                let told = |(group, _): &(Group, u64)| {
                    group.get(place).is_some_and(|own| own != vocabulary::UNKNOWN)
                };
                wanted.is_none_or(|wanted| wanted == vocabulary::UNKNOWN || groups.iter().any(told))
            };
            if !wanted.into_iter().enumerate().all(is_told) {
                return None;
            }
            let fits = |group: &Group| {
                group.iter().zip(wanted).all(|(own, wanted)| wanted.is_none_or(|wanted| own == wanted))
            };
            sum += groups.iter().filter(|(group, _)| fits(group)).map(|(_, users)| users).sum::<u64>();
            day = day.tomorrow().ok()?;
        }
        Some(sum)
    }
}

impl Insight {
    /// Reads once who uses the app: for a command that does not serve.
    pub async fn read_users(&self, store: &Store) -> Result<(), StoreError> {
        if let Some((_, users)) = load(store, None).await? {
            self.set_exposure(Arc::new(users));
        }
        Ok(())
    }

    /// Keeps up with who uses the app, until `stopping` is true.
    pub async fn count_users(&self, store: Store, mut stopping: watch::Receiver<bool>) {
        let mut known = None;
        while !*stopping.borrow() {
            match load(&store, known).await {
                Ok(Some((extent, users))) => {
                    self.set_exposure(Arc::new(users));
                    known = Some(extent);
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "the active users could not be read"),
            }
            let _ = tokio::time::timeout(LOOK, stopping.wait_for(|stop| *stop)).await;
        }
    }
}

/// All of them, unless they are still what is known.
async fn load(store: &Store, known: Option<Extent>) -> Result<Option<(Extent, ActiveUsers)>, StoreError> {
    store
        .read(move |rd| {
            let extent = activity::extent(rd)?;
            if known.as_ref() == Some(&extent) {
                return Ok(None);
            }
            let rows = activity::list(rd, Day(i64::MIN), Day(i64::MAX))?;
            Ok(Some((extent, ActiveUsers::new(rows))))
        })
        .await
}

#[cfg(test)]
mod tests {
    use jiff::civil::date as civil;
    use standfast_domain::Day;

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
        let users = ActiveUsers::new(vec![
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
}
