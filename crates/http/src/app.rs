//! What every handler shares.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use metrics_exporter_prometheus::PrometheusHandle;
use standfast_desk::{Desk, note_refused};
use standfast_domain::Channel;
use standfast_insight::Insight;
use standfast_report::Reports;

use crate::api::Exports;
use crate::config::Config;
use crate::gate::{Class, Gate, Seat};
use crate::limit::{Kind, Limits};
use crate::live::{Hub, Tickets};
use crate::network::Network;
use crate::problem::Problem;
use crate::{metric, origin};

/// The server's state. Cheap to clone; fields are reached through it.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The fields of [`App`].
pub struct Parts {
    /// The use cases.
    pub desk: Desk,
    /// The figures.
    pub insight: Insight,
    /// The reports.
    pub reports: Reports,
    /// The settings of this server.
    pub config: Config,
    /// Whether customers reach the desk by https, so that cookies are `Secure`.
    pub secure: bool,
    /// The origin of the desk's own pages, such as `https://help.wallet.example`.
    pub origin: String,
    pub(crate) limits: Limits,
    pub(crate) gate: Gate,
    pub(crate) hub: Hub,
    pub(crate) tickets: Tickets,
    pub(crate) metrics: PrometheusHandle,
    pub(crate) exports: Exports,
    calls: AtomicU64,
    boot: u32,
}

impl App {
    /// The state of a server over `desk` and its figures.
    #[must_use]
    pub fn new(desk: Desk, insight: Insight, config: Config) -> Self {
        let public_url = desk.settings().public_url.clone();
        let clock = desk.clock().clone();
        let boot = u32::from_be_bytes(desk.entropy().bytes::<4>());
        Self(Arc::new(Parts {
            limits: Limits::new(clock.clone(), config.rates.clone()),
            gate: Gate::new(clock.clone(), config.intake_in_flight, config.intake_waiting),
            hub: Hub::new(desk.clone()),
            tickets: Tickets::new(clock),
            metrics: metric::recorder(),
            secure: public_url.starts_with("https://"),
            origin: origin(&public_url),
            exports: Exports::default(),
            calls: AtomicU64::new(0),
            boot,
            reports: Reports::new(desk.clone(), insight.clone()),
            desk,
            insight,
            config,
        }))
    }

    /// Admits words for the desk: counts them against the limits of `identity` and `network`, and waits for a place among
    /// those being taken in, to be kept until the desk has answered. For whom there is no place, not even later, the channel does not work.
    /// Assets at risk are counted apart and go first.
    pub async fn admit(
        &self,
        channel: Channel,
        identity: Option<&str>,
        network: Option<Network>,
        at_risk: bool,
    ) -> Result<Admission, Problem> {
        let kind = if at_risk { Kind::IntakeAtRisk } else { Kind::Intake };
        self.limits.check(kind, identity, network)?;
        let seat = self.gate.enter(identity.unwrap_or_default(), Class::of(at_risk)).await;
        let seat = seat.inspect_err(|problem| {
            // Who has a place further back is not refused.
            if !problem.keeps_place() {
                note_refused(&self.desk, channel);
            }
        })?;
        Ok(Admission { _seat: seat })
    }

    /// Admits a customer who wants to read, behind all who have something to say. Whose name is not known yet takes turns
    /// by network.
    pub(crate) async fn admit_reader(
        &self,
        identity: Option<&str>,
        network: Option<Network>,
    ) -> Result<Admission, Problem> {
        let seat = match identity {
            Some(identity) => self.gate.enter(identity, Class::Reading).await?,
            None => self.gate.enter(network, Class::Reading).await?,
        };
        Ok(Admission { _seat: seat })
    }

    /// A name for a call, for logs and for the caller to quote.
    pub(crate) fn call_id(&self) -> String {
        format!("{:08x}-{:x}", self.boot, self.calls.fetch_add(1, Ordering::Relaxed))
    }
}

/// A place among the calls being served; given back when dropped.
pub struct Admission {
    _seat: Seat,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("origin", &self.origin).finish_non_exhaustive()
    }
}
