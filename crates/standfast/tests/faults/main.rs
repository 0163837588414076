//! Faults that the desk survives, shown on the real binary: it is started, killed, starved and attacked from outside,
//! while this process, which is another one, writes down what was acknowledged.
//!
//! One test at a time (`--test-threads=1`): each wants the machine for itself.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test"
)]
#![expect(clippy::format_collect, reason = "short texts, seldom")]
#![expect(clippy::print_stdout, reason = "figures that a reader of the log wants to see")]

mod ack_log;
mod agent;
mod canary;
mod cluster;
mod crash;
mod customer;
mod disk;
mod drain;
mod history;
mod http;
mod load;
mod malformed;
mod net;
mod outage;
mod replay;
mod resume;
mod secret;
mod sender;
mod server;
mod slow;
mod socket;
mod upgrade;
