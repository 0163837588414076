//! The only crate that knows SQL: units of work on writer threads, many to a commit; reads on reader threads, each in
//! one snapshot; the same SQL text on SQLite and PostgreSQL.
//!
//! ```text
//! write(lane, shard, unit) -> lanes -> writer thread: BEGIN, unit, unit, …, COMMIT -> answers
//! read(closure)            -> queue -> reader thread: BEGIN, closure, end          -> answer
//! ```
//!
//! An answer never precedes the COMMIT. A unit may run more than once (conflicts, lost connections, a bad neighbour in
//! its batch), so it has no effects outside of its transaction, and whatever must happen once leaves a row that the
//! second run finds. A unit must not go on after a statement was refused: it is rolled back, whatever it returns. Write
//! `ON CONFLICT DO NOTHING` where a refusal is expected.
//!
//! What the SQL must keep to, so that it is the same on both engines: parameters `$1`; `CAST(sum(n) AS BIGINT)`; no
//! ILIKE; no text with NUL; ORDER BY a text only where its order does not matter (collations differ). PostgreSQL checks
//! the types of parameters, so that a test on it finds a wrong one; it learns them from the first call.

pub mod activity;
pub mod agent;
pub mod alarm;
pub mod answer_mail;
pub mod attachment;
pub mod backup;
#[cfg(feature = "testing")]
pub mod bare;
pub mod calendar;
pub mod census;
mod checkpoint;
pub mod customer;
pub mod dashboard;
mod doctor;
pub mod driver;
pub mod entry;
mod error;
mod exec;
pub mod fact;
pub mod false_claim;
mod foresight;
pub mod handling;
pub mod hours;
pub mod imported;
pub mod incident;
pub mod job;
pub mod label;
mod lane;
pub mod lease;
pub mod mail;
pub mod maintenance;
mod migration;
pub mod model;
pub mod online;
pub mod outbox;
pub mod person;
pub mod ping;
mod postgres;
pub mod prediction;
pub mod promise;
mod reader;
pub mod receipt;
pub mod report;
pub mod request;
pub mod resolution;
pub mod review;
mod schema;
pub mod setting;
pub mod shift;
mod sqlite;
mod stats;
mod store;
pub mod subscription;
pub mod surge;
pub mod swap;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time_off;
pub mod token;
mod value;
mod waiting;
mod writer;

pub use doctor::{Guarantee, is_nearly_full};
pub use error::{Error, Rule};
pub use exec::{Dialect, Rd, Row, Tx};
pub use foresight::Foresight;
pub use lane::Lane;
pub use migration::Applied;
pub use stats::Stats;
pub use store::{Config, Database, Store};
pub use value::{FromValue, Kind, ToValue, Value};
