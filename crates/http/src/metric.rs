//! Figures for Prometheus. Names, labels and values never carry what people wrote.

use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds in seconds: from a shared commit to a patient long poll.
const SECONDS: [f64; 14] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// The process's recorder, installed at the first call. Figures belong to the process, not to one server in it.
pub(crate) fn recorder() -> PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER
        .get_or_init(|| {
            let builder = PrometheusBuilder::new();
            let builder = builder.set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS);
            // Refused only for an empty list of buckets.
            let recorder = builder.unwrap_or_default().build_recorder();
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!("another recorder of metrics is installed already; /metrics stays empty");
            }
            describe();
            handle
        })
        .clone()
}

fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_counter!("standfast_http_requests_total", "Calls answered, by method, route and status.");
    describe_histogram!("standfast_http_seconds", "Time from the head of a call to its answer, by route.");
    describe_gauge!("standfast_http_connections", "Connections open.");
    describe_counter!(
        "standfast_http_connections_refused_total",
        "Connections refused, by the limit that was reached."
    );
    describe_counter!(
        "standfast_http_connections_slow_total",
        "Connections closed for being slow, by phase."
    );
    describe_gauge!("standfast_live_sockets", "Live sockets, by who is behind them.");
    describe_counter!("standfast_live_closed_total", "Live sockets that the server closed, by reason.");
    describe_counter!(
        "standfast_limited_total",
        "Calls refused by a limit, by what was counted and for whom."
    );
    describe_counter!(
        "standfast_shed_total",
        "Calls told to come back because too many were being served, by class: at_risk, words, reading."
    );
    describe_counter!(
        "standfast_broken_seals_total",
        "Writes to requests whose row was altered past the desk; one is counted at least once."
    );
    describe_gauge!("standfast_intake_in_flight", "Messages being taken in.");
    describe_gauge!("standfast_intake_waiting", "Messages that wait to be taken in.");
    describe_gauge!("standfast_reading_in_flight", "Pages and conversations being read by customers.");
    describe_gauge!("standfast_reading_waiting", "Customers who wait to read.");
    describe_gauge!("standfast_waiting_requests", "Requests that wait for the desk.");
    describe_gauge!("standfast_agents_present", "Agents who are there to answer.");
    describe_histogram!(
        "standfast_probe_seconds",
        "Time from a test message through the public address to its receipt."
    );
    describe_counter!("standfast_probe_failures_total", "Minutes in which a test message got no receipt.");
    describe_gauge!("standfast_probe_up", "1 while test messages get a receipt.");
    describe_gauge!("standfast_queue_age_seconds", "How long the customer waits who waits longest.");
    describe_gauge!("standfast_outbox_lag_seconds", "Age of the oldest event that was not handed on yet.");
    describe_gauge!(
        "standfast_facts_lag_seconds",
        "Age of the oldest event that the facts did not have yet."
    );
    describe_gauge!("standfast_facts_rows", "Requests in the facts.");
    describe_gauge!("standfast_facts_bytes", "Memory that the facts take.");
    describe_gauge!("standfast_job_lag_seconds", "How long the job is overdue that is overdue longest.");
    describe_gauge!("standfast_dead_jobs", "Jobs that failed for good and need a person.");
    describe_gauge!("standfast_relay_running", "1 while the relay hands committed events on.");
    describe_gauge!("standfast_store_commits", "Commits that wrote something, since the start.");
    describe_gauge!("standfast_store_units", "Units of work answered after a commit, since the start.");
    describe_gauge!("standfast_store_repeats", "Batches that were repeated, since the start.");
    describe_gauge!("standfast_store_waiting_units", "Units of work that wait for a writer.");
    describe_gauge!("standfast_store_waiting_reads", "Reads that wait for a reader.");
    describe_gauge!("standfast_store_commit_p50_seconds", "Median of the last thousand commits.");
    describe_gauge!("standfast_store_commit_p99_seconds", "99th percentile of the last thousand commits.");
}

/// Keeps the recorder's memory bounded between two scrapes.
pub(crate) async fn upkeep(handle: PrometheusHandle) {
    let mut beat = tokio::time::interval(Duration::from_secs(5));
    loop {
        beat.tick().await;
        handle.run_upkeep();
    }
}
