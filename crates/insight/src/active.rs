//! Active users as the store knows them, kept in memory beside the facts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use standfast_domain::Day;
use standfast_store::activity::{self, ActiveRow, Extent};
use standfast_store::{Error as StoreError, Store};
use tokio::sync::watch;

use crate::exposure::Exposure;
use crate::keep::Insight;
use crate::place::UNKNOWN;

/// How often the store is asked whether it knows more.
const LOOK: Duration = Duration::from_secs(30);

/// Users of one version in one region on one day.
#[derive(Debug)]
struct Users {
    version: String,
    region: String,
    count: u64,
}

/// Who used the app, by day. Days are those of UTC, whatever zone a question counts in: sources tell them so.
#[derive(Debug, Default)]
pub(crate) struct ActiveUsers(BTreeMap<Day, Vec<Users>>);

impl ActiveUsers {
    fn new(rows: Vec<ActiveRow>) -> Self {
        let mut days: BTreeMap<Day, Vec<Users>> = BTreeMap::new();
        for row in rows {
            let count = u64::try_from(row.users).unwrap_or(0);
            let users = Users { version: row.app_version, region: row.region, count };
            days.entry(row.day).or_default().push(users);
        }
        Self(days)
    }
}

/// Whether a source's word is the one that is asked for; sources leave empty what they do not know.
fn is(told: &str, wanted: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| told.eq_ignore_ascii_case(wanted) || (told.is_empty() && wanted == UNKNOWN))
}

fn day_of(date: Date) -> Option<Day> {
    Day::parse(&date.to_string())
}

impl Exposure for ActiveUsers {
    fn user_days(&self, from: Date, until: Date, version: Option<&str>, region: Option<&str>) -> Option<u64> {
        let (mut day, end) = (day_of(from)?, day_of(until)?);
        let mut sum = 0;
        while day < end {
            let users = self.0.get(&day)?.iter();
            let wanted = users.filter(|users| is(&users.version, version) && is(&users.region, region));
            sum += wanted.map(|users| users.count).sum::<u64>();
            day = day.plus(1);
        }
        Some(sum)
    }

    fn known_until(&self) -> Option<Date> {
        let last = self.0.keys().next_back()?.plus(1);
        last.to_string().parse().ok()
    }
}

impl Insight {
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
    use super::*;

    fn row(day: &str, version: &str, region: &str, users: i64) -> ActiveRow {
        let day = Day::parse(day).unwrap();
        ActiveRow { day, app_version: version.into(), region: region.into(), platform: String::new(), users }
    }

    #[test]
    fn days_are_added_up_and_unknown_ones_are_not_nobody() {
        let users = ActiveUsers::new(vec![
            row("2026-11-01", "9.4.1", "CN", 700),
            row("2026-11-01", "", "DE", 40),
            row("2026-11-02", "9.4.1", "CN", 800),
        ]);
        let date = |text: &str| text.parse::<Date>().unwrap();
        let ask = |until, version, region| users.user_days(date("2026-11-01"), date(until), version, region);
        assert_eq!(ask("2026-11-03", None, None), Some(1_540));
        assert_eq!(ask("2026-11-03", Some("9.4.1"), None), Some(1_500));
        assert_eq!(ask("2026-11-03", Some("unknown"), None), Some(40));
        assert_eq!(ask("2026-11-03", None, Some("de")), Some(40));
        assert_eq!(ask("2026-11-04", None, None), None);
        assert_eq!(users.known_until(), Some(date("2026-11-03")));
    }
}
