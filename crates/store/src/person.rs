//! People who can be rostered: what they can do, and what was agreed about their time.

use standfast_domain::{AgentId, Time};

use crate::{Error, Rd, Row, Tx, params};

/// A person as the store keeps it. Profile and contract are still JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the columns are explained in migrations/0015_roster.sql and 0023_roster_mail.sql"
)]
pub struct PersonRow {
    pub agent_id: AgentId,
    pub version: i64,
    pub profile: String,
    pub contract: Option<String>,
    pub feed_generation: i64,
    pub changed_at: Time,
    pub changed_by: Option<AgentId>,
    pub mail: bool,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT agent_id, version, profile, contract, feed_generation, changed_at, changed_by, mail FROM person ",
            $rest
        )
    };
}

fn row(row: &Row<'_>) -> Result<PersonRow, Error> {
    Ok(PersonRow {
        agent_id: row.get(0)?,
        version: row.get(1)?,
        profile: row.get(2)?,
        contract: row.get(3)?,
        feed_generation: row.get(4)?,
        changed_at: row.get(5)?,
        changed_by: row.get(6)?,
        mail: row.get(7)?,
    })
}

/// Everybody of whom something is known.
pub fn list(rd: &mut Rd) -> Result<Vec<PersonRow>, Error> {
    rd.query(select!("ORDER BY agent_id"), params![], row)
}

/// The one who is this agent.
pub fn find(rd: &mut Rd, agent: AgentId) -> Result<Option<PersonRow>, Error> {
    rd.query_opt(select!("WHERE agent_id = $1"), params![agent], row)
}

/// Takes the turn of deciding about somebody's time until the unit is over: of two units that do so, the second waits and then
/// sees what the first did. Somebody of whom nothing is known gets a row with `profile`.
///
/// Whoever takes several turns does so in the order of ids, so that no two wait for each other.
pub fn take_turn(tx: &mut Tx, agent: AgentId, profile: &str, now: Time) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO person (agent_id, version, profile, contract, feed_generation, turn, changed_at, changed_by) \
         VALUES ($1, 0, $2, NULL, 0, 1, $3, NULL) ON CONFLICT (agent_id) DO UPDATE SET turn = person.turn + 1",
        params![agent, profile, now],
    )?;
    Ok(())
}

/// Writes back what is known of somebody whose turn was taken.
pub fn save(tx: &mut Tx, p: &PersonRow) -> Result<(), Error> {
    tx.run(
        "UPDATE person SET version = $2, profile = $3, contract = $4, feed_generation = $5, changed_at = $6, \
         changed_by = $7, mail = $8 WHERE agent_id = $1",
        params![
            p.agent_id,
            p.version,
            p.profile,
            p.contract,
            p.feed_generation,
            p.changed_at,
            p.changed_by,
            p.mail
        ],
    )
}
