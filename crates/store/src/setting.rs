//! What the desk keeps about itself, by name.

use crate::{Error, Rd, Tx, params};

/// The value of a setting, if it has one.
pub fn get(rd: &mut Rd, name: &str) -> Result<Option<String>, Error> {
    rd.query_opt("SELECT value FROM setting WHERE name = $1", params![name], |row| row.get(0))
}

/// Gives a setting a value if it has none yet; returns the one that it has then.
pub fn put_first(tx: &mut Tx, name: &str, value: &str) -> Result<String, Error> {
    tx.run(
        "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
        params![name, value],
    )?;
    tx.query_one("SELECT value FROM setting WHERE name = $1", params![name], |row| row.get(0))
}

/// Gives a setting a value in place of the one that was read, or where it had none. False when it has another one meanwhile.
pub fn put_over(tx: &mut Tx, name: &str, before: Option<&str>, value: &str) -> Result<bool, Error> {
    let written = match before {
        Some(before) => tx.execute(
            "UPDATE setting SET value = $3 WHERE name = $1 AND value = $2",
            params![name, before, value],
        )?,
        None => tx.execute(
            "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
            params![name, value],
        )?,
    };
    Ok(written == 1)
}

/// Gives a setting a value; queued.
pub fn put(tx: &mut Tx, name: &str, value: &str) -> Result<(), Error> {
    tx.run(
        "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        params![name, value],
    )
}
