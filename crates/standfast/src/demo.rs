//! The demonstration: an empty desk filled once with made-up requests of the last 90 days, through the same use cases
//! that serve real customers. `demo/README.md` says what it is made of.

mod calendar;
mod crowd;
mod draw;
mod events;
mod hours;
mod made_up;
mod online;
mod opinion;
mod perform;
mod plot;
mod release;
mod report;
mod roster;
mod short;
mod staff;
mod story;
mod surge;
mod text;
mod users;

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use standfast_desk::{AgentCaller, AgentView, Desk, NewAgent, add_agent, add_team};
use standfast_domain::{OsEntropy, TeamId, Time};
use standfast_store::{Lane, agent, request, setting};

use crate::config::HostKeyConfig;

/// The password of everybody on the demo desk.
pub(crate) const PASSWORD: &str = "harbor-wallet-demo";
/// Requests of a full demo.
const REQUESTS: usize = 5_000;
/// Where the draws begin.
const SEED: u64 = 20_240_101;
/// Setting that says whether the desk was filled: [`BEGUN`] or [`DONE`].
pub(crate) const SETTING: &str = "demo";
const BEGUN: &str = "begun";
const DONE: &str = "done";
/// Issuer of the demo's identity tokens.
const ISSUER: &str = "harbor-wallet-demo";

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Requests.
    pub(crate) requests: usize,
    /// Customers.
    pub(crate) customers: usize,
    /// Things that customers and agents did.
    pub(crate) acts: usize,
    /// How long it took.
    pub(crate) took: Duration,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, customers, acts, took } = self;
        write!(
            f,
            "demo: {requests} requests of {customers} customers ({acts} acts) in {:.1} s",
            took.as_secs_f64()
        )
    }
}

/// A key for identity tokens, drawn at each start: a key that is known would let anybody be anyone.
pub(crate) fn host_key() -> HostKeyConfig {
    let secret = URL_SAFE_NO_PAD.encode(OsEntropy::shared().bytes::<32>());
    HostKeyConfig { issuer: ISSUER.to_owned(), secret }
}

/// How to sign in.
pub(crate) fn welcome(public_url: &str) -> String {
    let people = story::Content::load().map(|content| content.names.agents).unwrap_or_default();
    let line =
        |agent: &story::Colleague| format!("  {:<24} {:<8} {}", agent.email, agent.role.as_str(), agent.name);
    let lines: Vec<String> = people.iter().map(line).collect();
    let lines = lines.join("\n");
    format!(
        "\nThis desk is a demonstration: everybody and everything in it is made up.\n\
         Sign in at {public_url}/console with the password {PASSWORD} as one of\n{lines}\n\n"
    )
}

/// Fills the desk if it is empty. `None` when it was filled before; an error when something else is in it.
pub(crate) async fn fill_once(desk: &Desk) -> anyhow::Result<Option<Summary>> {
    match stage(desk).await? {
        Stage::Empty => {}
        Stage::Done => return Ok(None),
        Stage::Begun => {
            bail!("the demo was interrupted while it was being written: remove the database and start again")
        }
        Stage::InUse => bail!("this desk is in use: the demo fills an empty one only"),
    }
    tracing::info!("the desk is empty: it is filled with made-up requests of the last 90 days");
    let step = |done: usize, of: usize| tracing::debug!(done, of, "demo");
    fill(desk, REQUESTS, desk.now(), step).await.map(Some)
}

/// What is on the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Empty,
    Begun,
    Done,
    InUse,
}

async fn stage(desk: &Desk) -> anyhow::Result<Stage> {
    let found = desk.store().read(|rd| {
        Ok::<_, standfast_store::Error>(match setting::get(rd, SETTING)?.as_deref() {
            Some(DONE) => Stage::Done,
            Some(_) => Stage::Begun,
            None => {
                let asked = !request::list_by_id(rd, standfast_domain::RequestId(0), 1)?.is_empty();
                if asked || !agent::list(rd)?.is_empty() { Stage::InUse } else { Stage::Empty }
            }
        })
    });
    Ok(found.await?)
}

async fn mark(desk: &Desk, stage: &'static str) -> anyhow::Result<()> {
    let marked = desk.store().write(Lane::Ordinary, 0, move |tx| setting::put(tx, SETTING, stage));
    marked.await.map_err(|error: standfast_store::Error| error.into())
}

/// Writes the last 90 days before `now`: `count` requests, the people who ask and those who answer. `progress` is
/// told how many of how many acts are done.
pub(crate) async fn fill(
    desk: &Desk,
    count: usize,
    now: Time,
    progress: impl Fn(usize, usize),
) -> anyhow::Result<Summary> {
    let start = desk.clock().monotonic();
    mark(desk, BEGUN).await?;
    let content = story::Content::load()?;
    let plot = plot::Plot::new(&content, count, SEED, desk.entropy(), now)?;
    let (agents, teams) = hire(desk, &content.names, calendar::beginning(now)).await?;
    hours::open(desk, &agents, calendar::beginning(now)).await?;
    let planned = roster::plan(desk, &agents, &content.names, now).await?;
    events::explain(desk, &content, &agents, now, &draw::Draw::new(SEED)).await?;
    let (customers, acts) = (plot.customers, plot.happenings.len());
    let troupe = perform::Troupe::new(desk, agents.clone(), teams, customers)?;
    let staff = staff::Staff::new(&content.names, draw::Draw::new(SEED));
    let requests = troupe.perform(plot, &staff, now, progress).await?;
    online::put_down(desk, now, planned.as_ref()).await?;
    surge::live_through(desk, &agents, now).await?;
    report::enter(desk).await?;
    mark(desk, DONE).await?;
    Ok(Summary { requests, customers, acts, took: desk.clock().monotonic().saturating_sub(start) })
}

/// Teams and agents, the day before the first request.
async fn hire(
    desk: &Desk,
    names: &story::Names,
    beginning: Time,
) -> anyhow::Result<(Vec<AgentCaller>, Vec<TeamId>)> {
    let day = beginning.minus(calendar::DAY);
    let desk_then = |minute: u64| perform::at(desk, day.plus(Duration::from_mins(minute)), 31);
    let mut teams = Vec::with_capacity(names.teams.len());
    for (minute, team) in (0..).zip(&names.teams) {
        let name = format!("{} {}", team.name.chinese, team.name.english);
        teams.push(add_team(&desk_then(minute), name).await?);
    }
    let mut agents = Vec::with_capacity(names.agents.len());
    for (minute, colleague) in (10..).zip(&names.agents) {
        let member = |code: &String| {
            let at = names.teams.iter().position(|team| team.code == *code);
            at.and_then(|at| teams.get(at)).copied().context("unknown team")
        };
        let new = NewAgent {
            email: colleague.email.clone(),
            name: colleague.name.clone(),
            role: Some(colleague.role),
            password: PASSWORD.to_owned(),
            language: colleague.languages.first().copied().unwrap_or_default(),
            teams: colleague.teams.iter().map(member).collect::<Result<_, _>>()?,
        };
        // The operator's command makes these people, and the plot speaks for them.
        let AgentView { id, name, role, .. } = add_agent(&desk_then(minute), None, new).await?;
        agents.push(AgentCaller { id, name, role });
    }
    Ok((agents, teams))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use standfast_desk::{
        HostKey, InboxQuery, Keys, Settings, View, Window, entries, feedback_summary, inbox, verify,
    };
    use standfast_domain::{FrozenClock, Ids, RequestId, Role};
    use standfast_guard::{Context, SecretKind, marks, screen, solicits};
    use standfast_store::{Config, Database, Store};

    use super::*;

    async fn desk(folder: &Path, now: Time) -> Desk {
        let clock = FrozenClock::at(now);
        let database = Database::Sqlite { path: folder.join("desk.db") };
        let store = Store::open(Config::new(database), clock.clone()).unwrap();
        store.migrate().await.unwrap();
        let key = host_key();
        let settings = Settings {
            files: folder.to_owned(),
            host_keys: vec![HostKey { issuer: key.issuer, secret: key.secret.into_bytes() }],
            demo: true,
            ..Settings::default()
        };
        Desk::new(store, Keys::new(&[7; 32]), settings, clock, OsEntropy::shared(), 0)
    }

    fn admin() -> AgentCaller {
        AgentCaller { id: standfast_domain::AgentId(1), name: "Test".to_owned(), role: Role::Admin }
    }

    async fn all_requests(desk: &Desk) -> Vec<request::RequestRow> {
        let all = desk
            .store()
            .read(|rd| request::list_by_id(rd, RequestId(0), 10_000).map_err(standfast_desk::Error::from));
        all.await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_filled_desk_is_faultless_and_without_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let now = Time::parse("2026-11-21T15:20:00Z").unwrap();
        let desk = desk(folder.path(), now).await;
        assert_eq!(stage(&desk).await.unwrap(), Stage::Empty);
        let summary = fill(&desk, 90, now, |_, _| {}).await.unwrap();
        assert!((90..95).contains(&summary.requests), "{summary}");

        let found = verify(&desk).await.unwrap();
        assert_eq!((found.requests, &found.faults[..]), (summary.requests as u64, &[][..]));
        assert!(found.is_sound() && found.census.hours > 0, "{:?}", found.census);
        let rows = all_requests(&desk).await;
        // Ids are in the order of creation, and carry its time.
        assert!(rows.windows(2).all(|two| two[0].created_at < two[1].created_at));
        assert!(rows.iter().all(|row| row.id.0 >= Ids::floor(row.created_at)));
        assert!(rows.iter().all(|row| row.updated_at <= now));
        assert!(rows.iter().filter(|row| row.first_reply_at.is_some()).all(|row| row.assignee_id.is_some()));

        let (mut texts, mut secrets) = (0, 0);
        for row in &rows {
            let window = Window { limit: 200, ..Window::default() };
            for entry in entries(&desk, &admin(), row.id, window).await.unwrap().entries {
                let Some(text) = &entry.text else { continue };
                texts += 1;
                secrets +=
                    marks(text).iter().filter(|(_, kind, _)| *kind == SecretKind::RecoveryPhrase).count();
                assert!(screen(text, &Context::default()).findings.is_empty(), "{}", row.number);
                if entry.author.id.is_some() && entry.author.kind == "agent" {
                    assert!(solicits(text).is_none(), "{text}");
                }
            }
        }
        assert!(texts > 220, "{texts}");
        println!("{texts} texts, {secrets} secrets kept out");

        let all = feedback_summary(&desk, &admin(), Time(0), now).await.unwrap().total;
        println!("{all:?}");
        assert!(all.asked > 60 && all.responses > 4 && all.responses * 2 < all.asked, "{all:?}");
        assert!(all.confirmed > 4 && all.assumed > 10 && all.repudiated > 0, "{all:?}");

        let query = InboxQuery { view: View::All, limit: 100, ..InboxQuery::default() };
        let active = inbox(&desk, &admin(), query).await.unwrap().items;
        assert!(active.iter().any(|item| item.at_risk), "somebody is in trouble just now");
        let recent =
            |item: &&standfast_desk::RequestSummary| now.since(item.created_at) < Duration::from_mins(10);
        assert!(active.iter().filter(recent).count() >= 3);

        assert_eq!(stage(&desk).await.unwrap(), Stage::Done);
        assert_eq!(fill_once(&desk).await.unwrap(), None);
        desk.store().close().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn only_an_empty_desk_is_filled() {
        let folder = tempfile::tempdir().unwrap();
        let now = Time::parse("2026-11-21T15:20:00Z").unwrap();
        let desk = desk(folder.path(), now).await;
        mark(&desk, BEGUN).await.unwrap();
        assert!(fill_once(&desk).await.is_err(), "an interrupted demo is not mixed with another");
        desk.store().close().await;
    }

    #[test]
    fn everybody_is_told_how_to_sign_in() {
        let text = welcome("http://127.0.0.1:8080");
        for part in
            ["admin@harbor.example", "lead@harbor.example", "agent@harbor.example", PASSWORD, "/console"]
        {
            assert!(text.contains(part), "{part}");
        }
        assert_ne!(host_key().secret, host_key().secret);
    }
}
