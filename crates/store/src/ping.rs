//! Pings of the app on days that are not over: a sketch for each version, region and platform, and the day's key.

use standfast_domain::Day;

use crate::{Error, Rd, Tx, params};

/// Whose pings a sketch counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0003_drivers.sql")]
pub struct PingKey {
    pub day: Day,
    pub app_version: String,
    pub region: String,
    pub platform: String,
}

/// The random part of a day's key; `fresh` when the day has none yet. All processes get the same.
pub fn salt(tx: &mut Tx, day: Day, fresh: &[u8; 32]) -> Result<[u8; 32], Error> {
    tx.run(
        "INSERT INTO ping_key (day, salt) VALUES ($1, $2) ON CONFLICT (day) DO NOTHING",
        params![day, fresh],
    )?;
    tx.query_one("SELECT salt FROM ping_key WHERE day = $1", params![day], |row| row.get(0))
}

/// The sketch under this key as it is now, `fresh` when there is none yet; held until the end of the unit.
pub fn hold(tx: &mut Tx, key: &PingKey, fresh: &[u8]) -> Result<Vec<u8>, Error> {
    // An update that changes nothing still holds the row, on both engines and without a statement of its own for each.
    tx.query_one(
        "INSERT INTO ping (day, app_version, region, platform, sketch) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (day, app_version, region, platform) DO UPDATE SET sketch = ping.sketch RETURNING sketch",
        params![key.day, key.app_version, key.region, key.platform, fresh],
        |row| row.get(0),
    )
}

/// Writes a sketch that [`hold`] has given in the same unit; queued.
pub fn save(tx: &mut Tx, key: &PingKey, sketch: &[u8]) -> Result<(), Error> {
    tx.run(
        "UPDATE ping SET sketch = $5 WHERE day = $1 AND app_version = $2 AND region = $3 AND platform = $4",
        params![key.day, key.app_version, key.region, key.platform, sketch],
    )
}

/// Whether anything of the days before `day` is still there.
pub fn is_kept_before(rd: &mut Rd, day: Day) -> Result<bool, Error> {
    let found = rd.query_opt(
        "SELECT 1 FROM ping_key WHERE day < $1 UNION ALL SELECT 1 FROM ping WHERE day < $1 LIMIT 1",
        params![day],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Throws away sketches and keys of the days before `day`.
pub fn forget_before(tx: &mut Tx, day: Day) -> Result<(), Error> {
    tx.run("DELETE FROM ping WHERE day < $1", params![day])?;
    tx.run("DELETE FROM ping_key WHERE day < $1", params![day])
}
