//! Agents, teams and sessions.

use standfast_domain::{AgentId, Language, RequestId, Role, TeamId, Time};

use crate::{Error, Rd, Row, Tx, params};

/// An agent as the store keeps it.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0001_desk.sql")]
pub struct AgentRow {
    pub id: AgentId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub password_hash: String,
    pub language: Language,
    pub created_at: Time,
    pub disabled_at: Option<Time>,
}

impl std::fmt::Debug for AgentRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "agent {} ({:?})", self.id, self.role)
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT a.id, a.email, a.name, a.role, a.password_hash, a.language, a.created_at, a.disabled_at ",
            "FROM agent a ",
            $rest
        )
    };
}

fn row(row: &Row<'_>) -> Result<AgentRow, Error> {
    Ok(AgentRow {
        id: row.get(0)?,
        email: row.get(1)?,
        name: row.get(2)?,
        role: row.parse(3, Role::parse)?,
        password_hash: row.get(4)?,
        language: row.parse(5, Language::parse)?,
        created_at: row.get(6)?,
        disabled_at: row.get(7)?,
    })
}

/// The agent with this id.
pub fn find(rd: &mut Rd, id: AgentId) -> Result<Option<AgentRow>, Error> {
    rd.query_opt(select!("WHERE a.id = $1"), params![id], row)
}

/// The agent with this sign-in address, which is kept in lower case.
pub fn find_by_email(rd: &mut Rd, email: &str) -> Result<Option<AgentRow>, Error> {
    rd.query_opt(select!("WHERE a.email = $1"), params![email], row)
}

/// All agents by name.
pub fn list(rd: &mut Rd) -> Result<Vec<AgentRow>, Error> {
    rd.query(select!("ORDER BY a.name, a.id"), params![], row)
}

/// Writes a new agent.
pub fn insert(tx: &mut Tx, a: &AgentRow) -> Result<(), Error> {
    tx.run(
        "INSERT INTO agent (id, email, name, role, password_hash, language, created_at, disabled_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            a.id,
            a.email,
            a.name,
            a.role.as_str(),
            a.password_hash,
            a.language.as_str(),
            a.created_at,
            a.disabled_at
        ],
    )
}

/// Writes back everything of an agent that can change.
pub fn save(tx: &mut Tx, a: &AgentRow) -> Result<(), Error> {
    tx.run(
        "UPDATE agent SET name = $2, role = $3, password_hash = $4, language = $5, disabled_at = $6 WHERE id = $1",
        params![a.id, a.name, a.role.as_str(), a.password_hash, a.language.as_str(), a.disabled_at],
    )
}

/// All teams by name.
pub fn list_teams(rd: &mut Rd) -> Result<Vec<(TeamId, String)>, Error> {
    rd.query("SELECT id, name FROM team ORDER BY name", params![], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Writes a new team.
pub fn insert_team(tx: &mut Tx, id: TeamId, name: &str, now: Time) -> Result<(), Error> {
    tx.run("INSERT INTO team (id, name, created_at) VALUES ($1, $2, $3)", params![id, name, now])
}

/// Who is in which team.
pub fn list_members(rd: &mut Rd) -> Result<Vec<(TeamId, AgentId)>, Error> {
    rd.query("SELECT team_id, agent_id FROM team_member ORDER BY team_id, agent_id", params![], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// Puts an agent into exactly these teams.
pub fn set_teams(tx: &mut Tx, agent: AgentId, teams: &[TeamId]) -> Result<(), Error> {
    tx.run("DELETE FROM team_member WHERE agent_id = $1", params![agent])?;
    for team in teams {
        tx.run("INSERT INTO team_member (team_id, agent_id) VALUES ($1, $2)", params![team, agent])?;
    }
    Ok(())
}

/// A session as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns are explained in migrations/0001_desk.sql")]
pub struct SessionRow {
    pub agent_id: AgentId,
    pub created_at: Time,
    pub seen_at: Time,
    pub expires_at: Time,
}

/// Opens a session.
pub fn insert_session(tx: &mut Tx, token_hash: &[u8], s: &SessionRow) -> Result<(), Error> {
    tx.run(
        "INSERT INTO session (token_hash, agent_id, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        params![token_hash, s.agent_id, s.created_at, s.seen_at, s.expires_at],
    )
}

/// The session under this hash.
pub fn find_session(rd: &mut Rd, token_hash: &[u8]) -> Result<Option<SessionRow>, Error> {
    rd.query_opt(
        "SELECT agent_id, created_at, seen_at, expires_at FROM session WHERE token_hash = $1",
        params![token_hash],
        |row| {
            Ok(SessionRow {
                agent_id: row.get(0)?,
                created_at: row.get(1)?,
                seen_at: row.get(2)?,
                expires_at: row.get(3)?,
            })
        },
    )
}

/// Notes that a session was used.
pub fn touch_session(tx: &mut Tx, token_hash: &[u8], now: Time) -> Result<(), Error> {
    tx.run("UPDATE session SET seen_at = $2 WHERE token_hash = $1", params![token_hash, now])
}

/// Ends a session.
pub fn delete_session(tx: &mut Tx, token_hash: &[u8]) -> Result<(), Error> {
    tx.run("DELETE FROM session WHERE token_hash = $1", params![token_hash])
}

/// Ends all sessions of an agent.
pub fn delete_sessions_of(tx: &mut Tx, agent: AgentId) -> Result<(), Error> {
    tx.run("DELETE FROM session WHERE agent_id = $1", params![agent])
}

/// Ends sessions that are over.
pub fn trim_sessions(tx: &mut Tx, now: Time) -> Result<u64, Error> {
    tx.execute("DELETE FROM session WHERE expires_at < $1", params![now])
}

/// Notes how far an agent has read a request, and returns whether that is further than before; never goes back.
pub fn mark_read(tx: &mut Tx, request: RequestId, agent: AgentId, seq: i64) -> Result<bool, Error> {
    let changed = tx.execute(
        "INSERT INTO agent_read (request_id, agent_id, seq) VALUES ($1, $2, $3) \
         ON CONFLICT (request_id, agent_id) DO UPDATE SET seq = excluded.seq WHERE agent_read.seq < excluded.seq",
        params![request, agent, seq],
    )?;
    Ok(changed > 0)
}

/// How far each agent has read a request.
pub fn list_read(rd: &mut Rd, request: RequestId) -> Result<Vec<(AgentId, i64)>, Error> {
    rd.query(
        "SELECT agent_id, seq FROM agent_read WHERE request_id = $1 ORDER BY agent_id",
        params![request],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
