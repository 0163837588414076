//! Requests that belong to an incident, what was written into them, and what came of it.

use standfast_domain::{AgentId, DriverId, IncidentUpdateId, RequestId, Resolution, Time};

use crate::request::{self, RequestRow};
use crate::{Error, Rd, Tx, params};

/// A request of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// The request.
    pub request: RequestRow,
    /// When it was said to belong to it.
    pub linked_at: Time,
    /// Who said so.
    pub agent_id: AgentId,
    /// What is known of the claim that was made when the incident was over; none where none was.
    pub resolution: Option<Resolution>,
}

/// How many requests belong to an incident, and what their customers say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that belong to it.
    pub linked: i64,
    /// Of those, requests into which the latest update was written.
    pub told: i64,
    /// Of those, requests that were called solved when it was over: their customers were asked.
    pub asked: i64,
    /// Of those, requests whose customer says that it is solved.
    pub solved: i64,
    /// Of those, requests whose customer says that it is not.
    pub not_solved: i64,
}

/// Lets a request belong to an incident. False when it does already, or did: what somebody took away stays away, unless it is
/// `named` by a person.
pub fn link(
    tx: &mut Tx,
    driver: DriverId,
    request: RequestId,
    agent: AgentId,
    named: bool,
    now: Time,
) -> Result<bool, Error> {
    let written = tx.execute(
        "INSERT INTO incident_request (driver_id, request_id, linked_at, agent_id) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (driver_id, request_id) DO UPDATE SET linked_at = excluded.linked_at, \
         agent_id = excluded.agent_id, unlinked_at = NULL WHERE incident_request.unlinked_at IS NOT NULL AND $5",
        params![driver, request, now, agent, named],
    )?;
    Ok(written == 1)
}

/// Notes that a request does not belong to an incident; false when it did not.
pub fn unlink(tx: &mut Tx, driver: DriverId, request: RequestId, now: Time) -> Result<bool, Error> {
    let written = tx.execute(
        "UPDATE incident_request SET unlinked_at = $3 \
         WHERE driver_id = $1 AND request_id = $2 AND unlinked_at IS NULL",
        params![driver, request, now],
    )?;
    Ok(written == 1)
}

/// Requests of an incident into which an update is still to be written, the oldest first.
pub fn list_untold(
    rd: &mut Rd,
    driver: DriverId,
    update: IncidentUpdateId,
    after: RequestId,
    limit: i64,
) -> Result<Vec<RequestId>, Error> {
    rd.query(
        "SELECT request_id FROM incident_request l WHERE driver_id = $1 AND request_id > $3 AND unlinked_at IS NULL \
         AND NOT EXISTS (SELECT 1 FROM incident_message m WHERE m.update_id = $2 AND m.request_id = l.request_id) \
         ORDER BY request_id LIMIT $4",
        params![driver, update, after, limit],
        |row| row.get(0),
    )
}

/// Whether a request belongs to an incident, and if so since when its customer had waited when it was called solved.
pub fn is_linked(rd: &mut Rd, driver: DriverId, request: RequestId) -> Result<bool, Error> {
    rd.query_one(
        "SELECT EXISTS (SELECT 1 FROM incident_request \
         WHERE driver_id = $1 AND request_id = $2 AND unlinked_at IS NULL)",
        params![driver, request],
        |row| row.get(0),
    )
}

/// Notes that an update was written into a request, as the entry `seq`. False when it was before.
pub fn tell(tx: &mut Tx, update: IncidentUpdateId, request: RequestId, seq: i64) -> Result<bool, Error> {
    let written = tx.execute(
        "INSERT INTO incident_message (update_id, request_id, seq) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        params![update, request, seq],
    )?;
    Ok(written == 1)
}

/// Notes that a request was called solved because the incident is over; queued.
pub fn asked(
    tx: &mut Tx,
    driver: DriverId,
    request: RequestId,
    episode: i64,
    since: Time,
) -> Result<(), Error> {
    tx.run(
        "UPDATE incident_request SET episode = $3, since = $4 WHERE driver_id = $1 AND request_id = $2",
        params![driver, request, episode, since],
    )
}

/// Since when the customer of a request had waited when an incident called it solved, if that was its latest claim.
pub fn waited_since(rd: &mut Rd, request: RequestId) -> Result<Option<Time>, Error> {
    rd.query_opt(
        "SELECT since FROM incident_request WHERE request_id = $1 AND since IS NOT NULL \
         AND episode = (SELECT max(episode) FROM resolution WHERE request_id = $1) ORDER BY since LIMIT 1",
        params![request],
        |row| row.get(0),
    )
}

/// The claim that an incident made of a request when it was over.
pub fn episode(rd: &mut Rd, driver: DriverId, request: RequestId) -> Result<Option<i64>, Error> {
    let found = rd.query_opt(
        "SELECT episode FROM incident_request WHERE driver_id = $1 AND request_id = $2",
        params![driver, request],
        |row| row.get::<Option<i64>>(0),
    )?;
    Ok(found.flatten())
}

/// The requests of an incident: those whose customers say that it is not solved first, then the latest.
pub fn list(rd: &mut Rd, driver: DriverId, limit: i64) -> Result<Vec<Linked>, Error> {
    let links = rd.query(
        "SELECT l.request_id, l.linked_at, l.agent_id, r.state FROM incident_request l \
         LEFT JOIN resolution r ON r.request_id = l.request_id AND r.episode = l.episode \
         WHERE l.driver_id = $1 AND l.unlinked_at IS NULL \
         ORDER BY CASE WHEN r.state = 'repudiated' THEN 0 ELSE 1 END, l.request_id DESC LIMIT $2",
        params![driver, limit],
        |row| {
            let resolution: Option<String> = row.get(3)?;
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, resolution))
        },
    )?;
    let mut found = Vec::with_capacity(links.len());
    for (id, linked_at, agent_id, resolution) in links {
        let Some(request) = request::find(rd, id)? else { continue };
        let resolution = resolution.as_deref().and_then(Resolution::parse);
        found.push(Linked { request, linked_at, agent_id, resolution });
    }
    Ok(found)
}

/// Counts the requests of an incident; `update` is the latest one.
pub fn count(rd: &mut Rd, driver: DriverId, update: Option<IncidentUpdateId>) -> Result<Counts, Error> {
    rd.query_one(
        "SELECT count(*), count(m.update_id), count(r.request_id), \
         CAST(COALESCE(sum(CASE WHEN r.state = 'confirmed' THEN 1 ELSE 0 END), 0) AS BIGINT), \
         CAST(COALESCE(sum(CASE WHEN r.state = 'repudiated' THEN 1 ELSE 0 END), 0) AS BIGINT) \
         FROM incident_request l \
         LEFT JOIN incident_message m ON m.request_id = l.request_id AND m.update_id = $2 AND m.seq > 0 \
         LEFT JOIN resolution r ON r.request_id = l.request_id AND r.episode = l.episode \
         WHERE l.driver_id = $1 AND l.unlinked_at IS NULL",
        params![driver, update.unwrap_or(IncidentUpdateId(0))],
        |row| {
            Ok(Counts {
                linked: row.get(0)?,
                told: row.get(1)?,
                asked: row.get(2)?,
                solved: row.get(3)?,
                not_solved: row.get(4)?,
            })
        },
    )
}

/// Requests of the alarm whose incident this is that do not belong to it and never did, at most `limit`.
pub fn list_of_alarm(rd: &mut Rd, driver: DriverId, limit: i64) -> Result<Vec<RequestId>, Error> {
    rd.query(
        "SELECT a.request_id FROM alarm JOIN alarm_request a ON a.alarm_id = alarm.id WHERE alarm.driver_id = $1 \
         AND NOT EXISTS (SELECT 1 FROM incident_request l \
                         WHERE l.driver_id = alarm.driver_id AND l.request_id = a.request_id) \
         ORDER BY a.request_id LIMIT $2",
        params![driver, limit],
        |row| row.get(0),
    )
}
