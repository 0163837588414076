//! What the whole server promises, tested from outside: over real connections, on both engines.

mod access;
mod alarms;
mod comparison;
mod drivers;
mod feedback;
mod foreign;
mod insight;
mod live;
mod promise;
mod reports;
mod satisfaction;
mod slow;
mod speech;
mod types;
