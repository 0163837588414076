//! How many people used the app on a day.
//!
//! Several sources may tell of one day; each has rows of its own. Whoever counts takes [`list`], which believes one
//! source for a whole day ([`ActivitySource`] has the order), so that nobody is counted twice.

use std::collections::BTreeMap;

use standfast_domain::{ActivitySource, Day, Time};

use crate::{Error, Rd, Row, Tx, params};

/// Active users of a day with these properties; what is not known of them is the empty text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0003_drivers.sql")]
pub struct ActiveRow {
    pub day: Day,
    pub app_version: String,
    pub region: String,
    pub platform: String,
    pub users: i64,
}

/// A day as one source tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayTotal {
    /// The day.
    pub day: Day,
    /// Who tells it.
    pub source: ActivitySource,
    /// Users of all rows together.
    pub users: i64,
    /// How many rows the source tells it in.
    pub rows: i64,
    /// When it was told last.
    pub updated_at: Time,
}

fn row(row: &Row<'_>) -> Result<ActiveRow, Error> {
    Ok(ActiveRow {
        day: row.get(0)?,
        app_version: row.get(1)?,
        region: row.get(2)?,
        platform: row.get(3)?,
        users: row.get(4)?,
    })
}

/// The active users of every day from `from` to `until`, both included, in the order of days: of each day what its most
/// believed source tells, and nothing of the others. Days without a row are not known, which is not nobody.
pub fn list(rd: &mut Rd, from: Day, until: Day) -> Result<Vec<ActiveRow>, Error> {
    let all = rd.query(
        "SELECT day, app_version, region, platform, users, source FROM active_users \
         WHERE day >= $1 AND day <= $2 ORDER BY day",
        params![from, until],
        |columns| Ok((row(columns)?, columns.parse(5, ActivitySource::parse)?)),
    )?;
    let mut believed: BTreeMap<Day, ActivitySource> = BTreeMap::new();
    for (row, source) in &all {
        let best = believed.entry(row.day).or_insert(*source);
        *best = (*best).min(*source);
    }
    Ok(all
        .into_iter()
        .filter(|(row, source)| believed.get(&row.day) == Some(source))
        .map(|(row, _)| row)
        .collect())
}

/// What each source tells of every day from `from` to `until`, both included, in the order of days.
pub fn list_totals(rd: &mut Rd, from: Day, until: Day) -> Result<Vec<DayTotal>, Error> {
    rd.query(
        "SELECT day, source, CAST(sum(users) AS BIGINT), CAST(count(*) AS BIGINT), max(updated_at) \
         FROM active_users WHERE day >= $1 AND day <= $2 GROUP BY day, source ORDER BY day",
        params![from, until],
        |row| {
            Ok(DayTotal {
                day: row.get(0)?,
                source: row.parse(1, ActivitySource::parse)?,
                users: row.get(2)?,
                rows: row.get(3)?,
                updated_at: row.get(4)?,
            })
        },
    )
}

/// What one source tells of a day.
pub fn list_of(rd: &mut Rd, source: ActivitySource, day: Day) -> Result<Vec<ActiveRow>, Error> {
    rd.query(
        "SELECT day, app_version, region, platform, users FROM active_users WHERE day = $1 AND source = $2",
        params![day, source.as_str()],
        row,
    )
}

/// Sets how many users a source tells of; queued.
pub fn put(tx: &mut Tx, source: ActivitySource, a: &ActiveRow, now: Time) -> Result<(), Error> {
    tx.run(
        "INSERT INTO active_users (day, source, app_version, region, platform, users, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (day, source, app_version, region, platform) \
         DO UPDATE SET users = excluded.users, updated_at = excluded.updated_at",
        params![a.day, source.as_str(), a.app_version, a.region, a.platform, a.users, now],
    )
}

/// As [`put`] for an estimate that can only grow: a lower one comes from a process that has not seen everything.
pub fn raise(tx: &mut Tx, source: ActivitySource, a: &ActiveRow, now: Time) -> Result<(), Error> {
    tx.run(
        "INSERT INTO active_users (day, source, app_version, region, platform, users, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (day, source, app_version, region, platform) \
         DO UPDATE SET users = excluded.users, updated_at = excluded.updated_at \
         WHERE active_users.users < excluded.users",
        params![a.day, source.as_str(), a.app_version, a.region, a.platform, a.users, now],
    )
}

/// Takes a row of a source away; queued.
pub fn remove(tx: &mut Tx, source: ActivitySource, a: &ActiveRow) -> Result<(), Error> {
    tx.run(
        "DELETE FROM active_users WHERE day = $1 AND source = $2 AND app_version = $3 AND region = $4 \
         AND platform = $5",
        params![a.day, source.as_str(), a.app_version, a.region, a.platform],
    )
}
