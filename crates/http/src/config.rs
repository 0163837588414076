//! The settings of the server. Every one has a default that suits one machine behind one proxy.

use serde::{Deserialize, Serialize};

use crate::network::Range;

/// How often something may happen: a burst at once, then a steady rate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// How many at once.
    pub burst: u32,
    /// How many a minute from then on; 0 switches the limit off.
    pub per_minute: u32,
}

impl Rate {
    /// A burst, then a rate.
    #[must_use]
    pub const fn new(burst: u32, per_minute: u32) -> Self {
        Self { burst, per_minute }
    }
}

/// Limits per identity and per network. A network is one IPv4 address or one IPv6 /64; many people may share it, so
/// that its limits are wide and those per identity are the narrow ones.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rates {
    /// Messages of one identity.
    pub intake: Rate,
    /// Messages of one identity about assets at risk, counted apart: they are never refused before ordinary ones.
    pub intake_at_risk: Rate,
    /// Messages from one network.
    pub intake_network: Rate,
    /// Messages about assets at risk from one network.
    pub intake_at_risk_network: Rate,
    /// Files of one identity.
    pub upload: Rate,
    /// Files from one network.
    pub upload_network: Rate,
    /// Reads of one identity.
    pub read: Rate,
    /// Reads from one network.
    pub read_network: Rate,
    /// Attempts to sign in with one e-mail address from one network.
    pub sign_in: Rate,
    /// Attempts to sign in from one network.
    pub sign_in_network: Rate,
    /// Pings of the app from one network.
    pub ping_network: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            intake: Rate::new(30, 20),
            intake_at_risk: Rate::new(60, 40),
            intake_network: Rate::new(600, 600),
            intake_at_risk_network: Rate::new(1_200, 1_200),
            upload: Rate::new(20, 10),
            upload_network: Rate::new(200, 200),
            read: Rate::new(240, 600),
            read_network: Rate::new(6_000, 12_000),
            sign_in: Rate::new(10, 2),
            sign_in_network: Rate::new(60, 30),
            ping_network: Rate::new(600, 600),
        }
    }
}

/// Settings of the server.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Proxies that are believed about where a call comes from (`X-Forwarded-For`).
    pub trusted_proxies: Vec<Range>,
    /// Connections at the same time.
    pub connections: usize,
    /// Connections at the same time from one network; those from trusted proxies are not counted.
    pub connections_per_network: usize,
    /// Messages being taken in at the same time. A quarter is kept for assets at risk.
    pub intake_in_flight: usize,
    /// Messages that wait to be taken in, at most; as many again at risk, and as many customers who want to read. Each costs
    /// about 30 kB meanwhile.
    pub intake_waiting: usize,
    /// Limits per identity and per network.
    pub rates: Rates,
    /// Origins of host pages that may use the widget, such as `https://wallet.example`; all when empty.
    pub widget_origins: Vec<String>,
    /// With this as `Authorization: Bearer …`, `/metrics` answers calls from other machines too.
    pub operator_token: Option<String>,
    /// How long running calls and sockets have to end when the server stops, in seconds.
    pub drain_seconds: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            trusted_proxies: Range::loopback().to_vec(),
            connections: 16_384,
            connections_per_network: 4_096,
            intake_in_flight: 512,
            intake_waiting: 4_096,
            rates: Rates::default(),
            widget_origins: Vec::new(),
            operator_token: None,
            drain_seconds: 10,
        }
    }
}
