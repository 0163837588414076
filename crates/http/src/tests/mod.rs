//! What the whole server promises, tested from outside: over real connections, on both engines.

mod abandoned;
mod access;
mod alarms;
mod belonging;
mod comparison;
mod drivers;
mod feedback;
mod foreign;
mod hours;
mod insight;
mod lane;
mod live;
mod maintenance;
mod planning;
mod probe;
mod promise;
mod reports;
mod roster;
mod satisfaction;
mod slow;
mod speech;
mod status;
mod subscriptions;
mod surge;
mod types;
