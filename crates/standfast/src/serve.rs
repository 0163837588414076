//! Serving the desk, handing it over, and filling it for a demonstration.

use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use standfast_desk::Desk;
use standfast_http::{Ending, Lines};
use standfast_insight::Insight;
use standfast_report::Reports;
use standfast_store::Database;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::control::{Asked, Control};
use crate::setup::Hold;
use crate::succession::{Predecessor, Successor};
use crate::{demo, notify, setup};

/// How long the job being worked on is waited for at the end.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the snapshot of the facts may take at the end.
const SNAPSHOT: Duration = Duration::from_secs(10);

/// Serves until SIGTERM or SIGINT, until the store says that it must not go on, or until another process has taken over.
pub(crate) async fn serve(
    mut config: Config,
    demo: bool,
    predecessor: Option<&mut Predecessor>,
) -> anyhow::Result<ExitCode> {
    if demo {
        if config.name == Config::default().name {
            "Harbor Wallet".clone_into(&mut config.name);
        }
        config.host_keys.push(demo::host_key());
    }
    let mut signals = Signals::new()?;
    // The socket stays open beside the server's: another process goes on with it, and this one when that fails.
    let (mut desk, Lines { listener, mut connections }, control) = match predecessor {
        None => {
            let (desk, listener) = first(&config, demo).await?;
            (desk, Lines { listener, connections: Vec::new() }, control(&config))
        }
        Some(predecessor) => {
            let (desk, lines) = after(&config, demo, predecessor).await?;
            let control = control(&config);
            predecessor.serving();
            (desk, lines, control)
        }
    };
    notify::ready();
    loop {
        let post = Post { config: &config, listener: &listener, control: control.as_ref() };
        let Some(handing) = post.hold(desk, connections, &mut signals).await? else {
            return Ok(ExitCode::SUCCESS);
        };
        let (mut asked, mut successor) = (handing.asked, handing.successor);
        let process = successor.id();
        let taken = tokio::select! {
            taken = successor.take_over(&handing.connections) => taken,
            // The new process ends with this one.
            () = signals.stop() => return Ok(ExitCode::SUCCESS),
        };
        let Err(error) = taken else {
            notify::moved(process);
            tracing::info!(process, "handed over");
            asked.done(&format!("process {process} serves")).await;
            return Ok(ExitCode::SUCCESS);
        };
        let why = format!("{error:#}");
        tracing::error!(process, why, "the new process does not serve; this one goes on");
        drop(successor);
        desk = loaded(setup::open_desk(&config, Hold::Again, demo).await?).await?;
        connections = handing.connections;
        asked.failed(&why).await;
    }
}

/// Opens the desk, then the socket: where another process serves the same data, this one must not listen.
async fn first(config: &Config, demo: bool) -> anyhow::Result<(Desk, TcpListener)> {
    let desk = setup::open_desk(config, Hold::Alone, demo).await?;
    if demo {
        fill(&desk).await?;
    }
    let listener = tokio::net::TcpListener::bind(&config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    if demo {
        setup::print(&demo::welcome(&config.public_url))?;
    }
    Ok((loaded(desk).await?, listener.into_std()?))
}

/// Reads what the desk needs before anybody may rely on it: a process that cannot must not say that it serves.
async fn loaded(desk: Desk) -> anyhow::Result<Desk> {
    standfast_desk::load_hours(&desk).await?;
    standfast_desk::load_capacity(&desk).await?;
    standfast_desk::load_online(&desk).await?;
    Ok(desk)
}

/// Opens the desk once another process has let go of it. On PostgreSQL both have their connections by then.
async fn after(config: &Config, demo: bool, predecessor: &mut Predecessor) -> anyhow::Result<(Desk, Lines)> {
    let listener = predecessor.listener(&config.listen)?;
    let migrations = setup::rehearse(config).await?;
    let open = || setup::open_desk(config, Hold::Alone, demo);
    let desk = match config.database() {
        Database::Postgres { .. } => Some(open().await?),
        Database::Sqlite { .. } => None,
    };
    let connections = predecessor.wait(&migrations).await?;
    let desk = match desk {
        Some(desk) => desk,
        None => open().await?,
    };
    Ok((loaded(desk).await?, Lines { listener, connections }))
}

/// A desk can be served without `standfast upgrade`, for example where the folder's name is too long for a socket.
fn control(config: &Config) -> Option<Control> {
    let opened = Control::open(config);
    opened
        .inspect_err(|error| tracing::warn!(error = format!("{error:#}"), "no `standfast upgrade` here"))
        .ok()
}

/// What asks a process to stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Where the desk is served.
struct Post<'a> {
    config: &'a Config,
    listener: &'a TcpListener,
    control: Option<&'a Control>,
}

/// The desk's way to another process.
struct Handing {
    /// Whoever wanted it.
    asked: Asked,
    successor: Successor,
    connections: Vec<TcpStream>,
}

impl Post<'_> {
    /// Serves until there is a reason not to, also on `connections`, and closes the store. Who takes over, when somebody does.
    async fn hold(
        &self,
        desk: Desk,
        connections: Vec<TcpStream>,
        signals: &mut Signals,
    ) -> anyhow::Result<Option<Handing>> {
        let lines = Lines { listener: self.listener.try_clone()?, connections };
        let insight = Insight::new(desk.store().clone(), desk.entropy().clone(), self.config.insight());
        let mut background = Some(Background::start(self.config, &desk, &insight)?);
        let store = desk.store().clone();
        let mut broken = store.broken();
        let failed = async { drop(broken.wait_for(Option::is_some).await) };
        let mut heir = None;
        let shutdown = async {
            tokio::select! {
                () = signals.stop() => {}
                // Storage failed under us: end, so that the next start recovers from the log.
                () = failed => {}
                (mut asked, successor) = self.upgrade(&insight) => {
                    asked.step("the process that serves lets go; whoever calls meanwhile waits").await;
                    // While calls are still taken: nobody waits for a snapshot.
                    if let Some(background) = background.take() {
                        background.end().await;
                    }
                    let connections = successor.takes_connections();
                    heir = Some((asked, successor));
                    return Ending::HandOver { connections };
                }
            }
            Ending::Stop
        };
        let connections =
            standfast_http::serve(lines, desk, insight.clone(), self.config.http.clone(), shutdown).await?;
        if let Some(background) = background.take() {
            background.end().await;
        }
        let failure = store.broken().borrow().clone();
        store.close().await;
        match failure {
            Some(error) => Err(error).context("the store failed"),
            None => Ok(heir.map(|(asked, successor)| Handing { asked, successor, connections })),
        }
    }

    async fn upgrade(&self, insight: &Insight) -> (Asked, Successor) {
        match self.control {
            Some(control) => control.upgrade(self.listener, insight).await,
            None => std::future::pending().await,
        }
    }
}

/// What goes on beside answering calls.
struct Background {
    stop: watch::Sender<bool>,
    jobs: JoinHandle<()>,
    facts: JoinHandle<()>,
    others: Vec<JoinHandle<()>>,
}

impl Background {
    fn start(config: &Config, desk: &Desk, insight: &Insight) -> anyhow::Result<Self> {
        let (stop, stopping) = watch::channel(false);
        let jobs = tokio::spawn(standfast_desk::run_jobs(desk.clone(), stopping.clone()));
        // Beside serving: figures are ready when they are, help is at once.
        let facts = tokio::spawn({
            let (insight, stopping) = (insight.clone(), stopping.clone());
            async move { insight.keep(stopping).await }
        });
        let users = tokio::spawn({
            let (insight, store, stopping) = (insight.clone(), desk.store().clone(), stopping.clone());
            async move { insight.count_users(store, stopping).await }
        });
        let reports = tokio::spawn({
            let (mailer, stopping) = (config.mail.mailer()?, stopping.clone());
            let reports = Reports::new(desk.clone(), insight.clone());
            async move { reports.keep(mailer, stopping).await }
        });
        let places = config.copy_places()?;
        if !places.is_empty() {
            // Not waited for at the end: what it writes is whole or not there.
            tokio::spawn(standfast_http::keep_status_copy(desk.clone(), places, stopping.clone()));
        }
        let mut others = vec![
            tokio::spawn(standfast_desk::count_pings(desk.clone(), stopping.clone())),
            tokio::spawn(standfast_desk::run_calls(desk.clone(), stopping.clone())),
            tokio::spawn(standfast_desk::follow_hours(desk.clone(), stopping.clone())),
            tokio::spawn(standfast_desk::follow_capacity(desk.clone(), stopping.clone())),
            tokio::spawn(standfast_desk::keep_online(desk.clone(), stopping.clone())),
            users,
            tokio::spawn(standfast_desk::classify_requests(desk.clone(), stopping.clone())),
            tokio::spawn(standfast_desk::watch_alarms(desk.clone(), insight.clone(), stopping.clone())),
            tokio::spawn(standfast_desk::watch_surge(desk.clone(), stopping.clone())),
            reports,
        ];
        if config.probe {
            // The address is the operator's own word, and may be one of this network.
            let outside = Arc::new(standfast_http::PublicOnly::new(true));
            others.push(tokio::spawn(standfast_desk::keep_probing(desk.clone(), outside, stopping)));
        }
        Ok(Self { stop, jobs, facts, others })
    }

    /// Lets it come to an end.
    async fn end(self) {
        let _ = self.stop.send(true);
        // A long job is not waited for: its lease ends, and it is done again after the next start.
        let _ = tokio::time::timeout(PATIENCE, self.jobs).await;
        // A snapshot that is not written whole is not used; the one before it is.
        let _ = tokio::time::timeout(SNAPSHOT, self.facts).await;
        for other in self.others {
            let _ = tokio::time::timeout(PATIENCE, other).await;
        }
    }
}

/// Fills an empty desk.
pub(crate) async fn demo(config: Config) -> anyhow::Result<ExitCode> {
    let desk = setup::open_desk(&config, Hold::Alone, true).await?;
    fill(&desk).await?;
    desk.store().close().await;
    setup::print(&demo::welcome(&config.public_url))
}

async fn fill(desk: &Desk) -> anyhow::Result<()> {
    if let Some(summary) = demo::fill_once(desk).await? {
        setup::print(&format!("{summary}\n"))?;
    }
    Ok(())
}
