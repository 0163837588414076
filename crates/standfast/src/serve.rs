//! Serving the desk, and filling it for a demonstration.

use std::process::ExitCode;

use anyhow::Context as _;
use standfast_desk::Desk;
use standfast_insight::Insight;
use standfast_report::Reports;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::config::Config;
use crate::setup::Hold;
use crate::{demo, setup};

/// How long the job being worked on is waited for at the end.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// How long the snapshot of the facts may take at the end.
const SNAPSHOT: std::time::Duration = std::time::Duration::from_secs(10);

/// Serves until SIGTERM or SIGINT, or until the store says that it must not go on.
pub(crate) async fn serve(mut config: Config, demo: bool) -> anyhow::Result<ExitCode> {
    if demo {
        if config.name == Config::default().name {
            "Harbor Wallet".clone_into(&mut config.name);
        }
        config.host_keys.push(demo::host_key());
    }
    let desk = setup::open_desk(&config, Hold::Alone, demo).await?;
    if demo {
        fill(&desk).await?;
    }
    let listener = TcpListener::bind(&config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    if demo {
        setup::print(&demo::welcome(&config.public_url))?;
    }
    let (stop, stopping) = watch::channel(false);
    let jobs = tokio::spawn(standfast_desk::run_jobs(desk.clone(), stopping.clone()));
    let types = tokio::spawn(standfast_desk::classify_requests(desk.clone(), stopping.clone()));
    standfast_desk::load_hours(&desk).await?;
    let hours = tokio::spawn(standfast_desk::follow_hours(desk.clone(), stopping.clone()));
    let pings = tokio::spawn(standfast_desk::count_pings(desk.clone(), stopping.clone()));
    // Beside serving: figures are ready when they are, help is at once.
    let insight = Insight::new(desk.store().clone(), desk.entropy().clone(), config.insight());
    let users = tokio::spawn({
        let (insight, store, stopping) = (insight.clone(), desk.store().clone(), stopping.clone());
        async move { insight.count_users(store, stopping).await }
    });
    let alarms = stopping.clone();
    let facts = tokio::spawn({
        let (insight, stopping) = (insight.clone(), stopping.clone());
        async move { insight.keep(stopping).await }
    });
    let alarms = tokio::spawn(standfast_desk::watch_alarms(desk.clone(), insight.clone(), alarms));
    let reports = tokio::spawn({
        let (mailer, stopping) = (config.mail.mailer()?, stopping.clone());
        let reports = Reports::new(desk.clone(), insight.clone());
        async move { reports.keep(mailer, stopping).await }
    });
    let mut broken = desk.store().broken();
    let store = desk.store().clone();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let shutdown = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            // Storage failed under us: end, so that the next start recovers from the log.
            _ = broken.wait_for(Option::is_some) => {}
        }
    };
    standfast_http::serve(listener, desk, insight, config.http, shutdown).await?;
    let _ = stop.send(true);
    // A long job is not waited for: its lease ends, and it is done again after the next start.
    let _ = tokio::time::timeout(PATIENCE, jobs).await;
    // A snapshot that is not written whole is not used; the one before it is.
    let _ = tokio::time::timeout(SNAPSHOT, facts).await;
    let _ = tokio::time::timeout(PATIENCE, pings).await;
    let _ = tokio::time::timeout(PATIENCE, users).await;
    let _ = tokio::time::timeout(PATIENCE, types).await;
    let _ = tokio::time::timeout(PATIENCE, alarms).await;
    let _ = tokio::time::timeout(PATIENCE, reports).await;
    let _ = tokio::time::timeout(PATIENCE, hours).await;
    let failure = store.broken().borrow().clone();
    store.close().await;
    match failure {
        Some(error) => Err(error).context("the store failed"),
        None => Ok(ExitCode::SUCCESS),
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
