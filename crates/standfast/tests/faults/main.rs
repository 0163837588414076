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
#![expect(clippy::disallowed_methods, reason = "faults come by chance, at moments that nobody has chosen")]
#![expect(clippy::print_stdout, reason = "figures that a reader of the log wants to see")]

mod ack_log;
mod agent;
mod canary;
mod cluster;
mod commands;
mod crash;
mod customer;
mod derived;
mod disk;
mod drain;
mod history;
mod http;
mod ledger;
mod load;
mod malformed;
mod net;
mod operation;
mod outage;
mod probing;
mod proof;
mod replay;
mod restore;
mod resume;
mod secret;
mod sender;
mod server;
mod slow;
mod socket;
mod upgrade;
