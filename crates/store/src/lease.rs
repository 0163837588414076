//! Leases: what one process of several may do at a time.

use std::time::Duration;

use standfast_domain::Time;

use crate::{Error, Tx, params};

/// The most by which clocks of processes may differ.
const SKEW: Duration = Duration::from_mins(2);

/// Takes or prolongs a lease until `until`; whether `holder` has it now. Whoever holds one for longer than it is long had a clock
/// that ran ahead, and has it no more.
pub fn hold(tx: &mut Tx, name: &str, holder: i64, now: Time, until: Time) -> Result<bool, Error> {
    let held = tx.execute(
        "INSERT INTO lease (name, holder, until) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE \
         SET holder = excluded.holder, until = excluded.until WHERE lease.holder = excluded.holder OR lease.until <= $4 \
         OR lease.until > $5",
        params![name, holder, until, now, until.plus(SKEW)],
    )?;
    Ok(held == 1)
}

/// Gives a lease up, if `holder` has it.
pub fn release(tx: &mut Tx, name: &str, holder: i64) -> Result<(), Error> {
    tx.run("DELETE FROM lease WHERE name = $1 AND holder = $2", params![name, holder])
}
