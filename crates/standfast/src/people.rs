//! Adding and changing the people of the desk from the command line.

use std::io::BufRead as _;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use standfast_desk::{
    AgentChange, AgentView, Desk, NewAgent, add_agent, add_team, change_agent, find_agent, list_agents, words,
};
use standfast_domain::{AgentId, Language, Role};

use crate::config::Config;
use crate::setup::{self, Hold};

#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// Adds somebody. The password is read from the first line of standard input.
    Add {
        /// Sign-in address.
        email: String,
        /// Name that customers see.
        #[arg(long)]
        name: String,
        /// agent, lead, analyst or admin.
        #[arg(long)]
        role: String,
        /// Teams, which are made where they do not exist.
        #[arg(long)]
        team: Vec<String>,
        /// Language of the console: zh-CN or en.
        #[arg(long, default_value = "en")]
        language: String,
    },
    /// Lists everybody: address, name, role, and whether they may sign in.
    List,
    /// Sets a new password, read from the first line of standard input, and ends all sessions.
    Password {
        /// Sign-in address.
        email: String,
    },
    /// Keeps somebody from signing in and ends all sessions.
    Disable {
        /// Sign-in address.
        email: String,
    },
    /// Lets somebody sign in again.
    Enable {
        /// Sign-in address.
        email: String,
    },
    /// Gives somebody another role.
    Role {
        /// Sign-in address.
        email: String,
        /// agent, lead, analyst or admin.
        role: String,
    },
}

/// Runs one of the commands.
pub(crate) async fn user(config: Config, command: UserCommand) -> anyhow::Result<ExitCode> {
    let desk = setup::open_desk(&config, Hold::Beside, false).await?;
    let said = run(&desk, command).await.map_err(|error| explained(error, OPTIONS));
    desk.store().close().await;
    setup::print(&format!("{}\n", said?))
}

/// What the fields of a use case are called on the command line.
pub(crate) type Options = &'static [(&'static str, &'static str)];

/// Those of this command.
const OPTIONS: Options = &[
    ("name", "--name"),
    ("role", "--role"),
    ("language", "--language"),
    ("teams", "--team"),
    ("team", "--team"),
    ("email", "the sign-in address"),
    ("password", "the password on standard input"),
];

/// Says in words what is wrong with a value, by the name that it has on the command line.
pub(crate) fn explained(error: anyhow::Error, options: Options) -> anyhow::Error {
    match error.downcast_ref() {
        Some(standfast_desk::Error::Invalid { field, reason }) => wrong(field, reason, options),
        _ => error,
    }
}

/// "--until: this lies outside of what is possible".
pub(crate) fn wrong(field: &str, reason: &str, options: Options) -> anyhow::Error {
    let name = options.iter().find(|(known, _)| *known == field).map_or(field, |(_, option)| *option);
    let reason = words(Language::English, &format!("problem.invalid.reason.{reason}"), &[]);
    anyhow::anyhow!("{name}: {reason}")
}

async fn run(desk: &Desk, command: UserCommand) -> anyhow::Result<String> {
    match command {
        UserCommand::Add { email, name, role, team, language } => {
            let mut teams = Vec::with_capacity(team.len());
            for name in team {
                teams.push(add_team(desk, name).await?);
            }
            let new = NewAgent {
                email,
                name,
                role: Some(parse_role(&role)?),
                password: read_password()?,
                language: Language::parse(&language).context("the language is zh-CN or en")?,
                teams,
            };
            let agent = add_agent(desk, None, new).await?;
            Ok(format!("added {} ({})", agent.email, agent.role.as_str()))
        }
        UserCommand::List => {
            let line = |agent: &AgentView| {
                let may = if agent.disabled { "disabled" } else { "may sign in" };
                format!("{}  {}  {}  {may}", agent.email, agent.name, agent.role.as_str())
            };
            let people = list_agents(desk, None).await?;
            Ok(if people.is_empty() {
                "nobody yet: see standfast user add --help".to_owned()
            } else {
                people.iter().map(line).collect::<Vec<_>>().join("\n")
            })
        }
        UserCommand::Password { email } => {
            let password = Some(read_password()?);
            apply(desk, &email, AgentChange { password, ..AgentChange::default() }).await?;
            Ok(format!("new password for {email}; all sessions ended"))
        }
        UserCommand::Disable { email } => {
            apply(desk, &email, AgentChange { disabled: Some(true), ..AgentChange::default() }).await?;
            Ok(format!("{email} cannot sign in any more"))
        }
        UserCommand::Enable { email } => {
            apply(desk, &email, AgentChange { disabled: Some(false), ..AgentChange::default() }).await?;
            Ok(format!("{email} can sign in again"))
        }
        UserCommand::Role { email, role } => {
            let role = Some(parse_role(&role)?);
            apply(desk, &email, AgentChange { role, ..AgentChange::default() }).await?;
            Ok(format!("{email} has the new role"))
        }
    }
}

async fn apply(desk: &Desk, email: &str, change: AgentChange) -> anyhow::Result<()> {
    let id: AgentId =
        find_agent(desk, email).await?.with_context(|| format!("nobody has the address {email}"))?.id;
    change_agent(desk, None, id, change).await?;
    Ok(())
}

fn parse_role(text: &str) -> anyhow::Result<Role> {
    Role::parse(text).context("the role is agent, lead, analyst or admin")
}

fn read_password() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() {
        bail!("no password on standard input: printf '%s' 'the password' | standfast user …");
    }
    Ok(password)
}
