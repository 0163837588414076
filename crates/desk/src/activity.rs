//! How many people use the app each day: told by the wallet's backend, by a table that somebody uploads, or counted
//! from the app's pings. Contact rates are per 1,000 of them.
//!
//! What a source tells of a day is told whole: a day that is told again is replaced, so that a corrected version or
//! region does not leave the mistaken one behind.

mod ping;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use standfast_domain::{ActivitySource, Day, Dimension, Permission, Time, TokenScope};
use standfast_store::activity::{self, ActiveRow};
use standfast_store::{Lane, Tx};
use utoipa::ToSchema;

pub(crate) use ping::Pings;
pub use ping::{Ping, count_pings, flush_pings, ping};
pub use table::{MOST_ROWS, TableFault};

use crate::driver::check_value;
use crate::machine::MachineCaller;
use crate::{AgentCaller, Desk, Error};

/// Most days of one answer.
const MOST_DAYS: i64 = 400;
/// Days that are shown when nothing else is said.
const USUAL_DAYS: i64 = 90;
/// Most changes that an answer lists one by one.
const MOST_SHOWN: usize = 100;
/// Nobody used the app before 2009-01-01.
const EARLIEST: Day = Day(14_245);
/// More people than there are.
const MOST_USERS: i64 = 10_000_000_000;

/// How many people used the app on a day, as the wallet's backend tells it.
#[derive(Clone, Debug)]
pub struct ActiveUsers {
    /// The day, in UTC.
    pub day: String,
    /// The app's version; empty when not known.
    pub app_version: String,
    /// Where they are; empty when not known.
    pub region: String,
    /// What they run the app on; empty when not known.
    pub platform: String,
    /// How many.
    pub users: i64,
}

/// Active users of a day with these properties.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ActiveUsersView {
    /// The app's version; empty when not known.
    pub app_version: String,
    /// Where they are; empty when not known.
    pub region: String,
    /// What they run the app on; empty when not known.
    pub platform: String,
    /// How many.
    pub users: i64,
}

/// What a source tells of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TotalView {
    /// Who tells it.
    pub source: ActivitySource,
    /// Users of all rows together.
    pub users: i64,
    /// How many versions, regions and platforms it is told for.
    pub rows: i64,
    /// When it was told last.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Time,
}

/// A day: who is believed, and who else tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ActiveDayView {
    /// The day, in UTC.
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    /// What counts; null when nobody tells of this day.
    pub counted: Option<TotalView>,
    /// What others tell, which is not added.
    pub left_out: Vec<TotalView>,
}

/// A row that an upload changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RowChange {
    /// The day, in UTC.
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    /// The app's version.
    pub app_version: String,
    /// Where they are.
    pub region: String,
    /// What they run the app on.
    pub platform: String,
    /// Users so far; null when the row is new.
    pub before: Option<i64>,
    /// Users from now on; null when the row goes.
    pub after: Option<i64>,
}

/// What an upload changes, or would change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ActivityChange {
    /// Rows that were told.
    pub rows: usize,
    /// How many days they are about.
    pub days: usize,
    /// The first of these days.
    #[schema(value_type = Option<String>, format = Date)]
    pub from: Option<Day>,
    /// The last of these days.
    #[schema(value_type = Option<String>, format = Date)]
    pub until: Option<Day>,
    /// Rows that are new.
    pub added: usize,
    /// Rows that get another number.
    pub changed: usize,
    /// Rows of these days that the source told before and does not tell any more.
    pub removed: usize,
    /// Rows that stay as they are.
    pub unchanged: usize,
    /// The first hundred of those that do not.
    pub changes: Vec<RowChange>,
}

/// The days from `from` to `until`, both included: the last ninety when nothing is said.
pub async fn active_days(
    desk: &Desk,
    caller: &AgentCaller,
    from: Option<Day>,
    until: Option<Day>,
) -> Result<Vec<ActiveDayView>, Error> {
    caller.require(Permission::ReadRequests)?;
    let until = until.unwrap_or(Day::of(desk.now()));
    let from = from.unwrap_or(until.plus(1 - USUAL_DAYS));
    if from > until {
        return Err(Error::invalid("until", "before_start"));
    }
    if until.0.saturating_sub(from.0) >= MOST_DAYS {
        return Err(Error::invalid("from", "too_many"));
    }
    let totals =
        desk.store().read(move |rd| activity::list_totals(rd, from, until).map_err(Error::from)).await?;
    let mut days: BTreeMap<Day, Vec<activity::DayTotal>> = BTreeMap::new();
    for total in totals {
        days.entry(total.day).or_default().push(total);
    }
    let view = |day: Day| {
        let mut told = days.remove(&day).unwrap_or_default();
        told.sort_by_key(|total| total.source);
        let mut told = told.into_iter().map(|total| TotalView {
            source: total.source,
            users: total.users,
            rows: total.rows,
            updated_at: total.updated_at,
        });
        ActiveDayView { day, counted: told.next(), left_out: told.collect() }
    };
    Ok((from.0..=until.0).map(Day).map(view).collect())
}

/// A day as it counts, by version, region and platform, the largest first.
pub async fn active_users(
    desk: &Desk,
    caller: &AgentCaller,
    day: Day,
) -> Result<Vec<ActiveUsersView>, Error> {
    caller.require(Permission::ReadRequests)?;
    let mut rows = desk.store().read(move |rd| activity::list(rd, day, day).map_err(Error::from)).await?;
    rows.sort_by(|a, b| b.users.cmp(&a.users).then_with(|| key(a).cmp(&key(b))));
    let view = |row: ActiveRow| ActiveUsersView {
        app_version: row.app_version,
        region: row.region,
        platform: row.platform,
        users: row.users,
    };
    Ok(rows.into_iter().map(view).collect())
}

/// The wallet's backend tells how many people used the app: each day named is replaced whole. All or nothing.
pub async fn put_active_users(
    desk: &Desk,
    caller: &MachineCaller,
    told: Vec<ActiveUsers>,
) -> Result<ActivityChange, Error> {
    caller.require(TokenScope::ActiveUsers)?;
    let rows = table::check(told.into_iter().enumerate().map(|(at, row)| (at as u64 + 1, row)), desk.now())?;
    write(desk, ActivitySource::Api, rows, false).await
}

/// Takes in a table as spreadsheets write it (CSV): each day in it is replaced whole. All or nothing; with `dry_run`
/// nothing, and only told what would change.
pub async fn upload_active_users(
    desk: &Desk,
    caller: &AgentCaller,
    bytes: Vec<u8>,
    dry_run: bool,
) -> Result<ActivityChange, Error> {
    caller.require(Permission::ManageDrivers)?;
    let now = desk.now();
    // Some megabytes: not on a thread that serves others.
    let rows = tokio::task::spawn_blocking(move || table::read(&bytes, now))
        .await
        .map_err(|_| Error::Inconsistent("table"))??;
    write(desk, ActivitySource::Csv, rows, dry_run).await
}

async fn write(
    desk: &Desk,
    source: ActivitySource,
    rows: Vec<ActiveRow>,
    dry_run: bool,
) -> Result<ActivityChange, Error> {
    let now = desk.now();
    if dry_run {
        return desk.store().read(move |rd| Ok(Plan::new(&known(rd, source, &rows)?, &rows).change)).await;
    }
    desk.store()
        .write(Lane::Background, 0, move |tx| {
            let known = known(tx, source, &rows)?;
            let plan = Plan::new(&known, &rows);
            plan.carry_out(tx, source, now)?;
            Ok(plan.change)
        })
        .await
}

/// What the source has told so far of the days that these rows are about.
fn known(
    rd: &mut standfast_store::Rd,
    source: ActivitySource,
    rows: &[ActiveRow],
) -> Result<Vec<ActiveRow>, Error> {
    let days: BTreeSet<Day> = rows.iter().map(|row| row.day).collect();
    let mut known = Vec::new();
    for day in days {
        known.extend(activity::list_of(rd, source, day)?);
    }
    Ok(known)
}

fn key(row: &ActiveRow) -> (Day, &str, &str, &str) {
    (row.day, &row.app_version, &row.region, &row.platform)
}

/// What becomes of the rows of some days.
struct Plan<'a> {
    put: Vec<&'a ActiveRow>,
    remove: Vec<&'a ActiveRow>,
    change: ActivityChange,
}

impl<'a> Plan<'a> {
    fn new(known: &'a [ActiveRow], told: &'a [ActiveRow]) -> Self {
        let mut before: BTreeMap<_, &ActiveRow> = known.iter().map(|row| (key(row), row)).collect();
        let days: BTreeSet<Day> = told.iter().map(|row| row.day).collect();
        let mut plan = Self {
            put: Vec::new(),
            remove: Vec::new(),
            change: ActivityChange {
                rows: told.len(),
                days: days.len(),
                from: days.first().copied(),
                until: days.last().copied(),
                ..ActivityChange::default()
            },
        };
        for row in told {
            let old = before.remove(&key(row)).map(|row| row.users);
            match old {
                Some(users) if users == row.users => plan.change.unchanged += 1,
                Some(_) => plan.change.changed += 1,
                None => plan.change.added += 1,
            }
            if old != Some(row.users) {
                plan.put.push(row);
                plan.show(row, old, Some(row.users));
            }
        }
        for row in before.into_values() {
            plan.change.removed += 1;
            plan.remove.push(row);
            plan.show(row, Some(row.users), None);
        }
        plan
    }

    fn show(&mut self, row: &ActiveRow, before: Option<i64>, after: Option<i64>) {
        if self.change.changes.len() < MOST_SHOWN {
            self.change.changes.push(RowChange {
                day: row.day,
                app_version: row.app_version.clone(),
                region: row.region.clone(),
                platform: row.platform.clone(),
                before,
                after,
            });
        }
    }

    fn carry_out(&self, tx: &mut Tx, source: ActivitySource, now: Time) -> Result<(), Error> {
        for row in &self.remove {
            activity::remove(tx, source, row)?;
        }
        for row in &self.put {
            activity::put(tx, source, row, now)?;
        }
        Ok(())
    }
}

/// A value that may be missing: the empty text stays.
fn check_known(dimension: Dimension, text: &str) -> Option<String> {
    if text.trim().is_empty() { Some(String::new()) } else { check_value(dimension, text) }
}

#[cfg(test)]
mod tests;
