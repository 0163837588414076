//! What whoever runs the machine asks: is it alive, is it ready, how is it doing.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use metrics::gauge;
use standfast_desk::{Desk, oldest_unrelayed};
use standfast_domain::{QueueKey, RequestId, Time};
use standfast_store::{Error as StoreError, Lane, Rd, job, request};

use crate::app::App;
use crate::route::{Access, Class, Route};

/// How long the store may take for an empty unit of work before it counts as not writable.
const WRITABLE_WITHIN: Duration = Duration::from_secs(2);

/// The routes of operation.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/healthz", Access::Public, healthz).counts(Class::Free),
        Route::get("/readyz", Access::Public, readyz).counts(Class::Read),
        Route::get("/metrics", Access::Operator, metrics).counts(Class::Free),
    ]
}

/// The process runs.
async fn healthz() -> &'static str {
    "ok\n"
}

/// The desk takes messages in and passes them on: the store writes and the relay runs.
async fn readyz(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.desk.store().broken().borrow().is_some() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the store has stopped writing\n");
    }
    let unit = app.desk.store().write(Lane::AtRisk, 0, |_| Ok::<(), StoreError>(()));
    match tokio::time::timeout(WRITABLE_WITHIN, unit).await {
        Ok(Ok(())) if app.hub.is_fed() => (StatusCode::OK, "ready\n"),
        Ok(Ok(())) => (StatusCode::SERVICE_UNAVAILABLE, "the relay does not run\n"),
        Ok(Err(_)) | Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not write\n"),
    }
}

/// What a scrape reads from the store.
struct Ages {
    /// Since when the customer waits who waits longest: assets at risk, and the others.
    waiting: [Option<Time>; 2],
    /// When the oldest event was written that was not handed on.
    unrelayed: Option<Time>,
    /// When the job was due that is overdue longest.
    job: Option<Time>,
    dead_jobs: usize,
}

fn ages(rd: &mut Rd, desk: &Desk, now: Time) -> Result<Ages, StoreError> {
    let ordinary = request::After { key: QueueKey::AT_RISK_END.0 - 1, id: RequestId(i64::MAX) };
    let mut waiting = [None; 2];
    for (longest, after) in waiting.iter_mut().zip([None, Some(ordinary)]) {
        let first =
            request::list(rd, request::Shelf::Active, &request::Filter::default(), after, 1, || true)?.rows;
        *longest =
            first.first().filter(|row| row.at_risk == after.is_none()).and_then(|row| row.waiting_since);
    }
    let dead_jobs = job::list_dead(rd, 1_000)?.len();
    Ok(Ages { waiting, unrelayed: oldest_unrelayed(rd, desk)?, job: job::oldest_due(rd, now)?, dead_jobs })
}

/// Figures for Prometheus. Those that cannot be read just now keep their last value.
async fn metrics(State(app): State<App>) -> Response {
    let now = app.desk.clock().now();
    let desk = app.desk.clone();
    let read = app.desk.store().read(move |rd| ages(rd, &desk, now));
    if let Ok(Ok(ages)) = tokio::time::timeout(WRITABLE_WITHIN, read).await {
        let age = |since: Option<Time>| since.map_or(0.0, |since| now.since(since).as_secs_f64());
        let [at_risk, ordinary] = ages.waiting;
        gauge!("standfast_queue_age_seconds", "at_risk" => "yes").set(age(at_risk));
        gauge!("standfast_queue_age_seconds", "at_risk" => "no").set(age(ordinary));
        gauge!("standfast_outbox_lag_seconds").set(age(ages.unrelayed));
        gauge!("standfast_job_lag_seconds").set(age(ages.job));
        gauge!("standfast_dead_jobs").set(f64::from(u32::try_from(ages.dead_jobs).unwrap_or(u32::MAX)));
    }
    let stats = app.desk.store().stats();
    #[expect(clippy::cast_precision_loss, reason = "figures for reading")]
    {
        gauge!("standfast_store_commits").set(stats.commits as f64);
        gauge!("standfast_store_units").set(stats.units as f64);
        gauge!("standfast_store_repeats").set(stats.repeats as f64);
        gauge!("standfast_store_waiting_units").set(stats.waiting_units as f64);
        gauge!("standfast_store_waiting_reads").set(stats.waiting_reads as f64);
        let ([words, reading], [words_waiting, reading_waiting]) = (app.gate.taken(), app.gate.waiting());
        gauge!("standfast_intake_in_flight").set(words as f64);
        gauge!("standfast_intake_waiting").set(words_waiting as f64);
        gauge!("standfast_reading_in_flight").set(reading as f64);
        gauge!("standfast_reading_waiting").set(reading_waiting as f64);
    }
    gauge!("standfast_store_commit_p50_seconds").set(stats.commit_p50.as_secs_f64());
    gauge!("standfast_store_commit_p99_seconds").set(stats.commit_p99.as_secs_f64());
    gauge!("standfast_relay_running").set(f64::from(u8::from(app.hub.is_fed())));
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app.metrics.render()).into_response()
}
