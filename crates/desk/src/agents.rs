//! Agents and teams.

use std::collections::HashMap;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use parking_lot::RwLock;
use standfast_domain::{AgentId, Language, Permission, Role, TeamId};
use standfast_store::agent::{self, AgentRow};
use standfast_store::{Lane, Rd};

use crate::roster::{answers, open_shifts_of, tiers};
use crate::view::{AgentView, TeamView};
use crate::{AgentCaller, Desk, Error};

/// Shortest password.
const SHORTEST_PASSWORD: usize = 10;

/// Names of agents, so that showing a conversation needs no look-up for each entry.
#[derive(Debug, Default)]
pub(crate) struct Directory(RwLock<HashMap<AgentId, String>>);

impl Directory {
    pub(crate) fn name(&self, id: AgentId) -> Option<String> {
        self.0.read().get(&id).cloned()
    }

    pub(crate) fn put(&self, id: AgentId, name: String) {
        self.0.write().insert(id, name);
    }

    pub(crate) fn load(&self, rows: &[AgentRow]) {
        *self.0.write() = rows.iter().map(|row| (row.id, row.name.clone())).collect();
    }
}

/// An agent to be added.
#[derive(Clone, Default)]
pub struct NewAgent {
    /// Sign-in address.
    pub email: String,
    /// Name that customers see.
    pub name: String,
    /// Role.
    pub role: Option<Role>,
    /// First password.
    pub password: String,
    /// Language of the console.
    pub language: Language,
    /// Teams.
    pub teams: Vec<TeamId>,
}

/// What is to change about an agent; what is `None` stays.
#[derive(Clone, Default)]
pub struct AgentChange {
    /// Name that customers see.
    pub name: Option<String>,
    /// Role.
    pub role: Option<Role>,
    /// Password; ends all sessions.
    pub password: Option<String>,
    /// Whether the agent may sign in; ends all sessions.
    pub disabled: Option<bool>,
    /// Language of the console.
    pub language: Option<Language>,
    /// Teams.
    pub teams: Option<Vec<TeamId>>,
}

/// Hashes a password with Argon2id and the crate's parameters (OWASP: 19 MiB, two passes), off the async threads.
pub(crate) async fn hash_password(desk: &Desk, password: String) -> Result<String, Error> {
    if password.chars().count() < SHORTEST_PASSWORD {
        return Err(Error::invalid("password", "too_short"));
    }
    if password.len() > 512 {
        return Err(Error::invalid("password", "too_long"));
    }
    let salt = desk.entropy().bytes::<16>();
    let _turn = desk.shared.hashing.acquire().await;
    tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password_with_salt(password.as_bytes(), &salt).map(|hash| hash.to_string())
    })
    .await
    .map_err(|_| Error::Inconsistent("hashing"))?
    .map_err(|_| Error::Inconsistent("hashing"))
}

/// Whether a password fits a hash, off the async threads.
pub(crate) async fn check_password(desk: &Desk, hash: String, password: String) -> Result<bool, Error> {
    let _turn = desk.shared.hashing.acquire().await;
    tokio::task::spawn_blocking(move || {
        PasswordHash::new(&hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await
    .map_err(|_| Error::Inconsistent("hashing"))
}

/// A name within limits that neither is nor asks for a secret.
pub(crate) fn check_name(name: &str) -> Result<String, Error> {
    let name = crate::draft::plain(name).trim().to_owned();
    // Customers see it: neither a secret nor a question for one belongs there.
    let screened = standfast_guard::screen(&name, &standfast_guard::Context::default());
    if !screened.findings.is_empty() || standfast_guard::solicits(&name).is_some() {
        return Err(Error::invalid("name", "malformed"));
    }
    match name.chars().count() {
        0 => Err(Error::invalid("name", "missing")),
        1..=60 => Ok(name),
        _ => Err(Error::invalid("name", "too_long")),
    }
}

/// All agents. `caller` is `None` for the operator's commands.
pub async fn list_agents(desk: &Desk, caller: Option<&AgentCaller>) -> Result<Vec<AgentView>, Error> {
    if let Some(caller) = caller {
        caller.require(Permission::ReadRequests)?;
    }
    let directory = desk.clone();
    desk.store()
        .read(move |rd| {
            let rows = agent::list(rd)?;
            directory.shared.directory.load(&rows);
            views(rd, rows)
        })
        .await
}

/// Agents as callers see them, with their teams.
pub(crate) fn views(rd: &mut Rd, rows: Vec<AgentRow>) -> Result<Vec<AgentView>, Error> {
    let members = agent::list_members(rd)?;
    let tiers: HashMap<AgentId, u8> = tiers(rd)?;
    let view = |row: AgentRow| AgentView {
        teams: members.iter().filter(|(_, agent)| *agent == row.id).map(|(team, _)| *team).collect(),
        id: row.id,
        name: row.name,
        email: row.email,
        role: row.role,
        language: row.language,
        tier: tiers.get(&row.id).copied().unwrap_or(1),
        disabled: row.disabled_at.is_some(),
    };
    Ok(rows.into_iter().map(view).collect())
}

/// All teams.
pub async fn list_teams(desk: &Desk, caller: &AgentCaller) -> Result<Vec<TeamView>, Error> {
    caller.require(Permission::ReadRequests)?;
    let teams = desk.store().read(|rd| agent::list_teams(rd).map_err(Error::from)).await?;
    Ok(teams.into_iter().map(|(id, name)| TeamView { id, name }).collect())
}

/// Adds a team. Called by the operator's commands only.
pub async fn add_team(desk: &Desk, name: String) -> Result<TeamId, Error> {
    let (name, id, now) = (check_name(&name)?, TeamId(desk.id()), desk.now());
    desk.store()
        .write(Lane::Ordinary, id.0, move |tx| {
            if let Some((known, _)) = agent::list_teams(tx)?.into_iter().find(|(_, known)| *known == name) {
                return Ok(known);
            }
            agent::insert_team(tx, id, &name, now)?;
            Ok(id)
        })
        .await
}

/// Adds an agent. `caller` is `None` for the operator's commands, which need no role.
pub async fn add_agent(desk: &Desk, caller: Option<&AgentCaller>, new: NewAgent) -> Result<AgentView, Error> {
    if let Some(caller) = caller {
        caller.require(Permission::ManageAgents)?;
    }
    let email = new.email.trim().to_lowercase();
    if !email.contains('@') || email.len() > 254 || email.contains(char::is_whitespace) {
        return Err(Error::invalid("email", "malformed"));
    }
    let row = AgentRow {
        id: AgentId(desk.id()),
        email,
        name: check_name(&new.name)?,
        role: new.role.ok_or(Error::invalid("role", "missing"))?,
        password_hash: hash_password(desk, new.password).await?,
        language: new.language,
        created_at: desk.now(),
        disabled_at: None,
    };
    let (id, name) = (row.id, row.name.clone());
    let added = desk.store().write(Lane::Ordinary, id.0, move |tx| {
        if agent::find_by_email(tx, &row.email)?.is_some() {
            return Err(Error::EmailTaken);
        }
        agent::insert(tx, &row)?;
        set_teams(tx, row.id, &new.teams)?;
        views(tx, vec![row.clone()])
    });
    let view = added.await?.pop().ok_or(Error::Inconsistent("agent"))?;
    desk.shared.directory.put(id, name);
    Ok(view)
}

fn set_teams(tx: &mut standfast_store::Tx, agent: AgentId, teams: &[TeamId]) -> Result<(), Error> {
    let known = agent::list_teams(tx)?;
    if teams.iter().any(|team| known.iter().all(|(id, _)| id != team)) {
        return Err(Error::invalid("teams", "unknown"));
    }
    agent::set_teams(tx, agent, teams).map_err(Error::from)
}

/// Changes an agent; the shifts to come of whoever answers no more become open. `caller` is `None` for the operator's commands.
pub async fn change_agent(
    desk: &Desk,
    caller: Option<&AgentCaller>,
    id: AgentId,
    change: AgentChange,
) -> Result<AgentView, Error> {
    if let Some(caller) = caller {
        caller.require(Permission::ManageAgents)?;
        // Whoever locks himself out by mistake may be the last one who could let anybody in.
        if caller.id == id
            && (change.disabled == Some(true) || change.role.is_some_and(|role| role != caller.role))
        {
            return Err(Error::invalid("agent_id", "own"));
        }
    }
    let name = change.name.as_deref().map(check_name).transpose()?;
    let password_hash = match change.password {
        Some(password) => Some(hash_password(desk, password).await?),
        None => None,
    };
    // Whoever works at the machine itself is nobody on the desk.
    let (now, by) = (desk.now(), caller.map_or(id, |caller| caller.id));
    let changed = desk.store().write(Lane::Ordinary, id.0, move |tx| {
        let mut row = agent::find(tx, id)?.ok_or(Error::NotFound)?;
        row.name = name.clone().unwrap_or(row.name);
        row.role = change.role.unwrap_or(row.role);
        row.language = change.language.unwrap_or(row.language);
        if let Some(disabled) = change.disabled {
            row.disabled_at = disabled.then_some(now);
        }
        if let Some(hash) = &password_hash {
            row.password_hash.clone_from(hash);
        }
        if password_hash.is_some() || row.disabled_at.is_some() {
            agent::delete_sessions_of(tx, id)?;
        }
        agent::save(tx, &row)?;
        if !answers(&row) {
            open_shifts_of(tx, id, by, now)?;
        }
        if let Some(teams) = &change.teams {
            set_teams(tx, id, teams)?;
        }
        views(tx, vec![row])
    });
    let view = changed.await?.pop().ok_or(Error::Inconsistent("agent"))?;
    desk.shared.sessions.forget(id);
    desk.shared.directory.put(id, view.name.clone());
    Ok(view)
}

/// The agent with this sign-in address, for the operator's commands.
pub async fn find_agent(desk: &Desk, email: &str) -> Result<Option<AgentView>, Error> {
    let email = email.trim().to_lowercase();
    desk.store()
        .read(move |rd| {
            let row = agent::find_by_email(rd, &email)?;
            Ok(views(rd, row.into_iter().collect())?.pop())
        })
        .await
}
